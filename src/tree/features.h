/* features.h -- what a learner sees of a panel: one row a series, origin and horizon (room tree).
 *
 * A row (s, o, h) knows series s as it was after its first o periods and describes period o + h.
 * It reads the target, availability and past-only covariates of periods < o alone, known-ahead
 * covariates up to o + h, and of other series what lies before the same point of the grid: nothing
 * of the future. All that is in units of the target is divided by the row's scale, the mean of the
 * last year before the origin (or of what there is), so that series of any size share one model.
 *
 * Columns: horizon; the last values; mean, deviation, least, greatest and share of zeros of
 * windows; an exponentially weighted mean; the same season one and two cycles ago, with its
 * neighbours; growth over a cycle; level, age, ADI and CV2 (Syntetos & Boylan 2005); availability;
 * position in week, month and year; each known-ahead covariate, its change since the last cycle
 * and its ratio to its own past; each past-only covariate's last value and mean; statics; of each
 * category the recent growth of its mean and its seasonal shape. */
#ifndef SKUA_TREE_FEATURES_H
#define SKUA_TREE_FEATURES_H

#include "core/context.h"
#include "learn/feature_matrix.h"
#include "panel/panel.h"

typedef struct skuai_feature_row {
    uint32_t series, origin, horizon;
} skuai_feature_row;

typedef struct skuai_features skuai_features; /* prepared for one panel; immutable */

/* Prepare a panel (borrowed; must outlive it): columns and the means of categories. */
SKUA_MUST_USE skua_status skuai_features_new(const skuai_panel *panel, skuai_features **features,
                                             skua_error *err);
void skuai_features_free(skuai_features *features); /* NULL allowed */

size_t skuai_features_columns(const skuai_features *features);
const char *const *skuai_features_names(const skuai_features *features);
const bool *skuai_features_categorical(const skuai_features *features);

/* Rows [n], those of a series together, into values [columns, n] with
 *   scale [n]  what the target is divided by, > 0; NaN: the series has no value before the origin
 *   base  [n]  the plainest forecast in units of the scale: the last cycle's value grown as the
 *              level has, or without one the recent mean; 0 without history
 * on the context's threads; the same bits on any number of them. */
SKUA_MUST_USE skua_status skuai_features_fill(const skuai_features *features,
                                              const skuai_feature_row *rows, size_t n,
                                              const skuai_context *context, float *values,
                                              float *scale, float *base, skua_error *err);

#endif
