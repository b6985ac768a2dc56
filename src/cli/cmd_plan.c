#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MOST = 25 };

static double number(const skuai_json *object, const char *name) {
    return skuai_json_as_number(skuai_json_get(object, name), (double)NAN);
}

static int64_t whole(const skuai_json *object, const char *name) {
    return skuai_json_as_integer(skuai_json_get(object, name), 0);
}

static const char *text(const skuai_json *object, const char *name) {
    return skuai_json_as_text(skuai_json_get(object, name), "");
}

/* 12 300, 4.2 or "-" */
static const char *units(double x, char *to) {
    if (isnan(x)) return "-";
    if (fabs(x) >= 100) return grouped((int64_t)llround(x), to);
    (void)snprintf(to, 32, "%.3g", x);
    return to;
}

/* Of n lines, those beyond LINES_MOST are not shown. */
static void say_rest(const invocation *call, size_t n) {
    if (n > LINES_MOST)
        command_print(call, "... and %zu more: -o FILE writes all of them, --json tells all.",
                      n - LINES_MOST);
}

/* An item by its number and, where it has one, its title. */
static void add_item(cell_table *table, const skuai_json *line) {
    const char *title = text(line, "title");
    cells_add(table, "%s%s%s", text(line, "item"), *title ? " " : "", title);
}

