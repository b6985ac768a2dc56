/* Fine-tuning beside PyTorch with transformers (tests/golden/text_finetune/make.py), its folders,
 * and what its settings change. */
#include "core/file.h"
#include "encode/text_training.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXTS = 8, STEPS = 8, BATCH = 3, OUTPUTS_MOST = 3 };

static const int32_t classes_of[TEXTS] = {0, 1, 2, 1, 2, 0, 2, 1};
static const float values_of[TEXTS] = {0.5F, -1.25F, 2, 0, 1.5F, -0.75F, 1, -0.5F};
static const char *const names[] = {"dress", "soft", "lamp"};

static const char *golden(const char *name, char *path, size_t size) {
    char relative[256];
    (void)snprintf(relative, sizeof relative, "tests/golden/text_finetune/%s", name);
    return test_source(relative, path, size);
}

typedef struct texts {
    char lines[TEXTS][256];
    const char *text[TEXTS];
    size_t size[TEXTS];
} texts;

static void read_texts(texts *t) {
    char path[4096];
    FILE *file = fopen(golden("texts.txt", path, sizeof path), "r");
    assert_non_null(file);
    for (size_t i = 0; i < TEXTS; i++) {
        assert_non_null(fgets(t->lines[i], sizeof t->lines[i], file));
        t->lines[i][strcspn(t->lines[i], "\n")] = '\0';
        t->text[i] = t->lines[i];
        t->size[i] = strlen(t->lines[i]);
    }
    (void)fclose(file);
}

/* Rows of a model: losses [STEPS], outputs [TEXTS, OUTPUTS_MOST]. */
static void read_golden(const char *model, double *losses, double *outputs) {
    char path[4096], name[64], what[16], *line = NULL;
    size_t room = 0, rows = 0;
    FILE *file = fopen(golden("losses.csv", path, sizeof path), "r");
    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        size_t number, width = 0;
        int at = 0;
        if (sscanf(line, "%63[^,],%15[^,],%zu%n", name, what, &number, &at) != 3) continue;
        if (strcmp(name, model) != 0) continue;
        rows++;
        for (char *p = line + at; *p == ','; width++) {
            double value = strtod(p + 1, &p);
            if (strcmp(what, "loss") == 0)
                losses[number] = value;
            else
                outputs[number * OUTPUTS_MOST + width] = value;
        }
    }
    free(line);
    (void)fclose(file);
    assert_int_equal(rows, STEPS + TEXTS);
}

static skuai_text_training quick(void) {
    skuai_text_training t = SKUAI_TEXT_TRAINING_DEFAULT;
    t.optimiser.rate = 0.002;
    t.optimiser.weight_decay = 0.05;
    return t;
}

static void open_golden(const char *name, bool values, const texts *t, skuai_text_classifier **c,
                        skuai_text_set *set, skuai_text_line **lines) {
    char path[4096];
    skua_error err = {0};
    skuai_text_head head = {.names = values ? NULL : names, .n = values ? 1 : 3, .seed = 1};
    assert_ok(skuai_text_classifier_begin(golden(name, path, sizeof path), &head, c, &err), &err);
    assert_ok(skuai_text_lines_new((*c)->tokeniser, (*c)->config.tokens_most, NULL, t->text,
                                   t->size, TEXTS, lines, &err),
              &err);
    *set = (skuai_text_set){.lines = *lines,
                            .classes = values ? NULL : classes_of,
                            .values = values ? values_of : NULL,
                            .n = TEXTS};
}

/* The loss curve and the outputs behind it: sums of f32 in another order, and eight steps of
 * AdamW, whose first are signs of gradients. */
static void check_curve(const char *name, bool values) {
    double losses[STEPS], outputs[TEXTS * OUTPUTS_MOST], most = 0;
    float got[TEXTS * OUTPUTS_MOST];
    skua_error err = {0};
    texts t;
    skuai_text_classifier *c = NULL;
    skuai_text_line *lines = NULL;
    skuai_text_set set;
    skuai_text_steps steps;
    skuai_text_training training = quick();
    read_texts(&t);
    read_golden(name, losses, outputs);
    open_golden(name, values, &t, &c, &set, &lines);
    assert_ok(skuai_text_steps_init(&steps, c, &training, NULL, &err), &err);
    for (size_t k = 0; k < STEPS; k++) {
        size_t order[BATCH];
        double loss = 0;
        bool applied = false;
        for (size_t i = 0; i < BATCH; i++)
            order[i] = (k * BATCH + i) % TEXTS;
        assert_ok(skuai_text_step(&steps, &set, order, BATCH, k, &loss, &applied, &err), &err);
        assert_true(applied);
        if (!(fabs(loss - losses[k]) <= most)) most = fabs(loss - losses[k]);
    }
    assert_ok(skuai_text_classifier_predict(c, NULL, t.text, t.size, TEXTS, got, &err), &err);
    size_t width = c->config.outputs;
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t k = 0; k < width; k++) {
            double gap = fabs((double)got[i * width + k] - outputs[i * OUTPUTS_MOST + k]);
            if (!(gap <= most)) most = gap;
        }
    print_message("%s: largest difference %.2g\n", name, most);
    assert_true(most <= 1e-4);
    skuai_text_steps_clear(&steps);
    skuai_text_lines_free(lines, TEXTS);
    skuai_text_classifier_free(c);
}

