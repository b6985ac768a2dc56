/* The workspace: made, opened, refused, locked; tables in and out. */
#include "store/store.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[256], shop[300];

static int setup(void **state) {
    (void)state;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(shop, sizeof shop, "%s/shop", folder);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static skuai_store *open_shop(skuai_store_mode mode) {
    skua_error err;
    skuai_store_open_options options = SKUAI_STORE_OPEN_DEFAULT;
    options.mode = mode;
    options.wait_seconds = 0;
    skuai_store *store = NULL;
    assert_ok(skuai_store_open(shop, &options, &store, &err), &err);
    return store;
}

static void write_file(const char *name, const char *text) {
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", shop, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void create_and_open(void **state) {
    (void)state;
    skua_error err;
    skuai_store_options options = {.name = "Tea \"house\" # 1",
                                   .time_zone = "Asia/Shanghai",
                                   .frequency = "day",
                                   .currency = "CNY"};
    assert_ok(skuai_store_create(shop, &options, &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_WRITE);
    assert_string_equal(skuai_store_setting(store, "name", ""), "Tea \"house\" # 1");
    assert_string_equal(skuai_store_setting(store, "time_zone", ""), "Asia/Shanghai");
    assert_string_equal(skuai_store_setting(store, "channel", ""), "main");
    assert_string_equal(skuai_store_setting(store, "nothing.here", "else"), "else");
    static const char *const tables[] = {
        "orders", "sales",  "items",    "parts",   "channels", "promotions",
        "supply", "events", "calendar", "future",  "vectors",  "forecasts",
        "runs",   "scores", "findings", "rejects", "ingested"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[100];
        double n = -1;
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        assert_ok(skuai_store_number(store, sql, NULL, 0, &n, NULL, &err), &err);
        assert_close(n, 0, 0, 0);
    }
    skuai_store_close(store);
    char path[400];
    (void)snprintf(path, sizeof path, "%s/models", shop);
    assert_int_equal(access(path, F_OK), 0);
}

static void create_refuses(void **state) {
    (void)state;
    skua_error err;
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    assert_int_equal(skuai_store_create(shop, NULL, &err), SKUA_EEXIST);
    char other[400];
    (void)snprintf(other, sizeof other, "%s/other", folder);
    skuai_store_options bad_zone = {.time_zone = "Mars/Olympus"};
    assert_int_equal(skuai_store_create(other, &bad_zone, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "Mars/Olympus"));
    (void)snprintf(other, sizeof other, "%s/other/skua.yaml", folder);
    assert_int_not_equal(access(other, F_OK), 0);
    (void)snprintf(other, sizeof other, "%s/other", folder);
    skuai_store_options bad_frequency = {.frequency = "fortnight"};
    assert_int_equal(skuai_store_create(other, &bad_frequency, &err), SKUA_EINVAL);
    assert_ok(skuai_store_create(other, NULL, &err), &err); /* the failures left it usable */
    (void)snprintf(other, sizeof other, "%s/shop/skua.yaml", folder);
    assert_int_equal(skuai_store_create(other, NULL, &err), SKUA_EIO); /* a file is there */
    assert_int_equal(skuai_store_create("", NULL, &err), SKUA_EINVAL);
}

static void open_refuses(void **state) {
    (void)state;
    skua_error err;
    skuai_store *store = (skuai_store *)&err; /* must stay as it is */
    skuai_store_open_options options = {.mode = SKUAI_STORE_READ};
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "skua init"));
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    write_file("skua.yaml", "version: 2\n");
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_EVERSION);
    assert_non_null(strstr(err.message, "newer skua"));
    write_file("skua.yaml", "version: 1\nname: [a, b\n");
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_ECONFIG);
    write_file("skua.yaml", "version: x1\n");
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_ECONFIG);
    write_file("skua.yaml", "version: 1\n");
    store = open_shop(SKUAI_STORE_WRITE);
    assert_ok(
        skuai_store_execute(store, "UPDATE workspace SET value = '7' WHERE key = 'version'", &err),
        &err);
    skuai_store_close(store);
    store = (skuai_store *)&err;
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_EVERSION);
    write_file("shop.duckdb", "this is no database at all, whatever its name may say");
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_EDATABASE);
    assert_ptr_equal(store, &err);
}

