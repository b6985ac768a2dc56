/* Items: the list, one item, its history, its forecast stored and on the fly. */
#include "serve/render.h"
#include "serve/server.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_MOST = 1000, PAGE_USUAL = 50, ANSWER_MOST = 1 << 24 };

/* Whether CSV is asked for; false: answered that there is no such format. */
static bool read_format(skuai_call *call, bool *csv) {
    const char *format = skuai_target_parameter(&call->target, "format", NULL);
    *csv = format && strcmp(format, "csv") == 0;
    if (format && !*csv && strcmp(format, "json") != 0) {
        skuai_answer_problem(call, SKUAI_PROBLEM_BAD_PARAMETER, "format", NULL);
        return false;
    }
    if (format) return true;
    const char *accepts =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    *csv = accepts && strncmp(accepts, "text/csv", 8) == 0;
    return true;
}

/* The item of the address; SKUA_NONE: answered that there is none. */
static size_t find_item(skuai_call *call) {
    size_t i = skua_snapshot_find(call->held->snapshot, call->target.segments[4]);
    if (i == SKUA_NONE)
        skuai_answer_problem(call, SKUAI_PROBLEM_NO_ITEM, call->target.segments[4], NULL);
    return i;
}

/* -- The list ---------------------------------------------------------------------------------- */

/* What a caller asks of the list. */
typedef struct list_query {
    const char *search, *category;
    skuai_order order;
    int64_t limit, offset;
    bool reverse, line;
} list_query;

static skua_status read_flag(const skuai_call *call, const char *name, bool fallback, bool *flag,
                             skua_error *err) {
    const char *text = skuai_target_parameter(&call->target, name, fallback ? "true" : "false");
    *flag = strcmp(text, "true") == 0;
    if (*flag || strcmp(text, "false") == 0) return SKUA_OK;
    return skuai_error_set(err, SKUA_EINVAL, "%s: need true or false", name);
}

static skua_status read_query(const skuai_call *call, list_query *q, skua_error *err) {
    static const char *const orders[] = {"item", "expected", "recent", "change", "findings"};
    const char *sort = skuai_target_parameter(&call->target, "sort", "expected");
    q->search = skuai_target_parameter(&call->target, "search", "");
    q->category = skuai_target_parameter(&call->target, "category", "");
    SKUA_TRY(read_flag(call, "reverse", false, &q->reverse, err));
    SKUA_TRY(read_flag(call, "line", true, &q->line, err));
    int o = 0;
    while (o < SKUAI_ORDERS && strcmp(orders[o], sort) != 0)
        o++;
    if (o == SKUAI_ORDERS)
        return skuai_error_set(err, SKUA_EINVAL,
                               "sort: need item, expected, recent, change or findings");
    q->order = (skuai_order)o;
    SKUA_TRY(
        skuai_target_integer(&call->target, "limit", PAGE_USUAL, 1, PAGE_MOST, &q->limit, err));
    return skuai_target_integer(&call->target, "offset", 0, 0, 1000000000, &q->offset, err);
}

static bool in_category(const skua_item *item, const char *category) {
    size_t n = strlen(category);
    return n == 0 || (strncmp(item->category, category, n) == 0 &&
                      (item->category[n] == '\0' || strchr(">/|", item->category[n]) ||
                       item->category[n] == ' '));
}

/* Mark what passes search and category; returns how many. */
static size_t filter(const skua_snapshot *snapshot, const list_query *q, bool *passes,
                     size_t *found) {
    size_t n = skua_snapshot_search(snapshot, q->search, found), kept = 0;
    for (size_t k = 0; k < n; k++)
        if (in_category(skua_snapshot_item(snapshot, found[k]), q->category)) {
            passes[found[k]] = true;
            kept++;
        }
    return kept;
}

