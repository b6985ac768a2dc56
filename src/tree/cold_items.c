#include "tree/cold_items.h"

#include "math/statistics.h"

#include <math.h>
#include <string.h>

enum { NEWBORNS_LEAST = 30, PULSE_PERIODS = 4, CURVE_PRIOR = 5, EFFECT_PRIOR = 1 };

double skuai_cold_z(const skuai_cold_items *items, double y) {
    return log1p((y > 0 ? y : 0) / items->unit);
}

double skuai_cold_y(const skuai_cold_items *items, double z) {
    return z > 0 ? items->unit * expm1(z < 40 ? z : 40) : 0;
}

double skuai_cold_pulse(const skuai_cold_items *items, int64_t origin) {
    double sum = 0, n = 0;
    for (int64_t t = origin - PULSE_PERIODS; t < origin; t++) {
        int64_t at = t - items->first;
        if (at >= 0 && (size_t)at < items->n_pulse) sum += items->pulse[at], n++;
    }
    if (n > 0) return sum / n;
    bool late = items->n_pulse > 0 && origin > items->first;
    return late ? skuai_cold_pulse(items, items->first + (int64_t)items->n_pulse) : 0;
}

double skuai_cold_curve(const skuai_cold_items *items, size_t age) {
    return items->curve[age < items->n_ages ? age : items->n_ages - 1];
}

/* -- What is learnt ---------------------------------------------------------------------------- */

/* Counts are in units; what is weighed or measured is in twentieths of a usual period's sales. */
static skua_status set_unit(skuai_cold_items *c, skua_error *err) {
    const skuai_panel *p = c->panel;
    c->unit = 1;
    if (p->counts) return SKUA_OK;
    double *mean = skuai_new(2 * p->n_series, sizeof *mean);
    size_t n = 0;
    if (!mean) return skuai_error_memory(err, "a cold start");
    for (size_t s = 0; s < p->n_series; s++) {
        double m = skuai_mean(skuai_panel_target(p, s), p->length[s]);
        if (m > 0) mean[n++] = m;
    }
    if (n) c->unit = skuai_median(mean, n, mean + p->n_series) / 20;
    skuai_free(mean);
    return SKUA_OK;
}

static double series_z_mean(const skuai_cold_items *c, size_t s) {
    const double *y = skuai_panel_target(c->panel, s);
    double sum = 0, n = 0;
    for (size_t t = 0; t < c->panel->length[s]; t++)
        if (!isnan(y[t])) sum += skuai_cold_z(c, y[t]), n++;
    return n > 0 ? sum / n : (double)NAN;
}

static skua_status set_pulse(skuai_cold_items *c, skua_error *err) {
    const skuai_panel *p = c->panel;
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t s = 0; s < p->n_series; s++) {
        if (p->length[s] == 0) continue;
        if (p->start[s] < first) first = p->start[s];
        if (skuai_panel_end(p, s) > end) end = skuai_panel_end(p, s);
    }
    if (end <= first)
        return skuai_error_set(err, SKUA_EDATA,
                               "a cold start learns from items that were sold: there are none");
    c->first = first;
    c->n_pulse = (size_t)(end - first);
    c->pulse = skuai_arena_take_zero(c->arena, c->n_pulse, sizeof *c->pulse);
    double *count = skuai_zero(c->n_pulse, sizeof *count);
    int64_t launch = first + (int64_t)c->options.reach; /* what begins earlier was there before */
    if (!c->pulse || !count) {
        skuai_free(count);
        return skuai_error_memory(err, "a cold start");
    }
    size_t old = 0;
    for (size_t s = 0; s < p->n_series; s++)
        old += p->length[s] > 0 && p->start[s] < launch;
    for (size_t s = 0; s < p->n_series; s++) {
        if (old >= NEWBORNS_LEAST && p->start[s] >= launch) continue;
        const double *y = skuai_panel_target(p, s);
        double mean = series_z_mean(c, s);
        for (size_t t = 0; t < p->length[s]; t++) {
            size_t at = (size_t)(p->start[s] - first) + t;
            if (!isnan(y[t])) c->pulse[at] += skuai_cold_z(c, y[t]) - mean, count[at]++;
        }
    }
    for (size_t t = 0; t < c->n_pulse; t++)
        if (count[t] > 0) c->pulse[t] /= count[t];
    skuai_free(count);
    return SKUA_OK;
}

