#include "stat/group/group_effect.h"

#include "math/linear.h"

#include <string.h>

#define FIRST_VARIANCE 0.01
#define MOST_VALUE     4.0
#define LEAST_KNOWN    0.5 /* of the window's values */
#define LEAST_MOVING   1e-6
#define LIVELY         0.03 /* of the mean square step that independent values have */
#define PASSES         4    /* over the levels, an update */
#define OFF            1e-8

/* -- Covariates ---------------------------------------------------------------------------------
 */

/* The value of a covariate of series s at time t; NaN where unknown. */
static double value_at(const skuai_panel *panel, const skuai_group_time *time, size_t dynamic,
                       size_t s, size_t t) {
    int64_t i = time->first + (int64_t)t - panel->start[s];
    if (i < 0 || i >= (int64_t)(panel->length[s] + panel->future[s])) return (double)NAN;
    return (double)panel->dynamic[dynamic].values[panel->row[s] + (size_t)i];
}

typedef struct summary {
    size_t known, all, steps; /* values in the histories inside the window; pairs of neighbours */
    double least;
    double square;      /* about the series' means */
    double step_square; /* of the differences of neighbours */
} summary;

static double scaled(double x, bool logarithm) {
    return logarithm ? log(x) : x;
}

/* Mean over the times at which series s has a value; NaN: none. */
static double mean_of(const skuai_panel *panel, const skuai_group_time *time, size_t dynamic,
                      size_t s, bool logarithm) {
    double sum = 0, n = 0;
    for (size_t t = 0; t < time->n; t++) {
        double x = value_at(panel, time, dynamic, s, t);
        if (isnan(x)) continue;
        sum += scaled(x, logarithm);
        n += 1;
    }
    return n > 0 ? sum / n : (double)NAN;
}

static summary summarise(const skuai_panel *panel, const skuai_group_time *time, size_t dynamic,
                         bool logarithm) {
    summary all = {.least = INFINITY};
    for (size_t s = 0; s < panel->n_series; s++) {
        double mean = mean_of(panel, time, dynamic, s, logarithm), before = (double)NAN;
        for (size_t t = 0; t < time->window; t++) {
            int64_t i = time->first + (int64_t)t - panel->start[s];
            if (i < 0 || i >= (int64_t)panel->length[s]) continue;
            double x = value_at(panel, time, dynamic, s, t);
            all.all++;
            if (!isfinite(x)) continue;
            all.known++;
            all.least = fmin(all.least, x);
            double away = scaled(x, logarithm) - mean;
            if (isfinite(away)) all.square += away * away;
            double step = away - before;
            before = away;
            if (!isfinite(step)) continue;
            all.step_square += step * step;
            all.steps++;
        }
    }
    return all;
}

void skuai_group_covariates_choose(const skuai_panel *panel, const skuai_group_time *time,
                                   bool lively, skuai_group_covariates *covariates) {
    *covariates = (skuai_group_covariates){0};
    for (size_t k = 0; k < panel->n_dynamic && covariates->n < SKUAI_GROUP_EFFECTS; k++) {
        if (panel->dynamic[k].known != SKUAI_KNOWN_AHEAD) continue;
        summary plain = summarise(panel, time, k, false);
        if (plain.known == 0 || (double)plain.known < LEAST_KNOWN * (double)plain.all) continue;
        bool logarithm = plain.least > 0;
        summary s = logarithm ? summarise(panel, time, k, true) : plain;
        double deviation = sqrt(s.square / (double)s.known);
        if (!(deviation > LEAST_MOVING)) continue;
        double step = s.steps ? s.step_square / (double)s.steps : 0;
        if (lively && !(step > LIVELY * 2 * deviation * deviation)) continue;
        covariates->index[covariates->n] = k;
        covariates->logarithm[covariates->n] = logarithm;
        covariates->deviation[covariates->n++] = deviation;
    }
}

