/* preparation.h -- what is done to a history before a model sees it, and undone to what the model
 * says (room automl).
 *
 * A forecaster with a preparation is itself a forecaster: it fits and predicts a changed panel and
 * inverts the quantiles. Its options are parameters of a specification whose names begin with pre_
 * (automl/configured.h), so that a search can propose them for any family:
 *
 *     pre_stockouts   missing: periods that were not available the whole time are unknown;
 *                     ignore: they count as if they had been
 *     pre_outliers    clip | missing: what lies beyond three interquartile ranges from the
 *                     quartiles of the series less the medians of its seasons' phases (Tukey 1977,
 *                     Exploratory Data Analysis, outer fences)
 *     pre_scale       mean | deviation: each series divided by its own
 *     pre_transform   log1p | box-cox of y + 1 (Box & Cox 1964, JRSS B 26(2)); one lambda for the
 *                     panel, of least variation of spread over level (Guerrero 1993, Journal of
 *                     Forecasting 12(1))
 *     pre_difference  first | season
 *     pre_vectors     none, or the one kind of item vectors that the model sees, a modality's
 * (text) or those of another of its encoders or poolings (text/minilm-first)
 *
 * done in this order and undone in the other. Scales and monotone transforms carry quantiles over
 * exactly; the mean is that of the inverted distribution, from 99 of its quantiles. Differences are
 * summed up again: exactly for the mean and for horizons up to the lag; behind it deviations from
 * the median add up as those of the normal copula of the forecast (forecast/forecast.h), in which
 * horizons that lie k apart correlate by r^k. */
#ifndef SKUA_AUTOML_PREPARATION_H
#define SKUA_AUTOML_PREPARATION_H

#include "forecast/forecaster.h"

enum { SKUAI_PREPARATION_NAME_SIZE = 64 };

typedef enum skuai_pre_stockouts {
    SKUAI_STOCKOUTS_KEEP,
    SKUAI_STOCKOUTS_MISSING,
    SKUAI_STOCKOUTS_IGNORE
} skuai_pre_stockouts;
typedef enum skuai_pre_outliers {
    SKUAI_OUTLIERS_KEEP,
    SKUAI_OUTLIERS_CLIP,
    SKUAI_OUTLIERS_MISSING
} skuai_pre_outliers;
typedef enum skuai_pre_scale {
    SKUAI_SCALE_NONE,
    SKUAI_SCALE_MEAN,
    SKUAI_SCALE_DEVIATION
} skuai_pre_scale;
typedef enum skuai_pre_transform {
    SKUAI_TRANSFORM_NONE,
    SKUAI_TRANSFORM_LOG1P,
    SKUAI_TRANSFORM_BOX_COX
} skuai_pre_transform;
typedef enum skuai_pre_difference {
    SKUAI_DIFFERENCE_NONE,
    SKUAI_DIFFERENCE_FIRST,
    SKUAI_DIFFERENCE_SEASON
} skuai_pre_difference;

typedef struct skuai_preparation {
    skuai_pre_stockouts stockouts;
    skuai_pre_outliers outliers;
    skuai_pre_scale scale;
    skuai_pre_transform transform;
    skuai_pre_difference difference;
    char vectors[SKUAI_PREPARATION_NAME_SIZE]; /* "": all */
} skuai_preparation;

/* What a preparation learnt from the panel of the fit. */
typedef struct skuai_preparation_learnt {
    double lambda;        /* of box-cox, in [0, 1] */
    double typical_scale; /* of a series without history */
    double typical_level; /* likewise, where differences are summed up; in working space */
} skuai_preparation_learnt;

/* Whether a parameter's name is one of a preparation. */
bool skuai_preparation_owns(const char *name);
/* Read those of the parameters that are; *any: there were some. SKUA_ECONFIG: unknown name or
 * choice. */
SKUA_MUST_USE skua_status skuai_preparation_read(const skuai_parameters *parameters,
                                                 skuai_preparation *preparation, bool *any,
                                                 skua_error *err);

/* A panel as the model sees it, with what takes it back. */
typedef struct skuai_prepared {
    skuai_preparation preparation;
    skuai_preparation_learnt learnt;
    const skuai_panel *original; /* borrowed */
    skuai_panel *panel;          /* owned: what the model sees; its future holds no target */
    double *scale;               /* [S] */
    double *most;                /* [S] greatest working value that a forecast may reach */
    double *work;                /* [n_rows] working space before differences */
    size_t lag;                  /* 0: no differences */
} skuai_prepared;

/* SKUA_EDATA: a transform of a panel with values below 0. */
SKUA_MUST_USE skua_status skuai_preparation_learn(const skuai_preparation *preparation,
                                                  const skuai_panel *panel,
                                                  skuai_preparation_learnt *learnt,
                                                  skua_error *err);
SKUA_MUST_USE skua_status skuai_prepared_make(const skuai_preparation *preparation,
                                              const skuai_preparation_learnt *learnt,
                                              const skuai_panel *panel, skuai_prepared *prepared,
                                              skua_error *err);
void skuai_prepared_clear(skuai_prepared *prepared); /* zeroed: allowed */

/* Take a forecast of prepared->panel back, in place; settled. */
SKUA_MUST_USE skua_status skuai_prepared_invert(const skuai_prepared *prepared,
                                                skuai_forecast *forecast, skua_error *err);

/* Fit `inner` with `parameters` (none of a preparation) on the prepared panel. */
SKUA_MUST_USE skua_status skuai_prepared_fit(const skuai_preparation *preparation,
                                             const skuai_forecaster *inner,
                                             const skuai_panel *panel,
                                             const skuai_parameters *parameters,
                                             const skuai_context *context, skuai_model **model,
                                             skua_error *err);
SKUA_MUST_USE skua_status skuai_prepared_load(const skuai_preparation *preparation,
                                              const skuai_forecaster *inner, const char *folder,
                                              skuai_model **model, skua_error *err);
/* Replace what of a forecaster's table takes a model: predict, free, save, update; contributions
 * are none, for they are not sums any more. Fit and load are the caller's. */
void skuai_prepared_table(skuai_forecaster *forecaster);

#endif
