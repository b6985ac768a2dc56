#include "shop/shop.h"

#include "store/arrow_in.h"
#include "store/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MAPPINGS_MOST = 256 };

/* Tables in the order in which a file is tried against them: the more a table demands, the earlier.
 */
static const char *const tables[] = {"orders", "events", "sales",    "promotions", "supply",
                                     "parts",  "items",  "calendar", "channels",   "vectors"};

/* Whether a word stands in the last part of a path, as "items" in "data/items_2024.csv". */
static bool named_after(const char *path, const char *word) {
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t n = strlen(word) - 1; /* without the plural's s */
    for (; *base; base++)
        if (strncasecmp(base, word, n) == 0) return true;
    return false;
}

/* How well a dry run's columns fit the table: those found by name or given, none when a column was
 * guessed from its type alone (an order number from a column that happens to hold texts does not
 * tell a table; sales are what is left, and may guess). */
static size_t fitness(const char *report, const char *table) {
    skuai_json *json = NULL;
    if (skuai_json_parse(report, strlen(report), &json, NULL) != SKUA_OK) return 0;
    const skuai_json *file = skuai_json_at(skuai_json_get(json, "files"), 0);
    const skuai_json *mapping = skuai_json_get(file, "mapping");
    bool known =
        strcmp(skuai_json_as_text(skuai_json_get(file, "status"), ""), "already ingested") == 0;
    bool may_guess = strcmp(table, "sales") == 0, guessed = false;
    size_t fit = 0;
    for (size_t i = 0; i < skuai_json_size(mapping); i++) {
        const char *how = skuai_json_as_text(skuai_json_get(skuai_json_at(mapping, i), "how"), "");
        fit += strcmp(how, "name") == 0 || strcmp(how, "given") == 0;
        guessed = guessed || strcmp(how, "type") == 0;
    }
    skuai_json_free(json);
    if (known) return SIZE_MAX; /* it was this table before */
    return guessed && !may_guess ? 0 : fit + 1;
}

/* A dry run of the file as one table; *fit is 0 when it is none. A failure that no other table
 * would mend (no such file, no text, ...) is returned. */
static skua_status try_table(skuai_store *store, const skuai_ingest_options *options,
                             const skuai_context *context, const char *table, size_t *fit,
                             skua_error *err) {
    skuai_ingest_file file = {table, options->files[0].path, options->files[0].shown};
    skuai_ingest_options dry = *options;
    skuai_buffer report;
    dry.files = &file;
    dry.dry_run = true;
    skuai_buffer_init(&report, (size_t)1 << 30);
    skua_status status = skuai_ingest(store, &dry, context, &report, err);
    *fit = status == SKUA_OK ? fitness(skuai_buffer_view(&report), table) : 0;
    skuai_buffer_clear(&report);
    return status == SKUA_ESCHEMA || status == SKUA_EINVAL ? SKUA_OK : status;
}

/* Which table a file is: the one it is named after if it fits, else the one that knows most of its
 * columns by name. When none fits the sentence is that of sales. */
static skua_status infer_table(skuai_store *store, const skuai_ingest_options *options,
                               const skuai_context *context, const char **table, skua_error *err) {
    skua_error sales = {0};
    size_t best = 0, named = SIZE_MAX;
    const char *path = options->files[0].path;
    if (strcmp(path, "-") == 0)
        return skuai_error_set(err, SKUA_EINVAL,
                               "standard input can be read once: say what it is, as --table sales");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        skua_error error = {0};
        size_t fit;
        skua_status status = try_table(store, options, context, tables[i], &fit, &error);
        if (status != SKUA_OK) {
            if (err) *err = error;
            return status;
        }
        if (strcmp(tables[i], "sales") == 0) sales = error;
        if (fit > 0 && named == SIZE_MAX && named_after(path, tables[i])) named = i;
        if (fit > best) {
            best = fit;
            *table = tables[i];
        }
    }
    if (named != SIZE_MAX) *table = tables[named];
    if (best > 0) return SKUA_OK;
    if (err) *err = sales;
    return sales.code == SKUA_OK ? skuai_error_set(err, SKUA_ESCHEMA, "%s: no table fits it", path)
                                 : sales.code;
}

