#include "neural/neural.h"

#include "core/file.h"
#include "core/json.h"
#include "neural/demand_graph.h"
#include "neural/panel_source.h"
#include "neural/train.h"
#include "nn/quantise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NEIGHBOURS = 4 };

struct skuai_model {
    const skuai_forecaster *self;
    skuai_demand *net;
    size_t steps; /* of the fit, for updates */
    double rate;
    size_t batch, future; /* patches */
    skuai_window_augmentation augmentation;
    skuai_attack attack;
    size_t rank; /* of adapters; 0: all weights are trained */
    double alpha;
    size_t neighbours; /* of a series that are read, of each kind; 0: none */
    bool validate;
};

/* -- Parameters ------------------------------------------------------------------------------- */

static const char *const known[] = {"base",        "steps",
                                    "batch",       "rate",
                                    "loss",        "validate",
                                    "horizon",     "width",
                                    "heads",       "layers",
                                    "patch",       "context",
                                    "dropout",     "jitter",
                                    "scaling",     "drop",
                                    "mask",        "damage",
                                    "rank",        "alpha",
                                    "adversarial", "adversarial_steps",
                                    "slice",       "neighbours",
                                    "mix"};

static skua_status unknown(const char *name, skua_error *err) {
    char names[400];
    size_t n = 0;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        int wrote = snprintf(names + n, sizeof names - n, "%s%s", k ? ", " : "", known[k]);
        if (wrote < 0 || (size_t)wrote >= sizeof names - n) break;
        n += (size_t)wrote;
    }
    names[n] = '\0';
    return skuai_error_set(err, SKUA_ECONFIG, "unknown parameter %s of a net: it has %s", name,
                           names);
}

static skua_status names_check(const skuai_parameters *parameters, skua_error *err) {
    for (size_t i = 0; parameters && i < parameters->n; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found = found || strcmp(parameters->items[i].name, known[k]) == 0;
        if (!found) return unknown(parameters->items[i].name, err);
    }
    return SKUA_OK;
}

static skua_status whole(const skuai_parameters *parameters, const char *name, size_t low,
                         size_t high, size_t *value, skua_error *err) {
    double v;
    SKUA_TRY(skuai_parameter_number(parameters, name, (double)*value, &v, err));
    if (!(v >= (double)low && v <= (double)high && v == floor(v)))
        return skuai_error_set(err, SKUA_ECONFIG, "%s = %g: need a whole number from %zu to %zu",
                               name, v, low, high);
    *value = (size_t)v;
    return SKUA_OK;
}

static skua_status share(const skuai_parameters *parameters, const char *name, double most,
                         double *value, skua_error *err) {
    double v;
    SKUA_TRY(skuai_parameter_number(parameters, name, *value, &v, err));
    if (!(v >= 0 && v <= most))
        return skuai_error_set(err, SKUA_ECONFIG, "%s = %g: need 0 to %g", name, v, most);
    *value = v;
    return SKUA_OK;
}

const char *skuai_neural_size_named(const skuai_parameters *parameters) {
    static const char *const sizes[] = {"width", "heads", "layers", "patch", "context", "dropout"};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        if (skuai_parameter_text(parameters, sizes[k], NULL)) return sizes[k];
    return NULL;
}

