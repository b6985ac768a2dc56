#include "tree/feature_parts.h"

#include "core/calendar/holiday.h"
#include "core/random.h"
#include "forecast/contributions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAGS = SKUAI_FEATURE_LAGS, WINDOWS = SKUAI_FEATURE_WINDOWS, NAME = SKUAI_FEATURE_NAME };

static void set_windows(skuai_features *f) {
    static const size_t hour[] = {24, 48, 168, 336, 672}, day[] = {7, 14, 28, 91, 364},
                        week[] = {4, 8, 13, 26, 52}, month[] = {2, 3, 6, 12, 24},
                        year[] = {2, 3, 4, 6, 8};
    const size_t *w = year;
    f->cycle = (size_t)f->panel->season;
    switch (f->panel->grid.frequency) {
    case SKUAI_FREQUENCY_HOUR:
        w = hour, f->cycle = 168;
        break;
    case SKUAI_FREQUENCY_DAY:
        w = day, f->cycle = 364;
        break;
    case SKUAI_FREQUENCY_WEEK:
        w = week, f->cycle = 52;
        break;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        w = month, f->cycle = 12;
        break;
    case SKUAI_FREQUENCY_QUARTER:
        f->cycle = 4;
        break;
    case SKUAI_FREQUENCY_YEAR:
        break;
    }
    memcpy(f->windows, w, sizeof f->windows);
}

/* -- The plan ---------------------------------------------------------------------------------- */

static bool is_event(const skuai_panel *p, const skuai_dynamic *x) {
    size_t n = 0, on = 0;
    if (x->known != SKUAI_KNOWN_AHEAD) return false;
    for (size_t s = 0; s < p->n_series; s++)
        for (size_t t = 0; t < p->length[s]; t++) {
            float v = x->values[p->row[s] + t];
            if (v < 0) return false;
            n++;
            on += v > 0;
        }
    return on > 0 && on <= n / 2;
}

void skuai_feature_plan_make(const skuai_panel *panel, size_t ahead, const char *country,
                             skuai_feature_plan *plan) {
    memset(plan, 0, sizeof *plan);
    plan->ahead = ahead;
    plan->listed = panel->n_dynamic <= SKUAI_FEATURE_COVARIATES;
    for (size_t k = 0; k < panel->n_dynamic; k++)
        plan->listed = plan->listed && strlen(panel->dynamic[k].name) < NAME;
    plan->n_covariates = plan->listed ? panel->n_dynamic : 0;
    for (size_t k = 0; k < plan->n_covariates; k++) {
        (void)snprintf(plan->covariates[k], NAME, "%s", panel->dynamic[k].name);
        plan->ahead_of[k] = panel->dynamic[k].known == SKUAI_KNOWN_AHEAD;
    }
    (void)snprintf(plan->country, sizeof plan->country, "%s", country);
    for (size_t k = 0; k < panel->n_dynamic && plan->n_events < SKUAI_FEATURE_EVENTS; k++)
        if (is_event(panel, &panel->dynamic[k]))
            (void)snprintf(plan->events[plan->n_events++], NAME, "%s", panel->dynamic[k].name);
    for (size_t k = 0; k < panel->n_static && plan->n_groups < SKUAI_FEATURE_GROUPS; k++) {
        size_t levels = panel->statics[k].n_levels;
        if (levels >= 1 && 2 * levels <= panel->n_series)
            (void)snprintf(plan->groups[plan->n_groups++], NAME, "%s", panel->statics[k].name);
    }
}

/* -- Columns ---------------------------------------------------------------------------------- */

static bool add_column(skuai_features *f, bool categorical, const char *group, const char *format,
                       const char *text, size_t number) {
    char *name = skuai_arena_take(f->arena, NAME, 1);
    if (!name) return false;
    (void)snprintf(name, NAME, "%s%.40s", format, text);
    if (number) (void)snprintf(name + strlen(name), NAME - strlen(name), "%zu", number);
    f->names[f->n_columns] = name;
    f->column_groups[f->n_columns] = group;
    f->categorical[f->n_columns++] = categorical;
    return true;
}

