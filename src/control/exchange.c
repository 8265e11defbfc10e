/* SPDX-License-Identifier: MIT */
/* Sending and receiving from the inside of a generator: what flow_send and
 * flow_receive do when it is more than to put or to take. */
#include "channel.h"

#include "stage/stage.h"

/* ---- Sending ----------------------------------------------------------- */
bool flow__send_on(flow_gen *self, struct flow__party *p)
{
    if (!p->waits || self->waker == NULL)
        return false;
    flow__wait_for(self, &p->waker, flow__chan_lacks(p->c), p->c->name);
    return true;
}

bool flow__send_begin(flow_gen *self, struct flow__party *p, flow_chan *c,
                      flow_value v)
{
    *p = (struct flow__party){ .c = c, .v = v };
    if (self->waker == NULL)
        return false;
    if (flow__chan_is_closed(c)) {
        flow_raise_at(self, flow__chan_refusal(c), NULL);
    } else if (flow_is_failure(v)) {
        flow_finish(c, v);
        p->done = true;
    } else if (!flow__chan_is_left(c)) {
        flow__chan_send(p, self->waker);
    }
    return flow__send_on(self, p);
}

/* Whoever waited to send while the channel was finished is told so. */
static bool stood_in_vain(flow_gen *self, const struct flow__party *p)
{
    return self->waker != NULL && !p->done && p->c->finished;
}

bool flow__send_end(flow_gen *self, struct flow__party *p)
{
    if (!p->done)
        flow_drop(p->v);
    if (p->waker != NULL) {
        if (stood_in_vain(self, p))
            flow_raise_at(self, flow__chan_refusal(p->c), NULL);
        flow__chan_end_sending(p);
    }
    return flow__may_go_on(self) && p->done;
}

/* ---- Receiving --------------------------------------------------------- */
static void look(flow_gen *self, struct flow__party *p)
{
    bool met = false;
    flow_value v;

    switch (flow__chan_get(p->c, &v, &met)) {
    case FLOW_READY:
        p->v = v;
        p->done = true;
        p->polite = met && p->c->sender_first;
        break;
    case FLOW_WAIT:
        if (p->waker == NULL)
            flow__chan_add_reader(p->c);
        flow__chan_stand_to_receive(p, self->waker);
        break;
    case FLOW_DONE:
        break;
    case FLOW_FAILED:
        flow_raise_at(self, v, NULL);
        break;
    }
}

static bool waits_on(flow_gen *self, struct flow__party *p)
{
    if (self->waker == NULL || !p->waits)
        return false;
    flow__wait_for(self, &p->waker, "a value from channel", p->c->name);
    return true;
}

bool flow__receive_begin(flow_gen *self, struct flow__party *p, flow_chan *c)
{
    *p = (struct flow__party){ .c = c };
    if (self->waker != NULL)
        look(self, p);
    return waits_on(self, p);
}

bool flow__receive_on(flow_gen *self, struct flow__party *p)
{
    if (self->waker != NULL && p->told && !p->done)
        look(self, p);
    return waits_on(self, p);
}

bool flow__receive_end(flow_gen *self, struct flow__party *p, flow_value *out)
{
    if (p->waker != NULL) {
        flow__chan_leave(p, p->done);
        flow__chan_remove_reader(p->c);
    }
    if (!flow__may_go_on(self)) {
        if (p->done)
            flow_drop(p->v);
        return false;
    }
    if (p->done)
        *out = p->v;
    return p->done;
}
