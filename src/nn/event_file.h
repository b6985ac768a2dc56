/* event_file.h -- loss curves that TensorBoard opens (room nn).
 *
 *     skuai_event_file *events;
 *     SKUA_TRY(skuai_event_file_open("runs/7", time, &events, err));
 *     skuai_event_file_scalar(events, "train-loss", step, value, time);
 *     SKUA_TRY(skuai_event_file_close(events, err));
 *
 * A file is a sequence of records: length (8 bytes), its masked CRC, the data, their masked CRC,
 * all little-endian; data are an Event message of protocol buffers with wall time (1), step (2),
 * and file version (3) or summary (5), which holds a tag (1) and a float (2). The CRC is CRC-32C
 * (Castagnoli, RFC 3720 appendix B.4), masked as TFRecord does: rotated right by 15, plus
 * 0xA282EAD8. Every record is flushed, so a killed run leaves what it wrote; a reader stops at a
 * record that is cut. */
#ifndef SKUA_NN_EVENT_FILE_H
#define SKUA_NN_EVENT_FILE_H

#include "core/alloc.h"

typedef struct skuai_event_file skuai_event_file; /* one thread at a time */

/* A new file events.out.tfevents.<seconds>.skua[.n] in the folder (made when it is missing) beside
 * those of earlier runs. wall_time: seconds since 1970. *file is the caller's. SKUA_EIO with the
 * reason, SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_event_file_open(const char *folder, double wall_time,
                                                skuai_event_file **file, skua_error *err);
/* One point of the curve `tag` (at most 1000 bytes of it). A failure sticks and is told by _close.
 */
void skuai_event_file_scalar(skuai_event_file *file, const char *tag, int64_t step, double value,
                             double wall_time);
const char *skuai_event_file_path(const skuai_event_file *file); /* borrowed */
/* Close and free; NULL gives SKUA_OK. SKUA_EIO: something could not be written. */
SKUA_MUST_USE skua_status skuai_event_file_close(skuai_event_file *file, skua_error *err);

/* CRC-32C of n bytes ("123456789" gives 0xE3069283). */
uint32_t skuai_crc32c(const void *bytes, size_t n);

#endif
