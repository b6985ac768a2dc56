#include "nn/tape_record.h"

#include "nn/kernel.h"

#include <stdio.h>
#include <string.h>

/* Fewer elements than this are passed over sooner by one thread than threads are woken. */
#define WORK_WORTH_SHARING 200000.0

struct skuai_tape {
    const skuai_context *context;
    skuai_context loops, alone; /* of the parallel loops: a pass that was begun ends */
    skuai_tape_mode mode;
    uint64_t seed, draws;
    skua_status status;
    skua_error error;
    skuai_memory memory;
    skuai_node *last;
    bool begun, backward_done;
};

/* -- Life ------------------------------------------------------------------------------------- */

skuai_tape *skuai_tape_new(const skuai_context *context) {
    skuai_tape *tape = skuai_zero(1, sizeof *tape);
    if (!tape) return NULL;
    tape->context = context;
    skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
    return tape;
}

void skuai_tape_free(skuai_tape *tape) {
    if (!tape) return;
    skuai_memory_clear(&tape->memory);
    skuai_free(tape);
}

void skuai_tape_begin(skuai_tape *tape, skuai_tape_mode mode, uint64_t seed) {
    skuai_memory_begin(&tape->memory);
    tape->loops = tape->context ? *tape->context : SKUAI_CONTEXT_DEFAULT;
    tape->loops.deadline = 0;
    tape->alone = tape->loops;
    tape->alone.threads = 1;
    tape->mode = mode;
    tape->seed = seed;
    tape->draws = 0;
    tape->status = SKUA_OK;
    skuai_error_clear(&tape->error);
    tape->last = NULL;
    tape->backward_done = false;
}

skuai_tape_mode skuai_tape_mode_of(const skuai_tape *tape) {
    return tape->mode;
}
const skuai_context *skuai_tape_context(const skuai_tape *tape) {
    return &tape->loops;
}
size_t skuai_tape_bytes(const skuai_tape *tape) {
    return tape->memory.bytes;
}

/* -- Failures --------------------------------------------------------------------------------- */

void skuai_tape_keep_failure(skuai_tape *tape, skua_status status, const skua_error *error) {
    if (tape->status != SKUA_OK || status == SKUA_OK) return;
    tape->status = status;
    tape->error = *error;
}

skuai_tensor *skuai_tape_fail(skuai_tape *tape, skua_status status, const char *format, ...) {
    if (tape->status != SKUA_OK) return NULL;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tape->status = skuai_error_set(&tape->error, status, "%s", n >= 0 ? text : "a pass failed");
    return NULL;
}

skua_status skuai_tape_status(const skuai_tape *tape, skua_error *err) {
    if (tape->status != SKUA_OK && err) *err = tape->error;
    return tape->status;
}

bool skuai_tape_given(skuai_tape *tape, const char *operation, skuai_tensor *const *inputs,
                      size_t n) {
    if (tape->status != SKUA_OK) return false;
    for (size_t i = 0; i < n; i++) {
        if (inputs[i]) continue;
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "%s: an operand is NULL", operation);
        return false;
    }
    return true;
}

const char *skuai_tensor_shape_text(const skuai_tensor *x, char *text, size_t size) {
    size_t at = 0;
    if (size == 0) return "";
    text[0] = '\0';
    for (int i = 0; i < x->rank && at < size; i++) {
        int n = snprintf(text + at, size - at, "%s%zu%s", i ? ", " : "[", x->shape[i],
                         i == x->rank - 1 ? "]" : "");
        at += n > 0 ? (size_t)n : 0;
    }
    return text;
}

/* -- Tensors ---------------------------------------------------------------------------------- */

static skuai_tensor *tensor_new(skuai_tape *tape, int rank, const size_t *shape) {
    if (tape->status != SKUA_OK) return NULL;
    if (rank < 1 || rank > 4)
        return skuai_tape_fail(tape, SKUA_EINVAL, "a tensor of rank %d: need 1 to 4", rank);
    skuai_tensor *t = skuai_memory_small(&tape->memory, sizeof *t);
    if (!t) return skuai_tape_fail(tape, SKUA_ENOMEM, "out of memory for a tensor");
    *t = (skuai_tensor){.shape = {1, 1, 1, 1}, .rank = rank, .size = 1};
    for (int i = 0; i < rank; i++) {
        t->shape[i] = shape[i];
        if (shape[i] == 0) return skuai_tape_fail(tape, SKUA_EINVAL, "a tensor with a shape of 0");
        if (!skuai_size_mul(t->size, shape[i], &t->size))
            return skuai_tape_fail(tape, SKUA_ELIMIT, "a tensor is too large");
    }
    return t;
}

static skuai_tensor *on_values(skuai_tape *tape, const skuai_real *value, int rank,
                               const size_t *shape) {
    if (!value) return skuai_tape_fail(tape, SKUA_EINVAL, "a tensor on values that are NULL");
    skuai_tensor *t = tensor_new(tape, rank, shape);
    /* operations write the values of their own results alone */
    if (t) memcpy(&t->value, &value, sizeof t->value);
    return t;
}

