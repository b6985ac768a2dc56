/* The cold start on shops whose truth is known: looks tell the level, the own periods take over,
 * nothing of the future is seen, and the reasons are the items that are alike. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/random.h"
#include "tree/cold_start.h"

enum { WEEKS = 60, OLD = 40, NEW = 160, KINDS = 4, WIDTH = 8, AHEAD = 6 };

typedef struct truth {
    double level[OLD + NEW];
    int kind[OLD + NEW];
} truth;

static bool paired; /* two series each are one item in two channels */

/* Items of four kinds, told by a noisy vector; kind k sells about 4^k a week in the end; `spread`
 * is the deviation of an item's log level around that of its kind. */
static skuai_panel *shop(double spread, bool vectors, truth *t) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    float vector[(OLD + NEW) * WIDTH];
    skua_error err;
    for (size_t s = 0; s < OLD + NEW; s++) {
        double y[WEEKS];
        skuai_random r;
        char name[32];
        skuai_random_split(&r, 5, s);
        size_t launch = s < OLD ? 0 : 9 + skuai_random_index(&r, WEEKS - 9);
        t->kind[s] = (int)skuai_random_index(&r, KINDS);
        t->level[s] = 3 * pow(4, t->kind[s]) * exp(spread * skuai_random_normal(&r));
        for (size_t k = 0; k < WIDTH; k++)
            vector[s * WIDTH + k] =
                (float)((int)k == t->kind[s] ? 1 : 0.1 * skuai_random_normal(&r));
        for (size_t w = 0; w < WEEKS; w++) /* drawn for all weeks, so that histories agree */
            y[w] = floor(t->level[s] * exp(0.2 * skuai_random_normal(&r)) + 0.5);
        (void)snprintf(name, sizeof name, "item%zu", paired ? s / 2 : s);
        if (paired) (void)snprintf(name, sizeof name, "item%zu/%c", s / 2, s % 2 ? 'b' : 'a');
        assert_ok(skuai_panel_builder_series(b, name, 2600 + (int64_t)launch, WEEKS - launch, 0,
                                             y + launch, NULL, NULL, &err),
                  &err);
    }
    if (vectors) assert_ok(skuai_panel_builder_vectors(b, "text", WIDTH, vector, &err), &err);
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static const double levels[] = {0.1, 0.5, 0.9};

/* Fit on what was known before week `origin`, forecast all series. */
static skuai_model *fit_at(const skuai_panel *panel, int64_t origin, skuai_panel **view,
                           skuai_forecast **forecast) {
    skua_error err;
    skuai_context context = {.seed = 1, .threads = 2};
    skuai_parameter horizon = {"horizon", "6"};
    skuai_parameters parameters = {&horizon, 1};
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_model *model = NULL;
    const skuai_forecaster *f = &skuai_cold_start_forecaster;
    assert_ok(skuai_panel_cut_at(panel, 2600 + origin, view, &err), &err);
    assert_ok(f->fit(f, *view, &parameters, &context, &model, &err), &err);
    assert_ok(f->predict(model, *view, &request, &context, forecast, &err), &err);
    return model;
}

/* Sum of absolute errors of the medians of series of an age over the sum of what came. */
static double error_at(const skuai_panel *view, const skuai_forecast *f, size_t age) {
    double error = 0, sold = 0;
    for (size_t s = 0; s < view->n_series; s++) {
        if (view->length[s] != age) continue;
        for (size_t h = 0; h < AHEAD; h++) {
            double y = skuai_panel_actual(view, s, h);
            if (isnan(y)) continue;
            error += fabs(y - skuai_forecast_quantiles(f, s, h)[1]);
            sold += y;
        }
    }
    assert_true(sold > 0);
    return error / sold;
}

static void looks_tell_the_level(void **state) {
    (void)state;
    truth t;
    double error[2];
    for (int vectors = 0; vectors < 2; vectors++) {
        skuai_panel *panel = shop(0.1, vectors, &t), *view;
        skuai_forecast *f;
        skuai_model *model = fit_at(panel, 50, &view, &f);
        error[vectors] = error_at(view, f, 0);
        double covered = 0, n = 0;
        for (size_t s = 0; s < view->n_series; s++) {
            if (view->length[s] > 0) continue;
            double y = skuai_panel_actual(view, s, 0);
            if (isnan(y)) continue;
            const double *q = skuai_forecast_quantiles(f, s, 0);
            covered += y >= q[0] && y <= q[2];
            n++;
            assert_true(*skuai_forecast_mean(f, s, 0) > 0);
        }
        assert_true(n >= 10);
        assert_true(covered / n >= 0.5);
        skuai_cold_start_forecaster.free(model);
        skuai_forecast_free(f);
        skuai_panel_free(view);
        skuai_panel_free(panel);
    }
    assert_true(error[1] < 0.25);
    assert_true(error[0] > 2 * error[1]);
}

