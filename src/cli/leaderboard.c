#include "cli/leaderboard.h"

#include <math.h>
#include <stdio.h>

static void add_number(cell_table *table, const skuai_json *row, const char *name,
                       const char *format, double scale) {
    double x = skuai_json_as_number(skuai_json_get(row, name), (double)NAN);
    char text[48];
    if (isnan(x))
        (void)snprintf(text, sizeof text, "-");
    else
        (void)snprintf(text, sizeof text, "%.*f", format[1] - '0', x * scale);
    cells_add(table, "%s%s", text, format[2] == '%' && !isnan(x) ? " %" : "");
}

void leaderboard_show(const invocation *call, const skuai_json *report) {
    const skuai_json *rows = skuai_json_get(report, "leaderboard");
    cell_table table;
    cells_init(&table, 8);
    for (size_t i = 0; i < skuai_json_size(rows); i++) {
        const skuai_json *r = skuai_json_at(rows, i);
        const char *reason = skuai_json_as_text(skuai_json_get(r, "reason"), NULL);
        cells_add(&table, "%s%s%s%s", skuai_json_as_text(skuai_json_get(r, "name"), ""),
                  skuai_json_as_bool(skuai_json_get(r, "baseline"), false) ? " (free)" : "",
                  reason ? ": " : "", reason ? reason : "");
        add_number(&table, r, "wql", ".4", 1);
        add_number(&table, r, "wape", ".1%", 100);
        add_number(&table, r, "mase", ".3", 1);
        add_number(&table, r, "bias", ".1%", 100);
        add_number(&table, r, "cover80", ".0%", 100);
        add_number(&table, r, "weight_regular", ".2", 1);
        add_number(&table, r, "seconds", ".2", 1);
    }
    static const char *const header[] = {"model", "WQL",     "WAPE",   "MASE",
                                         "bias",  "in 80 %", "weight", "seconds"};
    static const bool right[] = {false, true, true, true, true, true, true, true};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
    int64_t windows = skuai_json_as_integer(skuai_json_get(report, "windows"), 0);
    command_print(call,
                  "%lld series, horizon %lld, %lld window%s; scored on the latest one, which no "
                  "model and no weight has seen.",
                  (long long)skuai_json_as_integer(skuai_json_get(report, "series_tested"), 0),
                  (long long)skuai_json_as_integer(skuai_json_get(report, "horizon"), 0),
                  (long long)windows, windows == 1 ? "" : "s");
}
