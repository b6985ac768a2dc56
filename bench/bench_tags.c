/* bench_tags.c -- labels from titles: accuracy by examples a class. Data: styles_15000.csv of
 * fashion_images. Classes: article types of 60 rows or more. Per seed every class gives 20 rows to
 * a pool; all other rows are the test, whatever number of examples is taken from the pool. Vectors:
 * the default sub-words, learnt on all titles (texts alone, no label). */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include "core/random.h"
#include "encode/subword.h"
#include "encode/tag.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 20, CLASS_LEAST = 60, SEEDS = 5 };

typedef struct titles {
    bench_csv csv;
    const char **texts; /* [n] */
    size_t *sizes, n;
    const char **names; /* [k] of the classes */
    size_t *name_sizes, k;
    uint32_t *class_of; /* [n] */
    size_t *counts;     /* [k] */
    size_t width;
    float *vectors, *name_vectors; /* [n, width], [k, width] */
} titles;

static void titles_clear(titles *t) {
    bench_csv_clear(&t->csv);
    free(t->texts);
    free(t->sizes);
    free(t->names);
    free(t->name_sizes);
    free(t->class_of);
    free(t->counts);
    free(t->vectors);
    free(t->name_vectors);
}

/* Rows of the classes that are large enough. */
static skua_status read_titles(titles *t, skua_error *err) {
    SKUA_TRY(bench_csv_read("fashion_images/styles_15000.csv", &t->csv, err));
    size_t rows = t->csv.rows - 1, title = bench_csv_column(&t->csv, "productDisplayName"),
           type = bench_csv_column(&t->csv, "articleType");
    if (title == SIZE_MAX || type == SIZE_MAX)
        return skuai_error_set(err, SKUA_EDATA, "no column productDisplayName or articleType");
    t->texts = calloc(rows, sizeof *t->texts);
    t->sizes = calloc(rows, sizeof *t->sizes);
    t->class_of = calloc(rows, sizeof *t->class_of);
    t->names = calloc(rows, sizeof *t->names);
    t->name_sizes = calloc(rows, sizeof *t->name_sizes);
    t->counts = calloc(rows, sizeof *t->counts);
    size_t *number = calloc(rows, sizeof *number);
    bool good =
        t->texts && t->sizes && t->class_of && t->names && t->name_sizes && t->counts && number;
    for (size_t i = 0; good && i < rows; i++) { /* number[i]: how many rows are of row i's type */
        for (size_t j = 0; j < rows; j++)
            number[i] += strcmp(bench_csv_cell(&t->csv, i + 1, type),
                                bench_csv_cell(&t->csv, j + 1, type)) == 0;
        if (number[i] < CLASS_LEAST) continue;
        const char *name = bench_csv_cell(&t->csv, i + 1, type);
        size_t k = 0;
        while (k < t->k && strcmp(t->names[k], name) != 0)
            k++;
        if (k == t->k) t->names[t->k] = name, t->name_sizes[t->k++] = strlen(name);
        t->texts[t->n] = bench_csv_cell(&t->csv, i + 1, title);
        t->sizes[t->n] = strlen(t->texts[t->n]);
        t->class_of[t->n++] = (uint32_t)k;
        t->counts[k]++;
    }
    free(number);
    return good ? SKUA_OK : skuai_error_memory(err, "titles");
}

static skua_status encode_titles(titles *t, const skuai_context *context, skua_error *err) {
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    skuai_subword *model = NULL;
    skuai_subword_learner *learner = skuai_subword_learner_new(&options, context);
    if (!learner) return skuai_error_memory(err, "sub-words");
    skua_status status = skuai_subword_learner_add(learner, t->texts, t->sizes, t->n, err);
    if (status == SKUA_OK) status = skuai_subword_learner_finish(learner, &model, err);
    skuai_subword_learner_free(learner);
    SKUA_TRY(status);
    t->width = skuai_subword_width(model);
    t->vectors = calloc(t->n, t->width * sizeof *t->vectors);
    t->name_vectors = calloc(t->k, t->width * sizeof *t->name_vectors);
    if (!t->vectors || !t->name_vectors) status = skuai_error_memory(err, "vectors");
    if (status == SKUA_OK)
        status =
            skuai_subword_encode_all(model, context, t->texts, t->sizes, t->n, t->vectors, err);
    if (status == SKUA_OK)
        status = skuai_subword_encode_all(model, context, t->names, t->name_sizes, t->k,
                                          t->name_vectors, err);
    skuai_subword_free(model);
    return status;
}

