/* effect_whole.h -- the whole effect of the promotions that ran, from the effects of their parts
 * (room cause, private): log of what sold over what the same rows would have sold at the regular
 * price without one, by the multiples that the parts' effects give row by row. Depths differ from
 * promotion to promotion; an average of unlike promotions is then not taken for noise, and an item
 * with deep ones is not drawn to those with shallow ones. Standardisation, or g-computation: Robins
 * 1986, Mathematical Modelling 7; errors by the delta method. */
#ifndef SKUA_CAUSE_EFFECT_WHOLE_H
#define SKUA_CAUSE_EFFECT_WHOLE_H

#include "cause/effect_rows.h"

/* Over the promoted rows of from .. to - 1, with effects [k] and their variance [k, k]. mu [n]
 * means with effects at [k] in them, which weigh the rows by their plain demand; NULL: all alike
 * (at unused). value, error out; units (or NULL): gained of what was sold. False, and nothing out,
 * when no row is promoted. */
bool skuai_effect_whole(const skuai_effect_rows *rows, size_t from, size_t to, const double *mu,
                        const double *at, const double *effects, const double *variance,
                        double *value, double *error, double *units);

#endif
