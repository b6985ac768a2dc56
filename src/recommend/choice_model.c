#include "recommend/choice_model.h"

#include "core/alloc.h"
#include "math/optimise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct choice_fit {
    const skuai_choice_sets *sets;
    const double *deviation; /* [k] 0: left out */
    double penalty;
    double *share;    /* scratch [largest set] */
    double *gradient; /* [k] of the last point */
    double *b;        /* [k] in the features' own units */
} choice_fit;

/* Value and gradient at x (in deviations). */
static double evaluate(const double *x, double *gradient, void *user) {
    choice_fit *f = user;
    const skuai_choice_sets *s = f->sets;
    size_t k = s->n_features;
    double value = 0;
    for (size_t j = 0; j < k; j++) {
        f->b[j] = f->deviation[j] > 0 ? x[j] / f->deviation[j] : 0;
        gradient[j] = 0;
    }
    for (size_t set = 0; set < s->n_sets; set++) {
        size_t from = s->rows[set], to = s->rows[set + 1];
        double top = -INFINITY, sum = 0, picked = 0, n = 0;
        for (size_t r = from; r < to; r++) {
            double score = 0;
            for (size_t j = 0; j < k; j++)
                score += f->b[j] * (double)s->features[r * k + j];
            f->share[r - from] = score;
            if (score > top) top = score;
            if (s->chosen[r]) picked += score, n++;
        }
        for (size_t r = from; r < to; r++) {
            f->share[r - from] = (double)s->weights[r] * exp(f->share[r - from] - top);
            sum += f->share[r - from];
        }
        value += top + log(fmax(sum, 1e-300)) - picked / n;
        for (size_t r = from; r < to; r++) {
            double g = f->share[r - from] / sum - (s->chosen[r] ? 1 / n : 0);
            for (size_t j = 0; j < k; j++)
                gradient[j] += g * (double)s->features[r * k + j];
        }
    }
    value /= (double)s->n_sets;
    for (size_t j = 0; j < k; j++) {
        double scale = f->deviation[j] > 0 ? 1 / (f->deviation[j] * (double)s->n_sets) : 0;
        gradient[j] = gradient[j] * scale + 2 * f->penalty * x[j];
        value += f->penalty * x[j] * x[j];
    }
    return value;
}

static double value_of(const double *x, void *user) {
    choice_fit *f = user;
    return evaluate(x, f->gradient, user);
}

static void gradient_of(const double *x, double *g, void *user) {
    (void)evaluate(x, g, user);
}

static skua_status check(const skuai_choice_sets *s, size_t *largest, skua_error *err) {
    if (s->n_sets == 0)
        return skuai_error_set(err, SKUA_EINVAL,
                               "choice model: there are no choices to learn from");
    *largest = 0;
    for (size_t set = 0; set < s->n_sets; set++) {
        bool any = false;
        for (size_t r = s->rows[set]; r < s->rows[set + 1]; r++)
            any = any || s->chosen[r];
        if (!any)
            return skuai_error_set(err, SKUA_EINVAL, "choice model: nothing was chosen in set %zu",
                                   set);
        if (s->rows[set + 1] - s->rows[set] > *largest) *largest = s->rows[set + 1] - s->rows[set];
    }
    return SKUA_OK;
}

static void feature_deviations(const skuai_choice_sets *s, double *deviation) {
    size_t first = s->rows[0], end = s->rows[s->n_sets], k = s->n_features;
    double n = (double)(end - first);
    for (size_t j = 0; j < k; j++) {
        double mean = 0, squares = 0;
        for (size_t r = first; r < end; r++)
            mean += (double)s->features[r * k + j];
        mean /= n;
        for (size_t r = first; r < end; r++) {
            double d = (double)s->features[r * k + j] - mean;
            squares += d * d;
        }
        double sd = sqrt(squares / n);
        deviation[j] = sd > 1e-9 * (1 + fabs(mean)) ? sd : 0;
    }
}

skua_status skuai_choice_fit(const skuai_choice_sets *s, double penalty, double *b,
                             double *likelihood, skua_error *err) {
    size_t k = s->n_features, largest = 0;
    SKUA_TRY(check(s, &largest, err));
    double *block = skuai_zero(4 * k + largest + SKUAI_BFGS_SCRATCH(k), sizeof *block);
    if (!block) return skuai_error_memory(err, "a choice model");
    double *x = block, *deviation = x + k;
    choice_fit f = {.sets = s, .deviation = deviation, .penalty = penalty};
    f.gradient = deviation + k;
    f.b = f.gradient + k;
    f.share = f.b + k;
    feature_deviations(s, deviation);
    skuai_bfgs_options options = SKUAI_BFGS_DEFAULT;
    options.tolerance_value = 1e-8;
    options.tolerance_gradient = 1e-6;
    skuai_optimum found =
        skuai_minimise_bfgs(value_of, gradient_of, &f, x, k, &options, f.share + largest);
    double squares = 0;
    for (size_t j = 0; j < k; j++) {
        b[j] = deviation[j] > 0 ? x[j] / deviation[j] : 0;
        squares += x[j] * x[j];
    }
    if (likelihood) *likelihood = penalty * squares - found.value;
    skuai_free(block);
    return SKUA_OK;
}

/* -- The first places -------------------------------------------------------------------------- */

enum { DEPTH_MOST = 100, HELD = 4 };

typedef struct place {
    double score;
    size_t row;
} place;

typedef struct rank_work {
    const skuai_choice_sets *sets;
    const double *b;
    size_t depth;
    double *discount; /* [depth] 1 / log2(2 + place) */
    double *score;    /* [largest set] */
    place *places;    /* [largest set] */
    size_t *rank;     /* [largest set] place of a row, depth: behind */
} rank_work;

