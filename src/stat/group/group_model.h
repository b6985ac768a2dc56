/* group_model.h -- what the group forecaster learns, and its file (room stat).
 * A model is plain numbers; statics and dynamic covariates are named by their index, which is the
 * same in every panel of the schema. The file, group.json, is an object of numbers and arrays. */
#ifndef SKUA_STAT_GROUP_MODEL_H
#define SKUA_STAT_GROUP_MODEL_H

#include "stat/group/group_effect.h"
#include "stat/group/group_forecast.h"

/* A part's variances, found again by the static it stands for. */
typedef struct skuai_group_known_part {
    size_t source; /* index of the static; SIZE_MAX: all */
    double variance[SKUAI_GROUP_KERNELS];
    double effect[SKUAI_GROUP_EFFECTS]; /* of covariates; 0 for factors */
} skuai_group_known_part;

struct skuai_model {
    size_t window, rank;
    double own[SKUAI_GROUP_KERNELS];
    size_t n_parts, n_plain;
    skuai_group_known_part part[SKUAI_GROUP_PARTS];
    skuai_group_covariates covariates;
    double own_effect[SKUAI_GROUP_EFFECTS];
    skuai_group_calibration calibration;
};

/* Write group.json into a folder; read it. SKUA_EIO and others of core/file.h; SKUA_EDATA: not such
 * a file, or a number in it that cannot be. *model is freed with skuai_free. */
SKUA_MUST_USE skua_status skuai_group_model_save(const skuai_model *model, const char *folder,
                                                 skua_error *err);
SKUA_MUST_USE skua_status skuai_group_model_load(const char *folder, skuai_model **model,
                                                 skua_error *err);

#endif
