/* The engine beside PyTorch (tests/golden/nn): a net's outputs, loss, gradients and ten steps of
 * AdamW; GRU, attention, losses, activations, norms. Compiled once with float and, from
 * tests/grad/test_torch_double.c, once with double: there the tolerance is 1e-8, the digits of the
 * file; in float 1e-6 times the size of a number, or of 1 for those below, as sums of a few dozen
 * terms round. */
#include "support/support.h"

#include "nn/block.h"
#include "nn/loss.h"
#include "nn/optimiser.h"

#include <math.h>
#include <string.h>

#ifdef SKUAI_REAL_DOUBLE
#define TOLERANCE 1e-8
#else
#define TOLERANCE 2e-6
#endif

enum { GOLDEN_MOST = 6000 };

typedef struct golden_row {
    char name[64];
    double value;
} golden_row;

static golden_row golden[GOLDEN_MOST];
static size_t golden_rows;

static int golden_load(void **state) {
    (void)state;
    char path[512], line[256];
    FILE *file = fopen(test_source("tests/golden/nn/values.csv", path, sizeof path), "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (golden_rows < GOLDEN_MOST && fgets(line, sizeof line, file)) {
        unsigned index;
        golden_row *row = &golden[golden_rows];
        assert_int_equal(sscanf(line, "%63[^,],%u,%lf", row->name, &index, &row->value), 3);
        golden_rows++;
    }
    assert_true(golden_rows > 1000 && golden_rows < GOLDEN_MOST);
    return fclose(file);
}

/* The n values of a name. */
static const golden_row *find(const char *name, size_t n) {
    for (size_t i = 0; i + n <= golden_rows; i++) {
        if (strcmp(golden[i].name, name) != 0) continue;
        assert_string_equal(golden[i + n - 1].name, name);
        return &golden[i];
    }
    fail_msg("no golden value %s", name);
    return NULL;
}

static void get(const char *name, skuai_real *to, size_t n) {
    const golden_row *row = find(name, n);
    for (size_t i = 0; i < n; i++)
        to[i] = (skuai_real)row[i].value;
}

static void compare(const char *name, const skuai_real *got, size_t n) {
    const golden_row *row = find(name, n);
    for (size_t i = 0; i < n; i++) {
        if (fabs((double)got[i] - row[i].value) <= TOLERANCE * (1 + fabs(row[i].value))) continue;
        fail_msg("%s[%zu]: %.10g, PyTorch %.10g", name, i, (double)got[i], row[i].value);
    }
}

static const skuai_context context = {.seed = 1, .threads = 2};

/* -- The net ---------------------------------------------------------------------------------- */

enum { B = 2, S = 5, D = 8, IN = 6, N = B * S };

typedef struct small_net {
    skuai_nn_parameters *p;
    skuai_nn_dense in, head;
    skuai_nn_encoder encoder;
    skuai_real x[N * IN], target[N], weight[N];
} small_net;

static void net_make(small_net *net) {
    skua_error err = {0};
    net->p = skuai_nn_parameters_new();
    skuai_nn_encoder_config c = SKUAI_NN_ENCODER_DEFAULT;
    c.block.width = D, c.block.heads = 2, c.block.hidden = 12, c.block.rotary_base = 10000;
    skuai_nn_dense_add(net->p, "in", IN, D, true, 0, &net->in);
    skuai_nn_encoder_add(net->p, "encoder", &c, &net->encoder);
    skuai_nn_dense_add(net->p, "head", D, 3, true, 0, &net->head);
    assert_ok(skuai_nn_parameters_finish(net->p, 1, &err), &err);
    get("net.x", net->x, N * IN), get("net.target", net->target, N);
    get("net.weight", net->weight, N);
    net->target[3] = (skuai_real)NAN;
    for (size_t i = 0; i < net->p->count; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "net.value.%s", net->p->table[i].name);
        get(name, skuai_nn_parameters_value(net->p, i), net->p->table[i].size);
    }
}

