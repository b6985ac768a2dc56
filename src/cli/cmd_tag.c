#include "cli/command.h"

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *labels = skuai_json_get(report, "labels");
    char items[32], tagged[32];
    (void)grouped(skuai_json_as_integer(skuai_json_get(report, "items"), 0), items);
    (void)grouped(skuai_json_as_integer(skuai_json_get(report, "tagged"), 0), tagged);
    command_print(call, "%s of %s items with words have the tag '%s' now:", tagged, items,
                  skuai_json_as_text(skuai_json_get(report, "tag"), ""));
    for (size_t i = 0; i < skuai_json_size(labels); i++) {
        const skuai_json *l = skuai_json_at(labels, i);
        long long n = (long long)skuai_json_as_integer(skuai_json_get(l, "items"), 0);
        if (n > 0)
            command_print(call, "  %s: %lld, as %s",
                          skuai_json_as_text(skuai_json_get(l, "label"), ""), n,
                          skuai_json_as_text(skuai_json_get(l, "words"), ""));
        else
            command_print(call, "  %s: none", skuai_json_as_text(skuai_json_get(l, "label"), ""));
    }
    command_print(call,
                  "The tags are in the table tags, and models use them from the next training "
                  "on.");
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_tag(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_tag = {
    .name = "tag",
    .summary = "give items labels from their words",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Puts every item that has words under a label: from a list of labels alone (--labels, a "
        "label a line, or 'label: words that say what it is'), from rules (--rules, 'label: word "
        "| two words'), from examples (--examples, a CSV with item and label), or from clusters "
        "that name themselves (--clusters N). Examples stand, then the first rule that fits, then "
        "the nearest label by the items' word vectors. Labels go to the table tags under a name "
        "(--tag), and models use them.",
    .example = "skua tag myshop --clusters 8 --tag group",
    .run = run,
};
