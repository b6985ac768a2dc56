#include "cause/effect_score.h"

#include "math/linear.h"

#include <math.h>
#include <string.h>

enum { K = SKUAI_SHRINK_WIDTH, WIDE = SKUAI_EFFECT_CLUSTER, TRUST = 10 };

double skuai_effect_believed(const skuai_effect_rows *r, size_t k) {
    bool price = r->k == 3 ? k == SKUAI_TREATMENT_REGULAR : k == SKUAI_TREATMENT_PRICE;
    return price ? 5 : 2;
}

/* Information and score of each of an item's clusters into table [clusters, WIDE], their sums a
 * [k, k] and s [k]; the number of clusters. */
static size_t cluster_scores(const skuai_effect_rows *r, const double *v, const double *mu,
                             const double *residual, size_t item, double *table, double *a,
                             double *s) {
    size_t k = r->k, from = r->first[item], to = r->first[item + 1], n = 0;
    uint32_t low = UINT32_MAX;
    for (size_t i = from; i < to; i++)
        if (r->cluster[i] < low) low = r->cluster[i];
    for (size_t i = from; i < to; i++)
        if (r->cluster[i] - low >= n) n = r->cluster[i] - low + 1;
    memset(a, 0, k * k * sizeof *a);
    memset(s, 0, k * sizeof *s);
    memset(table, 0, n * WIDE * sizeof *table);
    for (size_t i = from; i < to; i++) {
        double w = v[i] * mu[i], e = v[i] * (r->y[i] - mu[i]);
        double *own = table + (r->cluster[i] - low) * WIDE, *score = own + K * K;
        for (size_t x = 0; x < k; x++) {
            double dx = residual[x * r->n + i];
            score[x] += e * dx;
            for (size_t y = 0; y < k; y++)
                own[x * k + y] += w * dx * residual[y * r->n + i];
        }
    }
    for (size_t c = 0; c < n; c++) {
        const double *own = table + c * WIDE;
        for (size_t e = 0; e < k * k; e++)
            a[e] += own[e];
        for (size_t x = 0; x < k; x++)
            s[x] += own[K * K + x];
    }
    return n;
}

/* Products m [k, k] of the clusters' scores at the item's own estimate, a step [k] away: at the
 * shrunk one what shrinking leaves would count as noise. The step takes noise with it, by what the
 * information of the clusters says: E m = sum a_c - a_c a^-1 a_c, made up for by row and column. */
static void cluster_products(size_t k, size_t n, const double *table, const double *a,
                             const double *inverse, const double *step, double *m) {
    double expected[K] = {0}, t[K * K];
    memset(m, 0, k * k * sizeof *m);
    for (size_t c = 0; c < n; c++) {
        const double *own = table + c * WIDE, *score = own + K * K;
        double left[K];
        skuai_matrix_product(own, inverse, k, k, k, t);
        for (size_t x = 0; x < k; x++) {
            left[x] = score[x] - skuai_dot(own + x * k, step, k);
            expected[x] += own[x * k + x];
            for (size_t y = 0; y < k; y++)
                expected[x] -= t[x * k + y] * own[y * k + x];
        }
        for (size_t x = 0; x < k; x++)
            for (size_t y = 0; y < k; y++)
                m[x * k + y] += left[x] * left[y];
    }
    for (size_t x = 0; x < k; x++)
        for (size_t y = 0; y < k; y++)
            if (expected[x] > 0.05 * a[x * k + x] && expected[y] > 0.05 * a[y * k + y])
                m[x * k + y] *= sqrt(a[x * k + x] / expected[x] * a[y * k + y] / expected[y]);
}

skua_status skuai_effect_item_scores(const skuai_effect_rows *r, const double *v, const double *mu,
                                     const double *residual, size_t item, double *table,
                                     skuai_effect_scores *out, skua_error *err) {
    size_t k = r->k;
    double s[K], l[K * K], whole = 0, square = 0;
    size_t n = cluster_scores(r, v, mu, residual, item, table, out->a, s);
    memcpy(l, out->a, k * k * sizeof *l);
    for (size_t x = 0; x < k; x++)
        l[x * k + x] += 1 / pow(skuai_effect_believed(r, x), 2);
    SKUA_TRY(skuai_cholesky(l, k, err));
    skuai_cholesky_inverse(l, k, out->inverse);
    for (size_t x = 0; x < k; x++)
        out->step[x] = skuai_dot(out->inverse + x * k, s, k);
    for (size_t c = 0; c < n; c++) {
        whole += table[c * WIDE];
        square += table[c * WIDE] * table[c * WIDE];
    }
    out->clusters = square > 0 ? whole * whole / square : 0;
    cluster_products(k, n, table, out->a, out->inverse, out->step, out->m);
    return SKUA_OK;
}

void skuai_effect_item_covariance(const skuai_effect_rows *r, const skuai_effect_scores *i,
                                  const double *ratio, double *covariance) {
    size_t k = r->k;
    double meat[K * K] = {0}, half[K * K], trust = i->clusters / (i->clusters + TRUST);
    for (size_t x = 0; x < k; x++)
        for (size_t y = 0; y < k; y++) {
            size_t e = x * k + y;
            double usual = x == y ? 1 / pow(skuai_effect_believed(r, x), 2) : 0;
            meat[e] = trust * i->m[e] + (1 - trust) * sqrt(ratio[x] * ratio[y]) * i->a[e] + usual;
        }
    skuai_matrix_product(i->inverse, meat, k, k, k, half);
    skuai_matrix_product(half, i->inverse, k, k, k, covariance);
    for (size_t x = 0; x < k; x++)
        for (size_t y = 0; y < x; y++)
            covariance[x * k + y] = covariance[y * k + x];
}
