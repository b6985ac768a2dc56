/* The tape: threads, failures, memory, missing targets; and the optimiser's promises. */
#include "support/support.h"

#include "nn/block.h"
#include "nn/loss.h"
#include "nn/optimiser.h"

#include <math.h>
#include <string.h>

/* Enough rows for several tiles and groups, and work that is shared. */
enum { B = 24, S = 20, D = 32, N = B * S };

typedef struct net {
    skuai_nn_parameters *p;
    skuai_nn_encoder encoder;
    skuai_real x[N * D], target[N * D];
} net;

static void net_make(net *n) {
    skua_error err = {0};
    n->p = skuai_nn_parameters_new();
    skuai_nn_encoder_config c = SKUAI_NN_ENCODER_DEFAULT;
    c.block.width = D, c.block.heads = 4, c.block.rotary_base = 10000;
    c.block.dropout = 0.1, c.block.attention_dropout = 0.1, c.block.init_scale = 0.2;
    skuai_nn_encoder_add(n->p, "e", &c, &n->encoder);
    assert_ok(skuai_nn_parameters_finish(n->p, 7, &err), &err);
    assert_ok(skuai_nn_parameters_train(n->p, &err), &err);
    for (size_t i = 0; i < N * D; i++) {
        n->x[i] = (skuai_real)sin(0.37 * (double)i);
        n->target[i] = i % 5 == 0 ? (skuai_real)NAN : (skuai_real)cos(0.11 * (double)i);
    }
}

static skuai_tensor *net_loss(net *n, skuai_tape *tape, size_t batch) {
    skuai_tensor *x = skuai_tape_input(tape, n->x, 3, (size_t[]){batch, S, D});
    x = skuai_nn_encoder_run(tape, n->p, &n->encoder, x, NULL);
    return skuai_nn_squared_loss(tape, x, n->target, NULL);
}

static skuai_real *pass(net *n, int threads, uint64_t seed, double *loss) {
    skua_error err = {0};
    const skuai_context context = {.threads = threads};
    skuai_tape *tape = skuai_tape_new(&context);
    skuai_nn_parameters_zero(n->p);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, seed);
    skuai_tensor *value = net_loss(n, tape, B);
    assert_ok(skuai_tape_backward(tape, value, &err), &err);
    *loss = (double)value->value[0];
    skuai_tape_free(tape);
    skuai_real *copy = skuai_new(n->p->size, sizeof *copy);
    memcpy(copy, n->p->gradient, n->p->size * sizeof *copy);
    return copy;
}

static void test_threads(void **state) {
    (void)state;
    static net n;
    net_make(&n);
    double a, b, c;
    skuai_real *one = pass(&n, 1, 3, &a), *two = pass(&n, 2, 3, &b), *other = pass(&n, 2, 4, &c);
    assert_true(isfinite(a) && a == b && a != c); /* another seed, another dropout */
    assert_memory_equal(one, two, n.p->size * sizeof *one);
    assert_memory_not_equal(one, other, n.p->size * sizeof *one);
    skuai_free(one), skuai_free(two), skuai_free(other);
    skuai_nn_parameters_free(n.p);
}

static void test_memory(void **state) {
    (void)state;
    static net n;
    net_make(&n);
    skua_error err = {0};
    skuai_tape *tape = skuai_tape_new(NULL);
    size_t bytes = 0;
    for (size_t i = 0; i < 24; i++) {
        skuai_tape_begin(tape, i % 4 == 3 ? SKUAI_TAPE_INFER : SKUAI_TAPE_TRAIN, i);
        skuai_tensor *loss = net_loss(&n, tape, B >> i % 3);
        if (i % 4 != 3) assert_ok(skuai_tape_backward(tape, loss, &err), &err);
        assert_ok(skuai_tape_status(tape, &err), &err);
        if (i == 11) bytes = skuai_tape_bytes(tape);
    }
    assert_true(bytes > 0);
    assert_int_equal(skuai_tape_bytes(tape), bytes);
    skuai_tape_free(tape);
    /* inference of the same net needs far less than recording it */
    tape = skuai_tape_new(NULL);
    skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
    assert_non_null(net_loss(&n, tape, B));
    assert_true(skuai_tape_bytes(tape) < bytes / 2);
    skuai_tape_free(tape);
    skuai_nn_parameters_free(n.p);
}

