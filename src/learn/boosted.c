/* Boosted trees by LightGBM's C interface.
 *
 * Absolute errors are minimised by majorisation (Hunter & Lange 2000, Quantile regression via an MM
 * algorithm, J. Computational and Graphical Statistics 9, section 2): each tree is a Newton step on
 * the quadratic that touches sqrt(r^2 + d^2) from above. LightGBM's own objective sorts the
 * residuals of every leaf of every tree for their median, which took half of the time of training,
 * and cuts where signs differ, whatever their residuals' size. */
#include "learn/learner.h"
#include "learn/lightgbm_library.h"
#include "math/statistics.h"

#include <math.h>
#include <stdio.h>

typedef struct boosted {
    skuai_learnt base;
    skuai_lightgbm_library library;
    BoosterHandle booster;
    double base_value; /* what the trees add to */
} boosted;

/* Absolute errors: what the gradients of the next tree are made from. */
typedef struct absolute_loss {
    float *y, *gradient, *hessian; /* [n] y: less the base */
    const float *weight;           /* [n] or NULL */
    double *score;                 /* [n] of the trees so far */
    size_t n;
    double width; /* residuals well below it count as squares */
} absolute_loss;

enum { PARAMETERS_MOST = 1 << 22, MODEL_MOST = 1 << 30, ROWS_A_THREAD = 20000 };

static skua_status refused(const skuai_lightgbm_library *library, const char *doing,
                           skua_error *err) {
    return skuai_error_set(err, SKUA_EFOREIGN, "LightGBM, %s: %s", doing,
                           library->LGBM_GetLastError());
}

/* Threads that have enough rows each to be worth waiting for. */
static int threads_for(const skuai_feature_matrix *x, const skuai_context *context) {
    int threads = skuai_context_threads(context);
    size_t most = x->n_rows / ROWS_A_THREAD + 1;
    return most < (size_t)threads ? (int)most : threads;
}

static void write_objective(const skuai_learner_options *o, skuai_buffer *text) {
    static const char *const names[SKUAI_OBJECTIVES] = {
        "regression", "regression_l1", "huber", "poisson", "tweedie", "quantile", "mape"};
    bool own = o->objective == SKUAI_OBJECTIVE_ABSOLUTE;
    skuai_buffer_format(text, "objective=%s metric=%s", own ? "custom" : names[o->objective],
                        names[o->objective]);
    if (o->objective == SKUAI_OBJECTIVE_QUANTILE)
        skuai_buffer_format(text, " alpha=%.17g", o->level);
    if (o->objective == SKUAI_OBJECTIVE_HUBER)
        skuai_buffer_format(text, " alpha=%.17g", o->level > 0 ? o->level : 0.9);
    if (o->objective == SKUAI_OBJECTIVE_TWEEDIE)
        skuai_buffer_format(text, " tweedie_variance_power=%.17g", o->level);
}

static void write_columns(const skuai_learner_options *o, const skuai_feature_matrix *x,
                          skuai_buffer *text) {
    const char *before = " categorical_feature=";
    for (size_t k = 0; x->categorical && k < x->n_columns; k++) {
        if (!x->categorical[k]) continue;
        skuai_buffer_format(text, "%s%zu", before, k);
        before = ",";
    }
    for (size_t k = 0; o->monotone && k < x->n_columns; k++)
        skuai_buffer_format(text, "%s%d", k ? "," : " monotone_constraints=", o->monotone[k]);
}

/* LightGBM counts the rows of a leaf by their share of the second derivatives, and under absolute
 * errors rows far off have small ones: a promotion's rows would not be enough for a leaf of their
 * own. So there a row counts for this many. */
static int rows_of_one(const skuai_learner_options *o) {
    return o->objective == SKUAI_OBJECTIVE_ABSOLUTE ? 4 : 1;
}

static skua_status write_parameters(const skuai_learner_options *o, const skuai_feature_matrix *x,
                                    const skuai_context *context, skuai_buffer *text,
                                    skua_error *err) {
    skuai_buffer_init(text, PARAMETERS_MOST);
    write_objective(o, text);
    skuai_buffer_format(
        text,
        " boosting=gbdt verbosity=-1 deterministic=true force_col_wise=true num_threads=%d seed=%d"
        " learning_rate=%.17g num_leaves=%d min_data_in_leaf=%d feature_fraction=%.17g"
        " bagging_fraction=%.17g bagging_freq=%d lambda_l2=%.17g max_depth=%d"
        " feature_pre_filter=false cat_smooth=20",
        threads_for(x, context), (int)((context ? context->seed : 1) & 0x7fffffff), o->rate,
        o->leaves, (o->least_leaf + rows_of_one(o) - 1) / rows_of_one(o), o->column_share,
        o->row_share, o->row_share<1, o->shrinkage / rows_of_one(o), o->depth> 0 ? o->depth : -1);
    write_columns(o, x, text);
    skua_status status = skuai_buffer_check(text, err);
    if (status != SKUA_OK) skuai_buffer_clear(text);
    return status;
}

