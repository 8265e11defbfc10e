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
    return d == NULL || d == &flow__no_memory_deferred;
}

/* ---- Making and holding ------------------------------------------------ */
flow_deferred *flow__deferred_new(size_t size)
{
    flow_deferred *d = flow_alloc(size);

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
        flow_free(c, sizeof *c);
    }
    d->last = &d->first;
}

/* Drops the value. The deferred that it leads to, and that is now without this
 * holder, is left to the caller. */
static flow_deferred *drop_value(flow_deferred *d)
{
    flow_deferred *inner = flow_unbox(&d->value, &later_class);

    if (inner == NULL || d->value.as.held->refs > 1)
        inner = NULL;
    else
        flow__box_of(&d->value)->object = NULL;
    flow_drop(d->value);
    return inner;
}

static flow_deferred *discard(flow_deferred *d)
{
    flow_deferred *inner;

    if (flow_is_failure(d->value) && !d->seen)
        flow_report("a deferred was released with a failure nobody handled: "
                     "%s: %s", flow_class_of(&d->value)->name,
                     flow_message(&d->value));
    flow__waiter_remove(&d->inner);
    inner = drop_value(d);
    drop_callbacks(d);
    flow_free(d, d->size);
    return inner;
}

/* Gives up one that has not fired and has no holder; whether it has one again.
 */
static bool is_taken_up(flow_deferred *d)
{
    if (d->fired)
        return false;
    d->refs = 1;                            /* it may fire while giving up  */
    d->seen = true;
    flow_cancel(d);
    d->seen = true;                         /* nobody is left to tell       */
    return --d->refs > 0;
}

/* One may hold the next, which it waits for, and so on, to any length. */
void flow_release(flow_deferred *d)
{
    while (!is_lost(d) && --d->refs == 0 && !is_taken_up(d))
        d = discard(d);
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

/* ---- Firing ------------------------------------------------------------ */
static flow_deferred *outer_of(struct flow__waiter *inner)
{
    return (flow_deferred *)(void *)
           ((char *)inner - offsetof(flow_deferred, inner));
}

/* Tells those who wait. Deferreds among them are put before `more`, held and
 * `running` already: they go on later. */
static struct flow__waiter *tell_waiters(flow_deferred *d,
                                         struct flow__waiter *more)
{
    while (d->waiters != NULL && has_outcome(d)) {
        struct flow__waiter *w = d->waiters;

        flow__waiter_remove(w);
        if (w->call != NULL) {
            w->call(w);
        } else {
            flow_hold(outer_of(w))->running = true;
            w->next = more;
            more = w;
        }
    }
    return more;
}

/* The deferred that a callback answered has its outcome, which is now d's. */
static void take_inner(flow_deferred *d)
{
    flow_value later = d->value;

    d->value = flow__outcome_of(flow_unbox(&later, &later_class));
    d->seen = false;
    flow_drop(later);
}

/* Waits for a deferred that a callback answered; false if d has a value now. */
static bool waits_for_inner(flow_deferred *d)
{
    flow_deferred *inner = flow_unbox(&d->value, &later_class);
    flow_value later = d->value;

    if (inner == NULL)
        return false;
    if (inner != d && !is_lost(inner) && !has_outcome(inner)) {
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
    flow_function *f = flow_is_failure(d->value) ? c.bad : c.good;

    flow_free(d->first, sizeof c);
    d->first = c.next;
    if (d->first == NULL)
        d->last = &d->first;
    if (f != NULL) {
        d->value = f(d->value, c.arg);
        d->seen = false;
    }
}

/* A lost callback must not be passed over in silence: the deferred fails. */
static void fail_crippled(flow_deferred *d)
{
    d->crippled = false;
    flow_drop(d->value);
    d->value = flow__no_memory_error();
    d->seen = false;
}

/* Runs the callbacks; false: it waits for a deferred that one of them answered.
 */
static bool run_callbacks(flow_deferred *d)
{
    for (;;) {
        if (waits_for_inner(d))
            return false;
        if (d->first == NULL)
            break;
        run_callback(d);
    }
    if (d->crippled)
        fail_crippled(d);
    return true;
}

/* Deferreds may wait for one another in chains of any length: they go on one
 * after the other, not one inside the other. */
static void go_on(flow_deferred *d)
{
    struct flow__waiter *more = NULL;

    if (d->running)
        return;                             /* further out goes on          */
    flow_hold(d)->running = true;
    for (;;) {
        bool done = run_callbacks(d);

        d->running = false;
        if (done)
            more = tell_waiters(d, more);
        flow_release(d);
        if (more == NULL)
            return;
        d = outer_of(more);
        more = more->next;
        take_inner(d);
    }
}

static void stop_expiry(flow_deferred *d);

void flow_fire(flow_deferred *d, flow_value v)
{
    if (is_lost(d) || d->fired) {
        flow_drop(v);
        return;
    }
    d->fired = true;
    d->value = v;
    if (d->crippled)
        fail_crippled(d);
    stop_expiry(d);
    if (d->first != NULL || d->waiters != NULL || d->value.kind == FLOW_BOX)
        go_on(d);
}

/* A callback is lost. What still runs, or waits, fails when it is done. */
static void cripple(flow_deferred *d)
{
    d->crippled = true;
    if (has_outcome(d))
        fail_crippled(d);
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
    c = flow_alloc(sizeof *c);
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

flow_deferred *flow_deferred_of(const flow_value *v)
{
    return flow_unbox(v, &later_class);
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
    if (is_lost(d))
        return &flow__no_memory;
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
    while (d->inner.on != NULL)
        d = d->inner.on;
    if (!d->fired)
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
    flow_free(e, sizeof *e);
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
    e = flow_alloc(sizeof *e);
    if (e == NULL) {
        give_up(d, flow__no_memory_error());
        return;
    }
    *e = (struct flow__expiry){ { .call = expired }, flow_host_here(), d,
                                seconds };
    d->expiry = e;
    e->host->post(e->host, &e->task, seconds);
}
