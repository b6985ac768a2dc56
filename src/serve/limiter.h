/* limiter.h -- who may ask, and how often (room serve): tokens compared in constant time, a token
 * bucket an address. */
#ifndef SKUA_SERVE_LIMITER_H
#define SKUA_SERVE_LIMITER_H

#include "core/alloc.h"

#include <pthread.h>
#include <sys/socket.h>

typedef enum skuai_access { SKUAI_ACCESS_NONE, SKUAI_ACCESS_READ, SKUAI_ACCESS_WRITE } skuai_access;

/* Whether two texts are equal, in time that depends on the length of `given` alone. */
bool skuai_token_equal(const char *given, const char *token);

/* What an Authorization header (NULL allowed) may do. Empty tokens are not set: with neither set
 * everything is open; with the read token alone nobody writes. */
skuai_access skuai_token_access(const char *header, const char *read_token,
                                const char *write_token);

enum { LIMITER_BUCKETS = 4096 };

/* Buckets by a hash of the address: two addresses that share one share its rate, and memory does
 * not grow. */
typedef struct skuai_limiter {
    pthread_mutex_t lock;
    double rate, burst; /* requests a second; 0: no limit */
    struct {
        double level, last;
    } buckets[LIMITER_BUCKETS];
} skuai_limiter;

SKUA_MUST_USE skua_status skuai_limiter_init(skuai_limiter *limiter, double rate, skua_error *err);
void skuai_limiter_clear(skuai_limiter *limiter);

/* Take `cost` requests of an address at a time (seconds); false: too many. */
bool skuai_limiter_take(skuai_limiter *limiter, const struct sockaddr *address, double cost,
                        double now);

#endif
