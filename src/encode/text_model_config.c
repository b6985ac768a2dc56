#include "encode/text_model_config.h"

#include "core/file.h"

#include <string.h>

enum { FILE_MOST = 16 << 20, TOKENS_MOST = 512 };

/* -- Files ------------------------------------------------------------------------------------ */

static bool leads_out(const char *name) {
    if (name[0] == '/') return true;
    for (const char *p = name; p; p = strchr(p, '/')) {
        if (*p == '/') p++;
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0')) return true;
    }
    return false;
}

skua_status skuai_folder_path(const char *folder, const char *name, char **path, skua_error *err) {
    skuai_buffer buffer;
    if (leads_out(name))
        return skuai_error_set(err, SKUA_EDATA, "%s: the path '%.200s' leads out of the folder",
                               folder, name);
    skuai_buffer_init(&buffer, 1 << 16);
    (void)skuai_buffer_format(&buffer, "%s/%s", folder, name);
    return skuai_buffer_take(&buffer, path, err);
}

skua_status skuai_folder_json(const char *folder, const char *name, bool optional,
                              skuai_json **json, skua_error *err) {
    char *path = NULL;
    skuai_buffer bytes;
    SKUA_TRY(skuai_folder_path(folder, name, &path, err));
    skuai_buffer_init(&bytes, FILE_MOST);
    skua_status status = skuai_file_read(path, FILE_MOST, &bytes, err);
    if (status == SKUA_OK) {
        status = skuai_json_parse(skuai_buffer_view(&bytes), bytes.size, json, err);
        if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s", path);
    } else if (status == SKUA_ENOTFOUND && optional) {
        skuai_error_clear(err);
        status = SKUA_OK;
    }
    skuai_buffer_clear(&bytes);
    skuai_free(path);
    return status;
}

/* -- config.json ------------------------------------------------------------------------------ */

/* A whole number in 1 .. most under the first of the names that is there (NULL at the end). */
static skua_status read_size(const skuai_json *json, const char *const *names, size_t most,
                             size_t *value, skua_error *err) {
    const skuai_json *found = NULL;
    for (size_t i = 0; names[i] && !found; i++)
        found = skuai_json_get(json, names[i]);
    int64_t number = skuai_json_as_integer(found, -1);
    if (number < 1)
        return skuai_error_set(err, SKUA_EDATA, "no '%s', or it is no whole number", names[0]);
    if ((uint64_t)number > most)
        return skuai_error_set(err, SKUA_ELIMIT, "'%s' is %lld, at most %zu", names[0],
                               (long long)number, most);
    *value = (size_t)number;
    return SKUA_OK;
}

#define SIZE(json, most, value, ...)                                                               \
    read_size((json), (const char *const[]){__VA_ARGS__, NULL}, (most), (value), err)

static skua_status read_activation(const skuai_json *json, skuai_activation *activation,
                                   skua_error *err) {
    static const struct {
        const char *name;
        skuai_activation activation;
    } known[] = {{"gelu", SKUAI_ACTIVATION_GELU},
                 {"gelu_new", SKUAI_ACTIVATION_GELU_TANH},
                 {"gelu_pytorch_tanh", SKUAI_ACTIVATION_GELU_TANH},
                 {"relu", SKUAI_ACTIVATION_RELU},
                 {"silu", SKUAI_ACTIVATION_SILU}};
    const char *name = skuai_json_as_text(skuai_json_get(json, "hidden_act"), NULL);
    if (!name) name = skuai_json_as_text(skuai_json_get(json, "activation"), "gelu");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) != 0) continue;
        *activation = known[i].activation;
        return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_EDATA, "the activation '%.60s' is not known here", name);
}

