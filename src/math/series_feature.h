/* series_feature.h -- the few numbers by which methods are chosen for a series (room math).
 * [1] Syntetos, Boylan & Croston 2005, J. Operational Research Society 56(5): demand classes by
 *     ADI (1.32) and squared coefficient of variation (0.49).
 * [2] Wang, Smith & Hyndman 2006, Data Mining and Knowledge Discovery 13: strengths.
 * [3] Goerg 2013, ICML: spectral entropy as forecastability. */
#ifndef SKUA_MATH_SERIES_FEATURE_H
#define SKUA_MATH_SERIES_FEATURE_H

#include "core/alloc.h"

typedef enum skuai_demand_class {
    SKUAI_DEMAND_NONE, /* nothing was ever sold */
    SKUAI_DEMAND_SMOOTH,
    SKUAI_DEMAND_ERRATIC,
    SKUAI_DEMAND_INTERMITTENT,
    SKUAI_DEMAND_LUMPY
} skuai_demand_class;

typedef struct skuai_demand_features {
    size_t observed;       /* periods that are not missing, from the first demand on */
    size_t demands;        /* periods with demand (not 0) */
    double interval;       /* ADI: observed / demands; infinite without demand */
    double size_mean;      /* of the demands; NaN without */
    double size_variation; /* squared coefficient of variation of the demands (n), 0 for one */
    double zero_share;     /* of all that are not missing */
    skuai_demand_class demand_class;
} skuai_demand_features;

/* y [n], NaN missing. Never fails. */
skuai_demand_features skuai_demand_describe(const double *y, size_t n);
const char *skuai_demand_class_name(skuai_demand_class demand_class); /* "smooth", ... */

typedef struct skuai_series_features {
    double trend_strength;            /* [2], in [0, 1] */
    double seasonal_strength;         /* [2], of the given period; 0 without */
    double autocorrelation;           /* at lag 1, of y; 0 when constant */
    double remainder_autocorrelation; /* at lag 1, of the remainder; 0 when constant */
    double entropy;                   /* spectral [3], of y: 0 a pure cycle, 1 white noise */
} skuai_series_features;

/* y [n] finite (SKUA_EDATA otherwise, or when n < 4). period < 2 or 2 period > n: no season. */
SKUA_MUST_USE skua_status skuai_series_describe(const double *y, size_t n, size_t period,
                                                skuai_arena *scratch,
                                                skuai_series_features *features, skua_error *err);

#endif
