/* pretrain: a base model from a recipe, and from the shops that are given. */
#include "shop/net_work.h"
#include "shop/training_listener.h"

#include "neural/pretrain.h"

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
    skuai_json_integer(&r.json, "ranks", (int64_t)skuai_ranks_size(recipe->train.ranks));
    skuai_json_integer(&r.json, "seed", (int64_t)recipe->train.seed);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

/* What the caller names. */
typedef struct places {
    const char *recipe, *const *shops, *output;
} places;

static skua_status run(skua_shop *shop, const skuai_ranks *ranks, const void *how, char **report,
                       skua_error *err) {
    const char *recipe_path = ((const places *)how)->recipe;
    const char *const *shops = ((const places *)how)->shops;
    const char *output = ((const places *)how)->output;
    skuai_pretrain_recipe recipe = skuai_pretrain_default;
    skuai_net_panels p = {.n = 0}, judge = {.n = 0};
    skuai_training_listener listener;
    skuai_context context;
    skuai_demand *net = NULL;
    skuai_train_result done;
    const char *checkpoint = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_checkpoint);
    const char *validation = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_validation);
    if (recipe_path) SKUA_TRY(skuai_pretrain_recipe_load(recipe_path, &recipe, err));
    SKUA_TRY(skuai_net_place_check("the model", output, err));
    if (*checkpoint) SKUA_TRY(skuai_net_place_check("the checkpoint", checkpoint, err));
    const char *from = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_from);
    recipe.from = *from ? from : NULL;
    recipe.train.checkpoint = *checkpoint ? checkpoint : NULL;
    recipe.train.ranks = ranks;
    bool first = skuai_ranks_rank(ranks) == 0; /* who talks and writes */
    skua_status status = skuai_net_panels_add(shop, shops, &p, err);
    if (status == SKUA_OK && *validation)
        status = skuai_net_panels_add(shop, (const char *const[]){validation, NULL}, &judge, err);
    if (status == SKUA_OK) {
        status = skuai_training_listener_init(
            &listener, shop, first ? skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_curves) : "",
            &context, err);
        if (status == SKUA_OK) {
            status =
                skuai_pretrain_run(&recipe, (const skuai_panel *const *)p.items, p.n,
                                   judge.n ? judge.items[0] : NULL, &context, &net, &done, err);
            if (status == SKUA_EINVAL && recipe_path)
                status = skuai_error_prefix(err, status, "%s", recipe_path);
            status = skuai_training_listener_close(&listener, status, err);
        }
    }
    if (status == SKUA_OK && first) status = skuai_net_save(shop, net, output, err);
    if (status == SKUA_OK && first) status = make_report(&recipe, net, &done, output, report, err);
    skuai_demand_free(net);
    skuai_net_panels_clear(&p);
    skuai_net_panels_clear(&judge);
    return status;
}

skua_status skua_pretrain(const char *recipe, const char *const *shops, const char *output,
                          const char *const *settings, const skua_callbacks *callbacks,
                          char **report, skua_error *err) {
    skua_shop *shop = NULL;
    if (!output || !*output)
        return skuai_error_set(err, SKUA_EINVAL, "a pre-trained model wants a file to go to");
    SKUA_TRY(skuai_shop_loose(settings, callbacks, &shop, err));
    skua_status status =
        skuai_shop_as_rank(shop, run, &(places){recipe, shops, output}, report, err);
    skua_shop_close(shop);
    return status;
}
