#include "encode/tokeniser.h"

#include "core/file.h"
#include "encode/added_token.h"
#include "encode/pre_tokeniser.h"
#include "encode/token_model.h"

#include <string.h>

enum { MARKS_MOST = 8, BYTES_MOST = 1 << 20, FILE_MOST = 256 << 20 };

struct skuai_tokeniser {
    skuai_normaliser *normaliser;
    skuai_pre_tokeniser *pre;
    skuai_token_model *model;
    skuai_added_tokens added;
    int32_t before[MARKS_MOST], after[MARKS_MOST]; /* marks around a text */
    size_t n_before, n_after;
    size_t size; /* largest number + 1 */
};

void skuai_tokeniser_free(skuai_tokeniser *tokeniser) {
    if (!tokeniser) return;
    skuai_normaliser_free(tokeniser->normaliser);
    skuai_pre_tokeniser_free(tokeniser->pre);
    skuai_token_model_free(tokeniser->model);
    skuai_added_tokens_clear(&tokeniser->added);
    skuai_free(tokeniser);
}

/* -- Marks ------------------------------------------------------------------------------------ */

static skua_status put_mark(skuai_tokeniser *tokeniser, bool behind, int64_t id, skua_error *err) {
    size_t *n = behind ? &tokeniser->n_after : &tokeniser->n_before;
    int32_t *marks = behind ? tokeniser->after : tokeniser->before;
    if (id < 0 || id >= 1 << 24 || *n == MARKS_MOST)
        return skuai_error_set(err, SKUA_EDATA, "post_processor: a bad mark, or too many");
    marks[(*n)++] = (int32_t)id;
    return SKUA_OK;
}

/* {"single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": ...}], "special_tokens": {"[CLS]":
 * {"ids": [101]}}} */
static skua_status read_template(const skuai_json *json, skuai_tokeniser *tokeniser,
                                 skua_error *err) {
    const skuai_json *single = skuai_json_get(json, "single");
    const skuai_json *special = skuai_json_get(json, "special_tokens");
    bool behind = false;
    for (size_t i = 0; i < skuai_json_size(single); i++) {
        const skuai_json *part = skuai_json_at(single, i);
        const skuai_json *mark = skuai_json_get(part, "SpecialToken");
        if (!mark) {
            if (behind) return skuai_error_set(err, SKUA_EDATA, "post_processor: two texts");
            behind = true;
            continue;
        }
        const char *name = skuai_json_as_text(skuai_json_get(mark, "id"), "");
        const skuai_json *ids = skuai_json_get(skuai_json_get(special, name), "ids");
        if (skuai_json_size(ids) == 0)
            return skuai_error_set(err, SKUA_EDATA, "post_processor: no number of '%.60s'", name);
        for (size_t k = 0; k < skuai_json_size(ids); k++)
            SKUA_TRY(
                put_mark(tokeniser, behind, skuai_json_as_integer(skuai_json_at(ids, k), -1), err));
    }
    if (!behind) return skuai_error_set(err, SKUA_EDATA, "post_processor: no text in 'single'");
    return SKUA_OK;
}

static skua_status read_marks(const skuai_json *json, skuai_tokeniser *tokeniser, int depth,
                              skua_error *err) {
    const char *type = skuai_json_as_text(skuai_json_get(json, "type"), NULL);
    if (!type) return SKUA_OK;                          /* none */
    if (strcmp(type, "ByteLevel") == 0) return SKUA_OK; /* moves offsets alone */
    if (strcmp(type, "TemplateProcessing") == 0) return read_template(json, tokeniser, err);
    if (strcmp(type, "BertProcessing") == 0 || strcmp(type, "RobertaProcessing") == 0) {
        const skuai_json *first = skuai_json_get(json, "cls"), *last = skuai_json_get(json, "sep");
        SKUA_TRY(
            put_mark(tokeniser, false, skuai_json_as_integer(skuai_json_at(first, 1), -1), err));
        return put_mark(tokeniser, true, skuai_json_as_integer(skuai_json_at(last, 1), -1), err);
    }
    if (strcmp(type, "Sequence") == 0 && depth < 4) {
        const skuai_json *list = skuai_json_get(json, "processors");
        for (size_t i = 0; i < skuai_json_size(list); i++)
            SKUA_TRY(read_marks(skuai_json_at(list, i), tokeniser, depth + 1, err));
        return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_EDATA, "post_processor '%.60s' is not known here", type);
}

