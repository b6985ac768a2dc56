/* trend.h -- what moves in a series: change points, direction, season, birth (room decide).
 *
 * Change points. Work is on log(y + offset), so that sizes are shares: the season (medians of its
 * phases around a running median) and lone spikes (Hampel, window 7) are taken out, then PELT finds
 * changes of the mean (math/change_point.h) with the penalty 2 v log n, v the long-run variance:
 * neighbouring periods resemble one another, and without that every drift looks like steps (Shi,
 * Gallagher, Lund & Killick 2022, Comput. Stat. Data Anal. 170). v comes from robust deviations of
 * differences over one and two periods, which a few steps do not move. A series that a straight
 * line describes better than steps (BIC) has none. Direction: Mann-Kendall's test and Sen's slope
 * on the adjusted series of the recent window, its variance inflated likewise (Yue & Wang 2004,
 * Water Resources Management 18). */
#ifndef SKUA_DECIDE_TREND_H
#define SKUA_DECIDE_TREND_H

#include "core/alloc.h"

enum { SKUAI_TREND_CHANGES = 16 };

typedef struct skuai_trend_change {
    size_t at;            /* first period of the new level */
    double before, after; /* median level around it, units a period, season taken out */
    double size;          /* after / before - 1 */
} skuai_trend_change;

typedef enum skuai_trend_kind {
    SKUAI_TREND_STEADY,
    SKUAI_TREND_RISING,
    SKUAI_TREND_FALLING,
    SKUAI_TREND_NEWBORN, /* fewer than `least` periods since the first sale */
    SKUAI_TREND_SILENT   /* sold nothing in the recent window */
} skuai_trend_kind;

typedef struct skuai_trend_options {
    size_t season;   /* periods; 1: none */
    size_t recent;   /* periods that direction is told of; 0: 8, or 4 seasons of at most 14 */
    size_t least;    /* periods that make a series more than newborn; 0: recent */
    size_t segment;  /* shortest time between changes; 0: 4 */
    double smallest; /* size that is worth telling; 0: .15 */
    double level;    /* of the test of direction; 0: .05 */
} skuai_trend_options;

typedef struct skuai_trend {
    skuai_trend_kind kind;
    double slope;           /* share a period over the recent window (.01: 1 % more every period) */
    double p_value;         /* of no direction */
    double season_strength; /* share of the variance around the trend that the season takes, 0..1 */
    size_t peak;            /* phase of the season (t % season of the series) that sells most */
    double level;           /* median of the recent window, units a period, season taken out */
    size_t first_sale;      /* period */
    size_t n_changes;
    skuai_trend_change changes[SKUAI_TREND_CHANGES];
} skuai_trend;

/* y [n] units, NaN missing, n >= 1. options NULL: defaults without season. scratch is given back as
 * it was. SKUA_EDATA: no known value. */
SKUA_MUST_USE skua_status skuai_trend_find(const double *y, size_t n,
                                           const skuai_trend_options *options, skuai_arena *scratch,
                                           skuai_trend *trend, skua_error *err);

/* -- What moved a total ------------------------------------------------------------------------ */

typedef enum skuai_move_kind {
    SKUAI_MOVE_GREW,
    SKUAI_MOVE_FELL,
    SKUAI_MOVE_NEW,  /* sold nothing before */
    SKUAI_MOVE_ENDED /* sells nothing now */
} skuai_move_kind;

typedef struct skuai_move {
    size_t member;
    double before, after, change; /* units of the two windows; change = after - before */
    skuai_move_kind kind;
} skuai_move;

/* moves [n] out, largest change first (by size, then member); the changes sum to that of the total,
 * and so do the sums by kind, kinds [4] out (NULL allowed). */
void skuai_trend_moves(const double *before, const double *after, size_t n, skuai_move *moves,
                       double kinds[4]);

#endif