static void test_curves(void **state) {
    (void)state;
    check_curve("bert", false);
    check_curve("bert_value", true);
    check_curve("roberta", false);
    check_curve("distilbert", false);
}

/* -- The loop --------------------------------------------------------------------------------- */

typedef struct outcome {
    float outputs[TEXTS * OUTPUTS_MOST];
    double losses[8];
    size_t confusion[9], steps, resumed;
    skua_status status;
    skua_error err;
} outcome;

static bool stop_now(void *user) {
    int *left = user;
    return --*left < 0;
}

/* Train the tiny BERT; cancelled after so many questions (below 0: never). */
static void train(const skuai_text_training *training, int threads, int questions, outcome *o) {
    texts t;
    skuai_text_classifier *c = NULL;
    skuai_text_line *lines = NULL;
    skuai_text_set set, dev;
    skuai_text_epoch epochs[8] = {0};
    size_t confusions[8][9];
    skuai_context context = {.seed = 1, .threads = threads};
    skuai_text_result result = {.epochs = epochs};
    *o = (outcome){0};
    if (questions >= 0) context.cancel = stop_now, context.user = &questions;
    for (size_t e = 0; e < 8; e++)
        epochs[e].dev.confusion = confusions[e];
    read_texts(&t);
    open_golden("bert", false, &t, &c, &set, &lines);
    dev = set;
    dev.n = 5;
    o->status = skuai_text_train(c, training, &set, &dev, &context, &result, &o->err);
    if (o->status == SKUA_OK) {
        assert_ok(
            skuai_text_classifier_predict(c, NULL, t.text, t.size, TEXTS, o->outputs, &o->err),
            &o->err);
        for (size_t e = 0; e < training->epochs; e++)
            o->losses[e] = epochs[e].loss;
        memcpy(o->confusion, confusions[training->epochs - 1], sizeof o->confusion);
    }
    o->steps = result.steps;
    o->resumed = result.resumed;
    skuai_text_lines_free(lines, TEXTS);
    skuai_text_classifier_free(c);
}

static void test_loop(void **state) {
    skuai_text_training t = quick();
    outcome a, b;
    (void)state;
    t.batch = 3;
    t.epochs = 8;
    t.optimiser.rate = 0.02;
    train(&t, 1, -1, &a);
    assert_ok(a.status, &a.err);
    assert_int_equal(a.steps, 8 * 3); /* 3, 3 and 2 texts */
    assert_true(a.losses[7] < 0.5 * a.losses[0]);
    size_t seen = 0;
    for (size_t i = 0; i < 9; i++)
        seen += a.confusion[i];
    assert_int_equal(seen, 5);
    train(&t, 3, -1, &b); /* the same bits on any number of threads */
    assert_memory_equal(a.outputs, b.outputs, sizeof a.outputs);
    t.seed = 2; /* another order */
    train(&t, 1, -1, &b);
    assert_memory_not_equal(a.outputs, b.outputs, sizeof a.outputs);
    t.seed = 1;
    t.dropout = 0.3; /* the folder says 0 */
    train(&t, 1, -1, &b);
    assert_memory_not_equal(a.outputs, b.outputs, sizeof a.outputs);
    t.dropout = -1;
    t.batch = 4;
    train(&t, 1, -1, &b);
    assert_int_equal(b.steps, 8 * 2);
    t.batch = 0;
    train(&t, 1, -1, &b);
    assert_int_equal(b.status, SKUA_EINVAL);
}

