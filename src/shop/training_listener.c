#include "shop/training_listener.h"

#include <time.h>

static double wall_clock(void) {
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0
               ? (double)now.tv_sec + 1e-9 * (double)now.tv_nsec
               : 0;
}

static void progress(void *user, const char *stage, double done, double total) {
    const skuai_training_listener *l = user;
    if (l->callbacks->progress) l->callbacks->progress(l->callbacks->user, stage, done, total);
}

static void talk(void *user, skuai_log_level level, const char *message) {
    const skuai_training_listener *l = user;
    if (l->callbacks->log) l->callbacks->log(l->callbacks->user, (int)level, message);
}

static bool cancel(void *user) {
    const skuai_training_listener *l = user;
    return l->callbacks->cancel && l->callbacks->cancel(l->callbacks->user);
}

static void trace(void *user, const char *name, int64_t step, double value) {
    skuai_training_listener *l = user;
    if (l->events) skuai_event_file_scalar(l->events, name, step, value, wall_clock());
}

skua_status skuai_training_listener_init(skuai_training_listener *listener, const skua_shop *shop,
                                         const char *curves, skuai_context *context,
                                         skua_error *err) {
    *listener = (skuai_training_listener){.callbacks = &shop->callbacks};
    if (*curves) SKUA_TRY(skuai_event_file_open(curves, wall_clock(), &listener->events, err));
    *context = skuai_shop_context(shop, true);
    context->progress = progress;
    context->log = talk;
    context->trace = trace;
    context->cancel = cancel;
    context->user = listener;
    return SKUA_OK;
}

skua_status skuai_training_listener_close(skuai_training_listener *listener, skua_status status,
                                          skua_error *err) {
    skua_status closed = skuai_event_file_close(listener->events, status == SKUA_OK ? err : NULL);
    listener->events = NULL;
    return status == SKUA_OK ? closed : status;
}
