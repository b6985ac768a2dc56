#include "automl/modality_sum.h"

#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = SKUAI_MODALITIES_MOST, AGES = SKUAI_MODALITY_AGES, YOUNG = 0, OLD = 1 };

static const char *const age_names[AGES] = {"new", "young", "grown"};

/* -- Which column is whose ----------------------------------------------------------------------
 */

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(name, *names) == 0) return true;
    return false;
}

bool skuai_modality_owns(const skuai_panel *panel, const char *modality, const char *column,
                         bool vectors) {
    static const char *const prices[] = {"price", "list_price", "cost", "item_price", NULL};
    static const char *const events[] = {
        "promotion", "promotion_depth", "promotion_display", "calendar",
        "holiday",   "festival",        "workday",           NULL};
    static const char *const names[] = {"item", "channel", NULL};
    if (vectors) return strcmp(modality, column) == 0;
    bool price = is_one_of(column, prices), event = is_one_of(column, events);
    if (strcmp(modality, "price") == 0) return price;
    if (strcmp(modality, "events") == 0) return event;
    if (price || event) return false;
    bool dynamic = skuai_panel_dynamic_find(panel, column) != SIZE_MAX;
    if (strcmp(modality, "other") == 0) return dynamic;
    return strcmp(modality, "category") == 0 && !dynamic && !is_one_of(column, names);
}

typedef struct view_of {
    const skuai_panel *panel;
    const char *modality;
} view_of;

static bool keeps(void *user, const char *column, bool vectors) {
    const view_of *v = user;
    return skuai_modality_owns(v->panel, v->modality, column, vectors);
}

static skua_status view_make(const skuai_panel *panel, const char *modality, skuai_panel **view,
                             skua_error *err) {
    view_of user = {panel, modality};
    return skuai_panel_keep(panel, keeps, &user, view, err);
}

static bool has_any(const skuai_panel *p, const char *modality) {
    for (size_t k = 0; k < p->n_dynamic; k++)
        if (skuai_modality_owns(p, modality, p->dynamic[k].name, false)) return true;
    for (size_t k = 0; k < p->n_static; k++)
        if (skuai_modality_owns(p, modality, p->statics[k].name, false)) return true;
    return false;
}

/* -- Parts --------------------------------------------------------------------------------------
 */

skua_status skuai_modality_part_make(const skuai_modality_models *models, const char *name,
                                     skuai_modality_kind kind, size_t horizon,
                                     skuai_modality_part *part, skua_error *err) {
    bool history = kind == SKUAI_MODALITY_HISTORY;
    const char *grown = history                         ? models->history
                        : kind == SKUAI_MODALITY_DRIVER ? models->driver
                                                        : models->look;
    char young[SKUAI_SPECIFICATION_SIZE];
    (void)snprintf(young, sizeof young, "%s:horizon=%zu", history ? models->newborn : models->look,
                   horizon);
    *part = (skuai_modality_part){.kind = kind, .single = kind == SKUAI_MODALITY_LOOK};
    (void)snprintf(part->name, sizeof part->name, "%s", name);
    SKUA_TRY(skuai_configured_make(young, models->find, &part->configured[YOUNG],
                                   &part->forecaster[YOUNG], err));
    if (part->single) return SKUA_OK;
    return skuai_configured_make(grown, models->find, &part->configured[OLD],
                                 &part->forecaster[OLD], err);
}

static void part_clear(skuai_modality_part *part) {
    for (int k = 0; k < 2; k++) {
        if (part->model[k]) part->forecaster[k].free(part->model[k]);
        part->model[k] = NULL;
    }
}

void skuai_modality_model_free(skuai_model *model) {
    if (!model) return;
    for (size_t i = 0; i < model->n; i++)
        part_clear(&model->part[i]);
    skuai_free(model);
}

static skua_status add_part(skuai_model *m, const char *name, skuai_modality_kind kind,
                            skua_error *err) {
    if (m->n == N || strlen(name) >= SKUAI_MODALITY_NAME_SIZE) return SKUA_OK;
    return skuai_modality_part_make(m->models, name, kind, m->horizon, &m->part[m->n++], err);
}

