/* Speed of the engine on the demand transformer's net (docs/MODEL.md): train-speed, infer-speed,
 * beside PyTorch eager (peers/net_speed.py), and beside the matrix products alone. */
#include "benchmarks.h"
#include "figure.h"

#include "core/file.h"
#include "core/json.h"
#include "math/matrix.h"
#include "nn/block.h"
#include "nn/loss.h"
#include "nn/optimiser.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { S = 77, F = 264, D = 192, LEVELS = 13, PATCH = 8, LAYERS = 5, RUNS = 5 };

typedef struct bench_net {
    skuai_nn_parameters *p;
    skuai_nn_dense in, in_out, in_skip, head, head_out, head_skip;
    skuai_nn_encoder encoder;
    skuai_nn_optimiser *optimiser;
    size_t batch;
    float *x, *target, *bias;
    uint8_t *mask;
} bench_net;

typedef struct bench_seconds {
    double wall, cpu;
} bench_seconds;

static double cpu_clock(void) {
    struct timespec t;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
               ? 0
               : (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void net_free(bench_net *n) {
    skuai_nn_optimiser_free(n->optimiser);
    skuai_nn_parameters_free(n->p);
    skuai_free(n->x), skuai_free(n->target), skuai_free(n->bias), skuai_free(n->mask);
}

static skua_status net_make(bench_net *n, size_t batch, skua_error *err) {
    *n = (bench_net){.batch = batch, .p = skuai_nn_parameters_new()};
    if (!n->p) return skuai_error_memory(err, "a net");
    skuai_nn_encoder_config c = SKUAI_NN_ENCODER_DEFAULT;
    c.layers = LAYERS, c.block.width = D, c.block.heads = 6, c.block.hidden = 4 * D;
    c.block.rms_norm = true, c.block.rotary_base = 10000;
    skuai_nn_dense_add(n->p, "in", F, D, true, 0, &n->in);
    skuai_nn_dense_add(n->p, "in_out", D, D, true, 0, &n->in_out);
    skuai_nn_dense_add(n->p, "in_skip", F, D, true, 0, &n->in_skip);
    skuai_nn_encoder_add(n->p, "encoder", &c, &n->encoder);
    skuai_nn_dense_add(n->p, "head", D, D, true, 0, &n->head);
    skuai_nn_dense_add(n->p, "head_out", D, PATCH * LEVELS, true, 0, &n->head_out);
    skuai_nn_dense_add(n->p, "head_skip", D, PATCH * LEVELS, true, 0, &n->head_skip);
    SKUA_TRY(skuai_nn_parameters_finish(n->p, 1, err));
    skuai_nn_optimiser_config o = SKUAI_NN_OPTIMISER_DEFAULT;
    o.ema_decay = 0.999;
    SKUA_TRY(skuai_nn_optimiser_new(n->p, &o, &n->optimiser, err));
    size_t rows = batch * S;
    n->x = skuai_new(rows * F, sizeof *n->x);
    n->target = skuai_new(rows * PATCH, sizeof *n->target);
    n->bias = skuai_zero(S * S, sizeof *n->bias);
    n->mask = skuai_new(rows, 1);
    if (!n->x || !n->target || !n->bias || !n->mask) return skuai_error_memory(err, "a batch");
    for (size_t i = 0; i < rows * F; i++)
        n->x[i] = (float)(i * 7919 % 1000) / 1000 - 0.5F;
    for (size_t i = 0; i < rows * PATCH; i++)
        n->target[i] = (float)(i * 104729 % 1000) / 1000 - 0.5F;
    memset(n->mask, 1, rows);
    for (size_t q = 0; q < S; q++) /* a horizon of 13 patches that nobody before it sees */
        for (size_t k = 64; k < S; k++)
            n->bias[q * S + k] = k > q ? -1e9F : 0;
    return SKUA_OK;
}

static skuai_tensor *net_run(const bench_net *n, skuai_tape *tape) {
    skuai_tensor *x = skuai_tape_input(tape, n->x, 3, (size_t[]){n->batch, S, F});
    skuai_tensor *skip = skuai_nn_dense_run(tape, n->p, &n->in_skip, x);
    x = skuai_nn_dense_pair_run(tape, n->p, &n->in, SKUAI_ACTIVATION_SILU, &n->in_out, x, skip);
    const skuai_nn_block_inputs inputs = {.key_mask = n->mask, .attention_bias = n->bias};
    x = skuai_nn_encoder_run(tape, n->p, &n->encoder, x, &inputs);
    skip = skuai_nn_dense_run(tape, n->p, &n->head_skip, x);
    x = skuai_nn_dense_pair_run(tape, n->p, &n->head, SKUAI_ACTIVATION_SILU, &n->head_out, x, skip);
    return skuai_nn_reshape(tape, x, 2, (size_t[]){n->batch * S * PATCH, LEVELS});
}

static skua_status net_step(const bench_net *n, skuai_tape *tape, const skuai_context *context,
                            uint64_t step, skua_error *err) {
    static const double levels[LEVELS] = {.01, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .99};
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, step);
    skuai_tensor *loss =
        skuai_nn_pinball_loss(tape, net_run(n, tape), n->target, NULL, levels, LEVELS);
    SKUA_TRY(skuai_tape_backward(tape, loss, err));
    return skuai_nn_optimiser_step(n->optimiser, context, 1, NULL, err);
}

/* The best of several runs, after one to warm up. */
static skua_status time_net(size_t batch, int threads, bool train, bench_seconds *best,
                            skua_error *err) {
    bench_net net;
    const skuai_context context = {.seed = 1, .threads = threads};
    skua_status status = net_make(&net, batch, err);
    skuai_tape *tape = skuai_tape_new(&context);
    if (!tape && status == SKUA_OK) status = skuai_error_memory(err, "a tape");
    *best = (bench_seconds){INFINITY, INFINITY};
    for (size_t r = 0; status == SKUA_OK && r <= RUNS; r++) {
        double wall = skuai_clock(), cpu = cpu_clock();
        /* small batches: as many passes as one large one has rows, so that the clock has something
         * to measure */
        size_t passes = train ? 1 : batch < 64 ? 64 / batch : 1;
        for (size_t k = 0; status == SKUA_OK && k < passes; k++) {
            if (train) {
                status = net_step(&net, tape, &context, r, err);
            } else {
                skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
                (void)net_run(&net, tape);
                status = skuai_tape_status(tape, err);
            }
        }
        if (r == 0) continue;
        best->wall = fmin(best->wall, (skuai_clock() - wall) / (double)passes);
        best->cpu = fmin(best->cpu, (cpu_clock() - cpu) / (double)passes);
    }
    skuai_tape_free(tape);
    net_free(&net);
    return status;
}

/* GFLOP/s of a square product on so many threads, the best of several. */
static double product_peak(int threads, double *cpu) {
    enum { n = 1024 };
    const skuai_context context = {.threads = threads};
    const skuai_matrix_call call = {
        .m = n, .n = n, .k = n, .lda = n, .ldb = n, .ldc = n, .alpha = 1};
    float *a = skuai_zero(3 * n * n, sizeof *a);
    double best = INFINITY, best_cpu = INFINITY;
    for (int r = 0; a && r < 12; r++) {
        double wall = skuai_clock(), used = cpu_clock();
        if (skuai_matrix_multiply_parallel(&context, &call, a, a + n * n, a + 2 * n * n, NULL) !=
            SKUA_OK)
            break;
        best = fmin(best, skuai_clock() - wall);
        best_cpu = fmin(best_cpu, cpu_clock() - used);
    }
    skuai_free(a);
    *cpu = 2e-9 * n * n * n / best_cpu;
    return 2e-9 * n * n * n / best;
}

/* Multiplications and additions of a pass forward, in 10^9. */
static double net_work(size_t batch) {
    double weights = 2.0 * F * D + D * D + LAYERS * 12.0 * D * D + D * D + 2.0 * D * PATCH * LEVELS;
    double rows = (double)batch * S;
    return 1e-9 * (2 * rows * weights + LAYERS * 4.0 * rows * S * D);
}

static skuai_json *peer_read(int argc, char **argv) {
    skua_error err = {0};
    skuai_json *peer = NULL;
    skuai_buffer buffer;
    if (argc < 3) return NULL;
    if (skuai_file_read(argv[2], 1 << 20, &buffer, &err) != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return NULL;
    }
    if (skuai_json_parse(skuai_buffer_view(&buffer), buffer.size, &peer, &err) != SKUA_OK)
        fprintf(stderr, "%s\n", err.message);
    skuai_buffer_clear(&buffer);
    return peer;
}

static double peer_seconds(const skuai_json *peer, const char *mode, size_t batch, int threads,
                           const char *clock) {
    char key[64];
    (void)snprintf(key, sizeof key, "%s_%zu_%d_%s", mode, batch, threads, clock);
    return skuai_json_as_number(skuai_json_get(peer, key), (double)NAN);
}

static bool compare(const skuai_json *peer, bool train, size_t batch, int threads,
                    bench_seconds *ours, double *ratio) {
    skua_error err = {0};
    if (time_net(batch, threads, train, ours, &err) != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return false;
    }
    const char *mode = train ? "train" : "infer";
    double wall = peer_seconds(peer, mode, batch, threads, "wall");
    double cpu = peer_seconds(peer, mode, batch, threads, "cpu");
    *ratio = wall / ours->wall;
    printf("  %s, batch %zu, %d threads: skua %.4f s (processor %.4f s), PyTorch %.4f s (%.4f s); "
           "ratio %.2f (processor time %.2f)\n",
           mode, batch, threads, ours->wall, ours->cpu, wall, cpu, *ratio, cpu / ours->cpu);
    (void)fflush(stdout);
    return true;
}

int bench_train_speed(int argc, char **argv) {
    skuai_json *peer = peer_read(argc, argv);
    enum { BATCH = 256 };
    double worst = INFINITY, share = INFINITY;
    for (int threads = 1; threads <= 2; threads++) {
        bench_seconds ours;
        double ratio, cpu, peak = product_peak(threads, &cpu);
        if (!compare(peer, true, BATCH, threads, &ours, &ratio)) return 1;
        double work = 3 * net_work(BATCH), wall_share = work / ours.wall / peak;
        printf("  %.1f of %.1f GFLOP/s by the clock, share %.2f; by processor time %.1f of %.1f, "
               "share %.2f\n",
               work / ours.wall, peak, wall_share, work / ours.cpu, cpu, work / ours.cpu / cpu);
        worst = fmin(worst, ratio), share = fmin(share, wall_share);
    }
    const char *version = skuai_json_as_text(skuai_json_get(peer, "version"), "?");
    if (isfinite(worst))
        bench_figure("train-speed", "ratio_eager", worst,
                     "a step of batch %d, the lesser of 1 and 2 threads, best of %d, PyTorch %s",
                     BATCH, RUNS, version);
    bench_figure("train-speed", "peak_share", share,
                 "beside sgemm 1024^3 in the same run, the lesser of 1 and 2 threads");
    skuai_json_free(peer);
    return 0;
}

int bench_infer_speed(int argc, char **argv) {
    skuai_json *peer = peer_read(argc, argv);
    static const size_t batches[] = {1, 8, 256};
    double small = INFINITY, large = NAN;
    for (size_t k = 0; k < 3; k++) {
        bench_seconds ours;
        double ratio;
        if (!compare(peer, false, batches[k], 2, &ours, &ratio)) return 1;
        if (k < 2)
            small = fmin(small, ratio);
        else
            large = ratio;
    }
    const char *version = skuai_json_as_text(skuai_json_get(peer, "version"), "?");
    if (isfinite(small) && isfinite(large)) {
        bench_figure("infer-speed", "ratio_small", small,
                     "the lesser of batch 1 and 8, 2 threads, best of %d, PyTorch %s", RUNS,
                     version);
        bench_figure("infer-speed", "ratio_large", large, "batch 256, 2 threads, best of %d", RUNS);
    }
    skuai_json_free(peer);
    return 0;
}
