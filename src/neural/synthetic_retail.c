/* Demand of an item in a shop. The log of the mean adds up: level, trend, seasons, festivals, what
 * the price does, promotions and the hole behind them, the item's life, a slow disturbance. Counts
 * are drawn around it, and stock-outs hide a part of them. */
#include "neural/synthetic_kind.h"

#include <math.h>

#define FESTIVALS_MOST 4

typedef struct retail {
    skuai_synthetic *series;
    skuai_random *random;
    size_t n;
    double year;      /* periods in a year */
    double day;       /* periods in a day: 24, 1, 1/7, ... */
    double *log_mean; /* [n] */
    bool sum;         /* of many items: a category, a shop */
} retail;

static int64_t day_of(const retail *r, size_t t) {
    return skuai_period_first_day(&r->series->grid, r->series->start + (int64_t)t);
}

/* Trend: a straight line that damps, or a slow walk, or steps of the level. What moves one item
 * mostly averages out in a sum of many. */
static void add_level(retail *r) {
    static const double kinds[] = {0.15, 0.2, 0.45, 0.2}; /* none, damped, walk, steps */
    size_t kind = skuai_draw_choice(r->random, kinds, 4);
    double slope = skuai_random_normal(r->random) * 0.3 / r->year;
    double damp = 1 - skuai_draw_log(r->random, 0.02, 2) / r->year;
    double walk = skuai_draw_log(r->random, r->sum ? 0.02 : 0.1, r->sum ? 0.35 : 0.9), level = 0;
    double chance = fmin(0.2, skuai_draw_log(r->random, 0.2, 2) / r->year);
    double step = r->sum ? 0.25 : 0.5;
    walk /= sqrt(r->year);
    if (damp < 0.5) damp = 0.5;
    for (size_t t = 0; t < r->n; t++) {
        r->log_mean[t] += level;
        if (kind == 1) level += slope, slope *= damp;
        if (kind == 2) level = 0.999 * level + walk * skuai_random_normal(r->random);
        if (kind == 3 && skuai_draw_chance(r->random, chance))
            level += step * skuai_random_normal(r->random);
    }
}

/* Seasons of the clock: hours of the day, days of the week, the month's pay day, the year. */
static void add_seasons(retail *r) {
    skuai_frequency f = r->series->grid.frequency;
    skuai_random *random = r->random;
    double *y = r->log_mean;
    int64_t first = day_of(r, 0);
    double of_year = skuai_day_of_year(first) / 365.25;
    if (r->year > 1.5 && skuai_draw_chance(random, 0.75))
        skuai_synthetic_cycle(random, r->year, of_year * r->year, 1 + skuai_random_index(random, 4),
                              skuai_draw_log(random, 0.05, 0.7), y, r->n);
    if (f != SKUAI_FREQUENCY_HOUR && f != SKUAI_FREQUENCY_DAY) return;
    double week[7], hour[24], scale = skuai_draw_log(random, 0.03, 0.5);
    double weekend = skuai_random_normal(random);
    for (int d = 0; d < 7; d++)
        week[d] = scale * (0.6 * skuai_random_normal(random) + (d >= 4 ? weekend : 0));
    for (int h = 0; h < 24; h++)
        hour[h] = 0;
    double peak = skuai_draw_log(random, 0.3, 1.5), pay = 0.15 * fabs(skuai_random_normal(random));
    skuai_synthetic_cycle(random, 24, 0, 4, peak, hour, 24);
    bool paid = skuai_draw_chance(random, 0.3);
    for (size_t t = 0; t < r->n; t++) {
        int64_t day = day_of(r, t);
        y[t] += week[skuai_day_of_week(day)];
        if (f == SKUAI_FREQUENCY_HOUR)
            y[t] += hour[skuai_period_hour(&r->series->grid, r->series->start + (int64_t)t)];
        if (paid) y[t] += pay * exp(-(double)(skuai_date_from_day(day).day - 1) / 7);
    }
}

/* Festivals: a day of the year that stays, or moves by up to four weeks as the moon does, with a
 * rise before it and a fall behind. The event covariate marks the periods that hold its days. */
