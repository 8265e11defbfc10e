/* SPDX-License-Identifier: MIT */
/* Generators: a body on a stack of its own. The stage, the inside of the
 * generator and its stack are one piece of memory, see coroutine/stack.h.
 *
 * A generator runs, is suspended, or is over. While it is suspended, where it
 * goes on is in stage.inside.ip; a consumer's inlined code may then enter it.
 * It is in `aside` instead when that must not be: before the body has begun,
 * and when switches are watched. While it runs, neither is set. / */
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

/* The tops of stacks lie 64 KiB apart. If all generators did, all would fight
 * for the same few lines of the first cache, and a store to one would hold up
 * loads of the others; so they are set off from the top by a different number
 * of lines each. */
enum { LINE = 64, SHADES = 4, SHADE = 9 * LINE };

static flow_gen *place_on(struct flow__stack *s)
{
    size_t below = (sizeof(flow_gen) + LINE - 1) / LINE * LINE
                 + s->shade % SHADES * SHADE;

    return (flow_gen *)(void *)((char *)s - below);
}

/* ---- Switching --------------------------------------------------------- */
static bool is_suspended(const flow_gen *g)
{
    return g->stage.inside.ip != NULL || g->aside != NULL;
}

static void enter_watched(flow_gen *g, void *ip)
{
    flow__watch_in(g->stack);
    flow__switch(&g->outside, &g->stage.inside, ip);
    flow__watch_back(g->stack);
    g->aside = g->stage.inside.ip;
    g->stage.inside.ip = NULL;
}

/* Runs g to its next suspension. */
static void enter(flow_gen *g)
{
    void *ip = g->stage.inside.ip != NULL ? g->stage.inside.ip : g->aside;

    g->stage.inside.ip = g->aside = NULL;
    if (g->watched)
        enter_watched(g, ip);
    else
        flow__switch(&g->outside, &g->stage.inside, ip);
}

void flow__park_watched(flow_gen *self)
{
    flow__watch_out(self->stack, false);
    flow__switch(&self->stage.inside, &self->outside, self->outside.ip);
    flow__watch_inside(self->stack);
}

/* Leaves, never to be back; so it is not to be called, but compiled in. */
static inline __attribute__((always_inline)) void leave(flow_gen *self)
{
    flow__context nowhere;

    if (self->watched)
        flow__watch_out(self->stack, true);
    flow__switch(&nowhere, &self->outside, self->outside.ip);
    __builtin_unreachable();
}

