/* Figure `stock-replay`: what orders from forecasts cost on history, beside the normal formula for
 * safety stock at the same fill rate, and beside perfect foresight.
 *
 * Orders: stock_order.h by expected cost, on forecasts of a small combination (seasonal window
 * mean, theta, count-pool, ETS, in the simulated shops two kinds of trees; weights from two windows
 * before the test), made at every time of
 * ordering from the 400 days before it, its settings fitted anew every 28 days. Formula: order up
 * to m (L + R) + z sqrt(...), m and v mean and variance of the last 28 days; its z is set
 * afterwards, by bisection on the very test, so that its fill rate is that of ours: the formula
 * gets the best z there is. Beside it, stricter: the formula on our forecasts' means and 80 %
 * intervals. Lead times are the same draws for all. Cost: holding, lost sales, spoilage.
 *
 *   vegetables   the 60 items of the Chinese supermarket with most days in the last 120; those are
 *                the test. Ordered at night, there in the morning, sold that day or thrown away
 *                (lead time 0, review 1, shelf life 1). Cost: each item's mean wholesale price,
 * loss on arrival: its stated rate, margin: its category's mean, all before the test. Days without
 * a row: not offered, not scored. fresh retail 400 series that
 * were in stock for the largest share of hours; last 28 of 90 days, sales as demand. Lead time 1,
 * review 2, shelf life 5; the data have no costs: cost 1, margin .4, holding .005 a day. simulated
 * 60 items x 2 channels a demand law, no stock-outs, so demand is known; the last 140 of 730 days,
 * with the prices, promotions and calendar that the shop's files hold, known ahead for forecasts as
 * in `plan stock` (the normal formula has no place for them: that is what is compared);
 * weekly orders, lead time 4 (sd 1) days, the costs of its supply.csv in the mean: holding .0007 of
 * cost a day, a lost sale .45 of cost, packs of 6. The figure is the largest of the ratios.
 *
 *     bench stock-replay [vegetables|fresh|simulated] */
#include "bench_simulated.h"
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include "automl/ensemble.h"
#include "decide/stock_replay.h"
#include "simulate/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATHS = 300, WINDOW = 28, MEMBERS = 6, RECENT = 400, REFIT = 28, WEIGHED = 14 };

static const char *const plain[] = {"seasonal-window-mean", "theta", "count-pool", "ets", NULL};
/* Where prices, promotions and a calendar are known ahead. */
static const char *const with_plans[] = {"seasonal-window-mean", "theta",       "count-pool", "ets",
                                         "tree-direct",          "tree-linear", NULL};

/* A shop on which policies are run. */
typedef struct stage {
    const char *name;
    skuai_panel *panel;         /* whole history, all series to the same end */
    size_t test;                /* periods at its end */
    const char *const *members; /* NULL: plain */
    skuai_stock_item *terms;
    double **past; /* [S] WINDOW periods before the test, then the test */
} stage;

static void stage_clear(stage *s) {
    size_t n = s->panel ? s->panel->n_series : 0;
    for (size_t i = 0; i < n && s->past; i++)
        skuai_free(s->past[i]);
    skuai_free(s->past);
    skuai_free(s->terms);
    skuai_panel_free(s->panel);
}

static skua_status stage_fill(stage *s, skua_error *err) {
    size_t S = s->panel->n_series;
    s->past = skuai_zero(S, sizeof *s->past);
    if (!s->past) return skuai_error_memory(err, "a stage");
    for (size_t i = 0; i < S; i++) {
        size_t n = s->panel->length[i], all = WINDOW + s->test;
        const double *y = skuai_panel_target(s->panel, i);
        s->past[i] = skuai_new(all, sizeof **s->past);
        if (!s->past[i]) return skuai_error_memory(err, "a stage");
        for (size_t t = 0; t < all; t++)
            s->past[i][t] = n + t >= all ? y[n + t - all] : (double)NAN;
    }
    return SKUA_OK;
}

