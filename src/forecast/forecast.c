#include "forecast/forecast.h"

#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

skua_status skuai_forecast_new(const skuai_panel *panel, size_t horizon, const double *levels,
                               size_t n_levels, skuai_forecast **forecast, skua_error *err) {
    if (horizon == 0) return skuai_error_set(err, SKUA_EINVAL, "a horizon of 0 periods");
    for (size_t q = 0; q < n_levels; q++)
        if (!(levels[q] > 0 && levels[q] < 1) || (q > 0 && !(levels[q] > levels[q - 1])))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "quantile level %g: levels must increase inside (0, 1)",
                                   levels[q]);
    size_t S = panel->n_series, points, numbers;
    skuai_forecast *f = skuai_zero(1, sizeof *f);
    if (!f) return skuai_error_memory(err, "a forecast");
    *f = (skuai_forecast){.n_series = S, .horizon = horizon, .n_quantiles = n_levels};
    bool fits = skuai_size_mul(S, horizon, &points) && skuai_size_mul(points, n_levels, &numbers);
    if (fits) {
        f->levels = skuai_new(n_levels, sizeof(double));
        f->mean = skuai_new(points, sizeof(double));
        f->quantiles = skuai_new(numbers, sizeof(double));
        f->autocorrelation = skuai_zero(S, sizeof(double));
        f->first = skuai_new(S, sizeof(int64_t));
        f->note = skuai_zero(S, sizeof *f->note);
    }
    if (!f->levels || !f->mean || !f->quantiles || !f->autocorrelation || !f->first || !f->note) {
        skuai_forecast_free(f);
        return skuai_error_memory(err, "a forecast");
    }
    if (n_levels) memcpy(f->levels, levels, n_levels * sizeof *levels);
    for (size_t i = 0; i < points; i++)
        f->mean[i] = (double)NAN;
    for (size_t i = 0; i < numbers; i++)
        f->quantiles[i] = (double)NAN;
    for (size_t s = 0; s < S; s++)
        f->first[s] = skuai_panel_end(panel, s);
    *forecast = f;
    return SKUA_OK;
}

void skuai_forecast_free(skuai_forecast *f) {
    if (!f) return;
    skuai_free(f->levels);
    skuai_free(f->mean);
    skuai_free(f->quantiles);
    skuai_free(f->autocorrelation);
    skuai_free(f->first);
    skuai_free(f->note);
    skuai_free(f);
}

/* Sort a few numbers that are nearly sorted already. */
static void sort_few(double *q, size_t n) {
    for (size_t i = 1; i < n; i++) {
        double x = q[i];
        size_t j = i;
        for (; j > 0 && q[j - 1] > x; j--)
            q[j] = q[j - 1];
        q[j] = x;
    }
}

skua_status skuai_forecast_settle(skuai_forecast *f, double floor, skua_error *err) {
    for (size_t s = 0; s < f->n_series; s++)
        for (size_t h = 0; h < f->horizon; h++) {
            double *mean = skuai_forecast_mean(f, s, h), *q = skuai_forecast_quantiles(f, s, h);
            bool finite = isfinite(*mean);
            for (size_t i = 0; i < f->n_quantiles; i++) {
                finite = finite && isfinite(q[i]);
                if (q[i] < floor) q[i] = floor;
            }
            if (!finite)
                return skuai_error_set(err, SKUA_EINTERNAL,
                                       "series %zu, horizon %zu: a forecast that is no number", s,
                                       h + 1);
            if (*mean < floor) *mean = floor;
            sort_few(q, f->n_quantiles);
        }
    return SKUA_OK;
}

/* -- Between the levels ----------------------------------------------------------------------- */

/* Value at `level` on the Gaussian line through (levels[a], q[a]) and (levels[b], q[b]). */
static double gaussian_tail(const double *levels, const double *q, size_t a, size_t b,
                            double level) {
    double za = skuai_normal_quantile(levels[a]), zb = skuai_normal_quantile(levels[b]);
    return q[a] + (q[b] - q[a]) * (skuai_normal_quantile(level) - za) / (zb - za);
}

double skuai_quantile_at(const double *levels, const double *q, size_t n, double level) {
    if (n == 1) return q[0];
    if (level <= levels[0]) return gaussian_tail(levels, q, 0, 1, level);
    if (level >= levels[n - 1]) return gaussian_tail(levels, q, n - 1, n - 2, level);
    size_t i = 1;
    while (levels[i] < level)
        i++;
    double w = (level - levels[i - 1]) / (levels[i] - levels[i - 1]);
    return q[i - 1] + w * (q[i] - q[i - 1]);
}

/* The level of x on the Gaussian line through two levels; the line is a point when both agree. */
static double gaussian_level(const double *levels, const double *q, size_t a, size_t b, double x) {
    if (!(fabs(q[b] - q[a]) > 0)) return x < q[a] ? 0 : x > q[a] ? 1 : levels[a];
    double za = skuai_normal_quantile(levels[a]), zb = skuai_normal_quantile(levels[b]);
    return skuai_normal_cdf(za + (zb - za) * (x - q[a]) / (q[b] - q[a]));
}

