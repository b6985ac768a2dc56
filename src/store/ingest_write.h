/* ingest_write.h -- staged rows into the tables, set by set (room store, private). */
#ifndef SKUA_STORE_INGEST_WRITE_H
#define SKUA_STORE_INGEST_WRITE_H

#include "store/ingest.h"
#include "store/ingest_reader.h"

/* What lies in sales_rows: asked once and carried from file to file of a command. */
typedef struct skuai_sales_seen {
    bool asked;
    int64_t last;        /* micros of the latest ds; INT64_MIN: no rows */
    int64_t corrections; /* rows that correct another one */
} skuai_sales_seen;

/* A file's staged rows (TEMP TABLE skuai_stage) and what is to be done with them. */
typedef struct skuai_write {
    skuai_store *store;
    const skuai_plan *plan;
    const skuai_output *outputs; /* columns of the stage */
    size_t n_outputs;
    skuai_series *series;   /* sales, else NULL */
    skuai_sales_seen *seen; /* sales, else NULL */
    skuai_reader_counts counts;
    const char *path, *default_channel, *known_at; /* known_at NULL: by the rules,
                                                          "period": when its period ended */
    skuai_duplicates duplicates;
    int64_t file;       /* number of the file */
    int64_t first_file; /* of this command: what it brings itself makes no other row of it late */
    int64_t staged, added, corrected, unchanged, doubled, late; /* out */
} skuai_write;

/* Write in the open transaction: by table. */
SKUA_MUST_USE skua_status skuai_write_sales(skuai_write *write, skua_error *err);
SKUA_MUST_USE skua_status skuai_write_orders(skuai_write *write, skua_error *err);
SKUA_MUST_USE skua_status skuai_write_keyed(skuai_write *write, skua_error *err);
SKUA_MUST_USE skua_status skuai_write_vectors(skuai_write *write, skua_error *err);
/* Titles, categories, ... that a file of sales or orders carries: to items and item_names. */
SKUA_MUST_USE skua_status skuai_write_described(skuai_write *write, skua_error *err);
/* Columns for extras, made where they are missing; the views are made anew. */
SKUA_MUST_USE skua_status skuai_write_columns(skuai_write *write, const char *table,
                                              skua_error *err);

/* The columns of a table, without rows. */
SKUA_MUST_USE skua_status skuai_write_columns_of(skuai_store *store, const char *table,
                                                 skuai_table **columns, skua_error *err);

/* Run the buffer's SQL with $1 = the file's number, and clear the buffer. */
SKUA_MUST_USE skua_status skuai_write_run(skuai_write *write, skuai_buffer *sql, int64_t *changed,
                                          skua_error *err);
bool skuai_write_has(const skuai_write *write, const char *column); /* in the stage */
/* SQL of when a row became known: as given for the file, as its column says, else `otherwise`. */
void skuai_write_known(const skuai_write *write, skuai_buffer *sql, const char *otherwise);

#endif
