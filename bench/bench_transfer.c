/* transfer: a new channel, and new items, that have k = 0, 1, 2, 4, 8 periods of history. Whole
 * stores of Walmart (every fifth, of every third series, weekly, 13 weeks ahead) and whole products
 * of fresh retail (every fifth, of every twentieth series, daily, 7 days ahead) are new: of each of
 * their series the last k periods before the origin are there, of all others the whole history.
 * Beside one another, on the new series alone: the base model as it is, the base model fine-tuned
 * on the others (which is what the shop has when the channel opens), the same after `update` with
 * the k periods, and local methods on the k periods; the gain is over whichever of these does best
 * on the test itself. Local methods have nothing at k = 0, so there the best of a shop's cold start
 * (mean of those alike) counts too. */
#include "benchmarks.h"
#include "figure.h"

#include "forecast/forecaster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGES = 5, FIFTH = 5, MODELS_MOST = 16, STATICS_MOST = 8, DYNAMICS_MOST = 16 };

static const size_t ages[AGES] = {0, 1, 2, 4, 8};

static const struct {
    const char *name, *key; /* key: the static whose levels are held out whole */
    size_t step, horizon;
    const char *net; /* how the net is fine-tuned */
} sets[] = {
    {"walmart", "store", 3, 13, "transformer:steps=200:horizon=16:batch=32"},
    {"freshretail", "item", 20, 7, "transformer:steps=200:horizon=8:batch=32"},
};
enum { SETS = sizeof sets / sizeof *sets };

/* Local methods; the last takes what is known of others too. */
static const char *const rivals[] = {"naive", "seasonal-naive", "window-mean", "theta", "ets",
                                     "sba",   "cold-start"};
enum { RIVALS = sizeof rivals / sizeof *rivals };

typedef struct trial {
    skuai_panel *panel; /* up to the origin; what came is behind it */
    size_t horizon;
    bool *new; /* [series] */
    size_t *order, n_new, n_old;
} trial;

/* -- Panels ----------------------------------------------------------------------------------- */

/* Text of a static of a series, NULL unknown. */
static const char *level_of(const skuai_panel *p, size_t k, size_t s) {
    int32_t code = p->statics[k].codes[p->base[s]];
    return code < 0 ? NULL : p->statics[k].levels[code];
}

/* Series s of a panel with the last `keep` periods of its history, added to a builder. */
static skua_status add_series(skuai_panel_builder *b, const skuai_panel *p, size_t s, size_t keep,
                              skua_error *err) {
    size_t n = p->length[s] < keep ? p->length[s] : keep, from = p->row[s] + p->length[s] - n;
    const float *dynamic[DYNAMICS_MOST];
    for (size_t k = 0; k < p->n_dynamic; k++)
        dynamic[k] = p->dynamic[k].values + from;
    return skuai_panel_builder_series(
        b, skuai_panel_name(p, s), p->start[s] + (int64_t)(p->length[s] - n), n, p->future[s],
        p->target + from, p->available ? p->available + from : NULL, dynamic, err);
}

/* The panel with k periods of the new series; `only_new` leaves out the others. */
static skua_status young_panel(const trial *t, size_t k, skuai_panel **result, skua_error *err) {
    const skuai_panel *p = t->panel;
    size_t S = p->n_series;
    const char **texts = skuai_new(S, sizeof *texts);
    double *numbers = skuai_new(S, sizeof *numbers);
    skuai_panel_builder *b = skuai_panel_builder_new(&p->grid, p->season);
    skua_status status;
    SKUA_TRY_OUT(b && texts && numbers ? SKUA_OK : skuai_error_memory(err, "a panel"));
    for (size_t d = 0; d < p->n_dynamic; d++)
        SKUA_TRY_OUT(skuai_panel_builder_dynamic(b, p->dynamic[d].name, p->dynamic[d].known, err));
    for (size_t s = 0; s < S; s++)
        SKUA_TRY_OUT(add_series(b, p, s, t->new[s] ? k : SIZE_MAX, err));
    for (size_t c = 0; c < p->n_static; c++) {
        for (size_t s = 0; s < S; s++) {
            if (p->statics[c].values)
                numbers[s] = p->statics[c].values[p->base[s]];
            else
                texts[s] = level_of(p, c, s);
        }
        if (p->statics[c].values)
            SKUA_TRY_OUT(skuai_panel_builder_number(b, p->statics[c].name, numbers, err));
        else
            SKUA_TRY_OUT(skuai_panel_builder_category(b, p->statics[c].name, texts, err));
    }
    SKUA_TRY_OUT(skuai_panel_builder_finish(b, result, err));
out:
    skuai_panel_builder_free(b);
    skuai_free(texts);
    skuai_free(numbers);
    return status;
}

