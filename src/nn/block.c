#include "nn/block.h"

#include "nn/adapter.h"

#include <math.h>
#include <stdio.h>

enum { NAME = 256 };
#define NONE SIZE_MAX

/* -- Parameters ------------------------------------------------------------------------------- */

static size_t add(skuai_nn_parameters *p, const char *prefix, const char *name, int rank,
                  const size_t *shape, skuai_init init, double scale) {
    char whole[NAME];
    int n = snprintf(whole, sizeof whole, "%s.%s", prefix, name);
    if (n < 0 || n >= NAME) {
        if (p->status == SKUA_OK)
            p->status = skuai_error_set(&p->error, SKUA_EINVAL, "a name of over %d bytes", NAME);
        return 0;
    }
    return skuai_nn_parameters_add(p, whole, rank, shape, init, scale);
}

static size_t add_weight(skuai_nn_parameters *p, const char *prefix, const char *name, size_t out,
                         size_t in, double scale) {
    return add(p, prefix, name, 2, (size_t[]){out, in}, SKUAI_INIT_NORMAL, scale);
}

static size_t add_bias(skuai_nn_parameters *p, const char *prefix, const char *name, size_t n,
                       bool has) {
    return has ? add(p, prefix, name, 1, &n, SKUAI_INIT_ZERO, 0) : NONE;
}

static size_t add_gain(skuai_nn_parameters *p, const char *prefix, const char *name, size_t n) {
    return add(p, prefix, name, 1, &n, SKUAI_INIT_ONE, 0);
}

static void add_cross(skuai_nn_parameters *p, const char *prefix, const skuai_nn_block_config *c,
                      double residual, skuai_nn_block *b) {
    size_t d = c->width;
    bool norm_bias = c->bias && !c->rms_norm;
    b->cross_norm_weight = add_gain(p, prefix, "norm_cross.weight", d);
    b->cross_norm_bias = add_bias(p, prefix, "norm_cross.bias", d, norm_bias);
    b->cross_q_weight = add_weight(p, prefix, "cross.q.weight", d, d, c->init_scale);
    b->cross_q_bias = add_bias(p, prefix, "cross.q.bias", d, c->bias);
    b->cross_kv_weight =
        add_weight(p, prefix, "cross.kv.weight", 2 * d, c->context_width, c->init_scale);
    b->cross_kv_bias = add_bias(p, prefix, "cross.kv.bias", 2 * d, c->bias);
    b->cross_out_weight = add_weight(p, prefix, "cross.out.weight", d, d, residual);
    b->cross_out_bias = add_bias(p, prefix, "cross.out.bias", d, c->bias);
}

void skuai_nn_block_add(skuai_nn_parameters *parameters, const char *prefix,
                        const skuai_nn_block_config *config, double residual_scale,
                        skuai_nn_block *block) {
    skuai_nn_parameters *p = parameters;
    skuai_nn_block_config c = *config;
    if (c.hidden == 0) c.hidden = 4 * c.width;
    size_t d = c.width, inner = c.head_width ? c.heads * c.head_width : d,
           wide = c.activation == SKUAI_ACTIVATION_SWIGLU ? 2 * c.hidden : c.hidden;
    double residual = c.init_scale * residual_scale;
    bool norm_bias = c.bias && !c.rms_norm;
    *block = (skuai_nn_block){.config = c,
                              .cross_norm_weight = NONE,
                              .cross_norm_bias = NONE,
                              .cross_q_weight = NONE,
                              .cross_q_bias = NONE,
                              .cross_kv_weight = NONE,
                              .cross_kv_bias = NONE,
                              .cross_out_weight = NONE,
                              .cross_out_bias = NONE};
    bool own = c.head_width > 0 && c.context_width == 0;
    if ((c.heads < 1 || (d % c.heads != 0 && !own)) && p->status == SKUA_OK)
        p->status = skuai_error_set(&p->error, SKUA_EINVAL, "%s: %zu heads of a width of %zu",
                                    prefix, c.heads, d);
    block->norm1_weight = add_gain(p, prefix, "norm1.weight", d);
    block->norm1_bias = add_bias(p, prefix, "norm1.bias", d, norm_bias);
    block->qkv_weight = add_weight(p, prefix, "attention.qkv.weight", 3 * inner, d, c.init_scale);
    block->qkv_bias = add_bias(p, prefix, "attention.qkv.bias", 3 * inner, c.bias);
    block->out_weight = add_weight(p, prefix, "attention.out.weight", d, inner, residual);
    block->out_bias = add_bias(p, prefix, "attention.out.bias", d, c.bias);
    if (c.context_width > 0) add_cross(p, prefix, &c, residual, block);
    block->norm2_weight = add_gain(p, prefix, "norm2.weight", d);
    block->norm2_bias = add_bias(p, prefix, "norm2.bias", d, norm_bias);
    block->in_weight = add_weight(p, prefix, "feed_forward.in.weight", wide, d, c.init_scale);
    block->in_bias = add_bias(p, prefix, "feed_forward.in.bias", wide, c.bias);
    block->down_weight = add_weight(p, prefix, "feed_forward.out.weight", d, c.hidden, residual);
    block->down_bias = add_bias(p, prefix, "feed_forward.out.bias", d, c.bias);
}

