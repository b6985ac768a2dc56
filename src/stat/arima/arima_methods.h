/* arima_methods.h -- the ARIMA methods of the table in stat/registry.c (room stat). */
#ifndef SKUA_STAT_ARIMA_ARIMA_METHODS_H
#define SKUA_STAT_ARIMA_ARIMA_METHODS_H

#include "stat/local.h"

extern const skuai_local_method *const skuai_arima_methods[]; /* "arima"; the last is NULL */

#endif
