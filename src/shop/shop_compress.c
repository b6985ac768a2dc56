/* compress: a net written smaller. */
#include "shop/net_work.h"
#include "shop/training_listener.h"

#include "neural/compress.h"

#include <string.h>
#include <sys/stat.h>

static void config_of(const skua_shop *shop, skuai_compress_config *c) {
    const skuai_config *s = &shop->config;
    const char *checkpoint = skuai_config_text(s, SKUAI_CONFIG_KEY_checkpoint);
    const char *importance = skuai_config_text(s, SKUAI_CONFIG_KEY_importance);
    int64_t steps = skuai_config_integer(s, SKUAI_CONFIG_KEY_steps);
    *c = skuai_compress_default;
    c->prune.share = skuai_config_number(s, SKUAI_CONFIG_KEY_prune);
    c->prune.layers = (size_t)skuai_config_integer(s, SKUAI_CONFIG_KEY_prune_layers);
    c->prune.importance =
        strcmp(importance, "magnitude") == 0 ? SKUAI_IMPORTANCE_MAGNITUDE : SKUAI_IMPORTANCE_TAYLOR;
    c->distill = skuai_config_flag(s, SKUAI_CONFIG_KEY_distill);
    c->width = (size_t)skuai_config_integer(s, SKUAI_CONFIG_KEY_width);
    c->layers = (size_t)skuai_config_integer(s, SKUAI_CONFIG_KEY_layers);
    c->train.teacher_weight = skuai_config_number(s, SKUAI_CONFIG_KEY_teacher_weight);
    c->train.seed = (uint64_t)skuai_config_integer(s, SKUAI_CONFIG_KEY_seed);
    c->train.checkpoint = *checkpoint ? checkpoint : NULL;
    if (steps >= 0) c->train.steps = (size_t)steps;
}

static int64_t bytes_of(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
}

static void put_side(skuai_json_writer *json, const char *name, const char *path, size_t parameters,
                     const skuai_trial *trial) {
    skuai_json_object(json, name);
    skuai_json_integer(json, "bytes", bytes_of(path));
    skuai_json_integer(json, "parameters", (int64_t)parameters);
    skuai_json_number(json, "wql", skuai_trial_wql(trial));
    skuai_json_number(json, "loss", skuai_trial_loss(trial));
    skuai_json_number(json, "microseconds", 1e6 * trial->seconds);
    skuai_json_close(json);
}

static skua_status make_report(const skua_shop *shop, const char *model, size_t parameters,
                               const skuai_demand *small, const char *output,
                               const skuai_compress_result *done, char **report, skua_error *err) {
    skuai_report r;
    const skuai_demand_config *c = &small->config;
    size_t now = skuai_nn_parameters_total(small->parameters);
    skuai_report_begin(&r, "compress");
    skuai_json_text(&r.json, "model", model);
    skuai_json_text(&r.json, "output", output);
    skuai_json_text(&r.json, "weights", skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_weights));
    skuai_json_integer(&r.json, "parameters", (int64_t)now);
    skuai_json_integer(&r.json, "layers", (int64_t)c->layers);
    skuai_json_integer(&r.json, "width", (int64_t)c->width);
    skuai_json_array(&r.json, "heads");
    for (size_t l = 0; c->kind == SKUAI_DEMAND_TRANSFORMER && l < c->layers; l++)
        skuai_json_integer(&r.json, NULL, (int64_t)small->encoder.blocks[l].config.heads);
    skuai_json_close(&r.json);
    skuai_json_array(&r.json, "hidden");
    for (size_t l = 0; c->kind == SKUAI_DEMAND_TRANSFORMER && l < c->layers; l++)
        skuai_json_integer(&r.json, NULL, (int64_t)small->encoder.blocks[l].config.hidden);
    skuai_json_close(&r.json);
    skuai_json_integer(&r.json, "steps", (int64_t)done->train.steps);
    skuai_json_bool(&r.json, "finished", done->train.finished);
    skuai_json_text(&r.json, "trial",
                    done->on_panels ? "last periods of the shops" : "synthetic series");
    skuai_json_integer(&r.json, "windows", (int64_t)done->before.windows);
    put_side(&r.json, "before", model, parameters, &done->before);
    put_side(&r.json, "after", output, now, &done->after);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

static skua_status run(const skua_shop *shop, const char *model, const char *const *shops,
                       const char *output, char **report, skua_error *err) {
    skuai_demand *net = NULL, *small = NULL;
    skuai_net_panels p = {.n = 0};
    skuai_training_listener listener;
    skuai_context context;
    skuai_compress_config config;
    skuai_compress_result done;
    config_of(shop, &config);
    SKUA_TRY(skuai_net_place_check("the net", output, err));
    if (config.train.checkpoint)
        SKUA_TRY(skuai_net_place_check("the checkpoint", config.train.checkpoint, err));
    SKUA_TRY(skuai_demand_load(model, &net, err));
    const skuai_panel *const *panels = (const skuai_panel *const *)p.items;
    skua_status status = skuai_net_panels_add(shop, shops, &p, err);
    if (status == SKUA_OK)
        status = skuai_training_listener_init(
            &listener, shop, skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_curves), &context,
            err);
    if (status == SKUA_OK) {
        status = skuai_compress_run(net, &config, panels, p.n, &context, &small, &done, err);
        if (status == SKUA_OK) status = skuai_net_save(shop, small, output, err);
        if (status == SKUA_OK && small->parameters->int8) /* the trial by integers */
            status = skuai_compress_trial(small, &config, panels, p.n, &context, &done.after, err);
        status = skuai_training_listener_close(&listener, status, err);
    }
    if (status == SKUA_OK)
        status = make_report(shop, model, skuai_nn_parameters_total(net->parameters), small, output,
                             &done, report, err);
    skuai_net_panels_clear(&p);
    skuai_demand_free(small);
    skuai_demand_free(net);
    return status;
}

skua_status skua_compress(const char *model, const char *const *shops, const char *output,
                          const char *const *settings, const skua_callbacks *callbacks,
                          char **report, skua_error *err) {
    skua_shop *shop = NULL;
    if (!model || !output || !*output)
        return skuai_error_set(err, SKUA_EINVAL, "a compressed model wants a file to go to");
    SKUA_TRY(skuai_shop_loose(settings, callbacks, &shop, err));
    skua_status status = run(shop, model, shops, output, report, err);
    skua_shop_close(shop);
    return status;
}
