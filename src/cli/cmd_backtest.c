#include "cli/leaderboard.h"

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_backtest(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, leaderboard_show);
}

const command command_backtest = {
    .name = "backtest",
    .summary = "rolling origins: every model against the free baselines",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Lets every model of the preset (or of --models) forecast periods that have "
                   "passed, from what was known then, and scores them. The free baselines are "
                   "always in the table; WQL (the scaled quantile loss) orders it.",
    .example = "skua backtest myshop --horizon 28 --windows 3 --models ets,theta",
    .run = run,
};
