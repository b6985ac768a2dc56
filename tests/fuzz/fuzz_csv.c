/* Delimited text: cut anywhere, the whole records of both parts are those of the text; every field
 * lies inside the text; a head of any bytes becomes a plan or a sentence. */
#include "core/alloc.h"
#include "store/csv.h"

#include <stdlib.h>
#include <string.h>

static size_t split_all(char *text, size_t size, const skuai_csv_dialect *dialect, size_t *ends,
                        size_t most) {
    size_t n = 0;
    for (size_t at = 0; at < size;) {
        skuai_csv_field fields[16];
        skuai_csv_record record;
        skuai_csv_split(text + at, size - at, dialect, fields, 16, &record);
        if (!record.size || record.size > size - at || !record.n_fields) abort();
        for (size_t i = 0; i < record.n_fields && i < 16; i++)
            if (fields[i].text < text + at ||
                fields[i].text + fields[i].size > text + at + record.size)
                abort();
        at += record.size;
        if (n < most) ends[n++] = at;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3) return 0;
    size_t cut = data[0] * (size - 1) / 255;
    data++, size--;
    char *text = skuai_new(size + 1, 1);
    size_t ends[64];
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = '\n';
    skuai_csv_dialect dialect = skuai_csv_sniff(text, size, '\0');
    size_t whole = skuai_csv_whole(text, cut, &dialect, false);
    if (whole > cut) abort();
    size_t n = split_all(text, size, &dialect, ends, 64);
    bool found = whole == 0 || n == 64;
    for (size_t i = 0; i < n; i++)
        found = found || ends[i] == whole;
    if (!found && !memchr(data, dialect.quote, size))
        abort(); /* a quote may close behind the cut */
    skuai_free(text);
    return 0;
}