/* Series whose first period is a launch; the newest when there are very many. */
static skua_status find_newborns(skuai_cold_items *c, skua_error *err) {
    const skuai_panel *p = c->panel;
    c->series = skuai_arena_take(c->arena, p->n_series, sizeof *c->series);
    if (!c->series) return skuai_error_memory(err, "a cold start");
    int64_t seen = c->first + (int64_t)c->options.reach;
    for (int all = 0; all < 2; all++) {
        c->launches = !all;
        c->n = 0;
        for (size_t s = 0; s < p->n_series; s++)
            if (p->length[s] > 0 && (all || p->start[s] >= seen)) c->series[c->n++] = s;
        if (c->n >= NEWBORNS_LEAST) break;
    }
    if (c->n <= SKUAI_COLD_NEWBORNS_MOST) return SKUA_OK;
    double *start = skuai_new(c->n, sizeof *start);
    if (!start) return skuai_error_memory(err, "a cold start");
    for (size_t i = 0; i < c->n; i++)
        start[i] = (double)p->start[c->series[i]];
    skuai_sort(start, c->n);
    double least = start[c->n - SKUAI_COLD_NEWBORNS_MOST];
    size_t kept = 0;
    for (size_t i = 0; i < c->n && kept < SKUAI_COLD_NEWBORNS_MOST; i++)
        if ((double)p->start[c->series[i]] >= least) c->series[kept++] = c->series[i];
    c->n = kept;
    skuai_free(start);
    return SKUA_OK;
}

/* z less pulse of newborn i at an age; NaN unknown. */
static double level_at(const skuai_cold_items *c, size_t i, size_t age) {
    size_t s = c->series[i];
    if (age >= c->panel->length[s]) return (double)NAN;
    double y = skuai_panel_target(c->panel, s)[age];
    int64_t at = c->panel->start[s] + (int64_t)age - c->first;
    return isnan(y) ? y : skuai_cold_z(c, y) - c->pulse[at];
}

/* Each age's mean, drawn to that of the age before where few have it. */
static skua_status set_curve(skuai_cold_items *c, skua_error *err) {
    c->n_ages = c->options.reach + c->options.horizon;
    c->curve = skuai_arena_take_zero(c->arena, c->n_ages, sizeof *c->curve);
    if (!c->curve) return skuai_error_memory(err, "a cold start");
    for (size_t a = 0; a < c->n_ages; a++) {
        double sum = 0, n = 0;
        for (size_t i = 0; i < c->n; i++) {
            double z = level_at(c, i, a);
            if (!isnan(z)) sum += z, n++;
        }
        double prior = a > 0 ? CURVE_PRIOR : 0;
        if (n + prior > 0) c->curve[a] = (sum + prior * (a ? c->curve[a - 1] : 0)) / (n + prior);
    }
    return SKUA_OK;
}

/* effect [n] and how far it is to be believed, weight [n] out. */
static skua_status set_effects(skuai_cold_items *c, double *weight, skua_error *err) {
    c->effect = skuai_arena_take(c->arena, c->n, sizeof *c->effect);
    if (!c->effect) return skuai_error_memory(err, "a cold start");
    for (size_t i = 0; i < c->n; i++) {
        double sum = 0, n = 0;
        for (size_t a = 0; a < c->n_ages; a++) {
            double z = level_at(c, i, a);
            if (!isnan(z)) sum += z - c->curve[a], n++;
        }
        c->effect[i] = sum / (n + EFFECT_PRIOR);
        weight[i] = n / (n + EFFECT_PRIOR + 1);
    }
    return SKUA_OK;
}

/* -- How an item looks ------------------------------------------------------------------------- */

/* Categories say what an item is, not which it is or where it is sold. */
static bool is_compared(const skuai_static *x) {
    return x->n_levels > 0 && strcmp(x->name, "channel") != 0;
}

