/* Pictures: any bytes give pixels within the limits, or a sentence; and pixels give a vector of
 * finite numbers. */
#include "encode/picture_feature.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void describe(const skuai_picture *picture) {
    float vector[SKUAI_PICTURE_WIDTH];
    uint64_t hash;
    skua_error err = {0};
    if (skuai_picture_describe(picture, vector, &err) != SKUA_OK) return;
    for (size_t i = 0; i < SKUAI_PICTURE_WIDTH; i++)
        if (!isfinite(vector[i])) abort();
    if (skuai_picture_hash(picture, &hash, &err) != SKUA_OK) return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static skuai_picture_decoder *decoder; /* libvips starts once */
    const skuai_picture_limits limits = {.bytes = 1 << 20, .pixels = 1e6, .seconds = 10};
    skua_error err = {0};
    if (!decoder && skuai_picture_decoder_new(&decoder, &err) != SKUA_OK) return 0;
    for (size_t fit = 0; fit <= 64; fit += 64) {
        skuai_picture picture = {0};
        if (skuai_picture_decode(decoder, data, size, fit, &limits, &picture, &err) != SKUA_OK) {
            if (picture.pixels || err.message[0] == '\0') abort();
            continue;
        }
        if (picture.width < 1 || picture.height < 1 || !picture.pixels) abort();
        if (fit && (picture.width > fit || picture.height > fit)) abort();
        describe(&picture);
        skuai_picture_clear(&picture);
    }
    return 0;
}
