/* synthetic_kind.h -- what the generators of synthetic series share, private to synthetic*.c. */
#ifndef SKUA_NEURAL_SYNTHETIC_KIND_H
#define SKUA_NEURAL_SYNTHETIC_KIND_H

#include "neural/synthetic.h"

/* Seasons of a frequency in periods, longest last; returns their number (0 .. 3). */
size_t skuai_synthetic_seasons(const skuai_grid *grid, double seasons[3]);

/* Uniform in [low, high); log-uniform; true with a probability. */
double skuai_draw_between(skuai_random *random, double low, double high);
double skuai_draw_log(skuai_random *random, double low, double high);
bool skuai_draw_chance(skuai_random *random, double probability);
/* Standardised Student's t (variance 1) with nu > 2 degrees of freedom. */
double skuai_draw_student(skuai_random *random, double nu);
/* An index by weights [n] >= 0 with a positive sum. */
size_t skuai_draw_choice(skuai_random *random, const double *weights, size_t n);

/* Subtract the mean and divide by the standard deviation (nothing when constant). */
void skuai_synthetic_standardise(double *y, size_t n);
/* Smooth cycle of `season` periods with random harmonics, amplitude 1 (standard deviation), added
 * to y times scale; `phase` is the position of y[0] in the cycle. */
void skuai_synthetic_cycle(skuai_random *random, double season, double phase, size_t harmonics,
                           double scale, double *y, size_t n);

/* Each fills series->target [length] (and what else its kind has); grid, start and length are set.
 * demand is target unless the kind sets it. */
skua_status skuai_synthetic_kernel(skuai_random *random, skuai_arena *arena,
                                   skuai_synthetic *series, skua_error *err);
skua_status skuai_synthetic_retail(skuai_random *random, skuai_arena *arena,
                                   skuai_synthetic *series, skua_error *err);
skua_status skuai_synthetic_process(skuai_random *random, skuai_arena *arena,
                                    skuai_synthetic *series, skua_error *err);
skua_status skuai_synthetic_short(skuai_random *random, skuai_arena *arena, skuai_synthetic *series,
                                  skua_error *err);
/* Changes length and start to those of the windows it found. */
skua_status skuai_synthetic_mixture(const skuai_synthetic_config *config, skuai_random *random,
                                    skuai_arena *arena, skuai_synthetic *series, skua_error *err);

#endif
