#include "core/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

skua_status skuai_file_write(const char *path, const char *bytes, size_t n, skua_error *err) {
    char beside[4096];
    int length = snprintf(beside, sizeof beside, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside)
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", path);
    FILE *file = fopen(beside, "wb");
    if (!file) return skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(errno));
    bool good = fwrite(bytes, 1, n, file) == n;
    good = fflush(file) == 0 && good;
    good = fsync(fileno(file)) == 0 && good;
    int reason = errno;
    good = fclose(file) == 0 && good;
    if (good && rename(beside, path) == 0) return SKUA_OK;
    if (good) reason = errno;
    (void)unlink(beside);
    return skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(reason));
}

skua_status skuai_file_read(const char *path, size_t limit, skuai_buffer *buffer, skua_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return skuai_error_set(err, errno == ENOENT ? SKUA_ENOTFOUND : SKUA_EIO, "%s: %s", path,
                               strerror(errno));
    skuai_buffer_init(buffer, limit);
    char block[65536];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        if (skuai_buffer_add(buffer, block, n) != SKUA_OK) break;
    bool bad = ferror(file) != 0;
    (void)fclose(file);
    skua_status status = bad ? skuai_error_set(err, SKUA_EIO, "%s: cannot be read", path)
                             : skuai_buffer_check(buffer, err);
    if (status != SKUA_OK) skuai_buffer_clear(buffer);
    return status;
}

skua_status skuai_folder_make(const char *path, skua_error *err) {
    char part[4096];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return skuai_error_set(err, SKUA_EIO, "'%.200s' is no path for a folder", path);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return skuai_error_set(err, SKUA_EIO, "%s: %s", part, strerror(errno));
    }
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return skuai_error_set(err, SKUA_EIO, "%s is no folder", path);
    return SKUA_OK;
}

char *skuai_glob_pattern(const char *folder, const char *name) {
    skuai_buffer text;
    char *pattern = NULL;
    skuai_buffer_init(&text, 1 << 16);
    for (const char *p = folder; *p; p++) {
        if (strchr("*?[\\", *p)) (void)skuai_buffer_text(&text, "\\");
        (void)skuai_buffer_add(&text, p, 1);
    }
    (void)skuai_buffer_format(&text, "/%s", name);
    skua_status status = skuai_buffer_take(&text, &pattern, NULL);
    return status == SKUA_OK ? pattern : NULL;
}
