/* SPDX-License-Identifier: MIT */
/* See conn.h. */
#include "conn.h"

#include <errno.h>
#include <string.h>

enum {
    COPIED = 4096,          /* a piece up to that is copied out, so that one
                               that is kept does not keep a whole buffer    */
    TOGETHER = 1024,        /* bytes that are sent as one piece             */
    ROUNDS = 16             /* sends in a turn, so that others come to theirs */
};
static const double LINGER = 2;     /* seconds                              */

/* ---- Receiving, into one buffer for all connections of a thread --------- */
static _Thread_local struct {
    flow_value buffer;
    char *chars;                    /* NULL: there is none now              */
    size_t users;
} spare __attribute__((tls_model("initial-exec")));

static void forget_spare(void)
{
    if (spare.chars == NULL)
        return;
    spare.chars = NULL;
    flow_drop(spare.buffer);
}

/* Another one while somebody has a piece of the last. */
static char *spare_chars(void)
{
    if (spare.chars != NULL && flow__held_of(spare.buffer)->refs > 1)
        forget_spare();
    if (spare.chars == NULL) {
        spare.buffer = flow_buffer(FLOW__RECEIVED, &spare.chars);
        if (spare.chars == NULL)
            flow_drop(spare.buffer);
    }
    return spare.chars;
}

static void leave_spare(void)
{
    if (--spare.users == 0)
        forget_spare();
}

/* The first n bytes of the buffer. */
static flow_value cut_from_spare(size_t n)
{
    return n <= COPIED ? flow_bytes(spare.chars, n)
                       : flow_slice(&spare.buffer, 0, n);
}

static ssize_t receive_into(struct flow__conn *c, char *to)
{
    ssize_t n = c->link->network->receive(c->link, to, FLOW__RECEIVED);

    c->readable = n == FLOW__RECEIVED       /* otherwise that was all       */
               || (n > 0 && c->link->ends);
    return n;
}

/* ---- Watching the link -------------------------------------------------- */
static void wake(flow_waker **w)
{
    flow_waker *once = *w;

    *w = NULL;
    flow_wake(once);
}

static unsigned needed(const struct flow__conn *c)
{
    return (c->reader != NULL || c->lingering ? FLOW__READABLE : 0u)
         | (c->writer != NULL && c->blocked ? FLOW__WRITABLE : 0u);
}

/* Something moves, or begins to be waited for. */
static void touch(struct flow__conn *c)
{
    if (c->idle > 0)
        c->moved = c->host->now(c->host);
}

static void watch(struct flow__conn *c)
{
    unsigned events = needed(c);

    if (!c->open)
        return;
    if (events != 0 && !c->waits)
        touch(c);
    c->waits = events != 0;
    c->link->network->watch(c->link, events);
}

/* Throws away what still comes. */
static void linger_on(struct flow__conn *c)
{
    char *to = spare_chars();
    ssize_t n;

    do
        n = to != NULL ? receive_into(c, to) : 0;
    while (n > 0 && c->readable);
    if (n <= 0 && n != -EAGAIN)
        flow__conn_close(c);
}

static void link_ready(struct flow__link *l, unsigned events)
{
    struct flow__conn *c = l->owner;

    if ((events & FLOW__READABLE) != 0) {
        c->readable = true;
        wake(&c->reader);
    }
    if ((events & FLOW__WRITABLE) != 0) {
        c->blocked = false;
        wake(&c->writer);
    }
    if (c->lingering && c->open)
        linger_on(c);
    watch(c);
}

/* ---- Lasting too long --------------------------------------------------- */
/* It may have been lost before, and its flow not be done with that. */
void flow__conn_give_up(struct flow__conn *c, const char *what)
{
    if (!c->lost)
        c->why = flow_error(FLOW_ETIMEOUT, 0, "the connection with %s %s",
                            c->peer, what);
    c->lost = true;
    flow__conn_close(c);
}

static double sooner(double a, double b)
{
    return a > 0 && (!(b > 0) || a < b) ? a : b;
}

