/* ranks_module.h -- the table of functions between ranks.c and a transport between processes (room
 * math). A transport is a shared object of ours that exports SKUAI_RANKS_MODULE_SYMBOL; the one
 * there is speaks MPI (module/mpi_module.c, the only file that knows mpi.h). Nothing of it is
 * linked: a program that runs alone never loads it.
 *
 * Functions return 0, or another number whose sentence `text` gives. Every rank calls the same
 * functions in the same order. */
#ifndef SKUA_MATH_RANKS_MODULE_H
#define SKUA_MATH_RANKS_MODULE_H

#include <stddef.h>

enum { SKUAI_RANKS_MODULE_VERSION = 1 };
#define SKUAI_RANKS_MODULE_SYMBOL "skuai_ranks_mpi"

typedef struct skuai_ranks_module {
    int version; /* SKUAI_RANKS_MODULE_VERSION of the header it was compiled with */
    int (*start)(int *rank, int *size);
    int (*finish)(void);
    int (*barrier)(void);
    int (*broadcast)(void *bytes, int n, int root);
    /* row i of `to` becomes row (own rank) of rank i's `from`: size rows of n floats */
    int (*exchange)(const float *from, float *to, int n);
    /* n bytes of every rank, in the order of ranks, to all: size x n */
    int (*collect)(const void *from, void *to, int n);
    /* n bytes to rank 0, which is told where those of each rank go: counts and places [size] */
    int (*gather)(const void *from, int n, void *to, const int *counts, const int *places);
    void (*text)(int code, char *out, size_t size);
} skuai_ranks_module;

#endif
