#define _XOPEN_SOURCE 700
#include "support/support.h"

#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool test_close(double a, double b, double relative, double absolute) {
    if (isinf(a) || isinf(b)) return a == b;
    return fabs(a - b) <= absolute + relative * fabs(b); /* false for NaN */
}

void test_close_or_fail(double a, double b, double relative, double absolute, const char *text,
                        const char *file, int line) {
    if (test_close(a, b, relative, absolute)) return;
    print_error("%s = %.17g, expected %.17g\n", text, a, b);
    _fail(file, line);
}

void test_close_array_or_fail(const double *a, const double *b, size_t n, double relative,
                              double absolute, const char *text, const char *file, int line) {
    if (n == 0) {
        print_error("%s: nothing was compared\n", text);
        _fail(file, line);
    }
    for (size_t i = 0; i < n; i++)
        if (!test_close(a[i], b[i], relative, absolute)) {
            print_error("%s[%zu] = %.17g, expected %.17g\n", text, i, a[i], b[i]);
            _fail(file, line);
        }
}

void test_ok_or_fail(skua_status status, const skua_error *err, const char *file, int line) {
    if (status == SKUA_OK) return;
    print_error("status %d (%s): %s\n", (int)status, skua_status_text(status),
                err ? err->message : "");
    _fail(file, line);
}

const char *test_source(const char *relative, char *path, size_t size) {
    (void)snprintf(path, size, "%s/%s", SKUA_TEST_SOURCE, relative);
    return path;
}

const char *test_data(const char *relative, char *path, size_t size) {
    const char *root = getenv("SKUA_DATA");
    if (root)
        (void)snprintf(path, size, "%s/%s", root, relative);
    else
        (void)snprintf(path, size, "%s/../shared/data/%s", SKUA_TEST_SOURCE, relative);
    if (access(path, R_OK) == 0) return path;
    print_message("skipped: %s is not there (set SKUA_DATA)\n", path);
    return NULL;
}

void test_folder_new(char *path, size_t size) {
    const char *root = getenv("TMPDIR");
    (void)snprintf(path, size, "%s/skua-test-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(path)) fail_msg("no folder %s", path);
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk) {
    (void)status, (void)walk;
    if (flag == FTW_DNR) (void)chmod(path, 0700);
    return remove(path);
}

void test_folder_remove(const char *path) {
    (void)nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
}
