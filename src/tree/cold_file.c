/* A cold start as files of a folder. Counts are read first and everything else is held to them. */
#include "tree/cold_model.h"

#include "core/file.h"
#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096, FORMAT = 1 };
static const size_t FILE_MOST = (size_t)1 << 31;

static skua_status path_of(const char *folder, const char *name, char *path, skua_error *err) {
    int n = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    if (n >= 0 && n < PATH_SIZE) return SKUA_OK;
    return skuai_error_set(err, SKUA_EINVAL, "the folder's name is too long");
}

/* -- Writing ----------------------------------------------------------------------------------- */

static void put_numbers(skuai_json_writer *w, const char *name, const double *x, size_t n) {
    skuai_json_array(w, name);
    for (size_t i = 0; i < n; i++)
        skuai_json_number(w, NULL, x[i]);
    skuai_json_close(w);
}

static void put_texts(skuai_json_writer *w, const char *name, const char *const *x, size_t n) {
    skuai_json_array(w, name);
    for (size_t i = 0; i < n; i++)
        skuai_json_text(w, NULL, x[i]);
    skuai_json_close(w);
}

static void put_schema(skuai_json_writer *w, const skuai_cold_schema *o) {
    put_texts(w, "modalities", o->modality, o->n_modalities);
    skuai_json_array(w, "widths");
    for (size_t k = 0; k < o->n_modalities; k++)
        skuai_json_integer(w, NULL, (int64_t)o->modality_width[k]);
    skuai_json_close(w);
    put_texts(w, "categories", o->category, o->n_categories);
    put_texts(w, "numbers", o->number, o->n_numbers);
}

static void put_newborns(skuai_json_writer *w, const skuai_cold_items *c) {
    skuai_json_array(w, "newborns");
    for (size_t i = 0; i < c->n; i++)
        skuai_json_integer(w, NULL, (int64_t)c->series[i]);
    skuai_json_close(w);
    skuai_json_array(w, "start");
    for (size_t i = 0; i < c->n; i++)
        skuai_json_integer(w, NULL, c->start[i]);
    skuai_json_close(w);
    put_numbers(w, "sold", c->sold, c->n);
    put_numbers(w, "effect", c->effect, c->n);
    put_numbers(w, "look_numbers", c->looks.numbers, c->n * c->schema.n_numbers);
    put_texts(w, "look_categories", c->looks.categories, c->n * c->schema.n_categories);
}

static void put_items(skuai_json_writer *w, const skuai_cold_items *c) {
    skuai_json_integer(w, "horizon", (int64_t)c->options.horizon);
    skuai_json_integer(w, "reach", (int64_t)c->options.reach);
    skuai_json_integer(w, "analogues", (int64_t)c->options.analogues);
    skuai_json_bool(w, "own", c->options.own);
    skuai_json_bool(w, "launches", c->launches);
    skuai_json_number(w, "unit", c->unit);
    skuai_json_integer(w, "first", c->first);
    put_numbers(w, "pulse", c->pulse, c->n_pulse);
    put_numbers(w, "curve", c->curve, c->n_ages);
    put_texts(w, "names", c->names, c->n_series);
    put_numbers(w, "lately", c->lately, c->n_series);
    put_schema(w, &c->schema);
    put_newborns(w, c);
    skuai_json_number(w, "intercept", c->intercept);
    skuai_json_number(w, "prior", c->prior);
    put_numbers(w, "ridge", c->slope, 3 * c->n_columns); /* slope, middle and scale */
}

static void put_model(skuai_json_writer *w, const skuai_model *m) {
    skuai_json_object(w, NULL);
    skuai_json_text(w, "model", skuai_cold_start_forecaster.name);
    skuai_json_integer(w, "format", FORMAT);
    put_items(w, m->items);
    skuai_json_bool(w, "trees", m->trees != NULL);
    put_numbers(w, "weights", m->weight, SKUAI_COLD_PARTS);
    put_numbers(w, "cut", m->cut, SKUAI_COLD_SIZE_BLOCKS - 1);
    put_numbers(w, "quantiles", m->quantile[0], (size_t)SKUAI_COLD_CELLS * SKUAI_COLD_LEVELS);
    skuai_json_number(w, "top", m->top);
    skuai_json_close(w);
}

