/* context.h -- what every long operation carries: seed, threads, deadline, progress, cancel, log
 * and trace (room core). Everything is a callback of the caller's; nothing here prints. */
#ifndef SKUA_CORE_CONTEXT_H
#define SKUA_CORE_CONTEXT_H

#include "core/error.h"

typedef enum skuai_log_level { SKUAI_LOG_DEBUG, SKUAI_LOG_INFO, SKUAI_LOG_WARNING } skuai_log_level;

typedef struct skuai_context {
    uint64_t seed;
    int threads;         /* >= 1; 0: as many as there are (see skuai_context_threads) */
    double deadline;     /* skuai_clock() time at which to stop; 0: none */
    size_t memory_limit; /* bytes; 0: none */
    /* stage is a short static text; done of total units. Called from one thread at a time. */
    void (*progress)(void *user, const char *stage, double done, double total);
    void (*log)(void *user, skuai_log_level level, const char *message);
    /* A scalar of a run: name, step, value (loss curves, scores). */
    void (*trace)(void *user, const char *name, int64_t step, double value);
    bool (*cancel)(void *user); /* true: stop soon, with SKUA_ECANCEL */
    void *user;                 /* first argument of the callbacks, borrowed */
} skuai_context;

#define SKUAI_CONTEXT_DEFAULT ((skuai_context){.seed = 1})

/* All of these take NULL for "no context". */
int skuai_context_threads(const skuai_context *context); /* >= 1 */
/* Processors that this process may use: those it may run on, and no more than its control group is
 * given the time of (cpu.max of cgroup v2): a container may see 64 and be paid two. A context that
 * lives long holds this number instead of 0, because a file is read for it. */
int skuai_processors(void);
/* "QUOTA PERIOD" of cpu.max, microseconds, as processors, rounded up; 0: no limit. */
int skuai_quota_processors(const char *quota_and_period);
void skuai_context_progress(const skuai_context *context, const char *stage, double done,
                            double total);
void skuai_context_log(const skuai_context *context, skuai_log_level level, const char *format, ...)
    SKUA_PRINTF(3, 4);
void skuai_context_trace(const skuai_context *context, const char *name, int64_t step,
                         double value);
/* SKUA_OK, SKUA_ECANCEL when the caller asks to stop, SKUA_EDEADLINE when time is over. */
skua_status skuai_context_check(const skuai_context *context, skua_error *err);

/* Threads that foreign libraries may use when this thread calls them (OpenMP's setting of the
 * calling thread); returns what it was, to be put back after the call. */
int skuai_threads_limit(int threads);

double skuai_clock(void); /* seconds on a clock that never goes back */

/* -- Parallel loop --------------------------------------------------------------------------- */

/* Body of a parallel loop: item i, on worker w (0 .. threads-1). Returns a status. */
typedef skua_status (*skuai_parallel_body)(void *argument, size_t i, int worker, skua_error *err);

/* Run body for i = 0 .. n-1 on the context's threads, items handed out in order as workers become
 * free. The first failure (lowest i among those seen) stops the rest and is returned. Progress is
 * reported under `stage` (NULL: none), cancel and deadline are observed. */
skua_status skuai_parallel_for(const skuai_context *context, const char *stage, size_t n,
                               skuai_parallel_body body, void *argument, skua_error *err);

#endif
