/* The child process of a job. */
#include "serve/job_inside.h"

#include "core/context.h"
#include "serve/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

void skuai_job_say(skuai_job *job, const char *line) {
    (void)snprintf(job->log[job->n_log++ % JOB_LOG_LINES], JOB_LINE_MOST, "%s", line);
    job->version++;
}

/* -- Starting ---------------------------------------------------------------------------------- */

static bool make_pipe(int ends[2]) {
    if (pipe(ends) != 0) return false;
    for (int i = 0; i < 2; i++)
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return true;
}

/* The environment, with progress asked for. The list is owned, its texts are not. */
static char **child_environment(void) {
    static const char progress[] = "SKUA_PROGRESS=lines";
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **list = skuai_new(n + 2, sizeof *list);
    if (!list) return NULL;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "SKUA_TOKEN", 10) != 0) /* not the child's affair */
            list[kept++] = environ[i];
    list[kept++] = (char *)progress; /* posix_spawn writes no text */
    list[kept] = NULL;
    return list;
}

static int spawn(skuai_jobs *jobs, skuai_job *job, int out, int error) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    char **environment = child_environment();
    if (!environment) return ENOMEM;
    (void)sigemptyset(&none);
    (void)sigemptyset(&usual);
    (void)sigaddset(&usual, SIGINT);
    (void)sigaddset(&usual, SIGTERM);
    (void)sigaddset(&usual, SIGPIPE);
    int code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        (void)posix_spawn_file_actions_adddup2(&actions, out, 1);
        (void)posix_spawn_file_actions_adddup2(&actions, error, 2);
        code = posix_spawnattr_init(&attributes);
        if (code == 0) {
            (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                                            POSIX_SPAWN_SETSIGMASK |
                                                            POSIX_SPAWN_SETSIGDEF);
            (void)posix_spawnattr_setsigmask(&attributes, &none);
            (void)posix_spawnattr_setsigdefault(&attributes, &usual);
            code = posix_spawn(&job->pid, jobs->options.program, &actions, &attributes,
                               job->arguments, environment);
            (void)posix_spawnattr_destroy(&attributes);
        }
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    skuai_free(environment);
    return code;
}

static void finish(skuai_job *job, skuai_job_state state) {
    job->state = state;
    job->ended_at = (int64_t)time(NULL);
    job->version++;
    if (state == SKUAI_JOB_DONE && job->upload && !skuai_job_given(job, "--dry-run=true"))
        skuai_upload_remove(job->folder, job->upload);
}

void skuai_job_start(skuai_jobs *jobs, skuai_job *job) {
    int out[2] = {-1, -1}, error[2] = {-1, -1}, code = 0;
    if (skua_shop_generation(job->shop, &job->generation, NULL) != SKUA_OK) job->generation = -1;
    job->started_at = (int64_t)time(NULL);
    job->state = SKUAI_JOB_RUNNING;
    job->version++;
    if (!make_pipe(out) || !make_pipe(error)) code = errno;
    if (code == 0) code = spawn(jobs, job, out[1], error[1]);
    if (out[1] >= 0) (void)close(out[1]);
    if (error[1] >= 0) (void)close(error[1]);
    if (code == 0) {
        job->out = out[0];
        job->error = error[0];
        return;
    }
    if (out[0] >= 0) (void)close(out[0]);
    if (error[0] >= 0) (void)close(error[0]);
    skuai_job_say(job, strerror(code));
    job->exit_code = 5;
    finish(job, SKUAI_JOB_FAILED);
}

/* -- Tending ----------------------------------------------------------------------------------- */

/* "progress: 0.25 stage", or talk. */
static void take_line(skuai_job *job) {
    char *line = job->line, *end;
    line[job->line_size] = '\0';
    job->line_size = 0;
    if (strncmp(line, "progress: ", 10) == 0) {
        double share = strtod(line + 10, &end);
        if (end == line + 10 || *end != ' ') return;
        job->share = share >= 0 && share <= 1 ? share : 0;
        (void)snprintf(job->stage, sizeof job->stage, "%s", end + 1);
        job->version++;
        return;
    }
    if (strncmp(line, "skua: ", 6) == 0) line += 6;
    if (*line) skuai_job_say(job, line);
}

static void read_error(skuai_job *job) {
    char bytes[4096];
    for (ssize_t n; job->error >= 0;) {
        n = read(job->error, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            (void)close(job->error);
            job->error = -1;
            if (job->line_size > 0) take_line(job);
            return;
        }
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] == '\n')
                take_line(job);
            else if (job->line_size + 1 < JOB_LINE_MOST)
                job->line[job->line_size++] = bytes[i];
        }
    }
}

static void read_out(skuai_job *job) {
    char bytes[16384];
    for (ssize_t n; job->out >= 0;) {
        n = read(job->out, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            (void)close(job->out);
            job->out = -1;
            return;
        }
        (void)skuai_buffer_add(&job->report, bytes, (size_t)n);
    }
}

/* A report that is no JSON document is none; of a failure the engine's sentence goes to the log. */
static void check_report(skuai_job *job) {
    skuai_json *json = NULL;
    if (job->report.status == SKUA_ELIMIT)
        skuai_job_say(job, "the result is too large to be shown here: run the command with -o");
    if (job->report.status == SKUA_OK && job->report.size > 0 &&
        skuai_json_parse(job->report.data, job->report.size, &json, NULL) == SKUA_OK) {
        skuai_buffer_reset(&job->report);
        skuai_json_dump(json, &job->report); /* on one line, for the stream of events */
        skuai_json_free(json);
        return;
    }
    skuai_buffer_clear(&job->report);
}

static void tell_to_stop(skuai_job *job) {
    enum { PATIENCE = 10 };
    double now = skuai_clock();
    if (!(job->killed_at > 0)) {
        job->killed_at = now;
        (void)kill(-job->pid, SIGTERM);
    } else if (now - job->killed_at > PATIENCE) {
        (void)kill(-job->pid, SIGKILL);
    }
}

void skuai_job_tend(skuai_jobs *jobs, skuai_job *job) {
    int status = 0;
    char message[160];
    read_out(job);
    read_error(job);
    if (job->cancel) tell_to_stop(job);
    if (job->out >= 0 || job->error >= 0 || waitpid(job->pid, &status, WNOHANG) != job->pid) return;
    job->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    check_report(job);
    finish(job, job->exit_code == 0 ? SKUAI_JOB_DONE
                : job->cancel       ? SKUAI_JOB_CANCELLED
                                    : SKUAI_JOB_FAILED);
    (void)snprintf(message, sizeof message, "job %s (%s) ended with %d", job->id, job->verb,
                   job->exit_code);
    if (jobs->options.log) jobs->options.log(jobs->options.user, 1, message);
}
