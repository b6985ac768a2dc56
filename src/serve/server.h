/* server.h -- what the parts of the service share (room serve): the server, a call (one request
 * under way), and how it is answered. */
#ifndef SKUA_SERVE_SERVER_H
#define SKUA_SERVE_SERVER_H

#include "serve/ask_queue.h"
#include "serve/job.h"
#include "serve/limiter.h"
#include "serve/problem.h"
#include "serve/serve.h"
#include "serve/space.h"
#include "serve/target.h"
#include "serve/upload.h"

enum { BODY_JSON_MOST = 1 << 20 };

struct skuai_server {
    skuai_serve_options options; /* texts owned */
    struct MHD_Daemon *daemon;
    skuai_space *spaces; /* [n_spaces] */
    size_t n_spaces;
    skuai_jobs *jobs;
    skuai_ask_queue *worker;
    skuai_metrics metrics;
    skuai_limiter limiter;
    int port;
    bool loopback;
    atomic_bool stopping;
    pthread_t watcher; /* refreshes the spaces */
    bool has_watcher;
    pthread_mutex_t wake_lock;
    pthread_cond_t wake;
};

typedef enum skuai_body_kind { SKUAI_BODY_NONE, SKUAI_BODY_JSON, SKUAI_BODY_CHUNK } skuai_body_kind;

typedef enum skuai_call_state {
    SKUAI_CALL_NEW,
    SKUAI_CALL_BODY,  /* reads the body */
    SKUAI_CALL_WORKS, /* suspended, with the worker */
    SKUAI_CALL_DONE   /* `response` is there */
} skuai_call_state;

typedef struct skuai_call {
    skuai_server *server;
    struct MHD_Connection *connection;
    const struct skuai_route *route;
    skuai_call_state state;
    skuai_target target;
    skuai_space *space; /* that the address names; NULL: none */
    skuai_held *held;   /* reference */
    skuai_language language;
    bool readable; /* the target was understood */
    bool is_head;
    skuai_problem problem; /* of reading the body, with body_failed */
    bool body_failed;
    skuai_buffer body; /* JSON */
    skuai_upload_chunk chunk;
    double started;
    unsigned status;
    struct MHD_Response *response;       /* reference */
    struct MHD_Response *kept;           /* of `held`, in place of response; borrowed */
    char error[SKUA_ERROR_MESSAGE_SIZE]; /* detail of a bad target */
} skuai_call;

typedef struct skuai_route {
    const char *name, *method, *pattern; /* "v1/shops/$/items/$": $ is any segment */
    skuai_access access;
    skuai_body_kind body;
    bool on_worker; /* takes longer than a moment */
    void (*answer)(skuai_call *call);
} skuai_route;

/* -- Routes (route.c) -------------------------------------------------------------------------- */

const skuai_route *skuai_route_at(size_t i); /* NULL behind the last */
const char *skuai_route_name(size_t i);      /* for metrics; NULL behind the last */
size_t skuai_route_index(const skuai_route *route);
/* The route of a method and target; NULL, with the methods that the path takes in allow ("": no
 * such path). */
const skuai_route *skuai_route_find(const char *method, const skuai_target *target, char *allow,
                                    size_t size);

/* -- Answering (answer.c) ---------------------------------------------------------------------- */

/* Each gives the call its status and response; where there is one already, it is replaced. */
void skuai_answer_problem(skuai_call *call, skuai_problem problem, const char *where,
                          const char *detail);
void skuai_answer_failure(skuai_call *call, skua_status status, const skua_error *err,
                          const char *where);
/* The buffer's text (taken over) as a body of a content type; compressed when the caller likes it;
 * with the snapshot's tag when the call reads one. */
void skuai_answer_buffer(skuai_call *call, unsigned status, const char *type, skuai_buffer *buffer);
void skuai_answer_json(skuai_call *call, unsigned status, const char *json); /* copied */
void skuai_answer_header(skuai_call *call, const char *name, const char *value);
/* True when If-None-Match names the snapshot's tag: answered with 304. */
bool skuai_answer_unchanged(skuai_call *call);
/* The headers that every answer has. */
void skuai_answer_common(struct MHD_Response *response, const char *type, const char *tag);

/* -- Handlers: shop_routes.c, item_routes.c, work_routes.c, asset.c ---------------------------- */

void skuai_route_health(skuai_call *call);
void skuai_route_ready(skuai_call *call);
void skuai_route_metrics(skuai_call *call);
void skuai_route_shops(skuai_call *call);
void skuai_route_summary(skuai_call *call);
void skuai_route_model(skuai_call *call);
void skuai_route_runs(skuai_call *call);
void skuai_route_rejects(skuai_call *call);
void skuai_route_findings(skuai_call *call);
void skuai_route_forecasts(skuai_call *call);
void skuai_route_items(skuai_call *call);
void skuai_route_item(skuai_call *call);
void skuai_route_history(skuai_call *call);
void skuai_route_forecast(skuai_call *call);
void skuai_route_item_findings(skuai_call *call);
void skuai_route_ask(skuai_call *call);
void skuai_route_jobs(skuai_call *call);
void skuai_route_job_new(skuai_call *call);
void skuai_route_job(skuai_call *call);
void skuai_route_job_cancel(skuai_call *call);
void skuai_route_job_events(skuai_call *call);
void skuai_route_plan(skuai_call *call);
void skuai_route_trends(skuai_call *call);
void skuai_route_causes(skuai_call *call);
void skuai_route_explanation(skuai_call *call);
void skuai_route_upload_new(skuai_call *call);
void skuai_route_upload(skuai_call *call);
void skuai_route_upload_chunk(skuai_call *call);
void skuai_route_upload_ingest(skuai_call *call);
void skuai_route_upload_delete(skuai_call *call);
void skuai_route_openapi(skuai_call *call);
void skuai_route_asset(skuai_call *call);

#endif
