#include "explain/game_study.h"
#include "explain/shapley.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 64, STEPS = 8 };

typedef skuai_game_study study;

static size_t group_find(study *q, const char *name) {
    for (size_t g = 0; g < q->n_groups; g++)
        if (strcmp(q->groups[g], name) == 0) return g;
    if (q->n_groups + 1 >= SKUAI_EXPLAIN_PLAYERS)
        return q->n_groups - 1; /* the last takes the rest */
    q->groups[q->n_groups] = name;
    return q->n_groups++;
}

static void find_groups(study *q) {
    const skuai_panel *panel = q->probe->panel;
    for (size_t k = 0; k < panel->n_dynamic && k < SKUAI_PROBE_COLUMNS; k++) {
        bool use = false;
        for (size_t s = 0; s < q->n && !use; s++)
            use = skuai_probe_moves(panel, s, k);
        q->group_of[k] = use ? group_find(q, skuai_input_group(panel->dynamic[k].name)) : SIZE_MAX;
    }
    q->groups[q->n_groups] = "recent sales";
    q->sales[q->n_groups++] = true;
}

static void study_clear(study *q) {
    skuai_free(q->windows);
    skuai_free(q->mean);
    skuai_free(q->total);
}

static skua_status study_begin(study *q, skua_error *err) {
    size_t backgrounds = q->options->backgrounds;
    if (backgrounds == 0) return skuai_error_set(err, SKUA_EINVAL, "no background");
    q->n = q->probe->n;
    q->outcomes = q->n * q->options->horizon;
    find_groups(q);
    size_t every = (size_t)1 << q->n_groups;
    q->windows = skuai_new(q->n * backgrounds, sizeof *q->windows);
    q->mean = skuai_new(q->outcomes, sizeof *q->mean);
    q->total = skuai_new(every, sizeof *q->total);
    if (!q->windows || !q->mean || !q->total) return skuai_error_memory(err, "an explanation");
    for (size_t c = 0; c < every; c++)
        q->total[c] = (double)NAN;
    for (size_t s = 0; s < q->n; s++)
        SKUA_TRY(skuai_probe_windows(q->probe->panel, s, q->options, backgrounds,
                                     q->windows + s * backgrounds, err));
    return SKUA_OK;
}

/* -- The worth of a coalition -------------------------------------------------------------------
 */

skua_status skuai_game_vary(study *q, const double *present, size_t b, skua_error *err) {
    const skuai_panel *p = q->probe->panel;
    double *x = NULL;
    skuai_probe_reset(q->probe);
    for (size_t k = 0; k < p->n_dynamic && k < SKUAI_PROBE_COLUMNS; k++) {
        double a = q->group_of[k] == SIZE_MAX ? 1 : present[q->group_of[k]];
        if (a >= 1) continue;
        SKUA_TRY(skuai_probe_column(q->probe, k, &x, err));
        for (size_t s = 0; s < q->n; s++) {
            size_t from = p->row[s] + q->windows[s * q->options->backgrounds + b];
            size_t to = p->row[s] + p->length[s];
            for (size_t h = 0; h < q->options->horizon && h < p->future[s]; h++)
                x[to + h] = a > 0 ? a * x[to + h] + (1 - a) * x[from + h] : x[from + h];
        }
    }
    for (size_t g = 0; g < q->n_groups; g++) {
        double a = present[g];
        if (!q->sales[g] || a >= 1) continue;
        SKUA_TRY(skuai_probe_column(q->probe, SKUAI_PANEL_TARGET, &x, err));
        for (size_t s = 0; s < q->n; s++) {
            size_t season = skuai_probe_season(p, s), n = p->length[s];
            size_t recent = skuai_probe_recent(p, s, q->options);
            size_t shift = (recent + season - 1) / season * season; /* whole seasons */
            const double *y = skuai_panel_target(p, s);
            for (size_t t = n - recent; t < n; t++)
                x[p->row[s] + t] = a > 0 ? a * y[t] + (1 - a) * y[t - shift] : y[t - shift];
        }
    }
    return SKUA_OK;
}

skua_status skuai_game_weigh(study *q, const double *present, double *values, skua_error *err) {
    bool covariates = false; /* absent ones: only then do windows differ */
    for (size_t g = 0; g < q->n_groups; g++)
        covariates = covariates || (present[g] < 1 && !q->sales[g]);
    size_t windows = covariates ? q->options->backgrounds : 1;
    memset(values, 0, q->outcomes * sizeof *values);
    for (size_t b = 0; b < windows; b++) {
        skuai_probe_answer answer = {.mean = q->mean};
        SKUA_TRY(skuai_game_vary(q, present, b, err));
        SKUA_TRY(skuai_probe_ask(q->probe, &answer, err));
        for (size_t i = 0; i < q->outcomes; i++)
            values[i] += q->mean[i] / (double)windows;
    }
    return SKUA_OK;
}

