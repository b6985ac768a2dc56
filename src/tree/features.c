#include "tree/features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAGS = 6, WINDOWS = 5, NAME_SIZE = 64 };

typedef struct category_means {
    size_t column; /* static of the panel */
    size_t n_levels;
    int64_t first; /* period of the first cumulative entry */
    size_t n_periods;
    double *sum;   /* [n_levels, n_periods + 1] cumulative over periods */
    double *count; /* likewise, observations */
} category_means;

struct skuai_features {
    const skuai_panel *panel;
    skuai_arena *arena;
    size_t n_columns, cycle; /* cycle: periods after which the year (or the season) repeats */
    size_t windows[WINDOWS];
    const char **names;
    bool *categorical;
    size_t n_categories;
    category_means *categories;
};

static void set_windows(skuai_features *f) {
    static const size_t hour[] = {24, 48, 168, 336, 672}, day[] = {7, 14, 28, 91, 364},
                        week[] = {4, 8, 13, 26, 52}, month[] = {2, 3, 6, 12, 24},
                        year[] = {2, 3, 4, 6, 8};
    const size_t *w = year;
    f->cycle = (size_t)f->panel->season;
    switch (f->panel->grid.frequency) {
    case SKUAI_FREQUENCY_HOUR:
        w = hour, f->cycle = 168;
        break;
    case SKUAI_FREQUENCY_DAY:
        w = day, f->cycle = 364;
        break;
    case SKUAI_FREQUENCY_WEEK:
        w = week, f->cycle = 52;
        break;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        w = month, f->cycle = 12;
        break;
    case SKUAI_FREQUENCY_QUARTER:
        f->cycle = 4;
        break;
    case SKUAI_FREQUENCY_YEAR:
        break;
    }
    memcpy(f->windows, w, sizeof f->windows);
}

/* -- Columns ---------------------------------------------------------------------------------- */

static bool add_column(skuai_features *f, bool categorical, const char *format, const char *text,
                       size_t number) {
    char *name = skuai_arena_take(f->arena, NAME_SIZE, 1);
    if (!name) return false;
    (void)snprintf(name, NAME_SIZE, "%s%.40s", format, text);
    if (number) (void)snprintf(name + strlen(name), NAME_SIZE - strlen(name), "%zu", number);
    f->names[f->n_columns] = name;
    f->categorical[f->n_columns++] = categorical;
    return true;
}

static bool name_own(skuai_features *f) {
    static const char *const single[] = {
        "ewm",         "cycle_1", "cycle_2",      "cycle_before", "cycle_after", "cycle_mean3",
        "cycle_mean5", "growth",  "season_1",     "season_mean",  "log_level",   "age",
        "adi",         "cv2",     "availability", "in_week",      "in_month",    "in_year"};
    bool good = add_column(f, false, "horizon", "", 0);
    for (size_t k = 1; k <= LAGS; k++)
        good = good && add_column(f, false, "lag_", "", k);
    for (size_t k = 0; k < WINDOWS; k++) {
        good = good && add_column(f, false, "mean_", "", f->windows[k]) &&
               add_column(f, false, "sd_", "", f->windows[k]) &&
               add_column(f, false, "zeros_", "", f->windows[k]);
    }
    good = good && add_column(f, false, "min_", "", f->windows[0]) &&
           add_column(f, false, "max_", "", f->windows[0]);
    for (size_t k = 0; k < sizeof single / sizeof *single; k++)
        good = good && add_column(f, false, single[k], "", 0);
    return good;
}

static bool name_given(skuai_features *f) {
    const skuai_panel *p = f->panel;
    bool good = true;
    for (size_t k = 0; k < p->n_dynamic; k++) {
        bool ahead = p->dynamic[k].known == SKUAI_KNOWN_AHEAD;
        good = good && add_column(f, false, ahead ? "at_" : "last_", p->dynamic[k].name, 0) &&
               add_column(f, false, ahead ? "change_" : "recent_", p->dynamic[k].name, 0);
        if (ahead) good = good && add_column(f, false, "ratio_", p->dynamic[k].name, 0);
    }
    for (size_t k = 0; k < p->n_static; k++)
        good = good && add_column(f, p->statics[k].n_levels > 0, "", p->statics[k].name, 0);
    for (size_t k = 0; k < f->n_categories; k++) {
        const char *name = p->statics[f->categories[k].column].name;
        good = good && add_column(f, false, "growth_of_", name, 0) &&
               add_column(f, false, "shape_of_", name, 0);
    }
    return good;
}

