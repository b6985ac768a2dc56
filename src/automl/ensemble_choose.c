/* Which weights: greedy selection by class and by cluster, and the calibration of the result. */
#include "automl/ensemble_series.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 20, BAGS = 5 };
static const double SHRINK_SERIES = 100; /* of a cluster, that count as much as its class */

/* -- Greedy selection ------------------------------------------------------------------------- */

/* What a series' quantiles are judged by. */
typedef struct judged {
    double weight;    /* 0: not at all */
    size_t low, high; /* the critical quantile is low_share q[low] + high_share q[high] */
    double low_share, high_share, level;
} judged;

/* One bag: the series of one class, in the windows used for choosing. */
typedef struct bag {
    const skuai_backtest *backtest;
    size_t from, to;
    int kind;
    const unsigned char *kinds; /* [windows, S] class or cluster of each series at each origin */
    unsigned char *times;       /* [S] how often the bag holds a series */
    double *sum;                /* [windows, S, H, Q] sum of the quantiles chosen so far */
    double *actual;             /* [windows, S, H] what came; NaN: unknown */
    const judged *costs;        /* [S]; NULL: mean pinball loss of all levels */
} bag;

/* Add `count` times the loss of quantiles (sum + q) / count at one point to part [Q]: level by
 * level, which the compiler can do side by side; a cost stands in the first. */
static inline void add_loss(const judged *cost, const double *restrict levels, size_t Q,
                            const double *restrict sum, const double *restrict q, double count,
                            double y, double *restrict part) {
    if (cost) {
        double low = sum[cost->low] + q[cost->low], high = sum[cost->high] + q[cost->high];
        double d = count * y - (cost->low_share * low + cost->high_share * high);
        part[0] += cost->weight * (d > 0 ? d * cost->level : d * (cost->level - 1));
        return;
    }
    for (size_t i = 0; i < Q; i++) {
        double d = count * y - (sum[i] + q[i]);
        part[i] += d > 0 ? d * levels[i] : d * (levels[i] - 1);
    }
}

/* What a series of window w loses by (sum + candidate) / count, times count. */
static double series_loss(const bag *g, const skuai_forecast *f, size_t w, size_t s, double count) {
    size_t Q = f->n_quantiles, H = f->horizon, at = ((w - g->from) * f->n_series + s) * H;
    const double *sum = g->sum + at * Q, *q = skuai_forecast_quantiles(f, s, 0);
    double part[SKUAI_SCORES_LEVELS] = {0}, loss = 0;
    for (size_t h = 0; h < H; h++)
        if (!isnan(g->actual[at + h]))
            add_loss(g->costs ? &g->costs[s] : NULL, f->levels, Q, sum + h * Q, q + h * Q, count,
                     g->actual[at + h], part);
    for (size_t i = 0; i < Q; i++)
        loss += part[i];
    return loss;
}

/* Pinball loss of (sum + candidate) / count over the bag; infinite when the candidate failed, or as
 * soon as it is above `bound`. */
static double loss_with(const bag *g, size_t model, double count, double bound) {
    const skuai_backtest *b = g->backtest;
    double loss = 0;
    for (size_t w = g->from; w < g->to; w++) {
        const skuai_forecast *f = skuai_backtest_at(b, w, model)->forecast;
        if (!f || skuai_backtest_at(b, w, model)->status != SKUA_OK) return (double)INFINITY;
        for (size_t s = 0; s < f->n_series; s++) {
            if (g->kinds[(w - g->from) * f->n_series + s] != g->kind || !g->times[s]) continue;
            if (g->costs && !(g->costs[s].weight > 0)) continue;
            loss += g->times[s] * series_loss(g, f, w, s, count);
            if (loss / count > bound) return (double)INFINITY;
        }
    }
    return loss / count;
}

static void take_member(bag *g, size_t model) {
    for (size_t w = g->from; w < g->to; w++) {
        const skuai_forecast *f = skuai_backtest_at(g->backtest, w, model)->forecast;
        size_t n = f->n_series * f->horizon * f->n_quantiles;
        double *sum = g->sum + (w - g->from) * n;
        for (size_t i = 0; i < n; i++)
            sum[i] += f->quantiles[i];
    }
}

