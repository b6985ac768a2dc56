#include "shop/snapshot.h"

#include "clean/text_normal.h"

#include <string.h>

void skua_snapshot_free(skua_snapshot *snapshot) {
    if (!snapshot) return;
    if (snapshot->live.model) snapshot->live.forecaster.free(snapshot->live.model);
    if (snapshot->live.has_lock) (void)pthread_mutex_destroy(&snapshot->live.lock);
    skuai_history_clear(&snapshot->history);
    skuai_stored *t = &snapshot->stored;
    skuai_free(t->place);
    skuai_free(t->first);
    skuai_free(t->mean);
    skuai_free(t->quantiles);
    skuai_free(t->note);
    for (int d = 0; d < SNAPSHOT_DOCUMENTS; d++)
        skuai_free(snapshot->documents[d]);
    skuai_free(snapshot->name);
    skua_shop_close(snapshot->shop);
    skuai_arena_free(snapshot->arena);
    skuai_free(snapshot);
}

skua_status skua_shop_generation(skua_shop *shop, int64_t *generation, skua_error *err) {
    return skuai_store_generation(shop->folder, generation, err);
}

int64_t skua_snapshot_generation(const skua_snapshot *snapshot) {
    return snapshot->generation;
}

const char *skua_snapshot_document(const skua_snapshot *snapshot, skua_document document) {
    return (int)document >= 0 && (int)document < SNAPSHOT_DOCUMENTS ? snapshot->documents[document]
                                                                    : "null";
}

/* -- Items ------------------------------------------------------------------------------------- */

size_t skua_snapshot_items(const skua_snapshot *snapshot) {
    return snapshot->n_items;
}

const skua_item *skua_snapshot_item(const skua_snapshot *snapshot, size_t i) {
    return &snapshot->items[i];
}

/* FNV-1a */
static size_t slot_of(const skua_snapshot *snapshot, const char *item) {
    uint64_t hash = 14695981039346656037u;
    for (const unsigned char *p = (const unsigned char *)item; *p; p++)
        hash = (hash ^ *p) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32) & (snapshot->n_slots - 1);
}

skua_status skuai_snapshot_index(skua_snapshot *snapshot, skua_error *err) {
    size_t n = 2;
    while (n < 2 * snapshot->n_items)
        n *= 2;
    snapshot->slots = skuai_arena_take_zero(snapshot->arena, n, sizeof *snapshot->slots);
    if (!snapshot->slots || snapshot->n_items >= UINT32_MAX)
        return skuai_error_memory(err, "items");
    snapshot->n_slots = n;
    for (size_t i = 0; i < snapshot->n_items; i++) {
        size_t at = slot_of(snapshot, snapshot->items[i].item);
        while (snapshot->slots[at])
            at = (at + 1) & (n - 1);
        snapshot->slots[at] = (uint32_t)(i + 1);
    }
    return SKUA_OK;
}

size_t skua_snapshot_find(const skua_snapshot *snapshot, const char *item) {
    for (size_t at = slot_of(snapshot, item); snapshot->slots[at];
         at = (at + 1) & (snapshot->n_slots - 1)) {
        size_t i = snapshot->slots[at] - 1;
        if (strcmp(snapshot->items[i].item, item) == 0) return i;
    }
    return SKUA_NONE;
}

enum { WORDS_MOST = 16 };

size_t skua_snapshot_search(const skua_snapshot *snapshot, const char *text, size_t *found) {
    const char *words[WORDS_MOST], *folded = NULL;
    size_t n_words = 0, n = 0;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return 0;
    char *copy = skuai_text_lower(text, arena, &folded, NULL) == SKUA_OK
                     ? skuai_arena_text(arena, folded, strlen(folded))
                     : NULL;
    for (char *p = copy; p && *p && n_words < WORDS_MOST;) {
        char *space = strchr(p, ' ');
        if (space) *space = '\0';
        if (*p) words[n_words++] = p;
        p = space ? space + 1 : NULL;
    }
    for (size_t i = 0; copy && i < snapshot->n_items; i++) {
        size_t k = 0;
        while (k < n_words && strstr(snapshot->search_text[i], words[k]))
            k++;
        if (k == n_words) found[n++] = i;
    }
    skuai_arena_free(arena);
    return n;
}

/* -- Series ------------------------------------------------------------------------------------ */

/* The last covariate of a name: a shop's file of the future may bring one of the same name that
 * says nothing of the past. */
static const float *dynamic_of(const skuai_panel *panel, size_t s, const char *name) {
    for (size_t k = panel->n_dynamic; k-- > 0;)
        if (strcmp(panel->dynamic[k].name, name) == 0)
            return panel->dynamic[k].values + panel->row[s];
    return NULL;
}

/* Text of a static category of series s, "" when it has none. */
static const char *text_of(const skuai_panel *panel, size_t s, const char *name) {
    size_t k = skuai_panel_static_find(panel, name);
    int32_t code =
        k == SIZE_MAX || !panel->statics[k].codes ? -1 : panel->statics[k].codes[panel->base[s]];
    return code < 0 ? "" : panel->statics[k].levels[code];
}

void skua_snapshot_series(const skua_snapshot *snapshot, size_t s, skua_series *series) {
    const skuai_panel *recorded = snapshot->history.recorded, *cleaned = snapshot->history.panel;
    const skuai_stored *t = &snapshot->stored;
    *series = (skua_series){
        .item = text_of(recorded, s, "item"),
        .channel = text_of(recorded, s, "channel"),
        .start = recorded->start[s],
        .length = recorded->length[s],
        .units = skuai_panel_target(recorded, s),
        .cleaned = skuai_panel_target(cleaned, s),
        .available = recorded->available ? recorded->available + recorded->row[s] : NULL,
        .price = dynamic_of(recorded, s, "price"),
        .promotion = dynamic_of(recorded, s, "promotion"),
        .note = "",
    };
    if (!*series->item) series->item = skuai_panel_name(recorded, s);
    size_t place = t->place ? t->place[s] : SIZE_MAX;
    if (place == SIZE_MAX) return;
    series->horizon = t->horizon;
    series->first = t->first[place];
    series->mean = t->mean + place * t->horizon;
    series->quantiles = t->quantiles + place * t->horizon * t->n_levels;
    series->note = t->note[place];
}

size_t skua_snapshot_findings(const skua_snapshot *snapshot) {
    return snapshot->n_findings;
}

const skua_finding *skua_snapshot_finding(const skua_snapshot *snapshot, size_t i) {
    return &snapshot->findings[i];
}

size_t skua_snapshot_levels(const skua_snapshot *snapshot, const double **levels) {
    *levels = snapshot->stored.levels;
    return snapshot->stored.n_levels;
}

const char *skua_snapshot_run(const skua_snapshot *snapshot) {
    return snapshot->stored.run;
}

char *skua_snapshot_period(const skua_snapshot *snapshot, int64_t period, char *text) {
    text[0] = '\0';
    if (!snapshot->history.recorded) return text;
    return skuai_period_text(&snapshot->history.recorded->grid, period, text);
}
