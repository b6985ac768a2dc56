#include "clean/unit_change.h"

#include <math.h>

#include "math/statistics.h"

enum { STEPS_MOST = 8, VALUES_LEAST = 12 };
static const double FACTORS[] = {6, 10, 12, 24, 100, 144, 1000};
/* Of a jump about a factor. Large factors stand alone, small ones have near neighbours. */
static const double TOLERANCE_MOST = 0.35, TOLERANCE_LEAST = 0.1, TOLERANCE_LARGE = 0.8;
static const double NOISE_LEAST = 0.1; /* of a median step, as a logarithm: 10 % */
static const double PRICE_PROOF = 0.6, PRICE_DOUBT = 1.5; /* times `least` */
static const double PRICE_AGREES = 1; /* logarithm between the factor of units and of price */

typedef struct step {
    size_t at;     /* number of the first value behind it */
    double jump;   /* log after - log before */
    double factor; /* signed logarithm of the known factor */
    double score;
} step;

/* Work on the values above 0 of one series. */
typedef struct steps {
    const double *log_x; /* [m] */
    const double *price; /* [m] logarithms, NaN unknown; NULL none */
    double *jump;        /* [m] median behind minus median before; NaN too near to an end */
    double *window;      /* scratch */
    size_t m, half;
} steps;

static double side_median(const steps *w, const double *x, size_t from, size_t to) {
    return skuai_median(x + from, to - from, w->window);
}

static double jump_at(const steps *w, const double *x, size_t k) {
    size_t from = k > w->half ? k - w->half : 0, to = k + w->half < w->m ? k + w->half : w->m;
    return side_median(w, x, k, to) - side_median(w, x, from, k);
}

/* The logarithm of the known factor nearest to a jump; 0 when none is within its tolerance. */
static double known_factor(double jump, double noise) {
    double best = 0, least = INFINITY;
    for (size_t f = 0; f < sizeof FACTORS / sizeof *FACTORS; f++) {
        double distance = fabs(fabs(jump) - log(FACTORS[f]));
        double most = FACTORS[f] > 50 ? TOLERANCE_LARGE : TOLERANCE_MOST;
        if (distance <= fmax(TOLERANCE_LEAST, fmin(most, 2 * noise)) && distance < least) {
            least = distance;
            best = copysign(log(FACTORS[f]), jump);
        }
    }
    return best;
}

/* Of the two nearest values on each side at least three lie on their own side of the middle. */
static bool abrupt(const steps *w, size_t k) {
    size_t from = k > w->half ? k - w->half : 0;
    double before = side_median(w, w->log_x, from, k), middle = before + w->jump[k] / 2;
    int agree = 0;
    for (size_t j = k - 2; j < k + 2; j++)
        agree += (w->log_x[j] > middle) == ((j >= k) == (w->jump[k] > 0));
    return agree >= 3;
}

static bool judge_step(const steps *w, size_t k, double noise, double least, step *found) {
    double jump = w->jump[k], factor = known_factor(jump, noise);
    double moved = w->price ? jump_at(w, w->price, k) : NAN;
    double by_price = known_factor(-moved, 0); /* prices have little noise: they name the factor */
    if (by_price != 0 && fabs(by_price - jump) < PRICE_AGREES) {
        factor = by_price;
        least *= PRICE_PROOF;
    } else if (!isnan(moved)) {
        least *= PRICE_DOUBT;
    }
    if (factor == 0 || !abrupt(w, k)) return false;
    *found = (step){k, jump, factor, fabs(jump) / noise};
    return found->score >= least;
}

static size_t find_steps(steps *w, double least, step *found) {
    size_t n = 0;
    for (size_t k = 0; k < w->m; k++)
        w->jump[k] = k >= 3 && k + 3 <= w->m ? jump_at(w, w->log_x, k) : NAN;
    double noise = fmax(NOISE_LEAST, 1.4826 * skuai_median_deviation(w->jump, w->m, w->window));
    while (n < STEPS_MOST) {
        size_t best = SIZE_MAX;
        for (size_t k = 0; k < w->m; k++)
            if (!isnan(w->jump[k]) && (best == SIZE_MAX || fabs(w->jump[k]) > fabs(w->jump[best])))
                best = k;
        if (best == SIZE_MAX || !(fabs(w->jump[best]) > log(FACTORS[0]) - TOLERANCE_MOST)) break;
        /* Medians reach their largest difference over a few places: the edge is where the values
         * themselves part most. */
        size_t edge = best;
        double widest = 0;
        for (size_t k = best > 2 ? best - 2 : 1; k <= best + 2 && k < w->m; k++) {
            double part = (w->log_x[k] - w->log_x[k - 1]) * copysign(1, w->jump[best]);
            if (!isnan(w->jump[k]) && part > widest) {
                widest = part;
                edge = k;
            }
        }
        if (judge_step(w, edge, noise, least, &found[n])) n++;
        for (size_t k = best > w->half ? best - w->half : 0; k < w->m && k <= best + w->half; k++)
            w->jump[k] = NAN;
    }
    for (size_t i = 1; i < n; i++) /* by place */
        for (size_t j = i; j > 0 && found[j - 1].at > found[j].at; j--) {
            step t = found[j];
            found[j] = found[j - 1];
            found[j - 1] = t;
        }
    return n;
}

