#include "clean/stockout.h"

#include <math.h>

#include "clean/stockout_model.h"
#include "math/statistics.h"

enum { EM_ROUNDS = 3, TERMS_MOST = 200000, RUN_LEAST = 2 };
static const double SMALLEST_SHARE = 1e-6; /* an available share below it is none */

/* Mills ratio (1 - Phi(z)) / phi(z) inverted: the hazard of the standard normal. */
static double normal_hazard(double z) {
    double tail = 0.5 * erfc(z * 0.70710678118654752440);
    if (tail > 1e-300) return exp(-0.5 * z * z) * 0.39894228040143267794 / tail;
    return z + 1 / z; /* far out the hazard approaches its argument */
}

double skuai_stockout_censored_mean(double mean, double size, double least) {
    if (!(least > 0)) return mean;
    if (mean >= 1e4 || least >= 1e4) {
        double sd = sqrt(mean + (isfinite(size) ? mean * mean / size : 0));
        return fmax(least, mean + sd * normal_hazard((least - mean) / sd));
    }
    /* Upward from the bound with p(d) relative to p(bound): p(d+1)/p(d) = (d+k)/(d+1) * m/(m+k). */
    double d = ceil(least), p = 1, mass = 0, moment = 0;
    double odds = isfinite(size) ? mean / (mean + size) : mean;
    for (int i = 0; i < TERMS_MOST; i++, d++) {
        mass += p;
        moment += p * d;
        double ratio = isfinite(size) ? (d + size) / (d + 1) * odds : odds / (d + 1);
        p *= ratio;
        if (ratio < 1 && p * (d + 1) < 1e-12 * moment * (1 - ratio)) break;
        if (mass > 1e250) { /* the bound lies far below the mean: no censoring to speak of */
            return fmax(least, mean);
        }
    }
    return moment / mass;
}

/* -- What is known about each row ---------------------------------------------------------------
 */

static void read_known(const skuai_panel *panel, skuai_stockout_model *m, unsigned char *kind) {
    size_t stock_index = skuai_panel_dynamic_find(panel, "stock");
    const float *stock = stock_index == SIZE_MAX ? NULL : panel->dynamic[stock_index].values;
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t i = 0; i < panel->length[s]; i++) {
            size_t r = panel->row[s] + i;
            double x = panel->target[r];
            if (isnan(x)) continue; /* exposure 0: it tells nothing */
            m->seen[r] = x > 0 ? x : 0;
            m->exposure[r] = 1;
            if (panel->available) {
                double a = panel->available[r];
                if (!(a < 1)) continue;
                kind[r] = a > SMALLEST_SHARE ? SKUAI_STOCKOUT_PARTIAL : SKUAI_STOCKOUT_WHOLE;
                m->exposure[r] = a > SMALLEST_SHARE ? a : 0;
            } else if (stock && stock[r] <= 0) {
                bool empty_before = i > 0 && stock[r - 1] <= 0;
                kind[r] = !(x > 0) && empty_before ? SKUAI_STOCKOUT_WHOLE : SKUAI_STOCKOUT_CENSORED;
                if (kind[r] == SKUAI_STOCKOUT_WHOLE) m->exposure[r] = 0;
            }
            if (m->exposure[r] == 0) m->seen[r] = 0; /* what was sold then is no sample */
        }
}

/* A censored row counts, in the next fit, as the demand that it stands for. */
static void expect_censored(skuai_stockout_model *m, const unsigned char *kind) {
    const skuai_panel *panel = m->panel;
    for (size_t s = 0; s < panel->n_series; s++) {
        double dispersion = m->dispersion[s], shape = m->shape[s];
        for (size_t i = 0; i < panel->length[s]; i++) {
            size_t r = panel->row[s] + i;
            if (kind[r] != SKUAI_STOCKOUT_CENSORED) continue;
            double mean = skuai_stockout_model_mean(m, s, i) / dispersion;
            double sold = fmax(panel->target[r], 0);
            m->seen[r] =
                mean > 0 ? dispersion * skuai_stockout_censored_mean(mean, shape, sold / dispersion)
                         : sold;
        }
    }
}

/* -- Runs of zeros that the rate calls impossible ------------------------------------------------
 */

/* How a series' zeros come about, robustly, from what lies outside the run that is judged: its
 * spread gives a negative binomial's chance of a zero, its zeros how often one follows another. */
