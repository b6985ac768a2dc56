/* picture.h -- a picture's file becomes pixels (room encode).
 *
 *     skuai_picture_decoder *decoder;
 *     SKUA_TRY(skuai_picture_decoder_new(&decoder, err));
 *     skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
 *     skuai_picture picture;
 *     SKUA_TRY(skuai_picture_read(decoder, "3141.jpg", 256, &limits, &picture, err));
 *     ... skuai_picture_clear(&picture);
 *
 * JPEG, PNG, WebP and GIF (the first frame), told by their bytes and never by their names, decoded
 * by libvips in its untrusted mode. Pictures are turned upright as their EXIF says, brought to
 * sRGB of 8 bits, and laid on white where they are transparent. Bytes are not trusted: too many of
 * them, a size beyond the limit (looked up in the header, before anything is decoded), too much
 * time, a file that is cut short or damaged or no picture at all is an error with a sentence. */
#ifndef SKUA_ENCODE_PICTURE_H
#define SKUA_ENCODE_PICTURE_H

#include "core/alloc.h"

typedef struct skuai_picture {
    size_t width, height;             /* >= 1 */
    unsigned char *pixels;            /* [height, width, 3] sRGB, owned */
    size_t whole_width, whole_height; /* as the file has it, before shrinking */
} skuai_picture;

typedef struct skuai_picture_limits {
    size_t bytes;   /* of the file */
    double pixels;  /* width * height */
    double seconds; /* for decoding one picture; 0: none */
} skuai_picture_limits;

#define SKUAI_PICTURE_LIMITS_DEFAULT                                                               \
    ((skuai_picture_limits){.bytes = (size_t)64 << 20, .pixels = 100e6, .seconds = 20})

typedef struct skuai_picture_decoder skuai_picture_decoder; /* any number of threads at once */

/* SKUA_ENOTFOUND: libvips is not there. *decoder is the caller's (_free). */
SKUA_MUST_USE skua_status skuai_picture_decoder_new(skuai_picture_decoder **decoder,
                                                    skua_error *err);
void skuai_picture_decoder_free(skuai_picture_decoder *decoder); /* NULL allowed */

/* Decode bytes; fit > 0: shrunk, never enlarged, keeping its shape, until both sides are <= fit
 * (JPEG and WebP are then decoded small, which is fast). SKUA_EDATA: no picture, of a kind that is
 * not read (which one), damaged or cut short; SKUA_ELIMIT: more bytes, pixels or seconds than
 * allowed; SKUA_ENOMEM. *picture is the caller's (_clear), untouched on failure. */
SKUA_MUST_USE skua_status skuai_picture_decode(const skuai_picture_decoder *decoder,
                                               const void *bytes, size_t n, size_t fit,
                                               const skuai_picture_limits *limits,
                                               skuai_picture *picture, skua_error *err);
/* The same of a file; messages do not name it. SKUA_ENOTFOUND, SKUA_EIO; SKUA_EDATA: no regular
 * file. */
SKUA_MUST_USE skua_status skuai_picture_read(const skuai_picture_decoder *decoder, const char *path,
                                             size_t fit, const skuai_picture_limits *limits,
                                             skuai_picture *picture, skua_error *err);
void skuai_picture_clear(skuai_picture *picture);

/* -- Resampling ------------------------------------------------------------------------------- */

typedef enum skuai_picture_filter {
    SKUAI_FILTER_BOX,
    SKUAI_FILTER_BILINEAR, /* triangle */
    SKUAI_FILTER_BICUBIC,  /* Keys, a = -1/2 */
    SKUAI_FILTER_LANCZOS   /* of three lobes */
} skuai_picture_filter;

/* Resample to width x height (>= 1) into pixels [height, width, 3]: separable, the filter widened
 * by the factor of shrinking, weights in 22-bit fixed point, rounded to 8 bits after each pass:
 * byte for byte what Pillow's resize gives. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_picture_resize(const skuai_picture *picture, size_t width,
                                               size_t height, skuai_picture_filter filter,
                                               unsigned char *pixels, skua_error *err);

#endif
