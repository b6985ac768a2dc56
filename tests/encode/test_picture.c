/* Pictures: pixels and resampling beside Pillow's (tests/golden/picture/make.py), what is refused,
 * and the default descriptors. */
#include "core/context.h"
#include "core/file.h"
#include "encode/picture_feature.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 37, HEIGHT = 29, BYTES = WIDTH * HEIGHT * 3, EXACT = 8, NEAR = 3 };
static const char *const kinds[EXACT + NEAR] = {
    "plain.png", "grey.png",      "grey_alpha.png", "alpha.png",  "palette.png", "one_bit.png",
    "plain.gif", "lossless.webp", "plain.jpg",      "turned.jpg", "grey.jpg"};

static skuai_picture_decoder *decoder;

static int open_decoder(void **state) {
    skua_error err = {0};
    (void)state;
    if (skuai_picture_decoder_new(&decoder, &err) != SKUA_OK) {
        print_message("%s\n", err.message);
        return -1;
    }
    return 0;
}

static int close_decoder(void **state) {
    (void)state;
    skuai_picture_decoder_free(decoder);
    return 0;
}

static const char *golden(const char *name) {
    static char path[4096];
    char relative[256];
    (void)snprintf(relative, sizeof relative, "tests/golden/picture/%s", name);
    return test_source(relative, path, sizeof path);
}

static skuai_picture read_picture(const char *name, size_t fit) {
    skuai_picture picture = {0};
    skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    skua_error err = {0};
    assert_ok(skuai_picture_read(decoder, golden(name), fit, &limits, &picture, &err), &err);
    return picture;
}

static unsigned char *read_bytes(const char *name, size_t n) {
    unsigned char *bytes = malloc(n);
    FILE *file = fopen(golden(name), "rb");
    assert_non_null(file);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, n, file), n);
    (void)fclose(file);
    return bytes;
}

/* Lossless kinds are Pillow's pixels; JPEG differs by rounding in the inverse transform. */
static void test_pixels(void **state) {
    (void)state;
    unsigned char *expected = read_bytes("pixels.bin", (size_t)BYTES * (EXACT + NEAR));
    for (size_t k = 0; k < EXACT + NEAR; k++)
        for (size_t fit = 0; fit <= 256; fit += 256) { /* both ways through libvips */
            skuai_picture p = read_picture(kinds[k], fit);
            int worst = 0;
            assert_int_equal(p.width, WIDTH);
            assert_int_equal(p.height, HEIGHT);
            for (size_t i = 0; i < BYTES; i++) {
                int difference = abs(p.pixels[i] - expected[k * BYTES + i]);
                if (difference > worst) worst = difference;
            }
            if (worst > (k < EXACT ? 0 : 3))
                fail_msg("%s (fit %zu) differs by %d", kinds[k], fit, worst);
            skuai_picture_clear(&p);
        }
    free(expected);
}

static void test_resize(void **state) {
    static const struct {
        skuai_picture_filter filter;
        size_t width, height;
    } cases[] = {{SKUAI_FILTER_BOX, 16, 8},       {SKUAI_FILTER_BILINEAR, 16, 16},
                 {SKUAI_FILTER_BICUBIC, 20, 30},  {SKUAI_FILTER_LANCZOS, 11, 7},
                 {SKUAI_FILTER_BILINEAR, 64, 64}, {SKUAI_FILTER_BICUBIC, 37, 50},
                 {SKUAI_FILTER_BICUBIC, 9, 29}};
    (void)state;
    size_t total = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        total += cases[i].width * cases[i].height * 3;
    unsigned char *expected = read_bytes("resized.bin", total), *at = expected;
    skuai_picture p = read_picture("plain.png", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        skua_error err = {0};
        size_t n = cases[i].width * cases[i].height * 3;
        unsigned char *pixels = malloc(n);
        assert_ok(skuai_picture_resize(&p, cases[i].width, cases[i].height, cases[i].filter, pixels,
                                       &err),
                  &err);
        assert_memory_equal(pixels, at, n);
        at += n;
        free(pixels);
    }
    skuai_picture_clear(&p);
    free(expected);
}

