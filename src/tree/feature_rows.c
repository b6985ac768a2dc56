/* The values of rows: a series an item of the parallel loop. */
#include "tree/feature_parts.h"

#include <math.h>
#include <string.h>

enum { LAGS = SKUAI_FEATURE_LAGS, WINDOWS = SKUAI_FEATURE_WINDOWS };

/* A series with cumulative sums, so that any window costs the same. */
typedef struct history {
    const skuai_features *f;
    size_t s, n, rows; /* n: periods with a target; rows: with what is known ahead */
    const double *y;
    double *count, *sum, *square, *zeros, *ewm, *fast, *sale; /* [n + 1] over periods < i */
    float *run, *last, *next; /* [n_events, rows] periods on so far; last on <= t; next on >= t */
} history;

typedef struct filler { /* where the next value of a row goes */
    float *values;
    size_t n_rows, row, column;
} filler;

static void put(filler *w, double x) {
    w->values[w->column++ * w->n_rows + w->row] = (float)x;
}

static double smoothed(double before, double y, double alpha) {
    return isnan(y) ? before : isnan(before) ? y : before + alpha * (y - before);
}

static void accumulate(history *h) {
    h->count[0] = h->sum[0] = h->square[0] = h->zeros[0] = 0;
    h->ewm[0] = h->fast[0] = h->sale[0] = (double)NAN;
    for (size_t t = 0; t < h->n; t++) {
        double y = h->y[t];
        bool seen = !isnan(y);
        h->count[t + 1] = h->count[t] + seen;
        h->sum[t + 1] = h->sum[t] + (seen ? y : 0);
        h->square[t + 1] = h->square[t] + (seen ? y * y : 0);
        h->zeros[t + 1] = h->zeros[t] + (seen && y == 0);
        h->ewm[t + 1] = smoothed(h->ewm[t], y, 0.2);
        h->fast[t + 1] = smoothed(h->fast[t], y, 0.5);
        h->sale[t + 1] = seen && y != 0 ? (double)t : h->sale[t];
    }
}

