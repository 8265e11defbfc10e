/* SPDX-License-Identifier: MIT */
/* Ports: bounded queues between any threads. One lock guards all of a port.
 *
 * Stages that wait, to read or to send, stand in a line each; whoever brings
 * what the first in it waits for takes it out and rings its bell, so one that
 * has been rung costs nothing more until it waits again. A bell is rung with
 * the lock held, and so never after its stage has left the line. */
#include "alone.h"
#include "bell.h"

#include <flow/thread.h>
#include <string.h>

enum { BATCH = 64 };                /* values a lone reader takes at once   */

struct waiter {
    struct flow__bell bell;         /* first                                */
    flow_waker *waker;
    struct waiter *next, *prev;
    bool hung, in_line;
};

struct line { struct waiter *first, *last; };

struct flow_port {
    pthread_mutex_t lock;
    pthread_cond_t went;            /* values, for threads that send        */
    size_t holders, readers;
    size_t senders;                 /* threads and stages that are inside   */
    size_t room, head, count;       /* of the ring                          */
    struct line to_read, to_send;
    bool finished, was_read;
    bool last_read;                 /* somebody knows of the failure        */
    flow_value last;                /* a failure for the readers            */
    flow_value ring[];
};

static flow_port no_memory = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .finished = true
};

static bool is_lost(const flow_port *p)
{
    return p == &no_memory;
}

static void lock(flow_port *p)
{
    pthread_mutex_lock(&p->lock);
}

static void unlock(flow_port *p)
{
    pthread_mutex_unlock(&p->lock);
}

/* ---- Lines, with the lock held ------------------------------------------ */
static void line_up(struct line *l, struct waiter *w)
{
    if (w->in_line)
        return;
    w->in_line = true;
    w->next = NULL;
    w->prev = l->last;
    *(w->prev != NULL ? &w->prev->next : &l->first) = w;
    l->last = w;
}

static void leave_line(struct line *l, struct waiter *w)
{
    if (!w->in_line)
        return;
    w->in_line = false;
    *(w->prev != NULL ? &w->prev->next : &l->first) = w->next;
    *(w->next != NULL ? &w->next->prev : &l->last) = w->prev;
}

static void ring_first(struct line *l)
{
    struct waiter *w = l->first;

    if (w == NULL)
        return;
    leave_line(l, w);
    flow__bell_ring(&w->bell);
}

static void ring_all(struct line *l)
{
    while (l->first != NULL)
        ring_first(l);
}

static void rung(struct flow__bell *b)
{
    flow_wake(((struct waiter *)(void *)b)->waker);
}

/* ---- Waiting, in the loop of a stage ------------------------------------ */
static void remember(struct waiter *w, flow_waker *waker)
{
    w->waker = waker;
    if (!w->hung)
        flow__bell_hang(&w->bell, waker->host, rung);
    w->hung = true;
    flow__bell_expect(&w->bell, FLOW__NOTHING);
}

static flow_status waits(struct waiter *w, flow_stage *out, const char *what)
{
    flow__bell_expect(&w->bell, FLOW__PERHAPS);
    flow_waits_for(out, w->waker, what);
    return FLOW_WAIT;
}

/* It is in no line any more. */
static void forget(struct waiter *w)
{
    if (!w->hung)
        return;
    flow__bell_take_down(&w->bell);
    flow__bell_end(&w->bell);
}

/* ---- Holding ------------------------------------------------------------- */
flow_port *flow_port_new(size_t room)
{
    size_t places = room > 0 ? room : 1;
    flow_port *p = NULL;

    if (places <= (SIZE_MAX - sizeof *p) / sizeof *p->ring)
        p = flow_alloc(sizeof *p + places * sizeof *p->ring);
    if (p == NULL)
        return &no_memory;
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->went, NULL);
    p->holders = 1;
    p->room = places;
    return p;
}

static flow_value take_first(flow_port *p)
{
    flow_value v = p->ring[p->head];

    p->head = p->head + 1 < p->room ? p->head + 1 : 0;
    p->count--;
    return v;
}

/* That a sender was closed is no news when nobody reads either. */
static bool is_unread(const flow_port *p)
{
    return flow_is_failure(p->last) && !p->last_read
        && !flow_is(&p->last, FLOW_ECANCELLED);
}

