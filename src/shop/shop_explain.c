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

static skuai_explain_method chosen_method(const skua_shop *shop) {
    const char *name = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_method);
    skuai_explain_method method = SKUAI_EXPLAIN_AUTO;
    while (strcmp(skuai_explain_method_name(method), name) != 0) /* the table knows no other */
        method++;
    return method;
}

static skua_status explain_series(const skua_shop *shop, const skuai_panel *panel,
                                  const skuai_context *context, skuai_explain_answer *a,
                                  skua_error *err) {
    skuai_model_file *kept = skuai_zero(1, sizeof *kept);
    skuai_model *model = NULL;
    size_t horizon = 0;
    if (!kept) return skuai_error_memory(err, "a model");
    skua_status status = skuai_forecast_model_choose(shop, panel, kept, &horizon, err);
    if (status == SKUA_OK) {
        skuai_forecaster forecaster = skuai_ensemble_forecaster(&kept->ensemble);
        skuai_explain_options options = {
            .horizon = horizon, .backgrounds = BACKGROUNDS, .seed = context->seed};
        options.method = chosen_method(shop);
        options.levels = kept->levels;
        options.n_levels = kept->n_levels;
        (void)snprintf(a->model, sizeof a->model, "%s", kept->name);
        status = forecaster.fit(&forecaster, panel, NULL, context, &model, err);
        if (status == SKUA_OK)
            status = skuai_explain(&forecaster, model, panel, a->series, &options, context,
                                   &a->explanation, err);
        if (status == SKUA_OK)
            status = ask_what_if(&forecaster, model, panel, &options, context, a, err);
        forecaster.free(model);
    }
    skuai_free(kept);
    return status;
}

static skua_status write_page(const skuai_explain_answer *a, const char *output, skua_error *err) {
    skuai_buffer page;
    skuai_buffer_init(&page, SIZE_MAX);
    skuai_explain_page(a, &page);
    skua_status status = skuai_buffer_check(&page, err);
    if (status == SKUA_OK) status = skuai_file_write(output, page.data, page.size, err);
    skuai_buffer_clear(&page);
    return status;
}

skua_status skua_shop_explain(skua_shop *shop, const char *item, const char *output, char **report,
                              skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_store *store = NULL;
    skuai_history history = {0};
    skuai_explain_answer answer = {0};
    if (!item || !*item)
        return skuai_error_set(err, SKUA_ECONFIG, "which item? say --item I000001");
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_history_read(shop, store, &history, err);
    skuai_store_close(store);
    if (status == SKUA_OK) {
        answer.panel = history.panel;
        answer.series = find_series(history.panel, item, &answer.n_of_item);
        if (answer.series == SIZE_MAX)
            status =
                skuai_error_set(err, SKUA_ENOTFOUND,
                                "the shop has no item '%s': names are as in the table sales, or "
                                "item/channel",
                                item);
    }
    if (status == SKUA_OK) status = explain_series(shop, history.panel, &context, &answer, err);
    if (status == SKUA_OK && output) status = write_page(&answer, output, err);
    if (status == SKUA_OK) {
        skuai_report r;
        skuai_report_begin(&r, "explain");
        skuai_explain_json(&answer, output, &r.json);
        status = skuai_report_end(&r, SKUA_OK, report, err);
    }
    skuai_explanation_free(answer.explanation);
    skuai_history_clear(&history);
    return status;
}
