#include "cause/effect_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

skua_status skuai_effect_estimate(const skuai_panel *panel, const skuai_effect_options *options,
                                  bool promotion, const skuai_effect_change *change,
                                  const skuai_context *context, skuai_effects **out,
                                  skua_error *err) {
    double started = skuai_clock();
    skuai_effect_rows *rows = NULL;
    skuai_effects *effects = skuai_zero(1, sizeof *effects);
    if (!effects) return skuai_error_memory(err, "effects");
    skua_status status = skuai_effect_rows_new(panel, options, promotion, change, &rows, err);
    if (status == SKUA_OK) {
        effects->n_items = rows->n_items;
        effects->n_treatments = rows->whole ? 3 : rows->k;
        effects->n_rows = rows->n;
        effects->n_left_out = rows->n_left_out;
        effects->n_covariates = rows->n_covariates;
        effects->n_covariates_left = rows->n_covariates_left;
        effects->items = skuai_zero(rows->n_items, sizeof *effects->items);
        status = effects->items ? skuai_effect_fit(rows, options, context, effects, err)
                                : skuai_error_memory(err, "effects");
    }
    effects->seconds = skuai_clock() - started;
    skuai_effect_rows_free(rows);
    if (status == SKUA_OK)
        *out = effects;
    else
        skuai_effects_free(effects);
    return status;
}

skua_status skuai_effect_price(const skuai_panel *panel, const skuai_effect_options *options,
                               const skuai_context *context, skuai_effects **effects,
                               skua_error *err) {
    return skuai_effect_estimate(panel, options, false, NULL, context, effects, err);
}

skua_status skuai_effect_promotion(const skuai_panel *panel, const skuai_effect_options *options,
                                   const skuai_context *context, skuai_effects **effects,
                                   skua_error *err) {
    SKUA_TRY(skuai_effect_estimate(panel, options, true, NULL, context, effects, err));
    bool any = false;
    for (size_t i = 0; i < (*effects)->n_items; i++)
        any = any || (*effects)->items[i].treated > 0;
    if (any) return SKUA_OK;
    skuai_effects_free(*effects);
    *effects = NULL;
    return skuai_error_set(err, SKUA_EDATA,
                           "no promotion ever ran in this history: what one would do cannot be "
                           "known from it; run one on half of the items for a week");
}

void skuai_effects_free(skuai_effects *effects) {
    if (!effects) return;
    skuai_free(effects->items);
    skuai_free(effects);
}

/* -- Refutations ------------------------------------------------------------------------------- */

static skua_status again(const skuai_panel *panel, const skuai_effect_options *options,
                         bool promotion, const skuai_effect_change *change,
                         const skuai_context *context, skuai_effects **effects, skua_error *err) {
    return skuai_effect_estimate(panel, options, promotion, change, context, effects, err);
}

static double mean_change(const skuai_effects *a, const skuai_effects *b) {
    double sum = 0;
    size_t n = a->n_items < b->n_items ? a->n_items : b->n_items;
    for (size_t i = 0; i < n; i++)
        sum += fabs(a->items[i].effect[0].value - b->items[i].effect[0].value) /
               fmax(1e-9, a->items[i].effect[0].error);
    return n ? sum / (double)n : 0;
}

skua_status skuai_effect_refute(const skuai_panel *panel, const skuai_effect_options *options,
                                bool promotion, const skuai_effects *effects,
                                const skuai_context *context, skuai_refutation *r,
                                skua_error *err) {
    uint64_t seed = context ? context->seed : 1;
    skuai_effect_change shift = {.shift = true, .seed = seed};
    skuai_effect_change cause = {.add_cause = true, .seed = seed};
    skuai_effect_change part = {.leave_out = 0.2, .seed = seed};
    skuai_effects *made = NULL;
    skuai_refutation out = {.value = effects->pooled[0].value};
    SKUA_TRY(again(panel, options, promotion, &shift, context, &made, err));
    out.placebo = made->pooled[0].value;
    out.placebo_error = made->pooled[0].error;
    for (size_t i = 0; i < made->n_items; i++) {
        const skuai_effect *e = &made->items[i].effect[0];
        out.placebo_share += (e->low > 0 || e->high < 0) / (double)made->n_items;
    }
    skuai_effects_free(made);
    SKUA_TRY(again(panel, options, promotion, &cause, context, &made, err));
    out.common_cause = made->pooled[0].value;
    skuai_effects_free(made);
    SKUA_TRY(again(panel, options, promotion, &part, context, &made, err));
    out.subset = made->pooled[0].value;
    out.change = mean_change(effects, made);
    skuai_effects_free(made);
    double size = fabs(out.value), slack = fmax(0.1 * size, 2 * effects->pooled[0].error);
    out.passed = fabs(out.placebo) <= fmax(3 * out.placebo_error, 0.1 * size) &&
                 fabs(out.common_cause - out.value) <= slack &&
                 fabs(out.subset - out.value) <= slack;
    *r = out;
    return SKUA_OK;
}

/* -- Reasons ------------------------------------------------------------------------------------
 */

void skuai_effect_caution(const skuai_effects *e, bool chinese, char *text, size_t size) {
    *text = '\0';
    if (e->n_covariates_left == 0) return;
    if (chinese)
        (void)snprintf(text, size,
                       "预先已知的列太多：只控制了前 %zu 列，另外 %zu "
                       "列没有控制，它们若同时影响价格（或促销）和需求，其作用会混入估计；"
                       "请只保留可能影响需求的列",
                       e->n_covariates, e->n_covariates_left);
    else
        (void)snprintf(text, size,
                       "there are too many columns known ahead: the first %zu were held fixed and "
                       "%zu others not; what those do to demand and to the price (or promotion) at "
                       "once is still in the estimates, so keep only the columns that can move "
                       "demand",
                       e->n_covariates, e->n_covariates_left);
}

void skuai_effect_reason(const skuai_effect_item *item, int treatment, bool chinese, char *text,
                         size_t size) {
    const skuai_effect *e = &item->effect[treatment];
    const char *say = "";
    switch (e->known) {
    case SKUAI_EFFECT_CONSTANT:
        say = chinese
                  ? "该商品的价格从未变动，数据无法说明其影响；可在一半渠道或隔周将价格调整 "
                    "5%–10%，持续四周，再作判断"
                  : "it never moved, so the data cannot tell what it does; move it by 5 to 10 % "
                    "in half of the channels, or every second week, for four weeks";
        break;
    case SKUAI_EFFECT_ALIASED:
        say = chinese
                  ? "它只与促销同时变动，数据无法区分两者；可做一次不打折的促销，或一次不宣传的降价"
                  : "it moved only together with promotions, so the data cannot tell the two "
                    "apart; run a promotion without a price cut, or a cut without a promotion";
        break;
    case SKUAI_EFFECT_THIN:
        say = chinese
                  ? "销量太少，数据无法说明；可延长观察期，或与同类商品一起试验"
                  : "too little was sold to tell; watch longer, or try it on the whole category";
        break;
    case SKUAI_EFFECT_STILL:
        say =
            chinese
                ? "变动太小，现有销量不足以判断其影响；可在一半渠道或隔周将价格调整 "
                  "5%–10%，持续八周"
                : "it hardly moved, and so small a movement drowns in what sells by chance; move "
                  "it by 5 to 10 % in half of the channels, or every second week, for eight weeks";
        break;
    case SKUAI_EFFECT_BORROWED:
    case SKUAI_EFFECT_KNOWN:
        break;
    }
    (void)snprintf(text, size, "%s", say);
}
