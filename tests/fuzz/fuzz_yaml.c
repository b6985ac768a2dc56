/* YAML: any bytes give a tree or a sentence. */
#include "core/yaml_file.h"

#include <stdlib.h>
#include <string.h>

static size_t count(const skuai_yaml *node) {
    size_t n = 1;
    for (const skuai_yaml *child = node->first; child; child = child->next)
        n += count(child);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    skuai_yaml *yaml = NULL;
    skua_error err = {0};
    if (skuai_yaml_parse((const char *)data, size, "fuzz", &yaml, &err) == SKUA_OK) {
        if (count(yaml) > size + 1) abort();
        (void)skuai_yaml_text(skuai_yaml_get(yaml, "columns.sales.item"), "");
    } else if (err.message[0] == '\0') {
        abort();
    }
    skuai_yaml_free(yaml);
    return 0;
}
