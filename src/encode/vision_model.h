/* vision_model.h -- picture vectors by a vision transformer from its Hugging Face folder (room
 * encode).
 *
 *     skuai_vision_model *model;
 *     SKUA_TRY(skuai_vision_model_open("siglip", &model, err));
 *     skuai_tape *tape = skuai_tape_new(&one_thread);
 *     SKUA_TRY(skuai_vision_model_encode(model, tape, &picture, vector, err));
 *
 * Read from the folder: config.json, preprocessor_config.json, model.safetensors. Families by
 * config.json's model_type: vit, deit [1, 2]; clip, clip_vision_model [3]; siglip,
 * siglip_vision_model [4]; of a whole CLIP or SigLIP the vision tower is read. Whatever else, or an
 * option that changes the numbers and is not known here, is refused by name. All run on src/nn's
 * one block, in f32.
 *
 * The vector is the class token behind the last norm (ViT, DeiT); the class token behind the last
 * norm, projected where the file has visual_projection (CLIP); the pooled output, or the mean of
 * the patches where the model has no head (SigLIP): transformers' within 1e-4 from the same pixels.
 * Pixels are made as transformers' processors on Pillow make them: the same resampling, byte for
 * byte. Their torchvision ("fast") twins round otherwise by a unit or so, and pictures with a side
 * over SKUAI_VISION_FIT are shrunk to it by libvips first, which differs likewise.
 *
 * [1] Dosovitskiy et al. 2021. [2] Touvron et al. 2021. [3] Radford et al. 2021. [4] Zhai et al.
 * 2023. */
#ifndef SKUA_ENCODE_VISION_MODEL_H
#define SKUA_ENCODE_VISION_MODEL_H

#include "encode/picture.h"
#include "nn/tape.h"

enum { SKUAI_VISION_FIT = 1024 };

typedef struct skuai_vision_model skuai_vision_model; /* immutable */

/* SKUA_ENOTFOUND: no such folder or a file of it; SKUA_EDATA: damaged, of a family that is not
 * known here, sizes that do not fit each other, a tensor missing or of another shape; SKUA_ELIMIT:
 * sizes beyond all reason; SKUA_EIO, SKUA_ENOMEM. The sentence names the file. *model is the
 * caller's
 * (_free). */
SKUA_MUST_USE skua_status skuai_vision_model_open(const char *folder, skuai_vision_model **model,
                                                  skua_error *err);
void skuai_vision_model_free(skuai_vision_model *model); /* NULL allowed */

size_t skuai_vision_model_width(const skuai_vision_model *model); /* of a vector */
size_t skuai_vision_model_image(const skuai_vision_model *model); /* pixels of a side */

/* The pixels [3, image, image] that the net reads of a picture. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_vision_model_pixels(const skuai_vision_model *model,
                                                    const skuai_picture *picture, float *pixels,
                                                    skua_error *err);
/* The vector [width] of such pixels, or of a picture, on a tape of the caller's (one a thread).
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_vision_model_run(const skuai_vision_model *model, skuai_tape *tape,
                                                 const float *pixels, float *vector,
                                                 skua_error *err);
SKUA_MUST_USE skua_status skuai_vision_model_encode(const skuai_vision_model *model,
                                                    skuai_tape *tape, const skuai_picture *picture,
                                                    float *vector, skua_error *err);

#endif
