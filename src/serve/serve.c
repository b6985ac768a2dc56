/* The service's life: options, threads, the daemon. What happens to a request is in call.c. */
#include "core/context.h"
#include "core/file.h"
#include "serve/call.h"
#include "serve/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A thread that finds 128 connections ready at once waits for a 129th event before it answers any
 * (libmicrohttpd 0.9.75, MHD_epoll): a thread holds fewer. */
enum { THREAD_CONNECTIONS_MOST = 120, THREADS_LEAST = 4 };
enum { IDLE_SECONDS = 30, HEAD_BYTES = 16384, REFRESH_MILLISECONDS = 300 };

static void say(const skuai_server *server, int level, const char *message) {
    if (server->options.log) server->options.log(server->options.user, level, message);
}

/* -- Snapshots, anew when a workspace changed ----------------------------------------------------
 */

static void refresh(skuai_server *server, skuai_space *space) {
    char message[SKUA_ERROR_MESSAGE_SIZE + 128];
    skua_error err;
    bool loaded = false, was_told = space->problem[0] != '\0';
    double started = skuai_clock();
    skua_status status = skuai_space_refresh(space, &loaded, &err);
    if (status == SKUA_OK && !loaded) return;
    if (status != SKUA_OK) {
        (void)atomic_fetch_add(&server->metrics.load_failures, 1);
        if (was_told || status == SKUA_EBUSY) return; /* once is enough */
        (void)snprintf(message, sizeof message, "%s cannot be read: %s", space->name, err.message);
        say(server, 2, message);
        return;
    }
    (void)atomic_fetch_add(&server->metrics.loads, 1);
    (void)snprintf(message, sizeof message, "%s: generation %lld, %zu items, read in %.2f s",
                   space->name, (long long)space->held->generation,
                   skua_snapshot_items(space->held->snapshot), skuai_clock() - started);
    say(server, 1, message);
}

static void *watch(void *argument) {
    skuai_server *server = argument;
    while (!atomic_load(&server->stopping)) {
        for (size_t i = 0; i < server->n_spaces && !atomic_load(&server->stopping); i++)
            refresh(server, &server->spaces[i]);
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += REFRESH_MILLISECONDS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_mutex_lock(&server->wake_lock);
        if (!atomic_load(&server->stopping))
            (void)pthread_cond_timedwait(&server->wake, &server->wake_lock, &until);
        (void)pthread_mutex_unlock(&server->wake_lock);
    }
    return NULL;
}

bool skuai_serve_ready(skuai_server *server) {
    for (size_t i = 0; i < server->n_spaces; i++) {
        skuai_space *space = &server->spaces[i];
        (void)pthread_mutex_lock(&space->lock);
        bool told = space->held || space->problem[0];
        (void)pthread_mutex_unlock(&space->lock);
        if (!told) return false;
    }
    return true;
}

/* -- Options ----------------------------------------------------------------------------------- */

static void clear_options(skuai_serve_options *o) {
    const char *const texts[] = {o->address, o->program, o->read_token,     o->write_token,
                                 o->host,    o->tls_key, o->tls_certificate};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        skuai_free((void *)(uintptr_t)texts[i]);
}

static skua_status copy_options(const skuai_serve_options *from, skuai_serve_options *to,
                                skua_error *err) {
    *to = *from;
    const char **const texts[] = {&to->address, &to->program, &to->read_token,     &to->write_token,
                                  &to->host,    &to->tls_key, &to->tls_certificate};
    bool good = true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = skuai_text_copy(*texts[i] ? *texts[i] : "");
        good = good && *texts[i];
    }
    to->folders = NULL;
    if (good) return SKUA_OK;
    clear_options(to);
    return skuai_error_memory(err, "a service");
}

typedef union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
} address;

static skua_status read_address(skuai_server *server, address *a, skua_error *err) {
    const skuai_serve_options *o = &server->options;
    struct in_addr in;
    struct in6_addr in6;
    memset(a, 0, sizeof *a);
    const char *text = strcmp(o->address, "localhost") == 0 ? "127.0.0.1" : o->address;
    if (inet_pton(AF_INET, text, &in) == 1) {
        a->in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)o->port)};
        a->in.sin_addr = in;
        server->loopback = (ntohl(in.s_addr) >> 24) == 127;
    } else if (inet_pton(AF_INET6, text, &in6) == 1) {
        a->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        a->in6.sin6_port = htons((uint16_t)o->port);
        a->in6.sin6_addr = in6;
        server->loopback = IN6_IS_ADDR_LOOPBACK(&in6) != 0;
    } else {
        return skuai_error_set(err, SKUA_ECONFIG,
                               "address '%.80s': need an IPv4 or IPv6 address, as 127.0.0.1",
                               o->address);
    }
    if (!server->loopback && !*o->read_token && !*o->write_token)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "%.80s is open to other machines: set SKUA_TOKEN_READ or "
                               "SKUA_TOKEN_WRITE first",
                               o->address);
    if (!*o->tls_key != !*o->tls_certificate)
        return skuai_error_set(err, SKUA_ECONFIG, "TLS wants both tls_key and tls_certificate");
    return SKUA_OK;
}

/* -- The daemon -------------------------------------------------------------------------------- */

