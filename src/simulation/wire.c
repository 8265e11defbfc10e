/* SPDX-License-Identifier: MIT */
/* See wire.h. */
#include "wire.h"

#include <errno.h>
#include <string.h>

/* Two times that differ by less are the same: they come from sums. */
static const double AN_INSTANT = 1e-9;

static double now(void)
{
    return flow__fate.host->now(flow__fate.host);
}

static void post(flow_task *t, double seconds)
{
    flow__fate.host->post(flow__fate.host, t, seconds);
}

static void cancel(flow_task *t)
{
    flow__fate.host->cancel(flow__fate.host, t);
}

static const char *name_of(int side)
{
    return side == FLOW__CALLER ? "client" : "server";
}

/* ---- Telling the owner of a link ---------------------------------------- */
static unsigned events_of_wire(const struct flow__end *e)
{
    const struct flow__wire *w = e->wire;
    const struct flow__line *in = &w->line[e->which];
    const struct flow__line *out = &w->line[!e->which];

    if (e->which == FLOW__CALLER && w->state != FLOW__TALKING)
        return 0;
    if (w->wrong != 0 || in->broken)
        return FLOW__READABLE | FLOW__WRITABLE;
    return (in->arrived > 0 || in->ended ? FLOW__READABLE : 0u)
         | (out->arrived + out->flying < out->size ? FLOW__WRITABLE : 0u);
}

static unsigned events_of(const struct flow__end *e)
{
    if (e->wire != NULL)
        return events_of_wire(e) & e->watched;
    return e->first != NULL ? e->watched & FLOW__READABLE : 0u;
}

void flow__end_touch(struct flow__end *e)
{
    if (e != NULL && e->open && !e->event.posted && events_of(e) != 0)
        post(&e->event, 0);
}

/* As long as it is so, and watched for, it is told in each turn. */
void flow__end_tell(struct flow__end *e)
{
    unsigned events = events_of(e);

    if (events == 0)
        return;
    post(&e->event, 0);
    e->link.ready(&e->link, events);
    if (e->open && events_of(e) == 0)
        cancel(&e->event);
}

/* ---- Flights ------------------------------------------------------------ */
static void arrive_at(struct flow__line *l, double at)
{
    post(&l->arrival, at - now());
}

/* Arrives no sooner than what was sent before. */
static void take_off(struct flow__line *l, enum flow__flight kind, size_t n)
{
    unsigned last = (l->first + l->count - 1) % FLOW__FLIGHTS;
    unsigned next = (last + 1) % FLOW__FLIGHTS;
    double at = now() + flow__fate_delay();

    if (l->count > 0 && at < l->flights[last].at)
        at = l->flights[last].at;
    l->flights[next].at = at;
    l->flights[next].n = n;
    l->flights[next].kind = kind;
    if (l->count++ == 0)
        arrive_at(l, at);
}

/* There is always place for an end and a reset. */
static void take_off_with(struct flow__line *l, size_t n)
{
    unsigned last = (l->first + l->count - 1) % FLOW__FLIGHTS;

    l->flying += n;
    if (l->count < FLOW__FLIGHTS - 2)
        take_off(l, FLOW__BYTES, n);
    else
        l->flights[last].n += n;
}

void flow__wire_reset(struct flow__line *l)
{
    if (l->cut)
        return;
    l->cut = true;
    l->flying = 0;
    l->count = 0;
    cancel(&l->arrival);
    take_off(l, FLOW__RESET, 0);
}

/* Bytes for nobody: who sends them shall learn it. */
static void bounce(struct flow__line *l)
{
    l->arrived = 0;
    flow__wire_reset(&l->wire->line[!l->to]);
}

static void land(struct flow__line *l, enum flow__flight kind, size_t n)
{
    bool expected = l->wire->side[l->to] != NULL || l->wire->waits;

    switch (kind) {
    case FLOW__BYTES:
        flow__fate_tell("%u: %zu bytes reach the %s", l->wire->number, n,
                        name_of(l->to));
        l->flying -= n;
        l->arrived += n;
        if (!expected)
            bounce(l);
        break;
    case FLOW__END:
        flow__fate_tell("%u: the end reaches the %s", l->wire->number,
                        name_of(l->to));
        l->ended = true;
        break;
    case FLOW__RESET:
        flow__fate_tell("%u: a reset reaches the %s", l->wire->number,
                        name_of(l->to));
        l->broken = true;
        break;
    }
}

static void arrival(flow_task *t)
{
    struct flow__line *l = (struct flow__line *)(void *)
        ((char *)t - offsetof(struct flow__line, arrival));

    while (l->count > 0 && l->flights[l->first].at <= now() + AN_INSTANT) {
        unsigned one = l->first;

        l->first = (one + 1) % FLOW__FLIGHTS;
        l->count--;
        land(l, l->flights[one].kind, l->flights[one].n);
    }
    if (l->count > 0)
        arrive_at(l, l->flights[l->first].at);
    flow__end_touch(l->wire->side[l->to]);
}

/* ---- Wires -------------------------------------------------------------- */
struct flow__wire *flow__wire_new(unsigned number)
{
    size_t room = flow__fate.f.room;
    struct flow__wire *w = flow_alloc(sizeof *w + 2 * room);

