/* weights_file.h -- named arrays of floats and texts in one safetensors file (room neural).
 * Layout: 8 bytes little-endian length of a JSON header; the header, an object of
 * name: {"dtype": "F32", "shape": [...], "data_offsets": [from, to]} and "__metadata__" with texts;
 * the data. Only F32 is written and read. Everything of a file is checked before it is used. */
#ifndef SKUA_NEURAL_WEIGHTS_FILE_H
#define SKUA_NEURAL_WEIGHTS_FILE_H

#include "core/json.h"

typedef struct skuai_weights_array {
    const char *name;
    int rank;
    size_t shape[4];
    const float *values; /* product of the shape */
} skuai_weights_array;

typedef struct skuai_weights_text {
    const char *name, *value;
} skuai_weights_text;

/* Write the file beside its place and rename it over. SKUA_EIO, SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_weights_write(const char *path, const skuai_weights_text *texts,
                                              size_t n_texts, const skuai_weights_array *arrays,
                                              size_t n_arrays, skua_error *err);

typedef struct skuai_weights_file skuai_weights_file;

/* Open: SKUA_ENOTFOUND, SKUA_EIO, SKUA_ELIMIT (over 1 GiB), SKUA_EDATA. *file is the caller's. */
SKUA_MUST_USE skua_status skuai_weights_open(const char *path, skuai_weights_file **file,
                                             skua_error *err);
void skuai_weights_close(skuai_weights_file *file); /* NULL allowed */
/* A text of the metadata, NULL: none. Borrowed. */
const char *skuai_weights_text_get(const skuai_weights_file *file, const char *name);
/* Copy an array of exactly n values. SKUA_EDATA: not there, not F32, another size, not finite. */
SKUA_MUST_USE skua_status skuai_weights_get(const skuai_weights_file *file, const char *name,
                                            size_t n, float *values, skua_error *err);

/* The number that a text is (as JSON writes numbers); NaN: it is none. */
double skuai_text_number(const char *text);

#endif
