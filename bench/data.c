#include "data.h"

#include "csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_set_names[] = {
    "m3-monthly", "m3-quarterly", "m3-yearly",   "m3-other",   "carparts",
    "hospital",   "walmart",      "freshretail", "m5-monthly", NULL};

/* -- M3: long ---------------------------------------------------------------------------------- */

static skua_status load_m3(const char *kind, const char *frequency, int season, bench_set *set,
                           skua_error *err) {
    bench_csv csv;
    SKUA_TRY(bench_csv_read("m3/m3_long.csv.gz", &csv, err));
    size_t id = bench_csv_column(&csv, "id"), period = bench_csv_column(&csv, "period"),
           h = bench_csv_column(&csv, "h"), value = bench_csv_column(&csv, "y");
    skuai_grid grid;
    SKUA_TRY(skuai_grid_parse(frequency, &grid, err));
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, season);
    double y[512];
    skua_status status = SKUA_OK;
    for (size_t r = 1; r < csv.rows && status == SKUA_OK;) {
        const char *name = bench_csv_cell(&csv, r, id);
        size_t n = 0, first = r;
        for (; r < csv.rows && strcmp(bench_csv_cell(&csv, r, id), name) == 0; r++)
            if (n < 512) y[n++] = bench_csv_number(&csv, r, value);
        if (strcmp(bench_csv_cell(&csv, first, period), kind) != 0) continue;
        set->horizon = (size_t)bench_csv_number(&csv, first, h);
        status = skuai_panel_builder_series(builder, name, 0, n, 0, y, NULL, NULL, err);
    }
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, &set->full, err);
    skuai_panel_builder_free(builder);
    bench_csv_clear(&csv);
    set->score_season = season;
    return status;
}

/* -- Car parts, hospital: wide ------------------------------------------------------------------
 */

static skua_status load_wide(const char *file, int year, bench_set *set, skua_error *err) {
    bench_csv csv;
    SKUA_TRY(bench_csv_read(file, &csv, err));
    skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 12);
    double y[512];
    skua_status status = SKUA_OK;
    for (size_t k = 0; k < csv.columns && status == SKUA_OK; k++) {
        bool blank = false;
        char name[64];
        for (size_t r = 1; r < csv.rows; r++) {
            y[r - 1] = bench_csv_number(&csv, r, k);
            blank = blank || isnan(y[r - 1]);
        }
        if (blank) continue; /* the protocol keeps series without a blank */
        (void)snprintf(name, sizeof name, "%s-%zu", bench_csv_cell(&csv, 0, k), k);
        int64_t start = skuai_period_from_day(&grid, skuai_day_from_date(year, 1, 1), 0);
        status =
            skuai_panel_builder_series(builder, name, start, csv.rows - 1, 0, y, NULL, NULL, err);
    }
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, &set->full, err);
    skuai_panel_builder_free(builder);
    bench_csv_clear(&csv);
    set->horizon = 12;
    set->score_season = 12;
    return status;
}

/* -- Walmart ------------------------------------------------------------------------------------
 */

enum { WALMART_COLUMNS = 10, WALMART_WEEKS = 200, WALMART_STORES = 46 };

static const char *const walmart_columns[WALMART_COLUMNS] = {
    "IsHoliday", "Temperature", "Fuel_Price", "MarkDown1", "MarkDown2",
    "MarkDown3", "MarkDown4",   "MarkDown5",  "CPI",       "Unemployment"};

typedef struct walmart_features {
    float value[WALMART_STORES][WALMART_COLUMNS][WALMART_WEEKS]; /* by week from `first` */
    int64_t first;
} walmart_features;

static skua_status walmart_read_features(const skuai_grid *grid, walmart_features *f,
                                         skua_error *err) {
    bench_csv csv;
    SKUA_TRY(bench_csv_read("walmart/features.csv.gz", &csv, err));
    for (size_t i = 0; i < sizeof f->value / sizeof(float); i++)
        (&f->value[0][0][0])[i] = NAN;
    size_t store = bench_csv_column(&csv, "Store"), date = bench_csv_column(&csv, "Date");
    f->first = skuai_period_from_day(grid, bench_csv_day(&csv, 1, date), 0);
    for (size_t r = 1; r < csv.rows; r++) {
        size_t s = (size_t)bench_csv_number(&csv, r, store);
        int64_t w = skuai_period_from_day(grid, bench_csv_day(&csv, r, date), 0) - f->first;
        for (size_t k = 0; k < WALMART_COLUMNS && s < WALMART_STORES && w < WALMART_WEEKS; k++)
            f->value[s][k][w] =
                (float)bench_csv_number(&csv, r, bench_csv_column(&csv, walmart_columns[k]));
    }
    bench_csv_clear(&csv);
    return SKUA_OK;
}