static const char sales[] = "recent sales", own[] = "the item itself", calendar[] = "calendar";

static bool name_own(skuai_features *f) {
    const char *cycle = skuai_features_cycle_group(f);
    const struct {
        const char *name, *group;
    } single[] = {{"ewm", sales},
                  {"ewm_fast", sales},
                  {"cycle_1", cycle},
                  {"cycle_2", cycle},
                  {"cycle_before", cycle},
                  {"cycle_after", cycle},
                  {"cycle_mean3", cycle},
                  {"cycle_mean5", cycle},
                  {"growth", cycle},
                  {"season_1", sales},
                  {"season_mean", sales},
                  {"log_level", sales},
                  {"age", own},
                  {"adi", sales},
                  {"cv2", sales},
                  {"since_demand", sales},
                  {"availability", "availability"},
                  {"last_available", "availability"},
                  {"in_week", calendar},
                  {"in_month", calendar},
                  {"in_year", calendar}};
    bool good = add_column(f, false, "how far ahead", "horizon", "", 0);
    for (size_t k = 1; k <= LAGS; k++)
        good = good && add_column(f, false, sales, "lag_", "", k);
    for (size_t k = 0; k < WINDOWS; k++) {
        good = good && add_column(f, false, sales, "mean_", "", f->windows[k]) &&
               add_column(f, false, sales, "sd_", "", f->windows[k]) &&
               add_column(f, false, sales, "zeros_", "", f->windows[k]);
    }
    good = good && add_column(f, false, sales, "min_", "", f->windows[0]) &&
           add_column(f, false, sales, "max_", "", f->windows[0]);
    for (size_t k = 0; k < sizeof single / sizeof *single; k++)
        good = good && add_column(f, false, single[k].group, single[k].name, "", 0);
    return good;
}

static bool name_covariates(skuai_features *f) {
    static const char *const names[2][4] = {{"last_", "recent_", "trend_", NULL},
                                            {"at_", "change_", "step_", "ratio_"}};
    static const char *const of_event[] = {"run_", "since_", "until_"};
    const skuai_panel *p = f->panel;
    bool good = true;
    for (size_t k = 0; k < f->n_dynamic; k++) {
        bool ahead = f->ahead[k];
        const char *name = p->dynamic[f->dynamic[k]].name, *group = skuai_input_group(name);
        for (size_t i = 0; i < 4 && names[ahead][i]; i++)
            good = good && add_column(f, false, group, names[ahead][i], name, 0);
    }
    for (size_t k = 0; k < f->plan.n_events; k++) {
        const char *name = p->dynamic[f->events[k]].name, *group = skuai_input_group(name);
        for (size_t i = 0; i < 3; i++)
            good = good && add_column(f, false, group, of_event[i], name, 0);
    }
    const char *group = "calendar"; /* of how many run at once */
    for (size_t k = 0; k < f->plan.n_events; k++)
        if (strcmp(skuai_input_group(p->dynamic[f->events[k]].name), "promotion") == 0)
            group = "promotion";
    if (f->plan.n_events > 1) good = good && add_column(f, false, group, "events_now", "", 0);
    return good;
}

/* The order is that of put_dynamic, put_events, put_price, put_statics, put_groups, put_vectors in
 * feature_rows.c. */
static bool name_given(skuai_features *f) {
    const skuai_panel *p = f->panel;
    static const char alike[] = "similar items";
    bool good = name_covariates(f);
    if (f->list_price != SIZE_MAX)
        good = good && add_column(f, false, "price", "price_to_list", "", 0);
    for (size_t k = 0; k < p->n_static; k++)
        good = good && add_column(f, p->statics[k].n_levels > 0, own, "", p->statics[k].name, 0);
    for (size_t k = 0; k < f->plan.n_groups; k++) {
        const char *name = f->plan.groups[k];
        good = good && add_column(f, false, alike, "growth_of_", name, 0) &&
               add_column(f, false, alike, "shape_of_", name, 0);
        if (f->price != SIZE_MAX)
            good = good && add_column(f, false, "price", "price_to_", name, 0);
    }
    for (size_t k = 0; k < p->n_vectors; k++)
        for (size_t i = 0; i < SKUAI_FEATURE_PROJECTION; i++)
            good = good &&
                   add_column(f, false, p->vectors[k].modality, p->vectors[k].modality, "_", i + 1);
    return good;
}

