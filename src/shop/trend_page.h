/* trend_page.h -- the report of `trend` as a page (room shop): one HTML file, plots as inline SVG,
 * no script and no network, in English or Chinese, light or dark as the reader's system is. */
#ifndef SKUA_SHOP_TREND_PAGE_H
#define SKUA_SHOP_TREND_PAGE_H

#include "core/json.h"

/* report: the JSON report of skua_shop_trend. */
void skuai_trend_page(const skuai_json *report, bool chinese, skuai_buffer *html);

#endif
