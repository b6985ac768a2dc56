/* Learning: before the judged periods, judging, and again from everything. */
#include "tree/tree_model.h"

#include "math/statistics.h"

#include <string.h>

enum { PAIRS_LEAST = 50, SPREAD_ROWS_LEAST = 500 };

static skuai_examples examples_of(const skuai_features *f, const skuai_tree_rows *r) {
    return (skuai_examples){{r->n, skuai_features_columns(f), r->values, skuai_features_names(f),
                             skuai_features_categorical(f)},
                            r->y,
                            r->weight};
}

static const skuai_learner *learner_of(const skuai_model *m) {
    return skuai_tree_kind_of(m)->learner;
}

/* Periods kept back to judge: a horizon, but no more than a sixth of the longest history. */
static size_t periods_judged(const skuai_panel *p, size_t horizon) {
    size_t longest = 0;
    for (size_t s = 0; s < p->n_series; s++)
        if (p->length[s] > longest) longest = p->length[s];
    size_t most = longest / 6 > 1 ? longest / 6 : 1;
    return horizon < most ? horizon : most;
}

/* -- The spread -------------------------------------------------------------------------------- */

/* error [n] of judged rows over their spread gives quantiles by block of horizons. */
static skua_status learn_quantiles(const skuai_tree_rows *r, const double *error,
                                   const double *spread, skuai_model *m, skua_error *err) {
    double *sorted = skuai_new(r->n, sizeof *sorted);
    if (!sorted) return skuai_error_memory(err, "errors of the newest periods");
    bool whole = true; /* block 0 falls back on all rows, later ones on the block before */
    for (size_t b = 0; b < SKUAI_TREE_BLOCKS; b++) {
        size_t n = 0;
        for (size_t i = 0; i < r->n; i++)
            if (skuai_tree_block(m, r->rows[i].horizon) == b) sorted[n++] = error[i] / spread[i];
        if (n < PAIRS_LEAST && whole) {
            n = 0;
            for (size_t i = 0; i < r->n; i++)
                sorted[n++] = error[i] / spread[i];
        } else if (n < PAIRS_LEAST) {
            memcpy(m->quantile[b], m->quantile[b - 1], sizeof m->quantile[b]);
            continue;
        }
        whole = false;
        skuai_sort(sorted, n);
        for (size_t q = 0; q < SKUAI_TREE_LEVELS; q++)
            m->quantile[b][q] = n ? skuai_quantile_sorted(sorted, n, (double)(q + 1) / 100) : 0;
    }
    skuai_free(sorted);
    return SKUA_OK;
}

/* The absolute errors [n] of judged rows, as features see them, and their quantiles. Overwrites
 * r->y. */
static skua_status learn_spread(const skuai_features *f, skuai_tree_rows *r, const double *error,
                                const skuai_context *context, skuai_model *m, skua_error *err) {
    double *spread = skuai_new(2 * r->n, sizeof *spread);
    if (!spread) return skuai_error_memory(err, "errors of the newest periods");
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < r->n; i++) {
        spread[i] = fabs(error[i]);
        r->y[i] = (float)spread[i];
    }
    m->typical_spread = skuai_median(spread, r->n, spread + r->n);
    if (!(m->typical_spread > 1e-6)) m->typical_spread = fmax(skuai_mean(spread, r->n), 1e-3);
    if (r->n >= SPREAD_ROWS_LEAST && m->n_points > 0) {
        skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
        skuai_examples examples = examples_of(f, r);
        o.objective = SKUAI_OBJECTIVE_ABSOLUTE;
        o.rounds = 120;
        o.leaves = 15;
        o.least_leaf = 50;
        o.depth = 6;
        if (learner_of(m) == &skuai_learner_linear) o.shrinkage = 0.01;
        SKUA_TRY_OUT(learner_of(m)->fit(&o, &examples, NULL, context, &m->spread, err));
        SKUA_TRY_OUT(learner_of(m)->predict(m->spread, &examples.x, context, spread, err));
    }
    for (size_t i = 0; i < r->n; i++)
        spread[i] = m->spread ? skuai_tree_spread_floor(m, spread[i]) : m->typical_spread;
    SKUA_TRY_OUT(learn_quantiles(r, error, spread, m, err));
out:
    skuai_free(spread);
    return status;
}

/* -- Judging ----------------------------------------------------------------------------------- */

