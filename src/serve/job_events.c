/* Server-sent events of jobs. A stream without news suspends its connection; the jobs' thread
 * resumes it when its job changed, and every ten seconds, so that a client that went away is
 * noticed. */
#include "serve/job_inside.h"

#include <string.h>

void skuai_job_wake(skuai_jobs *jobs, const skuai_job *job) {
    for (skuai_job_watch *w = jobs->watches; w; w = w->next) {
        if (job && (w->space != job->space || strcmp(w->id, job->id) != 0)) continue;
        if (!job) w->beat = true;
        if (!w->suspended) continue;
        w->suspended = false;
        MHD_resume_connection(w->connection);
    }
}

/* Make the next piece of text; false: there is no news. */
static bool next_text(skuai_job_watch *w) {
    const skuai_job *job = skuai_job_find(w->jobs, w->space, w->id);
    skuai_buffer_reset(&w->text);
    w->at = 0;
    if (!job) {
        w->ended = true;
        return false;
    }
    if (!w->sent_any || job->version != w->sent) {
        skuai_json_writer json;
        (void)skuai_buffer_format(&w->text,
                                  "id: %llu\nevent: job\ndata: ", (unsigned long long)job->version);
        skuai_json_begin(&json, &w->text);
        skuai_job_put(job, &json);
        (void)skuai_buffer_text(&w->text, "\n\n");
        w->sent = job->version;
        w->sent_any = true;
        w->ended = job->ended_at > 0 || w->text.status != SKUA_OK;
        return w->text.status == SKUA_OK;
    }
    if (job->ended_at > 0) w->ended = true;
    if (w->beat && !w->ended) {
        (void)skuai_buffer_text(&w->text, ": beat\n\n");
        w->beat = false;
        return w->text.status == SKUA_OK;
    }
    return false;
}

static ssize_t read_events(void *user, uint64_t position, char *bytes, size_t most) {
    skuai_job_watch *w = user;
    ssize_t n = 0;
    (void)position;
    (void)pthread_mutex_lock(&w->jobs->lock);
    bool news = w->at < w->text.size || (!w->ended && !w->jobs->streams_end && next_text(w));
    if (news) {
        size_t left = w->text.size - w->at;
        n = (ssize_t)(left < most ? left : most);
        memcpy(bytes, w->text.data + w->at, (size_t)n);
        w->at += (size_t)n;
    } else if (w->ended || w->jobs->streams_end) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        w->suspended = true;
        MHD_suspend_connection(w->connection);
    }
    (void)pthread_mutex_unlock(&w->jobs->lock);
    return n;
}

static void free_events(void *user) {
    skuai_job_watch *w = user;
    (void)pthread_mutex_lock(&w->jobs->lock);
    for (skuai_job_watch **p = &w->jobs->watches; *p; p = &(*p)->next)
        if (*p == w) {
            *p = w->next;
            break;
        }
    (void)pthread_mutex_unlock(&w->jobs->lock);
    skuai_buffer_clear(&w->text);
    skuai_free(w);
}

struct MHD_Response *skuai_jobs_events(skuai_jobs *jobs, size_t space, const char *id,
                                       struct MHD_Connection *connection) {
    enum { BLOCK = 16384 };
    skuai_job_watch *w = skuai_zero(1, sizeof *w);
    if (!w) return NULL;
    w->jobs = jobs;
    w->connection = connection;
    w->space = space;
    skuai_buffer_init(&w->text, 2 * (size_t)JOB_REPORT_MOST);
    (void)pthread_mutex_lock(&jobs->lock);
    const skuai_job *job = skuai_job_find(jobs, space, id);
    if (job) {
        memcpy(w->id, job->id, sizeof w->id);
        w->next = jobs->watches;
        jobs->watches = w;
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    if (!job) {
        skuai_free(w);
        return NULL;
    }
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_events, w, free_events);
    if (!response) free_events(w);
    return response;
}
