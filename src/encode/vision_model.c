#include "encode/vision_model.h"

#include "encode/text_model_config.h" /* a folder's paths */
#include "encode/vision_weights.h"

#include <string.h>

#define NONE SIZE_MAX

struct skuai_vision_model {
    skuai_vision_config config;
    skuai_vision_weights weights;
};

/* -- Opening ---------------------------------------------------------------------------------- */

void skuai_vision_model_free(skuai_vision_model *model) {
    if (!model) return;
    skuai_nn_parameters_free(model->weights.parameters);
    skuai_free(model);
}

static skua_status open_weights(const char *folder, skuai_vision_model *model, skua_error *err) {
    char *path = NULL;
    skuai_safetensors *file = NULL;
    SKUA_TRY(skuai_folder_path(folder, "model.safetensors", &path, err));
    skua_status status = skuai_safetensors_open(path, &file, err);
    if (status == SKUA_OK) {
        status = skuai_vision_weights_read(&model->config, file, &model->weights, err);
        if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s", path);
    }
    skuai_safetensors_close(file);
    skuai_free(path);
    return status;
}

skua_status skuai_vision_model_open(const char *folder, skuai_vision_model **model,
                                    skua_error *err) {
    skuai_vision_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a picture encoder");
    skua_status status = skuai_vision_config_read(folder, &m->config, err);
    if (status == SKUA_OK) status = open_weights(folder, m, err);
    if (status != SKUA_OK) {
        skuai_vision_model_free(m);
        return status;
    }
    *model = m;
    return SKUA_OK;
}

size_t skuai_vision_model_width(const skuai_vision_model *model) {
    return model->config.projection ? model->config.projection : model->config.encoder.block.width;
}

size_t skuai_vision_model_image(const skuai_vision_model *model) {
    return model->config.image;
}

/* -- Pixels ----------------------------------------------------------------------------------- */

/* What a picture is resized to. The longer side is cut to a whole number, as transformers does. */
static void resized(const skuai_vision_pixels *p, const skuai_picture *picture, size_t *width,
                    size_t *height) {
    *width = p->width, *height = p->height;
    if (!p->edge) return;
    bool upright = picture->width <= picture->height;
    size_t small = upright ? picture->width : picture->height;
    size_t large = upright ? picture->height : picture->width;
    size_t other = (size_t)((double)p->edge * (double)large / (double)small);
    *width = upright ? p->edge : other;
    *height = upright ? other : p->edge;
}

skua_status skuai_vision_model_pixels(const skuai_vision_model *model, const skuai_picture *picture,
                                      float *pixels, skua_error *err) {
    const skuai_vision_pixels *p = &model->config.pixels;
    size_t width, height, bytes, n = model->config.image;
    resized(p, picture, &width, &height);
    unsigned char *rgb =
        skuai_size_mul(width * 3, height, &bytes) ? skuai_new(bytes, sizeof *rgb) : NULL;
    if (!rgb) return skuai_error_memory(err, "a picture");
    skua_status status = skuai_picture_resize(picture, width, height, p->filter, rgb, err);
    size_t left = (width - n) / 2, top = (height - n) / 2; /* 0 where nothing is cropped */
    for (size_t k = 0; status == SKUA_OK && k < 3; k++)
        for (size_t y = 0; y < n; y++)
            for (size_t x = 0; x < n; x++) {
                double byte = rgb[((top + y) * width + left + x) * 3 + k];
                pixels[(k * n + y) * n + x] =
                    (float)((byte * p->factor - p->mean[k]) / p->deviation[k]);
            }
    skuai_free(rgb);
    return status;
}

/* -- The net ---------------------------------------------------------------------------------- */

/* Patches [1, patches, 3 patch patch] of pixels [3, image, image]: rows of patches from the top,
 * each patch channel by channel. A convolution whose stride is its width is a product of them. */
static skuai_tensor *cut(skuai_tape *tape, const skuai_vision_config *c, const float *pixels) {
    size_t p = c->patch, side = c->image / p, width = 3 * p * p;
    skuai_tensor *x = skuai_tape_new_tensor(tape, 3, (size_t[]){1, c->patches, width});
    for (size_t i = 0; x && i < c->patches; i++)
        for (size_t k = 0; k < 3; k++)
            for (size_t y = 0; y < p; y++) {
                const float *row = pixels + (k * c->image + i / side * p + y) * c->image;
                memcpy(x->value + i * width + (k * p + y) * p, row + i % side * p,
                       p * sizeof *x->value);
            }
    return x;
}

