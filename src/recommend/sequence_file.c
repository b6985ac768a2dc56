/* A sequence net as one safetensors file: the encoder's parameters, the octaves of ages and the
 * items' vectors; options and key in the metadata. */
#include "core/alloc.h"
#include "core/json.h"
#include "nn/safetensors.h"
#include "recommend/sequence_build.h"

#include <string.h>

#define FORMAT "skua sequence net 1"

static skua_status options_text(const skuai_sequence_net *net, skuai_buffer *text,
                                skua_error *err) {
    const skuai_sequence_options *o = &net->options;
    skuai_json_writer w;
    skuai_json_begin(&w, text);
    skuai_json_object(&w, NULL);
    skuai_json_integer(&w, "items", (int64_t)net->n_items);
    skuai_json_integer(&w, "width", (int64_t)o->width);
    skuai_json_integer(&w, "layers", (int64_t)o->layers);
    skuai_json_integer(&w, "heads", (int64_t)o->heads);
    skuai_json_integer(&w, "length", (int64_t)o->length);
    skuai_json_close(&w);
    return skuai_buffer_check(text, err);
}

skua_status skuai_sequence_save(const skuai_sequence_net *net, const char *path, const char *key,
                                skua_error *err) {
    const skuai_nn_parameters *p = net->parameters;
    skuai_safetensors_array *arrays = skuai_new(p->count + 1, sizeof *arrays);
    size_t n = 0;
    skuai_buffer text;
    skuai_buffer_init(&text, 4096);
    skua_status status = arrays ? options_text(net, &text, err) : skuai_error_memory(err, "a net");
    if (status == SKUA_OK) {
        for (size_t k = 0; k < p->count; k++) {
            const skuai_nn_parameter *q = &p->table[k];
            if (k == net->items || k == net->content) continue; /* they are in the vectors */
            arrays[n] = (skuai_safetensors_array){.name = q->name,
                                                  .type = SKUAI_SAFETENSORS_F32,
                                                  .rank = q->rank,
                                                  .values = p->value + q->offset};
            memcpy(arrays[n++].shape, q->shape, sizeof q->shape);
        }
        arrays[n++] = (skuai_safetensors_array){.name = "vectors",
                                                .type = SKUAI_SAFETENSORS_F32,
                                                .rank = 2,
                                                .shape = {net->n_items, net->options.width},
                                                .values = net->vectors};
        const skuai_safetensors_pair texts[] = {
            {"format", FORMAT}, {"options", skuai_buffer_view(&text)}, {"key", key}};
        status = skuai_safetensors_write(path, texts, 3, arrays, n, err);
    }
    skuai_buffer_clear(&text);
    skuai_free(arrays);
    return status;
}

static size_t size_of(const skuai_json *json, const char *name) {
    int64_t v = skuai_json_as_integer(skuai_json_get(json, name), 0);
    return v > 0 && v < INT32_MAX ? (size_t)v : 0;
}

static skua_status read_options(skuai_safetensors *file, const char *path, const char *key,
                                skuai_sequence_options *o, size_t *n_items, skua_error *err) {
    const char *format = skuai_safetensors_text(file, "format");
    const char *text = skuai_safetensors_text(file, "options");
    const char *of = skuai_safetensors_text(file, "key");
    if (!format || strcmp(format, FORMAT) != 0 || !text || !of)
        return skuai_error_set(err, SKUA_EDATA, "%s: not a sequence net of skua", path);
    if (strcmp(of, key) != 0)
        return skuai_error_set(err, SKUA_EDATA, "%s: a net of other orders", path);
    skuai_json *json = NULL;
    SKUA_TRY(skuai_json_parse(text, strlen(text), &json, err));
    *o = SKUAI_SEQUENCE_DEFAULT;
    o->width = size_of(json, "width");
    o->layers = size_of(json, "layers");
    o->heads = size_of(json, "heads");
    o->length = size_of(json, "length");
    *n_items = size_of(json, "items");
    skuai_json_free(json);
    return SKUA_OK;
}

skua_status skuai_sequence_load(const char *path, const char *key, skuai_sequence_net **made,
                                skua_error *err) {
    skuai_safetensors *file = NULL;
    skuai_sequence_options o;
    skuai_sequence_net *net = NULL;
    size_t n_items = 0;
    SKUA_TRY(skuai_safetensors_open(path, &file, err));
    skua_status status = read_options(file, path, key, &o, &n_items, err);
    const skuai_safetensors_tensor *vectors = skuai_safetensors_find(file, "vectors");
    if (status == SKUA_OK && (!vectors || n_items == 0 || vectors->size != n_items * o.width))
        status = skuai_error_set(err, SKUA_EDATA, "%s: the items' vectors are not there", path);
    if (status == SKUA_OK) status = skuai_sequence_build(&o, n_items, false, 1, &net, err);
    for (size_t k = 0; status == SKUA_OK && k < net->parameters->count; k++) {
        const skuai_nn_parameter *q = &net->parameters->table[k];
        status =
            skuai_safetensors_read(file, q->name, q->size, net->parameters->value + q->offset, err);
    }
    if (status == SKUA_OK)
        status = skuai_safetensors_read(file, "vectors", n_items * o.width, net->vectors, err);
    skuai_safetensors_close(file);
    if (status != SKUA_OK) {
        skuai_sequence_free(net);
        return status == SKUA_EINVAL ? SKUA_EDATA : status;
    }
    *made = net;
    return SKUA_OK;
}
