/* Synthetic control: weights on the simplex, and placebos over the controls. */
#include "cause/event_effect.h"

#include "math/linear.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

enum { LEAST_BEFORE = 8, ITERATIONS = 20000, CONTROLS_MOST = 100 };

#define GAP 1e-10 /* of the Frank-Wolfe gap, beside |y|^2 */

/* -- Weights ------------------------------------------------------------------------------------
 */

/* The nearest point of the simplex (Held, Wolfe & Crowder 1974) whose element `skip` is 0; sorted
 * [n] scratch. */
static void project(const double *v, size_t n, size_t skip, double *sorted, double *w) {
    double sum = 0, level = 0;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (i != skip) sorted[m++] = v[i];
    skuai_sort(sorted, m);
    for (size_t k = 1; k <= m; k++) {
        sum += sorted[m - k];
        double candidate = (sum - 1) / (double)k;
        if (sorted[m - k] > candidate) level = candidate;
    }
    for (size_t i = 0; i < n; i++)
        w[i] = i == skip ? 0 : fmax(0, v[i] - level);
}

/* Minimise w'aw / 2 - b'w over the simplex without element `skip` (SIZE_MAX: none). */
typedef struct quadratic {
    const double *a, *b; /* [n, n], [n] */
    size_t n, skip;
    double scale;     /* |y|^2 */
    double curvature; /* largest eigenvalue of a, from above */
} quadratic;

/* gradient [n] = a w - b; the return value: how far the best vertex lies below, the gap. */
static double gradient_of(const quadratic *q, const double *w, double *gradient) {
    double at = 0, best = INFINITY;
    for (size_t i = 0; i < q->n; i++) {
        if (i == q->skip) continue;
        gradient[i] = skuai_dot(q->a + i * q->n, w, q->n) - q->b[i];
        at += w[i] * gradient[i];
        best = fmin(best, gradient[i]);
    }
    return at - best;
}

/* By powers; v, u [n] scratch. */
static double steepest(const double *a, size_t n, double *v, double *u) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        v[i] = 1 + 1e-3 * (double)(i % 7);
    for (int k = 0; k < 60; k++) {
        for (size_t i = 0; i < n; i++)
            u[i] = skuai_dot(a + i * n, v, n);
        double norm = sqrt(skuai_dot(u, u, n));
        if (!(norm > 0)) return 0;
        for (size_t i = 0; i < n; i++)
            v[i] = u[i] / norm;
        most = norm;
    }
    return 1.02 * most;
}

/* work [5 n] scratch. */
static void solve(const quadratic *q, double *work, double *w) {
    size_t n = q->n;
    double *gradient = work, *ahead = work + n, *step = work + 2 * n, *sorted = work + 3 * n,
           *old = work + 4 * n, momentum = 1;
    for (size_t i = 0; i < n; i++)
        step[i] = 0;
    memset(gradient, 0, n * sizeof *gradient);
    project(step, n, q->skip, sorted, w);
    memcpy(ahead, w, n * sizeof *ahead);
    for (int k = 0; k < ITERATIONS && q->curvature > 0; k++) {
        if (k % 10 == 0 && gradient_of(q, w, gradient) <= GAP * q->scale) break;
        (void)gradient_of(q, ahead, gradient);
        memcpy(old, w, n * sizeof *old);
        for (size_t i = 0; i < n; i++)
            step[i] = ahead[i] - gradient[i] / q->curvature;
        project(step, n, q->skip, sorted, w);
        double uphill = 0, next = (1 + sqrt(1 + 4 * momentum * momentum)) / 2;
        for (size_t i = 0; i < n; i++)
            uphill += (ahead[i] - w[i]) * (w[i] - old[i]);
        if (uphill > 0) next = momentum = 1; /* O'Donoghue & Candes 2015: restart */
        for (size_t i = 0; i < n; i++)
            ahead[i] = w[i] + (momentum - 1) / next * (w[i] - old[i]);
        momentum = next;
    }
}