static void write_list(const skuai_held *held, const list_query *q, const bool *passes,
                       size_t total, skuai_buffer *buffer) {
    size_t n = skua_snapshot_items(held->snapshot), at = 0;
    const size_t *order = held->order[q->order];
    skuai_json_writer w;
    skuai_json_begin(&w, buffer);
    skuai_json_object(&w, NULL);
    skuai_json_integer(&w, "total", (int64_t)total);
    skuai_json_integer(&w, "offset", q->offset);
    skuai_json_array(&w, "items");
    for (size_t k = 0; k < n && at < (size_t)(q->offset + q->limit); k++) {
        size_t place = q->reverse ? n - 1 - k : k;
        size_t i = order ? order[place] : place;
        if (!passes[i]) continue;
        if (at++ >= (size_t)q->offset) skuai_render_item(&w, held->snapshot, i, q->line);
    }
    skuai_json_close(&w);
    skuai_json_close(&w);
}

void skuai_route_items(skuai_call *call) {
    const skua_snapshot *snapshot = call->held->snapshot;
    list_query q;
    skua_error err;
    skua_status status = read_query(call, &q, &err);
    if (status != SKUA_OK) {
        skuai_answer_failure(call, status, &err, "query");
        return;
    }
    if (skuai_answer_unchanged(call)) return;
    size_t n = skua_snapshot_items(snapshot);
    bool *passes = skuai_zero(n, sizeof *passes);
    size_t *found = skuai_new(n, sizeof *found);
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, ANSWER_MOST);
    if (passes && found)
        write_list(call->held, &q, passes, filter(snapshot, &q, passes, found), &buffer);
    else
        buffer.status = SKUA_ENOMEM;
    skuai_free(passes);
    skuai_free(found);
    skuai_answer_buffer(call, 200, "application/json", &buffer);
}

/* -- One item ---------------------------------------------------------------------------------- */

void skuai_route_item(skuai_call *call) {
    size_t i = find_item(call);
    if (i == SKUA_NONE || skuai_answer_unchanged(call)) return;
    skuai_buffer buffer;
    skuai_json_writer w;
    skuai_buffer_init(&buffer, ANSWER_MOST);
    skuai_json_begin(&w, &buffer);
    skuai_render_item(&w, call->held->snapshot, i, true);
    skuai_answer_buffer(call, 200, "application/json", &buffer);
}

void skuai_route_history(skuai_call *call) {
    int64_t last = 0;
    skua_error err;
    skua_status status = skuai_target_integer(&call->target, "last", 0, 0, 1000000, &last, &err);
    if (status != SKUA_OK) {
        skuai_answer_failure(call, status, &err, "query");
        return;
    }
    bool csv;
    if (!read_format(call, &csv)) return;
    size_t i = find_item(call);
    if (i == SKUA_NONE || skuai_answer_unchanged(call)) return;
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, (size_t)1 << 28);
    if (csv)
        skuai_render_history_csv(&buffer, call->held->snapshot, i, (size_t)last);
    else
        skuai_render_history(&buffer, call->held->snapshot, i, (size_t)last);
    skuai_answer_buffer(call, 200, csv ? "text/csv; charset=utf-8" : "application/json", &buffer);
}

static bool has_forecast(const skua_snapshot *snapshot, const skua_item *item) {
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_series x;
        skua_snapshot_series(snapshot, s, &x);
        if (x.horizon > 0) return true;
    }
    return false;
}

/* A finished answer of item i: the one that is kept, or a new one, which is kept while there is
 * room. Two threads may make the same: one stays. */
static struct MHD_Response *finished(skuai_call *call, size_t i) {
    skuai_held *held = call->held;
    struct MHD_Response *answer = atomic_load(&held->answers[i]), *none = NULL;
    enum { OVERHEAD = 1500 }; /* of an answer beside its body */
    if (answer) return answer;
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, ANSWER_MOST);
    skuai_render_forecast(&buffer, held->snapshot, i);
    if (buffer.status != SKUA_OK || buffer.size == 0 ||
        atomic_load(&held->answer_bytes) > call->server->options.cache_most) {
        skuai_answer_buffer(call, 200, "application/json", &buffer);
        return NULL;
    }
    size_t size = buffer.size;
    answer = MHD_create_response_from_buffer(size, buffer.data, MHD_RESPMEM_MUST_COPY);
    skuai_buffer_clear(&buffer);
    if (!answer) return NULL;
    skuai_answer_common(answer, "application/json", held->tag);
    if (!atomic_compare_exchange_strong(&held->answers[i], &none, answer)) {
        MHD_destroy_response(answer);
        return none;
    }
    (void)atomic_fetch_add(&held->answer_bytes, size + OVERHEAD);
    return answer;
}

