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

/* -- Arrow's C data and C stream interfaces -----------------------------------------------------
 *
 * The layout is fixed by https://arrow.apache.org/docs/format/CDataInterface.html; other headers
 * may declare the same under the same guards. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *schema); /* NULL: released */
    void *private_data;
};
struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *array); /* NULL: released */
    void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *stream, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *stream, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *stream);
    void (*release)(struct ArrowArrayStream *stream); /* NULL: released */
    void *private_data;
};
#endif

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

/* The findings of the last check one by one: those that the settings kind, item and row name, at
 * most `limit` of them, and how many there are. With the setting `decide` their action becomes that
 * first; what is applied changes the history that the next training or forecast reads, and rejected
 * brings it back. SKUA_EINVAL: an unknown kind, or a decision about no finding in particular;
 * SKUA_EDATA: nothing was checked yet. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_findings(skua_shop *shop, char **report,
                                                      skua_error *err);

/* Encode every item's words and picture (setting `modality`: auto, text, image) into the table
 * vectors: only what changed since the last time, or all with the setting `again`; by sub-words
 * learnt on the shop's own texts and by descriptors of pictures, or by the model in the folder of
 * the setting `encoder`. Pictures that cannot be read are named in the report, the rest goes on.
 * SKUA_EDATA: no item has words or a picture, or the folder is damaged; SKUA_ENOTFOUND: libvips is
 * not installed, and modality is image. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_embed(skua_shop *shop, char **report, skua_error *err);

/* Give every item that has words a label, into the table tags under the name of the setting `tag`:
 * from the files of the settings labels, rules and examples, or from `clusters` that name
 * themselves. SKUA_EINVAL: neither or both; SKUA_EDATA: no item has words, a file is not as it
 * should be, naming the line, or no label is known. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_tag(skua_shop *shop, char **report, skua_error *err);

/* Backtest the models of the preset, choose weights and calibration, keep the model. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_train(skua_shop *shop, char **report, skua_error *err);

/* Let the current model learn what came since it was trained: members that learn across series are
 * fitted anew (trees) or trained further on the whole history, old periods and new (nets, a quarter
 * of the steps at half the rate); weights and calibration stay. A new version becomes the current
 * one. SKUA_ENOTFOUND: nothing was trained; SKUA_EDATA: it was trained on other periods. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_update(skua_shop *shop, char **report,
                                                    skua_error *err);

/* Read a frame that another library hands over by Arrow's C stream interface (pyarrow, polars,
 * pandas, DuckDB, nanoarrow, ...): its memory is read where it lies. As skua_shop_ingest otherwise;
 * rows are told in place of lines. The stream is released, whatever comes of it. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_ingest_arrow(skua_shop *shop,
                                                          struct ArrowArrayStream *frame,
                                                          char **report, skua_error *err);

/* Forecast every series from its last period on, with the trained model or, when there is none, the
 * default combination. Results go to the table forecasts and, when output is not NULL, to that
 * file (CSV or Parquet, by its name or the setting `format`; "-": CSV on standard output is the
 * command line's affair). */
SKUA_API SKUA_MUST_USE skua_status skua_shop_forecast(skua_shop *shop, const char *output,
                                                      char **report, skua_error *err);

