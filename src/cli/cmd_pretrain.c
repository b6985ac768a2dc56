#include "cli/command.h"

#include <stdio.h>

static void show(const invocation *call, const skuai_json *report) {
    char a[32], b[32];
    bool finished = skuai_json_as_bool(skuai_json_get(report, "finished"), false);
    command_print(call,
                  "%s holds %s weights after %s steps%s: training loss %.4f, validation loss %.4f, "
                  "%.0f windows a second.",
                  skuai_json_as_text(skuai_json_get(report, "output"), ""),
                  grouped(skuai_json_as_integer(skuai_json_get(report, "parameters"), 0), a),
                  grouped(skuai_json_as_integer(skuai_json_get(report, "steps"), 0), b),
                  finished ? "" : " (time was over before the recipe's last)",
                  skuai_json_as_number(skuai_json_get(report, "loss"), 0),
                  skuai_json_as_number(skuai_json_get(report, "validation"), 0),
                  skuai_json_as_number(skuai_json_get(report, "windows_a_second"), 0));
}

static exit_code run(invocation *call) {
    skua_error err;
    char *report = NULL;
    skua_callbacks callbacks = terminal_callbacks(call->term);
    if (!call->output) {
        terminal_say(call->term, "pretrain wants -o FILE for the model");
        return EXIT_USAGE;
    }
    /* the list of arguments ends with a NULL */
    skua_status status = skua_pretrain(call->arguments[0], call->arguments + 1, call->output,
                                       call->settings, &callbacks, &report, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_pretrain = {
    .name = "pretrain",
    .summary = "a base model from synthetic series and your own",
    .arguments = "RECIPE [SHOP...]",
    .least = 1,
    .most = 65,
    .description =
        "Trains a net without labels on synthetic series, drawn as the recipe says, and "
        "on the histories of the shops given (a recipe gives them weight by series.real "
        "and series.mixture). A run that was stopped goes on from its checkpoint and "
        "ends with the same bits. SKUA_BASE=FILE makes the other commands use the model.",
    .example = "skua pretrain data/recipes/pretrain.yaml -o base.safetensors --checkpoint "
               "base.checkpoint --curves runs/base",
    .has_output = true,
    .for_ranks = true,
    .run = run,
};
