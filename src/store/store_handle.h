/* store_handle.h -- what the sources of room store share of an open store; nobody else's. */
#ifndef SKUA_STORE_STORE_HANDLE_H
#define SKUA_STORE_STORE_HANDLE_H

#include "store/store.h"

#include <duckdb.h>

#define SKUAI_KEPT_MOST 8

struct skuai_store {
    char *folder;
    skuai_yaml *settings;
    skuai_store_mode mode;
    int lock; /* descriptor of SHOP/lock, held by flock; -1: none */
    bool opened, connected, in_transaction, rows_registered;
    struct skuai_reader *reader; /* the file that the table function skuai_rows() reads */
    duckdb_database database;
    duckdb_connection connection;
    struct {
        const char *sql; /* a literal, known by its address */
        duckdb_prepared_statement statement;
    } kept[SKUAI_KEPT_MOST];
    size_t n_kept;
};

/* From now on `sql`, a literal without results that stream, is prepared once and not at each run:
 * for what runs once a file. More than SKUAI_KEPT_MOST are prepared each time, as all others. */
void skuai_store_keep(skuai_store *store, const char *sql);
void skuai_store_kept_clear(skuai_store *store);

/* Copy the error of a result into err, with the status of its kind, and destroy the result. */
skua_status skuai_store_result_fail(duckdb_result *result, skua_error *err);
/* The status for a text of DuckDB's; message shortened to what helps a user. */
skua_status skuai_store_message_fail(const char *message, duckdb_error_type type, skua_error *err);

/* Run one statement with parameters; the result is the caller's to destroy. streaming: rows are
 * made as they are fetched. */
SKUA_MUST_USE skua_status skuai_store_result(skuai_store *store, const char *sql,
                                             const skuai_value *values, size_t n_values,
                                             bool streaming, duckdb_result *result,
                                             skua_error *err);

/* SQL that makes the empty tables, and that makes the views (anew, after a column was added). */
const char *skuai_schema_tables(void);
const char *skuai_schema_views(void);

/* SHOP/name into a new text (skuai_free), NULL when out of memory. */
char *skuai_store_path(const char *folder, const char *name);

/* Take SHOP/lock, shared or exclusive, waiting; *lock is -1 where a read-only folder has none. */
SKUA_MUST_USE skua_status skuai_lock_take(const char *folder,
                                          const skuai_store_open_options *options, int *lock,
                                          skua_error *err);
void skuai_lock_release(int lock);
/* Sleep a moment between two tries; false when the time is up at `deadline` (skuai_clock). */
bool skuai_lock_pause(double deadline);

/* Write a small file beside and rename it over path; sync: on the disk before it is renamed. */
SKUA_MUST_USE skua_status skuai_file_replace(const char *path, const char *text, size_t size,
                                             bool sync, skua_error *err);

#endif
