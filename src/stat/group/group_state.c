#include "stat/group/group_state.h"

#include "math/statistics.h"

#include <stdlib.h>
#include <string.h>

#define LOG_SHARE            0.05 /* unit / typical value: below it the scale turns linear */
#define FIRST_VARIANCE       0.01
#define LEAST_MEMBERS        1.5 /* mean members a group, below which a partition says nothing */
#define EFFECT_PRIOR         2.0 /* members without effect that each group is shrunk by */
#define EFFECT_SWEEPS        3
#define SHORT_HISTORY        8 /* observations below which the typical value is shrunk */
#define SHORT_PRIOR          2.0
#define LEAST_PRIOR_VARIANCE 0.05

static skua_status no_memory(skua_error *err) {
    return skuai_error_memory(err, "a group model");
}

static void *take(skuai_group_state *state, size_t n, size_t size) {
    return skuai_arena_take_zero(state->arena, n, size);
}

/* -- Partitions -------------------------------------------------------------------------------- */

/* Codes made dense in the order of first use; returns how many there are. map [n_levels]. */
static size_t dense_codes(const skuai_panel *panel, const skuai_static *category, int32_t *map,
                          int32_t *code) {
    int32_t n = 0;
    for (size_t i = 0; i < category->n_levels; i++)
        map[i] = -1;
    for (size_t s = 0; s < panel->n_series; s++) {
        int32_t level = category->codes[panel->base[s]];
        if (level >= 0 && map[level] < 0) map[level] = n++;
        code[s] = level >= 0 ? map[level] : -1;
    }
    return (size_t)n;
}

static skua_status part_arrays(skuai_group_state *state, skuai_group_part *part, skua_error *err) {
    size_t n = part->n_groups;
    part->scale = take(state, n, sizeof(double));
    part->path = take(state, n * state->time.n, sizeof(double));
    part->spread = take(state, n * state->time.n, sizeof(double));
    part->sum = take(state, n * state->window, sizeof(double));
    part->weight = take(state, n * state->window, sizeof(double));
    if (!part->scale || !part->path || !part->spread || !part->sum || !part->weight)
        return no_memory(err);
    for (size_t g = 0; g < n; g++)
        part->scale[g] = 1;
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++)
        part->variance[k] = state->time.kernel[k] ? FIRST_VARIANCE : 0;
    state->n_parts++;
    return SKUA_OK;
}

skua_status skuai_group_part_add(skuai_group_state *state, size_t partition, const double *loading,
                                 skua_error *err) {
    skuai_group_part *part = state->part + state->n_parts;
    const skuai_group_part *model = state->part + partition;
    *part = (skuai_group_part){.source = model->source,
                               .n_groups = model->n_groups,
                               .code = model->code,
                               .loading = loading};
    return part_arrays(state, part, err);
}

static bool known_partition(const skuai_group_state *state, const int32_t *code) {
    for (size_t p = 0; p < state->n_parts; p++)
        if (memcmp(state->part[p].code, code, state->n_series * sizeof *code) == 0) return true;
    return false;
}

static skua_status add_partitions(skuai_group_state *state, skua_error *err) {
    const skuai_panel *panel = state->panel;
    size_t S = state->n_series;
    if (S < 2) return SKUA_OK;
    int32_t *all = take(state, S, sizeof *all);
    if (!all) return no_memory(err);
    state->part[0] = (skuai_group_part){.source = SIZE_MAX, .n_groups = 1, .code = all};
    SKUA_TRY(part_arrays(state, state->part, err));
    for (size_t k = 0; k < panel->n_static && state->n_parts < SKUAI_GROUP_PARTITIONS; k++) {
        const skuai_static *category = panel->statics + k;
        if (!category->codes || category->n_levels < 2) continue;
        skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
        int32_t *code = take(state, S, sizeof *code);
        int32_t *map = take(state, category->n_levels, sizeof *map);
        if (!code || !map) return no_memory(err);
        size_t n = dense_codes(panel, category, map, code);
        if (n < 2 || (double)S < LEAST_MEMBERS * (double)n || known_partition(state, code)) {
            skuai_arena_reset(state->arena, mark);
            continue;
        }
        skuai_group_part *part = state->part + state->n_parts;
        *part = (skuai_group_part){.source = k, .n_groups = n, .code = code};
        SKUA_TRY(part_arrays(state, part, err));
    }
    state->n_plain = state->n_parts;
    return SKUA_OK;
}

