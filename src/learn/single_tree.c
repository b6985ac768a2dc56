/* One regression tree (Breiman et al. 1984, Classification and Regression Trees, chapter 8): each
 * cut is the one that lowers the weighted sum of squares most, best leaf first, until there are
 * `leaves` leaves, `depth` levels, or no leaf of 2 * least_leaf rows can be cut. Columns are binned
 * at up to 254 cuts between distinct values (of at most 100,000 rows); a category takes the order
 * of its levels' means, which for squares finds the best subset (Fisher 1958). Missing values go to
 * the side where they lower the squares more. */
#include "learn/tree_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 255, MISSING = 255, SAMPLE = 100000, LEVELS_MOST = 65536, NODES_MOST = 1 << 20 };

typedef struct tree_column {
    size_t n_levels; /* 0: a number */
    double *level;   /* [n_levels] mean of y */
    size_t n_cuts;
    float *cut; /* [n_cuts] increasing; training only */
} tree_column;

typedef struct tree_node {
    int column;        /* -1: a leaf */
    double cut;        /* <= goes left */
    bool missing_left; /* where NaN goes */
    int left, right;
    double value, gain;
} tree_node;

typedef struct single {
    skuai_learnt base;
    tree_column *columns;
    tree_node *nodes;
    size_t n_nodes;
} single;

static void single_free(skuai_learnt *learnt) {
    single *m = (single *)learnt;
    if (!m) return;
    for (size_t k = 0; m->columns && k < m->base.n_columns; k++) {
        skuai_free(m->columns[k].level);
        skuai_free(m->columns[k].cut);
    }
    skuai_free(m->columns);
    skuai_free(m->nodes);
    skuai_free(m);
}

static double value_of(const tree_column *c, float x) {
    if (c->n_levels == 0) return isfinite(x) ? (double)x : (double)NAN;
    return x >= 0 && (double)x < (double)c->n_levels ? c->level[(size_t)x] : (double)NAN;
}

/* -- Bins -------------------------------------------------------------------------------------- */

static skua_status encode_levels(const skuai_examples *e, size_t k, tree_column *c,
                                 skua_error *err) {
    const float *x = e->x.values + k * e->x.n_rows;
    size_t n = 1;
    for (size_t i = 0; i < e->x.n_rows; i++)
        if (x[i] >= 0 && x[i] < (float)LEVELS_MOST && (size_t)x[i] >= n) n = (size_t)x[i] + 1;
    c->n_levels = n;
    c->level = skuai_zero(2 * n, sizeof *c->level);
    if (!c->level) return skuai_error_memory(err, "levels of a category");
    double *count = c->level + n;
    for (size_t i = 0; i < e->x.n_rows; i++) {
        if (!(x[i] >= 0 && (double)x[i] < (double)n)) continue;
        double w = e->weight ? (double)e->weight[i] : 1;
        c->level[(size_t)x[i]] += w * (double)e->y[i];
        count[(size_t)x[i]] += w;
    }
    for (size_t g = 0; g < n; g++)
        c->level[g] = count[g] > 0 ? (double)(float)(c->level[g] / count[g]) : (double)NAN;
    return SKUA_OK;
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Cuts halfway between neighbours among the distinct values, thinned evenly to 254. */
static skua_status make_cuts(const skuai_examples *e, size_t k, float *scratch, tree_column *c,
                             skua_error *err) {
    const float *x = e->x.values + k * e->x.n_rows;
    size_t step = e->x.n_rows / SAMPLE + 1, n = 0, distinct = 0;
    for (size_t i = 0; i < e->x.n_rows; i += step) {
        double v = value_of(c, x[i]);
        if (!isnan(v)) scratch[n++] = (float)v;
    }
    qsort(scratch, n, sizeof *scratch, by_size);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || scratch[i] > scratch[distinct - 1]) scratch[distinct++] = scratch[i];
    c->n_cuts = distinct > BINS ? BINS - 1 : distinct > 0 ? distinct - 1 : 0;
    c->cut = skuai_new(c->n_cuts + 1, sizeof *c->cut);
    if (!c->cut) return skuai_error_memory(err, "a tree");
    for (size_t i = 0; i < c->n_cuts; i++) {
        size_t at = distinct > BINS ? (i + 1) * (distinct - 1) / BINS : i;
        c->cut[i] = scratch[at] + (scratch[at + 1] - scratch[at]) / 2;
    }
    return SKUA_OK;
}

