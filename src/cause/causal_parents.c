/* The parents of demand in the graph of a panel, and of what they rest on. */
#include "cause/causal_model.h"
#include "cause/pcmci.h"

#include <math.h>
#include <string.h>

#define WORK 4e9 /* products of columns: bounds the rows of the graph */

/* All series one behind the other, gaps of NaN between. */
typedef struct laid {
    size_t length;
    double *memory;                                     /* [n, length] */
    const double *columns[SKUAI_CAUSAL_VARIABLES_MOST]; /* of memory */
} laid;

static size_t find_lags(const skuai_model *m, const skuai_causal_options *o) {
    return o->lags ? o->lags : m->season > 1 && m->season <= 8 ? m->season : 3;
}

/* Every step-th series, as many as fit. */
static skua_status lay_out(const skuai_panel *panel, const skuai_model *m, size_t rows, laid *l,
                           skua_error *err) {
    size_t total = 0, longest = 1, gap = 2 * m->lags + 1, at = 0, step = 1;
    for (size_t s = 0; s < panel->n_series; s++) {
        total += panel->length[s] + gap;
        if (panel->length[s] > longest) longest = panel->length[s];
    }
    while (total / step > rows && step < panel->n_series)
        step++;
    skuai_causal_series r;
    SKUA_TRY(skuai_causal_series_new(m, longest, &r, err));
    size_t room = total / step + 2 * (longest + gap);
    l->memory = skuai_new(m->n * room, sizeof *l->memory);
    if (!l->memory) {
        skuai_causal_series_clear(&r);
        return skuai_error_memory(err, "series for a causal graph");
    }
    for (size_t s = 0; s < panel->n_series; s += step) {
        size_t n = panel->length[s], from = n > rows ? n - rows : 0; /* the last of a long one */
        if (at + n - from + gap > room) break;
        skuai_causal_series_fill(m, panel, s, 0, &r);
        for (size_t k = 0; k < m->n; k++) {
            memcpy(l->memory + k * room + at, r.x + k * n + from, (n - from) * sizeof *r.x);
            for (size_t g = 0; g < gap; g++)
                l->memory[k * room + at + (n - from) + g] = (double)NAN;
        }
        at += n - from + gap;
    }
    l->length = at;
    for (size_t k = 0; k < m->n; k++)
        l->columns[k] = l->memory + k * room;
    skuai_causal_series_clear(&r);
    return SKUA_OK;
}

/* Demand and what is seen only afterwards do not drive, within a period, what is known ahead; the
 * level stands for the past of demand alone. */
static void forbid(const skuai_model *m, bool *forbidden) {
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < m->n; j++)
            for (size_t lag = 0; lag <= m->lags; lag++) {
                bool *f = &forbidden[(i * m->n + j) * (m->lags + 1) + lag];
                bool ahead = m->variables[j].kind == SKUAI_CAUSAL_KNOWN;
                *f = lag == 0 && ahead && m->variables[i].kind != SKUAI_CAUSAL_KNOWN;
                if (m->variables[j].year) *f = *f || i != j;
                if (j == SKUAI_CAUSAL_LEVEL && i != j) *f = true;
                if (i == SKUAI_CAUSAL_LEVEL && lag != 1) *f = true;
            }
}

/* Whether variable i at a lag can be an input at all: known when it is needed. */
static bool can_be_input(const skuai_model *m, size_t i, size_t lag) {
    if (i == SKUAI_CAUSAL_LEVEL) return lag == 1;
    return lag > 0 || m->variables[i].kind == SKUAI_CAUSAL_KNOWN;
}

static bool is_parent(const skuai_model *m, const skuai_causal_graph *g, size_t i, size_t j,
                      size_t lag) {
    if (!can_be_input(m, i, lag)) return false;
    if (!g) return i == SKUAI_CAUSAL_LEVEL;
    bool away = lag == 0 && g->lag0[i * g->n + j] == SKUAI_LAG0_BACKWARD;
    return g->link[skuai_causal_at(g, i, j, lag)] && !away;
}

static skua_status add_equation(skuai_model *m, const skuai_causal_graph *g, bool all,
                                size_t target, skua_error *err) {
    skuai_causal_equation *e = &m->equations[m->n_equations++];
    *e = (skuai_causal_equation){.target = target};
    e->inputs = skuai_new(m->n * (m->lags + 1), sizeof *e->inputs);
    if (!e->inputs) return skuai_error_memory(err, "causes");
    for (size_t i = 0; i < m->n; i++)
        for (size_t lag = 0; lag <= m->lags; lag++)
            if (all ? can_be_input(m, i, lag) : is_parent(m, g, i, target, lag))
                e->inputs[e->n++] = (skuai_causal_input){i, lag};
    return SKUA_OK;
}

/* Demand's equation first, then those of past-only inputs, until each has one. */
static skua_status make_equations(skuai_model *m, const skuai_causal_graph *g, bool all,
                                  skua_error *err) {
    bool there[SKUAI_CAUSAL_VARIABLES_MOST] = {false};
    m->equations = skuai_zero(m->n, sizeof *m->equations);
    if (!m->equations) return skuai_error_memory(err, "causes");
    SKUA_TRY(add_equation(m, g, all, SKUAI_CAUSAL_DEMAND, err));
    for (size_t e = 0; e < m->n_equations; e++)
        for (size_t k = 0; k < m->equations[e].n; k++) {
            size_t v = m->equations[e].inputs[k].variable;
            if (there[v] || m->variables[v].kind != SKUAI_CAUSAL_PAST) continue;
            there[v] = true;
            SKUA_TRY(add_equation(m, g, all, v, err));
        }
    return SKUA_OK;
}

skua_status skuai_causal_parents(const skuai_panel *panel, const skuai_causal_options *o,
                                 const skuai_context *context, skuai_model *m, skua_error *err) {
    m->lags = find_lags(m, o);
    if (o->all) return make_equations(m, NULL, true, err);
    const char *names[SKUAI_CAUSAL_VARIABLES_MOST];
    for (size_t k = 0; k < m->n; k++)
        names[k] = m->variables[k].name;
    double columns = (double)(m->n * (2 * m->lags + 1));
    double rows = fmin((double)o->rows, fmax(2000, WORK / (columns * columns)));
    laid l = {0};
    skuai_causal_graph *graph = NULL;
    skua_error why = {0};
    SKUA_TRY(lay_out(panel, m, (size_t)rows, &l, err));
    skuai_pcmci_options p = SKUAI_PCMCI_OPTIONS_DEFAULT;
    bool *forbidden = skuai_new(m->n * m->n * (m->lags + 1), sizeof *forbidden);
    skua_status status = forbidden ? SKUA_OK : skuai_error_memory(err, "a causal graph");
    if (status == SKUA_OK) {
        forbid(m, forbidden);
        p.lags = m->lags;
        p.alpha = o->alpha;
        p.plus = true;
        p.forbidden = forbidden;
        status = skuai_pcmci_run(l.columns, m->n, l.length, names, &p, context, &graph, &why);
        if (status == SKUA_EDATA) { /* too short, or nothing moves */
            m->no_graph = true;
            status = SKUA_OK;
        } else if (status != SKUA_OK) {
            status = skuai_error_set(err, status, "%s", why.message);
        }
    }
    if (status == SKUA_OK) status = make_equations(m, graph, false, err);
    skuai_causal_graph_free(graph);
    skuai_free(forbidden);
    skuai_free(l.memory);
    return status;
}
