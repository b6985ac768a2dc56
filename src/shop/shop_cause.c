/* cause: effects of prices and promotions, refutations, and the graph of what drives what. */
#include "core/file.h"
#include "shop/cause_event.h"
#include "shop/cause_items.h"
#include "shop/cause_page.h"
#include "shop/history.h"
#include "shop/shop_panel.h"

#include "cause/effect.h"
#include "cause/granger.h"
#include "cause/pcmci.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SERIES_MOST = 12, NAME_SIZE = 64 };

/* -- Series of the whole shop -------------------------------------------------------------------
 */

/* What the shop did in each period: demand, price level, promotions, availability, and the demand
 * of its largest categories. */
typedef struct shop_series {
    size_t n, length;
    double *values[SERIES_MOST]; /* [length] each */
    char names[SERIES_MOST][NAME_SIZE];
    const char *name[SERIES_MOST];
    double *memory;
} shop_series;

static bool moves(const double *x, size_t n) {
    double low = INFINITY, high = -INFINITY;
    for (size_t t = 0; t < n; t++)
        if (isfinite(x[t])) low = fmin(low, x[t]), high = fmax(high, x[t]);
    return high - low > 1e-9 * (1 + fabs(high));
}

static void add_series(shop_series *s, const char *name, const double *x) {
    if (s->n == SERIES_MOST || !moves(x, s->length)) return;
    memcpy(s->values[s->n], x, s->length * sizeof *x);
    (void)snprintf(s->names[s->n], NAME_SIZE, "%s", name);
    s->name[s->n] = s->names[s->n];
    s->n++;
}

/* Mean of a covariate over the series on sale, less each series' own mean; log: of its logarithm.
 */
static void mean_covariate(const skuai_panel *panel, const float *values, bool log_scale,
                           int64_t origin, size_t length, double *out, double *count) {
    memset(out, 0, length * sizeof *out);
    memset(count, 0, length * sizeof *count);
    for (size_t s = 0; s < panel->n_series; s++) {
        double sum = 0, n = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t t = 0; t < panel->length[s]; t++) {
                double x = (double)values[panel->row[s] + t];
                if (!isfinite(x) || (log_scale && !(x > 0))) continue;
                if (log_scale) x = log(x);
                size_t at = (size_t)(panel->start[s] - origin) + t;
                if (pass == 0) {
                    sum += x;
                    n++;
                } else {
                    out[at] += x - (log_scale ? sum / n : 0);
                    count[at]++;
                }
            }
    }
    for (size_t t = 0; t < length; t++)
        out[t] = count[t] > 0 ? out[t] / count[t] : (double)NAN;
}

static void sum_demand(const skuai_panel *panel, const skuai_static *of, int32_t level,
                       int64_t origin, size_t length, double *out) {
    memset(out, 0, length * sizeof *out);
    for (size_t s = 0; s < panel->n_series; s++) {
        if (of && of->codes[panel->base[s]] != level) continue;
        for (size_t t = 0; t < panel->length[s]; t++) {
            double y = panel->target[panel->row[s] + t];
            if (isfinite(y)) out[(size_t)(panel->start[s] - origin) + t] += y;
        }
    }
    for (size_t t = 0; t < length; t++)
        out[t] = log(1 + fmax(0, out[t]));
}

static void fill_series(const skuai_panel *panel, int64_t origin, shop_series *s, double *x,
                        double *count) {
    static const char *const covariates[] = {"price", "promotion", "calendar", "holiday",
                                             "festival"};
    size_t length = s->length, category = skuai_panel_static_find(panel, "category1");
    sum_demand(panel, NULL, 0, origin, length, x);
    add_series(s, "demand", x);
    for (size_t k = 0; k < sizeof covariates / sizeof *covariates; k++) {
        size_t at = skuai_panel_dynamic_find(panel, covariates[k]);
        if (at == SIZE_MAX) continue;
        mean_covariate(panel, panel->dynamic[at].values, k == 0, origin, length, x, count);
        add_series(s, covariates[k], x);
    }
    if (panel->available) {
        mean_covariate(panel, panel->available, false, origin, length, x, count);
        add_series(s, "availability", x);
    }
    if (category == SIZE_MAX || !panel->statics[category].codes) return;
    const skuai_static *c = &panel->statics[category];
    for (size_t g = 0; g < c->n_levels && c->n_levels > 1; g++) {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "demand of %.40s", c->levels[g]);
        sum_demand(panel, c, (int32_t)g, origin, length, x);
        add_series(s, name, x);
    }
}

