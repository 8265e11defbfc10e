/* SPDX-License-Identifier: MIT */
/* Deferreds: a value that will arrive, and what is to be done with it then. */
#include "deferred.h"

#include "base/memory.h"
#include "base/value.h"

#include <string.h>

/* What flow_later puts into a value. */
static void release_later(void *p)
{
    flow_release(p);
}

static const flow_class later_class = {
    .name = "deferred", .release = release_later
};

flow_deferred flow__no_memory_deferred = { .refs = FLOW__FOR_EVER };

static bool is_lost(const flow_deferred *d)
{
    return d == &flow__no_memory_deferred;
}

/* ---- Making and holding ------------------------------------------------ */
flow_deferred *flow__deferred_new(size_t size)
{
    flow_deferred *d = flow__alloc(size);

    if (d == NULL)
        return NULL;
    memset(d, 0, size);
    d->refs = 1;
    d->size = size;
    d->last = &d->first;
    return d;
}

flow_deferred *flow_defer(void)
{
    flow_deferred *d = flow__deferred_new(sizeof *d);

    return d != NULL ? d : &flow__no_memory_deferred;
}

flow_deferred *flow_hold(flow_deferred *d)
{
    if (!is_lost(d))
        d->refs++;
    return d;
}

static void drop_callbacks(flow_deferred *d)
{
    while (d->first != NULL) {
        struct flow__callback *c = d->first;
        d->first = c->next;
        flow__free(c, sizeof *c);
    }
    d->last = &d->first;
}

static void discard(flow_deferred *d)
{
    if (flow_fails(d->value) && !d->seen)
        flow__report("a deferred was released with a failure nobody handled: "
                     "%s: %s", flow_class_of(&d->value)->name,
                     flow_message(&d->value));
    flow_drop(d->value);
    flow__waiter_remove(&d->inner);
    drop_callbacks(d);
    flow__free(d, d->size);
}

void flow_release(flow_deferred *d)
{
    if (d == NULL || is_lost(d) || --d->refs > 0)
        return;
    if (!d->fired) {
        d->refs = 1;                        /* it may fire while giving up  */
        d->seen = true;
        flow_cancel(d);
        d->seen = true;                     /* nobody is left to tell       */
        if (--d->refs > 0)
            return;
    }
    discard(d);
}

/* ---- Waiting ----------------------------------------------------------- */
static bool has_outcome(const flow_deferred *d)
{
    return d->fired && !d->running && d->first == NULL && d->inner.on == NULL;
}

void flow__waiter_add(struct flow__waiter *w, flow_deferred *d)
{
    w->on = d;
    w->prev = NULL;
    w->next = d->waiters;
    if (w->next != NULL)
        w->next->prev = w;
    d->waiters = w;
}

void flow__waiter_remove(struct flow__waiter *w)
{
    if (w->on == NULL)
        return;
    if (w->prev != NULL)
        w->prev->next = w->next;
    else
        w->on->waiters = w->next;
    if (w->next != NULL)
        w->next->prev = w->prev;
    w->on = NULL;
}

static void tell_waiters(flow_deferred *d)
{
    while (d->waiters != NULL) {
        struct flow__waiter *w = d->waiters;
        flow__waiter_remove(w);
        w->call(w);
    }
}

/* ---- Firing ------------------------------------------------------------ */
static void go_on(flow_deferred *d);

/* The deferred that a callback answered has its outcome. */
static void inner_done(struct flow__waiter *w)
{
    flow_deferred *d = (flow_deferred *)(void *)
                       ((char *)w - offsetof(flow_deferred, inner));
    flow_deferred *inner = flow_unbox(&d->value, &later_class);
    flow_value later = d->value;

    d->value = flow__outcome_of(inner);
    d->seen = false;
    flow_drop(later);
    go_on(d);
}

/* Waits for a deferred that a callback answered; false if d has a value now. */
static bool waits_for_inner(flow_deferred *d)
{
    flow_deferred *inner = flow_unbox(&d->value, &later_class);
    flow_value later = d->value;

    if (inner == NULL)
        return false;
    if (inner != d && !is_lost(inner) && !has_outcome(inner)) {
        d->inner.call = inner_done;
        flow__waiter_add(&d->inner, inner);
        return true;
    }
    d->value = inner != d ? flow__outcome_of(inner)
                          : flow_error(FLOW_EINVAL, 0, "a callback answered "
                                       "its own deferred");
    d->seen = false;
    flow_drop(later);
    return false;
}