/* -- Means of categories ----------------------------------------------------------------------- */

static void grid_range(const skuai_panel *p, int64_t *first, size_t *n) {
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (size_t s = 0; s < p->n_series; s++) {
        if (p->length[s] == 0) continue;
        if (p->start[s] < low) low = p->start[s];
        if (skuai_panel_end(p, s) > high) high = skuai_panel_end(p, s);
    }
    *first = low <= high ? low : 0;
    *n = low <= high ? (size_t)(high - low) : 0;
}

static bool sum_category(skuai_features *f, category_means *c) {
    const skuai_panel *p = f->panel;
    size_t width = c->n_periods + 1;
    c->sum = skuai_arena_take_zero(f->arena, c->n_levels * width, sizeof *c->sum);
    c->count = skuai_arena_take_zero(f->arena, c->n_levels * width, sizeof *c->count);
    if (!c->sum || !c->count) return false;
    for (size_t s = 0; s < p->n_series; s++) {
        int32_t code = p->statics[c->column].codes[p->base[s]];
        if (code < 0 || p->length[s] == 0) continue;
        const double *y = skuai_panel_target(p, s);
        size_t at = (size_t)code * width + (size_t)(p->start[s] - c->first) + 1;
        for (size_t t = 0; t < p->length[s]; t++) {
            c->sum[at + t] += isnan(y[t]) ? 0 : y[t];
            c->count[at + t] += !isnan(y[t]);
        }
    }
    for (size_t g = 0; g < c->n_levels; g++) {
        for (size_t t = 1; t < width; t++) {
            c->sum[g * width + t] += c->sum[g * width + t - 1];
            c->count[g * width + t] += c->count[g * width + t - 1];
        }
    }
    return true;
}

static bool sum_categories(skuai_features *f) {
    const skuai_panel *p = f->panel;
    f->categories = skuai_arena_take_zero(f->arena, p->n_static + 1, sizeof *f->categories);
    if (!f->categories) return false;
    for (size_t k = 0; k < p->n_static; k++) {
        size_t levels = p->statics[k].n_levels;
        if (levels < 2) continue;
        category_means *c = &f->categories[f->n_categories++];
        c->column = k;
        c->n_levels = levels;
        grid_range(p, &c->first, &c->n_periods);
        if (!sum_category(f, c)) return false;
    }
    return true;
}

skua_status skuai_features_new(const skuai_panel *panel, skuai_features **features,
                               skua_error *err) {
    skuai_features *f = skuai_zero(1, sizeof *f);
    if (!f) return skuai_error_memory(err, "features");
    f->panel = panel;
    f->arena = skuai_arena_new(0);
    size_t most = 64 + 3 * panel->n_dynamic + 3 * panel->n_static;
    bool good = f->arena != NULL;
    if (good) {
        set_windows(f);
        f->names = skuai_arena_take(f->arena, most, sizeof *f->names);
        f->categorical = skuai_arena_take(f->arena, most, sizeof *f->categorical);
        good = f->names && f->categorical && sum_categories(f) && name_own(f) && name_given(f);
    }
    if (!good) {
        skuai_features_free(f);
        return skuai_error_memory(err, "features");
    }
    *features = f;
    return SKUA_OK;
}

void skuai_features_free(skuai_features *features) {
    if (!features) return;
    skuai_arena_free(features->arena);
    skuai_free(features);
}

size_t skuai_features_columns(const skuai_features *features) {
    return features->n_columns;
}
const char *const *skuai_features_names(const skuai_features *features) {
    return features->names;
}
const bool *skuai_features_categorical(const skuai_features *features) {
    return features->categorical;
}

