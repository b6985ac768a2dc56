#include "encode/vision_config.h"

#include "encode/text_model_config.h" /* a folder's JSON files */

#include <math.h>
#include <string.h>

/* -- config.json ------------------------------------------------------------------------------ */

typedef struct kind {
    const char *name, *part; /* model_type; the member that holds the vision tower, or NULL */
    skuai_vision_family family;
    size_t tokens;
    /* what transformers takes for what config.json leaves out */
    int64_t patch;
    const char *activation;
    double epsilon;
} kind;

static const kind kinds[] = {
    {"vit", NULL, SKUAI_VISION_VIT, 1, 16, "gelu", 1e-12},
    {"deit", NULL, SKUAI_VISION_VIT, 2, 16, "gelu", 1e-12},
    {"clip_vision_model", NULL, SKUAI_VISION_CLIP, 1, 32, "quick_gelu", 1e-5},
    {"clip", "vision_config", SKUAI_VISION_CLIP, 1, 32, "quick_gelu", 1e-5},
    {"siglip_vision_model", NULL, SKUAI_VISION_SIGLIP, 0, 16, "gelu_pytorch_tanh", 1e-6},
    {"siglip", "vision_config", SKUAI_VISION_SIGLIP, 0, 16, "gelu_pytorch_tanh", 1e-6}};

static skua_status find_kind(const skuai_json *json, const kind **found, skua_error *err) {
    const char *name = skuai_json_as_text(skuai_json_get(json, "model_type"), "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) != 0) continue;
        *found = &kinds[i];
        return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_EDATA,
                           "the model_type '%.60s' is no picture encoder that is known here: need "
                           "vit, deit, clip or siglip",
                           name);
}

/* A whole number in 1 .. most; absent: fallback. */
static skua_status read_size(const skuai_json *json, const char *name, int64_t fallback,
                             size_t most, size_t *value, skua_error *err) {
    const skuai_json *found = skuai_json_get(json, name);
    int64_t number = found ? skuai_json_as_integer(found, -1) : fallback;
    if (number < 1) return skuai_error_set(err, SKUA_EDATA, "'%s' is no whole number over 0", name);
    if ((uint64_t)number > most)
        return skuai_error_set(err, SKUA_ELIMIT, "'%s' is %lld, at most %zu", name,
                               (long long)number, most);
    *value = (size_t)number;
    return SKUA_OK;
}

static skua_status read_activation(const skuai_json *json, const char *fallback,
                                   skuai_activation *activation, skua_error *err) {
    static const struct {
        const char *name;
        skuai_activation activation;
    } known[] = {{"gelu", SKUAI_ACTIVATION_GELU},
                 {"gelu_new", SKUAI_ACTIVATION_GELU_TANH},
                 {"gelu_pytorch_tanh", SKUAI_ACTIVATION_GELU_TANH},
                 {"quick_gelu", SKUAI_ACTIVATION_QUICK_GELU},
                 {"relu", SKUAI_ACTIVATION_RELU},
                 {"silu", SKUAI_ACTIVATION_SILU}};
    const char *name = skuai_json_as_text(skuai_json_get(json, "hidden_act"), fallback);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) != 0) continue;
        *activation = known[i].activation;
        return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_EDATA, "the activation '%.60s' is not known here", name);
}