/* Share of the test rows that are told right with `each` examples a class. order [n]: a shuffle;
 * rank [n]: place of a row among those of its class in it. */
static skua_status accuracy_of(const titles *t, const size_t *rank, size_t each, double *accuracy,
                               skua_error *err) {
    size_t w = t->width, n = 0, right = 0, tested = 0;
    float *examples = calloc(t->k * each + 1, w * sizeof *examples);
    uint32_t *labels = calloc(t->k * each + 1, sizeof *labels);
    skuai_tagger tagger = {0};
    skua_status status = examples && labels ? SKUA_OK : skuai_error_memory(err, "examples");
    for (size_t i = 0; status == SKUA_OK && i < t->n; i++) {
        if (rank[i] >= each) continue;
        memcpy(examples + n * w, t->vectors + i * w, w * sizeof *examples);
        labels[n++] = t->class_of[i];
    }
    if (status == SKUA_OK)
        status = skuai_tagger_fit(t->name_vectors, t->k, w, examples, labels, n, &tagger, err);
    for (size_t i = 0; status == SKUA_OK && i < t->n; i++) {
        double score;
        if (rank[i] < POOL) continue;
        tested++;
        right += skuai_tagger_label(&tagger, t->vectors + i * w, &score) == t->class_of[i];
    }
    skuai_tagger_clear(&tagger);
    free(examples);
    free(labels);
    *accuracy = tested ? (double)right / (double)tested : (double)NAN;
    return status;
}

static skua_status draw(const titles *t, uint64_t seed, size_t *rank, skua_error *err) {
    size_t *order = calloc(t->n, sizeof *order), *seen = calloc(t->k, sizeof *seen);
    if (order && seen) {
        skuai_random random;
        skuai_random_init(&random, seed);
        for (size_t i = 0; i < t->n; i++)
            order[i] = i;
        for (size_t i = t->n; i-- > 1;) {
            size_t j = skuai_random_index(&random, i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        for (size_t i = 0; i < t->n; i++)
            rank[order[i]] = seen[t->class_of[order[i]]]++;
    }
    bool good = order && seen;
    free(order);
    free(seen);
    return good ? SKUA_OK : skuai_error_memory(err, "a draw");
}

int bench_tags(int argc, char **argv) {
    static const size_t each[] = {0, 1, 5, 20};
    skuai_context context = bench_context();
    skua_error err = {0};
    titles t = {0};
    double sums[4] = {0}, squares[4] = {0};
    size_t most = 0;
    (void)argc, (void)argv;
    skua_status status = read_titles(&t, &err);
    if (status == SKUA_OK) status = encode_titles(&t, &context, &err);
    size_t *rank = calloc(t.n + 1, sizeof *rank);
    for (uint64_t seed = 1; rank && status == SKUA_OK && seed <= SEEDS; seed++) {
        status = draw(&t, seed, rank, &err);
        for (size_t e = 0; status == SKUA_OK && e < 4; e++) {
            double accuracy;
            status = accuracy_of(&t, rank, each[e], &accuracy, &err);
            sums[e] += accuracy / SEEDS;
            squares[e] += accuracy * accuracy / SEEDS;
        }
    }
    if (status == SKUA_OK) {
        for (size_t k = 0; k < t.k; k++)
            if (t.counts[k] > most) most = t.counts[k];
        for (size_t e = 0; e < 4; e++) {
            char key[16];
            double variance = squares[e] - sums[e] * sums[e];
            (void)snprintf(key, sizeof key, "acc_%zu", each[e]);
            bench_figure("tags", key, sums[e],
                         "%zu titles, %zu article types of %d rows or more, %zu examples each, sd "
                         "%.3f over %d draws, sub-words",
                         t.n, t.k, CLASS_LEAST, each[e], variance > 0 ? sqrt(variance) : 0, SEEDS);
        }
        bench_figure("tags", "acc_largest", (double)(most - POOL) / (double)(t.n - t.k * POOL),
                     "always the most frequent type");
    } else {
        printf("tags: %s\n", err.message);
    }
    free(rank);
    titles_clear(&t);
    return status == SKUA_OK ? 0 : 1;
}
