#include "store/panel_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY INT64_C(86400)

int64_t skuai_build_period(const skuai_grid *grid, int64_t second) {
    int64_t day = second / DAY - (second % DAY != 0 && second < 0);
    return skuai_period_from_day(grid, day, (int)(second - day * DAY));
}

/* The texts of a filter, to be found at once; n 0: an empty index, which lets everything pass. */
static skua_status index_list(const char *const *list, size_t n, skuai_series *index,
                              skua_error *err) {
    SKUA_TRY(skuai_series_init(index, err));
    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(list[i]);
        uint64_t hash = skuai_series_hash(list[i], size, "", 0);
        if (skuai_series_add(index, hash, list[i], size, "", 0) < 0) {
            skuai_series_clear(index);
            return skuai_error_memory(err, "a filter");
        }
    }
    return SKUA_OK;
}

static bool passes(const skuai_series *index, const char *text) {
    size_t size = strlen(text);
    return index->n == 0 ||
           skuai_series_find(index, skuai_series_hash(text, size, "", 0), text, size, "", 0) >= 0;
}

/* -- Series
 * ------------------------------------------------------------------------------------------- */

static skua_status add_key(skuai_panel_build *b, const char *item, const char *channel,
                           int64_t *number, skua_error *err) {
    uint64_t hash = skuai_series_hash(item, strlen(item), channel, strlen(channel));
    *number = skuai_series_add(&b->keys, hash, item, strlen(item), channel, strlen(channel));
    return *number >= 0 ? SKUA_OK : skuai_error_memory(err, "the list of series");
}

static skua_status load_keys(skuai_panel_build *b, skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(b->store, "SELECT series, item, channel FROM series ORDER BY series",
                               NULL, 0, &table, err));
    skua_status status = skuai_series_init(&b->keys, err);
    for (size_t i = 0; status == SKUA_OK && i < table->n_rows; i++) {
        int64_t number;
        status = add_key(b, table->columns[1].texts[i], table->columns[2].texts[i], &number, err);
        if (status == SKUA_OK && number != table->columns[0].integers[i])
            status =
                skuai_error_set(err, SKUA_EDATABASE, "the table series is not numbered in order");
    }
    b->n_given = b->keys.n;
    skuai_table_free(table);
    return status;
}

/* The grid: asked for, set, or inferred from the given periods; native is that of the data. */
static skua_status choose_grid(skuai_panel_build *b, skuai_grid *native, bool *given,
                               skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(b->store, "SELECT DISTINCT ds FROM sales_rows ORDER BY ds", NULL, 0,
                               &table, err));
    *given = table->n_rows > 0;
    *native = (skuai_grid){SKUAI_FREQUENCY_DAY, 0, 0};
    skua_status status = SKUA_OK;
    const char *setting = skuai_store_setting(b->store, "frequency", "auto");
    bool set = b->query->grid || strcmp(setting, "auto") != 0;
    if (*given) status = skuai_grid_infer(table->columns[0].integers, table->n_rows, native, err);
    skuai_table_free(table);
    if (status != SKUA_OK && set) { /* whatever it is, the caller knows better */
        *native = (skuai_grid){SKUAI_FREQUENCY_DAY, 0, 0};
        status = SKUA_OK;
    }
    SKUA_TRY(status);
    b->info.inferred = !set;
    b->grid = *native;
    if (b->query->grid)
        b->grid = *b->query->grid;
    else if (set)
        SKUA_TRY(skuai_grid_parse(setting, &b->grid, err));
    b->single = b->grid.frequency == native->frequency &&
                b->grid.week_start == native->week_start && b->grid.pattern == native->pattern;
    return SKUA_OK;
}

/* -- Ranges
 * ------------------------------------------------------------------------------------------ */

typedef struct range_scan {
    skuai_panel_build *build;
    int64_t cells, rows, zeros;
} range_scan;

/* The series that a code's rows go to span its periods; false: no series that is wanted does. */
static bool widen(skuai_panel_build *b, size_t s, int64_t first, int64_t last) {
    bool any = false;
    if (first < b->restart[s]) first = b->restart[s];
    for (size_t r = b->route_first[s]; first <= last && r < b->route_first[s + 1]; r++) {
        size_t to = b->routes[r].to;
        if (!b->wanted[to]) continue;
        if (first < b->first[to]) b->first[to] = first;
        if (last > b->last[to]) b->last[to] = last;
        any = true;
    }
    return any;
}

