#include "forecast/metrics.h"

#include "math/statistics.h"

#include <math.h>
#include <string.h>

double skuai_mase_scale(const double *y, size_t n, int season) {
    double sum = 0;
    size_t pairs = 0, m = (size_t)season;
    for (size_t t = m; t < n; t++) {
        double d = fabs(y[t] - y[t - m]);
        if (isnan(d)) continue;
        sum += d;
        pairs++;
    }
    return pairs && sum > 0 ? sum / (double)pairs : (double)NAN;
}

/* r of RMSSE: mean squared one-step difference from the first sale on. */
static double rmsse_scale(const double *y, size_t n) {
    size_t first = 0, pairs = 0;
    double sum = 0;
    while (first < n && !(y[first] != 0))
        first++;
    for (size_t t = first + 1; t < n; t++) {
        double d = y[t] - y[t - 1];
        if (isnan(d)) continue;
        sum += d * d;
        pairs++;
    }
    return pairs && sum > 0 ? sum / (double)pairs : (double)NAN;
}

/* Sales value of the last 28 observed periods. */
static double recent_value(const double *y, size_t n, double price) {
    double sum = 0;
    for (size_t t = n > 28 ? n - 28 : 0; t < n; t++)
        if (!isnan(y[t])) sum += y[t] * price;
    return sum > 0 ? sum : 0;
}

/* Sums over the points of one series. */
typedef struct series_sums {
    size_t points, nonzero;
    double absolute, squared, signed_error, weight, percentage, symmetric, pinball;
} series_sums;

/* Sums over all series. */
typedef struct totals {
    series_sums sums;
    double mase, sql, rmsse, wrmsse, wrmsse_weight;
    size_t n_rmsse;
    double pinball[SKUAI_SCORES_LEVELS];
    size_t covered[SKUAI_SCORES_LEVELS], below[SKUAI_SCORES_LEVELS];
    double *pit; /* [points so far] */
} totals;

/* F(y), drawn between F(y-) and F(y) where the distribution is discrete. For counts half a unit
 * is the continuity correction that quantiles between whole numbers want. */
static double randomised_pit(const skuai_forecast *f, const double *q, double y, bool counts,
                             skuai_random *random) {
    double step = counts ? 0.5 : 0, u = skuai_random_uniform(random);
    double high = skuai_quantile_inverse(f->levels, q, f->n_quantiles, y + step);
    double low = high;
    if (counts)
        low = y <= 0 ? 0 : skuai_quantile_inverse(f->levels, q, f->n_quantiles, y - step);
    else if (y <= 0 && q[0] <= 0)
        low = 0; /* a mass at zero */
    return low + u * (high - low);
}

static void score_point(const skuai_forecast *f, size_t s, size_t h, size_t median, double y,
                        series_sums *sums, totals *all) {
    const double *q = skuai_forecast_quantiles(f, s, h);
    double mean = *skuai_forecast_mean(f, s, h), point = median < f->n_quantiles ? q[median] : mean;
    double error = fabs(y - point), size = fabs(y) + fabs(point);
    sums->points++;
    sums->absolute += error;
    sums->squared += (y - mean) * (y - mean);
    sums->signed_error += mean - y;
    sums->weight += fabs(y);
    if (y != 0) {
        sums->percentage += error / fabs(y);
        sums->nonzero++;
    }
    if (size > 0) sums->symmetric += 2 * error / size;
    double pinball = 0;
    for (size_t i = 0; i < f->n_quantiles; i++) {
        double d = y - q[i], loss = 2 * (d > 0 ? d * f->levels[i] : d * (f->levels[i] - 1));
        all->pinball[i] += loss;
        all->covered[i] += y <= q[i];
        all->below[i] += y < q[i];
        pinball += loss;
    }
    if (f->n_quantiles) sums->pinball += pinball / (double)f->n_quantiles;
}

static void add_series(const skuai_panel *panel, size_t s, const series_sums *one, double price,
                       double scale, totals *all, skuai_scores *scores) {
    const double *y = skuai_panel_target(panel, s);
    double n = (double)one->points, r = rmsse_scale(y, panel->length[s]);
    scores->n_series++;
    if (!isnan(scale)) {
        scores->n_scaled++;
        all->mase += one->absolute / n / scale;
        all->sql += one->pinball / n / scale;
    }
    if (!isnan(r)) {
        double w = recent_value(y, panel->length[s], price), e = sqrt(one->squared / n / r);
        all->rmsse += e;
        all->n_rmsse++;
        all->wrmsse += w * e;
        all->wrmsse_weight += w;
    }
    all->sums.points += one->points;
    all->sums.nonzero += one->nonzero;
    all->sums.absolute += one->absolute;
    all->sums.signed_error += one->signed_error;
    all->sums.weight += one->weight;
    all->sums.percentage += one->percentage;
    all->sums.symmetric += one->symmetric;
}

static double ratio(double a, double b) {
    return b > 0 ? a / b : (double)NAN;
}

