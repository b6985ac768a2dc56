#include "cause/effect_rows.h"
#include "cause/effect_score.h"
#include "cause/effect_shrink.h"
#include "cause/effect_whole.h"

#include "math/distribution.h"
#include "math/linear.h"

#include <math.h>
#include <string.h>

enum { K = SKUAI_SHRINK_WIDTH, PASSES = 4, STEPS = 3, EM_SHORT = 15, EM_LONG = 100 };
/* Items up to which their own spread is integrated over: of more it is known well enough. */
enum { UNCERTAIN_MOST = 400 };

#define TOO_WIDE    2.5  /* standard error of an effect that tells nothing */
#define BINARY_WIDE 0.7  /* ... of a promotion's: twice as many or half, either way */
#define POOLED_WIDE 0.5  /* ... of the mean of all items, where no item's own data tell */
#define USUAL       0.05 /* deviation of a price that is tried out */
#define INDEX_PRIOR 3.0  /* units of other items that a demand index is shrunk by */
#define SPAN        12.0 /* |log effect| beyond which an exponent is cut */

typedef struct fit {
    skuai_effect_rows *rows;
    const skuai_effect_options *options;
    const skuai_context *context;
    skuai_arena *arena;
    double *level;      /* [n_cells] log; NaN: the cell sold nothing */
    double *g;          /* [n] */
    double *mu, *v;     /* [n] mean; weight 1 / (1 + dispersion mu), 0 left out */
    double *residual;   /* [k, n] treatments less what is expected of them */
    double *theta;      /* [n_items, k] at which the quadratic approximation is taken */
    double *dispersion; /* [n_items] */
    double *estimate, *covariance, *variance; /* [n_items, k], [n_items, k, k] twice */
    float *within;                            /* [p, n] covariates less their cell's mean */
    float *part;                              /* [p + 2, n] gathered for the learner */
    double *target, *prediction;              /* [n] */
    skuai_shrink shrink;
} fit;

static double effect_at(const fit *f, size_t item, size_t i) {
    double sum = 0;
    for (size_t k = 0; k < f->rows->k; k++)
        sum += f->theta[item * f->rows->k + k] * f->rows->d[k * f->rows->n + i];
    return sum > SPAN ? SPAN : sum < -SPAN ? -SPAN : sum;
}

/* Means at theta and g, each cell's level so that its weighted residuals sum to 0. */
static void update_means(fit *f) {
    const skuai_effect_rows *r = f->rows;
    for (size_t item = 0; item < r->n_items; item++)
        for (size_t i = r->first[item]; i < r->first[item + 1]; i++)
            f->mu[i] = r->exposure[i] * exp(f->g[i] + effect_at(f, item, i));
    for (size_t c = 0; c < r->n_cells; c++) {
        double sold = 0, expected = 0;
        for (size_t i = r->first_cell[c]; i < r->first_cell[c + 1]; i++) {
            sold += f->v[i] * r->y[i];
            expected += f->v[i] * f->mu[i];
        }
        double factor = sold > 0 && expected > 0 ? sold / expected : 0;
        f->level[c] = factor > 0 ? log(factor) : (double)NAN;
        for (size_t i = r->first_cell[c]; i < r->first_cell[c + 1]; i++)
            f->mu[i] *= factor;
    }
}

/* Dispersion of each item by moments, half drawn to that of all; weights follow. */
static void update_weights(fit *f) {
    const skuai_effect_rows *r = f->rows;
    double all_excess = 0, all_square = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t item = 0; item < r->n_items; item++) {
            double excess = 0, square = 0;
            for (size_t i = r->first[item]; i < r->first[item + 1]; i++) {
                double e = r->y[i] - f->mu[i];
                if (r->fold[i] < 0) continue;
                excess += e * e - f->mu[i];
                square += f->mu[i] * f->mu[i];
            }
            if (pass == 0) {
                double scale = square > 0 ? 1 / square : 0; /* an item a vote */
                all_excess += excess * scale;
                all_square += square * scale;
                continue;
            }
            double whole = all_square > 0 ? all_excess / all_square : 0;
            double own = (excess + 20 * whole) / (square + 20);
            f->dispersion[item] = own < 0 ? 0 : own > 10 ? 10 : own;
            for (size_t i = r->first[item]; i < r->first[item + 1]; i++)
                f->v[i] = r->fold[i] < 0 ? 0 : 1 / (1 + f->dispersion[item] * f->mu[i]);
        }
}

