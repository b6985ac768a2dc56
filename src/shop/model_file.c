#include "shop/model_file.h"

#include "core/file.h"
#include "shop/candidates.h"
#include "shop/model_version.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MOST = 4096, MODEL_BYTES_MOST = 1 << 26 };

/* -- Writing ----------------------------------------------------------------------------------- */

static void put_numbers(skuai_json_writer *w, const char *name, const double *x, size_t n) {
    skuai_json_array(w, name);
    for (size_t i = 0; i < n; i++)
        skuai_json_number(w, NULL, x[i]);
    skuai_json_close(w);
}

/* Blocks of the horizon, one behind the other. */
static void put_blocks(skuai_json_writer *w, const char *name,
                       const double (*x)[SKUAI_SCORES_LEVELS], const skuai_calibration *c) {
    skuai_json_array(w, name);
    for (size_t b = 0; b < c->n_blocks; b++)
        for (size_t q = 0; q < c->n_levels; q++)
            skuai_json_number(w, NULL, x[b][q]);
    skuai_json_close(w);
}

static void put_calibration(skuai_json_writer *w, const skuai_calibration *c) {
    skuai_json_object(w, "calibration");
    put_numbers(w, "level", c->level, c->n_levels);
    skuai_json_integer(w, "horizon", (int64_t)c->horizon);
    put_blocks(w, "factor", c->factor, c);
    put_blocks(w, "level_taken", c->level_taken, c);
    put_numbers(w, "autocorrelation", c->autocorrelation, SKUAI_CALIBRATION_CLASSES);
    skuai_json_array(w, "points");
    for (int k = 0; k < SKUAI_CALIBRATION_CLASSES; k++)
        skuai_json_integer(w, NULL, (int64_t)c->n_points[k]);
    skuai_json_close(w);
    skuai_json_array(w, "used");
    for (int k = 0; k < SKUAI_CALIBRATION_CLASSES; k++)
        skuai_json_bool(w, NULL, c->used[k]);
    skuai_json_close(w);
    skuai_json_array(w, "by_horizon");
    for (int k = 0; k < SKUAI_CALIBRATION_CLASSES; k++)
        skuai_json_bool(w, NULL, c->by_horizon[k]);
    skuai_json_close(w);
    skuai_json_close(w);
}

/* Weights by cluster of series, where there are some. */
static void put_clusters(skuai_json_writer *w, const skuai_ensemble *e) {
    const skuai_clusters *c = &e->clusters;
    if (c->n == 0) return;
    skuai_json_object(w, "clusters");
    put_numbers(w, "mean", c->mean, SKUAI_CLUSTER_FEATURES);
    put_numbers(w, "spread", c->spread, SKUAI_CLUSTER_FEATURES);
    put_numbers(w, "share", e->cluster_share, c->n);
    skuai_json_array(w, "centre");
    for (size_t k = 0; k < c->n; k++)
        put_numbers(w, NULL, c->centre[k], SKUAI_CLUSTER_FEATURES);
    skuai_json_close(w);
    skuai_json_array(w, "weights");
    for (size_t k = 0; k < c->n; k++)
        put_numbers(w, NULL, e->weights[SKUAI_ENSEMBLE_CLUSTER + k], e->n_members);
    skuai_json_close(w);
    skuai_json_close(w);
}

static void put_model(skuai_json_writer *w, const skuai_model_file *m, const char *leaderboard,
                      const double *kept) {
    skuai_json_object(w, NULL);
    skuai_json_text(w, "skua", skua_version());
    skuai_json_text(w, "frequency", m->frequency);
    skuai_json_integer(w, "horizon", (int64_t)m->horizon);
    skuai_json_text(w, "coherent", skuai_coherence_name(m->coherence));
    skuai_json_integer(w, "season", m->season);
    skuai_json_integer(w, "seed", (int64_t)m->seed);
    put_numbers(w, "levels", m->levels, m->n_levels);
    skuai_json_array(w, "members");
    for (size_t i = 0; i < m->ensemble.n_members; i++)
        skuai_json_text(w, NULL, m->ensemble.members[i].name);
    skuai_json_close(w);
    put_numbers(w, "weights_regular", m->ensemble.weights[SKUAI_CALIBRATION_REGULAR],
                m->ensemble.n_members);
    put_numbers(w, "weights_intermittent", m->ensemble.weights[SKUAI_CALIBRATION_INTERMITTENT],
                m->ensemble.n_members);
    put_numbers(w, "weights_young", m->ensemble.weights[SKUAI_ENSEMBLE_YOUNG],
                m->ensemble.n_members);
    put_clusters(w, &m->ensemble);
    put_calibration(w, &m->ensemble.calibration);
    skuai_json_raw(w, "leaderboard", leaderboard);
    skuai_json_array(w, "calibration_kept"); /* pairs: promised, kept */
    for (size_t q = 0; q < m->n_levels; q++)
        put_numbers(w, NULL, (double[]){m->levels[q], kept[q]}, 2);
    skuai_json_close(w);
    skuai_json_close(w);
}

