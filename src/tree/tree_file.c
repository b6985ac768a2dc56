#include "tree/tree_file.h"

#include "core/file.h"
#include "core/json.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096, NAME_SIZE = 32, FILE_MOST = 1 << 30, FORMAT = 2 };

/* The numbers of a model by name, for writing and reading alike. */
#define LEARNER_NUMBERS(X)  X(level) X(rate) X(column_share) X(row_share) X(shrinkage) X(l1_share)
#define LEARNER_INTEGERS(X) X(rounds) X(patience) X(leaves) X(least_leaf) X(depth)

static void write_options(const skuai_tree_options *o, skuai_json_writer *w) {
    skuai_json_object(w, "options");
    skuai_json_text(w, "objective", skuai_objective_name(o->asked));
    skuai_json_text(w, "learnt", skuai_objective_name(o->learner.objective));
#define X(name) skuai_json_number(w, #name, o->learner.name);
    LEARNER_NUMBERS(X)
#undef X
#define X(name) skuai_json_integer(w, #name, o->learner.name);
    LEARNER_INTEGERS(X)
#undef X
    skuai_json_integer(w, "rows", (int64_t)o->most_rows);
    skuai_json_bool(w, "on_cycle", o->on_cycle);
    skuai_json_bool(w, "choose_base", o->choose_base);
    skuai_json_bool(w, "by_price", o->by_price);
    skuai_json_bool(w, "equal_weight", o->equal_weight);
    skuai_json_bool(w, "logarithm", o->logarithm);
    skuai_json_number(w, "offset", o->offset);
    skuai_json_text(w, "country", o->country);
    skuai_json_close(w);
}

static void write_plan(const skuai_feature_plan *p, skuai_json_writer *w) {
    skuai_json_object(w, "plan");
    skuai_json_integer(w, "ahead", (int64_t)p->ahead);
    skuai_json_text(w, "country", p->country);
    skuai_json_array(w, "events");
    for (size_t k = 0; k < p->n_events; k++)
        skuai_json_text(w, NULL, p->events[k]);
    skuai_json_close(w);
    skuai_json_array(w, "groups");
    for (size_t k = 0; k < p->n_groups; k++)
        skuai_json_text(w, NULL, p->groups[k]);
    skuai_json_close(w);
    skuai_json_bool(w, "listed", p->listed);
    skuai_json_array(w, "covariates");
    for (size_t k = 0; k < p->n_covariates; k++)
        skuai_json_text(w, NULL, p->covariates[k]);
    skuai_json_close(w);
    skuai_json_array(w, "known_ahead");
    for (size_t k = 0; k < p->n_covariates; k++)
        skuai_json_bool(w, NULL, p->ahead_of[k]);
    skuai_json_close(w);
    skuai_json_close(w);
}

