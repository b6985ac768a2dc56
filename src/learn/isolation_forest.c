#include "learn/isolation_forest.h"

#include <math.h>

#include "core/random.h"

typedef struct node {
    double cut;      /* inner: rows below it go left; leaf: the path length that ends here */
    int32_t feature; /* -1: leaf */
    int32_t left;    /* index of the left child in the forest's nodes; the right one is next */
} node;

struct skuai_isolation_forest {
    size_t n_features, n_trees, n_nodes;
    double normal; /* c(sample) of equation 2 */
    node *nodes;
    size_t *roots; /* [n_trees] */
};

/* What growing needs; rows [sample] is the part of the data that a tree sees. */
typedef struct grower {
    const double *x;
    size_t k, depth_limit;
    skuai_random random;
    size_t *rows;
    size_t *features; /* [k] scratch: the features that are not constant in a node */
    skuai_isolation_forest *forest;
} grower;

double skuai_isolation_depth(size_t n) {
    const double euler = 0.57721566490153286061;
    if (n <= 1) return 0;
    if (n == 2) return 1;
    double m = (double)n;
    return 2 * (log(m - 1) + euler) - 2 * (m - 1) / m;
}

static void feature_range(const grower *g, size_t from, size_t to, size_t f, double *low,
                          double *high) {
    *low = *high = g->x[g->rows[from] * g->k + f];
    for (size_t i = from + 1; i < to; i++) {
        double value = g->x[g->rows[i] * g->k + f];
        if (value < *low) *low = value;
        if (value > *high) *high = value;
    }
}

/* Put rows [from, to) below the cut first; returns where the others begin. */
static size_t partition(grower *g, size_t from, size_t to, size_t f, double cut) {
    size_t middle = from;
    for (size_t i = from; i < to; i++) {
        size_t row = g->rows[i];
        if (!(g->x[row * g->k + f] < cut)) continue;
        g->rows[i] = g->rows[middle];
        g->rows[middle++] = row;
    }
    return middle;
}

/* A feature with some spread among the rows, drawn evenly; SIZE_MAX: all rows are equal. */
static size_t draw_feature(grower *g, size_t from, size_t to, double *low, double *high) {
    size_t n = 0;
    for (size_t f = 0; f < g->k; f++)
        g->features[n++] = f;
    while (n > 0) { /* constant features are met and dropped, so wide matrices stay cheap */
        size_t i = skuai_random_index(&g->random, n);
        size_t f = g->features[i];
        feature_range(g, from, to, f, low, high);
        if (*high > *low) return f;
        g->features[i] = g->features[--n];
    }
    return SIZE_MAX;
}

/* Depth is bounded by ceil(log2(sample)) <= 64, so recursion is safe. */
static void grow(grower *g, size_t at, size_t from, size_t to, size_t depth) {
    skuai_isolation_forest *forest = g->forest;
    double low = 0, high = 0;
    size_t f = SIZE_MAX;
    if (depth < g->depth_limit && to - from > 1) f = draw_feature(g, from, to, &low, &high);
    if (f == SIZE_MAX) {
        forest->nodes[at] =
            (node){.cut = (double)depth + skuai_isolation_depth(to - from), .feature = -1};
        return;
    }
    double cut = low + (high - low) * skuai_random_uniform(&g->random);
    /* A cut at the minimum itself would leave nothing to the left. */
    if (!(cut > low)) cut = high;
    size_t middle = partition(g, from, to, f, cut);
    size_t left = forest->n_nodes;
    forest->n_nodes += 2;
    forest->nodes[at] = (node){.cut = cut, .feature = (int32_t)f, .left = (int32_t)left};
    grow(g, left, from, middle, depth + 1);
    grow(g, left + 1, middle, to, depth + 1);
}

static skua_status grow_all(skuai_isolation_forest *forest, const double *x, size_t n, size_t k,
                            const skuai_isolation_options *options, size_t sample,
                            skua_error *err) {
    skua_status status = SKUA_OK;
    size_t *order = skuai_new(n, sizeof *order);
    size_t *features = skuai_new(k, sizeof *features);
    if (!order || !features) {
        status = skuai_error_memory(err, "an isolation forest");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    size_t limit = 0;
    while (((size_t)1 << limit) < sample)
        limit++;
    for (size_t tree = 0; tree < options->trees; tree++) {
        grower g = {x, k, limit, {{0}}, order, features, forest};
        skuai_random_split(&g.random, options->seed, tree);
        for (size_t i = 0; i < sample; i++) { /* sample without replacement: half a shuffle */
            size_t j = i + skuai_random_index(&g.random, n - i), row = order[i];
            order[i] = order[j];
            order[j] = row;
        }
        forest->roots[tree] = forest->n_nodes++;
        grow(&g, forest->roots[tree], 0, sample, 0);
    }
out:
    skuai_free(order);
    skuai_free(features);
    return status;
}

skua_status skuai_isolation_forest_new(const double *x, size_t n, size_t k,
                                       const skuai_isolation_options *options,
                                       skuai_isolation_forest **forest, skua_error *err) {
    if (!x || !options || !forest || n == 0 || k == 0 || options->trees == 0 || options->sample < 2)
        return skuai_error_set(err, SKUA_EINVAL,
                               "isolation forest: need rows, features, a tree and a sample of 2");
    for (size_t i = 0; i < n * k; i++)
        if (!isfinite(x[i]))
            return skuai_error_set(err, SKUA_EDATA,
                                   "isolation forest: row %zu, feature %zu is not finite", i / k,
                                   i % k);
    size_t sample = options->sample < n ? options->sample : n, nodes;
    if (!skuai_size_mul(options->trees, 2 * sample, &nodes) || nodes > INT32_MAX || k > INT32_MAX)
        return skuai_error_set(err, SKUA_ELIMIT, "isolation forest: %zu trees of %zu rows",
                               options->trees, sample);
    skuai_isolation_forest *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "an isolation forest");
    made->n_features = k;
    made->n_trees = options->trees;
    made->normal = skuai_isolation_depth(sample);
    made->nodes = skuai_new(nodes, sizeof *made->nodes);
    made->roots = skuai_new(options->trees, sizeof *made->roots);
    skua_status status = made->nodes && made->roots
                             ? grow_all(made, x, n, k, options, sample, err)
                             : skuai_error_memory(err, "an isolation forest");
    if (status != SKUA_OK) {
        skuai_isolation_forest_free(made);
        return status;
    }
    *forest = made;
    return SKUA_OK;
}

void skuai_isolation_forest_free(skuai_isolation_forest *forest) {
    if (!forest) return;
    skuai_free(forest->nodes);
    skuai_free(forest->roots);
    skuai_free(forest);
}

void skuai_isolation_forest_score(const skuai_isolation_forest *forest, const double *x, size_t n,
                                  double *score) {
    for (size_t i = 0; i < n; i++) {
        const double *row = x + i * forest->n_features;
        double path = 0;
        for (size_t tree = 0; tree < forest->n_trees; tree++) {
            const node *at = forest->nodes + forest->roots[tree];
            while (at->feature >= 0)
                at = forest->nodes + at->left + !(row[at->feature] < at->cut);
            path += at->cut;
        }
        path /= (double)forest->n_trees;
        /* A single row: c(1) = 0 and nothing is isolated from anything. */
        score[i] = forest->normal > 0 ? exp2(-path / forest->normal) : 0.5;
    }
}
