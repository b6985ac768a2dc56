#include "serve/asset.h"

#include "serve/server.h"

#include <stdio.h>
#include <string.h>

const skuai_asset *skuai_asset_find(const char *name) {
    for (size_t i = 0; i < skuai_asset_count; i++)
        if (strcmp(skuai_assets[i].name, name) == 0) return &skuai_assets[i];
    return NULL;
}

static const char no_console[] =
    "<!doctype html><html lang=\"en\"><title>skua</title><h1>skua</h1><p>This program was built "
    "without the console (Node.js was not there). The API is described in <a "
    "href=\"openapi.json\">openapi.json</a>.</p><p>此程序构建时未包含控制台。接口说明见 "
    "openapi.json。</p></html>";

static void answer(skuai_call *call, const skuai_asset *asset) {
    const char *known = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND,
                                                    MHD_HTTP_HEADER_IF_NONE_MATCH);
    bool same = known && strstr(known, asset->tag);
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, (size_t)1 << 26);
    if (!same) (void)skuai_buffer_add(&buffer, asset->bytes, asset->size);
    skuai_answer_buffer(call, same ? 304 : 200, asset->type, &buffer);
    skuai_answer_header(call, "ETag", asset->tag);
}

void skuai_route_asset(skuai_call *call) {
    char name[256] = "index.html";
    if (call->target.n_segments == 2)
        (void)snprintf(name, sizeof name, "assets/%s", call->target.segments[1]);
    else if (*call->target.segments[0])
        (void)snprintf(name, sizeof name, "%s", call->target.segments[0]);
    const skuai_asset *asset = skuai_asset_find(name);
    if (asset) {
        answer(call, asset);
    } else if (strcmp(name, "index.html") == 0) {
        skuai_buffer buffer;
        skuai_buffer_init(&buffer, sizeof no_console);
        (void)skuai_buffer_text(&buffer, no_console);
        skuai_answer_buffer(call, 200, "text/html; charset=utf-8", &buffer);
    } else {
        skuai_answer_problem(call, SKUAI_PROBLEM_NOT_FOUND, name, NULL);
    }
}

void skuai_route_openapi(skuai_call *call) {
    answer(call, skuai_asset_find("openapi.json"));
}