size_t skuai_group_most_groups(const skuai_group_state *state) {
    size_t most = 1;
    for (size_t p = 0; p < state->n_parts; p++)
        if (state->part[p].n_groups > most) most = state->part[p].n_groups;
    return most;
}

double skuai_group_effects(const skuai_group_state *state, const double *x, double *fitted,
                           double *work) {
    size_t S = state->n_series;
    double mean = skuai_mean(x, S), square = 0;
    double *effect = work, *count = work + skuai_group_most_groups(state);
    if (isnan(mean)) mean = 0;
    for (size_t s = 0; s < S; s++)
        fitted[s] = mean;
    for (int sweep = 0; sweep < EFFECT_SWEEPS; sweep++) {
        for (size_t p = 1; p < state->n_plain; p++) {
            const skuai_group_part *part = state->part + p;
            memset(effect, 0, part->n_groups * sizeof *effect);
            memset(count, 0, part->n_groups * sizeof *count);
            for (size_t s = 0; s < S; s++) {
                if (part->code[s] < 0 || isnan(x[s])) continue;
                effect[part->code[s]] += x[s] - fitted[s];
                count[part->code[s]] += 1;
            }
            for (size_t s = 0; s < S; s++) { /* sweeps add up: what is left is fitted again */
                int32_t g = part->code[s];
                if (g >= 0) fitted[s] += effect[g] / (count[g] + EFFECT_PRIOR);
            }
        }
    }
    size_t n = 0;
    for (size_t s = 0; s < S; s++) {
        if (isnan(x[s])) continue;
        square += (x[s] - fitted[s]) * (x[s] - fitted[s]);
        n++;
    }
    return n > 1 ? square / (double)(n - 1) : 1;
}

/* -- Values ------------------------------------------------------------------------------------ */

/* The value of series s at time t of the window; NaN outside its history. */
static double value_at(const skuai_group_state *state, size_t s, size_t t) {
    int64_t i = state->time.first + (int64_t)t - state->panel->start[s];
    if (i < 0 || i >= (int64_t)state->panel->length[s]) return (double)NAN;
    return skuai_panel_target(state->panel, s)[i];
}

/* Counts, share of zeros and the log of the median size of what is not zero (NaN: none). */
static double describe(skuai_group_state *state, size_t s, double *values, double *scratch) {
    size_t n = 0, zeros = 0;
    for (size_t t = 0; t < state->window; t++) {
        double y = value_at(state, s, t);
        if (isnan(y)) continue;
        state->observed[s]++;
        if (y == 0)
            zeros++;
        else
            values[n++] = fabs(y);
    }
    size_t seen = state->observed[s];
    state->zeros[s] = seen ? (double)zeros / (double)seen : 0;
    return n ? log(skuai_median(values, n, scratch)) : (double)NAN;
}

static void set_end(skuai_group_state *state, size_t s) {
    int64_t end = skuai_panel_end(state->panel, s) - state->time.first;
    state->end[s] = end > 0 ? (size_t)end : SIZE_MAX;
}

/* Fill z and, for every series, unit and level; size [S] log of the typical value. */
static skua_status transform(skuai_group_state *state, double *size, double *fitted) {
    size_t S = state->n_series, W = state->window;
    for (size_t s = 0; s < S; s++) {
        double n = (double)state->observed[s], typical = size[s];
        if (isnan(typical))
            typical = fitted[s];
        else if (n < SHORT_HISTORY)
            typical = (n * size[s] + SHORT_PRIOR * fitted[s]) / (n + SHORT_PRIOR);
        double unit = exp(typical) * fmax(LOG_SHARE, state->zeros[s]);
        if (state->panel->counts) unit = fmax(unit, 0.5);
        state->unit[s] = fmax(unit, 1e-12);
        state->prior[s] = skuai_group_to_scale(state, s, exp(fitted[s]));
        double sum = 0;
        for (size_t t = 0; t < W; t++) {
            double z = skuai_group_to_scale(state, s, value_at(state, s, t));
            state->z[s * W + t] = z;
            if (!isnan(z)) sum += z;
        }
        state->level[s] = n > 0 ? sum / n : state->prior[s];
        state->volatility[s] = 1;
    }
    return SKUA_OK;
}