/* LightGBM's own copy (binned) of examples, y for their target; like: the training set, so that
 * bins agree. */
static skua_status make_set(const skuai_lightgbm_library *library, const skuai_examples *examples,
                            const float *y, const char *parameters, DatasetHandle like,
                            DatasetHandle *set, skua_error *err) {
    const skuai_feature_matrix *x = &examples->x;
    DatasetHandle made = NULL;
    if (library->LGBM_DatasetCreateFromMat(x->values, C_API_DTYPE_FLOAT32, (int32_t)x->n_rows,
                                           (int32_t)x->n_columns, 0, parameters, like, &made) != 0)
        return refused(library, "reading the features", err);
    if (library->LGBM_DatasetSetField(made, "label", y, (int)x->n_rows, C_API_DTYPE_FLOAT32) != 0 ||
        (examples->weight &&
         library->LGBM_DatasetSetField(made, "weight", examples->weight, (int)x->n_rows,
                                       C_API_DTYPE_FLOAT32) != 0)) {
        skua_status status = refused(library, "reading the target", err);
        (void)library->LGBM_DatasetFree(made);
        return status;
    }
    *set = made;
    return SKUA_OK;
}

/* A leaf's answer is taken up by 1 - (1 - rate)^rounds, so fewer rounds than these over the rate
 * are not caution but a bias: what is rare and strong (a promotion), and absent from the
 * validation, would be told at a tenth of its size. */
#define ROUNDS_LEAST 2

/* Residuals count as squares within this share of the first mean absolute error: wide enough for
 * steps of a useful length, narrow enough to end near medians. */
#define WIDTH 0.1

/* -- Absolute errors --------------------------------------------------------------------------- */

static void absolute_clear(absolute_loss *a) {
    skuai_free(a->y);
    skuai_free(a->gradient);
    skuai_free(a->hessian);
    skuai_free(a->score);
}

/* Examples less their median. */
static skua_status absolute_make(const skuai_examples *train, absolute_loss *a, double *base,
                                 skua_error *err) {
    size_t n = train->x.n_rows;
    double sum = 0;
    *a = (absolute_loss){.weight = train->weight, .n = n};
    a->y = skuai_new(n, sizeof *a->y);
    a->gradient = skuai_new(n, sizeof *a->gradient);
    a->hessian = skuai_new(n, sizeof *a->hessian);
    a->score = skuai_new(2 * n, sizeof *a->score);
    if (!a->y || !a->gradient || !a->hessian || !a->score)
        return skuai_error_memory(err, "gradients");
    for (size_t i = 0; i < n; i++)
        a->score[i] = (double)train->y[i];
    *base = skuai_median(a->score, n, a->score + n);
    for (size_t i = 0; i < n; i++) {
        a->y[i] = (float)((double)train->y[i] - *base);
        sum += fabs((double)a->y[i]);
    }
    a->width = fmax(WIDTH * sum / (double)n, 1e-12);
    return SKUA_OK;
}

/* First and second derivatives of what lies above sqrt(r^2 + width^2), times the first errors'
 * scale, so that LightGBM's least hessian of a leaf means about what it means for squares. */
static void absolute_derive(absolute_loss *a) {
    float scale = (float)(a->width / WIDTH), square = (float)(a->width * a->width);
    for (size_t i = 0; i < a->n; i++) {
        float r = (float)a->score[i] - a->y[i];
        float h = scale / sqrtf(r * r + square);
        if (a->weight) h *= a->weight[i];
        a->gradient[i] = h * r;
        a->hessian[i] = h;
    }
}

static skua_status grow_tree(const boosted *model, absolute_loss *a, int *stop, skua_error *err) {
    const skuai_lightgbm_library *library = &model->library;
    int failed;
    if (a) {
        int64_t length = 0;
        if (library->LGBM_BoosterGetPredict(model->booster, 0, &length, a->score) != 0)
            return refused(library, "asking for its errors", err);
        absolute_derive(a);
        failed =
            library->LGBM_BoosterUpdateOneIterCustom(model->booster, a->gradient, a->hessian, stop);
    } else {
        failed = library->LGBM_BoosterUpdateOneIter(model->booster, stop);
    }
    return failed ? refused(library, "growing a tree", err) : SKUA_OK;
}

