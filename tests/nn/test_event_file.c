/* Event files: TensorBoard's own writer is matched byte for byte (its reader made points.csv). */
#include "support/support.h"

#include "core/file.h"
#include "nn/event_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void test_crc(void **state) {
    (void)state;
    /* the check value of CRC-32C, and the vectors of RFC 3720 B.4: 32 bytes 0, 32 bytes 0xFF */
    unsigned char bytes[32] = {0};
    assert_int_equal(skuai_crc32c("123456789", 9), 0xE3069283U);
    assert_int_equal(skuai_crc32c(bytes, 32), 0x8A9136AAU);
    memset(bytes, 255, sizeof bytes);
    assert_int_equal(skuai_crc32c(bytes, 32), 0x62A8AB43U);
    assert_int_equal(skuai_crc32c("", 0), 0);
}

/* The points of points.csv at the golden file's times. */
static void write_golden(skuai_event_file *events) {
    char path[1024], line[256];
    FILE *f = fopen(test_source("tests/golden/event_file/points.csv", path, sizeof path), "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    size_t n = 0;
    for (; fgets(line, sizeof line, f); n++) {
        char *step = strchr(line, ',');
        assert_non_null(step);
        *step++ = '\0';
        char *value = strchr(step, ',');
        assert_non_null(value);
        skuai_event_file_scalar(events, line, strtoll(step, NULL, 10), strtod(value + 1, NULL),
                                1700000001.5 + (double)n);
    }
    (void)fclose(f);
    assert_int_equal(n, 7);
}

static void test_golden(void **state) {
    (void)state;
    char folder[256], inside[512], golden[1024];
    skua_error err;
    skuai_event_file *events;
    skuai_buffer mine, theirs;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(inside, sizeof inside, "%s/runs/1", folder); /* is made */
    assert_ok(skuai_event_file_open(inside, 1700000000.25, &events, &err), &err);
    write_golden(events);
    (void)snprintf(inside, sizeof inside, "%s/runs/1/events.out.tfevents.1700000000.skua", folder);
    assert_string_equal(skuai_event_file_path(events), inside);
    /* what was written is there before the file is closed */
    assert_ok(skuai_file_read(inside, 1 << 20, &mine, &err), &err);
    test_source("tests/golden/event_file/events.out.tfevents.1700000000.golden", golden,
                sizeof golden);
    assert_ok(skuai_file_read(golden, 1 << 20, &theirs, &err), &err);
    assert_int_equal(mine.size, theirs.size);
    assert_memory_equal(mine.data, theirs.data, theirs.size);
    skuai_buffer_clear(&mine), skuai_buffer_clear(&theirs);
    assert_ok(skuai_event_file_close(events, &err), &err);
    test_folder_remove(folder);
}

/* A second file of the same second stands beside the first; a very long tag is cut. */
static void test_names(void **state) {
    (void)state;
    char folder[256], tag[3000];
    skua_error err;
    skuai_event_file *first, *second;
    struct stat about;
    test_folder_new(folder, sizeof folder);
    assert_ok(skuai_event_file_open(folder, 12, &first, &err), &err);
    assert_ok(skuai_event_file_open(folder, 12, &second, &err), &err);
    assert_string_not_equal(skuai_event_file_path(first), skuai_event_file_path(second));
    memset(tag, 'x', sizeof tag - 1);
    tag[sizeof tag - 1] = '\0';
    skuai_event_file_scalar(first, tag, 1, 1, 13);
    assert_int_equal(stat(skuai_event_file_path(first), &about), 0);
    assert_int_equal(about.st_size, 2 * 16 + 24 + 1000 + 25);
    assert_ok(skuai_event_file_close(first, &err), &err);
    assert_ok(skuai_event_file_close(second, &err), &err);
    assert_ok(skuai_event_file_close(NULL, &err), &err);
    test_folder_remove(folder);
}

static void test_bad(void **state) {
    (void)state;
    skua_error err;
    skuai_event_file *events = NULL;
    char folder[256], path[512];
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/file", folder);
    assert_ok(skuai_file_write(path, "x", 1, &err), &err);
    assert_int_equal(skuai_event_file_open(path, 1, &events, &err), SKUA_EIO);
    assert_null(events);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_crc), cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_names), cmocka_unit_test(test_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