/* a [n, n], b [n] of columns x [n][m] and y [m]. */
static void products(const double *const *x, const double *y, size_t n, size_t m, double *a,
                     double *b) {
    for (size_t i = 0; i < n; i++) {
        b[i] = skuai_dot(x[i], y, m);
        for (size_t j = 0; j <= i; j++)
            a[i * n + j] = a[j * n + i] = skuai_dot(x[i], x[j], m);
    }
}

skua_status skuai_simplex_weights(const double *const *x, const double *y, size_t n, size_t m,
                                  double *w, skua_error *err) {
    double *a = skuai_new(n * n + 6 * n, sizeof *a);
    if (!a) return skuai_error_memory(err, "weights of controls");
    double *b = a + n * n, *work = b + n;
    products(x, y, n, m, a, b);
    quadratic q = {a, b, n, SIZE_MAX, skuai_dot(y, y, m), steepest(a, n, work, work + n)};
    solve(&q, work, w);
    skuai_free(a);
    return SKUA_OK;
}

/* -- One unit and its synthetic twin ------------------------------------------------------------
 */

typedef struct study {
    const skuai_event_table *t;
    size_t *controls; /* [n] that have every period before the event that counts */
    size_t n_controls;
    size_t *times; /* [before] periods before in which the treated are known */
    size_t n_times;
    double *columns;   /* [n_controls, n_times] */
    double *treated;   /* [length] their mean */
    const double **to; /* [n_controls] columns */
    double *part;      /* [n_times] the treated */
    double *product;   /* [n_controls, n_controls], [n_controls] with the treated, [5 n_controls] */
    double curvature;
    double *weight; /* [n_controls] */
    double *gap;    /* [length] */
} study;

typedef struct twin {
    double before, after, mean; /* root mean squared gaps; mean gap after */
} twin;

/* The twin of the treated (without SIZE_MAX), or of a control by the others: weights and gaps in
 * the study. */
static void make_twin(study *s, size_t without, twin *out) {
    const skuai_event_table *t = s->t;
    size_t n = s->n_controls;
    bool real = without == SIZE_MAX;
    const double *y = real ? s->treated : t->y + s->controls[without] * t->length;
    const double *b = s->product + (real ? n * n : without * n);
    quadratic q = {s->product, b, n, without, 0, s->curvature};
    q.scale = real ? skuai_dot(s->part, s->part, s->n_times) : b[without];
    solve(&q, s->product + n * n + n, s->weight);
    double square[2] = {0, 0}, sum = 0, count[2] = {0, 0};
    for (size_t p = 0; p < t->length; p++) {
        double known = 0, twin_y = 0;
        for (size_t k = 0; k < s->n_controls; k++) {
            double x = t->y[s->controls[k] * t->length + p];
            if (!isfinite(x) || s->weight[k] <= 0) continue;
            known += s->weight[k];
            twin_y += s->weight[k] * x;
        }
        bool between = p >= t->before && p < t->after;
        s->gap[p] = !between && known > 0.5 ? y[p] - twin_y / known : (double)NAN;
        if (isnan(s->gap[p])) continue;
        square[p >= t->after] += s->gap[p] * s->gap[p];
        count[p >= t->after]++;
        sum += p >= t->after ? s->gap[p] : 0;
    }
    *out = (twin){sqrt(square[0] / count[0]), sqrt(square[1] / count[1]), sum / count[1]};
}

/* -- The study ----------------------------------------------------------------------------------
 */

size_t skuai_event_least_controls(double confidence) {
    return (size_t)ceil(1 / (1 - confidence) - 1e-9) - 1;
}

