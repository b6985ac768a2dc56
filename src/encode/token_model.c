#include "encode/token_model_kind.h"
#include "encode/unicode_text.h"

#include <math.h>
#include <string.h>

/* -- Reading ---------------------------------------------------------------------------------- */

void skuai_token_model_free(skuai_token_model *model) {
    if (!model) return;
    skuai_token_trie_clear(&model->vocabulary);
    skuai_key_map_clear(&model->merges);
    skuai_free(model->prefix);
    skuai_free(model->suffix);
    skuai_free(model->scores);
    skuai_free(model);
}

static skua_status vocabulary_put(skuai_token_model *model, const char *token, size_t n, int64_t id,
                                  skua_error *err) {
    enum { IDS_MOST = 1 << 24 };
    if (id < 0 || id >= IDS_MOST)
        return skuai_error_set(err, SKUA_EDATA, "token '%.60s' has the number %lld", token,
                               (long long)id);
    if ((size_t)id >= model->size) model->size = (size_t)id + 1;
    return skuai_token_trie_put(&model->vocabulary, token, n, (int32_t)id, err);
}

/* {"token": number, ...} */
static skua_status read_vocabulary(skuai_token_model *model, const skuai_json *json,
                                   skua_error *err) {
    if (skuai_json_size(json) == 0 || skuai_json_is_array(json))
        return skuai_error_set(err, SKUA_EDATA, "model: no vocab");
    const char *token = NULL;
    for (const skuai_json *value; (value = skuai_json_next(json, &token));)
        SKUA_TRY(
            vocabulary_put(model, token, strlen(token), skuai_json_as_integer(value, -1), err));
    return SKUA_OK;
}

/* [["token", score], ...] */
static skua_status read_scores(skuai_token_model *model, const skuai_json *json, skua_error *err) {
    size_t n = skuai_json_size(json);
    if (n == 0 || !skuai_json_is_array(json))
        return skuai_error_set(err, SKUA_EDATA, "model: no vocab");
    model->scores = skuai_new(n, sizeof *model->scores);
    if (!model->scores) return skuai_error_memory(err, "a vocabulary");
    model->least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        const skuai_json *entry = skuai_json_at(json, i);
        const char *token = skuai_json_as_text(skuai_json_at(entry, 0), NULL);
        double score = skuai_json_as_number(skuai_json_at(entry, 1), NAN);
        if (!token || !isfinite(score))
            return skuai_error_set(err, SKUA_EDATA, "model: entry %zu of vocab is no token", i);
        SKUA_TRY(vocabulary_put(model, token, strlen(token), (int64_t)i, err));
        model->scores[i] = score;
        if (score < model->least) model->least = score;
    }
    return SKUA_OK;
}

static void read_bytes(skuai_token_model *model) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t b = 0; b < 256; b++) {
        char token[7] = {'<', '0', 'x', digits[b >> 4], digits[b & 15], '>', '\0'};
        model->bytes[b] = skuai_token_trie_find(&model->vocabulary, token, 6);
    }
}

static skua_status read_texts(skuai_token_model *model, const skuai_json *json,
                              const char *default_prefix, skua_error *err) {
    model->prefix = skuai_text_copy(
        skuai_json_as_text(skuai_json_get(json, "continuing_subword_prefix"), default_prefix));
    model->suffix =
        skuai_text_copy(skuai_json_as_text(skuai_json_get(json, "end_of_word_suffix"), ""));
    if (!model->prefix || !model->suffix) return skuai_error_memory(err, "a tokeniser");
    return SKUA_OK;
}

/* The number of "unk_token". */
static skua_status read_unknown(skuai_token_model *model, const skuai_json *json, skua_error *err) {
    const char *token = skuai_json_as_text(skuai_json_get(json, "unk_token"), NULL);
    model->unknown = -1;
    if (!token) return SKUA_OK;
    model->unknown = skuai_token_trie_find(&model->vocabulary, token, strlen(token));
    if (model->unknown < 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "the unknown token '%.60s' is not in the vocabulary: is it another "
                               "model's?",
                               token);
    return SKUA_OK;
}

