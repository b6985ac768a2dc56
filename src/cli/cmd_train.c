#include "cli/leaderboard.h"

#include <stdio.h>

static void show(const invocation *call, const skuai_json *report) {
    leaderboard_show(call, report);
    command_print(call, "Model %s is kept; skua forecast uses it.",
                  skuai_json_as_text(skuai_json_get(report, "model"), ""));
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_train(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_train = {
    .name = "train",
    .summary = "backtest models, choose and calibrate their combination",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Backtests the models of the preset on rolling origins, chooses the weights of "
                   "their combination (one set for regular demand, one for intermittent), "
                   "calibrates its quantiles, and keeps it as a numbered model of the shop.",
    .example = "skua train myshop --horizon 28 --preset fast",
    .run = run,
};