static skua_status write_vectors(const skuai_cold_items *c, const char *folder, skua_error *err) {
    size_t n = c->n * c->schema.width;
    char path[PATH_SIZE];
    SKUA_TRY(path_of(folder, "vectors.f32", path, err));
    unsigned char *bytes = skuai_new(4 * n + 1, 1);
    if (!bytes) return skuai_error_memory(err, "a cold start");
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &c->looks.vectors[i], sizeof bits);
        for (int k = 0; k < 4; k++)
            bytes[4 * i + (size_t)k] = (unsigned char)(bits >> (8 * k));
    }
    skua_status status = skuai_file_write(path, (const char *)bytes, 4 * n, err);
    skuai_free(bytes);
    return status;
}

skua_status skuai_cold_save(const skuai_model *model, const char *folder, skua_error *err) {
    char path[PATH_SIZE];
    skuai_buffer text;
    skuai_json_writer w;
    SKUA_TRY(skuai_folder_make(folder, err));
    SKUA_TRY(write_vectors(model->items, folder, err));
    skuai_buffer_init(&text, FILE_MOST);
    skua_status status = SKUA_OK;
    if (model->trees) {
        SKUA_TRY_OUT(model->trees->learner->save(model->trees, &text, err));
        SKUA_TRY_OUT(skuai_buffer_check(&text, err));
        SKUA_TRY_OUT(path_of(folder, "trees.txt", path, err));
        SKUA_TRY_OUT(skuai_file_write(path, skuai_buffer_view(&text), text.size, err));
        skuai_buffer_reset(&text);
    }
    skuai_json_begin(&w, &text);
    put_model(&w, model);
    SKUA_TRY_OUT(skuai_buffer_check(&text, err));
    SKUA_TRY_OUT(path_of(folder, "cold.json", path, err));
    status = skuai_file_write(path, skuai_buffer_view(&text), text.size, err);
out:
    skuai_buffer_clear(&text);
    return status;
}

/* -- Reading: `good` falls when anything is missing or out of range -----------------------------
 */

typedef struct reading {
    const skuai_json *json;
    skuai_arena *arena;
    bool good, memory; /* memory: there was enough */
} reading;

static void *take(reading *r, size_t n, size_t size) {
    void *memory = skuai_arena_take_zero(r->arena, n + 1, size);
    if (!memory) r->good = r->memory = false;
    return memory;
}

static size_t get_whole(reading *r, const char *name, int64_t least, int64_t most) {
    int64_t x = skuai_json_as_integer(skuai_json_get(r->json, name), -1);
    if (x < least || x > most) r->good = false;
    return r->good ? (size_t)x : 0;
}

static double get_number(reading *r, const char *name) {
    double x = skuai_json_as_number(skuai_json_get(r->json, name), (double)NAN);
    if (!isfinite(x)) r->good = false;
    return x;
}

/* n numbers, of which those that are null are NaN where that is allowed. */
static double *get_numbers(reading *r, const char *name, size_t n, bool unknown) {
    const skuai_json *x = skuai_json_get(r->json, name);
    if (skuai_json_size(x) != n || !r->good) r->good = false;
    double *to = r->good ? take(r, n, sizeof *to) : NULL;
    for (size_t i = 0; i < n && to && r->good; i++) {
        to[i] = skuai_json_as_number(skuai_json_at(x, i), (double)NAN);
        r->good = isfinite(to[i]) || unknown;
    }
    return to;
}

static int64_t *get_integers(reading *r, const char *name, size_t n) {
    const skuai_json *x = skuai_json_get(r->json, name);
    if (skuai_json_size(x) != n || !r->good) r->good = false;
    int64_t *to = r->good ? take(r, n, sizeof *to) : NULL;
    for (size_t i = 0; i < n && to; i++)
        to[i] = skuai_json_as_integer(skuai_json_at(x, i), INT64_MIN);
    return to;
}

static const char **get_texts(reading *r, const char *name, size_t n, bool unknown) {
    const skuai_json *x = skuai_json_get(r->json, name);
    if (skuai_json_size(x) != n || !r->good) r->good = false;
    const char **to = r->good ? take(r, n, sizeof *to) : NULL;
    for (size_t i = 0; i < n && to && r->good; i++) {
        const char *text = skuai_json_as_text(skuai_json_at(x, i), NULL);
        if (!text) {
            r->good = unknown;
            continue;
        }
        char *copy = take(r, strlen(text), 1);
        if (copy) memcpy(copy, text, strlen(text) + 1);
        to[i] = copy;
    }
    return to;
}

