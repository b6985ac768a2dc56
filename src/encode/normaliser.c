#include "encode/normaliser.h"

#include "encode/charsmap.h"

#include <string.h>

typedef enum step_kind {
    STEP_BERT,
    STEP_NORMAL_FORM,
    STEP_LOWER,
    STEP_STRIP_ACCENTS,
    STEP_STRIP,
    STEP_PREPEND,
    STEP_REPLACE,
    STEP_JOIN_SPACES, /* the expression " {2,}" */
    STEP_NMT,
    STEP_CHARSMAP
} step_kind;

typedef struct step {
    step_kind kind;
    skuai_bert_normaliser bert;
    skuai_normal_form form;
    bool left, right;    /* STRIP */
    char *from, *to;     /* REPLACE; PREPEND: to. Owned */
    skuai_charsmap *map; /* owned */
} step;

enum { STEPS_MOST = 32 };

struct skuai_normaliser {
    size_t count;
    step steps[STEPS_MOST];
};

/* -- Reading ---------------------------------------------------------------------------------- */

void skuai_normaliser_free(skuai_normaliser *normaliser) {
    if (!normaliser) return;
    for (size_t i = 0; i < normaliser->count; i++) {
        skuai_free(normaliser->steps[i].from);
        skuai_free(normaliser->steps[i].to);
        skuai_charsmap_free(normaliser->steps[i].map);
    }
    skuai_free(normaliser);
}

static skua_status read_replace(const skuai_json *json, step *s, skua_error *err) {
    const skuai_json *pattern = skuai_json_get(json, "pattern");
    const char *fixed = skuai_json_as_text(skuai_json_get(pattern, "String"), NULL);
    const char *expression = skuai_json_as_text(skuai_json_get(pattern, "Regex"), NULL);
    const char *to = skuai_json_as_text(skuai_json_get(json, "content"), NULL);
    if (!to || (!fixed && !expression) || (fixed && fixed[0] == '\0'))
        return skuai_error_set(err, SKUA_EDATA, "normalizer Replace: no pattern or no content");
    if (expression && strcmp(expression, " {2,}") == 0) {
        s->kind = STEP_JOIN_SPACES;
        fixed = "";
    } else if (expression) {
        return skuai_error_set(err, SKUA_EDATA,
                               "normalizer Replace: the expression '%.80s' is not known here",
                               expression);
    }
    s->from = skuai_text_copy(fixed);
    s->to = skuai_text_copy(to);
    return s->from && s->to ? SKUA_OK : skuai_error_memory(err, "a tokeniser");
}

static skua_status read_charsmap(const skuai_json *json, step *s, skua_error *err) {
    const char *text = skuai_json_as_text(skuai_json_get(json, "precompiled_charsmap"), NULL);
    if (!text)
        return skuai_error_set(err, SKUA_EDATA, "normalizer Precompiled: no precompiled_charsmap");
    return skuai_charsmap_new(text, &s->map, err);
}

static void read_bert(const skuai_json *json, step *s) {
    s->bert.clean = skuai_json_as_bool(skuai_json_get(json, "clean_text"), true);
    s->bert.set_ideographs = skuai_json_as_bool(skuai_json_get(json, "handle_chinese_chars"), true);
    s->bert.lower = skuai_json_as_bool(skuai_json_get(json, "lowercase"), true);
    s->bert.strip_accents =
        skuai_json_as_bool(skuai_json_get(json, "strip_accents"), s->bert.lower);
}

static const struct {
    const char *name;
    step_kind kind;
    skuai_normal_form form;
} kinds[] = {
    {"BertNormalizer", STEP_BERT, 0},
    {"NFC", STEP_NORMAL_FORM, SKUAI_NORMAL_NFC},
    {"NFD", STEP_NORMAL_FORM, SKUAI_NORMAL_NFD},
    {"NFKC", STEP_NORMAL_FORM, SKUAI_NORMAL_NFKC},
    {"NFKD", STEP_NORMAL_FORM, SKUAI_NORMAL_NFKD},
    {"Lowercase", STEP_LOWER, 0},
    {"StripAccents", STEP_STRIP_ACCENTS, 0},
    {"Strip", STEP_STRIP, 0},
    {"Prepend", STEP_PREPEND, 0},
    {"Replace", STEP_REPLACE, 0},
    {"Nmt", STEP_NMT, 0},
    {"Precompiled", STEP_CHARSMAP, 0},
};

