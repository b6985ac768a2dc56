#include "explain/lime.h"

#include "core/random.h"
#include "explain/game.h"
#include "math/linear.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 256, FEATURES = 5, SALES_BLOCKS = 4, INPUTS = SKUAI_PROBE_COLUMNS + SALES_BLOCKS };

static const double WIDTH = 0.75; /* times the root of the number of inputs, as lime's own */
static const double GAIN = 1e-6;  /* of R2, below which a term adds nothing */

/* An input that is perturbed. */
typedef struct input {
    char name[SKUAI_INPUT_NAME], chinese[SKUAI_INPUT_NAME];
    size_t column;    /* dynamic covariate, or SKUAI_PANEL_TARGET */
    size_t from, to;  /* its periods, of the series' own */
    bool two;         /* takes two values */
    double sd;        /* of its values over the past: steps of a perturbation */
    double low, high; /* what it has had or plans */
    double planned, ordinary;
    double scale; /* its standard deviation over the perturbations */
} input;

typedef struct study {
    skuai_probe *probe;
    const skuai_explain_options *options;
    size_t n, m, H; /* inputs, perturbations, periods */
    size_t n_windows;
    input inputs[INPUTS];
    size_t *windows; /* [backgrounds] */
    double *x;       /* [m, n] means of the inputs; row 0 is what is planned */
    double *y;       /* [m, H] */
    double *total;   /* [m] over the horizon */
    double *weight;  /* [m] */
    double *work;    /* of a regression */
    double width;
} study;

/* -- Inputs -------------------------------------------------------------------------------------
 */

static double mean_of(const double *x, size_t from, size_t to) {
    double sum = 0;
    size_t n = 0;
    for (size_t t = from; t < to; t++)
        if (isfinite(x[t])) sum += x[t], n++;
    return n ? sum / (double)n : 0;
}

/* Its spread and range over `end` periods of x. */
static void measure(input *i, const double *x, size_t end) {
    double mean = mean_of(x, 0, end), squares = 0;
    double one = (double)NAN, other = (double)NAN;
    size_t n = 0;
    bool more = false;
    i->low = (double)INFINITY;
    i->high = -(double)INFINITY;
    for (size_t t = 0; t < end; t++) {
        if (!isfinite(x[t])) continue;
        squares += (x[t] - mean) * (x[t] - mean);
        n++;
        i->low = fmin(i->low, x[t]);
        i->high = fmax(i->high, x[t]);
        if (isnan(one))
            one = x[t];
        else if (x[t] != one && isnan(other))
            other = x[t];
        else if (x[t] != one && x[t] != other)
            more = true;
    }
    i->sd = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
    i->two = !more && i->column != SKUAI_PANEL_TARGET;
}

static skua_status add_covariates(study *q, skua_error *err) {
    const skuai_panel *p = q->probe->panel;
    size_t length = p->length[0], ahead = p->future[0] < q->H ? p->future[0] : q->H;
    for (size_t k = 0; k < p->n_dynamic && k < SKUAI_PROBE_COLUMNS && ahead > 0; k++) {
        double *x = NULL;
        if (!skuai_probe_moves(p, 0, k)) continue;
        input *i = &q->inputs[q->n++];
        (void)snprintf(i->name, sizeof i->name, "%s", p->dynamic[k].name);
        (void)snprintf(i->chinese, sizeof i->chinese, "%s",
                       skuai_explain_group_name(i->name, true));
        i->column = k;
        i->from = length;
        i->to = length + ahead;
        SKUA_TRY(skuai_probe_column(q->probe, k, &x, err));
        x += p->row[0];
        measure(i, x, length + ahead);
        i->planned = mean_of(x, i->from, i->to);
        for (size_t b = 0; b < q->n_windows; b++)
            i->ordinary += mean_of(x, q->windows[b], q->windows[b] + ahead) / (double)q->n_windows;
    }
    return SKUA_OK;
}

