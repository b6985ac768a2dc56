#include "decide/choice_plan.h"

#include "core/alloc.h"

#include <math.h>
#include <string.h>

static double amount_of(const skuai_choice *c, size_t limit) {
    double sum = 0;
    for (size_t u = 0; u < c->n_uses; u++)
        if (c->uses[u].limit == limit) sum += c->uses[u].amount;
    return sum;
}

/* Choose in every group what takes least of a limit; false when that is too much. */
static bool least_plan(const skuai_choice *choices, size_t n, size_t n_groups, size_t limit,
                       double most, size_t *chosen, skuai_choice_plan *plan) {
    for (size_t g = 0; g < n_groups; g++)
        chosen[g] = SIZE_MAX;
    for (size_t c = 0; c < n; c++) {
        size_t g = choices[c].group;
        if (chosen[g] == SIZE_MAX ||
            amount_of(&choices[c], limit) < amount_of(&choices[chosen[g]], limit))
            chosen[g] = c;
    }
    double needed = 0, largest = -(double)INFINITY;
    plan->gain = 0;
    for (size_t g = 0; g < n_groups; g++) {
        double a = amount_of(&choices[chosen[g]], limit);
        needed += a;
        plan->gain += choices[chosen[g]].gain;
        if (a > largest) {
            largest = a;
            plan->culprit = g;
        }
    }
    plan->limit = limit;
    plan->needed = needed;
    return needed <= most + 1e-9 * (1 + fabs(most));
}

static skua_status check(const skuai_choice *choices, size_t n, size_t n_groups,
                         const skuai_choice_limit *limits, size_t n_limits, skua_error *err) {
    unsigned char *seen = skuai_zero(n_groups, 1);
    skua_status status = SKUA_OK;
    if (!seen) return skuai_error_memory(err, "a plan");
    for (size_t c = 0; c < n; c++) {
        if (choices[c].group >= n_groups || !isfinite(choices[c].gain)) {
            status = skuai_error_set(err, SKUA_EINVAL, "choice %zu of a plan gains %g", c,
                                     choices[c].gain);
            break;
        }
        seen[choices[c].group] = 1;
    }
    for (size_t g = 0; g < n_groups && status == SKUA_OK; g++)
        if (!seen[g]) status = skuai_error_set(err, SKUA_EINVAL, "group %zu has no choice", g);
    for (size_t l = 0; l < n_limits && status == SKUA_OK; l++)
        if (!isfinite(limits[l].most))
            status = skuai_error_set(err, SKUA_EINVAL, "%s: a limit of %g", limits[l].name,
                                     limits[l].most);
    skuai_free(seen);
    return status;
}

/* The programme: a binary column a choice; a row a group (= 1), then a row a limit. */
typedef struct programme {
    double *objective, *lower, *upper, *values, *row_lower, *row_upper, *x;
    unsigned char *integer;
    int *starts, *rows;
} programme;

static bool programme_new(programme *p, skuai_arena *arena, size_t n, size_t n_rows, size_t cells) {
    p->objective = skuai_arena_take(arena, n, sizeof(double));
    p->lower = skuai_arena_take_zero(arena, n, sizeof(double));
    p->upper = skuai_arena_take(arena, n, sizeof(double));
    p->x = skuai_arena_take(arena, n, sizeof(double));
    p->values = skuai_arena_take(arena, cells, sizeof(double));
    p->row_lower = skuai_arena_take(arena, n_rows, sizeof(double));
    p->row_upper = skuai_arena_take(arena, n_rows, sizeof(double));
    p->integer = skuai_arena_take(arena, n, 1);
    p->starts = skuai_arena_take(arena, n + 1, sizeof(int));
    p->rows = skuai_arena_take(arena, cells, sizeof(int));
    return p->objective && p->lower && p->upper && p->x && p->values && p->row_lower &&
           p->row_upper && p->integer && p->starts && p->rows;
}

static void programme_fill(programme *p, const skuai_choice *choices, size_t n, size_t n_groups,
                           const skuai_choice_limit *limits, size_t n_limits) {
    int cell = 0;
    for (size_t c = 0; c < n; c++) {
        p->objective[c] = choices[c].gain;
        p->upper[c] = 1;
        p->integer[c] = 1;
        p->starts[c] = cell;
        p->rows[cell] = (int)choices[c].group;
        p->values[cell++] = 1;
        for (size_t u = 0; u < choices[c].n_uses; u++) {
            if (!(fabs(choices[c].uses[u].amount) > 0)) continue;
            p->rows[cell] = (int)(n_groups + choices[c].uses[u].limit);
            p->values[cell++] = choices[c].uses[u].amount;
        }
    }
    p->starts[n] = cell;
    for (size_t g = 0; g < n_groups; g++)
        p->row_lower[g] = p->row_upper[g] = 1;
    for (size_t l = 0; l < n_limits; l++) {
        p->row_lower[n_groups + l] = -(double)INFINITY;
        p->row_upper[n_groups + l] = limits[l].most;
    }
}

skua_status skuai_choice_plan_find(const skuai_choice *choices, size_t n, size_t n_groups,
                                   const skuai_choice_limit *limits, size_t n_limits,
                                   const skuai_mip_options *options, size_t *chosen,
                                   skuai_choice_plan *plan, skua_error *err) {
    SKUA_TRY(check(choices, n, n_groups, limits, n_limits, err));
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "a plan");
    skua_status status = SKUA_OK;
    skuai_choice_plan r = {.feasible = true};
    size_t *best = skuai_arena_take(arena, n_groups, sizeof *best), cells = n;
    for (size_t c = 0; c < n; c++)
        cells += choices[c].n_uses;
    programme p;
    if (!best || !programme_new(&p, arena, n, n_groups + n_limits, cells)) {
        status = skuai_error_memory(err, "a plan");
        goto out;
    }
    for (size_t l = 0; l < n_limits && r.feasible; l++)
        r.feasible = least_plan(choices, n, n_groups, l, limits[l].most, best, &r);
    skuai_mip_result found = {.found = SKUAI_MIP_INFEASIBLE};
    if (r.feasible) {
        programme_fill(&p, choices, n, n_groups, limits, n_limits);
        skuai_mip mip = {n,        n_groups + n_limits, p.objective, p.lower,
                         p.upper,  p.integer,           p.starts,    p.rows,
                         p.values, p.row_lower,         p.row_upper};
        SKUA_TRY_OUT(skuai_mip_solve(&mip, options, p.x, &found, err));
        if (found.found == SKUAI_MIP_NOTHING) {
            status = skuai_error_set(err, SKUA_EDEADLINE,
                                     "no plan was found within %.0f seconds: give it more time",
                                     options->seconds);
            goto out;
        }
    }
    if (found.found == SKUAI_MIP_OPTIMAL || found.found == SKUAI_MIP_FEASIBLE) {
        for (size_t c = 0; c < n; c++)
            if (p.x[c] > 0.5) best[choices[c].group] = c;
        r.gain = found.objective;
        r.bound = found.bound;
        r.gap = found.gap;
    } else if (r.feasible) { /* limits that only together cannot be kept */
        r.feasible = false;
        (void)least_plan(choices, n, n_groups, 0, limits[0].most, best, &r);
    }
    memcpy(chosen, best, n_groups * sizeof *best);
    *plan = r;
out:
    skuai_arena_free(arena);
    return status;
}
