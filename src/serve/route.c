#include "serve/server.h"

#include <stdio.h>
#include <string.h>

#define SHOP "v1/shops/$"

/* The contract is openapi.json; scripts/api_docs.py --check compares the two. */
static const skuai_route routes[] = {
    {"health", "GET", "healthz", SKUAI_ACCESS_NONE, SKUAI_BODY_NONE, false, skuai_route_health},
    {"ready", "GET", "readyz", SKUAI_ACCESS_NONE, SKUAI_BODY_NONE, false, skuai_route_ready},
    {"metrics", "GET", "metrics", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_metrics},
    {"openapi", "GET", "openapi.json", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_openapi},
    {"shops", "GET", "v1/shops", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_shops},
    {"summary", "GET", SHOP, SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_summary},
    {"model", "GET", SHOP "/model", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_model},
    {"runs", "GET", SHOP "/runs", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_runs},
    {"rejects", "GET", SHOP "/rejects", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_rejects},
    {"findings", "GET", SHOP "/findings", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_findings},
    {"forecasts", "GET", SHOP "/forecasts", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, true,
     skuai_route_forecasts},
    {"items", "GET", SHOP "/items", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_items},
    {"item", "GET", SHOP "/items/$", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_item},
    {"history", "GET", SHOP "/items/$/history", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_history},
    {"forecast", "GET", SHOP "/items/$/forecast", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_forecast},
    {"ask", "POST", SHOP "/items/$/forecast", SKUAI_ACCESS_READ, SKUAI_BODY_JSON, true,
     skuai_route_ask},
    {"item_findings", "GET", SHOP "/items/$/findings", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_item_findings},
    {"jobs", "GET", SHOP "/jobs", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_jobs},
    {"job_new", "POST", SHOP "/jobs", SKUAI_ACCESS_WRITE, SKUAI_BODY_JSON, false,
     skuai_route_job_new},
    {"job", "GET", SHOP "/jobs/$", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_job},
    {"job_cancel", "DELETE", SHOP "/jobs/$", SKUAI_ACCESS_WRITE, SKUAI_BODY_NONE, false,
     skuai_route_job_cancel},
    {"job_events", "GET", SHOP "/jobs/$/events", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_job_events},
    {"plan", "GET", SHOP "/plans/$", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false, skuai_route_plan},
    {"trends", "GET", SHOP "/trends", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_trends},
    {"causes", "GET", SHOP "/causes", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_causes},
    {"explanation", "GET", SHOP "/items/$/explanation", SKUAI_ACCESS_READ, SKUAI_BODY_NONE, false,
     skuai_route_explanation},
    {"upload_new", "POST", SHOP "/uploads", SKUAI_ACCESS_WRITE, SKUAI_BODY_JSON, false,
     skuai_route_upload_new},
    {"upload", "GET", SHOP "/uploads/$", SKUAI_ACCESS_WRITE, SKUAI_BODY_NONE, false,
     skuai_route_upload},
    {"upload_chunk", "PUT", SHOP "/uploads/$", SKUAI_ACCESS_WRITE, SKUAI_BODY_CHUNK, false,
     skuai_route_upload_chunk},
    {"upload_delete", "DELETE", SHOP "/uploads/$", SKUAI_ACCESS_WRITE, SKUAI_BODY_NONE, false,
     skuai_route_upload_delete},
    {"upload_ingest", "POST", SHOP "/uploads/$/ingest", SKUAI_ACCESS_WRITE, SKUAI_BODY_JSON, false,
     skuai_route_upload_ingest},
    /* the console: its files hold no data of a shop */
    {"console", "GET", "", SKUAI_ACCESS_NONE, SKUAI_BODY_NONE, false, skuai_route_asset},
    {"asset", "GET", "assets/$", SKUAI_ACCESS_NONE, SKUAI_BODY_NONE, false, skuai_route_asset},
    {"icon", "GET", "favicon.svg", SKUAI_ACCESS_NONE, SKUAI_BODY_NONE, false, skuai_route_asset},
};

enum { ROUTES = sizeof routes / sizeof *routes };

const skuai_route *skuai_route_at(size_t i) {
    return i < ROUTES ? &routes[i] : NULL;
}

const char *skuai_route_name(size_t i) {
    return i < ROUTES ? routes[i].name : i == ROUTES ? "none" : NULL;
}

size_t skuai_route_index(const skuai_route *route) {
    return route ? (size_t)(route - routes) : ROUTES;
}

static bool matches(const char *pattern, const skuai_target *target) {
    if (!*pattern) return target->n_segments == 1 && !*target->segments[0];
    for (size_t i = 0; i < target->n_segments; i++) {
        const char *segment = target->segments[i];
        size_t n = 0;
        if (!*segment) return false;
        if (*pattern == '$') {
            n = 1;
        } else {
            while (segment[n] && segment[n] == pattern[n])
                n++;
            if (segment[n] || n == 0) return false;
        }
        if (pattern[n] && pattern[n] != '/') return false;
        pattern += n + (pattern[n] == '/');
    }
    return !*pattern;
}

const skuai_route *skuai_route_find(const char *method, const skuai_target *target, char *allow,
                                    size_t size) {
    size_t n = 0;
    allow[0] = '\0';
    for (size_t i = 0; i < ROUTES; i++) {
        if (!matches(routes[i].pattern, target)) continue;
        if (strcmp(routes[i].method, method) == 0) return &routes[i];
        if (n < size)
            n += (size_t)snprintf(allow + n, size - n, "%s%s", n ? ", " : "", routes[i].method);
    }
    return NULL;
}
