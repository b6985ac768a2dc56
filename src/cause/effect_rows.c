#include "cause/effect_rows.h"

#include "core/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HARMONICS = 3, COVARIATES_MOST = 64, CUT_PERCENT = 1 };

/* What of the panel is used, found once. */
typedef struct roles {
    const skuai_panel *panel;
    const skuai_effect_options *options;
    bool promotion_model, whole;
    const float *price, *list, *promotion, *depth, *display; /* [n_rows] or NULL */
    const skuai_static *item, *channel, *category, *brand, *department;
    size_t extra[COVARIATES_MOST], n_extra; /* dynamics known ahead that are controls */
    size_t n_extra_left;                    /* ... that are too many */
    size_t block, week, window;             /* periods of a cell, week (0: none), short window */
    double year;                            /* periods */
    int64_t origin;                         /* first period of all */
    size_t n_days;
} roles;

/* A series that takes part, under its item. */
typedef struct member {
    size_t series, item;
    double units;
} member;

static const skuai_static *find_static(const skuai_panel *panel, const char *name) {
    size_t k = name ? skuai_panel_static_find(panel, name) : SIZE_MAX;
    return k == SIZE_MAX || !panel->statics[k].codes ? NULL : &panel->statics[k];
}

static const float *find_dynamic(const skuai_panel *panel, const char *name) {
    size_t k = name ? skuai_panel_dynamic_find(panel, name) : SIZE_MAX;
    return k == SIZE_MAX ? NULL : panel->dynamic[k].values;
}

static void find_lengths(roles *r) {
    switch (r->panel->grid.frequency) {
    case SKUAI_FREQUENCY_HOUR:
        r->block = 24 * 14, r->week = 168, r->window = 24, r->year = 8766;
        break;
    case SKUAI_FREQUENCY_DAY:
        r->block = 56, r->week = 7, r->window = 7, r->year = 365.25;
        break;
    case SKUAI_FREQUENCY_WEEK:
        r->block = 13, r->week = 0, r->window = 2, r->year = 52.18;
        break;
    case SKUAI_FREQUENCY_MONTH:
        r->block = 12, r->week = 0, r->window = 1, r->year = 12;
        break;
    default:
        r->block = 12, r->week = 0, r->window = 1, r->year = (double)r->panel->season;
        break;
    }
    if (r->options->block) r->block = r->options->block;
}

static bool is_role(const roles *r, const float *values) {
    return values == r->price || values == r->list || values == r->promotion ||
           values == r->depth || values == r->display;
}

/* Whether a dynamic has two values anywhere: one that has not tells nothing. */
static bool moves(const skuai_panel *panel, size_t k) {
    float first = NAN;
    for (size_t i = 0; i < panel->n_rows; i++) {
        float x = panel->dynamic[k].values[i];
        if (!isfinite(x)) continue;
        if (isnan(first)) first = x;
        if (x != first) return true;
    }
    return false;
}

static void find_roles(roles *r) {
    const skuai_panel *panel = r->panel;
    r->price = find_dynamic(panel, r->options->price);
    r->list = find_dynamic(panel, r->options->list_price);
    r->promotion = find_dynamic(panel, r->options->promotion);
    r->depth = find_dynamic(panel, r->options->depth);
    r->display = find_dynamic(panel, r->options->display);
    r->whole = r->promotion_model && r->price; /* then parts are told apart, and put together */
    r->promotion_model = r->promotion_model && !r->price;
    r->item = find_static(panel, r->options->item);
    r->channel = find_static(panel, "channel");
    r->category = find_static(panel, r->options->category);
    r->brand = find_static(panel, r->options->brand);
    r->department = find_static(panel, r->options->department);
    if (!r->department) r->department = r->category;
    for (size_t k = 0; k < panel->n_dynamic; k++) {
        if (panel->dynamic[k].known != SKUAI_KNOWN_AHEAD || is_role(r, panel->dynamic[k].values) ||
            !moves(panel, k))
            continue;
        if (r->n_extra < COVARIATES_MOST / 3)
            r->extra[r->n_extra++] = k;
        else
            r->n_extra_left++;
    }
    int64_t end = INT64_MIN;
    r->origin = INT64_MAX;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->length[s] == 0) continue;
        if (panel->start[s] < r->origin) r->origin = panel->start[s];
        if (skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    }
    r->n_days = end > r->origin ? (size_t)(end - r->origin) : 0;
    find_lengths(r);
}

