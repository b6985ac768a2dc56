/* Over many series: dependence, importance, the surrogate tree, and integrated gradients, on a
 * forecaster whose law is known. */
#include "known_law.h"

#include "explain/dependence.h"
#include "explain/importance.h"
#include "explain/surrogate.h"

static size_t every[LAW_SERIES];

static skuai_dependence *depends(const skuai_panel *panel, size_t covariate) {
    skua_error err;
    skuai_dependence *d = NULL;
    assert_ok(skuai_dependence_find(&law_forecaster, NULL, panel, every, LAW_SERIES, covariate,
                                    &law_options, NULL, &d, &err),
              &err);
    return d;
}

static void curves_are_the_law(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = law_panel();
    the_law = (law){-3, 7, -0.5, 0};
    skuai_dependence *d = depends(panel, 0);
    assert_true(d->relative);
    assert_int_equal(d->n_grid, 7);
    for (size_t s = 0; s < LAW_SERIES; s++)
        for (size_t g = 0; g < d->n_grid; g++) {
            double price = s % 2 ? 8 : 10, slope = s % 2 ? -3.5 : -3;
            double value = d->value[s * d->n_grid + g];
            assert_close(value - d->planned[s], LAW_H * slope * price * (d->grid[g] - 1), 0, 1e-3);
            assert_close(d->high[s * d->n_grid + g] - d->low[s * d->n_grid + g], 0.8 * LAW_H, 0,
                         1e-6);
            float least = 99, most = 0;
            for (size_t t = 0; t < LAW_T; t++) {
                float x = panel->dynamic[0].values[panel->row[s] + t];
                least = x < least ? x : least;
                most = x > most ? x : most;
            }
            assert_int_equal(d->seen[s * d->n_grid + g], price * d->grid[g] >= (double)least &&
                                                             price * d->grid[g] <= (double)most);
        }
    double share = 0;
    for (size_t s = 0; s < LAW_SERIES; s++)
        share += (d->value[s * 7] - d->planned[s]) / d->usual[s] / LAW_SERIES;
    assert_close(d->share[0], share, 0, 1e-12);
    assert_true(d->share[0] > 0 && d->share[6] < 0 && d->most > 0);
    skuai_dependence_free(d);
    d = depends(panel, 1);
    assert_false(d->relative);
    assert_int_equal(d->n_grid, 2);
    assert_close(d->value[1] - d->value[0], LAW_H * (7 - 0.5 * 10), 0, 1e-4);
    skuai_dependence_free(d);
    d = depends(panel, 2); /* ignored by the law: quantiles of its values, and nothing moves */
    assert_int_equal(d->n_grid, 7);
    assert_true(d->grid[0] < -1 && d->grid[6] > 1);
    assert_close(d->most, 0, 0, 0);
    skuai_dependence_free(d);
    d = depends(panel, SKUAI_DEPENDENCE_AVAILABLE);
    assert_string_equal(d->name, "availability");
    assert_int_equal(d->n_grid, 5);
    assert_false(d->seen[0]); /* always available so far */
    assert_true(d->seen[4]);
    skuai_dependence_free(d);
    assert_int_equal(skuai_dependence_find(&law_forecaster, NULL, panel, every, LAW_SERIES, 3,
                                           &law_options, NULL, &d, &err),
                     SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "never moved"));
    assert_int_equal(skuai_dependence_find(&law_forecaster, NULL, panel, every, LAW_SERIES, 9,
                                           &law_options, NULL, &d, &err),
                     SKUA_EINVAL);
    skuai_panel_free(panel);
}

static size_t group_of(const skuai_importance *m, const char *name) {
    size_t g = 0;
    while (g < m->n_groups && strcmp(m->groups[g], name) != 0)
        g++;
    assert_true(g < m->n_groups);
    return g;
}

static skuai_importance *importance(const skuai_panel *panel, skuai_explain_method method) {
    skua_error err;
    skuai_importance *m = NULL;
    skuai_explain_options o = law_options;
    o.method = method;
    assert_ok(
        skuai_importance_find(&law_forecaster, NULL, panel, every, LAW_SERIES, &o, NULL, &m, &err),
        &err);
    return m;
}

