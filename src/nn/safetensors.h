/* safetensors.h -- named arrays and texts in one file, read and written (room nn).
 *
 *     skuai_safetensors *file;
 *     SKUA_TRY(skuai_safetensors_open("bert/", &file, err));          bert/model.safetensors
 *     SKUA_TRY(skuai_safetensors_read(file, "pooler.dense.weight", 384 * 384, values, err));
 *     skuai_safetensors_close(file);
 *
 * The format (Hugging Face, safetensors 0.4, its README): 8 bytes, little-endian, the length of a
 * JSON header; the header, an object of name: {"dtype", "shape", "data_offsets": [from, to]} and
 * "__metadata__" with texts; the data, every byte of it belonging to exactly one tensor. All of
 * that is checked when a file is opened, before anything is believed: a file that is cut short,
 * damaged, of another kind, whose tensors overlap, leave holes or differ from their shapes is
 * SKUA_EDATA with a sentence. Data are read from the file when they are asked for, so an open file
 * costs the memory of its header alone. One thread at a time. Sharded models are not read. */
#ifndef SKUA_NN_SAFETENSORS_H
#define SKUA_NN_SAFETENSORS_H

#include "core/alloc.h"

typedef enum skuai_safetensors_type {
    SKUAI_SAFETENSORS_F32,
    SKUAI_SAFETENSORS_F16,
    SKUAI_SAFETENSORS_BF16,
    SKUAI_SAFETENSORS_I8,
    SKUAI_SAFETENSORS_F64,
    SKUAI_SAFETENSORS_OTHER /* known, and its size checked, but not read: BOOL, U8 .. U64, ... */
} skuai_safetensors_type;

enum { SKUAI_SAFETENSORS_RANK = 8 }; /* indices of a tensor at most */

typedef struct skuai_safetensors_tensor {
    const char *name;
    skuai_safetensors_type type;
    int rank;                             /* 0 .. SKUAI_SAFETENSORS_RANK; 0: one element */
    size_t shape[SKUAI_SAFETENSORS_RANK]; /* those behind rank are 1 */
    size_t size;                          /* elements */
    uint64_t from, to;                    /* bytes of the data */
} skuai_safetensors_tensor;

typedef struct skuai_safetensors skuai_safetensors;

/* Open a file, or model.safetensors of a folder. SKUA_ENOTFOUND, SKUA_EIO, SKUA_ENOMEM;
 * SKUA_EDATA: see above. *file is the caller's (_close). */
SKUA_MUST_USE skua_status skuai_safetensors_open(const char *path, skuai_safetensors **file,
                                                 skua_error *err);
/* The same of bytes in memory, borrowed until _close; name stands in messages. */
SKUA_MUST_USE skua_status skuai_safetensors_parse(const void *bytes, size_t n, const char *name,
                                                  skuai_safetensors **file, skua_error *err);
void skuai_safetensors_close(skuai_safetensors *file); /* NULL allowed */

/* Tensors in the order of their data; all borrowed until _close. find: NULL: none of that name. */
size_t skuai_safetensors_count(const skuai_safetensors *file);
const skuai_safetensors_tensor *skuai_safetensors_at(const skuai_safetensors *file, size_t i);
const skuai_safetensors_tensor *skuai_safetensors_find(const skuai_safetensors *file,
                                                       const char *name);
/* A text of the metadata, NULL: none. */
const char *skuai_safetensors_text(const skuai_safetensors *file, const char *name);

/* Read a tensor of exactly n elements as floats: F32, F16, BF16, F64, and I8 as whole numbers.
 * SKUA_EDATA: not there, another size or type, or a number that is not finite (as a float); *values
 * [n] is then undefined. SKUA_EIO. */
SKUA_MUST_USE skua_status skuai_safetensors_read(skuai_safetensors *file, const char *name,
                                                 size_t n, float *values, skua_error *err);
/* Read an I8 tensor of exactly n elements. */
SKUA_MUST_USE skua_status skuai_safetensors_read_int8(skuai_safetensors *file, const char *name,
                                                      size_t n, int8_t *values, skua_error *err);

/* -- Writing ---------------------------------------------------------------------------------- */

typedef struct skuai_safetensors_array {
    const char *name;
    skuai_safetensors_type type; /* F32, F16 (to nearest, ties to even), BF16 (likewise) or I8 */
    int rank;                    /* 1 .. 4 */
    size_t shape[4];
    const void *values; /* product of the shape: floats, for I8 int8_t */
} skuai_safetensors_array;

typedef struct skuai_safetensors_pair {
    const char *name, *value;
} skuai_safetensors_pair;

/* Write a file beside its place and rename it over. Names are unique (the caller's duty).
 * SKUA_EINVAL: a type that is not written, a number too large for F16; SKUA_EIO, SKUA_ENOMEM;
 * SKUA_ELIMIT past 4 GiB. */
SKUA_MUST_USE skua_status skuai_safetensors_write(const char *path,
                                                  const skuai_safetensors_pair *texts,
                                                  size_t n_texts,
                                                  const skuai_safetensors_array *arrays,
                                                  size_t n_arrays, skua_error *err);

/* IEEE 754 binary16 and bfloat16, to and from float; to: nearest, ties to even, NaN stays NaN. */
float skuai_float_from_half(uint16_t half);
uint16_t skuai_half_from_float(float value);
float skuai_float_from_bfloat(uint16_t bfloat);
uint16_t skuai_bfloat_from_float(float value);

#endif
