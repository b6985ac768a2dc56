#include "cli/command.h"

#include <stdio.h>

static void show_counts(const invocation *call, const skuai_json *part, const char *what) {
    char items[32], encoded[32], unchanged[32];
    (void)grouped(skuai_json_as_integer(skuai_json_get(part, "items"), 0), items);
    (void)grouped(skuai_json_as_integer(skuai_json_get(part, "encoded"), 0), encoded);
    (void)grouped(skuai_json_as_integer(skuai_json_get(part, "unchanged"), 0), unchanged);
    command_print(call,
                  "%s items have %s; %s were encoded by %s (%lld values each), %s had not "
                  "changed.",
                  items, what, encoded, skuai_json_as_text(skuai_json_get(part, "model"), ""),
                  (long long)skuai_json_as_integer(skuai_json_get(part, "width"), 0), unchanged);
}

static void show_problems(const invocation *call, const skuai_json *pictures) {
    const skuai_json *problems = skuai_json_get(pictures, "problems");
    int64_t n = skuai_json_as_integer(skuai_json_get(pictures, "unreadable"), 0);
    if (n == 0) return;
    command_print(call, "%lld pictures could not be read:", (long long)n);
    for (size_t i = 0; i < skuai_json_size(problems); i++) {
        const skuai_json *p = skuai_json_at(problems, i);
        command_print(call, "  %s: %s %s", skuai_json_as_text(skuai_json_get(p, "item"), ""),
                      skuai_json_as_text(skuai_json_get(p, "file"), ""),
                      skuai_json_as_text(skuai_json_get(p, "why"), ""));
    }
    if ((size_t)n > skuai_json_size(problems))
        command_print(call, "  and %lld more, in the table pictures.",
                      (long long)n - (long long)skuai_json_size(problems));
}

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *pictures = skuai_json_get(report, "pictures");
    const char *left_out = skuai_json_as_text(skuai_json_get(report, "pictures_left_out"), NULL);
    if (skuai_json_get(report, "modality")) show_counts(call, report, "words");
    if (pictures) {
        show_counts(call, pictures, "a picture");
        show_problems(call, pictures);
    }
    if (left_out) command_print(call, "Pictures were left out: %s.", left_out);
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
    .summary = "turn the items' words and pictures into vectors that models can use",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Encodes title, description, brand and category of every item, and its picture, into the "
        "table vectors. Words: by sub-words learnt on the shop's own texts, in any language and "
        "without a download, or by a language model from a Hugging Face folder (--encoder). "
        "Pictures (JPEG, PNG, WebP, GIF): by descriptors of colour, texture, shape and layout, or "
        "with --modality image by a ViT, DeiT, CLIP or SigLIP from such a folder. "
        "Only what changed is encoded again; --again learns and encodes all anew. Vectors of "
        "several models stand side by side.",
    .example = "skua embed myshop",
    .run = run,
};
