/* arrow_in.h -- a frame handed over by Arrow's C stream interface becomes a CSV, which is the one
 * way into the tables (room store). The frame's memory is read where it lies. */
#ifndef SKUA_STORE_ARROW_IN_H
#define SKUA_STORE_ARROW_IN_H

#include "core/context.h"

/* Read all of the stream into the file `path`. The stream is the caller's to release, and empty
 * afterwards.. SKUA_EDATA: the stream fails,
 * or a column holds lists or records, naming it. */
SKUA_MUST_USE skua_status skuai_arrow_to_csv(struct ArrowArrayStream *stream, const char *path,
                                             const skuai_context *context, skua_error *err);

#endif
