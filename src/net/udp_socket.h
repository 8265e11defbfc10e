/* SPDX-License-Identifier: MIT */
/* A socket of datagrams: a link, and what its two directions wait for. It is
 * counted: the network holds it while the link is open, and so do its stages;
 * when these are gone, it is closed. */
#ifndef FLOW_NET_UDP_SOCKET_H
#define FLOW_NET_UDP_SOCKET_H

#include "network.h"

struct flow__udp {
    struct flow__link *link;                /* open                         */
    uint32_t holders;
    bool open;
    flow_host *host;
    flow_waker *reader, *writer;            /* who waits for it             */
    bool silent;                            /* nothing to be received, yet  */
    bool blocked;                           /* the kernel takes no more, yet */
    flow_task later;                        /* goes on sending              */
    struct flow__address own;               /* a service's                  */
    char peer[FLOW__ADDRESS_TEXT];          /* the one of a client, or ""   */

    struct flow__unsent {
        flow_value bytes;
        struct flow__address to;            /* size 0: to the one           */
    } unsent[FLOW__DATAGRAMS];              /* [from, to) are there         */
    unsigned from, to;
    flow_value last;                        /* the failure after that       */
    /* A service's: is told of a datagram that could not be sent; or NULL. */
    void (*lost)(const flow_value *error, const char *peer, void *arg);
    void *arg;
};

/* At that place, or, `at` NULL, with that one peer. Its one holder is the
 * caller. NULL: *why. */
struct flow__udp *flow__udp_new(struct flow__address *at,
                                const struct flow__address *peer,
                                flow_value *why);
struct flow__udp *flow__udp_hold(struct flow__udp *u);
void flow__udp_release(struct flow__udp *u);

/* Where a service receives: as it is told to clients. */
void flow__udp_place(const struct flow__udp *u, char *text);

/* Up to FLOW__DATAGRAMS values into `set`, all there are. READY: *n of them.
 * WAIT: w will be woken. FAILED: *error. */
flow_status flow__udp_receive(struct flow__udp *u, flow_value *set, size_t *n,
                              flow_waker *w, flow_value *error);

/* Sends what `source` gives, as flow__conn_send does. */
flow_status flow__udp_send(struct flow__udp *u, flow_stage *source,
                           flow_waker *w, flow_value *error);

/* A stage has gone: it is not to be woken. */
void flow__udp_forget(struct flow__udp *u, bool reader, bool writer);

#endif
