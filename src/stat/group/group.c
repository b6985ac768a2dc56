#include "stat/group/group.h"

#include "stat/group/group_effect.h"
#include "stat/group/group_model.h"
#include "stat/group/group_rank.h"
#include "stat/group/group_smooth.h"
#include "stat/group/group_state.h"

#include <math.h>
#include <string.h>

#define DEFAULT_WINDOW 160
#define DEFAULT_RANK   2
#define FIT_SWEEPS     4 /* with estimation, partitions alone */
#define RANK_SWEEPS    2 /* then with factors */
#define PREDICT_SWEEPS 4 /* variances known */
#define BACKTESTS      2
#define MOST_WAIT      100 /* periods between the last history and an announced series */
#define LEAST_KEPT     8   /* periods that a backtest leaves to condition on */

/* -- Parameters ---------------------------------------------------------------------------------
 */

static skua_status parse(const skuai_parameters *parameters, skuai_model *model, skua_error *err) {
    for (size_t i = 0; parameters && i < parameters->n; i++) {
        const char *name = parameters->items[i].name;
        if (strcmp(name, "window") != 0 && strcmp(name, "rank") != 0)
            return skuai_error_set(err, SKUA_ECONFIG, "unknown parameter '%s' of group", name);
    }
    double window, rank;
    SKUA_TRY(skuai_parameter_number(parameters, "window", DEFAULT_WINDOW, &window, err));
    SKUA_TRY(skuai_parameter_number(parameters, "rank", DEFAULT_RANK, &rank, err));
    if (!(window >= 16 && window <= 400 && window == floor(window)))
        return skuai_error_set(err, SKUA_ECONFIG, "window = %g: need 16 to 400 periods", window);
    if (!(rank >= 0 && rank <= SKUAI_GROUP_RANK && rank == floor(rank)))
        return skuai_error_set(err, SKUA_ECONFIG, "rank = %g: need 0 to %d", rank,
                               SKUAI_GROUP_RANK);
    model->window = (size_t)window;
    model->rank = (size_t)rank;
    return SKUA_OK;
}

/* -- Time ---------------------------------------------------------------------------------------
 */

/* The periods that the model looks at: the last `most` before the latest end of a history, fewer
 * when none reaches so far back, then those of the forecasts, of which some begin later: series
 * that are announced. */
static void set_time(const skuai_panel *panel, size_t most, size_t horizon,
                     skuai_group_time *time) {
    int64_t first = INT64_MAX, end = INT64_MIN, latest = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++) {
        int64_t behind = skuai_panel_end(panel, s);
        if (behind > latest) latest = behind;
        if (panel->length[s] == 0) continue;
        if (panel->start[s] < first) first = panel->start[s];
        if (behind > end) end = behind;
    }
    if (end == INT64_MIN) end = panel->n_series ? latest : 0;
    if (first >= end) first = end - 1;
    if (end - first > (int64_t)most) first = end - (int64_t)most;
    int64_t wait = latest > end ? latest - end : 0;
    time->first = first;
    time->window = (size_t)(end - first);
    time->n = time->window;
    if (horizon) time->n += horizon + (wait < MOST_WAIT ? (size_t)wait : MOST_WAIT);
    time->season = panel->season;
}

static bool any_observed(const skuai_panel *panel) {
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *y = skuai_panel_target(panel, s);
        for (size_t t = 0; t < panel->length[s]; t++)
            if (!isnan(y[t])) return true;
    }
    return false;
}

/* -- Variances ----------------------------------------------------------------------------------
 */

static void remember(const skuai_group_state *state, skuai_model *model) {
    memcpy(model->own, state->own, sizeof model->own);
    memcpy(model->own_effect, state->effect_variance[SKUAI_GROUP_PARTITIONS],
           sizeof model->own_effect);
    model->n_parts = state->n_parts;
    model->n_plain = state->n_plain;
    for (size_t p = 0; p < state->n_parts; p++) {
        skuai_group_known_part *known = model->part + p;
        *known = (skuai_group_known_part){.source = state->part[p].source};
        memcpy(known->variance, state->part[p].variance, sizeof known->variance);
        if (p < state->n_plain)
            memcpy(known->effect, state->effect_variance[p], sizeof known->effect);
    }
}