/* Log demand of the other items of the department, and of the shop, on each day, beyond their own
 * levels and treatments. */
static skua_status update_indices(fit *f, skua_error *err) {
    const skuai_effect_rows *r = f->rows;
    size_t groups = r->n_departments + 1, days = r->n_days;
    double *sums = skuai_zero(groups * days * 4, sizeof *sums);
    if (!sums) return skuai_error_memory(err, "demand indices");
    double *sold = sums, *expected = sums + groups * days, *own = sums + 2 * groups * days;
    for (size_t item = 0; item < r->n_items; item++) {
        size_t g = r->department[item] < 0 ? groups - 1 : (size_t)r->department[item];
        for (size_t i = r->first[item]; i < r->first[item + 1]; i++) {
            if (isnan(f->level[r->cell[i]])) continue;
            size_t at = g * days + (size_t)r->day[i];
            sold[at] += r->y[i];
            expected[at] += r->exposure[i] * exp(f->level[r->cell[i]] + effect_at(f, item, i));
        }
    }
    double *all_sold = own, *all_expected = own + days;
    for (size_t g = 0; g < groups; g++)
        for (size_t t = 0; t < days; t++) {
            all_sold[t] += sold[g * days + t];
            all_expected[t] += expected[g * days + t];
        }
    double *mine = skuai_zero(2 * days, sizeof *mine);
    for (size_t item = 0; item < r->n_items && mine; item++) {
        size_t g = r->department[item] < 0 ? groups - 1 : (size_t)r->department[item];
        memset(mine, 0, 2 * days * sizeof *mine);
        for (size_t i = r->first[item]; i < r->first[item + 1]; i++) {
            if (isnan(f->level[r->cell[i]])) continue;
            mine[r->day[i]] += r->y[i];
            mine[days + (size_t)r->day[i]] +=
                r->exposure[i] * exp(f->level[r->cell[i]] + effect_at(f, item, i));
        }
        for (size_t i = r->first[item]; i < r->first[item + 1]; i++) {
            size_t t = (size_t)r->day[i], at = g * days + t;
            float *x = r->x + (r->p - SKUAI_EFFECT_INDICES) * r->n + i;
            double s = sold[at] - mine[t], e = expected[at] - mine[days + t];
            x[0] = (float)log((fmax(s, 0) + INDEX_PRIOR) / (fmax(e, 0) + INDEX_PRIOR));
            s = all_sold[t] - mine[t], e = all_expected[t] - mine[days + t];
            x[r->n] = (float)log((fmax(s, 0) + INDEX_PRIOR) / (fmax(e, 0) + INDEX_PRIOR));
        }
    }
    skuai_free(sums);
    if (!mine) return skuai_error_memory(err, "demand indices");
    skuai_free(mine);
    return SKUA_OK;
}

/* Demand over plain demand that theta says of a row's own treatments. */
static double multiple(const fit *f, size_t item, size_t i) {
    const skuai_effect_rows *r = f->rows;
    double sum = 0;
    for (size_t k = 0; k < r->k; k++)
        if (k != r->others) sum += f->theta[item * r->k + k] * (double)r->beyond[k * r->n + i];
    return exp(sum > 3 ? 3 : sum < -3 ? -3 : sum);
}

/* What treatments gained, as a share of plain demand, in the windows before each row (1, 1 and 2
 * windows long): what buyers stocked up then they do not buy now. They leave out units, not a share
 * of today's promotion, so the gains are over today's multiple. */
