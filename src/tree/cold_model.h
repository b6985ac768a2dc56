/* cold_model.h -- what a cold start has learnt, and its files (private to room tree): cold.json,
 * vectors.f32 (the newborns' vectors, little-endian float32, a row each) and trees.txt. */
#ifndef SKUA_TREE_COLD_MODEL_H
#define SKUA_TREE_COLD_MODEL_H

#include "learn/learner.h"
#include "tree/cold_items.h"

enum {
    SKUAI_COLD_LEVELS = 99,
    SKUAI_COLD_SIZE_BLOCKS = 3,
    SKUAI_COLD_CELLS = 3 * SKUAI_COLD_SIZE_BLOCKS /* by age: 0, to 2, older */
};

struct skuai_model {
    skuai_cold_items *items;
    skuai_learnt *trees; /* NULL: too little to learn from, or no weight */
    double weight[SKUAI_COLD_PARTS];
    double cut[SKUAI_COLD_SIZE_BLOCKS - 1];               /* of the expected z, between blocks */
    double quantile[SKUAI_COLD_CELLS][SKUAI_COLD_LEVELS]; /* of the error in z */
    double top;                                           /* the greatest z that a newborn had */
};

void skuai_cold_model_free(skuai_model *model); /* NULL allowed */

SKUA_MUST_USE skua_status skuai_cold_save(const skuai_model *model, const char *folder,
                                          skua_error *err);
/* SKUA_EDATA naming the file: damaged; SKUA_EVERSION: of another version. */
SKUA_MUST_USE skua_status skuai_cold_load(const skuai_forecaster *self, const char *folder,
                                          skuai_model **model, skua_error *err);

#endif
