#include "neural/weights_file.h"

#include "core/file.h"

#include <math.h>
#include <string.h>

#define FILE_MOST ((size_t)1 << 30)

struct skuai_weights_file {
    char *path;
    skuai_buffer bytes;
    skuai_json *header;
    const char *data; /* [data_size] in bytes */
    size_t data_size;
};

static size_t elements(const skuai_weights_array *a) {
    size_t n = 1;
    for (int k = 0; k < a->rank; k++)
        n *= a->shape[k];
    return n;
}

static void write_header(skuai_buffer *out, const skuai_weights_text *texts, size_t n_texts,
                         const skuai_weights_array *arrays, size_t n_arrays) {
    skuai_json_writer w;
    skuai_json_begin(&w, out);
    skuai_json_object(&w, NULL);
    skuai_json_object(&w, "__metadata__");
    for (size_t i = 0; i < n_texts; i++)
        skuai_json_text(&w, texts[i].name, texts[i].value);
    skuai_json_close(&w);
    size_t offset = 0;
    for (size_t i = 0; i < n_arrays; i++) {
        size_t size = elements(&arrays[i]) * sizeof(float);
        skuai_json_object(&w, arrays[i].name);
        skuai_json_text(&w, "dtype", "F32");
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

skua_status skuai_weights_write(const char *path, const skuai_weights_text *texts, size_t n_texts,
                                const skuai_weights_array *arrays, size_t n_arrays,
                                skua_error *err) {
    skuai_buffer header, all;
    skuai_buffer_init(&header, FILE_MOST);
    skuai_buffer_init(&all, FILE_MOST);
    write_header(&header, texts, n_texts, arrays, n_arrays);
    char length[8];
    for (size_t k = 0; k < 8; k++)
        length[k] = (char)(header.size >> (8 * k) & 255);
    skua_status status = skuai_buffer_check(&header, err);
    if (status == SKUA_OK) {
        skuai_buffer_add(&all, length, sizeof length);
        skuai_buffer_add(&all, header.data, header.size);
        for (size_t i = 0; i < n_arrays; i++)
            skuai_buffer_add(&all, arrays[i].values, elements(&arrays[i]) * sizeof(float));
        status = skuai_buffer_check(&all, err);
    }
    if (status == SKUA_OK) status = skuai_file_write(path, all.data, all.size, err);
    skuai_buffer_clear(&header);
    skuai_buffer_clear(&all);
    return status;
}

void skuai_weights_close(skuai_weights_file *file) {
    if (!file) return;
    skuai_json_free(file->header);
    skuai_buffer_clear(&file->bytes);
    skuai_free(file->path);
    skuai_free(file);
}

static skua_status parse(skuai_weights_file *file, skua_error *err) {
    const unsigned char *b = (const unsigned char *)file->bytes.data;
    if (file->bytes.size < 8)
        return skuai_error_set(err, SKUA_EDATA, "%s: %zu bytes are no safetensors file", file->path,
                               file->bytes.size);
    uint64_t length = 0;
    for (int k = 7; k >= 0; k--)
        length = length << 8 | b[k];
    if (length > file->bytes.size - 8)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: no safetensors file, or truncated (its header would be %llu "
                               "bytes long)",
                               file->path, (unsigned long long)length);
    file->data = file->bytes.data + 8 + length;
    file->data_size = file->bytes.size - 8 - (size_t)length;
    skua_status status = skuai_json_parse(file->bytes.data + 8, (size_t)length, &file->header, err);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s", file->path);
    return SKUA_OK;
}

skua_status skuai_weights_open(const char *path, skuai_weights_file **file, skua_error *err) {
    skuai_weights_file *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a file of weights");
    skuai_buffer_init(&made->bytes, FILE_MOST);
    made->path = skuai_text_copy(path);
    skua_status status = made->path ? SKUA_OK : skuai_error_memory(err, "a file of weights");
    if (status == SKUA_OK) status = skuai_file_read(path, FILE_MOST, &made->bytes, err);
    if (status == SKUA_OK) status = parse(made, err);
    if (status != SKUA_OK) {
        skuai_weights_close(made);
        return status;
    }
    *file = made;
    return SKUA_OK;
}

const char *skuai_weights_text_get(const skuai_weights_file *file, const char *name) {
    return skuai_json_as_text(skuai_json_get(skuai_json_get(file->header, "__metadata__"), name),
                              NULL);
}

skua_status skuai_weights_get(const skuai_weights_file *file, const char *name, size_t n,
                              float *values, skua_error *err) {
    const skuai_json *entry = skuai_json_get(file->header, name);
    if (!entry)
        return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s is missing", file->path, name);
    const char *type = skuai_json_as_text(skuai_json_get(entry, "dtype"), "");
    const skuai_json *offsets = skuai_json_get(entry, "data_offsets");
    int64_t from = skuai_json_as_integer(skuai_json_at(offsets, 0), -1);
    int64_t to = skuai_json_as_integer(skuai_json_at(offsets, 1), -1);
    if (strcmp(type, "F32") != 0 || from < 0 || to < from || (uint64_t)to > file->data_size)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: tensor %s is not F32 or lies outside of the file", file->path,
                               name);
    if ((size_t)(to - from) != n * sizeof(float))
        return skuai_error_set(err, SKUA_EDATA, "%s: tensor %s has %lld bytes, need %zu",
                               file->path, name, (long long)(to - from), n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        float v;
        memcpy(&v, file->data + from + i * sizeof v, sizeof v);
        if (!isfinite(v))
            return skuai_error_set(err, SKUA_EDATA,
                                   "%s: tensor %s holds a number that is not "
                                   "finite",
                                   file->path, name);
    }
    memcpy(values, file->data + from, n * sizeof(float));
    return SKUA_OK;
}

double skuai_text_number(const char *text) {
    char array[64]; /* a document is an array or an object */
    skuai_json *json = NULL;
    double number = NAN;
    size_t n = strlen(text);
    if (n == 0 || n > sizeof array - 3) return NAN;
    array[0] = '[';
    memcpy(array + 1, text, n);
    memcpy(array + 1 + n, "]", 2);
    if (skuai_json_parse(array, n + 2, &json, NULL) == SKUA_OK && skuai_json_size(json) == 1)
        number = skuai_json_as_number(skuai_json_at(json, 0), NAN);
    skuai_json_free(json);
    return number;
}