static skua_status take_ranges(void *user, const skuai_table *chunk, skua_error *err) {
    range_scan *scan = user;
    (void)err;
    skuai_panel_build *b = scan->build;
    for (size_t i = 0; i < chunk->n_rows; i++) {
        size_t s = (size_t)chunk->columns[0].integers[i];
        if (s >= b->n_sources) continue;
        int64_t first = skuai_build_period(&b->grid, chunk->columns[1].integers[i]);
        int64_t last = skuai_build_period(&b->grid, chunk->columns[2].integers[i]);
        if (!widen(b, s, first, last)) continue;
        scan->cells += last - first + 1;
        scan->rows += chunk->columns[3].integers[i];
        scan->zeros += chunk->columns[4].integers[i];
        b->info.n_given++;
    }
    return SKUA_OK;
}

static skua_status given_ranges(skuai_panel_build *b, const skuai_grid *native, skua_error *err) {
    range_scan scan = {.build = b};
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql,
                            "SELECT r.series, min(r.ds), max(r.ds), count(*), count(*) FILTER "
                            "(r.units = 0)");
    skua_status status = skuai_build_sales_source(b, native, &sql, err);
    (void)skuai_buffer_text(&sql, " GROUP BY r.series");
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK)
        status = skuai_store_scan(b->store, sql.data, NULL, 0, take_ranges, &scan, err);
    skuai_buffer_clear(&sql);
    SKUA_TRY(status);
    b->info.n_rows = scan.rows;
    b->info.absent = scan.cells > 0 && b->single ? 1 - (double)scan.rows / (double)scan.cells : 0;
    b->info.explicit_zeros = scan.rows > 0 ? (double)scan.zeros / (double)scan.rows : 0;
    bool usual = b->info.absent >= 0.1 && b->info.explicit_zeros < 0.001;
    b->info.zeros = b->query->zeros != SKUAI_ZEROS_AUTO ? b->query->zeros
                    : usual || !b->single               ? SKUAI_ZEROS_ZERO
                                                        : SKUAI_ZEROS_MISSING;
    return SKUA_OK;
}

/* -- Cells
 * -------------------------------------------------------------------------------------------- */

static void add_value(skuai_cell_values *v, size_t cell, double value, double units) {
    if (!isfinite(value)) return;
    v->any = true;
    if (!v->weight) {
        v->sum[cell] = (float)value;
        return;
    }
    double weight = v->by_units ? (units > 0 ? units : 1e-6) : 1; /* a price without a sale */
    v->sum[cell] += (float)(value * weight);
    v->weight[cell] += (float)weight;
}

/* A row to the cells of the series that it counts for. of_value[k]: column of value k, SIZE_MAX
 * none. */
static void add_cell(skuai_panel_build *b, size_t s, int64_t period, double units,
                     const skuai_column *columns, const size_t *of_value, size_t i) {
    if (period < b->restart[s]) return;
    for (size_t r = b->route_first[s]; r < b->route_first[s + 1]; r++) {
        const skuai_route *route = &b->routes[r];
        size_t to = route->to;
        if (!b->wanted[to] || period < b->first[to] || period > b->last[to]) continue;
        size_t cell = b->row[to] + (size_t)(period - b->first[to]);
        double *target = &b->target[cell];
        if (!isnan(units)) *target = (isnan(*target) ? 0 : *target) + units * route->units;
        for (size_t k = 0; route->values && k < b->n_values; k++)
            if (of_value[k] != SIZE_MAX)
                add_value(&b->values[k], cell, columns[of_value[k]].doubles[i], units);
    }
}

static skua_status take_rows(void *user, const skuai_table *chunk, skua_error *err) {
    skuai_panel_build *b = user;
    const skuai_column *c = chunk->columns;
    for (size_t i = 0; i < chunk->n_rows; i++) {
        size_t s = (size_t)c[0].integers[i];
        if (s < b->n_sources)
            add_cell(b, s, skuai_build_period(&b->grid, c[1].integers[i]), c[2].doubles[i], c,
                     b->of_value, i);
    }
    return skuai_context_check(b->context, err);
}

