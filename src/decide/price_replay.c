#include "decide/price_replay.h"

#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double least_bandwidth = 0.01; /* a hundredth of the price */

typedef struct replay {
    const skuai_price_log *rows;
    size_t n;
    double *weight; /* [n] */
    double *score;  /* [n] gain of each row, doubly robust */
    size_t met;
    double gain_weighted;
} replay;

static int by_law(const void *a, const void *b) {
    const skuai_price_log *const *x = a, *const *y = b;
    if ((*x)->law != (*y)->law) return (*x)->law < (*y)->law ? -1 : 1;
    return (*x > *y) - (*x < *y);
}

static double x_of(double price, double usual) {
    return log(price / usual);
}

static double kernel(double z) {
    return fabs(z) < 6 ? skuai_normal_pdf(z) : 0;
}

/* Density of the law's prices at x, and how many lie within a bandwidth. */
static double density(const double *x, size_t n, double h, double at, size_t *near) {
    double sum = 0;
    size_t count = 0;
    for (size_t j = 0; j < n; j++) {
        double z = (x[j] - at) / h;
        sum += kernel(z);
        count += fabs(z) <= 1;
    }
    if (near) *near = count;
    return sum / ((double)n * h);
}

/* Silverman's rule, on the smaller of deviation and interquartile range. */
static double bandwidth(const double *x, size_t n, double *scratch) {
    memcpy(scratch, x, n * sizeof *scratch);
    skuai_sort(scratch, n);
    double spread = sqrt(skuai_variance(x, n, 1)), quartiles = 0;
    quartiles = (skuai_quantile_sorted(scratch, n, 0.75) - skuai_quantile_sorted(scratch, n, 0.25));
    if (quartiles > 0 && quartiles / 1.34 < spread) spread = quartiles / 1.34;
    double h = 0.9 * spread * pow((double)n, -0.2);
    return h > least_bandwidth ? h : least_bandwidth;
}

/* Weights and scores of the n rows of a law; x and scratch [n]. */
static void score_law(replay *r, const skuai_price_log *const *rows, size_t n, double *x,
                      double *scratch) {
    double total = 0, margin = 0, weighted = 0;
    for (size_t i = 0; i < n; i++)
        x[i] = x_of(rows[i]->price, rows[i]->usual);
    double h = bandwidth(x, n, scratch);
    for (size_t i = 0; i < n; i++) {
        const skuai_price_log *l = rows[i];
        size_t at = (size_t)(l - r->rows), near = 0;
        double plan = x_of(l->plan, l->usual);
        double w = kernel((plan - x[i]) / h) / h / density(x, n, h, x[i], NULL);
        (void)density(x, n, h, plan, &near);
        r->met += near >= 5;
        r->weight[at] = w > SKUAI_PRICE_REPLAY_WEIGHT ? SKUAI_PRICE_REPLAY_WEIGHT : w;
        r->score[at] =
            (l->plan - l->cost) * (l->model_plan + r->weight[at] * (l->units - l->model)) -
            (l->price - l->cost) * l->units;
        total += r->weight[at];
        margin += (l->price - l->cost) * l->units;
        weighted += r->weight[at] * (l->plan - l->cost) * l->units;
    }
    if (total > 0) r->gain_weighted += weighted * (double)n / total - margin;
}

/* -- Errors ------------------------------------------------------------------------------------ */

typedef struct part {
    size_t law;
    int64_t period;
    double score;
} part;

static int by_part(const void *a, const void *b) {
    const part *x = a, *y = b;
    if (x->law != y->law) return x->law < y->law ? -1 : 1;
    return (x->period > y->period) - (x->period < y->period);
}