/* The number of the newest model, 0 when there is none. */
static long newest(const char *models) {
    long last = 0;
    DIR *folder = opendir(models);
    if (!folder) return 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char *end;
        long n = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && n > last) last = n;
    }
    (void)closedir(folder);
    return last;
}

skua_status skuai_model_file_save(const skua_shop *shop, skuai_model_file *model,
                                  const skuai_panel *panel, const char *leaderboard,
                                  const double *kept, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    context.deadline = model->deadline;
    char models[PATH_MOST - 256], path[PATH_MOST];
    skuai_buffer buffer;
    skuai_json_writer w;
    int n = snprintf(models, sizeof models, "%s/models", shop->folder);
    if (n < 0 || (size_t)n >= sizeof models)
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", shop->folder);
    (void)snprintf(model->name, sizeof model->name, "%04ld", newest(models) + 1);
    (void)snprintf(path, sizeof path, "%s/%s", models, model->name);
    SKUA_TRY(skuai_folder_make(path, err));
    SKUA_TRY(skuai_kept_members_save(&model->ensemble, panel, &context, path, err));
    (void)snprintf(path, sizeof path, "%s/%s/model.json", models, model->name);
    skuai_buffer_init(&buffer, MODEL_BYTES_MOST);
    skuai_json_begin(&w, &buffer);
    put_model(&w, model, leaderboard, kept);
    skua_status status = skuai_buffer_check(&buffer, err);
    if (status == SKUA_OK) status = skuai_file_write(path, buffer.data, buffer.size, err);
    skuai_buffer_clear(&buffer);
    return status == SKUA_OK ? skuai_model_promote(shop, model->name, err) : status;
}

/* -- Reading ----------------------------------------------------------------------------------- */

/* Path of the current model's file. */
static skua_status current_path(const skua_shop *shop, char *name, size_t name_size, char *path,
                                size_t size, skua_error *err) {
    skuai_buffer buffer;
    (void)snprintf(path, size, "%s/models/current", shop->folder);
    SKUA_TRY(skuai_file_read(path, 64, &buffer, err));
    const char *text = skuai_buffer_view(&buffer);
    size_t n = strspn(text, "0123456789");
    bool good = n > 0 && n < name_size && (text[n] == '\0' || text[n] == '\n');
    if (good) {
        (void)snprintf(name, name_size, "%.*s", (int)n, text);
        (void)snprintf(path, size, "%s/models/%s/model.json", shop->folder, name);
    }
    skuai_buffer_clear(&buffer);
    return good ? SKUA_OK : skuai_error_set(err, SKUA_EDATA, "%s: does not name a model", path);
}

static skua_status parse_file(const char *path, skuai_json **json, skua_error *err) {
    skuai_buffer buffer;
    SKUA_TRY(skuai_file_read(path, MODEL_BYTES_MOST, &buffer, err));
    skua_status status = skuai_json_parse(skuai_buffer_view(&buffer), buffer.size, json, err);
    skuai_buffer_clear(&buffer);
    return status == SKUA_OK ? status : skuai_error_prefix(err, status, "%s", path);
}

/* An array of exactly n numbers. */
static bool get_numbers(const skuai_json *array, double *x, size_t n) {
    if (skuai_json_size(array) != n) return false;
    for (size_t i = 0; i < n; i++)
        x[i] = skuai_json_as_number(skuai_json_at(array, i), 0);
    return true;
}

static bool get_blocks(const skuai_json *array, size_t n_levels, size_t n_blocks,
                       double (*x)[SKUAI_SCORES_LEVELS]) {
    if (skuai_json_size(array) != n_blocks * n_levels) return false;
    for (size_t i = 0; i < n_blocks * n_levels; i++)
        x[i / n_levels][i % n_levels] = skuai_json_as_number(skuai_json_at(array, i), 0);
    return true;
}

