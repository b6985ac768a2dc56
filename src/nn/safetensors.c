#include "nn/safetensors.h"

#include "core/file.h"
#include "core/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors are little-endian; this reader copies their bytes"
#endif

#define HEADER_MOST ((uint64_t)100 << 20) /* as the reference reader */
#define WRITE_MOST  ((size_t)4 << 30)

enum { CHUNK = 16384 }; /* elements converted at a time */

struct skuai_safetensors {
    char *name; /* of the file, for messages */
    FILE *stream;
    const char *bytes; /* instead of a stream */
    uint64_t data;     /* where the data begin in the file */
    skuai_json *header;
    skuai_arena *arena;
    skuai_safetensors_tensor *tensors; /* [count] by offset */
    size_t count;
};

static const struct {
    const char *name;
    skuai_safetensors_type type;
    size_t bytes;
} types[] = {{"F32", SKUAI_SAFETENSORS_F32, 4},       {"F16", SKUAI_SAFETENSORS_F16, 2},
             {"BF16", SKUAI_SAFETENSORS_BF16, 2},     {"I8", SKUAI_SAFETENSORS_I8, 1},
             {"F64", SKUAI_SAFETENSORS_F64, 8},       {"BOOL", SKUAI_SAFETENSORS_OTHER, 1},
             {"U8", SKUAI_SAFETENSORS_OTHER, 1},      {"F8_E4M3", SKUAI_SAFETENSORS_OTHER, 1},
             {"F8_E5M2", SKUAI_SAFETENSORS_OTHER, 1}, {"I16", SKUAI_SAFETENSORS_OTHER, 2},
             {"U16", SKUAI_SAFETENSORS_OTHER, 2},     {"I32", SKUAI_SAFETENSORS_OTHER, 4},
             {"U32", SKUAI_SAFETENSORS_OTHER, 4},     {"I64", SKUAI_SAFETENSORS_OTHER, 8},
             {"U64", SKUAI_SAFETENSORS_OTHER, 8}};

/* -- Bytes ------------------------------------------------------------------------------------ */

static skua_status read_at(skuai_safetensors *f, uint64_t from, void *to, size_t n,
                           skua_error *err) {
    if (f->bytes) {
        memcpy(to, f->bytes + from, n);
        return SKUA_OK;
    }
    errno = 0;
    if (fseeko(f->stream, (off_t)from, SEEK_SET) == 0 && fread(to, 1, n, f->stream) == n)
        return SKUA_OK;
    return skuai_error_set(err, SKUA_EIO, "%s: cannot be read: %s", f->name,
                           errno ? strerror(errno) : "it became shorter");
}

/* -- The header ------------------------------------------------------------------------------- */

static skua_status tensor_shape(const skuai_safetensors *f, const skuai_json *shape,
                                skuai_safetensors_tensor *t, skua_error *err) {
    size_t rank = skuai_json_size(shape);
    if (!skuai_json_is_array(shape) || rank > SKUAI_SAFETENSORS_RANK)
        return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s: need a shape of at most %d numbers",
                               f->name, t->name, SKUAI_SAFETENSORS_RANK);
    t->rank = (int)rank;
    t->size = 1;
    for (size_t k = 0; k < SKUAI_SAFETENSORS_RANK; k++) {
        int64_t n = k < rank ? skuai_json_as_integer(skuai_json_at(shape, k), -1) : 1;
        t->shape[k] = n < 0 ? 0 : (size_t)n;
        if (n < 0 || !skuai_size_mul(t->size, t->shape[k], &t->size))
            return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s: a shape that cannot be",
                                   f->name, t->name);
    }
    return SKUA_OK;
}

static skua_status tensor_read(const skuai_safetensors *f, const skuai_json *entry,
                               uint64_t data_size, skuai_safetensors_tensor *t, skua_error *err) {
    const char *type = skuai_json_as_text(skuai_json_get(entry, "dtype"), "");
    size_t k = 0, bytes, n_types = sizeof types / sizeof *types;
    while (k < n_types && strcmp(types[k].name, type) != 0)
        k++;
    if (k == n_types)
        return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s: type '%s' is unknown", f->name,
                               t->name, type);
    t->type = types[k].type;
    SKUA_TRY(tensor_shape(f, skuai_json_get(entry, "shape"), t, err));
    const skuai_json *offsets = skuai_json_get(entry, "data_offsets");
    int64_t from = skuai_json_as_integer(skuai_json_at(offsets, 0), -1);
    int64_t to = skuai_json_as_integer(skuai_json_at(offsets, 1), -1);
    if (skuai_json_size(offsets) != 2 || from < 0 || to < from || (uint64_t)to > data_size)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: tensor %s lies outside of the file (truncated?)", f->name,
                               t->name);
    if (!skuai_size_mul(t->size, types[k].bytes, &bytes) || bytes != (uint64_t)(to - from))
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: tensor %s has %lld bytes, which is not what its shape and type "
                               "need",
                               f->name, t->name, (long long)(to - from));
    t->from = (uint64_t)from, t->to = (uint64_t)to;
    return SKUA_OK;
}

