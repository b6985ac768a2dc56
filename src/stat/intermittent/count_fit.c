#include "stat/intermittent/count_fit.h"

#include "math/optimise.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

#define LOG_SCORE_WEIGHT 0.25
#define LEAST_HISTORY    4 /* periods before a fold's origin */
#define HORIZONS_SCORED  4 /* of a seasonal series' fold */
/* What a season must gain: it takes as many factors as it has periods. */
#define LEAST_SEASON_GAIN 0.002
/* Fewer are no search: the settings are taken as they are. */
#define LEAST_EVALUATIONS 24
#define SMALL_MEAN        20.0
#define LARGE_MEAN        1000.0
#define LEAST_SERIES      250
#define MOST_PERIODS      300000 /* of all series that are looked at: a pass takes in each */
#define CHUNK             32 /* series: results are added chunk by chunk, whatever the threads */

enum { FOLDS = 6, LEVELS = 5, N = SKUAI_COUNT_SETTINGS };
static const double levels[LEVELS] = {0.1, 0.3, 0.5, 0.7, 0.9};

/* -- Panel ------------------------------------------------------------------------------------- */

void skuai_count_panel_clear(skuai_count_panel *panel) {
    if (!panel) return;
    skuai_arena_free(panel->arena);
    memset(panel, 0, sizeof *panel);
}

static double unit_of(const skuai_panel *panel) {
    double unit = 1;
    if (panel->counts) return 1;
    for (size_t s = 0; s < panel->n_series; s++) {
        double one = skuai_count_unit(skuai_panel_target(panel, s), panel->length[s]);
        if (one < unit) unit = one;
    }
    return unit;
}

static bool add_series(skuai_count_panel *made, const skuai_panel *panel, size_t s,
                       size_t *sorted) {
    size_t n = panel->length[s];
    const double *target = skuai_panel_target(panel, s);
    double *y = skuai_arena_take(made->arena, n, sizeof *y);
    uint32_t *order = skuai_arena_take(made->arena, n, sizeof *order);
    uint32_t *rank = skuai_arena_take(made->arena, n, sizeof *rank);
    if (!y || !order || !rank) return false;
    for (size_t t = 0; t < n; t++)
        y[t] = isnan(target[t]) ? target[t] : fmax(floor(target[t] / made->unit + 0.5), 0);
    skuai_count_order(y, n, sorted, order, rank);
    int64_t phase = panel->start[s] % made->season;
    made->series[s] = (skuai_count_series){.y = y,
                                           .order = order,
                                           .rank = rank,
                                           .n = n,
                                           .season = made->season,
                                           .phase = phase < 0 ? phase + made->season : phase};
    return true;
}

skua_status skuai_count_panel_new(const skuai_panel *panel, int season, double unit,
                                  skuai_count_panel *made, skua_error *err) {
    skuai_count_panel result = {.n_series = panel->n_series,
                                .season = season,
                                .unit = unit > 0 ? unit : unit_of(panel),
                                .longest = 1};
    result.arena = skuai_arena_new(0);
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > result.longest) result.longest = panel->length[s];
    size_t *sorted = skuai_new(result.longest, sizeof *sorted);
    bool memory = result.arena && sorted;
    if (memory)
        result.series = skuai_arena_take(result.arena, panel->n_series, sizeof *result.series);
    memory = memory && result.series;
    for (size_t s = 0; memory && s < panel->n_series; s++)
        memory = add_series(&result, panel, s, sorted);
    skuai_free(sorted);
    if (!memory) {
        skuai_arena_free(result.arena);
        return skuai_error_memory(err, "a panel of counts");
    }
    *made = result;
    return SKUA_OK;
}

/* One series' whole years, weighted so that a large series does not speak for all (variance about
 * mean + mean^2 / 10). A whole year expects the same of every season, so sums are enough. */
static void add_shape(const skuai_count_series *series, size_t end, double *seen) {
    size_t m = (size_t)series->season;
    for (; end >= m; end -= m) {
        double sum = 0;
        size_t n = 0;
        for (size_t t = end - m; t < end; t++) {
            if (isnan(series->y[t])) continue;
            sum += series->y[t];
            n++;
        }
        if (n < m || !(sum > 0)) continue;
        double weight = 1 / (1 + 0.1 * sum / (double)m);
        for (size_t t = end - m; t < end; t++)
            seen[(size_t)((series->phase + (int64_t)t) % series->season)] += weight * series->y[t];
    }
}

