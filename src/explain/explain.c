#include "explain/explain.h"

#include "explain/game.h"
#include "explain/lime.h"

#include <math.h>
#include <string.h>

const char *skuai_explain_method_name(skuai_explain_method method) {
    static const char *const names[SKUAI_EXPLAIN_METHODS] = {
        "auto", "own", "exact", "kernel", "permutation", "gradient", "lime"};
    return names[method];
}

/* -- The model's own contributions --------------------------------------------------------------
 */

static size_t group_of_input(const char **groups, size_t *n, const char *group) {
    for (size_t g = 0; g < *n; g++)
        if (strcmp(groups[g], group) == 0) return g;
    if (*n == SKUAI_EXPLAIN_GROUPS) {
        groups[*n - 1] = "other inputs";
        return *n - 1;
    }
    groups[*n] = group;
    return (*n)++;
}

static skua_status ask_model(const skuai_forecaster *forecaster, const skuai_model *model,
                             const skuai_panel *panel, size_t s, const skuai_request *request,
                             const skuai_context *context, skuai_explanation **out,
                             skua_error *err) {
    skuai_contributions *c = NULL;
    skuai_explanation *e = NULL;
    const char *groups[SKUAI_EXPLAIN_GROUPS];
    size_t n = 0, H = request->horizon;
    if (!forecaster->contributions)
        return skuai_error_set(err, SKUA_ENOTFOUND, "%s cannot say what its inputs add",
                               forecaster->name);
    SKUA_TRY(forecaster->contributions(model, panel, s, request, context, &c, err));
    for (size_t i = 0; i < c->n_inputs; i++)
        (void)group_of_input(groups, &n, c->inputs[i].group);
    skua_status status = skuai_explanation_new(n, H, &e, err);
    if (status != SKUA_OK) {
        skuai_contributions_free(c);
        return status;
    }
    for (size_t i = 0; i < c->n_inputs; i++)
        for (size_t h = 0, g = group_of_input(groups, &n, c->inputs[i].group); h < H; h++)
            e->contribution[g * H + h] += c->value[i * H + h];
    memcpy(e->groups, groups, n * sizeof *groups);
    memcpy(e->base, c->base, H * sizeof *e->base);
    memcpy(e->forecast, c->forecast, H * sizeof *e->forecast);
    e->own = c;
    e->method = SKUAI_EXPLAIN_OWN;
    e->fidelity = (double)NAN;
    e->n_calls = 1;
    *out = e;
    return SKUA_OK;
}

/* -- All of it ----------------------------------------------------------------------------------
 */

/* What was sold a whole number of seasons before each period of the horizon. */
static void fill_before(const skuai_panel *panel, size_t s, skuai_explanation *e) {
    size_t season = panel->season > 0 ? (size_t)panel->season : 1, n = panel->length[s];
    size_t back = (e->horizon + season - 1) / season * season;
    const double *y = skuai_panel_target(panel, s);
    for (size_t h = 0; h < e->horizon; h++)
        e->before[h] = back <= n + h && n + h - back < n ? y[n + h - back] : (double)NAN;
}

skua_status skuai_explain(const skuai_forecaster *forecaster, const skuai_model *model,
                          const skuai_panel *panel, size_t s, const skuai_explain_options *options,
                          const skuai_context *context, skuai_explanation **out, skua_error *err) {
    bool asks = options->method == SKUAI_EXPLAIN_AUTO || options->method == SKUAI_EXPLAIN_OWN;
    skuai_probe probe;
    skua_status status =
        skuai_probe_begin(&probe, forecaster, model, panel, &s, 1, options, context, err);
    bool plays = status == SKUA_OK && !asks;
    if (status == SKUA_OK && asks) {
        status = ask_model(forecaster, model, panel, s, &probe.request, context, out, err);
        plays = status == SKUA_ENOTFOUND && options->method == SKUAI_EXPLAIN_AUTO;
    }
    if (plays && options->method == SKUAI_EXPLAIN_LIME)
        status = skuai_lime_fit(&probe, options, out, err);
    else if (plays)
        status = skuai_game_play(&probe, options, out, err);
    if (status == SKUA_OK && !options->whole) fill_before(panel, s, *out);
    skuai_probe_clear(&probe);
    return status;
}