/* Standard error of the sum of scores, clustered by period, or by law and block of periods. */
static double clustered(const replay *r, bool by_period, part *parts, double mean) {
    size_t n_clusters = 0;
    double square = 0, sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        int64_t t = r->rows[i].period, block = SKUAI_PRICE_REPLAY_BLOCK;
        parts[i] = (part){by_period ? 0 : r->rows[i].law,
                          by_period ? t : (t >= 0 ? t : t - block + 1) / block, r->score[i] - mean};
    }
    qsort(parts, r->n, sizeof *parts, by_part);
    for (size_t i = 0; i < r->n; i++) {
        sum += parts[i].score;
        if (i + 1 < r->n && by_part(&parts[i], &parts[i + 1]) == 0) continue;
        square += sum * sum;
        sum = 0;
        n_clusters++;
    }
    if (n_clusters < 2) return 0;
    return sqrt(square * (double)n_clusters / (double)(n_clusters - 1));
}

static skua_status check(const skuai_price_log *rows, size_t n, size_t n_laws, skua_error *err) {
    bool two = false;
    for (size_t i = 0; i < n; i++) {
        const skuai_price_log *l = &rows[i];
        two = two || l->period != rows[0].period;
        if (l->law >= n_laws || !(l->price > 0) || !(l->plan > 0) || !(l->usual > 0) ||
            !isfinite(l->cost) || !isfinite(l->units) || !isfinite(l->model) ||
            !isfinite(l->model_plan))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "row %zu of a replay of prices: price %g, plan %g, cost %g", i,
                                   l->price, l->plan, l->cost);
    }
    if (!two)
        return skuai_error_set(err, SKUA_EDATA,
                               "a replay of prices wants at least two periods with a price, a "
                               "cost, sales and no promotion");
    return SKUA_OK;
}

static void finish(const replay *r, part *parts, double confidence,
                   skuai_price_replay_result *result) {
    skuai_price_replay_result s = {.n = r->n, .gain_weighted = r->gain_weighted};
    double sum = 0, square = 0;
    for (size_t i = 0; i < r->n; i++) {
        const skuai_price_log *l = &r->rows[i];
        s.logged += (l->price - l->cost) * l->units;
        s.gain += r->score[i];
        s.gain_model += (l->plan - l->cost) * l->model_plan - (l->price - l->cost) * l->model;
        s.n_changed += fabs(l->plan / l->price - 1) >= 0.005;
        sum += r->weight[i];
        square += r->weight[i] * r->weight[i];
    }
    double mean = s.gain / (double)r->n, z = skuai_normal_quantile(0.5 + confidence / 2);
    s.error = fmax(clustered(r, true, parts, mean), clustered(r, false, parts, mean));
    s.low = s.gain - z * s.error;
    s.high = s.gain + z * s.error;
    s.effective = square > 0 ? sum * sum / square : 0;
    s.met = (double)r->met / (double)r->n;
    *result = s;
}

skua_status skuai_price_replay_run(const skuai_price_log *rows, size_t n, size_t n_laws,
                                   double confidence, skuai_price_replay_result *result,
                                   skua_error *err) {
    SKUA_TRY(check(rows, n, n_laws, err));
    replay r = {.rows = rows, .n = n};
    double *all = skuai_new(4 * n, sizeof *all);
    const skuai_price_log **order = skuai_new(n, sizeof *order);
    part *parts = skuai_new(n, sizeof *parts);
    skua_status status =
        all && order && parts ? SKUA_OK : skuai_error_memory(err, "a replay of prices");
    if (status == SKUA_OK) {
        r.weight = all, r.score = all + n;
        for (size_t i = 0; i < n; i++)
            order[i] = &rows[i];
        qsort((void *)order, n, sizeof *order, by_law);
        for (size_t from = 0, to; from < n; from = to) {
            for (to = from; to < n && order[to]->law == order[from]->law;)
                to++;
            score_law(&r, order + from, to - from, all + 2 * n, all + 3 * n);
        }
        finish(&r, parts, confidence, result);
    }
    skuai_free(all);
    skuai_free((void *)order);
    skuai_free(parts);
    return status;
}
