#include "math/optimise.h"

#include <float.h>
#include <math.h>
#include <string.h>

static double worst_if_nan(double value) {
    return isnan(value) ? INFINITY : value;
}

/* -- Nelder-Mead ------------------------------------------------------------------------------ */

typedef struct simplex {
    skuai_objective f;
    void *context;
    const double *low, *high;
    size_t n, evaluations;
    double *points;  /* [n + 1, n] */
    double *values;  /* [n + 1] */
    double *centre;  /* [n] of all but the worst point */
    double *trial;   /* [n] */
    double *further; /* [n] */
    double expand, contract, shrink;
} simplex;

static double into_box(const simplex *s, size_t i, double x) {
    if (s->low && !(x >= s->low[i])) x = s->low[i];
    if (s->high && !(x <= s->high[i])) x = s->high[i];
    return x;
}

static double evaluate(simplex *s, const double *x) {
    s->evaluations++;
    return worst_if_nan(s->f(x, s->context));
}

/* point = centre + factor (worst - centre), in the box; its value. */
static double move(simplex *s, double factor, double *point) {
    const double *worst = s->points + s->n * s->n;
    for (size_t i = 0; i < s->n; i++)
        point[i] = into_box(s, i, s->centre[i] + factor * (worst[i] - s->centre[i]));
    return evaluate(s, point);
}

/* Insertion sort of the points by value; stable, so ties keep their age. */
static void order(simplex *s) {
    size_t n = s->n;
    for (size_t i = 1; i <= n; i++) {
        double value = s->values[i];
        size_t j = i;
        while (j > 0 && value < s->values[j - 1])
            j--;
        if (j == i) continue;
        memcpy(s->trial, s->points + i * n, n * sizeof(double));
        memmove(s->points + (j + 1) * n, s->points + j * n, (i - j) * n * sizeof(double));
        memmove(s->values + j + 1, s->values + j, (i - j) * sizeof(double));
        memcpy(s->points + j * n, s->trial, n * sizeof(double));
        s->values[j] = value;
    }
}

static void find_centre(simplex *s) {
    memset(s->centre, 0, s->n * sizeof(double));
    for (size_t p = 0; p < s->n; p++)
        for (size_t i = 0; i < s->n; i++)
            s->centre[i] += s->points[p * s->n + i];
    for (size_t i = 0; i < s->n; i++)
        s->centre[i] /= (double)s->n;
}

static void replace_worst(simplex *s, const double *point, double value) {
    memcpy(s->points + s->n * s->n, point, s->n * sizeof(double));
    s->values[s->n] = value;
}

static void shrink(simplex *s) {
    for (size_t p = 1; p <= s->n; p++) {
        double *point = s->points + p * s->n;
        for (size_t i = 0; i < s->n; i++)
            point[i] = s->points[i] + s->shrink * (point[i] - s->points[i]);
        s->values[p] = evaluate(s, point);
    }
}

static void step_once(simplex *s) {
    size_t n = s->n;
    find_centre(s);
    double reflected = move(s, -1, s->trial);
    if (reflected < s->values[0]) {
        double expanded = move(s, -s->expand, s->further);
        if (expanded < reflected)
            replace_worst(s, s->further, expanded);
        else
            replace_worst(s, s->trial, reflected);
    } else if (reflected < s->values[n - 1]) {
        replace_worst(s, s->trial, reflected);
    } else {
        bool outside = reflected < s->values[n];
        double contracted = move(s, outside ? -s->contract : s->contract, s->further);
        if (outside ? contracted <= reflected : contracted < s->values[n])
            replace_worst(s, s->further, contracted);
        else
            shrink(s);
    }
    order(s);
}

static bool is_small(const simplex *s, const skuai_simplex_options *options) {
    size_t n = s->n;
    double spread = s->values[n] - s->values[0];
    if (!(spread <= options->tolerance_value * (fabs(s->values[0]) + 1e-12))) return false;
    for (size_t p = 1; p <= n; p++)
        for (size_t i = 0; i < n; i++)
            if (!(fabs(s->points[p * n + i] - s->points[i]) <= options->tolerance_point))
                return false;
    return true;
}

