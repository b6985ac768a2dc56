/* csv.h -- records and fields of delimited text, and which dialect a file is written in (room
 * store). RFC 4180 with what is met in the wild: any delimiter, LF or CRLF, stray quotes inside a
 * field taken as text, a quote that is never closed costs one line and not the rest of the file. */
#ifndef SKUA_STORE_CSV_H
#define SKUA_STORE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKUAI_CSV_COLUMNS ((size_t)4096)             /* the most columns of a file */
#define SKUAI_CSV_LINE    ((size_t)16 * 1024 * 1024) /* the longest line, bytes */
#define SKUAI_CSV_QUOTED  ((size_t)1024 * 1024)      /* the longest quoted field, bytes */

typedef struct skuai_csv_dialect {
    char delimiter;
    char quote; /* '\0': none */
} skuai_csv_dialect;

typedef struct skuai_csv_field {
    const char *text; /* not terminated */
    size_t size;
    bool quoted;
} skuai_csv_field;

typedef struct skuai_csv_record {
    size_t size;     /* bytes it takes, line end included */
    size_t lines;    /* line ends inside it, its own included */
    size_t n_fields; /* all of them, also those behind the capacity */
    bool unclosed;   /* a quote is never closed: the record is its first line, as one field */
} skuai_csv_record;

/* Split the record at text. `size` bytes follow, and text[size] must be readable and '\n'. Quoted
 * fields are unescaped in place. Up to capacity fields are stored. */
void skuai_csv_split(char *text, size_t size, const skuai_csv_dialect *dialect,
                     skuai_csv_field *fields, size_t capacity, skuai_csv_record *record);

/* Bytes at the front of text that are whole records; all of them when final. Nothing is changed. */
size_t skuai_csv_whole(const char *text, size_t size, const skuai_csv_dialect *dialect, bool final);

/* Guess the dialect from a head (whole lines are best): the delimiter among , ; tab | that divides
 * the first records most evenly; ',' when none does. delimiter '\0': guess, else taken as given. */
skuai_csv_dialect skuai_csv_sniff(const char *head, size_t size, char delimiter);

#endif
