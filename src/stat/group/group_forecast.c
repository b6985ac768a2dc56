#include "stat/group/group_forecast.h"

#include "math/distribution.h"
#include "math/statistics.h"
#include "stat/group/group_effect.h"
#include "stat/group/group_smooth.h"
#include "stat/local.h"

#include <stdio.h>
#include <string.h>

#define INTERMITTENT (SKUAI_GROUP_CLASSES - 1)
#define ZERO_SHARE   0.3
#define RARE_SHARE   0.5 /* of zeros, from which on a series has no path */
#define RARE_LIFE    1.0 /* seasons in which the weight of a period halves */
#define LEAST_CLASS  300 /* errors for a class of its own */
#define LEAST_POOL   100
#define MEAN_POINTS  6   /* central quantiles whose mean is the mean: tails are too wild for it */
#define LONG_HISTORY 8   /* observations from which on a mean is kept near the history */
#define ROOM         1.0 /* that far outside of it, on the asinh scale */

static const double levels[SKUAI_GROUP_LEVELS] = {0.005, 0.01, 0.025, 0.05, 0.1,   0.15, 0.2,  0.25,
                                                  0.3,   0.35, 0.4,   0.5,  0.6,   0.65, 0.7,  0.75,
                                                  0.8,   0.85, 0.9,   0.95, 0.975, 0.99, 0.995};

void skuai_group_calibration_normal(skuai_group_calibration *calibration) {
    *calibration = (skuai_group_calibration){0};
    for (size_t c = 0; c < SKUAI_GROUP_CLASSES; c++)
        for (size_t q = 0; q < SKUAI_GROUP_LEVELS; q++)
            calibration->k[c][q] = skuai_normal_quantile(levels[q]);
}

static size_t class_of(const skuai_group_calibration *calibration, const skuai_group_state *state,
                       size_t s) {
    if (state->zeros[s] >= ZERO_SHARE) return INTERMITTENT;
    size_t c = 0;
    while (c + 2 < SKUAI_GROUP_CLASSES && state->volatility[s] > calibration->bound[c])
        c++;
    return c;
}

/* -- Moments ------------------------------------------------------------------------------------
 */

/* Keep the means of a series with a history near its range. */
static void keep_near(const skuai_group_state *state, size_t s, double *mean, size_t n) {
    double low, high;
    const double *z = state->z + s * state->window;
    if (state->observed[s] < LONG_HISTORY || !skuai_range(z, state->window, &low, &high)) return;
    for (size_t h = 0; h < n; h++)
        mean[h] = fmin(fmax(mean[h], low - ROOM), high + ROOM);
}

/* Moments from time `from` on, [S, T - from]; spreads of parts are those behind the window. */
static skua_status moments_from(const skuai_group_state *state, size_t from, double *mean,
                                double *deviation, skua_error *err) {
    size_t S = state->n_series, T = state->time.n, n = T - from;
    SKUA_TRY(skuai_group_own(state, from, mean, deviation, err));
    for (size_t s = 0; s < S; s++) {
        double *m = mean + s * n, *d = deviation + s * n;
        for (size_t h = 0; h < n; h++)
            m[h] += state->level[s] + skuai_group_effect_at(state, s, from + h);
        for (size_t p = 0; p < state->n_parts; p++) {
            const skuai_group_part *part = state->part + p;
            if (part->code[s] < 0) continue;
            double loading = part->loading ? part->loading[s] : 1;
            size_t at = (size_t)part->code[s] * T + from;
            for (size_t h = 0; h < n; h++) {
                m[h] += loading * part->path[at + h];
                d[h] += loading * loading * part->spread[at + h];
            }
        }
        for (size_t h = 0; h < n; h++)
            d[h] = sqrt(d[h]);
        keep_near(state, s, m, n);
    }
    return SKUA_OK;
}

skua_status skuai_group_moments(const skuai_group_state *state, double *mean, double *deviation,
                                skua_error *err) {
    return moments_from(state, state->window, mean, deviation, err);
}

/* -- Calibration --------------------------------------------------------------------------------
 */