static void update_gains(fit *f) {
    const skuai_effect_rows *r = f->rows;
    size_t ends[SKUAI_EFFECT_GAINS + 1] = {0, r->window, 2 * r->window, 4 * r->window};
    for (size_t item = 0; item < r->n_items; item++)
        for (size_t i = r->first[item], from = i; i < r->first[item + 1]; i++) {
            if (r->begins[i]) from = i;
            double now = multiple(f, item, i);
            f->target[i] = now - 1;
            for (size_t w = 0; w < SKUAI_EFFECT_GAINS; w++) {
                float *x = r->x + (r->p - SKUAI_EFFECT_FILLED + w) * r->n + i;
                double gained = 0;
                for (size_t back = ends[w] + 1; back <= ends[w + 1] && i >= from + back; back++)
                    gained += f->target[i - back];
                *x = (float)(gained / (double)(ends[w + 1] - ends[w]) / now);
            }
        }
}

/* The treatment `others`: what the other items of the category gain by their treatments in the same
 * period and channel, as a share of what they sell plainly, over the own multiple: again units. */
static skua_status update_others(fit *f, skua_error *err) {
    const skuai_effect_rows *r = f->rows;
    size_t cells = r->n_markets * r->n_days;
    double *plain = skuai_zero(4 * cells, sizeof *plain);
    float *peers = r->x + (r->p - SKUAI_EFFECT_INDICES - 1) * r->n;
    double *level = f->prediction; /* [n] of the row's series */
    if (!plain) return skuai_error_memory(err, "what others gain");
    double *gained = plain + cells, *votes = gained + cells, *items = votes + cells;
    for (size_t i = 0, to; i < r->n; i = to) {
        double sold = 0;
        for (to = i; to < r->n && (to == i || !r->begins[to]); to++)
            sold += r->y[to];
        for (size_t q = i; q < to; q++)
            level[q] = sold / (double)(to - i);
    }
    for (int pass = 0; pass < 2; pass++)
        for (size_t item = 0; item < r->n_items; item++)
            for (size_t i = r->first[item]; i < r->first[item + 1]; i++) {
                size_t at = (size_t)r->market[i] * r->n_days + (size_t)r->day[i];
                double now = multiple(f, item, i), gain = level[i] * fmax(0, now - 1);
                if (pass == 0) {
                    plain[at] += level[i];
                    gained[at] += gain;
                    votes[at] += fmax(0, now - 1);
                    items[at] += 1;
                } else {
                    double vote = votes[at] - fmax(0, now - 1), rest = plain[at] - level[i];
                    r->d[r->others * r->n + i] =
                        rest > 1e-9 * plain[at] ? (gained[at] - gain) / rest / now : 0;
                    peers[i] = items[at] > 1 ? (float)(vote / (items[at] - 1) / now) : 0;
                }
            }
    skuai_free(plain);
    skuai_effect_centre(f->rows, r->others);
    return SKUA_OK;
}

/* values less their cell's mean, weighted by v mu, in place. */
static void centre(const fit *f, double *values) {
    const skuai_effect_rows *r = f->rows;
    for (size_t c = 0; c < r->n_cells; c++) {
        double weight = 0, sum = 0;
        for (size_t i = r->first_cell[c]; i < r->first_cell[c + 1]; i++) {
            double w = f->v[i] * f->mu[i];
            weight += w;
            sum += w * values[i];
        }
        double mean = weight > 0 ? sum / weight : 0;
        for (size_t i = r->first_cell[c]; i < r->first_cell[c + 1]; i++)
            values[i] -= mean;
    }
}

static void update_within(fit *f) {
    const skuai_effect_rows *r = f->rows;
    for (size_t k = 0; k < r->p; k++) {
        for (size_t i = 0; i < r->n; i++)
            f->prediction[i] = (double)r->x[k * r->n + i];
        if (skuai_effect_within(f->options)) centre(f, f->prediction);
        for (size_t i = 0; i < r->n; i++)
            f->within[k * r->n + i] = (float)f->prediction[i];
    }
}

/* Gather the rows of a fold (or of all others) with weight > 0; the number of them. */
static size_t gather(const fit *f, int32_t fold, bool inside, float *x, float *y, float *weight) {
    const skuai_effect_rows *r = f->rows;
    size_t m = 0;
    for (size_t i = 0; i < r->n; i++) {
        bool here = r->fold[i] >= 0 && (r->fold[i] == fold) == inside;
        m += here && (inside || f->v[i] * f->mu[i] > 0);
    }
    for (size_t k = 0; k < r->p + 2; k++) {
        const float *from = k < r->p ? f->within + k * r->n : NULL;
        float *to = k < r->p ? x + k * m : k == r->p ? y : weight;
        if (!to) continue;
        size_t at = 0;
        for (size_t i = 0; i < r->n; i++) {
            double w = f->v[i] * f->mu[i];
            if (r->fold[i] < 0 || (r->fold[i] == fold) != inside || !(inside || w > 0)) continue;
            to[at++] = from ? from[i] : (float)(k == r->p ? f->target[i] : w);
        }
    }
    return m;
}

