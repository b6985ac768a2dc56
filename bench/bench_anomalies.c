/* Figure `anomalies`: F1 of what is found among what was planted in real series.
 *
 * Sets: walmart (weeks), freshretail (days), hospital and m5-monthly (months), oj (weeks, prices),
 * uci (days, prices). Of each, series with at least 40 periods, a mean of 1 and 90 % of periods
 * above 0; every second one served for development (--dev), the others make the figure. Planted, by
 * seed: spikes (a value typed 4 to 10 times, or 5 to 10 of the series' standard deviations added),
 * gaps (3 to 8 periods lost: missing or 0), unit changes (10, 12, 100, 1000 times or one part of
 * that, for a while or to the end; the price moves inversely), price errors (decimal point, slip of
 * 3 to 6 times, exchanged with units).
 *
 * An event is found when a finding of its own kind touches it, within one period (two at the edges
 * of a unit change). A finding that touches no planted event is false, unless all its periods were
 * already 0 or missing in the data: those are real gaps. The peers know no kinds: theirs is any
 * flag on any event, and a run of flags is one.
 *
 *     bench anomalies [--dev] [--seed N] [--export FILE]
 * --export writes the planted series for bench/peers/anomalies.py (scikit-learn). */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include "clean/clean.h"
#include "core/random.h"
#include "math/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_MOST = 300, EVENTS_MOST = 16, LENGTH_LEAST = 40, KINDS = 4, DAYS_MOST = 512 };

typedef enum planted_kind { PLANTED_SPIKE, PLANTED_GAP, PLANTED_UNIT, PLANTED_PRICE } planted_kind;

static const char *const kind_names[KINDS] = {"spikes", "gaps", "unit changes", "price errors"};

typedef struct event {
    planted_kind kind;
    size_t from, to; /* [from, to) */
    bool found, found_any;
} event;

typedef struct sample {
    size_t n;
    double *original, *x;    /* [n] */
    float *price, *promoted; /* [n] or NULL */
    event events[EVENTS_MOST];
    size_t n_events;
} sample;

typedef struct set {
    skuai_grid grid;
    int season;
    sample *samples; /* [SERIES_MOST] */
    size_t n, offered;
    bool dev;
} sample_set;

typedef struct tally {
    double hit[KINDS], missed[KINDS], wrong[KINDS];
    double any_hit, any_missed, any_wrong;
} tally;

/* -- Reading ----------------------------------------------------------------------------------- */

static bool eligible(const double *x, size_t n) {
    double sum = 0;
    size_t positive = 0;
    for (size_t i = 0; i < n; i++) {
        positive += x[i] > 0;
        sum += x[i] > 0 ? x[i] : 0;
    }
    return n >= LENGTH_LEAST && (double)positive >= 0.9 * (double)n && sum >= (double)n;
}

static bool offer(sample_set *set, const double *x, const float *price, const float *promoted,
                  size_t n) {
    if (!eligible(x, n)) return true;
    if ((set->offered++ % 2 == 1) != set->dev || set->n == SERIES_MOST) return true;
    sample *s = &set->samples[set->n++];
    *s = (sample){.n = n};
    s->original = skuai_new(n, sizeof(double));
    s->x = skuai_new(n, sizeof(double));
    s->price = price ? skuai_new(n, sizeof(float)) : NULL;
    s->promoted = promoted ? skuai_new(n, sizeof(float)) : NULL;
    if (!s->original || !s->x || (price && !s->price) || (promoted && !s->promoted)) return false;
    if (promoted) memcpy(s->promoted, promoted, n * sizeof(float));
    memcpy(s->original, x, n * sizeof(double));
    memcpy(s->x, x, n * sizeof(double));
    if (price) memcpy(s->price, price, n * sizeof(float));
    return true;
}

