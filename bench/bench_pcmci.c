/* Figure `pcmci`: PCMCI with partial correlation beside tigramite on its own examples, which
 * bench/peers/pcmci.py wrote with tigramite's answers and seconds.
 *
 *     skua-bench pcmci FOLDER
 *
 * link_equal: 1 when every lagged link has the same verdict at 5 % and its value and p-value agree
 * to 1e-6 in every example. ratio: tigramite's seconds over ours, the least of the examples; both
 * on one thread. */
#include "benchmarks.h"
#include "figure.h"

#include "cause/pcmci.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_MOST = 32, REPEATS = 20 };

typedef struct example {
    size_t n, length, lags;
    double seconds; /* the peer's */
    double *data;   /* [n, length] */
} example;

static bool read_data(const char *folder, size_t k, example *e) {
    char path[512], line[4096];
    (void)snprintf(path, sizeof path, "%s/data_%zu.csv", folder, k);
    FILE *in = fopen(path, "r");
    e->data = skuai_new(e->n * e->length, sizeof *e->data);
    if (!in || !e->data) return false;
    size_t t = 0;
    for (; t < e->length && fgets(line, sizeof line, in); t++) {
        char *at = line;
        for (size_t i = 0; i < e->n; i++, at++)
            e->data[i * e->length + t] = strtod(at, &at);
    }
    (void)fclose(in);
    return t == e->length;
}

/* Our graph, and the least seconds of REPEATS runs. */
static skua_status run_ours(const example *e, skuai_causal_graph **graph, double *seconds,
                            skua_error *err) {
    const double *series[SERIES_MOST];
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    skuai_context context = {.seed = 1, .threads = 1};
    o.lags = e->lags;
    o.selection_alpha = 0.2;
    *seconds = INFINITY;
    for (size_t i = 0; i < e->n; i++)
        series[i] = e->data + i * e->length;
    for (int r = 0; r < REPEATS; r++) {
        double began = skuai_clock();
        skuai_causal_graph_free(*graph);
        *graph = NULL;
        SKUA_TRY(skuai_pcmci_run(series, e->n, e->length, NULL, &o, &context, graph, err));
        *seconds = fmin(*seconds, skuai_clock() - began);
    }
    return SKUA_OK;
}

/* The largest difference of value or p; verdicts that differ. SIZE_MAX links: no file. */
static size_t compare(const char *folder, size_t k, const skuai_causal_graph *g, double *largest,
                      size_t *other) {
    char path[512], line[256];
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/links_%zu.csv", folder, k);
    FILE *in = fopen(path, "r");
    *largest = 0;
    *other = 0;
    if (!in) return SIZE_MAX;
    while (fgets(line, sizeof line, in)) {
        size_t at[3];
        char *p = line;
        for (size_t f = 0; f < 3; f++, p++)
            at[f] = strtoul(p, &p, 10);
        double value = strtod(p, &p), chance = strtod(p + 1, NULL);
        size_t cell = skuai_causal_at(g, at[0], at[1], at[2]);
        *largest = fmax(*largest, fabs(g->value[cell] - value));
        *largest = fmax(*largest, fabs(g->p[cell] - chance));
        *other += g->link[cell] != (chance <= 0.05);
        n++;
    }
    (void)fclose(in);
    return n;
}

int bench_pcmci(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "usage: skua-bench pcmci FOLDER\n"), 2;
    char path[512], line[256];
    (void)snprintf(path, sizeof path, "%s/runs.csv", argv[2]);
    FILE *runs = fopen(path, "r");
    if (!runs) return fprintf(stderr, "pcmci: no %s: run bench/peers/pcmci.py first\n", path), 1;
    double worst = 0, ratio = INFINITY;
    size_t k = 0, links = 0, different = 0;
    for (; fgets(line, sizeof line, runs); k++) {
        example e = {0};
        skuai_causal_graph *graph = NULL;
        skua_error err = {0};
        double seconds, largest;
        size_t other;
        char *p = line;
        e.n = strtoul(p, &p, 10);
        e.length = strtoul(p + 1, &p, 10);
        e.lags = strtoul(p + 1, &p, 10);
        e.seconds = strtod(p + 1, NULL);
        if (e.n > SERIES_MOST || !read_data(argv[2], k, &e))
            return fprintf(stderr, "pcmci: data_%zu.csv\n", k), 1;
        if (run_ours(&e, &graph, &seconds, &err) != SKUA_OK)
            return fprintf(stderr, "pcmci: %s\n", err.message), 1;
        size_t n = compare(argv[2], k, graph, &largest, &other);
        if (n == SIZE_MAX) return fprintf(stderr, "pcmci: links_%zu.csv\n", k), 1;
        printf(
            "%zu variables, %zu periods, %zu lags: %zu links, largest difference %.1e, %zu other "
            "verdicts; %.4f s beside %.4f s\n",
            e.n, e.length, e.lags, n, largest, other, seconds, e.seconds);
        links += n;
        different += other;
        worst = fmax(worst, largest);
        ratio = fmin(ratio, e.seconds / seconds);
        skuai_causal_graph_free(graph);
        skuai_free(e.data);
    }
    (void)fclose(runs);
    if (k == 0) return fprintf(stderr, "pcmci: %s is empty\n", path), 1;
    bench_figure("pcmci", "link_equal", different == 0 && worst <= 1e-6,
                 "%zu links of %zu examples, largest difference %.1e", links, k, worst);
    bench_figure("pcmci", "ratio", ratio, "least of %zu examples, one thread each", k);
    return 0;
}