static skuai_learner_options learner_options(const fit *f) {
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    o.shrinkage = skuai_effect_within(f->options) ? 1e-4 : 10;
    o.rounds = 120;
    o.patience = 0;
    o.leaves = 15;
    o.least_leaf = 100;
    return o;
}

/* What the learner expects of target [n] (centred in cells), each fold by the others, into
 * prediction [n], centred. */
static skua_status cross_fit(fit *f, skua_error *err) {
    const skuai_effect_rows *r = f->rows;
    const skuai_learner *learner =
        f->options->learner ? f->options->learner : &skuai_learner_linear;
    skuai_learner_options o = learner_options(f);
    memset(f->prediction, 0, r->n * sizeof *f->prediction);
    for (int32_t fold = 0; fold < f->options->folds; fold++) {
        skuai_learnt *learnt = NULL;
        float *y = f->part + r->p * r->n, *weight = y + r->n;
        size_t m = gather(f, fold, false, f->part, y, weight);
        if (m == 0) continue;
        skuai_examples train = {{m, r->p, f->part, NULL, NULL}, y, weight};
        SKUA_TRY(learner->fit(&o, &train, NULL, f->context, &learnt, err));
        m = gather(f, fold, true, f->part, NULL, NULL);
        double *out = skuai_new(m, sizeof *out);
        skuai_feature_matrix x = {m, r->p, f->part, NULL, NULL};
        skua_status status = out ? SKUA_OK : skuai_error_memory(err, "cross-fitting");
        if (status == SKUA_OK && m > 0) status = learner->predict(learnt, &x, f->context, out, err);
        for (size_t i = 0, at = 0; i < r->n && status == SKUA_OK; i++)
            if (r->fold[i] == fold) f->prediction[i] = out[at++];
        skuai_free(out);
        learner->free(learnt);
        SKUA_TRY(status);
    }
    centre(f, f->prediction);
    return SKUA_OK;
}

/* g by one step of iterated weighted least squares from the means as they are. */
static skua_status update_g(fit *f, skua_error *err) {
    const skuai_effect_rows *r = f->rows;
    for (size_t i = 0; i < r->n; i++)
        f->target[i] = f->mu[i] > 0 ? f->g[i] + (r->y[i] - f->mu[i]) / f->mu[i] : 0;
    centre(f, f->target);
    SKUA_TRY(cross_fit(f, err));
    for (size_t i = 0; i < r->n; i++)
        f->g[i] = f->prediction[i] > 5 ? 5 : f->prediction[i] < -5 ? -5 : f->prediction[i];
    update_means(f);
    update_weights(f);
    return SKUA_OK;
}

static skua_status update_residuals(fit *f, skua_error *err) {
    const skuai_effect_rows *r = f->rows;
    for (size_t k = 0; k < r->k; k++) {
        memcpy(f->target, r->d + k * r->n, r->n * sizeof *f->target);
        centre(f, f->target);
        SKUA_TRY(cross_fit(f, err));
        for (size_t i = 0; i < r->n; i++)
            f->residual[k * r->n + i] = f->target[i] - f->prediction[i];
    }
    return SKUA_OK;
}