/* Centres of judged rows by recursion from each of their origins. */
static skua_status recurse_judged(const skuai_panel *panel, const skuai_tree_rows *r, size_t before,
                                  const skuai_context *context, const skuai_model *m,
                                  double *centre, skua_error *err) {
    size_t stride = (before + 1) / 2;
    double *y = skuai_new(panel->n_series * before, sizeof *y);
    skua_status status = y ? SKUA_OK : skuai_error_memory(err, "forecasts");
    for (size_t back = before; back > 0 && status == SKUA_OK;
         back = back > stride ? back - stride : 0) {
        skuai_panel *view = NULL;
        status = skuai_panel_cut(panel, back, &view, err);
        if (status == SKUA_OK) status = skuai_tree_recurse(m, view, back, context, y, err);
        for (size_t i = 0; i < r->n && status == SKUA_OK; i++) {
            const skuai_feature_row *row = &r->rows[i];
            if (row->origin != view->length[row->series]) continue;
            double value = y[row->series * back + row->horizon] / (double)r->scale[i];
            centre[i] = skuai_tree_work(&m->options, value);
        }
        skuai_panel_free(view);
    }
    skuai_free(y);
    return status;
}

static skua_status judge(const skuai_features *f, const skuai_panel *panel, size_t before,
                         skuai_tree_rows *r, const skuai_context *context, skuai_model *m,
                         skua_error *err) {
    double *centre = skuai_zero(r->n, sizeof *centre);
    if (!centre) return skuai_error_memory(err, "errors of the newest periods");
    skua_status status = SKUA_OK;
    if (m->n_points > 0 && skuai_tree_kind_of(m)->recursive)
        SKUA_TRY_OUT(recurse_judged(panel, r, before, context, m, centre, err));
    else
        SKUA_TRY_OUT(skuai_tree_centres(m, f, r, context, centre, err));
    for (size_t i = 0; i < r->n; i++) {
        const skuai_feature_row *row = &r->rows[i];
        double y = skuai_panel_target(panel, row->series)[row->origin + row->horizon];
        centre[i] = skuai_tree_work(&m->options, y / (double)r->scale[i]) - centre[i];
    }
    status = learn_spread(f, r, centre, context, m, err);
out:
    skuai_free(centre);
    return status;
}

/* -- The points -------------------------------------------------------------------------------- */

static size_t blocks_of(const skuai_model *m) {
    size_t blocks = skuai_tree_kind_of(m)->blocks;
    return m->horizon < blocks ? 1 : blocks;
}

/* Horizons that the model of a block learns. */
static skuai_tree_choice block_choice(const skuai_model *m, size_t block, size_t before) {
    const skuai_tree_kind *kind = skuai_tree_kind_of(m);
    skuai_tree_choice c = {0, m->horizon, before, false};
    if (kind->recursive) c.to = 1;
    if (blocks_of(m) > 1) {
        c.from = (block * m->horizon + kind->blocks - 1) / kind->blocks;
        c.to = ((block + 1) * m->horizon + kind->blocks - 1) / kind->blocks;
    }
    return c;
}

/* Early stopping wants rows of the model's own horizons among those judged. */
static skua_status validation_of(const skuai_features *f, const skuai_panel *panel,
                                 const skuai_tree_choice *train, const skuai_context *context,
                                 const skuai_model *m, size_t before, skuai_tree_rows *rows,
                                 skua_error *err) {
    skuai_tree_choice c = {train->from, train->to < before ? train->to : before, before, true};
    if (c.from >= c.to) c.from = 0; /* the block lies beyond what is judged */
    return skuai_tree_rows_make(f, panel, &m->options, &c, context, rows, err);
}

/* Model of a block, before the judged periods with early stopping (again NULL) or on everything
 * with the rounds of `again`. *learnt stays NULL when there are too few rows. */
static skua_status learn_block(const skuai_features *f, const skuai_panel *panel, size_t block,
                               size_t before, const skuai_learnt *again,
                               const skuai_context *context, const skuai_model *m,
                               skuai_learnt **learnt, skua_error *err) {
    skuai_tree_rows train = {0}, judged = {0};
    skuai_tree_choice choice = block_choice(m, block, again ? 0 : before);
    skuai_learner_options o = m->options.learner;
    skua_status status = SKUA_OK;
    SKUA_TRY(skuai_tree_rows_make(f, panel, &m->options, &choice, context, &train, err));
    if (train.n < SKUAI_TREE_LEAST_ROWS) goto out;
    if (!again) SKUA_TRY_OUT(validation_of(f, panel, &choice, context, m, before, &judged, err));
    skuai_examples a = examples_of(f, &train), b = examples_of(f, &judged);
    if (again) {
        o.patience = 0;
        if (again->rounds > 0) o.rounds = again->rounds + again->rounds / 10;
    } else if (judged.n == 0) {
        goto out;
    }
    status = learner_of(m)->fit(&o, &a, again ? NULL : &b, context, learnt, err);
out:
    skuai_tree_rows_clear(&train);
    skuai_tree_rows_clear(&judged);
    return status;
}

