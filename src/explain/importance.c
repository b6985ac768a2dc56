#include "explain/importance.h"

#include "core/random.h"
#include "explain/game.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

skua_status skuai_importance_sample(const skuai_panel *panel, const skuai_explain_options *o,
                                    size_t most, size_t *series, size_t *n, skua_error *err) {
    size_t *order = skuai_new(panel->n_series + 1, sizeof *order), found = 0;
    bool *in = skuai_zero(panel->n_series + 1, sizeof *in);
    skuai_random random;
    *n = 0;
    if (!order || !in) {
        skuai_free(order);
        skuai_free(in);
        return skuai_error_memory(err, "a sample of series");
    }
    for (size_t s = 0; s < panel->n_series; s++)
        if (skuai_probe_enough(panel, s, o) &&
            skuai_probe_usual(panel, s, skuai_probe_recent(panel, s, o)) > 0)
            order[found++] = s;
    skuai_random_init(&random, o->seed);
    skuai_random_shuffle(&random, order, found);
    for (size_t i = 0; i < found && i < most; i++)
        in[order[i]] = true;
    for (size_t s = 0; s < panel->n_series; s++)
        if (in[s]) series[(*n)++] = s;
    skuai_free(order);
    skuai_free(in);
    if (*n == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "no item has sold lately and has the history that an explanation is "
                               "measured from (20 periods at least)");
    return SKUA_OK;
}

/* -- Groups -------------------------------------------------------------------------------------
 */

/* Place of a group; the last takes the rest. */
static size_t group_find(skuai_importance *m, const char *name) {
    for (size_t g = 0; g < m->n_groups; g++)
        if (strcmp(m->groups[g], name) == 0) return g;
    if (m->n_groups == SKUAI_EXPLAIN_GROUPS) {
        (void)snprintf(m->groups[SKUAI_EXPLAIN_GROUPS - 1], SKUAI_INPUT_NAME, "other inputs");
        return SKUAI_EXPLAIN_GROUPS - 1;
    }
    (void)snprintf(m->groups[m->n_groups], SKUAI_INPUT_NAME, "%s", name);
    return m->n_groups++;
}

/* Contributions of one series: rows h of outcomes [from, from + H) of an explanation. */
static void take(skuai_importance *m, size_t i, const skuai_explanation *e, size_t from, size_t H) {
    for (size_t g = 0; g < e->n_groups; g++) {
        size_t to = group_find(m, e->groups[g]);
        for (size_t h = 0; h < H; h++)
            m->contribution[i * SKUAI_EXPLAIN_GROUPS + to] +=
                e->contribution[g * e->horizon + from + h];
    }
    for (size_t h = 0; h < H; h++) {
        m->base[i] += e->base[from + h];
        m->forecast[i] += e->forecast[from + h];
    }
}

/* -- Levels of the inputs -----------------------------------------------------------------------
 */

/* Deviations of the mean of x[from, to) from the mean of x[0, n). */
static double deviations(const double *x, size_t n, size_t from, size_t to) {
    double sum = 0, squares = 0, there = 0;
    size_t known = 0, ahead = 0;
    for (size_t t = 0; t < n; t++)
        if (isfinite(x[t])) sum += x[t], squares += x[t] * x[t], known++;
    for (size_t t = from; t < to; t++)
        if (isfinite(x[t])) there += x[t], ahead++;
    if (known < 2 || ahead == 0) return (double)NAN;
    double mean = sum / (double)known, variance = squares / (double)known - mean * mean;
    return variance > 1e-12 * (1 + mean * mean) ? (there / (double)ahead - mean) / sqrt(variance)
                                                : (double)NAN;
}

