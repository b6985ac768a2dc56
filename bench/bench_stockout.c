/* Figure `stockout`: the share of the downward bias that the demand estimate removes.
 *
 * Fresh retail: item-days without a stock-out in any of the 24 hours are drawn at random; from each
 * the hours that another, drawn, item-day really lacked are hidden, with what was sold in them.
 * Everything else, real stock-outs included, stays as it is. bias = sum(estimate) - sum(truth) over
 * the hidden days. Stores 50-99 make the figure; stores 0-49 served for development. Beside it, not
 * part of the figure: hours hidden where a drawn stock ran out.
 *
 * Simulated shop: 300 items, two channels, two years; days with available < 1, as the shop's file
 * has it, against the true demand of the simulation (substitutes' sales hold 5 % of other items'
 * demand there, which no estimate of one item can tell). The figure is the lower of fresh retail's
 * and this. Beside it, not part of the figure: available kept back, the stock at the end alone.
 *
 *     bench stockout [--stores 0|50] [--seed N] [--share P] */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include "clean/hour_profile.h"
#include "clean/stockout.h"
#include "core/random.h"
#include "simulate/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    skuai_stockout_clear(&result);
    skuai_panel_free(panel);
    skuai_free(exposure);
    skuai_free(row_of);
    return status;
}

/* -- Simulated shop ------------------------------------------------------------------------------
 */

enum { SHOP_DAYS = 730, SHOP_ITEMS = 300 };

/* The series of a simulated shop: what was sold, what was wanted. */
typedef struct simulated {
    size_t n;
    double *sold, *wanted;    /* [n, SHOP_DAYS] NaN where the item was not in the range */
    float *available, *stock; /* [n, SHOP_DAYS] */
    char (*name)[32];         /* [n] item and channel, in order of the truth */
} simulated;

static void simulated_clear(simulated *s) {
    skuai_free(s->sold);
    skuai_free(s->wanted);
    skuai_free(s->available);
    skuai_free(s->stock);
    skuai_free(s->name);
}

/* Cut a line at its commas; the number of fields. */
static size_t cut(char *line, char **fields, size_t most) {
    size_t n = 0;
    for (char *p = line; n < most;) {
        fields[n++] = p;
        p = strchr(p, ',');
        if (!p) break;
        *p++ = '\0';
    }
    return n;
}

/* Rows of one file: the truth (demand in field 3) makes the series, the sales fill them. */
static bool read_rows(simulated *s, const char *folder, const char *file, bool truth) {
    char path[512], line[512], *f[16], name[32];
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *in = fopen(path, "r");
    if (!in) return false;
    int64_t first = SKUAI_SIMULATE_DEFAULT.start_day;
    size_t at = 0;
    bool header = true;
    while (fgets(line, sizeof line, in)) {
        if (cut(line, f, 16) < 8 || header) {
            header = false;
            continue;
        }
        int year, month, day;
        if (sscanf(f[2], "%d-%d-%d", &year, &month, &day) != 3) continue;
        int64_t t = skuai_day_from_date(year, month, day) - first;
        if (t < 0 || t >= SHOP_DAYS) continue; /* the planned future */
        (void)snprintf(name, sizeof name, "%.14s/%.14s", f[0], f[1]);
        for (size_t tries = 0; tries < s->n && strcmp(s->name[at], name) != 0; tries++)
            at = (at + 1) % s->n;
        if (s->n == 0 || strcmp(s->name[at], name) != 0) {
            if (!truth || s->n == 2 * SHOP_ITEMS) continue;
            at = s->n++;
            (void)snprintf(s->name[at], sizeof *s->name, "%s", name);
        }
        size_t i = at * SHOP_DAYS + (size_t)t;
        if (truth) {
            s->wanted[i] = strtod(f[3], NULL);
            continue;
        }
        s->sold[i] = strtod(f[3], NULL);
        s->available[i] = (float)strtod(f[6], NULL);
        s->stock[i] = (float)strtod(f[7], NULL);
    }
    (void)fclose(in);
    return true;
}

static skua_status simulate_shop(simulated *s, uint64_t seed, skua_error *err) {
    char folder[] = "/tmp/skua-bench-XXXXXX", command[64];
    skuai_simulate_options options = SKUAI_SIMULATE_DEFAULT;
    options.seed = seed;
    options.items = SHOP_ITEMS;
    options.days = SHOP_DAYS;
    options.stockout_rate = 0.1;
    options.pictures = false;
    options.events = 0;
    *s = (simulated){0};
    if (!mkdtemp(folder)) return skuai_error_set(err, SKUA_EIO, "no temporary folder");
    skua_status status = skuai_simulate(&options, folder, NULL, NULL, err);
    size_t cells = (size_t)2 * SHOP_ITEMS * SHOP_DAYS;
    s->sold = skuai_new(cells, sizeof *s->sold);
    s->wanted = skuai_new(cells, sizeof *s->wanted);
    s->available = skuai_new(cells, sizeof *s->available);
    s->stock = skuai_new(cells, sizeof *s->stock);
    s->name = skuai_zero((size_t)2 * SHOP_ITEMS, sizeof *s->name);
    if (status == SKUA_OK && !(s->sold && s->wanted && s->available && s->stock && s->name))
        status = skuai_error_memory(err, "a simulated shop");
    for (size_t i = 0; i < cells && status == SKUA_OK; i++) {
        s->sold[i] = s->wanted[i] = NAN;
        s->available[i] = s->stock[i] = 1;
    }
    if (status == SKUA_OK && !(read_rows(s, folder, "truth/demand.csv", true) &&
                               read_rows(s, folder, "sales.csv", false)))
        status = skuai_error_set(err, SKUA_EIO, "the simulated shop cannot be read");
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (system(command) != 0) fprintf(stderr, "stockout: %s stays\n", folder);
    return status;
}

