/* item_links.h -- which items go with which: a sparse matrix, an item's strongest links (room
 * recommend).
 *
 * Two ways to it. Neighbours: the cosine of two items' users, sum over common users / sqrt(users of
 * one * users of the other) (Sarwar et al. 2001), a user counting 1 / log(2 + items) so that those
 * who buy everything say less. Linear: the ridge regression of every item on all others with a zero
 * diagonal (EASE, Steck 2019): with G = X'X + ridge and P = G^-1, B_ij = -P_ij / P_jj; its greatest
 * weights by magnitude. The inverse is dense, so that is for the `most` items with most users; an
 * item beyond has no linear links. */
#ifndef SKUA_RECOMMEND_ITEM_LINKS_H
#define SKUA_RECOMMEND_ITEM_LINKS_H

#include "recommend/interactions.h"

/* Links from item j: to[rows[j]] .. to[rows[j + 1] - 1], ascending. */
typedef struct skuai_item_links {
    size_t n_items;
    size_t *rows; /* [n_items + 1] */
    int32_t *to;
    float *weights;
} skuai_item_links;

/* At most `most` neighbours an item. *made is the caller's. SKUA_ENOMEM, SKUA_ECANCEL. */
SKUA_MUST_USE skua_status skuai_item_neighbours(const skuai_interactions *interactions, size_t most,
                                                const skuai_context *context,
                                                skuai_item_links **made, skua_error *err);
/* ridge > 0; at most `most` links an item among the `items` with most users (at most 32768). */
SKUA_MUST_USE skua_status skuai_item_linear(const skuai_interactions *interactions, double ridge,
                                            size_t items, size_t most, const skuai_context *context,
                                            skuai_item_links **made, skua_error *err);
void skuai_item_links_free(skuai_item_links *links); /* NULL allowed */

/* inverse of a symmetric positive definite a [n, n] in place, by Gauss-Jordan on blocks of 64
 * (float; for matrices whose smallest eigenvalue is well above their rounding). SKUA_ESINGULAR. */
SKUA_MUST_USE skua_status skuai_invert_blocks(const skuai_context *context, float *a, size_t n,
                                              skua_error *err);

#endif
