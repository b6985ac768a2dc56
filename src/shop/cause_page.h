/* cause_page.h -- what `cause` found, as JSON and as a page (room shop). */
#ifndef SKUA_SHOP_CAUSE_PAGE_H
#define SKUA_SHOP_CAUSE_PAGE_H

#include "cause/causal_graph.h"
#include "cause/effect.h"
#include "core/json.h"
#include "shop/item_title.h"

/* Why something is not there, in English and Chinese; "" when it is. */
typedef struct skuai_cause_note {
    char english[SKUA_ERROR_MESSAGE_SIZE], chinese[SKUA_ERROR_MESSAGE_SIZE];
} skuai_cause_note;

typedef struct skuai_cause_answer {
    char *name;                       /* of the shop */
    skuai_effects *price, *promotion; /* NULL: the note says why */
    skuai_refutation price_refuted, promotion_refuted;
    skuai_causal_graph *graph; /* NULL: the note says why */
    skuai_cause_note price_note, promotion_note, graph_note;
    skuai_table *titles; /* of items; NULL: none */
} skuai_cause_answer;

/* Members of the report, into an open object. */
void skuai_cause_json(const skuai_cause_answer *answer, const char *output, skuai_json_writer *w);

/* One HTML file: tables and the graph, English and Chinese, light and dark. The buffer's status
 * tells of failures. */
void skuai_cause_page(const skuai_cause_answer *answer, skuai_buffer *page);

#endif
