#include "shop/plugged.h"

#include "shop/candidates.h"

#include <stdio.h>
#include <string.h>

/* Any history is worth a try: the program itself says how long one must be. */
static size_t any_length(int season) {
    (void)season;
    return 1;
}

static skua_status forecast_plugged(const skuai_local_input *input,
                                    const skuai_parameters *parameters,
                                    const skuai_request *request, skuai_arena *scratch,
                                    skuai_local_output *output, skua_error *err) {
    const skuai_plugged *plugged = input->data;
    const skua_forecaster *f = &plugged->forecaster;
    const skua_history history = {.units = input->y,
                                  .length = input->n,
                                  .season = (size_t)input->season,
                                  .horizon = request->horizon,
                                  .levels = request->levels,
                                  .n_levels = request->n_levels,
                                  .seed = request->seed};
    (void)scratch;
    SKUA_TRY(skuai_local_parameters_check(parameters, NULL, 0, err));
    if (input->n >= f->least_length &&
        f->forecast(f->user, &history, output->mean, output->quantiles))
        return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA, "%s gave no forecast", f->name);
}

bool skuai_plugged_find(const skua_shop *shop, const char *name, skuai_forecaster *forecaster) {
    for (size_t i = 0; shop && i < shop->n_plugged; i++) {
        if (strcmp(name, shop->plugged[i]->name) != 0) continue;
        *forecaster = skuai_local_forecaster(&shop->plugged[i]->method);
        return true;
    }
    return false;
}

static skua_status plug(skua_shop *shop, const skua_forecaster *forecaster, skua_error *err) {
    skuai_plugged *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a forecaster");
    (void)snprintf(made->name, sizeof made->name, "%s", forecaster->name);
    made->forecaster = *forecaster;
    made->forecaster.name = made->name;
    made->method = (skuai_local_method){.name = made->name,
                                        .summary = "plugged in by the program",
                                        .source = "the program",
                                        .least_length = any_length,
                                        .forecast = forecast_plugged,
                                        .data = made};
    shop->plugged[shop->n_plugged++] = made;
    return SKUA_OK;
}

static bool good_name(const char *name) {
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < SKUAI_PLUGGED_NAME && name[n] == '\0' && name[0] >= 'a';
}

skua_status skua_shop_plug(skua_shop *shop, const skua_forecaster *forecaster, skua_error *err) {
    skuai_forecaster known;
    if (!shop || !forecaster || !forecaster->name || !forecaster->forecast)
        return skuai_error_set(err, SKUA_EINVAL,
                               "a forecaster to plug in wants a name and a function");
    if (!good_name(forecaster->name))
        return skuai_error_set(err, SKUA_EINVAL,
                               "forecaster '%.60s': need a name of a letter, then letters (a to "
                               "z), digits and hyphens, at most %d",
                               forecaster->name, SKUAI_PLUGGED_NAME - 1);
    if (skuai_candidate_find(forecaster->name, &known, NULL) == SKUA_OK ||
        skuai_plugged_find(shop, forecaster->name, &known))
        return skuai_error_set(err, SKUA_EEXIST, "there is a model '%s' already: take another name",
                               forecaster->name);
    if (shop->n_plugged == SKUAI_PLUGGED_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "more than %d forecasters plugged in",
                               SKUAI_PLUGGED_MOST);
    return plug(shop, forecaster, err);
}

skua_status skuai_plugged_copy(const skua_shop *from, skua_shop *to, skua_error *err) {
    for (size_t i = 0; i < from->n_plugged; i++)
        SKUA_TRY(plug(to, &from->plugged[i]->forecaster, err));
    return SKUA_OK;
}
