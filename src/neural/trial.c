#include "neural/trial.h"

#include <math.h>

enum { BATCH = 64, FIRST = 2, LAST = 10 }; /* levels .1 to .9 */

/* Pinball losses of one period, whose quantiles z are sorted on the way. */
static void add_period(skuai_trial *t, const skuai_real *out, double target, double centre,
                       double scale) {
    double z[SKUAI_DEMAND_LEVELS], y = skuai_window_unscale(target, centre, scale);
    for (size_t q = 0; q < SKUAI_DEMAND_LEVELS; q++) {
        double v = isfinite(out[q]) ? (double)out[q] : 0;
        size_t k = q;
        for (; k > 0 && z[k - 1] > v; k--)
            z[k] = z[k - 1];
        z[k] = v;
    }
    for (size_t q = FIRST; q <= LAST; q++) {
        double gap = (y - skuai_window_unscale(z[q], centre, scale)) / scale;
        double level = skuai_demand_levels[q];
        t->pinball += 2 * fmax(level * gap, (level - 1) * gap) / (LAST - FIRST + 1);
    }
    t->units += fabs(y) / scale;
}

skua_status skuai_trial_add(skuai_trial *trial, skuai_tape *tape, const skuai_demand *net,
                            const skuai_window_batch *b, skua_error *err) {
    double begun = skuai_clock();
    skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
    skuai_tensor *out = skuai_demand_run(tape, net, b, SKUAI_DEMAND_ALL);
    double seconds = (skuai_clock() - begun) / (double)b->n;
    if (trial->windows == 0 || seconds < trial->seconds) trial->seconds = seconds;
    skuai_tensor *loss = skuai_demand_loss(tape, net, b, out, 0, NULL);
    SKUA_TRY(skuai_tape_status(tape, err));
    if (!loss || !out) return skuai_error_set(err, SKUA_EINTERNAL, "the net gave no output");
    size_t p = b->config.patch, tokens = b->past + b->future, rows = b->n * tokens * p;
    for (size_t r = 0; r < rows; r++) {
        size_t window = r / p / tokens;
        if (r / p % tokens < b->past || !b->known[window] || isnan(b->target[r])) continue;
        add_period(trial, out->value + r * SKUAI_DEMAND_LEVELS, (double)b->target[r],
                   b->centre[window], b->scale[window]);
    }
    trial->loss += (double)b->n * (double)loss->value[0];
    trial->windows += b->n;
    return SKUA_OK;
}

skua_status skuai_trial_run(skuai_trial *trial, const skuai_demand *net, skuai_train_source source,
                            void *user, size_t n, size_t future, const skuai_context *context,
                            skua_error *err) {
    skuai_batch_reader reader = {0};
    skuai_tape *tape = skuai_tape_new(context);
    skua_status status = tape ? SKUA_OK : skuai_error_memory(err, "a trial");
    if (status == SKUA_OK)
        status = skuai_batch_reader_init(&reader, &net->config.window, 0, context, err);
    for (size_t done = 0; done < n && status == SKUA_OK; done += BATCH) {
        skuai_window_batch batch;
        size_t count = n - done < BATCH ? n - done : BATCH;
        status = skuai_batch_reader_read(&reader, source, user, done, count,
                                         net->config.window.context, future, NULL, &batch, err);
        if (status == SKUA_OK) status = skuai_trial_add(trial, tape, net, &batch, err);
    }
    skuai_batch_reader_clear(&reader);
    skuai_tape_free(tape);
    return status;
}
