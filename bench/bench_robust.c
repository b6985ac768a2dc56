/* robust: how much worse forecasts of the base model get when 5 % of the history are spikes, 5 %
 * are lost and prices are off by a tenth; with what cleaning does about it (defended), and without.
 * adversarial: the fine-tuned net trained without and with adversarial inputs (FGSM, PGD), on
 * histories as they are and damaged like that, nothing cleaned: training sees them too. */
#include "benchmarks.h"
#include "figure.h"

#include "clean/clean.h"
#include "core/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SPIKES      0.05
#define LOST        0.05
#define PRICE_NOISE 0.1

static const struct {
    const char *name;
    size_t step;
} sets[] = {{"m3-monthly", 1}, {"hospital", 1}, {"walmart", 3}, {"freshretail", 10}};
enum { SETS = sizeof sets / sizeof *sets };

static bool is_price(const char *name) {
    return strstr(name, "price") || strstr(name, "discount");
}

/* The panel with a damaged history. A spike is a value times 3 to 10, and 0 becomes the series'
 * mean times that. */
static skua_status damage(const skuai_panel *panel, skuai_panel **result, skua_error *err) {
    double *values = skuai_new(panel->n_rows, sizeof *values);
    skuai_random random;
    skuai_random_init(&random, 1);
    if (!values) return skuai_error_memory(err, "a damaged panel");
    memcpy(values, panel->target, panel->n_rows * sizeof *values);
    for (size_t s = 0; s < panel->n_series; s++) {
        double *y = values + panel->row[s], mean = 0;
        size_t n = 0;
        for (size_t t = 0; t < panel->length[s]; t++)
            if (isfinite(y[t])) mean += y[t], n++;
        mean = n ? mean / (double)n : 0;
        for (size_t t = 0; t < panel->length[s]; t++) {
            double u = skuai_random_uniform(&random),
                   factor = 3 + 7 * skuai_random_uniform(&random);
            if (u < SPIKES)
                y[t] = factor * (y[t] > 0 ? y[t] : mean);
            else if (u < SPIKES + LOST)
                y[t] = (double)NAN;
        }
    }
    skuai_panel *made = NULL;
    skua_status status = skuai_panel_with(panel, SKUAI_PANEL_TARGET, values, &made, err);
    for (size_t k = 0; k < panel->n_dynamic && status == SKUA_OK; k++) {
        if (!is_price(panel->dynamic[k].name)) continue;
        for (size_t i = 0; i < panel->n_rows; i++)
            values[i] = (double)panel->dynamic[k].values[i] *
                        exp(PRICE_NOISE * skuai_random_normal(&random));
        skuai_panel *next = NULL;
        status = skuai_panel_with(made, k, values, &next, err);
        if (status == SKUA_OK) {
            skuai_panel_free(made);
            made = next;
        }
    }
    skuai_free(values);
    if (status == SKUA_OK)
        *result = made;
    else
        skuai_panel_free(made);
    return status;
}

static skua_status clean(const skuai_panel *panel, skuai_panel **cleaned, skua_error *err) {
    skuai_context context = bench_context();
    skuai_findings findings;
    SKUA_TRY(skuai_findings_init(&findings, err));
    skua_status status = skuai_clean_detect(panel, NULL, &context, &findings, err);
    if (status == SKUA_OK)
        status = skuai_clean_panel(panel, &findings, NULL, &context, cleaned, err);
    skuai_findings_clear(&findings);
    return status;
}

/* Shares of the spikes that cleaning found, and that it set right by half and more. */
static skua_status count_found(const bench_set *set, const skuai_panel *damaged,
                               const skuai_panel *cleaned, skua_error *err) {
    const skuai_panel *was = set->train;
    size_t spikes = 0, changed = 0, right = 0, last = 0, last_right = 0, wrong = 0, rest = 0;
    (void)err;
    for (size_t s = 0; s < was->n_series; s++) {
        const double *x = skuai_panel_target(was, s), *y = skuai_panel_target(damaged, s),
                     *z = skuai_panel_target(cleaned, s);
        for (size_t t = 0; t < was->length[s]; t++) {
            if (isnan(y[t]) || isnan(x[t])) continue;
            if (y[t] <= x[t]) {
                rest++;
                wrong += !(z[t] == y[t]);
                continue;
            }
            bool good = isnan(z[t]) || fabs(z[t] - x[t]) < 0.5 * (y[t] - x[t]);
            bool near_end = t + 6 >= was->length[s];
            spikes++, right += good, changed += !(z[t] == y[t]);
            last += near_end, last_right += near_end && good;
        }
    }
    printf("  spikes %zu: changed %.3f, set right %.3f; in the last six periods %.3f; of other "
           "values changed %.4f\n",
           spikes, (double)changed / (double)spikes, (double)right / (double)spikes,
           (double)last_right / (double)(last ? last : 1), (double)wrong / (double)rest);
    return SKUA_OK;
}

