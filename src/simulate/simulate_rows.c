#include "simulate/simulate_run.h"

#include <math.h>

char *skuai_put_item(char *at, size_t item) {
    *at = 'I';
    return skuai_put_padded(at + 1, item + 1, 6);
}

char *skuai_put_user(char *at, size_t user) {
    *at = 'U';
    return skuai_put_padded(at + 1, user + 1, 7);
}

/* "I000001,web," */
static char *put_key(char *at, const skuai_simulate_run *run, size_t i, size_t channel) {
    at = skuai_put_char(skuai_put_item(at, run->group->first + i), ',');
    return skuai_put_char(skuai_put_text(at, skuai_channel_names[channel]), ',');
}

static char *put_price(char *at, int64_t price) {
    return skuai_put_scaled(at, price, 2, false);
}

/* A row of sales.csv as the shop wrote it down. */
typedef struct sales_row {
    int64_t units, price, list;
    double available;
    uint32_t stock;
    bool units_known;
} sales_row;

static char *put_row(char *at, const sales_row *r) {
    if (r->units_known) at = skuai_put_char(skuai_put_scaled(at, r->units, 0, false), ',');
    at = skuai_put_char(put_price(at, r->price), ',');
    at = skuai_put_char(put_price(at, r->list), ',');
    at = skuai_put_char(skuai_put_number(at, r->available, 3), ',');
    return skuai_put_char(skuai_put_unsigned(at, r->stock), '\n');
}

/* What goes wrong in real files, each kind as often: the row twice, a wholesale order, a slip of
 * the decimal point, a wrong sign, a row that is not there. */
typedef enum row_error {
    ERROR_DUPLICATE,
    ERROR_WHOLESALE,
    ERROR_PRICE,
    ERROR_NEGATIVE,
    ERROR_GAP,
    ERROR_NONE
} row_error;

static row_error make_error(skuai_simulate_run *run, const skuai_simulate_cell *c, sales_row *r,
                            int64_t *before, int64_t *after) {
    skuai_random *random = &run->errors;
    if (!(skuai_random_uniform(random) < run->plan->options.errors)) return ERROR_NONE;
    row_error kind = (row_error)skuai_random_index(random, ERROR_NONE);
    *before = r->units;
    if (kind == ERROR_WHOLESALE)
        r->units += (int64_t)((20 + 40 * skuai_random_uniform(random)) * (1 + c->mean));
    if (kind == ERROR_NEGATIVE) r->units = r->units ? -r->units : -1;
    *after = kind == ERROR_GAP ? 0 : r->units;
    if (kind == ERROR_PRICE) {
        *before = r->price;
        r->price = skuai_random_uniform(random) < 0.5 ? r->price * 100 : (r->price + 5) / 10;
        *after = r->price;
    }
    return kind;
}

static void finding_row(skuai_simulate_run *run, const char *key, size_t key_size, row_error kind,
                        int64_t before, int64_t after) {
    static const char *const names[] = {"duplicate", "wholesale", "price", "negative", "gap"};
    char line[300], *at = skuai_put_bytes(skuai_put_text(line, "sales,"), key, key_size);
    int decimals = kind == ERROR_PRICE ? 2 : 0;
    at = skuai_put_char(skuai_put_text(at, names[kind]), ',');
    at = skuai_put_char(skuai_put_scaled(at, before, decimals, false), ',');
    at = skuai_put_char(skuai_put_scaled(at, after, decimals, false), '\n');
    (void)skuai_buffer_add(&run->files[SKUAI_FILE_TRUTH_FINDINGS], line, (size_t)(at - line));
}

static void history_row(skuai_simulate_run *run, const skuai_simulate_cell *c, char *line,
                        char *values) {
    bool orders = run->plan->options.orders;
    skuai_buffer *sales = &run->files[orders ? SKUAI_FILE_STOCK : SKUAI_FILE_SALES];
    sales_row r = {c->sold, c->price, c->list, (double)c->available, c->stock, !orders};
    row_error error = ERROR_NONE;
    int64_t before, after;
    if (!orders && run->plan->options.errors > 0) {
        error = make_error(run, c, &r, &before, &after);
        if (error != ERROR_NONE)
            finding_row(run, line, (size_t)(values - line), error, before, after);
    }
    size_t size = (size_t)(put_row(values, &r) - line);
    for (int k = error == ERROR_GAP ? 0 : error == ERROR_DUPLICATE ? 2 : 1; k > 0; k--) {
        (void)skuai_buffer_add(sales, line, size);
        run->report.sales_rows += !orders;
    }
}

