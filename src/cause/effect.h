/* effect.h -- what a price and a promotion do to demand, item by item, with intervals (room cause).
 *
 *     skuai_effect_options options = SKUAI_EFFECT_OPTIONS_DEFAULT;
 *     SKUA_TRY(skuai_effect_price(panel, &options, context, &effects, err));
 *     effects->items[i].value[SKUAI_TREATMENT_PRICE]      the elasticity, with .low and .high
 *     skuai_effects_free(effects);
 *
 * Model. Sales y of series s (item i in a channel) in period t are counts or amounts with
 *
 *     E[y] = a exp(cell + g(X) + theta_i' D)                                          (1)
 *
 * a the share of the period in which it could be bought (a stock-out is a stopping time, so sales
 * over exposure stay unbiased), a level a series and block of periods (`cell`), g an unknown
 * function of what else moves demand (weekday, year, holidays and every other covariate known
 * ahead, past promotions and prices, and what the other items of its category and of the shop sold
 * that day beyond their own levels and treatments), D the treatments. g and the expectation of D
 * given X are learnt with a learner of room learn, cross-fitted: of every block of time by the
 * other blocks. theta solves the orthogonal score
 *
 *     sum w (y - mu) (D - E_w[D | X, cell]) = 0,   w = 1 / (1 + dispersion mu)          (2)
 *
 * which errors of g and of E[D | X] move in second order only [1, 2]. Variances are clustered by
 * item and block [3]. Items are then shrunk together over category and brand by empirical Bayes,
 * all treatments at once [4, 5] (effect_shrink.h). An item whose data cannot tell says so.
 *
 * [1] Chernozhukov et al. 2018, Econometrics J. 21(1): double / debiased machine learning.
 * [2] Robinson 1988, Econometrica 56(4); the Poisson score: Severini & Staniswalis 1994, JASA
 * 89(426).
 * [3] Liang & Zeger 1986, Biometrika 73(1).
 * [4] Fay & Herriot 1979, JASA 74(366). [5] Breslow & Clayton 1993, JASA 88(421): the quadratic
 *     approximation of (1) that is shrunk is taken at the shrunk point, and again. */
#ifndef SKUA_CAUSE_EFFECT_H
#define SKUA_CAUSE_EFFECT_H

#include "core/context.h"
#include "learn/learner.h"
#include "panel/panel.h"

typedef struct skuai_effect_options {
    /* Names in the panel; one that it lacks is done without, but for the price (SKUA_EDATA in
     * skuai_effect_price) and the promotion (in skuai_effect_promotion). */
    const char *item;  /* static: series of one level are one item; lacking: a series an item */
    const char *price; /* dynamic: what was asked */
    const char *list_price; /* dynamic; lacking: the highest price of the last weeks */
    const char *promotion;  /* dynamic: > 0 while one runs */
    const char *depth;      /* dynamic: price cut of the promotion as announced, a share */
    const char *display;    /* dynamic: promotions without a price cut that run; lacking: one when a
                               promotion runs at the list price */
    const char *category, *brand; /* statics over which effects are shrunk */
    const char *department;       /* static: whose other items tell the day's demand */
    const skuai_learner *learner; /* of the nuisances; NULL: linear (ridge) */
    int folds;                    /* of the cross-fitting, 2 .. 20 */
    size_t block;                 /* periods of a cell; 0: 56 days, 13 weeks, 12 months, ... */
    double confidence;            /* of the intervals, in (0, 1) */
    size_t rows_most;             /* rows used; above it the best-selling items are kept */
    bool shrink;                  /* over category and brand */
} skuai_effect_options;

#define SKUAI_EFFECT_OPTIONS_DEFAULT                                                               \
    ((skuai_effect_options){.item = "item",                                                        \
                            .price = "price",                                                      \
                            .list_price = "list_price",                                            \
                            .promotion = "promotion",                                              \
                            .depth = "promotion_depth",                                            \
                            .display = "promotion_display",                                        \
                            .category = "category2",                                               \
                            .brand = "brand",                                                      \
                            .department = "category1",                                             \
                            .folds = 5,                                                            \
                            .confidence = 0.9,                                                     \
                            .rows_most = 3000000,                                                  \
                            .shrink = true})

/* Treatments of skuai_effect_price: log price (its effect is the elasticity), promotion with a
 * price cut and without one (log effect beyond the price), and what the
 * other items of the category gain by their own treatments, as a share of their plain sales (effect
 * on this one's plain sales when they double: cannibalisation below 0, halo above). */
enum {
    SKUAI_TREATMENT_PRICE,
    SKUAI_TREATMENT_CUT,
    SKUAI_TREATMENT_DISPLAY,
    SKUAI_TREATMENT_OTHERS,
    SKUAI_TREATMENTS
};
/* Effects of skuai_effect_promotion: of promotions of any kind, their price cuts included (log
 * effect), the price's, others' as above. Where there are prices the parts are estimated as for
 * skuai_effect_price and put together for the promotions that ran (effect_whole.h); else a
 * promotion is one treatment. */