/* -- Rows -------------------------------------------------------------------------------------- */

/* A series with cumulative sums, so that any window costs the same. */
typedef struct history {
    const skuai_features *f;
    size_t s, n;
    const double *y;
    double *count, *sum, *square, *zeros, *ewm; /* [n + 1] over periods < i */
} history;

typedef struct filler { /* where the next value of a row goes */
    float *values;
    size_t n_rows, row, column;
} filler;

static void put(filler *w, double x) {
    w->values[w->column++ * w->n_rows + w->row] = (float)x;
}

static void accumulate(history *h) {
    h->count[0] = h->sum[0] = h->square[0] = h->zeros[0] = 0;
    h->ewm[0] = (double)NAN;
    for (size_t t = 0; t < h->n; t++) {
        double y = h->y[t];
        bool seen = !isnan(y);
        h->count[t + 1] = h->count[t] + seen;
        h->sum[t + 1] = h->sum[t] + (seen ? y : 0);
        h->square[t + 1] = h->square[t] + (seen ? y * y : 0);
        h->zeros[t + 1] = h->zeros[t] + (seen && y == 0);
        h->ewm[t + 1] = !seen              ? h->ewm[t]
                        : isnan(h->ewm[t]) ? y
                                           : h->ewm[t] + 0.2 * (y - h->ewm[t]);
    }
}

/* Mean over [from, to), NaN without an observation. */
static double mean_of(const history *h, size_t from, size_t to) {
    double n = h->count[to] - h->count[from];
    return n > 0 ? (h->sum[to] - h->sum[from]) / n : (double)NAN;
}

static size_t back(size_t o, size_t w) {
    return o > w ? o - w : 0;
}

static void put_windows(const history *h, size_t o, double scale, filler *w) {
    const size_t *windows = h->f->windows;
    for (size_t k = 1; k <= LAGS; k++)
        put(w, o >= k ? h->y[o - k] / scale : (double)NAN);
    for (size_t k = 0; k < WINDOWS; k++) {
        size_t from = back(o, windows[k]);
        double n = h->count[o] - h->count[from], mean = mean_of(h, from, o);
        double variance = (h->square[o] - h->square[from]) / n - mean * mean;
        put(w, mean / scale);
        put(w, n > 1 ? sqrt(variance > 0 ? variance : 0) / scale : (double)NAN);
        put(w, n > 0 ? (h->zeros[o] - h->zeros[from]) / n : (double)NAN);
    }
    double low = (double)NAN, high = (double)NAN;
    for (size_t t = back(o, windows[0]); t < o; t++) {
        low = fmin(low, h->y[t]);
        high = fmax(high, h->y[t]);
    }
    put(w, low / scale);
    put(w, high / scale);
    put(w, h->ewm[o] / scale);
}

/* The value k cycles of m before t, the nearest such period before the origin; NaN: none. */
static double cycle_value(const history *h, size_t o, size_t t, size_t m, size_t k) {
    size_t cycles = t >= o ? (t - o) / m + k : k;
    return t >= cycles * m && t - cycles * m < o ? h->y[t - cycles * m] : (double)NAN;
}

/* The mean of 2 r + 1 periods around it. */
static double cycle_mean(const history *h, size_t o, size_t t, size_t m, size_t r) {
    size_t cycles = (t - o) / m + 1;
    if (t < cycles * m) return (double)NAN;
    size_t centre = t - cycles * m, to = centre + r + 1 < o ? centre + r + 1 : o;
    return mean_of(h, back(centre, r), to);
}

/* How the level of the last periods compares with that of the same periods a cycle ago. */
static double growth_of(const history *h, size_t o) {
    size_t m = h->f->cycle, w = h->f->windows[2];
    if (o < m + 2) return (double)NAN;
    size_t to = o - m, from = back(to, w);
    double now = mean_of(h, o - (to - from), o), then = mean_of(h, from, to);
    return then > 0 ? now / then : (double)NAN;
}

