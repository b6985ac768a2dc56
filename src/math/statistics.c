#include "math/statistics.h"

#include <math.h>

enum { INSERTION_SIZE = 24 };

/* -- Moments --------------------------------------------------------------------------------- */

size_t skuai_count(const double *x, size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (size_t)(x[i] == x[i]);
    return count;
}

/* Four partial sums: fixed order, so the result does not depend on the processor. */
static double sum_and_count(const double *x, size_t n, size_t *count) {
    double s[4] = {0, 0, 0, 0};
    size_t c = 0, i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++) {
            bool there = x[i + j] == x[i + j];
            s[j] += there ? x[i + j] : 0;
            c += (size_t)there;
        }
    for (; i < n; i++) {
        bool there = x[i] == x[i];
        s[0] += there ? x[i] : 0;
        c += (size_t)there;
    }
    *count = c;
    return (s[0] + s[1]) + (s[2] + s[3]);
}

double skuai_sum(const double *x, size_t n) {
    size_t count;
    return sum_and_count(x, n, &count);
}

double skuai_mean(const double *x, size_t n) {
    size_t count;
    double sum = sum_and_count(x, n, &count);
    return count ? sum / (double)count : NAN;
}

double skuai_variance(const double *x, size_t n, size_t correction) {
    size_t count;
    double sum = sum_and_count(x, n, &count);
    if (count <= correction || count == 0) return NAN;
    double mean = sum / (double)count, squares = 0, rest = 0;
    for (size_t i = 0; i < n; i++) {
        double d = x[i] == x[i] ? x[i] - mean : 0;
        squares += d * d;
        rest += d; /* what rounding left in the mean */
    }
    double variance = (squares - rest * rest / (double)count) / (double)(count - correction);
    return variance < 0 ? 0 : variance;
}

double skuai_deviation(const double *x, size_t n, size_t correction) {
    return sqrt(skuai_variance(x, n, correction));
}

bool skuai_range(const double *x, size_t n, double *low, double *high) {
    size_t i = 0;
    while (i < n && isnan(x[i]))
        i++;
    if (i == n) return false;
    double a = x[i], b = x[i];
    for (; i < n; i++) {
        a = x[i] < a ? x[i] : a;
        b = x[i] > b ? x[i] : b;
    }
    if (low) *low = a;
    if (high) *high = b;
    return true;
}

/* -- Sorting --------------------------------------------------------------------------------- */

static void insertion_sort(double *x, size_t n) {
    for (size_t i = 1; i < n; i++) {
        double v = x[i];
        size_t j = i;
        for (; j > 0 && v < x[j - 1]; j--)
            x[j] = x[j - 1];
        x[j] = v;
    }
}

static void heap_sift(double *x, size_t root, size_t n) {
    double v = x[root];
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= n) break;
        if (child + 1 < n && x[child] < x[child + 1]) child++;
        if (!(v < x[child])) break;
        x[root] = x[child];
        root = child;
    }
    x[root] = v;
}

static void heap_sort(double *x, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        heap_sift(x, i, n);
    for (size_t i = n; i-- > 1;) {
        double v = x[0];
        x[0] = x[i];
        x[i] = v;
        heap_sift(x, 0, i);
    }
}

static double median_of_3(double a, double b, double c) {
    if (a < b) return b < c ? b : (a < c ? c : a);
    return a < c ? a : (b < c ? c : b);
}

static double choose_pivot(const double *x, size_t n) {
    size_t h = n / 2, e = n / 8;
    if (n < 128) return median_of_3(x[0], x[h], x[n - 1]);
    return median_of_3(median_of_3(x[0], x[e], x[2 * e]), median_of_3(x[h - e], x[h], x[h + e]),
                       median_of_3(x[n - 1 - 2 * e], x[n - 1 - e], x[n - 1]));
}

/* Values below the pivot (or, with_equal, not above it) to the front; how many they are. The swap
 * is unconditional, so there is no branch to mispredict. */
static size_t partition(double *x, size_t n, double pivot, bool with_equal) {
    size_t front = 0;
    for (size_t i = 0; i < n; i++) {
        double v = x[i];
        size_t keep = with_equal ? (size_t)(v <= pivot) : (size_t)(v < pivot);
        x[i] = x[front];
        x[front] = v;
        front += keep;
    }
    return front;
}

