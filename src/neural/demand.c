#include "neural/demand_graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UNSEEN (-1e9F) /* added to a product that may not be seen */

const double skuai_demand_levels[SKUAI_DEMAND_LEVELS] = {0.01, 0.05, 0.1, 0.2, 0.3,  0.4, 0.5,
                                                         0.6,  0.7,  0.8, 0.9, 0.95, 0.99};

static skua_status config_check(const skuai_demand_config *c, skua_error *err) {
    SKUA_TRY(skuai_window_config_check(&c->window, err));
    if (c->width < 8 || c->width > 4096)
        return skuai_error_set(err, SKUA_EINVAL, "width = %zu: need 8 to 4096", c->width);
    if (c->kind == SKUAI_DEMAND_TRANSFORMER && !c->head_width &&
        (c->heads < 1 || c->width % (2 * c->heads) != 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "heads = %zu: width %zu must be a multiple of twice that", c->heads,
                               c->width);
    if (c->layers < 1 || c->layers > SKUAI_NN_LAYERS_MOST)
        return skuai_error_set(err, SKUA_EINVAL, "layers = %zu: need 1 to %d", c->layers,
                               SKUAI_NN_LAYERS_MOST);
    if (c->hidden > 65536)
        return skuai_error_set(err, SKUA_EINVAL, "hidden = %zu: need at most 65536", c->hidden);
    if (c->head_width > 4096 || c->head_width % 2 != 0)
        return skuai_error_set(err, SKUA_EINVAL, "head_width = %zu: need an even number to 4096",
                               c->head_width);
    for (size_t l = 0; l < c->layers; l++)
        if (c->layer_heads[l] > 256 || c->layer_hidden[l] > 65536 ||
            (c->layer_heads[l] && !c->head_width))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "layer %zu of %zu heads and %zu hidden units: need at most 256, "
                                   "with a head_width, and 65536",
                                   l, c->layer_heads[l], c->layer_hidden[l]);
    if (!(c->dropout >= 0 && c->dropout < 1))
        return skuai_error_set(err, SKUA_EINVAL, "dropout = %g: need 0 <= dropout < 1", c->dropout);
    if (c->window.neighbours > 0 && c->width % SKUAI_DEMAND_GRAPH_HEADS != 0)
        return skuai_error_set(err, SKUA_EINVAL,
                               "width = %zu: a net that reads neighbours needs a multiple of %d",
                               c->width, SKUAI_DEMAND_GRAPH_HEADS);
    return SKUA_OK;
}

static void gru_add(skuai_demand *net) {
    skuai_nn_parameters *p = net->parameters;
    size_t d = net->config.width;
    static const char *const names[] = {"weight_input", "weight_hidden", "bias_input",
                                        "bias_hidden"};
    for (size_t l = 0; l < net->config.layers; l++) {
        for (size_t k = 0; k < 4; k++) {
            char name[64];
            snprintf(name, sizeof name, "gru.%zu.%s", l, names[k]);
            const size_t shape[] = {3 * d, d};
            net->gru[l][k] = skuai_nn_parameters_add(
                p, name, k < 2 ? 2 : 1, shape, k < 2 ? SKUAI_INIT_XAVIER : SKUAI_INIT_ZERO, 1);
        }
    }
}

static void layers_add(skuai_demand *net) {
    const skuai_demand_config *c = &net->config;
    skuai_nn_parameters *p = net->parameters;
    size_t f = skuai_window_features(&c->window), d = c->width;
    size_t q = c->window.patch * SKUAI_DEMAND_LEVELS;
    skuai_nn_dense_add(p, "in", f, d, true, 0, &net->in);
    skuai_nn_dense_add(p, "in_out", d, d, true, 0, &net->in_out);
    skuai_nn_dense_add(p, "in_skip", f, d, true, 0, &net->in_skip);
    skuai_nn_dense_add(p, "side", SKUAI_WINDOW_SIDE, d, true, 0.02, &net->side);
    if (c->window.neighbours > 0) skuai_demand_graph_add(net);
    if (c->kind == SKUAI_DEMAND_TRANSFORMER) {
        skuai_nn_encoder_config e = SKUAI_NN_ENCODER_DEFAULT;
        e.layers = c->layers;
        e.block.width = d;
        e.block.heads = c->heads;
        e.block.hidden = c->hidden;
        e.block.head_width = c->head_width;
        memcpy(e.layer_heads, c->layer_heads, sizeof e.layer_heads);
        memcpy(e.layer_hidden, c->layer_hidden, sizeof e.layer_hidden);
        e.block.rms_norm = true;
        e.block.rotary_base = 10000;
        e.block.dropout = c->dropout;
        e.block.init_scale = 1 / sqrt((double)d) / 2;
        skuai_nn_encoder_add(p, "encoder", &e, &net->encoder);
    } else {
        gru_add(net);
    }
    skuai_nn_dense_add(p, "head", d, d, true, 0, &net->head);
    skuai_nn_dense_add(p, "head_out", d, q, true, 0.01, &net->head_out);
    skuai_nn_dense_add(p, "head_skip", d, q, true, 0.01, &net->head_skip);
}