/* The view that was known `back` periods before the end. */
static skua_status view_of(const stage *s, size_t back, skuai_panel **recent, skua_error *err) {
    skuai_panel *view = NULL;
    SKUA_TRY(skuai_panel_cut(s->panel, back, &view, err));
    skua_status status = skuai_panel_last(view, RECENT, recent, err);
    skuai_panel_free(view);
    return status;
}

/* Members weighed on two windows that end before the test. */
static skua_status combination(const stage *s, size_t horizon, skuai_forecaster *made,
                               skuai_ensemble *ensemble, skua_error *err) {
    skuai_forecaster f[MEMBERS];
    const skuai_forecaster *list[MEMBERS];
    skuai_context context = bench_context();
    skuai_panel *before = NULL;
    skuai_backtest *b = NULL;
    skuai_backtest_options options = {.horizon = horizon > WEIGHED ? horizon : WEIGHED,
                                      .windows = 2,
                                      .levels = bench_levels,
                                      .n_levels = 9,
                                      .seed = 1};
    const char *const *members = s->members ? s->members : plain;
    size_t n = 0;
    for (; members[n]; n++) {
        list[n] = &f[n];
        if (!bench_forecaster(members[n], &f[n]))
            return skuai_error_set(err, SKUA_ENOTFOUND, "no model %s", members[n]);
    }
    SKUA_TRY(view_of(s, s->test, &before, err));
    skua_status status = skuai_backtest_run(before, list, n, &options, &context, &b, err);
    if (status == SKUA_OK)
        status = skuai_ensemble_choose(b, list, 0, b->n_windows, 1, ensemble, err);
    skuai_backtest_free(b);
    skuai_panel_free(before);
    *made = skuai_ensemble_forecaster(ensemble);
    printf("%s: weights before the test:", s->name);
    for (size_t m = 0; m < n; m++)
        printf(" %s %.2f", members[m], ensemble->weights[0][m]);
    printf("\n");
    return status;
}

/* Forecasts of every time of ordering, from what was known then; fitted anew every REFIT periods.
 */
static skua_status make_forecasts(const stage *s, size_t horizon, skuai_forecast **forecasts,
                                  skua_error *err) {
    skuai_context context = bench_context();
    skuai_ensemble *ensemble = skuai_zero(1, sizeof *ensemble);
    skuai_forecaster forecaster;
    skuai_request request = {horizon, bench_levels, 9, 1};
    if (!ensemble) return skuai_error_memory(err, "a model");
    skua_status status = combination(s, horizon, &forecaster, ensemble, err);
    skuai_model *model = NULL;
    size_t fitted = 0;
    for (size_t t = 0; t < s->test && status == SKUA_OK; t += s->terms[0].review) {
        skuai_panel *view = NULL;
        status = view_of(s, s->test - t, &view, err);
        if (status == SKUA_OK && (!model || t >= fitted + REFIT)) {
            if (model) forecaster.free(model);
            model = NULL;
            fitted = t;
            status = forecaster.fit(&forecaster, view, NULL, &context, &model, err);
        }
        if (status == SKUA_OK)
            status = forecaster.predict(model, view, &request, &context, &forecasts[t], err);
        skuai_panel_free(view);
    }
    if (model) forecaster.free(model);
    skuai_free(ensemble);
    return status;
}

static void print_result(const char *policy, const skuai_replay_result *r) {
    printf("  %-22s fill %.4f  short %.3f  cost %10.1f = holding %.1f + lost %.1f + spoilt %.1f; "
           "%zu orders\n",
           policy, r->fill, (double)r->n_short / (double)r->n_periods, r->cost, r->holding_cost,
           r->lost_cost, r->spoil_cost, r->n_orders);
}

