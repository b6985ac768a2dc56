/* Frames in and forecasts out by Arrow's C stream interface, with what consumers and producers are
 * free to do: batches, offsets, nulls, a column kept longer than its batch, a stream that fails. */
#include "support/support.h"

#include <math.h>
#include <skua.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS = 70, BATCHES = 2, HORIZON = 7, COLUMNS = 3 };

static char folder[256], shop_folder[300];

static int setup(void **state) {
    (void)state;
    skua_error err;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(shop_folder, sizeof shop_folder, "%s/shop", folder);
    assert_ok(skua_shop_init(shop_folder, NULL, &err), &err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static skua_shop *shop_open(void) {
    skua_error err;
    skua_shop *shop = NULL;
    assert_ok(skua_shop_open(shop_folder, &shop, &err), &err);
    assert_ok(skua_shop_set(shop, "horizon", "7", &err), &err);
    assert_ok(skua_shop_set(shop, "models", "seasonal-naive", &err), &err);
    return shop;
}

/* -- A producer: unique_id, ds, y; a series a batch. All of a batch lies on the heap, so that a
 * reader that goes past its end or keeps it too long is seen by the sanitizers. -- */

typedef struct source {
    int next, live, schemas;  /* the batch to come; arrays, and schemas, not released yet */
    int fail_at;              /* batch at which it fails; -1: none */
    const char *value_format; /* of y */
} source;

static void free_schema(struct ArrowSchema *schema) {
    source *from = schema->private_data;
    for (int64_t c = 0; c < schema->n_children; c++) {
        if (schema->children[c]->release) schema->children[c]->release(schema->children[c]);
        free(schema->children[c]);
    }
    free((void *)schema->children);
    schema->release = NULL;
    from->schemas--;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    static const char *const names[COLUMNS] = {"unique_id", "ds", "y"};
    source *from = stream->private_data;
    const char *const formats[COLUMNS] = {"u", "tdD", from->value_format};
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = COLUMNS,
                                .children = calloc(COLUMNS, sizeof(void *)),
                                .release = free_schema,
                                .private_data = from};
    from->schemas += 1 + COLUMNS;
    for (size_t c = 0; c < COLUMNS; c++) {
        out->children[c] = malloc(sizeof *out->children[c]);
        *out->children[c] = (struct ArrowSchema){.format = formats[c],
                                                 .name = names[c],
                                                 .flags = 2, /* may be null */
                                                 .release = free_schema,
                                                 .private_data = from};
    }
    return 0;
}

static void free_array(struct ArrowArray *array) {
    source *from = array->private_data;
    for (int64_t b = 0; b < array->n_buffers; b++)
        free((void *)array->buffers[b]);
    free((void *)array->buffers);
    for (int64_t c = 0; c < array->n_children; c++) {
        if (array->children[c]->release) array->children[c]->release(array->children[c]);
        free(array->children[c]);
    }
    free((void *)array->children);
    array->release = NULL;
    from->live--;
}

static struct ArrowArray *array_new(source *from, int64_t n_buffers, int64_t n_children) {
    struct ArrowArray *made = malloc(sizeof *made);
    *made = (struct ArrowArray){.length = DAYS,
                                .n_buffers = n_buffers,
                                .n_children = n_children,
                                .buffers = calloc((size_t)n_buffers, sizeof(void *)),
                                .children =
                                    n_children ? calloc((size_t)n_children, sizeof(void *)) : NULL,
                                .release = free_array,
                                .private_data = from};
    from->live++;
    return made;
}

static double units(int batch, int day) {
    return batch == 0 ? 10 + day % 7 : 3;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    source *from = stream->private_data;
    *out = (struct ArrowArray){0};
    if (from->next == from->fail_at) return 5;
    if (from->next == BATCHES) return 0;
    int batch = from->next++;
    struct ArrowArray *all = array_new(from, 1, COLUMNS), *id = array_new(from, 3, 0),
                      *ds = array_new(from, 2, 0), *y = array_new(from, 2, 0);
    int32_t *offsets = malloc((DAYS + 1) * sizeof *offsets), *days = malloc(DAYS * sizeof *days);
    char *bytes = malloc(DAYS);
    double *values = malloc((DAYS + 1) * sizeof *values);
    /* padded as the format recommends: DuckDB reads a byte past the last bit behind an offset */
    uint8_t *valid = malloc(64);
    memset(valid, 0xff, 64);
    values[0] = -1e9; /* before the offset: no one's */
    for (int32_t t = 0; t < DAYS; t++) {
        offsets[t] = t;
        bytes[t] = batch == 0 ? 'a' : 'b';
        days[t] = 19723 + t; /* 2024-01-01 */
        values[t + 1] = units(batch, t);
    }
    offsets[DAYS] = DAYS;
    if (batch == 0) { /* a null, 16 days before the end: bit 1 + DAYS - 16 */
        int bit = 1 + DAYS - 16;
        valid[bit / 8] = (uint8_t)(valid[bit / 8] & ~(1u << (bit % 8)));
        values[1 + DAYS - 16] = 1e9;
        y->null_count = 1;
    }
    id->buffers[1] = offsets;
    id->buffers[2] = bytes;
    ds->buffers[1] = days;
    y->offset = 1;
    y->buffers[0] = valid;
    y->buffers[1] = values;
    all->children[0] = id;
    all->children[1] = ds;
    all->children[2] = y;
    *out = *all;
    free(all);
    return 0;
}

static const char *last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "the disk under the frame is gone";
}

