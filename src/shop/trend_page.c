#include "shop/trend_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef enum word {
    TITLE,
    TOTAL,
    MOVED,
    FROM_TO,
    CONTRIBUTIONS,
    CONTRIBUTIONS_TEXT,
    CHANGES,
    CHANGES_TEXT,
    MOVERS,
    SHARES,
    SHARES_TEXT,
    OPPORTUNITIES,
    OPPORTUNITIES_TEXT,
    NONE,
    SERIES,
    BEFORE,
    AFTER,
    CHANGE,
    DATE,
    SIZE,
    DIRECTION,
    A_PERIOD,
    SEASON,
    CATEGORY,
    CHANNEL,
    INTEREST,
    SALES,
    RISING,
    FALLING,
    STEADY,
    NEWBORN,
    SILENT,
    GREW,
    FELL,
    NEW_ITEMS,
    ENDED,
    WORDS
} word;

static const char *const words[2][WORDS] = {
    {"What moves",
     "Units of the whole shop",
     "units against the window before",
     "to",
     "What moved the total",
     "The changes of all series add up to the change of the total.",
     "Change points",
     "The level changed for good; season and lone days are left out.",
     "Series that move most",
     "Shares of categories by channel",
     "In the recent window, and before.",
     "Opportunities",
     "More looked for or put in carts, but not sold more.",
     "none found",
     "series",
     "before",
     "after",
     "change",
     "from",
     "size",
     "direction",
     "a period",
     "season",
     "category",
     "channel",
     "interest",
     "sales",
     "rising",
     "falling",
     "steady",
     "newborn",
     "silent",
     "grew",
     "fell",
     "new",
     "ended"},
    {"销售走势",
     "全店销量",
     "件，与前一时段相比",
     "至",
     "总量变化的来源",
     "各序列的变化之和等于总量的变化。",
     "突变点",
     "水平发生持久变化；季节与个别异常日已剔除。",
     "变化最大的序列",
     "各渠道的品类占比",
     "近期时段，以及之前。",
     "机会",
     "搜索、浏览或加购增多，而销量没有增加。",
     "未发现",
     "序列",
     "之前",
     "之后",
     "变化",
     "起始",
     "幅度",
     "方向",
     "每期",
     "季节性",
     "品类",
     "渠道",
     "关注",
     "销量",
     "上升",
     "下降",
     "平稳",
     "新品",
     "无销售",
     "增长",
     "减少",
     "新增",
     "停售"}};

typedef struct page {
    const skuai_json *r;
    skuai_buffer *b;
    const char *const *w;
} page;

static const skuai_json *get(const skuai_json *o, const char *name) {
    return skuai_json_get(o, name);
}

static double number(const skuai_json *o, const char *name) {
    return skuai_json_as_number(skuai_json_get(o, name), (double)NAN);
}

static const char *text(const skuai_json *o, const char *name) {
    return skuai_json_as_text(skuai_json_get(o, name), "");
}

static void escaped(skuai_buffer *b, const char *s) {
    for (; *s; s++) {
        const char *e = *s == '<'   ? "&lt;"
                        : *s == '>' ? "&gt;"
                        : *s == '&' ? "&amp;"
                        : *s == '"' ? "&quot;"
                                    : NULL;
        if (e)
            skuai_buffer_text(b, e);
        else
            skuai_buffer_add(b, s, 1);
    }
}

static void amount(skuai_buffer *b, double x, bool sign) {
    if (isnan(x))
        skuai_buffer_text(b, "–");
    else if (fabs(x) >= 100)
        skuai_buffer_format(b, sign ? "%+.0f" : "%.0f", x);
    else
        skuai_buffer_format(b, sign ? "%+.3g" : "%.3g", x);
}

static void percent(skuai_buffer *b, double x, bool sign) {
    if (isnan(x))
        skuai_buffer_text(b, "–");
    else
        skuai_buffer_format(b, sign ? "%+.1f %%" : "%.1f %%", 100 * x);
}

