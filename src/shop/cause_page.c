#include "shop/cause_page.h"

#include "shop/page_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *known_name(skuai_effect_known known) {
    static const char *const names[] = {"known",           "borrowed",
                                        "never moved",     "moved only together",
                                        "too little sold", "moved too little"};
    return names[known];
}

static double percent(double log_effect) {
    return 100 * (exp(log_effect) - 1);
}

/* "24 % more", or "约增 24%". */
static void put_change(double change, bool chinese, char *text, size_t size) {
    if (chinese)
        (void)snprintf(text, size, "%s %.0f%%", change < 0 ? "减" : "增", fabs(change));
    else
        (void)snprintf(text, size, "%.0f %% %s", fabs(change), change < 0 ? "less" : "more");
}

/* An elasticity as what a price a tenth lower does; "" where it cannot be known. */
static void say_elasticity(const skuai_effect_item *item, bool chinese, char *text, size_t size) {
    const skuai_effect *e = &item->effect[SKUAI_TREATMENT_PRICE];
    char about[32], least[32], most[32];
    text[0] = '\0';
    if (e->known >= SKUAI_EFFECT_CONSTANT) return;
    put_change(percent(e->value * log(0.9)), chinese, about, sizeof about);
    put_change(percent(e->high * log(0.9)), chinese, least, sizeof least);
    put_change(percent(e->low * log(0.9)), chinese, most, sizeof most);
    bool borrowed = e->known == SKUAI_EFFECT_BORROWED;
    if (chinese)
        (void)snprintf(text, size, "%.200s：降价 10%%，销量约%s（%s 至 %s）%s", item->name, about,
                       least, most, borrowed ? "，其中大部分来自同类商品的信息" : "");
    else
        (void)snprintf(text, size, "%.200s: a price 10 %% lower sells about %s (%s to %s)%s",
                       item->name, about, least, most,
                       borrowed ? ", and most of that is known from its category" : "");
}

/* -- JSON ---------------------------------------------------------------------------------------
 */

static void put_effect(skuai_json_writer *w, const char *name, const skuai_effect_item *item, int k,
                       bool as_percent) {
    const skuai_effect *e = &item->effect[k];
    char reason[512];
    skuai_json_object(w, name);
    skuai_json_number(w, "value", as_percent ? percent(e->value) : e->value);
    skuai_json_number(w, "low", as_percent ? percent(e->low) : e->low);
    skuai_json_number(w, "high", as_percent ? percent(e->high) : e->high);
    skuai_json_number(w, "own", as_percent ? percent(e->own) : e->own);
    skuai_json_number(w, "own_error", e->own_error);
    skuai_json_number(w, "moved", e->moved);
    skuai_json_text(w, "known", known_name(e->known));
    skuai_effect_reason(item, k, false, reason, sizeof reason);
    if (*reason) skuai_json_text(w, "reason", reason);
    skuai_effect_reason(item, k, true, reason, sizeof reason);
    if (*reason) skuai_json_text(w, "reason_zh", reason);
    skuai_json_close(w);
}

/* A sentence as NAME and NAME_zh. */
static void put_note(skuai_json_writer *w, const char *name, const skuai_cause_note *note) {
    char chinese[40];
    if (!*note->english) return;
    (void)snprintf(chinese, sizeof chinese, "%s_zh", name);
    skuai_json_text(w, name, note->english);
    skuai_json_text(w, chinese, note->chinese);
}

static skuai_cause_note caution_of(const skuai_cause_answer *a) {
    skuai_cause_note note = {"", ""};
    const skuai_effects *e = a->price ? a->price : a->promotion;
    if (!e) return note;
    skuai_effect_caution(e, false, note.english, sizeof note.english);
    skuai_effect_caution(e, true, note.chinese, sizeof note.chinese);
    return note;
}

static void put_refutation(skuai_json_writer *w, const char *name, const skuai_refutation *r) {
    skuai_json_object(w, name);
    skuai_json_number(w, "value", r->value);
    skuai_json_number(w, "placebo", r->placebo);
    skuai_json_number(w, "placebo_error", r->placebo_error);
    skuai_json_number(w, "placebo_share", r->placebo_share);
    skuai_json_number(w, "random_common_cause", r->common_cause);
    skuai_json_number(w, "subset", r->subset);
    skuai_json_bool(w, "passed", r->passed);
    skuai_json_close(w);
}

