#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Units for people, into text [32]: 12.7, or 5 210 from a hundred on. */
static const char *rounded(const skuai_json *value, char *text) {
    double x = skuai_json_as_number(value, 0);
    if (fabs(x) >= 99.95 && fabs(x) < 1e15) return grouped((int64_t)llround(x), text);
    (void)snprintf(text, 32, "%.3g", x);
    return text;
}

/* Whether any of the series has a title beside its name: then there is a column for it. */
static bool have_titles(const skuai_json *list) {
    for (size_t i = 0; i < skuai_json_size(list); i++) {
        const skuai_json *s = skuai_json_at(list, i);
        const char *title = skuai_json_as_text(skuai_json_get(s, "title"), "");
        const char *name = skuai_json_as_text(skuai_json_get(s, "name"), "");
        if (*title && strncmp(title, name, strlen(title)) != 0) /* a name may end in /channel */
            return true;
    }
    return false;
}

static void add_name(cell_table *table, const skuai_json *s, bool titles) {
    cells_add(table, "%s", skuai_json_as_text(skuai_json_get(s, "name"), ""));
    if (titles) cells_add(table, "%s", skuai_json_as_text(skuai_json_get(s, "title"), ""));
}

/* A table whose second column is left out without titles. */
static void print_named(const invocation *call, cell_table *table, bool titles,
                        const char *const *header, const bool *right) {
    const char *names[6];
    bool sides[6];
    size_t n = 0;
    for (size_t k = 0; k < 6; k++) {
        if (k == 1 && !titles) continue;
        names[n] = header[k];
        sides[n++] = right[k];
    }
    cells_print(table, call->term, names, sides);
    cells_clear(table);
}

/* The largest series with a picture of history and forecast. */
static void show_largest(const invocation *call, const skuai_json *report) {
    const skuai_json *largest = skuai_json_get(report, "largest");
    size_t n = skuai_json_size(largest);
    bool titles = have_titles(largest);
    cell_table table;
    cells_init(&table, titles ? 6 : 5);
    for (size_t i = 0; i < n; i++) {
        const skuai_json *s = skuai_json_at(largest, i), *line = skuai_json_get(s, "line");
        double values[256];
        size_t count = skuai_json_size(line);
        char spark[256];
        for (size_t t = 0; t < count && t < 256; t++)
            values[t] = skuai_json_as_number(skuai_json_at(line, t), (double)NAN);
        terminal_sparkline(values, count < 256 ? count : 256, 24, spark, sizeof spark);
        add_name(&table, s, titles);
        char mean[32], low[32], high[32];
        cells_add(&table, "%s", rounded(skuai_json_get(s, "mean"), mean));
        cells_add(&table, "%s .. %s", rounded(skuai_json_get(s, "low"), low),
                  rounded(skuai_json_get(s, "high"), high));
        cells_add(&table, "%s", spark);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(s, "note"), ""));
    }
    static const char *const header[] = {"largest series",    "title", "in all", "80 %",
                                         "past and forecast", "how"};
    static const bool right[] = {false, false, true, true, true, false};
    print_named(call, &table, titles, header, right);
}

/* Bytes of the text's beginning, at most so many, that cut no character in two. */
static int beginning(const char *text, size_t most) {
    size_t n = strnlen(text, most + 1);
    if (n <= most) return (int)n;
    for (n = most; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80;)
        n--;
    return (int)n;
}

