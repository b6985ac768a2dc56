#define _GNU_SOURCE /* dladdr */
#include "decide/cbc_library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char library_name[] = "libCbcSolver.so.3";

static void *open_beside(void) {
    Dl_info info;
    char path[4096];
    if (!dladdr((const void *)library_name, &info) || !info.dli_fname) return NULL;
    const char *slash = strrchr(info.dli_fname, '/');
    if (!slash) return NULL;
    int n = snprintf(path, sizeof path, "%.*s/%s", (int)(slash - info.dli_fname), info.dli_fname,
                     library_name);
    if (n < 0 || (size_t)n >= sizeof path) return NULL;
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

skua_status skuai_cbc_load(skuai_cbc_library *library, skua_error *err) {
    const char *named = getenv("SKUA_CBC");
    void *handle = NULL;
    if (named && *named) {
        handle = dlopen(named, RTLD_NOW | RTLD_LOCAL);
    } else {
        handle = open_beside();
        if (!handle) handle = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
        if (!handle) handle = dlopen("libCbcSolver.so", RTLD_NOW | RTLD_LOCAL);
    }
    if (!handle) {
        const char *why = dlerror();
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "CBC is not there, and plans under shared limits need it: install "
                               "coinor-libcbc3 (or libCbcSolver), or set SKUA_CBC to the file (%s)",
                               why ? why : "not found");
    }
    skuai_cbc_library found;
#define X(name)                                                                                    \
    {                                                                                              \
        void *symbol = dlsym(handle, #name);                                                       \
        if (!symbol) {                                                                             \
            (void)dlclose(handle);                                                                 \
            return skuai_error_set(err, SKUA_ENOTFOUND, "CBC lacks %s: version 2.10 is needed",    \
                                   #name);                                                         \
        }                                                                                          \
        memcpy(&found.name, &symbol, sizeof symbol);                                               \
    }
    SKUAI_CBC_FUNCTIONS(X)
#undef X
    *library = found; /* the handle stays: dlopen counts */
    return SKUA_OK;
}
