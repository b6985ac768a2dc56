/* ingest_worker.h -- a reader's state and its threads' own: shared by ingest_block.c (blocks and
 * records), ingest_row.c (fields and rows) and ingest_reader.c (the table function); nobody else's.
 */
#ifndef SKUA_STORE_INGEST_WORKER_H
#define SKUA_STORE_INGEST_WORKER_H

#include "store/ingest_reader.h"

#include <pthread.h>

/* Whole records of a file. */
typedef struct skuai_block {
    char *data; /* [capacity + 1] */
    size_t capacity, size, at;
    int64_t line;  /* of the record at `at`, 1-based */
    bool has_zero; /* a NUL byte is in it */
    bool bad_text; /* something that is not UTF-8 is in it */
} skuai_block;

struct skuai_reader {
    skuai_bytes *bytes;
    const char *path;
    const skuai_plan *plan;
    skuai_series *series;
    const char *default_channel;
    const skuai_context *context;
    size_t n_outputs;
    skuai_output *outputs;
    skuai_arena *arena; /* outputs; rejects, under the mutex */

    pthread_mutex_t mutex; /* guards all below */
    skuai_block carry;     /* a record that is cut: the front of the next block */
    bool started, end;
    int64_t line;
    skuai_key_set keys;
    skuai_reader_counts counts;
    skuai_reject *rejects;
    skua_status status; /* the first failure; the others stop */
    skua_error error;
};

/* The series seen last, by the low bits of their hash: spares the lock. */
#define SKUAI_CACHE_SLOTS ((size_t)1 << 15)
typedef struct skuai_cached {
    uint64_t hash;
    const char *item, *channel; /* NULL: empty */
    int64_t number;
} skuai_cached;

/* A thread's own. */
typedef struct skuai_worker {
    skuai_reader *reader;
    skuai_block block;
    skuai_csv_field *fields; /* [n_file_columns] */
    skuai_csv_record record;
    const char *record_text;
    int64_t record_line;
    size_t wide_next; /* column of a wide record to give next; SIZE_MAX: none open */
    skuai_buffer scratch, extras;
    bool starved;          /* a text did not fit into memory: the row cannot be trusted */
    skuai_instant instant; /* the required date of the row */
    struct {               /* the date read last: files repeat them */
        char text[32];
        size_t size;
        skuai_date_form form;
        skuai_instant instant;
    } seen;
    const skuai_plan_column *item, *channel; /* of the plan, NULL: none */
    skuai_cached *cache;                     /* [SKUAI_CACHE_SLOTS] */
    uint32_t *row_series;                    /* [vector size] */
    int64_t *row_micros;
    duckdb_vector *vectors; /* [n_outputs] */
    void **data;
    uint64_t **masks;
} skuai_worker;

SKUA_MUST_USE skuai_worker *skuai_worker_new(skuai_reader *reader); /* NULL when out of memory */
void skuai_worker_free(void *worker);

/* Keep the first failure of all threads; the others stop. Returns status. */
skua_status skuai_reader_fail(skuai_reader *reader, skua_status status, const skua_error *error);

/* The next record that is not blank: false at the end of the file or after a failure. */
bool skuai_worker_next(skuai_worker *w);
/* Is the record fit for reading its fields? Rejected if not. */
bool skuai_worker_good(skuai_worker *w);
/* Keep the record as a reject; keep_row: only a note on a row that is kept. False when there are
 * too many. */
bool skuai_worker_reject(skuai_worker *w, bool keep_row, const char *why);
/* "units 'abc' is not a number" with the text shortened; borrowed until the next call. */
const char *skuai_worker_explain(skuai_worker *w, const skuai_plan_column *column,
                                 const skuai_csv_field *field, skuai_field_result result);

/* Up to a vector of rows into w->vectors; 0 at the end. */
idx_t skuai_worker_fill(skuai_worker *w);

#endif
