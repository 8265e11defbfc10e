/* SPDX-License-Identifier: MIT */
/* One call in a thread. The deferred does not count the call as a holder: when
 * its last one goes it is cancelled, and the call is left to itself. */
#include "alone.h"
#include "bell.h"
#include "pool.h"

#include <string.h>

struct call {
    struct flow__job job;           /* first                                */
    struct flow__bell bell;
    flow_deferred *deferred;        /* for the loop                         */
    flow_function *f;
    void *arg;
    flow_value v;                   /* then the answer                      */
};

static void run(struct flow__job *j)
{
    struct call *c = (struct call *)(void *)j;

    c->v = flow__alone(c->f(c->v, c->arg));
    flow__bell_ring(&c->bell);
}

static void free_call(struct flow__job *j)
{
    struct call *c = (struct call *)(void *)j;

    flow__bell_end(&c->bell);
    flow_drop(c->v);
    flow_free(c, sizeof *c);
}

/* ---- The loop ------------------------------------------------------------ */
static void leave(struct call *c)
{
    flow__bell_take_down(&c->bell);
    flow__job_leave(&c->job);
}

static void cancelled(void *arg)
{
    leave(arg);
}

static void finish(struct call *c, flow_value answer)
{
    flow_deferred *d = c->deferred;

    flow_on_cancel(d, NULL, NULL);
    leave(c);
    flow_fire(d, answer);
}

static void rung(struct flow__bell *b)
{
    struct call *c = (struct call *)(void *)
        ((char *)b - offsetof(struct call, bell));
    flow_value answer = c->v;

    c->v = flow_none();
    finish(c, answer);
}

/* NULL: without memory. */
static struct call *new_call(flow_function *f, flow_value v, void *arg)
{
    struct call *c = flow_alloc(sizeof *c);

    if (c == NULL) {
        flow_drop(v);
        return NULL;
    }
    memset(c, 0, sizeof *c);
    c->job.run = run;
    c->job.free = free_call;
    c->job.name = "flow_in_thread";
    c->f = f;
    c->arg = arg;
    c->v = v;
    flow__bell_hang(&c->bell, flow_host_here(), rung);
    return c;
}

static void begin(flow_deferred *d, flow_pool *pool, struct call *c)
{
    flow_value wrong;

    c->deferred = d;
    flow_on_cancel(d, cancelled, c);
    wrong = flow__job_begin(&c->job, pool);
    if (flow_is_failure(wrong))
        finish(c, wrong);
    else
        flow__bell_expect(&c->bell, FLOW__SURELY);
}

flow_deferred *flow_in_thread(flow_pool *pool, flow_function *f, flow_value v,
                              void *arg)
{
    flow_deferred *d = flow_defer();
    struct call *c;

    v = flow__alone(v);
    if (f == NULL) {
        flow_drop(v);
        v = flow_error(FLOW_EINVAL, 0, "flow_in_thread: give it a function, "
                       "not NULL");
    }
    if (flow_is_failure(v) || flow_fired(d)) {      /* not to be called     */
        flow_fire(d, v);
        return d;
    }
    c = new_call(f, v, arg);
    if (c == NULL)
        flow_fire(d, flow_error(FLOW_ENOMEM, 0, "a call in a thread"));
    else
        begin(d, pool, c);
    return d;
}