static skua_status add_festivals(retail *r, skuai_arena *arena, skua_error *err) {
    if (r->year < 3 || !skuai_draw_chance(r->random, 0.5)) return SKUA_OK;
    bool shown = skuai_draw_chance(r->random, 0.7);
    float *event = skuai_arena_take_zero(arena, r->n, sizeof *event);
    if (!event) return skuai_error_memory(err, "a synthetic series");
    size_t count = 1 + skuai_random_index(r->random, FESTIVALS_MOST);
    int64_t first = day_of(r, 0), last = day_of(r, r->n - 1);
    int from = skuai_date_from_day(first).year, to = skuai_date_from_day(last).year;
    for (size_t k = 0; k < count; k++) {
        int month =
            skuai_draw_chance(r->random, 0.5) ? 12 : 1 + (int)skuai_random_index(r->random, 12);
        int date = 1 + (int)skuai_random_index(r->random, 28);
        bool moves = skuai_draw_chance(r->random, 0.4);
        double height = skuai_draw_between(r->random, -0.5, 1.5);
        double before = skuai_draw_log(r->random, 1, 15),
               days = 1 + (double)skuai_random_index(r->random, 4);
        for (int year = from - 1; year <= to + 1; year++) {
            int64_t day = skuai_day_from_date(year, month, date);
            if (moves) day += (int64_t)skuai_random_index(r->random, 29) - 14;
            if (day + 40 < first || day - 60 > last) continue;
            int64_t p0 = skuai_period_from_day(&r->series->grid, day - (int64_t)(3 * before), 0);
            int64_t p1 = skuai_period_from_day(&r->series->grid, day + (int64_t)days + 10, 0);
            for (int64_t p = p0; p <= p1; p++) {
                int64_t t = p - r->series->start;
                if (t < 0 || t >= (int64_t)r->n) continue;
                int64_t begin = skuai_period_first_day(&r->series->grid, p);
                int64_t end = skuai_period_last_day(&r->series->grid, p);
                double width = (double)(end - begin + 1), gap = (double)(day - end);
                bool inside = begin < day + (int64_t)days && end >= day;
                double effect = inside    ? height * fmin(1, 2 * days / width)
                                : gap > 0 ? height * exp(-gap / before) / fmax(1, width / 7)
                                          : -0.3 * height * exp(-(double)(begin - day) / 5);
                r->log_mean[t] += effect;
                if (inside && shown) event[t] = 1;
            }
        }
    }
    if (shown) r->series->event = event;
    return SKUA_OK;
}

/* The regular price holds for weeks and steps; demand answers with a constant elasticity. */
static skua_status add_price(retail *r, skuai_arena *arena, double elasticity, skua_error *err) {
    float *price = skuai_arena_take(arena, r->n, sizeof *price);
    if (!price) return skuai_error_memory(err, "a synthetic series");
    double base = skuai_draw_log(r->random, 1, 300), log_price = 0;
    double chance = skuai_draw_log(r->random, 1, 12) / r->year;
    double step = skuai_draw_log(r->random, 0.02, 0.2);
    for (size_t t = 0; t < r->n; t++) {
        if (skuai_draw_chance(r->random, chance))
            log_price = 0.7 * log_price + step * skuai_random_normal(r->random) + 0.3 * step;
        price[t] = (float)(base * exp(log_price));
        r->log_mean[t] += elasticity * log_price;
    }
    r->series->price = price;
    return SKUA_OK;
}

/* Actions of some days with a depth: a lift by price and by being shown, then a hole that gives a
 * share of the lift back (people had bought ahead). In slow periods a share of the period. */
static skua_status add_promotions(retail *r, skuai_arena *arena, double elasticity,
                                  skua_error *err) {
    float *depth = skuai_arena_take_zero(arena, r->n, sizeof *depth);
    if (!depth) return skuai_error_memory(err, "a synthetic series");
    double a_year = skuai_draw_log(r->random, 2, 26), shown = skuai_draw_between(r->random, 0, 0.7);
    double back = skuai_draw_between(r->random, 0, 0.5),
           usual = skuai_draw_between(r->random, 0.1, 0.4);
    double days = skuai_draw_log(r->random, 2, 21), length = fmax(1, round(days * r->day));
    double share = fmin(1, days * r->day), hole = 0;
    size_t left = 0;
    double now = 0;
    for (size_t t = 0; t < r->n; t++) {
        if (left == 0 && skuai_draw_chance(r->random, a_year / r->year)) {
            left = (size_t)length;
            now = fmin(0.7, fmax(0.05, usual + 0.1 * skuai_random_normal(r->random)));
        }
        if (left > 0) {
            double lift = share * (elasticity * log(1 - now) + shown);
            depth[t] = (float)(now * share);
            if (r->series->price) r->series->price[t] *= (float)(1 - now * share);
            r->log_mean[t] += lift;
            hole += back * lift / length;
            left--;
        } else {
            r->log_mean[t] -= fmin(hole, 1.5);
            hole *= exp(-1 / fmax(1, 0.7 * length));
        }
    }
    r->series->promotion = depth;
    return SKUA_OK;
}

