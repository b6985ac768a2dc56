/* Tables into a panel: grids, zeros, orders, covariates, statics, what was known when. By hand. */
#include "shop_support.h"
#include "store/panel_in.h"

#include <math.h>

static skuai_panel *panel_with(skuai_panel_query query, skuai_panel_info *info) {
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_store *store = shop_open(SKUAI_STORE_READ);
    skua_status status = skuai_store_panel(store, &query, NULL, &panel, info, &err);
    skuai_store_close(store);
    assert_ok(status, &err);
    return panel;
}

static size_t series_named(const skuai_panel *panel, const char *name) {
    for (size_t s = 0; s < panel->n_series; s++)
        if (strcmp(skuai_panel_name(panel, s), name) == 0) return s;
    fail_msg("no series %s", name);
    return 0;
}

/* The series' history; NaN expected where want is NaN. */
static void assert_series(const skuai_panel *panel, const char *name, const char *start,
                          const double *want, size_t n) {
    char text[SKUAI_PERIOD_TEXT_SIZE];
    size_t s = series_named(panel, name);
    assert_string_equal(skuai_period_text(&panel->grid, panel->start[s], text), start);
    assert_int_equal(panel->length[s], n);
    for (size_t t = 0; t < n; t++) {
        double y = skuai_panel_target(panel, s)[t];
        if (isnan(want[t]) ? !isnan(y) : !test_close(y, want[t], 1e-12, 0))
            fail_msg("%s[%zu] = %g, want %g", name, t, y, want[t]);
    }
}

static float covariate(const skuai_panel *panel, const char *series, const char *name, size_t t) {
    size_t k = skuai_panel_dynamic_find(panel, name), s = series_named(panel, series);
    if (k == SIZE_MAX) fail_msg("no covariate %s", name);
    assert_true(t < panel->length[s] + panel->future[s]);
    return panel->dynamic[k].values[panel->row[s] + t];
}

static const char *level(const skuai_panel *panel, const char *series, const char *name) {
    size_t k = skuai_panel_static_find(panel, name), b = panel->base[series_named(panel, series)];
    if (k == SIZE_MAX) fail_msg("no static %s", name);
    int32_t code = panel->statics[k].codes[b];
    return code < 0 ? "" : panel->statics[k].levels[code];
}

static void days_and_weeks(void **state) {
    (void)state;
    ingest("sales",
           file_write("s.csv", "item,date,units,price,available\n"
                               "A,2024-01-01,1,10,1\nA,2024-01-03,3,20,0.5\nA,2024-01-07,5,,1\n"
                               "A,2024-01-08,7,5,1\nA,2024-01-14,1,5,0\nA,2024-01-15,9,5,1\n"
                               "B,2024-01-02,2,1,1\nB,2024-01-09,4,1,1\n"));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    assert_int_equal(panel->grid.frequency, SKUAI_FREQUENCY_DAY);
    assert_true(info.inferred &&
                info.zeros == SKUAI_ZEROS_ZERO); /* absent rows are the rule here */
    assert_int_equal(info.n_given, 2);
    const double a[] = {1, 0, 3, 0, 0, 0, 5, 7, 0, 0, 0, 0, 0, 1, 9};
    assert_series(panel, "A", "2024-01-01", a, 15);
    const double b[] = {2, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0};
    assert_series(panel, "B", "2024-01-02", b, 14);
    assert_true(panel->counts && panel->non_negative);
    assert_close((double)covariate(panel, "A", "price", 2), 20, 1e-6, 0);
    assert_true(isnan(covariate(panel, "A", "price", 6)));
    size_t s = series_named(panel, "A");
    assert_close((double)panel->available[panel->row[s] + 2], 0.5, 0, 0);
    assert_close((double)panel->available[panel->row[s] + 1], 1, 0, 0);
    skuai_panel_free(panel);

    panel = panel_with((skuai_panel_query){.zeros = SKUAI_ZEROS_MISSING}, &info);
    const double missing[] = {2, NAN, NAN, NAN, NAN, NAN, NAN, 4};
    assert_series(panel, "B", "2024-01-02", missing, 8);
    skuai_panel_free(panel);

    skuai_grid week = {SKUAI_FREQUENCY_WEEK, 0, 0};
    panel = panel_with((skuai_panel_query){.grid = &week}, &info);
    assert_true(info.last_dropped && !info.first_dropped); /* 2024-01-15 is a Monday */
    const double weeks[] = {9, 8};
    assert_series(panel, "A", "2024-01-01", weeks, 2);
    assert_close((double)covariate(panel, "A", "price", 0), (10 + 3 * 20) / 4.0, 1e-6, 0);
    skuai_panel_free(panel);
    panel = panel_with((skuai_panel_query){.grid = &week, .keep_incomplete = true}, &info);
    const double all[] = {9, 8, 9};
    assert_series(panel, "A", "2024-01-01", all, 3);
    skuai_panel_free(panel);

    skuai_grid sunday = {SKUAI_FREQUENCY_WEEK, 6, 0};
    panel =
        panel_with((skuai_panel_query){.grid = &sunday}, &info); /* weeks of 31 Dec, 7 and 14 Jan */
    const double us[] = {12};
    assert_true(info.first_dropped && info.last_dropped);
    assert_series(panel, "A", "2024-01-07", us, 1);
    skuai_panel_free(panel);
    const char *const items[] = {"B"};
    panel = panel_with((skuai_panel_query){.items = items, .n_items = 1}, &info);
    assert_int_equal(panel->n_series, 1);
    skuai_panel_free(panel);
}