static bool usable(const roles *r, size_t row) {
    const skuai_panel *panel = r->panel;
    double y = panel->target[row];
    if (!(y >= 0) || isinf(y)) return false;
    return !panel->available || panel->available[row] > 0.02F;
}

/* Items with their series, best sellers first when there are too many rows. */
static skua_status choose(const roles *r, skuai_effect_rows *rows, member **members, size_t *n,
                          skua_error *err) {
    const skuai_panel *panel = r->panel;
    size_t items = r->item ? r->item->n_levels : panel->n_series, total = 0;
    double *units = skuai_arena_take_zero(rows->arena, items + 1, sizeof *units);
    size_t *counts = skuai_arena_take_zero(rows->arena, items + 1, sizeof *counts);
    size_t *number = skuai_arena_take(rows->arena, items + 1, sizeof *number);
    member *list = skuai_arena_take(rows->arena, panel->n_series + 1, sizeof *list);
    if (!units || !counts || !number || !list) return skuai_error_memory(err, "effects");
    for (size_t s = 0; s < panel->n_series; s++) {
        int32_t code = r->item ? r->item->codes[panel->base[s]] : (int32_t)s;
        for (size_t t = 0; code >= 0 && t < panel->length[s]; t++)
            if (usable(r, panel->row[s] + t)) {
                units[code] += panel->target[panel->row[s] + t];
                counts[code]++;
                total++;
            }
    }
    double least = -1; /* units that an item must have sold to stay */
    while (total > r->options->rows_most) {
        double next = INFINITY;
        for (size_t i = 0; i < items; i++)
            if (units[i] > least && units[i] < next) next = units[i];
        if (isinf(next)) break;
        least = next;
        for (size_t i = 0; i < items; i++)
            if (counts[i] && units[i] <= least) total -= counts[i], counts[i] = 0;
    }
    for (size_t i = 0; i < items; i++) {
        bool kept = counts[i] > 0 && units[i] > 0;
        if (!kept && units[i] > 0) rows->n_left_out++;
        number[i] = kept ? rows->n_items++ : SIZE_MAX;
        if (kept) rows->n += counts[i];
    }
    *n = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        int32_t code = r->item ? r->item->codes[panel->base[s]] : (int32_t)s;
        if (code >= 0 && number[code] != SIZE_MAX && panel->length[s])
            list[(*n)++] = (member){s, number[code], units[code]};
    }
    *members = list;
    return SKUA_OK;
}

static int by_item(const void *a, const void *b) {
    const member *x = a, *y = b;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    return x->series < y->series ? -1 : x->series > y->series;
}

static skua_status take_arrays(skuai_effect_rows *rows, skua_error *err) {
    size_t n = rows->n, items = rows->n_items;
    skuai_arena *a = rows->arena;
    rows->y = skuai_arena_take(a, n, sizeof *rows->y);
    rows->exposure = skuai_arena_take(a, n, sizeof *rows->exposure);
    rows->d = skuai_arena_take_zero(a, n * rows->k, sizeof *rows->d);
    rows->x = skuai_arena_take_zero(a, n * rows->p, sizeof *rows->x);
    rows->day = skuai_arena_take(a, n, sizeof *rows->day);
    rows->fold = skuai_arena_take(a, n, sizeof *rows->fold);
    rows->cell = skuai_arena_take(a, n, sizeof *rows->cell);
    rows->cluster = skuai_arena_take(a, n, sizeof *rows->cluster);
    rows->promoted = skuai_arena_take_zero(a, n, sizeof *rows->promoted);
    rows->market = skuai_arena_take(a, n, sizeof *rows->market);
    rows->begins = skuai_arena_take_zero(a, n, sizeof *rows->begins);
    rows->beyond = skuai_arena_take_zero(a, n * rows->k, sizeof *rows->beyond);
    rows->first_cell = skuai_arena_take(a, n + 1, sizeof *rows->first_cell);
    rows->department = skuai_arena_take(a, items, sizeof *rows->department);
    rows->category = skuai_arena_take(a, items, sizeof *rows->category);
    rows->brand = skuai_arena_take(a, items, sizeof *rows->brand);
    rows->first = skuai_arena_take(a, items + 1, sizeof *rows->first);
    rows->name = skuai_arena_take(a, items, sizeof *rows->name);
    bool good = rows->y && rows->exposure && rows->d && rows->x && rows->day && rows->fold &&
                rows->cell && rows->cluster && rows->promoted && rows->begins && rows->beyond &&
                rows->market && rows->first_cell && rows->department && rows->category &&
                rows->brand && rows->first && rows->name;
    return good ? SKUA_OK : skuai_error_memory(err, "the rows of an effect");
}

