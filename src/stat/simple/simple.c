#include "stat/simple/simple.h"

#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

#define BOOK          "Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice"
#define LEAST_ERRORS  20 /* errors from which sample quantiles are taken unasked */
#define LEAST_WINDOW  6
#define DEFAULT_CYCLE 3

typedef enum spread_style { STYLE_AUTO, STYLE_NORMAL, STYLE_EMPIRICAL } spread_style;

static skua_status parse_style(const skuai_parameters *parameters, spread_style *out,
                               skua_error *err) {
    const char *text = skuai_parameter_text(parameters, "quantiles", "auto");
    static const char *const names[] = {"auto", "normal", "empirical"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (spread_style)i;
            return SKUA_OK;
        }
    }
    return skuai_error_set(err, SKUA_ECONFIG, "quantiles = %s: need auto, normal or empirical",
                           text);
}

static skua_status parse_window(const skuai_parameters *parameters, size_t fallback, size_t *window,
                                skua_error *err) {
    double value;
    SKUA_TRY(skuai_parameter_number(parameters, "window", (double)fallback, &value, err));
    if (!(value >= 1 && value <= 1e9 && value == floor(value)))
        return skuai_error_set(err, SKUA_ECONFIG, "window = %g: need a whole number >= 1", value);
    *window = (size_t)value;
    return SKUA_OK;
}

/* Sorted errors become quantiles of one horizon: mean + quantile. */
static void empirical_row(const skuai_request *request, double mean, const double *sorted, size_t n,
                          double *row) {
    for (size_t q = 0; q < request->n_levels; q++)
        row[q] = mean + skuai_quantile_sorted(sorted, n, request->levels[q]);
}

/* Deviation around zero of n errors, divided by n - lost. */
static double deviation_of(const double *errors, size_t n, size_t lost) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += errors[i] * errors[i];
    return n > lost ? sqrt(sum / (double)(n - lost)) : 0;
}

static void copy_row(const skuai_request *request, const double *first, double *row) {
    if (row != first) memcpy(row, first, request->n_levels * sizeof *row);
}

/* -- Naive and drift ----------------------------------------------------------------------------
 */

/* Random walk with (drifting) or without drift: the errors are the differences less their mean. */
static skua_status random_walk(const skuai_local_input *input, const skuai_parameters *parameters,
                               const skuai_request *request, skuai_arena *scratch,
                               skuai_local_output *output, bool drifting, skua_error *err) {
    SKUA_TRY(skuai_local_parameters_check(parameters, NULL, 0, err));
    size_t n = input->n, H = request->horizon;
    const double *y = input->y;
    double *sd = skuai_arena_take(scratch, H, sizeof *sd);
    if (!sd) return skuai_error_memory(err, "a naive forecast");
    double slope = drifting ? (y[n - 1] - y[0]) / (double)(n - 1) : 0, sum = 0;
    for (size_t t = 1; t < n; t++) {
        double e = y[t] - y[t - 1] - slope;
        sum += e * e;
    }
    size_t lost = drifting ? 2 : 1; /* a difference has no first period; drift is one parameter */
    double sigma = n > lost ? sqrt(sum / (double)(n - lost)) : 0;
    for (size_t h = 0; h < H; h++) {
        double step = (double)(h + 1);
        output->mean[h] = y[n - 1] + slope * step;
        sd[h] = sigma * sqrt(step * (drifting ? 1 + step / (double)(n - 1) : 1));
    }
    skuai_local_normal_quantiles(request, output->mean, sd, output->quantiles);
    output->autocorrelation = 0.9; /* errors of a random walk accumulate */
    return SKUA_OK;
}

static skua_status naive(const skuai_local_input *input, const skuai_parameters *parameters,
                         const skuai_request *request, skuai_arena *scratch,
                         skuai_local_output *output, skua_error *err) {
    return random_walk(input, parameters, request, scratch, output, false, err);
}

static skua_status drift(const skuai_local_input *input, const skuai_parameters *parameters,
                         const skuai_request *request, skuai_arena *scratch,
                         skuai_local_output *output, skua_error *err) {
    return random_walk(input, parameters, request, scratch, output, true, err);
}

/* -- Seasonal naive ------------------------------------------------------------------------------
 */

/* errors [n - lag]: y[t] - y[t - lag]; returns their number. */
static size_t lagged_errors(const double *y, size_t n, size_t lag, double *errors) {
    size_t count = n > lag ? n - lag : 0;
    for (size_t i = 0; i < count; i++)
        errors[i] = y[i + lag] - y[i];
    return count;
}