static skua_status make_series(const skuai_panel *panel, shop_series *s, skua_error *err) {
    int64_t origin = INT64_MAX, end = INT64_MIN;
    *s = (shop_series){0};
    for (size_t i = 0; i < panel->n_series; i++) {
        if (panel->length[i] == 0) continue;
        if (panel->start[i] < origin) origin = panel->start[i];
        if (skuai_panel_end(panel, i) > end) end = skuai_panel_end(panel, i);
    }
    if (end <= origin) return skuai_error_set(err, SKUA_EDATA, "there is no history");
    s->length = (size_t)(end - origin);
    s->memory = skuai_new((SERIES_MOST + 2) * s->length, sizeof *s->memory);
    if (!s->memory) return skuai_error_memory(err, "the shop's series");
    for (size_t k = 0; k < SERIES_MOST; k++)
        s->values[k] = s->memory + k * s->length;
    fill_series(panel, origin, s, s->memory + SERIES_MOST * s->length,
                s->memory + (SERIES_MOST + 1) * s->length);
    return SKUA_OK;
}

static size_t find_name(const shop_series *s, const char *name, size_t length) {
    for (size_t k = 0; k < s->n; k++)
        if (strlen(s->name[k]) == length && strncmp(s->name[k], name, length) == 0) return k;
    return SIZE_MAX;
}

/* What the user says cannot be: "demand>price,price>promotion". At lag 0 only where links inside a
 * period have directions. */
static skua_status forbid(const shop_series *s, const char *list, size_t lags, bool inside,
                          bool *forbidden, skua_error *err) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ","), first = strcspn(at, ">,");
        size_t from = find_name(s, at, first), to = SIZE_MAX;
        if (first < length) to = find_name(s, at + first + 1, length - first - 1);
        if (from == SIZE_MAX || to == SIZE_MAX || from == to) {
            char known[400] = "";
            for (size_t k = 0, n = 0; k < s->n && n < sizeof known - 80; k++)
                n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", k ? ", " : "",
                                      s->name[k]);
            return skuai_error_set(err, SKUA_ECONFIG, "--forbid %.80s: write A>B, both of: %s",
                                   list, known);
        }
        for (size_t lag = inside ? 0 : 1; lag <= lags; lag++)
            forbidden[(from * s->n + to) * (lags + 1) + lag] = true;
        at += length + (at[length] == ',');
    }
    return SKUA_OK;
}

/* Calendars, prices and promotions are set by the shop or the year: today's demand does not cause
 * them. Weekdays are taken out, for a week repeats whatever anybody does. */
static skua_status make_graph(const skuai_panel *panel, const char *method, const char *cannot,
                              const skuai_context *context, skuai_causal_graph **graph,
                              skua_error *err) {
    shop_series s;
    SKUA_TRY(make_series(panel, &s, err));
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    bool distance = strcmp(method, "distance") == 0, granger = strcmp(method, "granger") == 0;
    o.plus = strcmp(method, "pcmci+") == 0;
    if (o.plus) o.alpha = 0.01; /* of single tests: it has no false discovery rate */
    o.selection_alpha = 0.2;
    o.fdr = !o.plus;
    o.test = distance                        ? SKUAI_PCMCI_DISTANCE
             : strcmp(method, "spline") == 0 ? SKUAI_PCMCI_SPLINE
                                             : SKUAI_PCMCI_CORRELATION;
    o.bootstrap =
        distance || o.plus ? 0 : 50; /* a sample of those tests takes as long as the graph */
    o.lags = panel->season > 4 && panel->season <= 8 ? (size_t)panel->season : 3;
    size_t season =
        panel->season > 1 && s.length > 4 * (size_t)panel->season ? (size_t)panel->season : 1;
    for (size_t k = 0; k < s.n; k++)
        for (size_t phase = 0; phase < season; phase++) {
            double sum = 0, n = 0;
            for (size_t t = phase; t < s.length; t += season)
                if (isfinite(s.values[k][t])) sum += s.values[k][t], n++;
            for (size_t t = phase; t < s.length; t += season)
                s.values[k][t] -= n > 0 ? sum / n : 0;
        }
    size_t cells = s.n * s.n * (o.lags + 1);
    bool *forbidden = skuai_zero(cells, sizeof *forbidden);
    skua_status status = forbidden ? SKUA_OK : skuai_error_memory(err, "a causal graph");
    static const char *const set[] = {"price", "promotion", "calendar", "holiday", "festival"};
    for (size_t j = 0; j < s.n && forbidden; j++)
        for (size_t k = 0; k < 5; k++)
            for (size_t i = 0; strcmp(s.name[j], set[k]) == 0 && i < s.n; i++)
                for (size_t lag = 0; lag <= o.lags && i != j; lag++)
                    forbidden[(i * s.n + j) * (o.lags + 1) + lag] = lag > 0 || k >= 2;
    o.forbidden = forbidden;
    if (status == SKUA_OK) status = forbid(&s, cannot, o.lags, o.plus, forbidden, err);
    if (status == SKUA_OK) {
        const double *columns[SERIES_MOST];
        for (size_t k = 0; k < s.n; k++)
            columns[k] = s.values[k];
        skuai_granger_options var = {.lags = o.lags, .alpha = o.alpha, .forbidden = forbidden};
        status = granger ? skuai_granger_run(columns, s.n, s.length, s.name, &var, graph, err)
                         : skuai_pcmci_run(columns, s.n, s.length, s.name, &o, context, graph, err);
    }
    skuai_free(forbidden);
    skuai_free(s.memory);
    return status;
}

