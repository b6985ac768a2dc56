#include "core/random.h"
#include "encode/subword_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct skuai_subword_learner {
    skuai_subword_options options;
    const skuai_context *context;
    skuai_random random;
    uint32_t *frequency; /* [SKUAI_SUBWORD_BUCKETS] texts that have it */
    size_t texts;        /* seen */
    char **sample;       /* [kept] owned copies */
    size_t *sizes;       /* [kept] */
    size_t kept, capacity;
};

void skuai_subword_learner_free(skuai_subword_learner *learner) {
    if (!learner) return;
    for (size_t i = 0; i < learner->kept; i++)
        skuai_free(learner->sample[i]);
    skuai_free(learner->sample);
    skuai_free(learner->sizes);
    skuai_free(learner->frequency);
    skuai_free(learner);
}

skuai_subword_learner *skuai_subword_learner_new(const skuai_subword_options *options,
                                                 const skuai_context *context) {
    skuai_subword_learner *learner = skuai_zero(1, sizeof *learner);
    if (!learner) return NULL;
    learner->options = options ? *options : SKUAI_SUBWORD_DEFAULT;
    learner->context = context;
    skuai_random_init(&learner->random, context ? context->seed : 1);
    learner->frequency = skuai_zero(SKUAI_SUBWORD_BUCKETS, sizeof *learner->frequency);
    if (!learner->frequency) {
        skuai_subword_learner_free(learner);
        return NULL;
    }
    return learner;
}

/* -- Counting --------------------------------------------------------------------------------- */

static skua_status keep(skuai_subword_learner *l, const char *text, size_t n, skua_error *err) {
    size_t place = l->kept;
    if (n > SKUAI_SUBWORD_BYTES_MOST) n = SKUAI_SUBWORD_BYTES_MOST;
    if (l->kept == l->options.sample) { /* reservoir sampling: all texts have the same chance */
        place = skuai_random_index(&l->random, l->texts + 1);
        if (place >= l->kept) return SKUA_OK;
    } else if (l->kept == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 1024;
        char **sample = skuai_resize(l->sample, capacity, sizeof *sample);
        if (sample) l->sample = sample;
        size_t *sizes = skuai_resize(l->sizes, capacity, sizeof *sizes);
        if (sizes) l->sizes = sizes;
        if (!sample || !sizes) return skuai_error_memory(err, "a sample of texts");
        l->capacity = capacity;
    }
    char *copy = skuai_text_copy_n(text, n);
    if (!copy) return skuai_error_memory(err, "a sample of texts");
    if (place == l->kept)
        l->kept++;
    else
        skuai_free(l->sample[place]);
    l->sample[place] = copy;
    l->sizes[place] = n;
    return SKUA_OK;
}

typedef struct batch {
    const char *const *texts;
    const size_t *sizes;
    size_t n;
    skuai_arena **arenas;             /* [n] one a text */
    skuai_subword_feature **features; /* [n] */
    size_t *counts;                   /* [n] */
} batch;

static skua_status batch_one(void *argument, size_t i, int worker, skua_error *err) {
    batch *b = argument;
    (void)worker;
    return skuai_subword_features(b->texts[i], b->sizes[i], b->arenas[i], &b->features[i],
                                  &b->counts[i], err);
}

enum { BATCH = 256 };

skua_status skuai_subword_learner_add(skuai_subword_learner *l, const char *const *texts,
                                      const size_t *sizes, size_t n, skua_error *err) {
    skuai_arena *arenas[BATCH] = {0};
    skuai_subword_feature *features[BATCH] = {0};
    size_t counts[BATCH] = {0};
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < BATCH && i < n; i++)
        if (!(arenas[i] = skuai_arena_new(0))) status = skuai_error_memory(err, "texts");
    for (size_t from = 0; status == SKUA_OK && from < n; from += BATCH) {
        batch b = {texts + from, sizes + from, n - from < BATCH ? n - from : BATCH,
                   arenas,       features,     counts};
        for (size_t i = 0; i < b.n; i++)
            skuai_arena_clear(arenas[i]);
        status = skuai_parallel_for(l->context, NULL, b.n, batch_one, &b, err);
        for (size_t i = 0; status == SKUA_OK && i < b.n; i++) {
            for (size_t k = 0; k < counts[i]; k++)
                l->frequency[features[i][k].bucket]++;
            status = keep(l, b.texts[i], b.sizes[i], err);
            l->texts++;
        }
        if (status == SKUA_OK) status = skuai_context_check(l->context, err);
    }
    for (size_t i = 0; i < BATCH; i++)
        skuai_arena_free(arenas[i]);
    return status;
}

