/* configured.h -- a forecaster with parameters fixed, itself a forecaster (room automl).
 *
 * A specification is the name of a forecaster and what differs from its defaults, separated by
 * colons: "tree-direct:objective=tweedie:leaves=31". Search proposes them, a backtest runs them
 * side by side, a saved model names its members by them; the same specification always means the
 * same model. Parameters whose names begin with pre_ are those of a preparation of the panel
 * (automl/preparation.h), which any forecaster may have. */
#ifndef SKUA_AUTOML_CONFIGURED_H
#define SKUA_AUTOML_CONFIGURED_H

#include "forecast/forecaster.h"

enum { SKUAI_SPECIFICATION_SIZE = 256, SKUAI_SPECIFICATION_PARAMETERS = 24 };

typedef struct skuai_configured {
    skuai_forecaster inner;
    char text[SKUAI_SPECIFICATION_SIZE]; /* the specification; the name of the forecaster made */
} skuai_configured;

/* A forecaster by its name alone, of whatever room. SKUA_ENOTFOUND. */
typedef skua_status (*skuai_forecaster_find)(const char *name, skuai_forecaster *forecaster,
                                             skua_error *err);

/* Read a specification. Without parameters *forecaster is the one found. Otherwise it borrows
 * *configured, which must stay where it is for as long; whether the parameters are good shows in
 * its fit. SKUA_ENOTFOUND: no such forecaster; SKUA_ECONFIG: not of the form, or too long. */
SKUA_MUST_USE skua_status skuai_configured_make(const char *specification,
                                                skuai_forecaster_find find,
                                                skuai_configured *configured,
                                                skuai_forecaster *forecaster, skua_error *err);

#endif