/* A model of before there were blocks of the horizon has one for all of it. */
static bool get_calibration(const skuai_json *json, size_t n_levels, skuai_calibration *c) {
    const skuai_json *used = skuai_json_get(json, "used");
    size_t n = skuai_json_size(skuai_json_get(json, "level"));
    if (n == 0) return true; /* none */
    c->n_levels = n;
    c->n_blocks = skuai_json_size(skuai_json_get(json, "factor")) / n;
    c->horizon = (size_t)skuai_json_as_integer(skuai_json_get(json, "horizon"), 1);
    if (n > SKUAI_SCORES_LEVELS || c->n_blocks < 1 || c->n_blocks > SKUAI_CALIBRATION_BLOCKS ||
        c->horizon < 1)
        return false;
    for (size_t k = 0; k < SKUAI_CALIBRATION_CLASSES; k++) {
        c->used[k] = skuai_json_as_bool(skuai_json_at(used, k), false);
        c->by_horizon[k] =
            skuai_json_as_bool(skuai_json_at(skuai_json_get(json, "by_horizon"), k), false);
        c->n_points[k] =
            (size_t)skuai_json_as_integer(skuai_json_at(skuai_json_get(json, "points"), k), 0);
    }
    return n == n_levels && get_numbers(skuai_json_get(json, "level"), c->level, n) &&
           get_numbers(skuai_json_get(json, "autocorrelation"), c->autocorrelation,
                       SKUAI_CALIBRATION_CLASSES) &&
           get_blocks(skuai_json_get(json, "factor"), n, c->n_blocks, c->factor) &&
           get_blocks(skuai_json_get(json, "level_taken"), n, c->n_blocks, c->level_taken);
}

/* A model of before there were weights for young series forecasts them like regular ones. */
static bool get_young(const skuai_json *json, size_t n, skuai_ensemble *e) {
    if (json) return get_numbers(json, e->weights[SKUAI_ENSEMBLE_YOUNG], n);
    memcpy(e->weights[SKUAI_ENSEMBLE_YOUNG], e->weights[SKUAI_CALIBRATION_REGULAR],
           sizeof e->weights[SKUAI_ENSEMBLE_YOUNG]);
    return true;
}

static bool get_clusters(const skuai_json *json, size_t n_members, skuai_ensemble *e) {
    skuai_clusters *c = &e->clusters;
    const skuai_json *share = skuai_json_get(json, "share");
    size_t n = skuai_json_size(share);
    for (size_t k = 0; k < SKUAI_ENSEMBLE_CLUSTERS;
         k++) /* places without a cluster use none more */
        memcpy(e->weights[SKUAI_ENSEMBLE_CLUSTER + k], e->weights[SKUAI_CALIBRATION_REGULAR],
               sizeof e->weights[0]);
    if (!json) return true; /* by class alone */
    bool good = n >= 1 && n <= SKUAI_ENSEMBLE_CLUSTERS &&
                get_numbers(skuai_json_get(json, "mean"), c->mean, SKUAI_CLUSTER_FEATURES) &&
                get_numbers(skuai_json_get(json, "spread"), c->spread, SKUAI_CLUSTER_FEATURES) &&
                get_numbers(share, e->cluster_share, n);
    for (size_t k = 0; k < n && good; k++)
        good = get_numbers(skuai_json_at(skuai_json_get(json, "centre"), k), c->centre[k],
                           SKUAI_CLUSTER_FEATURES) &&
               get_numbers(skuai_json_at(skuai_json_get(json, "weights"), k),
                           e->weights[SKUAI_ENSEMBLE_CLUSTER + k], n_members);
    c->n = n;
    return good;
}