static int by_offset(const void *a, const void *b) {
    const skuai_safetensors_tensor *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Every byte of the data belongs to one tensor. */
static skua_status layout_check(const skuai_safetensors *f, uint64_t data_size, skua_error *err) {
    uint64_t at = 0;
    for (size_t i = 0; i < f->count; i++) {
        const skuai_safetensors_tensor *t = &f->tensors[i];
        if (t->from != at)
            return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s %s", f->name, t->name,
                                   t->from < at ? "overlaps another" : "lies behind a hole");
        at = t->to;
    }
    if (at != data_size)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: %llu bytes behind its header, its tensors have %llu", f->name,
                               (unsigned long long)data_size, (unsigned long long)at);
    return SKUA_OK;
}

static skua_status tensors_read(skuai_safetensors *f, uint64_t data_size, skua_error *err) {
    const char *name = NULL;
    size_t most = skuai_json_size(f->header);
    f->tensors = skuai_arena_take(f->arena, most, sizeof *f->tensors);
    if (!f->tensors) return skuai_error_memory(err, "a safetensors file");
    for (;;) {
        const skuai_json *entry = skuai_json_next(f->header, &name);
        if (!entry) break;
        if (strcmp(name, "__metadata__") == 0) continue;
        f->tensors[f->count].name = name;
        SKUA_TRY(tensor_read(f, entry, data_size, &f->tensors[f->count], err));
        f->count++;
    }
    qsort(f->tensors, f->count, sizeof *f->tensors, by_offset);
    return layout_check(f, data_size, err);
}

static skua_status header_read(skuai_safetensors *f, uint64_t size, skua_error *err) {
    unsigned char b[8];
    if (size < 8)
        return skuai_error_set(err, SKUA_EDATA, "%s: no safetensors file (it has %llu bytes)",
                               f->name, (unsigned long long)size);
    SKUA_TRY(read_at(f, 0, b, 8, err));
    uint64_t length = 0;
    for (int k = 7; k >= 0; k--)
        length = length << 8 | b[k];
    if (length > size - 8 || length > HEADER_MOST)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: no safetensors file, or truncated: its header would have %llu "
                               "bytes, the file has %llu",
                               f->name, (unsigned long long)length, (unsigned long long)size);
    char *text = skuai_new((size_t)length + 1, 1);
    if (!text) return skuai_error_memory(err, "a safetensors header");
    f->data = 8 + length;
    skua_status status = read_at(f, 8, text, (size_t)length, err);
    if (status == SKUA_OK && (length == 0 || text[0] != '{'))
        status = skuai_error_set(err, SKUA_EDATA, "%s: no safetensors file (no header)", f->name);
    else if (status == SKUA_OK) {
        status = skuai_json_parse(text, (size_t)length, &f->header, err);
        if (status != SKUA_OK) status = skuai_error_prefix(err, status, "%s: header", f->name);
    }
    skuai_free(text);
    return status == SKUA_OK ? tensors_read(f, size - f->data, err) : status;
}

/* -- Open and close --------------------------------------------------------------------------- */

void skuai_safetensors_close(skuai_safetensors *file) {
    if (!file) return;
    if (file->stream) (void)fclose(file->stream);
    skuai_json_free(file->header);
    skuai_arena_free(file->arena);
    skuai_free(file->name);
    skuai_free(file);
}

static skua_status file_new(const char *name, skuai_safetensors **file, skua_error *err) {
    skuai_safetensors *f = skuai_zero(1, sizeof *f);
    if (!f) return skuai_error_memory(err, "a safetensors file");
    f->name = skuai_text_copy(name);
    f->arena = skuai_arena_new(0);
    *file = f;
    return f->name && f->arena ? SKUA_OK : skuai_error_memory(err, "a safetensors file");
}

static skua_status file_open(skuai_safetensors *f, uint64_t *size, skua_error *err) {
    struct stat about;
    f->stream = fopen(f->name, "rb");
    if (!f->stream || fstat(fileno(f->stream), &about) != 0)
        return skuai_error_set(err, errno == ENOENT ? SKUA_ENOTFOUND : SKUA_EIO, "%s: %s", f->name,
                               strerror(errno));
    if (!S_ISREG(about.st_mode)) return skuai_error_set(err, SKUA_EIO, "%s: not a file", f->name);
    *size = (uint64_t)about.st_size;
    return SKUA_OK;
}

