#include "simulate/simulate.h"

#include "simulate/simulate_files.h"
#include "simulate/simulate_picture.h"

#include <math.h>

/* -- Options ------------------------------------------------------------------------------------
 */

static skua_status check_options(const skuai_simulate_options *o, skua_error *err) {
    const struct {
        const char *name;
        double value, low, high;
    } ranges[] = {{"items", (double)o->items, 1, 1e6},
                  {"days", o->days, 14, 20000},
                  {"future days", o->future_days, 0, 1000},
                  {"channels", (double)o->channels, 1, 8},
                  {"share of intermittent items", o->intermittent, 0, 1},
                  {"promotion rate", o->promotion_rate, 0, 0.5},
                  {"stock-out rate", o->stockout_rate, 0, 0.5},
                  {"share of launches", o->launches, 0, 1},
                  {"share of deaths", o->deaths, 0, 1},
                  {"share of errors", o->errors, 0, 0.2},
                  {"events", (double)o->events, 0, 1e9}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (!(ranges[i].value >= ranges[i].low && ranges[i].value <= ranges[i].high))
            return skuai_error_set(err, SKUA_ERANGE, "simulate: %s = %g, need %g..%g",
                                   ranges[i].name, ranges[i].value, ranges[i].low, ranges[i].high);
    if (!(o->start_day >= skuai_day_from_date(1990, 1, 1)) ||
        o->start_day + o->days + o->future_days > skuai_day_from_date(2091, 1, 1))
        return skuai_error_set(err, SKUA_ERANGE,
                               "simulate: the days must lie in the years 1990..2090");
    if (o->law > SKUAI_SIMULATE_MIXED || o->placement > SKUAI_SIMULATE_PLACED_HIGH ||
        o->language > SKUAI_SIMULATE_BOTH || !o->countries)
        return skuai_error_set(err, SKUA_ERANGE,
                               "simulate: unknown law, placement or language, or no countries");
    return SKUA_OK;
}

/* -- Files of the whole shop --------------------------------------------------------------------
 */

static void add_date(skuai_buffer *buffer, int64_t day) {
    char text[16];
    (void)skuai_buffer_add(buffer, text, (size_t)(skuai_put_date(text, day) - text));
}

static void channel_rows(const skuai_simulate_plan *plan, skuai_buffer *buffer) {
    for (size_t c = 0; c < plan->options.channels; c++)
        (void)skuai_buffer_format(buffer, "%s,%s,%s,%s-warehouse\n", skuai_channel_names[c],
                                  plan->time_zone, plan->currency, skuai_channel_names[c]);
}

static void calendar_rows(const skuai_simulate_plan *plan, skuai_buffer *buffer) {
    static const char *const kinds[] = {"holiday", "festival", "workday"};
    int64_t first = plan->options.start_day;
    for (size_t i = 0; i < plan->holidays.n; i++) {
        const skuai_holiday *h = &plan->holidays.items[i];
        if (h->day < first || h->day >= first + plan->total) continue;
        add_date(buffer, h->day);
        (void)skuai_buffer_add(buffer, ",", 1);
        (void)skuai_buffer_field(buffer, h->name);
        (void)skuai_buffer_format(buffer, ",%s,%s\n", h->country, kinds[h->kind]);
    }
}

static void campaign_rows(const skuai_simulate_plan *plan, skuai_buffer *buffer) {
    for (size_t i = 0; i < plan->n_campaigns; i++) {
        const skuai_simulate_promotion *p = &plan->campaigns[i];
        const skuai_department *department = &skuai_departments[p->department];
        (void)skuai_buffer_format(buffer, "C%05zu,%s,%s,", p->number,
                                  plan->options.language == SKUAI_SIMULATE_CHINESE
                                      ? department->chinese
                                      : department->english,
                                  p->channel < 0 ? "" : skuai_channel_names[p->channel]);
        add_date(buffer, plan->options.start_day + p->from);
        (void)skuai_buffer_add(buffer, ",", 1);
        add_date(buffer, plan->options.start_day + p->to);
        (void)skuai_buffer_format(buffer, ",%s,%.3g,%.0f\n", skuai_promotion_kind_name(p->kind),
                                  p->depth, p->budget);
    }
}

static void truth_word_rows(const skuai_simulate_plan *plan, skuai_buffer *buffer) {
    for (int i = 0; i < SKUAI_WORDS; i++)
        (void)skuai_buffer_format(buffer, "%s,%s,%.5f\n", skuai_words[i].english,
                                  skuai_words[i].chinese, plan->word_effect[i]);
}

static void truth_look_rows(const skuai_simulate_plan *plan, skuai_buffer *buffer) {
    for (int i = 0; i < SKUAI_COLOURS; i++)
        (void)skuai_buffer_format(buffer, "colour,%s,%.5f\n", skuai_colours[i].name,
                                  plan->colour_effect[i]);
    for (int i = 0; i < SKUAI_PATTERNS; i++)
        (void)skuai_buffer_format(buffer, "pattern,%s,%.5f\n", skuai_patterns[i].name,
                                  plan->pattern_effect[i]);
}

static void truth_festival_rows(const skuai_simulate_plan *plan, skuai_buffer *buffer) {
    for (size_t i = 0; i < plan->n_festivals; i++)
        for (int d = 0; d < SKUAI_DEPARTMENTS; d++) {
            (void)skuai_buffer_field(buffer, plan->festivals[i].name);
            (void)skuai_buffer_format(buffer, ",%s,%.5f\n", skuai_departments[d].english,
                                      plan->festivals[i].lift[d]);
        }
}

static void truth_shop(const skuai_simulate_plan *plan, const skuai_simulate_report *report,
                       skuai_buffer *buffer) {
    const skuai_simulate_options *o = &plan->options;
    static const char *const languages[] = {"english", "chinese", "both"};
    (void)skuai_buffer_format(
        buffer,
        "{\"seed\": %llu, \"items\": %zu, \"days\": %d, \"future_days\": %d, \"channels\": %zu,\n"
        " \"countries\": \"",
        (unsigned long long)o->seed, o->items, o->days, o->future_days, o->channels);
    (void)skuai_buffer_text(buffer, o->countries); /* codes: nothing to escape, they were found */
    (void)skuai_buffer_format(
        buffer,
        "\", \"language\": \"%s\", \"law\": \"%s\", \"placement\": \"%s\",\n"
        " \"intermittent\": %g, \"promotion_rate\": %g, \"stockout_rate\": %g, \"launches\": %g,"
        " \"deaths\": %g,\n \"groups\": %zu, \"description_share\": %g, \"cannibal_share\": %g,"
        " \"spill_share\": %g,\n \"units_wanted\": %.0f, \"units_sold\": %.0f,"
        " \"stockout_share\": %.5f}\n",
        languages[o->language], skuai_law_name(o->law),
        o->placement == SKUAI_SIMULATE_PLACED_HIGH ? "high" : "random", o->intermittent,
        o->promotion_rate, o->stockout_rate, o->launches, o->deaths, plan->n_groups,
        SKUAI_DESCRIPTION_SHARE, plan->cannibal, plan->spill, report->units_wanted,
        report->units_sold, report->stockout_share);
}

static skua_status write_one(skuai_simulate_files *files, const skuai_simulate_plan *plan,
                             skuai_simulate_file which,
                             void (*rows)(const skuai_simulate_plan *, skuai_buffer *),
                             skua_error *err) {
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, SIZE_MAX);
    rows(plan, &buffer);
    skua_status status = skuai_buffer_check(&buffer, err);
    if (status == SKUA_OK) status = skuai_simulate_files_write(files, which, &buffer, err);
    skuai_buffer_clear(&buffer);
    return status;
}

