/* Differences in differences: two-way effects swept out, clustered errors, pre-test, random choices
 * of units. */
#include "cause/event_effect.h"

#include "core/random.h"
#include "math/distribution.h"

#include <math.h>
#include <string.h>

enum { LEAST_TREATED = 2, LEAST_CONTROLS = 5, LEAST_BEFORE = 3, SWEEPS = 2000 };

/* A column less its means over units and over periods, where used [n, length] says so. */
typedef struct sweep {
    size_t n, length;
    const unsigned char *used;
    double *sum, *count; /* [n + length] scratch */
} sweep;

static double sweep_once(const sweep *s, bool units, double *x) {
    size_t groups = units ? s->n : s->length;
    double largest = 0;
    memset(s->sum, 0, groups * sizeof *s->sum);
    memset(s->count, 0, groups * sizeof *s->count);
    for (size_t i = 0; i < s->n; i++)
        for (size_t t = 0; t < s->length; t++) {
            size_t at = i * s->length + t, g = units ? i : t;
            if (!s->used[at]) continue;
            s->sum[g] += x[at];
            s->count[g] += 1;
        }
    for (size_t g = 0; g < groups; g++) {
        s->sum[g] = s->count[g] > 0 ? s->sum[g] / s->count[g] : 0;
        largest = fmax(largest, fabs(s->sum[g]));
    }
    for (size_t i = 0; i < s->n; i++)
        for (size_t t = 0; t < s->length; t++) {
            size_t at = i * s->length + t;
            if (s->used[at]) x[at] -= s->sum[units ? i : t];
        }
    return largest;
}

/* Without gaps two sweeps are exact; with gaps they are repeated until nothing moves. */
static void sweep_out(const sweep *s, double *x) {
    double scale = 0;
    for (size_t at = 0; at < s->n * s->length; at++)
        if (s->used[at]) scale = fmax(scale, fabs(x[at]));
    for (int k = 0; k < SWEEPS; k++) {
        double moved = sweep_once(s, true, x);
        moved = fmax(moved, sweep_once(s, false, x));
        if (!(moved > 1e-13 * scale)) break;
    }
}

typedef struct slope {
    double value, error;
    size_t rows, clusters;
} slope;

/* Effect of column d on y with both ways swept out, clustered by unit. d, y overwritten. */
static slope regress(const sweep *s, double *d, double *y) {
    slope out = {.value = (double)NAN, .error = (double)NAN};
    size_t periods = 0;
    double dd = 0, dy = 0, meat = 0, scale = 0;
    for (size_t at = 0; at < s->n * s->length; at++)
        if (s->used[at]) scale += d[at] * d[at];
    sweep_out(s, d);
    sweep_out(s, y);
    for (size_t i = 0; i < s->n; i++) {
        size_t rows = 0;
        for (size_t t = 0; t < s->length; t++) {
            size_t at = i * s->length + t;
            if (!s->used[at]) continue;
            dd += d[at] * d[at];
            dy += d[at] * y[at];
            rows++;
        }
        out.rows += rows;
        out.clusters += rows > 0;
    }
    for (size_t t = 0; t < s->length; t++) {
        bool any = false;
        for (size_t i = 0; i < s->n && !any; i++)
            any = s->used[i * s->length + t];
        periods += any;
    }
    if (!(dd > 1e-10 * scale)) return out;
    out.value = dy / dd;
    for (size_t i = 0; i < s->n; i++) {
        double score = 0;
        for (size_t t = 0; t < s->length; t++) {
            size_t at = i * s->length + t;
            if (s->used[at]) score += d[at] * (y[at] - out.value * d[at]);
        }
        meat += score * score;
    }
    double g = (double)out.clusters, rows = (double)out.rows;
    double k = g + (double)periods - 1 + 1; /* both ways' effects less one, and the slope */
    if (g < 2 || rows <= k) return out;
    out.error = sqrt(meat * (g / (g - 1)) * ((rows - 1) / (rows - k))) / dd;
    return out;
}

static skua_status check(const skuai_event_table *t, const skuai_event_options *o,
                         skuai_difference *d, skua_error *err) {
    if (!(o->confidence > 0 && o->confidence < 1))
        return skuai_error_set(err, SKUA_ECONFIG, "confidence must be in (0, 1)");
    for (size_t i = 0; i < t->n; i++)
        if (t->treated[i])
            d->n_treated++;
        else
            d->n_controls++;
    if (d->n_treated < LEAST_TREATED || d->n_controls < LEAST_CONTROLS)
        return skuai_error_set(
            err, SKUA_EDATA,
            "%zu items with the event and %zu without it: differences in differences need at least "
            "%d and %d, for their errors come from how items differ",
            d->n_treated, d->n_controls, (int)LEAST_TREATED, (int)LEAST_CONTROLS);
    if (t->before < LEAST_BEFORE || t->after >= t->length)
        return skuai_error_set(err, SKUA_EDATA,
                               "%zu periods before the event and %zu after it: at least %d and 1 "
                               "are needed",
                               t->before, t->length > t->after ? t->length - t->after : 0,
                               (int)LEAST_BEFORE);
    return SKUA_OK;
}

