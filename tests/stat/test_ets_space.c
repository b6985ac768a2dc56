/* The recursions of exponential smoothing: the likelihood and final states of all 30 forms equal
 * statsforecast's (tests/golden/ets), the gradient equals differences of the likelihood. */
#include "stat/csv_row.h"

#include "stat/exponential/ets_space.h"

#include <math.h>

#define M 4

static skuai_ets_form form_of(const char *name) {
    static const char letters[] = "NAM";
    size_t length = strlen(name);
    return (skuai_ets_form){.error = (skuai_ets_kind)(strchr(letters, name[0]) - letters),
                            .trend = (skuai_ets_kind)(strchr(letters, name[1]) - letters),
                            .season = (skuai_ets_kind)(strchr(letters, name[length - 1]) - letters),
                            .damped = name[2] == 'd'};
}

/* The series "quarterly" of the golden file. */
static void read_quarterly(csv_row *row) {
    FILE *file = csv_open("tests/golden/ets/series.csv");
    while (csv_row_read(file, row) && strcmp(row->text[0], "quarterly") != 0)
        continue;
    fclose(file);
    assert_string_equal(row->text[0], "quarterly");
    assert_int_equal(row->n, 57);
}

/* The parameters of make.py. */
static void fixed_parameters(const skuai_ets_form *form, double *p) {
    static const double additive[M] = {10, -13, -12, 15},
                        multiplicative[M] = {1.05, 0.9, 0.85, 1.2};
    p[SKUAI_ETS_ALPHA] = 0.35;
    p[SKUAI_ETS_BETA] = 0.04;
    p[SKUAI_ETS_GAMMA] = 0.15;
    p[SKUAI_ETS_PHI] = 0.92;
    p[SKUAI_ETS_LEVEL] = 75;
    p[SKUAI_ETS_GROWTH] = form->trend == SKUAI_ETS_MULTIPLICATIVE ? 1.012 : 0.9;
    memcpy(p + SKUAI_ETS_SEASON,
           form->season == SKUAI_ETS_MULTIPLICATIVE ? multiplicative : additive, sizeof additive);
}

static void test_likelihood(void **state) {
    (void)state;
    csv_row series, row;
    read_quarterly(&series);
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_ets_space space;
    size_t n = 56, forms = 0;
    assert_ok(skuai_ets_space_init(&space, series.values + 1, n, M, arena, &err), &err);
    FILE *file = csv_open("tests/golden/ets/likelihood.csv");
    for (; csv_row_read(file, &row); forms++) {
        double p[6 + M];
        skuai_ets_form form = form_of(row.text[0]);
        fixed_parameters(&form, p);
        double likelihood = skuai_ets_space_pass(&space, &form, p);
        assert_close(likelihood, row.values[0], 1e-11, 0);
        assert_close(space.level[n], row.values[1], 1e-11, 0);
        if (form.trend) assert_close(space.growth[n], row.values[2], 1e-11, 0);
        if (form.season) assert_close_array(space.season + n, row.values + 3, 2, 1e-11, 0);
    }
    fclose(file);
    assert_int_equal(forms, 30);
    skuai_arena_free(arena);
}

static void test_gradient(void **state) {
    (void)state;
    csv_row series;
    read_quarterly(&series);
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_ets_space space;
    assert_ok(skuai_ets_space_init(&space, series.values + 1, 56, M, arena, &err), &err);
    for (int i = 0; i < 30; i++) {
        int trend = i / 3 % 5;
        skuai_ets_form form = {.error = (skuai_ets_kind)(1 + i / 15),
                               .trend = (skuai_ets_kind)(trend > 2 ? trend - 2 : trend),
                               .season = (skuai_ets_kind)(i % 3),
                               .damped = trend > 2};
        double p[6 + M], gradient[6 + M], numeric[6 + M];
        fixed_parameters(&form, p);
        assert_true(isfinite(skuai_ets_space_pass(&space, &form, p)));
        skuai_ets_space_gradient(&space, &form, p, gradient);
        for (size_t k = 0; k < 6 + M; k++) {
            double keep = p[k], step = 1e-5 * fmax(fabs(keep), 0.1);
            p[k] = keep + step;
            double above = skuai_ets_space_pass(&space, &form, p);
            p[k] = keep - step;
            numeric[k] = (above - skuai_ets_space_pass(&space, &form, p)) / (2 * step);
            p[k] = keep;
            if (k >= SKUAI_ETS_SEASON && !form.season) numeric[k] = 0;
        }
        /* Central differences of a likelihood near 500: about seven digits. */
        assert_close_array(gradient, numeric, 6 + M, 1e-5, 1e-4);
    }
    skuai_arena_free(arena);
}

/* y = 10, 12, 11 by simple smoothing from 10 with alpha 0.5: errors 0, 2, 0; level 11. */
static void test_by_hand(void **state) {
    (void)state;
    const double y[] = {10, 12, 11};
    double p[7] = {0.5, 0, 0, 1, 10, 0, 0};
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_ets_space space;
    assert_ok(skuai_ets_space_init(&space, y, 3, 1, arena, &err), &err);
    skuai_ets_form form = {.error = SKUAI_ETS_ADDITIVE};
    assert_close(skuai_ets_space_pass(&space, &form, p), 3 * log(4), 1e-14, 0);
    assert_close(space.level[3], 11, 1e-14, 0);
    form.error = SKUAI_ETS_MULTIPLICATIVE; /* relative errors 0, 0.2, 0; forecasts 10, 10, 11 */
    assert_close(skuai_ets_space_pass(&space, &form, p), 3 * log(0.04) + 2 * log(1100), 1e-14, 0);
    skuai_arena_free(arena);
}

/* What a form does not allow is infinite, never NaN. */
static void test_refusals(void **state) {
    (void)state;
    const double y[] = {10, 2, 3, 1, 4, 2};
    double p[6 + 2] = {0.5, 0.1, 0.1, 0.9, 10, -1, 1, 1}; /* a growth of -1 */
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_ets_space space;
    assert_ok(skuai_ets_space_init(&space, y, 6, 2, arena, &err), &err);
    skuai_ets_form form = {.error = SKUAI_ETS_MULTIPLICATIVE};
    p[SKUAI_ETS_LEVEL] = -1;
    assert_true(isinf(skuai_ets_space_pass(&space, &form, p)));
    form = (skuai_ets_form){.error = SKUAI_ETS_ADDITIVE, .trend = SKUAI_ETS_MULTIPLICATIVE};
    assert_true(isinf(skuai_ets_space_pass(&space, &form, p)));
    form = (skuai_ets_form){.error = SKUAI_ETS_ADDITIVE, .season = SKUAI_ETS_MULTIPLICATIVE};
    p[SKUAI_ETS_LEVEL] = 5;
    p[SKUAI_ETS_SEASON] = 0;
    assert_true(isinf(skuai_ets_space_pass(&space, &form, p)));
    form = (skuai_ets_form){.error = SKUAI_ETS_ADDITIVE};
    p[SKUAI_ETS_LEVEL] = NAN;
    assert_true(isinf(skuai_ets_space_pass(&space, &form, p)));
    skuai_arena_free(arena);
}

static void test_names(void **state) {
    (void)state;
    char text[16];
    skuai_ets_form form = form_of("MAdM");
    assert_string_equal(skuai_ets_form_text(&form, text), "ets(M,Ad,M)");
    form = form_of("ANN");
    assert_string_equal(skuai_ets_form_text(&form, text), "ets(A,N,N)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likelihood), cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_by_hand),    cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
