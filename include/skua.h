/* skua.h -- demand forecasting for online shops: the public API, and the only public header.
 *
 *     skua_shop *shop;
 *     skua_error err;
 *     char *report;
 *     if (skua_shop_open("myshop", NULL, &shop, &err) != SKUA_OK) {
 *         fprintf(stderr, "%s\n", err.message);
 *         return 1;
 *     }
 *     skua_forecast_options options = SKUA_FORECAST_OPTIONS_DEFAULT;
 *     options.horizon = 28;
 *     if (skua_shop_forecast(shop, &options, &report, &err) == SKUA_OK) {
 *         puts(report);
 *         skua_text_free(report);
 *     }
 *     skua_shop_close(shop);
 *
 * Conventions. Every fallible function returns a skua_status and fills its last argument, a
 * skua_error on the caller's stack (NULL allowed). On failure every output is untouched and there
 * is nothing to free. Texts are UTF-8. A verb's report is a JSON document, owned by the caller and
 * given back with skua_text_free(); docs/guide.md lists the members. No function prints, exits, or
 * keeps global state: two shops in one process do not meet. One skua_shop may be used by one
 * thread at a time; different shops by different threads. */
#ifndef SKUA_H
#define SKUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKUA_VERSION_MAJOR 0
#define SKUA_VERSION_MINOR 1
#define SKUA_VERSION_PATCH 0
#define SKUA_VERSION_TEXT  "0.1.0"

#if defined(__GNUC__)
#define SKUA_API      __attribute__((visibility("default")))
#define SKUA_MUST_USE __attribute__((warn_unused_result))
#else
#define SKUA_API
#define SKUA_MUST_USE
#endif

/* -- Errors ---------------------------------------------------------------------------------- */

/* Code, pinned value and sentence of every status. Families: 10s the caller, 20s the data, 30s
 * files and database, 40s resources, 50s foreign libraries, 60s numbers, 90 our own fault. */
#define SKUA_STATUS_MAP(X)                                                                         \
    X(OK, 0, "success")                                                                            \
    X(EINVAL, 10, "invalid argument")                                                              \
    X(ERANGE, 11, "value out of range")                                                            \
    X(ECONFIG, 12, "invalid configuration")                                                        \
    X(ECANCEL, 13, "cancelled")                                                                    \
    X(EDATA, 20, "bad data")                                                                       \
    X(ESCHEMA, 21, "data of another shape than expected")                                          \
    X(EENCODING, 22, "text in an unknown encoding")                                                \
    X(EIO, 30, "file or device error")                                                             \
    X(ENOTFOUND, 31, "not found")                                                                  \
    X(EDATABASE, 32, "database error")                                                             \
    X(EBUSY, 33, "in use by another process")                                                      \
    X(EVERSION, 34, "written by another version")                                                  \
    X(EEXIST, 35, "already there")                                                                 \
    X(ENOMEM, 40, "out of memory")                                                                 \
    X(ELIMIT, 41, "a limit was reached")                                                           \
    X(EDEADLINE, 42, "out of time")                                                                \
    X(EFOREIGN, 50, "a library we call failed")                                                    \
    X(ESINGULAR, 60, "numerically singular")                                                       \
    X(EINTERNAL, 90, "internal error")

typedef enum skua_status {
#define SKUA_STATUS_ENUM(name, value, text) SKUA_##name = (value),
    SKUA_STATUS_MAP(SKUA_STATUS_ENUM)
#undef SKUA_STATUS_ENUM
} skua_status;

#define SKUA_ERROR_MESSAGE_SIZE 512

typedef struct skua_error {
    skua_status code;                      /* what the function returned */
    char message[SKUA_ERROR_MESSAGE_SIZE]; /* a sentence a user can act on; always terminated */
} skua_error;

/* The sentence for a status, static; "unknown status" for a value that is none. */
SKUA_API const char *skua_status_text(skua_status status);

/* The version of the library that is running, as "major.minor.patch", static. */
SKUA_API const char *skua_version(void);

/* Give back a text that a skua function returned. NULL is allowed. */
SKUA_API void skua_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
