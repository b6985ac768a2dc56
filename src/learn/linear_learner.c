/* Ridge and elastic net: minimise over b
 *   1/2 mean (y - b0 - z b)^2 + a (l |b|_1 + (1 - l) / 2 |b|_2^2)
 * (Zou & Hastie 2005, J. Royal Statistical Society B 67(2); scikit-learn's ElasticNet has the same
 * form) by coordinate descent on the Gram matrix (Friedman, Hastie & Tibshirani 2010, J.
 * Statistical Software 33(1), 2.2), a the shrinkage, l the l1 share, means weighted. z: columns
 * standardised, at most 8 deviations; a missing value is the mean, with an indicator of its own
 * where a column has any. A category is the mean of y at its level, shrunk to the whole as if 20
 * rows more had it. */
#include "learn/learner.h"
#include "math/matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS_MOST = 2000, CHUNK = 4096, SHRUNK_BY = 20, LEVELS_MOST = 65536, NUMBERS = 5 };

typedef struct linear_column {
    double mean, scale;          /* scale 0: constant, left out */
    double slope, missing_slope; /* of z, and of the indicator less its mean */
    double missing;              /* share of missing rows */
    size_t n_levels;             /* 0: a number */
    double *level;               /* [n_levels] */
} linear_column;

typedef struct linear {
    skuai_learnt base;
    double intercept;
    linear_column *columns;
} linear;

static void linear_free(skuai_learnt *learnt) {
    linear *m = (linear *)learnt;
    if (!m) return;
    for (size_t k = 0; m->columns && k < m->base.n_columns; k++)
        skuai_free(m->columns[k].level);
    skuai_free(m->columns);
    skuai_free(m);
}

static double weight_at(const skuai_examples *e, size_t i) {
    return e->weight ? (double)e->weight[i] : 1;
}

static double value_at(const linear_column *c, float x) {
    if (c->n_levels == 0 || isnan(x)) return isfinite(x) ? (double)x : (double)NAN;
    return x >= 0 && (double)x < (double)c->n_levels ? c->level[(size_t)x] : (double)NAN;
}

static double standard(const linear_column *c, float x) {
    double z = (value_at(c, x) - c->mean) / c->scale;
    return z > 8 ? 8 : z < -8 ? -8 : z;
}

static skua_status encode_levels(const skuai_examples *e, size_t k, double mean, linear_column *c,
                                 skua_error *err) {
    const float *x = e->x.values + k * e->x.n_rows;
    size_t n = 0;
    for (size_t i = 0; i < e->x.n_rows; i++)
        if (x[i] >= 0 && x[i] < (float)LEVELS_MOST && (size_t)x[i] >= n) n = (size_t)x[i] + 1;
    c->n_levels = n ? n : 1;
    c->level = skuai_zero(2 * c->n_levels, sizeof *c->level);
    if (!c->level) return skuai_error_memory(err, "levels of a category");
    double *sum = c->level, *count = c->level + c->n_levels;
    for (size_t i = 0; i < e->x.n_rows; i++) {
        if (!(x[i] >= 0 && (double)x[i] < (double)c->n_levels)) continue;
        sum[(size_t)x[i]] += weight_at(e, i) * (double)e->y[i];
        count[(size_t)x[i]] += weight_at(e, i);
    }
    for (size_t g = 0; g < c->n_levels; g++)
        sum[g] = (sum[g] + SHRUNK_BY * mean) / (count[g] + SHRUNK_BY);
    return SKUA_OK;
}

static void standardise(const skuai_examples *e, size_t k, double whole, linear_column *c) {
    const float *x = e->x.values + k * e->x.n_rows;
    double weight = 0, sum = 0, square = 0;
    for (size_t i = 0; i < e->x.n_rows; i++) {
        double v = value_at(c, x[i]), w = weight_at(e, i);
        if (!isnan(v)) weight += w, sum += w * v;
    }
    c->mean = weight > 0 ? sum / weight : 0;
    for (size_t i = 0; i < e->x.n_rows; i++) {
        double v = value_at(c, x[i]) - c->mean;
        if (!isnan(v)) square += weight_at(e, i) * v * v;
    }
    double scale = weight > 0 ? sqrt(square / weight) : 0;
    c->scale = scale > 1e-12 * (1 + fabs(c->mean)) ? scale : 0;
    c->missing = 1 - weight / whole;
    if (c->missing < 1e-12) c->missing = 0;
}

/* Row block of standardised values, indicators and y, each times the root of its weight:
 * z [2 K + 1, n]. */
static void fill_chunk(const skuai_examples *e, const linear *m, double mean, size_t from, size_t n,
                       float *z) {
    size_t columns = e->x.n_columns;
    for (size_t k = 0; k < columns; k++) {
        const linear_column *c = &m->columns[k];
        const float *x = e->x.values + k * e->x.n_rows + from;
        for (size_t i = 0; i < n; i++) {
            double root = sqrt(weight_at(e, from + i)), v = standard(c, x[i]);
            bool none = isnan(value_at(c, x[i]));
            z[k * n + i] = c->scale > 0 && !none ? (float)(root * v) : 0;
            z[(columns + k) * n + i] =
                c->missing > 0 && c->missing < 1 ? (float)(root * (none - c->missing)) : 0;
        }
    }
    for (size_t i = 0; i < n; i++)
        z[2 * columns * n + i] =
            (float)(sqrt(weight_at(e, from + i)) * ((double)e->y[from + i] - mean));
}

