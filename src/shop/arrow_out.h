/* arrow_out.h -- a forecast handed out by Arrow's C stream interface (room shop). */
#ifndef SKUA_SHOP_ARROW_OUT_H
#define SKUA_SHOP_ARROW_OUT_H

#include "shop/live.h"

/* A stream of the rows item, channel, ds (start of the period, microseconds), mean, a column a
 * quantile, note, sorted by item, channel and ds, a batch of series at a time. It takes what *live
 * holds and empties it; *stream is the caller's to release. On failure *live keeps what it had. */
SKUA_MUST_USE skua_status skuai_arrow_forecast(skuai_live *live, struct ArrowArrayStream *stream,
                                               skua_error *err);

#endif
