/* SPDX-License-Identifier: MIT */
/* A stage whose body runs in a thread. Stage and worker share the worker's
 * memory; whoever is last gives it back. Between them are two rings, of results
 * and of what the body reads from the source; of each, one side is the loop's
 * and one the worker's. The loop waits by a bell, the worker by dozing off.
 *
 * Of the rest, `failure` is the worker's until `ended` is set, then the loop's;
 * `input_failure` is the loop's until `fed` is set, then the worker's. */
#include "alone.h"
#include "bell.h"
#include "doze.h"
#include "pool.h"
#include "ring.h"

#include "base/value.h"

#include <string.h>

enum { ROOM = 1024 };               /* values, where nothing else is said   */

struct threaded {
    flow_stage *source;             /* first; NULL: there is none, any more */
    flow_pool *pool;
    flow_work *body;
    void *arg;
    flow_worker *worker;            /* NULL: not begun                      */
    flow_waker *waker;
    flow_waker source_waker;
    bool source_woken;              /* worth asking                         */
    size_t lent;                    /* results, at the ring's head          */
};

struct flow_worker {
    struct flow__job job;           /* first                                */
    flow_work *body;
    void *arg;
    bool has_source;
    struct threaded *stage;         /* for the loop                         */
    flow_value failure, input_failure;
    _Atomic bool closed, ended, fed;
    _Atomic bool reading;           /* it wants input                       */
    size_t size;                    /* of all this                          */
    struct flow__bell bell;
    struct flow__doze doze;
    void (*stop)(void *arg);        /* with the lock of doze                */
    void *stop_arg;
    struct flow__ring results, inputs;
    flow_value slots[];
};

/* ---- The worker ---------------------------------------------------------- */
static bool is_refused(const flow_worker *self)
{
    return atomic_load(&self->closed) || flow_is_failure(self->failure);
}

static bool may_give(flow_worker *self)
{
    return !flow__ring_is_full(&self->results) || atomic_load(&self->closed);
}

static bool may_read(flow_worker *self)
{
    flow_value *first;
    bool fed = atomic_load(&self->fed);     /* before what came before it   */

    return flow__ring_ready(&self->inputs, &first) > 0 || fed
        || atomic_load(&self->closed);
}

/* Sleeps until it may, and tells the loop, which is to bring input then. */
static void sleep_until(flow_worker *self, bool (*may)(flow_worker *self))
{
    while (!may(self)) {
        flow__doze_off(&self->doze);
        if (may(self)) {
            flow__doze_not(&self->doze);
            return;
        }
        flow__bell_wake(&self->bell);
        flow__doze(&self->doze);
    }
}

bool flow_worker_give_value(flow_worker *self, flow_value v)
{
    if (is_refused(self)) {
        flow_drop(v);
        return false;
    }
    v = flow__alone(v);
    if (flow_is_failure(v)) {
        flow_worker_raise_at(self, v, NULL);
        return false;
    }
    sleep_until(self, may_give);
    if (atomic_load(&self->closed)) {
        flow_drop(v);
        return false;
    }
    flow__ring_put(&self->results, v);
    flow__bell_wake(&self->bell);
    return true;
}

/* The source has ended; its failure is now the worker's. */
static bool all_read(flow_worker *self)
{
    self->failure = self->input_failure;
    self->input_failure = flow_none();
    return false;
}

bool flow_worker_next(flow_worker *self, flow_value *out)
{
    flow_value *first;

    if (!self->has_source || is_refused(self))
        return false;
    atomic_store(&self->reading, true);
    sleep_until(self, may_read);
    atomic_store(&self->reading, false);
    if (atomic_load(&self->closed))
        return false;
    if (flow__ring_ready(&self->inputs, &first) == 0)
        return all_read(self);
    *out = *first;
    flow__ring_pass(&self->inputs, 1);
    if (flow__ring_is_half_empty(&self->inputs))
        flow__bell_wake(&self->bell);
    return true;
}

void flow_worker_raise_at(flow_worker *self, flow_value error,
                          const char *where)
{
    if (error.kind != FLOW_ERROR) {
        flow_drop(error);
        error = flow_error(FLOW_EINVAL, 0, "'%s' raised a value that is no "
                           "error", self->job.name);
    }
    error = flow__alone(error);
    error.back = 0;
    if (where != NULL)
        flow__error_through(&error, NULL, where);
    if (flow_is_failure(self->failure)) {
        flow_report("'%s' raised another failure while one was on its way: "
                    "%s: %s", self->job.name, flow_class_of(&error)->name,
                    flow_message(&error));
        flow_drop(error);
        return;
    }
    self->failure = error;
}

