#include "math/stationarity.h"

#include "math/distribution.h"
#include "math/linear.h"
#include "math/statistics.h"
#include "math/stl.h"

#include <math.h>
#include <string.h>

/* -- Augmented Dickey-Fuller ------------------------------------------------------------------- */

/* [2] for one series: where the polynomials change and end, small p then large p, then the
 * critical values at 1, 5 and 10 % in powers of 1/T. */
typedef struct mackinnon {
    double least, change, most;
    double small[3], large[4];
    double critical[3][4];
} mackinnon;

static const mackinnon surfaces[] = {
    [SKUAI_DETERMINISTIC_NONE] = {-19.04,
                                  -1.04,
                                  INFINITY,
                                  {0.6344, 1.2378, 0.032496},
                                  {0.4797, 0.93557, -0.06999, 0.033066},
                                  {{-2.56574, -2.2358, -3.627, 0},
                                   {-1.94100, -0.2686, -3.365, 31.223},
                                   {-1.61682, 0.2656, -2.714, 25.364}}},
    [SKUAI_DETERMINISTIC_CONSTANT] = {-18.83,
                                      -1.61,
                                      2.74,
                                      {2.1659, 1.4412, 0.038269},
                                      {1.7339, 0.93202, -0.12745, -0.010368},
                                      {{-3.43035, -6.5393, -16.786, -79.433},
                                       {-2.86154, -2.8903, -4.234, -40.040},
                                       {-2.56677, -1.5384, -2.809, 0}}},
    [SKUAI_DETERMINISTIC_TREND] = {-16.18,
                                   -2.89,
                                   0.7,
                                   {3.2512, 1.6047, 0.049588},
                                   {2.5261, 0.61654, -0.37956, -0.060285},
                                   {{-3.95877, -9.0531, -28.428, -134.155},
                                    {-3.41049, -4.3904, -9.036, -45.374},
                                    {-3.12705, -2.5856, -3.925, -22.380}}},
    [SKUAI_DETERMINISTIC_QUADRATIC] = {-17.17,
                                       -3.21,
                                       0.54,
                                       {4.0003, 1.658, 0.048288},
                                       {3.0778, 0.49529, -0.41477, -0.059359},
                                       {{-4.37113, -11.5882, -35.819, -334.047},
                                        {-3.83239, -5.9057, -12.490, -118.284},
                                        {-3.55326, -3.6596, -5.293, -63.559}}}};

static double polynomial(const double *c, size_t n, double x) {
    double s = c[n - 1];
    for (size_t i = n - 1; i-- > 0;)
        s = s * x + c[i];
    return s;
}

static double surface_probability(const mackinnon *m, double t) {
    if (t > m->most) return 1;
    if (t < m->least) return 0;
    return skuai_normal_cdf(t <= m->change ? polynomial(m->small, 3, t)
                                           : polynomial(m->large, 4, t));
}

typedef struct regression {
    const double *y;
    size_t n, n_terms;
    double *x, *target, *coefficients, *inverse, *scratch;
    skuai_least_squares_fit fit;
} regression;

/* Regress the differences on [terms, level, lagged differences]; rows are the last ones that
 * `rows_lag` lags leave. */
static skua_status regress(regression *r, size_t lags, size_t rows_lag, bool with_inverse,
                           skua_error *err) {
    size_t columns = r->n_terms + 1 + lags, rows = r->n - 1 - rows_lag;
    for (size_t i = 0; i < rows; i++) {
        double *x = r->x + i * columns, time = (double)(i + 1) / (double)rows;
        const double *y = r->y + rows_lag + i; /* the level before the difference */
        if (r->n_terms > 0) *x++ = 1;
        if (r->n_terms > 1) *x++ = time;
        if (r->n_terms > 2) *x++ = time * time;
        *x++ = y[0];
        for (size_t k = 1; k <= lags; k++)
            *x++ = *(y + 1 - k) - *(y - k);
        r->target[i] = y[1] - y[0];
    }
    return skuai_least_squares(r->x, r->target, rows, columns, 1e-12, r->coefficients,
                               with_inverse ? r->inverse : NULL, r->scratch, &r->fit, err);
}

/* The best number of lags on common rows, all from one orthogonalisation: what column j explains
 * beyond those before it is the square of the j-th rotated target. */
static size_t choose_lags(const regression *r, size_t max_lags, size_t rows,
                          skuai_lag_choice choice) {
    size_t base = r->n_terms + 1, best = 0;
    double count = (double)rows, squares = r->fit.sum_squares, best_value = INFINITY;
    for (size_t lags = max_lags + 1; lags-- > 0;) {
        size_t columns = base + lags;
        if (choice == SKUAI_LAG_STATISTIC) {
            double t = fabs(r->target[columns - 1]) / sqrt(squares / (count - (double)columns));
            if (t >= 1.6448536269514722) return lags;
        } else {
            double penalty = choice == SKUAI_LAG_AIC ? 2 : log(count);
            double value = count * log(squares / count) + penalty * (double)columns;
            if (value <= best_value) {
                best_value = value;
                best = lags;
            }
        }
        squares += r->target[columns - 1] * r->target[columns - 1];
    }
    return best;
}

