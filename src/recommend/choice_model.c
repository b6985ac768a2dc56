#include "recommend/choice_model.h"

#include "core/alloc.h"
#include "math/optimise.h"

#include <math.h>
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
