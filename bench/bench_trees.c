/* Trees: oj, orange juice by the protocol of shared/data/CATALOGUE.md. */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_WEEK = 40, WEEKS = 121, BRANDS = 11, ROUNDS = 12, SERIES_MOST = 1000, COLUMNS = 4 };

static const char *const columns[COLUMNS] = {"price", "price_ratio", "deal", "feat"};

typedef struct oj_statics {
    char names[SERIES_MOST][16];
    const char *store[SERIES_MOST], *brand[SERIES_MOST];
    size_t n;
} oj_statics;

/* One series from row `from` to before `to`: units, and what is known ahead. */
static skua_status oj_series(const bench_csv *csv, size_t from, size_t to, const char *name,
                             skuai_panel_builder *builder, skua_error *err) {
    double y[WEEKS];
    float x[COLUMNS][WEEKS];
    const float *all[COLUMNS] = {x[0], x[1], x[2], x[3]};
    size_t brand = (size_t)bench_csv_number(csv, from, 1);
    for (size_t t = 0; t < WEEKS; t++) {
        y[t] = (double)NAN;
        for (size_t k = 0; k < COLUMNS; k++)
            x[k][t] = NAN;
    }
    for (size_t r = from; r < to; r++) {
        size_t t = (size_t)bench_csv_number(csv, r, 2) - FIRST_WEEK;
        double price = bench_csv_number(csv, r, 4 + brand), sum = 0;
        for (size_t b = 1; b <= BRANDS; b++)
            sum += bench_csv_number(csv, r, 4 + b) / BRANDS;
        y[t] = exp(bench_csv_number(csv, r, 3));
        x[0][t] = (float)price;
        x[1][t] = (float)(price / sum);
        x[2][t] = (float)bench_csv_number(csv, r, 16);
        x[3][t] = (float)bench_csv_number(csv, r, 17);
    }
    return skuai_panel_builder_series(builder, name, 1000, WEEKS, 0, y, NULL, all, err);
}

static skua_status oj_load(skuai_panel **panel, skua_error *err) {
    bench_csv csv = {0};
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    SKUA_TRY(bench_csv_read("oj/oj_yx.csv.gz", &csv, err));
    oj_statics *statics = skuai_zero(1, sizeof *statics);
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 52);
    skua_status status = SKUA_OK;
    for (size_t k = 0; k < COLUMNS; k++)
        SKUA_TRY_OUT(skuai_panel_builder_dynamic(builder, columns[k], SKUAI_KNOWN_AHEAD, err));
    for (size_t r = 1, from; r < csv.rows;) {
        from = r;
        r = bench_csv_stretch(&csv, from, 2);
        size_t i = statics->n++;
        statics->store[i] = bench_csv_cell(&csv, from, 0);
        statics->brand[i] = bench_csv_cell(&csv, from, 1);
        (void)snprintf(statics->names[i], sizeof statics->names[i], "%.6s/%.6s", statics->brand[i],
                       statics->store[i]);
        SKUA_TRY_OUT(oj_series(&csv, from, r, statics->names[i], builder, err));
    }
    SKUA_TRY_OUT(skuai_panel_builder_category(builder, "store", statics->store, err));
    SKUA_TRY_OUT(skuai_panel_builder_category(builder, "brand", statics->brand, err));
    SKUA_TRY_OUT(skuai_panel_builder_finish(builder, panel, err));
out:
    skuai_panel_builder_free(builder);
    skuai_free(statics);
    bench_csv_clear(&csv);
    return status;
}

/* Mean percentage error of the second and third week behind `last_week`, summed with its count. */
static skua_status oj_round(const skuai_panel *panel, int last_week, const skuai_forecaster *model,
                            uint64_t seed, double *sum, double *n, skua_error *err) {
    skuai_panel *view = NULL;
    skuai_forecast *forecast = NULL;
    skuai_context context = bench_context();
    skuai_request request = {3, bench_levels, 9, seed};
    context.seed = seed;
    SKUA_TRY(skuai_panel_cut_at(panel, 1000 + last_week + 1 - FIRST_WEEK, &view, err));
    skua_status status =
        skuai_forecaster_run(model, view, NULL, &request, &context, &forecast, err);
    for (size_t s = 0; status == SKUA_OK && s < view->n_series; s++) {
        for (size_t h = 1; h < 3; h++) {
            double y = skuai_panel_actual(view, s, h);
            if (isnan(y)) continue;
            *sum += fabs(y - *skuai_forecast_mean(forecast, s, h)) / y;
            *n += 1;
        }
    }
    skuai_forecast_free(forecast);
    skuai_panel_free(view);
    return status;
}

