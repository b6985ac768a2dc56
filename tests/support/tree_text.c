#include "support/tree_text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct one_tree {
    size_t n_leaves;
    double *feature, *threshold, *decision, *left, *right; /* [n_leaves - 1] */
    double *leaf, *leaf_count, *count;
    double *boundaries, *bits; /* of categorical cuts; NULL: none */
} one_tree;

struct tree_text {
    size_t n, n_columns;
    one_tree *trees;
};

/* The numbers behind "name=" between `from` and `to`; NULL: no such line, or none. */
static double *numbers(const char *from, const char *to, const char *name, size_t *n) {
    size_t length = strlen(name);
    const char *at = from;
    while (at && at < to && !(strncmp(at, name, length) == 0 && at[length] == '=')) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    *n = 0;
    if (!at || at >= to) return NULL;
    at += length + 1;
    double *list = malloc(sizeof *list);
    while (list && *at && *at != '\n') {
        char *end;
        double x = strtod(at, &end);
        if (end == at) break;
        double *more = realloc(list, (*n + 1) * sizeof *list);
        if (!more) break;
        list = more;
        list[(*n)++] = x;
        at = end;
    }
    return list;
}

static void read_tree(const char *from, const char *to, one_tree *t) {
    size_t n;
    t->leaf = numbers(from, to, "leaf_value", &t->n_leaves);
    t->leaf_count = numbers(from, to, "leaf_count", &n);
    t->feature = numbers(from, to, "split_feature", &n);
    t->threshold = numbers(from, to, "threshold", &n);
    t->decision = numbers(from, to, "decision_type", &n);
    t->left = numbers(from, to, "left_child", &n);
    t->right = numbers(from, to, "right_child", &n);
    t->count = numbers(from, to, "internal_count", &n);
    t->boundaries = numbers(from, to, "cat_boundaries", &n);
    t->bits = numbers(from, to, "cat_threshold", &n);
}

tree_text *tree_text_read(const char *text, size_t n_columns) {
    tree_text *m = calloc(1, sizeof *m);
    const char *at = strstr(text, "\nTree="), *end = strstr(text, "\nend of trees");
    if (!m || !at || !end) return free(m), NULL;
    m->n_columns = n_columns;
    while (at && at < end) {
        const char *next = strstr(at + 1, "\nTree=");
        const char *to = next && next < end ? next : end;
        one_tree *more = realloc(m->trees, (m->n + 1) * sizeof *more);
        if (!more) break;
        m->trees = more;
        memset(&m->trees[m->n], 0, sizeof *m->trees);
        read_tree(at + 1, to, &m->trees[m->n++]);
        at = next;
    }
    return m;
}

void tree_text_free(tree_text *m) {
    for (size_t i = 0; m && i < m->n; i++) {
        one_tree *t = &m->trees[i];
        double *const all[] = {t->feature, t->threshold,  t->decision, t->left,       t->right,
                               t->leaf,    t->leaf_count, t->count,    t->boundaries, t->bits};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            free(all[k]);
    }
    if (m) free(m->trees);
    free(m);
}

static bool in_set(const one_tree *t, size_t node, double x) {
    size_t which = (size_t)t->threshold[node];
    size_t from = (size_t)t->boundaries[which], to = (size_t)t->boundaries[which + 1];
    size_t code = (size_t)x;
    return code / 32 < to - from && (uint32_t)t->bits[from + code / 32] >> code % 32 & 1;
}

static bool goes_left(const one_tree *t, size_t node, const float *row) {
    unsigned decision = (unsigned)t->decision[node], missing = decision >> 2 & 3;
    double x = (double)row[(size_t)t->feature[node]];
    if (decision & 1) return !isnan(x) && x >= 0 && in_set(t, node, x);
    if (isnan(x) && missing != 2) x = 0;
    if ((missing == 1 && fabs(x) <= 1e-35) || (missing == 2 && isnan(x))) return decision & 2;
    return x <= t->threshold[node];
}

static double count_of(const one_tree *t, double child) {
    return child >= 0 ? t->count[(size_t)child] : t->leaf_count[(size_t)(-child - 1)];
}

/* Expectation below a child (negative: a leaf) when the columns of the coalition are known. */
static double expect(const one_tree *t, double child, const float *row, size_t coalition) {
    if (child < 0) return t->leaf[(size_t)(-child - 1)];
    size_t node = (size_t)child;
    double left = t->left[node], right = t->right[node];
    if (coalition >> (size_t)t->feature[node] & 1)
        return expect(t, goes_left(t, node, row) ? left : right, row, coalition);
    double a = count_of(t, left), b = count_of(t, right);
    return (a * expect(t, left, row, coalition) + b * expect(t, right, row, coalition)) / (a + b);
}

static double worth(const tree_text *m, const float *row, size_t coalition) {
    double sum = 0;
    for (size_t i = 0; i < m->n; i++)
        sum += m->trees[i].n_leaves > 1 ? expect(&m->trees[i], 0, row, coalition)
                                        : m->trees[i].leaf[0];
    return sum;
}

double tree_text_predict(const tree_text *m, const float *row) {
    return worth(m, row, ((size_t)1 << m->n_columns) - 1);
}

void tree_text_shapley(const tree_text *m, const float *row, double *values) {
    static const double factorial[] = {1,    1,     2,      6,       24,       120,      720,
                                       5040, 40320, 362880, 3628800, 39916800, 479001600};
    size_t n = m->n_columns, every = (size_t)1 << n;
    double *of = malloc(every * sizeof *of);
    for (size_t c = 0; of && c < every; c++)
        of[c] = worth(m, row, c);
    for (size_t k = 0; of && k < n; k++) {
        values[k] = 0;
        for (size_t c = 0; c < every; c++) {
            size_t size = 0;
            if (c >> k & 1) continue;
            for (size_t i = 0; i < n; i++)
                size += c >> i & 1;
            values[k] += factorial[size] * factorial[n - size - 1] / factorial[n] *
                         (of[c | (size_t)1 << k] - of[c]);
        }
    }
    if (of) values[n] = of[0];
    free(of);
}
