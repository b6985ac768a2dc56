#include "core/json_file.h"

#include "core/file.h"

enum { PATH_MOST = 4096 };

skua_status skuai_json_file_write(const char *folder, const char *name, const skuai_buffer *text,
                                  skua_error *err) {
    skuai_buffer path;
    SKUA_TRY(skuai_buffer_check(text, err));
    skuai_buffer_init(&path, PATH_MOST);
    (void)skuai_buffer_format(&path, "%s/%s", folder, name);
    skua_status status = skuai_buffer_check(&path, err);
    if (status == SKUA_OK)
        status =
            skuai_file_write(skuai_buffer_view(&path), skuai_buffer_view(text), text->size, err);
    skuai_buffer_clear(&path);
    return status;
}

static skua_status read_text(const char *path, const skuai_buffer *text, skuai_json_use use,
                             void *user, skua_error *err) {
    skuai_json *json;
    skua_status status = skuai_json_parse(skuai_buffer_view(text), text->size, &json, err);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s", path);
    status = use(json, path, user, err);
    skuai_json_free(json);
    return status;
}

skua_status skuai_json_file_read(const char *folder, const char *name, size_t limit,
                                 skuai_json_use use, void *user, skua_error *err) {
    skuai_buffer path, text;
    skuai_buffer_init(&path, PATH_MOST);
    skuai_buffer_init(&text, limit);
    (void)skuai_buffer_format(&path, "%s/%s", folder, name);
    skua_status status = skuai_buffer_check(&path, err);
    if (status == SKUA_OK) status = skuai_file_read(skuai_buffer_view(&path), limit, &text, err);
    if (status == SKUA_OK) status = read_text(skuai_buffer_view(&path), &text, use, user, err);
    skuai_buffer_clear(&text);
    skuai_buffer_clear(&path);
    return status;
}
