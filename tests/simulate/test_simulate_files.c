/* The files of a simulated shop: the same bytes for any number of threads, orders that add up to
 * the sales, texts that say what the truth says, errors on purpose, and failures that leave
 * nothing. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/period.h"
#include "simulate/simulate.h"
#include "simulate/simulate_catalogue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
    "sales.csv",       "items.csv",           "parts.csv",           "channels.csv",
    "promotions.csv",  "supply.csv",          "events.csv",          "calendar.csv",
    "future.csv",      "truth/demand.csv",    "truth/items.csv",     "truth/promotions.csv",
    "truth/words.csv", "truth/stockouts.csv", "truth/festivals.csv", "truth/looks.csv",
    "truth/shop.json", "images/I000001.png",  "images/I000030.png"};

static skuai_simulate_options small(void) {
    skuai_simulate_options o = SKUAI_SIMULATE_DEFAULT;
    o.items = 30;
    o.days = 120;
    o.events = 3000;
    return o;
}

static char *read_file(const char *folder, const char *name, size_t *size) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, SIZE_MAX);
    char block[4096];
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
        assert_int_equal(skuai_buffer_add(&buffer, block, n), SKUA_OK);
    (void)fclose(f);
    if (size) *size = buffer.size;
    char *text = NULL;
    skua_error err;
    assert_ok(skuai_buffer_take(&buffer, &text, &err), &err);
    return text;
}

static void make(const skuai_simulate_options *options, const char *folder, int threads,
                 skuai_simulate_report *report) {
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    context.threads = threads;
    skua_error err;
    assert_ok(skuai_simulate(options, folder, &context, report, &err), &err);
}

static bool same_file(const char *a, const char *b, const char *name) {
    size_t m = 0, n = 0;
    char *x = read_file(a, name, &m), *y = read_file(b, name, &n);
    assert_non_null(x);
    assert_non_null(y);
    bool same = m == n && memcmp(x, y, m) == 0;
    skuai_free(x);
    skuai_free(y);
    return same;
}

static void threads_do_not_show(void **state) {
    (void)state;
    char one[256], two[256], three[256], other[256];
    skuai_simulate_options o = small();
    test_folder_new(one, sizeof one);
    test_folder_new(two, sizeof two);
    test_folder_new(three, sizeof three);
    test_folder_new(other, sizeof other);
    make(&o, one, 1, NULL);
    make(&o, two, 2, NULL);
    make(&o, three, 3, NULL);
    o.seed = 2;
    make(&o, other, 2, NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!same_file(one, two, names[i])) print_error("%s differs\n", names[i]);
        assert_true(same_file(one, two, names[i]));
        assert_true(same_file(one, three, names[i]));
    }
    assert_false(same_file(one, other, "sales.csv"));
    assert_false(same_file(one, other, "items.csv"));
    test_folder_remove(one);
    test_folder_remove(two);
    test_folder_remove(three);
    test_folder_remove(other);
}

/* Units by item, channel (web 0, app 1) and day. */
#define CELL(item, channel, day) (((size_t)(item)*2 + (channel)) * 200 + (size_t)(day))
#define CELLS                    (30 * 2 * 200)

static int64_t read_day(const char *text) {
    int year = 0, month = 0, day = 0;
    assert_int_equal(sscanf(text, "%d-%d-%d", &year, &month, &day), 3);
    return skuai_day_from_date(year, month, day);
}

