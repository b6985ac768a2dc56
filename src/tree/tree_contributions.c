/* What each column adds to a forecast: the learners' own contributions (TreeSHAP, Lundberg et al.
 * 2020, Nature Machine Intelligence 2; for a line its terms) of centre and spread, turned into
 * units.
 *
 * A mean forecast is F(a, b): a the sum of the centre's contributions, b that of the spread's. The
 * change from F(a0, b0), where no column is known, is shared between a and b by Shapley's rule (the
 * average over both orders), and within each between the columns in proportion to what they add
 * there. Where F is linear (absolute, squared, huber) these are the TreeSHAP values times the
 * scale; under a logarithm (poisson, tweedie, transform=log) the proportions are exact, and the
 * units follow the secant from a0 to a. */
#include "tree/tree_model.h"

#include <string.h>

typedef struct explained {
    const skuai_model *m;
    const skuai_features *f;
    const skuai_tree_rows *r;
    size_t columns;
    double *centre, *spread; /* [rows, columns + 1] what is always added comes last */
    double *forecast;        /* [rows] centres, then means as predict makes them */
    double floor;
} explained;

static bool is_based(const skuai_model *m) {
    return m->n_points == 0 || m->options.on_cycle;
}

static bool is_log_linked(const skuai_model *m) {
    skuai_objective o = m->options.learner.objective;
    return skuai_tree_kind_of(m)->learner == &skuai_learner_boosted &&
           (o == SKUAI_OBJECTIVE_POISSON || o == SKUAI_OBJECTIVE_TWEEDIE);
}

static double spread_of(const skuai_model *m, double raw) {
    return m->spread ? skuai_tree_spread_floor(m, raw) : m->typical_spread;
}

/* -- Parts in working space -------------------------------------------------------------------- */

static skua_status parts_of(explained *e, const skuai_context *context, skua_error *err) {
    const skuai_model *m = e->m;
    const skuai_tree_rows *r = e->r;
    size_t width = e->columns + 1;
    skuai_feature_matrix x = {r->n, e->columns, r->values, skuai_features_names(e->f),
                              skuai_features_categorical(e->f)};
    double *block = skuai_new(r->n * width, sizeof *block);
    if (!block) return skuai_error_memory(err, "contributions");
    skua_status status = SKUA_OK;
    for (size_t b = 0; b < m->n_points; b++) {
        const skuai_learner *learner = m->point[b]->learner;
        SKUA_TRY_OUT(learner->contributions(m->point[b], &x, context, block, err));
        for (size_t i = 0; i < r->n; i++)
            if (m->n_points == 1 || skuai_tree_block(m, r->rows[i].horizon) == b)
                memcpy(e->centre + i * width, block + i * width, width * sizeof *block);
    }
    if (m->spread)
        status = m->spread->learner->contributions(m->spread, &x, context, e->spread, err);
out:
    skuai_free(block);
    return status;
}

/* -- Units ------------------------------------------------------------------------------------- */

/* F: units of row i. */
static double units(const explained *e, size_t i, double a, double b) {
    const skuai_model *m = e->m;
    const double *z = m->quantile[skuai_tree_block(m, e->r->rows[i].horizon)];
    double centre = is_log_linked(m) ? exp(a) : a;
    return skuai_tree_point(m, z, centre, spread_of(m, b)) * skuai_tree_scale(m, e->r, i);
}

static double sum_of(const double *parts, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += parts[k];
    return sum;
}

/* Units a unit of the part: its share of the change over its own, or where that is nothing the
 * derivative. */
static double slope(double change, double from, double to, double above, double below,
                    double step) {
    double own = to - from;
    return fabs(own) > 1e-9 * (1 + fabs(from)) ? change / own : (above - below) / (2 * step);
}

static bool add(skuai_contributions *c, const char *name, const char *group, size_t h, double x) {
    double *value = x != 0 ? skuai_contributions_input(c, name, group) : NULL;
    if (value) value[h] += x;
    return x == 0 || value;
}

