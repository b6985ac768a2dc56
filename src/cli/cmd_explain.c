#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double number(const skuai_json *object, const char *name) {
    return skuai_json_as_number(skuai_json_get(object, name), (double)NAN);
}

static const char *text(const skuai_json *object, const char *name) {
    return skuai_json_as_text(skuai_json_get(object, name), "");
}

static bool flag(const skuai_json *object, const char *name) {
    return skuai_json_as_bool(skuai_json_get(object, name), false);
}

/* "+1.3", "-0.2", and "0" for what would be printed as nothing with a sign. */
static const char *change(double x, char *to) {
    if (fabs(x) < 0.05) return "0";
    (void)snprintf(to, 32, "%+.1f", x);
    return to;
}

static void say_associations(const invocation *call, const skuai_json *report) {
    const char *output = skuai_json_as_text(skuai_json_get(report, "output"), NULL);
    command_print(call,
                  "These are associations that the model %s rests on; skua cause measures "
                  "effects.",
                  text(report, "model"));
    if (output) command_print(call, "%s is written.", output);
}

/* -- One item -----------------------------------------------------------------------------------
 */

static void show_contributions(const invocation *call, const skuai_json *report) {
    static const char *const header[] = {"", "units"};
    static const bool right[] = {false, true};
    cell_table table;
    char to[32];
    cells_init(&table, 2);
    cells_add(&table, "in ordinary times");
    cells_add(&table, "%.1f", number(report, "base"));
    const skuai_json *parts = skuai_json_get(report, "contributions");
    for (size_t i = 0; i < skuai_json_size(parts); i++) {
        const skuai_json *part = skuai_json_at(parts, i);
        cells_add(&table, "%s", text(part, "name"));
        cells_add(&table, "%s", change(number(part, "units"), to));
    }
    cells_add(&table, "forecast over %.0f periods", number(report, "horizon"));
    cells_add(&table, "%.1f", number(report, "forecast"));
    const skuai_json *questions = skuai_json_get(report, "what_if");
    for (size_t i = 0; i < skuai_json_size(questions); i++) {
        const skuai_json *q = skuai_json_at(questions, i);
        cells_add(&table, "if %s", text(q, "question"));
        cells_add(&table, "%.1f", number(q, "mean"));
    }
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

/* LIME's line, with how well it stands in for the model. */
static void show_line(const invocation *call, const skuai_json *report) {
    static const char *const header[] = {"the line", "units per 1", "ordinary", "planned"};
    static const bool right[] = {false, true, true, true};
    const skuai_json *line = skuai_json_get(report, "line");
    const skuai_json *terms = skuai_json_get(line, "terms");
    double fidelity = number(report, "fidelity");
    cell_table table;
    if (!line) return;
    cells_init(&table, 4);
    for (size_t i = 0; i < skuai_json_size(terms); i++) {
        const skuai_json *term = skuai_json_at(terms, i);
        cells_add(&table, "%s", text(term, "input"));
        cells_add(&table, "%+.3g", number(term, "coefficient"));
        cells_add(&table, "%.4g", number(term, "ordinary"));
        cells_add(&table, "%.4g", number(term, "planned"));
    }
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    if (isnan(fidelity))
        command_print(call, "Nothing that was perturbed moves this forecast.");
    else
        command_print(call,
                      "The line explains %.0f %% of how perturbations held out move the "
                      "forecast%s.",
                      100 * fidelity, fidelity >= 0.8 ? "" : ": little, do not lean on it");
}

/* The parts that move the forecast most, or that the model does not use them. */
static void show_parts(const invocation *call, const skuai_json *report, const char *name) {
    const skuai_json *found = skuai_json_get(report, name), *parts = skuai_json_get(found, "parts");
    const char *left_out = text(found, "left_out");
    char line[512], to[32];
    size_t n = skuai_json_size(parts), used = 0;
    bool told[64] = {false};
    if (!found) return;
    if (*left_out) {
        command_print(call, "%s: not looked at, for %s.", name, left_out);
        return;
    }
    if (!flag(found, "used")) {
        command_print(call, "%s: the model does not use them; its forecast stays the same.", name);
        return;
    }
    int at = snprintf(line, sizeof line, "%s that move it most:", name);
    for (; used < 5 && used < n; used++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < n && i < 64; i++)
            if (!told[i] &&
                (best == SIZE_MAX || fabs(number(skuai_json_at(parts, i), "units")) >
                                         fabs(number(skuai_json_at(parts, best), "units"))))
                best = i;
        if (best == SIZE_MAX) break;
        told[best] = true;
        const skuai_json *part = skuai_json_at(parts, best);
        (void)snprintf(to, sizeof to, "%+.2g", number(part, "units"));
        if (at > 0 && (size_t)at < sizeof line - 80)
            at += snprintf(line + at, sizeof line - (size_t)at, "%s %s %s", used ? "," : "",
                           text(part, "part"), to);
    }
    command_print(call, "%s.", line);
    if (skuai_json_get(found, "if_reworded"))
        command_print(call, "With the other words %.1f units, with its own %.1f.",
                      number(found, "if_reworded"), number(found, "forecast"));
}

