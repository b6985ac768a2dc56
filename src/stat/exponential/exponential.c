#include "stat/exponential/exponential.h"

#include "stat/exponential/adjust.h"
#include "stat/exponential/ets_forecast.h"
#include "stat/exponential/theta.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS 8 /* forms that are averaged at most */
#define SOURCE_ETS                                                                                 \
    "Hyndman, Koehler, Ord & Snyder 2008, Forecasting with Exponential Smoothing; "                \
    "Hyndman & Khandakar 2008, J. Statistical Software 27(3)"

/* -- Exponential smoothing ----------------------------------------------------------------------
 */

/* The bit set of one letter: a kind, or all that Z stands for. 0: not a letter of this place. */
static unsigned kinds_of(char letter, unsigned every) {
    switch (letter) {
    case 'N':
        return 1;
    case 'A':
        return 2;
    case 'M':
        return 4;
    case 'Z':
        return every;
    default:
        return 0;
    }
}

/* "MAdM" into a choice. */
static skua_status parse_model(const char *text, skuai_ets_choice *choice, skua_error *err) {
    skuai_ets_choice c = SKUAI_ETS_CHOICE_DEFAULT;
    size_t length = strlen(text);
    bool damped = length == 4 && text[2] == 'd';
    if (length == 3 || damped) {
        c.error = kinds_of(text[0], 6) & 6;
        c.trend = kinds_of(text[1], 3);
        c.season = kinds_of(text[length - 1], 7);
        if (damped) {
            c.undamped = false;
            c.trend &= ~1u;
        } else if (text[1] != 'Z') {
            c.damped = false;
        }
        if (c.error && c.trend && c.season) {
            *choice = c;
            return SKUA_OK;
        }
    }
    return skuai_error_set(err, SKUA_ECONFIG,
                           "model = %s: need error (A, M, Z), trend (N, A, Ad, M, Md, Z) and "
                           "season (N, A, M, Z), as MAdM",
                           text);
}

/* What a method does: which forms, how many of them it averages, and whether the season is taken
 * out before, however short it is. */
typedef struct plan {
    skuai_ets_choice choice;
    size_t members;
    bool adjust;
} plan;

static skua_status forecast_plan(const skuai_local_input *input, const plan *how,
                                 const skuai_request *request, skuai_arena *scratch,
                                 skuai_local_output *output, skua_error *err) {
    skuai_ets_model models[MEMBERS];
    size_t n_models = 0, season = (size_t)input->season;
    skuai_adjusted series = {.y = input->y};
    skuai_ets_choice choice = how->choice;
    /* A season too long for states of its own is taken out in any case (as R's forecast::stlf). */
    if ((season > SKUAI_ETS_SEASON_LIMIT || how->adjust) && (choice.season & ~1u)) {
        choice.season = 1;
        SKUA_TRY(
            skuai_adjust(input->y, input->n, season, SKUAI_ADJUST_SHRUNK, scratch, &series, err));
    }
    SKUA_TRY(skuai_ets_fit(series.y, input->n, season, &choice, how->members, scratch, models,
                           &n_models, err));
    SKUA_TRY(skuai_ets_forecast(models, n_models, request, scratch, output->mean, output->quantiles,
                                &output->autocorrelation, err));
    skuai_adjust_back(&series, input->n, request, output->mean, output->quantiles);
    char text[16], more[40] = "";
    skuai_ets_form_text(&models[0].form, text);
    if (n_models > 1) snprintf(more, sizeof more, " and %zu more", n_models - 1);
    snprintf(output->note, sizeof output->note, "%s%.20s%s", text, more,
             series.index ? ", adjusted" : "");
    return SKUA_OK;
}

/* *second: whether the parameter has its second value; the first is the default. */
static skua_status parse_either(const skuai_parameters *parameters, const char *name,
                                const char *first_value, const char *second_value, bool *second,
                                skua_error *err) {
    const char *text = skuai_parameter_text(parameters, name, first_value);
    *second = strcmp(text, second_value) == 0;
    if (*second || strcmp(text, first_value) == 0) return SKUA_OK;
    return skuai_error_set(err, SKUA_ECONFIG, "%s = %s: need %s or %s", name, text, first_value,
                           second_value);
}

