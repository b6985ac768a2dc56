/* The truth of a simulated shop: what is sold follows from what was wanted, laws and effects are
 * those that truth/ states, and can be found again in the counts. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/period.h"
#include "simulate/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ITEMS 400

/* truth/demand.csv beside sales.csv: the rows stand in the same order, future days only in one. */
typedef struct truth_row {
    int item; /* 0 first */
    char channel[16];
    int64_t day;
    double demand, mean, baseline, season, price_effect, promotion, pull, cannibalised, spill, lost;
    double plain;
    bool history;
    double units, price, list, available, stock;
} truth_row;

typedef struct truth_item {
    int group;
    char law[16];
    int intermittent;
    double level, words, looks, brand, trend, dispersion, elasticity, reference, price, pull;
} truth_item;

typedef struct shop {
    char folder[256];
    skuai_simulate_report report;
    truth_row *rows;
    size_t n;
    truth_item items[MOST_ITEMS];
} shop;

static FILE *open_file(const char *folder, const char *name) {
    char path[512], line[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    return f;
}

static bool read_truth(FILE *f, truth_row *r) {
    int year, month, day;
    int n = fscanf(f, "I%d,%15[a-z],%d-%d-%d,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf\n",
                   &r->item, r->channel, &year, &month, &day, &r->demand, &r->mean, &r->baseline,
                   &r->season, &r->price_effect, &r->promotion, &r->pull, &r->cannibalised,
                   &r->spill, &r->lost, &r->plain);
    if (n != 16) return false;
    r->item--;
    r->day = skuai_day_from_date(year, month, day);
    return true;
}

static void read_shop(shop *s, int64_t end) {
    FILE *truth = open_file(s->folder, "truth/demand.csv");
    FILE *sales = open_file(s->folder, "sales.csv");
    size_t capacity = 1u << 16;
    s->rows = skuai_new(capacity, sizeof *s->rows);
    for (truth_row r; read_truth(truth, &r); s->rows[s->n++] = r) {
        if (s->n == capacity) s->rows = skuai_resize(s->rows, capacity *= 2, sizeof *s->rows);
        assert_non_null(s->rows);
        r.history = r.day < end;
        double own = r.baseline * r.season * r.price_effect * r.promotion;
        if (r.promotion > 1.001) assert_true(r.plain < own); /* what it would be without */
        if (!r.history) continue;
        int item, year, month, day;
        char channel[16];
        assert_int_equal(fscanf(sales, "I%d,%15[a-z],%d-%d-%d,%lf,%lf,%lf,%lf,%lf\n", &item,
                                channel, &year, &month, &day, &r.units, &r.price, &r.list,
                                &r.available, &r.stock),
                         10);
        assert_int_equal(item, r.item + 1);
        assert_string_equal(channel, r.channel);
        assert_int_equal(skuai_day_from_date(year, month, day), r.day);
    }
    assert_int_equal(fgetc(sales), EOF);
    (void)fclose(sales);
    (void)fclose(truth);
    FILE *f = open_file(s->folder, "truth/items.csv");
    for (size_t i = 0; i < s->report.items; i++) {
        truth_item *t = &s->items[i];
        int item;
        assert_int_equal(fscanf(f, "I%d,%d,%15[a-z-],%d,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf",
                                &item, &t->group, t->law, &t->intermittent, &t->level, &t->words,
                                &t->looks, &t->brand, &t->trend, &t->dispersion, &t->elasticity,
                                &t->reference, &t->price, &t->pull),
                         14);
        assert_int_equal(item, i + 1);
        char rest[512];
        assert_non_null(fgets(rest, sizeof rest, f));
    }
    (void)fclose(f);
}

static void make_shop(shop *s, const skuai_simulate_options *options) {
    skua_error err;
    *s = (shop){0};
    test_folder_new(s->folder, sizeof s->folder);
    assert_ok(skuai_simulate(options, s->folder, NULL, &s->report, &err), &err);
    assert_true(s->report.items <= MOST_ITEMS);
    read_shop(s, options->start_day + options->days);
}

static void free_shop(shop *s) {
    skuai_free(s->rows);
    test_folder_remove(s->folder);
}

static skuai_simulate_options small(void) {
    skuai_simulate_options o = SKUAI_SIMULATE_DEFAULT;
    o.items = 60;
    o.days = 400;
    o.pictures = false;
    o.events = 0;
    return o;
}

static void what_is_sold_follows_from_what_was_wanted(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    shop s;
    make_shop(&s, &o);
    double wanted = 0, sold = 0, turned = 0, spilled = 0, lost = 0;
    double moments = 0, expected = 0, partly = 0;
    size_t out = 0, days = 0;
    for (size_t k = 0; k < s.n; k++) {
        const truth_row *r = &s.rows[k];
        double own = r->baseline * r->season * r->price_effect * r->promotion;
        /* printed to five decimals each: the factors are good to 1e-5 of 0.25 at worst */
        assert_close(own - r->pull - r->cannibalised, r->mean, 1e-3, 5e-4);
        assert_true(r->mean >= 0 && r->pull >= 0 && r->cannibalised >= 0);
        if (!r->history) continue;
        days++;
        assert_true(r->available >= 0 && r->available <= 1);
        assert_true(r->units <= r->demand + r->spill);
        if (r->available == 1) {
            /* in stock all day: nobody was turned away (0.9995 and up is printed as 1) */
            assert_true(r->stock > 0 || r->units > 0);
            if (r->stock > 0) assert_close(r->units, r->demand + r->spill, 0, 0);
        }
        if (r->available == 0) assert_close(r->units, 0, 0, 0);
        if (r->stock > 0) assert_close(r->lost, 0, 0, 0);
        assert_true(r->price <= r->list && r->price > 0);
        if (r->available > 0 && r->stock == 0) { /* unit k of n arrivals: k / (n + 1) of the day */
            moments += r->available;
            expected += r->units / (r->demand + r->spill + 1);
            partly++;
        }
        wanted += r->demand;
        sold += r->units;
        turned += r->demand - (r->units - r->spill);
        spilled += r->spill;
        lost += r->lost;
        out += r->available < 1;
    }
    assert_close(turned, spilled + lost, 0, 0); /* nobody appears or vanishes */
    assert_close(wanted, sold + lost, 0, 0);
    assert_true(partly > 300);
    assert_close(moments / partly, expected / partly, 0, 3 * 0.25 / sqrt(partly));
    assert_true(spilled > 0.2 * turned && spilled < 0.4 * turned);
    assert_close(s.report.units_wanted, wanted, 0, 0);
    assert_close(s.report.units_sold, sold, 0, 0);
    assert_int_equal(s.report.sales_rows, days);
    assert_close((double)out / (double)days, 0.05, 0, 0.02);
    assert_close(s.report.stockout_share, (double)out / (double)days, 0.01, 0);
    free_shop(&s);
}

static void stockouts_obey(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.stockout_rate = 0;
    shop s;
    make_shop(&s, &o);
    for (size_t k = 0; k < s.n; k++)
        if (s.rows[k].history) {
            assert_close(s.rows[k].units, s.rows[k].demand, 0, 0);
            assert_close(s.rows[k].available, 1, 0, 0);
        }
    free_shop(&s);
    o.stockout_rate = 0.2;
    make_shop(&s, &o);
    assert_close(s.report.stockout_share, 0.2, 0, 0.05);
    assert_true(s.report.units_sold < 0.99 * s.report.units_wanted);
    free_shop(&s);
}

/* Does item i of a group stand beside another item on promotion that day? O(n) look-up table. */
static bool *others_promoted(const shop *s, int64_t start, int total) {
    size_t n_groups = s->report.groups + 1;
    size_t cells = n_groups * (size_t)total * 2;
    unsigned *count = skuai_zero(cells, sizeof *count);
    bool *result = skuai_zero(s->n, sizeof *result);
    assert_non_null(count);
    assert_non_null(result);
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < s->n; k++) {
            const truth_row *r = &s->rows[k];
            size_t cell =
                (size_t)s->items[r->item].group * (size_t)total + (size_t)(r->day - start);
            if (strcmp(r->channel, "web") != 0) cell += n_groups * (size_t)total;
            bool own = r->promotion > 1.00001;
            if (pass == 0)
                count[cell] += own;
            else
                result[k] = count[cell] > own;
        }
    skuai_free(count);
    return result;
}

