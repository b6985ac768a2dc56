/* int8: the base model with 8-bit weights beside itself in floats: accuracy on the five published
 * sets, time of a forecast end to end, time of its linear layers alone.
 * pruned: a net that `skua compress` made (argument: its file; none: half the weights of the base
 * model are taken away here and healed by 500 steps on synthetic series) beside the base model on
 * the same sets, and with 8-bit weights. */
#include "benchmarks.h"
#include "figure.h"

#include "core/random.h"
#include "math/matrix.h"
#include "neural/compress.h"
#include "neural/demand_file.h"
#include "neural/neural.h"
#include "nn/quantise.h"
#include "shop/base_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 5, ROWS = 4096 };

static const char *const sets[] = {"carparts", "hospital", "m3-monthly", "m3-quarterly",
                                   "m3-yearly"};
enum { SETS = sizeof sets / sizeof *sets };

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n) {
    qsort(x, n, sizeof *x, by_value);
    return x[n / 2];
}

/* WQL of a net on a set, and the median time of its forecast. */
static skua_status forecast(const skuai_demand *net, const bench_set *set, double *wql,
                            double *seconds, skua_error *err) {
    skuai_context context = bench_context();
    skuai_request request = {set->horizon, bench_levels, 9, 1};
    skuai_score_options options = {.season = set->score_season, .seed = 1};
    skuai_scores scores;
    double times[RUNS];
    for (int r = 0; r < RUNS; r++) {
        skuai_forecast *f = NULL;
        double start = skuai_clock();
        SKUA_TRY(skuai_neural_predict(net, "net", set->train, &request, &context, &f, err));
        times[r] = skuai_clock() - start;
        skua_status status = skuai_score(set->train, f, &options, &scores, NULL, err);
        skuai_forecast_free(f);
        if (status != SKUA_OK) return status;
    }
    *wql = scores.wql;
    *seconds = median(times, RUNS);
    return SKUA_OK;
}