static skua_status read_family(const skuai_json *json, skuai_text_family *family, skua_error *err) {
    static const struct {
        const char *name;
        skuai_text_family family;
    } known[] = {{"bert", SKUAI_TEXT_BERT},         {"distilbert", SKUAI_TEXT_DISTILBERT},
                 {"roberta", SKUAI_TEXT_ROBERTA},   {"xlm-roberta", SKUAI_TEXT_ROBERTA},
                 {"camembert", SKUAI_TEXT_ROBERTA}, {"llama", SKUAI_TEXT_DECODER},
                 {"mistral", SKUAI_TEXT_DECODER},   {"qwen2", SKUAI_TEXT_DECODER}};
    const char *name = skuai_json_as_text(skuai_json_get(json, "model_type"), "");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) != 0) continue;
        *family = known[i].family;
        return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_EDATA, "the model_type '%.60s' is not known here", name);
}

static skua_status read_sizes(const skuai_json *json, skuai_text_config *c, skua_error *err) {
    skuai_nn_block_config *block = &c->encoder.block;
    SKUA_TRY(SIZE(json, 1 << 22, &c->vocabulary, "vocab_size"));
    SKUA_TRY(SIZE(json, 1 << 14, &block->width, "hidden_size", "dim"));
    SKUA_TRY(SIZE(json, 512, &block->heads, "num_attention_heads", "n_heads"));
    SKUA_TRY(SIZE(json, SKUAI_NN_LAYERS_MOST, &c->encoder.layers, "num_hidden_layers", "n_layers"));
    SKUA_TRY(SIZE(json, 1 << 17, &block->hidden, "intermediate_size", "hidden_dim"));
    SKUA_TRY(SIZE(json, 1 << 24, &c->positions, "max_position_embeddings"));
    if (block->width % block->heads != 0)
        return skuai_error_set(err, SKUA_EDATA, "%zu heads do not divide a width of %zu",
                               block->heads, block->width);
    c->key_heads = block->heads;
    return SKUA_OK;
}

/* A probability in [0, 1) under a name; absent or null: fallback. */
static skua_status read_dropout(const skuai_json *json, const char *name, double fallback,
                                double *value, skua_error *err) {
    double p = skuai_json_as_number(skuai_json_get(json, name), fallback);
    if (!(p >= 0 && p < 1))
        return skuai_error_set(err, SKUA_EDATA, "'%s' is %g: need 0 <= p < 1", name, p);
    *value = p;
    return SKUA_OK;
}

/* What training drops and how it begins; fallbacks are transformers'. */
static skua_status read_training(const skuai_json *json, skuai_text_config *c, skua_error *err) {
    skuai_nn_block_config *b = &c->encoder.block;
    bool distil = c->family == SKUAI_TEXT_DISTILBERT;
    SKUA_TRY(read_dropout(json, distil ? "dropout" : "hidden_dropout_prob", 0.1, &b->dropout, err));
    SKUA_TRY(read_dropout(json, distil ? "attention_dropout" : "attention_probs_dropout_prob", 0.1,
                          &b->attention_dropout, err));
    SKUA_TRY(read_dropout(json, distil ? "seq_classif_dropout" : "classifier_dropout",
                          distil ? 0.2 : b->dropout, &c->head_dropout, err));
    b->init_scale = skuai_json_as_number(skuai_json_get(json, "initializer_range"), 0.02);
    if (b->init_scale > 0 && b->init_scale <= 1) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA, "'initializer_range' is %g: need 0 < x <= 1",
                           b->init_scale);
}

