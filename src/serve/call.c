#include "serve/call.h"

#include "core/context.h"
#include "serve/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_SECONDS = 120 };

static const char *header(const skuai_call *call, const char *name) {
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

void *skuai_call_begin(void *server, const char *uri, struct MHD_Connection *connection) {
    skuai_server *s = server;
    skua_error err;
    skuai_call *call = skuai_new(1, sizeof *call);
    if (!call) return NULL;
    /* the target's text is large and written by the parser: not worth clearing */
    memset(call, 0, offsetof(skuai_call, target));
    memset((char *)call + offsetof(skuai_call, space), 0,
           sizeof *call - offsetof(skuai_call, space));
    call->server = s;
    call->connection = connection;
    call->started = skuai_clock();
    skuai_buffer_init(&call->body, BODY_JSON_MOST);
    call->readable = skuai_target_parse(uri, &call->target, &err) == SKUA_OK;
    if (!call->readable) (void)snprintf(call->error, sizeof call->error, "%s", err.message);
    (void)atomic_fetch_add_explicit(&s->metrics.in_flight, 1, memory_order_relaxed);
    return call;
}

void skuai_call_end(void *server, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode how) {
    skuai_server *s = server;
    skuai_call *call = *state;
    (void)connection, (void)how;
    if (!call) return;
    skuai_metrics_count(&s->metrics, skuai_route_index(call->route), call->status,
                        skuai_clock() - call->started);
    skuai_upload_chunk_end(&call->chunk, false); /* half a part counts as none */
    if (call->response) MHD_destroy_response(call->response);
    skuai_held_release(call->held);
    skuai_buffer_clear(&call->body);
    skuai_free(call);
    *state = NULL;
    (void)atomic_fetch_sub_explicit(&s->metrics.in_flight, 1, memory_order_relaxed);
}

size_t skuai_call_keep_escapes(void *user, struct MHD_Connection *connection, char *text) {
    (void)user, (void)connection;
    return strlen(text);
}

void skuai_call_log(void *server, const char *format, va_list arguments) {
    const skuai_server *s = server;
    char message[512];
    (void)vsnprintf(message, sizeof message, format, arguments);
    message[strcspn(message, "\n")] = '\0';
    if (s->options.log) s->options.log(s->options.user, 0, message);
}

/* -- The door ---------------------------------------------------------------------------------- */

/* Whether a Host header names this service: a page of another site that resolves to loopback (DNS
 * rebinding) does not. */
static bool known_host(const skuai_server *server, const char *host) {
    char name[256];
    if (!host) return false;
    if (!server->loopback && !*server->options.host) return true; /* tokens guard it */
    (void)snprintf(name, sizeof name, "%s", host);
    char *end = name[0] == '[' ? strchr(name, ']') : strchr(name, ':');
    if (end) end[name[0] == '['] = '\0';
    return strcasecmp(name, "localhost") == 0 || strncmp(name, "127.", 4) == 0 ||
           strcmp(name, "[::1]") == 0 || strcasecmp(name, server->options.address) == 0 ||
           (*server->options.host && strcasecmp(name, server->options.host) == 0);
}

/* Whether a browser sent it for a page of another site. */
static bool foreign(const skuai_call *call) {
    const char *origin = header(call, "Origin"), *site = header(call, "Sec-Fetch-Site");
    const char *host = header(call, MHD_HTTP_HEADER_HOST);
    if (site && (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0) &&
        strcmp(call->route ? call->route->method : "", "GET") != 0)
        return true;
    if (!origin) return false;
    const char *name = strstr(origin, "://");
    return !name || !host || strcasecmp(name + 3, host) != 0;
}

static bool refuse(skuai_call *call, skuai_refusal why, skuai_problem problem, const char *where) {
    (void)atomic_fetch_add(&call->server->metrics.refused[why], 1);
    skuai_answer_problem(call, problem, where, NULL);
    return false;
}

static bool pass_door(skuai_call *call) {
    skuai_server *s = call->server;
    const char *host = header(call, MHD_HTTP_HEADER_HOST);
    if (!known_host(s, host))
        return refuse(call, SKUAI_REFUSED_ORIGIN, SKUAI_PROBLEM_MISDIRECTED, host ? host : "Host");
    const char *first = call->readable ? call->target.segments[0] : "";
    bool probe = strcmp(first, "healthz") == 0 || strcmp(first, "readyz") == 0;
    if (s->limiter.rate > 0 && !probe) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        if (!skuai_limiter_take(&s->limiter, info ? info->client_addr : NULL, 1, call->started))
            return refuse(call, SKUAI_REFUSED_RATE, SKUAI_PROBLEM_TOO_MANY, "client");
    }
    if (foreign(call)) {
        const char *origin = header(call, "Origin");
        return refuse(call, SKUAI_REFUSED_ORIGIN, SKUAI_PROBLEM_FOREIGN,
                      origin ? origin : "Sec-Fetch-Site");
    }
    return true;
}

