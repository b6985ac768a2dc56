/* A net as one safetensors file: tensors by parameter name, the configuration in the metadata. */
#include "neural/demand_file.h"
#include "neural/demand.h"

#include <string.h>

#define FORMAT "skua demand net 1"

static const char *const kind_names[] = {"transformer", "gru"};

skua_status skuai_demand_config_text(const skuai_demand_config *c, skuai_buffer *out,
                                     skua_error *err) {
    skuai_json_writer w;
    skuai_json_begin(&w, out);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "kind", kind_names[c->kind]);
    skuai_json_integer(&w, "patch", (int64_t)c->window.patch);
    skuai_json_integer(&w, "context", (int64_t)c->window.context);
    skuai_json_integer(&w, "width", (int64_t)c->width);
    skuai_json_integer(&w, "heads", (int64_t)c->heads);
    skuai_json_integer(&w, "layers", (int64_t)c->layers);
    skuai_json_integer(&w, "hidden", (int64_t)c->hidden);
    skuai_json_number(&w, "dropout", c->dropout);
    skuai_json_bool(&w, "squared", c->squared);
    skuai_json_bool(&w, "sides", c->sides);
    skuai_json_close(&w);
    return skuai_buffer_check(out, err);
}

static size_t size_of(const skuai_json *json, const char *name) {
    int64_t v = skuai_json_as_integer(skuai_json_get(json, name), 0);
    return v > 0 && v < 1 << 20 ? (size_t)v : 0;
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
    SKUA_TRY(skuai_json_parse(text, strlen(text), &json, err));
    const char *kind = skuai_json_as_text(skuai_json_get(json, "kind"), "");
    bool gru = strcmp(kind, kind_names[SKUAI_DEMAND_GRU]) == 0;
    bool known = gru || strcmp(kind, kind_names[SKUAI_DEMAND_TRANSFORMER]) == 0;
    *config = (skuai_demand_config){.kind = gru ? SKUAI_DEMAND_GRU : SKUAI_DEMAND_TRANSFORMER,
                                    .window = {size_of(json, "patch"), size_of(json, "context")},
                                    .width = size_of(json, "width"),
                                    .heads = size_of(json, "heads"),
                                    .layers = size_of(json, "layers"),
                                    .hidden = size_of(json, "hidden")};
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

skua_status skuai_demand_save(const skuai_demand *net, const char *path, skua_error *err) {
    const skuai_nn_parameters *p = net->parameters;
    skuai_buffer config;
    skuai_buffer_init(&config, 1 << 16);
    skuai_safetensors_array *arrays = skuai_new(p->count, sizeof *arrays);
    skua_status status = arrays ? SKUA_OK : skuai_error_memory(err, "a net");
    if (status == SKUA_OK) status = skuai_demand_config_text(&net->config, &config, err);
    for (size_t i = 0; i < p->count && status == SKUA_OK; i++) {
        const skuai_nn_parameter *q = &p->table[i];
        arrays[i] = (skuai_safetensors_array){
            .name = q->name, .rank = q->rank, .values = p->value + q->offset};
        memcpy(arrays[i].shape, q->shape, sizeof q->shape);
    }
    const skuai_safetensors_pair texts[] = {{"format", FORMAT},
                                            {"config", skuai_buffer_view(&config)}};
    if (status == SKUA_OK) status = skuai_safetensors_write(path, texts, 2, arrays, p->count, err);
    skuai_buffer_clear(&config);
    skuai_free(arrays);
    return status;
}

skua_status skuai_demand_load(const char *path, skuai_demand **net, skua_error *err) {
    skuai_safetensors *file = NULL;
    skuai_demand *made = NULL;
    skuai_demand_config config;
    SKUA_TRY(skuai_safetensors_open(path, &file, err));
    skua_status status = config_read(file, path, &config, err);
    if (status == SKUA_OK) {
        status = skuai_demand_new(&config, 0, &made, err);
        if (status == SKUA_EINVAL) status = skuai_error_prefix(err, SKUA_EDATA, "%s", path);
    }
    for (size_t i = 0; status == SKUA_OK && i < made->parameters->count; i++) {
        const skuai_nn_parameter *q = &made->parameters->table[i];
        status = skuai_safetensors_read(file, q->name, q->size, made->parameters->value + q->offset,
                                        err);
    }
    skuai_safetensors_close(file);
    if (status != SKUA_OK) {
        skuai_demand_free(made);
        return status;
    }
    *net = made;
    return SKUA_OK;
}
