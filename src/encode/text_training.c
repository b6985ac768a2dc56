#include "encode/text_training.h"

#include "core/random.h"
#include "encode/text_checkpoint.h"
#include "math/classification.h"
#include "nn/loss.h"

#include <math.h>
#include <string.h>

/* -- Steps ------------------------------------------------------------------------------------ */

skua_status skuai_text_steps_init(skuai_text_steps *steps, skuai_text_classifier *classifier,
                                  const skuai_text_training *training, const skuai_context *context,
                                  skua_error *err) {
    *steps = (skuai_text_steps){.classifier = classifier,
                                .context = context ? *context : SKUAI_CONTEXT_DEFAULT};
    steps->context.deadline = 0;
    steps->context.cancel = NULL;
    steps->context.progress = NULL;
    skuai_nn_block_config *block = &classifier->config.encoder.block;
    if (training->dropout >= 0) {
        if (!(training->dropout < 1))
            return skuai_error_set(err, SKUA_EINVAL, "dropout = %g: need 0 <= p < 1",
                                   training->dropout);
        block->dropout = block->attention_dropout = training->dropout;
        classifier->config.head_dropout = training->dropout;
        for (size_t l = 0; l < classifier->weights.encoder.config.layers; l++) {
            skuai_nn_block_config *b = &classifier->weights.encoder.blocks[l].config;
            b->dropout = b->attention_dropout = training->dropout;
        }
    }
    SKUA_TRY(skuai_nn_optimiser_new(classifier->weights.parameters, &training->optimiser,
                                    &steps->optimiser, err));
    steps->tape = skuai_tape_new(&steps->context);
    return steps->tape ? SKUA_OK : skuai_error_memory(err, "training");
}

void skuai_text_steps_clear(skuai_text_steps *steps) {
    skuai_tape_free(steps->tape);
    skuai_nn_optimiser_free(steps->optimiser);
    *steps = (skuai_text_steps){0};
}

/* The loss of a batch, from its targets in the tape's memory. */
static skuai_tensor *loss_of(skuai_tape *tape, const skuai_text_set *set, const size_t *order,
                             size_t n, skuai_tensor *outputs) {
    if (set->classes) {
        int32_t *classes = skuai_tape_take(tape, n, sizeof *classes);
        for (size_t i = 0; classes && i < n; i++)
            classes[i] = set->classes[order[i]];
        return classes ? skuai_nn_cross_entropy(tape, outputs, classes, -1, NULL) : NULL;
    }
    skuai_real *values = skuai_tape_take(tape, n, sizeof *values);
    for (size_t i = 0; values && i < n; i++)
        values[i] = set->values[order[i]];
    return values ? skuai_nn_squared_loss(tape, outputs, values, NULL) : NULL;
}

skua_status skuai_text_step(skuai_text_steps *steps, const skuai_text_set *set, const size_t *order,
                            size_t n, uint64_t seed, double *loss, bool *applied, skua_error *err) {
    const skuai_text_classifier *c = steps->classifier;
    skuai_tape *tape = steps->tape;
    skuai_text_batch batch;
    skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, seed);
    skuai_text_line *lines = skuai_tape_take(tape, n, sizeof *lines);
    for (size_t i = 0; lines && i < n; i++)
        lines[i] = set->lines[order[i]];
    if (!lines || !skuai_text_batch_lay(tape, &c->config, skuai_tokeniser_padding(c->tokeniser),
                                        lines, n, &batch))
        return skuai_tape_status(tape, err);
    skuai_tensor *x = skuai_text_net_run(tape, &c->config, &c->weights, &batch);
    x = skuai_text_net_head(tape, &c->config, &c->weights, &batch, x);
    skuai_tensor *mean = loss_of(tape, set, order, n, x);
    SKUA_TRY(skuai_tape_backward(tape, mean, err));
    *loss = (double)mean->value[0];
    skuai_nn_step done;
    SKUA_TRY(skuai_nn_optimiser_step(steps->optimiser, &steps->context, 1, &done, err));
    *applied = done.applied;
    return SKUA_OK;
}

/* -- Scores ----------------------------------------------------------------------------------- */

static void score_classes(const skuai_text_set *set, size_t width, const float *outputs,
                          skuai_text_score *score) {
    double loss = 0;
    if (score->confusion) memset(score->confusion, 0, width * width * sizeof *score->confusion);
    for (size_t i = 0; i < set->n; i++) {
        const float *row = outputs + i * width;
        size_t truth = (size_t)set->classes[i], best = 0;
        double sum = 0;
        for (size_t k = 1; k < width; k++)
            if (row[k] > row[best]) best = k;
        for (size_t k = 0; k < width; k++)
            sum += exp((double)row[k] - (double)row[best]);
        loss += log(fmax(1, sum)) + (double)row[best] - (double)row[truth];
        if (score->confusion) score->confusion[truth * width + best]++;
    }
    score->loss = loss / (double)set->n;
    score->absolute = score->explained = NAN;
}

