/* gradient_tree.h -- the sum of a step's pieces, the same bits wherever they were made (room
 * neural).
 *
 * A step's windows are cut into pieces; every piece gives a gradient. They are added in pairs, as
 * ((0 + 1) + (2 + 3)) + ..., by one rank or by many (math/ranks.h), so that weights do not depend
 * on the number of ranks when pieces and ranks are powers of two. Adding needs log2(pieces) blocks
 * beside the gradient. */
#ifndef SKUA_NEURAL_GRADIENT_TREE_H
#define SKUA_NEURAL_GRADIENT_TREE_H

#include "core/alloc.h"
#include "core/error.h"
#include "nn/real.h"

enum { SKUAI_GRADIENT_LEVELS = 17 }; /* 65536 pieces */

typedef struct skuai_gradient_tree {
    size_t size;                               /* of a gradient */
    size_t pieces;                             /* added so far */
    skuai_real *blocks[SKUAI_GRADIENT_LEVELS]; /* [size] sums of 1, 2, 4 ... pieces; NULL: not
                                                   needed yet */
} skuai_gradient_tree;

void skuai_gradient_tree_clear(skuai_gradient_tree *tree);
/* Add a piece's gradient [size], which is zero afterwards. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_gradient_tree_add(skuai_gradient_tree *tree, skuai_real *gradient,
                                                  skua_error *err);
/* The sum of all pieces into gradient [size]; the tree is empty again, its memory stays. */
void skuai_gradient_tree_take(skuai_gradient_tree *tree, skuai_real *gradient);

#endif
