/* text_normal.h -- one form for texts that mean the same (room clean).
 *
 * normal: Unicode NFC (UAX #15); full-width and half-width forms become the ordinary ones (UAX #11:
 * characters whose decomposition is tagged <wide> or <narrow>, and no other compatibility ones, so
 * that a circled or raised number keeps its meaning); every run of white space becomes one space,
 * none at the ends; invisible characters (zero width space, joiner at an end, soft hyphen, byte
 * order mark) go.
 * key: normal, case folded, without accents, spaces and punctuation: for comparing, not for
 * showing. */
#ifndef SKUA_CLEAN_TEXT_NORMAL_H
#define SKUA_CLEAN_TEXT_NORMAL_H

#include "core/alloc.h"

/* The normal form or the key of a UTF-8 text, in the arena's memory. SKUA_EENCODING: not UTF-8;
 * SKUA_ENOMEM; SKUA_ELIMIT: beyond 1 MiB. *result may come out empty. */
SKUA_MUST_USE skua_status skuai_text_normal(const char *text, skuai_arena *arena,
                                            const char **result, skua_error *err);
/* Normal, with case folded (not for showing: a German ß becomes ss). */
SKUA_MUST_USE skua_status skuai_text_lower(const char *text, skuai_arena *arena,
                                           const char **result, skua_error *err);
SKUA_MUST_USE skua_status skuai_text_key(const char *text, skuai_arena *arena, const char **result,
                                         skua_error *err);

/* Characters (code points) of a UTF-8 text; bytes that are none count one each. */
size_t skuai_text_length(const char *text);

/* Optimal string alignment distance (insert, delete, replace, swap neighbours) between texts of at
 * most 255 characters, or `limit` + 1 as soon as it is larger, or when a text is longer.
 * Damerau 1964, CACM 7(3). */
size_t skuai_text_distance(const char *a, const char *b, size_t limit);

/* Share of the pairs of neighbouring characters that two texts have in common (Dice 1945, Ecology
 * 26(3)), 0 .. 1; pairs count as often as they occur. 1 for equal texts, even of one character.
 * Give keys. Texts beyond 1,023 characters are compared by their beginning. */
double skuai_text_similarity(const char *a, const char *b);

#endif
