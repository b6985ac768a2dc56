#include "forecast/reconciliation.h"

#include <math.h>
#include <string.h>

enum { ITERATIONS_MOST = 500 };

typedef struct equations {
    const skuai_hierarchy_level *levels;
    size_t n, n_levels;
    const double *variance;
    double *sums; /* [largest level] */
} equations;

/* out = S' W^-1 S x. */
static void multiply(const equations *e, const double *x, double *out) {
    for (size_t i = 0; i < e->n; i++)
        out[i] = x[i] / e->variance[i];
    for (size_t k = 0; k < e->n_levels; k++) {
        const skuai_hierarchy_level *level = &e->levels[k];
        memset(e->sums, 0, level->n_groups * sizeof *e->sums);
        for (size_t i = 0; i < e->n; i++)
            if (level->group[i] >= 0) e->sums[level->group[i]] += x[i];
        for (size_t g = 0; g < level->n_groups; g++)
            e->sums[g] = isnan(level->forecast[g]) ? 0 : e->sums[g] / level->variance[g];
        for (size_t i = 0; i < e->n; i++)
            if (level->group[i] >= 0) out[i] += e->sums[level->group[i]];
    }
}

/* What the nodes above ask for beyond the bottom forecasts: right = S' W^-1 (y - S b0), of which
 * the bottom's own part is 0; and the diagonal of S' W^-1 S. */
static void prepare(const equations *e, const double *forecast, double *right, double *diagonal) {
    for (size_t i = 0; i < e->n; i++) {
        right[i] = 0;
        diagonal[i] = 1 / e->variance[i];
    }
    for (size_t k = 0; k < e->n_levels; k++) {
        const skuai_hierarchy_level *level = &e->levels[k];
        memset(e->sums, 0, level->n_groups * sizeof *e->sums);
        for (size_t i = 0; i < e->n; i++)
            if (level->group[i] >= 0) e->sums[level->group[i]] += forecast[i];
        for (size_t i = 0; i < e->n; i++) {
            if (level->group[i] < 0) continue;
            size_t g = (size_t)level->group[i];
            if (isnan(level->forecast[g])) continue;
            right[i] += (level->forecast[g] - e->sums[g]) / level->variance[g];
            diagonal[i] += 1 / level->variance[g];
        }
    }
}

static double dot(const double *x, const double *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Solve for the correction x, 0 at the start. work [4 n]. */
static void solve(const equations *e, const double *diagonal, double *residual, double *x,
                  double *work) {
    size_t n = e->n;
    double *p = work, *z = work + n, *image = work + 2 * n;
    memset(x, 0, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        p[i] = z[i] = residual[i] / diagonal[i];
    double rho = dot(residual, z, n), least = 1e-24 * rho;
    for (int step = 0; step < ITERATIONS_MOST && rho > least && rho > 0; step++) {
        multiply(e, p, image);
        double alpha = rho / dot(p, image, n);
        for (size_t i = 0; i < n; i++) {
            x[i] += alpha * p[i];
            residual[i] -= alpha * image[i];
            z[i] = residual[i] / diagonal[i];
        }
        double next = dot(residual, z, n), beta = next / rho;
        for (size_t i = 0; i < n; i++)
            p[i] = z[i] + beta * p[i];
        rho = next;
    }
}

static skua_status check(const double *forecast, const double *variance, size_t n,
                         const skuai_hierarchy_level *levels, size_t n_levels, skua_error *err) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(forecast[i]) || !(variance[i] > 0) || !isfinite(variance[i]))
            return skuai_error_set(err, SKUA_EDATA,
                                   "bottom series %zu: forecast %g with error variance %g", i,
                                   forecast[i], variance[i]);
    for (size_t k = 0; k < n_levels; k++)
        for (size_t g = 0; g < levels[k].n_groups; g++)
            if (!isnan(levels[k].forecast[g]) &&
                (!(levels[k].variance[g] > 0) || !isfinite(levels[k].variance[g])))
                return skuai_error_set(err, SKUA_EDATA, "level %zu, group %zu: error variance %g",
                                       k, g, levels[k].variance[g]);
    return SKUA_OK;
}

skua_status skuai_reconcile(const double *forecast, const double *variance, size_t n,
                            const skuai_hierarchy_level *levels, size_t n_levels, double floor,
                            double *result, skua_error *err) {
    size_t most = 1;
    SKUA_TRY(check(forecast, variance, n, levels, n_levels, err));
    for (size_t k = 0; k < n_levels; k++)
        most = levels[k].n_groups > most ? levels[k].n_groups : most;
    double *work = skuai_new(6 * n + most, sizeof *work);
    if (!work) return skuai_error_memory(err, "reconciliation");
    equations e = {levels, n, n_levels, variance, work + 6 * n};
    double *right = work, *diagonal = work + n, *x = work + 2 * n;
    prepare(&e, forecast, right, diagonal);
    solve(&e, diagonal, right, x, work + 3 * n);
    for (size_t i = 0; i < n; i++) {
        double value = forecast[i] + x[i];
        result[i] = value > floor ? value : floor;
    }
    skuai_free(work);
    return SKUA_OK;
}

void skuai_reconcile_move(const double *mean, double floor, skuai_forecast *forecast) {
    for (size_t i = 0; i < forecast->n_series * forecast->horizon; i++) {
        double *q = forecast->quantiles + i * forecast->n_quantiles;
        double before = forecast->mean[i], now = mean[i];
        bool scaled = floor == 0 && before > 0 && now >= 0;
        for (size_t k = 0; k < forecast->n_quantiles; k++) {
            q[k] = scaled ? q[k] * (now / before) : q[k] + (now - before);
            if (q[k] < floor) q[k] = floor;
        }
        forecast->mean[i] = now;
    }
}
