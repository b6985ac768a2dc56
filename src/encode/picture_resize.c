/* Resampling as Pillow does it (its Resample.c describes the scheme): for each output pixel the
 * filter, widened by the factor of shrinking, over the pixels that it covers; weights sum to one
 * and are rounded to 22 bits; the horizontal pass first, each pass rounded to 8 bits. */
#include "encode/picture.h"

#include <math.h>
#include <string.h>

enum { BITS = 22 };

static const double pi = 3.14159265358979323846;

static double sinc(double x) {
    return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

static double weight(skuai_picture_filter filter, double x) {
    double a = fabs(x);
    switch (filter) {
    case SKUAI_FILTER_BOX:
        return x > -0.5 && x <= 0.5 ? 1 : 0;
    case SKUAI_FILTER_BILINEAR:
        return a < 1 ? 1 - a : 0;
    case SKUAI_FILTER_BICUBIC: /* Keys 1981, a = -1/2 */
        if (a < 1) return (1.5 * a - 2.5) * a * a + 1;
        return a < 2 ? ((-0.5 * a + 2.5) * a - 4) * a + 2 : 0;
    case SKUAI_FILTER_LANCZOS:
        return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
    return 0;
}

/* Weights of one axis: output pixel i covers from[i] .. from[i] + count[i] - 1 with
 * weights[i * width]. */
typedef struct axis {
    size_t width; /* the most weights of a pixel */
    size_t *from, *count;
    int32_t *weights;
} axis;

static void axis_clear(axis *a) {
    skuai_free(a->from);
    skuai_free(a->count);
    skuai_free(a->weights);
}

static void axis_fill(axis *a, size_t i, size_t in, double scale, double stretch, double support,
                      skuai_picture_filter filter, double *k) {
    double centre = ((double)i + 0.5) * scale, sum = 0;
    double low = centre - support + 0.5, high = centre + support + 0.5;
    size_t from = low > 0 ? (size_t)low : 0;
    size_t to = high < (double)in ? (size_t)high : in;
    size_t n = to > from ? to - from : 0;
    if (n > a->width) n = a->width;
    for (size_t x = 0; x < n; x++)
        sum += k[x] = weight(filter, ((double)(x + from) - centre + 0.5) / stretch);
    for (size_t x = 0; x < n; x++) {
        double w = (sum != 0 ? k[x] / sum : k[x]) * (double)(1 << BITS);
        a->weights[i * a->width + x] = (int32_t)(w < 0 ? w - 0.5 : w + 0.5);
    }
    a->from[i] = from;
    a->count[i] = n;
}

static skua_status axis_make(size_t in, size_t out, skuai_picture_filter filter, axis *a,
                             skua_error *err) {
    static const double supports[] = {0.5, 1, 2, 3};
    double scale = (double)in / (double)out, stretch = scale < 1 ? 1 : scale;
    double support = supports[filter] * stretch;
    *a = (axis){.width = (size_t)ceil(support) * 2 + 1};
    a->from = skuai_new(out, sizeof *a->from);
    a->count = skuai_new(out, sizeof *a->count);
    size_t cells = 0;
    if (skuai_size_mul(out, a->width, &cells)) a->weights = skuai_zero(cells, sizeof *a->weights);
    double *k = skuai_new(a->width, sizeof *k);
    bool good = a->from && a->count && a->weights && k;
    for (size_t i = 0; good && i < out; i++)
        axis_fill(a, i, in, scale, stretch, support, filter, k);
    skuai_free(k);
    return good ? SKUA_OK : skuai_error_memory(err, "a picture");
}

static unsigned char clip(int32_t sum) {
    int32_t value = sum >> BITS;
    return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* One output value: n weights over values that lie `stride` apart. */
static unsigned char blend(const int32_t *weights, size_t n, const unsigned char *from,
                           size_t stride) {
    int32_t sum = 1 << (BITS - 1);
    for (size_t x = 0; x < n; x++)
        sum += weights[x] * from[x * stride];
    return clip(sum);
}

static void across(const skuai_picture *p, const axis *a, size_t width, unsigned char *to) {
    for (size_t y = 0; y < p->height; y++)
        for (size_t x = 0; x < width; x++)
            for (size_t c = 0; c < 3; c++)
                to[(y * width + x) * 3 + c] =
                    blend(a->weights + x * a->width, a->count[x],
                          p->pixels + (y * p->width + a->from[x]) * 3 + c, 3);
}

static void down(const unsigned char *from, const axis *a, size_t width, size_t height,
                 unsigned char *to) {
    size_t row = width * 3;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < row; x++)
            to[y * row + x] =
                blend(a->weights + y * a->width, a->count[y], from + a->from[y] * row + x, row);
}

skua_status skuai_picture_resize(const skuai_picture *picture, size_t width, size_t height,
                                 skuai_picture_filter filter, unsigned char *pixels,
                                 skua_error *err) {
    axis horizontal = {0}, vertical = {0};
    unsigned char *between = NULL;
    size_t cells = 0;
    skua_status status = SKUA_OK;
    if (width != picture->width) {
        if (skuai_size_mul(picture->height * 3, width, &cells)) between = skuai_new(cells, 1);
        if (!between) return skuai_error_memory(err, "a picture");
        status = axis_make(picture->width, width, filter, &horizontal, err);
        if (status == SKUA_OK) across(picture, &horizontal, width, between);
    }
    const unsigned char *rows = between ? between : picture->pixels;
    if (status == SKUA_OK && height != picture->height) {
        status = axis_make(picture->height, height, filter, &vertical, err);
        if (status == SKUA_OK) down(rows, &vertical, width, height, pixels);
    } else if (status == SKUA_OK) {
        memcpy(pixels, rows, width * height * 3);
    }
    axis_clear(&horizontal);
    axis_clear(&vertical);
    skuai_free(between);
    return status;
}