/* All series at once give what each gives alone. */
static void a_shop_is_its_series(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = law_panel();
    the_law = (law){-3, 7, 0, 0};
    skuai_importance *m = importance(panel, SKUAI_EXPLAIN_EXACT);
    assert_int_equal(m->n_groups, 4); /* price, promotion, weather, recent sales */
    for (size_t s = 0; s < LAW_SERIES; s++) {
        skuai_explanation *e = NULL;
        skuai_explain_options o = law_options;
        o.method = SKUAI_EXPLAIN_EXACT;
        assert_ok(skuai_explain(&law_forecaster, NULL, panel, s, &o, NULL, &e, &err), &err);
        double forecast = 0;
        for (size_t g = 0; g < e->n_groups; g++) {
            double sum = 0;
            for (size_t h = 0; h < LAW_H; h++)
                sum += e->contribution[g * LAW_H + h];
            assert_close(m->contribution[s * m->n_groups + group_of(m, e->groups[g])], sum, 0,
                         1e-8);
        }
        for (size_t h = 0; h < LAW_H; h++)
            forecast += e->forecast[h];
        assert_close(m->forecast[s], forecast, 0, 1e-8);
        skuai_explanation_free(e);
    }
    size_t price = group_of(m, "price"), on = group_of(m, "promotion");
    assert_true(m->mean_share[0] >= m->mean_share[1]);
    assert_close(m->mean_absolute[group_of(m, "weather")], 0, 0, 1e-9);
    assert_true(m->contribution[m->n_groups + on] > 0); /* item01 plans one, */
    assert_true(m->contribution[on] <= 0);              /* item00 plans none */
    assert_true(m->level[m->n_groups + price] < -1.5);  /* and a low price */
    assert_true(fabs(m->level[price]) < 0.5);
    skuai_importance_free(m);
    m = importance(panel, SKUAI_EXPLAIN_AUTO); /* it cannot speak: a game by kernel */
    assert_int_equal(m->method, SKUAI_EXPLAIN_KERNEL);
    skuai_importance_free(m);
    assert_int_equal(skuai_importance_find(&law_forecaster, NULL, panel, every, LAW_SERIES,
                                           &(skuai_explain_options){.horizon = LAW_H,
                                                                    .backgrounds = 1,
                                                                    .method = SKUAI_EXPLAIN_LIME},
                                           NULL, &m, &err),
                     SKUA_EINVAL);
    skuai_panel_free(panel);
}

static void a_sample_is_drawn(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = law_panel(), *young = NULL;
    size_t a[LAW_SERIES], b[LAW_SERIES], n = 0;
    skuai_explain_options o = law_options;
    assert_ok(skuai_importance_sample(panel, &o, 100, a, &n, &err), &err);
    assert_int_equal(n, LAW_SERIES);
    assert_ok(skuai_importance_sample(panel, &o, 6, a, &n, &err), &err);
    assert_int_equal(n, 6);
    for (size_t i = 1; i < n; i++)
        assert_true(a[i] > a[i - 1]);
    o.seed = 4;
    assert_ok(skuai_importance_sample(panel, &o, 6, b, &n, &err), &err);
    assert_true(memcmp(a, b, 6 * sizeof *a) != 0);
    assert_ok(skuai_panel_last(panel, 10, &young, &err), &err);
    assert_int_equal(skuai_importance_sample(young, &o, 6, a, &n, &err), SKUA_EDATA);
    skuai_panel_free(young);
    skuai_panel_free(panel);
}

static skuai_surrogate *tree(const skuai_panel *panel, size_t leaves, uint64_t seed) {
    skua_error err;
    skuai_surrogate *t = NULL;
    skuai_explain_options o = law_options;
    o.seed = seed;
    assert_ok(skuai_surrogate_fit(&law_forecaster, NULL, panel, every, LAW_SERIES, leaves, &o, NULL,
                                  &t, &err),
              &err);
    return t;
}

