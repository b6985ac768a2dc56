#include "cli/command.h"

#include <stdio.h>
#include <string.h>

/* One line a column: what it was taken for. */
static void show_mapping(const invocation *call, const skuai_json *file) {
    const skuai_json *mapping = skuai_json_get(file, "mapping");
    size_t n = skuai_json_size(mapping);
    if (n == 0) return;
    cell_table table;
    cells_init(&table, 3);
    for (size_t i = 0; i < n; i++) {
        const skuai_json *m = skuai_json_at(mapping, i);
        cells_add(&table, "  %s", skuai_json_as_text(skuai_json_get(m, "column"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(m, "role"), ""));
        cells_add(&table, "%s", skuai_json_as_text(skuai_json_get(m, "how"), ""));
    }
    static const char *const header[] = {"  column", "taken as", "because"};
    static const bool right[] = {false, false, false};
    cells_print(&table, call->term, header, right);
    cells_clear(&table);
}

/* A file's name without its folders, but for those that say what it holds: channel=web/part-0.csv
 */
static const char *own_name(const char *path) {
    const char *slash = strrchr(path, '/'), *equal = strchr(path, '=');
    if (!slash || !slash[1]) return path;
    if (!equal || equal > slash) return slash + 1;
    while (equal > path && equal[-1] != '/')
        equal--;
    return equal;
}

/* "sales.csv: 60 rows into sales, 58 new, 2 corrections", or that there was nothing to do. */
static void show_counts(const invocation *call, const skuai_json *file) {
    static const char *const counts[][2] = {{"corrected", "corrections"},
                                            {"unchanged", "known already"},
                                            {"duplicates", "repeated in the file"},
                                            {"rejected", "rejected"},
                                            {"late", "late"}};
    const char *name = own_name(skuai_json_as_text(skuai_json_get(file, "file"), ""));
    const char *table = skuai_json_as_text(skuai_json_get(file, "table"), "");
    char line[4096 + 512], number[32], more[32];
    size_t n = 0;
    if (!skuai_json_get(file, "rows")) {
        (void)snprintf(line, sizeof line, "%.4096s: %s (%s)", name,
                       skuai_json_as_text(skuai_json_get(file, "status"), ""), table);
        terminal_wrap_after(call->term, 0, 2, line);
        return;
    }
    int64_t rows = skuai_json_as_integer(skuai_json_get(file, "rows"), 0);
    n = (size_t)snprintf(line, sizeof line, "%.4096s: %s row%s into %s, %s new", name,
                         grouped(rows, number), rows == 1 ? "" : "s", table,
                         grouped(skuai_json_as_integer(skuai_json_get(file, "added"), 0), more));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int64_t count = skuai_json_as_integer(skuai_json_get(file, counts[i][0]), 0);
        if (count > 0 && n < sizeof line)
            n += (size_t)snprintf(line + n, sizeof line - n, ", %s %s", grouped(count, number),
                                  counts[i][1]);
    }
    terminal_wrap_after(call->term, 0, 2, line);
}

static void show_file(const invocation *call, const skuai_json *file, bool with_mapping) {
    const char *note = skuai_json_as_text(skuai_json_get(file, "note"), NULL);
    show_counts(call, file);
    if (note) terminal_wrap(call->term, 2, note);
    if (with_mapping) show_mapping(call, file);
}

/* The first rejected rows, with line and reason. */
static void show_rejects(const invocation *call, const skuai_json *report) {
    const skuai_json *rejects = skuai_json_get(report, "rejects");
    for (size_t i = 0; i < skuai_json_size(rejects); i++) {
        char line[1024];
        const skuai_json *reject = skuai_json_at(rejects, i);
        (void)snprintf(line, sizeof line, "line %lld: %s",
                       (long long)skuai_json_as_integer(skuai_json_get(reject, "line"), 0),
                       skuai_json_as_text(skuai_json_get(reject, "why"), ""));
        terminal_wrap(call->term, 2, line);
    }
}

