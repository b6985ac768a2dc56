#include "cause/granger.h"

#include "cause/pcmci.h"
#include "math/distribution.h"
#include "math/linear.h"

#include <math.h>
#include <string.h>

enum { ROWS_SPARE = 10 };

/* The regressors of all equations: 1, then variable i at lag l in column 1 + i lags + l - 1. */
typedef struct var {
    const skuai_granger_options *options;
    size_t n, lags, columns, rows;
    double *design;          /* [rows, columns] */
    double *target;          /* [n, rows] */
    double *gram, *right;    /* [columns, columns], [n, columns] */
    double *l, *inverse, *b; /* of the equation at hand */
    size_t *used;            /* [columns] columns of that equation */
} var;

static bool forbidden(const var *v, size_t i, size_t j, size_t lag) {
    const bool *f = v->options->forbidden;
    return f && f[(i * v->n + j) * (v->options->lags + 1) + lag];
}

/* Rows whose window of `past` periods is whole: the same for every order up to it. */
static size_t whole_rows(const double *const *series, size_t n, size_t length, size_t past,
                         size_t *rows) {
    size_t run = 0, count = 0;
    for (size_t t = 0; t < length; t++) {
        bool good = true;
        for (size_t i = 0; i < n && good; i++)
            good = isfinite(series[i][t]);
        run = good ? run + 1 : 0;
        if (run > past) rows[count++] = t;
    }
    return count;
}

static void lay_out(var *v, const double *const *series, const size_t *rows) {
    v->columns = 1 + v->n * v->lags;
    for (size_t r = 0; r < v->rows; r++) {
        double *row = v->design + r * v->columns;
        row[0] = 1;
        for (size_t i = 0; i < v->n; i++) {
            v->target[i * v->rows + r] = series[i][rows[r]];
            for (size_t lag = 1; lag <= v->lags; lag++)
                row[1 + i * v->lags + lag - 1] = series[i][rows[r] - lag];
        }
    }
    skuai_matrix_gram(v->design, v->rows, v->columns, v->gram);
    memset(v->right, 0, v->n * v->columns * sizeof *v->right);
    for (size_t j = 0; j < v->n; j++)
        for (size_t r = 0; r < v->rows; r++)
            for (size_t c = 0; c < v->columns; c++)
                v->right[j * v->columns + c] +=
                    v->design[r * v->columns + c] * v->target[j * v->rows + r];
}

/* Least squares of variable j on all columns that may be, without those of variable `without`
 * (SIZE_MAX: with all): coefficients b [m], factor, and the number of columns m. */
static skua_status solve(var *v, size_t j, size_t without, size_t *m, double *squares,
                         skua_error *err) {
    size_t k = 0;
    for (size_t c = 0; c < v->columns; c++) {
        size_t i = c ? (c - 1) / v->lags : SIZE_MAX, lag = c ? (c - 1) % v->lags + 1 : 0;
        if (c && (i == without || forbidden(v, i, j, lag))) continue;
        v->used[k++] = c;
    }
    for (size_t a = 0; a < k; a++) {
        v->b[a] = v->right[j * v->columns + v->used[a]];
        for (size_t b = 0; b < k; b++)
            v->l[a * k + b] = v->gram[v->used[a] * v->columns + v->used[b]];
        v->l[a * k + a] *= 1 + 1e-10; /* columns that say the same share what they say */
    }
    SKUA_TRY(skuai_cholesky(v->l, k, err));
    skuai_cholesky_solve(v->l, k, v->b);
    *squares = 0;
    for (size_t r = 0; r < v->rows; r++) {
        double e = v->target[j * v->rows + r];
        for (size_t a = 0; a < k; a++)
            e -= v->b[a] * v->design[r * v->columns + v->used[a]];
        *squares += e * e;
    }
    *m = k;
    return SKUA_OK;
}

/* The order with the least sum over equations of rows log(squares / rows) + columns log(rows). */
static skua_status choose_order(var *v, const double *const *series, const size_t *rows,
                                size_t *best, skua_error *err) {
    double least = INFINITY;
    for (v->lags = 1; v->lags <= v->options->lags; v->lags++) {
        double score = 0;
        lay_out(v, series, rows);
        for (size_t j = 0; j < v->n; j++) {
            size_t m;
            double squares;
            SKUA_TRY(solve(v, j, SIZE_MAX, &m, &squares, err));
            score += (double)v->rows * log((squares + 1e-300) / (double)v->rows) +
                     (double)m * log((double)v->rows);
        }
        if (score < least) {
            least = score;
            *best = v->lags;
        }
    }
    return SKUA_OK;
}

/* One equation: each lag's partial correlation and p-value, then each pair's F test into pair [n].
 */
static skua_status test_equation(var *v, size_t j, const char *const *names, skuai_causal_graph *g,
                                 double *pair, skua_error *err) {
    size_t m, fewer;
    double all, without, whole = 0, mean = 0;
    SKUA_TRY(solve(v, j, SIZE_MAX, &m, &all, err));
    for (size_t r = 0; r < v->rows; r++)
        mean += v->target[j * v->rows + r] / (double)v->rows;
    for (size_t r = 0; r < v->rows; r++)
        whole += pow(v->target[j * v->rows + r] - mean, 2);
    if (!(all > 1e-10 * whole))
        return skuai_error_set(err, SKUA_EDATA,
                               "%s follows from the past of the series entirely: who drives it "
                               "cannot be told apart",
                               names ? names[j] : "a series");
    double df = (double)v->rows - (double)m;
    skuai_cholesky_inverse(v->l, m, v->inverse);
    for (size_t a = 1; a < m; a++) {
        size_t i = (v->used[a] - 1) / v->lags, lag = (v->used[a] - 1) % v->lags + 1;
        size_t at = skuai_causal_at(g, i, j, lag);
        double t = v->b[a] / sqrt(all / df * v->inverse[a * m + a]);
        g->value[at] = t / sqrt(t * t + df);
        g->p[at] = 2 * skuai_student_cdf(-fabs(t), df);
    }
    for (size_t i = 0; i < v->n; i++) {
        pair[i] = (double)NAN;
        SKUA_TRY(solve(v, j, i, &fewer, &without, err));
        g->n_tests++;
        if (fewer == m) continue; /* all its lags are forbidden */
        double q = (double)(m - fewer), f = fmax(0, without - all) / q / (all / df);
        pair[i] = 1 - skuai_fisher_cdf(f, q, df);
    }
    return SKUA_OK;
}

