/* flock belongs to the open file, so two stores of one process exclude each other too, which the
 * record locks that DuckDB takes would not do. */
#define _DEFAULT_SOURCE
#include "store/store_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

bool skuai_lock_pause(double deadline) {
    double left = deadline - skuai_clock();
    if (!(left > 0)) return false;
    double nap = left < 0.05 ? left : 0.05;
    struct timespec time = {.tv_sec = 0, .tv_nsec = (long)(nap * 1e9)};
    (void)nanosleep(&time, NULL);
    return true;
}

/* "PID 123 (skua train shop)" of this process. */
static void describe_self(char *text, size_t size) {
    char command[160];
    size_t n = 0;
    FILE *file = fopen("/proc/self/cmdline", "rb");
    if (file) {
        n = fread(command, 1, sizeof command - 1, file);
        (void)fclose(file);
    }
    while (n > 0 && command[n - 1] == '\0')
        n--;
    command[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)command[i] < 0x20) command[i] = ' ';
    if (n)
        (void)snprintf(text, size, "process %ld (%s)", (long)getpid(), command);
    else
        (void)snprintf(text, size, "process %ld", (long)getpid());
}

enum { HOLDER_SIZE = 256 }; /* the whole file: one write, so that no reader meets half a name */

/* Who took the lock a moment ago may not have written its name yet. */
static void describe_holder(int lock, char text[HOLDER_SIZE]) {
    double deadline = skuai_clock() + 1;
    ssize_t n = 0;
    do
        n = pread(lock, text, HOLDER_SIZE - 1, 0);
    while (n <= 0 && skuai_lock_pause(deadline));
    text[n > 0 ? (size_t)n : 0] = '\0'; /* what follows the name is zeros */
    if (n <= 0) (void)snprintf(text, HOLDER_SIZE, "another process");
}

skua_status skuai_lock_take(const char *folder, const skuai_store_open_options *options, int *lock,
                            skua_error *err) {
    bool write = options->mode == SKUAI_STORE_WRITE;
    char *path = skuai_store_path(folder, "lock");
    if (!path) return skuai_error_memory(err, "a path");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0 && !write) file = open(path, O_RDONLY | O_CLOEXEC);
    int why = errno;
    skuai_free(path);
    if (file < 0 && !write && (why == EROFS || why == EACCES || why == ENOENT)) {
        *lock = -1; /* nobody can write into such a folder either */
        return SKUA_OK;
    }
    if (file < 0)
        return skuai_error_set(err, SKUA_EIO, "%s: cannot be written: %s", folder, strerror(why));
    double deadline = skuai_clock() + options->wait_seconds;
    while (flock(file, (write ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        skua_status status = SKUA_OK;
        char holder[HOLDER_SIZE];
        if (errno != EWOULDBLOCK && errno != EINTR)
            status =
                skuai_error_set(err, SKUA_EIO, "%s: cannot be locked: %s", folder, strerror(errno));
        else
            status = skuai_context_check(options->context, err);
        if (status == SKUA_OK && !skuai_lock_pause(deadline)) {
            describe_holder(file, holder);
            status = skuai_error_set(err, SKUA_EBUSY,
                                     "%s is in use by %s; waited %.3g s (--wait waits longer)",
                                     folder, holder, options->wait_seconds);
        }
        if (status != SKUA_OK) {
            (void)close(file);
            return status;
        }
    }
    char self[HOLDER_SIZE] = {0};
    describe_self(self, sizeof self);
    if (pwrite(file, self, sizeof self, 0) != (ssize_t)sizeof self)
        (void)ftruncate(file, 0); /* only who holds it would be unknown */
    *lock = file;
    return SKUA_OK;
}

void skuai_lock_release(int lock) {
    if (lock < 0) return;
    char self[HOLDER_SIZE] = {0};
    char holder[HOLDER_SIZE] = {0};
    describe_self(self, sizeof self);
    /* other readers may hold it too: their name stays */
    if (pread(lock, holder, sizeof holder, 0) > 0 && memcmp(self, holder, sizeof self) == 0)
        (void)ftruncate(lock, 0);
    (void)close(lock); /* ends the flock too */
}