skua_status skuai_group_errors(const skuai_group_state *state, double *error, double *absolute,
                               skua_error *err) {
    size_t S = state->n_series, T = state->time.n, W = state->window, n = T - W;
    double *deviation = skuai_new(S * n, sizeof *deviation);
    if (!deviation) return skuai_error_memory(err, "a backtest");
    double sum = 0;
    skua_status status = skuai_group_moments(state, error, deviation, err);
    for (size_t s = 0; s < S && status == SKUA_OK; s++) {
        const double *y = skuai_panel_target(state->panel, s);
        for (size_t h = 0; h < n; h++) {
            int64_t i = state->time.first + (int64_t)(W + h) - state->panel->start[s];
            bool known = i >= 0 && i < (int64_t)state->panel->length[s] && state->observed[s] > 0;
            double z = known ? skuai_group_to_scale(state, s, y[i]) : (double)NAN;
            if (!isnan(z)) sum += fabs(y[i] - skuai_group_from_scale(state, s, error[s * n + h]));
            error[s * n + h] = (z - error[s * n + h]) / deviation[s * n + h];
        }
    }
    skuai_free(deviation);
    if (status == SKUA_OK) *absolute = sum;
    return status;
}

/* k [levels] from n errors; symmetric: from their sizes. e is sorted in place. */
static void quantiles_of(double *e, size_t n, bool symmetric, double *k) {
    for (size_t i = 0; i < n && symmetric; i++)
        e[i] = fabs(e[i]);
    skuai_sort(e, n);
    for (size_t q = 0; q < SKUAI_GROUP_LEVELS; q++) {
        double side = levels[q] - 0.5;
        k[q] = !symmetric  ? skuai_quantile_sorted(e, n, levels[q])
               : side == 0 ? 0
                           : copysign(skuai_quantile_sorted(e, n, 2 * fabs(side)), side);
    }
}

static void set_bounds(const skuai_group_state *state, skuai_group_calibration *calibration,
                       double *work) {
    size_t n = 0;
    for (size_t s = 0; s < state->n_series; s++)
        if (state->zeros[s] < ZERO_SHARE && state->observed[s] > 0)
            work[n++] = state->volatility[s];
    skuai_sort(work, n);
    for (size_t c = 0; c + 2 < SKUAI_GROUP_CLASSES; c++)
        calibration->bound[c] =
            n ? skuai_quantile_sorted(work, n, (double)(c + 1) / (SKUAI_GROUP_CLASSES - 1)) : 1;
}

/* Errors of a class (SKUAI_GROUP_CLASSES: all regular ones) into out; returns their number. */
static size_t collect(const skuai_group_calibration *calibration, const skuai_group_state *states,
                      double *const *errors, size_t n, size_t class, double *out) {
    size_t count = 0;
    for (size_t b = 0; b < n; b++) {
        size_t width = states[b].time.n - states[b].window;
        for (size_t s = 0; s < states[b].n_series; s++) {
            size_t c = class_of(calibration, states + b, s);
            if (c != class && !(class == SKUAI_GROUP_CLASSES && c != INTERMITTENT)) continue;
            for (size_t h = 0; h < width; h++)
                if (isfinite(errors[b][s * width + h])) out[count++] = errors[b][s * width + h];
        }
    }
    return count;
}

/* Correlation of neighbouring errors over all series. */
static double neighbours(const skuai_group_state *state, const double *error) {
    size_t width = state->time.n - state->window;
    double product = 0, square = 0;
    for (size_t s = 0; s < state->n_series; s++) {
        for (size_t h = 1; h < width; h++) {
            double a = error[s * width + h - 1], b = error[s * width + h];
            if (!isfinite(a) || !isfinite(b)) continue;
            product += a * b;
            square += 0.5 * (a * a + b * b);
        }
    }
    return square > 0 ? fmin(fmax(product / square, 0), 0.99) : 0;
}