/* The first covariate of each group speaks for it; recent sales for themselves. */
static skua_status fill_levels(skuai_importance *m, skuai_probe *q, const skuai_explain_options *o,
                               skua_error *err) {
    const skuai_panel *p = q->panel;
    bool done[SKUAI_EXPLAIN_GROUPS] = {false};
    for (size_t i = 0; i < m->n_series * SKUAI_EXPLAIN_GROUPS; i++)
        m->level[i] = (double)NAN;
    for (size_t k = 0; k <= p->n_dynamic && k <= SKUAI_PROBE_COLUMNS; k++) {
        bool sales = k == p->n_dynamic || k == SKUAI_PROBE_COLUMNS;
        const char *name = sales ? "recent sales" : skuai_input_group(p->dynamic[k].name);
        size_t g = 0;
        double *x = NULL;
        while (g < m->n_groups && strcmp(m->groups[g], name) != 0)
            g++;
        if (g == m->n_groups || done[g]) continue;
        done[g] = true;
        SKUA_TRY(skuai_probe_column(q, sales ? SKUAI_PANEL_TARGET : k, &x, err));
        for (size_t s = 0; s < m->n_series; s++) {
            size_t n = p->length[s], ahead = p->future[s] < o->horizon ? p->future[s] : o->horizon;
            size_t from = sales ? n - skuai_probe_recent(p, s, o) : n;
            m->level[s * SKUAI_EXPLAIN_GROUPS + g] =
                deviations(x + p->row[s], n, from, sales ? n : n + ahead);
        }
        if (sales) break;
    }
    return SKUA_OK;
}

/* -- Summary ------------------------------------------------------------------------------------
 */

static void swap_groups(skuai_importance *m, size_t a, size_t b) {
    char name[SKUAI_INPUT_NAME];
    double x = m->mean_absolute[a];
    memcpy(name, m->groups[a], sizeof name);
    memcpy(m->groups[a], m->groups[b], sizeof name);
    memcpy(m->groups[b], name, sizeof name);
    m->mean_absolute[a] = m->mean_absolute[b];
    m->mean_absolute[b] = x;
    x = m->mean_share[a];
    m->mean_share[a] = m->mean_share[b];
    m->mean_share[b] = x;
    for (size_t s = 0; s < m->n_series; s++) {
        double *c = m->contribution + s * SKUAI_EXPLAIN_GROUPS;
        double *l = m->level + s * SKUAI_EXPLAIN_GROUPS, y = c[a], z = l[a];
        c[a] = c[b];
        c[b] = y;
        l[a] = l[b];
        l[b] = z;
    }
}

/* Means, largest first, and rows of n_groups in place of all there is room for. */
static void summarise(skuai_importance *m) {
    for (size_t s = 0; s < m->n_series; s++)
        for (size_t g = 0; g < m->n_groups; g++) {
            double x = fabs(m->contribution[s * SKUAI_EXPLAIN_GROUPS + g]);
            m->mean_absolute[g] += x / (double)m->n_series;
            m->mean_share[g] += x / m->usual[s] / (double)m->n_series;
        }
    for (size_t a = 0; a < m->n_groups; a++) {
        size_t best = a;
        for (size_t b = a + 1; b < m->n_groups; b++)
            if (m->mean_share[b] > m->mean_share[best]) best = b;
        if (best != a) swap_groups(m, a, best);
    }
    for (size_t s = 0; s < m->n_series; s++) {
        memmove(m->contribution + s * m->n_groups, m->contribution + s * SKUAI_EXPLAIN_GROUPS,
                m->n_groups * sizeof *m->contribution);
        memmove(m->level + s * m->n_groups, m->level + s * SKUAI_EXPLAIN_GROUPS,
                m->n_groups * sizeof *m->level);
    }
}

static skua_status verify(const skuai_importance *m, skua_error *err) {
    for (size_t s = 0; s < m->n_series; s++) {
        double sum = m->base[s], size = fabs(m->base[s]) + fabs(m->forecast[s]);
        for (size_t g = 0; g < m->n_groups; g++) {
            sum += m->contribution[s * m->n_groups + g];
            size += fabs(m->contribution[s * m->n_groups + g]);
        }
        if (!(fabs(sum - m->forecast[s]) <= 1e-6 * (1 + size)))
            return skuai_error_set(err, SKUA_EINTERNAL, "contributions sum to %g, not to %g", sum,
                                   m->forecast[s]);
    }
    return SKUA_OK;
}

/* -- All of it ----------------------------------------------------------------------------------
 */

void skuai_importance_free(skuai_importance *m) {
    if (!m) return;
    skuai_free(m->series);
    skuai_free(m->contribution);
    skuai_free(m);
}

static skua_status importance_new(size_t n, skuai_importance **out, skua_error *err) {
    skuai_importance *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "an explanation");
    m->n_series = n;
    m->series = skuai_new(n, sizeof *m->series);
    m->contribution = skuai_zero(n * (2 * SKUAI_EXPLAIN_GROUPS + 3), sizeof *m->contribution);
    if (!m->series || !m->contribution) {
        skuai_importance_free(m);
        return skuai_error_memory(err, "an explanation");
    }
    m->level = m->contribution + n * SKUAI_EXPLAIN_GROUPS;
    m->base = m->level + n * SKUAI_EXPLAIN_GROUPS;
    m->forecast = m->base + n;
    m->usual = m->forecast + n;
    *out = m;
    return SKUA_OK;
}

