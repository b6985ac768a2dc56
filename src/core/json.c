#include "core/json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- Writing ---------------------------------------------------------------------------------- */

void skuai_json_begin(skuai_json_writer *w, skuai_buffer *buffer) {
    *w = (skuai_json_writer){.buffer = buffer};
}

/* Length of the valid UTF-8 character at p, 0 when there is none. */
static size_t character_length(const unsigned char *p) {
    size_t n = p[0] < 0x80   ? 1
               : p[0] < 0xC2 ? 0
               : p[0] < 0xE0 ? 2
               : p[0] < 0xF0 ? 3
               : p[0] < 0xF5 ? 4
                             : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if (n == 3 && ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F))) return 0;
    if (n == 4 && ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))) return 0;
    return n;
}

static void put_string(skuai_buffer *buffer, const char *text) {
    (void)skuai_buffer_add(buffer, "\"", 1);
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t n = character_length(p);
        if (n == 0) {
            (void)skuai_buffer_text(buffer, "\xEF\xBF\xBD");
            p++;
            continue;
        }
        if (*p == '"' || *p == '\\')
            (void)skuai_buffer_format(buffer, "\\%c", *p);
        else if (*p == '\n')
            (void)skuai_buffer_text(buffer, "\\n");
        else if (*p < 0x20 || *p == '<') /* "<": a report may stand inside a page's script */
            (void)skuai_buffer_format(buffer, "\\u%04x", *p);
        else
            (void)skuai_buffer_add(buffer, p, n);
        p += n;
    }
    (void)skuai_buffer_add(buffer, "\"", 1);
}

/* What stands before a value: a comma, a name. */
static void lead(skuai_json_writer *w, const char *name) {
    if (w->depth > 0) {
        if (w->has_member[w->depth - 1]) (void)skuai_buffer_add(w->buffer, ",", 1);
        w->has_member[w->depth - 1] = true;
    }
    if (name) {
        put_string(w->buffer, name);
        (void)skuai_buffer_add(w->buffer, ":", 1);
    }
}

static void open_level(skuai_json_writer *w, const char *name, bool is_array) {
    lead(w, name);
    (void)skuai_buffer_text(w->buffer, is_array ? "[" : "{");
    if (w->depth == SKUAI_JSON_DEPTH) {
        w->buffer->status = SKUA_ELIMIT;
        return;
    }
    w->is_array[w->depth] = is_array;
    w->has_member[w->depth++] = false;
}

void skuai_json_object(skuai_json_writer *w, const char *name) {
    open_level(w, name, false);
}
void skuai_json_array(skuai_json_writer *w, const char *name) {
    open_level(w, name, true);
}

void skuai_json_close(skuai_json_writer *w) {
    if (w->depth == 0) return;
    w->depth--;
    (void)skuai_buffer_text(w->buffer, w->is_array[w->depth] ? "]" : "}");
}

void skuai_json_text(skuai_json_writer *w, const char *name, const char *text) {
    lead(w, name);
    if (text)
        put_string(w->buffer, text);
    else
        (void)skuai_buffer_text(w->buffer, "null");
}

char *skuai_number_text(double number, char *text) {
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, SKUAI_NUMBER_TEXT_SIZE, "%.*g", digits, number);
        if (strtod(text, NULL) == number) break;
    }
    return text;
}

void skuai_json_number(skuai_json_writer *w, const char *name, double number) {
    char text[SKUAI_NUMBER_TEXT_SIZE];
    lead(w, name);
    (void)skuai_buffer_text(w->buffer, isfinite(number) ? skuai_number_text(number, text) : "null");
}

void skuai_json_integer(skuai_json_writer *w, const char *name, int64_t integer) {
    lead(w, name);
    (void)skuai_buffer_format(w->buffer, "%lld", (long long)integer);
}

void skuai_json_bool(skuai_json_writer *w, const char *name, bool value) {
    lead(w, name);
    (void)skuai_buffer_text(w->buffer, value ? "true" : "false");
}

void skuai_json_raw(skuai_json_writer *w, const char *name, const char *json) {
    lead(w, name);
    (void)skuai_buffer_text(w->buffer, json);
}

double skuai_text_number(const char *text) {
    char array[64]; /* a document is an array or an object */
    skuai_json *json = NULL;
    double number = NAN;
    size_t n = strlen(text);
    if (n == 0 || n > sizeof array - 3) return NAN;
    array[0] = '[';
    memcpy(array + 1, text, n);
    memcpy(array + 1 + n, "]", 2);
    if (skuai_json_parse(array, n + 2, &json, NULL) == SKUA_OK && skuai_json_size(json) == 1)
        number = skuai_json_as_number(skuai_json_at(json, 0), NAN);
    skuai_json_free(json);
    return number;
}

/* -- Reading ---------------------------------------------------------------------------------- */

static json_t *inner(const skuai_json *value) {
    return (json_t *)(uintptr_t)value;
}
static const skuai_json *outer(const json_t *value) {
    return (const skuai_json *)value;
}

skua_status skuai_json_parse(const char *text, size_t n, skuai_json **json, skua_error *err) {
    json_error_t error;
    json_t *value = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        return skuai_error_set(err, SKUA_EDATA, "line %d, column %d: %s", error.line, error.column,
                               error.text);
    *json = (skuai_json *)value;
    return SKUA_OK;
}

void skuai_json_free(skuai_json *json) {
    if (json) json_decref(inner(json));
}

const skuai_json *skuai_json_get(const skuai_json *object, const char *name) {
    return object ? outer(json_object_get(inner(object), name)) : NULL;
}

bool skuai_json_is_array(const skuai_json *value) {
    return value && json_is_array(inner(value));
}

size_t skuai_json_size(const skuai_json *array) {
    if (!array) return 0;
    return json_is_array(inner(array)) ? json_array_size(inner(array))
                                       : json_object_size(inner(array));
}

const skuai_json *skuai_json_at(const skuai_json *array, size_t i) {
    return array ? outer(json_array_get(inner(array), i)) : NULL;
}

const skuai_json *skuai_json_next(const skuai_json *object, const char **name) {
    void *at = NULL;
    if (object && json_is_object(inner(object)))
        at = *name ? json_object_iter_next(inner(object), json_object_iter_at(inner(object), *name))
                   : json_object_iter(inner(object));
    *name = at ? json_object_iter_key(at) : NULL;
    return at ? outer(json_object_iter_value(at)) : NULL;
}

const char *skuai_json_as_text(const skuai_json *value, const char *fallback) {
    return value && json_is_string(inner(value)) ? json_string_value(inner(value)) : fallback;
}

double skuai_json_as_number(const skuai_json *value, double fallback) {
    return value && json_is_number(inner(value)) ? json_number_value(inner(value)) : fallback;
}

int64_t skuai_json_as_integer(const skuai_json *value, int64_t fallback) {
    return value && json_is_integer(inner(value)) ? json_integer_value(inner(value)) : fallback;
}

bool skuai_json_as_bool(const skuai_json *value, bool fallback) {
    return value && json_is_boolean(inner(value)) ? json_is_true(inner(value)) : fallback;
}

static int dump_bytes(const char *bytes, size_t n, void *buffer) {
    return skuai_buffer_add(buffer, bytes, n) == SKUA_OK ? 0 : -1;
}

void skuai_json_dump(const skuai_json *value, skuai_buffer *buffer) {
    if (value)
        (void)json_dump_callback(inner(value), dump_bytes, buffer, JSON_COMPACT | JSON_ENCODE_ANY);
}
