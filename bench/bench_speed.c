/* Speed: local-speed (beside statsforecast's answers), panel-scale, simulate. */
#include "benchmarks.h"
#include "figure.h"

#include "core/file.h"
#include "core/json.h"
#include "simulate/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { RUNS = 3 };

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The first 500 series of a set with at least 60 periods of sales on more than half of the days. */
static skua_status sample_daily(const bench_set *set, skuai_panel **full, skua_error *err) {
    size_t *chosen = skuai_new(set->full->n_series, sizeof *chosen), n = 0;
    for (size_t s = 0; chosen && s < set->full->n_series && n < 500; s += 7)
        chosen[n++] = s;
    skua_status status = skuai_panel_subset(set->full, chosen, n, full, err);
    skuai_free(chosen);
    return status;
}

/* Median seconds of a method over both sets, and its MASE on the monthly one. */
static bool time_method(const char *name, const bench_set *monthly, const bench_set *daily,
                        double *seconds, double mase[2]) {
    skuai_forecaster f;
    if (!bench_forecaster(name, &f)) return false;
    double times[RUNS];
    for (int i = 0; i < RUNS; i++) {
        skuai_scores scores;
        double a, b;
        if (!bench_score(monthly, &f, NULL, &scores, &a, NULL)) return false;
        mase[0] = scores.mase;
        if (!bench_score(daily, &f, NULL, &scores, &b, NULL)) return false;
        mase[1] = scores.mase;
        times[i] = a + b;
    }
    qsort(times, RUNS, sizeof *times, compare_doubles);
    *seconds = times[RUNS / 2];
    return true;
}

int bench_local_speed(int argc, char **argv) {
    skua_error err = {0};
    skuai_json *peer = NULL;
    bench_set monthly, fresh, daily;
    if (argc > 2) { /* the peer's answers */
        skuai_buffer buffer;
        if (skuai_file_read(argv[2], 1 << 20, &buffer, &err) != SKUA_OK ||
            skuai_json_parse(skuai_buffer_view(&buffer), buffer.size, &peer, &err) != SKUA_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        skuai_buffer_clear(&buffer);
    }
    if (bench_set_load("m3-monthly", &monthly, &err) != SKUA_OK ||
        bench_set_load("freshretail", &fresh, &err) != SKUA_OK) {
        printf("skipped: %s\n", err.message);
        return 0;
    }
    daily = fresh;
    if (sample_daily(&fresh, &daily.full, &err) != SKUA_OK ||
        skuai_panel_cut(daily.full, 7, &daily.train, &err) != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    static const char *const methods[] = {"ets", "theta", "arima"};
    for (size_t i = 0; i < 3; i++) {
        double seconds, mase[2];
        if (!time_method(methods[i], &monthly, &daily, &seconds, mase)) continue;
        const skuai_json *p = skuai_json_get(peer, methods[i]);
        double theirs = skuai_json_as_number(skuai_json_get(p, "seconds"), (double)NAN);
        printf(
            "  %-6s skua %.2f s, MASE %.4f monthly, %.4f daily; statsforecast %.2f s, MASE %.4f, "
            "%.4f\n",
            methods[i], seconds, mase[0], mase[1], theirs,
            skuai_json_as_number(skuai_json_get(p, "mase_monthly"), (double)NAN),
            skuai_json_as_number(skuai_json_get(p, "mase_daily"), (double)NAN));
        char key[32], sampled[80] = "";
        double n_sampled = skuai_json_as_number(skuai_json_get(p, "sampled"), 0);
        if (n_sampled > 0)
            (void)snprintf(sampled, sizeof sampled, ", theirs sampled: %.0f series, scaled to all",
                           n_sampled);
        (void)snprintf(key, sizeof key, "%s_ratio", methods[i]);
        if (!isnan(theirs))
            bench_figure("local-speed", key, theirs / seconds,
                         "1428 monthly and 500 daily series, 2 threads, median of %d, "
                         "statsforecast %s warm%s",
                         RUNS, skuai_json_as_text(skuai_json_get(peer, "version"), "?"), sampled);
    }
    skuai_json_free(peer);
    return 0;
}

/* S random retail series of n days: season of the week, trend, noise, some intermittent. */
static skuai_panel *retail_panel(size_t S, size_t n) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    double *y = skuai_new(n, sizeof *y);
    for (size_t s = 0; s < S; s++) {
        skuai_random r;
        char name[32];
        skuai_random_split(&r, 5, s);
        double level = exp(3 * skuai_random_uniform(&r) - 1), week[7], growth = 0;
        for (int d = 0; d < 7; d++)
            week[d] = exp(0.3 * skuai_random_normal(&r));
        for (size_t t = 0; t < n; t++) {
            growth += 0.01 * skuai_random_normal(&r);
            y[t] = skuai_random_negative_binomial(&r, level * week[t % 7] * exp(growth), 3);
        }
        (void)snprintf(name, sizeof name, "item%zu/main", s);
        if (skuai_panel_builder_series(b, name, 14610, n, 0, y, NULL, NULL, &err) != SKUA_OK) break;
    }
    if (skuai_panel_builder_finish(b, &panel, &err) != SKUA_OK) panel = NULL;
    skuai_panel_builder_free(b);
    skuai_free(y);
    return panel;
}

/* Seconds to forecast S series of 400 days by the fast combination's members. */
static double time_fast(size_t S) {
    static const char *const members[] = {"seasonal-naive", "seasonal-window-mean", "theta",
                                          "count-pool"};
    skuai_panel *panel = retail_panel(S, 400);
    skuai_context context = bench_context();
    skuai_request request = {28, bench_levels, 9, 1};
    skua_error err;
    double start = skuai_clock();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        skuai_forecaster f;
        skuai_forecast *forecast = NULL;
        if (!bench_forecaster(members[i], &f)) continue;
        if (skuai_forecaster_run(&f, panel, NULL, &request, &context, &forecast, &err) != SKUA_OK)
            fprintf(stderr, "%s: %s\n", members[i], err.message);
        skuai_forecast_free(forecast);
    }
    double seconds = skuai_clock() - start;
    skuai_panel_free(panel);
    return seconds;
}

