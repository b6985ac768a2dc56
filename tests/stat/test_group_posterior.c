/* Backfitting against brute force: the joint Gaussian of all observations, conditioned at once. */
#include "support/support.h"

#include "core/random.h"
#include "math/linear.h"
#include "stat/group/group_forecast.h"
#include "stat/group/group_rank.h"
#include "stat/group/group_smooth.h"

#include <math.h>
#include <string.h>

enum { STORES = 4, DEPARTMENTS = 3, SERIES = 12, WINDOW = 26, HORIZON = 5, TIMES = 31 };
enum { POINTS = SERIES * WINDOW };

/* 12 series, a store and a department each; with gaps: some weeks are missing; newcomer: a series
 * is short.
 */
static const skuai_context one_thread = {.seed = 1, .threads = 1};

static skuai_panel *make_panel(uint64_t seed, bool gaps, bool newcomer) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skua_error err = {0};
    skuai_random random;
    skuai_random_init(&random, seed);
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 8);
    static const char *const stores[] = {"north", "south", "east", "west"};
    static const char *const departments[] = {"food", "toys", "tools"};
    const char *store[SERIES], *department[SERIES];
    for (size_t s = 0; s < SERIES; s++) {
        double y[WINDOW];
        size_t length = s == 5 && newcomer ? 9 : WINDOW;
        double spread = 0.05 * (double)(1 + s % 3);
        for (size_t t = 0; t < length; t++) {
            double season = 0.3 * sin(6.2831853 * (double)(t % 8) / 8 + (double)(s % 3));
            y[t] = 100 * (double)(s + 1) *
                   exp(season + 0.01 * (double)t + spread * skuai_random_normal(&random));
            if (gaps && t > 0 && t + 1 < length && (t + 5 * s) % 11 == 3) y[t] = (double)NAN;
        }
        char name[16];
        (void)snprintf(name, sizeof name, "series %zu", s);
        assert_ok(skuai_panel_builder_series(builder, name, 1000 + (int64_t)(WINDOW - length),
                                             length, 0, y, NULL, NULL, &err),
                  &err);
        store[s] = stores[s / DEPARTMENTS];
        department[s] = departments[s % DEPARTMENTS];
    }
    assert_ok(skuai_panel_builder_category(builder, "store", store, &err), &err);
    assert_ok(skuai_panel_builder_category(builder, "department", department, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

/* Variances that differ from part to part. */
static void set_variances(skuai_group_state *state) {
    static const double share[SKUAI_GROUP_KERNELS] = {0.04,  0.01,  0.01,  0.004, 0.05,
                                                      0.005, 0.003, 0.001, 0.001, 0.002};
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++) {
        bool there = state->time.kernel[k] != NULL;
        state->own[k] = there ? share[k] * (k == SKUAI_GROUP_NOISE ? 2 : 0.3) : 0;
        for (size_t p = 0; p < state->n_parts; p++)
            state->part[p].variance[k] = there ? share[k] / (double)(p + 1) : 0;
    }
}

static void init_state(skuai_group_state *state, const skuai_panel *panel, skuai_arena *arena) {
    skua_error err = {0};
    skuai_group_time time = {.first = 1000, .n = TIMES, .window = WINDOW, .season = 8};
    assert_ok(skuai_group_time_init(&time, &panel->grid, arena, &err), &err);
    assert_ok(skuai_group_state_init(state, panel, &time, WINDOW, &one_thread, arena, &err), &err);
}

/* Prior covariance of z of series a at i and series b at j; noise of the own part when noisy. */
typedef struct covariance {
    const skuai_group_state *state;
    double *part[SKUAI_GROUP_PARTS]; /* [T, T] */
    double *own, *quiet;             /* [T, T] with and without noise */
} covariance;

static double covariance_at(const covariance *c, size_t a, size_t i, size_t b, size_t j,
                            bool noisy) {
    const skuai_group_state *state = c->state;
    double sum = 0, v = state->volatility[a];
    for (size_t p = 0; p < state->n_parts; p++) {
        const skuai_group_part *part = state->part + p;
        if (part->code[a] != part->code[b]) continue;
        double scale = part->scale[part->code[a]];
        double loading = part->loading ? part->loading[a] * part->loading[b] : 1;
        sum += loading * scale * scale * c->part[p][i * TIMES + j];
    }
    if (a != b) return sum;
    sum += state->prior_variance + v * v * (noisy ? c->own : c->quiet)[i * TIMES + j];
    return sum + (noisy && i == j ? v * v * 1e-6 : 0); /* the jitter of group_smooth.c */
}

static void make_covariance(covariance *c, const skuai_group_state *state, skuai_arena *arena) {
    c->state = state;
    for (size_t p = 0; p < state->n_parts; p++) {
        c->part[p] = skuai_arena_take(arena, (size_t)TIMES * TIMES, sizeof(double));
        skuai_group_time_sum(&state->time, state->part[p].variance, true, c->part[p]);
    }
    c->own = skuai_arena_take(arena, (size_t)TIMES * TIMES, sizeof(double));
    c->quiet = skuai_arena_take(arena, (size_t)TIMES * TIMES, sizeof(double));
    skuai_group_time_sum(&state->time, state->own, true, c->own);
    skuai_group_time_sum(&state->time, state->own, false, c->quiet);
}

/* mean and deviation [SERIES, HORIZON] of the exact posterior. */
static void brute_force(const skuai_group_state *state, skuai_arena *arena, double *mean,
                        double *deviation) {
    covariance c;
    skua_error err = {0};
    size_t series[POINTS], time[POINTS], n = 0;
    make_covariance(&c, state, arena);
    double *alpha = skuai_arena_take(arena, POINTS, sizeof *alpha);
    for (size_t s = 0; s < SERIES; s++) {
        for (size_t t = 0; t < WINDOW; t++) {
            double z = state->z[s * WINDOW + t];
            if (isnan(z)) continue;
            series[n] = s;
            time[n] = t;
            alpha[n++] = z - state->prior[s];
        }
    }
    double *l = skuai_arena_take(arena, n * n, sizeof *l), *k = skuai_arena_take(arena, 2 * n, 8);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            l[i * n + j] = covariance_at(&c, series[i], time[i], series[j], time[j], true);
    assert_ok(skuai_cholesky(l, n, &err), &err);
    skuai_cholesky_solve(l, n, alpha);
    for (size_t s = 0; s < SERIES; s++) {
        for (size_t h = 0; h < HORIZON; h++) {
            for (size_t i = 0; i < n; i++)
                k[i] = covariance_at(&c, s, WINDOW + h, series[i], time[i], false);
            memcpy(k + n, k, n * sizeof *k);
            skuai_cholesky_solve(l, n, k + n);
            mean[s * HORIZON + h] = state->prior[s] + skuai_dot(k, alpha, n);
            double prior = covariance_at(&c, s, WINDOW + h, s, WINDOW + h, true);
            deviation[s * HORIZON + h] = sqrt(prior - skuai_dot(k, k + n, n));
        }
    }
}

static void compare(skuai_group_state *state, skuai_arena *arena) {
    double exact[SERIES * HORIZON], exact_deviation[SERIES * HORIZON];
    double mean[SERIES * HORIZON], deviation[SERIES * HORIZON];
    skua_error err = {0};
    assert_ok(skuai_group_sweep(state, 400, false, &err), &err);
    assert_ok(skuai_group_moments(state, mean, deviation, &err), &err);
    brute_force(state, arena, exact, exact_deviation);
    assert_close_array(mean, exact, SERIES * HORIZON, 0, 2e-5); /* 400 sweeps leave that much */
    for (size_t i = 0; i < SERIES * HORIZON; i++) {
        /* parts are taken as independent given the data, which they are not quite */
        assert_true(deviation[i] > 0.8 * exact_deviation[i]);
        assert_true(deviation[i] < 1.5 * exact_deviation[i]);
    }
}

static void test_partitions(void **unused) {
    (void)unused;
    skuai_panel *panel = make_panel(3, false, false);
    skuai_arena *arena = skuai_arena_new(0);
    skuai_group_state state;
    init_state(&state, panel, arena);
    assert_int_equal(state.n_plain, 3); /* all, store, department */
    assert_int_equal(state.part[1].n_groups, STORES);
    assert_int_equal(state.part[2].n_groups, DEPARTMENTS);
    set_variances(&state);
    compare(&state, arena);
    skuai_arena_free(arena);
    skuai_panel_free(panel);
}

static void test_loadings(void **unused) {
    (void)unused;
    skuai_panel *panel = make_panel(4, true, false);
    skuai_arena *arena = skuai_arena_new(0);
    skuai_group_state state;
    skua_error err = {0};
    double loading[SERIES];
    init_state(&state, panel, arena);
    for (size_t s = 0; s < SERIES; s++)
        loading[s] = 0.4 + 0.3 * (double)(s % DEPARTMENTS);
    assert_ok(skuai_group_part_add(&state, 1, loading, &err), &err);
    set_variances(&state);
    compare(&state, arena);
    skuai_arena_free(arena);
    skuai_panel_free(panel);
}

/* A backtest's state does not see what lies behind its window. */
static void test_backtest_is_blind(void **unused) {
    (void)unused;
    skuai_panel *panel = make_panel(5, true, true), *changed;
    skuai_arena *arena = skuai_arena_new(0);
    skua_error err = {0};
    double *values = skuai_new(panel->n_rows, sizeof *values);
    memcpy(values, panel->target, panel->n_rows * sizeof *values);
    for (size_t s = 0; s < SERIES; s++) /* what comes in the last 6 weeks */
        for (size_t t = panel->length[s] - 6; t < panel->length[s]; t++)
            values[panel->row[s] + t] *= 3;
    assert_ok(skuai_panel_with(panel, SIZE_MAX, values, &changed, &err), &err);
    double mean[2][SERIES * 11], deviation[SERIES * 11];
    for (size_t i = 0; i < 2; i++) {
        skuai_group_time time = {.first = 1000, .n = TIMES, .window = WINDOW, .season = 8};
        skuai_group_state state;
        assert_ok(skuai_group_time_init(&time, &panel->grid, arena, &err), &err);
        assert_ok(skuai_group_state_init(&state, i ? changed : panel, &time, WINDOW - 6, NULL,
                                         arena, &err),
                  &err);
        assert_ok(skuai_group_sweep(&state, 3, false, &err), &err);
        assert_ok(skuai_group_moments(&state, mean[i], deviation, &err), &err);
    }
    assert_close_array(mean[1], mean[0], SERIES * 11, 0, 0);
    skuai_free(values);
    skuai_panel_free(changed);
    skuai_panel_free(panel);
    skuai_arena_free(arena);
}

/* Loadings of a table that is one factor by construction are that factor's. */
static void test_rank(void **unused) {
    (void)unused;
    enum { ROWS = 7, COLUMNS = 8, LENGTH = 30 };
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 1);
    skuai_arena *arena = skuai_arena_new(0);
    skuai_panel *panel;
    skua_error err = {0};
    skuai_random random;
    skuai_random_init(&random, 9);
    const char *row[ROWS * COLUMNS], *column[ROWS * COLUMNS];
    double path[COLUMNS][LENGTH], y[LENGTH];
    static const double load[ROWS] = {2, -1, 0.5, 1, -1.5, 0, 1};
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t t = 0; t < LENGTH; t++)
            path[c][t] = (t ? path[c][t - 1] : 0) + 0.1 * skuai_random_normal(&random);
    for (size_t s = 0; s < (size_t)ROWS * COLUMNS; s++) {
        char name[16];
        (void)snprintf(name, sizeof name, "row %zu", s % ROWS);
        row[s] = skuai_arena_text(arena, name, strlen(name));
        (void)snprintf(name, sizeof name, "column %zu", s / ROWS);
        column[s] = skuai_arena_text(arena, name, strlen(name));
        for (size_t t = 0; t < LENGTH; t++)
            y[t] =
                500 * exp(load[s % ROWS] * path[s / ROWS][t] + 0.01 * skuai_random_normal(&random));
        (void)snprintf(name, sizeof name, "%zu", s);
        assert_ok(skuai_panel_builder_series(builder, name, 0, LENGTH, 0, y, NULL, NULL, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(builder, "row", row, &err), &err);
    assert_ok(skuai_panel_builder_category(builder, "column", column, &err), &err);
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_group_time time = {.first = 0, .n = LENGTH, .window = LENGTH, .season = 1};
    skuai_group_state state;
    size_t first, second;
    bool found;
    assert_ok(skuai_group_time_init(&time, &grid, arena, &err), &err);
    assert_ok(skuai_group_state_init(&state, panel, &time, LENGTH, NULL, arena, &err), &err);
    assert_ok(skuai_group_rank_pair(&state, &found, &first, &second, &err), &err);
    assert_true(found);
    for (size_t s = 0; s < state.n_series; s++)
        state.level[s] = skuai_group_to_scale(&state, s, 500);
    memset(state.own, 0, sizeof state.own);
    state.own[SKUAI_GROUP_SLOW] = 0.05;
    state.own[SKUAI_GROUP_NOISE] = 1e-4;
    for (size_t p = 0; p < state.n_parts; p++)
        memset(state.part[p].variance, 0, sizeof state.part[p].variance);
    assert_ok(skuai_group_sweep(&state, 1, false, &err), &err);
    for (size_t s = 0; s < state.n_series; s++)
        state.volatility[s] = 1;
    assert_ok(skuai_group_rank_add(&state, first, second, 1, &err), &err);
    assert_int_equal(state.n_parts, state.n_plain + 2);
    const double *loading = state.part[state.n_plain].loading; /* mean square over rows is 1 */
    double size = 0, sign = loading[0] > 0 ? 1 : -1;
    for (size_t r = 0; r < ROWS; r++)
        size += load[r] * load[r] / ROWS;
    for (size_t s = 0; s < state.n_series; s++)
        assert_close(sign * loading[s], load[s % ROWS] / sqrt(size), 0, 0.1);
    skuai_panel_builder_free(builder);
    skuai_panel_free(panel);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_loadings),
        cmocka_unit_test(test_backtest_is_blind),
        cmocka_unit_test(test_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