/* Offered in a part of the year only: asparagus, Christmas trees. The part moves a little from year
 * to year; at its ends demand rises and falls within some days. */
static void add_time_of_year(retail *r) {
    if (r->sum || r->year < 11 || !skuai_draw_chance(r->random, 0.08)) return;
    double share = skuai_draw_between(r->random, 0.15, 0.85);
    double middle = skuai_random_uniform(r->random),
           jitter = skuai_draw_log(r->random, 0.003, 0.04);
    double edge = skuai_draw_log(r->random, 0.005, 0.06), moved = 0;
    for (size_t t = 0; t < r->n; t++) {
        double of_year = skuai_day_of_year(day_of(r, t)) / 365.25;
        double x = of_year - middle - moved;
        x -= floor(x + 0.5); /* years from the middle of the season, -0.5 to 0.5 */
        double outside = fabs(x) - share / 2;
        if (outside > 0)
            r->log_mean[t] -= outside / edge * 4;
        else if (-outside < edge)
            r->log_mean[t] -= 1 + outside / edge;
        /* half a year away from it, the next season's shift is drawn */
        if (fabs(x) > 0.5 - 0.5 / r->year) moved = jitter * skuai_random_normal(r->random);
    }
}

/* Launched inside the window, or dying in it; and a disturbance that lasts. */
static void add_life(retail *r) {
    if (skuai_draw_chance(r->random, 0.2)) {
        double ramp = fmax(1, skuai_draw_log(r->random, 0.03, 0.4) * r->year);
        bool hype = skuai_draw_chance(r->random, 0.4);
        for (size_t t = 0; t < r->n; t++)
            r->log_mean[t] += (hype ? 1.2 : -2.5) * exp(-(double)t / ramp);
    }
    if (skuai_draw_chance(r->random, r->sum ? 0.05 : 0.12)) {
        size_t from = (size_t)skuai_draw_between(r->random, 0.3 * (double)r->n, (double)r->n);
        double fall = skuai_draw_log(r->random, 0.02, 1) * r->year;
        if (skuai_draw_chance(r->random, 0.4)) fall = 0.01; /* no longer offered */
        for (size_t t = from; t < r->n; t++)
            r->log_mean[t] -= (double)(t - from) / fall;
    }
    double keep = 0.97 * sqrt(skuai_random_uniform(r->random)), state = 0;
    double sd = skuai_draw_log(r->random, 0.02, r->sum ? 0.2 : 0.5) * sqrt(1 - keep * keep);
    double nu = skuai_draw_chance(r->random, 0.3) ? 3 : 20;
    for (size_t t = 0; t < r->n; t++) {
        state = keep * state + sd * skuai_draw_student(r->random, nu);
        r->log_mean[t] += state;
    }
}

/* Sales around the mean: negative binomial, in a part of the series with a state in which nobody
 * asks; for large demand log-normal with heavy tails. */
static void draw_demand(retail *r, double level, double *demand) {
    bool large = level > 200 && skuai_draw_chance(r->random, 0.7);
    /* counts of independent days add up, so longer periods are less dispersed */
    double size = skuai_draw_log(r->random, 0.5, 30) * fmax(0.3, pow(r->day, -0.75)),
           spread = skuai_draw_log(r->random, 0.01, 0.3);
    if (r->sum) size *= skuai_draw_log(r->random, 3, 100);
    bool inflated = !large && !r->sum && skuai_draw_chance(r->random, 0.3);
    /* now and then somebody orders for a whole company */
    double bulk = !r->sum && skuai_draw_chance(r->random, 0.2)
                      ? skuai_draw_log(r->random, 0.003, 0.1)
                      : 0,
           bulk_spread = skuai_draw_between(r->random, 0.3, 1.5);
    double sleep = skuai_draw_log(r->random, 0.02, 0.5),
           wake = skuai_draw_log(r->random, 0.05, 0.8);
    double pack =
        skuai_draw_chance(r->random, 0.06) ? 2 + (double)skuai_random_index(r->random, 11) : 1;
    bool asleep = false;
    for (size_t t = 0; t < r->n; t++) {
        double mean = level * exp(fmax(-12, fmin(r->log_mean[t], 6)));
        if (inflated) asleep = skuai_draw_chance(r->random, asleep ? 1 - wake : sleep);
        if (asleep)
            demand[t] = 0;
        else if (large)
            demand[t] = mean * exp(fmin(spread * skuai_draw_student(r->random, 4), 3));
        else
            demand[t] = pack * skuai_random_negative_binomial(r->random, mean / pack, size);
        if (!asleep && bulk > 0 && skuai_draw_chance(r->random, bulk))
            demand[t] +=
                pack * ceil(5 * mean / pack * exp(bulk_spread * skuai_random_normal(r->random)));
    }
    bool whole = !large || skuai_draw_chance(r->random, 0.7);
    double unit = !whole ? skuai_draw_log(r->random, 0.1, 20) : 1; /* money, weights */
    for (size_t t = 0; t < r->n; t++)
        demand[t] = whole ? round(demand[t]) : unit * demand[t];
    r->series->counts = whole;
    r->series->non_negative = true;
}

