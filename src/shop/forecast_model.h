/* forecast_model.h -- which model forecasts a shop (room shop). */
#ifndef SKUA_SHOP_FORECAST_MODEL_H
#define SKUA_SHOP_FORECAST_MODEL_H

#include "shop/model_file.h"

/* The trained model, with the levels and the horizon that the settings ask for now; without one,
 * the default combination under the name "untrained". *model must not move while it is used. */
SKUA_MUST_USE skua_status skuai_forecast_model_choose(const skua_shop *shop,
                                                      const skuai_panel *panel,
                                                      skuai_model_file *model, size_t *horizon,
                                                      skua_error *err);

/* That default combination: the models of the preset asked for, else of the fast one, with equal
 * weights, not calibrated. */
SKUA_MUST_USE skua_status skuai_forecast_model_untrained(const skua_shop *shop,
                                                         skuai_model_file *model, skua_error *err);

#endif
