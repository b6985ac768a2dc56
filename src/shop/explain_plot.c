#include "shop/explain_plot.h"

#include "shop/page_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDE = 1000, SHOWN = 8, COLOURS = 8, FORCE_HIGH = 240, CURVE_HIGH = 180 };

/* Okabe & Ito, and grey for the rest. */
static const char *const COLOUR[COLOURS] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                            "#56b4e9", "#d55e00", "#b5a800", "#8a8f96"};

void skuai_plot_style(skuai_buffer *b) {
    skuai_buffer_text(
        b,
        "<style>svg{display:block;width:100%;overflow:visible}"
        ".fall,.swarm{display:grid;grid-template-columns:minmax(5.5rem,auto) 1fr 4.2rem;"
        "gap:.25rem .6rem;align-items:center}.fall .n,.swarm .n{font-variant-numeric:tabular-nums}"
        ".fall svg{height:1.4rem}.swarm svg{height:2.6rem}.swarm>div{min-width:0}"
        ".plot{display:grid;grid-template-columns:auto 1fr;gap:0 .5rem}.plot .y{display:flex;"
        "flex-direction:column;justify-content:space-between;text-align:right;font-size:.85rem;"
        "color:var(--soft);font-variant-numeric:tabular-nums}.plot .x{grid-column:2;display:flex;"
        "justify-content:space-between;font-size:.85rem;color:var(--soft);padding-top:.2rem}"
        ".legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.5rem 0;font-size:.9rem}"
        ".legend "
        "i{display:inline-block;width:.8em;height:.8em;margin-right:.35em;border-radius:2px}"
        ".force svg{height:15rem}.curve svg{height:11rem}.curves{display:grid;gap:1.2rem 2rem;"
        "grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr))}"
        ".curves h3{font-size:1rem;margin:.4rem 0}svg *{vector-effect:non-scaling-stroke}"
        "svg .band{fill:var(--up);opacity:.16}svg .ice{stroke:var(--soft);opacity:.45;fill:none;"
        "stroke-width:1}svg .mean{stroke:var(--up);stroke-width:2.4;fill:none}svg "
        ".unseen{stroke-dasharray:3 4}svg .now{stroke:var(--soft);stroke-dasharray:2 3}"
        "svg .spot{stroke:var(--up);stroke-width:8;stroke-linecap:round;fill:none}"
        ".tree,.tree ul{list-style:none;margin:0;padding-left:1.1rem;border-left:1px solid "
        "var(--line)}.tree{border:0;padding:0}.tree li{margin:.15rem 0}.tree b{font-weight:600}"
        ".grid{position:relative;display:grid;width:min(20rem,100%);aspect-ratio:1;"
        "background-size:100% 100%}.grid span{display:flex;align-items:center;"
        "justify-content:center;font-size:.75rem;border:1px solid var(--line);"
        "text-shadow:0 0 3px var(--back),0 0 2px var(--back)}"
        "mark{color:inherit;border-radius:3px;padding:.05rem .2rem}</style>");
}

static double total(const double *x, size_t n) {
    double sum = 0;
    for (size_t h = 0; h < n; h++)
        sum += x[h];
    return sum;
}

void skuai_explain_order(const skuai_explanation *e, size_t *order, double *sum) {
    for (size_t g = 0; g < e->n_groups; g++) {
        size_t at = g;
        sum[g] = total(e->contribution + g * e->horizon, e->horizon);
        for (; at > 0 && fabs(sum[order[at - 1]]) < fabs(sum[g]); at--)
            order[at] = order[at - 1];
        order[at] = g;
    }
}

static void words(skuai_buffer *b, const char *group) {
    skuai_page_words(b, skuai_explain_group_name(group, false),
                     skuai_explain_group_name(group, true));
}

static void group_words(skuai_buffer *b, const skuai_explanation *e, size_t g) {
    skuai_page_words(b, skuai_explanation_group(e, g, false), skuai_explanation_group(e, g, true));
}

