#include "encode/text_classifier.h"

#include "encode/text_model_weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- Opening ---------------------------------------------------------------------------------- */

void skuai_text_classifier_free(skuai_text_classifier *c) {
    if (!c) return;
    skuai_nn_parameters_free(c->weights.parameters);
    skuai_tokeniser_free(c->tokeniser);
    skuai_free(c->folder);
    skuai_free(c->names);
    skuai_arena_free(c->arena);
    skuai_free(c);
}

static skua_status keep_names(skuai_text_classifier *c, const char *const *names, size_t n,
                              skua_error *err) {
    if (!names) return SKUA_OK;
    c->names = skuai_zero(n, sizeof *c->names);
    if (!c->names) return skuai_error_memory(err, "labels");
    for (size_t i = 0; i < n; i++) {
        c->names[i] = skuai_arena_text(c->arena, names[i], strlen(names[i]));
        if (!c->names[i]) return skuai_error_memory(err, "labels");
    }
    return SKUA_OK;
}

/* Labels and kind of a fine-tuned folder's config.json; names [SKUAI_TEXT_CLASSES_MOST]. */
static skua_status read_head(const skuai_json *json, const char **names, skuai_text_head *head,
                             skua_error *err) {
    const skuai_json *labels = skuai_json_get(json, "id2label");
    const char *problem = skuai_json_as_text(skuai_json_get(json, "problem_type"), "");
    size_t n = skuai_json_size(labels);
    if (strcmp(problem, "multi_label_classification") == 0)
        return skuai_error_set(err, SKUA_EDATA, "several labels a text are not known here");
    if (n > SKUAI_TEXT_CLASSES_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "%zu labels, at most %d", n,
                               (int)SKUAI_TEXT_CLASSES_MOST);
    for (size_t i = 0; i < n; i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "%zu", i);
        names[i] = skuai_json_as_text(skuai_json_get(labels, key), NULL);
        if (!names[i]) return skuai_error_set(err, SKUA_EDATA, "'id2label' has no text for %zu", i);
    }
    head->n = n ? n : 2; /* transformers' default: LABEL_0, LABEL_1 */
    head->names = n == 1 || strcmp(problem, "regression") == 0 ? NULL : names;
    if (n == 0) names[0] = "LABEL_0", names[1] = "LABEL_1";
    head->log = skuai_json_as_bool(skuai_json_get(skuai_json_get(json, "skua"), "log"), false);
    return SKUA_OK;
}

static skua_status open_weights(skuai_text_classifier *c, uint64_t seed, bool needs_head,
                                skua_error *err) {
    char *path = NULL;
    skuai_safetensors *file = NULL;
    SKUA_TRY(skuai_folder_path(c->folder, "model.safetensors", &path, err));
    skua_status status = skuai_safetensors_open(path, &file, err);
    if (status == SKUA_OK) {
        if (needs_head && !skuai_text_weights_has_head(&c->config, file, c->config.outputs))
            status = skuai_error_set(err, SKUA_EDATA,
                                     "no head of %zu outputs: it is an encoder that was not "
                                     "fine-tuned",
                                     c->config.outputs);
        if (status == SKUA_OK)
            status = skuai_text_weights_read(&c->config, file, seed, &c->weights, err);
        if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s", path);
    }
    skuai_safetensors_close(file);
    skuai_free(path);
    return status;
}

static skua_status open_all(skuai_text_classifier *c, const skuai_text_head *head, bool needs_head,
                            skua_error *err) {
    skuai_text_model_options options = {.tokens_most = head->tokens_most};
    SKUA_TRY(skuai_text_config_read(c->folder, &options, &c->config, err));
    if (c->config.family == SKUAI_TEXT_DECODER)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: a decoder: only BERT's family (BERT, DistilBERT, RoBERTa, "
                               "XLM-R) has a head here",
                               c->folder);
    c->config.outputs = head->n;
    c->log = head->log;
    SKUA_TRY(keep_names(c, head->names, head->n, err));
    SKUA_TRY(skuai_tokeniser_open(c->folder, &c->tokeniser, err));
    size_t tokens = skuai_tokeniser_size(c->tokeniser);
    if (tokens > c->config.vocabulary)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: the tokeniser knows %zu tokens and the model %zu: it is "
                               "another model's",
                               c->folder, tokens, c->config.vocabulary);
    return open_weights(c, head->seed, needs_head, err);
}

