#include "forecast/contributions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

skua_status skuai_contributions_new(size_t inputs, size_t horizon, skuai_contributions **out,
                                    skua_error *err) {
    skuai_contributions *c = skuai_zero(1, sizeof *c);
    if (!c) return skuai_error_memory(err, "contributions");
    c->room = inputs;
    c->horizon = horizon;
    c->inputs = skuai_zero(inputs + 1, sizeof *c->inputs);
    c->value = skuai_zero((inputs + 2) * horizon, sizeof *c->value);
    if (!c->inputs || !c->value) {
        skuai_contributions_free(c);
        return skuai_error_memory(err, "contributions");
    }
    c->base = c->value + inputs * horizon;
    c->forecast = c->base + horizon;
    *out = c;
    return SKUA_OK;
}

void skuai_contributions_free(skuai_contributions *c) {
    if (!c) return;
    skuai_free(c->inputs);
    skuai_free(c->value);
    skuai_free(c);
}

double *skuai_contributions_input(skuai_contributions *c, const char *name, const char *group) {
    size_t i = 0;
    while (i < c->n_inputs && strncmp(c->inputs[i].name, name, SKUAI_INPUT_NAME - 1) != 0)
        i++;
    if (i == c->room) return NULL;
    if (i == c->n_inputs) {
        (void)snprintf(c->inputs[i].name, SKUAI_INPUT_NAME, "%s", name);
        (void)snprintf(c->inputs[i].group, SKUAI_INPUT_NAME, "%s", group);
        c->n_inputs++;
    }
    return c->value + i * c->horizon;
}

skua_status skuai_contributions_check(const skuai_contributions *c, skua_error *err) {
    for (size_t h = 0; h < c->horizon; h++) {
        double sum = c->base[h], size = fabs(c->base[h]) + fabs(c->forecast[h]);
        for (size_t i = 0; i < c->n_inputs; i++) {
            sum += c->value[i * c->horizon + h];
            size += fabs(c->value[i * c->horizon + h]);
        }
        if (!(fabs(sum - c->forecast[h]) <= 1e-6 * (1e-3 + size)))
            return skuai_error_set(err, SKUA_EINTERNAL,
                                   "period %zu: contributions sum to %g, the forecast is %g", h + 1,
                                   sum, c->forecast[h]);
    }
    return SKUA_OK;
}

const char *skuai_input_group(const char *covariate) {
    static const char *const calendar[] = {"calendar", "holiday", "festival", "workday"};
    /* the item's own: a price of fuel is another thing */
    static const char *const prices[] = {"price",      "list_price",    "item_price", "sell_price",
                                         "unit_price", "regular_price", "base_price"};
    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
        if (strcmp(covariate, prices[i]) == 0) return "price";
    if (strstr(covariate, "promotion") || strcmp(covariate, "deal") == 0) return "promotion";
    for (size_t i = 0; i < sizeof calendar / sizeof *calendar; i++)
        if (strcmp(covariate, calendar[i]) == 0) return "calendar";
    return covariate;
}
