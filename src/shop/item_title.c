#include "shop/item_title.h"

#include "core/buffer.h"

#include <string.h>

skua_status skuai_titles_read(skuai_store *store, const char *const *items, size_t n,
                              skuai_table **titles, skua_error *err) {
    skuai_buffer sql;
    skuai_value *values = skuai_new(n + 1, sizeof *values);
    if (!values) return skuai_error_memory(err, "titles");
    skuai_buffer_init(&sql, 1 << 20);
    (void)skuai_buffer_text(&sql, "SELECT item, title FROM items WHERE title IS NOT NULL");
    for (size_t i = 0; items && i < n; i++) {
        (void)skuai_buffer_text(&sql, i ? ", ?" : " AND item IN (?");
        values[i] = skuai_value_text(items[i]);
    }
    (void)skuai_buffer_text(&sql, items && n > 0 ? ") ORDER BY item" : " ORDER BY item");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK)
        status = skuai_store_query(store, sql.data, values, items ? n : 0, titles, err);
    skuai_buffer_clear(&sql);
    skuai_free(values);
    return status;
}

const char *skuai_titles_find(const skuai_table *titles, const char *item) {
    size_t low = 0, high = titles ? titles->n_rows : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(titles->columns[0].texts[middle], item);
        if (order == 0) return titles->columns[1].texts[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return "";
}
