/* text_lines.h -- texts as tokens, and batches of like length run side by side (room encode). */
#ifndef SKUA_ENCODE_TEXT_LINES_H
#define SKUA_ENCODE_TEXT_LINES_H

#include "encode/text_net.h"
#include "encode/tokeniser.h"

/* The tokens of n texts, at most tokens_most of each, on the context's threads. *lines [n] are the
 * caller's (_free), in the order of the texts. SKUA_ECANCEL, SKUA_EDEADLINE, SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_text_lines_new(const skuai_tokeniser *tokeniser, size_t tokens_most,
                                               const skuai_context *context,
                                               const char *const *texts, const size_t *sizes,
                                               size_t n, skuai_text_line **lines, skua_error *err);
void skuai_text_lines_free(skuai_text_line *lines, size_t n); /* NULL allowed */

/* A batch of n texts, the longest first, on a tape that has begun to infer. */
typedef skua_status (*skuai_text_batch_body)(void *user, skuai_tape *tape,
                                             const skuai_text_line *lines, size_t n,
                                             skua_error *err);

/* Run body over all lines in batches of like length, a batch a thread; which texts meet in a batch
 * depends on their lengths alone, so the bits do not depend on the number of threads. stage names
 * the progress, NULL: none. */
SKUA_MUST_USE skua_status skuai_text_lines_run(const skuai_text_line *lines, size_t n,
                                               const skuai_context *context, const char *stage,
                                               skuai_text_batch_body body, void *user,
                                               skua_error *err);

#endif
