/* classification.h -- how good class predictions are: precision, recall, F1 (room math).
 *
 * From a confusion matrix [C, C], confusion[t * C + p] rows of class t that were taken for p:
 *     precision_c = right_c / predicted_c, recall_c = right_c / rows_c, F1_c their harmonic mean,
 * 0 where there is nothing to divide by. The macro average is over the classes that occur, as rows
 * or as predictions; the weighted average counts each by its rows. Definitions and the text are
 * those of scikit-learn's classification_report. */
#ifndef SKUA_MATH_CLASSIFICATION_H
#define SKUA_MATH_CLASSIFICATION_H

#include "core/buffer.h"

typedef struct skuai_class_score {
    double precision, recall, f1;
    size_t support;   /* rows of the class */
    size_t predicted; /* rows taken for it */
} skuai_class_score;

typedef struct skuai_class_report {
    double accuracy;                   /* share of rows that are right */
    skuai_class_score macro, weighted; /* averages; support: all rows */
} skuai_class_report;

/* classes [n] and report out; no rows: all 0. */
void skuai_classification_scores(const size_t *confusion, size_t n, skuai_class_score *classes,
                                 skuai_class_report *report);
/* The table as text, a line a class that occurs, its names [n] at the left; failures stick in the
 * buffer. */
void skuai_classification_text(const char *const *names, size_t n, const skuai_class_score *classes,
                               const skuai_class_report *report, skuai_buffer *text);

#endif
