/* The options, and the panel as a model sees it. What takes forecasts back is in prepared.c. */
#include "automl/preparation.h"

#include "math/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FENCE   3.0   /* interquartile ranges from the quartiles: Tukey's outer fences */
#define CEILING 100.0 /* times the largest value of a series that its forecast may reach */
enum { LAMBDAS = 11, BLOCKS_LEAST = 4, PHASE_LEAST = 3 };

/* -- Options ---------------------------------------------------------------------------------- */

static const struct {
    const char *name, *choices[3]; /* in the order of the enumerations, from 1 on */
} options[] = {
    {"pre_stockouts", {"missing", "ignore", NULL}}, {"pre_outliers", {"clip", "missing", NULL}},
    {"pre_scale", {"mean", "deviation", NULL}},     {"pre_transform", {"log1p", "box-cox", NULL}},
    {"pre_difference", {"first", "season", NULL}},
};
enum { OPTIONS = sizeof options / sizeof *options };

bool skuai_preparation_owns(const char *name) {
    return strncmp(name, "pre_", 4) == 0;
}

static skua_status read_choice(size_t option, const char *value, int *choice, skua_error *err) {
    *choice = 0;
    if (strcmp(value, "none") == 0) return SKUA_OK;
    for (int k = 0; options[option].choices[k]; k++)
        if (strcmp(value, options[option].choices[k]) == 0) return *choice = k + 1, SKUA_OK;
    return skuai_error_set(err, SKUA_ECONFIG, "%s = '%s': need none, %s or %s",
                           options[option].name, value, options[option].choices[0],
                           options[option].choices[1]);
}

skua_status skuai_preparation_read(const skuai_parameters *parameters,
                                   skuai_preparation *preparation, bool *any, skua_error *err) {
    int chosen[OPTIONS] = {0};
    *any = false;
    *preparation = (skuai_preparation){0};
    for (size_t i = 0; parameters && i < parameters->n; i++) {
        const skuai_parameter *p = &parameters->items[i];
        size_t k = 0;
        if (!skuai_preparation_owns(p->name)) continue;
        *any = true;
        if (strcmp(p->name, "pre_vectors") == 0) {
            (void)snprintf(preparation->vectors, sizeof preparation->vectors, "%s", p->value);
            continue;
        }
        while (k < OPTIONS && strcmp(options[k].name, p->name) != 0)
            k++;
        if (k == OPTIONS)
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "no preparation '%s': there are pre_stockouts, pre_outliers, "
                                   "pre_scale, pre_transform, pre_difference, pre_vectors",
                                   p->name);
        SKUA_TRY(read_choice(k, p->value, &chosen[k], err));
    }
    preparation->stockouts = (skuai_pre_stockouts)chosen[0];
    preparation->outliers = (skuai_pre_outliers)chosen[1];
    preparation->scale = (skuai_pre_scale)chosen[2];
    preparation->transform = (skuai_pre_transform)chosen[3];
    preparation->difference = (skuai_pre_difference)chosen[4];
    return SKUA_OK;
}

/* -- Treatments of one series ----------------------------------------------------------------- */

static void treat_stockouts(const skuai_panel *panel, size_t s, double *y) {
    const float *available = panel->available ? panel->available + panel->row[s] : NULL;
    for (size_t t = 0; available && t < panel->length[s]; t++)
        if (available[t] < 1) y[t] = (double)NAN;
}

/* The median of each phase of the season into phase [season]; of all where a phase was seen too
 * seldom. scratch [n] */
static void phase_medians(const double *y, size_t n, size_t season, double *phase,
                          double *scratch) {
    for (size_t k = 0; k < season; k++) {
        size_t found = 0;
        for (size_t t = k; t < n; t += season)
            if (!isnan(y[t])) scratch[found++] = y[t];
        if (n < PHASE_LEAST * season || found < PHASE_LEAST) {
            found = 0;
            for (size_t t = 0; t < n; t++)
                if (!isnan(y[t])) scratch[found++] = y[t];
        }
        skuai_sort(scratch, found);
        phase[k] = found ? skuai_quantile_sorted(scratch, found, 0.5) : 0;
    }
}

/* work [season + n] */
static void treat_outliers(const skuai_preparation *p, size_t season, bool counts, double *y,
                           size_t n, double *work) {
    double *phase = work, *scratch = work + season;
    size_t found = 0;
    phase_medians(y, n, season, phase, scratch);
    for (size_t t = 0; t < n; t++)
        if (!isnan(y[t])) scratch[found++] = y[t] - phase[t % season];
    if (found == 0) return;
    skuai_sort(scratch, found);
    double low = skuai_quantile_sorted(scratch, found, 0.25),
           high = skuai_quantile_sorted(scratch, found, 0.75), reach = FENCE * (high - low);
    if (!(reach > 0)) return; /* nearly constant: every deviation would be one */
    for (size_t t = 0; t < n; t++) {
        double off = y[t] - phase[t % season], bound = off > high + reach  ? high + reach
                                                       : off < low - reach ? low - reach
                                                                           : off;
        if (isnan(off) || bound == off) continue;
        double clipped = phase[t % season] + bound;
        y[t] = p->outliers == SKUAI_OUTLIERS_MISSING ? (double)NAN
               : counts                              ? round(clipped)
                                                     : clipped;
    }
}

