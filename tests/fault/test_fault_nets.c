/* A net's passes and steps with every allocation failing in turn: the tape keeps the failure, and
 * nothing leaks. */
#include "fault_support.h"

#include "nn/block.h"
#include "nn/loss.h"
#include "nn/optimiser.h"

enum { B = 2, S = 4, D = 8 };

typedef struct net_case {
    skuai_nn_parameters *p;
    skuai_nn_encoder encoder;
    skuai_nn_dense head;
} net_case;

static void net_add(net_case *c) {
    skuai_nn_encoder_config e = SKUAI_NN_ENCODER_DEFAULT;
    e.block.width = D, e.block.heads = 2, e.block.rotary_base = 10000;
    e.block.dropout = 0.1, e.block.attention_dropout = 0.1;
    skuai_nn_encoder_add(c->p, "e", &e, &c->encoder);
    skuai_nn_dense_add(c->p, "head", D, 3, true, 0, &c->head);
}

static skua_status passes(net_case *c, skuai_tape *tape, skuai_nn_optimiser *o, skua_error *err) {
    static const double levels[] = {0.1, 0.5, 0.9};
    static const size_t rows[] = {0, 2, 2, SKUAI_ROW_NONE, 7, 1};
    skuai_real x[B * S * D], target[6] = {1, 2, 3, 4, 5, 6};
    for (size_t i = 0; i < B * S * D; i++)
        x[i] = (skuai_real)i / 64;
    for (uint64_t step = 0; step < 2; step++) {
        skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, step);
        skuai_tensor *y = skuai_tape_input(tape, x, 3, (size_t[]){B, S, D});
        y = skuai_nn_encoder_run(tape, c->p, &c->encoder, y, NULL);
        y = skuai_nn_gather_rows(tape, y, rows, 6);
        y = skuai_nn_dense_run(tape, c->p, &c->head, y);
        skuai_tensor *loss = skuai_nn_pinball_loss(tape, y, target, NULL, levels, 3);
        SKUA_TRY(skuai_tape_backward(tape, loss, err));
        SKUA_TRY(skuai_nn_optimiser_step(o, skuai_tape_context(tape), 1, NULL, err));
    }
    return SKUA_OK;
}

static skua_status train(void *user, skua_error *err) {
    (void)user;
    net_case c = {.p = skuai_nn_parameters_new()};
    skuai_nn_optimiser_config config = SKUAI_NN_OPTIMISER_DEFAULT;
    config.ema_decay = 0.9;
    skuai_nn_optimiser *optimiser = NULL;
    skuai_context context = fault_context();
    if (!c.p) return skuai_error_memory(err, "parameters");
    net_add(&c);
    skua_status status = skuai_nn_parameters_finish(c.p, 1, err);
    if (status == SKUA_OK) status = skuai_nn_optimiser_new(c.p, &config, &optimiser, err);
    if (status != SKUA_OK) assert_null(optimiser);
    skuai_tape *tape = NULL;
    if (status == SKUA_OK) {
        tape = skuai_tape_new(&context);
        status = tape ? passes(&c, tape, optimiser, err) : skuai_error_memory(err, "tape");
    }
    skuai_tape_free(tape);
    skuai_nn_optimiser_free(optimiser);
    skuai_nn_parameters_free(c.p);
    return status;
}

static void training(void **state) {
    (void)state;
    fault_each("two training steps", train, NULL, 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(training)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
