/* byte_pair.c -- byte-pair encoding [Sennrich et al. 2016]: the merge of lowest rank first, the
 * leftmost of equal ones, by a heap over neighbours, so that a word of n symbols takes n log n. */
#include "encode/token_model_kind.h"
#include "encode/unicode_text.h"

#include <string.h>

/* -- Reading ---------------------------------------------------------------------------------- */

/* The two sides of a merge: "left right", or ["left", "right"]. */
static bool merge_sides(const skuai_json *json, const char **left, size_t *left_n,
                        const char **right, size_t *right_n) {
    if (skuai_json_is_array(json)) {
        *left = skuai_json_as_text(skuai_json_at(json, 0), NULL);
        *right = skuai_json_as_text(skuai_json_at(json, 1), NULL);
        if (!*left || !*right || skuai_json_size(json) != 2) return false;
        *left_n = strlen(*left);
        *right_n = strlen(*right);
        return true;
    }
    *left = skuai_json_as_text(json, NULL);
    const char *space = *left ? strchr(*left, ' ') : NULL;
    if (!space || strchr(space + 1, ' ')) return false;
    *left_n = (size_t)(space - *left);
    *right = space + 1;
    *right_n = strlen(space + 1);
    return true;
}

static skua_status read_merge(skuai_token_model *model, const skuai_json *json, size_t rank,
                              skuai_buffer *joined, skua_error *err) {
    const char *left, *right;
    size_t left_n, right_n, prefix = strlen(model->prefix);
    if (!merge_sides(json, &left, &left_n, &right, &right_n))
        return skuai_error_set(err, SKUA_EDATA, "model: merge %zu is not two tokens", rank);
    size_t skip =
        prefix > 0 && right_n >= prefix && memcmp(right, model->prefix, prefix) == 0 ? prefix : 0;
    skuai_buffer_reset(joined);
    (void)skuai_buffer_add(joined, left, left_n);
    (void)skuai_buffer_add(joined, right + skip, right_n - skip);
    SKUA_TRY(skuai_buffer_check(joined, err));
    int32_t a = skuai_token_trie_find(&model->vocabulary, left, left_n);
    int32_t b = skuai_token_trie_find(&model->vocabulary, right, right_n);
    int32_t ab = skuai_token_trie_find(&model->vocabulary, skuai_buffer_view(joined), joined->size);
    if (a < 0 || b < 0 || ab < 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "model: merge %zu ('%.40s' and '%.40s') is not in the vocabulary",
                               rank, left, right);
    if (!skuai_key_map_put(&model->merges, (uint64_t)a << 32 | (uint32_t)b,
                           (uint64_t)rank << 32 | (uint32_t)ab))
        return skuai_error_memory(err, "a vocabulary");
    return SKUA_OK;
}

skua_status skuai_byte_pair_read(skuai_token_model *model, const skuai_json *merges,
                                 skua_error *err) {
    skuai_buffer joined;
    skua_status status = SKUA_OK;
    size_t n = skuai_json_size(merges);
    if (!skuai_json_is_array(merges) || n > INT32_MAX)
        return skuai_error_set(err, SKUA_EDATA, "model: no merges");
    skuai_buffer_init(&joined, 1 << 20);
    for (size_t i = 0; status == SKUA_OK && i < n; i++)
        status = read_merge(model, skuai_json_at(merges, i), i, &joined, err);
    skuai_buffer_clear(&joined);
    return status;
}

/* -- Symbols ---------------------------------------------------------------------------------- */

enum { NONE = -1 };

typedef struct symbol {
    int32_t id;         /* NONE: merged into the one before */
    int32_t prev, next; /* neighbours, NONE at the ends */
} symbol;

typedef struct word {
    const skuai_token_model *model;
    symbol *symbols;
    size_t count;
    int32_t unknown; /* a pending unknown token, NONE: none */
} word;

static void symbol_add(word *w, int32_t id) {
    int32_t at = (int32_t)w->count;
    w->symbols[w->count++] = (symbol){.id = id, .prev = at - 1, .next = at + 1};
}

/* Number of a character with the prefix or suffix that its place asks for. */
static int32_t character_id(const skuai_token_model *model, const char *text, size_t n, bool first,
                            bool last) {
    const skuai_token_trie *trie = &model->vocabulary;
    uint32_t node = 0;
    if (!first && model->prefix[0]) {
        node = skuai_token_trie_walk(trie, 0, model->prefix, strlen(model->prefix));
        if (node == 0) return NONE;
    }
    node = skuai_token_trie_walk(trie, node, text, n);
    if (node != 0 && last && model->suffix[0])
        node = skuai_token_trie_walk(trie, node, model->suffix, strlen(model->suffix));
    return node ? trie->ids[node] : NONE;
}

