/* non_product.h -- lines that nobody demands: postage, bank charges, vouchers, samples, manual
 * corrections (room clean).
 *
 * Two signs. Words, in the languages of the list in non_product.c: a phrase that never names a
 * product ("bank charges", 运费) wherever it stands; a word that may ("sample", 赠品) only when the
 * title is little else. Shape: where at least 95 % of a shop's codes hold a digit, a code without
 * one (POST, M, BANK) is no product's. What is found is proposed, never excluded unasked. */
#ifndef SKUA_CLEAN_NON_PRODUCT_H
#define SKUA_CLEAN_NON_PRODUCT_H

#include "core/alloc.h"

/* The phrase of the list that marks a title or a code as no product, static; NULL: none does.
 * title NULL: the code alone. key scratch comes from the arena. */
SKUA_MUST_USE skua_status skuai_non_product_word(const char *code, const char *title,
                                                 skuai_arena *arena, const char **word,
                                                 skua_error *err);

/* Whether the code's shape is foreign among n_digit of n codes that hold a digit. */
bool skuai_non_product_shape(const char *code, size_t n_digit, size_t n);

#endif