/* Add the weights that one bag gives: picks / rounds up to the round with the lowest loss. */
static bool choose_bag(bag *g, double *weights) {
    size_t picks[ROUNDS], M = g->backtest->n_models, best_rounds = 0;
    double best_loss = (double)INFINITY;
    for (size_t round = 0; round < ROUNDS; round++) {
        /* the last pick first: a low bound, by which others are soon out; ties go to the first */
        size_t best = round > 0 ? picks[round - 1] : 0;
        double least = loss_with(g, best, (double)round + 1, (double)INFINITY);
        for (size_t m = 0; m < M; m++) {
            if (round > 0 && m == picks[round - 1]) continue;
            double loss = loss_with(g, m, (double)round + 1, least);
            if (loss < least || (loss == least && m < best)) {
                least = loss;
                best = m;
            }
        }
        if (isinf(least)) return false;
        picks[round] = best;
        take_member(g, best);
        if (least < best_loss) {
            best_loss = least;
            best_rounds = round + 1;
        }
    }
    for (size_t i = 0; i < best_rounds; i++)
        weights[picks[i]] += 1 / (double)best_rounds;
    return true;
}

static bool class_present(const bag *g, size_t S) {
    for (size_t w = g->from; w < g->to; w++)
        for (size_t s = 0; s < S; s++)
            if (g->kinds[(w - g->from) * S + s] == g->kind &&
                g->backtest->series_weight[w * S + s] > 0 && (!g->costs || g->costs[s].weight > 0))
                return true;
    return false;
}

/* Weights of one class, bagged; false when the class has nothing to choose by. */
static bool choose_class(bag *g, size_t S, size_t n_sum, uint64_t seed, double *weights) {
    size_t M = g->backtest->n_models, bags = 0;
    skuai_random random;
    skuai_random_split(&random, seed, (uint64_t)g->kind);
    memset(weights, 0, M * sizeof *weights);
    if (!class_present(g, S)) return false;
    for (int i = 0; i < BAGS; i++) {
        memset(g->times, 0, S);
        for (size_t j = 0; j < S; j++) {
            size_t s = skuai_random_index(&random, S);
            if (g->times[s] < 255) g->times[s]++;
        }
        memset(g->sum, 0, n_sum * sizeof *g->sum);
        bags += choose_bag(g, weights);
    }
    for (size_t m = 0; m < M; m++)
        weights[m] /= bags ? (double)bags : 1;
    return bags > 0;
}

/* -- Clusters --------------------------------------------------------------------------------- */

/* Everything of one choice. */
typedef struct choice {
    bag bag;
    const skuai_ensemble_options *options;
    size_t S, n_sum, Q;
    unsigned char *classes, *clusters; /* [windows, S]; clusters: CLUSTER_NONE of the young */
    judged *costs;                     /* [S] or NULL */
} choice;

enum { CLUSTER_NONE = 255 };

static unsigned char half_of(size_t s) { /* a fixed mixture, whatever the order of the series */
    return (unsigned char)((s * 2654435761U >> 7) & 1);
}

/* Weights of one kind from half of the series alone, without bags. */
static bool choose_half(choice *c, const unsigned char *kinds, int kind, int half,
                        double *weights) {
    bag *g = &c->bag;
    g->kinds = kinds;
    g->kind = kind;
    memset(weights, 0, g->backtest->n_models * sizeof *weights);
    bool any = false;
    for (size_t s = 0; s < c->S; s++) {
        g->times[s] = half_of(s) == half;
        for (size_t w = 0; w < g->to - g->from && g->times[s]; w++)
            any = any || kinds[w * c->S + s] == kind;
    }
    memset(g->sum, 0, c->n_sum * sizeof *g->sum);
    return any && choose_bag(g, weights);
}

