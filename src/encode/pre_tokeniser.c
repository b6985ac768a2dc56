#include "encode/pre_tokeniser.h"

#include "encode/split_pattern.h"
#include "encode/unicode_text.h"

#include <string.h>

typedef enum step_kind {
    STEP_BERT,
    STEP_WORDS,       /* \w+|[^\w\s]+ */
    STEP_WHITE_SPACE, /* white space goes */
    STEP_METASPACE,
    STEP_BYTES,
    STEP_PUNCTUATION,
    STEP_DIGITS,
    STEP_PATTERN,
    STEP_FIXED
} step_kind;

typedef enum prepend_scheme { PREPEND_NEVER, PREPEND_FIRST, PREPEND_ALWAYS } prepend_scheme;
typedef enum behaviour {
    BEHAVIOUR_ISOLATED,
    BEHAVIOUR_REMOVED,
    BEHAVIOUR_WITH_NEXT,
    BEHAVIOUR_WITH_PREVIOUS
} behaviour;

enum { MARK_SIZE = 8, STEPS_MOST = 16 };

typedef struct step {
    step_kind kind;
    bool flag;  /* DIGITS: one by one; BYTES: a space in front; METASPACE: cut at marks */
    bool words; /* BYTES: cut by GPT-2's expression */
    prepend_scheme prepend;
    behaviour behaviour; /* FIXED */
    skuai_split_pattern pattern;
    char mark[MARK_SIZE]; /* METASPACE: stands for a space; terminated */
    char *fixed;          /* FIXED: owned */
} step;

struct skuai_pre_tokeniser {
    size_t count;
    step steps[STEPS_MOST];
};

/* -- Reading ---------------------------------------------------------------------------------- */

void skuai_pre_tokeniser_free(skuai_pre_tokeniser *pre) {
    if (!pre) return;
    for (size_t i = 0; i < pre->count; i++)
        skuai_free(pre->steps[i].fixed);
    skuai_free(pre);
}

static skua_status read_metaspace(const skuai_json *json, step *s, skua_error *err) {
    const char *mark = skuai_json_as_text(skuai_json_get(json, "replacement"), "\xE2\x96\x81");
    const char *scheme = skuai_json_as_text(skuai_json_get(json, "prepend_scheme"), NULL);
    bool prefix = skuai_json_as_bool(skuai_json_get(json, "add_prefix_space"), true);
    size_t n = strlen(mark);
    if (n == 0 || n >= MARK_SIZE)
        return skuai_error_set(err, SKUA_EDATA, "pre_tokenizer Metaspace: a bad replacement");
    memcpy(s->mark, mark, n + 1);
    if (!scheme) scheme = prefix ? "always" : "never";
    s->prepend = strcmp(scheme, "always") == 0  ? PREPEND_ALWAYS
                 : strcmp(scheme, "first") == 0 ? PREPEND_FIRST
                                                : PREPEND_NEVER;
    s->flag = skuai_json_as_bool(skuai_json_get(json, "split"), true);
    return SKUA_OK;
}

static bool read_behaviour(const skuai_json *json, behaviour *result) {
    static const char *const names[] = {"Isolated", "Removed", "MergedWithNext",
                                        "MergedWithPrevious"};
    const char *name = skuai_json_as_text(skuai_json_get(json, "behavior"), "Isolated");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) != 0) continue;
        *result = (behaviour)i;
        return true;
    }
    return false;
}

