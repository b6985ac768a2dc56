/* Preparations: each option changes what a model says, what is undone is exact, sums of differences
 * have the spread of their copula, files keep what was learnt, wrong options are refused. */
#include "support/support.h"

#include "automl/configured.h"
#include "automl/preparation.h"
#include "automl/search.h"
#include "core/alloc.h"
#include "math/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 60, SEASON = 7, HORIZON = 20, LEVELS = 3 };
static const double levels[LEVELS] = {0.1, 0.5, 0.9};

struct skuai_model {
    int kind;
};
enum { LAST_SEASON, MOMENTS, ORACLE, UNIT };

static double truth(double t) {
    return 20 + 0.5 * t + 3 * fmod(t, SEASON);
}

/* What the oracle knows of the working space: a transform, and a lag. */
static bool oracle_log;
static double oracle_lag;
static double oracle_autocorrelation;
static bool hidden; /* nothing of the future may be left */

static double working(double t) {
    return oracle_log ? log1p(truth(t)) : truth(t);
}

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    (void)panel, (void)context;
    for (size_t i = 0; parameters && i < parameters->n; i++)
        assert_false(skuai_preparation_owns(parameters->items[i].name));
    skuai_model *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a model");
    made->kind = *(const int *)self->data;
    *model = made;
    return SKUA_OK;
}

/* Mean and deviation of the history, weighted by what was available, moved by a vector. */
static void moments(const skuai_panel *p, size_t s, double *mean, double *deviation) {
    double n = 0, sum = 0, square = 0;
    const double *y = skuai_panel_target(p, s);
    for (size_t t = 0; t < p->length[s]; t++) {
        double w = p->available ? (double)p->available[p->row[s] + t] : 1;
        if (isnan(y[t])) continue;
        n += w, sum += w * y[t], square += w * y[t] * y[t];
    }
    *mean = sum / n;
    *deviation = sqrt(fmax(square / n - *mean * *mean, 0));
    for (size_t k = 0; k < p->n_vectors; k++)
        *mean += (double)p->vectors[k].values[p->base[s] * p->vectors[k].width];
}

static skua_status predict(const skuai_model *model, const skuai_panel *p,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    (void)context;
    SKUA_TRY(
        skuai_forecast_new(p, request->horizon, request->levels, request->n_levels, forecast, err));
    for (size_t s = 0; s < p->n_series; s++) {
        const double *y = skuai_panel_target(p, s);
        size_t n = p->length[s];
        (*forecast)->autocorrelation[s] = oracle_autocorrelation;
        for (size_t h = 0; h < request->horizon; h++) {
            double t = (double)(n + h), mean = 0, deviation = 0;
            assert_true(!hidden || isnan(skuai_panel_actual(p, s, h)));
            if (model->kind == LAST_SEASON) mean = y[n - SEASON + h % SEASON];
            if (model->kind == MOMENTS) moments(p, s, &mean, &deviation);
            if (model->kind == ORACLE) mean = working(t) - working(t - oracle_lag);
            if (model->kind == UNIT) deviation = 1;
            *skuai_forecast_mean(*forecast, s, h) = mean;
            for (size_t i = 0; i < request->n_levels; i++)
                skuai_forecast_quantiles(*forecast, s, h)[i] =
                    mean + deviation * skuai_normal_quantile(request->levels[i]);
        }
    }
    return SKUA_OK;
}

static void free_model(skuai_model *model) {
    skuai_free(model);
}
static skua_status save(const skuai_model *model, const char *folder, skua_error *err) {
    (void)model, (void)folder, (void)err;
    return SKUA_OK;
}
static skua_status load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                        skua_error *err) {
    (void)folder;
    return fit(self, NULL, NULL, NULL, model, err);
}