static void grids(void **state) {
    (void)state;
    static const struct {
        int step, n;
        skuai_frequency want;
        int week_start;
    } cases[] = {{1, 10, SKUAI_FREQUENCY_DAY, 0},
                 {7, 10, SKUAI_FREQUENCY_WEEK, 3},
                 {2, 9, SKUAI_FREQUENCY_DAY, 0}};
    int64_t seconds[60];
    skuai_grid grid;
    skua_error err;
    for (size_t c = 0; c < 3; c++) {
        for (int i = 0; i < cases[c].n; i++)
            seconds[i] =
                INT64_C(86400) * 7 * 1000 + INT64_C(86400) * cases[c].step * i; /* a Thursday */
        assert_ok(skuai_grid_infer(seconds, (size_t)cases[c].n, &grid, &err), &err);
        assert_int_equal(grid.frequency, cases[c].want);
        assert_int_equal(grid.week_start, cases[c].week_start);
    }
    static const struct {
        int months, day;
        skuai_frequency want;
    } monthly[] = {{1, 1, SKUAI_FREQUENCY_MONTH},
                   {3, 1, SKUAI_FREQUENCY_QUARTER},
                   {12, 1, SKUAI_FREQUENCY_YEAR},
                   {1, 0, SKUAI_FREQUENCY_MONTH}};
    for (size_t c = 0; c < 4; c++) { /* day 0: the last of the month before */
        for (int i = 0; i < 20; i++)
            seconds[i] =
                86400 * skuai_day_from_date(2010, 1 + i * monthly[c].months, monthly[c].day);
        assert_ok(skuai_grid_infer(seconds, 20, &grid, &err), &err);
        assert_int_equal(grid.frequency, monthly[c].want);
    }
    for (int i = 0; i < 24; i++)
        seconds[i] = 3600 * i;
    assert_ok(skuai_grid_infer(seconds, 24, &grid, &err), &err);
    assert_int_equal(grid.frequency, SKUAI_FREQUENCY_HOUR);
    skuai_grid retail = {SKUAI_FREQUENCY_RETAIL_MONTH, 6, 454};
    for (int i = 0; i < 24; i++)
        seconds[i] = 86400 * skuai_period_first_day(&retail, 480 + i);
    assert_ok(skuai_grid_infer(seconds, 24, &grid, &err), &err);
    assert_int_equal(grid.frequency, SKUAI_FREQUENCY_RETAIL_MONTH);
    assert_int_equal(grid.pattern, 454);
    assert_int_equal(grid.week_start, 6);
    for (int i = 0; i < 12; i++)
        seconds[i] = INT64_C(86400) * (i * 31 + i * i % 5);
    assert_int_equal(skuai_grid_infer(seconds, 12, &grid, &err), SKUA_EDATA);
}

