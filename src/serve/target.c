#include "serve/target.h"

#include "core/encoding.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Decode [from, to) to *out, which moves behind the terminator. Returns the text, NULL when it is
 * not to be trusted. */
static const char *decode(const char *from, const char *to, bool plus_is_space, char **out) {
    char *start = *out, *o = start;
    for (const char *p = from; p < to; p++) {
        char c = *p;
        if (c == '%') {
            int high = to - p > 2 ? hex_digit(p[1]) : -1, low = high >= 0 ? hex_digit(p[2]) : -1;
            if (low < 0) return NULL;
            c = (char)(unsigned char)(high * 16 + low);
            p += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if ((unsigned char)c < 0x20 || c == 0x7F) return NULL;
        *o++ = c;
    }
    *o = '\0';
    *out = o + 1;
    size_t n = (size_t)(o - start);
    return skuai_utf8_valid((const unsigned char *)start, n) == n ? start : NULL;
}

static skua_status bad(skua_error *err, const char *what) {
    return skuai_error_set(err, SKUA_EINVAL,
                           "the %s holds a broken escape, a control character or broken UTF-8",
                           what);
}

static skua_status parse_path(const char *raw, const char *end, skuai_target *target, char **out,
                              skua_error *err) {
    const char *p = raw + 1;
    while (p <= end) {
        const char *slash = memchr(p, '/', (size_t)(end - p)), *stop = slash ? slash : end;
        if (stop == end && p == end && target->n_segments > 0) return SKUA_OK; /* a last slash */
        if (target->n_segments == TARGET_SEGMENTS_MOST)
            return skuai_error_set(err, SKUA_ELIMIT, "the path has more than %d parts",
                                   TARGET_SEGMENTS_MOST);
        const char *segment = decode(p, stop, false, out);
        if (!segment) return bad(err, "path");
        if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
            return skuai_error_set(err, SKUA_EINVAL, "the path may not hold '.' or '..'");
        target->segments[target->n_segments++] = segment;
        if (!slash) break;
        p = slash + 1;
    }
    return SKUA_OK;
}

static skua_status parse_query(const char *query, skuai_target *target, char **out,
                               skua_error *err) {
    while (*query) {
        size_t n = strcspn(query, "&");
        const char *equals = memchr(query, '=', n), *end = query + n;
        if (n > 0) {
            if (target->n_parameters == TARGET_PARAMETERS_MOST)
                return skuai_error_set(err, SKUA_ELIMIT, "more than %d parameters",
                                       TARGET_PARAMETERS_MOST);
            const char *name = decode(query, equals ? equals : end, true, out);
            const char *value = name ? decode(equals ? equals + 1 : end, end, true, out) : NULL;
            if (!name || !value) return bad(err, "query");
            target->parameters[target->n_parameters].name = name;
            target->parameters[target->n_parameters++].value = value;
        }
        query += n + (query[n] == '&');
    }
    return SKUA_OK;
}

skua_status skuai_target_parse(const char *raw, skuai_target *target, skua_error *err) {
    size_t n = strlen(raw), path = strcspn(raw, "?");
    target->n_segments = target->n_parameters = 0;
    if (n > TARGET_BYTES_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "the address is longer than %d bytes",
                               TARGET_BYTES_MOST);
    if (raw[0] != '/')
        return skuai_error_set(err, SKUA_EINVAL, "the address does not begin with a slash");
    char *out = target->text;
    SKUA_TRY(parse_path(raw, raw + path, target, &out, err));
    return raw[path] ? parse_query(raw + path + 1, target, &out, err) : SKUA_OK;
}

const char *skuai_target_parameter(const skuai_target *target, const char *name,
                                   const char *fallback) {
    for (size_t i = 0; i < target->n_parameters; i++)
        if (strcmp(target->parameters[i].name, name) == 0) return target->parameters[i].value;
    return fallback;
}

skua_status skuai_target_integer(const skuai_target *target, const char *name, int64_t fallback,
                                 int64_t least, int64_t most, int64_t *value, skua_error *err) {
    const char *text = skuai_target_parameter(target, name, NULL);
    if (!text) {
        *value = fallback;
        return SKUA_OK;
    }
    size_t n = strspn(text, "0123456789");
    long long number = n > 0 && n < 18 && text[n] == '\0' ? strtoll(text, NULL, 10) : -1;
    if (number < least || number > most)
        return skuai_error_set(err, SKUA_EINVAL, "%s: need a whole number from %lld to %lld", name,
                               (long long)least, (long long)most);
    *value = number;
    return SKUA_OK;
}

/* -- Bodies ------------------------------------------------------------------------------------ */

/* How deep a text nests, brackets in strings left out. */
static int nesting(const char *text, size_t n) {
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest) deepest = depth;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return deepest;
}

skua_status skuai_body_parse(const char *text, size_t n, skuai_json **json, skua_error *err) {
    if (n == 0) return skuai_json_parse("{}", 2, json, err);
    size_t start = 0;
    while (start < n && (text[start] == ' ' || text[start] == '\n' || text[start] == '\r' ||
                         text[start] == '\t'))
        start++;
    if (start == n || text[start] != '{')
        return skuai_error_set(err, SKUA_EDATA, "the body is no JSON object");
    if (nesting(text, n) > TARGET_JSON_DEPTH)
        return skuai_error_set(err, SKUA_EDATA, "the body nests deeper than %d levels",
                               TARGET_JSON_DEPTH);
    return skuai_json_parse(text, n, json, err);
}
