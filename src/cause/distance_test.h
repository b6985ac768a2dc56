/* distance_test.h -- whether two columns depend on one another beyond others, in any way and not
 * only along a line (room cause). Both are regressed on the conditions by ridge on the conditions
 * and random Fourier features of them, the penalty chosen by generalised cross-validation; what is
 * left of both is tested for independence by the distance correlation, whose law under independence
 * chi-square bounds: no permutations. The scheme is that of tigramite's GPDC, a Gaussian process in
 * place of the ridge. [1] Szekely & Rizzo 2014, Annals of Statistics 42(6): distance correlation
 * without bias. [2] Shen, Panda & Vogelstein 2022, J. Computational and Graphical Statistics 31(1):
 * the chi-square test. [3] Rahimi & Recht 2007, NeurIPS 20. [4] Runge et al. 2019, Science Advances
 * 5(11). Cost: n^2 a test. */
#ifndef SKUA_CAUSE_DISTANCE_TEST_H
#define SKUA_CAUSE_DISTANCE_TEST_H

#include "core/alloc.h"
#include "core/error.h"

#include <stdint.h>

typedef struct skuai_distance_test skuai_distance_test; /* scratch for one length */

enum { SKUAI_DISTANCE_CONDITIONS = 60 }; /* of more, the first are used */

/* conditions_most is cut at SKUAI_DISTANCE_CONDITIONS. */
SKUA_MUST_USE skua_status skuai_distance_test_new(size_t n, size_t conditions_most,
                                                  skuai_distance_test **test, skua_error *err);
void skuai_distance_test_free(skuai_distance_test *test); /* NULL allowed */

/* x, y [n], z [n_z][n]: the value in [-1, 1], the root of the distance correlation of what is left
 * (below 0 where less than chance); *p out. NaN and p = 1 when nothing of x or y is left. Features
 * are drawn from `seed`. */
double skuai_distance_test_run(skuai_distance_test *test, const double *x, const double *y,
                               const double *const *z, size_t n_z, uint64_t seed, double *p);

/* The distance correlation of x and y [n] without bias, in [-1, 1]; NaN: one is constant. */
double skuai_distance_correlation(skuai_distance_test *test, const double *x, const double *y);

#endif
