/* cold-start: UCI Online Retail, weekly. From week 26 on, at every week o, the items that were
 * launched k = 0, 1, 2, 4, 8 weeks before are forecast for eight weeks from what was sold before o
 * alone: of an item of age k its first k weeks, of age 0 nothing. Titles become vectors by the
 * default encoder, learnt on the titles of items launched before week 26. Beside it, on the same
 * launches: the mean of newborn items at that age, the mean of the ten nearest titles at that age,
 * the median of newborns, and of k > 0 the item's own mean. WAPE over item-weeks; the point is the
 * median. */
#include "benchmarks.h"
#include "figure.h"
#include "uci.h"

#include "encode/subword.h"
#include "math/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 26, WEEKS = BENCH_UCI_WEEKS - 1, AHEAD = 8, AGES = 5, NEWBORN = 8, NEAREST = 10 };
enum { MODEL, MEAN, TITLES, MEDIAN, OWN, METHODS };

static const size_t ages[AGES] = {0, 1, 2, 4, 8};
static const char *const method_names[METHODS] = {"skua", "mean of newborns", "ten nearest titles",
                                                  "median of newborns", "own mean"};

typedef struct trial {
    bench_uci uci;
    skuai_panel *panel;
    size_t width;
    float *vectors; /* [n, width] */
    double error[METHODS][AGES], sold[AGES], bias[METHODS][AGES];
    size_t points[AGES];
} trial;

static skua_status encode(trial *t, skuai_panel_builder *builder, skua_error *err) {
    skuai_context context = bench_context();
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    skuai_subword_learner *learner = skuai_subword_learner_new(&options, &context);
    skuai_subword *model = NULL;
    const char **texts = skuai_new(t->uci.n, sizeof *texts);
    size_t *sizes = skuai_new(t->uci.n, sizeof *sizes);
    skua_status status = learner && texts && sizes ? SKUA_OK : skuai_error_memory(err, "titles");
    for (size_t i = 0; i < t->uci.n && status == SKUA_OK; i++) {
        texts[i] = t->uci.items[i].title;
        sizes[i] = strlen(texts[i]);
        if (t->uci.items[i].launch < FIRST)
            status = skuai_subword_learner_add(learner, &texts[i], &sizes[i], 1, err);
    }
    if (status == SKUA_OK) status = skuai_subword_learner_finish(learner, &model, err);
    if (status == SKUA_OK) {
        t->width = skuai_subword_width(model);
        t->vectors = skuai_new(t->uci.n * t->width, sizeof *t->vectors);
        status = t->vectors ? skuai_subword_encode_all(model, &context, texts, sizes, t->uci.n,
                                                       t->vectors, err)
                            : skuai_error_memory(err, "vectors");
    }
    if (status == SKUA_OK)
        status = skuai_panel_builder_vectors(builder, "text", t->width, t->vectors, err);
    skuai_subword_learner_free(learner);
    skuai_subword_free(model);
    skuai_free(texts);
    skuai_free(sizes);
    return status;
}

static skua_status make_panel(trial *t, skua_error *err) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    int64_t start = skuai_period_from_day(&grid, skuai_day_from_date(2010, 11, 29), 0);
    double *prices = skuai_new(t->uci.n, sizeof *prices);
    skua_status status = b && prices ? SKUA_OK : skuai_error_memory(err, "a panel");
    for (size_t i = 0; i < t->uci.n && status == SKUA_OK; i++) {
        const bench_uci_item *x = &t->uci.items[i];
        prices[i] = x->price;
        status = skuai_panel_builder_series(b, x->code, start + (int64_t)x->launch,
                                            WEEKS > x->launch ? WEEKS - x->launch : 0, 0,
                                            x->units + x->launch, NULL, NULL, err);
    }
    if (status == SKUA_OK) status = skuai_panel_builder_number(b, "price", prices, err);
    if (status == SKUA_OK) status = encode(t, b, err);
    if (status == SKUA_OK) status = skuai_panel_builder_finish(b, &t->panel, err);
    skuai_panel_builder_free(b);
    skuai_free(prices);
    return status;
}