/* WQL of the model on a history, against what really came (the views' own future). */
static bool wql_of(const bench_set *set, const skuai_panel *train, const char *model, double *wql) {
    bench_set other = *set;
    skuai_forecaster forecaster;
    skuai_scores scores;
    double seconds;
    other.train = (skuai_panel *)(uintptr_t)train;
    if (!bench_forecaster(model, &forecaster) ||
        !bench_score(&other, &forecaster, NULL, &scores, &seconds, NULL))
        return false;
    *wql = scores.wql;
    return true;
}

/* `robust [MODEL]`; zero-shot when none is named. */
int bench_robust(int argc, char **argv) {
    const char *model = argc > 2 ? argv[2] : "zero-shot";
    double defended = 0, bare = 0;
    size_t n = 0;
    for (size_t i = 0; i < SETS; i++) {
        bench_set set;
        skua_error err = {0};
        skuai_panel *damaged = NULL, *cleaned = NULL, *tidy = NULL;
        double wql[4];
        if (bench_set_load(sets[i].name, &set, &err) != SKUA_OK) {
            printf("skipped: %s\n", err.message);
            continue;
        }
        skua_status status = sets[i].step > 1 ? bench_set_thin(&set, sets[i].step, &err) : SKUA_OK;
        if (status == SKUA_OK) status = damage(set.train, &damaged, &err);
        if (status == SKUA_OK) status = clean(damaged, &cleaned, &err);
        if (status == SKUA_OK) status = clean(set.train, &tidy, &err);
        if (status != SKUA_OK) {
            printf("skipped: %s\n", err.message);
        } else if (count_found(&set, damaged, cleaned, &err) == SKUA_OK &&
                   wql_of(&set, set.train, model, &wql[0]) && wql_of(&set, tidy, model, &wql[1]) &&
                   wql_of(&set, damaged, model, &wql[2]) && wql_of(&set, cleaned, model, &wql[3])) {
            printf("  %-13s %5zu series: WQL %.4f (cleaned %.4f), damaged %.4f, damaged and "
                   "cleaned %.4f\n",
                   sets[i].name, set.train->n_series, wql[0], wql[1], wql[2], wql[3]);
            (void)fflush(stdout);
            bare += log(wql[2] / wql[0]), defended += log(wql[3] / wql[0]), n++;
        }
        skuai_panel_free(tidy);
        skuai_panel_free(cleaned);
        skuai_panel_free(damaged);
        bench_set_clear(&set);
    }
    if (n > 0)
        bench_figure(
            "robust", "rise", exp(defended / (double)n) - 1,
            "%s, %zu sets, 5 %% spikes, 5 %% lost, prices off by 10 %%, cleaned; undefended "
            "%.3f; seed 1",
            model, n, exp(bare / (double)n) - 1);
    return 0;
}

/* WQL of one way to train on a set as it is and damaged, beside that of the first way. */
static bool ablate(const bench_set *set, const skuai_panel *damaged, const char *model,
                   double *wql) {
    if (!wql_of(set, set->train, model, &wql[0]) || !wql_of(set, damaged, model, &wql[1]))
        return false;
    printf("    %-60s WQL %.4f, damaged %.4f\n", model, wql[0], wql[1]);
    (void)fflush(stdout);
    return true;
}

/* `adversarial [EPSILON] [STEPS]`: size of the attack in scaled space, 0.1; training steps, 200. */
int bench_adversarial(int argc, char **argv) {
    enum { NONE, FGSM, PGD, WAYS };
    static const char *const names[] = {"m3-monthly", "hospital"};
    const char *epsilon = argc > 2 ? argv[2] : "0.1", *steps = argc > 3 ? argv[3] : "200";
    double change[WAYS][2] = {{0}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bench_set set;
        skua_error err = {0};
        skuai_panel *damaged = NULL;
        double wql[WAYS][2];
        bool good = bench_set_load(names[i], &set, &err) == SKUA_OK;
        if (!good) {
            printf("skipped: %s\n", err.message);
            continue;
        }
        printf("  %s\n", names[i]);
        good = damage(set.train, &damaged, &err) == SKUA_OK;
        for (int k = 0; k < WAYS && good; k++) {
            static const char *const attacks[WAYS] = {"", ":adversarial_steps=1",
                                                      ":adversarial_steps=3"};
            char model[160];
            (void)snprintf(model, sizeof model, "transformer:steps=%s%s%s%s", steps,
                           k ? ":adversarial=" : "", k ? epsilon : "", attacks[k]);
            good = ablate(&set, damaged, model, wql[k]);
        }
        for (int k = 0; k < WAYS && good; k++)
            for (int d = 0; d < 2; d++)
                change[k][d] += log(wql[k][d] / wql[NONE][d]);
        n += good;
        skuai_panel_free(damaged);
        bench_set_clear(&set);
    }
    for (int k = FGSM; k < WAYS && n > 0; k++)
        bench_figure("adversarial", k == FGSM ? "fgsm" : "pgd", exp(change[k][1] / (double)n) - 1,
                     "change of WQL on damaged histories by an attack of %s in training, %s steps; "
                     "as they are %+.4f; %zu sets, seed 1",
                     epsilon, steps, exp(change[k][0] / (double)n) - 1, n);
    return 0;
}
