#include "shop/embed.h"

#include <string.h>

/* The verb: texts, pictures, or what of both there is. */

/* Pictures that nobody asked for by name do not fail because libvips is not installed. */
static skua_status embed_auto(const skua_shop *shop, bool *texts, bool *pictures,
                              skuai_json_writer *report, skua_error *err) {
    SKUA_TRY(skuai_embed_texts(shop, texts, report, err));
    skua_status status = skuai_embed_pictures(shop, "", pictures, report, err);
    if (status == SKUA_ENOTFOUND && *pictures) {
        skuai_json_text(report, "pictures_left_out", err ? err->message : "");
        skuai_error_clear(err);
        status = SKUA_OK;
    }
    return status;
}

skua_status skua_shop_embed(skua_shop *shop, char **report, skua_error *err) {
    const char *folder = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_encoder);
    const char *modality = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_modality);
    bool eight_bits =
        strcmp(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_encoder_weights), "int8") == 0;
    bool pooled = strcmp(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_pooling), "auto") != 0;
    bool texts = false, pictures = false;
    skua_status status;
    skuai_report r;
    skuai_report_begin(&r, "embed");
    if (strcmp(modality, "image") == 0 && (eight_bits || pooled))
        status = skuai_error_set(err, SKUA_EINVAL,
                                 "--%s is for language models; pictures are encoded in float32, "
                                 "as their model says",
                                 eight_bits ? "encoder-weights int8" : "pooling");
    else if (strcmp(modality, "image") == 0)
        status = skuai_embed_pictures(shop, folder, &pictures, &r.json, err);
    else if (strcmp(modality, "text") == 0 || folder[0] || eight_bits || pooled)
        status = skuai_embed_texts(shop, &texts, &r.json, err);
    else
        status = embed_auto(shop, &texts, &pictures, &r.json, err);
    if (status == SKUA_OK && !texts && !pictures)
        status = skuai_error_set(
            err, SKUA_EDATA,
            strcmp(modality, "image") == 0
                ? "no item has a picture: read some first, as skua ingest SHOP --images FOLDER"
                : "no item has a title or a description: read a file of items first, as skua "
                  "ingest SHOP --items FILE");
    return skuai_report_end(&r, status, report, err);
}