static unsigned char bin_of(const tree_column *c, double v) {
    if (isnan(v)) return MISSING;
    size_t low = 0, high = c->n_cuts;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (v > (double)c->cut[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return (unsigned char)low;
}

static skua_status bin_columns(const skuai_examples *e, single *m, unsigned char *bins,
                               skua_error *err) {
    size_t n = e->x.n_rows;
    float *scratch = skuai_new(n, sizeof *scratch);
    skua_status status = scratch ? SKUA_OK : skuai_error_memory(err, "a tree");
    for (size_t k = 0; k < e->x.n_columns && status == SKUA_OK; k++) {
        tree_column *c = &m->columns[k];
        if (e->x.categorical && e->x.categorical[k]) status = encode_levels(e, k, c, err);
        if (status == SKUA_OK) status = make_cuts(e, k, scratch, c, err);
        for (size_t i = 0; i < n && status == SKUA_OK; i++)
            bins[k * n + i] = bin_of(c, value_of(c, e->x.values[k * n + i]));
    }
    skuai_free(scratch);
    return status;
}

/* -- Growing ----------------------------------------------------------------------------------- */

typedef struct tree_sum {
    double weight, y;
    size_t n;
} tree_sum;

typedef struct tree_split {
    int column;
    size_t cut;
    bool missing_left;
    double gain;
} tree_split;

typedef struct tree_leaf { /* rows [from, to) of the order */
    int node;
    size_t from, to;
    int depth;
    tree_sum sum;
    tree_split best; /* column -1: not to be cut */
} tree_leaf;

typedef struct grower {
    const skuai_learner_options *o;
    const skuai_examples *e;
    const unsigned char *bins;
    size_t *order, *moved;
    tree_leaf *leaves;
    size_t n_leaves;
    single *m;
} grower;

static double squares(const tree_sum *s) {
    return s->weight > 0 ? s->y * s->y / s->weight : 0;
}

static void try_cut(const grower *g, const tree_leaf *leaf, const tree_sum *left, int column,
                    size_t cut, bool missing_left, tree_split *best) {
    tree_sum right = {leaf->sum.weight - left->weight, leaf->sum.y - left->y,
                      leaf->sum.n - left->n};
    size_t least = (size_t)g->o->least_leaf;
    if (left->n < least || right.n < least || !(left->weight > 0) || !(right.weight > 0)) return;
    double gain = squares(left) + squares(&right) - squares(&leaf->sum);
    if (gain > best->gain * (1 + 1e-12)) *best = (tree_split){column, cut, missing_left, gain};
}

static void search_column(const grower *g, const tree_leaf *leaf, size_t k, tree_split *best) {
    tree_sum bin[BINS + 1] = {{0}};
    size_t n = g->e->x.n_rows, cuts = g->m->columns[k].n_cuts;
    for (size_t i = leaf->from; i < leaf->to; i++) {
        size_t row = g->order[i];
        double w = g->e->weight ? (double)g->e->weight[row] : 1;
        tree_sum *s = &bin[g->bins[k * n + row]];
        s->weight += w;
        s->y += w * (double)g->e->y[row];
        s->n++;
    }
    tree_sum left = {0};
    for (size_t c = 0; c < cuts; c++) {
        left.weight += bin[c].weight;
        left.y += bin[c].y;
        left.n += bin[c].n;
        try_cut(g, leaf, &left, (int)k, c, false, best);
        if (bin[MISSING].n == 0) continue;
        tree_sum with = {left.weight + bin[MISSING].weight, left.y + bin[MISSING].y,
                         left.n + bin[MISSING].n};
        try_cut(g, leaf, &with, (int)k, c, true, best);
    }
    if (bin[MISSING].n > 0) { /* known against missing */
        tree_sum known = {leaf->sum.weight - bin[MISSING].weight, leaf->sum.y - bin[MISSING].y,
                          leaf->sum.n - bin[MISSING].n};
        try_cut(g, leaf, &known, (int)k, SIZE_MAX, false, best);
    }
}

static void open_leaf(grower *g, int node, size_t from, size_t to, int depth) {
    tree_leaf *leaf = &g->leaves[g->n_leaves++];
    *leaf = (tree_leaf){.node = node, .from = from, .to = to, .depth = depth, .best.column = -1};
    for (size_t i = from; i < to; i++) {
        size_t row = g->order[i];
        double w = g->e->weight ? (double)g->e->weight[row] : 1;
        leaf->sum.weight += w;
        leaf->sum.y += w * (double)g->e->y[row];
        leaf->sum.n++;
    }
    tree_node *n = &g->m->nodes[node];
    n->column = -1;
    n->value = leaf->sum.weight > 0 ? leaf->sum.y / leaf->sum.weight : 0;
    if (g->o->depth > 0 && depth >= g->o->depth) return;
    leaf->best.gain = 1e-12 * (1 + squares(&leaf->sum));
    for (size_t k = 0; k < g->e->x.n_columns; k++)
        search_column(g, leaf, k, &leaf->best);
}

static bool goes_left(const grower *g, const tree_split *s, size_t row) {
    unsigned char bin = g->bins[(size_t)s->column * g->e->x.n_rows + row];
    return bin == MISSING ? s->missing_left : s->cut == SIZE_MAX || bin <= s->cut;
}

/* Cut leaf `which`: its place is taken by the last leaf, its halves are appended. */
static void cut_leaf(grower *g, size_t which) {
    tree_leaf leaf = g->leaves[which];
    size_t left = leaf.from, n_right = 0;
    for (size_t i = leaf.from; i < leaf.to; i++) { /* stable, so that sums keep their order */
        size_t row = g->order[i];
        if (goes_left(g, &leaf.best, row))
            g->order[left++] = row;
        else
            g->moved[n_right++] = row;
    }
    memcpy(g->order + left, g->moved, n_right * sizeof *g->order);
    int at = (int)g->m->n_nodes;
    g->m->n_nodes += 2;
    tree_node *n = &g->m->nodes[leaf.node];
    const tree_column *c = &g->m->columns[leaf.best.column];
    n->column = leaf.best.column;
    n->cut = leaf.best.cut == SIZE_MAX ? (double)INFINITY : (double)c->cut[leaf.best.cut];
    n->missing_left = leaf.best.missing_left;
    n->gain = leaf.best.gain;
    n->left = at;
    n->right = at + 1;
    g->leaves[which] = g->leaves[--g->n_leaves];
    open_leaf(g, at, leaf.from, left, leaf.depth + 1);
    open_leaf(g, at + 1, left, leaf.to, leaf.depth + 1);
}

static skua_status grow(grower *g, const skuai_context *context, skua_error *err) {
    for (size_t i = 0; i < g->e->x.n_rows; i++)
        g->order[i] = i;
    g->m->n_nodes = 1;
    open_leaf(g, 0, 0, g->e->x.n_rows, 0);
    while (g->n_leaves < (size_t)g->o->leaves) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < g->n_leaves; i++)
            if (g->leaves[i].best.column >= 0 &&
                (best == SIZE_MAX || g->leaves[i].best.gain > g->leaves[best].best.gain))
                best = i;
        if (best == SIZE_MAX) break;
        SKUA_TRY(skuai_context_check(context, err));
        cut_leaf(g, best);
    }
    return SKUA_OK;
}

