#include "stat/exponential/multistep.h"

#define MOST_ORIGINS 64

skua_status skuai_multistep_init(skuai_multistep *steps, size_t n, size_t burn_in, size_t horizon,
                                 skuai_arena *arena, skua_error *err) {
    size_t span = n > burn_in ? n - burn_in : 0, stride = 1 + span / MOST_ORIGINS;
    size_t n_origins = (span + stride - 1) / stride;
    double *errors = skuai_arena_take_zero(arena, n_origins * horizon, sizeof *errors);
    if (!errors) return skuai_error_memory(err, "past errors");
    *steps = (skuai_multistep){n, horizon, burn_in, stride, n_origins, errors};
    return SKUA_OK;
}

void skuai_multistep_blend(const skuai_multistep *steps, size_t lost, double *variance) {
    double correction = steps->n > lost ? (double)steps->n / (double)(steps->n - lost) : 1;
    for (size_t h = 0; h < steps->horizon; h++) {
        double squares = 0;
        size_t count = 0;
        for (; count < steps->n_origins; count++) {
            if (steps->first + count * steps->stride + h >= steps->n) break;
            double e = steps->errors[count * steps->horizon + h];
            squares += e * e;
        }
        if (count == 0) return; /* longer horizons have none either */
        double windows = (double)(count * steps->stride) / (double)(h + 1);
        double observed = correction * squares / (double)count;
        double blended = (windows * observed + variance[h]) / (windows + 1);
        if (blended > variance[h]) variance[h] = blended;
    }
}