/* -- Learning --------------------------------------------------------------------------------- */

/* The least frequency of a bucket that is kept, so that no more than `most` are. */
static uint32_t frequency_floor(const uint32_t *frequency, size_t most) {
    enum { LEVELS = 4096 };
    size_t at[LEVELS + 1] = {0}, count = 0;
    for (size_t b = 0; b < SKUAI_SUBWORD_BUCKETS; b++)
        at[frequency[b] < LEVELS ? frequency[b] : LEVELS]++;
    for (uint32_t level = LEVELS; level > 2; level--) {
        count += at[level];
        if (count + at[level - 1] > most) return level;
    }
    return 2;
}

static skua_status choose_features(const skuai_subword_learner *l, skuai_subword **model,
                                   skua_error *err) {
    /* a handful of texts: even what only one has is worth keeping */
    uint32_t least = l->texts < 50 ? 1 : frequency_floor(l->frequency, l->options.features);
    size_t count = 0;
    for (size_t b = 0; b < SKUAI_SUBWORD_BUCKETS; b++)
        count += l->frequency[b] >= least;
    if (count == 0)
        return skuai_error_set(err, SKUA_EDATA, "no words in %zu texts: nothing to learn from",
                               l->texts);
    size_t width = l->options.width;
    if (width > count) width = count;
    if (width > l->kept) width = l->kept;
    SKUA_TRY(skuai_subword_allocate(width, count, model, err));
    skuai_subword *m = *model;
    size_t at = 0;
    for (size_t b = 0; b < SKUAI_SUBWORD_BUCKETS; b++) {
        if (l->frequency[b] < least) continue;
        m->buckets[at] = (uint32_t)b;
        m->idf[at] = (float)(log((1.0 + (double)l->texts) / (1.0 + l->frequency[b])) + 1);
        m->place[b] = (int32_t)at++;
    }
    return SKUA_OK;
}

/* Known features of a text, weighted and scaled to length 1: columns [*count], values [*count] in
 * the arena. */
static skua_status weigh(const skuai_subword *m, const char *text, size_t n, skuai_arena *arena,
                         uint32_t **columns, float **values, size_t *count, skua_error *err) {
    skuai_subword_feature *features;
    size_t found, kept = 0;
    double squares = 0;
    SKUA_TRY(skuai_subword_features(text, n, arena, &features, &found, err));
    uint32_t *c = skuai_arena_take(arena, found, sizeof *c);
    float *v = skuai_arena_take(arena, found, sizeof *v);
    if (!c || !v) return skuai_error_memory(err, "a text");
    for (size_t i = 0; i < found; i++) {
        int32_t at = m->place[features[i].bucket];
        if (at < 0) continue;
        c[kept] = (uint32_t)at;
        v[kept] = features[i].weight * m->idf[at];
        squares += (double)v[kept] * (double)v[kept];
        kept++;
    }
    float scale = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
    for (size_t i = 0; i < kept; i++)
        v[i] *= scale;
    *columns = c;
    *values = v;
    *count = kept;
    return SKUA_OK;
}

static skua_status sparse_reserve(skuai_sparse *s, size_t *capacity, size_t count,
                                  skua_error *err) {
    if (count <= *capacity) return SKUA_OK;
    size_t more = *capacity ? 2 * *capacity : 1 << 16;
    while (more < count)
        more *= 2;
    uint32_t *columns = skuai_resize(s->row_column, more, sizeof *columns);
    if (columns) s->row_column = columns;
    float *values = skuai_resize(s->row_value, more, sizeof *values);
    if (values) s->row_value = values;
    if (!columns || !values) return skuai_error_memory(err, "the texts' matrix");
    *capacity = more;
    return SKUA_OK;
}

static skua_status sample_matrix(const skuai_subword_learner *l, const skuai_subword *m,
                                 skuai_sparse *s, skua_error *err) {
    size_t capacity = 0;
    skua_status status = SKUA_OK;
    skuai_arena *arena = skuai_arena_new(0);
    s->rows = l->kept;
    s->columns = m->features;
    s->row_from = skuai_zero(s->rows + 1, sizeof *s->row_from);
    if (!arena || !s->row_from) status = skuai_error_memory(err, "the texts' matrix");
    for (size_t r = 0; status == SKUA_OK && r < s->rows; r++) {
        uint32_t *columns;
        float *values;
        size_t count = 0;
        skuai_arena_clear(arena);
        status = weigh(m, l->sample[r], l->sizes[r], arena, &columns, &values, &count, err);
        if (status == SKUA_OK) status = sparse_reserve(s, &capacity, s->count + count, err);
        if (status != SKUA_OK) break;
        if (count) {
            memcpy(s->row_column + s->count, columns, count * sizeof *columns);
            memcpy(s->row_value + s->count, values, count * sizeof *values);
        }
        s->count += count;
        s->row_from[r + 1] = s->count;
    }
    skuai_arena_free(arena);
    return status == SKUA_OK ? skuai_sparse_transpose(s, err) : status;
}

