#include "neural/neighbours.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RECENT = 64 }; /* periods by which channels are put in order */

/* A series of the view or of the panel around it. */
typedef struct member {
    const skuai_panel *panel;
    size_t series;
    int32_t item, channel; /* codes, -1 none */
    double sold;           /* of late */
} member;

typedef struct finding {
    const skuai_panel *panel;
    size_t most;
    member *members; /* [n], by item, then by what was sold */
    size_t n;
    size_t *of_item;                /* [items + 1] members of an item */
    const skuai_item_tie **by_item; /* [2 n_ties] ties of an item, the surest first */
    size_t *tie_first;              /* [items + 1] */
    size_t n_items;
} finding;

static const int32_t *codes_of(const skuai_panel *panel, const char *name, size_t *n_levels) {
    size_t k = skuai_panel_static_find(panel, name);
    if (k == SIZE_MAX || !panel->statics[k].codes) return NULL;
    if (n_levels) *n_levels = panel->statics[k].n_levels;
    return panel->statics[k].codes;
}

/* -- Members ---------------------------------------------------------------------------------- */

static double sold_of_late(const skuai_panel *panel, size_t s, int64_t end) {
    const double *y = skuai_panel_target(panel, s);
    double sum = 0;
    for (size_t t = panel->length[s]; t-- > 0;) {
        int64_t period = panel->start[s] + (int64_t)t;
        if (period >= end) continue;
        if (period < end - RECENT) break;
        if (!isnan(y[t])) sum += fabs(y[t]);
    }
    return sum;
}

static int by_item_and_sales(const void *a, const void *b) {
    const member *x = a, *y = b;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    if (x->sold != y->sold) return x->sold > y->sold ? -1 : 1;
    size_t i = x->panel->base[x->series], j = y->panel->base[y->series];
    return (i > j) - (i < j);
}

static void add_members(finding *f, const skuai_panel *panel, const bool *there, int64_t end) {
    const int32_t *item = codes_of(panel, "item", NULL);
    const int32_t *channel = codes_of(panel, "channel", NULL);
    for (size_t s = 0; s < panel->n_series; s++) {
        size_t base = panel->base[s];
        if (item[base] < 0 || (there && there[base])) continue;
        f->members[f->n++] = (member){panel, s, item[base], channel ? channel[base] : -1,
                                      sold_of_late(panel, s, end)};
    }
}

static skua_status find_members(finding *f, const skuai_panel *panel, int64_t end,
                                skua_error *err) {
    const skuai_panel *around = panel->around;
    size_t n = panel->n_series + (around ? around->n_series : 0);
    bool *there = skuai_zero(panel->n_base + 1, sizeof *there);
    f->members = skuai_new(n + 1, sizeof *f->members);
    f->of_item = skuai_zero(f->n_items + 2, sizeof *f->of_item);
    if (!there || !f->members || !f->of_item) {
        skuai_free(there);
        return skuai_error_memory(err, "neighbours");
    }
    for (size_t s = 0; s < panel->n_series; s++)
        there[panel->base[s]] = true;
    add_members(f, panel, NULL, end);
    if (around && codes_of(around, "item", NULL)) add_members(f, around, there, end);
    skuai_free(there);
    if (f->n > 1) qsort(f->members, f->n, sizeof *f->members, by_item_and_sales);
    for (size_t m = 0; m < f->n; m++)
        f->of_item[f->members[m].item + 1]++;
    for (size_t i = 0; i < f->n_items; i++)
        f->of_item[i + 1] += f->of_item[i];
    return SKUA_OK;
}

/* -- Ties ------------------------------------------------------------------------------------- */

static int by_strength(const void *a, const void *b) {
    const skuai_item_tie *x = *(const skuai_item_tie *const *)a;
    const skuai_item_tie *y = *(const skuai_item_tie *const *)b;
    if (x->strength != y->strength) return x->strength > y->strength ? -1 : 1;
    return (x > y) - (x < y); /* of one array */
}