bool flow_worker_closing(const flow_worker *self)
{
    return atomic_load(&self->closed);
}

static void call_stop(flow_worker *self)
{
    void (*stop)(void *arg) = self->stop;

    self->stop = NULL;
    if (stop != NULL)
        stop(self->stop_arg);
}

void flow_worker_on_close(flow_worker *self, void (*stop)(void *arg),
                          void *arg)
{
    pthread_mutex_lock(&self->doze.lock);
    self->stop = stop;
    self->stop_arg = arg;
    if (atomic_load(&self->closed))
        call_stop(self);
    pthread_mutex_unlock(&self->doze.lock);
}

static void run(struct flow__job *j)
{
    flow_worker *self = (flow_worker *)(void *)j;

    self->body(self, self->arg);
    atomic_store(&self->ended, true);
    flow__bell_wake(&self->bell);
}

/* ---- Both ---------------------------------------------------------------- */
static void report_unread(flow_value failure, const char *whose,
                          const flow_worker *self)
{
    if (flow_is_failure(failure))
        flow_report("'%s' (made at %s) was closed with a failure of its %s "
                    "that nobody read: %s: %s", self->job.name,
                    self->job.made != NULL ? self->job.made : "?", whose,
                    flow_class_of(&failure)->name, flow_message(&failure));
    flow_drop(failure);
}

static void free_worker(struct flow__job *j)
{
    flow_worker *self = (flow_worker *)(void *)j;

    report_unread(self->failure, "thread", self);
    report_unread(self->input_failure, "source", self);
    flow__ring_empty(&self->results);
    if (self->has_source)
        flow__ring_empty(&self->inputs);
    flow__doze_end(&self->doze);
    flow__bell_end(&self->bell);
    flow_free(self, self->size);
}

/* ---- Beginning ----------------------------------------------------------- */
static void rung(struct flow__bell *b)
{
    flow_worker *w = (flow_worker *)(void *)
        ((char *)b - offsetof(flow_worker, bell));

    flow_wake(w->stage->waker);
}

static void source_came(flow_waker *w)
{
    struct threaded *t = (struct threaded *)(void *)
        ((char *)w - offsetof(struct threaded, source_waker));

    t->source_woken = true;
    flow_wake(t->waker);
}

static flow_worker *new_worker(struct threaded *t, flow_stage *out)
{
    size_t room = flow_room(out) > 1 ? flow_room(out) : ROOM;
    size_t places = flow__ring_places(room);
    size_t rings = t->source != NULL ? 2 : 1;
    size_t size = sizeof(flow_worker) + rings * places * sizeof(flow_value);
    flow_worker *w = flow_alloc(size);

    if (w == NULL)
        return NULL;
    memset(w, 0, sizeof *w);
    w->size = size;
    w->body = t->body;
    w->arg = t->arg;
    w->stage = t;
    w->has_source = t->source != NULL;
    w->job.run = run;
    w->job.free = free_worker;
    w->job.name = out->name;
    w->job.made = out->made;
    flow__doze_begin(&w->doze);
    flow__ring_begin(&w->results, w->slots, room);
    flow__ring_begin(&w->inputs, w->slots + (rings - 1) * places, room);
    return w;
}

/* False: *why. */
static bool begin(struct threaded *t, flow_stage *out, flow_waker *w,
                  flow_value *why)
{
    if (t->body != NULL)
        t->worker = new_worker(t, out);
    if (t->worker == NULL) {
        *why = t->body != NULL ? flow_error(FLOW_ENOMEM, 0, "a worker")
            : flow_error(FLOW_EINVAL, 0, "flow_threaded: give it a body, not "
                         "NULL");
        return false;
    }
    flow__bell_hang(&t->worker->bell, w->host, rung);
    t->source_waker = (flow_waker){ source_came, w->host };
    t->source_woken = true;
    *why = flow__job_begin(&t->worker->job, t->pool);
    return !flow_is_failure(*why);
}

/* ---- The loop ------------------------------------------------------------ */
static void give_back_lent(struct threaded *t)
{
    struct flow__ring *results = &t->worker->results;

    if (t->lent == 0)
        return;
    flow__ring_pass(results, t->lent);
    t->lent = 0;
    if (flow__ring_is_half_empty(results))
        flow__doze_wake(&t->worker->doze);
}

