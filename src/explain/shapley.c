#include "explain/shapley.h"

#include "core/random.h"
#include "math/linear.h"

#include <math.h>
#include <string.h>

static skua_status check(const skuai_game *g, size_t most, skua_error *err) {
    if (g->n == 0 || g->n > most || g->k == 0)
        return skuai_error_set(err, SKUA_EINVAL, "%zu players: need 1 to %zu", g->n, most);
    return SKUA_OK;
}

/* Worths that are all finite. */
static skua_status ask(const skuai_game *g, const bool *coalitions, size_t m, double *values,
                       skua_error *err) {
    SKUA_TRY(g->worth(g->user, coalitions, m, values, err));
    for (size_t i = 0; i < m * g->k; i++)
        if (!isfinite(values[i]))
            return skuai_error_set(err, SKUA_EDATA, "a coalition's worth is not a number");
    return SKUA_OK;
}

static skua_status ends(const skuai_game *g, double *none, double *all, skua_error *err) {
    bool coalitions[2 * SKUAI_SHAPLEY_MOST] = {false};
    double *values = skuai_new(2 * g->k, sizeof *values);
    if (!values) return skuai_error_memory(err, "Shapley values");
    for (size_t i = 0; i < g->n; i++)
        coalitions[g->n + i] = true;
    skua_status status = ask(g, coalitions, 2, values, err);
    if (status == SKUA_OK) {
        memcpy(none, values, g->k * sizeof *none);
        memcpy(all, values + g->k, g->k * sizeof *all);
    }
    skuai_free(values);
    return status;
}

/* Contributions sum to all less none, or something is wrong with us. */
static skua_status verify(const skuai_game *g, const double *contribution, const double *none,
                          const double *all, skua_error *err) {
    for (size_t h = 0; h < g->k; h++) {
        double sum = none[h], size = fabs(none[h]) + fabs(all[h]);
        for (size_t i = 0; i < g->n; i++) {
            sum += contribution[i * g->k + h];
            size += fabs(contribution[i * g->k + h]);
        }
        if (!(fabs(sum - all[h]) <= 1e-8 * (1 + size)))
            return skuai_error_set(err, SKUA_EINTERNAL, "contributions sum to %g, not to %g", sum,
                                   all[h]);
    }
    return SKUA_OK;
}

skua_status skuai_shapley_exact(const skuai_game *g, double *contribution, double *none,
                                double *all, skua_error *err) {
    SKUA_TRY(check(g, SKUAI_SHAPLEY_EXACT_MOST, err));
    size_t n = g->n, k = g->k, m = (size_t)1 << n;
    bool *coalitions = skuai_new(m * n, sizeof *coalitions);
    double *values = skuai_new(m * k, sizeof *values), weight[SKUAI_SHAPLEY_EXACT_MOST];
    skua_status status = coalitions && values ? SKUA_OK : skuai_error_memory(err, "Shapley values");
    if (status == SKUA_OK) {
        for (size_t c = 0; c < m; c++)
            for (size_t i = 0; i < n; i++)
                coalitions[c * n + i] = c >> i & 1;
        status = ask(g, coalitions, m, values, err);
    }
    weight[0] = 1 / (double)n; /* s! (n - s - 1)! / n! */
    for (size_t s = 1; s < n; s++)
        weight[s] = weight[s - 1] * (double)s / (double)(n - s);
    if (status == SKUA_OK) memset(contribution, 0, n * k * sizeof *contribution);
    for (size_t c = 0; c < m && status == SKUA_OK; c++) {
        size_t size = 0;
        for (size_t i = 0; i < n; i++)
            size += c >> i & 1;
        for (size_t i = 0; i < n; i++) {
            if (c >> i & 1) continue;
            const double *with = values + (c | (size_t)1 << i) * k, *without = values + c * k;
            for (size_t h = 0; h < k; h++)
                contribution[i * k + h] += weight[size] * (with[h] - without[h]);
        }
    }
    if (status == SKUA_OK) {
        memcpy(none, values, k * sizeof *none);
        memcpy(all, values + (m - 1) * k, k * sizeof *all);
        status = verify(g, contribution, none, all, err);
    }
    skuai_free(coalitions);
    skuai_free(values);
    return status;
}

/* -- Kernel SHAP --------------------------------------------------------------------------------
 */

/* All coalitions but none and all, with the kernel's weight (n - 1) / (C(n, s) s (n - s)). */
static void enumerate(size_t n, bool *coalitions, double *weight) {
    for (size_t c = 1; c + 1 < (size_t)1 << n; c++) {
        size_t size = 0;
        double choose = 1;
        for (size_t i = 0; i < n; i++)
            size += coalitions[(c - 1) * n + i] = c >> i & 1;
        for (size_t i = 0; i < size; i++)
            choose = choose * (double)(n - i) / (double)(i + 1);
        weight[c - 1] = (double)(n - 1) / (choose * (double)size * (double)(n - size));
    }
}

/* Sizes drawn by the kernel's mass 1 / (s (n - s)), members at random, each with its complement. */
static void draw(size_t n, size_t m, uint64_t seed, bool *coalitions, double *weight) {
    skuai_random random;
    skuai_random_init(&random, seed);
    double mass = 0;
    for (size_t s = 1; s < n; s++)
        mass += 1 / (double)(s * (n - s));
    for (size_t c = 0; c + 1 < m; c += 2) {
        size_t order[SKUAI_SHAPLEY_MOST], size = 1;
        double at = skuai_random_uniform(&random) * mass;
        while (size + 1 < n && (at -= 1 / (double)(size * (n - size))) > 0)
            size++;
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        skuai_random_shuffle(&random, order, n);
        for (size_t i = 0; i < n; i++) {
            coalitions[c * n + order[i]] = i < size;
            coalitions[(c + 1) * n + order[i]] = i >= size;
        }
        weight[c] = weight[c + 1] = 1;
    }
}