/* -- Groups ------------------------------------------------------------------------------------ */

static void set_range(skuai_features *f) {
    const skuai_panel *p = f->panel;
    int64_t low = INT64_MAX, high = INT64_MIN, last = INT64_MIN;
    for (size_t s = 0; s < p->n_series; s++) {
        int64_t end = skuai_panel_end(p, s);
        if (p->start[s] < low) low = p->start[s];
        if (end > high) high = end;
        if (end + (int64_t)p->future[s] > last) last = end + (int64_t)p->future[s];
    }
    f->first = low <= high ? low : 0;
    f->n_periods = low <= high ? (size_t)(high - low) : 0;
    int64_t ahead = high + (int64_t)f->plan.ahead;
    f->n_aligned = low <= high ? (size_t)((last > ahead ? last : ahead) - low) : 0;
}

static bool take_sums(skuai_features *f, size_t n_levels, size_t n_periods, skuai_group_sums *g) {
    size_t n = n_levels * (n_periods + 1);
    g->sum = skuai_arena_take_zero(f->arena, n, sizeof *g->sum);
    g->count = skuai_arena_take_zero(f->arena, n, sizeof *g->count);
    return g->sum && g->count;
}

static void accumulate_levels(skuai_group_sums *g, size_t n_levels, size_t n_periods) {
    size_t width = n_periods + 1;
    for (size_t i = 0; i < n_levels; i++)
        for (size_t t = 1; t < width; t++) {
            g->sum[i * width + t] += g->sum[i * width + t - 1];
            g->count[i * width + t] += g->count[i * width + t - 1];
        }
}

static bool sum_group(skuai_features *f, skuai_group *g) {
    const skuai_panel *p = f->panel;
    const float *price = f->price != SIZE_MAX ? p->dynamic[f->price].values : NULL;
    if (!take_sums(f, g->n_levels, f->n_periods, &g->target)) return false;
    if (price && !take_sums(f, g->n_levels, f->n_aligned, &g->price)) return false;
    for (size_t s = 0; s < p->n_series; s++) {
        int32_t code = p->statics[g->column].codes[p->base[s]];
        if (code < 0) continue;
        const double *y = skuai_panel_target(p, s);
        size_t from = (size_t)(p->start[s] - f->first) + 1;
        size_t at = (size_t)code * (f->n_periods + 1) + from;
        for (size_t t = 0; t < p->length[s]; t++) {
            g->target.sum[at + t] += isnan(y[t]) ? 0 : y[t];
            g->target.count[at + t] += !isnan(y[t]);
        }
        at = (size_t)code * (f->n_aligned + 1) + from;
        for (size_t t = 0; price && t < p->length[s] + p->future[s]; t++) {
            float x = price[p->row[s] + t];
            g->price.sum[at + t] += isnan(x) ? 0 : (double)x;
            g->price.count[at + t] += !isnan(x);
        }
    }
    accumulate_levels(&g->target, g->n_levels, f->n_periods);
    if (price) accumulate_levels(&g->price, g->n_levels, f->n_aligned);
    return true;
}

static skua_status find_groups(skuai_features *f, skua_error *err) {
    const skuai_panel *p = f->panel;
    f->groups = skuai_arena_take_zero(f->arena, f->plan.n_groups + 1, sizeof *f->groups);
    if (!f->groups) return skuai_error_memory(err, "features");
    for (size_t k = 0; k < f->plan.n_groups; k++) {
        size_t column = skuai_panel_static_find(p, f->plan.groups[k]);
        if (column == SIZE_MAX || !p->statics[column].codes)
            return skuai_error_set(err, SKUA_ESCHEMA, "the panel lacks the category '%s'",
                                   f->plan.groups[k]);
        f->groups[k].column = column;
        f->groups[k].n_levels = p->statics[column].n_levels;
        if (!sum_group(f, &f->groups[k])) return skuai_error_memory(err, "means of categories");
    }
    return SKUA_OK;
}

