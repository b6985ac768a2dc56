#include "encode/vision_weights.h"

#include <stdio.h>
#include <string.h>

enum { PREFIX = 96, NAME = 256 };
#define NONE SIZE_MAX

/* Names of a family's tensors; NULL: there is none. */
typedef struct names {
    const char *const prefixes[3]; /* that a file may put before all names */
    const char *class_token, *distillation, *positions, *patch, *before;
    const char *layers, *query, *key, *value, *out, *norm1, *norm2, *in, *down;
    const char *last;
} names;

static const names vit_names = {.prefixes = {"", "vit.", "deit."},
                                .class_token = "embeddings.cls_token",
                                .distillation = "embeddings.distillation_token",
                                .positions = "embeddings.position_embeddings",
                                .patch = "embeddings.patch_embeddings.projection",
                                .layers = "encoder.layer.",
                                .query = "attention.attention.query",
                                .key = "attention.attention.key",
                                .value = "attention.attention.value",
                                .out = "attention.output.dense",
                                .norm1 = "layernorm_before",
                                .norm2 = "layernorm_after",
                                .in = "intermediate.dense",
                                .down = "output.dense",
                                .last = "layernorm"};
/* CLIP's and SigLIP's */
static const names tower_names = {.prefixes = {"vision_model.", "", "model.vision_model."},
                                  .class_token = "embeddings.class_embedding",
                                  .positions = "embeddings.position_embedding.weight",
                                  .patch = "embeddings.patch_embedding",
                                  .before = "pre_layrnorm", /* so it is spelt there */
                                  .layers = "encoder.layers.",
                                  .query = "self_attn.q_proj",
                                  .key = "self_attn.k_proj",
                                  .value = "self_attn.v_proj",
                                  .out = "self_attn.out_proj",
                                  .norm1 = "layer_norm1",
                                  .norm2 = "layer_norm2",
                                  .in = "mlp.fc1",
                                  .down = "mlp.fc2",
                                  .last = "post_layernorm"};

typedef struct loader {
    const skuai_vision_config *config;
    const names *names;
    char prefix[PREFIX]; /* before what is read */
    const char *root;    /* prefix of the whole tower */
    skuai_safetensors *file;
    const skuai_nn_parameters *parameters;
    skua_error *err;
} loader;

/* The tensor "prefix name suffix" of exactly this shape (rank of them) into a parameter from
 * element `at` on. */
static skua_status read(const loader *l, const char *name, const char *suffix, int rank,
                        const size_t *shape, size_t parameter, size_t at) {
    char whole[NAME], got[96] = "", need[96] = "";
    int length = snprintf(whole, sizeof whole, "%s%s%s", l->prefix, name, suffix);
    if (length < 0 || length >= NAME)
        return skuai_error_set(l->err, SKUA_EINTERNAL, "a long tensor name");
    const skuai_safetensors_tensor *t = skuai_safetensors_find(l->file, whole);
    if (!t) return skuai_error_set(l->err, SKUA_EDATA, "the tensor '%s' is missing", whole);
    bool fits = t->rank == rank;
    for (int k = 0; k < rank; k++)
        fits = fits && t->shape[k] == shape[k];
    if (fits)
        return skuai_safetensors_read(l->file, whole, t->size,
                                      skuai_nn_parameters_value(l->parameters, parameter) + at,
                                      l->err);
    for (int k = 0; k < t->rank && strlen(got) < 70; k++)
        (void)snprintf(got + strlen(got), sizeof got - strlen(got), "%s%zu", k ? " x " : "",
                       t->shape[k]);
    for (int k = 0; k < rank; k++)
        (void)snprintf(need + strlen(need), sizeof need - strlen(need), "%s%zu", k ? " x " : "",
                       shape[k]);
    return skuai_error_set(l->err, SKUA_EDATA, "the tensor '%s' has the shape %s, %s is needed",
                           whole, got, need);
}

