/* A net as one safetensors file: tensors by parameter name, the configuration in the metadata. */
#include "neural/demand_file.h"
#include "neural/demand.h"
#include "nn/quantise.h"

#include <string.h>

#define FORMAT "skua demand net 1"
#define SCALE  ".scale"

static const char *const kind_names[] = {"transformer", "gru"};

/* Sizes of single layers, left out where none differs. */
static void layer_sizes_put(skuai_json_writer *w, const char *name, const size_t *sizes, size_t n) {
    bool any = false;
    for (size_t l = 0; l < n; l++)
        any = any || sizes[l] > 0;
    if (!any) return;
    skuai_json_array(w, name);
    for (size_t l = 0; l < n; l++)
        skuai_json_integer(w, NULL, (int64_t)sizes[l]);
    skuai_json_close(w);
}

skua_status skuai_demand_config_text(const skuai_demand_config *c, skuai_buffer *out,
                                     skua_error *err) {
    skuai_json_writer w;
    skuai_json_begin(&w, out);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "kind", kind_names[c->kind]);
    skuai_json_integer(&w, "patch", (int64_t)c->window.patch);
    skuai_json_integer(&w, "context", (int64_t)c->window.context);
    if (c->window.neighbours) skuai_json_integer(&w, "neighbours", (int64_t)c->window.neighbours);
    skuai_json_integer(&w, "width", (int64_t)c->width);
    skuai_json_integer(&w, "heads", (int64_t)c->heads);
    skuai_json_integer(&w, "layers", (int64_t)c->layers);
    skuai_json_integer(&w, "hidden", (int64_t)c->hidden);
    if (c->head_width) skuai_json_integer(&w, "head_width", (int64_t)c->head_width);
    layer_sizes_put(&w, "layer_heads", c->layer_heads, c->layers);
    layer_sizes_put(&w, "layer_hidden", c->layer_hidden, c->layers);
    skuai_json_number(&w, "dropout", c->dropout);
    skuai_json_bool(&w, "squared", c->squared);
    skuai_json_bool(&w, "sides", c->sides);
    skuai_json_close(&w);
    return skuai_buffer_check(out, err);
}

static size_t size_of(const skuai_json *json, const char *name) {
    int64_t v = skuai_json_as_integer(skuai_json_get(json, name), 0);
    return v <= 0 ? 0 : v < 1 << 20 ? (size_t)v : 1 << 20; /* too large for any net */
}

static size_t size_at(const skuai_json *json, const char *name, size_t i) {
    int64_t v = skuai_json_as_integer(skuai_json_at(skuai_json_get(json, name), i), 0);
    return v <= 0 ? 0 : v < 1 << 20 ? (size_t)v : 1 << 20; /* too large for any net */
}

static skua_status config_read(skuai_safetensors *file, const char *path,
                               skuai_demand_config *config, skua_error *err) {
    const char *format = skuai_safetensors_text(file, "format");
    const char *text = skuai_safetensors_text(file, "config");
    if (!format || strcmp(format, FORMAT) != 0 || !text)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: not a net of skua (its metadata lacks \"format\": \"%s\")",
                               path, FORMAT);
    skuai_json *json;
    skua_status parsed = skuai_json_parse(text, strlen(text), &json, err);
    if (parsed != SKUA_OK) return skuai_error_prefix(err, parsed, "%s: the net's config", path);
    const char *kind = skuai_json_as_text(skuai_json_get(json, "kind"), "");
    bool gru = strcmp(kind, kind_names[SKUAI_DEMAND_GRU]) == 0;
    bool known = gru || strcmp(kind, kind_names[SKUAI_DEMAND_TRANSFORMER]) == 0;
    *config = (skuai_demand_config){
        .kind = gru ? SKUAI_DEMAND_GRU : SKUAI_DEMAND_TRANSFORMER,
        .window = {size_of(json, "patch"), size_of(json, "context"), size_of(json, "neighbours")},
        .width = size_of(json, "width"),
        .heads = size_of(json, "heads"),
        .layers = size_of(json, "layers"),
        .hidden = size_of(json, "hidden")};
    config->head_width = size_of(json, "head_width");
    for (size_t l = 0; l < config->layers && l < SKUAI_NN_LAYERS_MOST; l++) {
        config->layer_heads[l] = size_at(json, "layer_heads", l);
        config->layer_hidden[l] = size_at(json, "layer_hidden", l);
    }
    config->dropout = skuai_json_as_number(skuai_json_get(json, "dropout"), 0);
    config->squared = skuai_json_as_bool(skuai_json_get(json, "squared"), false);
    config->sides = skuai_json_as_bool(skuai_json_get(json, "sides"), false);
    skua_status status = SKUA_OK;
    if (!known)
        status =
            skuai_error_set(err, SKUA_EDATA, "%s: a net of kind \"%s\" is unknown", path, kind);
    skuai_json_free(json);
    return status;
}

/* -- Saving ----------------------------------------------------------------------------------- */

typedef struct arrays {
    skuai_safetensors_array *items; /* [2 * parameters] */
    size_t n;
    skuai_arena *names;
} arrays;