/* Likewise, with the rows handed out by Arrow's C stream interface into *forecasts (the caller's to
 * release; it may outlive the shop): item, channel, ds (start of the period, in microseconds
 * without a zone), mean, a column a quantile (q10), note; sorted by item, channel, ds. A rank but
 * the first gets a stream that was released. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_forecast_arrow(skua_shop *shop,
                                                            struct ArrowArrayStream *forecasts,
                                                            char **report, skua_error *err);

/* Rolling origins: every model of the preset against the free baselines, as a leaderboard. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_backtest(skua_shop *shop, char **report,
                                                      skua_error *err);

/* What price and promotions do to demand: elasticity and uplift of every item with intervals, what
 * of it cannot be known and which experiment would tell, refutations, and which of the shop's
 * series drive which. output: a page (one HTML file), or NULL. SKUA_EDATA: no prices and no
 * promotions, or too short a history. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_cause(skua_shop *shop, const char *output,
                                                   char **report, skua_error *err);

/* Why an item's forecast is what it is: what history, price, promotion, calendar and the other
 * inputs add to it over the horizon (Shapley values), what changed since the last periods, and what
 * would move it. item: as in the shop, or item/channel. With the setting `global` and item NULL,
 * what the forecasts of the whole shop rest on: importance of inputs, a surrogate tree, partial
 * dependence. output: a page, or NULL. SKUA_ENOTFOUND: no such item. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_explain(skua_shop *shop, const char *item,
                                                     const char *output, char **report,
                                                     skua_error *err);

/* Trainings, backtests and forecasts, newest first, with the scores of the combination and which
 * model is the current one. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_runs(skua_shop *shop, char **report, skua_error *err);

/* Two runs (or models, as "0001") side by side: all scores, and the difference of their WQL with
 * its interval by bootstrap over series. SKUA_ENOTFOUND: no such run. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_compare(skua_shop *shop, const char *first,
                                                     const char *second, char **report,
                                                     skua_error *err);

/* Let another model forecast from now on; go back to the one before. SKUA_ENOTFOUND. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_promote(skua_shop *shop, const char *model,
                                                     char **report, skua_error *err);
SKUA_API SKUA_MUST_USE skua_status skua_shop_rollback(skua_shop *shop, char **report,
                                                      skua_error *err);

/* What was forecast beside what came since, week by week: coverage of the 80 % interval, bias,
 * WAPE, drift of the outcomes among the quantiles (PSI), with a verdict: holds, watch, alarm.
 * SKUA_EDATA: there are no forecasts yet, or not of the levels 0.1 to 0.9. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_monitor(skua_shop *shop, char **report,
                                                     skua_error *err);

/* What the shop holds: tables and rows, series, period, last forecast. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_show(skua_shop *shop, char **report, skua_error *err);

/* Write a page (one HTML file, no network) with history, forecasts, scores and findings. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_report(skua_shop *shop, const char *output,
                                                    char **report, skua_error *err);

/* What to do: "stock" (what to order), "stock-replay" (how that policy would have done), "promo"
 * (what to promote, when, how deep), "price" (which prices), "price-replay" (what they would have
 * brought). output NULL, or a CSV file.
 * SKUA_EDATA: what the plan needs is not there (table supply), with what to do; single items that
 * cannot be planned are listed under "problems". */
SKUA_API SKUA_MUST_USE skua_status skua_shop_plan(skua_shop *shop, const char *what,
                                                  const char *output, char **report,
                                                  skua_error *err);

/* What rises and falls, change points, what moved the total, opportunities. output NULL, or an HTML
 * page in the language of the settings. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_trend(skua_shop *shop, const char *output,
                                                   char **report, skua_error *err);

/* The next items of the user of the setting `user`, or of the items in `basket`; with output: of
 * all users, into that CSV file; with none of these: how well it ranks on the last 28 days.
 * SKUA_EDATA: neither orders with users nor events; SKUA_ENOTFOUND: no such item in `basket`. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_recommend(skua_shop *shop, const char *output,
                                                       char **report, skua_error *err);

/* Write the files of a simulated shop with known truth into a folder. settings as above: items,
 * days, channels, law, placement, seed, ... */
SKUA_API SKUA_MUST_USE skua_status skua_simulate(const char *folder, const char *const *settings,
                                                 const skua_callbacks *callbacks, char **report,
                                                 skua_error *err);

/* -- Histories in memory ------------------------------------------------------------------------
 */

/* Histories of one frequency, without a workspace. */
typedef struct skua_arrays {
    size_t n_series;
    const char *frequency;     /* "hour", "day", "week", "month", "quarter", "year" */
    const char *const *names;  /* [n_series] unique; NULL: "0", "1", ... */
    const char *const *starts; /* [n_series] a day in the first period, as "2024-03-28", or an hour,
                                  as "2024-03-28T15" */
    const size_t *lengths;     /* [n_series] periods of each history; 0 allowed */
    const double *units;       /* the histories one behind the other, NaN missing */
} skua_arrays;

/* Forecast each history from its end on by the default combination, or the models that the settings
 * name (key, value, ..., NULL: models, preset, season, seed, threads, time; NULL for none). Nothing
 * is known of what the series are, so a young one is not told from others like it.
 *   levels    [n_levels]                    in   increasing, between 0 and 1
 *   mean      [n_series, horizon]           out
 *   quantiles [n_series, horizon, n_levels] out
 * SKUA_EINVAL, SKUA_EDATA: which series, and what is wrong with it. */
SKUA_API SKUA_MUST_USE skua_status skua_forecast_arrays(const skua_arrays *arrays, size_t horizon,
                                                        const double *levels, size_t n_levels,
                                                        const char *const *settings,
                                                        const skua_callbacks *callbacks,
                                                        double *mean, double *quantiles,
                                                        skua_error *err);

/* -- Forecasters of one's own --------------------------------------------------------------------
 */

