#include "encode/vips_library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void ignore(const char *domain, int level, const char *message, void *user) {
    (void)domain, (void)level, (void)message, (void)user;
}

skua_status skuai_vips_load(skuai_vips_library *library, skua_error *err) {
    const char *named = getenv("SKUA_VIPS");
    void *handle = named && *named ? dlopen(named, RTLD_NOW | RTLD_LOCAL)
                                   : dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "libvips is not there, and pictures need it: install libvips42, or "
                               "set SKUA_VIPS to the file (%s)",
                               why ? why : "not found");
    }
    skuai_vips_library found;
#define X(result, name, arguments)                                                                 \
    {                                                                                              \
        void *symbol = dlsym(handle, #name); /* those of GLib are found through it */              \
        if (!symbol) {                                                                             \
            (void)dlclose(handle);                                                                 \
            return skuai_error_set(err, SKUA_ENOTFOUND,                                            \
                                   "libvips lacks %s: version 8.13 or later is needed", #name);    \
        }                                                                                          \
        memcpy(&found.name, &symbol, sizeof symbol);                                               \
    }
    SKUAI_VIPS_FUNCTIONS(X)
#undef X
    if (found.vips_init("skua") != 0)
        return skuai_error_set(err, SKUA_ENOTFOUND, "libvips does not start");
    const int warnings_and_less = 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7; /* GLogLevelFlags */
    (void)found.g_log_set_handler("VIPS", warnings_and_less, ignore, NULL);
    found.vips_block_untrusted_set(1);
    found.vips_concurrency_set(1); /* a picture a thread: ours */
    found.vips_cache_set_max(0);
    *library = found; /* the handle stays: dlopen counts */
    return SKUA_OK;
}
