#include "core/calendar/holiday.h"
#include "store/panel_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY INT64_C(86400)

/* -- The future table
 * ------------------------------------------------------------------------------- */

void skuai_future_rows_clear(skuai_future_rows *future) {
    if (future->keys.arena) skuai_series_clear(&future->keys);
    skuai_free(future->key);
    skuai_free(future->period);
    skuai_free(future->values);
    skuai_free(future->first);
    skuai_free(future->names);
    *future = (skuai_future_rows){0};
}

/* Rows come in order of key and instant: those of one period are merged into their mean. */
typedef struct future_scan {
    skuai_panel_build *build;
    size_t capacity;
    float *count; /* [n_columns] values merged into the last row */
} future_scan;

static bool future_reserve(skuai_future_rows *f, future_scan *scan) {
    if (f->n_rows < scan->capacity) return true;
    size_t capacity = scan->capacity ? scan->capacity * 2 : 4096;
    uint32_t *key = skuai_resize(f->key, capacity, sizeof *key);
    if (key) f->key = key;
    int64_t *period = skuai_resize(f->period, capacity, sizeof *period);
    if (period) f->period = period;
    float *values = skuai_resize(f->values, capacity, f->n_columns * sizeof *values);
    if (values) f->values = values;
    if (!key || !period || !values) return false;
    scan->capacity = capacity;
    return true;
}

static skua_status take_future(void *user, const skuai_table *chunk, skua_error *err) {
    future_scan *scan = user;
    skuai_future_rows *f = &scan->build->future;
    for (size_t i = 0; i < chunk->n_rows; i++) {
        const char *item = chunk->columns[0].texts[i], *channel = chunk->columns[1].texts[i];
        uint64_t hash = skuai_series_hash(item, strlen(item), channel, strlen(channel));
        int64_t key =
            skuai_series_add(&f->keys, hash, item, strlen(item), channel, strlen(channel));
        int64_t period = skuai_build_period(&scan->build->grid, chunk->columns[2].integers[i]);
        if (key < 0 || !future_reserve(f, scan)) return skuai_error_memory(err, "the future table");
        size_t r = f->n_rows;
        bool same = r && f->key[r - 1] == (uint32_t)key && f->period[r - 1] == period;
        if (same) {
            r--;
        } else {
            f->key[r] = (uint32_t)key;
            f->period[r] = period;
            f->n_rows++;
            for (size_t k = 0; k < f->n_columns; k++)
                f->values[r * f->n_columns + k] = NAN, scan->count[k] = 0;
        }
        for (size_t k = 0; k < f->n_columns; k++) {
            float *cell = &f->values[r * f->n_columns + k],
                  value = (float)chunk->columns[3 + k].doubles[i];
            if (isnan(value)) continue;
            scan->count[k]++;
            *cell = isnan(*cell) ? value : *cell + (value - *cell) / scan->count[k];
        }
    }
    return SKUA_OK;
}

