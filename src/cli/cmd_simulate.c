#include "cli/command.h"

#include <stdio.h>

void command_simulate_show(const invocation *call, const skuai_json *report) {
    int64_t channels = skuai_json_as_integer(skuai_json_get(report, "channels"), 0);
    char a[32], b[32], c[32], text[512];
    (void)snprintf(text, sizeof text,
                   "%s: %s items, %lld channel%s, %s rows of sales, %s events; %.1f %% of the "
                   "item-days ran out of stock. The truth is in %s/truth.",
                   skuai_json_as_text(skuai_json_get(report, "folder"), ""),
                   grouped(skuai_json_as_integer(skuai_json_get(report, "items"), 0), a),
                   (long long)channels, channels == 1 ? "" : "s",
                   grouped(skuai_json_as_integer(skuai_json_get(report, "rows"), 0), b),
                   grouped(skuai_json_as_integer(skuai_json_get(report, "events"), 0), c),
                   100 * skuai_json_as_number(skuai_json_get(report, "stockout_share"), 0),
                   skuai_json_as_text(skuai_json_get(report, "folder"), ""));
    terminal_wrap(call->term, 0, text);
}

static exit_code run(invocation *call) {
    skua_error err;
    char *report = NULL;
    skua_callbacks callbacks = terminal_callbacks(call->term);
    skua_status status =
        skua_simulate(call->arguments[0], call->settings, &callbacks, &report, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, command_simulate_show);
}

const command command_simulate = {
    .name = "simulate",
    .summary = "the files of a shop whose truth is known",
    .arguments = "FOLDER",
    .least = 1,
    .most = 1,
    .description = "Writes sales (or orders), items, promotions, supply, events, a calendar and "
                   "plans as a real shop would have them, and what really moves its demand into "
                   "FOLDER/truth, which no other command reads.",
    .example = "skua simulate files --items 500 --days 730 --law mixed --seed 7",
    .run = run,
};
