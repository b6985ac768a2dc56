/* Features of promotions, prices, groups, holidays and vectors, against small tables worked by
 * hand. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "tree/features.h"

enum { SERIES = 4, WEEKS = 120, AHEAD = 4, COLUMNS_MOST = 300 };

/* Weekly from 2018-12-31 (a Monday): y = 10 (s + 1) + t % 7;
 * promotion in weeks 100, 101 and 110; price 4 (s + 1). */
static skuai_panel *make_panel_as(skuai_known price_known, bool more) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    skua_error err;
    skuai_panel *panel = NULL;
    const char *kinds[SERIES] = {"tea", "tea", "salt", "salt"};
    float vectors[SERIES][3] = {{1, 0, 0}, {2, 0, 0}, {0, 1, 0}, {NAN, NAN, NAN}};
    int64_t start = skuai_period_from_day(&grid, skuai_day_from_date(2018, 12, 31), 0);
    assert_ok(skuai_panel_builder_dynamic(b, "promotion", SKUAI_KNOWN_AHEAD, &err), &err);
    assert_ok(skuai_panel_builder_dynamic(b, "price", price_known, &err), &err);
    if (more) assert_ok(skuai_panel_builder_dynamic(b, "visits", SKUAI_KNOWN_PAST, &err), &err);
    for (size_t s = 0; s < SERIES; s++) {
        double y[WEEKS];
        float promotion[WEEKS], price[WEEKS];
        const float *columns[] = {promotion, price, price};
        char name[16];
        for (size_t t = 0; t < WEEKS; t++) {
            promotion[t] = t == 100 || t == 101 || t == 110 ? 1 : 0;
            price[t] = (float)(4 * (s + 1));
            y[t] = 10 * ((double)s + 1) + (double)(t % 7);
        }
        (void)snprintf(name, sizeof name, "item%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, start, WEEKS - AHEAD, AHEAD, y, NULL, columns,
                                             &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "kind", kinds, &err), &err);
    assert_ok(skuai_panel_builder_vectors(b, "text", 3, vectors[0], &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static skuai_panel *make_panel(void) {
    return make_panel_as(SKUAI_KNOWN_AHEAD, false);
}

typedef struct one_row {
    skuai_features *f;
    float values[COLUMNS_MOST], scale, base;
} one_row;

static void fill(const skuai_panel *panel, const char *country, uint32_t s, uint32_t origin,
                 uint32_t horizon, one_row *row) {
    skuai_feature_plan plan;
    skuai_feature_row what = {s, origin, horizon};
    skua_error err;
    skuai_feature_plan_make(panel, AHEAD, country, &plan);
    assert_ok(skuai_features_new(panel, &plan, &row->f, &err), &err);
    assert_in_range(skuai_features_columns(row->f), 1, COLUMNS_MOST);
    assert_ok(
        skuai_features_fill(row->f, &what, 1, NULL, row->values, &row->scale, &row->base, &err),
        &err);
}

static double value(const one_row *row, const char *name) {
    for (size_t k = 0; k < skuai_features_columns(row->f); k++)
        if (strcmp(skuai_features_names(row->f)[k], name) == 0) return (double)row->values[k];
    fail_msg("no feature %s", name);
    return 0;
}

static void promotions_tell_since_and_until(void **state) {
    (void)state;
    skuai_panel *panel = make_panel();
    one_row row;
    fill(panel, "", 0, 99, 2, &row); /* describes week 101 */
    assert_close(value(&row, "at_promotion"), 1, 0, 0);
    assert_close(value(&row, "run_promotion"), 2, 0, 0);
    assert_close(value(&row, "since_promotion"), 0, 0, 0);
    assert_close(value(&row, "until_promotion"), 0, 0, 0);
    assert_close(value(&row, "step_promotion"), 0, 0, 0);
    skuai_features_free(row.f);
    fill(panel, "", 0, 105, 0, &row); /* week 105; 110 is not known when a forecast sees 4 ahead */
    assert_close(value(&row, "since_promotion"), 4, 0, 0);
    assert_true(isnan(value(&row, "until_promotion")));
    skuai_features_free(row.f);
    fill(panel, "", 0, 107, 0, &row);
    assert_close(value(&row, "until_promotion"), 3, 0, 0);
    skuai_features_free(row.f);
    skuai_panel_free(panel);
}

/* Means of a group leave the series itself out: of two members the other remains. */
static void groups_leave_the_series_out(void **state) {
    (void)state;
    skuai_panel *panel = make_panel();
    const double *other = skuai_panel_target(panel, 1);
    double year = 0, month = 0;
    one_row row;
    for (size_t t = 48; t < 100; t++)
        year += other[t] / 52;
    for (size_t t = 96; t < 100; t++)
        month += other[t] / 4;
    fill(panel, "", 0, 100, 1, &row);
    assert_close(value(&row, "growth_of_kind"), month / year, 1e-6, 0);
    assert_close(value(&row, "shape_of_kind"), other[101 - 52] / year, 1e-6, 0);
    assert_close(value(&row, "price_to_kind"), 4.0 / 8, 1e-6, 0);
    skuai_features_free(row.f);
    /* with no value before the origin there is no own level, nor one of others */
    fill(panel, "", 2, 0, 0, &row);
    assert_true(isnan(row.scale));
    skuai_features_free(row.f);
    skuai_panel_free(panel);
}

/* Easter was on 21 April 2019 and on 12 April 2020: the week of the one goes to that of the other,
 * not 52 weeks back. */
static void easter_is_aligned(void **state) {
    (void)state;
    skuai_panel *panel = make_panel();
    skuai_grid grid = panel->grid;
    size_t before = (size_t)(skuai_period_from_day(&grid, skuai_day_from_date(2019, 4, 21), 0) -
                             panel->start[0]);
    size_t now = (size_t)(skuai_period_from_day(&grid, skuai_day_from_date(2020, 4, 12), 0) -
                          panel->start[0]);
    const double *y = skuai_panel_target(panel, 0);
    one_row plain, aligned;
    assert_int_equal(now - before, 51);
    fill(panel, "", 0, (uint32_t)now - 2, 2, &plain);
    fill(panel, "DE", 0, (uint32_t)now - 2, 2, &aligned);
    assert_close(value(&plain, "cycle_1") * (double)plain.scale, y[now - 52], 1e-5, 0);
    assert_close(value(&aligned, "cycle_1") * (double)aligned.scale, y[before], 1e-5, 0);
    skuai_features_free(plain.f);
    skuai_features_free(aligned.f);
    skua_error err;
    skuai_feature_plan plan;
    skuai_features *f = NULL;
    skuai_feature_plan_make(panel, AHEAD, "XX", &plan);
    assert_int_equal(skuai_features_new(panel, &plan, &f, &err), SKUA_ENOTFOUND);
    skuai_panel_free(panel);
}

/* Vectors that point the same way give the same numbers, others others, none NaN. */
static void vectors_are_projected(void **state) {
    (void)state;
    skuai_panel *panel = make_panel();
    one_row row[SERIES];
    for (uint32_t s = 0; s < SERIES; s++)
        fill(panel, "", s, 50, 0, &row[s]);
    assert_close(value(&row[0], "text_1"), value(&row[1], "text_1"), 1e-6, 1e-6);
    assert_true(fabs(value(&row[0], "text_1") - value(&row[2], "text_1")) > 1e-3);
    assert_true(isnan(value(&row[3], "text_8")));
    for (uint32_t s = 0; s < SERIES; s++)
        skuai_features_free(row[s].f);
    skuai_panel_free(panel);
}

/* A price that is planned now and a column that is new leave what was learnt before them as it was;
 * what was known ahead and is not any more is a sentence. */
static void covariates_are_read_as_they_were_learnt(void **state) {
    (void)state;
    skuai_panel *then = make_panel_as(SKUAI_KNOWN_PAST, false);
    skuai_panel *now = make_panel_as(SKUAI_KNOWN_AHEAD, true);
    skuai_feature_plan plan, later;
    skuai_features *f[2];
    skuai_feature_row what = {1, 100, 2};
    float values[2][COLUMNS_MOST], scale[2], base[2];
    skua_error err;
    skuai_feature_plan_make(then, AHEAD, "", &plan);
    skuai_feature_plan_make(now, AHEAD, "", &later);
    assert_true(plan.listed && plan.n_covariates == 2 && later.n_covariates == 3);
    for (int k = 0; k < 2; k++) {
        assert_ok(skuai_features_new(k ? now : then, &plan, &f[k], &err), &err);
        assert_ok(skuai_features_fill(f[k], &what, 1, NULL, values[k], &scale[k], &base[k], &err),
                  &err);
    }
    assert_int_equal(skuai_features_columns(f[0]), skuai_features_columns(f[1]));
    for (size_t k = 0; k < skuai_features_columns(f[0]); k++) {
        assert_string_equal(skuai_features_names(f[0])[k], skuai_features_names(f[1])[k]);
        assert_memory_equal(&values[0][k], &values[1][k], sizeof(float));
    }
    skuai_features_free(f[0]);
    skuai_features_free(f[1]);
    assert_int_equal(skuai_features_new(then, &later, &f[0], &err), SKUA_ESCHEMA);
    assert_non_null(strstr(err.message, "'price' was known ahead"));
    skuai_panel_free(then);
    skuai_panel_free(now);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariates_are_read_as_they_were_learnt),
        cmocka_unit_test(promotions_tell_since_and_until),
        cmocka_unit_test(groups_leave_the_series_out),
        cmocka_unit_test(easter_is_aligned),
        cmocka_unit_test(vectors_are_projected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
