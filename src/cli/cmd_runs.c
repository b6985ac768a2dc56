/* runs, compare, promote, rollback. */
#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const skuai_json *object, const char *name) {
    return skuai_json_as_text(skuai_json_get(object, name), "");
}

static void add_number(cell_table *table, const skuai_json *row, const char *name, int digits) {
    double x = skuai_json_as_number(skuai_json_get(row, name), (double)NAN);
    if (isnan(x))
        cells_add(table, "-");
    else
        cells_add(table, "%.*f", digits, x);
}

/* -- runs -------------------------------------------------------------------------------------- */

static void show_runs(const invocation *call, const skuai_json *report) {
    const skuai_json *runs = skuai_json_get(report, "runs");
    cell_table table;
    cells_init(&table, 6);
    for (size_t i = 0; i < skuai_json_size(runs); i++) {
        const skuai_json *r = skuai_json_at(runs, i);
        bool current = skuai_json_as_bool(skuai_json_get(r, "current"), false);
        cells_add(&table, "%s", text_of(r, "run"));
        cells_add(&table, "%s%s", text_of(r, "model"), current ? " (current)" : "");
        add_number(&table, r, "wql", 4);
        add_number(&table, r, "wape", 4);
        cells_add(&table, "%lld",
                  (long long)skuai_json_as_integer(skuai_json_get(r, "horizon"), 0));
        add_number(&table, r, "seconds", 1);
    }
    static const char *const header[] = {"run", "model", "WQL", "WAPE", "horizon", "seconds"};
    static const bool right[] = {false, false, true, true, true, true};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

static exit_code run_runs(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_runs(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show_runs);
}

const command command_runs = {
    .name = "runs",
    .summary = "trainings, backtests and forecasts so far",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Lists what was run, newest first, with the scores of the combination on the "
                   "window that nothing had seen, and says which model forecasts now.",
    .example = "skua runs myshop",
    .run = run_runs,
};

/* -- compare ----------------------------------------------------------------------------------- */

static void show_compare(const invocation *call, const skuai_json *report) {
    const skuai_json *scores = skuai_json_get(report, "scores");
    cell_table table;
    cells_init(&table, 4);
    for (size_t i = 0; i < skuai_json_size(scores); i++) {
        const skuai_json *s = skuai_json_at(scores, i);
        const char *metric = text_of(s, "metric");
        bool main = strcmp(metric, "wql") == 0 || strcmp(metric, "wape") == 0;
        if (!main && strcmp(text_of(s, "model"), "combination") != 0) continue;
        cells_add(&table, "%s", text_of(s, "model"));
        cells_add(&table, "%s", metric);
        add_number(&table, s, "a", 4);
        add_number(&table, s, "b", 4);
    }
    static const char *const header[] = {"model", "metric", "a", "b"};
    static const bool right[] = {false, false, true, true};
    command_print(call, "a: %s", text_of(report, "a"));
    command_print(call, "b: %s", text_of(report, "b"));
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    const char *verdict = text_of(report, "verdict");
    if (*verdict)
        command_print(call,
                      "WQL of b less that of a: %+.4f, between %+.4f and %+.4f (95 %%, bootstrap "
                      "over %lld series): %s.",
                      skuai_json_as_number(skuai_json_get(report, "difference"), 0),
                      skuai_json_as_number(skuai_json_get(report, "low"), 0),
                      skuai_json_as_number(skuai_json_get(report, "high"), 0),
                      (long long)skuai_json_as_integer(skuai_json_get(report, "series"), 0),
                      verdict);
}

static exit_code run_compare(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK)
        status = skua_shop_compare(shop, call->arguments[1], call->arguments[2], &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show_compare);
}

const command command_compare = {
    .name = "compare",
    .summary = "two runs side by side, and whether they differ beyond noise",
    .arguments = "SHOP A B",
    .least = 3,
    .most = 3,
    .description = "A and B are runs as 'skua runs' lists them, or models as 0001. The difference "
                   "of their quantile loss comes with an interval by bootstrap over the series "
                   "that both were tested on.",
    .example = "skua compare myshop 0001 0002",
    .run = run_compare,
};

/* -- promote, rollback ------------------------------------------------------------------------- */

static void show_current(const invocation *call, const skuai_json *report) {
    command_print(call, "Model %s forecasts now; before it was %s.", text_of(report, "current"),
                  text_of(report, "before"));
}

static exit_code run_promote(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_promote(shop, call->arguments[1], &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show_current);
}

static exit_code run_rollback(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_rollback(shop, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show_current);
}

const command command_promote = {
    .name = "promote",
    .summary = "let another model forecast",
    .arguments = "SHOP MODEL",
    .least = 2,
    .most = 2,
    .description = "MODEL is a trained model as 0001; skua runs lists them.",
    .example = "skua promote myshop 0001",
    .run = run_promote,
};

const command command_rollback = {
    .name = "rollback",
    .summary = "back to the model before",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description = "Undoes the last training or promotion: the model before it forecasts again.",
    .example = "skua rollback myshop",
    .run = run_rollback,
};