static double put_cycles(const history *h, size_t o, size_t t, double scale, filler *w) {
    size_t m = h->f->cycle, season = (size_t)h->f->panel->season;
    double last = cycle_value(h, o, t, m, 1), growth = growth_of(h, o), sum = 0;
    double smooth = cycle_mean(h, o, t, m, 1);
    put(w, last / scale);
    put(w, cycle_value(h, o, t, m, 2) / scale);
    put(w, t > 0 ? cycle_value(h, o, t - 1, m, 1) / scale : (double)NAN);
    put(w, cycle_value(h, o, t + 1, m, 1) / scale);
    put(w, smooth / scale);
    put(w, cycle_mean(h, o, t, m, 2) / scale);
    put(w, growth);
    put(w, cycle_value(h, o, t, season, 1) / scale);
    int n = 0;
    for (size_t k = 1; k <= 4; k++) {
        double y = cycle_value(h, o, t, season, k);
        if (!isnan(y)) sum += y, n++;
    }
    put(w, n ? sum / n / scale : (double)NAN);
    if (isnan(last)) last = smooth;
    return last / scale;
}

static void put_nature(const history *h, size_t o, size_t t, double level, filler *w) {
    const skuai_panel *p = h->f->panel;
    double n = h->count[o], active = n - h->zeros[o];
    double mean = h->sum[o] / active, variance = h->square[o] / active - mean * mean;
    put(w, log(level));
    put(w, (double)o);
    put(w, active > 0 ? n / active : (double)NAN);
    put(w, active > 1 && mean > 0 ? variance / (mean * mean) : (double)NAN);
    double available = 0, count = 0;
    for (size_t i = back(o, h->f->windows[0]); i < o && p->available; i++)
        available += (double)p->available[p->row[h->s] + i], count++;
    put(w, count > 0 ? available / count : 1);
    int64_t period = p->start[h->s] + (int64_t)t;
    int64_t day = skuai_period_first_day(&p->grid, period);
    bool hourly = p->grid.frequency == SKUAI_FREQUENCY_HOUR;
    put(w, skuai_day_of_week(day) + (hourly ? skuai_period_hour(&p->grid, period) / 24.0 : 0));
    put(w, skuai_date_from_day(day).day);
    put(w, skuai_day_of_year(day));
}

static double mean_float(const float *x, size_t from, size_t to) {
    double sum = 0, n = 0;
    for (size_t t = from; t < to; t++)
        if (!isnan(x[t])) sum += (double)x[t], n++;
    return n > 0 ? sum / n : (double)NAN;
}

static void put_dynamic(const history *h, size_t o, size_t t, filler *w) {
    const skuai_panel *p = h->f->panel;
    size_t rows = p->length[h->s] + p->future[h->s], m = h->f->cycle;
    for (size_t k = 0; k < p->n_dynamic; k++) {
        const float *x = p->dynamic[k].values + p->row[h->s];
        double recent = mean_float(x, back(o, h->f->windows[1]), o);
        if (p->dynamic[k].known != SKUAI_KNOWN_AHEAD) {
            put(w, o > 0 ? (double)x[o - 1] : (double)NAN);
            put(w, recent);
            continue;
        }
        double at = t < rows ? (double)x[t] : (double)NAN;
        put(w, at);
        put(w, t >= m && t - m < rows ? at - (double)x[t - m] : (double)NAN);
        put(w, recent != 0 ? at / recent : (double)NAN);
    }
}

static double category_mean(const category_means *c, size_t code, int64_t from, int64_t to) {
    int64_t a = from - c->first, b = to - c->first, most = (int64_t)c->n_periods;
    a = a < 0 ? 0 : a > most ? most : a;
    b = b < a ? a : b > most ? most : b;
    size_t at = code * (c->n_periods + 1);
    double n = c->count[at + (size_t)b] - c->count[at + (size_t)a];
    return n > 0 ? (c->sum[at + (size_t)b] - c->sum[at + (size_t)a]) / n : (double)NAN;
}

