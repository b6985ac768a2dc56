#include "encode/tag.h"

#include "core/random.h"
#include "encode/unicode_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- Spherical k-means ------------------------------------------------------------------------ */

enum { ROUNDS = 30, CHUNK = 256 };

typedef struct clustering {
    const float *x; /* [n, w] */
    size_t n, w, k;
    float *centres;             /* [k, w] of length 1 */
    float *near;                /* [n] product with the nearest centre */
    uint32_t *cluster_of;       /* [n] */
    const unsigned char *known; /* [n] */
    size_t first;               /* centres from there on are new */
} clustering;

static float product(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Nearest of the centres first .. k-1, among what was known of those before. */
static skua_status assign_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    const clustering *c = argument;
    size_t end = (chunk + 1) * CHUNK < c->n ? (chunk + 1) * CHUNK : c->n;
    (void)worker;
    (void)err;
    for (size_t i = chunk * CHUNK; i < end; i++) {
        if (!c->known[i]) continue;
        if (c->first == 0) c->near[i] = -2;
        for (size_t k = c->first; k < c->k; k++) {
            float s = product(c->x + i * c->w, c->centres + k * c->w, c->w);
            if (s > c->near[i]) c->near[i] = s, c->cluster_of[i] = (uint32_t)k;
        }
    }
    return SKUA_OK;
}

static skua_status assign(clustering *c, const skuai_context *context, skua_error *err) {
    return skuai_parallel_for(context, NULL, (c->n + CHUNK - 1) / CHUNK, assign_chunk, c, err);
}

/* k-means++ (Arthur & Vassilvitskii 2007): the next centre with probability 1 - product. */
static skua_status start(clustering *c, size_t wanted, const skuai_context *context,
                         skua_error *err) {
    skuai_random random;
    skuai_random_init(&random, context ? context->seed : 1);
    for (size_t i = 0; i < c->n; i++)
        c->near[i] = -1; /* the first is drawn evenly */
    for (c->k = 0; c->k < wanted;) {
        double total = 0;
        for (size_t i = 0; i < c->n; i++)
            if (c->known[i] && c->near[i] < 1 - 1e-6F) total += 1 - (double)c->near[i];
        double at = skuai_random_uniform(&random) * total;
        size_t chosen = SIZE_MAX;
        for (size_t i = 0; i < c->n && at >= 0; i++)
            if (c->known[i] && c->near[i] < 1 - 1e-6F) at -= 1 - (double)c->near[i], chosen = i;
        if (chosen == SIZE_MAX) break; /* all vectors are centres */
        memcpy(c->centres + c->k * c->w, c->x + chosen * c->w, c->w * sizeof *c->centres);
        c->first = c->k++;
        if (c->first == 0)
            for (size_t i = 0; i < c->n; i++)
                c->near[i] = -2;
        SKUA_TRY(assign(c, context, err));
    }
    c->first = 0;
    return SKUA_OK;
}

static void move_centres(clustering *c, double *sums) {
    memset(sums, 0, c->k * c->w * sizeof *sums);
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; c->known[i] && j < c->w; j++)
            sums[c->cluster_of[i] * c->w + j] += (double)c->x[i * c->w + j];
    for (size_t k = 0; k < c->k; k++) {
        double squares = 0;
        for (size_t j = 0; j < c->w; j++)
            squares += sums[k * c->w + j] * sums[k * c->w + j];
        if (!(squares > 1e-12)) continue; /* an empty cluster keeps its centre */
        for (size_t j = 0; j < c->w; j++)
            c->centres[k * c->w + j] = (float)(sums[k * c->w + j] / sqrt(squares));
    }
}

static skua_status run(clustering *c, size_t wanted, const skuai_context *context, double *sums,
                       skua_error *err) {
    double before = -INFINITY;
    SKUA_TRY(start(c, wanted, context, err));
    for (int round = 0; round < ROUNDS && c->k > 0; round++) {
        move_centres(c, sums);
        SKUA_TRY(assign(c, context, err));
        double total = 0;
        for (size_t i = 0; i < c->n; i++)
            if (c->known[i]) total += (double)c->near[i];
        if (!(total > before + 1e-6 * (double)c->n)) break;
        before = total;
    }
    return SKUA_OK;
}

