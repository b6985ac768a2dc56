#include "clean/lifecycle.h"

#include <math.h>

#include "math/statistics.h"

enum { YOUNG_LEAST = 8, RATIOS_LEAST = 8, MONTHS_MOST = 4, YEARS_LEAST = 2, YEARS_MOST = 64 };

/* -- Seasonal items ---------------------------------------------------------------------------- */

typedef struct months {
    double units[YEARS_MOST][12];
    bool seen[YEARS_MOST][12]; /* the series covers that month */
    size_t years;
} months;

static void count_months(const double *y, size_t n, const skuai_grid *grid, int64_t start,
                         months *m) {
    int first_year = skuai_date_from_day(skuai_period_first_day(grid, start)).year;
    *m = (months){.years = 0};
    for (size_t i = 0; i < n; i++) {
        skuai_date d = skuai_date_from_day(skuai_period_first_day(grid, start + (int64_t)i));
        size_t year = (size_t)(d.year - first_year);
        if (year >= YEARS_MOST) return;
        if (year + 1 > m->years) m->years = year + 1;
        m->seen[year][d.month - 1] = true;
        m->units[year][d.month - 1] += y[i] > 0 ? y[i] : 0;
    }
}

/* Units of `length` months from month `from` on (over the turn of the year), in one year or, year
 * SIZE_MAX, in all. */
static double season_units(const months *m, size_t year, int from, int length) {
    double sum = 0;
    for (size_t k = 0; k < m->years; k++)
        for (int j = 0; j < length && (year == SIZE_MAX || k == year); j++)
            sum += m->units[k][(from + j) % 12];
    return sum;
}

static bool find_season(const months *m, double share, skuai_lifecycle *life) {
    double total = season_units(m, SIZE_MAX, 0, 12);
    size_t covered = 0, whole_years = 0;
    for (size_t k = 0; k < m->years; k++)
        for (int j = 0; j < 12; j++)
            covered += m->seen[k][j];
    whole_years = covered / 12;
    if (whole_years < YEARS_LEAST || !(total > 0)) return false;
    for (int length = 1; length <= MONTHS_MOST; length++)
        for (int from = 0; from < 12; from++) {
            if (season_units(m, SIZE_MAX, from, length) < share * total) continue;
            size_t agree = 0; /* years that sold most of their units in that season */
            for (size_t k = 0; k < m->years; k++)
                agree += season_units(m, k, from, length) > 0.5 * season_units(m, k, 0, 12);
            if (agree < YEARS_LEAST || agree + 1 < whole_years) continue;
            life->month_from = from + 1;
            life->months = length;
            return true;
        }
    return false;
}

/* -- One series -------------------------------------------------------------------------------- */

static bool is_dead(const double *y, const skuai_lifecycle *life, int season, double level) {
    size_t sold = 0, pause = 0, longest = 0, alive = life->last - life->first + 1;
    for (size_t i = life->first; i <= life->last; i++) {
        pause = y[i] > 0 ? 0 : pause + 1;
        if (pause > longest) longest = pause;
        sold += y[i] > 0;
    }
    /* One more period on either side, so that an item sold in every period is not certain to. */
    double rate = ((double)sold + 1) / ((double)alive + 2);
    double silent = (double)life->silent;
    return silent >= fmax(season, 2) && silent > 1.5 * (double)longest &&
           silent * log1p(-rate) < log(level);
}

skuai_lifecycle skuai_lifecycle_judge(const double *y, size_t n, const skuai_grid *grid,
                                      int64_t start, int season,
                                      const skuai_lifecycle_options *options) {
    skuai_lifecycle life = {.life = SKUAI_LIFE_NEVER, .first = n};
    for (size_t i = 0; i < n; i++) {
        if (!(y[i] > 0)) continue;
        if (life.first == n) life.first = i;
        life.last = i;
    }
    if (life.first == n) return life;
    for (size_t i = life.last + 1; i < n; i++)
        life.silent += isnan(y[i]) ? 0 : 1;
    life.life = SKUAI_LIFE_ORDINARY;
    months m;
    count_months(y, n, grid, start, &m);
    if (grid->frequency != SKUAI_FREQUENCY_YEAR && grid->frequency != SKUAI_FREQUENCY_QUARTER &&
        find_season(&m, options->seasonal_share, &life) && (double)life.silent < 400)
        life.life = SKUAI_LIFE_SEASONAL;
    else if (is_dead(y, &life, season, options->dead_level))
        life.life = SKUAI_LIFE_DEAD;
    else if ((double)(n - life.first) < fmax(options->young_seasons * season, YOUNG_LEAST))
        life.life = SKUAI_LIFE_NEWBORN;
    return life;
}

/* -- The last period --------------------------------------------------------------------------- */

skua_status skuai_period_incomplete(const skuai_panel *panel, bool *incomplete, double *share,
                                    skua_error *err) {
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->length[s] == 0) continue;
        if (panel->start[s] < first) first = panel->start[s];
        if (skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    }
    *incomplete = false;
    *share = NAN;
    if (first >= end || end - first < 4) return SKUA_OK;
    size_t n = (size_t)(end - first), lag = (size_t)panel->season, held = 0;
    if (n < 2 * lag + RATIOS_LEAST) lag = 1;
    double *total = skuai_zero(3 * n, sizeof *total), *ratio = total ? total + n : NULL;
    if (!total) return skuai_error_memory(err, "totals of periods");
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t i = 0; i < panel->length[s]; i++) {
            double x = skuai_panel_target(panel, s)[i];
            total[(size_t)(panel->start[s] - first) + i] += x > 0 ? x : 0;
        }
    for (size_t t = lag; t + 1 < n; t++)
        if (total[t] > 0 && total[t - lag] > 0) ratio[held++] = log(total[t] / total[t - lag]);
    if (held >= 3 && total[n - 1 - lag] > 0) {
        double usual = skuai_median(ratio, held, ratio + n);
        double spread = 1.4826 * skuai_median_deviation(ratio, held, ratio + n);
        double step = log(total[n - 1] / total[n - 1 - lag]) - usual; /* -inf when 0 */
        double bound = held < RATIOS_LEAST ? log(0.25) : fmin(log(0.5), -6 * spread);
        *share = exp(step);
        *incomplete = step < bound;
    }
    skuai_free(total);
    return SKUA_OK;
}

