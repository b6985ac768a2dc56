#include "decide/stock_replay.h"

#include "core/random.h"

#include <math.h>
#include <string.h>

typedef struct lot {
    double units;
    size_t ordered, arrives, spoils; /* periods */
    bool fresh;                      /* ordered, and its share of loss not taken yet */
} lot;

typedef struct run {
    const skuai_replay *replay;
    skuai_replay_policy policy;
    void *user;
    skuai_replay_result *each;
} run;

/* Lead time of an order placed in period t. */
static size_t lead_of(const skuai_replay *r, size_t item, size_t t) {
    const skuai_stock_item *s = &r->items[item].stock;
    double lead = s->lead_time;
    if (s->lead_time_sd > 0 && lead > 0) {
        skuai_random random;
        double shape = lead * lead / (s->lead_time_sd * s->lead_time_sd);
        skuai_random_split(&random, r->seed + 1000003 * (uint64_t)t, item);
        lead = skuai_random_gamma(&random, shape) * lead / shape;
    }
    return (size_t)(lead + 0.5);
}

/* Periods from t until an ordered lot is expected. Foresight alone knows when it comes; others that
 * it takes the usual time, or comes next when that is over. */
static size_t due_in(const run *a, const skuai_stock_item *s, const lot *l, size_t t) {
    if (a->policy == skuai_replay_by_foresight) return l->arrives - t;
    size_t expected = l->ordered + (size_t)(s->lead_time + 0.5);
    return expected > t ? expected - t : 1;
}

static double demand_at(const skuai_replay *r, size_t item, size_t t) {
    double d = r->items[item].demand[t];
    return d > 0 ? d : 0; /* NaN and returns are no demand */
}

static void add_lot(lot *lots, size_t *n, lot new_lot) {
    size_t j = (*n)++;
    for (; j > 0 && lots[j - 1].arrives > new_lot.arrives; j--)
        lots[j] = lots[j - 1];
    lots[j] = new_lot;
}

static skua_status place_order(const run *a, size_t item, size_t t, lot *lots, size_t *n,
                               skuai_stock_due *due, skuai_replay_result *result, skua_error *err) {
    const skuai_replay *r = a->replay;
    skuai_stock_item state = r->items[item].stock;
    double order = 0;
    size_t oldest = SIZE_MAX;
    state.on_hand = 0;
    state.n_due = 0;
    state.due = due;
    for (size_t b = 0; b < *n; b++) {
        if (!lots[b].fresh) {
            state.on_hand += lots[b].units;
            if (lots[b].units > 0 && lots[b].spoils < oldest) oldest = lots[b].spoils;
        } else {
            due[state.n_due++] =
                (skuai_stock_due){lots[b].units * (1 - state.loss), due_in(a, &state, &lots[b], t)};
        }
    }
    if (oldest != SIZE_MAX && state.shelf_life) state.on_hand_life = oldest - t;
    SKUA_TRY(a->policy(a->user, r, item, t, &state, &order, err));
    if (!(order > 0)) return SKUA_OK;
    size_t arrives = t + lead_of(r, item, t), life = state.shelf_life;
    add_lot(lots, n, (lot){order, t, arrives, life ? arrives + life : SIZE_MAX, true});
    if (t < r->scored_from) return SKUA_OK;
    result->n_orders++;
    result->order_cost += state.order_cost;
    return SKUA_OK;
}

/* What arrives in period t loses its share; units lost. */
static double receive(lot *lots, size_t n, size_t t, double loss) {
    double lost = 0;
    for (size_t b = 0; b < n; b++) {
        if (!lots[b].fresh || lots[b].arrives > t) continue;
        lost += lots[b].units * loss;
        lots[b].units *= 1 - loss;
        lots[b].fresh = false;
    }
    return lost;
}

/* One period of selling; forgets empty and spoilt lots. */
static void sell(const skuai_replay *r, size_t item, size_t t, lot *lots, size_t *n, double spoilt,
                 skuai_replay_result *result) {
    const skuai_stock_item *s = &r->items[item].stock;
    double demand = demand_at(r, item, t), rest = demand, held = 0;
    size_t kept = 0;
    for (size_t b = 0; b < *n; b++) {
        lot l = lots[b];
        if (l.arrives <= t) {
            double taken = l.units < rest ? l.units : rest;
            l.units -= taken;
            rest -= taken;
            if (l.spoils <= t + 1) {
                spoilt += l.units;
                l.units = 0;
            }
            held += l.units;
        }
        if (l.arrives > t || l.units > 0) lots[kept++] = l;
    }
    *n = kept;
    if (t < r->scored_from || isnan(r->items[item].demand[t])) return;
    double cost = isnan(s->cost) ? 0 : s->cost;
    result->demand += demand;
    result->sold += demand - rest;
    result->lost += rest;
    result->spoilt += spoilt;
    result->held += held;
    result->n_periods += demand > 0;
    result->n_short += rest > 1e-9;
    result->holding_cost += s->holding * held;
    result->lost_cost += s->shortage * rest;
    result->spoil_cost += (cost - s->salvage) * spoilt;
}

