/* The whole way in one command: a shop is simulated, read, checked, learnt, forecast, reported. */
#include "cli/leaderboard.h"
#include "core/context.h"
#include "core/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MOST = 4096 };

typedef struct demo {
    invocation *call;
    char folder[PATH_MOST - 128];
    skua_shop *shop;
    int step;
} demo;

/* The folder asked for, or the first of skua-demo, skua-demo-2, ... that is free. */
static skua_status choose_folder(demo *d, skua_error *err) {
    if (d->call->n_arguments > 0) {
        int n = snprintf(d->folder, sizeof d->folder, "%s", d->call->arguments[0]);
        if (n < 0 || (size_t)n >= sizeof d->folder)
            return skuai_error_set(err, SKUA_EINVAL, "the folder's name is too long");
        return SKUA_OK;
    }
    for (int i = 1; i < 1000; i++) {
        (void)snprintf(d->folder, sizeof d->folder, i == 1 ? "skua-demo" : "skua-demo-%d", i);
        if (access(d->folder, F_OK) != 0) return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_EEXIST, "name a folder: skua demo FOLDER");
}

static const char *path_of(const demo *d, const char *name, char *path) {
    (void)snprintf(path, PATH_MOST, "%s/%s", d->folder, name);
    return path;
}

/* "1. skua simulate FOLDER/files": a headline above what the step prints. */
static void announce(demo *d, const char *verb, const char *rest) {
    d->step++;
    if (d->call->json) return;
    terminal_bar_end(d->call->term);
    bool colour = d->call->term->colour;
    printf("%s%s", d->step > 1 ? "\n" : "", colour ? "\033[1m" : "");
    command_print(d->call, "%d. skua %s %s", d->step, verb, rest);
    if (colour) fputs("\033[0m", stdout);
    (void)fflush(stdout);
}

/* The report of a step, told by `show` of its command; only its failure matters further. */
static void tell(const demo *d, char *report,
                 void (*show)(const invocation *, const skuai_json *)) {
    skuai_json *json = NULL;
    terminal_bar_end(d->call->term);
    if (!d->call->json && show && skuai_json_parse(report, strlen(report), &json, NULL) == SKUA_OK)
        show(d->call, json);
    skuai_json_free(json);
    skua_text_free(report);
    (void)fflush(stdout);
}

static skua_status simulate(demo *d, skua_error *err) {
    char path[PATH_MOST], *report = NULL;
    skua_callbacks callbacks = terminal_callbacks(d->call->term);
    announce(d, "simulate", path_of(d, "files", path));
    const char *settings[64] = {"law", "mixed", "visitors", "true"};
    size_t n = 4;
    for (size_t i = 0; d->call->settings[i] && n + 2 < 64; i += 2) {
        static const char *const own[] = {"items", "days", "channels", "seed", "threads"};
        for (size_t k = 0; k < sizeof own / sizeof *own; k++)
            if (strcmp(d->call->settings[i], own[k]) == 0) {
                settings[n++] = d->call->settings[i];
                settings[n++] = d->call->settings[i + 1];
            }
    }
    SKUA_TRY(skuai_folder_make(d->folder, err));
    SKUA_TRY(skua_simulate(path, settings, &callbacks, &report, err));
    tell(d, report, d->call->term->quiet ? NULL : command_simulate_show);
    return SKUA_OK;
}

static skua_status make_shop(demo *d, skua_error *err) {
    char path[PATH_MOST];
    static const char *const settings[] = {"name", "Demo shop", "country", "CN,shopping", NULL};
    announce(d, "init", path_of(d, "shop", path));
    SKUA_TRY(skua_shop_init(path, settings, err));
    SKUA_TRY(skua_shop_open(path, &d->shop, err));
    skua_callbacks callbacks = terminal_callbacks(d->call->term);
    skua_shop_listen(d->shop, &callbacks);
    for (size_t i = 0; d->call->settings[i]; i += 2)
        SKUA_TRY(skua_shop_set(d->shop, d->call->settings[i], d->call->settings[i + 1], err));
    return SKUA_OK;
}

/* Whether a file is there and holds more than its header: a small shop has no bundles, say. */
static bool has_rows(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    int c = getc(file);
    while (c != EOF && c != '\n')
        c = getc(file);
    bool more = c != EOF && getc(file) != EOF;
    (void)fclose(file);
    return more;
}

