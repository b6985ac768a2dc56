#include "automl/ensemble_series.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

skua_status skuai_ensemble_equal(const skuai_forecaster *const *members, size_t n,
                                 skuai_ensemble *ensemble, skua_error *err) {
    if (n == 0 || n > SKUAI_ENSEMBLE_MEMBERS)
        return skuai_error_set(err, SKUA_ELIMIT, "an ensemble of %zu members, need 1 to %d", n,
                               (int)SKUAI_ENSEMBLE_MEMBERS);
    skuai_ensemble made = {.n_members = n};
    size_t young = 0;
    for (size_t m = 0; m < n; m++)
        young += members[m]->for_young;
    for (size_t m = 0; m < n; m++) {
        made.members[m] = *members[m];
        for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++) {
            bool own = (c == SKUAI_ENSEMBLE_YOUNG) == members[m]->for_young;
            bool all = young == 0 || young == n;
            double share = c == SKUAI_ENSEMBLE_YOUNG ? (double)young : (double)(n - young);
            made.weights[c][m] = all ? 1 / (double)n : own ? 1 / share : 0;
        }
    }
    *ensemble = made;
    return SKUA_OK;
}

/* Share of a series' weights that is that of the young: 1 below the periods of youth, 0 from twice
 * as many on. */
static double youth(const skuai_panel *panel, size_t s) {
    double most = (double)skuai_young_periods(panel->grid.frequency);
    double left = 2 - (double)panel->length[s] / most;
    return left > 1 ? 1 : left > 0 ? left : 0;
}

static int demand_of(const skuai_panel *panel, size_t s) {
    return (int)skuai_calibration_classify(skuai_panel_target(panel, s), panel->length[s]);
}

int skuai_ensemble_class_of(const skuai_panel *panel, size_t s) {
    return youth(panel, s) < 1 ? demand_of(panel, s) : SKUAI_ENSEMBLE_YOUNG;
}

/* A blend of two classes while it grows up, and of class and cluster where there are clusters. */
void skuai_ensemble_weights_of(const skuai_ensemble *e, const skuai_panel *panel, size_t s,
                               double *weights) {
    double young = youth(panel, s);
    int kind = demand_of(panel, s);
    size_t cluster = skuai_clusters_of(&e->clusters, panel, s);
    double share = e->clusters.n ? e->cluster_share[cluster] : 0;
    const double *own = e->weights[SKUAI_ENSEMBLE_CLUSTER + cluster];
    for (size_t m = 0; m < e->n_members; m++) {
        double grown = (1 - share) * e->weights[kind][m] + share * own[m];
        weights[m] = young * e->weights[SKUAI_ENSEMBLE_YOUNG][m] + (1 - young) * grown;
    }
}

/* -- Combining -------------------------------------------------------------------------------- */

static void write_note(const skuai_ensemble *e, const skuai_forecast *const *made, size_t s,
                       const double *weights, char *note) {
    size_t best = SIZE_MAX, used = 0;
    for (size_t m = 0; m < e->n_members; m++) {
        if (!made[m] || !(weights[m] > 0)) continue;
        used++;
        if (best == SIZE_MAX || weights[m] > weights[best]) best = m;
    }
    if (used == 1 || (used && e->members[best].for_young)) /* what it is like says more */
        memcpy(note, made[best]->note[s], SKUAI_NOTE_SIZE);
    else
        (void)snprintf(note, SKUAI_NOTE_SIZE, "combination of %zu, most %s", used,
                       best == SIZE_MAX ? "none" : e->members[best].name);
}

/* Whatever the members say, nothing is sold before the launch. */
static void clear_until_launch(const skuai_panel *panel, skuai_forecast *f) {
    for (size_t s = 0; s < f->n_series; s++) {
        size_t wait = skuai_panel_wait(panel, s), n = wait < f->horizon ? wait : f->horizon;
        memset(skuai_forecast_mean(f, s, 0), 0, n * sizeof *f->mean);
        memset(skuai_forecast_quantiles(f, s, 0), 0, n * f->n_quantiles * sizeof *f->quantiles);
    }
}