static void two_at_once(void **state) {
    (void)state;
    skua_error err;
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    int ready[2], done[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* holds the workspace until told */
        skuai_store_open_options options = {.mode = SKUAI_STORE_WRITE};
        skuai_store *store;
        char byte = skuai_store_open(shop, &options, &store, NULL) == SKUA_OK ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(2);
        skuai_store_close(store);
        _exit(0);
    }
    char byte = 0, pid[40];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    skuai_store_open_options options = {.mode = SKUAI_STORE_READ, .wait_seconds = 0.2};
    skuai_store *store = NULL;
    double before = skuai_clock();
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_EBUSY);
    assert_true(skuai_clock() - before >= 0.19);
    (void)snprintf(pid, sizeof pid, "process %ld", (long)child);
    assert_non_null(strstr(err.message, pid));
    assert_int_equal(write(done[1], "x", 1), 1);
    options.wait_seconds = 10; /* the other ends meanwhile */
    assert_ok(skuai_store_open(shop, &options, &store, &err), &err);
    skuai_store *second = NULL; /* readers share */
    assert_ok(skuai_store_open(shop, &options, &second, &err), &err);
    skuai_store *writer = NULL; /* within one process too */
    skuai_store_open_options writing = {.mode = SKUAI_STORE_WRITE};
    assert_int_equal(skuai_store_open(shop, &writing, &writer, &err), SKUA_EBUSY);
    skuai_store_close(second);
    skuai_store_close(store);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (int i = 0; i < 2; i++)
        (void)close(ready[i]), (void)close(done[i]);
}

/* What a killed command had spilled is gone at the next opening for writing. */
static void spill_removed(void **state) {
    (void)state;
    skua_error err;
    char path[400];
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    (void)snprintf(path, sizeof path, "%s/shop.duckdb.tmp", shop);
    assert_int_equal(mkdir(path, 0777), 0);
    write_file("shop.duckdb.tmp/duckdb_temp_storage_DEFAULT-0.tmp", "left over");
    skuai_store_close(open_shop(SKUAI_STORE_WRITE));
    assert_int_not_equal(access(path, F_OK), 0);
}

