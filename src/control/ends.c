/* SPDX-License-Identifier: MIT */
/* The ends of a channel as stages. */
#include "channel.h"

#include "base/value.h"
#include "stage/stage.h"

/* ---- The end to read --------------------------------------------------- */
struct reader {
    struct flow__party peer;
    flow_value held;                        /* while the sender goes first  */
    bool holds;
    flow_task turn;                         /* when it has                  */
    flow_waker *waker;
};

static void turn_came(flow_task *t)
{
    struct reader *r = (struct reader *)(void *)
                       ((char *)t - offsetof(struct reader, turn));

    flow_wake(r->waker);
}

static void give(struct reader *r, flow_stage *out)
{
    flow_give(out, r->held);
    r->holds = false;
}

/* Gives what is there; politely: there is more, but its sender is to go on
 * first. */
static enum flow__receipt read_on(struct reader *r, flow_stage *out)
{
    enum flow__receipt got = FLOW__TAKEN;

    while (got == FLOW__TAKEN && flow_room(out) > 0) {
        got = flow__chan_get(r->peer.c, &r->held);
        r->holds = flow__has_taken(got);
        if (got == FLOW__TAKEN)
            give(r, out);
    }
    return got;
}

static flow_status wait_politely(struct reader *r, flow_stage *out,
                                 flow_waker *w)
{
    flow__chan_leave(&r->peer, true);
    flow_waits_for(out, w, "its turn");
    r->waker = w;
    w->host->post(w->host, &r->turn, 0);
    return FLOW_WAIT;
}

static flow_status reader_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct reader *r = self;
    flow_chan *c = r->peer.c;
    enum flow__receipt got;

    if (r->holds)
        give(r, out);
    got = read_on(r, out);
    if (got == FLOW__BROKEN)
        return flow_raise_in(out, flow__chan_failure(c));
    if (flow_ready(out) > 0) {
        flow__chan_leave(&r->peer, true);
        return FLOW_READY;
    }
    if (got == FLOW__OVER)
        return FLOW_DONE;
    if (r->holds)
        return wait_politely(r, out, w);
    flow__chan_stand_to_receive(&r->peer, w);
    flow__waits_at(out, w, "a value from channel", c->name);
    return FLOW_WAIT;
}

static void reader_close(void *self)
{
    struct reader *r = self;

    if (flow__chan_is_lost(r->peer.c))
        return;
    if (r->holds)
        flow_drop(r->held);
    if (r->turn.posted)
        r->waker->host->cancel(r->waker->host, &r->turn);
    flow__chan_leave(&r->peer, false);
    flow__chan_remove_reader(r->peer.c);
}

flow_stage *(flow_from_chan)(flow_chan *c)
{
    static const flow_type type = {
        .name = "channel", .size = sizeof(struct reader), .fill = reader_fill,
        .close = reader_close
    };
    struct reader r = { .peer = { .c = c, .lingers = true },
                        .turn.call = turn_came };

    flow__chan_add_reader(c);
    if (!flow__chan_is_lost(c))
        c->was_read = true;
    return flow_stage_new(&type, &r);
}

flow_stage *(flow_callback)(size_t room, flow_chan **writer)
{
    *writer = flow_chan_named((flow_chan_new)(room), "callback");
    return (flow_from_chan)(*writer);
}

/* ---- The end to write -------------------------------------------------- */
struct writer {
    flow_stage *source;                     /* first                        */
    flow_chan *c;
    struct flow__party peer;
};

/* The channel need not wait until this is closed. */
static flow_status end_writing(struct writer *t)
{
    flow_chan *c = t->c;

    t->c = NULL;
    flow_chan_release(c);
    return FLOW_DONE;
}

static void stop_waiting(struct writer *t)
{
    if (t->peer.waker == NULL)
        return;
    if (!t->peer.done)
        flow_drop(t->peer.v);
    flow__chan_end_sending(&t->peer);
    t->peer.waker = NULL;
}

static bool takes_more(const flow_chan *c)
{
    return !flow__chan_is_closed(c) && !flow__chan_is_left(c);
}

static flow_status is_refused(struct writer *t, flow_stage *out)
{
    if (flow__chan_is_closed(t->c))
        return flow_raise_in(out, flow__chan_refusal(t->c));
    return end_writing(t);
}

/* FLOW_READY: what was taken has gone. */
static flow_status send_taken(struct writer *t, flow_stage *out, flow_waker *w)
{
    bool sent;

    if (t->peer.waits) {
        t->peer.waker = w;
        flow__waits_at(out, w, flow__chan_lacks(t->c), t->c->name);
        return FLOW_WAIT;
    }
    sent = t->peer.done;
    stop_waiting(t);
    return sent ? FLOW_READY : is_refused(t, out);
}

/* What comes from the source may have done away with where it was to go. */
static flow_status send_next(struct writer *t, flow_stage *out, flow_waker *w)
{
    flow_value v;
    flow_status st;

    if (!takes_more(t->c))
        return is_refused(t, out);
    st = flow_pull(t->source, w, &v);
    if (st == FLOW_WAIT)
        return st;
    if (st == FLOW_DONE || st == FLOW_FAILED) {
        if (st == FLOW_FAILED)
            flow_finish(t->c, v);
        return end_writing(t);
    }
    if (!takes_more(t->c)) {
        flow_drop(v);
        return is_refused(t, out);
    }
    t->peer = (struct flow__party){ .c = t->c, .v = v };
    flow__chan_send(&t->peer, w);
    return st;
}

static flow_status writer_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct writer *t = self;
    flow_status st = FLOW_READY;

    while (st == FLOW_READY)
        st = t->peer.waker != NULL ? send_taken(t, out, w)
                                   : send_next(t, out, w);
    return st;
}

static void writer_close(void *self)
{
    struct writer *t = self;

    stop_waiting(t);
    flow_chan_release(t->c);
}

flow_stage *(flow_into_chan)(flow_stage *s, flow_chan *c)
{
    static const flow_type type = {
        .name = "into channel", .size = sizeof(struct writer),
        .fill = writer_fill, .close = writer_close, .inputs = flow_first_input
    };
    struct writer t = { .source = s, .c = flow_chan_hold(c) };

    return flow_stage_new(&type, &t);
}
