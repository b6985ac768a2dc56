/* simulate_picture.h -- a product picture whose looks are the item's: shape by product type, colour
 * and pattern as given (room simulate, private). Written as PNG (ISO/IEC 15948) with stored deflate
 * blocks (RFC 1951), so that no compressor is needed. */
#ifndef SKUA_SIMULATE_SIMULATE_PICTURE_H
#define SKUA_SIMULATE_SIMULATE_PICTURE_H

#include "core/buffer.h"
#include "core/random.h"

#define SKUAI_PICTURE_SIZE 64 /* pixels a side */

/* pixels [64, 64, 3] of product type, colour and pattern; position and shade vary at random. */
void skuai_picture_draw(int type, int colour, int pattern, skuai_random *random,
                        unsigned char *pixels);

/* Append a PNG of pixels [height, width, 3], 0..255; width * 3 + 1 <= 65535. */
skua_status skuai_picture_png(const unsigned char *pixels, size_t width, size_t height,
                              skuai_buffer *buffer);

#endif
