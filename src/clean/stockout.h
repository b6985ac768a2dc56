/* stockout.h -- the demand that a stock-out hid (room clean).
 *
 * What was sold while an item was not available the whole period is a lower bound of demand. The
 * demand of period t of series s is modelled as
 *
 *     mean(s,t) = level(s,t) * season(s, t mod m) * effect(group(s), t)
 *
 * with a smooth level (two-sided exponential kernel), the series' own seasonal factors and its
 * group's factor of that very period (a weekday, a holiday, a closed shop), the latter two shrunk
 * to 1 by gamma priors. Sales during the available share a are Poisson-like with mean a * mean * g,
 * variance dispersion times that, and g a gamma day effect of mean 1 and shape k, so that
 *
 *     E[hidden | sold] = (1 - a) * mean * (k + sold / dispersion) / (k + a * mean / dispersion),
 *
 * the credibility estimate: with little to see it is the mean, with much it scales what was seen
 * up. Because the moment at which stock runs out depends on the past of the sales alone, the
 * likelihood of what was seen needs no model of the stock (it is ignorable), and days that sold out
 * because demand was high pull g up: no bias from that selection.
 *
 * Where only the stock at the end is known and is 0, sales are right-censored at an unknown moment:
 * E[demand | demand >= sold] of the negative binomial (EM). Where nothing is known, a run of zeros
 * between sales whose probability under the model is below run_level / periods is a stock-out.
 *
 * [1] Buhlmann & Straub 1970, credibility; [2] Tobin 1958, Econometrica 26(1); [3] Dempster, Laird
 * & Rubin 1977, JRSS B 39(1), EM; [4] Rubin 1976, Biometrika 63(3), ignorability; [5] Nahmias 1994,
 * Operations Research 42(5), demand estimation in lost sales inventory systems. */
#ifndef SKUA_CLEAN_STOCKOUT_H
#define SKUA_CLEAN_STOCKOUT_H

#include "core/context.h"
#include "panel/panel.h"

typedef struct skuai_stockout_options {
    const char *group; /* static category whose series share period effects; NULL: all do */
    double half_life;  /* of the level's kernel, periods; 0: chosen by leave-one-out deviance */
    bool infer_runs;   /* look for impossible zero runs where neither share nor stock is known */
    double run_level;  /* probability, over a whole series, of calling a chance run a stock-out */
} skuai_stockout_options;

#define SKUAI_STOCKOUT_OPTIONS_DEFAULT                                                             \
    ((skuai_stockout_options){.infer_runs = true, .run_level = 0.001})

typedef enum skuai_stockout_kind {
    SKUAI_STOCKOUT_NONE,
    SKUAI_STOCKOUT_PARTIAL,  /* a known share of the period was lost */
    SKUAI_STOCKOUT_WHOLE,    /* not available at all */
    SKUAI_STOCKOUT_CENSORED, /* sold out at an unknown moment */
    SKUAI_STOCKOUT_RUN       /* inferred from a run of zeros */
} skuai_stockout_kind;

typedef struct skuai_stockout {
    size_t n_rows;       /* of the panel */
    double *demand;      /* [n_rows] estimated demand; the target where nothing was hidden */
    double *expected;    /* [n_rows] the model's mean; NaN in a series' future */
    unsigned char *kind; /* [n_rows] skuai_stockout_kind */
    size_t affected;     /* rows of another kind than none */
    double half_life;    /* that was used; INFINITY: a constant level */
    double dispersion;   /* variance over mean within a period, pooled over the groups by series */
    double shape;        /* k, likewise; INFINITY: no day effect */
} skuai_stockout;

/* Estimate the demand of every series of a panel. Used: target; available (the share of the
 * period's demand, or of its time when the profile is unknown, see clean/hour_profile.h); a dynamic
 * covariate "stock" (at the end of the period) where available is NULL.
 *   result  out, owned by the caller (skuai_stockout_clear)
 * Negative targets count as 0. A NaN target stays NaN, even inside a stock-out. Deterministic.
 * SKUA_EINVAL: unknown group or options out of range; SKUA_ENOMEM, SKUA_ECANCEL. O(rows). */
SKUA_MUST_USE skua_status skuai_stockout_estimate(const skuai_panel *panel,
                                                  const skuai_stockout_options *options,
                                                  const skuai_context *context,
                                                  skuai_stockout *result, skua_error *err);
void skuai_stockout_clear(skuai_stockout *result); /* a zeroed one is allowed */

/* E[D | D >= least] of a negative binomial of this mean > 0 and size (infinite: Poisson); the
 * normal approximation (Tobit, equation of [2]) from mean or least 10,000 on. >= least. */
double skuai_stockout_censored_mean(double mean, double size, double least);

#endif