static const struct {
    const char *name;
    skuai_modality_kind kind;
} of_columns[] = {{"category", SKUAI_MODALITY_LOOK},
                  {"price", SKUAI_MODALITY_DRIVER},
                  {"events", SKUAI_MODALITY_DRIVER},
                  {"other", SKUAI_MODALITY_DRIVER}};
enum { OF_COLUMNS = sizeof of_columns / sizeof *of_columns };

size_t skuai_modality_count(const skuai_panel *panel) {
    size_t n = 1 + panel->n_vectors;
    for (size_t k = 0; k < OF_COLUMNS; k++)
        n += has_any(panel, of_columns[k].name);
    return n;
}

static skua_status make_parts(skuai_model *m, const skuai_panel *panel, skua_error *err) {
    SKUA_TRY(add_part(m, "history", SKUAI_MODALITY_HISTORY, err));
    for (size_t k = 0; k < panel->n_vectors; k++)
        SKUA_TRY(add_part(m, panel->vectors[k].modality, SKUAI_MODALITY_LOOK, err));
    for (size_t k = 0; k < OF_COLUMNS; k++)
        if (has_any(panel, of_columns[k].name))
            SKUA_TRY(add_part(m, of_columns[k].name, of_columns[k].kind, err));
    if (m->n > 1) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA,
                           "modalities: the shop has its sales and nothing else to weigh them "
                           "against (texts and pictures come by skua embed)");
}

/* A failure that ends the whole and not this modality alone. */
static bool is_final(skua_status status) {
    return status == SKUA_ECANCEL || status == SKUA_EDEADLINE || status == SKUA_ENOMEM ||
           status == SKUA_ECONFIG;
}

static skua_status part_fit(skuai_modality_part *part, const skuai_panel *panel,
                            const skuai_context *context, skua_error *err) {
    skuai_panel *view = NULL;
    SKUA_TRY(view_make(panel, part->name, &view, err));
    skua_status status = SKUA_OK;
    for (int k = 0; k < (part->single ? 1 : 2) && status == SKUA_OK; k++) {
        skuai_forecaster *f = &part->forecaster[k];
        if (!f->save) continue; /* learns nothing across series: fitted when it forecasts */
        status = f->fit(f, view, NULL, context, &part->model[k], err);
    }
    skuai_panel_free(view);
    return status;
}

static skuai_modality_age age_of(const skuai_panel *panel, size_t s) {
    size_t n = panel->length[s];
    if (n == 0) return SKUAI_MODALITY_NEW;
    return n < 2 * skuai_young_periods(panel->grid.frequency) ? SKUAI_MODALITY_YOUNG
                                                              : SKUAI_MODALITY_GROWN;
}

/* What one part says of all series: of each by the model of its age. */
static skua_status part_predict(const skuai_modality_part *part, const skuai_panel *panel,
                                const skuai_request *request, const skuai_context *context,
                                skuai_forecast **forecast, skua_error *err) {
    skuai_panel *view = NULL;
    skuai_forecast *made[2] = {NULL, NULL};
    SKUA_TRY(view_make(panel, part->name, &view, err));
    skua_status status = SKUA_OK;
    for (int k = 0; k < (part->single ? 1 : 2) && status == SKUA_OK; k++) {
        const skuai_forecaster *f = &part->forecaster[k];
        status = part->model[k]
                     ? f->predict(part->model[k], view, request, context, &made[k], err)
                     : skuai_forecaster_run(f, view, NULL, request, context, &made[k], err);
    }
    skuai_panel_free(view);
    if (status == SKUA_OK && made[1]) {
        size_t row = request->horizon, Q = request->n_levels;
        for (size_t s = 0; s < panel->n_series; s++) {
            if (age_of(panel, s) != SKUAI_MODALITY_GROWN) continue;
            memcpy(skuai_forecast_mean(made[0], s, 0), skuai_forecast_mean(made[1], s, 0),
                   row * sizeof(double));
            memcpy(skuai_forecast_quantiles(made[0], s, 0), skuai_forecast_quantiles(made[1], s, 0),
                   row * Q * sizeof(double));
            made[0]->autocorrelation[s] = made[1]->autocorrelation[s];
        }
    }
    skuai_forecast_free(made[1]);
    if (status == SKUA_OK)
        *forecast = made[0];
    else
        skuai_forecast_free(made[0]);
    return status;
}

