#include "stat/group/group_smooth.h"

#include "math/linear.h"
#include "stat/group/group_effect.h"
#include "stat/group/group_sample.h"

#include <math.h>
#include <string.h>

#define VOLATILITY_PRIOR 20.0 /* observations that the groups' volatility counts as */
#define SHORT_HISTORY    8
#define LEAST_SCALED     4 /* groups from which on a partition knows calm and wild ones */
#define JITTER           1e-6
#define NO_WEIGHT        1e-12

static skua_status no_memory(skua_error *err) {
    return skuai_error_memory(err, "a group model");
}

/* -- Patterns: level, volatility, own part ------------------------------------------------------
 */

typedef struct pattern_job {
    const skuai_group_state *state;
    const double *kernel; /* [T, T] own part with noise */
    double *shift;        /* [S] out: of the level */
    double *square;       /* [S] out: R' K^-1 R behind the shift */
    size_t from;          /* own: first time wanted */
    double *own, *spread; /* [S, T - from] out */
    skuai_group_workers space;
} pattern_job;

/* Whiten the residuals of series s into f->w; returns the shift of its level. */
static double shift_of(const pattern_job *job, const skuai_group_pattern *pattern, size_t s,
                       skuai_group_factor *f) {
    const skuai_group_state *state = job->state;
    const double *r = state->residual + s * state->window;
    for (size_t i = 0; i < f->n; i++)
        f->r[i] = r[pattern->time[i]];
    skuai_group_whiten(f->l, f->n, f->r, f->w);
    double precision = state->volatility[s] * state->volatility[s] / state->prior_variance;
    double toward = (state->prior[s] - state->level[s]) * precision;
    return (skuai_dot(f->a, f->w, f->n) + toward) / (f->ones + precision);
}

/* u [n] = L^-1 k(t, observed times), the own part's noise left out. */
static void project(const pattern_job *job, const skuai_group_pattern *pattern,
                    const skuai_group_factor *f, size_t t, double *u) {
    size_t T = job->state->time.n;
    for (size_t i = 0; i < f->n; i++) {
        double noise = pattern->time[i] == t ? job->state->own[SKUAI_GROUP_NOISE] : 0;
        f->r[i] = job->kernel[t * T + pattern->time[i]] - noise;
    }
    skuai_group_whiten(f->l, f->n, f->r, u);
}

/* The times between first and last observation at which the pattern misses one, with their
 * projections [count, n]. */
typedef struct pattern_gaps {
    size_t count, *time;
    double *u;
} pattern_gaps;

static skua_status find_gaps(const pattern_job *job, const skuai_group_pattern *pattern,
                             const skuai_group_factor *f, skuai_arena *scratch, pattern_gaps *gaps,
                             skua_error *err) {
    size_t n = pattern->n, most = n ? pattern->time[n - 1] - pattern->time[0] + 1 - n : 0;
    *gaps = (pattern_gaps){0};
    gaps->time = skuai_arena_take(scratch, most, sizeof *gaps->time);
    gaps->u = skuai_arena_take(scratch, most * n, sizeof *gaps->u);
    if (!gaps->time || !gaps->u) return no_memory(err);
    for (size_t i = 0; i + 1 < n; i++) {
        for (size_t t = pattern->time[i] + 1; t < pattern->time[i + 1]; t++) {
            project(job, pattern, f, t, gaps->u + gaps->count * n);
            gaps->time[gaps->count++] = t;
        }
    }
    return SKUA_OK;
}

/* Shift the level of every series of the pattern and complete its residual inside its gaps. */
static skua_status level_pattern(void *argument, size_t p, int worker, skua_error *err) {
    pattern_job *job = argument;
    const skuai_group_pattern *pattern = job->state->pattern + p;
    skuai_arena *scratch = job->space.arena[worker];
    skuai_arena_clear(scratch);
    skuai_group_factor f;
    pattern_gaps gaps;
    SKUA_TRY(skuai_group_factor_init(&f, pattern, job->kernel, job->state->time.n, scratch, err));
    SKUA_TRY(find_gaps(job, pattern, &f, scratch, &gaps, err));
    for (size_t i = 0; i < pattern->n_series; i++) {
        size_t s = pattern->series[i];
        double *r = job->state->residual + s * job->state->window;
        double shift = shift_of(job, pattern, s, &f), square = 0;
        for (size_t t = 0; t < f.n; t++) {
            f.w[t] -= shift * f.a[t];
            square += f.w[t] * f.w[t];
            r[pattern->time[t]] -= shift;
        }
        for (size_t g = 0; g < gaps.count; g++)
            r[gaps.time[g]] = skuai_dot(gaps.u + g * f.n, f.w, f.n);
        job->shift[s] = shift;
        job->square[s] = square;
    }
    return SKUA_OK;
}