/* Each item's own estimate, one step from theta, and its covariance. */
static skua_status estimate_items(fit *f, skua_error *err) {
    size_t k = f->rows->k, n = f->rows->n_items;
    double ratio[K], votes[K] = {0}, observed[K] = {0}, *table = f->prediction;
    skuai_effect_scores *kept = skuai_new(n, sizeof *kept);
    if (!kept) return skuai_error_memory(err, "estimates");
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < n && status == SKUA_OK; i++) {
        status =
            skuai_effect_item_scores(f->rows, f->v, f->mu, f->residual, i, table, &kept[i], err);
        for (size_t x = 0; x < k && status == SKUA_OK; x++) {
            /* an item a vote a cluster: sums would give the best sellers' excess to all */
            double own = kept[i].a[x * k + x];
            if (!(own * pow(skuai_effect_believed(f->rows, x), 2) > 1)) continue;
            observed[x] += kept[i].clusters * kept[i].m[x * k + x] / own;
            votes[x] += kept[i].clusters;
        }
    }
    for (size_t x = 0; x < k; x++)
        ratio[x] = votes[x] > 0 ? fmax(1, observed[x] / votes[x]) : 1;
    for (size_t i = 0; i < n && status == SKUA_OK; i++) {
        skuai_effect_item_covariance(f->rows, &kept[i], ratio, f->covariance + i * k * k);
        for (size_t x = 0; x < k; x++)
            f->estimate[i * k + x] = f->theta[i * k + x] + kept[i].step[x];
    }
    skuai_free(kept);
    return status;
}

static skua_status shrink(fit *f, int iterations, skua_error *err) {
    f->shrink.iterations = iterations;
    return skuai_shrink_run(&f->shrink, f->arena, err);
}

/* The quadratic approximation is next taken where the shrunk estimates are, within belief. */
static void move(fit *f) {
    for (size_t i = 0; i < f->rows->n_items; i++)
        for (size_t k = 0; k < f->rows->k; k++) {
            double most = 2.5 * skuai_effect_believed(f->rows, k);
            double to = f->shrink.mean[i * f->rows->k + k];
            f->theta[i * f->rows->k + k] = to > most ? most : to < -most ? -most : to;
        }
}

static skua_status iterate(fit *f, skua_error *err) {
    for (int pass = 0; pass < PASSES; pass++) {
        skuai_context_progress(f->context, "effects", pass, PASSES);
        SKUA_TRY(skuai_context_check(f->context, err));
        SKUA_TRY(update_indices(f, err));
        SKUA_TRY(update_others(f, err));
        update_gains(f);
        update_within(f);
        SKUA_TRY(update_g(f, err));
        SKUA_TRY(update_residuals(f, err));
        for (int step = 0; step < STEPS; step++) {
            SKUA_TRY(estimate_items(f, err));
            SKUA_TRY(shrink(f, EM_SHORT, err));
            move(f);
            update_means(f);
            update_weights(f);
        }
    }
    SKUA_TRY(estimate_items(f, err));
    f->shrink.uncertain = f->rows->n_items <= UNCERTAIN_MOST;
    return shrink(f, EM_LONG, err);
}

/* Log of each item's share in what its category sells, less the mean: who sells most of a category
 * has least to win from a lower price, in many a law of demand. */
static skua_status log_shares(const skuai_effect_rows *r, double *share, skua_error *err) {
    size_t categories = 1;
    for (size_t i = 0; i < r->n_items; i++)
        if (r->category[i] + 2 > (int32_t)categories) categories = (size_t)r->category[i] + 2;
    double *sold = skuai_zero(categories, sizeof *sold), mean = 0;
    if (!sold) return skuai_error_memory(err, "shares");
    for (size_t i = 0; i < r->n_items; i++) {
        share[i] = 0;
        for (size_t q = r->first[i]; q < r->first[i + 1]; q++)
            share[i] += r->y[q];
        sold[r->category[i] + 1] += share[i];
    }
    for (size_t i = 0; i < r->n_items; i++) {
        share[i] = log(share[i] / sold[r->category[i] + 1]);
        mean += share[i] / (double)r->n_items;
    }
    for (size_t i = 0; i < r->n_items; i++)
        share[i] -= mean;
    skuai_free(sold);
    return SKUA_OK;
}

