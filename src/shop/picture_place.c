#define _XOPEN_SOURCE 700 /* realpath */
#include "shop/picture_place.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void skuai_picture_places_clear(skuai_picture_places *places) {
    for (size_t i = 0; places->folders && i < places->n; i++)
        skuai_free(places->folders[i]);
    skuai_free(places->folders);
    *places = (skuai_picture_places){0};
}

/* A folder, or the folder that holds a file; nothing is added when it is not there. */
static skua_status add_place(skuai_picture_places *places, const char *path, bool *there,
                             skua_error *err) {
    char whole[PATH_MAX];
    struct stat info;
    *there = realpath(path, whole) && stat(whole, &info) == 0;
    if (!*there) return SKUA_OK;
    if (!S_ISDIR(info.st_mode)) {
        char *slash = strrchr(whole, '/');
        if (slash) slash[slash == whole] = '\0';
    }
    for (size_t i = 0; i < places->n; i++)
        if (strcmp(places->folders[i], whole) == 0) return SKUA_OK;
    places->folders[places->n] = skuai_text_copy(whole);
    if (!places->folders[places->n]) return skuai_error_memory(err, "folders of pictures");
    places->n++;
    return SKUA_OK;
}

skua_status skuai_picture_places_read(const skua_shop *shop, skuai_store *store,
                                      skuai_picture_places *places, skua_error *err) {
    const char *given = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_picture_folder);
    skuai_table *table = NULL;
    bool there = true;
    *places = (skuai_picture_places){0};
    SKUA_TRY(skuai_store_query(store,
                               "SELECT path FROM ingested WHERE \"table\" = 'items' GROUP BY path"
                               " ORDER BY max(file) DESC",
                               NULL, 0, &table, err));
    places->folders = skuai_zero(table->n_rows + 1, sizeof *places->folders);
    skua_status status = places->folders ? SKUA_OK : skuai_error_memory(err, "folders of pictures");
    if (status == SKUA_OK && given[0]) {
        status = add_place(places, given, &there, err);
        if (status == SKUA_OK && !there)
            status = skuai_error_set(err, SKUA_ENOTFOUND, "%s: there is no such folder of pictures",
                                     given);
    }
    for (size_t i = 0; status == SKUA_OK && i < table->n_rows; i++)
        status = add_place(places, table->columns[0].texts[i], &there, err);
    if (status != SKUA_OK) skuai_picture_places_clear(places);
    skuai_table_free(table);
    return status;
}

static bool holds(const char *folder, const char *path) {
    size_t n = strlen(folder);
    if (strcmp(folder, "/") == 0) return true;
    return strncmp(folder, path, n) == 0 && path[n] == '/';
}

skua_status skuai_picture_place_find(const skuai_picture_places *places, const char *image,
                                     char **path, skua_error *err) {
    char joined[2 * PATH_MAX], whole[PATH_MAX];
    bool outside = false;
    if (strstr(image, "://"))
        return skuai_error_set(err, SKUA_EDATA,
                               "is an address on the network, and skua fetches nothing: download "
                               "the pictures and give their folder with skua ingest --images");
    for (size_t i = 0; i < places->n; i++) {
        int n = image[0] == '/'
                    ? snprintf(joined, sizeof joined, "%s", image)
                    : snprintf(joined, sizeof joined, "%s/%s", places->folders[i], image);
        if (n < 0 || (size_t)n >= sizeof joined || !realpath(joined, whole)) continue;
        for (size_t k = 0; k < places->n; k++)
            if (holds(places->folders[k], whole)) {
                *path = skuai_text_copy(whole);
                return *path ? SKUA_OK : skuai_error_memory(err, "a path");
            }
        outside = true;
    }
    if (outside)
        return skuai_error_set(err, SKUA_EDATA,
                               "lies outside of the shop's folders of pictures, and is not read: "
                               "give its folder with --picture-folder if it is meant");
    return skuai_error_set(err, SKUA_ENOTFOUND,
                           "is not there: give the folder of the pictures with --picture-folder");
}
