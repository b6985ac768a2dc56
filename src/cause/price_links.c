/* Links of prices: each item's sales on the prices of all others of its group. */
#include "cause/item_graph.h"

#include "math/distribution.h"
#include "math/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WEEK = 6,
    OWN = 2,
    PEERS = SKUAI_ITEM_PEERS,
    COLUMNS = PEERS + OWN + WEEK + 2,
    BLOCKS_LEAST = 4
};

#define DISPERSION 0.3  /* beyond Poisson, for the weights of rows */
#define MOVES      0.01 /* deviation of a log price that counts as moving */
#define LEFT       0.05 /* share of a price's movement that the others must leave unexplained */

typedef struct study {
    const skuai_panel *panel;
    const skuai_static *item, *channel, *group; /* channel, group: NULL for one */
    const float *price, *promotion;             /* promotion NULL: none */
    size_t block, n_days, n_channels, n_items;
    int64_t origin;
    double *units;     /* [n_items] */
    int32_t *group_of; /* [n_items] */
    size_t *series;    /* [n_items, n_channels] SIZE_MAX: none */
    double *sold;      /* [n_groups + 1, n_channels, n_days]; the last: all */
    size_t n_groups;
    skuai_item_link *tested;
    size_t n_tested, room;
} study;

typedef struct rows {
    size_t n, columns, blocks;
    double *x, *y, *w; /* [columns, n], [n], [n] */
    uint32_t *cell, *block;
    uint32_t peers[PEERS];
    size_t n_peers;
} rows;

static const skuai_static *category(const skuai_panel *panel, size_t k) {
    return k == SIZE_MAX || !panel->statics[k].codes ? NULL : &panel->statics[k];
}

/* Sales of the period over the share in which it could be bought; NaN: says little. */
static double sales_at(const skuai_panel *panel, size_t row) {
    double y = panel->target[row], a = panel->available ? (double)panel->available[row] : 1;
    return y >= 0 && a >= 0.3 ? y / a : (double)NAN;
}

static size_t block_length(skuai_frequency frequency) {
    return frequency == SKUAI_FREQUENCY_HOUR   ? 24 * 14
           : frequency == SKUAI_FREQUENCY_DAY  ? 56
           : frequency == SKUAI_FREQUENCY_WEEK ? 13
                                               : 12;
}

/* -- What there is ------------------------------------------------------------------------------
 */

static skua_status survey(study *s, skuai_arena *arena, skua_error *err) {
    const skuai_panel *panel = s->panel;
    int64_t end = INT64_MIN;
    s->origin = INT64_MAX;
    for (size_t v = 0; v < panel->n_series; v++) {
        if (panel->length[v] == 0) continue;
        if (panel->start[v] < s->origin) s->origin = panel->start[v];
        if (skuai_panel_end(panel, v) > end) end = skuai_panel_end(panel, v);
    }
    s->n_days = end > s->origin ? (size_t)(end - s->origin) : 0;
    s->block = block_length(panel->grid.frequency);
    if (s->n_days < BLOCKS_LEAST * s->block)
        return skuai_error_set(err, SKUA_EDATA,
                               "%zu periods are too few to tell what the prices of others do: "
                               "errors are judged across blocks of %zu periods, and at least %d "
                               "are needed",
                               s->n_days, s->block, (int)BLOCKS_LEAST);
    s->n_items = s->item->n_levels;
    s->n_channels = s->channel ? s->channel->n_levels + 1 : 1;
    s->n_groups = s->group ? s->group->n_levels + 1 : 1;
    size_t cells = s->n_items * s->n_channels, days = s->n_channels * s->n_days;
    s->units = skuai_arena_take_zero(arena, s->n_items + 1, sizeof *s->units);
    s->group_of = skuai_arena_take_zero(arena, s->n_items + 1, sizeof *s->group_of);
    s->series = skuai_arena_take(arena, cells + 1, sizeof *s->series);
    s->sold = skuai_arena_take_zero(arena, (s->n_groups + 1) * days, sizeof *s->sold);
    if (!s->units || !s->group_of || !s->series || !s->sold)
        return skuai_error_memory(err, "what the prices of others do");
    for (size_t c = 0; c < cells; c++)
        s->series[c] = SIZE_MAX;
    for (size_t v = 0; v < panel->n_series; v++) {
        int32_t i = s->item->codes[panel->base[v]];
        int32_t c = s->channel ? s->channel->codes[panel->base[v]] + 1 : 0;
        int32_t g = s->group ? s->group->codes[panel->base[v]] + 1 : 0;
        if (i < 0) continue;
        s->series[(size_t)i * s->n_channels + (size_t)c] = v;
        s->group_of[i] = g;
        for (size_t t = 0; t < panel->length[v]; t++) {
            double y = sales_at(panel, panel->row[v] + t);
            size_t at = (size_t)c * s->n_days + (size_t)(panel->start[v] - s->origin) + t;
            if (isnan(y)) continue;
            s->units[i] += y;
            s->sold[(size_t)g * days + at] += y;
            s->sold[s->n_groups * days + at] += y;
        }
    }
    return SKUA_OK;
}

