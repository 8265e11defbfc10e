/* SPDX-License-Identifier: MIT */
/* Running flows beside each other: each has a driver that asks it whenever it
 * is woken, and the driver is the deferred that tells how it ended. */
#include "base/memory.h"
#include "base/thread.h"
#include "stage/deferred.h"
#include "stage/describe.h"
#include "stage/stage.h"

#include <stdio.h>
#include <string.h>

/* Row sets taken from one flow at a time, and what is done in one turn of the
 * host, so that flows which are always ready, or wake each other for ever, keep
 * neither the others nor the host from their turn. */
enum { SETS_AT_A_TIME = 128, STEPS_IN_A_TURN = 1024 };

enum { LINE = 64 };                 /* of a cache, as most have them        */

struct flow__runner {
    flow_deferred ended;                    /* first                        */
    flow_waker waker;
    flow_stage *stage;
    flow_value last;
    struct flow__runner *next, *prev;       /* of the thread's              */
    struct flow__runner *ready_next, *ready_prev;
    bool ready, driving, stop;
};

/* ---- Those that were woken ------------------------------------------------
 * They stand in a queue of their host, which is one task to it: flows that wake
 * each other go on without a turn of the host for each step. */
static void run_ready(flow_task *t);

static void woken(flow_waker *w)
{
    struct flow__runner *r = (struct flow__runner *)(void *)
                             ((char *)w - offsetof(struct flow__runner, waker));
    struct flow__ready *q = &w->host->ready;

    if (r->ready)
        return;
    r->ready = true;
    r->ready_next = NULL;
    r->ready_prev = q->last;
    if (q->first != NULL)
        q->last->ready_next = r;
    else
        q->first = r;
    q->last = r;
    if (q->running || q->task.posted)
        return;
    q->task.call = run_ready;
    w->host->post(w->host, &q->task, 0);
}

/* Among a thousand flows the next one has mostly left the first cache: what it
 * begins with is had while this one runs. */
static void prefetch(const struct flow__runner *r)
{
    const char *stage = (const char *)r->stage;

    __builtin_prefetch(r);
    for (size_t i = 0; i < sizeof *r->stage; i += LINE)
        __builtin_prefetch(stage + i);
}

static struct flow__runner *take_ready(struct flow__ready *q)
{
    struct flow__runner *r = q->first, *next = r->ready_next;

    r->ready = false;
    q->first = next;
    if (next != NULL) {
        next->ready_prev = NULL;
        prefetch(next);
    } else {
        q->last = NULL;
    }
    return r;
}

/* Out of turn. */
static void leave_ready(struct flow__runner *r)
{
    struct flow__ready *q = &r->waker.host->ready;

    if (!r->ready)
        return;
    if (r == q->first) {
        take_ready(q);
    } else {
        r->ready = false;
        r->ready_prev->ready_next = r->ready_next;
        if (r->ready_next != NULL)
            r->ready_next->ready_prev = r->ready_prev;
        else
            q->last = r->ready_prev;
    }
    if (q->first == NULL && q->task.posted)
        r->waker.host->cancel(r->waker.host, &q->task);
}

/* ---- One flow ---------------------------------------------------------- */

static void unlist(struct flow__runner *r)
{
    if (r->prev != NULL)
        r->prev->next = r->next;
    else
        flow__thread.runners = r->next;
    if (r->next != NULL)
        r->next->prev = r->prev;
}

/* Closes the flow, which drives no more. */
static void end(struct flow__runner *r)
{
    flow_stage *stage = r->stage;
    flow_value last = r->last;

    r->stage = NULL;
    r->last = flow_none();
    r->ended.undo = NULL;
    unlist(r);
    flow_close(stage);
    leave_ready(r);
    flow_drop(last);
}

static void finish(struct flow__runner *r, flow_value outcome)
{
    end(r);
    flow_fire(&r->ended, outcome);
}

static void keep_last(struct flow__runner *r, const flow_set *set)
{
    flow_drop(r->last);
    for (size_t i = 0; i + 1 < set->n; i++)
        flow_drop(set->v[i]);
    r->last = set->v[set->n - 1];
}

static flow_value take_last(struct flow__runner *r)
{
    flow_value last = r->last;

    r->last = flow_none();
    return last;
}

/* As flow_next in a body: a suspended generator is entered from here, which is
 * the quickest way. Whether it waits again. */
static inline bool enters_and_waits(struct flow__runner *r)
{
    flow_stage *s = r->stage;

    if (s == NULL || s->inside.ip == NULL || s->next != s->end)
        return false;
    flow__enter(&r->waker, (flow_gen *)s);
    return s->next == s->end && s->inside.ip != NULL;
}