/* When it next may have lasted too long; 0: never. */
static double next_limit(const struct flow__conn *c)
{
    double idle = c->idle > 0 ? c->moved + c->idle : 0;

    return sooner(c->goes_by, sooner(idle, c->until));
}

/* Whether the peer is to do something. */
static bool is_waited_for(const struct flow__conn *c)
{
    return (needed(c) & ~(c->watched ? FLOW__READABLE : 0u)) != 0;
}

/* A look that is posted for an earlier time looks again then. */
static void set_limit(struct flow__conn *c)
{
    double at = next_limit(c);

    if (!(at > 0) || !c->open || (c->limit.posted && c->limit_at <= at))
        return;
    c->limit_at = at;
    c->host->post(c->host, &c->limit, at - c->host->now(c->host));
}

static void look_at_limits(flow_task *t)
{
    struct flow__conn *c = (struct flow__conn *)(void *)
        ((char *)t - offsetof(struct flow__conn, limit));
    double now = c->host->now(c->host), at;

    if (c->idle > 0 && !is_waited_for(c))
        c->moved = now;
    at = next_limit(c);
    if (!(at > 0) || at > now)
        set_limit(c);
    else if (c->until > 0 && c->until <= now)
        flow__conn_give_up(c, "lasts too long");
    else if (at == c->goes_by)
        flow__conn_give_up(c, "takes too long to receive");
    else
        flow__conn_give_up(c, "is idle for too long");
}

void flow__conn_bound_sending(struct flow__conn *c, double seconds)
{
    c->patience = seconds;
    set_limit(c);
}

/* ---- Beginning and ending ----------------------------------------------- */
static void go_on(flow_task *t)
{
    struct flow__conn *c = (struct flow__conn *)(void *)
        ((char *)t - offsetof(struct flow__conn, later));

    if (c->lingering)
        flow__conn_close(c);
    else
        wake(&c->writer);
}

static void link_closed(struct flow__link *l)
{
    flow__conn_release(l->owner);
}

struct flow__conn *flow__conn_new(const struct flow__network *network,
                                  size_t size)
{
    struct flow__link *link;
    struct flow__conn *c = flow__link_new(network, size, &link);

    if (c == NULL)
        return NULL;
    link->ready = link_ready;
    link->closed = link_closed;
    c->link = link;
    c->size = size;
    c->holders = 1;
    c->host = flow_host_here();
    c->later.call = go_on;
    c->limit.call = look_at_limits;
    c->why = c->last = flow_none();
    spare.users++;
    return c;
}

void flow__conn_open(struct flow__conn *c, const struct flow__address *peer)
{
    c->open = true;
    c->holders++;
    flow__address_write(peer, c->peer);
}

void flow__conn_begin(struct flow__conn *c, const flow_conn_options *o)
{
    static const flow_conn_options none;

    if (o == NULL)
        o = &none;
    c->link->network->tune(c->link, o->delay, o->keep_alive);
    c->idle = o->idle;
    c->moved = c->host->now(c->host);
    c->until = o->total > 0 ? c->moved + o->total : 0;
    set_limit(c);
}

void flow__conn_hold(struct flow__conn *c)
{
    c->holders++;
}

static void drop_unsent(struct flow__conn *c)
{
    while (c->from < c->to)
        flow_drop(c->unsent[c->from++]);
    c->from = c->to = 0;
    c->bytes = c->cut = 0;
}

static bool waits_for_peer(const struct flow__conn *c)
{
    return c->lingers && c->shut && !c->ended && !c->lingering && c->open;
}

void flow__conn_release(struct flow__conn *c)
{
    c->holders--;
    if (c->holders == 1 && waits_for_peer(c)) {
        c->lingering = true;
        c->host->post(c->host, &c->later, LINGER);
        watch(c);
        if (c->readable)            /* what has come is not told again      */
            linger_on(c);
    } else if (c->holders == 1) {
        flow__conn_close(c);
    } else if (c->holders == 0) {
        drop_unsent(c);
        flow_drop(c->last);
        flow_drop(c->why);
        leave_spare();
        flow__link_free(c->link, c->size);
    }
}

