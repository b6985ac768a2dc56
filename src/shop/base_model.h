/* base_model.h -- the pre-trained net, and the forecasters on it (room shop).
 *
 * The base model is models/base.safetensors of the installation. It is looked for, in this order:
 * the file that SKUA_BASE names; beside the running program (a build tree); PREFIX/share/skua
 * beside PREFIX/bin of the running program; the prefix that skua was configured with. Where there
 * is none the forecasters below fail with SKUA_ENOTFOUND, and nothing else needs it. */
#ifndef SKUA_SHOP_BASE_MODEL_H
#define SKUA_SHOP_BASE_MODEL_H

#include "forecast/forecaster.h"

enum { SKUAI_BASE_MODEL_PATH_SIZE = 4096 };

/* Its path. SKUA_ENOTFOUND naming the places. */
SKUA_MUST_USE skua_status skuai_base_model_path(char path[SKUAI_BASE_MODEL_PATH_SIZE],
                                                skua_error *err);

/* "zero-shot": the base model as it is; "transformer": fine-tuned on the panel; "gru": trained from
 * scratch. false: none of that name. */
bool skuai_base_model_forecaster(const char *name, skuai_forecaster *forecaster);
/* Their names, NULL at the end. */
extern const char *const skuai_base_model_names[];

#endif