/* -- Windows ------------------------------------------------------------------------------------
 */

typedef struct learning {
    skuai_modality_sums (*sums)[SKUAI_MODALITY_FOLDS]; /* [AGES] */
    size_t rows[AGES], items[AGES];
} learning;

static unsigned fold_of(const char *name) {
    uint32_t hash = 2166136261U; /* FNV-1a, of the item: all its channels together */
    for (; *name && *name != '/'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return (hash >> 8) % SKUAI_MODALITY_FOLDS;
}

static double typical(const skuai_panel *view) {
    double sum = 0, n = 0;
    for (size_t s = 0; s < view->n_series; s++)
        for (size_t t = 0; t < view->length[s]; t++) {
            double y = skuai_panel_target(view, s)[t];
            if (!isnan(y)) sum += fabs(y), n++;
        }
    return n > 0 && sum > 0 ? sum / n : 1;
}

/* What came within the horizon, as far as `panel` itself knows it. */
static void add_rows(const skuai_panel *panel, const skuai_panel *view, int64_t origin,
                     skuai_forecast *const *said, size_t n, size_t horizon, learning *learn) {
    double usual = typical(view);
    for (size_t s = 0; s < view->n_series; s++) {
        size_t known = panel->length[s] - view->length[s];
        if (view->start[s] >= origin + (int64_t)horizon) continue; /* launched later */
        skuai_modality_age age = age_of(view, s);
        skuai_modality_sums *to = &learn->sums[age][fold_of(skuai_panel_name(view, s))];
        size_t wait = skuai_panel_wait(view, s);
        bool any = false;
        for (size_t h = wait; h < horizon && h < known; h++) {
            double y = skuai_panel_actual(view, s, h), x[N], mean = 0;
            if (isnan(y)) continue;
            for (size_t i = 0; i < n; i++) {
                x[i] = *skuai_forecast_mean(said[i], s, h);
                mean += fabs(x[i]) / (double)n;
            }
            double weight = 1 / (mean * mean + mean * usual + 1e-4 * usual * usual);
            to->yy += weight * y * y;
            for (size_t i = 0; i < n; i++) {
                to->xy[i] += weight * x[i] * y;
                for (size_t j = 0; j < n; j++)
                    to->xx[i][j] += weight * x[i] * x[j];
            }
            learn->rows[age]++;
            any = true;
        }
        learn->items[age] += any;
    }
}

/* Leave out a modality that failed. */
static void drop_part(skuai_model *m, size_t i, const char *why, const skuai_context *context) {
    skuai_context_log(context, SKUAI_LOG_WARNING, "modalities: without %s: %s", m->part[i].name,
                      why);
    part_clear(&m->part[i]);
    m->n--;
    for (size_t k = i; k < m->n; k++) { /* what was made of a specification borrows from its part */
        skuai_modality_part *to = &m->part[k];
        *to = m->part[k + 1];
        for (int q = 0; q < 2; q++) {
            if (to->forecaster[q].data != &m->part[k + 1].configured[q]) continue;
            to->forecaster[q].data = &to->configured[q];
            to->forecaster[q].name = to->configured[q].text;
        }
    }
}

/* All parts at one origin: said [n] out. A part that fails leaves the sum, and *again is true. */
static skua_status say(skuai_model *m, const skuai_panel *view, size_t horizon,
                       const skuai_context *context, skuai_forecast **said, bool *again,
                       skua_error *err) {
    static const double level = 0.5;
    skuai_request request = {horizon, &level, 1, context ? context->seed : 1};
    *again = false;
    for (size_t i = 0; i < m->n; i++) {
        skua_error why = {0};
        skua_status status = part_fit(&m->part[i], view, context, &why);
        if (status == SKUA_OK)
            status = part_predict(&m->part[i], view, &request, context, &said[i], &why);
        part_clear(&m->part[i]);
        if (status == SKUA_OK) continue;
        if (is_final(status) || i == 0) return skuai_error_set(err, status, "%s", why.message);
        drop_part(m, i, why.message, context);
        *again = true;
        return SKUA_OK;
    }
    return SKUA_OK;
}

static skua_status learn_window(skuai_model *m, const skuai_panel *panel, int64_t origin,
                                learning *learn, const skuai_context *context, bool *again,
                                skua_error *err) {
    skuai_panel *view = NULL;
    skuai_forecast *said[N] = {NULL};
    SKUA_TRY(skuai_panel_cut_at(panel, origin, &view, err));
    skua_status status = say(m, view, m->horizon, context, said, again, err);
    if (status == SKUA_OK && !*again) add_rows(panel, view, origin, said, m->n, m->horizon, learn);
    skuai_panel_free(view);
    for (size_t i = 0; i < N; i++)
        skuai_forecast_free(said[i]);
    return status;
}

static skua_status learn_windows(skuai_model *m, const skuai_panel *panel, learning *learn,
                                 const skuai_context *context, skua_error *err) {
    int64_t end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] && skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    for (size_t w = 1; w <= m->windows; w++) {
        bool again;
        int64_t origin = end - (int64_t)(w * m->horizon);
        SKUA_TRY(learn_window(m, panel, origin, learn, context, &again, err));
        if (!again) continue;
        memset(learn->sums, 0, AGES * sizeof *learn->sums); /* one modality less: from the start */
        memset(learn->rows, 0, sizeof learn->rows);
        memset(learn->items, 0, sizeof learn->items);
        w = 0;
    }
    return SKUA_OK;
}