static skua_status find(const char *name, skuai_forecaster *f, skua_error *err) {
    static const int kinds[] = {LAST_SEASON, MOMENTS, ORACLE, UNIT};
    static const char *const names[] = {"last-season", "moments", "oracle", "unit"};
    for (int k = 0; k < 4; k++)
        if (strcmp(names[k], name) == 0) {
            *f = (skuai_forecaster){.name = names[k],
                                    .fit = fit,
                                    .predict = predict,
                                    .free = free_model,
                                    .save = save,
                                    .load = load,
                                    .data = &kinds[k]};
            return SKUA_OK;
        }
    return skuai_error_set(err, SKUA_ENOTFOUND, "no '%s'", name);
}

/* Two series: the truth, and it with noise, an outlier, a gap and days without stock, times 5.
 * Behind the end of both lie HORIZON periods. */
static skuai_panel *make_panel(void) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, SEASON);
    enum { ALL = LENGTH + HORIZON };
    double y[2][ALL];
    float available[ALL], vectors[2][2] = {{0.1F, 0}, {0.2F, 0}}, other[2] = {0.3F, 0.4F};
    const float sharper[2][2] = {{0.5F, 0}, {0.9F, 0}}; /* of another encoder of the texts */
    for (int t = 0; t < ALL; t++) {
        y[0][t] = truth(t);
        y[1][t] = 5 * (truth(t) + 0.2 * truth(t) * sin(37.0 * t) + (t == 2 ? 150 : 0));
        available[t] = t % 9 == 4 ? 0.25F : 1;
    }
    y[1][41] = (double)NAN;
    assert_ok(skuai_panel_builder_series(b, "a", 0, ALL, 0, y[0], NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "b", 0, ALL, 0, y[1], available, NULL, &err), &err);
    assert_ok(skuai_panel_builder_vectors(b, "text", 2, &vectors[0][0], &err), &err);
    assert_ok(skuai_panel_builder_vectors(b, "image", 1, other, &err), &err);
    assert_ok(skuai_panel_builder_alternative(b, "text/sharper", 2, &sharper[0][0], &err), &err);
    assert_int_equal(skuai_panel_builder_vectors(b, "sound", 1, other, &err), SKUA_EINVAL);
    skuai_panel *panel = NULL, *view = NULL;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    assert_ok(skuai_panel_cut(panel, HORIZON, &view, &err), &err);
    skuai_panel_free(panel);
    return view;
}

static skuai_forecast *run(const skuai_panel *panel, const char *specification) {
    skuai_configured c;
    skuai_forecaster f;
    skuai_forecast *forecast = NULL;
    skuai_context context = {0};
    skuai_request request = {HORIZON, levels, LEVELS, 1};
    skua_error err;
    hidden = strstr(specification, "pre_") != NULL;
    assert_ok(skuai_configured_make(specification, find, &c, &f, &err), &err);
    assert_ok(skuai_forecaster_run(&f, panel, NULL, &request, &context, &forecast, &err), &err);
    return forecast;
}

static double farthest(const skuai_forecast *a, const skuai_forecast *b) {
    double most = 0;
    for (size_t i = 0; i < a->n_series * a->horizon; i++)
        most = fmax(most, fabs(a->mean[i] - b->mean[i]));
    for (size_t i = 0; i < a->n_series * a->horizon * a->n_quantiles; i++)
        most = fmax(most, fabs(a->quantiles[i] - b->quantiles[i]));
    return most;
}

