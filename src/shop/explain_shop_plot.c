#include "shop/explain_plot.h"

#include "shop/page_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Plots over many items: the beeswarm and the tree. */

enum { WIDE = 1000, HIGH = 60, BINS = 140, DOTS = 500 };

/* -- Beeswarm -----------------------------------------------------------------------------------
 */

/* Blue where inputs are low, orange where they are high, grey between and where nobody knows. */
static void colour_of(double level, char *text, size_t size) {
    static const int low[] = {0x00, 0x72, 0xb2}, middle[] = {0x9a, 0xa0, 0xa8},
                     high[] = {0xe6, 0x9f, 0x00};
    double z = isfinite(level) ? fmax(-1, fmin(1, level / 2)) : 0;
    const int *end = z < 0 ? low : high;
    int c[3];
    for (int i = 0; i < 3; i++)
        c[i] = (int)lround(middle[i] + fabs(z) * (end[i] - middle[i]));
    (void)snprintf(text, size, "#%02x%02x%02x", (unsigned)c[0], (unsigned)c[1], (unsigned)c[2]);
}

/* Where 95 of 100 contributions lie, as a share of the usual sales; zero is inside. */
static void range_of(const skuai_importance *m, double *low, double *high) {
    double most = 0;
    size_t n = m->n_series * m->n_groups, counts[2][201] = {{0}};
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(m->contribution[i] / m->usual[i / m->n_groups]));
    if (!(most > 0)) most = 1;
    for (size_t i = 0; i < n; i++) {
        double x = m->contribution[i] / m->usual[i / m->n_groups];
        counts[x < 0][(size_t)(200 * fabs(x) / most)]++;
    }
    for (int side = 0; side < 2; side++) {
        size_t left = n / 40, at = 200;
        while (at > 0 && counts[side][at] <= left)
            left -= counts[side][at--];
        *(side ? low : high) = (side ? -1 : 1) * most * (double)(at + 1) / 200;
    }
}

static void dots(const skuai_importance *m, size_t g, double low, double high, skuai_buffer *b) {
    size_t filled[BINS + 1] = {0}, tallest = 1;
    for (size_t s = 0; s < m->n_series && s < DOTS; s++) {
        double x = m->contribution[s * m->n_groups + g] / m->usual[s];
        x = (fmax(low, fmin(high, x)) - low) / (high - low);
        size_t *in = &filled[(size_t)(x * BINS)];
        if (++*in > tallest) tallest = *in;
    }
    double step = fmin(6, (double)(HIGH - 8) / (double)tallest);
    memset(filled, 0, sizeof filled);
    for (size_t s = 0; s < m->n_series && s < DOTS; s++) {
        double x = m->contribution[s * m->n_groups + g] / m->usual[s];
        char colour[16];
        x = (fmax(low, fmin(high, x)) - low) / (high - low);
        size_t k = filled[(size_t)(x * BINS)]++; /* above and below by turns */
        size_t row = (k + 1) / 2;
        double y = HIGH / 2.0 + (k % 2 ? 1 : -1) * (double)row * step;
        colour_of(m->level[s * m->n_groups + g], colour, sizeof colour);
        skuai_buffer_format(b, "<path d=\"M%.0f %.1fh0\" stroke=\"%s\"/>", x * WIDE, y, colour);
    }
}