/* Its columns that hold something; the names live as long as the build. */
static skua_status future_columns(skuai_panel_build *b, skuai_buffer *sql, skua_error *err) {
    skuai_table *names, *counts = NULL;
    skuai_future_rows *f = &b->future;
    SKUA_TRY(skuai_store_query(
        b->store,
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'future_rows' "
        "AND NOT internal AND column_name NOT IN ('item', 'channel', 'ds', "
        "'known_at', 'file', 'line') ORDER BY column_index",
        NULL, 0, &names, err));
    skuai_buffer count;
    skuai_buffer_init(&count, 1 << 20);
    (void)skuai_buffer_text(&count, "SELECT 0");
    for (size_t k = 0; k < names->n_rows; k++) {
        (void)skuai_buffer_text(&count, ", count(");
        skuai_sql_identifier(&count, names->columns[0].texts[k]);
        (void)skuai_buffer_text(&count, ")");
    }
    (void)skuai_buffer_text(&count, " FROM future_rows");
    skua_status status = skuai_buffer_check(&count, err);
    if (status == SKUA_OK) status = skuai_store_query(b->store, count.data, NULL, 0, &counts, err);
    skuai_buffer_clear(&count);
    if (status == SKUA_OK) {
        f->names = skuai_new(names->n_rows, sizeof *f->names);
        if (!f->names) status = skuai_error_memory(err, "the future table");
    }
    for (size_t k = 0; status == SKUA_OK && k < names->n_rows; k++) {
        const char *name = names->columns[0].texts[k];
        if (counts->columns[k + 1].integers[0] == 0) continue;
        f->names[f->n_columns] = skuai_arena_text(b->arena, name, strlen(name));
        if (!f->names[f->n_columns++]) status = skuai_error_memory(err, "the future table");
        (void)skuai_buffer_text(sql, ", ");
        skuai_sql_identifier(sql, name);
        (void)skuai_buffer_text(sql, "::DOUBLE");
    }
    skuai_table_free(names);
    skuai_table_free(counts);
    return status;
}

/* Rows by key: they came in that order already, so first[] is enough. */
static skua_status index_future(skuai_future_rows *f, skua_error *err) {
    f->first = skuai_zero(f->keys.n + 1, sizeof *f->first);
    if (!f->first) return skuai_error_memory(err, "the future table");
    for (size_t r = 0; r < f->n_rows; r++)
        f->first[f->key[r] + 1] = r + 1;
    return SKUA_OK;
}

static skua_status read_future(skuai_panel_build *b, skua_error *err) {
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    (void)skuai_buffer_text(&sql, "SELECT coalesce(item, ''), coalesce(channel, ''), ds");
    skua_status status = future_columns(b, &sql, err);
    if (status == SKUA_OK && b->future.n_columns) {
        (void)skuai_buffer_text(&sql, " FROM ");
        skuai_build_future_source(b, &sql);
        (void)skuai_buffer_text(&sql, " ORDER BY ALL");
        future_scan scan = {.build = b};
        scan.count = skuai_arena_take_zero(b->arena, b->future.n_columns, sizeof *scan.count);
        if (!scan.count) status = skuai_error_memory(err, "the future table");
        if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
        if (status == SKUA_OK) status = skuai_series_init(&b->future.keys, err);
        if (status == SKUA_OK)
            status = skuai_store_scan(b->store, sql.data, NULL, 0, take_future, &scan, err);
        if (status == SKUA_OK) status = index_future(&b->future, err);
    }
    skuai_buffer_clear(&sql);
    return status;
}

skua_status skuai_build_future(skuai_panel_build *b, skua_error *err) {
    SKUA_TRY(read_future(b, err));
    skuai_buffer sql;
    skuai_buffer_init(&sql, 4096);
    (void)skuai_buffer_text(&sql, "SELECT scope, channel, \"from\", coalesce(\"to\", \"from\") AS "
                                  "\"to\", depth FROM ");
    skuai_build_promotions_source(b, &sql);
    (void)skuai_buffer_text(&sql, " WHERE \"from\" IS NOT NULL");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK)
        status = skuai_store_query(b->store, sql.data, NULL, 0, &b->promotions, err);
    skuai_buffer_clear(&sql);
    SKUA_TRY(status);
    return skuai_store_query(b->store,
                             "SELECT ds, channel FROM calendar GROUP BY ALL ORDER BY ds, channel",
                             NULL, 0, &b->calendar, err);
}

/* The four keys that say something about a series, the most particular first. */
static size_t future_keys(const skuai_future_rows *f, const char *item, const char *channel,
                          size_t found[static 4]) {
    const char *pairs[4][2] = {{item, channel}, {item, ""}, {"", channel}, {"", ""}};
    size_t n = 0;
    for (size_t i = 0; f->n_rows && i < 4; i++) {
        size_t m = strlen(pairs[i][0]), c = strlen(pairs[i][1]);
        uint64_t hash = skuai_series_hash(pairs[i][0], m, pairs[i][1], c);
        int64_t key = skuai_series_find(&f->keys, hash, pairs[i][0], m, pairs[i][1], c);
        if (key >= 0) found[n++] = (size_t)key;
    }
    return n;
}

