/* real.h -- the scalar of the engine (room nn): float in the library. The gradient tests compile
 * the same sources with -DSKUAI_REAL_DOUBLE, so that every gradient is compared with central
 * differences in double. */
#ifndef SKUA_NN_REAL_H
#define SKUA_NN_REAL_H

#ifdef SKUAI_REAL_DOUBLE
typedef double skuai_real;
#define SKUAI_REAL_HUGE 1e300
#else
typedef float skuai_real;
#define SKUAI_REAL_HUGE 3e38F
#endif

#endif
