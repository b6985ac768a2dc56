/* The search inside the verbs: finalists join the leaderboard, an interrupted search goes on, a run
 * is replayed to the same model, the time is kept. */
#include "support/support.h"

#include "core/context.h"
#include "core/json.h"
#include "shop/evaluate.h"

#include <stdlib.h>
#include <string.h>

static char folder[256], shop_path[400];

static int setup(void **state) {
    (void)state;
    const char *const settings[] = {"items",    "6",     "days", "90", "channels", "1",
                                    "visitors", "false", "seed", "5",  NULL};
    skua_error err;
    char *report = NULL, sales[400], files[300];
    skua_shop *shop = NULL;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(files, sizeof files, "%s/files", folder);
    (void)snprintf(shop_path, sizeof shop_path, "%s/shop", folder);
    (void)snprintf(sales, sizeof sales, "%s/sales.csv", files);
    assert_ok(skua_simulate(files, settings, NULL, &report, &err), &err);
    skua_text_free(report);
    assert_ok(skua_shop_init(shop_path, NULL, &err), &err);
    assert_ok(skua_shop_open(shop_path, &shop, &err), &err);
    assert_ok(skua_shop_ingest(shop, sales, &report, &err), &err);
    skua_text_free(report);
    skua_shop_close(shop);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static skua_shop *open_shop(const char *key, const char *value) {
    skua_error err;
    skua_shop *shop = NULL;
    assert_ok(skua_shop_open(shop_path, &shop, &err), &err);
    assert_ok(skua_shop_set(shop, "horizon", "7", &err), &err);
    assert_ok(skua_shop_set(shop, "threads", "1", &err), &err);
    assert_ok(skua_shop_set(shop, key, value, &err), &err);
    return shop;
}

/* Train; the report, parsed. */
static skuai_json *train(skua_shop *shop) {
    skua_error err;
    char *report = NULL;
    skuai_json *json = NULL;
    assert_ok(skua_shop_train(shop, &report, &err), &err);
    assert_ok(skuai_json_parse(report, strlen(report), &json, &err), &err);
    skua_text_free(report);
    return json;
}

static int64_t searched(const skuai_json *report, const char *what) {
    return skuai_json_as_integer(skuai_json_get(skuai_json_get(report, "search"), what), -1);
}

static char *file_text(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1 << 20, 1);
    assert_non_null(text);
    *size = fread(text, 1, (1 << 20) - 1, file);
    (void)fclose(file);
    return text;
}

static void write_text(const char *path, const char *text, size_t n) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    (void)fclose(file);
}

/* The leaderboard as text without the seconds, to compare. */
static void ranking(const skuai_json *report, char *text, size_t size) {
    const skuai_json *rows = skuai_json_get(report, "leaderboard");
    text[0] = '\0';
    for (size_t i = 0; i < skuai_json_size(rows); i++) {
        const skuai_json *row = skuai_json_at(rows, i);
        size_t n = strlen(text);
        (void)snprintf(text + n, size - n, "%s %.12g;",
                       skuai_json_as_text(skuai_json_get(row, "name"), ""),
                       skuai_json_as_number(skuai_json_get(row, "wql"), -1));
    }
}

static void a_search_is_resumed_and_replayed(void **state) {
    (void)state;
    char path[1000], current[700], run[100], first[8000], second[8000];
    skua_error err;
    skua_shop *shop = open_shop("trials", "5");
    assert_ok(skua_shop_set(shop, "models", "theta", &err), &err);
    skuai_json *report = train(shop);
    assert_int_equal(searched(report, "trials"), 5);
    assert_int_equal(searched(report, "known_before"), 0);
    int64_t evaluations = searched(report, "evaluations");
    assert_true(evaluations > 5); /* some climbed */
    const skuai_json *tried = skuai_json_get(skuai_json_get(report, "search"), "tried");
    const char *winner =
        skuai_json_as_text(skuai_json_get(skuai_json_at(tried, 0), "specification"), "none");
    ranking(report, first, sizeof first);
    assert_non_null(strstr(first, winner)); /* a finalist is on the leaderboard */
    (void)snprintf(run, sizeof run, "%s", skuai_json_as_text(skuai_json_get(report, "run"), ""));
    skuai_json_free(report);

    /* as a kill in the middle would have left it: four lines and a half, and no end */
    size_t size, lines = 0, n = 0;
    (void)snprintf(path, sizeof path, "%s/searches/%s.jsonl", shop_path, run);
    char *text = file_text(path, &size);
    while (lines < 5)
        lines += text[n++] == '\n';
    write_text(path, text, n + 7);
    (void)snprintf(current, sizeof current, "%s/searches/current", shop_path);
    write_text(current, run, strlen(run));
    report = train(shop);
    assert_int_equal(searched(report, "known_before"), 4);
    assert_int_equal(searched(report, "evaluations"), evaluations);
    ranking(report, second, sizeof second);
    assert_string_equal(first, second);
    skuai_json_free(report);
    write_text(path, text, size);
    free(text);

    assert_ok(skua_shop_set(shop, "replay", run, &err), &err);
    report = train(shop);
    assert_int_equal(searched(report, "evaluations"), evaluations);
    ranking(report, second, sizeof second);
    assert_string_equal(first, second);
    skuai_json_free(report);
    char *none = NULL;
    assert_ok(skua_shop_set(shop, "seed", "2", &err), &err); /* other settings: refused */
    assert_int_equal(skua_shop_train(shop, &none, &err), SKUA_ECONFIG);
    assert_ok(skua_shop_set(shop, "replay", "train-never", &err), &err);
    assert_int_equal(skua_shop_train(shop, &none, &err), SKUA_ENOTFOUND);
    skua_shop_close(shop);
}