skuai_tensor *skuai_tape_input(skuai_tape *tape, const skuai_real *value, int rank,
                               const size_t *shape) {
    return on_values(tape, value, rank, shape);
}

skuai_tensor *skuai_tape_variable(skuai_tape *tape, skuai_real *value, int rank,
                                  const size_t *shape) {
    skuai_tensor *t = on_values(tape, value, rank, shape);
    if (t) t->differentiable = tape->mode != SKUAI_TAPE_INFER;
    return t;
}

skuai_tensor *skuai_tape_parameter(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                   size_t id) {
    if (!parameters || !parameters->value || id >= parameters->count)
        return skuai_tape_fail(tape, SKUA_EINVAL, "a parameter that is not there");
    const skuai_nn_parameter *p = &parameters->table[id];
    skuai_tensor *t = on_values(tape, parameters->value + p->offset, p->rank, p->shape);
    if (!t) return NULL;
    t->owner = parameters;
    t->parameter = id;
    if (tape->mode != SKUAI_TAPE_INFER && p->trainable && parameters->gradient) {
        t->differentiable = true;
        t->gradient = parameters->gradient + p->offset;
    }
    return t;
}

skuai_tensor *skuai_tape_result(skuai_tape *tape, int rank, const size_t *shape) {
    skuai_tensor *t = tensor_new(tape, rank, shape);
    if (!t) return NULL;
    t->storage = skuai_tape_storage(tape, t->size, sizeof *t->value);
    if (!t->storage) return NULL;
    t->value = t->storage->data;
    return t;
}

skuai_tensor *skuai_tape_new_tensor(skuai_tape *tape, int rank, const size_t *shape) {
    return skuai_tape_result(tape, rank, shape);
}

skuai_tensor *skuai_tape_alias(skuai_tape *tape, skuai_tensor *x, int rank, const size_t *shape) {
    skuai_tensor *t = tensor_new(tape, rank, shape);
    if (!t) return NULL;
    t->value = x->value;
    t->storage = x->storage;
    if (t->storage) t->storage->references++;
    return t;
}

void *skuai_tape_take(skuai_tape *tape, size_t n, size_t size) {
    size_t bytes;
    if (tape->status != SKUA_OK) return NULL;
    void *memory =
        skuai_size_mul(n, size, &bytes) ? skuai_memory_small(&tape->memory, bytes) : NULL;
    if (!memory) (void)skuai_tape_fail(tape, SKUA_ENOMEM, "out of memory for a pass");
    return memory;
}

skuai_tensor *skuai_tape_keep(skuai_tensor *tensor) {
    if (tensor) tensor->keep = true;
    return tensor;
}

static void value_drop(skuai_tape *tape, skuai_tensor *t) {
    if (!t->storage) return;
    skuai_memory_drop(&tape->memory, t->storage);
    t->storage = NULL;
    t->value = NULL;
}

void skuai_tape_release(skuai_tape *tape, skuai_tensor *tensor) {
    if (tape->mode == SKUAI_TAPE_INFER && tensor && !tensor->keep) value_drop(tape, tensor);
}

/* -- Record ----------------------------------------------------------------------------------- */

bool skuai_tape_records(const skuai_tape *tape, skuai_tensor *const *inputs, size_t n) {
    if (tape->mode == SKUAI_TAPE_INFER || tape->status != SKUA_OK) return false;
    for (size_t i = 0; i < n; i++) {
        if (inputs[i] && inputs[i]->differentiable) return true;
    }
    return false;
}

skuai_node *skuai_tape_record(skuai_tape *tape, skuai_tensor *y, skuai_node_backward backward,
                              skuai_tensor *const *inputs, size_t n, size_t state_size) {
    if (!skuai_tape_records(tape, inputs, n)) return NULL;
    skuai_node *node = skuai_tape_take(tape, 1, sizeof *node);
    skuai_tensor **copy = skuai_tape_take(tape, n, sizeof(skuai_tensor *));
    void *state = state_size ? skuai_tape_take(tape, 1, state_size) : NULL;
    if (!node || !copy || (state_size && !state)) return NULL;
    memcpy(copy, inputs, n * sizeof(skuai_tensor *));
    if (state) memset(state, 0, state_size);
    *node = (skuai_node){.before = tape->last,
                         .backward = backward,
                         .y = y,
                         .inputs = copy,
                         .n_inputs = n,
                         .state = state};
    tape->last = node;
    y->differentiable = true;
    return node;
}

skuai_real *skuai_tape_gradient(skuai_tape *tape, skuai_tensor *x, bool *fresh) {
    *fresh = false;
    if (!x || !x->differentiable || tape->status != SKUA_OK) return NULL;
    if (x->gradient) return x->gradient;
    x->gradient_storage = skuai_tape_storage(tape, x->size, sizeof *x->gradient);
    if (!x->gradient_storage) return NULL;
    x->gradient = x->gradient_storage->data;
    *fresh = true;
    return x->gradient;
}

