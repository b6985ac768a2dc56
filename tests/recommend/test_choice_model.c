/* The conditional logit finds planted weights. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "recommend/choice_model.h"

#include <math.h>
#include <string.h>

enum { SETS = 1500, ROWS = 12, K = 3 };

typedef struct data {
    size_t rows[SETS + 1];
    float features[SETS * ROWS * K], weights[SETS * ROWS];
    uint8_t chosen[SETS * ROWS];
} data;

static skuai_choice_sets plant(data *d, const double *b, uint64_t seed) {
    skuai_random random;
    skuai_random_init(&random, seed);
    memset(d, 0, sizeof *d);
    for (size_t s = 0; s < SETS; s++) {
        double best = -INFINITY;
        size_t pick = 0;
        d->rows[s + 1] = (s + 1) * ROWS;
        for (size_t r = s * ROWS; r < (s + 1) * ROWS; r++) {
            double score = -log(skuai_random_exponential(&random)); /* Gumbel: the logit's law */
            for (size_t k = 0; k < K; k++) {
                d->features[r * K + k] = (float)skuai_random_normal(&random);
                score += b[k] * (double)d->features[r * K + k];
            }
            d->weights[r] = 1;
            if (score > best) best = score, pick = r;
        }
        d->chosen[pick] = 1;
    }
    return (skuai_choice_sets){K, SETS, d->rows, d->features, d->weights, d->chosen};
}

static void planted_weights_are_found(void **state) {
    (void)state;
    const double planted[K] = {1.2, -0.6, 0};
    data *d = skuai_new(1, sizeof *d);
    double b[K], likelihood = 0;
    skua_error err = {0};
    skuai_choice_sets sets = plant(d, planted, 5);
    assert_ok(skuai_choice_fit(&sets, 0, b, &likelihood, &err), &err);
    for (size_t k = 0; k < K; k++)
        assert_close(b[k], planted[k], 0, 0.1);
    assert_true(likelihood > -log(ROWS) + 0.3 && likelihood < 0);
    double shrunk[K];
    assert_ok(skuai_choice_fit(&sets, 1, shrunk, NULL, &err), &err);
    assert_true(fabs(shrunk[0]) < 0.6 * fabs(b[0]));
    for (size_t r = 0; r < SETS * ROWS; r++)
        d->features[r * K + 2] = 1; /* tells nothing */
    assert_ok(skuai_choice_fit(&sets, 0, b, NULL, &err), &err);
    assert_close(b[2], 0, 0, 0);
    skuai_free(d);
}

/* A row that stands for ten: the same as ten rows. */
static void a_weight_counts_as_rows(void **state) {
    (void)state;
    const size_t rows_a[] = {0, 2, 4}, rows_b[] = {0, 11, 22};
    float f_a[] = {1, 0, 0, 1}, w_a[] = {1, 10, 1, 10}, f_b[22] = {0}, w_b[22];
    uint8_t c_a[] = {1, 0, 1, 0}, c_b[22] = {0};
    size_t ra[3], rb[3];
    double a, b;
    skua_error err = {0};
    memcpy(ra, rows_a, sizeof ra);
    memcpy(rb, rows_b, sizeof rb);
    for (size_t r = 0; r < 22; r++)
        w_b[r] = 1;
    f_b[0] = 1, c_b[0] = 1, c_b[11] = 1;
    for (size_t r = 12; r < 22; r++)
        f_b[r] = 1;
    skuai_choice_sets sa = {1, 2, ra, f_a, w_a, c_a}, sb = {1, 2, rb, f_b, w_b, c_b};
    double la, lb;
    assert_ok(skuai_choice_fit(&sa, 0, &a, &la, &err), &err);
    assert_ok(skuai_choice_fit(&sb, 0, &b, &lb, &err), &err);
    assert_close(a, b, 1e-3, 1e-3);
    assert_close(la, lb, 1e-6, 1e-9);
}

static void a_set_without_a_choice_is_named(void **state) {
    (void)state;
    const double planted[K] = {2, -1, 0.5};
    data *d = skuai_new(1, sizeof *d);
    double b[K];
    skua_error err = {0};
    skuai_choice_sets sets = plant(d, planted, 9);
    memset(d->chosen, 0, ROWS);
    assert_int_equal(skuai_choice_fit(&sets, 0, b, NULL, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "set 0"));
    skuai_free(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_weights_are_found),
        cmocka_unit_test(a_weight_counts_as_rows),
        cmocka_unit_test(a_set_without_a_choice_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
