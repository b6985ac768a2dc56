#include "automl/journal.h"

#include "core/file.h"
#include "core/json.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 28, LINE_MOST = 1 << 16 };

void skuai_journal_clear(skuai_journal *journal) {
    skuai_free(journal->lines);
    *journal = (skuai_journal){0};
}

const skuai_journal_line *skuai_journal_find(const skuai_journal *journal,
                                             const char *specification, size_t rung) {
    for (size_t i = 0; i < journal->n; i++)
        if (journal->lines[i].rung == rung &&
            strcmp(journal->lines[i].specification, specification) == 0)
            return &journal->lines[i];
    return NULL;
}

/* -- Reading ----------------------------------------------------------------------------------- */

static skua_status keep_line(skuai_journal *j, const skuai_journal_line *line, skua_error *err) {
    if (j->n == j->capacity) {
        size_t capacity = j->capacity ? 2 * j->capacity : 64;
        skuai_journal_line *lines = skuai_resize(j->lines, capacity, sizeof *lines);
        if (!lines) return skuai_error_memory(err, "a journal");
        j->lines = lines;
        j->capacity = capacity;
    }
    j->lines[j->n++] = *line;
    return SKUA_OK;
}

static skua_status take_line(skuai_journal *j, const skuai_json *json, skua_error *err) {
    const char *specification = skuai_json_as_text(skuai_json_get(json, "specification"), "");
    int64_t rung = skuai_json_as_integer(skuai_json_get(json, "rung"), -1);
    if (skuai_json_as_bool(skuai_json_get(json, "ended"), false)) j->ended = true;
    if (!*specification || rung < 0) return SKUA_OK;
    skuai_journal_line line = {.rung = (size_t)rung};
    (void)snprintf(line.specification, sizeof line.specification, "%s", specification);
    (void)snprintf(line.reason, sizeof line.reason, "%s",
                   skuai_json_as_text(skuai_json_get(json, "reason"), ""));
    line.loss = skuai_json_as_number(skuai_json_get(json, "loss"), (double)INFINITY);
    line.seconds = skuai_json_as_number(skuai_json_get(json, "seconds"), 0);
    return keep_line(j, &line, err);
}

static void take_warm(skuai_journal *j, const skuai_json *warm) {
    for (size_t i = 0; i < skuai_json_size(warm) && i < SKUAI_JOURNAL_WARM; i++)
        (void)snprintf(j->warm[j->n_warm++], SKUAI_SPECIFICATION_SIZE, "%s",
                       skuai_json_as_text(skuai_json_at(warm, i), ""));
}

static skua_status read_lines(const char *text, const char *path, skuai_journal *j,
                              skua_error *err) {
    for (bool first = true; *text; first = false) {
        size_t n = strcspn(text, "\n");
        skuai_json *json = NULL;
        skua_error none;
        bool whole = text[n] == '\n' && skuai_json_parse(text, n, &json, &none) == SKUA_OK;
        const char *key = whole ? skuai_json_as_text(skuai_json_get(json, "key"), NULL) : NULL;
        skua_status status = SKUA_OK;
        if (first && !key)
            status = skuai_error_set(err, SKUA_EDATA, "%s is no journal of a search", path);
        else if (first)
            (void)snprintf(j->key, sizeof j->key, "%s", key),
                take_warm(j, skuai_json_get(json, "warm"));
        else if (whole)
            status = take_line(j, json, err);
        skuai_json_free(json);
        SKUA_TRY(status);
        text += n + (text[n] == '\n');
    }
    return SKUA_OK;
}

skua_status skuai_journal_read(const char *path, skuai_journal *journal, skua_error *err) {
    skuai_buffer buffer;
    skuai_journal made = {0};
    SKUA_TRY(skuai_file_read(path, FILE_MOST, &buffer, err));
    (void)snprintf(made.path, sizeof made.path, "%s", path);
    const char *text = skuai_buffer_view(&buffer);
    skua_status status = *text ? read_lines(text, path, &made, err)
                               : skuai_error_set(err, SKUA_EDATA, "%s is empty", path);
    skuai_buffer_clear(&buffer);
    if (status == SKUA_OK)
        *journal = made;
    else
        skuai_journal_clear(&made);
    return status;
}

