/* safetensors: any bytes give a file whose every tensor can be read, or a sentence. */
#include "nn/safetensors.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    skuai_safetensors *file = NULL;
    skua_error err = {0};
    if (skuai_safetensors_parse(data, size, "fuzz", &file, &err) != SKUA_OK) {
        if (file || err.message[0] == '\0') abort();
        return 0;
    }
    uint64_t at = 0;
    for (size_t i = 0; i < skuai_safetensors_count(file); i++) {
        const skuai_safetensors_tensor *t = skuai_safetensors_at(file, i);
        if (t->from != at || t->to < at || t->to > size) abort();
        at = t->to;
        if (t->from == t->to) continue; /* any size, no bytes */
        if (t->size > size) abort();
        float *values = malloc(t->size * sizeof *values);
        int8_t *small = malloc(t->size);
        skua_error why = {0};
        if (values && skuai_safetensors_read(file, t->name, t->size, values, &why) != SKUA_OK &&
            why.message[0] == '\0')
            abort();
        if (small && skuai_safetensors_read_int8(file, t->name, t->size, small, NULL) == SKUA_OK &&
            t->type != SKUAI_SAFETENSORS_I8)
            abort();
        free(values);
        free(small);
    }
    (void)skuai_safetensors_text(file, "format");
    skuai_safetensors_close(file);
    return 0;
}