static skua_status read_split(const skuai_json *json, step *s, skua_error *err) {
    const skuai_json *pattern = skuai_json_get(json, "pattern");
    const char *fixed = skuai_json_as_text(skuai_json_get(pattern, "String"), NULL);
    const char *expression = skuai_json_as_text(skuai_json_get(pattern, "Regex"), NULL);
    bool invert = skuai_json_as_bool(skuai_json_get(json, "invert"), false);
    if (!read_behaviour(json, &s->behaviour))
        return skuai_error_set(err, SKUA_EDATA, "pre_tokenizer Split: a behavior not known here");
    if (fixed && fixed[0] && !invert) {
        s->kind = STEP_FIXED;
        s->fixed = skuai_text_copy(fixed);
        return s->fixed ? SKUA_OK : skuai_error_memory(err, "a tokeniser");
    }
    s->pattern = expression ? skuai_split_pattern_find(expression) : SKUAI_SPLIT_UNKNOWN;
    if (s->pattern == SKUAI_SPLIT_UNKNOWN)
        return skuai_error_set(err, SKUA_EDATA,
                               "pre_tokenizer Split: the pattern '%.120s' is not known here",
                               expression ? expression
                               : fixed    ? fixed
                                          : "");
    /* the expressions match every character: keeping matches apart, or keeping nothing else, is the
     * same */
    if (!(s->behaviour == BEHAVIOUR_ISOLATED || (s->behaviour == BEHAVIOUR_REMOVED && invert)))
        return skuai_error_set(err, SKUA_EDATA, "pre_tokenizer Split: a behavior not known here");
    return SKUA_OK;
}

static const struct {
    const char *name;
    step_kind kind;
} kinds[] = {
    {"BertPreTokenizer", STEP_BERT},
    {"Whitespace", STEP_WORDS},
    {"WhitespaceSplit", STEP_WHITE_SPACE},
    {"Metaspace", STEP_METASPACE},
    {"ByteLevel", STEP_BYTES},
    {"Punctuation", STEP_PUNCTUATION},
    {"Digits", STEP_DIGITS},
    {"Split", STEP_PATTERN},
};

static skua_status read_step(const skuai_json *json, skuai_pre_tokeniser *pre, int depth,
                             skua_error *err) {
    const char *type = skuai_json_as_text(skuai_json_get(json, "type"), NULL);
    if (!type) return skuai_error_set(err, SKUA_EDATA, "pre_tokenizer: no type");
    if (strcmp(type, "Sequence") == 0) {
        const skuai_json *list = skuai_json_get(json, "pretokenizers");
        if (depth > 8 || !skuai_json_is_array(list))
            return skuai_error_set(err, SKUA_EDATA, "pre_tokenizer Sequence: no list, or too deep");
        for (size_t i = 0; i < skuai_json_size(list); i++)
            SKUA_TRY(read_step(skuai_json_at(list, i), pre, depth + 1, err));
        return SKUA_OK;
    }
    size_t k = 0, n_kinds = sizeof kinds / sizeof kinds[0];
    while (k < n_kinds && strcmp(kinds[k].name, type) != 0)
        k++;
    if (k == n_kinds)
        return skuai_error_set(err, SKUA_EDATA, "pre_tokenizer '%.60s' is not known here", type);
    if (pre->count == STEPS_MOST)
        return skuai_error_set(err, SKUA_EDATA, "more than %d pre_tokenizers", (int)STEPS_MOST);
    step *s = &pre->steps[pre->count++];
    s->kind = kinds[k].kind;
    switch (s->kind) {
    case STEP_METASPACE:
        return read_metaspace(json, s, err);
    case STEP_BYTES:
        s->flag = skuai_json_as_bool(skuai_json_get(json, "add_prefix_space"), true);
        s->words = skuai_json_as_bool(skuai_json_get(json, "use_regex"), true);
        return SKUA_OK;
    case STEP_DIGITS:
        s->flag = skuai_json_as_bool(skuai_json_get(json, "individual_digits"), false);
        return SKUA_OK;
    case STEP_PUNCTUATION:
        if (!read_behaviour(json, &s->behaviour) || s->behaviour != BEHAVIOUR_ISOLATED)
            return skuai_error_set(err, SKUA_EDATA,
                                   "pre_tokenizer Punctuation: a behavior not known here");
        return SKUA_OK;
    case STEP_PATTERN:
        return read_split(json, s, err);
    default:
        return SKUA_OK;
    }
}

