#include "panel/panel_owner.h"

#include <math.h>
#include <string.h>

/* -- Memory ---------------------------------------------------------------------------------- */

skuai_panel *skuai_panel_make(const skuai_panel *like) {
    skuai_arena *arena = skuai_arena_new(16 * 1024);
    if (!arena) return NULL;
    skuai_panel *panel = skuai_arena_take_zero(arena, 1, sizeof *panel);
    struct skuai_panel_owner *owner = skuai_arena_take_zero(arena, 1, sizeof *owner);
    if (!panel || !owner) {
        skuai_arena_free(arena);
        return NULL;
    }
    if (like) *panel = *like;
    atomic_init(&owner->references, 1);
    owner->arena = arena;
    owner->parent = like ? skuai_panel_share(like) : NULL;
    panel->owner = owner;
    return panel;
}

void *skuai_panel_take(skuai_panel *panel, size_t n, size_t size) {
    return skuai_arena_take(panel->owner->arena, n, size);
}

skua_status skuai_panel_adopt(skuai_panel *panel, void *block, skua_error *err) {
    struct skuai_panel_owner *owner = panel->owner;
    if (owner->n_blocks == SKUAI_PANEL_BLOCKS)
        return skuai_error_set(err, SKUA_ELIMIT, "a panel has at most %d columns",
                               SKUAI_PANEL_BLOCKS);
    owner->blocks[owner->n_blocks++] = block;
    return SKUA_OK;
}

skuai_panel *skuai_panel_share(const skuai_panel *panel) {
    atomic_fetch_add(&panel->owner->references, 1);
    return (skuai_panel *)(uintptr_t)panel; /* constness is about the content */
}

void skuai_panel_free(skuai_panel *panel) {
    while (panel) {
        struct skuai_panel_owner *owner = panel->owner;
        if (atomic_fetch_sub(&owner->references, 1) > 1) return;
        skuai_panel *parent = owner->parent;
        for (size_t i = 0; i < owner->n_blocks; i++)
            skuai_free(owner->blocks[i]);
        skuai_arena_free(owner->arena); /* holds panel and owner */
        panel = parent;
    }
}

/* -- Reading ---------------------------------------------------------------------------------- */

size_t skuai_panel_wait(const skuai_panel *panel, size_t s) {
    if (panel->length[s] > 0 || !panel->launch) return 0;
    int64_t launch = panel->launch[panel->base[s]];
    return launch > panel->start[s] ? (size_t)(launch - panel->start[s]) : 0;
}

size_t skuai_panel_dynamic_find(const skuai_panel *panel, const char *name) {
    for (size_t k = 0; k < panel->n_dynamic; k++)
        if (strcmp(panel->dynamic[k].name, name) == 0) return k;
    return SIZE_MAX;
}

size_t skuai_panel_static_find(const skuai_panel *panel, const char *name) {
    for (size_t k = 0; k < panel->n_static; k++)
        if (strcmp(panel->statics[k].name, name) == 0) return k;
    return SIZE_MAX;
}

double skuai_panel_actual(const skuai_panel *panel, size_t s, size_t h) {
    if (h >= panel->future[s]) return NAN;
    return panel->target[panel->row[s] + panel->length[s] + h];
}

/* -- Views ------------------------------------------------------------------------------------ */

/* The arrays that a view has of its own. */
typedef struct view_arrays {
    size_t *base, *row, *length, *future;
    int64_t *start;
} view_arrays;

static skua_status view_new(const skuai_panel *panel, size_t n_series, skuai_panel **view,
                            view_arrays *arrays, skua_error *err) {
    skuai_panel *made = skuai_panel_make(panel);
    if (!made) return skuai_error_memory(err, "a view of a panel");
    arrays->base = skuai_panel_take(made, n_series, sizeof *arrays->base);
    arrays->row = skuai_panel_take(made, n_series, sizeof *arrays->row);
    arrays->length = skuai_panel_take(made, n_series, sizeof *arrays->length);
    arrays->future = skuai_panel_take(made, n_series, sizeof *arrays->future);
    arrays->start = skuai_panel_take(made, n_series, sizeof *arrays->start);
    if (!arrays->base || !arrays->row || !arrays->length || !arrays->future || !arrays->start) {
        skuai_panel_free(made);
        return skuai_error_memory(err, "a view of a panel");
    }
    made->n_series = n_series;
    made->base = arrays->base;
    made->row = arrays->row;
    made->length = arrays->length;
    made->future = arrays->future;
    made->start = arrays->start;
    *view = made;
    return SKUA_OK;
}

