#include "math/classification.h"

#include <string.h>

static double share(size_t part, size_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static bool occurs(const skuai_class_score *c) {
    return c->support > 0 || c->predicted > 0;
}

static void add(skuai_class_score *average, const skuai_class_score *c, double weight) {
    average->precision += weight * c->precision;
    average->recall += weight * c->recall;
    average->f1 += weight * c->f1;
}

void skuai_classification_scores(const size_t *confusion, size_t n, skuai_class_score *classes,
                                 skuai_class_report *report) {
    size_t rows = 0, right = 0, present = 0;
    *report = (skuai_class_report){0};
    for (size_t c = 0; c < n; c++) {
        skuai_class_score s = {0};
        size_t hit = confusion[c * n + c];
        for (size_t k = 0; k < n; k++) {
            s.support += confusion[c * n + k];
            s.predicted += confusion[k * n + c];
        }
        s.precision = share(hit, s.predicted);
        s.recall = share(hit, s.support);
        double sum = s.precision + s.recall;
        s.f1 = sum > 0 ? 2 * s.precision * s.recall / sum : 0;
        classes[c] = s;
        rows += s.support;
        right += hit;
        present += occurs(&s);
    }
    report->accuracy = share(right, rows);
    for (size_t c = 0; c < n; c++) {
        if (occurs(&classes[c])) add(&report->macro, &classes[c], 1 / (double)present);
        add(&report->weighted, &classes[c], share(classes[c].support, rows));
    }
    report->macro.support = report->weighted.support = rows;
}

/* Characters of UTF-8 text. */
static size_t width_of(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void put_name(skuai_buffer *text, const char *name, size_t width) {
    for (size_t n = width_of(name); n < width; n++)
        (void)skuai_buffer_text(text, " ");
    (void)skuai_buffer_text(text, name);
}

static void put_line(skuai_buffer *text, const char *name, size_t width,
                     const skuai_class_score *s) {
    put_name(text, name, width);
    (void)skuai_buffer_format(text, " %10.2f%10.2f%10.2f%10zu\n", s->precision, s->recall, s->f1,
                              s->support);
}

void skuai_classification_text(const char *const *names, size_t n, const skuai_class_score *classes,
                               const skuai_class_report *report, skuai_buffer *text) {
    size_t width = strlen("weighted avg");
    for (size_t c = 0; c < n; c++)
        if (width_of(names[c]) > width) width = width_of(names[c]);
    put_name(text, "", width);
    (void)skuai_buffer_format(text, " %10s%10s%10s%10s\n\n", "precision", "recall", "f1-score",
                              "support");
    for (size_t c = 0; c < n; c++)
        if (occurs(&classes[c])) put_line(text, names[c], width, &classes[c]);
    (void)skuai_buffer_text(text, "\n");
    put_name(text, "accuracy", width);
    (void)skuai_buffer_format(text, " %10s%10s%10.2f%10zu\n", "", "", report->accuracy,
                              report->macro.support);
    put_line(text, "macro avg", width, &report->macro);
    put_line(text, "weighted avg", width, &report->weighted);
}
