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

static int64_t whole(const skuai_json *object, const char *name) {
    return skuai_json_as_integer(skuai_json_get(object, name), 0);
}

static void show_list(const invocation *call, const skuai_json *report) {
    const skuai_json *items = skuai_json_get(report, "items");
    cell_table table;
    cells_init(&table, 5);
    for (size_t i = 0; i < skuai_json_size(items); i++) {
        const skuai_json *l = skuai_json_at(items, i);
        double stock = number(l, "stock");
        cells_add(&table, "%s", text(l, "item"));
        cells_add(&table, "%.40s", text(l, "title"));
        cells_add(&table, "%.2f %%", 100 * number(l, "chance"));
        if (isnan(stock))
            cells_add(&table, "%s", "");
        else
            cells_add(&table, "%.0f", stock);
        cells_add(&table, "%s", text(l, "reason"));
    }
    static const char *const header[] = {"item", "title", "chance", "stock", "because"};
    static const bool right[] = {false, false, true, true, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    if (!skuai_json_as_bool(skuai_json_get(report, "known"), false) && whole(report, "past") == 0)
        command_print(call, "The shop does not know this user: what is in fashion.");
    command_print(
        call,
        "Chance: that one of the next purchases is this item. Diversity %.2f, novelty %.1f "
        "bits.",
        number(report, "diversity"), number(report, "novelty"));
}

static void show_categories(const invocation *call, const skuai_json *report) {
    const skuai_json *list = skuai_json_get(report, "categories");
    for (size_t i = 0; i < skuai_json_size(list); i++) {
        const skuai_json *c = skuai_json_at(list, i);
        command_print(call, "%s: %.0f %% within 7 days, %.0f %% within 28.", text(c, "category"),
                      100 * number(c, "within_7"), 100 * number(c, "within_28"));
    }
}

static void show_brier(const invocation *call, const skuai_json *report) {
    const skuai_json *c = skuai_json_get(report, "category_chances");
    const skuai_json *week = skuai_json_get(c, "within_7"), *month = skuai_json_get(c, "within_28");
    if (c)
        command_print(
            call,
            "Chances that a user buys in a category: Brier score %.4f within 7 days (base "
            "rate %.4f), %.4f within 28 (%.4f).",
            number(week, "brier"), number(week, "base_brier"), number(month, "brier"),
            number(month, "base_brier"));
}

static void show_ranking(cell_table *table, const char *name, const skuai_json *r) {
    static const char *const keys[] = {"ndcg10", "ndcg20", "hit10", "hit20"};
    cells_add(table, "%s", name);
    cells_add(table, "%lld", (long long)whole(r, "users"));
    for (size_t k = 0; k < 4; k++)
        cells_add(table, "%.3f", number(r, keys[k]));
}

static void show_scores(const invocation *call, const skuai_json *report) {
    const skuai_json *scores = skuai_json_get(report, "scores");
    if (!scores) {
        command_print(call, "There are not four weeks behind the first purchase to judge by.");
        return;
    }
    cell_table table;
    cells_init(&table, 6);
    show_ranking(&table, "with a past", skuai_json_get(scores, "known"));
    show_ranking(&table, "new", skuai_json_get(scores, "new"));
    static const char *const header[] = {"users",   "bought", "NDCG@10",
                                         "NDCG@20", "hit@10", "hit@20"};
    static const bool right[] = {false, true, true, true, true, true};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    command_print(call,
                  "Judged on the last 28 days, learnt from the days before them. Lists of 10: "
                  "diversity %.2f, novelty %.1f bits, %.1f %% of all items stand in one.",
                  number(scores, "diversity"), number(scores, "novelty"),
                  100 * number(scores, "coverage"));
    show_brier(call, report);
}

static void show(const invocation *call, const skuai_json *report) {
    if (skuai_json_get(report, "items")) {
        show_list(call, report);
        show_categories(call, report);
    } else if (!*text(report, "output")) {
        show_scores(call, report);
    }
    command_print(call, "%lld users, %lld items, %lld visits%s.", (long long)whole(report, "users"),
                  (long long)whole(report, "n_items"), (long long)whole(report, "visits"),
                  skuai_json_as_bool(skuai_json_get(report, "purchases"), true)
                      ? ""
                      : " (no purchases: what is looked at counts)");
    if (*text(report, "output"))
        command_print(call, "The lists are in %s.", text(report, "output"));
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_recommend(shop, call->output, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_recommend = {
    .name = "recommend",
    .summary = "the next items of a user",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Ranks all items for a user (--user), or for a basket (--basket), from orders with users "
        "and "
        "from events: what he buys again and when it is due, what goes with it, what users like "
        "him "
        "buy, what is in fashion, weighed by what was bought in the last four weeks. A user that "
        "the "
        "shop does not know gets what is in fashion. --rerank mixes in stock and margin. -o writes "
        "the lists of all users (CSV). With none of these it tells how well it works, by hiding "
        "the "
        "last four weeks.",
    .example = "skua recommend myshop --user 17850 --top 10",
    .has_output = true,
    .run = run,
};
