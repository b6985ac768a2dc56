#include "neural/gradient_tree.h"

#include <string.h>

void skuai_gradient_tree_clear(skuai_gradient_tree *tree) {
    for (size_t l = 0; l < SKUAI_GRADIENT_LEVELS; l++)
        skuai_free(tree->blocks[l]);
    *tree = (skuai_gradient_tree){0};
}

/* to = from + to: from is of earlier pieces. */
static void add(skuai_real *to, const skuai_real *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] + to[i];
}

skua_status skuai_gradient_tree_add(skuai_gradient_tree *tree, skuai_real *gradient,
                                    skua_error *err) {
    size_t level = 0;
    for (; tree->pieces >> level & 1; level++)
        add(gradient, tree->blocks[level], tree->size);
    if (!tree->blocks[level]) {
        tree->blocks[level] = skuai_new(tree->size, sizeof *gradient);
        if (!tree->blocks[level]) return skuai_error_memory(err, "gradients");
    }
    memcpy(tree->blocks[level], gradient, tree->size * sizeof *gradient);
    memset(gradient, 0, tree->size * sizeof *gradient);
    tree->pieces++;
    return SKUA_OK;
}

void skuai_gradient_tree_take(skuai_gradient_tree *tree, skuai_real *gradient) {
    for (size_t level = 0; tree->pieces >> level; level++)
        if (tree->pieces >> level & 1) add(gradient, tree->blocks[level], tree->size);
    tree->pieces = 0;
}