static skua_status set_schema(skuai_cold_items *c, skua_error *err) {
    const skuai_panel *p = c->panel;
    skuai_cold_schema *o = &c->schema;
    o->modality = skuai_arena_take(c->arena, p->n_vectors + 1, sizeof *o->modality);
    o->modality_width = skuai_arena_take(c->arena, p->n_vectors + 1, sizeof *o->modality_width);
    o->category = skuai_arena_take(c->arena, p->n_static + 1, sizeof *o->category);
    o->number = skuai_arena_take(c->arena, p->n_static + 2, sizeof *o->number);
    if (!o->modality || !o->modality_width || !o->category || !o->number)
        return skuai_error_memory(err, "a cold start");
    o->number[o->n_numbers++] = "price";
    o->number[o->n_numbers++] = "launch";
    for (; o->n_modalities < p->n_vectors; o->n_modalities++) {
        const skuai_vectors *v = &p->vectors[o->n_modalities];
        o->modality[o->n_modalities] = v->modality;
        o->modality_width[o->n_modalities] = v->width;
        o->width += v->width;
    }
    for (size_t k = 0; k < p->n_static; k++) {
        const skuai_static *x = &p->statics[k];
        if (is_compared(x)) o->category[o->n_categories++] = x->name;
        if (x->n_levels == 0 && o->n_numbers < SKUAI_COLD_NUMBERS_MOST)
            o->number[o->n_numbers++] = x->name;
    }
    c->n_columns = o->width + o->n_numbers;
    return SKUA_OK;
}

/* The price at which a series began, or the first that is known ahead. */
static double first_price(const skuai_panel *p, size_t s) {
    size_t k = skuai_panel_dynamic_find(p, "price");
    if (k == SIZE_MAX) return (double)NAN;
    size_t n = p->length[s];
    if (p->dynamic[k].known == SKUAI_KNOWN_AHEAD) n += p->future[s];
    const float *x = p->dynamic[k].values + p->row[s];
    for (size_t t = 0; t < n; t++)
        if (x[t] > 0) return log((double)x[t]);
    return (double)NAN;
}

static void fill_numbers(const skuai_cold_items *c, const skuai_panel *p, size_t s, double *to) {
    to[0] = first_price(p, s);
    to[1] = (double)p->start[s] + (double)skuai_panel_wait(p, s);
    for (size_t k = 2; k < c->schema.n_numbers; k++) {
        size_t same = skuai_panel_static_find(p, c->schema.number[k]);
        bool known = same != SIZE_MAX && p->statics[same].n_levels == 0;
        to[k] = known ? p->statics[same].values[p->base[s]] : (double)NAN;
        if (isnan(to[0]) && strcmp(c->schema.number[k], "price") == 0 && to[k] > 0)
            to[0] = log(to[k]);
    }
}

static void fill_categories(const skuai_cold_items *c, const skuai_panel *p, size_t s,
                            const char **to) {
    for (size_t k = 0; k < c->schema.n_categories; k++) {
        size_t same = skuai_panel_static_find(p, c->schema.category[k]);
        const skuai_static *x = same != SIZE_MAX ? &p->statics[same] : NULL;
        int32_t code = x && x->n_levels > 0 ? x->codes[p->base[s]] : -1;
        to[k] = code >= 0 ? x->levels[code] : NULL;
    }
}

static void fill_vectors(const skuai_cold_items *c, const skuai_panel *p, size_t s, float *to) {
    for (size_t k = 0; k < c->schema.n_modalities; k++) {
        size_t width = c->schema.modality_width[k];
        const skuai_vectors *x = NULL;
        for (size_t j = 0; j < p->n_vectors; j++)
            if (strcmp(p->vectors[j].modality, c->schema.modality[k]) == 0 &&
                p->vectors[j].width == width)
                x = &p->vectors[j];
        double square = 0;
        for (size_t i = 0; i < width; i++) {
            to[i] = x ? x->values[p->base[s] * width + i] : NAN;
            square += (double)to[i] * (double)to[i];
        }
        for (size_t i = 0; i < width; i++)
            to[i] = square > 0 ? (float)((double)to[i] / sqrt(square)) : NAN;
        to += width;
    }
}

