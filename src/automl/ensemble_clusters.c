#include "automl/ensemble_clusters.h"

#include "math/statistics.h"

#include <math.h>
#include <string.h>

enum { F = SKUAI_CLUSTER_FEATURES, STEPS = 25 };

static void features_of(const skuai_panel *panel, size_t s, double *x) {
    const double *y = skuai_panel_target(panel, s);
    size_t n = panel->length[s], season = (size_t)panel->season;
    double mean = skuai_mean(y, n), deviation = skuai_deviation(y, n, 1);
    x[0] = log1p(fabs(mean));
    x[1] = log1p(deviation / fabs(mean));
    x[2] = n > 2 ? skuai_autocorrelation(y, n, 1) : 0;
    x[3] = season > 1 && n > season + 1 ? skuai_autocorrelation(y, n, season) : 0;
    for (size_t k = 0; k < F; k++)
        if (!isfinite(x[k])) x[k] = 0;
}

static double distance(const double *x, const double *centre) {
    double sum = 0;
    for (size_t k = 0; k < F; k++)
        sum += (x[k] - centre[k]) * (x[k] - centre[k]);
    return sum;
}

static size_t nearest(const skuai_clusters *c, const double *x) {
    size_t best = 0;
    for (size_t g = 1; g < c->n; g++)
        if (distance(x, c->centre[g]) < distance(x, c->centre[best])) best = g;
    return best;
}

static void standardise(const skuai_clusters *c, double *x) {
    for (size_t k = 0; k < F; k++)
        x[k] = (x[k] - c->mean[k]) / c->spread[k];
}

/* x [n, F] in place. */
static void learn_scale(skuai_clusters *c, double *x, size_t n) {
    for (size_t k = 0; k < F; k++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[i * F + k];
        c->mean[k] = sum / (double)n;
        for (size_t i = 0; i < n; i++)
            square += (x[i * F + k] - c->mean[k]) * (x[i * F + k] - c->mean[k]);
        c->spread[k] = square > 0 ? sqrt(square / (double)n) : 1;
    }
    for (size_t i = 0; i < n; i++)
        standardise(c, x + i * F);
}

/* The next centre is the series farthest from all centres; the first one that nearest to 0. */
static void seed_centres(skuai_clusters *c, const double *x, size_t n, size_t wanted) {
    static const double origin[F] = {0};
    size_t first = 0;
    for (size_t i = 1; i < n; i++)
        if (distance(x + i * F, origin) < distance(x + first * F, origin)) first = i;
    memcpy(c->centre[0], x + first * F, sizeof c->centre[0]);
    for (c->n = 1; c->n < wanted; c->n++) {
        size_t far = 0;
        double most = -1;
        for (size_t i = 0; i < n; i++) {
            double d = distance(x + i * F, c->centre[nearest(c, x + i * F)]);
            if (d > most) most = d, far = i;
        }
        memcpy(c->centre[c->n], x + far * F, sizeof c->centre[0]);
    }
}

static void move_centres(skuai_clusters *c, const double *x, size_t n) {
    double sum[SKUAI_ENSEMBLE_CLUSTERS][F] = {{0}};
    size_t count[SKUAI_ENSEMBLE_CLUSTERS] = {0};
    for (size_t i = 0; i < n; i++) {
        size_t g = nearest(c, x + i * F);
        count[g]++;
        for (size_t k = 0; k < F; k++)
            sum[g][k] += x[i * F + k];
    }
    for (size_t g = 0; g < c->n; g++)
        for (size_t k = 0; k < F && count[g]; k++)
            c->centre[g][k] = sum[g][k] / (double)count[g];
}

skua_status skuai_clusters_find(const skuai_panel *panel, const bool *counts,
                                skuai_clusters *clusters, skua_error *err) {
    skuai_clusters c = {0};
    size_t n = 0;
    double *x = skuai_new(panel->n_series * F + 1, sizeof *x);
    if (!x) return skuai_error_memory(err, "clusters of series");
    for (size_t s = 0; s < panel->n_series; s++)
        if (counts[s]) features_of(panel, s, x + n++ * F);
    size_t wanted = n / SKUAI_CLUSTER_SERIES;
    if (wanted > SKUAI_ENSEMBLE_CLUSTERS) wanted = SKUAI_ENSEMBLE_CLUSTERS;
    if (wanted >= 2) {
        learn_scale(&c, x, n);
        seed_centres(&c, x, n, wanted);
        for (int i = 0; i < STEPS; i++)
            move_centres(&c, x, n);
    }
    skuai_free(x);
    *clusters = c;
    return SKUA_OK;
}

size_t skuai_clusters_of(const skuai_clusters *c, const skuai_panel *panel, size_t s) {
    double x[F];
    if (c->n == 0) return 0;
    features_of(panel, s, x);
    standardise(c, x);
    return nearest(c, x);
}