static skua_status net_of(const skuai_forecaster *self, const skuai_parameters *parameters,
                          uint64_t seed, skuai_demand **net, skua_error *err) {
    skuai_demand_config c = SKUAI_DEMAND_DEFAULT;
    /* by name: whoever configures a forecaster hands over a copy of it */
    c.kind = strcmp(self->name, "gru") == 0 ? SKUAI_DEMAND_GRU : SKUAI_DEMAND_TRANSFORMER;
    if (c.kind == SKUAI_DEMAND_GRU) c.width = 128, c.layers = 2;
    const char *loss = skuai_parameter_text(parameters, "loss", "pinball");
    c.squared = strcmp(loss, "squared") == 0;
    if (!c.squared && strcmp(loss, "pinball") != 0)
        return skuai_error_set(err, SKUA_ECONFIG, "loss = %s: need pinball or squared", loss);
    const char *base = skuai_parameter_text(parameters, "base", NULL);
    const char *size = skuai_neural_size_named(parameters);
    if (base && size)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "%s = %s is of a new net, and %s has its own: leave out %s, or base",
                               size, skuai_parameter_text(parameters, size, ""), base, size);
    if (base) {
        SKUA_TRY(skuai_demand_load(base, net, err));
        if ((*net)->config.kind != c.kind) {
            skuai_demand_free(*net);
            *net = NULL;
            return skuai_error_set(err, SKUA_ECONFIG, "%s does not hold a %s", base, self->name);
        }
        (*net)->config.squared = c.squared;
        return SKUA_OK;
    }
    SKUA_TRY(whole(parameters, "width", 8, 4096, &c.width, err));
    SKUA_TRY(whole(parameters, "heads", 1, 256, &c.heads, err));
    SKUA_TRY(whole(parameters, "layers", 1, SKUAI_NN_LAYERS_MOST, &c.layers, err));
    SKUA_TRY(whole(parameters, "patch", 1, 64, &c.window.patch, err));
    SKUA_TRY(whole(parameters, "context", 1, 4096, &c.window.context, err));
    SKUA_TRY(share(parameters, "dropout", 0.9, &c.dropout, err));
    c.hidden = 0;
    skua_status status = skuai_demand_new(&c, seed, net, err);
    if (status == SKUA_EINVAL)
        return skuai_error_set(err, SKUA_ECONFIG, "%s", err ? err->message : "");
    return status;
}

static skua_status settings_of(skuai_model *m, const skuai_parameters *parameters,
                               skua_error *err) {
    bool base = skuai_parameter_text(parameters, "base", NULL) != NULL;
    size_t horizon = 64, validate = 1;
    m->steps = base ? 300 : 1000;
    m->batch = 32;
    m->rate = base ? 2e-4 : 1e-3;
    m->neighbours = NEIGHBOURS;
    m->augmentation = SKUAI_TRAIN_DEFAULT.augmentation;
    SKUA_TRY(whole(parameters, "steps", 0, 100000000, &m->steps, err));
    SKUA_TRY(whole(parameters, "batch", 1, 4096, &m->batch, err));
    SKUA_TRY(whole(parameters, "horizon", 1, 4096, &horizon, err));
    SKUA_TRY(whole(parameters, "validate", 0, 1, &validate, err));
    SKUA_TRY(whole(parameters, "neighbours", 0, 64, &m->neighbours, err));
    SKUA_TRY(share(parameters, "rate", 1, &m->rate, err));
    SKUA_TRY(share(parameters, "jitter", 10, &m->augmentation.jitter, err));
    SKUA_TRY(share(parameters, "scaling", 10, &m->augmentation.scaling, err));
    SKUA_TRY(share(parameters, "drop", 1, &m->augmentation.drop, err));
    SKUA_TRY(share(parameters, "mask", 0.9, &m->augmentation.mask, err));
    SKUA_TRY(share(parameters, "damage", 1, &m->augmentation.damage, err));
    SKUA_TRY(share(parameters, "slice", 1, &m->augmentation.slice, err));
    SKUA_TRY(share(parameters, "mix", 1, &m->augmentation.mix, err));
    m->attack = SKUAI_TRAIN_DEFAULT.attack;
    m->alpha = SKUAI_TRAIN_DEFAULT.alpha;
    SKUA_TRY(share(parameters, "adversarial", 10, &m->attack.epsilon, err));
    SKUA_TRY(whole(parameters, "adversarial_steps", 1, 100, &m->attack.steps, err));
    SKUA_TRY(whole(parameters, "rank", 0, 4096, &m->rank, err));
    SKUA_TRY(share(parameters, "alpha", 4096, &m->alpha, err));
    if (m->rank > 0 && !base)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "rank = %zu: adapters are for a pre-trained net; name its file "
                               "(base), or train a new one whole",
                               m->rank);
    if (m->rank > 0 && !(m->alpha > 0))
        return skuai_error_set(err, SKUA_ECONFIG, "alpha = %g: need more than 0", m->alpha);
    size_t patch = m->net->config.window.patch;
    m->future = (horizon + patch - 1) / patch;
    m->validate = validate == 1;
    return SKUA_OK;
}