    if (w == NULL)
        return NULL;
    memset(w, 0, sizeof *w);
    w->number = number;
    for (int i = 0; i < 2; i++) {
        w->line[i].wire = w;
        w->line[i].to = i;
        w->line[i].bytes = w->bytes + (size_t)i * room;
        w->line[i].size = room;
        w->line[i].arrival.call = arrival;
    }
    return w;
}

void flow__wire_free_unused(struct flow__wire *w)
{
    if (w->side[0] != NULL || w->side[1] != NULL || w->waits)
        return;
    cancel(&w->call);
    cancel(&w->line[0].arrival);
    cancel(&w->line[1].arrival);
    flow_free(w, sizeof *w + 2 * w->line[0].size);
}

void flow__wire_attach(struct flow__wire *w, struct flow__end *e, int which)
{
    w->side[which] = e;
    e->wire = w;
    e->which = which;
}

/* Who closes while something still comes, resets. */
void flow__wire_detach(struct flow__end *e, bool reset)
{
    struct flow__wire *w = e->wire;
    struct flow__line *in = &w->line[e->which], *out = &w->line[!e->which];

    flow__fate_tell("%u: the %s %s", w->number, name_of(e->which),
                    reset ? "resets" : "closes");
    w->side[e->which] = NULL;
    if (reset)
        flow__wire_reset(out);
    else if (in->arrived > 0)
        bounce(in);
    flow__wire_free_unused(w);
}

/* ---- Sending ------------------------------------------------------------ */
static size_t room_of(const struct flow__line *l)
{
    return l->size - l->arrived - l->flying;
}

/* Behind what the line has. */
static void put(struct flow__line *l, size_t behind, const char *from, size_t n)
{
    size_t at = (l->head + l->arrived + l->flying + behind) % l->size;
    size_t to_end = l->size - at;

    if (n <= to_end) {
        memcpy(l->bytes + at, from, n);
    } else {
        memcpy(l->bytes + at, from, to_end);
        memcpy(l->bytes, from + to_end, n - to_end);
    }
}

static size_t sum_of(const struct iovec *pieces, int n)
{
    size_t sum = 0;

    for (int i = 0; i < n; i++)
        sum += pieces[i].iov_len;
    return sum;
}

static void put_all(struct flow__line *l, const struct iovec *pieces,
                    size_t take)
{
    size_t done = 0;

    for (; done < take; pieces++) {
        size_t n = pieces->iov_len;

        if (n > take - done)
            n = take - done;
        put(l, done, pieces->iov_base, n);
        done += n;
    }
}

static void lose(struct flow__wire *w)
{
    flow__fate_tell("%u: the connection is lost", w->number);
    flow__wire_reset(&w->line[0]);
    flow__wire_reset(&w->line[1]);
}

ssize_t flow__wire_send(struct flow__end *e, const struct iovec *pieces, int n)
{
    struct flow__wire *w = e->wire;
    struct flow__line *out = &w->line[!e->which];
    size_t all = sum_of(pieces, n), take = all;

    if (w->line[e->which].broken)
        return -ECONNRESET;
    if (out->cut)
        return (ssize_t)all;            /* for nobody, but who knows that?  */
    if (room_of(out) == 0)
        return -EAGAIN;
    if (take > room_of(out))
        take = room_of(out);
    take = flow__fate_part(take);
    put_all(out, pieces, take);
    take_off_with(out, take);
    flow__fate_tell("%u: the %s sends %zu of %zu bytes", w->number,
                    name_of(e->which), take, all);
    if (flow__fate_is(flow__fate.f.reset))
        lose(w);
    return (ssize_t)take;
}

void flow__wire_finish(struct flow__end *e)
{
    struct flow__line *out = &e->wire->line[!e->which];

    if (out->cut || out->finished)
        return;
    out->finished = true;
    take_off(out, FLOW__END, 0);
    flow__fate_tell("%u: the %s has sent all", e->wire->number,
                    name_of(e->which));
}

/* ---- Receiving ---------------------------------------------------------- */
static void get(struct flow__line *l, char *to, size_t n)
{
    size_t to_end = l->size - l->head;

    if (n <= to_end) {
        memcpy(to, l->bytes + l->head, n);
    } else {
        memcpy(to, l->bytes + l->head, to_end);
        memcpy(to + to_end, l->bytes, n - to_end);
    }
    l->head = (l->head + n) % l->size;
    l->arrived -= n;
}

ssize_t flow__wire_receive(struct flow__end *e, char *to, size_t n)
{
    struct flow__wire *w = e->wire;
    struct flow__line *in = &w->line[e->which];

    if (in->arrived == 0 && in->ended)
        return 0;
    if (in->arrived == 0)
        return in->broken ? -ECONNRESET : -EAGAIN;
    n = flow__fate_part(n < in->arrived ? n : in->arrived);
    get(in, to, n);
    flow__fate_tell("%u: the %s receives %zu bytes", w->number,
                    name_of(e->which), n);
    flow__end_touch(w->side[!e->which]);
    return (ssize_t)n;
}
