/* Trace minimisation with a shrunk correlation of the nodes' errors. R = Delta + X'X (1 - l) /
 * (T - 1) has rank T beside its diagonal, so its inverse is applied by Woodbury's identity. */
#include "forecast/reconciliation.h"
#include "math/linear.h"

#include <math.h>
#include <string.h>

enum { ITERATIONS_MOST = 500, ERRORS_LEAST = 3 };
static const double SHRINKAGE_LEAST = 0.01; /* as many nodes as errors would make R singular */

void skuai_error_correlation_clear(skuai_error_correlation *c) {
    skuai_free(c->x);
    skuai_free(c->diagonal);
    skuai_free(c->factor);
    *c = (skuai_error_correlation){0};
}

/* -- The correlation -------------------------------------------------------------------------- */

/* Column i of errors to mean 0 and deviation 1; false: it has none. */
static bool standardise(const double *errors, size_t T, size_t N, size_t i, double *x) {
    double sum = 0, square = 0;
    size_t n = 0;
    for (size_t t = 0; t < T; t++)
        if (!isnan(errors[t * N + i])) sum += errors[t * N + i], n++;
    for (size_t t = 0; t < T; t++) {
        x[t * N + i] = isnan(errors[t * N + i]) ? 0 : errors[t * N + i] - sum / (double)n;
        square += x[t * N + i] * x[t * N + i];
    }
    bool good = n >= ERRORS_LEAST && square > 0 && isfinite(square);
    double scale = good ? sqrt((double)(T - 1) / square) : 0; /* squares sum to T - 1 */
    for (size_t t = 0; t < T; t++)
        x[t * N + i] = good ? x[t * N + i] * scale : 0;
    return good;
}

/* sum of Var(r_ij) over sum of r_ij^2, i != j, by sums over pairs of errors instead of pairs of
 * nodes: sum_ij (sum_t x_ti x_tj)^2 = sum_tu (x_t . x_u)^2. */
static double shrinkage_of(const double *x, size_t T, size_t N) {
    double fourth = 0, product = 0, own = 0;
    for (size_t t = 0; t < T; t++) {
        double square = 0;
        for (size_t i = 0; i < N; i++) {
            double v = x[t * N + i] * x[t * N + i];
            square += v;
            fourth -= v * v; /* the pairs i = j */
        }
        fourth += square * square;
        for (size_t u = 0; u < T; u++) {
            double dot = 0;
            for (size_t i = 0; i < N; i++)
                dot += x[t * N + i] * x[u * N + i];
            product += dot * dot;
        }
    }
    for (size_t i = 0; i < N; i++) {
        double square = 0;
        for (size_t t = 0; t < T; t++)
            square += x[t * N + i] * x[t * N + i];
        own += square * square;
    }
    double n = (double)T, pairs = product - own; /* sum over i != j of (sum_t w_tij)^2 */
    double variance = n / ((n - 1) * (n - 1) * (n - 1)) * (fourth - pairs / n);
    double correlation = pairs / ((n - 1) * (n - 1));
    return correlation > 0 ? fmin(fmax(variance / correlation, SHRINKAGE_LEAST), 1) : 1;
}

static skua_status factorise(skuai_error_correlation *c, skua_error *err) {
    size_t T = c->n_errors, N = c->n_nodes;
    for (size_t t = 0; t < T; t++)
        for (size_t u = 0; u < T; u++) {
            double sum = t == u ? (double)(T - 1) / (1 - c->shrinkage) : 0;
            for (size_t i = 0; i < N; i++)
                sum += c->x[t * N + i] * c->x[u * N + i] / c->diagonal[i];
            c->factor[t * T + u] = sum;
        }
    return skuai_cholesky(c->factor, T, err);
}

