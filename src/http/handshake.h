/* SPDX-License-Identifier: MIT */
/* How a connection of HTTP becomes one of WebSocket. */
#ifndef FLOW_HTTP_HANDSHAKE_H
#define FLOW_HTTP_HANDSHAKE_H

#include "request.h"

#include <flow/websocket.h>

/* What a key is answered by, and its zero. */
enum { FLOW__ACCEPT = 29 };
void flow__websocket_accept(const char *key, char to[FLOW__ACCEPT]);

/* n bytes as base64, ended by a zero: 4 characters for each 3 that begin. */
void flow__base64(const unsigned char *from, size_t n, char *to);

/* Why a request is not answered with a WebSocket: an ERROR; or NONE. */
flow_value flow__websocket_refusal(const struct flow_request *r,
                                   const char *origins);

/* Why an answer to a client is not one of WebSocket: an ERROR; or NONE. It must
 * accept the key, and may have chosen one of those offered, by commas. */
flow_value flow__websocket_failure(const struct flow__parser *p,
                                   const char *accept, const char *offered);

/* The first of `ours`, by spaces, that one of the headers lists: its begin, and
 * its size, 0: there is none. */
const char *flow__websocket_choice(const struct flow__parser *p,
                                   const char *ours, size_t *size);

#endif