static skua_status ingest(demo *d, skua_error *err) {
    static const char *const tables[] = {"sales",  "items", "channels", "promotions", "supply",
                                         "events", "parts", "calendar", "future"};
    char path[PATH_MOST], name[64];
    announce(d, "ingest", path_of(d, "shop --sales files/sales.csv ...", path));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char *report = NULL;
        (void)snprintf(name, sizeof name, "files/%s.csv", tables[i]);
        if (!has_rows(path_of(d, name, path))) continue;
        SKUA_TRY(skua_shop_set(d->shop, "table", tables[i], err));
        SKUA_TRY(skua_shop_ingest(d->shop, path, &report, err));
        tell(d, report, command_ingest_show_short);
    }
    return SKUA_OK;
}

/* A first look should take a minute or two: of each family one or two, trees from a third of the
 * rows that they would take, two windows. With --preset it is what that trains. */
static const char FIRST_LOOK[] =
    "theta,ets,tree-direct:rows=100000,group,count-pool,cold-start,zero-shot";

static skua_status train(demo *d, skua_error *err) {
    char path[PATH_MOST], line[PATH_MOST], *report = NULL;
    bool chosen = false;
    for (size_t i = 0; d->call->settings[i]; i += 2)
        chosen = chosen || strcmp(d->call->settings[i], "preset") == 0;
    if (!chosen) {
        SKUA_TRY(skua_shop_set(d->shop, "windows", "2", err));
        SKUA_TRY(skua_shop_set(d->shop, "models", FIRST_LOOK, err));
    }
    (void)snprintf(line, sizeof line, "%.3800s%s%s", path_of(d, "shop", path),
                   chosen ? "" : " --windows 2 --models ",
                   chosen ? "" : "theta,ets,tree-direct:rows=100000,...");
    announce(d, "train", line);
    SKUA_TRY(skua_shop_train(d->shop, &report, err));
    tell(d, report, leaderboard_show);
    return SKUA_OK;
}

static skua_status learn(demo *d, skua_error *err) {
    char path[PATH_MOST], *report = NULL;
    announce(d, "check", path_of(d, "shop", path));
    SKUA_TRY(skua_shop_check(d->shop, &report, err));
    tell(d, report, command_check_show);
    SKUA_TRY(train(d, err));
    announce(d, "forecast", path_of(d, "shop -o forecast.csv", path));
    SKUA_TRY(skua_shop_forecast(d->shop, path_of(d, "forecast.csv", path), &report, err));
    tell(d, report, command_forecast_show);
    announce(d, "report", path_of(d, "shop -o report.html", path));
    SKUA_TRY(skua_shop_report(d->shop, path_of(d, "report.html", path), &report, err));
    tell(d, report, NULL);
    return SKUA_OK;
}

static exit_code run(invocation *call) {
    demo d = {.call = call};
    skua_error err;
    double start = skuai_clock();
    skua_status status = choose_folder(&d, &err);
    if (status == SKUA_OK) status = simulate(&d, &err);
    if (status == SKUA_OK) status = make_shop(&d, &err);
    if (status == SKUA_OK) status = ingest(&d, &err);
    if (status == SKUA_OK) status = learn(&d, &err);
    skua_shop_close(d.shop);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    if (!call->json) putchar('\n');
    if (call->json)
        printf(
            "{\"verb\":\"demo\",\"report\":\"%s/report.html\",\"forecast\":\"%s/forecast.csv\"}\n",
            d.folder, d.folder);
    else
        command_print(call,
                      "Done in %.0f s. Open %s/report.html in a browser; the forecasts are in "
                      "%s/forecast.csv.",
                      skuai_clock() - start, d.folder, d.folder);
    return EXIT_DONE;
}

const command command_demo = {
    .name = "demo",
    .summary = "a shop is made, read, learnt, forecast and reported",
    .arguments = "[FOLDER]",
    .least = 0,
    .most = 1,
    .description =
        "The whole way in one command, on a simulated shop: files are written, read into "
        "a workspace, checked; models are backtested and combined; every item is "
        "forecast; a page shows it all. Everything lands in FOLDER [skua-demo]. Without --preset "
        "it trains a few models of every family from two windows, which takes two minutes of "
        "processor time.",
    .example = "skua demo --items 100",
    .run = run,
};
