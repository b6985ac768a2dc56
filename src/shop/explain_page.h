/* explain_page.h -- an explained forecast as JSON and as a page (room shop). */
#ifndef SKUA_SHOP_EXPLAIN_PAGE_H
#define SKUA_SHOP_EXPLAIN_PAGE_H

#include "core/json.h"
#include "explain/explain.h"

enum { SKUAI_EXPLAIN_QUESTIONS = 5 };

typedef struct skuai_explain_question {
    const char *english, *chinese; /* static */
    skuai_what_if answer;
} skuai_explain_question;

typedef struct skuai_explain_answer {
    const skuai_panel *panel; /* borrowed */
    size_t series, n_of_item; /* n_of_item: series of the item; 0: named whole */
    char model[32];
    skuai_explanation *explanation;
    skuai_explain_question questions[SKUAI_EXPLAIN_QUESTIONS];
    size_t n_questions;
} skuai_explain_answer;

/* Members of the report, into an open object. */
void skuai_explain_json(const skuai_explain_answer *answer, const char *output,
                        skuai_json_writer *w);
/* One HTML file: sentence, waterfall, force over the horizon, what would move it. The buffer's
 * status tells of failures. */
void skuai_explain_page(const skuai_explain_answer *answer, skuai_buffer *page);

#endif
