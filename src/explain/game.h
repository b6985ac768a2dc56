/* game.h -- groups of inputs as players (room explain, private): price, promotion, calendar, every
 * other covariate known ahead, and the recent sales; what is absent is as it was in other times. */
#ifndef SKUA_EXPLAIN_GAME_H
#define SKUA_EXPLAIN_GAME_H

#include "explain/probe.h"

/* Shapley values, or integrated gradients, of all series of the probe at once: outcomes are series
 * by periods, so `horizon` of the explanation is n * horizon, series major; `before` is not filled.
 * options->method is one of exact, kernel, permutation, gradient; auto: exact. SKUA_EDATA: a series
 * with too little history. */
SKUA_MUST_USE skua_status skuai_game_play(skuai_probe *probe, const skuai_explain_options *options,
                                          skuai_explanation **explanation, skua_error *err);

/* An explanation of so many groups and outcomes; all numbers 0. */
SKUA_MUST_USE skua_status skuai_explanation_new(size_t groups, size_t outcomes,
                                                skuai_explanation **explanation, skua_error *err);
/* Groups and base sum to the forecast in every period, or SKUA_EINTERNAL. */
SKUA_MUST_USE skua_status skuai_explanation_check(const skuai_explanation *explanation,
                                                  skua_error *err);

#endif
