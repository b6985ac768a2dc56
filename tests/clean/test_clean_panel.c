/* Outliers, unit changes, price errors and their treatment in a panel. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "clean/clean.h"
#include "core/random.h"

enum { WEEKS = 130, SERIES = 12 };

static const skuai_grid week_grid = {SKUAI_FREQUENCY_WEEK, 0, 0};

static void hampel_is_that_of_pandas(void **state) {
    (void)state;
    char path[512], line[128];
    double x[40], median[40], z[40], made[40], scratch[16];
    FILE *file = fopen(test_source("tests/golden/clean/hampel/hampel.csv", path, sizeof path), "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(fscanf(file, "%lf,%lf,%lf", &x[i], &median[i], &z[i]), 3);
    fclose(file);
    skuai_running_median(x, 40, 3, made, scratch);
    assert_close_array(made, median, 40, 1e-12, 0);
    skuai_hampel(x, 40, 3, made, scratch);
    for (size_t i = 0; i < 40; i++)
        if (isnan(z[i]))
            assert_true(isnan(made[i]));
        else
            assert_close(made[i], z[i], 1e-12, 1e-12);
    assert_true(made[5] > 5 && made[20] < -5);
}

/* 0 .. 99: the 80 % quantile is 79.2, the 90 % one 89.1; 79.2 + 9.9 / ln 2 * ln(20 / 0.1). */
static void tail_bound_by_hand(void **state) {
    (void)state;
    double z[100], scratch[100];
    for (size_t i = 0; i < 100; i++)
        z[i] = (double)(i * 37 % 100);
    assert_close(skuai_tail_bound(z, 100, 0.1, scratch), 79.2 + 9.9 / log(2) * log(200), 1e-12, 0);
    z[7] = NAN;
    assert_true(isnan(skuai_tail_bound(z, 19, 0.1, scratch)));
}

typedef struct shop {
    double x[SERIES][WEEKS];
    float price[SERIES][WEEKS];
} shop;

/* A yearly season, noise of a tenth, and a feast that lifts all series in weeks 20 and 75. */
static void make_shop(shop *p, uint64_t seed) {
    for (size_t s = 0; s < SERIES; s++) {
        skuai_random random;
        skuai_random_split(&random, seed, s);
        for (size_t t = 0; t < WEEKS; t++) {
            double mean =
                200 * (1 + 0.4 * sin((double)t * 6.2831853 / 52)) * (t == 20 || t == 75 ? 4 : 1);
            p->x[s][t] = nearbyint(mean * exp(0.1 * skuai_random_normal(&random)));
            p->price[s][t] = t % 13 == 5 ? 3.99F : 4.99F;
        }
    }
}

static skuai_panel *panel_of(const shop *p) {
    skua_error err;
    skuai_panel_builder *builder = skuai_panel_builder_new(&week_grid, 52);
    assert_non_null(builder);
    assert_ok(skuai_panel_builder_dynamic(builder, "price", SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t s = 0; s < SERIES; s++) {
        char name[16];
        const float *dynamic[1] = {p->price[s]};
        (void)snprintf(name, sizeof name, "item%zu", s);
        assert_ok(
            skuai_panel_builder_series(builder, name, 2000, WEEKS, 0, p->x[s], NULL, dynamic, &err),
            &err);
    }
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static const skuai_finding *find(const skuai_findings *list, skuai_finding_kind kind, size_t s) {
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].kind == kind && list->items[i].series == s) return &list->items[i];
    return NULL;
}

static void a_clean_shop_has_next_to_nothing(void **state) {
    (void)state;
    static shop p;
    make_shop(&p, 1);
    skuai_panel *panel = panel_of(&p);
    skuai_findings list;
    skua_error err;
    assert_ok(skuai_findings_init(&list, &err), &err);
    assert_ok(skuai_clean_detect(panel, NULL, NULL, &list, &err), &err);
    assert_true(list.n <= 2);           /* at a chance of a tenth a series, of 12 */
    for (size_t i = 0; i < list.n; i++) /* the feast of all is nobody's outlier */
        assert_true(list.items[i].from != 2020 && list.items[i].from != 2075);
    skuai_findings_clear(&list);
    skuai_panel_free(panel);
}

static void plant(shop *p) {
    p->x[0][40] *= 6;
    for (size_t t = 60; t < 90; t++) { /* counted in pieces, sold by the dozen before and after */
        p->x[1][t] *= 12;
        p->price[1][t] /= 12;
    }
    p->price[2][33] *= 100;
    float price = p->price[3][50];
    p->price[3][50] = (float)p->x[3][50];
    p->x[3][50] = (double)price;
    for (size_t t = 44; t < 50; t++)
        p->x[4][t] = t % 2 ? NAN : 0;
    for (size_t t = 100; t < 105; t++)
        p->x[5][t] = 0;
}

