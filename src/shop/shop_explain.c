/* explain: what an item's forecast rests on, what would move it, in words and as a page. */
#include "core/file.h"
#include "shop/explain_page.h"
#include "shop/forecast_model.h"
#include "shop/history.h"
#include "shop/result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BACKGROUNDS = 4 };

/* The series of an item: by its whole name, else the one of the item that sells most. */
static size_t find_series(const skuai_panel *panel, const char *item, size_t *n_of_item) {
    size_t best = SIZE_MAX, length = strlen(item);
    double most = -1;
    *n_of_item = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        const char *name = skuai_panel_name(panel, s);
        if (strcmp(name, item) == 0) return s;
        if (strncmp(name, item, length) != 0 || name[length] != '/') continue;
        double units = 0;
        for (size_t t = 0; t < panel->length[s]; t++)
            if (panel->target[panel->row[s] + t] > 0) units += panel->target[panel->row[s] + t];
        (*n_of_item)++;
        if (units > most) most = units, best = s;
    }
    return best;
}

static skua_status ask_what_if(const skuai_forecaster *forecaster, const skuai_model *model,
                               const skuai_panel *panel, const skuai_explain_options *options,
                               const skuai_context *context, skuai_explain_answer *a,
                               skua_error *err) {
    static const struct {
        const char *covariate, *english, *chinese;
        double factor;
        bool set;
    } asked[SKUAI_EXPLAIN_QUESTIONS] = {
        {"price", "as planned", "按计划", 1, false},
        {"price", "price 10 % lower", "价格降 10%", 0.9, false},
        {"price", "price 10 % higher", "价格涨 10%", 1.1, false},
        {"promotion", "promotion the whole time", "全程促销", 1, true},
        {"promotion", "no promotion", "不促销", 0, true}};
    for (size_t i = 0; i < SKUAI_EXPLAIN_QUESTIONS; i++) {
        size_t k = skuai_panel_dynamic_find(panel, asked[i].covariate);
        if (k == SIZE_MAX || panel->dynamic[k].known != SKUAI_KNOWN_AHEAD) continue;
        skuai_explain_question *q = &a->questions[a->n_questions++];
        q->english = asked[i].english;
        q->chinese = asked[i].chinese;
        SKUA_TRY(skuai_explain_what_if(forecaster, model, panel, a->series, k, asked[i].factor,
                                       asked[i].set, options, context, &q->answer, err));
    }
    return SKUA_OK;
}

/* -- Curves -------------------------------------------------------------------------------------
 */

static void curves_clear(skuai_explain_curves *c) {
    for (size_t i = 0; i < c->n; i++)
        skuai_dependence_free(c->items[i]);
    c->n = 0;
}

/* Dependence on price, promotion, availability and whatever else is known ahead, as far as there is
 * room; what never moved is left out. */
static skua_status ask_curves(const skuai_asked *a, const size_t *series, size_t n,
                              skuai_explain_curves *c, skua_error *err) {
    size_t order[SKUAI_EXPLAIN_CURVES], asked = 0;
    const char *const first[] = {"price", "promotion"};
    for (size_t i = 0; i < 2; i++) {
        size_t k = skuai_panel_dynamic_find(a->panel, first[i]);
        if (k != SIZE_MAX) order[asked++] = k;
    }
    if (a->panel->available) order[asked++] = SKUAI_DEPENDENCE_AVAILABLE;
    for (size_t k = 0; k < a->panel->n_dynamic && asked < SKUAI_EXPLAIN_CURVES; k++) {
        bool in = a->panel->dynamic[k].known != SKUAI_KNOWN_AHEAD;
        for (size_t i = 0; i < asked && !in; i++)
            in = order[i] == k;
        if (!in) order[asked++] = k;
    }
    for (size_t i = 0; i < asked; i++) {
        if (order[i] < a->panel->n_dynamic &&
            a->panel->dynamic[order[i]].known != SKUAI_KNOWN_AHEAD)
            continue;
        skua_status status =
            skuai_dependence_find(a->forecaster, a->model, a->panel, series, n, order[i],
                                  a->options, a->context, &c->items[c->n], err);
        if (status == SKUA_OK)
            c->n++;
        else if (status != SKUA_ENOTFOUND)
            return status;
        else
            skuai_error_clear(err);
    }
    return SKUA_OK;
}

