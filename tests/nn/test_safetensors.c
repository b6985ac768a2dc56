/* safetensors: files of the reference implementation, round trips, and files that must be refused.
 */
#include "support/support.h"

#include "core/file.h"
#include "nn/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static skuai_safetensors *open_golden(const char *name) {
    char relative[128], path[1024];
    skua_error err;
    skuai_safetensors *file = NULL;
    (void)snprintf(relative, sizeof relative, "tests/golden/safetensors/%s", name);
    assert_ok(skuai_safetensors_open(test_source(relative, path, sizeof path), &file, &err), &err);
    return file;
}

/* The numbers of a tensor in values.csv; how many. */
static size_t golden_values(const char *tensor, float *values, size_t most) {
    char path[1024], line[256];
    FILE *f = fopen(test_source("tests/golden/safetensors/values.csv", path, sizeof path), "r");
    assert_non_null(f);
    size_t n = 0, length = strlen(tensor);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, tensor, length) != 0 || line[length] != ',') continue;
        assert_true(n < most);
        values[n++] = (float)strtod(strrchr(line, ',') + 1, NULL);
    }
    (void)fclose(f);
    assert_true(n > 0);
    return n;
}

static void check_tensor(skuai_safetensors *file, const char *name) {
    float want[64], got[64];
    skua_error err;
    size_t n = golden_values(name, want, 64);
    assert_ok(skuai_safetensors_read(file, name, n, got, &err), &err);
    assert_memory_equal(got, want, n * sizeof *got);
}

static void test_reference(void **state) {
    (void)state;
    static const char *const files[] = {"written.safetensors", "foreign.safetensors"};
    for (size_t k = 0; k < 2; k++) {
        skuai_safetensors *file = open_golden(files[k]);
        assert_int_equal(skuai_safetensors_count(file), k ? 8 : 4);
        assert_string_equal(skuai_safetensors_text(file, "format"), "skua \"golden\"");
        assert_null(skuai_safetensors_text(file, "other"));
        check_tensor(file, "layer.weight");
        check_tensor(file, "layer.half");
        check_tensor(file, "layer.bfloat");
        check_tensor(file, "layer.int8");
        const skuai_safetensors_tensor *t = skuai_safetensors_find(file, "layer.half");
        assert_int_equal(t->rank, 3);
        assert_int_equal(t->shape[0] * 100 + t->shape[1] * 10 + t->shape[2], 224);
        assert_int_equal(t->shape[3], 1);
        skuai_safetensors_close(file);
    }
}

/* Types that are only listed, a scalar, an empty tensor, a double that no float holds. */
static void test_foreign(void **state) {
    (void)state;
    skua_error err;
    float value[4];
    int8_t small[12];
    skuai_safetensors *file = open_golden("foreign.safetensors");
    assert_ok(skuai_safetensors_read(file, "layer.scalar", 1, value, &err), &err);
    assert_true(value[0] == 2.5F);
    assert_int_equal(skuai_safetensors_find(file, "layer.scalar")->rank, 0);
    assert_ok(skuai_safetensors_read(file, "layer.empty", 0, value, &err), &err);
    assert_int_equal(skuai_safetensors_read(file, "layer.ids", 4, value, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "need type"));
    assert_int_equal(skuai_safetensors_read(file, "layer.double", 2, value, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "not finite"));
    assert_int_equal(skuai_safetensors_read(file, "layer.scalar", 2, value, &err), SKUA_EDATA);
    assert_int_equal(skuai_safetensors_read(file, "nobody", 1, value, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "nobody is missing"));
    assert_ok(skuai_safetensors_read_int8(file, "layer.int8", 12, small, &err), &err);
    float as_float[12];
    (void)golden_values("layer.int8", as_float, 12);
    for (size_t i = 0; i < 12; i++)
        assert_true((float)small[i] == as_float[i]);
    assert_int_equal(skuai_safetensors_read_int8(file, "layer.weight", 15, small, &err),
                     SKUA_EDATA);
    skuai_safetensors_close(file);
}

