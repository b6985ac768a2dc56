/* How the causal forecaster sees panels: variables, scales, profiles; and its recursion. */
#include "cause/causal_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SEASONS = 4, PRIOR = 20, CYCLES = 8, PIECE = 1024 };

#define PI 3.14159265358979323846

/* -- Scales -------------------------------------------------------------------------------------
 */

double skuai_causal_z(const skuai_model *m, double y) {
    return m->logarithm ? log1p(fmax(0, y) / m->unit) : y / m->unit;
}

double skuai_causal_y(const skuai_model *m, double z) {
    return m->logarithm ? fmax(0, m->unit * expm1(fmin(z, 50))) : m->unit * z;
}

/* What demand was in a period: sales over the share of the time it could be bought; NaN when that
 * says little. */
static double demand_at(const skuai_panel *panel, size_t row) {
    double y = panel->target[row];
    double available = panel->available ? (double)panel->available[row] : 1;
    return available >= 0.3 ? y / available : (double)NAN;
}

static void find_unit(const skuai_panel *panel, skuai_model *m) {
    double sum = 0, n = 0;
    m->logarithm = panel->non_negative;
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t t = 0; t < panel->length[s]; t++) {
            double y = panel->target[panel->row[s] + t];
            if (isfinite(y)) sum += fabs(y), n++;
        }
    double mean = n > 0 && sum > 0 ? sum / n : 1;
    m->unit = panel->counts ? 1 : m->logarithm ? mean / 20 : mean;
}

/* -- Variables ----------------------------------------------------------------------------------
 */

static void add(skuai_model *m, const char *name, skuai_causal_kind kind, bool logarithm,
                int year) {
    if (m->n == SKUAI_CAUSAL_VARIABLES_MOST) return;
    skuai_causal_variable *v = &m->variables[m->n++];
    *v = (skuai_causal_variable){.kind = kind, .logarithm = logarithm, .year = year};
    (void)snprintf(v->name, sizeof v->name, "%s", name);
}

static void add_covariate(const skuai_panel *panel, size_t k, skuai_model *m) {
    const skuai_dynamic *d = &panel->dynamic[k];
    double low = INFINITY, high = -INFINITY;
    bool moves = false;
    for (size_t s = 0; s < panel->n_series; s++) {
        double first = (double)NAN;
        for (size_t t = 0; t < panel->length[s]; t++) {
            double x = (double)d->values[panel->row[s] + t];
            if (!isfinite(x)) continue;
            low = fmin(low, x);
            high = fmax(high, x);
            if (isnan(first)) first = x;
            moves = moves || fabs(x - first) > 1e-9 * (1 + fabs(first));
        }
    }
    if (!moves || strlen(d->name) >= SKUAI_CAUSAL_NAME) return;
    bool ahead = d->known == SKUAI_KNOWN_AHEAD;
    add(m, d->name, ahead ? SKUAI_CAUSAL_KNOWN : SKUAI_CAUSAL_PAST, low > 0, 0);
}

/* The panel's profile over the season, and how far series stray from their level. */
static skua_status find_profile(const skuai_panel *panel, skuai_model *m, skua_error *err) {
    double *sum = skuai_zero(2 * m->season, sizeof *sum), square = 0, n = 0;
    if (!sum) return skuai_error_memory(err, "a season's profile");
    for (size_t s = 0; s < panel->n_series; s++) {
        double mean = 0, count = 0, before = (double)NAN;
        for (int pass = 0; pass < 2; pass++)
            for (size_t t = 0; t < panel->length[s]; t++) {
                double y = demand_at(panel, panel->row[s] + t);
                if (!isfinite(y)) continue;
                double z = skuai_causal_z(m, y);
                if (pass == 0) {
                    mean += z;
                    count++;
                    continue;
                }
                size_t phase = skuai_causal_phase(m, panel->start[s] + (int64_t)t);
                sum[phase] += z - mean / count;
                sum[m->season + phase]++;
                if (isfinite(before)) square += (z - before) * (z - before) / 2, n++;
                before = z;
            }
    }
    for (size_t p = 0; p < m->season; p++)
        m->profile[p] = m->season > 1 && sum[m->season + p] > 0 ? sum[p] / sum[m->season + p] : 0;
    m->deviation = fmax(1e-6, n > 0 ? sqrt(square / n) : 1);
    skuai_free(sum);
    return SKUA_OK;
}