static skua_status run_policies(const stage *s, const skuai_replay *replay,
                                const skuai_forecast *const *forecasts, double *ratio,
                                skua_error *err) {
    skuai_context context = bench_context();
    skuai_replay_forecasts ours = {forecasts, {SKUAI_STOCK_COST, 0}, PATHS, 1};
    skuai_replay_normal normal = {(const double *const *)s->past, WINDOW, WINDOW, 0, NULL};
    skuai_replay_result a, b, c, best;
    double z, z_strict;
    SKUA_TRY(skuai_replay_run(replay, skuai_replay_by_forecast, &ours, &context, &a, NULL, err));
    SKUA_TRY(skuai_replay_match(replay, normal, a.fill, &context, &z, &b, err));
    normal.forecasts = forecasts;
    SKUA_TRY(skuai_replay_match(replay, normal, a.fill, &context, &z_strict, &c, err));
    SKUA_TRY(skuai_replay_run(replay, skuai_replay_by_foresight, NULL, &context, &best, NULL, err));
    print_result("orders from paths", &a);
    print_result("normal formula", &b);
    print_result("formula on forecasts", &c);
    print_result("perfect foresight", &best);
    printf("  ratio %.4f (z %.2f); to the formula on our forecasts %.4f (z %.2f)\n",
           a.cost / b.cost, z, a.cost / c.cost, z_strict);
    *ratio = a.cost / b.cost;
    return SKUA_OK;
}

static skua_status run_stage(const stage *s, size_t scored_from, double *ratio, skua_error *err) {
    size_t S = s->panel->n_series, horizon = skuai_stock_horizon(&s->terms[0]);
    size_t spoilt = (size_t)ceil(s->terms[0].lead_time) + s->terms[0].shelf_life;
    if (spoilt > horizon) horizon = spoilt;
    skuai_forecast **forecasts = skuai_zero(s->test, sizeof *forecasts);
    skuai_replay_item *items = skuai_zero(S, sizeof *items);
    skua_status status = forecasts && items ? SKUA_OK : skuai_error_memory(err, "a replay");
    double start = skuai_clock();
    if (status == SKUA_OK) status = make_forecasts(s, horizon, forecasts, err);
    for (size_t i = 0; i < S && status == SKUA_OK; i++)
        items[i] = (skuai_replay_item){s->terms[i], s->past[i] + WINDOW};
    if (status == SKUA_OK) {
        skuai_replay replay = {items, S, s->test, scored_from, 1};
        printf("%s: %zu series, %zu days scored, forecasts %.1f s\n", s->name, S,
               s->test - scored_from, skuai_clock() - start);
        status = run_policies(s, &replay, (const skuai_forecast *const *)forecasts, ratio, err);
    }
    for (size_t t = 0; t < s->test && forecasts; t++)
        skuai_forecast_free(forecasts[t]);
    skuai_free(forecasts);
    skuai_free(items);
    return status;
}

/* -- Vegetables -------------------------------------------------------------------------------- */

enum { VEGETABLES = 60, VEGETABLE_TEST = 120, VEGETABLE_MOST = 300, DAYS_MOST = 1100 };

typedef struct vegetable {
    char code[32], category[32];
    double *units; /* [DAYS_MOST] */
    double wholesale, loss;
    size_t n_wholesale, n_recent;
} vegetable;

static int by_recent(const void *a, const void *b) {
    const vegetable *x = a, *y = b;
    if (x->n_recent != y->n_recent) return x->n_recent < y->n_recent ? 1 : -1;
    return strcmp(x->code, y->code);
}

/* Mean margin over cost of each category before day `end`, weighted by cost. */
static double category_margin(const bench_csv *csv, const char *category, int64_t end) {
    double revenue = 0, cost = 0;
    for (size_t r = 1; r < csv->rows; r++) {
        if (strcmp(bench_csv_cell(csv, r, 1), category) != 0 || bench_csv_day(csv, r, 0) >= end)
            continue;
        revenue += bench_csv_number(csv, r, 2);
        cost += bench_csv_number(csv, r, 3);
    }
    return cost > 0 && revenue > cost ? revenue / cost - 1 : 0.4;
}