/* ---- The body ---------------------------------------------------------- */
static void clean_up(flow_gen *g)
{
    while (g->cleanups != NULL) {
        struct flow__cleanup c = *g->cleanups;
        flow_free(g->cleanups, sizeof c);
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
        flow__watch_inside(g->stack);
    g->body(g, g->source, g->arg);
    clean_up(g);
    close_source(g);
    g->over = true;
    leave(g);
}

bool flow_cleanup(flow_gen *self, void (*clean)(void *p), void *p)
{
    struct flow__cleanup *c = flow_alloc(sizeof *c);

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

/* ---- The stage --------------------------------------------------------- */
static flow_status outcome(flow_gen *g)
{
    flow_value failure = g->failure;

    if (failure.kind != FLOW_ERROR)
        return FLOW_DONE;
    g->failure = flow_none();
    return flow_raise_in(&g->stage, failure);
}

/* What is left of a body that would not end. */
static void give_up(flow_gen *g)
{
    const flow_stage *s = &g->stage;

    flow_report("'%s' (made at %s) went on waiting after %d refusals, and was "
                 "given up", s->name, s->made != NULL ? s->made : "?",
                 FLOW_PATIENCE);
    clean_up(g);
    close_source(g);
    g->over = true;
}

static flow_status generator_fill(void *self, flow_stage *out, flow_waker *w)
{
    flow_gen *g = (flow_gen *)out;

    (void)self;
    if (g->given_up && !g->over)
        give_up(g);
    if (g->over)
        return outcome(g);
    if (!is_suspended(g))
        return flow__asks_itself(out);      /* it was entered inline        */
    g->begun = true;
    g->waker = w;
    if (g->watched) {
        g->filled = 0;
        out->next = out->end = out->limit = NULL;   /* yield the long way   */
    }
    enter(g);
    if (g->watched) {
        out->next = out->first;
        out->end = out->first + g->filled;
    }
    if (g->given_up)
        give_up(g);
    if (g->over)
        return outcome(g);
    return out->next != out->end ? FLOW_READY : FLOW_WAIT;
}

static size_t generator_inputs(void *self, flow_stage ***list)
{
    flow_gen *g = (flow_gen *)((flow_stage *)self - 1);

    *list = &g->source;
    return 1;
}

/* ---- Closing ----------------------------------------------------------- */
/* Lets a suspended body run to its end, with every wait refused. */
static void run_out(flow_gen *g)
{
    flow_stage *s = &g->stage;

    while (s->next != s->end)
        flow_drop(*s->next++);
    g->waker = NULL;
    s->next = s->end = s->limit = NULL;
    flow__thread.inside++;
    enter(g);
    if (g->given_up)
        give_up(g);
    flow__thread.inside--;
}

static bool generator_end(flow_stage *s)
{
    flow_gen *g = (flow_gen *)s;

    if (g->given_up && !g->over)
        give_up(g);
    if (g->over || !g->begun)
        return true;
    if (!is_suspended(g)) {
        flow_report("'%s' was closed while it runs; its waits are refused "
                     "from now on, but whoever runs it must close it",
                     s->name);
        g->waker = NULL;
        s->limit = s->end;                  /* yield the long way           */
        return false;
    }
    run_out(g);
    return true;
}

static void generator_free(flow_stage *s)
{
    flow_gen *g = (flow_gen *)s;

    if (g->failure.kind == FLOW_ERROR) {
        flow__drop_failure(s);              /* one that block has shown     */
        s->failure = g->failure;
    }
    flow__stage_end(s);
    if (g->watched)
        flow__watch_end(g->stack);
    flow__stack_put(g->stack);
}

/* One whose body has returned has no source any more. */
static bool generator_retire(flow_stage *s)
{
    if (!((flow_gen *)s)->over || s->next != s->end)
        return false;
    generator_free(s);
    return true;
}

static const struct flow__own_type own = {
    generator_retire, generator_end, generator_free
};

const flow_type flow__generator_type = {
    .name = "generator", .fill = generator_fill, .inputs = generator_inputs,
    .own = &own
};

/* ---- Making ------------------------------------------------------------ */
flow_stage *(flow_generate)(flow_body *body, flow_stage *source, void *arg)
{
    struct flow__stack *stack = flow__stack_take();
    flow_gen *g;

    if (stack == NULL) {
        flow_close(source);
        return &flow__no_memory_stage;
    }
    g = place_on(stack);
    flow__stage_begin(&g->stage, &flow__generator_type);
    g->waker = g->kept = NULL;
    g->asks = NULL;
    g->body = body;
    g->source = source;
    g->arg = arg;
    g->failure = flow_none();
    g->cleanups = NULL;
    g->stack = stack;
    g->filled = 0;
    g->dice = 1;
    g->refused = 0;
    g->watched = flow__watched();
    g->begun = g->over = g->given_up = false;
    stack->name = &g->stage.name;
    flow_read_by(source, &g->stage);
    if (g->watched)
        flow__watch_begin(stack, "generator");
    flow__prepare(&g->stage.inside, g, run_body, g);
    g->aside = g->stage.inside.ip;
    g->stage.inside.ip = NULL;
    return &g->stage;
}

/* ---- Refusing ---------------------------------------------------------- */
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
    return self->waker == NULL && self->kept == NULL;
}

/* ---- Waiting, from the inside ------------------------------------------ */
bool flow__generator_waits(const flow_gen *g)
{
    const flow_stage *s = &g->stage;

    return g->begun && !g->over && is_suspended(g)
        && s->end != s->first + s->room;
}

/* Whether `other`, which once asked `from`, is there and waits for it. */
static bool waits_for(flow_stage *other, const flow_stage *from)
{
    const flow_gen *g = (const flow_gen *)other;

    return flow__is_live(other) && flow__is_generator(other)
        && flow__generator_waits(g) && g->asks == from && other->waits == NULL;
}

/* A stage remembers one waker: a second who waits would leave the first waiting
 * for ever. */
bool flow__may_read(flow_gen *self, flow_stage *from)
{
    flow_stage *other;

    if (flow__is_shared(from))
        return true;
    other = from->owner;
    if (other == &self->stage || !waits_for(other, from)) {
        from->owner = &self->stage;
        return true;
    }
    flow_raise_at(self, flow_error(FLOW_EINVAL, 0, "'%s' asks '%s' while '%s' "
                                   "waits for it; give each a stage of its "
                                   "own, by flow_from_chan or flow_tee",
                                   self->stage.name, from->name, other->name),
                  NULL);
    return false;
}

flow_status flow__ask(flow_gen *self, flow_stage *from)
{
    flow_status st;

    if (self->waker == NULL) {
        flow__refuse(self);
        return FLOW_DONE;
    }
    if (from == &flow__no_memory_stage && self->asks == from)
        return FLOW_DONE;                   /* it cannot remember it told   */
    if (!flow__may_read(self, from))
        return FLOW_FAILED;
    self->asks = from;
    st = flow_fill(from, self->waker);
    if (st == FLOW_FAILED)
        flow_raise_at(self, flow_take_failure(from), NULL);
    return st;
}

static void nap_over(flow_task *t)
{
    struct flow__nap *n = (struct flow__nap *)t;

    n->over = true;
    flow_wake(n->waker);
}

void flow__nap_begin(flow_gen *self, struct flow__nap *n, double seconds)
{
    memset(n, 0, sizeof *n);
    n->task.call = nap_over;
    if (self->waker == NULL)
        return;
    n->host = self->waker->host;
    n->host->post(n->host, &n->task, seconds);
}

bool flow__nap_on(flow_gen *self, struct flow__nap *n)
{
    if (n->over || self->waker == NULL)
        return false;
    flow__wait_for(self, &n->waker, n->task.at > 0 ? "a timer" : "its turn",
                   NULL);
    return true;
}

bool flow__nap_end(flow_gen *self, struct flow__nap *n)
{
    if (n->task.posted)
        n->host->cancel(n->host, &n->task);
    return flow__may_go_on(self);
}

/* ---- Yielding, the long way -------------------------------------------- */
bool flow__yield_rarely(flow_gen *self, flow_value v)
{
    flow_stage *s = &self->stage;

    if (self->waker == NULL) {
        flow_drop(v);
        return flow__refuse(self);
    }
    if (flow_is_failure(v)) {
        flow_raise_at(self, v, NULL);
        return false;
    }
    s->first[self->filled++] = v;
    if (self->filled < s->room)
        return true;
    flow__park_watched(self);               /* never entered inline         */
    return self->waker != NULL;
}

/* ---- Failures ---------------------------------------------------------- */
/* A failure on its way refuses every wait, as closing does. Results that are
 * there stay, and there is no room for more. */
static void refuse_waits(flow_gen *self)
{
    if (self->waker == NULL)
        return;
    self->kept = self->waker;
    self->waker = NULL;
    if (!self->watched)
        self->stage.limit = self->stage.end;
}

static void allow_waits(flow_gen *self)
{
    flow_stage *s = &self->stage;

    if (self->kept == NULL)
        return;
    self->waker = self->kept;
    self->kept = NULL;
    self->refused = 0;
    if (!self->watched)
        s->limit = s->first + s->room;
}

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
        flow_report("'%s' failed again, while failing: %s: %s",
                     self->stage.name, flow_class_of(&error)->name,
                     flow_message(&error));
        flow_drop(error);
        return;
    }
    error.back = 0;
    self->failure = error;
    refuse_waits(self);
}

bool flow_catch(flow_gen *self, const flow_error_class *c, flow_value *error)
{
    flow_value caught = self->failure;

    if (!flow_is(&caught, c))
        return false;
    self->failure = flow_none();
    allow_waits(self);
    if (error != NULL)
        *error = flow_settle(caught);
    else
        flow_drop(caught);
    return true;
}
