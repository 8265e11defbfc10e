/* SPDX-License-Identifier: MIT */
/* Channels: a bounded queue between those who send and the stages that read.
 *
 * Values lie in a ring of `room` places. A sender that finds it full stands in
 * a line with its value, on its own stack; a reader that finds nothing stands
 * in another. A channel of room 0 has one place, used only while a reader
 * waits, so that a value there has its reader already. */
#include "base/memory.h"
#include "base/value.h"
#include "stage/stage.h"

#include <string.h>

struct reader {
    flow_chan *c;                           /* first: the stage's self      */
    struct reader *next, *prev;
    flow_waker *waker;
    bool waiting;                           /* stands in the line           */
};

struct flow_chan {
    size_t holders, readers;
    size_t room, places;
    size_t head, count;                     /* of the ring                  */
    struct flow__sender *senders, *senders_last;
    struct reader *waiting, *waiting_last;
    bool finished, was_read, refused;
    flow_value last;                        /* a failure for the readers    */
    flow_task room_task;
    void (*on_room)(void *arg);
    void *on_room_arg;
    flow_host *host;
    flow_value ring[];
};

static flow_chan no_memory = { .finished = true };

static bool is_lost(const flow_chan *c)
{
    return c == &no_memory;
}

/* ---- The two lines ----------------------------------------------------- */
static void line_up_sender(flow_chan *c, struct flow__sender *s)
{
    s->waits = true;
    s->next = NULL;
    s->prev = c->senders_last;
    *(s->prev != NULL ? &s->prev->next : &c->senders) = s;
    c->senders_last = s;
}

static void leave_sender(flow_chan *c, struct flow__sender *s)
{
    *(s->prev != NULL ? &s->prev->next : &c->senders) = s->next;
    *(s->next != NULL ? &s->next->prev : &c->senders_last) = s->prev;
    s->waits = false;
}

static void line_up_reader(flow_chan *c, struct reader *r)
{
    if (r->waiting)
        return;
    r->waiting = true;
    r->next = NULL;
    r->prev = c->waiting_last;
    *(r->prev != NULL ? &r->prev->next : &c->waiting) = r;
    c->waiting_last = r;
}

static void leave_reader(flow_chan *c, struct reader *r)
{
    if (!r->waiting)
        return;
    r->waiting = false;
    *(r->prev != NULL ? &r->prev->next : &c->waiting) = r->next;
    *(r->next != NULL ? &r->next->prev : &c->waiting_last) = r->prev;
}

/* One value came: one reader is told, and leaves the line. */
static void wake_reader(flow_chan *c)
{
    struct reader *r = c->waiting;

    if (r == NULL)
        return;
    leave_reader(c, r);
    flow_wake(r->waker);
}

static void release_sender(flow_chan *c, struct flow__sender *s, bool taken)
{
    leave_sender(c, s);
    s->taken = taken;
    flow_wake(s->waker);
}

static void refuse_senders(flow_chan *c)
{
    while (c->senders != NULL)
        release_sender(c, c->senders, false);
}

/* ---- The ring ---------------------------------------------------------- */
static bool has_place(const flow_chan *c)
{
    if (c->room == 0)
        return c->count == 0 && c->waiting != NULL;
    return c->count < c->room;
}

static flow_value take_first(flow_chan *c)
{
    flow_value v = c->ring[c->head];

    c->head = c->head + 1 < c->places ? c->head + 1 : 0;
    c->count--;
    return v;
}

static void put(flow_chan *c, flow_value v)
{
    size_t at = c->head + c->count++;

    c->ring[at < c->places ? at : at - c->places] = v;
}

static void room_came(flow_task *t)
{
    flow_chan *c = (flow_chan *)(void *)
                   ((char *)t - offsetof(flow_chan, room_task));

    if (c->on_room != NULL)
        c->on_room(c->on_room_arg);
}

/* For when there may be a place that was not there before. */
static void tell_room(flow_chan *c)
{
    if (!c->refused || c->on_room == NULL || c->senders != NULL
        || !has_place(c))
        return;
    c->refused = false;
    c->host->post(c->host, &c->room_task, 0);
}

/* The next value, or false. A sender in line takes the place that became free.
 */
static bool get(flow_chan *c, flow_value *v)
{
    struct flow__sender *s = c->senders;

    if (c->count > 0) {
        *v = take_first(c);
        if (s != NULL && c->room > 0) {
            put(c, s->v);
            release_sender(c, s, true);
        }
    } else if (s != NULL) {
        *v = s->v;
        release_sender(c, s, true);
    } else {
        return false;
    }
    tell_room(c);
    return true;
}

static void empty(flow_chan *c)
{
    while (c->count > 0)
        flow_drop(take_first(c));
}

/* ---- Holding ----------------------------------------------------------- */
flow_chan *flow_chan_new(size_t room)
{
    size_t places = room > 0 ? room : 1;
    flow_chan *c = NULL;

    if (places <= (SIZE_MAX - sizeof *c) / sizeof *c->ring)
        c = flow_alloc(sizeof *c + places * sizeof *c->ring);
    if (c == NULL)
        return &no_memory;
    memset(c, 0, sizeof *c);
    c->holders = 1;
    c->room = room;
    c->places = places;
    c->room_task.call = room_came;
    c->host = flow_host_here();
    return c;
}