skuai_real *skuai_tape_gradient_zero(skuai_tape *tape, skuai_tensor *x) {
    bool fresh;
    skuai_real *gradient = skuai_tape_gradient(tape, x, &fresh);
    if (gradient && fresh) skuai_kernel_zero(gradient, x->size);
    return gradient;
}

typedef struct passing {
    const skuai_real *from;
    skuai_real *to;
    bool fresh;
    size_t n;
} passing;

enum { PIECE = 16384 };

static skua_status pass_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const passing *p = argument;
    size_t from = i * PIECE, n = p->n - from < PIECE ? p->n - from : PIECE;
    skuai_kernel_accumulate(p->from + from, p->fresh, p->to + from, n);
    return SKUA_OK;
}

void skuai_tape_gradient_pass(skuai_tape *tape, skuai_tensor *x, skuai_tensor *y) {
    if (!x || !x->differentiable || tape->status != SKUA_OK) return;
    if (!x->gradient && y->gradient_storage && y->gradient_storage->references == 1) {
        x->gradient = y->gradient;
        x->gradient_storage = y->gradient_storage;
        x->gradient_storage->references++;
        return;
    }
    passing p = {.from = y->gradient, .n = x->size};
    p.to = skuai_tape_gradient(tape, x, &p.fresh);
    if (p.to)
        (void)skuai_tape_parallel(tape, (p.n + PIECE - 1) / PIECE, (double)p.n, pass_piece, &p);
}

static void node_release(skuai_tape *tape, skuai_node *node) {
    skuai_tensor *y = node->y;
    if (y->gradient_storage) {
        skuai_memory_drop(&tape->memory, y->gradient_storage);
        y->gradient_storage = NULL;
        y->gradient = NULL;
    }
    if (!y->keep && y->size > 1) value_drop(tape, y);
    for (size_t k = 0; k < SKUAI_NODE_STORAGES; k++)
        skuai_tape_drop(tape, node->saved[k]);
}

skua_status skuai_tape_backward(skuai_tape *tape, skuai_tensor *loss, skua_error *err) {
    skua_error error;
    skuai_error_clear(&error);
    if (tape->mode == SKUAI_TAPE_INFER)
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "backward: nothing is recorded in inference");
    else if (tape->backward_done)
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "backward: once a pass");
    else if (!loss)
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "backward: the loss is NULL");
    else if (loss->size != 1)
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "backward: a loss of %zu elements: need 1",
                              loss->size);
    tape->backward_done = true;
    if (tape->status == SKUA_OK && loss) {
        skuai_real *seed = skuai_tape_gradient_zero(tape, loss);
        if (seed) *seed += 1;
    }
    for (skuai_node *node = tape->last; node && tape->status == SKUA_OK; node = node->before) {
        if (node->y->gradient) {
            skua_status status = node->backward(tape, node, &error);
            skuai_tape_keep_failure(tape, status, &error);
        }
        node_release(tape, node);
    }
    tape->last = NULL;
    return skuai_tape_status(tape, err);
}

/* -- Work ------------------------------------------------------------------------------------- */

skuai_storage *skuai_tape_storage(skuai_tape *tape, size_t n, size_t size) {
    size_t bytes;
    if (tape->status != SKUA_OK) return NULL;
    skuai_storage *s =
        skuai_size_mul(n, size, &bytes) ? skuai_memory_take(&tape->memory, bytes) : NULL;
    if (!s) (void)skuai_tape_fail(tape, SKUA_ENOMEM, "out of memory for a pass");
    return s;
}

void skuai_tape_drop(skuai_tape *tape, skuai_storage *storage) {
    skuai_memory_drop(&tape->memory, storage);
}

skuai_storage *skuai_tape_scratch(skuai_tape *tape, size_t reals, size_t *stride) {
    *stride = (reals + 15) / 16 * 16 + 16; /* a line between: workers do not share one */
    size_t threads = (size_t)skuai_context_threads(&tape->loops), n;
    if (!skuai_size_mul(*stride, threads, &n)) {
        (void)skuai_tape_fail(tape, SKUA_ENOMEM, "out of memory for a pass");
        return NULL;
    }
    return skuai_tape_storage(tape, n, sizeof(skuai_real));
}

bool skuai_tape_parallel(skuai_tape *tape, size_t n, double work, skuai_parallel_body body,
                         void *argument) {
    if (tape->status != SKUA_OK) return false;
    skua_error error;
    skuai_error_clear(&error);
    const skuai_context *context = work < WORK_WORTH_SHARING ? &tape->alone : &tape->loops;
    skua_status status = skuai_parallel_for(context, NULL, n, body, argument, &error);
    skuai_tape_keep_failure(tape, status, &error);
    return status == SKUA_OK;
}

/* splitmix64 of seed and count (Steele et al. 2014). */
uint64_t skuai_tape_draw(skuai_tape *tape) {
    uint64_t z = tape->seed + ++tape->draws * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}
