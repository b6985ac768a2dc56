/* detail.h -- what the engine says about a refusal, in Chinese (room serve). It speaks English; the
 * sentences that a caller of the service can bring about are translated here. */
#ifndef SKUA_SERVE_DETAIL_H
#define SKUA_SERVE_DETAIL_H

#include "core/buffer.h"

#include <stdbool.h>

/* Add the sentence in Chinese to `chinese`, names and numbers kept; false: it is none of those
 * known, and nothing was added. */
bool skuai_detail_chinese(const char *english, skuai_buffer *chinese);

#endif
