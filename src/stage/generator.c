/* SPDX-License-Identifier: MIT */
/* Generators: a body on a stack of its own. The stage, the inside of the
 * generator and its stack are one piece of memory, see coroutine/stack.h.
 *
 * A generator is in one of four states, told by where it can be gone on with:
 * stage.inside.ip is set while it is suspended in a yield (then a consumer's
 * inlined code may enter it), parked.ip while it waits or has not begun, neither
 * while it runs, and `over` when the body has returned. */
#include "base/memory.h"
#include "base/thread.h"
#include "base/value.h"
#include "coroutine/stack.h"
#include "coroutine/switch.h"
#include "coroutine/watch.h"
#include "stage.h"

#include <string.h>

struct flow__cleanup {
    struct flow__cleanup *next;
    void (*clean)(void *p);
    void *p;
};

static struct flow__stack *stack_of(flow_gen *g)
{
    return (struct flow__stack *)(void *)
           ((char *)g + (sizeof *g + 63) / 64 * 64);
}

static flow_gen *on_stack(struct flow__stack *s)
{
    return (flow_gen *)(void *)((char *)s - (sizeof(flow_gen) + 63) / 64 * 64);
}

/* ---- Switching -------------------------------------------------------------- */
/* Runs g from *at to its next suspension. */
static void enter(flow_gen *g, flow__context *at)
{
    void *ip = at->ip;

    at->ip = NULL;
    if (g->watched)
        flow__watch_in(stack_of(g));
    flow__switch(&g->outside, at, ip);
    if (g->watched)
        flow__watch_back(stack_of(g));
}

void flow__park_watched(flow_gen *self)
{
    flow__watch_out(stack_of(self), false);
    flow__switch(&self->parked, &self->outside, self->outside.ip);
    flow__watch_inside(stack_of(self));
}

/* Leaves, never to be back. */
static void leave(flow_gen *self)
{
    flow__context nowhere;

    if (self->watched)
        flow__watch_out(stack_of(self), true);
    flow__switch(&nowhere, &self->outside, self->outside.ip);
    __builtin_unreachable();
}

/* ---- The body --------------------------------------------------------------- */
static void clean_up(flow_gen *g)
{
    while (g->cleanups != NULL) {
        struct flow__cleanup c = *g->cleanups;
        flow__free(g->cleanups, sizeof c);
        g->cleanups = c.next;
        c.clean(c.p);
    }
}

static void close_source(flow_gen *g)
{
    flow_stage *source = g->source;

    g->source = NULL;
    flow_close(source);
}

static void run_body(void *arg)
{
    flow_gen *g = arg;

    if (g->watched)
        flow__watch_inside(stack_of(g));
    g->body(g, g->source, g->arg);
    clean_up(g);
    close_source(g);
    g->over = true;
    leave(g);
}

bool flow_cleanup(flow_gen *self, void (*clean)(void *p), void *p)
{
    struct flow__cleanup *c = flow__alloc(sizeof *c);

    if (c == NULL) {
        clean(p);
        flow_raise(self, flow__no_memory_error());
        return false;
    }
    c->clean = clean;
    c->p = p;
    c->next = self->cleanups;
    self->cleanups = c;
    return true;
}

/* ---- The stage -------------------------------------------------------------- */
static flow_status outcome(flow_gen *g)
{
    flow_value failure = g->failure;

    if (failure.kind != FLOW_ERROR)
        return FLOW_DONE;
    g->failure = flow_none();
    return flow_raise_in(&g->stage, failure);
}

static flow_status generator_fill(void *self, flow_stage *out, flow_waker *w)
{
    flow_gen *g = (flow_gen *)out;
    flow__context *at = g->parked.ip != NULL ? &g->parked : &out->inside;

    (void)self;
    if (g->over)
        return outcome(g);
    if (at->ip == NULL)
        return flow_raise_in(out, flow_error(FLOW_ENESTED, 0, "generator '%s' "
                             "asks itself for a value", out->name));
    g->begun = true;
    g->waker = w;
    if (g->watched) {
        g->filled = 0;
        out->put = out->limit;              /* each yield takes the long way */
    }
    enter(g, at);
    if (g->watched)
        out->put = out->first + g->filled;
    if (g->over)
        return outcome(g);
    return g->parked.ip != NULL ? FLOW_WAIT : FLOW_READY;
}

static size_t generator_inputs(void *self, flow_stage ***list)
{
    flow_gen *g = (flow_gen *)((flow_stage *)self - 1);

    *list = &g->source;
    return 1;
}

const flow_type flow__generator_type = {
    "generator", 0, generator_fill, NULL, generator_inputs
};

flow_stage *(flow_generate)(flow_body *body, flow_stage *source, void *arg)
{
    struct flow__stack *stack = flow__stack_take();
    flow_gen *g;

    if (stack == NULL) {
        flow_close(source);
        return &flow__no_memory_stage;
    }
    g = on_stack(stack);
    memset(g, 0, sizeof *g);
    flow__stage_begin(&g->stage, &flow__generator_type);
    g->body = body;
    g->source = source;
    g->arg = arg;
    g->watched = flow__watched();
    stack->name = &g->stage.name;
    flow__own(source, &g->stage);
    if (g->watched)
        flow__watch_begin(stack, "generator");
    flow__prepare(&g->parked, g, run_body, g);
    return &g->stage;
}