static void follow_events(history *h) {
    const skuai_panel *p = h->f->panel;
    for (size_t k = 0; k < h->f->plan.n_events; k++) {
        const float *x = p->dynamic[h->f->events[k]].values + p->row[h->s];
        float *run = h->run + k * h->rows, *last = h->last + k * h->rows,
              *next = h->next + k * h->rows;
        for (size_t t = 0; t < h->rows; t++) {
            bool on = x[t] > 0;
            run[t] = !on ? 0 : t > 0 ? run[t - 1] + 1 : 1;
            last[t] = on ? (float)t : t > 0 ? last[t - 1] : NAN;
        }
        for (size_t t = h->rows; t-- > 0;)
            next[t] = x[t] > 0 ? (float)t : t + 1 < h->rows ? next[t + 1] : NAN;
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
    put(w, h->fast[o] / scale);
}

/* -- Last year -------------------------------------------------------------------------------- */

/* The period k seasons of m before t, the nearest such period before the origin and further ones;
 * SIZE_MAX: before the first. */
static size_t season_before(size_t o, size_t t, size_t m, size_t k) {
    size_t cycles = t >= o ? (t - o) / m + k : k;
    return t >= cycles * m && t - cycles * m < o ? t - cycles * m : SIZE_MAX;
}

/* Likewise a cycle, along the years that holidays align. */
static size_t cycle_before(const history *h, size_t o, size_t t, size_t k) {
    const skuai_features *f = h->f;
    if (!f->aligned) return season_before(o, t, f->cycle, k);
    int64_t start = f->panel->start[h->s], period = start + (int64_t)t;
    for (size_t past = 0; past < k;) {
        int64_t at = period - f->first;
        if (at < 0 || (size_t)at >= f->n_aligned) return SIZE_MAX;
        period = f->aligned[at];
        past += period < start + (int64_t)o;
    }
    return period >= start ? (size_t)(period - start) : SIZE_MAX;
}

static double value_at(const history *h, size_t t) {
    return t == SIZE_MAX ? (double)NAN : h->y[t];
}

/* The mean of 2 r + 1 periods around one before the origin. */
static double mean_around(const history *h, size_t o, size_t centre, size_t r) {
    if (centre == SIZE_MAX) return (double)NAN;
    return mean_of(h, back(centre, r), centre + r + 1 < o ? centre + r + 1 : o);
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
    size_t season = (size_t)h->f->panel->season, at = cycle_before(h, o, t, 1);
    double last = value_at(h, at), smooth = mean_around(h, o, at, 1), sum = 0;
    put(w, last / scale);
    put(w, value_at(h, cycle_before(h, o, t, 2)) / scale);
    put(w, at != SIZE_MAX && at > 0 ? h->y[at - 1] / scale : (double)NAN);
    put(w, at != SIZE_MAX && at + 1 < o ? h->y[at + 1] / scale : (double)NAN);
    put(w, smooth / scale);
    put(w, mean_around(h, o, at, 2) / scale);
    put(w, growth_of(h, o));
    put(w, value_at(h, season_before(o, t, season, 1)) / scale);
    int n = 0;
    for (size_t k = 1; k <= 4; k++) {
        double y = value_at(h, season_before(o, t, season, k));
        if (!isnan(y)) sum += y, n++;
    }
    put(w, n ? sum / n / scale : (double)NAN);
    if (isnan(last)) last = smooth;
    return last / scale;
}

/* -- What kind of series, and when ------------------------------------------------------------- */

static void put_nature(const history *h, size_t o, size_t t, double level, filler *w) {
    const skuai_panel *p = h->f->panel;
    double n = h->count[o], active = n - h->zeros[o];
    double mean = h->sum[o] / active, variance = h->square[o] / active - mean * mean;
    put(w, log(level));
    put(w, (double)o);
    put(w, active > 0 ? n / active : (double)NAN);
    put(w, active > 1 && mean > 0 ? variance / (mean * mean) : (double)NAN);
    put(w, (double)o - 1 - h->sale[o]);
    double available = 0, count = 0, last = 1;
    for (size_t i = back(o, h->f->windows[0]); i < o && p->available; i++) {
        last = (double)p->available[p->row[h->s] + i];
        available += last, count++;
    }
    put(w, count > 0 ? available / count : 1);
    put(w, last);
    int64_t period = p->start[h->s] + (int64_t)t;
    int64_t day = skuai_period_first_day(&p->grid, period);
    bool hourly = p->grid.frequency == SKUAI_FREQUENCY_HOUR;
    put(w, skuai_day_of_week(day) + (hourly ? skuai_period_hour(&p->grid, period) / 24.0 : 0));
    put(w, skuai_date_from_day(day).day);
    put(w, skuai_day_of_year(day));
}

/* -- Covariates -------------------------------------------------------------------------------- */

static double mean_float(const float *x, size_t from, size_t to) {
    double sum = 0, n = 0;
    for (size_t t = from; t < to; t++)
        if (!isnan(x[t])) sum += (double)x[t], n++;
    return n > 0 ? sum / n : (double)NAN;
}

static double known(const history *h, const float *x, size_t t) {
    return t < h->rows ? (double)x[t] : (double)NAN;
}

static void put_dynamic(const history *h, size_t o, size_t t, filler *w) {
    const skuai_panel *p = h->f->panel;
    size_t before = cycle_before(h, o, t, 1);
    for (size_t k = 0; k < h->f->n_dynamic; k++) {
        const float *x = p->dynamic[h->f->dynamic[k]].values + p->row[h->s];
        double recent = mean_float(x, back(o, h->f->windows[1]), o);
        if (!h->f->ahead[k]) {
            put(w, o > 0 ? (double)x[o - 1] : (double)NAN);
            put(w, recent);
            put(w, mean_float(x, back(o, h->f->windows[0]), o) /
                       mean_float(x, back(o, h->f->windows[3]), o));
            continue;
        }
        double at = known(h, x, t);
        put(w, at);
        put(w, before != SIZE_MAX ? at - (double)x[before] : (double)NAN);
        put(w, t > 0 ? at - known(h, x, t - 1) : (double)NAN);
        put(w, recent != 0 ? at / recent : (double)NAN);
    }
}

static void put_events(const history *h, size_t o, size_t t, filler *w) {
    size_t n = h->f->plan.n_events, now = 0;
    for (size_t k = 0; k < n; k++) {
        if (t >= h->rows) {
            for (int i = 0; i < 3; i++)
                put(w, (double)NAN);
            continue;
        }
        double next = (double)h->next[k * h->rows + t];
        double seen = (double)(o + h->f->plan.ahead); /* what a forecast knows of the future */
        put(w, (double)h->run[k * h->rows + t]);
        put(w, (double)t - (double)h->last[k * h->rows + t]);
        put(w, next < seen ? next - (double)t : (double)NAN);
        now += h->run[k * h->rows + t] > 0;
    }
    if (n > 1) put(w, (double)now);
    if (h->f->list_price == SIZE_MAX) return;
    const skuai_panel *p = h->f->panel;
    const skuai_dynamic *price = &p->dynamic[h->f->price], *list = &p->dynamic[h->f->list_price];
    put(w, known(h, price->values + p->row[h->s], t) / known(h, list->values + p->row[h->s], t));
}

/* -- Groups ------------------------------------------------------------------------------------ */

/* Sum and count of a series' own target over periods [from, to) of the grid, before the origin. */
static void own_part(const history *h, int64_t from, int64_t to, double *sum, double *count) {
    int64_t start = h->f->panel->start[h->s], n = (int64_t)h->n;
    int64_t a = from - start, b = to - start;
    a = a < 0 ? 0 : a > n ? n : a;
    b = b < a ? a : b > n ? n : b;
    *sum = h->sum[b] - h->sum[a];
    *count = h->count[b] - h->count[a];
}

/* Mean of the other members of a group over periods [from, to). */
static double others_mean(const history *h, const skuai_group *g, size_t code, int64_t from,
                          int64_t to) {
    int64_t a = from - h->f->first, b = to - h->f->first, most = (int64_t)h->f->n_periods;
    double sum, count;
    a = a < 0 ? 0 : a > most ? most : a;
    b = b < a ? a : b > most ? most : b;
    size_t at = code * (h->f->n_periods + 1);
    own_part(h, from, to, &sum, &count);
    double n = g->target.count[at + (size_t)b] - g->target.count[at + (size_t)a] - count;
    return n > 0.5 ? (g->target.sum[at + (size_t)b] - g->target.sum[at + (size_t)a] - sum) / n
                   : (double)NAN;
}

/* The price beside the mean price of the group's other members in the same period. */
static double price_to_others(const history *h, const skuai_group *g, size_t code, size_t t) {
    const skuai_panel *p = h->f->panel;
    if (t >= h->rows) return (double)NAN;
    double own = (double)p->dynamic[h->f->price].values[p->row[h->s] + t];
    size_t at = code * (h->f->n_aligned + 1) + (size_t)(p->start[h->s] - h->f->first) + t;
    double n = g->price.count[at + 1] - g->price.count[at] - 1;
    double mean = (g->price.sum[at + 1] - g->price.sum[at] - own) / n;
    return n > 0.5 && mean > 0 ? own / mean : (double)NAN;
}

static void put_groups(const history *h, size_t o, size_t t, filler *w) {
    const skuai_panel *p = h->f->panel;
    size_t base = p->base[h->s], values = h->f->price != SIZE_MAX ? 3 : 2;
    int64_t origin = p->start[h->s] + (int64_t)o, m = (int64_t)h->f->cycle;
    int64_t short_window = (int64_t)h->f->windows[0], like = p->start[h->s] + (int64_t)t;
    while (like >= origin)
        like -= m;
    for (size_t k = 0; k < h->f->plan.n_groups; k++) {
        const skuai_group *g = &h->f->groups[k];
        int32_t code = p->statics[g->column].codes[base];
        for (size_t i = 0; code < 0 && i < values; i++)
            put(w, (double)NAN);
        if (code < 0) continue;
        double year = others_mean(h, g, (size_t)code, origin - m, origin);
        put(w, others_mean(h, g, (size_t)code, origin - short_window, origin) / year);
        put(w, others_mean(h, g, (size_t)code, like, like + 1) / year);
        if (values == 3) put(w, price_to_others(h, g, (size_t)code, t));
    }
}

static void put_statics(const history *h, filler *w) {
    const skuai_panel *p = h->f->panel;
    size_t base = p->base[h->s];
    for (size_t k = 0; k < p->n_static; k++) {
        const skuai_static *x = &p->statics[k];
        if (x->n_levels == 0)
            put(w, x->values[base]);
        else
            put(w, x->codes[base] >= 0 ? (double)x->codes[base] : (double)NAN);
    }
}

static void put_vectors(const history *h, filler *w) {
    size_t base = h->f->panel->base[h->s];
    for (size_t k = 0; k < h->f->panel->n_vectors; k++)
        for (size_t i = 0; i < SKUAI_FEATURE_PROJECTION; i++)
            put(w, (double)h->f->projection[k][base * SKUAI_FEATURE_PROJECTION + i]);
}

/* -- All rows ---------------------------------------------------------------------------------- */

/* What others of the smallest group sold lately: the level of a series without history. */
static double level_of_others(const history *h, size_t o) {
    const skuai_panel *p = h->f->panel;
    int64_t origin = p->start[h->s] + (int64_t)o, m = (int64_t)h->f->cycle;
    double level = (double)NAN;
    size_t most = 0;
    for (size_t k = 0; k < h->f->plan.n_groups; k++) {
        const skuai_group *g = &h->f->groups[k];
        int32_t code = p->statics[g->column].codes[p->base[h->s]];
        if (code < 0 || g->n_levels <= most) continue;
        double mean = others_mean(h, g, (size_t)code, origin - m, origin);
        if (!isnan(mean)) level = mean, most = g->n_levels;
    }
    return level;
}

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
    bool own = !isnan(level);
    if (!own) level = level_of_others(h, o);
    double scale = fabs(level) > 1e-9 ? fabs(level) : 1; /* NaN: 1 */
    filler w = {job->values, job->n, i, 0};
    put(&w, row->horizon);
    put_windows(h, o, scale, &w);
    double base = put_cycles(h, o, t, scale, &w);
    put_nature(h, o, t, scale, &w);
    put_dynamic(h, o, t, &w);
    put_events(h, o, t, &w);
    put_statics(h, &w);
    put_groups(h, o, t, &w);
    put_vectors(h, &w);
    if (isnan(base)) base = mean_of(h, back(o, h->f->windows[1]), o) / scale;
    if (isnan(base)) base = level / scale;
    job->base[i] = (float)(isnan(base) ? 0 : base);
    job->scale[i] = !isnan(level) ? (float)scale : NAN;
}