skua_status skuai_ensemble_combine(const skuai_ensemble *e, const skuai_panel *panel,
                                   const skuai_forecast *const *made, skuai_forecast **forecast,
                                   skua_error *err) {
    const skuai_forecast *present[SKUAI_ENSEMBLE_MEMBERS], *any = NULL;
    size_t n = 0, which[SKUAI_ENSEMBLE_MEMBERS];
    for (size_t m = 0; m < e->n_members; m++)
        if (made[m]) {
            any = made[m];
            which[n] = m;
            present[n++] = made[m];
        }
    if (!any) return skuai_error_set(err, SKUA_EDATA, "no member of the ensemble made a forecast");
    skuai_forecast *f = NULL;
    SKUA_TRY(skuai_forecast_new(panel, any->horizon, any->levels, any->n_quantiles, &f, err));
    double *weights = skuai_new(n * f->n_series, sizeof *weights);
    skua_status status = weights ? SKUA_OK : skuai_error_memory(err, "an ensemble");
    for (size_t s = 0; s < f->n_series && status == SKUA_OK; s++) {
        double own[SKUAI_ENSEMBLE_MEMBERS], total = 0;
        skuai_ensemble_weights_of(e, panel, s, own);
        for (size_t m = 0; m < n; m++)
            total += weights[m * f->n_series + s] = own[which[m]];
        for (size_t m = 0; m < n && !(total > 0); m++)
            weights[m * f->n_series + s] = 1; /* all that had a weight failed */
        write_note(e, made, s, own, f->note[s]);
    }
    if (status == SKUA_OK) status = skuai_forecast_average(present, n, weights, f, err);
    double floor = panel->non_negative ? 0 : -(double)INFINITY;
    if (status == SKUA_OK) status = skuai_forecast_settle(f, floor, err);
    if (status == SKUA_OK) status = skuai_calibration_apply(&e->calibration, panel, floor, f, err);
    skuai_free(weights);
    if (status == SKUA_OK) clear_until_launch(panel, f);
    if (status == SKUA_OK)
        *forecast = f;
    else
        skuai_forecast_free(f);
    return status;
}

/* -- As a forecaster -------------------------------------------------------------------------- */

typedef struct ensemble_model {
    const skuai_ensemble *ensemble;
    skuai_model *models[SKUAI_ENSEMBLE_MEMBERS]; /* NULL: not used, or failed to fit */
} ensemble_model;

static bool member_used(const skuai_ensemble *e, size_t m) {
    for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++)
        if (e->weights[c][m] > 0) return true;
    return false;
}

static void ensemble_free(skuai_model *model) {
    ensemble_model *own = (ensemble_model *)(void *)model;
    if (!own) return;
    for (size_t m = 0; m < own->ensemble->n_members; m++)
        if (own->models[m]) own->ensemble->members[m].free(own->models[m]);
    skuai_free(own);
}

/* Whether a member's failure ends the whole: out of time or memory, or stopped. */
static bool is_fatal(skua_status status) {
    return status == SKUA_ECANCEL || status == SKUA_EDEADLINE || status == SKUA_ENOMEM;
}

static skua_status ensemble_fit(const skuai_forecaster *self, const skuai_panel *panel,
                                const skuai_parameters *parameters, const skuai_context *context,
                                skuai_model **model, skua_error *err) {
    ensemble_model *own = skuai_zero(1, sizeof *own);
    if (!own) return skuai_error_memory(err, "an ensemble");
    own->ensemble = self->data;
    for (size_t m = 0; m < own->ensemble->n_members; m++) {
        const skuai_forecaster *member = &own->ensemble->members[m];
        if (!member_used(own->ensemble, m)) continue;
        skua_status status = member->fit(member, panel, parameters, context, &own->models[m], err);
        if (is_fatal(status)) {
            ensemble_free((skuai_model *)own);
            return status;
        }
        if (status != SKUA_OK)
            skuai_context_log(context, SKUAI_LOG_WARNING, "%s left out: %s", member->name,
                              err ? err->message : "");
    }
    *model = (skuai_model *)own;
    return SKUA_OK;
}

static skua_status ensemble_predict(const skuai_model *model, const skuai_panel *panel,
                                    const skuai_request *request, const skuai_context *context,
                                    skuai_forecast **forecast, skua_error *err) {
    const ensemble_model *own = (const ensemble_model *)(const void *)model;
    const skuai_ensemble *e = own->ensemble;
    skuai_forecast *made[SKUAI_ENSEMBLE_MEMBERS] = {0};
    skua_status status = SKUA_OK;
    for (size_t m = 0; m < e->n_members && status == SKUA_OK; m++) {
        if (!own->models[m]) continue;
        skua_error error = {0};
        status = e->members[m].predict(own->models[m], panel, request, context, &made[m], &error);
        if (is_fatal(status)) {
            if (err) *err = error;
        } else if (status != SKUA_OK) {
            skuai_context_log(context, SKUAI_LOG_WARNING, "%s left out: %s", e->members[m].name,
                              error.message);
            status = SKUA_OK;
        }
    }
    if (status == SKUA_OK)
        status =
            skuai_ensemble_combine(e, panel, (const skuai_forecast *const *)made, forecast, err);
    for (size_t m = 0; m < e->n_members; m++)
        skuai_forecast_free(made[m]);
    return status;
}

/* Add a member's contributions, weighted, to those of the combination: inputs of the same name are
 * one. */
static skua_status add_contributions(const skuai_contributions *from, double weight,
                                     skuai_contributions *to, skua_error *err) {
    size_t H = to->horizon;
    for (size_t i = 0; i < from->n_inputs; i++) {
        double *value = skuai_contributions_input(to, from->inputs[i].name, from->inputs[i].group);
        if (!value) return skuai_error_set(err, SKUA_EINTERNAL, "more inputs than members have");
        for (size_t h = 0; h < H; h++)
            value[h] += weight * from->value[i * H + h];
    }
    for (size_t h = 0; h < H; h++) {
        to->base[h] += weight * from->base[h];
        to->forecast[h] += weight * from->forecast[h];
    }
    return SKUA_OK;
}