/* A text's projection on direction i is about values[i] * u_i: times value^(power - 1). */
static void flatten(skuai_subword *m, const double *values, double power) {
    for (size_t j = 0; j < m->width; j++) {
        bool strong = values[j] > 1e-6 * values[0];
        float scale = strong ? (float)pow(values[j] / values[0], power - 1) : 0;
        for (size_t f = 0; f < m->features; f++)
            m->directions[f * m->width + j] *= scale;
    }
}

skua_status skuai_subword_learner_finish(skuai_subword_learner *l, skuai_subword **model,
                                         skua_error *err) {
    enum { WIDTH_MOST = 512 };
    skuai_subword *m = NULL;
    skuai_sparse sparse = {0};
    double values[WIDTH_MOST];
    if (l->options.width < 1 || l->options.width > WIDTH_MOST || l->options.passes < 1 ||
        l->options.sample < 1 || !(l->options.power >= 0 && l->options.power <= 1))
        return skuai_error_set(err, SKUA_EINVAL, "sub-word vectors: an option is out of range");
    SKUA_TRY(choose_features(l, &m, err));
    skua_status status = sample_matrix(l, m, &sparse, err);
    if (status == SKUA_OK)
        status = skuai_sparse_directions(&sparse, m->width, l->options.passes, l->context,
                                         m->directions, values, err);
    skuai_sparse_clear(&sparse);
    if (status != SKUA_OK) {
        skuai_subword_free(m);
        return status;
    }
    flatten(m, values, l->options.power);
    *model = m;
    return SKUA_OK;
}

/* -- Encoding --------------------------------------------------------------------------------- */

size_t skuai_subword_width(const skuai_subword *model) {
    return model->width;
}

skua_status skuai_subword_encode(const skuai_subword *m, const char *text, size_t n,
                                 skuai_arena *arena, float *vector, skua_error *err) {
    uint32_t *columns;
    float *values;
    size_t count;
    double squares = 0;
    SKUA_TRY(weigh(m, text, n, arena, &columns, &values, &count, err));
    for (size_t j = 0; j < m->width; j++)
        vector[j] = 0;
    for (size_t i = 0; i < count; i++) {
        const float *direction = m->directions + (size_t)columns[i] * m->width;
        for (size_t j = 0; j < m->width; j++)
            vector[j] += values[i] * direction[j];
    }
    for (size_t j = 0; j < m->width; j++)
        squares += (double)vector[j] * (double)vector[j];
    float scale = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
    for (size_t j = 0; j < m->width; j++)
        vector[j] *= scale;
    return SKUA_OK;
}

enum { ENCODE_CHUNK = 64 };

typedef struct encode_run {
    const skuai_subword *model;
    const char *const *texts;
    const size_t *sizes;
    size_t n;
    float *vectors;
} encode_run;

static skua_status encode_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    const encode_run *run = argument;
    size_t width = run->model->width, end = (chunk + 1) * ENCODE_CHUNK;
    skuai_arena *arena = skuai_arena_new(0);
    skua_status status = arena ? SKUA_OK : skuai_error_memory(err, "texts");
    (void)worker;
    if (end > run->n) end = run->n;
    for (size_t i = chunk * ENCODE_CHUNK; status == SKUA_OK && i < end; i++) {
        skuai_arena_clear(arena);
        status = skuai_subword_encode(run->model, run->texts[i], run->sizes[i], arena,
                                      run->vectors + i * width, err);
    }
    skuai_arena_free(arena);
    return status;
}

skua_status skuai_subword_encode_all(const skuai_subword *model, const skuai_context *context,
                                     const char *const *texts, const size_t *sizes, size_t n,
                                     float *vectors, skua_error *err) {
    encode_run run = {model, texts, sizes, n, vectors};
    return skuai_parallel_for(context, "vectors of texts", (n + ENCODE_CHUNK - 1) / ENCODE_CHUNK,
                              encode_chunk, &run, err);
}
