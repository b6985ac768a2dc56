/* tree_view.h -- the nodes of a single regression tree, for those who show it (room learn). */
#ifndef SKUA_LEARN_TREE_VIEW_H
#define SKUA_LEARN_TREE_VIEW_H

#include "learn/learner.h"

/* Node 0 is the root; children stand behind their parent. */
typedef struct skuai_tree_view {
    int column;        /* that is asked; -1: a leaf */
    double cut;        /* at most that goes left, more right; infinite: known left, unknown right */
    bool missing_left; /* where the unknown goes */
    int left, right;
    double value; /* mean of the rows that came here */
} skuai_tree_view;

/* Of a model learnt by skuai_learner_single; 0 of any other. */
size_t skuai_tree_view_nodes(const skuai_learnt *learnt);
/* node < skuai_tree_view_nodes(learnt). */
skuai_tree_view skuai_tree_view_node(const skuai_learnt *learnt, size_t node);
/* The leaf that row i of x comes to. */
size_t skuai_tree_view_leaf(const skuai_learnt *learnt, const skuai_feature_matrix *x, size_t i);

#endif