static skua_status single_fit(const skuai_learner_options *options, const skuai_examples *train,
                              const skuai_examples *validation, const skuai_context *context,
                              skuai_learnt **learnt, skua_error *err) {
    (void)validation;
    SKUA_TRY(skuai_learner_check(options, train, err));
    size_t n = train->x.n_rows, columns = train->x.n_columns;
    single *m = skuai_zero(1, sizeof *m);
    unsigned char *bins = skuai_new(n * columns, 1);
    grower g = {.o = options, .e = train, .bins = bins, .m = m};
    g.order = skuai_new(2 * n, sizeof *g.order);
    g.leaves = skuai_new((size_t)options->leaves + 1, sizeof *g.leaves);
    skua_status status = m && bins && g.order && g.leaves ? SKUA_OK : SKUA_ENOMEM;
    if (status == SKUA_OK) {
        m->base = (skuai_learnt){&skuai_learner_single, columns, 0};
        m->columns = skuai_zero(columns, sizeof *m->columns);
        m->nodes = skuai_zero(2 * (size_t)options->leaves, sizeof *m->nodes);
        if (!m->columns || !m->nodes) status = SKUA_ENOMEM;
        g.moved = g.order + n;
    }
    if (status != SKUA_OK) (void)skuai_error_memory(err, "a tree");
    if (status == SKUA_OK) status = bin_columns(train, m, bins, err);
    if (status == SKUA_OK) status = grow(&g, context, err);
    skuai_free(bins);
    skuai_free(g.order);
    skuai_free(g.leaves);
    if (status == SKUA_OK)
        *learnt = &m->base;
    else
        single_free(m ? &m->base : NULL);
    return status;
}

