#include "shop/explain_page.h"

#include "shop/page_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INPUTS_SHOWN = 12 };

static double total(const double *x, size_t n) {
    double sum = 0;
    for (size_t h = 0; h < n; h++)
        sum += x[h];
    return sum;
}

static void put_array(skuai_json_writer *w, const char *name, const double *x, size_t n) {
    skuai_json_array(w, name);
    for (size_t h = 0; h < n; h++)
        skuai_json_number(w, NULL, x[h]);
    skuai_json_close(w);
}

static const char *period(const skuai_explain_answer *a, size_t h, char *text) {
    return skuai_period_text(&a->panel->grid, skuai_panel_end(a->panel, a->series) + (int64_t)h,
                             text);
}

/* Inputs of a model that spoke for itself, by the size of what they add over the horizon; how many
 * of them go into order [most]. */
static size_t order_inputs(const skuai_contributions *c, size_t most, size_t *order, double *sum) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_inputs; i++) {
        double x = total(c->value + i * c->horizon, c->horizon);
        size_t at = n < most ? n : most;
        while (at > 0 && fabs(sum[at - 1]) < fabs(x))
            at--;
        if (at == most) continue;
        if (n < most) n++;
        for (size_t k = n - 1; k > at; k--) {
            order[k] = order[k - 1];
            sum[k] = sum[k - 1];
        }
        order[at] = i;
        sum[at] = x;
    }
    return n;
}

