/* data.h -- the benchmark sets as panels, by the protocols of shared/data/CATALOGUE.md. */
#ifndef SKUA_BENCH_DATA_H
#define SKUA_BENCH_DATA_H

#include "panel/panel.h"

typedef struct bench_set {
    skuai_panel *full;  /* history and test together */
    skuai_panel *train; /* a view: the last `horizon` periods of every series are its future */
    size_t horizon;
    int score_season; /* m of MASE and SQL in the published rows */
} bench_set;

/* Sets: m3-monthly, m3-quarterly, m3-yearly, m3-other, carparts, hospital, walmart, freshretail,
 * m5-monthly. SKUA_ENOTFOUND: the data are not there, or no such set. */
SKUA_MUST_USE skua_status bench_set_load(const char *name, bench_set *set, skua_error *err);
void bench_set_clear(bench_set *set);

/* Keep every step-th series alone. On failure the set is as it was. */
SKUA_MUST_USE skua_status bench_set_thin(bench_set *set, size_t step, skua_error *err);

/* Names of all sets, NULL at the end. */
extern const char *const bench_set_names[];

#endif