skua_status skuai_causal_describe(const skuai_panel *panel, skuai_model *m, skua_error *err) {
    double year = skuai_grid_periods_in_year(&panel->grid);
    size_t longest = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    find_unit(panel, m);
    m->season =
        panel->season > 1 && (size_t)panel->season * 3 <= longest ? (size_t)panel->season : 1;
    m->window = m->season > 1 && m->season <= 60 ? SEASONS * m->season : 28;
    m->variables = skuai_zero(SKUAI_CAUSAL_VARIABLES_MOST, sizeof *m->variables);
    m->profile = skuai_zero(m->season, sizeof *m->profile);
    if (!m->variables || !m->profile) return skuai_error_memory(err, "a causal model");
    add(m, "demand", SKUAI_CAUSAL_OWN, false, 0);
    add(m, "level", SKUAI_CAUSAL_OWN, false, 0);
    if ((double)longest > 1.2 * year && year > (double)m->season + 0.5) {
        add(m, "year (sine)", SKUAI_CAUSAL_KNOWN, false, 1);
        add(m, "year (cosine)", SKUAI_CAUSAL_KNOWN, false, 2);
    }
    for (size_t k = 0; k < panel->n_dynamic; k++)
        add_covariate(panel, k, m);
    return find_profile(panel, m, err);
}

/* -- A series -----------------------------------------------------------------------------------
 */

skua_status skuai_causal_series_new(const skuai_model *m, size_t room, skuai_causal_series *series,
                                    skua_error *err) {
    skuai_causal_series made = {.room = room};
    made.x = skuai_new(m->n * room + 1, sizeof *made.x);
    made.missing = skuai_new(room + 1, sizeof *made.missing);
    made.profile = skuai_new(2 * m->season, sizeof *made.profile);
    if (!made.x || !made.missing || !made.profile) {
        skuai_causal_series_clear(&made);
        return skuai_error_memory(err, "a series' causes");
    }
    *series = made;
    return SKUA_OK;
}

void skuai_causal_series_clear(skuai_causal_series *series) {
    skuai_free(series->x);
    skuai_free(series->missing);
    skuai_free(series->profile);
    *series = (skuai_causal_series){0};
}

/* z, its mean, its profile, its level, and how far it strays. */
static void fill_demand(const skuai_model *m, const skuai_panel *panel, size_t s,
                        skuai_causal_series *r) {
    double *z = r->x, *level = r->x + r->total, *count = r->profile + m->season, sum = 0, n = 0;
    for (size_t t = 0; t < r->length; t++) {
        double y = demand_at(panel, panel->row[s] + t);
        r->missing[t] = !isfinite(y);
        z[t] = r->missing[t] ? (double)NAN : skuai_causal_z(m, y);
        if (!r->missing[t]) sum += z[t], n++;
    }
    r->mean = n > 0 ? sum / n : 0;
    for (size_t p = 0; p < m->season; p++)
        r->profile[p] = CYCLES * m->profile[p], count[p] = CYCLES;
    for (size_t t = 0; t < r->length; t++) {
        size_t phase = skuai_causal_phase(m, r->start + (int64_t)t);
        if (r->missing[t] || m->season == 1) continue;
        r->profile[phase] += z[t] - r->mean;
        count[phase]++;
    }
    for (size_t p = 0; p < m->season; p++)
        r->profile[p] /= count[p];
    double square = 0, running = 0, seen = 0;
    for (size_t t = 0; t < r->length; t++) {
        size_t phase = skuai_causal_phase(m, r->start + (int64_t)t);
        double before = seen > 0 ? running / seen : 0;
        z[t] = r->missing[t] ? before : z[t] - r->mean - r->profile[phase];
        if (!r->missing[t]) square += (z[t] - before) * (z[t] - before);
        running += z[t];
        seen++;
        if (t >= m->window) running -= z[t - m->window], seen--;
        level[t] = running / seen;
    }
    r->deviation =
        sqrt((square + PRIOR * m->deviation * m->deviation) / (fmax(0, n) + (double)PRIOR));
    for (size_t t = r->length; t < r->total; t++)
        z[t] = level[t] = (double)NAN;
}