/* -- A series' paths ----------------------------------------------------------------------------
 */

typedef struct paths {
    double *price, *regular, *promotion; /* [length] log, log, 0 or 1 */
    double *promotion_sum, *price_sum;   /* [length + 1] running */
} paths;

static double highest(const double *x, size_t t, size_t window) {
    double most = x[t];
    for (size_t j = t > window ? t - window : 0; j < t; j++)
        if (x[j] > most) most = x[j];
    return most;
}

/* Prices carried over gaps (before the first one: backwards), promotions, and their running sums.
 */
static void trace_paths(const roles *r, size_t s, paths *p) {
    const skuai_panel *panel = r->panel;
    size_t n = panel->length[s], row = panel->row[s];
    double price = 0, list = 0;
    for (size_t t = n; t-- > 0;) {
        if (r->price && r->price[row + t] > 0) price = log((double)r->price[row + t]);
        if (r->list && r->list[row + t] > 0) list = log((double)r->list[row + t]);
    }
    for (size_t t = 0; t < n; t++) {
        if (r->price && r->price[row + t] > 0) price = log((double)r->price[row + t]);
        if (r->list && r->list[row + t] > 0) list = log((double)r->list[row + t]);
        p->price[t] = price;
        p->regular[t] = list;
    }
    for (size_t t = 0; t < n && !r->list; t++)
        p->regular[t] = highest(p->price, t, 4 * r->window + r->block / 4);
    p->promotion_sum[0] = p->price_sum[0] = 0;
    for (size_t t = 0; t < n; t++) {
        p->promotion[t] =
            r->promotion ? r->promotion[row + t] > 0 : p->price[t] < p->regular[t] - 0.03;
        p->promotion_sum[t + 1] = p->promotion_sum[t] + p->promotion[t];
        p->price_sum[t + 1] = p->price_sum[t] + p->price[t];
    }
}

/* Mean over the `window` periods that end `gap` before t; `none` where there are none. */
static double past_mean(const double *sum, size_t t, size_t gap, size_t window, double none) {
    if (t <= gap) return none;
    size_t to = t - gap, from = to > window ? to - window : 0;
    return (sum[to] - sum[from]) / (double)(to - from);
}

static size_t covariate_count(const roles *r) {
    return (r->week ? 6U : 0U) + 2U * HARMONICS + 3 + 3 * r->n_extra + SKUAI_EFFECT_FILLED;
}

/* Covariates of row i, period t of series s. */
static void fill_covariates(const roles *r, const paths *p, size_t s, size_t t, bool launched,
                            size_t i, skuai_effect_rows *rows) {
    const skuai_panel *panel = r->panel;
    size_t at = 0, n = rows->n;
    int64_t period = panel->start[s] + (int64_t)t;
    if (r->week) {
        size_t day = (size_t)((period % (int64_t)r->week + (int64_t)r->week) % (int64_t)r->week) /
                     (r->week / 7);
        for (size_t j = 0; j < 6; j++)
            rows->x[at++ * n + i] = day == j ? 1.0F : 0.0F;
    }
    for (int h = 1; h <= HARMONICS; h++) {
        double angle = 2 * 3.14159265358979323846 * h * (double)(period - r->origin) / r->year;
        rows->x[at++ * n + i] = (float)sin(angle);
        rows->x[at++ * n + i] = (float)cos(angle);
    }
    rows->x[at++ * n + i] = (float)past_mean(p->promotion_sum, t, 0, 4 * r->window, 0);
    rows->x[at++ * n + i] =
        t == 0 ? 0 /* all of it before t: today's price is what is asked about */
               : (float)(past_mean(p->price_sum, t, 0, 4 * r->window, 0) - p->regular[t - 1]);
    rows->x[at++ * n + i] = launched ? (float)log(1 + (double)t) : 0;
    for (size_t e = 0; e < r->n_extra; e++) {
        const float *v = panel->dynamic[r->extra[e]].values + panel->row[s];
        size_t length = panel->length[s] + panel->future[s];
        double around[3] = {0, 0, 0};
        for (size_t j = 1; j <= r->window; j++) {
            if (t + j < length && isfinite(v[t + j])) around[1] += (double)v[t + j];
            if (t >= j && isfinite(v[t - j])) around[2] += (double)v[t - j];
        }
        around[0] = isfinite(v[t]) ? (double)v[t] : 0;
        for (size_t j = 0; j < 3; j++)
            rows->x[at++ * n + i] = (float)(around[j] / (j ? (double)r->window : 1));
    }
}

