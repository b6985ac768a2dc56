#include "encode/subword_feature.h"

#include "encode/unicode_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MOST = 64, GRAM_LEAST = 2, GRAM_MOST = 5, DENSE_GRAM_MOST = 3 };

/* How much an n-gram of 1, 2, 3 characters of a script without spaces weighs: a pair is about a
 * word. */
static const float dense_weight[DENSE_GRAM_MOST] = {0.5F, 1.0F, 0.7F};

typedef struct list {
    skuai_subword_feature *items; /* [SKUAI_SUBWORD_FEATURES_MOST] */
    size_t count;
} list;

static uint64_t hash_bytes(uint64_t h, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    return h;
}

/* kind keeps whole words apart from n-grams of the same letters. */
static void put(list *out, char kind, const char *text, size_t n, float weight) {
    uint64_t h = hash_bytes(hash_bytes(0xCBF29CE484222325u, &kind, 1), text, n);
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15u;
    if (out->count == SKUAI_SUBWORD_FEATURES_MOST) return;
    out->items[out->count++] = (skuai_subword_feature){
        .bucket = (uint32_t)(h >> 44) & (SKUAI_SUBWORD_BUCKETS - 1), .weight = weight};
}

/* Scripts written without spaces: ideographs, kana, Thai, Lao, Khmer, Burmese. */
static bool is_dense(uint32_t c) {
    return skuai_character_is_ideograph(c) || (c >= 0x3040 && c <= 0x30FF) ||
           (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) ||
           (c >= 0x1780 && c <= 0x17FF);
}

static bool is_word(uint32_t c) {
    return skuai_character_is_letter(c) || skuai_character_is_number(c) ||
           skuai_character_is_mark(c);
}

/* A word between marks: at[i] is where character i begins, at[count] the end. */
typedef struct word {
    char text[4 * WORD_MOST + 2];
    size_t at[WORD_MOST + 3], count;
} word;

static void word_features(const word *w, list *out) {
    size_t grams = 0;
    for (size_t k = GRAM_LEAST; k <= GRAM_MOST && k < w->count; k++)
        grams += w->count - k + 1;
    put(out, 'w', w->text, w->at[w->count], 1);
    float weight = grams > 0 ? 1 / sqrtf((float)grams) : 0;
    for (size_t k = GRAM_LEAST; k <= GRAM_MOST && k < w->count; k++)
        for (size_t i = 0; i + k <= w->count; i++)
            put(out, 'g', w->text + w->at[i], w->at[i + k] - w->at[i], weight);
}

/* The word at text[from .. to), in pieces of WORD_MOST characters when it is longer. */
static void cut_word(const char *text, size_t from, size_t to, list *out) {
    while (from < to) {
        word w = {.text = "<", .at = {0}, .count = 1};
        size_t n = 1;
        while (from < to && w.count <= WORD_MOST) {
            uint32_t c;
            size_t k = skuai_utf8_character(text + from, &c);
            w.at[w.count++] = n;
            memcpy(w.text + n, text + from, k);
            n += k;
            from += k;
        }
        w.at[w.count++] = n;
        w.text[n++] = '>';
        w.at[w.count] = n;
        word_features(&w, out);
    }
}

static void cut_dense(const char *text, size_t from, size_t to, list *out) {
    for (size_t i = from; i < to;) {
        uint32_t c;
        size_t end = i, first = skuai_utf8_character(text + i, &c);
        for (size_t k = 0; k < DENSE_GRAM_MOST && end < to; k++) {
            end += skuai_utf8_character(text + end, &c);
            put(out, 'd', text + i, end - i, dense_weight[k]);
        }
        i += first;
    }
}

static void cut_text(const char *text, size_t n, list *out) {
    enum { NOTHING, WORD, DENSE } now = NOTHING;
    size_t from = 0, i = 0;
    while (i <= n) {
        uint32_t c = ' ';
        size_t k = i < n ? skuai_utf8_character(text + i, &c) : 1;
        int next = is_dense(c) ? DENSE : is_word(c) ? WORD : NOTHING;
        if (next != (int)now) {
            if (now == WORD) cut_word(text, from, i, out);
            if (now == DENSE) cut_dense(text, from, i, out);
            from = i;
            now = next == DENSE ? DENSE : next == WORD ? WORD : NOTHING;
        }
        i += k;
    }
}

static int by_bucket(const void *a, const void *b) {
    uint32_t x = ((const skuai_subword_feature *)a)->bucket;
    uint32_t y = ((const skuai_subword_feature *)b)->bucket;
    return x < y ? -1 : x > y;
}

/* Join equal buckets; what a text repeats counts by the logarithm. */
static size_t join(skuai_subword_feature *items, size_t count) {
    size_t kept = 0;
    if (count > 1) qsort(items, count, sizeof *items, by_bucket);
    for (size_t i = 0; i < count;) {
        size_t from = i;
        float most = 0;
        for (; i < count && items[i].bucket == items[from].bucket; i++)
            if (items[i].weight > most) most = items[i].weight;
        items[kept++] =
            (skuai_subword_feature){items[from].bucket, most * (1 + logf((float)(i - from)))};
    }
    return kept;
}

skua_status skuai_subword_features(const char *text, size_t n, skuai_arena *arena,
                                   skuai_subword_feature **features, size_t *count,
                                   skua_error *err) {
    skuai_text_builder normal = {.arena = arena}, low = {.arena = arena};
    list out = {0};
    if (n > SKUAI_SUBWORD_BYTES_MOST) n = SKUAI_SUBWORD_BYTES_MOST;
    SKUA_TRY(skuai_utf8_repair(text, n, arena, &text, &n, err));
    SKUA_TRY(skuai_unicode_normal(SKUAI_NORMAL_NFKC, text, n, &normal, err));
    for (size_t i = 0; i < normal.n;) {
        uint32_t c;
        i += skuai_utf8_character(normal.data + i, &c);
        skuai_character_lower(c, &low);
    }
    out.items = skuai_arena_take(arena, SKUAI_SUBWORD_FEATURES_MOST, sizeof *out.items);
    if (normal.failed || low.failed || !out.items) return skuai_error_memory(err, "a text");
    if (low.n > 0) cut_text(low.data, low.n, &out);
    *features = out.items;
    *count = join(out.items, out.count);
    return SKUA_OK;
}
