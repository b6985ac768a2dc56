#include "shop/shop.h"

#include "core/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- Context ----------------------------------------------------------------------------------- */

static void forward_progress(void *user, const char *stage, double done, double total) {
    const skua_callbacks *c = user;
    if (c->progress) c->progress(c->user, stage, done, total);
}

static void forward_log(void *user, skuai_log_level level, const char *message) {
    const skua_callbacks *c = user;
    if (c->log) c->log(c->user, (int)level, message);
}

static bool forward_cancel(void *user) {
    const skua_callbacks *c = user;
    return c->cancel && c->cancel(c->user);
}

skuai_context skuai_shop_context(const skua_shop *shop, bool with_deadline) {
    double time = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_time);
    int threads = (int)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_threads);
    return (skuai_context){
        .seed = (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed),
        .threads = threads > 0 ? threads : skuai_processors(),
        .deadline = with_deadline && time > 0 ? skuai_clock() + time : 0,
        .memory_limit = (size_t)skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_memory),
        .progress = forward_progress,
        .log = forward_log,
        .cancel = forward_cancel,
        .user = (void *)(uintptr_t)&shop->callbacks,
    };
}

skua_status skuai_shop_store(const skua_shop *shop, skuai_store_mode mode, skuai_store **store,
                             skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_store_open_options options = {
        .mode = mode,
        .wait_seconds = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_wait),
        .threads = context.threads,
        .memory_limit = context.memory_limit,
        .context = &context,
    };
    return skuai_store_open(shop->folder, &options, store, err);
}

bool skuai_shop_several_ranks(void) {
    return skuai_ranks_several();
}

skua_status skuai_shop_as_rank(skua_shop *shop, skuai_shop_verb run, const void *how, char **report,
                               skua_error *err) {
    skuai_ranks *ranks = NULL;
    const skua_callbacks callbacks = shop->callbacks;
    char *made = NULL; /* stays so on ranks but the first */
    skua_status status = skuai_ranks_open(skua_version(), &ranks, err);
    if (skuai_ranks_rank(ranks) > 0) skua_shop_listen(shop, NULL);
    if (status == SKUA_OK) status = run(shop, ranks, how, report ? &made : NULL, err);
    status = skuai_ranks_close(ranks, status, err);
    skua_shop_listen(shop, &callbacks);
    if (status == SKUA_OK && report)
        *report = made;
    else
        skua_text_free(made);
    return status;
}

/* -- Life ---------------------------------------------------------------------------------------
 */

/* The folders above a new one. */
static skua_status make_parents(const char *folder, skua_error *err) {
    size_t n = strlen(folder);
    while (n > 0 && folder[n - 1] == '/')
        n--;
    while (n > 0 && folder[n - 1] != '/')
        n--;
    if (n <= 1) return SKUA_OK; /* here, or the root */
    char *above = skuai_text_copy_n(folder, n - 1);
    if (!above) return skuai_error_memory(err, "a path");
    skua_status status = skuai_folder_make(above, err);
    skuai_free(above);
    return status;
}

skua_status skua_shop_init(const char *folder, const char *const *settings, skua_error *err) {
    if (!folder || !*folder) return skuai_error_set(err, SKUA_EINVAL, "a workspace wants a folder");
    skuai_config *config = skuai_new(1, sizeof *config);
    if (!config) return skuai_error_memory(err, "settings");
    skuai_config_init(config);
    skua_status status = skuai_config_environment(config, err);
    for (; status == SKUA_OK && settings && settings[0] && settings[1]; settings += 2)
        status = skuai_config_set(config, settings[0], settings[1], SKUAI_ORIGIN_OPTION, err);
    const char *name = skuai_config_text(config, SKUAI_CONFIG_KEY_name);
    skuai_store_options options = {
        .name = *name ? name : NULL,
        .frequency = skuai_config_text(config, SKUAI_CONFIG_KEY_frequency),
        .time_zone = skuai_config_text(config, SKUAI_CONFIG_KEY_time_zone),
        .currency = skuai_config_text(config, SKUAI_CONFIG_KEY_currency),
        .country = skuai_config_text(config, SKUAI_CONFIG_KEY_country),
        .channel = skuai_config_text(config, SKUAI_CONFIG_KEY_channel),
    };
    if (status == SKUA_OK) status = make_parents(folder, err);
    if (status == SKUA_OK) status = skuai_store_create(folder, &options, err);
    skuai_free(config);
    return status;
}

/* Settings of skua.yaml: the scalars of its top level that are settings. */
static skua_status read_settings(skua_shop *shop, skua_error *err) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/skua.yaml", shop->folder);
    skuai_yaml *yaml = NULL;
    skua_status status = skuai_yaml_load(path, &yaml, err);
    if (status == SKUA_ENOTFOUND)
        return skuai_error_set(err, status,
                               "%s: no workspace there (skua.yaml is missing); make one with "
                               "'skua init %s'",
                               shop->folder, shop->folder);
    if (status != SKUA_OK) return status;
    for (const skuai_yaml *node = yaml->first; node && status == SKUA_OK; node = node->next) {
        bool own = strcmp(node->key, "version") == 0; /* the store's */
        if (node->kind != SKUAI_YAML_TEXT || own || !*node->text) continue;
        status = skuai_config_set(&shop->config, node->key, node->text, SKUAI_ORIGIN_FILE, err);
        if (status != SKUA_OK) status = skuai_error_prefix(err, status, "%s:%zu", path, node->line);
    }
    skuai_yaml_free(yaml);
    return status;
}