static void view_copy(const skuai_panel *panel, size_t from, const view_arrays *arrays, size_t to) {
    arrays->base[to] = panel->base[from];
    arrays->row[to] = panel->row[from];
    arrays->length[to] = panel->length[from];
    arrays->future[to] = panel->future[from];
    arrays->start[to] = panel->start[from];
}

skua_status skuai_panel_cut(const skuai_panel *panel, size_t periods, skuai_panel **view,
                            skua_error *err) {
    view_arrays a;
    skuai_panel *made;
    SKUA_TRY(view_new(panel, panel->n_series, &made, &a, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        view_copy(panel, s, &a, s);
        size_t cut = periods < a.length[s] ? periods : a.length[s];
        a.length[s] -= cut;
        a.future[s] += cut;
    }
    *view = made;
    return SKUA_OK;
}

skua_status skuai_panel_cut_at(const skuai_panel *panel, int64_t origin, skuai_panel **view,
                               skua_error *err) {
    view_arrays a;
    skuai_panel *made;
    SKUA_TRY(view_new(panel, panel->n_series, &made, &a, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        view_copy(panel, s, &a, s);
        int64_t keep = origin - a.start[s];
        size_t length = keep <= 0                         ? 0
                        : (size_t)keep < panel->length[s] ? (size_t)keep
                                                          : panel->length[s];
        a.future[s] += a.length[s] - length;
        a.length[s] = length;
    }
    *view = made;
    return SKUA_OK;
}

skua_status skuai_panel_last(const skuai_panel *panel, size_t periods, skuai_panel **view,
                             skua_error *err) {
    view_arrays a;
    skuai_panel *made;
    SKUA_TRY(view_new(panel, panel->n_series, &made, &a, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        view_copy(panel, s, &a, s);
        if (a.length[s] <= periods) continue;
        size_t skip = a.length[s] - periods;
        a.start[s] += (int64_t)skip;
        a.row[s] += skip;
        a.length[s] = periods;
    }
    *view = made;
    return SKUA_OK;
}

skua_status skuai_panel_subset(const skuai_panel *panel, const size_t *series, size_t n,
                               skuai_panel **view, skua_error *err) {
    for (size_t i = 0; i < n; i++)
        if (series[i] >= panel->n_series)
            return skuai_error_set(err, SKUA_ERANGE, "series %zu of a panel of %zu", series[i],
                                   panel->n_series);
    view_arrays a;
    skuai_panel *made;
    SKUA_TRY(view_new(panel, n, &made, &a, err));
    for (size_t i = 0; i < n; i++)
        view_copy(panel, series[i], &a, i);
    if (!made->around) made->around = panel; /* the view's parent: it lives as long */
    *view = made;
    return SKUA_OK;
}

skua_status skuai_panel_shard(const skuai_panel *panel, size_t part, size_t parts,
                              skuai_panel **view, skua_error *err) {
    if (parts == 0 || part >= parts)
        return skuai_error_set(err, SKUA_ERANGE, "part %zu of %zu", part, parts);
    size_t size = panel->n_series / parts, more = panel->n_series % parts;
    size_t from = part * size + (part < more ? part : more);
    size_t n = size + (part < more);
    view_arrays a;
    skuai_panel *made;
    SKUA_TRY(view_new(panel, n, &made, &a, err));
    for (size_t i = 0; i < n; i++)
        view_copy(panel, from + i, &a, i);
    if (!made->around) made->around = panel;
    *view = made;
    return SKUA_OK;
}
