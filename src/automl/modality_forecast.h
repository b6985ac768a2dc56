/* modality_forecast.h -- the weighted sum of one model a modality: D = sum_i w_i M_i(x_i) (room
 * automl).
 *
 * Each model sees one modality of the panel and nothing else:
 *
 *     history      the sales themselves
 *     price        prices
 *     events       promotions, holidays and what else is on the calendar
 *     other        further covariates that change with time
 *     category     what the item is said to be: categories, brand, numbers of the item
 *     text, image, ... each modality of item vectors
 *
 * Weights are >= 0 and learnt inside training: at `windows` origins, a horizon apart, every model
 * is fitted to what came before and forecasts what came then; the weights make the squared error
 * least, each error over what the models expect on the average (counts vary as their mean), by
 * non-negative least squares (sequential coordinate-wise: Franc, Hlavac & Navara 2005, CAIP). A
 * modality keeps a weight only where ten-fold cross-fitting over items says that it lowers the
 * error by more than one standard error; otherwise it is exactly 0. There is one set of weights for
 * items without a period of history, one for young ones, one for those that are grown up; an age
 * with fewer than SKUAI_MODALITY_ROWS rows or SKUAI_MODALITY_ITEMS items takes history alone, items
 * without history the mean of the modalities that tell what they are.
 *
 * Quantiles are the same sum of the models' quantiles. The note of a series says its weights;
 * contributions are w_i M_i(x_i). */
#ifndef SKUA_AUTOML_MODALITY_FORECAST_H
#define SKUA_AUTOML_MODALITY_FORECAST_H

#include "automl/configured.h"

enum {
    SKUAI_MODALITIES_MOST = 12,
    SKUAI_MODALITY_NAME_SIZE = 32,
    SKUAI_MODALITY_ROWS = 60,
    SKUAI_MODALITY_ITEMS = 20
};

/* Which models a sum is made of, as specifications (configured.h). Those for items that are young
 * take a parameter `horizon`. */
typedef struct skuai_modality_models {
    const char *history; /* of grown-up items: from sales alone */
    const char *newborn; /* the same of young ones and of those to come */
    const char *driver;  /* of grown-up items: from sales and covariates */
    const char *look;    /* of all ages: from what an item is, without its sales */
    skuai_forecaster_find find;
} skuai_modality_models;

/* A forecaster "modalities" of these models, which must outlive it. Parameters, both optional:
 * windows (3), horizon (0: the longest future that the panel knows, at most a quarter of the
 * longest history). SKUA_EDATA of its fit: the panel has one modality alone, or is too short. */
skuai_forecaster skuai_modality_forecaster(const skuai_modality_models *models);

typedef enum skuai_modality_age {
    SKUAI_MODALITY_NEW,   /* no history */
    SKUAI_MODALITY_YOUNG, /* less than twice skuai_young_periods */
    SKUAI_MODALITY_GROWN,
    SKUAI_MODALITY_AGES
} skuai_modality_age;

/* What was learnt: names and weights of each age, and on how many items. Names live as long as the
 * model. */
typedef struct skuai_modality_weights {
    size_t n;
    const char *name[SKUAI_MODALITIES_MOST];
    double weight[SKUAI_MODALITY_AGES][SKUAI_MODALITIES_MOST];
    size_t n_items[SKUAI_MODALITY_AGES]; /* 0: too few, nothing was learnt */
} skuai_modality_weights;

void skuai_modality_weights_get(const skuai_model *model, skuai_modality_weights *weights);

/* Modalities that a panel has, its sales among them: below 2 there is nothing to weigh. */
size_t skuai_modality_count(const skuai_panel *panel);

/* Whether a column of a panel belongs to a modality, by name; vectors: by modality. */
bool skuai_modality_owns(const skuai_panel *panel, const char *modality, const char *column,
                         bool vectors);

#endif