skua_status skuai_demand_new(const skuai_demand_config *config, uint64_t seed, skuai_demand **net,
                             skua_error *err) {
    SKUA_TRY(config_check(config, err));
    skuai_demand *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a net");
    made->config = *config;
    if (made->config.hidden == 0) made->config.hidden = 4 * config->width;
    made->parameters = skuai_nn_parameters_new();
    skua_status status = made->parameters ? SKUA_OK : skuai_error_memory(err, "a net");
    if (status == SKUA_OK) {
        layers_add(made);
        status = skuai_nn_parameters_finish(made->parameters, seed, err);
    }
    if (status != SKUA_OK) {
        skuai_demand_free(made);
        return status;
    }
    *net = made;
    return SKUA_OK;
}

void skuai_demand_free(skuai_demand *net) {
    if (!net) return;
    skuai_nn_parameters_free(net->parameters);
    skuai_free(net);
}

void skuai_demand_ignore_slots(skuai_demand *net, size_t first) {
    const skuai_nn_parameters *p = net->parameters;
    const size_t weights[] = {net->in.weight, net->in_skip.weight};
    size_t patch = net->config.window.patch, f = skuai_window_features(&net->config.window);
    size_t period = SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS;
    for (size_t w = 0; w < 2; w++)
        for (size_t row = 0; row < net->config.width; row++)
            for (size_t t = 0; t < patch; t++)
                for (size_t c = SKUAI_WINDOW_CHANNELS + 2 * first; c < period; c++)
                    skuai_nn_parameters_value(p, weights[w])[row * f + t * period + c] = 0;
}

/* -- Forward ---------------------------------------------------------------------------------- */

static bool any_side(const skuai_window_batch *b) {
    return memchr(b->side_visible, 1, b->n * SKUAI_WINDOW_SIDES) != NULL;
}

/* Masks and positions of the sequence [sides, past, future]. Positions count to the origin, so they
 * do not depend on padding; side tokens stand at 0. */
static bool sequence_inputs(skuai_tape *tape, const skuai_window_batch *b, size_t sides,
                            skuai_nn_block_inputs *inputs) {
    size_t tokens = b->past + b->future, s = sides + tokens;
    uint8_t *mask = skuai_tape_take(tape, b->n * s, sizeof *mask);
    int32_t *positions = skuai_tape_take(tape, b->n * s, sizeof *positions);
    skuai_real *bias = skuai_tape_take(tape, s * s, sizeof *bias);
    if (!mask || !positions || !bias) return false;
    for (size_t i = 0; i < b->n; i++) {
        memcpy(mask + i * s, b->side_visible + i * SKUAI_WINDOW_SIDES, sides);
        memcpy(mask + i * s + sides, b->visible + i * tokens, tokens);
        for (size_t k = 0; k < s; k++)
            positions[i * s + k] =
                k < sides ? 0 : (int32_t)(b->config.context - b->past + (k - sides) + 1);
    }
    for (size_t q = 0; q < s; q++) {
        for (size_t k = 0; k < s; k++)
            bias[q * s + k] = k >= sides + b->past && k > q ? UNSEEN : 0;
    }
    *inputs =
        (skuai_nn_block_inputs){.key_mask = mask, .attention_bias = bias, .positions = positions};
    return true;
}

static skuai_tensor *gru_run(skuai_tape *tape, const skuai_demand *net, const skuai_window_batch *b,
                             skuai_tensor *x, skuai_tensor *side) {
    const skuai_nn_parameters *p = net->parameters;
    skuai_tensor *h0 = side ? skuai_nn_mean_pool(tape, side, b->side_visible) : NULL;
    for (size_t l = 0; l < net->config.layers; l++) {
        skuai_tensor *w[4];
        for (size_t k = 0; k < 4; k++)
            w[k] = skuai_tape_parameter(tape, p, net->gru[l][k]);
        skuai_tensor *y = skuai_nn_gru(tape, x, h0, w[0], w[1], w[2], w[3]);
        x = l ? skuai_nn_add(tape, x, y) : y;
    }
    return x;
}

skuai_tensor *skuai_demand_embed(skuai_tape *tape, const skuai_demand *net, skuai_tensor *tokens) {
    const skuai_nn_parameters *p = net->parameters;
    skuai_tensor *skip = skuai_nn_dense_run(tape, p, &net->in_skip, tokens);
    return skuai_nn_dense_pair_run(tape, p, &net->in, SKUAI_ACTIVATION_SILU, &net->in_out, tokens,
                                   skip);
}

skuai_tensor *skuai_demand_run(skuai_tape *tape, const skuai_demand *net,
                               const skuai_window_batch *b, skuai_demand_part part) {
    size_t tokens = b->past + b->future;
    skuai_tensor *in = skuai_tape_input(tape, b->tokens, 3, (size_t[]){b->n, tokens, b->features});
    return skuai_demand_run_on(tape, net, b, in, part);
}

