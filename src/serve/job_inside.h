/* job_inside.h -- what the files of jobs share (room serve): the job, its child, its watchers. */
#ifndef SKUA_SERVE_JOB_INSIDE_H
#define SKUA_SERVE_JOB_INSIDE_H

#include "serve/job.h"

#include <pthread.h>
#include <sys/types.h>

enum {
    JOB_ARGUMENTS_MOST = 64,
    JOB_LOG_LINES = 40,
    JOB_LINE_MOST = 400,
    JOB_REPORT_MOST = 64 << 20
};

typedef enum skuai_job_state {
    SKUAI_JOB_QUEUED,
    SKUAI_JOB_RUNNING,
    SKUAI_JOB_DONE,
    SKUAI_JOB_FAILED,
    SKUAI_JOB_CANCELLED
} skuai_job_state;

typedef struct skuai_job {
    struct skuai_job *next; /* older */
    char id[JOB_ID_SIZE];
    size_t space;
    char *folder, *upload; /* owned */
    char verb[16];
    char what[16];                           /* of plan; "" */
    char *item;                              /* of explain, owned; NULL */
    skua_shop *shop;                         /* borrowed */
    int64_t generation;                      /* of the workspace when the work began */
    char *arguments[JOB_ARGUMENTS_MOST + 1]; /* owned, NULL at the end */
    size_t n_arguments;
    skuai_job_state state;
    bool cancel; /* it was asked to stop */
    pid_t pid;
    int out, error; /* pipes; -1 closed */
    skuai_buffer report;
    char line[JOB_LINE_MOST]; /* of standard error, under way */
    size_t line_size;
    char log[JOB_LOG_LINES][JOB_LINE_MOST]; /* a ring */
    size_t n_log;                           /* lines so far */
    char stage[64];
    double share;
    int exit_code;
    int64_t queued_at, started_at, ended_at; /* seconds since 1970 */
    double killed_at;                        /* clock when it was told to stop; 0: not */
    uint64_t version;                        /* moves with every change */
} skuai_job;

/* A stream of events. */
typedef struct skuai_job_watch {
    struct skuai_job_watch *next;
    skuai_jobs *jobs;
    struct MHD_Connection *connection;
    char id[JOB_ID_SIZE];
    size_t space;
    uint64_t sent; /* version */
    bool sent_any, suspended, ended, beat;
    skuai_buffer text; /* under way */
    size_t at;
} skuai_job_watch;

struct skuai_jobs {
    skuai_job_options options;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    skuai_job *newest;
    size_t n_jobs, number;
    skuai_job_watch *watches;
    bool stops, streams_end;
    double last_beat;
};

/* Whether the command line has an argument that begins so. */
bool skuai_job_given(const skuai_job *job, const char *beginning);

/* Under the lock: find; write; wake streams that wait for news (of one job, NULL: all). */
skuai_job *skuai_job_find(skuai_jobs *jobs, size_t space, const char *id);
void skuai_job_put(const skuai_job *job, skuai_json_writer *w);
/* Whether its report is a result that the service gives out under an address of its own. */
bool skuai_job_has_result(const skuai_job *job);
void skuai_job_wake(skuai_jobs *jobs, const skuai_job *job);

/* Start the child; on failure the job has failed, with the reason in its log. */
void skuai_job_start(skuai_jobs *jobs, skuai_job *job);
/* Read what came, see whether it ended, tell it to stop. */
void skuai_job_tend(skuai_jobs *jobs, skuai_job *job);
void skuai_job_say(skuai_job *job, const char *line);

#endif