skua_status skua_shop_open(const char *folder, skua_shop **shop, skua_error *err) {
    if (!folder || !shop) return skuai_error_set(err, SKUA_EINVAL, "a shop wants a folder");
    skua_shop *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a shop");
    made->folder = skuai_text_copy(folder);
    skua_status status = made->folder ? SKUA_OK : skuai_error_memory(err, "a shop");
    skuai_config_init(&made->config);
    if (status == SKUA_OK) status = read_settings(made, err);
    if (status == SKUA_OK) status = skuai_config_environment(&made->config, err);
    if (status == SKUA_OK)
        *shop = made;
    else
        skua_shop_close(made);
    return status;
}

void skua_shop_close(skua_shop *shop) {
    if (!shop) return;
    for (size_t i = 0; i < shop->n_plugged; i++)
        skuai_free(shop->plugged[i]);
    skuai_free(shop->folder);
    skuai_free(shop);
}

skua_status skuai_shop_loose(const char *const *settings, const skua_callbacks *callbacks,
                             skua_shop **shop, skua_error *err) {
    skua_shop *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "settings");
    skuai_config_init(&made->config);
    skua_shop_listen(made, callbacks);
    skua_status status = skuai_config_environment(&made->config, err);
    for (; status == SKUA_OK && settings && settings[0] && settings[1]; settings += 2)
        status =
            skuai_config_set(&made->config, settings[0], settings[1], SKUAI_ORIGIN_OPTION, err);
    if (status == SKUA_OK)
        *shop = made;
    else
        skua_shop_close(made);
    return status;
}

skua_status skua_shop_set(skua_shop *shop, const char *key, const char *value, skua_error *err) {
    return skuai_config_set(&shop->config, key, value, SKUAI_ORIGIN_OPTION, err);
}

void skua_shop_listen(skua_shop *shop, const skua_callbacks *callbacks) {
    shop->callbacks = callbacks ? *callbacks : (skua_callbacks){0};
}

skua_status skua_shop_settings(skua_shop *shop, char **report, skua_error *err) {
    skuai_report r;
    skuai_report_begin(&r, "config");
    skuai_json_array(&r.json, "settings");
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++) {
        const skuai_config_entry *e = skuai_config_entry_at((skuai_config_key)k);
        skuai_json_object(&r.json, NULL);
        skuai_json_text(&r.json, "key", e->key);
        skuai_json_text(&r.json, "value", shop->config.value[k].text);
        skuai_json_text(&r.json, "origin", skuai_config_origin_name(shop->config.value[k].origin));
        skuai_json_text(&r.json, "default", e->fallback);
        skuai_json_text(&r.json, "help", e->help);
        skuai_json_close(&r.json);
    }
    return skuai_report_end(&r, SKUA_OK, report, err);
}

/* -- Reports ------------------------------------------------------------------------------------
 */

void skuai_report_begin(skuai_report *report, const char *verb) {
    skuai_buffer_init(&report->buffer, (size_t)1 << 30);
    skuai_json_begin(&report->json, &report->buffer);
    skuai_json_object(&report->json, NULL);
    skuai_json_text(&report->json, "verb", verb);
}

skua_status skuai_report_end(skuai_report *report, skua_status status, char **text,
                             skua_error *err) {
    while (report->json.depth > 0)
        skuai_json_close(&report->json);
    if (status == SKUA_OK && text) return skuai_buffer_take(&report->buffer, text, err);
    skuai_buffer_clear(&report->buffer);
    return status;
}

/* -- Settings that need more than a number ------------------------------------------------------
 */

skua_status skuai_shop_levels(const skua_shop *shop, double *levels, size_t *n, skua_error *err) {
    const char *p = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_levels);
    size_t count = 0;
    while (*p) {
        char *end;
        double level = strtod(p, &end);
        bool good = end != p && (*end == ',' || *end == '\0') && level > 0 && level < 1 &&
                    (count == 0 || level > levels[count - 1]);
        if (!good || count == SKUAI_LEVELS_MOST)
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "levels = '%s': need at most %d increasing numbers between 0 "
                                   "and 1, as 0.1,0.5,0.9",
                                   skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_levels),
                                   SKUAI_LEVELS_MOST);
        levels[count++] = level;
        p = *end ? end + 1 : end;
    }
    bool median = false;
    for (size_t i = 0; i < count; i++)
        median = median || fabs(levels[i] - 0.5) < 1e-9;
    if (!median)
        return skuai_error_set(err, SKUA_ECONFIG, "levels: the median 0.5 must be among them");
    *n = count;
    return SKUA_OK;
}

size_t skuai_shop_horizon(const skua_shop *shop, const skuai_grid *grid) {
    static const size_t usual[] = {48, 28, 13, 12, 8, 4, 12}; /* by frequency */
    int64_t asked = skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_horizon);
    return asked > 0 ? (size_t)asked : usual[grid->frequency];
}
