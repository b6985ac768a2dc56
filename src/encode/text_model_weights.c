#include "encode/text_model_weights.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 256 };
#define NONE SIZE_MAX

/* Names of a family's tensors; %zu is the layer, NULL: there is none. */
typedef struct names {
    const char *const prefixes[4]; /* that a file may put before all names */
    const char *words, *positions, *types, *norm_weight, *norm_bias;
    const char *layer; /* "encoder.layer.%zu." */
    const char *query, *key, *value, *out, *norm1, *in, *gate, *down, *norm2;
    const char *final_norm;
    const char *base, *dense, *dense_free, *output; /* of a head: what stands before all other names
                                                       where there is one, its dense layer (in the
                                                       base, or beside it), its last layer */
} names;

static const names bert_names = {.prefixes = {"", "bert.", "model.", ""},
                                 .words = "embeddings.word_embeddings.weight",
                                 .positions = "embeddings.position_embeddings.weight",
                                 .types = "embeddings.token_type_embeddings.weight",
                                 .norm_weight = "embeddings.LayerNorm.weight",
                                 .norm_bias = "embeddings.LayerNorm.bias",
                                 .layer = "encoder.layer.%zu.",
                                 .query = "attention.self.query",
                                 .key = "attention.self.key",
                                 .value = "attention.self.value",
                                 .out = "attention.output.dense",
                                 .norm1 = "attention.output.LayerNorm",
                                 .in = "intermediate.dense",
                                 .down = "output.dense",
                                 .norm2 = "output.LayerNorm",
                                 .base = "bert.",
                                 .dense = "pooler.dense",
                                 .output = "classifier"};
static const names roberta_names = {.prefixes = {"", "roberta.", "model.", ""},
                                    .words = "embeddings.word_embeddings.weight",
                                    .positions = "embeddings.position_embeddings.weight",
                                    .types = "embeddings.token_type_embeddings.weight",
                                    .norm_weight = "embeddings.LayerNorm.weight",
                                    .norm_bias = "embeddings.LayerNorm.bias",
                                    .layer = "encoder.layer.%zu.",
                                    .query = "attention.self.query",
                                    .key = "attention.self.key",
                                    .value = "attention.self.value",
                                    .out = "attention.output.dense",
                                    .norm1 = "attention.output.LayerNorm",
                                    .in = "intermediate.dense",
                                    .down = "output.dense",
                                    .norm2 = "output.LayerNorm",
                                    .base = "roberta.",
                                    .dense_free = "classifier.dense",
                                    .output = "classifier.out_proj"};
static const names distilbert_names = {.prefixes = {"", "distilbert.", "", ""},
                                       .words = "embeddings.word_embeddings.weight",
                                       .positions = "embeddings.position_embeddings.weight",
                                       .norm_weight = "embeddings.LayerNorm.weight",
                                       .norm_bias = "embeddings.LayerNorm.bias",
                                       .layer = "transformer.layer.%zu.",
                                       .query = "attention.q_lin",
                                       .key = "attention.k_lin",
                                       .value = "attention.v_lin",
                                       .out = "attention.out_lin",
                                       .norm1 = "sa_layer_norm",
                                       .in = "ffn.lin1",
                                       .down = "ffn.lin2",
                                       .norm2 = "output_layer_norm",
                                       .base = "distilbert.",
                                       .dense_free = "pre_classifier",
                                       .output = "classifier"};
static const names decoder_names = {.prefixes = {"", "model.", "", ""},
                                    .words = "embed_tokens.weight",
                                    .layer = "layers.%zu.",
                                    .query = "self_attn.q_proj",
                                    .key = "self_attn.k_proj",
                                    .value = "self_attn.v_proj",
                                    .out = "self_attn.o_proj",
                                    .norm1 = "input_layernorm",
                                    .in = "mlp.up_proj",
                                    .gate = "mlp.gate_proj",
                                    .down = "mlp.down_proj",
                                    .norm2 = "post_attention_layernorm",
                                    .final_norm = "norm.weight"};

/* Tensors that are written: they share the net's memory. */
typedef struct outgoing {
    skuai_safetensors_array *arrays;
    size_t n, room;
    skuai_arena *names;
} outgoing;

