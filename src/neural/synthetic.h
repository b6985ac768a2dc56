/* synthetic.h -- synthetic series to pre-train on (room neural).
 *
 *     skuai_synthetic_config config = SKUAI_SYNTHETIC_DEFAULT;
 *     skuai_arena *arena = skuai_arena_new(0);
 *     skuai_synthetic series;
 *     SKUA_TRY(skuai_synthetic_draw(&config, seed, i, arena, &series, err));
 *     ... series.target[0 .. series.length - 1] ...
 *     skuai_arena_clear(arena);
 *
 * Series i of a seed is the same whoever draws it, in whatever order and on any number of threads.
 * Five kinds, by weight:
 *   KERNEL   a Gaussian process whose kernel is a random sum of products (KernelSynth, Ansari et
 *            al. 2024, Chronos, algorithm 2), sampled by random Fourier features (Rahimi & Recht
 *            2007), so linear in the length
 *   RETAIL   demand of an item: seasons, moving festivals, promotions with pull-forward, price
 *            response, launch and end, stock-outs that hide demand, counts with excess zeros
 *   PROCESS  draws of ETS, SARIMA, random walks, autoregressions with dummies, regimes
 *   SHORT    business series of 10 to 60 years, quarters or months
 *   MIXTURE  convex combinations of scaled windows of the panels given (TSMixup, Chronos 3.2) */
#ifndef SKUA_NEURAL_SYNTHETIC_H
#define SKUA_NEURAL_SYNTHETIC_H

#include "core/random.h"
#include "panel/panel.h"

typedef enum skuai_synthetic_kind {
    SKUAI_SYNTHETIC_KERNEL,
    SKUAI_SYNTHETIC_RETAIL,
    SKUAI_SYNTHETIC_PROCESS,
    SKUAI_SYNTHETIC_SHORT,
    SKUAI_SYNTHETIC_MIXTURE,
    SKUAI_SYNTHETIC_KINDS
} skuai_synthetic_kind;

const char *skuai_synthetic_kind_name(skuai_synthetic_kind kind); /* "kernel", ... */

typedef struct skuai_synthetic_config {
    double weight[SKUAI_SYNTHETIC_KINDS]; /* of each kind, >= 0; MIXTURE needs panels */
    double frequency[SKUAI_FREQUENCIES];  /* weight of each frequency, >= 0 */
    size_t shortest, longest;             /* periods of a series, 8 <= shortest <= longest; SHORT
                                             series may be shorter, never longer */
    const skuai_panel *const *panels;     /* [n_panels] for MIXTURE, borrowed */
    size_t n_panels;
} skuai_synthetic_config;

#define SKUAI_SYNTHETIC_DEFAULT                                                                    \
    ((skuai_synthetic_config){.weight = {0.25, 0.4, 0.2, 0.15, 0},                                 \
                              .frequency = {0.1, 0.3, 0.3, 0.15, 0.08, 0.04, 0.03},                \
                              .shortest = 24,                                                      \
                              .longest = 640})

/* One series; its arrays live in the arena. NULL arrays: there is no such thing. */
typedef struct skuai_synthetic {
    skuai_synthetic_kind kind;
    skuai_grid grid;
    int64_t start;     /* first period */
    size_t length;     /* n >= 8 */
    bool counts;       /* whole numbers >= 0 */
    bool non_negative; /* >= 0 */
    double *target;    /* [n] what was sold; finite */
    double *demand;    /* [n] what was wanted: target where nothing was out of stock */
    float *available;  /* [n] in [0, 1], or NULL: all 1 */
    float *price;      /* [n] known ahead, > 0, or NULL */
    float *promotion;  /* [n] depth of the action known ahead, 0 none, or NULL */
    float *event;      /* [n] 1 in a festival's periods known ahead, or NULL */
} skuai_synthetic;

/* Series number `index` of a seed. SKUA_EINVAL: a setting out of range (the sentence names it);
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_synthetic_draw(const skuai_synthetic_config *config, uint64_t seed,
                                               uint64_t index, skuai_arena *arena,
                                               skuai_synthetic *series, skua_error *err);

/* The same of one kind and frequency (tests, pictures). */
SKUA_MUST_USE skua_status skuai_synthetic_draw_kind(const skuai_synthetic_config *config,
                                                    skuai_synthetic_kind kind,
                                                    skuai_frequency frequency, uint64_t seed,
                                                    uint64_t index, skuai_arena *arena,
                                                    skuai_synthetic *series, skua_error *err);

#endif