skua_status skuai_pre_tokeniser_new(const skuai_json *json, skuai_pre_tokeniser **result,
                                    skua_error *err) {
    skuai_pre_tokeniser *pre = skuai_zero(1, sizeof *pre);
    if (!pre) return skuai_error_memory(err, "a tokeniser");
    if (skuai_json_size(json) > 0) {
        skua_status status = read_step(json, pre, 0, err);
        if (status != SKUA_OK) {
            skuai_pre_tokeniser_free(pre);
            return status;
        }
    }
    *result = pre;
    return SKUA_OK;
}

skua_status skuai_pre_tokeniser_new_bert(skuai_pre_tokeniser **result, skua_error *err) {
    skuai_pre_tokeniser *pre = skuai_zero(1, sizeof *pre);
    if (!pre) return skuai_error_memory(err, "a tokeniser");
    pre->count = 1;
    pre->steps[0].kind = STEP_BERT;
    *result = pre;
    return SKUA_OK;
}

/* -- Applying --------------------------------------------------------------------------------- */

/* Part of a piece. */
static void put(skuai_pieces *out, const skuai_piece *piece, size_t from, size_t to) {
    skuai_pieces_add(out, (skuai_piece){.text = piece->text + from,
                                        .n = to - from,
                                        .id = -1,
                                        .first = piece->first && from == 0});
}

/* What a character does: neighbours of one class stay together, unless the class stands alone. */
typedef struct sort {
    int class;  /* -1: goes */
    bool alone; /* a piece of its own */
} sort;

static sort sort_of(const step *s, uint32_t c) {
    switch (s->kind) {
    case STEP_BERT:
        if (skuai_character_is_space(c)) return (sort){-1, false};
        return (sort){0, skuai_character_is_punctuation(c)};
    case STEP_WORDS:
        if (skuai_character_is_space(c)) return (sort){-1, false};
        return (sort){skuai_character_is_word(c) ? 1 : 0, false};
    case STEP_WHITE_SPACE:
        return (sort){skuai_character_is_space(c) ? -1 : 0, false};
    case STEP_PUNCTUATION:
        return (sort){0, skuai_character_is_punctuation(c)};
    default: /* DIGITS */
        return (sort){skuai_character_is_number(c) ? 1 : 0,
                      s->flag && skuai_character_is_number(c)};
    }
}

static void cut_by_sort(const step *s, const skuai_piece *piece, skuai_pieces *out) {
    size_t from = 0;
    int class = 0;
    for (size_t i = 0; i < piece->n;) {
        uint32_t c;
        size_t k = skuai_utf8_character(piece->text + i, &c);
        sort now = sort_of(s, c);
        if (now.class < 0 || now.alone || now.class != class) {
            put(out, piece, from, i);
            from = i;
        }
        class = now.class;
        i += k;
        if (now.class < 0) {
            from = i;
        } else if (now.alone) {
            put(out, piece, from, i);
            from = i;
        }
    }
    put(out, piece, from, piece->n);
}

static void cut_by_fixed(const step *s, const skuai_piece *piece, skuai_pieces *out) {
    size_t n = strlen(s->fixed), from = 0, i = 0;
    while (i + n <= piece->n) {
        if (memcmp(piece->text + i, s->fixed, n) != 0) {
            i++;
            continue;
        }
        size_t to = i + n;
        if (s->behaviour != BEHAVIOUR_WITH_PREVIOUS) put(out, piece, from, i);
        if (s->behaviour == BEHAVIOUR_ISOLATED) put(out, piece, i, to);
        if (s->behaviour == BEHAVIOUR_WITH_PREVIOUS) put(out, piece, from, to);
        from = s->behaviour == BEHAVIOUR_WITH_NEXT ? i : to;
        i = to;
    }
    put(out, piece, from, piece->n);
}

static void cut_by_pattern(skuai_split_pattern pattern, const skuai_piece *piece,
                           skuai_pieces *out) {
    for (size_t i = 0; i < piece->n;) {
        size_t k = skuai_split_pattern_match(pattern, piece->text + i, piece->n - i);
        put(out, piece, i, i + k);
        i += k;
    }
}