/* "item=StockCode,ds=InvoiceDate" in place; commas inside quotes are not looked for: use skua.yaml
 * for such names. */
static size_t split_mapping(char *text, const char **mapping) {
    size_t n = 0;
    for (char *p = text; *p && n < MAPPINGS_MOST;) {
        char *comma = strchr(p, ',');
        if (comma) *comma = '\0';
        if (*p) mapping[n++] = p;
        if (!comma) break;
        p = comma + 1;
    }
    return n;
}

static const char *unless_auto(const char *text) {
    return strcmp(text, "auto") == 0 ? NULL : text;
}

static const char *unless_empty(const char *text) {
    return *text ? text : NULL;
}

static skua_status read_options(const skuai_config *c, skuai_ingest_options *o, skua_error *err) {
    const char *delimiter = skuai_config_text(c, SKUAI_CONFIG_KEY_delimiter);
    const char *decimal = skuai_config_text(c, SKUAI_CONFIG_KEY_decimal);
    const char *header = skuai_config_text(c, SKUAI_CONFIG_KEY_header);
    const char *twice = skuai_config_text(c, SKUAI_CONFIG_KEY_duplicates);
    o->encoding = unless_auto(skuai_config_text(c, SKUAI_CONFIG_KEY_encoding));
    o->date = unless_auto(skuai_config_text(c, SKUAI_CONFIG_KEY_date_format));
    o->channel = skuai_config_text(c, SKUAI_CONFIG_KEY_channel);
    o->dry_run = skuai_config_flag(c, SKUAI_CONFIG_KEY_dry_run);
    o->start = unless_empty(skuai_config_text(c, SKUAI_CONFIG_KEY_first_day));
    o->known_at = unless_empty(skuai_config_text(c, SKUAI_CONFIG_KEY_known_at));
    o->again = skuai_config_flag(c, SKUAI_CONFIG_KEY_again);
    o->header = strcmp(header, "yes") == 0 ? 1 : strcmp(header, "no") == 0 ? -1 : 0;
    o->duplicates = strcmp(twice, "first") == 0 ? SKUAI_DUPLICATES_FIRST
                    : strcmp(twice, "sum") == 0 ? SKUAI_DUPLICATES_SUM
                                                : SKUAI_DUPLICATES_LAST;
    o->decimal = strcmp(decimal, "comma") == 0 ? ',' : strcmp(decimal, "point") == 0 ? '.' : '\0';
    if (strcmp(delimiter, "tab") == 0 || strcmp(delimiter, "\\t") == 0)
        o->delimiter = '\t';
    else if (strlen(delimiter) == 1)
        o->delimiter = delimiter[0];
    else if (strcmp(delimiter, "auto") != 0)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "delimiter = '%s': need one character, tab, or auto", delimiter);
    return SKUA_OK;
}

/* The store's report with the verb, and with the first rows that this command rejected. */
static skua_status finish_report(skuai_store *store, double rejected_before,
                                 const skuai_buffer *made, char **report, skua_error *err) {
    skuai_report r;
    skuai_table *rejects = NULL;
    skuai_value before = skuai_value_integer((int64_t)rejected_before);
    skuai_report_begin(&r, "ingest");
    skua_status status = skuai_store_query(
        store, "SELECT path, line, text, why FROM rejects ORDER BY file, line LIMIT 10 OFFSET ?",
        &before, 1, &rejects, err);
    if (status == SKUA_OK) {
        skuai_json_array(&r.json, "rejects");
        for (size_t i = 0; i < rejects->n_rows; i++) {
            skuai_json_object(&r.json, NULL);
            skuai_json_text(&r.json, "file", rejects->columns[0].texts[i]);
            skuai_json_integer(&r.json, "line", rejects->columns[1].integers[i]);
            skuai_json_text(&r.json, "text", rejects->columns[2].texts[i]);
            skuai_json_text(&r.json, "why", rejects->columns[3].texts[i]);
            skuai_json_close(&r.json);
        }
        skuai_json_close(&r.json);
        skuai_table_free(rejects);
        const char *rest = skuai_buffer_view(made); /* "{...}": its members go on here */
        (void)skuai_buffer_text(&r.buffer, ",");
        (void)skuai_buffer_text(&r.buffer, rest + 1);
        r.json.depth = 0;
    }
    return skuai_report_end(&r, status, report, err);
}