/* Levels that looks do not tell: with each period the own ones count more. */
static void own_periods_take_over(void **state) {
    (void)state;
    truth t;
    skuai_panel *panel = shop(1.2, true, &t), *view;
    skua_error err;
    skuai_forecast *f, *again;
    skuai_model *model = fit_at(panel, 50, &view, &f);
    skuai_context context = {.seed = 1, .threads = 1};
    skuai_request request = {AHEAD, levels, 3, 1};
    size_t s = 0;
    while (view->length[s] != 0)
        s++;
    double before = INFINITY, first = 0;
    for (int64_t k = 0; k <= 8; k += 2) { /* the same item, k periods old */
        skuai_panel *later, *one;
        assert_ok(skuai_panel_cut_at(panel, panel->start[s] + k, &later, &err), &err);
        assert_ok(skuai_panel_subset(later, &s, 1, &one, &err), &err);
        assert_ok(skuai_cold_start_forecaster.predict(model, one, &request, &context, &again, &err),
                  &err);
        double off = fabs(log(skuai_forecast_quantiles(again, 0, 0)[1] / t.level[s]));
        if (k == 0) first = off;
        if (k > 0) assert_true(off < fmax(before * 1.5, 0.4));
        before = off;
        skuai_forecast_free(again);
        skuai_panel_free(one);
        skuai_panel_free(later);
    }
    assert_true(first > 0.4);
    assert_true(before < 0.5 * first);
    skuai_cold_start_forecaster.free(model);
    skuai_forecast_free(f);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

static void reasons_are_alike(void **state) {
    (void)state;
    truth t;
    skua_error err;
    skuai_panel *panel = shop(0.1, true, &t), *view;
    skuai_forecast *f;
    skuai_model *model = fit_at(panel, 50, &view, &f);
    skuai_analogue analogues[SKUAI_ANALOGUES_MOST];
    size_t n, same = 0, all = 0, launches;
    double weights[SKUAI_COLD_PARTS], sum = 0;
    for (size_t s = OLD; s < view->n_series; s++) {
        if (view->length[s] != 0) continue;
        const char *predecessor = "?";
        assert_ok(skuai_cold_start_reasons(model, view, s, analogues, &n, &predecessor, &err),
                  &err);
        assert_null(predecessor);
        assert_int_equal(n, 10);
        double total = 0;
        for (size_t k = 0; k < n; k++) {
            size_t other = (size_t)strtoul(analogues[k].name + 4, NULL, 10);
            assert_true(other != s && view->length[other] > 0);
            assert_true(k == 0 || analogues[k].likeness <= analogues[k - 1].likeness);
            same += t.kind[other] == t.kind[s];
            all++;
            total += analogues[k].weight;
        }
        assert_close(total, 1, 1e-9, 0);
        assert_memory_equal(f->note[s], "like item", 9);
    }
    assert_true(all > 100 && (double)same > 0.95 * (double)all);
    skuai_cold_start_weights(model, weights, &launches);
    for (size_t k = 0; k < SKUAI_COLD_PARTS; k++) {
        assert_true(weights[k] >= 0);
        sum += weights[k];
    }
    assert_close(sum, 1, 1e-12, 0);
    assert_in_range(launches, 30, NEW);
    skuai_cold_start_forecaster.free(model);
    skuai_forecast_free(f);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

/* Sales behind the origin changed: the same forecast; before it: another. */
static void nothing_of_the_future_is_seen(void **state) {
    (void)state;
    truth t;
    skua_error err;
    skuai_panel *panel = shop(0.5, true, &t), *view, *other, *changed;
    skuai_forecast *a, *b;
    double *y = skuai_new(panel->n_rows, sizeof *y);
    skuai_model *model = fit_at(panel, 45, &view, &a);
    for (int64_t from = 45; from >= 44; from--) {
        for (size_t s = 0; s < panel->n_series; s++)
            for (size_t w = 0; w < panel->length[s]; w++) {
                bool late = panel->start[s] + (int64_t)w >= 2600 + from;
                y[panel->row[s] + w] = late ? 7777 : skuai_panel_target(panel, s)[w];
            }
        assert_ok(skuai_panel_with(panel, SKUAI_PANEL_TARGET, y, &changed, &err), &err);
        skuai_model *m = fit_at(changed, 45, &other, &b);
        size_t size = a->n_series * AHEAD * 3 * sizeof *a->quantiles;
        assert_int_equal(memcmp(a->quantiles, b->quantiles, size) == 0, from == 45);
        skuai_cold_start_forecaster.free(m);
        skuai_forecast_free(b);
        skuai_panel_free(other);
        skuai_panel_free(changed);
    }
    skuai_cold_start_forecaster.free(model);
    skuai_forecast_free(a);
    skuai_panel_free(view);
    skuai_panel_free(panel);
    skuai_free(y);
}

/* An item to be launched in two weeks that replaces a lamp: nothing before, then like the lamp. */
static void a_successor_inherits(void **state) {
    (void)state;
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    skua_error err;
    enum { ITEMS = 40 };
    int64_t launch[ITEMS + 2];
    const char *replaces[ITEMS + 2] = {NULL};
    for (size_t s = 0; s < ITEMS + 2; s++) {
        char name[16];
        double y[30];
        skuai_random r;
        skuai_random_split(&r, 8, s);
        size_t start = s < ITEMS ? s % 20 : 30, n = 30 - start;
        for (size_t w = 0; w < n; w++)
            y[w] = s == 7 ? 400 + (double)w : 4 + floor(4 * skuai_random_uniform(&r));
        (void)snprintf(name, sizeof name, "i%zu", s);
        launch[s] = s < ITEMS ? INT64_MIN : 1032;
        assert_ok(
            skuai_panel_builder_series(b, name, 1000 + (int64_t)start, n, 0, y, NULL, NULL, &err),
            &err);
    }
    replaces[ITEMS] = "i7";
    assert_ok(skuai_panel_builder_arrivals(b, launch, replaces, &err), &err);
    skuai_panel *panel;
    skuai_forecast *f;
    skuai_request request = {AHEAD, levels, 3, 1};
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    assert_ok(
        skuai_forecaster_run(&skuai_cold_start_forecaster, panel, NULL, &request, NULL, &f, &err),
        &err);
    for (size_t s = ITEMS; s < ITEMS + 2; s++) {
        assert_int_equal(skuai_panel_wait(panel, s), 2);
        assert_close(skuai_forecast_quantiles(f, s, 1)[2], 0, 0, 0);
        assert_true(skuai_forecast_quantiles(f, s, 2)[1] > 0);
    }
    assert_true(skuai_forecast_quantiles(f, ITEMS, 2)[1] >
                5 * skuai_forecast_quantiles(f, ITEMS + 1, 2)[1]);
    assert_memory_equal(f->note[ITEMS], "after i7", 8);
    skuai_forecast_free(f);
    skuai_panel_free(panel);
}

/* Few series, none of them a launch; no looks at all; a parameter that is not there. */
static void little_is_enough(void **state) {
    (void)state;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skua_error err;
    double y[] = {3, 4.5, (double)NAN, 2, 5, 3};
    skuai_panel *panel = NULL, *none = NULL;
    skuai_forecast *f = NULL;
    skuai_request request = {AHEAD, levels, 3, 1};
    const skuai_forecaster *cold = &skuai_cold_start_forecaster;
    assert_ok(skuai_panel_builder_series(b, "a", 9, 6, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "b", 15, 0, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    assert_ok(skuai_forecaster_run(cold, panel, NULL, &request, NULL, &f, &err), &err);
    assert_true(*skuai_forecast_mean(f, 1, 0) > 0.5 && *skuai_forecast_mean(f, 1, 0) < 20);
    assert_string_equal(f->note[1], "curve of new items");
    skuai_forecast_free(f);
    skuai_parameter wrong = {"colour", "red"}, odd = {"reach", "1.5"};
    skuai_model *model = NULL;
    assert_int_equal(cold->fit(cold, panel, &(skuai_parameters){&wrong, 1}, NULL, &model, &err),
                     SKUA_ECONFIG);
    assert_int_equal(cold->fit(cold, panel, &(skuai_parameters){&odd, 1}, NULL, &model, &err),
                     SKUA_ECONFIG);
    assert_ok(skuai_panel_cut_at(panel, 0, &none, &err), &err);
    assert_int_equal(cold->fit(cold, none, NULL, NULL, &model, &err), SKUA_EDATA);
    assert_null(model);
    skuai_panel_free(none);
    skuai_panel_free(panel);
}

/* Fit with parameters, forecast the view. */
static skuai_model *fit_with(const skuai_panel *view, const skuai_parameter *items, size_t n,
                             skuai_forecast **forecast) {
    skua_error err;
    skuai_context context = {.seed = 1, .threads = 2};
    skuai_parameters parameters = {items, n};
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_model *model = NULL;
    const skuai_forecaster *f = &skuai_cold_start_forecaster;
    assert_ok(f->fit(f, view, &parameters, &context, &model, &err), &err);
    assert_ok(f->predict(model, view, &request, &context, forecast, &err), &err);
    return model;
}

static bool same(const skuai_forecast *a, const skuai_forecast *b) {
    size_t n = a->n_series * a->horizon;
    return memcmp(a->quantiles, b->quantiles, n * a->n_quantiles * sizeof *a->quantiles) == 0 &&
           memcmp(a->mean, b->mean, n * sizeof *a->mean) == 0;
}

/* Every parameter changes the forecasts. */
static void parameters_count(void **state) {
    (void)state;
    static const skuai_parameter others[] = {
        {"analogues", "2"}, {"trees", "0"}, {"own", "0"}, {"reach", "4"}, {"horizon", "3"}};
    truth t;
    skua_error err;
    skuai_panel *panel = shop(1.2, true, &t), *view;
    skuai_parameter chosen[2] = {{"horizon", "6"}};
    skuai_forecast *usual, *f;
    assert_ok(skuai_panel_cut_at(panel, 2650, &view, &err), &err);
    skuai_model *model = fit_with(view, chosen, 1, &usual);
    skuai_cold_start_forecaster.free(model);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        bool horizon = strcmp(others[k].name, "horizon") == 0;
        chosen[horizon ? 0 : 1] = others[k];
        model = fit_with(view, chosen, horizon ? 1 : 2, &f);
        if (same(usual, f)) fail_msg("%s = %s changes nothing", others[k].name, others[k].value);
        skuai_forecast_free(f);
        skuai_cold_start_forecaster.free(model);
    }
    skuai_forecast_free(usual);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

/* own = 0: what items sold themselves is not read, what others like them sold is. */
static void looks_alone_can_tell(void **state) {
    (void)state;
    truth t;
    skua_error err;
    skuai_panel *panel = shop(0.1, true, &t), *view, *one, *other;
    static const skuai_parameter alone[] = {{"horizon", "6"}, {"own", "0"}};
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_forecast *f, *a, *b;
    assert_ok(skuai_panel_cut_at(panel, 2650, &view, &err), &err);
    skuai_model *model = fit_with(view, alone, 2, &f);
    double off = 0;
    for (size_t s = 0; s < OLD; s++) /* those that are no newborns at all */
        off += fabs(log(skuai_forecast_quantiles(f, s, 0)[1] / t.level[s])) / OLD;
    assert_true(off < 0.4);
    size_t s = OLD;
    while (view->length[s] < 4)
        s++;
    double *y = skuai_new(panel->n_rows, sizeof *y);
    memcpy(y, panel->target, panel->n_rows * sizeof *y);
    for (size_t w = 0; w < view->length[s]; w++)
        y[panel->row[s] + w] *= 50;
    assert_ok(skuai_panel_with(view, SKUAI_PANEL_TARGET, y, &other, &err), &err);
    assert_ok(skuai_panel_subset(view, &s, 1, &one, &err), &err);
    assert_ok(skuai_cold_start_forecaster.predict(model, one, &request, NULL, &a, &err), &err);
    skuai_panel_free(one);
    assert_ok(skuai_panel_subset(other, &s, 1, &one, &err), &err);
    assert_ok(skuai_cold_start_forecaster.predict(model, one, &request, NULL, &b, &err), &err);
    assert_true(same(a, b));
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    skuai_forecast_free(f);
    skuai_cold_start_forecaster.free(model);
    skuai_panel_free(one);
    skuai_panel_free(other);
    skuai_panel_free(view);
    skuai_panel_free(panel);
    skuai_free(y);
}

static void write_text(const char *folder, const char *name, const char *text) {
    char path[4096];
    skua_error err;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(skuai_file_write(path, text, strlen(text), &err), &err);
}

/* A model read back says the same to the last bit, gives the same reasons, and outlives the panel;
 * a damaged one is refused with a sentence that names the file. */
static void a_model_is_kept(void **state) {
    (void)state;
    truth t;
    skua_error err;
    char folder[512];
    skuai_panel *panel = shop(0.5, true, &t), *view;
    skuai_forecast *f, *again;
    skuai_request request = {AHEAD, levels, 3, 1};
    const skuai_forecaster *cold = &skuai_cold_start_forecaster;
    test_folder_new(folder, sizeof folder);
    skuai_model *model = fit_at(panel, 50, &view, &f), *kept = NULL;
    assert_ok(cold->save(model, folder, &err), &err);
    assert_ok(cold->load(cold, folder, &kept, &err), &err);
    assert_ok(cold->predict(kept, view, &request, NULL, &again, &err), &err);
    assert_true(same(f, again));
    skuai_analogue before[SKUAI_ANALOGUES_MOST], after[SKUAI_ANALOGUES_MOST];
    const char *predecessor;
    size_t n, m, s = 0;
    while (view->length[s] != 0)
        s++;
    assert_ok(skuai_cold_start_reasons(model, view, s, before, &n, &predecessor, &err), &err);
    assert_ok(skuai_cold_start_reasons(kept, view, s, after, &m, &predecessor, &err), &err);
    assert_int_equal(n, m);
    for (size_t k = 0; k < n; k++) {
        assert_string_equal(before[k].name, after[k].name);
        assert_true(before[k].sold == after[k].sold && before[k].start == after[k].start);
        assert_true(before[k].likeness == after[k].likeness && before[k].sold > 0);
    }
    cold->free(kept);
    kept = NULL;
    write_text(folder, "vectors.f32", "short");
    assert_int_equal(cold->load(cold, folder, &kept, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "vectors.f32"));
    write_text(folder, "cold.json", "{\"model\":\"cold-start\",\"format\":1,\"horizon\":6}");
    assert_int_equal(cold->load(cold, folder, &kept, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "cold.json"));
    write_text(folder, "cold.json", "{\"model\":\"cold-start\",\"format\":99}");
    assert_int_equal(cold->load(cold, folder, &kept, &err), SKUA_EVERSION);
    write_text(folder, "cold.json", "not JSON");
    assert_int_equal(cold->load(cold, folder, &kept, &err), SKUA_EDATA);
    assert_null(kept);
    cold->free(model);
    skuai_forecast_free(f);
    skuai_forecast_free(again);
    skuai_panel_free(view);
    skuai_panel_free(panel);
    test_folder_remove(folder);
}

/* A new item is told to be like other items, each named once, and not like itself elsewhere. */
static void siblings_are_no_reason(void **state) {
    (void)state;
    truth t;
    skuai_panel *view = NULL;
    skuai_forecast *f = NULL;
    size_t young = 0;
    paired = true;
    skuai_panel *panel = shop(0.3, true, &t);
    skuai_model *model = fit_at(panel, 60, &view, &f);
    for (size_t s = 0; s < view->n_series; s++) {
        char own[32];
        if (strncmp(f->note[s], "like", 4) != 0) continue;
        (void)snprintf(own, sizeof own, "%.*s/", (int)strcspn(skuai_panel_name(view, s), "/"),
                       skuai_panel_name(view, s));
        assert_null(strstr(f->note[s], own));
        assert_memory_equal(f->note[s], "like item", 9);
        young++;
    }
    assert_true(young > 5);
    paired = false;
    skuai_cold_start_forecaster.free(model);
    skuai_forecast_free(f);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siblings_are_no_reason),        cmocka_unit_test(looks_tell_the_level),
        cmocka_unit_test(own_periods_take_over),         cmocka_unit_test(reasons_are_alike),
        cmocka_unit_test(nothing_of_the_future_is_seen), cmocka_unit_test(little_is_enough),
        cmocka_unit_test(a_successor_inherits),          cmocka_unit_test(parameters_count),
        cmocka_unit_test(looks_alone_can_tell),          cmocka_unit_test(a_model_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
