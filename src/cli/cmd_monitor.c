#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void add_number(cell_table *table, const skuai_json *row, const char *name, int digits,
                       double scale) {
    double x = skuai_json_as_number(skuai_json_get(row, name), (double)NAN);
    if (isnan(x))
        cells_add(table, "-");
    else
        cells_add(table, "%.*f%s", digits, x * scale, scale > 1 ? " %" : "");
}

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *weeks = skuai_json_get(report, "weeks");
    cell_table table;
    cells_init(&table, 7);
    for (size_t i = 0; i < skuai_json_size(weeks); i++) {
        const skuai_json *w = skuai_json_at(weeks, i);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(w, "week"), ""));
        add_number(&table, w, "points", 0, 1);
        add_number(&table, w, "cover80", 0, 100);
        add_number(&table, w, "bias", 1, 100);
        add_number(&table, w, "wape", 1, 100);
        add_number(&table, w, "psi", 3, 1);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(w, "verdict"), ""));
    }
    static const char *const header[] = {"week of", "points", "in 80 %", "bias",
                                         "WAPE",    "PSI",    "verdict"};
    static const bool right[] = {false, true, true, true, true, true, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    if (skuai_json_size(weeks) == 0)
        command_print(call, "No period that was forecast has come yet.");
    const skuai_json *refit = skuai_json_get(report, "refit");
    if (refit)
        command_print(call, "Model %s learnt what came; it is now model %s.",
                      skuai_json_as_text(skuai_json_get(refit, "before"), "?"),
                      skuai_json_as_text(skuai_json_get(refit, "model"), "?"));
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skuai_json *json = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_monitor(shop, &report, &err);
    skua_shop_close(shop);
    if (status == SKUA_OK) status = skuai_json_parse(report, strlen(report), &json, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    bool alarm = strcmp(skuai_json_as_text(skuai_json_get(json, "verdict"), ""), "alarm") == 0 &&
                 !skuai_json_get(json, "refit");
    skuai_json_free(json);
    exit_code code = command_show_report(call, report, show);
    return code == EXIT_DONE && alarm ? EXIT_WORK : code;
}

const command command_monitor = {
    .name = "monitor",
    .summary = "do forecasts hold, week by week",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Compares what was forecast with what came since: the share inside the 80 % "
                   "interval, bias, WAPE, and how far outcomes have drifted from the quantiles "
                   "(population stability index; 0.1 is worth a look, 0.25 an alarm). Exit code 1 "
                   "when the latest week is an alarm, so that 'skua monitor myshop || skua train "
                   "myshop' chooses anew when it must; with --refit alarm the current model is "
                   "updated then, and the exit code is 0.",
    .example = "skua monitor myshop",
    .run = run,
};