/* ---- Closing ---------------------------------------------------------------- */
/* Lets a suspended body run to its end, with every wait refused. */
static void run_out(flow_gen *g)
{
    flow_stage *s = &g->stage;
    flow__context *at = g->parked.ip != NULL ? &g->parked : &s->inside;

    while (s->next != s->end)
        flow_drop(*s->next++);
    g->waker = NULL;
    s->put = s->limit;
    flow__thread.inside++;
    enter(g, at);
    if (g->given_up) {
        flow__report("'%s' (made at %s) went on waiting after %d refusals when "
                     "it was closed, and was given up", s->name,
                     s->made != NULL ? s->made : "?", FLOW_PATIENCE);
        clean_up(g);
        close_source(g);
    }
    flow__thread.inside--;
    g->over = true;
}

bool flow__generator_end(flow_gen *g)
{
    if (g->over || !g->begun)
        return true;
    if (g->parked.ip == NULL && g->stage.inside.ip == NULL) {
        flow__report("'%s' was closed while it runs; its waits are refused from "
                     "now on, but whoever runs it must close it",
                     g->stage.name);
        g->waker = NULL;
        return false;
    }
    run_out(g);
    return true;
}

void flow__generator_free(flow_gen *g)
{
    struct flow__stack *stack = stack_of(g);

    if (g->failure.kind == FLOW_ERROR) {
        flow__drop_failure(&g->stage);      /* one that block has shown     */
        g->stage.failure = g->failure;
    }
    flow__stage_end(&g->stage);
    if (g->watched)
        flow__watch_end(stack);
    flow__stack_put(stack);
}

bool flow__refuse(flow_gen *self)
{
    if (++self->refused > FLOW_PATIENCE) {
        self->given_up = true;
        leave(self);
    }
    return false;
}

bool flow_closing(const flow_gen *self)
{
    return self->waker == NULL;
}

/* ---- Waiting, from the inside ------------------------------------------------ */
flow_status flow__ask(flow_gen *self, flow_stage *from)
{
    flow_status st;

    if (self->waker == NULL) {
        flow__refuse(self);
        return FLOW_DONE;
    }
    self->asks = from;
    flow__own(from, &self->stage);
    st = flow_fill(from, self->waker);
    if (st == FLOW_FAILED)
        flow_raise_at(self, flow__failure_of(from), NULL);
    return st;
}

bool flow_wait(flow_gen *self, flow_stage *from)
{
    for (;;)
        switch (flow__ask(self, from)) {
        case FLOW_READY:
            return true;
        case FLOW_WAIT:
            flow__park(self);
            break;
        case FLOW_DONE: case FLOW_FAILED:
            return false;
        }
}

bool flow_next_set(flow_gen *self, flow_stage *from, flow_value **set,
                   size_t *n)
{
    *set = NULL;
    *n = 0;
    if (!flow_wait(self, from))
        return false;
    *set = from->next;
    *n = (size_t)(from->end - from->next);
    from->next = from->end;
    return true;
}

bool flow__wait_for(flow_gen *self, const char *what)
{
    if (self->waker == NULL)
        return flow__refuse(self);
    self->asks = NULL;
    flow_waits_for(&self->stage, self->waker, what);
    flow__park(self);
    return self->waker != NULL || flow__refuse(self);
}

struct nap {
    flow_task task;                         /* first                        */
    flow_waker *waker;
    bool over;
};

static void nap_over(flow_task *t)
{
    struct nap *n = (struct nap *)t;

    n->over = true;
    flow_wake(n->waker);
}

bool flow_cooperate(flow_gen *self, double seconds)
{
    struct nap n = { .task = { .call = nap_over } };
    flow_host *host;

    if (self->waker == NULL)
        return flow__refuse(self);
    host = self->waker->host;
    host->post(host, &n.task, seconds);
    while (!n.over) {
        n.waker = self->waker;
        if (!flow__wait_for(self, seconds > 0 ? "a timer" : "its turn")) {
            host->cancel(host, &n.task);
            return false;
        }
    }
    return true;
}

/* ---- Yielding, the long way -------------------------------------------------- */
bool flow__yield_rarely(flow_gen *self, flow_value v)
{
    flow_stage *s = &self->stage;

    if (self->waker == NULL) {
        flow_drop(v);
        return flow__refuse(self);
    }
    if (flow_fails(v)) {
        flow_raise_at(self, v, NULL);
        return false;
    }
    s->first[self->filled++] = v;
    if (self->filled < s->room)
        return true;
    flow__park_watched(self);               /* not to be entered inline     */
    return self->waker != NULL;
}

/* ---- Failures ---------------------------------------------------------------- */
void flow_raise_at(flow_gen *self, flow_value error, const char *where)
{
    if (error.kind != FLOW_ERROR) {
        flow_drop(error);
        error = flow_error(FLOW_EINVAL, 0, "'%s' raised a value that is no "
                           "error", self->stage.name);
    }
    if (where != NULL)
        flow__error_through(&error, NULL, where);
    if (self->failure.kind == FLOW_ERROR) {
        flow__report("'%s' failed again, while failing: %s: %s",
                     self->stage.name, flow_class_of(&error)->name,
                     flow_message(&error));
        flow_drop(error);
        return;
    }
    error.back = 0;
    self->failure = error;
}

bool flow_catch(flow_gen *self, const flow_error_class *c, flow_value *error)
{
    flow_value caught = self->failure;

    if (!flow_is(&caught, c))
        return false;
    self->failure = flow_none();
    if (error != NULL)
        *error = flow_settle(caught);
    else
        flow_drop(caught);
    return true;
}
