/* yaml_file.h -- reading a YAML file into a tree of texts (room core).
 * A configuration needs mappings, lists and scalars; anchors, tags and several documents in one
 * file are refused. Scalars stay texts: who asks knows the type.
 *
 *     skuai_yaml *yaml;
 *     SKUA_TRY(skuai_yaml_load("shop/skua.yaml", &yaml, err));
 *     const char *zone = skuai_yaml_text(skuai_yaml_get(yaml, "time_zone"), "UTC");
 *     skuai_yaml_free(yaml); */
#ifndef SKUA_CORE_YAML_FILE_H
#define SKUA_CORE_YAML_FILE_H

#include "core/buffer.h"

typedef enum skuai_yaml_kind { SKUAI_YAML_TEXT, SKUAI_YAML_MAP, SKUAI_YAML_LIST } skuai_yaml_kind;

typedef struct skuai_yaml {
    skuai_yaml_kind kind;
    const char *key;  /* its name in the mapping that holds it; NULL in a list or at the top */
    const char *text; /* TEXT: the scalar; "" for a plain null. NULL otherwise */
    size_t line;      /* 1-based line of the file, for messages */
    struct skuai_yaml *first; /* MAP, LIST: the first child, in file order */
    struct skuai_yaml *next;  /* the next child of the same parent */
    void *owner;              /* private: the memory, in the top node alone */
} skuai_yaml;

/* Parse size bytes; origin names them in messages. An empty document is an empty mapping. *yaml is
 * owned by the caller. SKUA_ECONFIG with line and column for anything that is not such YAML, and
 * for a key given twice. Limits: 1 MiB, 64 levels. */
SKUA_MUST_USE skua_status skuai_yaml_parse(const char *bytes, size_t size, const char *origin,
                                           skuai_yaml **yaml, skua_error *err);
/* The same from a file. SKUA_ENOTFOUND when there is none, SKUA_EIO when it cannot be read. */
SKUA_MUST_USE skua_status skuai_yaml_load(const char *path, skuai_yaml **yaml, skua_error *err);
void skuai_yaml_free(skuai_yaml *yaml); /* the top node; NULL allowed */

/* The node at a dotted path ("columns.sales.item"), NULL when there is none (or node is NULL). */
const skuai_yaml *skuai_yaml_get(const skuai_yaml *node, const char *path);
/* The text of a scalar node; fallback for NULL, for an empty text and for other kinds. */
const char *skuai_yaml_text(const skuai_yaml *node, const char *fallback);

/* Append a text as a double-quoted YAML scalar. */
void skuai_yaml_quote(skuai_buffer *buffer, const char *text);

#endif
