#include "shop/net_work.h"

#include "nn/quantise.h"
#include "shop/history.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static skua_status add_panel(const skua_shop *settings, const char *folder, skuai_net_panels *to,
                             skua_error *err) {
    skua_shop *shop = NULL;
    skuai_store *store = NULL;
    skuai_history history = {0};
    if (to->n == SKUAI_NET_SHOPS_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "more than %d shops", SKUAI_NET_SHOPS_MOST);
    SKUA_TRY(skua_shop_open(folder, &shop, err));
    skua_shop_listen(shop, &settings->callbacks);
    skua_status status = skuai_shop_store(shop, SKUAI_STORE_READ, &store, err);
    if (status == SKUA_OK) status = skuai_history_read(shop, store, &history, err);
    skuai_store_close(store);
    if (status == SKUA_OK) to->items[to->n++] = skuai_panel_share(history.panel);
    skuai_history_clear(&history);
    skua_shop_close(shop);
    return status == SKUA_OK ? status : skuai_error_prefix(err, status, "%s", folder);
}

skua_status skuai_net_panels_add(const skua_shop *settings, const char *const *folders,
                                 skuai_net_panels *panels, skua_error *err) {
    for (; folders && *folders; folders++)
        SKUA_TRY(add_panel(settings, *folders, panels, err));
    return SKUA_OK;
}

void skuai_net_panels_clear(skuai_net_panels *panels) {
    for (size_t i = 0; i < panels->n; i++)
        skuai_panel_free(panels->items[i]);
    panels->n = 0;
}

skua_status skuai_net_place_check(const char *what, const char *path, skua_error *err) {
    struct stat info;
    char folder[4096] = ".";
    const char *slash = strrchr(path, '/');
    if (slash && snprintf(folder, sizeof folder, "%.*s", (int)(slash == path ? 1 : slash - path),
                          path) >= (int)sizeof folder)
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", path);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return skuai_error_set(err, SKUA_EIO, "%s is a folder; name a file for %s", path, what);
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "%s: there is no folder %s for %s; make it first", path, folder,
                               what);
    if (access(folder, W_OK) != 0)
        return skuai_error_set(err, SKUA_EIO, "%s: %s may not be written into the folder %s", path,
                               what, folder);
    return SKUA_OK;
}

skua_status skuai_net_save(const skua_shop *settings, skuai_demand *net, const char *output,
                           skua_error *err) {
    const char *weights = skuai_config_text(&settings->config, SKUAI_CONFIG_KEY_weights);
    if (strcmp(weights, "int8") == 0) SKUA_TRY(skuai_nn_parameters_quantise(net->parameters, err));
    bool wide = strcmp(weights, "float32") == 0;
    return skuai_demand_save_as(net, wide ? SKUAI_SAFETENSORS_F32 : SKUAI_SAFETENSORS_F16, output,
                                err);
}
