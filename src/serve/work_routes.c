/* What changes a workspace: jobs and uploads. */
#include "serve/server.h"

#include <stdio.h>
#include <string.h>

static size_t space_index(const skuai_call *call) {
    return (size_t)(call->space - call->server->spaces);
}

static void begin(skuai_buffer *buffer, skuai_json_writer *w) {
    skuai_buffer_init(buffer, (size_t)1 << 28);
    skuai_json_begin(w, buffer);
}

/* -- Jobs -------------------------------------------------------------------------------------- */

void skuai_route_jobs(skuai_call *call) {
    skuai_buffer buffer;
    skuai_json_writer w;
    begin(&buffer, &w);
    skuai_jobs_write_all(call->server->jobs, space_index(call), &w);
    skuai_answer_buffer(call, 200, "application/json", &buffer);
}

static void answer_job(skuai_call *call, unsigned status, const char *id) {
    skuai_buffer buffer;
    skuai_json_writer w;
    begin(&buffer, &w);
    if (skuai_jobs_write(call->server->jobs, space_index(call), id, &w)) {
        skuai_answer_buffer(call, status, "application/json", &buffer);
        return;
    }
    skuai_buffer_clear(&buffer);
    skuai_answer_problem(call, SKUAI_PROBLEM_NOT_FOUND, id, NULL);
}

void skuai_route_job(skuai_call *call) {
    answer_job(call, 200, call->target.segments[4]);
}

static bool is_object(const skuai_json *value) {
    skuai_buffer text;
    skuai_buffer_init(&text, BODY_JSON_MOST * 2);
    skuai_json_dump(value, &text);
    bool object = skuai_buffer_view(&text)[0] == '{';
    skuai_buffer_clear(&text);
    return object;
}

/* The body as an object whose members are among `members`; NULL: answered. */
static skuai_json *read_body(skuai_call *call, const char *const *members) {
    skuai_json *json = NULL;
    skua_error err;
    const char *key = NULL;
    if (skuai_body_parse(skuai_buffer_view(&call->body), call->body.size, &json, &err) != SKUA_OK) {
        skuai_answer_problem(call, SKUAI_PROBLEM_BAD_BODY, "body", err.message);
        return NULL;
    }
    for (const skuai_json *value = skuai_json_next(json, &key); key;
         value = skuai_json_next(json, &key)) {
        size_t i = 0;
        bool is_settings = strcmp(key, "settings") == 0;
        while (members[i] && strcmp(members[i], key) != 0)
            i++;
        bool good = members[i] &&
                    (is_settings ? is_object(value) : skuai_json_as_text(value, NULL) != NULL);
        if (good) continue;
        skuai_answer_problem(call, SKUAI_PROBLEM_BAD_BODY, key, NULL);
        skuai_json_free(json);
        return NULL;
    }
    return json;
}

static void start_job(skuai_call *call, skuai_job_request *request) {
    char id[JOB_ID_SIZE], location[2 * TARGET_BYTES_MOST];
    skua_error err;
    request->space = space_index(call);
    request->folder = call->space->folder;
    request->shop = call->space->shop;
    skua_status status = skuai_jobs_add(call->server->jobs, request, id, &err);
    if (status != SKUA_OK) {
        skuai_problem problem =
            status == SKUA_ELIMIT ? SKUAI_PROBLEM_TOO_MANY : skuai_problem_of(status);
        skuai_answer_problem(call, problem, "body", err.message);
        return;
    }
    answer_job(call, 202, id);
    (void)snprintf(location, sizeof location, "jobs/%s", id);
    skuai_answer_header(call, "Content-Location", location);
}

void skuai_route_job_new(skuai_call *call) {
    static const char *const members[] = {"verb", "what", "settings", NULL};
    skuai_json *json = read_body(call, members);
    if (!json) return;
    skuai_job_request request = {.verb = skuai_json_as_text(skuai_json_get(json, "verb"), ""),
                                 .what = skuai_json_as_text(skuai_json_get(json, "what"), NULL),
                                 .settings = skuai_json_get(json, "settings")};
    if (strcmp(request.verb, "ingest") == 0) request.verb = "";
    start_job(call, &request);
    skuai_json_free(json);
}

void skuai_route_job_cancel(skuai_call *call) {
    bool ended = false;
    const char *id = call->target.segments[4];
    if (!skuai_jobs_cancel(call->server->jobs, space_index(call), id, &ended))
        skuai_answer_problem(call, SKUAI_PROBLEM_NOT_FOUND, id, NULL);
    else if (ended)
        skuai_answer_problem(call, SKUAI_PROBLEM_CONFLICT, id, NULL);
    else
        answer_job(call, 202, id);
}

