#include "nn/adapter.h"

#include "nn/operations.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 320 };

static bool adaptable(const skuai_nn_parameter *p, size_t rank) {
    size_t n = strlen(p->name);
    return p->rank == 2 && p->shape[0] > rank && p->shape[1] > rank && n >= 6 &&
           strcmp(p->name + n - 6, "weight") == 0;
}

static void adapters_free(skuai_nn_adapters *adapters) {
    if (!adapters) return;
    skuai_nn_parameters_free(adapters->parameters);
    skuai_free(adapters->a);
    skuai_free(adapters->b);
    skuai_free(adapters);
}

static void add_pair(const skuai_nn_parameters *base, size_t i, size_t rank,
                     skuai_nn_adapters *to) {
    const skuai_nn_parameter *p = &base->table[i];
    char name[NAME];
    const size_t a[] = {p->shape[1], rank}, b[] = {p->shape[0], rank};
    (void)snprintf(name, sizeof name, "%s.lora_a", p->name);
    to->a[i] = skuai_nn_parameters_add(to->parameters, name, 2, a, SKUAI_INIT_NORMAL,
                                       1 / sqrt((double)rank));
    (void)snprintf(name, sizeof name, "%s.lora_b", p->name);
    to->b[i] = skuai_nn_parameters_add(to->parameters, name, 2, b, SKUAI_INIT_ZERO, 0);
}

skua_status skuai_nn_adapters_new(skuai_nn_parameters *base, size_t rank, double alpha,
                                  uint64_t seed, skuai_nn_adapters **adapters, skua_error *err) {
    if (rank == 0 || !(alpha > 0 && isfinite(alpha)) || base->adapters || !base->value)
        return skuai_error_set(err, SKUA_EINVAL,
                               "adapters of rank %zu and alpha %g: need a rank of at least 1, a "
                               "positive alpha, and a net that has none",
                               rank, alpha);
    skuai_nn_adapters *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "adapters");
    made->scale = alpha / (double)rank;
    made->parameters = skuai_nn_parameters_new();
    made->a = skuai_new(base->count, sizeof *made->a);
    made->b = skuai_new(base->count, sizeof *made->b);
    skua_status status =
        made->parameters && made->a && made->b ? SKUA_OK : skuai_error_memory(err, "adapters");
    for (size_t i = 0; i < base->count && status == SKUA_OK; i++) {
        made->a[i] = made->b[i] = SIZE_MAX;
        if (adaptable(&base->table[i], rank)) add_pair(base, i, rank, made);
    }
    if (status == SKUA_OK && made->parameters->count == 0)
        status = skuai_error_set(err, SKUA_EINVAL,
                                 "adapters of rank %zu: no matrix of the net is larger", rank);
    if (status == SKUA_OK) status = skuai_nn_parameters_finish(made->parameters, seed, err);
    if (status != SKUA_OK) {
        adapters_free(made);
        return status;
    }
    skuai_free(base->gradient); /* constants from now on */
    base->gradient = NULL;
    base->adapters = made;
    *adapters = made;
    return SKUA_OK;
}

void skuai_nn_adapters_merge(skuai_nn_parameters *base) {
    const skuai_nn_adapters *adapters = base->adapters;
    for (size_t i = 0; adapters && i < base->count; i++) {
        if (adapters->a[i] == SIZE_MAX) continue;
        const skuai_nn_parameter *p = &base->table[i];
        const skuai_nn_parameters *q = adapters->parameters;
        const skuai_real *a = skuai_nn_parameters_value(q, adapters->a[i]);
        const skuai_real *b = skuai_nn_parameters_value(q, adapters->b[i]);
        size_t rank = q->table[adapters->a[i]].shape[1];
        skuai_real *w = skuai_nn_parameters_value(base, i);
        for (size_t row = 0; row < p->shape[0]; row++)
            for (size_t column = 0; column < p->shape[1]; column++) {
                double sum = 0;
                for (size_t k = 0; k < rank; k++)
                    sum += (double)b[row * rank + k] * (double)a[column * rank + k];
                w[row * p->shape[1] + column] += (skuai_real)(adapters->scale * sum);
            }
    }
    skuai_nn_adapters_drop(base);
}

void skuai_nn_adapters_drop(skuai_nn_parameters *base) {
    adapters_free(base->adapters);
    base->adapters = NULL;
}

skuai_tensor *skuai_nn_adapted(skuai_tape *tape, const skuai_nn_parameters *base, size_t id) {
    skuai_tensor *w = skuai_tape_parameter(tape, base, id);
    const skuai_nn_adapters *adapters = base->adapters;
    if (!adapters || adapters->a[id] == SIZE_MAX) return w;
    skuai_tensor *a = skuai_tape_parameter(tape, adapters->parameters, adapters->a[id]);
    skuai_tensor *b = skuai_tape_parameter(tape, adapters->parameters, adapters->b[id]);
    skuai_tensor *low = skuai_nn_scale(tape, skuai_nn_linear(tape, b, a, NULL), adapters->scale, 0);
    return skuai_nn_add(tape, w, low);
}
