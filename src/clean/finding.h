/* finding.h -- something odd in the data: what, where, before, after, why (room clean).
 *
 * A finding never changes a row. Its status says whether what it proposes is applied as an overlay
 * when a panel is built: `applied` ones are, `proposed` ones wait for a person, `rejected` ones
 * stay as they were decided. Taking a finding back is setting its status. */
#ifndef SKUA_CLEAN_FINDING_H
#define SKUA_CLEAN_FINDING_H

#include "core/alloc.h"

/* Kind, its name in the table `findings`, the status it starts with, and what it is. */
#define SKUAI_FINDING_MAP(X)                                                                       \
    X(DUPLICATE, "duplicate", PROPOSED, "a row that repeats another exactly")                      \
    X(NEAR_DUPLICATE, "near-duplicate", PROPOSED, "a row that nearly repeats another")             \
    X(GAP, "gap", APPLIED, "periods without a row inside an item's life")                          \
    X(NON_PRODUCT, "non-product", PROPOSED, "postage, charges, samples: nothing that is demanded") \
    X(WHOLESALE, "wholesale", PROPOSED, "an order that dwarfs the item's other orders")            \
    X(NEGATIVE, "negative", APPLIED, "a negative value where none can be")                         \
    X(IMPOSSIBLE, "impossible", APPLIED, "a value or date that cannot be")                         \
    X(UNIT_CHANGE, "unit-change", PROPOSED, "units counted in another unit or pack")               \
    X(PACK, "pack", PROPOSED, "a pack that title and number disagree on")                          \
    X(CURRENCY, "currency", PROPOSED, "several currencies in one channel")                         \
    X(PRICE_ERROR, "price-error", APPLIED, "a price that its history calls wrong")                 \
    X(TEXT, "text", APPLIED, "a text in another form (NFC, width, spaces)")                        \
    X(CATEGORY, "category", PROPOSED, "two spellings of one category")                             \
    X(DESCRIPTIONS, "descriptions", PROPOSED, "several descriptions for one code")                 \
    X(REUSED_CODE, "reused-code", PROPOSED, "a code given to another product")                     \
    X(SUCCESSOR, "successor", PROPOSED, "an item that takes over from another")                    \
    X(BUNDLE, "bundle", APPLIED, "units that are sales of the bundle's parts")                     \
    X(OUTLIER, "outlier", APPLIED, "a value far from what its neighbours and season say")          \
    X(PICTURE, "picture", PROPOSED, "a picture that cannot be read")                               \
    X(SAME_PICTURE, "same-picture", PROPOSED, "two items with nearly the same picture")            \
    X(DEAD, "dead", PROPOSED, "an item that sells no more")                                        \
    X(NEWBORN, "newborn", PROPOSED, "an item with little history")                                 \
    X(SEASONAL, "seasonal", PROPOSED, "an item that sells in a part of the year only")             \
    X(INCOMPLETE, "incomplete-period", APPLIED, "a last period that is not over")                  \
    X(STOCK_OUT, "stock-out", APPLIED, "demand that could not be served")

typedef enum skuai_finding_kind {
#define SKUAI_FINDING_ENUM(name, text, status, about) SKUAI_FINDING_##name,
    SKUAI_FINDING_MAP(SKUAI_FINDING_ENUM)
#undef SKUAI_FINDING_ENUM
        SKUAI_FINDING_KINDS
} skuai_finding_kind;

typedef enum skuai_finding_status {
    SKUAI_FINDING_PROPOSED,
    SKUAI_FINDING_APPLIED,
    SKUAI_FINDING_REJECTED
} skuai_finding_status;

typedef struct skuai_finding {
    skuai_finding_kind kind;
    skuai_finding_status status;
    const char *table;                /* "sales", "orders", "items", static */
    const char *row;                  /* key of the row as text, in the list's memory */
    const char *item, *channel;       /* "" none */
    const char *before, *after, *why; /* texts, in the list's memory; "" none */
    size_t series;                    /* of the panel; SIZE_MAX none */
    int64_t from, to;                 /* periods, inclusive; without a series 0, but of a re-used
                                         code the day from which it is another product */
    double number; /* what the treatment needs: the new value, or the factor; NaN none */
    double score;  /* how sure, larger is surer; kinds do not compare */
} skuai_finding;

typedef struct skuai_findings {
    skuai_arena *arena;   /* texts */
    skuai_finding *items; /* [n] */
    size_t n, capacity;
} skuai_findings;

const char *skuai_finding_name(skuai_finding_kind kind);  /* "stock-out" */
const char *skuai_finding_about(skuai_finding_kind kind); /* one line, static */
const char *skuai_finding_status_name(skuai_finding_status status);
/* Back from the name; false, *kind untouched, when there is none. */
bool skuai_finding_parse(const char *name, skuai_finding_kind *kind);
bool skuai_finding_status_parse(const char *name, skuai_finding_status *status);

SKUA_MUST_USE skua_status skuai_findings_init(skuai_findings *list, skua_error *err);
void skuai_findings_clear(skuai_findings *list); /* a zeroed one is allowed */

/* Add a finding: texts (NULL: "") are copied into the list, the status is that of its kind. */
SKUA_MUST_USE skua_status skuai_findings_add(skuai_findings *list, const skuai_finding *finding,
                                             skua_error *err);
/* A formatted text in the list's memory, for a finding's fields; NULL when out of memory. */
const char *skuai_findings_text(skuai_findings *list, const char *format, ...) SKUA_PRINTF(2, 3);
size_t skuai_findings_count(const skuai_findings *list, skuai_finding_kind kind);

#endif
