/* simulate_plan.h -- the shop before its first day: groups, items, calendars, campaigns (room
 * simulate, private). Days are counted from the start of the history; [0, days) is history,
 * [days, total) the planned future. A plan is read-only while the groups are run. */
#ifndef SKUA_SIMULATE_SIMULATE_PLAN_H
#define SKUA_SIMULATE_SIMULATE_PLAN_H

#include "core/alloc.h"
#include "core/calendar/holiday.h"
#include "core/random.h"
#include "simulate/simulate.h"
#include "simulate/simulate_catalogue.h"

#define SKUAI_NO_ITEM     SIZE_MAX
#define SKUAI_GROUP_ITEMS 12 /* at most */
#define SKUAI_NEVER       1000000

/* Streams of the seed: one a group for each purpose, so that options do not disturb each other. */
enum {
    SKUAI_STREAM_PLAN,
    SKUAI_STREAM_ITEMS,
    SKUAI_STREAM_RUN,
    SKUAI_STREAM_ORDERS,
    SKUAI_STREAM_EVENTS,
    SKUAI_STREAM_PICTURES,
    SKUAI_STREAM_PROMOTIONS,
    SKUAI_STREAM_ERRORS,
    SKUAI_STREAMS
};

typedef enum skuai_promotion_kind {
    SKUAI_PROMOTION_DISCOUNT,
    SKUAI_PROMOTION_COUPON,
    SKUAI_PROMOTION_DISPLAY, /* no price cut */
    SKUAI_PROMOTION_KINDS
} skuai_promotion_kind;

typedef struct skuai_simulate_promotion {
    size_t number;  /* of a campaign, or inside the group */
    int department; /* a campaign's, -1: an item's own */
    size_t item;    /* SKUAI_NO_ITEM: a campaign */
    int channel;    /* -1: all */
    int from, to;   /* first and last day */
    skuai_promotion_kind kind;
    double depth;   /* share off the price */
    double display; /* log uplift of being shown */
    double budget;
} skuai_simulate_promotion;

typedef struct skuai_simulate_item {
    skuai_item_text text;
    size_t group;
    int colour, pattern;
    bool intermittent;
    double level;               /* log of units a day at p0 without words and looks, channel 0 */
    double words, looks, brand; /* logs */
    double trend;               /* log a year */
    double dispersion;          /* size of the negative binomial */
    double elasticity;          /* < 0; of a choice: the price weight of the logit */
    double reference; /* weight of a gain against the reference price; 0 under other laws */
    int64_t price;    /* first list price, 1/100 */
    int64_t cost;
    int launch, end;         /* first and last day on sale; launch < 0: before the history */
    size_t parent, replaces; /* items, SKUAI_NO_ITEM none */
    size_t parts[2];         /* of a bundle */
    int lead_time, moq, pack, shelf_life;
    double lead_time_sd;
    double opinion; /* the planner's forecast over the true one */
} skuai_simulate_item;

typedef struct skuai_simulate_group {
    int type;
    size_t first, n; /* items */
    skuai_simulate_law law;
    double year_amplitude;
    int year_peak;
    double outside; /* weight of not buying in a choice, relative to the group's level */
} skuai_simulate_group;

typedef struct skuai_festival {
    const char *name;
    double lift[SKUAI_DEPARTMENTS]; /* log, on its days */
} skuai_festival;

typedef struct skuai_simulate_plan {
    skuai_simulate_options options;
    int total; /* days and future days */
    skuai_arena *arena;
    skuai_holiday_rules *rules;
    skuai_holiday_list holidays; /* of [0, total) and around */
    size_t n_festivals;
    skuai_festival *festivals;
    double *festival_log; /* [SKUAI_DEPARTMENTS, total] */
    double week_log[SKUAI_DEPARTMENTS][7];
    char (*date)[12]; /* [total] "2024-05-01," */
    skuai_simulate_item *items;
    size_t n_items, n_groups;
    skuai_simulate_group *groups;
    size_t n_campaigns;
    skuai_simulate_promotion *campaigns;
    double word_effect[SKUAI_WORDS], colour_effect[SKUAI_COLOURS];
    double pattern_effect[SKUAI_PATTERNS], brand_effect[SKUAI_BRANDS];
    double channel_log[8], channel_price[8];
    double money; /* currency units a USD */
    const char *currency, *time_zone;
    int zone_minutes;
    size_t n_users;
    double events_per_unit; /* of expected demand */
    double spill;           /* share of turned-away units that try a substitute */
    double cannibal;        /* share of an uplift that comes from the group */
} skuai_simulate_plan;

extern const char *const skuai_channel_names[8];
const char *skuai_promotion_kind_name(skuai_promotion_kind kind);
const char *skuai_law_name(skuai_simulate_law law);

/* Make the plan. *plan is the caller's, to free. */
SKUA_MUST_USE skua_status skuai_simulate_plan_new(const skuai_simulate_options *options,
                                                  skuai_simulate_plan **plan, skua_error *err);
void skuai_simulate_plan_free(skuai_simulate_plan *plan);

/* Log season of a group on each day: week, year, festivals. season [total] out. */
void skuai_simulate_season(const skuai_simulate_plan *plan, const skuai_simulate_group *group,
                           double *season);

/* The promotions that touch a group: campaigns of its department, then its items' own. */
SKUA_MUST_USE skua_status skuai_simulate_promotions(const skuai_simulate_plan *plan, size_t group,
                                                    const double *season,
                                                    skuai_simulate_promotion **promotions,
                                                    size_t *n, skua_error *err);

/* Random stream of a group for a purpose. */
void skuai_simulate_stream(const skuai_simulate_plan *plan, size_t group, int purpose,
                           skuai_random *random);

#endif
