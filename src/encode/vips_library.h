/* vips_library.h -- libvips' functions, loaded on first use (private to room encode).
 *
 * The library is looked for at $SKUA_VIPS (a file), then as libvips.so.42 where the system looks.
 * It is loaded once a process and stays loaded. Only its C interface of version 8.13 or later is
 * used, and declared here, so that building needs none of its headers (nor those of GLib and of all
 * that its development package brings). Enumerations of that interface are part of its ABI.
 *
 * libvips is set to its untrusted mode: loaders that were not made for hostile bytes (ImageMagick,
 * PDF, SVG, its own format, ...) are off in the whole process. Its warnings, which it would print,
 * are thrown away. */
#ifndef SKUA_ENCODE_VIPS_LIBRARY_H
#define SKUA_ENCODE_VIPS_LIBRARY_H

#include "core/error.h"

typedef struct skuai_vips_image skuai_vips_image;   /* VipsImage */
typedef struct skuai_vips_region skuai_vips_region; /* VipsRegion */

enum {
    SKUAI_VIPS_SIZE_DOWN = 2,         /* VIPS_SIZE_DOWN: shrink, never enlarge */
    SKUAI_VIPS_SRGB = 22,             /* VIPS_INTERPRETATION_sRGB */
    SKUAI_VIPS_GREY = 1,              /* VIPS_INTERPRETATION_B_W */
    SKUAI_VIPS_FAIL_ON_TRUNCATED = 1, /* VIPS_FAIL_ON_TRUNCATED */
    SKUAI_VIPS_ACCESS_SEQUENTIAL = 1  /* VIPS_ACCESS_SEQUENTIAL */
};

/* result, name, arguments */
#define SKUAI_VIPS_FUNCTIONS(X)                                                                    \
    X(int, vips_init, (const char *program))                                                       \
    X(void, vips_block_untrusted_set, (int state))                                                 \
    X(void, vips_concurrency_set, (int threads))                                                   \
    X(void, vips_cache_set_max, (int operations))                                                  \
    X(void, vips_error_clear, (void))                                                              \
    X(skuai_vips_image *, vips_image_new_from_buffer,                                              \
      (const void *bytes, size_t n, const char *options, ...))                                     \
    X(int, vips_thumbnail_buffer, (void *bytes, size_t n, skuai_vips_image **out, int width, ...)) \
    X(int, vips_autorot, (skuai_vips_image * in, skuai_vips_image * *out, ...))                    \
    X(int, vips_colourspace, (skuai_vips_image * in, skuai_vips_image * *out, int space, ...))     \
    X(int, vips_cast_uchar, (skuai_vips_image * in, skuai_vips_image * *out, ...))                 \
    X(int, vips_image_get_width, (const skuai_vips_image *image))                                  \
    X(int, vips_image_get_height, (const skuai_vips_image *image))                                 \
    X(int, vips_image_get_bands, (const skuai_vips_image *image))                                  \
    X(int, vips_image_get_orientation, (skuai_vips_image * image))                                 \
    X(skuai_vips_image *, vips_image_copy_memory, (skuai_vips_image * image))                      \
    X(skuai_vips_region *, vips_region_new, (skuai_vips_image * image))                            \
    X(void *, vips_region_fetch,                                                                   \
      (skuai_vips_region * region, int left, int top, int width, int height, size_t *n))           \
    X(unsigned, g_log_set_handler,                                                                 \
      (const char *domain, int levels, void (*handler)(const char *, int, const char *, void *),   \
       void *user))                                                                                \
    X(void, g_object_unref, (void *object))                                                        \
    X(void, g_free, (void *memory))

typedef struct skuai_vips_library {
#define X(result, name, arguments) result(*name) arguments;
    SKUAI_VIPS_FUNCTIONS(X)
#undef X
} skuai_vips_library;

/* Fill the table and start the library. SKUA_ENOTFOUND, saying what to do, when there is none, when
 * it lacks a function or does not start. One thread at a time. */
SKUA_MUST_USE skua_status skuai_vips_load(skuai_vips_library *library, skua_error *err);

#endif
