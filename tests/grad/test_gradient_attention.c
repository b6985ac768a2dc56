/* Gradients of attention with each of its options, over a sequence and over a graph, and of whole
 * blocks. */
#include "gradient.h"

enum { B = 2, SQ = 3, SK = 4, D = 8 };

static skuai_tensor *three(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    return skuai_nn_attention(t, v[0], v[1], v[2], option);
}
static skuai_tensor *two(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    return skuai_nn_attention(t, v[0], v[1], NULL, option);
}
static skuai_tensor *one(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    return skuai_nn_attention(t, v[0], NULL, NULL, option);
}
/* Queries, keys and values are one tensor. */
static skuai_tensor *same(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    return skuai_nn_attention(t, v[0], v[0], v[0], option);
}

static void check_all(const char *name, const skuai_attention_options *o) {
    const variable v[] = {{3, {B, SQ, D}}, {3, {B, SK, D}}, {3, {B, SK, D}}};
    check_gradient(name, three, o, 3, v);
    const variable w[] = {{3, {B, SQ, D}}, {3, {B, SK, 2 * D}}};
    check_gradient(name, two, o, 2, w);
}

static void test_options(void **state) {
    (void)state;
    /* the second row of the batch sees nothing but its last key */
    const uint8_t mask[B * SK] = {1, 0, 1, 1, 0, 0, 0, 1}, none[B * SK] = {1, 1, 1, 1};
    const int32_t pq[B * SQ] = {0, 2, 3, 7, 1, 0}, pk[B * SK] = {5, 1, 2, 0, 9000, 1, 2, 3};
    double bias[B * 2 * SQ * SK];
    random_fill(bias, B * 2 * SQ * SK, -2, 2, 77);
    skuai_attention_options o = {.heads = 2};
    check_all("attention", &o);
    o.scale = 0.7;
    check_all("attention, scale", &o);
    o.causal = true;
    check_all("attention, causal", &o);
    o.key_mask = mask;
    check_all("attention, causal and mask", &o);
    o.causal = false;
    check_all("attention, mask", &o);
    o.key_mask = none;
    check_all("attention, mask of nothing", &o);
    o.key_mask = NULL;
    o.bias = bias;
    check_all("attention, one bias", &o);
    o.bias_head_stride = SQ * SK, o.bias_batch_stride = 2 * SQ * SK;
    check_all("attention, bias", &o);
    o.rotary_base = 10000;
    check_all("attention, rotary", &o);
    o.query_positions = pq, o.key_positions = pk, o.key_mask = mask;
    check_all("attention, rotary by positions", &o);
    o.dropout = 0.4;
    check_all("attention, everything", &o);
    o = (skuai_attention_options){.heads = 4, .dropout = 0.4};
    check_all("attention, dropout", &o);
}

static void test_packed(void **state) {
    (void)state;
    skuai_attention_options o = {.heads = 2, .rotary_base = 100, .causal = true};
    const variable v[] = {{3, {B, SQ, 3 * D}}}, w[] = {{3, {B, SQ, D}}};
    check_gradient("attention of one tensor", one, &o, 1, v);
    check_gradient("attention of a tensor to itself", same, &o, 1, w);
    o.rotary_base = 0;
    check_gradient("attention of one tensor, no rotary", one, &o, 1, v);
    check_gradient("attention of a tensor to itself, no rotary", same, &o, 1, w);
}

/* Fewer keys than queries under causal: the first queries see nothing. */
static skuai_tensor *few_keys(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    (void)option;
    return skuai_nn_attention(t, v[0], v[1], v[2],
                              &(skuai_attention_options){.heads = 2, .causal = true});
}

static void test_few_keys(void **state) {
    (void)state;
    const variable v[] = {{3, {2, 4, 4}}, {3, {2, 2, 4}}, {3, {2, 2, 4}}};
    check_gradient("attention, causal, few keys", few_keys, NULL, 3, v);
}

static const size_t offsets[] = {0, 3, 3, 5, 6, 6}, neighbours[] = {0, 2, 4, 1, 2, 2};

static skuai_tensor *graph(skuai_tape *t, skuai_tensor *const *v, const void *bias) {
    return skuai_nn_graph_attention(t, v[0], v[1], v[2], v[3], offsets, neighbours, bias, 0.2);
}
/* Targets and sources are one tensor. */
static skuai_tensor *graph_self(skuai_tape *t, skuai_tensor *const *v, const void *bias) {
    return skuai_nn_graph_attention(t, v[0], v[0], v[1], v[2], offsets, neighbours, bias, 0.2);
}

