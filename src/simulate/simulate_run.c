#include "simulate/simulate_run.h"

#include <math.h>

static skua_status run_new(skuai_simulate_run *run, skua_error *err) {
    size_t total = (size_t)run->plan->total, n = run->group->n;
    run->season = skuai_new(total, sizeof *run->season);
    run->season_factor = skuai_new(total, sizeof *run->season_factor);
    run->list = skuai_new(n * total, sizeof *run->list);
    run->slow = skuai_new(n * total, sizeof *run->slow);
    run->ahead = skuai_new(n * (total + 1), sizeof *run->ahead);
    run->cells = skuai_new(n * total, sizeof *run->cells);
    if (!run->season || !run->season_factor || !run->list || !run->slow || !run->ahead ||
        !run->cells)
        return skuai_error_memory(err, "a simulated group");
    skuai_simulate_season(run->plan, run->group, run->season);
    for (size_t t = 0; t < total; t++)
        run->season_factor[t] = exp(run->season[t]);
    SKUA_TRY(skuai_simulate_promotions(run->plan, run->index, run->season, &run->promotions,
                                       &run->n_promotions, err));
    run->truth = skuai_zero(run->n_promotions, sizeof *run->truth);
    return run->truth ? SKUA_OK : skuai_error_memory(err, "promotions");
}

static void run_clear(skuai_simulate_run *run) {
    skuai_free(run->season);
    skuai_free(run->season_factor);
    skuai_free(run->list);
    skuai_free(run->slow);
    skuai_free(run->ahead);
    skuai_free(run->cells);
    skuai_free(run->promotions);
    skuai_free(run->truth);
}

/* List prices that change now and then; trend and slow noise of the level. */
static void draw_paths(skuai_simulate_run *run) {
    int total = run->plan->total;
    for (size_t i = 0; i < run->group->n; i++) {
        const skuai_simulate_item *item = &run->items[i];
        int64_t *list = run->list + i * (size_t)total, price = item->price;
        double *slow = run->slow + i * (size_t)total, noise = 0;
        for (int t = 0; t < total; t++) {
            if (skuai_random_uniform(&run->random) < 1.0 / 120) {
                double change = 0.94 + 0.12 * skuai_random_uniform(&run->random);
                price = (int64_t)((double)price * change + 0.5);
                if (price < item->price / 2 || price > item->price * 2) price = item->price;
            }
            if (t % 7 == 0) noise = 0.92 * noise + 0.06 * skuai_random_normal(&run->random);
            list[t] = price;
            slow[t] = item->trend * t / 365.25 + noise;
        }
    }
}

static skua_status check_files(skuai_buffer *files, skua_error *err) {
    for (int f = 0; f < SKUAI_FILES_GROUP; f++)
        SKUA_TRY(skuai_buffer_check(&files[f], err));
    return SKUA_OK;
}

skua_status skuai_simulate_group_run(const skuai_simulate_plan *plan, size_t group,
                                     skuai_buffer *files, skuai_simulate_report *report,
                                     size_t *out_days, size_t *sale_days, skua_error *err) {
    skuai_simulate_run run = {.plan = plan,
                              .index = group,
                              .group = &plan->groups[group],
                              .items = plan->items + plan->groups[group].first,
                              .files = files};
    skuai_random orders, events;
    skuai_simulate_stream(plan, group, SKUAI_STREAM_RUN, &run.random);
    skuai_simulate_stream(plan, group, SKUAI_STREAM_ERRORS, &run.errors);
    skuai_simulate_stream(plan, group, SKUAI_STREAM_ORDERS, &orders);
    skuai_simulate_stream(plan, group, SKUAI_STREAM_EVENTS, &events);
    skua_status status = run_new(&run, err);
    if (status != SKUA_OK) goto out;
    draw_paths(&run);
    for (size_t c = 0; c < plan->options.channels; c++) {
        skuai_simulate_prepare(&run, c);
        skuai_simulate_sell(&run, c);
        skuai_simulate_sales_rows(&run, c);
        if (plan->options.orders) skuai_simulate_order_rows(&run, c, &orders);
        if (plan->options.events) skuai_simulate_event_rows(&run, c, &events);
        skuai_simulate_truth_rows(&run, c);
        skuai_simulate_supply_rows(&run, c);
    }
    skuai_simulate_item_rows(&run);
    skuai_simulate_promotion_rows(&run);
    status = check_files(files, err);
    if (status != SKUA_OK) goto out;
    report->sales_rows += run.report.sales_rows;
    report->order_lines += run.report.order_lines;
    report->events += run.report.events;
    report->promotions += run.report.promotions;
    report->units_wanted += run.report.units_wanted;
    report->units_sold += run.report.units_sold;
    *out_days += run.stockout_days;
    *sale_days += run.sale_days;
out:
    run_clear(&run);
    return status;
}
