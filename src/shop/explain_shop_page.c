#include "shop/explain_page.h"

#include "shop/page_text.h"

#include <math.h>
#include <stdio.h>

/* A whole shop explained: JSON and page. */

static void put_node(const skuai_surrogate *t, size_t node, const char *name,
                     skuai_json_writer *w) {
    const skuai_surrogate_node *n = &t->nodes[node];
    char text[160];
    skuai_json_object(w, name);
    skuai_json_number(w, "times_usual", n->value);
    skuai_json_number(w, "share", n->share);
    if (n->input >= 0) {
        skuai_tree_question(t, node, false, text, sizeof text);
        skuai_json_text(w, "question", text);
        skuai_tree_question(t, node, true, text, sizeof text);
        skuai_json_text(w, "question_zh", text);
        skuai_json_text(w, "unknown", n->missing_left ? "yes" : "no");
        put_node(t, n->left, "yes", w);
        put_node(t, n->right, "no", w);
    }
    skuai_json_close(w);
}

static void put_tree(const skuai_surrogate *t, skuai_json_writer *w) {
    skuai_json_object(w, "surrogate");
    skuai_json_number(w, "fidelity", t->fidelity);
    skuai_json_number(w, "fidelity_units", t->fidelity_units);
    skuai_json_integer(w, "series", (int64_t)t->n_series);
    skuai_json_integer(w, "held_out", (int64_t)t->n_held);
    skuai_json_integer(w, "leaves", (int64_t)t->n_leaves);
    put_node(t, 0, "tree", w);
    skuai_json_close(w);
}

static void put_importance(const skuai_explain_shop *a, skuai_json_writer *w) {
    const skuai_importance *m = a->importance;
    skuai_json_array(w, "importance");
    for (size_t g = 0; g < m->n_groups; g++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "input", m->groups[g]);
        skuai_json_text(w, "name", skuai_explain_group_name(m->groups[g], false));
        skuai_json_text(w, "name_zh", skuai_explain_group_name(m->groups[g], true));
        skuai_json_number(w, "mean_share", m->mean_share[g]);
        skuai_json_number(w, "mean_units", m->mean_absolute[g]);
        skuai_json_array(w, "units");
        for (size_t s = 0; s < m->n_series; s++)
            skuai_json_number(w, NULL, m->contribution[s * m->n_groups + g]);
        skuai_json_close(w);
        skuai_json_array(w, "level");
        for (size_t s = 0; s < m->n_series; s++)
            skuai_json_number(w, NULL, m->level[s * m->n_groups + g]);
        skuai_json_close(w);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_array(w, "items");
    for (size_t s = 0; s < m->n_series; s++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "series", skuai_panel_name(a->panel, m->series[s]));
        skuai_json_number(w, "base", m->base[s]);
        skuai_json_number(w, "forecast", m->forecast[s]);
        skuai_json_number(w, "usual", m->usual[s]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

void skuai_explain_shop_json(const skuai_explain_shop *a, const char *output,
                             skuai_json_writer *w) {
    skuai_json_text(w, "model", a->model);
    skuai_json_text(w, "method", skuai_explain_method_name(a->importance->method));
    skuai_json_text(w, "output", output);
    skuai_json_integer(w, "horizon", (int64_t)a->horizon);
    skuai_json_integer(w, "series", (int64_t)a->importance->n_series);
    skuai_json_integer(w, "series_of_shop", (int64_t)a->panel->n_series);
    put_importance(a, w);
    if (a->surrogate) {
        put_tree(a->surrogate, w);
    } else {
        skuai_json_text(w, "no_surrogate", a->why_no_tree);
        skuai_json_text(w, "no_surrogate_zh", a->why_no_tree_zh);
    }
    skuai_explain_curves_json(&a->curves, w);
}

static void small_words(skuai_buffer *b, const char *english, const char *chinese) {
    skuai_buffer_text(b, "<p><small>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</small></p>");
}

static void tree_part(const skuai_explain_shop *a, skuai_buffer *b) {
    const skuai_surrogate *t = a->surrogate;
    char english[512], chinese[512];
    skuai_explain_heading(b, "A small tree in place of the model", "以小决策树近似模型");
    if (!t) {
        skuai_page_note(b, a->why_no_tree, a->why_no_tree_zh);
        return;
    }
    (void)snprintf(
        english, sizeof english,
        "The tree is fitted to the model's forecasts of %zu items and explains %.0f %% of how the "
        "model's forecasts vary over %zu others (%.0f %% in units). %s",
        t->n_series - t->n_held, 100 * t->fidelity, t->n_held, 100 * t->fidelity_units,
        t->fidelity >= 0.5 ? "What it leaves out is not in it."
                           : "That is little: it shows the coarsest lines alone.");
    (void)snprintf(
        chinese, sizeof chinese,
        "该树拟合模型对 %zu 个序列的预测，能解释模型对另外 %zu 个序列预测变化的 %.0f%%（按件数 "
        "%.0f%%）。%s",
        t->n_series - t->n_held, t->n_held, 100 * t->fidelity, 100 * t->fidelity_units,
        t->fidelity >= 0.5 ? "未解释的部分不在树中。" : "该比例偏低，只反映最粗的规律。");
    skuai_buffer_text(b, "<p>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</p>");
    skuai_plot_tree(t, b);
}

void skuai_explain_shop_page(const skuai_explain_shop *a, skuai_buffer *b) {
    char english[512], chinese[512];
    skuai_page_begin(b, a->model, "What the forecasts of the shop rest on", "全店预测的依据");
    skuai_plot_style(b);
    (void)snprintf(
        english, sizeof english,
        "%zu of %zu series, forecasts of the next %zu periods. A dot is an item: what "
        "the inputs add to its forecast, as a share of what it usually sells (those far out "
        "stand at the edge); at the right the mean size.",
        a->importance->n_series, a->panel->n_series, a->horizon);
    (void)snprintf(
        chinese, sizeof chinese,
        "%zu 个序列（全店 %zu 个），预测未来 %zu 期。每点为一个商品：该组输入对其预测的贡献占"
        "平常销量的比例（过远者置于边缘）；右侧为平均大小。",
        a->importance->n_series, a->panel->n_series, a->horizon);
    skuai_buffer_text(b, "<p>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</p>");
    skuai_plot_swarm(a->importance, b);
    tree_part(a, b);
    if (a->curves.n > 0) {
        skuai_explain_heading(b, "Partial dependence", "部分依赖");
        skuai_explain_curves_page(&a->curves, b);
        small_words(
            b,
            "How forecasts change, as a share of what each item usually sells, when one "
            "input takes these values over the whole horizon and all else stays: a thin "
            "line an item, their mean thick.",
            "一个输入在整个预测期取这些值、其余不变时，各商品预测的变化（占平常销量的比例）："
            "细线为单个商品，粗线为平均。");
    }
    small_words(
        b,
        "All of this is what the model rests on: what went together in the past. What a "
        "price or a promotion does is measured by skua cause.",
        "以上均为模型的依据，即过去同时出现的情况。价格与促销的真实影响由 skua cause 估计。");
    skuai_page_end(b);
}