static const skuai_effect_item *find_item(const skuai_effects *effects, const char *name) {
    for (size_t i = 0; effects && i < effects->n_items; i++)
        if (strcmp(effects->items[i].name, name) == 0) return &effects->items[i];
    return NULL;
}

static int by_units(const void *a, const void *b) {
    const skuai_effect_item *const *x = a, *const *y = b;
    if ((*x)->units != (*y)->units) return (*x)->units > (*y)->units ? -1 : 1;
    return strcmp((*x)->name, (*y)->name);
}

/* Items, best sellers first; the caller's (skuai_free). NULL: none or no memory. */
static const skuai_effect_item **sorted(const skuai_cause_answer *a, size_t *n) {
    const skuai_effects *e = a->price ? a->price : a->promotion;
    *n = 0;
    if (!e) return NULL;
    const skuai_effect_item **items = skuai_new(e->n_items, sizeof *items);
    if (!items) return NULL;
    for (size_t i = 0; i < e->n_items; i++)
        items[i] = &e->items[i];
    *n = e->n_items;
    qsort(items, *n, sizeof *items, by_units);
    return items;
}

static void put_pooled(skuai_json_writer *w, const char *name, const skuai_effects *e, bool price) {
    skuai_json_object(w, name);
    skuai_json_number(w, "value", price ? e->pooled[0].value : percent(e->pooled[0].value));
    skuai_json_number(w, "low", price ? e->pooled[0].low : percent(e->pooled[0].low));
    skuai_json_number(w, "high", price ? e->pooled[0].high : percent(e->pooled[0].high));
    skuai_json_integer(w, "items", (int64_t)e->n_items);
    skuai_json_integer(w, "rows", (int64_t)e->n_rows);
    skuai_json_integer(w, "left_out", (int64_t)e->n_left_out);
    skuai_json_close(w);
}

