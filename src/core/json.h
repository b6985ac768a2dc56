/* json.h -- writing JSON as a stream, and reading it as a tree (room core; the reader is jansson).
 *
 *     skuai_json_writer w;
 *     skuai_json_begin(&w, &buffer);
 *     skuai_json_object(&w, NULL);
 *     skuai_json_text(&w, "name", "tea");
 *     skuai_json_array(&w, "sales");
 *     skuai_json_number(&w, NULL, 3);
 *     skuai_json_close(&w);
 *     skuai_json_close(&w);           the buffer holds {"name":"tea","sales":[3]}
 *
 * Failures of the buffer are sticky there: check it once at the end. */
#ifndef SKUA_CORE_JSON_H
#define SKUA_CORE_JSON_H

#include "core/buffer.h"

/* -- Writing ---------------------------------------------------------------------------------- */

enum { SKUAI_JSON_DEPTH = 32 };

typedef struct skuai_json_writer {
    skuai_buffer *buffer; /* borrowed */
    int depth;
    bool is_array[SKUAI_JSON_DEPTH], has_member[SKUAI_JSON_DEPTH];
} skuai_json_writer;

void skuai_json_begin(skuai_json_writer *w, skuai_buffer *buffer);
/* name: the member's name inside an object, NULL inside an array or at the top. */
void skuai_json_object(skuai_json_writer *w, const char *name);
void skuai_json_array(skuai_json_writer *w, const char *name);
void skuai_json_close(skuai_json_writer *w); /* the innermost object or array */
/* Text as UTF-8, broken bytes replaced by U+FFFD; NULL is null. */
void skuai_json_text(skuai_json_writer *w, const char *name, const char *text);
/* Shortest text that reads back as the same double; NaN and infinities are null. */
void skuai_json_number(skuai_json_writer *w, const char *name, double number);
void skuai_json_integer(skuai_json_writer *w, const char *name, int64_t integer);
void skuai_json_bool(skuai_json_writer *w, const char *name, bool value);
/* A document made elsewhere, as it is. */
void skuai_json_raw(skuai_json_writer *w, const char *name, const char *json);

/* The shortest decimal text that reads back as the same double ("nan", "inf" for those). */
#define SKUAI_NUMBER_TEXT_SIZE 32
char *skuai_number_text(double number, char *text);
/* The number that a text is (as JSON writes numbers); NaN: it is none. */
double skuai_text_number(const char *text);

/* -- Reading ---------------------------------------------------------------------------------- */

typedef struct skuai_json skuai_json; /* a value, borrowed from its document unless parsed */

/* Parse a document; *json is owned by the caller. SKUA_EDATA with line and column. */
SKUA_MUST_USE skua_status skuai_json_parse(const char *text, size_t n, skuai_json **json,
                                           skua_error *err);
void skuai_json_free(skuai_json *json); /* of skuai_json_parse; NULL allowed */

/* All of these take NULL and values of another kind, and then give the fallback. */
const skuai_json *skuai_json_get(const skuai_json *object, const char *name);
bool skuai_json_is_array(const skuai_json *value);
size_t skuai_json_size(const skuai_json *array); /* elements of an array or members of an object */
const skuai_json *skuai_json_at(const skuai_json *array, size_t i);
/* The members of an object one after another: *name NULL asks for the first, the name of the one
 * before for the next; NULL (and *name NULL) behind the last. Names are borrowed. */
const skuai_json *skuai_json_next(const skuai_json *object, const char **name);
const char *skuai_json_as_text(const skuai_json *value, const char *fallback);
double skuai_json_as_number(const skuai_json *value, double fallback);
int64_t skuai_json_as_integer(const skuai_json *value, int64_t fallback);
bool skuai_json_as_bool(const skuai_json *value, bool fallback);
/* Append a value as compact JSON; nothing for NULL. */
void skuai_json_dump(const skuai_json *value, skuai_buffer *buffer);

#endif