static skua_status fit_new(fit *f, skua_error *err) {
    skuai_effect_rows *r = f->rows;
    skuai_arena *a = f->arena;
    size_t n = r->n, items = r->n_items, k = r->k;
    f->level = skuai_arena_take_zero(a, r->n_cells, sizeof *f->level);
    f->g = skuai_arena_take_zero(a, n, sizeof *f->g);
    f->mu = skuai_arena_take(a, n, sizeof *f->mu);
    f->v = skuai_arena_take(a, n, sizeof *f->v);
    f->residual = skuai_arena_take(a, n * k, sizeof *f->residual);
    f->theta = skuai_arena_take_zero(a, items * k, sizeof *f->theta);
    f->dispersion = skuai_arena_take_zero(a, items, sizeof *f->dispersion);
    f->estimate = skuai_arena_take(a, items * k, sizeof *f->estimate);
    f->covariance = skuai_arena_take(a, items * k * k, sizeof *f->covariance);
    f->variance = skuai_arena_take(a, items * k * k, sizeof *f->variance);
    f->within = skuai_arena_take(a, n * r->p, sizeof *f->within);
    f->part = skuai_arena_take(a, n * (r->p + 2), sizeof *f->part);
    f->target = skuai_arena_take(a, n, sizeof *f->target);
    f->prediction = skuai_arena_take(a, n + (r->n_clusters / items + 1) * SKUAI_EFFECT_CLUSTER,
                                     sizeof *f->prediction); /* also a table of clusters */
    double *mean = skuai_arena_take(a, items * k, sizeof *mean);
    double *share = skuai_arena_take(a, items, sizeof *share);
    if (!f->level || !f->g || !f->mu || !f->v || !f->residual || !f->theta || !f->dispersion ||
        !f->estimate || !f->covariance || !f->variance || !f->within || !f->part || !f->target ||
        !f->prediction || !mean || !share)
        return skuai_error_memory(err, "an effect");
    for (size_t i = 0; i < n; i++)
        f->v[i] = r->fold[i] < 0 ? 0 : 1;
    f->shrink = (skuai_shrink){.n = items,
                               .k = k,
                               .estimate = f->estimate,
                               .covariance = f->covariance,
                               .category = f->options->shrink ? r->category : NULL,
                               .brand = f->options->shrink ? r->brand : NULL,
                               .covariate = f->options->shrink ? share : NULL,
                               .mean = mean,
                               .variance = f->variance};
    for (size_t x = 0; x < k; x++)
        f->shrink.usual[x] = skuai_effect_believed(r, x) / 5;
    if (f->options->shrink) SKUA_TRY(log_shares(r, share, err));
    update_means(f);
    update_weights(f);
    return SKUA_OK;
}

/* -- What is told -------------------------------------------------------------------------------
 */

/* Deviation of treatment k over an item's rows, and the share of it that the others explain. */
static double moved(const fit *f, size_t item, size_t k, double *alone) {
    const skuai_effect_rows *r = f->rows;
    double sum = 0, square = 0, weight = 0, rest = 0;
    for (size_t i = r->first[item]; i < r->first[item + 1]; i++) {
        double x = r->d[k * r->n + i];
        weight += 1;
        sum += x;
        square += x * x;
        rest += f->residual[k * r->n + i] * f->residual[k * r->n + i];
    }
    double variance = fmax(0, square / weight - sum / weight * (sum / weight));
    *alone = variance > 0 ? rest / weight / variance : 0;
    return sqrt(variance);
}

/* Share of a treatment's own information that is left when the others are held fixed. */
static double unaliased(const fit *f, size_t item, size_t k) {
    const skuai_effect_rows *r = f->rows;
    double a[K * K] = {0}, l[K * K], inverse[K * K];
    skua_error none;
    for (size_t i = r->first[item]; i < r->first[item + 1]; i++)
        for (size_t x = 0; x < r->k; x++)
            for (size_t y = 0; y < r->k; y++)
                a[x * r->k + y] +=
                    f->v[i] * f->mu[i] * f->residual[x * r->n + i] * f->residual[y * r->n + i];
    double own = a[k * r->k + k];
    if (!(own > 0)) return 0;
    memcpy(l, a, sizeof l);
    for (size_t x = 0; x < r->k; x++)
        l[x * r->k + x] += 1e-9 * own + 1e-12;
    if (skuai_cholesky(l, r->k, &none) != SKUA_OK) return 0;
    skuai_cholesky_inverse(l, r->k, inverse);
    return 1 / (inverse[k * r->k + k] * own);
}

