/* batch_reader.h -- windows of a source, a batch at a time: for training, calibration and trials
 * (room neural).
 *
 *     skuai_batch_reader reader;
 *     SKUA_TRY(skuai_batch_reader_init(&reader, &net->config.window, seed, context, err));
 *     skuai_window_batch batch;      lives until the next read
 *     SKUA_TRY(skuai_batch_reader_read(&reader, source, user, first, n, past, future, NULL, &batch,
 *                                      err));
 *     skuai_batch_reader_clear(&reader);
 *
 * Window i of a source and a seed is the same, its augmentation too, in whatever batch it is read
 * and on any number of threads. */
#ifndef SKUA_NEURAL_BATCH_READER_H
#define SKUA_NEURAL_BATCH_READER_H

#include "core/context.h"
#include "neural/window.h"

/* Window number `index`, which at most `past` + `future` periods of use: fills *series; its arrays
 * live in the arena, or longer. Called from several threads at once. A series without actuals
 * counts nothing. */
typedef skua_status (*skuai_train_source)(void *user, uint64_t index, size_t past, size_t future,
                                          skuai_arena *arena, skuai_window_series *series,
                                          skua_error *err);

typedef struct skuai_batch_reader {
    skuai_window_config window;
    uint64_t seed;
    const skuai_context *context; /* borrowed */
    skuai_arena *arena;           /* the batch */
    skuai_arena **workers;        /* [n_workers] series being read */
    size_t n_workers;
} skuai_batch_reader;

/* SKUA_ENOMEM; there is nothing to clear then. */
SKUA_MUST_USE skua_status skuai_batch_reader_init(skuai_batch_reader *reader,
                                                  const skuai_window_config *window, uint64_t seed,
                                                  const skuai_context *context, skua_error *err);
void skuai_batch_reader_clear(skuai_batch_reader *reader); /* all zero allowed */

/* Windows first .. first + n - 1, past and future in patches. augmentation NULL: none. What the
 * source says; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_batch_reader_read(skuai_batch_reader *reader,
                                                  skuai_train_source source, void *user,
                                                  uint64_t first, size_t n, size_t past,
                                                  size_t future,
                                                  const skuai_window_augmentation *augmentation,
                                                  skuai_window_batch *batch, skua_error *err);

#endif
