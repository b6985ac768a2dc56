/* skua.h -- demand forecasting for online shops: the public API, and the only public header.
 *
 *     skua_shop *shop;
 *     skua_error err;
 *     char *report;
 *     if (skua_shop_open("myshop", &shop, &err) != SKUA_OK) {
 *         fprintf(stderr, "%s\n", err.message);
 *         return 1;
 *     }
 *     if (skua_shop_set(shop, "horizon", "28", &err) == SKUA_OK &&
 *         skua_shop_forecast(shop, "forecast.csv", &report, &err) == SKUA_OK) {
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

/* -- Shops ------------------------------------------------------------------------------------- */

/* A workspace as seen by this process: where it is and how to work on it. The database is open only
 * while a verb runs, so that other processes can come in between. */
typedef struct skua_shop skua_shop;

/* What long verbs tell and ask. Any member may be NULL. Called from one thread at a time. */
typedef struct skua_callbacks {
    void (*progress)(void *user, const char *stage, double done, double total);
    void (*log)(void *user, int level, const char *message); /* 0 debug, 1 info, 2 warning */
    bool (*cancel)(void *user);                              /* true: stop with SKUA_ECANCEL */
    void *user;
} skua_callbacks;

/* Make a workspace: a folder with skua.yaml, shop.duckdb and models/. settings: key, value, key,
 * value, ..., NULL (or NULL for none): name, frequency, time_zone, currency, country, channel.
 * SKUA_EEXIST: there is one already; SKUA_EIO: the folder cannot be written. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_init(const char *folder, const char *const *settings,
                                                  skua_error *err);

/* Open a workspace. Settings come from the defaults, its skua.yaml, and the environment
 * (SKUA_HORIZON, ...). *shop is owned by the caller. SKUA_ENOTFOUND: no workspace there;
 * SKUA_EVERSION: written by a newer skua. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_open(const char *folder, skua_shop **shop,
                                                  skua_error *err);
SKUA_API void skua_shop_close(skua_shop *shop); /* NULL allowed */

/* Change a setting for the verbs that follow: any key of docs/config.md, as text ("horizon", "28").
 * SKUA_ECONFIG: unknown key (the nearest is named), or a value out of range. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_set(skua_shop *shop, const char *key,
                                                 const char *value, skua_error *err);

/* callbacks is copied; NULL for none. */
SKUA_API void skua_shop_listen(skua_shop *shop, const skua_callbacks *callbacks);

/* The settings as they stand, with where each came from, as JSON. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_settings(skua_shop *shop, char **report,
                                                      skua_error *err);

/* -- Verbs: each fills *report (owned by the caller, skua_text_free) with a JSON document --------
 */

/* Read a file, a glob or standard input ("-") into the shop, one transaction a file. The setting
 * `table` says what it is ("auto": inferred), `map`, `delimiter`, `encoding`, ... how to read it.
 * SKUA_EDATA: nothing could be read, naming file, line and remedy; SKUA_EBUSY: another process. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_ingest(skua_shop *shop, const char *file,
                                                    char **report, skua_error *err);

/* Find what is odd; findings go to the table of that name. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_check(skua_shop *shop, char **report, skua_error *err);

/* Backtest the models of the preset, choose weights and calibration, keep the model. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_train(skua_shop *shop, char **report, skua_error *err);

/* Forecast every series from its last period on, with the trained model or, when there is none, the
 * default combination. Results go to the table forecasts and, when output is not NULL, to that
 * file (CSV or Parquet, by its name or the setting `format`; "-": CSV on standard output is the
 * command line's affair). */
SKUA_API SKUA_MUST_USE skua_status skua_shop_forecast(skua_shop *shop, const char *output,
                                                      char **report, skua_error *err);

/* Rolling origins: every model of the preset against the free baselines, as a leaderboard. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_backtest(skua_shop *shop, char **report,
                                                      skua_error *err);

/* What the shop holds: tables and rows, series, period, last forecast. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_show(skua_shop *shop, char **report, skua_error *err);

/* Write a page (one HTML file, no network) with history, forecasts, scores and findings. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_report(skua_shop *shop, const char *output,
                                                    char **report, skua_error *err);

/* Write the files of a simulated shop with known truth into a folder. settings as above: items,
 * days, channels, law, placement, seed, ... */
SKUA_API SKUA_MUST_USE skua_status skua_simulate(const char *folder, const char *const *settings,
                                                 const skua_callbacks *callbacks, char **report,
                                                 skua_error *err);

#ifdef __cplusplus
}
#endif
#endif