static skua_status read_panel_set(const char *name, sample_set *set, skua_error *err) {
    bench_set data;
    SKUA_TRY(bench_set_load(name, &data, err));
    set->grid = data.full->grid;
    set->season = data.full->season;
    /* Every k-th series, so that all stores and departments have their share. */
    size_t step = data.full->n_series / (4 * SERIES_MOST) + 1;
    bool fits = true;
    for (size_t s = 0; s < data.full->n_series; s += step)
        fits =
            fits && offer(set, skuai_panel_target(data.full, s), NULL, NULL, data.full->length[s]);
    bench_set_clear(&data);
    return fits ? SKUA_OK : skuai_error_memory(err, name);
}

static skua_status read_oj(sample_set *set, skua_error *err) {
    enum { WEEKS = 161 };
    bench_csv csv;
    SKUA_TRY(bench_csv_read("oj/oj_yx.csv.gz", &csv, err));
    set->grid = (skuai_grid){SKUAI_FREQUENCY_WEEK, 0, 0};
    set->season = 52;
    size_t store = bench_csv_column(&csv, "store"), brand = bench_csv_column(&csv, "brand"),
           week = bench_csv_column(&csv, "week"), move = bench_csv_column(&csv, "logmove"),
           first_price = bench_csv_column(&csv, "price1"), deal = bench_csv_column(&csv, "deal"),
           feat = bench_csv_column(&csv, "feat");
    bool fits = true;
    for (size_t r = 1; r < csv.rows;) {
        double x[WEEKS];
        float price[WEEKS], promoted[WEEKS];
        for (size_t t = 0; t < WEEKS; t++)
            x[t] = NAN, price[t] = NAN, promoted[t] = 0;
        const char *at_store = bench_csv_cell(&csv, r, store),
                   *at_brand = bench_csv_cell(&csv, r, brand);
        size_t own = first_price + (size_t)bench_csv_number(&csv, r, brand) - 1;
        for (; r < csv.rows && strcmp(bench_csv_cell(&csv, r, store), at_store) == 0 &&
               strcmp(bench_csv_cell(&csv, r, brand), at_brand) == 0;
             r++) {
            size_t t = (size_t)bench_csv_number(&csv, r, week);
            if (t >= WEEKS) continue;
            x[t] = exp(bench_csv_number(&csv, r, move));
            price[t] = (float)bench_csv_number(&csv, r, own);
            promoted[t] =
                bench_csv_number(&csv, r, deal) > 0 || bench_csv_number(&csv, r, feat) > 0;
        }
        size_t from = 0, to = WEEKS;
        while (from < WEEKS && isnan(x[from]))
            from++;
        while (to > from && isnan(x[to - 1]))
            to--;
        fits = fits && offer(set, x + from, price + from, promoted + from, to - from);
    }
    bench_csv_clear(&csv);
    return fits ? SKUA_OK : skuai_error_memory(err, "oj");
}

/* Days x items of one shop: the 400 codes first met in December 2010, summed by day. */
static skua_status read_uci(sample_set *set, skua_error *err) {
    enum { CODES = 3000 };
    typedef char code_text[24];
    set->grid = (skuai_grid){SKUAI_FREQUENCY_DAY, 0, 0};
    set->season = 6; /* the shop rests on Saturdays: its own days are the grid */
    code_text *codes = skuai_zero(CODES, sizeof *codes);
    double *units = skuai_zero((size_t)CODES * DAYS_MOST, sizeof *units);
    double *revenue = skuai_zero((size_t)CODES * DAYS_MOST, sizeof *revenue);
    skua_status status = codes && units && revenue ? SKUA_OK : skuai_error_memory(err, "uci");
    size_t n_codes = 0, n_days = 0;
    int64_t first = skuai_day_from_date(2010, 12, 1), end = skuai_day_from_date(2011, 12, 9);
    for (int64_t day = first; day < end && status == SKUA_OK; day++) {
        skuai_date d = skuai_date_from_day(day);
        char file[64];
        bench_csv csv;
        (void)snprintf(file, sizeof file, "uci_online_retail/%04d-%02d-%02d.csv.gz", d.year,
                       d.month, d.day);
        if (bench_csv_read(file, &csv, err) != SKUA_OK) continue; /* a day of rest */
        size_t code = bench_csv_column(&csv, "StockCode"), q = bench_csv_column(&csv, "Quantity"),
               p = bench_csv_column(&csv, "UnitPrice");
        for (size_t r = 1; r < csv.rows; r++) {
            const char *text = bench_csv_cell(&csv, r, code);
            double n = bench_csv_number(&csv, r, q), price = bench_csv_number(&csv, r, p);
            if (!(n > 0) || !(price > 0)) continue;
            size_t c = 0;
            while (c < n_codes && strcmp(codes[c], text) != 0)
                c++;
            if (c == CODES) continue;
            if (c == n_codes) (void)snprintf(codes[n_codes++], sizeof *codes, "%s", text);
            units[c * DAYS_MOST + n_days] += n;
            revenue[c * DAYS_MOST + n_days] += n * price;
        }
        bench_csv_clear(&csv);
        n_days++;
    }
    bool fits = true;
    for (size_t c = 0; c < n_codes && status == SKUA_OK; c++) {
        float price[DAYS_MOST];
        const double *x = units + c * DAYS_MOST;
        for (size_t t = 0; t < n_days; t++)
            price[t] = x[t] > 0 ? (float)(revenue[c * DAYS_MOST + t] / x[t]) : NAN;
        fits = fits && offer(set, x, price, NULL, n_days);
    }
    skuai_free(codes);
    skuai_free(units);
    skuai_free(revenue);
    if (status == SKUA_OK && n_days == 0) return SKUA_ENOTFOUND;
    return status != SKUA_OK ? status : fits ? SKUA_OK : skuai_error_memory(err, "uci");
}

