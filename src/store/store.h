/* store.h -- the workspace: a folder that holds a shop (room store, floor 3).
 *
 *     SHOP/skua.yaml     what the shop is and how its files are read; written last, so a folder
 *                        without it is no workspace
 *     SHOP/shop.duckdb   the tables of docs/data-contract.md, for any DuckDB client
 *     SHOP/models/       what training made
 *     SHOP/generation    a number that moves with every change, readable without the database
 *     SHOP/lock          who works on it now
 *
 * DuckDB lets one process write or several read, so nobody keeps a store open while idle: open,
 * work, close. Opening waits for the others and names who holds the workspace when it gives up.
 *
 *     skuai_store *store;
 *     skuai_store_open_options options = SKUAI_STORE_OPEN_DEFAULT;
 *     SKUA_TRY(skuai_store_open("myshop", &options, &store, err));
 *     skuai_table *table;
 *     status = skuai_store_query(store, "SELECT item, sum(units) FROM sales GROUP BY 1", NULL, 0,
 *                                &table, err);
 *     ... skuai_table_free(table); skuai_store_close(store);
 *
 * A store is used by one thread at a time; two stores do not meet. The database works on as many
 * threads as the options say. Texts of DuckDB's errors are copied at once. */
#ifndef SKUA_STORE_STORE_H
#define SKUA_STORE_STORE_H

#include "core/buffer.h"
#include "core/context.h"
#include "core/period.h"
#include "core/yaml_file.h"

#define SKUAI_STORE_VERSION 1 /* of the schema; a workspace with a higher one is refused */

typedef struct skuai_store skuai_store;

/* -- Life ------------------------------------------------------------------------------------- */

/* What a new workspace is told; NULL fields take the default in brackets. */
typedef struct skuai_store_options {
    const char *name;      /* of the shop [the folder's name] */
    const char *frequency; /* a name that skuai_grid_parse knows, or "auto" [auto] */
    const char *time_zone; /* IANA name of channels that state none ["UTC"] */
    const char *currency;  /* ISO 4217 code of amounts that state none [""] */
    const char *country;   /* ISO 3166 code, for holidays [""] */
    const char *channel;   /* channel of rows that name none ["main"] */
} skuai_store_options;

/* Make a workspace in a new or existing folder. Nothing is left behind on failure except an empty
 * folder. SKUA_EEXIST: there is one already; SKUA_EINVAL: unknown frequency or time zone; SKUA_EIO:
 * the folder cannot be written, with the reason. */
SKUA_MUST_USE skua_status skuai_store_create(const char *folder, const skuai_store_options *options,
                                             skua_error *err);

typedef enum skuai_store_mode { SKUAI_STORE_READ, SKUAI_STORE_WRITE } skuai_store_mode;

typedef struct skuai_store_open_options {
    skuai_store_mode mode;
    double wait_seconds; /* how long to wait for whoever holds the workspace */
    int threads;         /* of the database; 0: as many as the machine has */
    size_t memory_limit; /* bytes the database may use; 0: DuckDB's own, 80 % of the machine */
    const skuai_context *context; /* cancel and deadline are seen while waiting; NULL allowed */
} skuai_store_open_options;

#define SKUAI_STORE_OPEN_DEFAULT                                                                   \
    ((skuai_store_open_options){.mode = SKUAI_STORE_READ, .wait_seconds = 10})

/* Open a workspace. SKUA_ENOTFOUND: no workspace there; SKUA_EBUSY: another process holds it (pid
 * and command in the message); SKUA_EVERSION: made by a newer skua; SKUA_ECONFIG: skua.yaml is not
 * readable; SKUA_EIO, SKUA_EDATABASE: the file cannot be opened, or is damaged. */
SKUA_MUST_USE skua_status skuai_store_open(const char *folder,
                                           const skuai_store_open_options *options,
                                           skuai_store **store, skua_error *err);
/* An empty database in memory, of no workspace: files are read and written with SQL alone. Rows
 * keep the order of the file that they come from. Closed as the others. */
SKUA_MUST_USE skua_status skuai_store_open_scratch(const skuai_store_open_options *options,
                                                   skuai_store **store, skua_error *err);
/* Roll back what is not committed, close, let the next one in. NULL allowed. */
void skuai_store_close(skuai_store *store);

const char *skuai_store_folder(const skuai_store *store); /* borrowed */

/* -- Settings (skua.yaml) ---------------------------------------------------------------------- */

/* The whole file as a tree, borrowed; and one text of it by dotted path. */
const skuai_yaml *skuai_store_settings(const skuai_store *store);
const char *skuai_store_setting(const skuai_store *store, const char *path, const char *fallback);
/* Set a top-level text setting, leaving all other lines of the file as they are (the file is
 * replaced at once by renaming). The open store keeps what it had read. */
SKUA_MUST_USE skua_status skuai_store_setting_set(const char *folder, const char *key,
                                                  const char *value, skua_error *err);

/* The generation counter, without opening the database: it moves with every commit of a change
 * that calls skuai_store_commit. SKUA_ENOTFOUND: no workspace. */
SKUA_MUST_USE skua_status skuai_store_generation(const char *folder, int64_t *generation,
                                                 skua_error *err);

/* -- Transactions --------------------------------------------------------------------------------
 */