static void what_is_planted_is_found_and_named(void **state) {
    (void)state;
    static shop p;
    make_shop(&p, 1);
    plant(&p);
    skuai_panel *panel = panel_of(&p);
    skuai_findings list;
    skua_error err;
    assert_ok(skuai_findings_init(&list, &err), &err);
    assert_ok(skuai_clean_detect(panel, NULL, NULL, &list, &err), &err);
    const skuai_finding *f = find(&list, SKUAI_FINDING_OUTLIER, 0);
    assert_non_null(f);
    assert_true(f->from == 2040 && f->to == 2040);
    assert_close(f->number, p.x[0][40] / 6, 0.3, 0);
    assert_int_equal(f->status, SKUAI_FINDING_APPLIED);
    assert_true(strncmp(f->row, "item0/20", 8) == 0 && *f->why && *f->before && *f->after);
    f = find(&list, SKUAI_FINDING_UNIT_CHANGE, 1);
    assert_non_null(f);
    assert_true(f->from == 2060 && f->to == 2089);
    assert_close(f->number, 12, 1e-9, 0);
    assert_int_equal(f->status, SKUAI_FINDING_PROPOSED);
    f = find(&list, SKUAI_FINDING_PRICE_ERROR, 2);
    assert_non_null(f);
    assert_true(f->from == 2033 && strstr(f->why, "decimal"));
    assert_close(f->number, 4.99, 1e-6, 0);
    f = find(&list, SKUAI_FINDING_PRICE_ERROR, 3);
    assert_non_null(f);
    assert_true(f->from == 2050 && strstr(f->why, "exchanged"));
    assert_null(find(&list, SKUAI_FINDING_OUTLIER, 3));
    assert_non_null(find(&list, SKUAI_FINDING_GAP, 4));
    f = find(&list, SKUAI_FINDING_STOCK_OUT, 5);
    assert_non_null(f);
    assert_true(f->from == 2100 && f->to == 2104);
    skuai_findings_clear(&list);
    skuai_panel_free(panel);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    static shop p;
    make_shop(&p, 3);
    plant(&p);
    skuai_panel *panel = panel_of(&p);
    skuai_residuals x, y;
    skua_error err;
    skuai_context one = {.seed = 1, .threads = 1}, three = {.seed = 1, .threads = 3};
    assert_ok(skuai_residuals_make(panel, NULL, &one, &x, &err), &err);
    assert_ok(skuai_residuals_make(panel, NULL, &three, &y, &err), &err);
    assert_memory_equal(x.z, y.z, x.n_rows * sizeof(double));
    assert_memory_equal(x.z_stl, y.z_stl, x.n_rows * sizeof(double));
    skuai_residuals_clear(&x);
    skuai_residuals_clear(&y);
    skuai_panel_free(panel);
}

static void treatments_are_an_overlay_that_can_be_taken_back(void **state) {
    (void)state;
    static shop p;
    make_shop(&p, 1);
    plant(&p);
    skuai_panel *panel = panel_of(&p), *cleaned, *same;
    skuai_findings list;
    skua_error err;
    assert_ok(skuai_findings_init(&list, &err), &err);
    assert_ok(skuai_clean_detect(panel, NULL, NULL, &list, &err), &err);
    for (size_t i = 0; i < list.n; i++)
        list.items[i].status = SKUAI_FINDING_APPLIED;
    assert_ok(skuai_clean_panel(panel, &list, NULL, NULL, &cleaned, &err), &err);
    static shop clean;
    make_shop(&clean, 1);
    assert_close(skuai_panel_target(cleaned, 0)[40], clean.x[0][40], 0.3, 0);
    for (size_t t = 60; t < 90; t++)
        assert_close(skuai_panel_target(cleaned, 1)[t], clean.x[1][t], 1e-9, 0);
    size_t k = skuai_panel_dynamic_find(cleaned, "price");
    const float *price = cleaned->dynamic[k].values;
    assert_close((double)price[cleaned->row[1] + 70], (double)clean.price[1][70], 1e-5, 0);
    assert_close((double)price[cleaned->row[2] + 33], 4.99, 1e-5, 0);
    assert_close((double)price[cleaned->row[3] + 50], 4.99, 1e-5, 0);
    assert_close(skuai_panel_target(cleaned, 3)[50], clean.x[3][50], 1e-5, 0);
    for (size_t t = 100; t < 105; t++)
        assert_close(skuai_panel_target(cleaned, 5)[t], clean.x[5][t], 0.35, 0);
    for (size_t t = 0; t < WEEKS; t++) /* the panel itself is what it was */
        assert_true(isnan(p.x[4][t]) || skuai_panel_target(panel, 4)[t] == p.x[4][t]);
    for (size_t i = 0; i < list.n; i++)
        list.items[i].status = SKUAI_FINDING_REJECTED;
    assert_ok(skuai_clean_panel(panel, &list, NULL, NULL, &same, &err), &err);
    assert_memory_equal(same->target, panel->target, panel->n_rows * sizeof(double));
    skuai_panel_free(same);
    skuai_panel_free(cleaned);
    list.items[0].status = SKUAI_FINDING_APPLIED;
    list.items[0].to = 99999;
    assert_int_equal(skuai_clean_panel(panel, &list, NULL, NULL, &same, &err), SKUA_EINVAL);
    skuai_findings_clear(&list);
    skuai_panel_free(panel);
}

