#include "shop/tag_list.h"

#include "core/file.h"
#include "encode/unicode_text.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 16 << 20, LABELS_MOST = 10000, RULES_MOST = 100000 };

skua_status skuai_tag_list_init(skuai_tag_list *list, skua_error *err) {
    *list = (skuai_tag_list){.arena = skuai_arena_new(0)};
    return list->arena ? SKUA_OK : skuai_error_memory(err, "labels");
}

void skuai_tag_list_clear(skuai_tag_list *list) {
    skuai_free(list->labels);
    skuai_free(list->rules);
    skuai_free(list->examples);
    skuai_arena_free(list->arena);
    *list = (skuai_tag_list){0};
}

/* -- Labels ----------------------------------------------------------------------------------- */

/* Number of a label, a new one when it is not there; words NULL: its name. */
static skua_status label_of(skuai_tag_list *list, const char *name, size_t n, const char *words,
                            size_t n_words, uint32_t *label, skua_error *err) {
    for (size_t k = 0; k < list->n_labels; k++) {
        if (strlen(list->labels[k].name) != n || memcmp(list->labels[k].name, name, n) != 0)
            continue;
        *label = (uint32_t)k;
        return SKUA_OK;
    }
    if (list->n_labels == LABELS_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "more than %d labels", LABELS_MOST);
    if (list->n_labels == list->room_labels) {
        size_t room = list->room_labels ? 2 * list->room_labels : 64;
        skuai_tag_label *labels = skuai_resize(list->labels, room, sizeof *labels);
        if (!labels) return skuai_error_memory(err, "labels");
        list->labels = labels;
        list->room_labels = room;
    }
    skuai_tag_label l = {.name = skuai_arena_text(list->arena, name, n)};
    l.words = words ? skuai_arena_text(list->arena, words, n_words) : l.name;
    if (!l.name || !l.words) return skuai_error_memory(err, "labels");
    *label = (uint32_t)list->n_labels;
    list->labels[list->n_labels++] = l;
    return SKUA_OK;
}

/* -- Files of lines --------------------------------------------------------------------------- */

static void trim(const char **text, size_t *n) {
    while (*n > 0 && strchr(" \t\r", (*text)[0]))
        ++*text, --*n;
    while (*n > 0 && strchr(" \t\r", (*text)[*n - 1]))
        --*n;
}

typedef skua_status (*take_line)(skuai_tag_list *list, const char *name, size_t n,
                                 const char *words, size_t n_words, skua_error *err);

/* Each line as a name and what stands behind its first colon (words NULL: there is none). */
static skua_status read_lines(skuai_tag_list *list, const char *path, take_line take,
                              skua_error *err) {
    skuai_buffer bytes;
    size_t number = 0;
    skuai_buffer_init(&bytes, FILE_MOST + 1);
    skua_status status = skuai_file_read(path, FILE_MOST, &bytes, err);
    const char *at = skuai_buffer_view(&bytes), *end = at + bytes.size;
    if (status == SKUA_OK && bytes.size >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
    while (status == SKUA_OK && at < end) {
        const char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop ? stop : end) - line);
        at = stop ? stop + 1 : end;
        number++;
        trim(&line, &n);
        if (n == 0 || line[0] == '#') continue;
        const char *colon = memchr(line, ':', n), *words = colon ? colon + 1 : NULL;
        size_t n_words = colon ? (size_t)(line + n - words) : 0;
        if (colon) n = (size_t)(colon - line);
        trim(&line, &n);
        if (words) trim(&words, &n_words);
        status = n > 0 ? take(list, line, n, words, n_words, err)
                       : skuai_error_set(err, SKUA_EDATA, "no label before the colon");
        if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s:%zu", path, number);
    }
    skuai_buffer_clear(&bytes);
    return status;
}

static skua_status take_label(skuai_tag_list *list, const char *name, size_t n, const char *words,
                              size_t n_words, skua_error *err) {
    uint32_t label;
    return label_of(list, name, n, n_words ? words : NULL, n_words, &label, err);
}

skua_status skuai_tag_list_labels(skuai_tag_list *list, const char *path, skua_error *err) {
    return read_lines(list, path, take_label, err);
}

/* -- Rules ------------------------------------------------------------------------------------ */

static skua_status lower_case(const char *text, size_t n, skuai_arena *arena, const char **lower,
                              size_t *lower_n, skua_error *err) {
    const char *valid;
    size_t valid_n;
    skuai_text_builder b = {.arena = arena};
    SKUA_TRY(skuai_utf8_repair(text, n, arena, &valid, &valid_n, err));
    for (size_t at = 0; at < valid_n;) {
        uint32_t c;
        at += skuai_utf8_character(valid + at, &c);
        skuai_character_lower(c, &b);
    }
    if (b.failed) return skuai_error_memory(err, "words");
    *lower = b.data ? b.data : "";
    *lower_n = b.n;
    return SKUA_OK;
}

