/* Holiday rules: any text gives rules or a sentence that names the line. */
#include "core/calendar/holiday.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    skuai_holiday_rules *rules = skuai_holiday_rules_new();
    skua_error err = {0};
    if (rules &&
        skuai_holiday_rules_parse(rules, (const char *)data, size, "fuzz", &err) != SKUA_OK &&
        err.message[0] == '\0')
        abort();
    skuai_holiday_rules_free(rules);
    return 0;
}
