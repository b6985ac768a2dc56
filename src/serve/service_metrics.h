/* service_metrics.h -- counters of the service in the text format of Prometheus (room serve). All
 * counts are atomic: any thread adds. */
#ifndef SKUA_SERVE_SERVICE_METRICS_H
#define SKUA_SERVE_SERVICE_METRICS_H

#include "core/buffer.h"

#include <stdatomic.h>

enum { METRICS_ROUTES = 48, METRICS_BUCKETS = 11 };

typedef struct skuai_metrics {
    atomic_ullong requests[METRICS_ROUTES][6]; /* by route and hundred of the status; 0: none */
    atomic_ullong bucket[METRICS_BUCKETS + 1]; /* of durations, not yet added up */
    atomic_ullong microseconds;                /* sum of durations */
    atomic_ullong refused[3];                  /* no token, rate, host or origin */
    atomic_llong in_flight;
    atomic_ullong loads, load_failures;
} skuai_metrics;

typedef enum skuai_refusal {
    SKUAI_REFUSED_TOKEN,
    SKUAI_REFUSED_RATE,
    SKUAI_REFUSED_ORIGIN
} skuai_refusal;

void skuai_metrics_count(skuai_metrics *metrics, size_t route, unsigned status, double seconds);

/* The text; name(route) gives a route's label, NULL behind the last. */
void skuai_metrics_write(skuai_metrics *metrics, const char *(*name)(size_t route),
                         skuai_buffer *buffer);

#endif
