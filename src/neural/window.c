#include "neural/window.h"

#include <math.h>
#include <string.h>

#define TURN           6.283185307179586477
#define PROMOTION_MOST 1.5  /* of a share of the price, errors and all */
#define SCALE_SHARE    0.01 /* of |centre|, the least scale */
#define SCALED_MOST    20.0 /* |z| at most: sinh(20) is 2e8 */
#define SLOT_MOST      5.0  /* |covariate| at most */
#define DEVIATION      1.25 /* sqrt(pi / 2): a mean absolute deviation as a standard deviation */

enum { FIRST_LAG = 3, SECOND_LAG = 5, CALENDAR = 7, DATA_CHANNELS = SKUAI_WINDOW_CHANNELS };

skua_status skuai_window_config_check(const skuai_window_config *config, skua_error *err) {
    if (config->patch < 1 || config->patch > 64)
        return skuai_error_set(err, SKUA_EINVAL, "patch = %zu: need 1 to 64", config->patch);
    if (config->context < 1 || config->context > 4096)
        return skuai_error_set(err, SKUA_EINVAL, "context = %zu patches: need 1 to 4096",
                               config->context);
    if (config->neighbours > 64)
        return skuai_error_set(err, SKUA_EINVAL, "neighbours = %zu: need 0 to 64",
                               config->neighbours);
    return SKUA_OK;
}

size_t skuai_window_patches(const skuai_window_config *config, size_t length) {
    size_t patches = (length + config->patch - 1) / config->patch;
    if (patches < 1) patches = 1;
    return patches < config->context ? patches : config->context;
}

double skuai_window_scale(double y, double centre, double scale) {
    double z = asinh((y - centre) / scale);
    if (!(z < SCALED_MOST)) return z >= SCALED_MOST ? SCALED_MOST : 0;
    return z > -SCALED_MOST ? z : -SCALED_MOST;
}

double skuai_window_unscale(double z, double centre, double scale) {
    if (!(z < SCALED_MOST)) z = z >= SCALED_MOST ? SCALED_MOST : 0;
    if (z < -SCALED_MOST) z = -SCALED_MOST;
    double y = centre + scale * sinh(z);
    return isfinite(y) ? y : centre;
}

skua_status skuai_window_batch_new(const skuai_window_config *config, size_t n, size_t past,
                                   size_t future, skuai_arena *arena, skuai_window_batch *batch,
                                   skua_error *err) {
    SKUA_TRY(skuai_window_config_check(config, err));
    size_t f = skuai_window_features(config), rows = n * (past + future);
    skuai_window_batch b = {
        .config = *config, .n = n, .past = past, .future = future, .features = f};
    b.tokens = skuai_arena_take_zero(arena, rows, f * sizeof *b.tokens);
    b.visible = skuai_arena_take_zero(arena, rows, sizeof *b.visible);
    b.target = skuai_arena_take(arena, rows, config->patch * sizeof *b.target);
    b.side =
        skuai_arena_take_zero(arena, n, SKUAI_WINDOW_SIDES * SKUAI_WINDOW_SIDE * sizeof *b.side);
    b.side_visible = skuai_arena_take_zero(arena, n, SKUAI_WINDOW_SIDES * sizeof *b.side_visible);
    b.centre = skuai_arena_take_zero(arena, n, sizeof *b.centre);
    b.scale = skuai_arena_take_zero(arena, n, sizeof *b.scale);
    b.known = skuai_arena_take_zero(arena, n, sizeof *b.known);
    size_t near = n * skuai_window_near(config);
    /* rows of neighbours are cleared when they are filled */
    b.near_tokens = skuai_arena_take(arena, near * (past + future), f * sizeof *b.near_tokens);
    b.near_visible = skuai_arena_take(arena, near, (past + future) * sizeof *b.near_visible);
    b.near_relation = skuai_arena_take(arena, near, sizeof *b.near_relation);
    b.near_first = skuai_arena_take_zero(arena, n + 1, sizeof *b.near_first);
    if (!b.near_tokens || !b.near_visible || !b.near_relation || !b.near_first)
        return skuai_error_memory(err, "a batch of windows");
    if (!b.tokens || !b.visible || !b.target || !b.side || !b.side_visible || !b.centre ||
        !b.scale || !b.known)
        return skuai_error_memory(err, "a batch of windows");
    for (size_t k = 0; k < rows * config->patch; k++)
        b.target[k] = NAN;
    *batch = b;
    return SKUA_OK;
}