/* Value columns of sales_rows: the fixed ones, then the extras. */
static skua_status choose_values(skuai_panel_build *b, skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(
        b->store,
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'sales_rows' "
        "AND NOT internal AND column_name NOT IN ('series', 'ds', 'units', "
        "'known_at', 'file', 'corrects') ORDER BY column_index",
        NULL, 0, &table, err));
    size_t n = b->query->target_only ? 0 : table->n_rows;
    skua_status status = SKUA_OK;
    b->values = skuai_arena_take_zero(b->arena, n, sizeof *b->values);
    if (!b->values) status = skuai_error_memory(err, "covariates");
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    (void)skuai_buffer_text(&sql, "SELECT 0"); /* only those that hold anything cost memory */
    for (size_t k = 0; k < n; k++) {
        (void)skuai_buffer_text(&sql, ", count(");
        skuai_sql_identifier(&sql, table->columns[0].texts[k]);
        (void)skuai_buffer_text(&sql, ")");
    }
    (void)skuai_buffer_text(&sql, " FROM sales_rows");
    skuai_table *counts = NULL;
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_query(b->store, sql.data, NULL, 0, &counts, err);
    skuai_buffer_clear(&sql);
    for (size_t k = 0; status == SKUA_OK && k < n; k++) {
        const char *name = table->columns[0].texts[k];
        bool price = strcmp(name, "price") == 0 || strcmp(name, "list_price") == 0;
        bool orders_too = price && b->keys.n > b->n_given;
        if (counts->columns[k + 1].integers[0] == 0 && !orders_too) continue;
        skuai_cell_values *v = &b->values[b->n_values];
        *v = (skuai_cell_values){.column = 3 + b->n_values, .by_units = price};
        v->name = skuai_arena_text(b->arena, name, strlen(name));
        for (size_t a = 0; a < b->query->n_known_ahead; a++)
            v->ahead = v->ahead || strcmp(b->query->known_ahead[a], name) == 0;
        if (v->name)
            b->n_values++;
        else
            status = skuai_error_memory(err, "covariates");
    }
    skuai_table_free(counts);
    skuai_table_free(table);
    return status;
}

static skua_status allocate(skuai_panel_build *b, skua_error *err) {
    size_t cells = b->n_rows, bytes = cells * (sizeof(double) + b->n_values * sizeof(float));
    if (b->context && b->context->memory_limit && bytes > b->context->memory_limit)
        return skuai_error_set(
            err, SKUA_ELIMIT,
            "the panel has %zu cells and %zu covariates, more than the memory limit "
            "allows",
            cells, b->n_values);
    b->target = skuai_new(cells, sizeof *b->target);
    if (!b->target) return skuai_error_memory(err, "a panel");
    for (size_t r = 0; r < cells; r++)
        b->target[r] = (double)NAN;
    bool weighted = !b->single || b->routed || b->keys.n > b->n_given;
    for (size_t k = 0; k < b->n_values; k++) {
        skuai_cell_values *v = &b->values[k];
        v->sum = weighted ? skuai_zero(cells, sizeof *v->sum) : skuai_new(cells, sizeof *v->sum);
        if (weighted) v->weight = skuai_zero(cells, sizeof *v->weight);
        if (!v->sum || (weighted && !v->weight)) return skuai_error_memory(err, "a panel");
        for (size_t r = 0; !weighted && r < cells; r++)
            v->sum[r] = NAN;
    }
    return SKUA_OK;
}

static skua_status read_given(skuai_panel_build *b, const skuai_grid *native, skua_error *err) {
    skuai_buffer sql;
    b->of_value = skuai_arena_take(b->arena, b->n_values, sizeof *b->of_value);
    if (!b->of_value) return skuai_error_memory(err, "covariates");
    for (size_t k = 0; k < b->n_values; k++)
        b->of_value[k] = b->values[k].column;
    skuai_buffer_init(&sql, 1 << 20);
    (void)skuai_buffer_text(&sql, "SELECT r.series, r.ds, r.units");
    for (size_t k = 0; k < b->n_values; k++) {
        (void)skuai_buffer_text(&sql, ", r.");
        skuai_sql_identifier(&sql, b->values[k].name);
    }
    skua_status status = skuai_build_sales_source(b, native, &sql, err);
    if (!b->single || b->routed)
        (void)skuai_buffer_text(&sql, " ORDER BY r.series, r.ds"); /* sums in one order */
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK)
        status = skuai_store_scan(b->store, sql.data, NULL, 0, take_rows, b, err);
    skuai_buffer_clear(&sql);
    return status;
}