/* "after M2; like M1 (0.83), C2 (0.41)" */
static void put_reasons(const skuai_json *s, char *why, size_t size) {
    const skuai_json *like = skuai_json_get(s, "analogues");
    const char *replaces = skuai_json_as_text(skuai_json_get(s, "replaces"), NULL);
    const char *own = skuai_json_as_text(skuai_json_get(s, "name"), "");
    size_t at = 0, shown = 0;
    why[0] = '\0';
    if (replaces)
        at = (size_t)snprintf(why, size, "after %.*s; ", beginning(replaces, 40), replaces);
    for (size_t k = 0; k < skuai_json_size(like) && shown < 3 && at < size; k++) {
        const skuai_json *a = skuai_json_at(like, k);
        const char *name = skuai_json_as_text(skuai_json_get(a, "name"), "");
        if (strcmp(name, own) == 0) continue; /* its own first days: what it is like, others say */
        at += (size_t)snprintf(why + at, size - at, "%s%.*s (%.2f)", shown++ ? ", " : "like ",
                               beginning(name, 24), name,
                               skuai_json_as_number(skuai_json_get(a, "likeness"), 0));
    }
    if (shown == 0 && at < size) (void)snprintf(why + at, size - at, "its own first days");
}

/* New items and what their forecasts lean on. */
static void show_new(const invocation *call, const skuai_json *report) {
    enum { SHOWN = 8 };
    const skuai_json *list = skuai_json_get(report, "new");
    size_t n = skuai_json_size(list);
    bool titles = have_titles(list);
    cell_table table;
    if (n == 0) return;
    cells_init(&table, titles ? 6 : 5);
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        const skuai_json *s = skuai_json_at(list, i);
        char mean[32], low[32], high[32], why[160];
        put_reasons(s, why, sizeof why);
        add_name(&table, s, titles);
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(s, "launch"), ""));
        cells_add(&table, "%s", rounded(skuai_json_get(s, "mean"), mean));
        cells_add(&table, "%s .. %s", rounded(skuai_json_get(s, "low"), low),
                  rounded(skuai_json_get(s, "high"), high));
        cells_add(&table, "%s", why);
    }
    static const char *const header[] = {"new items", "title", "launch",
                                         "in all",    "80 %",  "why (likeness)"};
    static const bool right[] = {false, false, false, true, true, false};
    print_named(call, &table, titles, header, right);
}

void command_forecast_show(const invocation *call, const skuai_json *report) {
    char series[32], sum[32];
    show_largest(call, report);
    show_new(call, report);
    const char *output = skuai_json_as_text(skuai_json_get(report, "output"), NULL);
    command_print(
        call,
        "%s series, %lld periods from %s to %s, %s units expected in all (model %s). They stand in "
        "the table forecasts under the run %s%s%s.",
        grouped(skuai_json_as_integer(skuai_json_get(report, "series"), 0), series),
        (long long)skuai_json_as_integer(skuai_json_get(report, "horizon"), 0),
        skuai_json_as_text(skuai_json_get(report, "first"), ""),
        skuai_json_as_text(skuai_json_get(report, "last"), ""),
        rounded(skuai_json_get(report, "mean"), sum),
        skuai_json_as_text(skuai_json_get(report, "model"), ""),
        skuai_json_as_text(skuai_json_get(report, "run"), ""), output ? " and in " : "",
        output ? output : "");
    int64_t ended = skuai_json_as_integer(skuai_json_get(report, "ended"), 0);
    if (ended > 0) printf("%lld series ended before and are not forecast.\n", (long long)ended);
    int64_t fallbacks = skuai_json_as_integer(skuai_json_get(report, "fallbacks"), 0);
    if (fallbacks > 0)
        command_print(
            call,
            "%lld series were too short or too strange for the models and took a fallback: the "
            "column note says which.",
            (long long)fallbacks);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    skua_status status = command_open(call, &shop, &err);
    if (status == SKUA_OK) status = skua_shop_forecast(shop, call->output, &report, &err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, command_forecast_show);
}

const command command_forecast = {
    .name = "forecast",
    .summary = "quantiles for each item, channel and period",
    .arguments = "SHOP",
    .least = 1,
    .most = 1,
    .description =
        "Forecasts every series from its last period on with the trained model; without "
        "one, with a combination that needs no training. Writes the table forecasts and, "
        "with -o, a CSV or Parquet file: item, channel, ds, mean, a column a quantile, "
        "and a note of how it was made.",
    .example = "skua forecast myshop --horizon 28 -o forecast.csv",
    .has_output = true,
    .for_ranks = true,
    .run = run,
};