static skua_status run_adf(regression *r, skuai_deterministic terms, skuai_lag_choice choice,
                           size_t lags, skuai_adf_result *result, skua_error *err) {
    if (choice != SKUAI_LAG_FIXED) {
        size_t most = lags;
        SKUA_TRY(regress(r, most, lags, false, err));
        while (r->fit.rank < r->n_terms + 1 + most && most > 0) { /* dependent lags: fewer */
            most--;
            SKUA_TRY(regress(r, most, lags, false, err));
        }
        lags = choose_lags(r, most, r->n - 1 - lags, choice);
    }
    SKUA_TRY(regress(r, lags, lags, true, err));
    size_t columns = r->n_terms + 1 + lags, rows = r->n - 1 - lags, at = r->n_terms;
    double variance = r->fit.sum_squares / (double)(rows - columns);
    double statistic = r->coefficients[at] / sqrt(variance * r->inverse[at * columns + at]);
    if (isnan(statistic))
        return skuai_error_set(err, SKUA_ESINGULAR, "adf: the regression is degenerate");
    const mackinnon *m = &surfaces[terms];
    *result = (skuai_adf_result){.statistic = statistic, .lags = lags, .observations = rows};
    result->p_value = surface_probability(m, statistic);
    for (size_t i = 0; i < 3; i++)
        result->critical[i] = polynomial(m->critical[i], 4, 1 / (double)rows);
    return SKUA_OK;
}

static bool is_finite_and_varies(const double *y, size_t n) {
    bool varies = false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(y[i])) return false;
        varies = varies || y[i] != y[0];
    }
    return varies;
}

skua_status skuai_adf_test(const double *y, size_t n, skuai_deterministic terms,
                           skuai_lag_choice choice, size_t max_lags, skuai_arena *scratch,
                           skuai_adf_result *result, skua_error *err) {
    if (!is_finite_and_varies(y, n))
        return skuai_error_set(err, SKUA_EDATA, "adf: the series is constant or not finite");
    size_t n_terms = (size_t)terms, half = n / 2;
    if (half < n_terms + 1)
        return skuai_error_set(err, SKUA_EDATA, "adf: %zu observations are too few", n);
    size_t room = half - n_terms - 1, lags = max_lags;
    if (lags == SKUAI_LAGS_DEFAULT) {
        lags = (size_t)ceil(12 * pow((double)n / 100, 0.25));
        lags = lags < room ? lags : room;
        while (lags > 0 && n - 1 - lags <= n_terms + 1 + lags) /* leave a degree of freedom */
            lags--;
    }
    if (lags > room || n - 1 - lags <= n_terms + 1 + lags)
        return skuai_error_set(err, SKUA_EDATA, "adf: %zu lags of %zu observations", lags, n);
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    size_t columns = n_terms + 1 + lags;
    regression r = {.y = y, .n = n, .n_terms = n_terms};
    r.x = skuai_arena_take(scratch, n, columns * sizeof(double));
    r.target = skuai_arena_take(scratch, n, sizeof(double));
    r.coefficients = skuai_arena_take(scratch, columns, sizeof(double));
    r.inverse = skuai_arena_take(scratch, columns, columns * sizeof(double));
    r.scratch = skuai_arena_take(scratch, SKUAI_LEAST_SQUARES_SCRATCH(n, columns), sizeof(double));
    skua_status status = r.x && r.target && r.coefficients && r.inverse && r.scratch
                             ? run_adf(&r, terms, choice, lags, result, err)
                             : skuai_error_memory(err, "a unit-root test");
    skuai_arena_reset(scratch, mark);
    return status;
}

/* -- KPSS -------------------------------------------------------------------------------------- */

/* Residuals about a constant or a line in 1 .. n. */
static void residuals_of(const double *y, size_t n, bool trend, double *residual) {
    double mean = skuai_mean(y, n), middle = 0.5 * (double)(n - 1), ty = 0, tt = 0;
    for (size_t i = 0; trend && i < n; i++) {
        double t = (double)i - middle;
        ty += t * (y[i] - mean);
        tt += t * t;
    }
    double slope = trend ? ty / tt : 0;
    for (size_t i = 0; i < n; i++)
        residual[i] = y[i] - mean - slope * ((double)i - middle);
}

