#include "cause/pcmci.h"

#include "cause/pcmci_work.h"
#include "core/random.h"
#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

enum { COLUMNS_MOST = 6000, ROWS_LEAST = 20, DISTANCE_ROWS = 10000 };

#define NOTHING_LEFT 1e-12 /* variance of a standardised column beyond its conditions */

static size_t column_of(const pcmci *m, node at) {
    return at.variable * m->width + at.lag;
}

/* Partial correlation of x and y given the conditions [n] by bordering: the factor of the
 * conditions' correlations grows row by row; a condition that the others explain is passed over.
 * NaN: nothing of x or y is left. */
static double partial_correlation(pcmci *m, node x, node y, const node *z, size_t n) {
    size_t kept = 0, order[2] = {column_of(m, x), column_of(m, y)};
    double *l = m->work, *tail[2];
    size_t *columns = (size_t *)(void *)(m->work + (m->columns + 2) * (m->columns + 2));
    double left[2] = {1, 1}, cross = m->correlation[order[0] * m->columns + order[1]];
    for (size_t i = 0; i < n + 2; i++) {
        size_t c = i < n ? column_of(m, z[i]) : order[i - n];
        double *row = l + (kept + (i < n ? 0 : i - n)) * (n + 2), rest = 1;
        for (size_t j = 0; j < kept; j++) {
            double sum = m->correlation[c * m->columns + columns[j]];
            const double *other = l + j * (n + 2);
            for (size_t q = 0; q < j; q++)
                sum -= row[q] * other[q];
            row[j] = sum / other[j];
            rest -= row[j] * row[j];
        }
        if (i >= n) {
            tail[i - n] = row;
            left[i - n] = rest;
        } else if (rest > NOTHING_LEFT) {
            row[kept] = sqrt(rest);
            columns[kept++] = c;
        }
    }
    m->n_tests++;
    for (size_t j = 0; j < kept; j++)
        cross -= tail[0][j] * tail[1][j];
    if (!(left[0] > NOTHING_LEFT) || !(left[1] > NOTHING_LEFT)) return (double)NAN;
    double r = cross / sqrt(left[0] * left[1]);
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

/* Two-sided p-value of a partial correlation given n conditions; 1 when it is NaN. */
static double p_value(const pcmci *m, double r, size_t n) {
    double df = (double)m->rows - 2 - (double)n;
    if (isnan(r) || df < 1) return 1;
    if (fabs(r) >= 1) return 0;
    double t = fabs(r) * sqrt(df / (1 - r * r));
    return 2 * skuai_student_cdf(-t, df);
}

double skuai_pcmci_independence(pcmci *m, node x, node y, const node *z, size_t n, double *p) {
    if (m->options->test == SKUAI_PCMCI_SPLINE) return skuai_pcmci_spline(m, x, y, z, n, p);
    if (!m->distance) {
        double r = partial_correlation(m, x, y, z, n);
        *p = p_value(m, r, n);
        return r;
    }
    size_t a = column_of(m, x), b = column_of(m, y);
    for (size_t k = 0; k < n; k++)
        m->columns_given[k] = m->lagged + column_of(m, z[k]) * m->rows;
    m->n_tests++;
    return skuai_distance_test_run(m->distance, m->lagged + a * m->rows, m->lagged + b * m->rows,
                                   m->columns_given, n, a * m->columns + b, p);
}

bool skuai_pcmci_forbidden(const pcmci *m, size_t i, size_t j, size_t lag) {
    const bool *f = m->options->forbidden;
    return f && f[(i * m->n + j) * (m->options->lags + 1) + lag];
}

/* Strongest first; stable, so that ties stay in order of variable and lag. */
static void sort_candidates(candidate *c, size_t n) {
    for (size_t i = 1; i < n; i++) {
        candidate now = c[i];
        size_t at = i;
        for (; at > 0 && c[at - 1].weight < now.weight; at--)
            c[at] = c[at - 1];
        c[at] = now;
    }
}

/* PC1 step [1, algorithm S1] for variable j. */
static void select_parents(pcmci *m, size_t j) {
    candidate *c = m->parents + j * m->n * m->options->lags;
    size_t n = 0, most = m->options->conditions ? m->options->conditions : SIZE_MAX;
    double level = m->options->plus ? m->options->alpha : m->options->selection_alpha;
    for (size_t i = 0; i < m->n; i++)
        for (size_t lag = 1; lag <= m->options->lags; lag++)
            if (!skuai_pcmci_forbidden(m, i, j, lag))
                c[n++] = (candidate){{i, lag}, INFINITY, true};
    for (size_t size = 0; size <= most && n > size; size++) {
        for (size_t k = 0; k < n; k++) {
            size_t taken = 0;
            for (size_t q = 0; q < n && taken < size; q++)
                if (q != k) m->conditions[taken++] = c[q].at;
            double p,
                r = skuai_pcmci_independence(m, c[k].at, (node){j, 0}, m->conditions, taken, &p);
            double size_of = isnan(r) ? 0 : fabs(r);
            if (size_of < c[k].weight) c[k].weight = size_of;
            c[k].kept = p <= level;
            if (c[k].kept || !m->options->plus) continue;
            size_t at = (c[k].at.variable * m->n + j) * (m->options->lags + 1) + c[k].at.lag;
            m->dropped_value[at] = isnan(r) ? 0 : r; /* the test that took it out */
            m->dropped_p[at] = p;
        }
        size_t kept = 0;
        for (size_t k = 0; k < n; k++)
            if (c[k].kept) c[kept++] = c[k];
        n = kept;
        sort_candidates(c, n);
    }
    m->n_parents[j] = n;
}

size_t skuai_pcmci_conditions(pcmci *m, size_t i, size_t lag, size_t j) {
    const candidate *of_j = m->parents + j * m->n * m->options->lags;
    const candidate *of_i = m->parents + i * m->n * m->options->lags;
    size_t n = 0;
    for (size_t k = 0; k < m->n_parents[j]; k++)
        if (of_j[k].at.variable != i || of_j[k].at.lag != lag) m->conditions[n++] = of_j[k].at;
    size_t before = n;
    for (size_t k = 0; k < m->n_parents[i]; k++) {
        node shifted = {of_i[k].at.variable, of_i[k].at.lag + lag};
        bool there = false;
        for (size_t q = 0; q < before; q++)
            there = there || (m->conditions[q].variable == shifted.variable &&
                              m->conditions[q].lag == shifted.lag);
        if (!there) m->conditions[n++] = shifted;
    }
    return n;
}

/* value, p [n, n, lags + 1] of every link that may be; 0 and 1 elsewhere. */
static void test_links(pcmci *m, double *value, double *p) {
    size_t lags = m->options->lags;
    for (size_t j = 0; j < m->n; j++)
        for (size_t i = 0; i < m->n; i++)
            for (size_t lag = 0; lag <= lags; lag++) {
                size_t at = (i * m->n + j) * (lags + 1) + lag;
                value[at] = 0;
                p[at] = 1;
                if ((lag == 0 && i == j) || skuai_pcmci_forbidden(m, i, j, lag)) continue;
                size_t n = skuai_pcmci_conditions(m, i, lag, j);
                double r = skuai_pcmci_independence(m, (node){i, lag}, (node){j, 0}, m->conditions,
                                                    n, &p[at]);
                value[at] = isnan(r) ? 0 : r;
            }
    for (size_t i = 0; i < m->n; i++) /* lag 0 has no direction: the weaker of both tests */
        for (size_t j = 0; j < i; j++) {
            size_t a = (i * m->n + j) * (lags + 1), b = (j * m->n + i) * (lags + 1);
            size_t keep = p[a] >= p[b] ? a : b, other = keep == a ? b : a;
            value[other] = value[keep];
            p[other] = p[keep];
        }
}

void skuai_false_discovery(const double *p, size_t n, size_t *index, double *q) {
    skuai_sort_index(p, n, index);
    size_t m = skuai_count(p, n);
    double least = 1;
    for (size_t k = n; k-- > 0;) {
        size_t at = index[k];
        if (isnan(p[at])) {
            q[at] = (double)NAN;
            continue;
        }
        double corrected = p[at] * (double)m / (double)(k + 1);
        if (corrected < least) least = corrected;
        q[at] = least;
    }
}

/* -- The lagged matrix --------------------------------------------------------------------------
 */

static skua_status find_rows(const double *const *series, size_t n, size_t length, size_t past,
                             size_t *rows, size_t *n_rows, skua_error *err) {
    size_t needed = past + ROWS_LEAST + 2 * n;
    *n_rows = 0;
    size_t run = 0; /* periods without a gap up to t */
    for (size_t t = 0; t < length; t++) {
        bool good = true;
        for (size_t i = 0; i < n && good; i++)
            good = isfinite(series[i][t]);
        run = good ? run + 1 : 0;
        if (run > past) rows[(*n_rows)++] = t;
    }
    if (*n_rows >= ROWS_LEAST + 2 * n) return SKUA_OK;
    return skuai_error_set(
        err, SKUA_EDATA,
        "%zu usable periods are too few to tell which of %zu series drives which "
        "over %zu lags: about %zu without gaps are needed, or fewer series",
        *n_rows, n, past / 2, needed);
}

skua_status skuai_series_move(const double *const *series, size_t n, const size_t *rows,
                              size_t n_rows, const char *const *names, skua_error *err) {
    for (size_t i = 0; i < n; i++) {
        double low = series[i][rows[0]], high = low;
        for (size_t r = 1; r < n_rows; r++) {
            low = fmin(low, series[i][rows[r]]);
            high = fmax(high, series[i][rows[r]]);
        }
        if (!(high - low > 1e-12 * (fabs(low) + fabs(high))))
            return skuai_error_set(err, SKUA_EDATA,
                                   "%s never moves: what it causes cannot be known; leave it out",
                                   names ? names[i] : "a series");
    }
    return SKUA_OK;
}

/* Correlations of all columns over the rows drawn (all of them: picks NULL). Sums are in double
 * over series less their means, so that p-values agree with other programs to many digits. */
static void correlate(pcmci *m, const double *const *centred, const size_t *rows,
                      const size_t *picks) {
    size_t k = m->columns;
    double *mean = m->work, *block = mean + k;
    memset(mean, 0, k * sizeof *mean);
    memset(m->correlation, 0, k * k * sizeof *m->correlation);
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < m->rows; r++) {
            size_t t = rows[picks ? picks[r] : r];
            for (size_t c = 0; c < k; c++) {
                double x = centred[c / m->width][t - c % m->width];
                if (pass == 0)
                    mean[c] += x / (double)m->rows;
                else
                    block[c] = x - mean[c];
            }
            for (size_t a = 0; a < k && pass == 1; a++)
                for (size_t b = 0; b <= a; b++)
                    m->correlation[a * k + b] += block[a] * block[b];
        }
    for (size_t a = 0; a < k; a++)
        mean[a] = sqrt(m->correlation[a * k + a]);
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b <= a; b++) {
            double scale = mean[a] * mean[b];
            double r = scale > 0 ? m->correlation[a * k + b] / scale : a == b;
            m->correlation[a * k + b] = m->correlation[b * k + a] = r;
        }
}