/* Shrinking keeps the shape and never enlarges. */
static void test_fit(void **state) {
    (void)state;
    skuai_picture small = read_picture("plain.jpg", 16), same = read_picture("plain.jpg", 1000);
    assert_int_equal(small.width, 16);
    assert_in_range(small.height, 12, 13);
    assert_int_equal(small.whole_width, WIDTH);
    assert_int_equal(same.width, WIDTH);
    skuai_picture_clear(&small);
    skuai_picture_clear(&same);
}

static void expect_refused(const char *name, size_t fit, const skuai_picture_limits *limits,
                           skua_status status, const char *words) {
    skuai_picture picture = {0};
    skua_error err = {0};
    skua_status got = skuai_picture_read(decoder, golden(name), fit, limits, &picture, &err);
    if (got != status || !strstr(err.message, words))
        fail_msg("%s: status %d, '%s'; wanted %d, '%s'", name, (int)got, err.message, (int)status,
                 words);
    assert_null(picture.pixels);
}

static void test_refused(void **state) {
    skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    (void)state;
    for (size_t fit = 0; fit <= 256; fit += 256) {
        expect_refused("cut_plain.png", fit, &limits, SKUA_EDATA, "cut short");
        expect_refused("cut_plain.jpg", fit, &limits, SKUA_EDATA, "cut short");
        expect_refused("cut_plain.gif", fit, &limits, SKUA_EDATA, "cut short");
        expect_refused("cut_lossless.webp", fit, &limits, SKUA_EDATA, "cut short");
        expect_refused("huge.png", fit, &limits, SKUA_ELIMIT, "50000 x 50000");
        expect_refused("other.bmp", fit, &limits, SKUA_EDATA, "BMP");
        expect_refused("text.jpg", fit, &limits, SKUA_EDATA, "is no picture");
        expect_refused("empty.png", fit, &limits, SKUA_EDATA, "is empty");
        expect_refused("nowhere.png", fit, &limits, SKUA_ENOTFOUND, "is not there");
        expect_refused("../picture", fit, &limits, SKUA_EDATA, "is no file");
    }
}

static void test_limits(void **state) {
    skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    (void)state;
    limits.bytes = 100;
    expect_refused("plain.png", 0, &limits, SKUA_ELIMIT, "bytes");
    limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    limits.pixels = WIDTH * HEIGHT - 1;
    expect_refused("plain.png", 0, &limits, SKUA_ELIMIT, "37 x 29");
    limits.pixels = WIDTH * HEIGHT;
    limits.seconds = 1e-9;
    expect_refused("plain.png", 0, &limits, SKUA_ELIMIT, "longer");
}

/* -- Descriptors ------------------------------------------------------------------------------ */

static void describe(const skuai_picture *picture, float *vector) {
    skua_error err = {0};
    assert_ok(skuai_picture_describe(picture, vector, &err), &err);
}

static double product(const float *a, const float *b, size_t from, size_t n) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = from; i < from + n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