static bool pass_token(skuai_call *call, skuai_access wanted) {
    const skuai_serve_options *o = &call->server->options;
    if (wanted == SKUAI_ACCESS_NONE) return true;
    skuai_access has = skuai_token_access(header(call, MHD_HTTP_HEADER_AUTHORIZATION),
                                          o->read_token, o->write_token);
    if (has >= wanted) return true;
    return refuse(call, SKUAI_REFUSED_TOKEN,
                  has == SKUAI_ACCESS_NONE ? SKUAI_PROBLEM_NO_TOKEN : SKUAI_PROBLEM_READ_ONLY,
                  MHD_HTTP_HEADER_AUTHORIZATION);
}

/* -- Finding the way --------------------------------------------------------------------------- */

static bool find_route(skuai_call *call, const char *method) {
    char allow[64];
    call->is_head = strcmp(method, "HEAD") == 0;
    call->route =
        skuai_route_find(call->is_head ? "GET" : method, &call->target, allow, sizeof allow);
    if (call->route) return true;
    if (!pass_token(call, SKUAI_ACCESS_READ)) return false; /* tell strangers nothing */
    skuai_answer_problem(call, *allow ? SKUAI_PROBLEM_NO_METHOD : SKUAI_PROBLEM_NOT_FOUND,
                         call->target.segments[0], NULL);
    if (*allow) skuai_answer_header(call, "Allow", allow);
    return false;
}

static bool find_space(skuai_call *call) {
    skuai_server *s = call->server;
    if (call->target.n_segments < 3 || strcmp(call->target.segments[0], "v1") != 0) return true;
    for (size_t i = 0; i < s->n_spaces && !call->space; i++)
        if (strcmp(s->spaces[i].name, call->target.segments[2]) == 0) call->space = &s->spaces[i];
    if (!call->space) {
        skuai_answer_problem(call, SKUAI_PROBLEM_NOT_FOUND, call->target.segments[2], NULL);
        return false;
    }
    bool works = call->target.n_segments > 3 && (strcmp(call->target.segments[3], "jobs") == 0 ||
                                                 strcmp(call->target.segments[3], "uploads") == 0);
    if (works) return true; /* these need no snapshot */
    call->held = skuai_space_hold(call->space);
    if (call->held) return true;
    char problem[SKUA_ERROR_MESSAGE_SIZE];
    (void)pthread_mutex_lock(&call->space->lock);
    memcpy(problem, call->space->problem, sizeof problem);
    (void)pthread_mutex_unlock(&call->space->lock);
    skuai_answer_problem(call, SKUAI_PROBLEM_NOT_READY, call->space->name, problem);
    return false;
}

/* -- Bodies ------------------------------------------------------------------------------------ */

static bool begin_chunk(skuai_call *call) {
    int64_t offset = 0;
    skua_error err;
    skua_status status =
        skuai_target_integer(&call->target, "offset", 0, 0, INT64_MAX / 2, &offset, &err);
    if (status == SKUA_OK)
        status = skuai_upload_chunk_begin(call->space->folder, call->target.segments[4], offset,
                                          (int64_t)call->server->options.upload_most, &call->chunk,
                                          &err);
    if (status == SKUA_OK) return true;
    skuai_answer_failure(call, status, &err, "offset");
    return false;
}

