#include "cli/command.h"

#include <stdio.h>

static exit_code run(invocation *call) {
    skua_error err;
    skua_status status = skua_shop_init(call->arguments[0], call->settings, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    if (call->json)
        puts("{\"verb\":\"init\",\"done\":true}");
    else
        command_print(call, "%s is ready. Next: skua ingest %s --sales FILE (or --orders FILE)",
                      call->arguments[0], call->arguments[0]);
    return EXIT_DONE;
}

const command command_init = {
    .name = "init",
    .summary = "make a workspace: a folder that holds a shop",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Makes the folder SHOP with shop.duckdb (the tables, open to any DuckDB client), "
        "models/ and skua.yaml (the settings, to be edited). A folder that holds a "
        "workspace already is left as it is.",
    .example = "skua init myshop --time-zone Asia/Shanghai --currency CNY --country CN,shopping",
    .run = run,
};