skuai_tensor *skuai_demand_run_on(skuai_tape *tape, const skuai_demand *net,
                                  const skuai_window_batch *b, skuai_tensor *in,
                                  skuai_demand_part part) {
    const skuai_nn_parameters *p = net->parameters;
    size_t tokens = b->past + b->future, d = net->config.width;
    skuai_tensor *x = skuai_demand_graph_run(tape, net, b, skuai_demand_embed(tape, net, in));
    skuai_tensor *side = NULL;
    if (net->config.sides && any_side(b)) {
        side = skuai_tape_input(tape, b->side, 3,
                                (size_t[]){b->n, SKUAI_WINDOW_SIDES, SKUAI_WINDOW_SIDE});
        side = skuai_nn_dense_run(tape, p, &net->side, side);
    }
    size_t sides = 0;
    if (net->config.kind == SKUAI_DEMAND_TRANSFORMER) {
        if (side) {
            sides = SKUAI_WINDOW_SIDES;
            x = skuai_nn_concat(tape, (skuai_tensor *[]){side, x}, 2, 1);
        }
        skuai_nn_block_inputs inputs;
        if (!sequence_inputs(tape, b, sides, &inputs)) return NULL;
        x = skuai_nn_encoder_run(tape, p, &net->encoder, x, &inputs);
    } else {
        x = gru_run(tape, net, b, x, side);
    }
    size_t first = part == SKUAI_DEMAND_FUTURE ? b->past : 0;
    if (sides + first > 0) x = skuai_nn_slice(tape, x, 1, sides + first, tokens - first);
    x = skuai_nn_reshape(tape, x, 2, (size_t[]){b->n * (tokens - first), d});
    skuai_tensor *skip = skuai_nn_dense_run(tape, p, &net->head_skip, x);
    x = skuai_nn_dense_pair_run(tape, p, &net->head, SKUAI_ACTIVATION_SILU, &net->head_out, x,
                                skip);
    size_t rows = b->n * (tokens - first) * b->config.patch;
    return skuai_nn_reshape(tape, x, 2, (size_t[]){rows, SKUAI_DEMAND_LEVELS});
}

/* Mean loss over rows with weight. */
static skuai_tensor *part_loss(skuai_tape *tape, const skuai_demand *net, skuai_tensor *out,
                               const skuai_real *target, const skuai_real *weight) {
    skuai_tensor *pinball =
        skuai_nn_pinball_loss(tape, out, target, weight, skuai_demand_levels, SKUAI_DEMAND_LEVELS);
    if (!net->config.squared) return pinball;
    skuai_tensor *middle = skuai_nn_slice(tape, out, 1, SKUAI_DEMAND_MEDIAN, 1);
    skuai_tensor *squared = skuai_nn_squared_loss(tape, middle, target, weight);
    return skuai_nn_loss_sum(tape, (skuai_tensor *[]){pinball, squared}, (double[]){1, 0.5}, 2);
}

skuai_tensor *skuai_demand_loss(skuai_tape *tape, const skuai_demand *net,
                                const skuai_window_batch *b, skuai_tensor *out, double auxiliary,
                                skuai_tensor **horizon) {
    size_t p = b->config.patch, tokens = b->past + b->future, rows = b->n * tokens * p;
    skuai_real *ahead = skuai_tape_take(tape, rows, sizeof *ahead);
    skuai_real *behind = skuai_tape_take(tape, rows, sizeof *behind);
    if (!ahead || !behind) return NULL;
    bool hidden = false;
    for (size_t r = 0; r < rows; r++) {
        bool future = r / p % tokens >= b->past;
        ahead[r] = future ? 1 : 0;
        behind[r] = future ? 0 : 1;
        hidden = hidden || (!future && !isnan(b->target[r]));
    }
    skuai_tensor *loss = part_loss(tape, net, out, b->target, ahead);
    if (horizon) *horizon = loss;
    if (!(auxiliary > 0) || !hidden) return loss;
    skuai_tensor *second = part_loss(tape, net, out, b->target, behind);
    return skuai_nn_loss_sum(tape, (skuai_tensor *[]){loss, second}, (double[]){1, auxiliary}, 2);
}

skua_status skuai_demand_quantiles(skuai_tape *tape, const skuai_demand *net,
                                   const skuai_window_batch *b, float *out, skua_error *err) {
    skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
    skuai_tensor *y = skuai_demand_run(tape, net, b, SKUAI_DEMAND_FUTURE);
    SKUA_TRY(skuai_tape_status(tape, err));
    if (!y) return skuai_error_set(err, SKUA_EINTERNAL, "the net gave no output");
    for (size_t r = 0; r < y->size / SKUAI_DEMAND_LEVELS; r++) {
        float *row = out + r * SKUAI_DEMAND_LEVELS;
        for (size_t q = 0; q < SKUAI_DEMAND_LEVELS; q++) { /* insertion sort: nearly sorted */
            float v = (float)y->value[r * SKUAI_DEMAND_LEVELS + q];
            if (!isfinite(v)) v = 0;
            size_t k = q;
            for (; k > 0 && row[k - 1] > v; k--)
                row[k] = row[k - 1];
            row[k] = v;
        }
    }
    return SKUA_OK;
}