static void orders_derived(void **state) {
    (void)state;
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 20);
    (void)skuai_buffer_text(&text, "order_id,channel,sku,qty,price,ts,category\n");
    for (int day = 1; day <= 10; day++) /* every day the last order is at 22:00 */
        (void)skuai_buffer_format(&text,
                                  "%d,web,A,%d,2,2024-01-%02d 09:00:00,x/y\n"
                                  "%d,web,B,1,4,2024-01-%02d 22:00:00,x/z\n",
                                  day, day, day, 100 + day, day);
    (void)skuai_buffer_text(&text,
                            "3,web,A,-1,2,2024-01-08 12:00:00,x/y\n"   /* of order 3: to its day */
                            "C77,web,A,-5,2,2024-01-08 12:00:00,x/y\n" /* unknown: apart */
                            "200,web,A,50,2,2024-01-11 08:00:00,x/y\n"); /* the day is not over */
    ingest("orders", file_write("o.csv", text.data));
    skuai_buffer_clear(&text);
    ingest(
        "sales",
        file_write("s.csv", "store,sku,date,sales\nshop,A,2024-01-05,100\nshop,A,2024-01-06,0\n"));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    assert_int_equal(info.n_given, 1);
    assert_int_equal(info.n_derived, 2);
    assert_close(info.returned, 5, 0, 0);
    const double a[] = {1, 2, 2, 4, 5, 6, 7, 8, 9, 10, 50};
    assert_series(panel, "A/web", "2024-01-01", a, 11);
    const double given[] = {100, 0};
    assert_series(panel, "A/shop", "2024-01-05", given, 2);
    assert_string_equal(level(panel, "B/web", "category1"), "x");
    assert_string_equal(level(panel, "B/web", "category2"), "x/z");
    assert_string_equal(level(panel, "A/shop", "channel"), "shop");
    skuai_panel_free(panel);
    const char *const web[] = {"web"};
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    skua_error err;
    assert_ok(skuai_store_execute(store,
                                  "DELETE FROM sales_rows; CREATE VIEW few AS SELECT '200/1' AS "
                                  "\"row\", true AS gone, NULL::DOUBLE AS price",
                                  &err),
              &err);
    skuai_store_close(store);
    panel = panel_with((skuai_panel_query){.channels = web, .n_channels = 1}, &info);
    assert_true(info.last_dropped); /* 8:00 where 22:00 is the rule */
    assert_int_equal(panel->length[series_named(panel, "A")], 10);
    skuai_panel_free(panel);
    panel = panel_with((skuai_panel_query){.orders_overlay = "few"}, &info);
    assert_false(info.last_dropped);
    assert_series(panel, "A", "2024-01-01", a, 10);
    skuai_panel_free(panel);
}

/* Successors, bundles, re-used codes and what is no product, of given sales and of orders. */
static void codes(void **state) {
    (void)state;
    ingest("sales", file_write("s.csv", "store,sku,date,sales,price\n"
                                        "w,OLD,2024-01-01,5,2\nw,OLD,2024-01-02,6,2\n"
                                        "w,OLD,2024-01-03,1,4\nw,NEW,2024-01-03,3,8\n"
                                        "w,NEW,2024-01-04,7,8\nv,OLD,2024-01-01,9,2\n"
                                        "w,POST,2024-01-01,1,1\nw,POST,2024-01-04,1,1\n"
                                        "w,CODE,2024-01-01,90,1\nw,CODE,2024-01-03,4,7\n"
                                        "w,CODE,2024-01-04,5,7\n"));
    ingest("orders", file_write("o.csv", "order_id,channel,sku,qty,price,ts\n"
                                         "1,w,SET,2,30,2024-01-02 09:00:00\n"
                                         "2,w,PART,1,5,2024-01-03 09:00:00\n"
                                         "3,w,SET,1,30,2024-01-04 09:00:00\n"));
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    skua_error err;
    assert_ok(skuai_store_execute(
                  store,
                  "CREATE TABLE becomes(item VARCHAR, becomes VARCHAR); INSERT INTO becomes VALUES"
                  " ('OLD', 'NEW'), ('NEW', 'NEVER SOLD');"
                  "CREATE TABLE content(bundle VARCHAR, item VARCHAR, units DOUBLE); INSERT INTO"
                  " content VALUES ('SET', 'PART', 3), ('SET', 'ALONE', 1);"
                  "CREATE TABLE anew(item VARCHAR, from_ds TIMESTAMP); INSERT INTO anew VALUES"
                  " ('CODE', '2024-01-03');"
                  "CREATE TABLE no_product(item VARCHAR); INSERT INTO no_product VALUES ('POST')",
                  &err),
              &err);
    skuai_store_close(store);
    skuai_panel_info info;
    skuai_panel_query query = {.zeros = SKUAI_ZEROS_ZERO, .keep_incomplete = true};
    skuai_panel *panel = panel_with(query, &info);
    assert_int_equal(panel->n_series, 7);
    skuai_panel_free(panel);
    query.successors = "becomes", query.parts = "content", query.restarts = "anew";
    query.left_out = "no_product";
    panel = panel_with(query, &info);
    assert_int_equal(panel->n_series, 5); /* OLD/v, NEW/w, CODE/w, PART/w, ALONE/w */
    const double taken[] = {5, 6, 4, 7}, alone[] = {9, 0, 0, 0}, code[] = {4, 5};
    const double part[] = {6, 1, 3}, other[] = {2, 0, 1};
    assert_series(panel, "NEW/w", "2024-01-01", taken, 4);
    assert_close((double)covariate(panel, "NEW/w", "price", 0), 2, 0, 0);
    assert_close((double)covariate(panel, "NEW/w", "price", 2), 7, 1e-6, 0); /* (4 + 3 x 8) / 4 */
    assert_series(panel, "OLD/v", "2024-01-01", alone, 4); /* NEW is not sold there */
    assert_series(panel, "CODE/w", "2024-01-03", code, 2);
    assert_series(panel, "PART/w", "2024-01-02", part, 3);
    assert_series(panel, "ALONE/w", "2024-01-02", other, 3);
    assert_close((double)covariate(panel, "PART/w", "price", 1), 5, 0, 0);
    assert_true(isnan(covariate(panel, "PART/w", "price", 0))); /* the set's price is not its own */
    skuai_panel_free(panel);
    const char *const only[] = {"PART"};
    query.items = only, query.n_items = 1;
    panel = panel_with(query, &info);
    assert_int_equal(panel->n_series, 1); /* the bundle's rows count though it was not asked for */
    assert_series(panel, "PART", "2024-01-02", part, 3);
    skuai_panel_free(panel);
}

