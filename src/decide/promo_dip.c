#include "decide/promo_dip.h"

#include <math.h>

/* Mean of y over [from, to) when none of it is promoted or unknown; else NaN. */
static double plain_mean(const double *y, const float *promoted, size_t from, size_t to) {
    double sum = 0;
    for (size_t t = from; t < to; t++) {
        if (promoted[t] > 0) return (double)NAN;
        sum += y[t];
    }
    return sum / (double)(to - from);
}

skuai_promo_dip skuai_promo_dip_measure(const double *y, const float *promoted, size_t n,
                                        size_t window) {
    skuai_promo_dip found = {0};
    for (size_t from = window; window > 0 && from + 2 * window < n; from++) {
        if (!(promoted[from] > 0) || promoted[from - 1] > 0) continue;
        size_t to = from;
        double sold = 0;
        while (to < n && promoted[to] > 0)
            sold += y[to++];
        if (to + 2 * window > n) break;
        double before = plain_mean(y, promoted, from - window, from);
        double behind = plain_mean(y, promoted, to, to + window);
        double later = plain_mean(y, promoted, to + window, to + 2 * window);
        double level = (before + later) / 2;
        double uplift = sold - level * (double)(to - from);
        double dip = (level - behind) * (double)window;
        if (!isfinite(uplift) || !isfinite(dip)) continue;
        found.uplift += uplift;
        found.dip += dip;
        found.runs++;
    }
    return found;
}

static double share_of(double dip, double uplift) {
    return uplift > 0 ? fmin(1, fmax(0, dip / uplift)) : 0;
}

void skuai_promo_dip_share(const skuai_promo_dip *series, size_t n, double *share, double *error) {
    double uplift = 0, dip = 0, squares = 0, used = 0;
    for (size_t s = 0; s < n; s++) {
        uplift += series[s].uplift;
        dip += series[s].dip;
        used += series[s].runs > 0;
    }
    *share = share_of(dip, uplift);
    for (size_t s = 0; s < n; s++) {
        if (series[s].runs == 0) continue;
        double d = share_of(dip - series[s].dip, uplift - series[s].uplift) - *share;
        squares += d * d;
    }
    *error = used > 1 ? sqrt((used - 1) / used * squares) : 0;
}