static void score_values(const skuai_text_set *set, const float *outputs, skuai_text_score *score) {
    double mean = 0, squared = 0, absolute = 0, spread = 0, n = (double)set->n;
    for (size_t i = 0; i < set->n; i++)
        mean += (double)set->values[i] / n;
    for (size_t i = 0; i < set->n; i++) {
        double gap = (double)outputs[i] - (double)set->values[i];
        double off = (double)set->values[i] - mean;
        squared += gap * gap / n;
        absolute += fabs(gap) / n;
        spread += off * off / n;
    }
    score->loss = squared;
    score->absolute = absolute;
    score->explained = spread > 0 ? 1 - squared / spread : NAN;
}

skua_status skuai_text_score_of(const skuai_text_classifier *classifier, const skuai_text_set *set,
                                const skuai_context *context, skuai_text_score *score,
                                skua_error *err) {
    size_t width = classifier->config.outputs;
    if (set->n == 0) {
        score->loss = score->absolute = score->explained = NAN;
        return SKUA_OK;
    }
    float *outputs = skuai_new(set->n * width, sizeof *outputs);
    if (!outputs) return skuai_error_memory(err, "predictions");
    skua_status status =
        skuai_text_classifier_run(classifier, context, set->lines, set->n, outputs, err);
    if (status == SKUA_OK && set->classes) score_classes(set, width, outputs, score);
    if (status == SKUA_OK && !set->classes) score_values(set, outputs, score);
    skuai_free(outputs);
    return status;
}

/* -- Epochs ----------------------------------------------------------------------------------- */

typedef struct run {
    const skuai_text_training *training;
    const skuai_text_set *train, *dev;
    const skuai_context *context;
    skuai_text_steps steps;
    skuai_text_result *result;
    skuai_text_progress progress;
    size_t *order; /* [train->n] of the epoch */
    double saved;  /* time of the last checkpoint */
} run;

static void log_table(const run *r, const size_t *confusion) {
    const skuai_text_classifier *c = r->steps.classifier;
    skuai_class_score classes[SKUAI_TEXT_CLASSES_MOST];
    skuai_class_report report;
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 20);
    skuai_classification_scores(confusion, c->config.outputs, classes, &report);
    skuai_classification_text(c->names, c->config.outputs, classes, &report, &text);
    for (char *line = text.data, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (!end) break;
        *end++ = '\0';
        if (*line) skuai_context_log(r->context, SKUAI_LOG_INFO, "%s", line);
    }
    skuai_buffer_clear(&text);
}

static skua_status end_epoch(run *r, skua_error *err) {
    size_t e = r->progress.epochs;
    skuai_text_epoch *epoch = &r->result->epochs[e];
    SKUA_TRY(skuai_text_score_of(r->steps.classifier, r->dev, r->context, &epoch->dev, err));
    epoch->loss = r->progress.loss / (double)r->train->n;
    r->progress.loss = 0;
    r->progress.epochs++;
    skuai_context_trace(r->context, "epoch-loss", (int64_t)e + 1, epoch->loss);
    if (r->dev->n == 0) {
        skuai_context_log(r->context, SKUAI_LOG_INFO, "epoch %zu of %zu: training loss %.4f", e + 1,
                          r->training->epochs, epoch->loss);
        return SKUA_OK;
    }
    skuai_context_trace(r->context, "dev-loss", (int64_t)e + 1, epoch->dev.loss);
    skuai_context_log(r->context, SKUAI_LOG_INFO,
                      "epoch %zu of %zu: training loss %.4f, dev loss %.4f", e + 1,
                      r->training->epochs, epoch->loss, epoch->dev.loss);
    if (r->dev->classes && epoch->dev.confusion) log_table(r, epoch->dev.confusion);
    return SKUA_OK;
}

static void shuffle(run *r, size_t epoch) {
    skuai_random random;
    skuai_random_split(&random, r->training->seed ^ 0x7E87U, epoch);
    for (size_t i = 0; i < r->train->n; i++)
        r->order[i] = i;
    skuai_random_shuffle(&random, r->order, r->train->n);
}

