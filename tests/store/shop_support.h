/* shop_support.h -- a workspace and files for the tests of ingest and panel. */
#ifndef SKUA_TEST_SHOP_SUPPORT_H
#define SKUA_TEST_SHOP_SUPPORT_H

#include "store/ingest.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256], shop[300];

static int shop_setup(void **state) {
    (void)state;
    skua_error err;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(shop, sizeof shop, "%s/shop", folder);
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    return 0;
}

static int shop_teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static skuai_store *shop_open(skuai_store_mode mode) {
    skua_error err;
    skuai_store *store = NULL;
    skuai_store_open_options options = {.mode = mode, .wait_seconds = 5, .threads = 2};
    assert_ok(skuai_store_open(shop, &options, &store, &err), &err);
    return store;
}

/* A file in the test's folder; its path is valid until the next call but seven. */
static inline const char *file_write_n(const char *name, const void *bytes, size_t n) {
    static char paths[8][400];
    static int next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof *paths, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *file_write(const char *name, const char *text) {
    return file_write_n(name, text, strlen(text));
}

/* Ingest with options of which files is replaced by one of `table`. */
static inline skua_status try_ingest(const char *table, const char *path,
                                     skuai_ingest_options options, char **report, skua_error *err) {
    skuai_ingest_file file = {.table = table, .path = path};
    options.files = &file;
    options.n_files = 1;
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 24);
    skuai_context context = {.seed = 1, .threads = 2};
    skua_status status = skuai_ingest(store, &options, &context, &text, err);
    skuai_store_close(store);
    if (status == SKUA_OK && report) {
        skua_status taken = skuai_buffer_take(&text, report, err);
        assert_int_equal(taken, SKUA_OK);
    }
    skuai_buffer_clear(&text);
    return status;
}

/* The report must be freed with skua_text_free. */
static inline char *ingest_with(const char *table, const char *path, skuai_ingest_options options) {
    skua_error err;
    char *report = NULL;
    assert_ok(try_ingest(table, path, options, &report, &err), &err);
    return report;
}

static inline void ingest(const char *table, const char *path) {
    skua_text_free(ingest_with(table, path, (skuai_ingest_options){0}));
}

static inline void assert_refused(const char *table, const char *path, skua_status want,
                                  const char *words) {
    skua_error err;
    skua_status status = try_ingest(table, path, (skuai_ingest_options){0}, NULL, &err);
    if (status != want || !strstr(err.message, words)) {
        print_error("status %d: %s\nwanted %d: ...%s...\n", (int)status,
                    status ? err.message : "fine", (int)want, words);
        fail();
    }
}

/* One number of a query on the closed workspace. */
static inline double number(const char *sql) {
    skua_error err;
    double value = 0;
    skuai_store *store = shop_open(SKUAI_STORE_READ);
    skua_status status = skuai_store_number(store, sql, NULL, 0, &value, NULL, &err);
    skuai_store_close(store);
    assert_ok(status, &err);
    return value;
}

#define assert_number(sql, want) assert_close(number(sql), (want), 1e-12, 1e-12)

static inline void assert_text(const char *sql, const char *want) {
    skua_error err;
    skuai_table *table = NULL;
    skuai_store *store = shop_open(SKUAI_STORE_READ);
    skua_status status = skuai_store_query(store, sql, NULL, 0, &table, &err);
    skuai_store_close(store);
    assert_ok(status, &err);
    assert_int_equal(table->n_rows, 1);
    assert_non_null(table->columns[0].texts);
    assert_non_null(table->columns[0].texts[0]);
    assert_string_equal(table->columns[0].texts[0], want);
    skuai_table_free(table);
}

#endif