/* -- Orders
 * -------------------------------------------------------------------------------------------- */

/* Sales by item, channel and period of at most a day, in memory: they are the smaller table.
 * Compensated sums, rounded: the threads add in any order, the result is the same. */
static skua_status query_orders(skuai_panel_build *b, skuai_table **rows, skua_error *err) {
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 16);
    skuai_build_orders_source(b, &sql);
    (void)skuai_buffer_format(
        &sql,
        "SELECT item, channel, date_trunc('%s', at_ts)::TIMESTAMP AS ds, "
        "round(coalesce(fsum(units) FILTER "
        "(known), 0), 9) AS units, round(fsum(unit_price * units) FILTER (sale) / "
        "nullif(fsum(units) "
        "FILTER (sale AND unit_price IS NOT NULL), 0), 9) AS price, max(list_price) AS list_price, "
        "round(coalesce(-fsum(units) FILTER (NOT known), 0), 9) AS returned, epoch(max(at_ts) "
        "FILTER "
        "(sale))::BIGINT AS latest, epoch(min(at_ts) FILTER (sale))::BIGINT AS earliest FROM "
        "netted GROUP "
        "BY ALL ORDER BY item, channel, ds",
        b->grid.frequency == SKUAI_FREQUENCY_HOUR ? "hour" : "day");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_query(b->store, sql.data, NULL, 0, rows, err);
    skuai_buffer_clear(&sql);
    return status;
}

/* Numbers of the orders' series in numbers[i], those with given sales left out (-1). */
static skua_status number_orders(skuai_panel_build *b, const skuai_table *rows, bool given,
                                 int64_t *numbers, skua_error *err) {
    for (size_t i = 0; i < rows->n_rows; i++) {
        const char *item = rows->columns[0].texts[i], *channel = rows->columns[1].texts[i];
        b->info.returned += rows->columns[6].doubles[i];
        numbers[i] = -1;
        if (!item || !channel || !rows->columns[7].valid[i])
            continue; /* returns alone are no series */
        SKUA_TRY(add_key(b, item, channel, &numbers[i], err));
        if (given && (size_t)numbers[i] < b->n_given) numbers[i] = -1;
    }
    return SKUA_OK;
}

static void orders_range(skuai_panel_build *b, const skuai_table *rows, const int64_t *numbers) {
    for (size_t i = 0; i < rows->n_rows; i++)
        if (numbers[i] >= 0) {
            int64_t period = skuai_build_period(&b->grid, rows->columns[2].integers[i]);
            bool same = i > 0 && numbers[i] == numbers[i - 1];
            if (widen(b, (size_t)numbers[i], period, period) && !same) b->info.n_derived++;
        }
}

static skua_status add_orders_cells(skuai_panel_build *b, const skuai_table *rows,
                                    const int64_t *numbers, skua_error *err) {
    size_t *of_value = skuai_arena_take(b->arena, b->n_values, sizeof *of_value);
    if (!of_value) return skuai_error_memory(err, "covariates");
    const skuai_column *c = rows->columns;
    for (size_t k = 0; k < b->n_values; k++) {
        const char *name = b->values[k].name;
        of_value[k] = strcmp(name, "price") == 0        ? 4
                      : strcmp(name, "list_price") == 0 ? 5
                                                        : SIZE_MAX;
    }
    for (size_t i = 0; i < rows->n_rows; i++)
        if (numbers[i] >= 0)
            add_cell(b, (size_t)numbers[i], skuai_build_period(&b->grid, c[2].integers[i]),
                     c[3].doubles[i], c, of_value, i);
    return SKUA_OK;
}

/* -- Parts of periods
 * ---------------------------------------------------------------------------------- */

/* Days (hours) that the data cover: a coarser period that they cover in part is no observation. */
static void drop_incomplete(skuai_panel_build *b, int64_t least, int64_t most, bool finer) {
    if (b->query->keep_incomplete || !finer || b->global_last <= b->global_first) return;
    if (b->grid.frequency == SKUAI_FREQUENCY_HOUR) return;
    int64_t first_day = skuai_period_first_day(&b->grid, b->global_first);
    int64_t last_day = skuai_period_last_day(&b->grid, b->global_last);
    if (least / DAY > first_day) b->info.first_dropped = true, b->global_first++;
    if (most / DAY < last_day && b->global_last > b->global_first)
        b->info.last_dropped = true, b->global_last--;
}

