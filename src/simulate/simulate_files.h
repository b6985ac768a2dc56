/* simulate_files.h -- the files of a simulated shop, written in a staging folder and renamed into
 * place when all is done (room simulate, private). */
#ifndef SKUA_SIMULATE_SIMULATE_FILES_H
#define SKUA_SIMULATE_SIMULATE_FILES_H

#include "simulate/simulate_run.h"

#include <stdio.h>

#define SKUAI_PATH_SIZE 1200

typedef struct skuai_simulate_files {
    char folder[1024];
    FILE *file[SKUAI_FILES]; /* NULL: not wanted */
} skuai_simulate_files;

/* Make the folder and the staging folder in it, open the files that the options ask for and write
 * their headers. SKUA_EEXIST, SKUA_EIO, SKUA_ERANGE (a path that is too long). */
SKUA_MUST_USE skua_status skuai_simulate_files_open(skuai_simulate_files *files, const char *folder,
                                                    const skuai_simulate_options *options,
                                                    skua_error *err);

/* Add bytes to a file; nothing when it is not wanted. */
SKUA_MUST_USE skua_status skuai_simulate_files_write(skuai_simulate_files *files,
                                                     skuai_simulate_file which,
                                                     const skuai_buffer *buffer, skua_error *err);

/* Write one staged picture. Any thread. */
SKUA_MUST_USE skua_status skuai_simulate_files_picture(const skuai_simulate_files *files,
                                                       size_t item, const skuai_buffer *png,
                                                       skua_error *err);

/* Close everything, remove what an earlier simulation left, rename the staged files. */
SKUA_MUST_USE skua_status skuai_simulate_files_finish(skuai_simulate_files *files, size_t items,
                                                      skua_error *err);

/* Close and remove what is staged. Allowed after any failure, and twice. */
void skuai_simulate_files_abort(skuai_simulate_files *files);

#endif