static void deep_cuts_explain_rises(void **state) {
    (void)state;
    static shop p;
    make_shop(&p, 2);
    for (size_t t = 10; t < WEEKS; t += 17) { /* half price sells fivefold, time and again */
        p.price[0][t] = 2.49F;
        p.x[0][t] *= 5;
    }
    p.x[1][61] *= 5; /* the same rise at the usual price */
    skuai_panel *panel = panel_of(&p);
    skuai_findings list;
    skua_error err;
    assert_ok(skuai_findings_init(&list, &err), &err);
    assert_ok(skuai_clean_detect(panel, NULL, NULL, &list, &err), &err);
    assert_null(find(&list, SKUAI_FINDING_OUTLIER, 0));
    assert_non_null(find(&list, SKUAI_FINDING_OUTLIER, 1));
    skuai_findings_clear(&list);
    skuai_panel_free(panel);
}

static void unit_changes_of_one_series(void **state) {
    (void)state;
    double x[60], scratch[360];
    skuai_unit_change found[4];
    for (size_t i = 0; i < 60; i++)
        x[i] = (i < 25 ? 1000 : 1) * (20 + (double)(i * 7 % 5));
    size_t n =
        skuai_unit_changes(x, NULL, 60, &SKUAI_UNIT_CHANGE_OPTIONS_DEFAULT, found, 4, scratch);
    assert_int_equal(n, 1); /* what is newest is right: grams before, kilograms since */
    assert_int_equal(found[0].from, 0);
    assert_int_equal(found[0].to, 25);
    assert_close(found[0].factor, 1000, 1e-9, 0);
    for (size_t i = 0; i < 60; i++) /* slow growth by the same factor is no change of unit */
        x[i] = 20 * pow(1000, (double)i / 59) + (double)(i % 3);
    assert_int_equal(
        skuai_unit_changes(x, NULL, 60, &SKUAI_UNIT_CHANGE_OPTIONS_DEFAULT, found, 4, scratch), 0);
    for (size_t i = 0; i < 60; i++) /* a step by no known factor neither */
        x[i] = (i < 25 ? 1 : 3.5) * (20 + (double)(i * 7 % 5));
    assert_int_equal(
        skuai_unit_changes(x, NULL, 60, &SKUAI_UNIT_CHANGE_OPTIONS_DEFAULT, found, 4, scratch), 0);
}

static void prices_of_one_item(void **state) {
    (void)state;
    double price[80], units[80], usual[80], scratch[464];
    unsigned char kind[80];
    for (size_t i = 0; i < 80; i++) {
        price[i] = i < 20 ? 19.9 : 24.9; /* a new price for good is no error */
        units[i] = 3;
    }
    price[4] = 1990;
    price[9] = 1.99;
    price[13] = 9.9; /* half price: a promotion */
    price[30] = 74;
    price[35] = 3;
    units[35] = 25;
    price[38] = -1;
    price[39] = NAN;
    skuai_price_errors(price, units, 80, &SKUAI_PRICE_ERROR_OPTIONS_DEFAULT, kind, usual, scratch);
    for (size_t i = 0; i < 80; i++) {
        skuai_price_error_kind expected = i == 4 || i == 9 ? SKUAI_PRICE_DECIMAL
                                          : i == 30        ? SKUAI_PRICE_SLIP
                                          : i == 35        ? SKUAI_PRICE_EXCHANGED
                                                           : SKUAI_PRICE_NONE;
        assert_int_equal(kind[i], expected);
    }
    assert_close(usual[4], 19.9, 1e-9, 0);
    assert_close(usual[30], 24.9, 1e-9, 0);
    assert_true(isnan(usual[38]) && isnan(usual[39]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hampel_is_that_of_pandas),
        cmocka_unit_test(tail_bound_by_hand),
        cmocka_unit_test(a_clean_shop_has_next_to_nothing),
        cmocka_unit_test(what_is_planted_is_found_and_named),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(treatments_are_an_overlay_that_can_be_taken_back),
        cmocka_unit_test(deep_cuts_explain_rises),
        cmocka_unit_test(unit_changes_of_one_series),
        cmocka_unit_test(prices_of_one_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