static skua_status ets(const skuai_local_input *input, const skuai_parameters *parameters,
                       const skuai_request *request, skuai_arena *scratch,
                       skuai_local_output *output, skua_error *err) {
    static const char *const names[] = {"model", "unstable", "choose"};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 3, err));
    skuai_ets_choice choice = SKUAI_ETS_CHOICE_DEFAULT;
    SKUA_TRY(parse_model(skuai_parameter_text(parameters, "model", "ZZZ"), &choice, err));
    bool best = false;
    SKUA_TRY(parse_either(parameters, "unstable", "no", "yes", &choice.unstable, err));
    SKUA_TRY(parse_either(parameters, "choose", "weights", "best", &best, err));
    const plan how = {choice, best ? 1 : MEMBERS, false};
    return forecast_plan(input, &how, request, scratch, output, err);
}

/* All forms without season on the series with its season taken out: several times as fast. */
static skua_status ets_adjusted(const skuai_local_input *input, const skuai_parameters *parameters,
                                const skuai_request *request, skuai_arena *scratch,
                                skuai_local_output *output, skua_error *err) {
    SKUA_TRY(skuai_local_parameters_check(parameters, NULL, 0, err));
    const plan how = {SKUAI_ETS_CHOICE_DEFAULT, MEMBERS, true};
    return forecast_plan(input, &how, request, scratch, output, err);
}

static skua_status named(const skuai_local_input *input, const skuai_parameters *parameters,
                         const skuai_request *request, skuai_arena *scratch,
                         skuai_local_output *output, const char *model, skua_error *err) {
    SKUA_TRY(skuai_local_parameters_check(parameters, NULL, 0, err));
    plan how = {SKUAI_ETS_CHOICE_DEFAULT, 1, false};
    SKUA_TRY(parse_model(model, &how.choice, err));
    return forecast_plan(input, &how, request, scratch, output, err);
}

#define NAMED(function, model)                                                                     \
    static skua_status function(const skuai_local_input *input,                                    \
                                const skuai_parameters *parameters, const skuai_request *request,  \
                                skuai_arena *scratch, skuai_local_output *output,                  \
                                skua_error *err) {                                                 \
        return named(input, parameters, request, scratch, output, model, err);                     \
    }
NAMED(ses, "ANN")
NAMED(holt, "AAN")
NAMED(damped, "AAdN")
/* AAA, or MAM where the data are positive and it fits better. */
static skua_status holt_winters(const skuai_local_input *input, const skuai_parameters *parameters,
                                const skuai_request *request, skuai_arena *scratch,
                                skuai_local_output *output, skua_error *err) {
    SKUA_TRY(skuai_local_parameters_check(parameters, NULL, 0, err));
    unsigned season = input->season > 1 ? 6 : 1; /* Holt's where there is no season */
    const plan how = {{.error = 6, .trend = 2, .season = season, .undamped = true}, 1, false};
    return forecast_plan(input, &how, request, scratch, output, err);
}

/* -- The table -----------------------------------------------------------------------------------
 */

static size_t least_five(int season) {
    (void)season;
    return 5;
}
static size_t least_seven(int season) {
    (void)season;
    return 7;
}
static size_t least_two_seasons(int season) {
    return 2 * (size_t)season + 5;
}

static const skuai_local_method method_ets = {
    .name = "ets",
    .summary = "exponential smoothing, all forms weighted by AICc",
    .source = SOURCE_ETS,
    .least_length = least_five,
    .forecast = ets,
};
static const skuai_local_method method_ets_adjusted = {
    .name = "ets-adjusted",
    .summary = "exponential smoothing of the seasonally adjusted series: fast",
    .source = SOURCE_ETS,
    .least_length = least_five,
    .forecast = ets_adjusted,
};
static const skuai_local_method method_ses = {
    .name = "ses",
    .summary = "simple exponential smoothing",
    .source = SOURCE_ETS,
    .least_length = least_five,
    .forecast = ses,
};
static const skuai_local_method method_holt = {
    .name = "holt",
    .summary = "exponential smoothing with a linear trend",
    .source = SOURCE_ETS,
    .least_length = least_seven,
    .forecast = holt,
};
static const skuai_local_method method_damped = {
    .name = "damped",
    .summary = "exponential smoothing with a damped trend",
    .source = SOURCE_ETS,
    .least_length = least_seven,
    .forecast = damped,
};
static const skuai_local_method method_holt_winters = {
    .name = "holt-winters",
    .summary = "exponential smoothing with a trend and a season",
    .source = SOURCE_ETS,
    .least_length = least_two_seasons,
    .forecast = holt_winters,
};

const skuai_local_method *const skuai_exponential_methods[] = {
    &method_ets,
    &method_ets_adjusted,
    &method_ses,
    &method_holt,
    &method_damped,
    &method_holt_winters,
    &skuai_theta_automatic,
    &skuai_theta_standard,
    &skuai_theta_optimised,
    &skuai_theta_dynamic,
    &skuai_theta_dynamic_optimised,
    NULL,
};