static void cannibals_come_with_promotions(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    shop s;
    make_shop(&s, &o);
    bool *others = others_promoted(&s, o.start_day, o.days + o.future_days);
    size_t with = 0, taken = 0;
    for (size_t k = 0; k < s.n; k++) {
        const truth_row *r = &s.rows[k];
        if (!others[k]) assert_close(r->cannibalised, 0, 0, 1e-5);
        with += others[k];
        taken += r->cannibalised > 0;
    }
    assert_true(with > 1000);
    assert_true(taken > with * 8 / 10 && taken <= with);
    skuai_free(others);
    free_shop(&s);
}

/* truth/promotions.csv divides among the promotions exactly what the days show. */
static void promotions_are_credited(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    shop s;
    make_shop(&s, &o);
    double taken = 0, listed = 0, uplift = 0, pulled = 0;
    for (size_t k = 0; k < s.n; k++)
        if (s.rows[k].history) taken += s.rows[k].cannibalised;
    FILE *f = open_file(s.folder, "truth/promotions.csv");
    char line[256];
    while (fgets(line, sizeof line, f)) {
        double u, p, c;
        const char *at = strchr(strchr(strchr(line, ',') + 1, ',') + 1, ',');
        assert_int_equal(sscanf(at, ",%lf,%lf,%lf", &u, &p, &c), 3);
        assert_true(u >= 0 && p >= 0 && c >= 0 && p <= u + 1e-3);
        uplift += u;
        pulled += p;
        listed += c;
    }
    (void)fclose(f);
    assert_close(listed, taken, 0.001, 1);
    assert_true(uplift > 1000 && listed > 0.1 * uplift && listed < 0.4 * uplift);
    assert_true(pulled > 0.1 * uplift && pulled < 0.4 * uplift);
    free_shop(&s);
}

