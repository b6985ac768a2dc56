#include "shop/history.h"

#include "clean/check.h"
#include "shop/shop_panel.h"

#include <math.h>
#include <string.h>

void skuai_history_clear(skuai_history *history) {
    skuai_panel_free(history->panel);
    skuai_panel_free(history->recorded);
    skuai_panel_free(history->raw);
    skuai_versions_clear(&history->versions);
    skuai_findings_clear(&history->findings);
    *history = (skuai_history){0};
}

/* -- Reading ----------------------------------------------------------------------------------- */

/* The findings to lay over: those that were applied or, without a check, stock-outs alone. */
static skua_status find(const skua_shop *shop, skuai_store *store, bool checked, skuai_history *h,
                        skua_error *err) {
    const char *clean = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_clean);
    const char *stockouts = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_stockouts);
    bool estimate = strcmp(stockouts, "estimate") == 0;
    h->options = SKUAI_CLEAN_OPTIONS_DEFAULT;
    h->options.stockouts = estimate;
    h->censored = estimate && h->recorded->available;
    SKUA_TRY(skuai_findings_init(&h->findings, err));
    if (checked && strcmp(clean, "applied") == 0) {
        SKUA_TRY(skuai_check_read(store, h->recorded, &h->findings, err));
        for (size_t i = 0; i < h->findings.n && !estimate; i++)
            if (h->findings.items[i].kind == SKUAI_FINDING_STOCK_OUT)
                h->findings.items[i].status = SKUAI_FINDING_REJECTED;
        return SKUA_OK;
    }
    if (!h->censored) return SKUA_OK;
    skuai_clean_options alone = h->options;
    alone.unit_changes = alone.price_errors = alone.gaps = alone.outliers = false;
    return skuai_clean_detect(h->recorded, &alone, &h->context, &h->findings, err);
}

/* Lay the findings of one half over a panel: unit changes, or all others. */
static skua_status lay(const skuai_panel *panel, const skuai_history *h, bool units,
                       skuai_panel **result, skua_error *err) {
    skuai_findings half = h->findings; /* shares the texts; items are copied */
    half.items = skuai_new(half.n ? half.n : 1, sizeof *half.items);
    if (!half.items) return skuai_error_memory(err, "findings");
    half.n = 0;
    for (size_t i = 0; i < h->findings.n; i++)
        if ((h->findings.items[i].kind == SKUAI_FINDING_UNIT_CHANGE) == units)
            half.items[half.n++] = h->findings.items[i];
    skua_status status = SKUA_OK;
    if (half.n == 0) {
        *result = skuai_panel_share(panel);
        if (!*result) status = skuai_error_memory(err, "a panel");
    } else {
        status = skuai_clean_panel(panel, &half, &h->options, &h->context, result, err);
    }
    skuai_free(half.items);
    return status;
}

/* Unit changes are of the measure, not of a period: both panels have them made good. */
static skua_status make_panels(skuai_history *h, skua_error *err) {
    skuai_panel *units = NULL;
    SKUA_TRY(lay(h->recorded, h, true, &units, err));
    skuai_panel_free(h->recorded);
    h->recorded = units;
    return lay(h->recorded, h, false, &h->panel, err);
}

skua_status skuai_history_read(const skua_shop *shop, skuai_store *store, skuai_history *history,
                               skua_error *err) {
    skuai_history made = {.context = skuai_shop_context(shop, false)};
    bool checked = false;
    skua_status status = skuai_shop_checked(store, &checked, err);
    if (status == SKUA_OK) status = skuai_shop_panel(shop, store, true, &made.recorded, err);
    if (status == SKUA_OK) status = find(shop, store, checked, &made, err);
    if (status == SKUA_OK) status = make_panels(&made, err);
    if (status == SKUA_OK)
        *history = made;
    else
        skuai_history_clear(&made);
    return status;
}

skua_status skuai_history_panel(const skua_shop *shop, skuai_panel **panel, skua_error *err) {
    skuai_store *store = NULL;
    skuai_history history = {0};
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_history_read(shop, store, &history, err);
    skuai_store_close(store);
    if (status == SKUA_OK) *panel = skuai_panel_share(history.panel);
    skuai_history_clear(&history);
    return status;
}

skua_status skuai_history_versions(const skua_shop *shop, skuai_store *store,
                                   skuai_history *history, skua_error *err) {
    bool exist = false;
    skuai_panel *raw = NULL;
    size_t windows = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_windows);
    SKUA_TRY(skuai_versions_exist(store, &exist, err));
    if (!exist) return SKUA_OK;
    SKUA_TRY(skuai_shop_versions(shop, store, windows, &raw, &history->versions, err));
    history->raw = raw;
    return SKUA_OK;
}

/* -- A sample ---------------------------------------------------------------------------------- */

/* Knuth's selection sampling: every subset equally likely, in order. chosen [most]. */
static size_t choose_series(size_t n_series, size_t most, uint64_t seed, size_t *chosen) {
    skuai_random random;
    size_t n = 0;
    skuai_random_init(&random, seed);
    for (size_t s = 0; s < n_series && n < most; s++)
        if (skuai_random_uniform(&random) * (double)(n_series - s) < (double)(most - n))
            chosen[n++] = s;
    return n;
}

/* Where series s stands among the chosen; SIZE_MAX: nowhere. */
static size_t place_of(const size_t *chosen, size_t n, size_t s) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chosen[middle] < s)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && chosen[low] == s ? low : SIZE_MAX;
}

