/* tag_list.h -- what a user says of labels: a list of them, rules, examples (room shop, private).
 *
 * Lists and rules are text files, a label a line: "label", or "label: words that say what it is",
 * or, for rules, "label: word | two words | 连衣裙". Empty lines and those that begin with # are
 * left out. Examples are a CSV with columns item and label. */
#ifndef SKUA_SHOP_TAG_LIST_H
#define SKUA_SHOP_TAG_LIST_H

#include "shop/shop.h"

typedef struct skuai_tag_label {
    const char *name;
    const char *words; /* what names it to the encoder: words of the list, else the name */
} skuai_tag_label;

typedef struct skuai_tag_rule {
    uint32_t label;
    const char *phrase; /* in lower case */
    size_t n;
} skuai_tag_rule;

typedef struct skuai_tag_example {
    const char *item;
    uint32_t label;
} skuai_tag_example;

typedef struct skuai_tag_list {
    skuai_arena *arena; /* owned: holds everything */
    skuai_tag_label *labels;
    size_t n_labels, room_labels;
    skuai_tag_rule *rules;
    size_t n_rules, room_rules;
    skuai_tag_example *examples; /* in order of item */
    size_t n_examples;
} skuai_tag_list;

SKUA_MUST_USE skua_status skuai_tag_list_init(skuai_tag_list *list, skua_error *err);
void skuai_tag_list_clear(skuai_tag_list *list); /* a zeroed one is allowed */

/* Add a file of labels, of rules, of examples. SKUA_ENOTFOUND, SKUA_EIO; SKUA_EDATA naming file and
 * line; SKUA_ELIMIT past 10,000 labels. */
SKUA_MUST_USE skua_status skuai_tag_list_labels(skuai_tag_list *list, const char *path,
                                                skua_error *err);
SKUA_MUST_USE skua_status skuai_tag_list_rules(skuai_tag_list *list, const char *path,
                                               skua_error *err);
SKUA_MUST_USE skua_status skuai_tag_list_examples(skuai_tag_list *list, skuai_store *store,
                                                  const char *path, skua_error *err);

/* The label of the first rule whose phrase stands in a text, as whole words; UINT32_MAX: none. */
SKUA_MUST_USE skua_status skuai_tag_list_match(const skuai_tag_list *list, const char *text,
                                               size_t n, skuai_arena *scratch, uint32_t *label,
                                               skua_error *err);
/* The example of an item; NULL: is none. */
const skuai_tag_example *skuai_tag_list_example(const skuai_tag_list *list, const char *item);

#endif
