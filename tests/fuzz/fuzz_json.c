/* JSON: whatever parses is dumped and parses again. */
#include "core/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    skuai_json *json = NULL, *again = NULL;
    skua_error err;
    if (skuai_json_parse((const char *)data, size, &json, &err) != SKUA_OK) return 0;
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, 1 << 24);
    skuai_json_dump(json, &buffer);
    if (buffer.size > 0 && skuai_json_parse(buffer.data, buffer.size, &again, &err) != SKUA_OK)
        abort();
    skuai_json_free(again);
    skuai_json_free(json);
    skuai_buffer_clear(&buffer);
    return 0;
}