/* The greatest cut is the promotion, and the fidelity is that of series not fitted to. */
static void a_tree_stands_in(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = law_panel();
    the_law = (law){0, 60, 0, 0};
    skuai_surrogate *t = tree(panel, 8, 3);
    const char *first = t->inputs[t->nodes[0].input].name;
    assert_true(strcmp(first, "promotion") == 0 || strcmp(first, "price") == 0); /* go together */
    assert_true(t->fidelity > 0.95 && t->fidelity < 1);
    assert_true(t->fidelity_units > 0.9);
    assert_int_equal(t->n_held, LAW_SERIES / 4);
    assert_true(t->n_leaves <= 8);
    assert_close(t->nodes[0].share, 1, 0, 1e-9);
    assert_true(t->nodes[t->nodes[0].left].value != t->nodes[t->nodes[0].right].value);
    skuai_surrogate *small = tree(panel, 2, 3), *other = tree(panel, 8, 4);
    assert_int_equal(small->n_leaves, 2);
    assert_int_equal(small->n_nodes, 3);
    assert_true(small->fidelity != t->fidelity && other->fidelity != t->fidelity);
    skuai_surrogate_free(small);
    skuai_surrogate_free(other);
    skuai_surrogate_free(t);
    assert_int_equal(skuai_surrogate_fit(&law_forecaster, NULL, panel, every, 4, 8, &law_options,
                                         NULL, &t, &err),
                     SKUA_EDATA);
    assert_int_equal(skuai_surrogate_fit(&law_forecaster, NULL, panel, every, LAW_SERIES, 1,
                                         &law_options, NULL, &t, &err),
                     SKUA_EINVAL);
    skuai_panel_free(panel);
}

/* Of a product p q, from (p0, q0) to (p1, q1) in a straight line, the gradient gives the change of
 * p the mean q, which Shapley's halves are too; of sin alone it gives all to the price. */
static void gradients_are_integrated(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = law_panel();
    skuai_explanation *e = NULL, *exact = NULL, *rough = NULL;
    skuai_explain_options o = law_options;
    the_law = (law){-3, 7, -0.5, 4};
    o.method = SKUAI_EXPLAIN_EXACT;
    assert_ok(skuai_explain(&law_forecaster, NULL, panel, 1, &o, NULL, &exact, &err), &err);
    o.method = SKUAI_EXPLAIN_GRADIENT;
    assert_ok(skuai_explain(&law_forecaster, NULL, panel, 1, &o, NULL, &e, &err), &err);
    assert_int_equal(e->method, SKUAI_EXPLAIN_GRADIENT);
    assert_true(isnan(e->fidelity));
    for (size_t h = 0; h < LAW_H; h++) {
        double sum = e->base[h];
        for (size_t g = 0; g < e->n_groups; g++) {
            sum += e->contribution[g * LAW_H + h];
            assert_close(e->contribution[g * LAW_H + h], exact->contribution[g * LAW_H + h], 0,
                         1e-6);
        }
        assert_close(sum, e->forecast[h], 0, 1e-9);
        assert_close(e->forecast[h], exact->forecast[h], 0, 1e-9);
        assert_close(e->base[h], exact->base[h], 0, 1e-9);
    }
    o.samples = 8; /* one step */
    assert_ok(skuai_explain(&law_forecaster, NULL, panel, 1, &o, NULL, &rough, &err), &err);
    assert_true(rough->n_calls < e->n_calls);
    skuai_explanation_free(e);
    skuai_explanation_free(exact);
    skuai_explanation_free(rough);
    skuai_panel_free(panel);
}

/* The law's own slopes on the way, times `honest`. */
static double honest;

static skua_status law_gradient(const skuai_model *model, const skuai_panel *from,
                                const skuai_panel *to, size_t s, const skuai_request *request,
                                const double *at, size_t n_at, const skuai_context *context,
                                double *slope, skua_error *err) {
    (void)model, (void)context;
    size_t K = to->n_dynamic, n = to->length[s], row = to->row[s] + n;
    const double *y0 = skuai_panel_target(from, s), *y1 = skuai_panel_target(to, s);
    if (honest == 0) return skuai_error_set(err, SKUA_ENOTFOUND, "none");
    for (size_t a = 0; a < n_at; a++) {
        double *part = slope + a * (K + 1);
        for (size_t k = 0; k <= K; k++)
            part[k] = 0;
        for (size_t h = 0; h < request->horizon; h++) {
            double p0 = (double)from->dynamic[0].values[row + h];
            double p1 = (double)to->dynamic[0].values[row + h];
            double o0 = (double)from->dynamic[1].values[row + h];
            double o1 = (double)to->dynamic[1].values[row + h];
            double price = p0 + at[a] * (p1 - p0), on = o0 + at[a] * (o1 - o0);
            part[0] += honest * (p1 - p0) *
                       (the_law.price + the_law.both * on + 3 * the_law.wave * cos(3 * price));
            part[1] += honest * (o1 - o0) * (the_law.promotion + the_law.both * price);
            for (size_t t = n - LAW_SEASON; t < n; t++)
                part[K] += honest * (y1[t] - y0[t]) / LAW_SEASON;
        }
    }
    return SKUA_OK;
}

