#include "shop/coherence.h"

#include "shop/candidates.h"

#include <math.h>

/* Whose errors tell which nodes err together: quick, and as good a guess as any. */
static skua_status items_forecaster(skuai_forecaster *items, skua_error *err) {
    return skuai_candidate_find("theta", items, err);
}

skua_status skuai_coherence_apply(const skua_shop *shop, skuai_coherence coherence,
                                  const skuai_panel *panel, skuai_forecast *forecast,
                                  skua_error *err) {
    if (coherence == SKUAI_COHERENCE_BOTTOM_UP) return SKUA_OK;
    skuai_context context = skuai_shop_context(shop, false);
    skuai_ensemble *above = skuai_zero(1, sizeof *above);
    skuai_levels_above levels = {0};
    if (!above) return skuai_error_memory(err, "reconciliation");
    skua_status status = skuai_candidates_above(above, err);
    if (status == SKUA_OK) {
        skuai_forecaster forecaster = skuai_ensemble_forecaster(above);
        skuai_request request = {forecast->horizon, forecast->levels, forecast->n_quantiles,
                                 context.seed};
        status = skuai_levels_above_forecast(panel, &forecaster, &request, &context, &levels, err);
        skuai_forecaster items;
        if (status == SKUA_OK && coherence == SKUAI_COHERENCE_SHRUNK) {
            status = items_forecaster(&items, err);
            if (status == SKUA_OK)
                status = skuai_levels_above_correlate(&levels, panel, &items, &forecaster, &request,
                                                      &context, err);
        }
    }
    if (status == SKUA_OK)
        status = skuai_levels_above_reconcile(&levels, coherence, panel, forecast, err);
    skuai_levels_above_clear(&levels);
    skuai_free(above);
    return status;
}

skua_status skuai_coherence_decide(const skua_shop *shop, const skuai_backtest *backtest,
                                   const skuai_ensemble *ensemble, size_t from, size_t to,
                                   skuai_coherence *coherence, double *loss, skua_error *err) {
    for (int c = 0; c < SKUAI_COHERENCES; c++)
        loss[c] = (double)NAN;
    const char *asked = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_coherent);
    if (skuai_coherence_parse(asked, coherence)) return SKUA_OK;
    skuai_context context = skuai_shop_context(shop, false);
    skuai_ensemble *above = skuai_zero(1, sizeof *above);
    if (!above) return skuai_error_memory(err, "reconciliation");
    skua_status status = skuai_candidates_above(above, err);
    if (status == SKUA_OK) {
        skuai_forecaster forecaster = skuai_ensemble_forecaster(above), items;
        status = items_forecaster(&items, err);
        if (status == SKUA_OK)
            status = skuai_coherence_choose(backtest, ensemble, &forecaster, &items, from, to,
                                            context.seed, &context, coherence, loss, err);
    }
    skuai_free(above);
    return status;
}
