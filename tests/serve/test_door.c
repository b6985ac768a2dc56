/* Tokens, rates, languages, problems, uploads: what stands at the door. */
#include "serve/detail.h"
#include "serve/limiter.h"
#include "serve/problem.h"
#include "serve/upload.h"
#include "support/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static void test_tokens(void **state) {
    (void)state;
    assert_true(skuai_token_equal("abc", "abc"));
    assert_false(skuai_token_equal("abc", "abd"));
    assert_false(skuai_token_equal("abcabc", "abc"));
    assert_false(skuai_token_equal("", "abc"));
    assert_false(skuai_token_equal("ab", "abc"));
    assert_int_equal(skuai_token_access(NULL, "", ""), SKUAI_ACCESS_WRITE);
    assert_int_equal(skuai_token_access(NULL, "r", "w"), SKUAI_ACCESS_NONE);
    assert_int_equal(skuai_token_access("Bearer r", "r", "w"), SKUAI_ACCESS_READ);
    assert_int_equal(skuai_token_access("bearer w", "r", "w"), SKUAI_ACCESS_WRITE);
    assert_int_equal(skuai_token_access("Bearer ", "r", ""), SKUAI_ACCESS_NONE);
    assert_int_equal(skuai_token_access("Bearer ", "", "w"), SKUAI_ACCESS_NONE);
    assert_int_equal(skuai_token_access("Basic r", "r", "w"), SKUAI_ACCESS_NONE);
    assert_int_equal(skuai_token_access("Bearer r", "r", ""), SKUAI_ACCESS_READ);
}

static void test_rate(void **state) {
    (void)state;
    skua_error err;
    skuai_limiter *limiter = malloc(sizeof *limiter);
    struct sockaddr_in a = {.sin_family = AF_INET}, b = {.sin_family = AF_INET};
    assert_non_null(limiter);
    assert_int_equal(inet_pton(AF_INET, "10.0.0.1", &a.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET, "10.0.0.2", &b.sin_addr), 1);
    assert_ok(skuai_limiter_init(limiter, 10, &err), &err);
    int taken = 0;
    for (int i = 0; i < 100; i++)
        taken += skuai_limiter_take(limiter, (struct sockaddr *)&a, 1, 1000);
    assert_int_equal(taken, 20); /* a burst of two seconds */
    a.sin_port = 77;             /* another connection of the same client */
    assert_false(skuai_limiter_take(limiter, (struct sockaddr *)&a, 1, 1000));
    assert_true(skuai_limiter_take(limiter, (struct sockaddr *)&b, 1, 1000));
    taken = 0;
    for (int i = 0; i < 1000; i++) /* ten seconds at a hundred a second: ten a second pass */
        taken += skuai_limiter_take(limiter, (struct sockaddr *)&a, 1, 1000 + 0.01 * i);
    assert_true(taken >= 98 && taken <= 101);
    skuai_limiter_clear(limiter);
    assert_ok(skuai_limiter_init(limiter, 0, &err), &err);
    for (int i = 0; i < 1000; i++)
        assert_true(skuai_limiter_take(limiter, (struct sockaddr *)&a, 1, 1000));
    skuai_limiter_clear(limiter);
    free(limiter);
}

static void test_language(void **state) {
    (void)state;
    assert_int_equal(skuai_language_choose(NULL), SKUAI_ENGLISH);
    assert_int_equal(skuai_language_choose("zh-CN,zh;q=0.9,en;q=0.8"), SKUAI_CHINESE);
    assert_int_equal(skuai_language_choose("en-GB,en;q=0.9,zh;q=0.5"), SKUAI_ENGLISH);
    assert_int_equal(skuai_language_choose("en;q=0.3, zh;q=0.7"), SKUAI_CHINESE);
    assert_int_equal(skuai_language_choose("de, fr;q=0.5"), SKUAI_ENGLISH);
    assert_int_equal(skuai_language_choose(",,;;q=,zh;q=x"), SKUAI_ENGLISH);
}

/* Every problem speaks both languages and has a status of its kind. */
static void test_problems(void **state) {
    (void)state;
    for (int p = 0; p < SKUAI_PROBLEMS; p++)
        for (int l = 0; l < SKUAI_LANGUAGES; l++) {
            skuai_buffer buffer;
            skuai_json_writer w;
            skuai_json *json = NULL;
            skua_error err;
            skuai_buffer_init(&buffer, 1 << 16);
            skuai_json_begin(&w, &buffer);
            skuai_problem_write(&w, (skuai_problem)p, (skuai_language)l, "here", "<b>detail</b>");
            assert_ok(skuai_json_parse(buffer.data, buffer.size, &json, &err), &err);
            assert_string_equal(skuai_json_as_text(skuai_json_get(json, "code"), ""),
                                skuai_problem_name((skuai_problem)p));
            const char *message = skuai_json_as_text(skuai_json_get(json, "message"), "");
            const char *remedy = skuai_json_as_text(skuai_json_get(json, "remedy"), "");
            assert_true(strlen(message) > strlen("<b>detail</b>") && strlen(remedy) > 0);
            assert_string_equal(skuai_json_as_text(skuai_json_get(json, "where"), ""), "here");
            assert_int_equal(strstr(message, "<b>detail</b>") != NULL, l == SKUAI_ENGLISH);
            assert_string_equal(skuai_json_as_text(skuai_json_get(json, "detail"), ""),
                                l == SKUAI_ENGLISH ? "" : "<b>detail</b>");
            bool chinese = false; /* characters from U+4E00 on begin with these bytes */
            for (const char *c = message; *c; c++)
                chinese = chinese || ((unsigned char)*c >= 0xE4 && (unsigned char)*c <= 0xE9);
            assert_int_equal(chinese, l == SKUAI_CHINESE);
            skuai_json_free(json);
            skuai_buffer_clear(&buffer);
            unsigned status = skuai_problem_status((skuai_problem)p);
            assert_true(status >= 400 && status < 600);
        }
}

