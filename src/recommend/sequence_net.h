/* sequence_net.h -- a transformer that reads a user's purchases in order and says what comes next
 * (room recommend).
 *
 *     skuai_sequence_options options = SKUAI_SEQUENCE_DEFAULT;
 *     skuai_sequence_net *net;
 *     SKUA_TRY(skuai_sequence_train(interactions, &options, &context, &net, err));
 *     skuai_sequence_reader *reader;                                  one a thread
 *     SKUA_TRY(skuai_sequence_reader_new(net, &reader, err));
 *     SKUA_TRY(skuai_sequence_score(reader, past, chance, err));       chance [n_items]
 *
 * SASRec (Kang & McAuley 2018, ICDM): the last `length` rows of a user, a token each, through
 * causal self-attention; the score of an item is the product of its vector with the state behind
 * the last token. What differs, and why:
 *   - baskets: rows of a day have no order. A position's target is an item drawn anew each time
 *     from the user's next day, so the net learns the next basket; positions (rotary, Su et al.
 *     2021) count days with purchases, and a token carries the age of its day in octaves.
 *   - loss: the softmax over all items, or in catalogues beyond `sample` of them over drawn ones,
 *     whose part of the sum counts n / sample (unbiased for it). The binary cross-entropy with one
 *     negative that the paper has is known to rank worse (Klenitskiy & Vasilev 2023, RecSys).
 *   - items: vector = gate * own embedding + W content. content is what is known of an item (text,
 *     picture, ...; scaled to length 1 a modality), so an item that nobody bought has a vector. In
 *     training the own part is left out of a tenth of the items of a step, or the content would
 *     never learn to stand alone; gate is 0 for items that nobody bought.
 * Users and numbers of users do not matter to the net: a visitor's basket is read like a past. */
#ifndef SKUA_RECOMMEND_SEQUENCE_NET_H
#define SKUA_RECOMMEND_SEQUENCE_NET_H

#include "nn/block.h"
#include "recommend/user_features.h"

typedef struct skuai_sequence_options {
    size_t width, layers, heads;
    size_t length; /* tokens that are read, the latest */
    size_t steps;  /* of training; 0: no net */
    size_t batch;  /* users a step */
    size_t sample; /* items in the loss; all when there are no more */
    double rate, dropout, weight_decay;
    const float *content; /* [n_items, n_content] borrowed for training; NULL: none */
    size_t n_content;
} skuai_sequence_options;
#define SKUAI_SEQUENCE_DEFAULT                                                                     \
    ((skuai_sequence_options){.width = 64,                                                         \
                              .layers = 2,                                                         \
                              .heads = 2,                                                          \
                              .length = 64,                                                        \
                              .steps = 1200,                                                       \
                              .batch = 48,                                                         \
                              .sample = 4096,                                                      \
                              .rate = 2e-3,                                                        \
                              .dropout = 0.2,                                                      \
                              .weight_decay = 0.05})

typedef struct skuai_sequence_net {
    skuai_sequence_options options; /* without content */
    size_t n_items;
    skuai_nn_parameters *parameters;
    skuai_nn_encoder encoder;
    size_t items, content, ages; /* numbers of parameters; content SIZE_MAX: none */
    float *vectors;              /* [n_items, width] of all items, as they are scored */
    double loss;                 /* mean of the last steps; NaN: loaded, or not one step */
} skuai_sequence_net;

/* *made is the caller's. The context's deadline ends training early, and what was learnt until then
 * is kept. SKUA_EINVAL: an option out of range, named; SKUA_EDATA: no user has two days;
 * SKUA_ENOMEM, SKUA_ECANCEL. The same bits for any number of threads. */
SKUA_MUST_USE skua_status skuai_sequence_train(const skuai_interactions *interactions,
                                               const skuai_sequence_options *options,
                                               const skuai_context *context,
                                               skuai_sequence_net **made, skua_error *err);
void skuai_sequence_free(skuai_sequence_net *net); /* NULL allowed */

/* To a file and back. key: whatever says of which items it is; a file of another key is SKUA_EDATA,
 * as a damaged one. */
SKUA_MUST_USE skua_status skuai_sequence_save(const skuai_sequence_net *net, const char *path,
                                              const char *key, skua_error *err);
SKUA_MUST_USE skua_status skuai_sequence_load(const char *path, const char *key,
                                              skuai_sequence_net **made, skua_error *err);

/* What reading a past needs; one a thread, to be used again. */
typedef struct skuai_sequence_reader skuai_sequence_reader;
SKUA_MUST_USE skua_status skuai_sequence_reader_new(const skuai_sequence_net *net,
                                                    skuai_sequence_reader **made, skua_error *err);
void skuai_sequence_reader_free(skuai_sequence_reader *reader); /* NULL allowed */

/* Chance of every item to be the next, chance [n_items] out, their sum 1; a past of no rows gives
 * the net's view of anybody: the same chance for all. */
SKUA_MUST_USE skua_status skuai_sequence_score(skuai_sequence_reader *reader, skuai_past past,
                                               float *chance, skua_error *err);

#endif
