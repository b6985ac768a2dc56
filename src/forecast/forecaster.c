#include "forecast/forecaster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t skuai_young_periods(skuai_frequency frequency) {
    switch (frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return 48;
    case SKUAI_FREQUENCY_DAY:
        return 28;
    case SKUAI_FREQUENCY_WEEK:
        return 8;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        return 6;
    case SKUAI_FREQUENCY_QUARTER:
    case SKUAI_FREQUENCY_YEAR:
        break;
    }
    return 4;
}

skua_status skuai_forecaster_run(const skuai_forecaster *forecaster, const skuai_panel *panel,
                                 const skuai_parameters *parameters, const skuai_request *request,
                                 const skuai_context *context, skuai_forecast **forecast,
                                 skua_error *err) {
    skuai_model *model = NULL;
    SKUA_TRY(forecaster->fit(forecaster, panel, parameters, context, &model, err));
    skua_status status = forecaster->predict(model, panel, request, context, forecast, err);
    forecaster->free(model);
    return status;
}

const char *skuai_parameter_text(const skuai_parameters *parameters, const char *name,
                                 const char *fallback) {
    for (size_t i = 0; parameters && i < parameters->n; i++)
        if (strcmp(parameters->items[i].name, name) == 0) return parameters->items[i].value;
    return fallback;
}

skua_status skuai_parameter_number(const skuai_parameters *parameters, const char *name,
                                   double fallback, double *value, skua_error *err) {
    const char *text = skuai_parameter_text(parameters, name, NULL);
    if (!text) {
        *value = fallback;
        return SKUA_OK;
    }
    char *end;
    double x = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(x))
        return skuai_error_set(err, SKUA_ECONFIG, "parameter %s = '%s' is no number", name, text);
    *value = x;
    return SKUA_OK;
}
