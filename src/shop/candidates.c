#include "shop/candidates.h"

#include "automl/modality_forecast.h"
#include "cause/causal_forecast.h"
#include "core/buffer.h"
#include "shop/base_model.h"
#include "shop/plugged.h"
#include "stat/group/group.h"
#include "stat/intermittent/count_pool.h"
#include "stat/local.h"
#include "tree/cold_start.h"
#include "tree/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const baselines[] = {"seasonal-naive", "naive", "window-mean", NULL};

/* What each preset adds to the baselines. medium holds fast, best holds medium. */
static const char *const fast[] = {"seasonal-window-mean", "theta", "count-pool", "cold-start",
                                   NULL};
static const char *const medium[] = {"ets",      "group",       "dynamic-count",
                                     "mstl-ets", "tree-direct", NULL};
static const char *const best[] = {"arima",       "imapa",        "npts",
                                   "tree-linear", "tree-tweedie", "tree-equal",
                                   "causal",      "modalities",   NULL};

/* Names for specifications (automl/configured.h) that presets try. */
static const struct {
    const char *name, *specification;
} short_names[] = {
    {"tree-tweedie", "tree-direct:objective=tweedie"},
    {"tree-equal", "tree-direct:weight=equal"},
};
enum { SHORT_NAMES = sizeof short_names / sizeof *short_names };

/* Forecasters that are no local methods, by name. */
static skuai_forecaster group_forecaster(void) {
    return skuai_group_forecaster();
}
static skuai_forecaster count_pool_forecaster(void) {
    return skuai_count_pool_forecaster();
}

static skuai_forecaster cold_start_forecaster(void) {
    return skuai_cold_start_forecaster;
}

static skuai_forecaster causal_forecaster(void) {
    return skuai_causal_forecaster;
}

/* One model a modality: of the sales, of what drives them, of what an item is. */
static const skuai_modality_models modality_models = {
    .history = "theta",
    .newborn = "cold-start:trees=0",
    .driver = "causal:end=linear",
    .look = "cold-start:own=0:trees=0",
    .find = skuai_candidate_find,
};
static skuai_forecaster modality_forecaster(void) {
    return skuai_modality_forecaster(&modality_models);
}

static const struct {
    const char *name;
    skuai_forecaster (*make)(void);
} of_panels[] = {
    {"group", group_forecaster},           {"count-pool", count_pool_forecaster},
    {"cold-start", cold_start_forecaster}, {"causal", causal_forecaster},
    {"modalities", modality_forecaster},
};
enum { OF_PANELS = sizeof of_panels / sizeof *of_panels };

skua_status skuai_candidate_find(const char *name, skuai_forecaster *forecaster, skua_error *err) {
    const skuai_local_method *method = skuai_local_find(name);
    if (method) {
        *forecaster = skuai_local_forecaster(method);
        return SKUA_OK;
    }
    const skuai_forecaster *tree = skuai_tree_forecaster(name);
    if (tree) {
        *forecaster = *tree;
        return SKUA_OK;
    }
    for (size_t i = 0; i < OF_PANELS; i++) {
        if (strcmp(name, of_panels[i].name) != 0) continue;
        *forecaster = of_panels[i].make();
        return SKUA_OK;
    }
    if (skuai_base_model_forecaster(name, forecaster)) return SKUA_OK;
    const char *names[256];
    size_t n = 0;
    for (size_t i = 0; i < OF_PANELS; i++)
        names[n++] = of_panels[i].name;
    for (size_t i = 0; i < SHORT_NAMES; i++)
        names[n++] = short_names[i].name;
    for (size_t i = 0; skuai_tree_forecasters[i]; i++)
        names[n++] = skuai_tree_forecasters[i]->name;
    for (size_t i = 0; skuai_base_model_names[i]; i++)
        names[n++] = skuai_base_model_names[i];
    for (size_t i = 0; skuai_local_at(i) && n < 256; i++)
        names[n++] = skuai_local_at(i)->name;
    const char *near = skuai_nearest_word(name, names, n);
    if (near)
        return skuai_error_set(err, SKUA_ENOTFOUND, "no model '%.60s': did you mean '%s'?", name,
                               near);
    skuai_buffer all;
    skuai_buffer_init(&all, 4096);
    for (size_t i = 0; i < n; i++)
        skuai_buffer_format(&all, "%s%s", i ? ", " : "", names[i]);
    skua_status status = skuai_error_set(err, SKUA_ENOTFOUND, "no model '%.60s'; there are %s",
                                         name, skuai_buffer_view(&all));
    skuai_buffer_clear(&all);
    return status;
}

