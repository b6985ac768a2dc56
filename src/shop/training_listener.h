/* training_listener.h -- who listens while a net is trained (room shop): the caller's callbacks,
 * the log that has a line a validation, the event file for TensorBoard. */
#ifndef SKUA_SHOP_TRAINING_LISTENER_H
#define SKUA_SHOP_TRAINING_LISTENER_H

#include "nn/event_file.h"
#include "shop/shop.h"

typedef struct skuai_training_listener {
    const skua_callbacks *callbacks; /* borrowed */
    skuai_event_file *events;        /* NULL: none */
} skuai_training_listener;

/* A context like that of skuai_shop_context whose callbacks go through the listener, which must not
 * move. curves: a folder for the event file, "" for none. SKUA_EIO. */
SKUA_MUST_USE skua_status skuai_training_listener_init(skuai_training_listener *listener,
                                                       const skua_shop *shop, const char *curves,
                                                       skuai_context *context, skua_error *err);
/* status: that of the training; when it is SKUA_OK, that of writing the curves. */
SKUA_MUST_USE skua_status skuai_training_listener_close(skuai_training_listener *listener,
                                                        skua_status status, skua_error *err);

#endif
