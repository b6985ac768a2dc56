/* effect_plot.h -- a picture of estimates beside the truth, a panel a law of demand: the truth
 * along x, what naive regression and what room cause say along y. Points on the diagonal are right.
 */
#ifndef SKUA_BENCH_EFFECT_PLOT_H
#define SKUA_BENCH_EFFECT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

enum { EFFECT_PLOT_PANELS = 3, EFFECT_PLOT_POINTS = 4000 };

typedef struct effect_plot_point {
    double truth, naive, value, low, high;
} effect_plot_point;

typedef struct effect_plot_panel {
    const char *name; /* borrowed */
    size_t n;
    effect_plot_point point[EFFECT_PLOT_POINTS]; /* of more, the first are drawn */
} effect_plot_panel;

typedef struct effect_plot {
    const char *quantity; /* "percent more while promoted": what both axes show */
    bool percent;         /* of exp(point) - 1, else the points themselves */
    size_t n;
    effect_plot_panel panel[EFFECT_PLOT_PANELS];
} effect_plot;

void effect_plot_add(effect_plot_panel *panel, effect_plot_point point);
/* As SVG into a file; false: it cannot be written. */
bool effect_plot_write(const effect_plot *plot, const char *path);

#endif