static skuai_tensor *take(skuai_tape *tape, const skuai_vision_weights *w, size_t id) {
    return id == NONE ? NULL : skuai_tape_parameter(tape, w->parameters, id);
}

static skuai_tensor *embed(skuai_tape *tape, const skuai_vision_config *c,
                           const skuai_vision_weights *w, const float *pixels) {
    skuai_tensor *x = skuai_nn_linear(tape, cut(tape, c, pixels), take(tape, w, w->patch_weight),
                                      take(tape, w, w->patch_bias));
    if (w->tokens != NONE) {
        skuai_tensor *parts[] = {skuai_nn_reshape(tape, take(tape, w, w->tokens), 3,
                                                  (size_t[]){1, c->tokens, c->encoder.block.width}),
                                 x};
        x = skuai_nn_concat(tape, parts, 2, 1);
    }
    x = skuai_nn_add(tape, x, take(tape, w, w->positions));
    if (w->before_weight != NONE)
        x = skuai_nn_layer_norm(tape, x, take(tape, w, w->before_weight),
                                take(tape, w, w->before_bias), c->encoder.block.epsilon);
    return x;
}

/* SigLIP's pooled output: h = attention(probe, x), then h + feed_forward(norm(h)). */
static skuai_tensor *attend(skuai_tape *tape, const skuai_vision_config *c,
                            const skuai_vision_weights *w, skuai_tensor *x) {
    const skuai_nn_parameters *p = w->parameters;
    skuai_attention_options options = {.heads = c->encoder.block.heads};
    skuai_tensor *probe = skuai_nn_reshape(tape, take(tape, w, w->probe), 3,
                                           (size_t[]){1, 1, c->encoder.block.width});
    skuai_tensor *h =
        skuai_nn_attention(tape, skuai_nn_dense_run(tape, p, &w->head_q, probe),
                           skuai_nn_dense_run(tape, p, &w->head_kv, x), NULL, &options);
    h = skuai_nn_dense_run(tape, p, &w->head_out, h);
    skuai_tensor *normed =
        skuai_nn_layer_norm(tape, h, take(tape, w, w->head_norm_weight),
                            take(tape, w, w->head_norm_bias), c->encoder.block.epsilon);
    return skuai_nn_dense_pair_run(tape, p, &w->head_in, c->encoder.block.activation, &w->head_down,
                                   normed, h);
}

skua_status skuai_vision_model_run(const skuai_vision_model *model, skuai_tape *tape,
                                   const float *pixels, float *vector, skua_error *err) {
    const skuai_vision_config *c = &model->config;
    const skuai_vision_weights *w = &model->weights;
    const size_t first = 0;
    skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
    skuai_tensor *x = embed(tape, c, w, pixels);
    x = skuai_nn_encoder_run(tape, w->parameters, &w->encoder, x, NULL);
    if (c->tokens)
        x = skuai_nn_gather_rows(tape, x, &first, 1);
    else
        x = c->head ? attend(tape, c, w, x) : skuai_nn_mean_pool(tape, x, NULL);
    if (w->projection != NONE) x = skuai_nn_linear(tape, x, take(tape, w, w->projection), NULL);
    SKUA_TRY(skuai_tape_status(tape, err));
    memcpy(vector, x->value, skuai_vision_model_width(model) * sizeof *vector);
    return SKUA_OK;
}

skua_status skuai_vision_model_encode(const skuai_vision_model *model, skuai_tape *tape,
                                      const skuai_picture *picture, float *vector,
                                      skua_error *err) {
    size_t n = model->config.image;
    float *pixels = skuai_new(3 * n * n, sizeof *pixels);
    if (!pixels) return skuai_error_memory(err, "a picture");
    skua_status status = skuai_vision_model_pixels(model, picture, pixels, err);
    if (status == SKUA_OK) status = skuai_vision_model_run(model, tape, pixels, vector, err);
    skuai_free(pixels);
    return status;
}