static skua_status read_model(const skua_shop *shop, const skuai_json *json, const char *path,
                              skuai_model_file *m, skua_error *err) {
    const skuai_json *members = skuai_json_get(json, "members");
    const skuai_json *levels = skuai_json_get(json, "levels");
    size_t n = skuai_json_size(members);
    m->n_levels = skuai_json_size(levels);
    bool good =
        n > 0 && n <= SKUAI_ENSEMBLE_MEMBERS && m->n_levels <= SKUAI_LEVELS_MOST &&
        get_numbers(levels, m->levels, m->n_levels) &&
        get_numbers(skuai_json_get(json, "weights_regular"),
                    m->ensemble.weights[SKUAI_CALIBRATION_REGULAR], n) &&
        get_numbers(skuai_json_get(json, "weights_intermittent"),
                    m->ensemble.weights[SKUAI_CALIBRATION_INTERMITTENT], n) &&
        get_young(skuai_json_get(json, "weights_young"), n, &m->ensemble) &&
        get_clusters(skuai_json_get(json, "clusters"), n, &m->ensemble) &&
        get_calibration(skuai_json_get(json, "calibration"), m->n_levels,
                        &m->ensemble.calibration) &&
        skuai_coherence_parse(skuai_json_as_text(skuai_json_get(json, "coherent"), "bottom-up"),
                              &m->coherence);
    if (!good)
        return skuai_error_set(err, SKUA_EDATA, "%s: not a model of this version: train anew",
                               path);
    m->ensemble.n_members = n;
    m->horizon = (size_t)skuai_json_as_integer(skuai_json_get(json, "horizon"), 1);
    m->season = (int)skuai_json_as_integer(skuai_json_get(json, "season"), 1);
    m->seed = (uint64_t)skuai_json_as_integer(skuai_json_get(json, "seed"), 1);
    (void)snprintf(m->frequency, sizeof m->frequency, "%s",
                   skuai_json_as_text(skuai_json_get(json, "frequency"), ""));
    for (size_t i = 0; i < n; i++) {
        const char *name = skuai_json_as_text(skuai_json_at(members, i), "");
        skua_status status =
            skuai_candidate_make(shop, name, &m->configured[i], &m->ensemble.members[i], err);
        if (status == SKUA_ENOTFOUND)
            status = skuai_error_set(err, SKUA_EDATA,
                                     "%s: the model was trained with '%s', which this program does "
                                     "not have: plug it in (skua_shop_plug), or train anew",
                                     path, name);
        if (status != SKUA_OK) return status;
    }
    return SKUA_OK;
}

skua_status skuai_model_file_load(const skua_shop *shop, skuai_model_file *model, skua_error *err) {
    char path[PATH_MOST], folder[PATH_MOST];
    skuai_json *json = NULL;
    skuai_model_file *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a model");
    skua_status status = current_path(shop, m->name, sizeof m->name, path, sizeof path, err);
    if (status == SKUA_OK) status = parse_file(path, &json, err);
    if (status == SKUA_OK) status = read_model(shop, json, path, m, err);
    if (status == SKUA_OK) {
        *model = *m;
        for (size_t i = 0; i < m->ensemble.n_members; i++) /* what borrowed from *m moves along */
            if (m->ensemble.members[i].data == &m->configured[i])
                model->ensemble.members[i].data = &model->configured[i],
                model->ensemble.members[i].name = model->configured[i].text;
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
        skuai_kept_members_use(&model->ensemble, folder, model->kept);
    }
    skuai_json_free(json);
    skuai_free(m);
    return status;
}

size_t skuai_model_file_horizon(const skua_shop *shop, char frequency[64]) {
    char path[PATH_MOST], name[32];
    skuai_json *json = NULL;
    if (current_path(shop, name, sizeof name, path, sizeof path, NULL) != SKUA_OK ||
        parse_file(path, &json, NULL) != SKUA_OK)
        return 0;
    int64_t horizon = skuai_json_as_integer(skuai_json_get(json, "horizon"), 0);
    (void)snprintf(frequency, 64, "%s", skuai_json_as_text(skuai_json_get(json, "frequency"), ""));
    skuai_json_free(json);
    double most = skuai_config_entry_at(SKUAI_CONFIG_KEY_horizon)->most;
    return horizon > 0 && (double)horizon <= most ? (size_t)horizon : 0;
}

skua_status skuai_model_file_kept(const skua_shop *shop, char **json, skua_error *err) {
    char path[PATH_MOST], name[32];
    skuai_buffer buffer;
    skua_status status = current_path(shop, name, sizeof name, path, sizeof path, err);
    if (status == SKUA_OK) {
        SKUA_TRY(skuai_file_read(path, MODEL_BYTES_MOST, &buffer, err));
        return skuai_buffer_take(&buffer, json, err);
    }
    if (status != SKUA_ENOTFOUND) return status;
    char *none = skuai_text_copy("{}");
    if (!none) return skuai_error_memory(err, "a model");
    *json = none;
    return SKUA_OK;
}