static skua_status gram_of(const skuai_examples *e, const linear *m, double mean, double weight,
                           const skuai_context *context, double *gram, skua_error *err) {
    size_t p = 2 * e->x.n_columns + 1;
    float *z = skuai_new(p * CHUNK, sizeof *z), *part = skuai_new(p * p, sizeof *part);
    skua_status status = z && part ? SKUA_OK : skuai_error_memory(err, "a linear model");
    for (size_t from = 0; from < e->x.n_rows && status == SKUA_OK; from += CHUNK) {
        size_t n = e->x.n_rows - from < CHUNK ? e->x.n_rows - from : CHUNK;
        fill_chunk(e, m, mean, from, n, z);
        skuai_matrix_call call = {
            .b_transposed = true, .m = p, .n = p, .k = n, .lda = n, .ldb = n, .ldc = p, .alpha = 1};
        status = skuai_matrix_multiply_parallel(context, &call, z, z, part, err);
        for (size_t i = 0; i < p * p && status == SKUA_OK; i++)
            gram[i] += (double)part[i] / weight;
    }
    skuai_free(z);
    skuai_free(part);
    return status;
}

static double soft(double x, double by) {
    return x > by ? x - by : x < -by ? x + by : 0;
}

/* b [p - 1], g [p - 1] scratch (zero): gradient part sum_j gram_ij b_j. */
static void descend(const double *gram, size_t p, double a, double l, double *b, double *g) {
    for (int sweep = 0; sweep < SWEEPS_MOST; sweep++) {
        double most = 0;
        for (size_t i = 0; i + 1 < p; i++) {
            double own = gram[i * p + i];
            if (own <= 1e-12) continue;
            double next =
                soft(gram[i * p + p - 1] - g[i] + own * b[i], a * l) / (own + a * (1 - l));
            double step = next - b[i];
            if (step == 0) continue;
            for (size_t j = 0; j + 1 < p; j++)
                g[j] += gram[i * p + j] * step;
            b[i] = next;
            most = fmax(most, fabs(step) * sqrt(own));
        }
        if (most < 1e-9 * (1 + sqrt(gram[p * p - 1]))) break;
    }
}

static skua_status solve(const skuai_learner_options *o, const skuai_examples *e, double mean,
                         double weight, const skuai_context *context, linear *m, skua_error *err) {
    size_t p = 2 * e->x.n_columns + 1;
    double *gram = skuai_zero(p * p + 2 * p, sizeof *gram);
    if (!gram) return skuai_error_memory(err, "a linear model");
    double *b = gram + p * p;
    skua_status status = gram_of(e, m, mean, weight, context, gram, err);
    if (status == SKUA_OK) {
        descend(gram, p, o->shrinkage, o->l1_share, b, b + p);
        for (size_t k = 0; k < e->x.n_columns; k++) {
            m->columns[k].slope = b[k];
            m->columns[k].missing_slope = b[e->x.n_columns + k];
        }
    }
    skuai_free(gram);
    return status;
}

static skua_status linear_fit(const skuai_learner_options *options, const skuai_examples *train,
                              const skuai_examples *validation, const skuai_context *context,
                              skuai_learnt **learnt, skua_error *err) {
    (void)validation; /* nothing to stop early */
    SKUA_TRY(skuai_learner_check(options, train, err));
    linear *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a linear model");
    skua_status status = SKUA_OK;
    double weight = 0, mean = 0;
    m->base = (skuai_learnt){&skuai_learner_linear, train->x.n_columns, 0};
    m->columns = skuai_zero(train->x.n_columns, sizeof *m->columns);
    if (!m->columns) SKUA_TRY_OUT(skuai_error_memory(err, "a linear model"));
    for (size_t i = 0; i < train->x.n_rows; i++) {
        weight += weight_at(train, i);
        mean += weight_at(train, i) * (double)train->y[i];
    }
    if (!(weight > 0)) SKUA_TRY_OUT(skuai_error_set(err, SKUA_EDATA, "all weights are 0"));
    mean /= weight;
    for (size_t k = 0; k < train->x.n_columns; k++) {
        if (train->x.categorical && train->x.categorical[k])
            SKUA_TRY_OUT(encode_levels(train, k, mean, &m->columns[k], err));
        standardise(train, k, weight, &m->columns[k]);
    }
    m->intercept = mean;
    SKUA_TRY_OUT(solve(options, train, mean, weight, context, m, err));
    *learnt = &m->base;
out:
    if (status != SKUA_OK) linear_free(&m->base);
    return status;
}

static double add_of(const linear_column *c, float x) {
    bool none = isnan(value_at(c, x));
    double sum = c->scale > 0 && !none ? c->slope * standard(c, x) : 0;
    return c->missing > 0 && c->missing < 1 ? sum + c->missing_slope * (none - c->missing) : sum;
}

