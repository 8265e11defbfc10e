/* SPDX-License-Identifier: MIT */
/* See received.h. */
#include "received.h"

#include <flow/net.h>

void flow__receiver_close(void *self)
{
    struct flow__receiver *r = self;
    struct flow__conn *c = r->conn;

    if (r->leave != NULL)
        r->leave(self);
    if (c == NULL)
        return;
    flow__conn_forget(c, true, false);
    flow__conn_release(c);
}

static flow_status received_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__conn_receive(((struct flow__receiver *)self)->conn, out, w);
}

flow_stage *flow__received(struct flow__conn *c)
{
    static const flow_type type = {
        .name = "received", .size = sizeof(struct flow__receiver),
        .fill = received_fill, .close = flow__receiver_close
    };

    flow__conn_hold(c);
    return flow_stage_new(&type, &(struct flow__receiver){ NULL, c, NULL });
}

/* What s reads first; NULL: nothing. */
static flow_stage *first_input(flow_stage *s)
{
    flow_stage **list;

    if (s->type->inputs == NULL || s->type->inputs(flow_self(s), &list) == 0)
        return NULL;
    return list[0];
}

/* NULL: none, or not yet. */
static struct flow__conn *conn_below(flow_stage *s)
{
    while (s != NULL && s->type->close != flow__receiver_close)
        s = first_input(s);
    return s != NULL ? ((struct flow__receiver *)flow_self(s))->conn : NULL;
}

const char *flow_peer(flow_stage *received)
{
    const struct flow__conn *c = conn_below(received);

    return c != NULL ? c->peer : "";
}

bool flow__received_is_lost(flow_stage *received)
{
    const struct flow__conn *c = conn_below(received);

    return c != NULL && c->lost;
}

void flow__received_give_up(flow_stage *received)
{
    struct flow__conn *c = conn_below(received);

    if (c != NULL)
        flow__conn_give_up(c, "was left by its peer");
}

void flow__received_is_only_watched(flow_stage *received)
{
    struct flow__conn *c = conn_below(received);

    if (c != NULL)
        c->watched = true;
}

void flow__received_bound_sending(flow_stage *received, double seconds)
{
    struct flow__conn *c = conn_below(received);

    if (c != NULL)
        flow__conn_bound_sending(c, seconds);
}
