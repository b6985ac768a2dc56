#include "shop/versions.h"

#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORIGINS_MOST = 8 }; /* different ends of series that are told apart */

void skuai_versions_clear(skuai_versions *versions) {
    for (size_t i = 0; i < versions->n; i++) {
        skuai_free(versions->items[i].row);
        skuai_free(versions->items[i].target);
        skuai_free(versions->items[i].available);
        skuai_free(versions->items[i].dynamic);
    }
    skuai_free(versions->items);
    *versions = (skuai_versions){0};
}

/* -- Which series -------------------------------------------------------------------------------
 */

static const char *level(const skuai_panel *panel, const char *name, size_t s) {
    size_t k = skuai_panel_static_find(panel, name);
    if (k == SIZE_MAX || !panel->statics[k].codes) return "";
    int32_t code = panel->statics[k].codes[panel->base[s]];
    return code < 0 ? "" : panel->statics[k].levels[code];
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Items with a row that was not known when its period ended, sorted, each once; *plans: a plan has
 * versions, so that every item does. Codes that count for another item are among them as well. */
static const char late_items[] =
    "WITH late AS (SELECT DISTINCT s.item FROM sales_rows r JOIN series s USING (series) WHERE"
    " r.corrects OR r.known_at IS NOT NULL UNION SELECT DISTINCT item FROM orders_rows WHERE"
    " corrects OR known_at IS NOT NULL) SELECT item FROM late WHERE item IS NOT NULL ORDER BY item";
static const char late_plans[] =
    "SELECT (SELECT count(*) FROM future_rows WHERE known_at IS NOT NULL) + (SELECT count(*) FROM"
    " promotions_rows WHERE known_at IS NOT NULL)";

/* touched [n_series]: series whose item has late rows, or whose history holds rows of one. */
static skua_status find_touched(skuai_store *store, const skuai_panel_query *query,
                                const skuai_panel *panel, bool *touched, bool *any,
                                skua_error *err) {
    skuai_table *late;
    double plans = 0;
    *any = false;
    SKUA_TRY(skuai_store_number(store, late_plans, NULL, 0, &plans, NULL, err));
    SKUA_TRY(skuai_store_query(store, late_items, NULL, 0, &late, err));
    bool all = plans > 0 || (late->n_rows > 0 && (query->successors || query->parts));
    for (size_t s = 0; s < panel->n_series; s++) {
        const char *item = level(panel, "item", s);
        touched[s] = all || (late->n_rows && bsearch(&item, late->columns[0].texts, late->n_rows,
                                                     sizeof(char *), by_text));
        *any = *any || touched[s];
    }
    skuai_table_free(late);
    return SKUA_OK;
}

/* -- Cells that differ --------------------------------------------------------------------------
 */

static skua_status grow(skuai_version *v, size_t n_dynamic, skua_error *err) {
    size_t larger = v->capacity ? 2 * v->capacity : 1024;
    size_t *row = skuai_resize(v->row, larger, sizeof *row);
    if (row) v->row = row;
    double *target = skuai_resize(v->target, larger, sizeof *target);
    if (target) v->target = target;
    float *available = skuai_resize(v->available, larger, sizeof *available);
    if (available) v->available = available;
    float *dynamic = skuai_resize(v->dynamic, larger * (n_dynamic + 1), sizeof *dynamic);
    if (dynamic) v->dynamic = dynamic;
    if (!row || !target || !available || !dynamic)
        return skuai_error_memory(err, "what was known at an origin");
    v->capacity = larger;
    return SKUA_OK;
}

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* What one cell was known as: series k of `then`, or nothing (k SIZE_MAX). */
typedef struct cell {
    double target;
    float available;
} cell;

static float dynamic_then(const skuai_panel *then, size_t k, const size_t *of, size_t d,
                          int64_t period) {
    if (k == SIZE_MAX || of[d] == SIZE_MAX) return NAN;
    int64_t t = period - then->start[k];
    if (t < 0 || t >= (int64_t)(then->length[k] + then->future[k])) return NAN;
    return then->dynamic[of[d]].values[then->row[k] + (size_t)t];
}

static cell cell_then(const skuai_panel *then, size_t k, bool zeros, int64_t period) {
    cell c = {(double)NAN, 1};
    if (k == SIZE_MAX) return c;
    int64_t t = period - then->start[k];
    if (t >= 0 && t < (int64_t)then->length[k]) {
        c.target = then->target[then->row[k] + (size_t)t];
        if (then->available) c.available = then->available[then->row[k] + (size_t)t];
    } else if (t >= 0 && zeros) {
        c.target = 0; /* others were sold since, this one was not known to be */
    }
    return c;
}

/* Series s of the panel beside series k of what was known then, in the periods before `origin` and,
 * for what is known ahead, behind it. */
static skua_status compare(skuai_version *v, const skuai_panel *panel, size_t s,
                           const skuai_panel *then, size_t k, const size_t *of, bool zeros,
                           int64_t origin, skua_error *err) {
    size_t n = panel->length[s] + panel->future[s];
    for (size_t t = 0; t < n; t++) {
        size_t r = panel->row[s] + t;
        int64_t period = panel->start[s] + (int64_t)t;
        bool past = period < origin && t < panel->length[s];
        cell c = {panel->target[r], panel->available ? panel->available[r] : 1};
        if (past) c = cell_then(then, k, zeros, period);
        bool equal = same(c.target, panel->target[r]) &&
                     (!panel->available || same((double)c.available, (double)panel->available[r]));
        if (v->n == v->capacity) SKUA_TRY(grow(v, panel->n_dynamic, err));
        float *dynamic = v->dynamic + v->n * panel->n_dynamic;
        for (size_t d = 0; d < panel->n_dynamic; d++) {
            bool seen = past || panel->dynamic[d].known == SKUAI_KNOWN_AHEAD;
            float now = panel->dynamic[d].values[r];
            dynamic[d] = seen ? dynamic_then(then, k, of, d, period) : now;
            equal = equal && same((double)dynamic[d], (double)now);
        }
        if (equal) continue;
        v->row[v->n] = r;
        v->target[v->n] = c.target;
        v->available[v->n++] = c.available;
    }
    return SKUA_OK;
}

/* -- One origin ---------------------------------------------------------------------------------
 */

static int order_of(const skuai_panel *a, size_t s, const skuai_panel *b, size_t k) {
    int item = strcmp(level(a, "item", s), level(b, "item", k));
    return item ? item : strcmp(level(a, "channel", s), level(b, "channel", k));
}

/* Series of `panel` that are chosen, beside those of `then`: both come by item and channel. */
static skua_status compare_all(skuai_version *v, const skuai_panel *panel, const bool *chosen,
                               const skuai_panel *then, bool zeros, int64_t origin,
                               skua_error *err) {
    size_t k = 0;
    size_t *of = skuai_new(panel->n_dynamic + 1, sizeof *of);
    if (!of) return skuai_error_memory(err, "what was known at an origin");
    for (size_t d = 0; d < panel->n_dynamic; d++)
        of[d] = then ? skuai_panel_dynamic_find(then, panel->dynamic[d].name) : SIZE_MAX;
    skua_status status = SKUA_OK;
    for (size_t s = 0; status == SKUA_OK && s < panel->n_series; s++) {
        if (!chosen[s]) continue;
        while (then && k < then->n_series && order_of(panel, s, then, k) > 0)
            k++;
        bool found = then && k < then->n_series && order_of(panel, s, then, k) == 0;
        status = compare(v, panel, s, then, found ? k : SIZE_MAX, of, zeros, origin, err);
    }
    skuai_free(of);
    return status;
}

static skua_status read_origin(skuai_store *store, const skuai_panel_query *query,
                               const skuai_panel_info *info, const skuai_panel *panel,
                               const bool *chosen, int64_t origin, size_t back,
                               const skuai_context *context, skuai_version *v, skua_error *err) {
    skuai_panel *then = NULL;
    skua_error error = {0};
    const char **items = skuai_new(panel->n_series, sizeof *items);
    if (!items) return skuai_error_memory(err, "what was known at an origin");
    skuai_panel_query asked = *query;
    asked.n_items = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (chosen[s]) items[asked.n_items++] = level(panel, "item", s);
    int64_t seconds = skuai_period_first_day(&panel->grid, origin) * INT64_C(86400) +
                      skuai_period_hour(&panel->grid, origin) * INT64_C(3600);
    asked.items = items;
    asked.grid = &panel->grid;
    asked.season = panel->season;
    asked.as_of = &seconds;
    asked.zeros = info->zeros;
    asked.keep_incomplete = true;
    asked.future = back, asked.future_of = NULL;
    skua_status status = skuai_store_panel(store, &asked, context, &then, NULL, &error);
    if (status == SKUA_EDATA) status = SKUA_OK; /* nothing of them was known yet */
    if (status == SKUA_OK)
        status = compare_all(v, panel, chosen, then,
                             info->zeros != SKUAI_ZEROS_MISSING || info->n_given == 0, origin, err);
    else if (err)
        *err = error;
    skuai_panel_free(then);
    skuai_free(items);
    return status;
}

static int by_period(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Ends of the touched series, each once; at most ORIGINS_MOST of them, the earliest of each share.
 */
static size_t distinct_ends(const skuai_panel *panel, const bool *touched, int64_t *ends) {
    size_t n = 0, m = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (touched[s]) ends[n++] = skuai_panel_end(panel, s);
    qsort(ends, n, sizeof *ends, by_period);
    for (size_t i = 0; i < n; i++)
        if (m == 0 || ends[m - 1] != ends[i]) ends[m++] = ends[i];
    if (m <= ORIGINS_MOST) return m;
    for (size_t i = 0; i < ORIGINS_MOST; i++)
        ends[i] = ends[i * m / ORIGINS_MOST];
    return ORIGINS_MOST;
}

skua_status skuai_versions_exist(skuai_store *store, bool *exist, skua_error *err) {
    double plans = 0;
    skuai_table *late;
    SKUA_TRY(skuai_store_number(store, late_plans, NULL, 0, &plans, NULL, err));
    SKUA_TRY(skuai_store_query(store, late_items, NULL, 0, &late, err));
    *exist = plans > 0 || late->n_rows > 0;
    skuai_table_free(late);
    return SKUA_OK;
}

skua_status skuai_versions_read(skuai_store *store, const skuai_panel_query *query,
                                const skuai_panel_info *info, const skuai_panel *panel,
                                size_t horizon, size_t windows, const skuai_context *context,
                                skuai_versions *versions, skua_error *err) {
    size_t n = panel->n_series;
    bool any = false;
    skuai_versions made = {0};
    bool *touched = skuai_zero(n, sizeof *touched), *chosen = skuai_zero(n, sizeof *chosen);
    int64_t *ends = skuai_new(n, sizeof *ends);
    skua_status status = touched && chosen && ends
                             ? find_touched(store, query, panel, touched, &any, err)
                             : skuai_error_memory(err, "what was known at an origin");
    size_t n_ends = status == SKUA_OK && any ? distinct_ends(panel, touched, ends) : 0;
    if (n_ends) {
        made.items = skuai_zero(windows, sizeof *made.items);
        if (!made.items) status = skuai_error_memory(err, "what was known at an origin");
    }
    for (size_t w = 0; n_ends && status == SKUA_OK && w < windows; w++) {
        skuai_version *v = &made.items[made.n++];
        v->back = horizon * (w + 1);
        for (size_t e = 0; status == SKUA_OK && e < n_ends; e++) {
            for (size_t s = 0; s < n; s++) {
                int64_t end = skuai_panel_end(panel, s);
                chosen[s] = touched[s] && end >= ends[e] && (e + 1 == n_ends || end < ends[e + 1]);
            }
            status = read_origin(store, query, info, panel, chosen, ends[e] - (int64_t)v->back,
                                 v->back, context, v, err);
        }
    }
    skuai_free(touched);
    skuai_free(chosen);
    skuai_free(ends);
    if (status == SKUA_OK)
        *versions = made;
    else
        skuai_versions_clear(&made);
    return status;
}

/* -- Laying over --------------------------------------------------------------------------------
 */

static skua_status lay_column(const skuai_version *v, size_t column, skuai_panel **panel,
                              skua_error *err) {
    const skuai_panel *p = *panel;
    skuai_panel *made = NULL;
    double *values = skuai_new(p->n_rows, sizeof *values);
    if (!values) return skuai_error_memory(err, "what was known at an origin");
    for (size_t r = 0; r < p->n_rows; r++)
        values[r] = column == SKUAI_PANEL_TARGET      ? p->target[r]
                    : column == SKUAI_PANEL_AVAILABLE ? (double)p->available[r]
                                                      : (double)p->dynamic[column].values[r];
    for (size_t i = 0; i < v->n; i++)
        values[v->row[i]] = column == SKUAI_PANEL_TARGET ? v->target[i]
                            : column == SKUAI_PANEL_AVAILABLE
                                ? (double)v->available[i]
                                : (double)v->dynamic[i * p->n_dynamic + column];
    skua_status status = skuai_panel_with(p, column, values, &made, err);
    skuai_free(values);
    if (status != SKUA_OK) return status;
    skuai_panel_free(*panel);
    *panel = made;
    return SKUA_OK;
}

/* Does a column differ anywhere? Only then is it copied. */
static bool differs(const skuai_version *v, const skuai_panel *panel, size_t d) {
    for (size_t i = 0; i < v->n; i++)
        if (!same((double)v->dynamic[i * panel->n_dynamic + d],
                  (double)panel->dynamic[d].values[v->row[i]]))
            return true;
    return false;
}

skua_status skuai_versions_lay(const skuai_versions *versions, size_t back,
                               const skuai_panel *panel, skuai_panel **result, skua_error *err) {
    const skuai_version *v = NULL;
    for (size_t i = 0; i < versions->n && !v; i++)
        if (versions->items[i].back == back && versions->items[i].n > 0) v = &versions->items[i];
    skuai_panel *made = skuai_panel_share(panel);
    if (!made) return skuai_error_memory(err, "a panel");
    skua_status status = SKUA_OK;
    if (v) status = lay_column(v, SKUAI_PANEL_TARGET, &made, err);
    if (v && status == SKUA_OK && panel->available)
        status = lay_column(v, SKUAI_PANEL_AVAILABLE, &made, err);
    for (size_t d = 0; v && status == SKUA_OK && d < panel->n_dynamic; d++)
        if (differs(v, panel, d)) status = lay_column(v, d, &made, err);
    if (status == SKUA_OK)
        *result = made;
    else
        skuai_panel_free(made);
    return status;
}
