/* ingest.h -- files into the tables of the data contract (room store).
 *
 * Each file is one transaction: it is in as a whole or not at all, so that after a crash the same
 * command goes on where it was. A file that was ingested before (same bytes, table and options) is
 * recognised and skipped. Rows that cannot be read go to `rejects` with file, line, text and
 * reason. docs/data-contract.md states the rules. */
#ifndef SKUA_STORE_INGEST_H
#define SKUA_STORE_INGEST_H

#include "store/store.h"

typedef struct skuai_ingest_file {
    const char *table; /* sales, orders, items, parts, channels, promotions, supply, events,
                          calendar, future, vectors; "images": the path is a folder of pictures
                          named after their items */
    const char *path;  /* a file, a folder, a pattern with * ? [], or "-" for standard input */
    const char *shown; /* what messages and the store call it; NULL: its path. With it the file is
                          a CSV made of records (of a frame): its rows are told, not its lines */
} skuai_ingest_file;

/* Several rows of one key inside one period file. Always a finding; this says which one counts. */
typedef enum skuai_duplicates {
    SKUAI_DUPLICATES_LAST,
    SKUAI_DUPLICATES_FIRST,
    SKUAI_DUPLICATES_SUM /* units add up, the price is their weighted mean */
} skuai_duplicates;

/* NULL, 0 and '\0' mean: found out from the file. */
typedef struct skuai_ingest_options {
    const skuai_ingest_file *files; /* [n_files] */
    size_t n_files;
    const char *const *mapping; /* [n_mapping] "item=StockCode", "category=Dept+Class", "stock="
                                   (none); with a table before it ("sales.item=sku") for that table
                                   alone. They beat what skua.yaml says under columns: */
    size_t n_mapping;
    const char *encoding;
    char delimiter;
    char decimal;      /* '.' or ',' */
    const char *date;  /* ymd, dmy, mdy, named, month, quarter, week, year, serial, unix, unix-ms */
    const char *start; /* day of column d_1, in files with columns d_1, d_2, ... */
    int header;        /* 1 there is a line of names, -1 there is none */
    const char *channel;  /* of rows that name none [the workspace's] */
    const char *known_at; /* when all of it became known, as 2024-03-28T12:00:00 (UTC); "period":
                             when its period ended. By default corrections and late rows became
                             known now, others when their period ended. */
    skuai_duplicates duplicates;
    bool again;   /* take a file that is in already once more: its rows are corrections */
    bool dry_run; /* show what would be read as what, and change nothing */
} skuai_ingest_options;

/* Ingest. The report is a JSON document appended to `report`: {"files": [{file, table, encoding,
 * delimiter, decimal, mapping: [{column, role, how, form}], rows, added, corrected, unchanged,
 * duplicates, late, rejected, notes, note, status}], totals ...}. The store must be open for
 * writing, unless dry_run. SKUA_ENOTFOUND: no such file; SKUA_EDATA, SKUA_ESCHEMA, SKUA_EENCODING:
 * the file, with what to do; the files before it are in, the message counts them. */
SKUA_MUST_USE skua_status skuai_ingest(skuai_store *store, const skuai_ingest_options *options,
                                       const skuai_context *context, skuai_buffer *report,
                                       skua_error *err);

#endif