static skua_status add_parameter(const skuai_nn_parameters *p, size_t i,
                                 skuai_safetensors_type type, arrays *to, skua_error *err) {
    const skuai_nn_parameter *q = &p->table[i];
    skuai_safetensors_array a = {
        .name = q->name, .type = type, .rank = q->rank, .values = p->value + q->offset};
    memcpy(a.shape, q->shape, sizeof q->shape);
    const skuai_int8_weight *small = p->int8 ? p->int8[i] : NULL;
    if (small) {
        a.type = SKUAI_SAFETENSORS_I8, a.values = small->values;
        size_t n = strlen(q->name);
        char *name = skuai_arena_take(to->names, n + sizeof SCALE, 1);
        if (!name) return skuai_error_memory(err, "a net");
        memcpy(name, q->name, n);
        memcpy(name + n, SCALE, sizeof SCALE);
        to->items[to->n++] = (skuai_safetensors_array){
            .name = name, .rank = 1, .shape = {small->out}, .values = small->scale};
    }
    to->items[to->n++] = a;
    return SKUA_OK;
}

skua_status skuai_demand_save_as(const skuai_demand *net, skuai_safetensors_type type,
                                 const char *path, skua_error *err) {
    const skuai_nn_parameters *p = net->parameters;
    skuai_buffer config;
    skuai_buffer_init(&config, 1 << 16);
    arrays a = {.items = skuai_new(2 * p->count, sizeof *a.items), .names = skuai_arena_new(0)};
    skua_status status = a.items && a.names ? SKUA_OK : skuai_error_memory(err, "a net");
    if (status == SKUA_OK) status = skuai_demand_config_text(&net->config, &config, err);
    for (size_t i = 0; i < p->count && status == SKUA_OK; i++)
        status = add_parameter(p, i, type, &a, err);
    const skuai_safetensors_pair texts[] = {{"format", FORMAT},
                                            {"config", skuai_buffer_view(&config)}};
    if (status == SKUA_OK) status = skuai_safetensors_write(path, texts, 2, a.items, a.n, err);
    skuai_buffer_clear(&config);
    skuai_free(a.items);
    skuai_arena_free(a.names);
    return status;
}

skua_status skuai_demand_save(const skuai_demand *net, const char *path, skua_error *err) {
    return skuai_demand_save_as(net, SKUAI_SAFETENSORS_F32, path, err);
}

/* -- Loading ---------------------------------------------------------------------------------- */

/* What is wrong with the file's own numbers is bad data, not a wrong call. */
static skua_status damaged(const char *path, skua_error *err) {
    skua_error why = {0};
    if (err) why = *err;
    return skuai_error_set(err, SKUA_EDATA, "%s: no net can be so: %s", path, why.message);
}

/* A matrix of 8-bit integers with its scales. */
static skua_status load_int8(skuai_safetensors *file, skuai_nn_parameters *p, size_t i,
                             const char *path, skua_error *err) {
    const skuai_nn_parameter *q = &p->table[i];
    if (q->rank != 2)
        return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s cannot be of type I8", path,
                               q->name);
    skuai_buffer name;
    skuai_buffer_init(&name, 4096);
    skuai_buffer_format(&name, "%s%s", q->name, SCALE);
    int8_t *values = skuai_new(q->size, 1);
    float *scale = skuai_new(q->shape[0], sizeof *scale);
    if (!p->int8) p->int8 = skuai_zero(p->count, sizeof(skuai_int8_weight *));
    skua_status status =
        values && scale && p->int8 ? SKUA_OK : skuai_error_memory(err, "8-bit weights");
    if (status == SKUA_OK) status = skuai_buffer_check(&name, err);
    if (status == SKUA_OK)
        status = skuai_safetensors_read_int8(file, q->name, q->size, values, err);
    if (status == SKUA_OK)
        status = skuai_safetensors_read(file, skuai_buffer_view(&name), q->shape[0], scale, err);
    if (status == SKUA_OK) {
        status = skuai_int8_weight_load(values, scale, q->shape[0], q->shape[1], &p->int8[i], err);
        if (status == SKUA_EINVAL) status = damaged(path, err);
    }
    if (status == SKUA_OK) skuai_int8_weight_expand(p->int8[i], p->value + q->offset);
    skuai_buffer_clear(&name);
    skuai_free(values);
    skuai_free(scale);
    return status;
}

static skua_status load_parameters(skuai_safetensors *file, skuai_nn_parameters *p,
                                   const char *path, skua_error *err) {
    for (size_t i = 0; i < p->count; i++) {
        const skuai_nn_parameter *q = &p->table[i];
        const skuai_safetensors_tensor *t = skuai_safetensors_find(file, q->name);
        bool same = t && t->rank == q->rank;
        for (int k = 0; same && k < q->rank; k++)
            same = t->shape[k] == q->shape[k];
        if (!same)
            return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s is missing or of another shape",
                                   path, q->name);
        if (t->type == SKUAI_SAFETENSORS_I8)
            SKUA_TRY(load_int8(file, p, i, path, err));
        else
            SKUA_TRY(skuai_safetensors_read(file, q->name, q->size, p->value + q->offset, err));
    }
    return SKUA_OK;
}

skua_status skuai_demand_load(const char *path, skuai_demand **net, skua_error *err) {
    skuai_safetensors *file = NULL;
    skuai_demand *made = NULL;
    skuai_demand_config config;
    SKUA_TRY(skuai_safetensors_open(path, &file, err));
    skua_status status = config_read(file, path, &config, err);
    if (status == SKUA_OK) {
        status = skuai_demand_new(&config, 0, &made, err);
        if (status == SKUA_EINVAL) status = damaged(path, err);
    }
    if (status == SKUA_OK) status = load_parameters(file, made->parameters, path, err);
    skuai_safetensors_close(file);
    if (status != SKUA_OK) {
        skuai_demand_free(made);
        return status;
    }
    *net = made;
    return SKUA_OK;
}
