#define _GNU_SOURCE /* dladdr */
#include "shop/base_model.h"

#include "neural/neural.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SKUA_SHARE_FOLDER
#define SKUA_SHARE_FOLDER "/usr/share/skua"
#endif

#define FILE_NAME "models/base.safetensors"

const char *const skuai_base_model_names[] = {"zero-shot", "transformer", "gru", NULL};

/* The folder of the running program, without a slash at its end; "" when it cannot be told. */
static void program_folder(char *folder, size_t size) {
    ssize_t n = readlink("/proc/self/exe", folder, size - 1);
    folder[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    else
        folder[0] = '\0';
}

/* Likewise of the library (the program where it is linked in): the library may be loaded by an
 * interpreter that lies elsewhere. */
static void library_folder(char *folder, size_t size) {
    Dl_info info;
    folder[0] = '\0';
    if (!dladdr((const void *)skuai_base_model_names, &info) || !info.dli_fname) return;
    const char *slash = strrchr(info.dli_fname, '/');
    size_t n = slash ? (size_t)(slash - info.dli_fname) : 0;
    if (n == 0 || n >= size) return;
    memcpy(folder, info.dli_fname, n);
    folder[n] = '\0';
}

static bool readable(char *path, const char *format, const char *folder) {
    if (!*folder) return false;
    int n = snprintf(path, SKUAI_BASE_MODEL_PATH_SIZE, "%s%s%s", folder, format, FILE_NAME);
    return n > 0 && n < SKUAI_BASE_MODEL_PATH_SIZE && access(path, R_OK) == 0;
}

skua_status skuai_base_model_path(char path[SKUAI_BASE_MODEL_PATH_SIZE], skua_error *err) {
    const char *named = getenv("SKUA_BASE");
    if (named && *named) {
        if (strlen(named) < SKUAI_BASE_MODEL_PATH_SIZE && access(named, R_OK) == 0) {
            memcpy(path, named, strlen(named) + 1);
            return SKUA_OK;
        }
        return skuai_error_set(err, SKUA_ENOTFOUND, "SKUA_BASE: %.300s cannot be read", named);
    }
    char folder[SKUAI_BASE_MODEL_PATH_SIZE];
    program_folder(folder, sizeof folder);
    if (readable(path, "/", folder) || readable(path, "/../share/skua/", folder)) return SKUA_OK;
    library_folder(folder, sizeof folder); /* of a build tree, a wheel, lib, lib/<machine> */
    if (readable(path, "/", folder) || readable(path, "/skua/", folder) ||
        readable(path, "/../share/skua/", folder) || readable(path, "/../../share/skua/", folder) ||
        readable(path, "/", SKUA_SHARE_FOLDER))
        return SKUA_OK;
    return skuai_error_set(err, SKUA_ENOTFOUND,
                           "there is no base model: need share/skua/%s beside the program's folder "
                           "(or SKUA_BASE naming one; skua pretrain makes one)",
                           FILE_NAME);
}

/* -- Forecasters ------------------------------------------------------------------------------ */

static skua_status fit_from(const skuai_forecaster *inner, const skuai_parameters *given,
                            const skuai_parameter *first, size_t n_first, const skuai_panel *panel,
                            const skuai_context *context, skuai_model **model, skua_error *err) {
    size_t n = given ? given->n : 0;
    skuai_parameter *all = skuai_new(n + n_first, sizeof *all);
    if (!all) return skuai_error_memory(err, "a model");
    /* those given come first, so that they are the ones that are found */
    if (n > 0) memcpy(all, given->items, n * sizeof *all);
    memcpy(all + n, first, n_first * sizeof *all);
    skua_status status =
        inner->fit(inner, panel, &(skuai_parameters){all, n + n_first}, context, model, err);
    skuai_free(all);
    return status;
}

static skua_status fit_zero_shot(const skuai_forecaster *self, const skuai_panel *panel,
                                 const skuai_parameters *parameters, const skuai_context *context,
                                 skuai_model **model, skua_error *err) {
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    SKUA_TRY(skuai_base_model_path(path, err));
    const skuai_parameter items[] = {{"base", path}, {"steps", "0"}};
    return fit_from(self->data, parameters, items, 2, panel, context, model, err);
}

static skua_status fit_transformer(const skuai_forecaster *self, const skuai_panel *panel,
                                   const skuai_parameters *parameters, const skuai_context *context,
                                   skuai_model **model, skua_error *err) {
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    const skuai_parameter items[] = {{"base", path}};
    const skuai_forecaster *net = self->data;
    /* whoever gives sizes wants a net of his own, from nothing */
    if (skuai_neural_size_named(parameters) && !skuai_parameter_text(parameters, "base", NULL))
        return net->fit(net, panel, parameters, context, model, err);
    SKUA_TRY(skuai_base_model_path(path, err));
    return fit_from(self->data, parameters, items, 1, panel, context, model, err);
}

static skua_status load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                        skua_error *err) {
    const skuai_forecaster *inner = self->data;
    return inner->load(inner, folder, model, err);
}

bool skuai_base_model_forecaster(const char *name, skuai_forecaster *forecaster) {
    bool zero = strcmp(name, "zero-shot") == 0;
    const skuai_forecaster *inner = skuai_neural_find(zero ? "transformer" : name);
    if (!inner) return false;
    *forecaster = *inner;
    if (strcmp(name, "gru") == 0) return true;
    forecaster->data = inner;
    forecaster->load = load;
    forecaster->fit = zero ? fit_zero_shot : fit_transformer;
    if (zero) {
        forecaster->name = "zero-shot";
        forecaster->summary = "pre-trained transformer as it is, nothing trained";
        forecaster->save = NULL; /* every installation has it */
        forecaster->load = NULL;
        forecaster->update = NULL;
    } else {
        forecaster->summary = "pre-trained transformer, fine-tuned";
    }
    return true;
}