/* What is paid back later is a share of what promotions brought, and nearly all of it in the end.
 */
static void pull_forward_is_paid_back(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.law = SKUAI_SIMULATE_LOG_LINEAR;
    o.channels = 1;
    o.launches = o.deaths = 0;
    shop s;
    make_shop(&s, &o);
    double paid = 0, bought = 0;
    int last = -1;
    double owed_last = 0;
    for (size_t k = 0; k < s.n; k++) {
        const truth_row *r = &s.rows[k];
        const truth_item *item = &s.items[r->item];
        if (!r->history) continue;
        if (r->item != last) owed_last = 0;
        last = r->item;
        /* the uplift: all of the effect that the display and the cut of the price have */
        double plain = r->baseline * r->season * pow(r->list / item->price, item->elasticity);
        double own = r->baseline * r->season * r->price_effect * r->promotion;
        double uplift = r->promotion > 1.00001 && own > plain ? own - plain : 0;
        owed_last += item->pull * uplift - r->pull;
        assert_true(owed_last > -0.02 * (1 + own)); /* never more than is owed */
        bought += item->pull * uplift;
        paid += r->pull;
    }
    assert_true(bought > 100);
    assert_true(paid < bought && paid > 0.7 * bought);
    free_shop(&s);
}

static void elasticities_are_in_the_data(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.items = 150;
    o.law = SKUAI_SIMULATE_LOG_LINEAR;
    o.channels = 1;
    o.intermittent = 0;
    o.stockout_rate = 0;
    shop s;
    make_shop(&s, &o);
    double score = 0, information = 0; /* of a common error of the elasticities, Poisson-like */
    size_t cut = 0;
    for (size_t k = 0; k < s.n; k++) {
        const truth_row *r = &s.rows[k];
        const truth_item *item = &s.items[r->item];
        if (!r->history) continue;
        double x = log(r->price / item->price);
        /* the law itself; prices and effects are rounded */
        assert_close(r->price_effect, pow(r->price / item->price, item->elasticity), 5e-4, 2e-5);
        score += (r->units - r->mean) * x;
        information += (r->mean + r->mean * r->mean / item->dispersion) * x * x;
        cut += r->price < r->list;
    }
    double z = score / sqrt(information); /* standard normal when the counts obey the law */
    assert_true(fabs(z) < 3);
    assert_true(cut > s.n / 40);
    for (size_t i = 0; i < s.report.items; i++)
        assert_in_range((int)(-1000 * s.items[i].elasticity), 600, 4500);
    free_shop(&s);
}

