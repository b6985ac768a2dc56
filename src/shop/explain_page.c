#include "shop/explain_page.h"

#include "shop/page_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 720, ROW = 30, LEFT = 150, HEIGHT = 260, LEGEND = 134, INPUTS_SHOWN = 12 };

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
        skuai_json_text(w, "input", c->inputs[order[k]].name);
        skuai_json_text(w, "group", c->inputs[order[k]].group);
        skuai_json_number(w, "units", sum[k]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
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
    skuai_json_array(w, "contributions");
    for (size_t g = 0; g < e->n_groups; g++) {
        const double *x = e->contribution + g * e->horizon;
        skuai_json_object(w, NULL);
        skuai_json_text(w, "input", e->groups[g]);
        skuai_json_number(w, "units", total(x, e->horizon));
        put_array(w, "by_period", x, e->horizon);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    if (e->own) put_inputs(e->own, w);
    put_array(w, "base_by_period", e->base, e->horizon);
    put_array(w, "forecast_by_period", e->forecast, e->horizon);
    put_array(w, "before_by_period", e->before, e->horizon);
    skuai_json_array(w, "what_if");
    for (size_t i = 0; i < a->n_questions; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "question", a->questions[i].english);
        skuai_json_number(w, "mean", a->questions[i].answer.mean);
        skuai_json_number(w, "low", a->questions[i].answer.low);
        skuai_json_number(w, "high", a->questions[i].answer.high);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

/* -- Pictures -----------------------------------------------------------------------------------
 */

/* A text of a picture in both languages, one of which the page hides. */
static void svg_words(skuai_buffer *b, double x, double y, const char *anchor, const char *english,
                      const char *chinese) {
    for (int zh = 0; zh < 2; zh++) {
        skuai_buffer_format(b,
                            "<text lang=\"%s\" x=\"%.1f\" y=\"%.1f\" font-size=\"13\" "
                            "text-anchor=\"%s\">",
                            zh ? "zh" : "en", x, y, anchor);
        skuai_page_escape(b, zh ? chinese : english);
        skuai_buffer_text(b, "</text>");
    }
}

/* From the background's forecast, a step an input, to the forecast. */
static void waterfall(const skuai_explanation *e, skuai_buffer *b) {
    double at = total(e->base, e->horizon), low = fmin(0, at), high = at, run = at;
    for (size_t g = 0; g < e->n_groups; g++) {
        run += total(e->contribution + g * e->horizon, e->horizon);
        low = fmin(low, run);
        high = fmax(high, run);
    }
    double scale = (WIDTH - LEFT - 80) / (high - low > 0 ? high - low : 1);
    skuai_buffer_format(b, "<svg viewBox=\"0 0 %d %zu\" role=\"img\">", WIDTH,
                        (e->n_groups + 2) * ROW + 10);
    for (size_t i = 0; i < e->n_groups + 2; i++) {
        bool end = i == 0 || i == e->n_groups + 1;
        double step = end ? 0 : total(e->contribution + (i - 1) * e->horizon, e->horizon);
        double from = end ? 0 : at, to = end ? at : at + step;
        double x1 = LEFT + (fmin(from, to) - low) * scale,
               x2 = LEFT + (fmax(from, to) - low) * scale;
        double y = (double)i * ROW + 4;
        const char *name = end ? i == 0 ? "in ordinary times" : "forecast" : e->groups[i - 1];
        const char *zh =
            end ? i == 0 ? "通常情况" : "预测" : skuai_explain_group_name(e->groups[i - 1], true);
        svg_words(b, LEFT - 8, y + 17, "end", name, zh);
        skuai_buffer_format(b,
                            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" class=\"%s\" "
                            "fill-opacity=\"%s\"/><text x=\"%.1f\" y=\"%.1f\" font-size=\"13\">",
                            x1, y, fmax(x2 - x1, 1), ROW - 8, step < 0 ? "down" : "up",
                            end ? "0.45" : "1", x2 + 6, y + 16);
        skuai_buffer_format(b, end ? "%.1f</text>" : "%+.1f</text>", end ? at : step);
        at = to;
    }
    skuai_buffer_text(b, "</svg>");
}

/* What inputs add, period by period, stacked above and below the background's forecast. */
static void force(const skuai_explanation *e, skuai_buffer *b) {
    static const char *const colours[SKUAI_EXPLAIN_GROUPS] = {
        "#2f74b5", "#c0504d", "#6a9a3d", "#8a63b0", "#c98a1b", "#3f9d9b", "#a35f86", "#7a7a7a",
        "#7fb2dd", "#e3a09d", "#aacb86", "#bfa3da", "#e6bd6b", "#8fcfcd", "#cf9dbb", "#b5b5b5"};
    double low = 0, high = 0, step = (double)(WIDTH - 60) / (double)e->horizon;
    for (size_t h = 0; h < e->horizon; h++) {
        double up = 0, down = 0;
        for (size_t g = 0; g < e->n_groups; g++) {
            double x = e->contribution[g * e->horizon + h];
            *(x > 0 ? &up : &down) += x;
        }
        high = fmax(high, up);
        low = fmin(low, down);
    }
    double scale = (HEIGHT - 60) / (high - low > 0 ? high - low : 1), zero = 20 + high * scale;
    size_t across = (WIDTH - 50) / LEGEND, rows = (e->n_groups + across - 1) / across;
    skuai_buffer_format(b, "<svg viewBox=\"0 0 %d %zu\" role=\"img\">", WIDTH,
                        HEIGHT - 18 + 18 * rows);
    for (size_t h = 0; h < e->horizon; h++) {
        double up = zero, down = zero;
        for (size_t g = 0; g < e->n_groups; g++) {
            double x = e->contribution[g * e->horizon + h] * scale, y = x > 0 ? up - x : down;
            if (x > 0)
                up -= x;
            else
                down -= x;
            skuai_buffer_format(
                b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.2f\" fill=\"%s\"/>",
                50 + (double)h * step, y, fmax(step - 1, 0.5), fabs(x), colours[g]);
        }
    }
    skuai_buffer_format(b,
                        "<line x1=\"50\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"axis\"/>"
                        "<text x=\"44\" y=\"24\" font-size=\"12\" text-anchor=\"end\">%+.1f</text>"
                        "<text x=\"44\" y=\"%.1f\" font-size=\"12\" text-anchor=\"end\">0</text>",
                        WIDTH - 10, zero, zero, high, zero + 4);
    for (size_t g = 0; g < e->n_groups; g++) {
        size_t line = g / across;
        double x = 50 + (double)(g % across * LEGEND), y = HEIGHT - 22 + 18 * (double)line;
        skuai_buffer_format(b,
                            "<rect x=\"%.1f\" y=\"%.0f\" width=\"10\" height=\"10\" fill=\"%s\"/>",
                            x, y, colours[g]);
        svg_words(b, x + 14, y + 9, "start", e->groups[g],
                  skuai_explain_group_name(e->groups[g], true));
    }
    skuai_buffer_text(b, "</svg>");
}

static void heading(skuai_buffer *b, const char *english, const char *chinese) {
    skuai_buffer_text(b, "<h2>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</h2>");
}

static void what_if(const skuai_explain_answer *a, skuai_buffer *b) {
    if (a->n_questions == 0) return;
    heading(b, "What the model says if", "若改变条件，模型认为");
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
    if (!e->own) return;
    size_t n = order_inputs(e->own, INPUTS_SHOWN, order, sum);
    heading(b, "The inputs that add most", "贡献最大的输入");
    skuai_buffer_text(b, "<table><tbody>");
    for (size_t k = 0; k < n; k++) {
        const skuai_input *input = &e->own->inputs[order[k]];
        skuai_buffer_text(b, "<tr><td>");
        skuai_page_escape(b, input->name);
        skuai_buffer_text(b, "</td><td>");
        skuai_page_words(b, input->group, skuai_explain_group_name(input->group, true));
        skuai_buffer_format(b, "</td><td class=\"n\">%+.2f</td></tr>", sum[k]);
    }
    skuai_buffer_text(b, "</tbody></table>");
}

/* How the numbers were found. */
static void method_words(const skuai_explanation *e, char *english, char *chinese, size_t size) {
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
    skuai_explain_sentence(e, false, english, sizeof english);
    skuai_explain_sentence(e, true, chinese, sizeof chinese);
    skuai_page_begin(b, skuai_panel_name(a->panel, a->series), "What the forecast rests on",
                     "预测的依据");
    skuai_buffer_text(b, "<p class=\"lead\">");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</p>");
    heading(b, "From ordinary times to the forecast", "从通常情况到预测");
    waterfall(e, b);
    heading(b, "Over the horizon", "逐期");
    force(e, b);
    what_if(a, b);
    inputs_table(e, b);
    method_words(e, english, chinese, sizeof english);
    skuai_buffer_text(b, "<p><small>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</small></p>");
    skuai_page_end(b);
}