/* -- A pass ----------------------------------------------------------------------------------- */

static skuai_tensor *take(skuai_tape *tape, const skuai_nn_parameters *p, size_t id) {
    return id == NONE ? NULL : skuai_nn_adapted(tape, p, id);
}

static skuai_tensor *norm(skuai_tape *tape, const skuai_nn_parameters *p,
                          const skuai_nn_block_config *c, size_t weight, size_t bias,
                          skuai_tensor *x) {
    if (c->rms_norm) return skuai_nn_rms_norm(tape, x, take(tape, p, weight), c->epsilon);
    return skuai_nn_layer_norm(tape, x, take(tape, p, weight), take(tape, p, bias), c->epsilon);
}

/* residual + dropout(linear(x)); both are released. */
static skuai_tensor *add_branch(skuai_tape *tape, const skuai_nn_parameters *p, double dropout,
                                size_t weight, size_t bias, skuai_tensor *x,
                                skuai_tensor *residual) {
    skuai_tensor *w = take(tape, p, weight), *b = take(tape, p, bias), *y;
    if (dropout > 0 && skuai_tape_mode_of(tape) == SKUAI_TAPE_TRAIN)
        y = skuai_nn_add(tape, skuai_nn_dropout(tape, skuai_nn_linear(tape, x, w, b), dropout),
                         residual);
    else
        y = skuai_nn_linear_add(tape, x, w, b, residual);
    skuai_tape_release(tape, x);
    skuai_tape_release(tape, residual);
    return y;
}

static skuai_tensor *self_attention(skuai_tape *tape, const skuai_nn_parameters *p,
                                    const skuai_nn_block *b, skuai_tensor *x,
                                    const skuai_nn_block_inputs *in) {
    const skuai_nn_block_config *c = &b->config;
    skuai_tensor *h = c->post_norm ? x : norm(tape, p, c, b->norm1_weight, b->norm1_bias, x);
    skuai_tensor *qkv =
        skuai_nn_linear(tape, h, take(tape, p, b->qkv_weight), take(tape, p, b->qkv_bias));
    if (!c->post_norm) skuai_tape_release(tape, h);
    const skuai_attention_options options = {.heads = c->heads,
                                             .causal = c->causal,
                                             .key_mask = in->key_mask,
                                             .bias = in->attention_bias,
                                             .bias_batch_stride = in->bias_batch_stride,
                                             .bias_head_stride = in->bias_head_stride,
                                             .rotary_base = c->rotary_base,
                                             .query_positions = in->positions,
                                             .key_positions = in->positions,
                                             .dropout = c->attention_dropout};
    skuai_tensor *a = skuai_nn_attention(tape, qkv, NULL, NULL, &options);
    skuai_tape_release(tape, qkv);
    return add_branch(tape, p, c->dropout, b->out_weight, b->out_bias, a, x);
}

static skuai_tensor *cross_attention(skuai_tape *tape, const skuai_nn_parameters *p,
                                     const skuai_nn_block *b, skuai_tensor *x,
                                     const skuai_nn_block_inputs *in) {
    const skuai_nn_block_config *c = &b->config;
    skuai_tensor *h =
        c->post_norm ? x : norm(tape, p, c, b->cross_norm_weight, b->cross_norm_bias, x);
    skuai_tensor *q =
        skuai_nn_linear(tape, h, take(tape, p, b->cross_q_weight), take(tape, p, b->cross_q_bias));
    if (!c->post_norm) skuai_tape_release(tape, h);
    skuai_tensor *kv = skuai_nn_linear(tape, in->context, take(tape, p, b->cross_kv_weight),
                                       take(tape, p, b->cross_kv_bias));
    const skuai_attention_options options = {
        .heads = c->heads, .key_mask = in->context_mask, .dropout = c->attention_dropout};
    skuai_tensor *a = skuai_nn_attention(tape, q, kv, NULL, &options);
    skuai_tape_release(tape, q);
    skuai_tape_release(tape, kv);
    return add_branch(tape, p, c->dropout, b->cross_out_weight, b->cross_out_bias, a, x);
}

/* norm(x) of post-norm, x released. */
static skuai_tensor *norm_after(skuai_tape *tape, const skuai_nn_parameters *p,
                                const skuai_nn_block_config *c, size_t weight, size_t bias,
                                skuai_tensor *x) {
    skuai_tensor *y = norm(tape, p, c, weight, bias, x);
    skuai_tape_release(tape, x);
    return y;
}