/* Values live as long as the header says. */
static void test_lives(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_real x[4] = {1, 2, 3, 4}, target[4] = {0};
    skuai_tape *tape = skuai_tape_new(NULL);
    skuai_tape_begin(tape, SKUAI_TAPE_GRADIENT, 0);
    skuai_tensor *v = skuai_tape_variable(tape, x, 1, (size_t[]){4});
    skuai_tensor *y = skuai_nn_scale(tape, v, 2, 0), *z = skuai_nn_scale(tape, y, 3, 0);
    skuai_tape_keep(y);
    skuai_tensor *loss = skuai_nn_squared_loss(tape, z, target, NULL);
    assert_ok(skuai_tape_backward(tape, loss, &err), &err);
    assert_close(y->value[3], 8, 0, 0);
    assert_null(z->value);
    assert_close(loss->value[0], 36 * 30 / 4.0, 1e-6, 0);
    assert_close(v->gradient[1], 2 * 36 * 2 / 4.0, 1e-6, 0);
    assert_int_equal(skuai_tape_backward(tape, loss, &err), SKUA_EINVAL); /* once a pass */
    skuai_tape_free(tape);
}

static void test_failures(void **state) {
    (void)state;
    skua_error err = {0}, again = {0};
    skuai_real x[12] = {0}, target[4] = {0}, weight[4] = {1, -1, 1, 1};
    skuai_tape *tape = skuai_tape_new(NULL);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 0);
    skuai_tensor *a = skuai_tape_variable(tape, x, 2, (size_t[]){3, 4});
    skuai_tensor *w = skuai_tape_variable(tape, x, 2, (size_t[]){4, 3});
    assert_null(skuai_nn_linear(tape, a, w, NULL)); /* 4 columns meet 3 */
    assert_null(skuai_nn_scale(tape, a, 1, 0));     /* nothing goes on */
    assert_int_equal(skuai_tape_status(tape, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "[3, 4]"));
    assert_non_null(strstr(err.message, "[4, 3]"));
    assert_null(skuai_nn_softmax(tape, NULL));
    assert_int_equal(skuai_tape_backward(tape, NULL, &again), SKUA_EINVAL);
    assert_string_equal(again.message, err.message); /* the first one */
    /* the next pass is clean; a weight below 0, a class that is not there, a bad row are refused */
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 0);
    assert_ok(skuai_tape_status(tape, &err), &err);
    a = skuai_tape_variable(tape, x, 1, (size_t[]){4});
    assert_null(skuai_nn_squared_loss(tape, a, target, weight));
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 0);
    a = skuai_tape_variable(tape, x, 2, (size_t[]){3, 4});
    assert_null(skuai_nn_cross_entropy(tape, a, (int32_t[]){0, 4, 1}, -1, NULL));
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 0);
    a = skuai_tape_variable(tape, x, 2, (size_t[]){3, 4});
    assert_null(skuai_nn_gather_rows(tape, a, (size_t[]){3}, 1));
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 0);
    a = skuai_tape_variable(tape, x, 2, (size_t[]){3, 4});
    assert_int_equal(skuai_tape_backward(tape, a, &err), SKUA_EINVAL); /* not one number */
    skuai_tape_free(tape);
}

static void test_nothing_to_learn(void **state) {
    (void)state;
    skua_error err = {0};
    const skuai_real nan = (skuai_real)NAN;
    skuai_real x[4] = {1, 2, 3, 4}, missing[4] = {nan, nan, nan, nan}, target[4] = {0},
               zero[4] = {0};
    skuai_tape *tape = skuai_tape_new(NULL);
    for (int kind = 0; kind < 2; kind++) {
        skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 0);
        skuai_tensor *v = skuai_tape_variable(tape, x, 1, (size_t[]){4});
        skuai_tensor *loss =
            skuai_nn_squared_loss(tape, v, kind ? target : missing, kind ? zero : NULL);
        assert_ok(skuai_tape_backward(tape, loss, &err), &err);
        assert_close(loss->value[0], 0, 0, 0);
        assert_null(v->gradient);
    }
    skuai_tape_free(tape);
}