typedef struct zeros {
    double dispersion; /* amount that is sold at once: 1, or the least, or what the spread leaves */
    double shape;
    double share;   /* of the periods that are 0 */
    double follows; /* share of the zeros that are followed by one */
} zeros;

static zeros series_zeros(const skuai_stockout_model *m, size_t s, size_t from, size_t to) {
    const skuai_panel *panel = m->panel;
    size_t n = panel->length[s], row = panel->row[s], held = 0;
    double *x = m->scratch, *rest = m->scratch + n;
    double zero = 0, pairs = 0, follows = 0, least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        if ((i >= from && i < to) || !(m->exposure[row + i] > 0)) continue;
        double value = m->seen[row + i];
        x[held++] = value;
        zero += value == 0;
        if (value > 0 && value < least) least = value;
        bool inside =
            i + 1 >= n || (i + 1 >= from && i + 1 < to) || !(m->exposure[row + i + 1] > 0);
        if (value == 0 && !inside) {
            pairs += 1;
            follows += m->seen[row + i + 1] == 0;
        }
    }
    double middle = skuai_median(x, held, rest);
    double deviation = 1.4826 * skuai_median_deviation(x, held, rest);
    if (!(middle > 0) || !(deviation > 0)) { /* too many equal values for order statistics */
        middle = skuai_mean(x, held);
        deviation = skuai_deviation(x, held, 1);
    }
    double unit = panel->counts ? 1 : fmin(least, deviation * deviation / middle);
    double excess = deviation * deviation - unit * middle;
    return (zeros){unit, excess > 0 ? middle * middle / excess : INFINITY,
                   zero / (double)(held ? held : 1), pairs >= 5 ? (follows + 1) / (pairs + 2) : 0};
}

/* Chance of a zero where the mean is `mean`. Zeros have causes that no model knows (a shop closed,
 * a row lost with its neighbour), so none counts as rarer than one in a hundred. */
static double log_zero(const zeros *z, double mean) {
    double units = mean / z->dispersion;
    double chance = isfinite(z->shape) ? -z->shape * log1p(units / z->shape) : -units;
    return fmax(chance, log(0.01));
}

/* Sum of the model's means and of what was seen in the periods around a run. */
static double scale_around(const skuai_stockout_model *m, size_t s, size_t from, size_t to) {
    size_t n = m->panel->length[s], row = m->panel->row[s], length = to - from;
    size_t side = 2 * length > 14 ? 2 * length : 14;
    double sold = 0, expected = 0;
    for (size_t j = from > side ? from - side : 0; j < n && j < to + side; j++) {
        if (j >= from && j < to) continue;
        sold += m->seen[row + j];
        expected += m->exposure[row + j] * skuai_stockout_model_mean(m, s, j);
    }
    return expected > 0 ? fmax(1, sold / expected) : 1;
}

/* Mark inner zero runs of series s; true when any is new. The mean inside a run comes from a level
 * that was pulled down by the run itself, so it is scaled to what the periods around it sold. */
static bool find_runs(skuai_stockout_model *m, size_t s, double run_level, unsigned char *kind) {
    const skuai_panel *panel = m->panel;
    size_t n = panel->length[s], row = panel->row[s];
    bool found = false, sold_before = false;
    double limit = log(run_level / (double)(n ? n : 1));
    for (size_t i = 0; i < n;) {
        if (!(m->exposure[row + i] > 0 && m->seen[row + i] == 0)) {
            sold_before = sold_before || m->seen[row + i] > 0;
            i++;
            continue;
        }
        size_t end = i, zero = 0;
        while (end < n && !(m->seen[row + end] > 0))
            zero += m->exposure[row + end++] > 0;
        if (sold_before && end < n && zero >= RUN_LEAST) {
            zeros z = series_zeros(m, s, i, end);
            double scale = scale_around(m, s, i, end), chance = 0;
            for (size_t j = i; j < end; j++) {
                if (!(m->exposure[row + j] > 0)) continue;
                double one = log_zero(&z, scale * skuai_stockout_model_mean(m, s, j));
                one = fmax(one, log(fmax(z.share, j > i ? z.follows : 0)));
                chance += one;
            }
            for (size_t j = i; j < end && chance < limit; j++)
                if (m->exposure[row + j] > 0) {
                    kind[row + j] = SKUAI_STOCKOUT_RUN;
                    m->exposure[row + j] = 0;
                    found = true;
                }
        }
        i = end;
    }
    return found;
}