static skua_status seasonal_naive(const skuai_local_input *input,
                                  const skuai_parameters *parameters, const skuai_request *request,
                                  skuai_arena *scratch, skuai_local_output *output,
                                  skua_error *err) {
    static const char *const names[] = {"quantiles"};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 1, err));
    spread_style style = STYLE_AUTO;
    SKUA_TRY(parse_style(parameters, &style, err));
    size_t n = input->n, H = request->horizon, m = (size_t)input->season;
    double *errors = skuai_arena_take(scratch, n, sizeof *errors);
    if (!errors) return skuai_error_memory(err, "a seasonal naive forecast");
    size_t n_errors = lagged_errors(input->y, n, m, errors);
    /* One season alone shows no seasonal errors: its own spread stands for them. */
    double sigma = n_errors ? deviation_of(errors, n_errors, 0)
                   : n > 1  ? skuai_deviation(input->y, n, 1)
                            : 0;
    const double *spread = NULL; /* the first row of this cycle */
    for (size_t h = 0; h < H; h++) {
        size_t cycle = h / m;
        double *row = output->quantiles + h * request->n_levels;
        output->mean[h] = input->y[n - m + h % m];
        if (h % m == 0) { /* a new cycle: errors of this many cycles */
            size_t lag = (cycle + 1) * m;
            size_t count = lag < n ? lagged_errors(input->y, n, lag, errors) : 0;
            bool empirical = style == STYLE_EMPIRICAL
                                 ? count >= 2
                                 : style == STYLE_AUTO && count >= LEAST_ERRORS;
            if (empirical) skuai_sort(errors, count);
            for (size_t q = 0; q < request->n_levels; q++)
                row[q] = empirical ? skuai_quantile_sorted(errors, count, request->levels[q])
                                   : sigma * sqrt((double)(cycle + 1)) *
                                         skuai_normal_quantile(request->levels[q]);
            spread = row;
        }
        copy_row(request, spread, row);
    }
    for (size_t h = 0; h < H; h++) {
        for (size_t q = 0; q < request->n_levels; q++)
            output->quantiles[h * request->n_levels + q] += output->mean[h];
    }
    return SKUA_OK;
}

/* -- Means ---------------------------------------------------------------------------------------
 */

/* The mean of the last w values for every horizon, spread as `style` says. */
static skua_status flat_mean(const skuai_local_input *input, size_t w, bool empirical,
                             const skuai_request *request, skuai_arena *scratch,
                             skuai_local_output *output, skua_error *err) {
    const double *y = input->y + input->n - w;
    double *sorted = skuai_arena_take(scratch, w, sizeof *sorted);
    if (!sorted) return skuai_error_memory(err, "a mean forecast");
    double mean = skuai_mean(y, w);
    double sigma = w > 1 ? skuai_deviation(y, w, 1) * sqrt(1 + 1 / (double)w) : 0;
    if (empirical) {
        memcpy(sorted, y, w * sizeof *sorted);
        skuai_sort(sorted, w);
        empirical_row(request, 0, sorted, w, output->quantiles);
    } else {
        for (size_t q = 0; q < request->n_levels; q++)
            output->quantiles[q] = mean + sigma * skuai_normal_quantile(request->levels[q]);
    }
    for (size_t h = 0; h < request->horizon; h++) {
        output->mean[h] = mean;
        copy_row(request, output->quantiles, output->quantiles + h * request->n_levels);
    }
    return SKUA_OK;
}

static skua_status historic_mean(const skuai_local_input *input, const skuai_parameters *parameters,
                                 const skuai_request *request, skuai_arena *scratch,
                                 skuai_local_output *output, skua_error *err) {
    static const char *const names[] = {"quantiles"};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 1, err));
    spread_style style = STYLE_AUTO;
    SKUA_TRY(parse_style(parameters, &style, err));
    bool empirical = style == STYLE_EMPIRICAL || (style == STYLE_AUTO && input->n >= LEAST_ERRORS);
    return flat_mean(input, input->n, empirical, request, scratch, output, err);
}

