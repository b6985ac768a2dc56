/* features.h -- what a learner sees of a panel: one row a series, origin and horizon (room tree).
 *
 * A row (s, o, h) knows series s as it was after its first o periods and describes period o + h.
 * It reads the target, availability and past-only covariates of periods < o alone, known-ahead
 * covariates up to o + `ahead`, and of other series what lies before the same point of the grid:
 * nothing of the future. All that is in units of the target is divided by the row's scale, the mean
 * of the last year before the origin (or of what there is), so that series of any size share one
 * model.
 *
 * Columns: horizon; the last values; mean, deviation and share of zeros of windows; exponentially
 * weighted means; the same season one and two cycles ago with its neighbours, where a country's
 * holidays are given aligned on those that move; growth over a cycle; level, age, ADI and CV2
 * (Syntetos & Boylan 2005), periods since the last sale; availability; position in week, month and
 * year; each known-ahead covariate, its change since the last cycle and since the period before,
 * its ratio to its own past; where it is an event (a promotion: mostly zero) how long it runs, when
 * it was last and when it comes next, and how many events overlap; price in relation to the list
 * price and to the mean of each group; each past-only covariate's last value, mean and trend;
 * statics; of each group (category, item in other channels) without the series itself the recent
 * growth of its mean and its seasonal shape; vectors of the item, projected to a few numbers by a
 * fixed random projection (Johnson & Lindenstrauss 1984), which needs no fitting and so means the
 * same in every panel. */
#ifndef SKUA_TREE_FEATURES_H
#define SKUA_TREE_FEATURES_H

#include "core/context.h"
#include "learn/feature_matrix.h"
#include "panel/panel.h"

typedef struct skuai_feature_row {
    uint32_t series, origin, horizon;
} skuai_feature_row;

enum {
    SKUAI_FEATURE_EVENTS = 24,
    SKUAI_FEATURE_GROUPS = 16,
    SKUAI_FEATURE_COVARIATES = 64,
    SKUAI_FEATURE_NAME = 64
};

/* Which columns there are: decided once, on the panel that is learnt from, and kept with the model,
 * so that every panel of the schema gives the same. */
typedef struct skuai_feature_plan {
    size_t ahead;                     /* periods of the future that are known when forecasting */
    char country[SKUAI_FEATURE_NAME]; /* whose holidays align last year, as "US,shopping"; "" */
    size_t n_events, n_groups, n_covariates;
    char events[SKUAI_FEATURE_EVENTS][SKUAI_FEATURE_NAME]; /* known-ahead covariates */
    char groups[SKUAI_FEATURE_GROUPS][SKUAI_FEATURE_NAME]; /* category statics */
    /* The dynamic covariates of the panel that was learnt from, in order, and whether they were
     * known ahead. A panel that knows more (a price that is planned now, a column that is new)
     * gives the same columns: a covariate is read as it was learnt. Not listed (more than there is
     * room for, or a file of before): a panel's own are taken. */
    bool listed;
    char covariates[SKUAI_FEATURE_COVARIATES][SKUAI_FEATURE_NAME];
    bool ahead_of[SKUAI_FEATURE_COVARIATES];
} skuai_feature_plan;

/* Events: known-ahead covariates of which at most half of the values are not 0 (or missing) and
 * none is negative. Groups: categories that at most half as many levels as series have. */
void skuai_feature_plan_make(const skuai_panel *panel, size_t ahead, const char *country,
                             skuai_feature_plan *plan);

typedef struct skuai_features skuai_features; /* prepared for one panel; immutable */

/* Prepare a panel (borrowed; must outlive it): columns, means of groups, last year's periods.
 * SKUA_ESCHEMA: the panel lacks a covariate or category of the plan, or knows one only afterwards
 * that was known ahead; SKUA_ENOTFOUND: an unknown
 * country. */
SKUA_MUST_USE skua_status skuai_features_new(const skuai_panel *panel,
                                             const skuai_feature_plan *plan,
                                             skuai_features **features, skua_error *err);
void skuai_features_free(skuai_features *features); /* NULL allowed */

size_t skuai_features_columns(const skuai_features *features);
const char *const *skuai_features_names(const skuai_features *features);
const bool *skuai_features_categorical(const skuai_features *features);
/* What each column is told to people by: "recent sales", "last year" (hours: "last week"), "price",
 * "promotion", "calendar", another covariate's name, "similar items", "the item itself", ... */
const char *const *skuai_features_groups(const skuai_features *features);
/* The group of what happened a cycle ago. */
const char *skuai_features_cycle_group(const skuai_features *features);

/* Rows [n], those of a series together, into values [columns, n] with
 *   scale [n]  what the target is divided by, > 0: of a series without a value before the origin
 *              the mean of the smallest group that has any; NaN: none has
 *   base  [n]  the plainest forecast in units of the scale: the last cycle's value, or without one
 *              the recent mean; 0 without history
 * on the context's threads; the same bits on any number of them. */
SKUA_MUST_USE skua_status skuai_features_fill(const skuai_features *features,
                                              const skuai_feature_row *rows, size_t n,
                                              const skuai_context *context, float *values,
                                              float *scale, float *base, skua_error *err);

#endif
