/* Figure `stockout`: the share of the downward bias that the demand estimate removes.
 *
 * Fresh retail: item-days without a stock-out in any of the 24 hours are drawn at random; from each
 * the hours that another, drawn, item-day really lacked are hidden, with what was sold in them.
 * Everything else, real stock-outs included, stays as it is. bias = sum(estimate) - sum(truth) over
 * the hidden days. Stores 50-99 make the figure; stores 0-49 served for development.
 *
 *     bench stockout [--stores 0|50] [--seed N] [--share P] */
#include "csv.h"
#include "figure.h"

#include "clean/hour_profile.h"
#include "clean/stockout.h"
#include "core/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bench_stockout(int argc, char **argv);

enum { SLOTS = 24, DAYS = 90, KEYS_MOST = 4096 };

typedef struct shop {
    size_t n;                          /* item-days */
    float *sold;                       /* [n, SLOTS] */
    unsigned char *open;               /* [n, SLOTS] */
    size_t *store, *category, *series; /* [n] node of each day */
    int *t;                            /* [n] day of the panel */
    size_t n_stores, n_categories, n_series;
} shop;

static void shop_clear(shop *s) {
    skuai_free(s->sold);
    skuai_free(s->open);
    skuai_free(s->store);
    skuai_free(s->category);
    skuai_free(s->series);
    skuai_free(s->t);
}

/* Number of a key, in order of appearance. */
static size_t code_of(long *keys, size_t *n, long key) {
    for (size_t i = *n; i-- > 0;)
        if (keys[i] == key) return i;
    if (*n == KEYS_MOST) return 0;
    keys[*n] = key;
    return (*n)++;
}

static void read_day(const char *mask, const char *hours, float *sold, unsigned char *open) {
    unsigned long bits = strtoul(mask, NULL, 16);
    for (int h = 0; h < SLOTS; h++)
        open[h] = !(bits >> h & 1);
    for (char *p = (char *)hours; *p;) {
        long h = strtol(p, &p, 10);
        if (*p != ':') break;
        double x = strtod(p + 1, &p);
        /* Sales of an hour that ran out half-way (2.7 %) are no sample of a whole hour. */
        if (h >= 0 && h < SLOTS && open[h]) sold[h] = (float)x;
        if (*p == ';') p++;
    }
}

static skua_status shop_read(int first_store, shop *s, skua_error *err) {
    char file[128];
    bench_csv csv = {0}, products = {0};
    (void)snprintf(file, sizeof file, "freshretailnet50k/hourly/hourly_stores_%03d_%03d.csv.gz",
                   first_store, first_store + 49);
    *s = (shop){0};
    SKUA_TRY(bench_csv_read(file, &csv, err));
    skua_status status = bench_csv_read("freshretailnet50k/daily/products.csv", &products, err);
    long *stores = skuai_new(3 * KEYS_MOST, sizeof *stores);
    long *categories = stores ? stores + KEYS_MOST : NULL,
         *series = stores ? categories + KEYS_MOST : NULL;
    s->n = csv.rows - 1;
    s->sold = skuai_zero(s->n * SLOTS, sizeof *s->sold);
    s->open = skuai_zero(s->n * SLOTS, 1);
    s->store = skuai_zero(s->n, sizeof *s->store);
    s->category = skuai_zero(s->n, sizeof *s->category);
    s->series = skuai_zero(s->n, sizeof *s->series);
    s->t = skuai_zero(s->n, sizeof *s->t);
    if (!stores || !s->sold || !s->open || !s->store || !s->category || !s->series || !s->t)
        status = skuai_error_memory(err, "fresh retail");
    for (size_t i = 0; i < s->n && status == SKUA_OK; i++) {
        long store = strtol(bench_csv_cell(&csv, i + 1, 0), NULL, 10);
        long product = strtol(bench_csv_cell(&csv, i + 1, 1), NULL, 10), category = -1;
        for (size_t r = 1; r < products.rows && category < 0; r++)
            if (strtol(bench_csv_cell(&products, r, 0), NULL, 10) == product)
                category = strtol(bench_csv_cell(&products, r, 3), NULL, 10);
        s->store[i] = code_of(stores, &s->n_stores, store);
        s->category[i] = code_of(categories, &s->n_categories, store * 10000 + category);
        s->series[i] = code_of(series, &s->n_series, store * 10000 + product);
        s->t[i] = (int)(bench_csv_day(&csv, i + 1, 2) - skuai_day_from_date(2024, 3, 28));
        read_day(bench_csv_cell(&csv, i + 1, 3), bench_csv_cell(&csv, i + 1, 4),
                 s->sold + i * SLOTS, s->open + i * SLOTS);
    }
    skuai_free(stores);
    bench_csv_clear(&csv);
    bench_csv_clear(&products);
    return status;
}

