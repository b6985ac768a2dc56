/* Gradients of operations on rows, shapes and elements, and of losses. */
#include "gradient.h"

static skuai_tensor *embedding(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    const int32_t ids[] = {0, 3, 3, 1, 0, 3};
    return skuai_nn_embedding(t, v[0], ids, 2, (size_t[]){2, 3});
}
static skuai_tensor *gather(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    const size_t rows[] = {2, SKUAI_ROW_NONE, 0, 2, 5};
    return skuai_nn_gather_rows(t, v[0], rows, 5);
}
static skuai_tensor *scatter(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    const size_t rows[] = {1, 1, SKUAI_ROW_NONE, 3, 0, 1};
    return skuai_nn_scatter_rows(t, v[0], rows, 5);
}
static skuai_tensor *pool(skuai_tape *t, skuai_tensor *const *v, const void *mask) {
    return skuai_nn_mean_pool(t, v[0], mask);
}

static void test_rows(void **state) {
    (void)state;
    const variable table[] = {{2, {4, 3}}}, x[] = {{3, {2, 3, 4}}};
    check_gradient("embedding", embedding, NULL, 1, table);
    check_gradient("gather_rows", gather, NULL, 1, x);
    check_gradient("scatter_rows", scatter, NULL, 1, x);
    check_gradient("mean_pool", pool, NULL, 1, x);
    check_gradient("mean_pool with mask", pool, (uint8_t[]){1, 0, 1, 0, 0, 0}, 1, x);
}

static skuai_tensor *concat(skuai_tape *t, skuai_tensor *const *v, const void *axis) {
    return skuai_nn_concat(t, v, 2, *(const int *)axis);
}
static skuai_tensor *slice(skuai_tape *t, skuai_tensor *const *v, const void *axis) {
    return skuai_nn_slice(t, v[0], *(const int *)axis, 1, 2);
}
static skuai_tensor *transpose(skuai_tape *t, skuai_tensor *const *v, const void *axes) {
    const int *a = axes;
    return skuai_nn_transpose(t, v[0], a[0], a[1]);
}
static skuai_tensor *reshape(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    skuai_tensor *y = skuai_nn_scale(t, v[0], 2, 0);
    y = skuai_nn_reshape(t, y, 2, (size_t[]){6, 6});
    return skuai_nn_add(t, y, skuai_nn_reshape(t, v[0], 2, (size_t[]){6, 6}));
}
static skuai_tensor *repeat(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_repeat(t, v[0], 3);
}

static void test_shapes(void **state) {
    (void)state;
    const variable cube[] = {{3, {3, 3, 4}}}, four[] = {{4, {2, 3, 2, 4}}};
    for (int axis = 0; axis < 3; axis++) {
        variable parts[] = {{3, {2, 3, 4}}, {3, {2, 3, 4}}};
        parts[1].shape[axis] = 5;
        check_gradient("concat", concat, &axis, 2, parts);
        check_gradient("slice", slice, &axis, 1, cube);
    }
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            check_gradient("transpose", transpose, (int[]){a, b}, 1, four);
    check_gradient("reshape", reshape, NULL, 1, (variable[]){{3, {3, 3, 4}}});
    check_gradient("repeat", repeat, NULL, 1, cube);
}

static skuai_tensor *add(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_add(t, v[0], v[1]);
}
static skuai_tensor *multiply(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_multiply(t, v[0], v[1]);
}
static skuai_tensor *square(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    skuai_tensor *y = skuai_nn_multiply(t, v[0], v[0]);
    return o ? skuai_nn_add(t, y, y) : y;
}
static skuai_tensor *scale(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_scale(t, v[0], -1.5, 0.25);
}
static skuai_tensor *scale_rows(skuai_tape *t, skuai_tensor *const *v, const void *shift) {
    static const double factor[] = {1, -2, 0.5, 3, 0, 1};
    return skuai_nn_scale_rows(t, v[0], factor, shift);
}
static skuai_tensor *dropout(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_dropout(t, v[0], 0.4);
}
static skuai_tensor *softmax(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_softmax(t, v[0]);
}
static skuai_tensor *cumulate(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_cumulate(t, v[0]);
}

static void test_elements(void **state) {
    (void)state;
    const variable v[] = {{3, {2, 3, 4}}, {3, {2, 3, 4}}}, part[] = {{3, {2, 3, 4}}, {2, {3, 4}}};
    const variable last[] = {{3, {2, 3, 4}}, {1, {4}}};
    check_gradient("add", add, NULL, 2, v), check_gradient("add", add, NULL, 2, part);
    check_gradient("add", add, NULL, 2, last);
    check_gradient("multiply", multiply, NULL, 2, v);
    check_gradient("multiply", multiply, NULL, 2, part);
    check_gradient("multiply", multiply, NULL, 2, last);
    check_gradient("square", square, NULL, 1, v), check_gradient("2 square", square, "", 1, v);
    check_gradient("scale", scale, NULL, 1, v);
    check_gradient("scale_rows", scale_rows, NULL, 1, v);
    check_gradient("scale_rows", scale_rows, (double[]){1, 2, 3, 4, 5, 6}, 1, v);
    check_gradient("dropout", dropout, NULL, 1, v);
    check_gradient("softmax", softmax, NULL, 1, v);
    check_gradient("cumulate", cumulate, NULL, 1, v);
}

/* -- Losses ----------------------------------------------------------------------------------- */

static const double weights[] = {1, 0, 2, 0.5, 3, 1};

static skuai_tensor *pinball(skuai_tape *t, skuai_tensor *const *v, const void *weight) {
    static const double levels[] = {0.1, 0.5, 0.9};
    static const double target[] = {0.3, -5, NAN, 5, 0.1, -0.2};
    return skuai_nn_pinball_loss(t, v[0], target, weight, levels, 3);
}
static skuai_tensor *squared(skuai_tape *t, skuai_tensor *const *v, const void *weight) {
    static const double target[] = {0.3, -5, NAN, 5, 0.1, -0.2};
    return skuai_nn_squared_loss(t, v[0], target, weight);
}
static skuai_tensor *entropy(skuai_tape *t, skuai_tensor *const *v, const void *weight) {
    static const int32_t classes[] = {0, 2, -1, 1, 1, 0};
    return skuai_nn_cross_entropy(t, v[0], classes, -1, weight);
}
static skuai_tensor *counts(skuai_tape *t, skuai_tensor *const *v, const void *weight) {
    static const double target[] = {0, 3, NAN, 17, 1, 250};
    return skuai_nn_negative_binomial_loss(t, v[0], target, weight);
}
static skuai_tensor *heavy(skuai_tape *t, skuai_tensor *const *v, const void *weight) {
    static const double target[] = {0, 3, NAN, -17, 1, 0.5};
    return skuai_nn_student_t_loss(t, v[0], target, weight);
}

static void test_losses(void **state) {
    (void)state;
    const variable three[] = {{3, {2, 3, 3}}}, two[] = {{2, {6, 2}}};
    const variable one[] = {{2, {2, 3}}};
    const double *const with[] = {NULL, weights};
    for (size_t k = 0; k < 2; k++) {
        check_gradient_in("pinball", -3, 3, pinball, with[k], 1, three);
        check_gradient("squared", squared, with[k], 1, one);
        check_gradient_in("cross entropy", -3, 3, entropy, with[k], 1, three);
        check_gradient_in("negative binomial", -3, 3, counts, with[k], 1, two);
        check_gradient_in("Student's t", -3, 3, heavy, with[k], 1, three);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_shapes),
                                       cmocka_unit_test(test_elements),
                                       cmocka_unit_test(test_losses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