/* A window being filled: times are rows of the series, the context begins at `from`. */
typedef struct filling {
    const skuai_window_series *series;
    skuai_window_batch *batch;
    skuai_real *tokens; /* of this window */
    size_t from;        /* first row of the context */
    size_t pad;         /* periods of padding before it */
    size_t blank;       /* of these, periods that are not told at all; those behind, in which a
                           neighbour has a history, are told as missing */
    size_t past, ahead; /* periods of the context with padding, and of the horizon */
    double centre, scale;
    size_t observed, zeros;
} filling;

/* Channel c of the period k (padding included) of the window. */
static inline skuai_real *channel(const filling *f, size_t k, size_t c) {
    size_t p = f->batch->config.patch;
    size_t per = SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS;
    return f->tokens + k / p * f->batch->features + k % p * per + c;
}

static bool usable(const skuai_window_series *s, size_t t) {
    return isfinite(s->target[t]);
}

/* Centre and scale from what was observed in stock (from everything when nothing was). */
static void measure(filling *f) {
    const skuai_window_series *s = f->series;
    for (int pass = 0; pass < 2 && f->observed == 0; pass++) {
        double sum = 0, spread = 0;
        size_t n = 0;
        for (size_t t = f->from; t < s->length; t++) {
            if (!usable(s, t) || (pass == 0 && s->available && !(s->available[t] > 0.5F))) continue;
            sum += s->target[t];
            f->zeros += s->target[t] == 0;
            n++;
        }
        if (n == 0) continue;
        f->observed = n;
        f->centre = sum / (double)n;
        if (!isfinite(f->centre)) f->centre = 0;
        for (size_t t = f->from; t < s->length; t++) {
            if (!usable(s, t) || (pass == 0 && s->available && !(s->available[t] > 0.5F))) continue;
            spread += fabs(s->target[t] - f->centre) / (double)n;
        }
        f->scale = fmax(DEVIATION * spread, SCALE_SHARE * fabs(f->centre));
    }
    if (!(f->scale > 0 && isfinite(f->scale))) f->scale = 1;
}

static void fill_values(const filling *f, const skuai_window_augmentation *a,
                        skuai_random *random) {
    const skuai_window_series *s = f->series;
    for (size_t t = f->from; t < s->length; t++) {
        size_t k = f->pad + t - f->from;
        skuai_real *c = channel(f, k, 0);
        c[2] = s->available && s->available[t] >= 0 ? s->available[t] : 1;
        if (!usable(s, t)) continue;
        double z = skuai_window_scale(s->target[t], f->centre, f->scale);
        if (a && a->jitter > 0) z += a->jitter * skuai_random_normal(random);
        c[0] = (float)z;
        c[1] = 1;
    }
    for (size_t k = f->blank; k < f->pad; k++)
        channel(f, k, 2)[0] = 1;
    for (size_t h = 0; h < f->ahead; h++)
        channel(f, f->past + h, 2)[0] = 1;
}

/* The value `lag` periods (or the fewest whole lags that lie before the origin) earlier. */
static void fill_lag(const filling *f, size_t lag, size_t at) {
    const skuai_window_series *s = f->series;
    if (lag < 1) return;
    for (size_t k = f->pad; k < f->past + f->ahead; k++) {
        size_t t = f->from + k - f->pad, back = lag;
        if (t >= s->length) back = ((t - s->length) / lag + 1) * lag;
        if (t < back || !usable(s, t - back)) continue;
        skuai_real *c = channel(f, k, at);
        c[0] = (float)skuai_window_scale(s->target[t - back], f->centre, f->scale);
        c[1] = 1;
    }
}