/* -- Baselines --------------------------------------------------------------------------------- */

static bool seen_at(const bench_uci_item *x, size_t age, size_t origin) {
    return x->launch >= NEWBORN && x->launch + age < origin;
}

/* Mean over the ten nearest titles among newborns that were as old before the origin. */
static double nearest_titles(const trial *t, size_t item, size_t age, size_t origin) {
    double like[NEAREST], y[NEAREST], sum = 0;
    size_t n = 0;
    for (size_t j = 0; j < t->uci.n; j++) {
        const bench_uci_item *x = &t->uci.items[j];
        if (j == item || !seen_at(x, age, origin)) continue;
        double dot = 0;
        for (size_t k = 0; k < t->width; k++)
            dot += (double)t->vectors[item * t->width + k] * (double)t->vectors[j * t->width + k];
        if (n == NEAREST && !(dot > like[n - 1])) continue;
        size_t at = n < NEAREST ? n++ : n - 1;
        for (; at > 0 && like[at - 1] < dot; at--)
            like[at] = like[at - 1], y[at] = y[at - 1];
        like[at] = dot;
        y[at] = x->units[x->launch + age];
    }
    for (size_t k = 0; k < n; k++)
        sum += y[k];
    return sum / (double)n;
}

static void count(trial *t, int method, size_t a, double forecast, double y) {
    t->error[method][a] += fabs(forecast - y);
    t->bias[method][a] += forecast - y;
}

static void score(trial *t, size_t origin, size_t item, size_t a, const skuai_forecast *f, size_t s,
                  double *scratch) {
    const bench_uci_item *x = &t->uci.items[item];
    double own = 0;
    for (size_t k = 0; k < ages[a]; k++)
        own += x->units[x->launch + k] / (double)ages[a];
    for (size_t h = 0; h < AHEAD; h++) {
        double y = x->units[origin + h];
        size_t n = 0, age = ages[a] + h;
        for (size_t j = 0; j < t->uci.n; j++)
            if (j != item && seen_at(&t->uci.items[j], age, origin))
                scratch[n++] = t->uci.items[j].units[t->uci.items[j].launch + age];
        count(t, MODEL, a, skuai_forecast_quantiles(f, s, h)[4], y);
        count(t, MEAN, a, skuai_mean(scratch, n), y);
        count(t, MEDIAN, a, skuai_median(scratch, n, scratch + t->uci.n), y);
        count(t, TITLES, a, nearest_titles(t, item, age, origin), y);
        count(t, OWN, a, own, y);
        t->sold[a] += y;
        t->points[a]++;
    }
}

/* -- Origins ----------------------------------------------------------------------------------- */

static skua_status subset(const trial *t, const skuai_panel *view, size_t origin, size_t age,
                          bool before, size_t *series, size_t *n, skuai_panel **part,
                          skua_error *err) {
    *n = 0;
    for (size_t i = 0; i < t->uci.n; i++)
        if (before ? t->uci.items[i].launch < origin : t->uci.items[i].launch + age == origin)
            series[(*n)++] = i;
    return skuai_panel_subset(view, series, *n, part, err);
}

