/* picture_place.h -- where an item's picture lies (room shop, private).
 *
 * `image` of an item is a path. It is read only where it lies, links followed, in a folder that the
 * shop was given: the setting `picture_folder`, the folder of `skua ingest --images`, or the folder
 * of a file of items. So a row of a supplier's file cannot make skua read other files of the
 * machine. */
#ifndef SKUA_SHOP_PICTURE_PLACE_H
#define SKUA_SHOP_PICTURE_PLACE_H

#include "shop/shop.h"

typedef struct skuai_picture_places {
    char **folders; /* [n] real paths, newest first */
    size_t n;
} skuai_picture_places;

/* SKUA_ENOTFOUND: the folder of the setting `picture_folder` is not there. */
SKUA_MUST_USE skua_status skuai_picture_places_read(const skua_shop *shop, skuai_store *store,
                                                    skuai_picture_places *places, skua_error *err);
void skuai_picture_places_clear(skuai_picture_places *places);

/* The real path of an item's picture, of a file that is there (skuai_free). SKUA_ENOTFOUND: no such
 * file; SKUA_EDATA: it lies outside of the folders, or is an address on the network. Messages do
 * not name the file. */
SKUA_MUST_USE skua_status skuai_picture_place_find(const skuai_picture_places *places,
                                                   const char *image, char **path, skua_error *err);

#endif