/* The last seasons of sales, a block each. */
static void add_sales(study *q) {
    const skuai_panel *p = q->probe->panel;
    const double *y = skuai_panel_target(p, 0);
    size_t length = p->length[0], recent = skuai_probe_recent(p, 0, q->options);
    size_t season = skuai_probe_season(p, 0);
    size_t block = recent / season >= 2
                       ? (recent / season + SALES_BLOCKS - 1) / SALES_BLOCKS * season
                       : recent;
    size_t shift = (recent + season - 1) / season * season;
    for (size_t back = 0; back < recent; back += block) {
        input *i = &q->inputs[q->n++];
        size_t far = back + block < recent ? back + block : recent;
        (void)snprintf(i->name, sizeof i->name, "sales %zu-%zu back", back + 1, far);
        (void)snprintf(i->chinese, sizeof i->chinese, "前 %zu–%zu 期销量", back + 1, far);
        i->column = SKUAI_PANEL_TARGET;
        i->from = length - far;
        i->to = length - back;
        measure(i, y, length);
        i->planned = mean_of(y, i->from, i->to);
        i->ordinary = mean_of(y, i->from - shift, i->to - shift);
    }
}

/* -- Perturbations ------------------------------------------------------------------------------
 */

/* One input moved at random; its mean afterwards. */
static skua_status move(study *q, const input *i, skuai_random *random, double *mean,
                        skua_error *err) {
    const skuai_panel *p = q->probe->panel;
    double *x = NULL, step = i->sd * skuai_random_normal(random);
    bool whole = i->column == SKUAI_PANEL_TARGET && p->counts;
    bool stays = skuai_random_uniform(random) < 0.5;
    size_t window = skuai_random_index(random, p->length[0] - (i->to - i->from) + 1);
    SKUA_TRY(skuai_probe_column(q->probe, i->column, &x, err));
    x += p->row[0];
    for (size_t t = i->from; t < i->to; t++) {
        if (!isfinite(x[t])) continue; /* unknown stays unknown */
        if (!i->two)
            x[t] = fmin(fmax(x[t] + (whole ? round(step) : step), i->low), i->high);
        else if (!stays)
            x[t] = x[window + t - i->from];
    }
    *mean = mean_of(x, i->from, i->to);
    return SKUA_OK;
}

static skua_status perturb(study *q, skua_error *err) {
    for (size_t r = 0; r < q->m; r++) {
        skuai_random random;
        skuai_probe_answer answer = {.mean = q->y + r * q->H};
        skuai_random_split(&random, q->options->seed, r);
        skuai_probe_reset(q->probe);
        for (size_t i = 0; i < q->n; i++) {
            q->x[r * q->n + i] = q->inputs[i].planned;
            if (r > 0) SKUA_TRY(move(q, &q->inputs[i], &random, &q->x[r * q->n + i], err));
        }
        SKUA_TRY(skuai_probe_ask(q->probe, &answer, err));
        q->total[r] = 0;
        for (size_t h = 0; h < q->H; h++)
            q->total[r] += answer.mean[h];
        skuai_context_progress(q->probe->context, "perturbations", (double)r, (double)q->m);
    }
    return SKUA_OK;
}

/* exp(-d^2 / width^2) in standard deviations of the inputs over the perturbations. */
static void weigh(study *q) {
    for (size_t i = 0; i < q->n; i++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < q->m; r++)
            sum += q->x[r * q->n + i];
        for (size_t r = 0; r < q->m; r++) {
            double d = q->x[r * q->n + i] - sum / (double)q->m;
            squares += d * d;
        }
        q->inputs[i].scale = sqrt(squares / (double)q->m);
    }
    q->width = q->options->kernel_width > 0 ? q->options->kernel_width : WIDTH * sqrt((double)q->n);
    for (size_t r = 0; r < q->m; r++) {
        double d = 0;
        for (size_t i = 0; i < q->n; i++) {
            double z = q->inputs[i].scale > 0
                           ? (q->x[r * q->n + i] - q->inputs[i].planned) / q->inputs[i].scale
                           : 0;
            d += z * z;
        }
        q->weight[r] = exp(-d / (q->width * q->width));
    }
}

/* -- The line -----------------------------------------------------------------------------------
 */

/* Which rows take part in a regression. */
typedef enum rows { ROWS_ALL, ROWS_FIT, ROWS_HELD } rows;

static bool takes(rows which, size_t r) {
    return which == ROWS_ALL || (r % 4 == 3) == (which == ROWS_HELD);
}

/* Weighted least squares of y [m, stride], first of each row, on the terms; coefficient [k + 1],
 * the intercept first. */
