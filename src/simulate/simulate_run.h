/* simulate_run.h -- the days of one group of substitutes, channel by channel, and the rows that
 * they leave in the shop's files (room simulate, private). One run is worked by one thread. */
#ifndef SKUA_SIMULATE_SIMULATE_RUN_H
#define SKUA_SIMULATE_SIMULATE_RUN_H

#include "simulate/simulate_plan.h"

/* Files to which every group adds rows. */
typedef enum skuai_simulate_file {
    SKUAI_FILE_SALES,
    SKUAI_FILE_ORDERS,
    SKUAI_FILE_STOCK,
    SKUAI_FILE_ITEMS,
    SKUAI_FILE_PARTS,
    SKUAI_FILE_PROMOTIONS,
    SKUAI_FILE_SUPPLY,
    SKUAI_FILE_EVENTS,
    SKUAI_FILE_FUTURE,
    SKUAI_FILE_TRUTH_DEMAND,
    SKUAI_FILE_TRUTH_ITEMS,
    SKUAI_FILE_TRUTH_PROMOTIONS,
    SKUAI_FILE_TRUTH_STOCKOUTS,
    SKUAI_FILE_TRUTH_FINDINGS,
    SKUAI_FILES_GROUP, /* those above are written group by group */
    SKUAI_FILE_CHANNELS = SKUAI_FILES_GROUP,
    SKUAI_FILE_CALENDAR,
    SKUAI_FILE_TRUTH_WORDS,
    SKUAI_FILE_TRUTH_LOOKS,
    SKUAI_FILE_TRUTH_FESTIVALS,
    SKUAI_FILE_TRUTH_SHOP,
    SKUAI_FILES
} skuai_simulate_file;

/* An item in a channel on a day. */
typedef struct skuai_simulate_cell {
    double baseline, price_effect, promotion; /* factors of own */
    double own;   /* expected demand but for what other promotions take */
    double plain; /* own without promotions: at the list price, not displayed */
    double pull, cannibalised, mean;
    int64_t list, price; /* 1/100 */
    double display;
    uint32_t demand, sold, spill, lost, stock;
    float available;
    bool on_sale, promoted;
} skuai_simulate_cell;

typedef struct skuai_stock_state {
    int64_t on_hand;
    int n_orders;
    int order_day[16];
    int64_t order_units[16];
    double safety; /* standard deviations of safety stock: the planner moves it */
} skuai_stock_state;

/* What a promotion did to this group, in expected units of the history. */
typedef struct skuai_promotion_truth {
    double uplift, pulled_forward, cannibalised;
} skuai_promotion_truth;

typedef struct skuai_simulate_run {
    const skuai_simulate_plan *plan;
    size_t index;
    const skuai_simulate_group *group;
    const skuai_simulate_item *items; /* [group->n] */
    skuai_random random, errors;
    double *season;             /* [total] log, then factor in `season_factor` */
    double *season_factor;      /* [total] */
    int64_t *list;              /* [n, total] list prices of channel 0 */
    double *slow;               /* [n, total] log: trend and slow noise */
    double *ahead;              /* [n, total + 1] running sums of own */
    skuai_simulate_cell *cells; /* [n, total] of the channel at work */
    skuai_simulate_promotion *promotions;
    skuai_promotion_truth *truth; /* [n_promotions] */
    size_t n_promotions;
    skuai_stock_state stock[SKUAI_GROUP_ITEMS];
    skuai_buffer *files; /* [SKUAI_FILES_GROUP] borrowed */
    size_t n_orders;     /* numbers given so far */
    skuai_simulate_report report;
    size_t stockout_days, sale_days;
} skuai_simulate_run;

/* Run a whole group: every channel, all rows into `files` [SKUAI_FILES_GROUP], and add what was
 * made to *report (stockout_share is left alone: the days are counted in out_days and sale_days).
 */
SKUA_MUST_USE skua_status skuai_simulate_group_run(const skuai_simulate_plan *plan, size_t group,
                                                   skuai_buffer *files,
                                                   skuai_simulate_report *report, size_t *out_days,
                                                   size_t *sale_days, skua_error *err);

/* Parts of it. Prices, effects and expected demand of a channel on every day: */
void skuai_simulate_prepare(skuai_simulate_run *run, size_t channel);
/* demand drawn, stock moved, units sold; the state behind the last day stays in run->stock: */
void skuai_simulate_sell(skuai_simulate_run *run, size_t channel);
/* rows of a channel: */
void skuai_simulate_sales_rows(skuai_simulate_run *run, size_t channel);
void skuai_simulate_order_rows(skuai_simulate_run *run, size_t channel, skuai_random *random);
void skuai_simulate_event_rows(skuai_simulate_run *run, size_t channel, skuai_random *random);
void skuai_simulate_truth_rows(skuai_simulate_run *run, size_t channel);
void skuai_simulate_supply_rows(skuai_simulate_run *run, size_t channel);
/* rows of the group: */
void skuai_simulate_item_rows(skuai_simulate_run *run);
void skuai_simulate_promotion_rows(skuai_simulate_run *run);

/* One day of one item's stock. Arrivals of the morning; an order in the evening. */
void skuai_stock_open(const skuai_simulate_run *run, size_t i, int day, skuai_stock_state *stock);
void skuai_stock_arrive(skuai_stock_state *stock, int day);
void skuai_stock_order(const skuai_simulate_run *run, size_t i, int day, skuai_stock_state *stock,
                       skuai_random *random);

/* A buyer or visitor of a group: half of them are its own public. */
size_t skuai_simulate_user(const skuai_simulate_plan *plan, size_t group, skuai_random *random);
/* A second of the day by the hours at which people shop. */
int skuai_simulate_second(skuai_random *random);

char *skuai_put_item(char *at, size_t item);
char *skuai_put_user(char *at, size_t user);

#endif
