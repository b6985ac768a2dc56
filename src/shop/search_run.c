#include "shop/search_run.h"

#include "core/file.h"
#include "forecast/metrics.h"
#include "shop/families.h"
#include "shop/result.h"
#include "shop/warm_start.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MOST = 1024, LEFT_OUT = 999, BEST_TRIALS = 24, ETA = 3 };

void skuai_search_result_clear(skuai_search_result *result) {
    skuai_journal_clear(&result->journal);
    skuai_free(result->trials);
    *result = (skuai_search_result){0};
}

static bool replays(const skua_shop *shop) {
    return *skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_replay) != '\0';
}

static size_t trials_asked(const skua_shop *shop) {
    int64_t trials = skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_trials);
    const char *preset = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_preset);
    bool timed = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_time) > 0;
    bool named = *skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_models) != '\0';
    if (trials > 0) return (size_t)trials;
    if (replays(shop)) return SKUAI_SEARCH_TRIALS;
    if (named) return 0;
    return timed ? SKUAI_SEARCH_TRIALS : strcmp(preset, "best") == 0 ? BEST_TRIALS : 0;
}

bool skuai_search_wanted(const skua_shop *shop) {
    return trials_asked(shop) > 0;
}

/* -- The journal ------------------------------------------------------------------------------- */

/* What a search belongs to: settings that change losses, and the data. */
static void make_key(const skua_shop *shop, const skuai_search_task *task, char *key, size_t size) {
    const skuai_panel *p = task->sample->panel;
    char hash[24];
    skuai_panel_hash(p, hash);
    (void)snprintf(key, size,
                   "horizon %zu, windows %zu, seed %lld, season %d, trials %lld, data %s",
                   task->horizon, task->windows,
                   (long long)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed), p->season,
                   (long long)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_trials), hash);
}

static void journal_path(const skua_shop *shop, const char *run, char *path) {
    (void)snprintf(path, PATH_MOST, "%.700s/searches/%.64s.jsonl", shop->folder, run);
}

/* The journal of a search that was interrupted, when it is of the same key; else *n_known 0. */
static void resume(const skua_shop *shop, const char *key, skuai_journal *journal,
                   skuai_search_result *result) {
    char path[PATH_MOST], name[64];
    skuai_buffer text;
    skua_error none;
    (void)snprintf(path, sizeof path, "%.900s/searches/current", shop->folder);
    if (skuai_file_read(path, 256, &text, &none) != SKUA_OK) return;
    (void)snprintf(name, sizeof name, "%.63s", skuai_buffer_view(&text));
    skuai_buffer_clear(&text);
    name[strcspn(name, "\n")] = '\0';
    journal_path(shop, name, path);
    if (skuai_journal_read(path, journal, &none) != SKUA_OK) return;
    if (strcmp(journal->key, key) == 0 && !journal->ended)
        result->n_known = journal->n;
    else
        skuai_journal_clear(journal);
}

static skua_status begin_journal(const skua_shop *shop, const char *run, const char *key,
                                 const skuai_journal *known, skuai_journal *journal,
                                 skua_error *err) {
    char path[PATH_MOST];
    (void)snprintf(path, sizeof path, "%.900s/searches", shop->folder);
    SKUA_TRY(skuai_folder_make(path, err));
    journal_path(shop, run, path);
    SKUA_TRY(skuai_journal_begin(path, key, (const char(*)[SKUAI_SPECIFICATION_SIZE])known->warm,
                                 known->n_warm, journal, err));
    (void)snprintf(path, sizeof path, "%.900s/searches/current", shop->folder);
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < known->n && status == SKUA_OK; i++) /* they are of this run now */
        if (known->lines[i].rung != LEFT_OUT)
            status = skuai_journal_add(journal, &known->lines[i], err);
    return status == SKUA_OK ? skuai_file_write(path, run, strlen(run), err) : status;
}

/* -- Judging ----------------------------------------------------------------------------------- */

typedef struct judge {
    const skua_shop *shop;
    const skuai_search_task *task;
    skuai_context context;
    skuai_panel *views[SKUAI_SEARCH_RUNGS]; /* of windows 1, 2, ... */
    size_t rungs;
    const skuai_journal *known; /* of an interrupted search, or the one replayed */
    bool replay;
    skuai_journal *journal;
} judge;