static skua_status regress(study *q, const size_t *terms, size_t k, rows which, const double *y,
                           size_t stride, double *coefficient, skua_error *err) {
    size_t n = 0, columns = k + 1;
    double *a = q->work, *b = a + q->m * columns, *scratch = b + q->m;
    skuai_least_squares_fit fit;
    for (size_t r = 0; r < q->m; r++) {
        if (!takes(which, r)) continue;
        double w = sqrt(q->weight[r]);
        a[n * columns] = w;
        for (size_t i = 0; i < k; i++) {
            const input *v = &q->inputs[terms[i]];
            double z = v->scale > 0 ? (q->x[r * q->n + terms[i]] - v->planned) / v->scale : 0;
            a[n * columns + i + 1] = w * z;
        }
        b[n++] = w * y[r * stride];
    }
    SKUA_TRY(skuai_least_squares(a, b, n, columns, 0, coefficient, NULL, scratch, &fit, err));
    for (size_t i = 0; i < k; i++) {
        const input *v = &q->inputs[terms[i]];
        coefficient[i + 1] = v->scale > 0 ? coefficient[i + 1] / v->scale : 0;
        coefficient[0] -= coefficient[i + 1] * v->planned;
    }
    return SKUA_OK;
}

static double line(const study *q, const size_t *terms, size_t k, const double *coefficient,
                   size_t r) {
    double sum = coefficient[0];
    for (size_t i = 0; i < k; i++)
        sum += coefficient[i + 1] * q->x[r * q->n + terms[i]];
    return sum;
}

/* Weighted R2 of a line over some rows; NaN: the forecast does not move there. */
static double r_squared(const study *q, const size_t *terms, size_t k, const double *coefficient,
                        rows which) {
    double weight = 0, mean = 0, rest = 0, whole = 0;
    for (size_t r = 0; r < q->m; r++)
        if (takes(which, r)) {
            weight += q->weight[r];
            mean += q->weight[r] * q->total[r];
        }
    mean /= weight;
    for (size_t r = 0; r < q->m; r++) {
        if (!takes(which, r)) continue;
        double d = q->total[r] - line(q, terms, k, coefficient, r), e = q->total[r] - mean;
        rest += q->weight[r] * d * d;
        whole += q->weight[r] * e * e;
    }
    return whole > 1e-12 * weight * (1 + mean * mean) ? 1 - rest / whole : (double)NAN;
}

/* Forward selection: the input whose line has the best R2 on the rows to fit comes next. */
static skua_status choose(study *q, size_t most, size_t *terms, size_t *k, skua_error *err) {
    double coefficient[SKUAI_EXPLAIN_GROUPS + 1], best_before = 0;
    *k = 0;
    while (*k < most && *k < q->n) {
        size_t best = SIZE_MAX;
        double score = best_before + GAIN;
        for (size_t i = 0; i < q->n; i++) {
            bool in = false;
            for (size_t j = 0; j < *k; j++)
                in = in || terms[j] == i;
            if (in || !(q->inputs[i].scale > 0)) continue;
            terms[*k] = i;
            SKUA_TRY(regress(q, terms, *k + 1, ROWS_FIT, q->total, 1, coefficient, err));
            double r2 = r_squared(q, terms, *k + 1, coefficient, ROWS_FIT);
            if (r2 > score) score = r2, best = i;
        }
        if (best == SIZE_MAX) break;
        terms[(*k)++] = best;
        best_before = score;
    }
    return SKUA_OK;
}

/* -- The explanation ----------------------------------------------------------------------------
 */

/* Contributions of a period: coefficient times planned less ordinary, the rest by itself. */
static skua_status fill_period(study *q, const size_t *terms, size_t k, size_t h,
                               skuai_explanation *e, skua_error *err) {
    double coefficient[SKUAI_EXPLAIN_GROUPS + 1];
    SKUA_TRY(regress(q, terms, k, ROWS_ALL, q->y + h, q->H, coefficient, err));
    double said = coefficient[0];
    for (size_t i = 0; i < k; i++) {
        const input *v = &q->inputs[terms[i]];
        e->contribution[i * q->H + h] = coefficient[i + 1] * (v->planned - v->ordinary);
        said += coefficient[i + 1] * v->planned;
    }
    e->forecast[h] = q->y[h]; /* of row 0: as planned */
    e->base[h] = said;
    for (size_t i = 0; i < k; i++)
        e->base[h] -= e->contribution[i * q->H + h];
    e->contribution[k * q->H + h] = e->forecast[h] - said;
    return SKUA_OK;
}