/* -- Planting ---------------------------------------------------------------------------------- */

/* A free place of `length` periods, `apart` from all events and from the ends; SIZE_MAX: none. */
static size_t place(const sample *s, size_t length, size_t apart, skuai_random *random) {
    for (int attempt = 0; attempt < 50 && s->n > length + 2 * apart; attempt++) {
        size_t at = apart + skuai_random_index(random, s->n - length - 2 * apart);
        bool fits = true;
        for (size_t e = 0; e < s->n_events && fits; e++) {
            const event *other = &s->events[e];
            if (other->kind == PLANTED_UNIT) /* its edges alone must be clear */
                fits = (at + length + apart <= other->from || at >= other->from + apart) &&
                       (at + length + apart <= other->to || at >= other->to + apart);
            else
                fits = at + length + 3 <= other->from || at >= other->to + 3;
        }
        for (size_t i = at; i < at + length && fits; i++)
            fits = s->x[i] > 0; /* on real values */
        if (fits) return at;
    }
    return SIZE_MAX;
}

static event *plant(sample *s, planted_kind kind, size_t from, size_t to) {
    if (from == SIZE_MAX || s->n_events == EVENTS_MOST) return NULL;
    s->events[s->n_events] = (event){.kind = kind, .from = from, .to = to};
    return &s->events[s->n_events++];
}

static void plant_unit_change(sample *s, skuai_random *random) {
    static const double factors[] = {10, 12, 100, 1000};
    double factor = factors[skuai_random_index(random, 4)];
    if (skuai_random_uniform(random) < 0.5) factor = 1 / factor;
    size_t from = 12 + skuai_random_index(random, s->n - 24), to = s->n;
    if (skuai_random_uniform(random) < 0.5 && from + 20 < s->n)
        to = from + 8 + skuai_random_index(random, s->n - from - 20);
    if (!plant(s, PLANTED_UNIT, from, to)) return;
    for (size_t i = from; i < to; i++) {
        s->x[i] *= factor;
        if (s->price) s->price[i] /= (float)factor;
    }
}

static void plant_spike(sample *s, double deviation, skuai_random *random) {
    size_t at = place(s, 1, 4, random);
    if (!plant(s, PLANTED_SPIKE, at, at + 1)) return;
    double size = s->original[at] > 0 ? s->x[at] / s->original[at] : 1; /* of a unit change there */
    if (skuai_random_uniform(random) < 0.5)
        s->x[at] *= 4 + 6 * skuai_random_uniform(random);
    else
        s->x[at] += size * deviation * (5 + 5 * skuai_random_uniform(random));
    s->x[at] = nearbyint(s->x[at] * 100) / 100;
}

