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

/* A sentence of an object in English, and under it in Chinese. */
static void show_both(const invocation *call, const skuai_json *object, const char *lead,
                      const char *name) {
    char chinese[64];
    const char *text = skuai_json_as_text(skuai_json_get(object, name), NULL);
    if (text) command_print(call, "%s%s.", lead, text);
    (void)snprintf(chinese, sizeof chinese, "%s_zh", name);
    text = skuai_json_as_text(skuai_json_get(object, chinese), NULL);
    if (text) command_print(call, "%s。", text);
}

/* What the elasticities of the best sellers mean, in words. */
static void show_sentences(const invocation *call, const skuai_json *items) {
    enum { SENTENCES = 3 };
    size_t shown = 0;
    for (size_t i = 0; i < skuai_json_size(items) && shown < SENTENCES; i++) {
        if (!skuai_json_get(skuai_json_at(items, i), "sentence")) continue;
        show_both(call, skuai_json_at(items, i), "", "sentence");
        shown++;
    }
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
                  "The checks of the %s %s: at another time %.2f (0 expected, error %.2f), with a "
                  "random cause %.2f, on four fifths of the time %.2f; as estimated %.2f.",
                  what,
                  skuai_json_as_bool(skuai_json_get(r, "passed"), false) ? "do not refute it"
                                                                         : "leave it in doubt",
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

/* -- An event ----------------------------------------------------------------------------------
 */

static void show_event(const invocation *call, const skuai_json *e) {
    const skuai_json *d = skuai_json_get(e, "difference"), *s = skuai_json_get(e, "synthetic");
    command_print(call,
                  "Event from %s to %s: %.0f items touched, %.0f others, %.0f periods before.",
                  skuai_json_as_text(skuai_json_get(e, "from"), ""),
                  skuai_json_as_text(skuai_json_get(e, "to"), ""), number(e, "treated"),
                  number(e, "others"), number(e, "periods_before"));
    if (d) {
        show_both(call, d, "", "sentence");
        command_print(call, "  By chance alone one as large comes in %.1f %% of random choices.",
                      100 * number(d, "p_random"));
        if (!skuai_json_as_bool(skuai_json_get(d, "parallel"), true))
            command_print(call, "  That they moved apart before the event by chance: p = %.3f.",
                          number(d, "trend_p"));
    }
    show_both(call, e, "No differences in differences: ", "difference_unknown");
    if (s) {
        show_both(call, s, "", "sentence");
        command_print(
            call,
            "  Before the event it missed by %.1f %%; of %.0f items %.0f %% would seem as "
            "touched.",
            number(s, "error_before_percent"), number(s, "controls") + 1, 100 * number(s, "p"));
    }
    show_both(call, e, "No synthetic control: ", "synthetic_unknown");
}

/* -- Items -------------------------------------------------------------------------------------
 */

static void show_item_links(const invocation *call, const skuai_json *graph) {
    static const char *const header[] = {"item", "other", "they are", "by", "strength", "q"};
    static const bool right[] = {false, false, false, false, true, true};
    const skuai_json *links = skuai_json_get(graph, "links");
    cell_table table;
    cells_init(&table, 6);
    for (size_t i = 0; i < skuai_json_size(links) && i < ROWS; i++) {
        const skuai_json *l = skuai_json_at(links, i);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(l, "item"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(l, "other"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(l, "kind"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(l, "evidence"), ""));
        cells_add(&table, "%+.2f", number(l, "value"));
        cells_add(&table, "%.1e", number(l, "q"));
    }
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    command_print(call, "%zu links of %.0f pairs that were tested, in the table item_links.",
                  skuai_json_size(links), number(graph, "pairs_tested"));
    const skuai_json *spill = skuai_json_get(graph, "price_cut_of_a_tenth");
    for (size_t i = 0; i < skuai_json_size(spill) && i < REASONS; i++)
        show_both(call, skuai_json_at(spill, i), "", "sentence");
    show_both(call, graph, "", "baskets_unknown");
    show_both(call, graph, "", "prices_unknown");
}

static void show(const invocation *call, const skuai_json *report) {
    static const char *const notes[] = {"elasticity_unknown", "uplift_unknown", "caution",
                                        "graph_unknown"};
    const skuai_json *event = skuai_json_get(report, "event");
    const skuai_json *graph = skuai_json_get(report, "item_graph");
    if (event) show_event(call, event);
    if (graph) show_item_links(call, graph);
    if (event || graph) return;
    const skuai_json *items = skuai_json_get(report, "items");
    const skuai_json *refuted = skuai_json_get(report, "refutations");
    if (skuai_json_size(items) > 0) show_items(call, items);
    show_sentences(call, items);
    show_reasons(call, items);
    show_refutation(call, skuai_json_get(refuted, "elasticity"), "elasticity");
    show_refutation(call, skuai_json_get(refuted, "uplift"), "promotion's effect (log)");
    show_links(call, skuai_json_get(report, "graph"));
    for (size_t k = 0; k < 4; k++) {
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
        ".svg or .json the graph alone. With --event DATE --treated ITEMS: what a one-off event "
        "did. With --graph items: substitutes and complements.",
    .example = "skua cause myshop -o causes.html",
    .has_output = true,
    .run = run,
};
