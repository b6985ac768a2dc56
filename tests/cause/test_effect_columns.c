/* Effects where there are more columns than can be held fixed, and where one stands there twice. */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cause/effect.h"
#include "core/random.h"

static const skuai_context one_thread = {.seed = 1, .threads = 1};

/* Columns without end: those that are left aside are counted and said, those that never move do not
 * count, and a column twice changes nothing of note. */
static void columns_without_end(void **state) {
    (void)state;
    enum { MANY = 58, LENGTH = 300, SERIES = 4 };
    skua_error err;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    double said[3];
    for (int kind = 0; kind < 3; kind++) { /* none, one twice, many */
        size_t n = kind == 0 ? 0 : kind == 1 ? 2 : MANY;
        skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
        static char names[MANY][16];
        assert_ok(skuai_panel_builder_dynamic(b, "price", SKUAI_KNOWN_AHEAD, &err), &err);
        assert_ok(skuai_panel_builder_dynamic(b, "list_price", SKUAI_KNOWN_AHEAD, &err), &err);
        for (size_t k = 0; k < n; k++) {
            (void)snprintf(names[k], sizeof names[k], "x%zu", k);
            assert_ok(skuai_panel_builder_dynamic(b, names[k], SKUAI_KNOWN_AHEAD, &err), &err);
        }
        for (size_t s = 0; s < SERIES; s++) {
            static float price[LENGTH], x[MANY][LENGTH];
            static double y[LENGTH];
            const float *columns[MANY + 2] = {price, price};
            skuai_random r;
            skuai_random_split(&r, 4, s);
            for (size_t t = 0; t < LENGTH; t++) {
                double cause = skuai_random_normal(&r);
                price[t] = (float)(10 * exp(0.2 * skuai_random_normal(&r)));
                y[t] = skuai_random_poisson(
                    &r, 20 * exp(0.2 * cause - 1.5 * log((double)price[t] / 10)));
                for (size_t k = 0; k < n;
                     k++) /* the first is a cause, others are chance or still */
                    x[k][t] = kind == 1 || k == 0 ? (float)cause
                              : k >= MANY / 2     ? 1.0F
                                                  : (float)skuai_random_normal(&r);
            }
            for (size_t k = 0; k < n; k++)
                columns[k + 2] = x[k];
            (void)snprintf(names[0], sizeof names[0], "s%zu", s);
            assert_ok(skuai_panel_builder_series(b, names[0], 0, LENGTH, 0, y, NULL, columns, &err),
                      &err);
        }
        skuai_panel *panel = NULL;
        assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
        skuai_panel_builder_free(b);
        skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
        skuai_effects *e = NULL;
        char text[512];
        assert_ok(skuai_effect_price(panel, &o, &one_thread, &e, &err), &err);
        said[kind] = e->pooled[0].value;
        assert_close(said[kind], -1.5, 0, 0.15);
        skuai_effect_caution(e, false, text, sizeof text);
        if (kind < 2) {
            assert_string_equal(text, "");
            assert_int_equal(e->n_covariates, n);
        } else {
            assert_int_equal(e->n_covariates + e->n_covariates_left, MANY / 2);
            assert_non_null(strstr(text, "the first 21 were held fixed and 8 others not"));
            skuai_effect_caution(e, true, text, sizeof text);
            assert_non_null(strstr(text, "另外 8 列没有控制"));
        }
        skuai_effects_free(e);
        skuai_panel_free(panel);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(columns_without_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