void skuai_simulate_sales_rows(skuai_simulate_run *run, size_t channel) {
    const skuai_simulate_plan *plan = run->plan;
    skuai_buffer *future = &run->files[SKUAI_FILE_FUTURE];
    for (size_t i = 0; i < run->group->n; i++) {
        const skuai_simulate_cell *cells = run->cells + i * (size_t)plan->total;
        char line[256], *key = put_key(line, run, i, channel);
        for (int t = 0; t < plan->total; t++) {
            const skuai_simulate_cell *c = &cells[t];
            if (!c->on_sale) continue;
            char *at = skuai_put_bytes(key, plan->date[t], 11);
            if (t < plan->options.days) {
                history_row(run, c, line, at);
                continue;
            }
            at = skuai_put_char(put_price(at, c->price), ',');
            at = skuai_put_char(put_price(at, c->list), ',');
            at = skuai_put_char(skuai_put_char(at, c->promoted ? '1' : '0'), '\n');
            (void)skuai_buffer_add(future, line, (size_t)(at - line));
        }
    }
}

void skuai_simulate_truth_rows(skuai_simulate_run *run, size_t channel) {
    const skuai_simulate_plan *plan = run->plan;
    skuai_buffer *demand = &run->files[SKUAI_FILE_TRUTH_DEMAND];
    skuai_buffer *stockouts = &run->files[SKUAI_FILE_TRUTH_STOCKOUTS];
    for (size_t i = 0; i < run->group->n; i++) {
        const skuai_simulate_cell *cells = run->cells + i * (size_t)plan->total;
        char line[400], *key = put_key(line, run, i, channel);
        for (int t = 0; t < plan->total; t++) {
            const skuai_simulate_cell *c = &cells[t];
            if (!c->on_sale) continue;
            char *date = skuai_put_bytes(key, plan->date[t], 11), *at = date;
            if (t < plan->options.days && c->available < 1) {
                at = skuai_put_char(skuai_put_number(at, (double)c->available, 3), ',');
                at = skuai_put_unsigned(at, c->lost);
                *at++ = '\n';
                (void)skuai_buffer_add(stockouts, line, (size_t)(at - line));
            }
            if (!plan->options.truth_days) continue;
            const double parts[] = {c->mean,         c->baseline,  run->season_factor[t],
                                    c->price_effect, c->promotion, c->pull,
                                    c->cannibalised};
            at = skuai_put_unsigned(date, c->demand);
            for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
                at = skuai_put_number(skuai_put_char(at, ','), parts[k], 5);
            at = skuai_put_unsigned(skuai_put_char(at, ','), c->spill);
            at = skuai_put_unsigned(skuai_put_char(at, ','), c->lost);
            at = skuai_put_number(skuai_put_char(at, ','), c->plain, 5);
            *at++ = '\n';
            (void)skuai_buffer_add(demand, line, (size_t)(at - line));
        }
    }
}

