/* Item vectors of the store on a panel. */
#include "shop_support.h"

#include "store/panel_in.h"

#include <math.h>

/* Thirty days of sales of each "item,channel". */
static void sell(const char *const *series, size_t n) {
    char text[8192];
    size_t used = (size_t)snprintf(text, sizeof text, "item,channel,ds,units\n");
    for (size_t i = 0; i < n; i++)
        for (int day = 1; day <= 30; day++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s,2024-01-%02d,%d\n",
                                     series[i], day, day % 5);
    assert_true(used < sizeof text);
    skua_text_free(ingest_with("sales", file_write("sales.csv", text), (skuai_ingest_options){0}));
}

static void test_vectors(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_panel *panel = NULL;
    sell((const char *[]){"a,x", "a,y", "b,x", "c,x"}, 4);
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    /* two series of a, one of b, one of c; the model of most items is taken, a modality each */
    assert_ok(skuai_store_execute(
                  store,
                  "INSERT INTO vectors VALUES ('a', 'text', 'm', [1, 2, 3]), ('b', 'text', 'm', [4,"
                  " 5, 6]), ('a', 'text', 'few', [9, 9]), ('c', 'image', 'k', [7.5]), ('zz',"
                  " 'image', 'k', [1])",
                  &err),
              &err);
    skuai_panel_query query = {0};
    assert_ok(skuai_store_panel(store, &query, NULL, &panel, NULL, &err), &err);
    assert_int_equal(panel->n_series, 4);
    assert_int_equal(panel->n_vectors, 2);
    const skuai_vectors *image = &panel->vectors[0], *text = &panel->vectors[1];
    assert_string_equal(image->modality, "image");
    assert_string_equal(text->modality, "text");
    assert_int_equal(image->width, 1);
    assert_int_equal(text->width, 3);
    assert_int_equal(panel->n_alternatives, 1);
    assert_string_equal(panel->vectors[2].modality, "text/few");
    assert_int_equal(panel->vectors[2].width, 2);
    for (size_t s = 0; s < 4; s++) {
        const char item = skuai_panel_name(panel, s)[0];
        const float *v = text->values + panel->base[s] * 3;
        const float *k = image->values + panel->base[s];
        for (int j = 0; j < 3; j++) {
            if (item == 'a') assert_close((double)v[j], 1 + j, 0, 0);
            if (item == 'b') assert_close((double)v[j], 4 + j, 0, 0);
            if (item == 'c') assert_true(isnan(v[j]));
        }
        if (item == 'c')
            assert_close((double)k[0], 7.5, 0, 0);
        else
            assert_true(isnan(k[0]));
    }
    skuai_panel_free(panel);
    skuai_store_close(store);
}

static void test_none(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_panel *panel = NULL;
    sell((const char *[]){"a,x"}, 1);
    skuai_store *store = shop_open(SKUAI_STORE_READ);
    skuai_panel_query query = {0};
    assert_ok(skuai_store_panel(store, &query, NULL, &panel, NULL, &err), &err);
    assert_int_equal(panel->n_vectors, 0);
    skuai_panel_free(panel);
    skuai_store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vectors, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_none, shop_setup, shop_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
