#define _GNU_SOURCE /* dladdr */
#include "math/ranks.h"

#include "core/alloc.h"
#include "math/ranks_module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 64, BLOCK = 1 << 30 /* bytes of a broadcast at once */ };

struct skuai_ranks {
    const skuai_ranks_module *module; /* NULL: alone */
    int rank, size;
};

static const char module_name[] = "skua-mpi.so";

/* -- Meeting ----------------------------------------------------------------------------------- */

static bool launched(void) {
    const char *asked = getenv("SKUA_RANKS");
    if (asked && strcmp(asked, "none") == 0) return false;
    if (asked && strcmp(asked, "mpi") == 0) return true;
    static const char *const marks[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK",
                                        "MPI_LOCALRANKID"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (getenv(marks[i])) return true;
    return false;
}

bool skuai_ranks_several(void) {
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"};
    if (!launched()) return false;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *text = getenv(sizes[i]);
        if (text && strtol(text, NULL, 10) > 1) return true;
    }
    return false;
}

/* In the folder of a program or library, where it lies in a build tree, or in the package's. */
static void *open_beside(const char *file) {
    static const char *const folders[] = {"", "skua/", SKUA_MODULE_FOLDER};
    const char *slash = strrchr(file, '/');
    void *handle = NULL;
    for (size_t i = 0; slash && !handle && i < sizeof folders / sizeof *folders; i++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%.*s/%s%s", (int)(slash - file), file, folders[i],
                         module_name);
        if (n > 0 && (size_t)n < sizeof path) handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    }
    return handle;
}

/* Beside what this code is a part of; a program that was found along PATH is known by its bare
 * name, and one may be started by a link. Global: MPI's own parts look for its symbols. */
static void *open_module(void) {
    const char *named = getenv("SKUA_MPI");
    if (named && *named) return dlopen(named, RTLD_NOW | RTLD_GLOBAL);
    Dl_info info;
    char whole[PATH_MAX];
    if (!dladdr((const void *)module_name, &info) || !info.dli_fname) return NULL;
    void *handle = open_beside(info.dli_fname);
    const char *file = strchr(info.dli_fname, '/') ? info.dli_fname : "/proc/self/exe";
    return !handle && realpath(file, whole) ? open_beside(whole) : handle;
}

static skua_status load(const skuai_ranks_module **module, skua_error *err) {
    void *handle = open_module();
    if (!handle) {
        const char *why = dlerror();
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "a launcher of MPI started this process, but %s is not there: "
                               "build skua where MPI is installed (libopenmpi-dev), set SKUA_MPI "
                               "to the file, or SKUA_RANKS=none to run alone (%s)",
                               module_name, why ? why : "not found");
    }
    const skuai_ranks_module *found = dlsym(handle, SKUAI_RANKS_MODULE_SYMBOL);
    if (!found || found->version != SKUAI_RANKS_MODULE_VERSION) {
        (void)dlclose(handle);
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "%s belongs to another version of skua; install both from one build",
                               module_name);
    }
    *module = found; /* the handle stays */
    return SKUA_OK;
}

static skua_status failed(const skuai_ranks *ranks, int code, const char *what, skua_error *err) {
    if (code == 0) return SKUA_OK;
    char why[256];
    ranks->module->text(code, why, sizeof why);
    return skuai_error_set(err, SKUA_EIO,
                           "rank %d of %d could not %s: a rank or the network between them is lost "
                           "(%s); start it again: pre-training goes on from its checkpoint",
                           ranks->rank, ranks->size, what, why);
}

skua_status skuai_ranks_open(const char *version, skuai_ranks **ranks, skua_error *err) {
    skuai_ranks met = {.size = 1};
    if (launched()) {
        SKUA_TRY(load(&met.module, err));
        int code = met.module->start(&met.rank, &met.size);
        SKUA_TRY(failed(&met, code, "start MPI", err));
        SKUA_TRY(skuai_ranks_agree(&met, version, "is", "install one version on all hosts", err));
    }
    skuai_ranks *made = skuai_new(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "ranks");
    *made = met;
    *ranks = made;
    return SKUA_OK;
}

