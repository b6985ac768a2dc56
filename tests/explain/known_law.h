/* known_law.h -- a shop of series and a forecaster whose law is written here, for the tests of
 * LIME, dependence, importance and the surrogate tree. */
#ifndef SKUA_TESTS_KNOWN_LAW_H
#define SKUA_TESTS_KNOWN_LAW_H

#include "support/support.h"

#include "core/random.h"
#include "explain/explain.h"

#include <math.h>
#include <string.h>

enum { LAW_SERIES = 24, LAW_T = 120, LAW_H = 5, LAW_SEASON = 4 };

/* mean = (mean of the last 4 sales) + a price + b promotion + c price promotion + d sin(3 price).
 */
typedef struct law {
    double price, promotion, both, wave;
} law;

static law the_law;

static skua_status law_predict(const skuai_model *model, const skuai_panel *panel,
                               const skuai_request *request, const skuai_context *context,
                               skuai_forecast **forecast, skua_error *err) {
    (void)model, (void)context;
    SKUA_TRY(skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels,
                                forecast, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *y = skuai_panel_target(panel, s);
        size_t n = panel->length[s], row = panel->row[s] + n;
        double level = 0;
        for (size_t t = n - LAW_SEASON; t < n; t++)
            level += y[t] / LAW_SEASON;
        for (size_t h = 0; h < request->horizon; h++) {
            double price = (double)panel->dynamic[0].values[row + h];
            double on = (double)panel->dynamic[1].values[row + h];
            double mean = level + the_law.price * price + the_law.promotion * on +
                          the_law.both * price * on + the_law.wave * sin(3 * price);
            *skuai_forecast_mean(*forecast, s, h) = mean;
            for (size_t q = 0; q < request->n_levels; q++)
                skuai_forecast_quantiles(*forecast, s, h)[q] = mean + request->levels[q] - 0.5;
        }
    }
    return SKUA_OK;
}

static const skuai_forecaster law_forecaster = {.name = "law", .predict = law_predict};

/* price between 8 and 12, a promotion in every sixth period, a covariate that the law ignores, and
 * "flat", which never moves; sales about 40. Series that are odd plan a promotion and a price of 8
 * over the horizon, the others none and 10. */
static inline skuai_panel *law_panel(void) {
    skua_error err;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, LAW_SEASON);
    static const char *const names[] = {"price", "promotion", "weather", "flat"};
    for (size_t k = 0; k < 4; k++)
        assert_ok(skuai_panel_builder_dynamic(b, names[k], SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t s = 0; s < LAW_SERIES; s++) {
        double y[LAW_T];
        float x[4][LAW_T + LAW_H];
        skuai_random random;
        skuai_random_split(&random, 7, s);
        for (size_t t = 0; t < LAW_T + LAW_H; t++) {
            bool ahead = t >= LAW_T;
            x[0][t] = ahead ? s % 2 ? 8 : 10 : (float)(8 + 4 * skuai_random_uniform(&random));
            x[1][t] = (ahead ? s % 2 == 1 : t % 6 == 0) ? 1 : 0;
            x[2][t] = (float)skuai_random_normal(&random);
            x[3][t] = 1;
            if (!ahead) y[t] = floor(30 + 20 * skuai_random_uniform(&random));
        }
        const float *columns[] = {x[0], x[1], x[2], x[3]};
        char name[16];
        (void)snprintf(name, sizeof name, "item%02zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 0, LAW_T, LAW_H, y, NULL, columns, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static const skuai_explain_options law_options = {.horizon = LAW_H, .backgrounds = 4, .seed = 3};

#endif