/* Stopped in an epoch, and at the seam of two, and gone on with: the bits of a whole run. */
static void test_checkpoint(void **state) {
    char folder[256], path[300];
    skuai_text_training t = quick();
    outcome whole, part, rest;
    (void)state;
    t.batch = 3;
    t.epochs = 4;
    t.dropout = 0.1;
    train(&t, 1, -1, &whole);
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/checkpoint", folder);
    t.checkpoint = path;
    for (int questions = 4; questions <= 6; questions++) {
        (void)unlink(path);
        train(&t, 1, questions, &part);
        assert_int_equal(part.status, SKUA_ECANCEL);
        assert_int_equal(access(path, R_OK), 0);
        train(&t, 1, -1, &rest);
        assert_ok(rest.status, &rest.err);
        assert_true(rest.resumed > 0 && rest.resumed == part.steps);
        assert_memory_equal(whole.outputs, rest.outputs, sizeof whole.outputs);
        assert_memory_equal(whole.losses, rest.losses, sizeof whole.losses);
        assert_memory_equal(whole.confusion, rest.confusion, sizeof whole.confusion);
    }
    t.optimiser.rate = 0.001; /* another run's checkpoint */
    train(&t, 1, -1, &rest);
    assert_int_equal(rest.status, SKUA_EDATA);
    assert_non_null(strstr(rest.err.message, "remove it"));
    assert_ok(skuai_file_write(path, "broken", 6, &rest.err), &rest.err);
    train(&t, 1, -1, &rest);
    assert_int_equal(rest.status, SKUA_EDATA);
    test_folder_remove(folder);
}

/* -- Folders ---------------------------------------------------------------------------------- */

static void test_save(void **state) {
    static const char *const families[] = {"bert", "roberta", "distilbert", "bert_value"};
    char folder[256], path[300];
    (void)state;
    for (size_t f = 0; f < 4; f++) {
        bool values = f == 3;
        texts t;
        skua_error err = {0};
        skuai_text_classifier *c = NULL, *again = NULL;
        skuai_text_line *lines = NULL;
        skuai_text_set set;
        float before[TEXTS * OUTPUTS_MOST], after[TEXTS * OUTPUTS_MOST];
        read_texts(&t);
        open_golden(families[f], values, &t, &c, &set, &lines);
        test_folder_new(folder, sizeof folder);
        (void)snprintf(path, sizeof path, "%s/model/", folder);
        if (values) skuai_text_classifier_rescale(c, 2, 10);
        size_t n = TEXTS * c->config.outputs;
        assert_ok(skuai_text_classifier_predict(c, NULL, t.text, t.size, TEXTS, before, &err),
                  &err);
        assert_ok(skuai_text_classifier_save(c, path, &err), &err);
        assert_int_equal(skuai_text_classifier_save(c, path, &err), SKUA_EEXIST);
        assert_ok(skuai_text_classifier_open(path, &again, &err), &err);
        assert_ok(skuai_text_classifier_predict(again, NULL, t.text, t.size, TEXTS, after, &err),
                  &err);
        assert_memory_equal(before, after, n * sizeof *before);
        assert_int_equal(again->names == NULL, values);
        if (!values) assert_string_equal(again->names[1], "soft");
        if (values) assert_true(before[0] > 3 && before[0] < 17); /* 2 y + 10 */
        /* the encoder in it serves embed */
        skuai_text_model *model = NULL;
        assert_ok(skuai_text_model_open(path, NULL, &model, &err), &err);
        skuai_text_model_free(model);
        skuai_text_classifier_free(again);
        skuai_text_lines_free(lines, TEXTS);
        skuai_text_classifier_free(c);
        test_folder_remove(folder);
    }
}

static void test_refused(void **state) {
    char path[4096];
    skua_error err = {0};
    skuai_text_classifier *c = NULL;
    skuai_text_head one = {.names = names, .n = 1};
    (void)state;
    /* an encoder without a head; another number of labels begins a new head */
    const char *encoder = test_source("tests/golden/text_model/bert", path, sizeof path);
    assert_int_equal(skuai_text_classifier_open(encoder, &c, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "not fine-tuned"));
    assert_int_equal(skuai_text_classifier_begin(encoder, &one, &c, &err), SKUA_EINVAL);
    const char *decoder = test_source("tests/golden/text_model/llama", path, sizeof path);
    skuai_text_head two = {.names = names, .n = 2};
    assert_int_equal(skuai_text_classifier_begin(decoder, &two, &c, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "decoder"));
    assert_null(c);
    assert_ok(skuai_text_classifier_begin(golden("bert", path, sizeof path), &two, &c, &err), &err);
    assert_int_equal(c->config.outputs, 2);
    skuai_text_classifier_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curves),     cmocka_unit_test(test_loop),
        cmocka_unit_test(test_checkpoint), cmocka_unit_test(test_save),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
