#include "decide/stock_law.h"

#include "math/distribution.h"

#include <math.h>

skuai_stock_law skuai_stock_sample(const double *sorted, size_t n) {
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += (sorted[i] - mean) / (double)(i + 1);
    return (skuai_stock_law){.kind = SKUAI_STOCK_SAMPLE, .mean = mean, .sample = sorted, .n = n};
}

skua_status skuai_stock_law_check(const skuai_stock_law *law, skua_error *err) {
    bool good = law->mean >= 0 && isfinite(law->mean);
    if (law->kind == SKUAI_STOCK_NORMAL) good = good && law->sd > 0 && isfinite(law->sd);
    if (law->kind == SKUAI_STOCK_NEGATIVE_BINOMIAL) good = good && law->size > 0;
    if (law->kind == SKUAI_STOCK_SAMPLE) good = good && law->n > 0;
    if (!good)
        return skuai_error_set(err, SKUA_EINVAL,
                               "demand with mean %g and spread %g: the mean must be >= 0 and the "
                               "spread above 0",
                               law->mean,
                               law->kind == SKUAI_STOCK_NEGATIVE_BINOMIAL ? law->size : law->sd);
    return SKUA_OK;
}

/* Number of sample values <= x. */
static size_t count_below(const skuai_stock_law *law, double x) {
    size_t low = 0, high = law->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (law->sample[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double skuai_stock_law_quantile(const skuai_stock_law *law, double p) {
    switch (law->kind) {
    case SKUAI_STOCK_NORMAL:
        return law->mean + law->sd * skuai_normal_quantile(p);
    case SKUAI_STOCK_POISSON:
        return skuai_poisson_quantile(p, law->mean);
    case SKUAI_STOCK_NEGATIVE_BINOMIAL:
        return skuai_negative_binomial_quantile(p, law->mean, law->size);
    case SKUAI_STOCK_SAMPLE: {
        double k = ceil(p * (double)law->n - 1e-9);
        size_t i = k < 1 ? 0 : k > (double)law->n ? law->n - 1 : (size_t)k - 1;
        return law->sample[i];
    }
    }
    return (double)NAN;
}

double skuai_stock_law_cdf(const skuai_stock_law *law, double x) {
    switch (law->kind) {
    case SKUAI_STOCK_NORMAL:
        return skuai_normal_cdf((x - law->mean) / law->sd);
    case SKUAI_STOCK_POISSON:
        return x < 0 ? 0 : skuai_poisson_cdf(floor(x), law->mean);
    case SKUAI_STOCK_NEGATIVE_BINOMIAL:
        return x < 0 ? 0 : skuai_negative_binomial_cdf(floor(x), law->mean, law->size);
    case SKUAI_STOCK_SAMPLE:
        return (double)count_below(law, x) / (double)law->n;
    }
    return (double)NAN;
}

/* E[(D - k)+] at a whole k >= 0. */
static double count_loss(const skuai_stock_law *law, double k) {
    if (law->kind == SKUAI_STOCK_POISSON)
        return (law->mean - k) * (1 - skuai_poisson_cdf(k, law->mean)) +
               law->mean * skuai_poisson_pmf(k, law->mean);
    /* E[D 1(D > k)] of a negative binomial by its own density:
     * sum over j <= k of j f(j) = mean F'(k - 1), F' with size + 1 and mean (size + 1) / size mean
     */
    double shifted = law->mean * (law->size + 1) / law->size;
    double below = k < 1 ? 0 : skuai_negative_binomial_cdf(k - 1, shifted, law->size + 1);
    return law->mean * (1 - below) - k * (1 - skuai_negative_binomial_cdf(k, law->mean, law->size));
}

double skuai_stock_law_loss(const skuai_stock_law *law, double x) {
    if (law->kind == SKUAI_STOCK_NORMAL) {
        double z = (x - law->mean) / law->sd;
        return law->sd * (skuai_normal_pdf(z) - z * skuai_normal_cdf(-z));
    }
    if (law->kind == SKUAI_STOCK_SAMPLE) {
        double sum = 0;
        for (size_t i = count_below(law, x); i < law->n; i++)
            sum += law->sample[i] - x;
        return sum / (double)law->n;
    }
    if (x <= 0) return law->mean - x;
    double k = floor(x), w = x - k, loss = count_loss(law, k);
    if (w > 0) loss += w * (count_loss(law, k + 1) - loss);
    return loss > 0 ? loss : 0;
}

double skuai_stock_law_loss2(const skuai_stock_law *law, double x) {
    if (law->kind == SKUAI_STOCK_NORMAL) {
        double z = (x - law->mean) / law->sd;
        return law->sd * law->sd / 2 *
               ((z * z + 1) * skuai_normal_cdf(-z) - z * skuai_normal_pdf(z));
    }
    if (law->kind != SKUAI_STOCK_SAMPLE) return (double)NAN;
    double sum = 0;
    for (size_t i = count_below(law, x); i < law->n; i++)
        sum += (law->sample[i] - x) * (law->sample[i] - x) / 2;
    return sum / (double)law->n;
}
