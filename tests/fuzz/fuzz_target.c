/* What a caller sends: a target is refused or taken apart into trusted UTF-8; a body is refused or
 * a JSON object. The first byte chooses. */
#include "serve/target.h"

#include "core/encoding.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text) {
    size_t n = strlen(text);
    if (skuai_utf8_valid((const unsigned char *)text, n) != n) abort();
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20) abort();
}

static void try_target(const char *raw) {
    skuai_target *target = malloc(sizeof *target);
    int64_t value = -1;
    if (!target) return;
    if (skuai_target_parse(raw, target, NULL) == SKUA_OK) {
        for (size_t i = 0; i < target->n_segments; i++) {
            check_text(target->segments[i]);
            if (strcmp(target->segments[i], "..") == 0) abort();
        }
        for (size_t i = 0; i < target->n_parameters; i++) {
            check_text(target->parameters[i].name);
            check_text(target->parameters[i].value);
        }
        if (skuai_target_integer(target, "limit", 1, 1, 1000, &value, NULL) == SKUA_OK &&
            (value < 1 || value > 1000))
            abort();
    }
    free(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    char *text = malloc(size);
    if (!text) return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] & 1) {
        try_target(text);
    } else {
        skuai_json *json = NULL;
        if (skuai_body_parse(text, size - 1, &json, NULL) == SKUA_OK) {
            skuai_buffer buffer;
            skuai_buffer_init(&buffer, 1 << 22);
            skuai_json_dump(json, &buffer);
            if (buffer.size == 0 || buffer.data[0] != '{') abort();
            skuai_buffer_clear(&buffer);
            skuai_json_free(json);
        }
    }
    free(text);
    return 0;
}