/* Loss of the grown-up series of a half under an ensemble's weights. q [Q] */
static double loss_of(const choice *c, const skuai_ensemble *e, int half, double *q) {
    const bag *g = &c->bag;
    static const double none[SKUAI_SCORES_LEVELS];
    double part[SKUAI_SCORES_LEVELS] = {0}, loss = 0, weights[SKUAI_ENSEMBLE_MEMBERS];
    for (size_t w = g->from; w < g->to; w++)
        for (size_t s = 0; s < c->S; s++) {
            if (half_of(s) != half || c->clusters[(w - g->from) * c->S + s] == CLUSTER_NONE)
                continue;
            if (g->costs && !(g->costs[s].weight > 0)) continue;
            skuai_ensemble_weights_of(e, g->backtest->views[w], s, weights);
            const skuai_forecast *f = NULL;
            for (size_t h = 0; !f || h < f->horizon; h++) {
                double y = skuai_panel_actual(g->backtest->views[w], s, h);
                memset(q, 0, c->Q * sizeof *q);
                for (size_t m = 0; m < e->n_members; m++) {
                    const skuai_forecast *one = skuai_backtest_at(g->backtest, w, m)->forecast;
                    if (!one) continue;
                    f = one;
                    for (size_t i = 0; i < c->Q && weights[m] > 0; i++)
                        q[i] += weights[m] * skuai_forecast_quantiles(one, s, h)[i];
                }
                if (!f) break;
                if (!isnan(y))
                    add_loss(g->costs ? &g->costs[s] : NULL, f->levels, c->Q, none, q, 1, y, part);
            }
        }
    for (size_t i = 0; i < c->Q; i++)
        loss += part[i];
    return loss;
}

/* Whether weights by cluster, chosen on one half, do better on the other than those by class. */
static skua_status clusters_help(choice *c, const skuai_ensemble *e, bool *help, skua_error *err) {
    double plain = 0, clustered = 0;
    skuai_ensemble *tried = skuai_new(1, sizeof *tried);
    double *q = skuai_new(c->Q, sizeof *q);
    skua_status status = tried && q ? SKUA_OK : skuai_error_memory(err, "an ensemble");
    *help = false;
    for (int half = 0; half < 2 && status == SKUA_OK; half++) {
        *tried = *e;
        for (int k = 0; k < SKUAI_CALIBRATION_CLASSES; k++) {
            double weights[SKUAI_ENSEMBLE_MEMBERS];
            if (choose_half(c, c->classes, k, half, weights))
                memcpy(tried->weights[k], weights, e->n_members * sizeof *weights);
        }
        tried->clusters.n = 0;
        plain += loss_of(c, tried, !half, q);
        tried->clusters.n = e->clusters.n;
        for (size_t k = 0; k < e->clusters.n; k++)
            if (!choose_half(c, c->clusters, (int)k, half,
                             tried->weights[SKUAI_ENSEMBLE_CLUSTER + k]))
                tried->cluster_share[k] = 0;
        clustered += loss_of(c, tried, !half, q);
    }
    if (status == SKUA_OK) *help = clustered < plain;
    skuai_free(tried);
    skuai_free(q);
    return status;
}

/* Find clusters in the latest window that chooses, and their weights; n 0 when they do not help. */
static skua_status choose_clusters(choice *c, skuai_ensemble *e, skua_error *err) {
    const skuai_backtest *b = c->bag.backtest;
    size_t from = c->bag.from, members[SKUAI_ENSEMBLE_CLUSTERS] = {0};
    bool *counts = skuai_new(c->S + 1, sizeof *counts), help = false;
    if (!counts) return skuai_error_memory(err, "an ensemble");
    for (size_t s = 0; s < c->S; s++)
        counts[s] =
            c->classes[s] != SKUAI_ENSEMBLE_YOUNG && (!c->bag.costs || c->bag.costs[s].weight > 0);
    skua_status status = skuai_clusters_find(b->views[from], counts, &e->clusters, err);
    skuai_free(counts);
    if (status != SKUA_OK || e->clusters.n == 0) return status;
    for (size_t w = from; w < c->bag.to; w++)
        for (size_t s = 0; s < c->S; s++) {
            size_t i = (w - from) * c->S + s;
            size_t k = skuai_clusters_of(&e->clusters, b->views[w], s);
            bool young = c->classes[i] == SKUAI_ENSEMBLE_YOUNG;
            c->clusters[i] = young ? CLUSTER_NONE : (unsigned char)k;
            members[k] += w == from && !young;
        }
    for (size_t k = 0; k < e->clusters.n; k++)
        e->cluster_share[k] = (double)members[k] / ((double)members[k] + SHRINK_SERIES);
    status = clusters_help(c, e, &help, err);
    if (!help) e->clusters.n = 0;
    c->bag.kinds = c->clusters;
    for (size_t k = 0; k < e->clusters.n && status == SKUA_OK; k++) {
        double *weights = e->weights[SKUAI_ENSEMBLE_CLUSTER + k];
        c->bag.kind = (int)k;
        if (!choose_class(&c->bag, c->S, c->n_sum, c->options->seed, weights)) {
            e->cluster_share[k] = 0;
            memcpy(weights, e->weights[SKUAI_CALIBRATION_REGULAR], sizeof e->weights[0]);
        }
    }
    return status;
}

