#include "cause/causal_graph.h"

#include "core/json.h"

#include <math.h>
#include <stdio.h>

skua_status skuai_causal_graph_new(size_t n, size_t lags, const char *const *names,
                                   skuai_causal_graph **out, skua_error *err) {
    skuai_causal_graph *g = skuai_zero(1, sizeof *g);
    size_t cells = n * n * (lags + 1);
    if (g) {
        g->n = n;
        g->lags = lags;
        g->names = skuai_zero(n, sizeof *g->names);
        g->value = skuai_zero(cells, sizeof *g->value);
        g->p = skuai_zero(cells, sizeof *g->p);
        g->link = skuai_zero(cells, sizeof *g->link);
        g->lag0 = skuai_zero(n * n, 1);
        g->confidence = skuai_zero(cells, sizeof *g->confidence);
    }
    if (!g || !g->names || !g->value || !g->p || !g->link || !g->lag0 || !g->confidence) {
        skuai_causal_graph_free(g);
        return skuai_error_memory(err, "a causal graph");
    }
    for (size_t i = 0; i < n; i++)
        if (!(g->names[i] = skuai_text_copy(names ? names[i] : ""))) {
            skuai_causal_graph_free(g);
            return skuai_error_memory(err, "a causal graph");
        }
    *out = g;
    return SKUA_OK;
}

void skuai_causal_graph_free(skuai_causal_graph *g) {
    if (!g) return;
    for (size_t i = 0; g->names && i < g->n; i++)
        skuai_free(g->names[i]);
    skuai_free(g->names);
    skuai_free(g->value);
    skuai_free(g->p);
    skuai_free(g->link);
    skuai_free(g->lag0);
    skuai_free(g->confidence);
    skuai_free(g);
}

/* Whether (i, j, lag) is a link to be told: lag 0 once, from the cause where that is known. */
static bool told(const skuai_causal_graph *g, size_t i, size_t j, size_t lag) {
    unsigned char lag0 = g->lag0[i * g->n + j];
    bool once = lag0 == SKUAI_LAG0_FORWARD || (lag0 != SKUAI_LAG0_BACKWARD && i < j);
    return g->link[skuai_causal_at(g, i, j, lag)] && (lag > 0 || once);
}

static bool is_directed(const skuai_causal_graph *g, size_t i, size_t j, size_t lag) {
    return lag > 0 || g->lag0[i * g->n + j] == SKUAI_LAG0_FORWARD;
}

void skuai_causal_graph_json(const skuai_causal_graph *g, skuai_buffer *buffer) {
    skuai_json_writer w;
    skuai_json_begin(&w, buffer);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "method", g->method);
    skuai_json_text(&w, "test", g->test);
    skuai_json_number(&w, "alpha", g->alpha);
    skuai_json_integer(&w, "periods", (int64_t)g->n_rows);
    skuai_json_integer(&w, "tests", (int64_t)g->n_tests);
    skuai_json_array(&w, "variables");
    for (size_t i = 0; i < g->n; i++)
        skuai_json_text(&w, NULL, g->names[i]);
    skuai_json_close(&w);
    skuai_json_array(&w, "links");
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < g->n; j++)
            for (size_t lag = 0; lag <= g->lags; lag++) {
                size_t at = skuai_causal_at(g, i, j, lag);
                if (!told(g, i, j, lag)) continue;
                skuai_json_object(&w, NULL);
                skuai_json_text(&w, "from", g->names[i]);
                skuai_json_text(&w, "to", g->names[j]);
                skuai_json_integer(&w, "lag", (int64_t)lag);
                skuai_json_bool(&w, "directed", is_directed(g, i, j, lag));
                if (lag == 0 && g->lag0[i * g->n + j] == SKUAI_LAG0_CONFLICT)
                    skuai_json_bool(&w, "conflict", true);
                skuai_json_number(&w, "value", g->value[at]);
                skuai_json_number(&w, "p", g->p[at]);
                skuai_json_number(&w, "confidence", g->confidence[at]);
                skuai_json_close(&w);
            }
    skuai_json_close(&w);
    skuai_json_close(&w);
}

/* A text inside double quotes of DOT. */
static void dot_text(skuai_buffer *b, const char *text) {
    skuai_buffer_text(b, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') skuai_buffer_text(b, "\\");
        skuai_buffer_add(b, text, 1);
    }
    skuai_buffer_text(b, "\"");
}

void skuai_causal_graph_dot(const skuai_causal_graph *g, skuai_buffer *b) {
    skuai_buffer_text(b, "digraph causes {\n  node [shape=ellipse];\n");
    for (size_t i = 0; i < g->n; i++) {
        skuai_buffer_text(b, "  ");
        dot_text(b, g->names[i]);
        skuai_buffer_text(b, ";\n");
    }
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < g->n; j++)
            for (size_t lag = 0; lag <= g->lags; lag++) {
                double value = g->value[skuai_causal_at(g, i, j, lag)];
                if (!told(g, i, j, lag)) continue;
                skuai_buffer_text(b, "  ");
                dot_text(b, g->names[i]);
                skuai_buffer_text(b, " -> ");
                dot_text(b, g->names[j]);
                skuai_buffer_format(b, " [label=\"%zu\", penwidth=%.2f, color=\"%s\"%s];\n", lag,
                                    0.5 + 4 * fabs(value), value < 0 ? "firebrick" : "steelblue",
                                    is_directed(g, i, j, lag) ? "" : ", dir=none, style=dashed");
            }
    skuai_buffer_text(b, "}\n");
}

