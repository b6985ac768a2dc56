/* ingest_images.h -- a folder of product pictures as rows of items (room store, private).
 *
 * A picture is named after its item: FOLDER/ITEM.jpg, or FOLDER/ITEM/ANYTHING.jpg, of which the
 * first by name counts. Nothing is copied: `image` is where the file lies. */
#ifndef SKUA_STORE_INGEST_IMAGES_H
#define SKUA_STORE_INGEST_IMAGES_H

#include "core/buffer.h"

/* "item,image" and a line a picture, in order of item, appended to csv. SKUA_ENOTFOUND: no such
 * folder; SKUA_EDATA: no picture in it (.jpg .jpeg .png .webp .gif .tif .tiff .bmp, any case);
 * SKUA_EIO. */
SKUA_MUST_USE skua_status skuai_images_list(const char *folder, skuai_buffer *csv, skua_error *err);

#endif