/* Marks what counts of [from, to) and of [after, length). */
static void mark(const skuai_event_table *t, bool after_too, unsigned char *used) {
    for (size_t i = 0; i < t->n; i++)
        for (size_t p = 0; p < t->length; p++) {
            bool here = p < t->before || (after_too && p >= t->after);
            used[i * t->length + p] = here && isfinite(t->y[i * t->length + p]);
        }
}

/* Change of each unit's mean [n] over the event; NaN where a side is missing. */
static void changes(const skuai_event_table *t, double *change) {
    for (size_t i = 0; i < t->n; i++) {
        double sum[2] = {0, 0}, n[2] = {0, 0};
        for (size_t p = 0; p < t->length; p++) {
            double y = t->y[i * t->length + p];
            if (!isfinite(y) || (p >= t->before && p < t->after)) continue;
            sum[p >= t->after] += y;
            n[p >= t->after]++;
        }
        change[i] = n[0] > 0 && n[1] > 0 ? sum[1] / n[1] - sum[0] / n[0] : (double)NAN;
    }
}

/* Mean change of the m units first in order, less that of the others. */
static double contrast(const double *change, const size_t *order, size_t n, size_t m) {
    double first = 0, rest = 0;
    for (size_t i = 0; i < n; i++)
        *(i < m ? &first : &rest) += change[order[i]];
    return first / (double)m - rest / (double)(n - m);
}

static skua_status randomise(const skuai_event_table *t, const skuai_event_options *o, double *p,
                             skua_error *err) {
    double *change = skuai_new(t->n, sizeof *change);
    size_t *order = skuai_new(t->n, sizeof *order), n = 0, m = 0, as_large = 0;
    skua_status status =
        change && order ? SKUA_OK : skuai_error_memory(err, "random choices of units");
    *p = (double)NAN;
    if (status == SKUA_OK) {
        changes(t, change);
        for (int treated = 1; treated >= 0; treated--) { /* treated first */
            for (size_t i = 0; i < t->n; i++)
                if (t->treated[i] == (treated == 1) && isfinite(change[i])) order[n++] = i;
            if (treated == 1) m = n;
        }
        skuai_random random;
        skuai_random_split(&random, o->seed, 91);
        if (m > 0 && m < n) {
            double real = fabs(contrast(change, order, n, m));
            for (size_t k = 0; k < o->draws; k++) {
                skuai_random_shuffle(&random, order, n);
                as_large += fabs(contrast(change, order, n, m)) >= real * (1 - 1e-12);
            }
            *p = (1 + (double)as_large) / (1 + (double)o->draws);
        }
    }
    skuai_free(change);
    skuai_free(order);
    return status;
}

/* The slope of a line that only the treated have, before the event. */
static void test_trend(const skuai_event_table *t, const sweep *s, unsigned char *used, double *d,
                       double *y, skuai_difference *out) {
    mark(t, false, used);
    for (size_t at = 0; at < t->n * t->length; at++) {
        d[at] = t->treated[at / t->length] ? (double)(at % t->length) : 0;
        y[at] = used[at] ? t->y[at] : 0;
    }
    slope b = regress(s, d, y);
    out->trend = b.value;
    out->trend_error = b.error;
    out->trend_p = b.error > 0
                       ? 2 * skuai_student_cdf(-fabs(b.value) / b.error, (double)b.clusters - 1)
                       : (double)NAN;
}

skua_status skuai_event_difference(const skuai_event_table *t, const skuai_event_options *o,
                                   skuai_difference *difference, skua_error *err) {
    skuai_difference out = {.p_random = (double)NAN};
    SKUA_TRY(check(t, o, &out, err));
    size_t cells = t->n * t->length;
    double *d = skuai_new(2 * cells + 2 * (t->n + t->length), sizeof *d);
    unsigned char *used = skuai_new(cells, 1);
    skua_status status = d && used ? SKUA_OK : skuai_error_memory(err, "an event's effect");
    if (status == SKUA_OK) {
        double *y = d + cells, *scratch = y + cells;
        sweep s = {t->n, t->length, used, scratch, scratch + t->n + t->length};
        mark(t, true, used);
        for (size_t at = 0; at < cells; at++) {
            d[at] = t->treated[at / t->length] && at % t->length >= t->after;
            y[at] = used[at] ? t->y[at] : 0;
        }
        slope b = regress(&s, d, y);
        double df = (double)b.clusters - 1;
        out.value = b.value;
        out.error = b.error;
        out.n_rows = b.rows;
        if (!(b.error >= 0)) {
            status = skuai_error_set(err, SKUA_EDATA,
                                     "the items with the event and those without it have no "
                                     "periods before and after it in common: choose others, or a "
                                     "longer window");
        } else {
            double q = skuai_student_quantile(0.5 + o->confidence / 2, df);
            out.low = b.value - q * b.error;
            out.high = b.value + q * b.error;
            out.p = b.error > 0 ? 2 * skuai_student_cdf(-fabs(b.value) / b.error, df)
                                : (double)(b.value == 0);
            test_trend(t, &s, used, d, y, &out);
        }
    }
    if (status == SKUA_OK && o->draws > 0) status = randomise(t, o, &out.p_random, err);
    skuai_free(d);
    skuai_free(used);
    if (status == SKUA_OK) *difference = out;
    return status;
}