skua_status skuai_group_calibrate(const skuai_group_state *states, double *const *errors, size_t n,
                                  skuai_group_calibration *calibration, skua_error *err) {
    skuai_group_calibration_normal(calibration);
    if (n == 0) return SKUA_OK;
    size_t size = states[0].n_series;
    for (size_t b = 0; b < n; b++)
        size += states[b].n_series * (states[b].time.n - states[b].window);
    double *work = skuai_new(size, sizeof *work);
    if (!work) return skuai_error_memory(err, "a calibration");
    set_bounds(states, calibration, work);
    size_t pool = collect(calibration, states, errors, n, SKUAI_GROUP_CLASSES, work);
    if (pool >= LEAST_POOL) {
        double k[SKUAI_GROUP_LEVELS];
        quantiles_of(work, pool, true, k);
        for (size_t c = 0; c < SKUAI_GROUP_CLASSES; c++)
            memcpy(calibration->k[c], k, sizeof k);
    }
    for (size_t c = 0; c < SKUAI_GROUP_CLASSES; c++) {
        size_t count = collect(calibration, states, errors, n, c, work);
        if (count >= LEAST_CLASS) quantiles_of(work, count, c != INTERMITTENT, calibration->k[c]);
    }
    calibration->autocorrelation = neighbours(states, errors[0]);
    skuai_free(work);
    return SKUA_OK;
}

/* -- Forecast -----------------------------------------------------------------------------------
 */

typedef struct filling {
    const skuai_group_state *state;
    const skuai_group_calibration *calibration;
    const skuai_request *request;
    skuai_forecast *forecast;
    size_t from;              /* time of the first column of the moments */
    double *mean, *deviation; /* [S, T - from] */
} filling;

static skua_status fill_naive(const filling *job, size_t s, skuai_arena *scratch, skua_error *err) {
    const skuai_panel *panel = job->state->panel;
    skuai_local_input input = {
        .y = skuai_panel_target(panel, s),
        .n = panel->length[s],
        .season = panel->season,
        .counts = panel->counts,
        .non_negative = panel->non_negative,
        .grid = panel->grid,
        .end = skuai_panel_end(panel, s),
    };
    skuai_local_output output = {.mean = skuai_forecast_mean(job->forecast, s, 0),
                                 .quantiles = skuai_forecast_quantiles(job->forecast, s, 0)};
    const skuai_parameters none = {NULL, 0};
    SKUA_TRY(skuai_local_run(skuai_local_find("seasonal-naive"), &input, &none, job->request,
                             scratch, &output, err));
    job->forecast->autocorrelation[s] = output.autocorrelation;
    snprintf(job->forecast->note[s], SKUAI_NOTE_SIZE, "seasonal-naive (ended long ago)");
    return SKUA_OK;
}

/* A series of zeros mostly: a smooth path says nothing about when it sells. Its own history, later
 * periods weighing more, is the distribution of every period to come. */
static skua_status fill_rare(const filling *job, size_t s, skuai_arena *scratch, skua_error *err) {
    const skuai_group_state *state = job->state;
    size_t W = state->window, Q = job->request->n_levels, last = 0;
    const double *z = state->z + s * W;
    double *weight = skuai_arena_take(scratch, W, sizeof *weight);
    size_t *index = skuai_arena_take(scratch, W, sizeof *index);
    if (!weight || !index) return skuai_error_memory(err, "a forecast");
    double life = RARE_LIFE * fmax(state->time.season, LONG_HISTORY), sum = 0, total = 0;
    for (size_t t = 0; t < W; t++)
        if (!isnan(z[t])) last = t;
    for (size_t t = 0; t < W; t++) {
        weight[t] = exp2(((double)t - (double)last) / life);
        if (isnan(z[t])) continue;
        sum += weight[t] * skuai_group_from_scale(state, s, z[t]);
        total += weight[t];
    }
    for (size_t h = 0; h < job->request->horizon; h++) {
        *skuai_forecast_mean(job->forecast, s, h) = sum / total;
        double *row = skuai_forecast_quantiles(job->forecast, s, h);
        for (size_t q = 0; q < Q; q++) {
            double level = skuai_quantile_weighted(z, weight, W, job->request->levels[q], index);
            row[q] = skuai_group_from_scale(state, s, level);
        }
    }
    snprintf(job->forecast->note[s], SKUAI_NOTE_SIZE, "own distribution (mostly zeros)");
    return SKUA_OK;
}