static skuai_tensor *net_loss(small_net *net, skuai_tape *tape, skuai_tensor **out) {
    static const uint8_t seen[N] = {1, 1, 1, 1, 1, 0, 0, 1, 1, 1};
    static const double levels[] = {0.1, 0.5, 0.9};
    skuai_nn_block_inputs inputs = {.key_mask = seen};
    skuai_tensor *x = skuai_tape_input(tape, net->x, 3, (size_t[]){B, S, IN});
    x = skuai_nn_dense_run(tape, net->p, &net->in, x);
    x = skuai_nn_encoder_run(tape, net->p, &net->encoder, x, &inputs);
    x = skuai_nn_dense_run(tape, net->p, &net->head, x);
    if (out) *out = skuai_tape_keep(x);
    return skuai_nn_pinball_loss(tape, x, net->target, net->weight, levels, 3);
}

static void compare_parameters(const small_net *net, const char *what, const skuai_real *block) {
    for (size_t i = 0; i < net->p->count; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "net.%s.%s", what, net->p->table[i].name);
        compare(name, block + net->p->table[i].offset, net->p->table[i].size);
    }
}

static void test_net(void **state) {
    (void)state;
    skua_error err = {0};
    small_net net;
    net_make(&net);
    skuai_nn_optimiser_config c = SKUAI_NN_OPTIMISER_DEFAULT;
    c.rate = 0.01, c.beta2 = 0.99, c.weight_decay = 0.1, c.clip_norm = 0.1;
    skuai_nn_optimiser *optimiser;
    assert_ok(skuai_nn_optimiser_new(net.p, &c, &optimiser, &err), &err);
    skuai_tape *tape = skuai_tape_new(&context);
    for (size_t step = 0; step < 10; step++) {
        char name[64];
        skuai_tensor *out;
        skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, step);
        skuai_tensor *loss = net_loss(&net, tape, &out);
        assert_ok(skuai_tape_backward(tape, loss, &err), &err);
        if (step == 0) {
            compare("net.out", out->value, N * 3);
            compare_parameters(&net, "gradient", net.p->gradient);
        }
        (void)snprintf(name, sizeof name, "net.loss.%zu", step);
        compare(name, loss->value, 1);
        skuai_nn_step done;
        assert_ok(skuai_nn_optimiser_step(optimiser, &context, 1, &done, &err), &err);
        assert_true(done.applied);
        (void)snprintf(name, sizeof name, "net.norm.%zu", step);
        compare(name, &(skuai_real){(skuai_real)done.norm}, 1);
    }
#ifdef SKUAI_REAL_DOUBLE /* Adam divides by the gradient's size: in float, tiny ones turn about */
    compare_parameters(&net, "trained", net.p->value);
#endif
    skuai_tape_free(tape);
    skuai_nn_optimiser_free(optimiser);
    skuai_nn_parameters_free(net.p);
}

/* -- Operations ------------------------------------------------------------------------------- */

typedef struct variable {
    const char *name;
    int rank;
    size_t shape[3];
} variable;

enum { VALUES_MOST = 256 };

/* Variables with golden values, and room for them. */
static void take(skuai_tape *tape, const char *group, const variable *v, size_t n,
                 skuai_real (*room)[VALUES_MOST], skuai_tensor **t) {
    for (size_t i = 0; i < n; i++) {
        char name[64];
        size_t size = v[i].shape[0] * (v[i].rank > 1 ? v[i].shape[1] : 1) *
                      (v[i].rank > 2 ? v[i].shape[2] : 1);
        (void)snprintf(name, sizeof name, "%s.%s", group, v[i].name);
        assert_true(size <= VALUES_MOST);
        get(name, room[i], size);
        t[i] = skuai_tape_variable(tape, room[i], v[i].rank, v[i].shape);
    }
}

/* y, then the gradients of mean y^2. */
static void check(skuai_tape *tape, const char *group, const variable *v, size_t n,
                  skuai_tensor **t, skuai_tensor *y) {
    static const skuai_real zero[VALUES_MOST];
    char name[64];
    skua_error err = {0};
    assert_ok(skuai_tape_status(tape, &err), &err);
    (void)snprintf(name, sizeof name, "%s.y", group);
    compare(name, y->value, y->size);
    assert_ok(skuai_tape_backward(tape, skuai_nn_squared_loss(tape, y, zero, NULL), &err), &err);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(name, sizeof name, "%s.gradient.%s", group, v[i].name);
        compare(name, t[i]->gradient, t[i]->size);
    }
}

