#include <math.h>

#include "clean/clean.h"

enum { OUTLIER_PASSES = 4 };

/* Copies of the target and the price that take the treatments. */
typedef struct overlay {
    const skuai_panel *panel;
    size_t price_index; /* SIZE_MAX: none */
    double *target;     /* [n_rows] */
    double *price;      /* [n_rows] or NULL */
    bool changed, repriced;
} overlay;

static skua_status overlay_init(overlay *o, const skuai_panel *panel, skua_error *err) {
    *o = (overlay){.panel = panel, .price_index = skuai_panel_dynamic_find(panel, "price")};
    bool priced = o->price_index != SIZE_MAX;
    o->target = skuai_new(panel->n_rows, sizeof *o->target);
    o->price = priced ? skuai_new(panel->n_rows, sizeof *o->price) : NULL;
    if (!o->target || (priced && !o->price)) {
        skuai_free(o->target);
        skuai_free(o->price);
        return skuai_error_memory(err, "a cleaned panel");
    }
    for (size_t r = 0; r < panel->n_rows; r++) {
        o->target[r] = panel->target[r];
        if (priced) o->price[r] = (double)panel->dynamic[o->price_index].values[r];
    }
    return SKUA_OK;
}

static void overlay_clear(overlay *o) {
    skuai_free(o->target);
    skuai_free(o->price);
}

/* A new panel with the overlay's columns, sharing the rest. */
static skua_status overlay_panel(const overlay *o, skuai_panel **result, skua_error *err) {
    skuai_panel *with_target;
    SKUA_TRY(skuai_panel_with(o->panel, SIZE_MAX, o->target, &with_target, err));
    if (!o->repriced) {
        *result = with_target;
        return SKUA_OK;
    }
    skua_status status = skuai_panel_with(with_target, o->price_index, o->price, result, err);
    skuai_panel_free(with_target);
    return status;
}

static bool is_exchange(const skuai_finding *f, double units) {
    /* The wrong price is what the units should have been. */
    return f->kind == SKUAI_FINDING_PRICE_ERROR && units > 0 && f->number > 0 &&
           fabs(log(units / f->number)) < 0.3 && f->score > 0.69;
}

/* Put one finding's treatment into the overlay. */
static void treat(overlay *o, const skuai_finding *f) {
    size_t s = f->series, row = o->panel->row[s];
    for (int64_t t = f->from; t <= f->to; t++) {
        size_t r = row + (size_t)(t - o->panel->start[s]);
        switch (f->kind) {
        case SKUAI_FINDING_UNIT_CHANGE:
            o->target[r] /= f->number;
            if (o->price) o->price[r] *= f->number;
            o->repriced = o->repriced || o->price;
            break;
        case SKUAI_FINDING_PRICE_ERROR:
            if (!o->price) break;
            if (is_exchange(f, o->target[r])) o->target[r] = o->price[r];
            o->price[r] = f->number;
            o->repriced = true;
            break;
        case SKUAI_FINDING_OUTLIER:
        case SKUAI_FINDING_NEGATIVE:
        case SKUAI_FINDING_IMPOSSIBLE:
            o->target[r] = f->number;
            break;
        case SKUAI_FINDING_GAP:
        case SKUAI_FINDING_INCOMPLETE:
            o->target[r] = NAN;
            break;
        default:
            continue;
        }
        o->changed = true;
    }
}

/* -- Looking ----------------------------------------------------------------------------------- */

static skua_status add_run(const skuai_panel *panel, skuai_finding_kind kind, size_t s, size_t from,
                           size_t to, double before, double after, const char *why,
                           skuai_findings *findings, skua_error *err) {
    char first[SKUAI_PERIOD_TEXT_SIZE], last[SKUAI_PERIOD_TEXT_SIZE];
    const char *name = skuai_panel_name(panel, s);
    skuai_finding f = {.kind = kind,
                       .table = "sales",
                       .item = name,
                       .series = s,
                       .number = after,
                       .why = why,
                       .score = (double)(to - from)};
    f.from = panel->start[s] + (int64_t)from;
    f.to = panel->start[s] + (int64_t)to - 1;
    (void)skuai_period_text(&panel->grid, f.from, first);
    (void)skuai_period_text(&panel->grid, f.to, last);
    f.row = to - from == 1 ? skuai_findings_text(findings, "%s/%s", name, first)
                           : skuai_findings_text(findings, "%s/%s..%s", name, first, last);
    f.before = isnan(before) ? "" : skuai_findings_text(findings, "%.6g", before);
    f.after = isnan(after) ? "" : skuai_findings_text(findings, "%.6g", after);
    if (!f.row || !f.before || !f.after) return skuai_error_memory(err, "findings");
    return skuai_findings_add(findings, &f, err);
}

