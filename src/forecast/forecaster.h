/* forecaster.h -- the interface that every model implements (room forecast).
 *
 * fit learns from a panel; predict forecasts any panel of the same schema: the training panel, a
 * later one, series never seen, series without history. Local (statistical) methods learn nothing
 * across series: their fit keeps the parameters and predict fits each series anew. */
#ifndef SKUA_FORECAST_FORECASTER_H
#define SKUA_FORECAST_FORECASTER_H

#include "core/context.h"
#include "core/json.h"
#include "forecast/contributions.h"
#include "forecast/forecast.h"

/* Parameters by name, as text: "season=12", "criterion=aicc". Unknown names are errors. */
typedef struct skuai_parameter {
    const char *name, *value; /* borrowed */
} skuai_parameter;

typedef struct skuai_parameters {
    const skuai_parameter *items; /* [n] */
    size_t n;
} skuai_parameters;

typedef struct skuai_request {
    size_t horizon;       /* periods, >= 1 */
    const double *levels; /* [n_levels] quantile levels, increasing in (0, 1), borrowed */
    size_t n_levels;
    uint64_t seed;
} skuai_request;

typedef struct skuai_model skuai_model; /* each forecaster's own */

typedef struct skuai_forecaster {
    const char *name;    /* "ets", "auto-arima", "seasonal-naive": unique, lower case */
    const char *summary; /* one line for tables */
    const char *source;  /* paper or book */

    skua_status (*fit)(const struct skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err);
    /* *forecast is new and owned by the caller; settled (sorted quantiles, no NaN). */
    skua_status (*predict)(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err);
    void (*free)(skuai_model *model); /* NULL allowed */

    /* Optional (NULL: cannot). Files of a model live in a folder of its own. */
    skua_status (*save)(const skuai_model *model, const char *folder, skua_error *err);
    skua_status (*load)(const struct skuai_forecaster *self, const char *folder,
                        skuai_model **model, skua_error *err);
    skua_status (*update)(skuai_model *model, const skuai_panel *panel,
                          const skuai_context *context, skua_error *err);
    /* What each input adds to the mean forecasts of series s of the panel: exact for the model's
     * own kind, and checked to sum to what predict says. *contributions is the caller's.
     * SKUA_ENOTFOUND: this model cannot say (a combination with a member that cannot). */
    skua_status (*contributions)(const skuai_model *model, const skuai_panel *panel, size_t s,
                                 const skuai_request *request, const skuai_context *context,
                                 skuai_contributions **contributions, skua_error *err);
    /* How fast the sum of the mean forecasts of series s over the horizon changes on the way from
     * one panel to another that differs from it in that series' sales and covariates alone: a
     * straight line between the two in the model's own inputs, its gradient at each place at [n_at]
     * of it (0: from, 1: to) times the way. slope [n_at, n_dynamic + 1] out: by what each covariate
     * changes, last by what was sold. Integrated from 0 to 1 their sum is the difference of the two
     * forecasts. SKUA_ENOTFOUND: this model cannot say. */
    skua_status (*gradient)(const skuai_model *model, const skuai_panel *from,
                            const skuai_panel *to, size_t s, const skuai_request *request,
                            const double *at, size_t n_at, const skuai_context *context,
                            double *slope, skua_error *err);
    /* What was learnt, for people: members of an object that is open (weights, shares). */
    void (*describe)(const skuai_model *model, skuai_json_writer *w);
    const void *data; /* what a family of forecasters shares, private to its room */
    bool for_young;   /* made for series with little history or none; of others it tells little */
    /* predict says of a series that has a history what it would say of it alone, whatever stands
     * beside it in the panel (but for rounding): ranks may share the series */
    bool by_series;
} skuai_forecaster;

/* Periods within which a series counts as young: 48 hours, 28 days, 8 weeks, 6 months, else 4. */
size_t skuai_young_periods(skuai_frequency frequency);

/* fit and predict in one, for models that need not be kept. */
SKUA_MUST_USE skua_status skuai_forecaster_run(const skuai_forecaster *forecaster,
                                               const skuai_panel *panel,
                                               const skuai_parameters *parameters,
                                               const skuai_request *request,
                                               const skuai_context *context,
                                               skuai_forecast **forecast, skua_error *err);

/* The value of a parameter, or fallback; as number: SKUA_ECONFIG unless finite. */
const char *skuai_parameter_text(const skuai_parameters *parameters, const char *name,
                                 const char *fallback);
SKUA_MUST_USE skua_status skuai_parameter_number(const skuai_parameters *parameters,
                                                 const char *name, double fallback, double *value,
                                                 skua_error *err);

#endif