skua_status skuai_group_effect_init(skuai_group_state *state,
                                    const skuai_group_covariates *covariates, skua_error *err) {
    size_t S = state->n_series, T = state->time.n, n = covariates->n;
    if (n == 0) return SKUA_OK;
    state->x = skuai_arena_take_zero(state->arena, S * T * n, sizeof *state->x);
    state->beta = skuai_arena_take_zero(state->arena, S * n, sizeof *state->beta);
    if (!state->x || !state->beta) return skuai_error_memory(err, "covariates of a group model");
    state->n_effects = n;
    for (size_t s = 0; s < S; s++) {
        for (size_t k = 0; k < n; k++) {
            size_t dynamic = covariates->index[k];
            bool logarithm = covariates->logarithm[k];
            double mean = mean_of(state->panel, &state->time, dynamic, s, logarithm);
            for (size_t t = 0; t < T; t++) {
                double x = value_at(state->panel, &state->time, dynamic, s, t);
                x = (scaled(x, logarithm) - mean) / covariates->deviation[k];
                if (isnan(x)) continue;
                state->x[(s * T + t) * n + k] = (float)fmin(fmax(x, -MOST_VALUE), MOST_VALUE);
            }
        }
    }
    for (size_t l = 0; l <= SKUAI_GROUP_PARTITIONS; l++)
        for (size_t k = 0; k < n; k++)
            state->effect_variance[l][k] = FIRST_VARIANCE;
    return SKUA_OK;
}

/* -- Normal equations ----------------------------------------------------------------------------
 */

enum { K_MOST = SKUAI_GROUP_EFFECTS };

/* A beta = b of one series, or summed over a group's. */
typedef struct normal {
    double a[K_MOST * K_MOST], b[K_MOST];
} normal;

typedef struct effect_job {
    const skuai_group_state *state;
    const double *kernel;
    const skuai_group_workers *workers;
    normal *equation; /* [S] out */
} effect_job;

static skua_status equations(void *argument, size_t p, int worker, skua_error *err) {
    effect_job *job = argument;
    const skuai_group_state *state = job->state;
    const skuai_group_pattern *pattern = state->pattern + p;
    skuai_arena *scratch = job->workers->arena[worker];
    size_t n = pattern->n, K = state->n_effects, T = state->time.n;
    skuai_arena_clear(scratch);
    skuai_group_factor f;
    SKUA_TRY(skuai_group_factor_init(&f, pattern, job->kernel, T, scratch, err));
    double *x = skuai_arena_take(scratch, K * n, sizeof *x);
    if (!x) return skuai_error_memory(err, "covariates of a group model");
    for (size_t i = 0; i < pattern->n_series; i++) {
        size_t s = pattern->series[i];
        double precision = 1 / (state->volatility[s] * state->volatility[s]);
        for (size_t t = 0; t < n; t++)
            f.r[t] = state->residual[s * state->window + pattern->time[t]];
        skuai_group_whiten(f.l, n, f.r, f.w);
        for (size_t k = 0; k < K; k++) {
            for (size_t t = 0; t < n; t++)
                x[k * n + t] = (double)state->x[(s * T + pattern->time[t]) * K + k];
            skuai_group_whiten(f.l, n, x + k * n, x + k * n);
            /* the level moves along: what is constant in x has no effect of its own */
            double share = f.ones > 0 ? skuai_dot(f.a, x + k * n, n) / f.ones : 0;
            for (size_t t = 0; t < n; t++)
                x[k * n + t] -= share * f.a[t];
        }
        for (size_t k = 0; k < K; k++) {
            job->equation[s].b[k] = precision * skuai_dot(x + k * n, f.w, n);
            for (size_t j = 0; j < K; j++)
                job->equation[s].a[k * K + j] = precision * skuai_dot(x + k * n, x + j * n, n);
        }
    }
    return SKUA_OK;
}

/* gamma [K] = (A + diag(1 / variance))^-1 b; uncertainty [K] out: the inverse's diagonal. */
static skua_status solve(const normal *sum, size_t K, const double *variance, double *gamma,
                         double *uncertainty, skua_error *err) {
    double l[K_MOST * K_MOST], inverse[K_MOST * K_MOST];
    memcpy(l, sum->a, K * K * sizeof *l);
    for (size_t k = 0; k < K; k++)
        l[k * K + k] += 1 / fmax(variance[k], OFF);
    SKUA_TRY(skuai_cholesky(l, K, err));
    memcpy(gamma, sum->b, K * sizeof *gamma);
    skuai_cholesky_solve(l, K, gamma);
    skuai_cholesky_inverse(l, K, inverse);
    for (size_t k = 0; k < K; k++)
        uncertainty[k] = inverse[k * K + k];
    return SKUA_OK;
}

/* One level: the groups of a partition, or (code NULL) every series for itself. gamma [G, K] is its
 * coefficients; beta includes them, before and after. sum [G] scratch. */
