#include "shop/families.h"

#include "shop/base_model.h"

#include <stdio.h>
#include <string.h>

#define COUNT_OF(x) (sizeof(x) / sizeof *(x))

/* What all boosted trees share. An empty choice leaves the forecaster's own default. */
#define BOOSTED                                                                                    \
    {"base", SKUAI_RANGE_CHOICE, 0, 0, "cycle|none"},                                              \
        {"weight", SKUAI_RANGE_CHOICE, 0, 0, "|equal"},                                            \
        {"rate", SKUAI_RANGE_LOG, 0.02, 0.2, NULL},                                                \
        {"rounds", SKUAI_RANGE_INTEGER, 50, 600, NULL},                                            \
        {"leaves", SKUAI_RANGE_INTEGER, 6, 128, NULL},                                             \
        {"least_leaf", SKUAI_RANGE_INTEGER, 10, 300, NULL}, {                                      \
        "column_share", SKUAI_RANGE_LINEAR, 0.3, 1, NULL                                           \
    }

static const skuai_search_parameter boosted[] = {
    {"objective", SKUAI_RANGE_CHOICE, 0, 0, "absolute|squared|huber|tweedie|poisson"},
    {"shrinkage", SKUAI_RANGE_LOG, 0.1, 100, NULL},
    BOOSTED,
};

/* Of logarithms: other objectives make sense there. */
static const skuai_search_parameter logarithm[] = {
    {"objective", SKUAI_RANGE_CHOICE, 0, 0, "absolute|squared|huber"},
    {"offset", SKUAI_RANGE_LOG, 0.01, 1, NULL},
    BOOSTED,
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

/* Of both nets; the transformer begins at its base model, the GRU from nothing. */
static const skuai_search_parameter transformer[] = {
    {"steps", SKUAI_RANGE_INTEGER, 60, 600, NULL}, {"rate", SKUAI_RANGE_LOG, 5e-5, 1e-3, NULL},
    {"rank", SKUAI_RANGE_CHOICE, 0, 0, "|4|16"},   {"neighbours", SKUAI_RANGE_CHOICE, 0, 0, "|0"},
    {"mask", SKUAI_RANGE_LINEAR, 0, 0.4, NULL},    {"jitter", SKUAI_RANGE_LINEAR, 0, 0.2, NULL},
};

static const skuai_search_parameter gru[] = {
    {"steps", SKUAI_RANGE_INTEGER, 200, 1500, NULL}, {"rate", SKUAI_RANGE_LOG, 3e-4, 5e-3, NULL},
    {"width", SKUAI_RANGE_CHOICE, 0, 0, "|32|64"},   {"dropout", SKUAI_RANGE_LINEAR, 0, 0.3, NULL},
    {"jitter", SKUAI_RANGE_LINEAR, 0, 0.2, NULL},
};

static const skuai_search_parameter window_mean[] = {
    {"window", SKUAI_RANGE_INTEGER, 2, 60, NULL},
};

/* Preparations that a family can use. Trees scale their rows and have a logarithm of their own; a
 * local method is the same whatever the scale, unless a transform curves it. */
enum {
    TRANSFORM = 1,
    DIFFERENCE = 2,
    OUTLIERS = 4,
    STOCKOUTS = 8,
    VECTORS = 16,
    OF_LOCAL = TRANSFORM | DIFFERENCE | OUTLIERS | STOCKOUTS,
    OF_TREES = DIFFERENCE | OUTLIERS | STOCKOUTS | VECTORS,
    OF_NETS = OUTLIERS | STOCKOUTS | VECTORS,
    OF_MEANS = OUTLIERS | STOCKOUTS
};

#define ROWS ":rows=200000"

static const struct {
    skuai_search_family family;
    unsigned preparations;
} rows[] = {
    {{"tree-direct", ROWS, boosted, COUNT_OF(boosted)}, OF_TREES},
    {{"tree-direct", ROWS ":transform=log", logarithm, COUNT_OF(logarithm)}, OF_TREES},
    {{"tree-multi", ROWS, boosted, COUNT_OF(boosted)}, OF_TREES},
    {{"tree-linear", ROWS, linear, COUNT_OF(linear)}, OF_TREES},
    {{"tree-recursive", ROWS, boosted, COUNT_OF(boosted)}, OF_TREES},
    {{"theta", "", theta, COUNT_OF(theta)}, OF_LOCAL},
    {{"ets", "", NULL, 0}, OF_LOCAL},
    {{"window-mean", "", window_mean, COUNT_OF(window_mean)}, OF_MEANS},
    {{"transformer", "", transformer, COUNT_OF(transformer)}, OF_NETS},
    {{"gru", "", gru, COUNT_OF(gru)}, OF_NETS},
};

static bool lacks_stock(const skuai_panel *panel) {
    for (size_t s = 0; panel->available && s < panel->n_series; s++)
        for (size_t t = 0; t < panel->length[s]; t++)
            if (panel->available[panel->row[s] + t] < 1) return true;
    return false;
}

/* "|none|text|image"; "" when there are none, or when they do not fit. */
static void name_vectors(const skuai_panel *panel, char *text) {
    size_t n = (size_t)snprintf(text, SKUAI_FAMILIES_TEXT, "|none");
    size_t all = panel->n_vectors + panel->n_alternatives;
    for (size_t k = 0; k < all && all > 1; k++) {
        const char *name = panel->vectors[k].modality;
        if (strcspn(name, "|:=") != strlen(name) || n + strlen(name) + 2 > SKUAI_FAMILIES_TEXT)
            continue;
        n += (size_t)snprintf(text + n, SKUAI_FAMILIES_TEXT - n, "|%s", name);
    }
    if (panel->n_vectors == 0) text[0] = '\0';
}

void skuai_families_make(const skuai_panel *panel, skuai_families *families) {
    bool stock = lacks_stock(panel);
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    skua_error none;
    bool base = skuai_base_model_path(path, &none) == SKUA_OK;
    families->n = 0;
    name_vectors(panel, families->vectors);
    const struct {
        unsigned kind;
        bool useful;
        skuai_search_parameter parameter;
    } more[] = {
        {TRANSFORM,
         panel->non_negative,
         {"pre_transform", SKUAI_RANGE_CHOICE, 0, 0, "|log1p|box-cox"}},
        {TRANSFORM,
         panel->non_negative,
         {"pre_scale", SKUAI_RANGE_CHOICE, 0, 0, "|mean|deviation"}},
        {DIFFERENCE,
         true,
         {"pre_difference", SKUAI_RANGE_CHOICE, 0, 0,
          panel->season > 1 ? "|first|season" : "|first"}},
        {OUTLIERS, true, {"pre_outliers", SKUAI_RANGE_CHOICE, 0, 0, "|clip|missing"}},
        {STOCKOUTS, stock, {"pre_stockouts", SKUAI_RANGE_CHOICE, 0, 0, "|missing|ignore"}},
        {VECTORS,
         families->vectors[0] != '\0',
         {"pre_vectors", SKUAI_RANGE_CHOICE, 0, 0, families->vectors}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!base && strcmp(rows[i].family.name, "transformer") == 0) continue;
        skuai_search_parameter *own = families->parameters[families->n];
        size_t n = rows[i].family.n;
        if (n) memcpy(own, rows[i].family.parameters, n * sizeof *own);
        for (size_t k = 0; k < COUNT_OF(more); k++)
            if ((rows[i].preparations & more[k].kind) && more[k].useful)
                own[n++] = more[k].parameter;
        families->items[families->n] = rows[i].family;
        families->items[families->n].parameters = own;
        families->items[families->n++].n = n;
    }
}
