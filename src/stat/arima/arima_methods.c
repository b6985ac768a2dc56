#include "stat/arima/arima_methods.h"

#include "math/stationarity.h"
#include "stat/arima/arima_forecast.h"
#include "stat/arima/arima_search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LONGEST     4000  /* periods of history that are looked at */
#define GAPS        48    /* missing values that are estimated, the youngest ones */
#define LONG_SEASON 24    /* above it the season is removed by STL first */
#define DIFFERENCES 1     /* a trend that bends for ever costs more than it brings: see README.md */
#define CONSTANT    1e-10 /* range of a constant series, over its magnitude */

typedef struct settings {
    bool fixed; /* order is given */
    skuai_arima_order order;
    int constant; /* -1: as the method sees fit */
    skuai_arima_criterion criterion;
    size_t differences; /* the most ordinary ones that the tests may ask for */
} settings;

/* -- Parameters -------------------------------------------------------------------------------- */

/* Three whole numbers "1,1,0" in 0 .. most. */
static bool parse_three(const char *text, int most, int value[3]) {
    for (int i = 0; i < 3; i++) {
        int number = 0, digits = 0;
        while (*text == ' ')
            text++;
        for (; *text >= '0' && *text <= '9' && digits < 3; text++, digits++)
            number = 10 * number + (*text - '0');
        if (digits == 0 || number > most || *text != (i < 2 ? ',' : '\0')) return false;
        value[i] = number;
        text++;
    }
    return true;
}

static skua_status parse_orders(const skuai_parameters *parameters, int season, settings *set,
                                skua_error *err) {
    const char *order = skuai_parameter_text(parameters, "order", NULL);
    const char *seasonal = skuai_parameter_text(parameters, "seasonal", NULL);
    int low[3] = {0, 0, 0}, high[3] = {0, 0, 0};
    if (order && !parse_three(order, 8, low))
        return skuai_error_set(err, SKUA_ECONFIG, "arima: order = '%s', need p,d,q as 1,1,1 (to 8)",
                               order);
    if (seasonal && !parse_three(seasonal, 3, high))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "arima: seasonal = '%s', need P,D,Q as 0,1,1 (to 3)", seasonal);
    if (low[1] > 2 || high[1] > 2)
        return skuai_error_set(err, SKUA_ECONFIG, "arima: more than two differences of a kind");
    set->fixed = order || seasonal;
    set->order = (skuai_arima_order){.p = low[0], .d = low[1], .q = low[2], .season = season};
    if (season > 1) {
        set->order.P = high[0];
        set->order.D = high[1];
        set->order.Q = high[2];
    }
    return SKUA_OK;
}

static skua_status parse(const skuai_parameters *parameters, int season, settings *set,
                         skua_error *err) {
    static const char *const names[] = {"order", "seasonal", "constant", "criterion",
                                        "differences"};
    static const char *const criteria[] = {"aicc", "aic", "bic"};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 5, err));
    SKUA_TRY(parse_orders(parameters, season, set, err));
    double differences;
    SKUA_TRY(skuai_parameter_number(parameters, "differences", DIFFERENCES, &differences, err));
    if (!(differences >= 0 && differences <= 2))
        return skuai_error_set(err, SKUA_ECONFIG, "arima: differences = %g, need 0, 1 or 2",
                               differences);
    set->differences = (size_t)differences;
    const char *constant = skuai_parameter_text(parameters, "constant", "auto");
    set->constant = strcmp(constant, "yes") == 0 ? 1 : strcmp(constant, "no") == 0 ? 0 : -1;
    if (set->constant < 0 && strcmp(constant, "auto") != 0)
        return skuai_error_set(err, SKUA_ECONFIG, "arima: constant = '%s', need yes, no or auto",
                               constant);
    const char *criterion = skuai_parameter_text(parameters, "criterion", "aicc");
    for (int i = 0; i < 3; i++)
        if (strcmp(criterion, criteria[i]) == 0) {
            set->criterion = (skuai_arima_criterion)i;
            return SKUA_OK;
        }
    return skuai_error_set(err, SKUA_ECONFIG, "arima: criterion = '%s', need aicc, aic or bic",
                           criterion);
}

/* -- The history ------------------------------------------------------------------------------- */