/* The weighted sum of what the members say, for every one that has a weight must say. */
static skua_status ensemble_contributions(const skuai_model *model, const skuai_panel *panel,
                                          size_t s, const skuai_request *request,
                                          const skuai_context *context, skuai_contributions **out,
                                          skua_error *err) {
    const ensemble_model *own = (const ensemble_model *)(const void *)model;
    const skuai_ensemble *e = own->ensemble;
    skuai_contributions *of[SKUAI_ENSEMBLE_MEMBERS] = {0}, *sum = NULL;
    if (s >= panel->n_series) return skuai_error_set(err, SKUA_EINVAL, "no such series");
    double weight[SKUAI_ENSEMBLE_MEMBERS];
    skuai_ensemble_weights_of(e, panel, s, weight);
    double total = 0;
    size_t inputs = 0;
    skua_status status = SKUA_OK;
    for (size_t m = 0; m < e->n_members; m++) {
        if (!own->models[m] || !(weight[m] > 0)) continue;
        total += weight[m];
        if (!e->members[m].contributions)
            SKUA_TRY_OUT(skuai_error_set(err, SKUA_ENOTFOUND, "%s cannot say what its inputs add",
                                         e->members[m].name));
        SKUA_TRY_OUT(
            e->members[m].contributions(own->models[m], panel, s, request, context, &of[m], err));
        inputs += of[m]->n_inputs;
    }
    if (!(total > 0))
        SKUA_TRY_OUT(skuai_error_set(err, SKUA_ENOTFOUND, "no member with a weight was fitted"));
    SKUA_TRY_OUT(skuai_contributions_new(inputs, request->horizon, &sum, err));
    for (size_t m = 0; m < e->n_members; m++)
        if (of[m]) SKUA_TRY_OUT(add_contributions(of[m], weight[m] / total, sum, err));
    SKUA_TRY_OUT(skuai_contributions_check(sum, err));
    *out = sum;
out:
    for (size_t m = 0; m < e->n_members; m++)
        skuai_contributions_free(of[m]);
    if (status != SKUA_OK) skuai_contributions_free(sum);
    return status;
}

/* The weighted sum of the members' slopes, likewise. */
static skua_status ensemble_gradient(const skuai_model *model, const skuai_panel *from,
                                     const skuai_panel *to, size_t s, const skuai_request *request,
                                     const double *at, size_t n_at, const skuai_context *context,
                                     double *slope, skua_error *err) {
    const ensemble_model *own = (const ensemble_model *)(const void *)model;
    const skuai_ensemble *e = own->ensemble;
    size_t n = n_at * (to->n_dynamic + 1);
    double weight[SKUAI_ENSEMBLE_MEMBERS], total = 0;
    skuai_ensemble_weights_of(e, to, s, weight);
    for (size_t m = 0; m < e->n_members; m++) {
        if (!own->models[m] || !(weight[m] > 0)) continue;
        total += weight[m];
        if (!e->members[m].gradient)
            return skuai_error_set(err, SKUA_ENOTFOUND, "%s has no gradient", e->members[m].name);
    }
    if (!(total > 0))
        return skuai_error_set(err, SKUA_ENOTFOUND, "no member with a weight was fitted");
    double *of = skuai_new(n, sizeof *of);
    if (!of) return skuai_error_memory(err, "slopes");
    memset(slope, 0, n * sizeof *slope);
    skua_status status = SKUA_OK;
    for (size_t m = 0; m < e->n_members && status == SKUA_OK; m++) {
        if (!own->models[m] || !(weight[m] > 0)) continue;
        status = e->members[m].gradient(own->models[m], from, to, s, request, at, n_at, context, of,
                                        err);
        for (size_t i = 0; i < n && status == SKUA_OK; i++)
            slope[i] += weight[m] / total * of[i];
    }
    skuai_free(of);
    return status;
}

skuai_forecaster skuai_ensemble_forecaster(const skuai_ensemble *ensemble) {
    bool by_series = true; /* as all that run are */
    for (size_t m = 0; m < ensemble->n_members; m++)
        for (size_t k = 0; k < SKUAI_ENSEMBLE_CLASSES; k++)
            by_series =
                by_series && (ensemble->members[m].by_series || !(ensemble->weights[k][m] > 0));
    return (skuai_forecaster){
        .name = "combination",
        .summary = "weighted combination chosen on backtest windows, calibrated",
        .source = "Caruana et al. 2004; Lichtendahl et al. 2013",
        .fit = ensemble_fit,
        .predict = ensemble_predict,
        .free = ensemble_free,
        .contributions = ensemble_contributions,
        .gradient = ensemble_gradient,
        .data = ensemble,
        .by_series = by_series,
    };
}