static skua_status add_rule(skuai_tag_list *list, uint32_t label, const char *phrase, size_t n,
                            skua_error *err) {
    if (list->n_rules == RULES_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "more than %d rules", RULES_MOST);
    if (list->n_rules == list->room_rules) {
        size_t room = list->room_rules ? 2 * list->room_rules : 64;
        skuai_tag_rule *rules = skuai_resize(list->rules, room, sizeof *rules);
        if (!rules) return skuai_error_memory(err, "rules");
        list->rules = rules;
        list->room_rules = room;
    }
    skuai_tag_rule rule = {.label = label};
    SKUA_TRY(lower_case(phrase, n, list->arena, &rule.phrase, &rule.n, err));
    list->rules[list->n_rules++] = rule;
    return SKUA_OK;
}

static skua_status take_rule(skuai_tag_list *list, const char *name, size_t n, const char *words,
                             size_t n_words, skua_error *err) {
    uint32_t label;
    if (n_words == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "a rule is a label, a colon and words: label: word | two words");
    SKUA_TRY(label_of(list, name, n, NULL, 0, &label, err));
    for (const char *end = words + n_words; words < end;) {
        const char *bar = memchr(words, '|', (size_t)(end - words)), *phrase = words;
        size_t size = (size_t)((bar ? bar : end) - words);
        words = bar ? bar + 1 : end;
        trim(&phrase, &size);
        if (size > 0) SKUA_TRY(add_rule(list, label, phrase, size, err));
    }
    return SKUA_OK;
}

skua_status skuai_tag_list_rules(skuai_tag_list *list, const char *path, skua_error *err) {
    return read_lines(list, path, take_rule, err);
}

/* Letters and digits of scripts with spaces: beside one of them a phrase is part of a word. */
static bool joins(uint32_t c) {
    return (skuai_character_is_letter(c) || skuai_character_is_number(c) ||
            skuai_character_is_mark(c)) &&
           !skuai_character_is_ideograph(c);
}

static bool ends_word(const char *text, size_t n, size_t at, const char *phrase, size_t size) {
    uint32_t first, last, before = ' ', after = ' ';
    (void)skuai_utf8_character(phrase, &first);
    (void)skuai_utf8_character(phrase + skuai_utf8_before(phrase, size), &last);
    if (at > 0) (void)skuai_utf8_character(text + skuai_utf8_before(text, at), &before);
    if (at + size < n) (void)skuai_utf8_character(text + at + size, &after);
    return !(joins(first) && joins(before)) && !(joins(last) && joins(after));
}

static bool stands_in(const char *text, size_t n, const char *phrase, size_t size) {
    for (size_t at = 0; at + size <= n; at++)
        if (text[at] == phrase[0] && memcmp(text + at, phrase, size) == 0 &&
            ends_word(text, n, at, phrase, size))
            return true;
    return false;
}

skua_status skuai_tag_list_match(const skuai_tag_list *list, const char *text, size_t n,
                                 skuai_arena *scratch, uint32_t *label, skua_error *err) {
    const char *lower = "";
    *label = UINT32_MAX;
    if (list->n_rules == 0) return SKUA_OK;
    SKUA_TRY(lower_case(text, n, scratch, &lower, &n, err));
    for (size_t r = 0; r < list->n_rules; r++) {
        if (!stands_in(lower, n, list->rules[r].phrase, list->rules[r].n)) continue;
        *label = list->rules[r].label;
        return SKUA_OK;
    }
    return SKUA_OK;
}

/* -- Examples --------------------------------------------------------------------------------- */

skua_status skuai_tag_list_examples(skuai_tag_list *list, skuai_store *store, const char *path,
                                    skua_error *err) {
    skuai_buffer sql;
    skuai_table *t = NULL;
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "SELECT item, any_value(trim(label)) AS label FROM read_csv(");
    skuai_sql_text(&sql, path);
    (void)skuai_buffer_text(&sql, ", header = true, all_varchar = true) WHERE item IS NOT NULL AND "
                                  "trim(label) <> '' GROUP BY item ORDER BY item COLLATE C");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_query(store, sql.data, NULL, 0, &t, err);
    skuai_buffer_clear(&sql);
    if (status != SKUA_OK)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: examples are a CSV file with the columns item and label", path);
    list->examples = skuai_new(t->n_rows, sizeof *list->examples);
    if (!list->examples) status = skuai_error_memory(err, "examples");
    for (size_t r = 0; status == SKUA_OK && r < t->n_rows; r++) {
        const char *item = t->columns[0].texts[r], *label = t->columns[1].texts[r];
        skuai_tag_example *e = &list->examples[list->n_examples];
        status = label_of(list, label, strlen(label), NULL, 0, &e->label, err);
        e->item = skuai_arena_text(list->arena, item, strlen(item));
        if (status == SKUA_OK && !e->item) status = skuai_error_memory(err, "examples");
        if (status == SKUA_OK) list->n_examples++;
    }
    skuai_table_free(t);
    return status;
}

static int by_item(const void *key, const void *element) {
    const skuai_tag_example *e = element;
    return strcmp(key, e->item);
}

const skuai_tag_example *skuai_tag_list_example(const skuai_tag_list *list, const char *item) {
    if (list->n_examples == 0) return NULL;
    return bsearch(item, list->examples, list->n_examples, sizeof *list->examples, by_item);
}