/* The vegetable of a row, made when it is new; NULL: there are too many. */
static vegetable *find_vegetable(vegetable *v, size_t *n, const bench_csv *csv, size_t r) {
    const char *code = bench_csv_cell(csv, r, 1);
    for (size_t i = 0; i < *n; i++)
        if (strcmp(v[i].code, code) == 0) return &v[i];
    if (*n == VEGETABLE_MOST) return NULL;
    vegetable *new = &v[*n];
    *new = (vegetable){.units = skuai_new(DAYS_MOST, sizeof(double)),
                       .loss = bench_csv_number(csv, r, 7) / 100};
    if (!new->units) return NULL;
    ++*n;
    (void)snprintf(new->code, sizeof new->code, "%.31s", code);
    (void)snprintf(new->category, sizeof new->category, "%.31s", bench_csv_cell(csv, r, 3));
    for (size_t d = 0; d < DAYS_MOST; d++)
        new->units[d] = (double)NAN;
    return new;
}

static skua_status read_vegetables(vegetable *v, size_t *n, int64_t first, size_t days,
                                   skua_error *err) {
    bench_csv csv = {0};
    SKUA_TRY(bench_csv_read("vegetables_zh/item_day_sales_wholesale_merged.csv.gz", &csv, err));
    *n = 0;
    for (size_t r = 1; r < csv.rows; r++) {
        size_t t = (size_t)(bench_csv_day(&csv, r, 0) - first);
        vegetable *item = find_vegetable(v, n, &csv, r);
        if (t >= days || !item) continue;
        double units = bench_csv_number(&csv, r, 5);
        item->units[t] = units > 0 ? units : 0;
        item->n_recent += t + VEGETABLE_TEST >= days;
        if (t + VEGETABLE_TEST >= days) continue;
        item->wholesale += bench_csv_number(&csv, r, 6);
        item->n_wholesale++;
    }
    bench_csv_clear(&csv);
    return SKUA_OK;
}

static skua_status keep_vegetables(stage *s, const vegetable *v, size_t n, int64_t first,
                                   size_t days, const bench_csv *categories, skua_error *err) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skua_status status = b ? SKUA_OK : skuai_error_memory(err, "vegetables");
    int64_t end = first + (int64_t)days - VEGETABLE_TEST;
    for (size_t i = 0, kept = 0; i < n && kept < VEGETABLES && status == SKUA_OK; i++) {
        size_t from = 0;
        if (v[i].n_wholesale < 60) continue; /* too young to be learnt from */
        while (isnan(v[i].units[from]))
            from++;
        double cost = v[i].wholesale / (double)v[i].n_wholesale;
        double margin = category_margin(categories, v[i].category, end);
        s->terms[kept++] = (skuai_stock_item){.name = "vegetable",
                                              .review = 1,
                                              .shelf_life = 1,
                                              .loss = v[i].loss,
                                              .cost = cost,
                                              .shortage = cost * margin};
        status = skuai_panel_builder_series(b, v[i].code, first + (int64_t)from, days - from, 0,
                                            v[i].units + from, NULL, NULL, err);
    }
    if (status == SKUA_OK) status = skuai_panel_builder_finish(b, &s->panel, err);
    skuai_panel_builder_free(b);
    return status;
}

static skua_status load_vegetables(stage *s, skua_error *err) {
    int64_t first = skuai_day_from_date(2020, 7, 1);
    size_t days = (size_t)(skuai_day_from_date(2023, 6, 30) - first) + 1, n = 0;
    vegetable *v = skuai_zero(VEGETABLE_MOST, sizeof *v);
    bench_csv categories = {0};
    *s = (stage){.name = "vegetables", .test = VEGETABLE_TEST};
    s->terms = skuai_zero(VEGETABLES, sizeof *s->terms);
    skua_status status = v && s->terms ? SKUA_OK : skuai_error_memory(err, "vegetables");
    if (status == SKUA_OK) status = read_vegetables(v, &n, first, days, err);
    if (status == SKUA_OK)
        status = bench_csv_read("vegetables_zh/category_day_revenue_cost_discount.csv", &categories,
                                err);
    if (status == SKUA_OK) {
        qsort(v, n, sizeof *v, by_recent);
        status = keep_vegetables(s, v, n, first, days, &categories, err);
    }
    if (status == SKUA_OK) status = stage_fill(s, err);
    for (size_t i = 0; i < n; i++)
        skuai_free(v[i].units);
    skuai_free(v);
    bench_csv_clear(&categories);
    return status;
}

