/* cbc_library.h -- CBC's functions, loaded on first use (private to room decide).
 *
 * The library is looked for at $SKUA_CBC (a file), then as libCbcSolver.so.3 beside the object that
 * holds this code, and where the system looks. It is loaded once a process and stays loaded. */
#ifndef SKUA_DECIDE_CBC_LIBRARY_H
#define SKUA_DECIDE_CBC_LIBRARY_H

#include "core/error.h"

#include <coin/Cbc_C_Interface.h>

#define SKUAI_CBC_FUNCTIONS(X)                                                                     \
    X(Cbc_newModel)                                                                                \
    X(Cbc_deleteModel)                                                                             \
    X(Cbc_loadProblem)                                                                             \
    X(Cbc_setInteger)                                                                              \
    X(Cbc_setObjSense)                                                                             \
    X(Cbc_setParameter)                                                                            \
    X(Cbc_setLogLevel)                                                                             \
    X(Cbc_solve)                                                                                   \
    X(Cbc_getColSolution)                                                                          \
    X(Cbc_getObjValue)                                                                             \
    X(Cbc_getBestPossibleObjValue)                                                                 \
    X(Cbc_bestSolution)                                                                            \
    X(Cbc_isProvenOptimal)                                                                         \
    X(Cbc_isProvenInfeasible)                                                                      \
    X(Cbc_isContinuousUnbounded)                                                                   \
    X(Cbc_isInitialSolveProvenOptimal)

typedef struct skuai_cbc_library {
#define X(name) __typeof__(&name) name;
    SKUAI_CBC_FUNCTIONS(X)
#undef X
} skuai_cbc_library;

/* Fill the table. SKUA_ENOTFOUND, saying what to do, when there is no library or it lacks a
 * function. */
SKUA_MUST_USE skua_status skuai_cbc_load(skuai_cbc_library *library, skua_error *err);

#endif