/* A signed number without a sign on nothing. */
static void put_signed(skuai_buffer *b, double x, int digits) {
    double unit = digits == 0 ? 0.5 : 0.05;
    if (fabs(x) < unit)
        skuai_buffer_text(b, "0");
    else
        skuai_buffer_format(b, x < 0 ? "−%.*f" : "+%.*f", digits, fabs(x));
}

/* -- Waterfall ----------------------------------------------------------------------------------
 */

static void bar(skuai_buffer *b, double from, double to, double low, double scale, bool end) {
    double x = (fmin(from, to) - low) * scale, width = fmax(fabs(to - from) * scale, 1.5);
    skuai_buffer_format(b,
                        "<svg viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\"><rect x=\"%.1f\" "
                        "y=\"0\" width=\"%.1f\" height=\"10\" class=\"%s\" fill-opacity=\"%s\"/>"
                        "</svg><span class=\"n\">",
                        WIDE, x, width, to < from ? "down" : "up", end ? "0.45" : "1");
}

void skuai_plot_waterfall(const skuai_explanation *e, skuai_buffer *b) {
    size_t order[SKUAI_EXPLAIN_GROUPS], shown = e->n_groups < SHOWN ? e->n_groups : SHOWN;
    double sum[SKUAI_EXPLAIN_GROUPS], step[SHOWN + 1], rest = 0;
    double at = total(e->base, e->horizon), low = fmin(0, at), high = fmax(0, at), run = at;
    skuai_explain_order(e, order, sum);
    for (size_t i = 0; i < e->n_groups; i++) {
        if (i < shown)
            step[i] = sum[order[i]];
        else
            rest += sum[order[i]];
    }
    step[shown] = rest;
    size_t n = shown + (e->n_groups > shown);
    for (size_t i = 0; i < n; i++) {
        run += step[i];
        low = fmin(low, run);
        high = fmax(high, run);
    }
    double scale = WIDE / (high - low > 0 ? high - low : 1);
    skuai_buffer_text(b, "<div class=\"fall\" role=\"img\"><span class=\"n\">");
    skuai_page_words(b, "in ordinary times", "通常情况");
    skuai_buffer_text(b, "</span>");
    bar(b, 0, at, low, scale, true);
    skuai_buffer_format(b, "%.1f</span>", at);
    for (size_t i = 0; i < n; i++) {
        skuai_buffer_text(b, "<span class=\"n\">");
        if (i < shown)
            group_words(b, e, order[i]);
        else
            words(b, "other inputs");
        skuai_buffer_text(b, "</span>");
        bar(b, at, at + step[i], low, scale, false);
        put_signed(b, step[i], 1);
        skuai_buffer_text(b, "</span>");
        at += step[i];
    }
    skuai_buffer_text(b, "<span class=\"n\">");
    skuai_page_words(b, "forecast", "预测");
    skuai_buffer_text(b, "</span>");
    bar(b, 0, at, low, scale, true);
    skuai_buffer_format(b, "%.1f</span></div>", at);
}

/* -- Force over the horizon ---------------------------------------------------------------------
 */

static void axis_y(skuai_buffer *b, double high, double low) {
    skuai_buffer_text(b, "<div class=\"y\"><span>");
    skuai_buffer_format(b, fabs(high) < 10 ? "%.2g" : "%.0f", high);
    skuai_buffer_text(b, "</span><span>");
    skuai_buffer_format(b, fabs(low) < 10 ? "%.2g" : "%.0f", low);
    skuai_buffer_text(b, "</span></div>");
}

