#include "explain/surrogate.h"

#include "core/random.h"
#include "explain/probe.h"
#include "learn/tree_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_SERIES = 8, LEAST_LEAF = 10, DEPTH = 5, OWN_INPUTS = 6 };

typedef struct study {
    skuai_probe *probe;
    const skuai_explain_options *options;
    skuai_surrogate *tree;
    size_t n, H, rows;                        /* series, periods, n * H */
    size_t covariate[SKUAI_SURROGATE_INPUTS]; /* of the first inputs */
    size_t n_covariates;
    float *x;      /* [n_inputs, rows] */
    float *y;      /* [rows] */
    double *mean;  /* [rows] forecasts */
    double *usual; /* [n] sales a period */
    bool *held;    /* [n] */
    float *part;   /* rows of one side, as x and y */
} study;

/* -- Inputs -------------------------------------------------------------------------------------
 */

static void add_input(skuai_surrogate *t, const char *name, bool relative) {
    skuai_surrogate_input *i = &t->inputs[t->n_inputs++];
    (void)snprintf(i->name, sizeof i->name, "%s", name);
    i->relative = relative;
}

static void find_inputs(study *q) {
    const skuai_panel *p = q->probe->panel;
    for (size_t k = 0; k < p->n_dynamic && q->n_covariates + OWN_INPUTS < SKUAI_SURROGATE_INPUTS;
         k++) {
        bool moves = false;
        for (size_t s = 0; s < q->n && !moves; s++)
            moves = skuai_probe_moves(p, s, k);
        if (!moves) continue;
        const char *name = p->dynamic[k].name;
        q->covariate[q->n_covariates++] = k;
        add_input(q->tree, name, strcmp(skuai_input_group(name), "price") == 0);
    }
    add_input(q->tree, "last season", true);
    add_input(q->tree, "same period a season ago", true);
    add_input(q->tree, "same period of four seasons", true);
    add_input(q->tree, "same time last year", true);
    add_input(q->tree, "periods without a sale", false);
    add_input(q->tree, "periods ahead", false);
}

/* Mean of the known among y[at - wide .. at + wide]; NaN where there are none before n. */
static double around(const double *y, size_t n, size_t at, size_t wide) {
    double sum = 0;
    size_t known = 0;
    for (size_t t = at > wide ? at - wide : 0; t <= at + wide && t < n; t++)
        if (isfinite(y[t])) sum += y[t], known++;
    return known ? sum / (double)known : (double)NAN;
}

static double zeros(const double *y, size_t n, size_t recent) {
    size_t known = 0, none = 0;
    for (size_t t = n - recent; t < n; t++)
        if (isfinite(y[t])) known++, none += y[t] <= 0;
    return known ? (double)none / (double)known : (double)NAN;
}

static void put_covariates(study *q, size_t s) {
    const skuai_panel *p = q->probe->panel;
    size_t row = p->row[s], n = p->length[s];
    for (size_t i = 0; i < q->n_covariates; i++) {
        const float *v = p->dynamic[q->covariate[i]].values + row;
        double sum = 0;
        size_t known = 0;
        for (size_t t = 0; t < n; t++)
            if (isfinite(v[t])) sum += (double)v[t], known++;
        double own = known && sum > 0 ? sum / (double)known : (double)NAN;
        for (size_t h = 0; h < q->H; h++) {
            double x = h < p->future[s] ? (double)v[n + h] : (double)NAN;
            q->x[i * q->rows + s * q->H + h] = (float)(q->tree->inputs[i].relative ? x / own : x);
        }
    }
}

static void put_sales(study *q, size_t s) {
    const skuai_panel *p = q->probe->panel;
    const double *y = skuai_panel_target(p, s);
    size_t n = p->length[s], season = p->season > 0 ? (size_t)p->season : 1,
           year = skuai_grid_year_lag(&p->grid);
    size_t recent = skuai_probe_recent(p, s, q->options);
    double usual = q->usual[s], last = skuai_probe_usual(p, s, season) / usual;
    for (size_t h = 0; h < q->H; h++) {
        float *x = q->x + q->n_covariates * q->rows + s * q->H + h;
        size_t back = (h + season) / season * season, known = 0; /* whole seasons, before the end */
        double four = 0, one = back <= n + h ? y[n + h - back] : (double)NAN;
        for (size_t j = 0; j < 4; j++) {
            size_t far = back + j * season;
            if (far <= n + h && isfinite(y[n + h - far])) four += y[n + h - far], known++;
        }
        bool ago = year > 0 && year <= n + h && n + h - year < n;
        x[0] = (float)last;
        x[q->rows] = (float)(one / usual);
        x[2 * q->rows] = (float)(known ? four / (double)known / usual : (double)NAN);
        x[3 * q->rows] =
            (float)(ago ? around(y, n, n + h - year, season / 2) / usual : (double)NAN);
        x[4 * q->rows] = (float)zeros(y, n, recent);
        x[5 * q->rows] = (float)(h + 1);
    }
}

