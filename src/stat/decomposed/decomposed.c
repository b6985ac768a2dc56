#include "stat/decomposed/decomposed.h"

#include "math/distribution.h"
#include "math/loess.h"
#include "math/statistics.h"
#include "math/stl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SEASONS_MAX 3
/* A phase is smoothed by local constants: lines, which follow a changing season faster, cost more
 * noise than they gain (validation inside M3, hospital and fresh retail). */
#define CONSTANT_FIT (-1)
#define WINDOW       11 /* seasonal smoothing of the shortest season; 4 more for each further one */

typedef struct seasons {
    size_t period[SEASONS_MAX]; /* ascending */
    size_t n;
} seasons;

/* A series in parts; arrays [n]. */
typedef struct parts {
    double *adjusted;
    double *each;     /* [n_seasons, n] of the data or, multiplicative, of their logarithms */
    double remainder; /* variance of what is left, on the scale of the data */
    double error;     /* variance of the seasonal's next cycle, likewise */
    bool multiplicative;
} parts;

static void add_season(seasons *s, size_t period, size_t n, size_t least_cycles) {
    if (period < 2 || n < least_cycles * period || s->n == SEASONS_MAX) return;
    if (s->n > 0 && period <= s->period[s->n - 1]) return;
    s->period[s->n++] = period;
}

static seasons seasons_of(const skuai_local_input *input) {
    seasons s = {.n = 0};
    size_t n = input->n;
    add_season(&s, (size_t)input->season, n, 2);
    if (input->grid.frequency == SKUAI_FREQUENCY_HOUR) {
        add_season(&s, 168, n, 3);
        add_season(&s, 8766, n, 3);
    }
    if (input->grid.frequency == SKUAI_FREQUENCY_DAY) add_season(&s, 365, n, 3);
    if (input->grid.frequency == SKUAI_FREQUENCY_WEEK) add_season(&s, 52, n, 3);
    return s;
}

static bool is_positive(const double *y, size_t n) {
    for (size_t t = 0; t < n; t++)
        if (!(y[t] > 0)) return false;
    return true;
}

/* What the smoother of a phase over so many cycles does to noise of variance 1: its variance in the
 * next cycle (squared weights one step behind the end), and its mean share in the fit. */
static skua_status season_noise(size_t cycles, size_t window, skuai_arena *arena, double *next,
                                double *fitted, skua_error *err) {
    skuai_loess loess;
    SKUA_TRY(skuai_loess_init(&loess, cycles, window, 0, 1, arena, err));
    double *unit = skuai_arena_take_zero(arena, 2 * cycles, sizeof *unit), squares = 0, share = 0;
    if (!unit) return skuai_error_memory(err, "a decomposition");
    for (size_t i = 0; i < cycles; i++) {
        unit[i] = 1;
        double weight = skuai_loess_beyond(&loess, unit, NULL, false, 0);
        skuai_loess_smooth(&loess, unit, NULL, unit + cycles);
        unit[i] = 0;
        squares += weight * weight;
        share += unit[cycles + i] / (double)cycles;
    }
    *next = squares;
    *fitted = share;
    return SKUA_OK;
}

/* Shrink each season [n] towards 0 by the share of its last cycle that noise explains (James &
 * Stein 1961, positive part): what a weak season adds is mostly error. x [n] is what is left.
 * Returns the variance of the shrunken seasons' next cycle in *error. */
static skua_status shrink(const seasons *s, size_t n, double *each, const double *x,
                          skuai_arena *arena, double *error, skua_error *err) {
    double noise = skuai_variance(x, n, 0), next[SEASONS_MAX], left = 1, total = 0;
    for (size_t i = 0; i < s->n; i++) {
        double fitted = 0;
        SKUA_TRY(season_noise(n / s->period[i], WINDOW + 4 * i, arena, &next[i], &fitted, err));
        left = fmin(left, 1 - fitted);
    }
    noise /= fmax(left, 0.2); /* the fit has taken part of the noise along */
    for (size_t i = 0; i < s->n; i++) {
        double *season = each + i * n, variance;
        variance = skuai_variance(season + n - s->period[i], s->period[i], 0);
        double kept = variance > 0 ? fmax(0, 1 - next[i] * noise / variance) : 0;
        for (size_t t = 0; t < n; t++)
            season[t] *= kept;
        total += kept * next[i] * noise;
    }
    *error = total;
    return SKUA_OK;
}