/* What is written is what the reference writes, byte for byte. */
static void test_write(void **state) {
    (void)state;
    skua_error err;
    float weight[15], half[16], source[7];
    int8_t small[12];
    (void)golden_values("layer.weight", weight, 15);
    (void)golden_values("layer.half", half, 16);
    (void)golden_values("layer.source", source, 7);
    skuai_safetensors *file = open_golden("written.safetensors");
    assert_ok(skuai_safetensors_read_int8(file, "layer.int8", 12, small, &err), &err);
    skuai_safetensors_array arrays[4];
    for (size_t i = 0; i < 4; i++) { /* in the reference's order */
        const skuai_safetensors_tensor *t = skuai_safetensors_at(file, i);
        arrays[i] = (skuai_safetensors_array){.name = t->name, .type = t->type, .rank = t->rank};
        memcpy(arrays[i].shape, t->shape, sizeof arrays[i].shape);
        arrays[i].values = t->type == SKUAI_SAFETENSORS_F32   ? (const void *)weight
                           : t->type == SKUAI_SAFETENSORS_F16 ? (const void *)half
                           : t->type == SKUAI_SAFETENSORS_I8  ? (const void *)small
                                                              : (const void *)source;
    }
    char folder[256], path[512], golden[1024];
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/model.safetensors", folder);
    const skuai_safetensors_pair text = {"format", "skua \"golden\""};
    assert_ok(skuai_safetensors_write(path, &text, 1, arrays, 4, &err), &err);
    skuai_buffer mine, theirs;
    test_source("tests/golden/safetensors/written.safetensors", golden, sizeof golden);
    assert_ok(skuai_file_read(path, 1 << 20, &mine, &err), &err);
    assert_ok(skuai_file_read(golden, 1 << 20, &theirs, &err), &err);
    assert_int_equal(mine.size, theirs.size);
    assert_memory_equal(mine.data, theirs.data, mine.size);
    skuai_buffer_clear(&mine), skuai_buffer_clear(&theirs);
    skuai_safetensors *again = NULL;
    assert_ok(skuai_safetensors_open(folder, &again, &err), &err); /* by its folder */
    assert_int_equal(skuai_safetensors_count(again), 4);
    skuai_safetensors_close(again);

    half[0] = 65520; /* rounds to infinity */
    assert_int_equal(skuai_safetensors_write(path, NULL, 0, arrays, 4, &err), SKUA_EINVAL);
    assert_ok(skuai_safetensors_open(path, &again, &err), &err); /* the old one is as it was */
    skuai_safetensors_close(again);
    arrays[0].type = SKUAI_SAFETENSORS_F64;
    assert_int_equal(skuai_safetensors_write(path, NULL, 0, arrays, 4, &err), SKUA_EINVAL);
    skuai_safetensors_close(file); /* names of the arrays are its */
    test_folder_remove(folder);
}