static skua_status read_net(const skuai_json *whole, skuai_vision_config *c, skua_error *err) {
    const kind *k = NULL;
    skuai_nn_block_config *block = &c->encoder.block;
    size_t channels;
    SKUA_TRY(find_kind(whole, &k, err));
    const skuai_json *json = k->part ? skuai_json_get(whole, k->part) : whole;
    if (!json) return skuai_error_set(err, SKUA_EDATA, "no '%s'", k->part);
    c->family = k->family;
    c->tokens = k->tokens;
    SKUA_TRY(read_size(json, "hidden_size", 768, 1 << 13, &block->width, err));
    SKUA_TRY(read_size(json, "num_attention_heads", 12, 512, &block->heads, err));
    SKUA_TRY(
        read_size(json, "num_hidden_layers", 12, SKUAI_NN_LAYERS_MOST, &c->encoder.layers, err));
    SKUA_TRY(read_size(json, "intermediate_size", 3072, 1 << 16, &block->hidden, err));
    SKUA_TRY(read_size(json, "image_size", 224, 1 << 12, &c->image, err));
    SKUA_TRY(read_size(json, "patch_size", k->patch, 1 << 10, &c->patch, err));
    SKUA_TRY(read_size(json, "num_channels", 3, 64, &channels, err));
    SKUA_TRY(read_activation(json, k->activation, &block->activation, err));
    if (channels != 3)
        return skuai_error_set(err, SKUA_EDATA, "'num_channels' is %zu: need 3", channels);
    if (block->width % block->heads != 0)
        return skuai_error_set(err, SKUA_EDATA, "%zu heads do not divide a width of %zu",
                               block->heads, block->width);
    if (c->patch > c->image)
        return skuai_error_set(err, SKUA_EDATA,
                               "'patch_size' is %zu, more than an 'image_size' of "
                               "%zu",
                               c->patch, c->image);
    size_t side = c->image / c->patch; /* the convolution leaves a rest of pixels out */
    c->patches = side * side;
    if (c->patches > 1 << 14)
        return skuai_error_set(err, SKUA_ELIMIT, "%zu patches, at most %d", c->patches, 1 << 14);
    c->head = c->family == SKUAI_VISION_SIGLIP &&
              skuai_json_as_bool(skuai_json_get(json, "vision_use_head"), true);
    block->post_norm = false;
    block->bias = true; /* a ViT without qkv_bias: they are 0 */
    block->epsilon = skuai_json_as_number(skuai_json_get(json, "layer_norm_eps"), k->epsilon);
    c->encoder.final_norm = true;
    return SKUA_OK;
}

/* -- preprocessor_config.json ----------------------------------------------------------------- */

static skua_status read_filter(const skuai_json *json, skuai_picture_filter *filter,
                               skua_error *err) {
    const skuai_json *value = skuai_json_get(json, "resample");
    switch (skuai_json_as_integer(value, value ? -1 : 2)) { /* Pillow's numbers */
    case 1:
        *filter = SKUAI_FILTER_LANCZOS;
        return SKUA_OK;
    case 2:
        *filter = SKUAI_FILTER_BILINEAR;
        return SKUA_OK;
    case 3:
        *filter = SKUAI_FILTER_BICUBIC;
        return SKUA_OK;
    case 4:
        *filter = SKUAI_FILTER_BOX;
        return SKUA_OK;
    default:
        return skuai_error_set(err, SKUA_EDATA,
                               "'resample' is not 1 (Lanczos), 2 (bilinear), 3 (bicubic) or 4 "
                               "(box)");
    }
}

/* "size" and "crop_size": a number, {"height", "width"} or {"shortest_edge"}. A number alone is a
 * square, but CLIP's is its shorter side. */
static skua_status read_frame(const skuai_json *json, skuai_vision_config *c, skua_error *err) {
    skuai_vision_pixels *p = &c->pixels;
    const skuai_json *size = skuai_json_get(json, "size"),
                     *crop = skuai_json_get(json, "crop_size");
    int64_t number = skuai_json_as_integer(size, -1);
    if (number >= 1 && c->family == SKUAI_VISION_CLIP) {
        SKUA_TRY(read_size(json, "size", -1, 1 << 13, &p->edge, err));
    } else if (number >= 1) {
        SKUA_TRY(read_size(json, "size", -1, 1 << 13, &p->width, err));
        p->height = p->width;
    } else if (skuai_json_get(size, "shortest_edge")) {
        SKUA_TRY(read_size(size, "shortest_edge", -1, 1 << 13, &p->edge, err));
        if (skuai_json_get(size, "longest_edge"))
            return skuai_error_set(err, SKUA_EDATA, "a 'longest_edge' is not known here");
    } else {
        SKUA_TRY(read_size(size, "width", -1, 1 << 13, &p->width, err));
        SKUA_TRY(read_size(size, "height", -1, 1 << 13, &p->height, err));
    }
    if (!skuai_json_as_bool(skuai_json_get(json, "do_center_crop"), false)) return SKUA_OK;
    size_t height;
    if (skuai_json_as_integer(crop, -1) >= 1)
        return read_size(json, "crop_size", -1, 1 << 13, &p->crop, err);
    SKUA_TRY(read_size(crop, "width", -1, 1 << 13, &p->crop, err));
    SKUA_TRY(read_size(crop, "height", -1, 1 << 13, &height, err));
    if (height == p->crop) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA, "'crop_size' is %zu x %zu: need a square", p->crop,
                           height);
}

