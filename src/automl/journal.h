/* journal.h -- what a search has evaluated, a line each, as it goes (room automl).
 *
 * A text file of JSON lines: the first tells what it belongs to (a key of settings, seed and data)
 * and what it began with, each further one an evaluation, the last one that the search came to its
 * end. A line is on the disk before the next evaluation begins, so a kill loses the one that was
 * running; a line that was cut is ignored. */
#ifndef SKUA_AUTOML_JOURNAL_H
#define SKUA_AUTOML_JOURNAL_H

#include "automl/search.h"

typedef struct skuai_journal_line {
    char specification[SKUAI_SPECIFICATION_SIZE], reason[128]; /* reason: why it failed; "" */
    size_t rung;
    double loss, seconds;
} skuai_journal_line;

enum { SKUAI_JOURNAL_WARM = 16 };

typedef struct skuai_journal {
    char path[1024], key[256];
    char warm[SKUAI_JOURNAL_WARM][SKUAI_SPECIFICATION_SIZE]; /* [n_warm] what it began with */
    size_t n_warm;
    skuai_journal_line *lines; /* [n] in order */
    size_t n, capacity;
    bool ended;
} skuai_journal;

/* Read a journal. SKUA_ENOTFOUND: there is none; SKUA_EDATA: the file is no journal. */
SKUA_MUST_USE skua_status skuai_journal_read(const char *path, skuai_journal *journal,
                                             skua_error *err);
/* Begin a new one, replacing what was there; warm starts [n_warm] are kept in its first line, since
 * what is proposed follows from them too. SKUA_EIO; SKUA_ELIMIT: too many of them. */
SKUA_MUST_USE skua_status skuai_journal_begin(const char *path, const char *key,
                                              const char (*warm)[SKUAI_SPECIFICATION_SIZE],
                                              size_t n_warm, skuai_journal *journal,
                                              skua_error *err);
void skuai_journal_clear(skuai_journal *journal); /* a zeroed one is allowed */

/* The evaluation of a specification in a rung; NULL: none yet. */
const skuai_journal_line *skuai_journal_find(const skuai_journal *journal,
                                             const char *specification, size_t rung);
/* Append, flushed to the disk. */
SKUA_MUST_USE skua_status skuai_journal_add(skuai_journal *journal, const skuai_journal_line *line,
                                            skua_error *err);
SKUA_MUST_USE skua_status skuai_journal_end(skuai_journal *journal, skua_error *err);

#endif
