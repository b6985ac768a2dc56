#include "cli/command.h"

#include <stdio.h>

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *tables = skuai_json_get(report, "tables");
    char text[32];
    cell_table table;
    cells_init(&table, 4);
    for (size_t i = 0; i < skuai_json_size(tables); i++) {
        const skuai_json *t = skuai_json_at(tables, i);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(t, "table"), ""));
        cells_add(&table, "%s", grouped(skuai_json_as_integer(skuai_json_get(t, "rows"), 0), text));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(t, "first"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(t, "last"), ""));
    }
    static const char *const header[] = {"table", "rows", "from", "to"};
    static const bool right[] = {false, true, false, false};
    command_print(call, "%s (%s)", skuai_json_as_text(skuai_json_get(report, "name"), ""),
                  skuai_json_as_text(skuai_json_get(report, "folder"), ""));
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    const char *series = skuai_json_as_text(skuai_json_get(report, "series"), NULL);
    if (series) terminal_wrap(call->term, 0, series);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_show(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_show = {
    .name = "show",
    .summary = "what a shop holds",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Lists the tables with their rows and dates, the series and their frequency.",
    .example = "skua show myshop",
    .run = run,
};