static skua_status own_pattern(void *argument, size_t p, int worker, skua_error *err) {
    pattern_job *job = argument;
    const skuai_group_state *state = job->state;
    const skuai_group_pattern *pattern = state->pattern + p;
    skuai_arena *scratch = job->space.arena[worker];
    size_t T = state->time.n, from = job->from;
    skuai_arena_clear(scratch);
    skuai_group_factor f;
    SKUA_TRY(skuai_group_factor_init(&f, pattern, job->kernel, job->state->time.n, scratch, err));
    double *u = skuai_arena_take(scratch, (T - from) * f.n, sizeof *u);
    if (!u) return no_memory(err);
    for (size_t t = from; t < T; t++)
        project(job, pattern, &f, t, u + (t - from) * f.n);
    for (size_t i = 0; i < pattern->n_series; i++) {
        size_t s = pattern->series[i];
        double shift = shift_of(job, pattern, s, &f), v = state->volatility[s];
        double precision = f.ones + v * v / state->prior_variance;
        for (size_t t = 0; t < f.n; t++)
            f.w[t] -= shift * f.a[t];
        for (size_t t = from; t < T; t++) {
            const double *row = u + (t - from) * f.n;
            size_t at = s * (T - from) + t - from;
            job->own[at] = shift + skuai_dot(row, f.w, f.n);
            if (!job->spread) continue;
            double rest = 1 - skuai_dot(row, f.a, f.n);
            double variance = job->kernel[t * T + t] - skuai_dot(row, row, f.n);
            job->spread[at] = v * v * (fmax(variance, 0) + rest * rest / precision);
        }
    }
    return SKUA_OK;
}

skua_status skuai_group_own(const skuai_group_state *state, size_t from, double *own,
                            double *spread, skua_error *err) {
    pattern_job job = {.state = state, .from = from, .own = own, .spread = spread};
    SKUA_TRY(skuai_group_workers_init(&job.space, state->context, err));
    skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
    double *kernel = skuai_arena_take(state->arena, state->time.n * state->time.n, sizeof *kernel);
    skua_status status = kernel ? SKUA_OK : no_memory(err);
    if (status == SKUA_OK) {
        skuai_group_time_sum(&state->time, state->own, true, kernel);
        job.kernel = kernel;
        status =
            skuai_parallel_for(state->context, NULL, state->n_patterns, own_pattern, &job, err);
    }
    skuai_arena_reset(state->arena, mark);
    skuai_group_workers_clear(&job.space);
    return status;
}

/* -- Level and volatility -----------------------------------------------------------------------
 */

/* Volatilities from the squares, shrunk toward what the groups say. known, fitted [S], work. */
static void set_volatility(skuai_group_state *state, const double *square, double *known,
                           double *fitted, double *work) {
    size_t S = state->n_series;
    double sum = 0, n = 0;
    for (size_t s = 0; s < S; s++) {
        double seen = (double)state->observed[s];
        bool long_enough = seen >= SHORT_HISTORY && square[s] > 0;
        known[s] = long_enough ? 0.5 * log((square[s] + 1) / (seen + 1)) : (double)NAN;
    }
    (void)skuai_group_effects(state, known, fitted, work);
    for (size_t s = 0; s < S; s++) {
        double seen = (double)state->observed[s], expected = exp(2 * fitted[s]);
        state->volatility[s] =
            sqrt((square[s] + VOLATILITY_PRIOR * expected) / (seen + VOLATILITY_PRIOR));
        if (2 * state->observed[s] < state->window) continue;
        sum += log(state->volatility[s]);
        n += 1;
    }
    double typical = n > 0 ? exp(sum / n) : 1;
    for (size_t s = 0; s < S; s++)
        state->volatility[s] /= typical;
}

