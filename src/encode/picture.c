#include "encode/picture.h"

#include "core/context.h"
#include "core/file.h"
#include "encode/vips_library.h"

#include <string.h>
#include <sys/stat.h>

enum { SIDE_MOST = 1 << 17, STRIP = 256 };

struct skuai_picture_decoder {
    skuai_vips_library vips;
};

skua_status skuai_picture_decoder_new(skuai_picture_decoder **decoder, skua_error *err) {
    skuai_picture_decoder *d = skuai_zero(1, sizeof *d);
    if (!d) return skuai_error_memory(err, "a decoder of pictures");
    skua_status status = skuai_vips_load(&d->vips, err);
    if (status != SKUA_OK) {
        skuai_free(d);
        return status;
    }
    *decoder = d;
    return SKUA_OK;
}

void skuai_picture_decoder_free(skuai_picture_decoder *decoder) {
    skuai_free(decoder);
}

void skuai_picture_clear(skuai_picture *picture) {
    skuai_free(picture->pixels);
    *picture = (skuai_picture){0};
}

/* -- What kind of file ------------------------------------------------------------------------ */

typedef struct magic {
    size_t at, n;
    const char *bytes;
    const char *name;
    bool read;
} magic;

static const magic magics[] = {
    {0, 3, "\xFF\xD8\xFF", "JPEG", true},   {0, 8, "\x89PNG\r\n\x1A\n", "PNG", true},
    {0, 6, "GIF87a", "GIF", true},          {0, 6, "GIF89a", "GIF", true},
    {8, 4, "WEBP", "WebP", true},           {0, 4, "II*\0", "TIFF", false},
    {0, 4, "MM\0*", "TIFF", false},         {0, 2, "BM", "BMP", false},
    {4, 8, "ftypavif", "AVIF", false},      {4, 8, "ftypheic", "HEIC", false},
    {0, 2, "\xFF\x0A", "JPEG XL", false},   {0, 4, "%PDF", "PDF", false},
    {0, 5, "<?xml", "XML or SVG", false},   {0, 4, "<svg", "SVG", false},
    {0, 9, "<!DOCTYPE", "web page", false}, {0, 5, "<html", "web page", false}};

static skua_status check_kind(const char *bytes, size_t n, skua_error *err) {
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const magic *m = &magics[i];
        if (n < m->at + m->n || memcmp(bytes + m->at, m->bytes, m->n) != 0) continue;
        if (m->read) return SKUA_OK;
        return skuai_error_set(err, SKUA_EDATA,
                               "is of the kind %s, which is not read: save it as JPEG, PNG, WebP "
                               "or GIF",
                               m->name);
    }
    return skuai_error_set(err, SKUA_EDATA,
                           n == 0 ? "is empty" : "is no picture (JPEG, PNG, WebP, GIF)");
}

/* -- Decoding --------------------------------------------------------------------------------- */

/* Replace *image by what an operation made of it; false, *image freed, when it failed. */
static bool step(const skuai_vips_library *v, skuai_vips_image **image, int failed,
                 skuai_vips_image *const *made) {
    v->g_object_unref(*image);
    *image = failed ? NULL : *made;
    return !failed;
}

static skuai_vips_image *whole(const skuai_vips_library *v, const void *bytes, size_t n) {
    skuai_vips_image *made = NULL;
    skuai_vips_image *image = v->vips_image_new_from_buffer(
        bytes, n, "", "access", (int)SKUAI_VIPS_ACCESS_SEQUENTIAL, "fail_on",
        (int)SKUAI_VIPS_FAIL_ON_TRUNCATED, (const char *)NULL);
    if (!image) return NULL;
    if (v->vips_image_get_orientation(image) > 1) { /* rows are then not read in their order */
        made = v->vips_image_copy_memory(image);
        if (!step(v, &image, made == NULL, &made)) return NULL;
        if (!step(v, &image, v->vips_autorot(image, &made, (const char *)NULL), &made)) return NULL;
    }
    int space = v->vips_image_get_bands(image) < 3 ? SKUAI_VIPS_GREY : SKUAI_VIPS_SRGB;
    if (!step(v, &image, v->vips_colourspace(image, &made, space, (const char *)NULL), &made))
        return NULL;
    if (!step(v, &image, v->vips_cast_uchar(image, &made, (const char *)NULL), &made)) return NULL;
    return image;
}

static skuai_vips_image *shrunk(const skuai_vips_library *v, const void *bytes, size_t n,
                                size_t fit) {
    skuai_vips_image *image = NULL;
    void *borrowed;
    memcpy(&borrowed, &bytes, sizeof borrowed); /* libvips reads only, its declaration is older */
    if (v->vips_thumbnail_buffer(borrowed, n, &image, (int)fit, "height", (int)fit, "size",
                                 (int)SKUAI_VIPS_SIZE_DOWN, "option_string", "[fail_on=truncated]",
                                 "fail_on", (int)SKUAI_VIPS_FAIL_ON_TRUNCATED,
                                 (const char *)NULL) != 0)
        return NULL;
    return image;
}

/* Bands of 8 bits (grey, grey and alpha, RGB, RGB and alpha, ...) as RGB on white. */
static void put_pixels(const unsigned char *from, size_t bands, size_t n, unsigned char *to) {
    size_t alpha = bands == 2 ? 1 : bands >= 4 ? 3 : 0;
    for (size_t i = 0; i < n; i++, from += bands, to += 3)
        for (size_t c = 0; c < 3; c++) {
            unsigned value = from[bands < 3 ? 0 : c];
            if (alpha) value = (value * from[alpha] + 255U * (255U - from[alpha]) + 127U) / 255U;
            to[c] = (unsigned char)value;
        }
}

