#include "stat/exponential/ets_forecast.h"

#include "math/statistics.h"
#include "stat/local.h"

#include <math.h>
#include <string.h>

#define PATHS        2000
#define WEIGHT_SCALE 8.0
/* Relative errors are cut here in simulated paths, so that a level stays positive. */
#define LEAST_FACTOR 1e-3

/* The base q (level and trend without season) of each horizon. */
static void base_forecasts(const skuai_ets_model *model, size_t horizon, double *base) {
    double phi = model->form.damped ? model->parameters[SKUAI_ETS_PHI] : 1, power = 1, sum = 0;
    for (size_t h = 0; h < horizon; h++) {
        power *= phi;
        sum += power;
        base[h] = model->level;
        if (model->form.trend == SKUAI_ETS_ADDITIVE) base[h] += sum * model->growth;
        if (model->form.trend == SKUAI_ETS_MULTIPLICATIVE) base[h] *= pow(model->growth, sum);
    }
}

static double with_season(const skuai_ets_model *model, double base, size_t h) {
    if (model->form.season == SKUAI_ETS_ADDITIVE) return base + model->season[h % model->m];
    if (model->form.season == SKUAI_ETS_MULTIPLICATIVE) return base * model->season[h % model->m];
    return base;
}

/* c [H]: c[j] the effect of one error on the forecast j + 1 periods later. */
static void error_effects(const skuai_ets_model *model, size_t horizon, bool seasonal, double *c) {
    const double *p = model->parameters;
    double phi = model->form.damped ? p[SKUAI_ETS_PHI] : 1, power = 1, sum = 0;
    for (size_t j = 0; j < horizon; j++) {
        power *= phi;
        sum += power;
        c[j] = p[SKUAI_ETS_ALPHA];
        if (model->form.trend) c[j] += p[SKUAI_ETS_BETA] * sum;
        if (seasonal && (j + 1) % model->m == 0) c[j] += p[SKUAI_ETS_GAMMA];
    }
}

/* theta [H] of class 2 from the means mu and effects c of errors with a relative variance. */
static void second_moments(const double *mu, const double *c, double variance, size_t horizon,
                           double *theta) {
    for (size_t h = 0; h < horizon; h++) {
        double sum = 0;
        for (size_t j = 0; j < h; j++)
            sum += c[j] * c[j] * theta[h - 1 - j];
        theta[h] = mu[h] * mu[h] + variance * sum;
    }
}

bool skuai_ets_variances(const skuai_ets_model *model, size_t horizon, double *scratch,
                         double *variance) {
    const skuai_ets_form *form = &model->form;
    bool relative = form->error == SKUAI_ETS_MULTIPLICATIVE;
    bool ratio_season = form->season == SKUAI_ETS_MULTIPLICATIVE;
    if (form->trend == SKUAI_ETS_MULTIPLICATIVE || (ratio_season && !relative)) return false;
    double *c = scratch, *mu = scratch + horizon, s2 = model->variance;
    error_effects(model, horizon, form->season == SKUAI_ETS_ADDITIVE, c);
    if (!relative) {
        double sum = 0;
        for (size_t h = 0; h < horizon; h++) {
            variance[h] = s2 * (1 + sum);
            sum += c[h] * c[h];
        }
        return true;
    }
    base_forecasts(model, horizon, mu);
    if (!ratio_season) {
        for (size_t h = 0; h < horizon; h++)
            mu[h] = with_season(model, mu[h], h);
    }
    second_moments(mu, c, s2, horizon, variance);
    double gamma2 = ratio_season ? pow(model->parameters[SKUAI_ETS_GAMMA], 2) : 0;
    for (size_t h = 0; h < horizon; h++) {
        size_t seasons = h / model->m;
        double growth = (1 + s2) * pow(1 + gamma2 * s2, (double)seasons);
        double index = ratio_season ? model->season[h % model->m] : 1;
        double spread = variance[h] * growth - mu[h] * mu[h];
        variance[h] = index * index * fmax(spread, 0);
    }
    return true;
}

