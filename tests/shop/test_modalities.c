/* The weighted sum of modalities on simulated shops whose truth depends on looks and words, or does
 * not: weights are above 0 where a modality tells the demand and exactly 0 where its vectors are
 * noise; forecasts are the sum; a model is kept. */
#include "support/support.h"

#include "automl/modality_forecast.h"
#include "core/random.h"
#include "shop/candidates.h"

#include <math.h>
#include <string.h>

enum { WEEKS = 70, OLD = 60, NEW = 360, ITEMS = OLD + NEW, WIDTH = 6, HORIZON = 6 };

/* An item sells what its picture and what its words are worth, each told by its vector when it
 * `tells`; else the vector is noise. A promotion on a fifth of the weeks trebles the sales. */
static skuai_panel *shop(bool image_tells, bool text_tells) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    static float image[ITEMS * WIDTH], text[ITEMS * WIDTH];
    skua_error err;
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_dynamic(b, "promotion", SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t s = 0; s < ITEMS; s++) {
        double y[WEEKS], level = 0;
        float promotion[WEEKS];
        char name[16];
        skuai_random r;
        skuai_random_split(&r, 21, s);
        size_t launch = s < OLD ? 0 : 9 + skuai_random_index(&r, WEEKS - 9);
        for (size_t k = 0; k < WIDTH; k++) {
            double looks = skuai_random_normal(&r), words = skuai_random_normal(&r);
            double noise = skuai_random_normal(&r), more = skuai_random_normal(&r);
            if (k == 0) level = 8 * exp(0.9 * looks) + 8 * exp(0.9 * words);
            image[s * WIDTH + k] = (float)(image_tells ? looks : noise);
            text[s * WIDTH + k] = (float)(text_tells ? words : more);
        }
        for (size_t w = 0; w < WEEKS; w++) {
            promotion[w] = skuai_random_uniform(&r) < 0.2 ? 1 : 0;
            double mean = level * exp(0.15 * skuai_random_normal(&r)) * (promotion[w] > 0 ? 3 : 1);
            y[w] = floor(mean + 0.5);
        }
        const float *dynamic[] = {promotion + launch};
        (void)snprintf(name, sizeof name, "item%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 2600 + (int64_t)launch, WEEKS - launch, 0,
                                             y + launch, NULL, dynamic, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_vectors(b, "image", WIDTH, image, &err), &err);
    assert_ok(skuai_panel_builder_vectors(b, "text", WIDTH, text, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static const double levels[] = {0.1, 0.5, 0.9};
static const skuai_request request = {HORIZON, levels, 3, 1};

static skuai_model *fit(const skuai_forecaster *f, const skuai_panel *panel, const char *windows) {
    skuai_parameter items[] = {{"horizon", "6"}, {"windows", windows}};
    skuai_parameters parameters = {items, 2};
    skuai_context context = {.seed = 1, .threads = 2};
    skuai_model *model = NULL;
    skua_error err;
    assert_ok(f->fit(f, panel, &parameters, &context, &model, &err), &err);
    return model;
}

static double weight(const skuai_modality_weights *w, skuai_modality_age age, const char *name) {
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->name[i], name) == 0) return w->weight[age][i];
    fail_msg("no modality %s", name);
    return 0;
}

static void noise_has_no_weight(void **state) {
    (void)state;
    skuai_forecaster f;
    skua_error err;
    assert_ok(skuai_candidate_find("modalities", &f, &err), &err);
    for (int tells = 0; tells < 4; tells++) {
        bool image = tells & 1, text = tells & 2;
        skuai_panel *panel = shop(image, text);
        skuai_model *model = fit(&f, panel, "3");
        skuai_modality_weights w;
        skuai_modality_weights_get(model, &w);
        assert_true(w.n_items[SKUAI_MODALITY_NEW] >= 20);
        for (int k = 0; k < 2; k++) {
            bool tell = k ? text : image;
            double own = weight(&w, SKUAI_MODALITY_NEW, k ? "text" : "image");
            if (tell)
                assert_true(own > 0.15);
            else
                assert_true(own == 0);
            assert_true(weight(&w, SKUAI_MODALITY_GROWN, k ? "text" : "image") < 0.15);
        }
        /* what has sold for a year is told by its sales and by what is planned */
        assert_true(weight(&w, SKUAI_MODALITY_GROWN, "events") > 0.3);
        f.free(model);
        skuai_panel_free(panel);
    }
}

static void forecasts_are_the_sum(void **state) {
    (void)state;
    skuai_forecaster f;
    skua_error err;
    char folder[512];
    skuai_panel *panel = shop(true, true), *view;
    skuai_forecast *made, *again, *other;
    assert_ok(skuai_candidate_find("modalities", &f, &err), &err);
    assert_ok(skuai_panel_cut_at(panel, 2600 + WEEKS - HORIZON, &view, &err), &err);
    skuai_model *model = fit(&f, view, "3"), *kept = NULL;
    assert_ok(f.predict(model, view, &request, NULL, &made, &err), &err);
    size_t n = made->n_series * HORIZON, newborn = 0, old = SIZE_MAX;
    double error = 0, sold = 0;
    for (size_t s = 0; s < view->n_series; s++) {
        if (view->length[s] > 0) {
            old = s;
            continue;
        }
        newborn = s;
        for (size_t h = 0; h < HORIZON; h++) {
            double y = skuai_panel_actual(view, s, h);
            if (isnan(y)) continue;
            error += fabs(y - *skuai_forecast_mean(made, s, h));
            sold += y;
        }
    }
    assert_true(sold > 0 && error < 0.75 * sold);
    assert_memory_equal(made->note[newborn], "sum ", 4);
    assert_non_null(strstr(made->note[newborn], "image"));
    size_t asked[] = {newborn, old};
    for (int k = 0; k < 2; k++) {
        skuai_contributions *c = NULL;
        assert_ok(f.contributions(model, view, asked[k], &request, NULL, &c, &err), &err);
        for (size_t h = 0; h < HORIZON; h++) {
            double sum = c->base[h];
            for (size_t i = 0; i < c->n_inputs; i++)
                sum += c->value[i * HORIZON + h];
            assert_close(sum, *skuai_forecast_mean(made, asked[k], h), 1e-9, 1e-9);
        }
        skuai_contributions_free(c);
    }
    test_folder_new(folder, sizeof folder);
    assert_ok(f.save(model, folder, &err), &err);
    assert_ok(f.load(&f, folder, &kept, &err), &err);
    assert_ok(f.predict(kept, view, &request, NULL, &again, &err), &err);
    assert_memory_equal(made->mean, again->mean, n * sizeof *made->mean);
    assert_memory_equal(made->quantiles, again->quantiles, n * 3 * sizeof *made->quantiles);
    f.free(kept);
    f.free(model);
    model = fit(&f, view, "1"); /* other windows, other weights */
    assert_ok(f.predict(model, view, &request, NULL, &other, &err), &err);
    assert_memory_not_equal(made->mean, other->mean, n * sizeof *made->mean);
    f.free(model);
    test_folder_remove(folder);
    skuai_forecast_free(made);
    skuai_forecast_free(again);
    skuai_forecast_free(other);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

/* Sales behind the origin changed, those of items to come as well: the same forecasts. */
static void nothing_of_the_future_is_seen(void **state) {
    (void)state;
    skuai_forecaster f;
    skua_error err;
    skuai_panel *panel = shop(true, true), *changed, *view[2];
    skuai_forecast *made[2];
    double *y = skuai_new(panel->n_rows, sizeof *y);
    int64_t origin = 2600 + WEEKS - 2 * HORIZON;
    assert_ok(skuai_candidate_find("modalities", &f, &err), &err);
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t w = 0; w < panel->length[s]; w++)
            y[panel->row[s] + w] =
                panel->start[s] + (int64_t)w >= origin ? 7777 : skuai_panel_target(panel, s)[w];
    assert_ok(skuai_panel_with(panel, SKUAI_PANEL_TARGET, y, &changed, &err), &err);
    for (int k = 0; k < 2; k++) {
        assert_ok(skuai_panel_cut_at(k ? changed : panel, origin, &view[k], &err), &err);
        skuai_model *model = fit(&f, view[k], "2");
        assert_ok(f.predict(model, view[k], &request, NULL, &made[k], &err), &err);
        f.free(model);
    }
    size_t n = made[0]->n_series * HORIZON;
    assert_memory_equal(made[0]->mean, made[1]->mean, n * sizeof *made[0]->mean);
    for (int k = 0; k < 2; k++) {
        skuai_forecast_free(made[k]);
        skuai_panel_free(view[k]);
    }
    skuai_panel_free(changed);
    skuai_panel_free(panel);
    skuai_free(y);
}

static void sales_alone_are_no_sum(void **state) {
    (void)state;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_forecaster f;
    skuai_model *model = NULL;
    double y[60] = {1, 2, 3};
    assert_ok(skuai_panel_builder_series(b, "a", 0, 60, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    assert_ok(skuai_candidate_find("modalities", &f, &err), &err);
    assert_int_equal(f.fit(&f, panel, NULL, NULL, &model, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "skua embed"));
    skuai_parameter wrong = {"colour", "red"}, none = {"windows", "0"};
    assert_int_equal(f.fit(&f, panel, &(skuai_parameters){&wrong, 1}, NULL, &model, &err),
                     SKUA_ECONFIG);
    assert_int_equal(f.fit(&f, panel, &(skuai_parameters){&none, 1}, NULL, &model, &err),
                     SKUA_ECONFIG);
    assert_int_equal(f.load(&f, "/nowhere", &model, &err), SKUA_ENOTFOUND);
    assert_null(model);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_has_no_weight),
        cmocka_unit_test(forecasts_are_the_sum),
        cmocka_unit_test(nothing_of_the_future_is_seen),
        cmocka_unit_test(sales_alone_are_no_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
