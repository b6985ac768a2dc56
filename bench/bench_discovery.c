/* Figure `discovery`: links found in structural processes whose links are known.
 *
 * Ten variables over 500 periods, each with a memory of its own (coefficient .3 to .6) and ten
 * links between two different variables at lags 1 to 3, coefficients .3 to .5 in size, noise of
 * deviation 1. linear: the effect is the cause times the coefficient. non-linear: half of the links
 * pass through x (1 - 4 exp(-x^2 / 2)), which stays linear far out and bends at the middle, as in
 * tigramite's own examples, and half through x^2 - 1 cut at 3, which no line shows. A process
 * that grows without bound is drawn again. Counted are links (cause, effect, lag) between different
 * variables: F1 of what was found beside what is there, over seeds. Level .01 for every test; the
 * same for all methods; the first 100 periods are dropped.
 *
 *     skua-bench discovery [--seeds N] [--distance]
 *
 * --distance: the distance test as well, which takes a hundred times as long as all others. */
#include "benchmarks.h"
#include "figure.h"

#include "cause/granger.h"
#include "cause/pcmci.h"
#include "core/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 10, T = 500, WARM = 100, LAGS = 3, LINKS = 10, METHODS = 4 };

typedef struct process {
    size_t from[LINKS], to[LINKS], lag[LINKS];
    double memory[N], strength[LINKS];
    double values[N][T];
} process;

static double through(int shape, double x) {
    double square = x * x - 1;
    return shape == 0 ? x : shape == 1 ? x * (1 - 4 * exp(-x * x / 2)) : square < 3 ? square : 3;
}

static bool there(const process *p, size_t n, size_t i, size_t j, size_t lag) {
    for (size_t k = 0; k < n; k++)
        if (p->from[k] == i && p->to[k] == j && p->lag[k] == lag) return true;
    return false;
}

static void draw_links(process *p, skuai_random *random) {
    for (size_t i = 0; i < N; i++)
        p->memory[i] = 0.3 + 0.3 * skuai_random_uniform(random);
    for (size_t k = 0; k < LINKS; k++) {
        do {
            p->from[k] = skuai_random_index(random, N);
            p->to[k] = skuai_random_index(random, N);
            p->lag[k] = 1 + skuai_random_index(random, LAGS);
        } while (p->from[k] == p->to[k] || there(p, k, p->from[k], p->to[k], p->lag[k]));
        p->strength[k] = (0.3 + 0.2 * skuai_random_uniform(random)) *
                         (skuai_random_uniform(random) < 0.5 ? -1 : 1);
    }
}

/* False when it grows without bound. */
static bool run_process(process *p, bool bent, skuai_random *random) {
    static double x[N][T + WARM];
    memset(x, 0, sizeof x);
    for (size_t t = LAGS; t < T + WARM; t++)
        for (size_t j = 0; j < N; j++) {
            double sum = p->memory[j] * x[j][t - 1] + skuai_random_normal(random);
            for (size_t k = 0; k < LINKS; k++)
                if (p->to[k] == j)
                    sum += p->strength[k] *
                           through(bent ? 1 + (int)(k % 2) : 0, x[p->from[k]][t - p->lag[k]]);
            if (!(fabs(sum) < 50)) return false;
            x[j][t] = sum;
        }
    for (size_t j = 0; j < N; j++)
        memcpy(p->values[j], x[j] + WARM, T * sizeof **x);
    return true;
}

typedef struct tally {
    double right, found, real, seconds;
} tally;

static skua_status run_method(int method, const process *p, skuai_causal_graph **graph,
                              skua_error *err) {
    const double *series[N];
    skuai_context context = bench_context();
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    skuai_granger_options g = SKUAI_GRANGER_OPTIONS_DEFAULT;
    for (size_t i = 0; i < N; i++)
        series[i] = p->values[i];
    o.lags = g.lags = LAGS;
    o.alpha = g.alpha = 0.01;
    o.test = method == 1   ? SKUAI_PCMCI_SPLINE
             : method == 2 ? SKUAI_PCMCI_DISTANCE
                           : SKUAI_PCMCI_CORRELATION;
    return method == 3 ? skuai_granger_run(series, N, T, NULL, &g, graph, err)
                       : skuai_pcmci_run(series, N, T, NULL, &o, &context, graph, err);
}

static void count(const process *p, const skuai_causal_graph *g, tally *t) {
    t->real += LINKS;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            for (size_t lag = 1; lag <= g->lags; lag++) {
                if (i == j || !g->link[skuai_causal_at(g, i, j, lag)]) continue;
                t->found++;
                t->right += there(p, LINKS, i, j, lag);
            }
}

static double f1(const tally *t) {
    return 2 * t->right / (t->found + t->real);
}

int bench_discovery(int argc, char **argv) {
    static const char *const names[METHODS] = {"partial correlation", "splines",
                                               "distance correlation", "Granger"};
    size_t seeds = 20;
    bool distance = false;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) seeds = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--distance") == 0) distance = true;
    }
    tally all[2][METHODS] = {{{0}}};
    for (int bent = 0; bent < 2; bent++)
        for (uint64_t seed = 1; seed <= seeds; seed++) {
            process p;
            skuai_random random;
            skuai_random_split(&random, seed, (uint64_t)bent);
            do
                draw_links(&p, &random);
            while (!run_process(&p, bent, &random));
            for (int m = 0; m < METHODS; m++) {
                if (m == 2 && !distance) continue;
                skuai_causal_graph *graph = NULL;
                skua_error err = {0};
                double began = skuai_clock();
                if (run_method(m, &p, &graph, &err) != SKUA_OK)
                    return fprintf(stderr, "discovery: %s\n", err.message), 1;
                all[bent][m].seconds += skuai_clock() - began;
                count(&p, graph, &all[bent][m]);
                skuai_causal_graph_free(graph);
            }
        }
    for (int bent = 0; bent < 2; bent++)
        for (int m = 0; m < METHODS; m++) {
            const tally *t = &all[bent][m];
            if (!(t->real > 0)) continue;
            printf("%-10s %-22s F1 %.3f precision %.3f recall %.3f, %.2f s a process\n",
                   bent ? "non-linear" : "linear", names[m], f1(t), t->right / t->found,
                   t->right / t->real, t->seconds / (double)seeds);
        }
    bench_figure("discovery", "f1", fmin(f1(&all[0][1]), f1(&all[1][1])),
                 "the lower of linear %.3f and non-linear %.3f, both by splines; partial "
                 "correlation %.3f and %.3f, Granger %.3f and %.3f; %zu seeds",
                 f1(&all[0][1]), f1(&all[1][1]), f1(&all[0][0]), f1(&all[1][0]), f1(&all[0][3]),
                 f1(&all[1][3]), seeds);
    return 0;
}
