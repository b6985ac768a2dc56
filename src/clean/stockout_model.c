#include "clean/stockout_model.h"

#include <math.h>
#include <string.h>

/* Prior weight of a factor of 1, in effective observations of variance 1: a seasonal factor or a
 * period effect moves about 30 % (1 / sqrt(10)) before it needs evidence; a level is held by two
 * observations' worth of the series' own mean rate. */
static const double PRIOR_FACTOR = 10, PRIOR_LEVEL = 2, SERIES_WEIGHT = 20;
enum { ROUNDS = 6, GROUP_LEAST = 5, SEASONS_LEAST = 3 };

static size_t model_season_of(const skuai_stockout_model *m, size_t s, size_t i) {
    int64_t t = m->panel->start[s] + (int64_t)i - m->first;
    return (size_t)(t % m->season);
}

static size_t model_period_of(const skuai_stockout_model *m, size_t s, size_t i) {
    return (size_t)(m->panel->start[s] + (int64_t)i - m->first);
}

double skuai_stockout_model_mean(const skuai_stockout_model *m, size_t s, size_t i) {
    return m->other[m->panel->row[s] + i] *
           m->factor[s * (size_t)m->season + model_season_of(m, s, i)] *
           m->effect[m->group[s] * m->n_periods + model_period_of(m, s, i)];
}

/* Information of one unit of expected sales: 1 over its variance to mean ratio. */
static double information(const skuai_stockout_model *m, size_t s, double mean) {
    return 1 / (m->dispersion[s] + mean / m->shape[s]);
}

/* -- Memory ----------------------------------------------------------------------------------- */

static skua_status assign_groups(skuai_stockout_model *m, const char *name, skua_error *err) {
    const skuai_panel *panel = m->panel;
    m->n_groups = 1;
    if (!name) return SKUA_OK; /* all series are in group 0 */
    size_t k = skuai_panel_static_find(panel, name);
    if (k == SIZE_MAX || !panel->statics[k].codes)
        return skuai_error_set(err, SKUA_EINVAL, "stock-outs: the panel has no category '%s'",
                               name);
    m->n_groups = panel->statics[k].n_levels + 1; /* the last one: unknown */
    for (size_t s = 0; s < panel->n_series; s++) {
        int32_t code = panel->statics[k].codes[panel->base[s]];
        m->group[s] = code < 0 ? m->n_groups - 1 : (size_t)code;
    }
    return SKUA_OK;
}

static void time_line(skuai_stockout_model *m) {
    const skuai_panel *panel = m->panel;
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->length[s] == 0) continue;
        if (panel->start[s] < first) first = panel->start[s];
        if (skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    }
    m->first = first < end ? first : 0;
    m->n_periods = first < end ? (size_t)(end - first) : 1;
}

skua_status skuai_stockout_model_init(skuai_stockout_model *m, const skuai_panel *panel,
                                      const char *group, const skuai_context *context,
                                      skua_error *err) {
    size_t n = panel->n_series, rows = panel->n_rows;
    *m = (skuai_stockout_model){.panel = panel, .season = panel->season};
    m->group = skuai_zero(n, sizeof *m->group);
    if (!m->group) return skuai_error_memory(err, "the stock-out model");
    skua_status status = assign_groups(m, group, err);
    time_line(m);
    /* A factor needs a few seasons of history; shorter panels rely on the period effects. */
    if ((size_t)m->season * SEASONS_LEAST > m->n_periods) m->season = 1;
    size_t season = (size_t)m->season, cells = 0, factors = 0;
    if (status == SKUA_OK && (!skuai_size_mul(m->n_groups, m->n_periods, &cells) ||
                              !skuai_size_mul(n, season, &factors)))
        status = skuai_error_set(err, SKUA_ELIMIT, "stock-outs: %zu groups of %zu periods",
                                 m->n_groups, m->n_periods);
    if (status == SKUA_OK) {
        m->seen = skuai_zero(rows, sizeof *m->seen);
        m->exposure = skuai_zero(rows, sizeof *m->exposure);
        m->level = skuai_zero(rows, sizeof *m->level);
        m->other = skuai_zero(rows, sizeof *m->other);
        m->factor = skuai_new(factors, sizeof *m->factor);
        m->effect = skuai_new(cells, sizeof *m->effect);
        m->dispersion = skuai_new(n, sizeof *m->dispersion);
        m->shape = skuai_new(n, sizeof *m->shape);
        size_t widest = cells > season ? cells : season;
        if (m->n_periods > widest) widest = m->n_periods;
        m->scratch = skuai_new(2 * widest, sizeof *m->scratch);
        m->worker_size = 2 * (m->n_periods > season ? m->n_periods : season);
        m->workers =
            skuai_new((size_t)skuai_context_threads(context) * m->worker_size, sizeof *m->workers);
        if (!m->seen || !m->exposure || !m->level || !m->other || !m->factor || !m->effect ||
            !m->dispersion || !m->shape || !m->scratch || !m->workers)
            status = skuai_error_memory(err, "the stock-out model");
    }
    if (status != SKUA_OK) {
        skuai_stockout_model_clear(m);
        return status;
    }
    for (size_t i = 0; i < factors; i++)
        m->factor[i] = 1;
    for (size_t i = 0; i < cells; i++)
        m->effect[i] = 1;
    for (size_t s = 0; s < n; s++) {
        m->dispersion[s] = 1;
        m->shape[s] = 10;
    }
    return SKUA_OK;
}

