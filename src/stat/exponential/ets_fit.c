#include "stat/exponential/ets_fit.h"

#include "stat/exponential/ets_start.h"
#include "stat/exponential/projected_bfgs.h"

#include <math.h>
#include <string.h>

#define LEAST           1e-4 /* smoothing parameters keep this from the ends of their ranges */
#define GROWTH_LIMIT    0.3
#define PHI_LEAST       0.8
#define PHI_MOST        0.98
#define REACTIVE_ALPHA  0.5
#define SUSPICIOUS_LOW  0.03
#define SUSPICIOUS_HIGH 0.95
#define ITERATIONS      60
#define TOLERANCE       1e-2  /* of the likelihood while forms are compared */
#define HOPELESS        120.0 /* ... and from which a season is not tried with a trend */
#define NEGLIGIBLE      60.0  /* difference of AICc from which a form is not kept */
#define POLISH          1e-4  /* ... and for the form that is kept */
#define N_FORMS         30

/* Place of a form in tables. */
static size_t place_of(const skuai_ets_form *f) {
    return ((size_t)f->error - 1) * 15 + ((size_t)f->trend + (f->damped ? 2 : 0)) * 3 +
           (size_t)f->season;
}

/* One series while its forms are fitted. */
typedef struct workshop {
    skuai_ets_space space;
    skuai_ets_start starts[3]; /* by kind of season */
    bool started[3];
    size_t width;            /* 6 + m */
    double growth_limit;     /* of beta, see growth_weight */
    double *fitted[N_FORMS]; /* [width] parameters by place, NULL: not fitted */
    double *gradient, *low, *high, *x, *scratch;
} workshop;

/* The form under the optimiser. Its coordinates are alpha, beta and gamma as shares of
 * what alpha leaves them, phi, as far as the form has them, then level, growth, and seasonal states
 * but the first, in units of their own: so the usual region is a box. */
typedef struct task {
    workshop *shop;
    skuai_ets_form form;
    size_t n_smoothing, n;      /* coordinates */
    double unit, seasonal_unit; /* of level and growth; of the seasonal states */
    double *parameters;         /* [width] */
} task;

/* Beta is a share in (0, 1) of alpha c / (alpha + c), c = GROWTH_LIMIT / season: below both. */
static double growth_weight(const workshop *shop, double alpha) {
    return alpha * shop->growth_limit / (alpha + shop->growth_limit);
}

/* -- Coordinates and parameters -----------------------------------------------------------------
 */

static void parameters_of(task *job, const double *x) {
    double *p = job->parameters;
    size_t m = job->shop->space.m, k = 0;
    double alpha = x[k++];
    p[SKUAI_ETS_ALPHA] = alpha;
    if (job->form.trend) p[SKUAI_ETS_BETA] = growth_weight(job->shop, alpha) * x[k++];
    if (job->form.season) p[SKUAI_ETS_GAMMA] = (1 - alpha) * x[k++];
    if (job->form.damped) p[SKUAI_ETS_PHI] = x[k++];
    p[SKUAI_ETS_LEVEL] = x[k++] * job->unit;
    if (job->form.trend == SKUAI_ETS_ADDITIVE) p[SKUAI_ETS_GROWTH] = x[k++] * job->unit;
    if (job->form.trend == SKUAI_ETS_MULTIPLICATIVE) p[SKUAI_ETS_GROWTH] = x[k++];
    if (!job->form.season) return;
    double sum = 0;
    for (size_t i = 1; i < m; i++)
        sum += p[SKUAI_ETS_SEASON + i] = x[k++] * job->seasonal_unit;
    p[SKUAI_ETS_SEASON] = (job->form.season == SKUAI_ETS_MULTIPLICATIVE ? (double)m : 0) - sum;
}

static void coordinates_of(const task *job, const double *p, double *x) {
    size_t m = job->shop->space.m, k = 0;
    x[k++] = p[SKUAI_ETS_ALPHA];
    if (job->form.trend) x[k++] = p[SKUAI_ETS_BETA] / growth_weight(job->shop, p[SKUAI_ETS_ALPHA]);
    if (job->form.season) x[k++] = p[SKUAI_ETS_GAMMA] / (1 - p[SKUAI_ETS_ALPHA]);
    if (job->form.damped) x[k++] = p[SKUAI_ETS_PHI];
    x[k++] = p[SKUAI_ETS_LEVEL] / job->unit;
    if (job->form.trend == SKUAI_ETS_ADDITIVE) x[k++] = p[SKUAI_ETS_GROWTH] / job->unit;
    if (job->form.trend == SKUAI_ETS_MULTIPLICATIVE) x[k++] = p[SKUAI_ETS_GROWTH];
    for (size_t i = 1; i < m && job->form.season; i++)
        x[k++] = p[SKUAI_ETS_SEASON + i] / job->seasonal_unit;
}

