#include "clean/price_error.h"

#include <math.h>

#include "clean/residual.h"
#include "math/statistics.h"

enum { HALF = 7, PRICES_LEAST = 5 };
static const double SPREAD_LEAST = 0.02; /* of log prices: rounding of small prices */
static const double SAME_PRICE = 0.005;  /* of log prices */
static const double LOG_TEN = 2.30258509299404568402;

static const char *const texts[] = {"", "price and units exchanged", "decimal point misplaced",
                                    "far from its own history"};

const char *skuai_price_error_text(skuai_price_error_kind kind) {
    return texts[kind];
}

static skuai_price_error_kind judge(double deviation, double spread, double tail, double log_units,
                                    double usual_price, double usual_units, bool counts,
                                    const skuai_price_error_options *options) {
    double size = fabs(deviation);
    if (!(size > options->least * spread)) return SKUAI_PRICE_NONE;
    double price = exp(usual_price + deviation);
    bool as_units = !counts || fabs(price - nearbyint(price)) < 1e-6 * price; /* it was units */
    if (as_units && size > 0.69314718055994530942 && /* seen when the two differ twofold */
        fabs(usual_price + deviation - usual_units) < 0.7 &&
        fabs(log_units - usual_price) < fmax(0.3, 3 * spread))
        return SKUAI_PRICE_EXCHANGED;
    double powers = nearbyint(size / LOG_TEN);
    if (powers >= 1 && fabs(size - powers * LOG_TEN) < fmax(0.1, fmin(0.5, 3 * spread)))
        return SKUAI_PRICE_DECIMAL;
    double bound = fmax(tail, log(deviation > 0 ? options->factor_up : options->factor_down));
    return size > bound ? SKUAI_PRICE_SLIP : SKUAI_PRICE_NONE;
}

/* A price that the item was sold at time and again is a tier of its list, not an error: at least 3
 * times, and a hundredth of all. sorted [m] ascending logarithms. */
static bool is_tier(const double *sorted, size_t m, double log_price) {
    size_t low = 0, high = m;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < log_price - SAME_PRICE)
            low = middle + 1;
        else
            high = middle;
    }
    size_t from = low;
    while (low < m && sorted[low] <= log_price + SAME_PRICE)
        low++;
    return low - from >= 3 && (double)(low - from) >= 0.01 * (double)m;
}

void skuai_price_errors(const double *price, const double *units, size_t n,
                        const skuai_price_error_options *options, unsigned char *kind,
                        double *usual, double *scratch) {
    double *log_price = scratch, *center = scratch + n, *place = scratch + 2 * n;
    double *deviation = scratch + 3 * n, *rest = scratch + 4 * n; /* rest [n + 64] */
    size_t m = 0, held = 0, whole = 0;
    for (size_t i = 0; i < n; i++) {
        kind[i] = SKUAI_PRICE_NONE;
        usual[i] = NAN;
        if (!(price[i] > 0 && isfinite(price[i]))) continue;
        place[m] = (double)i;
        log_price[m++] = log(price[i]);
    }
    if (m < PRICES_LEAST) return;
    skuai_running_median(log_price, m, HALF, center, rest);
    for (size_t k = 0; k < m; k++)
        deviation[k] = log_price[k] - center[k];
    double spread = fmax(SPREAD_LEAST, 1.4826 * skuai_median_deviation(deviation, m, rest));
    for (size_t k = 0; k < m; k++)
        deviation[k] = fabs(deviation[k]);
    double tail =
        skuai_tail_bound(deviation, m, 0.05, rest); /* what this item's prices do anyway */
    for (size_t k = 0; k < m; k++)
        deviation[k] = log_price[k] - center[k];
    double usual_units = NAN;
    bool counts = false;
    if (units) {
        for (size_t k = 0; k < m; k++) {
            double x = units[(size_t)place[k]];
            if (x > 0) rest[held++] = x;
            whole += x > 0 && x == nearbyint(x);
        }
        counts = (double)whole >= 0.9 * (double)held;
        skuai_sort(rest, held);
        usual_units = log(skuai_quantile_sorted(rest, held, 0.5));
    }
    for (size_t k = 0; k < m; k++) {
        size_t i = (size_t)place[k];
        usual[i] = exp(center[k]);
        double log_units = units && units[i] > 0 ? log(units[i]) : NAN;
        kind[i] = (unsigned char)judge(deviation[k], spread, tail, log_units, center[k],
                                       usual_units, counts, options);
    }
    for (size_t k = 0; k < m; k++)
        rest[k] = log_price[k];
    skuai_sort(rest, m);
    for (size_t k = 0; k < m; k++)
        if (kind[(size_t)place[k]] && is_tier(rest, m, log_price[k]))
            kind[(size_t)place[k]] = SKUAI_PRICE_NONE;
    for (size_t k = 0, j; k < m; k = j + 1) { /* what lasts is a new price */
        for (j = k; j < m && kind[(size_t)place[j]];)
            j++;
        if (j - k > options->run_most)
            for (size_t q = k; q < j; q++)
                kind[(size_t)place[q]] = SKUAI_PRICE_NONE;
    }
}

static skua_status add_error(const skuai_panel *panel, size_t s, size_t i, double before,
                             double usual, skuai_price_error_kind kind, skuai_findings *findings,
                             skua_error *err) {
    char period[SKUAI_PERIOD_TEXT_SIZE];
    const char *name = skuai_panel_name(panel, s);
    skuai_finding f = {.kind = SKUAI_FINDING_PRICE_ERROR,
                       .table = "sales",
                       .item = name,
                       .series = s,
                       .number = usual};
    f.from = f.to = panel->start[s] + (int64_t)i;
    f.score = fabs(log(before / usual));
    f.row = skuai_findings_text(findings, "%s/%s", name,
                                skuai_period_text(&panel->grid, f.from, period));
    f.before = skuai_findings_text(findings, "%.6g", before);
    f.after = skuai_findings_text(findings, "%.6g", usual);
    f.why = skuai_findings_text(findings, "%s: the usual price then is %.6g",
                                skuai_price_error_text(kind), usual);
    if (!f.row || !f.before || !f.after || !f.why) return skuai_error_memory(err, "findings");
    return skuai_findings_add(findings, &f, err);
}

skua_status skuai_price_errors_find(const skuai_panel *panel,
                                    const skuai_price_error_options *options,
                                    skuai_findings *findings, skua_error *err) {
    size_t k = skuai_panel_dynamic_find(panel, "price"), longest = 0;
    if (!(options->factor_up > 1) || !(options->factor_down > 1) || !(options->least > 0))
        return skuai_error_set(err, SKUA_EINVAL, "price errors: options out of range");
    if (k == SIZE_MAX) return SKUA_OK;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    double *price = skuai_new(7 * longest + 64, sizeof *price);
    unsigned char *kind = skuai_new(longest, 1);
    skua_status status = price && kind ? SKUA_OK : skuai_error_memory(err, "price errors");
    for (size_t s = 0; s < panel->n_series && status == SKUA_OK; s++) {
        size_t n = panel->length[s];
        double *usual = price + n;
        for (size_t i = 0; i < n; i++)
            price[i] = (double)panel->dynamic[k].values[panel->row[s] + i];
        skuai_price_errors(price, skuai_panel_target(panel, s), n, options, kind, usual,
                           price + 2 * n);
        for (size_t i = 0; i < n && status == SKUA_OK; i++)
            if (kind[i])
                status = add_error(panel, s, i, price[i], usual[i], (skuai_price_error_kind)kind[i],
                                   findings, err);
    }
    skuai_free(price);
    skuai_free(kind);
    return status;
}
