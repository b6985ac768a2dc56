/* tree_text.h -- LightGBM's trees read from their text and explained by brute force: the game whose
 * value is the expectation of the forest when only the columns of a coalition are known, cuts on
 * other columns being taken by the share of training rows on either side (Lundberg et al. 2020,
 * algorithm 1), and its Shapley values as a sum over all coalitions. Nothing here is shared with
 * LightGBM or with room explain; tests and benchmarks hold TreeSHAP against it. */
#ifndef SKUA_TESTS_TREE_TEXT_H
#define SKUA_TESTS_TREE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { TREE_TEXT_COLUMNS = 12 };

typedef struct tree_text tree_text; /* all trees of a model */

/* From the text that the learner `boosted` saves. NULL: not read. */
tree_text *tree_text_read(const char *text, size_t n_columns);
void tree_text_free(tree_text *trees);
/* What the forest says of a row [n_columns]. */
double tree_text_predict(const tree_text *trees, const float *row);
/* Shapley values [n_columns] of a row, and the value when nothing is known behind them. n_columns
 * <= TREE_TEXT_COLUMNS. */
void tree_text_shapley(const tree_text *trees, const float *row, double *values);

#endif