/* A history whose gaps hold guesses. */
typedef struct history {
    double *y; /* [n] */
    size_t n;
    size_t *missing; /* [n_missing] the youngest gaps, ascending; older guesses count as seen */
    size_t n_missing;
    size_t observed;
} history;

/* The mean of the nearest observations of the same phase on either side; without a season, of the
 * neighbours by a straight line. NaN where one side has none. */
static double guess(const double *y, size_t n, size_t t, size_t season) {
    size_t before = t, after = t;
    while (before >= season && isnan(y[before]))
        before -= season;
    while (after + season < n && isnan(y[after]))
        after += season;
    if (isnan(y[before]) || isnan(y[after]))
        return isnan(y[before]) ? y[after] : season > 1 ? NAN : y[before];
    return y[before] + (y[after] - y[before]) * (double)(t - before) / (double)(after - before);
}

static skua_status take_history(const skuai_local_input *input, skuai_arena *arena, history *past,
                                skua_error *err) {
    size_t skip = input->n > LONGEST ? input->n - LONGEST : 0, n = input->n - skip, gaps = 0;
    const double *from = input->y + skip;
    double *y = skuai_arena_take(arena, n, sizeof *y);
    size_t *missing = skuai_arena_take(arena, GAPS, sizeof *missing);
    if (!y || !missing) return skuai_error_memory(err, "an ARIMA history");
    for (size_t t = 0; t < n; t++)
        if (isnan(from[t])) gaps++;
    if (gaps == n) return skuai_error_set(err, SKUA_EDATA, "arima: no observation");
    *past = (history){.y = y, .n = n, .missing = missing, .observed = n - gaps};
    size_t season = (size_t)input->season, old = gaps > GAPS ? gaps - GAPS : 0, seen = 0;
    for (size_t t = 0; t < n; t++) {
        y[t] = from[t];
        if (!isnan(y[t])) continue;
        y[t] = season > 1 ? guess(from, n, t, season) : NAN;
        if (isnan(y[t])) y[t] = guess(from, n, t, 1);
        if (seen++ >= old) missing[past->n_missing++] = t;
    }
    return SKUA_OK;
}

static bool is_constant(const double *x, size_t n, double magnitude) {
    double low = INFINITY, high = -INFINITY;
    for (size_t t = 0; t < n; t++) {
        low = fmin(low, x[t]);
        high = fmax(high, x[t]);
    }
    return !(high - low > CONSTANT * magnitude);
}

/* -- Model ------------------------------------------------------------------------------------- */

/* Differences by seasonal strength and KPSS. *still out: nothing varies behind them. */
static skua_status choose_differences(const history *past, int season, size_t most,
                                      skuai_arena *arena, int *d, int *D, bool *still,
                                      skua_error *err) {
    size_t n = past->n, seasonal = 0, m = (size_t)season;
    double *x = skuai_arena_take(arena, 3 * n, sizeof *x), magnitude = 0;
    if (!x) return skuai_error_memory(err, "differences");
    for (size_t t = 0; t < n; t++)
        magnitude = fmax(magnitude, fabs(past->y[t]));
    memcpy(x, past->y, n * sizeof *x);
    if (m > 1 && n > 2 * m && !is_constant(x, n, magnitude))
        SKUA_TRY(skuai_seasonal_differences_needed(x, n, m, arena, &seasonal, err));
    if (seasonal > 0) {
        skuai_difference(x, n, m, x);
        n -= m;
    }
    size_t ordinary = 0;
    if (!is_constant(x, n, magnitude)) ordinary = skuai_differences_needed(x, n, most, x + n);
    for (size_t i = 0; i < ordinary; i++)
        skuai_difference(x, n--, 1, x);
    *still = is_constant(x, n, magnitude);
    *d = (int)ordinary;
    *D = (int)seasonal;
    return SKUA_OK;
}

static skua_status choose_model(const history *past, const settings *set, int season,
                                skuai_arena *arena, skuai_arima_fit *fit, skua_error *err) {
    int d = 0, D = 0;
    bool still = true;
    SKUA_TRY(choose_differences(past, season, set->differences, arena, &d, &D, &still, err));
    skuai_arima_limits limits = skuai_arima_limits_for(past->observed, season, set->criterion);
    skuai_arima_order largest = {
        .p = limits.p, .q = limits.q, .P = limits.P, .Q = limits.Q, .season = season};
    if (set->constant == 0) limits.with_constant = false;
    if (set->constant == 1) limits.without_constant = false;
    size_t tried;
    skuai_arima_sample *sample;
    SKUA_TRY(skuai_arima_sample_new(past->y, past->n, NULL, 0, d, D, season,
                                    skuai_arima_degree(&largest), arena, &sample, err));
    if (still || sample->length < 3) {
        fit->order = (skuai_arima_order){.d = d, .D = D, .season = season, .constant = d + D < 2};
        return SKUA_OK;
    }
    return skuai_arima_search(sample, &limits, fit, &tried, err);
}

