#include "core/file.h"
#include "encode/picture_feature.h"
#include "shop/modality.h"
#include "shop/picture_place.h"
#include "shop/result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Regions of a picture: a cell of a grid takes the picture's mean colour. */

enum { FIT = 256, CELLS = SKUAI_OCCLUSION_GRID * SKUAI_OCCLUSION_GRID, SHOWN_BYTES = 1 << 18 };

typedef struct pictured {
    char *path;
    skuai_picture_decoder *decoder;
    skuai_picture picture;
    unsigned char *pixels; /* as decoded */
    float *vectors;        /* whole, without each cell, nothing known */
} pictured;

static void pictured_clear(pictured *p) {
    skuai_free(p->path);
    skuai_free(p->pixels);
    skuai_free(p->vectors);
    skuai_picture_clear(&p->picture);
    skuai_picture_decoder_free(p->decoder);
}

/* -- As a data: URL ------------------------------------------------------------------------------
 */

static const char *kind_of(const unsigned char *b, size_t n) {
    if (n > 3 && b[0] == 0xff && b[1] == 0xd8) return "image/jpeg";
    if (n > 8 && memcmp(b, "\x89PNG", 4) == 0) return "image/png";
    if (n > 6 && memcmp(b, "GIF8", 4) == 0) return "image/gif";
    if (n > 12 && memcmp(b + 8, "WEBP", 4) == 0) return "image/webp";
    return NULL;
}

static void add_base64(skuai_buffer *out, const unsigned char *b, size_t n) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) |
                     (i + 2 < n ? (uint32_t)b[i + 2] : 0);
        char four[4] = {letters[v >> 18 & 63], letters[v >> 12 & 63],
                        i + 1 < n ? letters[v >> 6 & 63] : '=', i + 2 < n ? letters[v & 63] : '='};
        skuai_buffer_add(out, four, 4);
    }
}

/* The file for a page, where it is small; one that cannot be shown is left out. */
static char *picture_url(const char *path) {
    skuai_buffer file, url;
    char *text = NULL;
    if (skuai_file_read(path, SHOWN_BYTES, &file, NULL) != SKUA_OK) return NULL;
    const char *kind = kind_of((const unsigned char *)file.data, file.size);
    skuai_buffer_init(&url, SIZE_MAX);
    if (kind) {
        skuai_buffer_format(&url, "data:%s;base64,", kind);
        add_base64(&url, (const unsigned char *)file.data, file.size);
        if (skuai_buffer_check(&url, NULL) == SKUA_OK) text = skuai_new(url.size + 1, 1);
        if (text) {
            memcpy(text, url.data, url.size);
            text[url.size] = '\0';
        }
    }
    skuai_buffer_clear(&url);
    skuai_buffer_clear(&file);
    return text;
}

/* -- The picture --------------------------------------------------------------------------------
 */

