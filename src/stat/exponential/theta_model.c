#include "stat/exponential/theta_model.h"

#include "math/optimise.h"

#include <math.h>

#define ALPHA_LEAST 0.1
#define ALPHA_MOST  0.99
#define GRID        12    /* values of alpha that are tried before the search */
#define BURN_IN     3     /* errors that do not count */
#define TINY        1e-40 /* a power below counts as none: denormal numbers are slow */
#define RIDGE       1e-6  /* pull of the initial level towards the first observation */

#define SPECIALISED static inline __attribute__((always_inline))

/* The line as each observation meets it, and what the search shares. */
typedef struct fit_task {
    const double *y;
    size_t n;
    bool optimised;
    const double *intercept, *slope; /* [n] */
    double level, weight;            /* solved for at the last alpha */
} fit_task;

/* One more observation y number i (0 first) into the mean so far and the line through them. */
static void extend_line(size_t i, double y, double *mean, double *intercept, double *slope) {
    double k = (double)i;
    *slope = ((k - 1) * *slope + 6 * (y - *mean) / (k + 1)) / (k + 2);
    *mean = (k * *mean + y) / (k + 1);
    *intercept = *mean - *slope * (k + 2) / 2;
}

/* What the line adds to the forecast of observation t, before the weight; power = (1 - alpha)^t,
 * inverse = 1 / alpha. */
SPECIALISED double line_share(double intercept, double slope, double alpha, double inverse,
                              double power) {
    return intercept * power + slope * (1 - (1 - alpha) * power) * inverse;
}

static void static_line(const double *y, size_t n, double *intercept, double *slope) {
    double N = (double)n, mean = 0, product = 0;
    for (size_t t = 0; t < n; t++)
        mean += y[t] / N;
    for (size_t t = 0; t < n; t++)
        product += ((double)t + 1 - (N + 1) / 2) * (y[t] - mean);
    slope[0] = 12 * product / (N * (N * N - 1));
    intercept[0] = mean - slope[0] * (N + 1) / 2;
    for (size_t t = 1; t < n; t++)
        slope[t] = slope[0], intercept[t] = intercept[0];
}

static void dynamic_lines(const double *y, size_t n, double *intercept, double *slope) {
    double mean = y[0], a = y[0], b = 0;
    intercept[0] = a, slope[0] = b;
    for (size_t t = 1; t < n; t++) {
        intercept[t] = a, slope[t] = b;
        extend_line(t, y[t], &mean, &a, &b);
    }
}

/* What the errors at one alpha sum to. With r_t the error for level y_0 and weight 0, the error is
 * r_t - u p_t - w d_t, u = level - y_0, p_t = (1 - alpha)^t and d_t the line's share. */
typedef struct error_sums {
    double pp[GRID], pd[GRID], dd[GRID], rp[GRID], rd[GRID], rr[GRID];
} error_sums;

/* The sums at n <= GRID values of alpha in one pass: each is a chain of operations that wait for
 * each other, so several at once take little longer than one. */
SPECIALISED void sum_errors(const fit_task *task, const double *alpha, int n, error_sums *sums) {
    const double *y = task->y;
    double level[GRID], power[GRID], inverse[GRID];
    error_sums e = {{0}, {0}, {0}, {0}, {0}, {0}};
    for (int k = 0; k < n; k++)
        level[k] = y[0], power[k] = 1, inverse[k] = 1 / alpha[k], e.pp[k] = RIDGE;
    for (size_t t = 0; t < task->n; t++) {
        double value = y[t], intercept = task->intercept[t], slope = task->slope[t];
        double counts = t >= BURN_IN ? 1 : 0;
        for (int k = 0; k < n; k++) {
            double r = value - level[k], p = counts * power[k];
            double d = line_share(intercept, slope, alpha[k], inverse[k], power[k]);
            e.pp[k] += p * power[k], e.pd[k] += p * d, e.dd[k] += counts * d * d;
            e.rp[k] += r * p, e.rd[k] += counts * r * d, e.rr[k] += counts * r * r;
            level[k] = (1 - alpha[k]) * level[k] + alpha[k] * value;
            power[k] = power[k] < TINY ? 0 : power[k] * (1 - alpha[k]);
        }
    }
    *sums = e;
}

/* Least sum of squares over initial level and weight; both are left in the task. */
static double solve(fit_task *task, const error_sums *e, int k) {
    double weight = 0.5, determinant = e->pp[k] * e->dd[k] - e->pd[k] * e->pd[k];
    if (task->optimised && determinant > 1e-12 * e->pp[k] * e->dd[k]) {
        weight = (e->pp[k] * e->rd[k] - e->pd[k] * e->rp[k]) / determinant;
        weight = weight < 0 ? 0 : weight > 1 ? 1 : weight;
    }
    double u = (e->rp[k] - weight * e->pd[k]) / e->pp[k];
    task->weight = weight;
    task->level = task->y[0] + u;
    return e->rr[k] - 2 * (u * e->rp[k] + weight * e->rd[k]) + u * u * e->pp[k] +
           2 * u * weight * e->pd[k] + weight * weight * e->dd[k];
}

static double squares_at(double alpha, void *context) {
    error_sums sums;
    sum_errors(context, &alpha, 1, &sums);
    return solve(context, &sums, 0);
}

