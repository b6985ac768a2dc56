#include "shop/text_encoder.h"

#include "core/file.h"

#include <stdio.h>
#include <string.h>

void skuai_text_encoder_clear(skuai_text_encoder *e) {
    skuai_subword_free(e->subword);
    skuai_text_model_free(e->model);
}

void skuai_item_texts_clear(skuai_item_texts *t) {
    skuai_table_free(t->table);
    skuai_free(t->texts);
    skuai_free(t->sizes);
}

skua_status skuai_item_texts_read(skuai_store *store, const char *model, skuai_item_texts *t,
                                  skua_error *err) {
    skuai_value which = skuai_value_text(model);
    SKUA_TRY(skuai_store_query(
        store,
        "SELECT i.item, i.words, s.hash FROM (SELECT DISTINCT ON (item) item, " SKUAI_ITEM_WORDS
        " AS words FROM items) i LEFT JOIN (SELECT item, hash FROM vector_sources WHERE"
        " modality = 'text' AND model = $1) s USING (item) WHERE i.words <> '' ORDER BY i.item",
        &which, 1, &t->table, err));
    t->n = t->table->n_rows;
    t->texts = skuai_new(t->n, sizeof *t->texts);
    t->sizes = skuai_new(t->n, sizeof *t->sizes);
    if (!t->texts || !t->sizes) return skuai_error_memory(err, "the items' texts");
    for (size_t i = 0; i < t->n; i++) {
        t->texts[i] = t->table->columns[1].texts[i];
        t->sizes[i] = strlen(t->texts[i]);
    }
    return SKUA_OK;
}

static skua_status learn_subword(const skua_shop *shop, const skuai_item_texts *t, const char *path,
                                 skuai_text_encoder *e, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    skuai_subword_learner *learner = skuai_subword_learner_new(&options, &context);
    if (!learner) return skuai_error_memory(err, "sub-word vectors");
    skua_status status = SKUA_OK;
    for (size_t from = 0; status == SKUA_OK && from < t->n; from += SKUAI_EMBED_SLICE) {
        size_t n = t->n - from < SKUAI_EMBED_SLICE ? t->n - from : SKUAI_EMBED_SLICE;
        skuai_context_progress(&context, "sub-words counted", (double)from, (double)t->n);
        status = skuai_subword_learner_add(learner, t->texts + from, t->sizes + from, n, err);
    }
    if (status == SKUA_OK) status = skuai_subword_learner_finish(learner, &e->subword, err);
    skuai_subword_learner_free(learner);
    if (status == SKUA_OK) status = skuai_subword_save(e->subword, path, err);
    e->learnt = status == SKUA_OK;
    return status;
}

/* Where the sub-word model is kept: folder [4096], path [4200]. */
static skua_status subword_place(const skua_shop *shop, char *folder, char *path, skua_error *err) {
    int n = snprintf(folder, 4096, "%s/models/vectors", shop->folder);
    if (n < 0 || n >= 4096) return skuai_error_set(err, SKUA_ELIMIT, "the shop's path is too long");
    (void)snprintf(path, 4200, "%s/subword.safetensors", folder);
    return SKUA_OK;
}

skua_status skuai_text_encoder_kept(const skua_shop *shop, skuai_text_encoder *e, skua_error *err) {
    char folder[4096], path[4200];
    if (e->model) return SKUA_OK;
    SKUA_TRY(subword_place(shop, folder, path, err));
    SKUA_TRY(skuai_subword_load(path, &e->subword, err));
    e->width = skuai_subword_width(e->subword);
    return SKUA_OK;
}

/* The sub-word model that is kept, or a new one from the shop's own texts. */
static skua_status open_subword(const skua_shop *shop, const skuai_item_texts *t, bool again,
                                skuai_text_encoder *e, skua_error *err) {
    char folder[4096], path[4200];
    SKUA_TRY(subword_place(shop, folder, path, err));
    SKUA_TRY(skuai_folder_make(folder, err));
    skua_status status = again ? SKUA_ENOTFOUND : skuai_subword_load(path, &e->subword, err);
    if (status == SKUA_ENOTFOUND || status == SKUA_EDATA || status == SKUA_EVERSION) {
        skuai_error_clear(err);
        status = learn_subword(shop, t, path, e, err);
    }
    if (status == SKUA_OK) e->width = skuai_subword_width(e->subword);
    return status;
}

skua_status skuai_text_encode(const skuai_text_encoder *e, const skuai_context *context,
                              const char *const *texts, const size_t *sizes, size_t n,
                              float *vectors, skua_error *err) {
    if (e->model) return skuai_text_model_encode(e->model, context, texts, sizes, n, vectors, err);
    return skuai_subword_encode_all(e->subword, context, texts, sizes, n, vectors, err);
}

static skuai_pooling pooling_of(const char *name) {
    return strcmp(name, "mean") == 0    ? SKUAI_POOLING_MEAN
           : strcmp(name, "first") == 0 ? SKUAI_POOLING_FIRST
           : strcmp(name, "last") == 0  ? SKUAI_POOLING_LAST
                                        : SKUAI_POOLING_AUTO;
}

skua_status skuai_text_encoder_name(const skua_shop *shop, skuai_text_encoder *e, skua_error *err) {
    const char *folder = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_encoder);
    const char *weights = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_encoder_weights);
    const char *pooling = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_pooling);
    skuai_text_model_options options = {.eight_bits = strcmp(weights, "int8") == 0,
                                        .pooling = pooling_of(pooling)};
    bool own_pooling = options.pooling == SKUAI_POOLING_AUTO;
    skuai_embed_name(folder, "subword", e->name, sizeof e->name - sizeof "-first-int8");
    if (!folder[0] && (options.eight_bits || !own_pooling))
        return skuai_error_set(err, SKUA_EINVAL,
                               "--%s is for a language model: name its folder with --encoder",
                               options.eight_bits ? "encoder-weights int8" : "pooling");
    if (!folder[0]) return SKUA_OK;
    size_t used = strlen(e->name);
    (void)snprintf(e->name + used, sizeof e->name - used, "%s%s%s", own_pooling ? "" : "-",
                   own_pooling ? "" : pooling, options.eight_bits ? "-int8" : "");
    SKUA_TRY(skuai_text_model_open(folder, &options, &e->model, err));
    e->width = skuai_text_model_width(e->model);
    return SKUA_OK;
}

skua_status skuai_text_encoder_open(const skua_shop *shop, const skuai_item_texts *t, bool again,
                                    skuai_text_encoder *e, skua_error *err) {
    return e->model ? SKUA_OK : open_subword(shop, t, again, e, err);
}
