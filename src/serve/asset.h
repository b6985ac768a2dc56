/* asset.h -- the console's files and the API's description, compiled in by embed.cmake (room
 * serve). */
#ifndef SKUA_SERVE_ASSET_H
#define SKUA_SERVE_ASSET_H

#include <stddef.h>

typedef struct skuai_asset {
    const char *name, *type, *tag; /* "index.html", its content type, its entity tag */
    const unsigned char *bytes;
    size_t size;
} skuai_asset;

extern const skuai_asset skuai_assets[]; /* openapi.json is always there */
extern const size_t skuai_asset_count;

const skuai_asset *skuai_asset_find(const char *name); /* NULL: none */

#endif