/* shown: what messages call the file; NULL: its path. */
static skua_status ingest(skua_shop *shop, const char *file, const char *shown, char **report,
                          skua_error *err) {
    const char *mapping[MAPPINGS_MOST];
    skuai_context context = skuai_shop_context(shop, false);
    skuai_ingest_file one = {unless_auto(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_table)),
                             file, shown};
    skuai_ingest_options options = {.files = &one, .n_files = 1, .mapping = mapping};
    SKUA_TRY(read_options(&shop->config, &options, err));
    char *map = skuai_text_copy(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_map));
    if (!map) return skuai_error_memory(err, "a mapping");
    options.n_mapping = split_mapping(map, mapping);
    skuai_buffer buffer;
    skuai_store *store = NULL;
    skuai_buffer_init(&buffer, (size_t)1 << 30);
    skuai_store_mode mode = options.dry_run ? SKUAI_STORE_READ : SKUAI_STORE_WRITE;
    skua_status status = skuai_shop_store(shop, mode, &store, err);
    if (status == SKUA_OK && !one.table)
        status = infer_table(store, &options, &context, &one.table, err);
    double rejected = 0;
    if (status == SKUA_OK)
        status = skuai_store_number(store, "SELECT count(*) FROM rejects", NULL, 0, &rejected, NULL,
                                    err);
    if (status == SKUA_OK) status = skuai_ingest(store, &options, &context, &buffer, err);
    if (status == SKUA_OK) status = finish_report(store, rejected, &buffer, report, err);
    skuai_store_close(store);
    skuai_free(map);
    skuai_buffer_clear(&buffer);
    return status;
}

skua_status skua_shop_ingest(skua_shop *shop, const char *file, char **report, skua_error *err) {
    if (!file || !*file) return skuai_error_set(err, SKUA_EINVAL, "no file to ingest");
    return ingest(shop, file, NULL, report, err);
}

/* The frame as a CSV in a file without a name, so that none is left behind whatever happens. */
static skua_status spool_frame(const skua_shop *shop, struct ArrowArrayStream *frame, int *file,
                               char *path, size_t size, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    (void)snprintf(path, size, "%s/frame-XXXXXX", shop->folder);
    *file = mkstemp(path);
    if (*file < 0)
        return skuai_error_set(err, SKUA_EIO, "%s: cannot be written: %s", path, strerror(errno));
    (void)unlink(path);
    (void)snprintf(path, size, "/proc/self/fd/%d", *file);
    return skuai_arrow_to_csv(frame, path, &context, err);
}

skua_status skua_shop_ingest_arrow(skua_shop *shop, struct ArrowArrayStream *frame, char **report,
                                   skua_error *err) {
    char path[4096];
    int file = -1;
    if (!frame || !frame->release)
        return skuai_error_set(err, SKUA_EINVAL, "no frame to ingest, or one that was released");
    skua_status status = spool_frame(shop, frame, &file, path, sizeof path, err);
    if (status == SKUA_OK) status = ingest(shop, path, "frame", report, err);
    if (file >= 0) (void)close(file);
    if (frame->release) frame->release(frame);
    return status;
}