static void character_add(word *w, const char *text, size_t n, bool first, bool last) {
    const skuai_token_model *model = w->model;
    int32_t id = character_id(model, text, n, first, last);
    if (id >= 0) {
        if (w->unknown >= 0) symbol_add(w, w->unknown);
        w->unknown = NONE;
        symbol_add(w, id);
        return;
    }
    bool bytes = model->byte_fallback;
    for (size_t i = 0; bytes && i < n; i++)
        bytes = model->bytes[(unsigned char)text[i]] >= 0;
    for (size_t i = 0; bytes && i < n; i++)
        symbol_add(w, model->bytes[(unsigned char)text[i]]);
    if (bytes || model->unknown < 0) return;
    if (w->unknown >= 0 && !model->fuse_unknown) symbol_add(w, w->unknown);
    w->unknown = model->unknown;
}

/* -- Merging ---------------------------------------------------------------------------------- */

typedef struct merge {
    uint64_t order; /* rank << 32 | place: the least goes first */
    int32_t id;
} merge;

typedef struct heap {
    merge *items;
    size_t count;
} heap;

static void heap_push(heap *h, merge item) {
    size_t i = h->count++;
    for (; i > 0 && item.order < h->items[(i - 1) / 2].order; i = (i - 1) / 2)
        h->items[i] = h->items[(i - 1) / 2];
    h->items[i] = item;
}

static merge heap_pop(heap *h) {
    merge top = h->items[0], last = h->items[--h->count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->count; i = child) {
        if (child + 1 < h->count && h->items[child + 1].order < h->items[child].order) child++;
        if (last.order <= h->items[child].order) break;
        h->items[i] = h->items[child];
    }
    h->items[i] = last;
    return top;
}

static uint64_t find_merge(const skuai_token_model *model, int32_t left, int32_t right) {
    return skuai_key_map_get(&model->merges, (uint64_t)left << 32 | (uint32_t)right, UINT64_MAX);
}

static void offer(const word *w, heap *h, int32_t at) {
    if (at == NONE || w->symbols[at].next == NONE) return;
    uint64_t found = find_merge(w->model, w->symbols[at].id, w->symbols[w->symbols[at].next].id);
    if (found == UINT64_MAX) return;
    heap_push(h,
              (merge){.order = (found >> 32) << 32 | (uint32_t)at, .id = (int32_t)(uint32_t)found});
}

static void merge_all(word *w, heap *h) {
    symbol *s = w->symbols;
    for (size_t i = 0; i + 1 < w->count; i++)
        offer(w, h, (int32_t)i);
    while (h->count > 0) {
        merge top = heap_pop(h);
        int32_t at = (int32_t)(uint32_t)top.order, next = s[at].next;
        if (s[at].id == NONE || next == NONE) continue;
        uint64_t now = find_merge(w->model, s[at].id, s[next].id);
        if (now == UINT64_MAX || (int32_t)(uint32_t)now != top.id) continue; /* out of date */
        s[at].id = top.id;
        s[at].next = s[next].next;
        s[next].id = NONE;
        if (s[at].next != NONE) s[s[at].next].prev = at;
        offer(w, h, s[at].prev);
        offer(w, h, at);
    }
}

skua_status skuai_byte_pair_apply(const skuai_token_model *model, const char *text, size_t n,
                                  skuai_token_ids *ids, skua_error *err) {
    if (model->ignore_merges) {
        int32_t whole = skuai_token_trie_find(&model->vocabulary, text, n);
        if (whole >= 0) {
            skuai_token_ids_add(ids, whole);
            return SKUA_OK;
        }
    }
    if (n > INT32_MAX / 4) return skuai_error_set(err, SKUA_ELIMIT, "a word of %zu bytes", n);
    /* each merge takes one symbol away and offers two pairs at most */
    word w = {.model = model, .unknown = NONE};
    heap h = {0};
    w.symbols = skuai_arena_take(ids->arena, n + 1, sizeof *w.symbols);
    h.items = skuai_arena_take(ids->arena, 3 * n + 1, sizeof *h.items);
    if (!w.symbols || !h.items) return skuai_error_memory(err, "a text");
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t k = skuai_utf8_character(text + i, &c);
        character_add(&w, text + i, k, i == 0, i + k == n);
        i += k;
    }
    if (w.unknown >= 0) symbol_add(&w, w.unknown);
    if (w.count == 0) return SKUA_OK;
    w.symbols[w.count - 1].next = NONE;
    merge_all(&w, &h);
    for (int32_t at = 0; at != NONE; at = w.symbols[at].next)
        skuai_token_ids_add(ids, w.symbols[at].id);
    return SKUA_OK;
}