static skua_status open_with(const char *folder, const skuai_text_head *head, bool needs_head,
                             skuai_text_classifier **classifier, skua_error *err) {
    skuai_text_classifier *c = skuai_zero(1, sizeof *c);
    if (!c) return skuai_error_memory(err, "a language model");
    c->arena = skuai_arena_new(0);
    c->folder = skuai_text_copy(folder);
    skua_status status = c->arena && c->folder ? open_all(c, head, needs_head, err)
                                               : skuai_error_memory(err, "a language model");
    if (status != SKUA_OK) {
        skuai_text_classifier_free(c);
        return status;
    }
    *classifier = c;
    return SKUA_OK;
}

skua_status skuai_text_classifier_open(const char *folder, skuai_text_classifier **classifier,
                                       skua_error *err) {
    const char *names[SKUAI_TEXT_CLASSES_MOST];
    skuai_json *json = NULL;
    skuai_text_head head = {.seed = 1};
    SKUA_TRY(skuai_folder_json(folder, "config.json", false, &json, err));
    skua_status status = read_head(json, names, &head, err);
    if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s/config.json", folder);
    if (status == SKUA_OK) status = open_with(folder, &head, true, classifier, err);
    skuai_json_free(json);
    return status;
}

skua_status skuai_text_classifier_begin(const char *folder, const skuai_text_head *head,
                                        skuai_text_classifier **classifier, skua_error *err) {
    if (head->n > SKUAI_TEXT_CLASSES_MOST || head->n < (head->names ? 2 : 1))
        return skuai_error_set(err, SKUA_EINVAL, "%zu classes: need 2 to %d", head->n,
                               (int)SKUAI_TEXT_CLASSES_MOST);
    return open_with(folder, head, false, classifier, err);
}

/* -- Predicting ------------------------------------------------------------------------------- */

typedef struct run {
    const skuai_text_classifier *classifier;
    float *outputs;
} run;

static skua_status run_batch(void *user, skuai_tape *tape, const skuai_text_line *lines, size_t n,
                             skua_error *err) {
    const run *r = user;
    const skuai_text_classifier *c = r->classifier;
    size_t width = c->config.outputs;
    skuai_text_batch batch;
    if (!skuai_text_batch_lay(tape, &c->config, skuai_tokeniser_padding(c->tokeniser), lines, n,
                              &batch))
        return skuai_tape_status(tape, err);
    skuai_tensor *x = skuai_text_net_run(tape, &c->config, &c->weights, &batch);
    x = skuai_text_net_head(tape, &c->config, &c->weights, &batch, x);
    SKUA_TRY(skuai_tape_status(tape, err));
    for (size_t i = 0; i < n; i++)
        memcpy(r->outputs + lines[i].text * width, x->value + i * width, width * sizeof(float));
    return SKUA_OK;
}

skua_status skuai_text_classifier_run(const skuai_text_classifier *classifier,
                                      const skuai_context *context, const skuai_text_line *lines,
                                      size_t n, float *outputs, skua_error *err) {
    run r = {classifier, outputs};
    return skuai_text_lines_run(lines, n, context, NULL, run_batch, &r, err);
}

skua_status skuai_text_classifier_predict(const skuai_text_classifier *classifier,
                                          const skuai_context *context, const char *const *texts,
                                          const size_t *sizes, size_t n, float *outputs,
                                          skua_error *err) {
    skuai_text_line *lines = NULL;
    SKUA_TRY(skuai_text_lines_new(classifier->tokeniser, classifier->config.tokens_most, context,
                                  texts, sizes, n, &lines, err));
    run r = {classifier, outputs};
    skua_status status =
        skuai_text_lines_run(lines, n, context, "texts predicted", run_batch, &r, err);
    skuai_text_lines_free(lines, n);
    return status;
}

void skuai_text_probabilities(float *outputs, size_t n, size_t width) {
    for (size_t i = 0; i < n; i++) {
        float *row = outputs + i * width, most = row[0];
        double sum = 0;
        for (size_t k = 1; k < width; k++)
            if (row[k] > most) most = row[k];
        for (size_t k = 0; k < width; k++)
            sum += exp((double)row[k] - (double)most);
        for (size_t k = 0; k < width; k++)
            row[k] = (float)(exp((double)row[k] - (double)most) / sum);
    }
}

void skuai_text_classifier_rescale(skuai_text_classifier *c, double scale, double shift) {
    const skuai_nn_parameters *p = c->weights.parameters;
    float *w = skuai_nn_parameters_value(p, c->weights.out.weight);
    float *b = skuai_nn_parameters_value(p, c->weights.out.bias);
    for (size_t i = 0; i < p->table[c->weights.out.weight].size; i++)
        w[i] = (float)(scale * (double)w[i]);
    for (size_t i = 0; i < c->config.outputs; i++)
        b[i] = (float)(scale * (double)b[i] + shift);
}
