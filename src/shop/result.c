#include "shop/result.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

char *skuai_level_name(double level, char *name) {
    double percent = 100 * level;
    if (fabs(percent - round(percent)) < 1e-9) {
        (void)snprintf(name, 16, "q%02.0f", percent);
        return name;
    }
    (void)snprintf(name, 16, "q%06.3f", percent); /* q02.500 */
    size_t n = strlen(name);
    while (n > 1 && name[n - 1] == '0')
        name[--n] = '\0';
    char *point = strchr(name, '.');
    if (point) *point = '_';
    return name;
}

skua_status skuai_run_levels(skuai_store *store, const char *run, double *levels, size_t *n_levels,
                             skuai_buffer *sql, skua_error *err) {
    skuai_table *columns = NULL;
    skuai_value value = skuai_value_text(run);
    SKUA_TRY(
        skuai_store_query(store,
                          "SELECT column_name FROM information_schema.columns WHERE table_name = "
                          "'forecasts' AND regexp_matches(column_name, '^q[0-9]{2}(_[0-9]+)?$') "
                          "ORDER BY column_name",
                          NULL, 0, &columns, err));
    skua_status status = SKUA_OK;
    *n_levels = 0;
    for (size_t i = 0; i < columns->n_rows && status == SKUA_OK; i++) {
        const char *name = columns->columns[0].texts[i];
        char count[256], number[16];
        double filled = 0;
        (void)snprintf(count, sizeof count, "SELECT count(%s) FROM forecasts WHERE run = ?", name);
        status = skuai_store_number(store, count, &value, 1, &filled, NULL, err);
        if (status != SKUA_OK || !(filled > 0) || *n_levels == SKUAI_LEVELS_MOST) continue;
        (void)snprintf(number, sizeof number, "%s", name + 1);
        char *mark = strchr(number, '_');
        if (mark) *mark = '.';
        levels[(*n_levels)++] = strtod(number, NULL) / 100;
        (void)skuai_buffer_format(sql, ", %s", name);
    }
    skuai_table_free(columns);
    return status;
}

const char *skuai_series_text(const skuai_panel *panel, size_t s, const char *name,
                              const char *fallback) {
    size_t k = skuai_panel_static_find(panel, name);
    if (k == SIZE_MAX || !panel->statics[k].codes) return fallback;
    int32_t code = panel->statics[k].codes[panel->base[s]];
    return code < 0 ? fallback : panel->statics[k].levels[code];
}

/* -- Runs ---------------------------------------------------------------------------------------
 */

void skuai_run_begin(skuai_run *run, const char *kind, uint64_t seed) {
    struct timespec now;
    struct tm utc;
    *run = (skuai_run){.kind = kind, .seed = seed, .started = skuai_clock(), .frequency = ""};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (!gmtime_r(&now.tv_sec, &utc)) memset(&utc, 0, sizeof utc);
    (void)snprintf(run->name, sizeof run->name, "%s-%04d%02d%02dT%02d%02d%02d-%06ld", kind,
                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                   utc.tm_sec, now.tv_nsec / 1000);
}

/* The settings that are not at their default, as a JSON object. */
static void put_parameters(const skua_shop *shop, skuai_buffer *buffer) {
    skuai_json_writer w;
    skuai_json_begin(&w, buffer);
    skuai_json_object(&w, NULL);
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++)
        if (shop->config.value[k].origin != SKUAI_ORIGIN_DEFAULT)
            skuai_json_text(&w, skuai_config_entry_at((skuai_config_key)k)->key,
                            shop->config.value[k].text);
    skuai_json_close(&w);
}