static void discard_unheld(flow_chan *c)
{
    if (c->holders > 0 || c->readers > 0)
        return;
    empty(c);
    flow_drop(c->last);
    c->host->cancel(c->host, &c->room_task);
    flow_free(c, sizeof *c + c->places * sizeof *c->ring);
}

flow_chan *flow_chan_hold(flow_chan *c)
{
    if (!is_lost(c))
        c->holders++;
    return c;
}

void flow_chan_release(flow_chan *c)
{
    if (c == NULL || is_lost(c))
        return;
    if (c->holders == 1)
        flow_finish(c, flow_none());
    c->holders--;
    discard_unheld(c);
}

void flow_finish(flow_chan *c, flow_value last)
{
    if (is_lost(c) || c->finished) {
        flow_drop(last);
        return;
    }
    c->finished = true;
    c->last = last;
    refuse_senders(c);
    while (c->waiting != NULL)
        wake_reader(c);
}

/* ---- Reading ----------------------------------------------------------- */
static flow_status reader_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct reader *r = self;
    flow_chan *c = r->c;
    size_t given = 0;
    flow_value v;

    if (is_lost(c))
        return flow_raise_in(out, flow__no_memory_error());
    for (size_t room = flow_room(out); given < room && get(c, &v); given++)
        flow_give(out, v);
    if (given > 0) {
        leave_reader(c, r);                 /* it was asked without a wake  */
        if (c->count > 0)
            wake_reader(c);                 /* there is more for another    */
        return FLOW_READY;
    }
    if (c->finished && flow_is_failure(c->last))
        return flow_raise_in(out, flow_share(c->last));
    if (c->finished)
        return FLOW_DONE;
    r->waker = w;
    line_up_reader(c, r);
    tell_room(c);
    flow_waits_for(out, w, "a channel");
    return FLOW_WAIT;
}

static void reader_close(void *self)
{
    struct reader *r = self;
    flow_chan *c = r->c;

    if (is_lost(c))
        return;
    leave_reader(c, r);
    if (--c->readers == 0)
        refuse_senders(c);
    else if (c->count > 0 || c->senders != NULL)
        wake_reader(c);                     /* it may have been woken for it */
    discard_unheld(c);
}

flow_stage *(flow_from_chan)(flow_chan *c)
{
    static const flow_type type = {
        .name = "channel", .size = sizeof(struct reader), .fill = reader_fill,
        .close = reader_close
    };
    struct reader r = { .c = c };

    if (!is_lost(c)) {
        c->readers++;
        c->was_read = true;
    }
    return flow_stage_new(&type, &r);
}

flow_stage *(flow_callback)(size_t room, flow_chan **writer)
{
    *writer = flow_chan_new(room);
    return (flow_from_chan)(*writer);
}

/* ---- Sending ----------------------------------------------------------- */
static bool nobody_reads(const flow_chan *c)
{
    return c->finished || (c->was_read && c->readers == 0);
}

bool flow_offer(flow_chan *c, flow_value v)
{
    if (nobody_reads(c) || c->senders != NULL || !has_place(c)) {
        if (!is_lost(c))
            c->refused = true;
        flow_drop(v);
        return false;
    }
    put(c, v);
    wake_reader(c);
    return true;
}

size_t flow_chan_room(const flow_chan *c)
{
    if (nobody_reads(c) || c->senders != NULL)
        return 0;
    return c->room > 0 ? c->room - c->count : has_place(c);
}

/* A sender in line holds the channel: it must be there when it comes back. */
void flow__send_begin(flow_gen *self, struct flow__sender *s, flow_chan *c,
                      flow_value v)
{
    *s = (struct flow__sender){ .c = c, .v = v };
    if (self->waker == NULL || nobody_reads(c))
        return;
    if (c->senders != NULL || !has_place(c)) {
        c->holders++;
        line_up_sender(c, s);
    } else {
        put(c, v);
        s->taken = true;
    }
    wake_reader(c);
}

bool flow__send_on(flow_gen *self, struct flow__sender *s)
{
    if (!s->waits || self->waker == NULL)
        return false;
    flow__wait_for(self, &s->waker, "room in a channel");
    return true;
}

bool flow__send_end(flow_gen *self, struct flow__sender *s)
{
    bool lined_up = s->waker != NULL, taken;

    if (s->waits)
        leave_sender(s->c, s);
    if (!s->taken)
        flow_drop(s->v);
    taken = s->taken;
    if (lined_up)
        flow_chan_release(s->c);
    return flow__may_go_on(self) && taken;
}

void flow_chan_on_room(flow_chan *c, void (*call)(void *arg), void *arg)
{
    if (is_lost(c))
        return;
    c->on_room = call;
    c->on_room_arg = arg;
}