/* Takes what is ready; gives how many row sets that were. */
static int take_all(struct flow__runner *r)
{
    flow_set set = { NULL, 0, flow_none() };
    flow_status st = FLOW_READY;
    int n = 0;

    while (n < SETS_AT_A_TIME && !r->stop) {
        st = flow_pull_set(r->stage, &r->waker, &set);
        if (st != FLOW_READY)
            break;
        keep_last(r, &set);
        n++;
        if (enters_and_waits(r)) {
            st = FLOW_WAIT;
            break;
        }
    }
    r->driving = false;
    if (st == FLOW_DONE)
        finish(r, take_last(r));
    else if (st == FLOW_FAILED)
        finish(r, set.error);
    else if (st == FLOW_READY && !r->stop)
        woken(&r->waker);
    return n;
}

/* Gives how many row sets it has taken. Compiled into the loop over those that
 * were woken, which otherwise would save all registers for each. */
static inline __attribute__((always_inline)) int drive(struct flow__runner *r)
{
    int n = 0;

    r->ended.refs++;
    r->driving = true;
    if (!enters_and_waits(r))
        n = take_all(r);
    r->driving = false;
    if (r->stop && r->stage != NULL)
        finish(r, flow_none());
    if (r->ended.refs > 1)
        r->ended.refs--;
    else
        flow_release(&r->ended);
    return n;
}

static void run_ready(flow_task *t)
{
    struct flow__ready *q = (struct flow__ready *)(void *)t;
    flow_host *host = (flow_host *)(void *)
                      ((char *)q - offsetof(flow_host, ready));
    int left = STEPS_IN_A_TURN;

    flow__thread.inside++;
    q->running = true;
    q->time = host->now(host);
    while (q->first != NULL && left > 0)
        left -= 1 + drive(take_ready(q));
    q->running = false;
    flow__thread.inside--;
    if (q->first != NULL)
        host->post(host, t, 0);
}

/* The deferred was given up, by whom it is also fired. A flow that is running
 * now ends when it comes back. */
static void undo(void *arg)
{
    struct flow__runner *r = arg;

    if (r->driving)
        r->stop = true;
    else if (r->stage != NULL)
        end(r);
}

flow_deferred *flow_run(flow_stage *s)
{
    struct flow__runner *r =
        (struct flow__runner *)(void *)flow__deferred_new(sizeof *r);

    if (r == NULL) {
        flow_close(s);
        return &flow__no_memory_deferred;
    }
    r->stage = s;
    r->waker = (flow_waker){ woken, flow_host_here() };
    r->next = flow__thread.runners;
    if (r->next != NULL)
        r->next->prev = r;
    flow__thread.runners = r;
    flow_on_cancel(&r->ended, undo, r);
    if (flow__thread.inside > 0) {
        woken(&r->waker);
    } else {
        flow__thread.inside++;
        drive(r);
        flow__thread.inside--;
    }
    return &r->ended;
}

/* ---- The loop ---------------------------------------------------------- */
enum { NAMED_MOST = 8 };            /* flows, in one message                */

/* Who waits for what: r, and those beside it, who wait as well. */
static void describe_stuck(struct flow__runner *r, char *text, size_t size)
{
    size_t at = 0, others = 0;

    flow__describe(r->stage, text, size);
    for (struct flow__runner *o = flow__thread.runners; o != NULL; o = o->next)
        if (o != r && ++others < NAMED_MOST) {
            at = strlen(text);
            snprintf(text + at, size - at, ", nor ");
            at = strlen(text);
            flow__describe(o->stage, text + at, size - at);
        }
    at = strlen(text);
    if (others >= NAMED_MOST)
        snprintf(text + at, size - at, ", nor %zu more",
                 others - NAMED_MOST + 1);
}

static void fail_stuck(struct flow__runner *r)
{
    char who[1024];

    describe_stuck(r, who, sizeof who);
    flow_hold(&r->ended);
    finish(r, flow_error(FLOW_ESTUCK, 0, "nothing is left that could wake %s",
                         who));
    flow_release(&r->ended);
}

/* Whether anything was there to do. */
static bool turn(flow_host *host)
{
    bool more;

    flow__thread.inside++;
    more = host->turn(host, true);
    flow__thread.inside--;
    return more;
}

void flow_loop(void)
{
    flow_host *host = flow_host_here();

    if (flow__thread.inside > 0 || host->turn == NULL) {
        flow_report("flow_loop was called inside a flow, or for a loop that "
                     "is run by others; it does nothing there");
        return;
    }
    flow__thread.stopping = false;
    while (!flow__thread.stopping)
        if (!turn(host)) {
            if (flow__thread.runners == NULL)
                return;
            fail_stuck(flow__thread.runners);
        }
}

void flow_stop(void)
{
    flow__thread.stopping = true;
}
