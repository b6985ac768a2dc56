/* vision_config.h -- what a Hugging Face folder says of a picture encoder (room encode). */
#ifndef SKUA_ENCODE_VISION_CONFIG_H
#define SKUA_ENCODE_VISION_CONFIG_H

#include "encode/vision_model.h"
#include "nn/block.h"

typedef enum skuai_vision_family {
    SKUAI_VISION_VIT,   /* ViT and DeiT: a class token (DeiT: and one of distillation) in front */
    SKUAI_VISION_CLIP,  /* a class token, a norm before the blocks */
    SKUAI_VISION_SIGLIP /* no such token; a learnt query attends to the patches at the end */
} skuai_vision_family;

/* How pixels are made of a picture: preprocessor_config.json. */
typedef struct skuai_vision_pixels {
    size_t width, height; /* to resize to; edge > 0: the shorter side to edge instead */
    size_t edge;
    size_t crop; /* square in the middle that is kept; 0: all */
    skuai_picture_filter filter;
    double factor; /* of a byte */
    double mean[3], deviation[3];
} skuai_vision_pixels;

typedef struct skuai_vision_config {
    skuai_vision_family family;
    size_t image, patch; /* pixels of a side */
    size_t patches;      /* of a picture */
    size_t tokens;       /* learnt tokens in front of them: 0, 1 or 2 */
    bool head;           /* SigLIP's attention pooling */
    size_t projection;   /* width that CLIP's visual_projection gives where the file has one */
    skuai_nn_encoder_config encoder;
    skuai_vision_pixels pixels;
} skuai_vision_config;

/* Read config.json and preprocessor_config.json. SKUA_ENOTFOUND, SKUA_EDATA, SKUA_ELIMIT: the
 * sentence names the file. */
SKUA_MUST_USE skua_status skuai_vision_config_read(const char *folder, skuai_vision_config *config,
                                                   skua_error *err);

#endif