/* Both ways go through the same list of tensors: from the file, or with `to` into a new one. */
typedef struct loader {
    const skuai_text_config *config;
    const names *names;
    const char *prefix;
    skuai_safetensors *file;
    outgoing *to;
    skuai_nn_parameters *parameters;
    skua_error *err;
} loader;

static skua_status put(const loader *l, const char *name, size_t rows, size_t columns,
                       const float *values) {
    outgoing *o = l->to;
    if (o->n == o->room) {
        size_t room = o->room ? 2 * o->room : 256;
        skuai_safetensors_array *arrays = skuai_resize(o->arrays, room, sizeof *arrays);
        if (!arrays) return skuai_error_memory(l->err, "a list of tensors");
        o->arrays = arrays;
        o->room = room;
    }
    const char *copy = skuai_arena_text(o->names, name, strlen(name));
    if (!copy) return skuai_error_memory(l->err, "a list of tensors");
    o->arrays[o->n++] = (skuai_safetensors_array){.name = copy,
                                                  .rank = columns ? 2 : 1,
                                                  .shape = {rows, columns ? columns : 1},
                                                  .values = values};
    return SKUA_OK;
}

static bool fits(const skuai_safetensors_tensor *t, size_t rows, size_t columns) {
    return t->rank == (columns ? 2 : 1) && t->shape[0] == rows &&
           (columns == 0 || t->shape[1] == columns);
}

/* Tensor "prefix layer part suffix" of rows x columns (columns 0: a vector) into values, or out of
 * them. */
static skua_status move(const loader *l, size_t layer, const char *part, const char *suffix,
                        size_t rows, size_t columns, bool optional, float *values) {
    char in_layer[NAME] = "", name[NAME];
    int n = 0;
    if (layer != NONE) {
        /* the format is one of those above */
        const char *at = strstr(l->names->layer, "%zu");
        n = snprintf(in_layer, sizeof in_layer, "%.*s%zu%s", (int)(at - l->names->layer),
                     l->names->layer, layer, at + 3);
    }
    if (n >= 0) n = snprintf(name, sizeof name, "%s%s%s%s", l->prefix, in_layer, part, suffix);
    if (n < 0 || n >= NAME) return skuai_error_set(l->err, SKUA_EINTERNAL, "a long tensor name");
    if (l->to) return put(l, name, rows, columns, values);
    const skuai_safetensors_tensor *t = skuai_safetensors_find(l->file, name);
    if (!t && optional) return SKUA_OK;
    if (!t) return skuai_error_set(l->err, SKUA_EDATA, "the tensor '%s' is missing", name);
    if (!fits(t, rows, columns))
        return skuai_error_set(l->err, SKUA_EDATA,
                               "the tensor '%s' has the shape %zu x %zu, %zu x %zu is needed", name,
                               t->shape[0], t->shape[1], rows, columns ? columns : 1);
    return skuai_safetensors_read(l->file, name, t->size, values, l->err);
}

static float *place(const loader *l, size_t id) {
    return skuai_nn_parameters_value(l->parameters, id);
}

/* Keys or values: grouped heads are spread out, so that each query head has its own [Ainslie et al.
 * 2023 turned round]. rows of `to` are heads * size. */
static skua_status move_spread(const loader *l, size_t layer, const char *part, const char *suffix,
                               size_t columns, bool optional, float *to) {
    const skuai_nn_block_config *c = &l->config->encoder.block;
    size_t groups = l->config->key_heads, each = c->heads / groups;
    size_t head = c->width / c->heads * (columns ? columns : 1); /* values of a head */
    SKUA_TRY(move(l, layer, part, suffix, c->width / each, columns, optional, to));
    if (each == 1) return SKUA_OK;
    for (size_t h = c->heads; h-- > 0;) /* from the end: the source lies at the front */
        memmove(to + h * head, to + h / each * head, head * sizeof *to);
    return SKUA_OK;
}