static void fill_treatments(const roles *r, const paths *p, size_t row, size_t t, size_t i,
                            skuai_effect_rows *rows) {
    size_t n = rows->n;
    rows->promoted[i] = p->promotion[t] > 0;
    if (r->promotion_model) {
        rows->d[SKUAI_TREATMENT_PROMOTION * n + i] = p->promotion[t];
        rows->d[SKUAI_TREATMENT_REGULAR * n + i] = p->regular[t];
        rows->beyond[SKUAI_TREATMENT_PROMOTION * n + i] = (float)p->promotion[t];
        return;
    }
    double below = p->regular[t] - p->price[t];
    bool on = p->promotion[t] > 0, cut = below > CUT_PERCENT / 100.0;
    double display = r->display ? (double)r->display[row + t] : on && !cut, cuts = on && cut;
    if (cuts > 0 && r->depth && r->depth[row + t] > 0 && r->depth[row + t] < 1)
        cuts += below > 0.01 - log(1 - (double)r->depth[row + t]);
    rows->d[SKUAI_TREATMENT_PRICE * n + i] = p->price[t];
    rows->d[SKUAI_TREATMENT_CUT * n + i] = cuts;
    rows->d[SKUAI_TREATMENT_DISPLAY * n + i] = on && isfinite(display) ? display : 0;
    rows->beyond[SKUAI_TREATMENT_PRICE * n + i] = (float)-below;
    for (size_t k = SKUAI_TREATMENT_CUT; k <= SKUAI_TREATMENT_DISPLAY; k++)
        rows->beyond[k * n + i] = (float)rows->d[k * n + i];
}

/* -- All series ---------------------------------------------------------------------------------
 */

static int32_t code_of(const skuai_static *statics, const skuai_panel *panel, size_t s) {
    return statics ? statics->codes[panel->base[s]] : -1;
}

static void begin_item(const roles *r, const member *m, size_t i, skuai_effect_rows *rows) {
    const skuai_panel *panel = r->panel;
    rows->first[m->item] = i;
    rows->category[m->item] = code_of(r->category, panel, m->series);
    rows->brand[m->item] = code_of(r->brand, panel, m->series);
    rows->department[m->item] = code_of(r->department, panel, m->series);
    if (rows->department[m->item] >= (int32_t)rows->n_departments)
        rows->n_departments = (size_t)rows->department[m->item] + 1;
    int32_t code = code_of(r->item, panel, m->series);
    rows->name[m->item] = code >= 0 ? r->item->levels[code] : skuai_panel_name(panel, m->series);
}

/* Rows of one series. *last_block carries the block of the item's last cluster. */
static size_t fill_series(const roles *r, const member *m, const paths *p, const int32_t *folds,
                          size_t first_cluster, size_t i, skuai_effect_rows *rows) {
    const skuai_panel *panel = r->panel;
    size_t s = m->series, last = SIZE_MAX, from = i;
    int64_t begin = panel->start[s] - r->origin;
    int32_t category = code_of(r->category, panel, s), channel = code_of(r->channel, panel, s);
    int32_t channels = r->channel ? (int32_t)r->channel->n_levels : 0;
    int32_t market = (category + 1) * (channels + 1) + channel + 1;
    if ((size_t)market >= rows->n_markets) rows->n_markets = (size_t)market + 1;
    for (size_t t = 0; t < panel->length[s]; t++) {
        size_t row = panel->row[s] + t, day = (size_t)begin + t, block = day / r->block;
        if (!usable(r, row)) continue;
        if (block != last) {
            last = block;
            rows->first_cell[rows->n_cells++] = i;
        }
        rows->y[i] = panel->target[row];
        rows->exposure[i] = panel->available ? (double)panel->available[row] : 1;
        rows->day[i] = (int32_t)day;
        rows->fold[i] = folds[block];
        rows->cell[i] = (uint32_t)(rows->n_cells - 1);
        rows->cluster[i] = (uint32_t)(first_cluster + block);
        fill_treatments(r, p, panel->row[s], t, i, rows);
        rows->begins[i] = i == from;
        rows->market[i] = market;
        fill_covariates(r, p, s, t, begin > 0, i, rows);
        i++;
    }
    return i;
}