/* Statics of the series added so far. */
typedef struct walmart_statics {
    const char *store[4096], *department[4096], *type[4096];
    double size[4096];
    size_t n;
} walmart_statics;

static skua_status walmart_series(const bench_csv *csv, size_t from, size_t to,
                                  const skuai_grid *grid, const walmart_features *features,
                                  skuai_panel_builder *builder, skua_error *err) {
    double y[WALMART_WEEKS];
    const float *columns[WALMART_COLUMNS];
    size_t store = (size_t)bench_csv_number(csv, from, 0);
    int64_t start = skuai_period_from_day(grid, bench_csv_day(csv, from, 2), 0);
    int64_t end = skuai_period_from_day(grid, bench_csv_day(csv, to - 1, 2), 0);
    size_t n = (size_t)(end - start) + 1;
    for (size_t t = 0; t < n; t++)
        y[t] = (double)NAN;
    for (size_t r = from; r < to; r++)
        y[skuai_period_from_day(grid, bench_csv_day(csv, r, 2), 0) - start] =
            bench_csv_number(csv, r, 3);
    for (size_t k = 0; k < WALMART_COLUMNS; k++)
        columns[k] = features->value[store][k] + (start - features->first);
    char name[64];
    (void)snprintf(name, sizeof name, "%s/%s", bench_csv_cell(csv, from, 1),
                   bench_csv_cell(csv, from, 0));
    return skuai_panel_builder_series(builder, name, start, n, 0, y, NULL, columns, err);
}

static skua_status walmart_all(const bench_csv *csv, const bench_csv *stores,
                               const skuai_grid *grid, const walmart_features *features,
                               walmart_statics *statics, skuai_panel_builder *builder,
                               skua_error *err) {
    for (size_t k = 0; k < WALMART_COLUMNS; k++)
        SKUA_TRY(skuai_panel_builder_dynamic(builder, walmart_columns[k], SKUAI_KNOWN_AHEAD, err));
    for (size_t r = 1, from; r < csv->rows;) {
        for (from = r; r < csv->rows &&
                       strcmp(bench_csv_cell(csv, r, 0), bench_csv_cell(csv, from, 0)) == 0 &&
                       strcmp(bench_csv_cell(csv, r, 1), bench_csv_cell(csv, from, 1)) == 0;)
            r++;
        if (r - from < 79) continue;
        SKUA_TRY(walmart_series(csv, from, r, grid, features, builder, err));
        size_t store = (size_t)bench_csv_number(csv, from, 0), i = statics->n++;
        statics->store[i] = bench_csv_cell(csv, from, 0);
        statics->department[i] = bench_csv_cell(csv, from, 1);
        statics->type[i] = bench_csv_cell(stores, store, 1);
        statics->size[i] = bench_csv_number(stores, store, 2);
    }
    SKUA_TRY(skuai_panel_builder_category(builder, "store", statics->store, err));
    SKUA_TRY(skuai_panel_builder_category(builder, "department", statics->department, err));
    SKUA_TRY(skuai_panel_builder_category(builder, "type", statics->type, err));
    return skuai_panel_builder_number(builder, "size", statics->size, err);
}

static skua_status load_walmart(bench_set *set, skua_error *err) {
    bench_csv csv = {0}, stores = {0};
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 5, 0}; /* weeks end on Friday */
    walmart_features *features = skuai_new(1, sizeof *features);
    walmart_statics *statics = skuai_zero(1, sizeof *statics);
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 52);
    skua_status status;
    SKUA_TRY_OUT(walmart_read_features(&grid, features, err));
    SKUA_TRY_OUT(bench_csv_read("walmart/train.csv.gz", &csv, err));
    SKUA_TRY_OUT(bench_csv_read("walmart/stores.csv", &stores, err));
    SKUA_TRY_OUT(walmart_all(&csv, &stores, &grid, features, statics, builder, err));
    SKUA_TRY_OUT(skuai_panel_builder_finish(builder, &set->full, err));
    set->horizon = 39;
    set->score_season = 1;
out:
    skuai_panel_builder_free(builder);
    skuai_free(features);
    skuai_free(statics);
    bench_csv_clear(&csv);
    bench_csv_clear(&stores);
    return status;
}

/* -- Fresh retail --------------------------------------------------------------------------------
 */

enum { FRESH_DAYS = 90, FRESH_CHUNKS = 6, FRESH_MOST = 60000 };