/* -- Using it ---------------------------------------------------------------------------------- */

static int next_node(const single *m, const tree_node *n, const skuai_feature_matrix *x, size_t i) {
    double v = value_of(&m->columns[n->column], x->values[(size_t)n->column * x->n_rows + i]);
    bool left = isnan(v) ? n->missing_left : v <= n->cut;
    return left ? n->left : n->right;
}

static skua_status check_width(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                               skua_error *err) {
    if (x->n_columns == learnt->n_columns) return SKUA_OK;
    return skuai_error_set(err, SKUA_EINVAL, "%zu columns where the model has %zu", x->n_columns,
                           learnt->n_columns);
}

static skua_status single_predict(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                                  const skuai_context *context, double *prediction,
                                  skua_error *err) {
    const single *m = (const single *)learnt;
    (void)context;
    SKUA_TRY(check_width(learnt, x, err));
    for (size_t i = 0; i < x->n_rows; i++) {
        int at = 0;
        while (m->nodes[at].column >= 0)
            at = next_node(m, &m->nodes[at], x, i);
        prediction[i] = m->nodes[at].value;
    }
    return SKUA_OK;
}

/* What each cut on the way down adds, to its column (Saabas 2014). */
static skua_status single_contributions(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                                        const skuai_context *context, double *values,
                                        skua_error *err) {
    const single *m = (const single *)learnt;
    (void)context;
    SKUA_TRY(check_width(learnt, x, err));
    for (size_t i = 0; i < x->n_rows; i++) {
        double *row = values + i * (x->n_columns + 1);
        memset(row, 0, (x->n_columns + 1) * sizeof *row);
        row[x->n_columns] = m->nodes[0].value;
        for (int at = 0; m->nodes[at].column >= 0;) {
            int next = next_node(m, &m->nodes[at], x, i);
            row[m->nodes[at].column] += m->nodes[next].value - m->nodes[at].value;
            at = next;
        }
    }
    return SKUA_OK;
}

static skua_status single_importance(const skuai_learnt *learnt, double *importance,
                                     skua_error *err) {
    const single *m = (const single *)learnt;
    (void)err;
    memset(importance, 0, learnt->n_columns * sizeof *importance);
    for (size_t i = 0; i < m->n_nodes; i++)
        if (m->nodes[i].column >= 0) importance[m->nodes[i].column] += m->nodes[i].gain;
    return SKUA_OK;
}

/* -- Being looked at --------------------------------------------------------------------------- */

size_t skuai_tree_view_nodes(const skuai_learnt *learnt) {
    return learnt->learner == &skuai_learner_single ? ((const single *)learnt)->n_nodes : 0;
}

skuai_tree_view skuai_tree_view_node(const skuai_learnt *learnt, size_t node) {
    const tree_node *n = &((const single *)learnt)->nodes[node];
    return (skuai_tree_view){n->column, n->cut, n->missing_left, n->left, n->right, n->value};
}

size_t skuai_tree_view_leaf(const skuai_learnt *learnt, const skuai_feature_matrix *x, size_t i) {
    const single *m = (const single *)learnt;
    int at = 0;
    while (m->nodes[at].column >= 0)
        at = next_node(m, &m->nodes[at], x, i);
    return (size_t)at;
}

/* -- As text ----------------------------------------------------------------------------------- */