/* A corrected order line: before the correction was known the older version counts. */
static void orders_as_known(void **state) {
    (void)state;
    ingest("orders",
           file_write("o.csv", "order,line,sku,qty,ts\n"
                               "1,1,A,2,2024-01-01 09:00:00\n2,1,A,3,2024-01-02 23:30:00\n"
                               "3,1,A,4,2024-01-03 09:00:00\n"));
    ingest("orders", file_write("o2.csv", "order,line,sku,qty,ts,known_at\n"
                                          "2,1,A,30,2024-01-02 23:30:00,2024-01-05 00:00:00\n"));
    skuai_panel_info info;
    skuai_panel_query query = {.keep_incomplete = true};
    skuai_panel *panel = panel_with(query, &info);
    const double now[] = {2, 30, 4}, then[] = {2, 3};
    assert_series(panel, "A", "2024-01-01", now, 3);
    skuai_panel_free(panel);
    int64_t as_of = 86400 * skuai_day_from_date(2024, 1, 3);
    query.as_of = &as_of;
    panel = panel_with(query, &info);
    assert_series(panel, "A", "2024-01-01", then, 2);
    skuai_panel_free(panel);
    as_of = 86400 * skuai_day_from_date(2024, 1, 5);
    panel = panel_with(query, &info);
    assert_series(panel, "A", "2024-01-01", now, 3);
    skuai_panel_free(panel);
}

/* A column with the name of what a table makes is the same covariate, and not a second one. */
static void covariates_of_one_name(void **state) {
    (void)state;
    ingest("sales", file_write("s.csv", "item,date,units\nA,2024-01-01,1\nA,2024-01-02,2\n"
                                        "A,2024-01-03,2\n"));
    ingest("future", file_write("f.csv", "item,date,promotion,calendar\nA,2024-01-04,0.3,0\n"
                                         "A,2024-01-05,0,2\nA,2024-01-06,0,\n"));
    ingest("promotions", file_write("p.csv", "id,scope,from,to,depth\n"
                                             "1,A,2024-01-02,2024-01-02,0.2\n"
                                             "2,A,2024-01-05,2024-01-06,0.5\n"));
    ingest("calendar", file_write("k.csv", "date,name\n2024-01-03,Fair\n2024-01-06,Fair\n"));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    size_t named = 0;
    for (size_t k = 0; k < panel->n_dynamic; k++)
        named += strcmp(panel->dynamic[k].name, "promotion") == 0 ||
                 strcmp(panel->dynamic[k].name, "calendar") == 0;
    assert_int_equal(named, 2);
    const double flag[] = {0, 1, 0, 0.3, 1, 1}, day[] = {0, 0, 1, 0, 2, 1};
    for (size_t t = 0; t < 6; t++) {
        assert_close((double)covariate(panel, "A", "promotion", t), flag[t], 1e-6, 0);
        assert_close((double)covariate(panel, "A", "calendar", t), day[t], 0, 0);
    }
    skuai_panel_free(panel);
}

