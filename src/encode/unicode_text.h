/* unicode_text.h -- code points, their classes and normal forms (room encode; utf8proc).
 *
 * Classes are those that Hugging Face tokenizers uses: white space is Unicode's White_Space,
 * punctuation is ASCII's and general category P, a control is category C (but not what is not
 * assigned, and tab, line feed and carriage return are white space). Normal forms: UAX #15. */
#ifndef SKUA_ENCODE_UNICODE_TEXT_H
#define SKUA_ENCODE_UNICODE_TEXT_H

#include "core/alloc.h"

/* A text that grows in an arena; a failure sticks and is told by _done. */
typedef struct skuai_text_builder {
    skuai_arena *arena; /* borrowed */
    char *data;         /* [capacity], in the arena */
    size_t n, capacity;
    bool failed;
} skuai_text_builder;

void skuai_text_builder_add(skuai_text_builder *builder, const char *text, size_t n);
void skuai_text_builder_character(skuai_text_builder *builder, uint32_t c);

/* The character at the front of a valid UTF-8 text, and its bytes (1 .. 4). */
size_t skuai_utf8_character(const char *text, uint32_t *c);
/* Where the character that ends at `end` (> 0) of a valid text begins. */
size_t skuai_utf8_before(const char *text, size_t end);

/* The text with every byte sequence that is not UTF-8 replaced by U+FFFD, one for each maximal
 * subpart (Unicode 15, 3.9; what Python's errors="replace" does). A valid text is given back as it
 * is, otherwise a copy in the arena. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_utf8_repair(const char *text, size_t n, skuai_arena *arena,
                                            const char **repaired, size_t *repaired_n,
                                            skua_error *err);

bool skuai_character_is_space(uint32_t c);
bool skuai_character_is_punctuation(uint32_t c);
bool skuai_character_is_control(uint32_t c);
bool skuai_character_is_letter(uint32_t c);    /* category L */
bool skuai_character_is_number(uint32_t c);    /* category N */
bool skuai_character_is_word(uint32_t c);      /* \w: letter, number, mark, connector */
bool skuai_character_is_mark(uint32_t c);      /* category M */
bool skuai_character_is_accent(uint32_t c);    /* category Mn */
bool skuai_character_is_ideograph(uint32_t c); /* what BERT sets apart: CJK ideographs */
bool skuai_character_is_emoji(uint32_t c);     /* pictographs and their modifiers, roughly */
/* May a user see two clusters (UAX #29) between these neighbours; state starts as 0. */
bool skuai_character_break(uint32_t before, uint32_t after, int32_t *state);

/* Append the lower case of one character (several characters for U+0130, as in Unicode's
 * SpecialCasing). */
void skuai_character_lower(uint32_t c, skuai_text_builder *out);

typedef enum skuai_normal_form {
    SKUAI_NORMAL_NFC,
    SKUAI_NORMAL_NFD,
    SKUAI_NORMAL_NFKC,
    SKUAI_NORMAL_NFKD
} skuai_normal_form;

/* Append the normal form of a valid UTF-8 text; time is linear in n for any text. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_unicode_normal(skuai_normal_form form, const char *text, size_t n,
                                               skuai_text_builder *out, skua_error *err);

#endif
