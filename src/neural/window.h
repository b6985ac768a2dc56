/* window.h -- from a series to the tokens that a net reads (room neural).
 *
 * A series is cut into patches of P periods. The context's last period is the last of its last
 * patch (padding is on the left), the horizon begins with the patch behind it. Every patch, past or
 * future, is one token of F = P * C + SKUAI_WINDOW_CONSTANTS numbers:
 *
 *   C channels a period                          constants of the series, the same in each token
 *   0  value, scaled; 0 unknown                  7  frequency, one-hot
 *   1  1 observed, 0 missing, masked, future     1  level / scale     1  log of the length
 *   2  availability (1 in the future)            1  share of zeros    1  counts
 *   3,4  value one season before, and whether    1  never negative    1  log of the scale (counts)
 *   5,6  value one year (hours: week) before     1  log of the season
 *   7-14 sine and cosine of the place in         1  log of the last level
 *        day, week, month, year                  1  1: the token is of the future
 *   15.. K covariates: value, whether known
 *
 * Values are scaled by z = asinh((y - centre) / scale), centre the mean of what was observed and
 * scale the mean absolute deviation from it times 1.25 (no less than a share of |centre|; 1 when
 * both are 0), periods out of stock left out. Monotone, so quantiles map back:
 * y = centre + scale * sinh(z). Past values one season before are those of the last complete cycle
 * at or before the origin, so nothing of the future is seen.
 *
 * Anything that is not a time series enters as side tokens of SKUAI_WINDOW_SIDE numbers: vectors of
 * any width by a random projection with signs (Achlioptas 2003), categories by hashed signs, so one
 * net reads any schema.
 *
 * Neighbours (neighbours.h) are read as tokens of the same periods, scaled by their own centre and
 * scale. Where a neighbour's history is longer, what is padding in a window without neighbours is
 * told as missing. */
#ifndef SKUA_NEURAL_WINDOW_H
#define SKUA_NEURAL_WINDOW_H

#include "core/random.h"
#include "neural/synthetic.h"
#include "nn/real.h"

enum {
    SKUAI_WINDOW_CHANNELS = 15,  /* of a period, without covariates */
    SKUAI_WINDOW_CONSTANTS = 16, /* of a token */
    SKUAI_WINDOW_SLOTS = 8,      /* covariates: 0 price, 1 promotion, 2 event, 3.. others */
    SKUAI_WINDOW_SIDE = 32,      /* numbers of a side token */
    SKUAI_WINDOW_SIDES = 6       /* side tokens at most: 0.. vectors by modality, then statics */
};

typedef struct skuai_window_config {
    size_t patch;      /* P, 1 .. 64 */
    size_t context;    /* patches of the past at most, 1 .. 4096 */
    size_t neighbours; /* of a series, of each kind (neighbours.h), at most, 0 .. 64 */
} skuai_window_config;

/* What a neighbour is to a series. */
typedef enum skuai_relation {
    SKUAI_RELATION_CHANNEL,    /* the same item elsewhere */
    SKUAI_RELATION_COMPLEMENT, /* an item bought together with it, in the same channel */
    SKUAI_RELATION_SUBSTITUTE, /* an item bought instead of it */
    SKUAI_RELATIONS
} skuai_relation;

/* Neighbours of a window at most: so many of the same item, and so many of items tied to it. */
static inline size_t skuai_window_near(const skuai_window_config *config) {
    return 2 * config->neighbours;
}

/* F: numbers of a token. */
static inline size_t skuai_window_features(const skuai_window_config *config) {
    return config->patch * (SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS) +
           SKUAI_WINDOW_CONSTANTS;
}

/* A series as the window reads it; everything borrowed. Row t of the arrays is period start + t. */
typedef struct skuai_window_series {
    skuai_grid grid;
    int season; /* >= 1 */
    int64_t start;
    size_t length;                              /* rows before the origin; 0: no history */
    size_t future;                              /* rows behind it for which covariates are there */
    const double *target;                       /* [length], NaN missing */
    const float *available;                     /* [length] or NULL */
    const float *covariate[SKUAI_WINDOW_SLOTS]; /* [length + future] or NULL; NaN missing */
    bool ahead[SKUAI_WINDOW_SLOTS];             /* known ahead */
    bool counts, non_negative;
    size_t n_sides;
    const float *side;    /* [n_sides, SKUAI_WINDOW_SIDE] or NULL; a row of NaN is absent */
    const double *actual; /* [n_actual] what came behind the origin, for training; NaN unknown */
    size_t n_actual;
    const struct skuai_window_neighbour *near; /* [n_near] */
    size_t n_near;
} skuai_window_series;

