/* Must fail in the fault build: out of memory is told as bad data. */
#include "fault/fault_support.h"

static skua_status blame_the_data(void *user, skua_error *err) {
    (void)user;
    void *block = skuai_new(10, 1);
    if (!block) return skuai_error_set(err, SKUA_EDATA, "the data is bad");
    skuai_free(block);
    return SKUA_OK;
}

static void blames(void **state) {
    (void)state;
    fault_each("blame_the_data", blame_the_data, NULL, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(blames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