static void test_descriptors(void **state) {
    static float a[SKUAI_PICTURE_WIDTH], b[SKUAI_PICTURE_WIDTH];
    const size_t texture = SKUAI_PICTURE_SHAPE, colour = texture + SKUAI_PICTURE_TEXTURE,
                 layout = colour + SKUAI_PICTURE_COLOUR;
    (void)state;
    skuai_picture p = read_picture("plain.png", 256);
    describe(&p, a);
    describe(&p, b);
    assert_memory_equal(a, b, sizeof a);
    double squares = 0;
    for (size_t i = 0; i < SKUAI_PICTURE_WIDTH; i++)
        squares += (double)a[i] * (double)a[i];
    assert_close(squares, 1, 1e-5, 0);
    /* red and blue change places: another colour and layout, about the same shape */
    for (size_t i = 0; i < BYTES; i += 3) {
        unsigned char red = p.pixels[i];
        p.pixels[i] = p.pixels[i + 2];
        p.pixels[i + 2] = red;
    }
    describe(&p, b);
    assert_true(product(a, b, colour, SKUAI_PICTURE_COLOUR) < 0.75);
    assert_true(product(a, b, layout, SKUAI_PICTURE_LAYOUT) < 0.9);
    assert_true(product(a, b, 0, SKUAI_PICTURE_SHAPE) >
                product(a, b, colour, SKUAI_PICTURE_COLOUR) + 0.1);
    skuai_picture_clear(&p);
    /* turned by a quarter: another shape, the same colours */
    skuai_picture q = read_picture("plain.png", 256), turned = {.width = HEIGHT,
                                                                .height = WIDTH,
                                                                .whole_width = HEIGHT,
                                                                .whole_height = WIDTH};
    turned.pixels = malloc(BYTES);
    for (size_t y = 0; y < HEIGHT; y++)
        for (size_t x = 0; x < WIDTH; x++)
            memcpy(turned.pixels + (x * HEIGHT + y) * 3, q.pixels + (y * WIDTH + x) * 3, 3);
    describe(&turned, b);
    assert_true(product(a, b, colour, SKUAI_PICTURE_COLOUR) > 0.97);
    assert_true(product(a, b, 0, SKUAI_PICTURE_SHAPE) < 0.8);
    free(turned.pixels);
    skuai_picture_clear(&q);
}

/* Pictures of one colour, and of one pixel, are described by finite numbers. */
static void test_flat(void **state) {
    (void)state;
    for (unsigned value = 0; value < 256; value += 51) {
        unsigned char pixel[3] = {(unsigned char)value, (unsigned char)(255 - value), 7};
        skuai_picture p = {1, 1, pixel, 1, 1};
        float vector[SKUAI_PICTURE_WIDTH];
        describe(&p, vector);
        for (size_t i = 0; i < SKUAI_PICTURE_WIDTH; i++)
            assert_true(isfinite(vector[i]));
    }
}

static int bits_apart(uint64_t a, uint64_t b) {
    int n = 0;
    for (uint64_t x = a ^ b; x; x &= x - 1)
        n++;
    return n;
}

static uint64_t hash_of(const skuai_picture *picture) {
    skua_error err = {0};
    uint64_t hash = 0;
    assert_ok(skuai_picture_hash(picture, &hash, &err), &err);
    return hash;
}

static void test_hash(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_picture p = read_picture("plain.png", 0), jpeg = read_picture("plain.jpg", 0),
                  turned = read_picture("turned.jpg", 0);
    uint64_t hash = hash_of(&p);
    assert_true(bits_apart(hash, hash_of(&jpeg)) <= 2);
    assert_true(bits_apart(hash, hash_of(&turned)) <= 2);
    skuai_picture large = {.width = 111, .height = 87, .whole_width = 111, .whole_height = 87};
    large.pixels = malloc((size_t)111 * 87 * 3);
    assert_ok(skuai_picture_resize(&p, 111, 87, SKUAI_FILTER_BICUBIC, large.pixels, &err), &err);
    assert_true(bits_apart(hash, hash_of(&large)) <= 4);
    for (size_t y = 0; y < HEIGHT / 2; y++) /* upside down: another picture */
        for (size_t x = 0; x < WIDTH * 3; x++) {
            unsigned char *a = &p.pixels[y * WIDTH * 3 + x],
                          *b = &p.pixels[(HEIGHT - 1 - y) * WIDTH * 3 + x], kept = *a;
            *a = *b;
            *b = kept;
        }
    assert_true(bits_apart(hash, hash_of(&p)) > 12);
    free(large.pixels);
    skuai_picture_clear(&p);
    skuai_picture_clear(&jpeg);
    skuai_picture_clear(&turned);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels), cmocka_unit_test(test_resize),
        cmocka_unit_test(test_fit),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_flat),   cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, open_decoder, close_decoder);
}