static void fill_calendar(const filling *f) {
    const skuai_window_series *s = f->series;
    skuai_frequency q = s->grid.frequency;
    bool hours = q == SKUAI_FREQUENCY_HOUR, days = hours || q == SKUAI_FREQUENCY_DAY;
    bool weeks = days || q == SKUAI_FREQUENCY_WEEK;
    int64_t begin = s->start + (int64_t)f->from - (int64_t)f->pad;
    for (size_t k = f->blank; k < f->past + f->ahead; k++) {
        int64_t period = begin + (int64_t)k;
        int64_t day = skuai_period_first_day(&s->grid, period);
        skuai_real *c = channel(f, k, CALENDAR);
        double hour = hours ? skuai_period_hour(&s->grid, period) / 24.0 : 0;
        if (hours) c[0] = (float)sin(TURN * hour), c[1] = (float)cos(TURN * hour);
        if (days) {
            double week = (skuai_day_of_week(day) + hour) / 7;
            c[2] = (float)sin(TURN * week), c[3] = (float)cos(TURN * week);
        }
        if (weeks) {
            double month = (skuai_date_from_day(day).day - 1) / 30.5;
            c[4] = (float)sin(TURN * month), c[5] = (float)cos(TURN * month);
        }
        double year = (skuai_day_of_year(day) - 1 + hour) / 365.25;
        c[6] = (float)sin(TURN * year), c[7] = (float)cos(TURN * year);
    }
}

/* Covariates: shares stay as they are, prices become logs of the ratio to the usual, the rest is
 * standardised over what is known. A promotion's share may have errors in it (1.02 of the usual
 * price): it is a share still, cut to 0 .. 1. */
static void fill_covariate(const filling *f, size_t slot) {
    const skuai_window_series *s = f->series;
    const float *x = s->covariate[slot];
    if (!x) return;
    size_t end = s->length + (s->ahead[slot] ? s->future : 0);
    double sum = 0, square = 0, low = INFINITY, high = -INFINITY;
    size_t n = 0;
    bool log_scale = slot == 0;
    for (size_t t = f->from; t < end; t++) {
        if (!isfinite(x[t])) continue;
        low = fmin(low, (double)x[t]), high = fmax(high, (double)x[t]);
        n++;
    }
    if (n == 0) return;
    log_scale = log_scale && low > 0;
    bool share = !log_scale && low >= 0 && high <= (slot == 1 ? PROMOTION_MOST : 1);
    for (size_t t = f->from; t < end; t++) {
        if (isfinite(x[t])) sum += (log_scale ? log((double)x[t]) : (double)x[t]) / (double)n;
    }
    for (size_t t = f->from; t < end; t++) {
        if (!isfinite(x[t])) continue;
        double d = (log_scale ? log((double)x[t]) : (double)x[t]) - sum;
        square += d * d / (double)n;
    }
    /* a promotion is the exception: a share that is mostly high is what is left of the price */
    bool turned = slot == 1 && share && sum > 0.5 && high > 0.9;
    double factor = log_scale ? 3 : square > 0 && isfinite(square) ? 1 / sqrt(square) : 0;
    for (size_t t = f->from; t < end && f->pad + t - f->from < f->past + f->ahead; t++) {
        if (!isfinite(x[t])) continue;
        double v = turned  ? fmax(0, 1 - (double)x[t])
                   : share ? fmin(1, (double)x[t])
                           : factor * ((log_scale ? log((double)x[t]) : (double)x[t]) - sum);
        skuai_real *c = channel(f, f->pad + t - f->from, DATA_CHANNELS + 2 * slot);
        c[0] = (float)fmax(-SLOT_MOST, fmin(v, SLOT_MOST));
        c[1] = 1;
    }
}