static double task_value(void *context, const double *x) {
    task *job = context;
    parameters_of(job, x);
    return skuai_ets_space_pass(&job->shop->space, &job->form, job->parameters);
}

static void task_gradient(void *context, const double *x, double *gradient) {
    task *job = context;
    const double *g = job->shop->gradient;
    size_t m = job->shop->space.m, k = 0;
    skuai_ets_space_gradient(&job->shop->space, &job->form, job->parameters, job->shop->gradient);
    double alpha = x[0];
    gradient[k++] = g[SKUAI_ETS_ALPHA];
    if (job->form.trend) {
        double weight = growth_weight(job->shop, alpha), ratio = weight / alpha;
        gradient[0] += g[SKUAI_ETS_BETA] * x[k] * ratio * ratio;
        gradient[k++] = g[SKUAI_ETS_BETA] * weight;
    }
    if (job->form.season) {
        gradient[0] -= g[SKUAI_ETS_GAMMA] * x[k];
        gradient[k++] = g[SKUAI_ETS_GAMMA] * (1 - alpha);
    }
    if (job->form.damped) gradient[k++] = g[SKUAI_ETS_PHI];
    gradient[k++] = g[SKUAI_ETS_LEVEL] * job->unit;
    if (job->form.trend == SKUAI_ETS_ADDITIVE) gradient[k++] = g[SKUAI_ETS_GROWTH] * job->unit;
    if (job->form.trend == SKUAI_ETS_MULTIPLICATIVE) gradient[k++] = g[SKUAI_ETS_GROWTH];
    for (size_t i = 1; i < m && job->form.season; i++)
        gradient[k++] = (g[SKUAI_ETS_SEASON + i] - g[SKUAI_ETS_SEASON]) * job->seasonal_unit;
}

static void set_bounds(const task *job) {
    double *low = job->shop->low, *high = job->shop->high;
    for (size_t i = 0; i < job->n; i++) {
        low[i] = i < job->n_smoothing ? LEAST : -INFINITY;
        high[i] = i < job->n_smoothing ? 1 - LEAST : INFINITY;
    }
    if (job->form.damped) {
        low[job->n_smoothing - 1] = PHI_LEAST;
        high[job->n_smoothing - 1] = PHI_MOST;
    }
}

/* -- Starting points ----------------------------------------------------------------------------
 */

static void heuristic_parameters(const task *job, double alpha, double beta_share,
                                 double gamma_share, double *p) {
    const skuai_ets_start *start = &job->shop->starts[job->form.season];
    size_t m = job->shop->space.m;
    p[SKUAI_ETS_ALPHA] = alpha;
    p[SKUAI_ETS_BETA] = growth_weight(job->shop, alpha) * beta_share;
    p[SKUAI_ETS_GAMMA] = (1 - alpha) * gamma_share;
    p[SKUAI_ETS_PHI] = 0.95;
    bool ratio = job->form.trend == SKUAI_ETS_MULTIPLICATIVE;
    p[SKUAI_ETS_LEVEL] = !job->form.trend ? start->mean : ratio ? start->ratio_level : start->level;
    p[SKUAI_ETS_GROWTH] = ratio ? start->ratio_growth : start->growth;
    memcpy(p + SKUAI_ETS_SEASON, start->season, m * sizeof *p);
}

/* The two kinds of optimum that a form may have: a level that hardly moves, and one that follows.
 * The second is searched for when the first, from the better start, is suspicious. */
typedef enum regime { REGIME_CALM, REGIME_REACTIVE, N_REGIMES } regime;

/* Keep candidate when it is of the regime and better than what p holds with *best. */
static void consider(task *job, regime of, const double *candidate, double *p, double *best) {
    if ((candidate[SKUAI_ETS_ALPHA] < REACTIVE_ALPHA) != (of == REGIME_CALM)) return;
    double value = skuai_ets_space_pass(&job->shop->space, &job->form, candidate);
    if (!(value < *best)) return;
    *best = value;
    memcpy(p, candidate, job->shop->width * sizeof *p);
}