static void plant_gap(sample *s, skuai_random *random) {
    size_t length = 3 + skuai_random_index(random, 6), at = place(s, length, 4, random);
    double value = skuai_random_uniform(random) < 0.5 ? 0 : NAN;
    if (!plant(s, PLANTED_GAP, at, at + length)) return;
    for (size_t i = at; i < at + length; i++)
        s->x[i] = value;
}

static void plant_price_error(sample *s, skuai_random *random) {
    static const float factors[] = {10, 100, 0.1F, 0.01F};
    size_t at = place(s, 1, 4, random);
    if (at == SIZE_MAX || isnan(s->price[at])) return;
    double draw = skuai_random_uniform(random);
    float before = s->price[at];
    bool exchange = draw < 0.25 && fabs(log(s->x[at] / (double)before)) > 1.1;
    if (!plant(s, PLANTED_PRICE, at, at + 1)) return;
    if (exchange) {
        s->price[at] = (float)s->x[at];
        s->x[at] = (double)before;
    } else if (draw < 0.75) {
        s->price[at] *= factors[skuai_random_index(random, 4)];
    } else {
        s->price[at] *= (float)(3 + 3 * skuai_random_uniform(random));
    }
}

static void plant_all(sample_set *set, uint64_t seed) {
    for (size_t k = 0; k < set->n; k++) {
        skuai_random random;
        skuai_random_split(&random, seed, k);
        sample *s = &set->samples[k];
        double deviation = skuai_deviation(s->original, s->n, 1);
        if (skuai_random_uniform(&random) < 0.25) plant_unit_change(s, &random);
        plant_spike(s, deviation, &random);
        if (skuai_random_uniform(&random) < 0.5) plant_spike(s, deviation, &random);
        if (skuai_random_uniform(&random) < 0.5) plant_gap(s, &random);
        for (int i = 0; i < 2 && s->price; i++)
            plant_price_error(s, &random);
    }
}

/* -- Judging ----------------------------------------------------------------------------------- */

static bool touches(const event *e, size_t from, size_t to, planted_kind kind) {
    if (e->kind == PLANTED_UNIT && kind == PLANTED_UNIT) {
        size_t edges[2] = {e->from, e->to};
        for (int i = 0; i < 2; i++)
            if ((from + 2 >= edges[i] && from <= edges[i] + 2) ||
                (to + 2 >= edges[i] && to <= edges[i] + 2))
                return true;
        return false;
    }
    if (e->kind == PLANTED_UNIT) /* another finding at one of its edges is about it */
        return (from <= e->from + 1 && to + 1 > e->from) || (from <= e->to + 1 && to + 1 > e->to);
    return from <= e->to && to + 1 > e->from; /* within one period */
}

static bool was_empty(const sample *s, size_t from, size_t to) {
    for (size_t i = from; i < to && i < s->n; i++)
        if (s->original[i] > 0) return false;
    return true;
}

static void judge(sample *s, size_t from, size_t to, planted_kind kind, tally *t) {
    bool own = false, other = false;
    for (size_t e = 0; e < s->n_events; e++) {
        if (!touches(&s->events[e], from, to, kind)) continue;
        s->events[e].found_any = true;
        if (s->events[e].kind == kind) s->events[e].found = own = true;
        other = true;
    }
    if (own || other || was_empty(s, from, to)) return;
    t->wrong[kind] += 1;
    t->any_wrong += 1;
}

static void count_events(const sample_set *set, tally *t) {
    for (size_t k = 0; k < set->n; k++)
        for (size_t e = 0; e < set->samples[k].n_events; e++) {
            const event *v = &set->samples[k].events[e];
            t->hit[v->kind] += v->found;
            t->missed[v->kind] += !v->found;
            t->any_hit += v->found_any;
            t->any_missed += !v->found_any;
        }
}