static int by_place(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Scores, the first places and NDCG of a set. */
static double rank_set(rank_work *w, size_t set) {
    const skuai_choice_sets *s = w->sets;
    size_t from = s->rows[set], n = s->rows[set + 1] - from, k = s->n_features, chosen = 0;
    double best = 0, sum = 0;
    for (size_t r = 0; r < n; r++) {
        double score = 0;
        for (size_t j = 0; j < k; j++)
            score += w->b[j] * (double)s->features[(from + r) * k + j];
        w->score[r] = score;
        w->places[r] = (place){score, r};
        w->rank[r] = w->depth;
        chosen += s->chosen[from + r];
    }
    qsort(w->places, n, sizeof *w->places, by_place);
    for (size_t p = 0; p < w->depth && p < n; p++) {
        w->rank[w->places[p].row] = p;
        if (p < chosen) best += w->discount[p];
        if (s->chosen[from + w->places[p].row]) sum += w->discount[p];
    }
    return sum / best;
}

/* Add the surrogate's gradient of a set (ranked before) to g. */
static void rank_gradient(const rank_work *w, size_t set, double *g) {
    const skuai_choice_sets *s = w->sets;
    size_t from = s->rows[set], n = s->rows[set + 1] - from, k = s->n_features, chosen = 0;
    double best = 0;
    for (size_t r = 0; r < n; r++)
        chosen += s->chosen[from + r];
    for (size_t p = 0; p < w->depth && p < chosen; p++)
        best += w->discount[p];
    for (size_t i = 0; i < n; i++) {
        if (!s->chosen[from + i]) continue;
        size_t reach = w->rank[i] < w->depth ? 2 * w->depth : w->depth;
        double di = w->rank[i] < w->depth ? w->discount[w->rank[i]] : 0;
        for (size_t p = 0; p < reach && p < n; p++) {
            size_t j = w->places[p].row;
            if (s->chosen[from + j]) continue;
            double dj = p < w->depth ? w->discount[p] : 0;
            double weight = fabs(di - dj) / best / (1 + exp(w->score[i] - w->score[j]));
            for (size_t f = 0; f < k; f++)
                g[f] += weight * ((double)s->features[(from + j) * k + f] -
                                  (double)s->features[(from + i) * k + f]);
        }
    }
}

/* Mean NDCG of the sets held out; the gradient of the others. */
static double rank_pass(rank_work *w, double *g) {
    size_t k = w->sets->n_features, held = 0;
    double sum = 0;
    memset(g, 0, k * sizeof *g);
    for (size_t set = 0; set < w->sets->n_sets; set++) {
        double ndcg = rank_set(w, set);
        if (set % HELD == HELD - 1)
            sum += ndcg, held++;
        else
            rank_gradient(w, set, g);
    }
    for (size_t f = 0; f < k; f++)
        g[f] /= (double)w->sets->n_sets;
    return held > 0 ? sum / (double)held : 0;
}

/* Adam (Kingma & Ba 2015) in units of the features' deviations; best [k] out. */
static void rank_steps(rank_work *w, size_t steps, const double *deviation, double *point,
                       double *best, double *block, double *ndcg) {
    size_t k = w->sets->n_features;
    double *g = block, *m = g + k, *v = m + k, top = -1;
    memset(m, 0, 2 * k * sizeof *m);
    for (size_t step = 0; step <= steps; step++) {
        double now = rank_pass(w, g), c1 = 1 - pow(0.9, (double)step + 1),
               c2 = 1 - pow(0.99, (double)step + 1);
        if (step == 0) ndcg[0] = now;
        if (now > top) {
            top = now;
            memcpy(best, point, k * sizeof *best);
        }
        for (size_t f = 0; f < k; f++) {
            if (!(deviation[f] > 0)) continue;
            double d = g[f] * deviation[f];
            m[f] = 0.9 * m[f] + 0.1 * d;
            v[f] = 0.99 * v[f] + 0.01 * d * d;
            point[f] -= 0.02 * m[f] / c1 / (sqrt(v[f] / c2) + 1e-8) / deviation[f];
        }
    }
    ndcg[1] = top;
}

skua_status skuai_choice_rank(const skuai_choice_sets *s, size_t depth, size_t steps, double *b,
                              double *ndcg, skua_error *err) {
    size_t k = s->n_features, largest = 0;
    double discount[DEPTH_MOST], reached[2] = {0};
    if (depth < 1 || depth > DEPTH_MOST)
        return skuai_error_set(err, SKUA_EINVAL, "choice model: depth %zu: need 1 to %d", depth,
                               DEPTH_MOST);
    SKUA_TRY(check(s, &largest, err));
    for (size_t p = 0; p < depth; p++)
        discount[p] = 1 / log2((double)p + 2);
    double *block = skuai_zero(6 * k + largest, sizeof *block);
    place *places = skuai_new(largest, sizeof *places);
    size_t *rank = skuai_new(largest, sizeof *rank);
    skua_status status = block && places && rank ? SKUA_OK : skuai_error_memory(err, "a ranking");
    if (status == SKUA_OK) {
        double *point = block, *best = point + k, *deviation = best + k;
        rank_work w = {s, point, depth, discount, deviation + 4 * k, places, rank};
        feature_deviations(s, deviation);
        memcpy(point, b, k * sizeof *point);
        rank_steps(&w, steps, deviation, point, best, deviation + k, reached);
        memcpy(b, best, k * sizeof *b);
        if (ndcg) memcpy(ndcg, reached, sizeof reached);
    }
    skuai_free(block);
    skuai_free(places);
    skuai_free(rank);
    return status;
}
