/* A sum of modalities as a folder: modalities.json, and a folder a model, NAME-young, NAME-grown.
 */
#include "automl/modality_sum.h"

#include "core/file.h"
#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096, FORMAT = 1, FILE_MOST = 1 << 20 };

static const char *const kinds[] = {"history", "driver", "look"};
static const char *const ages[] = {"new", "young", "grown"};

static skua_status path_of(const char *folder, size_t i, const char *what, char *path,
                           skua_error *err) {
    int n = i == SIZE_MAX ? snprintf(path, PATH_SIZE, "%s/%s", folder, what)
                          : snprintf(path, PATH_SIZE, "%s/%zu-%s", folder, i, what);
    if (n >= 0 && n < PATH_SIZE) return SKUA_OK;
    return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", folder);
}

static void put_model(skuai_json_writer *w, const skuai_model *m) {
    skuai_json_object(w, NULL);
    skuai_json_text(w, "model", "modalities");
    skuai_json_integer(w, "format", FORMAT);
    skuai_json_integer(w, "horizon", (int64_t)m->horizon);
    skuai_json_array(w, "parts");
    for (size_t i = 0; i < m->n; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "name", m->part[i].name);
        skuai_json_text(w, "kind", kinds[m->part[i].kind]);
        for (int age = 0; age < SKUAI_MODALITY_AGES; age++)
            skuai_json_number(w, ages[age], m->weight[age][i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_array(w, "items");
    for (int age = 0; age < SKUAI_MODALITY_AGES; age++)
        skuai_json_integer(w, NULL, (int64_t)m->n_items[age]);
    skuai_json_close(w);
    skuai_json_close(w);
}

skua_status skuai_modality_save(const skuai_model *m, const char *folder, skua_error *err) {
    char path[PATH_SIZE];
    skuai_buffer text;
    skuai_json_writer w;
    SKUA_TRY(skuai_folder_make(folder, err));
    for (size_t i = 0; i < m->n; i++)
        for (int k = 0; k < 2; k++) {
            if (!m->part[i].model[k]) continue;
            SKUA_TRY(path_of(folder, i, k ? "grown" : "young", path, err));
            SKUA_TRY(skuai_folder_make(path, err));
            SKUA_TRY(m->part[i].forecaster[k].save(m->part[i].model[k], path, err));
        }
    skuai_buffer_init(&text, FILE_MOST);
    skuai_json_begin(&w, &text);
    put_model(&w, m);
    skua_status status = skuai_buffer_check(&text, err);
    if (status == SKUA_OK) status = path_of(folder, SIZE_MAX, "modalities.json", path, err);
    if (status == SKUA_OK)
        status = skuai_file_write(path, skuai_buffer_view(&text), text.size, err);
    skuai_buffer_clear(&text);
    return status;
}

static skua_status damaged(const char *path, skua_error *err) {
    return skuai_error_set(err, SKUA_EDATA, "%s is damaged: train again", path);
}

static skua_status read_part(const skuai_json *json, const char *path, skuai_model *m,
                             skua_error *err) {
    const char *name = skuai_json_as_text(skuai_json_get(json, "name"), "");
    const char *kind = skuai_json_as_text(skuai_json_get(json, "kind"), "");
    size_t k = 0, i = m->n;
    while (k < 3 && strcmp(kind, kinds[k]) != 0)
        k++;
    if (k == 3 || !*name || strlen(name) >= SKUAI_MODALITY_NAME_SIZE) return damaged(path, err);
    for (int age = 0; age < SKUAI_MODALITY_AGES; age++) {
        double weight = skuai_json_as_number(skuai_json_get(json, ages[age]), (double)NAN);
        if (!(weight >= 0 && isfinite(weight))) return damaged(path, err);
        m->weight[age][i] = weight;
    }
    m->n++;
    return skuai_modality_part_make(m->models, name, (skuai_modality_kind)k, m->horizon,
                                    &m->part[i], err);
}

static skua_status load_parts(const char *folder, skuai_model *m, skua_error *err) {
    char path[PATH_SIZE];
    for (size_t i = 0; i < m->n; i++)
        for (int k = 0; k < (m->part[i].single ? 1 : 2); k++) {
            const skuai_forecaster *f = &m->part[i].forecaster[k];
            if (!f->load) continue;
            SKUA_TRY(path_of(folder, i, k ? "grown" : "young", path, err));
            SKUA_TRY(f->load(f, path, &m->part[i].model[k], err));
        }
    return SKUA_OK;
}

static skua_status read_model(const skuai_json *json, const char *path, skuai_model *m,
                              skua_error *err) {
    const skuai_json *parts = skuai_json_get(json, "parts"), *items = skuai_json_get(json, "items");
    int64_t horizon = skuai_json_as_integer(skuai_json_get(json, "horizon"), 0);
    if (strcmp(skuai_json_as_text(skuai_json_get(json, "model"), ""), "modalities") != 0)
        return skuai_error_set(err, SKUA_EDATA, "%s holds no model of modalities", path);
    if (skuai_json_as_integer(skuai_json_get(json, "format"), 0) != FORMAT)
        return skuai_error_set(err, SKUA_EVERSION, "%s was written by another version: train again",
                               path);
    if (horizon < 1 || horizon > 100000 || skuai_json_size(parts) < 1 ||
        skuai_json_size(parts) > SKUAI_MODALITIES_MOST)
        return damaged(path, err);
    m->horizon = (size_t)horizon;
    for (int age = 0; age < SKUAI_MODALITY_AGES; age++) {
        int64_t n = skuai_json_as_integer(skuai_json_at(items, (size_t)age), 0);
        m->n_items[age] = n > 0 ? (size_t)n : 0;
    }
    for (size_t i = 0; i < skuai_json_size(parts); i++)
        SKUA_TRY(read_part(skuai_json_at(parts, i), path, m, err));
    return SKUA_OK;
}

skua_status skuai_modality_load(const skuai_forecaster *self, const char *folder,
                                skuai_model **model, skua_error *err) {
    char path[PATH_SIZE];
    skuai_buffer text;
    skuai_json *json = NULL;
    SKUA_TRY(path_of(folder, SIZE_MAX, "modalities.json", path, err));
    SKUA_TRY(skuai_file_read(path, FILE_MOST, &text, err));
    skua_status status = skuai_json_parse(skuai_buffer_view(&text), text.size, &json, err);
    skuai_buffer_clear(&text);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s", path);
    skuai_model *m = skuai_zero(1, sizeof *m);
    if (!m) SKUA_TRY_OUT(skuai_error_memory(err, "modalities"));
    m->models = self->data;
    SKUA_TRY_OUT(read_model(json, path, m, err));
    SKUA_TRY_OUT(load_parts(folder, m, err));
    *model = m;
out:
    skuai_json_free(json);
    if (status != SKUA_OK) skuai_modality_model_free(m);
    return status;
}