/* The series of the item that series s of a panel replaces: in the same channel, else in any. */
static size_t predecessor_of(const skuai_cold_items *c, const skuai_panel *p, size_t s) {
    const char *item = p->replaces ? p->replaces[p->base[s]] : NULL;
    const char *channel = strchr(skuai_panel_name(p, s), '/');
    size_t found = SIZE_MAX, n = item ? strlen(item) : 0;
    for (size_t j = 0; item && j < c->n_series; j++) {
        const char *name = c->names[j];
        if (isnan(c->lately[j]) || strncmp(name, item, n) != 0) continue;
        if (name[n] != '\0' && name[n] != '/') continue;
        found = j;
        if (!channel || strcmp(name + n, channel) == 0) break;
    }
    return found;
}

skua_status skuai_cold_looks_make(const skuai_cold_items *items, const skuai_panel *panel,
                                  const size_t *series, size_t n, skuai_arena *arena,
                                  skuai_cold_looks *looks, skua_error *err) {
    const skuai_cold_schema *o = &items->schema;
    skuai_cold_looks l = {.n = n};
    l.vectors = skuai_arena_take(arena, n * o->width + 1, sizeof *l.vectors);
    l.categories = skuai_arena_take(arena, n * o->n_categories + 1, sizeof *l.categories);
    l.numbers = skuai_arena_take(arena, n * o->n_numbers, sizeof *l.numbers);
    l.predecessor = skuai_arena_take(arena, n, sizeof *l.predecessor);
    if (!l.vectors || !l.categories || !l.numbers || !l.predecessor)
        return skuai_error_memory(err, "a cold start");
    for (size_t i = 0; i < n; i++) {
        fill_vectors(items, panel, series[i], l.vectors + i * o->width);
        fill_categories(items, panel, series[i], l.categories + i * o->n_categories);
        fill_numbers(items, panel, series[i], l.numbers + i * o->n_numbers);
        l.predecessor[i] = predecessor_of(items, panel, series[i]);
    }
    *looks = l;
    return SKUA_OK;
}

unsigned skuai_cold_part(const skuai_cold_items *items, size_t i, unsigned parts) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    const char *name = items->names[items->series[i]];
    for (; *name && *name != '/'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return (hash >> 8) % parts;
}

/* -- Analogues --------------------------------------------------------------------------------- */

/* Likeness of row i of looks and newborn j: 0.7 of the mean cosine over modalities, 0.2 of the
 * share of equal categories and 0.1 of near prices, of those parts that both have. */
static double likeness_of(const skuai_cold_items *c, const skuai_cold_looks *l, size_t i,
                          size_t j) {
    const skuai_cold_schema *o = &c->schema;
    const float *x = l->vectors + i * o->width, *y = c->looks.vectors + j * o->width;
    double cosine = 0, modalities = 0, equal = 0, both = 0, sum = 0, parts = 0;
    for (size_t k = 0; k < o->n_modalities; k++) {
        size_t width = o->modality_width[k];
        float dot = 0;
        for (size_t q = 0; q < width; q++)
            dot += x[q] * y[q];
        if (!isnan(dot)) cosine += dot > 0 ? (double)dot : 0, modalities++;
        x += width, y += width;
    }
    for (size_t k = 0; k < o->n_categories; k++) {
        const char *a = l->categories[i * o->n_categories + k];
        const char *b = c->looks.categories[j * o->n_categories + k];
        if (a && b) equal += strcmp(a, b) == 0, both++;
    }
    double price = l->numbers[i * o->n_numbers] - c->looks.numbers[j * o->n_numbers];
    if (modalities > 0) sum += 0.7 * cosine / modalities, parts += 0.7;
    if (both > 0) sum += 0.2 * equal / both, parts += 0.2;
    if (!isnan(price)) sum += 0.1 * exp(-fabs(price)), parts += 0.1;
    return parts > 0 ? sum / parts : 0;
}

size_t skuai_cold_analogues(const skuai_cold_items *items, const skuai_cold_looks *looks, size_t i,
                            size_t without, size_t *which, double *likeness) {
    size_t n = 0, most = items->options.analogues;
    for (size_t j = 0; j < items->n; j++) {
        if (j == without) continue;
        double like = likeness_of(items, looks, i, j);
        if (!(like > 0) || (n == most && !(like > likeness[n - 1]))) continue;
        size_t at = n < most ? n++ : n - 1;
        for (; at > 0 && likeness[at - 1] < like; at--)
            likeness[at] = likeness[at - 1], which[at] = which[at - 1];
        likeness[at] = like;
        which[at] = j;
    }
    return n;
}

