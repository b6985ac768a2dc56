#define _XOPEN_SOURCE 700 /* realpath */
#include "store/ingest_images.h"

#include "core/file.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Where the ending of a picture's name begins; NULL: it is none. */
static const char *picture_ending(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png",  ".webp",
                                          ".gif", ".tif",  ".tiff", ".bmp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && dot > name && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0) return dot;
    return NULL;
}

static void add_quoted(skuai_buffer *csv, const char *text, size_t n) {
    (void)skuai_buffer_text(csv, "\"");
    for (size_t i = 0; i < n; i++)
        (void)skuai_buffer_add(csv, text[i] == '"' ? "\"\"" : &text[i], text[i] == '"' ? 2 : 1);
    (void)skuai_buffer_text(csv, "\"");
}

static void add_picture(skuai_buffer *csv, const char *item, size_t n, const char *path) {
    add_quoted(csv, item, n);
    (void)skuai_buffer_text(csv, ",");
    add_quoted(csv, path, strlen(path));
    (void)skuai_buffer_text(csv, "\n");
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What lies in a folder, in order of name. */
static skua_status list(const char *folder, glob_t *found, skua_error *err) {
    char *pattern = skuai_glob_pattern(folder, "*");
    *found = (glob_t){0};
    if (!pattern) return skuai_error_memory(err, "a list of pictures");
    int result = glob(pattern, 0, NULL, found);
    skuai_free(pattern);
    if (result == 0 || result == GLOB_NOMATCH) return SKUA_OK;
    return result == GLOB_NOSPACE ? skuai_error_memory(err, "a list of pictures")
                                  : skuai_error_set(err, SKUA_EIO, "%s: cannot be listed", folder);
}

/* The first picture of FOLDER/ITEM/, if there is one. */
static skua_status add_first(skuai_buffer *csv, const char *folder, size_t *pictures,
                             skua_error *err) {
    glob_t found;
    SKUA_TRY(list(folder, &found, err));
    const char *item = base_name(folder);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (!picture_ending(base_name(found.gl_pathv[i]))) continue;
        add_picture(csv, item, strlen(item), found.gl_pathv[i]);
        ++*pictures;
        break;
    }
    globfree(&found);
    return SKUA_OK;
}

static skua_status add_all(skuai_buffer *csv, const glob_t *found, size_t *pictures,
                           skua_error *err) {
    for (size_t i = 0; i < found->gl_pathc; i++) {
        const char *path = found->gl_pathv[i], *name = base_name(path);
        const char *ending = picture_ending(name);
        struct stat info;
        if (stat(path, &info) != 0) continue;
        if (S_ISDIR(info.st_mode)) {
            SKUA_TRY(add_first(csv, path, pictures, err));
        } else if (ending) {
            add_picture(csv, name, (size_t)(ending - name), path);
            ++*pictures;
        }
    }
    return SKUA_OK;
}

skua_status skuai_images_list(const char *folder, skuai_buffer *csv, skua_error *err) {
    char whole[PATH_MAX];
    struct stat info;
    glob_t found;
    size_t pictures = 0;
    if (!realpath(folder, whole))
        return skuai_error_set(err, errno == ENOENT ? SKUA_ENOTFOUND : SKUA_EIO, "%s: %s", folder,
                               errno == ENOENT ? "there is no such folder" : strerror(errno));
    if (stat(whole, &info) != 0 || !S_ISDIR(info.st_mode))
        return skuai_error_set(err, SKUA_EINVAL,
                               "%s: is no folder; give the one that holds the pictures", folder);
    SKUA_TRY(list(whole, &found, err));
    (void)skuai_buffer_text(csv, "item,image\n");
    skua_status status = add_all(csv, &found, &pictures, err);
    globfree(&found);
    SKUA_TRY(status);
    if (pictures == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: no picture in it; name them after their items, as ITEM.jpg or "
                               "ITEM/1.jpg (jpg, png, webp, gif, tif, bmp)",
                               folder);
    return skuai_buffer_check(csv, err);
}