/* The optimum of a neighbouring form as a candidate. */
static void consider_neighbour(task *job, regime of, skuai_ets_form form, double *candidate,
                               double *p, double *best) {
    const double *fitted = job->shop->fitted[place_of(&form)];
    if (!fitted) return;
    memcpy(candidate, fitted, job->shop->width * sizeof *candidate);
    if (job->form.damped && !form.damped) candidate[SKUAI_ETS_PHI] = PHI_MOST;
    if (job->form.trend && !form.trend) {
        candidate[SKUAI_ETS_BETA] = LEAST * growth_weight(job->shop, candidate[SKUAI_ETS_ALPHA]);
        candidate[SKUAI_ETS_GROWTH] = job->form.trend == SKUAI_ETS_MULTIPLICATIVE ? 1 : 0;
    }
    consider(job, of, candidate, p, best);
}

/* The best starting parameters of a regime into p; returns their likelihood, INFINITY when none is
 * allowed. */
static double find_start(task *job, regime of, double *candidate, double *p) {
    static const double alphas[] = {0.1, 0.35, 0.8}, gammas[] = {0.1, 0.7};
    double best = INFINITY;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < (job->form.season ? 2 : 1); k++) {
            heuristic_parameters(job, alphas[i], 0.1, gammas[k], candidate);
            consider(job, of, candidate, p, &best);
        }
    }
    skuai_ets_form other = job->form;
    if (other.error == SKUAI_ETS_MULTIPLICATIVE) {
        other.error = SKUAI_ETS_ADDITIVE;
        consider_neighbour(job, of, other, candidate, p, &best);
    }
    other = job->form;
    if (other.damped) {
        other.damped = false;
        consider_neighbour(job, of, other, candidate, p, &best);
    }
    if (other.trend) {
        other.trend = SKUAI_ETS_NONE;
        other.damped = false;
        consider_neighbour(job, of, other, candidate, p, &best);
    }
    return best;
}

/* -- One form ------------------------------------------------------------------------------------
 */

static task task_new(workshop *shop, const skuai_ets_form *form, double *parameters) {
    task job = {.shop = shop, .form = *form, .parameters = parameters};
    job.n_smoothing = 1u + (form->trend != 0) + (form->season != 0) + form->damped;
    job.n = job.n_smoothing + 1u + (form->trend != 0) + (form->season ? shop->space.m - 1 : 0);
    job.unit = shop->space.scale;
    job.seasonal_unit = 1;
    return job;
}

/* Minimise the likelihood from the parameters, which are replaced; returns it. */
static double improve(task *job, double tolerance) {
    workshop *shop = job->shop;
    double *x = shop->x;
    double value = skuai_ets_space_pass(&shop->space, &job->form, job->parameters);
    if (!isfinite(value)) return value;
    /* States move by about the size of an error. */
    double error = sqrt(shop->space.squares / (double)shop->space.n);
    bool relative = job->form.error == SKUAI_ETS_MULTIPLICATIVE;
    double absolute = relative ? error * shop->space.scale : error;
    job->unit = fmax(absolute, 1e-6 * shop->space.scale);
    job->seasonal_unit =
        job->form.season == SKUAI_ETS_MULTIPLICATIVE ? job->unit / shop->space.scale : job->unit;
    set_bounds(job);
    coordinates_of(job, job->parameters, x);
    for (size_t i = 0; i < job->n_smoothing; i++)
        x[i] = fmin(fmax(x[i], shop->low[i]), shop->high[i]);
    skuai_projected_problem problem = {.n = job->n,
                                       .low = shop->low,
                                       .high = shop->high,
                                       .value = task_value,
                                       .gradient = task_gradient,
                                       .context = job,
                                       .iterations = ITERATIONS,
                                       .tolerance = tolerance};
    value = skuai_projected_bfgs(&problem, x, shop->scratch);
    parameters_of(job, x);
    return value;
}