/* A model that has gradients is asked for them: the same answer as by small differences, from fewer
 * forecasts; gradients that do not sum to the difference are not believed. */
static void gradients_of_the_model(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = law_panel();
    skuai_forecaster f = law_forecaster;
    skuai_explanation *small, *own, *few;
    skuai_importance *m;
    skuai_explain_options o = law_options;
    the_law = (law){-3, 7, -0.5, 4};
    o.method = SKUAI_EXPLAIN_GRADIENT;
    o.samples = 600; /* of the differences: rough ones are off by their steps */
    assert_ok(skuai_explain(&f, NULL, panel, 1, &o, NULL, &small, &err), &err);
    assert_int_equal(small->n_gradients, 0);
    o.samples = 0;
    f.gradient = law_gradient;
    honest = 1;
    assert_ok(skuai_explain(&f, NULL, panel, 1, &o, NULL, &own, &err), &err);
    assert_true(own->n_gradients > 0 && own->n_calls < small->n_calls);
    assert_true(own->fidelity >= 0.99 && own->fidelity <= 1);
    for (size_t g = 0; g < own->n_groups; g++) { /* over the horizon */
        double ours = 0, theirs = 0;
        for (size_t h = 0; h < LAW_H; h++) {
            ours += own->contribution[g * LAW_H + h];
            theirs += small->contribution[g * LAW_H + h];
        }
        assert_close(ours, theirs, 0.01, 0.1);
    }
    for (size_t h = 0; h < LAW_H; h++) { /* and in each period they sum */
        double sum = own->base[h];
        for (size_t g = 0; g < own->n_groups; g++)
            sum += own->contribution[g * LAW_H + h];
        assert_close(sum, own->forecast[h], 0, 1e-9);
        assert_close(own->forecast[h], small->forecast[h], 0, 1e-9);
        assert_close(own->base[h], small->base[h], 0, 1e-9);
    }
    o.samples = 64;
    assert_ok(skuai_explain(&f, NULL, panel, 1, &o, NULL, &few, &err), &err);
    assert_true(few->n_gradients > own->n_gradients && few->fidelity >= own->fidelity);
    skuai_explanation_free(few);
    o.samples = 0;
    assert_ok(skuai_importance_find(&f, NULL, panel, every, LAW_SERIES, &o, NULL, &m, &err), &err);
    assert_int_equal(m->method, SKUAI_EXPLAIN_GRADIENT);
    double sum = 0;
    for (size_t g = 0; g < own->n_groups; g++)
        for (size_t h = 0; h < LAW_H; h++)
            sum += own->contribution[g * LAW_H + h];
    for (size_t g = 0; g < m->n_groups; g++)
        sum -= m->contribution[m->n_groups + g]; /* of the same series */
    assert_close(sum, 0, 0, 1e-9);
    skuai_importance_free(m);
    honest = 1.2; /* the shop is then explained by differences */
    assert_ok(skuai_importance_find(&f, NULL, panel, every, LAW_SERIES, &o, NULL, &m, &err), &err);
    assert_int_equal(m->method, SKUAI_EXPLAIN_GRADIENT);
    skuai_importance_free(m);
    const double lies[] = {1.2, 0};
    for (size_t i = 0; i < 2; i++) {
        skuai_explanation *e;
        honest = lies[i];
        assert_ok(skuai_explain(&f, NULL, panel, 1, &o, NULL, &e, &err), &err);
        assert_int_equal(e->n_gradients, 0);
        assert_true(isnan(e->fidelity));
        skuai_explanation_free(e);
    }
    skuai_explanation_free(small);
    skuai_explanation_free(own);
    skuai_panel_free(panel);
}

int main(void) {
    for (size_t s = 0; s < LAW_SERIES; s++)
        every[s] = s;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_the_law),       cmocka_unit_test(a_shop_is_its_series),
        cmocka_unit_test(a_sample_is_drawn),        cmocka_unit_test(a_tree_stands_in),
        cmocka_unit_test(gradients_are_integrated), cmocka_unit_test(gradients_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
