#include "encode/text_model.h"

#include "encode/text_lines.h"
#include "encode/text_model_weights.h"
#include "nn/quantise.h"

#include <math.h>
#include <string.h>

struct skuai_text_model {
    skuai_text_config config;
    skuai_text_weights weights;
    skuai_tokeniser *tokeniser;
};

/* -- Opening ---------------------------------------------------------------------------------- */

void skuai_text_model_free(skuai_text_model *model) {
    if (!model) return;
    skuai_nn_parameters_free(model->weights.parameters);
    skuai_tokeniser_free(model->tokeniser);
    skuai_free(model);
}

static skua_status open_weights(const char *folder, skuai_text_model *model, skua_error *err) {
    char *path = NULL;
    skuai_safetensors *file = NULL;
    SKUA_TRY(skuai_folder_path(folder, "model.safetensors", &path, err));
    skua_status status = skuai_safetensors_open(path, &file, err);
    if (status == SKUA_OK) {
        status = skuai_text_weights_read(&model->config, file, 1, &model->weights, err);
        if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s", path);
    }
    skuai_safetensors_close(file);
    skuai_free(path);
    return status;
}

static skua_status open_all(const char *folder, const skuai_text_model_options *options,
                            skuai_text_model *model, skua_error *err) {
    SKUA_TRY(skuai_text_config_read(folder, options, &model->config, err));
    SKUA_TRY(skuai_tokeniser_open(folder, &model->tokeniser, err));
    size_t tokens = skuai_tokeniser_size(model->tokeniser);
    if (tokens > model->config.vocabulary)
        return skuai_error_set(
            err, SKUA_EDATA,
            "%s: the tokeniser knows %zu tokens and the model %zu: it is another "
            "model's",
            folder, tokens, model->config.vocabulary);
    SKUA_TRY(open_weights(folder, model, err));
    if (!options || !options->eight_bits) return SKUA_OK;
    return skuai_nn_parameters_quantise(model->weights.parameters, err);
}

skua_status skuai_text_model_open(const char *folder, const skuai_text_model_options *options,
                                  skuai_text_model **model, skua_error *err) {
    skuai_text_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a language model");
    skua_status status = open_all(folder, options, m, err);
    if (status != SKUA_OK) {
        skuai_text_model_free(m);
        return status;
    }
    *model = m;
    return SKUA_OK;
}

size_t skuai_text_model_width(const skuai_text_model *model) {
    return model->config.encoder.block.width;
}

/* -- A batch ---------------------------------------------------------------------------------- */

typedef struct run {
    const skuai_text_model *model;
    float *vectors;
} run;

static skuai_tensor *pool(const run *r, skuai_tape *tape, const skuai_text_batch *b,
                          skuai_tensor *x) {
    switch (r->model->config.pooling) {
    case SKUAI_POOLING_FIRST:
        return skuai_nn_gather_rows(tape, x, b->first, b->count);
    case SKUAI_POOLING_LAST:
        return skuai_nn_gather_rows(tape, x, b->last, b->count);
    default:
        return skuai_nn_mean_pool(tape, x, b->mask);
    }
}

/* Row i of the result to its text's place, of length 1 when asked. */
static void put(const run *r, const skuai_text_line *lines, size_t n, const skuai_tensor *pooled) {
    size_t d = skuai_text_model_width(r->model);
    for (size_t i = 0; i < n; i++) {
        float *to = r->vectors + lines[i].text * d;
        const float *from = pooled->value + i * d;
        double squares = 0;
        for (size_t j = 0; j < d; j++)
            squares += (double)from[j] * (double)from[j];
        double length = sqrt(squares);
        float scale =
            r->model->config.unit_length ? (float)(1 / (length > 1e-12 ? length : 1e-12)) : 1;
        for (size_t j = 0; j < d; j++)
            to[j] = lines[i].n ? from[j] * scale : 0; /* a text without tokens: a decoder's "" */
    }
}

static skua_status run_batch(void *user, skuai_tape *tape, const skuai_text_line *lines, size_t n,
                             skua_error *err) {
    const run *r = user;
    const skuai_text_model *m = r->model;
    size_t d = skuai_text_model_width(m);
    skuai_text_batch batch;
    if (lines[0].n == 0) {
        for (size_t k = 0; k < n; k++)
            memset(r->vectors + lines[k].text * d, 0, d * sizeof *r->vectors);
        return SKUA_OK;
    }
    if (!skuai_text_batch_lay(tape, &m->config, skuai_tokeniser_padding(m->tokeniser), lines, n,
                              &batch))
        return skuai_tape_status(tape, err);
    skuai_tensor *x = skuai_text_net_run(tape, &m->config, &m->weights, &batch);
    x = pool(r, tape, &batch, x);
    SKUA_TRY(skuai_tape_status(tape, err));
    put(r, lines, n, x);
    return SKUA_OK;
}

skua_status skuai_text_model_encode(const skuai_text_model *model, const skuai_context *context,
                                    const char *const *texts, const size_t *sizes, size_t n,
                                    float *vectors, skua_error *err) {
    run r = {.model = model, .vectors = vectors};
    skuai_text_line *lines = NULL;
    SKUA_TRY(skuai_text_lines_new(model->tokeniser, model->config.tokens_most, context, texts,
                                  sizes, n, &lines, err));
    skua_status status =
        skuai_text_lines_run(lines, n, context, "vectors of texts", run_batch, &r, err);
    skuai_text_lines_free(lines, n);
    return status;
}