void skuai_ets_simulate(const skuai_ets_model *model, size_t horizon, skuai_random *random,
                        double *season, double *path) {
    const skuai_ets_form *form = &model->form;
    const double *p = model->parameters;
    double l = model->level, b = model->growth, sd = sqrt(model->variance);
    double phi = form->damped ? p[SKUAI_ETS_PHI] : 1;
    if (form->season) memcpy(season, model->season, model->m * sizeof *season);
    for (size_t h = 0; h < horizon; h++) {
        double grown = 0, q = l, f, s = form->season ? season[h % model->m] : 0;
        if (form->trend == SKUAI_ETS_ADDITIVE) q = l + (grown = phi * b);
        if (form->trend == SKUAI_ETS_MULTIPLICATIVE) q = l * (grown = pow(b, phi));
        f = !form->season ? q : form->season == SKUAI_ETS_ADDITIVE ? q + s : q * s;
        double e = sd * skuai_random_normal(random);
        if (form->error == SKUAI_ETS_MULTIPLICATIVE) e = f * fmax(e, LEAST_FACTOR - 1);
        path[h] = f + e;
        double d = form->season == SKUAI_ETS_MULTIPLICATIVE ? e / s : e;
        if (form->trend == SKUAI_ETS_ADDITIVE) b = grown + p[SKUAI_ETS_BETA] * d;
        if (form->trend == SKUAI_ETS_MULTIPLICATIVE)
            b = fmax(grown + p[SKUAI_ETS_BETA] * d / l, LEAST_FACTOR);
        l = q + p[SKUAI_ETS_ALPHA] * d;
        if (form->season == SKUAI_ETS_ADDITIVE) season[h % model->m] += p[SKUAI_ETS_GAMMA] * e;
        if (form->season == SKUAI_ETS_MULTIPLICATIVE)
            season[h % model->m] = fmax(s + p[SKUAI_ETS_GAMMA] * e / q, LEAST_FACTOR);
    }
}

/* Sample deviations and quantiles of simulated paths. */
static skua_status simulated_quantiles(const skuai_ets_model *model, const skuai_request *request,
                                       skuai_arena *arena, double *sd, double *quantiles,
                                       skua_error *err) {
    size_t H = request->horizon;
    double *sample = skuai_arena_take(arena, H * PATHS, sizeof *sample);
    double *path = skuai_arena_take(arena, H, sizeof *path);
    double *season = skuai_arena_take(arena, model->m, sizeof *season);
    if (!sample || !path || !season) return skuai_error_memory(err, "simulated paths");
    skuai_random random;
    skuai_random_init(&random, request->seed);
    for (size_t i = 0; i < PATHS; i++) {
        skuai_ets_simulate(model, H, &random, season, path);
        for (size_t h = 0; h < H; h++)
            sample[h * PATHS + i] = path[h];
    }
    for (size_t h = 0; h < H; h++) {
        double *x = sample + h * PATHS;
        for (size_t i = 0; i < PATHS; i++) {
            if (!isfinite(x[i]))
                return skuai_error_set(err, SKUA_EDATA, "simulated paths are not finite");
        }
        sd[h] = skuai_deviation(x, PATHS, 1);
        skuai_sort(x, PATHS);
        for (size_t q = 0; q < request->n_levels; q++)
            quantiles[h * request->n_levels + q] =
                skuai_quantile_sorted(x, PATHS, request->levels[q]);
    }
    return SKUA_OK;
}

/* Mean correlation of the errors of neighbouring horizons, from the error effects. */
static double neighbour_correlation(const skuai_ets_model *model, size_t horizon, double *c) {
    error_effects(model, horizon, model->form.season == SKUAI_ETS_ADDITIVE, c);
    double before = 1, shared = 0, sum = 0; /* variance and covariance in units of sigma^2 */
    for (size_t h = 1; h < horizon; h++) {
        shared += c[h - 1] * (h > 1 ? c[h - 2] : 1);
        double after = before + c[h - 1] * c[h - 1];
        sum += shared / sqrt(before * after);
        before = after;
    }
    return horizon > 1 ? fmin(sum / (double)(horizon - 1), 0.99) : 0;
}

