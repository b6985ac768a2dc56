#define _GNU_SOURCE /* memrchr */
#include "store/csv.h"

#include <string.h>

/* The closing quote of a field whose text begins at `text`, or NULL: doubled quotes are text. */
static const char *closing_quote(const char *text, const char *end, char quote) {
    const char *limit = (size_t)(end - text) > SKUAI_CSV_QUOTED ? text + SKUAI_CSV_QUOTED : end;
    while (text < limit) {
        const char *found = memchr(text, quote, (size_t)(limit - text));
        if (!found) return NULL;
        if (found + 1 < end && found[1] == quote)
            text = found + 2;
        else
            return found;
    }
    return NULL;
}

/* Doubled quotes become one; the new end. */
static char *unescape(char *text, char *end, char quote) {
    char *to = memchr(text, quote, (size_t)(end - text));
    if (!to) return end;
    for (char *from = to; from < end; from++) {
        *to++ = *from;
        if (*from == quote) from++;
    }
    return to;
}

static size_t count_lines(const char *text, const char *end) {
    size_t n = 0;
    for (; text < end; text++)
        n += *text == '\n';
    return n;
}

static void store_field(skuai_csv_field *fields, size_t capacity, skuai_csv_record *record,
                        const char *text, const char *end, bool quoted) {
    if (record->n_fields < capacity)
        fields[record->n_fields] = (skuai_csv_field){text, (size_t)(end - text), quoted};
    record->n_fields++;
}

/* The record is its first line alone, as one field. */
static void give_up(char *text, size_t size, skuai_csv_field *fields, size_t capacity,
                    skuai_csv_record *record) {
    char *end = memchr(text, '\n', size + 1);
    *record = (skuai_csv_record){.lines = 1, .unclosed = true};
    record->size = (size_t)(end - text) < size ? (size_t)(end - text) + 1 : size;
    store_field(fields, capacity, record, text, end, false);
}

void skuai_csv_split(char *text, size_t size, const skuai_csv_dialect *dialect,
                     skuai_csv_field *fields, size_t capacity, skuai_csv_record *record) {
    char *p = text, *end = text + size;
    const char delimiter = dialect->delimiter, quote = dialect->quote;
    *record = (skuai_csv_record){0};
    for (;;) {
        char *start = p;
        if (quote && *p == quote && p < end) {
            char *close = (char *)closing_quote(p + 1, end, quote);
            if (!close) {
                give_up(text, size, fields, capacity, record);
                return;
            }
            p = close + 1;
            while (*p != delimiter && *p != '\n') /* text behind a closing quote is part of it */
                p++;
            char *stop = p;
            while (stop > close + 1 && (stop[-1] == '\r' || stop[-1] == ' '))
                stop--;
            record->lines += count_lines(start, close);
            if (stop == close + 1)
                store_field(fields, capacity, record, start + 1, unescape(start + 1, close, quote),
                            true);
            else
                store_field(fields, capacity, record, start, stop, false);
        } else {
            while (*p != delimiter && *p != '\n')
                p++;
            char *stop = p;
            if (*p == '\n' && stop > start && stop[-1] == '\r') stop--;
            store_field(fields, capacity, record, start, stop, false);
        }
        if (p >= end || *p == '\n') break;
        p++;
    }
    record->lines++;
    record->size = p < end ? (size_t)(p - text) + 1 : size;
}

/* As skuai_csv_split, without storing: bytes of the record at text, 0 when it is cut. */
static size_t record_size(const char *text, const char *end, const skuai_csv_dialect *dialect,
                          bool final) {
    const char *p = text;
    for (;;) {
        if (p < end && *p == dialect->quote) {
            const char *close = closing_quote(p + 1, end, dialect->quote);
            bool cut = !final && (close ? close + 1 >= end : (size_t)(end - p) <= SKUAI_CSV_QUOTED);
            if (cut) return 0;
            if (!close) { /* the first line alone */
                const char *line = memchr(text, '\n', (size_t)(end - text));
                return line ? (size_t)(line - text) + 1 : final ? (size_t)(end - text) : 0;
            }
            p = close + 1;
        }
        while (p < end && *p != dialect->delimiter && *p != '\n')
            p++;
        if (p >= end) return final ? (size_t)(end - text) : 0;
        if (*p++ == '\n') return (size_t)(p - text);
    }
}

size_t skuai_csv_whole(const char *text, size_t size, const skuai_csv_dialect *dialect,
                       bool final) {
    if (final) return size;
    if (!dialect->quote || !memchr(text, dialect->quote, size)) {
        const char *line = memrchr(text, '\n', size);
        return line ? (size_t)(line - text) + 1 : 0;
    }
    const char *p = text, *end = text + size;
    while (p < end) {
        size_t n = record_size(p, end, dialect, false);
        if (!n) break;
        p += n;
    }
    return (size_t)(p - text);
}

/* -- Dialect -------------------------------------------------------------------------------------
 */

/* Fields of the record at *text (moved behind it), without changing anything. */
static size_t count_fields(const char **text, const char *end, const skuai_csv_dialect *dialect) {
    size_t size = record_size(*text, end, dialect, true), n = 1;
    const char *stop = *text + size;
    for (const char *p = *text; p < stop; p++) {
        if (*p == dialect->quote && (p == *text || p[-1] == dialect->delimiter)) {
            const char *close = closing_quote(p + 1, stop, dialect->quote);
            if (close) p = close;
        } else {
            n += *p == dialect->delimiter;
        }
    }
    *text = stop;
    return n;
}

/* How evenly a delimiter divides the first records: the share of records with as many fields as
 * the first, weighed by having several at all. */
static double evenness(const char *head, size_t size, const skuai_csv_dialect *dialect) {
    const char *p = head, *end = head + size;
    size_t first = 0, records = 0, equal = 0;
    while (p < end && records < 100) {
        const char *start = p;
        size_t n = count_fields(&p, end, dialect);
        bool blank = p - start <= 1 || (p - start == 2 && *start == '\r');
        bool cut = p >= end && records > 0 && end[-1] != '\n';
        if (blank || cut) continue;
        if (!records) first = n;
        equal += n == first;
        records++;
    }
    if (records == 0 || first < 2) return 0;
    return (double)equal / (double)records + 1e-3 * (double)(first < 100 ? first : 100);
}

skuai_csv_dialect skuai_csv_sniff(const char *head, size_t size, char delimiter) {
    static const char candidates[] = {',', ';', '\t', '|'};
    skuai_csv_dialect best = {delimiter ? delimiter : ',', '"'};
    double best_score = 0;
    for (size_t i = 0; !delimiter && i < sizeof candidates; i++) {
        skuai_csv_dialect dialect = {candidates[i], '"'};
        double score = evenness(head, size, &dialect);
        if (score > best_score) best = dialect, best_score = score;
    }
    return best;
}