static skua_status decompose(const skuai_local_input *input, const seasons *s, bool multiplicative,
                             skuai_arena *arena, parts *made, skua_error *err) {
    size_t n = input->n;
    double *block = skuai_arena_take_zero(arena, (4 + s->n) * n, sizeof *block);
    if (!block) return skuai_error_memory(err, "a decomposition");
    double *x = block, *trend = block + n, *total = block + 2 * n, *adjusted = block + 3 * n;
    double *each = block + 4 * n, logarithms = 0, error = 0;
    for (size_t t = 0; t < n; t++) {
        x[t] = multiplicative ? log(input->y[t]) : input->y[t];
        if (multiplicative) logarithms += x[t];
    }
    size_t windows[SEASONS_MAX];
    for (size_t i = 0; i < s->n; i++)
        windows[i] = WINDOW + 4 * i;
    skuai_stl_options options = {.seasonal_degree = CONSTANT_FIT, .fast = n > 1000};
    if (s->n == 1) { /* MSTL leaves out a season that the history holds no more than twice */
        options.period = s->period[0];
        options.seasonal = windows[0];
        SKUA_TRY(skuai_stl(x, n, &options, arena, each, trend, NULL, err));
    } else {
        SKUA_TRY(skuai_mstl(x, n, s->period, windows, s->n, &options, arena, each, trend, err));
    }
    for (size_t t = 0; t < n; t++) {
        x[t] -= trend[t];
        for (size_t i = 0; i < s->n; i++)
            x[t] -= each[i * n + t];
    }
    double scale = multiplicative ? exp(logarithms / (double)n) : 1;
    double remainder = skuai_variance(x, n, 0) * scale * scale;
    SKUA_TRY(shrink(s, n, each, x, arena, &error, err));
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < s->n; i++)
            total[t] += each[i * n + t];
        if (multiplicative) total[t] = exp(total[t]);
        adjusted[t] = multiplicative ? input->y[t] / total[t] : input->y[t] - total[t];
    }
    *made = (parts){adjusted, each, remainder, error * scale * scale, multiplicative};
    return SKUA_OK;
}

static skua_status decompose_best(const skuai_local_input *input, skuai_decomposition decomposition,
                                  const seasons *s, skuai_arena *arena, parts *made,
                                  skua_error *err) {
    bool possible = is_positive(input->y, input->n);
    bool only = decomposition == SKUAI_DECOMPOSITION_MULTIPLICATIVE && possible;
    SKUA_TRY(decompose(input, s, only, arena, made, err));
    if (decomposition != SKUAI_DECOMPOSITION_AUTO || !possible) return SKUA_OK;
    parts other = {0};
    SKUA_TRY(decompose(input, s, true, arena, &other, err));
    if (other.remainder < made->remainder) *made = other;
    return SKUA_OK;
}

/* Widen row [Q] about its middle as if a variance were added to what it spreads. */
static void widen(const skuai_request *request, double variance, double mean, double *row) {
    size_t last = request->n_levels - 1;
    double z =
        skuai_normal_quantile(request->levels[last]) - skuai_normal_quantile(request->levels[0]);
    double sd = last > 0 ? (row[last] - row[0]) / z : 0;
    if (!(sd > 0)) return;
    double factor = sqrt(1 + variance / (sd * sd));
    for (size_t q = 0; q <= last; q++)
        row[q] = mean + (row[q] - mean) * factor;
}

