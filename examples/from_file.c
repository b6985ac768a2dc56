/* A file of sales becomes a workspace, then a file of forecasts:
 *
 *     cc from_file.c $(pkg-config --cflags --libs skua) -o from_file && ./from_file sales.csv SHOP
 * forecast.csv */
#include <signal.h>
#include <skua.h>
#include <stdio.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int number) {
    (void)number;
    interrupted = 1;
}

static bool asked_to_stop(void *user) {
    (void)user;
    return interrupted != 0;
}

static void show_progress(void *user, const char *stage, double done, double total) {
    (void)user;
    fprintf(stderr, "\r%-24s %3.0f %%", stage, total > 0 ? 100 * done / total : 0);
}

static skua_status work(skua_shop *shop, const char *sales, const char *output, skua_error *err) {
    char *report = NULL;
    skua_status status = skua_shop_set(shop, "table", "sales", err);
    if (status == SKUA_OK) status = skua_shop_ingest(shop, sales, &report, err);
    if (status == SKUA_OK) fprintf(stderr, "\n%s\n", report); /* which column was read as what */
    skua_text_free(report);
    report = NULL;
    if (status == SKUA_OK) status = skua_shop_set(shop, "horizon", "14", err);
    if (status == SKUA_OK) status = skua_shop_forecast(shop, output, &report, err);
    if (status == SKUA_OK) puts(report); /* what was forecast, by which model, into which run */
    skua_text_free(report);
    return status;
}

int main(int argc, char **argv) {
    skua_shop *shop = NULL;
    skua_error err;
    const skua_callbacks callbacks = {.progress = show_progress, .cancel = asked_to_stop};
    if (argc != 4) {
        fprintf(stderr, "usage: %s SALES SHOP OUTPUT\n", argv[0]);
        return 2;
    }
    signal(SIGINT, interrupt);
    skua_status status = skua_shop_init(argv[2], NULL, &err);
    if (status == SKUA_OK || status == SKUA_EEXIST) status = skua_shop_open(argv[2], &shop, &err);
    if (status == SKUA_OK) {
        skua_shop_listen(shop, &callbacks);
        status = work(shop, argv[1], argv[3], &err);
    }
    if (status != SKUA_OK) fprintf(stderr, "\n%s: %s\n", skua_status_text(status), err.message);
    skua_shop_close(shop);
    return status == SKUA_OK ? 0 : 1;
}
