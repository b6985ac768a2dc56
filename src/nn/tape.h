/* tape.h -- tensors, and the tape that records a forward pass and runs it backward (room nn).
 *
 *     skuai_tape *tape = skuai_tape_new(context);
 *     for each step:
 *         skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, step);
 *         skuai_tensor *x = skuai_tape_input(tape, batch, 2, (size_t[]){n, 64});
 *         skuai_tensor *w = skuai_tape_parameter(tape, parameters, weight);
 *         skuai_tensor *y = skuai_nn_linear(tape, x, w, NULL);           operations.h
 *         skuai_tensor *loss = skuai_nn_squared_loss(tape, y, target, NULL);
 *         SKUA_TRY(skuai_tape_backward(tape, loss, err));                gradients are added
 *     skuai_tape_free(tape);
 *
 * Failures stick: an operation that fails, or is given NULL, returns NULL and the tape keeps the
 * first failure, which skuai_tape_status and skuai_tape_backward return. So a net is written
 * without a check a line, with one at its end.
 *
 * Memory: everything of a pass lives in the tape and is given back whole by the next _begin; after
 * the first passes of the largest shape nothing is allocated. Backward gives gradients and
 * activations back as soon as the last operation that needs them has run: afterwards only inputs,
 * variables, parameters, tensors of one element (losses) and those marked by skuai_tape_keep hold
 * values. In inference nothing is recorded and skuai_tape_release gives a tensor's memory to the
 * operations that follow.
 *
 * Threads: one tape, one thread; its operations run on the context's threads. The same numbers on
 * any number of threads. A pass that was begun is finished: a cancel stops it, the context's
 * deadline does not; who runs passes looks at the clock between them. */
#ifndef SKUA_NN_TAPE_H
#define SKUA_NN_TAPE_H

#include "core/context.h"
#include "nn/parameters.h"

typedef enum skuai_tape_mode {
    SKUAI_TAPE_INFER,   /* nothing recorded, no dropout */
    SKUAI_TAPE_TRAIN,   /* recorded, dropout */
    SKUAI_TAPE_GRADIENT /* recorded, no dropout: gradients of a trained net */
} skuai_tape_mode;

struct skuai_storage;

/* A tensor: contiguous, last index fastest. Lives until the next _begin of its tape. */
typedef struct skuai_tensor {
    skuai_real *value;                /* [size] */
    skuai_real *gradient;             /* [size]; NULL: none (yet) */
    size_t shape[4];                  /* those behind rank are 1 */
    int rank;                         /* 1 .. 4 */
    size_t size;                      /* product of the shape */
    bool differentiable;              /* a gradient flows through it */
    bool keep;                        /* its value outlives backward */
    const skuai_nn_parameters *owner; /* of a parameter, with its number; else NULL */
    size_t parameter;
    struct skuai_storage *storage, *gradient_storage; /* of the tape; NULL: not the tape's */
} skuai_tensor;

typedef struct skuai_tape skuai_tape;

/* NULL when out of memory. context is borrowed for the life of the tape, and may be NULL. */
SKUA_MUST_USE skuai_tape *skuai_tape_new(const skuai_context *context);
void skuai_tape_free(skuai_tape *tape); /* NULL allowed */

/* Start a pass; the one before is gone. seed decides its dropout: give another a step. */
void skuai_tape_begin(skuai_tape *tape, skuai_tape_mode mode, uint64_t seed);

/* A tensor on the caller's values (borrowed until the next _begin): an input without gradient, or a
 * variable whose gradient can be read after backward (adversarial training, explanations). */
skuai_tensor *skuai_tape_input(skuai_tape *tape, const skuai_real *value, int rank,
                               const size_t *shape);
skuai_tensor *skuai_tape_variable(skuai_tape *tape, skuai_real *value, int rank,
                                  const size_t *shape);
/* A parameter; gradients are added to its place in the parameters' gradient block when that is
 * there (skuai_nn_parameters_train) and the parameter is trainable. */
skuai_tensor *skuai_tape_parameter(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                   size_t id);
/* A tensor of the tape's own, uninitialised (to be filled by the caller), without gradient. */
skuai_tensor *skuai_tape_new_tensor(skuai_tape *tape, int rank, const size_t *shape);
/* n * size bytes for as long as the pass, uninitialised; NULL, sticking, when out of memory. */
void *skuai_tape_take(skuai_tape *tape, size_t n, size_t size);

/* Its value outlives backward. Returns the tensor. */
skuai_tensor *skuai_tape_keep(skuai_tensor *tensor);
/* In inference: the caller will not use the tensor again, its memory serves what follows. Does
 * nothing while recording, for NULL, and for tensors that are not the tape's. */
void skuai_tape_release(skuai_tape *tape, skuai_tensor *tensor);

/* Gradients of a scalar (a tensor of one element) with respect to everything it was computed from.
 * Parameters' gradients are added to what is there. Once a pass. The first failure of the pass:
 * SKUA_ENOMEM, SKUA_EINVAL (shapes; a loss that is not one element), SKUA_ECANCEL, ... */
SKUA_MUST_USE skua_status skuai_tape_backward(skuai_tape *tape, skuai_tensor *loss,
                                              skua_error *err);
/* The first failure of the pass so far. */
SKUA_MUST_USE skua_status skuai_tape_status(const skuai_tape *tape, skua_error *err);
/* Make the pass fail (for operations and nets built on them). Returns NULL. */
skuai_tensor *skuai_tape_fail(skuai_tape *tape, skua_status status, const char *format, ...)
    SKUA_PRINTF(3, 4);

skuai_tape_mode skuai_tape_mode_of(const skuai_tape *tape);
/* The context of its loops: that of _new without the deadline. */
const skuai_context *skuai_tape_context(const skuai_tape *tape);
/* Bytes that the tape holds from the heap. */
size_t skuai_tape_bytes(const skuai_tape *tape);

#endif