skua_status skuai_ranks_close(skuai_ranks *ranks, skua_status status, skua_error *err) {
    if (ranks && ranks->module && status == SKUA_OK)
        status = failed(ranks, ranks->module->finish(), "take leave", err);
    else if (ranks && ranks->size > 1 && status != SKUA_OK)
        status = skuai_error_prefix(err, status, "rank %d of %d", ranks->rank, ranks->size);
    skuai_free(ranks);
    return status;
}

size_t skuai_ranks_rank(const skuai_ranks *ranks) {
    return ranks ? (size_t)ranks->rank : 0;
}

size_t skuai_ranks_size(const skuai_ranks *ranks) {
    return ranks ? (size_t)ranks->size : 1;
}

void skuai_ranks_share(const skuai_ranks *ranks, size_t n, size_t *first, size_t *end) {
    size_t size = skuai_ranks_size(ranks), r = skuai_ranks_rank(ranks);
    size_t each = n / size, more = n % size;
    *first = r * each + (r < more ? r : more);
    *end = *first + each + (r < more ? 1 : 0);
}

/* -- Collectives ------------------------------------------------------------------------------- */

static bool alone(const skuai_ranks *ranks) {
    return skuai_ranks_size(ranks) == 1;
}

static skua_status sum_parts(const skuai_ranks *ranks, float *out, float *in, size_t part,
                             skua_error *err) {
    size_t size = (size_t)ranks->size;
    SKUA_TRY(failed(ranks, ranks->module->exchange(out, in, (int)part), "add gradients", err));
    for (size_t stride = 1; stride < size; stride *= 2) {
        for (size_t r = 0; r + stride < size; r += 2 * stride) {
            float *to = in + r * part;
            const float *from = in + (r + stride) * part;
            for (size_t i = 0; i < part; i++)
                to[i] += from[i];
        }
    }
    return failed(ranks, ranks->module->collect(in, out, (int)(part * sizeof *in)), "add gradients",
                  err);
}

skua_status skuai_ranks_sum(const skuai_ranks *ranks, float *values, size_t n, skua_error *err) {
    if (alone(ranks) || n == 0) return SKUA_OK;
    size_t size = (size_t)ranks->size, part = (n + size - 1) / size;
    if (part > INT_MAX / sizeof *values)
        return skuai_error_set(err, SKUA_ELIMIT, "%zu numbers over %zu ranks: start more ranks", n,
                               size);
    float *out = skuai_zero(size * part, sizeof *out);
    float *in = skuai_new(size * part, sizeof *in);
    skua_status status = out && in ? SKUA_OK : skuai_error_memory(err, "a sum over ranks");
    if (status == SKUA_OK) {
        memcpy(out, values, n * sizeof *values);
        status = sum_parts(ranks, out, in, part, err);
    }
    if (status == SKUA_OK) memcpy(values, out, n * sizeof *values);
    skuai_free(out);
    skuai_free(in);
    return status;
}

skua_status skuai_ranks_agree(const skuai_ranks *ranks, const char *text, const char *verb,
                              const char *remedy, skua_error *err) {
    if (alone(ranks)) return SKUA_OK;
    char mine[TEXT_MOST] = "";
    (void)snprintf(mine, sizeof mine, "%s", text);
    char *all = skuai_zero((size_t)ranks->size, TEXT_MOST);
    if (!all) return skuai_error_memory(err, "ranks");
    skua_status status = failed(ranks, ranks->module->collect(mine, all, TEXT_MOST),
                                "compare itself with the others", err);
    for (int r = 1; r < ranks->size && status == SKUA_OK; r++) {
        const char *other = all + (size_t)r * TEXT_MOST;
        if (memcmp(all, other, TEXT_MOST) != 0)
            status = skuai_error_set(err, SKUA_ECONFIG, "rank %d %s %.*s and rank 0 %s %.*s: %s", r,
                                     verb, TEXT_MOST - 1, other, verb, TEXT_MOST - 1, all, remedy);
    }
    skuai_free(all);
    return status;
}