static const char *kind_word(const page *p, const char *kind) {
    static const char *const names[] = {"rising", "falling", "steady", "newborn", "silent"};
    for (int k = 0; k < 5; k++)
        if (strcmp(kind, names[k]) == 0) return p->w[RISING + k];
    return kind;
}

/* A line of values with change points as dashed marks; y from 0. */
static void plot(const page *p, const skuai_json *line, const skuai_json *marks, int width,
                 int height, const char *name) {
    size_t n = skuai_json_size(line);
    double most = 0;
    for (size_t t = 0; t < n; t++)
        most = fmax(most, skuai_json_as_number(skuai_json_at(line, t), 0));
    if (n < 2 || !(most > 0)) return;
    skuai_buffer_format(p->b, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", width,
                        height);
    escaped(p->b, name);
    skuai_buffer_text(p->b, "\"><polyline points=\"");
    for (size_t t = 0; t < n; t++) {
        double y = skuai_json_as_number(skuai_json_at(line, t), (double)NAN);
        if (isnan(y)) continue;
        skuai_buffer_format(p->b, "%.1f,%.1f ", 2 + (width - 4) * (double)t / (double)(n - 1),
                            height - 3 - (height - 8) * y / most);
    }
    skuai_buffer_text(p->b, "\"/>");
    for (size_t k = 0; k < skuai_json_size(marks); k++) {
        double at = number(skuai_json_at(marks, k), "position");
        double x = 2 + (width - 4) * at / (double)(n - 1);
        if (!(at >= 0 && at < (double)n)) continue;
        skuai_buffer_format(p->b, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"2\" y2=\"%d\"/>", x, x,
                            height - 2);
    }
    skuai_buffer_text(p->b, "</svg>");
}

static void heading(const page *p, word title, int explanation) {
    skuai_buffer_format(p->b, "<h2>%s</h2>", p->w[title]);
    if (explanation >= 0) skuai_buffer_format(p->b, "<p class=\"soft\">%s</p>", p->w[explanation]);
}

static void table_head(const page *p, const word *columns, size_t n) {
    skuai_buffer_text(p->b, "<div class=\"scroll\"><table><thead><tr>");
    for (size_t i = 0; i < n; i++)
        skuai_buffer_format(p->b, "<th>%s</th>", p->w[columns[i]]);
    skuai_buffer_text(p->b, "<th></th></tr></thead><tbody>");
}

static void table_end(const page *p) {
    skuai_buffer_text(p->b, "</tbody></table></div>");
}

static void put_total(const page *p) {
    const skuai_json *total = get(p->r, "total");
    skuai_buffer_format(p->b, "<h2>%s</h2><p><b class=\"large\">", p->w[TOTAL]);
    amount(p->b, number(total, "change"), true);
    skuai_buffer_format(p->b, "</b> %s (", p->w[MOVED]);
    percent(p->b, number(total, "change") / number(total, "before"), true);
    skuai_buffer_format(p->b, ") · %s %s %s</p>", text(p->r, "recent_from"), p->w[FROM_TO],
                        text(p->r, "to"));
    plot(p, get(total, "line"), get(total, "changes"), 1000, 200, p->w[TOTAL]);
}

