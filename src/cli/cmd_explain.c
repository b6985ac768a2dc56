#include "cli/command.h"

#include <math.h>
#include <stdio.h>

static double number(const skuai_json *object, const char *name) {
    return skuai_json_as_number(skuai_json_get(object, name), (double)NAN);
}

static void show(const invocation *call, const skuai_json *report) {
    static const char *const header[] = {"", "units"};
    static const bool right[] = {false, true};
    cell_table table;
    command_print(call, "%s: %s", skuai_json_as_text(skuai_json_get(report, "series"), ""),
                  skuai_json_as_text(skuai_json_get(report, "sentence"), ""));
    command_print(call, "%s", skuai_json_as_text(skuai_json_get(report, "sentence_zh"), ""));
    cells_init(&table, 2);
    cells_add(&table, "in ordinary times");
    cells_add(&table, "%.1f", number(report, "base"));
    const skuai_json *parts = skuai_json_get(report, "contributions");
    for (size_t i = 0; i < skuai_json_size(parts); i++) {
        const skuai_json *part = skuai_json_at(parts, i);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(part, "input"), ""));
        cells_add(&table, "%+.1f", number(part, "units"));
    }
    cells_add(&table, "forecast over %.0f periods", number(report, "horizon"));
    cells_add(&table, "%.1f", number(report, "forecast"));
    const skuai_json *questions = skuai_json_get(report, "what_if");
    for (size_t i = 0; i < skuai_json_size(questions); i++) {
        const skuai_json *q = skuai_json_at(questions, i);
        cells_add(&table, "if %s", skuai_json_as_text(skuai_json_get(q, "question"), ""));
        cells_add(&table, "%.1f", number(q, "mean"));
    }
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    if (skuai_json_as_integer(skuai_json_get(report, "series_of_item"), 0) > 1)
        command_print(call,
                      "The item sells in %.0f channels: this is the largest; name item/channel "
                      "for another.",
                      number(report, "series_of_item"));
    command_print(call,
                  "These are associations that the model %s rests on; skua cause measures "
                  "effects.",
                  skuai_json_as_text(skuai_json_get(report, "model"), ""));
    const char *output = skuai_json_as_text(skuai_json_get(report, "output"), NULL);
    if (output) command_print(call, "%s is written.", output);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    const char *item = NULL;
    for (const given_file *f = call->files; f && f->option; f++)
        item = f->value;
    if (!item && call->n_arguments > 1) item = call->arguments[1];
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_explain(shop, item, call->output, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

static const file_option options[] = {{"item", "which item (or item/channel) to explain"},
                                      {NULL, NULL}};

const command command_explain = {
    .name = "explain",
    .summary = "what an item's forecast rests on",
    .arguments = "SHOP",
    .least = 1,
    .most = 2,
    .description =
        "Splits the forecast of an item into what history, price, promotion, calendar and the "
        "other "
        "inputs add to it (Shapley values, which sum to it), says it in English and Chinese, and "
        "asks the model what other prices and promotions would make of it. -o FILE writes a page.",
    .example = "skua explain myshop --item I000001 -o explain.html",
    .has_output = true,
    .files = options,
    .run = run,
};
