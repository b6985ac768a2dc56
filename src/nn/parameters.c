#include "nn/parameters.h"

#include "core/random.h"
#include "nn/quantise.h"

#include <math.h>
#include <string.h>

enum { ALIGN = 16 }; /* elements */

skuai_nn_parameters *skuai_nn_parameters_new(void) {
    return skuai_zero(1, sizeof(skuai_nn_parameters));
}

void skuai_nn_parameters_free(skuai_nn_parameters *p) {
    if (!p) return;
    for (size_t i = 0; i < p->count; i++) {
        skuai_free(p->table[i].name);
        if (p->int8) skuai_int8_weight_free(p->int8[i]);
    }
    skuai_free((void *)p->int8);
    skuai_free(p->table);
    skuai_free(p->value);
    skuai_free(p->gradient);
    skuai_free(p);
}

static size_t add_failed(skuai_nn_parameters *p, skua_status status, const char *name,
                         const char *why) {
    if (p->status == SKUA_OK)
        p->status = skuai_error_set(&p->error, status, "parameter %s: %s", name, why);
    return 0;
}

static bool grow(skuai_nn_parameters *p) {
    if (p->count < p->capacity) return true;
    size_t capacity = p->capacity ? 2 * p->capacity : 32;
    skuai_nn_parameter *table = skuai_resize(p->table, capacity, sizeof *table);
    if (!table) return false;
    p->table = table;
    p->capacity = capacity;
    return true;
}

size_t skuai_nn_parameters_add(skuai_nn_parameters *p, const char *name, int rank,
                               const size_t *shape, skuai_init init, double scale) {
    if (p->status != SKUA_OK) return 0;
    if (p->value) return add_failed(p, SKUA_EINVAL, name, "the block is finished already");
    if (rank < 1 || rank > 4) return add_failed(p, SKUA_EINVAL, name, "its rank is not 1 to 4");
    if (skuai_nn_parameters_find(p, name) != SIZE_MAX)
        return add_failed(p, SKUA_EINVAL, name, "there are two of that name");
    skuai_nn_parameter new = {
        .rank = rank, .shape = {1, 1, 1, 1}, .size = 1, .init = init, .scale = scale};
    for (int i = 0; i < rank; i++) {
        new.shape[i] = shape[i];
        if (shape[i] == 0) return add_failed(p, SKUA_EINVAL, name, "a size of 0");
        if (!skuai_size_mul(new.size, shape[i], &new.size) || new.size > SIZE_MAX / 64 - p->size)
            return add_failed(p, SKUA_ENOMEM, name, "too large");
    }
    new.decay = rank >= 2;
    new.trainable = true;
    new.offset = p->size;
    if (!grow(p)) return add_failed(p, SKUA_ENOMEM, name, "out of memory");
    new.name = skuai_text_copy(name);
    if (!new.name) return add_failed(p, SKUA_ENOMEM, name, "out of memory");
    p->size += (new.size + ALIGN - 1) / ALIGN * ALIGN;
    p->table[p->count] = new;
    return p->count++;
}

static void fill(const skuai_nn_parameter *p, skuai_real *value, skuai_random *random) {
    double columns = (double)p->shape[p->rank - 1], rows = (double)p->size / columns;
    double bound = p->init == SKUAI_INIT_XAVIER ? p->scale * sqrt(6 / (rows + columns)) : p->scale;
    for (size_t i = 0; i < p->size; i++) {
        double v = 0;
        switch (p->init) {
        case SKUAI_INIT_ZERO:
            break;
        case SKUAI_INIT_ONE:
            v = 1;
            break;
        case SKUAI_INIT_NORMAL:
            v = p->scale * skuai_random_normal(random);
            break;
        case SKUAI_INIT_UNIFORM:
        case SKUAI_INIT_XAVIER:
            v = bound * (2 * skuai_random_uniform(random) - 1);
            break;
        }
        value[i] = (skuai_real)v;
    }
}

skua_status skuai_nn_parameters_finish(skuai_nn_parameters *p, uint64_t seed, skua_error *err) {
    if (p->status != SKUA_OK) {
        if (err) *err = p->error;
        return p->status;
    }
    if (p->value) return skuai_error_set(err, SKUA_EINVAL, "the parameters are finished already");
    p->value = skuai_zero(p->size, sizeof *p->value);
    if (!p->value) return skuai_error_memory(err, "the weights of a net");
    for (size_t i = 0; i < p->count; i++) {
        skuai_random random;
        skuai_random_split(&random, seed, i);
        fill(&p->table[i], p->value + p->table[i].offset, &random);
    }
    return SKUA_OK;
}

skua_status skuai_nn_parameters_train(skuai_nn_parameters *p, skua_error *err) {
    if (!p->value) return skuai_error_set(err, SKUA_EINVAL, "the parameters are not finished");
    if (p->gradient) return SKUA_OK;
    p->gradient = skuai_zero(p->size, sizeof *p->gradient);
    return p->gradient ? SKUA_OK : skuai_error_memory(err, "the gradients of a net");
}

void skuai_nn_parameters_zero(skuai_nn_parameters *p) {
    if (p->gradient) memset(p->gradient, 0, p->size * sizeof *p->gradient);
}

size_t skuai_nn_parameters_find(const skuai_nn_parameters *p, const char *name) {
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->table[i].name, name) == 0) return i;
    }
    return SIZE_MAX;
}

size_t skuai_nn_parameters_total(const skuai_nn_parameters *p) {
    size_t total = 0;
    for (size_t i = 0; i < p->count; i++)
        total += p->table[i].size;
    return total;
}
