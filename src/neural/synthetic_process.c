/* Simple stochastic processes with random admissible parameters: ETS (Hyndman et al. 2008, table
 * 2.2), SARIMA, walks, autoregressions with seasonal dummies, regimes; and short business series.
 * Steps, spikes and gaps of level disturb some of them. */
#include "neural/synthetic_kind.h"

#include <math.h>

enum { LAGS_MOST = 4, SEASON_MOST = 400 };

static int main_season(const skuai_synthetic *series) {
    int m = skuai_grid_season(&series->grid);
    return (size_t)m * 2 <= series->length && m <= SEASON_MOST ? m : 1;
}

/* y from an ETS model in logs (multiplicative) or levels: local level, damped trend, season. */
static void ets(skuai_random *random, const skuai_synthetic *series, int m, double *y) {
    size_t n = series->length;
    double season[SEASON_MOST];
    for (int i = 0; i < m; i++)
        season[i] = 0;
    if (m > 1)
        skuai_synthetic_cycle(random, m, 0, (size_t)m / 2, skuai_draw_log(random, 0.1, 3), season,
                              (size_t)m);
    double alpha = skuai_random_uniform(random),
           gamma = (1 - alpha) * 0.5 * skuai_random_uniform(random);
    double beta = skuai_draw_chance(random, 0.5) ? alpha * 0.3 * skuai_random_uniform(random) : 0;
    double damp = skuai_draw_chance(random, 0.5) ? skuai_draw_between(random, 0.8, 0.99) : 1;
    double level = 0, slope = skuai_random_normal(random) * 3 / (double)n;
    if (skuai_draw_chance(random, 0.4)) slope = 0, beta = 0;
    alpha *= alpha;
    double noise = skuai_draw_log(random, 0.05, 1), nu = skuai_draw_chance(random, 0.3) ? 3.5 : 30;
    for (size_t t = 0; t < n; t++) {
        double e = noise * skuai_draw_student(random, nu), *s = &season[t % (size_t)m];
        y[t] = level + damp * slope + (m > 1 ? *s : 0) + e;
        level += damp * slope + alpha * e;
        slope = damp * slope + beta * e;
        if (m > 1) *s += gamma * e;
    }
}

/* Coefficients of a stationary autoregression from random partial autocorrelations in (-1, 1) by
 * the Durbin-Levinson recursion (Barndorff-Nielsen & Schou 1973). */
static void stationary(skuai_random *random, size_t p, double *phi) {
    double old[LAGS_MOST];
    for (size_t k = 0; k < p; k++) {
        double r = 2 * skuai_random_uniform(random) - 1;
        if (k == 0 && skuai_draw_chance(random, 0.5)) r = fabs(r);
        for (size_t j = 0; j < k; j++)
            old[j] = phi[j];
        for (size_t j = 0; j < k; j++)
            phi[j] = old[j] - r * old[k - 1 - j];
        phi[k] = r;
    }
}

/* SARIMA(p, d, q)(P, D, Q)m with d, D in {0, 1}; the seasonal parts of order one. */
static void sarima(skuai_random *random, const skuai_synthetic *series, int m, double *scratch,
                   double *y) {
    size_t n = series->length, s = (size_t)m;
    double phi[LAGS_MOST] = {0}, theta[LAGS_MOST] = {0};
    size_t p = skuai_random_index(random, LAGS_MOST), q = skuai_random_index(random, 3);
    stationary(random, p, phi);
    stationary(random, q, theta);
    double seasonal_ar = m > 1 ? skuai_draw_between(random, -0.3, 0.95) : 0;
    double seasonal_ma = m > 1 ? skuai_draw_between(random, -0.9, 0.3) : 0;
    bool d = skuai_draw_chance(random, 0.4), big_d = m > 1 && skuai_draw_chance(random, 0.4);
    double nu = skuai_draw_chance(random, 0.3) ? 3.5 : 30;
    for (size_t t = 0; t < n; t++)
        scratch[t] = skuai_draw_student(random, nu);
    for (size_t t = 0; t < n; t++) {
        double value = scratch[t];
        for (size_t j = 0; j < q && j < t; j++)
            value += theta[j] * scratch[t - 1 - j];
        if (t >= s && m > 1) value += seasonal_ma * scratch[t - s];
        y[t] = value;
    }
    for (size_t t = 0; t < n; t++) { /* (1 - phi B) (1 - Phi B^m) as two filters */
        for (size_t j = 0; j < p && j < t; j++)
            y[t] += phi[j] * y[t - 1 - j];
    }
    for (size_t t = s; t < n && m > 1; t++)
        y[t] += seasonal_ar * y[t - s];
    for (size_t t = 1; t < n && d; t++)
        y[t] += y[t - 1];
    for (size_t t = s; t < n && big_d; t++)
        y[t] += y[t - s];
}

/* Autoregression around seasonal dummies whose level or spread changes with a hidden regime. */
static void regimes(skuai_random *random, const skuai_synthetic *series, int m, double *y) {
    size_t n = series->length;
    double dummy[SEASON_MOST] = {0}, scale = skuai_draw_log(random, 0.1, 3);
    for (int i = 0; i < m; i++)
        dummy[i] = m > 1 ? scale * skuai_random_normal(random) : 0;
    double leave = skuai_draw_log(random, 0.3, 6) / (double)n,
           phi = skuai_draw_between(random, 0, 0.9);
    double mean[2] = {0, skuai_random_normal(random) * 2}, sd[2];
    sd[0] = skuai_draw_log(random, 0.1, 1), sd[1] = skuai_draw_log(random, 0.1, 2);
    double state = 0;
    size_t regime = 0;
    for (size_t t = 0; t < n; t++) {
        if (skuai_draw_chance(random, leave)) regime = 1 - regime;
        state = phi * state + sd[regime] * skuai_random_normal(random);
        y[t] = mean[regime] + state + dummy[t % (size_t)m];
    }
}

