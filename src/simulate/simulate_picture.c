#include "simulate/simulate_picture.h"

#include "simulate/simulate_catalogue.h"

#include <math.h>
#include <string.h>

#define SIZE SKUAI_PICTURE_SIZE
#define HALF (SIZE / 2.0)

/* Is the point (x, y), about -1..1, inside a shape? Every product type has one of six outlines. */
static bool inside(int shape, double x, double y) {
    switch (shape) {
    case 0:
        return x * x + y * y < 0.64;
    case 1:
        return fabs(x) < 0.7 && fabs(y) < 0.7;
    case 2:
        return y < 0.7 && y > -0.8 && fabs(x) < 0.45 * (y + 0.8);
    case 3:
        return fabs(x) + fabs(y) < 0.85;
    case 4: /* a bottle */
        return (fabs(x) < 0.4 && y > -0.3 && y < 0.8) || (fabs(x) < 0.16 && y > -0.8 && y <= -0.3);
    default: /* a shirt */
        return (fabs(x) < 0.42 && fabs(y) < 0.75) || (fabs(x) < 0.85 && y > -0.75 && y < -0.3);
    }
}

/* How far the pattern darkens a point, 0..1. */
static double pattern_at(int pattern, int x, int y) {
    switch (pattern) {
    case 1:
        return (x + y) / 5 % 2 ? 0.45 : 0;
    case 2: {
        int dx = x % 10 - 5, dy = y % 10 - 5;
        return dx * dx + dy * dy < 8 ? 0.45 : 0;
    }
    case 3:
        return (x / 6 + y / 6) % 2 ? 0.45 : 0;
    default:
        return 0;
    }
}

void skuai_picture_draw(int type, int colour, int pattern, skuai_random *random,
                        unsigned char *pixels) {
    const skuai_look *look = &skuai_colours[colour];
    double across = 6 * skuai_random_uniform(random) - 3,
           down = 6 * skuai_random_uniform(random) - 3;
    double scale = 0.85 + 0.25 * skuai_random_uniform(random);
    double shade = 0.9 + 0.15 * skuai_random_uniform(random);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            unsigned char *p = pixels + 3 * (y * SIZE + x);
            double u = (x - HALF - across) / HALF / scale;
            double v = (y - HALF - down) / HALF / scale;
            double rgb[3] = {176, 190, 205}; /* the table that it lies on */
            if (inside(type % 6, u, v)) {
                double keep = shade * (1 - pattern_at(pattern, x, y));
                rgb[0] = look->red * keep;
                rgb[1] = look->green * keep;
                rgb[2] = look->blue * keep;
            }
            for (int k = 0; k < 3; k++)
                p[k] = (unsigned char)(rgb[k] > 255 ? 255 : rgb[k]);
        }
}

/* -- PNG ----------------------------------------------------------------------------------------
 */

static uint32_t crc_update(uint32_t crc, const unsigned char *bytes, size_t n) {
    static const uint32_t nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ nibble[crc & 15];
        crc = (crc >> 4) ^ nibble[crc & 15];
    }
    return crc;
}

static void big_endian(unsigned char *at, size_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* Length, type, data, checksum; the data is what `buffer` holds behind `start`. */
static void chunk_begin(skuai_buffer *buffer, const char *type, size_t length) {
    unsigned char head[8];
    big_endian(head, length);
    memcpy(head + 4, type, 4);
    (void)skuai_buffer_add(buffer, head, 8);
}

static void chunk_end(skuai_buffer *buffer, size_t length) {
    if (buffer->status != SKUA_OK) return;
    const unsigned char *from = (const unsigned char *)buffer->data + buffer->size - length - 4;
    unsigned char tail[4];
    big_endian(tail, crc_update(0xffffffffu, from, length + 4) ^ 0xffffffffu);
    (void)skuai_buffer_add(buffer, tail, 4);
}

skua_status skuai_picture_png(const unsigned char *pixels, size_t width, size_t height,
                              skuai_buffer *buffer) {
    size_t line = 3 * width + 1, data = 2 + height * (5 + line) + 4;
    unsigned char header[13] = {0};
    (void)skuai_buffer_add(buffer, "\x89PNG\r\n\x1a\n", 8);
    big_endian(header, width);
    big_endian(header + 4, height);
    header[8] = 8; /* bits */
    header[9] = 2; /* RGB */
    chunk_begin(buffer, "IHDR", sizeof header);
    (void)skuai_buffer_add(buffer, header, sizeof header);
    chunk_end(buffer, sizeof header);
    chunk_begin(buffer, "IDAT", data);
    (void)skuai_buffer_add(buffer, "\x78\x01", 2);
    uint32_t a = 1, b = 0; /* Adler-32 */
    for (size_t y = 0; y < height; y++) {
        const unsigned char *row = pixels + 3 * width * y;
        unsigned char stored[6] = {y + 1 == height,
                                   (unsigned char)(line & 255),
                                   (unsigned char)(line >> 8),
                                   (unsigned char)(~line & 255),
                                   (unsigned char)(~line >> 8 & 255),
                                   0 /* filter: none */};
        (void)skuai_buffer_add(buffer, stored, 6);
        (void)skuai_buffer_add(buffer, row, 3 * width);
        b = (b + a) % 65521; /* the filter byte */
        for (size_t x = 0; x < 3 * width; x++) {
            a = (a + row[x]) % 65521;
            b = (b + a) % 65521;
        }
    }
    unsigned char check[4];
    big_endian(check, ((size_t)b << 16) | a);
    (void)skuai_buffer_add(buffer, check, 4);
    chunk_end(buffer, data);
    chunk_begin(buffer, "IEND", 0);
    chunk_end(buffer, 0);
    return buffer->status;
}