void skuai_route_job_events(skuai_call *call) {
    const char *id = call->target.segments[4];
    struct MHD_Response *response =
        skuai_jobs_events(call->server->jobs, space_index(call), id, call->connection);
    if (!response) {
        skuai_answer_problem(call, SKUAI_PROBLEM_NOT_FOUND, id, NULL);
        return;
    }
    skuai_answer_common(response, "text/event-stream; charset=utf-8", NULL);
    (void)MHD_add_response_header(response, "X-Accel-Buffering", "no");
    call->response = response;
    call->status = 200;
}

/* -- Results: what the newest job of a verb told -------------------------------------------------
 */

static void answer_result(skuai_call *call, const char *verb, const char *what, const char *item) {
    skuai_buffer buffer;
    skuai_json_writer w;
    begin(&buffer, &w);
    if (skuai_jobs_write_result(call->server->jobs, space_index(call), verb, what, item,
                                call->held->generation, &w)) {
        skuai_answer_buffer(call, 200, "application/json", &buffer);
        return;
    }
    skuai_buffer_clear(&buffer);
    skuai_answer_problem(call, SKUAI_PROBLEM_NO_RESULT, item ? item : what ? what : verb, NULL);
}

void skuai_route_plan(skuai_call *call) {
    answer_result(call, "plan", call->target.segments[4], NULL);
}
void skuai_route_trends(skuai_call *call) {
    answer_result(call, "trend", NULL, NULL);
}
void skuai_route_causes(skuai_call *call) {
    answer_result(call, "cause", NULL, NULL);
}
void skuai_route_explanation(skuai_call *call) {
    answer_result(call, "explain", NULL, call->target.segments[4]);
}

/* -- Uploads ----------------------------------------------------------------------------------- */

static void answer_upload(skuai_call *call, unsigned status, const char *id, int64_t received) {
    skuai_buffer buffer;
    skuai_json_writer w;
    begin(&buffer, &w);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "upload", id);
    skuai_json_integer(&w, "received", received);
    skuai_json_integer(&w, "chunk_most", UPLOAD_CHUNK_MOST);
    skuai_json_integer(&w, "upload_most", (int64_t)call->server->options.upload_most);
    skuai_json_close(&w);
    skuai_answer_buffer(call, status, "application/json", &buffer);
}

void skuai_route_upload_new(skuai_call *call) {
    static const char *const members[] = {"name", NULL};
    char id[UPLOAD_ID_SIZE];
    skua_error err;
    skuai_json *json = read_body(call, members);
    if (!json) return;
    skua_status status = skuai_upload_new(
        call->space->folder, skuai_json_as_text(skuai_json_get(json, "name"), ""), id, &err);
    skuai_json_free(json);
    if (status == SKUA_OK)
        answer_upload(call, 201, id, 0);
    else
        skuai_answer_failure(call, status, &err, "name");
}

/* The upload of the address; false: answered that there is none. */
static bool find_upload(skuai_call *call, char *path, size_t size, int64_t *received) {
    skua_error err;
    const char *id = call->target.segments[4];
    if (skuai_upload_find(call->space->folder, id, path, size, received, &err) == SKUA_OK)
        return true;
    skuai_answer_problem(call, SKUAI_PROBLEM_NOT_FOUND, id, NULL);
    return false;
}

void skuai_route_upload(skuai_call *call) {
    char path[UPLOAD_PATH_MOST];
    int64_t received = 0;
    if (find_upload(call, path, sizeof path, &received))
        answer_upload(call, 200, call->target.segments[4], received);
}

/* The body was written while it came in. */
void skuai_route_upload_chunk(skuai_call *call) {
    int64_t received = call->chunk.offset + call->chunk.written;
    skuai_upload_chunk_end(&call->chunk, true);
    answer_upload(call, 200, call->target.segments[4], received);
}

void skuai_route_upload_delete(skuai_call *call) {
    char path[UPLOAD_PATH_MOST];
    int64_t received = 0;
    if (!find_upload(call, path, sizeof path, &received)) return;
    skuai_upload_remove(call->space->folder, call->target.segments[4]);
    answer_upload(call, 200, call->target.segments[4], 0);
}

void skuai_route_upload_ingest(skuai_call *call) {
    static const char *const members[] = {"settings", NULL};
    char path[UPLOAD_PATH_MOST];
    int64_t received = 0;
    if (!find_upload(call, path, sizeof path, &received)) return;
    skuai_json *json = read_body(call, members);
    if (!json) return;
    skuai_job_request request = {.verb = "ingest",
                                 .file = path,
                                 .upload = call->target.segments[4],
                                 .settings = skuai_json_get(json, "settings")};
    start_job(call, &request);
    skuai_json_free(json);
}
