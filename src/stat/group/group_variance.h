/* group_variance.h -- restricted maximum likelihood of kernel variances (room stat).
 *
 * Rows x of a sample b are drawn from N(level, K_b), with a level that has a flat prior and
 *     K_b = sum over kernels k of exp(theta_k) kernel_k + rest / weight_b
 * over `window` periods from time `from` on; theta maximises the likelihood of all samples
 * together, by quasi-Newton steps with the gradient of [2] in group.h, eq. 5.9. */
#ifndef SKUA_STAT_GROUP_VARIANCE_H
#define SKUA_STAT_GROUP_VARIANCE_H

#include "core/context.h"
#include "stat/group/group_time.h"

typedef struct skuai_group_sample {
    const double *rows; /* [n_rows, window]: X'X is the sum of the draws' outer products */
    size_t n_rows;
    double count;  /* draws that the rows stand for */
    double weight; /* of the rest */
} skuai_group_sample;

enum { SKUAI_GROUP_SAMPLES = 8 };

/* variance [SKUAI_GROUP_KERNELS] in out: start and estimate; kernels that are left out are not
 * touched. rest [window, window] or NULL. n <= SKUAI_GROUP_SAMPLES; nothing is done when n is 0.
 * scratch is reset to where it was. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_group_variance_fit(const skuai_group_time *time, size_t from,
                                                   size_t window, const skuai_group_sample *samples,
                                                   size_t n, const double *rest, double *variance,
                                                   const skuai_context *context,
                                                   skuai_arena *scratch, skua_error *err);

#endif