static skua_status one_origin(trial *t, const skuai_forecaster *model, size_t origin,
                              size_t *series, double *scratch, skua_error *err) {
    skuai_panel *view = NULL, *past = NULL;
    skuai_model *fitted = NULL;
    skuai_context context = bench_context();
    skuai_parameter horizon = {"horizon", "8"};
    skuai_parameters parameters = {&horizon, 1};
    skuai_request request = {AHEAD, bench_levels, 9, 1};
    int64_t first = t->panel->start[0] - (int64_t)t->uci.items[0].launch;
    size_t n;
    SKUA_TRY(skuai_panel_cut_at(t->panel, first + (int64_t)origin, &view, err));
    skua_status status = subset(t, view, origin, 0, true, series, &n, &past, err);
    if (status == SKUA_OK) status = model->fit(model, past, &parameters, &context, &fitted, err);
    for (size_t a = 0; a < AGES && status == SKUA_OK; a++) {
        skuai_panel *young = NULL;
        skuai_forecast *forecast = NULL;
        status = subset(t, view, origin, ages[a], false, series, &n, &young, err);
        if (status == SKUA_OK && n)
            status = model->predict(fitted, young, &request, &context, &forecast, err);
        for (size_t s = 0; s < n && status == SKUA_OK; s++)
            score(t, origin, series[s], a, forecast, s, scratch);
        skuai_forecast_free(forecast);
        skuai_panel_free(young);
    }
    if (fitted) model->free(fitted);
    skuai_panel_free(past);
    skuai_panel_free(view);
    return status;
}

/* -- Telling ----------------------------------------------------------------------------------- */

static double pooled(const trial *t, int method) {
    double error = 0, sold = 0;
    for (size_t a = 0; a < AGES; a++) {
        error += t->error[method][a];
        sold += t->sold[a];
    }
    return error / sold;
}

static void tell(const trial *t, bool figure) {
    printf("  %-20s", "WAPE (bias) at age");
    for (size_t a = 0; a < AGES; a++)
        printf(" %6zu       ", ages[a]);
    printf("    all\n");
    for (int m = 0; m < METHODS; m++) {
        printf("  %-20s", method_names[m]);
        for (size_t a = 0; a < AGES; a++)
            printf(" %.3f (%+.2f)", t->error[m][a] / t->sold[a], t->bias[m][a] / t->sold[a]);
        printf("  %.3f\n", pooled(t, m));
    }
    double better = fmin(pooled(t, MEAN), pooled(t, TITLES));
    double at_zero = fmin(t->error[MEAN][0], t->error[TITLES][0]);
    if (figure)
        bench_figure("cold-start", "uci_ratio", pooled(t, MODEL) / better,
                     "WAPE %.3f beside %.3f, ages 0, 1, 2, 4, 8 together, %zu item-weeks at age 0; "
                     "at age 0 alone the ratio is %.3f",
                     pooled(t, MODEL), better, t->points[0], t->error[MODEL][0] / at_zero);
}

/* cold-start [MODEL] [STEP]: another forecaster; only every STEPth origin, for a look. */
int bench_cold_start(int argc, char **argv) {
    skua_error err = {0};
    trial *t = skuai_zero(1, sizeof *t);
    skuai_forecaster model;
    const char *name = argc > 2 ? argv[2] : "cold-start";
    size_t step = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 1;
    if (!t || bench_uci_load(&t->uci, &err) != SKUA_OK) {
        printf("skipped: %s\n", err.message);
        skuai_free(t);
        return 0;
    }
    size_t *series = skuai_new(t->uci.n, sizeof *series);
    double *scratch = skuai_new(2 * t->uci.n, sizeof *scratch);
    skua_status status = series && scratch ? SKUA_OK : skuai_error_memory(&err, "a benchmark");
    if (status == SKUA_OK && !bench_forecaster(name, &model))
        status = skuai_error_set(&err, SKUA_ENOTFOUND, "no model '%s'", name);
    if (status == SKUA_OK) status = make_panel(t, &err);
    double began = skuai_clock();
    for (size_t o = FIRST; o + AHEAD <= WEEKS && status == SKUA_OK; o += step ? step : 1)
        status = one_origin(t, &model, o, series, scratch, &err);
    if (status == SKUA_OK) {
        printf("%s, %.0f s\n", name, skuai_clock() - began);
        tell(t, step == 1);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    skuai_panel_free(t->panel);
    skuai_free(t->vectors);
    bench_uci_clear(&t->uci);
    skuai_free(t);
    skuai_free(series);
    skuai_free(scratch);
    return status != SKUA_OK;
}
