#include "shop/ablation.h"

#include "automl/backtest.h"
#include "automl/modality_forecast.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 64 };

/* The next name of a list separated by commas; false: none. */
static bool next_name(const char **list, char name[NAME_SIZE]) {
    while (**list == ',' || **list == ' ')
        (*list)++;
    size_t n = strcspn(*list, ",");
    if (n == 0) return false;
    (void)snprintf(name, NAME_SIZE, "%.*s", (int)(n < NAME_SIZE ? n : NAME_SIZE - 1), *list);
    *list += n;
    for (size_t k = strlen(name); k > 0 && name[k - 1] == ' '; k--)
        name[k - 1] = '\0';
    return true;
}

/* What is left out, of which panel. */
typedef struct kind_of {
    const skuai_panel *panel;
    const char *kind;
} kind_of;

static bool keeps(void *user, const char *column, bool vectors) {
    const kind_of *k = user;
    return !skuai_modality_owns(k->panel, k->kind, column, vectors);
}

static void put_columns(const skuai_panel *p, const char *kind, skuai_json_writer *w) {
    skuai_json_array(w, "columns");
    for (size_t k = 0; k < p->n_dynamic; k++)
        if (skuai_modality_owns(p, kind, p->dynamic[k].name, false))
            skuai_json_text(w, NULL, p->dynamic[k].name);
    for (size_t k = 0; k < p->n_static; k++)
        if (skuai_modality_owns(p, kind, p->statics[k].name, false))
            skuai_json_text(w, NULL, p->statics[k].name);
    for (size_t k = 0; k < p->n_vectors; k++)
        if (skuai_modality_owns(p, kind, p->vectors[k].modality, true))
            skuai_json_text(w, NULL, p->vectors[k].modality);
    skuai_json_close(w);
}

static bool has_any(const skuai_panel *p, const char *kind) {
    bool any = false;
    for (size_t k = 0; k < p->n_dynamic; k++)
        any = any || skuai_modality_owns(p, kind, p->dynamic[k].name, false);
    for (size_t k = 0; k < p->n_static; k++)
        any = any || skuai_modality_owns(p, kind, p->statics[k].name, false);
    for (size_t k = 0; k < p->n_vectors; k++)
        any = any || skuai_modality_owns(p, kind, p->vectors[k].modality, true);
    return any;
}

skua_status skuai_ablation_check(const skua_shop *shop, const skuai_history *history,
                                 skua_error *err) {
    const char *list = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_ablate);
    char name[NAME_SIZE];
    bool any = false;
    while (next_name(&list, name)) {
        any = true;
        if (!has_any(history->panel, name))
            return skuai_error_set(
                err, SKUA_ECONFIG,
                "--ablate %s: the shop's data have nothing of that kind (text and "
                "image come by skua embed, others by ingest --vectors)",
                name);
    }
    if (any && skuai_search_wanted(shop))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "--ablate compares the same models with and without: leave out "
                               "--time and --trials, and name the models or a preset below best");
    return SKUA_OK;
}

static skua_status put_one(const skua_shop *shop, const char *run, const skuai_history *history,
                           const skuai_evaluation *whole, char *kind, skuai_json_writer *w,
                           skua_error *err) {
    skuai_history less = *history; /* borrows all of it */
    skuai_evaluation *e = skuai_zero(1, sizeof *e);
    double low = 0, high = 0;
    if (!e) return skuai_error_memory(err, "an evaluation");
    less.keeps = keeps;
    kind_of user = {history->panel, kind};
    less.keeps_user = &user;
    skua_status status = skuai_evaluate(shop, run, &less, e, err);
    if (status == SKUA_OK) {
        uint64_t seed = (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed);
        skuai_backtest_difference(e->series_pinball, whole->series_pinball, whole->series_weight,
                                  whole->n_series, seed, &low, &high);
        skuai_json_object(w, NULL);
        skuai_json_text(w, "without", kind);
        put_columns(history->panel, kind, w);
        skuai_json_number(w, "wql", e->combination.wql);
        skuai_json_number(w, "worth", e->combination.wql - whole->combination.wql);
        skuai_json_number(w, "worth_low", low);
        skuai_json_number(w, "worth_high", high);
        skuai_json_close(w);
        skuai_evaluation_clear(e);
    }
    skuai_free(e);
    return status;
}

skua_status skuai_ablation_put(const skua_shop *shop, const char *run, const skuai_history *history,
                               const skuai_evaluation *whole, skuai_json_writer *w,
                               skua_error *err) {
    const char *list = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_ablate);
    char name[NAME_SIZE];
    if (!*list) return SKUA_OK;
    skuai_json_array(w, "ablation");
    while (next_name(&list, name))
        SKUA_TRY(put_one(shop, run, history, whole, name, w, err));
    skuai_json_close(w);
    return SKUA_OK;
}
