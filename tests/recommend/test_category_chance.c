/* Chances of a category: regular buyers stand out, and the Brier score beats the base rate's. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "recommend/category_chance.h"

#include <math.h>

enum { USERS = 300, ITEMS = 12, CATEGORIES = 3, DAYS = 150 };

/* Item i is of category i / 4. User u buys of category u % 3 on three days of ten, else seldom. */
static skuai_interactions *shop(int32_t *category) {
    size_t n = 0;
    skuai_interaction *rows = skuai_new(USERS * DAYS, sizeof *rows);
    skuai_interactions *x = NULL;
    skua_error err = {0};
    for (int32_t i = 0; i < ITEMS; i++)
        category[i] = i / 4;
    for (int32_t u = 0; u < USERS; u++) {
        skuai_random random;
        skuai_random_split(&random, 2, (uint64_t)u);
        for (int32_t day = 0; day < DAYS; day++) {
            double draw = skuai_random_uniform(&random);
            int32_t item = (int32_t)skuai_random_index(&random, 4);
            if (draw < 0.3)
                rows[n++] = (skuai_interaction){u, 4 * (u % 3) + item, day, 1};
            else if (draw < 0.31)
                rows[n++] = (skuai_interaction){u, 4 * ((u + 1) % 3) + item, day, 1};
        }
    }
    assert_ok(skuai_interactions_new(rows, n, USERS, ITEMS, INT32_MAX, &x, &err), &err);
    skuai_free(rows);
    return x;
}

static void chances_are_near_the_truth(void **state) {
    (void)state;
    int32_t category[ITEMS];
    skuai_interactions *x = shop(category);
    skuai_category_chance c;
    skua_error err = {0};
    const double always = 1 - pow(0.7, 7), seldom = 1 - pow(0.99, 7);
    assert_ok(skuai_category_fit(x, category, CATEGORIES, 7, &c, &err), &err);
    double own = 0, next = 0, never = 0, chances[CATEGORIES];
    for (size_t u = 0; u < USERS; u++) {
        skuai_category_chances(&c, x, category, u, chances);
        own += chances[u % 3] / USERS;
        next += chances[(u + 1) % 3] / USERS;
        never += chances[(u + 2) % 3] / USERS;
    }
    assert_close(own, always, 0, 0.06);
    assert_close(next, seldom, 0, 0.04);
    assert_true(never < 0.03);
    assert_true(c.brier < 0.6 * c.base_brier && c.brier > 0);
    assert_int_equal(c.n_judged, USERS * CATEGORIES);
    skuai_category_clear(&c);
    skuai_category_chance longer;
    assert_ok(skuai_category_fit(x, category, CATEGORIES, 28, &longer, &err), &err);
    skuai_category_chances(&longer, x, category, 0, chances);
    assert_true(chances[0] > always);
    skuai_category_clear(&longer);
    assert_int_equal(skuai_category_fit(x, category, 0, 7, &c, &err), SKUA_EDATA);
    assert_int_equal(skuai_category_fit(x, category, 3, 400, &c, &err), SKUA_EDATA);
    skuai_interactions_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(chances_are_near_the_truth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