/* Half of the ring at most, so that both sides can work at the same time. */
static bool lends(struct threaded *t, flow_stage *out)
{
    struct flow__ring *results = &t->worker->results;
    flow_value *first;
    size_t n = flow__ring_ready(results, &first);
    size_t half = (results->room + 1) / 2;

    if (n == 0)
        return false;
    t->lent = n < half ? n : half;
    flow_lend(out, first, t->lent);
    return true;
}

static void end_source(struct threaded *t, flow_value failure)
{
    flow_stage *source = t->source;

    t->worker->input_failure = failure;
    atomic_store(&t->worker->fed, true);
    t->source = NULL;
    flow_close(source);
}

/* Whether the source has given a value to the worker, or its end. */
static bool feeds_one(struct threaded *t)
{
    flow_value v;

    switch (flow_pull(t->source, &t->source_waker, &v)) {
    case FLOW_READY:
        v = flow__alone(v);
        if (flow_is_failure(v))
            end_source(t, v);
        else
            flow__ring_put(&t->worker->inputs, v);
        return true;
    case FLOW_DONE:
        end_source(t, flow_none());
        return true;
    case FLOW_FAILED:
        end_source(t, flow__alone(v));
        return true;
    case FLOW_WAIT:
        break;
    }
    t->source_woken = false;
    return false;
}

static bool may_feed(struct threaded *t)
{
    return t->source != NULL && t->source_woken
        && !flow__ring_is_full(&t->worker->inputs);
}

static void feed(struct threaded *t)
{
    bool fed = false;

    while (may_feed(t) && feeds_one(t))
        fed = true;
    if (fed)
        flow__doze_wake(&t->worker->doze);
}

static flow_status end(struct threaded *t, flow_stage *out)
{
    flow_value failure = t->worker->failure;
    flow_stage *source = t->source;

    t->source = NULL;
    flow_close(source);
    t->worker->failure = flow_none();
    return flow_is_failure(failure) ? flow_raise_in(out, failure) : FLOW_DONE;
}

static bool has_news(struct threaded *t)
{
    flow_value *first;

    return flow__ring_ready(&t->worker->results, &first) > 0
        || atomic_load(&t->worker->ended) || may_feed(t);
}

/* Whether the worker will do nothing before the source gives something: it
 * wants input, and there is none. Looked at in this order, for it says that it
 * wants none any more before it takes what there is. What it gave before it
 * wanted input has rung already. */
static bool starves(const struct threaded *t)
{
    return t->source != NULL && flow__ring_is_empty(&t->worker->inputs)
        && atomic_load(&t->worker->reading);
}

static flow_status waits(struct threaded *t, flow_stage *out, flow_waker *w)
{
    if (!starves(t)) {
        flow__bell_expect(&t->worker->bell, FLOW__SURELY);
        flow_waits_for(out, w, "a thread");
    }
    return FLOW_WAIT;
}

static flow_status threaded_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct threaded *t = self;
    flow_value why;

    t->waker = w;
    if (t->worker == NULL && !begin(t, out, w, &why))
        return flow_raise_in(out, why);
    flow__bell_awake(&t->worker->bell);
    flow__bell_expect(&t->worker->bell, FLOW__NOTHING);
    give_back_lent(t);
    do {
        bool ended = atomic_load(&t->worker->ended);

        feed(t);
        if (lends(t, out))
            return FLOW_READY;
        if (ended)
            return end(t, out);
        flow__bell_sleep(&t->worker->bell);
    } while (has_news(t));
    return waits(t, out, w);
}

static void tell_closed(flow_worker *w)
{
    atomic_store(&w->closed, true);
    flow__doze_wake(&w->doze);
    pthread_mutex_lock(&w->doze.lock);
    call_stop(w);
    pthread_mutex_unlock(&w->doze.lock);
}

static void threaded_close(void *self)
{
    struct threaded *t = self;
    flow_worker *w = t->worker;

    if (w != NULL) {
        if (t->lent > 0)
            flow__ring_pass(&w->results, t->lent);
        flow__bell_take_down(&w->bell);
        tell_closed(w);
        flow__job_leave(&w->job);
    }
    flow__pool_release(t->pool);
}

flow_stage *(flow_threaded)(flow_pool *pool, flow_work *body,
                            flow_stage *source, void *arg)
{
    static const flow_type type = {
        .name = "threaded", .size = sizeof(struct threaded),
        .fill = threaded_fill, .close = threaded_close,
        .inputs = flow_first_input
    };
    struct threaded t = {
        .source = source, .pool = flow__pool_hold(pool), .body = body,
        .arg = arg
    };

    return flow_stage_new(&type, &t);
}
