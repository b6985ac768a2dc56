/* page_text.h -- what the pages of explain and cause share (room shop): a head that fits light and
 * dark, words in English and Chinese between which a button chooses, escaping. */
#ifndef SKUA_SHOP_PAGE_TEXT_H
#define SKUA_SHOP_PAGE_TEXT_H

#include "core/buffer.h"

void skuai_page_begin(skuai_buffer *page, const char *shop, const char *english,
                      const char *chinese);
void skuai_page_end(skuai_buffer *page);
/* A text that stands in both languages; both are escaped. */
void skuai_page_words(skuai_buffer *page, const char *english, const char *chinese);
void skuai_page_escape(skuai_buffer *page, const char *text);
/* The same as a paragraph set apart. */
void skuai_page_note(skuai_buffer *page, const char *english, const char *chinese);

#endif