skua_status skuai_candidate_make(const skua_shop *shop, const char *name,
                                 skuai_configured *configured, skuai_forecaster *forecaster,
                                 skua_error *err) {
    const char *specification = name;
    if (skuai_plugged_find(shop, name, forecaster)) return SKUA_OK;
    for (size_t i = 0; i < SHORT_NAMES; i++)
        if (strcmp(name, short_names[i].name) == 0) specification = short_names[i].specification;
    return skuai_configured_make(specification, skuai_candidate_find, configured, forecaster, err);
}

static skua_status add(const skua_shop *shop, skuai_candidates *c, const char *name, bool baseline,
                       skua_error *err) {
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].name, name) == 0) return SKUA_OK;
    if (c->n == SKUAI_CANDIDATES_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "more than %d models", SKUAI_CANDIDATES_MOST);
    SKUA_TRY(skuai_candidate_make(shop, name, &c->configured[c->n], &c->items[c->n], err));
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].name, c->items[c->n].name) == 0) return SKUA_OK;
    c->baseline[c->n++] = baseline;
    return SKUA_OK;
}

static skua_status add_list(const skua_shop *shop, skuai_candidates *c, const char *const *names,
                            bool baseline, skua_error *err) {
    for (; *names; names++)
        SKUA_TRY(add(shop, c, *names, baseline, err));
    return SKUA_OK;
}

static skua_status add_named(const skua_shop *shop, skuai_candidates *c, const char *list,
                             skua_error *err) {
    while (*list) {
        char name[SKUAI_SPECIFICATION_SIZE];
        size_t n = strcspn(list, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1),
                       list);
        if (*name) {
            skua_status status = add(shop, c, name, false, err);
            if (status == SKUA_ENOTFOUND) status = err ? err->code = SKUA_ECONFIG : SKUA_ECONFIG;
            if (status != SKUA_OK) return status;
        }
        list += n;
        if (*list == ',') list++;
    }
    return SKUA_OK;
}

/* The base model where it is installed: as it is in every preset, fine-tuned in the best. A file
 * that the user names has to be there. */
static skua_status add_nets(const skua_shop *shop, skuai_candidates *c, const char *preset,
                            skua_error *err) {
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    const char *named = getenv("SKUA_BASE");
    skua_error missing;
    if (skuai_base_model_path(path, &missing) != SKUA_OK) {
        if (!named || !*named) return SKUA_OK;
        return skuai_base_model_path(path, err);
    }
    SKUA_TRY(add(shop, c, "zero-shot", false, err));
    return strcmp(preset, "best") == 0 ? add(shop, c, "transformer", false, err) : SKUA_OK;
}

skua_status skuai_candidates_choose(const skua_shop *shop, const char *preset,
                                    skuai_candidates *candidates, skua_error *err) {
    const char *named = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_models);
    memset(candidates, 0, sizeof *candidates);
    SKUA_TRY(add_list(shop, candidates, baselines, true, err));
    if (*named) return add_named(shop, candidates, named, err);
    SKUA_TRY(add_list(shop, candidates, fast, false, err));
    if (strcmp(preset, "fast") != 0) SKUA_TRY(add_list(shop, candidates, medium, false, err));
    if (strcmp(preset, "best") == 0) SKUA_TRY(add_list(shop, candidates, best, false, err));
    for (size_t i = 0; i < shop->n_plugged; i++)
        SKUA_TRY(add(shop, candidates, shop->plugged[i]->name, false, err));
    return add_nets(shop, candidates, preset, err);
}

skua_status skuai_candidates_add(const skua_shop *shop, skuai_candidates *candidates,
                                 const char *name, skua_error *err) {
    return add(shop, candidates, name, false, err);
}

void skuai_candidates_drop(skuai_candidates *c, const char *name) {
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->items[i].name, name) != 0) continue;
        c->n--;
        for (size_t k = i; k < c->n; k++) {
            const skuai_configured *old = &c->configured[k + 1];
            bool borrows = c->items[k + 1].data == old;
            c->items[k] = c->items[k + 1];
            c->baseline[k] = c->baseline[k + 1];
            c->configured[k] = *old;
            if (!borrows) continue;
            c->items[k].data = &c->configured[k];
            c->items[k].name = c->configured[k].text;
        }
        return;
    }
}

skua_status skuai_candidates_above(skuai_ensemble *above, skua_error *err) {
    static const char *const names[] = {"ets", "theta"};
    skuai_forecaster models[2];
    const skuai_forecaster *pointers[] = {&models[0], &models[1]};
    for (size_t i = 0; i < 2; i++)
        SKUA_TRY(skuai_candidate_find(names[i], &models[i], err));
    return skuai_ensemble_equal(pointers, 2, above, err);
}