static void put_contributions(const page *p) {
    static const char *const names[] = {"grew", "fell", "new", "ended"};
    static const word columns[] = {SERIES, BEFORE, AFTER, CHANGE};
    const skuai_json *kinds = get(p->r, "moved"), *rows = get(p->r, "contributions");
    double most = 1e-9;
    heading(p, CONTRIBUTIONS, CONTRIBUTIONS_TEXT);
    skuai_buffer_text(p->b, "<p>");
    for (int k = 0; k < 4; k++) {
        skuai_buffer_format(p->b, "%s%s <b>", k ? " · " : "", p->w[GREW + k]);
        amount(p->b, number(kinds, names[k]), true);
        skuai_buffer_text(p->b, "</b>");
    }
    skuai_buffer_text(p->b, "</p>");
    for (size_t i = 0; i < skuai_json_size(rows); i++)
        most = fmax(most, fabs(number(skuai_json_at(rows, i), "change")));
    table_head(p, columns, 4);
    for (size_t i = 0; i < skuai_json_size(rows) && i < 20; i++) {
        const skuai_json *row = skuai_json_at(rows, i);
        double change = number(row, "change");
        skuai_buffer_text(p->b, "<tr><td>");
        escaped(p->b, text(row, "name"));
        skuai_buffer_text(p->b, "</td><td>");
        amount(p->b, number(row, "before"), false);
        skuai_buffer_text(p->b, "</td><td>");
        amount(p->b, number(row, "after"), false);
        skuai_buffer_text(p->b, "</td><td>");
        amount(p->b, change, true);
        skuai_buffer_format(
            p->b, "</td><td class=\"bars\"><i class=\"%s\" style=\"width:%.0f%%\"></i></td></tr>",
            change < 0 ? "down" : "up", 100 * fabs(change) / most);
    }
    table_end(p);
}

static void put_changes(const page *p) {
    static const word columns[] = {SERIES, DATE, BEFORE, AFTER, SIZE};
    const skuai_json *rows = get(p->r, "changes");
    heading(p, CHANGES, CHANGES_TEXT);
    if (skuai_json_size(rows) == 0) {
        skuai_buffer_format(p->b, "<p>%s</p>", p->w[NONE]);
        return;
    }
    table_head(p, columns, 5);
    for (size_t i = 0; i < skuai_json_size(rows) && i < 25; i++) {
        const skuai_json *row = skuai_json_at(rows, i);
        skuai_buffer_text(p->b, "<tr><td>");
        escaped(p->b, text(row, "name"));
        skuai_buffer_format(p->b, "</td><td>%s</td><td>", text(row, "ds"));
        amount(p->b, number(row, "before"), false);
        skuai_buffer_text(p->b, "</td><td>");
        amount(p->b, number(row, "after"), false);
        skuai_buffer_text(p->b, "</td><td>");
        percent(p->b, number(row, "size"), true);
        skuai_buffer_text(p->b, "</td><td></td></tr>");
    }
    table_end(p);
}

static void put_movers(const page *p) {
    static const word columns[] = {SERIES, DIRECTION, A_PERIOD, SEASON};
    const skuai_json *rows = get(p->r, "movers");
    heading(p, MOVERS, -1);
    table_head(p, columns, 4);
    for (size_t i = 0; i < skuai_json_size(rows); i++) {
        const skuai_json *row = skuai_json_at(rows, i);
        skuai_buffer_text(p->b, "<tr><td>");
        escaped(p->b, text(row, "name"));
        skuai_buffer_format(p->b, "</td><td>%s</td><td>", kind_word(p, text(row, "kind")));
        percent(p->b, number(row, "slope"), true);
        skuai_buffer_text(p->b, "</td><td>");
        percent(p->b, number(row, "season_strength"), false);
        skuai_buffer_text(p->b, "</td><td class=\"spark\">");
        plot(p, get(row, "line"), NULL, 180, 36, text(row, "name"));
        skuai_buffer_text(p->b, "</td></tr>");
    }
    table_end(p);
}

static void put_shares(const page *p) {
    static const word columns[] = {CATEGORY, CHANNEL, BEFORE, AFTER};
    const skuai_json *rows = get(p->r, "shares");
    if (skuai_json_size(rows) == 0) return;
    heading(p, SHARES, SHARES_TEXT);
    table_head(p, columns, 4);
    for (size_t i = 0; i < skuai_json_size(rows); i++) {
        const skuai_json *row = skuai_json_at(rows, i);
        skuai_buffer_text(p->b, "<tr><td>");
        escaped(p->b, text(row, "category"));
        skuai_buffer_text(p->b, "</td><td>");
        escaped(p->b, text(row, "channel"));
        skuai_buffer_text(p->b, "</td><td>");
        percent(p->b, number(row, "before"), false);
        skuai_buffer_text(p->b, "</td><td>");
        percent(p->b, number(row, "after"), false);
        skuai_buffer_text(p->b, "</td><td></td></tr>");
    }
    table_end(p);
}

