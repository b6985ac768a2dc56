/* group_state.h -- the group model of one panel: its data, its parts and their posterior (room
 * stat). See group.h for the model.
 *
 * Legend: S series, G groups of a part, T times (skuai_group_time), W = window <= time.window the
 * times that are looked at: a backtest takes fewer than the kernels were made for. */
#ifndef SKUA_STAT_GROUP_STATE_H
#define SKUA_STAT_GROUP_STATE_H

#include "core/context.h"
#include "panel/panel.h"
#include "stat/group/group_time.h"

#include <math.h>

enum { SKUAI_GROUP_PARTITIONS = 8, SKUAI_GROUP_RANK = 4 };
enum { SKUAI_GROUP_EFFECTS = 8 };
enum { SKUAI_GROUP_PARTS = SKUAI_GROUP_PARTITIONS + 2 * SKUAI_GROUP_RANK };

/* A partition, or a factor of low rank over a partition's groups. */
typedef struct skuai_group_part {
    size_t source;         /* index of the static; SIZE_MAX: all series together */
    size_t n_groups;       /* G */
    const int32_t *code;   /* [S] group, -1 none */
    const double *loading; /* [S], or NULL: 1 for every series */
    double *scale;         /* [G] how volatile the group is, about 1 */
    double *path;          /* [G, T] posterior mean */
    double *spread;        /* [G, T] posterior variance */
    double *sum, *weight;  /* [G, W] scratch */
    double variance[SKUAI_GROUP_KERNELS];
} skuai_group_part;

/* Series that were observed at the same times. */
typedef struct skuai_group_pattern {
    size_t n;           /* observed times */
    const size_t *time; /* [n] */
    size_t n_series;
    const size_t *series; /* [n_series] */
} skuai_group_pattern;

typedef struct skuai_group_state {
    const skuai_panel *panel; /* borrowed */
    skuai_group_time time;
    size_t n_series, window;
    double *unit;     /* [S] c of z = asinh(y / 2c) */
    double *zeros;    /* [S] share of zeros in the observed history; 0 without */
    size_t *observed; /* [S] observed times in the window */
    size_t *end;      /* [S] time of the first forecast; SIZE_MAX: before the window */
    double *z;        /* [S, W] NaN missing */
    double *residual; /* [S, W] z less level and parts */
    double *level;    /* [S] */
    double *prior;    /* [S] of the level, from the groups */
    double prior_variance;
    double *volatility;              /* [S] geometric mean about 1 */
    double own[SKUAI_GROUP_KERNELS]; /* variances of a series' own part, at volatility 1 */
    size_t n_parts, n_plain;         /* all parts; the partitions among them, which come first */
    skuai_group_part part[SKUAI_GROUP_PARTS];
    size_t n_effects; /* covariates, see group_effect.h */
    float *x;         /* [S, T, n_effects] */
    double *beta;     /* [S, n_effects] */
    /* of the effects' levels: the partitions, then (last) the series */
    double effect_variance[SKUAI_GROUP_PARTITIONS + 1][SKUAI_GROUP_EFFECTS];
    size_t n_patterns;
    skuai_group_pattern *pattern;
    skuai_arena *arena; /* all of the above */
    const skuai_context *context;
} skuai_group_state;

/* Read the panel's periods [time->first, + window) into a new state with its partitions; variances
 * are all 0.01. `time` is copied (its kernels borrowed). SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_group_state_init(skuai_group_state *state, const skuai_panel *panel,
                                                 const skuai_group_time *time, size_t window,
                                                 const skuai_context *context, skuai_arena *arena,
                                                 skua_error *err);

/* Add a part over the groups of partition `partition`; loading [S] borrowed or NULL. */
SKUA_MUST_USE skua_status skuai_group_part_add(skuai_group_state *state, size_t partition,
                                               const double *loading, skua_error *err);

/* fitted [S]: what the partitions say of x [S] (NaN: unknown): mean plus the groups' effects, each
 * shrunk as if two more members had none. Returns the variance of x around it (1 when nothing is
 * known). work [S + most groups]. */
double skuai_group_effects(const skuai_group_state *state, const double *x, double *fitted,
                           double *work);
size_t skuai_group_most_groups(const skuai_group_state *state);

static inline double skuai_group_to_scale(const skuai_group_state *state, size_t s, double y) {
    return asinh(y / (2 * state->unit[s]));
}
static inline double skuai_group_from_scale(const skuai_group_state *state, size_t s, double z) {
    return 2 * state->unit[s] * sinh(z);
}

#endif
