/* pretrain.h -- a base model from synthetic series, and from what else the user gives (room
 * neural).
 *
 *     skuai_pretrain_recipe recipe = skuai_pretrain_default;
 *     SKUA_TRY(skuai_pretrain_recipe_load("data/recipes/pretrain.yaml", &recipe, err));
 *     recipe.train.checkpoint = "base.checkpoint";
 *     SKUA_TRY(skuai_pretrain_run(&recipe, NULL, 0, NULL, context, &net, &result, err));
 *     SKUA_TRY(skuai_demand_save(net, "base.safetensors", err));
 *
 * Window i of a run is drawn from the recipe's seed and i alone; validation windows come from
 * another stream. A run that is stopped (deadline, cancel, kill) goes on from its checkpoint and
 * ends with the same bits as one that was not. */
#ifndef SKUA_NEURAL_PRETRAIN_H
#define SKUA_NEURAL_PRETRAIN_H

#include "neural/train.h"

typedef struct skuai_pretrain_recipe {
    skuai_demand_config net;
    skuai_train_config train;      /* checkpoint is the caller's to set */
    skuai_synthetic_config series; /* panels and longest are set by _run */
    double real;                   /* weight of windows of the panels as they are */
    const char *from;              /* the caller's to set: a net to go on from; NULL: a new one */
} skuai_pretrain_recipe;

extern const skuai_pretrain_recipe skuai_pretrain_default;

/* Read a recipe over what *recipe holds. SKUA_ECONFIG naming the line: an unknown key, a value out
 * of range; SKUA_ENOTFOUND, SKUA_EIO. */
SKUA_MUST_USE skua_status skuai_pretrain_recipe_load(const char *path,
                                                     skuai_pretrain_recipe *recipe,
                                                     skua_error *err);

/* Pre-train a net, a new one or (recipe->from) one that is there. panels [n_panels] (NULL: none)
 * serve mixtures and real windows; validation (NULL: held-out synthetic windows) gives windows at
 * its series' ends. *net is the caller's. What skuai_train_run returns; SKUA_EINVAL: weights for
 * real series without a panel; SKUA_ECONFIG: the net to go on from is not of the recipe's shape;
 * what skuai_demand_load returns. */
SKUA_MUST_USE skua_status skuai_pretrain_run(const skuai_pretrain_recipe *recipe,
                                             const skuai_panel *const *panels, size_t n_panels,
                                             const skuai_panel *validation,
                                             const skuai_context *context, skuai_demand **net,
                                             skuai_train_result *result, skua_error *err);

#endif