/* A last day of orders that ends hours before the days before it usually do is not over. */
static bool day_unfinished(const skuai_table *rows, int64_t last_day) {
    int64_t latest[15] = {0};
    size_t n = 0;
    for (int back = 0; back < 15; back++)
        latest[back] = -1;
    for (size_t i = 0; i < rows->n_rows; i++) {
        if (!rows->columns[7].valid[i]) continue;
        int64_t at = rows->columns[7].integers[i], day = at / DAY;
        if (day > last_day || day < last_day - 14) continue;
        if (at % DAY > latest[last_day - day]) latest[last_day - day] = at % DAY;
    }
    int64_t sorted[14];
    for (int back = 1; back < 15; back++) {
        if (latest[back] < 0) continue;
        size_t at = n++;
        for (; at > 0 && sorted[at - 1] > latest[back]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = latest[back];
    }
    return n >= 5 && latest[0] >= 0 && latest[0] + 3 * 3600 < sorted[n / 4];
}

/* -- The panel
 * ----------------------------------------------------------------------------------------- */

static skua_status prepare_ranges(skuai_panel_build *b, skua_error *err) {
    size_t n = b->keys.n;
    b->wanted = skuai_arena_take(b->arena, n, sizeof *b->wanted);
    b->first = skuai_arena_take(b->arena, n, sizeof *b->first);
    b->last = skuai_arena_take(b->arena, n, sizeof *b->last);
    b->row = skuai_arena_take(b->arena, n + 1, sizeof *b->row);
    if (!b->wanted || !b->first || !b->last || !b->row) return skuai_error_memory(err, "a panel");
    skuai_series items, channels;
    SKUA_TRY(index_list(b->query->items, b->query->n_items, &items, err));
    skua_status status = index_list(b->query->channels, b->query->n_channels, &channels, err);
    for (size_t s = 0; status == SKUA_OK && s < n; s++) {
        b->first[s] = INT64_MAX;
        b->last[s] = INT64_MIN;
        b->wanted[s] = passes(&items, b->keys.items[s]) && passes(&channels, b->keys.channels[s]);
    }
    if (status == SKUA_OK) skuai_series_clear(&channels);
    skuai_series_clear(&items);
    return status;
}

/* Global range, parts dropped, rows numbered. */
static skua_status settle_ranges(skuai_panel_build *b, int64_t least, int64_t most, bool finer,
                                 bool unfinished, skua_error *err) {
    size_t n_series = 0;
    b->global_first = INT64_MAX, b->global_last = INT64_MIN;
    for (size_t s = 0; s < b->keys.n; s++) {
        if (b->last[s] < b->first[s]) continue;
        n_series++;
        if (b->first[s] < b->global_first) b->global_first = b->first[s];
        if (b->last[s] > b->global_last) b->global_last = b->last[s];
    }
    if (!n_series)
        return skuai_error_set(
            err, SKUA_EDATA,
            b->query->n_items || b->query->n_channels || b->query->as_of
                ? "no sales of what was asked for"
                : "there are no sales yet: skua ingest --sales or --orders reads some");
    drop_incomplete(b, least, most, finer);
    if (unfinished && !b->query->keep_incomplete && !b->info.last_dropped &&
        b->global_last > b->global_first)
        b->info.last_dropped = true, b->global_last--;
    b->n_rows = 0;
    for (size_t s = 0; s < b->keys.n; s++) {
        b->row[s] = b->n_rows;
        if (b->last[s] < b->first[s]) continue;
        if (b->first[s] < b->global_first) b->first[s] = b->global_first;
        if (b->last[s] > b->global_last) b->last[s] = b->global_last;
        if (b->last[s] < b->first[s]) {
            b->first[s] = INT64_MAX, b->last[s] = INT64_MIN;
            continue;
        }
        b->n_rows += (size_t)(b->last[s] - b->first[s] + 1);
    }
    b->row[b->keys.n] = b->n_rows;
    return b->n_rows ? SKUA_OK : skuai_error_set(err, SKUA_EDATA, "no whole period of sales");
}

/* First and last second that given sales cover, and whether they are finer than the grid. */
static skua_status given_cover(skuai_panel_build *b, const skuai_grid *native, int64_t *least,
                               int64_t *most, skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(b->store, "SELECT min(ds), max(ds) FROM sales_rows", NULL, 0, &table,
                               err));
    int64_t last = skuai_build_period(native, table->columns[1].integers[0]);
    *least = table->columns[0].integers[0];
    *most = skuai_period_last_day(native, last) * DAY;
    skuai_table_free(table);
    return SKUA_OK;
}

