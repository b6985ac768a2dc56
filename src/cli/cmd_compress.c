#include "cli/command.h"

#include <stdio.h>

static const skuai_json *side(const skuai_json *report, const char *name, const char *key) {
    return skuai_json_get(skuai_json_get(report, name), key);
}

static void add_row(cell_table *table, const skuai_json *report, const char *name) {
    char parameters[32], bytes[32];
    cells_add(table, "%s", name);
    cells_add(table, "%s",
              grouped(skuai_json_as_integer(side(report, name, "parameters"), 0), parameters));
    cells_add(table, "%s", grouped(skuai_json_as_integer(side(report, name, "bytes"), 0), bytes));
    cells_add(table, "%.0f", skuai_json_as_number(side(report, name, "microseconds"), 0));
    cells_add(table, "%.4f", skuai_json_as_number(side(report, name, "wql"), 0));
    cells_add(table, "%.4f", skuai_json_as_number(side(report, name, "loss"), 0));
}

static void show(const invocation *call, const skuai_json *report) {
    static const char *const header[] = {"", "weights", "bytes", "us a series", "WQL", "loss"};
    static const bool right[] = {false, true, true, true, true, true};
    char steps[32];
    bool finished = skuai_json_as_bool(skuai_json_get(report, "finished"), true);
    cell_table table;
    command_print(call, "%s holds the net as %s, after %s steps of training%s.",
                  skuai_json_as_text(skuai_json_get(report, "output"), ""),
                  skuai_json_as_text(skuai_json_get(report, "weights"), ""),
                  grouped(skuai_json_as_integer(skuai_json_get(report, "steps"), 0), steps),
                  finished ? "" : " (time was over before the last)");
    cells_init(&table, 6);
    add_row(&table, report, "before");
    add_row(&table, report, "after");
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    command_print(call, "Measured on %s, %lld windows of full context.",
                  skuai_json_as_text(skuai_json_get(report, "trial"), ""),
                  (long long)skuai_json_as_integer(skuai_json_get(report, "windows"), 0));
}

static exit_code run(invocation *call) {
    skua_error err;
    char *report = NULL;
    skua_callbacks callbacks = terminal_callbacks(call->term);
    if (!call->output) {
        terminal_say(call->term, "compress wants -o FILE for the smaller model");
        return EXIT_USAGE;
    }
    /* the list of arguments ends with a NULL */
    skua_status status = skua_compress(call->arguments[0], call->arguments + 1, call->output,
                                       call->settings, &callbacks, &report, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_compress = {
    .name = "compress",
    .summary = "a smaller and faster net from a net",
    .arguments = "MODEL [SHOP...]",
    .least = 1,
    .most = 65,
    .description =
        "Reads a net (a file .safetensors of pretrain or of a shop's model) and writes a smaller "
        "one. --weights: of 16 or 8 bits; int8 has one scale an output channel, and the net then "
        "multiplies integers. --prune: without the heads and hidden units (--prune-layers: "
        "layers) that matter least, healed by a short training. --distill: taught by the net. "
        "Training reads synthetic series, and the shops' where some are named. The result is a "
        "net as any other.",
    .example = "skua compress base.safetensors myshop -o small.safetensors --prune 0.5 --weights "
               "int8",
    .has_output = true,
    .run = run,
};