static void transactions_and_generation(void **state) {
    (void)state;
    skua_error err;
    int64_t before, after;
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    assert_ok(skuai_store_generation(shop, &before, &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_WRITE);
    assert_ok(skuai_store_begin(store, &err), &err);
    assert_ok(skuai_store_execute(store, "INSERT INTO rejects(line) VALUES (1)", &err), &err);
    skuai_store_rollback(store);
    assert_ok(skuai_store_begin(store, &err), &err);
    assert_ok(skuai_store_execute(store, "INSERT INTO rejects(line) VALUES (2)", &err), &err);
    assert_ok(skuai_store_commit(store, &err), &err);
    assert_ok(skuai_store_begin(store, &err), &err);
    assert_ok(skuai_store_execute(store, "INSERT INTO rejects(line) VALUES (3)", &err), &err);
    skuai_store_close(store); /* never committed */
    assert_ok(skuai_store_generation(shop, &after, &err), &err);
    assert_int_equal(after, before + 1);
    write_file("generation", "1\n"); /* as if we had been killed after the commit */
    store = open_shop(SKUAI_STORE_WRITE);
    assert_ok(skuai_store_generation(shop, &after, &err), &err);
    assert_int_equal(after, before + 1);
    double sum;
    assert_ok(skuai_store_number(store, "SELECT sum(line) FROM rejects", NULL, 0, &sum, NULL, &err),
              &err);
    assert_close(sum, 2, 0, 0);
    skuai_store_close(store);
}

static void settings_set(void **state) {
    (void)state;
    skua_error err;
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    write_file("skua.yaml", "# mine\nversion: 1\nname: old # note\ncolumns:\n  name: inner\n");
    assert_ok(skuai_store_setting_set(shop, "name", "neu: \"x\"", &err), &err);
    assert_ok(skuai_store_setting_set(shop, "country", "CN", &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_READ);
    assert_string_equal(skuai_store_setting(store, "name", ""), "neu: \"x\"");
    assert_string_equal(skuai_store_setting(store, "country", ""), "CN");
    assert_string_equal(skuai_store_setting(store, "columns.name", ""), "inner");
    skuai_store_close(store);
    char path[400], text[200] = "";
    (void)snprintf(path, sizeof path, "%s/skua.yaml", shop);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    (void)fclose(file);
    assert_non_null(strstr(text, "# mine"));
}

static void query_types(void **state) {
    (void)state;
    skua_error err;
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_READ);
    skuai_value values[] = {skuai_value_integer(-5), skuai_value_double(0.25),
                            skuai_value_text("日本 'x'"), skuai_value_text(NULL)};
    skuai_table *table;
    assert_ok(skuai_store_query(
                  store,
                  "SELECT $1::BIGINT i, $2::DOUBLE d, $3::VARCHAR t, $4::VARCHAR n, true b,"
                  " DATE '1969-12-31' dd, TIMESTAMP '1969-12-31 23:59:59.5' ts, 1.25::DECIMAL(9,3)"
                  " dd2, 12345678901234567890::HUGEINT h, NULL::DOUBLE nd, 7::UTINYINT u",
                  values, 4, &table, &err),
              &err);
    assert_int_equal(table->n_rows, 1);
    assert_int_equal(table->n_columns, 11);
    const skuai_column *c = table->columns;
    assert_int_equal(c[0].integers[0], -5);
    assert_close(c[1].doubles[0], 0.25, 0, 0);
    assert_string_equal(c[2].texts[0], "日本 'x'");
    assert_null(c[3].texts[0]);
    assert_int_equal(c[3].valid[0], 0);
    assert_int_equal(c[4].integers[0], 1);
    assert_int_equal(c[5].type, SKUAI_COLUMN_DATE);
    assert_int_equal(c[5].integers[0], -1);
    assert_int_equal(c[6].type, SKUAI_COLUMN_TIMESTAMP);
    assert_int_equal(c[6].integers[0], -1);
    assert_close(c[7].doubles[0], 1.25, 1e-15, 0);
    assert_close(c[8].doubles[0], 12345678901234567890.0, 1e-15, 0);
    assert_true(isnan(c[9].doubles[0]));
    assert_int_equal(c[10].integers[0], 7);
    assert_int_equal(skuai_table_find(table, "ts"), 6);
    assert_true(skuai_table_find(table, "TS") == SIZE_MAX);
    skuai_table_free(table);
    assert_int_equal(skuai_store_query(store, "SELECT [1, 2]", NULL, 0, &table, &err), SKUA_EINVAL);
    assert_int_equal(skuai_store_query(store, "SELEC 1", NULL, 0, &table, &err), SKUA_EDATABASE);
    assert_non_null(strstr(err.message, "SELEC"));
    assert_int_equal(skuai_store_execute(store, "INSERT INTO rejects(line) VALUES (1)", &err),
                     SKUA_EDATABASE); /* opened for reading */
    skuai_store_close(store);
}

static skua_status add_up(void *user, const skuai_table *chunk, skua_error *err) {
    (void)err;
    double *sum = user;
    for (size_t i = 0; i < chunk->n_rows; i++)
        *sum += (double)chunk->columns[0].integers[i] + (double)strlen(chunk->columns[1].texts[i]);
    return SKUA_OK;
}

static skua_status refuse(void *user, const skuai_table *chunk, skua_error *err) {
    (void)user, (void)chunk;
    return skuai_error_set(err, SKUA_ECANCEL, "enough");
}

static void scan_chunks(void **state) {
    (void)state;
    skua_error err;
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_READ);
    double sum = 0;
    const char *sql = "SELECT range AS i, repeat('é', 10) AS t FROM range(100000)";
    assert_ok(skuai_store_scan(store, sql, NULL, 0, add_up, &sum, &err), &err);
    assert_close(sum, 100000.0 * 99999 / 2 + 20 * 100000.0, 0, 0);
    assert_int_equal(skuai_store_scan(store, sql, NULL, 0, refuse, NULL, &err), SKUA_ECANCEL);
    assert_int_equal(skuai_store_scan(store,
                                      "SELECT CASE WHEN range > 90000 THEN error('late') ELSE"
                                      " 'a' END::VARCHAR FROM range(100000)",
                                      NULL, 0, refuse, NULL, &err),
                     SKUA_ECANCEL);
    skuai_store_close(store);
}

