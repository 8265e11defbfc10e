/* SPDX-License-Identifier: MIT */
/* Sending and receiving from the inside of a generator: what flow_send and
 * flow_receive do when it is more than to put or to take. */
#include "channel.h"

#include "stage/stage.h"

/* ---- Sending ----------------------------------------------------------- */
static inline bool waits_in_line(flow_gen *self, struct flow__party *p)
{
    flow__wait_for(self, &p->waker, flow__chan_lacks(p->c), p->c->name);
    return true;
}

bool flow__send_on(flow_gen *self, struct flow__party *p)
{
    return self->waker != NULL && waits_in_line(self, p);
}

/* What is not just sent. */
static bool send_otherwise(flow_gen *self, struct flow__party *p)
{
    if (flow__chan_is_closed(p->c)) {
        flow_raise_at(self, flow__chan_refusal(p->c), NULL);
    } else if (flow_is_failure(p->v)) {
        flow_finish(p->c, p->v);
        p->done = true;
    }
    return false;
}

bool flow__send_begin(flow_gen *self, struct flow__party *p, flow_chan *c,
                      flow_value v)
{
    *p = (struct flow__party){ .c = c, .v = v };
    if (self->waker == NULL)
        return false;
    if (flow__chan_is_closed(c) || flow_is_failure(v) || flow__chan_is_left(c))
        return send_otherwise(self, p);
    return !flow__chan_send(p, self->waker) && waits_in_line(self, p);
}

/* Whoever waited to send while the channel was finished is told so. */
static void tell_in_vain(flow_gen *self, const struct flow__party *p)
{
    flow_drop(p->v);
    if (p->waker != NULL && self->waker != NULL && p->c->finished)
        flow_raise_at(self, flow__chan_refusal(p->c), NULL);
}

bool flow__send_end(flow_gen *self, struct flow__party *p)
{
    bool done = p->done;

    if (!done)
        tell_in_vain(self, p);
    if (p->waker != NULL)
        flow__chan_end_sending(p);
    return flow__may_go_on(self) && done;
}

/* ---- Receiving --------------------------------------------------------- */
static enum flow__receipt look(flow_gen *self, flow_chan *c, flow_value *out)
{
    enum flow__receipt got = flow__chan_get(c, out);

    if (got == FLOW__BROKEN)
        flow_raise_at(self, flow__chan_failure(c), NULL);
    return got;
}

enum flow__receipt flow__receive_now(flow_gen *self, flow_chan *c,
                                     flow_value *out)
{
    enum flow__receipt got = FLOW__OVER;

    if (self->waker != NULL)
        got = look(self, c, out);
    if (self->waker == NULL)
        flow__refuse(self);
    return got;
}

static void wait_on(flow_gen *self, struct flow__party *p)
{
    flow__chan_stand_to_receive(p, self->waker);
    flow__wait_for(self, &p->waker, "a value from channel", p->c->name);
}

void flow__receive_begin(flow_gen *self, struct flow__party *p, flow_chan *c)
{
    *p = (struct flow__party){ .c = c, .got = FLOW__NOT_YET };
    flow__chan_add_reader(c);
    wait_on(self, p);
}

bool flow__receive_on(flow_gen *self, struct flow__party *p)
{
    if (self->waker == NULL)
        return false;
    if (p->told)
        p->got = look(self, p->c, &p->v);
    if (p->got != FLOW__NOT_YET)
        return false;
    wait_on(self, p);
    return true;
}

enum flow__receipt flow__receive_end(flow_gen *self, struct flow__party *p,
                                     flow_value *out)
{
    bool received = flow__has_taken(p->got);

    flow__chan_leave(p, received);
    flow__chan_remove_reader(p->c);
    if (!flow__may_go_on(self)) {
        if (received)
            flow_drop(p->v);
        return FLOW__OVER;
    }
    if (received)
        *out = p->v;
    return p->got;
}
