/* upload.h -- files that come in parts (room serve). An upload is a folder SHOP/uploads/ID with the
 * file under its own (cleaned) name; its size is how much has come, so an interrupted one goes on
 * after a restart. What is a day old and was not read in is removed at start. */
#ifndef SKUA_SERVE_UPLOAD_H
#define SKUA_SERVE_UPLOAD_H

#include "core/alloc.h"
#include "core/json.h"

enum { UPLOAD_ID_SIZE = 25, UPLOAD_CHUNK_MOST = 16 << 20, UPLOAD_PATH_MOST = 4096 };

/* One part while its body comes in. */
typedef struct skuai_upload_chunk {
    int file; /* descriptor + 1; 0: none */
    int64_t offset, written, most;
    char path[UPLOAD_PATH_MOST];
} skuai_upload_chunk;

/* Begin an upload of a file called `name`; id [UPLOAD_ID_SIZE] out. SKUA_EINVAL: no name is left of
 * it; SKUA_EIO. */
SKUA_MUST_USE skua_status skuai_upload_new(const char *folder, const char *name, char *id,
                                           skua_error *err);

/* The path of an upload's file and how much has come. SKUA_ENOTFOUND: no such upload (or not the
 * form of an id). */
SKUA_MUST_USE skua_status skuai_upload_find(const char *folder, const char *id, char *path,
                                            size_t size, int64_t *received, skua_error *err);
void skuai_upload_remove(const char *folder, const char *id);
void skuai_upload_sweep(const char *folder); /* removes old ones */

/* A part that begins at offset, which must be how much has come: SKUA_EEXIST otherwise. */
SKUA_MUST_USE skua_status skuai_upload_chunk_begin(const char *folder, const char *id,
                                                   int64_t offset, int64_t most,
                                                   skuai_upload_chunk *chunk, skua_error *err);
/* SKUA_ELIMIT: past `most`; SKUA_EIO: the disk is full. */
SKUA_MUST_USE skua_status skuai_upload_chunk_add(skuai_upload_chunk *chunk, const void *bytes,
                                                 size_t n, skua_error *err);
/* Close; without keep the file is cut back to where the part began. */
void skuai_upload_chunk_end(skuai_upload_chunk *chunk, bool keep);

#endif
