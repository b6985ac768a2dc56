/* bench_pictures.c -- pictures: how fast the default vectors are made, and what a linear probe
 * reads in them with plain pixels beside. Data: fashion_images (7,035 pictures of 60 x 80),
 * grocery_images (81 of 198 x 198). */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"
#include "linear_probe.h"

#include "encode/picture_feature.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FOLDS = 5, SIDE = 16, PIXELS = SIDE * SIDE * 3, FIT = 256 };

typedef struct pictures {
    char (*paths)[512]; /* [n] */
    size_t n;
    skuai_picture_decoder *decoder;
    float *vectors; /* [n, SKUAI_PICTURE_WIDTH] */
    float *pixels;  /* [n, PIXELS]; NULL: not wanted */
} pictures;

static void pictures_clear(pictures *p) {
    free(p->paths);
    free(p->vectors);
    free(p->pixels);
    skuai_picture_decoder_free(p->decoder);
}

static skua_status encode_one(void *argument, size_t i, int worker, skua_error *err) {
    const pictures *p = argument;
    skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    skuai_picture picture;
    unsigned char small[PIXELS];
    (void)worker;
    skua_status status = skuai_picture_read(p->decoder, p->paths[i], FIT, &limits, &picture, err);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s", p->paths[i]);
    status = skuai_picture_describe(&picture, p->vectors + i * SKUAI_PICTURE_WIDTH, err);
    if (status == SKUA_OK && p->pixels) {
        status = skuai_picture_resize(&picture, SIDE, SIDE, SKUAI_FILTER_BILINEAR, small, err);
        for (size_t k = 0; k < PIXELS; k++)
            p->pixels[i * PIXELS + k] = (float)small[k] / 255;
    }
    skuai_picture_clear(&picture);
    return status;
}

static skua_status pictures_new(pictures *p, size_t n, bool pixels, skua_error *err) {
    *p = (pictures){.n = n};
    p->paths = calloc(n + 1, sizeof *p->paths);
    p->vectors = calloc(n + 1, SKUAI_PICTURE_WIDTH * sizeof *p->vectors);
    if (pixels) p->pixels = calloc(n + 1, PIXELS * sizeof *p->pixels);
    if (!p->paths || !p->vectors || (pixels && !p->pixels))
        return skuai_error_memory(err, "pictures");
    return skuai_picture_decoder_new(&p->decoder, err);
}

/* -- picture-speed ---------------------------------------------------------------------------- */

/* cpu: pictures a second of processor time, of all threads together: what a busy machine hides. */
static skua_status speed_of(const char *pattern, double *per_second, double *cpu, size_t *n,
                            skua_error *err) {
    skuai_context context = bench_context();
    char path[4096];
    glob_t found = {0};
    pictures p;
    bench_data_path(pattern, path, sizeof path);
    if (glob(path, 0, NULL, &found) != 0)
        return skuai_error_set(err, SKUA_ENOTFOUND, "%s: no pictures", path);
    skua_status status = pictures_new(&p, found.gl_pathc, false, err);
    for (size_t i = 0; status == SKUA_OK && i < p.n; i++)
        (void)snprintf(p.paths[i], sizeof p.paths[i], "%s", found.gl_pathv[i]);
    globfree(&found);
    double start = skuai_clock();
    clock_t used = clock();
    if (status == SKUA_OK) status = skuai_parallel_for(&context, NULL, p.n, encode_one, &p, err);
    *per_second = (double)p.n / (skuai_clock() - start);
    *cpu = (double)p.n * CLOCKS_PER_SEC / (double)(clock() - used);
    *n = p.n;
    pictures_clear(&p);
    return status;
}