static void put_statics(const history *h, size_t o, size_t t, filler *w) {
    const skuai_panel *p = h->f->panel;
    size_t base = p->base[h->s];
    for (size_t k = 0; k < p->n_static; k++) {
        const skuai_static *x = &p->statics[k];
        if (x->n_levels == 0)
            put(w, x->values[base]);
        else
            put(w, x->codes[base] >= 0 ? (double)x->codes[base] : (double)NAN);
    }
    int64_t origin = p->start[h->s] + (int64_t)o, m = (int64_t)h->f->cycle;
    int64_t short_window = (int64_t)h->f->windows[0], like = p->start[h->s] + (int64_t)t;
    while (like >= origin)
        like -= m;
    for (size_t k = 0; k < h->f->n_categories; k++) {
        const category_means *c = &h->f->categories[k];
        int32_t code = p->statics[c->column].codes[base];
        if (code < 0) {
            put(w, (double)NAN);
            put(w, (double)NAN);
            continue;
        }
        double year = category_mean(c, (size_t)code, origin - m, origin);
        put(w, category_mean(c, (size_t)code, origin - short_window, origin) / year);
        put(w, category_mean(c, (size_t)code, like, like + 1) / year);
    }
}

/* -- All rows, a series an item of the parallel loop ---------------------------------------------
 */

typedef struct fill_job {
    const skuai_features *f;
    const skuai_feature_row *rows;
    const size_t *first; /* [n_groups + 1] first row of each run of one series */
    size_t n;
    float *values, *scale, *base;
} fill_job;

static void fill_row(const history *h, const skuai_feature_row *row, fill_job *job, size_t i) {
    size_t o = row->origin, t = o + row->horizon;
    double level = mean_of(h, back(o, h->f->cycle), o);
    if (isnan(level)) level = mean_of(h, 0, o);
    bool known = !isnan(level);
    double scale = known && fabs(level) > 1e-9 ? fabs(level) : 1;
    filler w = {job->values, job->n, i, 0};
    put(&w, row->horizon);
    put_windows(h, o, scale, &w);
    double base = put_cycles(h, o, t, scale, &w);
    put_nature(h, o, t, scale, &w);
    put_dynamic(h, o, t, &w);
    put_statics(h, o, t, &w);
    if (isnan(base)) base = mean_of(h, back(o, h->f->windows[1]), o) / scale;
    if (isnan(base)) base = level / scale;
    job->base[i] = (float)(isnan(base) ? 0 : base);
    job->scale[i] = known ? (float)scale : NAN;
}

static skua_status fill_group(void *argument, size_t g, int worker, skua_error *err) {
    (void)worker;
    fill_job *job = argument;
    size_t from = job->first[g], to = job->first[g + 1], s = job->rows[from].series;
    const skuai_panel *p = job->f->panel;
    size_t n = p->length[s];
    double *block = skuai_new(5 * (n + 1), sizeof *block);
    if (!block) return skuai_error_memory(err, "features of a series");
    history h = {job->f,
                 s,
                 n,
                 skuai_panel_target(p, s),
                 block,
                 block + (n + 1),
                 block + 2 * (n + 1),
                 block + 3 * (n + 1),
                 block + 4 * (n + 1)};
    accumulate(&h);
    for (size_t i = from; i < to; i++)
        fill_row(&h, &job->rows[i], job, i);
    skuai_free(block);
    return SKUA_OK;
}

skua_status skuai_features_fill(const skuai_features *features, const skuai_feature_row *rows,
                                size_t n, const skuai_context *context, float *values, float *scale,
                                float *base, skua_error *err) {
    size_t *first = skuai_new(n + 1, sizeof *first), groups = 0;
    if (!first) return skuai_error_memory(err, "features");
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || rows[i].series != rows[i - 1].series) first[groups++] = i;
    }
    first[groups] = n;
    fill_job job = {features, rows, first, n, values, scale, base};
    skua_status status = skuai_parallel_for(context, NULL, groups, fill_group, &job, err);
    skuai_free(first);
    return status;
}
