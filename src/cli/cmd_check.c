#include "cli/command.h"

#include <stdio.h>
#include <string.h>

void command_check_show(const invocation *call, const skuai_json *report) {
    const skuai_json *kinds = skuai_json_get(report, "kinds");
    size_t n = skuai_json_size(kinds);
    char text[32];
    if (n == 0) {
        puts("Nothing odd was found.");
        return;
    }
    cell_table table;
    cells_init(&table, 5);
    for (size_t i = 0; i < n; i++) {
        const skuai_json *k = skuai_json_at(kinds, i);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(k, "kind"), ""));
        cells_add(&table, "%s",
                  grouped(skuai_json_as_integer(skuai_json_get(k, "count"), 0), text));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(k, "action"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(k, "example"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(k, "why"), ""));
    }
    static const char *const header[] = {"finding", "count", "action", "example", "why"};
    static const bool right[] = {false, true, false, false, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    terminal_wrap(
        call->term, 0,
        "Each finding stands in the table findings with what was before, what comes after "
        "and why. Nothing was changed in the data itself: applied findings take effect "
        "when a history is read, and --clean none leaves them out.");
    for (size_t i = 0; i < n; i++) { /* the kind with most that wait */
        const skuai_json *k = skuai_json_at(kinds, i);
        if (strcmp(skuai_json_as_text(skuai_json_get(k, "action"), ""), "proposed") != 0) continue;
        command_print(call,
                      "Proposed ones wait for you: skua findings SHOP --kind %s lists them, with "
                      "--decide applied they take effect.",
                      skuai_json_as_text(skuai_json_get(k, "kind"), ""));
        break;
    }
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_check(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, command_check_show);
}

const command command_check = {
    .name = "check",
    .summary = "find what is odd in the data, and what was done about it",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Looks for duplicates, gaps, non-products, wholesale orders, impossible values, "
                   "changes of unit, price errors, spellings, re-used codes, successors, outliers, "
                   "dead and newborn items, stock-outs and the demand they hid, an incomplete last "
                   "period. Findings are listed and kept; none changes the data.",
    .example = "skua check myshop",
    .run = run,
};
