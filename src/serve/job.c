#include "serve/job_inside.h"

#include "core/context.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { POLL_MOST = 64, TEND_MILLISECONDS = 200, BEAT_SECONDS = 10 };
enum { SETTING_MOST = 900, SETTING_BYTES_MOST = 4 * SETTING_MOST }; /* characters of UTF-8 */

/* -- Finding and writing ----------------------------------------------------------------------- */

skuai_job *skuai_job_find(skuai_jobs *jobs, size_t space, const char *id) {
    skuai_job *job = jobs->newest;
    while (job && (job->space != space || strcmp(job->id, id) != 0))
        job = job->next;
    return job;
}

static void put_time(skuai_json_writer *w, const char *name, int64_t seconds) {
    char text[32] = "";
    struct tm utc;
    time_t t = (time_t)seconds;
    if (seconds > 0 && gmtime_r(&t, &utc))
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    skuai_json_text(w, name, *text ? text : NULL);
}

bool skuai_job_has_result(const skuai_job *job) {
    static const char *const with[] = {"plan", "trend", "cause", "explain"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        if (strcmp(job->verb, with[i]) == 0) return true;
    return false;
}

void skuai_job_put(const skuai_job *job, skuai_json_writer *w) {
    static const char *const states[] = {"queued", "running", "done", "failed", "cancelled"};
    size_t kept = job->n_log < JOB_LOG_LINES ? job->n_log : JOB_LOG_LINES;
    skuai_json_object(w, NULL);
    skuai_json_text(w, "job", job->id);
    skuai_json_text(w, "verb", job->verb);
    if (*job->what) skuai_json_text(w, "what", job->what);
    if (job->item) skuai_json_text(w, "item", job->item);
    skuai_json_text(w, "state", states[job->state]);
    skuai_json_text(w, "stage", job->stage);
    skuai_json_number(w, "share", job->state == SKUAI_JOB_DONE ? 1 : job->share);
    put_time(w, "queued_at", job->queued_at);
    put_time(w, "started_at", job->started_at);
    put_time(w, "ended_at", job->ended_at);
    skuai_json_integer(w, "exit", job->exit_code);
    skuai_json_array(w, "log");
    for (size_t i = job->n_log - kept; i < job->n_log; i++)
        skuai_json_text(w, NULL, job->log[i % JOB_LOG_LINES]);
    skuai_json_close(w);
    if (job->ended_at > 0 && job->report.size > 0 && !skuai_job_has_result(job))
        skuai_json_raw(w, "report", skuai_buffer_view(&job->report));
    skuai_json_close(w);
}

bool skuai_jobs_write(skuai_jobs *jobs, size_t space, const char *id, skuai_json_writer *w) {
    (void)pthread_mutex_lock(&jobs->lock);
    const skuai_job *job = skuai_job_find(jobs, space, id);
    if (job) skuai_job_put(job, w);
    (void)pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

void skuai_jobs_write_all(skuai_jobs *jobs, size_t space, skuai_json_writer *w) {
    (void)pthread_mutex_lock(&jobs->lock);
    skuai_json_object(w, NULL);
    skuai_json_array(w, "jobs");
    for (const skuai_job *job = jobs->newest; job; job = job->next)
        if (job->space == space) skuai_job_put(job, w);
    skuai_json_close(w);
    skuai_json_close(w);
    (void)pthread_mutex_unlock(&jobs->lock);
}

static bool same_question(const skuai_job *job, size_t space, const char *verb, const char *what,
                          const char *item) {
    return job->space == space && strcmp(job->verb, verb) == 0 &&
           strcmp(job->what, what ? what : "") == 0 &&
           strcmp(job->item ? job->item : "", item ? item : "") == 0;
}

bool skuai_jobs_write_result(skuai_jobs *jobs, size_t space, const char *verb, const char *what,
                             const char *item, int64_t generation, skuai_json_writer *w) {
    (void)pthread_mutex_lock(&jobs->lock);
    const skuai_job *job = jobs->newest;
    while (job && !(job->state == SKUAI_JOB_DONE && job->report.size > 0 &&
                    same_question(job, space, verb, what, item)))
        job = job->next;
    if (job) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "job", job->id);
        put_time(w, "ended_at", job->ended_at);
        skuai_json_bool(w, "stale", job->generation < generation);
        skuai_json_raw(w, "report", skuai_buffer_view(&job->report));
        skuai_json_close(w);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

/* A new result takes the place of the older ones of its question. */
static void drop_older_results(skuai_job *newer) {
    if (newer->state != SKUAI_JOB_DONE || !skuai_job_has_result(newer)) return;
    for (skuai_job *job = newer->next; job; job = job->next)
        if (job->ended_at > 0 &&
            same_question(job, newer->space, newer->verb, newer->what, newer->item))
            skuai_buffer_clear(&job->report);
}

void skuai_jobs_count(skuai_jobs *jobs, size_t *running, size_t *waiting) {
    *running = *waiting = 0;
    (void)pthread_mutex_lock(&jobs->lock);
    for (const skuai_job *job = jobs->newest; job; job = job->next) {
        *running += job->state == SKUAI_JOB_RUNNING;
        *waiting += job->state == SKUAI_JOB_QUEUED;
    }
    (void)pthread_mutex_unlock(&jobs->lock);
}

/* -- Adding ------------------------------------------------------------------------------------ */

static void job_free(skuai_job *job) {
    for (size_t i = 0; i < job->n_arguments; i++)
        skuai_free(job->arguments[i]);
    skuai_buffer_clear(&job->report);
    skuai_free(job->folder);
    skuai_free(job->upload);
    skuai_free(job->item);
    skuai_free(job);
}

static const char *const verbs[] = {"check", "train", "forecast", "backtest", "ingest", "plan",
                                    "trend", "cause", "explain",  "findings", NULL};
static const char *const plans[] = {"stock", "promo", "price", NULL};
/* Settings that a caller may give: none that names a file or another workspace. */
static const char *const settings[] = {
    "horizon", "levels", "preset", "models", "windows", "sample", "time", "season", "seed",
    "absent", "stockouts", "clean", "country", "incomplete", "frequency", "as_of", "table", "map",
    "encoding", "decimal", "delimiter", "date_format", "dry_run",
    /* of plans */
    "review", "target", "service", "order_cost", "budget", "aim", "ending", "most_change", "weeks",
    "depths", "length", "gap", "times", "slots", "brand_most", "closed", "least_margin",
    "promotion_cost", "caution", "accept",
    /* of causes, explanations, findings */
    "graph", "method", "forbid", "item", "kind", "row", "decide", "limit", NULL};

static bool among(const char *const *list, const char *word) {
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

bool skuai_job_setting_known(const char *key) {
    return among(settings, key);
}

static skua_status add_argument(skuai_job *job, const char *text, skua_error *err) {
    if (job->n_arguments == JOB_ARGUMENTS_MOST)
        return skuai_error_set(err, SKUA_EINVAL, "settings: too many");
    job->arguments[job->n_arguments] = skuai_text_copy(text);
    if (!job->arguments[job->n_arguments]) return skuai_error_memory(err, "a job");
    job->n_arguments++;
    return SKUA_OK;
}

static size_t characters(const char *utf8) {
    size_t n = 0;
    for (; *utf8; utf8++)
        n += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return n;
}

/* "--key=value"; the program checks the value. */
static skua_status add_setting(skuai_job *job, const char *key, const skuai_json *value,
                               skua_error *err) {
    char text[SETTING_BYTES_MOST + 64], option[48], number[SKUAI_NUMBER_TEXT_SIZE];
    const char *given = skuai_json_as_text(value, NULL);
    double x = skuai_json_as_number(value, (double)NAN);
    if (!skuai_job_setting_known(key))
        return skuai_error_set(err, SKUA_EINVAL, "settings: '%.40s' is none that a job takes", key);
    if (!given && !isnan(x)) given = skuai_number_text(x, number);
    if (!given && skuai_json_as_bool(value, true) == skuai_json_as_bool(value, false))
        given = skuai_json_as_bool(value, false) ? "true" : "false";
    if (!given || characters(given) > SETTING_MOST)
        return skuai_error_set(err, SKUA_EINVAL,
                               "settings: %s wants a text, a number or true or false", key);
    size_t n = 0;
    for (; key[n]; n++)
        option[n] = (char)(key[n] == '_' ? '-' : key[n]);
    option[n] = '\0';
    (void)snprintf(text, sizeof text, "--%s=%s", option, given);
    return add_argument(job, text, err);
}

static skua_status fill(skuai_jobs *jobs, const skuai_job_request *request, skuai_job *job,
                        skua_error *err) {
    job->out = job->error = -1;
    job->space = request->space;
    job->queued_at = (int64_t)time(NULL);
    job->version = 1;
    skuai_buffer_init(&job->report, JOB_REPORT_MOST);
    (void)snprintf(job->verb, sizeof job->verb, "%s", request->verb);
    job->folder = skuai_text_copy(request->folder);
    if (request->upload) job->upload = skuai_text_copy(request->upload);
    job->shop = request->shop;
    job->generation = -1;
    if (request->what) (void)snprintf(job->what, sizeof job->what, "%s", request->what);
    const char *item = skuai_json_as_text(skuai_json_get(request->settings, "item"), NULL);
    if (item && strcmp(job->verb, "explain") == 0) job->item = skuai_text_copy(item);
    if (!job->folder || (request->upload && !job->upload)) return skuai_error_memory(err, "a job");
    SKUA_TRY(add_argument(job, jobs->options.program, err));
    SKUA_TRY(add_argument(job, request->verb, err));
    SKUA_TRY(add_argument(job, "--json", err));
    const char *key = NULL;
    for (const skuai_json *value = skuai_json_next(request->settings, &key); key;
         value = skuai_json_next(request->settings, &key))
        SKUA_TRY(add_setting(job, key, value, err));
    SKUA_TRY(add_argument(job, "--", err));
    SKUA_TRY(add_argument(job, request->folder, err));
    if (request->what) SKUA_TRY(add_argument(job, request->what, err));
    return request->file ? add_argument(job, request->file, err) : SKUA_OK;
}

static skua_status check_verb(const skuai_job_request *request, skua_error *err) {
    bool is_plan = strcmp(request->verb, "plan") == 0;
    if (!among(verbs, request->verb))
        return skuai_error_set(err, SKUA_EINVAL,
                               "verb: need check, train, forecast, backtest, plan, trend, cause, "
                               "explain or findings, not '%.40s'",
                               request->verb);
    if (is_plan ? !request->what || !among(plans, request->what) : request->what != NULL)
        return skuai_error_set(err, SKUA_EINVAL, "what: %s",
                               is_plan ? "need stock, promo or price" : "only a plan takes it");
    return SKUA_OK;
}

/* Forget the oldest that ended, but a plan's, trends' or causes' that stand. */
static void forget(skuai_jobs *jobs) {
    skuai_job **oldest = NULL;
    for (skuai_job **p = &jobs->newest; *p; p = &(*p)->next)
        if ((*p)->ended_at > 0 &&
            !(skuai_job_has_result(*p) && !(*p)->item && (*p)->report.size > 0))
            oldest = p;
    if (jobs->n_jobs <= JOBS_KEPT || !oldest) return;
    skuai_job *job = *oldest;
    *oldest = job->next;
    jobs->n_jobs--;
    job_free(job);
}

skua_status skuai_jobs_add(skuai_jobs *jobs, const skuai_job_request *request, char *id,
                           skua_error *err) {
    SKUA_TRY(check_verb(request, err));
    skuai_job *job = skuai_zero(1, sizeof *job);
    if (!job) return skuai_error_memory(err, "a job");
    skua_status status = fill(jobs, request, job, err);
    (void)pthread_mutex_lock(&jobs->lock);
    size_t waiting = 0;
    for (const skuai_job *j = jobs->newest; j; j = j->next)
        waiting += j->state == SKUAI_JOB_QUEUED;
    if (status == SKUA_OK && (waiting >= JOBS_WAITING_MOST || jobs->stops))
        status = skuai_error_set(err, SKUA_ELIMIT, "%zu jobs wait already", waiting);
    if (status == SKUA_OK) {
        (void)snprintf(job->id, sizeof job->id, "%s-%zu", job->verb, ++jobs->number);
        (void)snprintf(id, JOB_ID_SIZE, "%s", job->id);
        job->next = jobs->newest;
        jobs->newest = job;
        jobs->n_jobs++;
        forget(jobs);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    if (status != SKUA_OK) job_free(job);
    return status;
}

bool skuai_jobs_cancel(skuai_jobs *jobs, size_t space, const char *id, bool *ended) {
    (void)pthread_mutex_lock(&jobs->lock);
    skuai_job *job = skuai_job_find(jobs, space, id);
    if (job) {
        *ended = job->ended_at > 0;
        job->cancel = true;
        if (job->state == SKUAI_JOB_QUEUED) {
            job->state = SKUAI_JOB_CANCELLED;
            job->ended_at = (int64_t)time(NULL);
        }
        job->version++;
        skuai_job_wake(jobs, job);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

/* -- The thread -------------------------------------------------------------------------------- */

bool skuai_job_given(const skuai_job *job, const char *beginning) {
    size_t n = strlen(beginning);
    for (size_t i = 0; i < job->n_arguments; i++)
        if (strncmp(job->arguments[i], beginning, n) == 0) return true;
    return false;
}

/* A preview of a file or a list of findings: quick, and nothing is written. */
static bool only_looks(const skuai_job *job) {
    if (strcmp(job->verb, "ingest") == 0) return skuai_job_given(job, "--dry-run=true");
    return strcmp(job->verb, "findings") == 0 && !skuai_job_given(job, "--decide=");
}

/* Whether a job that runs keeps another of its workspace from beginning. */
static bool holds_up(const skuai_job *running, const skuai_job *other) {
    if (running->space != other->space || running->state != SKUAI_JOB_RUNNING) return false;
    return only_looks(running) == only_looks(other) || strcmp(running->verb, "ingest") == 0;
}

/* Start the oldest waiting job of every workspace that none holds up. */
static void start_waiting(skuai_jobs *jobs) {
    for (;;) {
        skuai_job *chosen = NULL;
        for (skuai_job *job = jobs->newest; job; job = job->next) {
            bool busy = false;
            if (job->state != SKUAI_JOB_QUEUED) continue;
            for (const skuai_job *j = jobs->newest; j; j = j->next)
                busy = busy || holds_up(j, job);
            if (!busy) chosen = job;
        }
        if (!chosen) return;
        skuai_job_start(jobs, chosen);
        skuai_job_wake(jobs, chosen);
    }
}

static size_t collect(skuai_jobs *jobs, struct pollfd *files) {
    size_t n = 0;
    for (const skuai_job *job = jobs->newest; job && n + 2 <= POLL_MOST; job = job->next) {
        if (job->state != SKUAI_JOB_RUNNING) continue;
        if (job->out >= 0) files[n++] = (struct pollfd){.fd = job->out, .events = POLLIN};
        if (job->error >= 0) files[n++] = (struct pollfd){.fd = job->error, .events = POLLIN};
    }
    return n;
}

static void tend_all(skuai_jobs *jobs, size_t *running) {
    *running = 0;
    for (skuai_job *job = jobs->newest; job; job = job->next) {
        if (job->state != SKUAI_JOB_RUNNING) continue;
        uint64_t before = job->version;
        skuai_job_tend(jobs, job);
        *running += job->state == SKUAI_JOB_RUNNING;
        drop_older_results(job);
        if (job->version != before) skuai_job_wake(jobs, job);
    }
    if (skuai_clock() - jobs->last_beat > BEAT_SECONDS) {
        jobs->last_beat = skuai_clock();
        skuai_job_wake(jobs, NULL);
    }
}

static void *run(void *argument) {
    skuai_jobs *jobs = argument;
    struct pollfd files[POLL_MOST];
    size_t running = 0;
    (void)pthread_mutex_lock(&jobs->lock);
    while (!jobs->stops || running > 0) {
        if (!jobs->stops) start_waiting(jobs);
        size_t n = collect(jobs, files);
        (void)pthread_mutex_unlock(&jobs->lock);
        (void)poll(files, (nfds_t)n, TEND_MILLISECONDS);
        (void)pthread_mutex_lock(&jobs->lock);
        for (skuai_job *job = jobs->newest; job && jobs->stops; job = job->next)
            job->cancel = true;
        tend_all(jobs, &running);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

skua_status skuai_jobs_new(const skuai_job_options *options, skuai_jobs **jobs, skua_error *err) {
    skuai_jobs *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "jobs");
    made->options = *options;
    made->last_beat = skuai_clock();
    if (pthread_mutex_init(&made->lock, NULL) != 0) {
        skuai_free(made);
        return skuai_error_memory(err, "jobs");
    }
    if (pthread_create(&made->thread, NULL, run, made) != 0) {
        (void)pthread_mutex_destroy(&made->lock);
        skuai_free(made);
        return skuai_error_memory(err, "a thread for jobs");
    }
    made->has_thread = true;
    *jobs = made;
    return SKUA_OK;
}

void skuai_jobs_stop(skuai_jobs *jobs) {
    if (!jobs->has_thread) return;
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->stops = true;
    (void)pthread_mutex_unlock(&jobs->lock);
    (void)pthread_join(jobs->thread, NULL);
    jobs->has_thread = false;
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->streams_end = true;
    skuai_job_wake(jobs, NULL);
    (void)pthread_mutex_unlock(&jobs->lock);
}

void skuai_jobs_free(skuai_jobs *jobs) {
    if (!jobs) return;
    skuai_jobs_stop(jobs);
    while (jobs->newest) {
        skuai_job *job = jobs->newest;
        jobs->newest = job->next;
        job_free(job);
    }
    (void)pthread_mutex_destroy(&jobs->lock);
    skuai_free(jobs);
}
