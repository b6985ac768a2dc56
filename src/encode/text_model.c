#include "encode/text_model.h"

#include "encode/text_model_weights.h"
#include "encode/tokeniser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_TEXTS = 64, BATCH_TOKENS = 4096 };

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
        status = skuai_text_weights_read(&model->config, file, &model->weights, err);
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
    return open_weights(folder, model, err);
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

/* Texts as tokens, sorted by length. */
typedef struct line {
    size_t text; /* its number */
    int32_t *ids;
    size_t n;
} line;

typedef struct batch {
    size_t from, count, longest;
} batch;

typedef struct run {
    const skuai_text_model *model;
    line *lines;
    batch *batches;
    size_t n_batches;
    skuai_tape **tapes; /* a worker */
    skuai_context alone;
    float *vectors;
} run;

/* Token and position numbers, types and the mask of a batch, in the tape's memory. */
typedef struct batch_inputs {
    int32_t *ids, *positions, *types;
    uint8_t *mask;
    size_t *last; /* [count] row of each text's last token */
} batch_inputs;

static bool lay(const run *r, const batch *b, skuai_tape *tape, batch_inputs *in) {
    size_t cells = b->count * b->longest;
    in->ids = skuai_tape_take(tape, cells, sizeof *in->ids);
    in->positions = skuai_tape_take(tape, cells, sizeof *in->positions);
    in->types = skuai_tape_take(tape, cells, sizeof *in->types);
    in->mask = skuai_tape_take(tape, cells, sizeof *in->mask);
    in->last = skuai_tape_take(tape, b->count, sizeof *in->last);
    if (!in->ids || !in->positions || !in->types || !in->mask || !in->last) return false;
    int32_t padding = skuai_tokeniser_padding(r->model->tokeniser);
    for (size_t i = 0; i < b->count; i++) {
        const line *text = &r->lines[b->from + i];
        in->last[i] = i * b->longest + (text->n ? text->n - 1 : 0);
        for (size_t j = 0; j < b->longest; j++) {
            size_t at = i * b->longest + j;
            in->ids[at] = j < text->n ? text->ids[j] : padding;
            in->positions[at] = (int32_t)(r->model->config.position_first + j);
            in->types[at] = 0;
            in->mask[at] = j < text->n;
        }
    }
    return true;
}

static skuai_tensor *embed(const run *r, const batch *b, skuai_tape *tape, const batch_inputs *in) {
    const skuai_text_weights *w = &r->model->weights;
    const skuai_nn_parameters *p = w->parameters;
    size_t shape[2] = {b->count, b->longest};
    skuai_tensor *x =
        skuai_nn_embedding(tape, skuai_tape_parameter(tape, p, w->words), in->ids, 2, shape);
    if (w->positions != SIZE_MAX)
        x = skuai_nn_add(tape, x,
                         skuai_nn_embedding(tape, skuai_tape_parameter(tape, p, w->positions),
                                            in->positions, 2, shape));
    if (w->types != SIZE_MAX)
        x = skuai_nn_add(
            tape, x,
            skuai_nn_embedding(tape, skuai_tape_parameter(tape, p, w->types), in->types, 2, shape));
    if (w->norm_weight != SIZE_MAX)
        x = skuai_nn_layer_norm(tape, x, skuai_tape_parameter(tape, p, w->norm_weight),
                                skuai_tape_parameter(tape, p, w->norm_bias),
                                r->model->config.encoder.block.epsilon);
    return x;
}

static skuai_tensor *pool(const run *r, const batch *b, skuai_tape *tape, const batch_inputs *in,
                          skuai_tensor *x) {
    size_t *rows;
    switch (r->model->config.pooling) {
    case SKUAI_POOLING_FIRST:
        rows = skuai_tape_take(tape, b->count, sizeof *rows);
        for (size_t i = 0; rows && i < b->count; i++)
            rows[i] = i * b->longest;
        return rows ? skuai_nn_gather_rows(tape, x, rows, b->count) : NULL;
    case SKUAI_POOLING_LAST:
        return skuai_nn_gather_rows(tape, x, in->last, b->count);
    default:
        return skuai_nn_mean_pool(tape, x, in->mask);
    }
}

/* Row i of the result to its text's place, of length 1 when asked. */
static void put(const run *r, const batch *b, const skuai_tensor *pooled) {
    size_t d = skuai_text_model_width(r->model);
    for (size_t i = 0; i < b->count; i++) {
        const line *text = &r->lines[b->from + i];
        float *to = r->vectors + text->text * d;
        const float *from = pooled->value + i * d;
        double squares = 0;
        for (size_t j = 0; j < d; j++)
            squares += (double)from[j] * (double)from[j];
        double length = sqrt(squares);
        float scale =
            r->model->config.unit_length ? (float)(1 / (length > 1e-12 ? length : 1e-12)) : 1;
        for (size_t j = 0; j < d; j++)
            to[j] = text->n ? from[j] * scale : 0; /* a text without tokens: a decoder's "" */
    }
}