/* -- The verb -----------------------------------------------------------------------------------
 */

/* Effects that nobody's data tell, neither an item's nor all together, become a sentence. */
static void refuse_unknown(bool promotion, skuai_effects **effects, skuai_cause_note *note) {
    const skuai_effects *e = *effects;
    char reason[2][320] = {"", ""};
    if (!e || !isnan(e->pooled[0].value)) return;
    for (size_t i = 0; i < e->n_items && !*reason[0]; i++)
        for (int zh = 0; zh < 2 && e->items[i].effect[0].known == e->pooled[0].known; zh++)
            skuai_effect_reason(&e->items[i], 0, zh, reason[zh], sizeof reason[zh]);
    (void)snprintf(note->english, sizeof note->english,
                   "The effect of %s cannot be known, for no item and not for all %zu together. "
                   "For most: %s.",
                   promotion ? "promotions" : "prices", e->n_items, reason[0]);
    (void)snprintf(note->chinese, sizeof note->chinese,
                   "%s的作用无法得知：单个商品不行，%zu 个商品合在一起也不行。多数商品的原因：%s。",
                   promotion ? "促销" : "价格", e->n_items, reason[1]);
    skuai_effects_free(*effects);
    *effects = NULL;
}

/* What an estimate that was refused said, and the same in Chinese. */
static void note_refusal(const skuai_panel *panel, const skuai_effect_options *o, bool promotion,
                         const skua_error *said, skuai_cause_note *note) {
    (void)snprintf(note->english, sizeof note->english, "%s", said->message);
    if (!skuai_effect_lacks(panel, o, promotion, true, note->chinese, sizeof note->chinese))
        (void)snprintf(note->chinese, sizeof note->chinese, "现有数据不足以估计其作用");
}

static skua_status estimate(const skuai_panel *panel, const skuai_context *context,
                            skuai_cause_answer *a, skua_error *err) {
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skua_error first = {0}, second = {0};
    size_t n = skuai_panel_static_find(panel, "category2");
    if (n == SIZE_MAX) o.category = "category1";
    skua_status price = skuai_effect_price(panel, &o, context, &a->price, &first);
    skua_status promotion = price == SKUA_OK || price == SKUA_EDATA
                                ? skuai_effect_promotion(panel, &o, context, &a->promotion, &second)
                                : price;
    if (price != SKUA_OK && (promotion != SKUA_OK || price != SKUA_EDATA))
        return skuai_error_set(err, price, "%s", first.message);
    if (promotion != SKUA_OK && promotion != SKUA_EDATA)
        return skuai_error_set(err, promotion, "%s", second.message);
    if (!a->price) note_refusal(panel, &o, false, &first, &a->price_note);
    if (!a->promotion) note_refusal(panel, &o, true, &second, &a->promotion_note);
    refuse_unknown(false, &a->price, &a->price_note);
    refuse_unknown(true, &a->promotion, &a->promotion_note);
    if (a->price)
        SKUA_TRY(skuai_effect_refute(panel, &o, false, a->price, context, &a->price_refuted, err));
    if (a->promotion)
        SKUA_TRY(skuai_effect_refute(panel, &o, true, a->promotion, context, &a->promotion_refuted,
                                     err));
    return SKUA_OK;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* A page; or the graph alone where the name asks for one: .dot, .svg, .json. */
static skua_status write_page(const skuai_cause_answer *a, const char *output, skua_error *err) {
    skuai_buffer page;
    void (*graph)(const skuai_causal_graph *, skuai_buffer *) =
        ends_with(output, ".dot")    ? skuai_causal_graph_dot
        : ends_with(output, ".svg")  ? skuai_causal_graph_svg
        : ends_with(output, ".json") ? skuai_causal_graph_json
                                     : NULL;
    if (graph && !a->graph)
        return skuai_error_set(err, SKUA_EDATA, "there is no graph to write: %s",
                               a->graph_note.english);
    skuai_buffer_init(&page, SIZE_MAX);
    if (graph)
        graph(a->graph, &page);
    else
        skuai_cause_page(a, &page);
    skua_status status = skuai_buffer_check(&page, err);
    if (status == SKUA_OK) status = skuai_file_write(output, page.data, page.size, err);
    skuai_buffer_clear(&page);
    return status;
}

/* What the settings ask for in place of effects and graph: an event, or the graph of items. */
static bool asks_otherwise(const skua_shop *shop) {
    return *skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_event) ||
           strcmp(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_graph), "items") == 0;
}