static void set_weights(skuai_model *m, const learning *learn) {
    for (int age = 0; age < AGES; age++) {
        double *w = m->weight[age];
        if (learn->rows[age] >= SKUAI_MODALITY_ROWS && learn->items[age] >= SKUAI_MODALITY_ITEMS) {
            m->n_items[age] = learn->items[age];
            skuai_modality_choose(learn->sums[age], m->n, w);
            continue;
        }
        size_t looks = 0;
        for (size_t i = 0; i < m->n && age == SKUAI_MODALITY_NEW; i++)
            looks += m->part[i].kind == SKUAI_MODALITY_LOOK;
        for (size_t i = 0; i < m->n; i++)
            w[i] = looks ? (m->part[i].kind == SKUAI_MODALITY_LOOK) / (double)looks : i == 0;
    }
}

/* -- The forecaster -----------------------------------------------------------------------------
 */

static skua_status read_options(const skuai_parameters *parameters, const skuai_panel *panel,
                                skuai_model *m, skua_error *err) {
    double windows, horizon;
    for (size_t i = 0; parameters && i < parameters->n; i++)
        if (strcmp(parameters->items[i].name, "windows") != 0 &&
            strcmp(parameters->items[i].name, "horizon") != 0)
            return skuai_error_set(err, SKUA_ECONFIG, "modalities has no parameter '%s'",
                                   parameters->items[i].name);
    SKUA_TRY(skuai_parameter_number(parameters, "windows", 3, &windows, err));
    SKUA_TRY(skuai_parameter_number(parameters, "horizon", 0, &horizon, err));
    if (!(windows >= 1 && windows <= 50 && windows == floor(windows)))
        return skuai_error_set(err, SKUA_ECONFIG, "modalities: windows = %g: 1 to 50", windows);
    if (!(horizon >= 0 && horizon <= 1000 && horizon == floor(horizon)))
        return skuai_error_set(err, SKUA_ECONFIG, "modalities: horizon = %g: 0 to 1000", horizon);
    size_t longest = 0, future = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->length[s] > longest) longest = panel->length[s];
        if (panel->future[s] > future) future = panel->future[s];
    }
    size_t most = longest / 4;
    m->windows = (size_t)windows;
    m->horizon = horizon > 0 ? (size_t)horizon : future > 0 && future < most ? future : most;
    if (m->horizon == 0)
        return skuai_error_set(err, SKUA_EDATA, "modalities: %zu periods are too few", longest);
    while (m->windows > 1 && (m->windows + 1) * m->horizon > longest)
        m->windows--;
    if (2 * m->horizon <= longest) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA,
                           "modalities: %zu periods are too few for a horizon of %zu", longest,
                           m->horizon);
}