static skua_status single_save(const skuai_learnt *learnt, skuai_buffer *text, skua_error *err) {
    const single *m = (const single *)learnt;
    skuai_buffer_format(text, "single %zu %zu\n", learnt->n_columns, m->n_nodes);
    for (size_t k = 0; k < learnt->n_columns; k++) {
        skuai_buffer_format(text, "%zu", m->columns[k].n_levels);
        for (size_t i = 0; i < m->columns[k].n_levels; i++)
            skuai_buffer_format(text, " %.17g", m->columns[k].level[i]);
        skuai_buffer_text(text, "\n");
    }
    for (size_t i = 0; i < m->n_nodes; i++) {
        const tree_node *n = &m->nodes[i];
        skuai_buffer_format(text, "%d %.17g %d %d %d %.17g %.17g\n", n->column, n->cut,
                            n->missing_left, n->left, n->right, n->value, n->gain);
    }
    return skuai_buffer_check(text, err);
}

static bool next_number(const char **text, double *x) {
    char *end;
    *x = strtod(*text, &end);
    bool good = end != *text;
    *text = end;
    return good;
}

static bool next_count(const char **text, double least, double most, double *x) {
    return next_number(text, x) && *x >= least && *x <= most && *x == floor(*x);
}

static bool read_levels(const char **text, tree_column *c) {
    double n;
    if (!next_count(text, 0, LEVELS_MOST, &n)) return false;
    if (n == 0) return true;
    c->level = skuai_zero((size_t)n, sizeof *c->level);
    if (!c->level) return false;
    c->n_levels = (size_t)n;
    for (size_t i = 0; i < c->n_levels; i++)
        if (!next_number(text, &c->level[i])) return false;
    return true;
}

/* Children stand behind their parent, so no text can make a walk without end. */
static bool read_node(const char **text, size_t i, const single *m, tree_node *n) {
    double column, missing, left, right;
    double most = (double)m->n_nodes - 1;
    if (!next_count(text, -1, (double)m->base.n_columns - 1, &column) ||
        !next_number(text, &n->cut) || !next_count(text, 0, 1, &missing) ||
        !next_count(text, 0, most, &left) || !next_count(text, 0, most, &right) ||
        !next_number(text, &n->value) || !next_number(text, &n->gain) || !isfinite(n->value))
        return false;
    n->column = (int)column;
    n->missing_left = missing > 0;
    n->left = (int)left;
    n->right = (int)right;
    return column < 0 || (left > (double)i && right > (double)i && !isnan(n->cut));
}

static skua_status single_load(const char *text, size_t size, skuai_learnt **learnt,
                               skua_error *err) {
    static const char head[] = "single ";
    double columns = 0, nodes = 0;
    const char *at = text + sizeof head - 1;
    if (size < sizeof head || strncmp(text, head, sizeof head - 1) != 0 ||
        !next_count(&at, 1, 100000, &columns) || !next_count(&at, 1, NODES_MOST, &nodes))
        return skuai_error_set(err, SKUA_EDATA, "this is no text of a tree");
    single *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a tree");
    m->base = (skuai_learnt){&skuai_learner_single, (size_t)columns, 0};
    m->n_nodes = (size_t)nodes;
    m->columns = skuai_zero(m->base.n_columns, sizeof *m->columns);
    m->nodes = skuai_zero(m->n_nodes, sizeof *m->nodes);
    bool good = m->columns && m->nodes;
    for (size_t k = 0; good && k < m->base.n_columns; k++)
        good = read_levels(&at, &m->columns[k]);
    for (size_t i = 0; good && i < m->n_nodes; i++)
        good = read_node(&at, i, m, &m->nodes[i]);
    if (!good) {
        single_free(&m->base);
        return skuai_error_set(err, SKUA_EDATA, "the text of a tree is cut or broken");
    }
    *learnt = &m->base;
    return SKUA_OK;
}

const skuai_learner skuai_learner_single = {
    .name = "single",
    .summary = "one regression tree",
    .source = "Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees",
    .fit = single_fit,
    .predict = single_predict,
    .contributions = single_contributions,
    .importance = single_importance,
    .save = single_save,
    .load = single_load,
    .free = single_free,
};
