/* support.h -- what the tests share: cmocka in the order it wants, comparisons that NaN fails, the
 * places of source, data and program. */
#ifndef SKUA_TEST_SUPPORT_H
#define SKUA_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <skua.h>

/* a and b agree: |a - b| <= absolute + relative * |b|. NaN fails, infinities only when equal. */
bool test_close(double a, double b, double relative, double absolute);

/* Fail, printing both values, unless they agree. */
#define assert_close(a, b, relative, absolute)                                                     \
    test_close_or_fail((a), (b), (relative), (absolute), #a, __FILE__, __LINE__)
void test_close_or_fail(double a, double b, double relative, double absolute, const char *text,
                        const char *file, int line);

/* Fail, printing index and values, unless n > 0 and all of a[i], b[i] agree. */
#define assert_close_array(a, b, n, relative, absolute)                                            \
    test_close_array_or_fail((a), (b), (n), (relative), (absolute), #a, __FILE__, __LINE__)
void test_close_array_or_fail(const double *a, const double *b, size_t n, double relative,
                              double absolute, const char *text, const char *file, int line);

/* Fail with err's message unless status is SKUA_OK. */
#define assert_ok(status, err) test_ok_or_fail((status), (err), __FILE__, __LINE__)
void test_ok_or_fail(skua_status status, const skua_error *err, const char *file, int line);

/* A path of the repository: test_source("tests/golden/x.csv", buffer, sizeof buffer). */
const char *test_source(const char *relative, char *path, size_t size);
/* A path of the real data ($SKUA_DATA, else ../shared/data beside the repository); NULL, after a
 * line that says so, when it is not there: the test should then call skip(). */
const char *test_data(const char *relative, char *path, size_t size);
/* A new empty folder, removed with all in it by test_folder_remove. */
void test_folder_new(char *path, size_t size);
void test_folder_remove(const char *path);

#endif