static skua_status read_vector(const loader *l, const char *name, const char *suffix, size_t n,
                               size_t parameter, size_t at) {
    return read(l, name, suffix, 1, &n, parameter, at);
}

static skua_status read_matrix(const loader *l, const char *name, const char *suffix, size_t rows,
                               size_t columns, size_t parameter, size_t at) {
    return read(l, name, suffix, 2, (size_t[]){rows, columns}, parameter, at);
}

static bool has(const loader *l, const char *name, const char *suffix) {
    char whole[NAME];
    (void)snprintf(whole, sizeof whole, "%s%s%s", l->prefix, name, suffix);
    return skuai_safetensors_find(l->file, whole) != NULL;
}

static void at_layer(loader *l, size_t i) {
    (void)snprintf(l->prefix, sizeof l->prefix, "%s%s%zu.", l->root, l->names->layers, i);
}
static void at_root(loader *l) {
    (void)snprintf(l->prefix, sizeof l->prefix, "%s", l->root);
}

static skua_status read_norm(const loader *l, const char *name, size_t weight, size_t bias) {
    size_t d = l->config->encoder.block.width;
    SKUA_TRY(read_vector(l, name, ".weight", d, weight, 0));
    return read_vector(l, name, ".bias", d, bias, 0);
}

static skua_status read_layer(loader *l, size_t i, const skuai_nn_block *b) {
    const names *n = l->names;
    const char *const qkv[] = {n->query, n->key, n->value};
    size_t d = l->config->encoder.block.width, f = l->config->encoder.block.hidden;
    at_layer(l, i);
    for (size_t k = 0; k < 3; k++) {
        SKUA_TRY(read_matrix(l, qkv[k], ".weight", d, d, b->qkv_weight, k * d * d));
        /* a ViT may have none; what is not read is 0 */
        if (l->config->family != SKUAI_VISION_VIT || has(l, qkv[k], ".bias"))
            SKUA_TRY(read_vector(l, qkv[k], ".bias", d, b->qkv_bias, k * d));
    }
    SKUA_TRY(read_matrix(l, n->out, ".weight", d, d, b->out_weight, 0));
    SKUA_TRY(read_vector(l, n->out, ".bias", d, b->out_bias, 0));
    SKUA_TRY(read_norm(l, n->norm1, b->norm1_weight, b->norm1_bias));
    SKUA_TRY(read_norm(l, n->norm2, b->norm2_weight, b->norm2_bias));
    SKUA_TRY(read_matrix(l, n->in, ".weight", f, d, b->in_weight, 0));
    SKUA_TRY(read_vector(l, n->in, ".bias", f, b->in_bias, 0));
    SKUA_TRY(read_matrix(l, n->down, ".weight", d, f, b->down_weight, 0));
    return read_vector(l, n->down, ".bias", d, b->down_bias, 0);
}

static skua_status read_embeddings(const loader *l, const skuai_vision_weights *w) {
    const skuai_vision_config *c = l->config;
    const names *n = l->names;
    size_t d = c->encoder.block.width, p = c->patch, s = c->tokens + c->patches;
    SKUA_TRY(read(l, n->patch, ".weight", 4, (size_t[]){d, 3, p, p}, w->patch_weight, 0));
    if (c->family != SKUAI_VISION_CLIP)
        SKUA_TRY(read_vector(l, n->patch, ".bias", d, w->patch_bias, 0));
    if (c->family != SKUAI_VISION_VIT) {
        if (c->tokens) SKUA_TRY(read_vector(l, n->class_token, "", d, w->tokens, 0));
        return read_matrix(l, n->positions, "", s, d, w->positions, 0);
    }
    SKUA_TRY(read(l, n->class_token, "", 3, (size_t[]){1, 1, d}, w->tokens, 0));
    if (c->tokens == 2)
        SKUA_TRY(read(l, n->distillation, "", 3, (size_t[]){1, 1, d}, w->tokens, d));
    return read(l, n->positions, "", 3, (size_t[]){1, s, d}, w->positions, 0);
}