/* -- The tree -----------------------------------------------------------------------------------
 */

/* Rows of one side into `part`; how many. */
static size_t choose_rows(study *q, bool held) {
    size_t inputs = q->tree->n_inputs, m = 0;
    for (size_t s = 0; s < q->n; s++)
        m += q->held[s] == held ? q->H : 0;
    for (size_t k = 0; k <= inputs; k++) {
        const float *from = k < inputs ? q->x + k * q->rows : q->y;
        float *to = q->part + k * m;
        for (size_t s = 0; s < q->n; s++)
            if (q->held[s] == held) {
                memcpy(to, from + s * q->H, q->H * sizeof *to);
                to += q->H;
            }
    }
    return m;
}

static void copy_nodes(study *q, const skuai_learnt *learnt, const skuai_feature_matrix *x) {
    skuai_surrogate *t = q->tree;
    t->n_nodes = skuai_tree_view_nodes(learnt);
    for (size_t i = 0; i < t->n_nodes; i++) {
        skuai_tree_view v = skuai_tree_view_node(learnt, i);
        t->nodes[i] = (skuai_surrogate_node){
            v.column, v.cut, v.missing_left, (size_t)v.left, (size_t)v.right, v.value, 0};
        t->n_leaves += v.column < 0;
    }
    for (size_t r = 0; r < x->n_rows; r++)
        t->nodes[skuai_tree_view_leaf(learnt, x, r)].share += 1 / (double)x->n_rows;
    for (size_t i = t->n_nodes; i-- > 0;) /* children stand behind */
        if (t->nodes[i].input >= 0)
            t->nodes[i].share =
                t->nodes[t->nodes[i].left].share + t->nodes[t->nodes[i].right].share;
}

static double r_squared(const double *y, const double *said, size_t n) {
    double mean = 0, rest = 0, whole = 0;
    for (size_t i = 0; i < n; i++)
        mean += y[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        rest += (y[i] - said[i]) * (y[i] - said[i]);
        whole += (y[i] - mean) * (y[i] - mean);
    }
    return whole > 1e-12 * (double)n ? 1 - rest / whole : (double)NAN;
}

/* On the series held out, which lie in part; as shares and in units. */
static skua_status judge(study *q, const skuai_learnt *learnt, skua_error *err) {
    size_t m = choose_rows(q, true), at = 0;
    skuai_feature_matrix x = {m, q->tree->n_inputs, q->part, NULL, NULL};
    q->tree->fidelity = q->tree->fidelity_units = (double)NAN;
    if (m == 0) return SKUA_OK;
    double *y = skuai_new(3 * m, sizeof *y);
    if (!y) return skuai_error_memory(err, "a surrogate");
    double *said = y + m, *scale = said + m;
    skua_status status = learnt->learner->predict(learnt, &x, q->probe->context, said, err);
    for (size_t s = 0; s < q->n; s++)
        for (size_t h = 0; h < q->H && q->held[s]; h++, at++) {
            y[at] = (double)q->y[s * q->H + h];
            scale[at] = q->usual[s];
        }
    if (status == SKUA_OK) {
        q->tree->fidelity = r_squared(y, said, m);
        for (size_t i = 0; i < m; i++) {
            y[i] *= scale[i];
            said[i] *= scale[i];
        }
        q->tree->fidelity_units = r_squared(y, said, m);
    }
    skuai_free(y);
    return status;
}

static skua_status grow(study *q, size_t leaves, skua_error *err) {
    size_t m = choose_rows(q, false), inputs = q->tree->n_inputs;
    skuai_examples examples = {.x = {m, inputs, q->part, NULL, NULL}, .y = q->part + inputs * m};
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    skuai_learnt *learnt = NULL;
    o.leaves = (int)leaves;
    o.depth = DEPTH;
    o.least_leaf = m / 100 > LEAST_LEAF ? (int)(m / 100) : LEAST_LEAF;
    SKUA_TRY(skuai_learner_single.fit(&o, &examples, NULL, q->probe->context, &learnt, err));
    copy_nodes(q, learnt, &examples.x);
    skua_status status = judge(q, learnt, err);
    learnt->learner->free(learnt);
    return status;
}