static skua_status take(study *s, skuai_arena *arena, skua_error *err) {
    size_t n = s->t->n, length = s->t->length;
    s->controls = skuai_arena_take(arena, n, sizeof *s->controls);
    s->times = skuai_arena_take(arena, length, sizeof *s->times);
    s->columns = skuai_arena_take(arena, n * length, sizeof *s->columns);
    s->treated = skuai_arena_take(arena, length, sizeof *s->treated);
    s->to = skuai_arena_take(arena, n, sizeof *s->to);
    s->part = skuai_arena_take(arena, length, sizeof *s->part);
    s->weight = skuai_arena_take(arena, n + 1, sizeof *s->weight);
    s->gap = skuai_arena_take(arena, length, sizeof *s->gap);
    bool good = s->controls && s->times && s->columns && s->treated && s->to && s->part &&
                s->weight && s->gap;
    return good ? SKUA_OK : skuai_error_memory(err, "a synthetic control");
}

/* Mean of the treated, the periods before in which it is known, and the controls known in all of
 * them and after. */
static skua_status prepare(study *s, double confidence, skua_error *err) {
    const skuai_event_table *t = s->t;
    size_t after = 0, least = skuai_event_least_controls(confidence);
    for (size_t p = 0; p < t->length; p++) {
        double sum = 0, n = 0;
        for (size_t i = 0; i < t->n; i++)
            if (t->treated[i] && isfinite(t->y[i * t->length + p]))
                sum += t->y[i * t->length + p], n++;
        s->treated[p] = n > 0 ? sum / n : (double)NAN;
        if (n > 0 && p < t->before) s->times[s->n_times++] = p;
        after += n > 0 && p >= t->after;
    }
    for (size_t i = 0; i < t->n; i++) {
        bool good = !t->treated[i], any = false;
        for (size_t q = 0; q < s->n_times && good; q++)
            good = isfinite(t->y[i * t->length + s->times[q]]);
        for (size_t p = t->after; p < t->length; p++)
            any = any || isfinite(t->y[i * t->length + p]);
        if (good && any) s->controls[s->n_controls++] = i;
    }
    if (s->n_times < LEAST_BEFORE || after < 1)
        return skuai_error_set(err, SKUA_EDATA,
                               "%zu known periods before the event and %zu after it: a synthetic "
                               "control needs at least %d and 1",
                               s->n_times, after, (int)LEAST_BEFORE);
    if (s->n_controls < least)
        return skuai_error_set(
            err, SKUA_EDATA,
            "%zu items without the event were sold in every period before it: with fewer than %zu "
            "no placebo test can speak at %.0f %%; a shorter window (--before) keeps more of them",
            s->n_controls, least, 100 * confidence);
    return SKUA_OK;
}

/* Of controls beyond CONTROLS_MOST those nearest to the treated before the event stay [8]. */
static skua_status nearest(study *s, skuai_arena *arena, skua_error *err) {
    size_t n = s->n_controls, length = s->t->length;
    if (n <= CONTROLS_MOST) return SKUA_OK;
    double *distance = skuai_arena_take_zero(arena, n, sizeof *distance);
    size_t *index = skuai_arena_take(arena, n, sizeof *index);
    if (!distance || !index) return skuai_error_memory(err, "a synthetic control");
    for (size_t k = 0; k < n; k++) {
        for (size_t q = 0; q < s->n_times; q++) {
            double d = s->t->y[s->controls[k] * length + s->times[q]] - s->treated[s->times[q]];
            distance[k] += d * d;
        }
        index[k] = k;
    }
    skuai_sort_index(distance, n, index);
    for (size_t k = 0; k < CONTROLS_MOST; k++)
        index[k] = s->controls[index[k]];
    memcpy(s->controls, index, CONTROLS_MOST * sizeof *index);
    s->n_controls = CONTROLS_MOST;
    return SKUA_OK;
}