static void discard(flow_port *p)
{
    while (p->count > 0)
        flow_drop(take_first(p));
    if (is_unread(p))
        flow_report("a port was released with a failure that nobody read: %s: "
                    "%s", flow_class_of(&p->last)->name,
                    flow_message(&p->last));
    flow_drop(p->last);
    pthread_cond_destroy(&p->went);
    pthread_mutex_destroy(&p->lock);
    flow_free(p, sizeof *p + p->room * sizeof *p->ring);
}

static bool is_unheld(const flow_port *p)
{
    return p->holders == 0 && p->readers == 0 && p->senders == 0;
}

/* Lets the lock go, and with it the port, if nobody is left. */
static void unlock_or_discard(flow_port *p)
{
    bool last = is_unheld(p);

    unlock(p);
    if (last && !is_lost(p))
        discard(p);
}

static void finish(flow_port *p, flow_value last)
{
    if (p->finished) {
        flow_drop(last);
        return;
    }
    p->finished = true;
    p->last = last;
    pthread_cond_broadcast(&p->went);
    ring_all(&p->to_send);
    ring_all(&p->to_read);
}

flow_port *flow_port_hold(flow_port *p)
{
    if (is_lost(p))
        return p;
    lock(p);
    p->holders++;
    unlock(p);
    return p;
}

void flow_port_release(flow_port *p)
{
    if (p == NULL || is_lost(p))
        return;
    lock(p);
    if (--p->holders == 0)
        finish(p, flow_none());
    unlock_or_discard(p);
}

void flow_port_finish(flow_port *p, flow_value last)
{
    last = flow__alone(last);
    lock(p);
    finish(p, last);
    unlock(p);
}

/* ---- Sending ------------------------------------------------------------- */
static bool nobody_reads(const flow_port *p)
{
    return p->finished || (p->was_read && p->readers == 0);
}

static bool is_full(const flow_port *p)
{
    return p->count == p->room;
}

static void put(flow_port *p, flow_value v)
{
    size_t at = p->head + p->count++;

    p->ring[at < p->room ? at : at - p->room] = v;
    ring_first(&p->to_read);
}

/* What cannot cross is as much a failure of the readers as one that is sent. */
static bool crosses(flow_port *p, flow_value *v)
{
    *v = flow__alone(*v);
    if (!flow_is_failure(*v))
        return true;
    flow_port_finish(p, *v);
    return false;
}

bool flow_port_send(flow_port *p, flow_value v)
{
    bool sent;

    if (!crosses(p, &v))
        return false;
    lock(p);
    p->senders++;
    while (!nobody_reads(p) && is_full(p))
        pthread_cond_wait(&p->went, &p->lock);
    sent = !nobody_reads(p);
    if (sent)
        put(p, v);
    p->senders--;
    unlock_or_discard(p);
    if (!sent)
        flow_drop(v);
    return sent;
}

bool flow_port_offer(flow_port *p, flow_value v)
{
    bool sent;

    if (!crosses(p, &v))
        return false;
    lock(p);
    sent = !nobody_reads(p) && !is_full(p);
    if (sent)
        put(p, v);
    unlock(p);
    if (!sent)
        flow_drop(v);
    return sent;
}

/* ---- The sending stage --------------------------------------------------- */
struct sender {
    flow_stage *source;             /* first                                */
    flow_port *port;                /* NULL: let go                         */
    struct waiter waiter;
    flow_value v;                   /* to be sent before others             */
    bool waits;                     /* there is such a one                  */
};

static void let_go(struct sender *s)
{
    flow_port *p = s->port;

    s->port = NULL;
    if (p == NULL || is_lost(p))
        return;
    lock(p);
    leave_line(&p->to_send, &s->waiter);
    unlock(p);
    flow_port_release(p);
}

static flow_status sender_ends(struct sender *s)
{
    flow_stage *source = s->source;

    s->source = NULL;
    flow_close(source);
    let_go(s);
    return FLOW_DONE;
}

/* READY: v is gone; WAIT: not yet; DONE: nobody will read it. */
static flow_status send_first(struct sender *s)
{
    flow_port *p = s->port;
    flow_status st = FLOW_READY;

    lock(p);
    if (nobody_reads(p)) {
        st = FLOW_DONE;
    } else if (is_full(p)) {
        line_up(&p->to_send, &s->waiter);
        st = FLOW_WAIT;
    } else {
        put(p, s->v);
        s->waits = false;
    }
    unlock(p);
    return st;
}