static void walk(skuai_random *random, const skuai_synthetic *series, double *y) {
    double level = 0, drift = 0.1 * skuai_random_normal(random);
    double nu = skuai_draw_chance(random, 0.4) ? 3 : 30,
           rest = skuai_draw_chance(random, 0.5) ? 0.5 : 0;
    for (size_t t = 0; t < series->length; t++) {
        y[t] = level + rest * skuai_random_normal(random);
        level += drift + skuai_draw_student(random, nu);
    }
}

/* Spikes at single periods and steps that stay, in units of the standard deviation (1). */
static void disturb(skuai_random *random, double *y, size_t n) {
    if (skuai_draw_chance(random, 0.2)) {
        double rate = skuai_draw_log(random, 0.3, 5) / (double)n;
        for (size_t t = 0; t < n; t++) {
            if (skuai_draw_chance(random, rate)) y[t] += 4 * skuai_draw_student(random, 3);
        }
    }
    if (skuai_draw_chance(random, 0.15)) {
        size_t from = skuai_random_index(random, n);
        double step = 2 * skuai_random_normal(random);
        for (size_t t = from; t < n; t++)
            y[t] += step;
    }
}

/* Standardised values become a business's: about a level, in logs or not, never negative mostly. */
static void to_level(skuai_random *random, skuai_synthetic *series, double spread_least,
                     double spread_most) {
    double *y = series->target, level = skuai_draw_log(random, 2, 2e4);
    double spread = skuai_draw_log(random, spread_least, spread_most);
    bool logs = skuai_draw_chance(random, 0.5), may_fall = skuai_draw_chance(random, 0.15);
    series->non_negative = logs || !may_fall;
    series->counts = series->non_negative && skuai_draw_chance(random, 0.3);
    for (size_t t = 0; t < series->length; t++) {
        y[t] = level * (logs ? exp(fmin(spread * y[t], 7)) : 1 + spread * y[t]);
        if (series->non_negative && y[t] < 0) y[t] = 0;
        if (series->counts) y[t] = round(y[t]);
    }
}

skua_status skuai_synthetic_process(skuai_random *random, skuai_arena *arena,
                                    skuai_synthetic *series, skua_error *err) {
    static const double kinds[] = {0.4, 0.3, 0.15, 0.15};
    double *scratch = skuai_arena_take(arena, series->length, sizeof *scratch);
    if (!scratch) return skuai_error_memory(err, "a synthetic series");
    int m = skuai_draw_chance(random, 0.75) ? main_season(series) : 1;
    switch (skuai_draw_choice(random, kinds, 4)) {
    case 0:
        ets(random, series, m, series->target);
        break;
    case 1:
        sarima(random, series, m, scratch, series->target);
        break;
    case 2:
        regimes(random, series, m, series->target);
        break;
    default:
        walk(random, series, series->target);
        break;
    }
    skuai_synthetic_standardise(series->target, series->length);
    disturb(random, series->target, series->length);
    to_level(random, series, 0.03, 0.8);
    return SKUA_OK;
}

/* Few points: a trend that bends, a season that is nearly fixed, moderate noise. */
skua_status skuai_synthetic_short(skuai_random *random, skuai_arena *arena, skuai_synthetic *series,
                                  skua_error *err) {
    (void)arena, (void)err;
    size_t n = series->length;
    double *y = series->target, year = skuai_grid_periods_in_year(&series->grid);
    /* businesses that are still counted have grown, more often than not */
    double growth = (0.03 + 0.06 * skuai_random_normal(random)) / year,
           bend = skuai_random_normal(random) * 0.15;
    double walk_sd = skuai_draw_log(random, 0.01, 0.35) / sqrt(year), level = 0, slope = 0;
    double slope_sd =
        skuai_draw_chance(random, 0.4) ? skuai_draw_log(random, 0.002, 0.05) / year : 0;
    double noise = skuai_draw_log(random, 0.003, 0.2),
           nu = skuai_draw_chance(random, 0.3) ? 3.5 : 30;
    /* growth that is not the usual fades within years, whatever the period (Gardner & McKenzie
     * 1985) */
    double damp = pow(skuai_draw_between(random, 0.4, 0.98), 1 / year);
    for (size_t t = 0; t < n; t++) {
        double x = (double)t / (double)n;
        y[t] = level + bend * x * x + noise * skuai_draw_student(random, nu);
        slope = damp * slope + slope_sd * skuai_random_normal(random);
        level += growth + slope + walk_sd * skuai_random_normal(random);
    }
    int m = skuai_grid_season(&series->grid);
    if (m > 1 && skuai_draw_chance(random, 0.75)) {
        double season[SEASON_MOST], scale = skuai_draw_log(random, 0.02, 0.4);
        for (int i = 0; i < m; i++)
            season[i] = scale * skuai_random_normal(random);
        double drift =
            skuai_draw_chance(random, 0.3) ? skuai_draw_log(random, 0.02, 0.3) * scale : 0;
        for (size_t t = 0; t < n; t++) {
            double *s = &season[t % (size_t)m];
            *s += drift * skuai_random_normal(random);
            y[t] += *s;
        }
    }
    bool logs = skuai_draw_chance(random, 0.7);
    double size = skuai_draw_log(random, 20, 2e4);
    for (size_t t = 0; t < n; t++) {
        y[t] = size * (logs ? exp(fmax(-8, fmin(y[t], 7))) : 1 + y[t]);
        if (y[t] < 0) y[t] = 0;
    }
    series->non_negative = true;
    return SKUA_OK;
}