static void finish(skuai_replay_result *r) {
    r->cost = r->holding_cost + r->lost_cost + r->spoil_cost + r->order_cost;
    r->fill = r->demand > 0 ? r->sold / r->demand : (double)NAN;
}

static skua_status run_item(void *argument, size_t item, int worker, skua_error *err) {
    (void)worker;
    const run *a = argument;
    const skuai_replay *r = a->replay;
    const skuai_stock_item *s = &r->items[item].stock;
    SKUA_TRY(skuai_stock_item_check(s, err));
    lot *lots = skuai_new(r->periods + 2, sizeof *lots);
    skuai_stock_due *due = skuai_new(r->periods + 2, sizeof *due);
    size_t n = 0, life = s->on_hand_life ? s->on_hand_life : s->shelf_life;
    skua_status status = lots && due ? SKUA_OK : skuai_error_memory(err, "a replay");
    skuai_replay_result result = {0};
    if (status == SKUA_OK && s->on_hand > 0)
        lots[n++] = (lot){s->on_hand, 0, 0, life ? life : SIZE_MAX, false};
    for (size_t t = 0; t < r->periods && status == SKUA_OK; t++) {
        double lost = receive(lots, n, t, s->loss);
        if (t % s->review == 0) status = place_order(a, item, t, lots, &n, due, &result, err);
        lost += receive(lots, n, t, s->loss); /* lead times of no period */
        if (status == SKUA_OK) sell(r, item, t, lots, &n, lost, &result);
    }
    finish(&result);
    if (status == SKUA_OK) a->each[item] = result;
    skuai_free(lots);
    skuai_free(due);
    return status;
}

skua_status skuai_replay_run(const skuai_replay *replay, skuai_replay_policy policy, void *user,
                             const skuai_context *context, skuai_replay_result *total,
                             skuai_replay_result *each, skua_error *err) {
    skuai_replay_result *results = each ? each : skuai_zero(replay->n_items, sizeof *results);
    if (!results) return skuai_error_memory(err, "a replay");
    run a = {replay, policy, user, results};
    skua_status status = skuai_parallel_for(context, "replay", replay->n_items, run_item, &a, err);
    skuai_replay_result sum = {0};
    for (size_t i = 0; i < replay->n_items && status == SKUA_OK; i++) {
        const skuai_replay_result *x = &results[i];
        sum.demand += x->demand, sum.sold += x->sold, sum.lost += x->lost;
        sum.spoilt += x->spoilt, sum.held += x->held;
        sum.n_periods += x->n_periods, sum.n_short += x->n_short, sum.n_orders += x->n_orders;
        sum.holding_cost += x->holding_cost, sum.lost_cost += x->lost_cost;
        sum.spoil_cost += x->spoil_cost, sum.order_cost += x->order_cost;
    }
    finish(&sum);
    if (status == SKUA_OK) *total = sum;
    if (!each) skuai_free(results);
    return status;
}

/* -- Policies ---------------------------------------------------------------------------------- */

skua_status skuai_replay_by_forecast(void *user, const skuai_replay *replay, size_t item, size_t t,
                                     const skuai_stock_item *state, double *order,
                                     skua_error *err) {
    const skuai_replay_forecasts *f = user;
    const skuai_forecast *forecast = f->forecasts[t];
    (void)replay;
    if (!forecast)
        return skuai_error_set(err, SKUA_EINVAL, "no forecast was made for period %zu", t);
    skuai_arena *arena = skuai_arena_new(0);
    double *paths = skuai_new(f->n_paths * forecast->horizon, sizeof *paths);
    skuai_stock_outlook *outlook;
    skuai_stock_order decided;
    skuai_random random;
    skua_status status = arena && paths ? SKUA_OK : skuai_error_memory(err, "paths");
    skuai_random_split(&random, f->seed + t, item);
    if (status == SKUA_OK)
        status = skuai_forecast_paths(forecast, item, f->n_paths, &random, 0, paths, err);
    if (status == SKUA_OK)
        status = skuai_stock_outlook_new(state, paths, f->n_paths, forecast->horizon,
                                         f->seed + 7919 * t + item, arena, &outlook, err);
    if (status == SKUA_OK) status = skuai_stock_decide(outlook, &f->rule, &decided, err);
    if (status == SKUA_OK) *order = decided.order;
    skuai_free(paths);
    skuai_arena_free(arena);
    return status;
}

static double position(const skuai_stock_item *state) {
    double sum = state->on_hand;
    for (size_t d = 0; d < state->n_due; d++)
        sum += state->due[d].units;
    return sum;
}

