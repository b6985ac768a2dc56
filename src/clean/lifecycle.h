/* lifecycle.h -- where an item stands in its life, and whether the last period is over (room
 * clean).
 *
 *   dead      nothing was sold since the last sale, for longer than the item's rate allows (chance
 *             below dead_level under independent periods), for longer than one and a half times
 *             its longest pause before, and for at least a season
 *   newborn   fewer periods since the first sale than young_seasons seasons (at least 8)
 *   seasonal  in at least two years, at least 90 % of the units fell into the same third of the
 *             year or less, and that third holds the most in every year */
#ifndef SKUA_CLEAN_LIFECYCLE_H
#define SKUA_CLEAN_LIFECYCLE_H

#include "clean/finding.h"
#include "panel/panel.h"

typedef enum skuai_life {
    SKUAI_LIFE_ORDINARY,
    SKUAI_LIFE_DEAD,
    SKUAI_LIFE_NEWBORN,
    SKUAI_LIFE_SEASONAL,
    SKUAI_LIFE_NEVER /* nothing was ever sold */
} skuai_life;

typedef struct skuai_lifecycle {
    skuai_life life;
    size_t first, last;     /* periods of the first and last sale */
    size_t silent;          /* periods since the last sale */
    int month_from, months; /* SEASONAL: first month (1 .. 12) and number of months of its season */
} skuai_lifecycle;

typedef struct skuai_lifecycle_options {
    double dead_level;     /* (0, 1) */
    double young_seasons;  /* > 0 */
    double seasonal_share; /* of the units inside the season */
} skuai_lifecycle_options;

#define SKUAI_LIFECYCLE_OPTIONS_DEFAULT                                                            \
    ((skuai_lifecycle_options){.dead_level = 0.001, .young_seasons = 2, .seasonal_share = 0.9})

/* Judge one series: y [n] (NaN missing) beginning at period start of a grid. season in periods. */
skuai_lifecycle skuai_lifecycle_judge(const double *y, size_t n, const skuai_grid *grid,
                                      int64_t start, int season,
                                      const skuai_lifecycle_options *options);

/* Whether the last period of a panel is not over: the ratio of the total of all series to that of
 * a season before (else of the period before) is below half of its usual, and below what its own
 * spread allows (6 robust deviations of the logarithms; with fewer than 8 earlier ratios: below a
 * quarter). *share gets the ratio over its usual, *incomplete the answer. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_period_incomplete(const skuai_panel *panel, bool *incomplete,
                                                  double *share, skua_error *err);

/* Life of every series, negative values and an incomplete last period, as findings of kinds DEAD,
 * NEWBORN, SEASONAL, NEGATIVE (number: 0) and INCOMPLETE. */
SKUA_MUST_USE skua_status skuai_lifecycles_find(const skuai_panel *panel,
                                                const skuai_lifecycle_options *options,
                                                skuai_findings *findings, skua_error *err);

#endif