skua_status skuai_tag_clusters(const float *vectors, size_t n, size_t width, size_t k,
                               const skuai_context *context, uint32_t *cluster_of,
                               skua_error *err) {
    float *x = skuai_new(n * width, sizeof *x), *centres = skuai_new(k * width, sizeof *centres),
          *near = skuai_new(n, sizeof *near);
    unsigned char *known = skuai_zero(n, 1);
    double *sums = skuai_new(k * width, sizeof *sums);
    clustering c = {.x = x,
                    .n = n,
                    .w = width,
                    .centres = centres,
                    .near = near,
                    .cluster_of = cluster_of,
                    .known = known};
    skua_status status =
        x && centres && near && known && sums ? SKUA_OK : skuai_error_memory(err, "clusters");
    for (size_t i = 0; status == SKUA_OK && i < n; i++) {
        double length = sqrt((double)product(vectors + i * width, vectors + i * width, width));
        cluster_of[i] = SKUAI_TAG_NONE;
        known[i] = length > 1e-12 && isfinite(length);
        for (size_t j = 0; known[i] && j < width; j++)
            x[i * width + j] = (float)((double)vectors[i * width + j] / length);
    }
    if (status == SKUA_OK) status = run(&c, k, context, sums, err);
    skuai_free(x);
    skuai_free(centres);
    skuai_free(near);
    skuai_free(known);
    skuai_free(sums);
    return status;
}

/* -- Names ------------------------------------------------------------------------------------ */

enum { NAME_WORDS = 3, WORD_LEAST = 3, WORD_BYTES = 64 };

/* A word in a text of a cluster; sorted, equal ones lie together. */
typedef struct occurrence {
    const char *word;
    uint32_t cluster;
} occurrence;

typedef struct occurrences {
    occurrence *items;
    size_t n, room;
    skuai_arena *arena;
} occurrences;

static bool add_word(occurrences *o, const char *word, size_t n, uint32_t cluster) {
    if (o->n == o->room) {
        size_t room = o->room ? 2 * o->room : 4096;
        occurrence *items = skuai_resize(o->items, room, sizeof *items);
        if (!items) return false;
        o->items = items;
        o->room = room;
    }
    const char *kept = skuai_arena_text(o->arena, word, n);
    if (!kept) return false;
    o->items[o->n++] = (occurrence){kept, cluster};
    return true;
}

static bool is_dense(uint32_t c) { /* scripts written without spaces */
    return skuai_character_is_ideograph(c) || (c >= 0x3040 && c <= 0x30FF) ||
           (c >= 0x0E00 && c <= 0x0EFF);
}

/* The words of a text (lower case, valid UTF-8). */
static bool add_words(occurrences *o, const char *text, size_t n, uint32_t cluster) {
    size_t from = 0, characters = 0, before = 0; /* before: bytes of a dense character before */
    bool letters = false;
    for (size_t at = 0; at <= n;) {
        uint32_t c = 0;
        size_t bytes = at < n ? skuai_utf8_character(text + at, &c) : 1;
        bool dense = at < n && is_dense(c);
        bool word = at < n && !dense &&
                    (skuai_character_is_letter(c) || skuai_character_is_number(c) ||
                     skuai_character_is_mark(c));
        if (!word) {
            if (characters >= WORD_LEAST && letters && at - from <= WORD_BYTES &&
                !add_word(o, text + from, at - from, cluster))
                return false;
            from = at + bytes;
            characters = 0;
            letters = false;
        } else {
            characters++;
            letters = letters || skuai_character_is_letter(c);
        }
        if (dense && before && !add_word(o, text + at - before, before + bytes, cluster))
            return false;
        before = dense ? bytes : 0;
        at += bytes;
    }
    return true;
}

