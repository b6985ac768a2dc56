/* Vectors of language models beside transformers (tests/golden/text_model/make.py), and folders
 * that are damaged. */
#include "core/file.h"
#include "encode/text_model.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS = 8, WIDTH_MOST = 384 };

typedef struct texts {
    char lines[TEXTS][512];
    const char *text[TEXTS];
    size_t size[TEXTS];
} texts;

static void read_texts(texts *t) {
    char path[4096];
    FILE *file = fopen(test_source("tests/golden/text_model/texts.txt", path, sizeof path), "r");
    assert_non_null(file);
    for (size_t i = 0; i < TEXTS; i++) {
        assert_non_null(fgets(t->lines[i], sizeof t->lines[i], file));
        t->lines[i][strcspn(t->lines[i], "\n")] = '\0';
        t->text[i] = t->lines[i];
        t->size[i] = strlen(t->lines[i]);
    }
    (void)fclose(file);
}

/* Rows of a model and a pooling: expected [TEXTS, width]. */
static size_t read_expected(const char *model, const char *pooling, double *expected) {
    char path[4096], wanted[64], *line = NULL;
    size_t room = 0, rows = 0;
    FILE *file = fopen(test_source("tests/golden/text_model/vectors.csv", path, sizeof path), "r");
    assert_non_null(file);
    (void)snprintf(wanted, sizeof wanted, "%s,%s,", model, pooling);
    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, wanted, strlen(wanted)) != 0) continue;
        char *at = line + strlen(wanted);
        size_t text = strtoul(at, &at, 10), n = 0;
        assert_true(text < TEXTS);
        for (; *at == ','; n++)
            expected[text * WIDTH_MOST + n] = strtod(at + 1, &at);
        rows++;
    }
    free(line);
    (void)fclose(file);
    return rows;
}

/* transformers' numbers within 1e-4, which is the bound; sums of f32 in another order. */
static void check_model(const char *folder, const char *name, const char *pooling_name,
                        skuai_pooling pooling) {
    static double expected[TEXTS * WIDTH_MOST];
    skuai_text_model_options options = {.pooling = pooling};
    skuai_text_model *model = NULL;
    skua_error err = {0};
    texts t;
    read_texts(&t);
    assert_int_equal(read_expected(name, pooling_name, expected), TEXTS);
    assert_ok(skuai_text_model_open(folder, &options, &model, &err), &err);
    size_t d = skuai_text_model_width(model);
    float *vectors = malloc(TEXTS * d * sizeof *vectors),
          *again = malloc(TEXTS * d * sizeof *again);
    assert_non_null(vectors);
    assert_non_null(again);
    skuai_context one = SKUAI_CONTEXT_DEFAULT, three = SKUAI_CONTEXT_DEFAULT;
    one.threads = 1;
    three.threads = 3;
    assert_ok(skuai_text_model_encode(model, &one, t.text, t.size, TEXTS, vectors, &err), &err);
    assert_ok(skuai_text_model_encode(model, &three, t.text, t.size, TEXTS, again, &err), &err);
    assert_memory_equal(vectors, again, TEXTS * d * sizeof *vectors);
    double most = 0;
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t j = 0; j < d; j++) {
            double gap = fabs((double)vectors[i * d + j] - expected[i * WIDTH_MOST + j]);
            if (!(gap <= most)) most = gap;
        }
    print_message("%s %s: largest difference %.2g\n", name, pooling_name, most);
    assert_true(most <= 1e-4);
    free(vectors);
    free(again);
    skuai_text_model_free(model);
}

static const char *model_folder(const char *name, char *path, size_t size) {
    char relative[256];
    (void)snprintf(relative, sizeof relative, "tests/golden/text_model/%s", name);
    return test_source(relative, path, size);
}

static void test_families(void **state) {
    static const char *const encoders[] = {"bert", "bert_tanh", "distilbert", "roberta",
                                           "xlm_roberta"};
    char path[4096];
    (void)state;
    for (size_t i = 0; i < sizeof encoders / sizeof encoders[0]; i++) {
        const char *folder = model_folder(encoders[i], path, sizeof path);
        check_model(folder, encoders[i], "mean", SKUAI_POOLING_AUTO);
        check_model(folder, encoders[i], "first", SKUAI_POOLING_FIRST);
    }
    static const char *const decoders[] = {"llama", "qwen2"};
    for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++) {
        const char *folder = model_folder(decoders[i], path, sizeof path);
        check_model(folder, decoders[i], "last", SKUAI_POOLING_AUTO);
        check_model(folder, decoders[i], "mean", SKUAI_POOLING_MEAN);
    }
}

/* The real weights, where the package is installed ($SKUA_MINILM, which bench/peers/minilm.py
 * prints). */
static void test_minilm(void **state) {
    const char *folder = getenv("SKUA_MINILM");
    (void)state;
    if (!folder) {
        print_message("skipped: SKUA_MINILM is not set to MiniLM's folder\n");
        skip();
    }
    check_model(folder, "minilm", "mean", SKUAI_POOLING_AUTO);
}

/* -- Damaged folders -------------------------------------------------------------------------- */

