/* sequence_build.h -- an untrained sequence net: what training and reading a file begin with (room
 * recommend). */
#ifndef SKUA_RECOMMEND_SEQUENCE_BUILD_H
#define SKUA_RECOMMEND_SEQUENCE_BUILD_H

#include "recommend/sequence_net.h"

/* train: with the items' own embeddings and the content's weight; else `vectors` [n_items, width],
 * zero, is all there is of items. *made is the caller's. SKUA_EINVAL: an option out of range. */
SKUA_MUST_USE skua_status skuai_sequence_build(const skuai_sequence_options *options,
                                               size_t n_items, bool train, uint64_t seed,
                                               skuai_sequence_net **made, skua_error *err);

#endif
