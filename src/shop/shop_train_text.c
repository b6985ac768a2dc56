/* train-text: fine-tuning of a text encoder on a file of labelled texts, and labelling by it. */
#include "shop/net_work.h"
#include "shop/text_rows.h"
#include "shop/training_listener.h"

#include "math/classification.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct job {
    const skua_shop *shop;
    const char *data, *output;
    skuai_text_rows rows;
    skuai_text_classifier *classifier;
    skuai_text_line *lines;
    float *values; /* [rows.n] standardised; NULL: classes */
    double mean, deviation;
    skuai_text_set sets[SKUAI_TEXT_PARTS];
    skuai_text_training training;
    skuai_text_result result;
    skuai_text_score test;
    char checkpoint[4200];
} job;

static void job_clear(job *j) {
    skuai_text_lines_free(j->lines, j->rows.n);
    skuai_text_classifier_free(j->classifier);
    for (size_t e = 0; j->result.epochs && e < j->training.epochs; e++)
        skuai_free(j->result.epochs[e].dev.confusion);
    skuai_free(j->result.epochs);
    skuai_free(j->test.confusion);
    skuai_free(j->values);
    skuai_text_rows_clear(&j->rows);
}

/* -- Before ----------------------------------------------------------------------------------- */

static double number(const job *j, skuai_config_key key) {
    return skuai_config_number(&j->shop->config, key);
}

static skua_status read_training(job *j, skua_error *err) {
    const skuai_config *config = &j->shop->config;
    const char *checkpoint = skuai_config_text(config, SKUAI_CONFIG_KEY_checkpoint);
    skuai_text_training t = SKUAI_TEXT_TRAINING_DEFAULT;
    t.epochs = (size_t)skuai_config_integer(config, SKUAI_CONFIG_KEY_epochs);
    t.batch = (size_t)skuai_config_integer(config, SKUAI_CONFIG_KEY_batch);
    t.optimiser.rate = number(j, SKUAI_CONFIG_KEY_learning_rate);
    t.optimiser.weight_decay = number(j, SKUAI_CONFIG_KEY_weight_decay);
    t.dropout = number(j, SKUAI_CONFIG_KEY_dropout);
    t.checkpoint_seconds = number(j, SKUAI_CONFIG_KEY_checkpoint_seconds);
    t.seed = (uint64_t)skuai_config_integer(config, SKUAI_CONFIG_KEY_seed);
    size_t n = strlen(j->output);
    while (n > 1 && j->output[n - 1] == '/')
        n--;
    int length = *checkpoint ? snprintf(j->checkpoint, sizeof j->checkpoint, "%s", checkpoint)
                             : snprintf(j->checkpoint, sizeof j->checkpoint, "%.*s.checkpoint",
                                        (int)n, j->output);
    if (length < 0 || (size_t)length >= sizeof j->checkpoint)
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", j->output);
    t.checkpoint = j->checkpoint;
    j->training = t;
    return SKUA_OK;
}