static bool explain_row(const explained *e, size_t i, skuai_contributions *c) {
    const skuai_model *m = e->m;
    size_t K = e->columns, h = e->r->rows[i].horizon;
    const double *centre = e->centre + i * (K + 1), *spread = e->spread + i * (K + 1);
    bool nothing = m->n_points == 0 && isnan(e->r->scale[i]); /* predict takes the level itself */
    double level = is_based(m) ? skuai_tree_work(&m->options, 1) : 0;
    double cycle =
        is_based(m) && !nothing ? skuai_tree_work(&m->options, (double)e->r->base[i]) - level : 0;
    double a0 = centre[K] + level, a = a0 + sum_of(centre, K) + cycle;
    double b0 = spread[K], b = b0 + sum_of(spread, K);
    double f00 = units(e, i, a0, b0), f10 = units(e, i, a, b0), f01 = units(e, i, a0, b),
           f11 = units(e, i, a, b), da = 1e-4 * (1 + fabs(a0)), db = 1e-4 * (1 + fabs(b0));
    double per_a = slope((f10 - f00 + f11 - f01) / 2, a0, a, units(e, i, a0 + da, b),
                         units(e, i, a0 - da, b), da);
    double per_b = slope((f01 - f00 + f11 - f10) / 2, b0, b, units(e, i, a, b0 + db),
                         units(e, i, a, b0 - db), db);
    bool good =
        add(c, "same period a cycle ago", skuai_features_cycle_group(e->f), h, per_a * cycle);
    for (size_t k = 0; k < K && good; k++)
        good = add(c, skuai_features_names(e->f)[k], skuai_features_groups(e->f)[k], h,
                   per_a * centre[k] + per_b * spread[k]);
    c->base[h] = f00;
    c->forecast[h] = e->forecast[i];
    return good && add(c, "never below zero", "never below zero", h, fmax(f11, e->floor) - f11);
}

/* The mean forecasts as predict makes them, not from the parts: what the sums are held against. */
static skua_status predict_means(explained *e, const skuai_context *context, skua_error *err) {
    const skuai_model *m = e->m;
    const skuai_tree_rows *r = e->r;
    skuai_feature_matrix x = {r->n, e->columns, r->values, skuai_features_names(e->f),
                              skuai_features_categorical(e->f)};
    double *spread = skuai_zero(r->n, sizeof *spread);
    if (!spread) return skuai_error_memory(err, "contributions");
    skua_status status = skuai_tree_centres(m, e->f, r, context, e->forecast, err);
    if (status == SKUA_OK && m->spread)
        status = m->spread->learner->predict(m->spread, &x, context, spread, err);
    for (size_t i = 0; i < r->n && status == SKUA_OK; i++) {
        const double *z = m->quantile[skuai_tree_block(m, r->rows[i].horizon)];
        double centre = isnan(r->scale[i]) && m->n_points == 0 ? 1 : e->forecast[i];
        double point = skuai_tree_point(m, z, centre, spread_of(m, spread[i]));
        e->forecast[i] = fmax(point * skuai_tree_scale(m, r, i), e->floor);
    }
    skuai_free(spread);
    return status;
}

skua_status skuai_tree_contributions(const skuai_model *m, const skuai_panel *panel, size_t s,
                                     const skuai_request *request, const skuai_context *context,
                                     skuai_contributions **out, skua_error *err) {
    skuai_features *f = NULL;
    skuai_tree_rows r = {0};
    skuai_contributions *c = NULL;
    explained e = {.m = m, .r = &r, .floor = panel->non_negative ? 0 : -(double)INFINITY};
    skua_status status = SKUA_OK;
    if (s >= panel->n_series || request->horizon == 0)
        return skuai_error_set(err, SKUA_EINVAL, "no such series or horizon");
    SKUA_TRY(skuai_features_new(panel, &m->plan, &f, err));
    e.f = f;
    e.columns = skuai_features_columns(f);
    SKUA_TRY_OUT(skuai_tree_check_columns(m, f, err));
    SKUA_TRY_OUT(skuai_tree_rows_ahead(m, panel, f, s, s + 1, request->horizon, context, &r, err));
    e.centre = skuai_zero(r.n * (2 * e.columns + 3), sizeof *e.centre);
    if (!e.centre) SKUA_TRY_OUT(skuai_error_memory(err, "contributions"));
    e.spread = e.centre + r.n * (e.columns + 1);
    e.forecast = e.spread + r.n * (e.columns + 1);
    SKUA_TRY_OUT(parts_of(&e, context, err));
    SKUA_TRY_OUT(predict_means(&e, context, err));
    SKUA_TRY_OUT(skuai_contributions_new(e.columns + 2, request->horizon, &c, err));
    for (size_t i = 0; i < r.n; i++)
        if (!explain_row(&e, i, c))
            SKUA_TRY_OUT(skuai_error_set(err, SKUA_EINTERNAL, "more inputs than columns"));
    SKUA_TRY_OUT(skuai_contributions_check(c, err));
    *out = c;
out:
    skuai_free(e.centre);
    skuai_tree_rows_clear(&r);
    skuai_features_free(f);
    if (status != SKUA_OK) skuai_contributions_free(c);
    return status;
}
