/* Must fail under the address sanitizer: a block that nobody frees. */
#include "support/support.h"

#include "core/alloc.h"

static void *volatile kept;

static void lose_a_block(void **state) {
    (void)state;
    kept = skuai_new(1000, 1);
    assert_non_null(kept);
    kept = NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lose_a_block)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
