/* event_effect.h -- what a one-off event did to the units it touched, by those that it did not
 * touch (room cause). Two estimators on one table of units and periods:
 *
 * Differences in differences. y_it = unit_i + period_t + effect treated_i after_t + e by least
 * squares with effects of both ways, gaps allowed (alternating projections, [1, 2]). Errors are
 * clustered by unit with the correction G/(G-1) (N-1)/(N-K) and Student's t at G-1 degrees [3].
 * It needs that both kinds of units would have gone on side by side: the pre-test regresses the
 * periods before the event on a line of their own for the treated, and tests its slope [4]. With
 * few treated units clustered errors are too small, so the p-value is that of the effect's place
 * among those of random choices of as many units (randomisation inference, [5]).
 *
 * Synthetic control [6]. The mean of the treated is compared with the weighted mean of controls,
 * weights >= 0 that sum to 1, that came closest to it in every period before the event. Inference
 * by placebo: every control is taken for the treated in turn, the real ones left out; the statistic
 * is the ratio of the root mean squared errors after and before, its p-value the share of units
 * with one as large. The interval holds the effects that placebos' mean gaps, in units of their own
 * error before, do not reject [7]. Of more than 100 controls the 100 nearest to the treated before
 * the event are used, which bounds time and what chance can fit [8].
 *
 * [1] Frisch & Waugh 1933, Econometrica 1(4). [2] Gaure 2013, Computational Statistics & Data
 * Analysis 66. [3] Cameron & Miller 2015, J. Human Resources 50(2). [4] Bilinski & Hatfield 2018,
 * arXiv:1805.03273; Roth 2022, AER: Insights 4(3): a test that passes is weak evidence.
 * [5] MacKinnon & Webb 2020, J. Econometrics 218(2). [6] Abadie, Diamond & Hainmueller 2010, JASA
 * 105(490). [7] Firpo & Possebom 2018, J. Causal Inference 6(2).
 * [8] Abadie 2021, J. Economic Literature 59(2), section 5. */
#ifndef SKUA_CAUSE_EVENT_EFFECT_H
#define SKUA_CAUSE_EVENT_EFFECT_H

#include "core/alloc.h"
#include "core/context.h"

/* Units and periods. Outcomes are best relative to each unit's own mean before the event: what hits
 * all then hits them alike. */
typedef struct skuai_event_table {
    size_t n, length;     /* units, periods */
    const double *y;      /* [n, length] NaN missing */
    const bool *treated;  /* [n] */
    size_t before, after; /* first periods: [0, before) precede, [after, length) follow; what lies
                             between (the event coming up) is left out */
} skuai_event_table;

typedef struct skuai_event_options {
    double confidence; /* of intervals, in (0, 1) */
    size_t draws;      /* random choices of units; 0: none */
    uint64_t seed;
} skuai_event_options;

#define SKUAI_EVENT_OPTIONS_DEFAULT                                                                \
    ((skuai_event_options){.confidence = 0.9, .draws = 999, .seed = 1})

typedef struct skuai_difference {
    double value, error, low, high, p;  /* effect; p by Student's t on clustered errors */
    double p_random;                    /* by random choices of units; NaN: none drawn */
    double trend, trend_error, trend_p; /* slope a period of the treated beside the others before */
    size_t n_treated, n_controls, n_rows;
} skuai_difference;

/* SKUA_EDATA with what is needed: fewer than 2 treated or 5 control units, fewer than 3 periods
 * before or one after; SKUA_ECONFIG: an option. */
SKUA_MUST_USE skua_status skuai_event_difference(const skuai_event_table *table,
                                                 const skuai_event_options *options,
                                                 skuai_difference *difference, skua_error *err);

typedef struct skuai_synthetic {
    double value, low, high;          /* mean gap after; interval by placebos */
    double error_before, error_after; /* root mean squared gaps */
    double ratio, p;                  /* of them; share of units with a ratio as large */
    size_t n_controls;
    double *weight;  /* [n of the table] 0 for the treated */
    double *gap;     /* [length] treated less synthetic, NaN in between and where it is unknown */
    double *placebo; /* [n] ratio of each control; NaN: treated, or without enough periods */
} skuai_synthetic;

/* SKUA_EDATA with what is needed: fewer controls without a gap before the event than
 * skuai_event_least_controls, fewer than 8 periods before or one after. */
SKUA_MUST_USE skua_status skuai_event_synthetic(const skuai_event_table *table,
                                                const skuai_event_options *options,
                                                const skuai_context *context,
                                                skuai_synthetic *synthetic, skua_error *err);
void skuai_synthetic_clear(skuai_synthetic *synthetic);

/* Controls below which no placebo test can reject at this confidence: ceil(1 / (1 - confidence)) -
 * 1. */
size_t skuai_event_least_controls(double confidence);

/* Weights w [n] >= 0, summing to 1, that minimise |x w - y|^2 for x [n][m] (a column a control), y
 * [m]: accelerated projected gradients [Beck & Teboulle 2009, SIAM J. Imaging Sciences 2(1)] until
 * the Frank-Wolfe gap is below 1e-10 of |y|^2. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_simplex_weights(const double *const *x, const double *y, size_t n,
                                                size_t m, double *w, skua_error *err);

#endif