static void put_inputs(const skuai_contributions *c, skuai_json_writer *w) {
    size_t order[INPUTS_SHOWN];
    double sum[INPUTS_SHOWN];
    size_t n = order_inputs(c, INPUTS_SHOWN, order, sum);
    skuai_json_array(w, "inputs");
    for (size_t k = 0; k < n; k++) {
        skuai_json_object(w, NULL);
        const skuai_input *input = &c->inputs[order[k]];
        char name[2 * SKUAI_INPUT_NAME];
        skuai_json_text(w, "input", input->name);
        skuai_explain_input_name(input, false, name, sizeof name);
        skuai_json_text(w, "name", name);
        skuai_explain_input_name(input, true, name, sizeof name);
        skuai_json_text(w, "name_zh", name);
        skuai_json_text(w, "group", input->group);
        skuai_json_number(w, "units", sum[k]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

static void put_lime(const skuai_lime *l, skuai_json_writer *w) {
    skuai_json_object(w, "line");
    skuai_json_number(w, "intercept", l->intercept);
    skuai_json_number(w, "said", l->said);
    skuai_json_integer(w, "inputs", (int64_t)l->n_features);
    skuai_json_integer(w, "perturbations", (int64_t)l->n_samples);
    skuai_json_number(w, "kernel_width", l->kernel_width);
    skuai_json_array(w, "terms");
    for (size_t i = 0; i < l->n_terms; i++) {
        const skuai_lime_term *t = &l->terms[i];
        skuai_json_object(w, NULL);
        skuai_json_text(w, "input", t->name);
        skuai_json_text(w, "name_zh", t->chinese);
        skuai_json_number(w, "coefficient", t->coefficient);
        skuai_json_number(w, "planned", t->planned);
        skuai_json_number(w, "ordinary", t->ordinary);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_close(w);
}

static void put_occlusion(const skuai_occlusion *o, const char *name, skuai_json_writer *w) {
    if (!o->looked && !o->why[0]) return; /* the shop has no such vectors */
    skuai_json_object(w, name);
    if (!o->looked) {
        skuai_json_text(w, "left_out", o->why);
        skuai_json_text(w, "left_out_zh", o->why_zh);
        skuai_json_close(w);
        return;
    }
    skuai_json_bool(w, "used", o->used);
    skuai_json_number(w, "forecast", o->forecast);
    skuai_json_number(w, "if_unknown", o->without);
    if (o->reworded) skuai_json_number(w, "if_reworded", o->other);
    skuai_json_integer(w, "not_looked_at", (int64_t)o->more);
    skuai_json_array(w, "parts");
    for (size_t i = 0; i < o->n; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "part", o->parts[i].name);
        skuai_json_number(w, "units", o->parts[i].units);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_close(w);
}

static void put_curve(const skuai_dependence *d, skuai_json_writer *w) {
    skuai_json_object(w, NULL);
    skuai_json_text(w, "input", d->name);
    skuai_json_text(w, "name", skuai_explain_group_name(d->name, false));
    skuai_json_text(w, "name_zh", skuai_explain_group_name(d->name, true));
    skuai_json_text(w, "grid_is", d->relative ? "times planned" : "value");
    skuai_json_bool(w, "used", d->most > 1e-9);
    put_array(w, "grid", d->grid, d->n_grid);
    put_array(w, "share", d->share, d->n_grid);
    if (d->n_series == 1) {
        skuai_json_number(w, "planned", d->planned[0]);
        skuai_json_number(w, "planned_at", d->at[0]);
        put_array(w, "mean", d->value, d->n_grid);
        put_array(w, "low", d->low, d->n_grid);
        put_array(w, "high", d->high, d->n_grid);
        skuai_json_array(w, "seen");
        for (size_t g = 0; g < d->n_grid; g++)
            skuai_json_bool(w, NULL, d->seen[g]);
        skuai_json_close(w);
    } else {
        skuai_json_array(w, "items");
        for (size_t s = 0; s < d->n_series; s++)
            put_array(w, NULL, d->value + s * d->n_grid, d->n_grid);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

void skuai_explain_curves_json(const skuai_explain_curves *curves, skuai_json_writer *w) {
    skuai_json_array(w, "dependence");
    for (size_t i = 0; i < curves->n; i++)
        put_curve(curves->items[i], w);
    skuai_json_close(w);
}

static void put_contributions(const skuai_explanation *e, skuai_json_writer *w) {
    size_t order[SKUAI_EXPLAIN_GROUPS];
    double sum[SKUAI_EXPLAIN_GROUPS];
    skuai_explain_order(e, order, sum);
    skuai_json_array(w, "contributions");
    for (size_t i = 0; i < e->n_groups; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "input", e->groups[order[i]]);
        skuai_json_text(w, "name", skuai_explanation_group(e, order[i], false));
        skuai_json_text(w, "name_zh", skuai_explanation_group(e, order[i], true));
        skuai_json_number(w, "units", sum[order[i]]);
        put_array(w, "by_period", e->contribution + order[i] * e->horizon, e->horizon);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    if (e->own) put_inputs(e->own, w);
    if (e->lime) put_lime(e->lime, w);
}

void skuai_explain_json(const skuai_explain_answer *a, const char *output, skuai_json_writer *w) {
    const skuai_explanation *e = a->explanation;
    char text[1024], date[SKUAI_PERIOD_TEXT_SIZE];
    skuai_json_text(w, "series", skuai_panel_name(a->panel, a->series));
    skuai_json_integer(w, "series_of_item", (int64_t)a->n_of_item);
    skuai_json_text(w, "model", a->model);
    skuai_json_text(w, "method", skuai_explain_method_name(e->method));
    skuai_json_text(w, "output", output);
    skuai_explain_sentence(e, false, text, sizeof text);
    skuai_json_text(w, "sentence", text);
    skuai_explain_sentence(e, true, text, sizeof text);
    skuai_json_text(w, "sentence_zh", text);
    skuai_json_text(w, "first", period(a, 0, date));
    skuai_json_integer(w, "horizon", (int64_t)e->horizon);
    skuai_json_number(w, "forecast", total(e->forecast, e->horizon));
    skuai_json_number(w, "base", total(e->base, e->horizon));
    skuai_json_number(w, "fidelity", e->fidelity);
    skuai_json_integer(w, "calls", (int64_t)e->n_calls);
    skuai_json_integer(w, "gradients", (int64_t)e->n_gradients);
    put_contributions(e, w);
    put_array(w, "base_by_period", e->base, e->horizon);
    put_array(w, "forecast_by_period", e->forecast, e->horizon);
    put_array(w, "before_by_period", e->before, e->horizon);
    skuai_json_array(w, "what_if");
    for (size_t i = 0; i < a->n_questions; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "question", a->questions[i].english);
        skuai_json_text(w, "question_zh", a->questions[i].chinese);
        skuai_json_number(w, "mean", a->questions[i].answer.mean);
        skuai_json_number(w, "low", a->questions[i].answer.low);
        skuai_json_number(w, "high", a->questions[i].answer.high);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_explain_curves_json(&a->curves, w);
    put_occlusion(&a->text, "words", w);
    put_occlusion(&a->image, "regions", w);
}

/* -- The page ------------------------------------------------------------------------------------
 */

void skuai_explain_heading(skuai_buffer *b, const char *english, const char *chinese) {
    skuai_buffer_text(b, "<h2>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</h2>");
}

static void what_if(const skuai_explain_answer *a, skuai_buffer *b) {
    if (a->n_questions == 0) return;
    skuai_explain_heading(b, "What the model says if", "若改变条件，模型认为");
    skuai_buffer_text(b, "<table><tbody>");
    for (size_t i = 0; i < a->n_questions; i++) {
        const skuai_explain_question *q = &a->questions[i];
        skuai_buffer_text(b, "<tr><td>");
        skuai_page_words(b, q->english, q->chinese);
        skuai_buffer_format(b, "</td><td class=\"n\">%.1f <small>[%.1f, %.1f]</small></td></tr>",
                            q->answer.mean, q->answer.low, q->answer.high);
    }
    skuai_buffer_text(b, "</tbody></table><p><small>");
    skuai_page_words(
        b,
        "These are the model's forecasts, which follow what went together in the past. "
        "What a price does is measured by skua cause.",
        "这是模型的预测，反映过去同时出现的情况。价格的真实影响由 skua cause 估计。");
    skuai_buffer_text(b, "</small></p>");
}

/* Which columns, for those who know the model. */
static void inputs_table(const skuai_explanation *e, skuai_buffer *b) {
    size_t order[INPUTS_SHOWN];
    double sum[INPUTS_SHOWN];
    char english[2 * SKUAI_INPUT_NAME], chinese[2 * SKUAI_INPUT_NAME];
    if (!e->own) return;
    size_t n = order_inputs(e->own, INPUTS_SHOWN, order, sum);
    skuai_explain_heading(b, "The inputs that add most", "贡献最大的输入");
    skuai_buffer_text(b, "<table><tbody>");
    for (size_t k = 0; k < n; k++) {
        const skuai_input *input = &e->own->inputs[order[k]];
        skuai_buffer_text(b, "<tr><td>");
        skuai_explain_input_name(input, false, english, sizeof english);
        skuai_explain_input_name(input, true, chinese, sizeof chinese);
        skuai_page_words(b, english, chinese);
        skuai_buffer_text(b, "</td><td>");
        skuai_page_words(b, skuai_explain_group_name(input->group, false),
                         skuai_explain_group_name(input->group, true));
        skuai_buffer_format(b, "</td><td class=\"n\">%+.2f</td></tr>", sum[k]);
    }
    skuai_buffer_text(b, "</tbody></table>");
}

static void small_words(skuai_buffer *b, const char *english, const char *chinese) {
    skuai_buffer_text(b, "<p><small>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</small></p>");
}

/* The terms of LIME's line. */
static void line_table(const skuai_lime *l, skuai_buffer *b) {
    if (!l) return;
    skuai_explain_heading(b, "The line around this forecast", "该预测附近的直线");
    skuai_buffer_text(b, "<table><thead><tr><th></th><th class=\"n\">");
    skuai_page_words(b, "units per 1", "每 1 对应件数");
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "ordinary", "通常");
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "planned", "按计划");
    skuai_buffer_text(b, "</th></tr></thead><tbody>");
    for (size_t i = 0; i < l->n_terms; i++) {
        const skuai_lime_term *t = &l->terms[i];
        skuai_buffer_text(b, "<tr><td>");
        skuai_page_words(b, t->name, t->chinese);
        skuai_buffer_format(b,
                            "</td><td class=\"n\">%+.3g</td><td class=\"n\">%.4g</td>"
                            "<td class=\"n\">%.4g</td></tr>",
                            t->coefficient, t->ordinary, t->planned);
    }
    skuai_buffer_text(b, "</tbody></table>");
}

void skuai_explain_curves_page(const skuai_explain_curves *curves, skuai_buffer *b) {
    skuai_buffer_text(b, "<div class=\"curves\">");
    for (size_t i = 0; i < curves->n; i++)
        skuai_plot_dependence(curves->items[i], b);
    skuai_buffer_text(b, "</div>");
}

static void curves_of(const skuai_explain_answer *a, skuai_buffer *b) {
    if (a->curves.n == 0) return;
    skuai_explain_heading(b, "The forecast along one input", "随单一输入变化的预测");
    skuai_explain_curves_page(&a->curves, b);
    small_words(b,
                "All else stays as planned; units over the horizon, the band from the 10 % to the "
                "90 % quantile, the dotted line as planned. Dashed: values that the item never "
                "had, where a model guesses.",
                "其余输入按计划不变；纵轴为预测期内件数，阴影为 10% 至 90% 分位，点线为按计划。"
                "虚线：该商品从未有过的取值，模型只是推测。");
}

/* Each word on a ground whose strength is what the forecast has less without it. */
static void words_of(const skuai_occlusion *o, skuai_buffer *b) {
    double most = 1e-9;
    for (size_t i = 0; i < o->n; i++)
        most = fmax(most, fabs(o->parts[i].units));
    skuai_buffer_text(b, "<p>");
    for (size_t i = 0; i < o->n; i++) {
        double x = o->parts[i].units;
        skuai_buffer_format(b,
                            "<mark style=\"background:color-mix(in srgb,var(--%s) %.0f%%,"
                            "transparent)\" title=\"%+.3g\">",
                            x < 0 ? "down" : "up", 70 * fabs(x) / most, x);
        skuai_page_escape(b, o->parts[i].name);
        skuai_buffer_format(b, "</mark> ");
    }
    skuai_buffer_text(b, "</p>");
}

static void regions_of(const skuai_occlusion *o, skuai_buffer *b) {
    double most = 1e-9;
    for (size_t i = 0; i < o->n; i++)
        most = fmax(most, fabs(o->parts[i].units));
    skuai_buffer_format(b, "<div class=\"grid\" style=\"grid-template-columns:repeat(%d,1fr)",
                        SKUAI_OCCLUSION_GRID);
    if (o->picture) {
        skuai_buffer_text(b, ";background-image:url(");
        skuai_buffer_text(b, o->picture);
        skuai_buffer_text(b, ")");
    }
    skuai_buffer_text(b, "\">");
    for (size_t i = 0; i < o->n; i++) {
        double x = o->parts[i].units;
        skuai_buffer_format(b,
                            "<span style=\"background:color-mix(in srgb,var(--%s) %.0f%%,"
                            "transparent)\"><b>%+.2g</b></span>",
                            x < 0 ? "down" : "up", 75 * fabs(x) / most, x);
    }
    skuai_buffer_text(b, "</div>");
}

static void occlusion(const skuai_occlusion *o, bool words, skuai_buffer *b) {
    char english[512], chinese[512];
    if (!o->looked && !o->why[0]) return;
    if (words)
        skuai_explain_heading(b, "The words", "文字");
    else
        skuai_explain_heading(b, "The picture", "图片");
    if (!o->looked) {
        skuai_page_note(b, o->why, o->why_zh);
        return;
    }
    if (!o->used) {
        small_words(b,
                    words ? "The model does not use the words: its forecast stays the same "
                            "without any of them."
                          : "The model does not use the picture: its forecast stays the same "
                            "without any part of it.",
                    words ? "模型不使用文字：去掉任何词，预测不变。"
                          : "模型不使用图片：遮住任何部分，预测不变。");
        return;
    }
    if (words)
        words_of(o, b);
    else
        regions_of(o, b);
    (void)snprintf(english, sizeof english,
                   "Blue: the forecast of %.1f units would be lower without it, red: higher; "
                   "%+.2g at most here. If nothing were known of the %s, %.1f.",
                   o->forecast, skuai_occlusion_most(o), words ? "words" : "picture", o->without);
    (void)snprintf(chinese, sizeof chinese,
                   "蓝：去掉后预测（%.1f 件）会更低，红：会更高；此处最多 %+.2g。若%s未知：%.1f。",
                   o->forecast, skuai_occlusion_most(o), words ? "文字" : "图片", o->without);
    small_words(b, english, chinese);
    if (!o->reworded) return;
    (void)snprintf(english, sizeof english, "With the other words: %.1f units.", o->other);
    (void)snprintf(chinese, sizeof chinese, "换用所给文字：%.1f 件。", o->other);
    skuai_buffer_text(b, "<p>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</p>");
}

/* How the numbers were found. */
static void lime_words(const skuai_explanation *e, char *english, char *chinese, size_t size) {
    (void)snprintf(english, size,
                   "LIME: a line of %zu of %zu inputs through %zu perturbed forecasts, near ones "
                   "weighing most. It explains %.0f %% of how perturbations held out move the "
                   "forecast; it says %.1f where the model says %.1f, and the difference is told "
                   "as a step of its own. %s",
                   e->lime->n_terms, e->lime->n_features, e->lime->n_samples, 100 * e->fidelity,
                   e->lime->said, e->lime->forecast,
                   e->fidelity >= 0.8 ? "" : "That is little: do not lean on the line.");
    (void)snprintf(
        chinese, size,
        "LIME：从 %zu 个输入中选出 %zu 个，对 %zu 次扰动的预测拟合直线，近者权重大。它解释了"
        "留出扰动中预测变动的 %.0f%%；直线给出 %.1f，模型给出 %.1f，其差单列。%s",
        e->lime->n_features, e->lime->n_terms, e->lime->n_samples, 100 * e->fidelity, e->lime->said,
        e->lime->forecast, e->fidelity >= 0.8 ? "" : "该比例偏低，不宜依赖此直线。");
}

static void method_words(const skuai_explanation *e, char *english, char *chinese, size_t size) {
    if (e->lime) {
        lime_words(e, english, chinese, size);
        return;
    }
    if (e->n_gradients > 0) {
        (void)snprintf(english, size,
                       "Integrated gradients: the model's own gradients at %zu places on the way "
                       "from ordinary times to what is planned. They account for %.1f %% of what "
                       "moves; the rest is shared out, so that they sum to the forecast exactly. "
                       "Ordinary times are windows drawn from this series' own past.",
                       e->n_gradients, 100 * e->fidelity);
        (void)snprintf(chinese, size,
                       "积分梯度：从通常情况到计划的路径上取 %zu "
                       "处，用模型自身的梯度累加，已说明变动的 %.1f%%；其余按比例分摊，使其和恰为"
                       "预测。“通常情况”取自该序列自身的历史窗口。",
                       e->n_gradients, 100 * e->fidelity);
        return;
    }
    if (e->method == SKUAI_EXPLAIN_GRADIENT) {
        (void)snprintf(english, size,
                       "Integrated gradients: from ordinary times to what is planned in small "
                       "steps; they sum to the forecast exactly. Ordinary times are windows drawn "
                       "from this series' own past.");
        (void)snprintf(chinese, size,
                       "积分梯度：从通常情况到计划，逐小步累加，其和恰为预测。“通常情况”取自该序列"
                       "自身的历史窗口。");
        return;
    }
    if (e->method == SKUAI_EXPLAIN_OWN) {
        (void)snprintf(english, size,
                       "The model's own contributions (TreeSHAP for trees: exact Shapley values), "
                       "summed by group; they sum to the forecast. Ordinary times are what the "
                       "model says when it knows none of the inputs but the size of the series.");
        (void)snprintf(chinese, size,
                       "模型自身给出的贡献（树模型用 TreeSHAP，即精确的 Shapley 值），按组相加，"
                       "其和为预测。“通常情况”是模型除序列规模外不知任何输入时的预测。");
        return;
    }
    bool all = e->method == SKUAI_EXPLAIN_EXACT;
    (void)snprintf(english, size,
                   "Shapley values of groups of inputs, from %s; they sum to the forecast exactly. "
                   "Without interactions between the groups they would explain %.0f %% of what the "
                   "model does. Ordinary times are windows drawn from this series' own past.",
                   all ? "all coalitions" : "a sample of coalitions", 100 * e->fidelity);
    (void)snprintf(chinese, size,
                   "各组输入的 Shapley 值（%s），其和恰为预测。若各组之间没有交互，它们可解释模型"
                   "行为的 %.0f%%。“通常情况”取自该序列自身的历史窗口。",
                   all ? "全部组合" : "抽样组合", 100 * e->fidelity);
}

void skuai_explain_page(const skuai_explain_answer *a, skuai_buffer *b) {
    const skuai_explanation *e = a->explanation;
    char english[1024], chinese[1024];
    char first[SKUAI_PERIOD_TEXT_SIZE], last[SKUAI_PERIOD_TEXT_SIZE];
    skuai_explain_sentence(e, false, english, sizeof english);
    skuai_explain_sentence(e, true, chinese, sizeof chinese);
    skuai_page_begin(b, skuai_panel_name(a->panel, a->series), "What the forecast rests on",
                     "预测的依据");
    skuai_plot_style(b);
    skuai_buffer_text(b, "<p class=\"lead\">");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</p>");
    skuai_explain_heading(b, "From ordinary times to the forecast", "从通常情况到预测");
    skuai_plot_waterfall(e, b);
    skuai_explain_heading(b, "Over the horizon", "逐期");
    skuai_plot_force(e, period(a, 0, first), period(a, e->horizon - 1, last), b);
    line_table(e->lime, b);
    what_if(a, b);
    curves_of(a, b);
    occlusion(&a->text, true, b);
    occlusion(&a->image, false, b);
    inputs_table(e, b);
    method_words(e, english, chinese, sizeof english);
    small_words(b, english, chinese);
    skuai_page_end(b);
}