/* The log price of item i in channel c on a day, the last one known; NaN: none. */
static double price_at(const study *s, uint32_t i, size_t c, size_t day) {
    size_t v = s->series[(size_t)i * s->n_channels + c];
    if (v == SIZE_MAX) return (double)NAN;
    int64_t t = (int64_t)day + s->origin - s->panel->start[v];
    if (t < 0) return (double)NAN;
    size_t n = s->panel->length[v], at = (size_t)t;
    if (n == 0 || at >= n + 7) return (double)NAN;
    if (at >= n) at = n - 1;
    for (size_t back = 0; back < 14 && back <= at; back++) {
        float p = s->price[s->panel->row[v] + at - back];
        if (p > 0) return log((double)p);
    }
    return (double)NAN;
}

/* -- An item's rows -----------------------------------------------------------------------------
 */

typedef struct seller {
    double units;
    uint32_t item;
} seller;

static int by_units(const void *a, const void *b) {
    const seller *x = a, *y = b;
    if (x->units != y->units) return x->units > y->units ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static void find_peers(const study *s, const seller *members, size_t n, uint32_t i, rows *r) {
    (void)s;
    r->n_peers = 0;
    for (size_t k = 0; k < n && r->n_peers < PEERS; k++)
        if (members[k].item != i) r->peers[r->n_peers++] = members[k].item;
    r->columns = r->n_peers + OWN + WEEK + 1;
}

/* The rows of item i in channel c. A peer without a price stands at its group's mean: 0 after the
 * cells' means are out, told apart by no column, for launches move slowly. */
static void add_rows(const study *s, uint32_t i, size_t c, size_t room, rows *r) {
    const skuai_panel *panel = s->panel;
    size_t v = s->series[(size_t)i * s->n_channels + c], days = s->n_channels * s->n_days;
    if (v == SIZE_MAX) return;
    size_t last = SIZE_MAX;
    for (size_t t = 0; t < panel->length[v]; t++) {
        size_t day = (size_t)(panel->start[v] - s->origin) + t, n = r->n, k = 0;
        double y = sales_at(panel, panel->row[v] + t), own = price_at(s, i, c, day);
        if (isnan(y) || isnan(own)) continue;
        if (day / s->block != last) r->blocks++, last = day / s->block;
        for (; k < r->n_peers; k++)
            r->x[k * room + n] = price_at(s, r->peers[k], c, day);
        r->x[k++ * room + n] = own;
        r->x[k++ * room + n] = s->promotion ? (double)(s->promotion[panel->row[v] + t] > 0) : 0;
        for (int d = 0; d < WEEK; d++) {
            int64_t day_number = panel->start[v] + (int64_t)t;
            r->x[k++ * room + n] =
                panel->grid.frequency == SKUAI_FREQUENCY_DAY && skuai_day_of_week(day_number) == d;
        }
        size_t at = c * s->n_days + day, g = (size_t)s->group_of[i] * days + at;
        r->x[k * room + n] = log(1 + fmax(0, s->sold[s->n_groups * days + at] - s->sold[g]));
        r->y[n] = y;
        r->cell[n] = (uint32_t)(r->blocks - 1);
        r->block[n] = (uint32_t)(day / s->block);
        r->n++;
    }
}

/* y over its cell's mean, less 1; columns less their cell's weighted mean; w by what a count tells.
 */
static void centre(size_t room, rows *r) {
    for (size_t from = 0, to; from < r->n; from = to) {
        double sum = 0;
        for (to = from; to < r->n && r->cell[to] == r->cell[from]; to++)
            sum += r->y[to];
        double mean = sum / (double)(to - from), w = mean / (1 + DISPERSION * mean);
        for (size_t q = from; q < to; q++) {
            r->w[q] = sum > 0 ? w : 0;
            r->y[q] = sum > 0 ? r->y[q] / mean - 1 : 0;
        }
        for (size_t k = 0; k < r->columns; k++) {
            double total = 0, n = 0, *x = r->x + k * room;
            for (size_t q = from; q < to; q++)
                if (isfinite(x[q])) total += x[q], n++;
            for (size_t q = from; q < to; q++)
                x[q] = isfinite(x[q]) ? x[q] - total / n : 0;
        }
    }
}

/* -- The regression -----------------------------------------------------------------------------
 */

/* Coefficients b and, in scale, the diagonal of the inverse of X'WX; columns that do not move, or
 * are explained by the others, have b NaN. */
static skua_status regress(const rows *r, size_t room, double *b, double *inverse,
                           skua_error *err) {
    size_t k = r->columns;
    double a[COLUMNS * COLUMNS], l[COLUMNS * COLUMNS], s[COLUMNS];
    memset(a, 0, sizeof a);
    memset(s, 0, sizeof s);
    for (size_t q = 0; q < r->n; q++)
        for (size_t i = 0; i < k; i++) {
            double wx = r->w[q] * r->x[i * room + q];
            s[i] += wx * r->y[q];
            for (size_t j = 0; j <= i; j++)
                a[i * k + j] += wx * r->x[j * room + q];
        }
    memcpy(l, a, sizeof l);
    double weight = 0;
    for (size_t q = 0; q < r->n; q++)
        weight += r->w[q];
    for (size_t i = 0; i < k; i++)
        l[i * k + i] += 1e-6 * a[i * k + i] + 1e-9 * weight + 1e-12;
    SKUA_TRY(skuai_cholesky(l, k, err));
    skuai_cholesky_inverse(l, k, inverse);
    for (size_t i = 0; i < k; i++) {
        bool moves = i >= r->n_peers || a[i * k + i] > MOVES * MOVES * weight;
        bool alone = 1 / inverse[i * k + i] > LEFT * a[i * k + i];
        b[i] = moves && alone ? skuai_dot(inverse + i * k, s, k) : (double)NAN;
    }
    double all[COLUMNS]; /* residuals are those of the whole fit */
    for (size_t i = 0; i < k; i++)
        all[i] = skuai_dot(inverse + i * k, s, k);
    for (size_t q = 0; q < r->n; q++)
        for (size_t i = 0; i < k; i++)
            r->y[q] -= all[i] * r->x[i * room + q];
    return SKUA_OK;
}

/* Standard error of coefficient i, clustered by block; scores [blocks] scratch. */
static double clustered(const rows *r, size_t room, const double *inverse, size_t i,
                        size_t n_blocks, double *scores, double *clusters) {
    size_t k = r->columns;
    double square = 0, n = 0;
    memset(scores, 0, n_blocks * sizeof *scores);
    for (size_t q = 0; q < r->n; q++) {
        double x = 0;
        for (size_t j = 0; j < k; j++)
            x += inverse[i * k + j] * r->x[j * room + q];
        scores[r->block[q]] += r->w[q] * x * r->y[q];
    }
    for (size_t c = 0; c < n_blocks; c++) {
        square += scores[c] * scores[c];
        n += scores[c] != 0;
    }
    *clusters = n;
    return n > 1 ? sqrt(square * n / (n - 1)) : (double)NAN;
}

static skua_status test_item(study *s, const seller *members, size_t n, uint32_t i, size_t room,
                             rows *r, double *scores, skua_error *err) {
    double b[COLUMNS] = {0}, inverse[COLUMNS * COLUMNS];
    skua_error none;
    find_peers(s, members, n, i, r);
    r->n = r->blocks = 0;
    for (size_t c = 0; c < s->n_channels; c++)
        add_rows(s, i, c, room, r);
    if (r->n < 4 * r->columns || r->n_peers == 0) return SKUA_OK;
    centre(room, r);
    if (regress(r, room, b, inverse, &none) != SKUA_OK) return SKUA_OK; /* nothing moves */
    for (size_t k = 0; k < r->n_peers; k++) {
        double clusters;
        if (isnan(b[k])) continue;
        double error = clustered(r, room, inverse, k, s->n_days / s->block + 1, scores, &clusters);
        if (!(error > 0) || clusters < BLOCKS_LEAST) continue;
        if (s->n_tested == s->room) {
            size_t more = s->room ? 2 * s->room : 1024;
            skuai_item_link *to = skuai_resize(s->tested, more, sizeof *to);
            if (!to) return skuai_error_memory(err, "links of items");
            s->tested = to;
            s->room = more;
        }
        s->tested[s->n_tested++] =
            (skuai_item_link){.from = r->peers[k],
                              .to = i,
                              .substitutes = b[k] > 0,
                              .evidence = SKUAI_ITEM_PRICES,
                              .value = b[k],
                              .error = error,
                              .p = 2 * skuai_student_cdf(-fabs(b[k]) / error, clusters - 1),
                              .together = (double)NAN,
                              .expected = (double)NAN,
                              .phi = (double)NAN};
    }
    return SKUA_OK;
}

static skua_status test_groups(study *s, skuai_arena *arena, const skuai_context *context,
                               skua_error *err) {
    size_t room = s->n_channels * s->n_days;
    rows r = {0};
    seller *members = skuai_arena_take(arena, s->n_items + 1, sizeof *members);
    double *scores = skuai_arena_take(arena, s->n_days / s->block + 2, sizeof *scores);
    r.x = skuai_arena_take(arena, COLUMNS * room, sizeof *r.x);
    r.y = skuai_arena_take(arena, room, sizeof *r.y);
    r.w = skuai_arena_take(arena, room, sizeof *r.w);
    r.cell = skuai_arena_take(arena, room, sizeof *r.cell);
    r.block = skuai_arena_take(arena, room, sizeof *r.block);
    if (!members || !scores || !r.x || !r.y || !r.w || !r.cell || !r.block)
        return skuai_error_memory(err, "what the prices of others do");
    for (size_t g = 0; g < s->n_groups; g++) {
        size_t n = 0;
        for (uint32_t i = 0; i < s->n_items; i++)
            if ((size_t)s->group_of[i] == g && s->units[i] > 0)
                members[n++] = (seller){s->units[i], i};
        qsort(members, n, sizeof *members, by_units);
        for (size_t k = 0; k < n && n > 1; k++) {
            SKUA_TRY(skuai_context_check(context, err));
            SKUA_TRY(test_item(s, members, n, members[k].item, room, &r, scores, err));
        }
        skuai_context_progress(context, "prices of others", (double)g, (double)s->n_groups);
    }
    return SKUA_OK;
}

skua_status skuai_price_links(const skuai_panel *panel, size_t group, double rate,
                              const skuai_context *context, skuai_item_links *links,
                              skua_error *err) {
    study s = {.panel = panel};
    size_t price = skuai_panel_dynamic_find(panel, "price");
    size_t promotion = skuai_panel_dynamic_find(panel, "promotion");
    s.item = category(panel, skuai_panel_static_find(panel, "item"));
    s.channel = category(panel, skuai_panel_static_find(panel, "channel"));
    s.group = category(panel, group);
    if (price == SIZE_MAX || !s.item)
        return skuai_error_set(err, SKUA_EDATA,
                               "there are no prices, so nothing can be said of what the price of "
                               "one item does to another; ingest sales with a price");
    s.price = panel->dynamic[price].values;
    s.promotion = promotion == SIZE_MAX ? NULL : panel->dynamic[promotion].values;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "what the prices of others do");
    skua_status status = survey(&s, arena, err);
    if (status == SKUA_OK) status = test_groups(&s, arena, context, err);
    if (status == SKUA_OK && s.n_tested == 0)
        status = skuai_error_set(err, SKUA_EDATA,
                                 "no price moved enough, apart from the others, to tell what it "
                                 "does to another item; move single prices by 5 to 10 %% in half "
                                 "of the weeks");
    if (status == SKUA_OK) status = skuai_item_links_judge(s.tested, s.n_tested, rate, links, err);
    skuai_free(s.tested);
    skuai_arena_free(arena);
    return status;
}