/* SigLIP's pooling: a query of its own attends to all patches, then a feed-forward. */
static skua_status read_head(const loader *l, const skuai_vision_weights *w) {
    size_t d = l->config->encoder.block.width, f = l->config->encoder.block.hidden;
    char whole[NAME];
    SKUA_TRY(read(l, "head.probe", "", 3, (size_t[]){1, 1, d}, w->probe, 0));
    /* one tensor of query, key and value rows, of which the query's are a layer here */
    (void)snprintf(whole, sizeof whole, "%shead.attention.in_proj_weight", l->prefix);
    const skuai_safetensors_tensor *t = skuai_safetensors_find(l->file, whole);
    if (!t || t->rank != 2 || t->shape[0] != 3 * d || t->shape[1] != d)
        return skuai_error_set(l->err, SKUA_EDATA, "the tensor '%s' is missing or not %zu x %zu",
                               whole, 3 * d, d);
    float *rows = skuai_new(3 * d * d + 3 * d, sizeof *rows);
    if (!rows) return skuai_error_memory(l->err, "a picture encoder");
    skua_status status = skuai_safetensors_read(l->file, whole, 3 * d * d, rows, l->err);
    (void)snprintf(whole, sizeof whole, "%shead.attention.in_proj_bias", l->prefix);
    if (status == SKUA_OK)
        status = skuai_safetensors_read(l->file, whole, 3 * d, rows + 3 * d * d, l->err);
    if (status == SKUA_OK) {
        const skuai_nn_parameters *p = l->parameters;
        const float *bias = rows + 3 * d * d;
        memcpy(skuai_nn_parameters_value(p, w->head_q.weight), rows, d * d * sizeof *rows);
        memcpy(skuai_nn_parameters_value(p, w->head_kv.weight), rows + d * d,
               2 * d * d * sizeof *rows);
        memcpy(skuai_nn_parameters_value(p, w->head_q.bias), bias, d * sizeof *rows);
        memcpy(skuai_nn_parameters_value(p, w->head_kv.bias), bias + d, 2 * d * sizeof *rows);
    }
    skuai_free(rows);
    SKUA_TRY(status);
    SKUA_TRY(read_matrix(l, "head.attention.out_proj", ".weight", d, d, w->head_out.weight, 0));
    SKUA_TRY(read_vector(l, "head.attention.out_proj", ".bias", d, w->head_out.bias, 0));
    SKUA_TRY(read_norm(l, "head.layernorm", w->head_norm_weight, w->head_norm_bias));
    SKUA_TRY(read_matrix(l, "head.mlp.fc1", ".weight", f, d, w->head_in.weight, 0));
    SKUA_TRY(read_vector(l, "head.mlp.fc1", ".bias", f, w->head_in.bias, 0));
    SKUA_TRY(read_matrix(l, "head.mlp.fc2", ".weight", d, f, w->head_down.weight, 0));
    return read_vector(l, "head.mlp.fc2", ".bias", d, w->head_down.bias, 0);
}

static size_t add(skuai_nn_parameters *p, const char *name, size_t rows, size_t columns) {
    return skuai_nn_parameters_add(p, name, columns ? 2 : 1, (size_t[]){rows, columns},
                                   SKUAI_INIT_ZERO, 0);
}