static void forget_points(skuai_model *m) {
    for (size_t b = 0; b < SKUAI_TREE_BLOCKS; b++) {
        if (m->point[b]) m->point[b]->learner->free(m->point[b]);
        m->point[b] = NULL;
    }
    m->n_points = 0;
}

static skua_status learn_points(const skuai_features *f, const skuai_panel *panel, size_t before,
                                const skuai_context *context, skuai_model *m, skua_error *err) {
    size_t blocks = blocks_of(m);
    bool again = m->n_points > 0, all = true;
    for (size_t b = 0; b < blocks; b++) {
        skuai_learnt *learnt = NULL, *old = m->point[b];
        SKUA_TRY(learn_block(f, panel, b, before, again ? old : NULL, context, m, &learnt, err));
        if (old) old->learner->free(old);
        m->point[b] = learnt;
        all = all && learnt;
    }
    if (all)
        m->n_points = blocks;
    else
        forget_points(m);
    return SKUA_OK;
}

/* Does the last cycle alone tell the judged periods better than the level alone? */
static skua_status choose_base(const skuai_features *f, const skuai_panel *panel, size_t before,
                               const skuai_context *context, skuai_model *m, skua_error *err) {
    skuai_tree_choice newest = {0, before, before, true};
    skuai_tree_rows rows = {0};
    double cycle = 0, level = 0;
    if (!m->options.choose_base) return SKUA_OK;
    SKUA_TRY(skuai_tree_rows_make(f, panel, &m->options, &newest, context, &rows, err));
    for (size_t i = 0; i < rows.n; i++) {
        const skuai_feature_row *row = &rows.rows[i];
        double y = skuai_panel_target(panel, row->series)[row->origin + row->horizon];
        cycle += fabs(y - (double)rows.base[i] * (double)rows.scale[i]);
        level += fabs(y - (double)rows.scale[i]);
    }
    m->options.on_cycle = cycle < level;
    skuai_tree_rows_clear(&rows);
    return SKUA_OK;
}

static skua_status learn(const skuai_features *f, const skuai_panel *panel,
                         const skuai_context *context, skuai_model *m, skua_error *err) {
    size_t before = periods_judged(panel, m->horizon);
    skuai_tree_choice newest = {0, before, before, true};
    skuai_tree_rows judged = {0};
    SKUA_TRY(choose_base(f, panel, before, context, m, err));
    SKUA_TRY(learn_points(f, panel, before, context, m, err));
    if (m->n_points == 0) m->options.logarithm = false; /* the base alone */
    SKUA_TRY(skuai_tree_rows_make(f, panel, &m->options, &newest, context, &judged, err));
    skua_status status = SKUA_OK;
    if (judged.n) status = judge(f, panel, before, &judged, context, m, err);
    skuai_tree_rows_clear(&judged);
    if (status != SKUA_OK || m->n_points == 0) return status;
    return learn_points(f, panel, before, context, m, err);
}

static bool rises_with_price(const char *name) {
    static const char *const names[] = {"at_price", "change_price", "step_price", "ratio_price"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return strncmp(name, "price_to_", 9) == 0;
}

skua_status skuai_tree_learn(const skuai_panel *panel, const skuai_context *context, skuai_model *m,
                             skua_error *err) {
    skuai_features *f = NULL;
    int *monotone = NULL;
    SKUA_TRY(skuai_features_new(panel, &m->plan, &f, err));
    skua_status status = SKUA_OK;
    if (m->options.by_price) {
        monotone = skuai_zero(skuai_features_columns(f), sizeof *monotone);
        if (!monotone) status = skuai_error_memory(err, "features");
        for (size_t k = 0; monotone && k < skuai_features_columns(f); k++)
            if (rises_with_price(skuai_features_names(f)[k])) monotone[k] = -1;
    }
    m->options.learner.monotone = monotone;
    if (status == SKUA_OK) status = learn(f, panel, context, m, err);
    m->options.learner.monotone = NULL;
    skuai_free(monotone);
    skuai_features_free(f);
    return status;
}
