/* Figures `elasticity`, `uplift`, `price`: effects, and prices chosen by them, held against the
 * simulator's truth.
 *
 * A shop of 50 items in 4 channels over three years is written as files, read by `ingest`, and
 * estimated from the panel: three demand laws, seeds 1 to N (20). Promotions are placed where
 * demand is high. Truth of an elasticity: the response to a day's price of the simulator's own
 * expected demand (column price_effect), as the slope of its logarithm on the log price at given
 * promotion state and past price, weighted by expected demand; under the log-linear law that is the
 * planted parameter (at most 4.5; a slope above 10 is none: the price hardly moved but with the
 * rest). Truth of an uplift: log of expected demand on promotion days over what it
 * would have been without promotions at the list price (column plain). Naive: least squares of
 * log(units) on the log price (on the promotion flag), days with sales, no controls.
 *
 * Price: each item's profit-best price by decide/price.h from the estimated elasticity and its
 * error, from its last list price, inside the prices that were seen and 5 % beyond. Regret: of the
 * profit between that list price and the best price inside the same range, the share that is not
 * reached, sums over items, each with the demand that the simulator expected of it; beside it the
 * share if all items had one demand and one price. Profit is by the true elasticity as above at
 * constant elasticity: exact under the log-linear law, the law's own slope around the prices seen
 * under the two others.
 *
 *     bench price [--seeds N]        5 seeds unless told otherwise
 *     bench elasticity [--seeds N] [--first N] [--law NAME] [--items N] [--channels N] [--days N]
 *                      [--block DAYS] [--plot FILE.svg] [--verbose]
 *     bench uplift      likewise; docs/images/confounding.svg is of
 *                       `bench uplift --seeds 1 --plot docs/images/confounding.svg` */
#include "bench_simulated.h"
#include "benchmarks.h"
#include "csv.h"
#include "effect_bound.h"
#include "effect_plot.h"
#include "figure.h"

#include "cause/effect.h"
#include "decide/price.h"
#include "math/linear.h"
#include "math/statistics.h"
#include "simulate/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 56, PAST = 28, COLUMNS = 4, STEEP = 10 };

typedef struct protocol {
    size_t items, channels, seeds, first, block;
    int days;
    double promotion_rate, intermittent, stockouts;
    bool verbose, boosted;
    const char *law, *plot; /* plot: a file for the picture of all effects, NULL: none */
} protocol;

static const struct {
    const char *name;
    skuai_simulate_law law;
} laws[] = {{"log-linear", SKUAI_SIMULATE_LOG_LINEAR},
            {"choice", SKUAI_SIMULATE_CHOICE},
            {"reference", SKUAI_SIMULATE_REFERENCE}};

/* A shop as its panel, with the truth of each row (NaN where there is none). */
typedef struct known_shop {
    skuai_panel *panel;
    double *price_effect, *mean, *own, *plain; /* [n_rows] */
} known_shop;

static void known_shop_clear(known_shop *s) {
    skuai_panel_free(s->panel);
    skuai_free(s->price_effect);
    *s = (known_shop){0};
}

