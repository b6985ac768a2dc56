/* The last forecast run out of the database, by series of the panel. */
#include "shop/snapshot.h"

#include "shop/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static skua_status read_run(skua_snapshot *snapshot, skuai_store *store, skua_error *err) {
    skuai_table *last = NULL;
    skuai_stored *t = &snapshot->stored;
    SKUA_TRY(skuai_store_query(store,
                               "SELECT run, coalesce(model, ''), strftime(started_at, "
                               "'%Y-%m-%dT%H:%M:%SZ'), horizon FROM runs WHERE kind = 'forecast' "
                               "ORDER BY started_at DESC, run DESC LIMIT 1",
                               NULL, 0, &last, err));
    if (last->n_rows > 0) {
        (void)snprintf(t->run, sizeof t->run, "%s", last->columns[0].texts[0]);
        (void)snprintf(t->model, sizeof t->model, "%s", last->columns[1].texts[0]);
        (void)snprintf(t->started, sizeof t->started, "%s", last->columns[2].texts[0]);
        t->horizon = (size_t)last->columns[3].integers[0];
    }
    skuai_table_free(last);
    return SKUA_OK;
}

static skua_status take_memory(skua_snapshot *snapshot, skua_error *err) {
    skuai_stored *t = &snapshot->stored;
    size_t S = snapshot->history.recorded->n_series, cells = 0;
    t->place = skuai_new(S, sizeof *t->place);
    for (size_t s = 0; t->place && s < S; s++)
        t->place[s] = SIZE_MAX;
    t->first = skuai_new(S, sizeof *t->first);
    t->note = skuai_new(S, sizeof *t->note);
    if (skuai_size_mul(S, t->horizon, &cells)) {
        t->mean = skuai_new(cells, sizeof *t->mean);
        t->quantiles = skuai_new(cells, (t->n_levels ? t->n_levels : 1) * sizeof *t->quantiles);
    }
    if (!t->place || !t->first || !t->note || !t->mean || !t->quantiles)
        return skuai_error_memory(err, "stored forecasts");
    return SKUA_OK;
}

/* Rows come in the order of the panel's series: both are walked once. */
typedef struct walk {
    skua_snapshot *snapshot;
    size_t series, h; /* where it stands */
    int64_t known_day, known_period;
    char item[512], channel[256]; /* of the rows being read */
    bool matched;
} walk;

static int compare_names(const skua_series *s, const char *item, const char *channel) {
    int order = strcmp(s->item, item);
    return order ? order : strcmp(s->channel, channel);
}

/* A new series of the run begins: find it in the panel. */
static skua_status begin_series(walk *w, const char *item, const char *channel, const char *note,
                                int64_t second, skua_error *err) {
    skua_snapshot *snapshot = w->snapshot;
    skuai_stored *t = &snapshot->stored;
    const skuai_panel *panel = snapshot->history.recorded;
    skua_series s;
    (void)snprintf(w->item, sizeof w->item, "%s", item);
    (void)snprintf(w->channel, sizeof w->channel, "%s", channel);
    w->matched = false;
    w->h = 0;
    for (; w->series < panel->n_series; w->series++) {
        skua_snapshot_series(snapshot, w->series, &s);
        int order = compare_names(&s, item, channel);
        if (order > 0) return SKUA_OK; /* a series that the panel has no more */
        if (order == 0) break;
    }
    if (w->series == panel->n_series) return SKUA_OK;
    size_t place = t->n_series++;
    for (size_t i = 0; i < t->horizon; i++)
        t->mean[place * t->horizon + i] = NAN;
    for (size_t i = 0; i < t->horizon * t->n_levels; i++)
        t->quantiles[place * t->horizon * t->n_levels + i] = NAN;
    t->first[place] = skuai_period_from_day(&panel->grid, second / 86400, (int)(second % 86400));
    bool same = place > 0 && strcmp(t->note[place - 1], note) == 0; /* most are */
    t->note[place] =
        same ? t->note[place - 1] : skuai_arena_text(snapshot->arena, note, strlen(note));
    if (!t->note[place]) return skuai_error_memory(err, "stored forecasts");
    t->place[w->series++] = place;
    w->matched = true;
    return SKUA_OK;
}

static skua_status read_rows(void *user, const skuai_table *chunk, skua_error *err) {
    walk *w = user;
    skuai_stored *t = &w->snapshot->stored;
    for (size_t i = 0; i < chunk->n_rows; i++) {
        const char *item = chunk->columns[0].texts[i], *channel = chunk->columns[1].texts[i];
        if (!*w->item || strcmp(item, w->item) != 0 || strcmp(channel, w->channel) != 0)
            SKUA_TRY(begin_series(w, item, channel, chunk->columns[2].texts[i],
                                  chunk->columns[3].integers[i], err));
        if (!w->matched || w->h == t->horizon) continue;
        size_t at = (t->n_series - 1) * t->horizon + w->h++;
        t->mean[at] = chunk->columns[4].doubles[i];
        for (size_t q = 0; q < t->n_levels; q++)
            t->quantiles[at * t->n_levels + q] = chunk->columns[5 + q].doubles[i];
    }
    return SKUA_OK;
}

skua_status skuai_snapshot_stored(skua_snapshot *snapshot, skuai_store *store, skua_error *err) {
    skuai_stored *t = &snapshot->stored;
    SKUA_TRY(read_run(snapshot, store, err));
    if (!*t->run || t->horizon == 0) return SKUA_OK;
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "SELECT coalesce(item, ''), coalesce(channel, ''), "
                                  "coalesce(note, ''), ds, mean");
    skua_status status = skuai_run_levels(store, t->run, t->levels, &t->n_levels, &sql, err);
    (void)skuai_buffer_text(&sql, " FROM forecasts WHERE run = ? ORDER BY item, channel, ds");
    if (status == SKUA_OK) status = take_memory(snapshot, err);
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    skuai_value run = skuai_value_text(t->run);
    walk w = {.snapshot = snapshot};
    if (status == SKUA_OK) status = skuai_store_scan(store, sql.data, &run, 1, read_rows, &w, err);
    skuai_buffer_clear(&sql);
    return status;
}