/* One panel series an item of a store; row_of [n] out: the panel row of each item-day. */
static skua_status shop_panel(const shop *s, const float *exposure, size_t *row_of,
                              skuai_panel **panel, skua_error *err) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    const char **names = skuai_new(s->n_series, sizeof *names);
    char(*text)[16] = skuai_new(s->n_series, sizeof *text);
    int64_t start = skuai_day_from_date(2024, 3, 28);
    skua_status status = SKUA_OK;
    for (size_t v = 0, i = 0; v < s->n_series && status == SKUA_OK; v++) {
        double y[DAYS];
        float a[DAYS];
        for (size_t t = 0; t < DAYS; t++)
            y[t] = NAN, a[t] = 1;
        size_t category = 0;
        for (; i < s->n && s->series[i] == v; i++) {
            size_t t = (size_t)s->t[i];
            if (t >= DAYS) continue;
            double sum = 0;
            for (size_t h = 0; h < SLOTS; h++)
                sum += (double)s->sold[i * SLOTS + h];
            y[t] = sum;
            a[t] = exposure[i];
            row_of[i] = v * DAYS + t;
            category = s->store[i];
        }
        char name[32];
        (void)snprintf(name, sizeof name, "%zu", v);
        (void)snprintf(text[v], sizeof *text, "%zu", category);
        names[v] = text[v];
        status = skuai_panel_builder_series(builder, name, start, DAYS, 0, y, a, NULL, err);
    }
    if (status == SKUA_OK) status = skuai_panel_builder_category(builder, "store", names, err);
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, panel, err);
    skuai_panel_builder_free(builder);
    skuai_free(names);
    skuai_free(text);
    return status;
}

typedef enum way { WAY_PROFILE, WAY_TIME, WAY_SCALE, N_WAYS } way; /* scale: sold / exposure */

typedef struct outcome {
    double reduction, wape, bias; /* of the estimate */
    double wape_sold, bias_sold;  /* of what was sold */
    size_t hidden;
} outcome;

static bool day_is_open(const shop *s, size_t i) {
    for (size_t h = 0; h < SLOTS; h++)
        if (!s->open[i * SLOTS + h]) return false;
    return true;
}

/* Hide hours of a share of the open days, in place; truth [n]: the day's demand, NaN not hidden. */
static size_t hide(shop *s, double share, bool depleted, skuai_random *random, double *truth) {
    size_t hidden = 0;
    unsigned char *fresh = skuai_zero(s->n, 1); /* open before anything was hidden */
    double *usual = skuai_zero(2 * s->n_series, sizeof *usual), *days = usual + s->n_series;
    for (size_t i = 0; i < s->n; i++) {
        truth[i] = NAN;
        fresh[i] = day_is_open(s, i);
        days[s->series[i]] += fresh[i];
        for (size_t h = 0; h < SLOTS && fresh[i]; h++)
            usual[s->series[i]] += (double)s->sold[i * SLOTS + h];
    }
    for (size_t v = 0; v < s->n_series; v++)
        usual[v] /= fmax(days[v], 1);
    for (size_t i = 0; i < s->n; i++) {
        if (!fresh[i] || !(skuai_random_uniform(random) < share)) continue;
        size_t donor;
        do
            donor = skuai_random_index(random, s->n);
        while (fresh[donor] || !isnan(truth[donor]));
        float *sold = s->sold + i * SLOTS;
        double sum = 0;
        for (size_t h = 0; h < SLOTS; h++)
            sum += (double)sold[h];
        if (depleted) { /* a stock drawn around the usual day, whatever this day wants */
            double stock = usual[s->series[i]] * 1.5 * skuai_random_uniform(random), run = 0;
            if (!(sum > stock)) continue;
            for (size_t h = 0; h < SLOTS; h++) {
                bool gone = run >= stock;
                run += (double)sold[h];
                if (gone) s->open[i * SLOTS + h] = 0, sold[h] = 0;
            }
        } else {
            for (size_t h = 0; h < SLOTS; h++) {
                if (s->open[donor * SLOTS + h]) continue;
                s->open[i * SLOTS + h] = 0;
                sold[h] = 0;
            }
        }
        truth[i] = sum;
        hidden++;
    }
    skuai_free(fresh);
    skuai_free(usual);
    return hidden;
}

