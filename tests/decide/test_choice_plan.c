/* One choice a group under limits: against enumeration, and what an infeasible budget says. */
#include "support/support.h"

#include "core/random.h"
#include "decide/choice_plan.h"

#include <math.h>

enum { GROUPS = 6, EACH = 4, N = GROUPS * EACH };

static void make(uint64_t seed, skuai_choice *choices, skuai_choice_use *uses) {
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t c = 0; c < N; c++) {
        bool none = c % EACH == 0;
        uses[2 * c] = (skuai_choice_use){0, none ? 0 : 1 + 9 * skuai_random_uniform(&random)};
        uses[2 * c + 1] = (skuai_choice_use){1, none ? 0 : 1 + 9 * skuai_random_uniform(&random)};
        choices[c] = (skuai_choice){c / EACH, none ? 0 : 10 * skuai_random_uniform(&random),
                                    uses + 2 * c, 2};
    }
}

static void plans_agree_with_enumeration(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        skuai_choice choices[N];
        skuai_choice_use uses[2 * N];
        skuai_choice_limit limits[2] = {{"budget", 14}, {"space", 17}};
        make(seed, choices, uses);
        double best = 0;
        for (int code = 0; code < 1 << (2 * GROUPS); code++) {
            double gain = 0, a = 0, b = 0;
            for (int g = 0; g < GROUPS; g++) {
                size_t c = (size_t)(g * EACH + (code >> 2 * g & 3));
                gain += choices[c].gain;
                a += uses[2 * c].amount;
                b += uses[2 * c + 1].amount;
            }
            if (a <= 14 && b <= 17 && gain > best) best = gain;
        }
        size_t chosen[GROUPS];
        skuai_choice_plan plan;
        skua_error err;
        assert_ok(skuai_choice_plan_find(choices, N, GROUPS, limits, 2, &(skuai_mip_options){0},
                                         chosen, &plan, &err),
                  &err);
        assert_true(plan.feasible);
        assert_close(plan.gain, best, 1e-9, 0);
        assert_true(plan.bound >= best - 1e-6);
        double gain = 0;
        for (size_t g = 0; g < GROUPS; g++) {
            assert_int_equal(choices[chosen[g]].group, g);
            gain += choices[chosen[g]].gain;
        }
        assert_close(gain, best, 1e-9, 0);
    }
}

static void an_infeasible_budget_is_explained(void **state) {
    (void)state;
    skuai_choice choices[N];
    skuai_choice_use uses[2 * N];
    skuai_choice_limit limits[2] = {{"budget", 3}, {"space", 100}};
    make(1, choices, uses);
    uses[2 * 4].amount = 2, uses[2 * 8].amount = 2.5; /* what groups 1 and 2 must take at least */
    for (size_t c = 5; c < 12; c++)
        if (c != 8) uses[2 * c].amount += 2.5;
    size_t chosen[GROUPS];
    skuai_choice_plan plan;
    skua_error err;
    assert_ok(skuai_choice_plan_find(choices, N, GROUPS, limits, 2, &(skuai_mip_options){0}, chosen,
                                     &plan, &err),
              &err);
    assert_false(plan.feasible);
    assert_int_equal(plan.limit, 0);
    assert_int_equal(plan.culprit, 2);
    assert_close(plan.needed, 4.5, 1e-12, 0);
    assert_int_equal(chosen[1], 4);
    assert_int_equal(chosen[2], 8);
    limits[0].most = 4.5;
    assert_ok(skuai_choice_plan_find(choices, N, GROUPS, limits, 2, &(skuai_mip_options){0}, chosen,
                                     &plan, &err),
              &err);
    assert_true(plan.feasible);
    limits[0].most = (double)NAN;
    assert_int_equal(skuai_choice_plan_find(choices, N, GROUPS, limits, 2, &(skuai_mip_options){0},
                                            chosen, &plan, &err),
                     SKUA_EINVAL);
    limits[0].most = 5;
    choices[20].group = 0, choices[21].group = 0, choices[22].group = 0, choices[23].group = 0;
    assert_int_equal(skuai_choice_plan_find(choices, N, GROUPS, limits, 2, &(skuai_mip_options){0},
                                            chosen, &plan, &err),
                     SKUA_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_agree_with_enumeration),
        cmocka_unit_test(an_infeasible_budget_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