void skuai_count_panel_prior(const skuai_count_panel *panel, size_t hidden, double *mean,
                             double *shape) {
    size_t m = (size_t)panel->season, n = 0;
    double sum = 0, total = 0;
    memset(shape, 0, m * sizeof *shape);
    for (size_t s = 0; s < panel->n_series; s++) {
        const skuai_count_series *one = panel->series + s;
        if (one->n <= hidden) continue;
        for (size_t t = 0; t < one->n - hidden; t++) {
            if (isnan(one->y[t])) continue;
            sum += one->y[t];
            n++;
        }
        add_shape(one, one->n - hidden, shape);
    }
    *mean = sum > 0 ? sum / (double)n : 1;
    for (size_t j = 0; j < m; j++)
        total += shape[j];
    for (size_t j = 0; j < m; j++)
        shape[j] = total > 0 ? shape[j] * (double)m / total : 1;
}

/* -- Objective --------------------------------------------------------------------------------- */

typedef struct fold {
    size_t distance; /* of the origin from the end */
    double mean;
    double *shape; /* [m] */
} fold;

typedef struct sums {
    double pinball, weight, log_score, points;
} sums;

typedef struct search {
    const skuai_count_panel *panel;
    const skuai_context *context;
    size_t horizon;
    fold folds[FOLDS];
    size_t n_folds, stride, n_chosen, n_chunks;
    skuai_count_state *states; /* [threads] */
    double *cells;             /* [S] half width of the log score's cells */
    sums *chunks;              /* [n_chunks] */
    const double *settings;
    skua_status status; /* a cancellation */
    skua_error *err;
} search;

/* Pinball loss and log score of what came in [0, n) horizons against one distribution. */
static void score_values(const skuai_count_mixture *mixture, const double *y, double cell,
                         size_t from, size_t to, sums *all) {
    double quantiles[LEVELS];
    skuai_count_mixture_quantiles(mixture, levels, LEVELS, quantiles);
    double before = -1, log_before = 0;
    for (size_t h = from; h < to; h++) {
        if (isnan(y[h])) continue;
        for (size_t q = 0; q < LEVELS; q++) {
            double d = y[h] - quantiles[q];
            all->pinball += 2 * (d > 0 ? d * levels[q] : d * (levels[q] - 1)) / LEVELS;
        }
        if (y[h] != before) {
            double mass = skuai_count_mixture_mass(mixture, fmax(y[h] - cell, 0), y[h] + cell);
            log_before = log(fmax(mass, 1e-12));
            before = y[h];
        }
        all->weight += y[h];
        all->log_score -= log_before;
        all->points++;
    }
}

static void score_fold(const search *job, size_t s, const fold *from, skuai_count_state *state,
                       sums *all) {
    const skuai_count_series *series = job->panel->series + s;
    double cell = job->cells[s];
    if (series->n < from->distance + LEAST_HISTORY) return;
    size_t origin = series->n - from->distance;
    size_t reach = from->distance < job->horizon ? from->distance : job->horizon;
    const double *y = series->y + origin;
    skuai_count_prior prior = {.mean = from->mean, .shape = from->shape};
    skuai_count_mixture mixture;
    skuai_count_state_learn(state, series, origin, job->settings, &prior);
    if (state->flat) { /* the horizon changes the excess alone: its middle stands for all */
        skuai_count_state_mixture(state, series, (reach - 1) / 2, &mixture);
        score_values(&mixture, y, cell, 0, reach, all);
        return;
    }
    size_t step = (reach + HORIZONS_SCORED - 1) / HORIZONS_SCORED;
    for (size_t h = (step - 1) / 2; h < reach; h += step) {
        skuai_count_state_mixture(state, series, h, &mixture);
        score_values(&mixture, y, cell, h, h + 1, all);
    }
}

static skua_status score_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    (void)err;
    search *job = argument;
    sums all = {0};
    size_t end = (chunk + 1) * CHUNK < job->n_chosen ? (chunk + 1) * CHUNK : job->n_chosen;
    for (size_t i = chunk * CHUNK; i < end; i++)
        for (size_t k = 0; k < job->n_folds; k++)
            score_fold(job, i * job->stride, job->folds + k, job->states + worker, &all);
    job->chunks[chunk] = all;
    return SKUA_OK;
}

static double objective(const double *settings, void *context) {
    search *job = context;
    sums all = {0};
    if (job->status != SKUA_OK) return INFINITY;
    job->settings = settings;
    job->status = skuai_parallel_for(job->context, NULL, job->n_chunks, score_chunk, job, job->err);
    if (job->status != SKUA_OK) return INFINITY;
    for (size_t c = 0; c < job->n_chunks; c++) {
        all.pinball += job->chunks[c].pinball;
        all.weight += job->chunks[c].weight;
        all.log_score += job->chunks[c].log_score;
        all.points += job->chunks[c].points;
    }
    if (!(all.points > 0) || !(all.weight > 0)) return INFINITY;
    return log(fmax(all.pinball / all.weight, 1e-9)) +
           LOG_SCORE_WEIGHT * all.log_score / all.points;
}

