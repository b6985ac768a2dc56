/* random.h -- random numbers whose state is an argument (room core).
 * Generator: xoshiro256++ (Blackman & Vigna 2021, ACM TOMS 47(4)), seeded by splitmix64, so that
 * any two seeds give unrelated streams. Use skuai_random_split for one stream a series or a
 * thread: results then do not depend on the thread count. */
#ifndef SKUA_CORE_RANDOM_H
#define SKUA_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct skuai_random {
    uint64_t state[4];
} skuai_random;

void skuai_random_init(skuai_random *random, uint64_t seed);
/* Stream number `stream` of a seed, unrelated to every other. */
void skuai_random_split(skuai_random *random, uint64_t seed, uint64_t stream);

uint64_t skuai_random_bits(skuai_random *random);
double skuai_random_uniform(skuai_random *random);              /* in [0, 1) */
size_t skuai_random_index(skuai_random *random, size_t n);      /* 0 .. n-1; n >= 1 */
double skuai_random_normal(skuai_random *random);               /* mean 0, sd 1 */
double skuai_random_exponential(skuai_random *random);          /* mean 1 */
double skuai_random_gamma(skuai_random *random, double shape);  /* scale 1; shape > 0 */
double skuai_random_poisson(skuai_random *random, double mean); /* mean >= 0 */
/* Counts of mean `mean` and variance mean + mean^2 / size; size infinite: Poisson. */
double skuai_random_negative_binomial(skuai_random *random, double mean, double size);
void skuai_random_shuffle(skuai_random *random, size_t *items, size_t n);

#endif