static void reference_prices_saturate(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.law = SKUAI_SIMULATE_REFERENCE;
    o.channels = 1;
    o.launches = 0;
    shop s;
    make_shop(&s, &o);
    double reference = 0; /* the law of simulate.h, replayed */
    for (size_t k = 0; k < s.n; k++) {
        const truth_row *r = &s.rows[k];
        const truth_item *item = &s.items[r->item];
        if (!r->history) continue;
        if (k == 0 || r[-1].item != r->item) reference = 0;
        double price = log(r->price / item->price), gain = reference - price;
        double x = item->elasticity * price + item->reference * gain * (gain < 0 ? 1.5 : 1);
        assert_close(r->price_effect, exp(1.4 * tanh(x / 1.4)), 1e-3, 2e-5);
        reference += 0.08 * (price - reference);
    }
    double first = 0, later = 0; /* the same cut does less when buyers are used to it */
    size_t n = 0;
    for (size_t k = 4; k < s.n; k++) {
        const truth_row *r = &s.rows[k], *before = r - 1, *old = r - 4;
        assert_true(r->price_effect < exp(1.4) && r->price_effect > exp(-1.4));
        if (!r->history || old->item != r->item || !(old->price < old->list)) continue;
        bool same = fabs(old->price - r->price) < 1e-9 && fabs(before->price - r->price) < 1e-9 &&
                    fabs((r - 2)->price - r->price) < 1e-9 &&
                    fabs((r - 3)->price - r->price) < 1e-9;
        if (!same || k < 5 || !((r - 5)->price > old->price)) continue;
        first += log(old->price_effect);
        later += log(r->price_effect);
        n++;
    }
    assert_true(n > 20);
    assert_true(later < first - 0.02 * (double)n);
    free_shop(&s);
}

static void choices_share_a_market(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.law = SKUAI_SIMULATE_CHOICE;
    o.channels = 1;
    o.intermittent = 0;
    o.launches = o.deaths = 0;
    shop s;
    make_shop(&s, &o);
    /* own price effects are below those of a market for oneself: (p / p0)^elasticity */
    size_t cuts = 0;
    double below = 0;
    for (size_t k = 0; k < s.n; k++) {
        const truth_row *r = &s.rows[k];
        const truth_item *item = &s.items[r->item];
        if (!r->history || !(r->price < 0.9 * item->price)) continue;
        double alone = pow(r->price / item->price, item->elasticity);
        assert_true(r->price_effect <= alone * 1.001);
        assert_true(r->price_effect >= 1 - 1e-4);
        below += log(r->price_effect / alone);
        cuts++;
    }
    assert_true(cuts > 200);
    assert_true(below < -0.05 * (double)cuts);
    free_shop(&s);
}

static double demand_on(const shop *s, int64_t day, int days) {
    double sum = 0;
    for (size_t k = 0; k < s->n; k++)
        if (s->rows[k].day >= day && s->rows[k].day < day + days) sum += s->rows[k].demand;
    return sum / days;
}

static void festivals_lift(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.items = 120;
    o.days = 730;
    o.channels = 1;
    o.launches = o.deaths = 0;
    shop s;
    make_shop(&s, &o);
    for (int year = 2023; year <= 2024; year++) {
        double november = demand_on(&s, skuai_day_from_date(year, 11, 15), 7);
        assert_true(demand_on(&s, skuai_day_from_date(year, 11, 11), 1) > 2 * november);
        double june = demand_on(&s, skuai_day_from_date(year, 6, 21), 7);
        assert_true(demand_on(&s, skuai_day_from_date(year, 6, 18), 1) > 1.5 * june);
    }
    /* the new year of the moon stops deliveries: 22 January 2023, 10 February 2024 */
    double before = demand_on(&s, skuai_day_from_date(2024, 1, 29), 7);
    assert_true(demand_on(&s, skuai_day_from_date(2024, 2, 10), 3) < 0.7 * before);
    assert_true(demand_on(&s, skuai_day_from_date(2023, 2, 10), 3) >
                1.2 * demand_on(&s, skuai_day_from_date(2023, 1, 22), 3));
    free_shop(&s);
}