/* The whole way at full size, then the exponent of time over series. */
int bench_panel_scale(int argc, char **argv) {
    (void)argc, (void)argv;
    if (bench_panel_scale_full() != 0) return 1;
    static const size_t sizes[] = {1000, 3162, 10000, 31623, 100000};
    enum { N = sizeof sizes / sizeof *sizes };
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (size_t i = 0; i < N; i++) {
        double seconds = time_fast(sizes[i]), x = log((double)sizes[i]), y = log(seconds);
        printf("  %6zu series x 400 days: %.2f s\n", sizes[i], seconds);
        (void)fflush(stdout);
        sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    bench_figure("panel-scale", "slope", (N * sxy - sx * sy) / (N * sxx - sx * sx),
                 "1k to 100k series x 400 days, fast combination, 2 threads, seed 5");
    return 0;
}

int bench_simulate(int argc, char **argv) {
    const char *folder = argc > 2 ? argv[2] : "build/bench/simulate";
    skuai_simulate_options options = SKUAI_SIMULATE_DEFAULT;
    skuai_simulate_report made;
    skuai_context context = bench_context();
    skua_error err;
    options.items = 10000;
    options.channels = 1;
    options.pictures = false;
    options.truth_days = false;
    options.events = 1000000;
    options.overwrite = true;
    double start = skuai_clock();
    if (skuai_simulate(&options, folder, &context, &made, &err) != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    bench_figure("simulate", "seconds", skuai_clock() - start,
                 "%zu items x %d days, %zu sales rows, %zu events, 2 threads, seed 1", made.items,
                 options.days, made.sales_rows, made.events);
    return 0;
}