static skua_status find_gaps(const skuai_panel *panel, skuai_findings *findings, skua_error *err) {
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *x = skuai_panel_target(panel, s);
        size_t n = panel->length[s];
        while (n > 0 && isnan(x[n - 1]))
            n--; /* what is missing at the end is no gap yet */
        bool before = false;
        for (size_t i = 0, j; i < n; i = j + 1) {
            for (j = i; j < n && isnan(x[j]);)
                j++;
            if (j > i && before)
                SKUA_TRY(add_run(panel, SKUAI_FINDING_GAP, s, i, j, NAN, NAN,
                                 "no value between periods that have one", findings, err));
            before = before || j < n;
        }
    }
    return SKUA_OK;
}

static const char *stockout_reason(unsigned char kind) {
    static const char *const reasons[] = {
        "", "available a part of the time: what was sold is a lower bound",
        "not available: demand as its neighbours and group have it",
        "stock ended at 0: what was sold is a lower bound",
        "no sales for longer than the item's rate allows"};
    return reasons[kind];
}

/* One finding a run of periods of one kind; the kind of rows inferred from zeros is marked missing
 * in the overlay, so that they are no outliers as well. */
static skua_status find_stockouts(overlay *o, const skuai_panel *panel,
                                  const skuai_clean_options *options, const skuai_context *context,
                                  skuai_findings *findings, skua_error *err) {
    skuai_stockout out;
    skuai_stockout_options stockout = options->stockout;
    if (!stockout.group) stockout.group = options->group;
    SKUA_TRY(skuai_stockout_estimate(panel, &stockout, context, &out, err));
    skua_status status = SKUA_OK;
    for (size_t s = 0; s < panel->n_series && status == SKUA_OK; s++) {
        size_t row = panel->row[s], n = panel->length[s];
        for (size_t i = 0, j; i < n && status == SKUA_OK; i = j) {
            double sold = 0, demand = 0;
            for (j = i; j < n && out.kind[row + j] == out.kind[row + i]; j++) {
                sold += isnan(panel->target[row + j]) ? 0 : panel->target[row + j];
                demand += isnan(out.demand[row + j]) ? 0 : out.demand[row + j];
                if (out.kind[row + j]) o->target[row + j] = NAN;
            }
            if (out.kind[row + i])
                status = add_run(panel, SKUAI_FINDING_STOCK_OUT, s, i, j, sold, demand,
                                 stockout_reason(out.kind[row + i]), findings, err);
        }
    }
    skuai_stockout_clear(&out);
    return status;
}

/* Treat what was found since `from` and give the panel as it then is. */
static skua_status advance(overlay *o, const skuai_findings *findings, size_t from,
                           skuai_panel **now, skua_error *err) {
    for (size_t i = from; i < findings->n; i++)
        treat(o, &findings->items[i]);
    skuai_panel *next;
    SKUA_TRY(overlay_panel(o, &next, err));
    skuai_panel_free(*now);
    *now = next;
    return SKUA_OK;
}

/* Outliers hide each other: they widen the spread that they are measured by. So what a pass finds
 * is set right and the rest looked at again (Davies & Gather 1993, section 5, inward procedures),
 * until a pass finds nothing. */
static skua_status find_outliers(overlay *o, const skuai_clean_options *options,
                                 const skuai_context *context, skuai_findings *findings,
                                 skuai_panel **now, skua_error *err) {
    for (int pass = 0; pass < OUTLIER_PASSES; pass++) {
        skuai_residuals residuals;
        size_t from = findings->n;
        SKUA_TRY(skuai_residuals_make(*now, options->group, context, &residuals, err));
        skua_status status =
            skuai_outliers_find(*now, &residuals, &options->outlier, context, findings, err);
        skuai_residuals_clear(&residuals);
        if (status != SKUA_OK) return status;
        if (findings->n == from || pass + 1 == OUTLIER_PASSES) break;
        SKUA_TRY(advance(o, findings, from, now, err));
    }
    return SKUA_OK;
}