static void add_all(const skuai_vision_config *c, skuai_vision_weights *w) {
    skuai_nn_parameters *p = w->parameters;
    size_t d = c->encoder.block.width, f = c->encoder.block.hidden;
    bool before = c->family == SKUAI_VISION_CLIP;
    w->tokens = c->tokens ? add(p, "tokens", c->tokens, d) : NONE;
    w->positions = add(p, "positions", c->tokens + c->patches, d);
    w->patch_weight = add(p, "patch.weight", d, 3 * c->patch * c->patch);
    w->patch_bias = add(p, "patch.bias", d, 0);
    w->before_weight = before ? add(p, "before.weight", d, 0) : NONE;
    w->before_bias = before ? add(p, "before.bias", d, 0) : NONE;
    w->projection = c->projection ? add(p, "projection", c->projection, d) : NONE;
    skuai_nn_encoder_add(p, "encoder", &c->encoder, &w->encoder);
    if (!c->head) return;
    w->probe = add(p, "probe", 1, d);
    w->head_norm_weight = add(p, "head.norm.weight", d, 0);
    w->head_norm_bias = add(p, "head.norm.bias", d, 0);
    skuai_nn_dense_add(p, "head.q", d, d, true, 0, &w->head_q);
    skuai_nn_dense_add(p, "head.kv", d, 2 * d, true, 0, &w->head_kv);
    skuai_nn_dense_add(p, "head.out", d, d, true, 0, &w->head_out);
    skuai_nn_dense_add(p, "head.in", d, f, true, 0, &w->head_in);
    skuai_nn_dense_add(p, "head.down", f, d, true, 0, &w->head_down);
}

/* Before anything is allocated: the first tensor is there and as large as the configuration says.
 */
static skua_status find_root(loader *l) {
    char name[NAME];
    size_t d = l->config->encoder.block.width, p = l->config->patch;
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s%s.weight", l->names->prefixes[i], l->names->patch);
        const skuai_safetensors_tensor *t = skuai_safetensors_find(l->file, name);
        if (!t) continue;
        l->root = l->names->prefixes[i];
        if (t->rank == 4 && t->shape[0] == d && t->shape[1] == 3 && t->shape[2] == p &&
            t->shape[3] == p)
            return SKUA_OK;
        return skuai_error_set(l->err, SKUA_EDATA,
                               "the tensor '%s' has patches of %zu x %zu pixels for a width of "
                               "%zu: config.json says %zu x %zu and %zu",
                               name, t->shape[2], t->shape[3], t->shape[0], p, p, d);
    }
    return skuai_error_set(l->err, SKUA_EDATA, "the tensor '%s.weight' is missing",
                           l->names->patch);
}

static skua_status fill(loader *l, const skuai_vision_weights *w) {
    const skuai_vision_config *c = l->config;
    at_root(l);
    SKUA_TRY(read_embeddings(l, w));
    if (w->before_weight != NONE)
        SKUA_TRY(read_norm(l, l->names->before, w->before_weight, w->before_bias));
    for (size_t i = 0; i < c->encoder.layers; i++)
        SKUA_TRY(read_layer(l, i, &w->encoder.blocks[i]));
    at_root(l);
    SKUA_TRY(read_norm(l, l->names->last, w->encoder.final_weight, w->encoder.final_bias));
    if (c->head) SKUA_TRY(read_head(l, w));
    l->prefix[0] = '\0';
    if (!c->projection) return SKUA_OK;
    return read_matrix(l, "visual_projection", ".weight", c->projection, c->encoder.block.width,
                       w->projection, 0);
}

skua_status skuai_vision_weights_read(skuai_vision_config *config, skuai_safetensors *file,
                                      skuai_vision_weights *weights, skua_error *err) {
    loader l = {.config = config, .file = file, .err = err};
    l.names = config->family == SKUAI_VISION_VIT ? &vit_names : &tower_names;
    SKUA_TRY(find_root(&l));
    const skuai_safetensors_tensor *projection =
        skuai_safetensors_find(file, "visual_projection.weight");
    config->projection =
        config->family == SKUAI_VISION_CLIP && projection ? projection->shape[0] : 0;
    weights->parameters = skuai_nn_parameters_new();
    if (!weights->parameters) return skuai_error_memory(err, "a picture encoder");
    add_all(config, weights);
    SKUA_TRY(skuai_nn_parameters_finish(weights->parameters, 1, err));
    l.parameters = weights->parameters;
    return fill(&l, weights);
}