/* -- Covariates -------------------------------------------------------------------------------- */

/* A covariate that has columns and is read as known ahead. */
static size_t known_ahead(const skuai_features *f, const char *name) {
    for (size_t k = 0; k < f->n_dynamic; k++)
        if (f->ahead[k] && strcmp(f->panel->dynamic[f->dynamic[k]].name, name) == 0)
            return f->dynamic[k];
    return SIZE_MAX;
}

/* Which covariates of the panel have columns, and how they are read: as the plan learnt them. */
static skua_status find_covariates(skuai_features *f, skua_error *err) {
    const skuai_panel *p = f->panel;
    const skuai_feature_plan *plan = &f->plan;
    f->n_dynamic = plan->listed ? plan->n_covariates : p->n_dynamic;
    f->dynamic = skuai_arena_take(f->arena, f->n_dynamic + 1, sizeof *f->dynamic);
    f->ahead = skuai_arena_take(f->arena, f->n_dynamic + 1, sizeof *f->ahead);
    if (!f->dynamic || !f->ahead) return skuai_error_memory(err, "features");
    for (size_t k = 0; k < f->n_dynamic; k++) {
        size_t at = plan->listed ? skuai_panel_dynamic_find(p, plan->covariates[k]) : k;
        if (at == SIZE_MAX)
            return skuai_error_set(err, SKUA_ESCHEMA, "the panel lacks the covariate '%s'",
                                   plan->covariates[k]);
        bool ahead = p->dynamic[at].known == SKUAI_KNOWN_AHEAD;
        if (plan->listed && plan->ahead_of[k] && !ahead)
            return skuai_error_set(err, SKUA_ESCHEMA,
                                   "'%s' was known ahead in training and is not here",
                                   plan->covariates[k]);
        f->dynamic[k] = at;
        f->ahead[k] = plan->listed ? plan->ahead_of[k] : ahead;
    }
    return SKUA_OK;
}

static skua_status find_columns(skuai_features *f, skua_error *err) {
    SKUA_TRY(find_covariates(f, err));
    f->price = known_ahead(f, "price");
    f->list_price = f->price == SIZE_MAX ? SIZE_MAX : known_ahead(f, "list_price");
    for (size_t k = 0; k < f->plan.n_events; k++) {
        f->events[k] = known_ahead(f, f->plan.events[k]);
        if (f->events[k] == SIZE_MAX)
            return skuai_error_set(err, SKUA_ESCHEMA, "the panel lacks the covariate '%s'",
                                   f->plan.events[k]);
    }
    return SKUA_OK;
}

/* Last year's period of each, aligned on the holidays that move. */
static skua_status align_years(skuai_features *f, skua_error *err) {
    const skuai_grid *grid = &f->panel->grid;
    bool fine = grid->frequency == SKUAI_FREQUENCY_WEEK || grid->frequency == SKUAI_FREQUENCY_DAY;
    if (!f->plan.country[0] || !fine || f->n_aligned == 0) return SKUA_OK;
    skuai_holiday_rules *rules = NULL;
    skuai_holiday_list list = {0};
    int64_t first = skuai_period_first_day(grid, f->first) - 400;
    int64_t last = skuai_period_last_day(grid, f->first + (int64_t)f->n_aligned) + 60;
    SKUA_TRY(skuai_holiday_rules_builtin(&rules, err));
    skua_status status = skuai_holiday_list_get(rules, f->plan.country, first, last, &list, err);
    if (status == SKUA_OK) {
        f->aligned = skuai_arena_take(f->arena, f->n_aligned, sizeof *f->aligned);
        if (!f->aligned) status = skuai_error_memory(err, "holidays");
        for (size_t t = 0; status == SKUA_OK && t < f->n_aligned; t++)
            f->aligned[t] = skuai_holiday_align(&list, grid, f->first + (int64_t)t);
    }
    skuai_holiday_list_clear(&list);
    skuai_holiday_rules_free(rules);
    return status;
}