static void put_back(const skuai_local_input *input, const seasons *s, const parts *made,
                     const skuai_request *request, skuai_local_output *output) {
    size_t n = input->n;
    for (size_t h = 0; h < request->horizon; h++) {
        double seasonal = 0;
        for (size_t i = 0; i < s->n && made->each; i++)
            seasonal += made->each[i * n + n - s->period[i] + h % s->period[i]];
        if (made->multiplicative) seasonal = exp(seasonal);
        double *row = output->quantiles + h * request->n_levels;
        widen(request, made->error, output->mean[h], row);
        for (size_t q = 0; q < request->n_levels; q++)
            row[q] = made->multiplicative ? row[q] * seasonal : row[q] + seasonal;
        output->mean[h] =
            made->multiplicative ? output->mean[h] * seasonal : output->mean[h] + seasonal;
    }
}

skua_status skuai_decomposed_run(const skuai_local_method *inner, skuai_decomposition decomposition,
                                 const skuai_local_input *input, const skuai_parameters *parameters,
                                 const skuai_request *request, skuai_arena *scratch,
                                 skuai_local_output *output, skua_error *err) {
    seasons s = seasons_of(input);
    skuai_local_input rest = *input;
    rest.season = 1;
    if (s.n == 0) return inner->forecast(input, parameters, request, scratch, output, err);
    parts made = {0};
    SKUA_TRY(decompose_best(input, decomposition, &s, scratch, &made, err));
    rest.y = made.adjusted;
    rest.non_negative = false;
    rest.counts = false;
    SKUA_TRY(inner->forecast(&rest, parameters, request, scratch, output, err));
    put_back(input, &s, &made, request, output);
    char note[SKUAI_NOTE_SIZE];
    memcpy(note, output->note, sizeof note);
    snprintf(output->note, sizeof output->note, "%s%zu + %.30s",
             made.multiplicative ? "stl*" : "stl", s.period[0], note[0] ? note : inner->name);
    return SKUA_OK;
}

/* -- Methods ----------------------------------------------------------------------------------- */

static skua_status run_named(const char *name, const skuai_local_input *input,
                             const skuai_parameters *parameters, const skuai_request *request,
                             skuai_arena *scratch, skuai_local_output *output, skua_error *err) {
    static const char *const names[] = {"decomposition"};
    static const char *const kinds[] = {"auto", "additive", "multiplicative"};
    const skuai_parameters none = {NULL, 0};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 1, err));
    const char *kind = skuai_parameter_text(parameters, "decomposition", "auto");
    for (int i = 0; i < 3; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return skuai_decomposed_run(skuai_local_find(name), (skuai_decomposition)i, input,
                                        &none, request, scratch, output, err);
    return skuai_error_set(err, SKUA_ECONFIG,
                           "decomposition = '%s', need auto, additive or multiplicative", kind);
}

static skua_status forecast_ets(const skuai_local_input *input, const skuai_parameters *parameters,
                                const skuai_request *request, skuai_arena *scratch,
                                skuai_local_output *output, skua_error *err) {
    return run_named("ets", input, parameters, request, scratch, output, err);
}

static skua_status forecast_arima(const skuai_local_input *input,
                                  const skuai_parameters *parameters, const skuai_request *request,
                                  skuai_arena *scratch, skuai_local_output *output,
                                  skua_error *err) {
    return run_named("arima", input, parameters, request, scratch, output, err);
}

static size_t least_length(int season) {
    (void)season;
    return 4;
}

static const skuai_local_method mstl_ets = {
    .name = "mstl-ets",
    .summary = "seasons by MSTL, the adjusted series by exponential smoothing",
    .source = "Bandara, Hyndman & Bergmeir 2021, arXiv:2107.13462",
    .least_length = least_length,
    .forecast = forecast_ets,
};

static const skuai_local_method mstl_arima = {
    .name = "mstl-arima",
    .summary = "seasons by MSTL, the adjusted series by ARIMA",
    .source = "Bandara, Hyndman & Bergmeir 2021, arXiv:2107.13462",
    .least_length = least_length,
    .forecast = forecast_arima,
};

const skuai_local_method *const skuai_decomposed_methods[] = {&mstl_ets, &mstl_arima, NULL};