void skuai_simulate_supply_rows(skuai_simulate_run *run, size_t channel) {
    skuai_buffer *supply = &run->files[SKUAI_FILE_SUPPLY];
    for (size_t i = 0; i < run->group->n; i++) {
        const skuai_simulate_item *item = &run->items[i];
        const skuai_stock_state *stock = &run->stock[i];
        if (item->end < run->plan->options.days) continue;
        int64_t on_order = 0;
        int first = SKUAI_NEVER;
        for (int k = 0; k < stock->n_orders; k++) {
            on_order += stock->order_units[k];
            if (stock->order_day[k] < first) first = stock->order_day[k];
        }
        char line[300], *at = skuai_put_char(skuai_put_item(line, run->group->first + i), ',');
        at = skuai_put_text(skuai_put_text(at, skuai_channel_names[channel]), "-warehouse,");
        at = skuai_put_char(skuai_put_unsigned(at, (uint64_t)stock->on_hand), ',');
        at = skuai_put_char(skuai_put_unsigned(at, (uint64_t)on_order), ',');
        if (first < SKUAI_NEVER) at = skuai_put_date(at, run->plan->options.start_day + first);
        at = skuai_put_char(at, ',');
        at = skuai_put_char(skuai_put_unsigned(at, (uint64_t)item->lead_time), ',');
        at = skuai_put_char(skuai_put_number(at, item->lead_time_sd, 2), ',');
        at = skuai_put_char(skuai_put_unsigned(at, (uint64_t)item->moq), ',');
        at = skuai_put_char(skuai_put_unsigned(at, (uint64_t)item->pack), ',');
        if (item->shelf_life) at = skuai_put_unsigned(at, (uint64_t)item->shelf_life);
        at = skuai_put_char(at, ',');
        at = skuai_put_char(skuai_put_number(at, 0.25 * (double)item->cost / 36500, 5), ',');
        at = skuai_put_number(at, (double)(item->price - item->cost) / 100, 2);
        *at++ = '\n';
        (void)skuai_buffer_add(supply, line, (size_t)(at - line));
    }
}

static void add_number(skuai_buffer *buffer, double value, int decimals) {
    char text[32];
    (void)skuai_buffer_add(buffer, text, (size_t)(skuai_put_number(text, value, decimals) - text));
}

static void add_item(skuai_buffer *buffer, size_t item) {
    char text[32];
    if (item != SKUAI_NO_ITEM)
        (void)skuai_buffer_add(buffer, text, (size_t)(skuai_put_item(text, item) - text));
}

static void add_comma(skuai_buffer *buffer) {
    (void)skuai_buffer_add(buffer, ",", 1);
}

/* The category, now and then in capitals with a space too many. */
static void category_field(skuai_simulate_run *run, size_t i) {
    skuai_buffer *items = &run->files[SKUAI_FILE_ITEMS];
    size_t start = items->size;
    skuai_item_category(run->items[i].text.type,
                        run->plan->options.language == SKUAI_SIMULATE_CHINESE, items);
    if (!(skuai_random_uniform(&run->errors) < run->plan->options.errors)) return;
    skuai_buffer *findings = &run->files[SKUAI_FILE_TRUTH_FINDINGS];
    (void)skuai_buffer_text(findings, "items,");
    add_item(findings, run->group->first + i);
    (void)skuai_buffer_text(findings, ",,,category,");
    if (items->status != SKUA_OK) return;
    (void)skuai_buffer_add(findings, items->data + start, items->size - start);
    add_comma(findings);
    for (size_t k = start; k < items->size; k++)
        if (items->data[k] >= 'a' && items->data[k] <= 'z')
            items->data[k] = (char)(items->data[k] - 'a' + 'A');
    (void)skuai_buffer_add(items, " ", 1);
    if (items->status != SKUA_OK) return;
    (void)skuai_buffer_add(findings, items->data + start, items->size - start);
    (void)skuai_buffer_add(findings, "\n", 1);
}

static void item_row(skuai_simulate_run *run, size_t i) {
    const skuai_simulate_item *item = &run->items[i];
    const skuai_simulate_plan *plan = run->plan;
    skuai_buffer *items = &run->files[SKUAI_FILE_ITEMS];
    char date[32];
    add_item(items, run->group->first + i);
    add_comma(items);
    skuai_item_title(&item->text, items);
    add_comma(items);
    skuai_item_description(&item->text, items);
    add_comma(items);
    category_field(run, i);
    add_comma(items);
    (void)skuai_buffer_text(items, skuai_brands[item->text.brand][item->text.chinese]);
    add_comma(items);
    if (plan->options.pictures) {
        (void)skuai_buffer_text(items, "images/");
        add_item(items, run->group->first + i);
        (void)skuai_buffer_text(items, ".png");
    }
    add_comma(items);
    add_item(items, item->parent);
    add_comma(items);
    add_item(items, item->replaces);
    (void)skuai_buffer_format(items, ",%d,%s,", item->pack, item->text.chinese ? "件" : "piece");
    (void)skuai_buffer_add(
        items, date, (size_t)(skuai_put_date(date, plan->options.start_day + item->launch) - date));
    add_comma(items);
    if (item->end < SKUAI_NEVER)
        (void)skuai_buffer_add(
            items, date,
            (size_t)(skuai_put_date(date, plan->options.start_day + item->end) - date));
    add_comma(items);
    add_number(items, (double)item->cost / 100, 2);
    (void)skuai_buffer_add(items, "\n", 1);
    for (int k = 0; k < 2 && item->text.bundle; k++) {
        skuai_buffer *parts = &run->files[SKUAI_FILE_PARTS];
        add_item(parts, run->group->first + i);
        add_comma(parts);
        add_item(parts, item->parts[k]);
        (void)skuai_buffer_text(parts, ",1\n");
    }
}