static void each_option_changes_the_result(void **state) {
    (void)state;
    static const char *const specifications[] = {
        "moments:pre_stockouts=missing",
        "moments:pre_stockouts=ignore",
        "moments:pre_outliers=clip",
        "moments:pre_outliers=missing",
        "moments:pre_scale=mean",
        "moments:pre_scale=deviation",
        "moments:pre_transform=log1p",
        "moments:pre_transform=box-cox",
        "moments:pre_difference=first",
        "moments:pre_difference=season",
        "moments:pre_vectors=text",
        "moments:pre_vectors=image",
        "moments:pre_vectors=text/sharper",
        "moments:pre_vectors=none",
        "moments:pre_scale=mean:pre_transform=log1p",
        "moments:pre_vectors=none:pre_transform=log1p:pre_difference=season"};
    enum { N = sizeof specifications / sizeof *specifications };
    skuai_panel *panel = make_panel();
    skuai_forecast *plain = run(panel, "moments"), *made[N];
    for (size_t i = 0; i < N; i++) {
        made[i] = run(panel, specifications[i]);
        assert_true(farthest(plain, made[i]) > 1e-3);
        for (size_t k = 0; k < i; k++)
            if (!(farthest(made[k], made[i]) > 1e-3))
                fail_msg("%s and %s say the same", specifications[k], specifications[i]);
    }
    skuai_forecast *same = run(panel, "moments:pre_transform=none");
    assert_true(farthest(plain, same) == 0);
    for (size_t i = 0; i < N; i++)
        skuai_forecast_free(made[i]);
    skuai_forecast_free(same);
    skuai_forecast_free(plain);
    skuai_panel_free(panel);
}

/* Of a model that adds up what its vectors say: how far it is from what the other encoder knows. */
static skua_status judge(void *user, const char *specification, size_t rung, double *loss,
                         double *seconds, skua_error *err) {
    const skuai_panel *panel = user;
    skuai_forecast *told = run(panel, specification),
                   *knows = run(panel, "moments:pre_vectors=none");
    (void)rung, (void)err;
    *loss = *seconds = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        *loss += fabs(*skuai_forecast_mean(told, s, 0) - *skuai_forecast_mean(knows, s, 0) -
                      (s == 0 ? 0.5 : 0.9));
    skuai_forecast_free(told);
    skuai_forecast_free(knows);
    return SKUA_OK;
}

/* Vectors of another encoder are seen by none but the model that asks for them; the search finds
 * which tell more, and a name that is none is refused. */
static void the_encoder_is_chosen(void **state) {
    (void)state;
    static const skuai_search_parameter choice[] = {
        {"pre_vectors", SKUAI_RANGE_CHOICE, 0, 0, "|none|text|image|text/sharper"}};
    static const skuai_search_family family = {"moments", "", choice, 1};
    skuai_search_options o = {
        .families = &family, .n_families = 1, .rungs = 1, .eta = 3, .trials = 20, .seed = 1};
    skuai_search search = {0};
    skua_error err;
    skuai_configured c;
    skuai_forecaster f;
    skuai_forecast *forecast = NULL;
    skuai_request request = {HORIZON, levels, LEVELS, 1};
    skuai_context context = {0};
    skuai_panel *panel = make_panel();
    assert_int_equal(panel->n_vectors, 2);
    assert_int_equal(panel->n_alternatives, 1);
    assert_ok(skuai_search_run(&o, judge, panel, NULL, &search, &err), &err);
    assert_non_null(strstr(search.trials[0].specification, "pre_vectors=text/sharper"));
    assert_true(search.trials[0].loss[0] < 1e-6);
    skuai_search_clear(&search);
    assert_ok(skuai_configured_make("moments:pre_vectors=txt", find, &c, &f, &err), &err);
    assert_int_equal(skuai_forecaster_run(&f, panel, NULL, &request, &context, &forecast, &err),
                     SKUA_ERANGE);
    assert_non_null(strstr(err.message, "'txt'"));
    skuai_panel_free(panel);
}

/* A forecast that only repeats what was seen is the same through every monotone transform. */
static void transforms_are_undone_exactly(void **state) {
    (void)state;
    static const char *const specifications[] = {
        "last-season:pre_scale=mean", "last-season:pre_scale=deviation",
        "last-season:pre_transform=log1p", "last-season:pre_transform=box-cox",
        "last-season:pre_scale=deviation:pre_transform=box-cox:pre_stockouts=ignore"};
    skuai_panel *panel = make_panel();
    skuai_forecast *plain = run(panel, "last-season");
    for (size_t i = 0; i < sizeof specifications / sizeof *specifications; i++) {
        skuai_forecast *made = run(panel, specifications[i]);
        assert_close_array(made->mean, plain->mean, 2 * HORIZON, 1e-11, 0);
        assert_close_array(made->quantiles, plain->quantiles, 2 * HORIZON * LEVELS, 1e-11, 0);
        skuai_forecast_free(made);
    }
    skuai_forecast_free(plain);
    skuai_panel_free(panel);
}