skua_status skuai_error_correlation_make(const double *errors, size_t T, size_t N,
                                         skuai_error_correlation *correlation, skua_error *err) {
    skuai_error_correlation c = {.n_errors = T, .n_nodes = N, .shrinkage = 1};
    c.x = skuai_new(T * N + 1, sizeof *c.x);
    c.diagonal = skuai_new(N + 1, sizeof *c.diagonal);
    c.factor = skuai_new(T * T + 1, sizeof *c.factor);
    skua_status status =
        c.x && c.diagonal && c.factor ? SKUA_OK : skuai_error_memory(err, "reconciliation");
    for (size_t i = 0; i < N && status == SKUA_OK; i++)
        c.diagonal[i] = T >= ERRORS_LEAST && standardise(errors, T, N, i, c.x) ? 0 : 1;
    if (status == SKUA_OK && T >= ERRORS_LEAST) c.shrinkage = shrinkage_of(c.x, T, N);
    for (size_t i = 0; i < N && status == SKUA_OK; i++)
        if (c.diagonal[i] == 0) c.diagonal[i] = c.shrinkage;
    if (status == SKUA_OK && c.shrinkage < 1) status = factorise(&c, err);
    if (status == SKUA_OK)
        *correlation = c;
    else
        skuai_error_correlation_clear(&c);
    return status;
}

/* v [N] to R^-1 v in place; work [T]. */
static void apply_inverse(const skuai_error_correlation *c, double *v, double *work) {
    size_t T = c->n_errors, N = c->n_nodes;
    for (size_t i = 0; i < N; i++)
        v[i] /= c->diagonal[i];
    if (c->shrinkage >= 1) return;
    for (size_t t = 0; t < T; t++) {
        work[t] = 0;
        for (size_t i = 0; i < N; i++)
            work[t] += c->x[t * N + i] * v[i];
    }
    skuai_cholesky_solve(c->factor, T, work);
    for (size_t t = 0; t < T; t++)
        for (size_t i = 0; i < N; i++)
            v[i] -= c->x[t * N + i] * work[t] / c->diagonal[i];
}

/* -- The equations ---------------------------------------------------------------------------- */

typedef struct nodes {
    const skuai_hierarchy_level *levels;
    size_t n, n_levels;
    const skuai_error_correlation *correlation;
    double *root; /* [N] 1 / deviation of each node; 0: it has no forecast and counts for nothing */
    double *v;    /* [N] */
    double *work; /* [T] */
} nodes;

/* v = S x: bottom values, then the sums of each level. */
static void sum_up(const nodes *e, const double *x) {
    double *at = e->v + e->n;
    memcpy(e->v, x, e->n * sizeof *x);
    for (size_t k = 0; k < e->n_levels; k++) {
        memset(at, 0, e->levels[k].n_groups * sizeof *at);
        for (size_t i = 0; i < e->n; i++)
            if (e->levels[k].group[i] >= 0) at[e->levels[k].group[i]] += x[i];
        at += e->levels[k].n_groups;
    }
}

/* out = S' W^-1 v. */
static void pull_down(const nodes *e, double *out) {
    size_t N = e->correlation->n_nodes;
    for (size_t i = 0; i < N; i++)
        e->v[i] *= e->root[i];
    apply_inverse(e->correlation, e->v, e->work);
    for (size_t i = 0; i < N; i++)
        e->v[i] *= e->root[i];
    const double *at = e->v + e->n;
    memcpy(out, e->v, e->n * sizeof *out);
    for (size_t k = 0; k < e->n_levels; k++) {
        for (size_t i = 0; i < e->n; i++)
            if (e->levels[k].group[i] >= 0) out[i] += at[e->levels[k].group[i]];
        at += e->levels[k].n_groups;
    }
}

/* Deviations of all nodes, and in `gap` what their forecasts have over the sums of the bottom. */
static void lay_out(const nodes *e, const double *variance, const double *forecast, double *gap) {
    size_t at = e->n;
    sum_up(e, forecast);
    for (size_t i = 0; i < e->n; i++)
        e->root[i] = 1 / sqrt(variance[i]), gap[i] = 0;
    for (size_t k = 0; k < e->n_levels; k++)
        for (size_t g = 0; g < e->levels[k].n_groups; g++, at++) {
            bool known = !isnan(e->levels[k].forecast[g]);
            e->root[at] = known ? 1 / sqrt(e->levels[k].variance[g]) : 0;
            gap[at] = known ? e->levels[k].forecast[g] - e->v[at] : 0;
        }
}