/* A second search begins with the best of the first, whatever its seed, and says so; a replay of it
 * begins with the same, though there are other searches by then. */
static void earlier_searches_are_begun_with(void **state) {
    (void)state;
    skua_error err;
    char run[64], first[2048], second[2048];
    skua_shop *shop = open_shop("trials", "4");
    assert_ok(skua_shop_set(shop, "windows", "2", &err), &err);
    assert_ok(skua_shop_set(shop, "models", "theta", &err), &err);
    assert_ok(skua_shop_set(shop, "warm", "0", &err), &err);
    skuai_json *report = train(shop);
    assert_int_equal(searched(report, "warm"), 0);
    skuai_json_free(report);
    assert_ok(skua_shop_set(shop, "warm", "2", &err), &err);
    assert_ok(skua_shop_set(shop, "seed", "7", &err), &err);
    report = train(shop);
    assert_int_equal(searched(report, "warm"), 2);
    (void)snprintf(run, sizeof run, "%s", skuai_json_as_text(skuai_json_get(report, "run"), ""));
    ranking(report, first, sizeof first);
    skuai_json_free(report);

    /* the best of each earlier search stands in the journal's first line, and is tried first */
    char path[600];
    size_t size;
    (void)snprintf(path, sizeof path, "%s/searches/%s.jsonl", shop_path, run);
    char *text = file_text(path, &size), *line = strchr(text, '\n');
    assert_non_null(line);
    skuai_json *head = NULL, *next = NULL;
    assert_ok(skuai_json_parse(text, (size_t)(line - text), &head, &err), &err);
    assert_ok(skuai_json_parse(line + 1, strcspn(line + 1, "\n"), &next, &err), &err);
    const char *warm =
        skuai_json_as_text(skuai_json_at(skuai_json_get(head, "warm"), 0), "no warm start");
    assert_string_equal(warm, skuai_json_as_text(skuai_json_get(next, "specification"), "none"));
    skuai_json_free(head);
    skuai_json_free(next);
    free(text);

    assert_ok(skua_shop_set(shop, "replay", run, &err), &err);
    report = train(shop);
    assert_int_equal(searched(report, "warm"), 2);
    ranking(report, second, sizeof second);
    assert_string_equal(first, second);
    skuai_json_free(report);
    skua_shop_close(shop);
}

/* No test of speed: what is asked is that a limit ends the work, within a generous multiple. */
static void a_second_is_enough_for_a_model(void **state) {
    (void)state;
    skua_shop *shop = open_shop("time", "1s");
    double start = skuai_clock();
    skuai_json *report = train(shop);
    assert_true(skuai_clock() - start < 60);
    assert_true(skuai_json_size(skuai_json_get(report, "leaderboard")) > 3);
    skuai_json_free(report);
    skua_shop_close(shop);
}

/* What a caller did before, as reading a large history, is part of the limit. */
static void time_spent_before_counts(void **state) {
    (void)state;
    skua_error err;
    skuai_store *store = NULL;
    skuai_history history = {0};
    skua_shop *shop = open_shop("time", "50s");
    skuai_evaluation *e = calloc(1, sizeof *e);
    assert_non_null(e);
    assert_ok(skua_shop_set(shop, "models", "naive", &err), &err);
    assert_ok(skuai_shop_store(shop, SKUAI_STORE_READ, &store, &err), &err);
    assert_ok(skuai_history_read(shop, store, &history, &err), &err);
    skuai_store_close(store);
    double begun = skuai_clock() - 5;
    e->begun = begun;
    assert_ok(skuai_evaluate(shop, NULL, "0", &history, e, &err), &err);
    assert_true(e->deadline == begun + 50);
    skuai_evaluation_clear(e);
    skuai_history_clear(&history);
    free(e);
    skua_shop_close(shop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_is_resumed_and_replayed),
        cmocka_unit_test(earlier_searches_are_begun_with),
        cmocka_unit_test(a_second_is_enough_for_a_model),
        cmocka_unit_test(time_spent_before_counts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