/* Median times of one layer's product, floats and integers, on one thread. */
static skua_status time_layer(size_t in, size_t out, double *floats, double *integers,
                              skua_error *err) {
    skuai_context context = {.threads = 1};
    float *x = skuai_new(ROWS * in, sizeof *x), *w = skuai_new(out * in, sizeof *w);
    float *y = skuai_new(ROWS * out, sizeof *y);
    skuai_int8_weight *weight = NULL;
    void *scratch = NULL;
    double times[2][2 * RUNS];
    skua_status status = x && w && y ? SKUA_OK : skuai_error_memory(err, "a layer");
    if (status == SKUA_OK) {
        skuai_random random;
        skuai_random_init(&random, 1);
        for (size_t i = 0; i < ROWS * in; i++)
            x[i] = (float)skuai_random_normal(&random);
        for (size_t i = 0; i < out * in; i++)
            w[i] = (float)skuai_random_normal(&random);
        status = skuai_int8_weight_new(w, out, in, &weight, err);
    }
    if (status == SKUA_OK) {
        scratch = skuai_new(skuai_int8_scratch_size(weight, ROWS, &context) + 64, 1);
        if (!scratch) status = skuai_error_memory(err, "a layer");
    }
    void *aligned = (void *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    skuai_matrix_call call = {.b_transposed = true,
                              .m = ROWS,
                              .n = out,
                              .k = in,
                              .lda = in,
                              .ldb = in,
                              .ldc = out,
                              .alpha = 1};
    for (int r = -1; r < 2 * RUNS && status == SKUA_OK; r++) { /* the first one warms up */
        double start = skuai_clock();
        status = skuai_matrix_multiply(&call, x, w, y, err);
        double middle = skuai_clock();
        if (status == SKUA_OK)
            status = skuai_int8_linear(&context, weight, x, ROWS, NULL, NULL, y, aligned, err);
        if (r >= 0) times[0][r] = middle - start, times[1][r] = skuai_clock() - middle;
    }
    if (status == SKUA_OK) {
        *floats += median(times[0], 2 * RUNS);
        *integers += median(times[1], 2 * RUNS);
    }
    skuai_int8_weight_free(weight);
    skuai_free(scratch);
    skuai_free(y);
    skuai_free(w);
    skuai_free(x);
    return status;
}

/* The layers of a block, each once: queries, keys and values, out, in and out of the feed-forward.
 */
static skua_status time_layers(const skuai_demand_config *c, double *ratio, skua_error *err) {
    double floats = 0, integers = 0;
    const size_t shapes[][2] = {{c->width, 3 * c->width},
                                {c->width, c->width},
                                {c->width, c->hidden},
                                {c->hidden, c->width}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        SKUA_TRY(time_layer(shapes[i][0], shapes[i][1], &floats, &integers, err));
    *ratio = integers / floats;
    return SKUA_OK;
}

static skua_status run(skua_error *err) {
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    skuai_demand *whole = NULL, *small = NULL;
    double loss = 0, before = 0, after = 0, ratio = (double)NAN;
    size_t n = 0;
    SKUA_TRY(skuai_base_model_path(path, err));
    skua_status status = skuai_demand_load(path, &whole, err);
    if (status == SKUA_OK) status = skuai_demand_load(path, &small, err);
    if (status == SKUA_OK) status = skuai_nn_parameters_quantise(small->parameters, err);
    for (size_t i = 0; i < SETS && status == SKUA_OK; i++) {
        bench_set set;
        double wql[2], seconds[2];
        status = bench_set_load(sets[i], &set, err);
        if (status != SKUA_OK) break;
        status = forecast(whole, &set, &wql[0], &seconds[0], err);
        if (status == SKUA_OK) status = forecast(small, &set, &wql[1], &seconds[1], err);
        bench_set_clear(&set);
        if (status != SKUA_OK) break;
        printf("  %-13s floats: WQL %.4f, %.3f s; integers: WQL %.4f, %.3f s\n", sets[i], wql[0],
               seconds[0], wql[1], seconds[1]);
        (void)fflush(stdout);
        loss += log(wql[1] / wql[0]), before += seconds[0], after += seconds[1], n++;
    }
    if (status == SKUA_OK) status = time_layers(&whole->config, &ratio, err);
    if (status == SKUA_OK) {
        bench_figure("int8", "time_ratio", after / before, "%zu sets, median of %d", n, RUNS);
        bench_figure("int8", "linear_ratio", ratio,
                     "layers of a block, %d rows, one thread, median of %d", ROWS, 2 * RUNS);
        bench_figure("int8", "wql_loss", exp(loss / (double)n) - 1, "geometric mean of %zu sets",
                     n);
    }
    skuai_demand_free(whole);
    skuai_demand_free(small);
    return status;
}

int bench_int8(int argc, char **argv) {
    (void)argc, (void)argv;
    skua_error err = {0};
    if (run(&err) != SKUA_OK) printf("skipped: %s\n", err.message);
    return 0;
}

/* -- Fewer weights ---------------------------------------------------------------------------- */

static skua_status small_net(const char *file, const skuai_demand *base, skuai_demand **small,
                             skua_error *err) {
    if (file) return skuai_demand_load(file, small, err);
    skuai_context context = bench_context();
    skuai_compress_config config = skuai_compress_default;
    skuai_compress_result result;
    config.prune.share = 0.5;
    return skuai_compress_run(base, &config, NULL, 0, &context, small, &result, err);
}

static skua_status copy_of(const skuai_demand *net, skuai_demand **copy, skua_error *err) {
    SKUA_TRY(skuai_demand_new(&net->config, 0, copy, err));
    memcpy((*copy)->parameters->value, net->parameters->value,
           net->parameters->size * sizeof *net->parameters->value);
    return SKUA_OK;
}

static skua_status run_pruned(const char *file, skua_error *err) {
    enum { BASE, SMALL, SMALL_INT8, NETS };
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    skuai_demand *nets[NETS] = {NULL};
    double loss[NETS] = {0}, time[NETS] = {0};
    size_t n = 0;
    SKUA_TRY(skuai_base_model_path(path, err));
    skua_status status = skuai_demand_load(path, &nets[BASE], err);
    if (status == SKUA_OK) status = small_net(file, nets[BASE], &nets[SMALL], err);
    if (status == SKUA_OK) status = copy_of(nets[SMALL], &nets[SMALL_INT8], err);
    if (status == SKUA_OK) status = skuai_nn_parameters_quantise(nets[SMALL_INT8]->parameters, err);
    for (size_t i = 0; i < SETS && status == SKUA_OK; i++) {
        bench_set set;
        double wql[NETS], seconds[NETS];
        status = bench_set_load(sets[i], &set, err);
        if (status != SKUA_OK) break;
        for (size_t k = 0; k < NETS && status == SKUA_OK; k++)
            status = forecast(nets[k], &set, &wql[k], &seconds[k], err);
        bench_set_clear(&set);
        if (status != SKUA_OK) break;
        printf("  %-13s base: WQL %.4f, %.3f s; pruned: %.4f, %.3f s; in integers: %.4f, %.3f s\n",
               sets[i], wql[BASE], seconds[BASE], wql[SMALL], seconds[SMALL], wql[SMALL_INT8],
               seconds[SMALL_INT8]);
        (void)fflush(stdout);
        for (size_t k = 0; k < NETS; k++)
            loss[k] += log(wql[k] / wql[BASE]), time[k] += seconds[k];
        n++;
    }
    for (size_t k = SMALL; k < NETS && status == SKUA_OK; k++) {
        double weights = (double)skuai_nn_parameters_total(nets[k]->parameters) /
                         (double)skuai_nn_parameters_total(nets[BASE]->parameters);
        bench_figure("pruned", k == SMALL ? "wql_loss" : "int8_wql_loss",
                     exp(loss[k] / (double)n) - 1,
                     "%.2f of the weights, %.2f of the time end to end, geometric mean of %zu sets",
                     weights, time[k] / time[BASE], n);
    }
    for (size_t k = 0; k < NETS; k++)
        skuai_demand_free(nets[k]);
    return status;
}

int bench_pruned(int argc, char **argv) {
    skua_error err = {0};
    if (run_pruned(argc > 2 ? argv[2] : NULL, &err) != SKUA_OK)
        printf("skipped: %s\n", err.message);
    return 0;
}