/* What one model says. */
typedef struct member {
    double *mean, *sd, *quantiles; /* [H], [H], [H, Q] */
    double *scratch;               /* [2 H] */
} member;

static skua_status member_forecast(const skuai_ets_model *model, const skuai_request *request,
                                   skuai_arena *arena, member *out, skua_error *err) {
    size_t H = request->horizon;
    base_forecasts(model, H, out->mean);
    for (size_t h = 0; h < H; h++)
        out->mean[h] = with_season(model, out->mean[h], h);
    bool analytic = skuai_ets_variances(model, H, out->scratch, out->sd);
    if (analytic) {
        for (size_t h = 0; h < H; h++)
            out->sd[h] = sqrt(out->sd[h]);
        double freedom = (double)(model->n - model->n_parameters + 1);
        skuai_local_student_quantiles(request, out->mean, out->sd, freedom, out->quantiles);
    } else {
        SKUA_TRY(simulated_quantiles(model, request, arena, out->sd, out->quantiles, err));
    }
    for (size_t h = 0; h < H; h++) {
        if (!isfinite(out->mean[h]) || !isfinite(out->sd[h]))
            return skuai_error_set(err, SKUA_EDATA, "forecasts diverge");
    }
    return SKUA_OK;
}

/* Add the differences of the models' means to the spread: quantiles around the mean, widened from
 * the averaged deviations within [H]. square [H]: averaged squares of the models' means. */
static void stretch(const skuai_request *request, const double *mean, const double *within,
                    const double *square, double *quantiles) {
    for (size_t h = 0; h < request->horizon; h++) {
        double between = fmax(square[h] - mean[h] * mean[h], 0);
        double ratio = within[h] > 0 ? sqrt(1 + between / (within[h] * within[h])) : 1;
        double *row = quantiles + h * request->n_levels;
        for (size_t q = 0; q < request->n_levels; q++)
            row[q] = mean[h] + ratio * (row[q] - mean[h]);
    }
}

skua_status skuai_ets_forecast(const skuai_ets_model *models, size_t n_models,
                               const skuai_request *request, skuai_arena *arena, double *mean,
                               double *quantiles, double *autocorrelation, skua_error *err) {
    size_t H = request->horizon, Q = request->n_levels;
    double *within = skuai_arena_take_zero(arena, H, sizeof *within);
    double *square = skuai_arena_take_zero(arena, H, sizeof *square);
    double *room = skuai_arena_take(arena, H * (4 + Q), sizeof *room);
    if (!within || !square || !room) return skuai_error_memory(err, "a forecast");
    member one = {room, room + H, room + 4 * H, room + 2 * H};
    memset(mean, 0, H * sizeof *mean);
    memset(quantiles, 0, H * Q * sizeof *quantiles);
    double total = 0, correlation = 0;
    for (size_t i = 0; i < n_models; i++) {
        skua_status status = member_forecast(&models[i], request, arena, &one, err);
        if (status == SKUA_ENOMEM) return status;
        if (status != SKUA_OK) continue;
        double weight = exp(-(models[i].aicc - models[0].aicc) / WEIGHT_SCALE);
        total += weight;
        correlation += weight * neighbour_correlation(&models[i], H, one.scratch);
        for (size_t h = 0; h < H; h++) {
            mean[h] += weight * one.mean[h];
            within[h] += weight * one.sd[h];
            square[h] += weight * one.mean[h] * one.mean[h];
        }
        for (size_t k = 0; k < H * Q; k++)
            quantiles[k] += weight * one.quantiles[k];
    }
    if (!(total > 0)) return SKUA_EDATA; /* err says why the last one failed */
    for (size_t h = 0; h < H; h++)
        mean[h] /= total, within[h] /= total, square[h] /= total;
    for (size_t k = 0; k < H * Q; k++)
        quantiles[k] /= total;
    stretch(request, mean, within, square, quantiles);
    *autocorrelation = correlation / total;
    return SKUA_OK;
}