static skua_status trial_init(trial *t, const bench_set *set, size_t key, size_t horizon,
                              skua_error *err) {
    *t = (trial){.horizon = horizon};
    SKUA_TRY(skuai_panel_cut(set->full, horizon, &t->panel, err));
    size_t S = t->panel->n_series;
    t->new = skuai_new(S, sizeof *t->new);
    t->order = skuai_new(S, sizeof *t->order);
    if (!t->new || !t->order) return skuai_error_memory(err, "a benchmark");
    for (size_t s = 0; s < S; s++) {
        int32_t code = t->panel->statics[key].codes[t->panel->base[s]];
        t->new[s] = code % FIFTH == 2;
        if (!t->new[s]) t->order[t->n_old++] = s;
    }
    t->n_new = S - t->n_old;
    return SKUA_OK;
}

static void trial_clear(trial *t) {
    skuai_panel_free(t->panel);
    skuai_free(t->new);
    skuai_free(t->order);
}

/* -- Scores ----------------------------------------------------------------------------------- */

/* WQL over the new series, in stock. */
static double wql_of(const trial *t, const skuai_forecast *f) {
    double loss = 0, units = 0;
    for (size_t s = 0; s < t->panel->n_series; s++) {
        for (size_t h = 0; t->new[s] && h < t->horizon; h++) {
            double y = skuai_panel_actual(t->panel, s, h);
            if (isnan(y)) continue;
            const double *q = skuai_forecast_quantiles(f, s, h);
            for (size_t k = 0; k < 9; k++)
                loss += 2 * fmax(bench_levels[k] * (y - q[k]), (bench_levels[k] - 1) * (y - q[k]));
            units += 9 * fabs(y);
        }
    }
    return loss / units;
}

/* A fitted model (consumed by nobody) on the panel with k periods. */
static skua_status score(const trial *t, const skuai_forecaster *f, const skuai_model *model,
                         const skuai_panel *young, double *wql, skua_error *err) {
    skuai_context context = bench_context();
    skuai_request request = {t->horizon, bench_levels, 9, 1};
    skuai_forecast *forecast = NULL;
    SKUA_TRY(f->predict(model, young, &request, &context, &forecast, err));
    *wql = wql_of(t, forecast);
    skuai_forecast_free(forecast);
    return SKUA_OK;
}

static skua_status fit_and_score(const trial *t, const char *name, const skuai_panel *young,
                                 double *wql, skua_error *err) {
    skuai_context context = bench_context();
    skuai_forecaster f;
    skuai_model *model = NULL;
    if (!bench_forecaster(name, &f))
        return skuai_error_set(err, SKUA_ENOTFOUND, "no model '%s'", name);
    SKUA_TRY(f.fit(&f, young, NULL, &context, &model, err));
    skua_status status = score(t, &f, model, young, wql, err);
    f.free(model);
    return status;
}

