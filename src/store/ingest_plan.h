/* ingest_plan.h -- which column of a file is what: roles, their usual names, and the plan that a
 * file's head leads to (room store, private).
 *
 * A role is a column of the data contract. Each has a list of names by which files call it, the
 * most telling first; required roles choose first. A column is taken only if its values have the
 * role's type. What the caller says ("item=StockCode") beats everything. */
#ifndef SKUA_STORE_INGEST_PLAN_H
#define SKUA_STORE_INGEST_PLAN_H

#include "core/buffer.h"
#include "store/csv.h"
#include "store/field.h"

typedef enum skuai_role_type {
    SKUAI_ROLE_TEXT,
    SKUAI_ROLE_NUMBER,
    SKUAI_ROLE_TIME
} skuai_role_type;

typedef struct skuai_role {
    const char *name; /* column of the contract */
    skuai_role_type type;
    bool required;
    bool key;          /* part of what identifies a row */
    bool describe;     /* of the item, in a file of another table: goes to items */
    const char *names; /* usual names, normalised, separated by blanks */
} skuai_role;

typedef enum skuai_table_extras {
    SKUAI_EXTRAS_NONE,
    SKUAI_EXTRAS_COLUMNS, /* numeric columns that no role takes become columns */
    SKUAI_EXTRAS_JSON     /* all columns that no role takes become one JSON text */
} skuai_table_extras;

typedef struct skuai_table_roles {
    const char *name; /* "sales", ... */
    skuai_table_extras extras;
    size_t n_roles;
    const skuai_role *roles;
} skuai_table_roles;

/* NULL when no such table can be ingested. */
const skuai_table_roles *skuai_table_roles_find(const char *table);
/* Lower case without blanks, signs and a unit in brackets: "Units Sold (kg)" -> "unitssold". At
 * most size - 1 bytes; text is terminated. */
void skuai_name_normalise(const char *name, size_t n, char *text, size_t size);
/* Place of a normalised name in a role's list, 0 the most telling; -1: not there. */
int skuai_role_match(const skuai_role *role, const char *normalised);

/* -- The head of a file -------------------------------------------------------------------------
 */

typedef struct skuai_sample {
    size_t n_columns, n_rows;
    const char **names;           /* [n_columns] terminated, as written */
    const skuai_csv_field *cells; /* [n_rows, n_columns] */
    bool header;                  /* the file has a line of names */
    size_t n_constants; /* of the columns, the last: of one value that the file's folders say */
} skuai_sample;

/* -- The plan -------------------------------------------------------------------------------------
 */

#define SKUAI_PLAN_SOURCES 8

typedef enum skuai_how {
    SKUAI_HOW_NAME,  /* by its name */
    SKUAI_HOW_TYPE,  /* the only column of that type */
    SKUAI_HOW_GIVEN, /* the caller said so */
    SKUAI_HOW_EXTRA  /* a column without a role that is kept */
} skuai_how;

/* A column of the staged rows. */
typedef struct skuai_plan_column {
    const skuai_role *role; /* NULL: an extra */
    const char *name;       /* role's name, or the extra's column name */
    skuai_role_type type;
    skuai_how how;
    size_t n_sources;
    size_t sources[SKUAI_PLAN_SOURCES]; /* columns of the file, joined with "/" */
    skuai_date_form form;               /* TIME */
    bool truth;                         /* an extra of true/false */
    double scale, shift;                /* NUMBER: shift + scale * value */
} skuai_plan_column;

/* A column of a file with a period a column. */
typedef struct skuai_plan_wide {
    size_t source;
    int64_t micros;
} skuai_plan_wide;

typedef struct skuai_plan {
    const skuai_table_roles *table;
    skuai_csv_dialect dialect;
    char decimal;
    bool header;
    size_t n_file_columns;
    const char **file_columns; /* names */
    size_t n_constants;        /* of these, the last: they stand in no line */
    skuai_csv_field *constants;
    size_t n_columns;
    skuai_plan_column *columns;
    size_t n_wide; /* > 0: `wide` gives ds and units */
    skuai_plan_wide *wide;
    bool extras_json;      /* gather columns without a role as JSON */
    unsigned char *used;   /* [n_file_columns] a role or an extra takes it */
    const char *date_note; /* how day and month were told apart; NULL: no question */
    bool date_open;        /* the sample fits both d/m and m/d: the whole column must decide */
    bool stray_quotes;
} skuai_plan;

/* What the caller says about a file. */
typedef struct skuai_plan_options {
    const char *const *mapping; /* [n_mapping] "role=column", "role=a+b", "role=" (none) */
    size_t n_mapping;
    char decimal;      /* '\0': found out */
    const char *date;  /* a form's name; NULL: found out */
    const char *start; /* of columns d_1, d_2, ...: the day of d_1; NULL: none */
} skuai_plan_options;

/* Make the plan of a file from its head. Everything lies in the arena; names of the sample must
 * outlive it. SKUA_ESCHEMA: a required role has no column (the message lists the columns and how
 * to name one); SKUA_EINVAL: a mapping that names no role or no column. */
SKUA_MUST_USE skua_status skuai_plan_make(const skuai_table_roles *table,
                                          const skuai_sample *sample,
                                          const skuai_plan_options *options, skuai_arena *arena,
                                          skuai_plan *plan, skua_error *err);
/* The column of a role, NULL when the file has none. */
const skuai_plan_column *skuai_plan_find(const skuai_plan *plan, const char *role);

/* The plan as a JSON array of {column, role, how, form}. */
void skuai_plan_json(const skuai_plan *plan, skuai_buffer *json);
void skuai_ingest_json_text(skuai_buffer *json, const char *text,
                            size_t n); /* quoted and escaped */

#endif