typedef struct fresh_statics {
    char *store[FRESH_MOST], *product[FRESH_MOST], *category[FRESH_MOST];
    size_t n;
} fresh_statics;

static const char *product_category(const bench_csv *products, const char *product) {
    for (size_t r = 1; r < products->rows; r++)
        if (strcmp(bench_csv_cell(products, r, 0), product) == 0)
            return bench_csv_cell(products, r, 4);
    return "";
}

static skua_status fresh_chunk(const bench_csv *csv, const bench_csv *products, int64_t first,
                               fresh_statics *statics, skuai_panel_builder *builder,
                               skua_error *err) {
    for (size_t r = 1; r < csv->rows;) {
        double y[FRESH_DAYS];
        float available[FRESH_DAYS], discount[FRESH_DAYS], activity[FRESH_DAYS];
        const float *columns[] = {discount, activity};
        for (size_t t = 0; t < FRESH_DAYS; t++) {
            y[t] = (double)NAN;
            available[t] = 1;
            discount[t] = activity[t] = NAN;
        }
        const char *store = bench_csv_cell(csv, r, 0), *product = bench_csv_cell(csv, r, 1);
        for (; r < csv->rows && strcmp(bench_csv_cell(csv, r, 0), store) == 0 &&
               strcmp(bench_csv_cell(csv, r, 1), product) == 0;
             r++) {
            size_t t = (size_t)(bench_csv_day(csv, r, 2) - first);
            if (t >= FRESH_DAYS) continue;
            y[t] = bench_csv_number(csv, r, 3);
            double hours = bench_csv_number(csv, r, 4); /* of the 16 from 6 to 21 */
            available[t] = (float)fmax(0, 1 - hours / 16);
            discount[t] = (float)bench_csv_number(csv, r, 6);
            activity[t] = (float)bench_csv_number(csv, r, 7);
        }
        char name[64];
        (void)snprintf(name, sizeof name, "%s/%s", product, store);
        SKUA_TRY(skuai_panel_builder_series(builder, name, first, FRESH_DAYS, 0, y, available,
                                            columns, err));
        size_t i = statics->n++;
        statics->store[i] = skuai_text_copy(store);
        statics->product[i] = skuai_text_copy(product);
        statics->category[i] = skuai_text_copy(product_category(products, product));
    }
    return SKUA_OK;
}

static skua_status fresh_all(const bench_csv *products, fresh_statics *statics,
                             skuai_panel_builder *builder, skua_error *err) {
    SKUA_TRY(skuai_panel_builder_dynamic(builder, "discount", SKUAI_KNOWN_AHEAD, err));
    SKUA_TRY(skuai_panel_builder_dynamic(builder, "activity", SKUAI_KNOWN_AHEAD, err));
    for (int chunk = 0; chunk < FRESH_CHUNKS; chunk++) {
        char file[128];
        (void)snprintf(file, sizeof file, "freshretailnet50k/daily/daily_stores_%d00_%d99.csv.gz",
                       chunk, chunk);
        bench_csv csv;
        SKUA_TRY(bench_csv_read(file, &csv, err));
        skua_status status =
            fresh_chunk(&csv, products, skuai_day_from_date(2024, 3, 28), statics, builder, err);
        bench_csv_clear(&csv);
        SKUA_TRY(status);
    }
    SKUA_TRY(skuai_panel_builder_category(builder, "store", (const char **)statics->store, err));
    SKUA_TRY(skuai_panel_builder_category(builder, "item", (const char **)statics->product, err));
    return skuai_panel_builder_category(builder, "category", (const char **)statics->category, err);
}

static skua_status load_fresh(bench_set *set, skua_error *err) {
    bench_csv products = {0};
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    fresh_statics *statics = skuai_zero(1, sizeof *statics);
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    skua_status status;
    SKUA_TRY_OUT(bench_csv_read("freshretailnet50k/daily/products.csv", &products, err));
    SKUA_TRY_OUT(fresh_all(&products, statics, builder, err));
    SKUA_TRY_OUT(skuai_panel_builder_finish(builder, &set->full, err));
    set->horizon = 7;
    set->score_season = 7;
out:
    for (size_t i = 0; i < statics->n; i++) {
        skuai_free(statics->store[i]);
        skuai_free(statics->product[i]);
        skuai_free(statics->category[i]);
    }
    skuai_free(statics);
    skuai_panel_builder_free(builder);
    bench_csv_clear(&products);
    return status;
}

/* -- M5 by month
 * ----------------------------------------------------------------------------------- */