static skua_status linear_contributions(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                                        const skuai_context *context, double *values,
                                        skua_error *err) {
    (void)context;
    const linear *m = (const linear *)learnt;
    if (x->n_columns != learnt->n_columns)
        return skuai_error_set(err, SKUA_EINVAL, "%zu columns where the model has %zu",
                               x->n_columns, learnt->n_columns);
    for (size_t i = 0; i < x->n_rows; i++) {
        double *row = values + i * (x->n_columns + 1);
        for (size_t k = 0; k < x->n_columns; k++)
            row[k] = add_of(&m->columns[k], x->values[k * x->n_rows + i]);
        row[x->n_columns] = m->intercept;
    }
    return SKUA_OK;
}

static skua_status linear_predict(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                                  const skuai_context *context, double *prediction,
                                  skua_error *err) {
    (void)context;
    const linear *m = (const linear *)learnt;
    if (x->n_columns != learnt->n_columns)
        return skuai_error_set(err, SKUA_EINVAL, "%zu columns where the model has %zu",
                               x->n_columns, learnt->n_columns);
    for (size_t i = 0; i < x->n_rows; i++)
        prediction[i] = m->intercept;
    for (size_t k = 0; k < x->n_columns; k++)
        for (size_t i = 0; i < x->n_rows; i++)
            prediction[i] += add_of(&m->columns[k], x->values[k * x->n_rows + i]);
    return SKUA_OK;
}

static skua_status linear_importance(const skuai_learnt *learnt, double *importance,
                                     skua_error *err) {
    (void)err;
    const linear *m = (const linear *)learnt;
    for (size_t k = 0; k < learnt->n_columns; k++)
        importance[k] = fabs(m->columns[k].slope);
    return SKUA_OK;
}

static skua_status linear_save(const skuai_learnt *learnt, skuai_buffer *text, skua_error *err) {
    const linear *m = (const linear *)learnt;
    skuai_buffer_format(text, "linear %zu %.17g\n", learnt->n_columns, m->intercept);
    for (size_t k = 0; k < learnt->n_columns; k++) {
        const linear_column *c = &m->columns[k];
        skuai_buffer_format(text, "%.17g %.17g %.17g %.17g %.17g %zu", c->mean, c->scale, c->slope,
                            c->missing_slope, c->missing, c->n_levels);
        for (size_t i = 0; i < c->n_levels; i++)
            skuai_buffer_format(text, " %.17g", c->level[i]);
        skuai_buffer_text(text, "\n");
    }
    return skuai_buffer_check(text, err);
}

/* The next number of a text; false: none. */
static bool next_number(const char **text, double *x) {
    char *end;
    *x = strtod(*text, &end);
    bool good = end != *text && isfinite(*x);
    *text = end;
    return good;
}

static bool read_column(const char **text, linear_column *c) {
    double *numbers[NUMBERS] = {&c->mean, &c->scale, &c->slope, &c->missing_slope, &c->missing};
    double n;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!next_number(text, numbers[i])) return false;
    if (!next_number(text, &n) || n < 0 || n > LEVELS_MOST) return false;
    if (n == 0) return true;
    c->level = skuai_zero((size_t)n, sizeof *c->level);
    if (!c->level) return false;
    c->n_levels = (size_t)n;
    for (size_t i = 0; i < c->n_levels; i++)
        if (!next_number(text, &c->level[i])) return false;
    return true;
}

static skua_status linear_load(const char *text, size_t size, skuai_learnt **learnt,
                               skua_error *err) {
    static const char head[] = "linear ";
    double columns = 0, intercept = 0;
    const char *at = text + sizeof head - 1;
    if (size < sizeof head || strncmp(text, head, sizeof head - 1) != 0 ||
        !next_number(&at, &columns) || !(columns >= 1 && columns <= 100000) ||
        !next_number(&at, &intercept))
        return skuai_error_set(err, SKUA_EDATA, "this is no text of a linear model");
    linear *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a linear model");
    m->base = (skuai_learnt){&skuai_learner_linear, (size_t)columns, 0};
    m->intercept = intercept;
    m->columns = skuai_zero(m->base.n_columns, sizeof *m->columns);
    bool good = m->columns != NULL;
    for (size_t k = 0; good && k < m->base.n_columns; k++)
        good = read_column(&at, &m->columns[k]);
    if (!good) {
        linear_free(&m->base);
        return skuai_error_set(err, SKUA_EDATA, "the text of a linear model is cut or broken");
    }
    *learnt = &m->base;
    return SKUA_OK;
}

const skuai_learner skuai_learner_linear = {
    .name = "linear",
    .summary = "ridge or elastic net",
    .source = "Zou & Hastie 2005, J. Royal Statistical Society B 67(2)",
    .fit = linear_fit,
    .predict = linear_predict,
    .contributions = linear_contributions,
    .importance = linear_importance,
    .save = linear_save,
    .load = linear_load,
    .free = linear_free,
};
