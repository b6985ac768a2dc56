#include "simulate/simulate_plan.h"

#include <math.h>
#include <string.h>
#include <strings.h>

const char *const skuai_channel_names[8] = {"web",    "app",  "marketplace", "store",
                                            "social", "live", "outlet",      "partner"};

const char *skuai_promotion_kind_name(skuai_promotion_kind kind) {
    static const char *const names[SKUAI_PROMOTION_KINDS] = {"discount", "coupon", "display"};
    return names[kind];
}

const char *skuai_law_name(skuai_simulate_law law) {
    static const char *const names[] = {"log-linear", "choice", "reference", "mixed"};
    return names[law];
}

void skuai_simulate_stream(const skuai_simulate_plan *plan, size_t group, int purpose,
                           skuai_random *random) {
    skuai_random_split(random, plan->options.seed,
                       (uint64_t)group * SKUAI_STREAMS + (uint64_t)purpose + 1000);
}

static double uniform(skuai_random *random, double low, double high) {
    return low + (high - low) * skuai_random_uniform(random);
}

static int integer(skuai_random *random, int low, int high) {
    return low + (int)skuai_random_index(random, (size_t)(high - low) + 1);
}

/* -- Shop-wide ----------------------------------------------------------------------------------
 */

static void plan_country(skuai_simulate_plan *plan) {
    static const struct {
        const char *country, *currency, *time_zone;
        double money;
        int zone_minutes;
    } known[] = {{"CN", "CNY", "Asia/Shanghai", 7, 480},
                 {"JP", "JPY", "Asia/Tokyo", 140, 540},
                 {"KR", "KRW", "Asia/Seoul", 1300, 540},
                 {"IN", "INR", "Asia/Kolkata", 80, 330},
                 {"US", "USD", "UTC", 1, 0},
                 {"GB", "GBP", "UTC", 0.8, 0},
                 {"DE", "EUR", "UTC", 0.9, 0},
                 {"FR", "EUR", "UTC", 0.9, 0},
                 {"IT", "EUR", "UTC", 0.9, 0},
                 {"ES", "EUR", "UTC", 0.9, 0},
                 {"BR", "BRL", "UTC", 5, 0},
                 {"AU", "AUD", "UTC", 1.5, 0},
                 {"CA", "CAD", "UTC", 1.3, 0}};
    plan->currency = "USD";
    plan->time_zone = "UTC";
    plan->money = 1;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].country);
        const char *wanted = plan->options.countries;
        if (strncasecmp(wanted, known[i].country, n) != 0) continue;
        if (wanted[n] != '\0' && wanted[n] != ',' && wanted[n] != '-') continue;
        plan->currency = known[i].currency;
        plan->time_zone = known[i].time_zone;
        plan->money = known[i].money;
        plan->zone_minutes = known[i].zone_minutes;
    }
}

static void plan_effects(skuai_simulate_plan *plan, skuai_random *random) {
    for (int i = 0; i < SKUAI_WORDS; i++)
        plan->word_effect[i] = skuai_words[i].effect * uniform(random, 0.8, 1.2);
    for (int i = 0; i < SKUAI_COLOURS; i++)
        plan->colour_effect[i] = skuai_colours[i].effect * uniform(random, 0.8, 1.2);
    for (int i = 0; i < SKUAI_PATTERNS; i++)
        plan->pattern_effect[i] = skuai_patterns[i].effect * uniform(random, 0.8, 1.2);
    for (int i = 0; i < SKUAI_BRANDS; i++)
        plan->brand_effect[i] = 0.25 * skuai_random_normal(random);
    for (int c = 0; c < 8; c++) {
        plan->channel_log[c] = c == 0 ? 0 : -0.35 * c + 0.1 * skuai_random_normal(random);
        plan->channel_price[c] = c == 0 ? 1 : uniform(random, 0.97, 1.03);
    }
    for (int d = 0; d < SKUAI_DEPARTMENTS; d++) {
        double mean = 0;
        for (int w = 0; w < 7; w++) {
            plan->week_log[d][w] = (w >= 5   ? skuai_departments[d].weekend
                                    : w == 4 ? 0.05
                                             : 0) +
                                   0.04 * skuai_random_normal(random);
            mean += plan->week_log[d][w] / 7;
        }
        for (int w = 0; w < 7; w++)
            plan->week_log[d][w] -= mean;
    }
}

