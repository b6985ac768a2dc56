#include "serve/server.h"

enum { QUEUE_MOST = 64 };

struct skuai_ask_queue {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    skuai_call *queue[QUEUE_MOST]; /* a ring */
    size_t first, n;
    bool stops;
};

static void *run(void *argument) {
    skuai_ask_queue *w = argument;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stops || w->n > 0) {
        if (w->n == 0) {
            (void)pthread_cond_wait(&w->changed, &w->lock);
            continue;
        }
        skuai_call *call = w->queue[w->first];
        w->first = (w->first + 1) % QUEUE_MOST;
        w->n--;
        (void)pthread_mutex_unlock(&w->lock);
        call->route->answer(call);
        call->state = SKUAI_CALL_DONE;
        MHD_resume_connection(call->connection);
        (void)pthread_mutex_lock(&w->lock);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

skua_status skuai_ask_queue_new(skuai_ask_queue **worker, skua_error *err) {
    skuai_ask_queue *w = skuai_zero(1, sizeof *w);
    if (!w) return skuai_error_memory(err, "a worker");
    if (pthread_mutex_init(&w->lock, NULL) != 0) goto no_lock;
    if (pthread_cond_init(&w->changed, NULL) != 0) goto no_condition;
    if (pthread_create(&w->thread, NULL, run, w) != 0) goto no_thread;
    *worker = w;
    return SKUA_OK;
no_thread:
    (void)pthread_cond_destroy(&w->changed);
no_condition:
    (void)pthread_mutex_destroy(&w->lock);
no_lock:
    skuai_free(w);
    return skuai_error_memory(err, "a worker thread");
}

void skuai_ask_queue_free(skuai_ask_queue *worker) {
    if (!worker) return;
    (void)pthread_mutex_lock(&worker->lock);
    worker->stops = true;
    (void)pthread_cond_signal(&worker->changed);
    (void)pthread_mutex_unlock(&worker->lock);
    (void)pthread_join(worker->thread, NULL);
    (void)pthread_cond_destroy(&worker->changed);
    (void)pthread_mutex_destroy(&worker->lock);
    skuai_free(worker);
}

bool skuai_ask_queue_take(skuai_ask_queue *worker, skuai_call *call) {
    (void)pthread_mutex_lock(&worker->lock);
    bool room = worker->n < QUEUE_MOST && !worker->stops;
    if (room) {
        /* before the worker can see it: it may resume at once */
        call->state = SKUAI_CALL_WORKS;
        MHD_suspend_connection(call->connection);
        worker->queue[(worker->first + worker->n++) % QUEUE_MOST] = call;
        (void)pthread_cond_signal(&worker->changed);
    }
    (void)pthread_mutex_unlock(&worker->lock);
    return room;
}
