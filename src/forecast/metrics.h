/* metrics.h -- how good a forecast was (room forecast).
 *
 * Conventions, those of fev and GluonTS, so that published rows can be compared: only observed
 * points score; metrics of absolute errors take the median as the point forecast (it minimises
 * them; the mean where no level .5 was asked for), metrics of squared errors and bias take the
 * mean.
 *
 *   MAE    = mean |y - f|
 *   WAPE   = sum |y - f| / sum |y|                                  (also called ND)
 *   bias   = sum (f - y) / sum |y|
 *   MAPE   = mean of |y - f| / |y| over points with y != 0
 *   sMAPE  = mean of 2 |y - f| / (|y| + |f|), 0 where both are 0    (0 ... 2)
 *   MASE   = mean over series of (mean |y - f|) / d,  d = in-sample mean |y_t - y_(t-m)|
 *            (Hyndman & Koehler 2006, Int. J. Forecasting 22(4) 679-688)
 *   RMSSE  = mean over series of sqrt(mean (y - f)^2 / r), r = in-sample mean (y_t - y_(t-1))^2
 * from the first sale on; WRMSSE weighs series by their sales value over the last 28 periods
 *            (Makridakis et al. 2022, Int. J. Forecasting 38(4), M5)
 *   pinball(q) = sum of (y - x_q) q or (x_q - y)(1 - q)
 *   WQL    = mean over levels of 2 pinball(q) / sum |y|             (Chronos, fev)
 *   SQL    = mean over series of 2 (mean pinball over points and levels) / d   (fev)
 *   coverage of a central interval = share of points inside [x_q, x_(1-q)], ends included
 *   PIT    = F(y), for counts randomised between F(y-) and F(y)
 *            (Czado, Gneiting & Held 2009, Biometrics 65, 1254-1261)
 *
 * Series without a usable scale d (constant or too short) are left out of MASE and SQL, those
 * without r out of RMSSE; n_scaled says how many remain. */
#ifndef SKUA_FORECAST_METRICS_H
#define SKUA_FORECAST_METRICS_H

#include "forecast/forecast.h"

enum { SKUAI_SCORES_LEVELS = 99 };

typedef struct skuai_scores {
    size_t n_series; /* series with at least one point */
    size_t n_points; /* observed points */
    size_t n_scaled; /* series in MASE and SQL */
    double mae, wape, bias, mape, smape, mase, rmsse, wrmsse, wql, sql;
    size_t n_levels;
    double level[SKUAI_SCORES_LEVELS];
    double pinball[SKUAI_SCORES_LEVELS];  /* 2 pinball(q) / sum |y| of each level */
    double coverage[SKUAI_SCORES_LEVELS]; /* share of points <= quantile of each level */
    double below[SKUAI_SCORES_LEVELS];    /* share of points < quantile of each level */
    double kept[SKUAI_SCORES_LEVELS]; /* share of PIT values <= level: the level, when it holds */
    double pit_ks;                    /* largest distance of the PIT's distribution from uniform */
} skuai_scores;

/* Per-series results beside the total, for choices and significance. Any member may be NULL. */
typedef struct skuai_series_scores {
    double *pinball;  /* [S] sum over points of the mean over levels of 2 pinball; NaN: no point */
    double *absolute; /* [S] sum of absolute errors */
    double *weight;   /* [S] sum |y| */
    double *scale;    /* [S] d of MASE; NaN: none */
    size_t *points;   /* [S] observed points */
} skuai_series_scores;

typedef struct skuai_score_options {
    int season;          /* m of MASE's scale; 0: the panel's */
    uint64_t seed;       /* of the randomised PIT */
    const double *value; /* [S] price of a unit for WRMSSE's weights; NULL: 1 */
} skuai_score_options;

/* Score a forecast of `panel` (a view whose future holds what came; see skuai_panel_actual).
 * options NULL: defaults. SKUA_EDATA: no observed point in the horizon. */
SKUA_MUST_USE skua_status skuai_score(const skuai_panel *panel, const skuai_forecast *forecast,
                                      const skuai_score_options *options, skuai_scores *scores,
                                      const skuai_series_scores *series, skua_error *err);

/* Share of points inside the central interval between `level` and 1 - level, ends included; NaN
 * when a level is missing. A mass at an end makes it larger than what the interval promises. */
double skuai_scores_cover(const skuai_scores *scores, double level);

/* In-sample scale d of one history: mean |y_t - y_(t-m)| over pairs both observed; NaN when there
 * is no pair or all differences are 0. */
double skuai_mase_scale(const double *y, size_t n, int season);

#endif