/* Three numbers, or fallback in each. */
static skua_status read_three(const skuai_json *json, const char *name, bool is_on, double fallback,
                              double *values, skua_error *err) {
    const skuai_json *list = is_on ? skuai_json_get(json, name) : NULL;
    for (size_t k = 0; k < 3; k++) {
        values[k] = list ? skuai_json_as_number(skuai_json_at(list, k), NAN) : fallback;
        if (!isfinite(values[k]) || (list && skuai_json_size(list) != 3))
            return skuai_error_set(err, SKUA_EDATA, "'%s' is no list of 3 numbers", name);
    }
    return SKUA_OK;
}

static skua_status read_pixels(const skuai_json *json, skuai_vision_config *c, skua_error *err) {
    skuai_vision_pixels *p = &c->pixels;
    bool norm = skuai_json_as_bool(skuai_json_get(json, "do_normalize"), true);
    if (!skuai_json_as_bool(skuai_json_get(json, "do_resize"), true))
        return skuai_error_set(err, SKUA_EDATA,
                               "'do_resize' is false: pictures of any size are "
                               "not known here");
    SKUA_TRY(read_filter(json, &p->filter, err));
    SKUA_TRY(read_frame(json, c, err));
    p->factor = skuai_json_as_bool(skuai_json_get(json, "do_rescale"), true)
                    ? skuai_json_as_number(skuai_json_get(json, "rescale_factor"), 1 / 255.0)
                    : 1;
    SKUA_TRY(read_three(json, "image_mean", norm, norm ? 0.5 : 0, p->mean, err));
    SKUA_TRY(read_three(json, "image_std", norm, norm ? 0.5 : 1, p->deviation, err));
    for (size_t k = 0; k < 3; k++)
        if (!(p->deviation[k] > 0) || !isfinite(p->factor))
            return skuai_error_set(err, SKUA_EDATA, "'image_std' is %g: need more than 0",
                                   p->deviation[k]);
    size_t least = p->edge ? p->edge : p->width < p->height ? p->width : p->height;
    size_t width = p->crop ? p->crop : p->width, height = p->crop ? p->crop : p->height;
    if (p->edge && !p->crop)
        return skuai_error_set(err, SKUA_EDATA,
                               "a 'shortest_edge' without 'do_center_crop' gives "
                               "pictures of any shape, which are not known here");
    if (p->crop > least)
        return skuai_error_set(err, SKUA_EDATA, "'crop_size' is %zu, more than the 'size' of %zu",
                               p->crop, least);
    if (width == c->image && height == c->image) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA,
                           "makes pictures of %zu x %zu pixels, and config.json wants %zu x %zu",
                           width, height, c->image, c->image);
}

skua_status skuai_vision_config_read(const char *folder, skuai_vision_config *config,
                                     skua_error *err) {
    static const char pixels[] = "preprocessor_config.json";
    skuai_json *json = NULL, *processor = NULL;
    skuai_vision_config c = {.encoder = SKUAI_NN_ENCODER_DEFAULT};
    SKUA_TRY(skuai_folder_json(folder, "config.json", false, &json, err));
    skua_status status = read_net(json, &c, err);
    if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s/config.json", folder);
    if (status == SKUA_OK) {
        status = skuai_folder_json(folder, pixels, false, &processor, err);
        if (status == SKUA_OK) {
            status = read_pixels(processor, &c, err);
            if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s/%s", folder, pixels);
        }
    }
    skuai_json_free(json);
    skuai_json_free(processor);
    if (status == SKUA_OK) *config = c;
    return status;
}