static skua_status read_values(skuai_group_state *state, skua_error *err) {
    size_t S = state->n_series, W = state->window;
    state->unit = take(state, S, sizeof(double));
    state->zeros = take(state, S, sizeof(double));
    state->observed = take(state, S, sizeof(size_t));
    state->end = take(state, S, sizeof(size_t));
    state->z = take(state, S * W, sizeof(double));
    state->residual = take(state, S * W, sizeof(double));
    state->level = take(state, S, sizeof(double));
    state->prior = take(state, S, sizeof(double));
    state->volatility = take(state, S, sizeof(double));
    skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
    double *size = take(state, S, sizeof *size), *fitted = take(state, S, sizeof *fitted);
    double *work = take(state, 2 * (W + skuai_group_most_groups(state)), sizeof *work);
    if (!state->unit || !state->zeros || !state->observed || !state->end || !state->z ||
        !state->residual || !state->level || !state->prior || !state->volatility || !size ||
        !fitted || !work)
        return no_memory(err);
    for (size_t s = 0; s < S; s++) {
        size[s] = describe(state, s, work, work + W);
        set_end(state, s);
    }
    double variance = skuai_group_effects(state, size, fitted, work);
    state->prior_variance = fmax(variance, LEAST_PRIOR_VARIANCE);
    SKUA_TRY(transform(state, size, fitted));
    skuai_arena_reset(state->arena, mark);
    return SKUA_OK;
}

/* -- Patterns ---------------------------------------------------------------------------------- */

typedef struct mask_key {
    uint64_t hash;
    size_t series;
    const double *z;
    size_t window;
} mask_key;

static uint64_t mask_hash(const double *z, size_t n) {
    uint64_t hash = 1469598103934665603u; /* FNV-1a over the bits */
    for (size_t t = 0; t < n; t++)
        hash = (hash ^ (isnan(z[t]) ? 1u : 2u)) * 1099511628211u;
    return hash;
}

static int compare_keys(const void *a, const void *b) {
    const mask_key *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    for (size_t t = 0; t < x->window; t++) {
        int missing_x = isnan(x->z[t]) != 0, missing_y = isnan(y->z[t]) != 0;
        if (missing_x != missing_y) return missing_x - missing_y;
    }
    return x->series < y->series ? -1 : x->series > y->series;
}

static bool same_mask(const mask_key *x, const mask_key *y) {
    if (x->hash != y->hash) return false;
    for (size_t t = 0; t < x->window; t++)
        if ((isnan(x->z[t]) != 0) != (isnan(y->z[t]) != 0)) return false;
    return true;
}

static skua_status find_patterns(skuai_group_state *state, skua_error *err) {
    size_t S = state->n_series, W = state->window;
    mask_key *key = take(state, S, sizeof *key);
    size_t *series = take(state, S, sizeof *series);
    if (!key || !series) return no_memory(err);
    for (size_t s = 0; s < S; s++)
        key[s] = (mask_key){mask_hash(state->z + s * W, W), s, state->z + s * W, W};
    qsort(key, S, sizeof *key, compare_keys);
    for (size_t i = 0; i < S; i++)
        if (i == 0 || !same_mask(key + i - 1, key + i)) state->n_patterns++;
    state->pattern = take(state, state->n_patterns, sizeof *state->pattern);
    if (!state->pattern) return no_memory(err);
    size_t p = 0;
    for (size_t i = 0; i < S; i++) {
        series[i] = key[i].series;
        if (i > 0 && same_mask(key + i - 1, key + i)) {
            state->pattern[p - 1].n_series++;
            continue;
        }
        size_t n = state->observed[key[i].series];
        size_t *time = take(state, n, sizeof *time);
        if (!time) return no_memory(err);
        for (size_t t = 0, k = 0; t < W; t++)
            if (!isnan(key[i].z[t])) time[k++] = t;
        state->pattern[p++] = (skuai_group_pattern){n, time, 1, series + i};
    }
    return SKUA_OK;
}

skua_status skuai_group_state_init(skuai_group_state *state, const skuai_panel *panel,
                                   const skuai_group_time *time, size_t window,
                                   const skuai_context *context, skuai_arena *arena,
                                   skua_error *err) {
    *state = (skuai_group_state){.panel = panel,
                                 .time = *time,
                                 .n_series = panel->n_series,
                                 .window = window,
                                 .arena = arena,
                                 .context = context};
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++)
        state->own[k] = time->kernel[k] ? FIRST_VARIANCE : 0;
    SKUA_TRY(add_partitions(state, err));
    SKUA_TRY(read_values(state, err));
    return find_patterns(state, err);
}
