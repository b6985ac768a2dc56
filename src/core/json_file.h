/* json_file.h -- a model's numbers as one JSON file of its folder (room core). */
#ifndef SKUA_CORE_JSON_FILE_H
#define SKUA_CORE_JSON_FILE_H

#include "core/json.h"

/* Take what is wanted out of a document; path: the file's name, for messages. The document is
 * borrowed. */
typedef skua_status (*skuai_json_use)(const skuai_json *json, const char *path, void *user,
                                      skua_error *err);

/* Write a finished text as folder/name, whole (core/file.h). SKUA_EIO; what the text ran into. */
SKUA_MUST_USE skua_status skuai_json_file_write(const char *folder, const char *name,
                                                const skuai_buffer *text, skua_error *err);

/* Read folder/name and hand it to `use`. SKUA_ENOTFOUND, SKUA_EIO; SKUA_ELIMIT past `limit` bytes;
 * SKUA_EDATA with file, line and column; or what `use` says. */
SKUA_MUST_USE skua_status skuai_json_file_read(const char *folder, const char *name, size_t limit,
                                               skuai_json_use use, void *user, skua_error *err);

#endif
