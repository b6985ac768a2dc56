#include "serve/service_metrics.h"

#include <stdio.h>
#include <unistd.h>

static const double edges[METRICS_BUCKETS] = {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.03,
                                              0.1,    0.3,    1,     3,     10};

void skuai_metrics_count(skuai_metrics *metrics, size_t route, unsigned status, double seconds) {
    size_t b = 0;
    while (b < METRICS_BUCKETS && seconds > edges[b])
        b++;
    if (route < METRICS_ROUTES && status < 600)
        atomic_fetch_add_explicit(&metrics->requests[route][status / 100], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->bucket[b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->microseconds, (unsigned long long)(1e6 * seconds),
                              memory_order_relaxed);
}

static void write_duration(skuai_metrics *m, skuai_buffer *buffer) {
    unsigned long long sum = 0;
    (void)skuai_buffer_text(buffer, "# HELP skua_request_seconds Time from a request's head to its "
                                    "answer.\n# TYPE skua_request_seconds histogram\n");
    for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
        sum += atomic_load_explicit(&m->bucket[b], memory_order_relaxed);
        if (b < METRICS_BUCKETS)
            (void)skuai_buffer_format(buffer, "skua_request_seconds_bucket{le=\"%g\"} %llu\n",
                                      edges[b], sum);
        else
            (void)skuai_buffer_format(buffer, "skua_request_seconds_bucket{le=\"+Inf\"} %llu\n",
                                      sum);
    }
    (void)skuai_buffer_format(buffer,
                              "skua_request_seconds_sum %.6f\nskua_request_seconds_count %llu\n",
                              1e-6 * (double)atomic_load(&m->microseconds), sum);
}

/* Resident memory of this process, where /proc tells it. */
static void write_memory(skuai_buffer *buffer) {
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;
    if (!file) return;
    if (fscanf(file, "%ld %ld", &size, &resident) == 2)
        (void)skuai_buffer_format(buffer,
                                  "# HELP process_resident_memory_bytes Resident memory.\n# TYPE "
                                  "process_resident_memory_bytes gauge\n"
                                  "process_resident_memory_bytes %lld\n",
                                  (long long)resident * sysconf(_SC_PAGESIZE));
    (void)fclose(file);
}

static void write_one(skuai_buffer *buffer, const char *name, const char *kind, const char *help,
                      long long value) {
    (void)skuai_buffer_format(buffer, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name,
                              kind, name, value);
}

void skuai_metrics_write(skuai_metrics *metrics, const char *(*name)(size_t route),
                         skuai_buffer *buffer) {
    static const char *const refusals[] = {"token", "rate", "origin"};
    (void)skuai_buffer_text(buffer, "# HELP skua_requests_total Answers by route and status.\n"
                                    "# TYPE skua_requests_total counter\n");
    for (size_t r = 0; r < METRICS_ROUTES && name(r); r++)
        for (unsigned s = 1; s < 6; s++) {
            unsigned long long n = atomic_load(&metrics->requests[r][s]);
            if (n > 0)
                (void)skuai_buffer_format(
                    buffer, "skua_requests_total{route=\"%s\",status=\"%uxx\"} %llu\n", name(r), s,
                    n);
        }
    write_duration(metrics, buffer);
    (void)skuai_buffer_text(buffer, "# HELP skua_refused_total Requests refused at the door.\n"
                                    "# TYPE skua_refused_total counter\n");
    for (int k = 0; k < 3; k++)
        (void)skuai_buffer_format(buffer, "skua_refused_total{why=\"%s\"} %llu\n", refusals[k],
                                  (unsigned long long)atomic_load(&metrics->refused[k]));
    write_one(buffer, "skua_requests_in_flight", "gauge", "Requests being answered.",
              atomic_load(&metrics->in_flight));
    write_one(buffer, "skua_snapshot_loads_total", "counter", "Snapshots read from a workspace.",
              (long long)atomic_load(&metrics->loads));
    write_one(buffer, "skua_snapshot_load_failures_total", "counter",
              "Snapshots that could not be read.", (long long)atomic_load(&metrics->load_failures));
    write_memory(buffer);
}