/* The last price is a promotion's: it stands while that lasts, then the one before it does. */
static void a_promotions_price_ends_with_it(void **state) {
    (void)state;
    ingest("sales", file_write("s.csv", "item,date,units,price\nA,2024-01-01,1,10\n"
                                        "A,2024-01-02,1,10\nA,2024-01-03,5,7\n"));
    ingest("future", file_write("f.csv", "item,date,price\nA,2024-01-06,12\n"));
    ingest("promotions", file_write("p.csv", "id,scope,from,to,depth\n"
                                             "1,A,2024-01-03,2024-01-04,0.3\n"));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    const double price[] = {10, 10, 7, 7, 10, 12};
    for (size_t t = 0; t < 6; t++)
        assert_close((double)covariate(panel, "A", "price", t), price[t], 1e-6, 0);
    skuai_panel_free(panel);
}

static void covariates(void **state) {
    (void)state;
    ingest("sales",
           file_write("s.csv",
                      "store,item,date,units,promo,temp\n"
                      "n,A,2024-01-01,1,0,5\nn,A,2024-01-02,2,1,6\nn,A,2024-01-03,0,0,7\n"
                      "s,B,2024-01-01,1,0,8\ns,B,2024-01-02,2,0,9\ns,B,2024-01-03,0,0,9\n"));
    ingest("future", file_write("f.csv", "item,store,date,price,promo\n"
                                         "A,n,2024-01-04,9,1\n,n,2024-01-04,3,0\n,,2024-01-05,2,0\n"
                                         "A,n,2024-01-02,8,0\n"));
    ingest("promotions", file_write("p.csv", "id,scope,channel,from,to,depth\n"
                                             "1,food > tea,,2024-01-02,2024-01-04,0.2\n"
                                             "3,A,n,2024-01-04,2024-01-04,\n"
                                             "2,\"X, A\",n,2024-01-03,2024-01-03,0.5\n"));
    ingest("items", file_write("i.csv", "item,category,brand,weight,launch_date,end_date\n"
                                        "A,food >tea > green,Hill,0.5,,\nB,food,Dale,1.5,,\n"));
    ingest("channels", file_write("c.csv", "channel,kind,area\nn,big,100\ns,small,20\n"));
    ingest(
        "calendar",
        file_write("k.csv",
                   "date,name,channel\n2024-01-02,Fair,\n2024-01-02,Feast,\n2024-01-05,Fair,s\n"));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    size_t a = series_named(panel, "A/n");
    assert_int_equal(panel->length[a], 3);
    assert_int_equal(panel->future[a], 2);
    assert_int_equal(panel->dynamic[skuai_panel_dynamic_find(panel, "promo")].known,
                     SKUAI_KNOWN_AHEAD);
    assert_int_equal(panel->dynamic[skuai_panel_dynamic_find(panel, "price")].known,
                     SKUAI_KNOWN_AHEAD);
    assert_int_equal(panel->dynamic[skuai_panel_dynamic_find(panel, "temp")].known,
                     SKUAI_KNOWN_PAST);
    assert_close((double)covariate(panel, "A/n", "promo", 1), 1, 0,
                 0); /* what was beats what was planned */
    assert_close((double)covariate(panel, "A/n", "promo", 3), 1, 0,
                 0); /* its own beats the channel's */
    assert_close((double)covariate(panel, "A/n", "price", 3), 9, 0, 0);
    assert_close((double)covariate(panel, "A/n", "price", 4), 2, 0, 0); /* for everybody */
    assert_close((double)covariate(panel, "A/n", "price", 1), 8, 0, 0);
    assert_close((double)covariate(panel, "A/n", "price", 2), 8, 0,
                 0); /* it stands until changed */
    assert_true(isnan(covariate(panel, "B/s", "price", 3)));
    assert_close((double)covariate(panel, "B/s", "price", 4), 2, 0, 0);
    assert_close((double)covariate(panel, "A/n", "temp", 2), 7, 0, 0);
    assert_true(isnan(covariate(panel, "A/n", "temp", 3)));
    const double flag[] = {0, 1, 1, 1, 0}, depth[] = {0, 0.2, 0.5, 0.2, 0}, day[] = {0, 1, 0, 0, 0};
    for (size_t t = 0; t < 5; t++) {
        assert_close((double)covariate(panel, "A/n", "promotion", t), flag[t], 0, 0);
        assert_close((double)covariate(panel, "A/n", "promotion_depth", t), depth[t], 1e-6, 0);
        assert_close((double)covariate(panel, "A/n", "promotion_display", t), t == 3, 0, 0);
        assert_close((double)covariate(panel, "B/s", "promotion", t), 0, 0, 0);
        assert_close((double)covariate(panel, "A/n", "calendar", t), day[t], 0, 0);
        assert_close((double)covariate(panel, "B/s", "calendar", t), day[t] + (t == 4), 0, 0);
    }
    assert_string_equal(level(panel, "A/n", "category3"), "food/tea/green");
    assert_string_equal(level(panel, "B/s", "category2"), "");
    assert_string_equal(level(panel, "B/s", "brand"), "Dale");
    assert_string_equal(level(panel, "A/n", "channel_kind"), "big");
    size_t area = skuai_panel_static_find(panel, "channel_area");
    assert_int_equal(panel->statics[area].n_levels, 0);
    assert_close(panel->statics[area].values[panel->base[a]], 100, 0, 0);
    assert_close(
        panel->statics[skuai_panel_static_find(panel, "item_weight")].values[panel->base[a]], 0.5,
        0, 0);
    skuai_panel_free(panel);
    panel = panel_with((skuai_panel_query){.target_only = true, .future = 7}, &info);
    assert_int_equal(panel->n_dynamic, 0);
    assert_int_equal(panel->n_static, 2);
    assert_int_equal(panel->future[0], 7);
    skuai_panel_free(panel);
}