static skua_status read_encoder(const skuai_json *json, skuai_text_config *c, skua_error *err) {
    skuai_nn_block_config *block = &c->encoder.block;
    const char *kind =
        skuai_json_as_text(skuai_json_get(json, "position_embedding_type"), "absolute");
    if (strcmp(kind, "absolute") != 0)
        return skuai_error_set(err, SKUA_EDATA, "positions of kind '%.60s' are not known here",
                               kind);
    SKUA_TRY(read_activation(json, &block->activation, err));
    SKUA_TRY(read_training(json, c, err));
    block->post_norm = true;
    block->bias = true;
    block->epsilon = skuai_json_as_number(skuai_json_get(json, "layer_norm_eps"), 1e-12);
    c->encoder.final_norm = false;
    if (c->family != SKUAI_TEXT_DISTILBERT)
        SKUA_TRY(SIZE(json, 1024, &c->types, "type_vocab_size"));
    if (c->family == SKUAI_TEXT_ROBERTA) {
        int64_t padding = skuai_json_as_integer(skuai_json_get(json, "pad_token_id"), 1);
        if (padding < 0 || (size_t)padding + 1 >= c->positions)
            return skuai_error_set(err, SKUA_EDATA, "'pad_token_id' is %lld", (long long)padding);
        c->position_first = (size_t)padding + 1;
    }
    c->tokens_most = c->positions - c->position_first;
    return SKUA_OK;
}

static skua_status read_decoder(const skuai_json *json, skuai_text_config *c, skua_error *err) {
    skuai_nn_block_config *block = &c->encoder.block;
    const skuai_json *scaling = skuai_json_get(json, "rope_scaling");
    const skuai_json *rope = skuai_json_get(json, "rope_parameters"); /* transformers 5 */
    const char *type = skuai_json_as_text(skuai_json_get(rope, "rope_type"), "default");
    if (skuai_json_size(scaling) > 0 || strcmp(type, "default") != 0)
        return skuai_error_set(err, SKUA_EDATA, "scaled rotary positions are not known here");
    SKUA_TRY(read_activation(json, &block->activation, err));
    if (block->activation != SKUAI_ACTIVATION_SILU)
        return skuai_error_set(err, SKUA_EDATA, "a decoder's activation has to be 'silu'");
    if (skuai_json_get(json, "num_key_value_heads"))
        SKUA_TRY(SIZE(json, block->heads, &c->key_heads, "num_key_value_heads"));
    int64_t head = skuai_json_as_integer(skuai_json_get(json, "head_dim"), -1);
    if (block->heads % c->key_heads != 0 ||
        (head >= 0 && (size_t)head * block->heads != block->width))
        return skuai_error_set(err, SKUA_EDATA, "heads that do not fit the width");
    block->activation = SKUAI_ACTIVATION_SWIGLU;
    block->rms_norm = true;
    block->causal = true;
    block->bias = true; /* Qwen 2's attention has biases; others' are 0 */
    block->epsilon = skuai_json_as_number(skuai_json_get(json, "rms_norm_eps"), 1e-6);
    block->rotary_base = skuai_json_as_number(skuai_json_get(json, "rope_theta"), 0);
    if (!(block->rotary_base > 0))
        block->rotary_base = skuai_json_as_number(skuai_json_get(rope, "rope_theta"), 10000);
    c->tokens_most = c->positions;
    c->positions = 0;
    c->encoder.final_norm = true;
    return SKUA_OK;
}

/* -- sentence-transformers -------------------------------------------------------------------- */

static skua_status read_pooling(const char *folder, const char *path, skuai_text_config *c,
                                skua_error *err) {
    char name[300];
    skuai_json *json = NULL;
    size_t n = strlen(path);
    if (n > 256) return skuai_error_set(err, SKUA_EDATA, "modules.json: a path of %zu bytes", n);
    memcpy(name, path, n);
    memcpy(name + n, "/config.json", sizeof "/config.json");
    SKUA_TRY(skuai_folder_json(folder, n ? name : "config.json", false, &json, err));
    static const struct {
        const char *name;
        skuai_pooling pooling;
    } modes[] = {{"pooling_mode_mean_tokens", SKUAI_POOLING_MEAN},
                 {"pooling_mode_cls_token", SKUAI_POOLING_FIRST},
                 {"pooling_mode_lasttoken", SKUAI_POOLING_LAST},
                 {"pooling_mode_max_tokens", SKUAI_POOLING_AUTO},
                 {"pooling_mode_mean_sqrt_len_tokens", SKUAI_POOLING_AUTO},
                 {"pooling_mode_weightedmean_tokens", SKUAI_POOLING_AUTO}};
    size_t found = 0;
    const char *mode = skuai_json_as_text(skuai_json_get(json, "pooling_mode"), NULL); /* newer */
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        bool on = skuai_json_as_bool(skuai_json_get(json, modes[i].name), false);
        if (mode) on = strstr(modes[i].name, mode) == modes[i].name + strlen("pooling_mode_");
        if (!on) continue;
        c->pooling = modes[i].pooling;
        found++;
    }
    if (found != 1 || c->pooling == SKUAI_POOLING_AUTO)
        status = skuai_error_set(err, SKUA_EDATA, "%s: a pooling that is not known here", name);
    skuai_json_free(json);
    return status;
}