void skuai_cause_json(const skuai_cause_answer *a, const char *output, skuai_json_writer *w) {
    skuai_json_text(w, "name", a->name);
    skuai_json_text(w, "output", output);
    if (a->price) put_pooled(w, "elasticity", a->price, true);
    if (a->promotion) put_pooled(w, "uplift_percent", a->promotion, false);
    skuai_cause_note caution = caution_of(a);
    put_note(w, "caution", &caution);
    put_note(w, "elasticity_unknown", &a->price_note);
    put_note(w, "uplift_unknown", &a->promotion_note);
    skuai_json_object(w, "refutations");
    if (a->price) put_refutation(w, "elasticity", &a->price_refuted);
    if (a->promotion) put_refutation(w, "uplift", &a->promotion_refuted);
    skuai_json_close(w);
    size_t n;
    const skuai_effect_item **items = sorted(a, &n);
    skuai_json_array(w, "items");
    for (size_t i = 0; i < n; i++) {
        const skuai_effect_item *promotion = find_item(a->promotion, items[i]->name);
        skuai_json_object(w, NULL);
        skuai_json_text(w, "item", items[i]->name);
        skuai_json_text(w, "title", skuai_titles_find(a->titles, items[i]->name));
        skuai_json_number(w, "units", items[i]->units);
        if (a->price) {
            char sentence[512];
            put_effect(w, "elasticity", items[i], SKUAI_TREATMENT_PRICE, false);
            say_elasticity(items[i], false, sentence, sizeof sentence);
            if (*sentence) skuai_json_text(w, "sentence", sentence);
            say_elasticity(items[i], true, sentence, sizeof sentence);
            if (*sentence) skuai_json_text(w, "sentence_zh", sentence);
        }
        if (a->price) put_effect(w, "others_percent", items[i], SKUAI_TREATMENT_OTHERS, true);
        if (promotion && promotion->treated > 0) {
            put_effect(w, "uplift_percent", promotion, SKUAI_TREATMENT_PROMOTION, true);
            skuai_json_number(w, "promoted_share", promotion->treated);
            skuai_json_number(w, "lift_units", promotion->lift);
        }
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_free(items);
    put_note(w, "graph_unknown", &a->graph_note);
    if (!a->graph) return;
    skuai_buffer text;
    skuai_buffer_init(&text, SIZE_MAX);
    skuai_causal_graph_json(a->graph, &text);
    skuai_json_raw(w, "graph", skuai_buffer_view(&text));
    skuai_buffer_reset(&text);
    skuai_causal_graph_dot(a->graph, &text);
    skuai_json_text(w, "dot", skuai_buffer_view(&text));
    skuai_buffer_clear(&text);
}

/* -- Page ---------------------------------------------------------------------------------------
 */

/* An interval as a bar on a scale from -low to high around its value. */
static void put_bar(skuai_buffer *b, const skuai_effect *e, double from, double to) {
    double scale = 160 / (to - from), x1 = (fmax(e->low, from) - from) * scale;
    double x2 = (fmin(e->high, to) - from) * scale, x = (e->value - from) * scale;
    if (!(x2 > x1)) x2 = x1 + 1;
    skuai_buffer_format(b,
                        "<svg width=\"160\" height=\"14\" role=\"img\" aria-label=\"%.2f to %.2f\">"
                        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"7\" y2=\"7\" class=\"bar%s\"/>"
                        "<circle cx=\"%.1f\" cy=\"7\" r=\"3.5\" class=\"dot\"/>"
                        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"14\" class=\"zero\"/></svg>",
                        e->low, e->high, x1, x2, e->known >= SKUAI_EFFECT_CONSTANT ? " weak" : "",
                        fmin(160, fmax(0, x)), -from * scale, -from * scale);
}

static void put_known(skuai_buffer *b, const skuai_effect_item *item, int k) {
    static const char *const words[][2] = {
        {"its own data", "自身数据"}, {"mostly its category", "主要参考同类"}, {"", ""}};
    char reason[2][512];
    skuai_effect_known known = item->effect[k].known;
    for (int zh = 0; zh < 2; zh++)
        skuai_effect_reason(item, k, zh, reason[zh], sizeof reason[zh]);
    if (known < SKUAI_EFFECT_CONSTANT)
        skuai_page_words(b, words[known][0], words[known][1]);
    else
        skuai_page_words(b, reason[0], reason[1]);
}

static void put_row(skuai_buffer *b, const skuai_cause_answer *a, const skuai_effect_item *item) {
    const skuai_effect_item *promotion = find_item(a->promotion, item->name);
    skuai_buffer_text(b, "<tr><td>");
    skuai_page_escape(b, item->name);
    skuai_buffer_format(b, "</td><td class=\"n\">%.0f</td>", item->units);
    if (a->price) {
        const skuai_effect *e = &item->effect[SKUAI_TREATMENT_PRICE];
        skuai_buffer_format(b, "<td class=\"n\">%.2f <small>[%.2f, %.2f]</small></td><td>",
                            e->value, e->low, e->high);
        put_bar(b, e, -5, 1);
        skuai_buffer_text(b, "</td><td>");
        put_known(b, item, SKUAI_TREATMENT_PRICE);
        skuai_buffer_text(b, "</td>");
    }
    if (promotion && promotion->treated > 0) {
        const skuai_effect *e = &promotion->effect[SKUAI_TREATMENT_PROMOTION];
        skuai_buffer_format(b,
                            "<td class=\"n\">%+.0f %% <small>[%+.0f, %+.0f]</small></td>"
                            "<td class=\"n\">%.0f</td>",
                            percent(e->value), percent(e->low), percent(e->high), promotion->lift);
    } else {
        skuai_buffer_text(b, "<td class=\"n\">-</td><td class=\"n\">-</td>");
    }
    skuai_buffer_text(b, "</tr>");
}

/* Its elasticity in words; false where it cannot be known. */
static bool put_sentence(skuai_buffer *b, const skuai_effect_item *item) {
    char english[512], chinese[512];
    say_elasticity(item, false, english, sizeof english);
    say_elasticity(item, true, chinese, sizeof chinese);
    if (!*english) return false;
    skuai_buffer_text(b, "<p>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</p>");
    return true;
}

static void put_header(skuai_buffer *b, const skuai_cause_answer *a) {
    skuai_buffer_text(b, "<table><thead><tr><th>");
    skuai_page_words(b, "item", "商品");
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "units", "销量");
    if (a->price) {
        skuai_buffer_text(b, "</th><th class=\"n\">");
        skuai_page_words(b, "elasticity, 90 %", "价格弹性（90%）");
        skuai_buffer_text(b, "</th><th></th><th>");
        skuai_page_words(b, "known from", "依据");
    }
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "promotion, 90 %", "促销提升（90%）");
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "units gained", "多卖件数");
    skuai_buffer_text(b, "</th></tr></thead><tbody>");
}