static void fill_year(const skuai_panel *panel, int part, skuai_causal_series *r, double *x) {
    double year = skuai_grid_periods_in_year(&panel->grid);
    for (size_t t = 0; t < r->total; t++) {
        double angle = 2 * PI * (double)(r->start + (int64_t)t) / year;
        x[t] = part == 1 ? sin(angle) : cos(angle);
    }
}

/* A covariate less its mean over what was observed; gaps carry on, ahead a season's round. */
static void fill_covariate(const skuai_model *m, const skuai_panel *panel, size_t s,
                           const skuai_causal_variable *v, skuai_causal_series *r, double *x) {
    size_t k = skuai_panel_dynamic_find(panel, v->name);
    const float *values = k == SIZE_MAX ? NULL : panel->dynamic[k].values + panel->row[s];
    size_t given = r->length + (v->kind == SKUAI_CAUSAL_KNOWN ? panel->future[s] : 0);
    double sum = 0, n = 0, last = (double)NAN;
    for (size_t t = 0; t < r->total; t++) {
        double raw = values && t < given ? (double)values[t] : (double)NAN;
        x[t] = v->logarithm ? (raw > 0 ? log(raw) : (double)NAN) : raw;
        if (t < r->length && isfinite(x[t])) sum += x[t], n++;
    }
    double mean = n > 0 ? sum / n : (double)NAN;
    for (size_t t = 0; t < r->total; t++) {
        bool round = t >= given && t >= m->season && v->kind == SKUAI_CAUSAL_KNOWN;
        if (isfinite(x[t]) && isnan(mean)) mean = x[t]; /* a series without history */
        double to = isfinite(x[t]) ? x[t] - mean : round ? x[t - m->season] : last;
        x[t] = isfinite(to) ? to : 0;
        last = x[t];
    }
}

void skuai_causal_series_fill(const skuai_model *m, const skuai_panel *panel, size_t s,
                              size_t ahead, skuai_causal_series *r) {
    r->length = panel->length[s];
    r->total = r->length + ahead;
    r->start = panel->start[s];
    fill_demand(m, panel, s, r);
    for (size_t k = SKUAI_CAUSAL_BUILT; k < m->n; k++) {
        double *x = r->x + k * r->total;
        if (m->variables[k].year)
            fill_year(panel, m->variables[k].year, r, x);
        else
            fill_covariate(m, panel, s, &m->variables[k], r, x);
    }
}

/* -- Recursion ----------------------------------------------------------------------------------
 */

/* The last `tail` periods and those ahead of a piece of the series, a variable behind the other. */
typedef struct piece {
    size_t n, tail, width;  /* series, periods kept, tail + horizon */
    double *x;              /* [n series, n variables, width] */
    float *features;        /* [inputs, n] */
    double *prediction;     /* [n] */
    double *mean, *profile; /* [n], [n, season] */
} piece;

static skua_status piece_new(const skuai_model *m, size_t n, size_t horizon, skuai_arena *arena,
                             piece *p, skua_error *err) {
    size_t most = 1;
    for (size_t e = 0; e < m->n_equations; e++)
        if (m->equations[e].n > most) most = m->equations[e].n;
    p->tail = m->window > m->lags ? m->window : m->lags;
    p->width = p->tail + horizon;
    p->x = skuai_arena_take(arena, n * m->n * p->width, sizeof *p->x);
    p->features = skuai_arena_take(arena, n * most, sizeof *p->features);
    p->prediction = skuai_arena_take(arena, n, sizeof *p->prediction);
    p->mean = skuai_arena_take(arena, n, sizeof *p->mean);
    p->profile = skuai_arena_take(arena, n * m->season, sizeof *p->profile);
    bool good = p->x && p->features && p->prediction && p->mean && p->profile;
    return good ? SKUA_OK : skuai_error_memory(err, "causal forecasts");
}

