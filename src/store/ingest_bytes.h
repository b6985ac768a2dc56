/* ingest_bytes.h -- the bytes of a file as UTF-8 text, whatever it is packed and encoded in (room
 * store, private). The head is looked at first: what is no text is refused with a sentence that
 * says how to save it. */
#ifndef SKUA_STORE_INGEST_BYTES_H
#define SKUA_STORE_INGEST_BYTES_H

#include "core/encoding.h"

typedef enum skuai_bytes_format {
    SKUAI_BYTES_TEXT, /* delimited text, plain or gzip */
    SKUAI_BYTES_JSON, /* an array of objects, or an object a line */
    SKUAI_BYTES_PARQUET
} skuai_bytes_format;

typedef struct skuai_bytes skuai_bytes;

/* Open a file. encoding NULL: found out. SKUA_ENOTFOUND, SKUA_EIO; SKUA_EDATA: empty, a
 * spreadsheet, an archive, another binary; SKUA_EENCODING. */
SKUA_MUST_USE skua_status skuai_bytes_open(const char *path, const char *encoding,
                                           skuai_bytes **bytes, skua_error *err);
void skuai_bytes_close(skuai_bytes *bytes); /* NULL allowed */
SKUA_MUST_USE skua_status skuai_bytes_rewind(skuai_bytes *bytes, skua_error *err);

/* Up to `size` further bytes of UTF-8 into `buffer`; *n is 0 at the end. */
SKUA_MUST_USE skua_status skuai_bytes_read(skuai_bytes *bytes, char *buffer, size_t size, size_t *n,
                                           skua_error *err);

skuai_bytes_format skuai_bytes_format_of(const skuai_bytes *bytes);
const char *skuai_bytes_encoding(const skuai_bytes *bytes);
double skuai_bytes_position(const skuai_bytes *bytes); /* share of the file read, 0..1 */
size_t skuai_bytes_bad(const skuai_bytes *bytes);      /* characters that could not be converted */

/* Size and a 128-bit hash of a file as it lies there (not cryptographic: it tells the same file
 * from another, not friend from foe). */
#define SKUAI_HASH_SIZE 33
SKUA_MUST_USE skua_status skuai_bytes_hash(const char *path, int64_t *size,
                                           char hash[static SKUAI_HASH_SIZE], skua_error *err);

#endif
