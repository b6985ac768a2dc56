/* modality_sum.h -- the inside of the sum of modalities (private to room automl): normal equations
 * of the weights, the model, its files. */
#ifndef SKUA_AUTOML_MODALITY_SUM_H
#define SKUA_AUTOML_MODALITY_SUM_H

#include "automl/modality_forecast.h"

enum { SKUAI_MODALITY_FOLDS = 10 };

/* Sums over the rows of one fold: x'x, x'y, y'y, each row over its variance. */
typedef struct skuai_modality_sums {
    double xx[SKUAI_MODALITIES_MOST][SKUAI_MODALITIES_MOST], xy[SKUAI_MODALITIES_MOST], yy;
} skuai_modality_sums;

/* Weights >= 0 [n] of the sums of all folds; x[0], history, is never left out for being weak, the
 * others have to earn their place. All 0 where nothing lowers the error: then history is 1. */
void skuai_modality_choose(const skuai_modality_sums folds[SKUAI_MODALITY_FOLDS], size_t n,
                           double *weights);

typedef enum skuai_modality_kind {
    SKUAI_MODALITY_HISTORY,
    SKUAI_MODALITY_DRIVER,
    SKUAI_MODALITY_LOOK
} skuai_modality_kind;

typedef struct skuai_modality_part {
    char name[SKUAI_MODALITY_NAME_SIZE];
    skuai_modality_kind kind;
    bool single;                    /* one model for all ages */
    skuai_configured configured[2]; /* of young items, of grown-up ones */
    skuai_forecaster forecaster[2];
    skuai_model *model[2]; /* NULL: of a forecaster that learns nothing across series */
} skuai_modality_part;

struct skuai_model {
    const skuai_modality_models *models;
    size_t horizon, windows;
    size_t n;
    skuai_modality_part part[SKUAI_MODALITIES_MOST];
    double weight[SKUAI_MODALITY_AGES][SKUAI_MODALITIES_MOST];
    size_t n_items[SKUAI_MODALITY_AGES];
};

/* Name and kind to forecasters; the part must not move afterwards. */
SKUA_MUST_USE skua_status skuai_modality_part_make(const skuai_modality_models *models,
                                                   const char *name, skuai_modality_kind kind,
                                                   size_t horizon, skuai_modality_part *part,
                                                   skua_error *err);
void skuai_modality_model_free(skuai_model *model); /* NULL allowed */

SKUA_MUST_USE skua_status skuai_modality_save(const skuai_model *model, const char *folder,
                                              skua_error *err);
SKUA_MUST_USE skua_status skuai_modality_load(const skuai_forecaster *self, const char *folder,
                                              skuai_model **model, skua_error *err);

#endif
