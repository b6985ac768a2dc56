#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *settings = skuai_json_get(report, "settings");
    cell_table table;
    cells_init(&table, 4);
    for (size_t i = 0; i < skuai_json_size(settings); i++) {
        const skuai_json *s = skuai_json_at(settings, i);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(s, "key"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(s, "value"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(s, "origin"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(s, "help"), ""));
    }
    static const char *const header[] = {"setting", "value", "from", "what"};
    static const bool right[] = {false, false, false, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_settings(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_config = {
    .name = "config",
    .summary = "the settings of a shop, and where each comes from",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Lists every setting with its value and its origin: default, file (skua.yaml), "
                   "environment (SKUA_HORIZON, ...) or option; later ones win.",
    .example = "skua config myshop",
    .run = run,
};