/* What skua tag wrote: a category a name, an item without it unknown, names of too many values left
 * out. */
static void tags(void **state) {
    (void)state;
    skua_error err;
    ingest("sales", file_write("t.csv", "item,date,units\nA,2024-01-01,1\nA,2024-01-02,2\n"
                                        "B,2024-01-01,1\nB,2024-01-02,3\n"));
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    assert_ok(skuai_store_execute(store,
                                  "CREATE TABLE tags(item VARCHAR, name VARCHAR, value VARCHAR,"
                                  " score DOUBLE, source VARCHAR);"
                                  "INSERT INTO tags VALUES ('A', 'type', 'dress', 1, 'rule');"
                                  "INSERT INTO tags SELECT 'X' || i, 'many', 'v' || i, 1, 'name'"
                                  " FROM range(60) r(i)",
                                  &err),
              &err);
    skuai_store_close(store);
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    assert_string_equal(level(panel, "A", "tag_type"), "dress");
    assert_string_equal(level(panel, "B", "tag_type"), "");
    assert_int_equal(skuai_panel_static_find(panel, "tag_many"), SIZE_MAX);
    skuai_panel_free(panel);
}

/* China 2024: Spring Festival 10 to 17 February off, the Sundays 4 and 18 worked; 6.18 is a
 * festival. */
static void holidays(void **state) {
    (void)state;
    skua_error err;
    assert_ok(skuai_store_setting_set(shop, "country", "CN", &err), &err);
    ingest("sales", file_write("s.csv", "item,date,units\nA,2024-02-01,1\nA,2024-02-20,1\n"));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){.future = 150}, &info);
    assert_close((double)covariate(panel, "A", "holiday", 10), 1, 0, 0);
    assert_close((double)covariate(panel, "A", "holiday", 7), 0, 0, 0);
    assert_close((double)covariate(panel, "A", "workday", 17), 1, 0, 0);
    assert_close((double)covariate(panel, "A", "workday", 16), 0, 0, 0);
    assert_close((double)covariate(panel, "A", "festival", 138), 1, 0, 0); /* 18 June */
    assert_close((double)covariate(panel, "A", "festival", 140), 0, 0, 0);
    skuai_panel_free(panel);
    assert_ok(skuai_store_setting_set(shop, "country", "Atlantis", &err), &err);
    skuai_store *store = shop_open(SKUAI_STORE_READ);
    assert_int_equal(skuai_store_panel(store, NULL, NULL, &panel, NULL, &err), SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "skua.yaml"));
    skuai_store_close(store);
}

static void lives(void **state) {
    (void)state;
    ingest("sales",
           file_write("s.csv", "item,date,units\nA,2024-01-04,1\nA,2024-01-06,1\nB,2024-01-01,2\n"
                               "B,2024-01-10,2\n"));
    ingest("items", file_write("i.csv", "item,launch_date,end_date\nA,2024-01-02,2024-01-08\n"));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){.zeros = SKUAI_ZEROS_ZERO}, &info);
    const double a[] = {0, 0, 1, 0, 1, 0, 0};
    assert_series(panel, "A", "2024-01-02", a, 7);
    skuai_panel_free(panel);
}

