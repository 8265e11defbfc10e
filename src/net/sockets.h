/* SPDX-License-Identifier: MIT */
/* The network of sockets. What is done to one is our own: so nothing is
 * received that nobody asked for, and a peer that has gone raises no signal. */
#ifndef FLOW_NET_SOCKETS_H
#define FLOW_NET_SOCKETS_H

#include "network.h"

extern const struct flow__network flow__sockets;

/* Why this thread has none: its host is not one of libuv. NONE: it has. */
flow_value flow__sockets_wanting(void);

#endif
