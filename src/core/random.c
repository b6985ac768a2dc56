#include "core/random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x) {
    uint64_t z = (*x += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void skuai_random_init(skuai_random *random, uint64_t seed) {
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

void skuai_random_split(skuai_random *random, uint64_t seed, uint64_t stream) {
    uint64_t mixed = splitmix(&seed) ^ (stream * UINT64_C(0xD1342543DE82EF95) + 1);
    skuai_random_init(random, splitmix(&mixed));
}

static uint64_t rotate(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

uint64_t skuai_random_bits(skuai_random *random) {
    uint64_t *s = random->state;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double skuai_random_uniform(skuai_random *random) {
    return (double)(skuai_random_bits(random) >> 11) * 0x1.0p-53;
}

size_t skuai_random_index(skuai_random *random, size_t n) {
    size_t i = (size_t)(skuai_random_uniform(random) * (double)n);
    return i < n ? i : n - 1; /* rounding, only for n near 2^53 */
}

double skuai_random_normal(skuai_random *random) { /* Marsaglia's polar method */
    for (;;) {
        double u = 2 * skuai_random_uniform(random) - 1;
        double v = 2 * skuai_random_uniform(random) - 1;
        double s = u * u + v * v;
        if (s > 0 && s < 1) return u * sqrt(-2 * log(s) / s);
    }
}

double skuai_random_exponential(skuai_random *random) {
    return -log1p(-skuai_random_uniform(random));
}

double skuai_random_gamma(skuai_random *random, double shape) {
    if (!(shape > 0)) return 0;
    if (shape < 1) /* Marsaglia & Tsang 2000, section 6 */
        return skuai_random_gamma(random, shape + 1) *
               pow(1 - skuai_random_uniform(random), 1 / shape);
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = skuai_random_normal(random), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        double u = 1 - skuai_random_uniform(random);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

double skuai_random_poisson(skuai_random *random, double mean) {
    if (!(mean > 0)) return 0;
    double count = 0;
    while (mean > 30) { /* reduce by gamma waiting times: Ahrens & Dieter 1974 */
        double m = floor(mean * 7 / 8), x = skuai_random_gamma(random, m);
        if (x > mean) { /* the m-th arrival is too late: binomial thinning of m - 1 */
            double p = mean / x;
            for (double i = 1; i < m; i++)
                count += skuai_random_uniform(random) < p;
            return count;
        }
        count += m;
        mean -= x;
    }
    double limit = exp(-mean), product = 1 - skuai_random_uniform(random);
    while (product > limit) {
        count++;
        product *= 1 - skuai_random_uniform(random);
    }
    return count;
}

double skuai_random_negative_binomial(skuai_random *random, double mean, double size) {
    if (!(mean > 0)) return 0;
    if (!(size > 0) || !isfinite(size)) return skuai_random_poisson(random, mean);
    return skuai_random_poisson(random, skuai_random_gamma(random, size) * mean / size);
}

void skuai_random_shuffle(skuai_random *random, size_t *items, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t j = skuai_random_index(random, i), t = items[i - 1];
        items[i - 1] = items[j];
        items[j] = t;
    }
}