skua_status skuai_ranks_most(const skuai_ranks *ranks, int *number, skua_error *err) {
    if (alone(ranks)) return SKUA_OK;
    int *all = skuai_new((size_t)ranks->size, sizeof *all);
    if (!all) return skuai_error_memory(err, "ranks");
    skua_status status = failed(ranks, ranks->module->collect(number, all, (int)sizeof *all),
                                "agree with the others", err);
    for (int r = 0; r < ranks->size && status == SKUA_OK; r++)
        if (all[r] > *number) *number = all[r];
    skuai_free(all);
    return status;
}

skua_status skuai_ranks_broadcast(const skuai_ranks *ranks, void *bytes, size_t n,
                                  skua_error *err) {
    return skuai_ranks_broadcast_from(ranks, 0, bytes, n, err);
}

skua_status skuai_ranks_broadcast_from(const skuai_ranks *ranks, size_t root, void *bytes, size_t n,
                                       skua_error *err) {
    if (alone(ranks)) return SKUA_OK;
    char *at = bytes;
    while (n > 0) {
        size_t block = n < BLOCK ? n : BLOCK;
        SKUA_TRY(failed(ranks, ranks->module->broadcast(at, (int)block, (int)root),
                        "get what another has", err));
        at += block, n -= block;
    }
    return SKUA_OK;
}

skua_status skuai_ranks_collect(const skuai_ranks *ranks, double *values, size_t n,
                                skua_error *err) {
    if (alone(ranks) || n == 0) return SKUA_OK;
    size_t bytes = n * sizeof *values;
    if (bytes > INT_MAX) return skuai_error_set(err, SKUA_ELIMIT, "%zu numbers a rank", n);
    double *own = skuai_new(n, sizeof *own);
    if (!own) return skuai_error_memory(err, "numbers of ranks");
    memcpy(own, values + (size_t)ranks->rank * n, bytes);
    skua_status status =
        failed(ranks, ranks->module->collect(own, values, (int)bytes), "tell its results", err);
    skuai_free(own);
    return status;
}

/* Where each rank's bytes go, from their numbers; false: more than MPI counts. */
static bool lay_out(const double *lengths, int size, int *counts, int *places, size_t *total) {
    *total = 0;
    for (int r = 0; r < size; r++) {
        if (lengths[r] + (double)*total > INT_MAX) return false;
        counts[r] = (int)lengths[r];
        places[r] = (int)*total;
        *total += (size_t)counts[r];
    }
    return true;
}

skua_status skuai_ranks_gather(const skuai_ranks *ranks, const void *bytes, size_t n, char **all,
                               size_t *total, size_t *starts, skua_error *err) {
    size_t size = skuai_ranks_size(ranks), rank = skuai_ranks_rank(ranks), sum = n;
    double *lengths = skuai_zero(size, sizeof *lengths);
    int *counts = skuai_zero(2 * size, sizeof *counts);
    char *made = NULL;
    skua_status status = SKUA_OK;
    if (!lengths || !counts) SKUA_TRY_OUT(skuai_error_memory(err, "results of ranks"));
    lengths[rank] = (double)n;
    SKUA_TRY_OUT(skuai_ranks_collect(ranks, lengths, 1, err));
    if (!lay_out(lengths, (int)size, counts, counts + size, &sum))
        SKUA_TRY_OUT(
            skuai_error_set(err, SKUA_ELIMIT, "the ranks' results are more than 2 GiB together"));
    made = rank == 0 ? skuai_new(sum ? sum : 1, 1) : NULL;
    if (rank == 0 && !made) SKUA_TRY_OUT(skuai_error_memory(err, "results of ranks"));
    if (size > 1)
        SKUA_TRY_OUT(failed(ranks,
                            ranks->module->gather(bytes, (int)n, made, counts, counts + size),
                            "hand its results to rank 0", err));
    else if (made && n > 0)
        memcpy(made, bytes, n);
    for (size_t r = 0; starts && r < size; r++)
        starts[r] = (size_t)counts[size + r];
    if (starts) starts[size] = sum;
    *all = made;
    *total = rank == 0 ? sum : 0;
    made = NULL;
out:
    skuai_free(made);
    skuai_free(counts);
    skuai_free(lengths);
    return status;
}

skua_status skuai_ranks_barrier(const skuai_ranks *ranks, skua_error *err) {
    return alone(ranks) ? SKUA_OK : failed(ranks, ranks->module->barrier(), "meet the others", err);
}