static size_t find_series(const skuai_panel *panel, const char *name) {
    size_t low = 0, high = panel->n_series;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(skuai_panel_name(panel, middle), name);
        if (order == 0) return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

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

static skua_status read_truth(const char *folder, known_shop *s, skua_error *err) {
    char path[512], line[512], *f[16], name[64], last[64] = "";
    size_t n = s->panel->n_rows, series = SIZE_MAX;
    s->price_effect = skuai_new(4 * n, sizeof *s->price_effect);
    if (!s->price_effect) return skuai_error_memory(err, "the truth");
    s->mean = s->price_effect + n;
    s->own = s->mean + n;
    s->plain = s->own + n;
    for (size_t i = 0; i < 4 * n; i++)
        s->price_effect[i] = (double)NAN;
    (void)snprintf(path, sizeof path, "%s/truth/demand.csv", folder);
    FILE *in = fopen(path, "r");
    if (!in) return skuai_error_set(err, SKUA_EIO, "cannot read %s", path);
    while (fgets(line, sizeof line, in)) {
        int year, month, day;
        if (cut(line, f, 16) < 14 || sscanf(f[2], "%d-%d-%d", &year, &month, &day) != 3) continue;
        (void)snprintf(name, sizeof name, "%.30s/%.30s", f[0], f[1]);
        if (strcmp(name, last) != 0) {
            series = find_series(s->panel, name);
            memcpy(last, name, sizeof last);
        }
        if (series == SIZE_MAX) continue;
        int64_t t = skuai_day_from_date(year, month, day) - s->panel->start[series];
        if (t < 0 || (size_t)t >= s->panel->length[series]) continue;
        size_t row = s->panel->row[series] + (size_t)t;
        s->price_effect[row] = strtod(f[7], NULL);
        s->mean[row] = strtod(f[4], NULL);
        s->plain[row] = strtod(f[13], NULL);
        s->own[row] =
            strtod(f[5], NULL) * strtod(f[6], NULL) * strtod(f[7], NULL) * strtod(f[8], NULL);
    }
    (void)fclose(in);
    return SKUA_OK;
}

static skua_status make_shop(const protocol *p, skuai_simulate_law law, uint64_t seed,
                             known_shop *shop, skua_error *err) {
    char root[] = "/tmp/skua-bench-XXXXXX", files[64], home[64], command[96];
    skuai_simulate_options o = SKUAI_SIMULATE_DEFAULT;
    o.seed = seed;
    o.items = p->items;
    o.channels = p->channels;
    o.days = p->days;
    o.law = law;
    o.language = SKUAI_SIMULATE_ENGLISH;
    o.placement = SKUAI_SIMULATE_PLACED_HIGH;
    o.promotion_rate = p->promotion_rate;
    o.intermittent = p->intermittent;
    o.stockout_rate = p->stockouts;
    o.pictures = false;
    o.events = 0;
    skuai_context context = bench_context();
    *shop = (known_shop){0};
    if (!mkdtemp(root)) return skuai_error_set(err, SKUA_EIO, "no folder in /tmp");
    (void)snprintf(files, sizeof files, "%s/files", root);
    (void)snprintf(home, sizeof home, "%s/home", root);
    skua_status status = skuai_simulate(&o, files, &context, NULL, err);
    if (status == SKUA_OK) status = bench_shop_panel(files, home, &shop->panel, err);
    if (status == SKUA_OK) status = read_truth(files, shop, err);
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    if (system(command) != 0) fprintf(stderr, "left: %s\n", root);
    if (status != SKUA_OK) known_shop_clear(shop);
    return status;
}

/* -- Truth and naive answers per item -----------------------------------------------------------
 */

typedef struct rows_of_item {
    size_t n;
    double *y, *x, *weight; /* [n], [n, COLUMNS], [n] */
    size_t *cell, *day;
} rows_of_item;

/* Weighted least squares slope on the first column, columns less their cell's mean. */
static double slope_of(rows_of_item *r, size_t columns) {
    double x[COLUMNS], scratch[SKUAI_LEAST_SQUARES_SCRATCH(1, COLUMNS)], *all;
    size_t n = r->n;
    all = skuai_new(n * (columns + 1) + SKUAI_LEAST_SQUARES_SCRATCH(n, columns), sizeof *all);
    double *a = all, *b = all + n * columns, *work = b + n;
    (void)scratch;
    for (size_t from = 0, to; from < n; from = to) {
        double weight = 0, mean[COLUMNS + 1] = {0};
        for (to = from; to < n && r->cell[to] == r->cell[from]; to++) {
            weight += r->weight[to];
            for (size_t k = 0; k <= columns; k++)
                mean[k] += r->weight[to] * (k < columns ? r->x[to * COLUMNS + k] : r->y[to]);
        }
        for (size_t i = from; i < to; i++) {
            double root = sqrt(r->weight[i]);
            for (size_t k = 0; k < columns; k++)
                a[i * columns + k] = root * (r->x[i * COLUMNS + k] - mean[k] / weight);
            b[i] = root * (r->y[i] - mean[columns] / weight);
        }
    }
    skuai_least_squares_fit fit;
    skua_status status = skuai_least_squares(a, b, n, columns, 1e-7, x, NULL, work, &fit, NULL);
    skuai_free(all);
    return status == SKUA_OK && fit.rank > 0 ? x[0] : (double)NAN;
}

/* Dispersion of an item's sales about the means that the simulator expected of them. */
static double dispersion_of(const known_shop *s, size_t item, const skuai_static *code) {
    const skuai_panel *p = s->panel;
    double excess = 0, square = 0;
    for (size_t v = 0; v < p->n_series; v++)
        for (size_t t = 0; code->codes[p->base[v]] == (int32_t)item && t < p->length[v]; t++) {
            size_t row = p->row[v] + t;
            double m = s->mean[row], e = p->target[row] - m;
            if (!isfinite(e) || (p->available && p->available[row] < 1)) continue;
            excess += e * e - m;
            square += m * m;
        }
    return square > 0 ? fmax(0, excess / square) : 0;
}

typedef struct truth {
    double elasticity, uplift, naive_elasticity, naive_uplift;
    double known, drift; /* least variances of an estimate of the elasticity (effect_bound.h) */
} truth;

/* Of the rows that `collect` took. */
static void bound_of(const known_shop *s, size_t item, const skuai_static *code,
                     const rows_of_item *r, truth *t) {
    effect_bound_row *rows = skuai_new(r->n + 1, sizeof *rows);
    for (size_t i = 0; i < r->n && rows; i++)
        rows[i] =
            (effect_bound_row){r->weight[i], r->x[i * COLUMNS], r->x[i * COLUMNS + 1], r->day[i]};
    if (rows) effect_bound(rows, r->n, dispersion_of(s, item, code), &t->known, &t->drift);
    skuai_free(rows);
}

/* The rows of an item; naive: log units sold on the price, one cell; else the true response. */
static void collect(const known_shop *s, size_t item, const skuai_static *code, bool naive,
                    bool promotion, rows_of_item *r) {
    const skuai_panel *p = s->panel;
    const float *price = p->dynamic[skuai_panel_dynamic_find(p, "price")].values;
    const float *list = p->dynamic[skuai_panel_dynamic_find(p, "list_price")].values;
    const float *on = p->dynamic[skuai_panel_dynamic_find(p, "promotion")].values;
    size_t cell = 0;
    r->n = 0;
    for (size_t v = 0; v < p->n_series; v++) {
        if (code->codes[p->base[v]] != (int32_t)item) continue;
        double past = 0;
        size_t n_past = 0;
        for (size_t t = 0; t < p->length[v]; t++) {
            size_t row = p->row[v] + t, i = r->n;
            if (t % BLOCK == 0 && !naive) cell++;
            double lp = log((double)price[row]);
            double before = n_past ? past / (double)n_past : lp;
            past += lp, n_past++;
            if (n_past > PAST) past -= log((double)price[row - PAST]), n_past--;
            bool good = naive ? p->target[row] > 0 : s->mean[row] > 0;
            if (!good || !isfinite(lp)) continue;
            bool cutting = price[row] < 0.99F * list[row];
            r->y[i] = naive ? log(p->target[row]) : log(s->price_effect[row]);
            r->weight[i] = naive ? 1 : s->mean[row];
            r->cell[i] = cell;
            r->x[i * COLUMNS] = promotion ? on[row] > 0 : lp;
            r->x[i * COLUMNS + 1] = on[row] > 0 && cutting;
            r->x[i * COLUMNS + 2] = before - log((double)list[row]);
            r->x[i * COLUMNS + 3] = on[row] > 0 && !cutting;
            r->day[i] = t;
            r->n++;
        }
    }
}

static truth truth_of(const known_shop *s, size_t item, const skuai_static *code, rows_of_item *r) {
    const skuai_panel *p = s->panel;
    const float *on = p->dynamic[skuai_panel_dynamic_find(p, "promotion")].values;
    truth t;
    collect(s, item, code, false, false, r);
    t.elasticity = slope_of(r, 3);
    if (fabs(t.elasticity) > STEEP) t.elasticity = (double)NAN; /* the price hardly moved alone */
    bound_of(s, item, code, r, &t);
    collect(s, item, code, true, false, r);
    t.naive_elasticity = slope_of(r, 1);
    collect(s, item, code, true, true, r);
    t.naive_uplift = slope_of(r, 1);
    double own = 0, plain = 0;
    for (size_t v = 0; v < p->n_series; v++)
        for (size_t k = 0; code->codes[p->base[v]] == (int32_t)item && k < p->length[v]; k++) {
            size_t row = p->row[v] + k;
            if (!(on[row] > 0) || !isfinite(s->own[row])) continue;
            own += s->own[row];
            plain += s->plain[row];
        }
    t.uplift = log(own / plain);
    return t;
}

/* What bounds say of the elasticities of a shop's items. */
enum { BOUNDS = 1000 };
typedef struct item_bounds {
    size_t n, group[BOUNDS];
    double effect[BOUNDS], known[BOUNDS], drift[BOUNDS];
} item_bounds;

static void keep_bounds(const known_shop *s, size_t item, const skuai_static *code, const truth *t,
                        item_bounds *b) {
    const skuai_panel *p = s->panel;
    const skuai_static *category = &p->statics[skuai_panel_static_find(p, "category2")];
    size_t v = 0;
    while (code->codes[p->base[v]] != (int32_t)item)
        v++;
    if (b->n == BOUNDS || !isfinite(t->elasticity) || !isfinite(t->drift)) return;
    b->effect[b->n] = t->elasticity;
    b->known[b->n] = t->known;
    b->drift[b->n] = t->drift;
    b->group[b->n++] = (size_t)category->codes[p->base[v]];
}

/* -- Scores -------------------------------------------------------------------------------------
 */

typedef struct tally {
    size_t n, inside, known;
    double error, naive, own, bias, width, pooled;
    double known_bound, drift_bound; /* mean absolute errors that no estimate is below */
} tally;

static void add(tally *t, const skuai_effect *e, double right, double naive) {
    if (!isfinite(right) || !isfinite(e->value)) return;
    t->n++;
    t->error += fabs(e->value - right);
    t->bias += e->value - right;
    t->own += isfinite(e->own) ? fabs(e->own - right) : 1;
    t->naive += isfinite(naive) ? fabs(naive - right) : 1;
    t->inside += right >= e->low && right <= e->high;
    t->known += e->known == SKUAI_EFFECT_KNOWN;
    t->width += e->high - e->low;
}

static void say(const char *name, const tally *t, double seconds) {
    double n = (double)t->n;
    printf("%-28s mae %.3f bias %+.3f own %.3f naive %.3f cover90 %.3f width %.2f known %.2f "
           "(%zu effects, %.0f s)\n",
           name, t->error / n, t->bias / n, t->own / n, t->naive / n, (double)t->inside / n,
           t->width / n, (double)t->known / n, t->n, seconds);
    if (t->drift_bound > 0)
        printf("%-28s bound %.3f, all but the level known %.3f\n", "", t->drift_bound / n,
               t->known_bound / n);
    (void)fflush(stdout);
}

/* -- Prices chosen by the estimates -------------------------------------------------------------
 */

typedef struct price_tally {
    size_t n, held, right_way; /* items; best price at a border; moved towards the best */
    double reachable, reached; /* profit beyond today's, at the best and at the chosen price */
    double reachable_alike, reached_alike; /* the same if all items had one demand and one price */
} price_tally;

/* Last list price, cost, and the prices that were seen, over the item's channels. */
static bool price_item(const known_shop *s, size_t item, const skuai_static *code,
                       skuai_price_item *to) {
    double expected = 0;
    const skuai_panel *p = s->panel;
    const float *price = p->dynamic[skuai_panel_dynamic_find(p, "price")].values;
    const float *list = p->dynamic[skuai_panel_dynamic_find(p, "list_price")].values;
    size_t cost = skuai_panel_static_find(p, "cost");
    *to = (skuai_price_item){.name = "item",
                             .low = (double)NAN,
                             .high = (double)NAN,
                             .seen_low = INFINITY,
                             .seen_high = 0,
                             .competitor = (double)NAN};
    for (size_t v = 0; v < p->n_series && cost != SIZE_MAX; v++) {
        if (code->codes[p->base[v]] != (int32_t)item) continue;
        to->cost = p->statics[cost].values[p->base[v]];
        for (size_t t = 0; t < p->length[v]; t++) {
            size_t row = p->row[v] + t;
            if (!(price[row] > 0)) continue;
            to->seen_low = fmin(to->seen_low, (double)price[row]);
            to->seen_high = fmax(to->seen_high, (double)price[row]);
            if (list[row] > 0) to->price = (double)list[row];
            expected += s->mean[row] > 0 ? s->mean[row] : 0;
        }
        break; /* the first channel's prices: others differ by a factor */
    }
    to->demand = expected;
    return to->price > 0 && to->cost > 0;
}

static skua_status add_price(const known_shop *s, size_t item, const skuai_static *code,
                             const skuai_effect *effect, double right, price_tally *t,
                             skua_error *err) {
    skuai_price_item i;
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    skuai_price_choice chosen, best;
    if (!price_item(s, item, code, &i) || !isfinite(right) || !isfinite(effect->value))
        return SKUA_OK;
    i.elasticity = effect->value;
    i.elasticity_se = effect->error;
    SKUA_TRY(skuai_price_choose(&i, &o, &chosen, err));
    i.elasticity = fmin(right, 0);
    i.elasticity_se = 0;
    SKUA_TRY(skuai_price_choose(&i, &o, &best, err));
    double at =
        pow(chosen.best.price / i.price, i.elasticity) * i.demand * (chosen.best.price - i.cost);
    t->n++;
    t->held += *best.limit != '\0';
    t->right_way += (chosen.best.price - i.price) * (best.best.price - i.price) >= 0;
    double alike = i.price * i.demand;
    t->reachable += best.best.value - best.now.value;
    t->reached += at - best.now.value;
    if (!(alike > 0)) return SKUA_OK;
    t->reachable_alike += (best.best.value - best.now.value) / alike;
    t->reached_alike += (at - best.now.value) / alike;
    return SKUA_OK;
}

static double regret_of(const price_tally *t) {
    return 1 - t->reached / t->reachable;
}

static skua_status score_shop(const protocol *p, const known_shop *s, bool promotion, tally *t,
                              price_tally *prices, effect_plot_panel *panel, skua_error *err) {
    skuai_context context = bench_context();
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    o.block = p->block;
    if (p->boosted) o.learner = &skuai_learner_boosted;
    skuai_effects *e = NULL;
    SKUA_TRY(promotion ? skuai_effect_promotion(s->panel, &o, &context, &e, err)
                       : skuai_effect_price(s->panel, &o, &context, &e, err));
    const skuai_static *code = &s->panel->statics[skuai_panel_static_find(s->panel, "item")];
    size_t most = 0;
    for (size_t i = 0; i < e->n_items; i++)
        most = e->items[i].n_rows > most ? e->items[i].n_rows : most;
    most = s->panel->n_rows;
    rows_of_item r = {.y = skuai_new(most * (COLUMNS + 2), sizeof *r.y),
                      .cell = skuai_new(2 * most, sizeof *r.cell)};
    r.day = r.cell + most;
    r.x = r.y + most;
    r.weight = r.x + most * COLUMNS;
    skua_status status = SKUA_OK;
    item_bounds bounds = {0};
    for (size_t i = 0; i < e->n_items && status == SKUA_OK; i++) {
        size_t item = 0;
        while (strcmp(code->levels[item], e->items[i].name) != 0)
            item++;
        truth known = truth_of(s, item, code, &r);
        if (!promotion) keep_bounds(s, item, code, &known, &bounds);
        const skuai_effect *effect = &e->items[i].effect[0];
        double true_value = promotion ? known.uplift : known.elasticity;
        double naive = promotion ? known.naive_uplift : known.naive_elasticity;
        add(t, effect, true_value, naive);
        if (panel)
            effect_plot_add(panel, (effect_plot_point){true_value, naive, effect->value,
                                                       effect->low, effect->high});
        if (prices) status = add_price(s, item, code, effect, true_value, prices, err);
        if (p->verbose)
            printf("  %s truth %+.3f own %+.3f (%.3f) shrunk %+.3f [%+.3f, %+.3f] units %.0f %d\n",
                   e->items[i].name, true_value, effect->own, effect->own_error, effect->value,
                   effect->low, effect->high, e->items[i].units, (int)effect->known);
    }
    if (p->verbose)
        for (size_t k = 0; k < e->n_treatments; k++)
            printf("  pooled %zu %+.3f (%.3f) spread %.3f\n", k, e->pooled[k].value,
                   e->pooled[k].error, e->spread[k]);
    t->known_bound += effect_bound_errors(bounds.effect, bounds.known, bounds.group, bounds.n);
    t->drift_bound += effect_bound_errors(bounds.effect, bounds.drift, bounds.group, bounds.n);
    skuai_free(r.y);
    skuai_free(r.cell);
    skuai_effects_free(e);
    return status;
}

static protocol read_protocol(int argc, char **argv) {
    protocol p = {.items = 50,
                  .channels = 4,
                  .seeds = 20,
                  .first = 1,
                  .days = 1095,
                  .promotion_rate = 0.1,
                  .stockouts = 0.05};
    for (int i = 2; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--seeds") == 0) p.seeds = strtoul(next, NULL, 10);
        if (strcmp(argv[i], "--first") == 0) p.first = strtoul(next, NULL, 10);
        if (strcmp(argv[i], "--items") == 0) p.items = strtoul(next, NULL, 10);
        if (strcmp(argv[i], "--channels") == 0) p.channels = strtoul(next, NULL, 10);
        if (strcmp(argv[i], "--days") == 0) p.days = (int)strtol(next, NULL, 10);
        if (strcmp(argv[i], "--promotions") == 0) p.promotion_rate = strtod(next, NULL);
        if (strcmp(argv[i], "--intermittent") == 0) p.intermittent = strtod(next, NULL);
        if (strcmp(argv[i], "--stockouts") == 0) p.stockouts = strtod(next, NULL);
        if (strcmp(argv[i], "--block") == 0) p.block = strtoul(next, NULL, 10);
        if (strcmp(argv[i], "--law") == 0) p.law = next;
        if (strcmp(argv[i], "--plot") == 0) p.plot = next;
        if (strcmp(argv[i], "--verbose") == 0) p.verbose = true;
        if (strcmp(argv[i], "--boosted") == 0) p.boosted = true;
    }
    return p;
}

static int run(int argc, char **argv, bool promotion) {
    protocol p = read_protocol(argc, argv);
    const char *figure = promotion ? "uplift" : "elasticity";
    tally all = {0};
    double started = skuai_clock();
    effect_plot *plot = p.plot ? skuai_zero(1, sizeof *plot) : NULL;
    if (plot) {
        plot->quantity = promotion ? "% more while promoted" : "price elasticity";
        plot->percent = promotion;
    }
    for (size_t l = 0; l < 3; l++) {
        tally t = {0};
        if (p.law && strcmp(p.law, laws[l].name) != 0) continue;
        effect_plot_panel *panel = plot ? &plot->panel[plot->n++] : NULL;
        if (panel) panel->name = laws[l].name;
        for (size_t seed = p.first; seed < p.first + p.seeds; seed++) {
            skua_error err = {0};
            known_shop shop;
            skua_status status = make_shop(&p, laws[l].law, seed, &shop, &err);
            tally one = {0};
            double began = skuai_clock();
            if (status == SKUA_OK)
                status = score_shop(&p, &shop, promotion, &one, NULL, panel, &err);
            if (status != SKUA_OK) {
                fprintf(stderr, "%s: %s\n", figure, err.message);
                return 1;
            }
            char name[64];
            (void)snprintf(name, sizeof name, "%s, seed %zu", laws[l].name, seed);
            if (p.verbose) say(name, &one, skuai_clock() - began);
            t.n += one.n, t.inside += one.inside, t.known += one.known;
            t.error += one.error, t.naive += one.naive, t.own += one.own;
            t.bias += one.bias, t.width += one.width;
            t.known_bound += one.known_bound, t.drift_bound += one.drift_bound;
            known_shop_clear(&shop);
        }
        say(laws[l].name, &t, skuai_clock() - started);
        all.n += t.n, all.inside += t.inside, all.error += t.error, all.naive += t.naive;
        all.known_bound += t.known_bound, all.drift_bound += t.drift_bound;
    }
    if (plot && !effect_plot_write(plot, p.plot))
        return fprintf(stderr, "%s: cannot write %s\n", figure, p.plot), 1;
    skuai_free(plot);
    double n = (double)all.n;
    char setting[160];
    (void)snprintf(setting, sizeof setting,
                   "%zu items x %zu channels x %d days, %zu seeds, placed high, %zu effects",
                   p.items, p.channels, p.days, p.seeds, all.n);
    bench_figure(figure, "mae", all.error / n, "%s", setting);
    if (!promotion) {
        bench_figure(figure, "bound_mae", all.drift_bound / n,
                     "what no estimate is below on average: the simulator's means known but for an "
                     "item's elasticity, cut's effect and level, and how levels drift and "
                     "elasticities spread over and in categories known");
        bench_figure(figure, "bound_known_mae", all.known_bound / n,
                     "the same with all known but the elasticity and one level");
    }
    bench_figure(figure, "naive_mae", all.naive / n, "least squares without controls");
    bench_figure(figure, "cover90_error", fabs((double)all.inside / n - 0.9), "%s", setting);
    return 0;
}

int bench_elasticity(int argc, char **argv) {
    return run(argc, argv, false);
}

int bench_uplift(int argc, char **argv) {
    return run(argc, argv, true);
}

int bench_price(int argc, char **argv) {
    protocol p = read_protocol(argc, argv);
    double worst = -INFINITY;
    size_t n = 0;
    bool told = false;
    for (int i = 2; i < argc; i++)
        told = told || strcmp(argv[i], "--seeds") == 0;
    if (!told) p.seeds = 5;
    for (size_t l = 0; l < 3; l++) {
        price_tally t = {0};
        tally ignored = {0};
        if (p.law && strcmp(p.law, laws[l].name) != 0) continue;
        for (size_t seed = p.first; seed < p.first + p.seeds; seed++) {
            skua_error err = {0};
            known_shop shop;
            skua_status status = make_shop(&p, laws[l].law, seed, &shop, &err);
            if (status == SKUA_OK) status = score_shop(&p, &shop, false, &ignored, &t, NULL, &err);
            if (status != SKUA_OK) {
                fprintf(stderr, "price: %s\n", err.message);
                return 1;
            }
            known_shop_clear(&shop);
        }
        printf("%-12s regret %.4f (all items of one demand and price: %.4f): %zu items, %.0f %% "
               "moved the right way, the best price at a border "
               "for %.0f %%; elasticity off by %.3f\n",
               laws[l].name, regret_of(&t), 1 - t.reached_alike / t.reachable_alike, t.n,
               100 * (double)t.right_way / (double)t.n, 100 * (double)t.held / (double)t.n,
               ignored.error / (double)ignored.n);
        (void)fflush(stdout);
        worst = fmax(worst, regret_of(&t));
        n += t.n;
    }
    bench_figure("price", "regret", worst,
                 "largest of the demand laws, %zu items, %zu seeds; constant true elasticity", n,
                 p.seeds);
    return 0;
}
