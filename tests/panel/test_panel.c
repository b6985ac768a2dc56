/* The panel: what was built is what is read; views share rows; derived panels are new. */
#include "support/support.h"

#include "panel/panel.h"

#include <math.h>
#include <string.h>

/* Three series on a monthly grid: ragged, one with missing values, one without history. */
static skuai_panel *build(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 0);
    const double y0[] = {1, 2, 3, 4, 5}, y1[] = {10, NAN, 30};
    const float available[] = {1, 0.5F, 0}, price0[] = {9, 9, 8, 8, 7, 6, 5}, price1[] = {1, 2, 3};
    const float price2[] = {4, 4};
    const float *x0[] = {price0}, *x1[] = {price1}, *x2[] = {price2};
    assert_ok(skuai_panel_builder_dynamic(b, "price", SKUAI_KNOWN_AHEAD, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "tea/web", 600, 5, 2, y0, NULL, x0, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "cup/web", 602, 3, 0, y1, available, x1, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "pot/shop", 605, 0, 2, NULL, NULL, x2, &err), &err);
    const char *channel[] = {"web", "web", NULL}, *item[] = {"tea", "cup", "pot"};
    const double weight[] = {1, 2, NAN};
    assert_ok(skuai_panel_builder_category(b, "channel", channel, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "item", item, &err), &err);
    assert_ok(skuai_panel_builder_number(b, "weight", weight, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static void reads_what_was_built(void **state) {
    (void)state;
    skuai_panel *p = build();
    assert_int_equal(p->n_series, 3);
    assert_int_equal(p->season, 12);
    assert_true(p->counts && p->non_negative);
    assert_string_equal(skuai_panel_name(p, 1), "cup/web");
    assert_close(skuai_panel_target(p, 0)[4], 5, 0, 0);
    assert_true(isnan(skuai_panel_target(p, 1)[1]));
    assert_int_equal(skuai_panel_end(p, 0), 605);
    assert_close((double)p->available[p->row[0]], 1, 0, 0); /* came without */
    assert_close((double)p->available[p->row[1] + 1], 0.5, 0, 0);
    size_t price = skuai_panel_dynamic_find(p, "price");
    assert_int_equal(price, 0);
    assert_close((double)p->dynamic[0].values[p->row[0] + 6], 5, 0, 0);
    assert_true(skuai_panel_dynamic_find(p, "weather") == SIZE_MAX);
    const skuai_static *item = &p->statics[skuai_panel_static_find(p, "item")];
    assert_int_equal(item->n_levels, 3);
    assert_string_equal(item->levels[item->codes[0]], "tea");
    assert_string_equal(item->levels[0], "cup"); /* sorted */
    assert_int_equal(p->statics[0].codes[2], -1);
    assert_true(isnan(skuai_panel_actual(p, 1, 0)));
    skuai_panel_free(p);
}

static void bad_values_are_refused(void **state) {
    (void)state;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 0);
    const double infinite[] = {1, INFINITY}, fine[] = {1, 2};
    const float too_much[] = {1, 1.5F};
    assert_int_equal(skuai_panel_builder_series(b, "a", 0, 2, 0, infinite, NULL, NULL, &err),
                     SKUA_EDATA);
    assert_int_equal(skuai_panel_builder_series(b, "a", 0, 2, 0, fine, too_much, NULL, &err),
                     SKUA_EDATA);
    assert_non_null(strstr(err.message, "1.5"));
    assert_ok(skuai_panel_builder_series(b, "a", 0, 2, 0, fine, NULL, NULL, &err), &err);
    assert_int_equal(skuai_panel_builder_dynamic(b, "late", SKUAI_KNOWN_PAST, &err), SKUA_EINVAL);
    skuai_panel_builder_free(b); /* unfinished: nothing leaks (the sanitizer build looks) */
}

static void cut_hides_and_actual_shows(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = build(), *cut, *cut_more, *at;
    assert_ok(skuai_panel_cut(p, 2, &cut, &err), &err);
    assert_int_equal(cut->length[0], 3);
    assert_int_equal(cut->future[0], 4);
    assert_int_equal(cut->length[1], 1);
    assert_int_equal(cut->length[2], 0);
    assert_close(skuai_panel_actual(cut, 0, 0), 4, 0, 0);
    assert_close(skuai_panel_actual(cut, 0, 1), 5, 0, 0);
    assert_true(isnan(skuai_panel_actual(cut, 0, 2)));
    assert_ptr_equal(cut->target, p->target); /* shared */
    skuai_panel_free(p);                      /* the view keeps it alive */
    assert_ok(skuai_panel_cut(cut, 100, &cut_more, &err), &err);
    assert_int_equal(cut_more->length[0], 0);
    assert_close(skuai_panel_actual(cut_more, 0, 0), 1, 0, 0);
    assert_ok(skuai_panel_cut_at(cut, 603, &at, &err), &err);
    assert_int_equal(at->length[0], 3);
    assert_int_equal(at->length[1], 1);
    skuai_panel_free(at);
    assert_ok(skuai_panel_cut_at(cut, 602, &at, &err), &err);
    assert_int_equal(at->length[0], 2);
    assert_int_equal(at->length[1], 0); /* starts at the origin: a cold start */
    skuai_panel_free(at);
    skuai_panel_free(cut_more);
    skuai_panel_free(cut);
}

static void parts_make_the_whole(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = build(), *part, *subset, *last;
    for (size_t parts = 1; parts <= 5; parts++) {
        size_t seen = 0;
        for (size_t i = 0; i < parts; i++) {
            assert_ok(skuai_panel_shard(p, i, parts, &part, &err), &err);
            for (size_t s = 0; s < part->n_series; s++)
                assert_string_equal(skuai_panel_name(part, s), skuai_panel_name(p, seen + s));
            seen += part->n_series;
            skuai_panel_free(part);
        }
        assert_int_equal(seen, 3);
    }
    const size_t order[] = {2, 0};
    assert_ok(skuai_panel_subset(p, order, 2, &subset, &err), &err);
    assert_string_equal(skuai_panel_name(subset, 0), "pot/shop");
    assert_int_equal(subset->statics[1].codes[subset->base[1]], p->statics[1].codes[0]);
    const size_t wrong[] = {3};
    assert_int_equal(skuai_panel_subset(p, wrong, 1, &part, &err), SKUA_ERANGE);
    assert_ok(skuai_panel_last(p, 2, &last, &err), &err);
    assert_int_equal(last->start[0], 603);
    assert_close(skuai_panel_target(last, 0)[0], 4, 0, 0);
    assert_close((double)last->dynamic[0].values[last->row[0]], 8, 0, 0);
    skuai_panel_free(last);
    skuai_panel_free(subset);
    skuai_panel_free(p);
}

/* A copy of some series reads as they do, its rows are its own, and changes stay in it. */
static void extract_copies_rows(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = build(), *some = NULL, *changed = NULL;
    size_t which[] = {2, 1};
    assert_ok(skuai_panel_extract(p, which, 2, &some, &err), &err);
    assert_int_equal(some->n_series, 2);
    assert_int_equal(some->n_rows, 2 + 3);
    assert_string_equal(skuai_panel_name(some, 0), "pot/shop");
    assert_int_equal(some->row[1], 2);
    assert_close(skuai_panel_target(some, 1)[2], 30, 0, 0);
    assert_true(isnan(skuai_panel_target(some, 1)[1]));
    assert_close((double)some->available[some->row[1] + 1], 0.5, 0, 0);
    assert_close((double)some->dynamic[0].values[some->row[0] + 1], 4, 0, 0);
    assert_close((double)some->dynamic[0].values[some->row[1] + 2], 3, 0, 0);
    assert_int_equal(some->base[1], 1);
    double values[5] = {1, 2, 3, 4, 5};
    assert_ok(skuai_panel_with(some, 0, values, &changed, &err), &err);
    assert_close((double)changed->dynamic[0].values[4], 5, 0, 0);
    assert_close((double)p->dynamic[0].values[p->row[1] + 2], 3, 0, 0);
    skuai_panel_free(p); /* the copy holds on to what it shares */
    assert_string_equal(skuai_panel_name(changed, 1), "cup/web");
    skuai_panel_free(changed);
    which[0] = 3;
    assert_int_equal(skuai_panel_extract(some, which, 2, &changed, &err), SKUA_ERANGE);
    skuai_panel_free(some);
}

static void vectors_can_be_others(void **state) {
    (void)state;
    skua_error err;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel *p = NULL, *other = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    const double y[] = {1, 2};
    const float v[] = {1, 2, 3, 4}, w[] = {1, 2, 8, 9};
    assert_ok(skuai_panel_builder_series(b, "a", 0, 2, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "b", 0, 2, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_vectors(b, "text", 2, v, &err), &err);
    assert_ok(skuai_panel_builder_alternative(b, "text/other", 1, w, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &p, &err), &err);
    skuai_panel_builder_free(b);
    const size_t second = 1;
    assert_ok(skuai_panel_extract(p, &second, 1, &other, &err), &err);
    assert_int_equal(other->n_alternatives, 1);
    assert_close((double)other->vectors[1].values[other->base[0]], 2, 0, 0);
    skuai_panel_free(other);
    assert_ok(skuai_panel_choose_vectors(p, "text/other", &other, &err), &err);
    assert_int_equal(other->n_vectors, 1);
    assert_int_equal(other->n_alternatives, 0);
    assert_int_equal(other->vectors[0].width, 1);
    skuai_panel_free(other);
    assert_ok(skuai_panel_with_vectors(p, 0, w, &other, &err), &err);
    assert_string_equal(other->vectors[1].modality, "text/other");
    assert_close((double)other->vectors[0].values[3], 9, 0, 0);
    assert_close((double)p->vectors[0].values[3], 4, 0, 0);
    assert_string_equal(other->vectors[0].modality, "text");
    skuai_panel_free(other);
    assert_int_equal(skuai_panel_with_vectors(p, 1, w, &other, &err), SKUA_ERANGE);
    skuai_panel_free(p);
}

static void with_changes_one_column(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = build(), *changed, *again;
    double values[16];
    for (size_t r = 0; r < p->n_rows; r++)
        values[r] = (double)r;
    assert_ok(skuai_panel_with(p, 0, values, &changed, &err), &err);
    assert_close((double)changed->dynamic[0].values[3], 3, 0, 0);
    assert_close((double)p->dynamic[0].values[3], 8, 0, 0);
    assert_ptr_equal(changed->target, p->target);
    assert_ok(skuai_panel_with(changed, SIZE_MAX, values, &again, &err), &err);
    assert_close(skuai_panel_target(again, 1)[0], 7, 0, 0);
    assert_ptr_equal(again->dynamic[0].values, changed->dynamic[0].values);
    assert_int_equal(skuai_panel_with(p, 1, values, &changed, &err), SKUA_ERANGE);
    skuai_panel_free(p);
    skuai_panel_free(changed);
    skuai_panel_free(again);
}

static void append_moves_the_end(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = build(), *longer;
    const double more[] = {6, 7, 8, 40, 50, 60, 1, 0, NAN};
    assert_ok(skuai_panel_append(p, 3, more, &longer, &err), &err);
    assert_int_equal(longer->length[0], 8);
    assert_int_equal(longer->future[0], 0);
    assert_close(skuai_panel_target(longer, 0)[7], 8, 0, 0);
    assert_close((double)longer->dynamic[0].values[longer->row[0] + 6], 5, 0, 0); /* was future */
    assert_true(isnan(longer->dynamic[0].values[longer->row[0] + 7]));
    assert_close(skuai_panel_target(longer, 2)[0], 1, 0, 0);
    assert_int_equal(longer->start[2], 605);
    assert_string_equal(longer->statics[1].levels[longer->statics[1].codes[0]], "tea");
    assert_close(longer->statics[2].values[1], 2, 0, 0);
    skuai_panel_free(longer);
    skuai_panel_free(p);
}

static void sums_keep_the_mass(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = build(), *sums;
    int32_t group[3];
    assert_ok(skuai_panel_aggregate(p, 0, group, &sums, &err), &err);
    assert_int_equal(sums->n_series, 1); /* "web"; pot has no channel */
    assert_int_equal(group[0], 0);
    assert_int_equal(group[2], -1);
    const double expected[] = {1, 2, 13, 4, 35};
    assert_int_equal(sums->start[0], 600);
    assert_close_array(skuai_panel_target(sums, 0), expected, 5, 0, 0);
    assert_int_equal(skuai_panel_aggregate(p, 2, group, &sums, &err), SKUA_EINVAL); /* a number */
    skuai_panel_free(sums);
    skuai_panel_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_built),       cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(cut_hides_and_actual_shows), cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(extract_copies_rows),        cmocka_unit_test(vectors_can_be_others),
        cmocka_unit_test(with_changes_one_column),    cmocka_unit_test(append_moves_the_end),
        cmocka_unit_test(sums_keep_the_mass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
