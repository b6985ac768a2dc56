/* Settings: "key=value" of any bytes is taken or refused with a sentence; nothing else changes. */
#include "core/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    skua_error err = {0};
    skuai_config *config = skuai_new(1, sizeof *config);
    char *text = skuai_text_copy_n((const char *)data, size);
    if (config && text) {
        char *value = strchr(text, '=');
        if (value) *value++ = '\0';
        skuai_config_init(config);
        if (skuai_config_set(config, text, value ? value : "", SKUAI_ORIGIN_OPTION, &err) !=
                SKUA_OK &&
            err.message[0] == '\0')
            abort();
    }
    skuai_free(text);
    skuai_free(config);
    return 0;
}