static skua_status move_attention(const loader *l, size_t i, const skuai_nn_block *b) {
    const names *n = l->names;
    size_t d = l->config->encoder.block.width;
    bool decoder = l->config->family == SKUAI_TEXT_DECODER;
    float *w = place(l, b->qkv_weight), *bias = place(l, b->qkv_bias);
    SKUA_TRY(move(l, i, n->query, ".weight", d, d, false, w));
    SKUA_TRY(move_spread(l, i, n->key, ".weight", d, false, w + d * d));
    SKUA_TRY(move_spread(l, i, n->value, ".weight", d, false, w + 2 * d * d));
    SKUA_TRY(move(l, i, n->query, ".bias", d, 0, decoder, bias));
    SKUA_TRY(move_spread(l, i, n->key, ".bias", 0, decoder, bias + d));
    SKUA_TRY(move_spread(l, i, n->value, ".bias", 0, decoder, bias + 2 * d));
    SKUA_TRY(move(l, i, n->out, ".weight", d, d, false, place(l, b->out_weight)));
    return move(l, i, n->out, ".bias", d, 0, decoder, place(l, b->out_bias));
}

static skua_status move_layer(const loader *l, size_t i, const skuai_nn_block *b) {
    const names *n = l->names;
    size_t d = l->config->encoder.block.width, f = l->config->encoder.block.hidden;
    bool decoder = l->config->family == SKUAI_TEXT_DECODER;
    float *in = place(l, b->in_weight);
    SKUA_TRY(move_attention(l, i, b));
    SKUA_TRY(move(l, i, n->norm1, ".weight", d, 0, false, place(l, b->norm1_weight)));
    SKUA_TRY(move(l, i, n->norm2, ".weight", d, 0, false, place(l, b->norm2_weight)));
    if (decoder) {
        SKUA_TRY(move(l, i, n->gate, ".weight", f, d, false, in)); /* gate rows first */
        SKUA_TRY(move(l, i, n->in, ".weight", f, d, false, in + f * d));
    } else {
        SKUA_TRY(move(l, i, n->norm1, ".bias", d, 0, false, place(l, b->norm1_bias)));
        SKUA_TRY(move(l, i, n->norm2, ".bias", d, 0, false, place(l, b->norm2_bias)));
        SKUA_TRY(move(l, i, n->in, ".weight", f, d, false, in));
        SKUA_TRY(move(l, i, n->in, ".bias", f, 0, false, place(l, b->in_bias)));
    }
    SKUA_TRY(move(l, i, n->down, ".weight", d, f, false, place(l, b->down_weight)));
    return move(l, i, n->down, ".bias", d, 0, decoder, place(l, b->down_bias));
}

static skua_status fill(const loader *l, const skuai_text_weights *w) {
    const skuai_text_config *c = l->config;
    const names *n = l->names;
    size_t d = c->encoder.block.width;
    SKUA_TRY(move(l, NONE, n->words, "", c->vocabulary, d, false, place(l, w->words)));
    if (w->positions != NONE)
        SKUA_TRY(move(l, NONE, n->positions, "", c->positions, d, false, place(l, w->positions)));
    if (w->types != NONE)
        SKUA_TRY(move(l, NONE, n->types, "", c->types, d, false, place(l, w->types)));
    if (w->norm_weight != NONE) {
        SKUA_TRY(move(l, NONE, n->norm_weight, "", d, 0, false, place(l, w->norm_weight)));
        SKUA_TRY(move(l, NONE, n->norm_bias, "", d, 0, false, place(l, w->norm_bias)));
    }
    for (size_t i = 0; i < c->encoder.layers; i++)
        SKUA_TRY(move_layer(l, i, &w->encoder.blocks[i]));
    if (n->final_norm)
        SKUA_TRY(move(l, NONE, n->final_norm, "", d, 0, false, place(l, w->encoder.final_weight)));
    return SKUA_OK;
}

/* A layer of the head: "name.weight", "name.bias"; one that is missing, or of another size, stays
 * as it is. */