static skua_status grow(const skuai_learner_options *o, bool validated, absolute_loss *loss,
                        const skuai_context *context, boosted *model, skua_error *err) {
    const skuai_lightgbm_library *library = &model->library;
    double best = (double)INFINITY;
    int best_round = 0, stop = 0, least = (int)fmin(ceil(ROUNDS_LEAST / o->rate), o->rounds);
    for (int round = 1; round <= o->rounds && !stop; round++) {
        SKUA_TRY(skuai_context_check(context, err));
        SKUA_TRY(grow_tree(model, loss, &stop, err));
        model->base.rounds = round;
        if (!validated) continue;
        double judged = (double)NAN;
        int n = 0;
        if (library->LGBM_BoosterGetEval(model->booster, 1, &n, &judged) != 0 || n != 1)
            return refused(library, "judging a tree", err);
        skuai_context_trace(context, "validation loss", round, judged);
        if (round < least) continue;
        if (judged < best) {
            best = judged;
            best_round = round;
        } else if (round - best_round >= o->patience) {
            break;
        }
    }
    if (best_round > 0) model->base.rounds = best_round;
    return SKUA_OK;
}

static void boosted_free(skuai_learnt *learnt) {
    boosted *model = (boosted *)learnt;
    if (!model) return;
    if (model->booster) (void)model->library.LGBM_BoosterFree(model->booster);
    skuai_free(model);
}

static skua_status boosted_fit(const skuai_learner_options *options, const skuai_examples *train,
                               const skuai_examples *validation, const skuai_context *context,
                               skuai_learnt **learnt, skua_error *err) {
    SKUA_TRY(skuai_learner_check(options, train, err));
    bool validated = validation && validation->x.n_rows > 0 && options->patience > 0;
    bool own = options->objective == SKUAI_OBJECTIVE_ABSOLUTE;
    absolute_loss loss = {0};
    float *judged_y = NULL;
    DatasetHandle set = NULL, judge = NULL;
    skuai_buffer text;
    SKUA_TRY(write_parameters(options, &train->x, context, &text, err));
    boosted *model = skuai_zero(1, sizeof *model);
    skua_status status = SKUA_OK;
    if (!model) SKUA_TRY_OUT(skuai_error_memory(err, "boosted trees"));
    model->base.learner = &skuai_learner_boosted;
    model->base.n_columns = train->x.n_columns;
    SKUA_TRY_OUT(skuai_lightgbm_load(&model->library, err));
    const char *parameters = skuai_buffer_view(&text);
    if (own) SKUA_TRY_OUT(absolute_make(train, &loss, &model->base_value, err));
    SKUA_TRY_OUT(
        make_set(&model->library, train, own ? loss.y : train->y, parameters, NULL, &set, err));
    if (validated) {
        size_t n = validation->x.n_rows;
        judged_y = skuai_new(n, sizeof *judged_y);
        if (!judged_y) SKUA_TRY_OUT(skuai_error_memory(err, "the validation's target"));
        for (size_t i = 0; i < n; i++)
            judged_y[i] = (float)((double)validation->y[i] - model->base_value);
        SKUA_TRY_OUT(make_set(&model->library, validation, judged_y, parameters, set, &judge, err));
    }
    if (model->library.LGBM_BoosterCreate(set, parameters, &model->booster) != 0)
        SKUA_TRY_OUT(refused(&model->library, "starting", err));
    if (validated && model->library.LGBM_BoosterAddValidData(model->booster, judge) != 0)
        SKUA_TRY_OUT(refused(&model->library, "reading the validation", err));
    SKUA_TRY_OUT(grow(options, validated, own ? &loss : NULL, context, model, err));
    *learnt = &model->base;
out:
    skuai_free(judged_y);
    absolute_clear(&loss);
    if (judge) (void)model->library.LGBM_DatasetFree(judge);
    if (set) (void)model->library.LGBM_DatasetFree(set);
    if (status != SKUA_OK) boosted_free(model ? &model->base : NULL);
    skuai_buffer_clear(&text);
    return status;
}

static skua_status run(const skuai_learnt *learnt, const skuai_feature_matrix *x, int kind,
                       size_t width, const skuai_context *context, double *out, skua_error *err) {
    const boosted *model = (const boosted *)learnt;
    if (x->n_columns != learnt->n_columns)
        return skuai_error_set(err, SKUA_EINVAL, "%zu columns where the model has %zu",
                               x->n_columns, learnt->n_columns);
    if (x->n_rows == 0) return SKUA_OK;
    skuai_buffer text;
    skuai_buffer_init(&text, 64);
    skuai_buffer_format(&text, "num_threads=%d", threads_for(x, context));
    SKUA_TRY(skuai_buffer_check(&text, err));
    int64_t length = 0;
    int failed = model->library.LGBM_BoosterPredictForMat(
        model->booster, x->values, C_API_DTYPE_FLOAT32, (int32_t)x->n_rows, (int32_t)x->n_columns,
        0, kind, 0, learnt->rounds, skuai_buffer_view(&text), &length, out);
    skuai_buffer_clear(&text);
    if (failed || length != (int64_t)(x->n_rows * width))
        return refused(&model->library, "predicting", err);
    return SKUA_OK;
}