void skuai_plot_force(const skuai_explanation *e, const char *first, const char *last,
                      skuai_buffer *b) {
    size_t order[SKUAI_EXPLAIN_GROUPS], H = e->horizon;
    size_t n = e->n_groups <= COLOURS ? e->n_groups : COLOURS; /* the last colour takes the rest */
    double sum[SKUAI_EXPLAIN_GROUPS], low = 0, high = 0, step = (double)WIDE / (double)H;
    skuai_explain_order(e, order, sum);
    for (size_t h = 0; h < H; h++) {
        double up = 0, down = 0;
        for (size_t g = 0; g < e->n_groups; g++) {
            double x = e->contribution[g * H + h];
            *(x > 0 ? &up : &down) += x;
        }
        high = fmax(high, up);
        low = fmin(low, down);
    }
    double scale = FORCE_HIGH / (high - low > 0 ? high - low : 1), zero = high * scale;
    skuai_buffer_text(b, "<div class=\"plot force\">");
    axis_y(b, high, low);
    skuai_buffer_format(b, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\">",
                        WIDE, FORCE_HIGH);
    for (size_t h = 0; h < H; h++) {
        double up = zero, down = zero;
        for (size_t i = 0; i < e->n_groups; i++) {
            double x = e->contribution[order[i] * H + h] * scale, y = x > 0 ? up - x : down;
            *(x > 0 ? &up : &down) -= x;
            skuai_buffer_format(
                b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.2f\" fill=\"%s\"/>",
                (double)h * step, y, step * 0.94, fabs(x), COLOUR[i < COLOURS ? i : COLOURS - 1]);
        }
    }
    skuai_buffer_format(b,
                        "<line x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"axis\"/></svg>"
                        "<div class=\"x\"><span>%s</span><span>%s</span></div></div>"
                        "<div class=\"legend\">",
                        WIDE, zero, zero, first, last);
    for (size_t i = 0; i < n; i++) {
        skuai_buffer_format(b, "<span><i style=\"background:%s\"></i>", COLOUR[i]);
        if (i + 1 == COLOURS && e->n_groups > COLOURS)
            words(b, "other inputs");
        else
            group_words(b, e, order[i]);
        skuai_buffer_text(b, "</span>");
    }
    skuai_buffer_text(b, "</div>");
}

/* -- Dependence ---------------------------------------------------------------------------------
 */

static double across(const skuai_dependence *d, size_t g) {
    double low = d->grid[0], high = d->grid[d->n_grid - 1];
    return high > low ? WIDE * (d->grid[g] - low) / (high - low) : WIDE / 2.0;
}

/* Lines between neighbours, dashed where a value was never seen. */
static void curve(const skuai_dependence *d, const double *y, const bool *seen, const char *class,
                  double low, double scale, skuai_buffer *b) {
    for (size_t g = 0; g + 1 < d->n_grid; g++)
        skuai_buffer_format(b, "<path class=\"%s%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>", class,
                            seen && !(seen[g] && seen[g + 1]) ? " unseen" : "", across(d, g),
                            CURVE_HIGH - (y[g] - low) * scale, across(d, g + 1),
                            CURVE_HIGH - (y[g + 1] - low) * scale);
}

static void axis_x(const skuai_dependence *d, skuai_buffer *b) {
    skuai_buffer_text(b, "<div class=\"x\">");
    for (size_t i = 0; i < 3; i++) {
        size_t g = i * (d->n_grid - 1) / 2;
        if (d->n_grid < 3 && i == 1) continue;
        if (d->relative && d->n_series > 1)
            skuai_buffer_format(b, "<span>%+.0f %%</span>", 100 * (d->grid[g] - 1));
        else
            skuai_buffer_format(b, "<span>%.4g</span>",
                                d->relative ? d->grid[g] * d->at[0] : d->grid[g]);
    }
    skuai_buffer_text(b, "</div>");
}

static void title(const skuai_dependence *d, skuai_buffer *b) {
    skuai_buffer_text(b, "<h3>");
    words(b, d->name);
    skuai_buffer_text(b, "</h3>");
    if (d->most > 1e-9) return;
    skuai_buffer_text(b, "<p><small>");
    skuai_page_words(b, "The model does not use it: its forecast stays the same.",
                     "模型不使用该输入：预测不变。");
    skuai_buffer_text(b, "</small></p>");
}

