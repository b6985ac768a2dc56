/* encoding.h -- which encoding a text file is in, and its bytes as UTF-8 (room core).
 * Detection looks at a head of the file: byte order marks, then UTF-16 without one (every second
 * byte zero), then UTF-8 (valid, or with eight valid characters of several bytes for each damaged
 * one), then what uchardet guesses, taken only if the whole head converts.
 * Chinese national encodings are all read as GB18030, which contains GB2312 and GBK. */
#ifndef SKUA_CORE_ENCODING_H
#define SKUA_CORE_ENCODING_H

#include "core/buffer.h"

#define SKUAI_ENCODING_NAME_SIZE 32

/* Name of the encoding of a head of n bytes ("UTF-8", "UTF-16LE", "GB18030", "WINDOWS-1252", ...)
 * into name, and the length of its byte order mark. whole: the head is the whole file, so that a
 * character may not be cut at its end. SKUA_EENCODING when nothing fits. */
SKUA_MUST_USE skua_status skuai_encoding_detect(const unsigned char *head, size_t n, bool whole,
                                                char name[static SKUAI_ENCODING_NAME_SIZE],
                                                size_t *mark, skua_error *err);

/* Bytes at the front that are valid UTF-8 (whole characters; no surrogates, nothing overlong). */
size_t skuai_utf8_valid(const unsigned char *bytes, size_t n);

typedef struct skuai_converter skuai_converter; /* keeps the state between pieces */

/* SKUA_EENCODING: an encoding that this machine does not know. */
SKUA_MUST_USE skua_status skuai_converter_new(const char *encoding, skuai_converter **converter,
                                              skua_error *err);
void skuai_converter_free(skuai_converter *converter); /* NULL allowed */

/* Convert the next bytes of the file and append them to out; *used is how many were consumed (a
 * character cut at the end is left). What cannot be converted becomes U+FFFD and is counted. */
SKUA_MUST_USE skua_status skuai_converter_add(skuai_converter *converter,
                                              const unsigned char *bytes, size_t n, bool last,
                                              size_t *used, skuai_buffer *out, skua_error *err);
size_t skuai_converter_bad(const skuai_converter *converter); /* replaced so far */

#endif