/* -- Training --------------------------------------------------------------------------------- */

/* The layers for neighbours, before the first training on a panel whose series have some. */
static skua_status read_neighbours(skuai_model *m, const skuai_panel *panel, uint64_t seed,
                                   skua_error *err) {
    const skuai_demand_config *c = &m->net->config;
    skuai_neighbours found;
    if (m->neighbours == 0 || c->window.neighbours > 0 || c->width % SKUAI_DEMAND_GRAPH_HEADS != 0)
        return SKUA_OK;
    SKUA_TRY(skuai_neighbours_init(&found, panel, m->neighbours, err));
    size_t n = skuai_neighbours_count(&found);
    skuai_neighbours_clear(&found);
    if (n == 0) return SKUA_OK;
    skuai_demand *wide;
    SKUA_TRY(skuai_demand_with_neighbours(m->net, m->neighbours, seed, &wide, err));
    skuai_demand_free(m->net);
    m->net = wide;
    return SKUA_OK;
}

static skua_status train(skuai_model *m, const skuai_panel *panel, size_t steps, double rate,
                         const skuai_context *context, skua_error *err) {
    size_t patch = m->net->config.window.patch;
    skuai_panel_source source;
    skuai_nn_parameters_unquantise(m->net->parameters); /* floats are trained */
    SKUA_TRY(read_neighbours(m, panel, context ? context->seed : 1, err));
    SKUA_TRY(skuai_panel_source_init(&source, panel, m->net->config.window.neighbours,
                                     m->validate ? m->future * patch : 0,
                                     context ? context->seed : 1, err));
    source.mix = m->augmentation.mix;
    if (panel->n_vectors > 0 || panel->n_static > 0) m->net->config.sides = true;
    skuai_train_config c = SKUAI_TRAIN_DEFAULT;
    c.steps = steps;
    c.batch = m->batch;
    c.future = m->future;
    c.optimiser.rate = rate;
    c.optimiser.warmup_steps = steps / 20;
    c.augmentation = m->augmentation;
    c.attack = m->attack;
    c.rank = m->rank;
    c.alpha = m->alpha;
    c.vary_context = m->net->config.kind == SKUAI_DEMAND_TRANSFORMER;
    c.seed = context ? context->seed : 1;
    c.keep_best = m->validate;
    c.validate_every = steps / 10 ? steps / 10 : 1;
    c.validation = source.n < 512 ? source.n : 512;
    skua_status status = SKUA_OK;
    if (source.n > 0)
        status = skuai_train_run(m->net, &c, skuai_panel_source_window, &source,
                                 m->validate ? skuai_panel_source_last : NULL, &source, context,
                                 NULL, err);
    else
        skuai_context_log(context, SKUAI_LOG_WARNING, "%s: no series is long enough to train on",
                          m->self->name);
    skuai_panel_source_clear(&source);
    return status;
}

static void model_free(skuai_model *model) {
    if (!model) return;
    skuai_demand_free(model->net);
    skuai_free(model);
}

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    SKUA_TRY(names_check(parameters, err));
    skuai_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a model");
    m->self = self;
    skua_status status = net_of(self, parameters, context ? context->seed : 1, &m->net, err);
    if (status == SKUA_OK) status = settings_of(m, parameters, err);
    if (status == SKUA_OK && m->steps > 0)
        status = train(m, panel, m->steps, m->rate, context, err);
    if (status != SKUA_OK) {
        model_free(m);
        return status;
    }
    *model = m;
    return SKUA_OK;
}

static skua_status predict(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    return skuai_neural_predict(model->net, model->self->name, panel, request, context, forecast,
                                err);
}