static void first_simplex(simplex *s, const double *x, const double *step) {
    size_t n = s->n;
    for (size_t p = 0; p <= n; p++) {
        double *point = s->points + p * n;
        for (size_t i = 0; i < n; i++)
            point[i] = into_box(s, i, x[i]);
        if (p > 0) {
            size_t i = p - 1;
            double width = s->low && s->high ? s->high[i] - s->low[i] : INFINITY;
            double edge = step              ? step[i]
                          : isfinite(width) ? 0.1 * width
                          : x[i] != 0       ? 0.05 * fabs(x[i])
                                            : 0.1;
            double moved = into_box(s, i, point[i] + edge);
            if (fabs(moved - point[i]) < 0.5 * fabs(edge)) moved = into_box(s, i, point[i] - edge);
            point[i] = moved;
        }
        s->values[p] = evaluate(s, point);
    }
    order(s);
}

skuai_optimum skuai_minimise_simplex(skuai_objective f, void *context, double *x, size_t n,
                                     const double *low, const double *high, const double *step,
                                     const skuai_simplex_options *options, double *scratch) {
    skuai_simplex_options o = options ? *options : SKUAI_SIMPLEX_DEFAULT;
    if (n == 0) return (skuai_optimum){worst_if_nan(f(x, context)), 1, true};
    double d = (double)n;
    bool adaptive = o.adaptive && n > 1;
    simplex s = {.f = f, .context = context, .low = low, .high = high, .n = n};
    s.points = scratch;
    s.values = s.points + (n + 1) * n;
    s.centre = s.values + n + 1;
    s.trial = s.centre + n;
    s.further = s.trial + n;
    s.expand = adaptive ? 1 + 2 / d : 2;
    s.contract = adaptive ? 0.75 - 0.5 / d : 0.5;
    s.shrink = adaptive ? 1 - 1 / d : 0.5;
    first_simplex(&s, x, step);
    size_t limit = o.evaluations ? o.evaluations : 200 * n;
    bool converged = is_small(&s, &o);
    while (!converged && s.evaluations < limit) {
        step_once(&s);
        converged = is_small(&s, &o);
    }
    if (s.values[0] < INFINITY) memcpy(x, s.points, n * sizeof(double));
    return (skuai_optimum){s.values[0], s.evaluations, converged};
}

/* -- Brent, minimum ---------------------------------------------------------------------------- */

typedef struct best_three {
    double x, w, v;    /* best, second best, the one before */
    double fx, fw, fv; /* their values */
} best_three;

/* The parabola through the three points: its step from x, or NaN when it is of no use. */
static double parabola_step(const best_three *b, double low, double high, double previous) {
    double r = (b->x - b->w) * (b->fx - b->fv), q = (b->x - b->v) * (b->fx - b->fw);
    double p = (b->x - b->v) * q - (b->x - b->w) * r;
    q = 2 * (q - r);
    if (q > 0) p = -p;
    q = fabs(q);
    bool useful =
        fabs(p) < fabs(0.5 * q * previous) && p > q * (low - b->x) && p < q * (high - b->x);
    return useful ? p / q : NAN;
}

static void note_value(best_three *b, double u, double fu, double *low, double *high) {
    if (fu <= b->fx) {
        *(u < b->x ? high : low) = b->x;
        *b = (best_three){u, b->x, b->w, fu, b->fx, b->fw};
        return;
    }
    *(u < b->x ? low : high) = u;
    if (fu <= b->fw || b->w == b->x)
        *b = (best_three){b->x, u, b->w, b->fx, fu, b->fw};
    else if (fu <= b->fv || b->v == b->x || b->v == b->w)
        b->v = u, b->fv = fu;
}