static void write_model(const skuai_model *m, skuai_json_writer *w) {
    skuai_json_object(w, NULL);
    skuai_json_text(w, "model", m->forecaster->name);
    skuai_json_integer(w, "format", FORMAT);
    skuai_json_integer(w, "horizon", (int64_t)m->horizon);
    skuai_json_number(w, "typical_scale", m->typical_scale);
    skuai_json_number(w, "typical_spread", m->typical_spread);
    skuai_json_integer(w, "points", (int64_t)m->n_points);
    skuai_json_bool(w, "spread", m->spread != NULL);
    write_options(&m->options, w);
    write_plan(&m->plan, w);
    skuai_json_array(w, "quantiles");
    for (size_t b = 0; b < SKUAI_TREE_BLOCKS; b++)
        for (size_t q = 0; q < SKUAI_TREE_LEVELS; q++)
            skuai_json_number(w, NULL, m->quantile[b][q]);
    skuai_json_close(w);
    skuai_json_array(w, "categories");
    for (size_t k = 0; k < m->n_categories; k++) {
        skuai_json_array(w, NULL);
        for (size_t i = 0; i < m->n_levels[k]; i++)
            skuai_json_text(w, NULL, m->levels[k][i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_close(w);
}

static skua_status write_file(const char *folder, const char *name, skuai_buffer *text,
                              skua_error *err) {
    char path[PATH_SIZE];
    SKUA_TRY(skuai_buffer_check(text, err));
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_SIZE)
        return skuai_error_set(err, SKUA_EINVAL, "the folder's name is too long");
    return skuai_file_write(path, skuai_buffer_view(text), text->size, err);
}

static skua_status save_learnt(const skuai_learnt *learnt, const char *folder, const char *name,
                               skua_error *err) {
    if (!learnt) return SKUA_OK;
    skuai_buffer text;
    skuai_buffer_init(&text, FILE_MOST);
    skua_status status = learnt->learner->save(learnt, &text, err);
    if (status == SKUA_OK) status = write_file(folder, name, &text, err);
    skuai_buffer_clear(&text);
    return status;
}

/* "point.txt", "point2.txt", ...; name [NAME_SIZE] out, returned. */
static const char *point_name(size_t block, char *name) {
    if (block == 0) return "point.txt";
    (void)snprintf(name, NAME_SIZE, "point%zu.txt", block + 1);
    return name;
}

skua_status skuai_tree_save(const skuai_model *model, const char *folder, skua_error *err) {
    SKUA_TRY(skuai_folder_make(folder, err));
    char name[SKUAI_TREE_BLOCKS][NAME_SIZE];
    for (size_t b = 0; b < model->n_points; b++)
        SKUA_TRY(save_learnt(model->point[b], folder, point_name(b, name[b]), err));
    SKUA_TRY(save_learnt(model->spread, folder, "spread.txt", err));
    skuai_buffer text;
    skuai_json_writer w;
    skuai_buffer_init(&text, FILE_MOST);
    skuai_json_begin(&w, &text);
    write_model(model, &w);
    skua_status status = write_file(folder, "tree.json", &text, err);
    skuai_buffer_clear(&text);
    return status;
}

static skua_status read_file(const char *folder, const char *name, skuai_buffer *text,
                             skua_error *err) {
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_SIZE)
        return skuai_error_set(err, SKUA_EINVAL, "the folder's name is too long");
    return skuai_file_read(path, FILE_MOST, text, err);
}

static skua_status load_learnt(const skuai_learner *learner, bool wanted, const char *folder,
                               const char *name, skuai_learnt **learnt, skua_error *err) {
    if (!wanted) return SKUA_OK;
    skuai_buffer text;
    SKUA_TRY(read_file(folder, name, &text, err));
    skua_status status = learner->load(skuai_buffer_view(&text), text.size, learnt, err);
    skuai_buffer_clear(&text);
    return status;
}

static skua_status read_options(const skuai_json *json, skuai_tree_options *o, skua_error *err) {
    o->learner = SKUAI_LEARNER_OPTIONS_DEFAULT;
    const char *asked = skuai_json_as_text(skuai_json_get(json, "objective"), "");
    const char *learnt = skuai_json_as_text(skuai_json_get(json, "learnt"), "");
    SKUA_TRY(skuai_objective_parse(asked, &o->asked, err));
    SKUA_TRY(skuai_objective_parse(learnt, &o->learner.objective, err));
#define X(name)                                                                                    \
    o->learner.name = skuai_json_as_number(skuai_json_get(json, #name), o->learner.name);
    LEARNER_NUMBERS(X)
#undef X
#define X(name)                                                                                    \
    o->learner.name = (int)skuai_json_as_integer(skuai_json_get(json, #name), o->learner.name);
    LEARNER_INTEGERS(X)
#undef X
    int64_t rows = skuai_json_as_integer(skuai_json_get(json, "rows"), 1000000);
    o->most_rows = rows > 0 ? (size_t)rows : 0;
    o->on_cycle = skuai_json_as_bool(skuai_json_get(json, "on_cycle"), false);
    o->choose_base = skuai_json_as_bool(skuai_json_get(json, "choose_base"), false);
    o->by_price = skuai_json_as_bool(skuai_json_get(json, "by_price"), false);
    o->equal_weight = skuai_json_as_bool(skuai_json_get(json, "equal_weight"), false);
    o->logarithm = skuai_json_as_bool(skuai_json_get(json, "logarithm"), false);
    o->offset = skuai_json_as_number(skuai_json_get(json, "offset"), 0.05);
    (void)snprintf(o->country, sizeof o->country, "%s",
                   skuai_json_as_text(skuai_json_get(json, "country"), ""));
    return SKUA_OK;
}

static void read_plan(const skuai_json *json, skuai_feature_plan *p) {
    const skuai_json *events = skuai_json_get(json, "events");
    const skuai_json *groups = skuai_json_get(json, "groups");
    int64_t ahead = skuai_json_as_integer(skuai_json_get(json, "ahead"), 0);
    p->ahead = ahead > 0 ? (size_t)ahead : 0;
    (void)snprintf(p->country, sizeof p->country, "%s",
                   skuai_json_as_text(skuai_json_get(json, "country"), ""));
    for (; p->n_events < skuai_json_size(events) && p->n_events < SKUAI_FEATURE_EVENTS;
         p->n_events++)
        (void)snprintf(p->events[p->n_events], SKUAI_FEATURE_NAME, "%s",
                       skuai_json_as_text(skuai_json_at(events, p->n_events), ""));
    for (; p->n_groups < skuai_json_size(groups) && p->n_groups < SKUAI_FEATURE_GROUPS;
         p->n_groups++)
        (void)snprintf(p->groups[p->n_groups], SKUAI_FEATURE_NAME, "%s",
                       skuai_json_as_text(skuai_json_at(groups, p->n_groups), ""));
    /* files of before have none: their columns are those of the panel */
    const skuai_json *covariates = skuai_json_get(json, "covariates");
    const skuai_json *known = skuai_json_get(json, "known_ahead");
    size_t n = skuai_json_size(covariates);
    p->listed = skuai_json_as_bool(skuai_json_get(json, "listed"), false) &&
                n <= SKUAI_FEATURE_COVARIATES && n == skuai_json_size(known);
    if (!p->listed) return;
    for (; p->n_covariates < n; p->n_covariates++) {
        (void)snprintf(p->covariates[p->n_covariates], SKUAI_FEATURE_NAME, "%s",
                       skuai_json_as_text(skuai_json_at(covariates, p->n_covariates), ""));
        p->ahead_of[p->n_covariates] =
            skuai_json_as_bool(skuai_json_at(known, p->n_covariates), false);
    }
}

static skua_status read_levels(const skuai_json *json, skuai_model *m, skua_error *err) {
    size_t n = skuai_json_size(json);
    m->n_levels = skuai_zero(n, sizeof *m->n_levels);
    m->levels = skuai_zero(n, sizeof *m->levels);
    if (!m->n_levels || !m->levels) return skuai_error_memory(err, "categories");
    m->n_categories = n;
    for (size_t k = 0; k < n; k++) {
        const skuai_json *names = skuai_json_at(json, k);
        size_t levels = skuai_json_size(names);
        m->levels[k] = skuai_zero(levels, sizeof **m->levels);
        if (!m->levels[k]) return skuai_error_memory(err, "categories");
        m->n_levels[k] = levels;
        for (size_t i = 0; i < levels; i++) {
            m->levels[k][i] = skuai_text_copy(skuai_json_as_text(skuai_json_at(names, i), ""));
            if (!m->levels[k][i]) return skuai_error_memory(err, "categories");
        }
    }
    return SKUA_OK;
}

static skua_status read_model(const skuai_json *json, const char *folder, skuai_model *m,
                              skua_error *err) {
    const skuai_json *quantiles = skuai_json_get(json, "quantiles");
    int64_t horizon = skuai_json_as_integer(skuai_json_get(json, "horizon"), 0);
    if (strcmp(skuai_json_as_text(skuai_json_get(json, "model"), ""), m->forecaster->name) != 0 ||
        horizon < 1 || skuai_json_size(quantiles) != (size_t)SKUAI_TREE_BLOCKS * SKUAI_TREE_LEVELS)
        return skuai_error_set(err, SKUA_EDATA, "%s holds no model of %s", folder,
                               m->forecaster->name);
    if (skuai_json_as_integer(skuai_json_get(json, "format"), 0) != FORMAT)
        return skuai_error_set(err, SKUA_EVERSION, "%s was written by another version: train again",
                               folder);
    m->horizon = (size_t)horizon;
    m->typical_scale = skuai_json_as_number(skuai_json_get(json, "typical_scale"), 1);
    m->typical_spread = skuai_json_as_number(skuai_json_get(json, "typical_spread"), 0.5);
    for (size_t i = 0; i < (size_t)SKUAI_TREE_BLOCKS * SKUAI_TREE_LEVELS; i++)
        m->quantile[i / SKUAI_TREE_LEVELS][i % SKUAI_TREE_LEVELS] =
            skuai_json_as_number(skuai_json_at(quantiles, i), 0);
    SKUA_TRY(read_options(skuai_json_get(json, "options"), &m->options, err));
    SKUA_TRY(read_levels(skuai_json_get(json, "categories"), m, err));
    read_plan(skuai_json_get(json, "plan"), &m->plan);
    const skuai_learner *learner = skuai_tree_kind_of(m)->learner;
    int64_t points = skuai_json_as_integer(skuai_json_get(json, "points"), 0);
    bool spread = skuai_json_as_bool(skuai_json_get(json, "spread"), false);
    if (points < 0 || points > SKUAI_TREE_BLOCKS)
        return skuai_error_set(err, SKUA_EDATA, "%s holds no model of %s", folder,
                               m->forecaster->name);
    for (; m->n_points < (size_t)points; m->n_points++) {
        char name[NAME_SIZE];
        SKUA_TRY(load_learnt(learner, true, folder, point_name(m->n_points, name),
                             &m->point[m->n_points], err));
    }
    return load_learnt(learner, spread, folder, "spread.txt", &m->spread, err);
}

skua_status skuai_tree_load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                            skua_error *err) {
    skuai_buffer text;
    skuai_json *json = NULL;
    skuai_model *m = NULL;
    SKUA_TRY(read_file(folder, "tree.json", &text, err));
    skua_status status = skuai_json_parse(skuai_buffer_view(&text), text.size, &json, err);
    skuai_buffer_clear(&text);
    if (status != SKUA_OK) return status;
    m = skuai_zero(1, sizeof *m);
    if (!m) SKUA_TRY_OUT(skuai_error_memory(err, "a model of trees"));
    m->forecaster = self;
    SKUA_TRY_OUT(read_model(json, folder, m, err));
    *model = m;
out:
    skuai_json_free(json);
    if (status != SKUA_OK) self->free(m);
    return status;
}
