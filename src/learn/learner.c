#include "learn/learner.h"

#include <math.h>
#include <string.h>

static const char *const objective_names[SKUAI_OBJECTIVES] = {
    "squared", "absolute", "huber", "poisson", "tweedie", "quantile", "mape"};

const char *skuai_objective_name(skuai_objective objective) {
    return objective_names[objective];
}

skua_status skuai_objective_parse(const char *name, skuai_objective *objective, skua_error *err) {
    for (int i = 0; i < SKUAI_OBJECTIVES; i++) {
        if (strcmp(name, objective_names[i]) == 0) {
            *objective = (skuai_objective)i;
            return SKUA_OK;
        }
    }
    return skuai_error_set(err, SKUA_ECONFIG,
                           "objective '%s' is none of squared, absolute, huber, poisson, tweedie, "
                           "quantile, mape",
                           name);
}

const skuai_learner *skuai_learner_find(const char *name) {
    static const skuai_learner *const all[] = {&skuai_learner_boosted, &skuai_learner_linear,
                                               &skuai_learner_single};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    return NULL;
}

static bool share(double x) {
    return x > 0 && x <= 1;
}

skua_status skuai_learner_check(const skuai_learner_options *o, const skuai_examples *train,
                                skua_error *err) {
    if (train->x.n_rows == 0 || train->x.n_columns == 0)
        return skuai_error_set(err, SKUA_EDATA, "nothing to learn from: %zu rows, %zu columns",
                               train->x.n_rows, train->x.n_columns);
    if (train->x.n_rows > INT32_MAX || train->x.n_columns > 100000)
        return skuai_error_set(err, SKUA_ELIMIT, "too much to learn from: %zu rows, %zu columns",
                               train->x.n_rows, train->x.n_columns);
    if (o->rounds < 1 || o->leaves < 2 || o->least_leaf < 1 || o->depth < 0 || o->patience < 0)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "rounds and least leaf are at least 1, leaves at least 2");
    if (!(o->rate > 0) || !share(o->column_share) || !share(o->row_share) || !(o->shrinkage >= 0) ||
        !(o->l1_share >= 0 && o->l1_share <= 1))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "the rate must be positive, shares in (0, 1], penalties >= 0");
    if (o->objective == SKUAI_OBJECTIVE_QUANTILE && !(o->level > 0 && o->level < 1))
        return skuai_error_set(err, SKUA_ECONFIG, "a quantile's level lies between 0 and 1");
    if (o->objective == SKUAI_OBJECTIVE_TWEEDIE && !(o->level >= 1 && o->level < 2))
        return skuai_error_set(err, SKUA_ECONFIG, "tweedie's variance power lies in [1, 2)");
    bool positive =
        o->objective == SKUAI_OBJECTIVE_POISSON || o->objective == SKUAI_OBJECTIVE_TWEEDIE;
    for (size_t i = 0; i < train->x.n_rows; i++) {
        if (!isfinite(train->y[i]))
            return skuai_error_set(err, SKUA_EDATA, "row %zu has no finite target", i);
        if (positive && train->y[i] < 0)
            return skuai_error_set(err, SKUA_EDATA,
                                   "row %zu has the target %g: objective %s learns from what is "
                                   "never negative",
                                   i, (double)train->y[i], skuai_objective_name(o->objective));
    }
    return SKUA_OK;
}