void flow__conn_close(struct flow__conn *c)
{
    if (!c->open)
        return;
    c->open = false;
    c->host->cancel(c->host, &c->later);
    c->host->cancel(c->host, &c->limit);
    c->link->network->close(c->link, !c->shut);
    wake(&c->reader);
    wake(&c->writer);
    if (c->gone != NULL)
        c->gone(c);
}

void flow__conn_forget(struct flow__conn *c, bool reader, bool writer)
{
    if (reader)
        c->reader = NULL;
    if (writer)
        c->writer = NULL;
    watch(c);
}

/* ---- Receiving ---------------------------------------------------------- */
static flow_value was_closed(const struct flow__conn *c)
{
    if (flow_is_failure(c->why))
        return flow_share(c->why);
    return flow_error(FLOW_ECANCELLED, 0, "the connection with %s was closed",
                      c->peer);
}

static flow_value is_lost(struct flow__conn *c, ssize_t code)
{
    if (!c->lost)
        c->why = flow_system_error((int)-code, "the connection with %s is lost",
                                   c->peer);
    c->lost = true;
    return flow_share(c->why);
}

/* What the stage received says of a connection that has gone. */
static flow_status end_received(struct flow__conn *c, flow_stage *out,
                                flow_value why)
{
    if (!c->lost || !c->loss_is_end)
        return flow_raise_in(out, why);
    flow_drop(why);
    return FLOW_DONE;
}

static flow_status receive_now(struct flow__conn *c, flow_stage *out)
{
    char *to = spare_chars();
    ssize_t n = to != NULL ? receive_into(c, to) : -ENOMEM;
    flow_value piece;

    if (n > 0) {
        touch(c);
        piece = cut_from_spare((size_t)n);
        if (flow_is_failure(piece))
            return flow_raise_in(out, piece);
        flow_give(out, piece);
        return FLOW_READY;
    }
    c->ended = n == 0;
    if (n == 0)
        return FLOW_DONE;
    if (to == NULL)
        return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "no memory to "
                                             "receive from %s", c->peer));
    if (n == -EAGAIN)
        return FLOW_WAIT;
    return end_received(c, out, is_lost(c, n));
}

flow_status flow__conn_receive(struct flow__conn *c, flow_stage *out,
                               flow_waker *w)
{
    flow_status st = FLOW_WAIT;

    c->reader = NULL;
    c->watched = false;
    if (c->ended)
        return FLOW_DONE;
    if (!c->open)
        return end_received(c, out, was_closed(c));
    if (c->readable)
        st = receive_now(c, out);
    if (st != FLOW_WAIT)
        return st;
    c->reader = w;
    watch(c);
    flow_waits_for(out, w, "bytes from the peer");
    return FLOW_WAIT;
}

/* ---- Sending ------------------------------------------------------------ */
void flow__conn_wait_writable(struct flow__conn *c, flow_waker *w)
{
    c->blocked = true;
    c->writer = w;
    watch(c);
}

static void add_unsent(struct flow__conn *c, flow_value v)
{
    if (v.kind != FLOW_TEXT && v.kind != FLOW_BYTES) {
        c->last = flow_error(FLOW_EINVAL, 0, "what is sent to %s must be text "
                             "or bytes", c->peer);
        flow_drop(v);
    } else if (v.size == 0) {
        flow_drop(v);
    } else {
        c->unsent[c->to++] = v;
        c->bytes += v.size;
    }
}

/* Takes what there is, up to the bounds. A failure is kept in c->last until
 * what came before it has gone. */
static flow_status gather(struct flow__conn *c, flow_stage *source,
                          flow_waker *w)
{
    flow_status st = FLOW_READY;

    while (st == FLOW_READY && c->to < FLOW__UNSENT
           && c->bytes < FLOW__UNSENT_BYTES && !flow_is_failure(c->last)) {
        flow_value v;

        st = flow_pull(source, w, &v);
        if (st == FLOW_READY)
            add_unsent(c, v);
        else if (st == FLOW_FAILED)
            c->last = v;
    }
    return flow_is_failure(c->last) ? FLOW_FAILED : st;
}

