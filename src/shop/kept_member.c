#include "shop/kept_member.h"

#include "core/file.h"
#include "core/json.h"

#include <stdio.h>
#include <sys/stat.h>

static const char DESCRIPTION[] = "learnt.json";
enum { DESCRIPTION_MOST = 1 << 16 };

static bool member_folder(const char *folder, const char *name, char *path, size_t size) {
    int n = snprintf(path, size, "%s/%s", folder, name);
    return n > 0 && (size_t)n < size;
}

static bool has_weight(const skuai_ensemble *ensemble, size_t member) {
    for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++)
        if (ensemble->weights[c][member] > 0) return true;
    return false;
}

/* In place of fitting. */
static skua_status load_member(const skuai_forecaster *self, const skuai_panel *panel,
                               const skuai_parameters *parameters, const skuai_context *context,
                               skuai_model **model, skua_error *err) {
    const skuai_kept_member *kept = self->data;
    (void)panel, (void)parameters, (void)context;
    return kept->inner.load(&kept->inner, kept->folder, model, err);
}

/* A member that was kept goes on from what it knows; another one is fitted. */
static skua_status learn_member(const skuai_forecaster *member, const skuai_panel *panel,
                                const skuai_context *context, skuai_model **model,
                                skua_error *err) {
    if (member->fit != load_member) return member->fit(member, panel, NULL, context, model, err);
    const skuai_kept_member *kept = member->data;
    if (!kept->inner.update) return kept->inner.fit(&kept->inner, panel, NULL, context, model, err);
    skuai_model *known = NULL;
    SKUA_TRY(load_member(member, panel, NULL, context, &known, err));
    skua_status status = kept->inner.update(known, panel, context, err);
    if (status == SKUA_OK)
        *model = known;
    else
        kept->inner.free(known);
    return status;
}

/* What a member learnt, for people, beside its files. */
static skua_status save_description(const skuai_forecaster *member, const skuai_model *model,
                                    const char *folder, skua_error *err) {
    char path[SKUAI_KEPT_FOLDER_SIZE];
    skuai_buffer text;
    skuai_json_writer w;
    if (!member_folder(folder, DESCRIPTION, path, sizeof path))
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", folder);
    skuai_buffer_init(&text, DESCRIPTION_MOST);
    skuai_json_begin(&w, &text);
    skuai_json_object(&w, NULL);
    member->describe(model, &w);
    skuai_json_close(&w);
    skua_status status = skuai_buffer_check(&text, err);
    if (status == SKUA_OK)
        status = skuai_file_write(path, skuai_buffer_view(&text), text.size, err);
    skuai_buffer_clear(&text);
    return status;
}

static skua_status save_member(const skuai_forecaster *member, const skuai_panel *panel,
                               const skuai_context *context, const char *folder, skua_error *err) {
    char path[SKUAI_KEPT_FOLDER_SIZE];
    skuai_model *model = NULL;
    if (!member_folder(folder, member->name, path, sizeof path))
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", folder);
    SKUA_TRY(learn_member(member, panel, context, &model, err));
    skua_status status = skuai_folder_make(path, err);
    if (status == SKUA_OK) status = member->save(model, path, err);
    if (status == SKUA_OK && member->describe) status = save_description(member, model, path, err);
    member->free(model);
    return status == SKUA_OK ? status : skuai_error_prefix(err, status, "%s", member->name);
}

/* Weights of a class without one member sum to 1 again. */
static void drop_weight(skuai_ensemble *ensemble, size_t member) {
    for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++) {
        double sum = 0;
        ensemble->weights[c][member] = 0;
        for (size_t m = 0; m < ensemble->n_members; m++)
            sum += ensemble->weights[c][m];
        for (size_t m = 0; m < ensemble->n_members && sum > 0; m++)
            ensemble->weights[c][m] /= sum;
        if (!(sum > 0)) ensemble->weights[c][0] = 1;
    }
}

skua_status skuai_kept_members_save(skuai_ensemble *ensemble, const skuai_panel *panel,
                                    const skuai_context *context, const char *folder,
                                    skua_error *err) {
    for (size_t m = 0; m < ensemble->n_members; m++) {
        if (!ensemble->members[m].save || !has_weight(ensemble, m)) continue;
        skua_error why = {0};
        skua_status status = save_member(&ensemble->members[m], panel, context, folder, &why);
        if (status == SKUA_EDEADLINE) {
            skuai_context_log(context, SKUAI_LOG_WARNING,
                              "%s: no time left to fit it; the others take its weight",
                              ensemble->members[m].name);
            drop_weight(ensemble, m);
        } else if (status != SKUA_OK) {
            return skuai_error_set(err, status, "%s", why.message);
        }
    }
    return SKUA_OK;
}

void skuai_kept_members_use(skuai_ensemble *ensemble, const char *folder, skuai_kept_member *kept) {
    for (size_t m = 0; m < ensemble->n_members; m++) {
        skuai_forecaster *member = &ensemble->members[m];
        struct stat info;
        if (!member->load ||
            !member_folder(folder, member->name, kept[m].folder, sizeof kept[m].folder) ||
            stat(kept[m].folder, &info) != 0)
            continue;
        kept[m].inner = *member;
        member->fit = load_member;
        member->data = &kept[m];
    }
}

void skuai_kept_members_put(const skuai_ensemble *ensemble, const char *folder,
                            skuai_json_writer *w) {
    skuai_json_object(w, "learnt");
    for (size_t m = 0; m < ensemble->n_members; m++) {
        char path[SKUAI_KEPT_FOLDER_SIZE], file[SKUAI_KEPT_FOLDER_SIZE];
        skuai_buffer text;
        skuai_json *json = NULL;
        skua_error none;
        if (!ensemble->members[m].describe || !has_weight(ensemble, m) ||
            !member_folder(folder, ensemble->members[m].name, path, sizeof path) ||
            !member_folder(path, DESCRIPTION, file, sizeof file) ||
            skuai_file_read(file, DESCRIPTION_MOST, &text, &none) != SKUA_OK)
            continue;
        if (skuai_json_parse(skuai_buffer_view(&text), text.size, &json, &none) == SKUA_OK)
            skuai_json_raw(w, ensemble->members[m].name, skuai_buffer_view(&text));
        skuai_json_free(json);
        skuai_buffer_clear(&text);
    }
    skuai_json_close(w);
}
