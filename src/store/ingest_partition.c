#include "store/ingest_partition.h"

#include <stdlib.h>
#include <string.h>

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Text with its escapes undone, in the arena; NULL: out of memory. */
static const char *plain(skuai_arena *arena, const char *text, size_t n) {
    char *copy = skuai_arena_text(arena, text, n);
    size_t k = 0;
    for (size_t i = 0; copy && i < n; i++) {
        bool escaped =
            copy[i] == '%' && i + 2 < n && hex(copy[i + 1]) >= 0 && hex(copy[i + 2]) >= 0;
        copy[k++] = escaped ? (char)(hex(copy[i + 1]) * 16 + hex(copy[i + 2])) : copy[i];
        i += escaped ? 2 : 0;
    }
    if (copy) copy[k] = '\0';
    return copy;
}

skua_status skuai_partition_read(const char *path, skuai_arena *arena, skuai_partition *partition,
                                 skua_error *err) {
    static const char none[] = "__HIVE_DEFAULT_PARTITION__";
    *partition = (skuai_partition){0};
    for (const char *p = path, *end; (end = strchr(p, '/')); p = end + 1) {
        const char *equal = memchr(p, '=', (size_t)(end - p));
        if (!equal || equal == p || partition->n == SKUAI_PARTITIONS_MOST) continue;
        size_t k = partition->n++, size = (size_t)(end - equal - 1);
        bool missing = size == sizeof none - 1 && memcmp(equal + 1, none, size) == 0;
        partition->name[k] = plain(arena, p, (size_t)(equal - p));
        partition->value[k] = plain(arena, equal + 1, missing ? 0 : size);
        if (!partition->name[k] || !partition->value[k])
            return skuai_error_memory(err, "a file's folders");
    }
    return SKUA_OK;
}