skuai_optimum skuai_minimise_brent(skuai_objective_1d f, void *context, double low, double high,
                                   double tolerance, double *x) {
    static const double golden = 0.38196601125010515;
    if (!(tolerance > 0)) tolerance = 1e-8 * fabs(high - low);
    double start = low + golden * (high - low), value = worst_if_nan(f(start, context));
    best_three b = {start, start, start, value, value, value};
    double step = 0, previous = 0;
    size_t evaluations = 1;
    bool converged = false;
    while (!converged && evaluations < 200) {
        double middle = 0.5 * (low + high);
        double least = DBL_EPSILON * fabs(b.x) + tolerance / 3;
        if (fabs(b.x - middle) <= 2 * least - 0.5 * (high - low)) {
            converged = true;
            break;
        }
        double next = fabs(previous) > least ? parabola_step(&b, low, high, previous) : NAN;
        previous = step;
        if (isnan(next)) { /* golden section; also when values are infinite */
            previous = b.x < middle ? high - b.x : low - b.x;
            next = golden * previous;
        } else if (b.x + next - low < 2 * least || high - b.x - next < 2 * least) {
            next = b.x < middle ? least : -least;
        }
        step = next;
        double u = fabs(step) >= least ? b.x + step : b.x + (step > 0 ? least : -least);
        note_value(&b, u, worst_if_nan(f(u, context)), &low, &high);
        evaluations++;
    }
    *x = b.x;
    return (skuai_optimum){b.fx, evaluations, converged};
}

/* -- Brent, root ------------------------------------------------------------------------------- */

skua_status skuai_root_brent(skuai_objective_1d f, void *context, double low, double high,
                             double tolerance, double *x, skua_error *err) {
    double a = low, b = high, fa = f(a, context), fb = f(b, context);
    if (isnan(fa) || isnan(fb) || (fa > 0 && fb > 0) || (fa < 0 && fb < 0))
        return skuai_error_set(err, SKUA_EDATA, "no change of sign between %g and %g", low, high);
    double c = a, fc = fa, step = b - a, previous = step;
    for (int i = 0; i < 500; i++) {
        if ((fb > 0) == (fc > 0)) {
            c = a, fc = fa;
            step = previous = b - a;
        }
        if (fabs(fc) < fabs(fb)) { /* b is the best estimate */
            a = b, b = c, c = a;
            fa = fb, fb = fc, fc = fa;
        }
        double least = 2 * DBL_EPSILON * fabs(b) + 0.5 * tolerance, half = 0.5 * (c - b);
        if (!(fabs(half) > least) || fb == 0) break;
        double p = 0, q = 0;
        if (fabs(previous) >= least && fabs(fa) > fabs(fb)) {
            double s = fb / fa;
            if (a == c) {
                p = 2 * half * s;
                q = 1 - s;
            } else { /* inverse quadratic interpolation */
                double r = fb / fc, t = fa / fc;
                p = s * (2 * half * t * (t - r) - (b - a) * (r - 1));
                q = (t - 1) * (r - 1) * (s - 1);
            }
            if (p > 0) q = -q;
            p = fabs(p);
        }
        if (q != 0 && 2 * p < fmin(3 * half * q - fabs(least * q), fabs(previous * q))) {
            previous = step;
            step = p / q;
        } else
            step = previous = half;
        a = b, fa = fb;
        b += fabs(step) > least ? step : (half > 0 ? least : -least);
        fb = f(b, context);
        if (isnan(fb))
            return skuai_error_set(err, SKUA_EDATA, "the function has no value at %g", b);
    }
    *x = b;
    return SKUA_OK;
}

/* -- BFGS -------------------------------------------------------------------------------------- */

typedef struct descent {
    skuai_objective f;
    skuai_gradient gradient;
    void *context;
    size_t n, evaluations;
    double difference;
} descent;

static double value_at(descent *d, const double *x) {
    d->evaluations++;
    return worst_if_nan(d->f(x, d->context));
}

/* g = gradient at x (changed and restored), whose value is fx. */
static void gradient_at(descent *d, double *x, double fx, double *g) {
    if (d->gradient) {
        d->gradient(x, g, d->context);
        return;
    }
    for (size_t i = 0; i < d->n; i++) {
        double at = x[i], h = d->difference * fmax(fabs(at), 1);
        x[i] = at + h;
        double up = value_at(d, x);
        x[i] = at - h;
        double down = value_at(d, x);
        x[i] = at;
        bool up_ok = isfinite(up), down_ok = isfinite(down);
        g[i] = up_ok && down_ok ? (up - down) / (2 * h)
               : up_ok          ? (up - fx) / h
               : down_ok        ? (fx - down) / h
                                : 0;
    }
}