static skua_status multiply(study *s, skuai_arena *arena, skua_error *err) {
    size_t n = s->n_controls;
    s->product = skuai_arena_take(arena, n * n + 6 * n, sizeof *s->product);
    if (!s->product) return skuai_error_memory(err, "a synthetic control");
    for (size_t k = 0; k < n; k++) {
        s->to[k] = s->columns + k * s->n_times;
        for (size_t q = 0; q < s->n_times; q++)
            s->columns[k * s->n_times + q] = s->t->y[s->controls[k] * s->t->length + s->times[q]];
    }
    for (size_t q = 0; q < s->n_times; q++)
        s->part[q] = s->treated[s->times[q]];
    products(s->to, s->part, n, s->n_times, s->product, s->product + n * n);
    double *work = s->product + n * n + n;
    s->curvature = steepest(s->product, n, work, work + n);
    return SKUA_OK;
}

/* Placebos: the p-value and the interval. scaled [n_controls] scratch. */
static skua_status placebos(study *s, double confidence, const skuai_context *context,
                            const twin *real, double *scaled, skuai_synthetic *out,
                            skua_error *err) {
    size_t as_large = 1;
    for (size_t k = 0; k < s->n_controls; k++) {
        twin made;
        SKUA_TRY(skuai_context_check(context, err));
        make_twin(s, k, &made);
        double floor = 1e-9 * (1 + made.after), before = fmax(made.before, floor);
        out->placebo[s->controls[k]] = made.after / before;
        scaled[k] = fabs(made.mean) / before;
        as_large += made.after / before >= out->ratio;
    }
    out->p = (double)as_large / (double)(s->n_controls + 1);
    skuai_sort(scaled, s->n_controls);
    size_t place = (size_t)ceil(confidence * (double)(s->n_controls + 1) - 1e-9);
    double reach = scaled[(place > s->n_controls ? s->n_controls : place) - 1] * real->before;
    out->low = out->value - reach;
    out->high = out->value + reach;
    return SKUA_OK;
}

skua_status skuai_event_synthetic(const skuai_event_table *t, const skuai_event_options *o,
                                  const skuai_context *context, skuai_synthetic *synthetic,
                                  skua_error *err) {
    if (!(o->confidence > 0 && o->confidence < 1))
        return skuai_error_set(err, SKUA_ECONFIG, "confidence must be in (0, 1)");
    study s = {.t = t};
    skuai_synthetic out = {0};
    twin real;
    skua_status status = SKUA_OK;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "a synthetic control");
    out.weight = skuai_zero(t->n, sizeof *out.weight);
    out.gap = skuai_new(t->length, sizeof *out.gap);
    out.placebo = skuai_new(t->n, sizeof *out.placebo);
    if (!out.weight || !out.gap || !out.placebo)
        SKUA_TRY_OUT(skuai_error_memory(err, "a synthetic control"));
    for (size_t i = 0; i < t->n; i++)
        out.placebo[i] = (double)NAN;
    SKUA_TRY_OUT(take(&s, arena, err));
    SKUA_TRY_OUT(prepare(&s, o->confidence, err));
    SKUA_TRY_OUT(nearest(&s, arena, err));
    SKUA_TRY_OUT(multiply(&s, arena, err));
    make_twin(&s, SIZE_MAX, &real);
    for (size_t k = 0; k < s.n_controls; k++)
        out.weight[s.controls[k]] = s.weight[k];
    memcpy(out.gap, s.gap, t->length * sizeof *out.gap);
    out.n_controls = s.n_controls;
    out.value = real.mean;
    out.error_before = real.before;
    out.error_after = real.after;
    out.ratio = real.after / fmax(real.before, 1e-9 * (1 + real.after));
    double *scaled = skuai_arena_take(arena, s.n_controls, sizeof *scaled);
    if (!scaled) SKUA_TRY_OUT(skuai_error_memory(err, "placebos"));
    SKUA_TRY_OUT(placebos(&s, o->confidence, context, &real, scaled, &out, err));
    *synthetic = out;
out:
    skuai_arena_free(arena);
    if (status != SKUA_OK) skuai_synthetic_clear(&out);
    return status;
}

void skuai_synthetic_clear(skuai_synthetic *s) {
    skuai_free(s->weight);
    skuai_free(s->gap);
    skuai_free(s->placebo);
    *s = (skuai_synthetic){0};
}
