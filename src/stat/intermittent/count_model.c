#include "stat/intermittent/count_model.h"

#include "math/statistics.h"

#include <math.h>

/* Own values that weigh less than this beside the newest are left out. */
#define LEAST_WEIGHT 1e-4
/* The law's excess stays inside these, so that no size is 0 or infinite. */
#define LEAST_EXCESS 1e-6
#define MOST_EXCESS  100.0
/* Periods before one-step errors count: the level must have left the panel's mean. */
#define LEAST_WARM_UP 6
#define LEAST_MEAN    1e-4
#define LEAST_FACTOR  0.02

const char *const skuai_count_setting_names[SKUAI_COUNT_SETTINGS] = {
    "decay",        "own",           "panel",         "excess",        "excess-slope",
    "excess-prior", "excess-growth", "concentration", "history-decay", "ended",
    "ended-slope",  "season-own",    "season-panel",
};
const double skuai_count_setting_low[SKUAI_COUNT_SETTINGS] = {-3, -4, -4, -4, -1, -1, -12,
                                                              -3, -2, -9, 0,  -2, 0};
const double skuai_count_setting_high[SKUAI_COUNT_SETTINGS] = {6, 6, 6, 8, 2, 7,  -2,
                                                               8, 8, 0, 3, 8, 1.5};
const double skuai_count_setting_default[SKUAI_COUNT_SETTINGS] = {1.2, 0, 0.5,  0,   0.4, 2,  -8,
                                                                  2.5, 2, -5.5, 0.5, 4,   0.1};

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}

void skuai_count_order(const double *y, size_t n, size_t *scratch, uint32_t *order,
                       uint32_t *rank) {
    skuai_sort_index(y, n, scratch);
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)scratch[i];
        rank[scratch[i]] = (uint32_t)i;
    }
}

skua_status skuai_count_state_new(skuai_arena *arena, size_t n, int season,
                                  skuai_count_state *state, skua_error *err) {
    size_t m = (size_t)season;
    skuai_count_state made = {0};
    made.value = skuai_arena_take(arena, n, sizeof *made.value);
    made.weight = skuai_arena_take(arena, n, sizeof *made.weight);
    made.marked = skuai_arena_take_zero(arena, n / 64 + 1, sizeof *made.marked);
    made.moved = skuai_arena_take(arena, n, sizeof *made.moved);
    made.moved_weight = skuai_arena_take(arena, n, sizeof *made.moved_weight);
    made.factor = skuai_arena_take(arena, m, sizeof *made.factor);
    made.seen = skuai_arena_take(arena, m, sizeof *made.seen);
    made.expected = skuai_arena_take(arena, m, sizeof *made.expected);
    made.information = skuai_arena_take(arena, m, sizeof *made.information);
    if (!made.value || !made.weight || !made.marked || !made.moved || !made.moved_weight ||
        !made.factor || !made.seen || !made.expected || !made.information)
        return skuai_error_memory(err, "a count model");
    *state = made;
    return SKUA_OK;
}

static double panel_excess(const double *settings, double mean) {
    double log_size = settings[SKUAI_COUNT_EXCESS] + settings[SKUAI_COUNT_EXCESS_SLOPE] * log(mean);
    return fmin(fmax(exp(-log_size), LEAST_EXCESS), MOST_EXCESS);
}

/* -- Seasonal factors -------------------------------------------------------------------------- */

static size_t season_of(const skuai_count_series *series, size_t t) {
    return (size_t)((series->phase + (int64_t)t) % series->season);
}

/* Add what whole years before the origin saw in each season, and what their means let expect. */
static void add_years(skuai_count_state *state, const skuai_count_series *series, size_t origin,
                      double excess) {
    size_t m = (size_t)series->season, begin = season_of(series, origin);
    for (size_t end = origin; end >= m; end -= m) {
        const double *y = series->y + end - m;
        double sum = 0;
        size_t seen = 0;
        for (size_t i = 0; i < m; i++) {
            if (isnan(y[i])) continue;
            sum += y[i];
            seen++;
        }
        if (seen < m / 2 + 1 || !(sum > 0)) continue;
        double mean = sum / (double)seen, information = mean / (1 + mean * excess);
        for (size_t i = 0, j = begin; i < m; i++, j = j + 1 < m ? j + 1 : 0) {
            if (isnan(y[i])) continue;
            state->seen[j] += y[i];
            state->expected[j] += mean;
            state->information[j] += information;
        }
    }
}

