/* runs, compare, promote, rollback: what was tried, what of it is better, and which model
 * forecasts.
 */
#include "core/random.h"
#include "math/statistics.h"
#include "shop/model_version.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RUNS_MOST = 200, RESAMPLES = 2000 };

/* -- runs -------------------------------------------------------------------------------------- */

static const char list_sql[] =
    "SELECT r.run, strftime(r.started_at, '%Y-%m-%d %H:%M:%S'), r.kind, r.model, r.horizon, "
    "r.seconds, r.seed, r.data_hash, r.parameters, "
    "max(s.value) FILTER (s.metric = 'wql'), max(s.value) FILTER (s.metric = 'wape'), "
    "max(s.value) FILTER (s.metric = 'cover80') FROM runs r LEFT JOIN scores s ON s.run = r.run "
    "AND s.model = 'combination' AND s.item IS NULL GROUP BY ALL ORDER BY max(r.started_at) DESC, "
    "r.run "
    "DESC LIMIT 200";

static void put_run(skuai_json_writer *w, const skuai_table *t, size_t i, const char *current) {
    static const char *const texts[] = {"run", "started", "kind", "model"};
    static const char *const numbers[] = {"wql", "wape", "cover80"};
    const skuai_column *c = t->columns;
    skuai_json_object(w, NULL);
    for (size_t k = 0; k < 4; k++)
        skuai_json_text(w, texts[k], c[k].texts[i]);
    skuai_json_integer(w, "horizon", c[4].integers[i]);
    skuai_json_number(w, "seconds", c[5].doubles[i]);
    skuai_json_integer(w, "seed", c[6].integers[i]);
    skuai_json_text(w, "data_hash", c[7].texts[i]);
    if (c[8].texts[i]) skuai_json_raw(w, "parameters", c[8].texts[i]);
    for (size_t k = 0; k < 3; k++)
        if (!isnan(c[9 + k].doubles[i])) skuai_json_number(w, numbers[k], c[9 + k].doubles[i]);
    bool train = c[2].texts[i] && strcmp(c[2].texts[i], "train") == 0;
    skuai_json_bool(w, "current",
                    train && c[3].texts[i] && *current && strcmp(c[3].texts[i], current) == 0);
    skuai_json_close(w);
}