static size_t size_of(const reading *r, const char *name) {
    return skuai_json_size(skuai_json_get(r->json, name));
}

static void read_schema(reading *r, skuai_cold_schema *o) {
    o->n_modalities = size_of(r, "modalities");
    o->modality = get_texts(r, "modalities", o->n_modalities, false);
    int64_t *widths = get_integers(r, "widths", o->n_modalities);
    o->modality_width = take(r, o->n_modalities, sizeof *o->modality_width);
    for (size_t k = 0; k < o->n_modalities && r->good; k++) {
        if (!(widths[k] >= 1 && widths[k] <= 1000000)) {
            r->good = false;
            return;
        }
        o->modality_width[k] = (size_t)widths[k];
        o->width += o->modality_width[k];
    }
    o->n_categories = size_of(r, "categories");
    o->category = get_texts(r, "categories", o->n_categories, false);
    o->n_numbers = size_of(r, "numbers");
    if (o->n_numbers < 2 || o->n_numbers > SKUAI_COLD_NUMBERS_MOST) r->good = false;
    o->number = get_texts(r, "numbers", o->n_numbers, false);
}

static void read_newborns(reading *r, skuai_cold_items *c) {
    c->n = size_of(r, "newborns");
    int64_t *series = get_integers(r, "newborns", c->n);
    c->series = take(r, c->n, sizeof *c->series);
    for (size_t i = 0; i < c->n && r->good; i++) {
        if (series[i] < 0 || (size_t)series[i] >= c->n_series) {
            r->good = false;
            return;
        }
        c->series[i] = (size_t)series[i];
    }
    c->start = get_integers(r, "start", c->n);
    c->sold = get_numbers(r, "sold", c->n, false);
    c->effect = get_numbers(r, "effect", c->n, false);
    c->looks.n = c->n;
    c->looks.numbers = get_numbers(r, "look_numbers", c->n * c->schema.n_numbers, true);
    c->looks.categories = get_texts(r, "look_categories", c->n * c->schema.n_categories, true);
}

static void read_items(reading *r, skuai_cold_items *c) {
    c->options.horizon = get_whole(r, "horizon", 1, 1000);
    c->options.reach = get_whole(r, "reach", 1, 1000);
    c->options.analogues = get_whole(r, "analogues", 1, SKUAI_ANALOGUES_MOST);
    c->options.own = skuai_json_as_bool(skuai_json_get(r->json, "own"), true);
    c->launches = skuai_json_as_bool(skuai_json_get(r->json, "launches"), true);
    c->unit = get_number(r, "unit");
    if (!(c->unit > 0)) r->good = false;
    c->first = skuai_json_as_integer(skuai_json_get(r->json, "first"), 0);
    c->n_pulse = size_of(r, "pulse");
    c->n_ages = size_of(r, "curve");
    if (c->n_ages < 1) r->good = false;
    c->pulse = get_numbers(r, "pulse", c->n_pulse, false);
    c->curve = get_numbers(r, "curve", c->n_ages, false);
    c->n_series = size_of(r, "names");
    c->names = get_texts(r, "names", c->n_series, false);
    c->lately = get_numbers(r, "lately", c->n_series, true);
    read_schema(r, &c->schema);
    read_newborns(r, c);
    c->intercept = get_number(r, "intercept");
    c->prior = get_number(r, "prior");
    c->n_columns = c->schema.width + c->schema.n_numbers;
    c->slope = get_numbers(r, "ridge", 3 * c->n_columns, false);
    if (!r->good) return;
    c->middle = c->slope + c->n_columns;
    c->scale = c->middle + c->n_columns;
}

static void read_learnt(reading *r, skuai_model *m) {
    enum { QUANTILES = SKUAI_COLD_CELLS * SKUAI_COLD_LEVELS };
    const double *weight = get_numbers(r, "weights", SKUAI_COLD_PARTS, false);
    const double *cut = get_numbers(r, "cut", SKUAI_COLD_SIZE_BLOCKS - 1, false);
    const double *quantiles = get_numbers(r, "quantiles", QUANTILES, false);
    m->top = get_number(r, "top");
    if (!r->good) return;
    memcpy(m->weight, weight, sizeof m->weight);
    memcpy(m->cut, cut, sizeof m->cut);
    memcpy(m->quantile, quantiles, sizeof m->quantile);
}

