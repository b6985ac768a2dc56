/* Figure `shap-speed`.
 *
 * exact_error: the contributions of boosted trees (learn's TreeSHAP) beside the Shapley values of
 * the same trees by brute force over all coalitions of ten columns (tests/support/tree_text.h):
 * largest absolute difference over rows, of a target whose deviation is about 2.
 *
 * kernel_ratio: seconds of the shap package's KernelExplainer over ours, the same rows, background,
 * number of coalitions and calls of the model. The model is a plain function, written in C here and
 * in vectorised numpy there, so that what is timed is the method; beside it the same trees by
 * LightGBM, where what both wait for is LightGBM itself.
 *
 *     skua-bench shap-speed [--write FOLDER | FOLDER]
 *
 * --write puts data and trees there for peers/shap_speed.py, which answers into FOLDER/peer.txt. */
#include "benchmarks.h"
#include "figure.h"

#include "core/random.h"
#include "explain/shapley.h"
#include "learn/learner.h"
#include "tests/support/tree_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4000, COLUMNS = 10, BRUTE = 40, BACKGROUND = 100, EXPLAINED = 10, SAMPLES = 800 };

typedef struct made {
    float *x, *y; /* [COLUMNS, ROWS], [ROWS] */
    skuai_learnt *trees;
} made;

/* The plain function of both languages. */
static double plain(const float *x, size_t stride) {
    double a = (double)x[0], b = (double)x[stride], c = (double)x[2 * stride],
           d = (double)x[3 * stride], sum = 0;
    for (size_t k = 4; k < COLUMNS; k++)
        sum += (double)k * 0.1 * (double)x[k * stride];
    return 4 * a * b + (c > 0.5 ? 2 : 0) + fabs(d - 0.5) + sum + a * c * d;
}

static bool make(made *m) {
    skua_error err = {0};
    skuai_context context = bench_context();
    skuai_random random;
    skuai_random_init(&random, 6);
    *m = (made){.x = skuai_new(ROWS * COLUMNS, sizeof(float)), .y = skuai_new(ROWS, sizeof(float))};
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        m->x[i] = (float)skuai_random_uniform(&random);
    for (size_t i = 0; i < ROWS; i++)
        m->y[i] = (float)(plain(m->x + i, ROWS) + 0.2 * skuai_random_normal(&random));
    skuai_examples train = {{ROWS, COLUMNS, m->x, NULL, NULL}, m->y, NULL};
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    o.rounds = 100;
    o.leaves = 31;
    bool good = skuai_learner_boosted.fit(&o, &train, NULL, &context, &m->trees, &err) == SKUA_OK;
    if (!good) fprintf(stderr, "shap-speed: %s\n", err.message);
    return good;
}

static void clear(made *m) {
    skuai_learner_boosted.free(m->trees);
    skuai_free(m->x);
    skuai_free(m->y);
}

/* -- TreeSHAP ---------------------------------------------------------------------------------- */

static bool exact(const made *m) {
    skua_error err = {0};
    skuai_context context = bench_context();
    skuai_buffer text;
    double *parts = skuai_new((size_t)ROWS * (COLUMNS + 1), sizeof *parts), worst = 0;
    skuai_feature_matrix x = {ROWS, COLUMNS, m->x, NULL, NULL};
    skuai_buffer_init(&text, 1 << 28);
    double began = skuai_clock();
    bool good =
        skuai_learner_boosted.contributions(m->trees, &x, &context, parts, &err) == SKUA_OK &&
        skuai_learner_boosted.save(m->trees, &text, &err) == SKUA_OK;
    double seconds = skuai_clock() - began;
    tree_text *trees = good ? tree_text_read(skuai_buffer_view(&text), COLUMNS) : NULL;
    began = skuai_clock();
    for (size_t i = 0; trees && i < BRUTE; i++) {
        float row[COLUMNS];
        double brute[COLUMNS + 1];
        for (size_t k = 0; k < COLUMNS; k++)
            row[k] = m->x[k * ROWS + i];
        tree_text_shapley(trees, row, brute);
        for (size_t k = 0; k <= COLUMNS; k++) {
            double error = fabs(parts[i * (COLUMNS + 1) + k] - brute[k]);
            worst = error <= worst ? worst : error;
        }
    }
    if (trees)
        bench_figure("shap-speed", "exact_error", worst,
                     "100 trees of 31 leaves, %d columns, %d rows; %.1f us a row, by brute force "
                     "%.0f us",
                     COLUMNS, BRUTE, 1e6 * seconds / ROWS, 1e6 * (skuai_clock() - began) / BRUTE);
    else
        fprintf(stderr, "shap-speed: %s\n", err.message);
    tree_text_free(trees);
    skuai_buffer_clear(&text);
    skuai_free(parts);
    return trees;
}

/* -- Kernel SHAP ------------------------------------------------------------------------------- */

typedef struct masked {
    const made *m;
    size_t row;    /* explained, behind the background */
    bool by_trees; /* else the plain function */
    size_t calls;  /* rows that the model was asked for */
} masked;