skua_status skuai_safetensors_open(const char *path, skuai_safetensors **file, skua_error *err) {
    struct stat about;
    char inside[4096];
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        size_t n = strlen(path);
        const char *slash = n > 0 && path[n - 1] == '/' ? "" : "/";
        int length = snprintf(inside, sizeof inside, "%s%smodel.safetensors", path, slash);
        if (length < 0 || (size_t)length >= sizeof inside)
            return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", path);
        path = inside;
    }
    skuai_safetensors *made = NULL;
    uint64_t size = 0;
    skua_status status = file_new(path, &made, err);
    if (status == SKUA_OK) status = file_open(made, &size, err);
    if (status == SKUA_OK) status = header_read(made, size, err);
    if (status != SKUA_OK) {
        skuai_safetensors_close(made);
        return status;
    }
    *file = made;
    return SKUA_OK;
}

skua_status skuai_safetensors_parse(const void *bytes, size_t n, const char *name,
                                    skuai_safetensors **file, skua_error *err) {
    skuai_safetensors *made = NULL;
    skua_status status = file_new(name, &made, err);
    if (status == SKUA_OK) {
        made->bytes = bytes;
        status = header_read(made, n, err);
    }
    if (status != SKUA_OK) {
        skuai_safetensors_close(made);
        return status;
    }
    *file = made;
    return SKUA_OK;
}

size_t skuai_safetensors_count(const skuai_safetensors *file) {
    return file->count;
}

const skuai_safetensors_tensor *skuai_safetensors_at(const skuai_safetensors *file, size_t i) {
    return i < file->count ? &file->tensors[i] : NULL;
}

const skuai_safetensors_tensor *skuai_safetensors_find(const skuai_safetensors *file,
                                                       const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

const char *skuai_safetensors_text(const skuai_safetensors *file, const char *name) {
    return skuai_json_as_text(skuai_json_get(skuai_json_get(file->header, "__metadata__"), name),
                              NULL);
}

/* -- Reading ---------------------------------------------------------------------------------- */

static skua_status find(const skuai_safetensors *f, const char *name, size_t n,
                        const skuai_safetensors_tensor **tensor, skua_error *err) {
    const skuai_safetensors_tensor *t = skuai_safetensors_find(f, name);
    if (!t) return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s is missing", f->name, name);
    if (t->size != n)
        return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s has %zu elements, need %zu", f->name,
                               name, t->size, n);
    *tensor = t;
    return SKUA_OK;
}

/* n elements of a type at bytes, as floats. */
static void convert(skuai_safetensors_type type, const void *bytes, size_t n, float *values) {
    const uint16_t *half = bytes;
    const double *wide = bytes;
    const int8_t *small = bytes;
    for (size_t i = 0; i < n; i++) {
        if (type == SKUAI_SAFETENSORS_F16)
            values[i] = skuai_float_from_half(half[i]);
        else if (type == SKUAI_SAFETENSORS_BF16)
            values[i] = skuai_float_from_bfloat(half[i]);
        else if (type == SKUAI_SAFETENSORS_F64)
            values[i] = fabs(wide[i]) <= 3.4028234e38 ? (float)wide[i] : NAN;
        else
            values[i] = (float)small[i];
    }
}

static size_t width_of(skuai_safetensors_type type) {
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (types[k].type == type) return types[k].bytes;
    return 0;
}

skua_status skuai_safetensors_read(skuai_safetensors *file, const char *name, size_t n,
                                   float *values, skua_error *err) {
    const skuai_safetensors_tensor *t;
    SKUA_TRY(find(file, name, n, &t, err));
    if (t->type == SKUAI_SAFETENSORS_OTHER)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: tensor %s: need type F32, F16, BF16, F64 or I8", file->name,
                               name);
    uint64_t from = file->data + t->from;
    if (t->type == SKUAI_SAFETENSORS_F32) {
        SKUA_TRY(read_at(file, from, values, n * sizeof *values, err));
    } else {
        size_t width = width_of(t->type);
        skuai_arena_mark mark = skuai_arena_mark_get(file->arena);
        void *chunk = skuai_arena_take(file->arena, CHUNK, width);
        skua_status status = chunk ? SKUA_OK : skuai_error_memory(err, "a tensor");
        for (size_t done = 0; done < n && status == SKUA_OK; done += CHUNK) {
            size_t count = n - done < CHUNK ? n - done : CHUNK;
            status = read_at(file, from + done * width, chunk, count * width, err);
            if (status == SKUA_OK) convert(t->type, chunk, count, values + done);
        }
        skuai_arena_reset(file->arena, mark);
        SKUA_TRY(status);
    }
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return skuai_error_set(err, SKUA_EDATA,
                                   "%s: tensor %s holds a number that is not finite", file->name,
                                   name);
    return SKUA_OK;
}