/* The data of the rows drawn, a column a variable and lag. */
static void lay_out(pcmci *m, const double *const *series, const size_t *rows,
                    const size_t *picks) {
    for (size_t c = 0; m->lagged && c < m->columns; c++)
        for (size_t r = 0; r < m->rows; r++)
            m->lagged[c * m->rows + r] =
                series[c / m->width][rows[picks ? picks[r] : r] - c % m->width];
}

/* Without `plus`, link and lag0 are left alone. */
static void run_once(pcmci *m, double *value, double *p, bool *link, unsigned char *lag0) {
    for (size_t j = 0; j < m->n; j++)
        select_parents(m, j);
    if (m->options->plus)
        skuai_pcmci_plus(m, value, p, link, lag0);
    else
        test_links(m, value, p);
}

/* Share of block-bootstrap samples in which each link stands. */
static skua_status bootstrap(pcmci *m, const double *const *series, const size_t *rows,
                             const skuai_context *context, skuai_causal_graph *graph,
                             skua_error *err) {
    size_t cells = m->n * m->n * (m->options->lags + 1);
    size_t block = (size_t)fmax(2, round(pow((double)m->rows, 1.0 / 3)));
    double *value = skuai_new(2 * cells, sizeof *value), *p = value + cells;
    bool *link = skuai_zero(cells, sizeof *link);
    unsigned char *lag0 = skuai_zero(m->n * m->n, 1);
    size_t *picks = skuai_new(m->rows + cells, sizeof *picks), *index = picks + m->rows;
    skua_status status =
        value && picks && link && lag0 ? SKUA_OK : skuai_error_memory(err, "a bootstrap");
    for (size_t b = 0; b < m->options->bootstrap && status == SKUA_OK; b++) {
        skuai_random random;
        skuai_random_split(&random, context ? context->seed : 1, b);
        for (size_t r = 0, at = 0; r < m->rows; r++, at++) {
            if (r % block == 0) at = skuai_random_index(&random, m->rows);
            picks[r] = at % m->rows;
        }
        correlate(m, series, rows, picks);
        lay_out(m, series, rows, picks);
        run_once(m, value, p, link, lag0);
        if (m->options->fdr) skuai_false_discovery(p, cells, index, p);
        for (size_t c = 0; c < cells; c++) {
            bool stands = m->options->plus ? link[c] : p[c] <= m->options->alpha;
            graph->confidence[c] += stands / (double)m->options->bootstrap;
        }
        skuai_context_progress(context, "bootstrap", (double)b, (double)m->options->bootstrap);
        status = skuai_context_check(context, err);
    }
    skuai_free(value);
    skuai_free(picks);
    skuai_free(link);
    skuai_free(lag0);
    return status;
}