/* Standard error from which on the effect of treatment k tells nothing. */
static double too_wide(const fit *f, size_t k) {
    bool whole = f->rows->k == 3 && k == SKUAI_TREATMENT_PROMOTION;
    bool part = f->rows->k > 3 && (k == SKUAI_TREATMENT_CUT || k == SKUAI_TREATMENT_DISPLAY);
    return whole || part ? BINARY_WIDE : TOO_WIDE;
}

static void set_interval(skuai_effect *e, double value, double error, double quantile) {
    e->value = value;
    e->error = error;
    e->low = value - quantile * error;
    e->high = value + quantile * error;
}

static void tell(const fit *f, size_t item, size_t k, double quantile, skuai_effect *e) {
    size_t width = f->rows->k;
    double wide = too_wide(f, k);
    double alone, own_variance = f->covariance[(item * width + k) * width + k];
    set_interval(e, f->shrink.mean[item * width + k],
                 sqrt(f->variance[(item * width + k) * width + k]), quantile);
    e->own = f->estimate[item * width + k];
    e->own_error = sqrt(own_variance);
    e->moved = moved(f, item, k, &alone);
    double pooled = f->shrink.own[k * width + k];
    double units = 0;
    for (size_t i = f->rows->first[item]; i < f->rows->first[item + 1]; i++)
        units += f->rows->y[i];
    if (!(e->moved > 0.005))
        e->known = SKUAI_EFFECT_CONSTANT;
    else if (unaliased(f, item, k) < 0.02)
        e->known = SKUAI_EFFECT_ALIASED;
    else if (units >= 20 && e->own_error > wide && e->own_error * e->moved <= wide * USUAL)
        e->known = SKUAI_EFFECT_STILL;
    else if (e->own_error > wide || units < 20)
        e->known = SKUAI_EFFECT_THIN;
    else
        e->known = own_variance > 3 * pooled + 0.05 ? SKUAI_EFFECT_BORROWED : SKUAI_EFFECT_KNOWN;
    if (e->known >= SKUAI_EFFECT_CONSTANT) e->own = (double)NAN;
}

/* The whole effect of an item's promotions; of one without any: of promotions as they are usual. */
static void tell_whole(const fit *f, size_t item, double quantile, skuai_effect_item *out) {
    const skuai_effect_rows *r = f->rows;
    size_t k = r->k, from = r->first[item], to = r->first[item + 1];
    const double *mean = f->shrink.mean + item * k, *at = f->theta + item * k;
    double value = 0, error = 0, spread = 0, alone;
    skuai_effect *e = &out->effect[SKUAI_TREATMENT_PROMOTION];
    bool any = skuai_effect_whole(r, from, to, f->mu, at, mean, f->variance + item * k * k, &value,
                                  &error, &out->lift);
    out->effect[SKUAI_TREATMENT_REST] = out->effect[SKUAI_TREATMENT_OTHERS];
    out->effect[SKUAI_TREATMENT_REGULAR] = *e;
    if (!any)
        (void)skuai_effect_whole(r, 0, r->n, NULL, NULL, mean, f->variance + item * k * k, &value,
                                 &error, NULL);
    set_interval(e, value, error, quantile);
    e->known = SKUAI_EFFECT_CONSTANT;
    e->own = e->own_error = (double)NAN;
    e->moved = sqrt(out->treated * (1 - out->treated));
    (void)skuai_effect_whole(r, 0, r->n, NULL, NULL, f->shrink.pooled, f->shrink.own, &alone,
                             &spread, NULL);
    if (!any || !(e->moved > 0.005)) return;
    (void)skuai_effect_whole(r, from, to, f->mu, at, f->estimate + item * k,
                             f->covariance + item * k * k, &e->own, &e->own_error, NULL);
    e->known = out->units < 20 || e->own_error > BINARY_WIDE              ? SKUAI_EFFECT_THIN
               : e->own_error * e->own_error > 3 * spread * spread + 0.05 ? SKUAI_EFFECT_BORROWED
                                                                          : SKUAI_EFFECT_KNOWN;
    if (e->known == SKUAI_EFFECT_THIN) e->own = (double)NAN;
}