static void free_stream(struct ArrowArrayStream *stream) {
    stream->release = NULL;
}

static struct ArrowArrayStream stream_of(source *from) {
    return (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = last_error,
                                     .release = free_stream,
                                     .private_data = from};
}

static void feed(skua_shop *shop) {
    skua_error err;
    char *report = NULL;
    source from = {.fail_at = -1, .value_format = "g"};
    struct ArrowArrayStream frame = stream_of(&from);
    skua_status status = skua_shop_ingest_arrow(shop, &frame, &report, &err);
    if (status != SKUA_OK) print_error("%s\n", err.message);
    assert_int_equal(status, SKUA_OK);
    assert_null(frame.release);
    assert_int_equal(from.live, 0);
    assert_int_equal(from.schemas, 0);
    assert_non_null(strstr(report, "\"added\":140"));
    skua_text_free(report);
}

/* -- What comes out -- */

static void there_and_back(void **state) {
    (void)state;
    skua_error err;
    char *report = NULL;
    skua_shop *shop = shop_open();
    feed(shop);
    struct ArrowArrayStream out = {0};
    assert_ok(skua_shop_forecast_arrow(shop, &out, &report, &err), &err);
    skua_text_free(report);
    skua_shop_close(shop); /* the stream outlives it */
    struct ArrowSchema schema = {0}, kept_schema;
    assert_int_equal(out.get_schema(&out, &schema), 0);
    assert_string_equal(schema.format, "+s");
    assert_string_equal(schema.children[0]->name, "item");
    assert_string_equal(schema.children[2]->format, "tsu:");
    assert_string_equal(schema.children[3]->name, "mean");
    kept_schema = *schema.children[3]; /* moved out */
    schema.children[3]->release = NULL;
    int64_t columns = schema.n_children;
    schema.release(&schema);
    struct ArrowArray batch = {0}, mean, end = {0};
    assert_int_equal(out.get_next(&out, &batch), 0);
    assert_int_equal(batch.length, 2 * HORIZON);
    assert_int_equal(batch.n_children, columns);
    assert_int_equal(out.get_next(&out, &end), 0);
    assert_null(end.release);
    out.release(&out); /* batches outlive the stream */
    const int32_t *at = batch.children[0]->buffers[1];
    const char *items = batch.children[0]->buffers[2];
    const int64_t *ds = batch.children[2]->buffers[1];
    for (int i = 0; i < 2 * HORIZON; i++) {
        assert_int_equal(at[i + 1] - at[i], 1);
        assert_int_equal(items[at[i]], i < HORIZON ? 'a' : 'b');
        assert_int_equal(ds[i], (INT64_C(19723) + DAYS + i % HORIZON) * 86400 * 1000000);
    }
    mean = *batch.children[3];
    batch.children[3]->release = NULL;
    batch.release(&batch);
    assert_string_equal(kept_schema.name, "mean");
    kept_schema.release(&kept_schema);
    const double *values = mean.buffers[1]; /* a column outlives its batch */
    for (int h = 0; h < HORIZON; h++) {
        assert_close(values[h], units(0, DAYS + h), 1e-9, 0.5);
        assert_close(values[HORIZON + h], 3, 1e-9, 1e-6);
    }
    mean.release(&mean);
}

/* A stream given up before its end, and one never read, leave nothing behind. */
static void given_up(void **state) {
    (void)state;
    skua_error err;
    char *report = NULL;
    skua_shop *shop = shop_open();
    feed(shop);
    struct ArrowArrayStream out = {0};
    assert_ok(skua_shop_forecast_arrow(shop, &out, &report, &err), &err);
    skua_text_free(report);
    skua_shop_close(shop);
    assert_null(out.get_last_error(&out));
    out.release(&out);
    assert_null(out.release);
}

static void refused(const char *value_format, int fail_at, const char *words) {
    skua_error err;
    char *report = NULL;
    skua_shop *shop = shop_open();
    source from = {.fail_at = fail_at, .value_format = value_format};
    struct ArrowArrayStream frame = stream_of(&from);
    skua_status status = skua_shop_ingest_arrow(shop, &frame, &report, &err);
    if (status != SKUA_EDATA) print_error("%s\n", err.message);
    assert_int_equal(status, SKUA_EDATA);
    if (!strstr(err.message, words)) fail_msg("%s, not ...%s", err.message, words);
    assert_null(frame.release);
    assert_null(report);
    assert_int_equal(from.live, 0);
    assert_int_equal(from.schemas, 0);
    skua_shop_close(shop);
}

static void bad_frames(void **state) {
    (void)state;
    refused("+l", -1, "the column 'y' holds lists or records");
    refused("g", 1, "the disk under the frame is gone");
    skua_error err;
    char *report = NULL;
    skua_shop *shop = shop_open();
    struct ArrowArrayStream released = {0};
    assert_int_equal(skua_shop_ingest_arrow(shop, &released, &report, &err), SKUA_EINVAL);
    skua_shop_close(shop);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(there_and_back), TEST(given_up), TEST(bad_frames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