/* -- Fresh retail ------------------------------------------------------------------------------ */

enum { FRESH = 400, FRESH_TEST = 28 };

typedef struct stocked {
    double hours; /* mean share available */
    size_t series;
} stocked;

static int by_hours(const void *a, const void *b) {
    const stocked *x = a, *y = b;
    if (x->hours > y->hours || x->hours < y->hours) return x->hours < y->hours ? 1 : -1;
    return (x->series > y->series) - (x->series < y->series);
}

/* The series that were in stock the most, without their availability: what was sold is the demand
 * of this stage, of the forecasts as of the policies. */
static skua_status keep_fresh(const skuai_panel *full, skuai_panel **panel, skua_error *err) {
    size_t S = full->n_series;
    stocked *list = skuai_new(S, sizeof *list);
    skuai_panel_builder *b = skuai_panel_builder_new(&full->grid, 7);
    skua_status status = list && b ? SKUA_OK : skuai_error_memory(err, "fresh retail");
    for (size_t i = 0; i < S && status == SKUA_OK; i++) {
        size_t n = full->length[i];
        list[i] = (stocked){0, i};
        for (size_t t = 0; t < n; t++)
            list[i].hours +=
                full->available ? (double)full->available[full->row[i] + t] / (double)n : 0;
    }
    if (status == SKUA_OK) qsort(list, S, sizeof *list, by_hours);
    for (size_t k = 0; k < FRESH && k < S && status == SKUA_OK; k++) {
        size_t i = list[k].series;
        status = skuai_panel_builder_series(b, skuai_panel_name(full, i), full->start[i],
                                            full->length[i], 0, skuai_panel_target(full, i), NULL,
                                            NULL, err);
    }
    if (status == SKUA_OK && S >= FRESH)
        printf("fresh retail: available %.3f to %.3f of the hours\n", list[FRESH - 1].hours,
               list[0].hours);
    if (status == SKUA_OK) status = skuai_panel_builder_finish(b, panel, err);
    skuai_panel_builder_free(b);
    skuai_free(list);
    return status;
}

static skua_status load_fresh_stage(stage *s, skua_error *err) {
    bench_set set;
    SKUA_TRY(bench_set_load("freshretail", &set, err));
    *s = (stage){.name = "fresh retail", .test = FRESH_TEST};
    s->terms = skuai_zero(FRESH, sizeof *s->terms);
    skua_status status = s->terms ? SKUA_OK : skuai_error_memory(err, "fresh retail");
    for (size_t i = 0; i < FRESH && status == SKUA_OK; i++)
        s->terms[i] = (skuai_stock_item){.name = "fresh",
                                         .lead_time = 1,
                                         .review = 2,
                                         .shelf_life = 5,
                                         .cost = 1,
                                         .holding = 0.005,
                                         .shortage = 0.4};
    if (status == SKUA_OK) status = keep_fresh(set.full, &s->panel, err);
    if (status == SKUA_OK) status = stage_fill(s, err);
    bench_set_clear(&set);
    return status;
}

/* -- Simulated shops --------------------------------------------------------------------------- */

enum { SHOP_DAYS = 730, SHOP_ITEMS = 60, SHOP_TEST = 140 };

