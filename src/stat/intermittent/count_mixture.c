#include "stat/intermittent/count_mixture.h"

#include "math/distribution.h"
#include "math/special.h"

#include <math.h>
#include <stdbool.h>

/* Up to this mean the negative binomial is summed term by term. */
#define LARGEST_EXACT_MEAN 60.0
/* Wilson-Hilferty's law is within 0.002 of the gamma's from this shape on. */
#define LEAST_CUBE_ROOT_SHAPE 2.0
/* Where a table walk gives up: the tail left there is below any level that is asked for. */
#define LARGEST_WALK 1000000.0

/* The negative binomial's terms, one after the other. */
typedef struct walk {
    double x, mass, sum; /* at x: its probability, and that of <= x */
    double size, ratio;  /* mass(x + 1) = mass(x) * ratio * (size + x) / (x + 1) */
    double mean;
    bool poisson;
} walk;

static walk walk_start(double mean, double excess) {
    walk w = {.mean = mean, .poisson = !(excess > 1e-9)};
    if (w.poisson) {
        w.mass = exp(-mean);
    } else {
        w.size = 1 / excess;
        w.ratio = mean / (w.size + mean);
        w.mass = exp(-w.size * log1p(mean / w.size));
    }
    w.sum = w.mass;
    return w;
}

static void walk_step(walk *w) {
    w->mass *= w->poisson ? w->mean / (w->x + 1) : w->ratio * (w->size + w->x) / (w->x + 1);
    w->x += 1;
    w->sum += w->mass;
}

static bool is_exact(const skuai_count_mixture *m) {
    return m->mean <= LARGEST_EXACT_MEAN;
}

/* Probability of <= x under the law of large means. */
static double large_cdf(double mean, double excess, double x) {
    if (!(x >= 0)) return 0;
    double shape = 1 / (1 / mean + excess), scaled = (x + 0.5) / mean;
    if (shape < LEAST_CUBE_ROOT_SHAPE) return skuai_gamma_lower(shape, shape * scaled);
    double c = 1 / (9 * shape);
    return skuai_normal_cdf((cbrt(scaled) - (1 - c)) / sqrt(c));
}

static double law_cdf(const skuai_count_mixture *m, double x) {
    if (!(x >= 0)) return 0;
    if (!is_exact(m)) return large_cdf(m->mean, m->excess, x);
    walk w = walk_start(m->mean, m->excess);
    while (w.x + 1 <= x && w.sum < 1 - 1e-15 && w.x < LARGEST_WALK)
        walk_step(&w);
    return fmin(w.sum, 1);
}

/* Weight of own values <= x. */
static double history_below(const skuai_count_mixture *m, double x) {
    double sum = 0;
    for (size_t i = 0; i < m->n && m->value[i] <= x; i++)
        sum += m->weight[i];
    return sum;
}

static double combine(const skuai_count_mixture *m, double below, double law) {
    double inner = (below + m->concentration * law) / (m->weight_sum + m->concentration);
    return m->zero + (1 - m->zero) * inner;
}

double skuai_count_mixture_cdf(const skuai_count_mixture *m, double x) {
    if (!(x >= 0)) return 0;
    return fmin(combine(m, history_below(m, x), law_cdf(m, x)), 1);
}

double skuai_count_mixture_mass(const skuai_count_mixture *m, double low, double high) {
    double inside = 0, law;
    for (size_t i = 0; i < m->n && m->value[i] <= high; i++)
        if (m->value[i] >= low) inside += m->weight[i];
    if (is_exact(m)) {
        walk w = walk_start(m->mean, m->excess);
        law = 0;
        for (; w.x <= high && w.x < LARGEST_WALK; walk_step(&w))
            if (w.x >= low) law += w.mass;
    } else {
        law = large_cdf(m->mean, m->excess, high) - large_cdf(m->mean, m->excess, low - 1);
    }
    double mass = (inside + m->concentration * law) / (m->weight_sum + m->concentration);
    return (low <= 0 ? m->zero : 0) + (1 - m->zero) * mass;
}

double skuai_count_mixture_mean(const skuai_count_mixture *m) {
    double sum = 0;
    for (size_t i = 0; i < m->n; i++)
        sum += m->weight[i] * m->value[i];
    return (1 - m->zero) * (sum + m->concentration * m->mean) / (m->weight_sum + m->concentration);
}

static void walk_quantiles(const skuai_count_mixture *m, const double *levels, size_t n,
                           double *quantiles) {
    walk w = walk_start(m->mean, m->excess);
    double below = 0;
    size_t i = 0;
    for (size_t q = 0; q < n;) {
        while (i < m->n && m->value[i] <= w.x)
            below += m->weight[i++];
        double f = combine(m, below, w.sum);
        while (q < n && f >= levels[q] - 1e-12)
            quantiles[q++] = w.x;
        if (w.x >= LARGEST_WALK)
            while (q < n)
                quantiles[q++] = w.x;
        walk_step(&w);
    }
}

/* About where the law reaches a level. */
static double large_quantile(const skuai_count_mixture *m, double level) {
    double c = (1 / m->mean + m->excess) / 9;
    double root = 1 - c + skuai_normal_quantile(level) * sqrt(c);
    return root > 0 ? floor(m->mean * root * root * root) : 0;
}

/* Bisection on whole numbers inside a bracket that grows from where the law puts the level. */
static void search_quantiles(const skuai_count_mixture *m, const double *levels, size_t n,
                             double *quantiles) {
    double floor_at = -1; /* F there is below the level */
    for (size_t q = 0; q < n; q++) {
        double level = levels[q] - 1e-12, width = fmax(floor(m->mean / 16), 1);
        double low = fmax(large_quantile(m, levels[q]), floor_at), high = low;
        while (low > floor_at && skuai_count_mixture_cdf(m, low) >= level) {
            high = low;
            low = fmax(low - width, floor_at);
            width *= 2;
        }
        while (high == low || (high < 1e15 && skuai_count_mixture_cdf(m, high) < level)) {
            low = high;
            high += width;
            width *= 2;
        }
        while (high - low > 1) {
            double middle = floor((low + high) / 2);
            if (skuai_count_mixture_cdf(m, middle) >= level)
                high = middle;
            else
                low = middle;
        }
        quantiles[q] = high;
        floor_at = high - 1;
    }
}

void skuai_count_mixture_quantiles(const skuai_count_mixture *m, const double *levels, size_t n,
                                   double *quantiles) {
    if (is_exact(m))
        walk_quantiles(m, levels, n, quantiles);
    else
        search_quantiles(m, levels, n, quantiles);
}