static skua_status gather(occurrences *o, const char *const *texts, const size_t *sizes,
                          const uint32_t *cluster_of, size_t n, skua_error *err) {
    skuai_arena *scratch = skuai_arena_new(0);
    skua_status status = scratch ? SKUA_OK : skuai_error_memory(err, "names of clusters");
    for (size_t i = 0; status == SKUA_OK && i < n; i++) {
        if (cluster_of[i] == SKUAI_TAG_NONE) continue;
        const char *valid;
        size_t valid_n;
        skuai_arena_clear(scratch);
        status = skuai_utf8_repair(texts[i], sizes[i], scratch, &valid, &valid_n, err);
        if (status != SKUA_OK) break;
        skuai_text_builder lower = {.arena = scratch};
        for (size_t at = 0; at < valid_n;) {
            uint32_t c;
            at += skuai_utf8_character(valid + at, &c);
            skuai_character_lower(c, &lower);
        }
        if (lower.failed || !add_words(o, lower.data ? lower.data : "", lower.n, cluster_of[i]))
            status = skuai_error_memory(err, "names of clusters");
    }
    skuai_arena_free(scratch);
    return status;
}

static int by_word(const void *a, const void *b) {
    const occurrence *x = a, *y = b;
    int order = strcmp(x->word, y->word);
    return order ? order : x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

typedef struct best_words {
    const char *words[NAME_WORDS];
    double weights[NAME_WORDS];
} best_words;

static void offer(best_words *b, const char *word, double weight) {
    for (size_t i = 0; i < NAME_WORDS; i++) {
        if (b->words[i] && !(weight > b->weights[i])) continue;
        for (size_t j = NAME_WORDS - 1; j > i; j--) {
            b->words[j] = b->words[j - 1];
            b->weights[j] = b->weights[j - 1];
        }
        b->words[i] = word;
        b->weights[i] = weight;
        return;
    }
}

static skua_status choose(const occurrences *o, size_t k, best_words *best, skua_error *err) {
    double *sizes = skuai_zero(k, sizeof *sizes), filled = 0;
    if (!sizes) return skuai_error_memory(err, "names of clusters");
    for (size_t i = 0; i < o->n; i++)
        filled += sizes[o->items[i].cluster]++ == 0;
    double mean = filled > 0 ? (double)o->n / filled : 0;
    for (size_t i = 0, end; i < o->n; i = end) { /* a word */
        for (end = i; end < o->n && strcmp(o->items[end].word, o->items[i].word) == 0;)
            end++;
        for (size_t j = i, next; j < end; j = next) { /* in a cluster */
            for (next = j; next < end && o->items[next].cluster == o->items[j].cluster;)
                next++;
            double share = (double)(next - j) / sizes[o->items[j].cluster];
            offer(&best[o->items[j].cluster], o->items[j].word,
                  share * log(1 + mean / (double)(end - i)));
        }
    }
    skuai_free(sizes);
    return SKUA_OK;
}

static const char *join(const best_words *b, skuai_arena *arena) {
    char name[NAME_WORDS * (WORD_BYTES + 1) + 1];
    size_t n = 0;
    for (size_t i = 0; i < NAME_WORDS && b->words[i]; i++) {
        size_t bytes = strlen(b->words[i]);
        if (i) name[n++] = ' ';
        memcpy(name + n, b->words[i], bytes);
        n += bytes;
    }
    return skuai_arena_text(arena, name, n);
}

skua_status skuai_tag_names(const char *const *texts, const size_t *sizes,
                            const uint32_t *cluster_of, size_t n, size_t k, skuai_arena *arena,
                            const char **names, skua_error *err) {
    occurrences o = {.arena = skuai_arena_new(1 << 20)};
    best_words *best = skuai_zero(k, sizeof *best);
    skua_status status = o.arena && best ? SKUA_OK : skuai_error_memory(err, "names of clusters");
    if (status == SKUA_OK) status = gather(&o, texts, sizes, cluster_of, n, err);
    if (status == SKUA_OK) {
        if (o.n > 1) qsort(o.items, o.n, sizeof *o.items, by_word);
        status = choose(&o, k, best, err);
    }
    for (size_t c = 0; status == SKUA_OK && c < k; c++)
        if (!(names[c] = join(&best[c], arena))) status = skuai_error_memory(err, "names");
    skuai_free(o.items);
    skuai_free(best);
    skuai_arena_free(o.arena);
    return status;
}