static skua_status worth(void *user, const bool *coalitions, size_t m, double *values,
                         skua_error *err) {
    study *q = user;
    for (size_t c = 0; c < m; c++) {
        double present[SKUAI_EXPLAIN_GROUPS] = {0}, sum = 0;
        size_t at = 0;
        for (size_t g = 0; g < q->n_groups; g++) {
            present[g] = coalitions[c * q->n_groups + g];
            at |= (size_t)coalitions[c * q->n_groups + g] << g;
        }
        SKUA_TRY(skuai_game_weigh(q, present, values + c * q->outcomes, err));
        for (size_t i = 0; i < q->outcomes; i++)
            sum += values[c * q->outcomes + i];
        q->total[at] = sum;
        skuai_context_progress(q->probe->context, "explanation", (double)c, (double)m);
    }
    return SKUA_OK;
}

/* -- Integrated gradients by differences --------------------------------------------------------
 */

/* From t / steps to (t + 1) / steps of the way, a group after the other: forwards or backwards. */
static skua_status walk(study *q, size_t t, size_t steps, bool backwards, double *now, double *next,
                        skuai_explanation *e, skua_error *err) {
    double present[SKUAI_EXPLAIN_GROUPS] = {0};
    for (size_t g = 0; g < q->n_groups; g++)
        present[g] = (double)t / (double)steps;
    for (size_t i = 0; i < q->n_groups; i++) {
        size_t g = backwards ? q->n_groups - 1 - i : i;
        present[g] = (double)(t + 1) / (double)steps;
        SKUA_TRY(skuai_game_weigh(q, present, next, err));
        for (size_t k = 0; k < q->outcomes; k++) {
            e->contribution[g * q->outcomes + k] += (next[k] - now[k]) / 2;
            now[k] = next[k];
        }
    }
    return SKUA_OK;
}

/* What the model's gradients say of the whole horizon in place of what the steps say: the steps'
 * contributions are moved, all groups' by the same shares [horizon] of the periods, so that the
 * groups' sums over the horizon are the gradients' and each period's sum over the groups stays. */
static void spread(skuai_explanation *e, const double *whole, double *shares) {
    double all = 0;
    size_t H = e->horizon;
    for (size_t h = 0; h < H; h++) {
        shares[h] = 1e-12;
        for (size_t g = 0; g < e->n_groups; g++)
            shares[h] += fabs(e->contribution[g * H + h]);
        all += shares[h];
    }
    for (size_t g = 0; g < e->n_groups; g++) {
        double off = whole[g];
        for (size_t h = 0; h < H; h++)
            off -= e->contribution[g * H + h];
        for (size_t h = 0; h < H; h++)
            e->contribution[g * H + h] += off * shares[h] / all;
    }
}

static skua_status gradient(study *q, skuai_explanation *e, skua_error *err) {
    size_t steps = q->options->samples ? q->options->samples / (2 * q->n_groups) : STEPS;
    size_t n = q->outcomes;
    double none[SKUAI_EXPLAIN_GROUPS] = {0}, whole[SKUAI_EXPLAIN_GROUPS] = {0};
    if (q->options->whole) return skuai_game_slopes(q, e->contribution, e, err);
    if (q->n == 1) {
        skua_status own = skuai_game_slopes(q, whole, e, err);
        if (own != SKUA_OK && own != SKUA_ENOTFOUND) return own;
        if (own == SKUA_OK) steps = 1; /* they say how it spreads over the horizon */
        skuai_error_clear(err);
    }
    if (steps == 0) steps = 1;
    double *now = skuai_new(3 * n, sizeof *now);
    if (!now) return skuai_error_memory(err, "an explanation");
    double *next = now + n, *start = next + n;
    skua_status status = skuai_game_weigh(q, none, start, err);
    if (status == SKUA_OK) memcpy(e->base, start, n * sizeof *start);
    for (size_t t = 0; t < steps && status == SKUA_OK; t++) {
        memcpy(now, start, n * sizeof *now);
        status = walk(q, t, steps, false, now, next, e, err);
        memcpy(now, start, n * sizeof *now);
        if (status == SKUA_OK) status = walk(q, t, steps, true, now, next, e, err);
        memcpy(start, now, n * sizeof *now); /* where both ways end */
        skuai_context_progress(q->probe->context, "explanation", (double)t, (double)steps);
    }
    if (status == SKUA_OK) memcpy(e->forecast, start, n * sizeof *start);
    if (status == SKUA_OK && e->n_gradients > 0)
        spread(e, whole, now);
    else
        e->fidelity = (double)NAN;
    skuai_free(now);
    return status;
}

/* -- The explanation ----------------------------------------------------------------------------
 */