static void put_opportunities(const page *p) {
    static const word columns[] = {SERIES, INTEREST, SALES};
    const skuai_json *rows = get(p->r, "opportunities");
    heading(p, OPPORTUNITIES, OPPORTUNITIES_TEXT);
    if (skuai_json_size(rows) == 0) {
        skuai_buffer_format(p->b, "<p>%s</p>", p->w[NONE]);
        return;
    }
    table_head(p, columns, 3);
    for (size_t i = 0; i < skuai_json_size(rows); i++) {
        const skuai_json *row = skuai_json_at(rows, i);
        skuai_buffer_text(p->b, "<tr><td>");
        escaped(p->b, text(row, "name"));
        skuai_buffer_text(p->b, "</td><td>");
        amount(p->b, number(row, "interest_before"), false);
        skuai_buffer_text(p->b, " → ");
        amount(p->b, number(row, "interest_after"), false);
        skuai_buffer_text(p->b, "</td><td>");
        amount(p->b, number(row, "sales_before"), false);
        skuai_buffer_text(p->b, " → ");
        amount(p->b, number(row, "sales_after"), false);
        skuai_buffer_text(p->b, "</td><td></td></tr>");
    }
    table_end(p);
}

static const char style[] =
    ":root{--paper:#fff;--ink:#16202b;--soft:#5c6b7a;--line:#d9dfe6;--blue:#0072b2;--up:#009e73;--"
    "down:#d55e00}"
    "@media "
    "(prefers-color-scheme:dark){:root{--paper:#11161c;--ink:#e8edf2;--soft:#9aa8b6;--line:#2e3844;"
    "--blue:#56b4e9;--up:#2fc79a;--down:#e69f00}}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,\"Noto Sans "
    "CJK SC\","
    "\"PingFang SC\",\"Microsoft YaHei\",sans-serif}main{max-width:1000px;margin:0 "
    "auto;padding:24px 20px 60px}"
    "h1{font-size:26px;margin:0}h2{font-size:18px;margin:36px 0 4px}p{margin:4px 0 "
    "10px}.soft{color:var(--soft)}"
    ".large{font-size:24px}svg{width:100%;height:auto;display:block}polyline{fill:none;stroke:var(-"
    "-blue);"
    "stroke-width:1.6}svg line{stroke:var(--down);stroke-dasharray:4 "
    "3}table{border-collapse:collapse;width:100%;"
    "font-variant-numeric:tabular-nums}th,td{text-align:right;padding:4px 10px;border-bottom:1px "
    "solid var(--line);"
    "white-space:nowrap}th{color:var(--soft);font-weight:500}th:first-child,td:first-child{text-"
    "align:left}"
    ".scroll{overflow-x:auto}.bars{width:26%}.bars "
    "i{display:block;height:9px;border-radius:2px;background:var(--up)}"
    ".bars .down{background:var(--down)}.spark{width:190px}";

void skuai_trend_page(const skuai_json *report, bool chinese, skuai_buffer *html) {
    page p = {report, html, words[chinese]};
    skuai_buffer_format(html,
                        "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\"><meta "
                        "name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
                        chinese ? "zh" : "en");
    escaped(html, text(report, "shop"));
    skuai_buffer_format(html, " · %s</title><style>%s</style></head><body><main><h1>", p.w[TITLE],
                        style);
    escaped(html, text(report, "shop"));
    skuai_buffer_format(html, " · %s</h1>", p.w[TITLE]);
    put_total(&p);
    put_contributions(&p);
    put_changes(&p);
    put_movers(&p);
    put_shares(&p);
    put_opportunities(&p);
    skuai_buffer_text(html, "</main></body></html>\n");
}
