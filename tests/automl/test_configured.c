/* Specifications: what is read, what is refused, and that parameters reach the fit. */
#include "support/support.h"

#include "automl/configured.h"

#include <string.h>

static char seen[256];

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    (void)panel, (void)context, (void)err;
    assert_string_equal(self->name, "plain");
    assert_int_equal(*(const int *)self->data, 7);
    seen[0] = '\0';
    for (size_t i = 0; parameters && i < parameters->n; i++) {
        strcat(seen, parameters->items[i].name);
        strcat(seen, "->");
        strcat(seen, parameters->items[i].value);
        strcat(seen, ";");
    }
    *model = NULL;
    return SKUA_OK;
}

static skua_status load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                        skua_error *err) {
    (void)folder, (void)model, (void)err;
    assert_string_equal(self->name, "plain");
    return SKUA_OK;
}

static skua_status find(const char *name, skuai_forecaster *forecaster, skua_error *err) {
    static const int data = 7;
    if (strcmp(name, "plain") != 0) return skuai_error_set(err, SKUA_ENOTFOUND, "no '%s'", name);
    *forecaster = (skuai_forecaster){.name = "plain", .fit = fit, .load = load, .data = &data};
    return SKUA_OK;
}

static void parameters_reach_the_fit(void **state) {
    (void)state;
    skuai_configured c, other;
    skuai_forecaster f, g;
    skuai_model *model;
    skua_error err;
    assert_ok(skuai_configured_make("plain:rate=0.1:base=none", find, &c, &f, &err), &err);
    assert_string_equal(f.name, "plain:rate=0.1:base=none");
    assert_ok(f.fit(&f, NULL, NULL, NULL, &model, &err), &err);
    assert_string_equal(seen, "rate->0.1;base->none;");
    assert_ok(f.load(&f, "", &model, &err), &err);
    assert_ok(skuai_configured_make("plain", find, &other, &g, &err), &err);
    assert_ok(g.fit(&g, NULL, NULL, NULL, &model, &err), &err);
    assert_string_equal(seen, "");
}

static void what_is_no_specification_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "plain:", "plain:a", "plain:=1", "plain:a=", "plain:a=1:b=", "plain:a:b=1", "plain::a=1"};
    skuai_configured c;
    skuai_forecaster f;
    skua_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(skuai_configured_make(bad[i], find, &c, &f, &err), SKUA_ECONFIG);
    assert_int_equal(skuai_configured_make("other:a=1", find, &c, &f, &err), SKUA_ENOTFOUND);
    char long_text[600] = "plain:a=";
    memset(long_text + 8, 'x', 500);
    assert_int_equal(skuai_configured_make(long_text, find, &c, &f, &err), SKUA_ECONFIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_reach_the_fit),
        cmocka_unit_test(what_is_no_specification_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