/* -- A model that is asked -----------------------------------------------------------------------
 */

static skuai_explain_method chosen_method(const skua_shop *shop) {
    const char *name = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_method);
    skuai_explain_method method = SKUAI_EXPLAIN_AUTO;
    while (strcmp(skuai_explain_method_name(method), name) != 0) /* the table knows no other */
        method++;
    return method;
}

/* Options as the settings say. */
static skuai_explain_options chosen_options(const skua_shop *shop, size_t horizon, uint64_t seed) {
    const skuai_config *c = &shop->config;
    return (skuai_explain_options){
        .horizon = horizon,
        .method = chosen_method(shop),
        .samples = (size_t)skuai_config_integer(c, SKUAI_CONFIG_KEY_coalitions),
        .features = (size_t)skuai_config_integer(c, SKUAI_CONFIG_KEY_terms),
        .kernel_width = skuai_config_number(c, SKUAI_CONFIG_KEY_kernel_width),
        .backgrounds = BACKGROUNDS,
        .seed = seed};
}

/* What is done with the model once it is there. */
typedef skua_status (*with_model)(const skuai_asked *asked, const char *name, void *answer,
                                  skua_error *err);

/* The shop's model, fitted to the history as models are that forecast it, given to `act`. */
static skua_status ask_model(const skua_shop *shop, const skuai_panel *panel,
                             const skuai_context *context, size_t series, with_model act,
                             void *answer, skua_error *err) {
    skuai_model_file *kept = skuai_zero(1, sizeof *kept);
    skuai_model *model = NULL;
    size_t horizon = 0;
    if (!kept) return skuai_error_memory(err, "a model");
    skua_status status = skuai_forecast_model_choose(shop, panel, kept, &horizon, err);
    if (status == SKUA_OK) {
        skuai_forecaster forecaster = skuai_ensemble_forecaster(&kept->ensemble);
        skuai_explain_options options = chosen_options(shop, horizon, context->seed);
        options.levels = kept->levels;
        options.n_levels = kept->n_levels;
        status = forecaster.fit(&forecaster, panel, NULL, context, &model, err);
        skuai_asked asked = {shop, &forecaster, model, panel, series, &options, context};
        if (status == SKUA_OK) status = act(&asked, kept->name, answer, err);
        forecaster.free(model);
    }
    skuai_free(kept);
    return status;
}

/* -- One item -----------------------------------------------------------------------------------
 */

static skua_status explain_item(const skuai_asked *q, const char *name, void *answer,
                                skua_error *err) {
    skuai_explain_answer *a = answer;
    const char *reworded = skuai_config_text(&q->shop->config, SKUAI_CONFIG_KEY_reworded);
    (void)snprintf(a->model, sizeof a->model, "%s", name);
    SKUA_TRY(skuai_explain(q->forecaster, q->model, q->panel, q->series, q->options, q->context,
                           &a->explanation, err));
    SKUA_TRY(ask_what_if(q->forecaster, q->model, q->panel, q->options, q->context, a, err));
    SKUA_TRY(ask_curves(q, &q->series, 1, &a->curves, err));
    SKUA_TRY(skuai_occlude_words(q, reworded, &a->text, err));
    return skuai_occlude_picture(q, &a->image, err);
}

static void answer_clear(skuai_explain_answer *a) {
    skuai_explanation_free(a->explanation);
    curves_clear(&a->curves);
    skuai_occlusion_clear(&a->text);
    skuai_occlusion_clear(&a->image);
}

static skua_status item_report(const skua_shop *shop, const skuai_panel *panel,
                               const skuai_context *context, const char *item, const char *output,
                               skuai_json_writer *json, skuai_buffer *page, skua_error *err) {
    skuai_explain_answer *a = skuai_zero(1, sizeof *a);
    if (!a) return skuai_error_memory(err, "an explanation");
    a->panel = panel;
    a->series = find_series(panel, item, &a->n_of_item);
    skua_status status = SKUA_OK;
    if (a->series == SIZE_MAX)
        status = skuai_error_set(err, SKUA_ENOTFOUND,
                                 "the shop has no item '%s': names are as in the table sales, or "
                                 "item/channel",
                                 item);
    else if (panel->length[a->series] == 0)
        status = skuai_error_set(err, SKUA_EDATA,
                                 "%s has sold nothing yet, so there is nothing ordinary to measure "
                                 "an explanation from: skua forecast says which items it is like",
                                 skuai_panel_name(panel, a->series));
    if (status == SKUA_OK)
        status = ask_model(shop, panel, context, a->series, explain_item, a, err);
    if (status == SKUA_OK) {
        skuai_explain_page(a, page);
        skuai_explain_json(a, output, json);
    }
    answer_clear(a);
    skuai_free(a);
    return status;
}