/* A copy of the tiny BERT in a new folder with one file replaced (text NULL: removed). */
static void damaged_copy(const char *name, const char *text, char *folder, size_t size) {
    static const char *const files[] = {"config.json", "model.safetensors", "tokenizer.json"};
    char source[4096], from[4400], to[4400];
    skua_error err = {0};
    test_folder_new(folder, size);
    (void)model_folder("bert", source, sizeof source);
    for (size_t i = 0; i < 3; i++) {
        skuai_buffer bytes;
        skuai_buffer_init(&bytes, 1 << 20);
        (void)snprintf(from, sizeof from, "%s/%s", source, files[i]);
        (void)snprintf(to, sizeof to, "%s/%s", folder, files[i]);
        assert_ok(skuai_file_read(from, 1 << 20, &bytes, &err), &err);
        if (strcmp(files[i], name) != 0)
            assert_ok(skuai_file_write(to, bytes.data, bytes.size, &err), &err);
        skuai_buffer_clear(&bytes);
    }
    if (!text) return;
    (void)snprintf(to, sizeof to, "%s/%s", folder, name);
    assert_ok(skuai_file_write(to, text, strlen(text), &err), &err);
}

#define CONFIG(type, vocabulary, layers, hidden)                                                   \
    "{\"model_type\":\"" type "\",\"vocab_size\":" vocabulary                                      \
    ",\"hidden_size\":16,\"num_attention_heads\":4,\"num_hidden_layers\":" layers                  \
    ",\"intermediate_size\":" hidden ",\"max_position_embeddings\":64,\"type_vocab_size\":2}"

static void test_damaged(void **state) {
    static const struct {
        const char *file, *text;
        skua_status status;
        const char *says;
    } cases[] = {
        {"config.json", NULL, SKUA_ENOTFOUND, "config.json"},
        {"config.json", "{", SKUA_EDATA, "config.json"},
        {"config.json", "{\"model_type\":\"gpt_future\"}", SKUA_EDATA, "'gpt_future'"},
        {"config.json", CONFIG("bert", "500", "3", "24"), SKUA_EDATA, "layer.2"},
        {"config.json", CONFIG("bert", "500", "2", "25"), SKUA_EDATA, "25 x 16 is needed"},
        {"config.json", CONFIG("bert", "501", "2", "24"), SKUA_EDATA, "501 x 16 is needed"},
        {"config.json", CONFIG("bert", "40", "2", "24"), SKUA_EDATA, "another model's"},
        {"config.json", CONFIG("bert", "500", "1000000", "24"), SKUA_ELIMIT, "num_hidden_layers"},
        {"config.json", CONFIG("distilbert", "500", "2", "24"), SKUA_EDATA, "is missing"},
        {"model.safetensors", NULL, SKUA_ENOTFOUND, "model.safetensors"},
        {"model.safetensors", "broken", SKUA_EDATA, "model.safetensors"},
        {"tokenizer.json", NULL, SKUA_ENOTFOUND, "vocab.txt"},
        {"modules.json", "[{\"type\":\"x.Pooling\",\"path\":\"../../etc\"}]", SKUA_EDATA,
         "leads out"},
        {"modules.json", "[{\"type\":\"x.Pooling\",\"path\":\"/etc\"}]", SKUA_EDATA, "leads out"},
        {"modules.json", "[{\"type\":\"x.Dense\",\"path\":\"2_Dense\"}]", SKUA_EDATA, "x.Dense"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folder[256];
        skuai_text_model *model = NULL;
        skua_error err = {0};
        damaged_copy(cases[i].file, cases[i].text, folder, sizeof folder);
        skua_status status = skuai_text_model_open(folder, NULL, &model, &err);
        if (status != cases[i].status || !strstr(err.message, cases[i].says))
            fail_msg("case %zu: status %d, %s", i, (int)status, err.message);
        assert_null(model);
        test_folder_remove(folder);
    }
}

/* The token limit and unit length are obeyed. */
static void test_options(void **state) {
    char path[4096];
    skuai_text_model *model = NULL;
    skua_error err = {0};
    float whole[16], cut[16], two[16];
    const char *texts_[1] = {"red cotton dress lamp mug"}, *short_[1] = {"red"};
    size_t n = strlen(texts_[0]), three = 3;
    skuai_text_model_options options = {.tokens_most = 3};
    (void)state;
    const char *folder = model_folder("bert", path, sizeof path);
    assert_ok(skuai_text_model_open(folder, NULL, &model, &err), &err);
    assert_ok(skuai_text_model_encode(model, NULL, texts_, &n, 1, whole, &err), &err);
    skuai_text_model_free(model);
    assert_ok(skuai_text_model_open(folder, &options, &model, &err), &err);
    assert_ok(skuai_text_model_encode(model, NULL, texts_, &n, 1, cut, &err), &err);
    assert_ok(skuai_text_model_encode(model, NULL, short_, &three, 1, two, &err), &err);
    skuai_text_model_free(model);
    assert_memory_not_equal(whole, cut, sizeof whole);
    assert_memory_equal(cut, two, sizeof cut); /* [CLS] red [SEP] both */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_minilm),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
