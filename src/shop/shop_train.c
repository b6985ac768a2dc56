/* train and backtest: evaluate the candidates; train keeps what was chosen. */
#include "shop/ablation.h"
#include "shop/evaluate.h"
#include "shop/model_file.h"
#include "shop/result.h"
#include "shop/shop_panel.h"

#include <stdio.h>
#include <string.h>

static skua_status read_history(skua_shop *shop, skuai_history *history, skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_history_read(shop, store, history, err);
    if (status == SKUA_OK) {
        status = skuai_history_versions(shop, store, history, err);
        if (status != SKUA_OK) skuai_history_clear(history);
    }
    skuai_store_close(store); /* nobody holds the database while models work */
    return status;
}

static skua_status write_results(skua_shop *shop, skuai_run *run, const skuai_evaluation *e,
                                 skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = skuai_run_write(shop, store, run, err);
    if (status == SKUA_OK) status = skuai_scores_write(store, run, e->leaderboard, err);
    if (status == SKUA_OK)
        status = skuai_series_scores_write(store, run, e->tested, e->series_pinball,
                                           e->series_weight, err);
    if (status == SKUA_OK) status = skuai_store_commit(store, err);
    if (status != SKUA_OK) skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

static skua_status keep_model(const skua_shop *shop, const skuai_panel *panel,
                              const skuai_evaluation *e, uint64_t seed, skuai_model_file *model,
                              skua_error *err) {
    model->ensemble = e->ensemble;
    model->coherence = e->coherence;
    model->horizon = e->horizon;
    model->n_levels = e->n_levels;
    memcpy(model->levels, e->levels, sizeof model->levels);
    model->season = panel->season;
    model->seed = seed;
    model->deadline = e->deadline;
    const char *frequency = skuai_frequency_name(panel->grid.frequency);
    memcpy(model->frequency, frequency, strlen(frequency) + 1);
    return skuai_model_file_save(shop, model, panel, e->leaderboard, e->calibration, err);
}

static void put_learnt(const skua_shop *shop, const skuai_evaluation *e, const char *model,
                       skuai_json_writer *w) {
    char folder[SKUAI_KEPT_FOLDER_SIZE];
    int n = snprintf(folder, sizeof folder, "%s/models/%s", shop->folder, model);
    if (n > 0 && (size_t)n < sizeof folder) skuai_kept_members_put(&e->ensemble, folder, w);
}

static skua_status make_report(const skua_shop *shop, const skuai_history *history,
                               const skuai_evaluation *e, const skuai_run *run, const char *model,
                               char **report, skua_error *err) {
    skuai_report r;
    skuai_report_begin(&r, run->kind);
    skuai_json_text(&r.json, "run", run->name);
    if (model) skuai_json_text(&r.json, "model", model);
    skuai_panel_describe(&r.json, history->panel);
    skuai_json_integer(&r.json, "horizon", (int64_t)e->horizon);
    skuai_json_integer(&r.json, "windows", (int64_t)e->n_windows);
    skuai_json_integer(&r.json, "series_tested", (int64_t)e->n_series);
    skuai_json_integer(&r.json, "seed", (int64_t)run->seed);
    skuai_json_array(&r.json, "calibration");
    for (size_t q = 0; q < e->n_levels; q++) {
        skuai_json_array(&r.json, NULL);
        skuai_json_number(&r.json, NULL, e->levels[q]);
        skuai_json_number(&r.json, NULL, e->calibration[q]);
        skuai_json_close(&r.json);
    }
    skuai_json_close(&r.json);
    skuai_json_text(&r.json, "coherent", skuai_coherence_name(e->coherence));
    skuai_json_object(&r.json, "coherent_loss"); /* of the choice: WAPE over all levels */
    for (int c = 0; c < SKUAI_COHERENCES; c++)
        skuai_json_number(&r.json, skuai_coherence_name((skuai_coherence)c), e->coherence_loss[c]);
    skuai_json_close(&r.json);
    skuai_json_raw(&r.json, "leaderboard", e->leaderboard);
    if (model) put_learnt(shop, e, model, &r.json);
    if (e->search.trials) {
        skuai_json_object(&r.json, "search");
        skuai_json_integer(&r.json, "trials", (int64_t)e->search.n_trials);
        skuai_json_integer(&r.json, "evaluations", (int64_t)e->search.n_evaluations);
        skuai_json_integer(&r.json, "known_before", (int64_t)e->search.n_known);
        skuai_json_integer(&r.json, "warm", (int64_t)e->search.n_warm);
        skuai_json_raw(&r.json, "tried", e->search.trials);
        skuai_json_close(&r.json);
    }
    skua_status status =
        model ? SKUA_OK : skuai_ablation_put(shop, run->name, history, e, &r.json, err);
    return skuai_report_end(&r, status, report, err);
}

static skua_status evaluate(skua_shop *shop, const skuai_ranks *ranks, const void *how,
                            char **report, skua_error *err) {
    const char *kind = how;                    /* "train" or "backtest" */
    bool first = skuai_ranks_rank(ranks) == 0; /* who fits the model for keeps, and writes */
    skuai_run run;
    skuai_history history = {0};
    skuai_evaluation *e = skuai_zero(1, sizeof *e);
    skuai_model_file *model = skuai_zero(1, sizeof *model);
    skua_status status = e && model ? SKUA_OK : skuai_error_memory(err, "an evaluation");
    bool keep = strcmp(kind, "train") == 0;
    if (e) e->begun = skuai_clock(); /* reading is part of the time that the user gives */
    skuai_run_begin(&run, kind,
                    (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed));
    if (status == SKUA_OK) status = read_history(shop, &history, err);
    if (status == SKUA_OK && !keep) status = skuai_ablation_check(shop, &history, err);
    if (status == SKUA_OK) {
        skuai_panel_hash(history.panel, run.data_hash);
        status = skuai_ranks_agree(ranks, run.data_hash, "has read the data",
                                   "let all hosts see one workspace", err);
    }
    if (status == SKUA_OK) status = skuai_evaluate(shop, ranks, run.name, &history, e, err);
    if (status == SKUA_OK && keep && first)
        status = keep_model(shop, history.panel, e, run.seed, model, err);
    if (status == SKUA_OK && first) {
        run.model = keep ? model->name : "combination";
        run.horizon = e->horizon;
        run.frequency = skuai_frequency_name(history.panel->grid.frequency);
        status = write_results(shop, &run, e, err);
        if (status == SKUA_OK) status = skuai_search_finish(&e->search, err);
    }
    if (status == SKUA_OK && first)
        status = make_report(shop, &history, e, &run, keep ? model->name : NULL, report, err);
    if (e) skuai_evaluation_clear(e);
    skuai_history_clear(&history);
    skuai_free(e);
    skuai_free(model);
    return status;
}

skua_status skua_shop_train(skua_shop *shop, char **report, skua_error *err) {
    return skuai_shop_as_rank(shop, evaluate, "train", report, err);
}

skua_status skua_shop_backtest(skua_shop *shop, char **report, skua_error *err) {
    return skuai_shop_as_rank(shop, evaluate, "backtest", report, err);
}