/* A text inside an element of XML. */
static void xml_text(skuai_buffer *b, const char *text) {
    for (; *text; text++) {
        const char *as = *text == '<'   ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '&' ? "&amp;"
                                        : NULL;
        if (as)
            skuai_buffer_text(b, as);
        else
            skuai_buffer_add(b, text, 1);
    }
}

enum { SIZE = 640, RADIUS = 225, NODE = 15 };

static void place(size_t i, size_t n, double radius, double *x, double *y) {
    double angle = 2 * 3.14159265358979 * (double)i / (double)n - 1.5707963;
    *x = SIZE / 2.0 + radius * cos(angle);
    *y = SIZE / 2.0 + radius * sin(angle);
}

/* The arrow from i to j with the lags at which it stands; the strongest gives width and colour. */
static void svg_pair(const skuai_causal_graph *g, size_t i, size_t j, skuai_buffer *b) {
    double strongest = 0, x1, y1, x2, y2;
    char lags[64] = "";
    size_t used = 0;
    bool directed = false;
    for (size_t lag = 0; lag <= g->lags; lag++) {
        double value = g->value[skuai_causal_at(g, i, j, lag)];
        if (!told(g, i, j, lag)) continue;
        if (fabs(value) > fabs(strongest)) strongest = value;
        directed = directed || is_directed(g, i, j, lag);
        int n = snprintf(lags + used, sizeof lags - used, "%s%zu", used ? "," : "", lag);
        if (n > 0 && (size_t)n < sizeof lags - used) used += (size_t)n;
    }
    if (strongest == 0 || i == j) return;
    place(i, g->n, RADIUS, &x1, &y1);
    place(j, g->n, RADIUS, &x2, &y2);
    double dx = x2 - x1, dy = y2 - y1, d = sqrt(dx * dx + dy * dy);
    double bend = directed ? 0.12 : 0, cx = (x1 + x2) / 2 - bend * dy,
           cy = (y1 + y2) / 2 + bend * dx;
    x1 += NODE * dx / d, y1 += NODE * dy / d;
    x2 -= (NODE + 4) * dx / d, y2 -= (NODE + 4) * dy / d;
    const char *colour = strongest < 0 ? "#c0504d" : "#3b7dbd";
    skuai_buffer_format(b,
                        "<path d=\"M%.1f %.1f Q%.1f %.1f %.1f %.1f\" fill=\"none\" stroke=\"%s\" "
                        "stroke-width=\"%.2f\"%s%s/>",
                        x1, y1, cx, cy, x2, y2, colour, 0.8 + 4 * fabs(strongest),
                        directed ? (strongest < 0 ? " marker-end=\"url(#skua-down)\""
                                                  : " marker-end=\"url(#skua-up)\"")
                                 : " stroke-dasharray=\"4 3\"",
                        "");
    skuai_buffer_format(b,
                        "<text x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"middle\" "
                        "fill=\"currentColor\">%s</text>",
                        (x1 + x2 + 2 * cx) / 4, (y1 + y2 + 2 * cy) / 4 - 3, lags);
}

void skuai_causal_graph_svg(const skuai_causal_graph *g, skuai_buffer *b) {
    skuai_buffer_format(b,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                        "role=\"img\" font-family=\"sans-serif\"><defs>",
                        SIZE, SIZE);
    static const char *const ends[2][2] = {{"skua-up", "#3b7dbd"}, {"skua-down", "#c0504d"}};
    for (size_t k = 0; k < 2; k++)
        skuai_buffer_format(b,
                            "<marker id=\"%s\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" "
                            "markerUnits=\"userSpaceOnUse\" markerWidth=\"10\" markerHeight=\"10\" "
                            "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"%s\"/></marker>",
                            ends[k][0], ends[k][1]);
    skuai_buffer_text(b, "</defs>");
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < g->n; j++)
            svg_pair(g, i, j, b);
    for (size_t i = 0; i < g->n; i++) {
        double x, y, tx, ty;
        bool own = false;
        for (size_t lag = 1; lag <= g->lags; lag++)
            own = own || told(g, i, i, lag);
        place(i, g->n, RADIUS, &x, &y);
        place(i, g->n, RADIUS + 2 * NODE, &tx, &ty);
        const char *anchor = tx < x - 5 ? "end" : tx > x + 5 ? "start" : "middle";
        skuai_buffer_format(b,
                            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\" "
                            "fill-opacity=\"0.35\" stroke=\"currentColor\"/>"
                            "<text x=\"%.1f\" y=\"%.1f\" font-size=\"13\" text-anchor=\"%s\" "
                            "fill=\"currentColor\">",
                            x, y, NODE, own ? "#3b7dbd" : "none", tx, ty + 4, anchor);
        xml_text(b, g->names[i]);
        skuai_buffer_text(b, "</text>");
    }
    skuai_buffer_text(b, "</svg>");
}
