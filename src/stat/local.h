/* local.h -- statistical methods that forecast one series at a time, and the adapter that makes a
 * forecaster of them (room stat).
 *
 * A local method is a function: history in, means and quantiles out. The adapter
 * (skuai_local_forecaster) runs it over a panel on all threads and guards it:
 *   - leading and trailing structure: a series is handed over from its first observation to its
 *     last; inner missing values are interpolated linearly unless the method says that it takes
 *     NaN. When the last k periods are missing, the method forecasts k periods more from its last
 *     observation and the first k are dropped, so that the uncertainty of the gap counts;
 *   - periods with available < 1 count as observed (room clean replaces them by estimated demand
 *     before, when asked);
 *   - a method that returns a failure, a number that is not finite, or a forecast that leaves the
 *     range of the history by more than the bound of skuai_local_guard, is replaced by the
 *     fallback: seasonal-naive, then historic-mean, then zero (no history at all); the note says
 * so;
 *   - quantiles are sorted, and means and quantiles kept >= 0 where the panel is non-negative. */
#ifndef SKUA_STAT_LOCAL_H
#define SKUA_STAT_LOCAL_H

#include "forecast/forecaster.h"

typedef struct skuai_local_input {
    const double *y;   /* [n] oldest first; finite unless the method takes missing values */
    size_t n;          /* >= 1 */
    int season;        /* periods, >= 1 */
    bool counts;       /* the panel holds counts */
    bool non_negative; /* the panel holds no negative value */
    skuai_grid grid;   /* with end: dates of the periods */
    int64_t end;       /* the period of the first forecast */
    const void *data;  /* the method's own: filled in by the adapter */
} skuai_local_input;

typedef struct skuai_local_output {
    double *mean;           /* [H] */
    double *quantiles;      /* [H, Q] */
    double autocorrelation; /* of forecast errors from one horizon to the next, 0 when unknown */
    char note[SKUAI_NOTE_SIZE];
} skuai_local_output;

typedef struct skuai_local_method {
    const char *name, *summary, *source;
    bool takes_missing; /* NaN inside y is handled by the method itself */
    /* Least history, in periods, below which the adapter does not even try; may depend on season.
     */
    size_t (*least_length)(int season);
    /* Forecast one series. scratch: reset by the adapter after every call. The adapter hands over
     * an output with autocorrelation 0 and an empty note (it then writes the method's name).
     * Failing is ordinary (SKUA_EDATA, SKUA_ESINGULAR, ...): the adapter falls back; only
     * SKUA_ENOMEM and SKUA_ECONFIG (a wrong parameter) reach the user. Pure: no state, any thread.
     */
    skua_status (*forecast)(const skuai_local_input *input, const skuai_parameters *parameters,
                            const skuai_request *request, skuai_arena *scratch,
                            skuai_local_output *output, skua_error *err);
    const void *data; /* handed over in the input; NULL for a method that is its function alone */
} skuai_local_method;

/* A forecaster that runs `method` (borrowed, static) over a panel. The parameter "season" replaces
 * the panel's season. Series s draws from seed stream base[s], so views agree with the whole. */
skuai_forecaster skuai_local_forecaster(const skuai_local_method *method);
/* Whether a forecaster is one of those: it sees one series at a time, whatever the panel. */
bool skuai_forecaster_is_local(const skuai_forecaster *forecaster);

/* One series through the method with all guards, as the adapter does it: the building block of
 * combinations. input->y may hold NaN anywhere, and n may be 0. output->mean and ->quantiles are
 * the caller's; everything taken from scratch is given back. Fails only for lack of memory and for
 * a wrong parameter (SKUA_ECONFIG). */
SKUA_MUST_USE skua_status skuai_local_run(const skuai_local_method *method,
                                          const skuai_local_input *input,
                                          const skuai_parameters *parameters,
                                          const skuai_request *request, skuai_arena *scratch,
                                          skuai_local_output *output, skua_error *err);

/* Whether a forecast is believable for the history y [n] (finite): all numbers finite; means
 * within 3 (1 + H/n) ranges of the history beyond its least and largest value, where a range is
 * max - min but at least a tenth of the largest magnitude; quantiles within five times as much
 * (the range then at least the largest magnitude). NULL when it is, else a short static text:
 * "not finite", "out of range". */
const char *skuai_local_guard(const double *y, size_t n, const skuai_request *request,
                              const skuai_local_output *output);

/* SKUA_ECONFIG naming the parameter that is neither "season" nor among names [n]. */
SKUA_MUST_USE skua_status skuai_local_parameters_check(const skuai_parameters *parameters,
                                                       const char *const *names, size_t n,
                                                       skua_error *err);

/* Gaussian quantiles around means: quantiles[h, q] = mean[h] + sd[h] * z(q). */
void skuai_local_normal_quantiles(const skuai_request *request, const double *mean,
                                  const double *sd, double *quantiles);

/* The same with Student's distribution of `freedom` degrees (taken as at least 3), for deviations
 * that were estimated with so many; within 0.4 % of the exact quantiles from 5 degrees on at levels
 * 0.01 ... 0.99. */
void skuai_local_student_quantiles(const skuai_request *request, const double *mean,
                                   const double *sd, double freedom, double *quantiles);

/* All methods of the room by name: "naive", "seasonal-naive", ..., "ets", "theta", "arima". */
const skuai_local_method *skuai_local_find(const char *name); /* NULL: none */
/* Number of methods, and method i < that number, in the order of the registry. */
size_t skuai_local_count(void);
const skuai_local_method *skuai_local_at(size_t i);

#endif