static skua_status read_word_piece(skuai_token_model *model, const skuai_json *json,
                                   skua_error *err) {
    int64_t most = skuai_json_as_integer(skuai_json_get(json, "max_input_chars_per_word"), 100);
    model->type = SKUAI_TOKEN_MODEL_WORD_PIECE;
    model->characters_most = most > 0 ? (size_t)most : 100;
    SKUA_TRY(read_vocabulary(model, skuai_json_get(json, "vocab"), err));
    SKUA_TRY(read_texts(model, json, "##", err));
    SKUA_TRY(read_unknown(model, json, err));
    model->prefix_node =
        skuai_token_trie_walk(&model->vocabulary, 0, model->prefix, strlen(model->prefix));
    return SKUA_OK;
}

static skua_status read_byte_pair(skuai_token_model *model, const skuai_json *json,
                                  skua_error *err) {
    model->type = SKUAI_TOKEN_MODEL_BYTE_PAIR;
    model->fuse_unknown = skuai_json_as_bool(skuai_json_get(json, "fuse_unk"), false);
    model->byte_fallback = skuai_json_as_bool(skuai_json_get(json, "byte_fallback"), false);
    model->ignore_merges = skuai_json_as_bool(skuai_json_get(json, "ignore_merges"), false);
    SKUA_TRY(read_vocabulary(model, skuai_json_get(json, "vocab"), err));
    SKUA_TRY(read_texts(model, json, "", err));
    SKUA_TRY(read_unknown(model, json, err));
    return skuai_byte_pair_read(model, skuai_json_get(json, "merges"), err);
}

static skua_status read_unigram(skuai_token_model *model, const skuai_json *json, skua_error *err) {
    int64_t unknown = skuai_json_as_integer(skuai_json_get(json, "unk_id"), -1);
    model->type = SKUAI_TOKEN_MODEL_UNIGRAM;
    model->fuse_unknown = true;
    model->byte_fallback = skuai_json_as_bool(skuai_json_get(json, "byte_fallback"), false);
    SKUA_TRY(read_scores(model, skuai_json_get(json, "vocab"), err));
    SKUA_TRY(read_texts(model, json, "", err));
    if (unknown >= (int64_t)model->size)
        return skuai_error_set(err, SKUA_EDATA, "model: unk_id %lld is not in the vocabulary",
                               (long long)unknown);
    model->unknown = (int32_t)unknown;
    return SKUA_OK;
}

/* Older files leave the type out. */
static const char *model_type(const skuai_json *json) {
    const char *type = skuai_json_as_text(skuai_json_get(json, "type"), NULL);
    if (type) return type;
    if (skuai_json_get(json, "merges")) return "BPE";
    return skuai_json_is_array(skuai_json_get(json, "vocab")) ? "Unigram" : "WordPiece";
}

skua_status skuai_token_model_new(const skuai_json *json, skuai_token_model **model,
                                  skua_error *err) {
    const char *type = model_type(json);
    skuai_token_model *m = skuai_zero(1, sizeof *m);
    skua_status status;
    if (!m) return skuai_error_memory(err, "a tokeniser");
    if (strcmp(type, "WordPiece") == 0)
        status = read_word_piece(m, json, err);
    else if (strcmp(type, "BPE") == 0)
        status = read_byte_pair(m, json, err);
    else if (strcmp(type, "Unigram") == 0)
        status = read_unigram(m, json, err);
    else
        status = skuai_error_set(err, SKUA_EDATA, "model '%.60s' is not known here", type);
    if (status != SKUA_OK) {
        skuai_token_model_free(m);
        return status;
    }
    read_bytes(m);
    *model = m;
    return SKUA_OK;
}

static skua_status read_lines(skuai_token_model *model, const char *text, size_t n,
                              skua_error *err) {
    int64_t id = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && text[end] != '\n')
            end++;
        size_t length = end - i;
        if (length > 0 && text[i + length - 1] == '\r') length--;
        SKUA_TRY(vocabulary_put(model, text + i, length, id++, err));
        i = end + 1;
    }
    return SKUA_OK;
}

