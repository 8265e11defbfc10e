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

#endif
