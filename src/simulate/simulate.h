/* simulate.h -- a shop with known truth, written as the files that a real shop would have (room
 * simulate, floor 3). What skua learns from the files can be held against truth/, which no other
 * command reads.
 *
 * The shop. Items stand in groups of substitutes (a product type, some brands), groups in
 * departments. For item i, channel c and day t the expected demand is
 *
 *     own  = baseline * season * price * promotion
 *     mean = own - pull_forward - cannibalised
 *
 *   baseline  the item's level (log-normal, or rare for intermittent items) times its words, looks,
 *             brand, channel, trend, a slow AR(1), the ramp after launch and the fade before the
 * end season    exp(week + year + festivals): profiles of the department, festivals of the
 * calendars of the countries with a rise before and a dip behind the big ones price     by the
 * group's law, p the price paid, p0 the item's first list price: log-linear  (p / p0)^elasticity
 *             choice      multinomial logit between the group's items and not buying
 *             reference   exp(cap tanh(x / cap)), x = elasticity log(p / p0) + gain log(ref / p)
 * with ref the exponentially smoothed price, losses counting half as much again promotion exp(sum
 * of the displays of the promotions that run) pull_forward   what buyers of earlier promotions do
 * not need now: a share of each uplift is paid back at 8 % of what is left a day, at most 70 % of a
 * day's demand cannibalised   a share of the uplift of the group's other items (in a choice: what
 * the logit says)
 *
 * Demand is negative binomial around the mean. Stock follows an order-up-to policy with random lead
 * times and a planner who tracks the stock-out rate asked for; sold = min(demand, stock), of the
 * units that a stock-out turned away a share goes to substitutes in stock (`spill`). Buyers arrive
 * evenly over the day: `available` is the moment at which the last unit went.
 *
 * Sources: Gupta 1988, J. Marketing Research 25 (decomposition of promotion response); McFadden
 * 1974 (logit); Winer 1986, J. Consumer Research 13 (reference price).
 *
 * Deterministic: the same options give the same bytes for any number of threads (a random stream a
 * group). Files are written beside their names and renamed when all is done. */
#ifndef SKUA_SIMULATE_SIMULATE_H
#define SKUA_SIMULATE_SIMULATE_H

#include "core/context.h"

typedef enum skuai_simulate_law {
    SKUAI_SIMULATE_LOG_LINEAR,
    SKUAI_SIMULATE_CHOICE,
    SKUAI_SIMULATE_REFERENCE,
    SKUAI_SIMULATE_MIXED /* a law a group, at random */
} skuai_simulate_law;

typedef enum skuai_simulate_placement {
    SKUAI_SIMULATE_PLACED_RANDOM,
    SKUAI_SIMULATE_PLACED_HIGH /* where demand is high anyway: naive uplift is biased */
} skuai_simulate_placement;

typedef enum skuai_simulate_language {
    SKUAI_SIMULATE_ENGLISH,
    SKUAI_SIMULATE_CHINESE,
    SKUAI_SIMULATE_BOTH /* every second item, by chance */
} skuai_simulate_language;

typedef struct skuai_simulate_options {
    uint64_t seed;
    size_t items;          /* 1 .. 1,000,000 */
    int days;              /* of history, 14 .. 20,000 */
    int future_days;       /* planned beyond the end, with their true demand, 0 .. 1000 */
    size_t channels;       /* 1 .. 8 */
    int64_t start_day;     /* first day, as in core/period.h; the years 1990 .. 2090 */
    const char *countries; /* calendars, as skuai_holiday_list_get takes them */
    skuai_simulate_language language;
    skuai_simulate_law law;
    skuai_simulate_placement placement;
    double intermittent;   /* share of items that sell rarely, 0..1 */
    double promotion_rate; /* share of item-days on promotion, about, 0..0.5 */
    double stockout_rate;  /* share of days not available all day, about, 0..0.5; 0: never out */
    double launches;       /* share of items launched during the history, 0..1 */
    double deaths;         /* share of items that end during it, 0..1 */
    double errors; /* share of the rows of sales.csv, and of the categories, that are wrong: all of
                      them are listed in truth/findings.csv; 0..0.2 */
    bool orders;   /* orders.csv and stock.csv in place of sales.csv */
    bool pictures; /* images/ITEM.png, 64 x 64 */
    size_t events; /* visitors' events, about; 0: no events.csv */
    bool truth_days; /* truth/demand.csv: a row an item, channel and day */
    bool overwrite;  /* replace the files of an earlier simulation */
} skuai_simulate_options;

#define SKUAI_SIMULATE_DEFAULT                                                                     \
    ((skuai_simulate_options){.seed = 1,                                                           \
                              .items = 200,                                                        \
                              .days = 730,                                                         \
                              .future_days = 28,                                                   \
                              .channels = 2,                                                       \
                              .start_day = 19358,                                                  \
                              .countries = "CN,shopping",                                          \
                              .language = SKUAI_SIMULATE_BOTH,                                     \
                              .law = SKUAI_SIMULATE_MIXED,                                         \
                              .placement = SKUAI_SIMULATE_PLACED_RANDOM,                           \
                              .intermittent = 0.3,                                                 \
                              .promotion_rate = 0.08,                                              \
                              .stockout_rate = 0.05,                                               \
                              .launches = 0.15,                                                    \
                              .deaths = 0.08,                                                      \
                              .pictures = true,                                                    \
                              .events = 20000,                                                     \
                              .truth_days = true})

/* What was made. */
typedef struct skuai_simulate_report {
    size_t items, channels, groups;
    size_t sales_rows, order_lines, events, promotions, pictures;
    double units_wanted; /* true demand of the history */
    double units_sold;
    double stockout_share; /* of item-channel-days with available < 1 */
} skuai_simulate_report;

/* Make a shop in `folder`, which is made when absent. context: threads, progress, cancel; its seed
 * is not used. report may be NULL. On failure nothing is left but a folder.
 * SKUA_ERANGE: an option outside its range, named; SKUA_ENOTFOUND: an unknown country;
 * SKUA_EEXIST: the folder holds an earlier simulation and overwrite is off; SKUA_EIO: a file could
 * not be written, with the reason; SKUA_ECANCEL, SKUA_EDEADLINE, SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_simulate(const skuai_simulate_options *options, const char *folder,
                                         const skuai_context *context,
                                         skuai_simulate_report *report, skua_error *err);

#endif
