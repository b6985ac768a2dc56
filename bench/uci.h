/* uci.h -- UCI Online Retail as weekly sales of items, for bench/ only: invoices by day, without
 * cancellations, of codes that begin with five digits, priced above 0; from an item's first sale to
 * the last whole week. */
#ifndef SKUA_BENCH_UCI_H
#define SKUA_BENCH_UCI_H

#include "core/alloc.h"

enum { BENCH_UCI_WEEKS = 53 }; /* from Monday 2010-11-29 */

typedef struct bench_uci_item {
    char code[16];
    char *title;   /* the one of its first line that has one; "" none */
    size_t launch; /* week of the first sale, 0 ... */
    double price;  /* of a unit, over that week */
    double units[BENCH_UCI_WEEKS];
} bench_uci_item;

typedef struct bench_uci {
    size_t n;
    bench_uci_item *items; /* by code; the last week, cut, is left out */
} bench_uci;

/* SKUA_ENOTFOUND: the data are not there. */
SKUA_MUST_USE skua_status bench_uci_load(bench_uci *uci, skua_error *err);
void bench_uci_clear(bench_uci *uci);

#endif
