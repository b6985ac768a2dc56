#include "shop/supply.h"

#include "shop/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void skuai_supply_clear(skuai_supply *s) {
    skuai_table_free(s->rows);
    skuai_table_free(s->channels);
    skuai_arena_free(s->arena);
    *s = (skuai_supply){0};
}

skua_status skuai_supply_read(skuai_store *store, skuai_supply *supply, skua_error *err) {
    /* of several snapshots of a place, the newest */
    static const char sql[] =
        "SELECT item, coalesce(location, '') AS location, on_hand, on_order, CAST(eta AS DATE) AS "
        "eta, lead_time, lead_time_sd, moq, pack, shelf_life, holding, shortage FROM supply WHERE "
        "item IS NOT NULL QUALIFY known_at IS NOT DISTINCT FROM max(known_at) OVER (PARTITION BY "
        "item, location) ORDER BY item, location, eta NULLS FIRST";
    skuai_supply s = {.arena = skuai_arena_new(0)};
    skua_status status = s.arena ? SKUA_OK : skuai_error_memory(err, "supply");
    if (status == SKUA_OK) status = skuai_store_query(store, sql, NULL, 0, &s.rows, err);
    if (status == SKUA_OK)
        status = skuai_store_query(
            store, "SELECT channel, coalesce(locations, '') AS locations FROM channels", NULL, 0,
            &s.channels, err);
    if (status == SKUA_OK && s.rows->n_rows == 0)
        status =
            skuai_error_set(err, SKUA_EDATA,
                            "the shop has no table of supply (stock on hand, lead times, packs): "
                            "skua ingest SHOP --supply FILE, with at least item and on_hand");
    if (status != SKUA_OK) {
        skuai_supply_clear(&s);
        return status;
    }
    *supply = s;
    return SKUA_OK;
}

/* -- Series of a place ------------------------------------------------------------------------- */

typedef struct entry {
    const char *item, *channel;
    size_t series;
} entry;

static int by_item(const void *a, const void *b) {
    const entry *x = a, *y = b;
    int c = strcmp(x->item, y->item);
    return c ? c : strcmp(x->channel, y->channel);
}

static entry *index_series(const skuai_panel *panel, skuai_arena *arena) {
    entry *index = skuai_arena_take(arena, panel->n_series, sizeof *index);
    for (size_t s = 0; s < panel->n_series && index; s++)
        index[s] = (entry){skuai_series_text(panel, s, "item", skuai_panel_name(panel, s)),
                           skuai_series_text(panel, s, "channel", ""), s};
    if (index) qsort(index, panel->n_series, sizeof *index, by_item);
    return index;
}

static size_t first_of(const entry *index, size_t n, const char *item) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(index[middle].item, item) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether a channel sells from a location: it is the first that the channel names. */
static bool serves(const skuai_table *channels, const char *channel, const char *location) {
    if (!*location) return true;
    for (size_t r = 0; r < channels->n_rows; r++) {
        const char *list = channels->columns[1].texts[r];
        if (!channels->columns[0].texts[r] || strcmp(channels->columns[0].texts[r], channel) != 0)
            continue;
        if (!list || !*list) return true;
        size_t n = strcspn(list, ",;|");
        return strlen(location) == n && strncmp(list, location, n) == 0;
    }
    return true;
}

/* -- Terms ------------------------------------------------------------------------------------- */

/* Mean of the last 28 known prices of a series. */
static double last_price(const skuai_panel *panel, size_t s) {
    size_t k = skuai_panel_dynamic_find(panel, "price"), n = 0;
    if (k == SIZE_MAX) return (double)NAN;
    const float *p = panel->dynamic[k].values + panel->row[s];
    double sum = 0;
    for (size_t t = panel->length[s]; t-- > 0 && n < 28;)
        if (p[t] > 0) {
            sum += (double)p[t];
            n++;
        }
    return n ? sum / (double)n : (double)NAN;
}

static double series_cost(const skuai_panel *panel, size_t s) {
    size_t k = skuai_panel_static_find(panel, "cost");
    if (k == SIZE_MAX || !panel->statics[k].values) return (double)NAN;
    return panel->statics[k].values[panel->base[s]];
}

/* The last value that the rows of a place give in a column; NaN: none. */
static double given(const skuai_table *t, const char *column, size_t from, size_t to) {
    const skuai_column *c = &t->columns[skuai_table_find(t, column)];
    double value = (double)NAN;
    for (size_t r = from; r < to; r++)
        if (c->type == SKUAI_COLUMN_DOUBLE && !isnan(c->doubles[r])) value = c->doubles[r];
    return value;
}

static double days_in_period(const skuai_grid *grid) {
    return 365.25 / skuai_grid_periods_in_year(grid);
}

static double or_else(double value, double fallback) {
    return isnan(value) ? fallback : value;
}

