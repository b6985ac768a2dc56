#include "stat/arima/arima_search.h"

#include <math.h>
#include <string.h>

#define MODELS       94   /* the most that are tried */
#define LEAST_ROOT   1.01 /* modulus */
#define SEARCH_GAIN  2e-2 /* log-likelihood a step must gain while orders are compared */
#define SEARCH_STEPS 25
#define FINAL_GAIN   1e-8
#define FINAL_STEPS  100
#define NEW_TERM     0.1 /* where a term without a neighbour's estimate starts */
#define FAR_TERM     0.3 /* where all terms start to look for other maxima */
#define STRONG_AR    0.8 /* partial autocorrelation .62 */
#define STRONG_MA    1.5 /* coefficient -.83 */

typedef struct search {
    skuai_arima_sample *sample;
    skuai_arima_limits limits;
    skuai_arima_order tried[MODELS];
    size_t n;
    skuai_arima_choice *choice;
    skuai_arima_fit best; /* where the search stands */
    double value;         /* its criterion, infinite while there is none */
} search;

skuai_arima_limits skuai_arima_limits_for(size_t observed, int season,
                                          skuai_arima_criterion criterion) {
    int third = observed / 3 < 5 ? (int)(observed / 3) : 5;
    skuai_arima_limits limits = {.p = third,
                                 .q = third,
                                 .criterion = criterion,
                                 .without_constant = true,
                                 .with_constant = true};
    if (season > 1) {
        size_t seasons = observed / 3 / (size_t)season;
        limits.P = limits.Q = seasons < 2 ? (int)seasons : 2;
        if (limits.p > season - 1) limits.p = limits.q = season - 1;
    }
    return limits;
}

/* Start `order` from the estimates of another model: terms that both have are taken over. */
static void start_from(const skuai_arima_fit *other, const skuai_arima_order *order, double *raw) {
    const int had[] = {other->order.p, other->order.q, other->order.P, other->order.Q};
    const int want[] = {order->p, order->q, order->P, order->Q};
    int from = 0, to = 0;
    for (int part = 0; part < 4; part++) {
        for (int i = 0; i < want[part]; i++)
            raw[to + i] =
                i < had[part] ? other->raw[from + i] : (part % 2 == 0 ? NEW_TERM : -NEW_TERM);
        from += had[part];
        to += want[part];
    }
}

#define STARTS 9

/* Start number i < STARTS without a neighbour: every sign of the AR part, of the MA part, and both
 * the same and alternating from lag to lag, as the likelihood of mixed models has several maxima;
 * at last a strong AR part nearly cancelled by the MA part, where differenced series often lie. */
static void start_at(const skuai_arima_order *order, unsigned i, double *raw) {
    const int n[] = {order->p, order->q, order->P, order->Q};
    for (int part = 0, at = 0; part < 4; at += n[part++]) {
        bool negative = part % 2 == 0 ? (i & 1) != 0 : (i & 2) == 0;
        for (int j = 0; j < n[part]; j++) {
            bool turned = (i & 4) != 0 && j % 2 == 1;
            raw[at + j] = negative != turned ? -FAR_TERM : FAR_TERM;
            if (i == 8 && part < 2 && j == 0) raw[at] = part == 0 ? STRONG_AR : STRONG_MA;
        }
    }
}

static bool is_new(const search *s, const skuai_arima_order *order) {
    for (size_t i = 0; i < s->n; i++) {
        const skuai_arima_order *o = s->tried + i;
        if (o->p == order->p && o->q == order->q && o->P == order->P && o->Q == order->Q &&
            o->constant == order->constant)
            return false;
    }
    return true;
}

static void keep(skuai_arima_choice *choice, const skuai_arima_fit *fit, double value) {
    size_t at = choice->n;
    while (at > 0 && value < choice->value[at - 1])
        at--;
    if (at == SKUAI_ARIMA_KEPT) return;
    size_t last = choice->n < SKUAI_ARIMA_KEPT ? choice->n++ : SKUAI_ARIMA_KEPT - 1;
    for (size_t i = last; i > at; i--) {
        choice->fit[i] = choice->fit[i - 1];
        choice->value[i] = choice->value[i - 1];
    }
    choice->fit[at] = *fit;
    choice->value[at] = value;
}

