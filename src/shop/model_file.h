/* model_file.h -- the trained combination as a file of the workspace (room shop).
 *
 *     SHOP/models/0001/model.json    members, weights, calibration, horizon, levels, season, seed,
 *                                    the settings and the scores it was chosen with
 *     SHOP/models/0001/NAME/         a member that was fitted in training (kept_member.h)
 *     SHOP/models/current            "0001": which one forecasts
 *
 * A model is written whole into a folder of its own before `current` is moved, by renaming. */
#ifndef SKUA_SHOP_MODEL_FILE_H
#define SKUA_SHOP_MODEL_FILE_H

#include "automl/coherent.h"
#include "shop/kept_member.h"
#include "shop/shop.h"

typedef struct skuai_model_file {
    skuai_ensemble ensemble;
    skuai_coherence coherence;
    size_t horizon; /* it was chosen for */
    size_t n_levels;
    double levels[SKUAI_LEVELS_MOST];
    int season;
    uint64_t seed;
    double deadline;    /* of fitting its members when it is saved; 0: none */
    char name[32];      /* of its folder, "0001" */
    char frequency[64]; /* of the panel it was chosen on */
    skuai_configured configured[SKUAI_ENSEMBLE_MEMBERS];
    skuai_kept_member kept[SKUAI_ENSEMBLE_MEMBERS];
} skuai_model_file;

/* Write a new model and make it the current one; its name is filled in. Members that can be saved
 * are fitted on `panel`; one for which the deadline leaves no time loses its weight to the others,
 * with a warning. Kept with it: leaderboard, a JSON array, and kept [n_levels], the share of
 * outcomes below each level in the test. */
SKUA_MUST_USE skua_status skuai_model_file_save(const skua_shop *shop, skuai_model_file *model,
                                                const skuai_panel *panel, const char *leaderboard,
                                                const double *kept, skua_error *err);

/* Read the current model into memory of the caller's that does not move while it is used (members
 * point into it). SKUA_ENOTFOUND: nothing was trained; SKUA_EDATA: the file is damaged. */
SKUA_MUST_USE skua_status skuai_model_file_load(const skua_shop *shop, skuai_model_file *model,
                                                skua_error *err);

/* The horizon that the current model was trained with and the name of its periods (as in the model
 * file); 0 when nothing was trained, or the file cannot be read: who loads it says why. */
size_t skuai_model_file_horizon(const skua_shop *shop, char frequency[64]);

/* The current model's file as a JSON text (skuai_free); "{}" when nothing was trained. */
SKUA_MUST_USE skua_status skuai_model_file_kept(const skua_shop *shop, char **json,
                                                skua_error *err);

#endif