/* -- Reading ---------------------------------------------------------------------------------- */

static void measure(skuai_tokeniser *tokeniser) {
    tokeniser->size = skuai_token_model_size(tokeniser->model);
    for (size_t i = 0; i < tokeniser->added.count; i++)
        if ((size_t)tokeniser->added.items[i].id >= tokeniser->size)
            tokeniser->size = (size_t)tokeniser->added.items[i].id + 1;
    for (size_t i = 0; i < tokeniser->n_before; i++)
        if ((size_t)tokeniser->before[i] >= tokeniser->size)
            tokeniser->size = (size_t)tokeniser->before[i] + 1;
    for (size_t i = 0; i < tokeniser->n_after; i++)
        if ((size_t)tokeniser->after[i] >= tokeniser->size)
            tokeniser->size = (size_t)tokeniser->after[i] + 1;
}

static skua_status read_document(const skuai_json *json, skuai_tokeniser *t, skua_error *err) {
    SKUA_TRY(skuai_normaliser_new(skuai_json_get(json, "normalizer"), &t->normaliser, err));
    SKUA_TRY(skuai_pre_tokeniser_new(skuai_json_get(json, "pre_tokenizer"), &t->pre, err));
    SKUA_TRY(skuai_token_model_new(skuai_json_get(json, "model"), &t->model, err));
    SKUA_TRY(skuai_added_tokens_read(&t->added, skuai_json_get(json, "added_tokens"), t->normaliser,
                                     err));
    SKUA_TRY(read_marks(skuai_json_get(json, "post_processor"), t, 0, err));
    measure(t);
    return SKUA_OK;
}

skua_status skuai_tokeniser_parse(const char *json, size_t n, skuai_tokeniser **tokeniser,
                                  skua_error *err) {
    skuai_json *document = NULL;
    SKUA_TRY(skuai_json_parse(json, n, &document, err));
    skuai_tokeniser *t = skuai_zero(1, sizeof *t);
    skua_status status =
        t ? read_document(document, t, err) : skuai_error_memory(err, "a tokeniser");
    skuai_json_free(document);
    if (status != SKUA_OK) {
        skuai_tokeniser_free(t);
        return status;
    }
    *tokeniser = t;
    return SKUA_OK;
}

/* A token's text in a tokenizer_config.json: "[CLS]" or {"content": "[CLS]"}. */
static const char *config_token(const skuai_json *config, const char *name, const char *fallback) {
    const skuai_json *value = skuai_json_get(config, name);
    const char *text = skuai_json_as_text(value, NULL);
    return text ? text : skuai_json_as_text(skuai_json_get(value, "content"), fallback);
}

static skua_status read_vocabulary(const char *vocabulary, size_t n, const skuai_json *config,
                                   skuai_tokeniser *t, skua_error *err) {
    bool lower = skuai_json_as_bool(skuai_json_get(config, "do_lower_case"), true);
    skuai_bert_normaliser bert = {
        .clean = true,
        .set_ideographs =
            skuai_json_as_bool(skuai_json_get(config, "tokenize_chinese_chars"), true),
        .strip_accents = skuai_json_as_bool(skuai_json_get(config, "strip_accents"), lower),
        .lower = lower,
    };
    const char *const texts[] = {
        config_token(config, "unk_token", "[UNK]"), config_token(config, "sep_token", "[SEP]"),
        config_token(config, "pad_token", "[PAD]"), config_token(config, "cls_token", "[CLS]"),
        config_token(config, "mask_token", "[MASK]")};
    enum { TEXTS = sizeof texts / sizeof texts[0], SEPARATOR = 1, CLASS = 3 };
    const char *found[TEXTS];
    int32_t ids[TEXTS];
    size_t count = 0;
    SKUA_TRY(skuai_token_model_new_vocabulary(vocabulary, n, texts[0], &t->model, err));
    SKUA_TRY(skuai_normaliser_new_bert(&bert, &t->normaliser, err));
    SKUA_TRY(skuai_pre_tokeniser_new_bert(&t->pre, err));
    for (size_t i = 0; i < TEXTS; i++) {
        int32_t id = skuai_token_model_find(t->model, texts[i], strlen(texts[i]));
        if (id < 0 && (i == SEPARATOR || i == CLASS))
            return skuai_error_set(err, SKUA_EDATA,
                                   "'%.60s' is not in the vocabulary: is it another model's?",
                                   texts[i]);
        if (id < 0 || texts[i][0] == '\0') continue;
        found[count] = texts[i];
        ids[count++] = id;
    }
    SKUA_TRY(skuai_added_tokens_set(&t->added, found, ids, count, err));
    SKUA_TRY(put_mark(t, false, skuai_tokeniser_find(t, texts[CLASS]), err));
    SKUA_TRY(put_mark(t, true, skuai_tokeniser_find(t, texts[SEPARATOR]), err));
    measure(t);
    return SKUA_OK;
}