/* Stock-outs begin the more often the more is sold and last some days: a part of a period, or the
 * rest of it, whole ones and a part of the last. */
static skua_status hide_demand(retail *r, skuai_arena *arena, const double *demand,
                               skua_error *err) {
    float *available = skuai_arena_take(arena, r->n, sizeof *available);
    if (!available) return skuai_error_memory(err, "a synthetic series");
    double a_year = skuai_draw_log(r->random, 0.5, 12), mean = 0;
    double days = skuai_draw_log(r->random, 1, 40);
    for (size_t t = 0; t < r->n; t++)
        mean += demand[t] / (double)r->n;
    double left = 0; /* periods */
    for (size_t t = 0; t < r->n; t++) {
        double busy = mean > 0 ? fmin(4, 0.3 + demand[t] / mean) : 1, most = 1;
        if (left <= 0 && skuai_draw_chance(r->random, fmin(0.3, busy * a_year / r->year))) {
            left = days * r->day * skuai_random_exponential(r->random);
            most = skuai_random_uniform(r->random); /* of the period is left when it begins */
        }
        double gone = fmin(left, most);
        available[t] = (float)(1 - gone);
        left = fmax(0, left - gone);
        double sold = demand[t] * (double)available[t];
        r->series->target[t] =
            r->series->counts ? floor(sold + skuai_random_uniform(r->random)) : sold;
        if (r->series->target[t] > demand[t]) r->series->target[t] = demand[t];
    }
    r->series->available = available;
    return SKUA_OK;
}

/* What is counted by the hour, or for decades, is seldom a single item. */
static double share_of_sums(skuai_frequency frequency) {
    switch (frequency) {
    case SKUAI_FREQUENCY_HOUR:
    case SKUAI_FREQUENCY_QUARTER:
        return 0.6;
    case SKUAI_FREQUENCY_YEAR:
        return 0.85;
    default:
        return 0.35;
    }
}

skua_status skuai_synthetic_retail(skuai_random *random, skuai_arena *arena,
                                   skuai_synthetic *series, skua_error *err) {
    retail r = {.series = series,
                .random = random,
                .n = series->length,
                .year = skuai_grid_periods_in_year(&series->grid)};
    r.day = r.year / 365.25;
    r.log_mean = skuai_arena_take_zero(arena, r.n, sizeof *r.log_mean);
    double *demand = skuai_arena_take_zero(arena, r.n, sizeof *demand);
    if (!r.log_mean || !demand) return skuai_error_memory(err, "a synthetic series");
    /* units a day of an item: 0.01 to 300, of a shop's or a category's sum more; a part of the
     * items sells less than once a period, whatever the period (spare parts) */
    r.sum = skuai_draw_chance(random, share_of_sums(series->grid.frequency));
    bool seldom = !r.sum && skuai_draw_chance(random, 0.3);
    double a_day = exp(0.3 + 1.8 * skuai_random_normal(random));
    double level = fmin(a_day / sqrt(r.day) / sqrt(fmax(r.day, 0.05)), 1e6);
    if (r.sum) level *= skuai_draw_log(random, 10, 3000);
    level = fmax(level, skuai_draw_log(random, 0.02, 0.3));
    if (seldom) level = skuai_draw_log(random, 0.03, 1);
    double elasticity = -skuai_draw_log(random, 0.3, 4);
    add_level(&r);
    add_seasons(&r);
    SKUA_TRY(add_festivals(&r, arena, err));
    if (skuai_draw_chance(random, 0.5)) SKUA_TRY(add_price(&r, arena, elasticity, err));
    if (skuai_draw_chance(random, 0.5)) SKUA_TRY(add_promotions(&r, arena, elasticity, err));
    add_time_of_year(&r);
    add_life(&r);
    draw_demand(&r, level, demand);
    series->demand = demand;
    if (skuai_draw_chance(random, 0.2)) return hide_demand(&r, arena, demand, err);
    for (size_t t = 0; t < r.n; t++)
        series->target[t] = demand[t];
    return SKUA_OK;
}
