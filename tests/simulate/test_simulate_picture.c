/* Pictures of the simulated shop, read back as PNG, and the numbers of its files. */
#include "support/support.h"

#include "core/period.h"
#include "simulate/simulate_catalogue.h"
#include "simulate/simulate_picture.h"
#include "simulate/simulate_text.h"

#include <string.h>

/* -- Pictures: read back with a checksum of another make ------------------------------------------
 */

static uint32_t crc_bitwise(const unsigned char *bytes, size_t n) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

static uint32_t big(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void read_png(const unsigned char *png, size_t size, unsigned char *pixels) {
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    size_t at = 8, rows = 0;
    while (at + 12 <= size) {
        uint32_t length = big(png + at);
        const unsigned char *data = png + at + 8;
        assert_true(at + 12 + length <= size);
        assert_int_equal(big(data + length), crc_bitwise(png + at + 4, length + 4));
        if (memcmp(png + at + 4, "IHDR", 4) == 0) {
            assert_int_equal(big(data), 64);
            assert_int_equal(big(data + 4), 64);
        }
        if (memcmp(png + at + 4, "IDAT", 4) == 0) {
            assert_int_equal((data[0] * 256 + data[1]) % 31, 0); /* zlib header */
            uint32_t a = 1, b = 0;
            size_t p = 2;
            for (bool last = false; !last; rows++) {
                last = data[p] == 1;
                size_t n = data[p + 1] + 256u * data[p + 2];
                assert_int_equal(n ^ (data[p + 3] + 256u * data[p + 4]), 0xffff);
                assert_int_equal(n, 193);
                assert_int_equal(data[p + 5], 0);
                for (size_t i = 0; i < n; i++) {
                    a = (a + data[p + 5 + i]) % 65521;
                    b = (b + a) % 65521;
                }
                memcpy(pixels + rows * 192, data + p + 6, 192);
                p += 5 + n;
            }
            assert_int_equal(big(data + p), b << 16 | a);
            assert_int_equal(p + 4, length);
        }
        at += 12 + length;
    }
    assert_int_equal(at, size);
    assert_int_equal(rows, 64);
}

static void pictures_look_as_stated(void **state) {
    (void)state;
    static unsigned char pixels[64 * 64 * 3], drawn[64 * 64 * 3];
    for (int colour = 0; colour < SKUAI_COLOURS; colour++)
        for (int pattern = 0; pattern < SKUAI_PATTERNS; pattern++) {
            skuai_random random;
            skuai_random_init(&random, (uint64_t)colour);
            skuai_picture_draw(colour * 3, colour, pattern, &random, drawn);
            skuai_buffer png;
            skuai_buffer_init(&png, SIZE_MAX);
            assert_int_equal(skuai_picture_png(drawn, 64, 64, &png), SKUA_OK);
            read_png((const unsigned char *)png.data, png.size, pixels);
            assert_memory_equal(pixels, drawn, sizeof pixels);
            skuai_buffer_clear(&png);
            /* around the middle: light and dark of one colour; plain has one of them */
            const skuai_look *look = &skuai_colours[colour];
            int light = 0, dark = 0;
            for (int y = 26; y < 38; y++)
                for (int x = 26; x < 38; x++) {
                    const unsigned char *p = pixels + 3 * (y * 64 + x);
                    double shade =
                        (p[0] + p[1] + p[2] + 3.0) / (look->red + look->green + look->blue);
                    *(shade > 0.8 ? &light : &dark) += 1;
                    assert_close(p[0], look->red * shade, 0, 8);
                    assert_close(p[2], look->blue * shade, 0, 8);
                }
            assert_true(light > 20);
            if (pattern == 0)
                assert_int_equal(dark, 0);
            else
                assert_true(dark > 20);
        }
}

/* -- Numbers ------------------------------------------------------------------------------------
 */

static void check_text(char *start, char *end, const char *want) {
    *end = '\0';
    assert_string_equal(start, want);
}

static void numbers_are_written_right(void **state) {
    (void)state;
    char t[64];
    check_text(t, skuai_put_unsigned(t, 0), "0");
    check_text(t, skuai_put_unsigned(t, UINT64_MAX), "18446744073709551615");
    check_text(t, skuai_put_padded(t, 42, 5), "00042");
    check_text(t, skuai_put_padded(t, 123456, 5), "123456");
    check_text(t, skuai_put_padded(t, 0, 3), "000");
    check_text(t, skuai_put_scaled(t, 1205, 2, false), "12.05");
    check_text(t, skuai_put_scaled(t, -1200, 2, false), "-12.00");
    check_text(t, skuai_put_scaled(t, -3, 0, false), "-3");
    check_text(t, skuai_put_number(t, 0.05, 3), "0.05");
    check_text(t, skuai_put_number(t, 1, 3), "1");
    check_text(t, skuai_put_number(t, -2.0005, 4), "-2.0005");
    check_text(t, skuai_put_number(t, 0.99996, 4), "1");
    check_text(t, skuai_put_date(t, skuai_day_from_date(2024, 2, 29)), "2024-02-29");
    check_text(t, skuai_put_instant(t, skuai_day_from_date(1999, 12, 31), 86399, -210),
               "1999-12-31T23:59:59-03:30");
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, 100);
    assert_int_equal(skuai_buffer_field(&buffer, "a \"b\", c"), SKUA_OK);
    assert_string_equal(skuai_buffer_view(&buffer), "\"a \"\"b\"\", c\"");
    skuai_buffer_clear(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_look_as_stated),
        cmocka_unit_test(numbers_are_written_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