/* Log lift of a festival before departments and chance. The new year of China stops deliveries. */
static double festival_lift(const skuai_holiday *holiday) {
    static const struct {
        const char *name;
        double lift;
    } known[] = {{"Singles' Day", 1.2},
                 {"Black Friday", 0.9},
                 {"618", 0.9},
                 {"Cyber Monday", 0.6},
                 {"Double 12", 0.6},
                 {"Prime Day", 0.6},
                 {"Chinese New Year (Spring Festival)", -0.7},
                 {"Korean New Year", -0.5},
                 {"Chinese New Year Shopping", 0.35},
                 {"Qixi", 0.4},
                 {"Valentine's Day", 0.45},
                 {"Mother's Day", 0.4},
                 {"Women's Day", 0.4},
                 {"Father's Day", 0.25},
                 {"Christmas Day", -0.3},
                 {"Christmas Eve", 0.4},
                 {"Christmas", 0.3},
                 {"Diwali", 0.7},
                 {"Back to School", 0.2},
                 {"Double 11 Season", 0.15},
                 {"618 Season", 0.15},
                 {"Mid-Autumn Gifts", 0.2},
                 {"Super Saturday", 0.6},
                 {"Mid-Autumn Festival", 0.2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(holiday->name, known[i].name) == 0) return known[i].lift;
    return holiday->kind == SKUAI_HOLIDAY_WORKDAY ? -0.05 : 0.08;
}

static skuai_festival *festival_of(skuai_simulate_plan *plan, const skuai_holiday *holiday,
                                   skuai_random *random) {
    for (size_t i = 0; i < plan->n_festivals; i++)
        if (strcmp(plan->festivals[i].name, holiday->name) == 0) return &plan->festivals[i];
    skuai_festival *festival = &plan->festivals[plan->n_festivals++];
    festival->name = holiday->name;
    for (int d = 0; d < SKUAI_DEPARTMENTS; d++)
        festival->lift[d] =
            festival_lift(holiday) * skuai_departments[d].gift * uniform(random, 0.7, 1.3);
    return festival;
}

/* Add a festival's log lift: its days whole, before a rising one four days of approach, behind a
 * big one three days of dip. */
static void festival_add(skuai_simulate_plan *plan, const skuai_holiday *holiday, int department,
                         double lift) {
    int day = (int)(holiday->day - plan->options.start_day);
    double *log_lift = plan->festival_log + (size_t)department * (size_t)plan->total;
    static const double approach[] = {1, 0.35, 0.2, 0.1, 0.05};
    bool first = holiday->nth_day == 0;
    for (int k = 0; k < 5 && (k == 0 || first); k++) {
        int t = day - k;
        if (t >= 0 && t < plan->total && (k == 0 || lift > 0)) log_lift[t] += approach[k] * lift;
    }
    for (int k = 1; k <= 3 && lift > 0.5; k++)
        if (day + k >= 0 && day + k < plan->total) log_lift[day + k] -= 0.2 * lift;
}

static skua_status plan_festivals(skuai_simulate_plan *plan, skuai_random *random,
                                  skua_error *err) {
    const skuai_simulate_options *o = &plan->options;
    SKUA_TRY(skuai_holiday_rules_builtin(&plan->rules, err));
    SKUA_TRY(skuai_holiday_list_get(plan->rules, o->countries, o->start_day - 40,
                                    o->start_day + plan->total + 40, &plan->holidays, err));
    plan->festivals = skuai_arena_take_zero(plan->arena, plan->holidays.n, sizeof(skuai_festival));
    plan->festival_log = skuai_arena_take_zero(plan->arena, SKUAI_DEPARTMENTS * (size_t)plan->total,
                                               sizeof *plan->festival_log);
    if (!plan->festivals || !plan->festival_log) return skuai_error_memory(err, "the calendar");
    for (size_t i = 0; i < plan->holidays.n; i++) {
        const skuai_holiday *h = &plan->holidays.items[i];
        bool twice = false; /* named by two calendars */
        for (size_t k = i; k-- > 0 && plan->holidays.items[k].day == h->day;)
            twice = twice || strcmp(plan->holidays.items[k].name, h->name) == 0;
        if (twice || h->observed) continue;
        const skuai_festival *festival = festival_of(plan, h, random);
        for (int d = 0; d < SKUAI_DEPARTMENTS; d++)
            festival_add(plan, h, d, festival->lift[d]);
    }
    for (size_t i = 0; i < SKUAI_DEPARTMENTS * (size_t)plan->total; i++)
        plan->festival_log[i] = fmin(1.8, fmax(-1.5, plan->festival_log[i]));
    return SKUA_OK;
}

void skuai_simulate_season(const skuai_simulate_plan *plan, const skuai_simulate_group *group,
                           double *season) {
    int department = skuai_product_types[group->type].department;
    const double *festival = plan->festival_log + (size_t)department * (size_t)plan->total;
    int64_t start = plan->options.start_day;
    int weekday = skuai_day_of_week(start);
    for (int t = 0; t < plan->total; t++) {
        double angle =
            2 * 3.14159265358979 * (skuai_day_of_year(start + t) - group->year_peak) / 365.25;
        season[t] = plan->week_log[department][(weekday + t) % 7] +
                    group->year_amplitude * (cos(angle) + 0.25 * cos(2 * angle)) + festival[t];
    }
}

/* -- Promotions ---------------------------------------------------------------------------------
 */

/* First day of a promotion of `length` days in [low, high]: at random, or the best of five by what
 * the season makes of it. */
static int place(const skuai_simulate_plan *plan, skuai_random *random, const double *season,
                 int low, int high, int length) {
    int best = integer(random, low, high);
    if (plan->options.placement != SKUAI_SIMULATE_PLACED_HIGH) return best;
    double best_sum = -INFINITY;
    for (int k = 0, at = best; k < 5; k++, at = integer(random, low, high)) {
        double sum = 0;
        for (int t = at; t < at + length && t < plan->total; t++)
            sum += season[t];
        if (sum > best_sum) {
            best_sum = sum;
            best = at;
        }
    }
    return best;
}

static skuai_simulate_promotion promotion_draw(const skuai_simulate_plan *plan,
                                               skuai_random *random, const double *season, int low,
                                               int high, int longest) {
    static const double depths[] = {0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5};
    skuai_simulate_promotion p = {.department = -1, .item = SKUAI_NO_ITEM, .channel = -1};
    int length = integer(random, 3, longest);
    p.from = place(plan, random, season, low, high, length);
    p.to = p.from + length - 1 < plan->total ? p.from + length - 1 : plan->total - 1;
    double u = skuai_random_uniform(random);
    p.kind = u < 0.6   ? SKUAI_PROMOTION_DISCOUNT
             : u < 0.8 ? SKUAI_PROMOTION_COUPON
                       : SKUAI_PROMOTION_DISPLAY;
    if (p.kind != SKUAI_PROMOTION_DISPLAY) p.depth = depths[skuai_random_index(random, 8)];
    p.display = uniform(random, 0.05, 0.25) + (p.kind == SKUAI_PROMOTION_DISPLAY ? 0.3 : 0);
    if (plan->options.channels > 1 && skuai_random_uniform(random) < 0.4)
        p.channel = (int)skuai_random_index(random, plan->options.channels);
    p.budget = floor(uniform(random, 5, 100)) * 100 * plan->money;
    return p;
}

/* A third of the days on promotion come from campaigns, the rest from items' own actions. */
static size_t promotion_count(const skuai_simulate_plan *plan, double share, double mean_length,
                              double days) {
    double channels = plan->options.channels > 1 ? 0.6 + 0.4 / (double)plan->options.channels
                                                 : 1; /* share of channels that one covers */
    return (size_t)(share * plan->options.promotion_rate * days / mean_length / channels + 0.5);
}

static skua_status plan_campaigns(skuai_simulate_plan *plan, skuai_random *random,
                                  skua_error *err) {
    size_t each = promotion_count(plan, 1.0 / 3, 6, plan->total), n = each * SKUAI_DEPARTMENTS;
    plan->campaigns = skuai_arena_take(plan->arena, n, sizeof *plan->campaigns);
    if (!plan->campaigns) return skuai_error_memory(err, "campaigns");
    for (size_t i = 0; i < n; i++) {
        int department = (int)(i % SKUAI_DEPARTMENTS);
        const double *season = plan->festival_log + (size_t)department * (size_t)plan->total;
        skuai_simulate_promotion p = promotion_draw(plan, random, season, 0, plan->total - 1, 9);
        p.department = department;
        p.number = i + 1;
        p.depth *= 0.6;
        plan->campaigns[plan->n_campaigns++] = p;
    }
    return SKUA_OK;
}

skua_status skuai_simulate_promotions(const skuai_simulate_plan *plan, size_t group,
                                      const double *season, skuai_simulate_promotion **promotions,
                                      size_t *n, skua_error *err) {
    const skuai_simulate_group *g = &plan->groups[group];
    skuai_random random;
    skuai_simulate_stream(plan, group, SKUAI_STREAM_PROMOTIONS, &random);
    size_t most = plan->n_campaigns / SKUAI_DEPARTMENTS + 1;
    for (size_t i = 0; i < g->n; i++)
        most += promotion_count(plan, 2.0 / 3, 7.5, plan->total) + 1;
    skuai_simulate_promotion *list = skuai_new(most, sizeof *list);
    if (!list) return skuai_error_memory(err, "promotions");
    size_t count = 0, number = 0;
    for (size_t i = 0; i < plan->n_campaigns; i++)
        if (plan->campaigns[i].department == skuai_product_types[g->type].department)
            list[count++] = plan->campaigns[i];
    for (size_t i = 0; i < g->n; i++) {
        const skuai_simulate_item *item = &plan->items[g->first + i];
        int low = item->launch < 0 ? 0 : item->launch;
        int high = item->end < plan->total ? item->end : plan->total - 1;
        double expected = 2.0 / 3 * plan->options.promotion_rate * (high - low + 1);
        size_t wanted = promotion_count(plan, 2.0 / 3, 7.5, high - low + 1);
        if (wanted == 0 && skuai_random_uniform(&random) < expected / 7.5) wanted = 1;
        for (size_t k = 0; k < wanted; k++) {
            skuai_simulate_promotion p = promotion_draw(plan, &random, season, low, high, 12);
            p.item = g->first + i;
            p.number = ++number;
            if (p.to > high) p.to = high;
            list[count++] = p;
        }
    }
    *promotions = list;
    *n = count;
    return SKUA_OK;
}

/* -- Groups and items ---------------------------------------------------------------------------
 */

static void draw_words(skuai_random *random, skuai_item_text *text) {
    int order[SKUAI_WORDS];
    for (int i = 0; i < SKUAI_WORDS; i++)
        order[i] = i;
    text->n_title = integer(random, 1, 3);
    text->n_description = integer(random, 1, 3);
    for (int i = 0; i < text->n_title + text->n_description; i++) {
        int j = integer(random, i, SKUAI_WORDS - 1), word = order[j];
        order[j] = order[i];
        order[i] = word;
        if (i < text->n_title)
            text->title[i] = word;
        else
            text->description[i - text->n_title] = word;
    }
}

static double words_effect(const skuai_simulate_plan *plan, const skuai_item_text *text) {
    double sum = 0;
    for (int i = 0; i < text->n_title; i++)
        sum += plan->word_effect[text->title[i]];
    for (int i = 0; i < text->n_description; i++)
        sum += SKUAI_DESCRIPTION_SHARE * plan->word_effect[text->description[i]];
    return sum;
}

static void item_life(const skuai_simulate_plan *plan, skuai_random *random,
                      skuai_simulate_item *item) {
    const skuai_simulate_options *o = &plan->options;
    item->launch = -integer(random, 1, 900);
    item->end = SKUAI_NEVER;
    double launched = skuai_random_uniform(random), ended = skuai_random_uniform(random);
    int margin = o->days / 10;
    if (launched < o->launches) item->launch = integer(random, margin, o->days - margin);
    int low = item->launch + 90 > margin ? item->launch + 90 : margin;
    if (ended < o->deaths && low < o->days - 2) item->end = integer(random, low, o->days - 2);
}

static void item_draw(const skuai_simulate_plan *plan, skuai_random *random,
                      const skuai_simulate_group *group, double elasticity, double level,
                      skuai_simulate_item *item) {
    const skuai_simulate_options *o = &plan->options;
    item->text.type = group->type;
    item->text.brand = (int)skuai_random_index(random, SKUAI_BRANDS);
    double u = skuai_random_uniform(random);
    item->text.chinese =
        o->language == SKUAI_SIMULATE_CHINESE || (o->language == SKUAI_SIMULATE_BOTH && u < 0.5);
    draw_words(random, &item->text);
    item->colour = (int)skuai_random_index(random, SKUAI_COLOURS);
    item->pattern = (int)skuai_random_index(random, SKUAI_PATTERNS);
    item->words = words_effect(plan, &item->text);
    item->looks = plan->colour_effect[item->colour] + plan->pattern_effect[item->pattern];
    item->brand = plan->brand_effect[item->text.brand];
    item->intermittent = skuai_random_uniform(random) < o->intermittent;
    double noise = skuai_random_normal(random);
    item->level = item->intermittent ? log(0.08) + 0.6 * noise : level + 0.5 * noise;
    item->trend = 0.12 * skuai_random_normal(random);
    item->dispersion = item->intermittent ? 0.6 : exp(uniform(random, log(3), log(25)));
    item->elasticity = -fmin(4.5, fmax(0.6, elasticity + 0.3 * skuai_random_normal(random)));
    item->reference = group->law == SKUAI_SIMULATE_REFERENCE ? uniform(random, 0.8, 2.0) : 0;
    double price = skuai_product_types[group->type].price * plan->money *
                   exp(0.3 * skuai_random_normal(random));
    item->price = (int64_t)fmax(100, floor(price * 100 + 0.5));
    item->cost = (int64_t)(uniform(random, 0.4, 0.65) * (double)item->price);
    item->parent = item->replaces = item->parts[0] = item->parts[1] = SKUAI_NO_ITEM;
    item_life(plan, random, item);
    item->lead_time = integer(random, 3, 21);
    item->lead_time_sd = uniform(random, 0.1, 0.35) * item->lead_time;
    static const int packs[] = {1, 1, 1, 2, 6, 12};
    item->pack = item->intermittent ? 1 : packs[skuai_random_index(random, 6)];
    item->moq = item->pack * integer(random, 1, item->intermittent ? 2 : 5);
    item->opinion = uniform(random, 0.85, 1.15);
    item->shelf_life =
        skuai_product_types[group->type].department == 0 ? integer(random, 60, 400) : 0;
}

/* Variants of one product, a successor, a bundle: what binds the items of a group. */
static void group_bonds(const skuai_simulate_plan *plan, skuai_random *random,
                        skuai_simulate_item *items, const skuai_simulate_group *group) {
    size_t n = group->n;
    if (n >= 3 && skuai_random_uniform(random) < 0.5) {
        size_t variants = 2 + skuai_random_index(random, n - 2);
        for (size_t i = 0; i < variants; i++) {
            items[i].text.variant = (int)i + 1;
            if (i == 0) continue;
            items[i].parent = group->first;
            items[i].text.brand = items[0].text.brand;
            items[i].brand = items[0].brand;
            items[i].price = items[0].price;
        }
    }
    for (size_t i = 1; i < n; i++) {
        if (items[i].launch < 0 || skuai_random_uniform(random) < 0.4) continue;
        skuai_simulate_item *old = &items[i - 1]; /* sold out a little after the new one came */
        if (old->launch >= items[i].launch || old->replaces != SKUAI_NO_ITEM ||
            items[i].launch + 20 >= plan->options.days)
            continue;
        items[i].replaces = group->first + i - 1;
        old->end = items[i].launch + 20;
    }
    if (n >= 4 && skuai_random_uniform(random) < 0.25) {
        skuai_simulate_item *bundle = &items[n - 1];
        bundle->text.bundle = true;
        bundle->parts[0] = group->first;
        bundle->parts[1] = group->first + 1;
        bundle->price = (items[0].price + items[1].price) * 9 / 10;
        bundle->cost = items[0].cost + items[1].cost;
        bundle->parent = bundle->replaces = SKUAI_NO_ITEM;
        bundle->text.variant = 0;
    }
}

static void group_draw(const skuai_simulate_plan *plan, skuai_random *random,
                       skuai_simulate_group *group, skuai_simulate_item *items, size_t index) {
    const skuai_department *department =
        &skuai_departments[skuai_product_types[group->type].department];
    group->law = plan->options.law;
    size_t law = skuai_random_index(random, 3);
    if (group->law == SKUAI_SIMULATE_MIXED) group->law = (skuai_simulate_law)law;
    group->year_amplitude = department->year_amplitude * uniform(random, 0.6, 1.4);
    group->year_peak = department->year_peak + integer(random, -20, 20);
    group->outside = uniform(random, 0.5, 2);
    double elasticity = uniform(random, 1.2, 3.2);
    double level = log(2.5) + 0.8 * skuai_random_normal(random);
    for (size_t i = 0; i < group->n; i++) {
        items[i] = (skuai_simulate_item){.group = index};
        item_draw(plan, random, group, elasticity, level, &items[i]);
    }
    group_bonds(plan, random, items, group);
}

static skua_status plan_groups(skuai_simulate_plan *plan, skuai_random *random, skua_error *err) {
    size_t n = plan->options.items;
    plan->items = skuai_arena_take(plan->arena, n, sizeof *plan->items);
    plan->groups = skuai_arena_take_zero(plan->arena, n / 4 + 1, sizeof *plan->groups);
    if (!plan->items || !plan->groups) return skuai_error_memory(err, "items");
    for (size_t first = 0; first < n;) {
        size_t size = 4 + skuai_random_index(random, SKUAI_GROUP_ITEMS - 3 - 3);
        if (n - first < size + 4) size = n - first < SKUAI_GROUP_ITEMS ? n - first : 4;
        skuai_simulate_group *group = &plan->groups[plan->n_groups];
        group->first = first;
        group->n = size;
        group->type = (int)(plan->n_groups < SKUAI_TYPES
                                ? plan->n_groups * 17 % SKUAI_TYPES /* all of them first */
                                : skuai_random_index(random, SKUAI_TYPES));
        skuai_random own;
        skuai_simulate_stream(plan, plan->n_groups, SKUAI_STREAM_ITEMS, &own);
        group_draw(plan, &own, group, plan->items + first, plan->n_groups);
        first += size;
        plan->n_groups++;
    }
    plan->n_items = n;
    double units = 0; /* expected, for the density of events */
    for (size_t i = 0; i < n; i++) {
        const skuai_simulate_item *item = &plan->items[i];
        int from = item->launch < 0 ? 0 : item->launch;
        int to = item->end < plan->options.days ? item->end : plan->options.days - 1;
        double mean = exp(item->level + item->words + item->looks + item->brand);
        for (size_t c = 0; c < plan->options.channels; c++)
            units += 1.15 * mean * exp(plan->channel_log[c]) * (to - from + 1);
    }
    plan->events_per_unit = units > 0 ? (double)plan->options.events / units : 0;
    plan->n_users = plan->options.events / 25 + 20;
    return SKUA_OK;
}

static skua_status plan_fill(skuai_simulate_plan *plan, skua_error *err) {
    const skuai_simulate_options *o = &plan->options;
    skuai_random random;
    skuai_random_split(&random, o->seed, SKUAI_STREAM_PLAN);
    plan_country(plan);
    plan_effects(plan, &random);
    SKUA_TRY(plan_festivals(plan, &random, err));
    SKUA_TRY(plan_campaigns(plan, &random, err));
    plan->date = skuai_arena_take_zero(plan->arena, (size_t)plan->total, sizeof *plan->date);
    if (!plan->date) return skuai_error_memory(err, "the calendar");
    for (int t = 0; t < plan->total; t++)
        *skuai_put_date(plan->date[t], o->start_day + t) = ',';
    plan->spill = 0.4;
    plan->cannibal = 0.3;
    return plan_groups(plan, &random, err);
}

skua_status skuai_simulate_plan_new(const skuai_simulate_options *options,
                                    skuai_simulate_plan **plan, skua_error *err) {
    skuai_simulate_plan *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a simulation");
    made->options = *options;
    made->total = options->days + options->future_days;
    made->arena = skuai_arena_new(0);
    skua_status status =
        made->arena ? plan_fill(made, err) : skuai_error_memory(err, "a simulation");
    if (status != SKUA_OK) {
        skuai_simulate_plan_free(made);
        return status;
    }
    *plan = made;
    return SKUA_OK;
}

void skuai_simulate_plan_free(skuai_simulate_plan *plan) {
    if (!plan) return;
    skuai_holiday_list_clear(&plan->holidays);
    skuai_holiday_rules_free(plan->rules);
    skuai_arena_free(plan->arena);
    skuai_free(plan);
}
