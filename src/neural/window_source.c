/* Where windows come from: series of panels, and synthetic ones. */
#include "neural/window.h"

#include <math.h>
#include <string.h>

static uint64_t hash_text(const char *text) { /* FNV-1a */
    uint64_t h = 1469598103934665603U;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211U;
    return h;
}

/* 64 random bits from a key (splitmix64's finaliser). */
static uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

/* A vector of any width to SKUAI_WINDOW_SIDE numbers of about unit variance: signs by hash, the
 * vector at length 1. A vector that is not finite, or zero, is absent. */
static void project(const float *x, size_t width, uint64_t key, float *out) {
    double sum[SKUAI_WINDOW_SIDE] = {0}, square = 0;
    for (size_t j = 0; j < width; j++) {
        uint64_t bits = mix(key ^ mix(j));
        double v = (double)x[j];
        square += v * v;
        for (size_t k = 0; k < SKUAI_WINDOW_SIDE; k++)
            sum[k] += bits >> k & 1 ? v : -v;
    }
    double size = square > 0 ? 1 / sqrt(square) : NAN;
    for (size_t k = 0; k < SKUAI_WINDOW_SIDE; k++)
        out[k] = (float)(sum[k] * size);
}

static void category(const char *name, const char *level, float *out) {
    uint64_t bits = mix(hash_text(name) ^ mix(hash_text(level)));
    for (size_t k = 0; k < SKUAI_WINDOW_SIDE; k++)
        out[k] = bits >> k & 1 ? 1.0F : -1.0F;
}

static void number(const char *name, double value, float *out) {
    uint64_t bits = mix(hash_text(name));
    double v = asinh(value);
    for (size_t k = 0; k < SKUAI_WINDOW_SIDE; k++)
        out[k] = (float)((bits >> k & 1 ? 0.3 : -0.3) * v);
}

static size_t fill_sides(const skuai_panel *panel, size_t s, float *sides) {
    size_t n = 0, base = panel->base[s];
    for (size_t v = 0; v < panel->n_vectors && n < SKUAI_WINDOW_SIDES; v++, n++) {
        const skuai_vectors *vectors = &panel->vectors[v];
        project(vectors->values + base * vectors->width, vectors->width,
                hash_text(vectors->modality), sides + n * SKUAI_WINDOW_SIDE);
    }
    for (size_t k = 0; k < panel->n_static && n < SKUAI_WINDOW_SIDES; k++, n++) {
        const skuai_static *st = &panel->statics[k];
        float *out = sides + n * SKUAI_WINDOW_SIDE;
        if (st->values)
            number(st->name, st->values[base], out);
        else if (st->codes[base] >= 0)
            category(st->name, st->levels[st->codes[base]], out);
        else
            out[0] = NAN;
    }
    return n;
}

/* Is a word (lower case) in the name, in whatever case. */
static bool holds(const char *name, const char *word) {
    for (; *name; name++) {
        size_t k = 0;
        while (word[k] && (name[k] == word[k] || name[k] == word[k] - 'a' + 'A'))
            k++;
        if (!word[k]) return true;
    }
    return false;
}

static size_t wanted_slot(const char *name) {
    if (strcmp(name, "price") == 0) return 0;
    if (holds(name, "promo") || holds(name, "discount")) return 1;
    if (holds(name, "holiday") || holds(name, "event") || holds(name, "festival")) return 2;
    return SKUAI_WINDOW_SLOTS;
}

skuai_window_series skuai_window_of_panel(const skuai_panel *panel, size_t s, float *sides,
                                          size_t *left_out) {
    skuai_window_series w = {.grid = panel->grid,
                             .season = panel->season,
                             .start = panel->start[s],
                             .length = panel->length[s],
                             .future = panel->future[s],
                             .target = skuai_panel_target(panel, s),
                             .available =
                                 panel->available ? panel->available + panel->row[s] : NULL,
                             .counts = panel->counts,
                             .non_negative = panel->non_negative};
    size_t out = 0;
    for (int pass = 0; pass < 2; pass++) { /* named slots first, the rest where there is room */
        for (size_t k = 0; k < panel->n_dynamic; k++) {
            const skuai_dynamic *d = &panel->dynamic[k];
            const float *x = d->values + panel->row[s];
            size_t slot = wanted_slot(d->name);
            bool mine = slot < SKUAI_WINDOW_SLOTS && (!w.covariate[slot] || w.covariate[slot] == x);
            if (pass == 0 && !mine) continue;
            if (pass == 1) {
                if (mine) continue;
                for (slot = 3; slot < SKUAI_WINDOW_SLOTS && w.covariate[slot]; slot++) {
                }
            }
            if (slot == SKUAI_WINDOW_SLOTS) {
                out++;
                continue;
            }
            w.covariate[slot] = x;
            w.ahead[slot] = d->known == SKUAI_KNOWN_AHEAD;
        }
    }
    if (left_out) *left_out = out;
    w.n_sides = fill_sides(panel, s, sides);
    w.side = sides;
    return w;
}

skuai_window_series skuai_window_of_synthetic(const skuai_synthetic *series, size_t horizon) {
    size_t n = series->length;
    if (horizon > n) horizon = n;
    skuai_window_series w = {.grid = series->grid,
                             .season = skuai_grid_season(&series->grid),
                             .start = series->start,
                             .length = n - horizon,
                             .future = horizon,
                             .target = series->target,
                             .available = series->available,
                             .counts = series->counts,
                             .non_negative = series->non_negative,
                             .covariate = {series->price, series->promotion, series->event},
                             .ahead = {true, true, true},
                             .actual = series->demand + (n - horizon),
                             .n_actual = horizon};
    return w;
}