static skua_status boosted_predict(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                                   const skuai_context *context, double *prediction,
                                   skua_error *err) {
    SKUA_TRY(run(learnt, x, C_API_PREDICT_NORMAL, 1, context, prediction, err));
    for (size_t i = 0; i < x->n_rows; i++)
        prediction[i] += ((const boosted *)learnt)->base_value;
    return SKUA_OK;
}

static skua_status boosted_contributions(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                                         const skuai_context *context, double *values,
                                         skua_error *err) {
    size_t width = learnt->n_columns + 1;
    SKUA_TRY(run(learnt, x, C_API_PREDICT_CONTRIB, width, context, values, err));
    for (size_t i = 0; i < x->n_rows; i++)
        values[i * width + width - 1] += ((const boosted *)learnt)->base_value;
    return SKUA_OK;
}

static skua_status boosted_importance(const skuai_learnt *learnt, double *importance,
                                      skua_error *err) {
    const boosted *model = (const boosted *)learnt;
    if (model->library.LGBM_BoosterFeatureImportance(
            model->booster, learnt->rounds, C_API_FEATURE_IMPORTANCE_GAIN, importance) != 0)
        return refused(&model->library, "weighing the features", err);
    return SKUA_OK;
}

/* Our line first (columns, rounds, base), then LightGBM's own text. */
static skua_status boosted_save(const skuai_learnt *learnt, skuai_buffer *out, skua_error *err) {
    const boosted *model = (const boosted *)learnt;
    int64_t length = 0;
    char one;
    if (model->library.LGBM_BoosterSaveModelToString(model->booster, 0, learnt->rounds,
                                                     C_API_FEATURE_IMPORTANCE_GAIN, 1, &length,
                                                     &one) != 0)
        return refused(&model->library, "saving", err);
    char *text = length > 0 ? skuai_new((size_t)length + 1, 1) : NULL;
    if (!text) return skuai_error_memory(err, "a model's text");
    skua_status status = SKUA_OK;
    if (model->library.LGBM_BoosterSaveModelToString(model->booster, 0, learnt->rounds,
                                                     C_API_FEATURE_IMPORTANCE_GAIN, length, &length,
                                                     text) != 0)
        status = refused(&model->library, "saving", err);
    if (status == SKUA_OK) {
        skuai_buffer_format(out, "boosted %zu %d %.17g\n", learnt->n_columns, learnt->rounds,
                            model->base_value);
        skuai_buffer_text(out, text);
        status = skuai_buffer_check(out, err);
    }
    skuai_free(text);
    return status;
}

static skua_status boosted_load(const char *text, size_t size, skuai_learnt **learnt,
                                skua_error *err) {
    size_t columns = 0;
    int rounds = 0, head = 0;
    double base = 0; /* absent in the texts of earlier versions */
    if (size > MODEL_MOST ||
        sscanf(text, "boosted %zu %d%n %lf%n", &columns, &rounds, &head, &base, &head) < 2 ||
        columns == 0 || text[head] != '\n')
        return skuai_error_set(err, SKUA_EDATA, "this is no text of boosted trees");
    boosted *model = skuai_zero(1, sizeof *model);
    if (!model) return skuai_error_memory(err, "boosted trees");
    skua_status status = skuai_lightgbm_load(&model->library, err);
    int n = 0;
    if (status == SKUA_OK &&
        model->library.LGBM_BoosterLoadModelFromString(text + head + 1, &n, &model->booster) != 0)
        status = refused(&model->library, "loading", err);
    if (status != SKUA_OK) {
        skuai_free(model);
        return status;
    }
    model->base = (skuai_learnt){&skuai_learner_boosted, columns, rounds};
    model->base_value = base;
    *learnt = &model->base;
    return SKUA_OK;
}

const skuai_learner skuai_learner_boosted = {
    .name = "boosted",
    .summary = "gradient boosted trees",
    .source = "Ke et al. 2017, LightGBM, NeurIPS 30 (version 4)",
    .fit = boosted_fit,
    .predict = boosted_predict,
    .contributions = boosted_contributions,
    .importance = boosted_importance,
    .save = boosted_save,
    .load = boosted_load,
    .free = boosted_free,
};