static skua_status gradient(const skuai_model *model, const skuai_panel *from,
                            const skuai_panel *to, size_t s, const skuai_request *request,
                            const double *at, size_t n_at, const skuai_context *context,
                            double *slope, skua_error *err) {
    return skuai_neural_gradient(model->net, from, to, s, request, at, n_at, context, slope, err);
}

static skua_status update(skuai_model *model, const skuai_panel *panel,
                          const skuai_context *context, skua_error *err) {
    size_t steps = model->steps / 4 ? model->steps / 4 : model->steps;
    return train(model, panel, steps, model->rate / 2, context, err);
}

/* -- Files ------------------------------------------------------------------------------------ */

static skua_status path_of(const char *folder, const char *name, const char *ending,
                           skuai_buffer *path, skua_error *err) {
    skuai_buffer_init(path, 1 << 16);
    skuai_buffer_format(path, "%s/%s.%s", folder, name, ending);
    return skuai_buffer_check(path, err);
}

/* How it was trained, so that an update goes on alike: settings beside the net. */
static skua_status settings_save(const skuai_model *m, const char *folder, skua_error *err) {
    const skuai_window_augmentation *a = &m->augmentation;
    skuai_buffer path, text;
    skuai_json_writer w;
    skuai_buffer_init(&text, 1 << 16);
    skuai_json_begin(&w, &text);
    skuai_json_object(&w, NULL);
    skuai_json_integer(&w, "steps", (int64_t)m->steps);
    skuai_json_integer(&w, "batch", (int64_t)m->batch);
    skuai_json_integer(&w, "future", (int64_t)m->future);
    skuai_json_bool(&w, "validate", m->validate);
    skuai_json_number(&w, "rate", m->rate);
    skuai_json_number(&w, "jitter", a->jitter);
    skuai_json_number(&w, "scaling", a->scaling);
    skuai_json_number(&w, "drop", a->drop);
    skuai_json_number(&w, "mask", a->mask);
    skuai_json_number(&w, "damage", a->damage);
    skuai_json_number(&w, "slice", a->slice);
    skuai_json_number(&w, "mix", a->mix);
    skuai_json_number(&w, "adversarial", m->attack.epsilon);
    skuai_json_integer(&w, "adversarial_steps", (int64_t)m->attack.steps);
    skuai_json_integer(&w, "rank", (int64_t)m->rank);
    skuai_json_number(&w, "alpha", m->alpha);
    skuai_json_integer(&w, "neighbours", (int64_t)m->neighbours);
    skuai_json_close(&w);
    skua_status status = path_of(folder, m->self->name, "json", &path, err);
    if (status == SKUA_OK) status = skuai_buffer_check(&text, err);
    if (status == SKUA_OK)
        status = skuai_file_write(skuai_buffer_view(&path), text.data, text.size, err);
    skuai_buffer_clear(&path);
    skuai_buffer_clear(&text);
    return status;
}

static size_t whole_within(const skuai_json *json, const char *name, size_t most, size_t fallback) {
    int64_t value = skuai_json_as_integer(skuai_json_get(json, name), (int64_t)fallback);
    return value >= 0 && value <= (int64_t)most ? (size_t)value : fallback;
}

