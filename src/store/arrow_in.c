#include "store/arrow_in.h"

#include "store/store_handle.h"

#include <stdlib.h>
#include <string.h>

/* The caller's stream with its columns asked for once: DuckDB asks several times and releases none
 * of the answers, so it gets copies that own nothing. */
typedef struct lender {
    struct ArrowArrayStream *stream;
    struct ArrowSchema schema;
} lender;

static void release_nothing(struct ArrowSchema *schema) {
    schema->release = NULL;
}

static int lend_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    *out = ((const lender *)stream->private_data)->schema;
    out->release = release_nothing;
    return 0;
}

static int lend_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct ArrowArrayStream *from = ((const lender *)stream->private_data)->stream;
    return from->get_next(from, out);
}

static const char *lend_error(struct ArrowArrayStream *stream) {
    struct ArrowArrayStream *from = ((const lender *)stream->private_data)->stream;
    return from->get_last_error ? from->get_last_error(from) : NULL;
}

static void release_loan(struct ArrowArrayStream *stream) {
    stream->release = NULL;
}

/* On success *out is the caller's to release. */
static skua_status check_columns(struct ArrowArrayStream *stream, struct ArrowSchema *out,
                                 skua_error *err) {
    struct ArrowSchema schema = {0};
    if (!stream->get_schema || !stream->release || stream->get_schema(stream, &schema) != 0) {
        const char *why = stream->release && stream->get_last_error
                              ? stream->get_last_error(stream)
                              : "it was released or read before";
        return skuai_error_set(err, SKUA_EDATA, "frame: its columns cannot be told: %.300s",
                               why ? why : "no reason given");
    }
    skua_status status = SKUA_OK;
    if (strcmp(schema.format, "+s") != 0 || schema.n_children == 0)
        status = skuai_error_set(err, SKUA_EDATA, "frame: has no columns");
    for (int64_t c = 0; c < schema.n_children && status == SKUA_OK; c++) {
        const struct ArrowSchema *column = schema.children[c];
        if (column->format[0] == '+')
            status = skuai_error_set(err, SKUA_EDATA,
                                     "frame: the column '%.80s' holds lists or records: make it "
                                     "text or numbers, or leave it out",
                                     column->name ? column->name : "");
    }
    if (status == SKUA_OK)
        *out = schema;
    else
        schema.release(&schema);
    return status;
}

static skua_status copy_out(skuai_store *store, struct ArrowArrayStream *stream, const char *path,
                            skua_error *err) {
    skuai_buffer sql;
    if (duckdb_arrow_scan(store->connection, "frame", (duckdb_arrow_stream)stream) != DuckDBSuccess)
        return skuai_error_set(err, SKUA_EDATA,
                               "frame: a column is of a type that cannot be read: make it text, "
                               "numbers or times");
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "COPY (SELECT * FROM frame) TO ");
    skuai_sql_text(&sql, path);
    (void)skuai_buffer_text(&sql, " (FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"', "
                                  "USE_TMP_FILE false)");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_execute(store, sql.data, err);
    skuai_buffer_clear(&sql);
    if (status == SKUA_OK || status == SKUA_ENOMEM || status == SKUA_ECANCEL) return status;
    if (status == SKUA_EDATABASE) { /* the text is the frame's own */
        status = SKUA_EDATA;
        if (err) err->code = status;
    }
    return skuai_error_prefix(err, status, "frame");
}

skua_status skuai_arrow_to_csv(struct ArrowArrayStream *stream, const char *path,
                               const skuai_context *context, skua_error *err) {
    const skuai_store_open_options options = {
        .threads = skuai_context_threads(context),
        .memory_limit = context->memory_limit,
        .context = context,
    };
    skuai_store *store = NULL;
    lender from = {.stream = stream};
    struct ArrowArrayStream loan = {.get_schema = lend_schema,
                                    .get_next = lend_next,
                                    .get_last_error = lend_error,
                                    .release = release_loan,
                                    .private_data = &from};
    SKUA_TRY(check_columns(stream, &from.schema, err));
    skua_status status = skuai_store_open_scratch(&options, &store, err);
    if (status == SKUA_OK) status = copy_out(store, &loan, path, err);
    skuai_store_close(store);
    from.schema.release(&from.schema);
    return status;
}
