/* ask_queue.h -- a thread for answers that take longer than a moment (room serve). The call's
 * connection is suspended meanwhile, so that the threads of the network stay free. */
#ifndef SKUA_SERVE_ASK_QUEUE_H
#define SKUA_SERVE_ASK_QUEUE_H

#include "core/alloc.h"

typedef struct skuai_ask_queue skuai_ask_queue;
struct skuai_call;

SKUA_MUST_USE skua_status skuai_ask_queue_new(skuai_ask_queue **worker, skua_error *err);
/* Waits until the queue is empty. NULL allowed. */
void skuai_ask_queue_free(skuai_ask_queue *worker);

/* Suspend the call's connection, answer by its route, resume. False: the queue is full. */
bool skuai_ask_queue_take(skuai_ask_queue *worker, struct skuai_call *call);

#endif