static bool has_body(const skuai_call *call) {
    const char *length = header(call, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length && strcmp(length, "0") != 0) || header(call, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/* Refuse a body before it comes: too large by its own word, or of a kind that a form of another
 * site could send. */
static bool accept_body(skuai_call *call) {
    const char *length = header(call, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *type = header(call, MHD_HTTP_HEADER_CONTENT_TYPE);
    unsigned long long most =
        call->route->body == SKUAI_BODY_CHUNK ? UPLOAD_CHUNK_MOST : BODY_JSON_MOST;
    if (length && header(call, MHD_HTTP_HEADER_TRANSFER_ENCODING)) { /* where does it end? */
        skuai_answer_problem(call, SKUAI_PROBLEM_BAD_BODY, "Content-Length", NULL);
        return false;
    }
    if (length && strtoull(length, NULL, 10) > most) {
        skuai_answer_problem(call, SKUAI_PROBLEM_TOO_LARGE, "Content-Length", NULL);
        return false;
    }
    if (call->route->body == SKUAI_BODY_JSON && has_body(call) &&
        (!type || strncasecmp(type, "application/json", 16) != 0 ||
         (type[16] && !strchr("; ", type[16])))) {
        skuai_answer_problem(call, SKUAI_PROBLEM_NOT_JSON, "Content-Type", NULL);
        return false;
    }
    return call->route->body != SKUAI_BODY_CHUNK || begin_chunk(call);
}

static void body_failed(skuai_call *call, skuai_problem problem) {
    call->body_failed = true;
    call->problem = problem;
    skuai_upload_chunk_end(&call->chunk, false);
}

static void take_body(skuai_call *call, const char *bytes, size_t n) {
    if (call->body_failed) return;
    if (skuai_clock() - call->started > BODY_SECONDS) {
        body_failed(call, SKUAI_PROBLEM_SLOW);
    } else if (call->route->body == SKUAI_BODY_CHUNK) {
        skua_status status = skuai_upload_chunk_add(&call->chunk, bytes, n, NULL);
        if (status != SKUA_OK)
            body_failed(call,
                        status == SKUA_ELIMIT ? SKUAI_PROBLEM_TOO_LARGE : SKUAI_PROBLEM_NO_SPACE);
    } else if (skuai_buffer_add(&call->body, bytes, n) != SKUA_OK) {
        body_failed(call, SKUAI_PROBLEM_TOO_LARGE);
    }
}

/* -- Answering --------------------------------------------------------------------------------- */

static enum MHD_Result send_answer(skuai_call *call) {
    struct MHD_Response *response = call->kept ? call->kept : call->response;
    if (!response) {
        skuai_answer_problem(call, SKUAI_PROBLEM_ENGINE, NULL, NULL);
        response = call->response;
    }
    call->state = SKUAI_CALL_DONE;
    return response ? MHD_queue_response(call->connection, call->status, response) : MHD_NO;
}

static enum MHD_Result answer(skuai_call *call) {
    if (call->body_failed) {
        skuai_answer_problem(call, call->problem, "body", NULL);
        return send_answer(call);
    }
    if (!call->route->on_worker) {
        call->route->answer(call);
        return send_answer(call);
    }
    if (skuai_ask_queue_take(call->server->worker, call)) return MHD_YES;
    skuai_answer_problem(call, SKUAI_PROBLEM_BUSY, NULL, NULL);
    return send_answer(call);
}

/* A new request: through the door, to its route, ready for its body; false: refused. */
static bool admit(skuai_call *call, const char *method) {
    call->language = skuai_language_choose(header(call, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
    if (!pass_door(call)) return false;
    if (!call->readable) {
        if (pass_token(call, SKUAI_ACCESS_READ))
            skuai_answer_problem(call, SKUAI_PROBLEM_BAD_TARGET, NULL, call->error);
        return false;
    }
    if (!find_route(call, method) || !pass_token(call, call->route->access) || !find_space(call))
        return false;
    if (atomic_load(&call->server->stopping) && call->route->access == SKUAI_ACCESS_WRITE) {
        skuai_answer_problem(call, SKUAI_PROBLEM_BUSY, NULL, NULL);
        return false;
    }
    return accept_body(call);
}

/* Whoever answers before all of a request was read closes its connection (libmicrohttpd): right
 * for a body that is refused, a waste for every other request, which the next call answers. */
static enum MHD_Result begin(skuai_call *call, const char *method) {
    bool admitted = admit(call, method);
    call->state = admitted ? SKUAI_CALL_BODY : SKUAI_CALL_DONE;
    return admitted || !has_body(call) ? MHD_YES : send_answer(call);
}

enum MHD_Result skuai_call_handle(void *server, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state) {
    skuai_call *call = *state;
    (void)server, (void)connection, (void)url, (void)version;
    if (!call) return MHD_NO; /* out of memory */
    switch (call->state) {
    case SKUAI_CALL_NEW:
        return begin(call, method);
    case SKUAI_CALL_BODY:
        if (*upload_size > 0) {
            take_body(call, upload, *upload_size);
            *upload_size = 0;
            return MHD_YES;
        }
        return answer(call);
    case SKUAI_CALL_DONE: /* the worker is done, or it was refused */
        return send_answer(call);
    case SKUAI_CALL_WORKS:
    default:
        return MHD_YES;
    }
}
