#include "clean/wholesale.h"

#include <math.h>

#include "clean/residual.h"
#include "math/statistics.h"

enum { LINES_LEAST = 5 };

double skuai_wholesale_bound(const double *units, size_t n, const skuai_wholesale_options *options,
                             double *scratch) {
    size_t held = 0;
    double *logs = scratch, *rest = scratch + n;
    for (size_t i = 0; i < n; i++)
        if (units[i] > 0) logs[held++] = log(units[i]);
    if (held < LINES_LEAST) return INFINITY;
    double middle = skuai_median(logs, held, rest);
    double tail = skuai_tail_bound(logs, held, options->level, rest);
    if (isnan(tail)) return exp(middle) * options->few;
    return exp(fmax(tail, middle + log(options->factor)));
}