skua_status skuai_run_write(const skua_shop *shop, skuai_store *store, const skuai_run *run,
                            skua_error *err) {
    skuai_buffer parameters;
    skuai_buffer_init(&parameters, 1 << 20);
    put_parameters(shop, &parameters);
    skua_status status = skuai_buffer_check(&parameters, err);
    const skuai_value values[] = {
        skuai_value_text(run->name),
        skuai_value_text(run->kind),
        skuai_value_text(run->model),
        skuai_value_text(skuai_buffer_view(&parameters)),
        skuai_value_integer((int64_t)run->seed),
        skuai_value_text(run->frequency),
        skuai_value_integer((int64_t)run->horizon),
        skuai_value_double(skuai_clock() - run->started),
        skuai_value_text(run->note),
        skuai_value_text(run->data_hash[0] ? run->data_hash : NULL),
    };
    if (status == SKUA_OK)
        status = skuai_store_run(
            store,
            "INSERT INTO runs(run, started_at, kind, model, parameters, seed, frequency, horizon, "
            "seconds, status, note, data_hash) VALUES (?, now() AT TIME ZONE 'UTC', ?, ?, ?, ?, ?, "
            "?, ?, 'done', ?, ?)",
            values, sizeof values / sizeof *values, NULL, err);
    skuai_buffer_clear(&parameters);
    return status;
}

skua_status skuai_scores_write(skuai_store *store, const skuai_run *run, const char *leaderboard,
                               skua_error *err) {
    static const char *const metrics[] = {"wql",  "wape", "mase", "rmsse",   "wrmsse", "smape",
                                          "mape", "sql",  "bias", "cover80", "pit_ks", "seconds"};
    enum { METRICS = sizeof metrics / sizeof *metrics };
    skuai_json *rows = NULL;
    SKUA_TRY(skuai_json_parse(leaderboard, strlen(leaderboard), &rows, err));
    size_t n = skuai_json_size(rows), used = 0;
    const char **texts = skuai_new(3 * n * METRICS, sizeof *texts);
    double *numbers = skuai_new(n * METRICS, sizeof *numbers);
    const char **run_name = texts, **model = texts + n * METRICS,
               **metric = texts + 2 * n * METRICS;
    skua_status status = texts && numbers ? SKUA_OK : skuai_error_memory(err, "scores");
    for (size_t i = 0; i < n && status == SKUA_OK; i++)
        for (size_t k = 0; k < METRICS; k++) {
            const skuai_json *row = skuai_json_at(rows, i);
            double x = skuai_json_as_number(skuai_json_get(row, metrics[k]), (double)NAN);
            if (isnan(x)) continue;
            run_name[used] = run->name;
            model[used] = skuai_json_as_text(skuai_json_get(row, "name"), "");
            metric[used] = metrics[k];
            numbers[used++] = x;
        }
    const skuai_column columns[] = {
        {.name = "run", .type = SKUAI_COLUMN_TEXT, .texts = run_name},
        {.name = "model", .type = SKUAI_COLUMN_TEXT, .texts = model},
        {.name = "metric", .type = SKUAI_COLUMN_TEXT, .texts = metric},
        {.name = "value", .type = SKUAI_COLUMN_DOUBLE, .doubles = numbers},
    };
    if (status == SKUA_OK) status = skuai_store_append(store, "scores", columns, 4, used, err);
    skuai_free(texts);
    skuai_free(numbers);
    skuai_json_free(rows);
    return status;
}

skua_status skuai_series_scores_write(skuai_store *store, const skuai_run *run,
                                      const skuai_panel *panel, const double *pinball,
                                      const double *weight, skua_error *err) {
    size_t most = 2 * panel->n_series, n = 0;
    const char **texts = skuai_new(5 * most, sizeof *texts);
    double *numbers = skuai_new(most, sizeof *numbers);
    skua_status status = texts && numbers ? SKUA_OK : skuai_error_memory(err, "scores");
    for (size_t s = 0; s < panel->n_series && status == SKUA_OK; s++) {
        if (isnan(pinball[s])) continue;
        for (int k = 0; k < 2; k++, n++) {
            texts[n] = run->name;
            texts[most + n] = "combination";
            texts[2 * most + n] = skuai_series_text(panel, s, "item", skuai_panel_name(panel, s));
            texts[3 * most + n] = skuai_series_text(panel, s, "channel", "");
            texts[4 * most + n] = k ? "weight" : "pinball";
            numbers[n] = k ? weight[s] : pinball[s];
        }
    }
    static const char *const names[] = {"run", "model", "item", "channel", "metric"};
    skuai_column columns[6] = {
        [5] = {.name = "value", .type = SKUAI_COLUMN_DOUBLE, .doubles = numbers}};
    for (size_t k = 0; k < 5 && status == SKUA_OK; k++)
        columns[k] =
            (skuai_column){.name = names[k], .type = SKUAI_COLUMN_TEXT, .texts = texts + k * most};
    if (status == SKUA_OK && n > 0)
        status = skuai_store_append(store, "scores", columns, 6, n, err);
    skuai_free(texts);
    skuai_free(numbers);
    return status;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n) {
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ b[i]) * 1099511628211U; /* FNV-1a */
    return hash;
}