static void put_refuted(skuai_buffer *b, const char *english, const char *chinese,
                        const skuai_refutation *r) {
    skuai_buffer_text(b, "<tr><td>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_format(b,
                        "</td><td class=\"n\">%.3f</td><td class=\"n\">%.3f ± %.3f</td>"
                        "<td class=\"n\">%.3f</td><td class=\"n\">%.3f</td><td>",
                        r->value, r->placebo, r->placebo_error, r->common_cause, r->subset);
    skuai_page_words(b, r->passed ? "stands" : "doubtful", r->passed ? "成立" : "存疑");
    skuai_buffer_text(b, "</td></tr>");
}

static void put_refutations(skuai_buffer *b, const skuai_cause_answer *a) {
    skuai_buffer_text(b, "<h2>");
    skuai_page_words(b, "Tried to refute", "反驳检验");
    skuai_buffer_text(b, "</h2><table><thead><tr><th></th><th class=\"n\">");
    skuai_page_words(b, "effect", "效应");
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "at another time (0 expected)", "错位安慰剂（应为 0）");
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "random cause added", "加入随机原因");
    skuai_buffer_text(b, "</th><th class=\"n\">");
    skuai_page_words(b, "four fifths of the time", "五分之四的时间");
    skuai_buffer_text(b, "</th><th></th></tr></thead><tbody>");
    if (a->price) put_refuted(b, "elasticity", "价格弹性", &a->price_refuted);
    if (a->promotion) put_refuted(b, "promotion (log)", "促销提升（对数）", &a->promotion_refuted);
    skuai_buffer_text(b, "</tbody></table>");
}

static void show_note(skuai_buffer *b, const skuai_cause_note *note) {
    if (*note->english) skuai_page_note(b, note->english, note->chinese);
}

void skuai_cause_page(const skuai_cause_answer *a, skuai_buffer *b) {
    size_t n;
    const skuai_effect_item **items = sorted(a, &n);
    skuai_page_begin(b, a->name, "What moves demand", "需求由什么推动");
    skuai_buffer_text(b, "<p>");
    skuai_page_words(
        b,
        "Estimated from what the shop tried: days with another price or a promotion beside days of "
        "the same item and season without. The elasticity is the change of demand in percent when "
        "the price rises by one percent.",
        "由店铺以往的尝试估计：同一商品、同一季节里，价格不同或有促销的日子与没有的日子相比。价格弹"
        "性"
        "是价格上涨 1% 时需求变化的百分比。");
    skuai_buffer_text(b, "</p>");
    skuai_cause_note caution = caution_of(a);
    show_note(b, &caution);
    show_note(b, &a->price_note);
    show_note(b, &a->promotion_note);
    if (n > 0) {
        put_header(b, a);
        for (size_t i = 0; i < n && i < 200; i++)
            put_row(b, a, items[i]);
        skuai_buffer_text(b, "</tbody></table>");
        for (size_t i = 0, said = 0; a->price && i < n && said < 3; i++)
            said += put_sentence(b, items[i]);
        put_refutations(b, a);
    }
    skuai_free(items);
    skuai_buffer_text(b, "<h2>");
    skuai_page_words(b, "What precedes what", "谁先于谁");
    skuai_buffer_text(b, "</h2><p>");
    skuai_page_words(b,
                     "An arrow says that the past of one series tells something of another that "
                     "nothing else here "
                     "tells; numbers are lags, dashes have no direction. It is a cause only when "
                     "nothing was left "
                     "out that drives both.",
                     "箭头表示一个序列的过去包含另一个序列的、此处其他序列都没有的信息；数字是滞后"
                     "期，虚线没有方向。"
                     "只有在没有遗漏共同原因时，它才是因果关系。");
    skuai_buffer_text(b, "</p>");
    show_note(b, &a->graph_note);
    if (a->graph) {
        skuai_buffer_text(b, "<div class=\"graph\">");
        skuai_causal_graph_svg(a->graph, b);
        skuai_buffer_text(b, "</div>");
    }
    skuai_page_end(b);
}
