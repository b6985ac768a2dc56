#include "tree/cold_rows.h"

#include <math.h>

enum { OWN_COLUMNS = 13 };

size_t skuai_cold_columns(const skuai_cold_items *items) {
    return OWN_COLUMNS + items->schema.n_numbers;
}

skua_status skuai_cold_matrix_new(const skuai_cold_items *items, size_t n,
                                  skuai_cold_matrix *matrix, skua_error *err) {
    skuai_cold_matrix m = {.n = n, .columns = skuai_cold_columns(items)};
    m.values = skuai_new(n * m.columns + 1, sizeof *m.values);
    m.analogues = skuai_new(3 * n + 1, sizeof *m.analogues);
    if (!m.values || !m.analogues) {
        skuai_cold_matrix_clear(&m);
        return skuai_error_memory(err, "a cold start");
    }
    m.linear = m.analogues + n;
    m.base = m.linear + n;
    *matrix = m;
    return SKUA_OK;
}

void skuai_cold_matrix_clear(skuai_cold_matrix *matrix) {
    skuai_free(matrix->values);
    skuai_free(matrix->analogues);
    *matrix = (skuai_cold_matrix){0};
}

/* Behind what was learnt from, the last periods go on. */
static double pulse_at(const skuai_cold_items *items, int64_t period) {
    int64_t at = period - items->first;
    if (at < 0) return 0;
    return (size_t)at < items->n_pulse ? items->pulse[at] : skuai_cold_pulse(items, period);
}

void skuai_cold_own_get(const skuai_cold_items *items, const skuai_panel *panel, size_t s,
                        size_t age, skuai_cold_own *own) {
    const double *y = skuai_panel_target(panel, s);
    size_t counted = age < items->options.reach ? age : items->options.reach;
    skuai_cold_own o = {.age = age, .from = age - counted, .last = (double)NAN};
    double sum = 0, units = 0, base = 0;
    for (size_t t = o.from; t < age && items->options.own; t++) {
        if (isnan(y[t])) continue;
        double usual = skuai_cold_curve(items, t) + pulse_at(items, panel->start[s] + (int64_t)t);
        o.last = skuai_cold_z(items, y[t]) - usual;
        sum += o.last;
        base += usual;
        units += y[t];
        o.zeros += y[t] == 0;
        o.n++;
    }
    o.mean = o.n > 0 ? sum / o.n : (double)NAN;
    o.zeros = o.n > 0 ? o.zeros / o.n : (double)NAN;
    o.level = o.n > 0 ? skuai_cold_z(items, units / o.n) - base / o.n : (double)NAN;
    *own = o;
}

/* What is told of a series until its own periods tell more. */
static double settle(const skuai_cold_items *items, const skuai_cold_own *own, double told) {
    if (!(own->n > 0)) return told;
    return (items->prior * told + own->n * own->mean) / (items->prior + own->n);
}

void skuai_cold_row(const skuai_cold_items *items, const skuai_panel *panel, size_t s,
                    const skuai_cold_looks *looks, size_t i, const skuai_cold_own *own,
                    const skuai_cold_told_of *told, size_t h, skuai_cold_matrix *m, size_t r) {
    size_t age = own->age < items->options.reach ? own->age : items->options.reach;
    int64_t origin = panel->start[s] + (int64_t)own->age, target = origin + (int64_t)h;
    size_t wait = skuai_panel_wait(panel, s), ahead = h > wait ? h - wait : 0;
    double curve = skuai_cold_curve(items, own->age + ahead);
    int64_t day = skuai_period_first_day(&panel->grid, target);
    double columns[OWN_COLUMNS] = {(double)age,
                                   (double)ahead,
                                   (double)(age + ahead),
                                   curve,
                                   told->analogues,
                                   told->ridge,
                                   told->likeness,
                                   own->mean,
                                   own->last,
                                   own->zeros,
                                   own->level,
                                   settle(items, own, (told->analogues + told->ridge) / 2),
                                   skuai_day_of_year(day)};
    for (size_t k = 0; k < OWN_COLUMNS; k++)
        m->values[k * m->n + r] = (float)columns[k];
    for (size_t k = 0; k < items->schema.n_numbers; k++)
        m->values[(OWN_COLUMNS + k) * m->n + r] =
            (float)looks->numbers[i * items->schema.n_numbers + k];
    m->analogues[r] = settle(items, own, told->analogues);
    m->linear[r] = settle(items, own, told->ridge);
    m->base[r] = curve + skuai_cold_pulse(items, origin);
}
