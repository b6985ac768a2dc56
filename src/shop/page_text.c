#include "shop/page_text.h"

void skuai_page_escape(skuai_buffer *b, const char *text) {
    for (; text && *text; text++) {
        const char *as = *text == '<'   ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '&' ? "&amp;"
                         : *text == '"' ? "&quot;"
                                        : NULL;
        if (as)
            skuai_buffer_text(b, as);
        else
            skuai_buffer_add(b, text, 1);
    }
}

void skuai_page_words(skuai_buffer *b, const char *english, const char *chinese) {
    skuai_buffer_text(b, "<span lang=\"en\">");
    skuai_page_escape(b, english);
    skuai_buffer_text(b, "</span><span lang=\"zh\">");
    skuai_page_escape(b, chinese);
    skuai_buffer_text(b, "</span>");
}

void skuai_page_note(skuai_buffer *b, const char *english, const char *chinese) {
    skuai_buffer_text(b, "<p class=\"note\">");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, "</p>");
}

void skuai_page_begin(skuai_buffer *b, const char *shop, const char *english, const char *chinese) {
    skuai_buffer_text(
        b, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width,initial-scale=1\"><title>");
    skuai_page_escape(b, shop);
    skuai_buffer_text(b, " - ");
    skuai_page_escape(b, english);
    skuai_buffer_text(
        b,
        "</title><style>:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6877;--line:#d8dee6;"
        "--back:#fff;--panel:#f5f7fa;--up:#2f74b5;--down:#c0504d}@media(prefers-color-scheme:dark){"
        ":root{--ink:#e4e9ef;--soft:#9aa7b5;--line:#36414d;--back:#161b21;--panel:#1f262e;"
        "--up:#6aa9e0;--down:#e08a86}}body{font:15px/1.5 system-ui,\"Noto Sans CJK SC\",sans-serif;"
        "color:var(--ink);background:var(--back);max-width:64rem;margin:2rem auto;padding:0 1rem}"
        "h1{font-size:1.5rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .4rem}"
        "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
        "th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
        "vertical-align:middle}th{color:var(--soft);font-weight:600}.n{text-align:right;"
        "white-space:nowrap}small{color:var(--soft)}.note{background:var(--panel);border-left:3px "
        "solid var(--down);padding:.5rem .8rem}.graph{max-width:40rem}.lead{font-size:1.1rem}"
        "svg .bar{stroke:var(--up);stroke-width:4;stroke-linecap:round}svg "
        ".weak{stroke:var(--line)}"
        "svg .dot{fill:var(--ink)}svg .zero{stroke:var(--soft);stroke-dasharray:2 2}"
        "svg .up{fill:var(--up)}svg .down{fill:var(--down)}svg .axis{stroke:var(--soft)}"
        "svg .line{stroke:var(--ink);fill:none;stroke-width:1.8}svg text{fill:var(--ink)}"
        "button{float:right;font:inherit;color:inherit;background:var(--panel);border:1px solid "
        "var(--line);border-radius:4px;padding:.2rem .7rem;cursor:pointer}[lang=zh]{display:none}"
        "@media(max-width:44rem){table{display:block;overflow-x:auto}}"
        "html.zh [lang=en]{display:none}html.zh [lang=zh]{display:inline}</style></head><body>"
        "<button onclick=\"document.documentElement.classList.toggle('zh')\"><span lang=\"en\">"
        "中文</span><span lang=\"zh\">English</span></button><h1>");
    skuai_page_words(b, english, chinese);
    skuai_buffer_text(b, " <small>");
    skuai_page_escape(b, shop);
    skuai_buffer_text(b, "</small></h1>");
}

void skuai_page_end(skuai_buffer *b) {
    skuai_buffer_text(
        b, "<script>if(/^zh/.test(navigator.language))document.documentElement.classList.add('zh')"
           "</script></body></html>\n");
}
