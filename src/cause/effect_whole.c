#include "cause/effect_whole.h"
#include "cause/effect_shrink.h"

#include <math.h>

enum { K = SKUAI_SHRINK_WIDTH };

#define SPAN 4.0 /* |log multiple| beyond which it is cut */

/* Log of demand under a row's own promotion over plain demand. */
static double log_multiple(const skuai_effect_rows *r, const double *effects, size_t i) {
    double sum = 0;
    for (size_t k = 0; k < r->k; k++)
        if (k != r->others) sum += effects[k] * (double)r->beyond[k * r->n + i];
    return sum > SPAN ? SPAN : sum < -SPAN ? -SPAN : sum;
}

bool skuai_effect_whole(const skuai_effect_rows *r, size_t from, size_t to, const double *mu,
                        const double *at, const double *effects, const double *variance,
                        double *value, double *error, double *units) {
    double plain = 0, with = 0, gained = 0, slope[K] = {0}, square = 0;
    for (size_t i = from; i < to; i++) {
        if (!r->promoted[i] || (mu && !(mu[i] > 0))) continue;
        double weight = mu ? mu[i] * exp(-log_multiple(r, at, i)) : 1;
        double multiple = exp(log_multiple(r, effects, i));
        plain += weight;
        with += weight * multiple;
        gained += r->y[i] * (1 - 1 / multiple);
        for (size_t k = 0; k < r->k; k++)
            if (k != r->others) slope[k] += weight * multiple * (double)r->beyond[k * r->n + i];
    }
    if (!(plain > 0)) return false;
    for (size_t a = 0; a < r->k; a++)
        for (size_t b = 0; b < r->k; b++)
            square += slope[a] / with * variance[a * r->k + b] * slope[b] / with;
    *value = log(with / plain);
    *error = sqrt(fmax(0, square));
    if (units) *units = gained;
    return true;
}
