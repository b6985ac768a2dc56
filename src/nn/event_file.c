#include "nn/event_file.h"

#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TAG_MOST = 1000, FILES_MOST = 1000 };

struct skuai_event_file {
    FILE *stream;
    char *path;
    int reason; /* errno of the first failure; 0: none */
};

/* Bit by bit: curves are a few thousand short records. */
uint32_t skuai_crc32c(const void *bytes, size_t n) {
    const unsigned char *b = bytes;
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < n; i++) {
        crc ^= b[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? crc >> 1 ^ 0x82F63B78U : crc >> 1;
    }
    return ~crc;
}

/* -- Protocol buffers ------------------------------------------------------------------------- */

typedef struct message {
    unsigned char bytes[TAG_MOST + 128];
    size_t n;
} message;

static void put(message *m, uint64_t value, int bytes) {
    for (int k = 0; k < bytes; k++)
        m->bytes[m->n++] = (unsigned char)(value >> (8 * k) & 255);
}

static void put_varint(message *m, uint64_t value) {
    for (; value > 127; value >>= 7)
        m->bytes[m->n++] = (unsigned char)(128 | (value & 127));
    m->bytes[m->n++] = (unsigned char)value;
}

/* Field `number` of bytes. */
static void put_bytes(message *m, int number, const void *bytes, size_t n) {
    put_varint(m, (uint64_t)number << 3 | 2);
    put_varint(m, n);
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

static void put_time(message *m, double wall_time) {
    uint64_t bits;
    memcpy(&bits, &wall_time, sizeof bits);
    put_varint(m, 1 << 3 | 1);
    put(m, bits, 8);
}

/* -- Records ---------------------------------------------------------------------------------- */

static uint32_t masked(const void *bytes, size_t n) {
    uint32_t crc = skuai_crc32c(bytes, n);
    return (crc >> 15 | crc << 17) + 0xA282EAD8U;
}

static void write_record(skuai_event_file *file, const message *m) {
    message head = {.n = 0}, tail = {.n = 0};
    put(&head, m->n, 8);
    put(&head, masked(head.bytes, 8), 4);
    put(&tail, masked(m->bytes, m->n), 4);
    errno = 0;
    bool good = fwrite(head.bytes, 1, head.n, file->stream) == head.n &&
                fwrite(m->bytes, 1, m->n, file->stream) == m->n &&
                fwrite(tail.bytes, 1, tail.n, file->stream) == tail.n && fflush(file->stream) == 0;
    if (!good && !file->reason) file->reason = errno ? errno : EIO;
}

/* -- The file --------------------------------------------------------------------------------- */

/* A name that is free. */
static FILE *create(const char *folder, double wall_time, skuai_buffer *path) {
    int64_t seconds = wall_time > 0 && wall_time < 1e15 ? (int64_t)wall_time : 0;
    for (int i = 0; i < FILES_MOST; i++) {
        skuai_buffer_reset(path);
        skuai_buffer_format(path, "%s/events.out.tfevents.%010lld.skua", folder,
                            (long long)seconds);
        if (i > 0) skuai_buffer_format(path, ".%d", i);
        if (path->status != SKUA_OK) return NULL;
        int descriptor = open(path->data, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (descriptor < 0 && errno == EEXIST) continue;
        if (descriptor < 0) return NULL;
        FILE *stream = fdopen(descriptor, "wb");
        if (!stream) (void)close(descriptor);
        return stream;
    }
    return NULL;
}

skua_status skuai_event_file_open(const char *folder, double wall_time, skuai_event_file **file,
                                  skua_error *err) {
    SKUA_TRY(skuai_folder_make(folder, err));
    skuai_event_file *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "an event file");
    skuai_buffer path;
    skuai_buffer_init(&path, 4096);
    errno = 0;
    made->stream = create(folder, wall_time, &path);
    int reason = errno;
    skua_status status = skuai_buffer_take(&path, &made->path, err);
    if (status == SKUA_OK && !made->stream)
        status = skuai_error_set(err, SKUA_EIO, "%s: %s", made->path, strerror(reason));
    if (status != SKUA_OK) {
        if (made->stream) (void)fclose(made->stream);
        skuai_free(made->path);
        skuai_free(made);
        return status;
    }
    message m = {.n = 0};
    put_time(&m, wall_time);
    put_bytes(&m, 3, "brain.Event:2", 13);
    write_record(made, &m);
    *file = made;
    return SKUA_OK;
}

void skuai_event_file_scalar(skuai_event_file *file, const char *tag, int64_t step, double value,
                             double wall_time) {
    size_t n = strlen(tag);
    float small = (float)value;
    uint32_t bits;
    memcpy(&bits, &small, sizeof bits);
    message point = {.n = 0}, summary = {.n = 0}, event = {.n = 0};
    put_bytes(&point, 1, tag, n < TAG_MOST ? n : TAG_MOST);
    put_varint(&point, 2 << 3 | 5);
    put(&point, bits, 4);
    put_bytes(&summary, 1, point.bytes, point.n);
    put_time(&event, wall_time);
    if (step != 0) { /* 0 is what an absent step means */
        put_varint(&event, 2 << 3 | 0);
        put_varint(&event, (uint64_t)step);
    }
    put_bytes(&event, 5, summary.bytes, summary.n);
    write_record(file, &event);
}

const char *skuai_event_file_path(const skuai_event_file *file) {
    return file->path;
}

skua_status skuai_event_file_close(skuai_event_file *file, skua_error *err) {
    if (!file) return SKUA_OK;
    errno = 0;
    if (fclose(file->stream) != 0 && !file->reason) file->reason = errno ? errno : EIO;
    skua_status status = SKUA_OK;
    if (file->reason)
        status = skuai_error_set(err, SKUA_EIO, "%s: %s", file->path, strerror(file->reason));
    skuai_free(file->path);
    skuai_free(file);
    return status;
}