static void unit_matrix(double *h, size_t n) {
    memset(h, 0, n * n * sizeof *h);
    for (size_t i = 0; i < n; i++)
        h[i * n + i] = 1;
}

static double dot(const double *a, const double *b, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* The inverse Hessian's update [4] 6.17 with step s and gradient change y; w [n] scratch. */
static void update_inverse(double *h, const double *s, const double *y, double *w, size_t n) {
    double sy = dot(s, y, n);
    if (!(sy > 1e-12 * sqrt(dot(s, s, n) * dot(y, y, n)))) return; /* keeps it positive definite */
    for (size_t i = 0; i < n; i++)
        w[i] = dot(h + i * n, y, n);
    double factor = (1 + dot(y, w, n) / sy) / sy;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            h[i * n + j] += factor * s[i] * s[j] - (w[i] * s[j] + s[i] * w[j]) / sy;
}

/* Backtrack along p from x until f falls enough (Armijo): new point and value; false when none. */
static bool line_search(descent *d, const double *x, double fx, const double *p, double slope,
                        double *point, double *value) {
    double length = 1;
    for (int i = 0; i < 40; i++) {
        for (size_t j = 0; j < d->n; j++)
            point[j] = x[j] + length * p[j];
        double f = value_at(d, point);
        if (f <= fx + 1e-4 * length * slope) {
            *value = f;
            return true;
        }
        double fitted =
            isfinite(f) ? -slope * length * length / (2 * (f - fx - slope * length)) : 0;
        length = fitted > 0.1 * length && fitted < 0.5 * length ? fitted : 0.25 * length;
    }
    return false;
}

static double largest(const double *g, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(g[i]));
    return most;
}

skuai_optimum skuai_minimise_bfgs(skuai_objective f, skuai_gradient gradient, void *context,
                                  double *x, size_t n, const skuai_bfgs_options *options,
                                  double *scratch) {
    skuai_bfgs_options o = options ? *options : SKUAI_BFGS_DEFAULT;
    descent d = {f, gradient, context, n, 0, o.difference > 0 ? o.difference : 1e-5};
    double *h = scratch, *g = h + n * n, *p = g + n, *point = p + n, *g_new = point + n;
    double *s = g_new + n, *w = s + n;
    double fx = value_at(&d, x);
    if (n == 0 || isinf(fx)) return (skuai_optimum){fx, d.evaluations, n == 0};
    gradient_at(&d, x, fx, g);
    unit_matrix(h, n);
    bool fresh = true, converged = false;
    size_t limit = o.iterations ? o.iterations : 100;
    for (size_t i = 0; i < limit; i++) {
        converged = largest(g, n) <= o.tolerance_gradient;
        if (converged) break;
        for (size_t j = 0; j < n; j++)
            p[j] = -dot(h + j * n, g, n);
        double slope = dot(p, g, n), value;
        if (fresh) { /* the first step's length: no more than 1 */
            double shorten = 1 / fmax(1, sqrt(-slope));
            for (size_t j = 0; j < n; j++)
                p[j] *= shorten;
            slope *= shorten;
        }
        if (!(slope < 0) || !line_search(&d, x, fx, p, slope, point, &value)) {
            converged = fresh; /* no descent even along the gradient: as good as it gets */
            if (fresh) break;
            unit_matrix(h, n);
            fresh = true;
            continue;
        }
        gradient_at(&d, point, value, g_new);
        for (size_t j = 0; j < n; j++) {
            s[j] = point[j] - x[j];
            g[j] = g_new[j] - g[j];
        }
        if (fresh) { /* [4] 6.20: the scale of the first inverse Hessian */
            double scale = dot(s, g, n) / dot(g, g, n);
            for (size_t j = 0; j < n && scale > 0; j++)
                h[j * n + j] = scale;
        }
        update_inverse(h, s, g, w, n);
        bool small = fx - value <= o.tolerance_value * (fabs(value) + o.tolerance_value);
        memcpy(x, point, n * sizeof *x);
        memcpy(g, g_new, n * sizeof *g);
        fx = value;
        if (small && fresh == false) {
            converged = true;
            break;
        }
        fresh = false;
    }
    return (skuai_optimum){fx, d.evaluations, converged};
}
