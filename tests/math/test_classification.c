/* Classification reports: numbers and text of scikit-learn 1.9.1's classification_report. */
#include "math/classification.h"
#include "support/support.h"

/* y = a a a a b b b c c c, predicted = a a b b b b c a b b: c is never right; worked by hand. */
static const size_t confusion[9] = {2, 2, 0, 0, 2, 1, 1, 2, 0};

static void test_scores(void **state) {
    skuai_class_score c[3];
    skuai_class_report r;
    (void)state;
    skuai_classification_scores(confusion, 3, c, &r);
    assert_close(r.accuracy, 0.4, 1e-12, 0);
    assert_close(c[0].precision, 2.0 / 3, 1e-12, 0);
    assert_close(c[0].recall, 0.5, 1e-12, 0);
    assert_close(c[0].f1, 4.0 / 7, 1e-12, 0);
    assert_close(c[1].precision, 1.0 / 3, 1e-12, 0);
    assert_close(c[1].recall, 2.0 / 3, 1e-12, 0);
    assert_close(c[1].f1, 4.0 / 9, 1e-12, 0);
    assert_true(c[2].precision == 0 && c[2].recall == 0 && c[2].f1 == 0);
    assert_int_equal(c[2].support, 3);
    assert_int_equal(c[2].predicted, 1);
    assert_close(r.macro.f1, (4.0 / 7 + 4.0 / 9) / 3, 1e-12, 0);
    assert_close(r.weighted.f1, 0.4 * 4.0 / 7 + 0.3 * 4.0 / 9, 1e-12, 0);
    assert_close(r.weighted.recall, r.accuracy, 1e-12, 0);
    assert_int_equal(r.macro.support, 10);
}

/* A class without rows and predictions does not count; one with predictions alone does. */
static void test_absent(void **state) {
    const size_t none[9] = {3, 1, 0, 0, 0, 0, 0, 0, 0};
    skuai_class_score c[3];
    skuai_class_report r;
    (void)state;
    skuai_classification_scores(none, 3, c, &r);
    assert_close(r.macro.recall, 0.75 / 2, 1e-12, 0);
    assert_close(r.weighted.precision, 1, 1e-12, 0);
    const size_t empty[4] = {0};
    skuai_classification_scores(empty, 2, c, &r);
    assert_true(r.accuracy == 0 && r.macro.f1 == 0 && r.macro.support == 0);
}

static void test_text(void **state) {
    static const char *const names[] = {"a", "b", "c"};
    static const char expected[] = "              precision    recall  f1-score   support\n"
                                   "\n"
                                   "           a       0.67      0.50      0.57         4\n"
                                   "           b       0.33      0.67      0.44         3\n"
                                   "           c       0.00      0.00      0.00         3\n"
                                   "\n"
                                   "    accuracy                           0.40        10\n"
                                   "   macro avg       0.33      0.39      0.34        10\n"
                                   "weighted avg       0.37      0.40      0.36        10\n";
    skuai_class_score c[3];
    skuai_class_report r;
    skuai_buffer text;
    (void)state;
    skuai_buffer_init(&text, 1 << 16);
    skuai_classification_scores(confusion, 3, c, &r);
    skuai_classification_text(names, 3, c, &r, &text);
    assert_string_equal(skuai_buffer_view(&text), expected);
    skuai_buffer_clear(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