/* Corrected p-values over the links that were tested; lag 0 counts once. */
static skua_status correct(const pcmci *m, skuai_causal_graph *graph, skua_error *err) {
    size_t lags = m->options->lags, cells = m->n * m->n * (lags + 1);
    double *p = skuai_new(2 * cells, sizeof *p);
    size_t *index = skuai_new(cells, sizeof *index);
    if (!p || !index) {
        skuai_free(p);
        skuai_free(index);
        return skuai_error_memory(err, "false discovery rates");
    }
    for (size_t c = 0; c < cells; c++) {
        size_t i = c / (m->n * (lags + 1)), j = c / (lags + 1) % m->n, lag = c % (lags + 1);
        bool tested = (lag > 0 || i > j) && !skuai_pcmci_forbidden(m, i, j, lag);
        p[c] = tested ? graph->p[c] : (double)NAN;
    }
    skuai_false_discovery(p, cells, index, p + cells);
    for (size_t c = 0; c < cells; c++)
        if (!isnan(p[cells + c])) graph->p[c] = p[cells + c];
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < i; j++)
            graph->p[skuai_causal_at(graph, j, i, 0)] = graph->p[skuai_causal_at(graph, i, j, 0)];
    skuai_free(p);
    skuai_free(index);
    return SKUA_OK;
}