static void truth_item_row(skuai_simulate_run *run, size_t i) {
    const skuai_simulate_item *item = &run->items[i];
    skuai_buffer *truth = &run->files[SKUAI_FILE_TRUTH_ITEMS];
    add_item(truth, run->group->first + i);
    (void)skuai_buffer_format(truth, ",%zu,%s,%d,", run->index + 1, skuai_law_name(run->group->law),
                              item->intermittent);
    const double numbers[] = {
        item->level,
        item->words,
        item->looks,
        item->brand,
        item->trend,
        item->dispersion,
        item->elasticity,
        item->reference,
        (double)item->price / 100,
        skuai_departments[skuai_product_types[item->text.type].department].pull_forward};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        add_number(truth, numbers[k], 5);
        add_comma(truth);
    }
    (void)skuai_buffer_format(truth, "%s,%s,", skuai_colours[item->colour].name,
                              skuai_patterns[item->pattern].name);
    for (int k = 0; k < item->text.n_title; k++)
        (void)skuai_buffer_format(truth, "%s%s", k ? "|" : "",
                                  skuai_words[item->text.title[k]].english);
    add_comma(truth);
    for (int k = 0; k < item->text.n_description; k++)
        (void)skuai_buffer_format(truth, "%s%s", k ? "|" : "",
                                  skuai_words[item->text.description[k]].english);
    (void)skuai_buffer_add(truth, "\n", 1);
}

void skuai_simulate_item_rows(skuai_simulate_run *run) {
    for (size_t i = 0; i < run->group->n; i++) {
        item_row(run, i);
        truth_item_row(run, i);
    }
}

static void promotion_name(skuai_buffer *buffer, const skuai_simulate_run *run,
                           const skuai_simulate_promotion *p) {
    if (p->item == SKUAI_NO_ITEM)
        (void)skuai_buffer_format(buffer, "C%05zu", p->number);
    else
        (void)skuai_buffer_format(buffer, "P%05zu-%zu", run->index + 1, p->number);
}

void skuai_simulate_promotion_rows(skuai_simulate_run *run) {
    skuai_buffer *rows = &run->files[SKUAI_FILE_PROMOTIONS];
    skuai_buffer *truth = &run->files[SKUAI_FILE_TRUTH_PROMOTIONS];
    for (size_t k = 0; k < run->n_promotions; k++) {
        const skuai_simulate_promotion *p = &run->promotions[k];
        const char *channel = p->channel < 0 ? "" : skuai_channel_names[p->channel];
        promotion_name(truth, run, p);
        (void)skuai_buffer_format(truth, ",%zu,", run->index + 1);
        add_item(truth, p->item);
        (void)skuai_buffer_format(truth, ",%.3f,%.3f,%.3f\n", run->truth[k].uplift,
                                  run->truth[k].pulled_forward, run->truth[k].cannibalised);
        if (p->item == SKUAI_NO_ITEM) continue; /* campaigns stand once, at the head of the file */
        char dates[32], *at = skuai_put_date(dates, run->plan->options.start_day + p->from);
        at = skuai_put_date(skuai_put_char(at, ','), run->plan->options.start_day + p->to);
        *at = '\0';
        promotion_name(rows, run, p);
        add_comma(rows);
        add_item(rows, p->item);
        (void)skuai_buffer_format(rows, ",%s,%s,%s,%.3g,%.0f\n", channel, dates,
                                  skuai_promotion_kind_name(p->kind), p->depth, p->budget);
        run->report.promotions++;
    }
}
