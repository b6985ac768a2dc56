#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 20, REASONS = 6 };

static double number(const skuai_json *object, const char *name) {
    return skuai_json_as_number(skuai_json_get(object, name), (double)NAN);
}

/* "-2.1 [-2.5, -1.7]", with the digits asked for. */
static void interval(cell_table *table, const skuai_json *effect, int digits, const char *unit) {
    if (!effect)
        cells_add(table, "-");
    else
        cells_add(table, "%.*f%s [%.*f, %.*f]", digits, number(effect, "value"), unit, digits,
                  number(effect, "low"), digits, number(effect, "high"));
}

static void show_items(const invocation *call, const skuai_json *items) {
    static const char *const header[] = {"item",  "units",     "elasticity",
                                         "known", "promotion", "gained"};
    static const bool right[] = {false, true, true, false, true, true};
    cell_table table;
    char text[32];
    cells_init(&table, 6);
    for (size_t i = 0; i < skuai_json_size(items) && i < ROWS; i++) {
        const skuai_json *item = skuai_json_at(items, i);
        const skuai_json *elasticity = skuai_json_get(item, "elasticity");
        double gained = number(item, "lift_units");
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(item, "item"), ""));
        cells_add(&table, "%s", grouped((int64_t)number(item, "units"), text));
        interval(&table, elasticity, 2, "");
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(elasticity, "known"), "-"));
        interval(&table, skuai_json_get(item, "uplift_percent"), 0, " %");
        cells_add(&table, "%s", isnan(gained) ? "-" : grouped((int64_t)gained, text));
    }
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    if (skuai_json_size(items) > ROWS)
        command_print(call, "... and %zu items more: --json or -o FILE has them all.",
                      skuai_json_size(items) - ROWS);
}

/* One line a reason that occurs, with the items that have it counted. */
static void show_reasons(const invocation *call, const skuai_json *items) {
    const char *seen[REASONS] = {0};
    size_t count[REASONS] = {0};
    for (size_t i = 0; i < skuai_json_size(items); i++) {
        const skuai_json *e = skuai_json_get(skuai_json_at(items, i), "elasticity");
        const char *reason = skuai_json_as_text(skuai_json_get(e, "reason"), NULL);
        for (size_t k = 0; reason && k < REASONS; k++) {
            if (seen[k] && strcmp(seen[k], reason) != 0) continue;
            seen[k] = reason;
            count[k]++;
            break;
        }
    }
    for (size_t k = 0; k < REASONS && seen[k]; k++)
        command_print(call, "The price's effect cannot be known for %zu items: %s.", count[k],
                      seen[k]);
}

static void show_refutation(const invocation *call, const skuai_json *r, const char *what) {
    if (!r) return;
    command_print(call,
                  "Refutation of the %s %s: at another time %.2f (0 expected, error %.2f), with a "
                  "random cause %.2f, on four fifths of the time %.2f; as estimated %.2f.",
                  what,
                  skuai_json_as_bool(skuai_json_get(r, "passed"), false) ? "failed, so it stands"
                                                                         : "leaves it in doubt",
                  number(r, "placebo"), number(r, "placebo_error"),
                  number(r, "random_common_cause"), number(r, "subset"), number(r, "value"));
}

static void show_links(const invocation *call, const skuai_json *graph) {
    const skuai_json *links = skuai_json_get(graph, "links");
    size_t shown = 0;
    for (size_t i = 0; i < skuai_json_size(links); i++) {
        const skuai_json *l = skuai_json_at(links, i);
        const char *from = skuai_json_as_text(skuai_json_get(l, "from"), "");
        const char *to = skuai_json_as_text(skuai_json_get(l, "to"), "");
        if (!skuai_json_as_bool(skuai_json_get(l, "directed"), false) || strcmp(from, to) == 0 ||
            shown == 10)
            continue;
        if (shown++ == 0)
            command_print(call, "What precedes what (cause only if nothing was left "
                                "out that drives both):");
        double held = number(l, "confidence");
        if (isnan(held)) /* no samples were drawn */
            command_print(call, "  %s -> %s after %.0f (%+.2f)", from, to, number(l, "lag"),
                          number(l, "value"));
        else
            command_print(call, "  %s -> %s after %.0f (%+.2f, in %.0f %% of the samples)", from,
                          to, number(l, "lag"), number(l, "value"), 100 * held);
    }
}

static void show(const invocation *call, const skuai_json *report) {
    static const char *const notes[] = {"elasticity_unknown", "uplift_unknown", "graph_unknown"};
    const skuai_json *items = skuai_json_get(report, "items");
    const skuai_json *refuted = skuai_json_get(report, "refutations");
    show_items(call, items);
    show_reasons(call, items);
    show_refutation(call, skuai_json_get(refuted, "elasticity"), "elasticity");
    show_refutation(call, skuai_json_get(refuted, "uplift"), "promotion's effect (log)");
    show_links(call, skuai_json_get(report, "graph"));
    for (size_t k = 0; k < 3; k++) {
        const char *note = skuai_json_as_text(skuai_json_get(report, notes[k]), NULL);
        if (note) command_print(call, "%s", note);
    }
    const char *output = skuai_json_as_text(skuai_json_get(report, "output"), NULL);
    if (output) command_print(call, "%s is written.", output);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_cause(shop, call->output, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_cause = {
    .name = "cause",
    .summary = "what prices and promotions do to demand, with intervals",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Estimates every item's price elasticity and promotion uplift with intervals, says what "
        "cannot be known and which experiment would tell, tries to refute itself, and draws which "
        "series of the shop precede which. -o FILE writes a page, or with a name that ends in "
        ".dot, "
        ".svg or .json the graph alone.",
    .example = "skua cause myshop -o causes.html",
    .has_output = true,
    .run = run,
};