static skua_status make_panel(skuai_panel_build *b, skuai_table **orders, skuai_panel **panel,
                              skua_error *err) {
    skuai_grid native;
    bool given, unfinished = false;
    int64_t least = INT64_MAX, most = INT64_MIN, *numbers = NULL;
    SKUA_TRY(load_keys(b, err));
    SKUA_TRY(choose_grid(b, &native, &given, err));
    b->future_least = b->query->future;
    if (b->query->future_of && b->query->future_of[b->grid.frequency] > b->future_least)
        b->future_least = b->query->future_of[b->grid.frequency];
    skuai_context_progress(b->context, "reading sales", 0, 1);
    SKUA_TRY(query_orders(b, orders, err));
    numbers = skuai_arena_take(b->arena, (*orders)->n_rows, sizeof *numbers);
    if (!numbers) return skuai_error_memory(err, "a panel");
    SKUA_TRY(number_orders(b, *orders, given, numbers, err));
    SKUA_TRY(skuai_build_identities(b, err));
    SKUA_TRY(prepare_ranges(b, err));
    SKUA_TRY(given_ranges(b, &native, err));
    if (given) SKUA_TRY(given_cover(b, &native, &least, &most, err));
    orders_range(b, *orders, numbers);
    for (size_t i = 0; i < (*orders)->n_rows; i++) {
        if (!(*orders)->columns[7].valid[i]) continue;
        int64_t latest = (*orders)->columns[7].integers[i],
                early = (*orders)->columns[8].integers[i];
        if (latest > most) most = latest;
        if (early < least) least = early - early % DAY;
    }
    if (!given && most > INT64_MIN) unfinished = day_unfinished(*orders, most / DAY);
    if (unfinished && b->grid.frequency != SKUAI_FREQUENCY_DAY) most -= DAY, unfinished = false;
    SKUA_TRY(settle_ranges(b, least, most, !b->single || b->info.n_derived > 0, unfinished, err));
    SKUA_TRY(choose_values(b, err));
    SKUA_TRY(allocate(b, err));
    if (b->info.n_given) SKUA_TRY(read_given(b, &native, err));
    SKUA_TRY(add_orders_cells(b, *orders, numbers, err));
    skuai_table_free(*orders);
    *orders = NULL;
    SKUA_TRY(skuai_build_launches(b, err));
    if (!b->query->target_only) {
        SKUA_TRY(skuai_build_future(b, err));
        SKUA_TRY(skuai_build_holidays(b, err));
    }
    b->info.grid = b->grid;
    return skuai_build_panel(b, panel, err);
}

skua_status skuai_store_panel(skuai_store *store, const skuai_panel_query *query,
                              const skuai_context *context, skuai_panel **panel,
                              skuai_panel_info *info, skua_error *err) {
    skuai_panel_query all = {0};
    skuai_panel_build b = {.store = store,
                           .query = query ? query : &all,
                           .context = context,
                           .arena = skuai_arena_new(1 << 18)};
    if (!b.arena) return skuai_error_memory(err, "a panel");
    skuai_table *orders = NULL;
    skuai_panel *made = NULL;
    skua_status status = make_panel(&b, &orders, &made, err);
    if (status == SKUA_OK) {
        *panel = made;
        if (info) *info = b.info;
    }
    skuai_table_free(orders);
    skuai_table_free(b.promotions);
    skuai_table_free(b.calendar);
    skuai_future_rows_clear(&b.future);
    for (size_t k = 0; k < b.n_values; k++) {
        skuai_free(b.values[k].sum);
        skuai_free(b.values[k].weight);
    }
    skuai_free(b.target);
    skuai_series_clear(&b.keys);
    skuai_arena_free(b.arena);
    return status;
}