static skua_status read_step(const skuai_json *json, skuai_normaliser *normaliser, int depth,
                             skua_error *err) {
    const char *type = skuai_json_as_text(skuai_json_get(json, "type"), NULL);
    if (!type) return skuai_error_set(err, SKUA_EDATA, "normalizer: no type");
    if (strcmp(type, "Sequence") == 0) {
        const skuai_json *list = skuai_json_get(json, "normalizers");
        if (depth > 8 || !skuai_json_is_array(list))
            return skuai_error_set(err, SKUA_EDATA, "normalizer Sequence: no list, or too deep");
        for (size_t i = 0; i < skuai_json_size(list); i++)
            SKUA_TRY(read_step(skuai_json_at(list, i), normaliser, depth + 1, err));
        return SKUA_OK;
    }
    size_t k = 0, n_kinds = sizeof kinds / sizeof kinds[0];
    while (k < n_kinds && strcmp(kinds[k].name, type) != 0)
        k++;
    if (k == n_kinds)
        return skuai_error_set(err, SKUA_EDATA, "normalizer '%.60s' is not known here", type);
    if (normaliser->count == STEPS_MOST)
        return skuai_error_set(err, SKUA_EDATA, "more than %d normalizers", (int)STEPS_MOST);
    step *s = &normaliser->steps[normaliser->count++];
    s->kind = kinds[k].kind;
    s->form = kinds[k].form;
    switch (s->kind) {
    case STEP_BERT:
        read_bert(json, s);
        return SKUA_OK;
    case STEP_STRIP:
        s->left = skuai_json_as_bool(skuai_json_get(json, "strip_left"), true);
        s->right = skuai_json_as_bool(skuai_json_get(json, "strip_right"), true);
        return SKUA_OK;
    case STEP_PREPEND:
        s->to = skuai_text_copy(skuai_json_as_text(skuai_json_get(json, "prepend"), ""));
        return s->to ? SKUA_OK : skuai_error_memory(err, "a tokeniser");
    case STEP_REPLACE:
        return read_replace(json, s, err);
    case STEP_CHARSMAP:
        return read_charsmap(json, s, err);
    default:
        return SKUA_OK;
    }
}

skua_status skuai_normaliser_new(const skuai_json *json, skuai_normaliser **result,
                                 skua_error *err) {
    skuai_normaliser *normaliser = skuai_zero(1, sizeof *normaliser);
    if (!normaliser) return skuai_error_memory(err, "a tokeniser");
    if (skuai_json_get(json, "type") || skuai_json_size(json) > 0) {
        skua_status status = read_step(json, normaliser, 0, err);
        if (status != SKUA_OK) {
            skuai_normaliser_free(normaliser);
            return status;
        }
    }
    *result = normaliser;
    return SKUA_OK;
}

skua_status skuai_normaliser_new_bert(const skuai_bert_normaliser *options,
                                      skuai_normaliser **result, skua_error *err) {
    skuai_normaliser *normaliser = skuai_zero(1, sizeof *normaliser);
    if (!normaliser) return skuai_error_memory(err, "a tokeniser");
    normaliser->count = 1;
    normaliser->steps[0] = (step){.kind = STEP_BERT, .bert = *options};
    *result = normaliser;
    return SKUA_OK;
}

/* -- Applying --------------------------------------------------------------------------------- */

typedef struct view {
    const char *text;
    size_t n;
} view;

typedef bool (*character_test)(uint32_t c);

static void without(view in, character_test drop, skuai_text_builder *out) {
    for (size_t i = 0; i < in.n;) {
        uint32_t c;
        size_t k = skuai_utf8_character(in.text + i, &c);
        if (!drop(c)) skuai_text_builder_add(out, in.text + i, k);
        i += k;
    }
}

static void lower(view in, skuai_text_builder *out) {
    for (size_t i = 0; i < in.n;) {
        uint32_t c;
        i += skuai_utf8_character(in.text + i, &c);
        skuai_character_lower(c, out);
    }
}

/* BERT's first two steps in one go: clean, and spaces around ideographs. */
static void clean_and_set(const skuai_bert_normaliser *bert, view in, skuai_text_builder *out) {
    for (size_t i = 0; i < in.n;) {
        uint32_t c;
        size_t k = skuai_utf8_character(in.text + i, &c);
        if (bert->clean && (c == 0 || c == 0xFFFD || skuai_character_is_control(c))) {
            i += k;
            continue;
        }
        if (bert->clean && skuai_character_is_space(c)) {
            skuai_text_builder_add(out, " ", 1);
        } else if (bert->set_ideographs && skuai_character_is_ideograph(c)) {
            skuai_text_builder_add(out, " ", 1);
            skuai_text_builder_add(out, in.text + i, k);
            skuai_text_builder_add(out, " ", 1);
        } else {
            skuai_text_builder_add(out, in.text + i, k);
        }
        i += k;
    }
}