int bench_picture_speed(int argc, char **argv) {
    skuai_context context = bench_context();
    skua_error err = {0};
    double small = 0, larger = 0, cpu = 0, larger_cpu = 0;
    size_t n = 0, m = 0;
    (void)argc, (void)argv;
    skua_status status = speed_of("fashion_images/images/*.jpg", &small, &cpu, &n, &err);
    if (status == SKUA_OK)
        status = speed_of("grocery_images/dataset/iconic-images-and-descriptions/*/*/*/*.jpg",
                          &larger, &larger_cpu, &m, &err);
    if (status != SKUA_OK) return printf("picture-speed: %s\n", err.message), 1;
    bench_figure("picture-speed", "per_second", small,
                 "%zu JPEGs of 60 x 80: read, decode, resize, describe; %d threads", n,
                 context.threads);
    bench_figure("picture-speed", "per_cpu_second", cpu, "the same by processor time");
    bench_figure("picture-speed", "of_198_per_cpu_second", larger_cpu,
                 "the same by processor time");
    bench_figure("picture-speed", "of_198_per_second", larger, "%zu JPEGs of 198 x 198", m);
    return 0;
}

/* -- fashion ---------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Numbers of the article types in order of name. */
static skua_status read_classes(const bench_csv *csv, size_t column, uint32_t *classes,
                                size_t *n_classes, skua_error *err) {
    size_t n = csv->rows - 1, kinds = 0;
    const char **names = calloc(n, sizeof *names);
    if (!names) return skuai_error_memory(err, "classes");
    for (size_t i = 0; i < n; i++)
        names[i] = bench_csv_cell(csv, i + 1, column);
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(names[i], names[kinds - 1]) != 0) names[kinds++] = names[i];
    for (size_t i = 0; i < n; i++) {
        const char *name = bench_csv_cell(csv, i + 1, column);
        const char **at = bsearch(&name, names, kinds, sizeof *names, compare_names);
        classes[i] = (uint32_t)(at - names);
    }
    free(names);
    *n_classes = kinds;
    return SKUA_OK;
}

static skua_status fashion(const bench_csv *csv, pictures *p, uint32_t *classes, size_t *n_classes,
                           skua_error *err) {
    size_t image = bench_csv_column(csv, "image"), type = bench_csv_column(csv, "articleType");
    skuai_context context = bench_context();
    if (image == SIZE_MAX || type == SIZE_MAX)
        return skuai_error_set(err, SKUA_EDATA, "no column image or articleType");
    for (size_t i = 0; i < p->n; i++) {
        char relative[256];
        (void)snprintf(relative, sizeof relative, "fashion_images/images/%.100s",
                       bench_csv_cell(csv, i + 1, image));
        relative[strcspn(relative, "\r")] = '\0';
        bench_data_path(relative, p->paths[i], sizeof p->paths[i]);
    }
    SKUA_TRY(read_classes(csv, type, classes, n_classes, err));
    return skuai_parallel_for(&context, NULL, p->n, encode_one, p, err);
}

int bench_fashion(int argc, char **argv) {
    skuai_context context = bench_context();
    skua_error err = {0};
    bench_csv csv = {0};
    pictures p = {0};
    size_t n_classes = 0;
    double described = 0, plain = 0;
    (void)argc, (void)argv;
    skua_status status = bench_csv_read("fashion_images/styles_with_image.csv", &csv, &err);
    if (status != SKUA_OK) return printf("fashion: %s\n", err.message), 1;
    status = pictures_new(&p, csv.rows - 1, true, &err);
    uint32_t *classes = calloc(csv.rows, sizeof *classes);
    double start = skuai_clock();
    if (status == SKUA_OK && classes) status = fashion(&csv, &p, classes, &n_classes, &err);
    if (status == SKUA_OK && classes)
        status = bench_linear_probe(p.vectors, classes, p.n, SKUAI_PICTURE_WIDTH, n_classes, FOLDS,
                                    &context, &described, &err);
    if (status == SKUA_OK && classes)
        status = bench_linear_probe(p.pixels, classes, p.n, PIXELS, n_classes, FOLDS, &context,
                                    &plain, &err);
    if (status == SKUA_OK) {
        bench_figure("fashion", "article_acc", described,
                     "%zu pictures, all %zu article types, %d-fold, ridge, %.0f s, seed 1", p.n,
                     n_classes, FOLDS, skuai_clock() - start);
        bench_figure("fashion", "pixels_acc", plain, "the same on plain pixels, %d x %d", SIDE,
                     SIDE);
    } else {
        printf("fashion: %s\n", err.message);
    }
    free(classes);
    pictures_clear(&p);
    bench_csv_clear(&csv);
    return status == SKUA_OK ? 0 : 1;
}
