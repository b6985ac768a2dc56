#include "stat/arima/arima_settings.h"

#include <string.h>

/* Three whole numbers "1,1,0". */
static bool parse_three(const char *text, int value[3]) {
    for (int i = 0; i < 3; i++) {
        int number = 0, digits = 0;
        while (*text == ' ')
            text++;
        for (; *text >= '0' && *text <= '9' && digits < 3; text++, digits++)
            number = 10 * number + (*text - '0');
        if (digits == 0 || *text != (i < 2 ? ',' : '\0')) return false;
        value[i] = number;
        text++;
    }
    return true;
}

static skua_status parse_orders(const skuai_parameters *parameters, int season,
                                skuai_arima_settings *made, skua_error *err) {
    const char *order = skuai_parameter_text(parameters, "order", NULL);
    const char *seasonal = skuai_parameter_text(parameters, "seasonal", NULL);
    int low[3] = {0, 0, 0}, high[3] = {0, 0, 0};
    if (order && (!parse_three(order, low) || low[0] > 8 || low[1] > 2 || low[2] > 8))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "order = '%s', need p,d,q as 1,1,1 (p, q to 8, d to 2)", order);
    if (seasonal && (!parse_three(seasonal, high) || high[0] > 3 || high[1] > 2 || high[2] > 3))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "seasonal = '%s', need P,D,Q as 0,1,1 (P, Q to 3, D to 2)",
                               seasonal);
    made->fixed = order || seasonal;
    made->order = (skuai_arima_order){.p = low[0], .d = low[1], .q = low[2], .season = season};
    if (season > 1) {
        made->order.P = high[0];
        made->order.D = high[1];
        made->order.Q = high[2];
    }
    return SKUA_OK;
}

/* The index of the parameter's text among names [n]; the first is the default. */
static skua_status parse_word(const skuai_parameters *parameters, const char *name,
                              const char *const *names, int n, int *index, skua_error *err) {
    const char *text = skuai_parameter_text(parameters, name, names[0]);
    for (int i = 0; i < n; i++)
        if (strcmp(text, names[i]) == 0) {
            *index = i;
            return SKUA_OK;
        }
    return skuai_error_set(err, SKUA_ECONFIG, "%s = '%s', need %s, %s%s%s", name, text, names[0],
                           names[1], n > 2 ? ", " : "", n > 2 ? names[2] : "");
}

skua_status skuai_arima_settings_parse(const skuai_parameters *parameters, int season,
                                       skuai_arima_settings *settings, skua_error *err) {
    static const char *const names[] = {"choice",   "order",     "seasonal",
                                        "constant", "criterion", "differences"};
    static const char *const choices[] = {"average", "best"};
    static const char *const constants[] = {"auto", "no", "yes"};
    static const char *const criteria[] = {"aicc", "aic", "bic"};
    int choice = 0, constant = 0, criterion = 0;
    double differences = 1;
    skuai_arima_settings made = {0};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 6, err));
    SKUA_TRY(parse_orders(parameters, season, &made, err));
    SKUA_TRY(parse_word(parameters, "choice", choices, 2, &choice, err));
    SKUA_TRY(parse_word(parameters, "constant", constants, 3, &constant, err));
    SKUA_TRY(parse_word(parameters, "criterion", criteria, 3, &criterion, err));
    SKUA_TRY(skuai_parameter_number(parameters, "differences", 1, &differences, err));
    if (differences != 0 && differences != 1 && differences != 2)
        return skuai_error_set(err, SKUA_ECONFIG, "differences = %g, need 0, 1 or 2", differences);
    made.average = choice == 0;
    made.constant = constant - 1;
    made.criterion = (skuai_arima_criterion)criterion;
    made.differences = (int)differences;
    made.order.constant = made.constant < 0 ? made.order.d + made.order.D < 2 : made.constant == 1;
    *settings = made;
    return SKUA_OK;
}
