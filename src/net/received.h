/* SPDX-License-Identifier: MIT */
/* Stages of bytes received. */
#ifndef FLOW_NET_RECEIVED_H
#define FLOW_NET_RECEIVED_H

#include "conn.h"

/* What every such stage begins with; they are known by their close. */
struct flow__receiver {
    flow_stage *sent;               /* first: read by clients only          */
    struct flow__conn *conn;        /* held; NULL: there is none yet        */
    void (*leave)(void *self);      /* before conn is let go; may be NULL   */
};
void flow__receiver_close(void *self);

/* That of a connection which a service has accepted. */
flow_stage *flow__received(struct flow__conn *c);

/* For protocols that stand on others (libflow-http): of the connection below a
 * stage of bytes received, as by flow_peer. Nothing is there in memory: then it
 * is not lost, and cannot be given up. */
#pragma GCC visibility push(default)
bool flow__received_is_lost(flow_stage *received);

/* Its peer has gone, whatever it says: it is reset. */
void flow__received_give_up(flow_stage *received);

/* Who waits for it now only looks whether the peer is there: until it is asked
 * again, that it says nothing does not make the connection idle. */
void flow__received_is_only_watched(flow_stage *received);

/* See flow__conn_bound_sending. */
void flow__received_bound_sending(flow_stage *received, double seconds);
#pragma GCC visibility pop

#endif