static skua_status check(const skuai_pcmci_options *o, size_t n, skua_error *err) {
    if (n < 2 || o->lags < 1)
        return skuai_error_set(err, SKUA_ECONFIG, "two series and one lag are the least");
    if (!(o->alpha > 0 && o->alpha < 1) || !(o->selection_alpha > 0 && o->selection_alpha < 1))
        return skuai_error_set(err, SKUA_ECONFIG, "levels must be in (0, 1)");
    if (o->plus && o->fdr)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "PCMCI+ has no false discovery rate: its links are those that no "
                               "test took out");
    size_t most = COLUMNS_MOST;
    if (o->test == SKUAI_PCMCI_SPLINE) most /= SKUAI_SPLINE_WIDTH;
    if (n * (2 * o->lags + 1) > most)
        return skuai_error_set(err, SKUA_ELIMIT,
                               "%zu series over %zu lags are more than can be told apart: take the "
                               "%zu that matter most, or their sums by category",
                               n, o->lags, most / (2 * o->lags + 1));
    return SKUA_OK;
}

static skua_status take(pcmci *m, skuai_arena *arena, size_t length, size_t **rows,
                        skua_error *err) {
    size_t k = m->columns, side = k + 2, lagged = m->n * m->options->lags;
    m->correlation = skuai_arena_take(arena, k * k, sizeof *m->correlation);
    m->work = skuai_arena_take(arena, side * side + side + 2 * k, sizeof *m->work);
    m->conditions = skuai_arena_take(arena, 2 * lagged + m->n + 2, sizeof *m->conditions);
    m->parents = skuai_arena_take(arena, m->n * lagged, sizeof *m->parents);
    m->n_parents = skuai_arena_take(arena, m->n, sizeof *m->n_parents);
    *rows = skuai_arena_take(arena, length + 1, sizeof **rows);
    bool good = m->correlation && m->work && m->conditions && m->parents && m->n_parents && *rows;
    if (m->options->plus) {
        size_t cells = m->n * m->n * (m->options->lags + 1);
        m->dropped_value = skuai_arena_take_zero(arena, cells, sizeof *m->dropped_value);
        m->dropped_p = skuai_arena_take_zero(arena, cells, sizeof *m->dropped_p);
        m->weight = skuai_arena_take(arena, cells, sizeof *m->weight);
        m->near = skuai_arena_take(arena, 3 * m->n, sizeof *m->near);
        m->chosen = skuai_arena_take(arena, m->n, sizeof *m->chosen);
        m->before = skuai_arena_take(arena, cells, sizeof *m->before);
        m->triples = skuai_arena_take(arena, cells * m->n, sizeof *m->triples);
        good = good && m->dropped_value && m->dropped_p && m->weight && m->near && m->chosen &&
               m->before && m->triples;
    }
    return good ? SKUA_OK : skuai_error_memory(err, "a causal graph");
}

