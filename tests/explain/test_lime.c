/* LIME on a forecaster whose law is known: a line is found where there is one, and where there is
 * none the fidelity says so. */
#include "known_law.h"

static skuai_explanation *lime(const skuai_panel *panel, size_t s, size_t samples, size_t features,
                               double width, uint64_t seed) {
    skua_error err;
    skuai_explanation *e = NULL;
    skuai_explain_options o = law_options;
    o.method = SKUAI_EXPLAIN_LIME;
    o.samples = samples;
    o.features = features;
    o.kernel_width = width;
    o.seed = seed;
    assert_ok(skuai_explain(&law_forecaster, NULL, panel, s, &o, NULL, &e, &err), &err);
    return e;
}

static const skuai_lime_term *term(const skuai_explanation *e, const char *name) {
    for (size_t i = 0; i < e->lime->n_terms; i++)
        if (strcmp(e->lime->terms[i].name, name) == 0) return &e->lime->terms[i];
    return NULL;
}

static void sums(const skuai_explanation *e) {
    for (size_t h = 0; h < e->horizon; h++) {
        double sum = e->base[h];
        for (size_t g = 0; g < e->n_groups; g++)
            sum += e->contribution[g * e->horizon + h];
        assert_close(sum, e->forecast[h], 0, 1e-8);
    }
}

/* -3 a unit of price, +7 a promotion, 1 a unit of the last season's sales, in each of 5 periods.
 * Kept within what was had, a shift of sales is still what it did to their mean. */
static void a_line_is_recovered(void **state) {
    (void)state;
    skuai_panel *panel = law_panel();
    the_law = (law){-3, 7, 0, 0};
    for (size_t s = 0; s < 2; s++) {
        skuai_explanation *e = lime(panel, s, 0, 3, 0, 3);
        assert_int_equal(e->method, SKUAI_EXPLAIN_LIME);
        assert_int_equal(e->lime->n_terms, 3);
        assert_int_equal(e->lime->n_samples, 256);
        assert_int_equal(e->n_calls, 257);
        assert_int_equal(e->lime->n_features, 3 + 4); /* flat is none */
        assert_close(term(e, "price")->coefficient, -3 * LAW_H, 0, 1e-5);
        assert_close(term(e, "promotion")->coefficient, 7 * LAW_H, 0, 1e-5);
        assert_close(term(e, "sales 1-4 back")->coefficient, LAW_H, 0, 1e-5);
        assert_close(e->fidelity, 1, 0, 1e-6);
        assert_close(e->lime->said, e->lime->forecast, 0, 1e-5);
        assert_close(term(e, "price")->planned, s ? 8 : 10, 0, 1e-6);
        assert_string_equal(e->groups[3], "what the line leaves out");
        double rest = 0; /* of the sum; a period's own is what flags did in it alone */
        for (size_t h = 0; h < LAW_H; h++)
            rest += e->contribution[3 * (size_t)LAW_H + h];
        assert_close(rest, 0, 0, 1e-5);
        sums(e);
        skuai_explanation_free(e);
    }
    skuai_panel_free(panel);
}

static void without_a_line_fidelity_is_low(void **state) {
    (void)state;
    skuai_panel *panel = law_panel();
    the_law = (law){0, 0, 0, 60};
    skuai_explanation *e = lime(panel, 0, 0, 0, 0, 3);
    assert_true(e->fidelity < 0.5);
    assert_true(fabs(e->lime->said - e->lime->forecast) > 1);
    sums(e);
    skuai_explanation_free(e);
    skuai_panel_free(panel);
}

/* Each option has a say; the same seed gives the same numbers. */
static void options_matter(void **state) {
    (void)state;
    skuai_panel *panel = law_panel();
    the_law = (law){-3, 7, -1, 4};
    skuai_explanation *a = lime(panel, 1, 0, 0, 0, 3), *again = lime(panel, 1, 0, 0, 0, 3);
    skuai_explanation *one = lime(panel, 1, 0, 1, 0, 3), *few = lime(panel, 1, 60, 0, 0, 3);
    skuai_explanation *narrow = lime(panel, 1, 0, 0, 0.9, 3), *seed = lime(panel, 1, 0, 0, 0, 4);
    double b = term(a, "price")->coefficient;
    assert_close(term(again, "price")->coefficient, b, 0, 0);
    assert_true(a->lime->n_terms > 1 && a->lime->n_terms <= 5);
    assert_int_equal(one->lime->n_terms, 1);
    assert_true(one->fidelity < a->fidelity);
    assert_int_equal(few->lime->n_samples, 60);
    assert_true(fabs(term(few, "price")->coefficient - b) > 1e-3);
    assert_close(narrow->lime->kernel_width, 0.9, 0, 0);
    assert_close(a->lime->kernel_width, 0.75 * sqrt(7), 0, 1e-12);
    assert_true(fabs(term(narrow, "price")->coefficient - b) > 1e-3);
    assert_true(fabs(term(seed, "price")->coefficient - b) > 1e-6);
    skuai_explanation *all[] = {a, again, one, few, narrow, seed};
    for (size_t i = 0; i < 6; i++) {
        sums(all[i]);
        skuai_explanation_free(all[i]);
    }
    skuai_panel_free(panel);
}

static void what_does_not_work_is_said(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = law_panel(), *young = NULL;
    skuai_explanation *e = NULL;
    skuai_explain_options o = law_options;
    o.method = SKUAI_EXPLAIN_LIME;
    o.samples = 10;
    assert_int_equal(skuai_explain(&law_forecaster, NULL, panel, 0, &o, NULL, &e, &err),
                     SKUA_EDATA);
    assert_non_null(strstr(err.message, "ask for 24 or more"));
    o.samples = 0;
    assert_ok(skuai_panel_last(panel, 10, &young, &err), &err);
    assert_int_equal(skuai_explain(&law_forecaster, NULL, young, 0, &o, NULL, &e, &err),
                     SKUA_EDATA);
    skuai_panel_free(young);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_recovered),
        cmocka_unit_test(without_a_line_fidelity_is_low),
        cmocka_unit_test(options_matter),
        cmocka_unit_test(what_does_not_work_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