void skuai_effect_centre(skuai_effect_rows *rows, size_t k) {
    for (size_t c = 0; c < rows->n_cells; c++) {
        double *d = rows->d + k * rows->n, sum = 0;
        size_t from = rows->first_cell[c], to = rows->first_cell[c + 1];
        for (size_t i = from; i < to; i++)
            sum += d[i];
        for (size_t i = from; i < to; i++)
            d[i] -= sum / (double)(to - from);
    }
}

/* Which fold a block of time belongs to, -1: left out. */
static skua_status draw_folds(const roles *r, const skuai_effect_change *change, int32_t **folds,
                              skuai_arena *arena, skua_error *err) {
    size_t blocks = r->n_days / r->block + 1, k = (size_t)r->options->folds;
    int32_t *f = skuai_arena_take(arena, blocks, sizeof *f);
    if (!f) return skuai_error_memory(err, "folds");
    skuai_random random;
    skuai_random_split(&random, change ? change->seed : 0, 77);
    for (size_t b = 0; b < blocks; b++) {
        f[b] = (int32_t)(b % k);
        if (change && skuai_random_uniform(&random) < change->leave_out) f[b] = -1;
    }
    *folds = f;
    return SKUA_OK;
}

static skua_status fill(const roles *r, const skuai_effect_change *change, member *members,
                        size_t n_members, skuai_effect_rows *rows, skua_error *err) {
    const skuai_panel *panel = r->panel;
    size_t longest = 1, i = 0, first_cluster = 0, blocks = r->n_days / r->block + 1;
    int32_t *folds;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    double *scratch = skuai_arena_take(rows->arena, 5 * (longest + 1), sizeof *scratch);
    if (!scratch) return skuai_error_memory(err, "paths");
    paths p = {scratch, scratch + longest + 1, scratch + 2 * (longest + 1),
               scratch + 3 * (longest + 1), scratch + 4 * (longest + 1)};
    SKUA_TRY(draw_folds(r, change, &folds, rows->arena, err));
    for (size_t m = 0; m < n_members; m++) {
        if (m == 0 || members[m].item != members[m - 1].item) {
            if (m) first_cluster += blocks;
            begin_item(r, &members[m], i, rows);
        }
        trace_paths(r, members[m].series, &p);
        i = fill_series(r, &members[m], &p, folds, first_cluster, i, rows);
    }
    rows->first[rows->n_items] = rows->first_cell[rows->n_cells] = i;
    rows->n_clusters = first_cluster + blocks;
    rows->n_days = r->n_days;
    return SKUA_OK;
}

/* Treatments moved in time inside each item: whatever they did, they did not do it here. */
static skua_status shift(skuai_effect_rows *rows, skua_error *err) {
    double *copy = skuai_new(rows->n, sizeof *copy);
    if (!copy) return skuai_error_memory(err, "a placebo");
    for (size_t k = 0; k < rows->k; k++) {
        double *d = rows->d + k * rows->n;
        memcpy(copy, d, rows->n * sizeof *copy);
        for (size_t i = 0; i < rows->n_items; i++) {
            size_t from = rows->first[i], n = rows->first[i + 1] - from;
            for (size_t q = 0; q < n; q++)
                d[from + q] = copy[from + (q + n / 3 + 11) % n];
        }
    }
    skuai_free(copy);
    return SKUA_OK;
}

static bool lacks(const roles *r, bool chinese, char *text, size_t size) {
    const skuai_effect_options *o = r->options;
    *text = '\0';
    if (!r->price && !r->promotion_model)
        (void)snprintf(text, size,
                       chinese
                           ? "没有价格（%s 列）：没有价格就无法说明价格的作用；请导入带价格的销售"
                           : "there are no prices (column %s): without them nothing can be "
                             "said of what a price does; ingest sales with a price",
                       o->price);
    else if (!r->promotion && !r->price)
        (void)snprintf(text, size, "%s",
                       chinese ? "没有促销，也没有价格" : "there are no promotions and no prices");
    else if (r->n_days < 2 * r->block)
        (void)snprintf(text, size,
                       chinese ? "%zu 个时段的历史太短：效应要在每段 %zu "
                                 "个时段的区间之间比较，至少需要两段"
                               : "%zu periods of history are too few: effects are judged across "
                                 "blocks of %zu periods, and at least two are needed",
                       r->n_days, r->block);
    return *text != '\0';
}

