#include "serve/upload.h"

#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ID_BYTES = 12, NAME_MOST = 100 };

/* -- Names ------------------------------------------------------------------------------------- */

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits and ".-_" of the last part of a name; others become "_". */
static bool clean_name(const char *name, char *cleaned, size_t size) {
    enum { GIVEN_MOST = 900 };
    size_t given = strlen(name);
    if (given == 0 || given > GIVEN_MOST || !is_plain(name[given - 1])) return false;
    const char *slash = strrchr(name, '/'), *back = strrchr(name, '\\');
    size_t n = 0;
    if (slash) name = slash + 1;
    if (back && back >= name) name = back + 1;
    while (*name == '.')
        name++;
    size_t length = strlen(name);
    if (length >= size) name += length - size + 1; /* the end tells the format */
    while (*name == '.')
        name++;
    for (; *name && n + 1 < size; name++) {
        bool plain = is_plain(*name) || *name == '.' || *name == '-' || *name == '_';
        cleaned[n++] = (char)(plain ? *name : '_');
    }
    cleaned[n] = '\0';
    return n > 0;
}

static bool is_id(const char *id) {
    return strlen(id) == UPLOAD_ID_SIZE - 1 && strspn(id, "0123456789abcdef") == UPLOAD_ID_SIZE - 1;
}

static bool make_id(char *id) {
    unsigned char bytes[ID_BYTES];
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool good = file >= 0 && read(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes;
    if (file >= 0) (void)close(file);
    for (size_t i = 0; good && i < sizeof bytes; i++)
        (void)snprintf(id + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    return good;
}

skua_status skuai_upload_new(const char *folder, const char *name, char *id, skua_error *err) {
    char cleaned[NAME_MOST], path[UPLOAD_PATH_MOST];
    if (!clean_name(name, cleaned, sizeof cleaned))
        return skuai_error_set(
            err, SKUA_EINVAL,
            "name: need a file's name that ends in a letter or digit, as sales.csv");
    if (!make_id(id)) return skuai_error_set(err, SKUA_EIO, "no random numbers to be had");
    (void)snprintf(path, sizeof path, "%s/uploads/%s", folder, id);
    SKUA_TRY(skuai_folder_make(path, err));
    (void)snprintf(path, sizeof path, "%s/uploads/%s/%s", folder, id, cleaned);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return skuai_error_set(err, SKUA_EIO, "an upload cannot be written: %s", strerror(errno));
    (void)close(file);
    return SKUA_OK;
}

/* -- Finding ----------------------------------------------------------------------------------- */

skua_status skuai_upload_find(const char *folder, const char *id, char *path, size_t size,
                              int64_t *received, skua_error *err) {
    char place[UPLOAD_PATH_MOST];
    struct stat info;
    bool found = false;
    if (!is_id(id)) return skuai_error_set(err, SKUA_ENOTFOUND, "no upload '%.40s'", id);
    (void)snprintf(place, sizeof place, "%s/uploads/%s", folder, id);
    DIR *entries = opendir(place);
    for (struct dirent *e; entries && !found && (e = readdir(entries));) {
        if (e->d_name[0] == '.') continue;
        int n = snprintf(path, size, "%s/%s", place, e->d_name);
        found = n > 0 && (size_t)n < size && stat(path, &info) == 0 && S_ISREG(info.st_mode);
    }
    if (entries) (void)closedir(entries);
    if (!found) return skuai_error_set(err, SKUA_ENOTFOUND, "no upload '%.40s'", id);
    *received = (int64_t)info.st_size;
    return SKUA_OK;
}

void skuai_upload_remove(const char *folder, const char *id) {
    char path[UPLOAD_PATH_MOST];
    int64_t received;
    if (skuai_upload_find(folder, id, path, sizeof path, &received, NULL) != SKUA_OK) return;
    (void)unlink(path);
    *strrchr(path, '/') = '\0';
    (void)rmdir(path);
}

void skuai_upload_sweep(const char *folder) {
    enum { DAY = 86400 };
    char place[UPLOAD_PATH_MOST], path[UPLOAD_PATH_MOST];
    (void)snprintf(place, sizeof place, "%s/uploads", folder);
    DIR *entries = opendir(place);
    for (struct dirent *e; entries && (e = readdir(entries));) {
        struct stat info;
        int64_t received;
        if (is_id(e->d_name) &&
            skuai_upload_find(folder, e->d_name, path, sizeof path, &received, NULL) == SKUA_OK &&
            stat(path, &info) == 0 && time(NULL) - info.st_mtime > DAY)
            skuai_upload_remove(folder, e->d_name);
    }
    if (entries) (void)closedir(entries);
}

/* -- Parts ------------------------------------------------------------------------------------- */

skua_status skuai_upload_chunk_begin(const char *folder, const char *id, int64_t offset,
                                     int64_t most, skuai_upload_chunk *chunk, skua_error *err) {
    int64_t received = 0;
    SKUA_TRY(skuai_upload_find(folder, id, chunk->path, sizeof chunk->path, &received, err));
    int file = open(chunk->path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return skuai_error_set(err, SKUA_EIO, "an upload cannot be written: %s", strerror(errno));
    struct stat info;
    skua_status status = SKUA_OK;
    if (flock(file, LOCK_EX | LOCK_NB) != 0)
        status = skuai_error_set(err, SKUA_EEXIST, "another part of this upload is coming in");
    else if (fstat(file, &info) != 0 || info.st_size != offset)
        status = skuai_error_set(err, SKUA_EEXIST, "offset: %lld bytes have come, go on from there",
                                 (long long)received);
    else if (lseek(file, (off_t)offset, SEEK_SET) < 0)
        status = skuai_error_set(err, SKUA_EIO, "an upload cannot be written: %s", strerror(errno));
    if (status != SKUA_OK) {
        (void)close(file);
        return status;
    }
    chunk->file = file + 1;
    chunk->offset = offset;
    chunk->written = 0;
    chunk->most = most;
    return SKUA_OK;
}

skua_status skuai_upload_chunk_add(skuai_upload_chunk *chunk, const void *bytes, size_t n,
                                   skua_error *err) {
    if (chunk->offset + chunk->written + (int64_t)n > chunk->most ||
        chunk->written + (int64_t)n > UPLOAD_CHUNK_MOST)
        return skuai_error_set(err, SKUA_ELIMIT,
                               "a part has at most %d bytes, an upload at most %lld",
                               UPLOAD_CHUNK_MOST, (long long)chunk->most);
    for (const char *p = bytes; n > 0;) {
        ssize_t done = write(chunk->file - 1, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0)
            return skuai_error_set(err, SKUA_EIO, "an upload cannot be written: %s",
                                   strerror(errno));
        p += done;
        n -= (size_t)done;
        chunk->written += done;
    }
    return SKUA_OK;
}

void skuai_upload_chunk_end(skuai_upload_chunk *chunk, bool keep) {
    if (!chunk->file) return;
    if (!keep && ftruncate(chunk->file - 1, (off_t)chunk->offset) != 0) (void)unlink(chunk->path);
    (void)close(chunk->file - 1);
    chunk->file = 0;
}