static void run_callback(flow_deferred *d)
{
    struct flow__callback c = *d->first;
    flow_function *f = flow_fails(d->value) ? c.bad : c.good;

    flow__free(d->first, sizeof c);
    d->first = c.next;
    if (d->first == NULL)
        d->last = &d->first;
    if (f != NULL) {
        d->value = f(d->value, c.arg);
        d->seen = false;
    }
}

static void go_on(flow_deferred *d)
{
    bool waits;

    if (d->running)
        return;                             /* further out goes on          */
    flow_hold(d);
    d->running = true;
    while (!(waits = waits_for_inner(d)) && d->first != NULL)
        run_callback(d);
    d->running = false;
    if (!waits)
        tell_waiters(d);
    flow_release(d);
}

static void stop_expiry(flow_deferred *d);

void flow_fire(flow_deferred *d, flow_value v)
{
    if (is_lost(d) || d->fired) {
        flow_drop(v);
        return;
    }
    if (d->crippled) {
        flow_drop(v);
        v = flow__no_memory_error();
    }
    d->fired = true;
    d->value = v;
    stop_expiry(d);
    if (d->first != NULL || d->waiters != NULL || v.kind == FLOW_BOX)
        go_on(d);
}

/* A lost callback must not be passed over in silence: the deferred fails. */
static void cripple(flow_deferred *d)
{
    d->crippled = true;
    if (d->fired) {
        flow_drop(d->value);
        d->value = flow__no_memory_error();
        d->seen = false;
    }
}

void flow_then(flow_deferred *d, flow_function *good, flow_function *bad,
               void *arg)
{
    struct flow__callback *c;

    if (is_lost(d)) {
        if (bad != NULL)
            flow_drop(bad(flow__no_memory_error(), arg));
        return;
    }
    c = flow__alloc(sizeof *c);
    if (c == NULL) {
        cripple(d);
        return;
    }
    *c = (struct flow__callback){ NULL, good, bad, arg };
    *d->last = c;
    d->last = &c->next;
    if (d->fired && d->inner.on == NULL)
        go_on(d);
}

flow_value flow_later(flow_deferred *d)
{
    return flow_box(&later_class, d);
}

bool flow_fired(const flow_deferred *d)
{
    return is_lost(d) || d->fired;
}

flow_value flow__outcome_of(flow_deferred *d)
{
    if (is_lost(d))
        return flow__no_memory_error();
    d->seen = true;
    return flow_share(d->value);
}

const flow_value *flow_outcome(const flow_deferred *d)
{
    static flow_value lost;

    if (is_lost(d)) {
        lost = flow__no_memory_error();
        return &lost;
    }
    if (!has_outcome(d))
        return NULL;
    ((flow_deferred *)(uintptr_t)d)->seen = true;
    return &d->value;
}

/* ---- Giving up --------------------------------------------------------- */
void flow_on_cancel(flow_deferred *d, void (*undo)(void *arg), void *arg)
{
    if (is_lost(d))
        return;
    d->undo = undo;
    d->undo_arg = arg;
}

static void give_up(flow_deferred *d, flow_value why)
{
    void (*undo)(void *arg) = d->undo;

    flow_hold(d);
    d->undo = NULL;
    if (undo != NULL)
        undo(d->undo_arg);
    flow_fire(d, why);
    flow_release(d);
}

/* One whose callback answered another waits for that: cancelling goes there. */
void flow_cancel(flow_deferred *d)
{
    if (is_lost(d))
        return;
    if (d->inner.on != NULL)
        flow_cancel(d->inner.on);
    else if (!d->fired)
        give_up(d, flow_error(FLOW_ECANCELLED, 0, "cancelled"));
}

struct flow__expiry {
    flow_task task;                         /* first                        */
    flow_host *host;
    flow_deferred *of;
    double seconds;
};

static void stop_expiry(flow_deferred *d)
{
    struct flow__expiry *e = d->expiry;

    if (e == NULL)
        return;
    d->expiry = NULL;
    e->host->cancel(e->host, &e->task);
    flow__free(e, sizeof *e);
}

static void expired(flow_task *t)
{
    struct flow__expiry *e = (struct flow__expiry *)t;

    give_up(e->of, flow_error(FLOW_ETIMEOUT, 0, "nothing came in %g seconds",
                              e->seconds));
}

void flow_expire(flow_deferred *d, double seconds)
{
    struct flow__expiry *e;

    if (flow_fired(d))
        return;
    stop_expiry(d);
    e = flow__alloc(sizeof *e);
    if (e == NULL) {
        give_up(d, flow__no_memory_error());
        return;
    }
    *e = (struct flow__expiry){ { .call = expired }, flow_host_here(), d,
                                seconds };
    d->expiry = e;
    e->host->post(e->host, &e->task, seconds);
}