static skua_status update_level(skuai_group_state *state, const normal *equation,
                                const int32_t *code, size_t n_groups, double *variance,
                                bool estimate, double *gamma, normal *sum, skua_error *err) {
    size_t K = state->n_effects;
    double moment[K_MOST] = {0};
    memset(sum, 0, n_groups * sizeof *sum);
    for (size_t s = 0; s < state->n_series; s++) {
        if (code && code[s] < 0) continue;
        size_t g = code ? (size_t)code[s] : s;
        double *beta = state->beta + s * K;
        for (size_t k = 0; k < K; k++)
            beta[k] -= gamma[g * K + k];
        for (size_t k = 0; k < K; k++) {
            sum[g].b[k] += equation[s].b[k] - skuai_dot(equation[s].a + k * K, beta, K);
            for (size_t j = 0; j < K; j++)
                sum[g].a[k * K + j] += equation[s].a[k * K + j];
        }
    }
    for (size_t g = 0; g < n_groups; g++) {
        double uncertainty[K_MOST];
        SKUA_TRY(solve(sum + g, K, variance, gamma + g * K, uncertainty, err));
        for (size_t k = 0; k < K; k++)
            moment[k] += gamma[g * K + k] * gamma[g * K + k] + uncertainty[k];
    }
    for (size_t k = 0; k < K && estimate; k++)
        variance[k] = fmax(moment[k] / (double)n_groups, OFF);
    for (size_t s = 0; s < state->n_series; s++) {
        if (code && code[s] < 0) continue;
        size_t g = code ? (size_t)code[s] : s;
        for (size_t k = 0; k < K; k++)
            state->beta[s * K + k] += gamma[g * K + k];
    }
    return SKUA_OK;
}

/* residual += sign * effects. */
static void add_effects(skuai_group_state *state, double sign) {
    size_t W = state->window;
    for (size_t s = 0; s < state->n_series; s++)
        for (size_t t = 0; t < W; t++)
            state->residual[s * W + t] += sign * skuai_group_effect_at(state, s, t);
}

/* All levels from nothing, several times: all series, their groups, each series. */
static skua_status update_levels(skuai_group_state *state, const normal *equation, bool estimate,
                                 skuai_arena *scratch, skua_error *err) {
    size_t S = state->n_series, K = state->n_effects, n = state->n_plain;
    double *gamma[SKUAI_GROUP_PARTITIONS + 1];
    normal *sum = skuai_arena_take(scratch, S, sizeof *sum);
    if (!sum) return skuai_error_memory(err, "covariates of a group model");
    for (size_t l = 0; l <= n; l++) {
        size_t groups = l < n ? state->part[l].n_groups : S;
        gamma[l] = skuai_arena_take_zero(scratch, groups * K, sizeof(double));
        if (!gamma[l]) return skuai_error_memory(err, "covariates of a group model");
    }
    memset(state->beta, 0, S * K * sizeof *state->beta);
    for (int pass = 0; pass < PASSES; pass++) {
        for (size_t l = 0; l <= n; l++) {
            const int32_t *code = l < n ? state->part[l].code : NULL;
            size_t groups = l < n ? state->part[l].n_groups : S;
            double *variance = state->effect_variance[l < n ? l : SKUAI_GROUP_PARTITIONS];
            SKUA_TRY(update_level(state, equation, code, groups, variance, estimate, gamma[l], sum,
                                  err));
        }
    }
    return SKUA_OK;
}

static skua_status estimate_effects(skuai_group_state *state, const double *kernel, bool estimate,
                                    const skuai_group_workers *workers, skuai_arena *scratch,
                                    skua_error *err) {
    normal *equation = skuai_arena_take_zero(scratch, state->n_series, sizeof *equation);
    if (!equation) return skuai_error_memory(err, "covariates of a group model");
    effect_job job = {state, kernel, workers, equation};
    SKUA_TRY(skuai_parallel_for(state->context, NULL, state->n_patterns, equations, &job, err));
    return update_levels(state, equation, estimate, scratch, err);
}

skua_status skuai_group_effect_update(skuai_group_state *state, const double *kernel, bool estimate,
                                      const skuai_group_workers *workers, skua_error *err) {
    if (state->n_effects == 0) return SKUA_OK;
    skuai_arena *scratch = skuai_arena_new(0);
    if (!scratch) return skuai_error_memory(err, "covariates of a group model");
    add_effects(state, 1);
    skua_status status = estimate_effects(state, kernel, estimate, workers, scratch, err);
    add_effects(state, -1);
    skuai_arena_free(scratch);
    return status;
}
