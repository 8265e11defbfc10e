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

/* Sends p->v into p->c, which is neither finished nor left: true if it went
 * into the ring. Otherwise p stands in line, and holds the channel. */
bool flow__chan_send(struct flow__party *p, flow_waker *w);
/* Without waiting: false if it would have to. */
bool flow__chan_send_now(flow_chan *c, flow_value v);
/* To be called once after that; the channel may be gone then. */
void flow__chan_end_sending(struct flow__party *p);
/* What such a peer waits for. */
static inline const char *flow__chan_lacks(const flow_chan *c)
{
    return c->room > 0 ? "room in channel" : "a receiver of channel";
}

/* As flow_try, but *v is left alone where that is broken. */
enum flow__receipt flow__chan_get(flow_chan *c, flow_value *v);
flow_value flow__chan_failure(const flow_chan *c);       /* by what            */
/* Stands in line to receive, unless it does; counts among the readers. */
void flow__chan_stand_to_receive(struct flow__party *p, flow_waker *w);
void flow__chan_add_reader(flow_chan *c);
/* Leaves the line; a call that it will not follow goes to another. */
void flow__chan_leave(struct flow__party *p, bool served);
/* The channel may be gone then. */
void flow__chan_remove_reader(flow_chan *c);

#endif
