/* file.h -- small files, read whole and replaced whole (room core). */
#ifndef SKUA_CORE_FILE_H
#define SKUA_CORE_FILE_H

#include "core/buffer.h"

/* Write a file beside its place, flushed to the disk, and rename it over: a reader sees the old one
 * or the new one, whole. SKUA_EIO naming the file and the reason; the old one is then as it was. */
SKUA_MUST_USE skua_status skuai_file_write(const char *path, const char *bytes, size_t n,
                                           skua_error *err);

/* Read a file whole into a new buffer (skuai_buffer_clear). SKUA_ENOTFOUND, SKUA_EIO; SKUA_ELIMIT
 * past `limit` bytes. */
SKUA_MUST_USE skua_status skuai_file_read(const char *path, size_t limit, skuai_buffer *buffer,
                                          skua_error *err);

/* Make a folder and those above it that are missing. SKUA_EIO with the reason. */
SKUA_MUST_USE skua_status skuai_folder_make(const char *path, skua_error *err);

/* "folder/name" as a pattern for glob in which only the name's signs are special (skuai_free); NULL
 * when out of memory. */
char *skuai_glob_pattern(const char *folder, const char *name);

#endif
