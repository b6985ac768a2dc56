/* job.h -- work that takes long, as child processes of the program (room serve): one at a time a
 * workspace, the others wait in order. What only looks and is quick (ingest with dry_run, findings
 * without decide) has a queue of its own, which waits for no work but an ingest. Progress comes as
 * lines on the child's standard error (the environment SKUA_PROGRESS=lines asks for it), the report
 * as JSON on its standard output. */
#ifndef SKUA_SERVE_JOB_H
#define SKUA_SERVE_JOB_H

#include "core/json.h"

#include <microhttpd.h>

enum { JOB_ID_SIZE = 24, JOBS_WAITING_MOST = 16, JOBS_KEPT = 100 };

typedef struct skuai_jobs skuai_jobs;

typedef struct skuai_job_request {
    size_t space;
    const char *folder;         /* the workspace */
    const char *verb;           /* check, train, forecast, backtest, ingest, or one with a result:
                                   plan, trend, cause, explain; findings */
    const char *what;           /* of plan: stock, promo, price; else NULL */
    skua_shop *shop;            /* tells the generation that the work begins with; borrowed */
    const char *file;           /* of ingest; NULL: none */
    const char *upload;         /* removed when it was read in; NULL: none */
    const skuai_json *settings; /* key: value, NULL allowed */
} skuai_job_request;

typedef struct skuai_job_options {
    const char *program; /* borrowed, as all */
    void (*log)(void *user, int level, const char *message);
    void *user;
} skuai_job_options;

SKUA_MUST_USE skua_status skuai_jobs_new(const skuai_job_options *options, skuai_jobs **jobs,
                                         skua_error *err);
/* Cancel what runs, wait for it (10 s, then by force), end all event streams. Streams must have
 * been closed by then for _free. */
void skuai_jobs_stop(skuai_jobs *jobs);
void skuai_jobs_free(skuai_jobs *jobs); /* NULL allowed */

/* Queue one; id [JOB_ID_SIZE] out. SKUA_EINVAL: an unknown verb or setting, or a value that is no
 * text, number or boolean; SKUA_ELIMIT: too many wait. */
SKUA_MUST_USE skua_status skuai_jobs_add(skuai_jobs *jobs, const skuai_job_request *request,
                                         char *id, skua_error *err);

/* A job of a workspace as an object; false: there is none of that id. All of them, newest first. */
bool skuai_jobs_write(skuai_jobs *jobs, size_t space, const char *id, skuai_json_writer *w);
void skuai_jobs_write_all(skuai_jobs *jobs, size_t space, skuai_json_writer *w);

/* What the newest done job of a verb told: the verb's report, and of which job. what: of plan;
 * item: of explain; NULL allowed. generation: of the workspace now; an answer from an older one is
 * called stale. False: none. Of a verb with a result only the newest report is kept, and it is no
 * member of the job itself, so that lists and events stay small. */
bool skuai_jobs_write_result(skuai_jobs *jobs, size_t space, const char *verb, const char *what,
                             const char *item, int64_t generation, skuai_json_writer *w);

/* Ask it to stop (a waiting one never starts). *ended: it had ended already. False: none. */
bool skuai_jobs_cancel(skuai_jobs *jobs, size_t space, const char *id, bool *ended);

/* A stream of server-sent events "job", each with the whole job, until it ends; NULL: none of that
 * id, or out of memory. */
struct MHD_Response *skuai_jobs_events(skuai_jobs *jobs, size_t space, const char *id,
                                       struct MHD_Connection *connection);

/* Jobs running and waiting, for metrics. */
void skuai_jobs_count(skuai_jobs *jobs, size_t *running, size_t *waiting);

/* Whether a setting may be given from outside. */
bool skuai_job_setting_known(const char *key);

#endif
