#include "clean/outlier.h"

#include <math.h>

#include "learn/isolation_forest.h"

enum { FEATURES = 3, FOREST_ROWS_MOST = 200000 };

/* What a feature of the forest may be at most: beyond, all is equally far. */
static double clipped(double z) {
    return isnan(z) ? 0 : fmax(-50, fmin(50, z));
}

static void features_of(const skuai_residuals *res, size_t r, double *x) {
    x[0] = clipped(res->z[r]);
    x[1] = clipped(isnan(res->z_stl[r]) ? res->z[r] : res->z_stl[r]);
    x[2] = clipped(res->stand[r]);
}

/* A forest on at most FOREST_ROWS_MOST rows, spread evenly over the panel. */
static skua_status grow(const skuai_panel *panel, const skuai_residuals *res, uint64_t seed,
                        skuai_isolation_forest **forest, skua_error *err) {
    size_t rows = 0, n = 0, seen = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        rows += panel->length[s];
    size_t step = rows / FOREST_ROWS_MOST + 1;
    double *x = skuai_new(rows / step + 1, FEATURES * sizeof *x);
    if (!x) return skuai_error_memory(err, "features of outliers");
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t i = 0; i < panel->length[s]; i++)
            if (seen++ % step == 0) features_of(res, panel->row[s] + i, x + FEATURES * n++);
    skuai_isolation_options options = {.trees = 100, .sample = 256, .seed = seed};
    skua_status status =
        n ? skuai_isolation_forest_new(x, n, FEATURES, &options, forest, err) : SKUA_OK;
    skuai_free(x);
    return status;
}

/* Bounds of |z|, upward and downward, of one opinion in one series. */
typedef struct bounds {
    double up, down;
} bounds;

static bounds series_bounds(const double *z, size_t n, const skuai_outlier_options *options,
                            double *scratch) {
    double *signed_z = scratch + n;
    double up = skuai_tail_bound(z, n, options->level / 2, scratch);
    for (size_t i = 0; i < n; i++)
        signed_z[i] = -z[i];
    double down = skuai_tail_bound(signed_z, n, options->level / 2, scratch);
    /* A series too short for a tail is held to twice the least. */
    return (bounds){isnan(up) ? 2 * options->least : fmax(up, options->least),
                    isnan(down) ? 2 * options->least : fmax(down, options->least)};
}

static bool beyond(double z, bounds b) {
    return z > b.up || z < -b.down;
}

static skua_status add_finding(const skuai_panel *panel, const skuai_residuals *res, size_t s,
                               size_t i, int votes, double isolation, skuai_findings *findings,
                               skua_error *err) {
    size_t r = panel->row[s] + i;
    char period[SKUAI_PERIOD_TEXT_SIZE];
    const char *name = skuai_panel_name(panel, s);
    skuai_finding f = {.kind = SKUAI_FINDING_OUTLIER, .table = "sales", .item = name, .series = s};
    f.from = f.to = panel->start[s] + (int64_t)i;
    f.number = res->center[r];
    f.score = fabs(res->z[r]);
    f.row = skuai_findings_text(findings, "%s/%s", name,
                                skuai_period_text(&panel->grid, f.from, period));
    f.before = skuai_findings_text(findings, "%.6g", panel->target[r]);
    f.after = skuai_findings_text(findings, "%.6g", res->center[r]);
    f.why = skuai_findings_text(findings,
                                "%.1f robust deviations %s its neighbours, season and group; STL "
                                "%.1f, isolation %.2f: %d of 3 agree",
                                f.score, res->z[r] > 0 ? "above" : "below", res->z_stl[r],
                                isolation, votes);
    if (!f.row || !f.before || !f.after || !f.why) return skuai_error_memory(err, "findings");
    return skuai_findings_add(findings, &f, err);
}

static skua_status judge_series(const skuai_panel *panel, const skuai_residuals *res,
                                const skuai_outlier_options *options,
                                const skuai_isolation_forest *forest, size_t s, double *scratch,
                                skuai_findings *findings, skua_error *err) {
    size_t n = panel->length[s], row = panel->row[s];
    const double *z = res->z + row, *stl = res->z_stl + row;
    double *votes = scratch, *score = scratch + 3 * n;
    bounds hampel = series_bounds(z, n, options, scratch + n);
    bounds remainder = series_bounds(stl, n, options, scratch + n);
    for (size_t i = 0; i < n; i++) {
        votes[i] = 0;
        if (!beyond(z[i], hampel)) continue;
        bool agrees = isnan(stl[i]) ? false : beyond(stl[i], remainder) && stl[i] * z[i] > 0;
        double x[FEATURES]; /* the forest is asked about the few that the first calls far */
        features_of(res, row + i, x);
        skuai_isolation_forest_score(forest, x, 1, &score[i]);
        votes[i] = 1 + agrees + (score[i] >= options->isolation);
    }
    for (size_t i = 0, j; i < n; i = j + 1) {
        for (j = i; j < n && votes[j] >= options->votes;)
            j++;
        if (j - i > options->run_most) continue;
        for (size_t k = i; k < j; k++)
            SKUA_TRY(add_finding(panel, res, s, k, (int)votes[k], score[k], findings, err));
    }
    return SKUA_OK;
}

skua_status skuai_outliers_find(const skuai_panel *panel, const skuai_residuals *residuals,
                                const skuai_outlier_options *options, const skuai_context *context,
                                skuai_findings *findings, skua_error *err) {
    if (!(options->least > 0) || !(options->level > 0 && options->level < 1) ||
        options->votes < 1 || options->votes > 3 || residuals->n_rows != panel->n_rows)
        return skuai_error_set(err, SKUA_EINVAL, "outliers: options out of range");
    size_t longest = 1;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    skuai_isolation_forest *forest = NULL;
    skua_status status = SKUA_OK;
    double *scratch = skuai_new(4 * longest, sizeof *scratch);
    if (!scratch) return skuai_error_memory(err, "outliers");
    SKUA_TRY_OUT(grow(panel, residuals, options->seed, &forest, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->length[s] == 0) continue;
        if (s % 64 == 0) SKUA_TRY_OUT(skuai_context_check(context, err));
        SKUA_TRY_OUT(judge_series(panel, residuals, options, forest, s, scratch, findings, err));
    }
out:
    skuai_isolation_forest_free(forest);
    skuai_free(scratch);
    return status;
}
