/* Figure `price-replay`: what the prices of `plan price` would have brought in Dominick's orange
 * juice, by off-policy evaluation on prices and profits that were real.
 *
 * An item is a brand, a channel a store; weeks 40 to 160, of which the last 26 (or --weeks) are
 * replayed. Elasticities are estimated from the weeks before those alone (room cause, as `skua
 * cause`). Every week without a deal or a feature the plan sets a price from the last such price,
 * the store's prices so far, the elasticity and its error, and the week's cost (the column profit
 * is the margin as a percentage of the price); at most 20 % at once. What it would have brought:
 * decide/price_replay.h, with its assumptions; the interval is of 90 %. Profit is that of the units
 * as the data give them (logmove is the log of units sold), prices are those of an ounce.
 *
 *     bench price-replay [--weeks N] */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include "shop/price_logs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WEEKS = 121, FIRST_WEEK = 40, SERIES_MOST = 1000, COLUMNS = 3 };

typedef struct names {
    char series[SERIES_MOST][16];
    const char *store[SERIES_MOST], *brand[SERIES_MOST];
    size_t n;
} names;

static skua_status add_series(const bench_csv *csv, size_t from, size_t to, const char *name,
                              skuai_panel_builder *builder, skua_error *err) {
    double y[WEEKS];
    float x[COLUMNS][WEEKS];
    const float *all[COLUMNS] = {x[0], x[1], x[2]};
    size_t brand = (size_t)bench_csv_number(csv, from, 1), last = 0;
    for (size_t t = 0; t < WEEKS; t++) {
        y[t] = (double)NAN;
        x[0][t] = x[1][t] = x[2][t] = NAN;
    }
    for (size_t r = from; r < to; r++) {
        size_t t = (size_t)bench_csv_number(csv, r, 2) - FIRST_WEEK;
        double price = bench_csv_number(csv, r, 4 + brand);
        y[t] = exp(bench_csv_number(csv, r, 3));
        x[0][t] = (float)price;
        x[1][t] = bench_csv_number(csv, r, 16) > 0 || bench_csv_number(csv, r, 17) > 0;
        x[2][t] = (float)(price * (1 - bench_csv_number(csv, r, 18) / 100));
        if (t > last) last = t;
    }
    return skuai_panel_builder_series(builder, name, 1000, last + 1, 0, y, NULL, all, err);
}

static skua_status load(skuai_panel **panel, skua_error *err) {
    static const char *const columns[] = {"price", "promotion", "cost"};
    bench_csv csv = {0};
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    SKUA_TRY(bench_csv_read("oj/oj_yx.csv.gz", &csv, err));
    names *list = skuai_zero(1, sizeof *list);
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 52);
    skua_status status = SKUA_OK;
    if (!list || !builder) SKUA_TRY_OUT(skuai_error_memory(err, "orange juice"));
    for (size_t k = 0; k < COLUMNS; k++)
        SKUA_TRY_OUT(skuai_panel_builder_dynamic(builder, columns[k], SKUAI_KNOWN_AHEAD, err));
    for (size_t r = 1, from; r < csv.rows && list->n < SERIES_MOST;) {
        from = r;
        r = bench_csv_stretch(&csv, from, 2);
        size_t i = list->n++;
        list->store[i] = bench_csv_cell(&csv, from, 0);
        list->brand[i] = bench_csv_cell(&csv, from, 1);
        (void)snprintf(list->series[i], sizeof list->series[i], "%.6s/%.6s", list->brand[i],
                       list->store[i]);
        SKUA_TRY_OUT(add_series(&csv, from, r, list->series[i], builder, err));
    }
    SKUA_TRY_OUT(skuai_panel_builder_category(builder, "item", list->brand, err));
    SKUA_TRY_OUT(skuai_panel_builder_category(builder, "channel", list->store, err));
    SKUA_TRY_OUT(skuai_panel_builder_finish(builder, panel, err));
out:
    skuai_panel_builder_free(builder);
    skuai_free(list);
    bench_csv_clear(&csv);
    return status;
}

static void print_result(const skuai_price_logs *logs, const skuai_price_replay_result *r) {
    printf("price-replay: %zu prices of %zu brands, the plan sets %zu otherwise; profit made "
           "%.1f\n",
           r->n, logs->items, r->n_changed, r->logged);
    printf("  doubly robust %+.2f %% (90 %%: %+.2f to %+.2f), model alone %+.2f %%, rows alone "
           "%+.2f %%\n",
           100 * r->gain / r->logged, 100 * r->low / r->logged, 100 * r->high / r->logged,
           100 * r->gain_model / r->logged, 100 * r->gain_weighted / r->logged);
    printf("  weights are worth %.0f rows; %.0f %% of the plan's prices have others near them\n",
           r->effective, 100 * r->met);
}

int bench_price_replay(int argc, char **argv) {
    skua_error err = {0};
    skuai_panel *panel = NULL;
    skuai_context context = bench_context();
    skuai_price_logs logs = {0};
    skuai_price_logs_options o = {.prices = SKUAI_PRICE_OPTIONS_DEFAULT, .periods = 26};
    skuai_price_replay_result r = {0};
    o.prices.most_change = 0.2;
    for (int i = 2; i + 1 < argc; i++)
        if (strcmp(argv[i], "--weeks") == 0) o.periods = strtoul(argv[i + 1], NULL, 10);
    skua_status status = load(&panel, &err);
    if (status == SKUA_OK) status = skuai_price_logs_make(panel, &o, &context, &logs, &err);
    if (status == SKUA_OK)
        status = skuai_price_replay_run(logs.rows, logs.n, logs.n_laws, 0.9, &r, &err);
    if (status == SKUA_OK) {
        print_result(&logs, &r);
        bench_figure("price-replay", "gain", r.gain / r.logged,
                     "of the profit of the last %zu weeks of orange juice, real prices and "
                     "profits; 90 %% interval %+.4f to %+.4f, doubly robust",
                     o.periods, r.low / r.logged, r.high / r.logged);
    }
    skuai_price_logs_clear(&logs);
    skuai_panel_free(panel);
    if (status == SKUA_OK) return 0;
    fprintf(stderr, "price-replay: %s\n", err.message);
    return status == SKUA_ENOTFOUND ? 77 : 1;
}