static bool find_all_runs(skuai_stockout_model *m, double run_level, unsigned char *kind) {
    bool found = false;
    for (size_t s = 0; s < m->panel->n_series; s++)
        found = find_runs(m, s, run_level, kind) || found;
    return found;
}

/* -- Estimate ------------------------------------------------------------------------------------
 */

static void estimate(const skuai_stockout_model *m, skuai_stockout *out) {
    const skuai_panel *panel = m->panel;
    for (size_t s = 0; s < panel->n_series; s++) {
        double dispersion = m->dispersion[s], shape = m->shape[s];
        out->dispersion += dispersion / (double)panel->n_series;
        out->shape += 1 / shape / (double)panel->n_series; /* variances of day effects add up */
        for (size_t i = 0; i < panel->length[s]; i++) {
            size_t r = panel->row[s] + i;
            double mean = skuai_stockout_model_mean(m, s, i), a = m->exposure[r];
            out->expected[r] = mean;
            if (out->kind[r] == SKUAI_STOCKOUT_NONE) continue;
            out->affected++;
            double sold = fmax(panel->target[r], 0);
            if (out->kind[r] == SKUAI_STOCKOUT_CENSORED) {
                out->demand[r] = fmax(sold, m->seen[r]);
            } else if (a > 0) {
                double g = isfinite(shape)
                               ? (shape + sold / dispersion) / (shape + a * mean / dispersion)
                               : 1;
                out->demand[r] = sold + (1 - a) * mean * g;
            } else {
                out->demand[r] = fmax(sold, mean);
            }
        }
    }
    out->shape = out->shape > 0 ? 1 / out->shape : INFINITY;
    out->half_life = m->half_life;
}

static skua_status fit_rounds(skuai_stockout_model *m, const skuai_stockout_options *options,
                              const skuai_context *context, unsigned char *kind, skua_error *err) {
    bool known = m->panel->available || skuai_panel_dynamic_find(m->panel, "stock") != SIZE_MAX;
    SKUA_TRY(skuai_stockout_model_fit(m, options->half_life, context, err));
    for (int round = 0; round < EM_ROUNDS; round++) {
        SKUA_TRY(skuai_context_check(context, err));
        bool again = false;
        if (!known && options->infer_runs) again = find_all_runs(m, options->run_level, kind);
        for (size_t r = 0; r < m->panel->n_rows && !again; r++)
            again = kind[r] == SKUAI_STOCKOUT_CENSORED;
        if (!again) break;
        expect_censored(m, kind);
        SKUA_TRY(skuai_stockout_model_fit(
            m, options->half_life > 0 ? options->half_life : m->half_life, context, err));
    }
    expect_censored(m, kind);
    return SKUA_OK;
}

skua_status skuai_stockout_estimate(const skuai_panel *panel, const skuai_stockout_options *options,
                                    const skuai_context *context, skuai_stockout *result,
                                    skua_error *err) {
    if (!panel || !options || !result || !(options->half_life >= 0) ||
        !(options->run_level > 0 && options->run_level < 1))
        return skuai_error_set(err, SKUA_EINVAL,
                               "stock-outs: half_life must be >= 0, run_level inside (0, 1)");
    skuai_stockout out = {.n_rows = panel->n_rows};
    skuai_stockout_model model;
    SKUA_TRY(skuai_stockout_model_init(&model, panel, options->group, context, err));
    skua_status status = SKUA_OK;
    out.demand = skuai_new(panel->n_rows, sizeof *out.demand);
    out.expected = skuai_new(panel->n_rows, sizeof *out.expected);
    out.kind = skuai_zero(panel->n_rows, sizeof *out.kind);
    if (!out.demand || !out.expected || !out.kind) {
        status = skuai_error_memory(err, "stock-out estimates");
        goto out;
    }
    for (size_t r = 0; r < panel->n_rows; r++) {
        out.demand[r] = panel->target[r];
        out.expected[r] = NAN;
    }
    read_known(panel, &model, out.kind);
    SKUA_TRY_OUT(fit_rounds(&model, options, context, out.kind, err));
    estimate(&model, &out);
out:
    skuai_stockout_model_clear(&model);
    if (status != SKUA_OK) {
        skuai_stockout_clear(&out);
        return status;
    }
    *result = out;
    return SKUA_OK;
}

void skuai_stockout_clear(skuai_stockout *result) {
    skuai_free(result->demand);
    skuai_free(result->expected);
    skuai_free(result->kind);
    *result = (skuai_stockout){0};
}