/* One history to forecast. */
typedef struct skua_history {
    const double *units;  /* [length] oldest first, finite: gaps are filled */
    size_t length;        /* >= 1 */
    size_t season;        /* periods after which demand repeats, >= 1 */
    size_t horizon;       /* periods to forecast */
    const double *levels; /* [n_levels] of the quantiles, increasing */
    size_t n_levels;
    uint64_t seed; /* of this history, for what is random */
} skua_history;

typedef struct skua_forecaster {
    const char *name;    /* a letter, then letters (a to z), digits and hyphens; none of skua's */
    size_t least_length; /* shorter histories are forecast by the seasonal naive, with a note */
    /* Fill mean [horizon] and quantiles [horizon, n_levels]; false: not this history (the seasonal
     * naive again). What is not finite or far out of the history's range is refused likewise, and
     * quantiles are sorted. Called from several threads at once. */
    bool (*forecast)(void *user, const skua_history *history, double *mean, double *quantiles);
    void *user;
} skua_forecaster;

/* Let a forecaster of the program's own stand among the models of this shop: under its name in the
 * setting `models`, and in every preset. It is backtested, weighed and calibrated as the others. A
 * model that was trained with it forecasts only where it is plugged in again. *forecaster is
 * copied; its function and `user` have to live as long as the shop and its snapshots. SKUA_EINVAL:
 * a bad name; SKUA_EEXIST: there is a model of that name. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_plug(skua_shop *shop,
                                                  const skua_forecaster *forecaster,
                                                  skua_error *err);

/* -- Snapshots: what a shop answers from memory -------------------------------------------------
 *
 * For programs that answer many questions (`skua serve`). A snapshot holds the items, histories,
 * stored forecasts, findings and scores as they stood when it was loaded; the database is open only
 * while it loads. It never changes: any number of threads read it, and all pointers that it gives
 * live as long as it does. Load another one when the shop's generation has moved. */
typedef struct skua_snapshot skua_snapshot;

#define SKUA_NONE ((size_t)-1) /* "there is none", of an index */

/* A product. Texts are "" where the shop says nothing. */
typedef struct skua_item {
    const char *item, *title, *category, *brand;
    size_t first_series, n_series;    /* its series, one a channel, in order of channel */
    size_t first_finding, n_findings; /* its findings */
    double recent;                    /* units of the last `horizon` observed periods */
    double expected; /* units expected in the forecast's periods; NaN: no forecast */
} skua_item;

/* An item in a channel. Period t of the history is start + t; NaN is missing. */
typedef struct skua_series {
    const char *item, *channel;
    int64_t start;           /* first period of the history */
    size_t length;           /* its periods */
    const double *units;     /* [length] as recorded */
    const double *cleaned;   /* [length] as models see it: findings laid over */
    const float *available;  /* [length] share of the period it could be bought; NULL: always */
    const float *price;      /* [length]; NULL: not told */
    const float *promotion;  /* [length] share of the period under promotion; NULL: none known */
    size_t horizon;          /* periods of the stored forecast, 0: none */
    int64_t first;           /* its first period */
    const double *mean;      /* [horizon] */
    const double *quantiles; /* [horizon, levels] */
    const char *note;        /* what made it */
} skua_series;

/* Something odd that a check found; ds is "" or a period's text. */
typedef struct skua_finding {
    const char *table, *row, *kind, *before, *after, *why, *item, *channel, *ds, *action;
} skua_finding;

/* A number that moves with every change of the shop's data or results; cheap, without the
 * database. */
SKUA_API SKUA_MUST_USE skua_status skua_shop_generation(skua_shop *shop, int64_t *generation,
                                                        skua_error *err);

/* *snapshot is owned by the caller. A shop without sales gives one without items. SKUA_EBUSY:
 * another process held the shop for longer than the setting `wait`. */
SKUA_API SKUA_MUST_USE skua_status skua_snapshot_load(skua_shop *shop, skua_snapshot **snapshot,
                                                      skua_error *err);
SKUA_API void skua_snapshot_free(skua_snapshot *snapshot); /* NULL allowed */

SKUA_API int64_t skua_snapshot_generation(const skua_snapshot *snapshot);
/* Documents as JSON: the shop in short (name, frequency, tables, run, total with bands, findings by
 * kind); runs, newest first; rows that could not be read; the model in use with its leaderboard. */
typedef enum skua_document {
    SKUA_DOCUMENT_SUMMARY,
    SKUA_DOCUMENT_RUNS,
    SKUA_DOCUMENT_REJECTS,
    SKUA_DOCUMENT_MODEL
} skua_document;
SKUA_API const char *skua_snapshot_document(const skua_snapshot *snapshot, skua_document document);