/* Give every part from `from` on the variances of the model's part of the same kind (partition or
 * factor), static and rank; a part unknown to the model gets none. */
static void recall(const skuai_model *model, skuai_group_state *state, size_t from) {
    memcpy(state->own, model->own, sizeof model->own);
    memcpy(state->effect_variance[SKUAI_GROUP_PARTITIONS], model->own_effect,
           sizeof model->own_effect);
    for (size_t p = from; p < state->n_parts; p++) {
        skuai_group_part *part = state->part + p;
        size_t before = 0, first = p < state->n_plain ? 0 : state->n_plain;
        for (size_t i = first; i < p; i++)
            before += state->part[i].source == part->source;
        memset(part->variance, 0, sizeof part->variance);
        if (p < state->n_plain)
            memset(state->effect_variance[p], 0, sizeof state->effect_variance[p]);
        size_t low = p < state->n_plain ? 0 : model->n_plain;
        size_t high = p < state->n_plain ? model->n_plain : model->n_parts;
        for (size_t i = low; i < high; i++) {
            if (model->part[i].source != part->source || before-- > 0) continue;
            memcpy(part->variance, model->part[i].variance, sizeof part->variance);
            if (p < state->n_plain)
                memcpy(state->effect_variance[p], model->part[i].effect,
                       sizeof model->part[i].effect);
            break;
        }
    }
}

/* Condition a fresh state on its data with the model's variances. */
static skua_status condition(const skuai_model *model, skuai_group_state *state, skua_error *err) {
    bool found;
    size_t first, second;
    SKUA_TRY(skuai_group_effect_init(state, &model->covariates, err));
    recall(model, state, 0);
    SKUA_TRY(skuai_group_sweep(state, PREDICT_SWEEPS, false, err));
    if (model->n_parts == model->n_plain) return SKUA_OK;
    SKUA_TRY(skuai_group_rank_pair(state, &found, &first, &second, err));
    if (!found) return SKUA_OK;
    size_t plain = state->n_parts;
    SKUA_TRY(skuai_group_rank_add(state, first, second, model->rank, err));
    recall(model, state, plain);
    return skuai_group_sweep(state, RANK_SWEEPS, false, err);
}

/* -- Fit ----------------------------------------------------------------------------------------
 */

/* Backtests at the end of the window: a third of it at most, about three quarters of a season. */
static size_t backtest_periods(const skuai_group_time *time) {
    size_t season = time->season > 0 ? (size_t)time->season : 1;
    size_t wanted = 3 * season / 4, most = time->window / 3;
    if (wanted < 8) wanted = 8;
    if (wanted > most) wanted = most;
    return time->window >= LEAST_KEPT + wanted ? wanted : 0;
}

/* Calibrate the model; *absolute out: the sum of absolute errors of all backtests. */
static skua_status run_backtests(skuai_model *model, const skuai_panel *panel,
                                 const skuai_group_time *time, const skuai_context *context,
                                 skuai_arena *arena, double *absolute, skua_error *err) {
    skuai_group_state states[BACKTESTS];
    double *errors[BACKTESTS];
    size_t n = 0, periods = backtest_periods(time);
    *absolute = 0;
    for (size_t b = 0; b < BACKTESTS && periods > 0; b++, periods /= 2, n++) {
        errors[n] = skuai_arena_take(arena, panel->n_series * periods, sizeof(double));
        if (!errors[n]) return skuai_error_memory(err, "a backtest");
        SKUA_TRY(skuai_group_state_init(states + n, panel, time, time->window - periods, context,
                                        arena, err));
        SKUA_TRY(condition(model, states + n, err));
        double sum;
        SKUA_TRY(skuai_group_errors(states + n, errors[n], &sum, err));
        *absolute += sum;
    }
    return skuai_group_calibrate(states, errors, n, &model->calibration, err);
}

