/* kept_member.h -- a fitted member of a combination as a folder (room shop). Models that learn
 * across series (trees, networks) are fitted once, in training, and kept beside model.json under
 * their name; forecasting then loads them instead of fitting anew. Local methods, which can not be
 * saved, are fitted to each series when they forecast. */
#ifndef SKUA_SHOP_KEPT_MEMBER_H
#define SKUA_SHOP_KEPT_MEMBER_H

#include "automl/ensemble.h"

enum { SKUAI_KEPT_FOLDER_SIZE = 4096 };

typedef struct skuai_kept_member {
    skuai_forecaster inner;
    char folder[SKUAI_KEPT_FOLDER_SIZE];
} skuai_kept_member;

/* Fit every member that has a weight and can be saved on a panel, or, when it was kept already
 * (skuai_kept_members_use), update it by the panel; write it to FOLDER/NAME. One for which there is
 * no time loses its weight to the others, with a warning; when no member is left at all, members[0]
 * (the free baseline) takes it. */
SKUA_MUST_USE skua_status skuai_kept_members_save(skuai_ensemble *ensemble,
                                                  const skuai_panel *panel,
                                                  const skuai_context *context, const char *folder,
                                                  skua_error *err);

/* Make the members of which FOLDER/NAME exists load it in place of being fitted. kept
 * [SKUAI_ENSEMBLE_MEMBERS] must live as long as the ensemble is used. */
void skuai_kept_members_use(skuai_ensemble *ensemble, const char *folder, skuai_kept_member *kept);

/* An object "learnt": of each member with a weight what it says of itself (describe), by name. */
void skuai_kept_members_put(const skuai_ensemble *ensemble, const char *folder,
                            skuai_json_writer *w);

#endif
