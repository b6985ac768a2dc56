/* Numbers and dates of any bytes: read or refused, finite and in range when read, and a number that
 * is read does not depend on blanks around it. */
#include "store/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char padded[130];
    const char *text = (const char *)data;
    double value, again;
    for (int sign = 0; sign < 2; sign++) {
        char decimal = sign ? ',' : '.';
        skuai_field_result result = skuai_field_number(text, size, decimal, &value);
        if (result != SKUAI_FIELD_GOOD) continue;
        if (!isfinite(value)) abort();
        if (size > sizeof padded - 2) continue;
        padded[0] = ' ';
        memcpy(padded + 1, text, size);
        padded[size + 1] = ' ';
        if (skuai_field_number(padded, size + 2, decimal, &again) != SKUAI_FIELD_GOOD) abort();
        if (!(fabs(again - value) <= 4.5e-16 * fabs(value))) abort();
    }
    for (int form = 0; form < SKUAI_DATE_FORM_COUNT; form++) {
        skuai_instant instant;
        if (skuai_field_date(text, size, (skuai_date_form)form, &instant) != SKUAI_FIELD_GOOD)
            continue;
        if (instant.micros < INT64_C(-631152000) * 1000000 ||
            instant.micros > INT64_C(4133980800) * 1000000 + INT64_C(86400000000))
            abort();
    }
    (void)skuai_field_truth(text, size, &value);
    (void)skuai_field_date_forms(text, size);
    return 0;
}
