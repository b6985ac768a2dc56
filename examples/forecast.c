/* Forecast a shop from C: cc forecast.c $(pkg-config --cflags --libs skua) && ./a.out SHOP */
#include <skua.h>
#include <stdio.h>

static void show_progress(void *user, const char *stage, double done, double total) {
    (void)user;
    fprintf(stderr, "\r%-20s %3.0f %%", stage, total > 0 ? 100 * done / total : 0);
}

int main(int argc, char **argv) {
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    const skua_callbacks callbacks = {.progress = show_progress};
    if (argc != 2) {
        fprintf(stderr, "usage: %s SHOP\n", argv[0]);
        return 2;
    }
    skua_status status = skua_shop_open(argv[1], &shop, &err);
    if (status == SKUA_OK) {
        skua_shop_listen(shop, &callbacks);
        status = skua_shop_set(shop, "horizon", "14", &err);
    }
    if (status == SKUA_OK) status = skua_shop_forecast(shop, "forecast.csv", &report, &err);
    if (status == SKUA_OK)
        puts(report); /* JSON: what was forecast, by which model, into which run */
    else
        fprintf(stderr, "%s\n", err.message);
    skua_text_free(report);
    skua_shop_close(shop);
    return status == SKUA_OK ? 0 : 1;
}
