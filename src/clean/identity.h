/* identity.h -- what a code stands for: several descriptions, a code given to another product, an
 * item that takes over from another (room clean).
 *
 * Pure functions on what clean/check.h reads: descriptions of a code with the days and prices they
 * were seen at, items with the days of their first and last sale. */
#ifndef SKUA_CLEAN_IDENTITY_H
#define SKUA_CLEAN_IDENTITY_H

#include "core/alloc.h"

/* One description under which a code was sold. */
typedef struct skuai_description {
    const char *text;    /* as it stands */
    const char *key;     /* skuai_text_key of it */
    int64_t first, last; /* days of the first and last row with it */
    double rows;         /* rows with it */
    double price;        /* median price of them; NaN unknown */
} skuai_description;

typedef enum skuai_identity {
    SKUAI_IDENTITY_SAME,    /* one description, or spellings of one */
    SKUAI_IDENTITY_SEVERAL, /* several texts for one product: notes, renamings */
    SKUAI_IDENTITY_REUSED   /* another product from some day on */
} skuai_identity;

/* Judge the descriptions of one code, n >= 1, in any order.
 *   main_text out  index of the description that is kept: most rows, then the latest
 *   change    out  REUSED: index of the first description of the new product
 * REUSED needs two descriptions with at least `rows_least` rows each that share less than a third
 * of their neighbouring characters, whose days do not overlap, and a break beside the words: the
 * price moves by more than a factor of 1.5, or nothing was sold for 60 days between. */
skuai_identity skuai_identity_judge(const skuai_description *descriptions, size_t n,
                                    double rows_least, size_t *main_text, size_t *change);

/* An item's life. */
typedef struct skuai_item_life {
    const char *item, *key; /* code and key of the title ("" unknown) */
    const char *category;   /* "" unknown */
    int64_t first, last;    /* days of its first and last sale */
    double price;           /* NaN unknown */
    const char *replaces;   /* given: the item it succeeds; NULL or "" */
} skuai_item_life;

typedef struct skuai_succession {
    size_t from, to;   /* indices of the old and the new item */
    double similarity; /* of the titles; 1 when given */
    bool given;        /* by `replaces` */
} skuai_succession;

typedef struct skuai_succession_options {
    int64_t window;    /* days between the last sale of the old and the first of the new */
    int64_t quiet;     /* days without a sale before `end` that make an item an ended one */
    double similarity; /* of titles, 0 .. 1 */
} skuai_succession_options;

#define SKUAI_SUCCESSION_OPTIONS_DEFAULT                                                           \
    ((skuai_succession_options){.window = 45, .quiet = 30, .similarity = 0.8})

/* Who succeeds whom among n items of which nothing later than day `end` is known; at most one
 * predecessor and one successor an item, given ones first, then by similarity. Items whose titles
 * differ in a number only (sizes, volumes) are variants, not successors, unless their prices agree
 * within a tenth. *pairs is an array of *n_pairs (skuai_free). O(n log n + pairs in the window).
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_successions(const skuai_item_life *items, size_t n, int64_t end,
                                            const skuai_succession_options *options,
                                            skuai_succession **pairs, size_t *n_pairs,
                                            skua_error *err);

/* Two spellings of a category: `rare` is proposed to become `usual`. */
typedef struct skuai_spelling {
    size_t rare, usual; /* indices */
    bool same_key;      /* differ in case, width, spaces or punctuation only */
} skuai_spelling;

/* Spellings among n categories with counts of their items: same key, or keys of at least 5 letters
 * one edit apart (two from 12 on), without a digit between them, and the rare one at most a fifth
 * of the usual. keys by skuai_text_key. *pairs is an array (skuai_free). Edits are looked for among
 * at most 4,000 categories, the first ones; same keys among all. */
SKUA_MUST_USE skua_status skuai_category_spellings(const char *const *keys, const double *counts,
                                                   size_t n, skuai_spelling **pairs,
                                                   size_t *n_pairs, skua_error *err);

#endif
