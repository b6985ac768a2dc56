/* How calls are answered: headers, compression, problems. */
#include "serve/server.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { COMPRESS_LEAST = 1024, COMPRESS_LEVEL = 1 };

/* Nothing from another host, nothing inline: a text of the data that holds a script is a text. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void skuai_answer_common(struct MHD_Response *response, const char *type, const char *tag) {
    if (type) (void)MHD_add_response_header(response, "Content-Type", type);
    if (tag) (void)MHD_add_response_header(response, "ETag", tag);
    (void)MHD_add_response_header(response, "Cache-Control", tag ? "no-cache" : "no-store");
    (void)MHD_add_response_header(response, "Content-Security-Policy", policy);
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    (void)MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

static void give(skuai_call *call, unsigned status, struct MHD_Response *response) {
    if (call->response) MHD_destroy_response(call->response);
    call->response = response;
    call->status = status;
}

void skuai_answer_header(skuai_call *call, const char *name, const char *value) {
    if (call->response) (void)MHD_add_response_header(call->response, name, value);
}

/* -- Compression ------------------------------------------------------------------------------- */

/* Whether an Accept-Encoding header takes gzip. */
static bool takes_gzip(const char *header) {
    while (header && *header) {
        header += strspn(header, " \t,");
        size_t n = strcspn(header, ",");
        if (strncasecmp(header, "gzip", 4) == 0 && (n == 4 || strchr(" ;", header[4]))) {
            char item[32];
            (void)snprintf(item, sizeof item, "%.*s", (int)(n < 31 ? n : 31), header);
            return !strstr(item, "q=0") || strstr(item, "q=0.");
        }
        header += n;
    }
    return false;
}

/* The buffer compressed in its place; left as it is when that fails or gains nothing. */
static bool compress_buffer(skuai_buffer *buffer) {
    z_stream z = {0};
    if (deflateInit2(&z, COMPRESS_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    unsigned char *out = skuai_new(buffer->size, 1);
    bool done = false;
    if (out && buffer->size < UINT32_MAX) {
        z.next_in = (unsigned char *)buffer->data;
        z.avail_in = (unsigned)buffer->size;
        z.next_out = out;
        z.avail_out = (unsigned)buffer->size;
        done = deflate(&z, Z_FINISH) == Z_STREAM_END;
    }
    (void)deflateEnd(&z);
    if (done) {
        memcpy(buffer->data, out, z.total_out);
        buffer->size = z.total_out;
    }
    skuai_free(out);
    return done;
}

/* -- Bodies ------------------------------------------------------------------------------------ */

static void free_body(void *body) {
    skuai_free(body);
}

void skuai_answer_buffer(skuai_call *call, unsigned status, const char *type,
                         skuai_buffer *buffer) {
    if (buffer->status != SKUA_OK) {
        skua_error err;
        skua_status failure = skuai_buffer_check(buffer, &err);
        skuai_buffer_clear(buffer);
        skuai_answer_failure(call, failure, &err, NULL);
        return;
    }
    const char *accepts = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND,
                                                      MHD_HTTP_HEADER_ACCEPT_ENCODING);
    bool large = buffer->size >= COMPRESS_LEAST;
    bool compressed = large && takes_gzip(accepts) && compress_buffer(buffer);
    struct MHD_Response *response =
        buffer->size == 0 ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
                          : MHD_create_response_from_buffer_with_free_callback_cls(
                                buffer->size, buffer->data, free_body, buffer->data);
    if (!response) {
        skuai_buffer_clear(buffer);
        return;
    }
    *buffer = (skuai_buffer){.limit = buffer->limit};
    skuai_answer_common(response, type, call->held && status == 200 ? call->held->tag : NULL);
    (void)MHD_add_response_header(response, "Vary", "Accept-Encoding, Accept-Language, Accept");
    if (compressed) (void)MHD_add_response_header(response, "Content-Encoding", "gzip");
    give(call, status, response);
}

void skuai_answer_json(skuai_call *call, unsigned status, const char *json) {
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, (size_t)1 << 30);
    (void)skuai_buffer_text(&buffer, json);
    skuai_answer_buffer(call, status, "application/json", &buffer);
}

bool skuai_answer_unchanged(skuai_call *call) {
    const char *known = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND,
                                                    MHD_HTTP_HEADER_IF_NONE_MATCH);
    if (!known || !call->held) return false;
    if (strcmp(known, "*") != 0 && !strstr(known, call->held->tag)) return false;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!response) return false;
    skuai_answer_common(response, NULL, call->held->tag);
    give(call, MHD_HTTP_NOT_MODIFIED, response);
    return true;
}

/* -- Problems ---------------------------------------------------------------------------------- */

void skuai_answer_problem(skuai_call *call, skuai_problem problem, const char *where,
                          const char *detail) {
    skuai_buffer buffer;
    skuai_json_writer w;
    if (!where || !*where) where = call->route ? call->route->name : "address";
    skuai_buffer_init(&buffer, 1 << 16);
    skuai_json_begin(&w, &buffer);
    skuai_problem_write(&w, problem, call->language, where, detail);
    skuai_answer_buffer(call, skuai_problem_status(problem), "application/json", &buffer);
    if (problem == SKUAI_PROBLEM_NO_TOKEN) skuai_answer_header(call, "WWW-Authenticate", "Bearer");
    if (problem == SKUAI_PROBLEM_TOO_MANY || problem == SKUAI_PROBLEM_BUSY ||
        problem == SKUAI_PROBLEM_NOT_READY)
        skuai_answer_header(call, "Retry-After", "2");
}

void skuai_answer_failure(skuai_call *call, skua_status status, const skua_error *err,
                          const char *where) {
    skuai_problem problem = skuai_problem_of(status);
    if (problem == SKUAI_PROBLEM_ENGINE && call->server->options.log)
        call->server->options.log(call->server->options.user, 2, err->message);
    skuai_answer_problem(call, problem, where, err->message);
}