static skua_status fit_model(skuai_model *m, const skuai_panel *panel, const skuai_context *context,
                             skua_error *err) {
    learning learn = {.sums = skuai_zero(AGES, sizeof *learn.sums)};
    if (!learn.sums) return skuai_error_memory(err, "modalities");
    skua_status status = learn_windows(m, panel, &learn, context, err);
    if (status == SKUA_OK) set_weights(m, &learn);
    skuai_free(learn.sums);
    for (size_t i = 0; i < m->n && status == SKUA_OK; i++)
        status = part_fit(&m->part[i], panel, context, err);
    return status;
}

static skua_status sum_fit(const skuai_forecaster *self, const skuai_panel *panel,
                           const skuai_parameters *parameters, const skuai_context *context,
                           skuai_model **model, skua_error *err) {
    skuai_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "modalities");
    m->models = self->data;
    skua_status status = read_options(parameters, panel, m, err);
    if (status == SKUA_OK) status = make_parts(m, panel, err);
    if (status == SKUA_OK) status = fit_model(m, panel, context, err);
    if (status == SKUA_OK)
        *model = m;
    else
        skuai_modality_model_free(m);
    return status;
}

static bool is_used(const skuai_model *m, size_t i) {
    for (int age = 0; age < AGES; age++)
        if (m->weight[age][i] > 0) return true;
    return false;
}

static void write_note(const skuai_model *m, skuai_modality_age age, char *note) {
    size_t at = (size_t)snprintf(note, SKUAI_NOTE_SIZE, "sum");
    for (size_t i = 0; i < m->n && at < SKUAI_NOTE_SIZE; i++) {
        char one[SKUAI_NOTE_SIZE];
        if (!(m->weight[age][i] > 0)) continue;
        int n = snprintf(one, sizeof one, "%s %s %.2f", at > 3 ? "," : "", m->part[i].name,
                         m->weight[age][i]);
        if (n < 0 || at + (size_t)n >= SKUAI_NOTE_SIZE) break;
        memcpy(note + at, one, (size_t)n + 1);
        at += (size_t)n;
    }
}

static void add_up(const skuai_model *m, const skuai_panel *panel, skuai_forecast *const *said,
                   skuai_forecast *f) {
    for (size_t s = 0; s < panel->n_series; s++) {
        skuai_modality_age age = age_of(panel, s);
        double *mean = skuai_forecast_mean(f, s, 0), *q = skuai_forecast_quantiles(f, s, 0);
        double share = 0, total = 0;
        memset(mean, 0, f->horizon * sizeof *mean);
        memset(q, 0, f->horizon * f->n_quantiles * sizeof *q);
        for (size_t i = 0; i < m->n; i++) {
            double w = m->weight[age][i];
            if (!(w > 0) || !said[i]) continue;
            for (size_t h = 0; h < f->horizon; h++)
                mean[h] += w * skuai_forecast_mean(said[i], s, 0)[h];
            for (size_t k = 0; k < f->horizon * f->n_quantiles; k++)
                q[k] += w * skuai_forecast_quantiles(said[i], s, 0)[k];
            share += w * said[i]->autocorrelation[s];
            total += w;
        }
        f->autocorrelation[s] = total > 0 ? share / total : 0;
        write_note(m, age, f->note[s]);
    }
}

static skua_status say_all(const skuai_model *m, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **said, skua_error *err) {
    for (size_t i = 0; i < m->n; i++)
        if (is_used(m, i))
            SKUA_TRY(part_predict(&m->part[i], panel, request, context, &said[i], err));
    return SKUA_OK;
}