/* Windows that choose; those without anything to score end the list. */
static skua_status make_views(judge *j, skua_error *err) {
    const skuai_search_task *task = j->task;
    for (size_t w = 1; w < task->windows && j->rungs < SKUAI_SEARCH_RUNGS; w++) {
        size_t back = (w + 1) * task->horizon;
        skuai_panel *known = NULL, *view = NULL;
        SKUA_TRY(skuai_history_at(task->sample, w, (int64_t)back, &known, err));
        skua_status status = skuai_panel_cut(known, back, &view, err);
        skuai_panel_free(known);
        SKUA_TRY(status);
        bool usable = false;
        for (size_t s = 0; s < view->n_series && !usable; s++)
            for (size_t h = 0; h < task->horizon && view->length[s] > 0 && !usable; h++)
                usable = !isnan(skuai_panel_actual(view, s, h));
        if (!usable) {
            skuai_panel_free(view);
            break;
        }
        j->views[j->rungs++] = view;
    }
    return SKUA_OK;
}

static skua_status score_trial(const judge *j, const char *specification, size_t rung, double *loss,
                               skua_error *err) {
    skuai_configured configured;
    skuai_forecaster forecaster;
    skuai_forecast *forecast = NULL;
    skuai_scores *scores = skuai_zero(1, sizeof *scores);
    skuai_request request = {j->task->horizon, j->task->levels, j->task->n_levels, j->context.seed};
    skuai_score_options options = {.seed = j->context.seed};
    skua_status status = scores ? SKUA_OK : skuai_error_memory(err, "scores");
    if (status == SKUA_OK)
        status = skuai_candidate_make(NULL, specification, &configured, &forecaster, err);
    if (status == SKUA_OK)
        status = skuai_forecaster_run(&forecaster, j->views[rung], NULL, &request, &j->context,
                                      &forecast, err);
    if (status == SKUA_OK)
        status = skuai_score(j->views[rung], forecast, &options, scores, NULL, err);
    if (status == SKUA_OK) *loss = scores->wql;
    skuai_forecast_free(forecast);
    skuai_free(scores);
    return status;
}

static const char late[] = "no time left";

static skua_status judge_trial(void *user, const char *specification, size_t rung, double *loss,
                               double *seconds, skua_error *err) {
    judge *j = user;
    const skuai_journal_line *before = skuai_journal_find(j->known, specification, rung);
    skuai_journal_line line = {.rung = rung, .loss = (double)INFINITY};
    skua_error why = {0};
    if (before && (!j->replay || strcmp(before->reason, late) == 0)) {
        *loss = before->loss;
        *seconds = before->seconds;
        return j->replay ? skuai_journal_add(j->journal, before, err) : SKUA_OK;
    }
    double start = skuai_clock();
    skua_status status = score_trial(j, specification, rung, &line.loss, &why);
    line.seconds = skuai_clock() - start;
    if (status == SKUA_ECANCEL || status == SKUA_ENOMEM)
        return skuai_error_set(err, status, "%s", why.message);
    (void)snprintf(line.specification, sizeof line.specification, "%s", specification);
    if (status != SKUA_OK)
        (void)snprintf(line.reason, sizeof line.reason, "%.127s",
                       status == SKUA_EDEADLINE ? late : why.message);
    *loss = line.loss;
    *seconds = line.seconds;
    return skuai_journal_add(j->journal, &line, err);
}

/* -- The result -------------------------------------------------------------------------------- */

static skua_status write_trials(const skuai_search *search, char **text, skua_error *err) {
    skuai_buffer buffer;
    skuai_json_writer w;
    skuai_buffer_init(&buffer, 1 << 24);
    skuai_json_begin(&w, &buffer);
    skuai_json_array(&w, NULL);
    for (size_t i = 0; i < search->n_trials; i++) {
        const skuai_trial *t = &search->trials[i];
        skuai_json_object(&w, NULL);
        skuai_json_text(&w, "specification", t->specification);
        skuai_json_array(&w, "wql");
        for (size_t r = 0; r < t->n_rungs; r++)
            skuai_json_number(&w, NULL, t->loss[r]);
        skuai_json_close(&w);
        skuai_json_number(&w, "seconds", t->seconds);
        skuai_json_close(&w);
    }
    skuai_json_close(&w);
    return skuai_buffer_take(&buffer, text, err);
}

static void take_finalists(const skuai_search *search, skuai_search_result *r) {
    for (size_t i = 0; i < search->n_trials && r->n_finalists < SKUAI_FINALISTS; i++) {
        const skuai_trial *t = &search->trials[i];
        bool failed = false;
        for (size_t k = 0; k < t->n_rungs; k++)
            failed = failed || isinf(t->loss[k]);
        if (!failed)
            memcpy(r->finalists[r->n_finalists++], t->specification, sizeof t->specification);
    }
    r->n_trials = search->n_trials;
    r->n_evaluations = search->n_evaluations;
}

static size_t evaluations_of(const skuai_journal *journal) {
    size_t n = 0;
    for (size_t i = 0; i < journal->n; i++)
        n += journal->lines[i].rung != LEFT_OUT;
    return n;
}