static skua_status build(const sample_set *set, bool priced, skuai_panel **panel, skua_error *err) {
    skuai_panel_builder *builder = skuai_panel_builder_new(&set->grid, set->season);
    skua_status status = builder ? SKUA_OK : skuai_error_memory(err, "a panel");
    if (status == SKUA_OK && priced)
        status = skuai_panel_builder_dynamic(builder, "price", SKUAI_KNOWN_AHEAD, err);
    bool promoted = set->n > 0 && set->samples[0].promoted;
    if (status == SKUA_OK && promoted)
        status = skuai_panel_builder_dynamic(builder, "promotion", SKUAI_KNOWN_AHEAD, err);
    for (size_t k = 0; k < set->n && status == SKUA_OK; k++) {
        char name[24];
        const float *price[2] = {set->samples[k].price, set->samples[k].promoted};
        (void)snprintf(name, sizeof name, "%zu", k);
        status = skuai_panel_builder_series(builder, name, 0, set->samples[k].n, 0,
                                            set->samples[k].x, NULL, priced ? price : NULL, err);
    }
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, panel, err);
    skuai_panel_builder_free(builder);
    return status;
}

static skua_status ours(sample_set *set, tally *t, skua_error *err) {
    bool priced = set->n > 0 && set->samples[0].price;
    skuai_panel *panel = NULL;
    skuai_findings findings;
    SKUA_TRY(skuai_findings_init(&findings, err));
    skua_status status = build(set, priced, &panel, err);
    if (status == SKUA_OK) status = skuai_clean_detect(panel, NULL, NULL, &findings, err);
    for (size_t i = 0; i < findings.n && status == SKUA_OK; i++) {
        const skuai_finding *f = &findings.items[i];
        planted_kind kind = f->kind == SKUAI_FINDING_UNIT_CHANGE   ? PLANTED_UNIT
                            : f->kind == SKUAI_FINDING_GAP         ? PLANTED_GAP
                            : f->kind == SKUAI_FINDING_STOCK_OUT   ? PLANTED_GAP
                            : f->kind == SKUAI_FINDING_PRICE_ERROR ? PLANTED_PRICE
                                                                   : PLANTED_SPIKE;
        judge(&set->samples[f->series], (size_t)f->from, (size_t)f->to + 1, kind, t);
    }
    if (status == SKUA_OK) count_events(set, t);
    skuai_findings_clear(&findings);
    skuai_panel_free(panel);
    return status;
}

static double f1_of(double hit, double missed, double wrong) {
    return hit > 0 ? 2 * hit / (2 * hit + missed + wrong) : 0;
}

/* A peer that flags values: Hampel (half 7) with `bound` deviations. A missing value is a flag. */
static void hampel_peer(sample_set *set, double bound, tally *t) {
    double scratch[64];
    for (size_t k = 0; k < set->n; k++) {
        sample *s = &set->samples[k];
        double *z = skuai_new(s->n, sizeof *z);
        for (size_t e = 0; e < s->n_events; e++)
            s->events[e].found = s->events[e].found_any = false;
        skuai_hampel(s->x, s->n, 7, z, scratch);
        for (size_t i = 0, j; i < s->n; i = j + 1) {
            for (j = i; j < s->n && (isnan(z[j]) || fabs(z[j]) > bound);)
                j++;
            if (j > i) judge(s, i, j, PLANTED_SPIKE, t);
        }
        skuai_free(z);
    }
    count_events(set, t);
}

static void export_set(FILE *file, const char *name, const sample_set *set) {
    for (size_t k = 0; k < set->n; k++)
        for (size_t i = 0; i < set->samples[k].n; i++) {
            const sample *s = &set->samples[k];
            int number = -1;
            for (size_t e = 0; e < s->n_events; e++)
                if (i >= s->events[e].from && i < s->events[e].to) number = (int)e;
            fprintf(file, "%s,%zu,%zu,%.9g,%.9g,%.9g,%d,%s\n", name, k, i, s->original[i], s->x[i],
                    s->price ? (double)s->price[i] : NAN, number,
                    number < 0 ? "" : kind_names[s->events[number].kind]);
        }
}

static void set_clear(sample_set *set) {
    for (size_t k = 0; k < set->n; k++) {
        skuai_free(set->samples[k].original);
        skuai_free(set->samples[k].x);
        skuai_free(set->samples[k].price);
        skuai_free(set->samples[k].promoted);
    }
    skuai_free(set->samples);
}

