#include "effect_plot.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 260, LEFT = 58, TOP = 44, GAP = 24, BELOW = 74 };

typedef struct axis {
    double from, to, step;
} axis;

void effect_plot_add(effect_plot_panel *panel, effect_plot_point point) {
    bool known = isfinite(point.truth) && isfinite(point.naive) && isfinite(point.value);
    if (known && panel->n < EFFECT_PLOT_POINTS) panel->point[panel->n++] = point;
}

static double shown(const effect_plot *p, double x) {
    return p->percent ? 100 * (exp(x) - 1) : x;
}

/* All panels share one square, so that slopes can be compared by eye. */
static axis find_axis(const effect_plot *p) {
    axis a = {INFINITY, -INFINITY, 1};
    for (size_t k = 0; k < p->n; k++)
        for (size_t i = 0; i < p->panel[k].n; i++) {
            const effect_plot_point *q = &p->panel[k].point[i];
            const double all[] = {shown(p, q->truth), shown(p, q->naive), shown(p, q->value)};
            for (size_t j = 0; j < 3; j++) {
                a.from = fmin(a.from, all[j]);
                a.to = fmax(a.to, all[j]);
            }
        }
    if (!(a.to > a.from)) a = (axis){0, 1, 1};
    double rough = (a.to - a.from) / 5, unit = pow(10, floor(log10(rough)));
    a.step = unit * (rough / unit > 5 ? 10 : rough / unit > 2 ? 5 : rough / unit > 1 ? 2 : 1);
    a.from = a.step * floor(a.from / a.step);
    a.to = a.step * ceil(a.to / a.step);
    return a;
}

static double place(const axis *a, double x) {
    double at = (x - a->from) / (a->to - a->from);
    return SIDE * (at < 0 ? 0 : at > 1 ? 1 : at);
}

static void draw_frame(FILE *out, const effect_plot *p, size_t k, const axis *a, double x0) {
    fprintf(out,
            "<rect x=\"%g\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#999\"/>\n"
            "<text x=\"%g\" y=\"%d\" text-anchor=\"middle\" font-weight=\"bold\">%s</text>\n"
            "<line x1=\"%g\" y1=\"%d\" x2=\"%g\" y2=\"%d\" stroke=\"#555\" "
            "stroke-dasharray=\"4 3\"/>\n",
            x0, TOP, SIDE, SIDE, x0 + SIDE / 2.0, TOP - 8, p->panel[k].name, x0, TOP + SIDE,
            x0 + SIDE, TOP);
    for (double tick = a->from; tick <= a->to + a->step / 2; tick += a->step) {
        double at = place(a, tick);
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n", x0 + at,
                TOP + SIDE + 16, fabs(tick) < a->step / 100 ? 0 : tick);
        if (k == 0)
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", x0 - 6,
                    TOP + SIDE - at + 4, fabs(tick) < a->step / 100 ? 0 : tick);
    }
}

static void draw_points(FILE *out, const effect_plot *p, size_t k, const axis *a, double x0) {
    double bottom = TOP + SIDE;
    for (size_t i = 0; i < p->panel[k].n; i++) {
        const effect_plot_point *q = &p->panel[k].point[i];
        double x = x0 + place(a, shown(p, q->truth)), y = bottom - place(a, shown(p, q->naive));
        fprintf(out,
                "<path d=\"M%.1f %.1fl6 6m0 -6l-6 6\" stroke=\"#c2571a\" stroke-width=\"1.4\"/>\n",
                x - 3, y - 3);
        fprintf(out,
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#1f6fb2\" "
                "stroke-opacity=\".45\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" "
                "fill=\"#1f6fb2\"/>\n",
                x, x, bottom - place(a, shown(p, q->low)), bottom - place(a, shown(p, q->high)), x,
                bottom - place(a, shown(p, q->value)));
    }
}

bool effect_plot_write(const effect_plot *p, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) return false;
    axis a = find_axis(p);
    double width = LEFT + (double)p->n * (SIDE + GAP), height = TOP + SIDE + BELOW;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" "
            "height=\"%g\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n"
            "<title>Naive regression and skua cause beside the truth: %s</title>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            width, height, width, height, p->quantity);
    for (size_t k = 0; k < p->n; k++) {
        double x0 = LEFT + (double)k * (SIDE + GAP);
        draw_frame(out, p, k, &a, x0);
        draw_points(out, p, k, &a, x0);
    }
    double y = TOP + SIDE + 38;
    fprintf(out,
            "<text x=\"%d\" y=\"%g\">across: the truth (%s); up: what is said of it</text>\n"
            "<path d=\"M%d %gl6 6m0 -6l-6 6\" stroke=\"#c2571a\" stroke-width=\"1.4\"/>"
            "<text x=\"%d\" y=\"%g\">naive regression</text>\n"
            "<circle cx=\"%d\" cy=\"%g\" r=\"3\" fill=\"#1f6fb2\"/>"
            "<text x=\"%d\" y=\"%g\">skua cause, with its 90 %% interval</text>\n</svg>\n",
            LEFT, y, p->quantity, LEFT, y + 11, LEFT + 12, y + 18, LEFT + 130, y + 14, LEFT + 140,
            y + 18);
    return fclose(out) == 0;
}