/* Units to buy for `need` saleable ones, by the shop's packs and least quantity. */
static double to_order(const skuai_stock_item *s, double need) {
    if (!(need > 0)) return 0;
    double units = need / (1 - s->loss);
    if (units < s->moq) units = s->moq;
    if (s->pack > 0) units = ceil(units / s->pack - 1e-9) * s->pack;
    return units;
}

/* Mean and variance of demand over the cover; the deviation of a period from its 80 % interval. */
static void sum_forecast(const skuai_forecast *f, size_t s, double cover, double *mean,
                         double *variance) {
    const double interval = 2 * 1.2815515655446004;
    size_t last = (size_t)ceil(cover - 1e-9);
    *mean = *variance = 0;
    for (size_t h = 0; h < last && h < f->horizon; h++) {
        const double *q = skuai_forecast_quantiles(f, s, h);
        double sd = (skuai_quantile_at(f->levels, q, f->n_quantiles, 0.9) -
                     skuai_quantile_at(f->levels, q, f->n_quantiles, 0.1)) /
                    interval;
        *mean += *skuai_forecast_mean(f, s, h);
        *variance += sd * sd;
    }
}

skua_status skuai_replay_by_formula(void *user, const skuai_replay *replay, size_t item, size_t t,
                                    const skuai_stock_item *state, double *order, skua_error *err) {
    const skuai_replay_normal *f = user;
    (void)replay;
    (void)err;
    size_t end = f->n_past + t, from = end > f->window ? end - f->window : 0, n = 0;
    double mean = 0, square = 0, whole, cover = state->lead_time + (double)state->review;
    const double *y = f->past[item];
    for (size_t i = from; i < end; i++) {
        if (isnan(y[i])) continue;
        double d = y[i] > 0 ? y[i] : 0, delta = d - mean;
        mean += delta / (double)++n;
        square += delta * (d - mean);
    }
    double variance = cover * (n > 1 ? square / (double)(n - 1) : mean);
    whole = mean * cover;
    if (f->forecasts && f->forecasts[t]) {
        sum_forecast(f->forecasts[t], item, cover, &whole, &variance);
        mean = whole / cover;
    }
    double spread = sqrt(variance + mean * mean * state->lead_time_sd * state->lead_time_sd);
    *order = to_order(state, whole + f->z * spread - position(state));
    return SKUA_OK;
}

skua_status skuai_replay_by_foresight(void *none, const skuai_replay *replay, size_t item, size_t t,
                                      const skuai_stock_item *state, double *order,
                                      skua_error *err) {
    (void)none;
    size_t a = t + lead_of(replay, item, t), next = t + state->review;
    size_t b = next < replay->periods ? next + lead_of(replay, item, next) : replay->periods;
    size_t life = state->on_hand_life ? state->on_hand_life : state->shelf_life, n = 0;
    if (b > replay->periods) b = replay->periods;
    if (state->shelf_life && b > a + state->shelf_life) b = a + state->shelf_life;
    lot *lots = skuai_new(state->n_due + 1, sizeof *lots);
    if (!lots) return skuai_error_memory(err, "foresight");
    lots[n++] = (lot){state->on_hand, 0, t, life ? t + life : SIZE_MAX, false};
    for (size_t d = 0; d < state->n_due; d++)
        lots[n++] = (lot){
            state->due[d].units, 0, t + state->due[d].period,
            state->shelf_life ? t + state->due[d].period + state->shelf_life : SIZE_MAX, false};
    double need = 0;
    for (size_t u = t; u < b; u++) {
        double rest = demand_at(replay, item, u);
        for (size_t l = 0; l < n && rest > 0; l++) {
            if (lots[l].arrives > u || lots[l].spoils <= u) continue;
            double taken = lots[l].units < rest ? lots[l].units : rest;
            lots[l].units -= taken;
            rest -= taken;
        }
        if (u >= a) need += rest;
    }
    skuai_free(lots);
    *order = to_order(state, need);
    return SKUA_OK;
}

skua_status skuai_replay_match(const skuai_replay *replay, skuai_replay_normal normal, double fill,
                               const skuai_context *context, double *z, skuai_replay_result *result,
                               skua_error *err) {
    double low = -4, high = 8;
    skuai_replay_result at = {0}, best = {0};
    double best_z = 0, distance = (double)INFINITY;
    for (int i = 0; i < 24; i++) {
        normal.z = (low + high) / 2;
        SKUA_TRY(
            skuai_replay_run(replay, skuai_replay_by_formula, &normal, context, &at, NULL, err));
        if (fabs(at.fill - fill) < distance) {
            distance = fabs(at.fill - fill);
            best = at;
            best_z = normal.z;
        }
        if (distance < 1e-5) break;
        if (at.fill < fill)
            low = normal.z;
        else
            high = normal.z;
    }
    *z = best_z;
    *result = best;
    return SKUA_OK;
}