static void keep_tail(const skuai_model *m, const skuai_causal_series *r, size_t i, piece *p) {
    for (size_t k = 0; k < m->n; k++)
        for (size_t c = 0; c < p->width; c++) {
            bool before = c + r->length < p->tail; /* before the first period */
            size_t t = c + r->length - p->tail;
            p->x[(i * m->n + k) * p->width + c] = before ? 0 : r->x[k * r->total + t];
        }
    p->mean[i] = r->mean;
    memcpy(p->profile + i * m->season, r->profile, m->season * sizeof *r->profile);
}

/* One equation at column c for all series of the piece. */
static skua_status step(const skuai_model *m, const skuai_causal_equation *e, piece *p, size_t c,
                        const skuai_context *context, skua_error *err) {
    if (e->learnt) {
        for (size_t k = 0; k < e->n; k++)
            for (size_t i = 0; i < p->n; i++)
                p->features[k * p->n + i] =
                    (float)
                        p->x[(i * m->n + e->inputs[k].variable) * p->width + c - e->inputs[k].lag];
        skuai_feature_matrix x = {p->n, e->n, p->features, NULL, NULL};
        SKUA_TRY(e->learnt->learner->predict(e->learnt, &x, context, p->prediction, err));
    }
    for (size_t i = 0; i < p->n; i++)
        p->x[(i * m->n + e->target) * p->width + c] = e->learnt ? p->prediction[i] : 0;
    return SKUA_OK;
}

static skua_status roll_piece(const skuai_model *m, const skuai_panel *panel, size_t from,
                              size_t horizon, const skuai_context *context, piece *p, double *z,
                              double *deviation, skua_error *err) {
    size_t longest = 1;
    for (size_t i = 0; i < p->n; i++)
        if (panel->length[from + i] > longest) longest = panel->length[from + i];
    skuai_causal_series r;
    SKUA_TRY(skuai_causal_series_new(m, longest + horizon, &r, err));
    for (size_t i = 0; i < p->n; i++) {
        skuai_causal_series_fill(m, panel, from + i, horizon, &r);
        keep_tail(m, &r, i, p);
        deviation[from + i] = r.deviation;
    }
    skua_status status = SKUA_OK;
    for (size_t h = 0; h < horizon && status == SKUA_OK; h++) {
        size_t c = p->tail + h;
        for (size_t e = m->n_equations; e-- > 0 && status == SKUA_OK;)
            status = step(m, &m->equations[e], p, c, context, err);
        for (size_t i = 0; i < p->n && status == SKUA_OK; i++) {
            const double *own = p->x + i * m->n * p->width;
            double sum = 0;
            for (size_t back = 0; back < m->window; back++)
                sum += own[c - back];
            p->x[(i * m->n + SKUAI_CAUSAL_LEVEL) * p->width + c] = sum / (double)m->window;
            size_t phase = skuai_causal_phase(m, skuai_panel_end(panel, from + i) + (int64_t)h);
            z[(from + i) * horizon + h] = own[c] + p->mean[i] + p->profile[i * m->season + phase];
        }
    }
    skuai_causal_series_clear(&r);
    return status;
}

skua_status skuai_causal_roll(const skuai_model *m, const skuai_panel *panel, size_t horizon,
                              const skuai_context *context, double *z, double *deviation,
                              skua_error *err) {
    skua_status status = SKUA_OK;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "causal forecasts");
    piece p;
    size_t n = panel->n_series < PIECE ? panel->n_series : PIECE;
    SKUA_TRY_OUT(piece_new(m, n, horizon, arena, &p, err));
    for (size_t from = 0; from < panel->n_series; from += PIECE) {
        p.n = panel->n_series - from < PIECE ? panel->n_series - from : PIECE;
        SKUA_TRY_OUT(skuai_context_check(context, err));
        SKUA_TRY_OUT(roll_piece(m, panel, from, horizon, context, &p, z, deviation, err));
    }
out:
    skuai_arena_free(arena);
    return status;
}