static skua_status fill_group(void *argument, size_t g, int worker, skua_error *err) {
    (void)worker;
    fill_job *job = argument;
    size_t from = job->first[g], to = job->first[g + 1], s = job->rows[from].series;
    const skuai_panel *p = job->f->panel;
    size_t n = p->length[s], rows = n + p->future[s], events = job->f->plan.n_events;
    double *block = skuai_new(7 * (n + 1), sizeof *block);
    float *marks = skuai_new(3 * events * rows + 1, sizeof *marks);
    if (!block || !marks) {
        skuai_free(block);
        skuai_free(marks);
        return skuai_error_memory(err, "features of a series");
    }
    history h = {.f = job->f, .s = s, .n = n, .rows = rows, .y = skuai_panel_target(p, s)};
    double **sums[] = {&h.count, &h.sum, &h.square, &h.zeros, &h.ewm, &h.fast, &h.sale};
    for (size_t i = 0; i < 7; i++)
        *sums[i] = block + i * (n + 1);
    h.run = marks;
    h.last = marks + events * rows;
    h.next = marks + 2 * events * rows;
    accumulate(&h);
    follow_events(&h);
    for (size_t i = from; i < to; i++)
        fill_row(&h, &job->rows[i], job, i);
    skuai_free(block);
    skuai_free(marks);
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
