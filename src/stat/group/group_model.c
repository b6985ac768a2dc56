#include "stat/group/group_model.h"

#include "core/json_file.h"

#define MODEL_FILE  "group.json"
#define MODEL_LIMIT (1 << 20)
#define MOST_INDEX  65536.0

/* -- Writing ------------------------------------------------------------------------------------
 */

static void write_numbers(skuai_json_writer *w, const char *name, const double *x, size_t n) {
    skuai_json_array(w, name);
    for (size_t i = 0; i < n; i++)
        skuai_json_number(w, NULL, x[i]);
    skuai_json_close(w);
}

static void write_part(skuai_json_writer *w, const skuai_group_known_part *part) {
    skuai_json_object(w, NULL);
    skuai_json_integer(w, "static", part->source == SIZE_MAX ? -1 : (int64_t)part->source);
    write_numbers(w, "variance", part->variance, SKUAI_GROUP_KERNELS);
    write_numbers(w, "effect", part->effect, SKUAI_GROUP_EFFECTS);
    skuai_json_close(w);
}

static void write_covariates(skuai_json_writer *w, const skuai_group_covariates *covariates) {
    skuai_json_array(w, "covariates");
    for (size_t k = 0; k < covariates->n; k++) {
        skuai_json_object(w, NULL);
        skuai_json_integer(w, "dynamic", (int64_t)covariates->index[k]);
        skuai_json_bool(w, "logarithm", covariates->logarithm[k]);
        skuai_json_number(w, "deviation", covariates->deviation[k]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

static void write_model(const skuai_model *model, skuai_buffer *text) {
    skuai_json_writer w;
    skuai_json_begin(&w, text);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "model", "group");
    skuai_json_integer(&w, "window", (int64_t)model->window);
    skuai_json_integer(&w, "rank", (int64_t)model->rank);
    skuai_json_integer(&w, "partitions", (int64_t)model->n_plain);
    write_numbers(&w, "own", model->own, SKUAI_GROUP_KERNELS);
    write_numbers(&w, "own_effect", model->own_effect, SKUAI_GROUP_EFFECTS);
    skuai_json_array(&w, "parts");
    for (size_t p = 0; p < model->n_parts; p++)
        write_part(&w, model->part + p);
    skuai_json_close(&w);
    write_covariates(&w, &model->covariates);
    write_numbers(&w, "bound", model->calibration.bound, SKUAI_GROUP_CLASSES - 2);
    skuai_json_array(&w, "k");
    for (size_t c = 0; c < SKUAI_GROUP_CLASSES; c++)
        write_numbers(&w, NULL, model->calibration.k[c], SKUAI_GROUP_LEVELS);
    skuai_json_close(&w);
    skuai_json_number(&w, "autocorrelation", model->calibration.autocorrelation);
    skuai_json_close(&w);
}

skua_status skuai_group_model_save(const skuai_model *model, const char *folder, skua_error *err) {
    skuai_buffer text;
    skuai_buffer_init(&text, MODEL_LIMIT);
    write_model(model, &text);
    skua_status status = skuai_json_file_write(folder, MODEL_FILE, &text, err);
    skuai_buffer_clear(&text);
    return status;
}

/* -- Reading ------------------------------------------------------------------------------------
 */

/* All n numbers, each at least `least`; false otherwise. */
static bool read_numbers(const skuai_json *array, double least, double *x, size_t n) {
    if (skuai_json_size(array) != n) return false;
    for (size_t i = 0; i < n; i++) {
        x[i] = skuai_json_as_number(skuai_json_at(array, i), (double)NAN);
        if (!(x[i] >= least && isfinite(x[i]))) return false;
    }
    return true;
}

static bool read_size(const skuai_json *value, double low, double high, size_t *size) {
    double x = skuai_json_as_number(value, (double)NAN);
    if (!(x >= low && x <= high && x == floor(x))) return false;
    *size = (size_t)x;
    return true;
}

static bool read_part(const skuai_json *json, skuai_group_known_part *part) {
    double source = skuai_json_as_number(skuai_json_get(json, "static"), (double)NAN);
    if (!(source >= -1 && source <= MOST_INDEX)) return false;
    part->source = source < 0 ? SIZE_MAX : (size_t)source;
    return read_numbers(skuai_json_get(json, "variance"), 0, part->variance, SKUAI_GROUP_KERNELS) &&
           read_numbers(skuai_json_get(json, "effect"), 0, part->effect, SKUAI_GROUP_EFFECTS);
}

static bool read_covariates(const skuai_json *json, skuai_group_covariates *covariates) {
    covariates->n = skuai_json_size(json);
    if (covariates->n > SKUAI_GROUP_EFFECTS) return false;
    for (size_t k = 0; k < covariates->n; k++) {
        const skuai_json *one = skuai_json_at(json, k);
        if (!read_size(skuai_json_get(one, "dynamic"), 0, MOST_INDEX, covariates->index + k))
            return false;
        covariates->logarithm[k] = skuai_json_as_bool(skuai_json_get(one, "logarithm"), false);
        double deviation = skuai_json_as_number(skuai_json_get(one, "deviation"), (double)NAN);
        if (!(deviation > 0 && isfinite(deviation))) return false;
        covariates->deviation[k] = deviation;
    }
    return true;
}

static bool read_calibration(const skuai_json *json, skuai_group_calibration *calibration) {
    const skuai_json *k = skuai_json_get(json, "k");
    calibration->autocorrelation =
        skuai_json_as_number(skuai_json_get(json, "autocorrelation"), (double)NAN);
    if (!(fabs(calibration->autocorrelation) < 1)) return false;
    if (!read_numbers(skuai_json_get(json, "bound"), 0, calibration->bound,
                      SKUAI_GROUP_CLASSES - 2))
        return false;
    for (size_t c = 0; c < SKUAI_GROUP_CLASSES; c++)
        if (!read_numbers(skuai_json_at(k, c), -INFINITY, calibration->k[c], SKUAI_GROUP_LEVELS))
            return false;
    return true;
}

static bool read_model(const skuai_json *json, skuai_model *model) {
    const skuai_json *parts = skuai_json_get(json, "parts");
    model->n_parts = skuai_json_size(parts);
    if (model->n_parts > SKUAI_GROUP_PARTS) return false;
    double most =
        (double)(model->n_parts < SKUAI_GROUP_PARTITIONS ? model->n_parts : SKUAI_GROUP_PARTITIONS);
    if (!read_size(skuai_json_get(json, "partitions"), 0, most, &model->n_plain) ||
        !read_size(skuai_json_get(json, "window"), 16, 400, &model->window) ||
        !read_size(skuai_json_get(json, "rank"), 0, SKUAI_GROUP_RANK, &model->rank) ||
        !read_numbers(skuai_json_get(json, "own"), 0, model->own, SKUAI_GROUP_KERNELS) ||
        !read_numbers(skuai_json_get(json, "own_effect"), 0, model->own_effect,
                      SKUAI_GROUP_EFFECTS))
        return false;
    for (size_t p = 0; p < model->n_parts; p++)
        if (!read_part(skuai_json_at(parts, p), model->part + p)) return false;
    return read_covariates(skuai_json_get(json, "covariates"), &model->covariates) &&
           read_calibration(json, &model->calibration);
}

static skua_status take_model(const skuai_json *json, const char *path, void *user,
                              skua_error *err) {
    skuai_model *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a group model");
    if (!read_model(json, made)) {
        skuai_free(made);
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: no model of group: a number is missing or out of range", path);
    }
    *(skuai_model **)user = made;
    return SKUA_OK;
}

skua_status skuai_group_model_load(const char *folder, skuai_model **model, skua_error *err) {
    return skuai_json_file_read(folder, MODEL_FILE, MODEL_LIMIT, take_model, model, err);
}