static skua_status find_ties(finding *f, const skuai_panel *panel, skua_error *err) {
    f->by_item = skuai_new(2 * panel->n_ties + 1, sizeof(skuai_item_tie *));
    f->tie_first = skuai_zero(f->n_items + 2, sizeof *f->tie_first);
    if (!f->by_item || !f->tie_first) return skuai_error_memory(err, "neighbours");
    size_t *first = f->tie_first + 1; /* shifted: ends at the beginnings */
    for (size_t k = 0; k < panel->n_ties; k++)
        first[panel->ties[k].item]++, first[panel->ties[k].other]++;
    size_t total = 0;
    for (size_t i = 0; i < f->n_items; i++) {
        size_t n = first[i];
        first[i] = total;
        total += n;
    }
    for (size_t k = 0; k < panel->n_ties; k++) {
        const skuai_item_tie *t = &panel->ties[k];
        f->by_item[first[t->item]++] = t;
        f->by_item[first[t->other]++] = t;
    }
    for (size_t i = 0; i < f->n_items; i++) {
        size_t n = f->tie_first[i + 1] - f->tie_first[i];
        if (n > 1)
            qsort((void *)(f->by_item + f->tie_first[i]), n, sizeof *f->by_item, by_strength);
    }
    return SKUA_OK;
}

/* -- Neighbours ------------------------------------------------------------------------------- */

static bool is_series(const member *m, const skuai_panel *panel, size_t s) {
    return m->panel == panel && m->series == s;
}

/* Neighbours of series s; their number. */
static size_t neighbours_of(const finding *f, size_t s, int32_t item, int32_t channel,
                            skuai_neighbour *out) {
    size_t n = 0;
    for (size_t m = f->of_item[item]; m < f->of_item[item + 1] && n < f->most; m++) {
        const member *x = &f->members[m];
        if (!is_series(x, f->panel, s))
            out[n++] = (skuai_neighbour){x->panel, x->series, SKUAI_RELATION_CHANNEL};
    }
    size_t tied = 0;
    for (size_t k = f->tie_first[item]; k < f->tie_first[item + 1] && tied < f->most; k++) {
        const skuai_item_tie *t = f->by_item[k];
        int32_t other = t->item == item ? t->other : t->item;
        for (size_t m = f->of_item[other]; m < f->of_item[other + 1] && tied < f->most; m++) {
            const member *x = &f->members[m];
            if (x->channel != channel) continue;
            skuai_relation relation = t->kind == SKUAI_LINK_SUBSTITUTE ? SKUAI_RELATION_SUBSTITUTE
                                                                       : SKUAI_RELATION_COMPLEMENT;
            out[n + tied++] = (skuai_neighbour){x->panel, x->series, relation};
        }
    }
    return n + tied;
}

static int64_t last_period(const skuai_panel *panel) {
    int64_t end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > 0 && skuai_panel_end(panel, s) > end)
            end = skuai_panel_end(panel, s);
    return end;
}

static skua_status find_all(finding *f, skuai_neighbours *to, skua_error *err) {
    const skuai_panel *panel = f->panel;
    const int32_t *item = codes_of(panel, "item", &f->n_items);
    const int32_t *channel = codes_of(panel, "channel", NULL);
    if (!item || f->most == 0) return SKUA_OK;
    SKUA_TRY(find_members(f, panel, to->known, err));
    SKUA_TRY(find_ties(f, panel, err));
    size_t capacity = 0, n = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (!to->items || n + 2 * f->most > capacity) {
            capacity = 2 * capacity + 64 * f->most;
            skuai_neighbour *grown = skuai_resize(to->items, capacity, sizeof *grown);
            if (!grown) return skuai_error_memory(err, "neighbours");
            to->items = grown;
        }
        size_t base = panel->base[s];
        if (item[base] >= 0)
            n += neighbours_of(f, s, item[base], channel ? channel[base] : -1, to->items + n);
        to->first[s + 1] = n;
    }
    return SKUA_OK;
}

skua_status skuai_neighbours_init(skuai_neighbours *neighbours, const skuai_panel *panel,
                                  size_t most, skua_error *err) {
    skuai_neighbours made = {.panel = panel, .known = last_period(panel)};
    finding f = {.panel = panel, .most = most};
    made.first = skuai_zero(panel->n_series + 1, sizeof *made.first);
    skua_status status = made.first ? SKUA_OK : skuai_error_memory(err, "neighbours");
    if (status == SKUA_OK) status = find_all(&f, &made, err);
    skuai_free(f.members);
    skuai_free(f.of_item);
    skuai_free((void *)f.by_item);
    skuai_free(f.tie_first);
    if (status != SKUA_OK) {
        skuai_neighbours_clear(&made);
        return status;
    }
    *neighbours = made;
    return SKUA_OK;
}