static void exposures(const shop *s, way w, float *exposure, skua_status *status, skua_error *err) {
    if (w == WAY_TIME) { /* the share of the hours 6 to 21 that were open */
        for (size_t i = 0; i < s->n; i++) {
            int open = 0;
            for (size_t h = 6; h < 22; h++)
                open += s->open[i * SLOTS + h];
            exposure[i] = (float)open / 16;
        }
        return;
    }
    const size_t *nodes[] = {s->store, s->category, s->series};
    const size_t counts[] = {s->n_stores, s->n_categories, s->n_series};
    skuai_hour_days days = {s->n, SLOTS, s->sold, s->open, 3, nodes, counts};
    *status = skuai_hour_profile_exposure(&days, NULL, exposure, err);
}

static skua_status measure(const shop *s, way w, const double *truth, outcome *out,
                           skua_error *err) {
    float *exposure = skuai_new(s->n, sizeof *exposure);
    size_t *row_of = skuai_zero(s->n, sizeof *row_of);
    skuai_panel *panel = NULL;
    skuai_stockout result = {0};
    skua_status status = SKUA_OK;
    exposures(s, w, exposure, &status, err);
    if (status == SKUA_OK) status = shop_panel(s, exposure, row_of, &panel, err);
    skuai_stockout_options options = SKUAI_STOCKOUT_OPTIONS_DEFAULT;
    options.group = "store";
    if (status == SKUA_OK) status = skuai_stockout_estimate(panel, &options, NULL, &result, err);
    double sum = 0, sold = 0, estimate = 0, error = 0, error_sold = 0;
    *out = (outcome){0};
    for (size_t i = 0; i < s->n && status == SKUA_OK; i++) {
        if (isnan(truth[i])) continue;
        double x = panel->target[row_of[i]], d = result.demand[row_of[i]];
        if (w == WAY_SCALE && exposure[i] > 0.0f) d = x / (double)exposure[i];
        out->hidden++;
        sum += truth[i];
        sold += x;
        estimate += d;
        error += fabs(d - truth[i]);
        error_sold += fabs(x - truth[i]);
    }
    out->reduction = 1 - fabs(estimate - sum) / (sum - sold);
    out->bias = estimate / sum - 1;
    out->bias_sold = sold / sum - 1;
    out->wape = error / sum;
    out->wape_sold = error_sold / sum;
    if (getenv("BENCH_VERBOSE"))
        printf("  half-life %g dispersion %g shape %g\n", result.half_life, result.dispersion,
               result.shape);
    skuai_stockout_clear(&result);
    skuai_panel_free(panel);
    skuai_free(exposure);
    skuai_free(row_of);
    return status;
}

static int fail(const skua_error *err) {
    fprintf(stderr, "stockout: %s\n", err->message);
    return err->code == SKUA_ENOTFOUND ? 77 : 1;
}

int bench_stockout(int argc, char **argv) {
    static const char *const ways[N_WAYS] = {"hour profile", "share of hours", "sold / exposure"};
    int stores = 50;
    uint64_t seed = 1;
    double share = 0.3;
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--stores") == 0) stores = (int)strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seed") == 0) seed = (uint64_t)strtoll(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--share") == 0) share = strtod(argv[i + 1], NULL);
    }
    skua_error err = {0};
    double headline = NAN;
    outcome main_way = {0};
    double clock = skuai_clock();
    for (int depleted = 0; depleted < 2; depleted++) {
        shop s;
        if (shop_read(stores, &s, &err) != SKUA_OK) {
            shop_clear(&s);
            return fail(&err);
        }
        double *truth = skuai_new(s.n, sizeof *truth);
        skuai_random random;
        skuai_random_init(&random, seed);
        (void)hide(&s, share, depleted, &random, truth);
        for (way w = 0; w < N_WAYS; w++) {
            outcome o;
            if (measure(&s, w, truth, &o, &err) != SKUA_OK) return fail(&err);
            printf("%-18s %-16s bias %+.4f (sold %+.4f) WAPE %.4f (sold %.4f) reduction %.4f, %zu "
                   "item-days\n",
                   depleted ? "stock runs out" : "hours at random", ways[w], o.bias, o.bias_sold,
                   o.wape, o.wape_sold, o.reduction, o.hidden);
            if (w == WAY_PROFILE && !depleted) {
                headline = o.reduction;
                main_way = o;
            }
        }
        skuai_free(truth);
        shop_clear(&s);
    }
    bench_figure(
        "stockout", "bias_reduction", headline,
        "%zu hidden item-days of stores %d-%d, bias %+.4f after %+.4f, WAPE %.3f after %.3f, "
        "%.1f s, seed %llu",
        main_way.hidden, stores, stores + 49, main_way.bias, main_way.bias_sold, main_way.wape,
        main_way.wape_sold, skuai_clock() - clock, (unsigned long long)seed);
    return 0;
}