static size_t automatic_lags(const double *residual, size_t n) { /* [4] */
    double count = (double)n;
    size_t covered = (size_t)pow(count, 2.0 / 9.0);
    double s0 = skuai_dot(residual, residual, n) / count, s1 = 0;
    for (size_t i = 1; i <= covered && i < n; i++) {
        double product = 2 * skuai_dot(residual + i, residual, n - i) / count;
        s0 += product;
        s1 += (double)i * product;
    }
    double ratio = s1 / s0, lags = 1.1447 * cbrt(ratio * ratio) * cbrt(count);
    return lags < count - 1 ? (size_t)lags : n - 1; /* NaN goes to the latter */
}

static double table_probability(double statistic, bool trend) { /* [3], table 1 */
    static const double level[] = {0.10, 0.05, 0.025, 0.01};
    static const double about_constant[] = {0.347, 0.463, 0.574, 0.739};
    static const double about_trend[] = {0.119, 0.146, 0.176, 0.216};
    const double *critical = trend ? about_trend : about_constant;
    if (!(statistic > critical[0])) return level[0];
    for (size_t i = 1; i < 4; i++)
        if (statistic <= critical[i])
            return level[i - 1] + (level[i] - level[i - 1]) * (statistic - critical[i - 1]) /
                                      (critical[i] - critical[i - 1]);
    return level[3];
}

skua_status skuai_kpss_test(const double *y, size_t n, skuai_deterministic terms, size_t lags,
                            double *scratch, skuai_kpss_result *result, skua_error *err) {
    bool trend = terms == SKUAI_DETERMINISTIC_TREND;
    if (!trend && terms != SKUAI_DETERMINISTIC_CONSTANT)
        return skuai_error_set(err, SKUA_EINVAL, "kpss: about a constant or a trend only");
    if (n < (trend ? 3U : 2U) || !is_finite_and_varies(y, n))
        return skuai_error_set(err, SKUA_EDATA,
                               "kpss: the series is constant, too short or not finite");
    residuals_of(y, n, trend, scratch);
    if (lags == SKUAI_KPSS_LAGS_AUTO) {
        lags = automatic_lags(scratch, n);
    } else if (lags == SKUAI_KPSS_LAGS_LEGACY) {
        lags = (size_t)ceil(12 * pow((double)n / 100, 0.25));
        lags = lags < n - 1 ? lags : n - 1;
    }
    if (lags >= n) return skuai_error_set(err, SKUA_EINVAL, "kpss: %zu lags of %zu", lags, n);
    double variance = skuai_dot(scratch, scratch, n), sum = 0, squares = 0;
    for (size_t i = 1; i <= lags; i++)
        variance +=
            2 * skuai_dot(scratch + i, scratch, n - i) * (1 - (double)i / ((double)lags + 1));
    for (size_t i = 0; i < n; i++) {
        sum += scratch[i];
        squares += sum * sum;
    }
    double statistic = squares / (double)n / variance;
    if (!isfinite(statistic))
        return skuai_error_set(err, SKUA_EDATA, "kpss: nothing is left beside the trend");
    *result = (skuai_kpss_result){statistic, table_probability(statistic, trend), lags};
    return SKUA_OK;
}

/* -- Differences ------------------------------------------------------------------------------- */

void skuai_difference(const double *y, size_t n, size_t lag, double *out) {
    for (size_t i = lag; i < n; i++)
        out[i - lag] = y[i] - y[i - lag];
}

size_t skuai_differences_needed(const double *y, size_t n, size_t most, double *scratch) {
    double *x = scratch, *residual = scratch + n;
    memcpy(x, y, n * sizeof *x);
    for (size_t d = 0; d < most; d++, n--) {
        skuai_kpss_result test = {0, 1, 0};
        size_t lags = (size_t)(3 * sqrt((double)n) / 13);
        if (n < 3 || skuai_kpss_test(x, n, SKUAI_DETERMINISTIC_CONSTANT, lags, residual, &test,
                                     NULL) != SKUA_OK)
            return d;
        if (!(test.p_value < 0.05)) return d;
        skuai_difference(x, n, 1, x);
    }
    return most;
}

skua_status skuai_seasonal_differences_needed(const double *y, size_t n, size_t period,
                                              skuai_arena *scratch, size_t *differences,
                                              skua_error *err) {
    if (period < 2 || n / 2 < period || !is_finite_and_varies(y, n)) {
        *differences = 0;
        return SKUA_OK;
    }
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    double *season = skuai_arena_take(scratch, 2 * n, sizeof *season);
    skua_status status = season ? SKUA_OK : skuai_error_memory(err, "a decomposition");
    if (season) {
        double *rest = season + n;
        skuai_stl_options options = {.period = period, .seasonal = 11};
        status = skuai_stl(y, n, &options, scratch, season, rest, NULL, err);
        for (size_t i = 0; i < n; i++)
            rest[i] = y[i] - season[i] - rest[i];
        if (status == SKUA_OK)
            *differences = skuai_component_strength(season, rest, n) > 0.64 ? 1 : 0;
    }
    skuai_arena_reset(scratch, mark);
    return status;
}