void skuai_neighbours_clear(skuai_neighbours *neighbours) {
    skuai_free(neighbours->first);
    skuai_free(neighbours->items);
    *neighbours = (skuai_neighbours){0};
}

size_t skuai_neighbours_count(const skuai_neighbours *neighbours) {
    return neighbours->first ? neighbours->first[neighbours->panel->n_series] : 0;
}

/* -- Windows ---------------------------------------------------------------------------------- */

/* Observed periods of a neighbour before an origin. */
static size_t seen_of(const skuai_neighbours *all, const skuai_neighbour *x, int64_t origin) {
    int64_t until = x->panel == all->panel || all->known > origin ? origin : all->known;
    int64_t start = x->panel->start[x->series];
    if (until <= start) return 0;
    size_t length = x->panel->length[x->series], before = (size_t)(until - start);
    return before < length ? before : length;
}

/* The neighbour's window as of the origin; false: it has nothing to tell. */
static bool window_of(const skuai_neighbours *all, const skuai_neighbour *x, int64_t origin,
                      size_t past, skuai_arena *arena, skuai_window_series *w, skua_status *status,
                      skua_error *err) {
    size_t s = x->series, seen = seen_of(all, x, origin);
    if (seen == 0) return false;
    size_t before = (size_t)(origin - x->panel->start[s]);
    if (before - seen >= past) return false;
    float *sides = skuai_arena_take(arena, SKUAI_WINDOW_SIDES, SKUAI_WINDOW_SIDE * sizeof *sides);
    double *target = before > seen ? skuai_arena_take(arena, before, sizeof *target) : NULL;
    if (!sides || (before > seen && !target)) {
        *status = skuai_error_memory(err, "neighbours");
        return false;
    }
    *w = skuai_window_of_panel(x->panel, s, sides, NULL);
    w->n_sides = 0;
    if (!target) {
        w->future += w->length - seen;
    } else { /* it ended, or its last periods are not to be seen: they are missing */
        memcpy(target, w->target, seen * sizeof *target);
        for (size_t t = seen; t < before; t++)
            target[t] = NAN;
        w->target = target;
        w->available = NULL;
        w->future = 0;
        memset(w->covariate, 0, sizeof w->covariate);
    }
    w->length = before;
    return true;
}

skua_status skuai_neighbours_add(const skuai_neighbours *neighbours, size_t s, size_t past,
                                 skuai_arena *arena, skuai_window_series *series, skua_error *err) {
    if (!neighbours->first) return SKUA_OK;
    size_t first = neighbours->first[s], n = neighbours->first[s + 1] - first, used = 0;
    if (n == 0) return SKUA_OK;
    skuai_window_neighbour *near = skuai_arena_take(arena, n, sizeof *near);
    if (!near) return skuai_error_memory(err, "neighbours");
    int64_t origin = series->start + (int64_t)series->length;
    skua_status status = SKUA_OK;
    for (size_t k = 0; k < n && status == SKUA_OK; k++) {
        const skuai_neighbour *x = &neighbours->items[first + k];
        if (!window_of(neighbours, x, origin, past, arena, &near[used].series, &status, err))
            continue;
        near[used++].relation = x->relation;
    }
    SKUA_TRY(status);
    series->near = near;
    series->n_near = used;
    return SKUA_OK;
}

size_t skuai_neighbours_reach(const skuai_neighbours *neighbours, size_t s) {
    const skuai_panel *panel = neighbours->panel;
    int64_t origin = skuai_panel_end(panel, s);
    size_t reach = 0;
    for (size_t k = neighbours->first ? neighbours->first[s] : 0;
         neighbours->first && k < neighbours->first[s + 1]; k++) {
        const skuai_neighbour *x = &neighbours->items[k];
        if (seen_of(neighbours, x, origin) == 0) continue;
        size_t before = (size_t)(origin - x->panel->start[x->series]);
        if (before > reach) reach = before;
    }
    return reach;
}
