#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MOST = 12 };

static double number(const skuai_json *object, const char *name) {
    return skuai_json_as_number(skuai_json_get(object, name), (double)NAN);
}

static const char *text(const skuai_json *object, const char *name) {
    return skuai_json_as_text(skuai_json_get(object, name), "");
}

static const char *units(double x, char *to) {
    if (fabs(x) >= 100) return grouped((int64_t)llround(x), to);
    (void)snprintf(to, 32, "%.3g", x);
    return to;
}

static void show_movers(const invocation *call, const skuai_json *report) {
    const skuai_json *movers = skuai_json_get(report, "movers");
    cell_table table;
    cells_init(&table, 4);
    for (size_t i = 0; i < skuai_json_size(movers) && i < LINES_MOST; i++) {
        const skuai_json *m = skuai_json_at(movers, i), *line = skuai_json_get(m, "line");
        double values[64];
        size_t n = skuai_json_size(line);
        char spark[256];
        for (size_t t = 0; t < n && t < 64; t++)
            values[t] = skuai_json_as_number(skuai_json_at(line, t), (double)NAN);
        terminal_sparkline(values, n < 64 ? n : 64, 24, spark, sizeof spark);
        cells_add(&table, "%s", text(m, "name"));
        cells_add(&table, "%s", text(m, "kind"));
        cells_add(&table, "%+.1f %%", 100 * number(m, "slope"));
        cells_add(&table, "%s", spark);
    }
    static const char *const header[] = {"series", "direction", "a period", "past"};
    static const bool right[] = {false, false, true, false};
    if (skuai_json_size(movers) > 0) cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

static void show_changes(const invocation *call, const skuai_json *report) {
    const skuai_json *changes = skuai_json_get(report, "changes");
    cell_table table;
    char a[32], b[32];
    cells_init(&table, 4);
    for (size_t i = 0; i < skuai_json_size(changes) && i < LINES_MOST; i++) {
        const skuai_json *c = skuai_json_at(changes, i);
        cells_add(&table, "%s", text(c, "name"));
        cells_add(&table, "%s", text(c, "ds"));
        cells_add(&table, "%s to %s", units(number(c, "before"), a), units(number(c, "after"), b));
        cells_add(&table, "%+.0f %%", 100 * number(c, "size"));
    }
    static const char *const header[] = {"change point", "from", "units a period", "size"};
    static const bool right[] = {false, false, true, true};
    if (skuai_json_size(changes) > 0) cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *total = skuai_json_get(report, "total"),
                     *kinds = skuai_json_get(report, "kinds");
    const skuai_json *moved = skuai_json_get(report, "moved");
    const skuai_json *chances = skuai_json_get(report, "opportunities");
    char a[32], b[32], c[32], d[32];
    show_movers(call, report);
    show_changes(call, report);
    command_print(call,
                  "%lld series: %lld rising, %lld falling, %lld steady, %lld newborn, %lld silent.",
                  (long long)skuai_json_as_integer(skuai_json_get(report, "series"), 0),
                  (long long)skuai_json_as_integer(skuai_json_get(kinds, "rising"), 0),
                  (long long)skuai_json_as_integer(skuai_json_get(kinds, "falling"), 0),
                  (long long)skuai_json_as_integer(skuai_json_get(kinds, "steady"), 0),
                  (long long)skuai_json_as_integer(skuai_json_get(kinds, "newborn"), 0),
                  (long long)skuai_json_as_integer(skuai_json_get(kinds, "silent"), 0));
    command_print(call,
                  "From %s to %s the shop sold %+.1f %% against the window before: what grew %s, "
                  "what fell %s, what is new %s, what ended %s units.",
                  text(report, "recent_from"), text(report, "to"),
                  100 * number(total, "change") / number(total, "before"),
                  units(number(moved, "grew"), a), units(number(moved, "fell"), b),
                  units(number(moved, "new"), c), units(number(moved, "ended"), d));
    for (size_t i = 0; i < skuai_json_size(chances) && i < 5; i++) {
        const skuai_json *o = skuai_json_at(chances, i);
        command_print(call,
                      "opportunity: %s is looked for %s times, before %s; sales do not follow.",
                      text(o, "name"), units(number(o, "interest_after"), a),
                      units(number(o, "interest_before"), b));
    }
    if (*text(report, "output")) command_print(call, "The page is %s.", text(report, "output"));
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_trend(shop, call->output, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_trend = {
    .name = "trend",
    .summary = "what rises and falls, since when, and what moved the total",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Tells which series rise, fall, are new or silent; change points with dates and sizes; "
        "what "
        "moved the shop's total, as contributions that add up to it; shares of categories by "
        "channel; and what is looked for more without selling more. -o writes a page (HTML, one "
        "file) in English or, with --language zh, Chinese.",
    .example = "skua trend myshop -o trend.html --language zh",
    .has_output = true,
    .run = run,
};
