/* What if the price were another one?
 *
 *     cc what_if.c $(pkg-config --cflags --libs skua) -o what_if && ./what_if SHOP ITEM 0.9
 *
 * The shop wants prices and a model that reads them (skua train). */
#include <skua.h>
#include <stdio.h>
#include <stdlib.h>

/* The answer: as it is now, and with the price times `factor`. */
static skua_status ask(skua_snapshot *snapshot, size_t item, double factor, skua_error *err) {
    const double factors[] = {1, factor};
    for (int i = 0; i < 2; i++) {
        char *report = NULL;
        const skua_question question = {.item = item, .horizon = 7, .price = factors[i]};
        skua_status status = skua_snapshot_ask(snapshot, &question, &report, err);
        if (status != SKUA_OK) return status;
        printf("{\"price\": %g, \"forecast\": %s}\n", factors[i], report);
        skua_text_free(report);
    }
    return SKUA_OK;
}

int main(int argc, char **argv) {
    skua_shop *shop = NULL;
    skua_snapshot *snapshot = NULL;
    skua_error err;
    double factor = argc == 4 ? strtod(argv[3], NULL) : 0;
    if (!(factor > 0)) {
        fprintf(stderr, "usage: %s SHOP ITEM FACTOR\n", argv[0]);
        return 2;
    }
    skua_status status = skua_shop_open(argv[1], &shop, &err);
    if (status == SKUA_OK) status = skua_snapshot_load(shop, &snapshot, &err);
    if (status == SKUA_OK) {
        size_t item = skua_snapshot_find(snapshot, argv[2]);
        if (item == SKUA_NONE) {
            fprintf(stderr, "there is no item %s\n", argv[2]);
            status = SKUA_ENOTFOUND;
        } else {
            status = ask(snapshot, item, factor, &err);
            if (status != SKUA_OK) fprintf(stderr, "%s\n", err.message);
        }
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    skua_snapshot_free(snapshot);
    skua_shop_close(shop);
    return status == SKUA_OK ? 0 : 1;
}