skua_status skuai_safetensors_read_int8(skuai_safetensors *file, const char *name, size_t n,
                                        int8_t *values, skua_error *err) {
    const skuai_safetensors_tensor *t;
    SKUA_TRY(find(file, name, n, &t, err));
    if (t->type != SKUAI_SAFETENSORS_I8)
        return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s: need type I8", file->name, name);
    return read_at(file, file->data + t->from, values, n, err);
}

/* -- Writing ---------------------------------------------------------------------------------- */

static size_t elements(const skuai_safetensors_array *a) {
    size_t n = 1;
    for (int k = 0; k < a->rank; k++)
        n *= a->shape[k];
    return n;
}

static void write_header(skuai_buffer *out, const skuai_safetensors_pair *texts, size_t n_texts,
                         const skuai_safetensors_array *arrays, size_t n_arrays) {
    skuai_json_writer w;
    skuai_json_begin(&w, out);
    skuai_json_object(&w, NULL);
    skuai_json_object(&w, "__metadata__");
    for (size_t i = 0; i < n_texts; i++)
        skuai_json_text(&w, texts[i].name, texts[i].value);
    skuai_json_close(&w);
    size_t offset = 0;
    for (size_t i = 0; i < n_arrays; i++) {
        size_t size = elements(&arrays[i]) * width_of(arrays[i].type);
        skuai_json_object(&w, arrays[i].name);
        skuai_json_text(&w, "dtype", types[arrays[i].type].name);
        skuai_json_array(&w, "shape");
        for (int k = 0; k < arrays[i].rank; k++)
            skuai_json_integer(&w, NULL, (int64_t)arrays[i].shape[k]);
        skuai_json_close(&w);
        skuai_json_array(&w, "data_offsets");
        skuai_json_integer(&w, NULL, (int64_t)offset);
        skuai_json_integer(&w, NULL, (int64_t)(offset + size));
        skuai_json_close(&w);
        skuai_json_close(&w);
        offset += size;
    }
    skuai_json_close(&w);
    while (out->size % 8 != 0 && skuai_buffer_add(out, " ", 1) == SKUA_OK) {
    }
}

static skua_status write_array(skuai_buffer *out, const skuai_safetensors_array *a,
                               skua_error *err) {
    size_t n = elements(a);
    if (a->type == SKUAI_SAFETENSORS_F32 || a->type == SKUAI_SAFETENSORS_I8) {
        skuai_buffer_add(out, a->values, n * width_of(a->type));
        return skuai_buffer_check(out, err);
    }
    const float *values = a->values;
    uint16_t chunk[256];
    for (size_t done = 0; done < n; done += 256) {
        size_t count = n - done < 256 ? n - done : 256;
        for (size_t i = 0; i < count; i++) {
            bool half = a->type == SKUAI_SAFETENSORS_F16;
            chunk[i] = half ? skuai_half_from_float(values[done + i])
                            : skuai_bfloat_from_float(values[done + i]);
            if (half && (chunk[i] & 0x7FFFU) >= 0x7C00U)
                return skuai_error_set(err, SKUA_EINVAL,
                                       "tensor %s: %g does not fit 16 bits (at most 65504)",
                                       a->name, (double)values[done + i]);
        }
        skuai_buffer_add(out, chunk, count * sizeof *chunk);
    }
    return skuai_buffer_check(out, err);
}

skua_status skuai_safetensors_write(const char *path, const skuai_safetensors_pair *texts,
                                    size_t n_texts, const skuai_safetensors_array *arrays,
                                    size_t n_arrays, skua_error *err) {
    for (size_t i = 0; i < n_arrays; i++)
        if (arrays[i].type > SKUAI_SAFETENSORS_I8 || arrays[i].rank < 1 || arrays[i].rank > 4)
            return skuai_error_set(err, SKUA_EINVAL,
                                   "tensor %s: only F32, F16, BF16, I8 of rank 1 to 4 are written",
                                   arrays[i].name);
    skuai_buffer header, all;
    skuai_buffer_init(&header, (size_t)HEADER_MOST);
    skuai_buffer_init(&all, WRITE_MOST);
    write_header(&header, texts, n_texts, arrays, n_arrays);
    char length[8];
    for (size_t k = 0; k < 8; k++)
        length[k] = (char)(header.size >> (8 * k) & 255);
    skua_status status = skuai_buffer_check(&header, err);
    if (status == SKUA_OK) {
        skuai_buffer_add(&all, length, sizeof length);
        skuai_buffer_add(&all, header.data, header.size);
        for (size_t i = 0; i < n_arrays && status == SKUA_OK; i++)
            status = write_array(&all, &arrays[i], err);
    }
    if (status == SKUA_OK) status = skuai_file_write(path, all.data, all.size, err);
    skuai_buffer_clear(&header);
    skuai_buffer_clear(&all);
    return status;
}