/* Which of the feasts that move through the season the panel follows: the one with more variance.
 * Two or three occurrences would else fit a little of either. */
static void choose_feast(skuai_group_state *state) {
    double easter = state->own[SKUAI_GROUP_EASTER], lunar = state->own[SKUAI_GROUP_LUNAR];
    for (size_t p = 0; p < state->n_parts; p++) {
        easter += state->part[p].variance[SKUAI_GROUP_EASTER];
        lunar += state->part[p].variance[SKUAI_GROUP_LUNAR];
    }
    skuai_group_kernel gone = easter >= lunar ? SKUAI_GROUP_LUNAR : SKUAI_GROUP_EASTER;
    state->time.kernel[gone] = NULL;
    state->own[gone] = 0;
    for (size_t p = 0; p < state->n_parts; p++)
        state->part[p].variance[gone] = 0;
}

/* Estimate the partitions' variances, then, in a two-way panel, those of the factors. *plain in
 * out: the parameters and covariates, the model without factors; *model out: that with them. */
static skua_status estimate(skuai_model *model, skuai_model *plain, const skuai_panel *panel,
                            const skuai_group_time *time, const skuai_context *context,
                            skuai_arena *arena, skua_error *err) {
    skuai_group_state state;
    bool found;
    size_t first, second;
    SKUA_TRY(skuai_group_state_init(&state, panel, time, time->window, context, arena, err));
    SKUA_TRY(skuai_group_effect_init(&state, &plain->covariates, err));
    SKUA_TRY(skuai_group_sweep(&state, 1, true, err));
    if (time->kernel[SKUAI_GROUP_EASTER] && time->kernel[SKUAI_GROUP_LUNAR]) choose_feast(&state);
    SKUA_TRY(skuai_group_sweep(&state, FIT_SWEEPS - 1, true, err));
    remember(&state, plain);
    *model = *plain;
    if (plain->rank == 0) return SKUA_OK;
    SKUA_TRY(skuai_group_rank_pair(&state, &found, &first, &second, err));
    if (!found) return SKUA_OK;
    SKUA_TRY(skuai_group_rank_add(&state, first, second, plain->rank, err));
    SKUA_TRY(skuai_group_sweep(&state, RANK_SWEEPS, true, err));
    remember(&state, model);
    return SKUA_OK;
}

/* Learn with the covariates of *start; *best and *least are replaced by the model with the least
 * error in the backtests, without factors or with, when that is less than *least. */
static skua_status learn_variant(const skuai_model *start, const skuai_panel *panel,
                                 const skuai_group_time *time, const skuai_context *context,
                                 skuai_arena *arena, skuai_model *best, double *least,
                                 skua_error *err) {
    skuai_arena_mark mark = skuai_arena_mark_get(arena);
    skuai_model variant[2] = {*start, *start};
    SKUA_TRY(estimate(variant + 1, variant, panel, time, context, arena, err));
    size_t n = variant[1].n_parts > variant[1].n_plain ? 2 : 1;
    for (size_t i = 0; i < n; i++) {
        double error;
        skuai_arena_reset(arena, mark);
        SKUA_TRY(run_backtests(variant + i, panel, time, context, arena, &error, err));
        if (!(error < *least)) continue;
        *least = error;
        *best = variant[i];
    }
    skuai_arena_reset(arena, mark);
    return SKUA_OK;
}