static void orders_add_up_to_sales(void **state) {
    (void)state;
    char folder[256];
    static double sales[CELLS], orders[CELLS];
    memset(sales, 0, sizeof sales);
    memset(orders, 0, sizeof orders);
    skuai_simulate_options o = small();
    o.pictures = false;
    skuai_simulate_report report;
    test_folder_new(folder, sizeof folder);
    make(&o, folder, 2, &report);
    char *text = read_file(folder, "sales.csv", NULL);
    char channel[16], date[16];
    int item;
    double units;
    for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        assert_int_equal(sscanf(line, "I%d,%15[a-z],%15[0-9-],%lf", &item, channel, date, &units),
                         4);
        sales[CELL(item - 1, strcmp(channel, "app") == 0, read_day(date) - o.start_day)] += units;
    }
    skuai_free(text);
    o.orders = true;
    o.overwrite = true;
    make(&o, folder, 2, &report);
    assert_null(read_file(folder, "sales.csv", NULL)); /* that of before went */
    text = read_file(folder, "orders.csv", NULL);
    assert_non_null(text);
    size_t lines = 0, returned = 0, cancelled = 0, joined = 0;
    char last[32] = "";
    for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1, lines++) {
        char order[32], instant[32], kind[16];
        int number;
        assert_int_equal(sscanf(line,
                                "%31[O0-9],%d,%31[^,],I%d,%15[a-z],U%*d,%lf,%*f,%*f,CNY,%15[a-z]",
                                order, &number, instant, &item, channel, &units, kind),
                         7);
        assert_string_equal(instant + 19, "+08:00");
        if (strcmp(kind, "sale") == 0) {
            assert_true(units >= 1 && number >= 1 && number < 100);
            int64_t t = read_day(instant) - o.start_day;
            orders[CELL(item - 1, strcmp(channel, "app") == 0, t)] += units;
            joined += strcmp(order, last) == 0;
            memcpy(last, order, sizeof last);
        } else {
            assert_true(units <= -1 && number > 100);
            assert_string_equal(order, last); /* the sale stands before it */
            returned += strcmp(kind, "return") == 0;
            cancelled += strcmp(kind, "cancel") == 0;
        }
    }
    assert_close_array(orders, sales, CELLS, 0, 0);
    assert_int_equal(lines, report.order_lines);
    assert_true(returned > 20 && cancelled > 20 && joined > 20);
    skuai_free(text);
    test_folder_remove(folder);
}

/* Field k (0 first) of a line of CSV without quotes in front of it; copied. */
static void field(const char *line, int k, char *out, size_t size) {
    for (; k > 0; k--)
        line = strchr(line, ',') + 1;
    size_t n = strcspn(line, ",\n");
    assert_true(n < size);
    memcpy(out, line, n);
    out[n] = '\0';
}

static double word_effect(const char *words, const char *english, size_t n) {
    char start[64];
    (void)snprintf(start, sizeof start, "\n%.*s,", (int)n, english);
    const char *at = strstr(words, start);
    assert_non_null(at);
    char effect[32];
    field(at + 1, 2, effect, sizeof effect);
    return strtod(effect, NULL);
}

static double words_effect(const char *words, const char *list, const char *title) {
    double sum = 0;
    while (*list) {
        size_t n = strcspn(list, "|");
        sum += word_effect(words, list, n);
        char english[64];
        (void)snprintf(english, sizeof english, "%.*s", (int)n, list);
        for (int i = 0; title && i < SKUAI_WORDS; i++)
            if (strcmp(skuai_words[i].english, english) == 0)
                assert_true(strstr(title, skuai_words[i].english) ||
                            strstr(title, skuai_words[i].chinese));
        list += n + (list[n] == '|');
    }
    return sum;
}

static void words_stand_in_the_texts(void **state) {
    (void)state;
    char folder[256];
    skuai_simulate_options o = small();
    test_folder_new(folder, sizeof folder);
    make(&o, folder, 2, NULL);
    char *words = read_file(folder, "truth/words.csv", NULL);
    char *truth = read_file(folder, "truth/items.csv", NULL);
    char *items = read_file(folder, "items.csv", NULL);
    const char *t = strchr(truth, '\n') + 1, *i = strchr(items, '\n') + 1;
    int chinese = 0, n = 0;
    for (; *t && *i; t = strchr(t, '\n') + 1, i = strchr(i, '\n') + 1, n++) {
        char in_title[200], in_description[200], effect[32], title[400];
        field(t, 16, in_title, sizeof in_title);
        field(t, 17, in_description, sizeof in_description);
        field(t, 5, effect, sizeof effect);
        field(i, 1, title, sizeof title);
        double sum = words_effect(words, in_title, title) +
                     SKUAI_DESCRIPTION_SHARE * words_effect(words, in_description, NULL);
        assert_close(strtod(effect, NULL), sum, 0, 2e-5);
        chinese += (unsigned char)title[0] >= 0x80;
    }
    assert_int_equal(n, 30);
    assert_in_range(chinese, 6, 24); /* half of them */
    skuai_free(words);
    skuai_free(truth);
    skuai_free(items);
    test_folder_remove(folder);
}