static skua_status move_dense(const loader *l, const char *prefix, const char *name, size_t rows,
                              const skuai_nn_dense *dense) {
    char weight[NAME];
    loader own = *l;
    own.prefix = prefix;
    (void)snprintf(weight, sizeof weight, "%s%s.weight", prefix, name);
    const skuai_safetensors_tensor *t = l->file ? skuai_safetensors_find(l->file, weight) : NULL;
    size_t d = l->config->encoder.block.width;
    if (!l->to && !(t && fits(t, rows, d))) return SKUA_OK;
    SKUA_TRY(move(&own, NONE, name, ".weight", rows, d, false, place(l, dense->weight)));
    return move(&own, NONE, name, ".bias", rows, 0, false, place(l, dense->bias));
}

static skua_status move_head(const loader *l, const skuai_text_weights *w) {
    const names *n = l->names;
    const char *prefix = n->dense ? l->prefix : "";
    SKUA_TRY(move_dense(l, prefix, n->dense ? n->dense : n->dense_free,
                        l->config->encoder.block.width, &w->dense));
    return move_dense(l, "", n->output, l->config->outputs, &w->out);
}

/* Before anything is allocated: is the first large tensor there and as large as the configuration
 * says, and can the file hold the model at all. */
static skua_status find_prefix(loader *l) {
    char name[NAME];
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(name, sizeof name, "%s%s", l->names->prefixes[i], l->names->words);
        const skuai_safetensors_tensor *t = skuai_safetensors_find(l->file, name);
        if (!t) continue;
        l->prefix = l->names->prefixes[i];
        if (t->rank == 2 && t->shape[0] == l->config->vocabulary &&
            t->shape[1] == l->config->encoder.block.width)
            return SKUA_OK;
        return skuai_error_set(
            l->err, SKUA_EDATA, "the tensor '%s' has the shape %zu x %zu, %zu x %zu is needed",
            name, t->shape[0], t->shape[1], l->config->vocabulary, l->config->encoder.block.width);
    }
    return skuai_error_set(l->err, SKUA_EDATA, "the tensor '%s' is missing", l->names->words);
}

static const names *names_of(const skuai_text_config *config) {
    switch (config->family) {
    case SKUAI_TEXT_DECODER:
        return &decoder_names;
    case SKUAI_TEXT_DISTILBERT:
        return &distilbert_names;
    case SKUAI_TEXT_ROBERTA:
        return &roberta_names;
    default:
        return &bert_names;
    }
}

skua_status skuai_text_weights_read(const skuai_text_config *config, skuai_safetensors *file,
                                    uint64_t seed, skuai_text_weights *weights, skua_error *err) {
    loader l = {.config = config, .names = names_of(config), .file = file, .err = err};
    SKUA_TRY(find_prefix(&l));
    SKUA_TRY(skuai_text_net_new(config, seed, weights, err));
    l.parameters = weights->parameters;
    SKUA_TRY(fill(&l, weights)); /* biases that a decoder's file may lack are 0 */
    return config->outputs ? move_head(&l, weights) : SKUA_OK;
}

bool skuai_text_weights_has_head(const skuai_text_config *config, const skuai_safetensors *file,
                                 size_t outputs) {
    char name[NAME];
    const char *output = names_of(config)->output;
    if (!output) return false;
    (void)snprintf(name, sizeof name, "%s.weight", output);
    const skuai_safetensors_tensor *t = skuai_safetensors_find(file, name);
    return t && fits(t, outputs, config->encoder.block.width);
}

skua_status skuai_text_weights_write(const skuai_text_config *config,
                                     const skuai_text_weights *weights, const char *path,
                                     skua_error *err) {
    outgoing to = {.names = skuai_arena_new(0)};
    loader l = {.config = config,
                .names = names_of(config),
                .to = &to,
                .parameters = weights->parameters,
                .err = err};
    if (!to.names) return skuai_error_memory(err, "a list of tensors");
    l.prefix = l.names->base;
    const skuai_safetensors_pair format = {"format", "pt"}; /* transformers asks for it */
    skua_status status = l.prefix && config->outputs
                             ? fill(&l, weights)
                             : skuai_error_set(err, SKUA_EINVAL, "a model without a head");
    if (status == SKUA_OK) status = move_head(&l, weights);
    if (status == SKUA_OK) status = skuai_safetensors_write(path, &format, 1, to.arrays, to.n, err);
    skuai_free(to.arrays);
    skuai_arena_free(to.names);
    return status;
}
