/* lightgbm_library.h -- LightGBM's functions, loaded on first use (private to room learn).
 *
 * The library is looked for at $SKUA_LIGHTGBM (a file), then as lib_lightgbm.so beside the object
 * that holds this code and in skua, ../lib and ../lib/skua of it, in the prefix that the build
 * knew, and where the system looks. It is loaded once a process and stays loaded; nothing else of
 * it is shared. */
#ifndef SKUA_LEARN_LIGHTGBM_LIBRARY_H
#define SKUA_LEARN_LIGHTGBM_LIBRARY_H

#include "core/error.h"

#include <stdint.h>

/* LightGBM 4's arrow.h is C++ although c_api.h includes it from C too: the two structures that the
 * declarations name are enough. */
#define LIGHTGBM_ARROW_H_
typedef struct ArrowArray ArrowArray;
typedef struct ArrowSchema ArrowSchema;
#include <LightGBM/c_api.h>

#define SKUAI_LIGHTGBM_FUNCTIONS(X)                                                                \
    X(LGBM_GetLastError)                                                                           \
    X(LGBM_RegisterLogCallback)                                                                    \
    X(LGBM_DatasetCreateFromMat)                                                                   \
    X(LGBM_DatasetSetField)                                                                        \
    X(LGBM_DatasetFree)                                                                            \
    X(LGBM_BoosterCreate)                                                                          \
    X(LGBM_BoosterAddValidData)                                                                    \
    X(LGBM_BoosterUpdateOneIter)                                                                   \
    X(LGBM_BoosterUpdateOneIterCustom)                                                             \
    X(LGBM_BoosterGetPredict)                                                                      \
    X(LGBM_BoosterGetEval)                                                                         \
    X(LGBM_BoosterSaveModelToString)                                                               \
    X(LGBM_BoosterLoadModelFromString)                                                             \
    X(LGBM_BoosterPredictForMat)                                                                   \
    X(LGBM_BoosterFeatureImportance)                                                               \
    X(LGBM_BoosterFree)

typedef struct skuai_lightgbm_library {
#define X(name) __typeof__(&name) name;
    SKUAI_LIGHTGBM_FUNCTIONS(X)
#undef X
} skuai_lightgbm_library;

/* Fill the table. SKUA_ENOTFOUND, saying where it was looked for and what to do, when there is no
 * library or it lacks a function. */
SKUA_MUST_USE skua_status skuai_lightgbm_load(skuai_lightgbm_library *library, skua_error *err);

#endif
