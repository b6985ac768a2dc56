/* isolation_forest.h -- how isolated a row of a feature matrix is (room learn).
 *
 * Random trees cut a random feature at a random place until every row of a small sample stands
 * alone; odd rows stand alone after few cuts. The score of a row is 2^(-E[path] / c(sample)), in
 * (0, 1]: about 0.5 for ordinary rows, near 1 for isolated ones.
 *
 * Liu, Ting & Zhou 2008, Isolation forest, ICDM 413-422 (algorithms 1 to 3, equations 1 and 2);
 * the height limit is ceil(log2(sample)), and a leaf that still holds m rows adds c(m).
 * Nodes whose rows are equal in every feature are leaves; a feature that is constant in a node is
 * not drawn there (as scikit-learn does, so that constant columns cost nothing). */
#ifndef SKUA_LEARN_ISOLATION_FOREST_H
#define SKUA_LEARN_ISOLATION_FOREST_H

#include "core/alloc.h"

typedef struct skuai_isolation_options {
    size_t trees;  /* >= 1 */
    size_t sample; /* rows a tree, >= 2; fewer when there are fewer rows */
    uint64_t seed; /* same seed, same data: same forest */
} skuai_isolation_options;

#define SKUAI_ISOLATION_OPTIONS_DEFAULT                                                            \
    ((skuai_isolation_options){.trees = 100, .sample = 256, .seed = 1})

typedef struct skuai_isolation_forest skuai_isolation_forest; /* immutable: any thread may score */

/* Grow a forest on x [n, k], row-major. *forest is the caller's.
 * SKUA_EINVAL: n, k, trees of 0 or sample < 2; SKUA_EDATA: a value that is not finite.
 * O(trees * sample * log(sample)) time, O(trees * sample) memory. */
SKUA_MUST_USE skua_status skuai_isolation_forest_new(const double *x, size_t n, size_t k,
                                                     const skuai_isolation_options *options,
                                                     skuai_isolation_forest **forest,
                                                     skua_error *err);
void skuai_isolation_forest_free(skuai_isolation_forest *forest); /* NULL allowed */

/* Scores of x [n, k] (k as grown) into score [n]. A value that is not finite goes right. */
void skuai_isolation_forest_score(const skuai_isolation_forest *forest, const double *x, size_t n,
                                  double *score);

/* Equation 1: the mean depth of an unsuccessful search in a binary search tree of n keys;
 * 0 for n <= 1, 1 for n = 2. */
double skuai_isolation_depth(size_t n);

#endif