static skua_status detect_steps(overlay *o, const skuai_clean_options *options,
                                const skuai_context *context, skuai_findings *findings,
                                skuai_panel **now, skua_error *err) {
    size_t from = findings->n;
    if (options->unit_changes)
        SKUA_TRY(skuai_unit_changes_find(*now, &options->unit_change, findings, err));
    if (findings->n > from) SKUA_TRY(advance(o, findings, from, now, err));
    from = findings->n;
    if (options->price_errors)
        SKUA_TRY(skuai_price_errors_find(*now, &options->price_error, findings, err));
    if (findings->n > from) SKUA_TRY(advance(o, findings, from, now, err));
    if (options->gaps) SKUA_TRY(find_gaps(*now, findings, err));
    if (options->stockouts) {
        SKUA_TRY(find_stockouts(o, *now, options, context, findings, err));
        SKUA_TRY(advance(o, findings, findings->n, now, err));
    }
    return options->outliers ? find_outliers(o, options, context, findings, now, err) : SKUA_OK;
}

skua_status skuai_clean_detect(const skuai_panel *panel, const skuai_clean_options *options,
                               const skuai_context *context, skuai_findings *findings,
                               skua_error *err) {
    overlay o;
    SKUA_TRY(overlay_init(&o, panel, err));
    skuai_clean_options standard = SKUAI_CLEAN_OPTIONS_DEFAULT;
    skuai_panel *now = skuai_panel_share(panel);
    size_t before = findings->n;
    skua_status status =
        now ? detect_steps(&o, options ? options : &standard, context, findings, &now, err)
            : skuai_error_memory(err, "a panel");
    if (status != SKUA_OK) findings->n = before;
    skuai_panel_free(now);
    overlay_clear(&o);
    return status;
}

/* -- Treating ---------------------------------------------------------------------------------- */

static skua_status check_place(const skuai_panel *panel, const skuai_finding *f, skua_error *err) {
    if (f->series >= panel->n_series || f->from > f->to || f->from < panel->start[f->series] ||
        f->to >= skuai_panel_end(panel, f->series))
        return skuai_error_set(err, SKUA_EINVAL, "finding %s of %s is not of this panel",
                               skuai_finding_name(f->kind), f->row);
    return SKUA_OK;
}

static skua_status estimate_stockouts(overlay *o, const skuai_findings *findings,
                                      const skuai_clean_options *options,
                                      const skuai_context *context, skua_error *err) {
    skuai_panel *now;
    skuai_stockout out;
    skuai_stockout_options stockout = options->stockout;
    if (!stockout.group) stockout.group = options->group;
    SKUA_TRY(overlay_panel(o, &now, err));
    skua_status status = skuai_stockout_estimate(now, &stockout, context, &out, err);
    skuai_panel_free(now);
    SKUA_TRY(status);
    for (size_t k = 0; k < findings->n; k++) {
        const skuai_finding *f = &findings->items[k];
        if (f->kind != SKUAI_FINDING_STOCK_OUT || f->status != SKUAI_FINDING_APPLIED ||
            f->series == SIZE_MAX)
            continue;
        for (int64_t t = f->from; t <= f->to; t++) {
            size_t r = o->panel->row[f->series] + (size_t)(t - o->panel->start[f->series]);
            o->target[r] = out.demand[r];
        }
    }
    skuai_stockout_clear(&out);
    return SKUA_OK;
}

skua_status skuai_clean_panel(const skuai_panel *panel, const skuai_findings *findings,
                              const skuai_clean_options *options, const skuai_context *context,
                              skuai_panel **cleaned, skua_error *err) {
    skuai_clean_options standard = SKUAI_CLEAN_OPTIONS_DEFAULT;
    overlay o;
    bool stockouts = false;
    skua_status status = SKUA_OK;
    SKUA_TRY(overlay_init(&o, panel, err));
    for (size_t pass = 0; pass < 2 && status == SKUA_OK; pass++) /* units before all else */
        for (size_t i = 0; i < findings->n && status == SKUA_OK; i++) {
            const skuai_finding *f = &findings->items[i];
            if (f->status != SKUAI_FINDING_APPLIED || f->series == SIZE_MAX) continue;
            status = check_place(panel, f, err);
            stockouts = stockouts || f->kind == SKUAI_FINDING_STOCK_OUT;
            if (status == SKUA_OK && (f->kind == SKUAI_FINDING_UNIT_CHANGE) == (pass == 0))
                treat(&o, f);
        }
    if (status == SKUA_OK && stockouts)
        status = estimate_stockouts(&o, findings, options ? options : &standard, context, err);
    if (status == SKUA_OK) status = overlay_panel(&o, cleaned, err);
    overlay_clear(&o);
    return status;
}
