#include "encode/text_net.h"

#define NONE SIZE_MAX

static void add_tables(const skuai_text_config *c, skuai_text_weights *w) {
    skuai_nn_parameters *p = w->parameters;
    size_t d = c->encoder.block.width;
    w->words =
        skuai_nn_parameters_add(p, "words", 2, (size_t[]){c->vocabulary, d}, SKUAI_INIT_ZERO, 0);
    w->positions = w->types = w->norm_weight = w->norm_bias = NONE;
    if (c->positions)
        w->positions = skuai_nn_parameters_add(p, "positions", 2, (size_t[]){c->positions, d},
                                               SKUAI_INIT_ZERO, 0);
    if (c->types)
        w->types =
            skuai_nn_parameters_add(p, "types", 2, (size_t[]){c->types, d}, SKUAI_INIT_ZERO, 0);
    if (c->family == SKUAI_TEXT_DECODER) return;
    w->norm_weight = skuai_nn_parameters_add(p, "norm.weight", 1, &d, SKUAI_INIT_ONE, 0);
    w->norm_bias = skuai_nn_parameters_add(p, "norm.bias", 1, &d, SKUAI_INIT_ZERO, 0);
}

skua_status skuai_text_net_new(const skuai_text_config *config, uint64_t seed,
                               skuai_text_weights *weights, skua_error *err) {
    size_t d = config->encoder.block.width;
    *weights = (skuai_text_weights){.parameters = skuai_nn_parameters_new()};
    if (!weights->parameters) return skuai_error_memory(err, "a language model");
    skuai_nn_parameters *p = weights->parameters;
    add_tables(config, weights);
    skuai_nn_encoder_add(p, "encoder", &config->encoder, &weights->encoder);
    if (config->outputs > 0) {
        double scale = config->encoder.block.init_scale;
        skuai_nn_dense_add(p, "head.dense", d, d, true, scale, &weights->dense);
        skuai_nn_dense_add(p, "head.out", d, config->outputs, true, scale, &weights->out);
    }
    return skuai_nn_parameters_finish(p, seed, err);
}

bool skuai_text_batch_lay(skuai_tape *tape, const skuai_text_config *config, int32_t padding,
                          const skuai_text_line *lines, size_t n, skuai_text_batch *batch) {
    skuai_text_batch b = {.count = n};
    for (size_t i = 0; i < n; i++)
        if (lines[i].n > b.longest) b.longest = lines[i].n;
    size_t cells = n * b.longest;
    b.ids = skuai_tape_take(tape, cells, sizeof *b.ids);
    b.positions = skuai_tape_take(tape, cells, sizeof *b.positions);
    b.types = skuai_tape_take(tape, cells, sizeof *b.types);
    b.mask = skuai_tape_take(tape, cells, sizeof *b.mask);
    b.first = skuai_tape_take(tape, n, sizeof *b.first);
    b.last = skuai_tape_take(tape, n, sizeof *b.last);
    if (!b.ids || !b.positions || !b.types || !b.mask || !b.first || !b.last) return false;
    for (size_t i = 0; i < n; i++) {
        const skuai_text_line *text = &lines[i];
        b.first[i] = i * b.longest;
        b.last[i] = i * b.longest + (text->n ? text->n - 1 : 0);
        for (size_t j = 0; j < b.longest; j++) {
            size_t at = i * b.longest + j;
            b.ids[at] = j < text->n ? text->ids[j] : padding;
            b.positions[at] = (int32_t)(config->position_first + j);
            b.types[at] = 0;
            b.mask[at] = j < text->n;
        }
    }
    *batch = b;
    return true;
}

static skuai_tensor *embed(skuai_tape *tape, const skuai_text_config *config,
                           const skuai_text_weights *w, const skuai_text_batch *b) {
    const skuai_nn_parameters *p = w->parameters;
    size_t shape[2] = {b->count, b->longest};
    skuai_tensor *x =
        skuai_nn_embedding(tape, skuai_tape_parameter(tape, p, w->words), b->ids, 2, shape);
    if (w->positions != NONE)
        x = skuai_nn_add(tape, x,
                         skuai_nn_embedding(tape, skuai_tape_parameter(tape, p, w->positions),
                                            b->positions, 2, shape));
    if (w->types != NONE)
        x = skuai_nn_add(
            tape, x,
            skuai_nn_embedding(tape, skuai_tape_parameter(tape, p, w->types), b->types, 2, shape));
    if (w->norm_weight != NONE)
        x = skuai_nn_layer_norm(tape, x, skuai_tape_parameter(tape, p, w->norm_weight),
                                skuai_tape_parameter(tape, p, w->norm_bias),
                                config->encoder.block.epsilon);
    /* no node, and no copy, where nothing is dropped */
    bool drops = config->encoder.block.dropout > 0 && skuai_tape_mode_of(tape) == SKUAI_TAPE_TRAIN;
    return drops ? skuai_nn_dropout(tape, x, config->encoder.block.dropout) : x;
}

skuai_tensor *skuai_text_net_run(skuai_tape *tape, const skuai_text_config *config,
                                 const skuai_text_weights *weights, const skuai_text_batch *batch) {
    skuai_nn_block_inputs inputs = {.key_mask = batch->mask};
    return skuai_nn_encoder_run(tape, weights->parameters, &weights->encoder,
                                embed(tape, config, weights, batch), &inputs);
}

skuai_tensor *skuai_text_net_head(skuai_tape *tape, const skuai_text_config *config,
                                  const skuai_text_weights *weights, const skuai_text_batch *batch,
                                  skuai_tensor *hidden) {
    const skuai_nn_parameters *p = weights->parameters;
    bool train = skuai_tape_mode_of(tape) == SKUAI_TAPE_TRAIN;
    double p_drop = train ? config->head_dropout : 0;
    skuai_tensor *x = skuai_nn_gather_rows(tape, hidden, batch->first, batch->count);
    if (p_drop > 0 && config->family == SKUAI_TEXT_ROBERTA) x = skuai_nn_dropout(tape, x, p_drop);
    x = skuai_nn_activation(tape, skuai_nn_dense_run(tape, p, &weights->dense, x),
                            config->family == SKUAI_TEXT_DISTILBERT ? SKUAI_ACTIVATION_RELU
                                                                    : SKUAI_ACTIVATION_TANH);
    if (p_drop > 0) x = skuai_nn_dropout(tape, x, p_drop);
    return skuai_nn_dense_run(tape, p, &weights->out, x);
}