static void expect_chinese(const char *english, const char *chinese) {
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, 1 << 12);
    assert_int_equal(skuai_detail_chinese(english, &buffer), chinese != NULL);
    assert_string_equal(skuai_buffer_view(&buffer), chinese ? chinese : "");
    skuai_buffer_clear(&buffer);
}

/* What the engine says, in Chinese: names and numbers stay, whatever they hold. */
static void test_details(void **state) {
    (void)state;
    expect_chinese("limit: need a whole number from 1 to 1000", "limit：须为 1 到 1000 的整数。");
    expect_chinese("'a' is no member' is no member of this body",
                   "正文不接受成员“a' is no member”。");
    expect_chinese("'$9 * %s' is no member of this body", "正文不接受成员“$9 * %s”。");
    expect_chinese("line 1, column 2: '}' expected: near 'x'",
                   "JSON 第 1 行第 2 列有误（'}' expected: near 'x'）。");
    expect_chinese("no upload ''", "没有上传“”。");
    expect_chinese("no upload 'abc", NULL);
    expect_chinese("limit: need a whole number from 1", NULL);
    expect_chinese("", NULL);
    expect_chinese("the database was locked", NULL);
}

static void test_uploads(void **state) {
    char folder[256], id[UPLOAD_ID_SIZE], path[UPLOAD_PATH_MOST];
    skua_error err;
    int64_t received = -1;
    skuai_upload_chunk chunk = {0}, other = {0};
    (void)state;
    test_folder_new(folder, sizeof folder);
    static const char *const wrong[] = {"", "..", "/", "a/", "...", "x?"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(skuai_upload_new(folder, wrong[i], id, NULL), SKUA_EINVAL);
    assert_ok(skuai_upload_new(folder, "../../etc/pass wd\"<.csv", id, &err), &err);
    assert_ok(skuai_upload_find(folder, id, path, sizeof path, &received, &err), &err);
    assert_int_equal(received, 0);
    assert_string_equal(strrchr(path, '/'), "/pass_wd__.csv");
    assert_int_equal(strncmp(path, folder, strlen(folder)), 0);
    assert_null(strstr(path, ".."));

    assert_ok(skuai_upload_chunk_begin(folder, id, 0, 10, &chunk, &err), &err);
    assert_int_equal(skuai_upload_chunk_begin(folder, id, 0, 10, &other, &err), SKUA_EEXIST);
    assert_ok(skuai_upload_chunk_add(&chunk, "12345", 5, &err), &err);
    skuai_upload_chunk_end(&chunk, true);
    assert_int_equal(skuai_upload_chunk_begin(folder, id, 3, 10, &chunk, &err), SKUA_EEXIST);
    assert_non_null(strstr(err.message, "5 bytes"));
    /* half a part leaves nothing */
    assert_ok(skuai_upload_chunk_begin(folder, id, 5, 10, &chunk, &err), &err);
    assert_ok(skuai_upload_chunk_add(&chunk, "67", 2, &err), &err);
    skuai_upload_chunk_end(&chunk, false);
    assert_ok(skuai_upload_find(folder, id, path, sizeof path, &received, &err), &err);
    assert_int_equal(received, 5);
    /* not past the limit of the upload */
    assert_ok(skuai_upload_chunk_begin(folder, id, 5, 10, &chunk, &err), &err);
    assert_int_equal(skuai_upload_chunk_add(&chunk, "678901", 6, &err), SKUA_ELIMIT);
    skuai_upload_chunk_end(&chunk, false);

    skuai_upload_sweep(folder); /* young ones stay */
    assert_ok(skuai_upload_find(folder, id, path, sizeof path, &received, &err), &err);
    skuai_upload_remove(folder, id);
    assert_int_equal(skuai_upload_find(folder, id, path, sizeof path, &received, NULL),
                     SKUA_ENOTFOUND);
    assert_int_equal(skuai_upload_find(folder, "../uploads", path, sizeof path, &received, NULL),
                     SKUA_ENOTFOUND);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),   cmocka_unit_test(test_rate),
        cmocka_unit_test(test_language), cmocka_unit_test(test_problems),
        cmocka_unit_test(test_details),  cmocka_unit_test(test_uploads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
