/* mpi_module.c -- skua-mpi.so: ranks over MPI 3 (room math). Loaded by ranks.c alone. */
#include "math/ranks_module.h"

#include <mpi.h>
#include <stdio.h>

static int start(int *rank, int *size) {
    int there = 0, level;
    int code = MPI_Initialized(&there);
    if (code == MPI_SUCCESS && !there)
        code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
    if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS) code = MPI_Comm_rank(MPI_COMM_WORLD, rank);
    if (code == MPI_SUCCESS) code = MPI_Comm_size(MPI_COMM_WORLD, size);
    return code;
}

static int finish(void) {
    return MPI_Finalize();
}

static int barrier(void) {
    return MPI_Barrier(MPI_COMM_WORLD);
}

static int broadcast(void *bytes, int n, int root) {
    return MPI_Bcast(bytes, n, MPI_BYTE, root, MPI_COMM_WORLD);
}

static int exchange(const float *from, float *to, int n) {
    return MPI_Alltoall(from, n, MPI_FLOAT, to, n, MPI_FLOAT, MPI_COMM_WORLD);
}

static int collect(const void *from, void *to, int n) {
    return MPI_Allgather(from, n, MPI_BYTE, to, n, MPI_BYTE, MPI_COMM_WORLD);
}

static int gather(const void *from, int n, void *to, const int *counts, const int *places) {
    return MPI_Gatherv(from, n, MPI_BYTE, to, counts, places, MPI_BYTE, 0, MPI_COMM_WORLD);
}

static void text(int code, char *out, size_t size) {
    char own[MPI_MAX_ERROR_STRING];
    int n = 0;
    if (MPI_Error_string(code, own, &n) != MPI_SUCCESS) n = 0;
    (void)snprintf(out, size, "%.*s", n, own);
}

extern const skuai_ranks_module skuai_ranks_mpi;
__attribute__((visibility("default"))) const skuai_ranks_module skuai_ranks_mpi = {
    .version = SKUAI_RANKS_MODULE_VERSION,
    .start = start,
    .finish = finish,
    .barrier = barrier,
    .broadcast = broadcast,
    .exchange = exchange,
    .collect = collect,
    .gather = gather,
    .text = text,
};