/* The regression [2] with the sum's constraint solved for the last player. */
static skua_status regress(const skuai_game *g, const bool *coalitions, const double *weight,
                           const double *values, size_t m, double *contribution, const double *none,
                           const double *all, skua_error *err) {
    size_t n = g->n, p = n - 1, k = g->k;
    double gram[SKUAI_SHAPLEY_MOST * SKUAI_SHAPLEY_MOST] = {0}, x[SKUAI_SHAPLEY_MOST];
    double *right = skuai_zero(p * k + 1, sizeof *right);
    if (!right) return skuai_error_memory(err, "kernel SHAP");
    for (size_t c = 0; c < m; c++) {
        double last = coalitions[c * n + p];
        for (size_t i = 0; i < p; i++)
            x[i] = coalitions[c * n + i] - last;
        for (size_t i = 0; i < p; i++) {
            for (size_t j = 0; j <= i; j++)
                gram[i * p + j] += weight[c] * x[i] * x[j];
            for (size_t h = 0; h < k; h++)
                right[h * p + i] +=
                    weight[c] * x[i] * (values[c * k + h] - none[h] - last * (all[h] - none[h]));
        }
    }
    skua_status status = p ? skuai_cholesky(gram, p, err) : SKUA_OK;
    if (status == SKUA_ESINGULAR)
        status =
            skuai_error_set(err, SKUA_EINVAL, "%zu coalitions are too few for %zu players", m, n);
    for (size_t h = 0; h < k && status == SKUA_OK; h++) {
        double rest = all[h] - none[h];
        if (p) skuai_cholesky_solve(gram, p, right + h * p);
        for (size_t i = 0; i < p; i++) {
            contribution[i * k + h] = right[h * p + i];
            rest -= right[h * p + i];
        }
        contribution[p * k + h] = rest;
    }
    skuai_free(right);
    return status;
}

skua_status skuai_shapley_kernel(const skuai_game *g, size_t samples, uint64_t seed,
                                 double *contribution, double *none, double *all, skua_error *err) {
    SKUA_TRY(check(g, SKUAI_SHAPLEY_MOST, err));
    size_t every = ((size_t)1 << g->n) - 2;
    bool exact = samples >= every;
    size_t m = exact ? every : 2 * (samples / 2);
    SKUA_TRY(ends(g, none, all, err));
    bool *coalitions = skuai_zero(m * g->n + 1, sizeof *coalitions);
    double *values = skuai_new(m * g->k + m + 1, sizeof *values);
    skua_status status = coalitions && values ? SKUA_OK : skuai_error_memory(err, "kernel SHAP");
    double *weight = status == SKUA_OK ? values + m * g->k : NULL;
    if (status == SKUA_OK && exact) enumerate(g->n, coalitions, weight);
    if (status == SKUA_OK && !exact) draw(g->n, m, seed, coalitions, weight);
    if (status == SKUA_OK && m) status = ask(g, coalitions, m, values, err);
    if (status == SKUA_OK)
        status = regress(g, coalitions, weight, values, m, contribution, none, all, err);
    if (status == SKUA_OK) status = verify(g, contribution, none, all, err);
    skuai_free(coalitions);
    skuai_free(values);
    return status;
}

/* -- Permutations -------------------------------------------------------------------------------
 */

skua_status skuai_shapley_permutation(const skuai_game *g, size_t pairs, uint64_t seed,
                                      double *contribution, double *none, double *all,
                                      skua_error *err) {
    SKUA_TRY(check(g, SKUAI_SHAPLEY_MOST, err));
    if (pairs == 0) return skuai_error_set(err, SKUA_EINVAL, "no permutations were asked for");
    SKUA_TRY(ends(g, none, all, err));
    size_t n = g->n, k = g->k, m = n - 1;
    bool *coalitions = skuai_new(m * n + 1, sizeof *coalitions);
    double *values = skuai_new(m * k + 1, sizeof *values);
    skua_status status = coalitions && values ? SKUA_OK : skuai_error_memory(err, "Shapley values");
    if (status == SKUA_OK) memset(contribution, 0, n * k * sizeof *contribution);
    skuai_random random;
    skuai_random_init(&random, seed);
    size_t order[SKUAI_SHAPLEY_MOST];
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t q = 0; q < 2 * pairs && status == SKUA_OK; q++) {
        if (q % 2 == 0) skuai_random_shuffle(&random, order, n);
        for (size_t i = 0; i < n / 2 && q % 2 == 1; i++) {
            size_t swap = order[i];
            order[i] = order[n - 1 - i];
            order[n - 1 - i] = swap;
        }
        memset(coalitions, 0, m * n * sizeof *coalitions);
        for (size_t c = 0; c < m; c++)
            for (size_t i = 0; i <= c; i++)
                coalitions[c * n + order[i]] = true;
        if (m) status = ask(g, coalitions, m, values, err);
        for (size_t i = 0; i < n && status == SKUA_OK; i++)
            for (size_t h = 0; h < k; h++) {
                double after = i < m ? values[i * k + h] : all[h];
                double before = i ? values[(i - 1) * k + h] : none[h];
                contribution[order[i] * k + h] += (after - before) / (double)(2 * pairs);
            }
    }
    if (status == SKUA_OK) status = verify(g, contribution, none, all, err);
    skuai_free(coalitions);
    skuai_free(values);
    return status;
}