void skuai_future_lay(const skuai_future_rows *f, const char *item, const char *channel,
                      int64_t start, size_t n, float *const *values) {
    size_t keys[4], n_keys = future_keys(f, item, channel, keys);
    for (size_t i = 0; i < n_keys; i++)
        for (size_t r = f->first[keys[i]]; r < f->first[keys[i] + 1]; r++) {
            int64_t t = f->period[r] - start;
            if (t < 0 || t >= (int64_t)n) continue;
            for (size_t k = 0; k < f->n_columns; k++) {
                float value = f->values[r * f->n_columns + k];
                if (isnan(values[k][t]) && !isnan(value)) values[k][t] = value;
            }
        }
}

int64_t skuai_future_last(const skuai_future_rows *f, const char *item, const char *channel) {
    size_t keys[4], n_keys = future_keys(f, item, channel, keys);
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < n_keys; i++)
        for (size_t r = f->first[keys[i]]; r < f->first[keys[i] + 1]; r++)
            if (f->period[r] > last) last = f->period[r];
    return last;
}

/* -- Promotions and calendar
 * ------------------------------------------------------------------------- */

/* Does a scope ("A1, A2", "food/tea", "*") name the item or a category above it? */
/* A path of categories with its levels parted by '/' alone: "Food > green tea" is "Food/green tea".
 * In place. */
static void path_normalise(char *path) {
    char *to = path;
    if (!strchr(path, '>')) return;
    for (const char *p = path; *p; p++) {
        if (*p != '>') {
            *to++ = *p;
            continue;
        }
        while (to > path && to[-1] == ' ')
            to--;
        *to++ = '/';
        while (p[1] == ' ' || p[1] == '>')
            p++;
    }
    *to = '\0';
}

/* Whether the m bytes of a scope name a category or one above it. */
static bool in_category(const char *category, const char *scope, size_t m) {
    char path[512];
    if (m >= sizeof path) return false;
    memcpy(path, scope, m);
    path[m] = '\0';
    path_normalise(path);
    m = strlen(path);
    return strncmp(category, path, m) == 0 && (category[m] == '\0' || category[m] == '/');
}

static bool in_scope(const char *scope, const char *item, const char *category) {
    if (!scope || !*scope || strcmp(scope, "*") == 0 || strcasecmp(scope, "all") == 0) return true;
    for (const char *p = scope; *p;) {
        p += strspn(p, " ,;|");
        size_t n = strcspn(p, ",;|"), m = n;
        while (m && p[m - 1] == ' ')
            m--;
        if (m && strlen(item) == m && memcmp(p, item, m) == 0) return true;
        if (m && category && in_category(category, p, m)) return true;
        p += n;
    }
    return false;
}

bool skuai_build_promotion(const skuai_panel_build *b, const char *item, const char *category,
                           const char *channel, int64_t start, size_t n, float *flag, float *depth,
                           float *display) {
    const skuai_column *c = b->promotions->columns;
    bool any = false;
    for (size_t t = 0; t < n; t++) { /* what a column of that name said stays, or grows */
        if (isnan(flag[t])) flag[t] = 0;
        if (isnan(depth[t])) depth[t] = 0;
        if (isnan(display[t])) display[t] = 0;
    }
    for (size_t i = 0; i < b->promotions->n_rows; i++) {
        const char *where = c[1].texts[i];
        if (where && *where && strcmp(where, channel) != 0) continue;
        if (!in_scope(c[0].texts[i], item, category)) continue;
        int64_t from = skuai_build_period(&b->grid, c[2].integers[i]) - start;
        int64_t to = skuai_build_period(&b->grid, c[3].integers[i]) - start;
        float off = isnan(c[4].doubles[i]) ? 0 : (float)c[4].doubles[i];
        for (int64_t t = from < 0 ? 0 : from; t <= to && t < (int64_t)n; t++) {
            if (flag[t] < 1) flag[t] = 1;
            if (off > depth[t]) depth[t] = off;
            if (!(off > 0)) display[t] += 1;
            any = true;
        }
    }
    return any;
}

