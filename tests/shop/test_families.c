/* Spaces: what a panel lacks is no dimension, every point is a model, nothing is cut off. */
#include "support/support.h"

#include "shop/candidates.h"
#include "shop/families.h"

#include <stdlib.h>
#include <string.h>

static skuai_panel *make_panel(bool rich) {
    skua_error err;
    skuai_grid grid = {.frequency = rich ? SKUAI_FREQUENCY_DAY : SKUAI_FREQUENCY_YEAR};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 0);
    double y[] = {3, rich ? 2.0 : -2.0, 5};
    float available[] = {1, 0.5F, 1}, text[] = {1, 2}, image[] = {3};
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_series(b, "a", 0, 3, 0, y, rich ? available : NULL, NULL, &err),
              &err);
    if (rich) {
        assert_ok(skuai_panel_builder_vectors(b, "text", 2, text, &err), &err);
        assert_ok(skuai_panel_builder_vectors(b, "image", 1, image, &err), &err);
        assert_ok(skuai_panel_builder_alternative(b, "text/minilm", 1, image, &err), &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* The parameter of the first family of that name; NULL: it has none. */
static const skuai_search_parameter *find(const skuai_families *f, const char *family,
                                          const char *name) {
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->items[i].name, family) != 0) continue;
        for (size_t k = 0; k < f->items[i].n; k++)
            if (strcmp(f->items[i].parameters[k].name, name) == 0)
                return &f->items[i].parameters[k];
        return NULL;
    }
    return NULL;
}

static void only_what_can_change_something_varies(void **state) {
    (void)state;
    static skuai_families rich, poor;
    skuai_panel *a = make_panel(true), *b = make_panel(false);
    skuai_families_make(a, &rich);
    skuai_families_make(b, &poor);
    assert_int_equal(rich.n, poor.n);
    assert_string_equal(find(&rich, "tree-direct", "pre_vectors")->choices,
                        "|none|text|image|text/minilm");
    assert_null(find(&poor, "tree-direct", "pre_vectors"));
    assert_non_null(find(&rich, "theta", "pre_stockouts"));
    assert_null(find(&poor, "theta", "pre_stockouts"));
    assert_non_null(find(&rich, "ets", "pre_transform"));
    assert_null(find(&poor, "ets", "pre_transform")); /* some sales are negative */
    assert_string_equal(find(&rich, "theta", "pre_difference")->choices, "|first|season");
    assert_string_equal(find(&poor, "theta", "pre_difference")->choices, "|first");
    assert_null(find(&rich, "tree-direct", "pre_transform")); /* it has its own */
    assert_null(find(&rich, "window-mean", "pre_difference"));
    assert_string_equal(find(&rich, "gru", "pre_vectors")->choices, "|none|text|image|text/minilm");
    const char *base = getenv("SKUA_BASE");
    char *kept = base ? strdup(base) : NULL;
    assert_int_equal(setenv("SKUA_BASE", SKUA_TEST_SOURCE "/data/models/base.safetensors", 1), 0);
    skuai_families_make(a, &rich);
    assert_non_null(find(&rich, "transformer", "rate"));
    assert_int_equal(setenv("SKUA_BASE", "/nowhere", 1), 0); /* nothing there to fine-tune */
    skuai_families_make(a, &rich);
    assert_null(find(&rich, "transformer", "rate"));
    assert_non_null(find(&rich, "gru", "rate"));
    if (kept)
        assert_int_equal(setenv("SKUA_BASE", kept, 1), 0);
    else
        assert_int_equal(unsetenv("SKUA_BASE"), 0);
    free(kept);
    skuai_panel_free(a);
    skuai_panel_free(b);
}

static void every_point_is_a_model(void **state) {
    (void)state;
    static skuai_families f;
    static skuai_configured configured;
    skuai_panel *panel = make_panel(true);
    skuai_random random;
    skuai_random_init(&random, 1);
    assert_int_equal(setenv("SKUA_BASE", SKUA_TEST_SOURCE "/data/models/base.safetensors", 1), 0);
    skuai_families_make(panel, &f);
    assert_int_equal(f.n, SKUAI_FAMILIES);
    for (size_t i = 0; i < f.n; i++)
        for (int draw = 0; draw < 100; draw++) {
            double x[SKUAI_SEARCH_PARAMETERS];
            char text[SKUAI_SPECIFICATION_SIZE], name[64];
            skuai_forecaster forecaster;
            skua_error err;
            for (size_t k = 0; k < f.items[i].n; k++)
                x[k] = draw == 0 ? 0.999 : skuai_random_uniform(&random);
            skuai_search_specify(&f.items[i], x, text);
            assert_ok(skuai_candidate_make(NULL, text, &configured, &forecaster, &err), &err);
            for (size_t k = 0; draw == 0 && k < f.items[i].n; k++) { /* the last choice: no empty */
                (void)snprintf(name, sizeof name, ":%s=", f.items[i].parameters[k].name);
                if (!strstr(text, name)) fail_msg("%s lacks %s", text, name);
            }
        }
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_can_change_something_varies),
        cmocka_unit_test(every_point_is_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