static skua_status run_batch(void *argument, size_t i, int worker, skua_error *err) {
    const run *r = argument;
    const batch *b = &r->batches[i];
    skuai_tape *tape = r->tapes[worker];
    batch_inputs in;
    skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
    if (b->longest == 0) {
        for (size_t k = 0; k < b->count; k++)
            memset(r->vectors + r->lines[b->from + k].text * skuai_text_model_width(r->model), 0,
                   skuai_text_model_width(r->model) * sizeof *r->vectors);
        return SKUA_OK;
    }
    if (!lay(r, b, tape, &in)) return skuai_tape_status(tape, err);
    skuai_nn_block_inputs inputs = {.key_mask = in.mask};
    skuai_tensor *x = embed(r, b, tape, &in);
    x = skuai_nn_encoder_run(tape, r->model->weights.parameters, &r->model->weights.encoder, x,
                             &inputs);
    x = pool(r, b, tape, &in, x);
    SKUA_TRY(skuai_tape_status(tape, err));
    put(r, b, x);
    return SKUA_OK;
}

/* -- All texts -------------------------------------------------------------------------------- */

typedef struct token_run {
    const skuai_text_model *model;
    const char *const *texts;
    const size_t *sizes;
    size_t n;
    line *lines;
} token_run;

enum { TOKEN_CHUNK = 32 };

static skua_status tokens_of(const token_run *r, size_t i, skuai_arena *arena, skua_error *err) {
    skuai_tokeniser_options options = {.tokens_most = r->model->config.tokens_most,
                                       .bytes_most = 1 << 16};
    skuai_tokens tokens;
    skuai_arena_clear(arena);
    SKUA_TRY(skuai_tokeniser_encode(r->model->tokeniser, r->texts[i], r->sizes[i], &options, arena,
                                    &tokens, err));
    r->lines[i] = (line){.text = i, .n = tokens.n};
    r->lines[i].ids = skuai_new(tokens.n, sizeof *tokens.ids);
    if (!r->lines[i].ids) return skuai_error_memory(err, "tokens");
    if (tokens.n) memcpy(r->lines[i].ids, tokens.ids, tokens.n * sizeof *tokens.ids);
    return SKUA_OK;
}

static skua_status token_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    const token_run *r = argument;
    size_t end = (chunk + 1) * TOKEN_CHUNK < r->n ? (chunk + 1) * TOKEN_CHUNK : r->n;
    skuai_arena *arena = skuai_arena_new(0);
    skua_status status = arena ? SKUA_OK : skuai_error_memory(err, "tokens");
    (void)worker;
    for (size_t i = chunk * TOKEN_CHUNK; status == SKUA_OK && i < end; i++)
        status = tokens_of(r, i, arena, err);
    skuai_arena_free(arena);
    return status;
}

/* Longest first, so that the last batches, when threads run out of work, are short. */
static int by_length(const void *a, const void *b) {
    const line *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text;
}

/* Batches of like length: at most an eighth of a batch is padding. */
static void make_batches(run *r, size_t n) {
    for (size_t from = 0; from < n;) {
        size_t longest = r->lines[from].n, count = 1;
        size_t most = longest ? BATCH_TOKENS / longest : BATCH_TEXTS;
        if (most > BATCH_TEXTS) most = BATCH_TEXTS;
        while (from + count < n && count < most &&
               longest - r->lines[from + count].n <= longest / 8)
            count++;
        r->batches[r->n_batches++] = (batch){from, count, longest};
        from += count;
    }
}

static skua_status make_tapes(run *r, size_t workers, skua_error *err) {
    r->tapes = skuai_zero(workers, sizeof(skuai_tape *));
    if (!r->tapes) return skuai_error_memory(err, "a language model");
    for (size_t w = 0; w < workers; w++)
        if (!(r->tapes[w] = skuai_tape_new(&r->alone)))
            return skuai_error_memory(err, "a language model");
    return SKUA_OK;
}

skua_status skuai_text_model_encode(const skuai_text_model *model, const skuai_context *context,
                                    const char *const *texts, const size_t *sizes, size_t n,
                                    float *vectors, skua_error *err) {
    run r = {.model = model, .vectors = vectors};
    size_t workers = (size_t)skuai_context_threads(context);
    skua_status status = SKUA_OK;
    r.alone = SKUAI_CONTEXT_DEFAULT;
    r.alone.threads = 1; /* a batch a thread: nothing waits for another */
    r.lines = skuai_zero(n, sizeof *r.lines);
    r.batches = skuai_zero(n, sizeof *r.batches);
    if (!r.lines || !r.batches) status = skuai_error_memory(err, "texts");
    token_run tokens = {model, texts, sizes, n, r.lines};
    if (status == SKUA_OK)
        status = skuai_parallel_for(context, NULL, (n + TOKEN_CHUNK - 1) / TOKEN_CHUNK, token_chunk,
                                    &tokens, err);
    if (status == SKUA_OK) status = make_tapes(&r, workers, err);
    if (status == SKUA_OK) {
        if (n > 1) qsort(r.lines, n, sizeof *r.lines, by_length);
        make_batches(&r, n);
        status = skuai_parallel_for(context, "vectors of texts", r.n_batches, run_batch, &r, err);
    }
    for (size_t w = 0; r.tapes && w < workers; w++)
        skuai_tape_free(r.tapes[w]);
    for (size_t i = 0; r.lines && i < n; i++)
        skuai_free(r.lines[i].ids);
    skuai_free(r.tapes);
    skuai_free(r.lines);
    skuai_free(r.batches);
    return status;
}
