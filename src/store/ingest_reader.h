/* ingest_reader.h -- a delimited file as typed rows, on all threads, as a table function of DuckDB
 * (room store, private).
 *
 *   bytes -> blocks of whole records (one thread at a time) -> records -> typed columns (all
 *   threads) -> DuckDB
 *
 * A row that cannot be read is kept with its line, text and reason; nothing is dropped silently. */
#ifndef SKUA_STORE_INGEST_READER_H
#define SKUA_STORE_INGEST_READER_H

#include "store/ingest_bytes.h"
#include "store/ingest_plan.h"
#include "store/ingest_series.h"
#include "store/store_handle.h"

/* -- The head -----------------------------------------------------------------------------------
 */

/* Read the head of a file into a sample (memory of the arena) and its dialect. header: 1 there is a
 * line of names, 0 there is none, -1 found out. The bytes are rewound. SKUA_EDATA: a header only,
 * two columns of one name, or more than 4,096 columns or a line of more than 16 MB. */
SKUA_MUST_USE skua_status skuai_head_read(skuai_bytes *bytes, const char *path,
                                          const skuai_table_roles *table, char delimiter,
                                          int header, skuai_arena *arena,
                                          skuai_csv_dialect *dialect, skuai_sample *sample,
                                          skua_error *err);

/* -- The rows -----------------------------------------------------------------------------------
 */

typedef struct skuai_reject {
    int64_t line;
    const char *text, *why;
    struct skuai_reject *next;
} skuai_reject;

/* A column of the rows, in the order in which the table function gives them. */
typedef enum skuai_output_kind {
    SKUAI_OUTPUT_SERIES, /* INTEGER: number of item and channel */
    SKUAI_OUTPUT_TEXT,   /* VARCHAR */
    SKUAI_OUTPUT_NUMBER, /* DOUBLE */
    SKUAI_OUTPUT_TIME,   /* TIMESTAMP, as written; UTC when an offset was written and `ts_utc` is
                            there to say so */
    SKUAI_OUTPUT_UTC,    /* BOOLEAN: an offset was written */
    SKUAI_OUTPUT_EXTRAS, /* VARCHAR: JSON of the columns without a role */
    SKUAI_OUTPUT_LINE    /* BIGINT */
} skuai_output_kind;

typedef struct skuai_output {
    skuai_output_kind kind;
    const char *name;
    const skuai_plan_column *column; /* NULL for SERIES, UTC, EXTRAS, LINE */
} skuai_output;

typedef struct skuai_reader skuai_reader;

/* Read a file as planned (all borrowed until _free). series: for sales, else NULL. */
SKUA_MUST_USE skua_status skuai_reader_new(skuai_bytes *bytes, const char *path,
                                           const skuai_plan *plan, skuai_series *series,
                                           const char *default_channel,
                                           const skuai_context *context, skuai_reader **reader,
                                           skua_error *err);
void skuai_reader_free(skuai_reader *reader); /* NULL allowed */

const skuai_output *skuai_reader_outputs(const skuai_reader *reader, size_t *n);

/* Decide between day/month and month/day over the whole column of the plan's required date; the
 * file is read once and rewound. SKUA_EDATA: values above 12 say both. */
SKUA_MUST_USE skua_status skuai_reader_day_order(skuai_reader *reader, skuai_plan *plan,
                                                 skua_error *err);

/* CREATE TEMP TABLE `name` with all rows; the first failure of a worker in err. */
SKUA_MUST_USE skua_status skuai_reader_stage(skuai_reader *reader, skuai_store *store,
                                             const char *name, skua_error *err);

typedef struct skuai_reader_counts {
    int64_t rows;        /* given to DuckDB */
    int64_t rejected;    /* not given */
    int64_t duplicates;  /* second rows of a (series, ds); only with series */
    int64_t notes;       /* rows kept without a value that could not be read */
    int64_t least, most; /* micros of ds; only with series and rows */
    int64_t met;         /* rows of series that were in the store before the file */
    bool exact;          /* false: ds has minutes, `duplicates` was not counted */
} skuai_reader_counts;
skuai_reader_counts skuai_reader_counts_get(const skuai_reader *reader);
const skuai_reject *skuai_reader_rejects(const skuai_reader *reader); /* in no order */

#endif
