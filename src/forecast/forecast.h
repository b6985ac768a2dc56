/* forecast.h -- the forecast object: means, quantiles, and the dependence along the horizon
 * (room forecast).
 *
 * Quantiles and a rank copula stand for the whole joint distribution: paths are drawn from a
 * Gaussian copula whose correlation between horizons i and j of series s is
 * autocorrelation[s]^|i-j|, pushed through the quantile function of each horizon. So a block of
 * 30,000 x 28 x 9 numbers also answers for sums over a lead time. */
#ifndef SKUA_FORECAST_FORECAST_H
#define SKUA_FORECAST_FORECAST_H

#include "core/random.h"
#include "panel/panel.h"

#define SKUAI_NOTE_SIZE 48

typedef struct skuai_forecast {
    size_t n_series, horizon, n_quantiles;
    double *levels;          /* [Q] in (0, 1), increasing */
    double *mean;            /* [S, H] */
    double *quantiles;       /* [S, H, Q], increasing along Q */
    double *autocorrelation; /* [S] of the copula, in (-1, 1) */
    int64_t *first;          /* [S] period of horizon 0 */
    /* What made each series' forecast, as "ets(A,Ad,M)" or "seasonal-naive (too short)": the
     * fallback that was taken is always said. */
    char (*note)[SKUAI_NOTE_SIZE]; /* [S] */
} skuai_forecast;

/* All numbers NaN, notes empty, `first` from the panel. levels is copied.
 * SKUA_EINVAL: horizon 0, or levels not increasing inside (0, 1). */
SKUA_MUST_USE skua_status skuai_forecast_new(const skuai_panel *panel, size_t horizon,
                                             const double *levels, size_t n_levels,
                                             skuai_forecast **forecast, skua_error *err);
void skuai_forecast_free(skuai_forecast *forecast); /* NULL allowed */

static inline double *skuai_forecast_mean(const skuai_forecast *f, size_t s, size_t h) {
    return f->mean + s * f->horizon + h;
}
static inline double *skuai_forecast_quantiles(const skuai_forecast *f, size_t s, size_t h) {
    return f->quantiles + (s * f->horizon + h) * f->n_quantiles;
}

/* Make every series' numbers well-formed: quantiles sorted (rearrangement, Chernozhukov et al.
 * 2010, Econometrica 78(3)), nothing below `floor` (0 for demand, -INFINITY for none).
 * SKUA_EINTERNAL naming the series when a number is not finite. */
SKUA_MUST_USE skua_status skuai_forecast_settle(skuai_forecast *forecast, double floor,
                                                skua_error *err);

/* Quantile at any level by linear interpolation between levels, and outside of them by a Gaussian
 * tail through the two outermost levels; q [Q] increasing at levels [Q]. One level: that value. */
double skuai_quantile_at(const double *levels, const double *q, size_t n_levels, double level);
/* Its inverse: the probability of <= x, in [0, 1]. */
double skuai_quantile_inverse(const double *levels, const double *q, size_t n_levels, double x);

/* Draw n paths of series s into paths [n, H] by the copula. */
SKUA_MUST_USE skua_status skuai_forecast_paths(const skuai_forecast *forecast, size_t s, size_t n,
                                               skuai_random *random, double floor, double *paths,
                                               skua_error *err);

/* Quantiles of the sum over horizons [from, to) of series s at the forecast's levels:
 * out [Q], from n_paths paths (0: 2,000). For lead-time demand. */
SKUA_MUST_USE skua_status skuai_forecast_sum(const skuai_forecast *forecast, size_t s, size_t from,
                                             size_t to, size_t n_paths, uint64_t seed, double floor,
                                             double *mean, double *out, skua_error *err);

/* Average of several forecasts of the same shape, quantile by quantile (Vincent averaging), with
 * weights [n, S] or, weights NULL, equal ones. A member whose numbers for a series are NaN, or
 * whose weight is 0, is left out there. */
SKUA_MUST_USE skua_status skuai_forecast_average(const skuai_forecast *const *members, size_t n,
                                                 const double *weights, skuai_forecast *out,
                                                 skua_error *err);

#endif