void skuai_build_calendar(const skuai_panel_build *b, const char *channel, int64_t start, size_t n,
                          float *days) {
    const skuai_column *c = b->calendar->columns;
    int64_t counted = INT64_MIN; /* a day counts once, whatever falls on it */
    for (size_t t = 0; t < n; t++)
        days[t] = 0;
    for (size_t i = 0; i < b->calendar->n_rows; i++) {
        const char *where = c[1].texts[i];
        if (where && *where && strcmp(where, channel) != 0) continue;
        int64_t day = c[0].integers[i] / DAY,
                t = skuai_build_period(&b->grid, c[0].integers[i]) - start;
        bool hourly = b->grid.frequency == SKUAI_FREQUENCY_HOUR; /* all of its hours */
        for (int64_t h = t; h < t + (hourly ? 24 : 1); h++)
            if (h >= 0 && h < (int64_t)n && day != counted) days[h] += 1;
        counted = day;
    }
}

/* -- Holidays by rule -- */

const char *const skuai_holiday_names[3] = {"holiday", "festival", "workday"};

static skua_status count_holidays(skuai_panel_build *b, const char *countries, size_t n,
                                  skua_error *err) {
    skuai_holiday_rules *rules;
    skuai_holiday_list list;
    int64_t first = skuai_period_first_day(&b->grid, b->global_first);
    int64_t last = skuai_period_last_day(&b->grid, b->global_first + (int64_t)n - 1);
    for (int k = 0; k < 3; k++) {
        b->holidays[k] = skuai_arena_take_zero(b->arena, n, sizeof *b->holidays[k]);
        if (!b->holidays[k]) return skuai_error_memory(err, "holidays");
    }
    SKUA_TRY(skuai_holiday_rules_builtin(&rules, err));
    skua_status status = skuai_holiday_list_get(rules, countries, first, last, &list, err);
    if (status == SKUA_OK) {
        skuai_holiday_count(&list, &b->grid, b->global_first, n, b->holidays[0], b->holidays[1],
                            b->holidays[2]);
        skuai_holiday_list_clear(&list);
        b->n_holidays = n;
    } else if (status == SKUA_ENOTFOUND) {
        status = skuai_error_prefix(err, status, "country: in skua.yaml");
    }
    skuai_holiday_rules_free(rules);
    return status;
}

skua_status skuai_build_holidays(skuai_panel_build *b, skua_error *err) {
    const char *country = skuai_store_setting(b->store, "country", "");
    if (!*country) return SKUA_OK;
    int64_t last = b->global_last + (int64_t)b->future_least;
    for (size_t r = 0; r < b->future.n_rows; r++)
        if (b->future.period[r] > last) last = b->future.period[r];
    skuai_buffer countries;
    skuai_buffer_init(&countries, 4096);
    (void)skuai_buffer_format(&countries, "%s%s", country,
                              strstr(country, "shopping") ? "" : ",shopping");
    skua_status status = skuai_buffer_check(&countries, err);
    if (status == SKUA_OK)
        status = count_holidays(b, countries.data, (size_t)(last - b->global_first + 1), err);
    skuai_buffer_clear(&countries);
    for (int k = 0; status == SKUA_OK && k < 3; k++) { /* a kind that never occurs tells nothing */
        bool any = false;
        for (size_t t = 0; t < b->n_holidays; t++)
            any = any || b->holidays[k][t] > 0;
        if (!any) b->holidays[k] = NULL;
    }
    return status;
}

/* -- Items
 * ---------------------------------------------------------------------------------------------- */