static skua_status start_daemon(skuai_server *server, const address *a, skua_error *err) {
    enum { OPTIONS_MOST = 16, PEM_MOST = 1 << 20 };
    const skuai_serve_options *o = &server->options;
    skuai_buffer key = {0}, certificate = {0};
    struct MHD_OptionItem items[OPTIONS_MOST];
    size_t n = 0;
    int threads = o->threads > 0 ? o->threads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (o->threads <= 0 && threads < THREADS_LEAST) threads = THREADS_LEAST;
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TCP_FASTOPEN;
    if (a->any.sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    flags &= ~(unsigned)MHD_USE_TCP_FASTOPEN;
    if (*o->tls_key) {
        SKUA_TRY(skuai_file_read(o->tls_key, PEM_MOST, &key, err));
        skua_status status = skuai_file_read(o->tls_certificate, PEM_MOST, &certificate, err);
        if (status != SKUA_OK) {
            skuai_buffer_clear(&key);
            return status;
        }
        flags |= MHD_USE_TLS;
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, key.data};
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.data};
    }
    if (threads > 1)
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, threads, NULL};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT,
                                         threads * THREAD_CONNECTIONS_MOST, NULL};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_BYTES, NULL};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL};
    items[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    server->daemon = MHD_start_daemon(
        flags, (uint16_t)o->port, NULL, NULL, skuai_call_handle, server, MHD_OPTION_SOCK_ADDR,
        &a->any, MHD_OPTION_URI_LOG_CALLBACK, skuai_call_begin, server,
        MHD_OPTION_UNESCAPE_CALLBACK, skuai_call_keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        skuai_call_end, server, MHD_OPTION_EXTERNAL_LOGGER, skuai_call_log, server,
        MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    int reason = errno;
    skuai_buffer_clear(&key);
    skuai_buffer_clear(&certificate);
    if (!server->daemon)
        return skuai_error_set(err, SKUA_EIO, "port %d of %.80s cannot be had: %s%s", o->port,
                               o->address, strerror(reason), *o->tls_key ? " (or a bad key)" : "");
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = info && info->port ? info->port : o->port;
    return SKUA_OK;
}

/* -- Life -------------------------------------------------------------------------------------- */

static skua_status open_spaces(skuai_server *server, const skuai_serve_options *options,
                               skua_error *err) {
    server->spaces = skuai_zero(options->n_folders, sizeof *server->spaces);
    if (!server->spaces) return skuai_error_memory(err, "workspaces");
    for (size_t i = 0; i < options->n_folders; i++) {
        SKUA_TRY(skuai_space_init(&server->spaces[i], options->folders[i], err));
        server->n_spaces++;
        for (size_t k = 0; k < i; k++)
            if (strcmp(server->spaces[k].name, server->spaces[i].name) == 0)
                return skuai_error_set(err, SKUA_ECONFIG,
                                       "two workspaces are called '%.80s': addresses would meet",
                                       server->spaces[i].name);
        skuai_upload_sweep(server->spaces[i].folder);
    }
    return SKUA_OK;
}

static skua_status start(skuai_server *server, const skuai_serve_options *options,
                         skua_error *err) {
    address a;
    skuai_job_options jobs = {server->options.program, options->log, options->user};
    SKUA_TRY(read_address(server, &a, err));
    SKUA_TRY(open_spaces(server, options, err));
    SKUA_TRY(skuai_limiter_init(&server->limiter, options->rate, err));
    SKUA_TRY(skuai_ask_queue_new(&server->worker, err));
    SKUA_TRY(skuai_jobs_new(&jobs, &server->jobs, err));
    SKUA_TRY(start_daemon(server, &a, err));
    if (pthread_create(&server->watcher, NULL, watch, server) != 0)
        return skuai_error_memory(err, "a thread");
    server->has_watcher = true;
    return SKUA_OK;
}

skua_status skuai_serve_start(const skuai_serve_options *options, skuai_server **server,
                              skua_error *err) {
    skuai_server *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a service");
    skua_status status = copy_options(options, &made->options, err);
    if (status != SKUA_OK) {
        skuai_free(made);
        return status;
    }
    if (pthread_mutex_init(&made->wake_lock, NULL) != 0 ||
        pthread_cond_init(&made->wake, NULL) != 0)
        status = skuai_error_memory(err, "a service");
    if (status == SKUA_OK) status = start(made, options, err);
    if (status == SKUA_OK)
        *server = made;
    else
        skuai_serve_stop(made);
    return status;
}

int skuai_serve_port(const skuai_server *server) {
    return server->port;
}

/* Nobody new; who is here is answered, ten seconds at most. */
static void drain(skuai_server *server) {
    enum { PATIENCE = 10 };
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    if (listener != MHD_INVALID_SOCKET) (void)close(listener);
    double until = skuai_clock() + PATIENCE;
    skuai_jobs_stop(server->jobs);
    while (atomic_load(&server->metrics.in_flight) > 0 && skuai_clock() < until) {
        struct timespec moment = {.tv_nsec = 5000000};
        (void)nanosleep(&moment, NULL);
    }
}

void skuai_serve_stop(skuai_server *server) {
    if (!server) return;
    atomic_store(&server->stopping, true);
    if (server->has_watcher) {
        (void)pthread_mutex_lock(&server->wake_lock);
        (void)pthread_cond_signal(&server->wake);
        (void)pthread_mutex_unlock(&server->wake_lock);
        (void)pthread_join(server->watcher, NULL);
    }
    if (server->daemon) drain(server);
    skuai_ask_queue_free(server->worker); /* resumes what waits for it */
    if (server->daemon) MHD_stop_daemon(server->daemon);
    skuai_jobs_free(server->jobs);
    for (size_t i = 0; i < server->n_spaces; i++)
        skuai_space_clear(&server->spaces[i]);
    skuai_free(server->spaces);
    clear_options(&server->options);
    skuai_free(server);
}
