#include "bench_simulated.h"

#include "shop/shop_panel.h"

#include <stdio.h>

skua_status bench_shop_panel(const char *folder, const char *home, skuai_panel **panel,
                             skua_error *err) {
    static const char *const files[] = {"items", "promotions", "calendar", "sales"};
    skua_shop *shop = NULL;
    static const char *const settings[] = {"country", "CN,shopping", NULL};
    SKUA_TRY(skua_shop_init(home, settings, err));
    SKUA_TRY(skua_shop_open(home, &shop, err));
    skua_status status = skua_shop_set(shop, "country", "CN,shopping", err);
    for (size_t i = 0; i < 4 && status == SKUA_OK; i++) {
        char path[512], *report = NULL;
        (void)snprintf(path, sizeof path, "%s/%s.csv", folder, files[i]);
        status = skua_shop_set(shop, "table", files[i], err);
        if (status == SKUA_OK) status = skua_shop_ingest(shop, path, &report, err);
        skua_text_free(report);
    }
    skuai_store *store = NULL;
    if (status == SKUA_OK) status = skuai_shop_store(shop, SKUAI_STORE_READ, &store, err);
    if (status == SKUA_OK) status = skuai_shop_panel(shop, store, false, panel, err);
    skuai_store_close(store);
    skua_shop_close(shop);
    return status;
}
