#include "shop/arrow_out.h"

#include "shop/result.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_A_BATCH = 2048, NAME_SIZE = 16 };

/* Columns: item, channel, ds, mean, the quantiles, note. */
enum { FIRST_COLUMNS = 4 };

/* Memory of a batch or a schema: freed when the last of its arrays is released. A consumer may
 * move a child out and keep it longer than the whole. */
typedef struct shared {
    skuai_arena *arena;
    atomic_size_t users;
} shared;

static void let_go(shared *memory) {
    if (atomic_fetch_sub(&memory->users, 1) != 1) return;
    skuai_arena_free(memory->arena);
    skuai_free(memory);
}

static shared *shared_new(size_t users) {
    shared *made = skuai_zero(1, sizeof *made);
    if (!made) return NULL;
    made->arena = skuai_arena_new(1 << 18);
    if (!made->arena) {
        skuai_free(made);
        return NULL;
    }
    atomic_init(&made->users, users);
    return made;
}

typedef struct producer {
    skuai_live live;
    const char **item, **channel; /* [S] borrowed of the panel */
    size_t *order;                /* [S] series sorted by item and channel */
    size_t next;                  /* place in the order of the next batch */
    const char *error;
} producer;

static size_t n_columns(const producer *p) {
    return FIRST_COLUMNS + p->live.forecast->n_quantiles + 1;
}

/* -- The schema -------------------------------------------------------------------------------- */

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    schema->release = NULL;
    let_go(schema->private_data);
}

static struct ArrowSchema column_schema(shared *memory, const char *format, const char *name) {
    return (struct ArrowSchema){
        .format = format, .name = name, .release = release_schema, .private_data = memory};
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    producer *p = stream->private_data;
    size_t n = n_columns(p), Q = n - FIRST_COLUMNS - 1;
    shared *memory = shared_new(n + 1);
    if (!memory) return ENOMEM;
    struct ArrowSchema **children = skuai_arena_take(memory->arena, n, sizeof(void *));
    struct ArrowSchema *columns = skuai_arena_take(memory->arena, n, sizeof *columns);
    char(*names)[NAME_SIZE] = skuai_arena_take(memory->arena, n, sizeof *names);
    if (!children || !columns || !names) {
        atomic_store(&memory->users, 1);
        let_go(memory);
        return ENOMEM;
    }
    columns[0] = column_schema(memory, "u", "item");
    columns[1] = column_schema(memory, "u", "channel");
    columns[2] = column_schema(memory, "tsu:", "ds");
    columns[3] = column_schema(memory, "g", "mean");
    for (size_t q = 0; q < Q; q++)
        columns[FIRST_COLUMNS + q] =
            column_schema(memory, "g", skuai_level_name(p->live.forecast->levels[q], names[q]));
    columns[n - 1] = column_schema(memory, "u", "note");
    for (size_t i = 0; i < n; i++)
        children[i] = &columns[i];
    *out = column_schema(memory, "+s", "");
    out->n_children = (int64_t)n;
    out->children = children;
    return 0;
}

/* -- A batch ----------------------------------------------------------------------------------- */

static void release_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
    array->release = NULL;
    let_go(array->private_data);
}

typedef struct batch {
    const producer *from;
    shared *memory;
    size_t first, n_series, rows;
} batch;

static size_t series_of(const batch *b, size_t i) {
    return b->from->order[b->first + i];
}

static const char *item_text(const producer *p, size_t s) {
    return p->item[s];
}
static const char *channel_text(const producer *p, size_t s) {
    return p->channel[s];
}
static const char *note_text(const producer *p, size_t s) {
    return p->live.forecast->note[s];
}

/* The same text in all rows of a series: offsets [rows + 1], then the bytes. */
static bool put_texts(const batch *b, const char *(*text)(const producer *, size_t),
                      const void **buffers) {
    size_t H = b->from->live.forecast->horizon, bytes = 0, row = 0, at = 0;
    for (size_t i = 0; i < b->n_series; i++)
        bytes += H * strlen(text(b->from, series_of(b, i)));
    int32_t *offsets = skuai_arena_take(b->memory->arena, b->rows + 1, sizeof *offsets);
    char *data = skuai_arena_take(b->memory->arena, bytes ? bytes : 1, 1);
    if (!offsets || !data || bytes > INT32_MAX) return false;
    for (size_t i = 0; i < b->n_series; i++) {
        const char *t = text(b->from, series_of(b, i));
        size_t n = strlen(t);
        for (size_t h = 0; h < H; h++, at += n) {
            offsets[row++] = (int32_t)at;
            memcpy(data + at, t, n);
        }
    }
    offsets[row] = (int32_t)at;
    buffers[1] = offsets;
    buffers[2] = data;
    return true;
}

/* Column k of the numbers: 0 the mean, 1 ... the quantiles. */
static bool put_numbers(const batch *b, size_t k, const void **buffers) {
    const skuai_forecast *f = b->from->live.forecast;
    double *values = skuai_arena_take(b->memory->arena, b->rows, sizeof *values);
    if (!values) return false;
    for (size_t i = 0, row = 0; i < b->n_series; i++)
        for (size_t h = 0; h < f->horizon; h++) {
            size_t s = series_of(b, i);
            values[row++] =
                k ? skuai_forecast_quantiles(f, s, h)[k - 1] : *skuai_forecast_mean(f, s, h);
        }
    buffers[1] = values;
    return true;
}