/* Targets of mean 0 and deviation 1 over the training part, so that one rate fits every label. */
static skua_status standardise(job *j, skua_error *err) {
    bool log_of = skuai_config_flag(&j->shop->config, SKUAI_CONFIG_KEY_log);
    size_t n = j->rows.from[1];
    double squares = 0;
    j->values = skuai_new(j->rows.n, sizeof *j->values);
    if (!j->values) return skuai_error_memory(err, "labels");
    for (size_t i = 0; log_of && i < j->rows.n; i++)
        j->rows.values[i] = log1p(j->rows.values[i]);
    for (size_t i = 0; i < n; i++)
        j->mean += j->rows.values[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (j->rows.values[i] - j->mean) * (j->rows.values[i] - j->mean);
    j->deviation = sqrt(squares / (double)n);
    if (!(j->deviation > 0))
        return skuai_error_set(err, SKUA_EDATA, "%s: the training part's labels are all alike",
                               j->data);
    for (size_t i = 0; i < j->rows.n; i++)
        j->values[i] = (float)((j->rows.values[i] - j->mean) / j->deviation);
    return SKUA_OK;
}

static skua_status make_sets(job *j, const skuai_context *context, skua_error *err) {
    const skuai_text_rows *r = &j->rows;
    size_t cells = r->n_classes * r->n_classes;
    SKUA_TRY(skuai_text_lines_new(j->classifier->tokeniser, j->classifier->config.tokens_most,
                                  context, r->texts, r->sizes, r->n, &j->lines, err));
    for (size_t p = 0; p < SKUAI_TEXT_PARTS; p++) {
        j->sets[p] = (skuai_text_set){.lines = j->lines + r->from[p],
                                      .classes = r->classes ? r->classes + r->from[p] : NULL,
                                      .values = j->values ? j->values + r->from[p] : NULL,
                                      .n = r->from[p + 1] - r->from[p]};
        for (size_t i = 0; i < j->sets[p].n; i++)
            j->lines[r->from[p] + i].text = i;
    }
    j->result.epochs = skuai_zero(j->training.epochs, sizeof *j->result.epochs);
    if (!j->result.epochs) return skuai_error_memory(err, "training");
    if (!r->classes) return SKUA_OK;
    j->test.confusion = skuai_zero(cells, sizeof *j->test.confusion);
    for (size_t e = 0; e < j->training.epochs; e++) {
        j->result.epochs[e].dev.confusion = skuai_zero(cells, sizeof(size_t));
        if (!j->result.epochs[e].dev.confusion) return skuai_error_memory(err, "training");
    }
    return j->test.confusion ? SKUA_OK : skuai_error_memory(err, "training");
}

static skua_status begin(job *j, const skuai_context *context, skua_error *err) {
    const char *encoder = skuai_config_text(&j->shop->config, SKUAI_CONFIG_KEY_encoder);
    struct stat info;
    if (!*encoder)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "train-text wants --encoder FOLDER: a Hugging Face folder of BERT's "
                               "family");
    if (stat(j->output, &info) == 0)
        return skuai_error_set(err, SKUA_EEXIST,
                               "%s is there already: remove it, or name another folder", j->output);
    SKUA_TRY(read_training(j, err));
    SKUA_TRY(skuai_text_rows_read(j->shop, j->data, &j->rows, err));
    if (!j->rows.classes) SKUA_TRY(standardise(j, err));
    skuai_text_head head = {.names = j->rows.classes ? j->rows.names : NULL,
                            .n = j->rows.classes ? j->rows.n_classes : 1,
                            .log = skuai_config_flag(&j->shop->config, SKUAI_CONFIG_KEY_log),
                            .tokens_most = (size_t)number(j, SKUAI_CONFIG_KEY_tokens),
                            .seed = j->training.seed};
    if (head.names) head.log = false;
    SKUA_TRY(skuai_text_classifier_begin(encoder, &head, &j->classifier, err));
    return make_sets(j, context, err);
}

/* -- The report ------------------------------------------------------------------------------- */

static void put_class(skuai_json_writer *w, const char *name, const char *label,
                      const skuai_class_score *s) {
    skuai_json_object(w, name);
    if (label) skuai_json_text(w, "label", label);
    skuai_json_number(w, "precision", s->precision);
    skuai_json_number(w, "recall", s->recall);
    skuai_json_number(w, "f1", s->f1);
    skuai_json_integer(w, "support", (int64_t)s->support);
    skuai_json_close(w);
}

static skua_status put_classes(skuai_json_writer *w, const skuai_text_rows *rows,
                               const size_t *confusion, skua_error *err) {
    skuai_class_score classes[SKUAI_TEXT_CLASSES_MOST];
    skuai_class_report report;
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 20);
    skuai_classification_scores(confusion, rows->n_classes, classes, &report);
    skuai_classification_text(rows->names, rows->n_classes, classes, &report, &text);
    skuai_json_number(w, "accuracy", report.accuracy);
    put_class(w, "macro", NULL, &report.macro);
    put_class(w, "weighted", NULL, &report.weighted);
    skuai_json_array(w, "classes");
    for (size_t k = 0; k < rows->n_classes; k++)
        put_class(w, NULL, rows->names[k], &classes[k]);
    skuai_json_close(w);
    skuai_json_text(w, "table", skuai_buffer_view(&text));
    skua_status status = skuai_buffer_check(&text, err);
    skuai_buffer_clear(&text);
    return status;
}

/* Of a part; errors of a regression in the label's units (its logarithm's with --log). */
static skua_status put_score(const job *j, skuai_json_writer *w, const char *name,
                             const skuai_text_score *score, size_t n, double scale,
                             skua_error *err) {
    skua_status status = SKUA_OK;
    if (n == 0) return SKUA_OK;
    skuai_json_object(w, name);
    if (j->rows.classes) {
        skuai_json_number(w, "loss", score->loss);
        status = put_classes(w, &j->rows, score->confusion, err);
    } else {
        skuai_json_number(w, "mean_squared_error", score->loss * scale * scale);
        skuai_json_number(w, "mean_absolute_error", score->absolute * scale);
        skuai_json_number(w, "r2", score->explained);
    }
    skuai_json_close(w);
    return status;
}

