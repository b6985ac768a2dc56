#include "stat/exponential/adjust.h"

#include "stat/exponential/classical.h"

#define LEAST_SEASON 4
#define LEAST_INDEX  0.01

skua_status skuai_adjust(const double *y, size_t n, size_t m, bool multiplicative,
                         skuai_arena *arena, skuai_adjusted *adjusted, skua_error *err) {
    skuai_adjusted out = {.y = y, .m = m, .multiplicative = multiplicative};
    if (m < LEAST_SEASON || !skuai_classical_is_seasonal(y, n, m)) {
        *adjusted = out;
        return SKUA_OK;
    }
    double *index = skuai_arena_take(arena, m, sizeof *index);
    double *rest = skuai_arena_take(arena, n, sizeof *rest);
    if (!index || !rest) return skuai_error_memory(err, "seasonal adjustment");
    for (size_t t = 0; t < n && out.multiplicative; t++)
        out.multiplicative = y[t] > 0;
    if (out.multiplicative) {
        SKUA_TRY(skuai_classical_indices(y, n, m, true, arena, index, err));
        for (size_t i = 0; i < m && out.multiplicative; i++)
            out.multiplicative = index[i] >= LEAST_INDEX;
    }
    if (!out.multiplicative) SKUA_TRY(skuai_classical_indices(y, n, m, false, arena, index, err));
    for (size_t t = 0; t < n; t++)
        rest[t] = out.multiplicative ? y[t] / index[t % m] : y[t] - index[t % m];
    out.y = rest;
    out.index = index;
    *adjusted = out;
    return SKUA_OK;
}

void skuai_adjust_back(const skuai_adjusted *adjusted, size_t n, const skuai_request *request,
                       double *mean, double *quantiles) {
    if (!adjusted->index) return;
    for (size_t h = 0; h < request->horizon; h++) {
        double index = adjusted->index[(n + h) % adjusted->m];
        double factor = adjusted->multiplicative ? index : 1;
        double shift = adjusted->multiplicative ? 0 : index;
        double *row = quantiles + h * request->n_levels;
        mean[h] = mean[h] * factor + shift;
        for (size_t q = 0; q < request->n_levels; q++)
            row[q] = row[q] * factor + shift;
    }
}