static int depth_limit(size_t n) {
    int depth = 2;
    for (; n > 1; n >>= 1)
        depth += 2;
    return depth;
}

static void quick_sort(double *x, size_t n, int depth) {
    while (n > INSERTION_SIZE) {
        if (depth-- == 0) {
            heap_sort(x, n);
            return;
        }
        double pivot = choose_pivot(x, n);
        size_t left = partition(x, n, pivot, false);
        if (left == 0) { /* the pivot is the least: its equals are in place already */
            size_t equal = partition(x, n, pivot, true);
            x += equal;
            n -= equal;
            continue;
        }
        quick_sort(x, left, depth);
        x += left;
        n -= left;
    }
    insertion_sort(x, n);
}

/* Move NaN to the end; how many values stand before them. */
static size_t nan_last(double *x, size_t n) {
    size_t front = 0;
    for (size_t i = 0; i < n; i++) {
        double v = x[i];
        x[i] = x[front];
        x[front] = v;
        front += (size_t)(v == v);
    }
    return front;
}

void skuai_sort(double *x, size_t n) {
    size_t count = nan_last(x, n);
    quick_sort(x, count, depth_limit(count));
}

/* a before b: by value, NaN last, then by position. */
static bool index_before(const double *x, size_t a, size_t b) {
    if (x[a] < x[b]) return true;
    if (x[b] < x[a]) return false;
    bool a_nan = isnan(x[a]), b_nan = isnan(x[b]);
    return a_nan == b_nan ? a < b : b_nan;
}

static void index_sift(const double *x, size_t *index, size_t root, size_t n) {
    size_t v = index[root];
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= n) break;
        if (child + 1 < n && index_before(x, index[child], index[child + 1])) child++;
        if (!index_before(x, v, index[child])) break;
        index[root] = index[child];
        root = child;
    }
    index[root] = v;
}

static void index_heap_sort(const double *x, size_t *index, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        index_sift(x, index, i, n);
    for (size_t i = n; i-- > 1;) {
        size_t v = index[0];
        index[0] = index[i];
        index[i] = v;
        index_sift(x, index, 0, i);
    }
}

static void index_insertion_sort(const double *x, size_t *index, size_t n) {
    for (size_t i = 1; i < n; i++) {
        size_t v = index[i], j = i;
        for (; j > 0 && index_before(x, v, index[j - 1]); j--)
            index[j] = index[j - 1];
        index[j] = v;
    }
}

static size_t index_median(const double *x, size_t a, size_t b, size_t c) {
    if (index_before(x, a, b)) return index_before(x, b, c) ? b : (index_before(x, a, c) ? c : a);
    return index_before(x, a, c) ? a : (index_before(x, b, c) ? c : b);
}

/* The order is total (ties by position), so every pivot is unique and Hoare's scheme shrinks. */
static void index_quick_sort(const double *x, size_t *index, size_t n, int depth) {
    while (n > INSERTION_SIZE) {
        if (depth-- == 0) {
            index_heap_sort(x, index, n);
            return;
        }
        size_t pivot = index_median(x, index[0], index[n / 2], index[n - 1]);
        size_t i = 0, j = n - 1;
        for (;;) {
            while (index_before(x, index[i], pivot))
                i++;
            while (index_before(x, pivot, index[j]))
                j--;
            if (i >= j) break;
            size_t v = index[i];
            index[i++] = index[j];
            index[j--] = v;
        }
        size_t left = j + 1;
        index_quick_sort(x, index, left, depth);
        index += left;
        n -= left;
    }
    index_insertion_sort(x, index, n);
}

void skuai_sort_index(const double *x, size_t n, size_t *index) {
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    index_quick_sort(x, index, n, depth_limit(n));
}

void skuai_rank(const double *x, size_t n, double *rank, size_t *index) {
    skuai_sort_index(x, n, index);
    for (size_t i = 0; i < n;) {
        double v = x[index[i]];
        size_t end = i + 1;
        while (end < n && x[index[end]] == v)
            end++;
        double average = 0.5 * (double)(i + 1 + end);
        for (; i < end; i++)
            rank[index[i]] = isnan(v) ? NAN : average;
    }
}