static void put_parts(const job *j, skuai_json_writer *w) {
    static const char *const names[] = {"train", "dev", "test"};
    skuai_json_object(w, "rows");
    for (size_t p = 0; p < SKUAI_TEXT_PARTS; p++)
        skuai_json_integer(w, names[p], (int64_t)j->sets[p].n);
    skuai_json_integer(w, "left_out", (int64_t)j->rows.left_out);
    skuai_json_close(w);
    if (!j->rows.classes) return;
    skuai_json_array(w, "labels");
    for (size_t k = 0; k < j->rows.n_classes; k++)
        skuai_json_text(w, NULL, j->rows.names[k]);
    skuai_json_close(w);
    skuai_json_array(w, "edges");
    for (size_t k = 0; k < j->rows.n_edges; k++)
        skuai_json_number(w, NULL, j->rows.edges[k]);
    skuai_json_close(w);
}

static skua_status make_report(const job *j, double seconds, char **report, skua_error *err) {
    skuai_report r;
    skua_status status = SKUA_OK;
    skuai_report_begin(&r, "train-text");
    skuai_json_text(&r.json, "output", j->output);
    skuai_json_text(&r.json, "encoder",
                    skuai_config_text(&j->shop->config, SKUAI_CONFIG_KEY_encoder));
    skuai_json_text(&r.json, "task", skuai_config_text(&j->shop->config, SKUAI_CONFIG_KEY_task));
    skuai_json_integer(&r.json, "parameters",
                       (int64_t)skuai_nn_parameters_total(j->classifier->weights.parameters));
    put_parts(j, &r.json);
    skuai_json_integer(&r.json, "steps", (int64_t)j->result.steps);
    skuai_json_integer(&r.json, "resumed", (int64_t)j->result.resumed);
    skuai_json_integer(&r.json, "seed", (int64_t)j->training.seed);
    skuai_json_number(&r.json, "seconds", seconds);
    skuai_json_array(&r.json, "epochs");
    for (size_t e = 0; status == SKUA_OK && e < j->training.epochs; e++) {
        const skuai_text_epoch *x = &j->result.epochs[e];
        skuai_json_object(&r.json, NULL);
        skuai_json_integer(&r.json, "epoch", (int64_t)e + 1);
        skuai_json_number(&r.json, "loss", x->loss);
        status =
            put_score(j, &r.json, "dev", &x->dev, j->sets[SKUAI_TEXT_DEV].n, j->deviation, err);
        skuai_json_close(&r.json);
    }
    skuai_json_close(&r.json);
    if (status == SKUA_OK)
        status =
            put_score(j, &r.json, "test", &j->test, j->sets[SKUAI_TEXT_TEST].n, j->deviation, err);
    return skuai_report_end(&r, status, report, err);
}

/* -- Training --------------------------------------------------------------------------------- */

static skua_status train(job *j, char **report, skua_error *err) {
    skuai_training_listener listener;
    skuai_context context;
    const char *curves = skuai_config_text(&j->shop->config, SKUAI_CONFIG_KEY_curves);
    SKUA_TRY(skuai_training_listener_init(&listener, j->shop, curves, &context, err));
    context.deadline = 0;
    double begun = skuai_clock();
    skua_status status = begin(j, &context, err);
    if (status == SKUA_OK)
        status = skuai_text_train(j->classifier, &j->training, &j->sets[SKUAI_TEXT_TRAIN],
                                  &j->sets[SKUAI_TEXT_DEV], &context, &j->result, err);
    if (status == SKUA_OK)
        status =
            skuai_text_score_of(j->classifier, &j->sets[SKUAI_TEXT_TEST], &context, &j->test, err);
    skua_status closed = skuai_training_listener_close(&listener, status, err);
    SKUA_TRY(status);
    SKUA_TRY(closed);
    if (j->values) skuai_text_classifier_rescale(j->classifier, j->deviation, j->mean);
    SKUA_TRY(skuai_text_classifier_save(j->classifier, j->output, err));
    (void)unlink(j->checkpoint); /* what it was for is done */
    return make_report(j, skuai_clock() - begun, report, err);
}

/* -- Labelling -------------------------------------------------------------------------------- */

static skua_status export_labels(skuai_store *store, const char *path, skua_error *err) {
    size_t n = strlen(path);
    bool parquet = n > 8 && strcasecmp(path + n - 8, ".parquet") == 0;
    skuai_buffer sql, beside;
    skuai_buffer_init(&sql, 1 << 16);
    skuai_buffer_init(&beside, 1 << 16);
    (void)skuai_buffer_format(&beside, "%s.%ld.tmp", path, (long)getpid());
    (void)skuai_buffer_text(&sql, "COPY (SELECT * FROM skuai_labels ORDER BY row) TO ");
    skuai_sql_text(&sql, skuai_buffer_view(&beside));
    (void)skuai_buffer_text(&sql, parquet ? " (FORMAT parquet)" : " (FORMAT csv, HEADER)");
    skua_status status = skuai_buffer_check(&beside, err);
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_execute(store, skuai_buffer_view(&sql), err);
    if (status == SKUA_OK && rename(skuai_buffer_view(&beside), path) != 0)
        status = skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(errno));
    if (status != SKUA_OK) (void)unlink(skuai_buffer_view(&beside));
    skuai_buffer_clear(&sql);
    skuai_buffer_clear(&beside);
    return status;
}