static skua_status query_items(const skuai_panel_build *b, const char *columns, skuai_table **table,
                               skua_error *err) {
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_format(&sql, "SELECT %s FROM ", columns);
    skuai_sql_identifier(&sql, b->query->items_from ? b->query->items_from : "items");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_query(b->store, sql.data, NULL, 0, table, err);
    skuai_buffer_clear(&sql);
    return status;
}

/* Row of a table by the text of its first column: index + 1 of each in a dictionary. */
static skua_status index_texts(const skuai_table *table, skuai_series *index, skua_error *err) {
    SKUA_TRY(skuai_series_init(index, err));
    for (size_t i = 0; i < table->n_rows; i++) {
        const char *text = table->columns[0].texts[i] ? table->columns[0].texts[i] : "";
        size_t n = strlen(text);
        if (skuai_series_add(index, skuai_series_hash(text, n, "", 0), text, n, "", 0) < 0) {
            skuai_series_clear(index);
            return skuai_error_memory(err, "items");
        }
    }
    return SKUA_OK;
}

static int64_t find_text(const skuai_series *index, const char *text) {
    size_t n = strlen(text);
    return skuai_series_find(index, skuai_series_hash(text, n, "", 0), text, n, "", 0);
}

skua_status skuai_build_items(skuai_panel_build *b, const char ***categories, int64_t **launch,
                              int64_t **end, const char ***replaces, skua_error *err) {
    size_t n = b->keys.n;
    *categories = skuai_arena_take_zero(b->arena, n, sizeof **categories);
    *launch = skuai_arena_take(b->arena, n, sizeof **launch);
    *end = skuai_arena_take(b->arena, n, sizeof **end);
    *replaces = skuai_arena_take_zero(b->arena, n, sizeof **replaces);
    if (!*categories || !*launch || !*end || !*replaces) return skuai_error_memory(err, "items");
    skuai_table *table;
    skuai_series index;
    SKUA_TRY(query_items(b, "DISTINCT ON (item) item, category, launch_ds, end_ds, replaces",
                         &table, err));
    skua_status status = index_texts(table, &index, err);
    for (size_t s = 0; status == SKUA_OK && s < n; s++) {
        int64_t i = find_text(&index, b->keys.items[s]);
        const skuai_column *c = table->columns;
        (*launch)[s] = i >= 0 && c[2].valid[i] ? c[2].integers[i] : INT64_MIN;
        (*end)[s] = i >= 0 && c[3].valid[i] ? c[3].integers[i] : INT64_MIN;
        const char *old = i >= 0 ? c[4].texts[i] : NULL;
        if (old && *old) {
            (*replaces)[s] = skuai_arena_text(b->arena, old, strlen(old));
            if (!(*replaces)[s]) status = skuai_error_memory(err, "items");
        }
        if (i < 0 || !c[1].texts[i]) continue;
        char *path = skuai_arena_text(b->arena, c[1].texts[i], strlen(c[1].texts[i]));
        if (!path)
            status = skuai_error_memory(err, "items");
        else
            path_normalise(path);
        (*categories)[s] = path;
    }
    if (status == SKUA_OK) skuai_series_clear(&index);
    skuai_table_free(table);
    return status;
}

/* -- Statics
 * -------------------------------------------------------------------------------------------- */

/* Level `level` (0 first) of a path, all above it included: "food/tea" is level 1 of
 * "food/tea/oolong". *text is NULL where the path has fewer levels. */
static skua_status path_level(skuai_panel_build *b, const char *path, int level, const char **text,
                              skua_error *err) {
    const char *p = path;
    *text = NULL;
    for (int i = 0; p && *p && i <= level; i++) {
        const char *slash = strchr(p, '/');
        if (i == level) {
            *text = slash ? skuai_arena_text(b->arena, path, (size_t)(slash - path)) : path;
            return *text ? SKUA_OK : skuai_error_memory(err, "categories");
        }
        p = slash ? slash + 1 : NULL;
    }
    return SKUA_OK;
}

