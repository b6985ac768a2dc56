/* classical.h -- classical seasonal decomposition and the seasonality test of the theta method
 * (room stat).
 * Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, section 3.4: the trend is a
 * centred moving average over one season, the seasonal indices are the normalised means of what
 * remains. The test (Assimakopoulos & Nikolopoulos 2000; Fiorucci et al. 2016, section 4): the
 * series is seasonal when |r_m| > z (1 + 2 sum_{k<m} r_k^2)^(1/2) / n^(1/2), z the 95 % normal
 * quantile (a 90 % two-sided test). */
#ifndef SKUA_STAT_EXPONENTIAL_CLASSICAL_H
#define SKUA_STAT_EXPONENTIAL_CLASSICAL_H

#include "core/alloc.h"

/* trend [n] out: the average over one season centred on each t (an even season weighs both ends by
 * a half), NaN in the half season at either end. n > m. */
void skuai_classical_trend(const double *y, size_t n, size_t m, double *trend);

/* index [m] out: the seasonal index of y[t] is index[t % m]; additive indices sum to 0,
 * multiplicative ones (y must not be 0 on average anywhere) to m. Needs n >= 2m, m >= 2. */
SKUA_MUST_USE skua_status skuai_classical_indices(const double *y, size_t n, size_t m,
                                                  bool multiplicative, skuai_arena *arena,
                                                  double *index, skua_error *err);

/* Whether y is seasonal by the test above; false when m < 2, n < 2m or y is constant. */
bool skuai_classical_is_seasonal(const double *y, size_t n, size_t m);

#endif