/* -- Writing ----------------------------------------------------------------------------------- */

/* A line cut by a kill is ended first, so that the next one stands alone. */
static skua_status append(const char *path, skuai_buffer *text, skua_error *err) {
    skuai_buffer_text(text, "\n");
    skua_status status = skuai_buffer_check(text, err);
    if (status != SKUA_OK) return status;
    int file = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (file < 0) return skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(errno));
    char last = '\n';
    off_t size = lseek(file, 0, SEEK_END);
    bool good = size == 0 || pread(file, &last, 1, size - 1) == 1;
    if (good && last != '\n') good = write(file, "\n", 1) == 1;
    good = good && write(file, text->data, text->size) == (ssize_t)text->size && fsync(file) == 0;
    int why = errno;
    (void)close(file);
    return good ? SKUA_OK : skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(why));
}

skua_status skuai_journal_begin(const char *path, const char *key,
                                const char (*warm)[SKUAI_SPECIFICATION_SIZE], size_t n_warm,
                                skuai_journal *journal, skua_error *err) {
    skuai_journal made = {.n_warm = n_warm};
    skuai_buffer text;
    skuai_json_writer w;
    if (strlen(path) >= sizeof made.path || strlen(key) >= sizeof made.key)
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", path);
    if (n_warm > SKUAI_JOURNAL_WARM)
        return skuai_error_set(err, SKUA_ELIMIT, "%zu warm starts, at most %d", n_warm,
                               (int)SKUAI_JOURNAL_WARM);
    if (n_warm) memcpy(made.warm, warm, n_warm * sizeof *made.warm);
    memcpy(made.path, path, strlen(path) + 1);
    memcpy(made.key, key, strlen(key) + 1);
    skuai_buffer_init(&text, LINE_MOST);
    skuai_json_begin(&w, &text);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "key", key);
    skuai_json_array(&w, "warm");
    for (size_t i = 0; i < n_warm; i++)
        skuai_json_text(&w, NULL, warm[i]);
    skuai_json_close(&w);
    skuai_json_close(&w);
    skuai_buffer_text(&text, "\n");
    skua_status status = skuai_buffer_check(&text, err);
    if (status == SKUA_OK) status = skuai_file_write(path, text.data, text.size, err);
    skuai_buffer_clear(&text);
    if (status == SKUA_OK) *journal = made;
    return status;
}

skua_status skuai_journal_add(skuai_journal *journal, const skuai_journal_line *line,
                              skua_error *err) {
    skuai_buffer text;
    skuai_json_writer w;
    skuai_buffer_init(&text, LINE_MOST);
    skuai_json_begin(&w, &text);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "specification", line->specification);
    skuai_json_integer(&w, "rung", (int64_t)line->rung);
    if (isfinite(line->loss)) skuai_json_number(&w, "loss", line->loss);
    skuai_json_number(&w, "seconds", line->seconds);
    if (line->reason[0]) skuai_json_text(&w, "reason", line->reason);
    skuai_json_close(&w);
    skua_status status = append(journal->path, &text, err);
    skuai_buffer_clear(&text);
    return status == SKUA_OK ? keep_line(journal, line, err) : status;
}

skua_status skuai_journal_end(skuai_journal *journal, skua_error *err) {
    skuai_buffer text;
    skuai_buffer_init(&text, LINE_MOST);
    skuai_buffer_text(&text, "{\"ended\":true}");
    skua_status status = append(journal->path, &text, err);
    skuai_buffer_clear(&text);
    if (status == SKUA_OK) journal->ended = true;
    return status;
}