/* What the model itself says, or its gradients, a series at a time. */
static skua_status ask_model(skuai_probe *q, const skuai_panel *panel,
                             const skuai_explain_options *o, skuai_explain_method method,
                             skuai_importance *m, skua_error *err) {
    skuai_explain_options own = *o;
    own.method = method;
    own.whole = method == SKUAI_EXPLAIN_GRADIENT;
    m->n_calls = 0;
    for (size_t i = 0; i < m->n_series; i++) {
        skuai_explanation *e = NULL;
        SKUA_TRY(skuai_context_check(q->context, err));
        SKUA_TRY(
            skuai_explain(q->forecaster, q->model, panel, m->series[i], &own, q->context, &e, err));
        take(m, i, e, 0, e->horizon);
        m->n_calls += e->n_calls;
        skuai_explanation_free(e);
        skuai_context_progress(q->context, "series explained", (double)i, (double)m->n_series);
    }
    m->method = method;
    return SKUA_OK;
}

static skua_status play(skuai_probe *q, const skuai_explain_options *o, skuai_importance *m,
                        skua_error *err) {
    skuai_explain_options game = *o;
    skuai_explanation *e = NULL;
    if (o->method == SKUAI_EXPLAIN_AUTO) game.method = SKUAI_EXPLAIN_KERNEL;
    SKUA_TRY(skuai_game_play(q, &game, &e, err));
    for (size_t i = 0; i < m->n_series; i++)
        take(m, i, e, i * o->horizon, o->horizon);
    m->method = e->method;
    m->n_calls = q->n_calls;
    skuai_explanation_free(e);
    return SKUA_OK;
}

static skua_status fill(skuai_probe *q, const skuai_panel *panel, const skuai_explain_options *o,
                        skuai_importance *m, skua_error *err) {
    bool slopes = o->method == SKUAI_EXPLAIN_GRADIENT && q->forecaster->gradient;
    bool asks = slopes || o->method == SKUAI_EXPLAIN_AUTO || o->method == SKUAI_EXPLAIN_OWN;
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < m->n_series; i++) {
        size_t recent = skuai_probe_recent(q->panel, i, o);
        m->usual[i] = skuai_probe_usual(q->panel, i, recent) * (double)o->horizon;
        if (!(m->usual[i] > 0))
            return skuai_error_set(err, SKUA_EDATA, "%s has not sold lately",
                                   skuai_panel_name(q->panel, i));
    }
    if (asks) status = ask_model(q, panel, o, slopes ? o->method : SKUAI_EXPLAIN_OWN, m, err);
    if (!asks || (status == SKUA_ENOTFOUND && o->method != SKUAI_EXPLAIN_OWN)) {
        memset(m->contribution, 0, m->n_series * SKUAI_EXPLAIN_GROUPS * sizeof *m->contribution);
        memset(m->base, 0, 2 * m->n_series * sizeof *m->base); /* and the forecast behind it */
        m->n_groups = 0; /* some series may have spoken before one could not */
        status = play(q, o, m, err);
    }
    if (status == SKUA_OK) status = fill_levels(m, q, o, err);
    SKUA_TRY(status);
    summarise(m);
    return verify(m, err);
}

skua_status skuai_importance_find(const skuai_forecaster *forecaster, const skuai_model *model,
                                  const skuai_panel *panel, const size_t *series, size_t n,
                                  const skuai_explain_options *options,
                                  const skuai_context *context, skuai_importance **out,
                                  skua_error *err) {
    skuai_probe probe;
    skuai_importance *m = NULL;
    if (options->method == SKUAI_EXPLAIN_LIME)
        return skuai_error_set(err, SKUA_EINVAL,
                               "lime explains one item: name it, or take another method");
    skua_status status =
        skuai_probe_begin(&probe, forecaster, model, panel, series, n, options, context, err);
    if (status == SKUA_OK) status = importance_new(n, &m, err);
    if (status == SKUA_OK) {
        memcpy(m->series, series, n * sizeof *series);
        status = fill(&probe, panel, options, m, err);
    }
    if (status == SKUA_OK)
        *out = m;
    else
        skuai_importance_free(m);
    skuai_probe_clear(&probe);
    return status;
}
