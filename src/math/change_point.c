#include "math/change_point.h"

#include "math/statistics.h"

#include <math.h>

typedef struct search {
    const double *sums, *squares; /* [n + 1] running, of centred values */
    skuai_change_cost cost;
    double penalty, floor;
    size_t n, least;
    double *best;      /* [n + 1] least cost of the first t values */
    size_t *previous;  /* [n + 1] where its last segment starts */
    size_t *candidate; /* [n + 1] starts that can still be best */
    size_t *dropped;   /* [n + 1] the end from which each of them cannot */
} search;

static double segment_cost(const search *s, size_t from, size_t to) {
    double count = (double)(to - from), sum = s->sums[to] - s->sums[from];
    double deviation = s->squares[to] - s->squares[from] - sum * sum / count;
    if (deviation < 0) deviation = 0;
    return s->cost == SKUAI_CHANGE_MEAN ? deviation : count * log(deviation / count + s->floor);
}

/* [1] section 3. A start that is beaten at end t by a change at t stays beaten at every end that a
 * segment starting at t can reach, so it leaves `least` steps later. */
static void run_search(search *s) {
    size_t kept = 0;
    s->best[0] = -s->penalty;
    for (size_t t = s->least; t <= s->n; t++) {
        size_t start = t - s->least;
        if (start == 0 || start >= s->least) {
            s->candidate[kept] = start;
            s->dropped[kept++] = SIZE_MAX;
        }
        double least = INFINITY;
        size_t at = 0, left = 0;
        for (size_t i = 0; i < kept; i++) {
            if (t >= s->dropped[i]) continue;
            size_t c = s->candidate[i];
            double cost = s->best[c] + segment_cost(s, c, t);
            if (cost < least) {
                least = cost;
                at = c;
            }
            s->candidate[left] = c;
            s->dropped[left] = s->dropped[i];
            s->best[s->n + 1 + left++] = cost; /* behind the costs: those of this end */
        }
        kept = left;
        s->best[t] = least + s->penalty;
        s->previous[t] = at;
        for (size_t i = 0; i < kept; i++)
            if (s->dropped[i] == SIZE_MAX && s->best[s->n + 1 + i] > s->best[t])
                s->dropped[i] = t + s->least;
    }
}

static double default_penalty(const double *y, size_t n, skuai_change_cost cost, double *scratch) {
    double logarithm = log((double)n);
    if (cost == SKUAI_CHANGE_MEAN_VARIANCE) return 3 * logarithm;
    for (size_t i = 1; i < n; i++)
        scratch[i - 1] = y[i] - y[i - 1];
    double deviation = 1.4826 * skuai_median_deviation(scratch, n - 1, scratch + n) / sqrt(2.0);
    double variance = deviation * deviation;
    if (!(variance > 0)) variance = 0.5 * skuai_variance(scratch, n - 1, 0); /* mostly constant */
    return 2 * variance * logarithm;
}

static void collect(const search *s, size_t *changes, size_t capacity, size_t *n_changes) {
    size_t count = 0;
    for (size_t t = s->previous[s->n]; t > 0; t = s->previous[t])
        count++;
    *n_changes = count;
    for (size_t t = s->previous[s->n]; t > 0; t = s->previous[t])
        if (--count < capacity) changes[count] = t;
}

skua_status skuai_change_points(const double *y, size_t n, const skuai_change_options *options,
                                skuai_arena *scratch, size_t *changes, size_t capacity,
                                size_t *n_changes, skua_error *err) {
    if (n == 0 || !(options->penalty >= 0) || !(options->floor >= 0))
        return skuai_error_set(err, n ? SKUA_EINVAL : SKUA_EDATA,
                               "change points: %zu values, penalty %g", n, options->penalty);
    double mean = skuai_mean(y, n), variance = skuai_variance(y, n, 0);
    if (!isfinite(variance) || skuai_count(y, n) < n)
        return skuai_error_set(err, SKUA_EDATA, "change points: a value is not finite");
    search s = {.cost = options->cost, .n = n, .penalty = options->penalty};
    s.least = options->least ? options->least : 2;
    s.floor = options->floor > 0 ? options->floor : 1e-6 * variance;
    if (s.least > n / 2 || variance == 0) { /* no room, or no reason, for a change */
        *n_changes = 0;
        return SKUA_OK;
    }
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    double *sums = skuai_arena_take(scratch, 4 * (n + 1), sizeof *sums);
    size_t *places = skuai_arena_take(scratch, 3 * (n + 1), sizeof *places);
    if (!sums || !places) {
        skuai_arena_reset(scratch, mark);
        return skuai_error_memory(err, "change points");
    }
    double *squares = sums + n + 1;
    s.best = squares + n + 1;
    if (s.penalty == 0) s.penalty = default_penalty(y, n, s.cost, sums);
    sums[0] = squares[0] = 0;
    for (size_t i = 0; i < n; i++) {
        double d = y[i] - mean;
        sums[i + 1] = sums[i] + d;
        squares[i + 1] = squares[i] + d * d;
    }
    s.sums = sums;
    s.squares = squares;
    s.previous = places;
    s.candidate = places + n + 1;
    s.dropped = s.candidate + n + 1;
    run_search(&s);
    collect(&s, changes, capacity, n_changes);
    skuai_arena_reset(scratch, mark);
    return SKUA_OK;
}