/* Diagonal of S' V^-1 S: the preconditioner. */
static void precondition(const nodes *e, double *diagonal) {
    const double *at = e->root + e->n;
    for (size_t i = 0; i < e->n; i++)
        diagonal[i] = e->root[i] * e->root[i];
    for (size_t k = 0; k < e->n_levels; k++) {
        for (size_t i = 0; i < e->n; i++)
            if (e->levels[k].group[i] >= 0)
                diagonal[i] += at[e->levels[k].group[i]] * at[e->levels[k].group[i]];
        at += e->levels[k].n_groups;
    }
}

static double dot(const double *x, const double *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Conjugate gradients for S' W^-1 S x = residual, x 0 at the start. work [4 n] */
static void solve(const nodes *e, double *residual, double *x, double *work) {
    size_t n = e->n;
    double *p = work, *z = work + n, *image = work + 2 * n, *diagonal = work + 3 * n;
    precondition(e, diagonal);
    for (size_t i = 0; i < n; i++) {
        x[i] = 0;
        p[i] = z[i] = residual[i] / diagonal[i];
    }
    double rho = dot(residual, z, n), least = 1e-24 * rho;
    for (int step = 0; step < ITERATIONS_MOST && rho > least && rho > 0; step++) {
        sum_up(e, p);
        pull_down(e, image);
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
                         const skuai_hierarchy_level *levels, size_t n_levels, size_t n_nodes,
                         skua_error *err) {
    size_t N = n;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(forecast[i]) || !(variance[i] > 0) || !isfinite(variance[i]))
            return skuai_error_set(err, SKUA_EDATA,
                                   "bottom series %zu: forecast %g with error variance %g", i,
                                   forecast[i], variance[i]);
    for (size_t k = 0; k < n_levels; N += levels[k++].n_groups)
        for (size_t g = 0; g < levels[k].n_groups; g++)
            if (!isnan(levels[k].forecast[g]) &&
                (!(levels[k].variance[g] > 0) || !isfinite(levels[k].variance[g])))
                return skuai_error_set(err, SKUA_EDATA, "level %zu, group %zu: error variance %g",
                                       k, g, levels[k].variance[g]);
    if (N != n_nodes)
        return skuai_error_set(err, SKUA_EINVAL, "a correlation of %zu nodes for %zu", n_nodes, N);
    return SKUA_OK;
}

skua_status skuai_reconcile_correlated(const double *forecast, const double *variance, size_t n,
                                       const skuai_hierarchy_level *levels, size_t n_levels,
                                       const skuai_error_correlation *correlation, double floor,
                                       double *result, skua_error *err) {
    size_t N = correlation->n_nodes;
    SKUA_TRY(check(forecast, variance, n, levels, n_levels, N, err));
    double *space = skuai_new(2 * N + correlation->n_errors + 6 * n + 1, sizeof *space);
    if (!space) return skuai_error_memory(err, "reconciliation");
    nodes e = {levels, n, n_levels, correlation, space, space + N, space + 2 * N};
    double *residual = e.work + correlation->n_errors, *x = residual + n, *work = x + n;
    double *gap = skuai_new(N + 1, sizeof *gap);
    skua_status status = gap ? SKUA_OK : skuai_error_memory(err, "reconciliation");
    if (status == SKUA_OK) {
        lay_out(&e, variance, forecast, gap);
        memcpy(e.v, gap, N * sizeof *gap);
        pull_down(&e, residual);
        solve(&e, residual, x, work);
        for (size_t i = 0; i < n; i++)
            result[i] = fmax(forecast[i] + x[i], floor);
    }
    skuai_free(gap);
    skuai_free(space);
    return status;
}