static skua_status save(run *r, skua_error *err) {
    if (!r->training->checkpoint) return SKUA_OK;
    SKUA_TRY(skuai_text_checkpoint_write(r->training->checkpoint, &r->steps, &r->progress,
                                         r->result->epochs, err));
    r->saved = skuai_clock();
    return SKUA_OK;
}

static skua_status one_step(run *r, size_t in_epoch, skua_error *err) {
    const skuai_text_training *t = r->training;
    size_t from = in_epoch * t->batch,
           n = r->train->n - from < t->batch ? r->train->n - from : t->batch;
    uint64_t k = r->steps.optimiser->step;
    double loss = 0;
    bool applied = false;
    SKUA_TRY(skuai_text_step(&r->steps, r->train, r->order + from, n,
                             t->seed * 0x9E3779B97F4A7C15U + k, &loss, &applied, err));
    r->progress.loss += loss * (double)n;
    skuai_context_trace(r->context, "train-loss", (int64_t)k, loss);
    if (applied) return SKUA_OK;
    r->result->left_out++;
    skuai_context_log(r->context, SKUAI_LOG_WARNING,
                      "step %llu: the gradient was not finite and was left out",
                      (unsigned long long)k);
    return SKUA_OK;
}

static skua_status loop(run *r, skua_error *err) {
    const skuai_text_training *t = r->training;
    size_t per_epoch = (r->train->n + t->batch - 1) / t->batch, all = t->epochs * per_epoch;
    r->saved = skuai_clock();
    while (r->progress.epochs < t->epochs) {
        size_t first = r->progress.epochs * per_epoch;
        shuffle(r, r->progress.epochs);
        while (r->steps.optimiser->step < first + per_epoch) {
            SKUA_TRY(skuai_context_check(r->context, err));
            SKUA_TRY(one_step(r, r->steps.optimiser->step - first, err));
            skuai_context_progress(r->context, "fine-tuning", (double)r->steps.optimiser->step,
                                   (double)all);
            if (skuai_clock() - r->saved > t->checkpoint_seconds) SKUA_TRY(save(r, err));
        }
        SKUA_TRY(end_epoch(r, err));
    }
    return SKUA_OK;
}

static skua_status check(const skuai_text_classifier *c, const skuai_text_training *t,
                         const skuai_text_set *train, const skuai_text_set *dev, skua_error *err) {
    if (train->n == 0) return skuai_error_set(err, SKUA_EINVAL, "no texts to learn from");
    if (t->epochs < 1 || t->batch < 1)
        return skuai_error_set(err, SKUA_EINVAL, "%zu epochs of batches of %zu: need 1 of each",
                               t->epochs, t->batch);
    if ((train->classes != NULL) != (c->names != NULL) ||
        (dev->n > 0 && (dev->classes != NULL) != (c->names != NULL)))
        return skuai_error_set(err, SKUA_EINVAL, "labels of another kind than the model's");
    return SKUA_OK;
}

skua_status skuai_text_train(skuai_text_classifier *classifier, const skuai_text_training *training,
                             const skuai_text_set *train, const skuai_text_set *dev,
                             const skuai_context *context, skuai_text_result *result,
                             skua_error *err) {
    SKUA_TRY(check(classifier, training, train, dev, err));
    run r = {.training = training,
             .train = train,
             .dev = dev,
             .context = context,
             .result = result,
             .order = skuai_new(train->n, sizeof *r.order)};
    result->resumed = result->left_out = 0;
    skua_status status = r.order ? SKUA_OK : skuai_error_memory(err, "training");
    if (status == SKUA_OK)
        status = skuai_text_steps_init(&r.steps, classifier, training, context, err);
    if (status == SKUA_OK)
        status = skuai_text_progress_init(&r.progress, &r.steps, training, train, dev, err);
    if (status == SKUA_OK && training->checkpoint)
        status = skuai_text_checkpoint_read(training->checkpoint, &r.steps, &r.progress,
                                            result->epochs, err);
    if (status == SKUA_OK) {
        result->resumed = r.steps.optimiser->step;
        if (result->resumed)
            skuai_context_log(context, SKUAI_LOG_INFO, "fine-tuning goes on from step %zu of %s",
                              result->resumed, training->checkpoint);
        status = loop(&r, err);
        result->steps = r.steps.optimiser->step;
        if (status == SKUA_ECANCEL && result->steps > 0 && save(&r, NULL) == SKUA_OK &&
            training->checkpoint)
            skuai_context_log(context, SKUAI_LOG_INFO, "stopped; %s holds step %zu",
                              training->checkpoint, result->steps);
    }
    skuai_text_progress_clear(&r.progress);
    skuai_text_steps_clear(&r.steps);
    skuai_free(r.order);
    return status;
}
