/* SPDX-License-Identifier: MIT */
/* Services of datagrams, to those of connections. */
#ifndef FLOW_NET_UDP_H
#define FLOW_NET_UDP_H

#include <flow/flow.h>

/* Where it serves; "": it is none, or has ended. */
const char *flow__udp_served_at(const flow_deferred *d);

#endif
