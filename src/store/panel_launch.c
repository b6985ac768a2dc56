/* Items that are listed and have sold nothing yet: a series without history for each whose launch
 * lies behind the last period of sales, in every channel that sells anything. */
#include "store/panel_build.h"

#include <string.h>

enum { DISTINCT_CHANNELS = 256, PERIODS_MOST = 60 /* ahead, when the query says less */ };

/* The channels of the series with rows, in order of their numbers. */
static size_t channels_of(const skuai_panel_build *b, const char **channels) {
    size_t n = 0;
    for (size_t s = 0; s < b->n_sources && n < DISTINCT_CHANNELS; s++) {
        size_t k = 0;
        while (k < n && strcmp(channels[k], b->keys.channels[s]) != 0)
            k++;
        if (k == n && b->wanted[s]) channels[n++] = b->keys.channels[s];
    }
    return n;
}

static skua_status index_items(const skuai_panel_build *b, skuai_series *index, skua_error *err) {
    SKUA_TRY(skuai_series_init(index, err));
    for (size_t s = 0; s < b->keys.n; s++) {
        const char *item = b->keys.items[s];
        size_t n = strlen(item);
        if (skuai_series_add(index, skuai_series_hash(item, n, "", 0), item, n, "", 0) >= 0)
            continue;
        skuai_series_clear(index);
        return skuai_error_memory(err, "the list of series");
    }
    return SKUA_OK;
}

static bool asked_for(const skuai_panel_query *q, const char *item) {
    for (size_t i = 0; i < q->n_items; i++)
        if (strcmp(q->items[i], item) == 0) return true;
    return q->n_items == 0;
}

/* Which rows of the table are launches to come: item, launch, replaces. */
static bool is_launch(const skuai_panel_build *b, const skuai_table *table, size_t i,
                      const skuai_series *sold) {
    const char *item = table->columns[0].texts[i];
    size_t n = item ? strlen(item) : 0;
    if (!item || !table->columns[1].valid[i] || !asked_for(b->query, item)) return false;
    int64_t period = skuai_build_period(&b->grid, table->columns[1].integers[i]);
    size_t future = b->future_least;
    int64_t most = b->global_last + (int64_t)(future > PERIODS_MOST ? future : PERIODS_MOST);
    return period > b->global_last && period <= most &&
           skuai_series_find(sold, skuai_series_hash(item, n, "", 0), item, n, "", 0) < 0;
}

/* Arrays of the series, longer by `more`. */
static skua_status lengthen(skuai_panel_build *b, size_t more, skua_error *err) {
    size_t n = b->keys.n;
    bool *wanted = skuai_arena_take(b->arena, n + more, sizeof *wanted);
    int64_t *first = skuai_arena_take(b->arena, n + more, sizeof *first);
    int64_t *last = skuai_arena_take(b->arena, n + more, sizeof *last);
    size_t *row = skuai_arena_take(b->arena, n + more + 1, sizeof *row);
    if (!wanted || !first || !last || !row) return skuai_error_memory(err, "a panel");
    memcpy(wanted, b->wanted, n * sizeof *wanted);
    memcpy(first, b->first, n * sizeof *first);
    memcpy(last, b->last, n * sizeof *last);
    memcpy(row, b->row, (n + 1) * sizeof *row);
    b->wanted = wanted;
    b->first = first;
    b->last = last;
    b->row = row;
    return SKUA_OK;
}

static skua_status add_launch(skuai_panel_build *b, const char *item, const char *channel,
                              skua_error *err) {
    size_t n = strlen(item), m = strlen(channel), known = b->keys.n;
    uint64_t hash = skuai_series_hash(item, n, channel, m);
    int64_t s = skuai_series_add(&b->keys, hash, item, n, channel, m);
    if (s < 0) return skuai_error_memory(err, "the list of series");
    if ((size_t)s < known) return SKUA_OK;
    b->wanted[s] = true;
    b->first[s] = b->global_last + 1;
    b->last[s] = b->global_last;
    b->row[s] = b->row[s + 1] = b->n_rows;
    b->info.n_launches++;
    return SKUA_OK;
}

static skua_status add_all(skuai_panel_build *b, const skuai_table *table, skua_error *err) {
    const char **channels = skuai_arena_take(b->arena, DISTINCT_CHANNELS, sizeof *channels);
    skuai_series sold;
    size_t n = 0;
    if (!channels) return skuai_error_memory(err, "a panel");
    size_t n_channels = channels_of(b, channels);
    SKUA_TRY(index_items(b, &sold, err));
    for (size_t i = 0; i < table->n_rows; i++)
        n += is_launch(b, table, i, &sold);
    skua_status status = n ? lengthen(b, n * n_channels, err) : SKUA_OK;
    for (size_t i = 0; n && i < table->n_rows; i++) {
        if (!is_launch(b, table, i, &sold)) continue;
        for (size_t c = 0; c < n_channels && status == SKUA_OK; c++)
            status = add_launch(b, table->columns[0].texts[i], channels[c], err);
    }
    skuai_series_clear(&sold);
    return status;
}

skua_status skuai_build_launches(skuai_panel_build *b, skua_error *err) {
    skuai_table *table;
    skuai_buffer sql;
    if (b->query->target_only || b->query->as_of) return SKUA_OK;
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "SELECT DISTINCT ON (item) item, launch_ds FROM ");
    skuai_sql_identifier(&sql, b->query->items_from ? b->query->items_from : "items");
    (void)skuai_buffer_text(&sql, " WHERE launch_ds IS NOT NULL AND (end_ds IS NULL OR end_ds >= "
                                  "launch_ds) ORDER BY item");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_query(b->store, sql.data, NULL, 0, &table, err);
    skuai_buffer_clear(&sql);
    if (status != SKUA_OK) return status;
    status = add_all(b, table, err);
    skuai_table_free(table);
    return status;
}