/* Learn everything; factors and covariates stay only if the backtests get better by them. */
static skua_status learn(skuai_model *model, const skuai_panel *panel, const skuai_context *context,
                         skuai_arena *arena, skua_error *err) {
    skuai_group_time time;
    skuai_model start = *model;
    double least = INFINITY;
    set_time(panel, model->window, 0, &time);
    SKUA_TRY(skuai_group_time_init(&time, &panel->grid, arena, err));
    SKUA_TRY(learn_variant(&start, panel, &time, context, arena, model, &least, err));
    if (backtest_periods(&time) == 0) return SKUA_OK;
    skuai_group_covariates_choose(panel, &time, false, &start.covariates);
    size_t all = start.covariates.n;
    if (all == 0) return SKUA_OK;
    SKUA_TRY(learn_variant(&start, panel, &time, context, arena, model, &least, err));
    skuai_group_covariates_choose(panel, &time, true, &start.covariates);
    if (model->covariates.n > 0 || start.covariates.n == 0 || start.covariates.n == all)
        return SKUA_OK;
    return learn_variant(&start, panel, &time, context, arena, model, &least, err);
}

static void group_free(skuai_model *model) {
    skuai_free(model);
}

static skua_status group_load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                              skua_error *err) {
    (void)self;
    return skuai_group_model_load(folder, model, err);
}

static skua_status group_fit(const skuai_forecaster *self, const skuai_panel *panel,
                             const skuai_parameters *parameters, const skuai_context *context,
                             skuai_model **model, skua_error *err) {
    (void)self;
    if (!any_observed(panel))
        return skuai_error_set(err, SKUA_EDATA, "group: no series has an observation");
    skuai_model *made = skuai_zero(1, sizeof *made);
    skuai_arena *arena = skuai_arena_new(0);
    if (!made || !arena) {
        group_free(made);
        skuai_arena_free(arena);
        return skuai_error_memory(err, "a group model");
    }
    skua_status status = parse(parameters, made, err);
    if (status == SKUA_OK) status = learn(made, panel, context, arena, err);
    skuai_arena_free(arena);
    if (status != SKUA_OK) {
        group_free(made);
        return status;
    }
    *model = made;
    return SKUA_OK;
}

/* -- Predict ------------------------------------------------------------------------------------
 */

static skua_status forecast_panel(const skuai_model *model, const skuai_panel *panel,
                                  const skuai_request *request, const skuai_context *context,
                                  skuai_arena *arena, skuai_forecast *forecast, skua_error *err) {
    skuai_group_time time;
    skuai_group_state state;
    set_time(panel, model->window, request->horizon, &time);
    SKUA_TRY(skuai_group_time_init(&time, &panel->grid, arena, err));
    SKUA_TRY(skuai_group_state_init(&state, panel, &time, time.window, context, arena, err));
    SKUA_TRY(condition(model, &state, err));
    SKUA_TRY(skuai_group_fill(&state, &model->calibration, request, forecast, err));
    return skuai_forecast_settle(forecast, panel->non_negative ? 0 : -INFINITY, err);
}

static skua_status group_predict(const skuai_model *model, const skuai_panel *panel,
                                 const skuai_request *request, const skuai_context *context,
                                 skuai_forecast **forecast, skua_error *err) {
    for (size_t k = 0; k < model->covariates.n; k++)
        if (model->covariates.index[k] >= panel->n_dynamic)
            return skuai_error_set(
                err, SKUA_EINVAL, "group: the panel lacks covariates that the model was fitted on");
    skuai_forecast *made = NULL;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "a group forecast");
    skua_status status =
        skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels, &made, err);
    if (status == SKUA_OK)
        status = forecast_panel(model, panel, request, context, arena, made, err);
    skuai_arena_free(arena);
    if (status != SKUA_OK) {
        skuai_forecast_free(made);
        return status;
    }
    *forecast = made;
    return SKUA_OK;
}

skuai_forecaster skuai_group_forecaster(void) {
    return (skuai_forecaster){
        .name = "group",
        .summary = "series shrunk toward what their groups share: level, growth, season",
        .source = "Searle, Casella & McCulloch 1992; Rasmussen & Williams 2006",
        .fit = group_fit,
        .predict = group_predict,
        .free = group_free,
        .save = skuai_group_model_save,
        .load = group_load,
    };
}