/* Field k from the end of a line (0 the last); copied. */
static void field_back(const char *line, int k, char *out, size_t size) {
    const char *end = strchr(line, '\n'), *start = end;
    for (;; k--) {
        start = end;
        while (start > line && start[-1] != ',')
            start--;
        if (k == 0) break;
        end = start - 1;
    }
    assert_true((size_t)(end - start) < size);
    memcpy(out, start, (size_t)(end - start));
    out[end - start] = '\0';
}

/* Successors come shortly before the end of what they replace; variants have a parent of their
 * brand; bundles hold two items and cost less than they do. */
static void items_are_bound(void **state) {
    (void)state;
    char folder[256];
    skuai_simulate_options o = small();
    o.items = 300;
    o.days = 400;
    o.launches = 0.3;
    o.pictures = false;
    o.truth_days = false;
    o.events = 0;
    test_folder_new(folder, sizeof folder);
    make(&o, folder, 2, NULL);
    char *items = read_file(folder, "items.csv", NULL);
    const char *lines[301] = {NULL};
    size_t n = 0;
    for (char *line = strchr(items, '\n') + 1; *line; line = strchr(line, '\n') + 1)
        lines[++n] = line;
    assert_int_equal(n, 300);
    size_t replaced = 0, variants = 0, bundles = 0;
    for (size_t i = 1; i <= n; i++) {
        char old[16], parent[16], launch[16], end[16], unit[16];
        field_back(lines[i], 5, old, sizeof old);
        field_back(lines[i], 6, parent, sizeof parent);
        field_back(lines[i], 2, launch, sizeof launch);
        field_back(lines[i], 3, unit, sizeof unit);
        assert_true(strcmp(unit, "piece") == 0 || strcmp(unit, "件") == 0);
        if (old[0]) {
            field_back(lines[strtol(old + 1, NULL, 10)], 1, end, sizeof end);
            assert_int_equal(read_day(end), read_day(launch) + 20);
            replaced++;
        }
        if (parent[0]) {
            const char *mother = lines[strtol(parent + 1, NULL, 10)];
            char first[16];
            field_back(mother, 6, first, sizeof first);
            assert_string_equal(first, ""); /* a parent has none */
            variants++;
        }
    }
    char *parts = read_file(folder, "parts.csv", NULL);
    for (char *line = strchr(parts, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        char part[16], whole_cost[16], part_cost[16];
        field(line, 1, part, sizeof part);
        field_back(lines[strtol(line + 1, NULL, 10)], 0, whole_cost, sizeof whole_cost);
        field_back(lines[strtol(part + 1, NULL, 10)], 0, part_cost, sizeof part_cost);
        assert_true(strtod(whole_cost, NULL) > strtod(part_cost, NULL));
        bundles++;
    }
    assert_true(replaced > 5 && variants > 20 && bundles > 4 && bundles % 2 == 0);
    skuai_free(items);
    skuai_free(parts);
    test_folder_remove(folder);
}

static void events_tell_of_demand(void **state) {
    (void)state;
    char folder[256];
    skuai_simulate_options o = small();
    o.pictures = false;
    skuai_simulate_report report;
    test_folder_new(folder, sizeof folder);
    make(&o, folder, 2, &report);
    char *text = read_file(folder, "events.csv", NULL);
    size_t n = 0, views = 0, buys = 0, searches = 0;
    for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1, n++) {
        char kind[16], item[16], query[64], ts[32];
        field(line, 1, item, sizeof item);
        field(line, 3, ts, sizeof ts);
        field(line, 4, kind, sizeof kind);
        field(line, 5, query, sizeof query);
        assert_true(line[0] == 'U' && strlen(ts) == 25);
        bool search = strcmp(kind, "search") == 0;
        assert_int_equal(search, query[0] != '\0');
        assert_int_equal(search, item[0] == '\0');
        searches += search;
        views += strcmp(kind, "view") == 0;
        buys += strcmp(kind, "buy") == 0;
    }
    assert_int_equal(n, report.events);
    assert_close((double)n, 3000, 0.3, 0);
    assert_true(views > 4 * buys && buys > 50 && searches > 100);
    skuai_free(text);
    test_folder_remove(folder);
}