static void tell_item(const fit *f, size_t item, double quantile, skuai_effect_item *out) {
    const skuai_effect_rows *r = f->rows;
    *out =
        (skuai_effect_item){.name = r->name[item], .n_rows = r->first[item + 1] - r->first[item]};
    for (size_t i = r->first[item]; i < r->first[item + 1]; i++) {
        out->units += r->y[i];
        out->treated += r->promoted[i] / (double)out->n_rows;
        if (r->k == 3 && r->promoted[i])
            out->lift += r->y[i] * (1 - exp(-f->shrink.mean[item * 3 + SKUAI_TREATMENT_PROMOTION]));
    }
    for (size_t k = 0; k < r->k; k++)
        tell(f, item, k, quantile, &out->effect[k]);
    if (r->whole) tell_whole(f, item, quantile, out);
}

/* Of the mean of all items, and of their spread, what effect k of the answer is. */
static void find_pooled(const fit *f, size_t k, double *value, double *error, double *spread) {
    const skuai_shrink *s = &f->shrink;
    const skuai_effect_rows *r = f->rows;
    static const size_t parts[] = {0, SKUAI_TREATMENT_PRICE, SKUAI_TREATMENT_OTHERS};
    size_t part = r->whole ? parts[k] : k, at = part * r->k + part;
    double ignored;
    *value = s->pooled[part];
    *error = sqrt(s->pooled_variance[at]);
    *spread = sqrt(s->own[at]);
    if (!r->whole || k != SKUAI_TREATMENT_PROMOTION) return;
    *value = *error = *spread = 0; /* nothing was ever promoted */
    (void)skuai_effect_whole(r, 0, r->n, NULL, NULL, s->pooled, s->pooled_variance, value, error,
                             NULL);
    (void)skuai_effect_whole(r, 0, r->n, NULL, NULL, s->pooled, s->own, &ignored, spread, NULL);
}

/* The mean of all items, and no number for anybody where neither an item nor the mean tells. */
static void tell_pooled(const fit *f, size_t k, double quantile, skuai_effects *effects) {
    double error, value;
    size_t count[SKUAI_EFFECT_STILL + 1] = {0};
    int most = SKUAI_EFFECT_CONSTANT;
    find_pooled(f, k, &value, &error, &effects->spread[k]);
    for (size_t i = 0; i < effects->n_items; i++)
        count[effects->items[i].effect[k].known]++;
    for (int r = SKUAI_EFFECT_CONSTANT; r <= SKUAI_EFFECT_STILL; r++)
        if (count[r] > count[most]) most = r;
    bool known =
        count[SKUAI_EFFECT_KNOWN] + count[SKUAI_EFFECT_BORROWED] > 0 || error <= POOLED_WIDE;
    skuai_effect nothing = {.value = (double)NAN,
                            .error = (double)NAN,
                            .low = (double)NAN,
                            .high = (double)NAN,
                            .own = (double)NAN,
                            .own_error = (double)NAN,
                            .known = (skuai_effect_known)most};
    effects->pooled[k] =
        (skuai_effect){.own = value, .own_error = error, .known = SKUAI_EFFECT_KNOWN};
    set_interval(&effects->pooled[k], value, error, quantile);
    if (known) return;
    effects->pooled[k] = nothing;
    for (size_t i = 0; i < effects->n_items; i++) {
        skuai_effect *e = &effects->items[i].effect[k];
        nothing.known = e->known, nothing.moved = e->moved;
        *e = nothing;
        if (k == SKUAI_TREATMENT_PROMOTION) effects->items[i].lift = (double)NAN;
    }
}

skua_status skuai_effect_fit(skuai_effect_rows *rows, const skuai_effect_options *options,
                             const skuai_context *context, skuai_effects *effects,
                             skua_error *err) {
    fit f = {.rows = rows, .options = options, .context = context, .arena = rows->arena};
    SKUA_TRY(fit_new(&f, err));
    SKUA_TRY(iterate(&f, err));
    double quantile = skuai_normal_quantile(0.5 + options->confidence / 2);
    for (size_t i = 0; i < rows->n_items; i++)
        tell_item(&f, i, quantile, &effects->items[i]);
    for (size_t k = 0; k < effects->n_treatments; k++)
        tell_pooled(&f, k, quantile, effects);
    return SKUA_OK;
}
