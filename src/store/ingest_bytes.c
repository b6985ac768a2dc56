#include "store/ingest_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD  ((size_t)256 * 1024)
#define PIECE ((size_t)256 * 1024)

struct skuai_bytes {
    char *path;
    gzFile file; /* reads plain files as they are */
    int64_t size;
    skuai_bytes_format format;
    char encoding[SKUAI_ENCODING_NAME_SIZE];
    size_t mark;                /* bytes of the order mark */
    bool carriage;              /* lines end in CR alone */
    skuai_converter *converter; /* NULL: UTF-8 already */
    unsigned char *raw;         /* [PIECE] to be converted */
    size_t raw_size;
    skuai_buffer text; /* converted, not handed out yet */
    size_t text_at;
    bool end;
};

/* -- Looking at the head -------------------------------------------------------------------------
 */

static skua_status refuse_binary(const char *path, const unsigned char *head, size_t n,
                                 skua_error *err) {
    static const struct {
        const char *magic;
        size_t size;
        const char *what;
    } known[] = {
        {"PK\3\4", 4,
         "is a spreadsheet (.xlsx, .ods) or a zip archive. Save the sheet as \"CSV UTF-8 "
         "(comma delimited)\" in Excel, or as Text CSV in LibreOffice; unpack an archive"},
        {"\xD0\xCF\x11\xE0", 4,
         "is an old Excel file (.xls). Save the sheet as \"CSV UTF-8 (comma delimited)\""},
        {"\x28\xB5\x2F\xFD", 4, "is packed with zstd: unpack it (zstd -d), or pack it with gzip"},
        {"BZh", 3, "is packed with bzip2: unpack it (bunzip2), or pack it with gzip"},
        {"\xFD"
         "7zXZ",
         5, "is packed with xz: unpack it (unxz), or pack it with gzip"},
        {"7z\xBC\xAF", 4, "is a 7z archive: unpack it"},
        {"Rar!", 4, "is a rar archive: unpack it"},
        {"%PDF", 4, "is a PDF: export the table as CSV"},
        {"SQLite format 3", 15, "is a SQLite database: export the table as CSV"},
        {"<!DOCTYPE", 9, "is a web page: export the table as CSV"},
        {"<html", 5, "is a web page: export the table as CSV"},
        {"<?xml", 5, "is XML: export the table as CSV"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (n >= known[i].size && memcmp(head, known[i].magic, known[i].size) == 0)
            return skuai_error_set(err, SKUA_EDATA, "%s: %s", path, known[i].what);
    return SKUA_OK;
}

static bool looks_json(const unsigned char *head, size_t n) {
    size_t i = 0;
    while (i < n && (head[i] == ' ' || head[i] == '\n' || head[i] == '\r' || head[i] == '\t'))
        i++;
    if (i >= n || (head[i] != '{' && head[i] != '[')) return false;
    for (size_t k = i + 1; k < n; k++) /* [ { "x": or { "x": follows */
        if (head[k] != ' ' && head[k] != '\n' && head[k] != '\r' && head[k] != '\t')
            return head[k] == '"' || head[k] == '{' || head[k] == '}' || head[k] == ']';
    return false;
}

static skua_status look(skuai_bytes *bytes, const unsigned char *head, size_t n, bool whole,
                        const char *encoding, skua_error *err) {
    if (n == 0) return skuai_error_set(err, SKUA_EDATA, "%s: is empty", bytes->path);
    SKUA_TRY(refuse_binary(bytes->path, head, n, err));
    if (n >= 4 && memcmp(head, "PAR1", 4) == 0) {
        bytes->format = SKUAI_BYTES_PARQUET;
        return SKUA_OK;
    }
    skua_status status = skuai_encoding_detect(head, n, whole, bytes->encoding, &bytes->mark, err);
    if (status != SKUA_OK && !encoding) return skuai_error_prefix(err, status, "%s", bytes->path);
    if (status != SKUA_OK) bytes->mark = 0;
    if (encoding) (void)snprintf(bytes->encoding, sizeof bytes->encoding, "%s", encoding);
    bool wide =
        strncmp(bytes->encoding, "UTF-16", 6) == 0 || strncmp(bytes->encoding, "UTF-32", 6) == 0;
    const unsigned char *zero = wide ? NULL : memchr(head, 0, n);
    size_t zeros = 0;
    for (size_t i = 0; zero && i < n; i++)
        zeros += head[i] == 0;
    if (zeros * 20 > n)
        return skuai_error_set(
            err, SKUA_EDATA,
            "%s: is not a text (NUL bytes, the first at byte %zu); give CSV, JSON "
            "or Parquet",
            bytes->path, (size_t)(zero - head) + 1);
    bool utf8 = strcmp(bytes->encoding, "UTF-8") == 0 || strcmp(bytes->encoding, "utf-8") == 0;
    if (utf8 && looks_json(head + bytes->mark, n - bytes->mark)) bytes->format = SKUAI_BYTES_JSON;
    bytes->carriage = !wide && !memchr(head, '\n', n) && memchr(head, '\r', n);
    if (utf8) return SKUA_OK;
    bytes->raw = skuai_new(PIECE, 1);
    if (!bytes->raw) return skuai_error_memory(err, "a file");
    status = skuai_converter_new(bytes->encoding, &bytes->converter, err);
    return status == SKUA_OK ? status : skuai_error_prefix(err, status, "%s", bytes->path);
}

static skua_status raw_read(skuai_bytes *bytes, void *buffer, size_t size, size_t *n,
                            skua_error *err) {
    *n = 0;
    while (*n < size) {
        size_t want = size - *n < (1u << 30) ? size - *n : 1u << 30;
        int got = gzread(bytes->file, (char *)buffer + *n, (unsigned)want);
        if (got < 0) {
            int code = 0;
            const char *why = gzerror(bytes->file, &code);
            if (code == Z_ERRNO)
                return skuai_error_set(err, SKUA_EIO, "%s: %s", bytes->path, strerror(errno));
            return skuai_error_set(err, SKUA_EDATA, "%s: the gzip data is damaged (%s)",
                                   bytes->path, why);
        }
        if (got == 0) break;
        *n += (size_t)got;
    }
    int code = Z_OK;
    if (*n < size) (void)gzerror(bytes->file, &code);
    if (code == Z_BUF_ERROR)
        return skuai_error_set(err, SKUA_EDATA, "%s: the gzip data ends too early", bytes->path);
    return SKUA_OK;
}

skua_status skuai_bytes_open(const char *path, const char *encoding, skuai_bytes **bytes,
                             skua_error *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return skuai_error_set(err, errno == ENOENT ? SKUA_ENOTFOUND : SKUA_EIO, "%s: %s", path,
                               errno == ENOENT ? "there is no such file" : strerror(errno));
    struct stat info;
    skuai_bytes *made = skuai_zero(1, sizeof *made);
    unsigned char *head = skuai_new(HEAD, 1);
    skua_status status = SKUA_OK;
    if (!made || !head || !(made->path = skuai_text_copy(path))) {
        status = skuai_error_memory(err, "a file");
        goto out;
    }
    skuai_buffer_init(&made->text, SIZE_MAX);
    if (fstat(file, &info) != 0 || S_ISDIR(info.st_mode)) {
        status = skuai_error_set(err, SKUA_EIO, "%s: is not a file that can be read", path);
        goto out;
    }
    made->size = info.st_size;
    made->file = gzdopen(file, "rb");
    if (!made->file) {
        status = skuai_error_memory(err, "a file");
        goto out;
    }
    file = -1; /* gzclose closes it */
    (void)gzbuffer(made->file, 1 << 18);
    size_t n;
    SKUA_TRY_OUT(raw_read(made, head, HEAD, &n, err));
    SKUA_TRY_OUT(look(made, head, n, n < HEAD, encoding, err));
    SKUA_TRY_OUT(skuai_bytes_rewind(made, err));
out:
    if (file >= 0) (void)close(file);
    skuai_free(head);
    if (status == SKUA_OK)
        *bytes = made;
    else
        skuai_bytes_close(made);
    return status;
}

void skuai_bytes_close(skuai_bytes *bytes) {
    if (!bytes) return;
    if (bytes->file) (void)gzclose(bytes->file);
    skuai_converter_free(bytes->converter);
    skuai_buffer_clear(&bytes->text);
    skuai_free(bytes->raw);
    skuai_free(bytes->path);
    skuai_free(bytes);
}

skua_status skuai_bytes_rewind(skuai_bytes *bytes, skua_error *err) {
    unsigned char mark[4];
    size_t n = 0;
    if (gzrewind(bytes->file) != 0)
        return skuai_error_set(err, SKUA_EIO, "%s: cannot be read twice", bytes->path);
    bytes->end = false;
    bytes->raw_size = 0;
    bytes->text_at = 0;
    skuai_buffer_reset(&bytes->text);
    return raw_read(bytes, mark, bytes->mark, &n, err);
}

/* -- Reading
 * ----------------------------------------------------------------------------------------- */

static skua_status convert_more(skuai_bytes *bytes, skua_error *err) {
    size_t n = 0, used = 0;
    skuai_buffer_reset(&bytes->text);
    bytes->text_at = 0;
    SKUA_TRY(raw_read(bytes, bytes->raw + bytes->raw_size, PIECE - bytes->raw_size, &n, err));
    bytes->raw_size += n;
    bytes->end = n == 0;
    SKUA_TRY(skuai_converter_add(bytes->converter, bytes->raw, bytes->raw_size, bytes->end, &used,
                                 &bytes->text, err));
    bytes->raw_size -= used;
    memmove(bytes->raw, bytes->raw + used, bytes->raw_size);
    return SKUA_OK;
}

skua_status skuai_bytes_read(skuai_bytes *bytes, char *buffer, size_t size, size_t *n,
                             skua_error *err) {
    *n = 0;
    if (!bytes->converter) {
        SKUA_TRY(raw_read(bytes, buffer, size, n, err));
    } else {
        while (*n < size) {
            size_t left = bytes->text.size - bytes->text_at;
            size_t take = left < size - *n ? left : size - *n;
            if (take) memcpy(buffer + *n, bytes->text.data + bytes->text_at, take);
            bytes->text_at += take;
            *n += take;
            if (*n == size || bytes->end) break;
            SKUA_TRY(convert_more(bytes, err));
        }
    }
    if (bytes->carriage)
        for (size_t i = 0; i < *n; i++)
            if (buffer[i] == '\r') buffer[i] = '\n';
    return SKUA_OK;
}

skuai_bytes_format skuai_bytes_format_of(const skuai_bytes *bytes) {
    return bytes->format;
}

const char *skuai_bytes_encoding(const skuai_bytes *bytes) {
    return bytes->encoding;
}

double skuai_bytes_position(const skuai_bytes *bytes) {
    int64_t at = (int64_t)gzoffset(bytes->file);
    return bytes->size > 0 && at >= 0 ? (double)at / (double)bytes->size : 0;
}

size_t skuai_bytes_bad(const skuai_bytes *bytes) {
    return bytes->converter ? skuai_converter_bad(bytes->converter) : 0;
}

/* -- Hash
 * --------------------------------------------------------------------------------------------- */

static uint64_t rotate(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

static uint64_t finish(uint64_t x) { /* the finaliser of splitmix64 */
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

/* Four lanes of multiply and rotate over words of eight bytes. n is a multiple of 32. */
static void hash_blocks(uint64_t lane[static 4], const unsigned char *p, size_t n) {
    for (size_t i = 0; i < n; i += 32)
        for (int k = 0; k < 4; k++) {
            uint64_t word;
            memcpy(&word, p + i + 8 * k, sizeof word);
            lane[k] = rotate(lane[k] ^ word * UINT64_C(0x9E3779B97F4A7C15), 29) *
                      UINT64_C(0xD6E8FEB86659FD93);
        }
}

skua_status skuai_bytes_hash(const char *path, int64_t *size, char hash[static SKUAI_HASH_SIZE],
                             skua_error *err) {
    uint64_t lane[4] = {1, 2, 3, 4};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return skuai_error_set(err, errno == ENOENT ? SKUA_ENOTFOUND : SKUA_EIO, "%s: %s", path,
                               errno == ENOENT ? "there is no such file" : strerror(errno));
    unsigned char *buffer = skuai_new(PIECE + 32, 1);
    skua_status status = buffer ? SKUA_OK : skuai_error_memory(err, "a file");
    int64_t total = 0;
    size_t held = 0;
    while (status == SKUA_OK) {
        ssize_t n = read(file, buffer + held, PIECE - held);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) status = skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(errno));
        if (n <= 0) break;
        total += n;
        held += (size_t)n;
        size_t whole = held / 32 * 32;
        hash_blocks(lane, buffer, whole);
        memmove(buffer, buffer + whole, held - whole);
        held -= whole;
    }
    if (status == SKUA_OK) {
        memset(buffer + held, 0, 32);
        hash_blocks(lane, buffer, 32);
        uint64_t a = finish(lane[0] + rotate(lane[1], 17) + (uint64_t)total);
        uint64_t b = finish(lane[2] ^ rotate(lane[3], 31) ^ a);
        a = finish(a + b);
        (void)snprintf(hash, SKUAI_HASH_SIZE, "%016llx%016llx", (unsigned long long)a,
                       (unsigned long long)b);
        *size = total;
    }
    skuai_free(buffer);
    (void)close(file);
    return status;
}