static skua_status oj_rounds(const skuai_panel *panel, const char *specification, int first_week,
                             int rounds, uint64_t seed, double *mape, skua_error *err) {
    double sum = 0, n = 0;
    skuai_forecaster model;
    if (!bench_forecaster(specification, &model))
        return skuai_error_set(err, SKUA_ENOTFOUND, "no model '%s'", specification);
    for (int r = 0; r < rounds; r++)
        SKUA_TRY(oj_round(panel, first_week + 2 * r, &model, seed, &sum, &n, err));
    *mape = 100 * sum / n;
    return SKUA_OK;
}

/* What is tried on windows inside the first round's training. */
#define OJ_TREES "tree-direct:horizon=3:objective=mape:leaves=31"
static const char *const oj_choices[] = {
    OJ_TREES ":base=none",
    OJ_TREES ":base=none:column_share=0.4:least_leaf=50",
    OJ_TREES ":base=cycle",
};
enum { OJ_CHOICES = sizeof oj_choices / sizeof *oj_choices };

/* Windows that end at week 134, before the first round's weeks. */
static skua_status oj_choose(const skuai_panel *panel, const char *const *choices, size_t n,
                             size_t *best, skua_error *err) {
    double least = (double)INFINITY, mape;
    for (size_t i = 0; i < n; i++) {
        SKUA_TRY(oj_rounds(panel, choices[i], 127, 3, 1, &mape, err));
        printf("  inside training: %s, MAPE %.2f\n", choices[i], mape);
        (void)fflush(stdout);
        if (mape < least) least = mape, *best = i;
    }
    return SKUA_OK;
}

static skua_status oj_test(const skuai_panel *panel, const char *specification, int seeds,
                           skua_error *err) {
    double all[64], mape;
    for (int done = 0; done < seeds; done++) {
        SKUA_TRY(oj_rounds(panel, specification, 135, ROUNDS, (uint64_t)done + 1, &mape, err));
        int at = done;
        for (; at > 0 && all[at - 1] > mape; at--)
            all[at] = all[at - 1];
        all[at] = mape;
    }
    bench_figure("oj", "mape", all[(seeds - 1) / 2], "%s, %d rounds, median of %d seeds",
                 specification, ROUNDS, seeds);
    return SKUA_OK;
}

/* oj [SEEDS] chooses and tests; oj -t SPECIFICATION... only tries on the windows of the choice; oj
 * -f SPECIFICATION [SEEDS] only tests what was chosen before. */
int bench_oj(int argc, char **argv) {
    skua_error err = {0};
    skuai_panel *panel = NULL;
    size_t best = 0;
    bool trial = argc > 3 && strcmp(argv[2], "-t") == 0;
    bool chosen = argc > 3 && strcmp(argv[2], "-f") == 0;
    const char *count = trial ? NULL : argc > 2 && !chosen ? argv[2] : argc > 4 ? argv[4] : NULL;
    int seeds = count ? (int)strtol(count, NULL, 10) : 5;
    if (oj_load(&panel, &err) != SKUA_OK) {
        printf("skipped: %s\n", err.message);
        return 0;
    }
    seeds = seeds < 1 ? 1 : seeds > 64 ? 64 : seeds;
    skua_status status =
        chosen  ? oj_test(panel, argv[3], seeds, &err)
        : trial ? oj_choose(panel, (const char *const *)argv + 3, (size_t)argc - 3, &best, &err)
                : oj_choose(panel, oj_choices, OJ_CHOICES, &best, &err);
    if (status == SKUA_OK && !trial && !chosen)
        status = oj_test(panel, oj_choices[best], seeds, &err);
    if (status != SKUA_OK) fprintf(stderr, "%s\n", err.message);
    skuai_panel_free(panel);
    return status != SKUA_OK;
}