static void fill_costs(skuai_supply_place *p, const skuai_panel *panel, double holding,
                       double shortage, double days, char *assumed, size_t size) {
    skuai_stock_item *i = &p->terms;
    i->cost = p->price = (double)NAN;
    for (size_t k = 0; k < p->n_series; k++) {
        if (isnan(i->cost)) i->cost = series_cost(panel, p->series[k]);
        if (isnan(p->price)) p->price = last_price(panel, p->series[k]);
    }
    double unit = or_else(i->cost, or_else(p->price * 0.6, 1));
    i->holding = isnan(holding) ? 0.2 * unit * days / 365.25 : holding * days;
    i->shortage = shortage;
    if (isnan(shortage)) {
        i->shortage = p->price - i->cost;
        if (!(i->shortage > 0)) i->shortage = fmax(10 * i->holding, 0.3 * unit);
    }
    size_t n = strlen(assumed);
    if (isnan(holding)) n += (size_t)snprintf(assumed + n, size - n, "%sholding", n ? ", " : "");
    if (isnan(shortage)) (void)snprintf(assumed + n, size - n, "%sshortage", n ? ", " : "");
}

/* What is on order, by the period of its arrival. */
static skua_status fill_due(skuai_supply_place *p, const skuai_table *t, size_t from, size_t to,
                            const skuai_panel *panel, int64_t first, skuai_arena *arena,
                            skua_error *err) {
    const double *units = t->columns[skuai_table_find(t, "on_order")].doubles;
    const skuai_column *eta = &t->columns[skuai_table_find(t, "eta")];
    skuai_stock_due *due = skuai_arena_take(arena, to - from, sizeof *due);
    if (!due) return skuai_error_memory(err, "supply");
    p->terms.due = due;
    for (size_t r = from; r < to; r++) {
        if (isnan(units[r]) || units[r] == 0)
            continue; /* a negative one is refused later, by name */
        bool known = !eta->valid || eta->valid[r];
        double lead = floor(p->terms.lead_time + 0.5);
        int64_t period = known ? skuai_period_from_day(&panel->grid, eta->integers[r], 0) - first
                               : (int64_t)(lead > 0 && lead < 1e6 ? lead : 0);
        due[p->terms.n_due++] = (skuai_stock_due){units[r], period > 0 ? (size_t)period : 0};
        p->due += units[r];
    }
    return SKUA_OK;
}

static skua_status fill_place(skuai_supply *s, skuai_supply_place *p, size_t from, size_t to,
                              const skuai_panel *panel, int64_t first, size_t review,
                              double order_cost, skua_error *err) {
    const skuai_table *t = s->rows;
    double days = days_in_period(&panel->grid), life = given(t, "shelf_life", from, to);
    double lead = given(t, "lead_time", from, to);
    char name[256], assumed[128] = "";
    (void)snprintf(name, sizeof name, "%.120s%s%.120s", p->item, *p->location ? " at " : "",
                   p->location);
    if (isnan(lead)) (void)snprintf(assumed, sizeof assumed, "lead time");
    p->name = skuai_arena_text(s->arena, name, strlen(name));
    p->terms = (skuai_stock_item){
        .name = p->name,
        .on_hand = or_else(given(t, "on_hand", from, to), 0),
        .lead_time = isnan(lead) ? 1 : lead / days,
        .lead_time_sd = or_else(given(t, "lead_time_sd", from, to), 0) / days,
        .review = review,
        .shelf_life = life > 0 ? (size_t)fmax(1, fmin(1e6, floor(life / days + 1e-9))) : 0,
        .moq = or_else(given(t, "moq", from, to), 0),
        .pack = or_else(given(t, "pack", from, to), panel->counts ? 1 : 0),
        .order_cost = order_cost,
    };
    fill_costs(p, panel, given(t, "holding", from, to), given(t, "shortage", from, to), days,
               assumed, sizeof assumed);
    p->assumed = skuai_arena_text(s->arena, assumed, strlen(assumed));
    if (!p->name || !p->assumed) return skuai_error_memory(err, "supply");
    return fill_due(p, t, from, to, panel, first, s->arena, err);
}

skua_status skuai_supply_places(skuai_supply *s, const skuai_panel *panel, int64_t first,
                                size_t review, double order_cost, skua_error *err) {
    const skuai_table *t = s->rows;
    const char *const *item = t->columns[0].texts, *const *location = t->columns[1].texts;
    size_t S = panel->n_series;
    entry *index = index_series(panel, s->arena);
    unsigned char *served = skuai_arena_take_zero(s->arena, S, 1);
    s->places = skuai_arena_take_zero(s->arena, t->n_rows, sizeof *s->places);
    if (!index || !served || !s->places) return skuai_error_memory(err, "supply");
    for (size_t from = 0, to; from < t->n_rows; from = to) {
        for (to = from + 1; to < t->n_rows && strcmp(item[to], item[from]) == 0 &&
                            strcmp(location[to], location[from]) == 0;)
            to++;
        skuai_supply_place *p = &s->places[s->n];
        size_t at = first_of(index, S, item[from]), n = 0;
        while (at + n < S && strcmp(index[at + n].item, item[from]) == 0)
            n++;
        *p = (skuai_supply_place){.item = item[from], .location = location[from]};
        p->series = skuai_arena_take(s->arena, n, sizeof *p->series);
        if (!p->series) return skuai_error_memory(err, "supply");
        for (size_t k = at; k < at + n; k++)
            if (serves(s->channels, index[k].channel, p->location)) {
                p->series[p->n_series++] = index[k].series;
                served[index[k].series] = 1;
            }
        if (p->n_series == 0) continue; /* it sells nowhere now */
        SKUA_TRY(fill_place(s, p, from, to, panel, first, review, order_cost, err));
        s->n++;
    }
    for (size_t k = 0; k < S; k++)
        s->n_without += !served[k];
    return SKUA_OK;
}
