#include "tree/tree_model.h"

#include "core/random.h"

#include <math.h>
#include <string.h>

enum { ROWS_A_SERIES = 1000, ROWS_LEAST = 300000, ROWS_MOST = 1000000 };

void skuai_tree_rows_clear(skuai_tree_rows *rows) {
    skuai_free(rows->rows);
    skuai_free(rows->values);
    skuai_free(rows->scale);
    memset(rows, 0, sizeof *rows);
}

/* The pairs of origin and horizon that a series offers: origin first + i * stride, horizon from +
 * k. */
typedef struct pairs {
    size_t first, stride, origins, width, end; /* end: the first period that is not to be told */
} pairs;

static pairs pairs_of(const skuai_panel *p, size_t s, const skuai_tree_choice *c) {
    size_t length = p->length[s], before = length > c->before ? length - c->before : 0;
    pairs q = {1, 1, before, c->to - c->from, before};
    if (c->judged && before > 0) {
        q = (pairs){before, (c->before + 1) / 2, 1, q.width, length};
        q.origins += (length - 1 - before) / q.stride;
    }
    return q;
}

/* A share of a series' pairs, one of each stretch of 1 / share, so that all origins and horizons
 * are met; store NULL: only count. */
static size_t rows_of(const skuai_panel *p, size_t s, const skuai_tree_choice *c, double share,
                      uint64_t seed, skuai_feature_row *store) {
    pairs q = pairs_of(p, s, c);
    const double *y = skuai_panel_target(p, s);
    size_t n = 0, all = q.origins * q.width;
    skuai_random random;
    skuai_random_split(&random, seed, s);
    for (size_t i = 0;; i++) {
        double at = share < 1 ? ((double)i + skuai_random_uniform(&random)) / share : (double)i;
        if (at >= (double)all) return n;
        size_t o = q.first + (size_t)at / q.width * q.stride, h = c->from + (size_t)at % q.width;
        if (o + h >= q.end || isnan(y[o + h])) continue;
        if (store) store[n] = (skuai_feature_row){(uint32_t)s, (uint32_t)o, (uint32_t)h};
        n++;
    }
}

static size_t count_rows(const skuai_panel *p, const skuai_tree_choice *c, double share,
                         uint64_t seed) {
    size_t n = 0;
    for (size_t s = 0; s < p->n_series; s++)
        n += rows_of(p, s, c, share, seed, NULL);
    return n;
}

static void set_targets(const skuai_panel *p, const skuai_tree_options *o, skuai_tree_rows *r) {
    bool positive = o->asked == SKUAI_OBJECTIVE_POISSON || o->asked == SKUAI_OBJECTIVE_TWEEDIE;
    for (size_t i = 0; i < r->n; i++) {
        const skuai_feature_row *row = &r->rows[i];
        double y = skuai_panel_target(p, row->series)[row->origin + row->horizon];
        if (positive && y < 0) y = 0;
        if (isnan(r->scale[i])) r->scale[i] = 1;
        double scale = (double)r->scale[i];
        double least = 0.02 * scale, size = fabs(y) > least ? fabs(y) : least;
        double base = o->on_cycle ? skuai_tree_work(o, (double)r->base[i]) : 0;
        bool mape = o->asked == SKUAI_OBJECTIVE_MAPE;
        r->y[i] = (float)(skuai_tree_work(o, y / scale) - base);
        r->weight[i] = mape && !o->logarithm     ? (float)(scale / (size > 0 ? size : 1))
                       : mape || o->equal_weight ? 1
                                                 : (float)scale;
    }
}

/* Rows that the memory allows: features, LightGBM's copy of them, and what goes beside. */
static size_t rows_allowed(const skuai_tree_options *o, size_t n_series, size_t columns,
                           const skuai_context *context) {
    size_t limit = context ? context->memory_limit : 0, most = o->most_rows;
    if (most == 0) { /* more rows of the same series tell little that is new */
        most = n_series < ROWS_MOST / ROWS_A_SERIES ? n_series * ROWS_A_SERIES : ROWS_MOST;
        if (most < ROWS_LEAST) most = ROWS_LEAST;
    }
    size_t fit = limit / (columns * 6 + 64);
    return limit == 0 || fit > most ? most : fit > 1000 ? fit : 1000;
}

skua_status skuai_tree_rows_make(const skuai_features *features, const skuai_panel *panel,
                                 const skuai_tree_options *options, const skuai_tree_choice *choice,
                                 const skuai_context *context, skuai_tree_rows *rows,
                                 skua_error *err) {
    size_t columns = skuai_features_columns(features);
    size_t most = rows_allowed(options, panel->n_series, columns, context), offered = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        pairs q = pairs_of(panel, s, choice);
        offered += q.origins * q.width;
    }
    double share = offered > most ? (double)most / (double)offered : 1;
    uint64_t seed = context ? context->seed : 1;
    size_t n = count_rows(panel, choice, share, seed);
    skuai_tree_rows r = {.n = n};
    r.rows = skuai_new(n, sizeof *r.rows);
    r.values = skuai_new(n * columns, sizeof *r.values);
    r.scale = skuai_new(4 * n, sizeof *r.scale);
    if (!r.rows || !r.values || !r.scale) {
        skuai_tree_rows_clear(&r);
        return skuai_error_memory(err, "features of all series");
    }
    r.base = r.scale + n;
    r.y = r.base + n;
    r.weight = r.y + n;
    for (size_t s = 0, at = 0; s < panel->n_series; s++)
        at += rows_of(panel, s, choice, share, seed, r.rows + at);
    skua_status status =
        skuai_features_fill(features, r.rows, n, context, r.values, r.scale, r.base, err);
    if (status != SKUA_OK) {
        skuai_tree_rows_clear(&r);
        return status;
    }
    set_targets(panel, options, &r);
    *rows = r;
    return SKUA_OK;
}