/* Shape of the panel, moved towards the series' own. Sets state->flat. */
static void learn_factors(skuai_count_state *state, const skuai_count_series *series, size_t origin,
                          const double *settings, const skuai_count_prior *prior, double mean) {
    size_t m = (size_t)series->season;
    double power = settings[SKUAI_COUNT_SEASON_PANEL];
    double weight = exp(settings[SKUAI_COUNT_SEASON_OWN]), sum = 0;
    state->flat = m == 1 || settings[SKUAI_COUNT_SEASON_OWN] >= SKUAI_COUNT_NO_SEASON ||
                  (origin < m && !prior->shape);
    for (size_t j = 0; j < m; j++) {
        state->factor[j] = 1;
        state->seen[j] = state->expected[j] = state->information[j] = 0;
    }
    if (state->flat) return;
    add_years(state, series, origin, panel_excess(settings, mean));
    for (size_t j = 0; j < m; j++) {
        double shape = prior->shape && power > 0 ? pow(prior->shape[j], power) : 1;
        double share = state->information[j] / (state->information[j] + weight);
        double own = state->expected[j] > 0 ? state->seen[j] / state->expected[j] : shape;
        state->factor[j] = fmax(shape + share * (own - shape), LEAST_FACTOR);
        sum += state->factor[j];
    }
    for (size_t j = 0; j < m; j++)
        state->factor[j] *= (double)m / sum;
}

/* -- Level and excess -------------------------------------------------------------------------- */

typedef struct evidence {
    double sum, weight;         /* decayed counts and factors */
    double all_sum, all_weight; /* the same without decay */
    double squares, scale, information;
    size_t since; /* periods since the last demand */
} evidence;

/* (sum + own M) / (weight + own) with M = (all_sum + panel P) / (all_weight + panel), as one
 * fraction: a division takes as long as all the rest. */
static double level_of(const evidence *e, const double *settings_own, double panel_mean) {
    double own = settings_own[0], panel = settings_own[1], below = e->all_weight + panel;
    double level =
        (e->sum * below + own * (e->all_sum + panel * panel_mean)) / ((e->weight + own) * below);
    return level > LEAST_MEAN ? level : LEAST_MEAN;
}

/* One pass over the history: the level, and the one-step errors around it. */
static evidence learn_level(const skuai_count_state *state, const skuai_count_series *series,
                            size_t origin, double decay, const double *weights, double panel_mean) {
    evidence e = {0};
    size_t warm_up = origin / 4 > LEAST_WARM_UP ? origin / 4 : LEAST_WARM_UP;
    size_t m = (size_t)series->season, season = season_of(series, 0);
    for (size_t t = 0; t < origin; t++) {
        double y = series->y[t], f = state->flat ? 1 : state->factor[season];
        season = season + 1 < m ? season + 1 : 0;
        e.sum *= decay;
        e.weight *= decay;
        e.since++;
        if (isnan(y)) continue;
        if (t >= warm_up) {
            double expected = level_of(&e, weights, panel_mean) * f, error = y - expected;
            e.squares += error * error - expected;
            e.scale += expected * expected;
            e.information += expected / (1 + expected);
        }
        e.sum += y;
        e.weight += f;
        e.all_sum += y;
        e.all_weight += f;
        if (y > 0) e.since = 0;
    }
    return e;
}

/* The newest periods' values by size with their weights, seasons taken out: ranks are marked, then
 * met in order. */
static void learn_history(skuai_count_state *state, const skuai_count_series *series, size_t origin,
                          double decay) {
    double reach = decay < 1 ? log(LEAST_WEIGHT) / log(decay) : (double)origin;
    size_t first = reach < (double)origin ? origin - (size_t)reach : 0;
    double *by_time = state->moved_weight, weight = 1;
    for (size_t t = origin; t-- > first;) {
        by_time[t] = weight;
        weight *= decay;
        if (!isnan(series->y[t]))
            state->marked[series->rank[t] / 64] |= (uint64_t)1 << (series->rank[t] % 64);
    }
    size_t k = 0;
    double sum = 0;
    for (size_t i = 0; i * 64 < series->n; i++) {
        for (uint64_t left = state->marked[i]; left; left &= left - 1) {
            size_t t = series->order[i * 64 + (size_t)__builtin_ctzll(left)];
            state->weight[k] = by_time[t];
            state->value[k++] =
                state->flat ? series->y[t] : series->y[t] / state->factor[season_of(series, t)];
            sum += by_time[t];
        }
        state->marked[i] = 0;
    }
    state->n_values = k;
    state->weight_sum = sum;
}

