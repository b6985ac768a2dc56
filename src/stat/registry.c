#include "stat/arima/arima_methods.h"
#include "stat/decomposed/decomposed.h"
#include "stat/exponential/exponential.h"
#include "stat/intermittent/intermittent.h"
#include "stat/local.h"
#include "stat/simple/simple.h"

#include <string.h>

static const skuai_local_method *const *const families[] = {
    skuai_simple_methods,     skuai_exponential_methods,  skuai_arima_methods,
    skuai_decomposed_methods, skuai_intermittent_methods,
};
#define N_FAMILIES (sizeof families / sizeof *families)

const skuai_local_method *skuai_local_find(const char *name) {
    for (size_t f = 0; f < N_FAMILIES; f++) {
        for (const skuai_local_method *const *m = families[f]; *m; m++) {
            if (strcmp((*m)->name, name) == 0) return *m;
        }
    }
    return NULL;
}

size_t skuai_local_count(void) {
    size_t n = 0;
    for (size_t f = 0; f < N_FAMILIES; f++) {
        for (const skuai_local_method *const *m = families[f]; *m; m++)
            n++;
    }
    return n;
}

const skuai_local_method *skuai_local_at(size_t i) {
    for (size_t f = 0; f < N_FAMILIES; f++) {
        for (const skuai_local_method *const *m = families[f]; *m; m++) {
            if (i-- == 0) return *m;
        }
    }
    return NULL;
}