static skua_status add_categories(skuai_panel_build *b, const size_t *series, size_t n,
                                  const char *const *categories, skuai_panel_builder *builder,
                                  skua_error *err) {
    const char **texts = skuai_arena_take(b->arena, n, sizeof *texts);
    if (!texts) return skuai_error_memory(err, "categories");
    for (int level = 0; level < 6; level++) {
        char name[24];
        bool any = false;
        for (size_t i = 0; i < n; i++) {
            SKUA_TRY(path_level(b, categories[series[i]], level, &texts[i], err));
            any = any || texts[i];
        }
        if (!any) break;
        (void)snprintf(name, sizeof name, "category%d", level + 1);
        SKUA_TRY(skuai_panel_builder_category(builder, name, texts, err));
    }
    return SKUA_OK;
}

static bool is_number(const char *text, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}

/* One static of (text, value) rows [from, to): a number when all of its values are. */
static skua_status add_static(skuai_panel_build *b, const skuai_table *table, size_t from,
                              size_t to, const char *prefix, bool by_item, const size_t *series,
                              size_t n, skuai_panel_builder *builder, skua_error *err) {
    const skuai_column *c = table->columns; /* key, whose, value */
    const char **texts = skuai_arena_take_zero(b->arena, n, sizeof *texts);
    double *numbers = skuai_arena_take(b->arena, n, sizeof *numbers), value;
    skuai_series index;
    if (!texts || !numbers) return skuai_error_memory(err, "statics");
    SKUA_TRY(skuai_series_init(&index, err));
    bool number = true;
    skua_status status = SKUA_OK;
    for (size_t r = from; r < to && status == SKUA_OK; r++) {
        const char *whose = c[1].texts[r];
        number = number && is_number(c[2].texts[r], &value);
        if (skuai_series_add(&index, skuai_series_hash(whose, strlen(whose), "", 0), whose,
                             strlen(whose), "", 0) < 0)
            status = skuai_error_memory(err, "statics");
    }
    for (size_t i = 0; i < n; i++) {
        size_t s = series[i];
        int64_t r = find_text(&index, by_item ? b->keys.items[s] : b->keys.channels[s]);
        texts[i] = r >= 0 ? c[2].texts[from + (size_t)r] : NULL;
        numbers[i] = (double)NAN;
        if (texts[i] && number) (void)is_number(texts[i], &numbers[i]);
    }
    skuai_series_clear(&index);
    char name[96];
    (void)snprintf(name, sizeof name, "%s_%.80s", prefix, c[0].texts[from]);
    if (status == SKUA_OK)
        status = number ? skuai_panel_builder_number(builder, name, numbers, err)
                        : skuai_panel_builder_category(builder, name, texts, err);
    return status;
}

/* Columns without a role of the items or channels file; texts of which nearly each is another
 * (names, addresses) tell a model nothing. */
static skua_status add_extras(skuai_panel_build *b, const char *sql, const char *prefix,
                              bool by_item, const size_t *series, size_t n,
                              skuai_panel_builder *builder, skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(b->store, sql, NULL, 0, &table, err));
    skua_status status = SKUA_OK;
    size_t added = 0;
    for (size_t from = 0, to; from < table->n_rows && status == SKUA_OK && added < 64; from = to) {
        for (to = from; to < table->n_rows &&
                        strcmp(table->columns[0].texts[to], table->columns[0].texts[from]) == 0;)
            to++;
        status = add_static(b, table, from, to, prefix, by_item, series, n, builder, err);
        added++;
    }
    skuai_table_free(table);
    return status;
}