static skua_status load_m5(bench_set *set, skua_error *err) {
    bench_csv csv;
    SKUA_TRY(bench_csv_read("m5_monthly/m5_monthly_wide.csv.gz", &csv, err));
    skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 12);
    const char **text = skuai_new(csv.rows, 5 * sizeof *text);
    skuai_arena *arena = skuai_arena_new(0);
    skua_status status = SKUA_OK;
    size_t S = csv.rows - 1, months = csv.columns - 4; /* first and last month are partial */
    for (size_t r = 1; r < csv.rows && status == SKUA_OK; r++) {
        double y[128];
        size_t first = 0;
        for (size_t t = 0; t < months; t++)
            y[t] = bench_csv_number(&csv, r, t + 3);
        while (first < months && !(y[first] > 0))
            first++; /* not launched yet */
        if (first == months) first = months - 1;
        const char *item = bench_csv_cell(&csv, r, 0), *store = bench_csv_cell(&csv, r, 1);
        size_t department = strlen(item) - 4; /* FOODS_1_001 */
        text[r - 1] = item;
        text[S + r - 1] = store;
        text[2 * S + r - 1] = skuai_arena_text(arena, item, department);
        char name[96];
        (void)snprintf(name, sizeof name, "%s/%s", item, store);
        int64_t start = skuai_period_from_day(&grid, skuai_day_from_date(2011, 2, 1), 0);
        status = skuai_panel_builder_series(builder, name, start + (int64_t)first, months - first,
                                            0, y + first, NULL, NULL, err);
    }
    static const char *const names[] = {"item", "channel", "category"};
    for (size_t k = 0; k < 3 && status == SKUA_OK; k++)
        status = skuai_panel_builder_category(builder, names[k], text + k * S, err);
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, &set->full, err);
    skuai_panel_builder_free(builder);
    skuai_arena_free(arena);
    skuai_free(text);
    bench_csv_clear(&csv);
    set->horizon = 12;
    set->score_season = 12;
    return status;
}

/* -- By name
 * ----------------------------------------------------------------------------------------- */

skua_status bench_set_load(const char *name, bench_set *set, skua_error *err) {
    bench_set made = {0};
    if (strcmp(name, "m3-monthly") == 0)
        SKUA_TRY(load_m3("MONTHLY", "month", 12, &made, err));
    else if (strcmp(name, "m3-quarterly") == 0)
        SKUA_TRY(load_m3("QUARTERLY", "quarter", 4, &made, err));
    else if (strcmp(name, "m3-yearly") == 0)
        SKUA_TRY(load_m3("YEARLY", "year", 1, &made, err));
    else if (strcmp(name, "m3-other") == 0)
        SKUA_TRY(load_m3("OTHER", "year", 1, &made, err));
    else if (strcmp(name, "carparts") == 0)
        SKUA_TRY(load_wide("carparts_hospital/carparts.csv.gz", 1998, &made, err));
    else if (strcmp(name, "hospital") == 0)
        SKUA_TRY(load_wide("carparts_hospital/hospital.csv.gz", 2000, &made, err));
    else if (strcmp(name, "walmart") == 0)
        SKUA_TRY(load_walmart(&made, err));
    else if (strcmp(name, "freshretail") == 0)
        SKUA_TRY(load_fresh(&made, err));
    else if (strcmp(name, "m5-monthly") == 0)
        SKUA_TRY(load_m5(&made, err));
    else
        return skuai_error_set(err, SKUA_ENOTFOUND, "no benchmark set '%s'", name);
    skua_status status = skuai_panel_cut(made.full, made.horizon, &made.train, err);
    if (status != SKUA_OK) {
        skuai_panel_free(made.full);
        return status;
    }
    *set = made;
    return SKUA_OK;
}

skua_status bench_set_thin(bench_set *set, size_t step, skua_error *err) {
    size_t *chosen = skuai_new(set->full->n_series, sizeof *chosen), n = 0;
    skuai_panel *full = NULL, *train = NULL;
    if (!chosen) return skuai_error_memory(err, "a sample");
    for (size_t s = 0; s < set->full->n_series; s += step)
        chosen[n++] = s;
    skua_status status = skuai_panel_subset(set->full, chosen, n, &full, err);
    if (status == SKUA_OK) status = skuai_panel_cut(full, set->horizon, &train, err);
    skuai_free(chosen);
    if (status != SKUA_OK) {
        skuai_panel_free(full);
        return status;
    }
    skuai_panel_free(set->train);
    skuai_panel_free(set->full);
    set->full = full;
    set->train = train;
    return SKUA_OK;
}

void bench_set_clear(bench_set *set) {
    skuai_panel_free(set->train);
    skuai_panel_free(set->full);
    *set = (bench_set){0};
}
