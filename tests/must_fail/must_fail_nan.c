/* Must fail: a NaN compared with a number, and with itself. */
#include "support/support.h"

#include <math.h>

static void nan_is_close(void **state) {
    (void)state;
    const double a[] = {NAN}, b[] = {NAN};
    assert_false(test_close(NAN, NAN, 1, 1)); /* holds: the next line must fail */
    assert_close_array(a, b, 1, 1, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nan_is_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
