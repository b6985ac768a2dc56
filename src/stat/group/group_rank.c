#include "stat/group/group_rank.h"

#include "core/random.h"
#include "math/linear.h"
#include "stat/group/group_smooth.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_GROUPS 6
#define LEAST_ALONE  0.95
#define LEAST_SEEN   0.6 /* of the window, for a series to count */
#define ITERATIONS   30

static int compare_cells(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Share of the series that are alone with their pair of groups. cell [S] scratch. */
static double alone(const skuai_group_state *state, size_t p, size_t q, uint64_t *cell) {
    size_t S = state->n_series, single = 0;
    for (size_t s = 0; s < S; s++)
        cell[s] =
            ((uint64_t)(uint32_t)state->part[p].code[s] << 32) | (uint32_t)state->part[q].code[s];
    qsort(cell, S, sizeof *cell, compare_cells);
    for (size_t s = 0; s < S; s++)
        single += (s == 0 || cell[s] != cell[s - 1]) && (s + 1 == S || cell[s] != cell[s + 1]);
    return (double)single / (double)S;
}

skua_status skuai_group_rank_pair(const skuai_group_state *state, bool *found, size_t *first,
                                  size_t *second, skua_error *err) {
    size_t most = 0, S = state->n_series;
    uint64_t *cell = skuai_new(S, sizeof *cell);
    if (!cell) return skuai_error_memory(err, "factors of a group model");
    for (size_t p = 1; p < state->n_plain; p++) {
        for (size_t q = p + 1; q < state->n_plain; q++) {
            size_t a = state->part[p].n_groups, b = state->part[q].n_groups;
            size_t least = a < b ? a : b;
            if (least < LEAST_GROUPS || least <= most) continue;
            if (!(alone(state, p, q, cell) >= LEAST_ALONE)) continue;
            most = least;
            *first = p;
            *second = q;
        }
    }
    skuai_free(cell);
    *found = most > 0;
    return SKUA_OK;
}

/* Columns of b [n, r] made orthonormal one after the other; false when one vanishes. */
static bool orthonormalise(double *b, size_t n, size_t r) {
    for (size_t k = 0; k < r; k++) {
        for (size_t j = 0; j < k; j++) {
            double dot = 0;
            for (size_t i = 0; i < n; i++)
                dot += b[i * r + k] * b[i * r + j];
            for (size_t i = 0; i < n; i++)
                b[i * r + k] -= dot * b[i * r + j];
        }
        double square = 0;
        for (size_t i = 0; i < n; i++)
            square += b[i * r + k] * b[i * r + k];
        if (!(square > 0)) return false;
        for (size_t i = 0; i < n; i++)
            b[i * r + k] /= sqrt(square);
    }
    return true;
}

typedef struct table {
    const skuai_group_state *state;
    const double *x; /* [S, W] */
    const bool *used;
    const int32_t *row, *column; /* [S] groups */
    size_t n_rows, n_columns, rank;
} table;

/* c [columns, r, W] = A'b, then b = A c. */
static void multiply(const table *t, double *b, double *c) {
    size_t W = t->state->window, r = t->rank;
    memset(c, 0, t->n_columns * W * r * sizeof *c);
    for (size_t s = 0; s < t->state->n_series; s++) {
        for (size_t k = 0; k < r && t->used[s]; k++) {
            double *to = c + ((size_t)t->column[s] * r + k) * W;
            double factor = b[(size_t)t->row[s] * r + k];
            for (size_t i = 0; i < W; i++)
                to[i] += t->x[s * W + i] * factor;
        }
    }
    memset(b, 0, t->n_rows * r * sizeof *b);
    for (size_t s = 0; s < t->state->n_series; s++)
        for (size_t k = 0; k < r && t->used[s]; k++)
            b[(size_t)t->row[s] * r + k] +=
                skuai_dot(t->x + s * W, c + ((size_t)t->column[s] * r + k) * W, W);
}

/* loading [r, S]: the r leading left vectors, mean square 1 over the rows; zero when the table has
 * no such rank. */
static skua_status load(const table *t, double *loading, skuai_arena *scratch, skua_error *err) {
    size_t r = t->rank, S = t->state->n_series;
    double *b = skuai_arena_take(scratch, t->n_rows * r, sizeof *b);
    double *c = skuai_arena_take(scratch, t->n_columns * t->state->window * r, sizeof *c);
    if (!b || !c) return skuai_error_memory(err, "factors of a group model");
    skuai_random random;
    skuai_random_init(&random, 1);
    for (size_t i = 0; i < t->n_rows * r; i++)
        b[i] = skuai_random_normal(&random);
    bool full = orthonormalise(b, t->n_rows, r);
    for (int i = 0; i < ITERATIONS && full; i++) {
        multiply(t, b, c);
        full = orthonormalise(b, t->n_rows, r);
    }
    double size = full ? sqrt((double)t->n_rows) : 0;
    for (size_t k = 0; k < r; k++)
        for (size_t s = 0; s < S; s++)
            loading[k * S + s] = t->row[s] >= 0 ? size * b[(size_t)t->row[s] * r + k] : 0;
    return SKUA_OK;
}

/* x [S, W]: own parts without their mean over the window, divided by volatility. */
static skua_status own_table(const skuai_group_state *state, double *x, bool *used,
                             skuai_arena *scratch, skua_error *err) {
    size_t S = state->n_series, W = state->window, T = state->time.n;
    double *own = skuai_arena_take(scratch, S * T, sizeof *own);
    if (!own) return skuai_error_memory(err, "factors of a group model");
    SKUA_TRY(skuai_group_own(state, 0, own, NULL, err));
    for (size_t s = 0; s < S; s++) {
        double mean = 0;
        for (size_t t = 0; t < W; t++)
            mean += own[s * T + t] / (double)W;
        for (size_t t = 0; t < W; t++)
            x[s * W + t] = (own[s * T + t] - mean) / state->volatility[s];
        used[s] = (double)state->observed[s] > LEAST_SEEN * (double)W;
    }
    return SKUA_OK;
}

static skua_status add_direction(skuai_group_state *state, const table *t, size_t partition,
                                 double *loading, skuai_arena *scratch, skua_error *err) {
    SKUA_TRY(load(t, loading, scratch, err));
    for (size_t k = 0; k < t->rank; k++)
        SKUA_TRY(skuai_group_part_add(state, partition, loading + k * t->state->n_series, err));
    return SKUA_OK;
}

static skua_status add_factors(skuai_group_state *state, size_t first, size_t second, size_t rank,
                               skuai_arena *scratch, skua_error *err) {
    size_t S = state->n_series;
    double *x = skuai_arena_take(scratch, S * state->window, sizeof *x);
    bool *used = skuai_arena_take(scratch, S, sizeof *used);
    double *loading = skuai_arena_take_zero(state->arena, 2 * rank * S, sizeof *loading);
    if (!x || !used || !loading) return skuai_error_memory(err, "factors of a group model");
    SKUA_TRY(own_table(state, x, used, scratch, err));
    const skuai_group_part *p = state->part + first, *q = state->part + second;
    for (size_t s = 0; s < S; s++)
        used[s] = used[s] && p->code[s] >= 0 && q->code[s] >= 0;
    table one = {state, x, used, p->code, q->code, p->n_groups, q->n_groups, rank};
    table two = {state, x, used, q->code, p->code, q->n_groups, p->n_groups, rank};
    SKUA_TRY(add_direction(state, &one, second, loading, scratch, err));
    return add_direction(state, &two, first, loading + rank * S, scratch, err);
}

skua_status skuai_group_rank_add(skuai_group_state *state, size_t first, size_t second, size_t rank,
                                 skua_error *err) {
    if (rank == 0) return SKUA_OK;
    skuai_arena *scratch = skuai_arena_new(0);
    if (!scratch) return skuai_error_memory(err, "factors of a group model");
    skua_status status = add_factors(state, first, second, rank, scratch, err);
    skuai_arena_free(scratch);
    return status;
}
