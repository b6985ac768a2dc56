#include "cli/command.h"

#include <stdio.h>

static void show(const invocation *call, const skuai_json *report) {
    char items[32], encoded[32], unchanged[32];
    (void)grouped(skuai_json_as_integer(skuai_json_get(report, "items"), 0), items);
    (void)grouped(skuai_json_as_integer(skuai_json_get(report, "encoded"), 0), encoded);
    (void)grouped(skuai_json_as_integer(skuai_json_get(report, "unchanged"), 0), unchanged);
    command_print(call,
                  "%s items have words; %s were encoded by %s (%lld values each), %s had not "
                  "changed.",
                  items, encoded, skuai_json_as_text(skuai_json_get(report, "model"), ""),
                  (long long)skuai_json_as_integer(skuai_json_get(report, "width"), 0), unchanged);
    command_print(call, "The vectors are in the table vectors, and models use them from the next "
                        "training on.");
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_embed(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_embed = {
    .name = "embed",
    .summary = "turn the items' words into vectors that models can use",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Encodes title, description, brand and category of every item into the table "
        "vectors: by sub-words learnt on the shop's own texts, in any language and "
        "without a download, or by a language model from a Hugging Face folder "
        "(--encoder). Only what changed is encoded again; --again learns and encodes all "
        "anew. Vectors of several models stand side by side.",
    .example = "skua embed myshop",
    .run = run,
};
