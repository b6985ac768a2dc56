/* render.h -- a snapshot's items as JSON and CSV (room serve). Numbers have six significant digits:
 * a forecast's error is in the first or second. */
#ifndef SKUA_SERVE_RENDER_H
#define SKUA_SERVE_RENDER_H

#include "core/json.h"

/* Item i as an object: texts, channels, recent and expected units; with line, its last periods and
 * expected ones as a small picture. */
void skuai_render_item(skuai_json_writer *w, const skua_snapshot *snapshot, size_t i, bool line);

/* {"item", "series": [{"channel", "periods", "units", "cleaned"?, "available"?, "price"?,
 * "promotion"?}]}; the last `last` periods, 0: all. CSV: item,channel,ds,units,... */
void skuai_render_history(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i,
                          size_t last);
void skuai_render_history_csv(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i,
                              size_t last);

/* {"item", "run", "levels", "series": [{"channel", "note", "periods", "mean", "quantiles"}]}. */
void skuai_render_forecast(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i);
/* The columns of `skua forecast -o`: the head, and the rows of an item. */
void skuai_render_forecast_head(skuai_buffer *buffer, const skua_snapshot *snapshot);
void skuai_render_forecast_csv(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i);

#endif