void skuai_route_forecast(skuai_call *call) {
    bool csv;
    if (!read_format(call, &csv)) return;
    size_t i = find_item(call);
    if (i == SKUA_NONE) return;
    call->kept = csv ? NULL : atomic_load(&call->held->answers[i]);
    if (call->kept) {
        call->status = 200;
        if (skuai_answer_unchanged(call)) call->kept = NULL;
        return;
    }
    const skua_item *item = skua_snapshot_item(call->held->snapshot, i);
    if (!has_forecast(call->held->snapshot, item)) {
        skuai_answer_problem(call, SKUAI_PROBLEM_NO_FORECAST, item->item, NULL);
        return;
    }
    if (skuai_answer_unchanged(call)) return;
    if (csv) {
        skuai_buffer buffer;
        skuai_buffer_init(&buffer, ANSWER_MOST);
        skuai_render_forecast_head(&buffer, call->held->snapshot);
        skuai_render_forecast_csv(&buffer, call->held->snapshot, i);
        skuai_answer_buffer(call, 200, "text/csv; charset=utf-8", &buffer);
        return;
    }
    call->kept = finished(call, i);
    if (call->kept) call->status = 200;
}

/* All forecasts as CSV. */
void skuai_route_forecasts(skuai_call *call) {
    if (skuai_answer_unchanged(call)) return;
    const skua_snapshot *snapshot = call->held->snapshot;
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, (size_t)2 << 30);
    skuai_render_forecast_head(&buffer, snapshot);
    for (size_t i = 0; i < skua_snapshot_items(snapshot); i++)
        skuai_render_forecast_csv(&buffer, snapshot, i);
    skuai_answer_buffer(call, 200, "text/csv; charset=utf-8", &buffer);
    skuai_answer_header(call, "Content-Disposition", "attachment; filename=\"forecasts.csv\"");
}

/* -- On the fly -------------------------------------------------------------------------------- */

static skua_status read_question(const skuai_call *call, skua_question *question, skua_error *err) {
    skuai_json *json = NULL;
    const char *key = NULL;
    SKUA_TRY(skuai_body_parse(skuai_buffer_view(&call->body), call->body.size, &json, err));
    skua_status status = SKUA_OK;
    for (const skuai_json *value = skuai_json_next(json, &key); key && status == SKUA_OK;
         value = skuai_json_next(json, &key)) {
        double x = skuai_json_as_number(value, (double)NAN);
        bool horizon = strcmp(key, "horizon") == 0, price = strcmp(key, "price") == 0;
        if (!horizon && !price)
            status = skuai_error_set(err, SKUA_EINVAL, "'%.40s' is no member of this body", key);
        else if (isnan(x) || (horizon && !(x >= 1 && x <= 1040 && floor(x) >= x)))
            status = skuai_error_set(err, SKUA_EINVAL, "%s: need %s", key,
                                     horizon ? "a whole number from 1 to 1040" : "a number");
        else if (horizon)
            question->horizon = (size_t)x;
        else
            question->price = x;
    }
    skuai_json_free(json);
    return status;
}

void skuai_route_ask(skuai_call *call) {
    skua_question question = {.price = 1};
    char *report = NULL;
    skua_error err;
    skua_status status = read_question(call, &question, &err);
    if (status == SKUA_EDATA) {
        skuai_answer_problem(call, SKUAI_PROBLEM_BAD_BODY, "body", err.message);
        return;
    }
    question.item = find_item(call);
    if (question.item == SKUA_NONE) return;
    if (status == SKUA_OK)
        status = skua_snapshot_ask(call->held->snapshot, &question, &report, &err);
    if (status != SKUA_OK) {
        skuai_answer_failure(call, status, &err, call->target.segments[4]);
        return;
    }
    skuai_answer_json(call, 200, report);
    skua_text_free(report);
}