void skuai_stockout_model_clear(skuai_stockout_model *m) {
    skuai_free(m->group);
    skuai_free(m->seen);
    skuai_free(m->exposure);
    skuai_free(m->level);
    skuai_free(m->other);
    skuai_free(m->factor);
    skuai_free(m->effect);
    skuai_free(m->dispersion);
    skuai_free(m->shape);
    skuai_free(m->scratch);
    skuai_free(m->workers);
    *m = (skuai_stockout_model){0};
}

/* -- Level ------------------------------------------------------------------------------------ */

/* Two-sided exponential sums of seen and expected (per unit of level) sales around every period:
 * level = mean * (prior + sold) / (prior + expected). Returns the quasi-Poisson deviance of
 * leave-one-out means. level and others (the level by the periods around alone), both of the
 * panel's rows, are NULL together to leave them be. */
static double smooth_level(const skuai_stockout_model *m, size_t s, double half_life, double *level,
                           double *others, double *scratch) {
    const skuai_panel *panel = m->panel;
    size_t n = panel->length[s], row = panel->row[s], season = (size_t)m->season, g = m->group[s];
    const double *effect = m->effect + g * m->n_periods, *factor = m->factor + s * season;
    double *sold = scratch, *base = scratch + n; /* backward sums, then both sides */
    double decay = isfinite(half_life) ? exp2(-1 / half_life) : 1, sum = 0, expected = 0;
    double deviance = 0, u = 0;
    for (size_t i = 0; i < n; i++) {
        sum += m->seen[row + i];
        expected += m->exposure[row + i] * factor[model_season_of(m, s, i)] *
                    effect[model_period_of(m, s, i)];
    }
    double mean = expected > 0 ? sum / expected : 0;
    u = information(m, s, mean);
    for (size_t i = n; i-- > 0;) {
        size_t r = row + i;
        double e = m->exposure[r] * factor[model_season_of(m, s, i)] *
                   effect[model_period_of(m, s, i)] * mean * u;
        sold[i] = m->seen[r] * u + (i + 1 < n ? decay * sold[i + 1] : 0);
        base[i] = e + (i + 1 < n ? decay * base[i + 1] : 0);
    }
    double sold_before = 0, base_before = 0; /* forward sums without the period itself */
    for (size_t i = 0; i < n; i++) {
        size_t r = row + i;
        double e =
            m->exposure[r] * factor[model_season_of(m, s, i)] * effect[model_period_of(m, s, i)];
        double x = m->seen[r];
        double all_sold = PRIOR_LEVEL + sold[i] + sold_before;
        double all_base = PRIOR_LEVEL + base[i] + base_before;
        if (level) level[r] = mean * all_sold / all_base;
        double other_level = mean * (all_sold - x * u) / (all_base - e * mean * u);
        double other = other_level * e;
        if (others) others[r] = other_level;
        if (other > 0) deviance += 2 * ((x > 0 ? x * log(x / other) : 0) - (x - other)) * u;
        sold_before = decay * (sold_before + x * u);
        base_before = decay * (base_before + e * mean * u);
    }
    return deviance;
}

