#include "encode/split_pattern.h"

#include "encode/unicode_text.h"

#include <string.h>

static const struct {
    const char *expression;
    skuai_split_pattern pattern;
} expressions[] = {
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
     SKUAI_SPLIT_GPT2},
    {"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
     "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     SKUAI_SPLIT_LLAMA3},
    {"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
     "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     SKUAI_SPLIT_QWEN2},
};

skuai_split_pattern skuai_split_pattern_find(const char *expression) {
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++)
        if (strcmp(expressions[i].expression, expression) == 0) return expressions[i].pattern;
    return SKUAI_SPLIT_UNKNOWN;
}

typedef enum class { CLASS_END, CLASS_LETTER, CLASS_NUMBER, CLASS_SPACE, CLASS_OTHER } class;

/* Class of the character at text[i], and its bytes. */
static class class_at(const char *text, size_t n, size_t i, size_t *bytes) {
    uint32_t c;
    *bytes = 0;
    if (i >= n) return CLASS_END;
    *bytes = skuai_utf8_character(text + i, &c);
    if (skuai_character_is_space(c)) return CLASS_SPACE;
    if (skuai_character_is_letter(c)) return CLASS_LETTER;
    return skuai_character_is_number(c) ? CLASS_NUMBER : CLASS_OTHER;
}

/* Where the run of a class that begins at i ends, after at most `most` characters. */
static size_t run_end(const char *text, size_t n, size_t i, class wanted, size_t most) {
    size_t bytes;
    for (; most > 0 && class_at(text, n, i, &bytes) == wanted; most--)
        i += bytes;
    return i;
}

/* Bytes of 's 't 're 've 'm 'll 'd at the front; 0: none. Without regard to case a long s is an s
 * too (Unicode's simple case folding). */
static size_t contraction(const char *text, size_t n, bool any_case) {
    static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    if (n < 2 || text[0] != '\'') return 0;
    if (any_case && n >= 3 && memcmp(text + 1, "\xC5\xBF", 2) == 0) return 3;
    for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++) {
        size_t m = strlen(endings[k]), same = 0;
        while (same < m && 1 + same < n) {
            char c = text[1 + same];
            if (any_case && c >= 'A' && c <= 'Z') c = (char)(c + 32);
            if (c != endings[k][same]) break;
            same++;
        }
        if (same == m) return 1 + m;
    }
    return 0;
}

/* \s+(?!\S)|\s+ of a run of white space that ends at `end`: all of it at the text's end, else all
 * but its last character, else that one. */
static size_t white_space(const char *text, size_t n, size_t end) {
    if (end == n) return end;
    size_t last = skuai_utf8_before(text, end);
    return last > 0 ? last : end;
}

static size_t match_gpt2(const char *text, size_t n) {
    size_t k = contraction(text, n, false), bytes;
    if (k > 0) return k;
    size_t from = text[0] == ' ' ? 1 : 0;
    class next = class_at(text, n, from, &bytes);
    if (next == CLASS_LETTER || next == CLASS_NUMBER || next == CLASS_OTHER)
        return run_end(text, n, from, next, SIZE_MAX);
    return white_space(text, n, run_end(text, n, 0, CLASS_SPACE, SIZE_MAX));
}

static bool is_line_end(char c) {
    return c == '\r' || c == '\n';
}

static size_t match_llama3(const char *text, size_t n, size_t digits) {
    size_t k = contraction(text, n, true), bytes, next_bytes;
    if (k > 0) return k;
    class first = class_at(text, n, 0, &bytes);
    if (first == CLASS_LETTER) return run_end(text, n, 0, CLASS_LETTER, SIZE_MAX);
    if (first != CLASS_NUMBER && !is_line_end(text[0]) &&
        class_at(text, n, bytes, &next_bytes) == CLASS_LETTER)
        return run_end(text, n, bytes, CLASS_LETTER, SIZE_MAX);
    if (first == CLASS_NUMBER) return run_end(text, n, 0, CLASS_NUMBER, digits);
    size_t from = text[0] == ' ' ? 1 : 0;
    if (class_at(text, n, from, &next_bytes) == CLASS_OTHER) {
        size_t end = run_end(text, n, from, CLASS_OTHER, SIZE_MAX);
        while (end < n && is_line_end(text[end]))
            end++;
        return end;
    }
    size_t end = run_end(text, n, 0, CLASS_SPACE, SIZE_MAX);
    for (size_t i = end; i > 0; i--)
        if (is_line_end(text[i - 1])) return i; /* \s*[\r\n]+ */
    return white_space(text, n, end);
}

size_t skuai_split_pattern_match(skuai_split_pattern pattern, const char *text, size_t n) {
    if (pattern == SKUAI_SPLIT_GPT2) return match_gpt2(text, n);
    return match_llama3(text, n, pattern == SKUAI_SPLIT_LLAMA3 ? 3 : 1);
}