static void show_lines(const invocation *call, const skuai_json *report) {
    const skuai_json *lines = skuai_json_get(report, "lines");
    size_t n = skuai_json_size(lines);
    cell_table table;
    char a[32];
    cells_init(&table, 8);
    for (size_t i = 0; i < n && i < LINES_MOST; i++) {
        const skuai_json *l = skuai_json_at(lines, i);
        double left = number(l, "periods_left");
        const char *warning = text(l, "warning");
        add_item(&table, l);
        cells_add(&table, "%s", text(l, "location"));
        cells_add(&table, "%s", units(number(l, "on_hand"), a));
        cells_add(&table, "%s", units(number(l, "on_order"), a));
        cells_add(&table, "%s", isnan(left) ? "beyond" : units(left, a));
        cells_add(&table, "%s", units(number(l, "order"), a));
        cells_add(&table, "%s", units(number(l, "order_up_to"), a));
        if (strcmp(warning, "dead stock") == 0)
            cells_add(&table, "%s will not sell", units(number(l, "excess"), a));
        else if (*warning)
            cells_add(&table, "runs out before it can come: %.0f %%",
                      100 * number(l, "short_before"));
        else
            cells_add(&table, "%s", "");
    }
    static const char *const header[] = {"item",  "location", "on hand", "on order",
                                         "lasts", "order",    "up to",   "warning"};
    static const bool right[] = {false, false, true, true, true, true, true, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    say_rest(call, n);
}

static void show_stock(const invocation *call, const skuai_json *report) {
    char a[32], b[32];
    show_lines(call, report);
    command_print(call,
                  "%lld places, %lld orders for %s in money (model %s, from %s on, ordering every "
                  "%lld periods of a %s). They save %s beside ordering nothing.",
                  (long long)whole(report, "places"), (long long)whole(report, "orders"),
                  units(number(report, "money"), a), text(report, "model"), text(report, "from"),
                  (long long)whole(report, "review"), text(report, "period"),
                  units(number(report, "saves"), b));
    if (whole(report, "stockouts") > 0 || whole(report, "dead") > 0)
        command_print(call,
                      "%lld run out before an order can come; %lld hold more than will sell, worth "
                      "%s.",
                      (long long)whole(report, "stockouts"), (long long)whole(report, "dead"),
                      units(number(report, "dead_money"), a));
    const skuai_json *budget = skuai_json_get(report, "budget");
    if (budget)
        command_print(call,
                      "Under the budget of %s the orders save %s; no plan saves more than %.3g %% "
                      "beyond that.",
                      units(number(budget, "most"), a), units(number(budget, "gain"), b),
                      100 * number(budget, "gap"));
    if (budget && number(budget, "least") > number(budget, "most"))
        command_print(call,
                      "The budget pays for no order: the least one costs %s, all that are wanted "
                      "%s. The nearest plan is to order nothing.",
                      units(number(budget, "least"), a), units(number(budget, "needed"), b));
    else if (budget && whole(budget, "cut") > 0)
        command_print(call, "Without it they would take %s; it cuts %lld of them.",
                      units(number(budget, "needed"), a), (long long)whole(budget, "cut"));
    if (whole(report, "without_supply") > 0)
        command_print(call, "%lld series sell without a row of supply and are not planned.",
                      (long long)whole(report, "without_supply"));
    const skuai_json *problems = skuai_json_get(report, "problems");
    for (size_t i = 0; i < skuai_json_size(problems) && i < 10; i++)
        command_print(call, "not planned: %s", skuai_json_as_text(skuai_json_at(problems, i), ""));
    if (skuai_json_size(problems) > 10)
        command_print(call, "... and %zu more are not planned.", skuai_json_size(problems) - 10);
}

static void show_replay(const invocation *call, const skuai_json *report) {
    const skuai_json *policies = skuai_json_get(report, "policies");
    cell_table table;
    char a[32];
    cells_init(&table, 8);
    for (size_t i = 0; i < skuai_json_size(policies); i++) {
        const skuai_json *p = skuai_json_at(policies, i);
        cells_add(&table, "%s", text(p, "policy"));
        cells_add(&table, "%.2f %%", 100 * number(p, "fill"));
        cells_add(&table, "%.2f %%", 100 * number(p, "short"));
        static const char *const costs[] = {"holding_cost", "lost_cost", "spoil_cost", "order_cost",
                                            "cost"};
        for (size_t k = 0; k < 5; k++)
            cells_add(&table, "%s", units(number(p, costs[k]), a));
    }
    static const char *const header[] = {"policy", "served", "short",  "holding",
                                         "lost",   "spoilt", "orders", "cost"};
    static const bool right[] = {false, true, true, true, true, true, true, true};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    command_print(
        call,
        "%lld places over %lld periods of a %s, ordering every %lld. Formula: safety "
        "stock of the normal law at the same share served (z = %.2f, known afterwards). "
        "The plan costs %.3g of it. %.1f %% of demand is estimated, because items were not "
        "to be had.",
        (long long)whole(report, "places"), (long long)whole(report, "periods"),
        text(report, "period"), (long long)whole(report, "review"), number(report, "z"),
        number(report, "ratio"), 100 * number(report, "estimated"));
    if (whole(report, "left_out") > 0)
        command_print(call, "%lld places have too little history, or ended, and are left out.",
                      (long long)whole(report, "left_out"));
}

static void show_price_replay(const invocation *call, const skuai_json *report) {
    char a[32], b[32], c[32], d[32];
    double logged = number(report, "logged"), gain = number(report, "gain");
    command_print(call,
                  "%lld prices of %lld items in the last %lld periods of a %s (no promotions), of "
                  "which the plan sets %lld otherwise. They brought a profit of %s.",
                  (long long)whole(report, "rows"), (long long)whole(report, "items"),
                  (long long)whole(report, "periods"), text(report, "period"),
                  (long long)whole(report, "changed"), units(logged, a));
    command_print(call,
                  "The plan's would have brought %s more (%+.1f %%; %.0f %% interval %s to %s): "
                  "doubly robust, from a model of demand and from the rows whose price was near "
                  "the plan's.",
                  units(gain, a), 100 * gain / logged, 100 * number(report, "confidence"),
                  units(number(report, "low"), b), units(number(report, "high"), c));
    command_print(call,
                  "The model alone says %s, those rows alone %s; they are worth %.0f rows, and "
                  "%.0f %% of the plan's prices have others near them.",
                  units(number(report, "gain_model"), a), units(number(report, "gain_weighted"), d),
                  number(report, "effective"), 100 * number(report, "met"));
    if (number(report, "effective") < 30 || number(report, "met") < 0.5)
        command_print(call, "Prices hardly moved to where the plan would set them: the gain is "
                            "the model's word more than the rows'.");
    command_print(call, "Assumed: beside promotions nothing moved an item's price and its demand "
                        "together, and a price acts on its own period and item alone.");
    if (whole(report, "unknown") > 0)
        command_print(call, "%lld items whose elasticity was not known then are left out.",
                      (long long)whole(report, "unknown"));
}

static void show_price(const invocation *call, const skuai_json *report) {
    const skuai_json *lines = skuai_json_get(report, "lines");
    size_t n = skuai_json_size(lines);
    cell_table table;
    char a[32], b[32];
    cells_init(&table, 7);
    for (size_t i = 0; i < n && i < LINES_MOST; i++) {
        const skuai_json *l = skuai_json_at(lines, i);
        double elasticity = number(l, "elasticity"),
               gain = number(l, "value") - number(l, "value_now");
        add_item(&table, l);
        cells_add(&table, "%s", text(l, "channel"));
        cells_add(&table, "%.4g", number(l, "price"));
        cells_add(&table, "%s %.4g", text(l, "action"), number(l, "proposed"));
        if (isnan(elasticity))
            cells_add(&table, "%s", "unknown");
        else
            cells_add(&table, "%.2f +- %.2f", elasticity, number(l, "elasticity_se"));
        cells_add(&table, "%s", units(gain, a));
        cells_add(&table, "%s", *text(l, "limit") ? text(l, "limit") : "");
    }
    static const char *const header[] = {"item",       "channel", "price",  "proposed",
                                         "elasticity", "gain",    "held by"};
    static const bool right[] = {false, false, true, true, true, true, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    command_print(
        call,
        "%lld prices to change, %lld to keep, %lld to try (their elasticity is not known): "
        "expected %s over %lld periods of a %s from %s to %s.",
        (long long)whole(report, "change"), (long long)whole(report, "keep"),
        (long long)whole(report, "try"), text(report, "aim"), (long long)whole(report, "horizon"),
        text(report, "period"), units(number(report, "value_now"), a),
        units(number(report, "value"), b));
    const skuai_json *problems = skuai_json_get(report, "problems");
    for (size_t i = 0; i < skuai_json_size(problems) && i < 10; i++)
        command_print(call, "not priced: %s", skuai_json_as_text(skuai_json_at(problems, i), ""));
}

static void show_promo_lines(const invocation *call, const skuai_json *report) {
    const skuai_json *lines = skuai_json_get(report, "lines");
    size_t n = skuai_json_size(lines);
    cell_table table;
    char a[32];
    cells_init(&table, 8);
    for (size_t i = 0; i < n && i < LINES_MOST; i++) {
        const skuai_json *l = skuai_json_at(lines, i);
        add_item(&table, l);
        cells_add(&table, "%s", text(l, "channel"));
        cells_add(&table, "%s", text(l, "from"));
        cells_add(&table, "%.0f %%", 100 * number(l, "depth"));
        cells_add(&table, "%.4g", number(l, "price"));
        cells_add(&table, "%s", units(number(l, "units"), a));
        cells_add(&table, "%s", units(number(l, "gain"), a));
        cells_add(&table, "%s%s", units(number(l, "given"), a),
                  skuai_json_as_bool(skuai_json_get(l, "agreed"), false) ? " (agreed)" : "");
    }
    static const char *const header[] = {"item",  "channel", "from", "off",
                                         "price", "units",   "gain", "given away"};
    static const bool right[] = {false, false, true, true, true, true, true, true};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    say_rest(call, n);
}

/* What is announced is in the plan whatever it brings: apart from what the plan adds. */
static void show_agreed(const invocation *call, const skuai_json *report) {
    const skuai_json *lines = skuai_json_get(report, "lines");
    double gain[2] = {0, 0}; /* new, agreed */
    char a[32], b[32];
    for (size_t i = 0; i < skuai_json_size(lines); i++) {
        const skuai_json *l = skuai_json_at(lines, i);
        gain[skuai_json_as_bool(skuai_json_get(l, "agreed"), false)] += number(l, "gain");
    }
    if (whole(report, "agreed") > 0)
        command_print(call,
                      "Of these, %lld were agreed before and bring %s; what is new brings %s.",
                      (long long)whole(report, "agreed"), units(gain[1], a), units(gain[0], b));
}

static void show_promo(const invocation *call, const skuai_json *report) {
    const skuai_json *broken = skuai_json_get(report, "infeasible");
    char a[32], b[32], c[32];
    show_promo_lines(call, report);
    command_print(
        call,
        "%lld promotions of %lld items from %s to %s: expected profit %s +- %s beyond none, "
        "for %s given away. No plan is better by more than %.2g %%.",
        (long long)whole(report, "promotions"), (long long)whole(report, "items"),
        text(report, "from"), text(report, "to"), units(number(report, "gain"), a),
        units(number(report, "deviation"), b), units(number(report, "given"), c),
        100 * number(report, "gap"));
    show_agreed(call, report);
    command_print(call, "Of an uplift %.0f %% is taken from the weeks behind it (past promotions).",
                  100 * number(report, "pull_forward"));
    if (broken)
        command_print(
            call,
            "What is announced breaks the rule %s: it needs %s, most of it for %s. The plan "
            "leaves %lld of them out.",
            text(broken, "rule"), units(number(broken, "needed"), a), text(broken, "item"),
            (long long)whole(broken, "dropped"));
    if (skuai_json_as_bool(skuai_json_get(report, "accepted"), false))
        command_print(call,
                      "Accepted: the tables promotions and future hold it. The next forecast of a "
                      "model that uses promotions and prices answers to it; one that was trained "
                      "before the shop had prices ahead knows the promotions, and reads prices as "
                      "it learnt them, up to today: so that it takes the planned ones too, "
                      "train it again.");
    const skuai_json *problems = skuai_json_get(report, "problems");
    for (size_t i = 0; i < skuai_json_size(problems) && i < 10; i++)
        command_print(call, "not planned: %s", skuai_json_as_text(skuai_json_at(problems, i), ""));
}

static void show(const invocation *call, const skuai_json *report) {
    bool replay = skuai_json_as_bool(skuai_json_get(report, "replay"), false);
    if (strcmp(text(report, "what"), "price") == 0 && replay)
        show_price_replay(call, report);
    else if (strcmp(text(report, "what"), "price") == 0)
        show_price(call, report);
    else if (strcmp(text(report, "what"), "promo") == 0)
        show_promo(call, report);
    else if (replay)
        show_replay(call, report);
    else
        show_stock(call, report);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK)
        status = skua_shop_plan(shop, call->arguments[1], call->output, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_plan = {
    .name = "plan",
    .summary = "what to order, at which prices to sell, and what to promote",
    .arguments = "SHOP WHAT",
    .least = 2,
    .most = 2,
    .description =
        "plan SHOP stock: what to order now, from the forecast, the table supply (stock on hand, "
        "on "
        "order, lead times, packs, shelf lives, costs) and what items cost; what will run out, and "
        "what will not sell. --budget shares a sum between items so that it saves most. plan SHOP "
        "stock-replay "
        "runs the same policy on history, beside what the shop did, the usual formula for safety "
        "stock, and perfect foresight. plan SHOP price: the price of most expected profit (or "
        "revenue) of every item, where data reach, with what it gains and what holds it. plan SHOP "
        "price-replay: what such prices would have brought beside those that were set. plan SHOP "
        "promo: which items to promote, when and how deep, under budget, slots, brands and a "
        "calendar; --accept makes it the shop's plan.",
    .example = "skua plan myshop stock --target fill --service 0.97 -o orders.csv",
    .has_output = true,
    .run = run,
};
