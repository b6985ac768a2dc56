/* The causal forecaster's model as one JSON file. */
#include "cause/causal_model.h"

#include "core/json_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODEL_FILE  "causal.json"
#define MODEL_LIMIT ((size_t)64 << 20)

static const char *const kinds[] = {"own", "known", "past"};

/* -- Writing ------------------------------------------------------------------------------------
 */

static void write_variables(const skuai_model *m, skuai_json_writer *w) {
    skuai_json_array(w, "variables");
    for (size_t k = 0; k < m->n; k++) {
        const skuai_causal_variable *v = &m->variables[k];
        skuai_json_object(w, NULL);
        skuai_json_text(w, "name", v->name);
        skuai_json_text(w, "kind", kinds[v->kind]);
        skuai_json_bool(w, "logarithm", v->logarithm);
        skuai_json_integer(w, "year", v->year);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

static skua_status write_equations(const skuai_model *m, skuai_json_writer *w, skua_error *err) {
    skuai_json_array(w, "equations");
    for (size_t e = 0; e < m->n_equations; e++) {
        const skuai_causal_equation *q = &m->equations[e];
        skuai_json_object(w, NULL);
        skuai_json_integer(w, "target", (int64_t)q->target);
        skuai_json_array(w, "inputs");
        for (size_t k = 0; k < q->n; k++) {
            skuai_json_array(w, NULL);
            skuai_json_integer(w, NULL, (int64_t)q->inputs[k].variable);
            skuai_json_integer(w, NULL, (int64_t)q->inputs[k].lag);
            skuai_json_close(w);
        }
        skuai_json_close(w);
        if (q->learnt) {
            skuai_buffer text;
            skuai_buffer_init(&text, MODEL_LIMIT);
            skua_status status = q->learnt->learner->save(q->learnt, &text, err);
            if (status == SKUA_OK) status = skuai_buffer_check(&text, err);
            skuai_json_text(w, "learner", q->learnt->learner->name);
            skuai_json_text(w, "learnt", status == SKUA_OK ? skuai_buffer_view(&text) : "");
            skuai_buffer_clear(&text);
            SKUA_TRY(status);
        }
        skuai_json_close(w);
    }
    skuai_json_close(w);
    return SKUA_OK;
}

static skua_status write_model(const skuai_model *m, skuai_buffer *buffer, skua_error *err) {
    skuai_json_writer w;
    skuai_json_begin(&w, buffer);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "model", "causal");
    skuai_json_integer(&w, "lags", (int64_t)m->lags);
    skuai_json_integer(&w, "window", (int64_t)m->window);
    skuai_json_number(&w, "unit", m->unit);
    skuai_json_bool(&w, "logarithm", m->logarithm);
    skuai_json_number(&w, "deviation", m->deviation);
    skuai_json_text(&w, "end", m->end->name);
    skuai_json_bool(&w, "no_graph", m->no_graph);
    skuai_json_array(&w, "profile");
    for (size_t p = 0; p < m->season; p++)
        skuai_json_number(&w, NULL, m->profile[p]);
    skuai_json_close(&w);
    skuai_json_array(&w, "errors");
    for (size_t k = 0; k < SKUAI_CAUSAL_BUCKETS * SKUAI_CAUSAL_GRID; k++)
        skuai_json_number(&w, NULL, m->grid[k / SKUAI_CAUSAL_GRID][k % SKUAI_CAUSAL_GRID]);
    skuai_json_close(&w);
    write_variables(m, &w);
    SKUA_TRY(write_equations(m, &w, err));
    skuai_json_close(&w);
    return skuai_buffer_check(buffer, err);
}

skua_status skuai_causal_save(const skuai_model *m, const char *folder, skua_error *err) {
    skuai_buffer text;
    skuai_buffer_init(&text, MODEL_LIMIT);
    skua_status status = write_model(m, &text, err);
    if (status == SKUA_OK) status = skuai_json_file_write(folder, MODEL_FILE, &text, err);
    skuai_buffer_clear(&text);
    return status;
}

/* -- Reading: false, or SKUA_EDATA, when something is missing or out of range --------------------
 */

static size_t whole(const skuai_json *value, int64_t most) {
    int64_t x = skuai_json_as_integer(value, -1);
    return x >= 0 && x <= most ? (size_t)x : SIZE_MAX;
}

static bool read_variables(const skuai_json *json, skuai_model *m) {
    m->n = skuai_json_size(json);
    if (m->n < SKUAI_CAUSAL_BUILT || m->n > SKUAI_CAUSAL_VARIABLES_MOST) return false;
    m->variables = skuai_zero(m->n, sizeof *m->variables);
    for (size_t k = 0; k < m->n && m->variables; k++) {
        const skuai_json *v = skuai_json_at(json, k);
        const char *kind = skuai_json_as_text(skuai_json_get(v, "kind"), "");
        skuai_causal_variable *to = &m->variables[k];
        size_t at = 0, year = whole(skuai_json_get(v, "year"), 2);
        while (at < 3 && strcmp(kind, kinds[at]) != 0)
            at++;
        if (at == 3 || year == SIZE_MAX) return false;
        to->kind = (skuai_causal_kind)at;
        to->year = (int)year;
        to->logarithm = skuai_json_as_bool(skuai_json_get(v, "logarithm"), false);
        (void)snprintf(to->name, sizeof to->name, "%s",
                       skuai_json_as_text(skuai_json_get(v, "name"), ""));
    }
    return m->variables != NULL;
}

static bool read_numbers(const skuai_json *json, skuai_model *m) {
    const skuai_json *profile = skuai_json_get(json, "profile"),
                     *errors = skuai_json_get(json, "errors");
    const char *end = skuai_json_as_text(skuai_json_get(json, "end"), "");
    m->lags = whole(skuai_json_get(json, "lags"), 60);
    m->window = whole(skuai_json_get(json, "window"), 1000);
    m->season = skuai_json_size(profile);
    m->unit = skuai_json_as_number(skuai_json_get(json, "unit"), NAN);
    m->deviation = skuai_json_as_number(skuai_json_get(json, "deviation"), NAN);
    m->logarithm = skuai_json_as_bool(skuai_json_get(json, "logarithm"), false);
    m->no_graph = skuai_json_as_bool(skuai_json_get(json, "no_graph"), false);
    m->end = skuai_learner_find(end);
    bool good = m->lags != SIZE_MAX && m->lags > 0 && m->window != SIZE_MAX && m->window > 0 &&
                m->season >= 1 && m->season <= 100000 && m->unit > 0 && m->deviation > 0 && m->end;
    if (!good || skuai_json_size(errors) != SKUAI_CAUSAL_BUCKETS * SKUAI_CAUSAL_GRID) return false;
    m->profile = skuai_zero(m->season, sizeof *m->profile);
    if (!m->profile) return false;
    for (size_t p = 0; p < m->season; p++) {
        m->profile[p] = skuai_json_as_number(skuai_json_at(profile, p), NAN);
        good = good && isfinite(m->profile[p]);
    }
    for (size_t k = 0; k < SKUAI_CAUSAL_BUCKETS * SKUAI_CAUSAL_GRID; k++) {
        double x = skuai_json_as_number(skuai_json_at(errors, k), NAN);
        m->grid[k / SKUAI_CAUSAL_GRID][k % SKUAI_CAUSAL_GRID] = x;
        good = good && isfinite(x);
    }
    return good;
}

static bool read_inputs(const skuai_json *json, const skuai_model *m, skuai_causal_equation *q) {
    const skuai_json *inputs = skuai_json_get(json, "inputs");
    size_t n = skuai_json_size(inputs);
    q->target = whole(skuai_json_get(json, "target"), (int64_t)m->n - 1);
    q->inputs = skuai_new(n + 1, sizeof *q->inputs);
    if (q->target == SIZE_MAX || !q->inputs || n > m->n * (m->lags + 1)) return false;
    for (; q->n < n; q->n++) {
        const skuai_json *pair = skuai_json_at(inputs, q->n);
        skuai_causal_input *to = &q->inputs[q->n];
        to->variable = whole(skuai_json_at(pair, 0), (int64_t)m->n - 1);
        to->lag = whole(skuai_json_at(pair, 1), (int64_t)m->lags);
        if (to->variable == SIZE_MAX || to->lag == SIZE_MAX) return false;
        if (to->lag == 0 && m->variables[to->variable].kind != SKUAI_CAUSAL_KNOWN) return false;
    }
    return true;
}

static skua_status read_equations(const skuai_json *json, const char *path, skuai_model *m,
                                  skua_error *err) {
    size_t n = skuai_json_size(json);
    m->equations = skuai_zero(n + 1, sizeof *m->equations);
    if (!m->equations) return skuai_error_memory(err, "a causal model");
    for (; m->n_equations < n && n <= m->n;) {
        const skuai_json *e = skuai_json_at(json, m->n_equations);
        skuai_causal_equation *q = &m->equations[m->n_equations++];
        if (!read_inputs(e, m, q)) return skuai_error_set(err, SKUA_EDATA, "%s: a cause", path);
        const char *text = skuai_json_as_text(skuai_json_get(e, "learnt"), NULL);
        const skuai_learner *learner =
            skuai_learner_find(skuai_json_as_text(skuai_json_get(e, "learner"), ""));
        if (!text) continue;
        if (!learner) return skuai_error_set(err, SKUA_EDATA, "%s: an unknown learner", path);
        SKUA_TRY(learner->load(text, strlen(text), &q->learnt, err));
        if (q->learnt->n_columns != q->n)
            return skuai_error_set(err, SKUA_EDATA, "%s: a learner of other causes", path);
    }
    if (m->n_equations == 0 || m->n_equations != n || m->equations[0].target != 0)
        return skuai_error_set(err, SKUA_EDATA, "%s: demand has no equation", path);
    return SKUA_OK;
}

static skua_status take_model(const skuai_json *json, const char *path, void *user,
                              skua_error *err) {
    skua_status status = SKUA_OK;
    skuai_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a causal model");
    if (!read_numbers(json, m) || !read_variables(skuai_json_get(json, "variables"), m))
        status = skuai_error_set(err, SKUA_EDATA, "%s: a number is missing or out of range", path);
    if (status == SKUA_OK) status = read_equations(skuai_json_get(json, "equations"), path, m, err);
    if (status == SKUA_OK)
        *(skuai_model **)user = m;
    else
        skuai_causal_model_free(m);
    return status;
}

skua_status skuai_causal_load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                              skua_error *err) {
    (void)self;
    return skuai_json_file_read(folder, MODEL_FILE, MODEL_LIMIT, take_model, model, err);
}
