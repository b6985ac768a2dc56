/* call.h -- the daemon's callbacks: one request from its first line to its end (room serve). */
#ifndef SKUA_SERVE_CALL_H
#define SKUA_SERVE_CALL_H

#include "core/error.h"

#include <microhttpd.h>

/* In the order in which they are called for a request. */
void *skuai_call_begin(void *server, const char *uri, struct MHD_Connection *connection);
enum MHD_Result skuai_call_handle(void *server, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state);
void skuai_call_end(void *server, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode how);

/* Leaves a text's escapes: target.c decodes, once and with checks. */
size_t skuai_call_keep_escapes(void *user, struct MHD_Connection *connection, char *text);
void skuai_call_log(void *server, const char *format, va_list arguments) SKUA_PRINTF(2, 0);

#endif
