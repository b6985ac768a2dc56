#include "shop/hour_availability.h"

#include "clean/hour_profile.h"

#include <math.h>
#include <string.h>

enum { HOURS = 24 };

static skua_status has_hours(skuai_store *store, bool *has, skua_error *err) {
    double n = 0;
    SKUA_TRY(skuai_store_number(store,
                                "SELECT count(*) FROM (SELECT 1 FROM sales_rows WHERE available IS "
                                "NOT NULL AND hour(ds) <> 0 LIMIT 1)",
                                NULL, 0, &n, NULL, err));
    *has = n > 0;
    return SKUA_OK;
}

/* The hours of the days of a panel: what was sold, and when it could be bought. */
typedef struct day_hours {
    size_t n; /* days: rows of the daily panel's histories that have hours */
    float *sold;
    unsigned char *open;
    size_t *item, *category; /* [n] nodes */
    size_t *row;             /* [n] of the daily panel */
} day_hours;

static void day_hours_clear(day_hours *d) {
    skuai_free(d->sold);
    skuai_free(d->open);
    skuai_free(d->item);
    skuai_free(d->category);
    skuai_free(d->row);
}

static size_t category_of(const skuai_panel *days, size_t s, size_t *n) {
    size_t k = skuai_panel_static_find(days, "category1");
    *n = 1;
    if (k == SIZE_MAX || !days->statics[k].codes) return 0;
    int32_t code = days->statics[k].codes[days->base[s]];
    *n = days->statics[k].n_levels + 1; /* the last one: unknown */
    return code >= 0 ? (size_t)code : days->statics[k].n_levels;
}

/* Both panels have their series in the same order. */
static void lay_series(const skuai_panel *days, const skuai_panel *hours, size_t s, day_hours *d) {
    const double *y = skuai_panel_target(hours, s);
    const float *available = hours->available ? hours->available + hours->row[s] : NULL;
    size_t groups;
    for (size_t t = 0; t < days->length[s]; t++) {
        int64_t first = (days->start[s] + (int64_t)t) * HOURS - hours->start[s];
        float *sold = d->sold + d->n * HOURS;
        unsigned char *open = d->open + d->n * HOURS;
        bool any = false;
        for (int h = 0; h < HOURS; h++) {
            int64_t i = first + h;
            bool inside = i >= 0 && i < (int64_t)hours->length[s];
            bool known = inside && isfinite(y[i]);
            sold[h] = known && y[i] > 0 ? (float)y[i] : 0;
            open[h] = !(inside && available && available[i] < 0.5F);
            any = any || known;
        }
        if (!any) continue;
        d->item[d->n] = s;
        d->category[d->n] = category_of(days, s, &groups);
        d->row[d->n++] = days->row[s] + t;
    }
}

static skua_status day_hours_read(const skuai_panel *days, const skuai_panel *hours, day_hours *d,
                                  skua_error *err) {
    size_t n = 0;
    for (size_t s = 0; s < days->n_series; s++)
        n += days->length[s];
    *d = (day_hours){.sold = skuai_new(n * HOURS, sizeof *d->sold),
                     .open = skuai_new(n * HOURS, sizeof *d->open),
                     .item = skuai_new(n, sizeof *d->item),
                     .category = skuai_new(n, sizeof *d->category),
                     .row = skuai_new(n, sizeof *d->row)};
    if (!d->sold || !d->open || !d->item || !d->category || !d->row)
        return skuai_error_memory(err, "hours");
    for (size_t s = 0; s < days->n_series; s++)
        lay_series(days, hours, s, d);
    return SKUA_OK;
}

/* The daily panel with the shares that its days' open hours could see. */
static skua_status replace(const day_hours *d, const skuai_context *context, skuai_panel **panel,
                           skua_error *err) {
    size_t groups = 1;
    for (size_t s = 0; s < (*panel)->n_series; s++)
        (void)category_of(*panel, s, &groups);
    const size_t *nodes[] = {d->category, d->item};
    const size_t n_nodes[] = {groups, (*panel)->n_series};
    skuai_hour_days days = {.n_days = d->n,
                            .n_slots = HOURS,
                            .sold = d->sold,
                            .open = d->open,
                            .n_levels = 2,
                            .node = nodes,
                            .n_nodes = n_nodes};
    float *exposure = skuai_new(d->n, sizeof *exposure);
    double *available = skuai_new((*panel)->n_rows, sizeof *available);
    skuai_panel *made = NULL;
    skua_status status = exposure && available ? SKUA_OK : skuai_error_memory(err, "hours");
    if (status == SKUA_OK) status = skuai_hour_profile_exposure(&days, context, exposure, err);
    if (status == SKUA_OK) {
        for (size_t i = 0; i < (*panel)->n_rows; i++)
            available[i] = (double)(*panel)->available[i];
        for (size_t k = 0; k < d->n; k++)
            available[d->row[k]] = (double)exposure[k];
        status = skuai_panel_with(*panel, SKUAI_PANEL_AVAILABLE, available, &made, err);
    }
    if (status == SKUA_OK) {
        skuai_panel_free(*panel);
        *panel = made;
    }
    skuai_free(available);
    skuai_free(exposure);
    return status;
}

static bool same_series(const skuai_panel *days, const skuai_panel *hours) {
    if (days->n_series != hours->n_series) return false;
    for (size_t s = 0; s < days->n_series; s++)
        if (strcmp(skuai_panel_name(days, s), skuai_panel_name(hours, s)) != 0) return false;
    return true;
}

skua_status skuai_hour_availability(skuai_store *store, const skuai_panel_query *query,
                                    const skuai_context *context, skuai_panel **panel,
                                    skua_error *err) {
    bool has = false;
    if ((*panel)->grid.frequency != SKUAI_FREQUENCY_DAY || !(*panel)->available) return SKUA_OK;
    SKUA_TRY(has_hours(store, &has, err));
    if (!has) return SKUA_OK;
    skuai_grid hourly = {.frequency = SKUAI_FREQUENCY_HOUR};
    skuai_panel_query fine = *query;
    fine.grid = &hourly;
    skuai_panel *hours = NULL;
    day_hours d = {0};
    skua_error why = {0};
    skua_status status = skuai_store_panel(store, &fine, context, &hours, NULL, &why);
    if (status == SKUA_ELIMIT) {
        skuai_context_log(context, SKUAI_LOG_WARNING,
                          "availability by the hour is averaged, not weighted by when people buy: "
                          "%s",
                          why.message);
        return SKUA_OK;
    }
    if (status != SKUA_OK) return skuai_error_set(err, status, "%s", why.message);
    if (same_series(*panel, hours)) {
        status = day_hours_read(*panel, hours, &d, err);
        if (status == SKUA_OK && d.n > 0) status = replace(&d, context, panel, err);
    }
    day_hours_clear(&d);
    skuai_panel_free(hours);
    return status;
}