static skua_status copy_findings(const skuai_findings *from, const size_t *chosen, size_t n,
                                 skuai_findings *to, skua_error *err) {
    for (size_t i = 0; i < from->n; i++) {
        skuai_finding f = from->items[i];
        if (chosen && f.series != SIZE_MAX) f.series = place_of(chosen, n, f.series);
        if (f.series == SIZE_MAX) continue;
        SKUA_TRY(skuai_findings_add(to, &f, err));
        to->items[to->n - 1].status = f.status;
    }
    return SKUA_OK;
}

/* The series `chosen` [n], ascending; NULL: all. */
static skua_status take(const skuai_history *history, const size_t *chosen, size_t n,
                        skuai_history *sample, skua_error *err) {
    skuai_history made = *history;
    made.panel = made.recorded = made.raw = NULL;
    made.versions = (skuai_versions){0};
    made.borrowed = history->borrowed ? history->borrowed : &history->versions;
    made.findings = (skuai_findings){0};
    skua_status status = skuai_findings_init(&made.findings, err);
    if (status == SKUA_OK)
        status = copy_findings(&history->findings, chosen, n, &made.findings, err);
    if (status == SKUA_OK && chosen) {
        status = skuai_panel_subset(history->panel, chosen, n, &made.panel, err);
        if (status == SKUA_OK)
            status = skuai_panel_subset(history->recorded, chosen, n, &made.recorded, err);
        if (status == SKUA_OK && history->raw)
            status = skuai_panel_subset(history->raw, chosen, n, &made.raw, err);
    } else if (status == SKUA_OK) {
        if (history->raw) made.raw = skuai_panel_share(history->raw);
        made.panel = skuai_panel_share(history->panel);
        made.recorded = skuai_panel_share(history->recorded);
    }
    if (status == SKUA_OK)
        *sample = made;
    else
        skuai_history_clear(&made);
    return status;
}

skua_status skuai_history_subset(const skuai_history *history, const size_t *series, size_t n,
                                 skuai_history *subset, skua_error *err) {
    return take(history, series, n, subset, err);
}

skua_status skuai_history_sample(const skuai_history *history, size_t most, uint64_t seed,
                                 skuai_history *sample, skua_error *err) {
    size_t n = history->panel->n_series, *chosen = NULL;
    if (n > most) {
        chosen = skuai_new(most, sizeof *chosen);
        if (!chosen) return skuai_error_memory(err, "a sample");
        n = choose_series(n, most, seed, chosen);
    }
    skua_status status = take(history, chosen, n, sample, err);
    skuai_free(chosen);
    return status;
}

/* -- As of an origin --------------------------------------------------------------------------- */

/* The findings that lie before the ends of a view, cut off there. */
static size_t findings_before(const skuai_findings *all, const skuai_panel *view,
                              skuai_finding *before) {
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        skuai_finding f = all->items[i];
        int64_t end = skuai_panel_end(view, f.series);
        if (f.kind == SKUAI_FINDING_UNIT_CHANGE || f.from >= end) continue;
        if (f.to >= end) f.to = end - 1;
        before[n++] = f;
    }
    return n;
}

/* The recorded history as it was known at an origin; a reference of the caller's. */
static skua_status known_at(const skuai_history *h, size_t periods_back, skuai_panel **known,
                            skua_error *err) {
    skuai_panel *then = NULL;
    const skuai_versions *versions = h->borrowed ? h->borrowed : &h->versions;
    if (!h->raw || versions->n == 0) {
        *known = skuai_panel_share(h->recorded);
        return *known ? SKUA_OK : skuai_error_memory(err, "a panel");
    }
    SKUA_TRY(skuai_versions_lay(versions, periods_back, h->raw, &then, err));
    skua_status status = lay(then, h, true, known, err);
    skuai_panel_free(then);
    return status;
}

/* What came behind the origin of a view, as recorded, into `target` [n_rows]. */
static void record_future(const skuai_history *h, const skuai_panel *view, double *target) {
    const skuai_panel *recorded = h->recorded;
    for (size_t s = 0; s < view->n_series; s++)
        for (size_t t = view->length[s]; t < recorded->length[s]; t++) {
            size_t r = view->row[s] + t;
            bool full = !h->censored || !(recorded->available[r] < 1);
            target[r] = full ? recorded->target[r] : (double)NAN;
        }
}

skua_status skuai_history_at(void *history, size_t window, int64_t periods_back,
                             skuai_panel **panel, skua_error *err) {
    const skuai_history *h = history;
    skuai_panel *view = NULL, *cleaned = NULL, *known = NULL;
    skuai_findings before = h->findings;
    double *target = skuai_new(h->recorded->n_rows, sizeof *target);
    (void)window;
    before.items = skuai_new(before.n ? before.n : 1, sizeof *before.items);
    skua_status status = target && before.items ? SKUA_OK : skuai_error_memory(err, "a window");
    if (status == SKUA_OK) status = known_at(h, (size_t)periods_back, &known, err);
    if (status == SKUA_OK) status = skuai_panel_cut(known, (size_t)periods_back, &view, err);
    if (status == SKUA_OK) {
        before.n = findings_before(&h->findings, view, before.items);
        status = skuai_clean_panel(view, &before, &h->options, &h->context, &cleaned, err);
    }
    if (status == SKUA_OK) {
        memcpy(target, cleaned->target, h->recorded->n_rows * sizeof *target);
        record_future(h, view, target);
        status = skuai_panel_with(known, SKUAI_PANEL_TARGET, target, panel, err);
    }
    if (status == SKUA_OK && h->keeps) {
        skuai_panel *all = *panel;
        status = skuai_panel_keep(all, h->keeps, h->keeps_user, panel, err);
        skuai_panel_free(all);
    }
    skuai_panel_free(known);
    skuai_panel_free(cleaned);
    skuai_panel_free(view);
    skuai_free(before.items);
    skuai_free(target);
    return status;
}