/* The mean of the model over the background with the coalition's columns from the row. */
static skua_status worth(void *user, const bool *coalitions, size_t n, double *values,
                         skua_error *err) {
    masked *g = user;
    skuai_context context = bench_context();
    size_t rows = n * BACKGROUND;
    float *x = skuai_new(rows * COLUMNS, sizeof *x);
    double *y = skuai_new(rows, sizeof *y);
    skua_status status = x && y ? SKUA_OK : skuai_error_memory(err, "a game");
    for (size_t k = 0; k < COLUMNS && status == SKUA_OK; k++) {
        const float *own = g->m->x + k * ROWS;
        for (size_t c = 0; c < n; c++)
            for (size_t b = 0; b < BACKGROUND; b++)
                x[k * rows + c * BACKGROUND + b] =
                    coalitions[c * COLUMNS + k] ? own[g->row] : own[b];
    }
    skuai_feature_matrix matrix = {rows, COLUMNS, x, NULL, NULL};
    if (status == SKUA_OK && g->by_trees)
        status = skuai_learner_boosted.predict(g->m->trees, &matrix, &context, y, err);
    for (size_t i = 0; i < rows && !g->by_trees && status == SKUA_OK; i++)
        y[i] = plain(x + i, rows);
    for (size_t c = 0; c < n && status == SKUA_OK; c++) {
        values[c] = 0;
        for (size_t b = 0; b < BACKGROUND; b++)
            values[c] += y[c * BACKGROUND + b] / BACKGROUND;
    }
    g->calls += rows;
    skuai_free(x);
    skuai_free(y);
    return status;
}

/* Seconds a row, and how far the sampled values lie from the exact ones. */
static double kernel(const made *m, bool by_trees, double *error, size_t *calls) {
    double values[COLUMNS], right[COLUMNS], none, all, seconds = 0;
    skua_error err = {0};
    *error = 0;
    *calls = 0;
    for (size_t i = 0; i < EXPLAINED; i++) {
        masked g = {m, BACKGROUND + i, by_trees, 0};
        skuai_game game = {COLUMNS, 1, worth, &g};
        double began = skuai_clock();
        if (skuai_shapley_kernel(&game, SAMPLES, i, values, &none, &all, &err) != SKUA_OK) break;
        seconds += skuai_clock() - began;
        *calls += g.calls;
        if (skuai_shapley_exact(&game, right, &none, &all, &err) != SKUA_OK) break;
        for (size_t k = 0; k < COLUMNS; k++)
            *error += fabs(values[k] - right[k]) / (EXPLAINED * COLUMNS);
    }
    if (err.code != SKUA_OK) fprintf(stderr, "shap-speed: %s\n", err.message);
    *calls /= EXPLAINED;
    return seconds / EXPLAINED;
}

static bool beside(const made *m, const char *folder) {
    char path[512], line[256];
    double peer[2][3] = {{0}}; /* seconds a row, calls a row, error */
    (void)snprintf(path, sizeof path, "%s/peer.txt", folder);
    FILE *in = fopen(path, "r");
    if (!in) return fprintf(stderr, "shap-speed: no %s\n", path), false;
    for (size_t k = 0; k < 2 && fgets(line, sizeof line, in); k++) {
        char *at = line;
        for (size_t i = 0; i < 3; i++)
            peer[k][i] = strtod(at, &at);
    }
    (void)fclose(in);
    for (size_t k = 0; k < 2; k++) {
        double error;
        size_t calls;
        double seconds = kernel(m, k == 1, &error, &calls);
        bench_figure("shap-speed", k ? "kernel_ratio_trees" : "kernel_ratio", peer[k][0] / seconds,
                     "%s: %.2f ms a row beside %.2f, %zu calls of the model beside %.0f, mean "
                     "error %.4f beside %.4f",
                     k ? "by the trees" : "a plain function", 1e3 * seconds, 1e3 * peer[k][0],
                     calls, peer[k][1], error, peer[k][2]);
    }
    return true;
}

static bool write_floats(const char *folder, const char *name, const float *x, size_t n) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    bool good = out && fwrite(x, sizeof *x, n, out) == n;
    return out && fclose(out) == 0 && good;
}

static bool write_all(const made *m, const char *folder) {
    skua_error err = {0};
    char path[512];
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 28);
    (void)snprintf(path, sizeof path, "%s/trees.txt", folder);
    bool good = skuai_learner_boosted.save(m->trees, &text, &err) == SKUA_OK;
    FILE *out = good ? fopen(path, "w") : NULL;
    const char *trees = good ? strchr(skuai_buffer_view(&text), '\n') : NULL;
    good = out && trees && fputs(trees + 1, out) >= 0;
    if (out) good = fclose(out) == 0 && good;
    skuai_buffer_clear(&text);
    return good && write_floats(folder, "x.f32", m->x, (size_t)ROWS * COLUMNS);
}

int bench_shap_speed(int argc, char **argv) {
    made m;
    bool good = make(&m);
    if (good && argc > 3 && strcmp(argv[2], "--write") == 0) {
        good = write_all(&m, argv[3]);
    } else if (good) {
        good = exact(&m);
        if (good && argc > 2) good = beside(&m, argv[2]);
    }
    clear(&m);
    return good ? 0 : 1;
}
