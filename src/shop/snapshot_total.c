#include "math/distribution.h"
#include "shop/snapshot.h"

#include <math.h>

enum { HISTORY_LEAST = 60, HISTORY_MOST = 400 };

/* -- The common part of the spread ------------------------------------------------------------- */

/* Seasonal difference of series s in period p, NaN when one of the two is missing. */
static double difference(const skuai_panel *panel, size_t s, int64_t p) {
    int64_t t = p - panel->start[s];
    const double *y = skuai_panel_target(panel, s);
    if (t < panel->season || t >= (int64_t)panel->length[s]) return (double)NAN;
    return y[t] - y[t - panel->season];
}

double skuai_snapshot_common(const skuai_panel *panel, int64_t end, size_t periods) {
    double *total = skuai_zero(2 * periods + 1, sizeof *total);
    double of_series = 0, sum = 0, square = 0;
    size_t n = 0;
    if (!total) return 1;
    for (size_t s = 0; s < panel->n_series; s++) {
        double own = 0, own_square = 0;
        size_t count = 0;
        for (size_t i = 0; i < periods; i++) {
            double d = difference(panel, s, end - (int64_t)periods + (int64_t)i);
            if (isnan(d)) continue;
            total[i] += d;
            total[periods + i] += 1;
            own += d;
            own_square += d * d;
            count++;
        }
        /* each period that it took part in adds its variance to the total's */
        if (count > 1)
            of_series +=
                (own_square - own * own / (double)count) * ((double)count / (double)(count - 1));
    }
    for (size_t i = 0; i < periods; i++)
        if (total[periods + i] > 0) {
            sum += total[i];
            square += total[i] * total[i];
            n++;
        }
    skuai_free(total);
    if (n < 8 || !(of_series > 0)) return 1;
    double of_total = (square - sum * sum / (double)n) * ((double)n / (double)(n - 1));
    double ratio = sqrt(of_total / of_series);
    return ratio > 0.5 ? ratio : 0.5;
}

/* -- The total --------------------------------------------------------------------------------- */

static size_t shown_periods(const skua_snapshot *snapshot, size_t horizon) {
    size_t season = (size_t)snapshot->history.recorded->season;
    size_t n = 3 * horizon > 2 * season ? 3 * horizon : 2 * season;
    n = n < HISTORY_LEAST ? HISTORY_LEAST : n > HISTORY_MOST ? HISTORY_MOST : n;
    size_t all = (size_t)(snapshot->end - snapshot->first);
    return n < all ? n : all;
}

static void put_numbers(skuai_json_writer *w, const char *name, const double *x, size_t n) {
    skuai_json_array(w, name);
    for (size_t i = 0; i < n; i++)
        skuai_json_number(w, NULL, isnan(x[i]) ? x[i] : round(1000 * x[i]) / 1000);
    skuai_json_close(w);
}

static void add_history(const skua_snapshot *snapshot, size_t shown, double *history) {
    const skuai_panel *panel = snapshot->history.recorded;
    int64_t from = snapshot->end - (int64_t)shown;
    for (size_t i = 0; i < shown; i++)
        history[i] = (double)NAN;
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *y = skuai_panel_target(panel, s);
        for (size_t t = 0; t < panel->length[s]; t++) {
            int64_t at = panel->start[s] + (int64_t)t - from;
            if (at < 0 || isnan(y[t])) continue;
            history[at] = isnan(history[at]) ? y[t] : history[at] + y[t];
        }
    }
}

/* Standard deviation that the outermost pair of quantiles of a cell tells. */
static double cell_spread(const skuai_stored *t, const double *q) {
    double low = t->levels[0], high = t->levels[t->n_levels - 1];
    double z = skuai_normal_quantile(high) - skuai_normal_quantile(low);
    return z > 0 ? (q[t->n_levels - 1] - q[0]) / z : 0;
}

static void add_forecast(const skua_snapshot *snapshot, int64_t first, double *mean,
                         double *variance) {
    const skuai_stored *t = &snapshot->stored;
    for (size_t i = 0; i < t->n_series; i++)
        for (size_t h = 0; h < t->horizon; h++) {
            int64_t at = t->first[i] + (int64_t)h - first;
            size_t cell = i * t->horizon + h;
            if (at < 0 || at >= (int64_t)t->horizon || isnan(t->mean[cell])) continue;
            mean[at] += t->mean[cell];
            double sd = t->n_levels > 1 ? cell_spread(t, t->quantiles + cell * t->n_levels) : 0;
            variance[at] += sd * sd;
        }
}

static void put_forecast(skuai_json_writer *w, const skua_snapshot *snapshot, double *mean,
                         double *low, double *high) {
    const skuai_panel *panel = snapshot->history.panel;
    size_t H = snapshot->stored.horizon;
    size_t span = (size_t)(snapshot->end - snapshot->first);
    size_t periods = span < HISTORY_MOST ? span : HISTORY_MOST;
    double common = skuai_snapshot_common(panel, snapshot->end, periods);
    for (size_t h = 0; h < H; h++) {
        double wide = 1.2816 * common * sqrt(low[h]); /* 80 % of a normal */
        low[h] = panel->non_negative && mean[h] - wide < 0 ? 0 : mean[h] - wide;
        high[h] = mean[h] + wide;
    }
    put_numbers(w, "mean", mean, H);
    put_numbers(w, "low", low, H);
    put_numbers(w, "high", high, H);
    skuai_json_number(w, "common", round(1000 * common) / 1000);
}

skua_status skuai_snapshot_total(skuai_json_writer *w, const skua_snapshot *snapshot,
                                 skua_error *err) {
    const skuai_stored *t = &snapshot->stored;
    const skuai_grid *grid = &snapshot->history.recorded->grid;
    size_t H = t->n_series > 0 ? t->horizon : 0, shown = shown_periods(snapshot, H);
    double *x = skuai_zero(shown + 3 * H + 1, sizeof *x);
    char text[SKUAI_PERIOD_TEXT_SIZE];
    if (!x) return skuai_error_memory(err, "a total");
    int64_t first = snapshot->end;
    for (size_t i = 0; i < t->n_series; i++)
        first = i == 0 || t->first[i] < first ? t->first[i] : first;
    add_history(snapshot, shown, x);
    skuai_json_object(w, "total");
    skuai_json_array(w, "periods");
    for (size_t i = 0; i < shown; i++)
        skuai_json_text(w, NULL,
                        skuai_period_text(grid, snapshot->end - (int64_t)(shown - i), text));
    skuai_json_close(w);
    put_numbers(w, "history", x, shown);
    if (H > 0) {
        double *mean = x + shown, *variance = mean + H, *high = variance + H;
        skuai_json_array(w, "ahead");
        for (size_t h = 0; h < H; h++)
            skuai_json_text(w, NULL, skuai_period_text(grid, first + (int64_t)h, text));
        skuai_json_close(w);
        add_forecast(snapshot, first, mean, variance);
        put_forecast(w, snapshot, mean, variance, high);
    }
    skuai_json_close(w);
    skuai_free(x);
    return SKUA_OK;
}