/* A model that knows the next differences knows the next values, three seasons on. */
static void differences_are_summed_up_exactly(void **state) {
    (void)state;
    static const struct {
        const char *specification;
        bool logarithm;
        double lag;
    } cases[] = {{"oracle:pre_difference=first", false, 1},
                 {"oracle:pre_difference=season", false, SEASON},
                 {"oracle:pre_difference=season:pre_transform=log1p", true, SEASON},
                 {"oracle:pre_difference=first:pre_transform=log1p", true, 1}};
    skuai_panel *panel = make_panel();
    oracle_autocorrelation = 0.3;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oracle_log = cases[i].logarithm, oracle_lag = cases[i].lag;
        skuai_forecast *made = run(panel, cases[i].specification);
        for (size_t h = 0; h < HORIZON; h++) {
            assert_close(made->mean[h], truth((double)(LENGTH + h)), 1e-9, 0);
            for (size_t q = 0; q < LEVELS; q++)
                assert_close(skuai_forecast_quantiles(made, 0, h)[q], truth((double)(LENGTH + h)),
                             1e-9, 0);
        }
        skuai_forecast_free(made);
    }
    skuai_panel_free(panel);
}

/* Var of a sum of h normals of deviation 1 that correlate by r^k. */
static void spreads_add_up_as_their_copula(void **state) {
    (void)state;
    skuai_panel *panel = make_panel();
    for (int k = 0; k < 2; k++) {
        double r = oracle_autocorrelation = k ? 0.4 : 0;
        skuai_forecast *first = run(panel, "unit:pre_difference=first");
        skuai_forecast *season = run(panel, "unit:pre_difference=season");
        for (int h = 0; h < HORIZON; h++) {
            double one = 0, other = 0;
            for (int i = 0; i <= h; i++)
                for (int j = 0; j <= h; j++)
                    one += pow(r, abs(i - j));
            for (int i = h; i >= 0; i -= SEASON)
                for (int j = h; j >= 0; j -= SEASON)
                    other += pow(r, abs(i - j));
            const double *q = skuai_forecast_quantiles(first, 0, (size_t)h),
                         *p = skuai_forecast_quantiles(season, 0, (size_t)h);
            double z = skuai_normal_quantile(0.9);
            assert_close(q[2] - q[1], z * sqrt(one), 1e-9, 0);
            assert_close(q[1] - q[0], z * sqrt(one), 1e-9, 0);
            assert_close(p[2] - p[1], z * sqrt(other), 1e-9, 0);
        }
        assert_true(first->autocorrelation[0] > 0.8); /* a random walk's neighbours are alike */
        assert_close(season->autocorrelation[0], r, 1e-12, 1e-12);
        skuai_forecast_free(first);
        skuai_forecast_free(season);
    }
    skuai_panel_free(panel);
}

static void treatments_do_what_they_say(void **state) {
    (void)state;
    skuai_panel *panel = make_panel();
    skuai_preparation_learnt learnt;
    skuai_prepared p = {0};
    skua_error err;
    skuai_preparation missing = {.stockouts = SKUAI_STOCKOUTS_MISSING,
                                 .outliers = SKUAI_OUTLIERS_MISSING};
    assert_ok(skuai_preparation_learn(&missing, panel, &learnt, &err), &err);
    assert_ok(skuai_prepared_make(&missing, &learnt, panel, &p, &err), &err);
    const double *y = skuai_panel_target(panel, 1), *z = skuai_panel_target(p.panel, 1);
    for (size_t t = 0; t < LENGTH; t++)
        if (t % 9 == 4 || t == 2 || t == 41)
            assert_true(isnan(z[t]));
        else
            assert_close(z[t], y[t], 0, 0);
    skuai_prepared_clear(&p);
    skuai_preparation clip = {.outliers = SKUAI_OUTLIERS_CLIP};
    assert_ok(skuai_prepared_make(&clip, &learnt, panel, &p, &err), &err);
    z = skuai_panel_target(p.panel, 1);
    assert_true(z[2] < y[2] - 100 && z[2] > y[3]);
    assert_close(z[3], y[3], 0, 0);
    skuai_prepared_clear(&p);
    skuai_panel_free(panel);
}