static const double HALF_LIVES[] = {0.25, 0.5, 1, 2, 4, 8, INFINITY}; /* seasons */
enum { N_HALF_LIVES = sizeof HALF_LIVES / sizeof *HALF_LIVES };

/* One series after the other, on all threads. */
typedef struct task {
    skuai_stockout_model *model;
    double half_life; /* of a fit; 0: try all, into deviance [S, N_HALF_LIVES] */
    double *deviance;
} task;

static double half_life_of(const skuai_stockout_model *m, size_t k) {
    int season = m->panel->season;
    return fmax(HALF_LIVES[k] * (season > 1 ? season : 6), 1);
}

static void fit_season(skuai_stockout_model *m, size_t s, double *scratch);

static skua_status series_body(void *argument, size_t s, int worker, skua_error *err) {
    (void)err;
    const task *t = argument;
    skuai_stockout_model *m = t->model;
    double *scratch = m->workers + (size_t)worker * m->worker_size;
    for (size_t k = 0; k < N_HALF_LIVES && t->half_life <= 0; k++)
        t->deviance[s * N_HALF_LIVES + k] =
            smooth_level(m, s, half_life_of(m, k), NULL, NULL, scratch);
    if (t->half_life <= 0) return SKUA_OK;
    (void)smooth_level(m, s, t->half_life, m->level, m->other, scratch);
    if (m->season > 1) fit_season(m, s, scratch);
    return SKUA_OK;
}

static skua_status choose_half_life(skuai_stockout_model *m, const skuai_context *context,
                                    skua_error *err) {
    task t = {m, 0, skuai_new(m->panel->n_series, N_HALF_LIVES * sizeof(double))};
    if (!t.deviance) return skuai_error_memory(err, "the stock-out model");
    skua_status status =
        skuai_parallel_for(context, NULL, m->panel->n_series, series_body, &t, err);
    double least = INFINITY;
    for (size_t k = 0; k < N_HALF_LIVES && status == SKUA_OK; k++) {
        double sum = 0; /* in order of the series, whatever thread had them */
        for (size_t s = 0; s < m->panel->n_series; s++)
            sum += t.deviance[s * N_HALF_LIVES + k];
        if (!(sum < least)) continue;
        least = sum;
        m->half_life = half_life_of(m, k);
    }
    skuai_free(t.deviance);
    return status;
}

/* -- Season and period effects ---------------------------------------------------------------- */

static void fit_season(skuai_stockout_model *m, size_t s, double *scratch) {
    size_t season = (size_t)m->season, row = m->panel->row[s], g = m->group[s];
    double *sold = scratch, *expected = scratch + season;
    for (size_t j = 0; j < season; j++)
        sold[j] = expected[j] = PRIOR_FACTOR;
    for (size_t i = 0; i < m->panel->length[s]; i++) {
        size_t j = model_season_of(m, s, i);
        double base = m->level[row + i] * m->effect[g * m->n_periods + model_period_of(m, s, i)];
        double u = information(m, s, base);
        sold[j] += m->seen[row + i] * u;
        expected[j] += m->exposure[row + i] * base * u;
    }
    for (size_t j = 0; j < season; j++)
        m->factor[s * season + j] = sold[j] / expected[j];
}

static void fit_effects(skuai_stockout_model *m) {
    size_t cells = m->n_groups * m->n_periods, season = (size_t)m->season;
    double *sold = m->scratch, *expected = m->scratch + cells;
    for (size_t c = 0; c < cells; c++) {
        sold[c] = expected[c] = PRIOR_FACTOR;
        m->effect[c] = 0; /* for now: how many series were seen in that period */
    }
    for (size_t s = 0; s < m->panel->n_series; s++) {
        size_t row = m->panel->row[s], g = m->group[s];
        for (size_t i = 0; i < m->panel->length[s]; i++) {
            size_t c = g * m->n_periods + model_period_of(m, s, i);
            double base = m->level[row + i] * m->factor[s * season + model_season_of(m, s, i)];
            double u = information(m, s, base);
            sold[c] += m->seen[row + i] * u;
            expected[c] += m->exposure[row + i] * base * u;
            m->effect[c] += m->exposure[row + i] > 0;
        }
    }
    for (size_t c = 0; c < cells; c++)
        m->effect[c] = m->effect[c] >= GROUP_LEAST ? sold[c] / expected[c] : 1;
}

