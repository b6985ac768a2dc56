/* shop.h -- what the verbs of the public API share (room shop): the shop object, opening its store,
 * the context of an operation. Each verb is one file here. */
#ifndef SKUA_SHOP_SHOP_H
#define SKUA_SHOP_SHOP_H

#include "core/config.h"
#include "core/json.h"
#include "forecast/forecaster.h"
#include "math/ranks.h"
#include "store/store.h"

enum { SKUAI_PLUGGED_MOST = 8 };

struct skua_shop {
    char *folder; /* owned; NULL: of no workspace */
    skuai_config config;
    skua_callbacks callbacks;
    struct skuai_plugged *plugged[SKUAI_PLUGGED_MOST]; /* shop/plugged.h; owned */
    size_t n_plugged;
};

/* A shop of no workspace: settings (key, value, ..., NULL) and callbacks alone. *shop is the
 * caller's (skua_shop_close). */
SKUA_MUST_USE skua_status skuai_shop_loose(const char *const *settings,
                                           const skua_callbacks *callbacks, skua_shop **shop,
                                           skua_error *err);

/* The context of an operation of this shop: threads, seed, callbacks; the deadline from the setting
 * `time` when with_deadline. Lives as long as the shop. */
skuai_context skuai_shop_context(const skua_shop *shop, bool with_deadline);

SKUA_MUST_USE skua_status skuai_shop_store(const skua_shop *shop, skuai_store_mode mode,
                                           skuai_store **store, skua_error *err);

/* Whether this process is one of several that a launcher of MPI started. */
bool skuai_shop_several_ranks(void);

/* Run a verb as one of the ranks (math/ranks.h; alone where there are none): report goes to the
 * caller where `run` made one, which is on the first rank; the others are silent; a failure of one
 * keeps the others from waiting for it. report NULL: none is asked for. */
typedef skua_status (*skuai_shop_verb)(skua_shop *shop, const skuai_ranks *ranks, const void *how,
                                       char **report, skua_error *err);
SKUA_MUST_USE skua_status skuai_shop_as_rank(skua_shop *shop, skuai_shop_verb run, const void *how,
                                             char **report, skua_error *err);

/* A report under way: a buffer and a writer with the outermost object open. */
typedef struct skuai_report {
    skuai_buffer buffer;
    skuai_json_writer json;
} skuai_report;

void skuai_report_begin(skuai_report *report, const char *verb);
/* Close all that is open and hand the text over; on failure of any write, that failure. The report
 * is cleared in both cases. status: that of the verb so far; when it is none of SKUA_OK the report
 * is only cleared and status returned. */
SKUA_MUST_USE skua_status skuai_report_end(skuai_report *report, skua_status status, char **text,
                                           skua_error *err);

/* Quantile levels of the setting `levels`, into levels [SKUAI_LEVELS_MOST]. SKUA_ECONFIG. */
enum { SKUAI_LEVELS_MOST = 99 };
SKUA_MUST_USE skua_status skuai_shop_levels(const skua_shop *shop, double *levels, size_t *n,
                                            skua_error *err);

/* The horizon asked for, or the usual one of a grid. */
size_t skuai_shop_horizon(const skua_shop *shop, const skuai_grid *grid);

#endif
