/* decomposed.h -- methods that forecast a series in parts: its seasons by MSTL, the seasonally
 * adjusted series by another method (room stat).
 *
 * Methods: "mstl-ets", "mstl-arima".
 * Parameter: decomposition = "auto" (default), "additive" or "multiplicative".
 *
 * Seasons: the given one, and where the history holds three or more of them also the week of hours
 * and the year of days, weeks or hours. Multiplicative seasons come from the logarithms of a
 * positive series and divide it; "auto" takes them when they leave the smaller remainder (on the
 * scale of the data: the Jacobian of the logarithm is counted, Box & Cox 1964). The share of a
 * season that noise explains is shrunk away (James & Stein 1961), so a series without a season
 * keeps none. Each season goes on as its last cycle. Quantiles are those of the inner method,
 * widened by the error of the season's next cycle.
 * [1] Cleveland et al. 1990, J. Official Statistics 6(1). [2] Bandara, Hyndman & Bergmeir 2021,
 * arXiv:2107.13462 (MSTL). [3] Hyndman & Athanasopoulos 2021, section 5.7 (forecasting with
 * decomposition). */
#ifndef SKUA_STAT_DECOMPOSED_DECOMPOSED_H
#define SKUA_STAT_DECOMPOSED_DECOMPOSED_H

#include "stat/local.h"

extern const skuai_local_method *const skuai_decomposed_methods[]; /* ended by NULL */

typedef enum skuai_decomposition {
    SKUAI_DECOMPOSITION_AUTO,
    SKUAI_DECOMPOSITION_ADDITIVE,
    SKUAI_DECOMPOSITION_MULTIPLICATIVE
} skuai_decomposition;

/* Take the seasons out of input (finite), run `inner` on the rest as a series without season, put
 * them back. parameters: of the inner method. A history of less than two seasons goes to the inner
 * method as it is. Contract otherwise as forecast of skuai_local_method. */
SKUA_MUST_USE skua_status skuai_decomposed_run(const skuai_local_method *inner,
                                               skuai_decomposition decomposition,
                                               const skuai_local_input *input,
                                               const skuai_parameters *parameters,
                                               const skuai_request *request, skuai_arena *scratch,
                                               skuai_local_output *output, skua_error *err);

#endif
