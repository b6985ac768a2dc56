/* Weights of modalities: non-negative least squares, and which modalities earn their place. */
#include "automl/modality_sum.h"

#include <math.h>
#include <string.h>

enum { N = SKUAI_MODALITIES_MOST, FOLDS = SKUAI_MODALITY_FOLDS, SWEEPS = 2000 };

/* Coordinate by coordinate to the least |y - x w| with w >= 0, of those that are in. */
static void solve(const skuai_modality_sums *s, size_t n, const bool *in, double *w) {
    memset(w, 0, n * sizeof *w);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double moved = 0, size = 0;
        for (size_t i = 0; i < n; i++) {
            if (!in[i] || !(s->xx[i][i] > 0)) continue;
            double slope = s->xy[i];
            for (size_t j = 0; j < n; j++)
                slope -= s->xx[i][j] * w[j];
            double next = fmax(w[i] + slope / s->xx[i][i], 0);
            moved = fmax(moved, fabs(next - w[i]));
            size = fmax(size, next);
            w[i] = next;
        }
        if (moved <= 1e-10 * size) break;
    }
}

static double loss_of(const skuai_modality_sums *s, size_t n, const double *w) {
    double loss = s->yy;
    for (size_t i = 0; i < n; i++) {
        loss -= 2 * w[i] * s->xy[i];
        for (size_t j = 0; j < n; j++)
            loss += w[i] * w[j] * s->xx[i][j];
    }
    return loss;
}

static void add(const skuai_modality_sums *more, double sign, size_t n, skuai_modality_sums *s) {
    s->yy += sign * more->yy;
    for (size_t i = 0; i < n; i++) {
        s->xy[i] += sign * more->xy[i];
        for (size_t j = 0; j < n; j++)
            s->xx[i][j] += sign * more->xx[i][j];
    }
}

/* The loss of each fold by the weights of the others. */
static void cross_fit(const skuai_modality_sums *folds, const skuai_modality_sums *all, size_t n,
                      const bool *in, double *loss) {
    for (size_t f = 0; f < FOLDS; f++) {
        skuai_modality_sums rest = *all;
        double w[N];
        add(&folds[f], -1, n, &rest);
        solve(&rest, n, in, w);
        loss[f] = loss_of(&folds[f], n, w);
    }
}

/* How much greater `without` is than `with`, in standard errors of the mean over folds. */
static double worth(const double *with, const double *without) {
    double mean = 0, square = 0;
    for (size_t f = 0; f < FOLDS; f++)
        mean += (without[f] - with[f]) / FOLDS;
    for (size_t f = 0; f < FOLDS; f++) {
        double off = without[f] - with[f] - mean;
        square += off * off;
    }
    double error = sqrt(square / ((double)FOLDS * (FOLDS - 1)));
    return error > 0 ? mean / error : mean > 0 ? (double)INFINITY : 0;
}

void skuai_modality_choose(const skuai_modality_sums folds[FOLDS], size_t n, double *weights) {
    skuai_modality_sums all = {0};
    bool in[N] = {false};
    for (size_t f = 0; f < FOLDS; f++)
        add(&folds[f], 1, n, &all);
    for (size_t i = 0; i < n; i++)
        in[i] = true;
    for (;;) { /* the least useful leaves, as long as it is worth less than its error */
        double with[FOLDS], without[FOLDS], least = 1;
        size_t weakest = SIZE_MAX;
        cross_fit(folds, &all, n, in, with);
        for (size_t i = 1; i < n; i++) {
            if (!in[i]) continue;
            in[i] = false;
            cross_fit(folds, &all, n, in, without);
            in[i] = true;
            double value = worth(with, without);
            if (value < least) least = value, weakest = i;
        }
        if (weakest == SIZE_MAX) break;
        in[weakest] = false;
    }
    solve(&all, n, in, weights);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    if (!(sum > 0)) weights[0] = 1;
}