/* As send_first, of the value that comes next. */
static flow_status read_next(struct sender *s, flow_waker *w)
{
    flow_status st = flow_pull(s->source, w, &s->v);

    if (st == FLOW_READY && crosses(s->port, &s->v))
        s->waits = true;
    else if (st == FLOW_READY)
        st = FLOW_DONE;
    if (st == FLOW_FAILED)
        flow_port_finish(s->port, s->v);
    return st;
}

static flow_status sender_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct sender *s = self;
    flow_status st = FLOW_READY;

    if (is_lost(s->port))
        return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "a port"));
    remember(&s->waiter, w);
    while (st == FLOW_READY)
        st = s->waits ? send_first(s) : read_next(s, w);
    if (st != FLOW_WAIT)
        return sender_ends(s);
    return s->waits ? waits(&s->waiter, out, "room in a port") : FLOW_WAIT;
}

/* Nobody is to take a part for the whole. */
static void sender_close(void *self)
{
    struct sender *s = self;

    if (s->port != NULL)
        flow_port_finish(s->port, flow_error(FLOW_ECANCELLED, 0, "a flow that "
                                             "sends was closed before its "
                                             "end"));
    let_go(s);
    forget(&s->waiter);
    if (s->waits)
        flow_drop(s->v);
}

flow_stage *(flow_into_port)(flow_stage *source, flow_port *p)
{
    static const flow_type type = {
        .name = "into port", .size = sizeof(struct sender),
        .fill = sender_fill, .close = sender_close,
        .inputs = flow_first_input
    };
    struct sender s = { .source = source, .port = flow_port_hold(p) };

    return flow_stage_new(&type, &s);
}

/* ---- The reading stage --------------------------------------------------- */
struct reader {
    struct waiter waiter;           /* first                                */
    flow_port *port;
    flow_value batch[BATCH];
};

/* Readers that share what is sent take one at a time. */
static size_t take_some(flow_port *p, flow_value *to)
{
    size_t most = p->readers > 1 ? 1 : BATCH, n = 0;

    while (n < most && p->count > 0)
        to[n++] = take_first(p);
    if (n > 0 && p->count * 2 <= p->room) {
        pthread_cond_broadcast(&p->went);
        ring_all(&p->to_send);
    }
    return n;
}

static flow_status read_some(struct reader *r, size_t *n, flow_value *last)
{
    flow_port *p = r->port;
    flow_status st = FLOW_READY;

    lock(p);
    *n = take_some(p, r->batch);
    if (*n > 0) {
        leave_line(&p->to_read, &r->waiter);
    } else if (p->finished) {
        *last = flow__alone(flow_share(p->last));
        p->last_read = true;
        st = flow_is_failure(*last) ? FLOW_FAILED : FLOW_DONE;
    } else {
        line_up(&p->to_read, &r->waiter);
        st = FLOW_WAIT;
    }
    unlock(p);
    return st;
}

static flow_status reader_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct reader *r = self;
    flow_value last;
    flow_status st;
    size_t n;

    if (is_lost(r->port))
        return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "a port"));
    remember(&r->waiter, w);
    st = read_some(r, &n, &last);
    if (st == FLOW_WAIT)
        return waits(&r->waiter, out, "a port");
    if (st == FLOW_READY)
        flow_lend(out, r->batch, n);
    return flow_pass(out, st, last);
}

static void reader_close(void *self)
{
    struct reader *r = self;
    flow_port *p = r->port;

    if (!is_lost(p)) {
        lock(p);
        leave_line(&p->to_read, &r->waiter);
        if (--p->readers == 0) {
            pthread_cond_broadcast(&p->went);
            ring_all(&p->to_send);
        } else if (p->count > 0) {
            ring_first(&p->to_read);        /* it may have been rung for it */
        }
        unlock_or_discard(p);
    }
    forget(&r->waiter);
}

flow_stage *(flow_from_port)(flow_port *p)
{
    static const flow_type type = {
        .name = "port", .size = sizeof(struct reader), .fill = reader_fill,
        .close = reader_close
    };
    struct reader r = { .port = p };

    if (!is_lost(p)) {
        lock(p);
        p->readers++;
        p->was_read = true;
        unlock(p);
    }
    return flow_stage_new(&type, &r);
}
