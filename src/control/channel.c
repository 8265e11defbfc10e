/* SPDX-License-Identifier: MIT */
/* Channels: a bounded queue between those who send and those who receive.
 *
 * Values lie in a ring of `room` places. A sender that finds it full stands in
 * a line with its value; who receives and finds nothing stands in another. Only
 * who receives takes a value, and it goes on with it: so a sender in line has
 * been served when its value was taken, or has come into the ring, and nothing
 * is lost when somebody leaves. A channel of room 0 has one place, for an offer
 * made while somebody waits to receive.
 *
 * Who is called from a line leaves it, looks by itself, and stands in front
 * again if another was quicker. */
#include "channel.h"

#include "base/memory.h"
#include "base/value.h"
#include "stage/stage.h"

#include <string.h>

flow_chan flow__no_memory_chan = { .finished = true, .name = "?" };

/* ---- The two lines ----------------------------------------------------- */
static void stand_first(struct flow__queue *l, struct flow__party *p)
{
    p->next = l->first;
    p->prev = NULL;
    if (l->first != NULL)
        l->first->prev = p;
    else
        l->last = p;
    l->first = p;
    p->waits = true;
    l->n++;
}

static void leave(struct flow__queue *l, struct flow__party *p)
{
    if (p->prev != NULL)
        p->prev->next = p->next;
    else
        l->first = p->next;
    if (p->next != NULL)
        p->next->prev = p->prev;
    else
        l->last = p->prev;
    p->waits = false;
    l->n--;
}

void flow__chan_settle_room(flow_chan *c)
{
    bool busy = c->finished || c->refused || c->senders.n > 0
             || c->receivers.n > 0 || flow__chan_is_left(c);

    c->easy = busy ? 0 : c->room;
}

void flow__chan_call_first(flow_chan *c)
{
    struct flow__party *p = c->receivers.first;

    leave(&c->receivers, p);
    p->told = true;
    flow_wake(p->waker);
    if (p->lingers && c->receivers.n > 0 && !c->task.posted)
        c->host->post(c->host, &c->task, 0);
}

static void call_if_any(flow_chan *c)
{
    if (c->count > 0 || c->senders.n > 0)
        flow__chan_call_receiver(c);
}

/* The value of a sender in line was taken. One that chooses among several may
 * stand elsewhere too, and must not be served there as well. */
static void serve(flow_chan *c, struct flow__party *p)
{
    leave(&c->senders, p);
    p->done = true;
    for (struct flow__party *q = p->sibling; q != NULL && q != p;
         q = q->sibling)
        if (q->waits) {
            leave(&q->c->senders, q);
            flow__chan_settle(q->c);
        }
    flow_wake(p->waker);
}

static void send_away(flow_chan *c)
{
    while (c->senders.first != NULL) {
        struct flow__party *p = c->senders.first;
        leave(&c->senders, p);
        flow_wake(p->waker);
    }
}

/* ---- The ring ---------------------------------------------------------- */
static bool takes_offers(const flow_chan *c)
{
    if (flow__chan_is_closed(c) || flow__chan_is_left(c) || c->senders.n > 0)
        return false;
    if (c->room == 0)
        return c->count == 0 && c->receivers.n > 0;
    return c->count < c->room;
}

/* The channel may be gone after on_room. */
static void look_after(flow_task *t)
{
    flow_chan *c = (flow_chan *)(void *)
                   ((char *)t - offsetof(flow_chan, task));
    bool tells_room = c->tells_room && c->on_room != NULL;

    c->tells_room = false;
    call_if_any(c);
    flow__chan_settle(c);
    if (tells_room)
        c->on_room(c->on_room_arg);
}

/* For when there may be a place that was not there before. */
static void tell_room_now(flow_chan *c)
{
    if (c->on_room == NULL || !takes_offers(c))
        return;
    c->refused = false;
    c->tells_room = true;
    c->host->post(c->host, &c->task, 0);
}

static inline void tell_room(flow_chan *c)
{
    if (c->refused)
        tell_room_now(c);
}

/* The next value. A sender in line takes the place that became free. */
static inline enum flow__receipt take(flow_chan *c, flow_value *v)
{
    struct flow__party *p = c->senders.first;

    if (c->count > 0) {
        *v = flow__chan_take(c);
        if (p == NULL || c->room == 0)
            return FLOW__TAKEN;
        flow__chan_put(c, p->v);
    } else if (p != NULL) {
        *v = p->v;
    } else {
        return FLOW__NOT_YET;
    }
    serve(c, p);
    return c->sender_first ? FLOW__TAKEN_POLITELY : FLOW__TAKEN;
}

/* What is wrong with one that is lost. */
static flow_value loss(const flow_chan *c)
{
    return c != NULL ? flow__no_memory_error()
                     : flow_error(FLOW_EINVAL, 0, "a channel that is NULL");
}

enum flow__receipt flow__chan_get(flow_chan *c, flow_value *v)
{
    enum flow__receipt got;

    if (flow__chan_is_lost(c))
        return FLOW__BROKEN;
    got = take(c, v);
    if (got != FLOW__NOT_YET) {
        tell_room(c);
        flow__chan_settle(c);
    } else if (c->finished) {
        got = flow_is_failure(c->last) ? FLOW__BROKEN : FLOW__OVER;
    }
    return got;
}

flow_value flow__chan_failure(const flow_chan *c)
{
    return flow__chan_is_lost(c) ? loss(c) : flow_share(c->last);
}

flow_status flow_try(flow_chan *c, flow_value *out)
{
    enum flow__receipt got = flow__chan_get(c, out);

    if (got == FLOW__BROKEN)
        *out = flow__chan_failure(c);
    return flow__has_taken(got) ? FLOW_READY : (flow_status)got;
}