skua_status skuai_explain_what_if(const skuai_forecaster *forecaster, const skuai_model *model,
                                  const skuai_panel *panel, size_t s, size_t covariate,
                                  double factor, bool set, const skuai_explain_options *options,
                                  const skuai_context *context, skuai_what_if *what_if,
                                  skua_error *err) {
    skuai_probe probe;
    double *x = NULL, *said = NULL;
    size_t H = options->horizon;
    skua_status status =
        skuai_probe_begin(&probe, forecaster, model, panel, &s, 1, options, context, err);
    if (status == SKUA_OK &&
        (covariate >= panel->n_dynamic || panel->dynamic[covariate].known != SKUAI_KNOWN_AHEAD))
        status = skuai_error_set(err, SKUA_EINVAL, "only what is known ahead can be changed");
    if (status == SKUA_OK) status = skuai_probe_column(&probe, covariate, &x, err);
    for (size_t h = 0; status == SKUA_OK && h < H && h < panel->future[s]; h++) {
        size_t at = probe.panel->row[0] + panel->length[s] + h;
        x[at] = set ? factor : x[at] * factor;
    }
    if (status == SKUA_OK && !(said = skuai_new(3 * H, sizeof *said)))
        status = skuai_error_memory(err, "a question");
    if (status == SKUA_OK) {
        skuai_probe_answer answer = {said, said + H, said + 2 * H};
        status = skuai_probe_ask(&probe, &answer, err);
    }
    if (status == SKUA_OK) *what_if = (skuai_what_if){0};
    for (size_t h = 0; status == SKUA_OK && h < H; h++) {
        what_if->mean += said[h];
        what_if->low += said[H + h];
        what_if->high += said[2 * H + h];
    }
    skuai_free(said);
    skuai_probe_clear(&probe);
    return status;
}

/* The forecast over the horizon with one vector in place of the item's own. */
static skua_status ask_vector(skuai_probe *probe, size_t modality, float *all, const float *vector,
                              double *scratch, double *units, skua_error *err) {
    skuai_panel *planned = probe->panel, *other = NULL;
    size_t width = planned->vectors[modality].width;
    skuai_probe_answer answer = {.mean = scratch};
    memcpy(all + planned->base[0] * width, vector, width * sizeof *all);
    SKUA_TRY(skuai_panel_with_vectors(planned, modality, all, &other, err));
    probe->panel = other;
    skua_status status = skuai_probe_ask(probe, &answer, err);
    probe->panel = planned;
    skuai_panel_free(other);
    *units = 0;
    for (size_t h = 0; h < probe->request.horizon && status == SKUA_OK; h++)
        *units += scratch[h];
    return status;
}

skua_status skuai_explain_vectors(const skuai_forecaster *forecaster, const skuai_model *model,
                                  const skuai_panel *panel, size_t s, size_t modality,
                                  const float *vectors, size_t n,
                                  const skuai_explain_options *options,
                                  const skuai_context *context, double *units, skua_error *err) {
    if (modality >= panel->n_vectors)
        return skuai_error_set(err, SKUA_ERANGE, "modality %zu of %zu", modality, panel->n_vectors);
    skuai_probe probe;
    size_t width = panel->vectors[modality].width, cells = panel->n_base * width;
    skua_status status =
        skuai_probe_begin(&probe, forecaster, model, panel, &s, 1, options, context, err);
    float *all = skuai_new(cells, sizeof *all);
    double *scratch = skuai_new(options->horizon + 1, sizeof *scratch);
    if (status == SKUA_OK && (!all || !scratch)) status = skuai_error_memory(err, "vectors");
    if (status == SKUA_OK) memcpy(all, panel->vectors[modality].values, cells * sizeof *all);
    for (size_t i = 0; i < n && status == SKUA_OK; i++) {
        status = ask_vector(&probe, modality, all, vectors + i * width, scratch, &units[i], err);
        skuai_context_progress(context, "vectors", (double)i, (double)n);
    }
    skuai_free(all);
    skuai_free(scratch);
    skuai_probe_clear(&probe);
    return status;
}