skuai_tensor *skuai_nn_block_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                 const skuai_nn_block *block, skuai_tensor *x,
                                 const skuai_nn_block_inputs *inputs) {
    const skuai_nn_block_config *c = &block->config;
    const skuai_nn_parameters *p = parameters;
    const skuai_nn_block_inputs none = {0}, *in = inputs ? inputs : &none;
    if (!x || x->rank != 3 || (c->context_width > 0) != (in->context != NULL)) {
        if (!x) return skuai_tape_fail(tape, SKUA_EINVAL, "block: x is NULL");
        return skuai_tape_fail(tape, SKUA_EINVAL,
                               "block: x of rank %d (need 3), context given: %d, expected: %d",
                               x->rank, in->context != NULL, c->context_width > 0);
    }
    x = self_attention(tape, p, block, x, in);
    if (c->post_norm) x = norm_after(tape, p, c, block->norm1_weight, block->norm1_bias, x);
    if (c->context_width > 0) {
        x = cross_attention(tape, p, block, x, in);
        if (c->post_norm)
            x = norm_after(tape, p, c, block->cross_norm_weight, block->cross_norm_bias, x);
    }
    skuai_tensor *h =
        c->post_norm ? x : norm(tape, p, c, block->norm2_weight, block->norm2_bias, x);
    skuai_tensor *y = skuai_nn_feed_forward(
        tape, h, take(tape, p, block->in_weight), take(tape, p, block->in_bias), c->activation,
        take(tape, p, block->down_weight), take(tape, p, block->down_bias), x, c->dropout);
    if (!c->post_norm) skuai_tape_release(tape, h);
    skuai_tape_release(tape, x);
    if (c->post_norm) y = norm_after(tape, p, c, block->norm2_weight, block->norm2_bias, y);
    return y;
}

/* -- A stack ---------------------------------------------------------------------------------- */

void skuai_nn_encoder_add(skuai_nn_parameters *parameters, const char *prefix,
                          const skuai_nn_encoder_config *config, skuai_nn_encoder *encoder) {
    skuai_nn_parameters *p = parameters;
    *encoder = (skuai_nn_encoder){.config = *config, .final_weight = NONE, .final_bias = NONE};
    if (config->layers < 1 || config->layers > SKUAI_NN_LAYERS_MOST) {
        if (p->status == SKUA_OK)
            p->status = skuai_error_set(&p->error, SKUA_EINVAL, "%s: %zu layers: need 1 to %d",
                                        prefix, config->layers, SKUAI_NN_LAYERS_MOST);
        return;
    }
    double residual = 1 / sqrt(2 * (double)config->layers);
    for (size_t l = 0; l < config->layers; l++) {
        char name[NAME];
        (void)snprintf(name, sizeof name, "%s.%zu", prefix, l);
        skuai_nn_block_config block = config->block;
        if (config->layer_heads[l]) block.heads = config->layer_heads[l];
        if (config->layer_hidden[l]) block.hidden = config->layer_hidden[l];
        skuai_nn_block_add(p, name, &block, residual, &encoder->blocks[l]);
    }
    if (!config->final_norm) return;
    encoder->final_weight = add_gain(p, prefix, "final.weight", config->block.width);
    encoder->final_bias = add_bias(p, prefix, "final.bias", config->block.width,
                                   config->block.bias && !config->block.rms_norm);
}

skuai_tensor *skuai_nn_encoder_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                   const skuai_nn_encoder *encoder, skuai_tensor *x,
                                   const skuai_nn_block_inputs *inputs) {
    for (size_t l = 0; l < encoder->config.layers; l++)
        x = skuai_nn_block_run(tape, parameters, &encoder->blocks[l], x, inputs);
    if (encoder->final_weight == NONE) return x;
    return norm_after(tape, parameters, &encoder->config.block, encoder->final_weight,
                      encoder->final_bias, x);
}

/* -- Small layers ----------------------------------------------------------------------------- */

void skuai_nn_dense_add(skuai_nn_parameters *parameters, const char *prefix, size_t in, size_t out,
                        bool bias, double scale, skuai_nn_dense *dense) {
    dense->weight = add(parameters, prefix, "weight", 2, (size_t[]){out, in},
                        scale > 0 ? SKUAI_INIT_NORMAL : SKUAI_INIT_XAVIER, scale > 0 ? scale : 1);
    dense->bias = add_bias(parameters, prefix, "bias", out, bias);
}

skuai_tensor *skuai_nn_dense_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                 const skuai_nn_dense *dense, skuai_tensor *x) {
    return skuai_nn_linear(tape, x, take(tape, parameters, dense->weight),
                           take(tape, parameters, dense->bias));
}

skuai_tensor *skuai_nn_dense_pair_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                      const skuai_nn_dense *in, skuai_activation activation,
                                      const skuai_nn_dense *out, skuai_tensor *x,
                                      skuai_tensor *residual) {
    return skuai_nn_feed_forward(
        tape, x, take(tape, parameters, in->weight), take(tape, parameters, in->bias), activation,
        take(tape, parameters, out->weight), take(tape, parameters, out->bias), residual, 0);
}