/* A neighbour's series as of the same origin: start + length is the same period. */
typedef struct skuai_window_neighbour {
    skuai_relation relation;
    skuai_window_series series;
} skuai_window_neighbour;

/* What disturbs a training window; all 0: nothing. */
typedef struct skuai_window_augmentation {
    double jitter;  /* standard deviation added to scaled values */
    double scaling; /* standard deviation of the log of a factor on the scale */
    double drop;   /* probability that a covariate, a side token or a neighbour is left out, each */
    double mask;   /* share of context patches hidden, to be reconstructed */
    double damage; /* probability of a damaged history (skuai_window_damage) */
    double slice;  /* probability of a shorter history (skuai_window_slice) */
    double mix;    /* probability that a panel's window is mixed with another series' of the same
                      periods (panel_source.h) */
} skuai_window_augmentation;

typedef struct skuai_window_batch {
    skuai_window_config config;
    size_t n, past, future; /* series; patches of the context and of the horizon */
    size_t features;        /* F */
    skuai_real *tokens;     /* [n, past + future, F] */
    uint8_t *visible;       /* [n, past + future] 0: padding */
    skuai_real *target;     /* [n, past + future, P] scaled; NaN: not asked. In the past only
                               where a patch was hidden */
    skuai_real *side;       /* [n, SKUAI_WINDOW_SIDES, SKUAI_WINDOW_SIDE] */
    uint8_t *side_visible;  /* [n, SKUAI_WINDOW_SIDES] */
    double *centre, *scale; /* [n] */
    bool *known;            /* [n] something was observed */
    /* Neighbours, those of window i from row i * skuai_window_near on until
     * skuai_window_batch_close puts them one behind the other. */
    size_t n_near;
    skuai_real *near_tokens;       /* [n_near, past + future, F] */
    uint8_t *near_visible;         /* [n_near, past + future] */
    skuai_relation *near_relation; /* [n_near] */
    size_t *near_first;            /* [n + 1] those of window i: near_first[i] .. */
} skuai_window_batch;

/* SKUA_EINVAL: a size out of range. */
SKUA_MUST_USE skua_status skuai_window_config_check(const skuai_window_config *config,
                                                    skua_error *err);

/* A batch of n windows, all padding, in the arena. past, future in patches. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_window_batch_new(const skuai_window_config *config, size_t n,
                                                 size_t past, size_t future, skuai_arena *arena,
                                                 skuai_window_batch *batch, skua_error *err);
/* Fill window i. augmentation and random NULL: none. A series without history keeps centre 0 and
 * scale 1 and says so in known. Never fails: every input gives finite tokens. */
void skuai_window_fill(const skuai_window_series *series,
                       const skuai_window_augmentation *augmentation, skuai_random *random,
                       skuai_window_batch *batch, size_t i);
/* After the last window is filled, and before a net reads the batch. */
void skuai_window_batch_close(skuai_window_batch *batch);
/* With a probability, damage what a training window reads, never what it is asked: up to 8 % of the
 * history become spikes (2 to 10 times the value; a quarter of them dips), up to 10 % are lost,
 * prices and promotions are off by up to 12 %. Changed arrays are new ones, of the arena.
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_window_damage(double probability, skuai_random *random,
                                              skuai_arena *arena, skuai_window_series *series,
                                              skua_error *err);
/* With a probability, leave of a training window's history of n periods the last m alone, log m
 * uniform between 0 and log n: what new items and new channels have. */
void skuai_window_slice(double probability, skuai_random *random, skuai_window_series *series);
/* Leave of a window's history its last `keep` periods alone. */
void skuai_window_last(size_t keep, skuai_window_series *series);
/* The patches of context that a series of this length fills, at least 1, at most config->context.
 */
size_t skuai_window_patches(const skuai_window_config *config, size_t length);

/* Series s of a panel; sides [SKUAI_WINDOW_SIDES, SKUAI_WINDOW_SIDE] is the caller's and filled.
 * Covariates take slot 0 ("price"), 1 (names with "promo" or "discount"), 2 ("holiday", "event",
 * "festival"; in whatever case), others slots 3 and up in order; those that find none are left out
 * (their number in *left_out, may be NULL). */
skuai_window_series skuai_window_of_panel(const skuai_panel *panel, size_t s, float *sides,
                                          size_t *left_out);
/* A synthetic series with its last `horizon` periods as what is to be forecast. */
skuai_window_series skuai_window_of_synthetic(const skuai_synthetic *series, size_t horizon);

/* Scale and back. Values outside of what double holds are clamped: never a NaN out. */
double skuai_window_scale(double y, double centre, double scale);
double skuai_window_unscale(double z, double centre, double scale);

#endif