bool skuai_effect_lacks(const skuai_panel *panel, const skuai_effect_options *options,
                        bool promotion, bool chinese, char *text, size_t size) {
    roles r = {.panel = panel, .options = options, .promotion_model = promotion};
    find_roles(&r);
    if (lacks(&r, chinese, text, size)) return true;
    bool sold = false, ran = !promotion || !r.promotion;
    for (size_t row = 0; row < panel->n_rows; row++) {
        sold = sold || panel->target[row] > 0;
        ran = ran || r.promotion[row] > 0;
    }
    if (!sold)
        (void)snprintf(text, size, "%s", chinese ? "没有商品卖出过" : "no item has sold anything");
    else if (!ran)
        (void)snprintf(text, size, "%s",
                       chinese
                           ? "历史中从未有过促销，无法由此得知促销的作用；可先在一半商品上促销一周"
                           : "no promotion ever ran in this history: what one would do cannot "
                             "be known from it; run one on half of the items for a week");
    return *text != '\0';
}

static skua_status check(const roles *r, skua_error *err) {
    const skuai_effect_options *o = r->options;
    char text[SKUA_ERROR_MESSAGE_SIZE];
    if (o->folds < 2 || o->folds > 20 || !(o->confidence > 0 && o->confidence < 1))
        return skuai_error_set(err, SKUA_ECONFIG, "folds must be 2 to 20, confidence in (0, 1)");
    return lacks(r, false, text, sizeof text) ? skuai_error_set(err, SKUA_EDATA, "%s", text)
                                              : SKUA_OK;
}

skua_status skuai_effect_rows_new(const skuai_panel *panel, const skuai_effect_options *options,
                                  bool promotion, const skuai_effect_change *change,
                                  skuai_effect_rows **out, skua_error *err) {
    roles r = {.panel = panel, .options = options, .promotion_model = promotion};
    find_roles(&r);
    SKUA_TRY(check(&r, err));
    skuai_effect_rows *rows = skuai_zero(1, sizeof *rows);
    if (!rows) return skuai_error_memory(err, "effects");
    skua_status status = SKUA_OK;
    member *members = NULL;
    size_t n_members = 0;
    rows->arena = skuai_arena_new(1 << 20);
    if (!rows->arena) SKUA_TRY_OUT(skuai_error_memory(err, "effects"));
    SKUA_TRY_OUT(choose(&r, rows, &members, &n_members, err));
    if (rows->n_items == 0)
        SKUA_TRY_OUT(skuai_error_set(err, SKUA_EDATA, "no item has sold anything"));
    qsort(members, n_members, sizeof *members, by_item);
    bool add = change && change->add_cause;
    rows->whole = r.whole;
    rows->k = r.promotion_model ? 3 : SKUAI_TREATMENTS;
    rows->p = covariate_count(&r) + add;
    rows->n_days = r.n_days;
    rows->n_covariates = r.n_extra;
    rows->n_covariates_left = r.n_extra_left;
    rows->window = r.window;
    rows->others = r.promotion_model ? SKUAI_TREATMENT_REST : SKUAI_TREATMENT_OTHERS;
    SKUA_TRY_OUT(take_arrays(rows, err));
    SKUA_TRY_OUT(fill(&r, change, members, n_members, rows, err));
    if (change && change->shift) SKUA_TRY_OUT(shift(rows, err));
    for (size_t k = 0; k < rows->k; k++)
        skuai_effect_centre(rows, k);
    if (add) {
        skuai_random random;
        skuai_random_split(&random, change->seed, 78);
        for (size_t i = 0; i < rows->n; i++)
            rows->x[(covariate_count(&r) - SKUAI_EFFECT_FILLED) * rows->n + i] =
                (float)skuai_random_normal(&random);
    }
    *out = rows;
out:
    if (status != SKUA_OK) skuai_effect_rows_free(rows);
    return status;
}

void skuai_effect_rows_free(skuai_effect_rows *rows) {
    if (!rows) return;
    skuai_arena_free(rows->arena);
    skuai_free(rows);
}
