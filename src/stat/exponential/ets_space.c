#include "stat/exponential/ets_space.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NONE           SKUAI_ETS_NONE
#define ADDITIVE       SKUAI_ETS_ADDITIVE
#define MULTIPLICATIVE SKUAI_ETS_MULTIPLICATIVE

/* The passes below are written once and inlined for each form with constant arguments, so that no
 * branch on the form is left inside their loops. */
#define SPECIALISED static inline __attribute__((always_inline))

char *skuai_ets_form_text(const skuai_ets_form *form, char *text) {
    static const char letters[] = "NAM";
    snprintf(text, 16, "ets(%c,%c%s,%c)", letters[form->error], letters[form->trend],
             form->damped ? "d" : "", letters[form->season]);
    return text;
}

skua_status skuai_ets_space_init(skuai_ets_space *space, const double *y, size_t n, size_t m,
                                 skuai_arena *arena, skua_error *err) {
    double *memory = skuai_arena_take(arena, 6 * n + 2 * m + 2, sizeof *memory);
    if (!memory) return skuai_error_memory(err, "the states of a series");
    double sum = 0;
    for (size_t t = 0; t < n; t++)
        sum += fabs(y[t]);
    *space = (skuai_ets_space){.y = y, .n = n, .m = m, .scale = sum > 0 ? sum / (double)n : 1};
    space->level = memory;
    space->growth = space->level + n + 1;
    space->season = space->growth + n + 1;
    space->adjoint = space->season + n + m;
    space->power = space->adjoint + n + m;
    space->error = space->power + n;
    return SKUA_OK;
}

/* -- Forward ------------------------------------------------------------------------------------
 */

SPECIALISED double pass(skuai_ets_space *space, const double *parameters, skuai_ets_kind error,
                        skuai_ets_kind trend, skuai_ets_kind season, bool damped) {
    const double *restrict y = space->y;
    double *restrict level = space->level, *restrict growth = space->growth;
    double *restrict seasonal = space->season, *restrict errors = space->error;
    double *restrict powers = space->power;
    const double alpha = parameters[SKUAI_ETS_ALPHA], beta = parameters[SKUAI_ETS_BETA];
    const double gamma = parameters[SKUAI_ETS_GAMMA], phi = damped ? parameters[SKUAI_ETS_PHI] : 1;
    const double unit = 1 / space->scale;
    const size_t n = space->n, m = space->m;
    double l = parameters[SKUAI_ETS_LEVEL], b = parameters[SKUAI_ETS_GROWTH];
    double squares = 0, product = 1, logarithms = 0, least = INFINITY;
    if (season != NONE) memcpy(seasonal, parameters + SKUAI_ETS_SEASON, m * sizeof *seasonal);
    for (size_t t = 0; t < n; t++) {
        level[t] = l;
        double q = l, grown = 0;
        if (trend == ADDITIVE) {
            growth[t] = b;
            grown = damped ? phi * b : b;
            q = l + grown;
        } else if (trend == MULTIPLICATIVE) {
            growth[t] = b;
            if (!(b > 0 && l > 0)) return INFINITY;
            grown = damped ? pow(b, phi) : b;
            powers[t] = grown;
            q = l * grown;
        }
        double s = 0, f = q;
        if (season != NONE) {
            s = seasonal[t];
            f = season == ADDITIVE ? q + s : q * s;
        }
        if (season == MULTIPLICATIVE) {
            if (q < least) least = q;
            if (s < least) least = s;
        }
        double e = y[t] - f;
        double d = season == MULTIPLICATIVE ? e / s : e;
        if (trend == ADDITIVE) b = grown + beta * d;
        if (trend == MULTIPLICATIVE) b = grown + beta * d / l;
        l = q + alpha * d;
        if (season == ADDITIVE) seasonal[t + m] = s + gamma * e;
        if (season == MULTIPLICATIVE) seasonal[t + m] = s + gamma * (e / q);
        if (error == MULTIPLICATIVE) {
            if (f < least) least = f;
            e /= f;
            product *= f * unit; /* log of a product is one call instead of many */
            if (!(product < 1e100 && product > 1e-100)) {
                logarithms += log(product);
                product = 1;
            }
        }
        errors[t] = e;
        squares += e * e;
    }
    level[n] = l;
    growth[n] = b;
    if (!(least > 0)) return INFINITY;
    space->squares = squares;
    double N = (double)n, tiny = 1e-24 * N; /* a perfect fit has no likelihood */
    if (error == ADDITIVE) tiny *= space->scale * space->scale;
    double likelihood = N * log(squares < tiny ? tiny : squares); /* NaN stays */
    if (error == MULTIPLICATIVE) likelihood += 2 * (logarithms + log(product) - N * log(unit));
    return isfinite(likelihood) ? likelihood : INFINITY;
}

