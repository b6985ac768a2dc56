/* Figure `trend`: planted change points found in real series.
 *
 * Series: M3 monthly and hospital (season 12), Walmart (weekly, no season taken out: 143 weeks are
 * less than three years), of each every second series of at least 72 periods, at most 400; the
 * others served for development. In each one step of +-35 % to +-65 % (drawn, seed 1) is planted at
 * least 12 periods from either end. A real series has steps of its own: what is found in it before
 * planting (within two periods) counts neither for nor against. Precision, recall and F1 within two
 * periods. Beside it: PELT with its usual penalty on the logarithms, season and spikes left in.
 *
 *     bench trend [dev] */
#include "benchmarks.h"
#include "figure.h"

#include "core/random.h"
#include "decide/trend.h"
#include "math/change_point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 512, MOST = 400, FOUND = 64 };

typedef struct counts {
    size_t planted, hits, extra;
} counts;

static double f1(const counts *c) {
    return 2 * (double)c->hits / (double)(c->planted + c->hits + c->extra);
}

typedef size_t (*finder)(const double *y, size_t n, size_t season, skuai_arena *arena, size_t *at);

static size_t find_ours(const double *y, size_t n, size_t season, skuai_arena *arena, size_t *at) {
    skuai_trend_options options = {.season = season};
    skuai_trend trend;
    if (skuai_trend_find(y, n, &options, arena, &trend, NULL) != SKUA_OK) return 0;
    for (size_t k = 0; k < trend.n_changes; k++)
        at[k] = trend.changes[k].at;
    return trend.n_changes;
}

static size_t find_plain(const double *y, size_t n, size_t season, skuai_arena *arena, size_t *at) {
    double x[LONGEST], last = 0;
    size_t found = 0;
    skuai_change_options options = {.cost = SKUAI_CHANGE_MEAN, .least = 4};
    (void)season;
    for (size_t t = 0; t < n; t++)
        x[t] = last = isnan(y[t]) ? last : log(fmax(y[t], 0) + 1);
    if (skuai_change_points(x, n, &options, arena, at, FOUND, &found, NULL) != SKUA_OK) return 0;
    return found < FOUND ? found : FOUND;
}

static bool near_any(size_t at, const size_t *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (llabs((long long)at - (long long)list[i]) <= 2) return true;
    return false;
}

/* One series: its own steps, then with one planted. */
static void measure(finder find, const double *y, size_t n, size_t season, size_t place,
                    double factor, skuai_arena *arena, counts *c) {
    double planted[LONGEST];
    size_t own[FOUND] = {0}, found[FOUND] = {0};
    size_t n_own = find(y, n, season, arena, own);
    if (near_any(place, own, n_own)) return; /* a step of its own stands there */
    for (size_t t = 0; t < n; t++)
        planted[t] = t >= place ? y[t] * factor : y[t];
    size_t n_found = find(planted, n, season, arena, found);
    bool hit = false;
    for (size_t k = 0; k < n_found; k++) {
        if (llabs((long long)found[k] - (long long)place) <= 2)
            hit = true;
        else if (!near_any(found[k], own, n_own))
            c->extra++;
    }
    c->planted++;
    c->hits += hit;
}

static skua_status run_set(const char *name, size_t season, bool dev, skuai_arena *arena,
                           counts *ours, counts *plain, skua_error *err) {
    bench_set set;
    SKUA_TRY(bench_set_load(name, &set, err));
    counts a = {0}, b = {0};
    size_t used = 0;
    for (size_t s = dev ? 1 : 0; s < set.full->n_series && used < MOST; s += 2) {
        size_t n = set.full->length[s];
        const double *y = skuai_panel_target(set.full, s);
        if (n > LONGEST) y += n - LONGEST, n = LONGEST;
        if (n < 72) continue;
        skuai_random random;
        skuai_random_split(&random, 1, s);
        size_t place = 12 + skuai_random_index(&random, n - 24);
        double size = 0.35 + 0.3 * skuai_random_uniform(&random);
        double factor = skuai_random_uniform(&random) < 0.5 ? 1 + size : 1 - size;
        measure(find_ours, y, n, season, place, factor, arena, &a);
        measure(find_plain, y, n, season, place, factor, arena, &b);
        used++;
    }
    printf("%-12s %zu series: F1 %.3f (%zu of %zu found, %zu extra); plain PELT F1 %.3f (%zu of "
           "%zu, %zu extra)\n",
           name, used, f1(&a), a.hits, a.planted, a.extra, f1(&b), b.hits, b.planted, b.extra);
    ours->planted += a.planted, ours->hits += a.hits, ours->extra += a.extra;
    plain->planted += b.planted, plain->hits += b.hits, plain->extra += b.extra;
    bench_set_clear(&set);
    return SKUA_OK;
}

int bench_trend(int argc, char **argv) {
    static const struct {
        const char *name;
        size_t season;
    } sets[] = {{"m3-monthly", 12}, {"hospital", 12}, {"walmart", 1}};
    bool dev = argc > 2 && strcmp(argv[2], "dev") == 0;
    counts ours = {0}, plain = {0};
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return 1;
    for (size_t k = 0; k < 3; k++) {
        skua_error err = {0};
        if (run_set(sets[k].name, sets[k].season, dev, arena, &ours, &plain, &err) != SKUA_OK) {
            fprintf(stderr, "trend: %s\n", err.message);
            skuai_arena_free(arena);
            return err.code == SKUA_ENOTFOUND ? 77 : 1;
        }
    }
    skuai_arena_free(arena);
    bench_figure(
        "trend", "f1", f1(&ours),
        "%zu real series, a step of 35 to 65 %% each, within two periods%s; plain PELT %.3f",
        ours.planted, dev ? ", development half" : "", f1(&plain));
    return 0;
}