/* -- Search ------------------------------------------------------------------------------------ */

/* Origins at quarters of the horizon before the end, as far back as the longest series reaches. */
static skua_status make_folds(search *job, skuai_arena *arena, skua_error *err) {
    for (size_t k = 0; k < FOLDS; k++) {
        size_t distance = (job->horizon * (k + 1) + 3) / 4;
        if (job->panel->longest < distance + LEAST_HISTORY) break;
        if (job->n_folds > 0 && job->folds[job->n_folds - 1].distance == distance) continue;
        fold *f = job->folds + job->n_folds++;
        f->distance = distance;
        f->shape = skuai_arena_take(arena, (size_t)job->panel->season, sizeof *f->shape);
        if (!f->shape) return skuai_error_memory(err, "the folds of a count model");
        skuai_count_panel_prior(job->panel, distance, &f->mean, f->shape);
    }
    return SKUA_OK;
}

/* An eighth of the mean change from one period to the next: of the data alone, since a cell that
 * followed the forecast would reward wide ones. */
static double cell_of(const skuai_count_series *series) {
    double sum = 0;
    size_t n = 0;
    for (size_t t = 1; t < series->n; t++) {
        double d = fabs(series->y[t] - series->y[t - 1]);
        if (isnan(d)) continue;
        sum += d;
        n++;
    }
    return n > 0 ? floor(sum / (8 * (double)n)) : 0;
}

static skua_status make_space(search *job, skuai_arena *arena, size_t threads, skua_error *err) {
    job->states = skuai_arena_take(arena, threads, sizeof *job->states);
    job->chunks = skuai_arena_take(arena, job->n_chunks, sizeof *job->chunks);
    job->cells = skuai_arena_take(arena, job->panel->n_series, sizeof *job->cells);
    if (!job->states || !job->chunks || !job->cells)
        return skuai_error_memory(err, "fitting a count model");
    for (size_t s = 0; s < job->panel->n_series; s++)
        job->cells[s] = cell_of(job->panel->series + s);
    for (size_t i = 0; i < threads; i++)
        SKUA_TRY(skuai_count_state_new(arena, job->panel->longest, job->panel->season,
                                       job->states + i, err));
    return SKUA_OK;
}

/* Some of the settings, searched while the others stay. */
typedef struct block {
    search *job;
    double *settings; /* [N] */
    const int *free;  /* [n] */
    size_t n;
} block;

static double block_objective(const double *x, void *context) {
    const block *b = context;
    double settings[N];
    memcpy(settings, b->settings, sizeof settings);
    for (size_t i = 0; i < b->n; i++)
        settings[b->free[i]] = x[i];
    return objective(settings, b->job);
}

/* Returns the least objective; settings follow when it is finite. */
static double search_block(search *job, double *settings, const int *free, size_t n, double width,
                           size_t evaluations) {
    double x[N], low[N] = {0}, high[N] = {0}, step[N] = {0}, scratch[SKUAI_SIMPLEX_SCRATCH(N)];
    block b = {.job = job, .settings = settings, .free = free, .n = n};
    for (size_t i = 0; i < n; i++) {
        x[i] = settings[free[i]];
        low[i] = skuai_count_setting_low[free[i]];
        high[i] = skuai_count_setting_high[free[i]];
        step[i] = width * (free[i] == SKUAI_COUNT_SEASON_PANEL ? 0.5 : 1);
        if (x[i] + step[i] > high[i]) step[i] = -step[i];
    }
    skuai_simplex_options options = {.evaluations = evaluations,
                                     .tolerance_value = 1e-5,
                                     .tolerance_point = 1e-3,
                                     .adaptive = n > 5};
    skuai_optimum found =
        skuai_minimise_simplex(block_objective, &b, x, n, low, high, step, &options, scratch);
    for (size_t i = 0; i < n && isfinite(found.value); i++)
        settings[free[i]] = x[i];
    return found.value;
}

static const int level_block[] = {SKUAI_COUNT_DECAY, SKUAI_COUNT_OWN, SKUAI_COUNT_EXCESS,
                                  SKUAI_COUNT_EXCESS_SLOPE};
static const int shape_block[] = {SKUAI_COUNT_CONCENTRATION, SKUAI_COUNT_HISTORY_DECAY,
                                  SKUAI_COUNT_EXCESS_PRIOR,  SKUAI_COUNT_PANEL,
                                  SKUAI_COUNT_ENDED,         SKUAI_COUNT_ENDED_SLOPE};
