/* What codes stand for: descriptions, successors, equal titles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/check_steps.h"
#include "clean/text_normal.h"

static const int64_t DAY = 86400; /* seconds */
enum { ROWS_LEAST = 5 };          /* of a description, for a code to count as used anew */

static const char *cell(const skuai_table *table, size_t column, size_t row) {
    const char *text = table->columns[column].texts[row];
    return text ? text : "";
}

static int64_t day_of(const skuai_table *table, size_t column, size_t row) {
    int64_t seconds = table->columns[column].integers[row];
    return seconds >= 0 ? seconds / DAY : (seconds - DAY + 1) / DAY;
}

static skua_status key_of(const char *text, skuai_arena *arena, const char **key, skua_error *err) {
    skua_status status = skuai_text_key(text, arena, key, err);
    if (status != SKUA_EENCODING && status != SKUA_ELIMIT) return status;
    *key = "";
    return SKUA_OK;
}

/* -- Descriptions -------------------------------------------------------------------------------
 */

static skua_status judge_code(const skuai_table *t, size_t from, size_t to,
                              skuai_description *descriptions, skuai_findings *findings,
                              skua_error *err) {
    size_t main_text, change;
    const char *item = cell(t, 0, from);
    skuai_identity identity =
        skuai_identity_judge(descriptions, to - from, ROWS_LEAST, &main_text, &change);
    if (identity == SKUAI_IDENTITY_REUSED) {
        char day[SKUAI_PERIOD_TEXT_SIZE];
        skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
        (void)skuai_period_text(&grid, descriptions[change].first, day);
        SKUA_TRY(skuai_check_add_item(
            findings, SKUAI_FINDING_REUSED_CODE, item, item, descriptions[main_text].text,
            descriptions[change].text,
            skuai_findings_text(findings, "from %s on another product goes by this code", day),
            err));
        findings->items[findings->n - 1].from = descriptions[change].first;
        return SKUA_OK;
    }
    for (size_t i = 0; i < to - from && identity == SKUAI_IDENTITY_SEVERAL; i++) {
        if (i == main_text || strcmp(descriptions[i].key, descriptions[main_text].key) == 0)
            continue;
        SKUA_TRY(skuai_check_add_item(
            findings, SKUAI_FINDING_DESCRIPTIONS, item, item, descriptions[i].text,
            descriptions[main_text].text,
            skuai_findings_text(findings, "%.0f rows say so, %.0f say '%s'", descriptions[i].rows,
                                descriptions[main_text].rows, descriptions[main_text].text),
            err));
    }
    return SKUA_OK;
}

/* Every title under which a code was met, with its days and, in orders, its median price. */
static skua_status check_descriptions(skuai_store *store, skuai_arena *arena,
                                      skuai_findings *findings, skua_error *err) {
    skuai_table *t;
    SKUA_TRY(skuai_store_query(
        store,
        "WITH names AS (SELECT item, title, sum(rows) AS n, min(first_ds) AS a, max(last_ds) AS b"
        " FROM item_names GROUP BY ALL), several AS (SELECT item FROM names GROUP BY item HAVING"
        " count(*) > 1) SELECT n.item, n.title, CAST(n.n AS DOUBLE), n.a, n.b, median(o.unit_price)"
        " FROM names n JOIN several USING (item) LEFT JOIN orders o ON o.item = n.item AND"
        " o.kind = 'sale' AND epoch(o.ts) BETWEEN epoch(n.a) AND epoch(n.b) GROUP BY ALL"
        " ORDER BY n.item, n.a, n.title",
        NULL, 0, &t, err));
    skuai_description *d = skuai_arena_take(arena, t->n_rows, sizeof *d);
    skua_status status = d ? SKUA_OK : skuai_error_memory(err, "descriptions");
    for (size_t r = 0; r < t->n_rows && status == SKUA_OK; r++) {
        d[r] = (skuai_description){.text = cell(t, 1, r),
                                   .rows = t->columns[2].doubles[r],
                                   .first = day_of(t, 3, r),
                                   .last = day_of(t, 4, r),
                                   .price = t->columns[5].doubles[r]};
        status = key_of(d[r].text, arena, &d[r].key, err);
    }
    for (size_t i = 0, j; i < t->n_rows && status == SKUA_OK; i = j) {
        for (j = i; j < t->n_rows && strcmp(cell(t, 0, j), cell(t, 0, i)) == 0;)
            j++;
        status = judge_code(t, i, j, d + i, findings, err);
    }
    skuai_table_free(t);
    return status;
}

/* -- Successors and equal titles -----------------------------------------------------------------
 */

