#include "effect_bound.h"

#include "core/alloc.h"
#include "math/linear.h"

#include <math.h>

enum { COLUMNS = 4, WEEK = 7 };

#define KEPT  0.92 /* of a week's level in the next one */
#define NOISE 0.06

/* Information a day: sum of 1 / (variance of the log), and of that times log price and cut. */
typedef struct day_sum {
    double weight, price, cut;
} day_sum;

static double first_variance(double *a, size_t columns) {
    double inverse[COLUMNS * COLUMNS];
    for (size_t k = 0; k < columns; k++)
        a[k * columns + k] += 1e-9;
    if (skuai_cholesky(a, columns, NULL) != SKUA_OK) return (double)NAN;
    skuai_cholesky_inverse(a, columns, inverse);
    return inverse[0];
}

/* Log prices less their channel's mean, by day. */
static void sum_days(const effect_bound_row *rows, size_t n, double dispersion, day_sum *days) {
    for (size_t from = 0, to; from < n; from = to) {
        double mean = 0;
        for (to = from; to < n && (to == from || rows[to].day > rows[to - 1].day); to++)
            mean += rows[to].price;
        mean /= (double)(to - from);
        for (size_t i = from; i < to; i++) {
            double w = rows[i].mean / (1 + dispersion * rows[i].mean);
            day_sum *day = &days[rows[i].day];
            day->weight += w;
            day->price += w * (rows[i].price - mean);
            day->cut += w * rows[i].cut;
        }
    }
}

static double drift_bound(const day_sum *days, size_t n) {
    double a[COLUMNS * COLUMNS] = {0}, state[COLUMNS] = {0};
    double variance = NOISE * NOISE / (1 - KEPT * KEPT);
    for (size_t t = 0; t < n; t++) {
        for (size_t k = 0; k < COLUMNS && t % WEEK == 0; k++)
            state[k] *= KEPT;
        if (t % WEEK == 0) variance = KEPT * KEPT * variance + NOISE * NOISE;
        double w = days[t].weight, left[COLUMNS];
        if (!(w > 0)) continue;
        const double seen[COLUMNS] = {days[t].price / w, days[t].cut / w, 1, (double)t / 365};
        double total = variance + 1 / w, gain = variance / total;
        for (size_t k = 0; k < COLUMNS; k++) {
            left[k] = seen[k] - state[k];
            state[k] += gain * left[k];
        }
        variance *= 1 - gain;
        for (size_t j = 0; j < COLUMNS * COLUMNS; j++)
            a[j] += left[j / COLUMNS] * left[j % COLUMNS] / total;
    }
    return first_variance(a, COLUMNS);
}

void effect_bound(const effect_bound_row *rows, size_t n, double dispersion, double *known,
                  double *drift) {
    size_t n_days = 0;
    double weight = 0, mean = 0, a = 0;
    *known = *drift = (double)NAN;
    for (size_t i = 0; i < n; i++)
        if (rows[i].day >= n_days) n_days = rows[i].day + 1;
    day_sum *days = skuai_zero(n_days + 1, sizeof *days);
    if (!days) return;
    sum_days(rows, n, dispersion, days);
    for (size_t t = 0; t < n_days; t++)
        weight += days[t].weight, mean += days[t].price;
    for (size_t t = 0; t < n_days; t++)
        if (days[t].weight > 0)
            a += days[t].weight * pow(days[t].price / days[t].weight - mean / weight, 2);
    *known = first_variance(&a, 1);
    *drift = drift_bound(days, n_days);
    skuai_free(days);
}

/* Posterior variance of item i: of its own deviation, and of its group's mean by what that weighs.
 */
double effect_bound_errors(const double *effects, const double *variances, const size_t *groups,
                           size_t n) {
    double within = 0, between = 0, all = 0, used = 0, error = 0;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        m = groups[i] >= m ? groups[i] + 1 : m;
    double *sums = skuai_zero(3 * m + 1, sizeof *sums), *count = sums + m, *precision = count + m;
    if (!sums) return (double)NAN;
    for (size_t i = 0; i < n; i++)
        sums[groups[i]] += effects[i], count[groups[i]]++;
    for (size_t i = 0; i < n; i++)
        within += pow(effects[i] - sums[groups[i]] / count[groups[i]], 2);
    for (size_t g = 0; g < m; g++)
        if (count[g] > 0) used++, all += sums[g] / count[g];
    for (size_t g = 0; g < m; g++)
        if (count[g] > 0) between += pow(sums[g] / count[g] - all / used, 2);
    within /= (double)n > used ? (double)n - used : 1;
    between = used > 1 ? between / (used - 1) : 1e6;
    for (size_t i = 0; i < n; i++)
        precision[groups[i]] += 1 / (within + variances[i]);
    for (size_t i = 0; i < n; i++) {
        double share = within / (within + variances[i]);
        double mean = 1 / (precision[groups[i]] + 1 / between);
        double variance = share * variances[i] + (1 - share) * (1 - share) * mean;
        error += sqrt(2 / 3.14159265358979323846 * variance);
    }
    skuai_free(sums);
    return error;
}