/* Columns row, text, label, probability; or row, text, value. */
static skua_status write_labels(const job *j, float *outputs, skua_error *err) {
    const skuai_text_classifier *c = j->classifier;
    const skuai_text_rows *r = &j->rows;
    size_t width = c->config.outputs, n = r->n;
    int64_t *row = skuai_arena_take(r->arena, n + 1, sizeof *row);
    const char **label = skuai_arena_take(r->arena, n + 1, sizeof *label);
    double *value = skuai_arena_take(r->arena, n + 1, sizeof *value);
    if (!row || !label || !value) return skuai_error_memory(err, "labels");
    if (c->names) skuai_text_probabilities(outputs, n, width);
    for (size_t i = 0; i < n; i++) {
        size_t best = 0;
        for (size_t k = 1; k < width; k++)
            if (outputs[i * width + k] > outputs[i * width + best]) best = k;
        row[i] = (int64_t)i + 1;
        label[i] = c->names ? c->names[best] : NULL;
        value[i] = (double)outputs[i * width + best];
        if (c->log) value[i] = expm1(value[i]);
    }
    skuai_column columns[] = {
        {.name = "row", .type = SKUAI_COLUMN_INTEGER, .integers = row},
        {.name = "text", .type = SKUAI_COLUMN_TEXT, .texts = r->texts},
        {.name = c->names ? "probability" : "value", .type = SKUAI_COLUMN_DOUBLE, .doubles = value},
        {.name = "label", .type = SKUAI_COLUMN_TEXT, .texts = label}};
    SKUA_TRY(skuai_store_execute(
        r->store,
        c->names ? "CREATE TABLE skuai_labels(row BIGINT, text VARCHAR, label VARCHAR, "
                   "probability DOUBLE)"
                 : "CREATE TABLE skuai_labels(row BIGINT, text VARCHAR, value DOUBLE)",
        err));
    SKUA_TRY(skuai_store_append(r->store, "skuai_labels", columns, c->names ? 4 : 3, n, err));
    return export_labels(r->store, j->output, err);
}

static skua_status predict(job *j, char **report, skua_error *err) {
    const char *encoder = skuai_config_text(&j->shop->config, SKUAI_CONFIG_KEY_encoder);
    skuai_context context = skuai_shop_context(j->shop, false);
    if (!*encoder)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "--predict wants --encoder FOLDER: a folder that train-text wrote");
    SKUA_TRY(skuai_text_rows_read_texts(j->shop, j->data, &j->rows, err));
    SKUA_TRY(skuai_text_classifier_open(encoder, &j->classifier, err));
    float *outputs = skuai_new(j->rows.n * j->classifier->config.outputs + 1, sizeof *outputs);
    if (!outputs) return skuai_error_memory(err, "labels");
    skua_status status = skuai_text_classifier_predict(j->classifier, &context, j->rows.texts,
                                                       j->rows.sizes, j->rows.n, outputs, err);
    if (status == SKUA_OK) status = write_labels(j, outputs, err);
    skuai_free(outputs);
    SKUA_TRY(status);
    skuai_report r;
    skuai_report_begin(&r, "train-text");
    skuai_json_text(&r.json, "output", j->output);
    skuai_json_text(&r.json, "encoder", encoder);
    skuai_json_text(&r.json, "task", j->classifier->names ? "classes" : "regression");
    skuai_json_integer(&r.json, "predicted", (int64_t)j->rows.n);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

skua_status skua_train_text(const char *data, const char *output, const char *const *settings,
                            const skua_callbacks *callbacks, char **report, skua_error *err) {
    skua_shop *shop = NULL;
    if (!data || !*data || !output || !*output)
        return skuai_error_set(err, SKUA_EINVAL, "train-text wants a file and a place to write to");
    SKUA_TRY(skuai_shop_loose(settings, callbacks, &shop, err));
    job j = {.shop = shop, .data = data, .output = output};
    skua_status status = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_predict)
                             ? predict(&j, report, err)
                             : train(&j, report, err);
    job_clear(&j);
    skua_shop_close(shop);
    return status;
}
