/* update: the current model learns what came since. Weights and calibration stay as training chose
 * them (with `renew` the calibration is measured anew); members that learn across series are fitted
 * anew (trees) or go on (nets) on all that is known now, and the result is a new version. */
#include "shop/candidates.h"
#include "shop/history.h"
#include "shop/model_file.h"
#include "shop/result.h"
#include "shop/shop_panel.h"

#include <string.h>

/* What the model's file holds beside what is read into a skuai_model_file: its leaderboard as text
 * (skuai_free), and the share of outcomes below each level. */
static skua_status read_rest(const skua_shop *shop, size_t n_levels, char **leaderboard,
                             double *kept, skua_error *err) {
    char *text = NULL;
    skuai_json *json = NULL;
    skuai_buffer buffer;
    SKUA_TRY(skuai_model_file_kept(shop, &text, err));
    skua_status status = skuai_json_parse(text, strlen(text), &json, err);
    skuai_free(text);
    if (status != SKUA_OK) return status;
    const skuai_json *pairs = skuai_json_get(json, "calibration_kept");
    for (size_t q = 0; q < n_levels; q++)
        kept[q] = skuai_json_as_number(skuai_json_at(skuai_json_at(pairs, q), 1), 0);
    skuai_buffer_init(&buffer, 1 << 24);
    skuai_json_dump(skuai_json_get(json, "leaderboard"), &buffer);
    status = skuai_buffer_take(&buffer, leaderboard, err);
    skuai_json_free(json);
    return status;
}

/* -- A calibration anew ------------------------------------------------------------------------ */

/* Members as they are before they learn: what was kept has seen the windows that judge. */
typedef struct fresh_members {
    skuai_ensemble ensemble; /* of those that have weight */
    skuai_configured configured[SKUAI_ENSEMBLE_MEMBERS];
    skuai_forecaster members[SKUAI_ENSEMBLE_MEMBERS];
    const skuai_forecaster *pointers[SKUAI_ENSEMBLE_MEMBERS];
} fresh_members;

static bool has_weight(const skuai_ensemble *e, size_t m) {
    for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++)
        if (e->weights[c][m] > 0) return true;
    return false;
}

static skua_status make_fresh(const skua_shop *shop, const skuai_ensemble *e, fresh_members *fresh,
                              skua_error *err) {
    skuai_ensemble *own = &fresh->ensemble;
    own->clusters = e->clusters;
    memcpy(own->cluster_share, e->cluster_share, sizeof own->cluster_share);
    for (size_t m = 0; m < e->n_members; m++) {
        size_t n = own->n_members;
        if (!has_weight(e, m)) continue;
        SKUA_TRY(skuai_candidate_make(shop, e->members[m].name, &fresh->configured[n],
                                      &fresh->members[n], err));
        fresh->pointers[n] = &fresh->members[n];
        own->members[n] = fresh->members[n];
        for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++)
            own->weights[c][n] = e->weights[c][m];
        own->n_members++;
    }
    return SKUA_OK;
}

/* By a backtest of the members that have weight, on windows that nobody has learnt from. */
static skua_status renew_calibration(const skua_shop *shop, const skuai_panel *panel,
                                     skuai_model_file *model, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, true);
    skuai_backtest *b = NULL;
    fresh_members *fresh = skuai_zero(1, sizeof *fresh);
    if (!fresh) return skuai_error_memory(err, "a calibration");
    skuai_backtest_options options = {
        .horizon = model->horizon,
        .windows = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_windows),
        .levels = model->levels,
        .n_levels = model->n_levels,
        .seed = model->seed,
    };
    skua_status status = make_fresh(shop, &model->ensemble, fresh, err);
    if (status == SKUA_OK)
        status = skuai_backtest_run(panel, fresh->pointers, fresh->ensemble.n_members, &options,
                                    &context, &b, err);
    if (status == SKUA_OK)
        status = skuai_ensemble_calibrate(b, 0, b->n_windows, model->seed, &fresh->ensemble, err);
    if (status == SKUA_OK) model->ensemble.calibration = fresh->ensemble.calibration;
    skuai_backtest_free(b);
    skuai_free(fresh);
    return status;
}

/* -- The verb ---------------------------------------------------------------------------------- */

static skua_status write_run(skua_shop *shop, const skuai_run *run, skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = skuai_run_write(shop, store, run, err);
    if (status == SKUA_OK) status = skuai_store_commit(store, err);
    if (status != SKUA_OK) skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

static void put_members(skuai_json_writer *w, const skuai_model_file *model) {
    skuai_json_array(w, "updated");
    for (size_t m = 0; m < model->ensemble.n_members; m++) {
        const skuai_forecaster *member = &model->ensemble.members[m];
        if (has_weight(&model->ensemble, m) && member->save) skuai_json_text(w, NULL, member->name);
    }
    skuai_json_close(w);
}

static skua_status frequency_check(const skuai_model_file *model, const skuai_panel *panel,
                                   skua_error *err) {
    const char *now = skuai_frequency_name(panel->grid.frequency);
    if (strcmp(model->frequency, now) == 0) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA,
                           "model %s was trained on periods of a %s, these are of a %s: train anew",
                           model->name, model->frequency, now);
}

skua_status skua_shop_update(skua_shop *shop, char **report, skua_error *err) {
    skuai_run run;
    skuai_panel *panel = NULL;
    char *leaderboard = NULL, before[sizeof((skuai_model_file *)0)->name];
    double kept[SKUAI_LEVELS_MOST],
        time = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_time);
    skuai_run_begin(&run, "update",
                    (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed));
    skuai_model_file *model = skuai_zero(1, sizeof *model);
    if (!model) return skuai_error_memory(err, "a model");
    skua_status status = skuai_model_file_load(shop, model, err);
    if (status == SKUA_ENOTFOUND)
        status = skuai_error_set(err, SKUA_ENOTFOUND,
                                 "nothing was trained yet: `skua train` makes the first model");
    if (status == SKUA_OK) status = read_rest(shop, model->n_levels, &leaderboard, kept, err);
    if (status == SKUA_OK) status = skuai_history_panel(shop, &panel, err);
    if (status == SKUA_OK) status = frequency_check(model, panel, err);
    bool renew = strcmp(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_renew), "none") != 0;
    if (status == SKUA_OK && renew) status = renew_calibration(shop, panel, model, err);
    if (status == SKUA_OK) {
        memcpy(before, model->name, sizeof before);
        model->deadline = time > 0 ? skuai_clock() + time : 0;
        status = skuai_model_file_save(shop, model, panel, leaderboard, kept, err);
    }
    if (status == SKUA_OK) {
        run.model = model->name;
        run.horizon = model->horizon;
        run.frequency = model->frequency;
        skuai_panel_hash(panel, run.data_hash);
        status = write_run(shop, &run, err);
    }
    if (status == SKUA_OK) {
        skuai_report r;
        skuai_report_begin(&r, "update");
        skuai_json_text(&r.json, "run", run.name);
        skuai_json_text(&r.json, "model", model->name);
        skuai_json_text(&r.json, "before", before);
        skuai_panel_describe(&r.json, panel);
        put_members(&r.json, model);
        skuai_json_bool(&r.json, "calibration_renewed", renew);
        status = skuai_report_end(&r, SKUA_OK, report, err);
    }
    skuai_free(leaderboard);
    skuai_panel_free(panel);
    skuai_free(model);
    return status;
}