/* Drops what has been sent. */
static void forget_sent(struct flow__conn *c, size_t n)
{
    c->bytes -= n;
    n += c->cut;
    while (c->from < c->to && n >= c->unsent[c->from].size) {
        n -= c->unsent[c->from].size;
        flow_drop(c->unsent[c->from++]);
    }
    c->cut = n;
    if (c->from == c->to)
        drop_unsent(c);
}

/* Small pieces go in one: that costs less than the kernel's care for each. */
static ssize_t send_together(struct flow__conn *c)
{
    char chars[TOGETHER];
    struct iovec all = { chars, 0 };
    size_t cut = c->cut;

    for (unsigned i = c->from; i < c->to; i++, cut = 0) {
        size_t size;
        const char *piece = flow_chars(&c->unsent[i], &size);

        memcpy(chars + all.iov_len, piece + cut, size - cut);
        all.iov_len += size - cut;
    }
    return c->link->network->send(c->link, &all, 1);
}

static ssize_t send_one(struct flow__conn *c)
{
    const char *chars = flow_chars(&c->unsent[c->from], NULL);
    struct iovec piece = { (void *)(uintptr_t)(chars + c->cut), c->bytes };

    return c->link->network->send(c->link, &piece, 1);
}

static ssize_t send_unsent(struct flow__conn *c)
{
    struct iovec pieces[FLOW__UNSENT];
    size_t cut = c->cut;
    int n = 0;

    if (c->to - c->from == 1)
        return send_one(c);
    if (c->bytes <= TOGETHER)
        return send_together(c);
    for (unsigned i = c->from; i < c->to; i++, cut = 0) {
        size_t size;
        const char *chars = flow_chars(&c->unsent[i], &size);

        pieces[n].iov_base = (void *)(uintptr_t)(chars + cut);
        pieces[n++].iov_len = size - cut;
    }
    return c->link->network->send(c->link, pieces, n);
}

/* Of what is unsent, n bytes have gone: is the peer fast enough? */
static void note_sent(struct flow__conn *c, size_t n)
{
    c->went += n;
    if (c->from == c->to) {
        c->goes_by = 0;
    } else if (!(c->goes_by > 0) || c->went >= FLOW__UNSENT_BYTES) {
        c->goes_by = c->host->now(c->host) + c->patience;
        c->went = 0;
        set_limit(c);
    }
}

/* Sends what was gathered. WAIT: not all of it went, yet. */
static flow_status flush(struct flow__conn *c, flow_waker *w, flow_value *error)
{
    ssize_t n = c->from < c->to ? send_unsent(c) : 0;

    if (n < 0 && n != -EAGAIN) {
        *error = is_lost(c, n);
        drop_unsent(c);
        return FLOW_FAILED;
    }
    if (n > 0) {
        touch(c);
        forget_sent(c, (size_t)n);
    }
    if (c->patience > 0)
        note_sent(c, n > 0 ? (size_t)n : 0);
    if (c->from == c->to)
        return FLOW_READY;
    flow__conn_wait_writable(c, w);
    return FLOW_WAIT;
}

static flow_value take_last(struct flow__conn *c)
{
    flow_value last = c->last;

    c->last = flow_none();
    return last;
}

static flow_status tell_peer(struct flow__conn *c)
{
    if (!c->shut && !c->stays)
        c->link->network->finish(c->link);
    c->shut = true;
    return FLOW_DONE;
}

flow_status flow__conn_send(struct flow__conn *c, flow_stage *source,
                            flow_waker *w, flow_value *error)
{
    c->writer = NULL;
    for (int n = 0; n < ROUNDS; n++) {
        flow_status rest = FLOW_READY, st;

        if (c->open && c->from == c->to)
            rest = gather(c, source, w);
        if (!c->open) {
            *error = was_closed(c);
            return FLOW_FAILED;
        }
        st = flush(c, w, error);
        if (st != FLOW_READY)
            return st;
        if (rest == FLOW_DONE)
            return tell_peer(c);
        if (rest == FLOW_FAILED)
            *error = take_last(c);
        if (rest != FLOW_READY)
            return rest;
    }
    c->writer = w;
    c->host->post(c->host, &c->later, 0);
    return FLOW_WAIT;
}