static skua_status read_modules(const char *folder, const skuai_json *modules, skuai_text_config *c,
                                skua_error *err) {
    for (size_t i = 0; i < skuai_json_size(modules); i++) {
        const skuai_json *module = skuai_json_at(modules, i);
        const char *type = skuai_json_as_text(skuai_json_get(module, "type"), "");
        const char *path = skuai_json_as_text(skuai_json_get(module, "path"), "");
        const char *last = strrchr(type, '.');
        last = last ? last + 1 : type;
        if (leads_out(path))
            return skuai_error_set(err, SKUA_EDATA,
                                   "%s/modules.json: the path '%.200s' leads out of the folder",
                                   folder, path);
        if (strcmp(last, "Transformer") == 0) continue;
        if (strcmp(last, "Pooling") == 0)
            SKUA_TRY(read_pooling(folder, path, c, err));
        else if (strcmp(last, "Normalize") == 0)
            c->unit_length = true;
        else
            return skuai_error_set(err, SKUA_EDATA,
                                   "modules.json: the module '%.80s' is not known here", type);
    }
    return SKUA_OK;
}

static skua_status read_sentence(const char *folder, skuai_text_config *c, skua_error *err) {
    skuai_json *modules = NULL, *sentence = NULL;
    skua_status status = skuai_folder_json(folder, "modules.json", true, &modules, err);
    if (status == SKUA_OK && modules) status = read_modules(folder, modules, c, err);
    if (status == SKUA_OK)
        status = skuai_folder_json(folder, "sentence_bert_config.json", true, &sentence, err);
    int64_t most = skuai_json_as_integer(skuai_json_get(sentence, "max_seq_length"), 0);
    if (most > 2 && (size_t)most < c->tokens_most) c->tokens_most = (size_t)most;
    skuai_json_free(modules);
    skuai_json_free(sentence);
    return status;
}

skua_status skuai_text_config_read(const char *folder, const skuai_text_model_options *options,
                                   skuai_text_config *config, skua_error *err) {
    skuai_json *json = NULL;
    skuai_text_config c = {.encoder = SKUAI_NN_ENCODER_DEFAULT};
    SKUA_TRY(skuai_folder_json(folder, "config.json", false, &json, err));
    skua_status status = read_family(json, &c.family, err);
    if (status == SKUA_OK) status = read_sizes(json, &c, err);
    if (status == SKUA_OK)
        status = c.family == SKUAI_TEXT_DECODER ? read_decoder(json, &c, err)
                                                : read_encoder(json, &c, err);
    skuai_json_free(json);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s/config.json", folder);
    SKUA_TRY(read_sentence(folder, &c, err));
    if (c.tokens_most > TOKENS_MOST) c.tokens_most = TOKENS_MOST;
    if (options && options->tokens_most > 0 && options->tokens_most < c.tokens_most)
        c.tokens_most = options->tokens_most;
    if (options && options->pooling != SKUAI_POOLING_AUTO) c.pooling = options->pooling;
    if (c.pooling == SKUAI_POOLING_AUTO)
        c.pooling = c.family == SKUAI_TEXT_DECODER ? SKUAI_POOLING_LAST : SKUAI_POOLING_MEAN;
    *config = c;
    return SKUA_OK;
}