/* Four sums at once: whole numbers add up to the same in any order. */
static double sum_known(const double *y, size_t n, double *seen) {
    enum { LANES = 4 };
    double sum[LANES] = {0}, known[LANES] = {0};
    for (size_t t = 0; t < n; t += LANES) {
        for (size_t k = 0; k < LANES && t + k < n; k++) {
            bool there = !isnan(y[t + k]);
            sum[k] += there ? y[t + k] : 0;
            known[k] += there ? 1 : 0;
        }
    }
    *seen = known[0] + known[1] + known[2] + known[3];
    return sum[0] + sum[1] + sum[2] + sum[3];
}

void skuai_count_state_learn(skuai_count_state *state, const skuai_count_series *series,
                             size_t origin, const double *settings,
                             const skuai_count_prior *prior) {
    double weights[2] = {exp(settings[SKUAI_COUNT_OWN]),
                         exp(settings[SKUAI_COUNT_PANEL]) / prior->mean};
    double seen, sum = sum_known(series->y, origin, &seen);
    double mean = fmax((sum + weights[1] * prior->mean) / (seen + weights[1]), LEAST_MEAN);
    learn_factors(state, series, origin, settings, prior, mean);
    evidence e = learn_level(state, series, origin, logistic(settings[SKUAI_COUNT_DECAY]), weights,
                             prior->mean);
    state->origin = origin;
    state->level = level_of(&e, weights, prior->mean);
    double usual = panel_excess(settings, state->level);
    double trust = exp(settings[SKUAI_COUNT_EXCESS_PRIOR]);
    double own = e.scale > 0 ? e.squares / e.scale : usual;
    double excess = (trust * usual + e.information * own) / (trust + e.information);
    state->excess = fmin(fmax(excess, 0.05 * usual), MOST_EXCESS);
    state->known = e.weight + weights[0];
    state->growth = exp(settings[SKUAI_COUNT_EXCESS_GROWTH]);
    state->zero = logistic(settings[SKUAI_COUNT_ENDED] +
                           settings[SKUAI_COUNT_ENDED_SLOPE] * log1p((double)e.since));
    state->concentration = exp(settings[SKUAI_COUNT_CONCENTRATION]);
    learn_history(state, series, origin, logistic(settings[SKUAI_COUNT_HISTORY_DECAY]));
}

/* -- Forecast ---------------------------------------------------------------------------------- */

/* Own values times a factor, as whole numbers again by size: nearly sorted already, since seasons
 * were taken out of sorted values. */
static void move_history(skuai_count_state *state, double factor) {
    for (size_t i = 0; i < state->n_values; i++) {
        double value = floor(state->value[i] * factor + 0.5), weight = state->weight[i];
        size_t j = i;
        for (; j > 0 && state->moved[j - 1] > value; j--) {
            state->moved[j] = state->moved[j - 1];
            state->moved_weight[j] = state->moved_weight[j - 1];
        }
        state->moved[j] = value;
        state->moved_weight[j] = weight;
    }
}

void skuai_count_state_mixture(skuai_count_state *state, const skuai_count_series *series, size_t h,
                               skuai_count_mixture *mixture) {
    double factor = state->flat ? 1 : state->factor[season_of(series, state->origin + h)];
    if (!state->flat) move_history(state, factor);
    *mixture = (skuai_count_mixture){
        .zero = state->zero,
        .mean = fmax(state->level * factor, LEAST_MEAN),
        .excess = fmin(state->excess + state->growth * (double)h, MOST_EXCESS),
        .concentration = state->concentration,
        .value = state->flat ? state->value : state->moved,
        .weight = state->flat ? state->weight : state->moved_weight,
        .n = state->n_values,
        .weight_sum = state->weight_sum,
    };
}

double skuai_count_state_dependence(const skuai_count_state *state) {
    double z = state->zero, l = state->level;
    double shared = (1 - z) * l / state->known + z * (1 - z) * l * l;
    double whole = shared + (1 - z) * (l + state->excess * l * l);
    return fmin(shared / whole, 0.9);
}

double skuai_count_unit(const double *y, size_t n) {
    static const double units[] = {1, 0.5, 0.25, 0.2, 0.1, 0.05, 0.01};
    double sum = 0, seen = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        bool whole = true;
        for (size_t t = 0; t < n && whole; t++) {
            double multiple = y[t] / units[i];
            whole = isnan(y[t]) || fabs(multiple - floor(multiple + 0.5)) < 1e-4;
        }
        if (whole) return units[i];
    }
    for (size_t t = 0; t < n; t++) {
        if (!(y[t] > 0)) continue;
        sum += y[t];
        seen++;
    }
    return seen > 0 ? sum / (seen * 200) : 1;
}