/* Rows of floats over several of DuckDB's chunks, each beside its own item (the order of rows is
 * DuckDB's), exactly; and where they do not fit. */
static void append_floats(void **state) {
    (void)state;
    skua_error err;
    enum { N = 5000, WIDTH = 3 };
    static float values[N * WIDTH];
    static char names[N][8];
    static const char *items[N];
    for (int i = 0; i < N; i++) {
        (void)snprintf(names[i], sizeof names[i], "%d", i);
        items[i] = names[i];
        for (int j = 0; j < WIDTH; j++)
            values[i * WIDTH + j] = (float)i / 3 + (float)j;
    }
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_WRITE);
    skuai_column columns[] = {
        {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = items},
        {.name = "values", .type = SKUAI_COLUMN_FLOATS, .floats = values, .width = WIDTH},
    };
    assert_ok(skuai_store_append(store, "vectors", columns, 2, N, &err), &err);
    double good, all;
    assert_ok(skuai_store_number(store,
                                 "SELECT count(*) FILTER (len(\"values\") = 3 AND \"values\"[1] ="
                                 " (item::FLOAT / 3::FLOAT)::FLOAT AND \"values\"[2] ="
                                 " (\"values\"[1] + 1::FLOAT)::FLOAT AND \"values\"[3] ="
                                 " (\"values\"[1] + 2::FLOAT)::FLOAT) FROM vectors",
                                 NULL, 0, &good, NULL, &err),
              &err);
    assert_ok(skuai_store_number(store, "SELECT count(DISTINCT item) FROM vectors", NULL, 0, &all,
                                 NULL, &err),
              &err);
    assert_close(good, N, 0, 0);
    assert_close(all, N, 0, 0);
    skuai_column wrong = columns[1];
    wrong.name = "mean"; /* a list into a number */
    assert_int_equal(skuai_store_append(store, "forecasts", &wrong, 1, N, &err), SKUA_EINTERNAL);
    columns[1] = (skuai_column){.name = "values", .type = SKUAI_COLUMN_TEXT, .texts = items};
    assert_int_equal(skuai_store_append(store, "vectors", columns, 2, N, &err), SKUA_EINTERNAL);
    skuai_store_close(store);
}

static void append_columns(void **state) {
    (void)state;
    skua_error err;
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_WRITE);
    enum { N = 5000 };
    static int64_t days[N];
    static double means[N];
    static const char *items[N];
    for (int i = 0; i < N; i++) {
        days[i] = i;
        means[i] = i % 7 == 0 ? (double)NAN : i * 0.5;
        items[i] = i % 5 == 0 ? NULL : i % 2 ? "短" : "a longer text than fits inline";
    }
    skuai_column columns[] = {
        {.name = "ds", .type = SKUAI_COLUMN_DATE, .integers = days},
        {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = items},
        {.name = "mean", .type = SKUAI_COLUMN_DOUBLE, .doubles = means},
    };
    assert_ok(skuai_store_append(store, "forecasts", columns, 3, N, &err), &err);
    skuai_table *table;
    assert_ok(skuai_store_query(store,
                                "SELECT count(*), count(mean), sum(mean), count(item), count(run),"
                                " min(ds), max(ds), count(*) FILTER (item = '短') FROM forecasts",
                                NULL, 0, &table, &err),
              &err);
    double sum = 0;
    for (int i = 0; i < N; i++)
        if (i % 7) sum += i * 0.5;
    assert_int_equal(table->columns[0].integers[0], N);
    assert_int_equal(table->columns[1].integers[0], N - (N + 6) / 7);
    assert_close(table->columns[2].doubles[0], sum, 1e-12, 0);
    assert_int_equal(table->columns[3].integers[0], N - N / 5);
    assert_int_equal(table->columns[4].integers[0], 0);
    assert_int_equal(table->columns[5].integers[0], 0);
    assert_int_equal(table->columns[6].integers[0], (N - 1) * INT64_C(86400));
    assert_int_equal(table->columns[7].integers[0], N / 2 - N / 10);
    skuai_table_free(table);
    columns[0].name = "nowhere";
    assert_int_equal(skuai_store_append(store, "forecasts", columns, 3, N, &err), SKUA_EDATABASE);
    columns[0].name = "ds";
    columns[1].name = "mean";
    columns[2].name = "item"; /* a number into a text */
    assert_int_equal(skuai_store_append(store, "forecasts", columns, 3, N, &err), SKUA_EINTERNAL);
    double n;
    assert_ok(skuai_store_number(store, "SELECT count(*) FROM forecasts", NULL, 0, &n, NULL, &err),
              &err);
    assert_close(n, N, 0, 0);
    skuai_store_close(store);
}

