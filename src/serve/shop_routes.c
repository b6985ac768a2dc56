/* Health, metrics, and what is known of a workspace as a whole. */
#include "serve/server.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_MOST = 1000, PAGE_USUAL = 100 };

static void begin(skuai_buffer *buffer, skuai_json_writer *w) {
    skuai_buffer_init(buffer, (size_t)1 << 30);
    skuai_json_begin(w, buffer);
    skuai_json_object(w, NULL);
}

void skuai_route_health(skuai_call *call) {
    skuai_answer_json(call, 200, "{\"status\":\"ok\"}");
}

void skuai_route_ready(skuai_call *call) {
    if (skuai_serve_ready(call->server) && !atomic_load(&call->server->stopping))
        skuai_answer_json(call, 200, "{\"status\":\"ready\"}");
    else
        skuai_answer_problem(call, SKUAI_PROBLEM_NOT_READY, "readyz", NULL);
}

void skuai_route_metrics(skuai_call *call) {
    skuai_buffer buffer;
    size_t running, waiting;
    skuai_buffer_init(&buffer, 1 << 20);
    skuai_metrics_write(&call->server->metrics, skuai_route_name, &buffer);
    skuai_jobs_count(call->server->jobs, &running, &waiting);
    (void)skuai_buffer_format(&buffer,
                              "# HELP skua_jobs Jobs by state.\n# TYPE skua_jobs gauge\n"
                              "skua_jobs{state=\"running\"} %zu\nskua_jobs{state=\"queued\"} %zu\n"
                              "# HELP skua_generation Generation that answers come from.\n"
                              "# TYPE skua_generation gauge\n",
                              running, waiting);
    for (size_t i = 0; i < call->server->n_spaces; i++) {
        skuai_held *held = skuai_space_hold(&call->server->spaces[i]);
        (void)skuai_buffer_format(&buffer, "skua_generation{shop=\"%zu\"} %lld\n", i,
                                  held ? (long long)held->generation : -1LL);
        skuai_held_release(held);
    }
    skuai_answer_buffer(call, 200, "text/plain; version=0.0.4; charset=utf-8", &buffer);
}

void skuai_route_shops(skuai_call *call) {
    skuai_buffer buffer;
    skuai_json_writer w;
    begin(&buffer, &w);
    skuai_json_array(&w, "shops");
    for (size_t i = 0; i < call->server->n_spaces; i++) {
        skuai_space *space = &call->server->spaces[i];
        skuai_held *held = skuai_space_hold(space);
        char problem[SKUA_ERROR_MESSAGE_SIZE];
        (void)pthread_mutex_lock(&space->lock);
        memcpy(problem, space->problem, sizeof problem);
        (void)pthread_mutex_unlock(&space->lock);
        skuai_json_object(&w, NULL);
        skuai_json_text(&w, "shop", space->name);
        skuai_json_bool(&w, "ready", held != NULL);
        if (held) skuai_json_integer(&w, "generation", held->generation);
        if (held) skuai_json_integer(&w, "items", (int64_t)skua_snapshot_items(held->snapshot));
        if (*problem) skuai_json_text(&w, "problem", problem);
        skuai_json_close(&w);
        skuai_held_release(held);
    }
    skuai_json_close(&w);
    skuai_json_text(&w, "version", skua_version());
    skuai_json_close(&w);
    skuai_answer_buffer(call, 200, "application/json", &buffer);
}

static void answer_document(skuai_call *call, skua_document document) {
    if (skuai_answer_unchanged(call)) return;
    skuai_answer_json(call, 200, skua_snapshot_document(call->held->snapshot, document));
}

void skuai_route_summary(skuai_call *call) {
    answer_document(call, SKUA_DOCUMENT_SUMMARY);
}
void skuai_route_model(skuai_call *call) {
    answer_document(call, SKUA_DOCUMENT_MODEL);
}
void skuai_route_runs(skuai_call *call) {
    answer_document(call, SKUA_DOCUMENT_RUNS);
}
void skuai_route_rejects(skuai_call *call) {
    answer_document(call, SKUA_DOCUMENT_REJECTS);
}

/* -- Findings ---------------------------------------------------------------------------------- */

static void put_finding(skuai_json_writer *w, const skua_finding *f) {
    const char *const members[][2] = {
        {"table", f->table}, {"row", f->row},      {"kind", f->kind}, {"before", f->before},
        {"after", f->after}, {"why", f->why},      {"item", f->item}, {"channel", f->channel},
        {"ds", f->ds},       {"action", f->action}};
    skuai_json_object(w, NULL);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        skuai_json_text(w, members[i][0], members[i][1]);
    skuai_json_close(w);
}

/* Findings [from, from + n) that pass the filter, a page of them. */
static void answer_findings(skuai_call *call, size_t from, size_t n) {
    const skua_snapshot *snapshot = call->held->snapshot;
    const char *kind = skuai_target_parameter(&call->target, "kind", "");
    const char *action = skuai_target_parameter(&call->target, "action", "");
    int64_t limit, offset, total = 0;
    skua_error err;
    skua_status status =
        skuai_target_integer(&call->target, "limit", PAGE_USUAL, 1, PAGE_MOST, &limit, &err);
    if (status == SKUA_OK)
        status = skuai_target_integer(&call->target, "offset", 0, 0, 1000000000, &offset, &err);
    if (status != SKUA_OK) {
        skuai_answer_failure(call, status, &err, "query");
        return;
    }
    if (skuai_answer_unchanged(call)) return;
    skuai_buffer buffer;
    skuai_json_writer w;
    begin(&buffer, &w);
    skuai_json_array(&w, "findings");
    for (size_t i = from; i < from + n; i++) {
        const skua_finding *f = skua_snapshot_finding(snapshot, i);
        if ((*kind && strcmp(kind, f->kind) != 0) || (*action && strcmp(action, f->action) != 0))
            continue;
        if (total >= offset && total < offset + limit) put_finding(&w, f);
        total++;
    }
    skuai_json_close(&w);
    skuai_json_integer(&w, "total", total);
    skuai_json_close(&w);
    skuai_answer_buffer(call, 200, "application/json", &buffer);
}

void skuai_route_findings(skuai_call *call) {
    answer_findings(call, 0, skua_snapshot_findings(call->held->snapshot));
}

void skuai_route_item_findings(skuai_call *call) {
    const skua_snapshot *snapshot = call->held->snapshot;
    size_t i = skua_snapshot_find(snapshot, call->target.segments[4]);
    if (i == SKUA_NONE) {
        skuai_answer_problem(call, SKUAI_PROBLEM_NO_ITEM, call->target.segments[4], NULL);
        return;
    }
    const skua_item *item = skua_snapshot_item(snapshot, i);
    answer_findings(call, item->first_finding, item->n_findings);
}