static void test_operations(void **state) {
    (void)state;
    skuai_real room[6][VALUES_MOST], bias[2 * 3 * 5];
    skuai_tensor *t[6];
    skuai_tape *tape = skuai_tape_new(&context);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    const variable g[] = {{"x", 3, {2, 5, 3}},      {"h0", 2, {2, 4}},    {"w_input", 2, {12, 3}},
                          {"w_hidden", 2, {12, 4}}, {"b_input", 1, {12}}, {"b_hidden", 1, {12}}};
    take(tape, "gru", g, 6, room, t);
    check(tape, "gru", g, 6, t, skuai_nn_gru(tape, t[0], t[1], t[2], t[3], t[4], t[5]));
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    const variable a[] = {{"q", 3, {2, 3, 8}}, {"k", 3, {2, 5, 8}}, {"v", 3, {2, 5, 8}}};
    take(tape, "attention", a, 3, room, t);
    get("attention.bias", bias, 30);
    const skuai_attention_options options = {
        .heads = 2, .scale = 0.4, .causal = true, .bias = bias, .bias_head_stride = 15};
    check(tape, "attention", a, 3, t, skuai_nn_attention(tape, t[0], t[1], t[2], &options));
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    const variable r[] = {{"x", 2, {3, 6}}, {"gain", 1, {6}}};
    take(tape, "rms_norm", r, 2, room, t);
    check(tape, "rms_norm", r, 2, t, skuai_nn_rms_norm(tape, t[0], t[1], 1e-5));
    skuai_tape_free(tape);
}

static void check_loss(skuai_tape *tape, const char *group, skuai_tensor *x, skuai_tensor *loss) {
    char name[64];
    skua_error err = {0};
    assert_ok(skuai_tape_backward(tape, loss, &err), &err);
    (void)snprintf(name, sizeof name, "%s.loss", group);
    compare(name, loss->value, 1);
    (void)snprintf(name, sizeof name, "%s.gradient", group);
    compare(name, x->gradient, x->size);
}

static void test_losses(void **state) {
    (void)state;
    enum { n = 7 };
    static const skuai_real w[n] = {1, 0.5, 2, 0, 1, 3, 1}, counts[n] = {0, 1, 3, 40, 0, 250, 2};
    static const int32_t classes[n] = {0, 3, -1, 1, 2, 2, 0};
    skuai_real x[n * 4], target[n];
    skuai_tape *tape = skuai_tape_new(&context);
    get("negative_binomial.x", x, n * 2);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    skuai_tensor *t = skuai_tape_variable(tape, x, 2, (size_t[]){n, 2});
    check_loss(tape, "negative_binomial", t, skuai_nn_negative_binomial_loss(tape, t, counts, w));
    get("student_t.x", x, n * 3), get("student_t.target", target, n);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    t = skuai_tape_variable(tape, x, 2, (size_t[]){n, 3});
    check_loss(tape, "student_t", t, skuai_nn_student_t_loss(tape, t, target, w));
    get("cross_entropy.x", x, n * 4);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    t = skuai_tape_variable(tape, x, 2, (size_t[]){n, 4});
    check_loss(tape, "cross_entropy", t, skuai_nn_cross_entropy(tape, t, classes, -1, w));
    skuai_tape_free(tape);
}

static void test_activations(void **state) {
    (void)state;
    static const struct {
        const char *name;
        skuai_activation kind;
    } kinds[] = {{"activation.gelu", SKUAI_ACTIVATION_GELU},
                 {"activation.gelu_tanh", SKUAI_ACTIVATION_GELU_TANH},
                 {"activation.relu", SKUAI_ACTIVATION_RELU},
                 {"activation.silu", SKUAI_ACTIVATION_SILU},
                 {"activation.tanh", SKUAI_ACTIVATION_TANH},
                 {"activation.sigmoid", SKUAI_ACTIVATION_SIGMOID},
                 {"activation.softplus", SKUAI_ACTIVATION_SOFTPLUS}};
    skuai_real x[25];
    get("activation.x", x, 25);
    skuai_tape *tape = skuai_tape_new(&context);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
        skuai_tensor *t = skuai_tape_input(tape, x, 1, (size_t[]){25});
        compare(kinds[k].name, skuai_nn_activation(tape, t, kinds[k].kind)->value, 25);
    }
    skuai_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net), cmocka_unit_test(test_operations),
        cmocka_unit_test(test_losses), cmocka_unit_test(test_activations)};
    return cmocka_run_group_tests(tests, golden_load, NULL);
}
