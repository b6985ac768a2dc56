/* Weights of modalities on rows whose truth is known. */
#include "support/support.h"

#include "automl/modality_sum.h"

#include "core/random.h"

#include <math.h>
#include <string.h>

enum { FOLDS = SKUAI_MODALITY_FOLDS, PARTS = 4 };

/* y = truth . x + noise; rows go to folds in turn. */
static void rows(size_t n, const double truth[PARTS], double noise, skuai_modality_sums *folds) {
    skuai_random r;
    skuai_random_split(&r, 11, 0);
    memset(folds, 0, FOLDS * sizeof *folds);
    for (size_t i = 0; i < n; i++) {
        skuai_modality_sums *s = &folds[i % FOLDS];
        double x[PARTS], y = noise * skuai_random_normal(&r);
        for (size_t k = 0; k < PARTS; k++) {
            x[k] = 5 + skuai_random_normal(&r);
            y += truth[k] * x[k];
        }
        s->yy += y * y;
        for (size_t k = 0; k < PARTS; k++) {
            s->xy[k] += x[k] * y;
            for (size_t j = 0; j < PARTS; j++)
                s->xx[k][j] += x[k] * x[j];
        }
    }
}

static void the_truth_is_found(void **state) {
    (void)state;
    const double truth[PARTS] = {0.5, 0.3, 0, 0.2};
    skuai_modality_sums folds[FOLDS];
    double w[PARTS];
    rows(4000, truth, 0.5, folds);
    skuai_modality_choose(folds, PARTS, w);
    for (size_t k = 0; k < PARTS; k++)
        assert_close(w[k], truth[k], 0, 0.05);
    assert_true(w[2] == 0); /* exactly: it does not earn its place */
}

/* Least squares would give -0.5 to the second; what is left fits best without it. */
static void none_is_negative(void **state) {
    (void)state;
    const double truth[PARTS] = {1.5, -0.5, 0, 0};
    skuai_modality_sums folds[FOLDS];
    double w[PARTS];
    rows(4000, truth, 0.1, folds);
    skuai_modality_choose(folds, PARTS, w);
    assert_true(w[0] > 0.8 && w[1] == 0);
    for (size_t k = 0; k < PARTS; k++)
        assert_true(w[k] >= 0);
}

static void nothing_to_learn_is_history(void **state) {
    (void)state;
    const double truth[PARTS] = {0, 0, 0, 0};
    skuai_modality_sums folds[FOLDS];
    double w[PARTS];
    rows(500, truth, 0, folds);
    skuai_modality_choose(folds, PARTS, w);
    assert_true(w[0] == 1 && w[1] == 0 && w[2] == 0 && w[3] == 0);
}

static void columns_have_one_owner(void **state) {
    (void)state;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skua_error err;
    skuai_panel *panel = NULL;
    double y = 1, size = 3;
    const char *brand = "acme";
    float price = 2, rain = 1, vector[2] = {1, 0};
    const float *dynamic[] = {&price, &rain};
    assert_ok(skuai_panel_builder_dynamic(b, "price", SKUAI_KNOWN_AHEAD, &err), &err);
    assert_ok(skuai_panel_builder_dynamic(b, "rain", SKUAI_KNOWN_PAST, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "a", 0, 1, 0, &y, NULL, dynamic, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "brand", &brand, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "item", &brand, &err), &err);
    assert_ok(skuai_panel_builder_number(b, "size", &size, &err), &err);
    assert_ok(skuai_panel_builder_vectors(b, "image", 2, vector, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    static const char *const all[] = {"history", "price", "events", "other", "category", "image"};
    static const struct {
        const char *column, *owner;
        bool vectors;
    } cases[] = {{"price", "price", false},     {"rain", "other", false},
                 {"brand", "category", false},  {"size", "category", false},
                 {"item", NULL, false},         {"image", "image", true},
                 {"promotion", "events", false}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
            bool owns = skuai_modality_owns(panel, all[k], cases[c].column, cases[c].vectors);
            assert_int_equal(owns, cases[c].owner && strcmp(all[k], cases[c].owner) == 0);
        }
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_is_found),
        cmocka_unit_test(none_is_negative),
        cmocka_unit_test(nothing_to_learn_is_history),
        cmocka_unit_test(columns_have_one_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
