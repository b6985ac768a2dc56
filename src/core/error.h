/* error.h -- filling and forwarding a skua_error (room core; the type itself is in skua.h). */
#ifndef SKUA_CORE_ERROR_H
#define SKUA_CORE_ERROR_H

#include <skua.h>
#include <stdarg.h>

#if defined(__GNUC__)
#define SKUA_PRINTF(format_index, first_argument)                                                  \
    __attribute__((format(printf, format_index, first_argument)))
#else
#define SKUA_PRINTF(format_index, first_argument)
#endif

/* Fill err (NULL allowed) with code and a formatted sentence, truncated at a character boundary
 * when it is too long, and return code. Never allocates. The arguments may point into err. */
#define skuai_error_set(err, code, ...)                                                            \
    skuai_status_known(skuai_error_fill((err), (code), __VA_ARGS__), (code))
skua_status skuai_error_fill(skua_error *err, skua_status code, const char *format, ...)
    SKUA_PRINTF(3, 4);
/* The code itself: so that a reader of one source (the static analyser is one) sees what a failing
 * function returns. */
static inline skua_status skuai_status_known(skua_status filled, skua_status code) {
    (void)filled;
    return code;
}

/* Put "prefix: " before the message that err already holds; the code stays. Returns err->code, or
 * code when err is NULL. */
skua_status skuai_error_prefix(skua_error *err, skua_status code, const char *format, ...)
    SKUA_PRINTF(3, 4);

/* Set err to OK with an empty message. */
void skuai_error_clear(skua_error *err);

/* Return the status upward when it is not SKUA_OK. */
#define SKUA_TRY(expression)                                                                       \
    do {                                                                                           \
        skua_status skua_try_status_ = (expression);                                               \
        if (skua_try_status_ != SKUA_OK) return skua_try_status_;                                  \
    } while (0)

/* Leave for the label `out` with the status in the variable `status` when it is not SKUA_OK. */
#define SKUA_TRY_OUT(expression)                                                                   \
    do {                                                                                           \
        status = (expression);                                                                     \
        if (status != SKUA_OK) goto out;                                                           \
    } while (0)

#endif
