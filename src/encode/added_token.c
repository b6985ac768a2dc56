#include "encode/added_token.h"

#include <stdlib.h>
#include <string.h>

void skuai_added_tokens_clear(skuai_added_tokens *tokens) {
    for (size_t i = 0; i < tokens->count; i++)
        skuai_free(tokens->items[i].text);
    skuai_free(tokens->items);
    *tokens = (skuai_added_tokens){0};
}

static int by_byte_and_length(const void *a, const void *b) {
    const skuai_added_token *x = a, *y = b;
    unsigned char p = (unsigned char)x->text[0], q = (unsigned char)y->text[0];
    if (p != q) return p < q ? -1 : 1;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void index_tokens(skuai_added_tokens *tokens) {
    if (tokens->count > 1)
        qsort(tokens->items, tokens->count, sizeof *tokens->items, by_byte_and_length);
    for (size_t i = 0; i < tokens->count; i++)
        tokens->from[(size_t)(unsigned char)tokens->items[i].text[0] + 1]++;
    for (size_t b = 1; b < 257; b++)
        tokens->from[b] += tokens->from[b - 1];
}

/* A normalised token is looked for as the normaliser leaves it. */
static skua_status normal_text(const skuai_normaliser *normaliser, const char *text, char **copy,
                               skua_error *err) {
    skuai_arena *arena = skuai_arena_new(0);
    const char *normal = text;
    size_t n = strlen(text);
    skua_status status = arena
                             ? skuai_normaliser_apply(normaliser, text, n, arena, &normal, &n, err)
                             : skuai_error_memory(err, "a tokeniser");
    if (status == SKUA_OK) {
        *copy = skuai_text_copy_n(normal, n);
        if (!*copy) status = skuai_error_memory(err, "a tokeniser");
    }
    skuai_arena_free(arena);
    return status;
}

static skua_status read_token(const skuai_json *json, const skuai_normaliser *normaliser,
                              skuai_added_token *token, skua_error *err) {
    const char *text = skuai_json_as_text(skuai_json_get(json, "content"), NULL);
    int64_t id = skuai_json_as_integer(skuai_json_get(json, "id"), -1);
    if (!text || id < 0 || id >= 1 << 24)
        return skuai_error_set(err, SKUA_EDATA, "added_tokens: a token without content or id");
    bool special = skuai_json_as_bool(skuai_json_get(json, "special"), false);
    *token = (skuai_added_token){
        .id = (int32_t)id,
        .single_word = skuai_json_as_bool(skuai_json_get(json, "single_word"), false),
        .strip_left = skuai_json_as_bool(skuai_json_get(json, "lstrip"), false),
        .strip_right = skuai_json_as_bool(skuai_json_get(json, "rstrip"), false),
        .normalised = skuai_json_as_bool(skuai_json_get(json, "normalized"), !special),
    };
    if (token->normalised) {
        SKUA_TRY(normal_text(normaliser, text, &token->text, err));
    } else {
        token->text = skuai_text_copy(text);
        if (!token->text) return skuai_error_memory(err, "a tokeniser");
    }
    token->n = strlen(token->text);
    return SKUA_OK;
}

skua_status skuai_added_tokens_read(skuai_added_tokens *tokens, const skuai_json *json,
                                    const skuai_normaliser *normaliser, skua_error *err) {
    size_t n = skuai_json_size(json);
    if (n == 0) return SKUA_OK;
    tokens->items = skuai_zero(n, sizeof *tokens->items);
    if (!tokens->items) return skuai_error_memory(err, "a tokeniser");
    for (size_t i = 0; i < n; i++) {
        skuai_added_token *token = &tokens->items[tokens->count];
        skua_status status = read_token(skuai_json_at(json, i), normaliser, token, err);
        if (status != SKUA_OK) {
            skuai_added_tokens_clear(tokens);
            return status;
        }
        if (token->n > 0)
            tokens->count++;
        else
            skuai_free(token->text);
    }
    index_tokens(tokens);
    return SKUA_OK;
}

skua_status skuai_added_tokens_set(skuai_added_tokens *tokens, const char *const *texts,
                                   const int32_t *ids, size_t n, skua_error *err) {
    tokens->items = skuai_zero(n, sizeof *tokens->items);
    if (!tokens->items) return skuai_error_memory(err, "a tokeniser");
    for (size_t i = 0; i < n; i++) {
        char *text = skuai_text_copy(texts[i]);
        if (!text) {
            skuai_added_tokens_clear(tokens);
            return skuai_error_memory(err, "a tokeniser");
        }
        tokens->items[tokens->count++] =
            (skuai_added_token){.text = text, .n = strlen(text), .id = ids[i]};
    }
    index_tokens(tokens);
    return SKUA_OK;
}

int32_t skuai_added_tokens_find(const skuai_added_tokens *tokens, const char *text) {
    for (size_t i = 0; i < tokens->count; i++)
        if (strcmp(tokens->items[i].text, text) == 0) return tokens->items[i].id;
    return -1;
}

/* -- Cutting ---------------------------------------------------------------------------------- */

static const skuai_added_token *token_at(const skuai_added_tokens *tokens, bool normalised,
                                         const char *text, size_t n) {
    unsigned char b = (unsigned char)text[0];
    for (size_t i = tokens->from[b]; i < tokens->from[b + 1]; i++) {
        const skuai_added_token *token = &tokens->items[i];
        if (token->normalised == normalised && token->n <= n &&
            memcmp(token->text, text, token->n) == 0)
            return token;
    }
    return NULL;
}

static bool word_before(const char *text, size_t at) {
    uint32_t c;
    if (at == 0) return false;
    (void)skuai_utf8_character(text + skuai_utf8_before(text, at), &c);
    return skuai_character_is_word(c);
}

static bool word_after(const char *text, size_t n, size_t at) {
    uint32_t c;
    if (at == n) return false;
    (void)skuai_utf8_character(text + at, &c);
    return skuai_character_is_word(c);
}

static size_t spaces_before(const char *text, size_t at, size_t least) {
    uint32_t c;
    while (at > least) {
        size_t before = skuai_utf8_before(text, at);
        (void)skuai_utf8_character(text + before, &c);
        if (!skuai_character_is_space(c)) break;
        at = before;
    }
    return at;
}

static size_t spaces_after(const char *text, size_t n, size_t at) {
    uint32_t c;
    while (at < n) {
        size_t k = skuai_utf8_character(text + at, &c);
        if (!skuai_character_is_space(c)) break;
        at += k;
    }
    return at;
}

void skuai_added_tokens_cut(const skuai_added_tokens *tokens, bool normalised,
                            const skuai_piece *piece, skuai_pieces *out) {
    const char *text = piece->text;
    size_t n = piece->n, kept = 0;
    for (size_t i = 0; i < n;) {
        const skuai_added_token *token = token_at(tokens, normalised, text + i, n - i);
        if (!token) {
            i++;
            continue;
        }
        size_t start = i, stop = i + token->n;
        i = stop;
        if (token->single_word && (word_before(text, start) || word_after(text, n, stop))) continue;
        if (start < kept) start = kept;
        if (token->strip_left) start = spaces_before(text, start, kept);
        if (token->strip_right) stop = spaces_after(text, n, stop);
        skuai_pieces_add(out, (skuai_piece){.text = text + kept,
                                            .n = start - kept,
                                            .id = -1,
                                            .first = piece->first && kept == 0});
        skuai_pieces_add(out,
                         (skuai_piece){.text = text + start, .n = stop - start, .id = token->id});
        kept = stop;
    }
    skuai_pieces_add(
        out, (skuai_piece){
                 .text = text + kept, .n = n - kept, .id = -1, .first = piece->first && kept == 0});
}