skua_status skuai_token_model_new_vocabulary(const char *text, size_t n, const char *unknown,
                                             skuai_token_model **model, skua_error *err) {
    skuai_token_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a tokeniser");
    m->type = SKUAI_TOKEN_MODEL_WORD_PIECE;
    m->characters_most = 100;
    m->prefix = skuai_text_copy("##");
    m->suffix = skuai_text_copy("");
    skua_status status = m->prefix && m->suffix ? read_lines(m, text, n, err)
                                                : skuai_error_memory(err, "a tokeniser");
    if (status == SKUA_OK) {
        m->unknown = skuai_token_trie_find(&m->vocabulary, unknown, strlen(unknown));
        m->prefix_node = skuai_token_trie_walk(&m->vocabulary, 0, "##", 2);
        if (m->unknown < 0)
            status = skuai_error_set(
                err, SKUA_EDATA,
                "the unknown token '%.60s' is not in the vocabulary: is it another model's?",
                unknown);
    }
    if (status != SKUA_OK) {
        skuai_token_model_free(m);
        return status;
    }
    read_bytes(m);
    *model = m;
    return SKUA_OK;
}

size_t skuai_token_model_size(const skuai_token_model *model) {
    return model->size;
}

int32_t skuai_token_model_find(const skuai_token_model *model, const char *token, size_t n) {
    return skuai_token_trie_find(&model->vocabulary, token, n);
}

/* -- WordPiece -------------------------------------------------------------------------------- */

static size_t characters(const char *text, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80) count++;
    return count;
}

/* The longest token at the front of a text, reached from a node; its bytes, 0: none. */
static size_t longest(const skuai_token_trie *trie, uint32_t node, const char *text, size_t n,
                      int32_t *id) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        node = skuai_token_trie_step(trie, node, (unsigned char)text[i]);
        if (node == 0) break;
        if (trie->ids[node] < 0) continue;
        found = i + 1;
        *id = trie->ids[node];
    }
    return found;
}

static skua_status unknown_word(const skuai_token_model *model, skuai_token_ids *ids,
                                skua_error *err) {
    if (model->unknown < 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "a word is not in the vocabulary, which has no unknown token");
    skuai_token_ids_add(ids, model->unknown);
    return SKUA_OK;
}

static skua_status word_piece(const skuai_token_model *model, const char *word, size_t n,
                              skuai_token_ids *ids, skua_error *err) {
    size_t before = ids->count;
    if (model->vocabulary.nodes == 0 || characters(word, n) > model->characters_most)
        return unknown_word(model, ids, err);
    bool prefixed = model->prefix[0] != '\0';
    for (size_t i = 0; i < n;) {
        int32_t id = -1;
        bool inside = i > 0 && prefixed;
        size_t k = inside && model->prefix_node == 0
                       ? 0
                       : longest(&model->vocabulary, inside ? model->prefix_node : 0, word + i,
                                 n - i, &id);
        if (k == 0) {
            ids->count = before; /* the whole word is unknown [1] */
            return unknown_word(model, ids, err);
        }
        skuai_token_ids_add(ids, id);
        i += k;
    }
    return SKUA_OK;
}

/* -- All -------------------------------------------------------------------------------------- */

bool skuai_token_model_bytes(const skuai_token_model *model, const char *text, size_t n,
                             skuai_token_ids *ids) {
    for (size_t i = 0; i < n; i++)
        if (model->bytes[(unsigned char)text[i]] < 0) return false;
    for (size_t i = 0; i < n; i++)
        skuai_token_ids_add(ids, model->bytes[(unsigned char)text[i]]);
    return true;
}

skua_status skuai_token_model_apply(const skuai_token_model *model, const char *word, size_t n,
                                    skuai_token_ids *ids, skua_error *err) {
    if (n == 0) return SKUA_OK;
    switch (model->type) {
    case SKUAI_TOKEN_MODEL_WORD_PIECE:
        return word_piece(model, word, n, ids, err);
    case SKUAI_TOKEN_MODEL_BYTE_PAIR:
        return skuai_byte_pair_apply(model, word, n, ids, err);
    case SKUAI_TOKEN_MODEL_UNIGRAM:
        return skuai_unigram_apply(model, word, n, ids, err);
    }
    return SKUA_EINTERNAL;
}
