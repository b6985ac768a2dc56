/* ensemble_series.h -- which weights of a combination a series has (private to room automl). */
#ifndef SKUA_AUTOML_ENSEMBLE_SERIES_H
#define SKUA_AUTOML_ENSEMBLE_SERIES_H

#include "automl/ensemble.h"

/* Regular, intermittent, or SKUAI_ENSEMBLE_YOUNG. */
int skuai_ensemble_class_of(const skuai_panel *panel, size_t s);
/* The weights of a series: weights [n_members] out. */
void skuai_ensemble_weights_of(const skuai_ensemble *e, const skuai_panel *panel, size_t s,
                               double *weights);

#endif