/* -- Variances -------------------------------------------------------------------------------- */

/* A series' own variance over that of its group's law, shrunk to 1 by SERIES_WEIGHT observations,
 * scales the law for it: an item bought by the dozen is not one bought singly. */
static void spread_variances(skuai_stockout_model *m, size_t g, double dispersion, double shape) {
    for (size_t s = 0; s < m->panel->n_series; s++) {
        if (m->group[s] != g) continue;
        double n = SERIES_WEIGHT, sum = SERIES_WEIGHT;
        for (size_t i = 0; i < m->panel->length[s]; i++) {
            size_t r = m->panel->row[s] + i;
            double e = m->exposure[r] * skuai_stockout_model_mean(m, s, i);
            if (!(e > 0)) continue;
            n += 1;
            sum += (m->seen[r] - e) * (m->seen[r] - e) / (dispersion * e + e * e / shape);
        }
        m->dispersion[s] = dispersion * sum / n;
        m->shape[s] = shape * n / sum;
    }
}

/* Squared residuals regressed on e and e^2 (e expected sales) with weights 1 / e^2, which is about
 * their precision: E[(x - e)^2] = dispersion e + e^2 / shape. e comes from the periods around
 * alone: a mean that has seen x is too near to it. */
static void fit_variances(skuai_stockout_model *m) {
    for (size_t g = 0; g < m->n_groups; g++) {
        double n = 0, s1 = 0, s2 = 0, y1 = 0, y2 = 0; /* sums of 1, e, e^2, q/e, q */
        for (size_t s = 0; s < m->panel->n_series; s++) {
            if (m->group[s] != g) continue;
            for (size_t i = 0; i < m->panel->length[s]; i++) {
                size_t r = m->panel->row[s] + i;
                double e = m->exposure[r] * skuai_stockout_model_mean(m, s, i);
                if (!(e > 0)) continue;
                double q = (m->seen[r] - e) * (m->seen[r] - e);
                n += 1;
                s1 += e;
                s2 += e * e;
                y1 += q / e;
                y2 += q;
            }
        }
        if (!(n > 0)) continue;
        double determinant = n * s2 - s1 * s1;
        double dispersion = y1 / n, excess = 0;
        if (determinant > 1e-9 * n * s2) {
            excess = (n * y2 - s1 * y1) / determinant;
            dispersion = (s2 * y1 - s1 * y2) / determinant;
        }
        if (!(excess > 0)) { /* no sign of a day effect */
            excess = 0;
            dispersion = y1 / n;
        }
        /* Large means leave nothing for the within-day part: keep a tenth of the whole. */
        double floor = 0.1 * y1 / n;
        if (!(dispersion > floor)) {
            dispersion = floor;
            excess = fmax(0, (y1 - floor * n) / s1);
        }
        spread_variances(m, g, fmax(dispersion, 1e-12),
                         excess > 0 ? fmax(1 / excess, 0.2) : INFINITY);
    }
}

skua_status skuai_stockout_model_fit(skuai_stockout_model *m, double half_life,
                                     const skuai_context *context, skua_error *err) {
    m->half_life = half_life > 0 ? half_life : INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        /* The first two rounds find season and effects around a constant level. */
        if (half_life <= 0 && round == 2) SKUA_TRY(choose_half_life(m, context, err));
        task t = {m, round < 2 ? INFINITY : m->half_life, NULL};
        SKUA_TRY(skuai_parallel_for(context, NULL, m->panel->n_series, series_body, &t, err));
        fit_effects(m);
        fit_variances(m);
    }
    return SKUA_OK;
}