/* Mean log season on promoted days less that on the others. */
static double placement_bias(skuai_simulate_placement placement) {
    skuai_simulate_options o = small();
    o.items = 120;
    o.placement = placement;
    o.channels = 1;
    shop s;
    make_shop(&s, &o);
    double sum[2] = {0};
    size_t n[2] = {0};
    for (size_t k = 0; k < s.n; k++) {
        bool promoted = s.rows[k].promotion > 1.00001;
        sum[promoted] += log(s.rows[k].season);
        n[promoted]++;
    }
    double share = (double)n[1] / (double)(n[0] + n[1]);
    assert_close(share, 0.08, 0, 0.03);
    free_shop(&s);
    return sum[1] / (double)n[1] - sum[0] / (double)n[0];
}

static void promotions_are_placed_as_asked(void **state) {
    (void)state;
    assert_close(placement_bias(SKUAI_SIMULATE_PLACED_RANDOM), 0, 0, 0.1);
    assert_true(placement_bias(SKUAI_SIMULATE_PLACED_HIGH) > 0.2);
}

static void levels_are_the_sum_of_words_looks_and_brand(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.items = 200;
    o.law = SKUAI_SIMULATE_LOG_LINEAR;
    o.channels = 1;
    o.launches = o.deaths = 0;
    o.days = 60;
    shop s;
    make_shop(&s, &o);
    double sum[MOST_ITEMS] = {0}, days[MOST_ITEMS] = {0}, words = 0, looks = 0;
    for (size_t k = 0; k < s.n; k++) {
        sum[s.rows[k].item] += log(s.rows[k].baseline);
        days[s.rows[k].item]++;
    }
    double off = 0;
    for (size_t i = 0; i < s.report.items; i++) {
        const truth_item *t = &s.items[i];
        double level = t->level + t->words + t->looks + t->brand;
        off += sum[i] / days[i] - level; /* what is left is the slow noise and the trend */
        assert_close(sum[i] / days[i], level, 0, 0.7);
        words += t->words * t->words;
        looks += t->looks * t->looks;
    }
    assert_close(off / (double)s.report.items, 0, 0, 0.06);
    assert_true(words / (double)s.report.items > 0.05 && looks / (double)s.report.items > 0.02);
    free_shop(&s);
}

static void items_live_and_die(void **state) {
    (void)state;
    skuai_simulate_options o = small();
    o.items = 150;
    o.channels = 1;
    o.launches = 0.4;
    o.deaths = 0.3;
    shop s;
    make_shop(&s, &o);
    int64_t first[MOST_ITEMS], last[MOST_ITEMS];
    for (size_t i = 0; i < s.report.items; i++)
        first[i] = INT64_MAX, last[i] = INT64_MIN;
    for (size_t k = 0; k < s.n; k++) {
        const truth_row *r = &s.rows[k];
        if (r->day < first[r->item]) first[r->item] = r->day;
        if (r->day > last[r->item]) last[r->item] = r->day;
    }
    int launched = 0, ended = 0, rare = 0;
    for (size_t i = 0; i < s.report.items; i++) {
        launched += first[i] > o.start_day;
        ended += last[i] < o.start_day + o.days - 1;
        rare += s.items[i].intermittent;
    }
    assert_in_range(launched, 40, 80); /* 60 expected */
    assert_in_range(ended, 25, 85);    /* deaths and those replaced */
    assert_in_range(rare, 25, 65);     /* 45 expected */
    free_shop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sold_follows_from_what_was_wanted),
        cmocka_unit_test(stockouts_obey),
        cmocka_unit_test(cannibals_come_with_promotions),
        cmocka_unit_test(promotions_are_credited),
        cmocka_unit_test(pull_forward_is_paid_back),
        cmocka_unit_test(elasticities_are_in_the_data),
        cmocka_unit_test(reference_prices_saturate),
        cmocka_unit_test(choices_share_a_market),
        cmocka_unit_test(festivals_lift),
        cmocka_unit_test(promotions_are_placed_as_asked),
        cmocka_unit_test(levels_are_the_sum_of_words_looks_and_brand),
        cmocka_unit_test(items_live_and_die),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
