/* Vectors of picture encoders beside transformers (tests/golden/vision_model/make.py), the pixels
 * that they read, and folders that are damaged. */
#include "core/file.h"
#include "encode/vision_model.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURES = 4, SAMPLES = 64, WIDTH_MOST = 64 };

static const char *const pictures[PICTURES] = {"plain.png", "grey.png", "alpha.png", "palette.png"};
static const char *const families[] = {"vit",    "vit_plain",  "deit", "clip", "clip_projected",
                                       "siglip", "siglip_mean"};
enum { FAMILIES = sizeof families / sizeof *families };

static const char *golden(const char *folder, const char *name, char *path, size_t size) {
    char relative[256];
    (void)snprintf(relative, sizeof relative, "tests/golden/%s/%s", folder, name);
    return test_source(relative, path, size);
}

/* Rows of a model: values [PICTURES, WIDTH_MOST], returned: how many a picture. */
static size_t read_golden(const char *model, const char *what, double *values) {
    char path[4096], wanted[64], *line = NULL;
    size_t room = 0, rows = 0, width = 0;
    FILE *file = fopen(golden("vision_model", "vectors.csv", path, sizeof path), "r");
    assert_non_null(file);
    (void)snprintf(wanted, sizeof wanted, "%s,%s,", model, what);
    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, wanted, strlen(wanted)) != 0) continue;
        char *at = line + strlen(wanted);
        size_t picture = strtoul(at, &at, 10);
        assert_true(picture < PICTURES);
        for (width = 0; *at == ','; width++) {
            assert_true(width < WIDTH_MOST);
            values[picture * WIDTH_MOST + width] = strtod(at + 1, &at);
        }
        rows++;
    }
    free(line);
    (void)fclose(file);
    assert_int_equal(rows, PICTURES);
    return width;
}

static skuai_picture read_picture(const skuai_picture_decoder *decoder, const char *name) {
    char path[4096];
    skua_error err = {0};
    skuai_picture picture = {0};
    skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    assert_ok(skuai_picture_read(decoder, golden("picture", name, path, sizeof path),
                                 SKUAI_VISION_FIT, &limits, &picture, &err),
              &err);
    return picture;
}

static double gap_of(const float *got, size_t stride, size_t n, const double *expected) {
    double most = 0;
    for (size_t k = 0; k < n; k++) {
        double gap = fabs((double)got[k * stride] - expected[k]);
        if (!(gap <= most)) most = gap;
    }
    return most;
}

/* transformers' numbers within 1e-4, which is the bound; the pixels are Pillow's. */
static void check_family(const skuai_picture_decoder *decoder, const char *name) {
    static double pixels[PICTURES * WIDTH_MOST], vectors[PICTURES * WIDTH_MOST];
    char path[4096];
    skua_error err = {0};
    skuai_vision_model *model = NULL;
    skuai_tape *tape = skuai_tape_new(NULL);
    size_t width = read_golden(name, "vector", vectors);
    assert_non_null(tape);
    assert_int_equal(read_golden(name, "pixels", pixels), SAMPLES);
    assert_ok(
        skuai_vision_model_open(golden("vision_model", name, path, sizeof path), &model, &err),
        &err);
    size_t side = skuai_vision_model_image(model), all = 3 * side * side;
    assert_int_equal(skuai_vision_model_width(model), width);
    float *got = malloc(all * sizeof *got), vector[WIDTH_MOST], again[WIDTH_MOST];
    assert_non_null(got);
    double pixel_gap = 0, vector_gap = 0;
    for (size_t i = 0; i < PICTURES; i++) {
        skuai_picture picture = read_picture(decoder, pictures[i]);
        assert_ok(skuai_vision_model_pixels(model, &picture, got, &err), &err);
        double gap = gap_of(got, all / SAMPLES, SAMPLES, pixels + i * WIDTH_MOST);
        if (!(gap <= pixel_gap)) pixel_gap = gap;
        assert_ok(skuai_vision_model_run(model, tape, got, vector, &err), &err);
        gap = gap_of(vector, 1, width, vectors + i * WIDTH_MOST);
        if (!(gap <= vector_gap)) vector_gap = gap;
        assert_ok(skuai_vision_model_encode(model, tape, &picture, again, &err), &err);
        assert_memory_equal(vector, again, width * sizeof *vector);
        skuai_picture_clear(&picture);
    }
    print_message("%s: largest difference of pixels %.2g, of vectors %.2g\n", name, pixel_gap,
                  vector_gap);
    assert_true(pixel_gap <= 1e-5);
    assert_true(vector_gap <= 1e-4);
    free(got);
    skuai_vision_model_free(model);
    skuai_tape_free(tape);
}

static void test_families(void **state) {
    skuai_picture_decoder *decoder = NULL;
    skua_error err = {0};
    (void)state;
    if (skuai_picture_decoder_new(&decoder, &err) != SKUA_OK) {
        print_message("skipped: %s\n", err.message);
        skip();
    }
    for (size_t i = 0; i < FAMILIES; i++)
        check_family(decoder, families[i]);
    skuai_picture_decoder_free(decoder);
}

