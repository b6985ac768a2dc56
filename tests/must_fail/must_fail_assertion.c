/* Must fail: an assertion that does not hold. */
#include "support/support.h"

static void two_is_three(void **state) {
    (void)state;
    assert_int_equal(2, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_is_three)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
