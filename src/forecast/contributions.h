/* contributions.h -- what the inputs of a model add to the mean forecasts of one series (room
 * forecast). base + the contributions of all inputs = forecast, in every period; a model checks it
 * with skuai_contributions_check before it answers.
 *
 * Inputs are the model's own (the columns of a tree, the members' inputs of a combination), many
 * and technical; each names the group that it is told to people by. */
#ifndef SKUA_FORECAST_CONTRIBUTIONS_H
#define SKUA_FORECAST_CONTRIBUTIONS_H

#include "core/alloc.h"
#include "core/error.h"

enum { SKUAI_INPUT_NAME = 64 };

typedef struct skuai_input {
    char name[SKUAI_INPUT_NAME];  /* "mean_28", "at_price" */
    char group[SKUAI_INPUT_NAME]; /* "recent sales", "price" */
} skuai_input;

typedef struct skuai_contributions {
    size_t n_inputs, horizon, room; /* room: inputs that fit */
    skuai_input *inputs;            /* [n_inputs] */
    double *value;                  /* [n_inputs, horizon] units */
    double *base;                   /* [horizon] what the model says when it knows no input */
    double *forecast;               /* [horizon] its mean forecasts */
} skuai_contributions;

/* No inputs yet, room for `inputs`; all numbers 0. */
SKUA_MUST_USE skua_status skuai_contributions_new(size_t inputs, size_t horizon,
                                                  skuai_contributions **contributions,
                                                  skua_error *err);
void skuai_contributions_free(skuai_contributions *contributions); /* NULL allowed */

/* The numbers [horizon] of the input of that name, taken up when it is new (its group is then this
 * one). NULL: there is no room. */
double *skuai_contributions_input(skuai_contributions *contributions, const char *name,
                                  const char *group);

/* SKUA_EINTERNAL unless base and contributions sum to the forecast in every period, to 1e-6 of the
 * sizes that are summed. */
SKUA_MUST_USE skua_status skuai_contributions_check(const skuai_contributions *contributions,
                                                    skua_error *err);

/* The group of a covariate by its name: "price" (the item's own), "promotion", "calendar", or the
 * name itself. */
const char *skuai_input_group(const char *covariate);

#endif