/* -- Quantiles ------------------------------------------------------------------------------- */

/* Between two neighbours; from an infinite one there is no way to the other. */
static double between(double a, double b, double part) {
    return a == b || isinf(a) ? a : a + part * (b - a);
}

double skuai_quantile_sorted(const double *x, size_t n, double p) {
    if (n == 0 || !(p >= 0 && p <= 1)) return NAN;
    double position = p * (double)(n - 1), whole = floor(position);
    size_t i = (size_t)whole;
    double part = position - whole;
    if (!(part > 0) || i + 1 >= n) return x[i];
    return between(x[i], x[i + 1], part);
}

/* Put the k-th value (from 0) into place k, lower ones before it. */
static void quick_select(double *x, size_t n, size_t k) {
    int depth = depth_limit(n);
    while (n > INSERTION_SIZE) {
        if (depth-- == 0) {
            heap_sort(x, n);
            return;
        }
        double pivot = choose_pivot(x, n);
        size_t left = partition(x, n, pivot, false);
        if (k < left) {
            n = left;
            continue;
        }
        size_t equal = partition(x + left, n - left, pivot, true);
        if (k < left + equal) return;
        x += left + equal;
        k -= left + equal;
        n -= left + equal;
    }
    insertion_sort(x, n);
}

static size_t copy_values(const double *x, size_t n, double *copy) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) copy[count++] = x[i];
    return count;
}

static double quantile_in_place(double *x, size_t n, double p) {
    if (n == 0 || !(p >= 0 && p <= 1)) return NAN;
    double position = p * (double)(n - 1), whole = floor(position);
    size_t i = (size_t)whole;
    quick_select(x, n, i);
    double part = position - whole;
    if (!(part > 0) || i + 1 >= n) return x[i];
    double next = x[i + 1];
    for (size_t j = i + 2; j < n; j++)
        next = x[j] < next ? x[j] : next;
    return between(x[i], next, part);
}

double skuai_quantile(const double *x, size_t n, double p, double *scratch) {
    return quantile_in_place(scratch, copy_values(x, n, scratch), p);
}

double skuai_median(const double *x, size_t n, double *scratch) {
    return skuai_quantile(x, n, 0.5, scratch);
}

double skuai_median_deviation(const double *x, size_t n, double *scratch) {
    size_t count = copy_values(x, n, scratch);
    double median = quantile_in_place(scratch, count, 0.5);
    for (size_t i = 0; i < count; i++) /* inf - inf is 0 here: equal values do not deviate */
        scratch[i] = scratch[i] == median ? 0 : fabs(scratch[i] - median);
    return quantile_in_place(scratch, count, 0.5);
}

double skuai_quantile_weighted(const double *x, const double *weight, size_t n, double p,
                               size_t *index) {
    if (!(p >= 0 && p <= 1)) return NAN;
    skuai_sort_index(x, n, index);
    size_t count = 0;
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t j = index[i];
        if (isnan(x[j]) || !(weight[j] > 0)) continue;
        total += weight[j];
        index[count++] = j;
    }
    double target = p * total, cumulated = 0;
    for (size_t i = 0; i < count; i++) {
        cumulated += weight[index[i]];
        if (cumulated >= target) return x[index[i]];
    }
    return count ? x[index[count - 1]] : NAN;
}

/* -- Pairs ----------------------------------------------------------------------------------- */

double skuai_correlation(const double *x, const double *y, size_t n) {
    double sum_x = 0, sum_y = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        sum_x += x[i];
        sum_y += y[i];
        count++;
    }
    if (count < 2) return NAN;
    double mean_x = sum_x / (double)count, mean_y = sum_y / (double)count;
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        double dx = x[i] - mean_x, dy = y[i] - mean_y;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    if (!(xx > 0 && yy > 0)) return NAN;
    double r = xy / (sqrt(xx) * sqrt(yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

double skuai_autocorrelation(const double *x, size_t n, size_t lag) {
    if (lag >= n) return NAN;
    double mean = skuai_mean(x, n), squares = 0, products = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) continue;
        double d = x[i] - mean;
        squares += d * d;
        if (i + lag < n && !isnan(x[i + lag])) products += d * (x[i + lag] - mean);
    }
    return squares > 0 ? products / squares : NAN;
}