static void show_item(const invocation *call, const skuai_json *report) {
    command_print(call, "%s: %s", text(report, "series"), text(report, "sentence"));
    command_print(call, "%s", text(report, "sentence_zh"));
    show_contributions(call, report);
    show_line(call, report);
    show_parts(call, report, "words");
    show_parts(call, report, "regions");
    if (skuai_json_as_integer(skuai_json_get(report, "series_of_item"), 0) > 1)
        command_print(call,
                      "The item sells in %.0f channels: this is the largest; name item/channel "
                      "for another.",
                      number(report, "series_of_item"));
    say_associations(call, report);
}

/* -- The whole shop -----------------------------------------------------------------------------
 */

static void show_node(const invocation *call, const skuai_json *node, const char *lead, int depth) {
    const char *question = text(node, "question");
    char line[256];
    if (*question)
        (void)snprintf(line, sizeof line, "%s%s?", lead, question);
    else
        (void)snprintf(line, sizeof line, "%s%.2f x usual sales (%.0f %%)", lead,
                       number(node, "times_usual"), 100 * number(node, "share"));
    terminal_wrap(call->term, 2 * depth, line);
    if (!*question) return;
    show_node(call, skuai_json_get(node, "yes"), "yes: ", depth + 1);
    show_node(call, skuai_json_get(node, "no"), "no: ", depth + 1);
}

static void show_importance(const invocation *call, const skuai_json *report) {
    static const char *const header[] = {"input", "% of usual", "units"};
    static const bool right[] = {false, true, true};
    const skuai_json *list = skuai_json_get(report, "importance");
    cell_table table;
    cells_init(&table, 3);
    for (size_t i = 0; i < skuai_json_size(list); i++) {
        const skuai_json *group = skuai_json_at(list, i);
        cells_add(&table, "%s", text(group, "name"));
        cells_add(&table, "%.1f", 100 * number(group, "mean_share"));
        cells_add(&table, "%.2f", number(group, "mean_units"));
    }
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

static void show_dependence(const invocation *call, const skuai_json *report) {
    static const char *const header[] = {"if all had", "", "forecasts"};
    static const bool right[] = {false, true, true};
    const skuai_json *list = skuai_json_get(report, "dependence");
    cell_table table;
    cells_init(&table, 3);
    for (size_t i = 0; i < skuai_json_size(list); i++) {
        const skuai_json *d = skuai_json_at(list, i), *grid = skuai_json_get(d, "grid");
        const skuai_json *share = skuai_json_get(d, "share");
        bool times = strcmp(text(d, "grid_is"), "times planned") == 0;
        for (size_t g = 0; g<skuai_json_size(grid); g += skuai_json_size(grid)> 5 ? 3 : 1) {
            cells_add(&table, "%s", g ? "" : text(d, "name"));
            cells_add(&table, times ? "x %.1f" : "%.4g",
                      skuai_json_as_number(skuai_json_at(grid, g), (double)NAN));
            if (flag(d, "used"))
                cells_add(&table, "%+.1f %%",
                          100 * skuai_json_as_number(skuai_json_at(share, g), (double)NAN));
            else
                cells_add(&table, g ? "" : "not used");
        }
    }
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

static void show_shop(const invocation *call, const skuai_json *report) {
    const skuai_json *tree = skuai_json_get(report, "surrogate");
    command_print(call,
                  "What inputs add to the forecasts of %.0f series (of %.0f), mean size over the "
                  "next %.0f periods:",
                  number(report, "series"), number(report, "series_of_shop"),
                  number(report, "horizon"));
    show_importance(call, report);
    if (tree) {
        command_print(call,
                      "A tree in place of the model; it explains %.0f %% of how the model's "
                      "forecasts vary over %.0f series that it was not fitted to:",
                      100 * number(tree, "fidelity"), number(tree, "held_out"));
        show_node(call, skuai_json_get(tree, "tree"), "", 0);
    } else {
        command_print(call, "No tree: %s.", text(report, "no_surrogate"));
    }
    show_dependence(call, report);
    say_associations(call, report);
}

static void show(const invocation *call, const skuai_json *report) {
    if (skuai_json_get(report, "importance"))
        show_shop(call, report);
    else
        show_item(call, report);
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
        "asks the model what other prices and promotions would make of it. --method lime fits a "
        "sparse line around the forecast and tells how well it holds; --global explains the model "
        "over the whole shop: importance, a small tree, partial dependence. -o FILE writes a page.",
    .example = "skua explain myshop --item I000001 -o explain.html",
    .has_output = true,
    .files = options,
    .run = run,
};
