#include "uci.h"

#include "core/period.h"
#include "csv.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MOST = 8192, FILES_MOST = 512, FILE_NAME = 32 };

void bench_uci_clear(bench_uci *uci) {
    for (size_t i = 0; i < uci->n; i++)
        skuai_free(uci->items[i].title);
    skuai_free(uci->items);
    *uci = (bench_uci){0};
}

/* Upper-case code; false: not of a product. */
static bool item_code(const char *text, char *code, size_t size) {
    size_t n = strlen(text);
    if (n < 5 || n >= size) return false;
    for (size_t i = 0; i <= n; i++) {
        if (i < 5 && !isdigit((unsigned char)text[i])) return false;
        code[i] = (char)toupper((unsigned char)text[i]);
    }
    return true;
}

/* The item's place among those read so far, sorted by code. */
static bench_uci_item *item_of(bench_uci *uci, const char *code, size_t week) {
    size_t low = 0, high = uci->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(uci->items[middle].code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bench_uci_item *item = &uci->items[low];
    if (low < uci->n && strcmp(item->code, code) == 0) return item;
    if (uci->n == ITEMS_MOST) return NULL;
    memmove(item + 1, item, (uci->n - low) * sizeof *item);
    *item = (bench_uci_item){.launch = week, .price = 0};
    (void)snprintf(item->code, sizeof item->code, "%s", code);
    uci->n++;
    return item;
}

static skua_status read_day(const char *name, int64_t first, bench_uci *uci, skua_error *err) {
    bench_csv csv;
    char path[128], code[16];
    (void)snprintf(path, sizeof path, "uci_online_retail/%s", name);
    SKUA_TRY(bench_csv_read(path, &csv, err));
    int year = 0, month = 0, day = 0;
    bool dated = sscanf(name, "%d-%d-%d", &year, &month, &day) == 3;
    size_t week = dated ? (size_t)((skuai_day_from_date(year, month, day) - first) / 7) : 0;
    for (size_t r = 1; r < csv.rows && dated && week < BENCH_UCI_WEEKS; r++) {
        double units = bench_csv_number(&csv, r, 3), price = bench_csv_number(&csv, r, 5);
        if (!(units > 0 && price > 0) || bench_csv_cell(&csv, r, 0)[0] == 'C' ||
            !item_code(bench_csv_cell(&csv, r, 1), code, sizeof code))
            continue;
        bench_uci_item *item = item_of(uci, code, week);
        if (!item) break;
        const char *title = bench_csv_cell(&csv, r, 2);
        if (!item->title && *title) item->title = skuai_text_copy(title);
        if (week == item->launch) item->price += units * price;
        item->units[week] += units;
    }
    bench_csv_clear(&csv);
    return SKUA_OK;
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

skua_status bench_uci_load(bench_uci *uci, skua_error *err) {
    char folder[4096], (*names)[FILE_NAME] = skuai_zero(FILES_MOST, FILE_NAME);
    size_t n = 0;
    *uci = (bench_uci){.items = skuai_zero(ITEMS_MOST + 1, sizeof *uci->items)};
    bench_data_path("uci_online_retail", folder, sizeof folder);
    DIR *directory = opendir(folder);
    skua_status status = names && uci->items ? SKUA_OK : skuai_error_memory(err, "items");
    if (!directory) status = skuai_error_set(err, SKUA_ENOTFOUND, "%s is not there", folder);
    for (struct dirent *entry; status == SKUA_OK && n < FILES_MOST && (entry = readdir(directory));)
        if (isdigit((unsigned char)entry->d_name[0]))
            (void)snprintf(names[n++], FILE_NAME, "%.31s", entry->d_name);
    if (directory) (void)closedir(directory);
    if (status == SKUA_OK) qsort(names, n, FILE_NAME, by_text);
    for (size_t i = 0; i < n && status == SKUA_OK; i++)
        status = read_day(names[i], skuai_day_from_date(2010, 11, 29), uci, err);
    for (size_t i = 0; i < uci->n && status == SKUA_OK; i++) {
        bench_uci_item *item = &uci->items[i];
        item->price /= item->units[item->launch];
        if (!item->title) item->title = skuai_text_copy("");
        if (!item->title) status = skuai_error_memory(err, "titles");
    }
    skuai_free(names);
    if (status != SKUA_OK) bench_uci_clear(uci);
    return status;
}
