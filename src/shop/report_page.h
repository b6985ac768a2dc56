/* report_page.h -- the page of `skua report`, compiled in by page/embed.cmake (room shop). */
#ifndef SKUA_SHOP_REPORT_PAGE_H
#define SKUA_SHOP_REPORT_PAGE_H

#include <stddef.h>

extern const unsigned char skuai_report_page[]; /* HTML, terminated; @DATA@ is its one gap */
extern const size_t skuai_report_page_size;     /* bytes before the terminator */

#endif