enum { SKUAI_TREATMENT_PROMOTION = 0, SKUAI_TREATMENT_REGULAR = 1, SKUAI_TREATMENT_REST = 2 };

typedef enum skuai_effect_known {
    SKUAI_EFFECT_KNOWN,    /* the item's own data tell */
    SKUAI_EFFECT_BORROWED, /* they tell little: mostly what its category and brand are like */
    SKUAI_EFFECT_CONSTANT, /* cannot be known: the treatment never moved */
    SKUAI_EFFECT_ALIASED,  /* cannot be known: it moved only together with another treatment */
    SKUAI_EFFECT_THIN,     /* cannot be known: too few sales or periods */
    SKUAI_EFFECT_STILL     /* cannot be known: the treatment hardly moved; what was sold would tell
                              had it moved by a twentieth */
} skuai_effect_known;

typedef struct skuai_effect {
    double value, error;   /* log effect or elasticity after shrinking, its standard error */
    double low, high;      /* interval of the confidence asked for */
    double own, own_error; /* before shrinking; own NaN when the item's data cannot tell */
    double moved;          /* deviation of the treatment over the item's rows */
    skuai_effect_known known;
} skuai_effect;

typedef struct skuai_effect_item {
    const char *name; /* borrowed from the panel */
    size_t n_rows;
    double units;
    double treated; /* share of rows with a promotion */
    double lift;    /* units gained while promoted, skuai_effect_promotion: observed less without */
    skuai_effect effect[SKUAI_TREATMENTS];
} skuai_effect_item;

typedef struct skuai_effects {
    size_t n_items, n_treatments;
    skuai_effect_item *items; /* [n_items] */
    /* mean of all items; where neither it nor any item's data tell, NaN here and in all items */
    skuai_effect pooled[SKUAI_TREATMENTS];
    double spread[SKUAI_TREATMENTS];        /* deviation between items that is no noise */
    size_t n_rows, n_left_out;              /* items left out by rows_most */
    size_t n_covariates, n_covariates_left; /* extra columns known ahead that were held fixed, and
                                               that were too many: what they do stays in the effects
                                               (skuai_effect_caution) */
    double seconds;
} skuai_effects;

/* The price's effects. panel borrowed; *effects owned by the caller. SKUA_EDATA: no price, or fewer
 * than two blocks of time, with a sentence that says what is missing; SKUA_ECONFIG: an option. */
SKUA_MUST_USE skua_status skuai_effect_price(const skuai_panel *panel,
                                             const skuai_effect_options *options,
                                             const skuai_context *context, skuai_effects **effects,
                                             skua_error *err);
/* The promotion's whole effect: SKUA_EDATA when no promotion ever ran. */
SKUA_MUST_USE skua_status skuai_effect_promotion(const skuai_panel *panel,
                                                 const skuai_effect_options *options,
                                                 const skuai_context *context,
                                                 skuai_effects **effects, skua_error *err);
void skuai_effects_free(skuai_effects *effects); /* NULL allowed */

/* -- Refutations ------------------------------------------------------------------------------- */

/* The estimate of one treatment made again where its answer is known [6]: with the treatment of
 * another time (it should have no effect), with one more cause drawn at random and with a share of
 * the blocks of time (it should stay).
 * [6] Sharma & Kiciman 2020, arXiv:2011.04216. */
typedef struct skuai_refutation {
    double value;         /* pooled effect as estimated */
    double placebo;       /* ... of the treatment shifted in time */
    double placebo_error; /* its standard error */
    double placebo_share; /* share of items whose interval excludes 0: 1 - confidence expected */
    double common_cause;  /* ... with a random cause added */
    double subset;        /* ... on four fifths of the blocks */
    double change;        /* mean |change| of an item in units of its standard error, subset */
    bool passed;          /* placebo within 3 errors or a tenth of the value; the others within a
                             tenth or the value's interval */
} skuai_refutation;

SKUA_MUST_USE skua_status skuai_effect_refute(const skuai_panel *panel,
                                              const skuai_effect_options *options, bool promotion,
                                              const skuai_effects *effects,
                                              const skuai_context *context,
                                              skuai_refutation *refutation, skua_error *err);

/* Why a panel's prices (or promotions) can have no effects at all, as skuai_effect_price and
 * skuai_effect_promotion refuse it. False: nothing of that is lacking. Into text [size]. */
bool skuai_effect_lacks(const skuai_panel *panel, const skuai_effect_options *options,
                        bool promotion, bool chinese, char *text, size_t size);

/* A sentence on what the estimate did not hold fixed because there were too many columns; "" when
 * it held all. Into text [size]. */
void skuai_effect_caution(const skuai_effects *effects, bool chinese, char *text, size_t size);

/* A sentence why an effect cannot be known and which experiment would tell; "" when it is known.
 * Into text [size]. */
void skuai_effect_reason(const skuai_effect_item *item, int treatment, bool chinese, char *text,
                         size_t size);

#endif
