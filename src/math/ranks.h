/* ranks.h -- collectives: one program as several processes that work on the same thing (room math).
 *
 *     skuai_ranks *ranks;
 *     SKUA_TRY(skuai_ranks_open(skua_version(), &ranks, err));
 *     ... each rank makes its share, skuai_ranks_sum(ranks, gradient, n, err) ...
 *     return skuai_ranks_close(ranks, status, err);
 *
 * A process that no launcher started is rank 0 of 1, and every collective is done at once without
 * MPI. Under mpirun or srun a module of ours is loaded (ranks_module.h). All ranks call the same
 * collectives in the same order. NULL is one rank, everywhere.
 *
 * A rank that fails leaves without saying goodbye to the others, which makes the launcher end the
 * run: Open MPI and MPICH do so by themselves, srun with --kill-on-bad-exit.
 *
 * Environment: SKUA_RANKS=mpi loads the module without a launcher that is known, SKUA_RANKS=none
 * never does; SKUA_MPI=FILE names the module. */
#ifndef SKUA_MATH_RANKS_H
#define SKUA_MATH_RANKS_H

#include "core/error.h"

typedef struct skuai_ranks skuai_ranks;

/* Meet the other ranks. version: a text that all of them must agree on. *ranks is the caller's
 * (_close). SKUA_ENOTFOUND: a launcher started this process, but the module is not there;
 * SKUA_ECONFIG: ranks of different versions; SKUA_EIO: MPI does not start. A process meets once. */
SKUA_MUST_USE skua_status skuai_ranks_open(const char *version, skuai_ranks **ranks,
                                           skua_error *err);
/* Free, and take leave of the others when status is SKUA_OK. Gives status back, or the failure of
 * taking leave; of several ranks a failure's sentence says which one it is of. NULL allowed. */
SKUA_MUST_USE skua_status skuai_ranks_close(skuai_ranks *ranks, skua_status status,
                                            skua_error *err);

/* Whether a launcher started this process as one of several, as far as the environment tells;
 * nothing is loaded. */
bool skuai_ranks_several(void);

size_t skuai_ranks_rank(const skuai_ranks *ranks); /* 0 ... size - 1 */
size_t skuai_ranks_size(const skuai_ranks *ranks); /* >= 1 */
/* Items of n that this rank does: *first up to, not including, *end; the shares of the ranks are
 * consecutive and differ by one item at most. */
void skuai_ranks_share(const skuai_ranks *ranks, size_t n, size_t *first, size_t *end);

/* values [n] becomes the sum over ranks, the same bits on each: every rank adds a part of the
 * array, in pairs ((0 + 1) + (2 + 3)) ..., which is also what one rank does that adds pieces by
 * skuai_gradient_tree. Traffic a rank: 8 n (1 - 1 / size) bytes out and as much in. SKUA_EIO: a
 * rank is lost; SKUA_ENOMEM; values are undefined then. */
SKUA_MUST_USE skua_status skuai_ranks_sum(const skuai_ranks *ranks, float *values, size_t n,
                                          skua_error *err);
/* The greatest of a number that every rank gives: of statuses, say. */
SKUA_MUST_USE skua_status skuai_ranks_most(const skuai_ranks *ranks, int *number, skua_error *err);
/* n bytes of rank `root` to all. */
SKUA_MUST_USE skua_status skuai_ranks_broadcast_from(const skuai_ranks *ranks, size_t root,
                                                     void *bytes, size_t n, skua_error *err);
/* Likewise of rank 0. */
SKUA_MUST_USE skua_status skuai_ranks_broadcast(const skuai_ranks *ranks, void *bytes, size_t n,
                                                skua_error *err);
/* SKUA_ECONFIG unless a text (at most 63 bytes of it) is the same on all ranks, with the sentence
 * "rank 1 VERB text and rank 0 VERB text: remedy", as "has the data" or "is". */
SKUA_MUST_USE skua_status skuai_ranks_agree(const skuai_ranks *ranks, const char *text,
                                            const char *verb, const char *remedy, skua_error *err);
/* values [size * n]: every rank has filled its own n doubles, at rank * n, and gets the others'. */
SKUA_MUST_USE skua_status skuai_ranks_collect(const skuai_ranks *ranks, double *values, size_t n,
                                              skua_error *err);
/* The n bytes of every rank, one after the other in the order of ranks, to rank 0: *all is the
 * caller's (skuai_free), *total long, and starts[r] (size + 1, NULL allowed) tells where rank r's
 * begin. Others get NULL and 0. 2 GiB in all at most: SKUA_ELIMIT. */
SKUA_MUST_USE skua_status skuai_ranks_gather(const skuai_ranks *ranks, const void *bytes, size_t n,
                                             char **all, size_t *total, size_t *starts,
                                             skua_error *err);
SKUA_MUST_USE skua_status skuai_ranks_barrier(const skuai_ranks *ranks, skua_error *err);

#endif