static skua_status read_lives(skuai_store *store, skuai_arena *arena, skuai_table **t,
                              skuai_item_life **lives, int64_t *end, skua_error *err) {
    SKUA_TRY(skuai_store_query(
        store,
        "WITH sold AS (SELECT item, min(ts) AS a, max(ts) AS b, median(unit_price) AS price FROM"
        " (SELECT item, CAST(epoch(ts) AS BIGINT) AS ts, unit_price FROM orders WHERE kind = 'sale'"
        " AND units > 0 UNION ALL SELECT item, CAST(epoch(ds) AS BIGINT), price FROM sales WHERE"
        " units > 0) GROUP BY item) SELECT s.item, coalesce(i.title, ''), coalesce(i.category, ''),"
        " coalesce(i.replaces, ''), s.a, s.b, s.price FROM sold s LEFT JOIN items i USING (item)"
        " ORDER BY s.item",
        NULL, 0, t, err));
    size_t n = (*t)->n_rows;
    skuai_item_life *l = skuai_arena_take(arena, n, sizeof *l);
    skua_status status = l ? SKUA_OK : skuai_error_memory(err, "items");
    *end = INT64_MIN;
    for (size_t r = 0; r < n && status == SKUA_OK; r++) {
        l[r] = (skuai_item_life){.item = cell(*t, 0, r),
                                 .category = cell(*t, 2, r),
                                 .replaces = cell(*t, 3, r),
                                 .first = day_of(*t, 4, r),
                                 .last = day_of(*t, 5, r),
                                 .price = (*t)->columns[6].doubles[r]};
        if (l[r].last > *end) *end = l[r].last;
        status = key_of(cell(*t, 1, r), arena, &l[r].key, err);
    }
    if (status != SKUA_OK) skuai_table_free(*t);
    *lives = l;
    return status;
}

static skua_status add_successions(const skuai_table *t, const skuai_item_life *lives, int64_t end,
                                   const skuai_succession_options *options,
                                   skuai_findings *findings, skua_error *err) {
    skuai_succession *pairs;
    size_t n;
    SKUA_TRY(skuai_successions(lives, t->n_rows, end, options, &pairs, &n, err));
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < n && status == SKUA_OK; i++) {
        const skuai_item_life *old = &lives[pairs[i].from], *new = &lives[pairs[i].to];
        long long apart = (long long)(new->first - old->last);
        const char *why =
            pairs[i].given
                ? skuai_findings_text(findings, "'%s' says that it replaces it", new->item)
                : skuai_findings_text(findings,
                                      "titles agree by %.0f %%, and '%s' first sold %lld days "
                                      "%s '%s' last did",
                                      100 * pairs[i].similarity, new->item, llabs(apart),
                                      apart < 0 ? "before" : "after", old->item);
        status = skuai_check_add_item(findings, SKUAI_FINDING_SUCCESSOR, old->item, old->item,
                                      old->item, new->item, why, err);
        if (status == SKUA_OK && pairs[i].given)
            findings->items[findings->n - 1].status = SKUAI_FINDING_APPLIED;
    }
    skuai_free(pairs);
    return status;
}

/* Two codes of one title that sell at the same time and price: one product entered twice. */
static skua_status add_twins(const skuai_table *t, const skuai_item_life *lives,
                             skuai_findings *findings, skua_error *err) {
    size_t n = t->n_rows, buckets = 1;
    while (buckets < 2 * n)
        buckets *= 2;
    size_t *first = skuai_zero(buckets, sizeof *first), *next = skuai_zero(n, sizeof *next);
    skua_status status = first && next ? SKUA_OK : skuai_error_memory(err, "items");
    for (size_t i = 0; i < n && status == SKUA_OK; i++) { /* chains hold index + 1 */
        if (!*lives[i].key) continue;
        uint64_t hash = 1469598103934665603U;
        for (const char *c = lives[i].key; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 1099511628211U;
        size_t b = (size_t)hash & (buckets - 1);
        for (size_t j = first[b]; j && status == SKUA_OK; j = next[j - 1]) {
            const skuai_item_life *o = &lives[j - 1], *l = &lives[i];
            if (strcmp(o->key, l->key) != 0 || o->first > l->last || l->first > o->last ||
                !(fabs(log(o->price / l->price)) < 0.05))
                continue;
            status = skuai_check_add_item(
                findings, SKUAI_FINDING_NEAR_DUPLICATE, l->item, l->item, l->item, o->item,
                "two codes of one title and price that sell at the same time", err);
            break;
        }
        next[i] = first[b];
        first[b] = i + 1;
    }
    skuai_free(first);
    skuai_free(next);
    return status;
}

skua_status skuai_check_identities(skuai_store *store, const skuai_check_options *options,
                                   skuai_findings *findings, skua_error *err) {
    skuai_table *t = NULL;
    skuai_item_life *lives;
    int64_t end;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "items");
    skua_status status = check_descriptions(store, arena, findings, err);
    if (status == SKUA_OK) status = read_lives(store, arena, &t, &lives, &end, err);
    if (status == SKUA_OK) {
        status = add_successions(t, lives, end, &options->succession, findings, err);
        if (status == SKUA_OK) status = add_twins(t, lives, findings, err);
        skuai_table_free(t);
    }
    skuai_arena_free(arena);
    return status;
}