void skuai_plot_swarm(const skuai_importance *m, skuai_buffer *b) {
    double low = 0, high = 0;
    range_of(m, &low, &high);
    double zero = -low / (high - low) * WIDE;
    skuai_buffer_text(b, "<div class=\"swarm\">");
    for (size_t g = 0; g < m->n_groups; g++) {
        skuai_buffer_text(b, "<span class=\"n\">");
        skuai_page_words(b, skuai_explain_group_name(m->groups[g], false),
                         skuai_explain_group_name(m->groups[g], true));
        skuai_buffer_format(b,
                            "</span><div><svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
                            "role=\"img\" stroke-width=\"6\" stroke-linecap=\"round\" "
                            "stroke-opacity=\".8\"><line class=\"axis\" stroke-width=\"1\" "
                            "x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\"/>",
                            WIDE, HIGH, zero, zero, HIGH);
        dots(m, g, low, high, b);
        skuai_buffer_format(b, "</svg></div><span class=\"n\">%.1f %%</span>",
                            100 * m->mean_share[g]);
    }
    skuai_buffer_format(b,
                        "<span></span><div class=\"x\" style=\"display:flex;justify-content:"
                        "space-between\"><small>%+.0f %%</small><small>%+.0f %%</small></div>"
                        "<span></span></div><div class=\"legend\"><span><i "
                        "style=\"background:#0072b2\"></i>",
                        100 * low, 100 * high);
    skuai_page_words(b, "input low for the item", "该商品的输入偏低");
    skuai_buffer_text(b, "</span><span><i style=\"background:#9aa0a8\"></i>");
    skuai_page_words(b, "ordinary, or no single input", "通常，或无单一输入");
    skuai_buffer_text(b, "</span><span><i style=\"background:#e69f00\"></i>");
    skuai_page_words(b, "high", "偏高");
    skuai_buffer_text(b, "</span></div>");
}

/* -- The tree -----------------------------------------------------------------------------------
 */

static const char *chinese_name(const char *name) {
    static const char *const names[][2] = {{"last season", "上一季节周期销量"},
                                           {"same period a season ago", "上一周期同期"},
                                           {"same period of four seasons", "近四个周期同期"},
                                           {"same time last year", "去年同期"},
                                           {"periods without a sale", "无销售时期占比"},
                                           {"periods ahead", "预测距离（期）"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i][0]) == 0) return names[i][1];
    return skuai_explain_group_name(name, true);
}

/* Prices are over their own mean, sales over the usual ones. */
static const char *over(const skuai_surrogate_input *i, bool chinese) {
    if (!i->relative) return "";
    bool price = strcmp(skuai_input_group(i->name), "price") == 0;
    if (chinese) return price ? " ÷ 自身均价" : " ÷ 平常销量";
    return price ? " / own mean" : " / usual sales";
}

void skuai_tree_question(const skuai_surrogate *t, size_t node, bool zh, char *text, size_t size) {
    const skuai_surrogate_node *n = &t->nodes[node];
    const skuai_surrogate_input *i = &t->inputs[n->input];
    const char *name = zh ? chinese_name(i->name) : skuai_explain_group_name(i->name, false);
    if (isinf(n->cut))
        (void)snprintf(text, size, zh ? "%s%s 已知" : "%s%s is known", name, over(i, zh));
    else
        (void)snprintf(text, size, "%s%s <= %.3g", name, over(i, zh), n->cut);
}

static void put_node(const skuai_surrogate *t, size_t node, skuai_buffer *b) {
    const skuai_surrogate_node *n = &t->nodes[node];
    char english[160], chinese[160];
    if (n->input < 0) {
        (void)snprintf(english, sizeof english, "%.2f times the usual sales", n->value);
        (void)snprintf(chinese, sizeof chinese, "平常销量的 %.2f 倍", n->value);
        skuai_buffer_text(b, "<b>");
        skuai_page_words(b, english, chinese);
        skuai_buffer_format(b, "</b> <small>%.0f %%</small>", 100 * n->share);
        return;
    }
    skuai_tree_question(t, node, false, english, sizeof english);
    skuai_tree_question(t, node, true, chinese, sizeof chinese);
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "<ul>");
    for (int side = 0; side < 2; side++) {
        skuai_buffer_text(b, "<li><small>");
        skuai_page_words(b, side ? "no" : "yes", side ? "否" : "是");
        skuai_buffer_text(b, "</small> ");
        put_node(t, side ? n->right : n->left, b); /* at most 64 levels: children stand behind */
        skuai_buffer_text(b, "</li>");
    }
    skuai_buffer_text(b, "</ul>");
}

void skuai_plot_tree(const skuai_surrogate *t, skuai_buffer *b) {
    skuai_buffer_text(b, "<div class=\"tree\">");
    put_node(t, 0, b);
    skuai_buffer_text(b, "</div>");
}
