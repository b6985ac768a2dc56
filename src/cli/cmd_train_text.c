#include "cli/command.h"

#include <stdio.h>

static double score(const skuai_json *object, const char *a, const char *b) {
    const skuai_json *value = skuai_json_get(object, a);
    return skuai_json_as_number(b ? skuai_json_get(value, b) : value, 0);
}

static void show_epochs(const invocation *call, const skuai_json *epochs, bool classes) {
    static const char *const headers[2][6] = {
        {"epoch", "training loss", "dev R2", "dev abs error", NULL},
        {"epoch", "training loss", "dev loss", "accuracy", "macro F1", NULL}};
    static const bool right[5] = {true, true, true, true, true};
    cell_table table;
    cells_init(&table, classes ? 5 : 4);
    for (size_t i = 0; i < skuai_json_size(epochs); i++) {
        const skuai_json *e = skuai_json_at(epochs, i), *dev = skuai_json_get(e, "dev");
        cells_add(&table, "%zu", i + 1);
        cells_add(&table, "%.4f", score(e, "loss", NULL));
        if (!dev) {
            for (size_t k = classes ? 3 : 2; k > 0; k--)
                cells_add(&table, "-");
        } else if (classes) {
            cells_add(&table, "%.4f", score(dev, "loss", NULL));
            cells_add(&table, "%.4f", score(dev, "accuracy", NULL));
            cells_add(&table, "%.4f", score(dev, "macro", "f1"));
        } else {
            cells_add(&table, "%.4f", score(dev, "r2", NULL));
            cells_add(&table, "%.5g", score(dev, "mean_absolute_error", NULL));
        }
    }
    cells_print(&table, call->term, headers[classes], right);
    cells_clear(&table);
}

static void show(const invocation *call, const skuai_json *report) {
    const skuai_json *test = skuai_json_get(report, "test"), *rows = skuai_json_get(report, "rows");
    const char *output = skuai_json_as_text(skuai_json_get(report, "output"), "");
    const char *table = skuai_json_as_text(skuai_json_get(test, "table"), NULL);
    bool classes = skuai_json_get(report, "labels") != NULL;
    char a[32], b[32], c[32];
    if (skuai_json_get(report, "predicted")) {
        command_print(call, "%s holds what the model says of %s texts.", output,
                      grouped(skuai_json_as_integer(skuai_json_get(report, "predicted"), 0), a));
        return;
    }
    show_epochs(call, skuai_json_get(report, "epochs"), classes);
    if (table) printf("\ntest\n%s\n", table);
    if (test && !classes)
        command_print(call, "test: R2 %.4f, mean absolute error %.5g, mean squared error %.5g",
                      score(test, "r2", NULL), score(test, "mean_absolute_error", NULL),
                      score(test, "mean_squared_error", NULL));
    command_print(
        call,
        "%s holds the model, learnt on %s texts (%s dev, %s test) in %.0f seconds: skua embed SHOP "
        "--encoder %s makes vectors of it, skua train-text FILE --predict --encoder %s -o "
        "LABELS.csv labels texts.",
        output, grouped(skuai_json_as_integer(skuai_json_get(rows, "train"), 0), a),
        grouped(skuai_json_as_integer(skuai_json_get(rows, "dev"), 0), b),
        grouped(skuai_json_as_integer(skuai_json_get(rows, "test"), 0), c),
        score(report, "seconds", NULL), output, output);
}

static exit_code run(invocation *call) {
    skua_error err;
    char *report = NULL;
    skua_callbacks callbacks = terminal_callbacks(call->term);
    if (!call->output) {
        terminal_say(call->term, "train-text wants -o FOLDER for the model (-o FILE with "
                                 "--predict)");
        return EXIT_USAGE;
    }
    skua_status status = skua_train_text(call->arguments[0], call->output, call->settings,
                                         &callbacks, &report, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    return command_show_report(call, report, show);
}

const command command_train_text = {
    .name = "train-text",
    .summary = "fine-tune a text encoder (BERT) on labelled texts, and label by it",
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .description =
        "Trains the whole of a BERT-family encoder on the texts and labels of a CSV or Parquet "
        "file: classes as the file has them, classes of demand cut from a number (--task demand), "
        "or the number itself (--task regression). After every epoch the dev part is scored, at "
        "the end the test part. The result is a Hugging Face folder that embed --encoder and "
        "train-text --predict read, and transformers too. A run that was stopped goes on from "
        "OUTPUT.checkpoint when it is asked for again, and ends with the same bits.",
    .example = "skua train-text titles.csv --encoder minilm --text title --label units --task "
               "demand -o demand-bert",
    .has_output = true,
    .run = run,
};
