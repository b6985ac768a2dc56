/* tape_record.h -- what an operation needs of the tape that users of nets do not (room nn).
 *
 *     skuai_tensor *skuai_nn_scale(skuai_tape *tape, skuai_tensor *x, double factor, double shift)
 * { if (!skuai_tape_given(tape, "scale", &x, 1)) return NULL; skuai_tensor *y =
 * skuai_tape_result(tape, x->rank, x->shape); if (!y) return NULL;
 *         ... forward ...
 *         skuai_node *node = skuai_tape_record(tape, y, scale_backward, &x, 1, sizeof(state));
 *         if (node) ... what backward needs, in node->state ...
 *         return y;
 *     }
 *
 * Backward visits nodes in reverse order. A node reads y->gradient, which is never NULL then, and
 * for every input asks skuai_tape_gradient where to put its part: fresh says write, else add.
 * Behind it y's gradient and value are given back. */
#ifndef SKUA_NN_TAPE_RECORD_H
#define SKUA_NN_TAPE_RECORD_H

#include "nn/operations.h"

/* -- Memory: blocks of the tape, counted and used again ---------------------------------------- */

typedef struct skuai_storage {
    void *data;          /* aligned to 64 */
    size_t size;         /* bytes */
    size_t class;        /* of sizes: four to an octave */
    unsigned references; /* 0: free */
    struct skuai_storage *next, *next_free;
} skuai_storage;

enum { SKUAI_STORAGE_CLASSES = 4 * 64 };

typedef struct skuai_memory {
    skuai_storage *all, *free[SKUAI_STORAGE_CLASSES];
    size_t bytes; /* from the heap */
    char *small;  /* rest of a block for small takes */
    size_t small_left;
} skuai_memory;

/* At least so many bytes, with one reference; NULL when out of memory. */
skuai_storage *skuai_memory_take(skuai_memory *memory, size_t bytes);
void skuai_memory_drop(skuai_memory *memory, skuai_storage *storage); /* one reference less */
/* Bytes until _begin, for small things. */
void *skuai_memory_small(skuai_memory *memory, size_t bytes);
void skuai_memory_begin(skuai_memory *memory); /* everything is free again */
void skuai_memory_clear(skuai_memory *memory); /* back to the heap */

/* -- The record ------------------------------------------------------------------------------- */

typedef struct skuai_node skuai_node;
typedef skua_status (*skuai_node_backward)(skuai_tape *tape, skuai_node *node, skua_error *err);

enum { SKUAI_NODE_STORAGES = 4 };

struct skuai_node {
    skuai_node *before;
    skuai_node_backward backward;
    skuai_tensor *y;
    skuai_tensor **inputs; /* [n_inputs], NULL allowed */
    size_t n_inputs;
    void *state; /* zero at first */
    /* what the node saved for backward; dropped behind it */
    skuai_storage *saved[SKUAI_NODE_STORAGES];
};

/* All given and no failure so far; else the failure sticks and false. */
bool skuai_tape_given(skuai_tape *tape, const char *operation, skuai_tensor *const *inputs,
                      size_t n);
/* An uninitialised tensor of the tape. NULL: out of memory, sticking. */
skuai_tensor *skuai_tape_result(skuai_tape *tape, int rank, const size_t *shape);
/* Another shape of x's values; shares its memory. */
skuai_tensor *skuai_tape_alias(skuai_tape *tape, skuai_tensor *x, int rank, const size_t *shape);
/* Whether y = f(inputs) will be recorded: one that is differentiable, and a tape that records. */
bool skuai_tape_records(const skuai_tape *tape, skuai_tensor *const *inputs, size_t n);
/* Record how y came to be; NULL when that is not needed (inference, constants) or failed. */
skuai_node *skuai_tape_record(skuai_tape *tape, skuai_tensor *y, skuai_node_backward backward,
                              skuai_tensor *const *inputs, size_t n, size_t state_size);

/* Where x's gradient goes; NULL: nowhere (x NULL or not differentiable), or a failure, which sticks
 * and makes backward stop. *fresh: write, else add. */
skuai_real *skuai_tape_gradient(skuai_tape *tape, skuai_tensor *x, bool *fresh);
/* The same, always to be added to. */
skuai_real *skuai_tape_gradient_zero(skuai_tape *tape, skuai_tensor *x);
/* x's gradient = or += that of y, of the same size, at the end of y's node: where nobody else holds
 * y's, x takes it over without a copy. */
void skuai_tape_gradient_pass(skuai_tape *tape, skuai_tensor *x, skuai_tensor *y);

/* -- Work ------------------------------------------------------------------------------------- */

/* Bytes for this operation alone; drop with skuai_tape_drop. NULL: out of memory, sticking. */
skuai_storage *skuai_tape_storage(skuai_tape *tape, size_t n, size_t size);
void skuai_tape_drop(skuai_tape *tape, skuai_storage *storage); /* NULL allowed */
/* Scratch of every worker of a loop: worker w's part begins at w * *stride reals. */
skuai_storage *skuai_tape_scratch(skuai_tape *tape, size_t reals, size_t *stride);

/* body(argument, i, worker, err) for i < n on the context's threads, or on this one when the work
 * (in elements passed over, roughly) is too little to share. A failure sticks; false. */
bool skuai_tape_parallel(skuai_tape *tape, size_t n, double work, skuai_parallel_body body,
                         void *argument);
/* Keep a failure; the first one counts. */
void skuai_tape_keep_failure(skuai_tape *tape, skua_status status, const skua_error *error);
/* A key for a draw of this operation; the same for the same place of a pass with the same seed. */
uint64_t skuai_tape_draw(skuai_tape *tape);

/* Rows of a tensor and their width: all but the last index together. */
static inline size_t skuai_tensor_width(const skuai_tensor *x) {
    return x->shape[x->rank - 1];
}
static inline size_t skuai_tensor_rows(const skuai_tensor *x) {
    return x->size / skuai_tensor_width(x);
}
/* "[2, 3]" for a sentence. */
const char *skuai_tensor_shape_text(const skuai_tensor *x, char *text, size_t size);

#endif