/* Half of the elements kept, doubled; what one pass drops another does not. */
static void test_dropout(void **state) {
    (void)state;
    enum { n = 40000 };
    static skuai_real x[n], first[n];
    for (size_t i = 0; i < n; i++)
        x[i] = 1;
    skuai_tape *tape = skuai_tape_new(NULL);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    skuai_tensor *v = skuai_tape_input(tape, x, 1, (size_t[]){n});
    skuai_tensor *y = skuai_nn_dropout(tape, v, 0.5), *z = skuai_nn_dropout(tape, v, 0.5);
    size_t kept = 0, both = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(y->value[i] == 0 || y->value[i] == 2);
        kept += y->value[i] > 0;
        both += y->value[i] > 0 && z->value[i] > 0;
    }
    /* four standard deviations of a fair coin, of two independent ones */
    assert_true(fabs((double)kept - n / 2.0) < 4 * sqrt(n / 4.0));
    assert_true(fabs((double)both - n / 4.0) < 4 * sqrt(n * 3 / 16.0));
    memcpy(first, y->value, sizeof first);
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 1);
    v = skuai_tape_input(tape, x, 1, (size_t[]){n});
    assert_memory_equal(skuai_nn_dropout(tape, v, 0.5)->value, first, sizeof first);
    skuai_tape_begin(tape, SKUAI_TAPE_GRADIENT, 1);
    v = skuai_tape_input(tape, x, 1, (size_t[]){n});
    assert_ptr_equal(skuai_nn_dropout(tape, v, 0.5), v);
    skuai_tape_free(tape);
}

/* -- Optimiser -------------------------------------------------------------------------------- */

static void test_rate(void **state) {
    (void)state;
    skuai_nn_optimiser_config c = SKUAI_NN_OPTIMISER_DEFAULT;
    c.rate = 2, c.warmup_steps = 4, c.total_steps = 14, c.final_share = 0.1;
    assert_close(skuai_nn_optimiser_rate(&c, 0), 0.5, 1e-12, 0);
    assert_close(skuai_nn_optimiser_rate(&c, 3), 2, 1e-12, 0);
    assert_close(skuai_nn_optimiser_rate(&c, 4), 2, 1e-12, 0);
    assert_close(skuai_nn_optimiser_rate(&c, 9), 2 * 0.55, 1e-12, 0);
    assert_close(skuai_nn_optimiser_rate(&c, 14), 0.2, 1e-12, 0);
    assert_close(skuai_nn_optimiser_rate(&c, 1000), 0.2, 1e-12, 0);
    c.total_steps = 0;
    assert_close(skuai_nn_optimiser_rate(&c, 1000), 2, 0, 0);
}