/* -- Backward -----------------------------------------------------------------------------------
 */

SPECIALISED void gradient_of(skuai_ets_space *space, const double *parameters, double *gradient,
                             skuai_ets_kind error, skuai_ets_kind trend, skuai_ets_kind season,
                             bool damped) {
    const double *restrict y = space->y;
    const double *restrict level = space->level, *restrict growth = space->growth;
    const double *restrict seasonal = space->season, *restrict errors = space->error;
    const double *restrict powers = space->power;
    double *restrict adjoint = space->adjoint;
    const double alpha = parameters[SKUAI_ETS_ALPHA], beta = parameters[SKUAI_ETS_BETA];
    const double gamma = parameters[SKUAI_ETS_GAMMA], phi = damped ? parameters[SKUAI_ETS_PHI] : 1;
    const size_t n = space->n, m = space->m;
    const double weight = 2 * (double)n / (space->squares > 0 ? space->squares : 1);
    double by_alpha = 0, by_beta = 0, by_gamma = 0, by_phi = 0;
    double to_l = 0, to_b = 0; /* adjoints of the states behind observation t */
    if (season != NONE) memset(adjoint + n, 0, m * sizeof *adjoint);
    for (size_t t = n; t-- > 0;) {
        double l = level[t], b = trend == NONE ? 0 : growth[t];
        double grown = 0, q = l, s = 0, f;
        if (trend == ADDITIVE) q = l + (grown = damped ? phi * b : b);
        if (trend == MULTIPLICATIVE) q = l * (grown = powers[t]);
        if (season != NONE) s = seasonal[t];
        f = season == ADDITIVE ? q + s : season == MULTIPLICATIVE ? q * s : q;
        double e = error == MULTIPLICATIVE ? errors[t] * f : errors[t];
        double d = season == MULTIPLICATIVE ? e / s : e;

        double of_q = to_l, of_d = alpha * to_l, of_e = 0, of_s = 0, of_l = 0, of_grown = 0;
        by_alpha += to_l * d;
        if (trend == ADDITIVE) {
            by_beta += to_b * d;
            of_grown = to_b;
            of_d += beta * to_b;
        } else if (trend == MULTIPLICATIVE) {
            double share = to_b / l;
            by_beta += share * d;
            of_grown = to_b;
            of_d += beta * share;
            of_l -= share * beta * d / l;
        }
        if (season == ADDITIVE) {
            double to_s = adjoint[t + m];
            by_gamma += to_s * e;
            of_s = to_s;
            of_e = gamma * to_s;
        } else if (season == MULTIPLICATIVE) {
            double to_s = adjoint[t + m], ratio = e / q;
            by_gamma += to_s * ratio;
            of_s = to_s - of_d * d / s;
            of_e = gamma * to_s / q;
            of_q -= of_e * ratio;
        }
        of_e += season == MULTIPLICATIVE ? of_d / s : of_d;
        double of_f;
        if (error == ADDITIVE) {
            of_f = -weight * e;
        } else {
            double inverse = 1 / f;
            of_f = (2 - weight * errors[t] * y[t] * inverse) * inverse;
        }
        of_f -= of_e;
        if (season == MULTIPLICATIVE) {
            of_q += of_f * s;
            of_s += of_f * q;
        } else {
            of_q += of_f;
            if (season == ADDITIVE) of_s += of_f;
        }
        if (season != NONE) adjoint[t] = of_s;
        if (trend == NONE) {
            to_l = of_q;
        } else if (trend == ADDITIVE) {
            of_grown += of_q;
            to_l = of_q;
            to_b = damped ? phi * of_grown : of_grown;
            if (damped) by_phi += of_grown * b;
        } else {
            of_grown += of_q * l;
            to_l = of_l + of_q * grown;
            to_b = damped ? of_grown * phi * grown / b : of_grown;
            if (damped) by_phi += of_grown * grown * log(b);
        }
    }
    gradient[SKUAI_ETS_ALPHA] = by_alpha;
    gradient[SKUAI_ETS_BETA] = by_beta;
    gradient[SKUAI_ETS_GAMMA] = by_gamma;
    gradient[SKUAI_ETS_PHI] = by_phi;
    gradient[SKUAI_ETS_LEVEL] = to_l;
    gradient[SKUAI_ETS_GROWTH] = to_b;
    if (season != NONE) memcpy(gradient + SKUAI_ETS_SEASON, adjoint, m * sizeof *adjoint);
}