static skua_status check_settings(const skua_shop *shop, const char *output, skua_error *err) {
    bool event = *skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_event);
    bool parts = *skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_event_end) ||
                 *skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_treated) ||
                 skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_before) > 0;
    if (parts && !event)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "--treated, --event-end and --before belong to --event DATE");
    if (output && asks_otherwise(shop))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "there is no page of an event or of the graph of items: --json has "
                               "all of it, and the table item_links the links");
    return SKUA_OK;
}

static skua_status answer_otherwise(const skua_shop *shop, const skuai_panel *panel,
                                    const skuai_context *context, const char *name, char **report,
                                    skua_error *err) {
    skuai_report r;
    skuai_store *store = NULL;
    skua_status status;
    skuai_report_begin(&r, "cause");
    skuai_json_text(&r.json, "name", name);
    if (*skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_event)) {
        status = skuai_shop_store(shop, SKUAI_STORE_READ, &store, err);
        if (status == SKUA_OK)
            status = skuai_cause_event(shop, store, panel, context, &r.json, err);
        skuai_store_close(store);
    } else {
        status = skuai_cause_items(shop, panel, context, &r.json, err);
    }
    return skuai_report_end(&r, status, report, err);
}

skua_status skua_shop_cause(skua_shop *shop, const char *output, char **report, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_store *store = NULL;
    skuai_panel *panel = NULL;
    skuai_cause_answer answer = {0};
    SKUA_TRY(check_settings(shop, output, err));
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    answer.name = skuai_text_copy(skuai_store_setting(store, "name", ""));
    skua_status status = skuai_shop_panel(shop, store, true, &panel, err);
    if (status == SKUA_OK) status = skuai_titles_read(store, NULL, 0, &answer.titles, err);
    skuai_store_close(store);
    if (status == SKUA_OK && asks_otherwise(shop)) {
        status = answer_otherwise(shop, panel, &context, answer.name, report, err);
        skuai_table_free(answer.titles);
        skuai_free(answer.name);
        skuai_panel_free(panel);
        return status;
    }
    if (status == SKUA_OK) status = estimate(panel, &context, &answer, err);
    if (status == SKUA_OK) {
        skua_error none = {0};
        skua_status graph =
            make_graph(panel, skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_graph),
                       skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_forbid), &context,
                       &answer.graph, &none);
        if (graph != SKUA_OK && graph != SKUA_EDATA) {
            status = skuai_error_set(err, graph, "%s", none.message);
        } else if (graph == SKUA_EDATA) {
            (void)snprintf(answer.graph_note.english, sizeof answer.graph_note.english, "%s",
                           none.message);
            (void)snprintf(answer.graph_note.chinese, sizeof answer.graph_note.chinese,
                           "现有历史不足以判断谁先于谁：连续可用的时段太少，或某个序列从未变动；请"
                           "延长历史或减少序列");
        }
    }
    if (status == SKUA_OK && output) status = write_page(&answer, output, err);
    if (status == SKUA_OK) {
        skuai_report r;
        skuai_report_begin(&r, "cause");
        skuai_cause_json(&answer, output, &r.json);
        status = skuai_report_end(&r, SKUA_OK, report, err);
    }
    skuai_effects_free(answer.price);
    skuai_effects_free(answer.promotion);
    skuai_causal_graph_free(answer.graph);
    skuai_free(answer.name);
    skuai_table_free(answer.titles);
    skuai_panel_free(panel);
    return status;
}