static bool usable(const skuai_ets_choice *choice, const skuai_ets_form *f) {
    bool mult_trend = f->trend == SKUAI_ETS_MULTIPLICATIVE;
    bool mult_season = f->season == SKUAI_ETS_MULTIPLICATIVE;
    if (!(choice->error >> f->error & 1) || !(choice->trend >> f->trend & 1) ||
        !(choice->season >> f->season & 1))
        return false;
    if (f->trend && !(f->damped ? choice->damped : choice->undamped)) return false;
    if (!f->trend && f->damped) return false;
    if (choice->unstable) return true;
    if (f->error == SKUAI_ETS_ADDITIVE) return !mult_trend && !mult_season;
    return !(mult_trend && f->season == SKUAI_ETS_ADDITIVE);
}

/* The criterion with its correction for short series; INFINITY when there are too few values. */
static double aicc_of(double likelihood, size_t n, size_t k) {
    if (n <= k + 1) return INFINITY;
    double K = (double)k;
    return likelihood + 2 * K + 2 * K * (K + 1) / ((double)n - K - 1);
}

/* An optimum at the end of alpha's range may be a poor local one. */
static bool suspicious(const double *parameters) {
    return parameters[SKUAI_ETS_ALPHA] < SUSPICIOUS_LOW ||
           parameters[SKUAI_ETS_ALPHA] > SUSPICIOUS_HIGH;
}

static skua_status fit_form(workshop *shop, const skuai_ets_form *form, skuai_arena *arena,
                            double *aicc, skua_error *err) {
    *aicc = INFINITY;
    size_t width = shop->width;
    double *trials[N_REGIMES],
        *candidate = skuai_arena_take_zero(arena, 3 * width, sizeof *candidate);
    if (!candidate) return skuai_error_memory(err, "a form's parameters");
    for (size_t i = 0; i < N_REGIMES; i++)
        trials[i] = candidate + (i + 1) * width;
    if (!shop->started[form->season]) {
        SKUA_TRY(skuai_ets_start_find(shop->space.y, shop->space.n, shop->space.m, form->season,
                                      arena, &shop->starts[form->season], err));
        shop->started[form->season] = true;
    }
    task job = task_new(shop, form, trials[0]);
    if (!isfinite(aicc_of(0, shop->space.n, job.n + 1))) return SKUA_OK;
    double starts[N_REGIMES], likelihood = INFINITY, *parameters = NULL;
    for (int i = 0; i < N_REGIMES; i++)
        starts[i] = find_start(&job, (regime)i, candidate, trials[i]);
    int first = starts[REGIME_REACTIVE] < starts[REGIME_CALM] ? REGIME_REACTIVE : REGIME_CALM;
    for (int i = 0; i < N_REGIMES; i++) {
        int of = first ^ i;
        if (parameters && !suspicious(parameters)) break;
        if (!isfinite(starts[of])) continue;
        job.parameters = trials[of];
        double value = improve(&job, TOLERANCE);
        if (!(value < likelihood)) continue;
        likelihood = value;
        parameters = trials[of];
    }
    if (!parameters) return SKUA_OK;
    size_t place = place_of(form);
    shop->fitted[place] = parameters;
    *aicc = aicc_of(likelihood, shop->space.n, job.n + 1);
    return SKUA_OK;
}

/* -- The choice ----------------------------------------------------------------------------------
 */

static skua_status workshop_init(workshop *shop, const double *y, size_t n, size_t season,
                                 skuai_arena *arena, skua_error *err) {
    size_t m = season > SKUAI_ETS_SEASON_LIMIT || n <= season ? 1 : season;
    memset(shop, 0, sizeof *shop);
    SKUA_TRY(skuai_ets_space_init(&shop->space, y, n, m, arena, err));
    shop->width = SKUAI_ETS_SEASON + m;
    shop->growth_limit = GROWTH_LIMIT / (double)season;
    size_t w = shop->width;
    double *memory = skuai_arena_take(arena, 4 * w + SKUAI_PROJECTED_SCRATCH(w), sizeof *memory);
    if (!memory) return skuai_error_memory(err, "fitting a series");
    shop->gradient = memory;
    shop->low = memory + w;
    shop->high = shop->low + w;
    shop->x = shop->high + w;
    shop->scratch = shop->x + w;
    return SKUA_OK;
}