static void fill_constants(const filling *f) {
    const skuai_window_series *s = f->series;
    size_t p = f->batch->config.patch, tokens = f->batch->past + f->batch->future;
    skuai_real c[SKUAI_WINDOW_CONSTANTS] = {0};
    c[(size_t)s->grid.frequency] = 1;
    skuai_real *rest = c + SKUAI_FREQUENCIES;
    double last = 0;
    size_t n = 0;
    for (size_t t = s->length; t > f->from && n < 4; t--) {
        if (usable(s, t - 1))
            last += skuai_window_scale(s->target[t - 1], f->centre, f->scale), n++;
    }
    rest[0] = (float)asinh(f->centre / f->scale);
    rest[1] = (float)(log1p((double)f->observed) / 4);
    rest[2] = f->observed ? (float)((double)f->zeros / (double)f->observed) : 0;
    rest[3] = s->counts ? 1 : 0;
    rest[4] = s->non_negative ? 1 : 0;
    rest[5] = s->counts ? (float)fmin(asinh(f->scale) / 3, 5) : 0;
    rest[6] = (float)(log((double)s->season) / 4);
    rest[7] = n ? (float)(last / (double)n) : 0;
    for (size_t k = f->blank / p; k < tokens; k++) {
        skuai_real *into =
            f->tokens + k * f->batch->features + f->batch->features - SKUAI_WINDOW_CONSTANTS;
        memcpy(into, c, sizeof c);
        into[SKUAI_WINDOW_CONSTANTS - 1] = k >= f->batch->past ? 1 : 0;
    }
}

/* Hide whole patches of the context in runs; their values become targets. */
static void hide_patches(const filling *f, size_t i, double share, skuai_random *random) {
    size_t p = f->batch->config.patch, first = f->pad / p, past = f->batch->past;
    if (past - first < 3) return;
    skuai_real *target = f->batch->target + i * (past + f->batch->future) * p;
    size_t run = 1 + skuai_random_index(random, 3);
    for (size_t k = first; k < past; k++) {
        if (!(skuai_random_uniform(random) < share / (double)run)) continue;
        for (size_t j = k; j < past && j < k + run; j++) {
            for (size_t t = j * p; t < (j + 1) * p; t++) {
                skuai_real *c = channel(f, t, 0);
                if (c[1] > 0) target[t] = c[0];
                c[0] = c[1] = 0;
            }
        }
        k += run;
    }
}

static void fill_sides(const filling *f, size_t i, const skuai_window_augmentation *a,
                       skuai_random *random) {
    const skuai_window_series *s = f->series;
    size_t n = s->side ? s->n_sides : 0;
    if (n > SKUAI_WINDOW_SIDES) n = SKUAI_WINDOW_SIDES;
    for (size_t k = 0; k < n; k++) {
        const float *from = s->side + k * SKUAI_WINDOW_SIDE;
        bool finite = true;
        for (size_t j = 0; j < SKUAI_WINDOW_SIDE; j++)
            finite = finite && isfinite(from[j]);
        if (!finite || (a && a->drop > 0 && skuai_random_uniform(random) < a->drop)) continue;
        skuai_real *into = f->batch->side + (i * SKUAI_WINDOW_SIDES + k) * SKUAI_WINDOW_SIDE;
        for (size_t j = 0; j < SKUAI_WINDOW_SIDE; j++)
            into[j] = from[j];
        f->batch->side_visible[i * SKUAI_WINDOW_SIDES + k] = 1;
    }
}