static double search_alpha(fit_task *task) {
    double step = (ALPHA_MOST - ALPHA_LEAST) / (GRID - 1), best = ALPHA_LEAST, least = INFINITY;
    double grid[GRID];
    error_sums sums;
    for (int k = 0; k < GRID; k++)
        grid[k] = ALPHA_LEAST + step * k;
    sum_errors(task, grid, GRID, &sums);
    for (int k = 0; k < GRID; k++) {
        double value = solve(task, &sums, k);
        if (value < least) least = value, best = grid[k];
    }
    double alpha = best;
    skuai_optimum refined = skuai_minimise_brent(squares_at, task, fmax(best - step, ALPHA_LEAST),
                                                 fmin(best + step, ALPHA_MOST), 1e-4, &alpha);
    return refined.value < least ? alpha : best;
}

skua_status skuai_theta_fit(const double *y, size_t n, bool dynamic, bool optimised,
                            skuai_arena *arena, skuai_theta_model *model, skua_error *err) {
    if (n < SKUAI_THETA_LEAST)
        return skuai_error_set(err, SKUA_EDATA, "theta needs %d values, not %zu", SKUAI_THETA_LEAST,
                               n);
    double *intercept = skuai_arena_take(arena, n, sizeof *intercept);
    double *slope = skuai_arena_take(arena, n, sizeof *slope);
    if (!intercept || !slope) return skuai_error_memory(err, "a theta model");
    if (dynamic)
        dynamic_lines(y, n, intercept, slope);
    else
        static_line(y, n, intercept, slope);
    fit_task task = {
        .y = y, .n = n, .optimised = optimised, .intercept = intercept, .slope = slope};
    skuai_theta_model m = {.dynamic = dynamic, .optimised = optimised, .n = n};
    m.alpha = search_alpha(&task);
    squares_at(m.alpha, &task);
    m.weight = task.weight;
    m.initial_level = m.level = task.level;
    double power = 1;
    for (size_t t = 0; t < n; t++) {
        double e = y[t] - m.level -
                   m.weight * line_share(intercept[t], slope[t], m.alpha, 1 / m.alpha, power);
        if (t >= BURN_IN) m.squares += e * e;
        m.level += m.alpha * (y[t] - m.level);
        m.mean += (y[t] - m.mean) / (double)(t + 1);
        power *= 1 - m.alpha;
    }
    m.intercept = intercept[n - 1], m.slope = slope[n - 1];
    if (dynamic) {
        double mean = (m.mean * (double)n - y[n - 1]) / (double)(n - 1);
        extend_line(n - 1, y[n - 1], &mean, &m.intercept, &m.slope);
    }
    m.variance = m.squares / (double)(n - BURN_IN - 1);
    *model = m;
    return SKUA_OK;
}

/* One step of the recursion, fed with its own forecast plus error; returns the forecast. */
static double step(skuai_theta_model *m, double *power, double error) {
    double f =
        m->level + m->weight * line_share(m->intercept, m->slope, m->alpha, 1 / m->alpha, *power);
    double y = f + error;
    m->level += m->alpha * (y - m->level);
    if (m->dynamic) extend_line(m->n, y, &m->mean, &m->intercept, &m->slope);
    m->n++;
    *power *= 1 - m->alpha;
    return f;
}

void skuai_theta_forecast(const skuai_theta_model *model, size_t horizon, double *mean,
                          double *variance) {
    double start = pow(1 - model->alpha, (double)model->n), power = start;
    skuai_theta_model state = *model;
    for (size_t h = 0; h < horizon; h++) {
        mean[h] = step(&state, &power, 0);
        variance[h] = 1;
    }
    /* The effect of a unit error at horizon k on the later ones: the same recursion from zero. */
    for (size_t k = 0; k + 1 < horizon; k++) {
        state = *model;
        state.n += k;
        state.level = state.mean = state.intercept = state.slope = 0;
        power = start * pow(1 - model->alpha, (double)k);
        step(&state, &power, 1);
        for (size_t h = k + 1; h < horizon; h++) {
            double effect = step(&state, &power, 0);
            variance[h] += effect * effect;
        }
    }
    for (size_t h = 0; h < horizon; h++)
        variance[h] *= model->variance;
}

void skuai_theta_errors(const skuai_theta_model *model, const double *y, double weight,
                        skuai_multistep *steps) {
    skuai_theta_model state = *model;
    state.n = 0;
    state.level = model->initial_level;
    if (model->dynamic) state.mean = state.intercept = y[0], state.slope = 0;
    double power = 1, *row = steps->errors;
    for (size_t t = 0; t < model->n; t++) {
        if (t >= steps->first && (t - steps->first) % steps->stride == 0) {
            skuai_theta_model ahead = state;
            double later = power;
            for (size_t h = 0; h < steps->horizon && t + h < model->n; h++)
                row[h] += weight * (y[t + h] - step(&ahead, &later, 0));
            row += steps->horizon;
        }
        state.level += model->alpha * (y[t] - state.level);
        if (model->dynamic && t > 0)
            extend_line(t, y[t], &state.mean, &state.intercept, &state.slope);
        state.n++;
        power *= 1 - model->alpha;
    }
}
