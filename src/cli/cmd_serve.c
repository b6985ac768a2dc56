#include "cli/command.h"
#include "serve/serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Lines of the service on standard error, from any of its threads. */
static void on_log(void *user, int level, const char *message) {
    const terminal *t = user;
    char line[1200], now[32] = "";
    time_t seconds = time(NULL);
    struct tm utc;
    if (t->quiet ? level < 2 : level == 0 && !t->verbose) return;
    if (gmtime_r(&seconds, &utc)) (void)strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    int n = snprintf(line, sizeof line, "%s %s%s", now, level == 2 ? "warning: " : "", message);
    for (int i = 0; i < n && i < (int)sizeof line; i++)
        if ((unsigned char)line[i] < 0x20 && line[i] != '\0') line[i] = '?';
    fprintf(stderr, "%s\n", line);
}

/* The settings of this command: defaults, environment, options. */
static skua_status read_settings(const invocation *call, skuai_config *config, skua_error *err) {
    skuai_config_init(config);
    SKUA_TRY(skuai_config_environment(config, err));
    for (size_t i = 0; call->settings[i]; i += 2)
        SKUA_TRY(skuai_config_set(config, call->settings[i], call->settings[i + 1],
                                  SKUAI_ORIGIN_OPTION, err));
    return SKUA_OK;
}

/* This program, for jobs. */
static skua_status own_path(char *path, size_t size, skua_error *err) {
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n <= 0) return skuai_error_set(err, SKUA_EIO, "the path of this program is not known");
    path[n] = '\0';
    return SKUA_OK;
}

static void print_start(const invocation *call, const skuai_config *config, int port) {
    const char *address = skuai_config_text(config, SKUAI_CONFIG_KEY_address);
    bool tls = *skuai_config_text(config, SKUAI_CONFIG_KEY_tls_key);
    bool six = strchr(address, ':') != NULL;
    if (call->json) {
        printf("{\"verb\":\"serve\",\"port\":%d}\n", port);
    } else {
        printf("Console and API: %s://%s%s%s:%d/\n", tls ? "https" : "http", six ? "[" : "",
               address, six ? "]" : "", port);
        puts("Stop with Ctrl-C.");
    }
    (void)fflush(stdout);
}

static exit_code run(invocation *call) {
    skuai_config config;
    char program[4096];
    skua_error err;
    sigset_t stop;
    skuai_server *server = NULL;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGINT);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &stop, NULL); /* of all threads: this one waits for them */
    skua_status status = read_settings(call, &config, &err);
    if (status == SKUA_OK) status = own_path(program, sizeof program, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    skuai_serve_options options = SKUAI_SERVE_DEFAULT;
    options.folders = call->arguments;
    options.n_folders = call->n_arguments;
    options.program = program;
    options.address = skuai_config_text(&config, SKUAI_CONFIG_KEY_address);
    options.port = (int)skuai_config_integer(&config, SKUAI_CONFIG_KEY_port);
    options.host = skuai_config_text(&config, SKUAI_CONFIG_KEY_host);
    options.read_token = skuai_config_text(&config, SKUAI_CONFIG_KEY_token_read);
    options.write_token = skuai_config_text(&config, SKUAI_CONFIG_KEY_token_write);
    options.tls_key = skuai_config_text(&config, SKUAI_CONFIG_KEY_tls_key);
    options.tls_certificate = skuai_config_text(&config, SKUAI_CONFIG_KEY_tls_certificate);
    options.rate = skuai_config_number(&config, SKUAI_CONFIG_KEY_rate);
    options.upload_most = (size_t)skuai_config_number(&config, SKUAI_CONFIG_KEY_upload);
    options.cache_most = (size_t)skuai_config_number(&config, SKUAI_CONFIG_KEY_cache);
    options.threads = (int)skuai_config_integer(&config, SKUAI_CONFIG_KEY_threads);
    options.log = on_log;
    options.user = call->term;
    status = skuai_serve_start(&options, &server, &err);
    if (status != SKUA_OK) return command_fail(call, status, &err);
    print_start(call, &config, skuai_serve_port(server));
    int signal_number = 0;
    (void)sigwait(&stop, &signal_number);
    on_log(call->term, 1, "stopping");
    skuai_serve_stop(server);
    return EXIT_DONE;
}

const command command_serve = {
    .name = "serve",
    .summary = "the console and the REST API, on this machine's own address",
    .arguments = "SHOP...",
    .least = 1,
    .most = 64,
    .description =
        "Serves the console (a page for planners) and a REST API (openapi.json) of one or more "
        "workspaces until it is stopped. Answers come from memory and follow what other commands "
        "change; training and uploads run as commands of their own. Listens on loopback; on "
        "another --address only with tokens, which are best given as SKUA_TOKEN_READ and "
        "SKUA_TOKEN_WRITE in the environment.",
    .example = "skua serve myshop --port 8080",
    .run = run,
};
