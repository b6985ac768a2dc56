#include "shop/candidates.h"

#include "stat/group/group.h"
#include "stat/intermittent/count_pool.h"
#include "stat/local.h"

#include <stdio.h>
#include <string.h>

static const char *const baselines[] = {"seasonal-naive", "naive", "window-mean", NULL};

/* What each preset adds to the baselines. medium holds fast, best holds medium. */
static const char *const fast[] = {"seasonal-window-mean", "theta", "count-pool", NULL};
static const char *const medium[] = {"ets", "group", "dynamic-count", "mstl-ets", NULL};
static const char *const best[] = {"arima", "imapa", "npts", NULL};

skua_status skuai_candidate_find(const char *name, skuai_forecaster *forecaster, skua_error *err) {
    const skuai_local_method *method = skuai_local_find(name);
    if (method) {
        *forecaster = skuai_local_forecaster(method);
        return SKUA_OK;
    }
    if (strcmp(name, "group") == 0) {
        *forecaster = skuai_group_forecaster();
        return SKUA_OK;
    }
    if (strcmp(name, "count-pool") == 0) {
        *forecaster = skuai_count_pool_forecaster();
        return SKUA_OK;
    }
    const char *names[256];
    size_t n = 0;
    for (; skuai_local_at(n) && n < 250; n++)
        names[n] = skuai_local_at(n)->name;
    names[n++] = "group";
    names[n++] = "count-pool";
    const char *near = skuai_nearest_word(name, names, n);
    return skuai_error_set(err, SKUA_ENOTFOUND, "no model '%s'%s%s%s", name,
                           near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static skua_status add(skuai_candidates *c, const char *name, bool baseline, skua_error *err) {
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].name, name) == 0) return SKUA_OK;
    if (c->n == SKUAI_CANDIDATES_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "more than %d models", SKUAI_CANDIDATES_MOST);
    SKUA_TRY(skuai_candidate_find(name, &c->items[c->n], err));
    c->baseline[c->n++] = baseline;
    return SKUA_OK;
}

static skua_status add_list(skuai_candidates *c, const char *const *names, bool baseline,
                            skua_error *err) {
    for (; *names; names++)
        SKUA_TRY(add(c, *names, baseline, err));
    return SKUA_OK;
}

static skua_status add_named(skuai_candidates *c, const char *list, skua_error *err) {
    while (*list) {
        char name[64];
        size_t n = strcspn(list, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), list);
        if (*name) {
            skua_status status = add(c, name, false, err);
            if (status == SKUA_ENOTFOUND) status = err ? err->code = SKUA_ECONFIG : SKUA_ECONFIG;
            if (status != SKUA_OK) return status;
        }
        list += n;
        if (*list == ',') list++;
    }
    return SKUA_OK;
}

skua_status skuai_candidates_choose(const skua_shop *shop, const char *preset,
                                    skuai_candidates *candidates, skua_error *err) {
    const char *named = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_models);
    memset(candidates, 0, sizeof *candidates);
    SKUA_TRY(add_list(candidates, baselines, true, err));
    if (*named) return add_named(candidates, named, err);
    SKUA_TRY(add_list(candidates, fast, false, err));
    if (strcmp(preset, "fast") != 0) SKUA_TRY(add_list(candidates, medium, false, err));
    if (strcmp(preset, "best") == 0) SKUA_TRY(add_list(candidates, best, false, err));
    return SKUA_OK;
}