/* ---- Holding ----------------------------------------------------------- */
flow_chan *(flow_chan_new)(size_t room)
{
    size_t places = room > 0 ? room : 1;
    flow_chan *c = NULL;

    if (places <= (SIZE_MAX - sizeof *c) / sizeof *c->ring)
        c = flow_alloc(sizeof *c + places * sizeof *c->ring);
    if (c == NULL)
        return &flow__no_memory_chan;
    memset(c, 0, sizeof *c);
    c->ring = (flow_value *)(void *)(c + 1);
    c->places = places;
    c->easy = c->room = room;
    c->holders = 1;
    c->name = "?";
    c->last = flow_none();
    c->task.call = look_after;
    c->host = flow_host_here();
    return c;
}

flow_chan *flow_chan_named(flow_chan *c, const char *name)
{
    if (!flow__chan_is_lost(c))
        c->name = name;
    return c;
}

static void discard_unheld(flow_chan *c)
{
    if (c->holders > 0 || c->readers > 0)
        return;
    while (c->count > 0)
        flow_drop(flow__chan_take(c));
    flow_drop(c->last);
    c->host->cancel(c->host, &c->task);
    flow_free(c, sizeof *c + c->places * sizeof *c->ring);
}

flow_chan *flow_chan_hold(flow_chan *c)
{
    if (!flow__chan_is_lost(c))
        c->holders++;
    return c;
}

void flow_chan_release(flow_chan *c)
{
    if (flow__chan_is_lost(c))
        return;
    if (c->holders == 1)
        flow_finish(c, flow_none());
    c->holders--;
    discard_unheld(c);
}

static void release_boxed(void *c)
{
    flow_chan_release(c);
}

static const flow_class chan_class = {
    .name = "channel", .release = release_boxed
};

flow_value flow_chan_value(flow_chan *c)
{
    return flow_box(&chan_class, c);
}

flow_chan *flow_chan_of(const flow_value *v)
{
    return flow_unbox(v, &chan_class);
}

void flow_finish(flow_chan *c, flow_value last)
{
    if (flow__chan_is_lost(c) || c->finished) {
        flow_drop(last);
        return;
    }
    c->finished = true;
    c->last = last;
    send_away(c);
    while (c->receivers.n > 0)
        flow__chan_call_receiver(c);
    flow__chan_settle(c);
}

/* ---- Receiving --------------------------------------------------------- */
void flow__chan_add_reader(flow_chan *c)
{
    if (!flow__chan_is_lost(c))
        c->readers++;
}

void flow__chan_remove_reader(flow_chan *c)
{
    if (flow__chan_is_lost(c))
        return;
    c->readers--;
    if (flow__chan_is_left(c))
        send_away(c);
    flow__chan_settle(c);
    discard_unheld(c);
}

void flow__chan_stand_to_receive(struct flow__party *p, flow_waker *w)
{
    flow_chan *c = p->c;

    p->waker = w;
    if (p->waits)
        return;
    if (p->told)
        stand_first(&c->receivers, p);
    else
        flow__stand_last(&c->receivers, p);
    p->told = false;
    tell_room(c);
    flow__chan_settle(c);
}

void flow__chan_leave(struct flow__party *p, bool served)
{
    flow_chan *c = p->c;

    if (p->waits)
        leave(&c->receivers, p);
    if (p->told || served)
        call_if_any(c);
    p->told = false;
    flow__chan_settle(c);
}

/* ---- Sending ----------------------------------------------------------- */
flow_value flow__chan_refusal(const flow_chan *c)
{
    if (flow__chan_is_lost(c))
        return loss(c);
    return flow_error(FLOW_EINVAL, 0, "sending into the channel '%s', which is "
                      "finished", c->name);
}

bool flow__chan_send_now(flow_chan *c, flow_value v)
{
    if (c->senders.n > 0 || c->count >= c->room)
        return false;
    flow__chan_put(c, v);
    flow__chan_call_receiver(c);
    flow__chan_settle(c);
    return true;
}

void flow__chan_leave_sending(struct flow__party *p)
{
    flow_chan *c = p->c;

    if (p->waits) {
        leave(&c->senders, p);
        flow__chan_settle(c);
    }
    flow_chan_release(c);
}

bool flow_offer(flow_chan *c, flow_value v)
{
    bool fits;

    if (flow_is_failure(v)) {
        fits = !flow__chan_is_closed(c) && !flow__chan_is_left(c);
        flow_finish(c, v);
    } else {
        fits = takes_offers(c);
        if (fits) {
            flow__chan_put(c, v);
            flow__chan_call_receiver(c);
        } else {
            flow_drop(v);
        }
    }
    if (!flow__chan_is_lost(c)) {
        c->refused = c->refused || !fits;
        flow__chan_settle(c);
    }
    return fits;
}

/* ---- Asking about ------------------------------------------------------ */
size_t flow_chan_room(const flow_chan *c)
{
    if (!takes_offers(c))
        return 0;
    return c->room > 0 ? c->room - c->count : 1;
}

ptrdiff_t flow_chan_balance(const flow_chan *c)
{
    if (flow__chan_is_lost(c))
        return 0;
    return (ptrdiff_t)(c->count + c->senders.n) - (ptrdiff_t)c->receivers.n;
}

void flow_chan_prefer(flow_chan *c, flow_preference who)
{
    if (!flow__chan_is_lost(c))
        c->sender_first = who == FLOW_SENDER_FIRST;
}

void flow_chan_on_room(flow_chan *c, void (*call)(void *arg), void *arg)
{
    if (flow__chan_is_lost(c))
        return;
    c->on_room = call;
    c->on_room_arg = arg;
}
