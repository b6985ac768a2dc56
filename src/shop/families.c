#include "shop/families.h"

#define COUNT_OF(x) (sizeof(x) / sizeof *(x))

/* An empty choice leaves the forecaster's own default. */
static const skuai_search_parameter boosted[] = {
    {"objective", SKUAI_RANGE_CHOICE, 0, 0, "absolute|squared|huber|tweedie|poisson"},
    {"base", SKUAI_RANGE_CHOICE, 0, 0, "cycle|none"},
    {"weight", SKUAI_RANGE_CHOICE, 0, 0, "|equal"},
    {"rate", SKUAI_RANGE_LOG, 0.02, 0.2, NULL},
    {"rounds", SKUAI_RANGE_INTEGER, 50, 600, NULL},
    {"leaves", SKUAI_RANGE_INTEGER, 6, 128, NULL},
    {"least_leaf", SKUAI_RANGE_INTEGER, 10, 300, NULL},
    {"column_share", SKUAI_RANGE_LINEAR, 0.3, 1, NULL},
    {"shrinkage", SKUAI_RANGE_LOG, 0.1, 100, NULL},
};

/* Of logarithms: other objectives make sense there. */
static const skuai_search_parameter logarithm[] = {
    {"objective", SKUAI_RANGE_CHOICE, 0, 0, "absolute|squared|huber"},
    {"offset", SKUAI_RANGE_LOG, 0.01, 1, NULL},
    {"base", SKUAI_RANGE_CHOICE, 0, 0, "cycle|none"},
    {"weight", SKUAI_RANGE_CHOICE, 0, 0, "|equal"},
    {"rate", SKUAI_RANGE_LOG, 0.02, 0.2, NULL},
    {"rounds", SKUAI_RANGE_INTEGER, 50, 600, NULL},
    {"leaves", SKUAI_RANGE_INTEGER, 6, 128, NULL},
    {"least_leaf", SKUAI_RANGE_INTEGER, 10, 300, NULL},
    {"column_share", SKUAI_RANGE_LINEAR, 0.3, 1, NULL},
};

static const skuai_search_parameter linear[] = {
    {"transform", SKUAI_RANGE_CHOICE, 0, 0, "|log"},
    {"base", SKUAI_RANGE_CHOICE, 0, 0, "cycle|none"},
    {"weight", SKUAI_RANGE_CHOICE, 0, 0, "|equal"},
    {"shrinkage", SKUAI_RANGE_LOG, 1e-4, 1, NULL},
    {"l1_share", SKUAI_RANGE_LINEAR, 0, 1, NULL},
};

static const skuai_search_parameter theta[] = {
    {"adjustment", SKUAI_RANGE_CHOICE, 0, 0, "shrunk|multiplicative|additive"},
};

static const skuai_search_parameter window_mean[] = {
    {"window", SKUAI_RANGE_INTEGER, 2, 60, NULL},
};

#define ROWS ":rows=200000"

static const skuai_search_family families[] = {
    {"tree-direct", ROWS, boosted, COUNT_OF(boosted)},
    {"tree-direct", ROWS ":transform=log", logarithm, COUNT_OF(logarithm)},
    {"tree-multi", ROWS, boosted, COUNT_OF(boosted)},
    {"tree-linear", ROWS, linear, COUNT_OF(linear)},
    {"tree-recursive", ROWS, boosted, COUNT_OF(boosted)},
    {"theta", "", theta, COUNT_OF(theta)},
    {"window-mean", "", window_mean, COUNT_OF(window_mean)},
};

const skuai_search_family *skuai_families(size_t *n) {
    *n = COUNT_OF(families);
    return families;
}
