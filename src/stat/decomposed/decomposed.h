/* decomposed.h -- methods that forecast a series in parts: seasons by MSTL, the rest by another
 * model (room stat). */
#ifndef SKUA_STAT_DECOMPOSED_DECOMPOSED_H
#define SKUA_STAT_DECOMPOSED_DECOMPOSED_H

#include "stat/local.h"

/* "mstl-ets", "mstl-arima"; the last is NULL */
extern const skuai_local_method *const skuai_decomposed_methods[];

#endif