/* -- One function a form ------------------------------------------------------------------------
 */

/* X(name, error, trend, season, damped) for all 30 forms. */
#define FORMS_SEASON(X, error, E, trend, T, damped)                                                \
    X(E##T##N, error, trend, NONE, damped)                                                         \
    X(E##T##A, error, trend, ADDITIVE, damped)                                                     \
    X(E##T##M, error, trend, MULTIPLICATIVE, damped)
#define FORMS_TREND(X, error, E)                                                                   \
    FORMS_SEASON(X, error, E, NONE, N, false)                                                      \
    FORMS_SEASON(X, error, E, ADDITIVE, A, false)                                                  \
    FORMS_SEASON(X, error, E, MULTIPLICATIVE, M, false)                                            \
    FORMS_SEASON(X, error, E, ADDITIVE, Ad, true)                                                  \
    FORMS_SEASON(X, error, E, MULTIPLICATIVE, Md, true)
#define FORMS(X)                                                                                   \
    FORMS_TREND(X, ADDITIVE, A)                                                                    \
    FORMS_TREND(X, MULTIPLICATIVE, M)

#define DEFINE(name, error, trend, season, damped)                                                 \
    static double pass_##name(skuai_ets_space *space, const double *parameters) {                  \
        return pass(space, parameters, error, trend, season, damped);                              \
    }                                                                                              \
    static void gradient_##name(skuai_ets_space *space, const double *parameters,                  \
                                double *gradient) {                                                \
        gradient_of(space, parameters, gradient, error, trend, season, damped);                    \
    }
FORMS(DEFINE)

typedef struct form_code {
    double (*pass)(skuai_ets_space *space, const double *parameters);
    void (*gradient)(skuai_ets_space *space, const double *parameters, double *gradient);
} form_code;

/* In the order of FORMS: error, then trend and damping, then season. */
#define ENTRY(name, error, trend, season, damped) {pass_##name, gradient_##name},
static const form_code codes[30] = {FORMS(ENTRY)};

static const form_code *code_of(const skuai_ets_form *form) {
    int trend = form->damped ? 2 + (int)form->trend : (int)form->trend;
    return &codes[((int)form->error - 1) * 15 + trend * 3 + (int)form->season];
}

double skuai_ets_space_pass(skuai_ets_space *space, const skuai_ets_form *form,
                            const double *parameters) {
    return code_of(form)->pass(space, parameters);
}

void skuai_ets_space_gradient(skuai_ets_space *space, const skuai_ets_form *form,
                              const double *parameters, double *gradient) {
    memset(gradient, 0, (SKUAI_ETS_SEASON + space->m) * sizeof *gradient);
    code_of(form)->gradient(space, parameters, gradient);
}
