#include "stat/group/group_pattern.h"

#include "math/linear.h"

#define JITTER 1e-6

void skuai_group_workers_clear(skuai_group_workers *workers) {
    for (size_t i = 0; workers->arena && i < workers->n; i++)
        skuai_arena_free(workers->arena[i]);
    skuai_free(workers->arena);
}

skua_status skuai_group_workers_init(skuai_group_workers *workers, const skuai_context *context,
                                     skua_error *err) {
    *workers = (skuai_group_workers){.n = (size_t)skuai_context_threads(context)};
    workers->arena = skuai_zero(workers->n, sizeof(skuai_arena *));
    for (size_t i = 0; workers->arena && i < workers->n; i++) {
        workers->arena[i] = skuai_arena_new(1 << 20);
        if (!workers->arena[i]) break;
        if (i + 1 == workers->n) return SKUA_OK;
    }
    skuai_group_workers_clear(workers);
    return skuai_error_memory(err, "a group model");
}

void skuai_group_whiten(const double *l, size_t n, const double *x, double *w) {
    for (size_t i = 0; i < n; i++)
        w[i] = (x[i] - skuai_dot(l + i * n, w, i)) / l[i * n + i];
}

skua_status skuai_group_factor_init(skuai_group_factor *factor, const skuai_group_pattern *pattern,
                                    const double *kernel, size_t n_times, skuai_arena *scratch,
                                    skua_error *err) {
    size_t n = pattern->n;
    skuai_group_factor f = {.n = n};
    f.l = skuai_arena_take(scratch, n * n, sizeof *f.l);
    f.a = skuai_arena_take(scratch, 3 * n, sizeof *f.a);
    if (!f.l || !f.a) return skuai_error_memory(err, "a group model");
    f.r = f.a + n;
    f.w = f.r + n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            f.l[i * n + j] = kernel[pattern->time[i] * n_times + pattern->time[j]];
        f.l[i * n + i] += JITTER;
        f.r[i] = 1;
    }
    if (n > 0) SKUA_TRY(skuai_cholesky(f.l, n, err));
    skuai_group_whiten(f.l, n, f.r, f.a);
    f.ones = skuai_dot(f.a, f.a, n);
    *factor = f;
    return SKUA_OK;
}