static skua_status sum_predict(const skuai_model *m, const skuai_panel *panel,
                               const skuai_request *request, const skuai_context *context,
                               skuai_forecast **forecast, skua_error *err) {
    skuai_forecast *said[N] = {NULL}, *f = NULL;
    skua_status status = say_all(m, panel, request, context, said, err);
    if (status == SKUA_OK)
        status = skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels, &f,
                                    err);
    if (status == SKUA_OK) {
        add_up(m, panel, said, f);
        status = skuai_forecast_settle(f, panel->non_negative ? 0 : -(double)INFINITY, err);
    }
    for (size_t i = 0; i < N; i++)
        skuai_forecast_free(said[i]);
    if (status == SKUA_OK)
        *forecast = f;
    else
        skuai_forecast_free(f);
    return status;
}

static skua_status sum_contributions(const skuai_model *m, const skuai_panel *panel, size_t s,
                                     const skuai_request *request, const skuai_context *context,
                                     skuai_contributions **contributions, skua_error *err) {
    skuai_panel *one = NULL;
    skuai_forecast *said[N] = {NULL}, *f = NULL;
    skuai_contributions *c = NULL;
    skua_status status = skuai_panel_subset(panel, &s, 1, &one, err);
    if (status == SKUA_OK) status = say_all(m, one, request, context, said, err);
    if (status == SKUA_OK) status = sum_predict(m, one, request, context, &f, err);
    if (status == SKUA_OK) status = skuai_contributions_new(m->n, request->horizon, &c, err);
    if (status == SKUA_OK) {
        skuai_modality_age age = age_of(one, 0);
        for (size_t i = 0; i < m->n; i++) {
            double *to = said[i] && m->weight[age][i] > 0
                             ? skuai_contributions_input(c, m->part[i].name, m->part[i].name)
                             : NULL;
            for (size_t h = 0; to && h < request->horizon; h++)
                to[h] = m->weight[age][i] * *skuai_forecast_mean(said[i], 0, h);
        }
        memcpy(c->forecast, f->mean, request->horizon * sizeof *c->forecast);
        status = skuai_contributions_check(c, err);
    }
    for (size_t i = 0; i < N; i++)
        skuai_forecast_free(said[i]);
    skuai_forecast_free(f);
    skuai_panel_free(one);
    if (status == SKUA_OK)
        *contributions = c;
    else
        skuai_contributions_free(c);
    return status;
}

void skuai_modality_weights_get(const skuai_model *model, skuai_modality_weights *weights) {
    *weights = (skuai_modality_weights){.n = model->n};
    for (size_t i = 0; i < model->n; i++)
        weights->name[i] = model->part[i].name;
    memcpy(weights->weight, model->weight, sizeof weights->weight);
    memcpy(weights->n_items, model->n_items, sizeof weights->n_items);
}

static void sum_describe(const skuai_model *m, skuai_json_writer *w) {
    for (int age = 0; age < AGES; age++) {
        skuai_json_object(w, age_names[age]);
        skuai_json_integer(w, "items", (int64_t)m->n_items[age]);
        skuai_json_object(w, "weights");
        for (size_t i = 0; i < m->n; i++)
            skuai_json_number(w, m->part[i].name, m->weight[age][i]);
        skuai_json_close(w);
        skuai_json_close(w);
    }
}

skuai_forecaster skuai_modality_forecaster(const skuai_modality_models *models) {
    return (skuai_forecaster){
        .name = "modalities",
        .summary = "one model a modality (history, words, pictures, prices, events), weights >= 0",
        .source = "Franc, Hlavac & Navara 2005, CAIP (non-negative least squares)",
        .fit = sum_fit,
        .predict = sum_predict,
        .free = skuai_modality_model_free,
        .save = skuai_modality_save,
        .load = skuai_modality_load,
        .contributions = sum_contributions,
        .describe = sum_describe,
        .data = models,
    };
}