static skua_status bert(const skuai_bert_normaliser *options, view in, skuai_text_builder *out,
                        skua_error *err) {
    skuai_text_builder clean = {.arena = out->arena}, apart = clean, plain = clean;
    clean_and_set(options, in, &clean);
    if (clean.failed) return skuai_error_memory(err, "a text");
    view now = {clean.data, clean.n};
    if (options->strip_accents) {
        SKUA_TRY(skuai_unicode_normal(SKUAI_NORMAL_NFD, now.text, now.n, &apart, err));
        without((view){apart.data, apart.n}, skuai_character_is_accent, &plain);
        if (plain.failed) return skuai_error_memory(err, "a text");
        now = (view){plain.data, plain.n};
    }
    if (options->lower)
        lower(now, out);
    else
        skuai_text_builder_add(out, now.text, now.n);
    return SKUA_OK;
}

static void strip(const step *s, view in, skuai_text_builder *out) {
    size_t from = 0, to = in.n;
    uint32_t c;
    while (s->left && from < to) {
        size_t k = skuai_utf8_character(in.text + from, &c);
        if (!skuai_character_is_space(c)) break;
        from += k;
    }
    while (s->right && to > from) {
        size_t before = skuai_utf8_before(in.text, to);
        (void)skuai_utf8_character(in.text + before, &c);
        if (!skuai_character_is_space(c)) break;
        to = before;
    }
    skuai_text_builder_add(out, in.text + from, to - from);
}

static void replace(const step *s, view in, skuai_text_builder *out) {
    size_t n = strlen(s->from), m = strlen(s->to), kept = 0;
    for (size_t i = 0; i + n <= in.n;) {
        if (memcmp(in.text + i, s->from, n) != 0) {
            i++;
            continue;
        }
        skuai_text_builder_add(out, in.text + kept, i - kept);
        skuai_text_builder_add(out, s->to, m);
        i += n;
        kept = i;
    }
    skuai_text_builder_add(out, in.text + kept, in.n - kept);
}

static void join_spaces(const step *s, view in, skuai_text_builder *out) {
    for (size_t i = 0; i < in.n;) {
        size_t from = i;
        while (i < in.n && in.text[i] == ' ')
            i++;
        if (i - from >= 2)
            skuai_text_builder_add(out, s->to, strlen(s->to));
        else if (i == from)
            skuai_text_builder_add(out, in.text + i++, 1);
        else
            skuai_text_builder_add(out, " ", 1);
    }
}

static bool nmt_drops(uint32_t c) {
    return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
           c == 0x8F || c == 0x9F;
}

static bool nmt_is_space(uint32_t c) {
    return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
           (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
           c == 0xFEFF || c == 0xFFFD;
}

static void nmt(view in, skuai_text_builder *out) {
    for (size_t i = 0; i < in.n;) {
        uint32_t c;
        size_t k = skuai_utf8_character(in.text + i, &c);
        if (nmt_is_space(c))
            skuai_text_builder_add(out, " ", 1);
        else if (!nmt_drops(c))
            skuai_text_builder_add(out, in.text + i, k);
        i += k;
    }
}

static skua_status apply_step(const step *s, view in, skuai_text_builder *out, skua_error *err) {
    switch (s->kind) {
    case STEP_BERT:
        return bert(&s->bert, in, out, err);
    case STEP_NORMAL_FORM:
        return skuai_unicode_normal(s->form, in.text, in.n, out, err);
    case STEP_LOWER:
        lower(in, out);
        break;
    case STEP_STRIP_ACCENTS:
        without(in, skuai_character_is_mark, out);
        break;
    case STEP_STRIP:
        strip(s, in, out);
        break;
    case STEP_PREPEND:
        if (in.n > 0) skuai_text_builder_add(out, s->to, strlen(s->to));
        skuai_text_builder_add(out, in.text, in.n);
        break;
    case STEP_REPLACE:
        replace(s, in, out);
        break;
    case STEP_JOIN_SPACES:
        join_spaces(s, in, out);
        break;
    case STEP_NMT:
        nmt(in, out);
        break;
    case STEP_CHARSMAP:
        skuai_charsmap_apply(s->map, in.text, in.n, out);
        break;
    }
    return SKUA_OK;
}

skua_status skuai_normaliser_apply(const skuai_normaliser *normaliser, const char *text, size_t n,
                                   skuai_arena *arena, const char **result, size_t *result_n,
                                   skua_error *err) {
    view now = {text, n};
    for (size_t i = 0; i < normaliser->count; i++) {
        skuai_text_builder out = {.arena = arena};
        SKUA_TRY(apply_step(&normaliser->steps[i], now, &out, err));
        if (out.failed) return skuai_error_memory(err, "a text");
        now = (view){out.data ? out.data : "", out.n};
    }
    *result = now.text;
    *result_n = now.n;
    return SKUA_OK;
}