static double scale_of(const skuai_preparation *p, const double *y, size_t n, double typical) {
    double sum = 0, scale;
    size_t found = 0;
    for (size_t t = 0; t < n; t++)
        if (!isnan(y[t])) sum += fabs(y[t]), found++;
    if (p->scale == SKUAI_SCALE_NONE) return 1;
    scale = p->scale == SKUAI_SCALE_DEVIATION ? skuai_deviation(y, n, 1)
            : found                           ? sum / (double)found
                                              : 0;
    return scale > 0 && isfinite(scale) ? scale : typical;
}

static double forward(const skuai_preparation *p, double lambda, double y) {
    if (p->transform == SKUAI_TRANSFORM_NONE) return y;
    if (p->transform == SKUAI_TRANSFORM_LOG1P || lambda == 0) return log1p(y);
    return (pow(y + 1, lambda) - 1) / lambda;
}

/* A series up to its transform: treated and scaled into w [length]. work [season + length] */
static double treat(const skuai_preparation *p, const skuai_panel *panel, size_t s, double typical,
                    double *w, double *work) {
    size_t n = panel->length[s];
    memcpy(w, skuai_panel_target(panel, s), n * sizeof *w);
    if (p->stockouts == SKUAI_STOCKOUTS_MISSING) treat_stockouts(panel, s, w);
    if (p->outliers != SKUAI_OUTLIERS_KEEP)
        treat_outliers(p, (size_t)panel->season, panel->counts, w, n, work);
    double scale = scale_of(p, w, n, typical);
    for (size_t t = 0; t < n; t++)
        w[t] /= scale;
    return scale;
}

/* -- Learning --------------------------------------------------------------------------------- */

static size_t longest(const skuai_panel *panel) {
    size_t most = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        most = panel->length[s] > most ? panel->length[s] : most;
    return most;
}

/* Add to variation [LAMBDAS] how much spread over level^(1 - lambda) varies among blocks of a
 * series, for each lambda. Guerrero 1993, eq. 7. */
static void add_variation(const double *y, size_t n, size_t block, double *variation) {
    double sum[LAMBDAS] = {0}, square[LAMBDAS] = {0};
    size_t blocks = 0;
    for (size_t from = n % block; from + block <= n; from += block) {
        double mean = skuai_mean(y + from, block) + 1, spread = skuai_deviation(y + from, block, 1);
        if (!(mean > 0) || !isfinite(spread)) continue;
        blocks++;
        for (size_t k = 0; k < LAMBDAS; k++) {
            double ratio = spread / pow(mean, 1 - (double)k / (LAMBDAS - 1));
            sum[k] += ratio;
            square[k] += ratio * ratio;
        }
    }
    if (blocks < BLOCKS_LEAST) return;
    for (size_t k = 0; k < LAMBDAS; k++) {
        double mean = sum[k] / (double)blocks, variance = square[k] / (double)blocks - mean * mean;
        if (mean > 0) variation[k] += sqrt(variance > 0 ? variance : 0) / mean;
    }
}

skua_status skuai_preparation_learn(const skuai_preparation *p, const skuai_panel *panel,
                                    skuai_preparation_learnt *learnt, skua_error *err) {
    if (p->transform != SKUAI_TRANSFORM_NONE && !panel->non_negative)
        return skuai_error_set(err, SKUA_EDATA,
                               "pre_transform wants sales that are not negative; these are");
    size_t n = longest(panel), S = panel->n_series, season = (size_t)panel->season, found = 0,
           levels = 0;
    double variation[LAMBDAS] = {0};
    double *w = skuai_new(2 * n + season + 2 * S + 1, sizeof *w);
    if (!w) return skuai_error_memory(err, "a preparation");
    double *work = w + n, *scales = work + n + season, *level = scales + S;
    for (size_t s = 0; s < S; s++) {
        double scale = treat(p, panel, s, (double)NAN, w, work);
        double mean = skuai_mean(w, panel->length[s]);
        if (scale > 0) scales[found++] = scale;
        if (isfinite(mean)) level[levels++] = mean;
        if (p->transform == SKUAI_TRANSFORM_BOX_COX)
            add_variation(w, panel->length[s], season > 1 ? season : 4, variation);
    }
    *learnt = (skuai_preparation_learnt){.typical_scale = 1};
    skuai_sort(scales, found);
    skuai_sort(level, levels);
    if (found) learnt->typical_scale = skuai_quantile_sorted(scales, found, 0.5);
    for (size_t k = 1; k < LAMBDAS; k++)
        if (variation[k] < variation[(size_t)lround(learnt->lambda * (LAMBDAS - 1))])
            learnt->lambda = (double)k / (LAMBDAS - 1);
    if (levels)
        learnt->typical_level =
            forward(p, learnt->lambda, skuai_quantile_sorted(level, levels, 0.5));
    skuai_free(w);
    return SKUA_OK;
}

