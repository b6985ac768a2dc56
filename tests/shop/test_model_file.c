/* The model's file: calibration by horizon and weights by cluster come back as they were written;
 * a file of before there were any is read too. */
#include "support/support.h"

#include "core/file.h"
#include "shop/candidates.h"
#include "shop/model_file.h"

#include <string.h>

static char folder[256], place[400];
static skuai_model_file written, loaded;

static skuai_panel *make_panel(void) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    double y[] = {1, 2, 3, 4, 5};
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_series(b, "a", 0, 5, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static void fill_model(skuai_model_file *m) {
    static const char *const names[] = {"naive", "seasonal-naive"};
    skua_error err;
    memset(m, 0, sizeof *m);
    m->ensemble.n_members = 2;
    for (size_t i = 0; i < 2; i++) {
        assert_ok(
            skuai_candidate_make(NULL, names[i], &m->configured[i], &m->ensemble.members[i], &err),
            &err);
        for (size_t c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++)
            m->ensemble.weights[c][i] = i ? 0.125 * (double)c : 1 - 0.125 * (double)c;
    }
    skuai_clusters *k = &m->ensemble.clusters;
    k->n = 3;
    for (size_t f = 0; f < SKUAI_CLUSTER_FEATURES; f++) {
        k->mean[f] = 0.1 * (double)f, k->spread[f] = 1 + 0.1 * (double)f;
        for (size_t g = 0; g < 3; g++)
            k->centre[g][f] = (double)g + 0.01 * (double)f;
    }
    for (size_t g = 0; g < 3; g++)
        m->ensemble.cluster_share[g] = 0.2 + 0.1 * (double)g;
    skuai_calibration *c = &m->ensemble.calibration;
    m->n_levels = c->n_levels = 3;
    m->horizon = c->horizon = 8;
    c->n_blocks = 4;
    c->used[0] = c->by_horizon[0] = c->used[1] = true;
    c->n_points[1] = 77;
    c->autocorrelation[0] = 0.25;
    for (size_t q = 0; q < 3; q++) {
        m->levels[q] = c->level[q] = 0.25 * (double)(q + 1);
        for (size_t b = 0; b < 4; b++) {
            c->factor[b][q] = 1 + 0.1 * (double)b + 0.01 * (double)q;
            c->level_taken[b][q] = 0.2 + 0.1 * (double)b + 0.01 * (double)q;
        }
    }
    m->season = 7;
    (void)snprintf(m->frequency, sizeof m->frequency, "day");
}

static void what_was_written_comes_back(void **state) {
    (void)state;
    skua_error err;
    skua_shop *shop = NULL;
    const double kept[] = {0.2, 0.5, 0.7};
    skuai_panel *panel = make_panel();
    assert_ok(skua_shop_open(place, &shop, &err), &err);
    fill_model(&written);
    assert_ok(skuai_model_file_save(shop, &written, panel, "[]", kept, &err), &err);
    assert_ok(skuai_model_file_load(shop, &loaded, &err), &err);
    const skuai_ensemble *a = &written.ensemble, *b = &loaded.ensemble;
    assert_memory_equal(&a->clusters, &b->clusters, sizeof a->clusters);
    assert_memory_equal(a->cluster_share, b->cluster_share, 3 * sizeof(double));
    for (size_t c = 0; c < SKUAI_ENSEMBLE_CLUSTER + 3; c++)
        assert_memory_equal(a->weights[c], b->weights[c], 2 * sizeof(double));
    /* the place without a cluster asks for no member more than its class does */
    assert_memory_equal(b->weights[SKUAI_ENSEMBLE_CLUSTER + 3], b->weights[0], 2 * sizeof(double));
    const skuai_calibration *x = &a->calibration, *y = &b->calibration;
    assert_int_equal(y->n_blocks, 4);
    assert_int_equal(y->horizon, 8);
    assert_int_equal(y->n_points[1], 77);
    assert_true(y->by_horizon[0] && !y->by_horizon[1] && y->used[1]);
    assert_memory_equal(x->factor, y->factor, sizeof x->factor);
    assert_memory_equal(x->level_taken, y->level_taken, sizeof x->level_taken);
    skua_shop_close(shop);
    skuai_panel_free(panel);
}

/* Keys that older files lack are renamed away; the blocks are then one for the whole horizon. */
static void an_older_file_is_read(void **state) {
    (void)state;
    static const char *const keys[] = {"\"clusters\"", "\"by_horizon\""};
    char path[600];
    skua_error err;
    skua_shop *shop = NULL;
    skuai_buffer text;
    skuai_panel *panel = make_panel();
    const double kept[] = {0.2, 0.5, 0.7};
    assert_ok(skua_shop_open(place, &shop, &err), &err);
    fill_model(&written);
    written.ensemble.calibration.n_blocks = 1;
    assert_ok(skuai_model_file_save(shop, &written, panel, "[]", kept, &err), &err);
    (void)snprintf(path, sizeof path, "%s/models/%s/model.json", place, written.name);
    assert_ok(skuai_file_read(path, 1 << 20, &text, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        char *at = strstr(text.data, keys[i]);
        assert_non_null(at);
        at[1] = 'x';
    }
    assert_ok(skuai_file_write(path, text.data, text.size, &err), &err);
    skuai_buffer_clear(&text);
    assert_ok(skuai_model_file_load(shop, &loaded, &err), &err);
    assert_int_equal(loaded.ensemble.clusters.n, 0);
    assert_int_equal(loaded.ensemble.calibration.n_blocks, 1);
    assert_memory_equal(loaded.ensemble.calibration.factor, written.ensemble.calibration.factor,
                        3 * sizeof(double));
    skua_shop_close(shop);
    skuai_panel_free(panel);
}

static int setup(void **state) {
    (void)state;
    skua_error err;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(place, sizeof place, "%s/shop", folder);
    assert_ok(skua_shop_init(place, NULL, &err), &err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_comes_back),
        cmocka_unit_test(an_older_file_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