skua_status skuai_tokeniser_parse_vocabulary(const char *vocabulary, size_t n, const char *config,
                                             size_t config_n, skuai_tokeniser **tokeniser,
                                             skua_error *err) {
    skuai_json *document = NULL;
    if (config) SKUA_TRY(skuai_json_parse(config, config_n, &document, err));
    skuai_tokeniser *t = skuai_zero(1, sizeof *t);
    skua_status status = t ? read_vocabulary(vocabulary, n, document, t, err)
                           : skuai_error_memory(err, "a tokeniser");
    skuai_json_free(document);
    if (status != SKUA_OK) {
        skuai_tokeniser_free(t);
        return status;
    }
    *tokeniser = t;
    return SKUA_OK;
}

/* A file of the folder; *there says whether it exists. */
static skua_status read_file(const char *folder, const char *name, skuai_buffer *bytes, bool *there,
                             skua_error *err) {
    skuai_buffer path;
    skuai_buffer_init(&path, 1 << 16);
    (void)skuai_buffer_format(&path, "%s/%s", folder, name);
    skua_status status = skuai_buffer_check(&path, err);
    if (status == SKUA_OK)
        status = skuai_file_read(skuai_buffer_view(&path), FILE_MOST, bytes, err);
    skuai_buffer_clear(&path);
    *there = status == SKUA_OK;
    return status == SKUA_ENOTFOUND ? SKUA_OK : status;
}

static skua_status open_vocabulary(const char *folder, skuai_buffer *vocabulary,
                                   skuai_tokeniser **tokeniser, skua_error *err) {
    skuai_buffer config;
    bool there = false;
    skuai_buffer_init(&config, FILE_MOST);
    skua_status status = read_file(folder, "tokenizer_config.json", &config, &there, err);
    if (status == SKUA_OK)
        status = skuai_tokeniser_parse_vocabulary(skuai_buffer_view(vocabulary), vocabulary->size,
                                                  there ? skuai_buffer_view(&config) : NULL,
                                                  config.size, tokeniser, err);
    skuai_buffer_clear(&config);
    return status;
}

skua_status skuai_tokeniser_open(const char *folder, skuai_tokeniser **tokeniser, skua_error *err) {
    static const char *const names[] = {"tokenizer.json", "vocab.txt"};
    skuai_buffer bytes;
    bool there = false;
    skua_status status = SKUA_OK;
    size_t i = 0;
    skuai_buffer_init(&bytes, FILE_MOST);
    for (; status == SKUA_OK && i < 2; i++) {
        status = read_file(folder, names[i], &bytes, &there, err);
        if (there) break;
    }
    if (status == SKUA_OK && !there)
        status = skuai_error_set(err, SKUA_ENOTFOUND,
                                 "%s: neither tokenizer.json nor vocab.txt is there", folder);
    if (status == SKUA_OK) {
        status = i == 0
                     ? skuai_tokeniser_parse(skuai_buffer_view(&bytes), bytes.size, tokeniser, err)
                     : open_vocabulary(folder, &bytes, tokeniser, err);
        if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s/%s", folder, names[i]);
    }
    skuai_buffer_clear(&bytes);
    return status;
}