/* "... and 293 more files: in all 541 909 rows, 541 909 new". */
static void show_sums(const invocation *call, const skuai_json *files, size_t rest) {
    int64_t rows = 0, added = 0;
    char number[32], more[32];
    for (size_t i = 0; i < skuai_json_size(files); i++) {
        const skuai_json *file = skuai_json_at(files, i);
        rows += skuai_json_as_integer(skuai_json_get(file, "rows"), 0);
        added += skuai_json_as_integer(skuai_json_get(file, "added"), 0);
    }
    command_print(call, "... and %zu more files: in all %s rows, %s new", rest,
                  grouped(rows, number), grouped(added, more));
}

static void show(const invocation *call, const skuai_json *report) {
    enum { FILES_SHOWN = 12 };
    const skuai_json *files = skuai_json_get(report, "files");
    size_t n = skuai_json_size(files);
    for (size_t i = 0; i < n && i < FILES_SHOWN; i++)
        show_file(call, skuai_json_at(files, i), i == 0);
    if (n > FILES_SHOWN) show_sums(call, files, n - FILES_SHOWN);
    int64_t rejected = skuai_json_as_integer(skuai_json_get(report, "rejected"), 0);
    show_rejects(call, report);
    if (rejected > 0)
        terminal_wrap(call->term, 0,
                      "Rejected rows stand in the table rejects, with file, line and reason.");
}

void command_ingest_show_short(const invocation *call, const skuai_json *report) {
    const skuai_json *files = skuai_json_get(report, "files");
    for (size_t i = 0; i < skuai_json_size(files); i++)
        show_file(call, skuai_json_at(files, i), false);
}

static exit_code ingest_one(const invocation *call, skua_shop *shop, const char *table,
                            const char *file) {
    skua_error err;
    char *report = NULL;
    skua_status status = table ? skua_shop_set(shop, "table", table, &err) : SKUA_OK;
    if (status == SKUA_OK) status = skua_shop_ingest(shop, file, &report, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

static exit_code run(invocation *call) {
    skua_shop *shop = NULL;
    skua_error err;
    skua_status status = command_open(call, &shop, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    exit_code code = EXIT_DONE;
    size_t done = 0;
    for (size_t i = 1; i < call->n_arguments && code == EXIT_DONE; i++, done++)
        code = ingest_one(call, shop, NULL, call->arguments[i]);
    for (const given_file *f = call->files; f->option && code == EXIT_DONE; f++, done++)
        code = ingest_one(call, shop, f->option, f->value);
    skua_shop_close(shop);
    if (done > 0 || code != EXIT_DONE) return code;
    skuai_error_set(&err, SKUA_EINVAL, "no file given: skua ingest SHOP FILE, or --sales FILE");
    return command_fail(call, SKUA_EINVAL, &err);
}

static const file_option files[] = {
    {"orders", "lines of orders: order, ts, item, units, unit_price, user, ..."},
    {"sales", "units a period: item, channel, ds, units, price, available, stock, ..."},
    {"items", "products: item, title, category, brand, launch_ds, replaces, ..."},
    {"parts", "what bundles hold: bundle, item, units"},
    {"channels", "platforms: channel, time_zone, currency"},
    {"promotions", "actions: id, scope, channel, from, to, kind, depth"},
    {"supply", "stock and suppliers: item, location, on_hand, lead_time, ..."},
    {"events", "visitors: user, item, ts, kind"},
    {"calendar", "days that differ: ds, name, channel, kind"},
    {"future", "what is planned: item, channel, ds, price"},
    {"vectors", "embeddings made elsewhere: item, modality, model, values"},
    {"images", "a folder of pictures named after their items: ITEM.jpg"},
    {NULL, NULL}};

const command command_ingest = {
    .name = "ingest",
    .summary = "read files into a shop: CSV, Parquet, JSON, compressed or not",
    .arguments = "SHOP [FILE...]",
    .least = 1,
    .most = 4096,
    .description = "Reads each FILE (a name, a pattern in quotes, or - for standard input) in one "
                   "transaction: after a failure or a kill the shop is as it was before that file. "
                   "What a file holds and what its columns mean is inferred and shown; --map and "
                   "--table override it. The same file again changes nothing; other values for a "
                   "known key are corrections. Rows that cannot be read are kept as rejects.",
    .example = "skua ingest myshop --sales \"sales/*.csv.gz\" --items items.csv",
    .files = files,
    .run = run,
};