static skua_status take_distance(pcmci *m, skuai_arena *arena, skua_error *err) {
    size_t most = 2 * m->n * m->options->lags + m->n + 2;
    if (m->rows > DISTANCE_ROWS)
        return skuai_error_set(err, SKUA_ELIMIT,
                               "%zu periods are too many for the distance test, which takes their "
                               "square: at most %d, or test by partial correlation",
                               m->rows, (int)DISTANCE_ROWS);
    m->lagged = skuai_arena_take(arena, m->columns * m->rows, sizeof *m->lagged);
    m->columns_given = skuai_arena_take(arena, most, sizeof *m->columns_given);
    if (!m->lagged || !m->columns_given) return skuai_error_memory(err, "a causal graph");
    return skuai_distance_test_new(m->rows, most, &m->distance, err);
}

skua_status skuai_pcmci_run(const double *const *series, size_t n, size_t length,
                            const char *const *names, const skuai_pcmci_options *options,
                            const skuai_context *context, skuai_causal_graph **out,
                            skua_error *err) {
    SKUA_TRY(check(options, n, err));
    pcmci m = {.options = options, .n = n, .width = 2 * options->lags + 1};
    bool spline = options->test == SKUAI_PCMCI_SPLINE;
    m.columns = n * m.width * (spline ? SKUAI_SPLINE_WIDTH : 1);
    const double *const *columns = series; /* whose correlations the tests read */
    skuai_causal_graph *graph = NULL;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "a causal graph");
    size_t *rows = NULL;
    skua_status status = SKUA_OK;
    SKUA_TRY_OUT(take(&m, arena, length, &rows, err));
    SKUA_TRY_OUT(find_rows(series, n, length, 2 * options->lags, rows, &m.rows, err));
    SKUA_TRY_OUT(skuai_causal_graph_new(n, options->lags, names, &graph, err));
    SKUA_TRY_OUT(skuai_series_move(series, n, rows, m.rows, names, err));
    if (options->test == SKUAI_PCMCI_DISTANCE) SKUA_TRY_OUT(take_distance(&m, arena, err));
    if (spline) {
        const double **made = NULL;
        SKUA_TRY_OUT(skuai_pcmci_spline_series(series, n, length, arena, &made, err));
        columns = made;
    }
    correlate(&m, columns, rows, NULL);
    lay_out(&m, series, rows, NULL);
    run_once(&m, graph->value, graph->p, graph->link, graph->lag0);
    if (options->fdr) SKUA_TRY_OUT(correct(&m, graph, err));
    size_t cells = n * n * (options->lags + 1);
    for (size_t c = 0; c < cells; c++) {
        if (!options->plus) graph->link[c] = graph->p[c] <= options->alpha;
        graph->confidence[c] = options->bootstrap ? 0 : (double)NAN;
    }
    graph->n_rows = m.rows;
    graph->n_tests = m.n_tests;
    graph->method = options->plus ? "pcmci+" : "pcmci";
    graph->test = spline       ? "F test of splines"
                  : m.distance ? "distance correlation of residuals"
                               : "partial correlation";
    graph->alpha = options->alpha;
    if (options->bootstrap) SKUA_TRY_OUT(bootstrap(&m, columns, rows, context, graph, err));
    *out = graph;
out:
    skuai_distance_test_free(m.distance);
    skuai_arena_free(arena);
    if (status != SKUA_OK) skuai_causal_graph_free(graph);
    return status;
}
