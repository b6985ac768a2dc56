#include "core/context.h"

#include <limits.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double skuai_clock(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int skuai_quota_processors(const char *quota_and_period) {
    char *rest;
    long long quota = strtoll(quota_and_period, &rest, 10), period = strtoll(rest, NULL, 10);
    if (quota <= 0 || period <= 0) return 0; /* max: no limit */
    long long processors = (quota - 1) / period + 1;
    return processors < INT_MAX ? (int)processors : 0;
}

/* Processors that the control group of a container pays for; 0: no limit is known. */
static int container_processors(void) {
    char text[64] = "";
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!file) return 0;
    size_t n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    return skuai_quota_processors(text);
}

int skuai_processors(void) {
    int n = omp_get_num_procs(), paid = container_processors();
    if (paid > 0 && n > paid) n = paid;
    return n > 0 ? n : 1;
}

int skuai_context_threads(const skuai_context *context) {
    return context && context->threads > 0 ? context->threads : skuai_processors();
}

int skuai_threads_limit(int threads) {
    int before = omp_get_max_threads();
    omp_set_num_threads(threads > 0 ? threads : 1);
    return before;
}

void skuai_context_progress(const skuai_context *context, const char *stage, double done,
                            double total) {
    if (context && context->progress) context->progress(context->user, stage, done, total);
}

void skuai_context_log(const skuai_context *context, skuai_log_level level, const char *format,
                       ...) {
    if (!context || !context->log) return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (n >= 0) context->log(context->user, level, message);
}

void skuai_context_trace(const skuai_context *context, const char *name, int64_t step,
                         double value) {
    if (context && context->trace) context->trace(context->user, name, step, value);
}

skua_status skuai_context_check(const skuai_context *context, skua_error *err) {
    if (!context) return SKUA_OK;
    if (context->cancel && context->cancel(context->user))
        return skuai_error_set(err, SKUA_ECANCEL, "stopped on request");
    if (context->deadline > 0 && skuai_clock() > context->deadline)
        return skuai_error_set(err, SKUA_EDEADLINE, "the time allowed is over");
    return SKUA_OK;
}

/* What the workers of one loop share. */
typedef struct loop_state {
    omp_lock_t lock; /* of the members below, while there are several workers */
    size_t next, done, n;
    size_t failed_at; /* lowest i that failed so far; n: none */
    skua_status status;
    skua_error error;
    double last_report;
} loop_state;

static void loop_fail(loop_state *loop, size_t i, skua_status status, const skua_error *error) {
    if (i >= loop->failed_at && loop->status != SKUA_OK) return;
    loop->failed_at = i;
    loop->status = status;
    loop->error = *error;
}

/* Take the next item, after having finished one (first: none). Returns n when there is no more. */
static size_t loop_take(loop_state *loop, const skuai_context *context, const char *stage,
                        bool first) {
    if (!first) loop->done++;
    if (loop->status != SKUA_OK || loop->next >= loop->n) return loop->n;
    double now = skuai_clock();
    if (now - loop->last_report > 0.05) {
        loop->last_report = now;
        if (stage) skuai_context_progress(context, stage, (double)loop->done, (double)loop->n);
        skua_error error;
        skua_status status = skuai_context_check(context, &error);
        if (status != SKUA_OK) {
            loop_fail(loop, loop->next, status, &error);
            return loop->n;
        }
    }
    return loop->next++;
}

static void loop_work(loop_state *loop, const skuai_context *context, const char *stage,
                      skuai_parallel_body body, void *argument, int worker) {
    bool first = true;
    for (;;) {
        omp_set_lock(&loop->lock);
        size_t i = loop_take(loop, context, stage, first);
        omp_unset_lock(&loop->lock);
        if (i >= loop->n) return;
        first = false;
        skua_error error;
        skuai_error_clear(&error);
        skua_status status = body(argument, i, worker, &error);
        if (status != SKUA_OK) {
            omp_set_lock(&loop->lock);
            loop_fail(loop, i, status, &error);
            omp_unset_lock(&loop->lock);
        }
    }
}

skua_status skuai_parallel_for(const skuai_context *context, const char *stage, size_t n,
                               skuai_parallel_body body, void *argument, skua_error *err) {
    loop_state loop = {.n = n, .failed_at = n, .status = SKUA_OK, .last_report = skuai_clock()};
    int threads = skuai_context_threads(context);
    if ((size_t)threads > n) threads = n ? (int)n : 1;
    omp_init_lock(&loop.lock);
    if (threads <= 1) {
        loop_work(&loop, context, stage, body, argument, 0);
    } else {
#pragma omp parallel num_threads(threads)
        loop_work(&loop, context, stage, body, argument, omp_get_thread_num());
    }
    omp_destroy_lock(&loop.lock);
    if (loop.status != SKUA_OK) {
        if (err) *err = loop.error;
        return loop.status;
    }
    if (stage) skuai_context_progress(context, stage, (double)n, (double)n);
    return SKUA_OK;
}