/* Series that live to the end, and for 300 days. */
static skua_status keep_simulated(const skuai_panel *all, skuai_panel **panel, skua_error *err) {
    size_t n = 0, *list = skuai_new(all->n_series, sizeof *list);
    int64_t end = INT64_MIN;
    if (!list) return skuai_error_memory(err, "a simulated shop");
    for (size_t s = 0; s < all->n_series; s++)
        if (skuai_panel_end(all, s) > end) end = skuai_panel_end(all, s);
    for (size_t s = 0; s < all->n_series; s++)
        if (all->length[s] >= 300 && skuai_panel_end(all, s) == end) list[n++] = s;
    skua_status status = skuai_panel_subset(all, list, n, panel, err);
    skuai_free(list);
    return status;
}

static skua_status load_simulated(skuai_simulate_law law, const char *name, stage *s,
                                  skua_error *err) {
    char folder[] = "/tmp/skua-bench-XXXXXX", files[64], home[64], command[64];
    skuai_panel *all = NULL;
    skuai_simulate_options options = SKUAI_SIMULATE_DEFAULT;
    options.items = SHOP_ITEMS;
    options.days = SHOP_DAYS;
    options.law = law;
    options.stockout_rate = 0;
    options.pictures = false;
    options.events = 0;
    *s = (stage){.name = name, .test = SHOP_TEST, .members = with_plans};
    if (!mkdtemp(folder)) return skuai_error_set(err, SKUA_EIO, "no temporary folder");
    (void)snprintf(files, sizeof files, "%s/files", folder);
    (void)snprintf(home, sizeof home, "%s/home", folder);
    skua_status status = skuai_simulate(&options, files, NULL, NULL, err);
    if (status == SKUA_OK) status = bench_shop_panel(files, home, &all, err);
    if (status == SKUA_OK) status = keep_simulated(all, &s->panel, err);
    skuai_panel_free(all);
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (system(command) != 0) fprintf(stderr, "stock-replay: %s stays\n", folder);
    if (status != SKUA_OK) return status;
    s->terms = skuai_zero(s->panel->n_series, sizeof *s->terms);
    if (!s->terms) return skuai_error_memory(err, "a simulated shop");
    for (size_t i = 0; i < s->panel->n_series; i++)
        s->terms[i] = (skuai_stock_item){.name = "simulated",
                                         .lead_time = 4,
                                         .lead_time_sd = 1,
                                         .review = 7,
                                         .pack = 6,
                                         .moq = 6,
                                         .cost = 60,
                                         .holding = 0.042,
                                         .shortage = 27};
    return stage_fill(s, err);
}

int bench_stock_replay(int argc, char **argv) {
    static const char *const laws[] = {"simulated, log-linear", "simulated, choice",
                                       "simulated, reference"};
    const char *only = argc > 2 ? argv[2] : "";
    double worst = 0, ratio = 0;
    for (int k = 0; k < 5; k++) {
        const char *kind = k == 0 ? "vegetables" : k == 1 ? "fresh" : "simulated";
        if (*only && strcmp(only, kind) != 0) continue;
        skua_error err = {0};
        stage s = {0};
        skua_status status =
            k == 0   ? load_vegetables(&s, &err)
            : k == 1 ? load_fresh_stage(&s, &err)
                     : load_simulated((skuai_simulate_law)(k - 2), laws[k - 2], &s, &err);
        /* a pipeline of lead time and review is filled before anything is scored */
        size_t from = k == 0 ? 0 : k == 1 ? 4 : 14;
        if (status == SKUA_OK) status = run_stage(&s, from, &ratio, &err);
        stage_clear(&s);
        if (status != SKUA_OK) {
            fprintf(stderr, "stock-replay: %s\n", err.message);
            return status == SKUA_ENOTFOUND ? 77 : 1;
        }
        if (ratio > worst) worst = ratio;
    }
    bench_figure("stock-replay", "cost_ratio", worst,
                 "worst of %s, at the fill rate of ours, formula's z set on the test, seed 1",
                 *only ? only : "vegetables, fresh retail and three simulated shops");
    return 0;
}
