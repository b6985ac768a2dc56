/* price_error.h -- prices that an item's own history calls wrong: a missing decimal point, price
 * and quantity exchanged, a slip (room clean).
 *
 * A price is compared, as a logarithm, with the running median of its neighbours in time. Short
 * deviations (at most `run_most` prices, back to the old level after) are errors when
 *   - exchanged: the price is what units usually are and the units what the price usually is;
 *   - decimal: the deviation is a power of ten, within the spread of the item's prices;
 *   - slip: it is beyond `factor_up` or below 1 / `factor_down` and beyond `least` robust
 *     deviations, and beyond what the tail of this item's own deviations would reach by chance
 *     (skuai_tail_bound). A price cut of a half is a promotion, so the bound downward is wider.
 * A price that the item was sold at at least 3 times, and in a hundredth of its rows, is a tier of
 * its list and no error. Robust deviation: 1.4826 times the median absolute one (Hampel 1974, JASA
 * 69). */
#ifndef SKUA_CLEAN_PRICE_ERROR_H
#define SKUA_CLEAN_PRICE_ERROR_H

#include "clean/finding.h"
#include "panel/panel.h"

typedef enum skuai_price_error_kind {
    SKUAI_PRICE_NONE,
    SKUAI_PRICE_EXCHANGED,
    SKUAI_PRICE_DECIMAL,
    SKUAI_PRICE_SLIP
} skuai_price_error_kind;

typedef struct skuai_price_error_options {
    double factor_up, factor_down; /* > 1 */
    double least;                  /* robust deviations of the logarithm */
    size_t run_most;
} skuai_price_error_options;

#define SKUAI_PRICE_ERROR_OPTIONS_DEFAULT                                                          \
    ((skuai_price_error_options){.factor_up = 2.2, .factor_down = 4, .least = 6, .run_most = 2})

/* Judge prices in order of time.
 *   price [n]       0, negative and NaN are skipped (kinds NEGATIVE and IMPOSSIBLE tell them)
 *   units [n]       or NULL: then nothing is called exchanged
 *   kind  [n] out
 *   usual [n] out   the price expected there; NaN where price was skipped
 *   scratch [5 n + 64]
 * Fewer than 5 prices say nothing about each other: all NONE. O(n). */
void skuai_price_errors(const double *price, const double *units, size_t n,
                        const skuai_price_error_options *options, unsigned char *kind,
                        double *usual, double *scratch);

const char *skuai_price_error_text(skuai_price_error_kind kind); /* "missing decimal point", ... */

/* All series of a panel with a covariate "price", as findings of kind PRICE_ERROR (number: the
 * usual price); none without. */
SKUA_MUST_USE skua_status skuai_price_errors_find(const skuai_panel *panel,
                                                  const skuai_price_error_options *options,
                                                  skuai_findings *findings, skua_error *err);

#endif
