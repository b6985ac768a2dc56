#include "clean/hour_profile.h"

#include <math.h>

#include "core/alloc.h"

enum { ROUNDS = 6 };
/* Strengths that are tried, in sales. */
static const double STRENGTHS[] = {3, 10, 30, 100, 300, 1000, 3000, 10000};
enum { N_STRENGTHS = sizeof STRENGTHS / sizeof *STRENGTHS };

/* One level of the tree while it is fitted. */
typedef struct level {
    const skuai_hour_days *days;
    const size_t *node; /* [n_days]; NULL: one node */
    size_t n_nodes;
    double batch;          /* units in a sale */
    const double *parent;  /* [n_nodes, n_slots] profile of each node's parent */
    double *profile;       /* [n_nodes, n_slots] out */
    double *seen, *chance; /* [n_nodes, n_slots] scratch: sales, and day sizes that could sell */
} level;

static size_t node_of(const level *l, size_t d) {
    return l->node ? l->node[d] : 0;
}

/* Share of a profile that lies in the open slots of day d, and what was sold there. */
static double open_share(const skuai_hour_days *days, size_t d, const double *profile,
                         double *sold) {
    const float *x = days->sold + d * days->n_slots;
    const unsigned char *open = days->open + d * days->n_slots;
    double share = 0;
    *sold = 0;
    for (size_t h = 0; h < days->n_slots; h++) {
        share += open[h] ? profile[h] : 0;
        *sold += open[h] ? (double)x[h] : 0;
    }
    return share;
}

/* Fit all nodes on the days of one parity (2: on all), shrunk by `strength` sales. */
static void fit(level *l, double strength, size_t parity) {
    size_t slots = l->days->n_slots, cells = l->n_nodes * slots;
    for (size_t c = 0; c < cells; c++)
        l->profile[c] = l->parent[c];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t c = 0; c < cells; c++) {
            l->seen[c] = strength * l->parent[c];
            l->chance[c] = strength;
        }
        for (size_t d = 0; d < l->days->n_days; d++) {
            if (parity < 2 && d % 2 != parity) continue;
            size_t base = node_of(l, d) * slots;
            double sold, share = open_share(l->days, d, l->profile + base, &sold);
            if (!(share > 0 && sold > 0)) continue;
            double size = sold / share / l->batch;
            const float *x = l->days->sold + d * slots;
            const unsigned char *open = l->days->open + d * slots;
            for (size_t h = 0; h < slots; h++) {
                if (!open[h]) continue;
                l->seen[base + h] += (double)x[h] / l->batch;
                l->chance[base + h] += size;
            }
        }
        for (size_t v = 0; v < l->n_nodes; v++) {
            double total = 0;
            for (size_t h = 0; h < slots; h++)
                total += l->seen[v * slots + h] / l->chance[v * slots + h];
            for (size_t h = 0; h < slots; h++)
                l->profile[v * slots + h] =
                    l->seen[v * slots + h] / l->chance[v * slots + h] / total;
        }
    }
}

/* Log-likelihood of where in the open slots the sales of the odd days fell. */
static double held_out(const level *l) {
    size_t slots = l->days->n_slots;
    double likelihood = 0;
    for (size_t d = 1; d < l->days->n_days; d += 2) {
        const double *profile = l->profile + node_of(l, d) * slots;
        double sold, share = open_share(l->days, d, profile, &sold);
        if (!(share > 0 && sold > 0)) continue;
        const float *x = l->days->sold + d * slots;
        for (size_t h = 0; h < slots; h++)
            if (x[h] > 0 && l->days->open[d * slots + h])
                likelihood += (double)x[h] / l->batch * log(fmax(profile[h] / share, 1e-12));
    }
    return likelihood;
}

static void fit_best(level *l) {
    double best = STRENGTHS[N_STRENGTHS - 1], most = -INFINITY;
    for (size_t k = 0; k < N_STRENGTHS; k++) {
        fit(l, STRENGTHS[k], 0);
        double likelihood = held_out(l);
        if (likelihood > most) {
            most = likelihood;
            best = STRENGTHS[k];
        }
    }
    fit(l, best, 2);
}