static void print_tally(const char *name, const tally *t) {
    printf("%-12s", name);
    for (int k = 0; k < KINDS; k++)
        if (t->hit[k] + t->missed[k] > 0)
            printf(" %s %.3f (%g of %g, %g false)", kind_names[k],
                   f1_of(t->hit[k], t->missed[k], t->wrong[k]), t->hit[k], t->hit[k] + t->missed[k],
                   t->wrong[k]);
    printf(" any kind %.3f\n", f1_of(t->any_hit, t->any_missed, t->any_wrong));
}

static void add_tally(tally *sum, const tally *t) {
    for (int k = 0; k < KINDS; k++) {
        sum->hit[k] += t->hit[k];
        sum->missed[k] += t->missed[k];
        sum->wrong[k] += t->wrong[k];
    }
    sum->any_hit += t->any_hit;
    sum->any_missed += t->any_missed;
    sum->any_wrong += t->any_wrong;
}

static double f1_all(const tally *t) {
    double hit = 0, missed = 0, wrong = 0;
    for (int k = 0; k < KINDS; k++) {
        hit += t->hit[k];
        missed += t->missed[k];
        wrong += t->wrong[k];
    }
    return f1_of(hit, missed, wrong);
}

int bench_anomalies(int argc, char **argv) {
    static const char *const names[] = {"walmart",    "freshretail", "hospital",
                                        "m5-monthly", "oj",          "uci"};
    enum { SETS = 6, BOUNDS = 4 };
    static const double bounds[BOUNDS] = {3, 6, 10, 15};
    uint64_t seed = 1;
    bool dev = false;
    FILE *export = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--dev") == 0) dev = true;
        if (i + 1 == argc) break;
        if (strcmp(argv[i], "--seed") == 0) seed = (uint64_t)strtoll(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--export") == 0) export = fopen(argv[i + 1], "w");
    }
    if (export) fprintf(export, "set,series,t,original,x,price,event,kind\n");
    tally sum = {0}, peers[BOUNDS] = {0};
    double seconds = 0;
    size_t series = 0, sets = 0;
    skua_error err = {0};
    for (size_t k = 0; k < SETS; k++) {
        sample_set set = {.dev = dev, .samples = skuai_zero(SERIES_MOST, sizeof(sample))};
        skua_status status = k == 4   ? read_oj(&set, &err)
                             : k == 5 ? read_uci(&set, &err)
                                      : read_panel_set(names[k], &set, &err);
        if (status != SKUA_OK) {
            fprintf(stderr, "anomalies: %s: %s\n", names[k], err.message);
            set_clear(&set);
            continue;
        }
        plant_all(&set, seed + (dev ? 1000 : 0));
        tally t = {0};
        double clock = skuai_clock();
        status = ours(&set, &t, &err);
        seconds += skuai_clock() - clock;
        if (status != SKUA_OK) {
            fprintf(stderr, "anomalies: %s: %s\n", names[k], err.message);
            return 1;
        }
        print_tally(names[k], &t);
        add_tally(&sum, &t);
        if (export) export_set(export, names[k], &set);
        for (int b = 0; b < BOUNDS; b++)
            hampel_peer(&set, bounds[b], &peers[b]);
        series += set.n;
        sets++;
        set_clear(&set);
    }
    if (export) fclose(export);
    if (sets == 0) return 77;
    print_tally("all", &sum);
    for (int b = 0; b < BOUNDS; b++)
        printf("Hampel filter, bound %-4g any kind %.3f\n", bounds[b],
               f1_of(peers[b].any_hit, peers[b].any_missed, peers[b].any_wrong));
    bench_figure("anomalies", "f1", f1_all(&sum),
                 "%zu series of %zu sets, kinds told apart; any kind %.3f, %.1f s%s, seed %llu",
                 series, sets, f1_of(sum.any_hit, sum.any_missed, sum.any_wrong), seconds,
                 dev ? ", development half" : "", (unsigned long long)seed);
    return 0;
}