skua_status skua_shop_runs(skua_shop *shop, char **report, skua_error *err) {
    skuai_store *store = NULL;
    skuai_table *table = NULL;
    skuai_report r;
    char current[SKUAI_MODEL_NAME];
    SKUA_TRY(skuai_model_current(shop, current, err));
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_store_query(store, list_sql, NULL, 0, &table, err);
    skuai_store_close(store);
    SKUA_TRY(status);
    skuai_report_begin(&r, "runs");
    skuai_json_text(&r.json, "current", current);
    skuai_json_array(&r.json, "runs");
    for (size_t i = 0; i < table->n_rows && i < RUNS_MOST; i++)
        put_run(&r.json, table, i, current);
    skuai_json_close(&r.json);
    skuai_table_free(table);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

/* -- compare ----------------------------------------------------------------------------------- */

/* A run by its name, or the latest training that made a model of that name. */
static skua_status find_run(skuai_store *store, const char *name, char run[64], skua_error *err) {
    skuai_table *table = NULL;
    const skuai_value values[] = {skuai_value_text(name), skuai_value_text(name)};
    SKUA_TRY(skuai_store_query(store,
                               "SELECT run FROM runs WHERE run = ? OR (model = ? AND kind = "
                               "'train') ORDER BY started_at DESC LIMIT 1",
                               values, 2, &table, err));
    skua_status status = SKUA_OK;
    if (table->n_rows == 0)
        status = skuai_error_set(err, SKUA_ENOTFOUND,
                                 "no run '%.60s': 'skua runs' lists them, or name a model as 0001",
                                 name);
    else
        (void)snprintf(run, 64, "%s", table->columns[0].texts[0]);
    skuai_table_free(table);
    return status;
}

static skua_status put_scores(skuai_store *store, skuai_json_writer *w, const char *a,
                              const char *b, skua_error *err) {
    static const char sql[] =
        "SELECT model, metric, max(value) FILTER (run = $1), max(value) FILTER (run = $2) FROM "
        "scores WHERE run IN ($1, $2) AND item IS NULL GROUP BY model, metric ORDER BY model = "
        "'combination' DESC, model, metric";
    skuai_table *t = NULL;
    const skuai_value values[] = {skuai_value_text(a), skuai_value_text(b)};
    SKUA_TRY(skuai_store_query(store, sql, values, 2, &t, err));
    skuai_json_array(w, "scores");
    for (size_t i = 0; i < t->n_rows; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "model", t->columns[0].texts[i]);
        skuai_json_text(w, "metric", t->columns[1].texts[i]);
        if (!isnan(t->columns[2].doubles[i])) skuai_json_number(w, "a", t->columns[2].doubles[i]);
        if (!isnan(t->columns[3].doubles[i])) skuai_json_number(w, "b", t->columns[3].doubles[i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_table_free(t);
    return SKUA_OK;
}

/* The difference of WQL (b less a) over the series that both tested, with its 95 % interval by
 * bootstrap over series. */
static skua_status put_difference(skuai_store *store, skuai_json_writer *w, const char *a,
                                  const char *b, uint64_t seed, skua_error *err) {
    static const char sql[] =
        "SELECT x.value, y.value, u.value, v.value FROM scores x JOIN scores y USING (item, "
        "channel) JOIN scores u USING (item, channel) JOIN scores v USING (item, channel) WHERE "
        "x.run = $1 AND u.run = $1 AND y.run = $2 AND v.run = $2 AND x.metric = 'pinball' AND "
        "y.metric = 'pinball' AND u.metric = 'weight' AND v.metric = 'weight' ORDER BY item, "
        "channel";
    skuai_table *t = NULL;
    const skuai_value values[] = {skuai_value_text(a), skuai_value_text(b)};
    SKUA_TRY(skuai_store_query(store, sql, values, 2, &t, err));
    double *sample = skuai_new(RESAMPLES, sizeof *sample), sums[4] = {0};
    skua_status status = sample ? SKUA_OK : skuai_error_memory(err, "a comparison");
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t i = 0; i < t->n_rows; i++)
        for (size_t k = 0; k < 4; k++)
            sums[k] += t->columns[k].doubles[i];
    for (size_t n = 0; status == SKUA_OK && t->n_rows > 0 && n < RESAMPLES; n++) {
        double s[4] = {0};
        for (size_t i = 0; i < t->n_rows; i++) {
            size_t j = skuai_random_index(&random, t->n_rows);
            for (size_t k = 0; k < 4; k++)
                s[k] += t->columns[k].doubles[j];
        }
        sample[n] = s[1] / fmax(s[3], 1e-12) - s[0] / fmax(s[2], 1e-12);
    }
    skuai_json_integer(w, "series", (int64_t)t->n_rows);
    if (status == SKUA_OK && t->n_rows > 0) {
        skuai_sort(sample, RESAMPLES);
        double low = skuai_quantile_sorted(sample, RESAMPLES, 0.025);
        double high = skuai_quantile_sorted(sample, RESAMPLES, 0.975);
        skuai_json_number(w, "difference",
                          sums[1] / fmax(sums[3], 1e-12) - sums[0] / fmax(sums[2], 1e-12));
        skuai_json_number(w, "low", low);
        skuai_json_number(w, "high", high);
        skuai_json_text(w, "verdict",
                        high < 0  ? "b is better"
                        : low > 0 ? "a is better"
                                  : "no difference beyond noise");
    }
    skuai_free(sample);
    skuai_table_free(t);
    return status;
}

skua_status skua_shop_compare(skua_shop *shop, const char *first, const char *second, char **report,
                              skua_error *err) {
    skuai_store *store = NULL;
    skuai_report r;
    char a[64], b[64];
    uint64_t seed = (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed);
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = find_run(store, first, a, err);
    if (status == SKUA_OK) status = find_run(store, second, b, err);
    if (status != SKUA_OK) {
        skuai_store_close(store);
        return status;
    }
    skuai_report_begin(&r, "compare");
    skuai_json_text(&r.json, "a", a);
    skuai_json_text(&r.json, "b", b);
    status = put_difference(store, &r.json, a, b, seed, err);
    if (status == SKUA_OK) status = put_scores(store, &r.json, a, b, err);
    skuai_store_close(store);
    return skuai_report_end(&r, status, report, err);
}

/* -- promote, rollback ------------------------------------------------------------------------- */

static skua_status report_current(const char *verb, const char *name, const char *before,
                                  char **report, skua_error *err) {
    skuai_report r;
    skuai_report_begin(&r, verb);
    skuai_json_text(&r.json, "current", name);
    skuai_json_text(&r.json, "before", before);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

skua_status skua_shop_promote(skua_shop *shop, const char *model, char **report, skua_error *err) {
    char before[SKUAI_MODEL_NAME];
    SKUA_TRY(skuai_model_current(shop, before, err));
    SKUA_TRY(skuai_model_promote(shop, model, err));
    return report_current("promote", model, before, report, err);
}

skua_status skua_shop_rollback(skua_shop *shop, char **report, skua_error *err) {
    char before[SKUAI_MODEL_NAME], name[SKUAI_MODEL_NAME];
    SKUA_TRY(skuai_model_current(shop, before, err));
    SKUA_TRY(skuai_model_rollback(shop, name, err));
    return report_current("rollback", name, before, report, err);
}
