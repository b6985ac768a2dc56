/* Errors, sizes, arenas, buffers. */
#include "support/support.h"

#include "core/buffer.h"
#include "core/context.h"

#include <string.h>

static void error_is_cut_at_a_character(void **state) {
    (void)state;
    skua_error err;
    char text[SKUA_ERROR_MESSAGE_SIZE + 64];
    memset(text, 'a', sizeof text);
    memcpy(text + SKUA_ERROR_MESSAGE_SIZE - 3, "\xE8\x8C\xB6", 3); /* one byte too long */
    text[sizeof text - 1] = '\0';
    assert_int_equal(skuai_error_set(&err, SKUA_EDATA, "%s", text), SKUA_EDATA);
    assert_int_equal(err.code, SKUA_EDATA);
    assert_int_equal(strlen(err.message), SKUA_ERROR_MESSAGE_SIZE - 3);
    assert_int_equal(err.message[SKUA_ERROR_MESSAGE_SIZE - 4], 'a');
    assert_int_equal(skuai_error_set(NULL, SKUA_EIO, "x"), SKUA_EIO);
}

static void error_takes_its_own_text(void **state) {
    (void)state;
    skua_error err;
    skuai_error_set(&err, SKUA_EDATA, "row 3");
    assert_int_equal(skuai_error_prefix(&err, SKUA_EDATA, "%s", "sales.csv"), SKUA_EDATA);
    assert_string_equal(err.message, "sales.csv: row 3");
    skuai_error_set(&err, SKUA_EIO, "again: %s", err.message);
    assert_string_equal(err.message, "again: sales.csv: row 3");
}

static void every_status_has_a_sentence(void **state) {
    (void)state;
    assert_string_equal(skua_status_text(SKUA_OK), "success");
    assert_string_equal(skua_status_text(SKUA_ENOMEM), "out of memory");
    assert_string_equal(skua_status_text((skua_status)1234), "unknown status");
    assert_string_equal(skua_version(), SKUA_VERSION_TEXT);
}

static void sizes_do_not_overflow(void **state) {
    (void)state;
    size_t product = 7;
    assert_true(skuai_size_mul(3, 5, &product));
    assert_int_equal(product, 15);
    assert_false(skuai_size_mul(SIZE_MAX / 2, 3, &product));
    assert_null(skuai_new(SIZE_MAX, 2));
    void *none = skuai_new(0, 8);
    assert_non_null(none);
    skuai_free(none);
}

static void arena_keeps_and_gives_back(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(256);
    unsigned char *a = skuai_arena_take(arena, 10, 1);
    memset(a, 1, 10);
    assert_int_equal((uintptr_t)a % 64, 0);
    skuai_arena_mark mark = skuai_arena_mark_get(arena);
    unsigned char *b = skuai_arena_take_zero(arena, 1000, 1); /* larger than a block */
    for (int i = 0; i < 1000; i++)
        assert_int_equal(b[i], 0);
    memset(b, 2, 1000);
    for (int i = 0; i < 10; i++)
        assert_int_equal(a[i], 1);
    skuai_arena_reset(arena, mark);
    unsigned char *c = skuai_arena_take_zero(arena, 1000, 1);
    assert_ptr_equal(b, c); /* the memory came back */
    assert_int_equal(c[999], 0);
    assert_null(skuai_arena_take(arena, SIZE_MAX, 2));
    skuai_arena_clear(arena);
    assert_ptr_equal(skuai_arena_take(arena, 1, 1), a);
    skuai_arena_free(arena);
    skuai_arena_free(NULL);
}

/* Many takes and resets of random sizes: no block is handed out twice at a time. */
static void arena_blocks_do_not_overlap(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(512);
    uint64_t x = 88172645463325252u;
    for (int round = 0; round < 50; round++) {
        unsigned char *blocks[40];
        size_t sizes[40];
        for (int i = 0; i < 40; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            sizes[i] = x % 700;
            blocks[i] = skuai_arena_take(arena, sizes[i], 1);
            memset(blocks[i], i, sizes[i]);
        }
        for (int i = 0; i < 40; i++)
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(blocks[i][j], i);
        skuai_arena_clear(arena);
    }
    skuai_arena_free(arena);
}

static void buffer_keeps_its_limit(void **state) {
    (void)state;
    skuai_buffer buffer;
    skua_error err;
    char *text = NULL;
    skuai_buffer_init(&buffer, 8);
    assert_int_equal(skuai_buffer_text(&buffer, "abc"), SKUA_OK);
    assert_int_equal(skuai_buffer_format(&buffer, "%d", 12345), SKUA_OK);
    assert_string_equal(skuai_buffer_view(&buffer), "abc12345");
    assert_int_equal(skuai_buffer_text(&buffer, "x"), SKUA_ELIMIT);
    assert_int_equal(skuai_buffer_text(&buffer, ""), SKUA_ELIMIT); /* sticky */
    assert_int_equal(skuai_buffer_take(&buffer, &text, &err), SKUA_ELIMIT);
    assert_null(text);
    skuai_buffer_init(&buffer, 1 << 20);
    char long_text[1000];
    memset(long_text, 'z', sizeof long_text);
    long_text[999] = '\0';
    assert_int_equal(skuai_buffer_format(&buffer, "<%s>", long_text), SKUA_OK);
    assert_int_equal(buffer.size, 1001);
    assert_int_equal(skuai_buffer_take(&buffer, &text, &err), SKUA_OK);
    assert_int_equal(strlen(text), 1001);
    skuai_free(text);
    assert_int_equal(skuai_buffer_take(&buffer, &text, &err), SKUA_OK);
    assert_string_equal(text, "");
    skuai_free(text);
}

static void quota_of_a_container(void **state) {
    (void)state;
    assert_int_equal(skuai_quota_processors("200000 100000\n"), 2);
    assert_int_equal(skuai_quota_processors("150000 100000\n"), 2);
    assert_int_equal(skuai_quota_processors("50000 100000\n"), 1);
    assert_int_equal(skuai_quota_processors("max 100000\n"), 0);
    assert_int_equal(skuai_quota_processors("100000"), 0);
    assert_int_equal(skuai_quota_processors(""), 0);
    assert_int_equal(skuai_quota_processors("-5 100000"), 0);
    assert_true(skuai_processors() >= 1);
    assert_int_equal(skuai_context_threads(NULL), skuai_processors());
    skuai_context three = {.threads = 3};
    assert_int_equal(skuai_context_threads(&three), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_is_cut_at_a_character),
        cmocka_unit_test(error_takes_its_own_text),
        cmocka_unit_test(every_status_has_a_sentence),
        cmocka_unit_test(sizes_do_not_overflow),
        cmocka_unit_test(arena_keeps_and_gives_back),
        cmocka_unit_test(arena_blocks_do_not_overlap),
        cmocka_unit_test(buffer_keeps_its_limit),
        cmocka_unit_test(quota_of_a_container),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
