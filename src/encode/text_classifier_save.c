#include "encode/text_classifier.h"

#include "core/file.h"
#include "encode/text_model_weights.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 256 << 20 };

/* Tokeniser and pooling, whichever of them there are. */
static const char *const copied[] = {"tokenizer.json",
                                     "tokenizer_config.json",
                                     "special_tokens_map.json",
                                     "vocab.txt",
                                     "vocab.json",
                                     "merges.txt",
                                     "sentencepiece.bpe.model",
                                     "modules.json",
                                     "sentence_bert_config.json"};
enum { COPIED = sizeof copied / sizeof *copied };

static skua_status copy_file(const char *from, const char *to, const char *name, skua_error *err) {
    char *source = NULL, *target = NULL;
    skuai_buffer bytes;
    skuai_buffer_init(&bytes, FILE_MOST);
    skua_status status = skuai_folder_path(from, name, &source, err);
    if (status == SKUA_OK) status = skuai_folder_path(to, name, &target, err);
    if (status == SKUA_OK) {
        status = skuai_file_read(source, FILE_MOST, &bytes, err);
        if (status == SKUA_OK)
            status = skuai_file_write(target, skuai_buffer_view(&bytes), bytes.size, err);
        else if (status == SKUA_ENOTFOUND)
            status = SKUA_OK, skuai_error_clear(err);
    }
    skuai_buffer_clear(&bytes);
    skuai_free(source);
    skuai_free(target);
    return status;
}

/* PATH/config.json of the modules of sentence-transformers. */
static skua_status copy_modules(const char *from, const char *to, skua_error *err) {
    skuai_json *modules = NULL;
    SKUA_TRY(skuai_folder_json(from, "modules.json", true, &modules, err));
    skua_status status = SKUA_OK;
    for (size_t i = 0; status == SKUA_OK && i < skuai_json_size(modules); i++) {
        const char *path =
            skuai_json_as_text(skuai_json_get(skuai_json_at(modules, i), "path"), "");
        char name[300], *folder = NULL;
        if (!path[0] || strlen(path) > 256) continue; /* "": the folder itself */
        (void)snprintf(name, sizeof name, "%s/config.json", path);
        status = skuai_folder_path(to, path, &folder, err);
        if (status == SKUA_OK) status = skuai_folder_make(folder, err);
        if (status == SKUA_OK) status = copy_file(from, to, name, err);
        skuai_free(folder);
    }
    skuai_json_free(modules);
    return status;
}

/* -- config.json ------------------------------------------------------------------------------ */

static bool replaced(const char *key) {
    static const char *const keys[] = {"architectures", "id2label",    "label2id", "num_labels",
                                       "problem_type",  "torch_dtype", "dtype",    "skua"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0) return true;
    return false;
}

static const char *architecture(const skuai_json *old) {
    static const char *const known[][2] = {{"bert", "BertForSequenceClassification"},
                                           {"distilbert", "DistilBertForSequenceClassification"},
                                           {"roberta", "RobertaForSequenceClassification"},
                                           {"xlm-roberta", "XLMRobertaForSequenceClassification"},
                                           {"camembert", "CamembertForSequenceClassification"}};
    const char *type = skuai_json_as_text(skuai_json_get(old, "model_type"), "");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], type) == 0) return known[i][1];
    return NULL;
}

static void put_labels(const skuai_text_classifier *c, skuai_json_writer *w) {
    char key[24];
    skuai_json_object(w, "id2label");
    for (size_t i = 0; i < c->config.outputs; i++) {
        (void)snprintf(key, sizeof key, "%zu", i);
        skuai_json_text(w, key, c->names ? c->names[i] : "demand");
    }
    skuai_json_close(w);
    skuai_json_object(w, "label2id");
    for (size_t i = 0; i < c->config.outputs; i++)
        skuai_json_integer(w, c->names ? c->names[i] : "demand", (int64_t)i);
    skuai_json_close(w);
}

static skua_status write_config(const skuai_text_classifier *c, const char *folder,
                                skua_error *err) {
    skuai_json *old = NULL;
    skuai_json_writer w;
    skuai_buffer text, value;
    char *path = NULL;
    SKUA_TRY(skuai_folder_json(c->folder, "config.json", false, &old, err));
    skuai_buffer_init(&text, FILE_MOST);
    skuai_buffer_init(&value, FILE_MOST);
    skuai_json_begin(&w, &text);
    skuai_json_object(&w, NULL);
    skuai_json_array(&w, "architectures");
    skuai_json_text(&w, NULL, architecture(old));
    skuai_json_close(&w);
    const char *key = NULL;
    for (const skuai_json *v; (v = skuai_json_next(old, &key)) != NULL;) {
        if (replaced(key)) continue;
        skuai_buffer_reset(&value);
        skuai_json_dump(v, &value);
        skuai_json_raw(&w, key, skuai_buffer_view(&value));
    }
    put_labels(c, &w);
    skuai_json_text(&w, "problem_type", c->names ? "single_label_classification" : "regression");
    skuai_json_text(&w, "torch_dtype", "float32");
    skuai_json_object(&w, "skua");
    skuai_json_bool(&w, "log", c->log);
    skuai_json_close(&w);
    skuai_json_close(&w);
    skua_status status = skuai_buffer_check(&value, err);
    if (status == SKUA_OK) status = skuai_buffer_check(&text, err);
    if (status == SKUA_OK) status = skuai_folder_path(folder, "config.json", &path, err);
    if (status == SKUA_OK)
        status = skuai_file_write(path, skuai_buffer_view(&text), text.size, err);
    skuai_free(path);
    skuai_buffer_clear(&text);
    skuai_buffer_clear(&value);
    skuai_json_free(old);
    return status;
}

/* -- The folder ------------------------------------------------------------------------------- */

static skua_status fill_folder(const skuai_text_classifier *c, const char *folder,
                               skua_error *err) {
    char *path = NULL;
    SKUA_TRY(skuai_folder_make(folder, err));
    for (size_t i = 0; i < COPIED; i++)
        SKUA_TRY(copy_file(c->folder, folder, copied[i], err));
    SKUA_TRY(copy_modules(c->folder, folder, err));
    SKUA_TRY(write_config(c, folder, err));
    SKUA_TRY(skuai_folder_path(folder, "model.safetensors", &path, err));
    skua_status status = skuai_text_weights_write(&c->config, &c->weights, path, err);
    skuai_free(path);
    return status;
}

skua_status skuai_text_classifier_save(const skuai_text_classifier *classifier, const char *folder,
                                       skua_error *err) {
    skuai_buffer beside;
    struct stat info;
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    if (stat(folder, &info) == 0)
        return skuai_error_set(err, SKUA_EEXIST, "%s is there already", folder);
    /* a folder that a killed run left is filled again: every file of it is replaced whole */
    skuai_buffer_init(&beside, 1 << 16);
    (void)skuai_buffer_format(&beside, "%.*s.new", (int)n, folder);
    skua_status status = skuai_buffer_check(&beside, err);
    if (status == SKUA_OK) status = fill_folder(classifier, skuai_buffer_view(&beside), err);
    if (status == SKUA_OK && rename(skuai_buffer_view(&beside), folder) != 0)
        status = skuai_error_set(err, SKUA_EIO, "%s: %s", folder, strerror(errno));
    skuai_buffer_clear(&beside);
    return status;
}