static skua_status read_vectors(const char *folder, skuai_cold_items *c, skua_error *err) {
    size_t n = c->n * c->schema.width;
    char path[PATH_SIZE];
    skuai_buffer file;
    SKUA_TRY(path_of(folder, "vectors.f32", path, err));
    SKUA_TRY(skuai_file_read(path, FILE_MOST, &file, err));
    skua_status status = SKUA_OK;
    c->looks.vectors = skuai_arena_take(c->arena, n + 1, sizeof *c->looks.vectors);
    if (!c->looks.vectors) SKUA_TRY_OUT(skuai_error_memory(err, "a cold start"));
    if (file.size != 4 * n)
        SKUA_TRY_OUT(skuai_error_set(err, SKUA_EDATA,
                                     "%s holds %zu bytes, cold.json says %zu: train again", path,
                                     file.size, 4 * n));
    const unsigned char *bytes = (const unsigned char *)file.data;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = 0;
        for (int k = 3; k >= 0; k--)
            bits = bits << 8 | bytes[4 * i + (size_t)k];
        memcpy(&c->looks.vectors[i], &bits, sizeof bits);
    }
out:
    skuai_buffer_clear(&file);
    return status;
}

static skua_status read_trees(const char *folder, skuai_model *m, skua_error *err) {
    char path[PATH_SIZE];
    skuai_buffer text;
    SKUA_TRY(path_of(folder, "trees.txt", path, err));
    SKUA_TRY(skuai_file_read(path, FILE_MOST, &text, err));
    skua_status status =
        skuai_learner_boosted.load(skuai_buffer_view(&text), text.size, &m->trees, err);
    skuai_buffer_clear(&text);
    return status;
}

static skua_status read_model(const skuai_json *json, const char *path, skuai_model *m,
                              skua_error *err) {
    const char *name = skuai_json_as_text(skuai_json_get(json, "model"), "");
    if (strcmp(name, skuai_cold_start_forecaster.name) != 0)
        return skuai_error_set(err, SKUA_EDATA, "%s holds no model of cold-start", path);
    if (skuai_json_as_integer(skuai_json_get(json, "format"), 0) != FORMAT)
        return skuai_error_set(err, SKUA_EVERSION, "%s was written by another version: train again",
                               path);
    m->items = skuai_zero(1, sizeof *m->items);
    if (m->items) m->items->arena = skuai_arena_new(0);
    if (!m->items || !m->items->arena) return skuai_error_memory(err, "a cold start");
    reading r = {json, m->items->arena, true, true};
    read_items(&r, m->items);
    read_learnt(&r, m);
    if (!r.memory) return skuai_error_memory(err, "a cold start");
    if (r.good) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA, "%s is damaged: train again", path);
}

skua_status skuai_cold_load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                            skua_error *err) {
    (void)self;
    char path[PATH_SIZE];
    skuai_buffer text;
    skuai_json *json = NULL;
    SKUA_TRY(path_of(folder, "cold.json", path, err));
    SKUA_TRY(skuai_file_read(path, FILE_MOST, &text, err));
    skua_status status = skuai_json_parse(skuai_buffer_view(&text), text.size, &json, err);
    skuai_buffer_clear(&text);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s", path);
    skuai_model *m = skuai_zero(1, sizeof *m);
    if (!m) SKUA_TRY_OUT(skuai_error_memory(err, "a cold start"));
    SKUA_TRY_OUT(read_model(json, path, m, err));
    SKUA_TRY_OUT(read_vectors(folder, m->items, err));
    if (skuai_json_as_bool(skuai_json_get(json, "trees"), false))
        SKUA_TRY_OUT(read_trees(folder, m, err));
    else if (m->weight[2] > 0)
        SKUA_TRY_OUT(skuai_error_set(err, SKUA_EDATA, "%s is damaged: train again", path));
    *model = m;
out:
    skuai_json_free(json);
    if (status != SKUA_OK) skuai_cold_model_free(m);
    return status;
}