/* Links: pairs that pass, at lags that differ from 0 or are the strongest. */
static void set_links(const var *v, const double *corrected, skuai_causal_graph *g) {
    for (size_t i = 0; i < v->n; i++)
        for (size_t j = 0; j < v->n; j++) {
            double of_pair = corrected[j * v->n + i];
            size_t best = 1;
            for (size_t lag = 2; lag <= v->lags; lag++)
                if (g->p[skuai_causal_at(g, i, j, lag)] < g->p[skuai_causal_at(g, i, j, best)])
                    best = lag;
            for (size_t lag = 0; lag <= v->lags; lag++) {
                size_t at = skuai_causal_at(g, i, j, lag);
                bool passes = lag > 0 && of_pair <= v->options->alpha; /* false when NaN */
                g->link[at] = passes && (lag == best || g->p[at] <= v->options->alpha);
                if (lag == best)
                    g->p[at] = isnan(of_pair) ? 1 : of_pair;
                else if (!(g->p[at] > of_pair))
                    g->p[at] = isnan(of_pair) ? 1 : of_pair;
                g->confidence[at] = (double)NAN;
            }
        }
}

static skua_status take(var *v, skuai_arena *arena, size_t length, size_t **rows, skua_error *err) {
    size_t k = 1 + v->n * v->options->lags;
    v->design = skuai_arena_take(arena, length * (k + v->n), sizeof *v->design);
    v->gram = skuai_arena_take(arena, 3 * k * k + (v->n + 1) * k, sizeof *v->gram);
    v->used = skuai_arena_take(arena, k, sizeof *v->used);
    *rows = skuai_arena_take(arena, length + 1, sizeof **rows);
    if (!v->design || !v->gram || !v->used || !*rows)
        return skuai_error_memory(err, "a causal graph");
    v->target = v->design + length * k;
    v->l = v->gram + k * k;
    v->inverse = v->l + k * k;
    v->right = v->inverse + k * k;
    v->b = v->right + v->n * k;
    return SKUA_OK;
}

static skua_status check(const skuai_granger_options *o, size_t n, size_t length, skua_error *err) {
    if (n < 2 || o->lags < 1 || !(o->alpha > 0 && o->alpha < 1))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "two series, one lag and a level in (0, 1) are the least");
    if (n * o->lags + ROWS_SPARE > length)
        return skuai_error_set(err, SKUA_EDATA,
                               "%zu periods are too few to tell which of %zu series drives which "
                               "over %zu lags: more than %zu are needed, or fewer series",
                               length, n, o->lags, n * o->lags + o->lags + ROWS_SPARE);
    return SKUA_OK;
}

skua_status skuai_granger_run(const double *const *series, size_t n, size_t length,
                              const char *const *names, const skuai_granger_options *options,
                              skuai_causal_graph **out, skua_error *err) {
    SKUA_TRY(check(options, n, length, err));
    var v = {.options = options, .n = n, .lags = options->lags};
    skuai_causal_graph *graph = NULL;
    skuai_arena *arena = skuai_arena_new(0);
    size_t *rows = NULL, order = options->lags;
    skua_status status = SKUA_OK;
    if (!arena) return skuai_error_memory(err, "a causal graph");
    SKUA_TRY_OUT(take(&v, arena, length, &rows, err));
    v.rows = whole_rows(series, n, length, options->lags, rows);
    if (v.rows < 1 + n * options->lags + ROWS_SPARE)
        SKUA_TRY_OUT(skuai_error_set(err, SKUA_EDATA,
                                     "%zu periods without gaps are too few to tell which of %zu "
                                     "series drives which over %zu lags: %zu are needed",
                                     v.rows, n, options->lags, 1 + n * options->lags + ROWS_SPARE));
    SKUA_TRY_OUT(skuai_series_move(series, n, rows, v.rows, names, err));
    if (!options->fixed) SKUA_TRY_OUT(choose_order(&v, series, rows, &order, err));
    v.lags = order;
    lay_out(&v, series, rows);
    SKUA_TRY_OUT(skuai_causal_graph_new(n, order, names, &graph, err));
    double *pair = skuai_arena_take(arena, 2 * n * n, sizeof *pair);
    size_t *index = skuai_arena_take(arena, n * n, sizeof *index);
    if (!pair || !index) SKUA_TRY_OUT(skuai_error_memory(err, "a causal graph"));
    for (size_t c = 0; c < n * n * (order + 1); c++)
        graph->p[c] = 1;
    for (size_t j = 0; j < n; j++)
        SKUA_TRY_OUT(test_equation(&v, j, names, graph, pair + j * n, err));
    skuai_false_discovery(pair, n * n, index, pair + n * n);
    set_links(&v, pair + n * n, graph);
    graph->n_rows = v.rows;
    graph->method = "granger";
    graph->test = "F test of a vector autoregression";
    graph->alpha = options->alpha;
    *out = graph;
out:
    skuai_arena_free(arena);
    if (status != SKUA_OK) skuai_causal_graph_free(graph);
    return status;
}