/* Rows are asked for strip by strip, on this thread: libvips' own way to memory hands every picture
 * to another thread, which costs more than decoding a small one, and cannot be stopped. */
static skua_status take_strips(const skuai_vips_library *v, skuai_vips_region *region, size_t bands,
                               double until, skuai_picture *picture, skua_error *err) {
    for (size_t y = 0; y < picture->height; y += STRIP) {
        size_t rows = picture->height - y < STRIP ? picture->height - y : STRIP;
        size_t bytes = 0, n = picture->width * rows;
        if (until > 0 && skuai_clock() > until)
            return skuai_error_set(err, SKUA_ELIMIT,
                                   "takes longer to decode than allowed: save it smaller");
        unsigned char *strip =
            v->vips_region_fetch(region, 0, (int)y, (int)picture->width, (int)rows, &bytes);
        bool good = strip && bytes == n * bands;
        if (good) put_pixels(strip, bands, n, picture->pixels + y * picture->width * 3);
        v->g_free(strip);
        if (!good) return skuai_error_set(err, SKUA_EDATA, "is damaged or cut short");
    }
    return SKUA_OK;
}

static skua_status take_pixels(const skuai_vips_library *v, skuai_vips_image *image, double until,
                               skuai_picture *picture, skua_error *err) {
    size_t bands = (size_t)v->vips_image_get_bands(image);
    picture->width = (size_t)v->vips_image_get_width(image);
    picture->height = (size_t)v->vips_image_get_height(image);
    picture->pixels = skuai_new(picture->width * picture->height, 3);
    skuai_vips_region *region = v->vips_region_new(image);
    skua_status status = picture->pixels && region
                             ? take_strips(v, region, bands, until, picture, err)
                             : skuai_error_memory(err, "a picture");
    if (region) v->g_object_unref(region);
    if (status != SKUA_OK) skuai_picture_clear(picture);
    return status;
}

/* The size that the header says, before anything is decoded. */
static skua_status check_size(const skuai_vips_library *v, const void *bytes, size_t n,
                              const skuai_picture_limits *limits, skuai_picture *picture,
                              skua_error *err) {
    skuai_vips_image *image = v->vips_image_new_from_buffer(
        bytes, n, "", "access", (int)SKUAI_VIPS_ACCESS_SEQUENTIAL, (const char *)NULL);
    if (!image) {
        v->vips_error_clear();
        return skuai_error_set(err, SKUA_EDATA,
                               "is damaged or cut short: its header cannot be "
                               "read");
    }
    int width = v->vips_image_get_width(image), height = v->vips_image_get_height(image);
    v->g_object_unref(image);
    if (width < 1 || height < 1)
        return skuai_error_set(err, SKUA_EDATA, "is damaged: it has no size");
    if (!((double)width * (double)height <= limits->pixels) || width > SIDE_MOST ||
        height > SIDE_MOST)
        return skuai_error_set(err, SKUA_ELIMIT,
                               "has %d x %d pixels, at most %.0f million are decoded: save it "
                               "smaller",
                               width, height, limits->pixels / 1e6);
    picture->whole_width = (size_t)width;
    picture->whole_height = (size_t)height;
    return SKUA_OK;
}

skua_status skuai_picture_decode(const skuai_picture_decoder *decoder, const void *bytes, size_t n,
                                 size_t fit, const skuai_picture_limits *limits,
                                 skuai_picture *picture, skua_error *err) {
    const skuai_vips_library *v = &decoder->vips;
    skuai_picture p = {0};
    double until = limits->seconds > 0 ? skuai_clock() + limits->seconds : 0;
    if (n > limits->bytes)
        return skuai_error_set(err, SKUA_ELIMIT, "has %zu bytes, at most %zu are read", n,
                               limits->bytes);
    SKUA_TRY(check_kind(bytes, n, err));
    SKUA_TRY(check_size(v, bytes, n, limits, &p, err));
    skuai_vips_image *image = fit > 0 ? shrunk(v, bytes, n, fit) : whole(v, bytes, n);
    skua_status status = image ? take_pixels(v, image, until, &p, err)
                               : skuai_error_set(err, SKUA_EDATA, "is damaged or cut short");
    if (image) v->g_object_unref(image);
    v->vips_error_clear();
    if (status == SKUA_OK) *picture = p;
    return status;
}

skua_status skuai_picture_read(const skuai_picture_decoder *decoder, const char *path, size_t fit,
                               const skuai_picture_limits *limits, skuai_picture *picture,
                               skua_error *err) {
    struct stat info;
    skuai_buffer bytes;
    if (stat(path, &info) != 0)
        return skuai_error_set(err, SKUA_ENOTFOUND, "is not there, or may not be read");
    if (!S_ISREG(info.st_mode)) return skuai_error_set(err, SKUA_EDATA, "is no file");
    if ((uint64_t)info.st_size > limits->bytes)
        return skuai_error_set(err, SKUA_ELIMIT, "has %llu bytes, at most %zu are read",
                               (unsigned long long)info.st_size, limits->bytes);
    skuai_buffer_init(&bytes, limits->bytes + 1);
    skua_status status = skuai_file_read(path, limits->bytes, &bytes, err);
    if (status == SKUA_OK)
        status = skuai_picture_decode(decoder, skuai_buffer_view(&bytes), bytes.size, fit, limits,
                                      picture, err);
    skuai_buffer_clear(&bytes);
    return status;
}
