#define _GNU_SOURCE /* dladdr */
#include "learn/lightgbm_library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SKUA_LIGHTGBM_PREFIX
#define SKUA_LIGHTGBM_PREFIX "/usr/local/lib"
#endif

static const char library_name[] = "lib_lightgbm.so";

/* What LightGBM would print is dropped: errors come back by LGBM_GetLastError. */
static void silent(const char *message) {
    (void)message;
}

static void *open_beside(const char *inside) {
    Dl_info info;
    char path[4096];
    if (!dladdr((const void *)library_name, &info) || !info.dli_fname) return NULL;
    const char *slash = strrchr(info.dli_fname, '/');
    if (!slash) return NULL;
    int n = snprintf(path, sizeof path, "%.*s/%s%s", (int)(slash - info.dli_fname), info.dli_fname,
                     inside, library_name);
    if (n < 0 || (size_t)n >= sizeof path) return NULL;
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *open_library(void) {
    static const char *const places[] = {"", "skua/", "../lib/", "../lib/skua/"};
    void *handle = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places && !handle; i++)
        handle = open_beside(places[i]);
    if (!handle) handle = dlopen(SKUA_LIGHTGBM_PREFIX "/lib_lightgbm.so", RTLD_NOW | RTLD_LOCAL);
    if (!handle) handle = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    return handle;
}

skua_status skuai_lightgbm_load(skuai_lightgbm_library *library, skua_error *err) {
    const char *named = getenv("SKUA_LIGHTGBM");
    bool given = named && *named;
    void *handle = given ? dlopen(named, RTLD_NOW | RTLD_LOCAL) : open_library();
    if (!handle) {
        const char *why = dlerror();
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "LightGBM is not there, and boosted trees need it: run "
                               "scripts/setup.sh, install lib_lightgbm.so, or set SKUA_LIGHTGBM to "
                               "the file (%s)",
                               why ? why : "not found");
    }
    skuai_lightgbm_library found;
#define X(name)                                                                                    \
    {                                                                                              \
        void *symbol = dlsym(handle, #name);                                                       \
        if (!symbol) {                                                                             \
            (void)dlclose(handle);                                                                 \
            return skuai_error_set(err, SKUA_ENOTFOUND, "LightGBM lacks %s: version 4 is needed",  \
                                   #name);                                                         \
        }                                                                                          \
        memcpy(&found.name, &symbol, sizeof symbol);                                               \
    }
    SKUAI_LIGHTGBM_FUNCTIONS(X)
#undef X
    (void)found.LGBM_RegisterLogCallback(silent);
    *library = found; /* the handle stays: dlopen counts, and OpenMP's threads outlive a model */
    return SKUA_OK;
}