static void disk_full(void **state) {
    (void)state;
    skua_error err;
    assert_int_equal(mkdir(shop, 0777), 0);
    if (mount("none", shop, "tmpfs", 0, "size=3m") != 0) {
        print_message("skipped: no right to mount a small disk\n");
        skip();
    }
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    skuai_store *store = open_shop(SKUAI_STORE_WRITE);
    skua_status status = skuai_store_begin(store, &err);
    if (status == SKUA_OK)
        status = skuai_store_execute(
            store,
            "INSERT INTO forecasts(run, mean) SELECT uuid()::VARCHAR, random() FROM range(2000000)",
            &err);
    if (status == SKUA_OK) status = skuai_store_commit(store, &err);
    skuai_store_close(store);
    double n = -1;
    store = open_shop(SKUAI_STORE_READ);
    skua_error after;
    assert_ok(
        skuai_store_number(store, "SELECT count(*) FROM forecasts", NULL, 0, &n, NULL, &after),
        &after);
    skuai_store_close(store);
    (void)umount(shop);
    assert_int_equal(status, SKUA_EIO);
    assert_non_null(strstr(err.message, "disk is full"));
    assert_close(n, 0, 0, 0); /* the workspace as it was */
}

static void read_only_folder(void **state) {
    (void)state;
    skua_error err;
    assert_int_equal(mkdir(shop, 0777), 0);
    if (mount("none", shop, "tmpfs", 0, "size=16m") != 0) {
        print_message("skipped: no right to mount a disk\n");
        skip();
    }
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    int mounted = mount("none", shop, "tmpfs", MS_REMOUNT | MS_RDONLY, "");
    skuai_store *store = NULL;
    skuai_store_open_options options = {.mode = SKUAI_STORE_WRITE};
    skua_status writing = skuai_store_open(shop, &options, &store, &err);
    skua_error reading_error, again;
    options.mode = SKUAI_STORE_READ;
    skua_status reading = skuai_store_open(shop, &options, &store, &reading_error);
    double n = -1;
    if (reading == SKUA_OK)
        reading = skuai_store_number(store, "SELECT count(*) FROM orders", NULL, 0, &n, NULL,
                                     &reading_error);
    skuai_store_close(store);
    char inner[400];
    (void)snprintf(inner, sizeof inner, "%s/inner", shop);
    skua_status creating = skuai_store_create(inner, NULL, &again);
    (void)umount(shop);
    assert_int_equal(mounted, 0);
    assert_int_equal(writing, SKUA_EIO);
    assert_non_null(strstr(err.message, "Read-only"));
    assert_ok(reading, &reading_error); /* a shop on such a disk can still be looked at */
    assert_close(n, 0, 0, 0);
    assert_int_equal(creating, SKUA_EIO);
    assert_non_null(strstr(again.message, "Read-only"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(create_and_open, setup, teardown),
        cmocka_unit_test_setup_teardown(create_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(open_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(two_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(spill_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(transactions_and_generation, setup, teardown),
        cmocka_unit_test_setup_teardown(settings_set, setup, teardown),
        cmocka_unit_test_setup_teardown(query_types, setup, teardown),
        cmocka_unit_test_setup_teardown(scan_chunks, setup, teardown),
        cmocka_unit_test_setup_teardown(append_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(append_floats, setup, teardown),
        cmocka_unit_test_setup_teardown(disk_full, setup, teardown),
        cmocka_unit_test_setup_teardown(read_only_folder, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