void skuai_panel_hash(const skuai_panel *p, char *text) {
    uint64_t hash = 14695981039346656037U;
    for (size_t s = 0; s < p->n_series; s++) {
        const char *name = skuai_panel_name(p, s);
        hash = hash_bytes(hash, name, strlen(name));
        hash = hash_bytes(hash, &p->start[s], sizeof p->start[s]);
        hash = hash_bytes(hash, skuai_panel_target(p, s), p->length[s] * sizeof(double));
    }
    for (size_t k = 0; k < p->n_dynamic; k++)
        hash = hash_bytes(hash, p->dynamic[k].values, p->n_rows * sizeof(float));
    (void)snprintf(text, 24, "%016llx", (unsigned long long)hash);
}

/* -- Forecasts ------------------------------------------------------------------------------------
 */

enum { SERIES_A_TIME = 1000, COLUMNS_MOST = SKUAI_LEVELS_MOST + 8 };

static skua_status add_columns(skuai_store *store, const skuai_forecast *f, skua_error *err) {
    SKUA_TRY(skuai_store_execute(
        store, "ALTER TABLE forecasts ADD COLUMN IF NOT EXISTS note VARCHAR", err));
    for (size_t q = 0; q < f->n_quantiles; q++) {
        char sql[128], name[16];
        (void)snprintf(sql, sizeof sql, "ALTER TABLE forecasts ADD COLUMN IF NOT EXISTS %s DOUBLE",
                       skuai_level_name(f->levels[q], name));
        SKUA_TRY(skuai_store_execute(store, sql, err));
    }
    return SKUA_OK;
}

/* Arrays of one part of the rows. */
typedef struct rows {
    const char **run, **item, **channel, **note;
    int64_t *ds;
    double *mean, *quantiles; /* [Q, most] */
    size_t n, most;
} rows;

static void fill(const skuai_run *run, const skuai_panel *panel, const skuai_forecast *f, size_t s,
                 rows *r) {
    const char *item = skuai_series_text(panel, s, "item", skuai_panel_name(panel, s));
    const char *channel = skuai_series_text(panel, s, "channel", "");
    for (size_t h = 0; h < f->horizon; h++, r->n++) {
        int64_t period = f->first[s] + (int64_t)h;
        r->run[r->n] = run->name;
        r->item[r->n] = item;
        r->channel[r->n] = channel;
        r->note[r->n] = f->note[s];
        r->ds[r->n] = skuai_period_first_day(&panel->grid, period) * 86400 +
                      3600 * skuai_period_hour(&panel->grid, period);
        r->mean[r->n] = *skuai_forecast_mean(f, s, h);
        for (size_t q = 0; q < f->n_quantiles; q++)
            r->quantiles[q * r->most + r->n] = skuai_forecast_quantiles(f, s, h)[q];
    }
}