static skua_status tell(study *q, const size_t *terms, size_t k, skuai_explanation *e,
                        skua_error *err) {
    double coefficient[SKUAI_EXPLAIN_GROUPS + 1];
    skuai_lime *l = e->lime;
    SKUA_TRY(regress(q, terms, k, ROWS_FIT, q->total, 1, coefficient, err));
    e->fidelity = r_squared(q, terms, k, coefficient, ROWS_HELD);
    SKUA_TRY(regress(q, terms, k, ROWS_ALL, q->total, 1, coefficient, err));
    *l = (skuai_lime){.n_terms = k,
                      .n_features = q->n,
                      .n_samples = q->m - 1,
                      .intercept = coefficient[0],
                      .kernel_width = q->width,
                      .said = line(q, terms, k, coefficient, 0),
                      .forecast = q->total[0]};
    for (size_t i = 0; i < k; i++) {
        skuai_lime_term *t = &l->terms[i];
        const input *v = &q->inputs[terms[i]];
        *t = (skuai_lime_term){
            .coefficient = coefficient[i + 1], .planned = v->planned, .ordinary = v->ordinary};
        memcpy(t->name, v->name, sizeof t->name);
        memcpy(t->chinese, v->chinese, sizeof t->chinese);
        e->groups[i] = t->name;
    }
    e->groups[k] = "what the line leaves out";
    for (size_t h = 0; h < q->H; h++)
        SKUA_TRY(fill_period(q, terms, k, h, e, err));
    return SKUA_OK;
}

static skua_status study_begin(study *q, skua_error *err) {
    const skuai_explain_options *o = q->options;
    q->H = o->horizon;
    q->m = (o->samples ? o->samples : SAMPLES) + 1;
    q->n_windows = o->backgrounds ? o->backgrounds : 1;
    q->windows = skuai_new(q->n_windows, sizeof *q->windows);
    if (!q->windows) return skuai_error_memory(err, "an explanation");
    SKUA_TRY(skuai_probe_windows(q->probe->panel, 0, o, q->n_windows, q->windows, err));
    SKUA_TRY(add_covariates(q, err));
    add_sales(q);
    skuai_probe_reset(q->probe);
    size_t columns = SKUAI_EXPLAIN_GROUPS + 1;
    q->x = skuai_new(q->m * q->n, sizeof *q->x);
    q->y = skuai_new(q->m * (q->H + 2), sizeof *q->y);
    q->work = skuai_new(q->m * (columns + 1) + SKUAI_LEAST_SQUARES_SCRATCH(q->m, columns),
                        sizeof *q->work);
    if (!q->x || !q->y || !q->work) return skuai_error_memory(err, "an explanation");
    q->total = q->y + q->m * q->H;
    q->weight = q->total + q->m;
    return SKUA_OK;
}

skua_status skuai_lime_fit(skuai_probe *probe, const skuai_explain_options *options,
                           skuai_explanation **out, skua_error *err) {
    study *q = skuai_zero(1, sizeof *q);
    skuai_explanation *e = NULL;
    size_t terms[SKUAI_EXPLAIN_GROUPS], k = 0;
    size_t most = options->features ? options->features : FEATURES;
    skua_status status = q ? SKUA_OK : skuai_error_memory(err, "an explanation");
    if (most >= SKUAI_EXPLAIN_GROUPS) most = SKUAI_EXPLAIN_GROUPS - 1;
    if (status == SKUA_OK) {
        q->probe = probe;
        q->options = options;
        status = study_begin(q, err);
    }
    if (status == SKUA_OK && q->m - 1 < 4 * (most + 1))
        status = skuai_error_set(err, SKUA_EDATA,
                                 "%zu perturbations are too few for a line of %zu terms: ask for "
                                 "%zu or more",
                                 q->m - 1, most, 4 * (most + 1));
    if (status == SKUA_OK) status = perturb(q, err);
    if (status == SKUA_OK) {
        weigh(q);
        status = choose(q, most, terms, &k, err);
    }
    if (status == SKUA_OK) status = skuai_explanation_new(k + 1, q->H, &e, err);
    if (status == SKUA_OK) {
        e->method = SKUAI_EXPLAIN_LIME;
        e->lime = skuai_zero(1, sizeof *e->lime);
        status = e->lime ? tell(q, terms, k, e, err) : skuai_error_memory(err, "an explanation");
    }
    if (status == SKUA_OK) status = skuai_explanation_check(e, err);
    if (status == SKUA_OK) {
        e->n_calls = probe->n_calls;
        *out = e;
    } else {
        skuai_explanation_free(e);
    }
    skuai_probe_reset(probe);
    if (q) {
        skuai_free(q->windows);
        skuai_free(q->x);
        skuai_free(q->y);
        skuai_free(q->work);
        skuai_free(q);
    }
    return status;
}
