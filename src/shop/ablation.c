#include "shop/ablation.h"

#include "automl/backtest.h"
#include "automl/modality_forecast.h"

#include <math.h>
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

/* -- Channels apart ---------------------------------------------------------------------------- */

/* Series of a channel, ascending, into list [n_series]. */
static size_t list_channel(const skuai_panel *p, const skuai_static *channel, int32_t level,
                           size_t *list) {
    size_t n = 0;
    for (size_t s = 0; s < p->n_series; s++)
        if (channel->codes[p->base[s]] == level) list[n++] = s;
    return n;
}

static const skuai_static *channels_of(const skuai_panel *p) {
    size_t k = skuai_panel_static_find(p, "channel");
    return k == SIZE_MAX || p->statics[k].n_levels == 0 ? NULL : &p->statics[k];
}

static bool has_channels(const skuai_panel *p) {
    const skuai_static *channel = channels_of(p);
    for (size_t s = 1; channel && s < p->n_series; s++)
        if (channel->codes[p->base[s]] != channel->codes[p->base[0]]) return true;
    return false;
}

/* Errors of the same series, apart and together, [n_series]; apart NaN: it could not be judged. */
typedef struct apart {
    const skuai_evaluation *whole;
    uint64_t seed;
    double *pinball;
} apart;

static void put_worth(const apart *a, const size_t *series, size_t n, skuai_json_writer *w) {
    const skuai_evaluation *e = a->whole;
    double alone = 0, together = 0, weight = 0, low = 0, high = 0;
    double *copy = skuai_new(3 * n, sizeof *copy);
    for (size_t i = 0; i < n; i++) {
        double x = a->pinball[series[i]], y = e->series_pinball[series[i]];
        bool both = !isnan(x) && !isnan(y);
        if (copy) {
            copy[i] = both ? x : (double)NAN;
            copy[n + i] = y;
            copy[2 * n + i] = e->series_weight[series[i]];
        }
        if (!both) continue;
        alone += x, together += y;
        weight += e->series_weight[series[i]];
    }
    if (copy) skuai_backtest_difference(copy, copy + n, copy + 2 * n, n, a->seed, &low, &high);
    skuai_free(copy);
    skuai_json_number(w, "wql", alone / weight);
    skuai_json_number(w, "worth", (alone - together) / weight);
    skuai_json_number(w, "worth_low", low);
    skuai_json_number(w, "worth_high", high);
}

/* One channel by itself, told and taken into the errors. */
static skua_status put_channel(const skua_shop *shop, const char *run, const skuai_history *sample,
                               const char *name, const size_t *series, size_t n, apart *a,
                               skuai_json_writer *w, skua_error *err) {
    skuai_history alone = {0};
    skua_error own = {0};
    skuai_evaluation *e = skuai_zero(1, sizeof *e);
    if (!e) return skuai_error_memory(err, "an evaluation");
    skua_status status = skuai_history_subset(sample, series, n, &alone, err);
    if (status == SKUA_OK) {
        status = skuai_evaluate(shop, NULL, run, &alone, e, &own);
        skuai_json_object(w, NULL);
        skuai_json_text(w, "channel", name);
        skuai_json_integer(w, "series", (int64_t)n);
        if (status == SKUA_OK) {
            for (size_t i = 0; i < n; i++)
                a->pinball[series[i]] = e->series_pinball[i];
            put_worth(a, series, n, w);
            skuai_evaluation_clear(e);
        } else if (status == SKUA_EDATA) { /* too short or too few to be forecast alone */
            skuai_json_text(w, "problem", own.message);
            status = SKUA_OK;
        } else if (err) {
            *err = own;
        }
        skuai_json_close(w);
    }
    skuai_history_clear(&alone);
    skuai_free(e);
    return status;
}

static skua_status put_channels(const skua_shop *shop, const char *run,
                                const skuai_history *history, const skuai_evaluation *whole,
                                skuai_json_writer *w, skua_error *err) {
    size_t most = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_sample);
    apart a = {whole, (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed), NULL};
    skuai_history sample = {0}; /* the one that was evaluated: same size, same seed */
    SKUA_TRY(skuai_history_sample(history, most, a.seed, &sample, err));
    const skuai_panel *p = sample.panel;
    size_t S = p->n_series, *list = skuai_new(S, sizeof *list);
    a.pinball = skuai_new(S, sizeof *a.pinball);
    skua_status status = list && a.pinball ? SKUA_OK : skuai_error_memory(err, "channels");
    const skuai_static *channel = channels_of(p);
    for (size_t s = 0; s < S && status == SKUA_OK; s++)
        a.pinball[s] = (double)NAN;
    skuai_json_object(w, NULL);
    skuai_json_text(w, "without", "channels");
    skuai_json_array(w, "channels");
    for (int32_t c = 0; status == SKUA_OK && channel && (size_t)c < channel->n_levels; c++) {
        size_t n = list_channel(p, channel, c, list);
        if (n == 0) continue;
        status = put_channel(shop, run, &sample, channel->levels[c], list, n, &a, w, err);
    }
    skuai_json_close(w);
    for (size_t s = 0; s < S && status == SKUA_OK; s++)
        list[s] = s;
    if (status == SKUA_OK) put_worth(&a, list, S, w);
    skuai_json_close(w);
    skuai_free(a.pinball);
    skuai_free(list);
    skuai_history_clear(&sample);
    return status;
}

/* -- All kinds --------------------------------------------------------------------------------- */

static bool has_any(const skuai_panel *p, const char *kind) {
    bool any = strcmp(kind, "channels") == 0 && has_channels(p);
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
                "image come by skua embed, others by ingest --vectors; channels wants two)",
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
    skua_status status = skuai_evaluate(shop, NULL, run, &less, e, err);
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
        SKUA_TRY(strcmp(name, "channels") == 0 ? put_channels(shop, run, history, whole, w, err)
                                               : put_one(shop, run, history, whole, name, w, err));
    skuai_json_close(w);
    return SKUA_OK;
}
