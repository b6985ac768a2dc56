/* The head of a file of any bytes: opened and understood, or refused with a sentence. */
#include "store/ingest_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const tables[] = {"sales", "orders", "items", "future", "calendar"};
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/skua-fuzz-%ld.csv", (long)getpid());
    FILE *file = fopen(path, "wb");
    if (!file) return 0;
    size_t written = fwrite(data, 1, size, file);
    (void)fclose(file);
    skua_error err = {0};
    skuai_bytes *bytes = NULL;
    skuai_arena *arena = skuai_arena_new(0);
    skua_status status =
        written == size && arena ? skuai_bytes_open(path, NULL, &bytes, &err) : SKUA_EIO;
    if (status == SKUA_OK && skuai_bytes_format_of(bytes) == SKUAI_BYTES_TEXT) {
        const skuai_table_roles *table = skuai_table_roles_find(tables[size % 5]);
        skuai_plan plan = {0};
        skuai_sample sample;
        skuai_plan_options options = {0};
        status = skuai_head_read(bytes, path, table, '\0', -1, arena, &plan.dialect, &sample, &err);
        if (status == SKUA_OK)
            status = skuai_plan_make(table, &sample, &options, arena, &plan, &err);
        if (status == SKUA_OK) {
            skuai_buffer json;
            skuai_buffer_init(&json, 1 << 24);
            skuai_plan_json(&plan, &json);
            skuai_buffer_clear(&json);
        }
    }
    if (status != SKUA_OK && status != SKUA_EIO && !err.message[0]) abort();
    skuai_bytes_close(bytes);
    skuai_arena_free(arena);
    (void)unlink(path);
    return 0;
}