static skua_status perform(judge *j, skuai_search_result *r, skua_error *err) {
    skuai_search_options options = {.rungs = j->rungs,
                                    .eta = ETA,
                                    .trials = trials_asked(j->shop),
                                    .deadline = j->replay ? 0 : j->task->until,
                                    .seed = j->context.seed};
    skuai_search search = {0};
    skuai_families families;
    const char *warm[SKUAI_JOURNAL_WARM];
    for (size_t i = 0; i < j->journal->n_warm; i++)
        warm[i] = j->journal->warm[i];
    options.warm = warm;
    options.n_warm = j->journal->n_warm;
    r->n_warm = j->journal->n_warm;
    skuai_families_make(j->task->sample->panel, &families);
    options.families = families.items;
    options.n_families = families.n;
    if (options.trials > SKUAI_SEARCH_TRIALS) options.trials = SKUAI_SEARCH_TRIALS;
    if (j->replay) options.evaluations = evaluations_of(j->known);
    if (j->rungs == 0 || (j->replay && options.evaluations == 0)) return SKUA_OK;
    SKUA_TRY(skuai_search_run(&options, judge_trial, j, &j->context, &search, err));
    take_finalists(&search, r);
    skua_status status = write_trials(&search, &r->trials, err);
    skuai_search_clear(&search);
    return status;
}

static skua_status read_replayed(const skua_shop *shop, const char *key, skuai_journal *journal,
                                 skua_error *err) {
    char path[PATH_MOST];
    const char *run = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_replay);
    journal_path(shop, run, path);
    skua_status status = skuai_journal_read(path, journal, err);
    if (status == SKUA_ENOTFOUND)
        return skuai_error_set(err, status,
                               "no search of run '%s' to replay: 'skua runs' lists them", run);
    if (status != SKUA_OK || strcmp(journal->key, key) == 0) return status;
    return skuai_error_set(err, SKUA_ECONFIG, "run %s had other settings or data (%s; now %s)", run,
                           journal->key, key);
}

skua_status skuai_search_perform(const skua_shop *shop, const skuai_search_task *task,
                                 skuai_search_result *result, skua_error *err) {
    char key[256];
    skuai_journal known = {0};
    skuai_search_result r = {0};
    judge j = {.shop = shop, .task = task, .context = skuai_shop_context(shop, false)};
    j.context.deadline = task->until;
    j.replay = replays(shop);
    if (j.replay) j.context.deadline = 0;
    j.known = &known;
    j.journal = &r.journal;
    make_key(shop, task, key, sizeof key);
    skua_status status = make_views(&j, err);
    if (status == SKUA_OK && j.replay) status = read_replayed(shop, key, &known, err);
    if (status == SKUA_OK && !j.replay) resume(shop, key, &known, &r);
    if (r.n_known > 0)
        skuai_context_log(&j.context, SKUAI_LOG_INFO,
                          "goes on with a search that was interrupted: %zu evaluations are known",
                          r.n_known);
    for (size_t i = 0; i < known.n && j.replay && r.n_omitted < SKUAI_CANDIDATES_MOST; i++)
        if (known.lines[i].rung == LEFT_OUT)
            memcpy(r.omitted[r.n_omitted++], known.lines[i].specification, sizeof r.omitted[0]);
    /* those of the run that is repeated or gone on with; a new search has those of earlier ones */
    skuai_journal fresh = {0};
    if (status == SKUA_OK && !j.replay && r.n_known == 0) {
        int64_t most = skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_warm);
        status = skuai_warm_start_find(shop, (size_t)most, &known, err);
    }
    if (j.replay) {
        fresh.n_warm = known.n_warm;
        memcpy(fresh.warm, known.warm, sizeof fresh.warm);
    }
    if (status == SKUA_OK)
        status = begin_journal(shop, task->run, key, j.replay ? &fresh : &known, &r.journal, err);
    if (status == SKUA_OK) status = perform(&j, &r, err);
    for (size_t i = 0; i < j.rungs; i++)
        skuai_panel_free(j.views[i]);
    skuai_journal_clear(&known);
    if (status == SKUA_OK)
        *result = r;
    else
        skuai_search_result_clear(&r);
    return status;
}

skua_status skuai_search_left_out(skuai_search_result *result, const char *model, skua_error *err) {
    skuai_journal_line line = {.rung = LEFT_OUT, .loss = (double)INFINITY};
    if (!result->journal.path[0]) return SKUA_OK;
    (void)snprintf(line.specification, sizeof line.specification, "%s", model);
    (void)snprintf(line.reason, sizeof line.reason, "%s", late);
    return skuai_journal_add(&result->journal, &line, err);
}

skua_status skuai_search_finish(skuai_search_result *result, skua_error *err) {
    return result->journal.path[0] ? skuai_journal_end(&result->journal, err) : SKUA_OK;
}
