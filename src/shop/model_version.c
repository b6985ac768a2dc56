#include "shop/model_version.h"

#include "core/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_MOST = 4096, HISTORY_MOST = 1 << 20 };

static void path_of(const skua_shop *shop, const char *what, char *path) {
    (void)snprintf(path, PATH_MOST, "%.3000s/models/%.64s", shop->folder, what);
}

static bool is_name(const char *name) {
    size_t n = strspn(name, "0123456789");
    return n > 0 && n < SKUAI_MODEL_NAME && name[n] == '\0';
}

static bool is_complete(const skua_shop *shop, const char *name) {
    char path[PATH_MOST], file[SKUAI_MODEL_NAME + 16];
    struct stat info;
    (void)snprintf(file, sizeof file, "%.31s/model.json", name);
    path_of(shop, file, path);
    return is_name(name) && stat(path, &info) == 0;
}

/* A file of the folder models; empty when it is not there. */
static skua_status read_text(const skua_shop *shop, const char *what, skuai_buffer *text,
                             skua_error *err) {
    char path[PATH_MOST];
    path_of(shop, what, path);
    skua_status status = skuai_file_read(path, HISTORY_MOST, text, err);
    if (status != SKUA_ENOTFOUND) return status;
    skuai_buffer_init(text, HISTORY_MOST);
    return SKUA_OK;
}

static skua_status write_text(const skua_shop *shop, const char *what, const char *text, size_t n,
                              skua_error *err) {
    char path[PATH_MOST];
    path_of(shop, what, path);
    return skuai_file_write(path, text, n, err);
}

skua_status skuai_model_current(const skua_shop *shop, char name[SKUAI_MODEL_NAME],
                                skua_error *err) {
    skuai_buffer text;
    SKUA_TRY(read_text(shop, "current", &text, err));
    (void)snprintf(name, SKUAI_MODEL_NAME, "%.31s", skuai_buffer_view(&text));
    name[strcspn(name, "\n")] = '\0';
    skuai_buffer_clear(&text);
    if (!name[0] || is_name(name)) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA, "%s/models/current does not name a model",
                           shop->folder);
}

skua_status skuai_model_promote(const skua_shop *shop, const char *name, skua_error *err) {
    char now[SKUAI_MODEL_NAME];
    skuai_buffer history;
    if (!is_complete(shop, name))
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "the shop has no model '%.40s': 'skua runs' "
                               "lists them",
                               name);
    SKUA_TRY(skuai_model_current(shop, now, err));
    if (strcmp(now, name) == 0) return SKUA_OK;
    SKUA_TRY(read_text(shop, "history", &history, err));
    if (now[0]) (void)skuai_buffer_format(&history, "%s\n", now);
    skua_status status = skuai_buffer_check(&history, err);
    if (status == SKUA_OK)
        status = write_text(shop, "history", skuai_buffer_view(&history), history.size, err);
    skuai_buffer_clear(&history);
    return status == SKUA_OK ? write_text(shop, "current", name, strlen(name), err) : status;
}

skua_status skuai_model_rollback(const skua_shop *shop, char name[SKUAI_MODEL_NAME],
                                 skua_error *err) {
    skuai_buffer history;
    char before[SKUAI_MODEL_NAME] = "";
    SKUA_TRY(read_text(shop, "history", &history, err));
    const char *text = skuai_buffer_view(&history);
    size_t end = history.size;
    while (end > 0) { /* the newest that is still there */
        size_t to = end;
        while (to > 0 && text[to - 1] == '\n')
            to--;
        size_t from = to;
        while (from > 0 && text[from - 1] != '\n')
            from--;
        (void)snprintf(before, sizeof before, "%.*s", (int)(to - from < 31 ? to - from : 31),
                       text + from);
        end = from;
        if (is_complete(shop, before)) break;
        before[0] = '\0';
    }
    skua_status status = SKUA_OK;
    if (!before[0])
        status = skuai_error_set(err, SKUA_ENOTFOUND, "there is no model before the current one");
    if (status == SKUA_OK) status = write_text(shop, "current", before, strlen(before), err);
    if (status == SKUA_OK) status = write_text(shop, "history", text, end, err);
    if (status == SKUA_OK) memcpy(name, before, sizeof before);
    skuai_buffer_clear(&history);
    return status;
}