/* A file from its header's text and a number of bytes of data. */
static skua_status parse(const char *header, size_t data, skua_error *err) {
    size_t n = strlen(header);
    unsigned char *bytes = calloc(1, 8 + n + data);
    assert_non_null(bytes);
    bytes[0] = (unsigned char)(n & 255), bytes[1] = (unsigned char)(n >> 8);
    memcpy(bytes + 8, header, n);
    skuai_safetensors *file = NULL;
    skua_status status = skuai_safetensors_parse(bytes, 8 + n + data, "file", &file, err);
    skuai_safetensors_close(file);
    free(bytes);
    return status;
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        const char *says; /* NULL: it is good */
    } cases[] = {
        {"{}", 0, NULL},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}   ", 8, NULL},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, "truncated"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9, "9 bytes behind"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}", 9, "hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "8 bytes"},
        {"{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "F33"},
        {"{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "unknown"},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":{\"n\":2},\"data_offsets\":[0,8]}}", 8, "shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "cannot be"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}}", 8, "cannot be"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,1],\"data_offsets\":[0,0]}}",
         0, "cannot be"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
         "0 bytes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "at most 8"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "outside"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "outside"},
        {"{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
         6, "overlaps"},
        {"{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
         4, "duplicate"},
        {"{\"a\":7}", 0, "unknown"},
        {"[1, 2]", 0, "no safetensors"},
        {"{\"a\":", 0, "header"},
        {"", 0, "no safetensors"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        skua_error err = {0};
        skua_status status = parse(cases[i].header, cases[i].data, &err);
        if (!cases[i].says) {
            assert_ok(status, &err);
            continue;
        }
        assert_int_equal(status, SKUA_EDATA);
        if (!strstr(err.message, cases[i].says))
            fail_msg("case %zu says '%s', not '%s'", i, err.message, cases[i].says);
    }
}

/* Every truncation of a good file, and a header length of 2^63. */
static void test_truncated(void **state) {
    (void)state;
    skua_error err;
    char path[1024];
    skuai_buffer all;
    skuai_safetensors *file = NULL;
    test_source("tests/golden/safetensors/foreign.safetensors", path, sizeof path);
    assert_ok(skuai_file_read(path, 1 << 20, &all, &err), &err);
    for (size_t n = 0; n < all.size; n++)
        assert_int_equal(skuai_safetensors_parse(all.data, n, "cut", &file, &err), SKUA_EDATA);
    all.data[7] = (char)0x80;
    assert_int_equal(skuai_safetensors_parse(all.data, all.size, "cut", &file, &err), SKUA_EDATA);
    skuai_buffer_clear(&all);
}

static void test_files(void **state) {
    (void)state;
    skua_error err;
    char folder[256], path[512];
    skuai_safetensors *file = NULL;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/none.safetensors", folder);
    assert_int_equal(skuai_safetensors_open(path, &file, &err), SKUA_ENOTFOUND);
    assert_int_equal(skuai_safetensors_open(folder, &file, &err), SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "/model.safetensors"));
    (void)snprintf(path, sizeof path, "%s/model.safetensors", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(skuai_safetensors_open(folder, &file, &err), SKUA_EIO);
    assert_null(file);
    test_folder_remove(folder);
}

/* A NaN in F32 is refused; a file that becomes shorter behind our back is an error, not a crash. */
static void test_damage(void **state) {
    (void)state;
    skua_error err;
    char folder[256], path[512];
    enum { N = 20000 }; /* more than a stream reads ahead */
    static float values[N] = {1, NAN, 3}, back[N];
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/x", folder);
    const skuai_safetensors_array array = {.name = "a", .rank = 1, .shape = {N}, .values = values};
    assert_ok(skuai_safetensors_write(path, NULL, 0, &array, 1, &err), &err);
    skuai_safetensors *file;
    assert_ok(skuai_safetensors_open(path, &file, &err), &err);
    assert_int_equal(skuai_safetensors_read(file, "a", N, back, &err), SKUA_EDATA);
    skuai_safetensors_close(file);
    values[1] = 2;
    assert_ok(skuai_safetensors_write(path, NULL, 0, &array, 1, &err), &err);
    assert_ok(skuai_safetensors_open(path, &file, &err), &err);
    FILE *cut = fopen(path, "wb");
    assert_non_null(cut);
    (void)fclose(cut);
    assert_int_equal(skuai_safetensors_read(file, "a", N, back, &err), SKUA_EIO);
    assert_non_null(strstr(err.message, "shorter"));
    skuai_safetensors_close(file);
    test_folder_remove(folder);
}

/* All 65536 halves survive; rounding is to the nearest, ties to even (values by hand). */
static void test_half(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        float f = skuai_float_from_half((uint16_t)h), b = skuai_float_from_bfloat((uint16_t)h);
        if (isnan(f))
            assert_true(isnan(skuai_float_from_half(skuai_half_from_float(f))));
        else
            assert_int_equal(skuai_half_from_float(f), h);
        if (isnan(b))
            assert_true(isnan(skuai_float_from_bfloat(skuai_bfloat_from_float(b))));
        else
            assert_int_equal(skuai_bfloat_from_float(b), h);
    }
    static const struct {
        float value;
        uint16_t half, bfloat;
    } rounded[] = {{1 + 0x1p-11F, 0x3C00, 0x3F80},    {1 + 0x3p-11F, 0x3C02, 0x3F80},
                   {1 + 0x1.01p-11F, 0x3C01, 0x3F80}, {65519.996F, 0x7BFF, 0x4780},
                   {65520, 0x7C00, 0x4780},           {0x1p-25F, 0x0000, 0x3300},
                   {0x1.8p-24F, 0x0002, 0x33C0},      {-0x1.000002p-25F, 0x8001, 0xB300},
                   {0x1.ffffp-15F, 0x0400, 0x3880},   {1 + 0x1p-8F, 0x3C04, 0x3F80},
                   {1 + 0x3p-8F, 0x3C0C, 0x3F82},     {INFINITY, 0x7C00, 0x7F80},
                   {-3.4028235e38F, 0xFC00, 0xFF80}};
    for (size_t i = 0; i < sizeof rounded / sizeof *rounded; i++) {
        assert_int_equal(skuai_half_from_float(rounded[i].value), rounded[i].half);
        assert_int_equal(skuai_bfloat_from_float(rounded[i].value), rounded[i].bfloat);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference), cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_write),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_files),
        cmocka_unit_test(test_damage),    cmocka_unit_test(test_half)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