/* -- Findings ---------------------------------------------------------------------------------- */

static skua_status add_life(const skuai_panel *panel, size_t s, const skuai_lifecycle *life,
                            skuai_findings *findings, skua_error *err) {
    char first[SKUAI_PERIOD_TEXT_SIZE], last[SKUAI_PERIOD_TEXT_SIZE];
    skuai_finding f = {.table = "sales",
                       .item = skuai_panel_name(panel, s),
                       .series = s,
                       .number = NAN,
                       .row = skuai_panel_name(panel, s)};
    (void)skuai_period_text(&panel->grid, panel->start[s] + (int64_t)life->first, first);
    (void)skuai_period_text(&panel->grid, panel->start[s] + (int64_t)life->last, last);
    f.from = panel->start[s] + (int64_t)life->first;
    f.to = panel->start[s] + (int64_t)life->last;
    if (life->life == SKUAI_LIFE_DEAD) {
        f.kind = SKUAI_FINDING_DEAD;
        f.why = skuai_findings_text(findings,
                                    "last sold %s, %zu periods ago: longer than its rate and all "
                                    "its pauses allow",
                                    last, life->silent);
    } else if (life->life == SKUAI_LIFE_NEWBORN) {
        f.kind = SKUAI_FINDING_NEWBORN;
        f.why = skuai_findings_text(findings, "first sold %s: %zu periods of history", first,
                                    panel->length[s] - life->first);
    } else {
        f.kind = SKUAI_FINDING_SEASONAL;
        f.why = skuai_findings_text(findings, "sells in %d month%s of the year from month %d on",
                                    life->months, life->months > 1 ? "s" : "", life->month_from);
    }
    if (!f.why) return skuai_error_memory(err, "findings");
    return skuai_findings_add(findings, &f, err);
}

static skua_status add_negatives(const skuai_panel *panel, size_t s, skuai_findings *findings,
                                 skua_error *err) {
    const double *y = skuai_panel_target(panel, s);
    for (size_t i = 0; i < panel->length[s]; i++) {
        if (!(y[i] < 0)) continue;
        char period[SKUAI_PERIOD_TEXT_SIZE];
        const char *name = skuai_panel_name(panel, s);
        skuai_finding f = {.kind = SKUAI_FINDING_NEGATIVE,
                           .table = "sales",
                           .item = name,
                           .series = s,
                           .number = 0,
                           .after = "0",
                           .why = "more was returned than sold: demand is not below 0"};
        f.from = f.to = panel->start[s] + (int64_t)i;
        f.row = skuai_findings_text(findings, "%s/%s", name,
                                    skuai_period_text(&panel->grid, f.from, period));
        f.before = skuai_findings_text(findings, "%.6g", y[i]);
        if (!f.row || !f.before) return skuai_error_memory(err, "findings");
        SKUA_TRY(skuai_findings_add(findings, &f, err));
    }
    return SKUA_OK;
}

static skua_status add_incomplete(const skuai_panel *panel, double share, skuai_findings *findings,
                                  skua_error *err) {
    int64_t end = INT64_MIN;
    char period[SKUAI_PERIOD_TEXT_SIZE];
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] && skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    for (size_t s = 0; s < panel->n_series; s++) {
        if (!panel->length[s] || skuai_panel_end(panel, s) != end) continue;
        const char *name = skuai_panel_name(panel, s);
        skuai_finding f = {.kind = SKUAI_FINDING_INCOMPLETE,
                           .table = "sales",
                           .item = name,
                           .series = s,
                           .from = end - 1,
                           .to = end - 1,
                           .number = NAN};
        f.row = skuai_findings_text(findings, "%s/%s", name,
                                    skuai_period_text(&panel->grid, end - 1, period));
        f.before = skuai_findings_text(findings, "%.6g",
                                       skuai_panel_target(panel, s)[panel->length[s] - 1]);
        f.why = skuai_findings_text(findings,
                                    "all series together stand at %.0f %% of what the period "
                                    "usually brings: it is not over",
                                    100 * share);
        if (!f.row || !f.before || !f.why) return skuai_error_memory(err, "findings");
        SKUA_TRY(skuai_findings_add(findings, &f, err));
    }
    return SKUA_OK;
}

skua_status skuai_lifecycles_find(const skuai_panel *panel, const skuai_lifecycle_options *options,
                                  skuai_findings *findings, skua_error *err) {
    bool incomplete;
    double share;
    SKUA_TRY(skuai_period_incomplete(panel, &incomplete, &share, err));
    if (incomplete) SKUA_TRY(add_incomplete(panel, share, findings, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        SKUA_TRY(add_negatives(panel, s, findings, err));
        skuai_lifecycle life =
            skuai_lifecycle_judge(skuai_panel_target(panel, s), panel->length[s], &panel->grid,
                                  panel->start[s], panel->season, options);
        if (life.life == SKUAI_LIFE_DEAD || life.life == SKUAI_LIFE_NEWBORN ||
            life.life == SKUAI_LIFE_SEASONAL)
            SKUA_TRY(add_life(panel, s, &life, findings, err));
    }
    return SKUA_OK;
}
