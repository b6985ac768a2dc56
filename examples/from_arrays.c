/* Histories in memory, forecasts in memory, no workspace:
 *
 *     cc from_arrays.c $(pkg-config --cflags --libs skua) -lm && ./a.out */
#include <math.h>
#include <skua.h>
#include <stdio.h>

enum { SERIES = 2, WEEKS = 20, LONG = 7 * WEEKS, SHORT = 30, HORIZON = 7, LEVELS = 3 };

int main(void) {
    static double units[LONG + SHORT];
    for (int t = 0; t < LONG; t++) /* a weekly season that peaks on the third day */
        units[t] = round(20 + 8 * cos(6.283185307 * (t - 2) / 7));
    for (int t = 0; t < SHORT; t++) /* sold every fourth day */
        units[LONG + t] = t % 4 == 0 ? 2 : 0;
    units[10] = NAN; /* nobody counted that day */

    const char *const names[SERIES] = {"tea", "teapot"};
    const char *const starts[SERIES] = {"2024-01-01", "2024-04-20"};
    const size_t lengths[SERIES] = {LONG, SHORT};
    const skua_arrays arrays = {.n_series = SERIES,
                                .frequency = "day",
                                .names = names,
                                .starts = starts,
                                .lengths = lengths,
                                .units = units};
    const double levels[LEVELS] = {0.1, 0.5, 0.9};
    const char *const settings[] = {"seed", "1", NULL};
    double mean[SERIES][HORIZON], quantiles[SERIES][HORIZON][LEVELS];
    skua_error err;
    if (skua_forecast_arrays(&arrays, HORIZON, levels, LEVELS, settings, NULL, mean[0],
                             quantiles[0][0], &err) != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int s = 0; s < SERIES; s++)
        for (int h = 0; h < HORIZON; h++)
            printf("%s day %d: %.1f (%.1f to %.1f)\n", names[s], h + 1, mean[s][h],
                   quantiles[s][h][0], quantiles[s][h][2]);
    return 0;
}
