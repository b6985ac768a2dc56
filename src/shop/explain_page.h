/* explain_page.h -- an explained forecast, or an explained shop, as JSON and as a page (room shop,
 * private). */
#ifndef SKUA_SHOP_EXPLAIN_PAGE_H
#define SKUA_SHOP_EXPLAIN_PAGE_H

#include "core/json.h"
#include "shop/explain_plot.h"
#include "shop/modality.h"

enum { SKUAI_EXPLAIN_QUESTIONS = 5, SKUAI_EXPLAIN_CURVES = 8 };

typedef struct skuai_explain_question {
    const char *english, *chinese; /* static */
    skuai_what_if answer;
} skuai_explain_question;

/* Dependence on each input that people ask about. */
typedef struct skuai_explain_curves {
    skuai_dependence *items[SKUAI_EXPLAIN_CURVES]; /* owned */
    size_t n;
} skuai_explain_curves;

typedef struct skuai_explain_answer {
    const skuai_panel *panel; /* borrowed */
    size_t series, n_of_item; /* n_of_item: series of the item; 0: named whole */
    char model[32];
    skuai_explanation *explanation;
    skuai_explain_question questions[SKUAI_EXPLAIN_QUESTIONS];
    size_t n_questions;
    skuai_explain_curves curves;
    skuai_occlusion text, image; /* what occlusion of words and of regions of the picture does */
} skuai_explain_answer;

typedef struct skuai_explain_shop {
    const skuai_panel *panel; /* borrowed */
    char model[32];
    size_t horizon;
    skuai_importance *importance;
    skuai_surrogate *surrogate; /* NULL: why_no_tree says why */
    char why_no_tree[512], why_no_tree_zh[512];
    skuai_explain_curves curves;
} skuai_explain_shop;

/* Members of the report, into an open object. */
void skuai_explain_json(const skuai_explain_answer *answer, const char *output,
                        skuai_json_writer *w);
void skuai_explain_shop_json(const skuai_explain_shop *answer, const char *output,
                             skuai_json_writer *w);
/* Array "dependence". */
void skuai_explain_curves_json(const skuai_explain_curves *curves, skuai_json_writer *w);

/* One HTML file: sentence, waterfall, force over the horizon, what would move it. The buffer's
 * status tells of failures. */
void skuai_explain_page(const skuai_explain_answer *answer, skuai_buffer *page);
/* Beeswarm, tree, partial dependence. */
void skuai_explain_shop_page(const skuai_explain_shop *answer, skuai_buffer *page);

/* A heading in both languages. */
void skuai_explain_heading(skuai_buffer *page, const char *english, const char *chinese);
void skuai_explain_curves_page(const skuai_explain_curves *curves, skuai_buffer *page);

#endif