static void remove_folder(const char *folder) {
    static const char *const endings[] = {"safetensors", "json"};
    char path[128];
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/transformer.%s", folder, endings[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

/* The net fine-tuned on the old series: as it then is, and after an update with the young ones. */
static skua_status fine_tuned(const trial *t, const char *name, const skuai_panel *const *young,
                              double *tuned, double *updated, skua_error *err) {
    skuai_context context = bench_context();
    char folder[] = "/tmp/skua-transfer-XXXXXX";
    skuai_forecaster f;
    skuai_panel *old = NULL;
    skuai_model *model = NULL;
    if (!bench_forecaster(name, &f))
        return skuai_error_set(err, SKUA_ENOTFOUND, "no model '%s'", name);
    if (!mkdtemp(folder)) return skuai_error_set(err, SKUA_EIO, "%s cannot be made", folder);
    skua_status status = skuai_panel_subset(t->panel, t->order, t->n_old, &old, err);
    if (status == SKUA_OK) status = f.fit(&f, old, NULL, &context, &model, err);
    if (status == SKUA_OK) status = f.save(model, folder, err);
    for (size_t a = 0; a < AGES && status == SKUA_OK; a++) {
        skuai_model *copy = NULL;
        status = score(t, &f, model, young[a], &tuned[a], err);
        if (status == SKUA_OK) status = f.load(&f, folder, &copy, err);
        if (status == SKUA_OK) status = f.update(copy, young[a], &context, err);
        if (status == SKUA_OK) status = score(t, &f, copy, young[a], &updated[a], err);
        if (copy) f.free(copy);
    }
    if (model) f.free(model);
    skuai_panel_free(old);
    remove_folder(folder);
    return status;
}

/* -- All -------------------------------------------------------------------------------------- */

enum { ZERO, TUNED, UPDATED, NETS };

typedef struct table {
    double net[NETS][AGES], rival[RIVALS][AGES];
} table;

static void print_row(const char *name, const double *wql) {
    printf("  %-22s", name);
    for (size_t a = 0; a < AGES; a++)
        printf(" %7.4f", wql[a]);
    printf("\n");
    (void)fflush(stdout);
}

static skua_status run_set(const trial *t, const char *net, table *r, skua_error *err) {
    skuai_panel *young[AGES] = {0};
    skua_status status = SKUA_OK;
    for (size_t a = 0; a < AGES && status == SKUA_OK; a++)
        status = young_panel(t, ages[a], &young[a], err);
    for (size_t m = 0; m < RIVALS && status == SKUA_OK; m++) {
        for (size_t a = 0; a < AGES && status == SKUA_OK; a++)
            status = fit_and_score(t, rivals[m], young[a], &r->rival[m][a], err);
        if (status == SKUA_OK) print_row(rivals[m], r->rival[m]);
    }
    for (size_t a = 0; a < AGES && status == SKUA_OK; a++)
        status = fit_and_score(t, "zero-shot", young[a], &r->net[ZERO][a], err);
    if (status == SKUA_OK) print_row("zero-shot", r->net[ZERO]);
    for (size_t a = 0; *net == '\0' && a < AGES; a++) /* a look without training */
        r->net[TUNED][a] = r->net[UPDATED][a] = r->net[ZERO][a];
    if (status == SKUA_OK && *net)
        status = fine_tuned(t, net, (const skuai_panel *const *)young, r->net[TUNED],
                            r->net[UPDATED], err);
    if (status == SKUA_OK && *net) {
        print_row("tuned on the others", r->net[TUNED]);
        print_row("and updated", r->net[UPDATED]);
    }
    for (size_t a = 0; a < AGES; a++)
        skuai_panel_free(young[a]);
    return status;
}

/* The least of the rivals at an age; the last one counts at age 0 alone. */
static double best_rival(const table *r, size_t a) {
    double best = INFINITY;
    for (size_t m = 0; m < RIVALS - (a > 0 ? 1 : 0); m++)
        best = fmin(best, r->rival[m][a]);
    return best;
}

static skua_status run(int only, const char *net, double *gain, size_t *n, skua_error *err) {
    for (size_t i = 0; i < SETS; i++) {
        bench_set set;
        trial t = {0};
        table r;
        if (only >= 0 && (size_t)only != i) continue;
        SKUA_TRY(bench_set_load(sets[i].name, &set, err));
        skua_status status = sets[i].step > 1 ? bench_set_thin(&set, sets[i].step, err) : SKUA_OK;
        size_t key = skuai_panel_static_find(set.full, sets[i].key);
        if (status == SKUA_OK && key == SIZE_MAX)
            status = skuai_error_set(err, SKUA_EINTERNAL, "no static '%s'", sets[i].key);
        if (status == SKUA_OK) status = trial_init(&t, &set, key, sets[i].horizon, err);
        if (status == SKUA_OK) {
            printf("%s: WQL of %zu new series (others: %zu), %zu periods ahead, with 0, 1, 2, 4, 8 "
                   "periods\n",
                   sets[i].name, t.n_new, t.n_old, t.horizon);
            status = run_set(&t, net ? net : sets[i].net, &r, err);
        }
        trial_clear(&t);
        bench_set_clear(&set);
        SKUA_TRY(status);
        for (size_t a = 0; a < AGES; a++)
            gain[a] += log(best_rival(&r, a) / r.net[UPDATED][a]);
        ++*n;
    }
    return SKUA_OK;
}

/* transfer [SET] [NET]: one set alone; another net, "" for zero-shot alone. */
int bench_transfer(int argc, char **argv) {
    skua_error err = {0};
    double gain[AGES] = {0}, least = INFINITY;
    size_t n = 0;
    int only = -1;
    for (size_t i = 0; argc > 2 && i < SETS; i++)
        if (strcmp(argv[2], sets[i].name) == 0) only = (int)i;
    skua_status status = run(only, argc > 3 ? argv[3] : NULL, gain, &n, &err);
    if (status == SKUA_ENOTFOUND) {
        printf("skipped: %s\n", err.message);
        return 0;
    }
    if (status != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    char each[128] = "";
    for (size_t a = 0; a < AGES; a++) {
        double g = 1 - exp(-gain[a] / (double)n);
        size_t used = strlen(each);
        (void)snprintf(each + used, sizeof each - used, "%s%+.3f", a ? ", " : "", g);
        least = fmin(least, g);
    }
    if (only < 0 && argc <= 3)
        bench_figure(
            "transfer", "gain_k", least,
            "least of the gains %s at k = 0, 1, 2, 4, 8, share of the WQL of the best local "
            "method as the test itself ranks them, geometric mean of %zu sets, seed 1",
            each, n);
    else
        printf("gains %s\n", each);
    return 0;
}
