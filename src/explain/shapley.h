/* shapley.h -- Shapley values of a game of up to 20 players, with any number of outcomes at once
 * (room explain). The players are groups of a forecaster's inputs; a coalition's worth is the
 * forecast when the inputs of all other players are those of a background. Contributions sum to the
 * worth of all less that of none: every function checks it before it returns. [1] Shapley 1953,
 * Contributions to the Theory of Games II. [2] Lundberg & Lee 2017, NeurIPS 30: the weighted
 * regression whose solution they are (kernel SHAP). [3] Castro, Gomez & Tejada 2009, Computers &
 * Operations Research 36(5): sampled permutations; here each with its reverse, Mitchell et al.
 * 2022, JMLR 23(43). */
#ifndef SKUA_EXPLAIN_SHAPLEY_H
#define SKUA_EXPLAIN_SHAPLEY_H

#include "core/alloc.h"

enum { SKUAI_SHAPLEY_EXACT_MOST = 12, SKUAI_SHAPLEY_MOST = 20 };

/* The worth of m coalitions [m, n] (true: the player takes part): values [m, k] out. */
typedef struct skuai_game {
    size_t n, k; /* players, outcomes */
    skua_status (*worth)(void *user, const bool *coalitions, size_t m, double *values,
                         skua_error *err);
    void *user;
} skuai_game;

/* contribution [n, k], none [k] (worth of nobody), all [k] out. Exact: all 2^n coalitions, n <= 12.
 * SKUA_EINVAL: n out of range; SKUA_EDATA: a worth that is not finite. */
SKUA_MUST_USE skua_status skuai_shapley_exact(const skuai_game *game, double *contribution,
                                              double *none, double *all, skua_error *err);
/* By weighted least squares on about `samples` coalitions, drawn with their complements; with 2^n -
 * 2 or more all are taken and the values are exact. */
SKUA_MUST_USE skua_status skuai_shapley_kernel(const skuai_game *game, size_t samples,
                                               uint64_t seed, double *contribution, double *none,
                                               double *all, skua_error *err);
/* Mean over `pairs` drawn orders and their reverses of what each player adds when it joins. */
SKUA_MUST_USE skua_status skuai_shapley_permutation(const skuai_game *game, size_t pairs,
                                                    uint64_t seed, double *contribution,
                                                    double *none, double *all, skua_error *err);

#endif