static bool is_rare(const skuai_group_state *state, size_t s) {
    return state->zeros[s] >= RARE_SHARE && state->observed[s] >= LONG_HISTORY;
}

/* Series that the model itself does not forecast. */
static bool is_other(const skuai_group_state *state, size_t s) {
    return state->end[s] == SIZE_MAX || is_rare(state, s);
}

static skua_status fill_series(void *argument, size_t s, int worker, skua_error *err) {
    (void)worker;
    (void)err;
    filling *job = argument;
    const skuai_group_state *state = job->state;
    if (is_other(state, s)) return SKUA_OK;
    size_t Q = job->request->n_levels, n = state->time.n - job->from;
    size_t first = state->end[s], last = state->time.n - job->request->horizon;
    if (first > last) first = last; /* announced for a time beyond what is looked at */
    const double *k = job->calibration->k[class_of(job->calibration, state, s)];
    for (size_t h = 0; h < job->request->horizon; h++) {
        size_t at = s * n + first - job->from + h;
        double mean = job->mean[at], deviation = job->deviation[at], sum = 0;
        for (size_t i = 0; i < MEAN_POINTS; i++) {
            double x =
                skuai_quantile_at(levels, k, SKUAI_GROUP_LEVELS, ((double)i + 0.5) / MEAN_POINTS);
            double y = skuai_group_from_scale(state, s, mean + deviation * x);
            sum += state->panel->non_negative ? fmax(y, 0) : y;
        }
        *skuai_forecast_mean(job->forecast, s, h) = sum / MEAN_POINTS;
        double *row = skuai_forecast_quantiles(job->forecast, s, h);
        for (size_t q = 0; q < Q; q++) {
            double x = skuai_quantile_at(levels, k, SKUAI_GROUP_LEVELS, job->request->levels[q]);
            row[q] = skuai_group_from_scale(state, s, mean + deviation * x);
        }
    }
    job->forecast->autocorrelation[s] = job->calibration->autocorrelation;
    snprintf(job->forecast->note[s], SKUAI_NOTE_SIZE, "group(%zu partitions, %zu factors)%s",
             state->n_plain, state->n_parts - state->n_plain,
             state->observed[s] ? "" : " no history");
    return SKUA_OK;
}

static skua_status fill_all(filling *job, skua_error *err) {
    SKUA_TRY(moments_from(job->state, job->from, job->mean, job->deviation, err));
    SKUA_TRY(
        skuai_parallel_for(job->state->context, NULL, job->state->n_series, fill_series, job, err));
    skuai_arena *scratch = skuai_arena_new(0);
    if (!scratch) return skuai_error_memory(err, "a forecast");
    skua_status status = SKUA_OK;
    for (size_t s = 0; s < job->state->n_series && status == SKUA_OK; s++) {
        skuai_arena_clear(scratch);
        if (job->state->end[s] == SIZE_MAX)
            status = fill_naive(job, s, scratch, err);
        else if (is_rare(job->state, s))
            status = fill_rare(job, s, scratch, err);
    }
    skuai_arena_free(scratch);
    return status;
}

skua_status skuai_group_fill(const skuai_group_state *state,
                             const skuai_group_calibration *calibration,
                             const skuai_request *request, skuai_forecast *forecast,
                             skua_error *err) {
    filling job = {.state = state,
                   .calibration = calibration,
                   .request = request,
                   .forecast = forecast,
                   .from = state->window};
    for (size_t s = 0; s < state->n_series; s++)
        if (state->end[s] < job.from) job.from = state->end[s];
    size_t n = state->n_series * (state->time.n - job.from);
    job.mean = skuai_new(n, sizeof(double));
    job.deviation = skuai_new(n, sizeof(double));
    skua_status status =
        job.mean && job.deviation ? fill_all(&job, err) : skuai_error_memory(err, "a forecast");
    skuai_free(job.mean);
    skuai_free(job.deviation);
    return status;
}