static skua_status update_levels(skuai_group_state *state, const double *kernel,
                                 skuai_group_workers space, skua_error *err) {
    size_t S = state->n_series;
    skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
    pattern_job job = {.state = state, .kernel = kernel, .space = space};
    job.shift = skuai_arena_take(state->arena, 4 * S, sizeof(double));
    double *work = skuai_arena_take(state->arena, 2 * skuai_group_most_groups(state), sizeof *work);
    if (!job.shift || !work) return no_memory(err);
    job.square = job.shift + S;
    SKUA_TRY(skuai_parallel_for(state->context, NULL, state->n_patterns, level_pattern, &job, err));
    for (size_t s = 0; s < S; s++)
        state->level[s] += job.shift[s];
    set_volatility(state, job.square, job.square + S, job.square + 2 * S, work);
    skuai_arena_reset(state->arena, mark);
    return SKUA_OK;
}

/* -- Parts --------------------------------------------------------------------------------------
 */

/* Group sums of the residuals with this part put back, and their weights. */
static void part_sums(skuai_group_state *state, skuai_group_part *part) {
    size_t W = state->window, T = state->time.n;
    memset(part->sum, 0, part->n_groups * W * sizeof(double));
    memset(part->weight, 0, part->n_groups * W * sizeof(double));
    for (size_t s = 0; s < state->n_series; s++) {
        int32_t g = part->code[s];
        if (g < 0) continue;
        double loading = part->loading ? part->loading[s] : 1;
        double w = loading / (state->volatility[s] * state->volatility[s]);
        const double *path = part->path + (size_t)g * T;
        double *r = state->residual + s * W, *sum = part->sum + (size_t)g * W,
               *weight = part->weight + (size_t)g * W;
        for (size_t t = 0; t < W; t++) {
            if (isnan(r[t])) continue;
            r[t] += loading * path[t];
            sum[t] += w * r[t];
            weight[t] += w * loading;
        }
    }
    for (size_t i = 0; i < part->n_groups * W; i++)
        part->sum[i] = part->weight[i] > NO_WEIGHT ? part->sum[i] / part->weight[i] : (double)NAN;
}

/* scale = geometric mean of the members' volatility, relative to that of all groups. */
static void part_scale(const skuai_group_state *state, skuai_group_part *part, double *count) {
    if (part->n_groups < LEAST_SCALED) return;
    memset(part->scale, 0, part->n_groups * sizeof(double));
    memset(count, 0, part->n_groups * sizeof *count);
    for (size_t s = 0; s < state->n_series; s++) {
        if (part->code[s] < 0) continue;
        part->scale[part->code[s]] += log(state->volatility[s]);
        count[part->code[s]] += 1;
    }
    double mean = 0;
    for (size_t g = 0; g < part->n_groups; g++) {
        part->scale[g] /= fmax(count[g], 1);
        mean += part->scale[g] / (double)part->n_groups;
    }
    for (size_t g = 0; g < part->n_groups; g++)
        part->scale[g] = exp(part->scale[g] - mean);
}

typedef struct part_job {
    const skuai_group_state *state;
    skuai_group_part *part;
    const double *own;    /* [T, T] with noise */
    const double *kernel; /* [T, T] of the part, with its noise */
    skuai_group_workers space;
} part_job;

/* The posterior of group g from its weighted means. */
static skua_status smooth_group(void *argument, size_t g, int worker, skua_error *err) {
    const part_job *job = argument;
    size_t W = job->state->window, T = job->state->time.n, n = 0;
    skuai_group_part *part = job->part;
    skuai_arena *scratch = job->space.arena[worker];
    skuai_arena_clear(scratch);
    size_t *time = skuai_arena_take(scratch, W, sizeof *time);
    double *l = skuai_arena_take(scratch, W * W, sizeof *l);
    double *x = skuai_arena_take(scratch, 2 * W, sizeof *x);
    if (!time || !l || !x) return no_memory(err);
    const double *mean = part->sum + g * W, *weight = part->weight + g * W;
    double scale = part->scale[g] * part->scale[g];
    for (size_t t = 0; t < W; t++)
        if (!isnan(mean[t])) time[n++] = t;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            size_t at = time[i] * T + time[j];
            double rest = job->own[at] + (i == j ? JITTER : 0);
            l[i * n + j] = scale * job->kernel[at] + rest / sqrt(weight[time[i]] * weight[time[j]]);
        }
        x[i] = mean[time[i]];
    }
    if (n > 0) SKUA_TRY(skuai_cholesky(l, n, err));
    skuai_cholesky_solve(l, n, x);
    double *k = x + W;
    for (size_t t = 0; t < T; t++) {
        for (size_t i = 0; i < n; i++)
            k[i] = scale * job->kernel[t * T + time[i]];
        part->path[g * T + t] = skuai_dot(k, x, n);
        if (t < W) continue;
        skuai_group_whiten(l, n, k, k);
        double spread = scale * job->kernel[t * T + t] - skuai_dot(k, k, n);
        part->spread[g * T + t] = fmax(spread, 0);
    }
    return SKUA_OK;
}