double skuai_quantile_inverse(const double *levels, const double *q, size_t n, double x) {
    if (n == 1) return x < q[0] ? 0 : x > q[0] ? 1 : levels[0];
    if (x < q[0]) return gaussian_level(levels, q, 0, 1, x);
    if (x >= q[n - 1])
        return x == q[n - 1] ? levels[n - 1] : gaussian_level(levels, q, n - 1, n - 2, x);
    size_t i = 1;
    while (q[i] <= x) /* the last of equal quantiles: P(<= x) */
        i++;
    double w = (x - q[i - 1]) / (q[i] - q[i - 1]);
    return levels[i - 1] + w * (levels[i] - levels[i - 1]);
}

/* -- Paths ------------------------------------------------------------------------------------ */

/* Quantile tables of one series, prepared for fast drawing. */
static double draw(const skuai_forecast *f, size_t s, size_t h, double z, double floor) {
    double x = skuai_quantile_at(f->levels, skuai_forecast_quantiles(f, s, h), f->n_quantiles,
                                 skuai_normal_cdf(z));
    return x > floor ? x : floor;
}

skua_status skuai_forecast_paths(const skuai_forecast *f, size_t s, size_t n, skuai_random *random,
                                 double floor, double *paths, skua_error *err) {
    if (f->n_quantiles == 0)
        return skuai_error_set(err, SKUA_EINVAL, "paths want a forecast with quantiles");
    double rho = f->autocorrelation[s], rest = sqrt(1 - rho * rho);
    for (size_t i = 0; i < n; i++) {
        double z = skuai_random_normal(random);
        for (size_t h = 0; h < f->horizon; h++) {
            if (h > 0) z = rho * z + rest * skuai_random_normal(random);
            paths[i * f->horizon + h] = draw(f, s, h, z, floor);
        }
    }
    return SKUA_OK;
}

skua_status skuai_forecast_sum(const skuai_forecast *f, size_t s, size_t from, size_t to,
                               size_t n_paths, uint64_t seed, double floor, double *mean,
                               double *out, skua_error *err) {
    if (s >= f->n_series || from >= to || to > f->horizon || f->n_quantiles == 0)
        return skuai_error_set(err, SKUA_EINVAL, "sum over periods %zu to %zu of a horizon of %zu",
                               from, to, f->horizon);
    if (n_paths == 0) n_paths = 2000;
    double *sums = skuai_new(n_paths, sizeof *sums);
    if (!sums) return skuai_error_memory(err, "sums of paths");
    skuai_random random;
    skuai_random_split(&random, seed, s);
    double rho = f->autocorrelation[s], rest = sqrt(1 - rho * rho);
    for (size_t i = 0; i < n_paths; i++) {
        double z = 0;
        sums[i] = 0;
        for (size_t h = from; h < to; h++) {
            double e = skuai_random_normal(&random);
            z = h == from ? e : rho * z + rest * e;
            sums[i] += draw(f, s, h, z, floor);
        }
    }
    skuai_sort(sums, n_paths);
    *mean = 0;
    for (size_t h = from; h < to; h++)
        *mean += *skuai_forecast_mean(f, s, h);
    for (size_t q = 0; q < f->n_quantiles; q++)
        out[q] = skuai_quantile_sorted(sums, n_paths, f->levels[q]);
    skuai_free(sums);
    return SKUA_OK;
}

/* -- Average ---------------------------------------------------------------------------------- */

static bool same_shape(const skuai_forecast *a, const skuai_forecast *b) {
    return a->n_series == b->n_series && a->horizon == b->horizon &&
           a->n_quantiles == b->n_quantiles &&
           memcmp(a->levels, b->levels, a->n_quantiles * sizeof *a->levels) == 0;
}

/* Add w times series s of a member to out. */
static void add_series(const skuai_forecast *member, size_t s, double w, skuai_forecast *out) {
    size_t h0 = s * out->horizon, n = out->horizon * out->n_quantiles;
    for (size_t h = 0; h < out->horizon; h++)
        out->mean[h0 + h] += w * member->mean[h0 + h];
    for (size_t i = 0; i < n; i++)
        out->quantiles[s * n + i] += w * member->quantiles[s * n + i];
    out->autocorrelation[s] += w * member->autocorrelation[s];
}

static void clear_series(skuai_forecast *f, size_t s, double value) {
    size_t n = f->horizon * f->n_quantiles;
    for (size_t h = 0; h < f->horizon; h++)
        f->mean[s * f->horizon + h] = value;
    for (size_t i = 0; i < n; i++)
        f->quantiles[s * n + i] = value;
    f->autocorrelation[s] = 0;
}

skua_status skuai_forecast_average(const skuai_forecast *const *members, size_t n,
                                   const double *weights, skuai_forecast *out, skua_error *err) {
    for (size_t i = 0; i < n; i++)
        if (!same_shape(members[i], out))
            return skuai_error_set(err, SKUA_EINVAL, "forecasts of different shapes");
    for (size_t s = 0; s < out->n_series; s++) {
        double total = 0;
        for (size_t i = 0; i < n; i++) {
            double w = weights ? weights[i * out->n_series + s] : 1;
            if (isfinite(*skuai_forecast_mean(members[i], s, 0))) total += w;
        }
        clear_series(out, s, total > 0 ? 0 : (double)NAN);
        for (size_t i = 0; i < n && total > 0; i++) {
            double w = weights ? weights[i * out->n_series + s] : 1;
            if (w != 0 && isfinite(*skuai_forecast_mean(members[i], s, 0)))
                add_series(members[i], s, w / total, out);
        }
    }
    return SKUA_OK;
}