/* Every error that was made is listed, stands in the file as listed, and the truth knows of none.
 */
static void errors_are_listed(void **state) {
    (void)state;
    char clean[256], wrong[256];
    skuai_simulate_options o = small();
    o.pictures = false;
    skuai_simulate_report right, report;
    test_folder_new(clean, sizeof clean);
    test_folder_new(wrong, sizeof wrong);
    make(&o, clean, 2, &right);
    o.errors = 0.02;
    make(&o, wrong, 2, &report);
    assert_true(same_file(clean, wrong, "truth/demand.csv"));
    assert_true(same_file(clean, wrong, "events.csv"));
    assert_null(read_file(clean, "truth/findings.csv", NULL));
    char *findings = read_file(wrong, "truth/findings.csv", NULL);
    char *sales = read_file(wrong, "sales.csv", NULL);
    size_t found[6] = {0}, n = 0;
    static const char *const kinds[6] = {"duplicate", "wholesale", "price",
                                         "negative",  "gap",       "category"};
    for (char *line = strchr(findings, '\n') + 1; *line; line = strchr(line, '\n') + 1, n++) {
        char kind[16], item[16], channel[16], ds[16], after[64], key[64], value[64];
        field(line, 1, item, sizeof item);
        field(line, 2, channel, sizeof channel);
        field(line, 3, ds, sizeof ds);
        field(line, 4, kind, sizeof kind);
        field(line, 6, after, sizeof after);
        int k = 0;
        while (k < 6 && strcmp(kind, kinds[k]) != 0)
            k++;
        assert_true(k < 6);
        found[k]++;
        if (k == 5) continue;
        (void)snprintf(key, sizeof key, "\n%s,%s,%s,", item, channel, ds);
        const char *row = strstr(sales, key);
        assert_int_equal(row == NULL, k == 4);
        if (!row) continue;
        field(row + 1, k == 2 ? 4 : 3, value, sizeof value);
        assert_string_equal(value, after);
        assert_int_equal(strstr(row + 1, key) != NULL, k == 0);
    }
    size_t rows = n - found[5];
    assert_close((double)rows / (double)right.sales_rows, 0.02, 0.2, 0);
    for (int k = 0; k < 5; k++)
        assert_close((double)found[k], (double)rows / 5, 0.5, 0);
    assert_int_equal(report.sales_rows, right.sales_rows + found[0] - found[4]);
    skuai_free(findings);
    skuai_free(sales);
    test_folder_remove(clean);
    test_folder_remove(wrong);
}

/* -- Errors -------------------------------------------------------------------------------------
 */

static bool stop_at_once(void *user) {
    (void)user;
    return true;
}