static void test_graph(void **state) {
    (void)state;
    double bias[6];
    random_fill(bias, 6, -1, 1, 3);
    const variable v[] = {{2, {4, 6}}, {2, {5, 6}}, {2, {2, 3}}, {2, {2, 3}}};
    check_gradient("graph attention", graph, NULL, 4, v);
    check_gradient("graph attention with bias", graph, bias, 4, v);
    /* a row of targets sees rows of the same tensor; the last one is seen by nobody */
    const variable w[] = {{2, {5, 6}}, {2, {2, 3}}, {2, {2, 3}}};
    check_gradient("graph attention to itself", graph_self, bias, 3, w);
}

/* -- Blocks ----------------------------------------------------------------------------------- */

typedef struct block_case {
    skuai_nn_parameters *parameters;
    skuai_nn_encoder encoder;
    skuai_nn_block_inputs inputs;
    double *x, *context, *target;
} block_case;

static double block_loss(const block_case *c, skuai_tape *tape, bool gradient) {
    skua_error err = {0};
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 9);
    skuai_tensor *x = skuai_tape_input(tape, c->x, 3, (size_t[]){B, SQ, D});
    skuai_nn_block_inputs in = c->inputs;
    if (c->encoder.config.block.context_width)
        in.context = skuai_tape_input(tape, c->context, 3, (size_t[]){B, SK, 5});
    skuai_tensor *y = skuai_nn_encoder_run(tape, c->parameters, &c->encoder, x, &in);
    skuai_tensor *loss = skuai_nn_squared_loss(tape, y, c->target, NULL);
    assert_ok(skuai_tape_status(tape, &err), &err);
    double value = loss->value[0];
    if (gradient) assert_ok(skuai_tape_backward(tape, loss, &err), &err);
    return value;
}

static void check_block(const char *name, const skuai_nn_encoder_config *config) {
    skua_error err = {0};
    double x[B * SQ * D], context[B * SK * 5], target[B * SQ * D];
    random_fill(x, B * SQ * D, -1, 1, 1), random_fill(context, B * SK * 5, -1, 1, 2);
    random_fill(target, B * SQ * D, -1, 1, 3);
    const uint8_t mask[B * SQ] = {1, 1, 0, 1, 1, 1};
    block_case c = {.parameters = skuai_nn_parameters_new(),
                    .inputs = {.key_mask = mask},
                    .x = x,
                    .context = context,
                    .target = target};
    skuai_nn_encoder_add(c.parameters, "e", config, &c.encoder);
    assert_ok(skuai_nn_parameters_finish(c.parameters, 4, &err), &err);
    assert_ok(skuai_nn_parameters_train(c.parameters, &err), &err);
    skuai_tape *tape = skuai_tape_new(&gradient_context);
    (void)block_loss(&c, tape, true);
    for (size_t p = 0; p < c.parameters->count; p++) {
        const skuai_nn_parameter *t = &c.parameters->table[p];
        for (size_t k = 0; k<t->size; k += t->size> 40 ? 7 : 1) {
            double *v = c.parameters->value + t->offset + k, was = *v, step = 1e-5;
            *v = was + step;
            double up = block_loss(&c, tape, false);
            *v = was - step;
            double expected = (up - block_loss(&c, tape, false)) / (2 * step);
            *v = was;
            double got = c.parameters->gradient[t->offset + k];
            if (!(fabs(got - expected) <= 1e-7 + 1e-5 * fabs(expected))) {
                print_error("%s: %s[%zu]: gradient %.10g, differences %.10g\n", name, t->name, k,
                            got, expected);
                fail();
            }
        }
    }
    skuai_tape_free(tape);
    skuai_nn_parameters_free(c.parameters);
}

static void test_blocks(void **state) {
    (void)state;
    skuai_nn_encoder_config c = SKUAI_NN_ENCODER_DEFAULT;
    c.block.width = D, c.block.heads = 2, c.block.hidden = 6, c.block.init_scale = 0.4;
    check_block("pre-norm", &c);
    c.block.rms_norm = true, c.block.rotary_base = 10000,
    c.block.activation = SKUAI_ACTIVATION_SWIGLU;
    check_block("RMS norm, rotary, SwiGLU", &c);
    c.block.bias = false, c.block.causal = true;
    check_block("no biases, causal", &c);
    c.block.dropout = 0.2, c.block.attention_dropout = 0.3, c.block.context_width = 5;
    check_block("cross attention, dropout", &c);
    c.block.post_norm = true, c.block.rms_norm = false, c.block.bias = true, c.final_norm = false;
    check_block("post-norm", &c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_options),
                                       cmocka_unit_test(test_packed),
                                       cmocka_unit_test(test_few_keys),
                                       cmocka_unit_test(test_graph), cmocka_unit_test(test_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
