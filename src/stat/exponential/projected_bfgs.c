#include "stat/exponential/projected_bfgs.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define ARMIJO       1e-4
#define HALVINGS     12
#define FIRST_MOVE   0.1 /* largest move of a coordinate before the scale is known */
#define LONGEST_MOVE 2.0 /* ... and later */

/* Where one descent is. inverse [n, n]: estimate of the inverse Hessian, row major. */
typedef struct descent {
    const skuai_projected_problem *problem;
    double *x, value;
    double *inverse, *slope, *direction, *next, *next_slope, *move, *change;
    bool scaled; /* the inverse has seen a step */
} descent;

static bool held(const skuai_projected_problem *p, const double *x, const double *slope, size_t i) {
    return (x[i] <= p->low[i] && slope[i] > 0) || (x[i] >= p->high[i] && slope[i] < 0);
}

static void reset_inverse(descent *d) {
    size_t n = d->problem->n;
    memset(d->inverse, 0, n * n * sizeof *d->inverse);
    for (size_t i = 0; i < n; i++)
        d->inverse[i * n + i] = 1;
    d->scaled = false;
}

/* direction = -inverse * slope over the coordinates that are free; returns the promised slope. */
static double find_direction(descent *d) {
    const skuai_projected_problem *p = d->problem;
    size_t n = p->n;
    double promise = 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        d->change[i] = held(p, d->x, d->slope, i) ? 0 : d->slope[i];
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        if (!held(p, d->x, d->slope, i)) {
            const double *row = d->inverse + i * n;
            for (size_t j = 0; j < n; j++)
                sum += row[j] * d->change[j];
        }
        d->direction[i] = -sum;
        promise -= sum * d->change[i];
        largest = fmax(largest, fabs(sum));
    }
    double limit = d->scaled ? LONGEST_MOVE : FIRST_MOVE;
    if (largest > limit) {
        for (size_t i = 0; i < n; i++)
            d->direction[i] *= limit / largest;
        promise *= limit / largest;
    }
    return promise;
}

/* Backtrack along the projected direction; true when a lower value was found (next, *value). */
static bool search(descent *d, double *value) {
    const skuai_projected_problem *p = d->problem;
    double step = 1;
    for (int k = 0; k < HALVINGS; k++) {
        double descent_of = 0;
        for (size_t i = 0; i < p->n; i++) {
            double z = d->x[i] + step * d->direction[i];
            z = z < p->low[i] ? p->low[i] : z > p->high[i] ? p->high[i] : z;
            d->next[i] = z;
            descent_of += d->slope[i] * (z - d->x[i]);
        }
        double f = p->value(p->context, d->next);
        if (f <= d->value + ARMIJO * descent_of && f < d->value) {
            *value = f;
            return true;
        }
        /* The parabola through value, slope and f, kept within a tenth and a half. */
        double curve = f - d->value - descent_of;
        double shrink = curve > 0 && isfinite(curve) ? -descent_of / (2 * curve) : 0.25;
        step *= shrink < 0.1 ? 0.1 : shrink > 0.5 ? 0.5 : shrink;
    }
    return false;
}

/* BFGS update from the step x -> next and the change of slope. */
static void update_inverse(descent *d) {
    size_t n = d->problem->n;
    double sy = 0, yy = 0, yHy = 0;
    double *Hy = d->direction;
    for (size_t i = 0; i < n; i++) {
        d->move[i] = d->next[i] - d->x[i];
        d->change[i] = d->move[i] == 0 ? 0 : d->next_slope[i] - d->slope[i];
        sy += d->move[i] * d->change[i];
        yy += d->change[i] * d->change[i];
    }
    if (!(sy > 1e-12 * yy)) return;
    if (!d->scaled) {
        for (size_t i = 0; i < n; i++)
            d->inverse[i * n + i] = sy / yy;
        d->scaled = true;
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += d->inverse[i * n + j] * d->change[j];
        Hy[i] = sum;
        yHy += sum * d->change[i];
    }
    double a = (1 + yHy / sy) / sy, b = 1 / sy;
    for (size_t i = 0; i < n; i++) {
        double *row = d->inverse + i * n, si = d->move[i], hi = Hy[i];
        for (size_t j = 0; j < n; j++)
            row[j] += a * si * d->move[j] - b * (hi * d->move[j] + si * Hy[j]);
    }
}

double skuai_projected_bfgs(const skuai_projected_problem *problem, double *x, double *scratch) {
    size_t n = problem->n;
    descent d = {.problem = problem, .x = x};
    d.inverse = scratch;
    d.slope = scratch + n * n;
    d.direction = d.slope + n;
    d.next = d.direction + n;
    d.next_slope = d.next + n;
    d.move = d.next_slope + n;
    d.change = d.move + n;
    d.value = problem->value(problem->context, x);
    if (!isfinite(d.value)) return d.value;
    problem->gradient(problem->context, x, d.slope);
    reset_inverse(&d);
    int small = 0;
    for (size_t iteration = 0; iteration < problem->iterations; iteration++) {
        double promise = find_direction(&d), value;
        if (!(promise < 0) || (d.scaled && -promise < problem->tolerance)) break;
        if (!search(&d, &value)) {
            if (!d.scaled) break;
            reset_inverse(&d); /* the model misled: steepest descent once more */
            continue;
        }
        small = d.value - value < problem->tolerance ? small + 1 : 0;
        problem->gradient(problem->context, d.next, d.next_slope);
        update_inverse(&d);
        memcpy(x, d.next, n * sizeof *x);
        memcpy(d.slope, d.next_slope, n * sizeof *d.slope);
        d.value = value;
        if (small == 2) break;
    }
    return d.value;
}