#define EXTRAS_SQL(table, column)                                                                  \
    "WITH e AS (SELECT lower(j.key) AS key, t." column                                             \
    " AS whose, j.value ->> '$' AS value FROM " table                                              \
    " t, json_each(t.extras) j WHERE t.extras IS NOT NULL), kept AS (SELECT key FROM e GROUP BY "  \
    "key HAVING"                                                                                   \
    " count(DISTINCT value) <= 50 OR count(*) = count(TRY_CAST(value AS DOUBLE))) SELECT key, "    \
    "whose,"                                                                                       \
    " any_value(value) AS value FROM e WHERE value IS NOT NULL AND key IN (SELECT key FROM kept) " \
    "GROUP BY"                                                                                     \
    " key, whose ORDER BY key, whose"

static skua_status add_item_columns(skuai_panel_build *b, const size_t *series, size_t n,
                                    skuai_panel_builder *builder, skua_error *err) {
    skuai_table *table;
    skuai_series index;
    SKUA_TRY(query_items(b, "DISTINCT ON (item) item, brand, cost::DOUBLE", &table, err));
    skua_status status = index_texts(table, &index, err);
    if (status != SKUA_OK) {
        skuai_table_free(table);
        return status;
    }
    const char **brands = skuai_arena_take_zero(b->arena, n, sizeof *brands);
    double *costs = skuai_arena_take(b->arena, n, sizeof *costs);
    bool brand = false, cost = false;
    if (!brands || !costs) status = skuai_error_memory(err, "statics");
    for (size_t i = 0; status == SKUA_OK && i < n; i++) {
        int64_t r = find_text(&index, b->keys.items[series[i]]);
        brands[i] = r >= 0 ? table->columns[1].texts[r] : NULL;
        costs[i] = r >= 0 ? table->columns[2].doubles[r] : (double)NAN;
        brand = brand || brands[i];
        cost = cost || !isnan(costs[i]);
    }
    if (status == SKUA_OK && brand)
        status = skuai_panel_builder_category(builder, "brand", brands, err);
    if (status == SKUA_OK && cost) status = skuai_panel_builder_number(builder, "cost", costs, err);
    skuai_series_clear(&index);
    skuai_table_free(table);
    return status;
}

/* Labels that skua tag gave, one static a name; those of more than 50 values tell a model nothing.
 */
static skua_status add_tags(skuai_panel_build *b, const size_t *series, size_t n,
                            skuai_panel_builder *builder, skua_error *err) {
    double tables = 0;
    SKUA_TRY(skuai_store_number(b->store,
                                "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'tags'",
                                NULL, 0, &tables, NULL, err));
    if (!(tables > 0)) return SKUA_OK;
    return add_extras(
        b,
        "SELECT name, item, any_value(value) FROM tags WHERE name IN (SELECT name FROM"
        " tags GROUP BY name HAVING count(DISTINCT value) <= 50) GROUP BY name, item"
        " ORDER BY name, item",
        "tag", true, series, n, builder, err);
}

skua_status skuai_build_statics(skuai_panel_build *b, const size_t *series, size_t n,
                                const char *const *categories, skuai_panel_builder *builder,
                                skua_error *err) {
    const char **texts = skuai_arena_take(b->arena, n, sizeof *texts);
    if (!texts) return skuai_error_memory(err, "statics");
    for (size_t i = 0; i < n; i++)
        texts[i] = b->keys.items[series[i]];
    SKUA_TRY(skuai_panel_builder_category(builder, "item", texts, err));
    for (size_t i = 0; i < n; i++)
        texts[i] = b->keys.channels[series[i]];
    SKUA_TRY(skuai_panel_builder_category(builder, "channel", texts, err));
    if (b->query->target_only) return SKUA_OK;
    SKUA_TRY(add_categories(b, series, n, categories, builder, err));
    SKUA_TRY(add_item_columns(b, series, n, builder, err));
    SKUA_TRY(add_extras(b, EXTRAS_SQL("items", "item"), "item", true, series, n, builder, err));
    SKUA_TRY(add_extras(b, EXTRAS_SQL("channels", "channel"), "channel", false, series, n, builder,
                        err));
    return add_tags(b, series, n, builder, err);
}