static void subtract_part(skuai_group_state *state, const skuai_group_part *part) {
    size_t W = state->window, T = state->time.n;
    for (size_t s = 0; s < state->n_series; s++) {
        if (part->code[s] < 0) continue;
        double loading = part->loading ? part->loading[s] : 1;
        const double *path = part->path + (size_t)part->code[s] * T;
        for (size_t t = 0; t < W; t++)
            state->residual[s * W + t] -= loading * path[t];
    }
}

static skua_status update_part(skuai_group_state *state, skuai_group_part *part, const double *own,
                               bool estimate, skuai_group_workers space, skua_error *err) {
    size_t T = state->time.n;
    skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
    double *kernel = skuai_arena_take(state->arena, T * T, sizeof *kernel);
    double *count = skuai_arena_take(state->arena, part->n_groups, sizeof *count);
    if (!kernel || !count) return no_memory(err);
    part_sums(state, part);
    part_scale(state, part, count);
    if (estimate) SKUA_TRY(skuai_group_estimate_part(state, part, own, err));
    skuai_group_time_sum(&state->time, part->variance, true, kernel);
    part_job job = {.state = state, .part = part, .own = own, .kernel = kernel, .space = space};
    SKUA_TRY(skuai_parallel_for(state->context, NULL, part->n_groups, smooth_group, &job, err));
    subtract_part(state, part);
    skuai_arena_reset(state->arena, mark);
    return SKUA_OK;
}

/* -- Sweeps -------------------------------------------------------------------------------------
 */

/* residual = z less level and parts. */
static void set_residuals(skuai_group_state *state) {
    size_t S = state->n_series, W = state->window;
    for (size_t s = 0; s < S; s++)
        for (size_t t = 0; t < W; t++)
            state->residual[s * W + t] =
                state->z[s * W + t] - state->level[s] - skuai_group_effect_at(state, s, t);
    for (size_t p = 0; p < state->n_parts; p++)
        subtract_part(state, state->part + p);
}

static skua_status sweep_once(skuai_group_state *state, bool estimate, skuai_group_workers space,
                              skua_error *err) {
    size_t T = state->time.n;
    skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
    double *own = skuai_arena_take(state->arena, T * T, sizeof *own);
    if (!own) return no_memory(err);
    skuai_group_time_sum(&state->time, state->own, true, own);
    SKUA_TRY(update_levels(state, own, space, err));
    SKUA_TRY(skuai_group_effect_update(state, own, estimate, &space, err));
    if (estimate) {
        SKUA_TRY(skuai_group_estimate_own(state, err));
        skuai_group_time_sum(&state->time, state->own, true, own);
    }
    for (size_t p = 0; p < state->n_parts; p++)
        SKUA_TRY(update_part(state, state->part + p, own, estimate, space, err));
    skuai_arena_reset(state->arena, mark);
    return SKUA_OK;
}

skua_status skuai_group_sweep(skuai_group_state *state, int sweeps, bool estimate,
                              skua_error *err) {
    skuai_group_workers space;
    SKUA_TRY(skuai_group_workers_init(&space, state->context, err));
    set_residuals(state);
    skua_status status = SKUA_OK;
    for (int i = 0; i < sweeps && status == SKUA_OK; i++)
        status = sweep_once(state, estimate, space, err);
    skuai_group_workers_clear(&space);
    return status;
}