static skua_status write_shop(skuai_simulate_files *files, const skuai_simulate_plan *plan,
                              skua_error *err) {
    SKUA_TRY(write_one(files, plan, SKUAI_FILE_CHANNELS, channel_rows, err));
    SKUA_TRY(write_one(files, plan, SKUAI_FILE_CALENDAR, calendar_rows, err));
    SKUA_TRY(write_one(files, plan, SKUAI_FILE_PROMOTIONS, campaign_rows, err));
    SKUA_TRY(write_one(files, plan, SKUAI_FILE_TRUTH_WORDS, truth_word_rows, err));
    SKUA_TRY(write_one(files, plan, SKUAI_FILE_TRUTH_LOOKS, truth_look_rows, err));
    return write_one(files, plan, SKUAI_FILE_TRUTH_FESTIVALS, truth_festival_rows, err);
}

/* -- Groups, in parallel ------------------------------------------------------------------------
 */

/* A batch of groups, each with buffers of its own; written in order when all are done. */
typedef struct batch {
    const skuai_simulate_plan *plan;
    const skuai_simulate_files *files;
    size_t first;
    struct batch_group {
        skuai_buffer files[SKUAI_FILES_GROUP];
        skuai_simulate_report report;
        size_t out_days, sale_days;
    } * groups;
} batch;

static skua_status group_pictures(const batch *work, size_t group, skua_error *err) {
    const skuai_simulate_plan *plan = work->plan;
    unsigned char pixels[3 * SKUAI_PICTURE_SIZE * SKUAI_PICTURE_SIZE];
    skuai_random random;
    skuai_simulate_stream(plan, group, SKUAI_STREAM_PICTURES, &random);
    skuai_buffer png;
    skuai_buffer_init(&png, SIZE_MAX);
    skua_status status = SKUA_OK;
    const skuai_simulate_group *g = &plan->groups[group];
    for (size_t i = g->first; status == SKUA_OK && i < g->first + g->n; i++) {
        const skuai_simulate_item *item = &plan->items[i];
        skuai_buffer_reset(&png);
        skuai_picture_draw(item->text.type, item->colour, item->pattern, &random, pixels);
        (void)skuai_picture_png(pixels, SKUAI_PICTURE_SIZE, SKUAI_PICTURE_SIZE, &png);
        status = skuai_buffer_check(&png, err);
        if (status == SKUA_OK) status = skuai_simulate_files_picture(work->files, i, &png, err);
    }
    skuai_buffer_clear(&png);
    return status;
}

