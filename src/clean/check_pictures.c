/* Pictures, as skua embed saw them: those that could not be read, and those that two items share.
 */
#include <math.h>
#include <stdio.h>

#include "clean/check_steps.h"

/* Nearly the same picture: perceptual hashes at most LOOKS_APART bits apart, and descriptors whose
 * product is ALIKE or more. On 7,035 fashion pictures 99 of 24.7 million pairs are, all of one
 * article type; the same picture scaled, or saved again at quality 75, is as a rule (METHODS.md).
 * Candidates share one of four pieces of the hash, which a hash at most 3 bits apart always does;
 * pieces that many pictures share tell nothing and are left out. */
enum { LOOKS_APART = 8, PIECE_MOST = 400 };
static const double alike = 0.99;

static skua_status unreadable(skuai_store *store, skuai_findings *findings, skua_error *err) {
    skuai_table *t = NULL;
    SKUA_TRY(skuai_store_query(
        store, "SELECT item, image, why FROM pictures WHERE why IS NOT NULL ORDER BY item", NULL, 0,
        &t, err));
    skua_status status = SKUA_OK;
    for (size_t r = 0; status == SKUA_OK && r < t->n_rows; r++) {
        const char *image = t->columns[1].texts[r];
        status = skuai_check_add_item(
            findings, SKUAI_FINDING_PICTURE, t->columns[0].texts[r], t->columns[0].texts[r], image,
            "", skuai_findings_text(findings, "the picture %s", t->columns[2].texts[r]), err);
    }
    skuai_table_free(t);
    return status;
}

/* Pairs of items, the first by name with each other one that looks like it. */
static const char pairs[] =
    "WITH seen AS (SELECT item, image, look, CAST('0x' || look AS UBIGINT) AS bits FROM pictures"
    " WHERE look IS NOT NULL),"
    " groups AS (SELECT look, min(item) AS first FROM seen GROUP BY look),"
    " pieces AS (SELECT g.first AS item, s.bits, k, substr(g.look, 1 + 4 * k, 4) AS piece FROM"
    " groups g JOIN seen s ON s.item = g.first, range(4) r(k)),"
    " few AS (SELECT * FROM pieces QUALIFY count(*) OVER (PARTITION BY k, piece) <= $1),"
    " near AS (SELECT DISTINCT a.item AS a, b.item AS b FROM few a JOIN few b ON a.k = b.k AND"
    " a.piece = b.piece AND a.item < b.item AND bit_count(xor(a.bits, b.bits)) <= $2"
    " UNION SELECT g.first, s.item FROM groups g JOIN seen s ON s.look = g.look AND s.item <> "
    "g.first),"
    " known AS (SELECT item, \"values\" AS v FROM vectors WHERE modality = 'image' AND model ="
    " 'descriptors'),"
    " alike AS (SELECT n.a, n.b, list_inner_product(x.v, y.v) AS s FROM near n JOIN known x ON"
    " x.item = n.a JOIN known y ON y.item = n.b WHERE len(x.v) = len(y.v))"
    " SELECT l.b, l.a, p.image, q.image, CAST(l.s AS DOUBLE) FROM alike l JOIN seen p ON p.item ="
    " l.b JOIN seen q ON q.item = l.a WHERE l.s >= $3"
    " QUALIFY row_number() OVER (PARTITION BY l.b ORDER BY l.s DESC, l.a) = 1 ORDER BY l.b";

static skua_status shared(skuai_store *store, skuai_findings *findings, skua_error *err) {
    skuai_value values[] = {skuai_value_integer(PIECE_MOST), skuai_value_integer(LOOKS_APART),
                            skuai_value_double(alike)};
    skuai_table *t = NULL;
    SKUA_TRY(skuai_store_query(store, pairs, values, 3, &t, err));
    skua_status status = SKUA_OK;
    for (size_t r = 0; status == SKUA_OK && r < t->n_rows; r++)
        status = skuai_check_add_item(
            findings, SKUAI_FINDING_SAME_PICTURE, t->columns[0].texts[r], t->columns[0].texts[r],
            t->columns[2].texts[r], t->columns[3].texts[r],
            skuai_findings_text(findings,
                                "nearly the picture of %s (likeness %.3f): one product "
                                "under two codes, or a picture put to the wrong item",
                                t->columns[1].texts[r], t->columns[4].doubles[r]),
            err);
    skuai_table_free(t);
    return status;
}

skua_status skuai_check_pictures(skuai_store *store, skuai_findings *findings, skua_error *err) {
    double tables = 0;
    SKUA_TRY(skuai_store_number(store,
                                "SELECT count(*) FROM duckdb_tables() WHERE table_name ="
                                " 'pictures'",
                                NULL, 0, &tables, NULL, err));
    if (!(tables > 0)) return SKUA_OK; /* skua embed has seen none */
    SKUA_TRY(unreadable(store, findings, err));
    return shared(store, findings, err);
}