/* -- Costs ------------------------------------------------------------------------------------ */

/* Which quantiles make the one at `level`: skuai_quantile_at is linear in them. */
static void critical(const double *levels, size_t n, double level, judged *j) {
    double unit[SKUAI_SCORES_LEVELS] = {0};
    j->level = level;
    j->low = j->high = 0;
    j->low_share = 1, j->high_share = 0;
    if (n < 2) return;
    size_t i = 1;
    while (i + 1 < n && levels[i] < level)
        i++;
    j->low = i - 1, j->high = i;
    unit[j->low] = 1;
    j->low_share = skuai_quantile_at(levels, unit, n, level);
    unit[j->low] = 0, unit[j->high] = 1;
    j->high_share = skuai_quantile_at(levels, unit, n, level);
}

/* What series cost; NULL where too few say so. */
static skua_status read_costs(choice *c, const skuai_forecast *any, skua_error *err) {
    const double *under = c->options->under, *over = c->options->over;
    size_t n = 0;
    if (!under || !over) return SKUA_OK;
    c->costs = skuai_zero(c->S + 1, sizeof *c->costs);
    if (!c->costs) return skuai_error_memory(err, "an ensemble");
    for (size_t s = 0; s < c->S; s++) {
        if (!(under[s] > 0 && over[s] > 0) || !isfinite(under[s] + over[s])) continue;
        critical(any->levels, any->n_quantiles, under[s] / (under[s] + over[s]), &c->costs[s]);
        c->costs[s].weight = under[s] + over[s];
        n++;
    }
    if (n >= SKUAI_ENSEMBLE_COSTS) c->bag.costs = c->costs;
    return SKUA_OK;
}

static void read_actual(bag *g, size_t S, size_t H) {
    double *to = g->actual;
    for (size_t w = g->from; w < g->to; w++)
        for (size_t s = 0; s < S; s++)
            for (size_t h = 0; h < H; h++)
                *to++ = skuai_panel_actual(g->backtest->views[w], s, h);
}

/* -- The choice ------------------------------------------------------------------------------- */

/* The combination as it would have forecast each window, for its calibration. */
skua_status skuai_ensemble_calibrate(const skuai_backtest *b, size_t from, size_t to, uint64_t seed,
                                     skuai_ensemble *ensemble, skua_error *err) {
    ensemble->calibration = (skuai_calibration){0}; /* what is measured is not corrected yet */
    size_t n = to - from;
    skuai_forecast **combined = skuai_zero(n, sizeof *combined);
    const skuai_forecast **made = skuai_zero(b->n_models, sizeof *made);
    skua_status status = SKUA_OK;
    if (!combined || !made) status = skuai_error_memory(err, "an ensemble");
    for (size_t w = 0; w < n && status == SKUA_OK; w++) {
        for (size_t m = 0; m < b->n_models; m++)
            made[m] = skuai_backtest_at(b, from + w, m)->forecast;
        status = skuai_ensemble_combine(ensemble, b->views[from + w], made, &combined[w], err);
    }
    if (status == SKUA_OK)
        status = skuai_calibration_fit((const skuai_panel *const *)(b->views + from),
                                       (const skuai_forecast *const *)combined, n, seed,
                                       &ensemble->calibration, err);
    for (size_t w = 0; combined && w < n; w++)
        skuai_forecast_free(combined[w]);
    skuai_free(combined);
    skuai_free(made);
    return status;
}

static bool any_for_young(const skuai_ensemble *e) {
    for (size_t m = 0; m < e->n_members; m++)
        if (e->members[m].for_young) return true;
    return false;
}

static void choose_classes(choice *c, skuai_ensemble *made, bool *chosen) {
    size_t n = made->n_members;
    for (int k = 0; k < SKUAI_ENSEMBLE_CLUSTER; k++) {
        double weights[SKUAI_ENSEMBLE_MEMBERS];
        c->bag.kind = k;
        chosen[k] = choose_class(&c->bag, c->S, c->n_sum, c->options->seed, weights);
        if (chosen[k]) memcpy(made->weights[k], weights, n * sizeof *weights);
    }
    for (int k = 0; k < SKUAI_CALIBRATION_CLASSES; k++)
        if (!chosen[k]) memcpy(made->weights[k], made->weights[1 - k], sizeof made->weights[k]);
    if (!chosen[SKUAI_ENSEMBLE_YOUNG] && !any_for_young(made))
        memcpy(made->weights[SKUAI_ENSEMBLE_YOUNG], made->weights[SKUAI_CALIBRATION_REGULAR],
               sizeof made->weights[SKUAI_ENSEMBLE_YOUNG]);
}