/* -- Encoding --------------------------------------------------------------------------------- */

/* Added tokens as they stand, the rest normalised and searched again. */
static skua_status cut_added(const skuai_tokeniser *t, const skuai_piece *text,
                             skuai_pieces *pieces, skua_error *err) {
    skuai_pieces raw = {.arena = pieces->arena};
    skuai_added_tokens_cut(&t->added, false, text, &raw);
    if (raw.failed) return skuai_error_memory(err, "a text");
    for (size_t i = 0; i < raw.count; i++) {
        skuai_piece piece = raw.items[i];
        if (piece.id < 0) {
            SKUA_TRY(skuai_normaliser_apply(t->normaliser, piece.text, piece.n, pieces->arena,
                                            &piece.text, &piece.n, err));
            skuai_added_tokens_cut(&t->added, true, &piece, pieces);
        } else {
            skuai_pieces_add(pieces, piece);
        }
    }
    return pieces->failed ? skuai_error_memory(err, "a text") : SKUA_OK;
}

/* So many bytes of a text that no character is cut. */
static size_t cut_bytes(const char *text, size_t n, size_t most) {
    if (n <= most) return n;
    n = most;
    for (int i = 0; i < 3 && n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80; i++)
        n--;
    return n;
}

skua_status skuai_tokeniser_encode(const skuai_tokeniser *t, const char *text, size_t n,
                                   const skuai_tokeniser_options *options, skuai_arena *arena,
                                   skuai_tokens *tokens, skua_error *err) {
    skuai_tokeniser_options o = options ? *options : (skuai_tokeniser_options){0};
    size_t n_before = o.bare ? 0 : t->n_before, n_after = o.bare ? 0 : t->n_after;
    size_t room = o.tokens_most == 0                   ? SIZE_MAX
                  : o.tokens_most > n_before + n_after ? o.tokens_most - n_before - n_after
                                                       : 0;
    size_t looked_at = cut_bytes(text, n, o.bytes_most ? o.bytes_most : BYTES_MOST);
    skuai_piece whole = {.id = -1, .first = true};
    skuai_pieces pieces = {.arena = arena};
    skuai_token_ids ids = {.arena = arena};
    SKUA_TRY(skuai_utf8_repair(text, looked_at, arena, &whole.text, &whole.n, err));
    SKUA_TRY(cut_added(t, &whole, &pieces, err));
    SKUA_TRY(skuai_pre_tokeniser_apply(t->pre, &pieces, err));
    for (size_t i = 0; i < n_before; i++)
        skuai_token_ids_add(&ids, t->before[i]);
    size_t most = room > SIZE_MAX - n_before ? SIZE_MAX : room + n_before;
    for (size_t i = 0; i < pieces.count && ids.count <= most; i++) {
        const skuai_piece *piece = &pieces.items[i];
        if (piece->id >= 0)
            skuai_token_ids_add(&ids, piece->id);
        else
            SKUA_TRY(skuai_token_model_apply(t->model, piece->text, piece->n, &ids, err));
    }
    bool cut = looked_at < n || ids.count > most;
    if (ids.count > most) ids.count = most;
    for (size_t i = 0; i < n_after; i++)
        skuai_token_ids_add(&ids, t->after[i]);
    if (ids.failed) return skuai_error_memory(err, "a text");
    *tokens = (skuai_tokens){.ids = ids.items, .n = ids.count, .cut = cut};
    return SKUA_OK;
}

size_t skuai_tokeniser_size(const skuai_tokeniser *tokeniser) {
    return tokeniser->size;
}

int32_t skuai_tokeniser_find(const skuai_tokeniser *tokeniser, const char *token) {
    int32_t id = skuai_added_tokens_find(&tokeniser->added, token);
    return id >= 0 ? id : skuai_token_model_find(tokeniser->model, token, strlen(token));
}

int32_t skuai_tokeniser_padding(const skuai_tokeniser *tokeniser) {
    int32_t id = skuai_tokeniser_find(tokeniser, "[PAD]");
    if (id < 0) id = skuai_tokeniser_find(tokeniser, "<pad>");
    return id < 0 ? 0 : id;
}