/* Spread in proportion to the level wants a logarithm, a constant spread none. */
static void lambda_follows_the_spread(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        skua_error err;
        skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
        skuai_panel_builder *b = skuai_panel_builder_new(&grid, SEASON);
        double y[210];
        for (int t = 0; t < 210; t++) {
            double wave = sin(1.7 * t), level = 100 + 4 * t;
            y[t] = k ? level * (1 + 0.3 * wave) - 1 : level + 60 * wave;
        }
        skuai_panel *panel = NULL;
        assert_ok(skuai_panel_builder_series(b, "a", 0, 210, 0, y, NULL, NULL, &err), &err);
        assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
        skuai_panel_builder_free(b);
        skuai_preparation p = {.transform = SKUAI_TRANSFORM_BOX_COX};
        skuai_preparation_learnt learnt;
        assert_ok(skuai_preparation_learn(&p, panel, &learnt, &err), &err);
        if (k)
            assert_true(learnt.lambda <= 0.3);
        else
            assert_true(learnt.lambda >= 0.8);
        skuai_panel_free(panel);
    }
}

static void files_keep_what_was_learnt(void **state) {
    (void)state;
    char folder[256];
    skuai_panel *panel = make_panel();
    skuai_configured c;
    skuai_forecaster f;
    skuai_model *model = NULL, *again = NULL;
    skuai_forecast *a = NULL, *b = NULL;
    skuai_context context = {0};
    skuai_request request = {HORIZON, levels, LEVELS, 1};
    skua_error err;
    test_folder_new(folder, sizeof folder);
    assert_ok(skuai_configured_make("moments:pre_transform=box-cox:pre_difference=first", find, &c,
                                    &f, &err),
              &err);
    assert_ok(f.fit(&f, panel, NULL, &context, &model, &err), &err);
    assert_ok(f.save(model, folder, &err), &err);
    assert_ok(f.load(&f, folder, &again, &err), &err);
    assert_ok(f.predict(model, panel, &request, &context, &a, &err), &err);
    assert_ok(f.predict(again, panel, &request, &context, &b, &err), &err);
    assert_true(farthest(a, b) == 0);
    assert_null(f.contributions);
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    f.free(model);
    f.free(again);
    skuai_panel_free(panel);
    test_folder_remove(folder);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"moments:pre_transform=sqrt", "moments:pre_colour=red",
                                      "moments:pre_difference=2"};
    skuai_configured c;
    skuai_forecaster f;
    skua_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(skuai_configured_make(bad[i], find, &c, &f, &err), SKUA_ECONFIG);
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, SEASON);
    double y[] = {1, -2, 3};
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_series(b, "a", 0, 3, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    skuai_model *model = NULL;
    skuai_context context = {0};
    assert_ok(skuai_configured_make("moments:pre_transform=log1p", find, &c, &f, &err), &err);
    assert_int_equal(f.fit(&f, panel, NULL, &context, &model, &err), SKUA_EDATA);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_changes_the_result),
        cmocka_unit_test(the_encoder_is_chosen),
        cmocka_unit_test(transforms_are_undone_exactly),
        cmocka_unit_test(differences_are_summed_up_exactly),
        cmocka_unit_test(spreads_add_up_as_their_copula),
        cmocka_unit_test(treatments_do_what_they_say),
        cmocka_unit_test(lambda_follows_the_spread),
        cmocka_unit_test(files_keep_what_was_learnt),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