/* Into a model that has the usual settings; a net without the file keeps those. */
static skua_status settings_load(skuai_model *m, const char *folder, skua_error *err) {
    skuai_buffer path, text = {0};
    skuai_json *json = NULL;
    skua_status status = path_of(folder, m->self->name, "json", &path, err);
    if (status == SKUA_OK) status = skuai_file_read(skuai_buffer_view(&path), 1 << 16, &text, err);
    skuai_buffer_clear(&path);
    if (status == SKUA_ENOTFOUND) return SKUA_OK;
    if (status == SKUA_OK)
        status = skuai_json_parse(skuai_buffer_view(&text), text.size, &json, err);
    skuai_buffer_clear(&text);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s", folder);
    const struct {
        const char *name;
        double *value;
        double most;
    } numbers[] = {{"rate", &m->rate, 1},
                   {"jitter", &m->augmentation.jitter, 10},
                   {"scaling", &m->augmentation.scaling, 10},
                   {"drop", &m->augmentation.drop, 1},
                   {"mask", &m->augmentation.mask, 0.9},
                   {"damage", &m->augmentation.damage, 1},
                   {"slice", &m->augmentation.slice, 1},
                   {"mix", &m->augmentation.mix, 1},
                   {"adversarial", &m->attack.epsilon, 10},
                   {"alpha", &m->alpha, 4096}};
    m->steps = whole_within(json, "steps", 100000000, m->steps);
    m->batch = whole_within(json, "batch", 4096, m->batch);
    m->future = whole_within(json, "future", 1024, m->future);
    m->rank = whole_within(json, "rank", 4096, m->rank);
    m->neighbours = whole_within(json, "neighbours", 64, m->neighbours);
    m->attack.steps = whole_within(json, "adversarial_steps", 100, m->attack.steps);
    m->validate = skuai_json_as_bool(skuai_json_get(json, "validate"), m->validate);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double v = skuai_json_as_number(skuai_json_get(json, numbers[i].name), *numbers[i].value);
        if (v >= 0 && v <= numbers[i].most) *numbers[i].value = v;
    }
    if (m->batch == 0) m->batch = 1;
    if (m->future == 0) m->future = 1;
    if (m->attack.steps == 0) m->attack.steps = 1;
    if (!(m->alpha > 0)) m->alpha = SKUAI_TRAIN_DEFAULT.alpha;
    skuai_json_free(json);
    return SKUA_OK;
}

static skua_status save(const skuai_model *model, const char *folder, skua_error *err) {
    skuai_buffer path;
    skua_status status = path_of(folder, model->self->name, "safetensors", &path, err);
    if (status == SKUA_OK) status = skuai_folder_make(folder, err);
    if (status == SKUA_OK) status = skuai_demand_save(model->net, skuai_buffer_view(&path), err);
    if (status == SKUA_OK) status = settings_save(model, folder, err);
    skuai_buffer_clear(&path);
    return status;
}

static skua_status load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                        skua_error *err) {
    skuai_buffer path;
    skuai_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a model");
    m->self = self;
    skua_status status = path_of(folder, self->name, "safetensors", &path, err);
    if (status == SKUA_OK) status = skuai_demand_load(skuai_buffer_view(&path), &m->net, err);
    if (status == SKUA_OK)
        status = settings_of(m, &(skuai_parameters){(skuai_parameter[]){{"base", ""}}, 1}, err);
    if (status == SKUA_OK) status = settings_load(m, folder, err);
    skuai_buffer_clear(&path);
    if (status != SKUA_OK) {
        model_free(m);
        return status;
    }
    *model = m;
    return SKUA_OK;
}

static const skuai_forecaster forecasters[] = {
    {.name = "transformer",
     .summary = "transformer over patches, pre-trained or trained on the panel",
     .source = "Nie et al. 2023; Ansari et al. 2024; docs/MODEL.md",
     .fit = fit,
     .predict = predict,
     .by_series = true,
     .free = model_free,
     .save = save,
     .load = load,
     .update = update,
     .gradient = gradient},
    {.name = "gru",
     .summary = "recurrent net over patches (gated recurrent units)",
     .source = "Cho et al. 2014; docs/MODEL.md",
     .fit = fit,
     .predict = predict,
     .by_series = true,
     .free = model_free,
     .save = save,
     .load = load,
     .update = update,
     .gradient = gradient}};

const skuai_forecaster *skuai_neural_forecasters(size_t *count) {
    *count = sizeof forecasters / sizeof *forecasters;
    return forecasters;
}

const skuai_forecaster *skuai_neural_find(const char *name) {
    for (size_t i = 0; i < sizeof forecasters / sizeof *forecasters; i++) {
        if (strcmp(forecasters[i].name, name) == 0) return &forecasters[i];
    }
    return NULL;
}
