/* stockout_model.h -- the demand model behind clean/stockout.h, private to the room: level x season
 * x period effect, fitted to what was seen with its exposure. */
#ifndef SKUA_CLEAN_STOCKOUT_MODEL_H
#define SKUA_CLEAN_STOCKOUT_MODEL_H

#include "clean/stockout.h"

/* Legend: s series, g group, t period of the panel's common time line, r row. */
typedef struct skuai_stockout_model {
    const skuai_panel *panel;
    int season;         /* m, 1: none */
    size_t n_groups;    /* G */
    size_t *group;      /* [S] */
    int64_t first;      /* period of t = 0 */
    size_t n_periods;   /* T */
    double *seen;       /* [n_rows] what was sold, or its expectation where censored; >= 0 */
    double *exposure;   /* [n_rows] share of the period's demand that was seen; 0: nothing */
    double *level;      /* [n_rows] */
    double *other;      /* [n_rows] the level by the periods around alone */
    double *factor;     /* [S, m] seasonal */
    double *effect;     /* [G, T] */
    double *dispersion; /* [S] */
    double *shape;      /* [S] */
    double half_life;
    double *scratch; /* [max(T, m) * 2 * max(G, 1)] */
    double *workers; /* [threads, worker_size] */
    size_t worker_size;
} skuai_stockout_model;

/* Memory and defaults from the panel; seen and exposure are the caller's to fill. */
SKUA_MUST_USE skua_status skuai_stockout_model_init(skuai_stockout_model *model,
                                                    const skuai_panel *panel, const char *group,
                                                    const skuai_context *context, skua_error *err);
void skuai_stockout_model_clear(skuai_stockout_model *model);

/* Alternate level, season, effects and variances until they settle, on the context's threads (the
 * same numbers whatever their count). half_life 0: choose. SKUA_ENOMEM, SKUA_ECANCEL. */
SKUA_MUST_USE skua_status skuai_stockout_model_fit(skuai_stockout_model *model, double half_life,
                                                   const skuai_context *context, skua_error *err);

/* The mean of period i (0 first) of series s, as the periods around it have it: what was seen in i
 * itself is evidence beside it, and must not count twice. */
double skuai_stockout_model_mean(const skuai_stockout_model *model, size_t s, size_t i);

#endif