static void cut_metaspace(const step *s, const skuai_piece *piece, skuai_pieces *out) {
    skuai_text_builder text = {.arena = out->arena};
    size_t mark = strlen(s->mark);
    bool marked =
        piece->text[0] == ' ' || (piece->n >= mark && memcmp(piece->text, s->mark, mark) == 0);
    if (!marked && (s->prepend == PREPEND_ALWAYS || (s->prepend == PREPEND_FIRST && piece->first)))
        skuai_text_builder_add(&text, s->mark, mark);
    size_t kept = 0;
    for (size_t i = 0; i < piece->n; i++) {
        if (piece->text[i] != ' ') continue;
        skuai_text_builder_add(&text, piece->text + kept, i - kept);
        skuai_text_builder_add(&text, s->mark, mark);
        kept = i + 1;
    }
    skuai_text_builder_add(&text, piece->text + kept, piece->n - kept);
    if (text.failed) {
        out->failed = true;
        return;
    }
    skuai_piece whole = {.text = text.data, .n = text.n, .id = -1, .first = piece->first};
    size_t from = 0;
    for (size_t i = 0; s->flag && i + mark <= whole.n; i++)
        if (memcmp(whole.text + i, s->mark, mark) == 0) {
            put(out, &whole, from, i);
            from = i;
        }
    put(out, &whole, from, whole.n);
}

/* GPT-2's bytes_to_unicode: bytes that print stand for themselves, the others for 256, 257, ... */
static uint32_t byte_character(unsigned char byte) {
    if ((byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE)
        return byte;
    if (byte <= 0x20) return 256u + byte;
    return byte == 0xAD ? 256u + 67 : 256u + 33 + (byte - 0x7Fu);
}

static skuai_piece as_bytes(const skuai_piece *piece, skuai_pieces *out) {
    skuai_text_builder text = {.arena = out->arena};
    for (size_t i = 0; i < piece->n; i++)
        skuai_text_builder_character(&text, byte_character((unsigned char)piece->text[i]));
    if (text.failed) out->failed = true;
    return (skuai_piece){.text = text.data, .n = text.n, .id = -1, .first = piece->first};
}

static void cut_bytes(const step *s, const skuai_piece *piece, skuai_pieces *out) {
    skuai_pieces words = {.arena = out->arena};
    skuai_piece whole = *piece;
    if (s->flag && piece->text[0] != ' ') {
        skuai_text_builder text = {.arena = out->arena};
        skuai_text_builder_add(&text, " ", 1);
        skuai_text_builder_add(&text, piece->text, piece->n);
        if (text.failed) {
            out->failed = true;
            return;
        }
        whole.text = text.data;
        whole.n = text.n;
    }
    if (s->words)
        cut_by_pattern(SKUAI_SPLIT_GPT2, &whole, &words);
    else
        put(&words, &whole, 0, whole.n);
    if (words.failed) out->failed = true;
    for (size_t i = 0; i < words.count; i++)
        skuai_pieces_add(out, as_bytes(&words.items[i], out));
}

static void cut(const step *s, const skuai_piece *piece, skuai_pieces *out) {
    switch (s->kind) {
    case STEP_METASPACE:
        cut_metaspace(s, piece, out);
        break;
    case STEP_BYTES:
        cut_bytes(s, piece, out);
        break;
    case STEP_PATTERN:
        cut_by_pattern(s->pattern, piece, out);
        break;
    case STEP_FIXED:
        cut_by_fixed(s, piece, out);
        break;
    default:
        cut_by_sort(s, piece, out);
    }
}

skua_status skuai_pre_tokeniser_apply(const skuai_pre_tokeniser *pre, skuai_pieces *pieces,
                                      skua_error *err) {
    for (size_t k = 0; k < pre->count; k++) {
        skuai_pieces out = {.arena = pieces->arena};
        for (size_t i = 0; i < pieces->count; i++) {
            if (pieces->items[i].id >= 0)
                skuai_pieces_add(&out, pieces->items[i]);
            else
                cut(&pre->steps[k], &pieces->items[i], &out);
        }
        if (out.failed) return skuai_error_memory(err, "a text");
        *pieces = out;
    }
    return SKUA_OK;
}
