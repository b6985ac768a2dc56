/* gradient.h -- an operation's gradient against central differences, in double. */
#ifndef SKUA_TEST_GRADIENT_H
#define SKUA_TEST_GRADIENT_H

#include "support/support.h"

#include "nn/block.h"
#include "nn/loss.h"
#include "nn/optimiser.h"

#include "core/random.h"

#include <math.h>
#include <string.h>

enum { VARIABLES_MOST = 8 };

typedef struct variable {
    int rank;
    size_t shape[4];
} variable;

/* A net of the variables: any tensor, or a scalar loss. */
typedef skuai_tensor *(*gradient_net)(skuai_tape *tape, skuai_tensor *const *v, const void *option);

static const skuai_context gradient_context = {.seed = 1, .threads = 2};

static inline void random_fill(double *x, size_t n, double low, double high, uint64_t stream) {
    skuai_random random;
    skuai_random_split(&random, 11, stream);
    for (size_t i = 0; i < n; i++)
        x[i] = low + (high - low) * skuai_random_uniform(&random);
}

typedef struct gradient_case {
    gradient_net net;
    const void *option;
    size_t n;
    variable shape[VARIABLES_MOST];
    double *value[VARIABLES_MOST], *gradient[VARIABLES_MOST];
    size_t size[VARIABLES_MOST];
    bool twice; /* the net is used twice in a pass: gradients meet */
} gradient_case;

/* mean (y - target)^2 of the net's output, or the output itself where it is one number. */
static inline skuai_tensor *scalar_of(skuai_tape *tape, skuai_tensor *y, uint64_t stream) {
    if (!y || y->size == 1) return y;
    double *target = skuai_tape_take(tape, y->size, sizeof *target);
    if (!target) return NULL;
    random_fill(target, y->size, -1, 1, 1000 + stream);
    return skuai_nn_squared_loss(tape, y, target, NULL);
}

/* The loss, and with `gradients` the gradients of the variables. */
static inline double case_run(gradient_case *c, skuai_tape *tape, bool gradients) {
    skua_error err = {0};
    skuai_tensor *v[VARIABLES_MOST];
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, 5);
    for (size_t i = 0; i < c->n; i++)
        v[i] = skuai_tape_variable(tape, c->value[i], c->shape[i].rank, c->shape[i].shape);
    skuai_tensor *loss = scalar_of(tape, c->net(tape, v, c->option), 0);
    if (c->twice) {
        skuai_tensor *second = scalar_of(tape, c->net(tape, v, c->option), 1);
        loss = skuai_nn_loss_sum(tape, (skuai_tensor *[]){loss, second}, (double[]){1, 0.5}, 2);
    }
    assert_ok(skuai_tape_status(tape, &err), &err);
    double value = loss->value[0];
    if (!gradients) return value;
    assert_ok(skuai_tape_backward(tape, loss, &err), &err);
    for (size_t i = 0; i < c->n; i++) {
        assert_non_null(v[i]->gradient);
        memcpy(c->gradient[i], v[i]->gradient, c->size[i] * sizeof(double));
    }
    return value;
}

static inline void case_compare(gradient_case *c, skuai_tape *tape, const char *name) {
    (void)case_run(c, tape, true);
    double largest = 0;
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < c->size[i]; k++) {
            double x = c->value[i][k], step = 1e-5;
            c->value[i][k] = x + step;
            double up = case_run(c, tape, false);
            c->value[i][k] = x - step;
            double down = case_run(c, tape, false);
            c->value[i][k] = x;
            double expected = (up - down) / (2 * step), got = c->gradient[i][k];
            if (fabs(got) > largest) largest = fabs(got);
            if (!(fabs(got - expected) <= 1e-7 + 1e-6 * fabs(expected))) {
                print_error("%s%s: variable %zu, element %zu: gradient %.10g, differences %.10g\n",
                            name, c->twice ? " used twice" : "", i, k, got, expected);
                fail();
            }
        }
    }
    assert_true(largest > 1e-6); /* something flows */
}

/* Compare the gradients of net with respect to all n variables (uniform in [low, high]), used once
 * and used twice. */
static inline void check_gradient_in(const char *name, double low, double high, gradient_net net,
                                     const void *option, size_t n, const variable *variables) {
    gradient_case c = {.net = net, .option = option, .n = n};
    for (size_t i = 0; i < n; i++) {
        c.shape[i] = variables[i];
        c.size[i] = 1;
        for (int k = 0; k < variables[i].rank; k++)
            c.size[i] *= variables[i].shape[k];
        c.value[i] = skuai_new(c.size[i], sizeof(double));
        c.gradient[i] = skuai_new(c.size[i], sizeof(double));
        random_fill(c.value[i], c.size[i], low, high, i);
    }
    skuai_tape *tape = skuai_tape_new(&gradient_context);
    case_compare(&c, tape, name);
    c.twice = true;
    case_compare(&c, tape, name);
    skuai_tape_free(tape);
    for (size_t i = 0; i < n; i++)
        skuai_free(c.value[i]), skuai_free(c.gradient[i]);
}

static inline void check_gradient(const char *name, gradient_net net, const void *option, size_t n,
                                  const variable *variables) {
    check_gradient_in(name, -1, 1, net, option, n, variables);
}

#endif