/* Try a model; true when it is better than all before. */
static bool try_model(search *s, skuai_arima_order order) {
    if (order.p < 0 || order.q < 0 || order.P < 0 || order.Q < 0 || order.p > s->limits.p ||
        order.q > s->limits.q || order.P > s->limits.P || order.Q > s->limits.Q ||
        !(order.constant ? s->limits.with_constant : s->limits.without_constant) ||
        s->n == MODELS || !is_new(s, &order))
        return false;
    s->tried[s->n++] = order;
    if (skuai_arima_parameters(&order) + 1 >= s->sample->length - s->sample->n_missing &&
        skuai_arima_terms(&order) > 0)
        return false;
    skuai_arima_fit fit = {.order = order}, other = {.order = order};
    start_from(&s->best, &order, fit.raw);
    if (!skuai_arima_maximise(s->sample, &fit, SEARCH_GAIN, SEARCH_STEPS)) return false;
    if (s->limits.thorough && order.p > 0 && order.q > 0) {
        start_at(&order, 8, other.raw); /* the neighbour may stand on the wrong slope */
        if (skuai_arima_maximise(s->sample, &other, SEARCH_GAIN, SEARCH_STEPS) &&
            other.log_likelihood > fit.log_likelihood)
            fit = other;
    }
    double value = fit.criterion[s->limits.criterion];
    if (!(value < INFINITY) || !skuai_arima_is_regular(&order, fit.coefficient, LEAST_ROOT))
        return false;
    keep(s->choice, &fit, value);
    if (!(value < s->value)) return false;
    s->best = fit;
    s->value = value;
    return true;
}

static bool try_changed(search *s, int p, int q, int P, int Q) {
    skuai_arima_order order = s->best.order;
    order.p += p;
    order.q += q;
    order.P += P;
    order.Q += Q;
    return try_model(s, order);
}

/* One neighbour after another until one is better. */
static bool move(search *s) {
    static const int both[][2] = {{-1, 0},  {0, -1}, {1, 0},  {0, 1},
                                  {-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
    for (size_t i = 0; i < 8; i++)
        if (try_changed(s, 0, 0, both[i][0], both[i][1])) return true;
    for (size_t i = 0; i < 8; i++)
        if (try_changed(s, both[i][0], both[i][1], 0, 0)) return true;
    skuai_arima_order order = s->best.order;
    order.constant = !order.constant;
    return try_model(s, order);
}

static int least(int a, int b) {
    return a < b ? a : b;
}

static void start(search *s) {
    skuai_arima_sample *sample = s->sample;
    const skuai_arima_limits *limits = &s->limits;
    skuai_arima_order none = {.d = sample->d,
                              .D = sample->D,
                              .season = sample->season,
                              .constant = limits->with_constant};
    skuai_arima_order order = none;
    s->best.order = none;
    bool few = sample->n - sample->n_missing < 10;
    try_model(s, none);
    order.p = least(limits->p, 1);
    order.P = least(limits->P, 1);
    try_model(s, order);
    order = none;
    order.q = least(limits->q, 1);
    order.Q = least(limits->Q, 1);
    try_model(s, order);
    order.q = least(limits->q, few ? 1 : 2);
    order.p = least(limits->p, few ? 1 : 2);
    order.P = least(limits->P, few ? 0 : 1);
    order.Q = least(limits->Q, few ? 0 : 1);
    try_model(s, order);
    none.constant = false;
    try_model(s, none);
}

/* Maximise from the estimates at hand, when there are any, and from `starts` others: the best of
 * all into *fit. */
static bool polish(skuai_arima_sample *sample, skuai_arima_fit *fit, bool started,
                   unsigned starts) {
    bool found = started && skuai_arima_maximise(sample, fit, FINAL_GAIN, FINAL_STEPS);
    if (skuai_arima_terms(&fit->order) == 0) starts = started ? 0 : 1;
    for (unsigned i = 0; i < starts; i++) {
        skuai_arima_fit other = {.order = fit->order};
        start_at(&fit->order, i, other.raw);
        if (!skuai_arima_maximise(sample, &other, FINAL_GAIN, FINAL_STEPS)) continue;
        if (!found || other.log_likelihood > fit->log_likelihood) *fit = other;
        found = true;
    }
    return found;
}

skua_status skuai_arima_fit_order(skuai_arima_sample *sample, const skuai_arima_order *order,
                                  skuai_arima_fit *fit, skua_error *err) {
    skuai_arima_fit made = {.order = *order};
    if (!polish(sample, &made, false, STARTS))
        return skuai_error_set(err, SKUA_ESINGULAR, "arima: no likelihood for this order");
    *fit = made;
    return SKUA_OK;
}

skua_status skuai_arima_search(skuai_arima_sample *sample, const skuai_arima_limits *limits,
                               skuai_arima_choice *choice, skua_error *err) {
    choice->n = 0;
    search s = {.sample = sample, .limits = *limits, .choice = choice, .value = INFINITY};
    if (sample->d + sample->D > 1) { /* a trend that bends for ever */
        s.limits.with_constant = false;
        s.limits.without_constant = true;
    }
    start(&s);
    while (s.n < MODELS && move(&s))
        continue;
    choice->tried = s.n;
    if (choice->n == 0)
        return skuai_error_set(err, SKUA_ESINGULAR, "arima: no model of %zu could be fitted", s.n);
    skuai_arima_fit final = choice->fit[0];
    if (polish(sample, &final, true, 2) &&
        skuai_arima_is_regular(&final.order, final.coefficient, LEAST_ROOT)) {
        choice->fit[0] = final;
        choice->value[0] = final.criterion[limits->criterion];
    }
    return SKUA_OK;
}
