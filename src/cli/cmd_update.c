#include "cli/command.h"

#include <stdio.h>

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *updated = skuai_json_get(report, "updated");
    size_t n = skuai_json_size(updated);
    for (size_t i = 0; i < n; i++)
        command_print(call, "%s learnt what came.",
                      skuai_json_as_text(skuai_json_at(updated, i), ""));
    if (n == 0)
        command_print(call, "No member of the model keeps what it learnt: all of them read the "
                            "whole history whenever they forecast.");
    command_print(call, "Model %s is kept, with the weights of model %s; skua forecast uses it.",
                  skuai_json_as_text(skuai_json_get(report, "model"), ""),
                  skuai_json_as_text(skuai_json_get(report, "before"), ""));
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_update(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_update = {
    .name = "update",
    .summary = "let the trained model learn what came since",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Fits the boosted trees of the current model anew, and trains its nets further, "
                   "on all that is known now; the combination's weights and calibration stay. "
                   "Much cheaper than train, which chooses anew. The result is a new version: "
                   "skua rollback goes back.",
    .example = "skua update myshop",
    .run = run,
};