/* A series' tokens and which of them are seen, from centre and scale to constants. */
static void fill_tokens(filling *f, const skuai_window_augmentation *a, skuai_random *random,
                        uint8_t *visible) {
    const skuai_window_series *series = f->series;
    size_t p = f->batch->config.patch, tokens = f->batch->past + f->batch->future;
    f->past = f->batch->past * p;
    f->ahead = f->batch->future * p;
    f->from = series->length > f->past ? series->length - f->past : 0;
    f->pad = f->past - (series->length - f->from);
    f->blank = f->pad;
    for (size_t k = 0; k < series->n_near; k++) {
        size_t reach = series->near[k].series.length;
        size_t blank = reach < f->past ? f->past - reach : 0;
        if (blank < f->blank) f->blank = blank;
    }
    measure(f);
    if (a && a->scaling > 0) f->scale *= exp(a->scaling * skuai_random_normal(random));
    fill_values(f, a, random);
    size_t year = skuai_grid_year_lag(&series->grid), season = (size_t)series->season;
    fill_lag(f, season, FIRST_LAG);
    if (year != season) fill_lag(f, year, SECOND_LAG);
    fill_calendar(f);
    for (size_t k = 0; k < SKUAI_WINDOW_SLOTS; k++) {
        bool dropped =
            a && a->drop > 0 && series->covariate[k] && skuai_random_uniform(random) < a->drop;
        if (!dropped) fill_covariate(f, k);
    }
    fill_constants(f);
    for (size_t k = f->blank / p; k < tokens; k++)
        visible[k] = 1;
}

/* Neighbours of window i. */
static void fill_near(const skuai_window_series *series, const skuai_window_augmentation *a,
                      skuai_random *random, skuai_window_batch *b, size_t i) {
    size_t tokens = b->past + b->future, most = skuai_window_near(&b->config), n = 0;
    for (size_t k = 0; k < series->n_near && n < most; k++) {
        if (a && a->drop > 0 && skuai_random_uniform(random) < a->drop) continue;
        size_t row = i * most + n;
        skuai_real *into = b->near_tokens + row * tokens * b->features;
        uint8_t *visible = b->near_visible + row * tokens;
        memset(into, 0, tokens * b->features * sizeof *into);
        memset(visible, 0, tokens * sizeof *visible);
        filling f = {.series = &series->near[k].series, .batch = b, .tokens = into};
        fill_tokens(&f, NULL, NULL, visible);
        if (f.observed == 0) continue;
        b->near_relation[row] = series->near[k].relation;
        n++;
    }
    b->near_first[i + 1] = n; /* a number until the batch is closed */
}

void skuai_window_fill(const skuai_window_series *series, const skuai_window_augmentation *a,
                       skuai_random *random, skuai_window_batch *batch, size_t i) {
    size_t p = batch->config.patch, tokens = batch->past + batch->future;
    filling f = {
        .series = series, .batch = batch, .tokens = batch->tokens + i * tokens * batch->features};
    if (!random) a = NULL;
    fill_tokens(&f, a, random, batch->visible + i * tokens);
    fill_sides(&f, i, a, random);
    if (a && a->mask > 0) hide_patches(&f, i, a->mask, random);
    skuai_real *target = batch->target + (i * tokens + batch->past) * p;
    for (size_t h = 0; h < series->n_actual && h < f.ahead; h++) {
        if (isfinite(series->actual[h]))
            target[h] = (float)skuai_window_scale(series->actual[h], f.centre, f.scale);
    }
    batch->centre[i] = f.centre;
    batch->scale[i] = f.scale;
    batch->known[i] = f.observed > 0;
    fill_near(series, a, random, batch, i);
}

void skuai_window_batch_close(skuai_window_batch *b) {
    size_t tokens = b->past + b->future, most = skuai_window_near(&b->config), to = 0;
    for (size_t i = 0; i < b->n; i++) {
        size_t n = b->near_first[i + 1];
        for (size_t k = 0; k < n; k++, to++) {
            size_t from = i * most + k;
            if (from == to) continue;
            memcpy(b->near_tokens + to * tokens * b->features,
                   b->near_tokens + from * tokens * b->features,
                   tokens * b->features * sizeof *b->near_tokens);
            memcpy(b->near_visible + to * tokens, b->near_visible + from * tokens, tokens);
            b->near_relation[to] = b->near_relation[from];
        }
        b->near_first[i + 1] = to;
    }
    b->n_near = to;
}
