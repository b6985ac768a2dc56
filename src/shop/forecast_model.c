#include "shop/forecast_model.h"

#include "shop/candidates.h"

#include <stdio.h>
#include <string.h>

/* Whether a list "a,b,c" has a name. */
static bool named(const char *list, const char *name) {
    size_t n = strlen(name);
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == n && memcmp(list, name, n) == 0) return true;
    return false;
}

/* The baselines are for comparison, unless they are asked for by name. A shop of no workspace tells
 * nothing by which a young series would be like another. */
static bool forecasts(const skua_shop *shop, const skuai_candidates *c, size_t m) {
    const char *list = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_models);
    if (*list) return !c->baseline[m] || named(list, c->items[m].name);
    return !c->baseline[m] && (shop->folder || !c->items[m].for_young);
}

skua_status skuai_forecast_model_untrained(const skua_shop *shop, skuai_model_file *model,
                                           skua_error *err) {
    skuai_candidates *c = skuai_zero(1, sizeof *c);
    const skuai_forecaster *models[SKUAI_CANDIDATES_MOST];
    if (!c) return skuai_error_memory(err, "a model");
    bool asked = shop->config.value[SKUAI_CONFIG_KEY_preset].origin != SKUAI_ORIGIN_DEFAULT;
    const char *preset = asked ? skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_preset) : "fast";
    skua_status status = skuai_candidates_choose(shop, preset, c, err);
    size_t n = 0;
    for (size_t m = 0; m < c->n && status == SKUA_OK; m++)
        if (forecasts(shop, c, m)) models[n++] = &c->items[m];
    if (status == SKUA_OK) status = skuai_ensemble_equal(models, n, &model->ensemble, err);
    for (size_t m = 0; m < n && status == SKUA_OK; m++) /* into memory that stays */
        status = skuai_candidate_make(shop, models[m]->name, &model->configured[m],
                                      &model->ensemble.members[m], err);
    if (status == SKUA_OK) status = skuai_shop_levels(shop, model->levels, &model->n_levels, err);
    (void)snprintf(model->name, sizeof model->name, "untrained");
    skuai_free(c);
    return status;
}

static skua_status choose(const skua_shop *shop, const skuai_panel *panel, skuai_model_file *model,
                          size_t *horizon, skua_error *err) {
    skua_status status = skuai_model_file_load(shop, model, err);
    const char *frequency = skuai_frequency_name(panel->grid.frequency);
    skuai_context context = skuai_shop_context(shop, false);
    *horizon = skuai_shop_horizon(shop, &panel->grid);
    bool asked = skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_horizon) > 0;
    if (status == SKUA_OK && strcmp(model->frequency, frequency) != 0) {
        skuai_context_log(&context, SKUAI_LOG_WARNING,
                          "model %s was trained on periods of a %s, these are of a %s: not used",
                          model->name, model->frequency, frequency);
        model->coherence = SKUAI_COHERENCE_BOTTOM_UP;
        status = SKUA_ENOTFOUND;
    }
    if (status == SKUA_ENOTFOUND) return skuai_forecast_model_untrained(shop, model, err);
    if (status != SKUA_OK) return status;
    if (!asked) *horizon = model->horizon;
    if (shop->config.value[SKUAI_CONFIG_KEY_levels].origin != SKUAI_ORIGIN_DEFAULT) {
        double levels[SKUAI_LEVELS_MOST];
        size_t n;
        SKUA_TRY(skuai_shop_levels(shop, levels, &n, err));
        if (n != model->n_levels || memcmp(levels, model->levels, n * sizeof *levels) != 0) {
            skuai_context_log(&context, SKUAI_LOG_WARNING,
                              "the levels differ from those trained: quantiles are not calibrated");
            model->ensemble.calibration.n_levels = 0;
            model->n_levels = n;
            memcpy(model->levels, levels, n * sizeof *levels);
        }
    }
    return SKUA_OK;
}

skua_status skuai_forecast_model_choose(const skua_shop *shop, const skuai_panel *panel,
                                        skuai_model_file *model, size_t *horizon, skua_error *err) {
    skuai_coherence asked;
    SKUA_TRY(choose(shop, panel, model, horizon, err));
    /* auto is for trainings: what they found stays */
    if (shop->config.value[SKUAI_CONFIG_KEY_coherent].origin != SKUAI_ORIGIN_DEFAULT &&
        skuai_coherence_parse(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_coherent), &asked))
        model->coherence = asked;
    return SKUA_OK;
}
