/* pretrain: a base model from a recipe, and from the shops that are given. */
#include "shop/history.h"
#include "shop/training_listener.h"

#include "neural/pretrain.h"
#include "nn/quantise.h"

#include <string.h>

enum { SHOPS_MOST = 64 };

typedef struct panels {
    skuai_panel *items[SHOPS_MOST + 1];
    size_t n;
} panels;

static skua_status add_panel(const skua_shop *settings, const char *folder, panels *to,
                             skua_error *err) {
    skua_shop *shop = NULL;
    skuai_store *store = NULL;
    skuai_history history = {0};
    if (to->n == SHOPS_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "more than %d shops", SHOPS_MOST);
    SKUA_TRY(skua_shop_open(folder, &shop, err));
    skua_shop_listen(shop, &settings->callbacks);
    skua_status status = skuai_shop_store(shop, SKUAI_STORE_READ, &store, err);
    if (status == SKUA_OK) status = skuai_history_read(shop, store, &history, err);
    skuai_store_close(store);
    if (status == SKUA_OK) to->items[to->n++] = skuai_panel_share(history.panel);
    skuai_history_clear(&history);
    skua_shop_close(shop);
    return status == SKUA_OK ? status : skuai_error_prefix(err, status, "%s", folder);
}

static skua_status save(const skua_shop *shop, skuai_demand *net, const char *output,
                        skua_error *err) {
    const char *weights = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_weights);
    if (strcmp(weights, "int8") == 0) SKUA_TRY(skuai_nn_parameters_quantise(net->parameters, err));
    bool wide = strcmp(weights, "float32") == 0;
    return skuai_demand_save_as(net, wide ? SKUAI_SAFETENSORS_F32 : SKUAI_SAFETENSORS_F16, output,
                                err);
}

static skua_status make_report(const skuai_pretrain_recipe *recipe, const skuai_demand *net,
                               const skuai_train_result *done, const char *output, char **report,
                               skua_error *err) {
    skuai_report r;
    skuai_report_begin(&r, "pretrain");
    skuai_json_text(&r.json, "output", output);
    skuai_json_integer(&r.json, "parameters", (int64_t)skuai_nn_parameters_total(net->parameters));
    skuai_json_integer(&r.json, "steps", (int64_t)done->steps);
    skuai_json_integer(&r.json, "of", (int64_t)recipe->train.steps);
    skuai_json_bool(&r.json, "finished", done->finished);
    skuai_json_number(&r.json, "first_loss", done->first_loss);
    skuai_json_number(&r.json, "loss", done->loss);
    skuai_json_number(&r.json, "validation", done->validation);
    skuai_json_number(&r.json, "windows_a_second", done->windows_a_second);
    skuai_json_integer(&r.json, "seed", (int64_t)recipe->train.seed);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

static skua_status run(skua_shop *shop, const char *recipe_path, const char *const *shops,
                       const char *output, char **report, skua_error *err) {
    skuai_pretrain_recipe recipe = skuai_pretrain_default;
    panels p = {.n = 0}, judge = {.n = 0};
    skuai_training_listener listener;
    skuai_context context;
    skuai_demand *net = NULL;
    skuai_train_result done;
    const char *checkpoint = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_checkpoint);
    const char *validation = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_validation);
    if (recipe_path) SKUA_TRY(skuai_pretrain_recipe_load(recipe_path, &recipe, err));
    const char *from = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_from);
    recipe.from = *from ? from : NULL;
    recipe.train.checkpoint = *checkpoint ? checkpoint : NULL;
    skua_status status = SKUA_OK;
    for (; shops && *shops && status == SKUA_OK; shops++)
        status = add_panel(shop, *shops, &p, err);
    if (status == SKUA_OK && *validation) status = add_panel(shop, validation, &judge, err);
    if (status == SKUA_OK) {
        status = skuai_training_listener_init(
            &listener, shop, skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_curves), &context,
            err);
        if (status == SKUA_OK) {
            status =
                skuai_pretrain_run(&recipe, (const skuai_panel *const *)p.items, p.n,
                                   judge.n ? judge.items[0] : NULL, &context, &net, &done, err);
            status = skuai_training_listener_close(&listener, status, err);
        }
    }
    if (status == SKUA_OK) status = save(shop, net, output, err);
    if (status == SKUA_OK) status = make_report(&recipe, net, &done, output, report, err);
    skuai_demand_free(net);
    for (size_t i = 0; i < p.n; i++)
        skuai_panel_free(p.items[i]);
    skuai_panel_free(judge.items[0]);
    return status;
}

/* No workspace of its own: settings and callbacks alone. */
static skua_status settings_new(const char *const *settings, const skua_callbacks *callbacks,
                                skua_shop **shop, skua_error *err) {
    skua_shop *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "settings");
    skuai_config_init(&made->config);
    skua_shop_listen(made, callbacks);
    skua_status status = skuai_config_environment(&made->config, err);
    for (; status == SKUA_OK && settings && settings[0] && settings[1]; settings += 2)
        status =
            skuai_config_set(&made->config, settings[0], settings[1], SKUAI_ORIGIN_OPTION, err);
    if (status != SKUA_OK) {
        skua_shop_close(made);
        return status;
    }
    *shop = made;
    return SKUA_OK;
}

skua_status skua_pretrain(const char *recipe, const char *const *shops, const char *output,
                          const char *const *settings, const skua_callbacks *callbacks,
                          char **report, skua_error *err) {
    skua_shop *shop = NULL;
    if (!output || !*output)
        return skuai_error_set(err, SKUA_EINVAL, "a pre-trained model wants a file to go to");
    SKUA_TRY(settings_new(settings, callbacks, &shop, err));
    skua_status status = run(shop, recipe, shops, output, report, err);
    skua_shop_close(shop);
    return status;
}

skua_status skua_compress(const char *model, const char *output, const char *const *settings,
                          const skua_callbacks *callbacks, char **report, skua_error *err) {
    skua_shop *shop = NULL;
    skuai_demand *net = NULL;
    if (!model || !output || !*output)
        return skuai_error_set(err, SKUA_EINVAL, "a compressed model wants a file to go to");
    SKUA_TRY(settings_new(settings, callbacks, &shop, err));
    skua_status status = skuai_demand_load(model, &net, err);
    if (status == SKUA_OK) status = save(shop, net, output, err);
    if (status == SKUA_OK) {
        skuai_report r;
        skuai_report_begin(&r, "compress");
        skuai_json_text(&r.json, "model", model);
        skuai_json_text(&r.json, "output", output);
        skuai_json_text(&r.json, "weights",
                        skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_weights));
        skuai_json_integer(&r.json, "parameters",
                           (int64_t)skuai_nn_parameters_total(net->parameters));
        status = skuai_report_end(&r, SKUA_OK, report, err);
    }
    skuai_demand_free(net);
    skua_shop_close(shop);
    return status;
}
