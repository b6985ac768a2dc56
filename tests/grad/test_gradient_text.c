/* The gradient of fine-tuning through a whole text encoder, every parameter of it, against central
 * differences: tables, blocks, norms and head, of each family, with padding and with dropout. */
#include "gradient.h"

#include "encode/text_net.h"

enum { TEXTS = 3, LONGEST = 5, CLASSES = 3 };

static skuai_text_config tiny(skuai_text_family family, double dropout) {
    skuai_text_config c = {.family = family,
                           .vocabulary = 7,
                           .positions = 9,
                           .types = family == SKUAI_TEXT_DISTILBERT ? 0 : 2,
                           .position_first = family == SKUAI_TEXT_ROBERTA ? 2 : 0,
                           .key_heads = 2,
                           .outputs = CLASSES,
                           .head_dropout = dropout,
                           .encoder = SKUAI_NN_ENCODER_DEFAULT};
    c.encoder.layers = 2;
    c.encoder.final_norm = false;
    c.encoder.block.width = 8;
    c.encoder.block.heads = 2;
    c.encoder.block.hidden = 6;
    c.encoder.block.post_norm = true;
    c.encoder.block.dropout = c.encoder.block.attention_dropout = dropout;
    return c;
}

typedef struct net {
    skuai_text_config config;
    skuai_text_weights weights;
    skuai_text_line lines[TEXTS];
    int32_t ids[TEXTS][LONGEST];
    bool values; /* squared error of one output, else cross entropy */
} net;

static void net_init(net *n, skuai_text_family family, double dropout, bool values) {
    skua_error err = {0};
    skuai_random random;
    const size_t lengths[TEXTS] = {5, 2, 3}; /* the second and the third are filled up */
    n->config = tiny(family, dropout);
    n->values = values;
    if (values) n->config.outputs = 1;
    assert_ok(skuai_text_net_new(&n->config, 3, &n->weights, &err), &err);
    assert_ok(skuai_nn_parameters_train(n->weights.parameters, &err), &err);
    skuai_random_init(&random, 17);
    for (size_t i = 0; i < n->weights.parameters->size; i++)
        n->weights.parameters->value[i] += 0.5 * skuai_random_normal(&random);
    for (size_t t = 0; t < TEXTS; t++) {
        for (size_t k = 0; k < LONGEST; k++)
            n->ids[t][k] = (int32_t)((3 * t + 2 * k + 1) % 7);
        n->lines[t] = (skuai_text_line){.text = t, .ids = n->ids[t], .n = lengths[t]};
    }
}

static double loss_of(net *n, skuai_tape *tape, bool gradients) {
    static const int32_t classes[TEXTS] = {2, 0, 1};
    static const double values[TEXTS] = {1.5, -0.5, 0.25};
    skua_error err = {0};
    skuai_text_batch batch;
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 5);
    assert_true(skuai_text_batch_lay(tape, &n->config, 0, n->lines, TEXTS, &batch));
    assert_int_equal(batch.longest, LONGEST);
    skuai_tensor *x = skuai_text_net_run(tape, &n->config, &n->weights, &batch);
    x = skuai_text_net_head(tape, &n->config, &n->weights, &batch, x);
    skuai_tensor *loss = n->values ? skuai_nn_squared_loss(tape, x, values, NULL)
                                   : skuai_nn_cross_entropy(tape, x, classes, -1, NULL);
    assert_ok(skuai_tape_status(tape, &err), &err);
    double value = loss->value[0];
    if (gradients) {
        skuai_nn_parameters_zero(n->weights.parameters);
        assert_ok(skuai_tape_backward(tape, loss, &err), &err);
    }
    return value;
}

/* Rows of the tables that no token and no position of the batch uses have no gradient. */
static void check(const char *name, skuai_text_family family, double dropout, bool values) {
    net n;
    net_init(&n, family, dropout, values);
    skuai_nn_parameters *p = n.weights.parameters;
    skuai_tape *tape = skuai_tape_new(&gradient_context);
    (void)loss_of(&n, tape, true);
    for (size_t i = 0; i < p->count; i++) {
        const skuai_nn_parameter *t = &p->table[i];
        double largest = 0;
        for (size_t k = 0; k < t->size; k++) {
            double *x = p->value + t->offset + k, old = *x, got = p->gradient[t->offset + k];
            *x = old + 1e-5;
            double up = loss_of(&n, tape, false);
            *x = old - 1e-5;
            double down = loss_of(&n, tape, false);
            *x = old;
            double expected = (up - down) / 2e-5;
            if (fabs(got) > largest) largest = fabs(got);
            if (!(fabs(got - expected) <= 1e-7 + 1e-6 * fabs(expected))) {
                print_error("%s: %s, element %zu: gradient %.10g, differences %.10g\n", name,
                            t->name, k, got, expected);
                fail();
            }
        }
        if (!(largest > 1e-9)) fail_msg("%s: nothing flows into %s", name, t->name);
    }
    skuai_tape_free(tape);
    skuai_nn_parameters_free(p);
}

static void test_families(void **state) {
    (void)state;
    check("BERT", SKUAI_TEXT_BERT, 0, false);
    check("RoBERTa", SKUAI_TEXT_ROBERTA, 0, false);
    check("DistilBERT", SKUAI_TEXT_DISTILBERT, 0, false);
}

static void test_value(void **state) {
    (void)state;
    check("BERT, a number", SKUAI_TEXT_BERT, 0, true);
}

static void test_dropout(void **state) {
    (void)state;
    check("BERT, dropout", SKUAI_TEXT_BERT, 0.2, false);
    check("RoBERTa, dropout", SKUAI_TEXT_ROBERTA, 0.2, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
