/* causal_forecast.h -- the causally structured forecaster D = h(C): demand from its causes in the
 * discovered graph alone (room cause).
 *
 * Variables are demand, its level (mean of the last four seasons), the covariates of the panel, and
 * the year's sine and cosine. Demand is z = log(1 + y / unit) (y itself where it can be negative)
 * less the series' mean and its season's profile, drawn to the panel's; covariates are less their
 * series' mean. The graph is PCMCI+ (pcmci.h) over all series laid one behind the other with gaps
 * between, so that no window spans two of them; demand cannot drive within a period what is known
 * ahead. The causes of demand are its parents there: known-ahead covariates at lags 0 .. L, others
 * and its own past at lags 1 .. L. h is a ridge regression or one decision tree on them (`end`),
 * whichever erred less over the calibration's origins unless told. Further periods follow by
 * recursion: each past-only parent has an equation of its own from its own parents, so what is
 * simulated is the graph. Runge, Donner & Kurths 2015, Physical Review E 91, 052909: prediction
 * from causal parents.
 *
 * The graph, and the first fit, see the panel without its last fifth (28 periods at most); errors
 * of h from three origins in there (more where series are few), over each series' own deviation,
 * give the quantiles by horizon; h is then fitted again to all periods. Means are those of the
 * quantiles' law (Duan 1983, JASA 78(383): smearing).
 *
 * Parameters: end = auto | linear | tree; inputs = parents | all (every variable at every lag, to
 * see what the graph is worth); lags (0: the season up to 8, else 3); alpha (level of the graph's
 * tests, 0.01); rows (most rows of the graph and of a fit, 100000). */
#ifndef SKUA_CAUSE_CAUSAL_FORECAST_H
#define SKUA_CAUSE_CAUSAL_FORECAST_H

#include "forecast/forecaster.h"

extern const skuai_forecaster skuai_causal_forecaster; /* "causal" */

/* What h looks at: "promotion (lag 0)", in the order of its inputs. The number of inputs; name k is
 * written into text [size] when k is below it. */
size_t skuai_causal_forecast_parent(const skuai_model *model, size_t k, char *text, size_t size);

#endif
