#include "tree/tree_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    "horizon",    "objective", "power",        "base",      "rounds",    "rate",     "leaves",
    "least_leaf", "depth",     "column_share", "row_share", "shrinkage", "l1_share", "rows",
    "monotone",   "weight",    "transform",    "offset",    "country"};

static skua_status check_names(const skuai_parameters *parameters, skua_error *err) {
    for (size_t i = 0; parameters && i < parameters->n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            known = known || strcmp(parameters->items[i].name, names[k]) == 0;
        if (!known)
            return skuai_error_set(err, SKUA_ECONFIG, "trees have no parameter '%s'",
                                   parameters->items[i].name);
    }
    return SKUA_OK;
}

static skua_status read_integer(const skuai_parameters *p, const char *name, double least,
                                double most, double fallback, double *value, skua_error *err) {
    double x;
    SKUA_TRY(skuai_parameter_number(p, name, fallback, &x, err));
    if (x < least || x > most || x != floor(x))
        return skuai_error_set(err, SKUA_ECONFIG, "parameter %s is a whole number from %g to %g",
                               name, least, most);
    *value = x;
    return SKUA_OK;
}

static skua_status read_choice(const skuai_parameters *p, const char *name, const char *fallback,
                               const char *other, bool *is_other, skua_error *err) {
    const char *text = skuai_parameter_text(p, name, fallback);
    *is_other = strcmp(text, other) == 0;
    if (*is_other || strcmp(text, fallback) == 0) return SKUA_OK;
    return skuai_error_set(err, SKUA_ECONFIG, "parameter %s = '%s' is neither %s nor %s", name,
                           text, fallback, other);
}

static skua_status read_learner(const skuai_parameters *p, skuai_learner_options *l,
                                skua_error *err) {
    double x;
    SKUA_TRY(read_integer(p, "rounds", 1, 100000, l->rounds, &x, err));
    l->rounds = (int)x;
    SKUA_TRY(read_integer(p, "leaves", 2, 131072, l->leaves, &x, err));
    l->leaves = (int)x;
    SKUA_TRY(read_integer(p, "least_leaf", 1, 1e9, l->least_leaf, &x, err));
    l->least_leaf = (int)x;
    SKUA_TRY(read_integer(p, "depth", 0, 64, 0, &x, err));
    l->depth = (int)x;
    SKUA_TRY(skuai_parameter_number(p, "rate", l->rate, &l->rate, err));
    SKUA_TRY(skuai_parameter_number(p, "column_share", l->column_share, &l->column_share, err));
    SKUA_TRY(skuai_parameter_number(p, "row_share", l->row_share, &l->row_share, err));
    SKUA_TRY(skuai_parameter_number(p, "shrinkage", l->shrinkage, &l->shrinkage, err));
    return skuai_parameter_number(p, "l1_share", l->l1_share, &l->l1_share, err);
}

skua_status skuai_tree_options_read(const skuai_forecaster *self,
                                    const skuai_parameters *parameters, skuai_tree_options *options,
                                    skua_error *err) {
    const skuai_tree_kind *kind = self->data;
    skuai_tree_options o = {.learner = SKUAI_LEARNER_OPTIONS_DEFAULT};
    double x;
    if (kind->learner == &skuai_learner_linear) o.learner.shrinkage = 0.01;
    SKUA_TRY(check_names(parameters, err));
    SKUA_TRY(read_learner(parameters, &o.learner, err));
    SKUA_TRY(skuai_objective_parse(skuai_parameter_text(parameters, "objective", "absolute"),
                                   &o.asked, err));
    if (o.asked == SKUAI_OBJECTIVE_QUANTILE)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "the point forecast has no quantile objective: the quantiles are "
                               "asked for with the forecast");
    bool ratio = o.asked == SKUAI_OBJECTIVE_POISSON || o.asked == SKUAI_OBJECTIVE_TWEEDIE;
    SKUA_TRY(read_choice(parameters, "transform", "none", "log", &o.logarithm, err));
    SKUA_TRY(skuai_parameter_number(parameters, "offset", 0.05, &o.offset, err));
    if (!(o.offset > 0))
        return skuai_error_set(err, SKUA_ECONFIG, "parameter offset is a number above 0");
    if (ratio && o.logarithm)
        return skuai_error_set(err, SKUA_ECONFIG, "objective %s learns a logarithm already",
                               skuai_objective_name(o.asked));
    o.learner.objective = o.asked != SKUAI_OBJECTIVE_MAPE ? o.asked
                          : o.logarithm                   ? SKUAI_OBJECTIVE_SQUARED
                                                          : SKUAI_OBJECTIVE_ABSOLUTE;
    if (o.asked == SKUAI_OBJECTIVE_TWEEDIE)
        SKUA_TRY(skuai_parameter_number(parameters, "power", 1.3, &o.learner.level, err));
    const char *base = skuai_parameter_text(parameters, "base", "auto");
    o.choose_base = strcmp(base, "auto") == 0 && !ratio;
    o.on_cycle = strcmp(base, "cycle") == 0 && !ratio;
    if (strcmp(base, "auto") != 0 && strcmp(base, "cycle") != 0 && strcmp(base, "none") != 0)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "parameter base = '%s' is none of auto, cycle, none", base);
    SKUA_TRY(read_choice(parameters, "weight", "level", "equal", &o.equal_weight, err));
    SKUA_TRY(read_integer(parameters, "monotone", 0, 1, 0, &x, err));
    o.by_price = x > 0;
    SKUA_TRY(read_integer(parameters, "horizon", 0, 100000, 0, &x, err));
    o.horizon = (size_t)x;
    SKUA_TRY(read_integer(parameters, "rows", 0, 1e9, 0, &x, err));
    o.most_rows = (size_t)x;
    (void)snprintf(o.country, sizeof o.country, "%s",
                   skuai_parameter_text(parameters, "country", ""));
    *options = o;
    return SKUA_OK;
}