/* Share of the variance of the worths asked for that the sum of contributions explains. */
static double fidelity(const study *q, const skuai_explanation *e) {
    size_t m = (size_t)1 << e->n_groups, H = e->horizon;
    double base = 0, each[SKUAI_EXPLAIN_GROUPS] = {0}, mean = 0, rest = 0, whole = 0, n = 0;
    for (size_t h = 0; h < H; h++) {
        base += e->base[h];
        for (size_t g = 0; g < e->n_groups; g++)
            each[g] += e->contribution[g * H + h];
    }
    for (size_t c = 0; c < m; c++)
        if (!isnan(q->total[c])) mean += q->total[c], n++;
    mean /= n;
    for (size_t c = 0; c < m; c++) {
        double linear = base;
        if (isnan(q->total[c])) continue;
        for (size_t g = 0; g < e->n_groups; g++)
            if (c >> g & 1) linear += each[g];
        rest += (q->total[c] - linear) * (q->total[c] - linear);
        whole += (q->total[c] - mean) * (q->total[c] - mean);
    }
    return whole > 1e-12 ? 1 - rest / whole : 1;
}

skua_status skuai_explanation_check(const skuai_explanation *e, skua_error *err) {
    for (size_t h = 0; h < e->horizon; h++) {
        double sum = e->base[h], size = fabs(e->base[h]) + fabs(e->forecast[h]);
        for (size_t g = 0; g < e->n_groups; g++) {
            sum += e->contribution[g * e->horizon + h];
            size += fabs(e->contribution[g * e->horizon + h]);
        }
        if (!(fabs(sum - e->forecast[h]) <= 1e-8 * (1 + size)))
            return skuai_error_set(err, SKUA_EINTERNAL, "contributions sum to %g, not to %g", sum,
                                   e->forecast[h]);
    }
    return SKUA_OK;
}

skua_status skuai_explanation_new(size_t groups, size_t outcomes, skuai_explanation **out,
                                  skua_error *err) {
    skuai_explanation *e = skuai_zero(1, sizeof *e);
    if (!e) return skuai_error_memory(err, "an explanation");
    e->n_groups = groups;
    e->horizon = outcomes;
    e->contribution = skuai_zero((groups + 3) * outcomes, sizeof *e->contribution);
    if (!e->contribution) {
        skuai_free(e);
        return skuai_error_memory(err, "an explanation");
    }
    e->base = e->contribution + groups * outcomes;
    e->forecast = e->base + outcomes;
    e->before = e->forecast + outcomes;
    *out = e;
    return SKUA_OK;
}

void skuai_explanation_free(skuai_explanation *e) {
    if (!e) return;
    skuai_contributions_free(e->own);
    skuai_free(e->lime);
    skuai_free(e->contribution);
    skuai_free(e);
}

static skua_status solve(study *q, skuai_explanation *e, skua_error *err) {
    const skuai_explain_options *o = q->options;
    size_t samples = o->samples ? o->samples : SAMPLES;
    skuai_game game = {q->n_groups, q->outcomes, worth, q};
    e->method = o->method == SKUAI_EXPLAIN_AUTO ? SKUAI_EXPLAIN_EXACT : o->method;
    switch (e->method) {
    case SKUAI_EXPLAIN_GRADIENT:
        return gradient(q, e, err);
    case SKUAI_EXPLAIN_KERNEL:
        return skuai_shapley_kernel(&game, samples, o->seed, e->contribution, e->base, e->forecast,
                                    err);
    case SKUAI_EXPLAIN_PERMUTATION:
        return skuai_shapley_permutation(&game, samples / (2 * q->n_groups) + 1, o->seed,
                                         e->contribution, e->base, e->forecast, err);
    default:
        return skuai_shapley_exact(&game, e->contribution, e->base, e->forecast, err);
    }
}

skua_status skuai_game_play(skuai_probe *probe, const skuai_explain_options *options,
                            skuai_explanation **out, skua_error *err) {
    study q = {.probe = probe, .options = options};
    skuai_explanation *e = NULL;
    skua_status status = study_begin(&q, err);
    if (status == SKUA_OK)
        status = skuai_explanation_new(q.n_groups, options->whole ? 1 : q.outcomes, &e, err);
    if (status == SKUA_OK) {
        memcpy(e->groups, q.groups, sizeof e->groups);
        status = solve(&q, e, err);
    }
    if (status == SKUA_OK) status = skuai_explanation_check(e, err);
    if (status == SKUA_OK) {
        if (e->method != SKUAI_EXPLAIN_GRADIENT) e->fidelity = fidelity(&q, e);
        e->n_calls = probe->n_calls;
        *out = e;
    } else {
        skuai_explanation_free(e);
    }
    skuai_probe_reset(probe);
    study_clear(&q);
    return status;
}
