#include "cli/command.h"

#include <stdio.h>

static void show(const invocation *call, const skuai_json *report) {
    char a[32];
    command_print(call, "%s holds the %s weights of %s as %s.",
                  skuai_json_as_text(skuai_json_get(report, "output"), ""),
                  grouped(skuai_json_as_integer(skuai_json_get(report, "parameters"), 0), a),
                  skuai_json_as_text(skuai_json_get(report, "model"), ""),
                  skuai_json_as_text(skuai_json_get(report, "weights"), ""));
}

static exit_code run(invocation *call) {
    skua_error err;
    char *report = NULL;
    skua_callbacks callbacks = terminal_callbacks(call->term);
    if (!call->output) {
        terminal_say(call->term, "compress wants -o FILE for the smaller model");
        return EXIT_USAGE;
    }
    skua_status status =
        skua_compress(call->arguments[0], call->output, call->settings, &callbacks, &report, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_compress = {
    .name = "compress",
    .summary = "a smaller file of a net, of 16 or 8 bits a weight",
    .arguments = "MODEL",
    .least = 1,
    .most = 1,
    .description =
        "Reads a net (a file .safetensors of pretrain or of a shop's model) and writes it "
        "with float16 or int8 weights. int8: one scale an output channel; the net then "
        "multiplies integers.",
    .example = "skua compress base.safetensors -o small.safetensors --weights int8",
    .has_output = true,
    .run = run,
};