static skua_status find_picture(const skuai_asked *a, pictured *p, skua_error *err) {
    skuai_store *store = NULL;
    skuai_table *table = NULL;
    skuai_picture_places places = {0};
    skuai_value item = skuai_value_text(
        skuai_series_text(a->panel, a->series, "item", skuai_panel_name(a->panel, a->series)));
    SKUA_TRY(skuai_shop_store(a->shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_store_query(
        store, "SELECT any_value(image) FROM items WHERE item = $1 AND image <> ''", &item, 1,
        &table, err);
    if (status == SKUA_OK) status = skuai_picture_places_read(a->shop, store, &places, err);
    skuai_store_close(store);
    const char *image = status == SKUA_OK && table->n_rows ? table->columns[0].texts[0] : NULL;
    if (status == SKUA_OK && !image)
        status = skuai_error_set(err, SKUA_ENOTFOUND, "the item has no picture");
    if (status == SKUA_OK) status = skuai_picture_place_find(&places, image, &p->path, err);
    skuai_picture_places_clear(&places);
    skuai_table_free(table);
    return status;
}

/* The picture with one cell in its mean colour. */
static void cover(pictured *p, size_t cell) {
    skuai_picture *x = &p->picture;
    size_t n = x->width * x->height, row = cell / SKUAI_OCCLUSION_GRID;
    size_t column = cell % SKUAI_OCCLUSION_GRID;
    double mean[3] = {0};
    memcpy(x->pixels, p->pixels, 3 * n);
    for (size_t i = 0; i < 3 * n; i++)
        mean[i % 3] += (double)p->pixels[i] / (double)n;
    for (size_t y = row * x->height / SKUAI_OCCLUSION_GRID;
         y < (row + 1) * x->height / SKUAI_OCCLUSION_GRID; y++)
        for (size_t c = column * x->width / SKUAI_OCCLUSION_GRID;
             c < (column + 1) * x->width / SKUAI_OCCLUSION_GRID; c++)
            for (size_t k = 0; k < 3; k++)
                x->pixels[3 * (y * x->width + c) + k] = (unsigned char)lround(mean[k]);
}

static skua_status describe_all(pictured *p, skua_error *err) {
    skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    SKUA_TRY(skuai_picture_decoder_new(&p->decoder, err));
    SKUA_TRY(skuai_picture_read(p->decoder, p->path, FIT, &limits, &p->picture, err));
    size_t bytes = 3 * p->picture.width * p->picture.height;
    p->pixels = skuai_new(bytes, 1);
    p->vectors = skuai_new((CELLS + 2) * (size_t)SKUAI_PICTURE_WIDTH, sizeof *p->vectors);
    if (!p->pixels || !p->vectors) return skuai_error_memory(err, "a picture");
    memcpy(p->pixels, p->picture.pixels, bytes);
    for (size_t i = 0; i <= CELLS; i++) {
        if (i > 0) cover(p, i - 1);
        SKUA_TRY(skuai_picture_describe(&p->picture, p->vectors + i * SKUAI_PICTURE_WIDTH, err));
    }
    for (size_t k = 0; k < SKUAI_PICTURE_WIDTH; k++)
        p->vectors[(CELLS + 1) * (size_t)SKUAI_PICTURE_WIDTH + k] = NAN;
    return SKUA_OK;
}

static bool is_the_same(const float *a, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-3F * (1 + fabsf(b[i])))) return false;
    return true;
}

static skua_status occlude(const skuai_asked *a, size_t modality, pictured *p, skuai_occlusion *o,
                           skua_error *err) {
    double units[CELLS + 2];
    const skuai_vectors *v = &a->panel->vectors[modality];
    const float *own = v->values + a->panel->base[a->series] * v->width;
    if (v->width != SKUAI_PICTURE_WIDTH)
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "the pictures' vectors were not made by skua embed");
    SKUA_TRY(find_picture(a, p, err));
    SKUA_TRY(describe_all(p, err));
    if (!is_the_same(p->vectors, own, SKUAI_PICTURE_WIDTH))
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "the item's vector is not of its picture as it is now: skua embed");
    SKUA_TRY(skuai_explain_vectors(a->forecaster, a->model, a->panel, a->series, modality,
                                   p->vectors, CELLS + 2, a->options, a->context, units, err));
    o->forecast = units[0];
    o->without = units[CELLS + 1];
    double least = 1e-9 * (1 + fabs(o->forecast));
    o->used = fabs(o->forecast - o->without) > least;
    for (size_t i = 0; i < CELLS; i++) {
        skuai_occlusion_part *part = &o->parts[o->n++];
        (void)snprintf(part->name, sizeof part->name, "row %zu, column %zu",
                       i / SKUAI_OCCLUSION_GRID + 1, i % SKUAI_OCCLUSION_GRID + 1);
        part->units = units[0] - units[i + 1];
        o->used = o->used || fabs(part->units) > least;
    }
    o->picture = picture_url(p->path);
    o->looked = true;
    return SKUA_OK;
}

skua_status skuai_occlude_picture(const skuai_asked *a, skuai_occlusion *o, skua_error *err) {
    size_t modality = 0;
    pictured p = {0};
    *o = (skuai_occlusion){0};
    while (modality < a->panel->n_vectors &&
           strcmp(a->panel->vectors[modality].modality, "image") != 0)
        modality++;
    if (modality == a->panel->n_vectors) return SKUA_OK;
    skua_status status = occlude(a, modality, &p, o, err);
    pictured_clear(&p);
    /* a picture that cannot be read now says so; the rest of the explanation stands */
    if (status != SKUA_ENOTFOUND && status != SKUA_EDATA && status != SKUA_ELIMIT) return status;
    skuai_occlusion_clear(o);
    *o = (skuai_occlusion){0};
    (void)snprintf(o->why, sizeof o->why, "%s", err ? err->message : "");
    o->why_zh = status == SKUA_ENOTFOUND
                    ? "找不到商品的图片，或其向量与现在的图片不一致；请先运行 skua embed"
                    : "商品的图片无法读取或太大";
    skuai_error_clear(err);
    return SKUA_OK;
}