static const int season_block[] = {SKUAI_COUNT_SEASON_OWN, SKUAI_COUNT_SEASON_PANEL};
static const int whole_block[] = {
    SKUAI_COUNT_DECAY,         SKUAI_COUNT_OWN,           SKUAI_COUNT_PANEL,
    SKUAI_COUNT_EXCESS,        SKUAI_COUNT_EXCESS_SLOPE,  SKUAI_COUNT_EXCESS_PRIOR,
    SKUAI_COUNT_EXCESS_GROWTH, SKUAI_COUNT_CONCENTRATION, SKUAI_COUNT_HISTORY_DECAY,
    SKUAI_COUNT_ENDED,         SKUAI_COUNT_ENDED_SLOPE,   SKUAI_COUNT_SEASON_OWN,
    SKUAI_COUNT_SEASON_PANEL};
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Blocks one after the other, then all at once: a start that is far off in one block does not drag
 * the others to where they make up for it. */
static double search_all(search *job, double *settings, bool seasonal, size_t evaluations) {
    settings[SKUAI_COUNT_SEASON_OWN] =
        seasonal ? settings[SKUAI_COUNT_SEASON_OWN] : SKUAI_COUNT_NO_SEASON;
    size_t n_whole = LENGTH(whole_block) - (seasonal ? 0 : LENGTH(season_block));
    search_block(job, settings, level_block, LENGTH(level_block), 1, evaluations / 6);
    if (seasonal)
        search_block(job, settings, season_block, LENGTH(season_block), 1, evaluations / 12);
    search_block(job, settings, shape_block, LENGTH(shape_block), 1, evaluations / 4);
    double value = search_block(job, settings, whole_block, n_whole, 0.5, evaluations / 4);
    return fmin(value, search_block(job, settings, whole_block, n_whole, -0.3, evaluations / 4));
}

static skua_status run_search(search *job, size_t evaluations, double *settings, double *score,
                              skua_error *err) {
    if (evaluations < LEAST_EVALUATIONS) {
        double value = objective(settings, job);
        if (score) *score = isfinite(value) ? value : (double)NAN;
        return job->status == SKUA_EDEADLINE ? SKUA_OK : job->status;
    }
    double flat[N], seasonal[N];
    memcpy(flat, settings, sizeof flat);
    memcpy(seasonal, settings, sizeof seasonal);
    double best = search_all(job, flat, false, evaluations), value = INFINITY;
    if (job->panel->season > 1) value = search_all(job, seasonal, true, evaluations);
    const double *better = value < best - LEAST_SEASON_GAIN ? seasonal : flat;
    if (job->status != SKUA_OK && job->status != SKUA_EDEADLINE) return job->status;
    skuai_error_clear(err);
    best = better == seasonal ? value : best;
    if (isfinite(best)) memcpy(settings, better, N * sizeof *settings);
    for (size_t i = 0; i < N; i++)
        skuai_context_trace(job->context, skuai_count_setting_names[i], 0, settings[i]);
    if (score) *score = isfinite(best) ? best : (double)NAN;
    return SKUA_OK;
}

/* Series to look at: small counts cost little and say little each. Large ones (money, grams) cost
 * most, each of them tells much, and other models are for them. */
static void choose_series(search *job, size_t limit) {
    double mean = job->n_folds > 0 ? job->folds[0].mean : SMALL_MEAN;
    if (limit == 0) {
        size_t long_enough = MOST_PERIODS / job->panel->longest;
        limit = mean < SMALL_MEAN ? 2500 : mean < LARGE_MEAN ? 1000 : LEAST_SERIES;
        if (limit > long_enough) limit = long_enough > LEAST_SERIES ? long_enough : LEAST_SERIES;
    }
    job->stride = (job->panel->n_series + limit - 1) / limit;
    if (job->stride == 0) job->stride = 1;
    job->n_chosen = (job->panel->n_series + job->stride - 1) / job->stride;
    job->n_chunks = (job->n_chosen + CHUNK - 1) / CHUNK;
}

skua_status skuai_count_fit(const skuai_count_panel *panel, const skuai_count_fit_options *options,
                            const skuai_context *context, double *settings, double *score,
                            skua_error *err) {
    size_t season = (size_t)panel->season, threads = (size_t)skuai_context_threads(context);
    search job = {.panel = panel, .context = context, .err = err};
    job.horizon = options->horizon ? options->horizon : season < 8 ? 8 : season > 26 ? 26 : season;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "fitting a count model");
    skua_status status = make_folds(&job, arena, err);
    choose_series(&job, options->series);
    if (status == SKUA_OK) status = make_space(&job, arena, threads, err);
    if (status == SKUA_OK)
        status = run_search(&job, options->evaluations ? options->evaluations : 240, settings,
                            score, err);
    skuai_arena_free(arena);
    return status;
}