/* -- All of it ----------------------------------------------------------------------------------
 */

static skua_status fill(study *q, skua_error *err) {
    skuai_probe_answer answer = {.mean = q->mean};
    size_t *order = skuai_new(q->n, sizeof *order);
    skuai_random random;
    if (!order) return skuai_error_memory(err, "a surrogate");
    for (size_t s = 0; s < q->n; s++)
        order[s] = s;
    skuai_random_init(&random, q->options->seed);
    skuai_random_shuffle(&random, order, q->n);
    q->tree->n_held = q->n / 4;
    for (size_t i = 0; i < q->tree->n_held; i++)
        q->held[order[i]] = true;
    skuai_free(order);
    SKUA_TRY(skuai_probe_ask(q->probe, &answer, err));
    for (size_t s = 0; s < q->n; s++) {
        put_covariates(q, s);
        put_sales(q, s);
        for (size_t h = 0; h < q->H; h++)
            q->y[s * q->H + h] = (float)(q->mean[s * q->H + h] / q->usual[s]);
    }
    return SKUA_OK;
}

static skua_status study_begin(study *q, skua_error *err) {
    const skuai_panel *p = q->probe->panel;
    q->n = q->probe->n;
    q->H = q->options->horizon;
    q->rows = q->n * q->H;
    if (q->n < LEAST_SERIES)
        return skuai_error_set(err, SKUA_EDATA,
                               "a tree for the whole shop takes %d items or more that sold lately: "
                               "there are %zu",
                               LEAST_SERIES, q->n);
    find_inputs(q);
    q->x = skuai_new(2 * q->rows * (q->tree->n_inputs + 1), sizeof *q->x);
    q->mean = skuai_new(q->rows + q->n, sizeof *q->mean);
    q->held = skuai_zero(q->n, sizeof *q->held);
    if (!q->x || !q->mean || !q->held) return skuai_error_memory(err, "a surrogate");
    q->y = q->x + q->rows * q->tree->n_inputs;
    q->part = q->y + q->rows;
    q->usual = q->mean + q->rows;
    for (size_t s = 0; s < q->n; s++) {
        q->usual[s] = skuai_probe_usual(p, s, skuai_probe_recent(p, s, q->options));
        if (!(q->usual[s] > 0))
            return skuai_error_set(err, SKUA_EDATA, "%s has not sold lately",
                                   skuai_panel_name(p, s));
    }
    q->tree->n_rows = q->rows;
    q->tree->n_series = q->n;
    return SKUA_OK;
}

void skuai_surrogate_free(skuai_surrogate *surrogate) {
    skuai_free(surrogate);
}

skua_status skuai_surrogate_fit(const skuai_forecaster *forecaster, const skuai_model *model,
                                const skuai_panel *panel, const size_t *series, size_t n,
                                size_t leaves, const skuai_explain_options *options,
                                const skuai_context *context, skuai_surrogate **out,
                                skua_error *err) {
    skuai_probe probe;
    study q = {.probe = &probe, .options = options};
    q.tree = skuai_zero(1, sizeof *q.tree);
    skua_status status =
        skuai_probe_begin(&probe, forecaster, model, panel, series, n, options, context, err);
    if (status == SKUA_OK && !q.tree) status = skuai_error_memory(err, "a surrogate");
    if (status == SKUA_OK && (leaves < 2 || leaves > SKUAI_SURROGATE_LEAVES))
        status = skuai_error_set(err, SKUA_EINVAL, "%zu leaves: take 2 to %d", leaves,
                                 SKUAI_SURROGATE_LEAVES);
    if (status == SKUA_OK) status = study_begin(&q, err);
    if (status == SKUA_OK) status = fill(&q, err);
    if (status == SKUA_OK) status = grow(&q, leaves, err);
    if (status == SKUA_OK)
        *out = q.tree;
    else
        skuai_surrogate_free(q.tree);
    skuai_free(q.x);
    skuai_free(q.mean);
    skuai_free(q.held);
    skuai_probe_clear(&probe);
    return status;
}
