#include "shop/shop.h"

#include "store/ingest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAPPINGS_MOST = 256 };

/* Tables in the order in which a file is tried against them: the more a table demands, the earlier.
 * A file that fits none is refused with what the last try missed of `sales`. */
static const char *const tables[] = {"orders", "events", "sales",    "promotions", "supply",
                                     "parts",  "items",  "calendar", "channels"};

/* Whether a word stands in the last part of a path, as "items" in "data/items_2024.csv". */
static bool named_after(const char *path, const char *word) {
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t n = strlen(word) - 1; /* without the plural's s */
    for (; *base; base++)
        if (strncasecmp(base, word, n) == 0) return true;
    return false;
}

/* Whether a dry run found every column by its name: a guess from types alone (an order number from
 * a column that happens to hold texts) does not tell a table. Sales are what is left. */
static bool by_names(const char *report, const char *table) {
    skuai_json *json = NULL;
    if (strcmp(table, "sales") == 0) return true;
    if (skuai_json_parse(report, strlen(report), &json, NULL) != SKUA_OK) return false;
    const skuai_json *mapping =
        skuai_json_get(skuai_json_at(skuai_json_get(json, "files"), 0), "mapping");
    bool good = true;
    for (size_t i = 0; i < skuai_json_size(mapping); i++) {
        const skuai_json *column = skuai_json_at(mapping, i);
        good = good && strcmp(skuai_json_as_text(skuai_json_get(column, "how"), ""), "type") != 0;
    }
    skuai_json_free(json);
    return good;
}

/* Which table a file is: the one it is named after, else the first that its columns satisfy. */
static skua_status infer_table(skuai_store *store, const skuai_ingest_options *options,
                               const skuai_context *context, const char **table, skua_error *err) {
    skua_error sales_error = {0};
    skua_status sales_status = SKUA_ESCHEMA;
    const char *path = options->files[0].path;
    bool is_stream = strcmp(path, "-") == 0;
    if (is_stream)
        return skuai_error_set(err, SKUA_EINVAL,
                               "standard input can be read once: say what it is, as --table sales");
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
            if (pass == 0 && !named_after(path, tables[i])) continue;
            skuai_ingest_file file = {tables[i], path};
            skuai_ingest_options dry = *options;
            dry.files = &file;
            dry.dry_run = true;
            skuai_buffer report;
            skua_error error = {0};
            skuai_buffer_init(&report, (size_t)1 << 30);
            skua_status status = skuai_ingest(store, &dry, context, &report, &error);
            bool good = status == SKUA_OK && by_names(skuai_buffer_view(&report), tables[i]);
            skuai_buffer_clear(&report);
            if (good) {
                *table = tables[i];
                return SKUA_OK;
            }
            bool fits_not = status == SKUA_OK || status == SKUA_ESCHEMA || status == SKUA_EINVAL;
            if (!fits_not) { /* no such file, no text, ...: no table helps */
                if (err) *err = error;
                return status;
            }
            if (strcmp(tables[i], "sales") == 0) {
                sales_error = error;
                sales_status = status;
            }
        }
    if (err) *err = sales_error;
    return sales_status;
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

static skua_status read_options(const skuai_config *c, skuai_ingest_options *o, skua_error *err) {
    const char *delimiter = skuai_config_text(c, SKUAI_CONFIG_KEY_delimiter);
    const char *decimal = skuai_config_text(c, SKUAI_CONFIG_KEY_decimal);
    o->encoding = unless_auto(skuai_config_text(c, SKUAI_CONFIG_KEY_encoding));
    o->date = unless_auto(skuai_config_text(c, SKUAI_CONFIG_KEY_date_format));
    o->channel = skuai_config_text(c, SKUAI_CONFIG_KEY_channel);
    o->dry_run = skuai_config_flag(c, SKUAI_CONFIG_KEY_dry_run);
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

skua_status skua_shop_ingest(skua_shop *shop, const char *file, char **report, skua_error *err) {
    if (!file || !*file) return skuai_error_set(err, SKUA_EINVAL, "no file to ingest");
    const char *mapping[MAPPINGS_MOST];
    skuai_context context = skuai_shop_context(shop, false);
    skuai_ingest_file one = {unless_auto(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_table)),
                             file};
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
    if (status == SKUA_OK) status = skuai_ingest(store, &options, &context, &buffer, err);
    skuai_store_close(store);
    skuai_free(map);
    if (status == SKUA_OK) return skuai_buffer_take(&buffer, report, err);
    skuai_buffer_clear(&buffer);
    return status;
}
