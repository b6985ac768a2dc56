#include "cli/leaderboard.h"

#include <stdio.h>

/* "new items (85): image 0.56, text 0.46": of each age the shares that are not 0. */
static void show_learnt(const invocation *call, const char *name, const skuai_json *learnt) {
    const char *age = NULL;
    const skuai_json *one;
    while ((one = skuai_json_next(learnt, &age))) {
        const skuai_json *weights = skuai_json_get(one, "weights"), *value;
        long long items = (long long)skuai_json_as_integer(skuai_json_get(one, "items"), 0);
        char line[512];
        int at = 0;
        for (const char *part = NULL; (value = skuai_json_next(weights, &part));) {
            double weight = skuai_json_as_number(value, 0);
            if (!(weight > 0) || at < 0 || at >= (int)sizeof line) continue;
            at += snprintf(line + at, sizeof line - (size_t)at, "%s%s %.2f", at ? ", " : "", part,
                           weight);
        }
        if (items > 0 && at > 0)
            command_print(call, "%s, %s items (%lld): %s", name, age, items, line);
    }
}

static void show(const invocation *call, const skuai_json *report) {
    leaderboard_show(call, report);
    const skuai_json *learnt = skuai_json_get(report, "learnt"), *one;
    for (const char *name = NULL; (one = skuai_json_next(learnt, &name));)
        show_learnt(call, name, one);
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
    .for_ranks = true,
    .run = run,
};
