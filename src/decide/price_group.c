#include "decide/price_group.h"

#include <math.h>
#include <string.h>

enum { HALVINGS = 50, DOUBLINGS = 60 };

typedef struct group_run {
    const skuai_price_item *items;
    size_t n;
    const skuai_price_options *options;
    double most, weight; /* sum of w */
} group_run;

static double weight_of(const skuai_price_item *i) {
    return i->demand * i->price;
}

/* Every item at a multiplier; the move of the mean, the value, and the relaxed bound for a limit on
 * the side that the multiplier presses from. */
static skua_status choose_all(const group_run *g, double multiplier, skuai_price_choice *choices,
                              skuai_price_group *group, skua_error *err) {
    double move = 0, value = 0;
    for (size_t k = 0; k < g->n; k++) {
        skuai_price_options o = *g->options;
        const skuai_price_item *i = &g->items[k];
        o.press = multiplier * weight_of(i);
        SKUA_TRY(skuai_price_choose(i, &o, &choices[k], err));
        move += weight_of(i) * (choices[k].best.price / i->price - 1);
        value += choices[k].best.value;
    }
    double limit = multiplier > 0 ? g->most : -g->most;
    *group = (skuai_price_group){.multiplier = multiplier,
                                 .move = g->weight > 0 ? move / g->weight : 0,
                                 .value = value,
                                 .bound = value};
    if (multiplier != 0) group->bound = value - multiplier * (move - limit * g->weight);
    return SKUA_OK;
}

/* The least multiplier of a sign that keeps the rule. */
static skua_status press(const group_run *g, double sign, skuai_price_choice *choices,
                         skuai_price_group *group, skua_error *err) {
    double low = 0, high = 0.01, bound = INFINITY;
    skuai_price_group at;
    for (int k = 0;; k++) {
        SKUA_TRY(choose_all(g, sign * high, choices, &at, err));
        bound = fmin(bound, at.bound);
        if (sign * at.move <= g->most) break;
        if (k == DOUBLINGS)
            return skuai_error_set(
                err, SKUA_EDATA,
                "no prices keep the mean price of the group within %.4g %% of today's: the nearest "
                "that bounds and ladder allow is %+.4g %%",
                100 * g->most, 100 * at.move);
        low = high;
        high *= 2;
    }
    for (int k = 0; k < HALVINGS && high - low > 1e-9 * high; k++) {
        double middle = (low + high) / 2;
        SKUA_TRY(choose_all(g, sign * middle, choices, &at, err));
        bound = fmin(bound, at.bound);
        if (sign * at.move > g->most)
            low = middle;
        else
            high = middle;
    }
    SKUA_TRY(choose_all(g, sign * high, choices, group, err));
    group->bound = fmin(bound, group->bound);
    return SKUA_OK;
}

/* Every item within the share by itself: it keeps the rule whatever the curves are like. */
static skua_status choose_each(const group_run *g, skuai_price_choice *choices,
                               skuai_price_group *group, skua_error *err) {
    skuai_price_options o = *g->options;
    group_run each = *g;
    o.most_change = o.most_change > 0 ? fmin(o.most_change, g->most) : g->most;
    each.options = &o;
    return choose_all(&each, 0, choices, group, err);
}

/* The pressed plan, or the one that keeps each item within the share where that brings more or the
 * press jumps past the rule (a curve that bends upwards has no price between its ends). */
static skua_status bind(const group_run *g, double sign, skuai_price_choice *choices,
                        skuai_price_group *group, skua_error *err) {
    skuai_price_choice *other = skuai_new(g->n, sizeof *other);
    skuai_price_group pressed = {0}, each = {0};
    skua_error own = {0};
    if (!other) return skuai_error_memory(err, "a category");
    skua_status status = press(g, sign, choices, &pressed, &own);
    bool kept = status == SKUA_OK && fabs(pressed.move) <= g->most * (1 + 1e-12);
    double bound = status == SKUA_OK ? pressed.bound : INFINITY;
    if (status == SKUA_OK || status == SKUA_EDATA) status = choose_each(g, other, &each, &own);
    if (status == SKUA_OK && (!kept || each.value > pressed.value)) {
        for (size_t k = 0; k < g->n; k++) {
            choices[k] = other[k];
            if (strcmp(choices[k].limit, "change") == 0) choices[k].limit = "category";
        }
        pressed = each;
    } else if (status == SKUA_EDATA && kept) {
        status = SKUA_OK; /* a bound forces one item further than the share, others make up */
    }
    skuai_free(other);
    if (status != SKUA_OK) {
        if (err) *err = own;
        return status;
    }
    *group = pressed;
    group->bound = fmax(bound < INFINITY ? bound : each.value, group->value);
    return SKUA_OK;
}

skua_status skuai_price_group_choose(const skuai_price_item *items, size_t n,
                                     const skuai_price_options *options, double most,
                                     skuai_price_choice *choices, skuai_price_group *group,
                                     skua_error *err) {
    if (!(most > 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "a group's mean price may move by %g: must be above 0", most);
    group_run g = {items, n, options, most, 0};
    for (size_t k = 0; k < n; k++)
        g.weight += weight_of(&items[k]);
    skuai_price_group found;
    SKUA_TRY(choose_all(&g, 0, choices, &found, err));
    if (fabs(found.move) > most) {
        SKUA_TRY(bind(&g, found.move > 0 ? 1 : -1, choices, &found, err));
        found.binds = true;
        for (size_t k = 0; k < n; k++)
            if (!*choices[k].limit) choices[k].limit = "category";
    }
    *group = found;
    return SKUA_OK;
}
