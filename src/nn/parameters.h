/* parameters.h -- the weights of a net as one flat block with a table of names (room nn).
 *
 *     skuai_nn_parameters *p = skuai_nn_parameters_new();
 *     size_t w = skuai_nn_parameters_add(p, "head.weight", 2, (size_t[]){9, 64},
 *                                        SKUAI_INIT_NORMAL, 0.02);
 *     SKUA_TRY(skuai_nn_parameters_finish(p, seed, err));     the block is there and filled
 *     skuai_nn_parameters_value(p, w)[0] = 1;
 *
 * Values, gradients (and the optimiser's moments) are one array each in the same order, every
 * parameter starting at a multiple of 16 elements with zeros between, so that averaging, clipping,
 * reducing over machines and saving are loops over one array. */
#ifndef SKUA_NN_PARAMETERS_H
#define SKUA_NN_PARAMETERS_H

#include "core/alloc.h"
#include "nn/real.h"

typedef enum skuai_init {
    SKUAI_INIT_ZERO,
    SKUAI_INIT_ONE,
    SKUAI_INIT_NORMAL,  /* mean 0, standard deviation `scale` */
    SKUAI_INIT_UNIFORM, /* in [-scale, scale] */
    SKUAI_INIT_XAVIER /* uniform, bound scale * sqrt(6 / (rows + columns)); Glorot & Bengio 2010 */
} skuai_init;

typedef struct skuai_nn_parameter {
    char *name;
    int rank;        /* 1 .. 4 */
    size_t shape[4]; /* unused ones 1; a linear weight is [out, in], as in PyTorch */
    size_t size;     /* elements */
    size_t offset;   /* of the first element in the flat blocks */
    skuai_init init;
    double scale;
    bool decay;     /* does weight decay pull on it; set by _add: true for rank >= 2 */
    bool trainable; /* false: no gradient, the optimiser leaves it alone */
} skuai_nn_parameter;

struct skuai_int8_weight;
struct skuai_nn_adapters;

typedef struct skuai_nn_parameters {
    skuai_nn_parameter *table; /* [count] */
    size_t count, capacity;
    size_t size;                        /* elements of each flat block */
    skuai_real *value;                  /* [size]; NULL before _finish */
    skuai_real *gradient;               /* [size]; NULL before _train */
    struct skuai_int8_weight **int8;    /* [count], NULL each or all: see quantise.h */
    struct skuai_nn_adapters *adapters; /* NULL: none; see adapter.h */
    skua_status status;                 /* the first failure of an _add, told by _finish */
    skua_error error;
} skuai_nn_parameters;

/* NULL when out of memory; free with _free (NULL allowed). */
SKUA_MUST_USE skuai_nn_parameters *skuai_nn_parameters_new(void);
void skuai_nn_parameters_free(skuai_nn_parameters *p);

/* Add one; its number, by which it is used from then on. Names are copied and unique. A failure
 * (out of memory, a name twice, a rank or size of 0, after _finish) gives 0 and is told by
 * _finish. */
size_t skuai_nn_parameters_add(skuai_nn_parameters *p, const char *name, int rank,
                               const size_t *shape, skuai_init init, double scale);

/* Allocate the values and fill them: every parameter from its own stream of the seed.
 * SKUA_ENOMEM, SKUA_EINVAL: the first failure of an _add. */
SKUA_MUST_USE skua_status skuai_nn_parameters_finish(skuai_nn_parameters *p, uint64_t seed,
                                                     skua_error *err);
/* Allocate the gradients (zero); does nothing when they are there. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_nn_parameters_train(skuai_nn_parameters *p, skua_error *err);
void skuai_nn_parameters_zero(skuai_nn_parameters *p); /* gradients = 0 */

/* Its number; SIZE_MAX: no parameter of that name. */
size_t skuai_nn_parameters_find(const skuai_nn_parameters *p, const char *name);
/* Elements of all parameters, without the zeros between. */
size_t skuai_nn_parameters_total(const skuai_nn_parameters *p);

static inline skuai_real *skuai_nn_parameters_value(const skuai_nn_parameters *p, size_t id) {
    return p->value + p->table[id].offset;
}

#endif