static void known_when(void **state) {
    (void)state;
    skuai_ingest_options at = {.known_at = "2024-01-10T00:00:00"};
    ingest(
        "sales",
        file_write("s.csv", "item,date,units\nA,2024-01-01,1\nA,2024-01-02,2\nA,2024-01-03,0\n"));
    skua_text_free(ingest_with(
        "sales", file_write("t.csv", "item,date,units\nA,2024-01-02,5\nA,2024-01-04,4\n"), at));
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    const double now[] = {1, 5, 0, 4};
    assert_series(panel, "A", "2024-01-01", now, 4);
    skuai_panel_free(panel);
    int64_t as_of = 86400 * skuai_day_from_date(2024, 1, 9); /* before the correction */
    panel = panel_with((skuai_panel_query){.as_of = &as_of}, &info);
    const double then[] = {1, 2, 0};
    assert_series(panel, "A", "2024-01-01", then, 3);
    skuai_panel_free(panel);
    as_of = 86400 * skuai_day_from_date(2024, 1, 3); /* the 3rd has not ended */
    panel = panel_with((skuai_panel_query){.as_of = &as_of}, &info);
    assert_series(panel, "A", "2024-01-01", then, 2);
    skuai_panel_free(panel);
    skua_error err;
    skuai_store *store = shop_open(SKUAI_STORE_READ);
    as_of = 0;
    panel = NULL;
    skuai_panel_query query = {.as_of = &as_of};
    assert_int_equal(skuai_store_panel(store, &query, NULL, &panel, NULL, &err), SKUA_EDATA);
    assert_null(panel);
    skuai_store_close(store);
}

/* The same bits whatever the threads that read the file and the table. */
static void same_on_any_threads(void **state) {
    (void)state;
    skua_error err;
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 26);
    (void)skuai_buffer_text(&text, "item,channel,date,units,price\n");
    for (int day = 0; day < 60; day++)
        for (int i = 0; i < 1500; i++)
            (void)skuai_buffer_format(&text, "I%d,c%d,2024-%02d-%02d,%d.%d,%d.%02d\n", i * 7 % 1500,
                                      i % 3, day / 30 + 1, day % 28 + 1, (i * day) % 17, i % 10,
                                      i % 23 + 1, (i + day) % 100);
    const char *path = file_write("t.csv", text.data);
    skuai_buffer_clear(&text);
    skuai_grid week = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel *panels[2];
    for (int threads = 1; threads <= 2; threads++) {
        char other[300];
        (void)snprintf(other, sizeof other, "%.250s/shop%d", folder, threads);
        assert_ok(skuai_store_create(other, NULL, &err), &err);
        skuai_store_open_options opening = {.mode = SKUAI_STORE_WRITE, .threads = threads};
        skuai_store *store;
        assert_ok(skuai_store_open(other, &opening, &store, &err), &err);
        skuai_ingest_file file = {.table = "sales", .path = path};
        skuai_ingest_options options = {.files = &file, .n_files = 1};
        skuai_context context = {.threads = threads};
        skuai_buffer report;
        skuai_buffer_init(&report, 1 << 20);
        assert_ok(skuai_ingest(store, &options, &context, &report, &err), &err);
        skuai_buffer_clear(&report);
        skuai_panel_query query = {.grid = &week};
        assert_ok(skuai_store_panel(store, &query, &context, &panels[threads - 1], NULL, &err),
                  &err);
        skuai_store_close(store);
    }
    assert_int_equal(panels[0]->n_series, 1500);
    assert_int_equal(panels[0]->n_rows, panels[1]->n_rows);
    assert_memory_equal(panels[0]->target, panels[1]->target, panels[0]->n_rows * sizeof(double));
    assert_memory_equal(panels[0]->dynamic[0].values, panels[1]->dynamic[0].values,
                        panels[0]->n_rows * sizeof(float));
    for (size_t s = 0; s < 1500; s++)
        assert_string_equal(skuai_panel_name(panels[0], s), skuai_panel_name(panels[1], s));
    skuai_panel_free(panels[0]);
    skuai_panel_free(panels[1]);
}

static void nothing_yet(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_store *store = shop_open(SKUAI_STORE_READ);
    assert_int_equal(skuai_store_panel(store, NULL, NULL, &panel, NULL, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "skua ingest"));
    skuai_store_close(store);
}