/* One item: units, with a band of quantiles. */
static void item_curve(const skuai_dependence *d, skuai_buffer *b) {
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (size_t g = 0; g < d->n_grid; g++) {
        low = fmin(low, d->low[g]);
        high = fmax(high, d->high[g]);
    }
    double scale = CURVE_HIGH / (high - low > 0 ? high - low : 1);
    axis_y(b, high, low);
    skuai_buffer_format(b,
                        "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\">"
                        "<path class=\"band\" d=\"M",
                        WIDE, CURVE_HIGH);
    for (size_t i = 0; i < 2 * d->n_grid; i++) {
        size_t g = i < d->n_grid ? i : 2 * d->n_grid - 1 - i;
        double y = i < d->n_grid ? d->high[g] : d->low[g];
        skuai_buffer_format(b, "%.1f %.1f ", across(d, g), CURVE_HIGH - (y - low) * scale);
    }
    skuai_buffer_format(b, "Z\"/><line class=\"now\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                        WIDE, CURVE_HIGH - (d->planned[0] - low) * scale,
                        CURVE_HIGH - (d->planned[0] - low) * scale);
    curve(d, d->value, d->seen, "mean", low, scale, b);
    for (size_t g = 0; g < d->n_grid; g++)
        skuai_buffer_format(b, "<path class=\"spot\" d=\"M%.1f %.1fh0\"/>", across(d, g),
                            CURVE_HIGH - (d->value[g] - low) * scale);
    skuai_buffer_text(b, "</svg>");
}

/* Many items: changes as a percentage of what each usually sells, and their mean. */
static void shop_curves(const skuai_dependence *d, skuai_buffer *b) {
    double low = 0, high = 0, share[SKUAI_DEPENDENCE_GRID];
    for (size_t s = 0; s < d->n_series; s++)
        for (size_t g = 0; g < d->n_grid && d->usual[s] > 0; g++) {
            double x = 100 * (d->value[s * d->n_grid + g] - d->planned[s]) / d->usual[s];
            low = fmin(low, x);
            high = fmax(high, x);
        }
    if (high - low < 1) high = 0.5, low = -0.5;
    double scale = CURVE_HIGH / (high - low);
    skuai_buffer_format(b,
                        "<div class=\"y\"><span>%+.0f %%</span><span>%+.0f %%</span></div>"
                        "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\">"
                        "<line class=\"now\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                        high, low, WIDE, CURVE_HIGH, WIDE, high * scale, high * scale);
    for (size_t s = 0; s < d->n_series && s < 100; s++) {
        for (size_t g = 0; g < d->n_grid; g++)
            share[g] = 100 * (d->value[s * d->n_grid + g] - d->planned[s]) / d->usual[s];
        if (d->usual[s] > 0) curve(d, share, NULL, "ice", low, scale, b);
    }
    for (size_t g = 0; g < d->n_grid; g++)
        share[g] = 100 * d->share[g];
    curve(d, share, NULL, "mean", low, scale, b);
    for (size_t g = 0; g < d->n_grid; g++)
        skuai_buffer_format(b, "<path class=\"spot\" d=\"M%.1f %.1fh0\"/>", across(d, g),
                            CURVE_HIGH - (share[g] - low) * scale);
    skuai_buffer_text(b, "</svg>");
}

void skuai_plot_dependence(const skuai_dependence *d, skuai_buffer *b) {
    skuai_buffer_text(b, "<div>");
    title(d, b);
    skuai_buffer_text(b, "<div class=\"plot curve\">");
    if (d->n_series == 1)
        item_curve(d, b);
    else
        shop_curves(d, b);
    axis_x(d, b);
    skuai_buffer_text(b, "</div></div>");
}
