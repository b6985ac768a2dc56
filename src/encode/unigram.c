/* unigram.c -- the most likely segmentation [Kudo 2018], forward over end positions. */
#include "encode/token_model_kind.h"
#include "encode/unicode_text.h"

#include <string.h>

static const double unknown_penalty = 10; /* SentencePiece's kUnkPenalty */

typedef struct best {
    double score;
    size_t start; /* SIZE_MAX: nothing ends here yet */
    int32_t id;   /* -1: an unknown character */
} best;

static void offer(best *at, double score, size_t start, int32_t id) {
    if (at->start == SIZE_MAX || score > at->score)
        *at = (best){.score = score, .start = start, .id = id};
}

static bool is_unknown(const skuai_token_model *model, const best *token) {
    return token->id < 0 || token->id == model->unknown;
}

static void forward(const skuai_token_model *model, const char *word, size_t n, best *ends) {
    const skuai_token_trie *trie = &model->vocabulary;
    double unknown_score = model->least - unknown_penalty;
    for (size_t i = 0; i < n;) {
        uint32_t c, node = 0;
        size_t bytes = skuai_utf8_character(word + i, &c);
        bool single = false;
        for (size_t j = i; j < n; j++) {
            node = skuai_token_trie_step(trie, node, (unsigned char)word[j]);
            if (node == 0) break;
            int32_t id = trie->ids[node];
            if (id < 0) continue;
            offer(&ends[j + 1], ends[i].score + model->scores[id], i, id);
            single = single || j + 1 - i == bytes;
        }
        if (!single) offer(&ends[i + bytes], ends[i].score + unknown_score, i, -1);
        i += bytes;
    }
}

/* A run of unknown characters: byte tokens, or one unknown token. (The unknown token's own text is
 * in the vocabulary, and stands for itself.) */
static skua_status put_unknown(const skuai_token_model *model, const char *text, size_t n,
                               skuai_token_ids *ids, skua_error *err) {
    int32_t id = skuai_token_trie_find(&model->vocabulary, text, n);
    if (id >= 0) {
        skuai_token_ids_add(ids, id);
        return SKUA_OK;
    }
    if (model->byte_fallback && skuai_token_model_bytes(model, text, n, ids)) return SKUA_OK;
    if (model->unknown < 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "a character is not in the vocabulary, which has no unknown token");
    skuai_token_ids_add(ids, model->unknown);
    return SKUA_OK;
}

skua_status skuai_unigram_apply(const skuai_token_model *model, const char *word, size_t n,
                                skuai_token_ids *ids, skua_error *err) {
    size_t count = 0;
    best *ends = skuai_arena_take(ids->arena, n + 1, sizeof *ends);
    size_t *path = skuai_arena_take(ids->arena, n + 1, sizeof *path);
    if (!ends || !path) return skuai_error_memory(err, "a text");
    for (size_t i = 0; i <= n; i++)
        ends[i] = (best){.start = SIZE_MAX};
    ends[0] = (best){.start = 0};
    forward(model, word, n, ends);
    for (size_t end = n; end > 0; end = ends[end].start)
        path[count++] = end; /* where tokens end, the last first */
    for (size_t k = count; k-- > 0;) {
        const best *token = &ends[path[k]];
        if (!is_unknown(model, token)) {
            skuai_token_ids_add(ids, token->id);
            continue;
        }
        size_t from = token->start, last = k;
        while (last > 0 && is_unknown(model, &ends[path[last - 1]]))
            last--;
        SKUA_TRY(put_unknown(model, word + from, path[last] - from, ids, err));
        k = last;
    }
    return SKUA_OK;
}
