/* serve.h -- workspaces over HTTP (room serve; libmicrohttpd). What the command `skua serve` calls.
 *
 *     skuai_serve_options options = SKUAI_SERVE_DEFAULT;
 *     options.folders = folders; options.n_folders = n; options.program = path;
 *     SKUA_TRY(skuai_serve_start(&options, &server, err));
 *     ... skuai_serve_port(server) ...
 *     skuai_serve_stop(server);       answers what is under way, cancels jobs, frees everything
 *
 * Answers come from snapshots in memory; jobs (training, reading an upload) are child processes of
 * `program`, one at a time a workspace. No database is held open. */
#ifndef SKUA_SERVE_SERVE_H
#define SKUA_SERVE_SERVE_H

#include "core/error.h"

typedef struct skuai_serve_options {
    const char *address;        /* to listen on; other than loopback only with tokens */
    int port;                   /* 0: any that is free */
    const char *const *folders; /* [n_folders] workspaces */
    size_t n_folders;
    const char *program;     /* path of skua, for jobs */
    const char *read_token;  /* "" none */
    const char *write_token; /* "" none */
    const char *host;        /* a further host name to answer under; "" none */
    const char *tls_key;     /* PEM files; "" none */
    const char *tls_certificate;
    double rate;        /* requests a second and address; 0: no limit */
    size_t upload_most; /* bytes of one upload */
    size_t cache_most;  /* bytes of finished answers kept */
    int threads;        /* 0: as many as the machine has */
    void (*log)(void *user, int level, const char *message); /* from any thread; NULL allowed */
    void *user;
} skuai_serve_options;

#define SKUAI_SERVE_DEFAULT                                                                        \
    ((skuai_serve_options){.address = "127.0.0.1",                                                 \
                           .port = 8080,                                                           \
                           .read_token = "",                                                       \
                           .write_token = "",                                                      \
                           .host = "",                                                             \
                           .tls_key = "",                                                          \
                           .tls_certificate = "",                                                  \
                           .upload_most = (size_t)1 << 30,                                         \
                           .cache_most = (size_t)256 << 20})

typedef struct skuai_server skuai_server;

/* Open the workspaces, load their snapshots in the background, listen. Options' texts are copied.
 * SKUA_ECONFIG: an address that is not loopback without a token, a wrong address; SKUA_EIO: the
 * port is taken, a key cannot be read; what skua_shop_open fails with. */
SKUA_MUST_USE skua_status skuai_serve_start(const skuai_serve_options *options,
                                            skuai_server **server, skua_error *err);
int skuai_serve_port(const skuai_server *server);
/* Whether every workspace is loaded (or has told why it cannot be). */
bool skuai_serve_ready(skuai_server *server);
void skuai_serve_stop(skuai_server *server); /* NULL allowed */

#endif
