/* Histories in the caller's memory, without a workspace. */
#include "shop/forecast_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "2024-03-28", "2024-03-28T15:00" or "2024-03-28 15" as a period of the grid. */
static bool parse_start(const skuai_grid *grid, const char *text, int64_t *period) {
    int year, month, day, hour = 0, used = 0;
    int n =
        text ? sscanf(text, "%4d-%2d-%2d%n%*1[T ]%2d%n", &year, &month, &day, &used, &hour, &used)
             : 0;
    if (n < 3 || month < 1 || month > 12 || day < 1 || day > skuai_days_in_month(year, month) ||
        hour < 0 || hour > 23)
        return false;
    const char *rest = text + used; /* minutes are of no grid */
    if (*rest != '\0' && !(n == 4 && strspn(rest, ":0") == strlen(rest))) return false;
    *period = skuai_period_from_day(grid, skuai_day_from_date(year, month, day), hour * 3600);
    return true;
}

static skua_status add_series(skuai_panel_builder *builder, const skuai_grid *grid,
                              const skua_arrays *arrays, size_t s, const double *units,
                              skua_error *err) {
    char number[24];
    int64_t start;
    (void)snprintf(number, sizeof number, "%zu", s);
    const char *name = arrays->names ? arrays->names[s] : number;
    if (!name) return skuai_error_set(err, SKUA_EINVAL, "series %zu has no name", s);
    if (!parse_start(grid, arrays->starts[s], &start))
        return skuai_error_set(err, SKUA_EINVAL,
                               "series %s starts at '%.40s': need a day, as 2024-03-28, or an "
                               "hour, as 2024-03-28T15",
                               name, arrays->starts[s] ? arrays->starts[s] : "");
    return skuai_panel_builder_series(builder, name, start, arrays->lengths[s], 0, units, NULL,
                                      NULL, err);
}

static skua_status make_panel(const skua_shop *shop, const skua_arrays *arrays, skuai_panel **panel,
                              skua_error *err) {
    skuai_grid grid;
    SKUA_TRY(skuai_grid_parse(arrays->frequency, &grid, err));
    int season = (int)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_season);
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, season);
    if (!builder) return skuai_error_memory(err, "a panel");
    skua_status status = SKUA_OK;
    const double *units = arrays->units;
    for (size_t s = 0; s < arrays->n_series && status == SKUA_OK; s++) {
        status = add_series(builder, &grid, arrays, s, units, err);
        units += arrays->lengths[s];
    }
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, panel, err);
    skuai_panel_builder_free(builder);
    return status;
}

static skua_status forecast(const skua_shop *shop, const skuai_panel *panel,
                            const skuai_request *asked, skuai_forecast **made, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, true);
    skuai_request request = *asked;
    skuai_model *fitted = NULL;
    skuai_model_file *model = skuai_zero(1, sizeof *model);
    if (!model) return skuai_error_memory(err, "a model");
    request.seed = context.seed;
    skua_status status = skuai_forecast_model_untrained(shop, model, err);
    if (status == SKUA_OK) {
        skuai_forecaster combination = skuai_ensemble_forecaster(&model->ensemble);
        status = combination.fit(&combination, panel, NULL, &context, &fitted, err);
        if (status == SKUA_OK)
            status = combination.predict(fitted, panel, &request, &context, made, err);
        combination.free(fitted);
    }
    skuai_free(model);
    return status;
}

static skua_status check_levels(const double *levels, size_t n, skua_error *err) {
    for (size_t q = 0; q < n; q++)
        if (!(levels[q] > 0 && levels[q] < 1) || (q > 0 && !(levels[q] > levels[q - 1])))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "level %g of the quantiles: need increasing numbers between 0 "
                                   "and 1",
                                   levels[q]);
    return SKUA_OK;
}

skua_status skua_forecast_arrays(const skua_arrays *arrays, size_t horizon, const double *levels,
                                 size_t n_levels, const char *const *settings,
                                 const skua_callbacks *callbacks, double *mean, double *quantiles,
                                 skua_error *err) {
    if (!arrays || !arrays->frequency || !arrays->starts || !arrays->lengths || !arrays->units ||
        !levels || !mean || !quantiles)
        return skuai_error_set(err, SKUA_EINVAL,
                               "a forecast from arrays wants starts, lengths, units, a frequency, "
                               "levels, and room for means and quantiles");
    if (arrays->n_series == 0 || horizon == 0 || n_levels == 0 || n_levels > SKUAI_LEVELS_MOST)
        return skuai_error_set(err, SKUA_EINVAL,
                               "a forecast from arrays wants series, a horizon, and 1 to %d levels",
                               SKUAI_LEVELS_MOST);
    SKUA_TRY(check_levels(levels, n_levels, err));
    skua_shop *shop = NULL;
    skuai_panel *panel = NULL;
    skuai_forecast *made = NULL;
    const skuai_request request = {.horizon = horizon, .levels = levels, .n_levels = n_levels};
    SKUA_TRY(skuai_shop_loose(settings, callbacks, &shop, err));
    skua_status status = make_panel(shop, arrays, &panel, err);
    if (status == SKUA_OK) status = forecast(shop, panel, &request, &made, err);
    if (status == SKUA_OK) {
        size_t n = arrays->n_series * horizon;
        memcpy(mean, made->mean, n * sizeof *mean);
        memcpy(quantiles, made->quantiles, n * n_levels * sizeof *quantiles);
    }
    skuai_forecast_free(made);
    skuai_panel_free(panel);
    skua_shop_close(shop);
    return status;
}