static skua_status choose_weights(choice *c, const skuai_forecaster *const *members,
                                  skuai_ensemble *made, skua_error *err) {
    const skuai_backtest *b = c->bag.backtest;
    size_t from = c->bag.from;
    bool chosen[SKUAI_ENSEMBLE_CLASSES];
    for (size_t w = from; w < c->bag.to; w++)
        for (size_t s = 0; s < c->S; s++)
            c->classes[(w - from) * c->S + s] =
                (unsigned char)skuai_ensemble_class_of(b->views[w], s);
    c->bag.kinds = c->classes;
    choose_classes(c, made, chosen);
    if (!chosen[0] && !chosen[1]) return skuai_ensemble_equal(members, b->n_models, made, err);
    skua_status status = c->options->by_cluster ? choose_clusters(c, made, err) : SKUA_OK;
    for (size_t k = made->clusters.n; k < SKUAI_ENSEMBLE_CLUSTERS;
         k++) /* nobody's: use none more */
        memcpy(made->weights[SKUAI_ENSEMBLE_CLUSTER + k], made->weights[SKUAI_CALIBRATION_REGULAR],
               sizeof made->weights[0]);
    return status;
}

skua_status skuai_ensemble_choose_by(const skuai_backtest *b,
                                     const skuai_forecaster *const *members,
                                     const skuai_ensemble_options *options,
                                     skuai_ensemble *ensemble, skua_error *err) {
    size_t from = options->from, to = options->to;
    const skuai_forecast *any = NULL;
    if (from >= to || to > b->n_windows)
        return skuai_error_set(err, SKUA_EINVAL, "windows %zu to %zu of %zu", from, to,
                               b->n_windows);
    for (size_t m = 0; m < b->n_models && !any; m++)
        any = skuai_backtest_at(b, from, m)->forecast;
    if (!any) return skuai_error_set(err, SKUA_EDATA, "no model made a forecast to choose from");
    choice c = {.options = options, .S = any->n_series, .Q = any->n_quantiles};
    c.n_sum = (to - from) * c.S * any->horizon * any->n_quantiles;
    c.classes = skuai_new(to - from, c.S + 1);
    c.clusters = skuai_new(to - from, c.S + 1);
    c.bag = (bag){.backtest = b,
                  .from = from,
                  .to = to,
                  .times = skuai_new(c.S + 1, 1),
                  .sum = skuai_new(c.n_sum, sizeof(double)),
                  .actual = skuai_new(c.n_sum / any->n_quantiles + 1, sizeof(double))};
    skuai_ensemble *made = skuai_new(1, sizeof *made);
    skua_status status = c.classes && c.clusters && c.bag.times && c.bag.sum && c.bag.actual && made
                             ? SKUA_OK
                             : skuai_error_memory(err, "an ensemble");
    if (status == SKUA_OK) status = skuai_ensemble_equal(members, b->n_models, made, err);
    if (status == SKUA_OK) read_actual(&c.bag, c.S, any->horizon);
    if (status == SKUA_OK) status = read_costs(&c, any, err);
    if (status == SKUA_OK) status = choose_weights(&c, members, made, err);
    if (status == SKUA_OK) status = skuai_ensemble_calibrate(b, from, to, options->seed, made, err);
    if (status == SKUA_OK) *ensemble = *made;
    skuai_free(made);
    skuai_free(c.costs);
    skuai_free(c.classes);
    skuai_free(c.clusters);
    skuai_free(c.bag.times);
    skuai_free(c.bag.sum);
    skuai_free(c.bag.actual);
    return status;
}

skua_status skuai_ensemble_choose(const skuai_backtest *b, const skuai_forecaster *const *members,
                                  size_t from, size_t to, uint64_t seed, skuai_ensemble *ensemble,
                                  skua_error *err) {
    skuai_ensemble_options options = {.from = from, .to = to, .seed = seed, .by_cluster = true};
    return skuai_ensemble_choose_by(b, members, &options, ensemble, err);
}
