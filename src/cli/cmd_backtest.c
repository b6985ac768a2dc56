#include "cli/leaderboard.h"

/* What each kind of data is worth. */
/* What the platforms add to one another, one by one. */
static void show_channels(const invocation *call, const skuai_json *list) {
    cell_table table;
    if (skuai_json_size(list) == 0) return;
    cells_init(&table, 5);
    for (size_t i = 0; i < skuai_json_size(list); i++) {
        const skuai_json *c = skuai_json_at(list, i);
        const char *problem = skuai_json_as_text(skuai_json_get(c, "problem"), NULL);
        double low = skuai_json_as_number(skuai_json_get(c, "worth_low"), 0);
        double high = skuai_json_as_number(skuai_json_get(c, "worth_high"), 0);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(c, "channel"), ""));
        cells_add(&table, "%lld", (long long)skuai_json_as_integer(skuai_json_get(c, "series"), 0));
        if (problem) {
            for (int k = 0; k < 3; k++)
                cells_add(&table, "%s", k == 2 ? "cannot be forecast alone" : "");
            continue;
        }
        cells_add(&table, "%.4f", skuai_json_as_number(skuai_json_get(c, "wql"), 0));
        cells_add(&table, "%+.4f", skuai_json_as_number(skuai_json_get(c, "worth"), 0));
        cells_add(&table, "%+.4f .. %+.4f", low, high);
    }
    static const char *const header[] = {"channel", "series", "WQL alone", "the others add",
                                         "95 %"};
    static const bool right[] = {false, true, true, true, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

static void show_ablation(const invocation *call, const skuai_json *report) {
    const skuai_json *list = skuai_json_get(report, "ablation");
    cell_table table;
    if (skuai_json_size(list) == 0) return;
    cells_init(&table, 5);
    for (size_t i = 0; i < skuai_json_size(list); i++) {
        const skuai_json *a = skuai_json_at(list, i);
        double low = skuai_json_as_number(skuai_json_get(a, "worth_low"), 0);
        double high = skuai_json_as_number(skuai_json_get(a, "worth_high"), 0);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(a, "without"), ""));
        cells_add(&table, "%.4f", skuai_json_as_number(skuai_json_get(a, "wql"), 0));
        cells_add(&table, "%+.4f", skuai_json_as_number(skuai_json_get(a, "worth"), 0));
        cells_add(&table, "%+.4f .. %+.4f", low, high);
        cells_add(&table, "%s",
                  low > 0    ? "it helps"
                  : high < 0 ? "it harms"
                             : "no more than noise");
    }
    static const char *const header[] = {"without", "WQL", "worth", "95 %", ""};
    static const bool right[] = {false, true, true, true, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    command_print(call,
                  "Worth: how much the combination's WQL rises without it, on the same series "
                  "and windows, everything fitted and weighed anew; the band is a bootstrap "
                  "over series.");
    for (size_t i = 0; i < skuai_json_size(list); i++)
        show_channels(call, skuai_json_get(skuai_json_at(list, i), "channels"));
}

static void show(const invocation *call, const skuai_json *report) {
    leaderboard_show(call, report);
    show_ablation(call, report);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_backtest(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
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
    .for_ranks = true,
    .run = run,
};