/* -- The whole shop -----------------------------------------------------------------------------
 */

static skua_status explain_all(const skuai_asked *q, skuai_explain_shop *a, const size_t *series,
                               size_t n, skua_error *err) {
    const skuai_config *c = &q->shop->config;
    size_t leaves = (size_t)skuai_config_integer(c, SKUAI_CONFIG_KEY_leaves);
    SKUA_TRY(skuai_importance_find(q->forecaster, q->model, q->panel, series, n, q->options,
                                   q->context, &a->importance, err));
    skua_status status = skuai_surrogate_fit(q->forecaster, q->model, q->panel, series, n, leaves,
                                             q->options, q->context, &a->surrogate, err);
    if (status == SKUA_EDATA) { /* too few items for a tree: the rest stands */
        (void)snprintf(a->why_no_tree, sizeof a->why_no_tree, "%s", err ? err->message : "");
        (void)snprintf(a->why_no_tree_zh, sizeof a->why_no_tree_zh,
                       "近期有销售的商品太少（取了 %zu 个），无法用一棵树概括全店的模型", n);
        skuai_error_clear(err);
        status = SKUA_OK;
    }
    SKUA_TRY(status);
    return ask_curves(q, series, n, &a->curves, err);
}

static skua_status explain_shop(const skuai_asked *q, const char *name, void *answer,
                                skua_error *err) {
    skuai_explain_shop *a = answer;
    size_t most = (size_t)skuai_config_integer(&q->shop->config, SKUAI_CONFIG_KEY_explained), n = 0;
    size_t *series = skuai_new(q->panel->n_series + 1, sizeof *series);
    if (!series) return skuai_error_memory(err, "series");
    (void)snprintf(a->model, sizeof a->model, "%s", name);
    a->horizon = q->options->horizon;
    skua_status status = skuai_importance_sample(q->panel, q->options, most, series, &n, err);
    if (status == SKUA_OK) status = explain_all(q, a, series, n, err);
    skuai_free(series);
    return status;
}

static skua_status shop_report(const skua_shop *shop, const skuai_panel *panel,
                               const skuai_context *context, const char *output,
                               skuai_json_writer *json, skuai_buffer *page, skua_error *err) {
    skuai_explain_shop a = {.panel = panel};
    skua_status status = ask_model(shop, panel, context, 0, explain_shop, &a, err);
    if (status == SKUA_OK) {
        skuai_explain_shop_page(&a, page);
        skuai_explain_shop_json(&a, output, json);
    }
    skuai_importance_free(a.importance);
    skuai_surrogate_free(a.surrogate);
    curves_clear(&a.curves);
    return status;
}

skua_status skua_shop_explain(skua_shop *shop, const char *item, const char *output, char **report,
                              skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    bool global = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_global);
    skuai_panel *panel = NULL;
    skuai_buffer page;
    skuai_report r;
    if (!global && (!item || !*item))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "which item? say --item I000001, or --global for the whole shop");
    if (global && item && *item)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "--global is of the whole shop: leave out the "
                               "item, or leave out --global");
    skuai_buffer_init(&page, SIZE_MAX);
    skuai_report_begin(&r, "explain");
    skua_status status = skuai_history_panel(shop, &panel, err);
    if (status == SKUA_OK)
        status = global ? shop_report(shop, panel, &context, output, &r.json, &page, err)
                        : item_report(shop, panel, &context, item, output, &r.json, &page, err);
    if (status == SKUA_OK && output) status = skuai_buffer_check(&page, err);
    if (status == SKUA_OK && output) status = skuai_file_write(output, page.data, page.size, err);
    skuai_buffer_clear(&page);
    skuai_panel_free(panel);
    return skuai_report_end(&r, status, report, err);
}