double skuai_cold_effect(const skuai_cold_items *items, const size_t *which, const double *likeness,
                         size_t n) {
    double sum = 0, weights = 1;
    for (size_t k = 0; k < n; k++) {
        double w = pow(likeness[k], 4);
        sum += w * items->effect[which[k]];
        weights += w;
    }
    return sum / weights;
}

/* What an item's successor inherits. */
static double lately(const skuai_cold_items *c, size_t s) {
    const skuai_panel *p = c->panel;
    const double *y = skuai_panel_target(p, s);
    size_t n = p->length[s], from = n > c->options.reach ? n - c->options.reach : 0;
    double sum = 0, count = 0;
    for (size_t t = from; t < n; t++) {
        int64_t at = p->start[s] + (int64_t)t - c->first;
        size_t age = c->launches ? t : c->n_ages;
        if (isnan(y[t])) continue;
        sum += skuai_cold_z(c, y[t]) - c->pulse[at] - skuai_cold_curve(c, age);
        count++;
    }
    return n > 0 ? sum / (count + EFFECT_PRIOR) : (double)NAN;
}

/* Names and last periods of all series, launches and first sales of the newborns. */
static skua_status set_known(skuai_cold_items *c, skua_error *err) {
    const skuai_panel *p = c->panel;
    c->n_series = p->n_series;
    c->names = skuai_arena_take(c->arena, p->n_series, sizeof *c->names);
    c->lately = skuai_arena_take(c->arena, p->n_series, sizeof *c->lately);
    c->start = skuai_arena_take(c->arena, c->n, sizeof *c->start);
    c->sold = skuai_arena_take_zero(c->arena, c->n, sizeof *c->sold);
    if (!c->names || !c->lately || !c->start || !c->sold)
        return skuai_error_memory(err, "a cold start");
    for (size_t s = 0; s < p->n_series; s++) {
        c->names[s] = skuai_panel_name(p, s);
        c->lately[s] = lately(c, s);
    }
    for (size_t i = 0; i < c->n; i++) {
        const double *y = skuai_panel_target(p, c->series[i]);
        c->start[i] = p->start[c->series[i]];
        for (size_t t = 0; t < p->length[c->series[i]] && t < c->options.horizon; t++)
            c->sold[i] += isnan(y[t]) ? 0 : y[t];
    }
    return SKUA_OK;
}

/* -- The whole --------------------------------------------------------------------------------- */

static skua_status learn(skuai_cold_items *c, skua_error *err) {
    SKUA_TRY(set_unit(c, err));
    SKUA_TRY(set_pulse(c, err));
    SKUA_TRY(find_newborns(c, err));
    SKUA_TRY(set_curve(c, err));
    double *weight = skuai_arena_take(c->arena, c->n, sizeof *weight);
    if (!weight) return skuai_error_memory(err, "a cold start");
    SKUA_TRY(set_effects(c, weight, err));
    SKUA_TRY(set_known(c, err));
    SKUA_TRY(set_schema(c, err));
    SKUA_TRY(skuai_cold_looks_make(c, c->panel, c->series, c->n, c->arena, &c->looks, err));
    return skuai_cold_ridge(c, weight, err);
}

skua_status skuai_cold_items_new(const skuai_panel *panel, const skuai_cold_options *options,
                                 skuai_cold_items **items, skua_error *err) {
    skuai_cold_items *c = skuai_zero(1, sizeof *c);
    if (!c) return skuai_error_memory(err, "a cold start");
    c->options = *options;
    c->prior = 2;
    c->panel = skuai_panel_share(panel);
    c->arena = skuai_arena_new(0);
    skua_status status = c->arena && c->panel ? learn(c, err) : skuai_error_memory(err, "items");
    if (status == SKUA_OK)
        *items = c;
    else
        skuai_cold_items_free(c);
    return status;
}

void skuai_cold_items_free(skuai_cold_items *items) {
    if (!items) return;
    skuai_panel_free(items->panel);
    skuai_arena_free(items->arena);
    skuai_free(items);
}