static skua_status measure_simulated(const simulated *s, bool by_stock, outcome *out,
                                     skua_error *err) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    skuai_panel *panel = NULL;
    skuai_stockout result = {0};
    skua_status status = builder ? SKUA_OK : skuai_error_memory(err, "a panel");
    if (status == SKUA_OK && by_stock)
        status = skuai_panel_builder_dynamic(builder, "stock", SKUAI_KNOWN_PAST, err);
    for (size_t k = 0; k < s->n && status == SKUA_OK; k++) {
        const float *stock[1] = {s->stock + k * SHOP_DAYS};
        status = skuai_panel_builder_series(builder, s->name[k], SKUAI_SIMULATE_DEFAULT.start_day,
                                            SHOP_DAYS, 0, s->sold + k * SHOP_DAYS,
                                            by_stock ? NULL : s->available + k * SHOP_DAYS,
                                            by_stock ? stock : NULL, err);
    }
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, &panel, err);
    if (status == SKUA_OK)
        status =
            skuai_stockout_estimate(panel, &SKUAI_STOCKOUT_OPTIONS_DEFAULT, NULL, &result, err);
    double sum = 0, sold = 0, estimate = 0, error = 0, error_sold = 0;
    *out = (outcome){0};
    for (size_t i = 0; i < s->n * SHOP_DAYS && status == SKUA_OK; i++) {
        if (!(s->available[i] < 1) || isnan(s->sold[i]) || isnan(s->wanted[i])) continue;
        out->hidden++;
        sum += s->wanted[i];
        sold += s->sold[i];
        estimate += result.demand[i];
        error += fabs(result.demand[i] - s->wanted[i]);
        error_sold += fabs(s->sold[i] - s->wanted[i]);
    }
    out->reduction = 1 - fabs(estimate - sum) / (sum - sold);
    out->bias = estimate / sum - 1;
    out->bias_sold = sold / sum - 1;
    out->wape = error / sum;
    out->wape_sold = error_sold / sum;
    skuai_stockout_clear(&result);
    skuai_panel_free(panel);
    skuai_panel_builder_free(builder);
    return status;
}

static void print_outcome(const char *what, const char *how, const outcome *o) {
    printf("%-16s %-16s bias %+.4f (sold %+.4f) WAPE %.4f (sold %.4f) reduction %.4f, %zu "
           "item-days\n",
           what, how, o->bias, o->bias_sold, o->wape, o->wape_sold, o->reduction, o->hidden);
}

/* by_share, by_stock out: bias reductions. */
static skua_status run_simulated(uint64_t seed, double *by_share, double *by_stock,
                                 skua_error *err) {
    simulated s;
    outcome o;
    skua_status status = simulate_shop(&s, seed, err);
    if (status == SKUA_OK) status = measure_simulated(&s, false, &o, err);
    if (status == SKUA_OK) {
        print_outcome("simulated shop", "share available", &o);
        *by_share = o.reduction;
        status = measure_simulated(&s, true, &o, err);
    }
    if (status == SKUA_OK) {
        print_outcome("simulated shop", "stock at the end", &o);
        *by_stock = o.reduction;
    }
    simulated_clear(&s);
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
            print_outcome(depleted ? "stock runs out" : "hours at random", ways[w], &o);
            if (w == WAY_PROFILE && !depleted) {
                headline = o.reduction;
                main_way = o;
            }
        }
        skuai_free(truth);
        shop_clear(&s);
    }
    double by_share, by_stock;
    if (run_simulated(seed, &by_share, &by_stock, &err) != SKUA_OK) return fail(&err);
    bench_figure("stockout", "bias_reduction", fmin(headline, by_share),
                 "fresh retail %.4f (%zu hidden item-days of stores %d-%d, bias %+.4f after %+.4f, "
                 "WAPE %.3f after %.3f), simulated shop %.4f, by its stock alone %.4f, %.1f s, "
                 "seed %llu",
                 headline, main_way.hidden, stores, stores + 49, main_way.bias, main_way.bias_sold,
                 main_way.wape, main_way.wape_sold, by_share, by_stock, skuai_clock() - clock,
                 (unsigned long long)seed);
    return 0;
}