size_t skuai_unit_changes(const double *x, const float *price, size_t n,
                          const skuai_unit_change_options *options, skuai_unit_change *changes,
                          size_t most, double *scratch) {
    double *log_x = scratch, *log_price = scratch + n, *place = scratch + 2 * n;
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] > 0)) continue;
        log_x[m] = log(x[i]);
        log_price[m] = price && price[i] > 0 ? log((double)price[i]) : NAN;
        place[m++] = (double)i;
    }
    if (m < VALUES_LEAST || options->window < 3) return 0;
    steps w = {log_x, price ? log_price : NULL, scratch + 3 * n, scratch + 4 * n,
               m,     options->window};
    step found[STEPS_MOST];
    size_t n_steps = find_steps(&w, options->least, found), count = 0;
    for (size_t i = 0; i < n_steps && count < most; i++) {
        size_t at = (size_t)place[found[i].at];
        bool ends = i + 1 < n_steps && found[i].factor == -found[i + 1].factor;
        if (ends) {
            changes[count++] =
                (skuai_unit_change){at, (size_t)place[found[i + 1].at], exp(found[i].factor),
                                    fmin(found[i].score, found[i + 1].score)};
            i++;
        } else { /* all before it, back to the step before */
            size_t from = count ? changes[count - 1].to : 0;
            changes[count++] = (skuai_unit_change){from, at, exp(-found[i].factor), found[i].score};
        }
    }
    return count;
}

static skua_status add_change(const skuai_panel *panel, size_t s, const skuai_unit_change *c,
                              skuai_findings *findings, skua_error *err) {
    char from[SKUAI_PERIOD_TEXT_SIZE], to[SKUAI_PERIOD_TEXT_SIZE];
    const char *name = skuai_panel_name(panel, s);
    skuai_finding f = {
        .kind = SKUAI_FINDING_UNIT_CHANGE, .table = "sales", .item = name, .series = s};
    f.from = panel->start[s] + (int64_t)c->from;
    f.to = panel->start[s] + (int64_t)c->to - 1;
    f.number = c->factor;
    f.score = c->score;
    (void)skuai_period_text(&panel->grid, f.from, from);
    (void)skuai_period_text(&panel->grid, f.to, to);
    double factor = c->factor > 1 ? c->factor : 1 / c->factor;
    f.row = skuai_findings_text(findings, "%s/%s..%s", name, from, to);
    f.before = skuai_findings_text(findings, "x %.6g", c->factor);
    f.after = "x 1";
    f.why = skuai_findings_text(findings,
                                "from %s to %s units stand at %s %.0f times the rest, at once: "
                                "another unit or pack",
                                from, to, c->factor > 1 ? "about" : "about one part in", factor);
    if (!f.row || !f.before || !f.why) return skuai_error_memory(err, "findings");
    return skuai_findings_add(findings, &f, err);
}

skua_status skuai_unit_changes_find(const skuai_panel *panel,
                                    const skuai_unit_change_options *options,
                                    skuai_findings *findings, skua_error *err) {
    if (options->window < 3 || !(options->least > 0))
        return skuai_error_set(err, SKUA_EINVAL, "unit changes: options out of range");
    size_t price = skuai_panel_dynamic_find(panel, "price"), longest = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    double *scratch = skuai_new(6 * longest, sizeof *scratch);
    if (!scratch) return skuai_error_memory(err, "unit changes");
    skua_status status = SKUA_OK;
    for (size_t s = 0; s < panel->n_series && status == SKUA_OK; s++) {
        skuai_unit_change changes[STEPS_MOST];
        const float *prices =
            price == SIZE_MAX ? NULL : panel->dynamic[price].values + panel->row[s];
        size_t n = skuai_unit_changes(skuai_panel_target(panel, s), prices, panel->length[s],
                                      options, changes, STEPS_MOST, scratch);
        for (size_t i = 0; i < n && status == SKUA_OK; i++)
            status = add_change(panel, s, &changes[i], findings, err);
    }
    skuai_free(scratch);
    return status;
}
