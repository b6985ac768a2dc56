#include "cli/command.h"

#include <stdio.h>

static const char *member(const skuai_json *f, const char *name) {
    return skuai_json_as_text(skuai_json_get(f, name), "");
}

/* The row whole, for --row wants it; what was and what comes; why, below it. */
static void show_one(const invocation *call, const skuai_json *f) {
    const char *before = member(f, "before"), *after = member(f, "after");
    command_print(call, "%s  %s, %s%s%s%s%s", member(f, "row"), member(f, "kind"),
                  member(f, "action"), *before || *after ? ": " : "", before, *after ? " -> " : "",
                  after);
    terminal_wrap(call->term, 4, member(f, "why"));
}

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *findings = skuai_json_get(report, "findings");
    size_t n = skuai_json_size(findings);
    int64_t total = skuai_json_as_integer(skuai_json_get(report, "total"), 0);
    char a[32], b[32];
    if (skuai_json_get(report, "action"))
        command_print(call, "%s findings are now %s.",
                      grouped(skuai_json_as_integer(skuai_json_get(report, "changed"), 0), a),
                      member(report, "action"));
    if (n == 0) {
        puts("No finding of that description.");
        return;
    }
    for (size_t i = 0; i < n; i++)
        show_one(call, skuai_json_at(findings, i));
    if ((size_t)total > n)
        command_print(call, "%s of %s; --limit shows more.", grouped((int64_t)n, a),
                      grouped(total, b));
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_findings(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_findings = {
    .name = "findings",
    .summary = "the findings of a check one by one, and decisions about them",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Lists what `skua check` found: the row, what was before, what comes after and "
                   "why. --decide applied lets the named findings change the history that the "
                   "next training or forecast reads; --decide rejected takes that back. A later "
                   "check keeps decisions.",
    .example = "skua findings myshop --kind outlier --item A17 --decide rejected",
    .run = run,
};
