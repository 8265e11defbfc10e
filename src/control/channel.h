/* SPDX-License-Identifier: MIT */
/* The inside of channels, for those who send, receive and choose. */
#ifndef FLOW_CONTROL_CHANNEL_H
#define FLOW_CONTROL_CHANNEL_H

#include <flow/flow.h>

/* Stands for those there was no memory for. Never written to. One that is NULL
 * is as good as lost. */
extern flow_chan flow__no_memory_chan;
static inline bool flow__chan_is_lost(const flow_chan *c)
{
    return c == NULL || c == &flow__no_memory_chan;
}

/* Whether all who could receive have left. */
static inline bool flow__chan_is_left(const flow_chan *c)
{
    return c->was_read && c->readers == 0;
}

/* Whether nothing can be sent into it, or ever again; and what that fails with.
 */
static inline bool flow__chan_is_closed(const flow_chan *c)
{
    return c == NULL || c->finished;
}
flow_value flow__chan_refusal(const flow_chan *c);

/* To be called after each change: while nobody needs to be called when a value
 * comes or goes, sending and receiving are easy; without room, never. */
void flow__chan_settle_room(flow_chan *c);
static inline void flow__chan_settle(flow_chan *c)
{
    if (c->room > 0)
        flow__chan_settle_room(c);
}

/* One value came: one who receives is called. A stage is there only for whoever
 * asks it, and that may be nobody any more: then another is called in the next
 * turn. */
void flow__chan_call_first(flow_chan *c);
static inline void flow__chan_call_receiver(flow_chan *c)
{
    if (c->receivers.first != NULL)
        flow__chan_call_first(c);
}

static inline void flow__stand_last(struct flow__queue *l,
                                    struct flow__party *p)
{
    p->next = NULL;
    p->prev = l->last;
    if (l->first != NULL)
        l->last->next = p;
    else
        l->first = p;
    l->last = p;
    p->waits = true;
    l->n++;
}

/* Sends v without waiting: false if it would have to. */
bool flow__chan_send_now(flow_chan *c, flow_value v);
/* Sends p->v into p->c, which is neither finished nor left: true if it went
 * into the ring. Otherwise p stands in line, and holds the channel. */
static inline bool flow__chan_send(struct flow__party *p, flow_waker *w)
{
    flow_chan *c = p->c;

    p->done = c->room > 0 && flow__chan_send_now(c, p->v);
    if (p->done)
        return true;
    p->waker = w;
    c->holders++;
    flow__stand_last(&c->senders, p);
    flow__chan_call_receiver(c);
    flow__chan_settle(c);
    return false;
}
/* To be called once after that; the channel may be gone then. Mostly it has
 * other holders. */
void flow__chan_leave_sending(struct flow__party *p);
static inline void flow__chan_end_sending(struct flow__party *p)
{
    if (!p->waits && p->c->holders > 1)
        p->c->holders--;
    else
        flow__chan_leave_sending(p);
}
/* What such a peer waits for. */
static inline const char *flow__chan_lacks(const flow_chan *c)
{
    return c->room > 0 ? "room in channel" : "a receiver of channel";
}

/* As flow_try, but *v is left alone where that is broken. */
enum flow__receipt flow__chan_get(flow_chan *c, flow_value *v);
flow_value flow__chan_failure(const flow_chan *c);
/* Stands in line to receive, unless it does; counts among the readers. */
void flow__chan_stand_to_receive(struct flow__party *p, flow_waker *w);
void flow__chan_add_reader(flow_chan *c);
/* Leaves the line; a call that it will not follow goes to another. */
void flow__chan_leave(struct flow__party *p, bool served);
/* The channel may be gone then. */
void flow__chan_remove_reader(flow_chan *c);

#endif