static double uniform_distance(double *pit, size_t n) {
    skuai_sort(pit, n);
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double above = (double)(i + 1) / (double)n - pit[i], below = pit[i] - (double)i / (double)n;
        if (!(above <= largest)) largest = above;
        if (!(below <= largest)) largest = below;
    }
    return largest;
}

static void finish(const skuai_forecast *f, totals *all, skuai_scores *scores) {
    const series_sums *sums = &all->sums;
    double n = (double)sums->points;
    scores->n_points = sums->points;
    scores->mae = sums->absolute / n;
    scores->wape = ratio(sums->absolute, sums->weight);
    scores->bias = ratio(sums->signed_error, sums->weight);
    scores->mape = ratio(sums->percentage, (double)sums->nonzero);
    scores->smape = sums->symmetric / n;
    scores->mase = ratio(all->mase, (double)scores->n_scaled);
    scores->sql = ratio(all->sql, (double)scores->n_scaled);
    scores->rmsse = ratio(all->rmsse, (double)all->n_rmsse);
    scores->wrmsse = ratio(all->wrmsse, all->wrmsse_weight);
    scores->n_levels = f->n_quantiles;
    scores->wql = 0;
    for (size_t i = 0; i < f->n_quantiles; i++) {
        scores->level[i] = f->levels[i];
        scores->pinball[i] = ratio(all->pinball[i], sums->weight);
        scores->coverage[i] = (double)all->covered[i] / n;
        scores->below[i] = (double)all->below[i] / n;
        scores->wql += scores->pinball[i] / (double)f->n_quantiles;
    }
    scores->pit_ks = f->n_quantiles ? uniform_distance(all->pit, sums->points) : (double)NAN;
    for (size_t i = 0, j = 0; i < f->n_quantiles; i++) { /* the PIT values are sorted now */
        while (j < sums->points && all->pit[j] <= f->levels[i])
            j++;
        scores->kept[i] = (double)j / n;
    }
}

double skuai_scores_cover(const skuai_scores *scores, double level) {
    double low = (double)NAN, high = (double)NAN;
    for (size_t i = 0; i < scores->n_levels; i++) {
        if (fabs(scores->level[i] - level) < 1e-9) low = scores->below[i];
        if (fabs(scores->level[i] - (1 - level)) < 1e-9) high = scores->coverage[i];
    }
    return high - low;
}

static void keep_series(const skuai_series_scores *series, size_t s, const series_sums *one,
                        double scale) {
    if (!series) return;
    bool none = one->points == 0;
    if (series->pinball) series->pinball[s] = none ? (double)NAN : one->pinball;
    if (series->absolute) series->absolute[s] = none ? (double)NAN : one->absolute;
    if (series->weight) series->weight[s] = one->weight;
    if (series->scale) series->scale[s] = scale;
    if (series->points) series->points[s] = one->points;
}

skua_status skuai_score(const skuai_panel *panel, const skuai_forecast *f,
                        const skuai_score_options *options, skuai_scores *scores,
                        const skuai_series_scores *series, skua_error *err) {
    const skuai_score_options none = {0};
    if (!options) options = &none;
    if (f->n_series != panel->n_series || f->n_quantiles > SKUAI_SCORES_LEVELS)
        return skuai_error_set(err, SKUA_EINVAL, "a forecast of another panel");
    size_t median = SIZE_MAX;
    for (size_t i = 0; i < f->n_quantiles; i++)
        if (fabs(f->levels[i] - 0.5) < 1e-9) median = i;
    totals all = {0};
    skuai_scores result = {0};
    all.pit = skuai_new(f->n_series, f->horizon * sizeof *all.pit);
    if (!all.pit) return skuai_error_memory(err, "scores");
    int season = options->season > 0 ? options->season : panel->season;
    for (size_t s = 0; s < panel->n_series; s++) {
        series_sums one = {0};
        skuai_random random;
        skuai_random_split(&random, options->seed, s);
        for (size_t h = 0; h < f->horizon; h++) {
            double y = skuai_panel_actual(panel, s, h);
            if (isnan(y)) continue;
            score_point(f, s, h, median, y, &one, &all);
            if (f->n_quantiles)
                all.pit[all.sums.points + one.points - 1] =
                    randomised_pit(f, skuai_forecast_quantiles(f, s, h), y, panel->counts, &random);
        }
        double scale = skuai_mase_scale(skuai_panel_target(panel, s), panel->length[s], season);
        keep_series(series, s, &one, scale);
        if (one.points)
            add_series(panel, s, &one, options->value ? options->value[s] : 1, scale, &all,
                       &result);
    }
    skua_status status = SKUA_OK;
    if (all.sums.points == 0)
        status = skuai_error_set(err, SKUA_EDATA, "nothing was observed in the periods to score");
    else
        finish(f, &all, &result);
    skuai_free(all.pit);
    if (status == SKUA_OK) *scores = result;
    return status;
}
