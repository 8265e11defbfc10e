/* SPDX-License-Identifier: MIT */
/* Listening at all addresses of an endpoint. */
#ifndef FLOW_NET_LISTEN_H
#define FLOW_NET_LISTEN_H

#include "network.h"

struct flow__listener {
    struct flow__link *link;
    struct flow__listener *next;            /* of the same endpoint         */
    void (*call)(struct flow__listener *l); /* somebody may have connected  */
    void *owner;
    char address[FLOW__ADDRESS_TEXT];       /* as a client is told          */
};

/* The first of as many as the endpoint has addresses that this machine can
 * listen at: mostly one. They have one port. NULL: *why. */
struct flow__listener *flow__listen(const char *at, flow_value *why);

/* Whether to call; of all in the list. */
void flow__listeners_watch(struct flow__listener *first, bool on);

void flow__listeners_close(struct flow__listener *first);

#endif