/* -- Damaged folders -------------------------------------------------------------------------- */

/* A copy of a folder in a new one with one file replaced (text NULL: removed). */
static void damaged_copy(const char *model, const char *name, const char *text, char *folder,
                         size_t size) {
    static const char *const files[] = {"config.json", "preprocessor_config.json",
                                        "model.safetensors"};
    char source[4096], from[4400], to[4400];
    skua_error err = {0};
    test_folder_new(folder, size);
    (void)golden("vision_model", model, source, sizeof source);
    for (size_t i = 0; i < 3; i++) {
        skuai_buffer bytes;
        skuai_buffer_init(&bytes, 1 << 20);
        (void)snprintf(from, sizeof from, "%s/%s", source, files[i]);
        (void)snprintf(to, sizeof to, "%s/%s", folder, files[i]);
        assert_ok(skuai_file_read(from, 1 << 20, &bytes, &err), &err);
        if (strcmp(files[i], name) != 0)
            assert_ok(skuai_file_write(to, bytes.data, bytes.size, &err), &err);
        skuai_buffer_clear(&bytes);
    }
    if (!text) return;
    (void)snprintf(to, sizeof to, "%s/%s", folder, name);
    assert_ok(skuai_file_write(to, text, strlen(text), &err), &err);
}

#define CONFIG(type, layers, patch, width)                                                         \
    "{\"model_type\":\"" type "\",\"hidden_size\":" width                                          \
    ",\"num_attention_heads\":2,\"num_hidden_layers\":" layers                                     \
    ",\"intermediate_size\":12,\"image_size\":16,\"patch_size\":" patch "}"
#define PIXELS(more) "{\"size\":{\"width\":16,\"height\":16}" more "}"

static void test_damaged(void **state) {
    static const char config[] = "config.json", pixels[] = "preprocessor_config.json",
                      weights[] = "model.safetensors";
    static const struct {
        const char *file, *text;
        skua_status status;
        const char *says, *also;
    } cases[] = {
        {config, NULL, SKUA_ENOTFOUND, "/config.json", ""},
        {config, "{", SKUA_EDATA, "/config.json", ""},
        {config, CONFIG("swin", "2", "8", "8"), SKUA_EDATA, "/config.json", "'swin'"},
        {config, CONFIG("vit", "3", "8", "8"), SKUA_EDATA, weights, "layer.2"},
        {config, CONFIG("vit", "2", "4", "8"), SKUA_EDATA, weights, "patches of 8 x 8"},
        {config, CONFIG("vit", "2", "32", "8"), SKUA_EDATA, "/config.json", "'patch_size' is 32"},
        {config, CONFIG("vit", "2", "8", "10"), SKUA_EDATA, weights, "10"},
        {config, CONFIG("vit", "2", "8", "9"), SKUA_EDATA, "/config.json", "do not divide"},
        {config, CONFIG("vit", "1000", "8", "8"), SKUA_ELIMIT, "/config.json", "num_hidden_layers"},
        {config, CONFIG("deit", "2", "8", "8"), SKUA_EDATA, weights, "distillation"},
        {config, CONFIG("siglip_vision_model", "2", "8", "8"), SKUA_EDATA, weights, "is missing"},
        {config, CONFIG("siglip", "2", "8", "8"), SKUA_EDATA, "/config.json", "vision_config"},
        {pixels, NULL, SKUA_ENOTFOUND, pixels, ""},
        {pixels, "{}", SKUA_EDATA, pixels, "'width'"},
        {pixels, PIXELS(",\"resample\":0"), SKUA_EDATA, pixels, "resample"},
        {pixels, PIXELS(",\"image_std\":[1,0,1]"), SKUA_EDATA, pixels, "image_std"},
        {pixels, PIXELS(",\"image_mean\":[1,2]"), SKUA_EDATA, pixels, "3 numbers"},
        {pixels, PIXELS(",\"do_resize\":false"), SKUA_EDATA, pixels, "do_resize"},
        {pixels, PIXELS(",\"do_center_crop\":true,\"crop_size\":20"), SKUA_EDATA, pixels, "20"},
        {pixels, "{\"size\":24}", SKUA_EDATA, pixels, "24 x 24 pixels"},
        {pixels, "{\"size\":{\"shortest_edge\":16}}", SKUA_EDATA, pixels, "shortest_edge"},
        {weights, NULL, SKUA_ENOTFOUND, weights, ""},
        {weights, "broken", SKUA_EDATA, weights, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[256];
        skuai_vision_model *model = NULL;
        skua_error err = {0};
        damaged_copy("vit", cases[i].file, cases[i].text, folder, sizeof folder);
        skua_status status = skuai_vision_model_open(folder, &model, &err);
        if (status != cases[i].status || !strstr(err.message, cases[i].says) ||
            !strstr(err.message, cases[i].also))
            fail_msg("case %zu: status %d, %s", i, (int)status, err.message);
        assert_null(model);
        test_folder_remove(folder);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