SKUA_MUST_USE skua_status skuai_store_begin(skuai_store *store, skua_error *err);
/* Commit and move the generation. On failure the transaction is rolled back. */
SKUA_MUST_USE skua_status skuai_store_commit(skuai_store *store, skua_error *err);
void skuai_store_rollback(skuai_store *store); /* nothing when none is open */

/* -- Columnar access ------------------------------------------------------------------------------
 */

typedef enum skuai_column_type {
    SKUAI_COLUMN_INTEGER,   /* integers */
    SKUAI_COLUMN_DOUBLE,    /* doubles (also DECIMAL, HUGEINT, FLOAT in a result) */
    SKUAI_COLUMN_TEXT,      /* texts */
    SKUAI_COLUMN_BOOL,      /* integers, 0 or 1 */
    SKUAI_COLUMN_DATE,      /* integers, days since 1970-01-01 */
    SKUAI_COLUMN_TIMESTAMP, /* integers, seconds since 1970-01-01 (of a TIMESTAMPTZ: UTC) */
    SKUAI_COLUMN_FLOATS,    /* floats, width of them a row, into FLOAT[]; to append only */
} skuai_column_type;

typedef struct skuai_column {
    const char *name;
    skuai_column_type type;
    const unsigned char *valid; /* [n_rows] 0: NULL; the pointer NULL: all valid */
    const int64_t *integers;    /* [n_rows] INTEGER, BOOL, DATE, TIMESTAMP; 0 where NULL */
    const double *doubles;      /* [n_rows] DOUBLE; NaN where NULL */
    const char *const *texts;   /* [n_rows] TEXT, terminated; NULL where NULL */
    const float *floats;        /* [n_rows, width] FLOATS */
    size_t width;               /* of FLOATS */
} skuai_column;

typedef struct skuai_table {
    size_t n_rows, n_columns;
    const skuai_column *columns; /* [n_columns] */
    skuai_arena *arena;          /* holds everything of a query's result */
} skuai_table;

void skuai_table_free(skuai_table *table); /* of a query's result; NULL allowed */
/* Column number by name (exact); SIZE_MAX when there is none. */
size_t skuai_table_find(const skuai_table *table, const char *name);

/* A parameter, for a "?" or "$1" of the SQL. */
typedef struct skuai_value {
    enum { SKUAI_VALUE_NULL, SKUAI_VALUE_INTEGER, SKUAI_VALUE_DOUBLE, SKUAI_VALUE_TEXT } kind;
    int64_t integer;
    double number;
    const char *text; /* borrowed */
} skuai_value;

static inline skuai_value skuai_value_integer(int64_t integer) {
    return (skuai_value){.kind = SKUAI_VALUE_INTEGER, .integer = integer};
}
static inline skuai_value skuai_value_double(double number) {
    return (skuai_value){.kind = SKUAI_VALUE_DOUBLE, .number = number};
}
static inline skuai_value skuai_value_text(const char *text) { /* NULL text: NULL */
    return (skuai_value){.kind = text ? SKUAI_VALUE_TEXT : SKUAI_VALUE_NULL, .text = text};
}

/* Run statements (several, separated by ";") for their effect. */
SKUA_MUST_USE skua_status skuai_store_execute(skuai_store *store, const char *sql, skua_error *err);
/* Run one statement with parameters for its effect; *changed (NULL allowed): rows it changed. */
SKUA_MUST_USE skua_status skuai_store_run(skuai_store *store, const char *sql,
                                          const skuai_value *values, size_t n_values,
                                          int64_t *changed, skua_error *err);
/* Run one statement and read all of its result; *table is owned by the caller. A column of another
 * type than those above (lists, ...) is SKUA_EINVAL: cast it in the SQL. */
SKUA_MUST_USE skua_status skuai_store_query(skuai_store *store, const char *sql,
                                            const skuai_value *values, size_t n_values,
                                            skuai_table **table, skua_error *err);
/* One number of a one-row result; *is_null (NULL allowed) tells a NULL, which gives 0. */
SKUA_MUST_USE skua_status skuai_store_number(skuai_store *store, const char *sql,
                                             const skuai_value *values, size_t n_values,
                                             double *number, bool *is_null, skua_error *err);
/* The same, chunk by chunk (about 2,048 rows, valid during the call), for results too large to
 * hold. A status other than SKUA_OK from the callback stops and is returned. */
typedef skua_status (*skuai_store_chunk)(void *user, const skuai_table *chunk, skua_error *err);
SKUA_MUST_USE skua_status skuai_store_scan(skuai_store *store, const char *sql,
                                           const skuai_value *values, size_t n_values,
                                           skuai_store_chunk callback, void *user, skua_error *err);

/* Append rows to a table (name as in SQL, unquoted) in the open transaction or one of its own. The
 * columns are matched by name; columns of the table that are not given get their default. Types
 * are converted (DOUBLE into FLOAT, DATE into TIMESTAMP, ...). 10 M numbers a second and more. */
SKUA_MUST_USE skua_status skuai_store_append(skuai_store *store, const char *table,
                                             const skuai_column *columns, size_t n_columns,
                                             size_t n_rows, skua_error *err);

/* Append an SQL identifier or text, quoted. */
void skuai_sql_identifier(skuai_buffer *sql, const char *name);
void skuai_sql_text(skuai_buffer *sql, const char *text);

#endif
