#include "tree/tree_model.h"

#include <math.h>
#include <string.h>

void skuai_tree_rows_clear(skuai_tree_rows *rows) {
    skuai_free(rows->rows);
    skuai_free(rows->values);
    skuai_free(rows->scale);
    memset(rows, 0, sizeof *rows);
}

/* Visit the rows of a series; store NULL: only count. */
static size_t rows_of(const skuai_panel *p, size_t s, const skuai_tree_choice *c, size_t step,
                      skuai_feature_row *store) {
    size_t length = p->length[s], n = 0;
    const double *y = skuai_panel_target(p, s);
    size_t before = length > c->before ? length - c->before : 0;
    size_t end = c->judged ? length : before, o = before;
    size_t stride = c->judged ? (c->before + 1) / 2 : step;
    while (o >= 1) {
        for (size_t h = c->from; h < c->to && o + h < end; h++) {
            if (isnan(y[o + h])) continue;
            if (store) store[n] = (skuai_feature_row){(uint32_t)s, (uint32_t)o, (uint32_t)h};
            n++;
        }
        if (c->judged) {
            o += stride;
            if (o >= length) break;
        } else {
            o = o > stride ? o - stride : 0;
        }
    }
    return n;
}

static size_t count_rows(const skuai_panel *p, const skuai_tree_choice *c, size_t step) {
    size_t n = 0;
    for (size_t s = 0; s < p->n_series; s++)
        n += rows_of(p, s, c, step, NULL);
    return n;
}

static void set_targets(const skuai_panel *p, const skuai_tree_options *o, skuai_tree_rows *r) {
    for (size_t i = 0; i < r->n; i++) {
        const skuai_feature_row *row = &r->rows[i];
        double y = skuai_panel_target(p, row->series)[row->origin + row->horizon];
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
static size_t rows_allowed(const skuai_tree_options *o, size_t columns,
                           const skuai_context *context) {
    size_t limit = context ? context->memory_limit : 0, most = o->most_rows;
    size_t fit = limit / (columns * 6 + 64);
    return limit == 0 || fit > most ? most : fit > 1000 ? fit : 1000;
}

skua_status skuai_tree_rows_make(const skuai_features *features, const skuai_panel *panel,
                                 const skuai_tree_options *options, const skuai_tree_choice *choice,
                                 const skuai_context *context, skuai_tree_rows *rows,
                                 skua_error *err) {
    size_t columns = skuai_features_columns(features);
    size_t step = 1, n = count_rows(panel, choice, step);
    size_t most = rows_allowed(options, columns, context);
    while (!choice->judged && n > most) {
        size_t more = step * n / most;
        step = more > step ? more : step + 1;
        n = count_rows(panel, choice, step);
    }
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
        at += rows_of(panel, s, choice, step, r.rows + at);
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