/* The published sums of the Walmart training part, through ingest and panel. */
static void walmart(void **state) {
    (void)state;
    char path[400];
    if (!test_data("walmart/train.csv.gz", path, sizeof path)) skip();
    ingest("sales", path);
    (void)test_data("walmart/features.csv.gz", path, sizeof path);
    ingest("future", path);
    skuai_panel_info info;
    skuai_panel *panel = panel_with((skuai_panel_query){0}, &info);
    assert_int_equal(panel->grid.frequency, SKUAI_FREQUENCY_WEEK);
    assert_int_equal(panel->n_series, 3331);
    assert_int_equal(info.n_rows, 421570);
    assert_int_equal(info.zeros, SKUAI_ZEROS_MISSING);
    double sum = 0;
    size_t observed = 0, long_enough = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        size_t have = 0;
        for (size_t t = 0; t < panel->length[s]; t++)
            if (!isnan(skuai_panel_target(panel, s)[t]))
                have++, sum += skuai_panel_target(panel, s)[t];
        observed += have;
        long_enough += have >= 79;
    }
    assert_int_equal(observed, 421570);
    assert_int_equal(long_enough, 2936); /* the benchmark's count (fev-bench) */
    assert_close(sum, 6737218987.11, 1e-12, 0);
    assert_int_equal(panel->future[series_named(panel, "1/1")], 39);
    assert_close((double)covariate(panel, "1/1", "temperature", 0), 42.31, 1e-6, 0);
    skuai_panel_free(panel);
}

/* The graph of items (skua cause): one tie a pair, the surer, of items that are there; not where
 * the panel is what was known at some time, nor where the target alone is wanted. */
static void ties(void **state) {
    (void)state;
    skua_error err;
    ingest("sales", file_write("s.csv", "item,date,units\nA,2024-01-01,1\nB,2024-01-01,3\n"
                                        "C,2024-01-01,5\nA,2024-01-02,1\nB,2024-01-02,2\n"
                                        "C,2024-01-02,4\n"));
    skuai_panel *panel = panel_with((skuai_panel_query){0}, NULL);
    assert_int_equal(panel->n_ties, 0);
    skuai_panel_free(panel);
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    assert_ok(skuai_store_execute(
                  store,
                  "CREATE TABLE item_links(item VARCHAR, other VARCHAR, kind VARCHAR, evidence"
                  " VARCHAR, value DOUBLE, error DOUBLE, p DOUBLE, q DOUBLE, together DOUBLE,"
                  " expected DOUBLE, phi DOUBLE);"
                  "INSERT INTO item_links(item, other, kind, value, error) VALUES"
                  " ('B', 'A', 'substitutes', -1, 0.25), ('A', 'B', 'complements', 1, 0.5),"
                  " ('C', 'B', 'complements', 2, 1), ('A', 'Z', 'complements', 9, 1),"
                  " (NULL, 'C', 'complements', 9, 1), ('A', 'C', 'complements', 1, 0)",
                  &err),
              &err);
    skuai_store_close(store);
    panel = panel_with((skuai_panel_query){0}, NULL);
    const skuai_static *item = &panel->statics[skuai_panel_static_find(panel, "item")];
    assert_int_equal(panel->n_ties, 2);
    assert_string_equal(item->levels[panel->ties[0].item], "A");
    assert_string_equal(item->levels[panel->ties[0].other], "B");
    assert_int_equal(panel->ties[0].kind, SKUAI_LINK_SUBSTITUTE);
    assert_close(panel->ties[0].strength, 4, 1e-12, 0);
    assert_string_equal(item->levels[panel->ties[1].other], "C");
    assert_int_equal(panel->ties[1].kind, SKUAI_LINK_COMPLEMENT);
    skuai_panel_free(panel);
    panel = panel_with((skuai_panel_query){.target_only = true}, NULL);
    assert_int_equal(panel->n_ties, 0);
    skuai_panel_free(panel);
    const int64_t now = INT64_C(4000000000);
    panel = panel_with((skuai_panel_query){.as_of = &now}, NULL);
    assert_int_equal(panel->n_ties, 0);
    skuai_panel_free(panel);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(days_and_weeks),
        TEST(grids),
        TEST(orders_derived),
        TEST(codes),
        TEST(a_promotions_price_ends_with_it),
        TEST(orders_as_known),
        TEST(covariates),
        TEST(tags),
        TEST(covariates_of_one_name),
        TEST(lives),
        TEST(holidays),
        TEST(known_when),
        TEST(same_on_any_threads),
        TEST(nothing_yet),
        TEST(ties),
        TEST(walmart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
