/* target.h -- a request's target and small JSON bodies, taken apart (room serve).
 *
 * "/v1/shops/tea/items/A%2F1?limit=10" becomes segments and parameters, each percent-decoded on its
 * own, so that an item's name may hold a slash. Refused: no leading slash, a broken escape, a zero
 * or control character, broken UTF-8, "." and ".." as segments, too many or too long parts. */
#ifndef SKUA_SERVE_TARGET_H
#define SKUA_SERVE_TARGET_H

#include "core/json.h"

enum {
    TARGET_BYTES_MOST = 4096,
    TARGET_SEGMENTS_MOST = 8,
    TARGET_PARAMETERS_MOST = 16,
    TARGET_JSON_DEPTH = 16
};

typedef struct skuai_target {
    size_t n_segments, n_parameters;
    const char *segments[TARGET_SEGMENTS_MOST];
    struct {
        const char *name, *value;
    } parameters[TARGET_PARAMETERS_MOST];
    char text[TARGET_BYTES_MOST + TARGET_SEGMENTS_MOST + 2 * TARGET_PARAMETERS_MOST + 8];
} skuai_target;

/* SKUA_EINVAL with the reason; SKUA_ELIMIT: too long or too many parts. */
SKUA_MUST_USE skua_status skuai_target_parse(const char *raw, skuai_target *target,
                                             skua_error *err);

/* The value of a parameter, or fallback. A whole number of it in [least, most]: SKUA_EINVAL naming
 * the parameter. */
const char *skuai_target_parameter(const skuai_target *target, const char *name,
                                   const char *fallback);
SKUA_MUST_USE skua_status skuai_target_integer(const skuai_target *target, const char *name,
                                               int64_t fallback, int64_t least, int64_t most,
                                               int64_t *value, skua_error *err);

/* Parse a body that must be one JSON object, not nested deeper than TARGET_JSON_DEPTH (refused
 * before it is parsed). An empty body is an empty object. SKUA_EDATA with line and column. */
SKUA_MUST_USE skua_status skuai_body_parse(const char *text, size_t n, skuai_json **json,
                                           skua_error *err);

#endif