/* -- The panel -------------------------------------------------------------------------------- */

void skuai_prepared_clear(skuai_prepared *prepared) {
    skuai_panel_free(prepared->panel);
    skuai_free(prepared->scale);
    skuai_free(prepared->most);
    skuai_free(prepared->work);
    *prepared = (skuai_prepared){0};
}

/* Replace the panel by one made from it. */
static void replace(skuai_prepared *made, skuai_panel *panel) {
    skuai_panel_free(made->panel);
    made->panel = panel;
}

static skua_status with_columns(const skuai_preparation *p, const double *target,
                                skuai_prepared *made, skua_error *err) {
    const skuai_panel *original = made->original;
    skuai_panel *next = NULL;
    SKUA_TRY(skuai_panel_with(original, SKUAI_PANEL_TARGET, target, &made->panel, err));
    bool plain = p->scale == SKUAI_SCALE_NONE && p->transform == SKUAI_TRANSFORM_NONE &&
                 p->difference == SKUAI_DIFFERENCE_NONE;
    made->panel->counts = original->counts && plain;
    made->panel->non_negative = original->non_negative && p->difference == SKUAI_DIFFERENCE_NONE;
    if (p->stockouts == SKUAI_STOCKOUTS_IGNORE && original->available) {
        double *ones = skuai_new(original->n_rows, sizeof *ones);
        if (!ones) return skuai_error_memory(err, "a preparation");
        for (size_t r = 0; r < original->n_rows; r++)
            ones[r] = 1;
        skua_status status = skuai_panel_with(made->panel, SKUAI_PANEL_AVAILABLE, ones, &next, err);
        skuai_free(ones);
        SKUA_TRY(status);
        replace(made, next);
    }
    if (*p->vectors) {
        SKUA_TRY(skuai_panel_choose_vectors(made->panel, p->vectors, &next, err));
        replace(made, next);
    }
    return SKUA_OK;
}

/* Working values and what the model sees of every series. work [longest + season] */
static void fill(skuai_prepared *made, double *target, double *work) {
    const skuai_preparation *p = &made->preparation;
    const skuai_panel *panel = made->original;
    for (size_t s = 0; s < panel->n_series; s++) {
        double *w = made->work + panel->row[s], *z = target + panel->row[s], most = 0;
        made->scale[s] = treat(p, panel, s, made->learnt.typical_scale, w, work);
        for (size_t t = 0; t < panel->length[s]; t++)
            if (fabs(w[t]) > most) most = fabs(w[t]);
        made->most[s] = forward(p, made->learnt.lambda, CEILING * (most > 0 ? most : 1));
        for (size_t t = 0; t < panel->length[s]; t++) {
            w[t] = forward(p, made->learnt.lambda, w[t]);
            z[t] = made->lag == 0 ? w[t] : t >= made->lag ? w[t] - w[t - made->lag] : (double)NAN;
        }
    }
}

skua_status skuai_prepared_make(const skuai_preparation *p, const skuai_preparation_learnt *learnt,
                                const skuai_panel *panel, skuai_prepared *prepared,
                                skua_error *err) {
    skuai_prepared made = {.preparation = *p, .learnt = *learnt, .original = panel};
    size_t season = (size_t)panel->season;
    made.lag = p->difference == SKUAI_DIFFERENCE_NONE    ? 0
               : p->difference == SKUAI_DIFFERENCE_FIRST ? 1
                                                         : season;
    made.scale = skuai_new(panel->n_series + 1, sizeof *made.scale);
    made.most = skuai_new(panel->n_series + 1, sizeof *made.most);
    made.work = skuai_new(panel->n_rows + 1, sizeof *made.work);
    double *target = skuai_new(panel->n_rows + 1, sizeof *target);
    double *work = skuai_new(longest(panel) + season + 1, sizeof *work);
    skua_status status = made.scale && made.most && made.work && target && work
                             ? SKUA_OK
                             : skuai_error_memory(err, "a preparation");
    if (status == SKUA_OK) {
        for (size_t r = 0; r < panel->n_rows; r++)
            target[r] = (double)NAN; /* what came later is nobody's to see */
        fill(&made, target, work);
        status = with_columns(p, target, &made, err);
    }
    skuai_free(target);
    skuai_free(work);
    if (status == SKUA_OK)
        *prepared = made;
    else
        skuai_prepared_clear(&made);
    return status;
}
