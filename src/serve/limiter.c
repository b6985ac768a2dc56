#include "serve/limiter.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

bool skuai_token_equal(const char *given, const char *token) {
    size_t n = strlen(given), m = strlen(token);
    unsigned different = n != m;
    for (size_t i = 0; i < n; i++)
        different |= (unsigned)((unsigned char)given[i] ^ (unsigned char)token[m ? i % m : 0]);
    return different == 0;
}

skuai_access skuai_token_access(const char *header, const char *read_token,
                                const char *write_token) {
    if (!*read_token && !*write_token) return SKUAI_ACCESS_WRITE;
    if (!header || strncasecmp(header, "Bearer ", 7) != 0) return SKUAI_ACCESS_NONE;
    const char *given = header + 7;
    bool writes = skuai_token_equal(given, write_token) && *write_token;
    bool reads = skuai_token_equal(given, read_token) && *read_token;
    return writes ? SKUAI_ACCESS_WRITE : reads ? SKUAI_ACCESS_READ : SKUAI_ACCESS_NONE;
}

skua_status skuai_limiter_init(skuai_limiter *limiter, double rate, skua_error *err) {
    memset(limiter->buckets, 0, sizeof limiter->buckets);
    limiter->rate = rate;
    limiter->burst = rate < 5 ? 10 : 2 * rate;
    if (pthread_mutex_init(&limiter->lock, NULL) != 0)
        return skuai_error_memory(err, "a rate limit");
    return SKUA_OK;
}

void skuai_limiter_clear(skuai_limiter *limiter) {
    (void)pthread_mutex_destroy(&limiter->lock);
}

/* FNV-1a of the address without its port; of IPv6 the network part, which one client holds whole.
 */
static size_t bucket_of(const struct sockaddr *address) {
    uint64_t hash = 14695981039346656037u;
    unsigned char bytes[16] = {0};
    size_t n = 0;
    if (address && address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        memcpy(bytes, &in.sin_addr, n = sizeof in.sin_addr);
    } else if (address && address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        memcpy(bytes, &in.sin6_addr, n = 8);
    }
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return (size_t)(hash % LIMITER_BUCKETS);
}

bool skuai_limiter_take(skuai_limiter *limiter, const struct sockaddr *address, double cost,
                        double now) {
    if (!(limiter->rate > 0)) return true;
    size_t b = bucket_of(address);
    (void)pthread_mutex_lock(&limiter->lock);
    double *level = &limiter->buckets[b].level, *last = &limiter->buckets[b].last;
    *level -= (now - *last) * limiter->rate; /* what was taken leaks away */
    if (*level < 0) *level = 0;
    *last = now;
    bool allowed = *level + cost <= limiter->burst;
    if (allowed) *level += cost;
    (void)pthread_mutex_unlock(&limiter->lock);
    return allowed;
}