/* Items in order of name (bytes). */
SKUA_API size_t skua_snapshot_items(const skua_snapshot *snapshot);
SKUA_API const skua_item *skua_snapshot_item(const skua_snapshot *snapshot, size_t i);
SKUA_API size_t skua_snapshot_find(const skua_snapshot *snapshot, const char *item); /* or NONE */
/* The items whose name, title, category or brand holds every word of a text, in order, into found
 * [skua_snapshot_items]. Case, accents and width do not count. Returns how many. */
SKUA_API size_t skua_snapshot_search(const skua_snapshot *snapshot, const char *text,
                                     size_t *found);

SKUA_API void skua_snapshot_series(const skua_snapshot *snapshot, size_t s, skua_series *series);
SKUA_API size_t skua_snapshot_findings(const skua_snapshot *snapshot);
SKUA_API const skua_finding *skua_snapshot_finding(const skua_snapshot *snapshot, size_t i);
SKUA_API size_t skua_snapshot_levels(const skua_snapshot *snapshot, const double **levels);
SKUA_API const char *skua_snapshot_run(const skua_snapshot *snapshot); /* of the forecasts; "" */

/* The text of a period's start ("2024-03-28", hourly "2024-03-28T15:00") into text [32]. */
SKUA_API char *skua_snapshot_period(const skua_snapshot *snapshot, int64_t period, char *text);

/* A forecast made now, of an item in all its channels, by the trained model (or the default
 * combination): the same numbers as those stored when nothing differs. */
typedef struct skua_question {
    size_t item;
    size_t horizon; /* 0: the model's */
    double price;   /* in every period ahead, as a factor of the last price; 1: as planned */
} skua_question;
/* *report: {"item", "model", "levels", "uses_price", "series": [{"channel", "periods", "mean",
 * "quantiles", "note"}]}. "uses_price" tells whether the answer changed with the price: a model
 * that ignores prices says so. Calls from several threads wait for one another. SKUA_EINVAL: a
 * price that is no factor > 0, or no price known; SKUA_ERANGE: no such item. */
SKUA_API SKUA_MUST_USE skua_status skua_snapshot_ask(skua_snapshot *snapshot,
                                                     const skua_question *question, char **report,
                                                     skua_error *err);

/* Pre-train a base model by a recipe (a YAML file; NULL: the one built in) into the file `output`.
 * shops: workspaces, ended by NULL (or NULL for none), whose histories the recipe may weigh.
 * settings as above: checkpoint, from (a net to go on from), curves, validation, weights, time,
 * threads. A deadline ends it early with SKUA_OK; the report then says finished: false. Under
 * mpirun or srun ranks share the steps, and all but rank 0 get a report of NULL: once a process.
 * SKUA_ECONFIG: the recipe, naming the line; ranks of different versions. */
SKUA_API SKUA_MUST_USE skua_status skua_pretrain(const char *recipe, const char *const *shops,
                                                 const char *output, const char *const *settings,
                                                 const skua_callbacks *callbacks, char **report,
                                                 skua_error *err);

/* Fine-tune a text encoder on labelled texts. data: a CSV or Parquet file; output: a folder that is
 * not there yet, in the form of Hugging Face. settings as above: encoder (its folder), text, label,
 * task, bins, log, split, dev_share, test_share, epochs, batch, tokens, learning_rate,
 * weight_decay, dropout, seed, threads, checkpoint, curves. With predict the texts of the file are
 * labelled by the fine-tuned folder `encoder`, and output is a CSV or Parquet file. SKUA_EDATA: a
 * column or label that does not fit, a damaged folder; SKUA_EEXIST: the output folder is there. */
SKUA_API SKUA_MUST_USE skua_status skua_train_text(const char *data, const char *output,
                                                   const char *const *settings,
                                                   const skua_callbacks *callbacks, char **report,
                                                   skua_error *err);

/* Write a net smaller: fewer bits a weight, fewer heads, hidden units and layers, or a new narrower
 * net that it teaches. shops: workspaces, ended by NULL (or NULL for none), whose histories give
 * half of the windows of calibration and training, and their last periods the trial. settings:
 * weights (float32, float16, int8), prune, prune_layers, importance, distill, width, layers, steps,
 * teacher_weight, checkpoint, curves, time. The report says size, time and error before and after.
 * SKUA_EDATA: `model` is no net of skua; SKUA_EINVAL: settings that do not fit each other or the
 * net. */
SKUA_API SKUA_MUST_USE skua_status skua_compress(const char *model, const char *const *shops,
                                                 const char *output, const char *const *settings,
                                                 const skua_callbacks *callbacks, char **report,
                                                 skua_error *err);

#ifdef __cplusplus
}
#endif
#endif