static skua_status append_rows(skuai_store *store, const skuai_forecast *f, const rows *r,
                               skua_error *err) {
    skuai_column columns[COLUMNS_MOST];
    char names[SKUAI_LEVELS_MOST][16];
    size_t n = 0;
    columns[n++] = (skuai_column){.name = "run", .type = SKUAI_COLUMN_TEXT, .texts = r->run};
    columns[n++] = (skuai_column){.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = r->item};
    columns[n++] =
        (skuai_column){.name = "channel", .type = SKUAI_COLUMN_TEXT, .texts = r->channel};
    columns[n++] = (skuai_column){.name = "ds", .type = SKUAI_COLUMN_TIMESTAMP, .integers = r->ds};
    columns[n++] = (skuai_column){.name = "mean", .type = SKUAI_COLUMN_DOUBLE, .doubles = r->mean};
    columns[n++] = (skuai_column){.name = "note", .type = SKUAI_COLUMN_TEXT, .texts = r->note};
    for (size_t q = 0; q < f->n_quantiles; q++)
        columns[n++] = (skuai_column){.name = skuai_level_name(f->levels[q], names[q]),
                                      .type = SKUAI_COLUMN_DOUBLE,
                                      .doubles = r->quantiles + q * r->most};
    return skuai_store_append(store, "forecasts", columns, n, r->n, err);
}

skua_status skuai_forecast_write(skuai_store *store, const skuai_run *run, const skuai_panel *panel,
                                 const skuai_forecast *f, skua_error *err) {
    SKUA_TRY(add_columns(store, f, err));
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "forecasts");
    rows r = {.most = SERIES_A_TIME * f->horizon};
    r.run = skuai_arena_take(arena, 4 * r.most, sizeof *r.run);
    r.ds = skuai_arena_take(arena, r.most, sizeof *r.ds);
    r.mean = skuai_arena_take(arena, r.most, sizeof *r.mean);
    r.quantiles = skuai_arena_take(arena, r.most, f->n_quantiles * sizeof *r.quantiles);
    skua_status status = SKUA_OK;
    if (!r.run || !r.ds || !r.mean || !r.quantiles) {
        status = skuai_error_memory(err, "forecasts");
    } else {
        r.item = r.run + r.most;
        r.channel = r.item + r.most;
        r.note = r.channel + r.most;
    }
    for (size_t s = 0; s < f->n_series && status == SKUA_OK; s++) {
        fill(run, panel, f, s, &r);
        if ((s + 1) % SERIES_A_TIME != 0 && s + 1 < f->n_series) continue;
        status = append_rows(store, f, &r, err);
        r.n = 0;
    }
    skuai_arena_free(arena);
    return status;
}

skua_status skuai_forecast_export(skuai_store *store, const skuai_run *run, const skuai_forecast *f,
                                  const char *path, const char *format, skua_error *err) {
    size_t n = strlen(path);
    bool parquet = strcmp(format, "parquet") == 0 || (strcmp(format, "auto") == 0 && n > 8 &&
                                                      strcasecmp(path + n - 8, ".parquet") == 0);
    char beside[4096], name[16];
    int length = snprintf(beside, sizeof beside, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside)
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", path);
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    /* dates without a time where all are midnight */
    (void)skuai_buffer_text(&sql,
                            "COPY (SELECT item, channel, CASE WHEN ds = date_trunc('day', ds) "
                            "THEN strftime(ds, '%Y-%m-%d') ELSE strftime(ds, '%Y-%m-%dT%H:%M') "
                            "END AS ds, mean");
    for (size_t q = 0; q < f->n_quantiles; q++)
        (void)skuai_buffer_format(&sql, ", %s", skuai_level_name(f->levels[q], name));
    (void)skuai_buffer_text(&sql, ", note FROM forecasts WHERE run = ");
    skuai_sql_text(&sql, run->name);
    (void)skuai_buffer_text(&sql, " ORDER BY item, channel, forecasts.ds) TO ");
    skuai_sql_text(&sql, beside);
    (void)skuai_buffer_text(&sql, parquet ? " (FORMAT parquet)" : " (FORMAT csv, HEADER)");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_execute(store, sql.data, err);
    skuai_buffer_clear(&sql);
    if (status == SKUA_OK && rename(beside, path) != 0)
        status = skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(errno));
    if (status != SKUA_OK) (void)unlink(beside);
    return status;
}