static skua_status batch_body(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker;
    batch *work = argument;
    struct batch_group *group = &work->groups[i];
    if (work->plan->options.pictures) SKUA_TRY(group_pictures(work, work->first + i, err));
    return skuai_simulate_group_run(work->plan, work->first + i, group->files, &group->report,
                                    &group->out_days, &group->sale_days, err);
}

static skua_status batch_write(batch *work, size_t n, skuai_simulate_files *files,
                               skuai_simulate_report *report, size_t *out_days, size_t *sale_days,
                               skua_error *err) {
    for (size_t i = 0; i < n; i++) {
        struct batch_group *group = &work->groups[i];
        for (int f = 0; f < SKUAI_FILES_GROUP; f++) {
            SKUA_TRY(
                skuai_simulate_files_write(files, (skuai_simulate_file)f, &group->files[f], err));
            skuai_buffer_reset(&group->files[f]);
        }
        report->sales_rows += group->report.sales_rows;
        report->order_lines += group->report.order_lines;
        report->events += group->report.events;
        report->promotions += group->report.promotions;
        report->units_wanted += group->report.units_wanted;
        report->units_sold += group->report.units_sold;
        *out_days += group->out_days;
        *sale_days += group->sale_days;
        group->report = (skuai_simulate_report){0};
        group->out_days = group->sale_days = 0;
    }
    return SKUA_OK;
}

static skua_status run_groups(const skuai_simulate_plan *plan, skuai_simulate_files *files,
                              const skuai_context *context, skuai_simulate_report *report,
                              skua_error *err) {
    size_t size = (size_t)skuai_context_threads(context) * 8, out_days = 0, sale_days = 0;
    if (size > plan->n_groups) size = plan->n_groups;
    batch work = {plan, files, 0, skuai_zero(size, sizeof *work.groups)};
    if (!work.groups) return skuai_error_memory(err, "a simulation");
    for (size_t i = 0; i < size; i++)
        for (int f = 0; f < SKUAI_FILES_GROUP; f++)
            skuai_buffer_init(&work.groups[i].files[f], SIZE_MAX);
    skua_status status = SKUA_OK;
    for (; work.first < plan->n_groups; work.first += size) {
        size_t n = plan->n_groups - work.first < size ? plan->n_groups - work.first : size;
        SKUA_TRY_OUT(skuai_context_check(context, err));
        SKUA_TRY_OUT(skuai_parallel_for(context, NULL, n, batch_body, &work, err));
        SKUA_TRY_OUT(batch_write(&work, n, files, report, &out_days, &sale_days, err));
        skuai_context_progress(context, "simulating", (double)(work.first + n),
                               (double)plan->n_groups);
    }
    report->stockout_share = sale_days ? (double)out_days / (double)sale_days : 0;
out:
    for (size_t i = 0; i < size; i++)
        for (int f = 0; f < SKUAI_FILES_GROUP; f++)
            skuai_buffer_clear(&work.groups[i].files[f]);
    skuai_free(work.groups);
    return status;
}

static skua_status simulate_into(const skuai_simulate_plan *plan, skuai_simulate_files *files,
                                 const skuai_context *context, skuai_simulate_report *report,
                                 skua_error *err) {
    report->items = plan->n_items;
    report->channels = plan->options.channels;
    report->groups = plan->n_groups;
    report->promotions = plan->n_campaigns;
    report->pictures = plan->options.pictures ? plan->n_items : 0;
    SKUA_TRY(write_shop(files, plan, err));
    SKUA_TRY(run_groups(plan, files, context, report, err));
    skuai_buffer shop;
    skuai_buffer_init(&shop, SIZE_MAX);
    truth_shop(plan, report, &shop);
    skua_status status = skuai_buffer_check(&shop, err);
    if (status == SKUA_OK)
        status = skuai_simulate_files_write(files, SKUAI_FILE_TRUTH_SHOP, &shop, err);
    skuai_buffer_clear(&shop);
    SKUA_TRY(status);
    return skuai_simulate_files_finish(files, report->pictures, err);
}

skua_status skuai_simulate(const skuai_simulate_options *options, const char *folder,
                           const skuai_context *context, skuai_simulate_report *report,
                           skua_error *err) {
    SKUA_TRY(check_options(options, err));
    skuai_simulate_plan *plan = NULL;
    SKUA_TRY(skuai_simulate_plan_new(options, &plan, err));
    skuai_simulate_files files;
    skuai_simulate_report made = {0};
    skua_status status = skuai_simulate_files_open(&files, folder, options, err);
    if (status == SKUA_OK) {
        status = simulate_into(plan, &files, context, &made, err);
        if (status != SKUA_OK) skuai_simulate_files_abort(&files);
    }
    if (status == SKUA_OK && report) *report = made;
    skuai_simulate_plan_free(plan);
    return status;
}