static skua_status check_days(const skuai_hour_days *days, double *batch, skua_error *err) {
    if (!days || days->n_slots == 0 || days->n_levels > SKUAI_HOUR_LEVELS_MOST)
        return skuai_error_set(err, SKUA_EINVAL, "hour profile: no slots, or too many levels");
    for (size_t k = 0; k < days->n_levels; k++)
        for (size_t d = 0; d < days->n_days; d++)
            if (days->node[k][d] >= days->n_nodes[k])
                return skuai_error_set(err, SKUA_EINVAL, "hour profile: day %zu has no node", d);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < days->n_days * days->n_slots; i++) {
        double x = (double)days->sold[i];
        if (!(x >= 0 && isfinite(x)))
            return skuai_error_set(err, SKUA_EDATA, "hour profile: day %zu, slot %zu sold %g",
                                   i / days->n_slots, i % days->n_slots, x);
        sum += x;
        squares += x * x;
    }
    /* Mostly one sale a slot: then this is its size; else it overstates, and shrinks more. */
    *batch = sum > 0 ? squares / sum : 1;
    return SKUA_OK;
}

/* Profiles of the parents, one for each node of level k; *above is the profiles of level k - 1. */
static void spread_parents(const skuai_hour_days *days, size_t k, const double *above,
                           double *parent) {
    for (size_t d = 0; d < days->n_days; d++) {
        size_t up = k ? days->node[k - 1][d] : 0, v = days->node[k][d];
        for (size_t h = 0; h < days->n_slots; h++)
            parent[v * days->n_slots + h] = above[up * days->n_slots + h];
    }
}

static skua_status fit_levels(const skuai_hour_days *days, const skuai_context *context,
                              double batch, double *block, size_t cells, skua_error *err) {
    /* block [5, cells]: two profiles that take turns, the parents' profiles, two of scratch. */
    double *above = block, *parent = block + cells, *next = block + 2 * cells;
    size_t slots = days->n_slots;
    for (size_t h = 0; h < slots; h++)
        parent[h] = 1 / (double)slots;
    level l = {days, NULL, 1, batch, parent, next, block + 3 * cells, block + 4 * cells};
    fit(&l, 1, 2);
    for (size_t k = 0; k < days->n_levels; k++) {
        SKUA_TRY(skuai_context_check(context, err));
        double *turn = above;
        above = next;
        next = turn;
        for (size_t c = 0; c < days->n_nodes[k] * slots; c++)
            parent[c] = 1 / (double)slots; /* of nodes without a day */
        spread_parents(days, k, above, parent);
        l.node = days->node[k];
        l.n_nodes = days->n_nodes[k];
        l.profile = next;
        fit_best(&l);
        skuai_context_progress(context, "hour profiles", (double)(k + 1), (double)days->n_levels);
    }
    for (size_t c = 0; c < cells; c++)
        block[c] = next[c]; /* next may be block itself */
    return SKUA_OK;
}

skua_status skuai_hour_profile_exposure(const skuai_hour_days *days, const skuai_context *context,
                                        float *exposure, skua_error *err) {
    double batch = 1;
    SKUA_TRY(check_days(days, &batch, err));
    size_t widest = 1, cells, last = days->n_levels;
    for (size_t k = 0; k < days->n_levels; k++)
        if (days->n_nodes[k] > widest) widest = days->n_nodes[k];
    if (!skuai_size_mul(widest, days->n_slots, &cells) || cells > SIZE_MAX / 64)
        return skuai_error_set(err, SKUA_ELIMIT, "hour profile: %zu nodes", widest);
    double *block = skuai_zero(5 * cells, sizeof *block);
    if (!block) return skuai_error_memory(err, "hour profiles");
    skua_status status = fit_levels(days, context, batch, block, cells, err);
    for (size_t d = 0; d < days->n_days && status == SKUA_OK; d++) {
        const double *profile = block + (last ? days->node[last - 1][d] : 0) * days->n_slots;
        size_t closed = 0;
        for (size_t h = 0; h < days->n_slots; h++)
            closed += !days->open[d * days->n_slots + h];
        double sold, share = open_share(days, d, profile, &sold);
        exposure[d] = closed ? (float)fmin(share, 1) : 1;
    }
    skuai_free(block);
    return status;
}

void skuai_hour_profile_close(const float *sold, size_t n_slots, unsigned char *open) {
    size_t end = n_slots;
    while (end > 0 && !(sold[end - 1] > 0))
        end--;
    for (size_t h = 0; h < n_slots; h++)
        open[h] = h < end;
}