static bool put_times(const batch *b, const void **buffers) {
    const skuai_forecast *f = b->from->live.forecast;
    const skuai_grid *grid = &b->from->live.panel->grid;
    int64_t *values = skuai_arena_take(b->memory->arena, b->rows, sizeof *values);
    if (!values) return false;
    for (size_t i = 0, row = 0; i < b->n_series; i++)
        for (size_t h = 0; h < f->horizon; h++) {
            int64_t period = f->first[series_of(b, i)] + (int64_t)h;
            int64_t seconds = skuai_period_first_day(grid, period) * 86400 +
                              3600 * (int64_t)skuai_period_hour(grid, period);
            values[row++] = seconds * 1000000;
        }
    buffers[1] = values;
    return true;
}

static bool put_column(const batch *b, size_t c, size_t n, struct ArrowArray *array) {
    bool text = c < 2 || c == n - 1;
    const void **buffers = skuai_arena_take_zero(b->memory->arena, 3, sizeof *buffers);
    if (!buffers) return false;
    *array = (struct ArrowArray){.length = (int64_t)b->rows,
                                 .n_buffers = text ? 3 : 2,
                                 .buffers = buffers,
                                 .release = release_array,
                                 .private_data = b->memory};
    if (c == 0) return put_texts(b, item_text, buffers);
    if (c == 1) return put_texts(b, channel_text, buffers);
    if (c == 2) return put_times(b, buffers);
    return c == n - 1 ? put_texts(b, note_text, buffers) : put_numbers(b, c - 3, buffers);
}

static bool fill_batch(const batch *b, size_t n, struct ArrowArray *out) {
    struct ArrowArray **children = skuai_arena_take(b->memory->arena, n, sizeof(void *));
    struct ArrowArray *columns = skuai_arena_take(b->memory->arena, n, sizeof *columns);
    const void **buffers = skuai_arena_take_zero(b->memory->arena, 1, sizeof *buffers);
    if (!children || !columns || !buffers) return false;
    for (size_t c = 0; c < n; c++) {
        if (!put_column(b, c, n, &columns[c])) return false;
        children[c] = &columns[c];
    }
    *out = (struct ArrowArray){.length = (int64_t)b->rows,
                               .n_buffers = 1,
                               .n_children = (int64_t)n,
                               .buffers = buffers,
                               .children = children,
                               .release = release_array,
                               .private_data = b->memory};
    return true;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    producer *p = stream->private_data;
    size_t n = n_columns(p), left = p->live.forecast->n_series - p->next;
    *out = (struct ArrowArray){0}; /* released: the end */
    if (left == 0) return 0;
    batch b = {.from = p, .first = p->next};
    b.n_series = left < SERIES_A_BATCH ? left : SERIES_A_BATCH;
    b.rows = b.n_series * p->live.forecast->horizon;
    b.memory = shared_new(n + 1);
    if (!b.memory || !fill_batch(&b, n, out)) {
        p->error = "out of memory for a batch of forecasts";
        if (b.memory) {
            atomic_store(&b.memory->users, 1);
            let_go(b.memory);
        }
        return ENOMEM;
    }
    p->next += b.n_series;
    return 0;
}

/* -- The stream -------------------------------------------------------------------------------- */

static const char *get_last_error(struct ArrowArrayStream *stream) {
    return ((const producer *)stream->private_data)->error;
}

static void producer_free(producer *p) {
    if (!p) return;
    skuai_live_clear(&p->live);
    skuai_free(p->item);
    skuai_free(p->channel);
    skuai_free(p->order);
    skuai_free(p);
}

static void release_stream(struct ArrowArrayStream *stream) {
    producer_free(stream->private_data);
    stream->private_data = NULL;
    stream->release = NULL;
}

static bool before(const producer *p, size_t a, size_t b) {
    int order = strcmp(p->item[a], p->item[b]);
    return order < 0 || (order == 0 && strcmp(p->channel[a], p->channel[b]) < 0);
}

/* Merge sort of order [n] by item and channel; nearly sorted already. */
static void sort_series(const producer *p, size_t *order, size_t *scratch, size_t n) {
    if (n < 2) return;
    size_t half = n / 2, i = 0, j = half, k = 0;
    sort_series(p, order, scratch, half);
    sort_series(p, order + half, scratch, n - half);
    if (!before(p, order[half], order[half - 1])) return;
    memcpy(scratch, order, n * sizeof *order);
    while (k < n)
        order[k++] = j == n || (i < half && !before(p, scratch[j], scratch[i])) ? scratch[i++]
                                                                                : scratch[j++];
}

skua_status skuai_arrow_forecast(skuai_live *live, struct ArrowArrayStream *stream,
                                 skua_error *err) {
    size_t S = live->forecast->n_series;
    producer *p = skuai_zero(1, sizeof *p);
    size_t *scratch = skuai_new(S ? S : 1, sizeof *scratch);
    if (p) {
        p->item = skuai_new(S ? S : 1, sizeof *p->item);
        p->channel = skuai_new(S ? S : 1, sizeof *p->channel);
        p->order = skuai_new(S ? S : 1, sizeof *p->order);
    }
    if (!p || !scratch || !p->item || !p->channel || !p->order) {
        skuai_free(scratch);
        producer_free(p);
        return skuai_error_memory(err, "a stream of forecasts");
    }
    for (size_t s = 0; s < S; s++) {
        p->item[s] = skuai_series_text(live->panel, s, "item", skuai_panel_name(live->panel, s));
        p->channel[s] = skuai_series_text(live->panel, s, "channel", "");
        p->order[s] = s;
    }
    sort_series(p, p->order, scratch, S);
    skuai_free(scratch);
    p->live = *live;
    *live = (skuai_live){0};
    *stream = (struct ArrowArrayStream){.get_schema = get_schema,
                                        .get_next = get_next,
                                        .get_last_error = get_last_error,
                                        .release = release_stream,
                                        .private_data = p};
    return SKUA_OK;
}