static void describe(const skuai_arima_order *o, char *note) {
    int n = snprintf(note, SKUAI_NOTE_SIZE, "arima(%d,%d,%d)", o->p, o->d, o->q);
    if (o->P + o->D + o->Q > 0 && n > 0 && n < SKUAI_NOTE_SIZE)
        n += snprintf(note + n, SKUAI_NOTE_SIZE - (size_t)n, "(%d,%d,%d)%d", o->P, o->D, o->Q,
                      o->season);
    if (o->constant && n > 0 && n < SKUAI_NOTE_SIZE)
        snprintf(note + n, SKUAI_NOTE_SIZE - (size_t)n, "%s",
                 o->d + o->D > 0 ? " with drift" : " with mean");
}

/* The model on the sample with its gaps; `chosen` holds what the search on guesses found. */
static skua_status fit_with_gaps(skuai_arima_sample *sample, const settings *set,
                                 skuai_arima_fit *fit, skua_error *err) {
    if (set->fixed) return skuai_arima_fit_order(sample, &fit->order, fit, err);
    if (sample->n_missing > 0 && !skuai_arima_maximise(sample, fit, 1e-6, 30))
        return skuai_error_set(err, SKUA_ESINGULAR, "arima: no likelihood with the gaps");
    return SKUA_OK;
}

static skua_status forecast_series(const skuai_local_input *input, const settings *set,
                                   const skuai_request *request, skuai_arena *arena,
                                   skuai_local_output *output, skua_error *err) {
    history past = {0};
    SKUA_TRY(take_history(input, arena, &past, err));
    skuai_arima_fit fit = {.order = set->order};
    if (!set->fixed)
        SKUA_TRY(choose_model(&past, set, input->season, arena, &fit, err));
    else
        fit.order.constant = set->constant < 0 ? fit.order.d + fit.order.D < 2 : set->constant == 1;
    skuai_arima_sample *sample;
    SKUA_TRY(skuai_arima_sample_new(past.y, past.n, past.missing, past.n_missing, fit.order.d,
                                    fit.order.D, fit.order.season, skuai_arima_degree(&fit.order),
                                    arena, &sample, err));
    SKUA_TRY(fit_with_gaps(sample, set, &fit, err));
    double *sd = skuai_arena_take(arena, request->horizon, sizeof *sd), sigma2;
    if (!sd) return skuai_error_memory(err, "an ARIMA forecast");
    SKUA_TRY(skuai_arima_forecast(sample, &fit, request->horizon, true, arena, &sigma2,
                                  output->mean, sd, &output->autocorrelation, err));
    for (size_t h = 0; h < request->horizon; h++)
        sd[h] = sqrt(sd[h]);
    skuai_local_normal_quantiles(request, output->mean, sd, output->quantiles);
    describe(&fit.order, output->note);
    return SKUA_OK;
}

static skua_status forecast_arima(const skuai_local_input *input,
                                  const skuai_parameters *parameters, const skuai_request *request,
                                  skuai_arena *scratch, skuai_local_output *output,
                                  skua_error *err) {
    settings set = {0};
    skuai_local_input now = *input;
    if (now.season > LONG_SEASON) now.season = 1;
    SKUA_TRY(parse(parameters, now.season, &set, err));
    return forecast_series(&now, &set, request, scratch, output, err);
}

static size_t least_length(int season) {
    (void)season;
    return 4;
}

static const skuai_local_method arima = {
    .name = "arima",
    .summary = "seasonal ARIMA: differences by tests, orders by AICc, exact likelihood",
    .source = "Hyndman & Khandakar 2008, J. Statistical Software 27(3)",
    .takes_missing = true,
    .least_length = least_length,
    .forecast = forecast_arima,
};

const skuai_local_method *const skuai_arima_methods[] = {&arima, NULL};
