#include "cli/command.h"

#include <stdio.h>

static void show(const invocation *call, const skuai_json *report) {
    command_print(call, "%s is written: one file that any browser opens, no network needed.",
                  skuai_json_as_text(skuai_json_get(report, "output"), ""));
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    const char *output = call->output ? call->output : "report.html";
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_report(shop, output, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_report = {
    .name = "report",
    .summary = "a page with history, forecasts, scores and findings",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Writes one HTML file (report.html, or -o FILE) with the last forecast beside the "
        "history, the leaderboard, how well the quantiles hold, and the findings; light "
        "and dark, English and Chinese.",
    .example = "skua report myshop -o report.html --language zh",
    .has_output = true,
    .run = run,
};