static skua_status window_mean(const skuai_local_input *input, const skuai_parameters *parameters,
                               const skuai_request *request, skuai_arena *scratch,
                               skuai_local_output *output, skua_error *err) {
    static const char *const names[] = {"quantiles", "window"};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 2, err));
    spread_style style = STYLE_AUTO;
    size_t window = 0, season = (size_t)input->season;
    SKUA_TRY(parse_style(parameters, &style, err));
    SKUA_TRY(parse_window(parameters, season > LEAST_WINDOW ? season : LEAST_WINDOW, &window, err));
    if (window > input->n) window = input->n;
    return flat_mean(input, window, style != STYLE_NORMAL, request, scratch, output, err);
}

/* -- The same season of the last years ------------------------------------------------------------
 */

/* Mean of y[t - m], y[t - 2m], ..., up to `cycles` of them; t may lie behind the end n of the
 * history: values there do not count. At least one is inside. */
static double same_season_mean(const double *y, size_t n, size_t m, size_t cycles, size_t t) {
    double sum = 0;
    size_t count = 0;
    for (size_t lag = m; lag <= t && count < cycles; lag += m) {
        if (t - lag >= n) continue;
        sum += y[t - lag];
        count++;
    }
    return sum / (double)count;
}

static skua_status seasonal_window_mean(const skuai_local_input *input,
                                        const skuai_parameters *parameters,
                                        const skuai_request *request, skuai_arena *scratch,
                                        skuai_local_output *output, skua_error *err) {
    static const char *const names[] = {"quantiles", "window"};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 2, err));
    spread_style style = STYLE_AUTO;
    size_t cycles = 0, n = input->n, m = (size_t)input->season;
    SKUA_TRY(parse_style(parameters, &style, err));
    SKUA_TRY(parse_window(parameters, DEFAULT_CYCLE, &cycles, err));
    double *errors = skuai_arena_take(scratch, n, sizeof *errors);
    if (!errors) return skuai_error_memory(err, "a seasonal mean forecast");
    size_t count = n - m;
    for (size_t i = 0; i < count; i++)
        errors[i] = input->y[i + m] - same_season_mean(input->y, n, m, cycles, i + m);
    double sigma = count   ? deviation_of(errors, count, 0)
                   : n > 1 ? skuai_deviation(input->y, n, 1)
                           : 0;
    bool empirical =
        style == STYLE_EMPIRICAL ? count >= 2 : style == STYLE_AUTO && count >= LEAST_ERRORS;
    if (empirical) skuai_sort(errors, count);
    for (size_t h = 0; h < request->horizon; h++) {
        double *row = output->quantiles + h * request->n_levels;
        double mean = output->mean[h] = same_season_mean(input->y, n, m, cycles, n + h);
        for (size_t q = 0; q < request->n_levels; q++)
            row[q] = mean + (empirical ? skuai_quantile_sorted(errors, count, request->levels[q])
                                       : sigma * skuai_normal_quantile(request->levels[q]));
    }
    return SKUA_OK;
}

/* -- The table ------------------------------------------------------------------------------------
 */

static size_t least_one(int season) {
    (void)season;
    return 1;
}
static size_t least_two(int season) {
    (void)season;
    return 2;
}
static size_t least_season(int season) {
    return (size_t)season;
}

static const skuai_local_method method_naive = {
    .name = "naive",
    .summary = "the last value",
    .source = BOOK,
    .least_length = least_one,
    .forecast = naive,
};
static const skuai_local_method method_seasonal_naive = {
    .name = "seasonal-naive",
    .summary = "the value one season ago",
    .source = BOOK,
    .least_length = least_season,
    .forecast = seasonal_naive,
};
static const skuai_local_method method_drift = {
    .name = "drift",
    .summary = "the last value and the average change",
    .source = BOOK,
    .least_length = least_two,
    .forecast = drift,
};
static const skuai_local_method method_historic_mean = {
    .name = "historic-mean",
    .summary = "the mean of the whole history",
    .source = BOOK,
    .least_length = least_one,
    .forecast = historic_mean,
};
static const skuai_local_method method_window_mean = {
    .name = "window-mean",
    .summary = "the mean of the last periods, with their own quantiles",
    .source = BOOK,
    .least_length = least_one,
    .forecast = window_mean,
};
static const skuai_local_method method_seasonal_window_mean = {
    .name = "seasonal-window-mean",
    .summary = "the mean of the same season in the last cycles",
    .source = BOOK,
    .least_length = least_season,
    .forecast = seasonal_window_mean,
};

const skuai_local_method *const skuai_simple_methods[] = {
    &method_naive,       &method_seasonal_naive,       &method_drift, &method_historic_mean,
    &method_window_mean, &method_seasonal_window_mean, NULL,
};