static void assert_nothing_left(const char *folder) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/.simulate", folder);
    assert_int_not_equal(access(path, F_OK), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

static void errors_leave_nothing(void **state) {
    (void)state;
    char folder[256], path[512];
    skua_error err;
    skuai_simulate_report report = {.items = 99};
    test_folder_new(folder, sizeof folder);
    skuai_simulate_options o = small();
    o.promotion_rate = NAN;
    assert_int_equal(skuai_simulate(&o, folder, NULL, &report, &err), SKUA_ERANGE);
    assert_non_null(strstr(err.message, "promotion rate"));
    o = small();
    o.items = 0;
    assert_int_equal(skuai_simulate(&o, folder, NULL, &report, &err), SKUA_ERANGE);
    o = small();
    o.countries = "Atlantis";
    assert_int_equal(skuai_simulate(&o, folder, NULL, &report, &err), SKUA_ENOTFOUND);
    o = small();
    o.start_day = -1;
    assert_int_equal(skuai_simulate(&o, folder, NULL, &report, &err), SKUA_ERANGE);
    o = small();
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    context.cancel = stop_at_once;
    assert_int_equal(skuai_simulate(&o, folder, &context, &report, &err), SKUA_ECANCEL);
    assert_nothing_left(folder);
    assert_int_equal(report.items, 99);

    make(&o, folder, 2, &report);
    assert_int_equal(report.items, 30);
    assert_int_equal(skuai_simulate(&o, folder, NULL, NULL, &err), SKUA_EEXIST);
    assert_non_null(strstr(err.message, "items.csv"));
    o.overwrite = true;
    o.pictures = false;
    make(&o, folder, 2, &report);
    (void)snprintf(path, sizeof path, "%s/images/I000001.png", folder);
    assert_int_not_equal(access(path, F_OK), 0); /* those of before went */

    (void)snprintf(path, sizeof path, "%s/items.csv/shop", folder); /* below a file */
    assert_int_equal(skuai_simulate(&o, path, NULL, NULL, &err), SKUA_EIO);
    assert_non_null(strstr(err.message, "items.csv/shop"));
    test_folder_remove(folder);
}

static void shops_of_any_size_are_made(void **state) {
    (void)state;
    static const size_t items[] = {1, 2, 5, 12, 13, 17};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        char folder[256];
        skuai_simulate_options o = small();
        o.items = items[i];
        o.days = 14;
        o.future_days = 0;
        o.channels = 8;
        o.countries = i % 2 ? "US,shopping" : "JP";
        o.language = (skuai_simulate_language)(i % 3);
        o.promotion_rate = 0.5;
        o.launches = o.deaths = 1;
        skuai_simulate_report report;
        test_folder_new(folder, sizeof folder);
        make(&o, folder, 2, &report);
        assert_int_equal(report.items, items[i]);
        assert_true(report.sales_rows > 0);
        assert_null(read_file(folder, "future.csv", NULL));
        test_folder_remove(folder);
    }
}

#ifdef SKUA_FAULT
static void memory_may_fail_anywhere(void **state) {
    (void)state;
    char folder[256];
    skua_error err;
    skuai_simulate_options o = small();
    o.items = 5;
    o.days = 20;
    o.events = 100;
    o.overwrite = true;
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    context.threads = 1;
    test_folder_new(folder, sizeof folder);
    size_t live = skuai_fault_live();
    skua_status status = SKUA_ENOMEM;
    size_t n = 1;
    for (; status != SKUA_OK; n += 1 + n / 40) {
        skuai_fault_set(n, false);
        status = skuai_simulate(&o, folder, &context, NULL, &err);
        skuai_fault_set(0, false);
        assert_true(status == SKUA_OK || status == SKUA_ENOMEM);
        if (status != SKUA_OK) assert_nothing_left(folder);
        assert_int_equal(skuai_fault_live(), live);
    }
    assert_true(n > 20);
    test_folder_remove(folder);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_show),      cmocka_unit_test(orders_add_up_to_sales),
        cmocka_unit_test(words_stand_in_the_texts), cmocka_unit_test(items_are_bound),
        cmocka_unit_test(events_tell_of_demand),    cmocka_unit_test(errors_are_listed),
        cmocka_unit_test(errors_leave_nothing),     cmocka_unit_test(shops_of_any_size_are_made),
#ifdef SKUA_FAULT
        cmocka_unit_test(memory_may_fail_anywhere),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
