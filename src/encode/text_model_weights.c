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
} names;

static const names bert_names = {.prefixes = {"", "bert.", "roberta.", "model."},
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
                                 .norm2 = "output.LayerNorm"};
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
                                       .norm2 = "output_layer_norm"};
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

typedef struct loader {
    const skuai_text_config *config;
    const names *names;
    const char *prefix;
    skuai_safetensors *file;
    skuai_nn_parameters *parameters;
    skua_error *err;
} loader;

/* Tensor "prefix layer part suffix" of rows x columns (columns 0: a vector) into values. */
static skua_status read(const loader *l, size_t layer, const char *part, const char *suffix,
                        size_t rows, size_t columns, bool optional, float *values) {
    char in_layer[NAME] = "", name[NAME];
    int n = 0;
    if (layer != NONE) {
        /* the format is one of the three above */
        const char *at = strstr(l->names->layer, "%zu");
        n = snprintf(in_layer, sizeof in_layer, "%.*s%zu%s", (int)(at - l->names->layer),
                     l->names->layer, layer, at + 3);
    }
    if (n >= 0) n = snprintf(name, sizeof name, "%s%s%s%s", l->prefix, in_layer, part, suffix);
    if (n < 0 || n >= NAME) return skuai_error_set(l->err, SKUA_EINTERNAL, "a long tensor name");
    const skuai_safetensors_tensor *t = skuai_safetensors_find(l->file, name);
    if (!t && optional) return SKUA_OK;
    if (!t) return skuai_error_set(l->err, SKUA_EDATA, "the tensor '%s' is missing", name);
    bool fits = t->rank == (columns ? 2 : 1) && t->shape[0] == rows &&
                (columns == 0 || t->shape[1] == columns);
    if (!fits)
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
static skua_status read_spread(const loader *l, size_t layer, const char *part, const char *suffix,
                               size_t columns, bool optional, float *to) {
    const skuai_nn_block_config *c = &l->config->encoder.block;
    size_t groups = l->config->key_heads, each = c->heads / groups;
    size_t head = c->width / c->heads * (columns ? columns : 1); /* values of a head */
    SKUA_TRY(read(l, layer, part, suffix, c->width / each, columns, optional, to));
    if (each == 1) return SKUA_OK;
    for (size_t h = c->heads; h-- > 0;) /* from the end: the source lies at the front */
        memmove(to + h * head, to + h / each * head, head * sizeof *to);
    return SKUA_OK;
}

static skua_status read_attention(const loader *l, size_t i, const skuai_nn_block *b) {
    const names *n = l->names;
    size_t d = l->config->encoder.block.width;
    bool decoder = l->config->family == SKUAI_TEXT_DECODER;
    float *w = place(l, b->qkv_weight), *bias = place(l, b->qkv_bias);
    SKUA_TRY(read(l, i, n->query, ".weight", d, d, false, w));
    SKUA_TRY(read_spread(l, i, n->key, ".weight", d, false, w + d * d));
    SKUA_TRY(read_spread(l, i, n->value, ".weight", d, false, w + 2 * d * d));
    SKUA_TRY(read(l, i, n->query, ".bias", d, 0, decoder, bias));
    SKUA_TRY(read_spread(l, i, n->key, ".bias", 0, decoder, bias + d));
    SKUA_TRY(read_spread(l, i, n->value, ".bias", 0, decoder, bias + 2 * d));
    SKUA_TRY(read(l, i, n->out, ".weight", d, d, false, place(l, b->out_weight)));
    return read(l, i, n->out, ".bias", d, 0, decoder, place(l, b->out_bias));
}

static skua_status read_layer(const loader *l, size_t i, const skuai_nn_block *b) {
    const names *n = l->names;
    size_t d = l->config->encoder.block.width, f = l->config->encoder.block.hidden;
    bool decoder = l->config->family == SKUAI_TEXT_DECODER;
    float *in = place(l, b->in_weight);
    SKUA_TRY(read_attention(l, i, b));
    SKUA_TRY(read(l, i, n->norm1, ".weight", d, 0, false, place(l, b->norm1_weight)));
    SKUA_TRY(read(l, i, n->norm2, ".weight", d, 0, false, place(l, b->norm2_weight)));
    if (decoder) {
        SKUA_TRY(read(l, i, n->gate, ".weight", f, d, false, in)); /* gate rows first */
        SKUA_TRY(read(l, i, n->in, ".weight", f, d, false, in + f * d));
    } else {
        SKUA_TRY(read(l, i, n->norm1, ".bias", d, 0, false, place(l, b->norm1_bias)));
        SKUA_TRY(read(l, i, n->norm2, ".bias", d, 0, false, place(l, b->norm2_bias)));
        SKUA_TRY(read(l, i, n->in, ".weight", f, d, false, in));
        SKUA_TRY(read(l, i, n->in, ".bias", f, 0, false, place(l, b->in_bias)));
    }
    SKUA_TRY(read(l, i, n->down, ".weight", d, f, false, place(l, b->down_weight)));
    return read(l, i, n->down, ".bias", d, 0, decoder, place(l, b->down_bias));
}

static skua_status fill(const loader *l, const skuai_text_weights *w) {
    const skuai_text_config *c = l->config;
    const names *n = l->names;
    size_t d = c->encoder.block.width;
    SKUA_TRY(read(l, NONE, n->words, "", c->vocabulary, d, false, place(l, w->words)));
    if (w->positions != NONE)
        SKUA_TRY(read(l, NONE, n->positions, "", c->positions, d, false, place(l, w->positions)));
    if (w->types != NONE)
        SKUA_TRY(read(l, NONE, n->types, "", c->types, d, false, place(l, w->types)));
    if (w->norm_weight != NONE) {
        SKUA_TRY(read(l, NONE, n->norm_weight, "", d, 0, false, place(l, w->norm_weight)));
        SKUA_TRY(read(l, NONE, n->norm_bias, "", d, 0, false, place(l, w->norm_bias)));
    }
    for (size_t i = 0; i < c->encoder.layers; i++)
        SKUA_TRY(read_layer(l, i, &w->encoder.blocks[i]));
    if (n->final_norm)
        SKUA_TRY(read(l, NONE, n->final_norm, "", d, 0, false, place(l, w->encoder.final_weight)));
    return SKUA_OK;
}

static void add(const skuai_text_config *c, skuai_text_weights *w) {
    skuai_nn_parameters *p = w->parameters;
    size_t d = c->encoder.block.width;
    bool norm = c->family != SKUAI_TEXT_DECODER;
    w->words =
        skuai_nn_parameters_add(p, "words", 2, (size_t[]){c->vocabulary, d}, SKUAI_INIT_ZERO, 0);
    w->positions = w->types = w->norm_weight = w->norm_bias = NONE;
    if (c->positions)
        w->positions = skuai_nn_parameters_add(p, "positions", 2, (size_t[]){c->positions, d},
                                               SKUAI_INIT_ZERO, 0);
    if (c->types)
        w->types =
            skuai_nn_parameters_add(p, "types", 2, (size_t[]){c->types, d}, SKUAI_INIT_ZERO, 0);
    if (norm) {
        w->norm_weight = skuai_nn_parameters_add(p, "norm.weight", 1, &d, SKUAI_INIT_ONE, 0);
        w->norm_bias = skuai_nn_parameters_add(p, "norm.bias", 1, &d, SKUAI_INIT_ZERO, 0);
    }
    skuai_nn_encoder_add(p, "encoder", &c->encoder, &w->encoder);
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

skua_status skuai_text_weights_read(const skuai_text_config *config, skuai_safetensors *file,
                                    skuai_text_weights *weights, skua_error *err) {
    loader l = {.config = config, .file = file, .err = err};
    l.names = config->family == SKUAI_TEXT_DECODER      ? &decoder_names
              : config->family == SKUAI_TEXT_DISTILBERT ? &distilbert_names
                                                        : &bert_names;
    SKUA_TRY(find_prefix(&l));
    weights->parameters = skuai_nn_parameters_new();
    if (!weights->parameters) return skuai_error_memory(err, "a language model");
    add(config, weights);
    SKUA_TRY(skuai_nn_parameters_finish(weights->parameters, 1, err));
    l.parameters = weights->parameters;
    return fill(&l, weights);
}
