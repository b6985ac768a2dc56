/* Must fail in the fault build: what was made before the allocation that failed is not freed. */
#include "fault/fault_support.h"

static void *lost; /* reachable: it is our own count that has to tell, no sanitizer's */

static skua_status lose_on_failure(void *user, skua_error *err) {
    (void)user;
    void *first = skuai_new(10, 1), *second = skuai_new(10, 1);
    if (!first || !second) {
        lost = first;
        skuai_free(second);
        return skuai_error_memory(err, "two blocks");
    }
    skuai_free(first);
    skuai_free(second);
    return SKUA_OK;
}

static void leaks(void **state) {
    (void)state;
    fault_each("lose_on_failure", lose_on_failure, NULL, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(leaks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