/* Unit vectors times a matrix of Gaussian numbers that depends on the width alone. */
static bool project(skuai_features *f) {
    const skuai_panel *p = f->panel;
    enum { P = SKUAI_FEATURE_PROJECTION };
    f->projection = skuai_arena_take_zero(f->arena, p->n_vectors + 1, sizeof *f->projection);
    if (!f->projection) return false;
    for (size_t k = 0; k < p->n_vectors; k++) {
        size_t width = p->vectors[k].width;
        float *matrix = skuai_new(width * P, sizeof *matrix);
        float *to = skuai_arena_take(f->arena, p->n_base * P, sizeof *to);
        if (!matrix || !to) return skuai_free(matrix), false;
        skuai_random random;
        skuai_random_init(&random, width);
        for (size_t i = 0; i < width * P; i++)
            matrix[i] = (float)skuai_random_normal(&random);
        for (size_t s = 0; s < p->n_base; s++) {
            const float *x = p->vectors[k].values + s * width;
            double norm = 0, sum[P] = {0};
            for (size_t j = 0; j < width; j++) {
                norm += (double)x[j] * (double)x[j];
                for (size_t i = 0; i < P; i++)
                    sum[i] += (double)x[j] * (double)matrix[j * P + i];
            }
            for (size_t i = 0; i < P; i++)
                to[s * P + i] = norm > 0 ? (float)(sum[i] / sqrt(norm)) : NAN;
        }
        f->projection[k] = to;
        skuai_free(matrix);
    }
    return true;
}

skua_status skuai_features_new(const skuai_panel *panel, const skuai_feature_plan *plan,
                               skuai_features **features, skua_error *err) {
    skuai_features *f = skuai_zero(1, sizeof *f);
    if (!f) return skuai_error_memory(err, "features");
    f->panel = panel;
    f->plan = *plan;
    f->arena = skuai_arena_new(0);
    size_t most = 64 + 4 * (panel->n_dynamic + plan->n_covariates) + 3 * SKUAI_FEATURE_EVENTS +
                  panel->n_static + 3 * SKUAI_FEATURE_GROUPS +
                  SKUAI_FEATURE_PROJECTION * panel->n_vectors;
    skua_status status = f->arena ? SKUA_OK : skuai_error_memory(err, "features");
    if (status == SKUA_OK) {
        set_windows(f);
        set_range(f);
        f->names = skuai_arena_take(f->arena, 2 * most, sizeof *f->names);
        f->column_groups = f->names ? f->names + most : NULL;
        f->categorical = skuai_arena_take(f->arena, most, sizeof *f->categorical);
        if (!f->names || !f->categorical) status = skuai_error_memory(err, "features");
    }
    if (status == SKUA_OK) status = find_columns(f, err);
    if (status == SKUA_OK) status = find_groups(f, err);
    if (status == SKUA_OK) status = align_years(f, err);
    if (status == SKUA_OK && !(project(f) && name_own(f) && name_given(f)))
        status = skuai_error_memory(err, "features");
    if (status == SKUA_OK)
        *features = f;
    else
        skuai_features_free(f);
    return status;
}

void skuai_features_free(skuai_features *features) {
    if (!features) return;
    skuai_arena_free(features->arena);
    skuai_free(features);
}

size_t skuai_features_columns(const skuai_features *features) {
    return features->n_columns;
}
const char *const *skuai_features_names(const skuai_features *features) {
    return features->names;
}
const bool *skuai_features_categorical(const skuai_features *features) {
    return features->categorical;
}

const char *const *skuai_features_groups(const skuai_features *features) {
    return features->column_groups;
}
const char *skuai_features_cycle_group(const skuai_features *features) {
    return features->panel->grid.frequency == SKUAI_FREQUENCY_HOUR ? "last week" : "last year";
}