static void test_steps(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_nn_parameters *p = skuai_nn_parameters_new();
    size_t w = skuai_nn_parameters_add(p, "w", 2, (size_t[]){2, 3}, SKUAI_INIT_ONE, 0);
    size_t b = skuai_nn_parameters_add(p, "b", 1, (size_t[]){3}, SKUAI_INIT_ONE, 0);
    size_t still = skuai_nn_parameters_add(p, "still", 1, (size_t[]){2}, SKUAI_INIT_ONE, 0);
    assert_ok(skuai_nn_parameters_finish(p, 1, &err), &err);
    p->table[still].trainable = false;
    skuai_nn_optimiser_config c = SKUAI_NN_OPTIMISER_DEFAULT;
    c.rate = 0.1, c.weight_decay = 0.5, c.ema_decay = 0.9;
    skuai_nn_optimiser *o;
    c.beta1 = 1;
    assert_int_equal(skuai_nn_optimiser_new(p, &c, &o, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "beta1"));
    c.beta1 = 0.9;
    assert_ok(skuai_nn_optimiser_new(p, &c, &o, &err), &err);
    skuai_nn_step done;
    p->gradient[p->table[b].offset] = (skuai_real)INFINITY;
    assert_ok(skuai_nn_optimiser_step(o, NULL, 1, &done, &err), &err);
    assert_false(done.applied);
    assert_int_equal(o->step, 1);
    assert_close(skuai_nn_parameters_value(p, w)[0], 1, 0, 0);
    assert_close(p->gradient[p->table[b].offset], 0, 0, 0);
    o->step = 0;
    skuai_nn_parameters_value(p, w)[0] = 1;
    p->gradient[p->table[w].offset] = 3, p->gradient[p->table[b].offset + 1] = 4;
    p->gradient[p->table[still].offset] = 0;
    assert_ok(skuai_nn_optimiser_step(o, NULL, 0.5, &done, &err), &err);
    assert_true(done.applied);
    assert_close(done.norm, 2.5, 1e-6, 0);
    /* Adam's first step is the rate, whatever the gradient; decay pulls on the matrix alone */
    assert_close(skuai_nn_parameters_value(p, w)[0], 1 - 0.05 - 0.1, 1e-5, 0);
    assert_close(skuai_nn_parameters_value(p, w)[1], 1 - 0.05, 1e-5, 0);
    assert_close(skuai_nn_parameters_value(p, b)[0], 1, 1e-6, 0);
    assert_close(skuai_nn_parameters_value(p, b)[1], 0.9, 1e-5, 0);
    assert_close(skuai_nn_parameters_value(p, still)[0], 1, 0, 0);
    /* the average: 2 / 11 of the start */
    double value = 0.9;
    skuai_nn_optimiser_swap(o);
    assert_close(skuai_nn_parameters_value(p, b)[1], 2.0 / 11 + 9.0 / 11 * value, 1e-5, 0);
    skuai_nn_optimiser_swap(o);
    assert_close(skuai_nn_parameters_value(p, b)[1], value, 1e-5, 0);
    skuai_nn_optimiser_free(o);
    skuai_nn_parameters_free(p);
}

static void test_parameters(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_nn_parameters *p = skuai_nn_parameters_new();
    size_t a = skuai_nn_parameters_add(p, "a", 2, (size_t[]){200, 50}, SKUAI_INIT_NORMAL, 0.5);
    size_t b = skuai_nn_parameters_add(p, "b", 2, (size_t[]){30, 20}, SKUAI_INIT_XAVIER, 1);
    assert_ok(skuai_nn_parameters_finish(p, 1, &err), &err);
    assert_int_equal(skuai_nn_parameters_find(p, "b"), b);
    assert_true(skuai_nn_parameters_find(p, "c") == SIZE_MAX);
    assert_int_equal(skuai_nn_parameters_total(p), 10600);
    double square = 0, most = 0;
    for (size_t i = 0; i < 10000; i++) {
        double v = (double)skuai_nn_parameters_value(p, a)[i];
        square += v * v;
    }
    assert_close(square / 10000, 0.25, 0.06, 0); /* four standard deviations */
    for (size_t i = 0; i < 600; i++)
        most = fmax(most, fabs((double)skuai_nn_parameters_value(p, b)[i]));
    assert_true(most <= sqrt(6.0 / 50) && most > 0.95 * sqrt(6.0 / 50));
    skuai_nn_parameters_free(p);
    p = skuai_nn_parameters_new();
    (void)skuai_nn_parameters_add(p, "a", 1, (size_t[]){2}, SKUAI_INIT_ZERO, 0);
    (void)skuai_nn_parameters_add(p, "a", 1, (size_t[]){2}, SKUAI_INIT_ZERO, 0);
    assert_int_equal(skuai_nn_parameters_finish(p, 1, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "two of that name"));
    skuai_nn_parameters_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_memory),
                                       cmocka_unit_test(test_lives),
                                       cmocka_unit_test(test_failures),
                                       cmocka_unit_test(test_nothing_to_learn),
                                       cmocka_unit_test(test_dropout),
                                       cmocka_unit_test(test_rate),
                                       cmocka_unit_test(test_steps),
                                       cmocka_unit_test(test_parameters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