/* The states behind the last observation, for a form with parameters. */
static skua_status finish(workshop *shop, const skuai_ets_form *form, const double *parameters,
                          size_t n_estimated, skuai_arena *arena, skuai_ets_model *model,
                          skua_error *err) {
    size_t n = shop->space.n, m = shop->space.m;
    double likelihood = skuai_ets_space_pass(&shop->space, form, parameters);
    double *states = skuai_arena_take(arena, m, sizeof *states);
    if (!states) return skuai_error_memory(err, "the states of a model");
    memcpy(states, shop->space.season + n, m * sizeof *states);
    *model = (skuai_ets_model){
        .form = *form,
        .n = n,
        .m = m,
        .y = shop->space.y,
        .parameters = parameters,
        .n_parameters = n_estimated + 1,
        .likelihood = likelihood,
        .aicc = aicc_of(likelihood, n, n_estimated + 1),
        .variance = shop->space.squares / (double)(n - n_estimated),
        .level = shop->space.level[n],
        .growth = shop->space.growth[n],
        .season = states,
    };
    return SKUA_OK;
}

/* Whether the forms without trend that have this season are so far behind those with another that a
 * trend will not make good for it. */
static bool hopeless(const skuai_ets_form *form, const double *aicc) {
    double same = INFINITY, best = INFINITY;
    for (size_t error = 0; error < 2; error++) {
        for (size_t season = 0; season < 3; season++) {
            double value = aicc[error * 15 + season];
            best = fmin(best, value);
            if (season == (size_t)form->season) same = fmin(same, value);
        }
    }
    return isfinite(same) && same > best + HOPELESS;
}

/* Every form of the choice fitted; their criteria by place. */
static skua_status fit_forms(workshop *shop, const skuai_ets_choice *choice, skuai_arena *arena,
                             skuai_ets_form *forms, double *aicc, skua_error *err) {
    double least = INFINITY;
    for (size_t t = 0; t < shop->space.n; t++)
        least = fmin(least, shop->space.y[t]);
    for (size_t i = 0; i < N_FORMS; i++)
        aicc[i] = INFINITY;
    /* Simple forms first: the others start from them. */
    for (int trend = 0; trend < 5; trend++) {
        for (int season = 0; season < (shop->space.m > 1 ? 3 : 1); season++) {
            for (int error = 1; error < 3; error++) {
                skuai_ets_form form = {.error = (skuai_ets_kind)error,
                                       .trend = (skuai_ets_kind)(trend > 2 ? trend - 2 : trend),
                                       .season = (skuai_ets_kind)season,
                                       .damped = trend > 2};
                bool positive = error == 2 || form.trend == SKUAI_ETS_MULTIPLICATIVE || season == 2;
                if (!usable(choice, &form) || (positive && !(least > 0))) continue;
                if (trend > 0 && hopeless(&form, aicc)) continue;
                size_t place = place_of(&form);
                forms[place] = form;
                SKUA_TRY(fit_form(shop, &form, arena, &aicc[place], err));
            }
        }
    }
    return SKUA_OK;
}

skua_status skuai_ets_fit(const double *y, size_t n, size_t season, const skuai_ets_choice *choice,
                          size_t limit, skuai_arena *arena, skuai_ets_model *models,
                          size_t *n_models, skua_error *err) {
    workshop *shop = skuai_arena_take(arena, 1, sizeof *shop);
    if (!shop) return skuai_error_memory(err, "fitting a series");
    SKUA_TRY(workshop_init(shop, y, n, season ? season : 1, arena, err));
    skuai_ets_form forms[N_FORMS];
    double aicc[N_FORMS];
    SKUA_TRY(fit_forms(shop, choice, arena, forms, aicc, err));
    size_t found = 0;
    for (; found < limit; found++) {
        size_t best = 0;
        for (size_t i = 1; i < N_FORMS; i++) {
            if (aicc[i] < aicc[best]) best = i;
        }
        if (!isfinite(aicc[best])) break;
        if (found > 0 && aicc[best] - models[0].aicc > NEGLIGIBLE) break;
        aicc[best] = INFINITY;
        task job = task_new(shop, &forms[best], shop->fitted[best]);
        improve(&job, POLISH);
        SKUA_TRY(finish(shop, &forms[best], job.parameters, job.n, arena, &models[found], err));
    }
    if (found == 0)
        return skuai_error_set(err, SKUA_EDATA, "no form of exponential smoothing fits %zu values",
                               n);
    *n_models = found;
    return SKUA_OK;
}
